"""Showing reports: in a notebook or a terminal, now or with the next cell that the user sees."""

import os
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

from attrs import evolve
from IPython.display import display, update_display

from liveimport.core.overview.log import Entry, Log
from liveimport.core.report.rendering import Report, in_terminal

if TYPE_CHECKING:
    from liveimport.effects.session.session import Session

_MAX_LINES_KEPT = 20
_TRANSIENT = "transient"


class Reports:
    """The reports of one shell."""

    def __init__(self, shell: Any, session: "Session", first: Report) -> None:
        self._shell = shell
        self._session = session
        self._first = first
        self._not_shown = Report()
        self._has_history = False
        self._log = Log()
        # By display id, whether a cell has ended since.
        self._transient: dict[str, bool] = {}

    @property
    def log(self) -> Log:
        """The last reports."""
        return evolve(self._log, now=time.time())

    def add_to_log(self, number: int | None, began: float, report: Report) -> None:
        """Keeps what was reported with a cell."""
        if report:
            self._log = self._log.with_entry(Entry(number, began, report))

    def is_visible(self, info: Any) -> bool:
        """Whether the user sees what the cell shows.

        A frontend also runs code of its own, without history, and drops what that shows. In a
        shell that never keeps history, the user sees every cell.
        """
        return bool(info.store_history) or not self._has_history

    def cell_begins(self, info: Any) -> None:
        """Notes whether the shell keeps a history."""
        self._has_history = self._has_history or bool(info.store_history)

    def cell_ended(self, info: Any) -> None:
        """Empties the transient reports of the cells before the one that has ended."""
        if not self.is_visible(info):
            return
        for display_id, is_over in tuple(self._transient.items()):
            if is_over:
                del self._transient[display_id]
                update_display({"text/plain": ""}, display_id=display_id, raw=True)  # type: ignore[no-untyped-call]  # IPython has no types for it
            else:
                self._transient[display_id] = True

    def show(self, report: Report, info: Any) -> None:
        """Displays a report, or keeps it for the next cell that the user sees."""
        if not self._session.settings.report:
            report = Report()
        if self._first.lines:
            report, self._first = self._first + report, Report()
        # The cell that attached LiveImport had begun before.
        self.cell_begins(info)
        if (info.store_history or self._has_history) and self._not_shown.lines:
            report, self._not_shown = self._not_shown + report, Report()
        if not report.lines:
            return
        if not info.store_history:
            # If no cell had a history so far, the user may see every cell, or this one may be
            # the frontend's own. So the report is both shown and kept.
            self._not_shown = evolve(
                report,
                lines=report.lines[-_MAX_LINES_KEPT:],
                details=report.details[-_MAX_LINES_KEPT:],
            )
        if self.is_visible(info):
            self._display(report)

    def _display(self, report: Report) -> None:
        if self._is_coloured_terminal():
            print(in_terminal(report.lines))  # noqa: T201  # a terminal shows text only
            return
        options: dict[str, Any] = {"metadata": metadata_of_reports()}
        if self._session.settings.report == _TRANSIENT:
            options["display_id"] = uuid.uuid4().hex
            self._transient[options["display_id"]] = False
        display(report, **options)  # type: ignore[no-untyped-call]  # IPython has no types for it

    def _is_coloured_terminal(self) -> bool:
        """Whether a terminal shows the reports, and takes colours: https://no-color.org."""
        terminal = sys.modules.get("IPython.terminal.interactiveshell")
        return (
            terminal is not None
            and isinstance(self._shell, terminal.TerminalInteractiveShell)
            and sys.stdout.isatty()
            and not os.environ.get("NO_COLOR")
        )


def metadata_of_reports() -> dict[str, Any]:
    """Returns the metadata of outputs that show a report, by which a filter can leave them out."""
    return {"liveimport": {"report": True}}
