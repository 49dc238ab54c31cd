"""The status of a session, as lines."""

from attrs import evolve

from liveimport.core.state import State
from liveimport.core.status import status
from liveimport.core.steps import Plan

from .worlds import world


def said(drawn):
    """Returns the lines of a world's status."""
    return list(status(drawn.state, drawn.plan(), "automatic").lines())


def test_a_session_without_registrations():
    """Each heading has an answer."""
    assert status(State(), Plan(0.0), "automatic").lines() == (
        "Registered:",
        "  nothing",
        "Tracked:",
        "  nothing",
        "Workspace:",
        "  nothing",
        "automatic",
    )


def test_a_status_has_nothing_folded_away():
    """All that it says is in its lines, and none of it alarms."""
    shown = status(State(), Plan(0.0), "automatic")
    assert (shown.details(), shown.alarming) == ((), False)


def test_registrations_and_why_each_module_is_tracked():
    """By a statement, by other modules, or both; a module that imports itself is no reason."""
    drawn = world(a="import b, c", b="import c", c="import c").register(
        "import a; from b import x"
    )
    assert said(drawn) == [
        "Registered:",
        "  import a",
        "  from b import x",
        "Tracked:",
        "  a: registered by `import a`",
        "  b: registered by `from b import x`, imported by a",
        "  c: imported by a and b",
        "Workspace:",
        "  /project/",
        "automatic",
    ]


def test_namespaces_are_told_apart_where_there_are_several():
    """One namespace needs no number."""
    drawn = world(a="", b="").register("import a").register("import b", key=2)
    assert said(drawn)[1:3] == ["  import a  (namespace 1)", "  import b  (namespace 2)"]


def test_what_is_due():
    """Stale modules say whether they changed themselves."""
    drawn = world(a="import b", b="").register("import a").touch("b")
    assert said(drawn)[3:5] == [
        "  a: registered by `import a`; reloads with what it depends on",
        "  b: imported by a; modified",
    ]


def test_what_is_owed():
    """Each failure with its cause, and who waits for it."""
    drawn = world(a="import b", b="").register("import a").touch("b").sync(fails="b")
    owed = said(drawn)
    heading = owed.index("Owed:")
    assert owed[heading + 1] == "  b: ZeroDivisionError: division by zero; a with it"
    alone = evolve(drawn.state, failures=(evolve(drawn.state.failures[0], held=()),))
    lines = status(alone, drawn.plan(), "automatic").lines()
    assert lines[heading + 1] == "  b: ZeroDivisionError: division by zero"
