"""The status of a session, as lines."""

from attrs import evolve

from liveimport.core.model import State
from liveimport.core.planning.plan import Plan
from liveimport.core.status import status

from .worlds import world


def lines_of(drawn):
    """Returns the lines of a world's status."""
    return list(status(drawn.state, drawn.plan(), "automatic").lines)


def test_a_session_without_registrations():
    """Each heading has an answer."""
    assert status(State(), Plan(0.0), "automatic").lines == (
        "Registered:",
        "  nothing",
        "Tracked:",
        "  nothing",
        "Workspace:",
        "  nothing",
        "automatic",
    )


def test_a_status_has_no_details():
    """All that it says is in its lines. It does not look like a failure."""
    shown = status(State(), Plan(0.0), "automatic")
    assert (shown.details, shown.has_failures) == ((), False)
    assert str(shown) == "\n".join(shown.lines)


def test_registrations_and_why_each_module_is_tracked():
    """A statement is a reason, and so are other modules. An import of itself is none."""
    drawn = world(a="import b, c", b="import c", c="import c").register(
        "import a; from b import x"
    )
    assert lines_of(drawn) == [
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


def test_namespaces_are_numbered_where_there_are_several():
    """One namespace needs no number."""
    drawn = world(a="", b="").register("import a").register("import b", key=2)
    assert lines_of(drawn)[1:3] == ["  import a  (namespace 1)", "  import b  (namespace 2)"]


def test_what_will_reload():
    """Stale modules say whether they changed themselves."""
    drawn = world(a="import b", b="").register("import a").touch("b")
    assert lines_of(drawn)[3:5] == [
        "  a: registered by `import a`; reloads with what it depends on",
        "  b: imported by a; modified",
    ]


def test_what_failed():
    """Each failure has its message, and the modules that wait for it."""
    drawn = world(a="import b", b="").register("import a").touch("b").sync(fails="b")
    lines = lines_of(drawn)
    heading = lines.index("Failed, to be retried:")
    message = "  b: ZeroDivisionError: division by zero"
    assert lines[heading + 1] == f"{message}; also held back: a"
    (failure,) = drawn.state.failures
    alone = evolve(drawn.state, failures=(evolve(failure, waiting=()),))
    assert status(alone, drawn.plan(), "automatic").lines[heading + 1] == message
