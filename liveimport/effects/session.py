"""The one mutable variable, and who may change it when: the session.

`SESSION` holds the State; everything public goes through it. One sync at a time, whatever
the number of threads.
"""

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TypeVar

from attrs import evolve, frozen

from liveimport.core.outcome import Outcome, ReloadEvent, settle
from liveimport.core.plan import enrol, enrol_or_ask, plan_or_ask, plan_reload
from liveimport.core.registration import Binding
from liveimport.core.snapshot import Snapshot, Stamp, Unseen
from liveimport.core.state import DETECT, State, register
from liveimport.core.steps import Plan
from liveimport.core.tracking import track

from .bytecode import KeptCode
from .execute import Given, Interrupted, Progress, execute
from .finding import forget_directories
from .loading import unread
from .loads import Loads
from .scan import Files, all_changes, begin, changes, files_of, look, refreshed, unchanged

Namespace = MutableMapping[str, Any]
Observer = Callable[[ReloadEvent], None]
T = TypeVar("T")


ON_ERROR = ("run", "stop")
"""What may become of a cell when a module failed to reload before it."""


@frozen
class Settings:
    """How automatic syncing behaves. See `auto_sync`."""

    enabled: bool = True
    grace: float = 1.0
    report: bool = True
    hidden_cell_magic: bool = True
    detect: str = "mtime"
    on_error: str = "run"


