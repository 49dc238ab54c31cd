"""Which names are bound again when modules have run."""

import pytest

from core.worlds import world
from liveimport.core.committing.names_to_bind import early_bindings, names_to_bind
from liveimport.core.imports import Rebinds, last_bindings


def last_of(state, before, after):
    """Returns by namespace the last bindings with these public names."""
    return {
        key: (last_bindings(bindings, before), last_bindings(bindings, after))
        for key, bindings in state.registrations
    }


def test_names_to_bind_are_those_that_refer_to_a_reloaded_module():
    """Each namespace has its own. A star gives the names that are public now."""
    drawn = world(a="", b="").register("import a; from b import *").register("import b", key=2)
    before = {"b": ("x", "y")}
    after = {"b": ("y", "z")}

    def bound(*reloaded, old=()):
        wanted = names_to_bind(
            (drawn.state, drawn.state),
            last_of(drawn.state, before, after),
            frozenset(reloaded),
            {2: frozenset(old)},
        )
        return {
            key: [[b.statement for b in part] for part in (names.bind, names.vanished)]
            for key, names in wanted
        }

    assert bound("a") == {1: [["import a"], ["from b import x"]], 2: [[], []]}
    assert bound("a", old="ab")[2] == [["import b"], []]
    assert bound("b") == {
        1: [["from b import y", "from b import z"], ["from b import x"]],
        2: [["import b"], []],
    }


@pytest.mark.parametrize("reloaded", ["p", "p.run"])
def test_a_name_is_bound_again_also_for_what_it_referred_to_before(reloaded):
    """Its package hid the submodule before the sync, and does not hide it now."""
    drawn = world(a="", p="from .run import run", p__run="").shadow("p.run")
    drawn = drawn.register("from p import run").edit(p="from . import run")
    _, planned = drawn.planned()
    (binding,) = drawn.state.bindings()
    assert drawn.state.modules_referred_to(binding) == ("p",)
    assert planned.modules_referred_to(binding) == ("p.run",)
    wanted = names_to_bind(
        (drawn.state, planned),
        last_of(drawn.state, {}, {}),
        frozenset({reloaded}),
        {},
    )
    assert wanted == ((1, Rebinds((binding,), ())),)


class TestEarlyBindings:
    """A name that a package bound before a submodule of that name was started."""

    @pytest.fixture
    def drawn(self):
        """A package with a function, and a submodule of the same name."""
        return world(pk="def summary(): pass", pk__summary="", other="")

    @pytest.mark.parametrize(
        ("statements", "early"),
        [
            ("from pk import summary; from pk.summary import table", ["summary"]),
            ("from pk.summary import table; from pk import summary", []),
            ("from pk import summary", ["summary"]),
            ("import other; from pk import other; from pk.summary import t", []),
        ],
    )
    def test_the_order_of_statements_decides(self, drawn, statements, early):
        """Only what a later statement starts takes the name afterwards."""
        registered = drawn.shadow("pk.summary") if "table" not in statements else drawn
        found = early_bindings(registered.register(statements).state)
        assert [binding.name for _, binding in found] == early

    def test_a_package_that_starts_the_submodule_itself(self):
        """What it binds afterwards is what everybody gets."""
        drawn = world(pk="from .run import run", pk__run="def run(): pass").shadow("pk.run")
        assert early_bindings(drawn.register("from pk import run").state) == frozenset()

    def test_they_refer_to_their_package(self, drawn):
        """They are bound again with that, and not with the submodule."""
        text = "from pk import summary; from pk.summary import table"
        state = drawn.register(text).state
        early = early_bindings(state)
        bindings = {b.name: b for b in state.bindings()}
        last = {1: (bindings, bindings)}

        def bound(*reloaded):
            wanted = names_to_bind((state, state), last, frozenset(reloaded), {}, early)
            return [binding.name for _, names in wanted for binding in names.bind]

        assert (bound("pk"), bound("pk.summary")) == (["summary"], ["table"])
