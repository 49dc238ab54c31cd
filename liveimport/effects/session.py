"""The one mutable variable, and who may change it when: the session.

`SESSION` holds the State; everything public goes through it. One sync at a time, whatever
the number of threads.
"""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import evolve

from liveimport.core.registration import Binding, Registration
from liveimport.core.state import State, register

from .loads import Loads
from .settings import Settings, checked
from .sights import Sights

if TYPE_CHECKING:
    from liveimport.core.outcome import Outcome
    from liveimport.core.steps import Plan

    from .execute import Progress
    from .look import Eyes
    from .syncing import Syncing

Namespace = MutableMapping[str, Any]


class Session:
    """Everything that LiveImport remembers between two calls.

    Attributes:
        settings: How automatic syncing behaves.
        detached: Whether the user detached it from the shell, and no import is to undo that.
        listeners: Called with the settings when they have changed.
        loading: The generation that counts for what is loaded now; None for that of the State.
    """

    def __init__(self) -> None:
        self._state = State(workspace=_working_directory())
        self._is_surveyed = True
        self.settings = Settings()
        self.detached = False
        self.listeners: list[Callable[[Settings], None]] = []
        self._namespaces: dict[int, Namespace] = {}
        self.loading: int | None = None
        self._loads = Loads(
            lambda: self._state.generation if self.loading is None else self.loading
        )
        self._sights = Sights(self._loads)
        self._lock = threading.RLock()
        self._running: int | None = None
        self._deferred: deque[Callable[[], None]] = deque()

    @property
    def state(self) -> State:
        """What the core knows.

        What was registered is surveyed when somebody asks: many registrations need one survey.
        """
        if not self._is_surveyed:
            with self._lock:
                self._survey()
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._set_state(state)

    def _survey(self) -> None:
        if not self._is_surveyed:
            self._set_state(self._eyes.enrolled(self._state))

    def _set_state(self, state: State) -> None:
        """Adopts a State that knows all modules that it tracks."""
        self._state, self._is_surveyed = state, True
        self._sights.forget()

    @property
    def workspace(self) -> tuple[str, ...]:
        """The directories whose modules may be tracked."""
        return self._state.workspace

    def take_notes(self) -> None:
        """Begins to note which version of its file each module is loaded from."""
        self._loads.install()

    def leave(self) -> None:
        """Stops noting imports."""
        self._loads.uninstall()

    def register(
        self, namespace: Namespace, bindings: tuple[Binding, ...], *, clear: bool
    ) -> None:
        """Registers bindings that the namespace has executed."""

        def register_now() -> None:
            if self._sights.are_outdated():
                self._survey()
            is_plain = self._sights.take(self._state, bindings)
            self._state = register(self._state, self._key(namespace), bindings, clear=clear)
            self._is_surveyed = False
            if not is_plain:
                self._survey()

        self.take_notes()
        self._do(register_now)

    def _do(self, change: Callable[[], None]) -> None:
        """Makes a change while nobody syncs.

        In the midst of an import, and behind the sync of another thread that may wait for
        that import, it is left to that sync.
        """
        if not self._lock.acquire(blocking=False):
            if _importing():
                self._deferred.append(change)
                return
            self._lock.acquire()
        try:
            change()
        finally:
            self._lock.release()

    @property
    def registrations(self) -> tuple[Registration, ...]:
        """What is registered."""
        return self._state.registrations

    def put_back(self, registrations: tuple[Registration, ...]) -> None:
        """Forgets what was registered since these were all."""
        if registrations is not self._state.registrations:
            self._state = evolve(self._state, registrations=registrations, shape=None)
            self._is_surveyed = False

    def _key(self, namespace: Namespace) -> int:
        for key, registered in self._namespaces.items():
            if registered is namespace:
                return key
        key = len(self._namespaces)
        self._namespaces[key] = namespace
        return key

    def change_workspace(self, directories: tuple[str, ...], *, extend: bool) -> None:
        """Makes these the workspace, or adds them to it, at once."""

        def change_now() -> None:
            kept = self.workspace if extend else ()
            now = tuple(dict.fromkeys((*kept, *directories)))
            self._state = evolve(self.state, workspace=now, shape=None)
            self._is_surveyed = False
            self._survey()

        self.take_notes()
        self._do(change_now)

    def change_settings(self, **changes: Any) -> None:
        """Changes settings and tells whoever listens.

        Raises:
            ValueError: A value is none that the setting takes. Nothing changes then.
        """
        settings = checked(self.settings._replace(**changes))
        if settings == self.settings:
            return

        def detect_now() -> None:
            self._state = evolve(self._state, detect=self.settings.detect)

        self.settings = settings
        self._do(detect_now)
        for listener in list(self.listeners):
            listener(settings)

    def changed(self) -> frozenset[str]:
        """Returns the tracked modules whose file is not as it was at the last sync."""
        if not self._lock.acquire(blocking=False):
            return frozenset()
        try:
            return self._syncing.changed(self.state)
        finally:
            self._lock.release()

    @contextmanager
    def still(self) -> Iterator[None]:
        """Waits until no sync of another thread is under way, and lets none begin meanwhile."""
        with self._lock:
            yield

    def plan(self) -> "Plan":
        """Returns what `sync` would do now. Changes nothing."""
        syncing = self._syncing
        with self._turn() as mine:
            return syncing.plan(self.state) if mine else syncing.no_plan()

    def sync(self, *, insist: bool, progress: "Progress | None" = None) -> "Outcome":
        """Brings the session up to date and returns what happened; raises for no module.

        With `insist`, what failed before is tried again though nothing of it changed.

        Raises:
            KeyboardInterrupt: The user interrupted a reload; what ran before it holds.
        """
        self.take_notes()
        syncing = self._syncing
        with self._turn() as mine:
            if not mine:
                return syncing.nothing()
            return syncing.sync(self, insist=insist, progress=progress)

    def adopt(self, before: State, settled: State) -> None:
        """Makes `settled` the State, with what was registered or set since it was `before`."""
        now = self._state
        if now is not before:
            settled = self._eyes.enrolled(
                evolve(
                    settled,
                    registrations=now.registrations,
                    workspace=now.workspace,
                    detect=now.detect,
                    shape=None,
                )
            )
        self._set_state(settled)

    @cached_property
    def _syncing(self) -> "Syncing":
        """What plans and executes; imported when it is first used, so that importing us is cheap."""
        from .syncing import Syncing  # noqa: PLC0415  # see above

        return Syncing(self._eyes, self._namespaces)

    @cached_property
    def _eyes(self) -> "Eyes":
        """What looks at modules and files; imported late as well."""
        from .look import Eyes  # noqa: PLC0415  # see above

        return Eyes(self._loads, self._sights)

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
        try:
            self._running = me
            self._do_deferred()
            yield True
        finally:
            self._running = None
            try:
                self._do_deferred()
            finally:
                self._lock.release()

    def _do_deferred(self) -> None:
        while self._deferred:
            self._deferred.popleft()()


def _importing() -> bool:
    frame = sys._getframe()  # noqa: SLF001  # the only way to know
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back  # type: ignore[assignment]  # the last has none
    return False


def _working_directory() -> tuple[str, ...]:
    try:
        return directories_of([os.getcwd()])
    except OSError:  # it was removed
        return ()


def directories_of(directories: Iterable[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Returns directories as the State has them: absolute, links resolved too, with separator.

    Raises:
        ValueError: A path is no directory.
    """
    found: dict[str, None] = {}
    for directory in directories:
        given = os.fsdecode(directory)
        path = os.path.abspath(given)
        if not given or not os.path.isdir(path):
            raise ValueError(f"{given!r} is not a directory")
        for form in (path, os.path.realpath(path)):
            found[form if form.endswith(os.sep) else form + os.sep] = None
    return tuple(found)


SESSION = Session()
