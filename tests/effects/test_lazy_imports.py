"""Python's lazy imports (PEP 810): names that are resolved when they are first used."""

import sys
from types import ModuleType

import pytest

import liveimport
from liveimport.effects.loaded.modules import LazyImport

pytestmark = pytest.mark.skipif(LazyImport is None, reason="Python has lazy imports since 3.15")


def execute(code: str, names: dict) -> None:
    """Executes code in a namespace, as a cell is."""
    exec(code, names)  # noqa: S102  # a use of a name


def is_lazy(names: dict, name: str) -> bool:
    """Whether a name is still to be resolved."""
    return type(names[name]) is LazyImport


def ran(outcome) -> list[str]:
    """Returns the modules that ran, sorted: a lazy import runs nothing before it is used."""
    return sorted(event.module for event in outcome.events)


def tracked(session) -> tuple[str, ...]:
    """Returns the tracked modules."""
    return session.state.tracked


@pytest.fixture
def all_lazy():
    """Each import at top level is a lazy one."""
    before = sys.get_lazy_imports()
    sys.set_lazy_imports("all")
    yield
    sys.set_lazy_imports(before)


class TestRegistered:
    """A lazy import that a cell or a script has executed."""

    @pytest.mark.parametrize(
        "cell",
        [
            "lazy import low",
            "lazy from low import x",
            "lazy from low import x as low",
            "__lazy_modules__ = ['low']\nimport low",
            "lazy import pk.sub",
            "lazy from pk import sub",
        ],
    )
    def test_a_cell(self, project, session, shell, cell):
        """It is registered, and loads nothing, nor does a sync."""
        project.write_all(low="x = 1")
        project.write("pk/__init__.py", "")
        project.write("pk/sub.py", "x = 1")
        assert shell.run(f"%%liveimport\n{cell}").report == ""
        assert shell.run("1").report == ""
        assert len(liveimport.status().registered) == 1
        assert tracked(session) == ()
        assert {"low", "pk", "pk.sub"}.isdisjoint(sys.modules)

    def test_with_all_imports_lazy(self, project, session, shell, all_lazy):
        """An ordinary import is a lazy one then."""
        project.write_all(low="x = 1")
        assert shell.run("%%liveimport\nimport low").report == ""
        assert is_lazy(shell.names, "low")
        assert shell.run("low.x").value == 1
        project.write_all(low="x = 22")
        assert shell.run("low.x").value == 22

    def test_register(self, project, session, live):
        """As `register` has it."""
        project.write_all(low="x = 1")
        names = live("lazy import low\nlazy from low import x as y")
        assert "low" not in sys.modules
        assert is_lazy(names, "low")
        liveimport.sync()
        assert "low" not in sys.modules

    def test_followed_from_its_first_use(self, project, session, shell):
        """An edit before that is no edit of anything loaded."""
        project.write_all(low="x = 1\nprint('low runs')")
        shell.run("%%liveimport\nlazy import low")
        project.write_all(low="x = 22\nprint('low runs')")
        cell = shell.run("low.x")
        assert (cell.report, cell.value) == ("", 22)
        assert cell.said.startswith("low runs\n")
        assert shell.run("1").report == ""
        assert tracked(session) == ("low",)
        project.write_all(low="x = 333")
        assert shell.run("low.x").value == 333

    def test_a_name_of_a_module_that_is_loaded(self, project, session, live):
        """It is followed at once, stays lazy, and resolves to the new version."""
        project.write_all(low="x = 1", top="import low")
        live("import top")
        names = live("lazy import low")
        assert is_lazy(names, "low")
        assert "low" in tracked(session)
        project.write_all(low="x = 22")
        outcome = liveimport.sync()
        assert ran(outcome) == ["low", "top"]
        assert is_lazy(names, "low")
        assert len(liveimport.replaced) == 0
        execute("y = low.x", names)
        assert names["y"] == 22

    def test_a_submodule(self, project, session, live):
        """It is followed from its first use, though its package was loaded."""
        project.write("pk/__init__.py", "")
        project.write("pk/sub.py", "x = 1")
        names = live("import pk")
        live("lazy from pk import sub", names)
        liveimport.sync()
        assert "pk.sub" not in sys.modules
        execute("sub.x", names)
        project.write("pk/sub.py", "x = 22")
        liveimport.sync()
        assert names["sub"].x == 22
        assert "pk.sub" in tracked(session)

    def test_a_name_that_is_used_between_syncs(self, project, session, live):
        """It is bound anew like any other."""
        project.write_all(low="x = 1")
        names = live("lazy from low import x")
        execute("x", names)
        liveimport.sync()
        project.write_all(low="x = 22")
        liveimport.sync()
        assert names["x"] == 22

    def test_of_the_project(self, project, session, shell):
        """`register="project"` registers lazy imports of the user's own modules, and no others."""
        project.write_all(low="x = 1")
        liveimport.auto_sync(register="project")
        shell.run("lazy import low\nlazy import wave")
        assert liveimport.status().registered == ("import low",)


