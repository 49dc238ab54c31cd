"""The code of a module, made by the module's own loader from the bytes that were read."""

import copy
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from os.path import abspath, dirname
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from liveimport.core.snapshot import Wanted
from liveimport.core.source import digest_of
from liveimport.core.steps import MODIFIED, Plan, Shedding, Step
from liveimport.core.versions import wanted_source

from .bytecode import KeptCode
from .files import read
from .finding import locate
from .loaded import attribute_of


class Prepared(NamedTuple):
    """A module that is ready to run.

    Attributes:
        step: What the plan says of it.
        shedding: The names that it loses.
        loader: The module's own.
        code: What to run; None if the loader insists on running the module itself.
        origin: Its file, as an import names it: a folder of `sys.path` may be named indirectly.
        cache: Where its bytecode would be, if that is known.
    """

    step: Step
    shedding: Shedding
    loader: Any
    code: CodeType | None
    origin: str
    cache: str | None = None

    def spec(self, loader: Any) -> ModuleSpec:
        """Returns a new spec of the module, as a fresh import would give it one."""
        step = self.step
        spec = ModuleSpec(step.module, loader, origin=self.origin)
        spec.has_location = True
        if self.cache is not None:
            spec.cached = self.cache
        if step.now.package:
            spec.submodule_search_locations = [dirname(self.origin)]
        return spec

    def run(self, module: ModuleType) -> None:
        """Executes the module in its own dict. Whatever its code raises is raised."""
        if self.code is not None:
            exec(self.code, vars(module))  # noqa: S102  # running modules is what this is for
        else:
            self.reader().exec_module(module)

    def reader(self) -> Any:
        """Returns the module's own loader, which is given what is to run when it reads the file.

        Raises:
            OSError: The source had not been read, and is not there any more.
        """
        return _read_once(self.loader, self.step, _data(self.step))


def unread(plan: Plan, kept: KeptCode) -> tuple[Wanted, ...]:
    """Returns the modules of a plan that cannot run unless their source is read."""
    return tuple(
        wanted
        for group in plan.groups
        if group.failure is None
        for step in group.steps
        if step.source is None and kept.of(step.now) is None
        for wanted in wanted_source(step.now)
    )


def prepare(step: Step, module: object, kept: KeptCode) -> Prepared:
    """Returns the step ready to run, its code compiled by the loader of `module`, or kept.

    Raises:
        SyntaxError: The source is not Python.
        OSError: The file could not be read.
        Exception: Whatever a loader that rewrites source raises.
    """
    source = step.source
    if source is not None and source.errno:
        raise OSError(source.errno, source.trouble, step.path)
    spec = _spec_of(step, module)
    loader = None if spec is None else spec.loader
    origin = step.path if spec is None or spec.origin is None else spec.origin
    if not hasattr(type(loader), "exec_module"):
        loader = SourceFileLoader(step.module, step.path)
    if _rewrites(loader):
        code = _rewritten_code(loader, step)
        return Prepared(step, step.shedding(), loader, code, origin)
    if step.reason == MODIFIED:
        _forget_lines(step.path)
    old = step.before
    before = kept.get(old.name, old.path, old.digest) if step.reason == MODIFIED else None
    new = kept.get(step.module, step.path, step.now.digest)
    if new is None:
        new = kept.compiled(step.module, step.path, _data(step), step.now.digest)
    kept.run_now(step.module, new)
    shedding = step.shedding(None if before is None else before.binds, new.binds)
    cache = None if spec is None else spec.cached
    return Prepared(step, shedding, loader, new.code, origin, cache)


def _forget_lines(path: str) -> None:
    """Lets warnings show the lines of the new version; they believe what was read before."""
    linecache = sys.modules.get("linecache")
    if linecache is not None:
        linecache.checkcache(path)


def _rewritten_code(loader: Any, step: Step) -> CodeType | None:
    """Returns the code as a loader makes it that has methods of its own; None if it runs it."""
    if _overrides(loader, "exec_module"):
        return None
    data = _data(step)
    if _overrides(loader, "get_code"):
        code: CodeType | None = _read_once(loader, step, data).get_code(step.module)
    else:
        code = loader.source_to_code(data, step.path)
    return code


def _data(step: Step) -> bytes:
    """Returns the source that is to run.

    Raises:
        OSError: It had not been read, and is not there any more.
    """
    if step.source is not None:
        return step.source.data
    reading = read(step.path)
    if reading is None or digest_of(reading.data) != step.now.digest:
        raise OSError(f"{step.path} was written during the reload; sync again")
    return reading.data


def _rewrites(loader: Any) -> bool:
    """Whether the loader does anything else than compile the source and run it."""
    if type(loader) is SourceFileLoader:
        return False
    methods = ("exec_module", "get_code", "source_to_code")
    return any(_overrides(loader, method) for method in methods)


def _spec_of(step: Step, module: object) -> ModuleSpec | None:
    """Returns the spec of a module as it is loaded, if from this file; else as it would be."""
    spec = attribute_of(module, "__spec__")
    if isinstance(spec, ModuleSpec) and _names(spec.origin, step.path):
        return spec
    spec = locate(step.module)
    return spec if spec is not None and _names(spec.origin, step.path) else None


def _names(origin: str | None, path: str) -> bool:
    """Whether this is how an import may name the file at `path`."""
    return origin == path or (isinstance(origin, str) and abspath(origin) == path)


def _overrides(loader: Any, method: str) -> bool:
    return getattr(type(loader), method, None) is not getattr(SourceFileLoader, method)


def _read_once(loader: Any, step: Step, data: bytes) -> Any:
    """Returns a copy of the loader that is given the bytes that were read, and no bytecode.

    Loaders that rewrite source ask for the file by `get_data`. Bytecode caches are keyed by
    whole seconds and size, so none is believed for a file that changed, and none is written.
    """

    def get_data(path: str) -> bytes:
        if _names(path, step.path):
            return data
        raise FileNotFoundError(path)

    def path_stats(_path: str) -> dict[str, float]:
        return {"mtime": step.stamp.mtime, "size": step.stamp.size}

    def write_nothing(*_args: object, **_options: object) -> None:
        """Bytecode of a file that is being edited helps nobody."""

    try:
        reader = copy.copy(loader)
        reader.get_data = get_data
        reader.path_stats = path_stats
        reader.set_data = write_nothing
        reader._cache_bytecode = write_nothing  # noqa: SLF001  # importlib's hook for just this
    except (TypeError, AttributeError):
        return loader
    return reader
