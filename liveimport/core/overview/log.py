"""The log of a notebook: the last reports, as a value that prints."""

from typing import NamedTuple, Self

from attrs import evolve, frozen

from liveimport.core import public
from liveimport.core.report import messages
from liveimport.core.report.rendering import Detail, Line, Readable, Report

_MAX_ENTRIES = 20


@public
class Entry(NamedTuple):
    """A report that was shown with a cell.

    Attributes:
        cell: The number of the cell; None if it has none.
        time: When the cell began.
        report: What was shown.
    """

    cell: int | None
    time: float
    report: Report


@public
@frozen(repr=False, str=False)
class Log(Readable):
    """The last reports, the newest last.

    Attributes:
        entries: The reports.
        now: The time at which the log is shown.
    """

    entries: tuple[Entry, ...] = ()
    now: float = 0.0

    def with_entry(self, entry: Entry) -> Self:
        """Returns the log with one more report. A reminder that says the same again adds nothing."""
        known = self.entries[-1].report if self.entries else Report()
        if entry.report.has_failures and entry.report.lines == known.lines:
            return self
        return evolve(self, entries=(*self.entries, entry)[-_MAX_ENTRIES:])

    @property
    def lines(self) -> tuple[str, ...]:
        """Each report below a line that says with which cell it was shown, and when."""
        lines: list[str] = []
        for cell, time, report in self.entries:
            lines.append(messages.shown_with_cell(cell, self.now - time))
            lines.extend(map(_indented, report.lines))
        return tuple(lines) or (messages.nothing_reported(),)

    @property
    def details(self) -> tuple[Detail, ...]:
        """The details of all reports."""
        return tuple(detail for entry in self.entries for detail in entry.report.details)

    @property
    def has_failures(self) -> bool:
        """Whether a report tells of a failure."""
        return any(entry.report.has_failures for entry in self.entries)


def _indented(line: str) -> str:
    text = f"  {line}"
    return Line(text, *line.names, kind=line.kind) if isinstance(line, Line) else text
