"""On a worker of Dask: it changes over between two tasks.

Dask pauses a worker that has too little memory, and lets it go on by itself. So while we pause it, that is
switched off.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any

from distributed import Status, WorkerPlugin
from distributed.protocol import pickle

from liveimport.core.clusters import from_plain
from liveimport.core.committing.workers import BEHIND
from liveimport.core.report import messages

from .hosted import HostedFinder, HostedLoader, Standing, finder_of, stand_in
from .protocol import require

_INSIDES = ("state.executing_count", "memory_manager.memory_pause_fraction", "status")
"""What we need of a worker. Little of it is documented."""
_SOON_S = 0.02
"""How soon a worker that is busy, or that failed, is looked at again."""
_PREFIX = "liveimport-"
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
            last = UnreadableFinder(self.session, asyncio.get_running_loop())
            finder = HostedFinder(self.session, last.stands_in)
            sys.meta_path.insert(0, finder)
            sys.meta_path.append(last)
        if finder.accepts(update):
            await _bring_up_to_date(worker, finder)
        else:
            # The other notebook needs the worker. So it goes on.
            _resume(worker)


class UnreadableFinder(MetaPathFinder, Loader):
    """Finds what nobody finds, or what fails, if that is imported because Dask reads a message.

    An error would end the connection there, and with it the worker: Dask loses it, and the task never ends. So the
    task gets something that raises the error. The next import tries again.
    """

    def __init__(self, session: str, loop: asyncio.AbstractEventLoop) -> None:
        self.session = session
        self._loop = loop

    def stands_in(self, module: ModuleType) -> bool:
        """Whether the error of this module, which has failed, must not be raised."""
        for code in _callers()[1:]:  # without its own
            if code is HostedLoader.exec_module.__code__:
                return False  # what imports it fails, too
            if code is pickle.loads.__code__:
                self._loop.call_soon_threadsafe(_forget, module)
                return True
        return False

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  # as importlib calls it
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Returns a spec if it is a message itself that needs this module."""
        asks = next((code for code in _callers() if not _is_of_imports(code)), None)
        if asks is not pickle.loads.__code__:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        """Lets what is asked of it raise."""
        name = module.__name__
        stand_in(module, ModuleNotFoundError(messages.has_not_travelled(name), name=name))
        self._loop.call_soon_threadsafe(_forget, module)


def _is_of_imports(code: CodeType) -> bool:
    """Whether code is of the import system, or of a pickle that imports."""
    return code.co_filename.startswith("<frozen importlib") or code.co_name == "subimport"


def _callers() -> Sequence[CodeType]:
    """Returns the code that calls the function that asks, from the inside."""
    codes, frame = [], sys._getframe(1).f_back  # noqa: SLF001  # as `inspect` does
    while frame is not None:
        codes.append(frame.f_code)
        frame = frame.f_back
    return codes


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


def plugin_name(session: str, client: str) -> str:
    """Returns under which name the scheduler knows the plugin of a client of a notebook."""
    return f"{_PREFIX}{session}/{client}"


def abandoned_here(dask_scheduler: Any) -> tuple[Sequence[str], Sequence[str]]:
    """Returns, on the scheduler, the plugins whose clients are gone, and notebooks that have no other."""
    gone, sessions, alive = [], set(), set()
    for name in dask_scheduler.worker_plugins:
        if name.startswith(_PREFIX):
            session, _, client = name.removeprefix(_PREFIX).partition("/")
            if client in dask_scheduler.clients:
                alive.add(session)
            else:
                gone.append(name)
                sessions.add(session)
    return gone, sorted(sessions - alive)


def standing_here(session: str, version: str) -> Standing:
    """Returns how this worker stands, if it has to run a version."""
    finder = finder_of(session)
    if finder is None:
        return Standing()
    if finder.wanted.version != version:
        return finder.standing._replace(state=BEHIND)
    return finder.standing


def detach_here(session: str, dask_worker: Any) -> None:
    """Takes the finders of a notebook out of this process, and lets the worker go on."""
    ours = (HostedFinder, UnreadableFinder)
    for finder in list(sys.meta_path):
        if isinstance(finder, ours) and finder.session == session:
            sys.meta_path.remove(finder)
    _resume(dask_worker)
