"""On a worker of Dask: it changes over between two tasks.

Dask pauses a worker that has too little memory, and lets it go on by itself. So while we pause it, that is
switched off.
"""

import asyncio
import sys
from collections.abc import Mapping
from types import FrameType, ModuleType
from typing import Any

from distributed import Status, WorkerPlugin
from distributed.protocol import pickle

from liveimport.core.clusters import from_plain
from liveimport.core.committing.workers import BEHIND

from .hosted import HostedFinder, HostedLoader, Standing, finder_of
from .protocol import require

_INSIDES = ("state.executing_count", "memory_manager.memory_pause_fraction", "status")
"""What we need of a worker. Little of it is documented."""
_SOON_S = 0.02
"""How soon a worker that is busy, or that failed, is looked at again."""
_MEMORY = "_liveimport_memory_pause_fraction"
"""An attribute of a paused worker: what it had before, for when it goes on."""


class LiveImportPlugin(WorkerPlugin):
    """Brings a worker to a version: when it is registered, and when a worker joins."""

    def __init__(self, session: str, plain: Mapping[str, Any]) -> None:
        self.session = session
        self.plain = plain

    async def setup(self, worker: Any) -> None:
        """Stops new tasks; changes over at once if none runs, else when the last has ended.

        Raises:
            ValueError: Another release of LiveImport made the update.
            RuntimeError: This release of Dask lacks what it takes to hold a worker.
        """
        require("distributed", worker, "worker", _INSIDES)
        update = from_plain(self.plain)
        finder = finder_of(self.session)
        if finder is None:
            finder = HostedFinder(self.session, _StandsIn(asyncio.get_running_loop()))
            sys.meta_path.insert(0, finder)
        if finder.accepts(update):
            await _bring_up_to_date(worker, finder)
        else:
            # The other notebook needs the worker. So it goes on.
            _resume(worker)


class _StandsIn:
    """Says whether a module is imported because Dask reads a message, such as a task.

    An error would end the connection there, and with it the worker: Dask loses it, and the task never ends. So the
    task runs something that raises the error. The next import tries again.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def __call__(self, module: ModuleType) -> bool:
        frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  # as `inspect` does; the frame of `HostedLoader.exec_module` is 1
        while frame is not None:
            code = frame.f_code
            if code is HostedLoader.exec_module.__code__:
                return False  # what imports it fails, too
            if code is pickle.loads.__code__:
                self._loop.call_soon_threadsafe(_forget, module)
                return True
            frame = frame.f_back
        return False


def _forget(module: ModuleType) -> None:
    if sys.modules.get(module.__name__) is module:
        del sys.modules[module.__name__]


async def _bring_up_to_date(worker: Any, finder: HostedFinder) -> None:
    """Lets no task start until the worker runs what is wanted."""
    if finder not in sys.meta_path or finder.is_refused:
        _resume(worker)
        return
    _pause(worker)
    if worker.state.executing_count == 0 and not finder.has_tried:
        await asyncio.get_running_loop().run_in_executor(None, finder.take_wanted)
    if finder.is_current:
        _resume(worker)
    else:
        # It is busy. Or it failed: then it is held, also when Dask has let it begin meanwhile.
        loop = asyncio.get_running_loop()
        loop.call_later(_SOON_S, _again, worker, finder)


def _again(worker: Any, finder: HostedFinder) -> None:
    task = asyncio.ensure_future(_bring_up_to_date(worker, finder))
    finder.tasks.add(task)  # the loop itself keeps none alive
    task.add_done_callback(finder.tasks.discard)


def _pause(worker: Any) -> None:
    if worker.status == Status.running:
        if not hasattr(worker, _MEMORY):
            setattr(worker, _MEMORY, worker.memory_manager.memory_pause_fraction)
        worker.memory_manager.memory_pause_fraction = False
        worker.status = Status.paused


def _resume(worker: Any) -> None:
    if hasattr(worker, _MEMORY):
        worker.memory_manager.memory_pause_fraction = getattr(worker, _MEMORY)
        delattr(worker, _MEMORY)
        if worker.status == Status.paused:
            worker.status = Status.running


def standing_here(session: str, version: str) -> Standing:
    """Returns how this worker stands, if it has to run a version."""
    finder = finder_of(session)
    if finder is None:
        return Standing()
    if finder.wanted.version != version:
        return finder.standing._replace(state=BEHIND)
    return finder.standing


def detach_here(session: str, dask_worker: Any) -> None:
    """Takes the finder of a notebook out of this process, and lets the worker go on."""
    finder = finder_of(session)
    if finder is not None:
        sys.meta_path.remove(finder)
    _resume(dask_worker)
