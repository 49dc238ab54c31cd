"""On a worker: modules that run from sources that have travelled.

The worker drops each module that has run anew in the notebook, and imports it again. So objects of
old code keep the old modules, and all is as in a fresh interpreter. If one of them cannot run, the old
ones are put back.
"""

import importlib
import linecache
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from importlib.util import decode_source, spec_from_loader
from os.path import basename, dirname
from types import ModuleType
from typing import NamedTuple

from liveimport.core.clusters import Source, Update
from liveimport.core.committing.workers import (
    BEHIND,
    CURRENT,
    FAILED,
    REFUSED,
    WorkerState,
    WorkerStatus,
)
from liveimport.core.report import messages
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
    """Loads a module from its travelled source. It can be pickled, with its module.

    Attributes:
        source: The source.
        session: The notebook that it is of.
    """

    def __init__(self, source: Source, session: str) -> None:
        self.source = source
        self.session = session

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
        try:
            super().exec_module(module)
        except Exception as error:
            finder = finder_of(self.session)
            if finder is None or not finder.stands_in(module):
                raise
            stand_in(module, error)


def stand_in(module: ModuleType, error: Exception) -> None:
    """Lets everything in a module that cannot run be something that raises the error when it is used.

    It is a class, so that pickles of objects can be read, too.
    """

    def fail(*_: object, **__: object) -> None:
        raise error

    def attribute(name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        kind = type("Unusable", (type,), {"__call__": fail})
        return kind(name, (), {"__getattr__": fail, "__setstate__": lambda *_: None})

    for name in [name for name in vars(module) if not name.startswith("__")]:
        delattr(module, name)
    vars(module)["__getattr__"] = attribute


class HostedFinder(MetaPathFinder):
    """Finds the modules of a notebook by their travelled sources.

    Attributes:
        session: The notebook that they are of.
        wanted: What the worker has to run.
        running: What it runs; empty before the first one.
        failure: Why it could not run what it tried last; empty if it could.
        is_refused: Whether that is because of another notebook.
        tasks: What of the worker's event loop works on that.
        stands_in: Is asked when the first import of a module fails: whether what raises must stand in
            for it, because the error itself would do harm.
    """

    def __init__(
        self, session: str, stands_in: Callable[[ModuleType], bool] = lambda _: False
    ) -> None:
        self.stands_in = stands_in
        self.session: str = session
        self.wanted: Update = Update("", ())
        self.running: Update = Update("", ())
        self.failure: str = ""
        self.is_refused: bool = False
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
            state = REFUSED if self.is_refused else FAILED
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
        loader = HostedLoader(source, self.session)
        spec = spec_from_loader(
            fullname, loader, origin=source.path, is_package=source.is_package
        )
        if spec is not None:
            spec.has_location = True
            if source.is_package:
                spec.submodule_search_locations = [dirname(source.path)]
        return spec

    def accepts(self, update: Update) -> bool:
        """Makes this what the worker has to run. Returns whether no other notebook is in the way."""
        self.wanted = update
        if not self.is_current:
            self._tried = ""  # what has failed is tried once more
        module = _conflict_with(self.session, update)
        self.is_refused = bool(module)
        if module:
            self._tried, self.failure = update.version, messages.other_notebook_has(module)
        return not self.is_refused

    def take_wanted(self) -> None:
        """Runs what is wanted, or tells in `failure` why not; then all is as before."""
        update, former = self.wanted, self._sources
        is_other_python = update.python[:2] != sys.version_info[:2]
        # Another notebook's finder may still have the sources of before.
        sys.meta_path.remove(self)
        sys.meta_path.insert(0, self)
        self._tried, self._sources = update.version, {s.name: s for s in update.sources}
        stale = [source.name for source in update.sources if _is_stale(source)]
        gone = [name for name in former if name not in self._sources and _is_hosted(name)]
        try:
            if is_other_python:
                _check_syntax([s for s in update.sources if former.get(s.name) != s])
            _run_again(stale, gone)
        except BaseException as error:  # noqa: BLE001  # a module may raise anything
            self._sources = former
            self.failure = _reason(error, update) if is_other_python else summary_of(error)
        else:
            self.running, self.failure = update, ""


def finder_of(session: str) -> HostedFinder | None:
    """Returns the finder of a notebook in this process."""
    for finder in sys.meta_path:
        if isinstance(finder, HostedFinder) and finder.session == session:
            return finder
    return None


def _conflict_with(session: str, update: Update) -> str:
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


def _check_syntax(sources: Sequence[Source]) -> None:
    """Raises SyntaxError where this Python cannot read what the notebook's can.

    Else a module that is not loaded yet would fail in the middle of a task.
    """
    for source in sources:
        compile(source.data, source.path, "exec", dont_inherit=True)


def _reason(error: BaseException, update: Update) -> str:
    """Returns why a worker failed that has another Python than the notebook."""
    ours, here = sys.version_info[:3], update.python
    names = ".".join(map(str, ours)), ".".join(map(str, here))
    if isinstance(error, SyntaxError) and error.filename and ours < here:
        why = messages.syntax_error_at(error.lineno or 1, error.msg)
        return messages.needs_newer_python(names[0], basename(error.filename), why, names[1])
    return messages.on_other_python(summary_of(error), *names)


def _attribute_of_parent(name: str) -> object:
    package, _, child = name.rpartition(".")
    return vars(sys.modules[package]).get(child) if package in sys.modules else None


def _set_on_parent(name: str, value: object) -> None:
    package, _, child = name.rpartition(".")
    if value is not None and package in sys.modules:
        setattr(sys.modules[package], child, value)
