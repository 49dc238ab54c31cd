"""Lazy imports (PEP 810): they count once they were made, and until then like imports in functions."""

import ast
from collections.abc import Mapping

import pytest
from attrs import evolve

from core.worlds import world
from liveimport.core.committing.registered import register
from liveimport.core.imports import Binding
from liveimport.core.model import LazyNames, SourceInfo, State
from liveimport.core.source import analysis
from liveimport.core.source.analysis import analyse

LOW = Binding("low", "low")
HIGH = Binding("high", "high")


def dependencies(drawn) -> Mapping[str, tuple[str, ...]]:
    """Returns on whom each module depends, where it depends on somebody."""
    return {
        name: targets for name, targets in drawn.state.graph.dependencies.items() if targets
    }


@pytest.fixture
def written_lazily(monkeypatch):
    """Imports of `low` are written as lazy imports, as Python 3.15 parses them."""

    def parse(data):
        tree = ast.parse(data)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                node.is_lazy = int("low" in ast.unparse(node))
        return tree

    monkeypatch.setattr(analysis, "parse", parse)


class TestSource:
    """What a source says."""

    def test_written_ones(self, written_lazily):
        """They are no eager imports, nor at top level; they are listed as deferred, and as lazy."""
        info = analyse(b"import high\nimport low\nif 1:\n    import low as x\n", "")
        assert info.top_level == info.eager == (HIGH,)
        assert info.deferred == info.lazy == (LOW, Binding("x", "low", aliased=True))

    @pytest.mark.parametrize(
        "use",
        [
            "x = low.y",
            "low",
            "if low: pass",
            "for x in [low]: pass",
            "class C(low.C): pass",
            "class C:\n    x = low",
            "@low\ndef f(): pass",
            "def f(x=low): pass",
            "try:\n    low\nfinally:\n    pass",
        ],
    )
    def test_a_name_that_the_module_uses_as_it_runs(self, written_lazily, use):
        """It is made then, so it is an eager one, at its place."""
        info = analyse(f"import low\nimport high\n{use}\n".encode(), "")
        assert info.top_level == info.eager == (LOW, HIGH)
        assert info.deferred == info.lazy == ()

    @pytest.mark.parametrize(
        "use",
        [
            "x = 1",
            "low = 1",
            "del low",
            "def f(): low",
            "x = lambda: low",
            "class C:\n    def f(self): low",
            "if __name__ == '__main__':\n    low",
        ],
    )
    def test_a_name_that_only_functions_use(self, written_lazily, use):
        """It is a lazy one."""
        info = analyse(f"import low\n{use}\n".encode(), "")
        assert info.top_level == info.eager == ()
        assert info.deferred == info.lazy == (LOW,)

    def test_the_same_imports(self):
        """To make an import lazy changes the imports."""
        eager, lazy = SourceInfo(eager=(LOW,)), SourceInfo(deferred=(LOW,), lazy=(LOW,))
        assert not eager.same_imports(lazy)
        assert not lazy.same_imports(lazy._replace(lazy=()))
        assert lazy.same_imports(lazy)

    @pytest.mark.parametrize(
        ("unresolved", "loaded", "eager", "deferred"),
        [
            ({"low"}, {"low"}, (HIGH,), (LOW,)),
            (set(), {"low"}, (HIGH, LOW), (LOW,)),
            # Its name was bound to something else.
            (set(), set(), (HIGH,), (LOW,)),
            ({"low", "high"}, {"low", "high"}, (), (LOW, HIGH)),
        ],
    )
    def test_as_it_is_loaded(self, unresolved, loaded, eager, deferred):
        """A lazy import is an eager one once it was made; an eager one may have been lazy."""
        info = SourceInfo((HIGH,), (HIGH,), (LOW,), lazy=(LOW,))
        found = info.as_loaded(frozenset(unresolved), frozenset(loaded))
        assert (found.top_level, found.eager, found.deferred) == (eager, eager, deferred)


def test_names_that_are_resolved():
    """They are remembered until the module runs again."""
    names = LazyNames().now(frozenset("ab"))
    assert names == LazyNames(frozenset("ab"))
    assert names.now(frozenset("b")) == LazyNames(frozenset("b"), frozenset("a"))
    assert names.now(frozenset("b")).now(frozenset()) == LazyNames(resolved=frozenset("ab"))


def test_registered_ones_that_have_loaded_nothing():
    """They stay registered, at their place, and lead to nothing yet."""
    state = register(State(), 1, (LOW, HIGH))
    waiting = evolve(state, not_imported_yet=frozenset({(1, LOW)}))
    assert list(waiting.bindings()) == [HIGH]
    assert list(state.bindings()) == [LOW, HIGH]
    assert waiting.registrations == state.registrations