class Session:
    """Everything that LiveImport remembers between two calls.

    Attributes:
        state: What the core knows.
        settings: How automatic syncing behaves.
        detached: Whether the user detached it from the shell, and no import is to undo that.
        listeners: Called with the settings when they have changed.
    """

    def __init__(self) -> None:
        self.state = State(workspace=directories_of([os.getcwd()]))
        self.settings = Settings()
        self.detached = False
        self.listeners: list[Callable[[Settings], None]] = []
        self._namespaces: dict[int, Namespace] = {}
        self._loads = Loads(lambda: self.state.generation)
        self._lock = threading.RLock()
        self._running: int | None = None
        self._quiet: State | None = None
        self._filed: State | None = None
        self._files = Files()
        self._kept = KeptCode()
        self._deferred: deque[Callable[[], None]] = deque()
        self._last: dict[str, Stamp | None] = {}

    def take_notes(self) -> None:
        """Begins to note which version of its file each module is loaded from."""
        self._loads.install()

    def leave(self) -> None:
        """Stops noting imports."""
        self._loads.uninstall()

    def register(
        self, namespace: Namespace, bindings: tuple[Binding, ...], *, clear: bool
    ) -> None:
        """Registers bindings that the namespace has executed.

        In the midst of an import, and behind the sync of another thread that may wait for
        that import, it is left to that sync.
        """
        self.take_notes()
        if not self._lock.acquire(blocking=False):
            if _importing():
                self._deferred.append(lambda: self.register(namespace, bindings, clear=clear))
                return
            self._lock.acquire()
        try:
            state = register(self.state, self._key(namespace), bindings, clear=clear)
            self.state = self._enrolled(state)
        finally:
            self._lock.release()

    def _key(self, namespace: Namespace) -> int:
        for key, registered in self._namespaces.items():
            if registered is namespace:
                return key
        key = len(self._namespaces)
        self._namespaces[key] = namespace
        return key

    def change_workspace(self, directories: tuple[str, ...]) -> None:
        """Makes these the workspace, at once."""
        self.take_notes()
        with self._lock:
            self.state = self._enrolled(track(evolve(self.state, workspace=directories)))

    def change_settings(self, **changes: Any) -> None:
        """Changes settings and tells whoever listens.

        Raises:
            ValueError: A value is none that the setting takes. Nothing changes then.
        """
        settings = evolve(self.settings, **changes)
        if not settings.grace >= 0:
            raise ValueError(f"grace is a number of seconds, 0 or more, not {settings.grace!r}")
        _check_choice("detect", settings.detect, DETECT)
        _check_choice("on_error", settings.on_error, ON_ERROR)
        if settings == self.settings:
            return
        with self._lock:
            self.settings = settings
            self.state = evolve(self.state, detect=settings.detect)
        for listener in list(self.listeners):
            listener(settings)

    def changed(self) -> frozenset[str]:
        """Returns the tracked modules whose file is not as it was at the last sync."""
        if not self._lock.acquire(blocking=False):
            return frozenset()
        try:
            seen = changes(self._compared())
            known = ((name, self.state.modules[name].stamp) for name in seen)
            return frozenset(
                name
                for name, stamp in known
                if seen[name] not in (stamp, self._last.get(name, stamp))
            )
        finally:
            self._lock.release()

    def wait(self) -> None:
        """Waits until no sync of another thread is under way."""
        with self._lock:
            pass

    def plan(self) -> Plan:
        """Returns what `sync` would do now. Changes nothing."""
        with self._turn() as mine:
            return self._plan(insist=True, ready=False)[0] if mine else Plan(time.time())

    def sync(self, *, insist: bool, progress: Progress | None = None) -> Outcome:
        """Brings the session up to date and returns what happened; raises for no module.

        With `insist`, what failed before is tried again though nothing of it changed.

        Raises:
            KeyboardInterrupt: The user interrupted a reload; what ran before it holds.
        """
        self.take_notes()
        with self._turn() as mine:
            if not mine:
                return Outcome(time.time())
            return self._sync(insist=insist, progress=progress)

    def _sync(self, *, insist: bool, progress: Progress | None) -> Outcome:
        if self._is_quiet():
            return Outcome(time.time())
        plan, planned = self._plan(insist=insist, ready=True)
        if not plan.groups:
            self._rest(self.state, planned, ())
            return Outcome(plan.now, outdated=plan.outdated)
        forget_directories()
        before = self.state
        interrupt: BaseException | None = None
        try:
            outcome = execute(
                plan, Given(before, planned, self._namespaces, self._kept), progress
            )
        except Interrupted as interrupted:
            outcome = interrupted.outcome
            interrupt = outcome.failed[-1].error
        self._settle(before, planned, outcome)
        if not outcome.unrun:
            read = (step.module for step in plan.steps if step.source is not None)
            self._rest(before, self.state, read)
        if interrupt is not None:
            raise interrupt
        return outcome

    def _settle(self, before: State, planned: State, outcome: Outcome) -> None:
        """Adopts the State that holds, with what modules registered while they ran."""
        now = self.state
        settled = settle(before, planned, outcome)
        if now is not before:
            settled = self._enrolled(
                evolve(settled, registrations=now.registrations, workspace=now.workspace)
            )
        self.state = settled

    def _plan(self, *, insist: bool, ready: bool) -> tuple[Plan, State]:
        """Returns the plan and the State if all of it succeeds.

        With `ready`, the code of all that is to run is at hand, or its source.
        """
        state = self.state
        if self._is_quiet():
            return Plan(time.time()), state
        self._last = all_changes(self._compared())

        def attempt(snapshot: Snapshot) -> Unseen | tuple[Plan, State]:
            planned = plan_or_ask(state, snapshot, insist=insist)
            if not ready or isinstance(planned, Unseen):
                return planned
            return Unseen(sources=unread(planned[0], self._kept)) or planned

        return self._answered(
            state,
            begin(self._last, self._namespaces.values()),
            attempt,
            lambda snapshot: plan_reload(state, snapshot, insist=insist),
        )

    def _is_quiet(self) -> bool:
        """Whether a plan for this State found nothing to do, and no tracked file changed."""
        return self.state is self._quiet and unchanged(self._files)

    def _rest(self, before: State, state: State, ran: Iterable[str]) -> None:
        """Adopts a State in which nothing is to be done until a file changes."""
        if state.tracked is before.tracked and state.begun is before.begun:
            self._files = refreshed(self._files, state, (*self._last, *ran))
        else:
            self._files = files_of(state)
        self.state = self._filed = state
        if not state.failures:
            self._quiet = state

    def _compared(self) -> Files:
        """Returns the files that the State is compared with."""
        if self.state is not self._filed:
            self._filed, self._files = self.state, files_of(self.state)
        return self._files

    def _enrolled(self, state: State) -> State:
        """Returns the State that knows all modules that it tracks."""
        return self._answered(
            state,
            begin({}),
            lambda snapshot: enrol_or_ask(state, snapshot),
            lambda snapshot: enrol(state, snapshot),
        )

    def _answered(
        self,
        state: State,
        snapshot: Snapshot,
        attempt: Callable[[Snapshot], Unseen | T],
        anyway: Callable[[Snapshot], T],
    ) -> T:
        """Returns what `attempt` gives once the snapshot has all that it asks for.

        What is asked for twice is not to be had, and then it is done without.
        """
        asked: set[object] = set()
        while isinstance(result := attempt(snapshot), Unseen):
            questions = {*result.names, *result.sources}
            if questions <= asked:
                return anyway(snapshot)
            asked |= questions
            snapshot = look(state, snapshot, result, self._loads, self._kept)
        return result

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Waits for the sync of another thread; yields whether one may sync now.

        Not while this thread is in a sync already, which a module's own code can ask for;
        nor behind another thread's sync in the midst of an import, since that sync may wait
        for the same import.
        """
        me = threading.get_ident()
        if self._running == me:
            yield False
            return
        if not self._lock.acquire(blocking=False):
            if _importing():
                yield False
                return
            self._lock.acquire()
        self._running = me
        try:
            yield True
        finally:
            self._running = None
            while self._deferred:
                self._deferred.popleft()()
            self._lock.release()


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is {' or '.join(map(repr, choices))}, not {value!r}")


def _importing() -> bool:
    frame = sys._getframe()  # noqa: SLF001  # the only way to know
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back  # type: ignore[assignment]  # the last has none
    return False


def directories_of(directories: list[str | os.PathLike[str]] | list[str]) -> tuple[str, ...]:
    """Returns directories as the State has them: absolute, links resolved too, with separator.

    Raises:
        ValueError: A path is no directory.
    """
    found: dict[str, None] = {}
    for directory in directories:
        path = os.path.abspath(os.fspath(directory))
        if not os.path.isdir(path):
            raise ValueError(f"{os.fspath(directory)!r} is not a directory")
        for form in (path, os.path.realpath(path)):
            found[form if form.endswith(os.sep) else form + os.sep] = None
    return tuple(found)


SESSION = Session()
