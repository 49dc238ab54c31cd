"""The code of each module of a plan, made by the module's own loader from the bytes that were read.

All of a plan is compiled before any of it runs, so a syntax error touches nothing.
"""

import sys
from collections.abc import Callable
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType
from typing import Any

from liveimport.core.model import Module
from liveimport.core.planning.plan import (
    MODIFIED,
    Group,
    NamesToClear,
    Plan,
    Step,
    names_to_clear,
)
from liveimport.core.report import messages
from liveimport.core.source.names import BoundNames, names_in_source
from liveimport.core.source_file import digest_of
from liveimport.effects.loaded.modules import attribute_of, file_named_by
from liveimport.effects.observe.files import held_warnings, read
from liveimport.effects.observe.locate import find_module

from .code_cache import CachedCode, CodeCache
from .compiled_module import (
    CompiledGroup,
    CompiledModule,
    CompileError,
    is_path_of,
    loader_reading,
)


class FileWrittenError(OSError):
    """A file that a plan takes to be unchanged has been written since. Observe again."""


def compile_all(
    plan: Plan, cache: CodeCache, *, written_is_failure: bool = False
) -> tuple[CompiledGroup, ...]:
    """Returns the code of each group of a plan; nothing for a group that is blocked.

    Raises:
        FileWrittenError: A file that was not read since has been written, and that is not to
            be told as a failure of its group.
        KeyboardInterrupt: The user interrupted a loader.
    """
    return tuple(
        _compiled_group(group, cache, written_is_failure=written_is_failure)
        if group.blocked_by is None
        else {}
        for group in plan.groups
    )


def _compiled_group(
    group: Group, cache: CodeCache, *, written_is_failure: bool
) -> CompiledGroup:
    compiled: dict[str, CompiledModule] = {}
    for step in group.steps:
        try:
            compiled[step.module] = compile_step(step, sys.modules.get(step.module), cache)
        except KeyboardInterrupt:
            raise
        except FileWrittenError as error:
            if not written_is_failure:
                raise
            return CompileError(step.module, OSError(str(error)))
        except BaseException as error:  # noqa: BLE001  # a loader may raise anything
            return CompileError(step.module, error)
    return compiled


def compile_step(step: Step, module: object, cache: CodeCache) -> CompiledModule:
    """Returns the step ready to run, compiled by the loader of `module`, or from the cache.

    Raises:
        SyntaxError: The source is not Python.
        OSError: The file could not be read.
        FileWrittenError: It was not read since, and has been written.
        Exception: Whatever a loader that rewrites source raises.
    """
    path = step.planned.location.path
    assert path is not None
    if step.source is not None and step.source.errno:
        raise OSError(step.source.errno, step.source.error, path)
    spec = _spec_of(step, path, module)
    loader = None if spec is None else spec.loader
    if not hasattr(type(loader), "exec_module"):
        loader = SourceFileLoader(step.module, path)
    if step.reason == MODIFIED:
        _forget_lines(path)
    cached = None if _rewrites(loader) else _cached_code(step, path, cache)
    read_source: Callable[[], bytes] = partial(source_to_run, step)
    if cached is not None:
        code: CodeType | None = cached.code
    else:
        # Read now, so that the module cannot fail for that once others have run.
        data = source_to_run(step)
        read_source = partial(bytes, data)
        code = _code_of_loader(loader, step, data)
    return CompiledModule(
        step=step,
        names_to_clear=_names_to_clear(step, cached, cache),
        loader=loader,
        code=code,
        read_source=read_source,
        mark_as_run=partial(cache.mark_as_run, step.module, cached),
        origin=path if spec is None or spec.origin is None else spec.origin,
        bytecode=None if spec is None else spec.cached,
    )


def _cached_code(step: Step, path: str, cache: CodeCache) -> CachedCode:
    if step.source is None:
        cached = cache.of_unchanged(step.planned)
        if cached is not None:
            return cached
    return cache.compiled(step.module, path, source_to_run(step), step.planned.version.digest)


def _names_to_clear(step: Step, compiled: CachedCode | None, cache: CodeCache) -> NamesToClear:
    new = _names_of(step.planned, compiled)
    if step.reason != MODIFIED:
        return names_to_clear(step, new, new)
    previous = step.previous
    if previous.source is None:
        return names_to_clear(step, new, new)
    cached = cache.get(step.module, previous.location.path, previous.version.digest)
    return names_to_clear(step, _names_of(previous, cached), new)


def _names_of(module: Module, cached: CachedCode | None) -> BoundNames:
    if cached is not None:
        return cached.names
    source = module.source
    if source is None:
        return BoundNames()
    if source.names is not None:
        return source.names
    with held_warnings():
        return names_in_source(source.data)


def source_to_run(step: Step) -> bytes:
    """Returns the source that is to run.

    Raises:
        FileWrittenError: It had not been read, and the file is another one now.
    """
    if step.source is not None:
        return step.source.data
    content = read(step.path)
    if content is None or digest_of(content.data) != step.planned.version.digest:
        raise FileWrittenError(messages.written_during_reload(step.path))
    return content.data


def _forget_lines(path: str) -> None:
    """Lets warnings show the lines of the new version, not those that were read before."""
    linecache = sys.modules.get("linecache")
    if linecache is not None:
        linecache.checkcache(path)


def _code_of_loader(loader: Any, step: Step, data: bytes) -> CodeType | None:
    """Returns the code as a loader with methods of its own makes it; None if it runs it too."""
    if _overrides(loader, "exec_module"):
        return None
    if _overrides(loader, "get_code"):
        code: CodeType | None = loader_reading(loader, step, data).get_code(step.module)
    else:
        code = loader.source_to_code(data, step.path)
    return code


def _rewrites(loader: Any) -> bool:
    """Whether the loader does anything but compile the source and run it."""
    if type(loader) is SourceFileLoader:
        return False
    methods = ("exec_module", "get_code", "source_to_code")
    return any(_overrides(loader, method) for method in methods)


def _overrides(loader: Any, method: str) -> bool:
    return getattr(type(loader), method, None) is not getattr(SourceFileLoader, method)


def _spec_of(step: Step, path: str, module: object) -> ModuleSpec | None:
    """Returns the spec of a module as it is loaded, if from this file; else as it would be."""
    spec = attribute_of(module, "__spec__")
    if isinstance(spec, ModuleSpec) and (
        is_path_of(spec.origin, path) or file_named_by(module, spec) == path
    ):
        return spec
    spec = find_module(step.module)
    return spec if spec is not None and is_path_of(spec.origin, path) else None