class TestInModules:
    """A lazy import that a module has."""

    def test_an_edit_of_what_nobody_has_used(self, project, session, live):
        """It reruns nothing, and a sync resolves nothing."""
        project.write_all(low="x = 1", mid="lazy import low", top="import mid\nruns = []")
        names = live("import top, mid")
        project.write_all(low="x = 22")
        assert not liveimport.sync()
        project.write_all(top="import mid\nruns = [1]")
        liveimport.sync()
        assert "low" not in sys.modules
        assert is_lazy(vars(names["mid"]), "low")

    def test_once_it_is_resolved(self, project, session, live):
        """It is a dependency."""
        project.write_all(low="x = 1", mid="lazy import low\ndef f(): return low.x")
        names = live("import mid")
        assert names["mid"].f() == 1
        project.write_all(low="x = 22")
        outcome = liveimport.sync()
        assert ran(outcome) == ["low", "mid"]
        assert names["mid"].f() == 22

    def test_of_what_is_loaded_otherwise(self, project, session, live):
        """It is no dependency before it is resolved, and one afterwards."""
        project.write_all(
            low="x = 1", mid="lazy import low\ndef f(): return low.x", other="import low"
        )
        names = live("import mid, other")
        project.write_all(low="x = 22")
        outcome = liveimport.sync()
        assert ran(outcome) == ["low", "other"]
        assert names["mid"].f() == 22
        # It has the version that ran then, so it does not lag behind.
        assert not liveimport.sync()
        project.write_all(low="x = 333")
        outcome = liveimport.sync()
        assert ran(outcome) == ["low", "mid", "other"]

    def test_with_all_imports_lazy(self, project, session, live, all_lazy):
        """Ordinary imports are as written ones."""
        project.write_all(
            low="x = 1", mid="import low\ndef f(): return low.x", top="import mid"
        )
        names = live("import top")
        execute("top.mid.f", names)
        assert "low" not in sys.modules
        project.write_all(low="x = 22")
        assert not liveimport.sync()
        assert names["top"].mid.f() == 22
        project.write_all(low="x = 333")
        outcome = liveimport.sync()
        assert ran(outcome) == ["low", "mid", "top"]
        assert names["top"].mid.f() == 333

    def test_an_edit_that_brings_one(self, project, session, live):
        """It loads nothing."""
        project.write_all(low="x = 1", mid="y = 1")
        names = live("import mid")
        project.write_all(mid="lazy import low\ny = 2")
        liveimport.sync()
        assert (names["mid"].y, "low" in sys.modules) == (2, False)
        assert is_lazy(vars(names["mid"]), "low")

    def test_a_lazy_name_that_the_notebook_imported(self, project, session, live):
        """The name gets what the module has under it, which is resolved when it is used."""
        project.write_all(low="x = 1", mid="lazy import low\ny = 1")
        names = live("from mid import low, y")
        assert names["low"].x == 1
        project.write_all(mid="lazy import low\ny = 2")
        liveimport.sync()
        assert names["y"] == 2
        assert is_lazy(vars(sys.modules["mid"]), "low")
        execute("z = low.x", names)
        assert names["z"] == 1

    def test_a_failure(self, project, session, live):
        """Rollback restores lazy names."""
        project.write_all(low="x = 1", mid="lazy import low\ny = 1")
        names = live("import mid")
        lazy = vars(names["mid"])["low"]
        project.write_all(mid="lazy import low\ny = 1 / 0")
        with pytest.raises(liveimport.ModuleError):
            liveimport.sync()
        assert vars(names["mid"])["low"] is lazy
        assert "low" not in sys.modules

    def test_a_bystander(self, project, session, live):
        """Using its lazy names makes it no state of anybody's."""
        project.write_all(
            base="x = 1",
            low="x = 1",
            report="import base\nlazy from low import x\ndef f(): return x",
        )
        live("import base")
        report = __import__("report")
        liveimport.sync()
        assert report.f() == 1
        project.write_all(base="x = 22")
        outcome = liveimport.sync()
        assert ran(outcome) == ["base", "report"]


def test_everything_loads_lazily(project, session, all_lazy):
    """LiveImport itself works when its own imports are lazy."""
    assert isinstance(sys.modules["liveimport"], ModuleType)
    project.write_all(low="x = 1")
    names: dict = {}
    liveimport.register(names, "import low", execute=True)
    execute("low.x", names)
    project.write_all(low="x = 22")
    liveimport.sync()
    assert names["low"].x == 22
