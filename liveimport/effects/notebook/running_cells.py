"""The cells that run now, in each thread: the subshells of a kernel have threads of their own."""

import sys
import threading
import time
from typing import Any

from liveimport.core.report.rendering import Report


class ThreadCells:
    """The cells that run in one thread.

    Attributes:
        running: IPython's `ExecutionInfo` of each, outermost first: a magic may run a cell
            within a cell.
        rejection: Why the cell that starts must not run; empty if it may.
        last_error: The last error that IPython had shown when the cell started.
        report: What a sync before the cell did.
        began: When the cell began.
    """

    def __init__(self) -> None:
        self.running: list[Any] = []
        self.rejection = ""
        self.last_error: object = None
        self.report: Report = Report()
        self.began: float = time.time()

    def remove(self, info: Any) -> None:
        """Removes a cell that ended. Without `info`, it is the cell that started last.

        Cells within it whose end was never reported are removed too.
        """
        if self.running and (info is None or self.running[-1] is info):
            self.running.pop()
        elif any(running is info for running in self.running):
            while self.running.pop() is not info:
                pass
        # When a cell is interrupted, IPython reports its end with a new info.
        elif self.running and self.running[-1].raw_cell == info.raw_cell:
            self.running.pop()

    def succeeded(self, result: Any, *, within_magic: bool) -> bool:
        """Whether the cell raised no error.

        Another magic may have shown an error instead of raising it: with `within_magic`, that
        counts too.
        """
        showed_error = self.last_error is not getattr(sys, "last_value", None)
        return bool(result.success) and not (within_magic and showed_error)


class RunningCells:
    """The cells that run in all threads."""

    def __init__(self) -> None:
        self._threads: dict[threading.Thread, ThreadCells] = {}

    def in_this_thread(self) -> ThreadCells:
        """Returns the cells of this thread."""
        current = threading.current_thread()
        known = self._threads.get(current)
        if known is not None:
            return known
        for thread in list(self._threads):
            if not thread.is_alive():
                self._threads.pop(thread, None)
        return self._threads.setdefault(current, ThreadCells())

    def any_rejected(self) -> bool:
        """Whether a cell of any thread must not run."""
        return any(cells.rejection for cells in list(self._threads.values()))

    def any_in_other_threads(self) -> bool:
        """Whether a cell runs in another thread."""
        current = threading.current_thread()
        return any(
            cells.running
            for thread, cells in list(self._threads.items())
            if thread is not current and thread.is_alive()
        )
