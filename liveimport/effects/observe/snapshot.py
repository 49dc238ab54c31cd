"""State, files and `sys.modules` → Snapshot: all that planning may want to know, in one go."""

import sys
import time
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from attrs import evolve

from liveimport.core.detecting.changes import is_changed
from liveimport.core.detecting.detection import keep_imports
from liveimport.core.model import (
    NO_HOLDS,
    NOTHING_LAZY,
    TOP_LEVEL,
    ProjectFile,
    ReadFile,
    Snapshot,
    Stamp,
    State,
)
from liveimport.effects.loaded.holds import HoldScanner
from liveimport.effects.loaded.lazy_imports import unresolved_names
from liveimport.effects.loaded.living_code import LivingCode
from liveimport.effects.loaded.module_values import ModuleValues
from liveimport.effects.loaded.modules import (
    LazyImport,
    has_own_source,
    is_own,
    module_of_namespace,
    path_of,
)

from .files import (
    RealPaths,
    data_file,
    listed_folder,
    stamp_of,
)
from .follow import Follower
from .import_log import ImportLog
from .installed import InstalledPackages
from .sources import Sources


class Memory(NamedTuple):
    """What is remembered from one observation to the next.

    Attributes:
        import_log: Which version of its file each module was imported from, and by whom.
        values: What bystanders held when they were first seen or ran last.
        installed: Files of the registered installed packages as they were then.
        scanner: Finds what modules hold of each other, once each was loaded.
        living_code: Finds the functions and classes of modules, wherever they are.
    """

    import_log: ImportLog
    values: ModuleValues
    installed: InstalledPackages
    scanner: HoldScanner
    living_code: LivingCode


def observe(
    state: State,
    changed: Mapping[str, Stamp | None],
    memory: Memory,
    namespaces: Iterable[Mapping[str, Any]] = (),
    *,
    unread: Mapping[str, Stamp] = MappingProxyType({}),
) -> Snapshot:
    """Returns a complete snapshot for a plan.

    `changed` has by module the stamps of the files that may have changed. Those files are read.
    `unread` has those of the project that are not followed, and are not read. Only if an import may lead elsewhere than before, all imports are followed.
    """
    namespace_modules = frozenset(filter(None, map(module_of_namespace, namespaces)))
    observer = _Observer(state, changed, memory, namespace_modules)
    observer.read_changed()
    if not keep_imports(state, observer.snapshot()):
        observer.follow_imports()
    snapshot = observer.snapshot()
    stamps = {**unread, **dict(_stamps_now(snapshot.project))}
    return evolve(snapshot, project_stamps=MappingProxyType(stamps))


def with_data_files(snapshot: Snapshot, state: State, paths: Container[str]) -> Snapshot:
    """Returns a snapshot with what modules had read, at `paths`, where that is not as before."""
    reads: dict[str, ReadFile] = {}
    for file in (file for files in state.reads.values() for file in files):
        if file.path not in paths:
            continue
        now = reads.get(file.path) or _as_now(file)
        if file.version.then_read(now.version) != file.version:
            reads[file.path] = now
    return evolve(snapshot, reads=MappingProxyType(reads)) if reads else snapshot


def _as_now(file: ReadFile) -> ReadFile:
    if file.names is not None:
        return listed_folder(file.path)
    return data_file(file.path) or ReadFile(file.path)


def observe_registered(state: State, memory: Memory) -> Snapshot:
    """Returns a complete snapshot for `enroll`, after a registration."""
    observer = _Observer(state, {}, memory, frozenset())
    observer.follow_imports()
    return observer.snapshot()


def _stamps_now(project: Mapping[str, ProjectFile]) -> Iterator[tuple[str, Stamp]]:
    """Yields the stamps of files that are not as they were when their modules were loaded."""
    for name, file in project.items():
        stamp = stamp_of(file.path)
        if stamp not in (None, file.stamp):
            yield name, stamp


