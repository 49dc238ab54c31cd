"""The log: the last reports, each with its cell and its age."""

from liveimport.core.overview.log import Entry, Log
from liveimport.core.report.rendering import FAILURE, Detail, Line, Report

RELOADED = Report(("Reloaded a modified 1 second ago",), (Detail("1 name rebound", ("x",)),))
FAILED = Report((Line("Could not reload b: E", "b", kind=FAILURE),), (), has_failures=True)


def test_reports_stand_below_their_cells():
    """The newest is the last. A cell without a number has only an age."""
    log = (
        Log(now=100.0).with_entry(Entry(3, 40.0, RELOADED)).with_entry(Entry(None, 99, FAILED))
    )
    assert str(log).splitlines() == [
        "With In [3], 1 minute ago:",
        "  Reloaded a modified 1 second ago",
        "1 second ago:",
        "  Could not reload b: E",
    ]
    assert log.details == RELOADED.details
    assert log.has_failures
    assert (log.lines[3].names, log.lines[3].kind) == (("b",), FAILURE)


def test_without_reports():
    """It says so."""
    assert str(Log()) == "Nothing was reported yet"
    assert not Log().has_failures


def test_a_reminder_that_says_the_same():
    """It stands there once, with the first cell that showed it, until something else is said."""
    log = Log()
    for number, report in enumerate((FAILED, FAILED, RELOADED, FAILED)):
        log = log.with_entry(Entry(number, 0.0, report))
    assert [entry.cell for entry in log.entries] == [0, 2, 3]


def test_the_same_reload_twice():
    """Both stand there: it happened twice."""
    log = Log().with_entry(Entry(1, 0.0, RELOADED)).with_entry(Entry(2, 0.0, RELOADED))
    assert [entry.cell for entry in log.entries] == [1, 2]


def test_the_oldest_leave():
    """Twenty stay."""
    log = Log()
    for number in range(30):
        log = log.with_entry(Entry(number, 0.0, Report((str(number),))))
    assert [entry.cell for entry in log.entries] == list(range(10, 30))
