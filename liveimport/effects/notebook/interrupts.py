"""Ctrl-C and the stop button while modules reload."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def heeding_interrupts() -> Iterator[None]:
    """Lets an interrupt raise KeyboardInterrupt in the code that runs.

    A kernel that is about to run a cell with `await` has another handler by then, which
    cancels the cell and leaves what runs before it alone. Only the main thread can change it.
    """
    before = signal.getsignal(signal.SIGINT)
    usual = before in (signal.default_int_handler, signal.SIG_IGN, None)
    if usual or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        # What ran may have set one of its own.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, before)