class TestDependencies:
    """A module whose names are lazy, as the living dict has it."""

    def test_until_it_is_used(self):
        """It is tracked once it is loaded, and nobody depends on it."""
        drawn = world(top="import low", low="").with_lazy("top", "low").register("import top")
        assert drawn.tracked == "top low"
        assert dependencies(drawn) == {}
        assert drawn.edit(low="x = 1").trace() == "low!"

    def test_not_loaded(self):
        """Then it is not even met."""
        drawn = world(top="import low", low="").unload("low").with_lazy("top", "low")
        drawn = drawn.register("import top")
        assert drawn.tracked == "top"
        assert "low" not in drawn.state.modules

    def test_once_it_was_used(self):
        """It is a dependency, from the next sync that has anything to do."""
        drawn = world(top="import low", low="").with_lazy("top", "low").register("import top")
        used = drawn.with_lazy("top").edit(low="x = 1")
        assert used.trace() == "low! top<low"
        after = used.sync()
        assert dependencies(after) == {"top": ("low",)}
        assert after.trace() == ""

    def test_used_after_the_module_ran(self):
        """Who used it has its version of then, and does not run for that."""
        drawn = world(top="import low", low="").with_lazy("top", "low").register("import top")
        ran = drawn.edit(low="x = 1").sync().with_lazy("top")
        assert ran.trace() == ""
        assert ran.sync().edit(low="x = 2").trace() == "low! top<low"

    def test_another_one_that_ran_after_it(self):
        """Who lags behind for another reason does run."""
        drawn = world(top="import low, base", low="", base="").with_lazy("top", "low")
        drawn = drawn.register("import top").exclude("top")
        drawn = drawn.edit(low="x = 1", base="x = 1").sync().with_lazy("top")
        back = evolve(drawn, state=evolve(drawn.state, excluded=frozenset()))
        assert back.trace() == "top<low,base"

    def test_after_it_ran_again(self):
        """Its names are lazy anew, and what was resolved before counts no more."""
        drawn = world(top="import low", low="").with_lazy("top", "low").register("import top")
        ran = drawn.with_lazy("top").edit(low="x = 1", top="import low\ny = 1").sync()
        assert "top" not in ran.state.lazy
        again = ran.with_lazy("top", "low").sync()
        assert again.state.lazy == {"top": LazyNames(frozenset({"low"}))}
        assert dependencies(again) == {}

    def test_a_registration_after_it_was_used(self):
        """It notices the use."""
        drawn = world(top="import low", low="", other="").with_lazy("top", "low")
        drawn = drawn.register("import top").with_lazy("top").register("import other", key=2)
        assert dependencies(drawn) == {"top": ("low",)}
        assert drawn.edit(low="x = 1").trace() == "low! top<low"

    def test_an_edit_that_does_not_run(self):
        """Its former imports hold, and it is not forgotten that a name was used."""
        drawn = world(top="import low", low="").with_lazy("top", "low").register("import top")
        edited = drawn.exclude("top").with_lazy("top").edit(top="y = 1").sync()
        assert edited.state.lazy == {"top": LazyNames(frozenset({"low"}))}

    def test_a_failure(self):
        """What was used before counts still, and the module fails again with what it uses."""
        drawn = world(top="import low", low="").with_lazy("top", "low").register("import top")
        failed = drawn.with_lazy("top").edit(low="x = 1").sync(fails="low")
        assert failed.outcome.not_run == ("low", "top")
        assert failed.state.lazy == {"top": LazyNames(frozenset({"low"}))}
        assert failed.edit(low="x = 2").trace() == "low! top<low"

    def test_a_failure_of_what_has_lazy_names_anew(self, written_lazily):
        """It has none, as before."""
        drawn = world(top="x = 1", low="").register("import top")
        failed = drawn.edit(top="if 1:\n    import low").sync(fails="top")
        assert failed.state.lazy == {}

    def test_used_as_it_ran_again(self, written_lazily):
        """The next edit of what it used makes it run."""
        drawn = world(top="x = 1", low="").register("import top, low")
        ran = drawn.edit(top="if 1:\n    import low").sync()
        assert ran.state.lazy == {"top": LazyNames(frozenset({"low"}))}
        assert ran.with_lazy("top", "low").edit(low="x = 1").trace() == "low!"
        assert ran.edit(low="x = 1").trace() == "low! top<low"

    def test_ran_again_with_what_it_used(self):
        """Its names are lazy anew, so the next edit of the other is none of its."""
        drawn = world(top="import low", low="").with_lazy("top", "low").register("import top")
        ran = drawn.with_lazy("top").edit(low="x = 1").sync()
        assert ran.outcome.not_run == ()
        assert ran.with_lazy("top", "low").edit(low="x = 2").trace() == "low!"

    def test_an_edit_of_what_it_used(self, written_lazily):
        """If its own imports stay the same, its names are lazy anew all the same."""
        source = "if 1:\n    import low\nx = {}"
        drawn = world(top=source.format(1), low="").with_lazy("top", "low")
        used = drawn.register("import top").with_lazy("top").sync()
        assert dependencies(used) == {"top": ("low",)}
        ran = used.edit(top=source.format(2)).sync().with_lazy("top", "low")
        assert ran.edit(low="x = 1").trace() == "low!"
