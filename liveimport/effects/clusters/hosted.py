"""On a worker: modules that run from sources that have travelled.

The worker drops each module that has run anew in the notebook, and imports it again. So objects of
old code keep the old modules, and all is as in a fresh interpreter. If one of them cannot run, the old
ones are put back.
"""

import importlib
import linecache
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from importlib.util import decode_source, spec_from_loader
from os.path import dirname
from types import ModuleType
from typing import NamedTuple

from liveimport.core.clusters import Source, Update
from liveimport.core.committing.workers import (
    BEHIND,
    CURRENT,
    FAILED,
    WorkerState,
    WorkerStatus,
)
from liveimport.effects.reload.tracebacks import summary_of


class Standing(NamedTuple):
    """How a worker stands, as it says itself.

    Attributes:
        state: As in `WorkerStatus`.
        version: What it runs, as in `WorkerStatus`.
        number: How many versions the notebook had before that.
        message: Why it failed.
    """

    state: WorkerState = BEHIND
    version: str = ""
    number: int = 0
    message: str = ""

    def of(self, worker: str, update: Update) -> WorkerStatus:
        """Returns how this worker stands, if it has to run an update."""
        changes = update.number - self.number if self.version else 0
        return WorkerStatus(worker, self.state, self.version, changes, self.message)


class HostedLoader(SourceLoader):
    """Loads a module from its travelled source."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002  # as importlib calls it
        """Returns the file in the notebook's file system, for tracebacks."""
        return self.source.path

    def get_data(self, path: str) -> bytes:
        """Returns the source; or another file, where the worker has it."""
        if path == self.source.path:
            return self.source.data
        with open(path, "rb") as file:
            return file.read()

    def exec_module(self, module: ModuleType) -> None:
        """Runs it, with its lines at hand for tracebacks and `inspect`."""
        path, text = self.source.path, decode_source(self.source.data)
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
        super().exec_module(module)


class HostedFinder(MetaPathFinder):
    """Finds the modules of a notebook by their travelled sources.

    Attributes:
        session: The notebook that they are of.
        wanted: What the worker has to run.
        running: What it runs; empty before the first one.
        failure: Why it could not run what it tried last; empty if it could.
        tasks: What of the worker's event loop works on that.
    """

    def __init__(self, session: str) -> None:
        self.session: str = session
        self.wanted: Update = Update("", ())
        self.running: Update = Update("", ())
        self.failure: str = ""
        self.tasks: set[object] = set()
        self._tried = ""
        self._sources: Mapping[str, Source] = {}

    @property
    def is_current(self) -> bool:
        """Whether the worker runs what it has to."""
        return self.running.version == self.wanted.version

    @property
    def has_tried(self) -> bool:
        """Whether it has tried to."""
        return self._tried == self.wanted.version

    @property
    def standing(self) -> "Standing":
        """How the worker stands."""
        state: WorkerState = BEHIND
        if self.is_current:
            state = CURRENT
        elif self.has_tried:
            state = FAILED
        return Standing(state, self.running.digest, self.running.number, self.failure)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  # as importlib calls it
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Returns the spec of a module that has travelled."""
        source = self._sources.get(fullname)
        if source is None:
            return None
        loader = HostedLoader(source)
        spec = spec_from_loader(
            fullname, loader, origin=source.path, is_package=source.is_package
        )
        if spec is not None:
            spec.has_location = True
            if source.is_package:
                spec.submodule_search_locations = [dirname(source.path)]
        return spec

    def take_wanted(self) -> None:
        """Runs what is wanted, or tells in `failure` why not; then all is as before."""
        update, former = self.wanted, self._sources
        self._tried, self._sources = update.version, {s.name: s for s in update.sources}
        stale = [source.name for source in update.sources if _is_stale(source)]
        gone = [name for name in former if name not in self._sources and _is_hosted(name)]
        try:
            _run_again(stale, gone)
        except BaseException as error:  # noqa: BLE001  # a module may raise anything
            self._sources = former
            self.failure = summary_of(error)
        else:
            self.running, self.failure = update, ""


def finder_of(session: str) -> HostedFinder | None:
    """Returns the finder of a notebook in this process."""
    for finder in sys.meta_path:
        if isinstance(finder, HostedFinder) and finder.session == session:
            return finder
    return None


def conflict_with(session: str, update: Update) -> str:
    """Returns a module of which another notebook has other sources here; empty if there is none."""
    for finder in sys.meta_path:
        if isinstance(finder, HostedFinder) and finder.session != session:
            others = {source.name: source.data for source in finder.wanted.sources}
            for source in update.sources:
                if others.get(source.name, source.data) != source.data:
                    return source.name
    return ""


def _loader_of(name: str) -> HostedLoader | None:
    loader = getattr(getattr(sys.modules.get(name), "__spec__", None), "loader", None)
    return loader if isinstance(loader, HostedLoader) else None


def _is_hosted(name: str) -> bool:
    return _loader_of(name) is not None


def _is_stale(source: Source) -> bool:
    """Whether a module is loaded in another version, or in one that nobody knows."""
    if source.name not in sys.modules:
        return False
    loader = _loader_of(source.name)
    return loader is None or loader.source != source


def _run_again(stale: Sequence[str], gone: Sequence[str]) -> None:
    """Imports modules anew, in this order. If one fails, all is as before."""
    before = dict(sys.modules)
    attributes = [(name, _attribute_of_parent(name)) for name in stale]
    for name in (*stale, *gone):
        sys.modules.pop(name, None)
    try:
        for name in stale:
            importlib.import_module(name)
    except BaseException:
        for name in [name for name in sys.modules if name not in before]:
            if _is_hosted(name):
                del sys.modules[name]
        sys.modules.update({name: before[name] for name in (*stale, *gone) if name in before})
        for name, value in attributes:
            _set_on_parent(name, value)
        raise


def _attribute_of_parent(name: str) -> object:
    package, _, child = name.rpartition(".")
    return vars(sys.modules[package]).get(child) if package in sys.modules else None


def _set_on_parent(name: str, value: object) -> None:
    package, _, child = name.rpartition(".")
    if value is not None and package in sys.modules:
        setattr(sys.modules[package], child, value)
