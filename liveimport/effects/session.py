"""The one mutable variable, and who may change it when: the session.

`SESSION` holds the State; everything public goes through it. One sync at a time, whatever
the number of threads.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from attrs import evolve, frozen

from liveimport.core.outcome import Outcome, ReloadEvent, first_error, settle
from liveimport.core.plan import Plan, enrol, plan_reload, unseen
from liveimport.core.registration import STAR, Binding, parse_imports
from liveimport.core.snapshot import Snapshot, Unseen
from liveimport.core.state import State, register, track
from liveimport.core.survey import survey

from .execute import Interrupted, execute
from .loads import Loads
from .scan import Watched, begin, changes, look, watched

Namespace = MutableMapping[str, Any]
Observer = Callable[[ReloadEvent], None]


@frozen
class Settings:
    """How automatic syncing behaves. See `auto_sync`."""

    enabled: bool = True
    grace: float = 1.0
    report: bool = True
    hidden_magic: bool = True


class Session:
    """Everything that LiveImport remembers between two calls.

    Attributes:
        state: What the core knows.
        settings: How automatic syncing behaves.
    """

    def __init__(self) -> None:
        self.state = State(workspace=directories_of([os.getcwd()]))
        self.settings = Settings()
        self._namespaces: dict[int, Namespace] = {}
        self._loads = Loads(lambda: self.state.generation)
        self._lock = threading.RLock()
        self._running: int | None = None
        self._quiet: State | None = None
        self._watched: tuple[Watched, ...] = ()

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
        self.take_notes()
        with self._lock:
            state = register(self.state, self._key(namespace), bindings, clear=clear)
            snapshot = self._seen(begin({}), lambda seen: survey(state, seen).unseen)
            self.state = enrol(state, snapshot)

    def _key(self, namespace: Namespace) -> int:
        for key, known in self._namespaces.items():
            if known is namespace:
                return key
        key = len(self._namespaces)
        self._namespaces[key] = namespace
        return key

    def change_workspace(self, directories: tuple[str, ...]) -> None:
        """Makes these the workspace, at once."""
        self.take_notes()
        with self._lock:
            state = track(evolve(self.state, workspace=directories))
            snapshot = self._seen(begin({}), lambda seen: survey(state, seen).unseen)
            self.state = enrol(state, snapshot)

    def plan(self) -> Plan:
        """Returns what `sync` would do now. Changes nothing."""
        with self._turn() as mine:
            return self._plan(insist=True)[0] if mine else Plan(time.time())

    def sync(self, *, insist: bool) -> Outcome:
        """Brings the session up to date and returns what happened; raises for no module.

        With `insist`, what failed before is tried again though nothing of it changed.

        Raises:
            KeyboardInterrupt: The user interrupted a reload; what ran before it holds.
        """
        self.take_notes()
        with self._turn() as mine:
            return self._sync(insist=insist) if mine else Outcome(time.time())

    def _sync(self, *, insist: bool) -> Outcome:
        plan, planned = self._plan(insist=insist)
        if not plan.groups:
            self.state = planned
            self._rest()
            return Outcome(plan.now, outdated=plan.outdated)
        before = self.state
        interrupt: BaseException | None = None
        try:
            outcome = execute(plan, planned, self._namespaces)
        except Interrupted as interrupted:
            outcome = interrupted.outcome
            interrupt = outcome.failed[-1].error
        self._settle(before, planned, outcome)
        if interrupt is not None:
            raise interrupt
        return outcome

    def _settle(self, before: State, planned: State, outcome: Outcome) -> None:
        """Adopts the State that holds, with what modules registered while they ran."""
        now = self.state
        settled = settle(before, planned, outcome)
        if now is not before:
            settled = evolve(settled, registrations=now.registrations, workspace=now.workspace)
            snapshot = self._seen(begin({}), lambda seen: survey(settled, seen).unseen)
            settled = enrol(settled, snapshot)
        self.state = settled

    def _plan(self, *, insist: bool) -> tuple[Plan, State]:
        if self.state is not self._quiet:
            self._watched = watched(self.state)
        stamps = changes(self._watched)
        if not stamps and self.state is self._quiet:
            return Plan(time.time()), self.state
        snapshot = self._seen(begin(stamps), lambda seen: unseen(self.state, seen))
        return plan_reload(self.state, snapshot, insist=insist)

    def _rest(self) -> None:
        """Remembers that nothing is to be done in this State until a file changes."""
        if not self.state.failures:
            self._quiet = self.state
            self._watched = watched(self.state)

    def _seen(self, snapshot: Snapshot, missing: Callable[[Snapshot], Unseen]) -> Snapshot:
        """Returns the snapshot with all that core must see; asked for twice is not to be had."""
        asked: set[object] = set()
        while wanted := missing(snapshot):
            questions = {*wanted.names, *wanted.sources}
            if questions <= asked:
                break
            asked |= questions
            snapshot = look(snapshot, wanted, self._loads)
        return snapshot

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
            self._lock.release()


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


def register_statements(
    namespace: Namespace,
    importstmts: str,
    *,
    package: str = "",
    clear: bool = False,
    allow_other_statements: bool = False,
) -> None:
    """Register import statements that `namespace` has executed, for syncing.

    The statements are not executed here. Their modules are tracked from now on, and so are
    the workspace modules that these import at top level.

    Args:
        namespace: Where the statements were executed, mostly `globals()`.
        importstmts: Import statements, indented as you like.
        package: What relative imports are relative to; `__package__` in a module.
        clear: Whether to discard what the namespace registered before.
        allow_other_statements: Whether to skip other statements rather than refuse them.

    Raises:
        SyntaxError: `importstmts` is not Python.
        ImportError: A relative import leaves `package`.
        ValueError: There is another statement and these are not allowed; a module is not
            loaded; or the namespace lacks a name that a statement binds. The message says
            which import statement has not been executed.
    """
    bindings = parse_imports(
        importstmts, package=package, allow_other_statements=allow_other_statements
    )
    for binding in bindings:
        lack = _lack(namespace, binding)
        if lack:
            raise ValueError(f"{lack}: execute `{binding.statement}` before registering it")
    SESSION.register(namespace, bindings, clear=clear)


def register_cell(namespace: Namespace, code: str, *, clear: bool) -> None:
    """Registers the top-level imports of a cell that has just been executed.

    What the cell itself undid again, by `del` say, is left out.
    """
    bindings = parse_imports(code, allow_other_statements=True)
    made = tuple(binding for binding in bindings if not _lack(namespace, binding))
    SESSION.register(namespace, made, clear=clear)


def _lack(namespace: Namespace, binding: Binding) -> str:
    if binding.module not in sys.modules:
        return f"module {binding.module!r} is not loaded"
    if binding.name != STAR and binding.name not in namespace:
        return f"the namespace has no name {binding.name!r}"
    return ""


def sync(*, observer: Observer | None = None) -> Outcome:
    """Bring modules and names up to date with the files as they are now.

    What failed before is tried again.

    Args:
        observer: Called with a `ReloadEvent` for each module that was reloaded, in the order
            in which they finished, when all is done.

    Returns:
        What happened: it prints as the report, and is falsy if there was nothing to do.

    Raises:
        ModuleError: A module is broken. It and all that reloads with it are as before; what
            else was stale has reloaded. Further failures are notes of the error.
        KeyboardInterrupt: A reload was interrupted, and rolled back.
    """
    outcome = SESSION.sync(insist=True)
    if observer is not None:
        for event in outcome.events:
            observer(event)
    if outcome.failed:
        raise first_error(outcome.failed)
    return outcome


def plan() -> Plan:
    """Return what `sync` would do now, and why, without doing it.

    Returns:
        A value that prints as what would be reloaded and rebound, and is falsy if nothing is.
    """
    return SESSION.plan()


def workspace(*directories: str | os.PathLike[str], extend: bool = False) -> None:
    """Set the directories whose modules are tracked when a tracked module imports them.

    It takes effect at once. At first, the workspace is the working directory of the time
    when LiveImport was imported.

    Args:
        directories: Where tracked modules may lie; all folders below count.
        extend: Whether to add to the workspace rather than replace it.

    Raises:
        ValueError: A path is not a directory. Nothing changes then.
    """
    added = directories_of(list(directories))
    kept = SESSION.state.workspace if extend else ()
    SESSION.change_workspace(tuple(dict.fromkeys((*kept, *added))))


def auto_sync(
    enabled: bool | None = None,  # noqa: FBT001  # as users know it: auto_sync(False)
    *,
    grace: float | None = None,
    report: bool | None = None,
) -> None:
    """Configure what happens before a cell runs. What is None stays as it is.

    Args:
        enabled: Whether to sync then. At first, yes.
        grace: Seconds that must have passed since the end of the last cell, so that a run of
            several cells sees one state of the files. At first, 1.
        report: Whether to show a report if something was reloaded. At first, yes.

    Raises:
        ValueError: `grace` is negative.
    """
    if grace is not None and grace < 0:
        raise ValueError(f"grace is a number of seconds, 0 or more, not {grace!r}")
    now = SESSION.settings
    SESSION.settings = evolve(
        now,
        enabled=now.enabled if enabled is None else bool(enabled),
        grace=now.grace if grace is None else float(grace),
        report=now.report if report is None else bool(report),
    )


def hidden_cell_magic(enabled: bool | None = None) -> None:  # noqa: FBT001  # as users know it
    """Configure whether a cell that begins with ``#_%%liveimport`` is a ``%%liveimport`` cell.

    Args:
        enabled: Whether it is. At first, yes. None leaves it as it is.
    """
    if enabled is not None:
        SESSION.settings = evolve(SESSION.settings, hidden_magic=bool(enabled))
