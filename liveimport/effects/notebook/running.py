"""The cells that run now, in each thread: the subshells of a kernel have threads of their own."""

import sys
import threading
from typing import Any


class ThreadCells:
    """The cells of one thread.

    Attributes:
        running: What IPython says of each, outermost first: a magic may run a cell in a cell.
        rejected: Why the cell that begins is not to run; empty if it is.
        last_error: What IPython had shown last when it began.
    """

    def __init__(self) -> None:
        self.running: list[Any] = []
        self.rejected = ""
        self.last_error: object = None

    def pop(self, info: Any) -> None:
        """Takes note that a cell ended, and with it whatever never told its end.

        Without `info` it is the one that began last.
        """
        if info is None and self.running:
            self.running.pop()
        elif any(running is info for running in self.running):
            while self.running.pop() is not info:
                pass
        elif self.running and self.running[-1].raw_cell == info.raw_cell:
            self.running.pop()

    def succeeded(self, result: Any, *, below: bool) -> bool:
        """Whether the cell raised nothing; nor, `below` another magic that may have shown it."""
        shown = self.last_error is not getattr(sys, "last_value", None)
        return bool(result.success) and not (below and shown)


class Cells:
    """The cells of all threads."""

    def __init__(self) -> None:
        self._threads: dict[threading.Thread, ThreadCells] = {}

    def mine(self) -> ThreadCells:
        """Returns those of this thread."""
        me = threading.current_thread()
        if me not in self._threads:
            for thread in list(self._threads):
                if not thread.is_alive():
                    self._threads.pop(thread, None)
        return self._threads.setdefault(me, ThreadCells())

    def rejected(self) -> bool:
        """Whether a cell of any thread is not to run."""
        return any(cells.rejected for cells in list(self._threads.values()))

    def only_mine(self) -> bool:
        """Whether no cell runs in another thread."""
        me = threading.current_thread()
        return not any(
            cells.running
            for thread, cells in list(self._threads.items())
            if thread is not me and thread.is_alive()
        )
