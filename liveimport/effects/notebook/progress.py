"""What is shown while a sync takes longer than a second."""

import contextvars
import threading
import time
import uuid
from typing import Self

from IPython.display import display

from liveimport.core.report import Report

_PATIENCE_S = 1.0


class Progress:
    """Shows which module runs, and how many of how many, once a sync has taken a second.

    Called with the module that begins to run, its place and the number of all. A thread shows
    it, since the one that syncs is busy with the very module that takes so long.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line = ""
        self._shown = ""
        self._handle = ""
        self._patient = True
        self._over = False
        self._began = time.monotonic()
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        with self._lock:
            if self._shown:
                self._line = f"Reloading took {time.monotonic() - self._began:.1f} s"
                self._show()
            self._over = True

    def __call__(self, module: str, place: int, count: int) -> None:
        """Takes note of the module that runs now."""
        with self._lock:
            self._line = f"Reloading {module} ({place} of {count})"
            self._show()
        if self._timer is None:
            self._timer = self._begin_to_wait()

    def _begin_to_wait(self) -> threading.Timer:
        self._handle = uuid.uuid4().hex
        context = contextvars.copy_context()
        timer = threading.Timer(_PATIENCE_S, context.run, [self._lose_patience])
        timer.daemon = True
        timer.start()
        return timer

    def _lose_patience(self) -> None:
        with self._lock:
            self._patient = False
            if not self._over:
                self._show()

    def _show(self) -> None:
        if self._patient or self._shown == self._line:
            return
        display(  # type: ignore[no-untyped-call]  # IPython has no types for it
            Report((self._line,)), display_id=self._handle, update=bool(self._shown)
        )
        self._shown = self._line
