"""The session: the one mutable State, and who may change it when."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import evolve

from liveimport.core.imports import Binding, last_bindings
from liveimport.core.model import NEEDED, State, with_traces
from liveimport.core.settings import Settings, checked
from liveimport.effects.garbage import fewer_collections
from liveimport.effects.loaded.modules import namespace_of, public_names_of
from liveimport.effects.logs.read_log import ReadLog, why_no_read_log
from liveimport.effects.logs.run_log import RunLog
from liveimport.effects.observe.files import RealPaths, other_spellings
from liveimport.effects.observe.import_log import ImportLog
from liveimport.effects.own_names import OwnNames
from liveimport.effects.sync_lock import SyncLock, is_importing
from liveimport.effects.worker_processes import OldWorkers, replace_workers

from .directories import PackageFolders, default_workspace, is_of_project, working_directory
from .enrolling import with_enrolled, with_lazy_bindings
from .parts import Namespace, Parts
from .preparing import Preparation, Prepared, Wanted
from .running import NOBODY_TOLD, Told, generation_of_new, run, take_in_run, with_old_workers
from .versions import Versions, others_behind, version_of
from .watching import Changes, Watcher

if TYPE_CHECKING:
    from liveimport.core.committing.outcome import Outcome
    from liveimport.core.committing.registered import NewRegistration
    from liveimport.core.committing.workers import ClusterStatus
    from liveimport.core.overview.status import Status
    from liveimport.core.planning.plan import ReloadPlan
    from liveimport.effects.clusters.attached import Clusters
    from liveimport.effects.old_objects.tracker import OldObjects


_MOST_ROUNDS = 3
"""So often modules run after all in a sync. Then all dependents do."""


class Session:
    """Everything that LiveImport remembers between two calls.

    What observes, plans and reloads is imported when it is first used, so that
    ``import liveimport`` stays cheap.

    Attributes:
        settings: How automatic syncing behaves.
        detached: Whether the user detached it from the shell. No import undoes that.
        configured: By name, values of settings that a configuration of IPython gave.
        listeners: Called with the settings when they have changed.
        lock: One sync at a time.
        parts: What it works with beside the State: logs and caches.
        project_directory: Where to look for the defaults of the project, and above it. None once
            they were taken in.
    """

    def __init__(self) -> None:
        self.settings: Settings = Settings()
        self.detached = False
        self.configured: Mapping[str, Any] = {}
        self.listeners: list[Callable[[Settings], None]] = []
        self.lock: SyncLock = SyncLock()
        self.project_directory: str | None = working_directory()
        self._default_workspace = default_workspace(self.project_directory)
        self._state = State(workspace=self._default_workspace)
        self._real_path = RealPaths()
        log = ImportLog(self._generation_of_imports, self._is_library)
        log.before_loads, log.after_loads = self._before_loads, self._after_loads
        self.parts: Parts = Parts(log, ReadLog(RunLog(self._is_library), self._is_library))
        self._folders = PackageFolders()
        self._watcher = Watcher()
        self._registering = threading.Lock()
        self._waiting: list[NewRegistration] = []
        self._reloading: int | None = None
        self._has_busy_workers = False

    @property
    def own_names(self) -> OwnNames:
        """Which names of the namespaces are the user's own."""
        return self.parts.own_names

    @property
    def read_log(self) -> ReadLog:
        """Which files modules read as they run."""
        return self.parts.read_log

    @property
    def old_objects(self) -> "OldObjects":
        """What the names of the notebook hold of old versions."""
        return self.parts.old_objects

    @property
    def state(self) -> State:
        """What the core knows."""
        self.lock.catch_up()
        return self._state

    def install(self) -> None:
        """Begins to record which version of its file each module is imported from."""
        self.parts.import_log.install()

    def uninstall(self) -> None:
        """Stops recording imports."""
        self.parts.import_log.uninstall()

    def _before_loads(self) -> None:
        # What a sync loads or changes is looked at when it is done.
        if not self.lock.is_mine:
            self.parts.values.before_loads()

    def _after_loads(self, loaded: Iterable[str]) -> None:
        if not self.lock.is_mine:
            self.parts.values.after_loads(loaded)

    def _generation_of_imports(self) -> int:
        return self._state.generation if self._reloading is None else self._reloading

    def _is_library(self, path: str) -> bool:
        return self._state.workspace.is_installed(path, self._real_path(path))

    # Registrations and settings.

    def register(
        self, namespace: Namespace, bindings: tuple[Binding, ...], *, clear: bool
    ) -> None:
        """Registers bindings that the namespace has executed.

        If a module registers while something is being imported, its imports are analysed when
        somebody asks next, for they may not be complete.
        """
        from liveimport.core.committing.registered import NewRegistration  # noqa: PLC0415  # see above

        self.install()
        with self._registering:
            key = self._key(namespace)
            registration = NewRegistration(key, bindings, clear)
            (self.parts.pending if self.lock.is_mine else self._waiting).append(registration)
        if self.lock.is_mine:
            return
        self.own_names.note_registered(key, namespace, bindings)
        self.lock.defer(self._take_in_waiting)
        if not is_importing():
            self.lock.catch_up()

    def is_of_project(self, binding: Binding) -> bool:
        """Whether a binding imports a module of the user's own."""
        workspace = self._folders.left_out_of(self._state).workspace
        return is_of_project(binding, workspace, self._real_path)

    def drop_gone(self) -> None:
        """Discards the registrations of namespaces that have none of their names any more.

        ``%reset`` takes them all at once. Then nothing may come back by itself.
        """
        for key, bindings in self._state.registrations:
            namespace = self.parts.namespaces[key]
            # Mostly the first name is there. Then no module is asked for its public names.
            if any(binding.name in namespace for binding in bindings):
                continue
            names = last_bindings(bindings, public_names_of(bindings))
            if names and not any(name in namespace for name in names):
                self.register(namespace, (), clear=True)

    def values_bound_in(self, namespace: Namespace) -> Callable[[str, object], bool]:
        """Returns whether a value of a name of a namespace is one that an import or a sync bound."""
        # Another thread may register one meanwhile.
        for key, registered in tuple(self.parts.namespaces.items()):
            if registered is namespace:
                return partial(self.own_names.has_bound, key)
        return lambda _name, _value: False

    def _key(self, namespace: Namespace) -> int:
        for key, registered in self.parts.namespaces.items():
            if registered is namespace:
                return key
        key = len(self.parts.namespaces)
        self.parts.namespaces[key] = namespace
        return key

    def _take_in_waiting(self) -> None:
        from liveimport.core.committing.registered import with_registered  # noqa: PLC0415  # see above

        waiting = tuple(self._waiting)
        if waiting:
            registered = with_registered(self._state, waiting)
            if registered.registrations != self._state.registrations:
                self._state = self._enrolled(registered)
            elif registered.kept_names != self._state.kept_names:
                self._state = registered
            with self._registering:
                del self._waiting[: len(waiting)]

    def _enrolled(self, state: State) -> State:
        return with_enrolled(state, self.parts, self._folders)

    def change_workspace(
        self, directories: tuple[str, ...], *, extend: bool, default: bool = False
    ) -> None:
        """Makes these the workspace at once, or adds them to it; or restores the default."""

        def change() -> None:
            workspace = self._default_workspace if default else self._state.workspace
            if not (extend or default):
                workspace = workspace._replace(directories=(), roots=(), adds_roots=False)
            workspace = workspace.with_directories(directories)
            paths = (m.location.path for m in self._state.modules.values() if m.location.path)
            workspace = workspace.with_directories(
                other_spellings(workspace.directories, paths)
            )
            # What was loaded before may count now.
            state = evolve(self._state, workspace=workspace, loaded=frozenset())
            self._state = self._enrolled(state)

        self.install()
        self.lock.do_or_defer(change)

    def set_default_workspace(self, directories: tuple[str, ...]) -> None:
        """Makes these directories the workspace, and what `default` restores."""
        self._default_workspace = self._default_workspace._replace(
            directories=directories, adds_roots=False
        )
        self.change_workspace((), extend=False, default=True)

    def exclude(self, names: Iterable[str]) -> None:
        """Lets these modules never run again; of a package, nor its submodules."""
        added = frozenset(names)

        def change() -> None:
            self._state = evolve(self._state, excluded=self._state.excluded | added)

        self.lock.do_or_defer(change)

    def include(self, names: Iterable[str]) -> None:
        """Undoes `exclude`. What would have run meanwhile runs with the next sync."""
        removed = frozenset(names)

        def change() -> None:
            state = evolve(self._state, excluded=self._state.excluded - removed)
            back = frozenset(name for name in state.skipped if not state.is_excluded(name))
            self._state = evolve(
                state, skipped=state.skipped - back, refill=state.refill | back
            )

        self.lock.do_or_defer(change)

    def change_settings(self, **changes: Any) -> None:
        """Changes settings and tells the listeners.

        Raises:
            ValueError: A setting does not take a value. Nothing changes then.
        """
        settings = checked(self.settings._replace(**changes))
        if settings == self.settings:
            return

        def change() -> None:
            state = self._state
            changed = evolve(
                state,
                detect=self.settings.detect,
                follow=self.settings.follow,
                own_names=self.settings.own_names,
                files=self.settings.files,
                reload=self.settings.reload,
            )
            if changed.reload != NEEDED and changed.traces:
                changed = evolve(changed, traces=MappingProxyType({}))
                self.read_log.runs.entries.clear()
            if not changed.files:
                changed = evolve(changed, reads=MappingProxyType({}), told=MappingProxyType({}))
            if changed.follow != state.follow:
                # What was loaded before may count now.
                changed = self._enrolled(evolve(changed, loaded=frozenset()))
            self._state = changed

        self.settings = settings
        self.lock.do_or_defer(change)
        for listener in list(self.listeners):
            listener(settings)

    # What modules read while they run.

    def begin_reading(self) -> bool:
        """Begins to follow which files modules read. Returns whether it had not begun yet."""
        files, runs = bool(self.settings.files), self.settings.reload == NEEDED
        return (files or runs) and self.read_log.begin(files=files, runs=runs)

    def take_in_read(self) -> None:
        """Takes in what modules have read since, when they are registered."""
        from liveimport.core.detecting.data_files import with_reads  # noqa: PLC0415  # see above

        read, traces = self.read_log.take(), self.read_log.runs.take()

        def take_in() -> None:
            self._state = with_traces(with_reads(self._state, read), traces)

        if read or traces:
            self.lock.do_or_defer(take_in)

    # Syncing.

    def changed_modules(self) -> frozenset[str]:
        """Returns the tracked modules whose file is not as it was at the last sync."""
        with self.lock.turn(wait=False) as mine:
            if not mine:
                return frozenset()
            self._take_in_lazy_imports()
            return self._watcher.changed_modules(self._state)

    def plan(self, reload: Sequence[str] = (), *, deep: bool = False) -> "ReloadPlan":
        """Returns what `sync` would do now. Changes nothing.

        Raises:
            ValueError: One of the modules `reload` cannot run.
        """
        from liveimport.core.planning.plan import ReloadPlan  # noqa: PLC0415  # see above

        with self.lock.turn() as mine:
            changed = self._changed() if mine else {}
            if not mine or (not changed and self._is_clean() and not reload):
                return ReloadPlan(time.time())
            wanted = Wanted(retry_failed=True, reload=reload, deep=deep)
            return self._preparation(wanted).plan(self._watcher.with_untracked(changed))[0]

    def status(self) -> "Status":
        """Returns how the session stands. Changes nothing."""
        from liveimport.core.overview.status import status  # noqa: PLC0415  # see above
        from liveimport.core.planning.plan import ReloadPlan  # noqa: PLC0415  # see above

        with self.lock.turn() as mine:
            state, plan = self._state, ReloadPlan(time.time())
            if mine:
                changed = self._watcher.with_untracked(self._changed())
                preparation = self._preparation(Wanted(retry_failed=True))
                plan, planned = preparation.plan(changed)
                # What was loaded meanwhile is in the planned State only.
                state = evolve(planned, failures=self._state.failures)
            return status(
                state,
                plan,
                self.settings,
                _versions(),
                self.parts.import_log.assumed,
                why_no_files=why_no_read_log() if self.settings.files else "",
                clusters=self._clusters.statuses() if "_clusters" in vars(self) else (),
            )

    def version(self, name: str) -> str:
        """Returns the version of a module as it last ran, and of all that it depends on.

        Raises:
            ValueError: The module is not followed.
        """
        return version_of(self.state, name)

    @cached_property
    def _clusters(self) -> "Clusters":
        from liveimport.effects.clusters.attached import Clusters  # noqa: PLC0415  # see above

        versions = Versions()
        return Clusters(others_behind, lambda name: versions.of(self._state, name))

    def attach(self, client: Any, timeout_s: float) -> "ClusterStatus":
        """Brings the workers of a client to the session's version, now and after each sync.

        Each time it waits so long for workers that are busy.

        Raises:
            TypeError: It is no client of a cluster that LiveImport knows.
            RuntimeError: The cluster refuses it.
        """
        return self._clusters.attach(client, self.state, timeout_s)

    def detach(self, client: Any) -> None:
        """Takes everything of LiveImport off the workers of a client."""
        self._clusters.detach(client)

    def _with_clusters(self, outcome: "Outcome", told: Told, *, retry: bool) -> "Outcome":
        """Carries the present version out on the clusters, if there are any and it is new to them.

        Or if workers had failed: with `retry` they try again, else they are told again.
        """
        if "_clusters" not in vars(self):
            return outcome
        statuses = self._clusters.carry_out(self._state, told.on_workers, retry=retry)
        return evolve(outcome, clusters=statuses) if statuses else outcome

    def sync(
        self,
        *,
        retry_failed: bool,
        told: Told = NOBODY_TOLD,
        reload: Sequence[str] = (),
        deep: bool = False,
    ) -> "Outcome":
        """Brings the session up to date and returns what happened; raises for no broken module.

        With `retry_failed`, what failed before is tried again though nothing of it changed. The
        modules `reload` run, edited or not; `deep`: with all of the project that they depend on.

        Raises:
            ValueError: One of the modules `reload` cannot run. Nothing has run then.
            KeyboardInterrupt: The user interrupted a reload; what ran before it holds.
        """
        from liveimport.core.committing.outcome import Outcome, outcome_without_run  # noqa: PLC0415  # see above

        self.install()
        with self.lock.turn() as mine:
            began_ns = time.time_ns()
            changed = self._changed() if mine else {}
            if not mine or (not changed and self._is_clean() and not reload):
                outcome = Outcome(time.time())
                if mine:
                    self.parts.import_log.looked(began_ns)
                    outcome = self._with_old_workers(outcome)
                    outcome = self._with_clusters(outcome, told, retry=retry_failed)
                return outcome
            wanted = Wanted(retry_failed=retry_failed, reload=reload, deep=deep)
            with fewer_collections():
                prepared = self._preparation(wanted).prepared(changed)
                self.parts.import_log.looked(began_ns, prepared.planned.loaded)
                if prepared.plan.groups:
                    outcome = self._run_and_refill(prepared, told, began_ns)
                    return self._with_clusters(outcome, told, retry=retry_failed)
            self.parts.values.keep(prepared.planned.graph.bystanders)
            self._mark_clean(prepared.planned, ())
            outcome = self._with_old_workers(outcome_without_run(prepared.plan))
            return self._with_clusters(outcome, told, retry=retry_failed)

    def _run_and_refill(self, prepared: Prepared, told: Told, began_ns: int) -> "Outcome":
        self.own_names.replaced.begin_sync()
        try:
            outcome = self._refilled(self._run(prepared, told), told)
            return self._with_old_workers(outcome)
        finally:
            took_s = time.time() - began_ns / 1e9
            self.old_objects.after_sync(self.parts.notebook_names, took_s)

    def _with_old_workers(self, outcome: "Outcome") -> "Outcome":
        """Replaces workers of joblib that have the code of before, as soon as they are not in use."""
        if not (outcome.events or self._has_busy_workers):
            return outcome
        workers = replace_workers(has_clusters="_clusters" in vars(self))
        self._has_busy_workers = workers.busy > 0
        # The others were told when the modules reloaded.
        told = workers if outcome.events else OldWorkers(workers.replaced)
        return with_old_workers(outcome, told)

    def _refilled(self, outcome: "Outcome", told: Told) -> "Outcome":
        """Runs modules to whose tables this sync added, so that these are as if all were fresh.

        A table may have an older entry by the same name, and others may have copied it. With
        ``reload="needed"`` that may show more modules that have to run: at last, all dependents.
        """
        from liveimport.core.committing.refills import joined  # noqa: PLC0415  # see above

        rounds = _MOST_ROUNDS if self._state.traces else 1
        for left in reversed(range(rounds)):
            if not self._state.refill:
                break
            if rounds > 1 and not left:
                self._state = evolve(self._state, traces=MappingProxyType({}))
            prepared = self._preparation(Wanted(retry_failed=False)).prepared(self._changed())
            if not prepared.plan.groups:
                # They cannot run, so there is nothing more to do.
                self._mark_clean(prepared.planned, ())
                relaid = tuple(one.module for one in prepared.plan.relaid)
                return evolve(outcome, relaid=(*outcome.relaid, *relaid)) if relaid else outcome
            try:
                outcome = joined(outcome, self._run(prepared, told))
            except KeyboardInterrupt as interrupt:
                _tell_own_names(interrupt, outcome)
                raise
        return outcome

    def _run(self, prepared: Prepared, told: Told) -> "Outcome":
        """Runs a plan and takes in the State after it.

        Raises:
            KeyboardInterrupt: The user interrupted it; what ran before holds.
        """
        from liveimport.core.committing.commit import commit  # noqa: PLC0415  # see above
        from liveimport.effects.reload.checkpoint import finish_despite_interrupts  # noqa: PLC0415  # see above

        before = self._state
        self._reloading = generation_of_new(prepared, before)
        try:
            ran = run(prepared, before, self.parts, told, self.begin_reading)
        finally:
            self._reloading = None
        outcome = ran.outcome

        def finish() -> None:
            after = commit(before, prepared.planned, outcome, ran.learned, self.parts.pending)
            self._state = self._enrolled(after) if self.parts.pending else after

        interrupt = finish_despite_interrupts(finish) or ran.interrupt
        self.parts.pending.clear()
        take_in_run(prepared, self._state, outcome, self.parts)
        if not outcome.not_run and not self._state.refill:
            steps = prepared.plan.steps
            self._mark_clean(self._state, [s.module for s in steps if s.source is not None])
        if interrupt is not None:
            _tell_own_names(interrupt, outcome)
            raise interrupt
        return outcome

    def _preparation(self, wanted: Wanted) -> Preparation:
        return Preparation(self._state, wanted, self.parts, self._watcher, self._folders)

    def _changed(self) -> Changes:
        """Returns the modules whose file is not as the State has it."""
        self._take_in_lazy_imports()
        return self._watcher.changed(self._state)

    def _take_in_lazy_imports(self) -> None:
        """Follows lazy imports that were made since."""
        if self._state.not_imported_yet:
            state = with_lazy_bindings(self._state, self.parts)
            if state is not self._state:
                self._state = self._enrolled(state)

    def _is_clean(self) -> bool:
        return self._watcher.is_clean(self._state)

    def _mark_clean(self, state: State, ran: Iterable[str]) -> None:
        self._watcher.mark_clean(state, ran)
        self._state = state


def _versions() -> tuple[tuple[str, str], ...]:
    """Returns what runs here, with its version."""
    versions = [("Python", sys.version.partition(" ")[0])]
    for title, package in (("LiveImport", "liveimport"), ("IPython", "IPython")):
        version = namespace_of(sys.modules.get(package)).get("__version__")
        if version is not None:
            versions.append((title, str(version)))
    return tuple(versions)


def _tell_own_names(interrupt: BaseException, outcome: "Outcome") -> None:
    """Adds to an interrupt which names were replaced: what was bound before it holds."""
    for line in outcome.own_name_lines:
        interrupt.add_note(line)


SESSION: Session = Session()
