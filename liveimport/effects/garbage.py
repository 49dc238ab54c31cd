"""The garbage collector while a sync is under way."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS = 50_000
"""How many objects are allocated before the garbage collector runs, during a sync."""


@contextmanager
def fewer_collections() -> Iterator[None]:
    """Lets the garbage collector run less often.

    While old and new objects are both alive, it looks at all of them again and again and finds
    little. An edit at the bottom of 1,000 modules takes 140 ms with this, 150 to 350 ms without.
    """
    before = gc.get_threshold()
    if not gc.isenabled() or not 0 < before[0] < _ALLOCATIONS:
        yield
        return
    gc.set_threshold(_ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        # A module may have set thresholds of its own.
        if gc.get_threshold()[0] == _ALLOCATIONS:
            gc.set_threshold(*before)
