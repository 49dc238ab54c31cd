"""Registrations that are taken in: each namespace has its own, in the order of execution."""

from liveimport.core.committing.registered import register
from liveimport.core.imports import parse_imports
from liveimport.core.model import State


def statements(state):
    """Returns the registered statements of each namespace, as lines by key."""
    return {
        registration.key: "; ".join(binding.statement for binding in registration.bindings)
        for registration in state.registrations
    }


def executed(*cells):
    """Returns the State after namespaces executed cells, given as (key, text)."""
    state = State()
    for key, text in cells:
        state = register(state, key, parse_imports(text))
    return state


def test_registering_is_additive_and_keeps_execution_order():
    """A statement that runs again moves to the end, and its names win again."""
    state = executed((1, "import a"), (1, "import b"), (1, "import a"))
    assert statements(state) == {1: "import b; import a"}


def test_namespaces_are_registered_apart():
    """Each namespace has its own bindings. Namespaces keep their order."""
    state = executed((2, "import a"), (1, "import b"), (2, "import c"))
    assert statements(state) == {2: "import a; import c", 1: "import b"}
    assert [r.key for r in state.registrations] == [2, 1]
    assert [b.statement for b in state.bindings()] == ["import a", "import c", "import b"]


def test_clear_discards_what_that_namespace_had_before():
    """Other namespaces keep what they have."""
    state = executed((1, "import a"), (2, "import b"))
    cleared = register(state, 1, parse_imports("import c"), clear=True)
    assert statements(cleared) == {1: "import c", 2: "import b"}
