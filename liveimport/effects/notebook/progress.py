"""While modules reload: shows progress after a second, and lets an interrupt through."""

import contextvars
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

from IPython.display import display

from liveimport.core.report import messages
from liveimport.core.report.rendering import Report

from .reports import metadata_of_reports

_DELAY_S = 1.0
"""A sync that takes less time shows no progress."""


class Progress:
    """Shows which module runs and how many there are, once a sync has taken a second.

    Then, how many workers of a cluster have changed over. It is called when a module starts. A timer shows the line from a thread of its own, because
    the thread that syncs is busy with the module.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line = ""
        self._displayed = ""
        self._display_id = ""
        self._delay_is_over = False
        self._sync_is_over = False
        self._started = time.monotonic()
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        with self._lock:
            if self._displayed:
                self._display(messages.reloading_took(time.monotonic() - self._started))
            self._sync_is_over = True

    def __call__(self, module: str, number: int, count: int) -> None:
        """Notes the module that starts now, the `number`-th of `count`."""
        self._note(messages.reloading(module, number, count))

    def workers(self, cluster: str, current: int, count: int) -> None:
        """Notes how many of the workers of a cluster run the version."""
        self._note(messages.workers_current(cluster, current, count))

    def _note(self, line: str) -> None:
        with self._lock:
            self._line = line
            if self._delay_is_over:
                self._display(line)
        if self._timer is None:
            self._display_id = uuid.uuid4().hex
            # ipykernel has the cell that shows the output in a context variable.
            context = contextvars.copy_context()
            self._timer = threading.Timer(_DELAY_S, context.run, [self._end_delay])
            self._timer.daemon = True
            with suppress(RuntimeError):  # where there are no threads, nothing is shown in time
                self._timer.start()

    def _end_delay(self) -> None:
        with self._lock:
            self._delay_is_over = True
            if not self._sync_is_over:
                self._display(self._line)

    def _display(self, line: str) -> None:
        if line != self._displayed:
            display(  # type: ignore[no-untyped-call]  # IPython has no types for it
                Report((line,)),
                metadata=metadata_of_reports(),
                display_id=self._display_id,
                update=bool(self._displayed),
            )
            self._displayed = line


@contextmanager
def interruptible() -> Iterator[None]:
    """Makes an interrupt raise KeyboardInterrupt in the code that runs.

    When a kernel is about to run a cell with `await`, it has already set another handler. That
    one cancels the cell, but does not stop what runs before it.
    """
    previous = signal.getsignal(signal.SIGINT)
    raises_or_none = previous in (signal.default_int_handler, signal.SIG_IGN, None)
    # Only the main thread can change a handler.
    if raises_or_none or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        # A module that ran may have set a handler of its own: that one stays.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, previous)
