"""The session: the one mutable State, and who may change it when."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import evolve

from liveimport.core.imports import Binding, last_bindings
from liveimport.core.model import TOP_LEVEL, Snapshot, Stamp, State, is_certain
from liveimport.core.report import messages
from liveimport.core.settings import Settings, checked
from liveimport.core.watch_list import WatchList, read_list, updated, watch_list
from liveimport.core.workspace import Workspace

from .garbage import fewer_collections
from .loaded.lazy_imports import waits
from .loaded.modules import (
    LazyImport,
    file_of,
    is_own,
    namespace_of,
    path_of,
    public_names_of,
)
from .observe.files import RealPaths, has_other_content, other_spellings
from .observe.import_log import ImportLog
from .observe.read_log import ReadLog, why_no_read_log
from .observe.stat import changed_files, changed_unread, changed_untracked
from .old_versions.texts import Texts
from .own_names import OwnNames
from .sync_lock import SyncLock, is_importing

if TYPE_CHECKING:
    from types import CodeType

    from liveimport.core.committing.outcome import Outcome
    from liveimport.core.committing.registered import NewRegistration
    from liveimport.core.overview.status import Status
    from liveimport.core.planning.plan import RelaidModule, ReloadPlan
    from liveimport.core.planning.staleness import Request

    from .loaded.module_values import ModuleValues
    from .observe.snapshot import Memory
    from .old_objects.tracker import OldObjects
    from .reload.code_cache import CodeCache
    from .reload.compiled_module import CompiledGroup
    from .reload.execute import OnModuleFinish, OnModuleStart

Namespace = MutableMapping[str, Any]

_Watchers = tuple["OnModuleStart | None", "OnModuleFinish | None"]

_ATTEMPTS = 5
"""How often a sync observes again because a file was written meanwhile."""


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
        import_log: Which version of its file each module was imported from.
        own_names: Which names of the namespaces are the user's own.
        read_log: Which files modules read as they run.
        notebook_names: Gives the names of the notebook; None without one.
        project_directory: Where to look for the defaults of the project, and above it. None once
            they were taken in.
    """

    def __init__(self) -> None:
        self.settings: Settings = Settings()
        self.detached = False
        self.configured: Mapping[str, Any] = {}
        self.listeners: list[Callable[[Settings], None]] = []
        self.lock: SyncLock = SyncLock()
        self._real_path = RealPaths()
        self.import_log: ImportLog = ImportLog(self._generation_of_imports, self._is_library)
        self.import_log.before_loads = self._before_loads
        self.import_log.after_loads = self._after_loads
        self.own_names: OwnNames = OwnNames()
        self.read_log: ReadLog = ReadLog(self._is_library)
        self.notebook_names: Callable[[], Mapping[str, Any]] | None = None
        self.project_directory: str | None = _working_directory()
        self._default_workspace = _default_workspace(self.project_directory)
        self._state = State(workspace=self._default_workspace)
        self._namespaces: dict[int, Namespace] = {}
        self._registering = threading.Lock()
        self._code_cache: CodeCache | None = None
        self._waiting: list[NewRegistration] = []
        self._pending: list[NewRegistration] = []
        self._reloading: int | None = None
        self._clean_state: State | None = None
        self._watched_state: State | None = None
        self._watch_list = WatchList()
        self._read_state: State | None = None
        self._read_list = WatchList()
        self._loaded_count = 0
        self._sys_path: list[str] = []
        self._package_folders: tuple[str, ...] = ()
        self._last_changed: dict[str, Stamp | None] = {}
        self._texts: Texts = Texts()

    @cached_property
    def _memory(self) -> "Memory":
        from .loaded.holds import HoldScanner  # noqa: PLC0415  # see above
        from .loaded.living_code import LivingCode  # noqa: PLC0415  # see above
        from .observe.installed import InstalledPackages  # noqa: PLC0415  # see above
        from .observe.snapshot import Memory  # noqa: PLC0415  # see above

        return Memory(
            self.import_log,
            self._values,
            InstalledPackages(),
            HoldScanner(),
            LivingCode(self._kept_code),
        )

    @cached_property
    def old_objects(self) -> "OldObjects":
        """What the names of the notebook hold of old versions."""
        from .old_objects.tracker import OldObjects  # noqa: PLC0415  # see above

        return OldObjects()

    @cached_property
    def _values(self) -> "ModuleValues":
        from .loaded.module_values import ModuleValues  # noqa: PLC0415  # see above

        return ModuleValues()

    def _kept_code(self, module: str) -> "Sequence[CodeType]":
        kept = () if self._code_cache is None else self._code_cache.kept(module)
        return (*kept, *self.old_objects.kept_code(module))

    @property
    def state(self) -> State:
        """What the core knows."""
        self.lock.catch_up()
        return self._state

    def install(self) -> None:
        """Begins to record which version of its file each module is imported from."""
        self.import_log.install()

    def uninstall(self) -> None:
        """Stops recording imports."""
        self.import_log.uninstall()

    def _before_loads(self) -> None:
        # What a sync loads or changes is looked at when it is done.
        if not self.lock.is_mine:
            self._values.before_loads()

    def _after_loads(self, loaded: Iterable[str]) -> None:
        if not self.lock.is_mine:
            self._values.after_loads(loaded)

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
            (self._pending if self.lock.is_mine else self._waiting).append(registration)
        if self.lock.is_mine:
            return
        self.own_names.note_registered(key, namespace, bindings)
        self.lock.defer(self._take_in_waiting)
        if not is_importing():
            self.lock.catch_up()

    def is_of_project(self, binding: Binding) -> bool:
        """Whether a binding imports a module of the user's own."""
        workspace = self._with_package_folders(self._state).workspace

        def is_of_project(name: str | None) -> bool:
            path = None if name is None else path_of(sys.modules.get(name))
            if path is None and name is not None and LazyImport is not None:
                path = self._path_to_be(name)
            if name is None or path is None or is_own(name):
                return False
            return not workspace.is_installed(path, self._real_path(path))

        return is_of_project(binding.module) or is_of_project(binding.submodule)

    def _path_to_be(self, name: str) -> str | None:
        """Returns the file of a module that a lazy import may load later."""
        from .observe.locate import find_module  # noqa: PLC0415  # see above

        spec = None if name in sys.modules else find_module(name)
        return None if spec is None else file_of(spec)

    def drop_gone(self) -> None:
        """Discards the registrations of namespaces that have none of their names any more.

        ``%reset`` takes them all at once. Then nothing may come back by itself.
        """
        for key, bindings in self._state.registrations:
            namespace = self._namespaces[key]
            # Mostly the first name is there. Then no module is asked for its public names.
            if any(binding.name in namespace for binding in bindings):
                continue
            names = last_bindings(bindings, public_names_of(bindings))
            if names and not any(name in namespace for name in names):
                self.register(namespace, (), clear=True)

    def values_bound_in(self, namespace: Namespace) -> Callable[[str, object], bool]:
        """Returns whether a value of a name of a namespace is one that an import or a sync bound."""
        # Another thread may register one meanwhile.
        for key, registered in tuple(self._namespaces.items()):
            if registered is namespace:
                return partial(self.own_names.has_bound, key)
        return lambda _name, _value: False

    def _key(self, namespace: Namespace) -> int:
        for key, registered in self._namespaces.items():
            if registered is namespace:
                return key
        key = len(self._namespaces)
        self._namespaces[key] = namespace
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
        from liveimport.core.planning.planner import enroll  # noqa: PLC0415  # see above

        from .observe.snapshot import observe_registered  # noqa: PLC0415  # see above

        state = self._with_lazy_bindings(self._with_package_folders(state))
        snapshot = observe_registered(state, self._memory)
        self._note_texts(snapshot)
        enrolled = enroll(state, snapshot)
        if state.workspace.adds_roots:
            enrolled = self._with_import_roots(enrolled)
        self._values.keep(enrolled.graph.bystanders)
        return enrolled

    def _note_texts(self, snapshot: Snapshot) -> None:
        """Keeps sources for old functions that names of a notebook hold. A script has none."""
        if self.notebook_names is not None:
            self._texts.note(snapshot.sources)

    def _with_package_folders(self, state: State) -> State:
        """Returns the State in which folders on `sys.path` into which pip installs are left out."""
        from .observe.installed import package_folders  # noqa: PLC0415  # see above

        if sys.path != self._sys_path:
            self._sys_path = list(sys.path)
            self._package_folders = directories_of(package_folders(self._sys_path))
        if state.workspace.package_folders == self._package_folders:
            return state
        workspace = state.workspace._replace(package_folders=self._package_folders)
        return evolve(state, workspace=workspace)

    def _with_lazy_bindings(self, state: State) -> State:
        """Returns the State that knows which lazy imports have loaded nothing yet."""
        if LazyImport is None:
            return state
        waiting = frozenset(
            (key, binding)
            for key, bindings in state.registrations
            for binding in bindings
            if waits(self._namespaces[key], binding)
        )
        if waiting == state.not_imported_yet:
            return state
        return evolve(state, not_imported_yet=waiting)

    def _with_import_roots(self, enrolled: State) -> State:
        from liveimport.core.planning.dependencies import (  # noqa: PLC0415  # see above
            import_roots,
            with_roots,
        )
        from liveimport.core.planning.planner import enroll  # noqa: PLC0415  # see above

        from .observe.snapshot import observe_registered  # noqa: PLC0415  # see above

        roots = () if enrolled.follow == TOP_LEVEL else import_roots(enrolled)
        # What lies below the roots counts, and may lead to further roots.
        while roots != enrolled.workspace.roots:
            widened = with_roots(enrolled, roots)
            snapshot = observe_registered(widened, self._memory)
            self._note_texts(snapshot)
            enrolled = enroll(widened, snapshot)
            if roots:
                roots = tuple(dict.fromkeys((*roots, *import_roots(enrolled))))
        return enrolled

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
            )
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
        return bool(self.settings.files) and self.read_log.begin()

    def take_in_read(self) -> None:
        """Takes in what modules have read since, when they are registered."""
        from liveimport.core.planning.data_files import with_reads  # noqa: PLC0415  # see above

        read = self.read_log.take()

        def take_in() -> None:
            self._state = with_reads(self._state, read)

        if read:
            self.lock.do_or_defer(take_in)

    def _changed_read(self) -> dict[str, Stamp | None]:
        """Returns by path the stamps of files that tracked modules read and that may have changed."""
        if self._state is not self._read_state:
            self._read_state, self._read_list = (
                self._state,
                read_list(self._state, self._state.tracked),
            )
        return changed_files(self._read_list) if self._read_list.slices else {}

    # Syncing.

    def changed_modules(self) -> frozenset[str]:
        """Returns the tracked modules whose file is not as it was at the last sync."""
        with self.lock.turn(wait=False) as mine:
            if not mine:
                return frozenset()
            state = self._state
            return frozenset(
                name
                for name, stamp in self._of_tracked(changed_files(self._files())).items()
                for module in (state.modules[name],)
                for known in (module.version.stamp,)
                if stamp not in (known, self._last_changed.get(name, known))
                if is_certain(module, stamp, state.detect) or has_other_content(module)
            )

    def _is_clean(self) -> bool:
        """Whether nothing is to be done unless a source changed: nothing was loaded since."""
        return (
            self._state is self._clean_state
            and len(sys.modules) == self._loaded_count
            and not self._changed_read()
        )

    def plan(self, reload: Sequence[str] = (), *, deep: bool = False) -> "ReloadPlan":
        """Returns what `sync` would do now. Changes nothing.

        Raises:
            ValueError: One of the modules `reload` cannot run.
        """
        from liveimport.core.planning.plan import ReloadPlan  # noqa: PLC0415  # see above

        with self.lock.turn() as mine:
            changed = changed_files(self._files()) if mine else {}
            if not mine or (not changed and self._is_clean() and not reload):
                return ReloadPlan(time.time())
            request = _request(reload, deep=deep)
            plan, planned = self._plan(
                self._with_untracked(changed), retry_failed=True, request=request
            )
            _check_request(reload, plan, planned)
            return plan

    def status(self) -> "Status":
        """Returns how the session stands. Changes nothing."""
        from liveimport.core.overview.status import status  # noqa: PLC0415  # see above
        from liveimport.core.planning.plan import ReloadPlan  # noqa: PLC0415  # see above

        versions = [("Python", sys.version.partition(" ")[0])]
        for title, package in (("LiveImport", "liveimport"), ("IPython", "IPython")):
            version = namespace_of(sys.modules.get(package)).get("__version__")
            if version is not None:
                versions.append((title, str(version)))
        assumed = self.import_log.assumed
        why_no_files = why_no_read_log() if self.settings.files else ""
        with self.lock.turn() as mine:
            state, now = self._state, tuple(versions)
            if not mine:
                nothing = ReloadPlan(time.time())
                return status(
                    state, nothing, self.settings, now, assumed, why_no_files=why_no_files
                )
            changed = self._with_untracked(changed_files(self._files()))
            plan, planned = self._plan(changed, retry_failed=True)
            # What was loaded meanwhile is in the planned State only.
            shown = evolve(planned, failures=state.failures)
            return status(shown, plan, self.settings, now, assumed, why_no_files=why_no_files)

    def sync(
        self,
        *,
        retry_failed: bool,
        on_start: "OnModuleStart | None" = None,
        on_finish: "OnModuleFinish | None" = None,
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
        from liveimport.core.committing.outcome import Outcome  # noqa: PLC0415  # see above

        self.install()
        with self.lock.turn() as mine:
            began_ns = time.time_ns()
            changed = changed_files(self._files()) if mine else {}
            if not mine or (not changed and self._is_clean() and not reload):
                if mine:
                    self.import_log.looked(began_ns)
                return Outcome(time.time())
            with fewer_collections():
                plan, planned, code = self._prepared(
                    changed, retry_failed=retry_failed, reload=reload, deep=deep
                )
                self.import_log.looked(began_ns, planned.loaded)
                if plan.groups:
                    self.own_names.replaced.begin_sync()
                    watchers = (on_start, on_finish)
                    try:
                        outcome = self._execute(plan, planned, code, watchers)
                        return self._refilled(outcome, watchers)
                    finally:
                        took_s = time.time() - began_ns / 1e9
                        self.old_objects.after_sync(self.notebook_names, took_s)
            self._values.keep(planned.graph.bystanders)
            self._mark_clean(planned, ())
            return Outcome(
                plan.now,
                changed_extensions=plan.changed_extensions,
                upgraded=plan.upgraded,
                not_followed=plan.not_followed,
                reported=plan.reported,
                relaid=tuple(one.module for one in plan.relaid),
                files=plan.files,
                cut_off=plan.cut_off,
            )

    def _refilled(self, outcome: "Outcome", watchers: _Watchers) -> "Outcome":
        """Runs modules to whose tables this sync added, so that these are as if all were fresh.

        A table may have an older entry by the same name, and others may have copied it.
        """
        from liveimport.core.committing.refills import joined  # noqa: PLC0415  # see above

        if not self._state.refill:
            return outcome
        changed = changed_files(self._files())
        plan, planned, code = self._prepared(changed, retry_failed=False)
        if not plan.groups:
            # They cannot run, so there is nothing more to do.
            self._mark_clean(planned, ())
            relaid = tuple(one.module for one in plan.relaid)
            return evolve(outcome, relaid=(*outcome.relaid, *relaid)) if relaid else outcome
        try:
            return joined(outcome, self._execute(plan, planned, code, watchers))
        except KeyboardInterrupt as interrupt:
            _tell_own_names(interrupt, outcome)
            raise

    def _of_tracked(self, changed: dict[str, Stamp | None]) -> dict[str, Stamp | None]:
        not_followed = self._watch_list.not_followed
        return {name: stamp for name, stamp in changed.items() if name not in not_followed}

    def _with_untracked(self, changed: dict[str, Stamp | None]) -> dict[str, Stamp | None]:
        return {**self._of_tracked(changed), **changed_untracked(self._watch_list)}

    def _plan(
        self,
        changed: dict[str, Stamp | None],
        *,
        retry_failed: bool,
        request: "Request | None" = None,
    ) -> "tuple[ReloadPlan, State]":
        from liveimport.core.planning.dependencies import wider  # noqa: PLC0415  # see above
        from liveimport.core.planning.planner import plan_reload  # noqa: PLC0415  # see above
        from liveimport.core.planning.staleness import NO_REQUEST  # noqa: PLC0415  # see above

        from .observe.snapshot import observe, with_data_files  # noqa: PLC0415  # see above

        # Those of modules too that are tracked once the changes are known.
        files = changed_files(read_list(self._state, self._state.reads))
        state: State | None = self._with_package_folders(self._state)
        while state is not None:
            snapshot = observe(
                state,
                changed,
                self._memory,
                self._namespaces.values(),
                unread=changed_unread(self._watch_list),
            )
            self._note_texts(snapshot)
            snapshot = with_data_files(snapshot, state, files)
            result = plan_reload(
                state, snapshot, retry_failed=retry_failed, request=request or NO_REQUEST
            )
            state = wider(state, result[1], snapshot.found)
        return result

    def _prepared(
        self,
        changed: dict[str, Stamp | None],
        *,
        retry_failed: bool,
        reload: Sequence[str] = (),
        deep: bool = False,
    ) -> "tuple[ReloadPlan, State, tuple[CompiledGroup, ...]]":
        """Returns a plan and its code. Of what was only laid out anew, the positions are set.

        If they cannot be set any more, such modules are planned to run.

        Raises:
            ValueError: One of the modules `reload` cannot run. No position is set then.
        """
        request = _request(reload, deep=deep)
        while True:
            plan, planned, code = self._plan_and_compile(
                changed, retry_failed=retry_failed, request=request
            )
            _check_request(reload, plan, planned)
            if not plan.relaid or self._set_positions(plan.relaid):
                return plan, planned, code

    def _set_positions(self, relaid: "Sequence[RelaidModule]") -> bool:
        """Sets the positions of all these modules, or of none. Returns whether it did."""
        from .reload.compile import forget_lines  # noqa: PLC0415  # see above

        if not self._memory.living_code.set_positions(relaid):
            return False
        for one in relaid:
            forget_lines(one.path)
            if self._code_cache is not None:
                self._code_cache.replace(one.module, one.digest, one.source.root)
            self._texts.take_in_relaid(one.module, one.digest)
            self.old_objects.note_relaid(one.module, one.source.root)
        self._memory.installed.renew(one.path for one in relaid)
        return True

    def _plan_and_compile(
        self,
        changed: dict[str, Stamp | None],
        *,
        retry_failed: bool,
        request: "Request | None" = None,
    ) -> "tuple[ReloadPlan, State, tuple[CompiledGroup, ...]]":
        """Returns a plan and its code. A file that is written meanwhile is observed again."""
        for _ in range(_ATTEMPTS):
            self._last_changed = self._with_untracked(changed)
            plan, planned = self._plan(
                self._last_changed, retry_failed=retry_failed, request=request
            )
            # With nothing to compile, nothing is loaded for it.
            code = self._compiled(plan) if plan.groups else ()
            if code is not None:
                return plan, planned, code
            changed = changed_files(self._watch_list)
        code = self._compiled(plan, written_is_failure=True)
        assert code is not None
        return plan, planned, code

    def _compiled(
        self, plan: "ReloadPlan", *, written_is_failure: bool = False
    ) -> "tuple[CompiledGroup, ...] | None":
        """Returns the code of a plan; None if a file was written since it was observed."""
        from .reload.code_cache import CodeCache  # noqa: PLC0415  # see above
        from .reload.compile import FileWrittenError, compile_all  # noqa: PLC0415  # see above

        self._code_cache = self._code_cache or CodeCache()
        try:
            return compile_all(plan, self._code_cache, written_is_failure=written_is_failure)
        except FileWrittenError:
            return None

    def _execute(
        self,
        plan: "ReloadPlan",
        planned: State,
        code: "tuple[CompiledGroup, ...]",
        watchers: _Watchers,
    ) -> "Outcome":
        from liveimport.core.committing.commit import commit  # noqa: PLC0415  # see above

        from .observe.locate import clear_directory_caches  # noqa: PLC0415  # see above
        from .reload.checkpoint import finish_despite_interrupts  # noqa: PLC0415  # see above
        from .reload.execute import Context, Interrupted, Watchers, execute  # noqa: PLC0415  # see above

        before, interrupt, stopped = self._state, None, None
        clear_directory_caches()
        # What a group imports for the first time runs with it, so it is as new as the group.
        # If there are several, it may hold objects of one that is still to run; but not of
        # bystanders, for what a tracked module imports is none.
        running = [group for group in plan.groups if group.blocked_by is None]
        only_one = len(running) == 1 or sum(group.is_tracked for group in running) == 1
        self._reloading = planned.generation if only_one else None
        self._values.before_loads()
        context = Context(
            before,
            planned,
            self._namespaces,
            self._pending,
            self._memory.scanner,
            self.own_names,
            self.read_log,
            self.old_objects.note_before,
        )
        is_reading = self.read_log.is_on
        try:
            self.begin_reading()
            outcome, learned = execute(plan, code, context, Watchers(*watchers))
        except Interrupted as interrupted:
            outcome, learned = interrupted.outcome, interrupted.learned
            interrupt = interrupted.__cause__
        finally:
            self._reloading = None
            if not is_reading:
                stopped = finish_despite_interrupts(self.read_log.end)

        def finish() -> None:
            after = commit(before, planned, outcome, learned, self._pending)
            self._state = self._enrolled(after) if self._pending else after

        interrupt = finish_despite_interrupts(finish) or stopped or interrupt
        self._pending.clear()
        reloaded = frozenset(event.module for event in outcome.events)
        self._values.keep(self._state.graph.bystanders, reloaded)
        self._values.after_loads(())
        self._memory.installed.renew(planned.modules[name].location.path for name in reloaded)
        ran = {
            name: compiled
            for group in code
            if isinstance(group, Mapping)
            for name, compiled in group.items()
            if name in reloaded
        }
        self.old_objects.note_run(ran, self._texts.take_in(ran))
        if not outcome.not_run and not self._state.refill:
            self._mark_clean(
                self._state, [s.module for s in plan.steps if s.source is not None]
            )
        if interrupt is not None:
            _tell_own_names(interrupt, outcome)
            raise interrupt
        return outcome

    def _files(self) -> WatchList:
        """Returns the files that the State is compared with."""
        if self._state.not_imported_yet:
            # A lazy import may have been made since.
            state = self._with_lazy_bindings(self._state)
            if state is not self._state:
                self._state = self._enrolled(state)
        if self._state is not self._watched_state:
            self._watched_state, self._watch_list = self._state, watch_list(self._state)
        return self._watch_list

    def _mark_clean(self, state: State, ran: Iterable[str]) -> None:
        """Takes in a State in which nothing is to be done until a file changes."""
        watched = self._watched_state
        if watched is None or not _watches_the_same(state, watched):
            self._watch_list = watch_list(state)
        elif state.modules is not watched.modules:
            self._watch_list = updated(self._watch_list, state, (*self._last_changed, *ran))
        self._state = self._watched_state = state
        self._loaded_count = len(sys.modules)
        if not state.failures and state.cut_off <= state.cut_off_told:
            self._clean_state = state


def _request(reload: Sequence[str], *, deep: bool) -> "Request | None":
    if not reload:
        return None
    from liveimport.core.planning.staleness import Request  # noqa: PLC0415  # see above

    return Request(frozenset(reload), deep)


def _check_request(reload: Sequence[str], plan: "ReloadPlan", planned: State) -> None:
    """Raises a ValueError if one of the modules that are asked for does not run."""
    if not reload:
        return
    from liveimport.core.overview.requests import why_not_reloaded  # noqa: PLC0415  # see above

    reason = why_not_reloaded(planned, plan, reload)
    if reason:
        raise ValueError(reason)


def _watches_the_same(state: State, other: State) -> bool:
    """Whether two States watch the same files, though perhaps with other stamps."""
    return (
        state.graph is other.graph
        and state.project is other.project
        and state.reported is other.reported
    )


def _tell_own_names(interrupt: BaseException, outcome: "Outcome") -> None:
    """Adds to an interrupt which names were replaced: what was bound before it holds."""
    for line in outcome.own_name_lines:
        interrupt.add_note(line)


def _working_directory() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return None


def _default_workspace(directory: str | None) -> Workspace:
    """Returns a directory, without the standard library, and with import roots."""
    directories = () if directory is None else directories_of([directory])
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    libraries = (
        os.path.dirname(os.__file__),
        os.path.join(sys.base_exec_prefix, sys.platlibdir, version),
    )
    existing = directories_of(filter(os.path.isdir, libraries))
    return Workspace(directories, libraries=existing, adds_roots=True)


def directories_of(directories: Iterable[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Returns directories as the State has them: absolute, links resolved too, with separator.

    Raises:
        ValueError: A path is not a directory.
    """
    found: dict[str, None] = {}
    for directory in directories:
        given = os.fsdecode(directory)
        path = os.path.abspath(given)
        if not given or not os.path.isdir(path):
            raise ValueError(messages.not_a_directory(given))
        for form in (path, os.path.realpath(path)):
            found[os.path.join(form, "")] = None
    return tuple(found)


SESSION: Session = Session()