class _Observer:
    """One observation: it collects what it sees, and does not outlive the call."""

    def __init__(  # an observation starts from all of these
        self,
        state: State,
        changed: Mapping[str, Stamp | None],
        memory: Memory,
        namespace_modules: frozenset[str],
    ) -> None:
        self._state = state
        self._memory = memory
        self._import_log = memory.import_log
        self._holds = NO_HOLDS
        self._namespace_modules = namespace_modules
        self._now = time.time()
        self._loaded = frozenset(sys.modules)
        workspace = state.workspace
        self._real_path = RealPaths((*workspace.directories, *workspace.roots))
        self._sources = Sources(state, changed, memory.import_log, self._real_path)
        self._new_paths = dict(self._new_in_project())
        self._new_modules = frozenset(self._new_in_workspace())
        self._touched = memory.values.changed(state.graph.bystanders | self._new_modules)
        self._met: Collection[str] = ()

    def read_changed(self) -> None:
        """Reads the files that may have changed."""
        self._sources.read_changed()
        self._sources.note_obstacles(self._memory.living_code)

    def follow_imports(self) -> None:
        """Meets every module that the registrations and the files, as they are, may lead to."""
        differ = self._lazy_names_differ()
        follower = Follower(self._sources, self._loaded, self._new_modules, differ)
        follower.follow()
        self._met = follower.met
        self._memory.installed.remember(sorted(follower.registered_installed()))
        if self._state.follow != TOP_LEVEL:
            self._holds = self._memory.scanner.scan_new(sorted(follower.loaded_of_project()))

    def snapshot(self) -> Snapshot:
        """Returns what was seen so far."""
        return Snapshot(
            now=self._now,
            stamps=MappingProxyType(self._sources.stamps),
            sources=MappingProxyType(self._sources.files),
            found=MappingProxyType(self._sources.found),
            loaded=self._loaded,
            new_modules=self._new_modules,
            project=MappingProxyType(dict(self._new_files())),
            touched_modules=self._touched,
            upgraded=self._upgraded(),
            namespace_modules=self._namespace_modules,
            holds=self._holds,
            lazy=MappingProxyType(self._unresolved()),
        )

    def _unresolved(self) -> dict[str, frozenset[str]]:
        """Returns the names that are still lazy, by module."""
        if LazyImport is None:
            return {}
        return unresolved_names(dict.fromkeys((*self._state.graph.run_order, *self._met)))

    def _lazy_names_differ(self) -> frozenset[str]:
        """Returns the known modules whose lazy names were used, or bound anew."""
        if LazyImport is None:
            return frozenset()
        known, now = self._state.lazy, unresolved_names(self._state.modules)
        return frozenset(
            name
            for name in {*known, *now}
            if known.get(name, NOTHING_LAZY).unresolved != now.get(name, frozenset())
        )

    def _new_in_project(self) -> Iterator[tuple[str, str]]:
        """Yields what was loaded since the State was made, and is the user's; with its file."""
        workspace = self._state.workspace
        for name in self._loaded - self._state.loaded:
            if is_own(name):
                continue
            path = path_of(sys.modules.get(name)) or self._import_log.path_of(name)
            if path is None:
                continue
            if workspace.covers(path) or not workspace.is_installed(
                path, self._real_path(path)
            ):
                yield name, path

    def _new_in_workspace(self) -> Iterator[str]:
        """Yields those that are or may be in the workspace."""
        if self._state.follow == TOP_LEVEL and not self._state.graph.tracked:
            return
        workspace = self._state.workspace
        for name, path in self._new_paths.items():
            if (
                workspace.covers(path)
                or workspace.covers_file(path, self._real_path(path))
                or self._adds_root(name)
            ):
                yield name

    def _adds_root(self, name: str) -> bool:
        """Whether a module of the project makes its root a part of the workspace."""
        return (
            self._state.workspace.adds_roots
            and self._state.follow != TOP_LEVEL
            and not self._import_log.was_loaded_before(name)
        )

    def _new_files(self) -> Iterator[tuple[str, ProjectFile]]:
        """Yields the source files of what is new in the project.

        A file that may have changed since its module was loaded counts as current if nobody
        knows better.
        """
        for name, path in sorted(self._new_paths.items()):
            if has_own_source(name, sys.modules.get(name)):
                known = self._state.project.get(name)
                stamp = self._import_log.stamp_of(name, path)
                if stamp is None and known is not None and known.path == path:
                    stamp = known.stamp
                stamp = stamp or self._stamp_found(name, path) or stamp_of(path)
                if stamp is not None:
                    yield name, ProjectFile(path, stamp)

    def _stamp_found(self, name: str, path: str) -> Stamp | None:
        """Returns the stamp that was found in this observation, if the module was looked up."""
        found = self._sources.found.get(name)
        if found is None or found.location is None or found.location.path != path:
            return None
        return found.version.stamp

    def _upgraded(self) -> frozenset[str]:
        workspace, files = self._state.workspace, []
        for name in self._sources.stamps:
            module = self._state.modules.get(name)
            if module is None or not module.location.is_installed(workspace):
                continue
            if self._is_changed(name):
                assert module.location.path is not None
                files.append((name.partition(".")[0], module.location.path))
        return self._memory.installed.upgraded(files) if files else frozenset()

    def _is_changed(self, name: str) -> bool:
        module, source = self._state.modules[name], self._sources.files.get(name)
        if source is None:
            return not module.version.has_times(self._sources.stamps[name])
        return is_changed(module, source, self._state.detect)
