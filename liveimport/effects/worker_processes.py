"""Processes of this machine that were started before a reload, and run the code of then."""

import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import NamedTuple

from .loaded.modules import attribute_of

_LOKY = ("joblib.externals.loky", "loky")
"""Where loky is. joblib, and scikit-learn with it, bring their own."""


class OldWorkers(NamedTuple):
    """Processes from before a reload.

    Attributes:
        replaced: How many workers of joblib or loky there were. Their next call starts new ones.
        left: How many others there are. They go on as they are.
        busy: How many workers of joblib or loky another thread gives work to now. They are not
            replaced: what it gives them later would fail, or never end.
    """

    replaced: int = 0
    left: int = 0
    busy: int = 0


def replace_workers(*, has_clusters: bool = False) -> OldWorkers:
    """Lets joblib and loky start new workers at their next call, and counts the other processes.

    What workers are doing now they finish, on the code that they have. Processes of Dask are left
    out if `has_clusters`: the session is attached to it, and brings them up to date.
    """
    children = _children()
    of_loky = [child for child in children if _is_of_loky(child)]
    busy = 0
    for name in _LOKY if of_loky else ():
        get_executor = attribute_of(sys.modules.get(name), "get_reusable_executor")
        workers = [child for child in of_loky if type(child).__module__.startswith(f"{name}.")]
        if callable(get_executor) and workers:
            # A pool that is being closed by another thread is no matter.
            with suppress(Exception):
                executor = get_executor(reuse=True)
                if _is_in_use(executor):
                    busy += len(workers)
                else:
                    executor.shutdown(wait=False)
    others = [
        child
        for child in children
        if child not in of_loky
        and not _is_called(child, "Manager-")
        and not (has_clusters and _is_called(child, "Dask Worker"))
    ]
    return OldWorkers(len(of_loky) - busy, len(others), busy)


def _is_in_use(executor: object) -> bool:
    """Whether tasks wait for it, or another thread is in a call of joblib."""
    if attribute_of(executor, "_pending_work_items"):
        return True
    parallel = attribute_of(sys.modules.get("joblib.parallel"), "Parallel")
    call = getattr(getattr(parallel, "__call__", None), "__code__", None)  # noqa: B004  # its code is meant
    others = {n: f for n, f in sys._current_frames().items() if n != threading.get_ident()}  # noqa: SLF001  # documented all the same
    return call is not None and any(_is_in(frame, call) for frame in others.values())


def _is_in(frame: FrameType | None, code: object) -> bool:
    while frame is not None:
        if frame.f_code is code:
            return True
        frame = frame.f_back
    return False


def _children() -> list[object]:
    """Returns the processes that `multiprocessing`, and all that is built on it, has started."""
    active = attribute_of(sys.modules.get("multiprocessing.process"), "active_children")
    return list(active()) if callable(active) else []


def _is_of_loky(process: object) -> bool:
    return any(type(process).__module__.startswith(f"{name}.") for name in _LOKY)


def _is_called(process: object, name: str) -> bool:
    """Whether a process has a name like this. A `multiprocessing.Manager` runs no task."""
    return name in str(getattr(process, "name", ""))
