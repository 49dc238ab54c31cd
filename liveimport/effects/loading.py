"""The code of a module, made by the module's own loader from the bytes that were read."""

import copy
from importlib.abc import SourceLoader
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from os.path import dirname
from types import CodeType, ModuleType
from typing import Any

from attrs import frozen

from liveimport.core.steps import Step

from .bytecode import KeptCode, cached_code
from .finding import locate


@frozen
class Prepared:
    """A module that is ready to run.

    Attributes:
        step: What the plan says of it.
        loader: The module's own.
        code: What to run; None if the loader insists on running the module itself.
    """

    step: Step
    loader: Any
    code: CodeType | None

    def spec(self) -> ModuleSpec:
        """Returns a new spec of the module, as a fresh import would give it one."""
        step = self.step
        spec = spec_from_file_location(
            step.module,
            step.path,
            loader=self.loader,
            submodule_search_locations=[dirname(step.path)] if step.package else None,
        )
        assert spec is not None
        return spec

    def run(self, module: ModuleType) -> None:
        """Executes the module in its own dict. Whatever its code raises is raised."""
        if self.code is not None:
            exec(self.code, vars(module))  # noqa: S102  # running modules is what this is for
        else:
            _read_once(self.loader, self.step).exec_module(module)


def prepare(step: Step, module: object, kept: KeptCode) -> Prepared:
    """Returns the step ready to run, its code compiled by the loader of `module`, or kept.

    Raises:
        SyntaxError: The source is not Python.
        OSError: The file could not be read.
        Exception: Whatever a loader that rewrites source raises.
    """
    source = step.source
    if source.errno:
        raise OSError(source.errno, source.trouble, step.path)
    loader = _own_loader(step, module)
    if not hasattr(type(loader), "exec_module"):
        loader = SourceFileLoader(step.module, step.path)
    if _overrides(loader, "exec_module"):
        return Prepared(step, loader, None)
    if _overrides(loader, "get_code"):
        return Prepared(step, loader, _read_once(loader, step).get_code(step.module))
    if _overrides(loader, "source_to_code"):
        return Prepared(step, loader, loader.source_to_code(source.data, step.path))
    code = kept.get(step) or cached_code(loader, step)
    if code is None:
        code = loader.source_to_code(source.data, step.path)
    kept.keep(step, code)
    return Prepared(step, loader, code)


def _own_loader(step: Step, module: object) -> Any:
    spec = getattr(module, "__spec__", None)
    if isinstance(spec, ModuleSpec) and spec.origin == step.path:
        return spec.loader
    located = locate(step.module)
    return None if located is None else located.loader


def _overrides(loader: Any, method: str) -> bool:
    return getattr(type(loader), method, None) is not getattr(SourceLoader, method)


def _read_once(loader: Any, step: Step) -> Any:
    """Returns a copy of the loader that is given the bytes that were read, and no bytecode.

    Loaders that rewrite source ask for the file by `get_data`. Bytecode caches are keyed by
    whole seconds and size, so none is believed for a file that changed, and none is written.
    """

    def get_data(path: str) -> bytes:
        if path == step.path:
            return step.source.data
        raise FileNotFoundError(path)

    def path_stats(_path: str) -> dict[str, float]:
        return {"mtime": step.source.stamp.mtime, "size": step.source.stamp.size}

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
