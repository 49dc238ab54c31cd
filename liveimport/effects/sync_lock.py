"""One sync at a time. What other threads, or modules that reload, ask for meanwhile waits."""

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class SyncLock:
    """The right to sync, and to change what a sync works with."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._owner: int | None = None
        self._deferred: deque[Callable[[], None]] = deque()

    @property
    def is_mine(self) -> bool:
        """Whether this thread has its turn: then its caller is a module that reloads."""
        return self._owner == threading.get_ident()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Waits until no other thread syncs, and lets none start meanwhile."""
        with self._lock:
            yield

    @contextmanager
    def turn(self, *, wait: bool = True) -> Iterator[bool]:
        """Waits for the sync of another thread. Yields whether this thread may sync now.

        It may not while it syncs already, as a module's own code can ask for. Nor in the midst
        of an import while another thread syncs: that sync may wait for the same import.
        """
        if self.is_mine or not self._acquire(wait=wait):
            yield False
            return
        try:
            self._owner = threading.get_ident()
            self._do_deferred()
            yield True
        finally:
            try:
                self._do_deferred()
            finally:
                self._owner = None
                self._lock.release()

    def _acquire(self, *, wait: bool) -> bool:
        if self._lock.acquire(blocking=False):
            return True
        return wait and not is_importing() and self._lock.acquire()

    def defer(self, change: Callable[[], None]) -> None:
        """Makes a change at the start of the next turn, or at the end of this one."""
        self._deferred.append(change)

    def do_or_defer(self, change: Callable[[], None]) -> None:
        """Makes a change now, or at the end of the sync under way if it cannot wait for it."""
        self.defer(change)
        self.catch_up()

    def catch_up(self) -> None:
        """Makes the deferred changes, if this thread can have its turn."""
        if self._deferred:
            with self.turn():
                pass

    def _do_deferred(self) -> None:
        while self._deferred:
            change = self._deferred.popleft()
            try:
                change()
            except KeyboardInterrupt:
                # The user interrupted the work that it takes, and still wants the change.
                self._deferred.appendleft(change)
                raise


def is_importing() -> bool:
    """Whether the caller is in the midst of an import of this thread."""
    frame = sys._getframe()  # noqa: SLF001  # the only way to know
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back  # type: ignore[assignment]  # the last has none
    return False
