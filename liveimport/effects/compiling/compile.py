"""The code of each module of a plan, made by the module's own loader from the bytes that were read.

All of a plan is compiled before any of it runs, so a syntax error touches nothing.
"""

import os
import sys
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType
from typing import Any

from liveimport.core.model import BoundNames, Module
from liveimport.core.planning.plan import (
    DEPENDENT,
    MODIFIED,
    NamesToClear,
    ReloadGroup,
    ReloadPlan,
    ReloadStep,
    names_to_clear,
)
from liveimport.core.report import messages
from liveimport.core.source.names import names_in_source
from liveimport.core.source.source_file import digest_of
from liveimport.effects.loaded.modules import attribute_of
from liveimport.effects.observe.files import held_warnings, read
from liveimport.effects.observe.locate import ImportHooks, is_plain, spec_to_load

from .code_cache import CachedCode, CodeCache, forget_bytecode, forget_outdated_bytecode
from .compiled_module import (
    CompiledGroup,
    CompiledModule,
    CompileError,
    reading,
    reads_by_itself,
)


class FileWrittenError(OSError):
    """A file that a plan takes to be unchanged has been written since. Observe again."""


def compile_all(
    plan: ReloadPlan, cache: CodeCache, *, written_is_failure: bool = False
) -> tuple[CompiledGroup, ...]:
    """Returns the code of each group of a plan; nothing for a group that is blocked.

    Raises:
        FileWrittenError: A file that was not read since has been written, and that is not to
            be told as a failure of its group.
        KeyboardInterrupt: The user interrupted a loader.
    """
    hooks = ImportHooks()
    return tuple(
        _compiled_group(group, cache, hooks, written_is_failure=written_is_failure)
        if group.blocked_by is None
        else {}
        for group in plan.groups
    )


def _compiled_group(
    group: ReloadGroup, cache: CodeCache, hooks: ImportHooks, *, written_is_failure: bool
) -> CompiledGroup:
    compiled: dict[str, CompiledModule] = {}
    for step in group.steps:
        try:
            module = sys.modules.get(step.module)
            compiled[step.module] = _compiled_step(step, module, cache, hooks)
        except KeyboardInterrupt:
            raise
        except FileWrittenError as error:
            if not written_is_failure:
                raise
            return CompileError(step.module, OSError(str(error)))
        except BaseException as error:  # noqa: BLE001  # a loader may raise anything
            return CompileError(step.module, error)
    return compiled


def _compiled_step(
    step: ReloadStep, module: object, cache: CodeCache, hooks: ImportHooks
) -> CompiledModule:
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
    spec = spec_to_load(step.module, path, module, hooks)
    loader: Any = None if spec is None else spec.loader
    if spec is None or not _can_load(loader):
        spec, loader = _plain_spec(step)
    if step.reason == MODIFIED:
        forget_lines(path)
        forget_outdated_bytecode(path, step.planned.version)
    cached, data = None, b""
    if is_plain(loader):
        cached = _cached_code(step, path, cache)
        code: CodeType | None = cached.code
    else:
        # Read now, so that the module cannot fail for that once others have run.
        data = source_to_run(step)
        if step.reason != DEPENDENT and reads_by_itself(loader):
            forget_bytecode(path, step.planned.version)
        code = _code_of_loader(loader, step, data)
    return CompiledModule(
        step=step,
        names_to_clear=_names_to_clear(step, cached, cache),
        spec=spec,
        loader=loader,
        code=code,
        data=data,
        more_places=_more_places(step, spec, module),
        mark_as_run=partial(cache.mark_as_run, step.module, cached),
    )


def _can_load(loader: object) -> bool:
    return hasattr(loader, "exec_module") or hasattr(loader, "load_module")


def _plain_spec(step: ReloadStep) -> tuple[ModuleSpec, SourceFileLoader]:
    """Returns the spec of a file that no finder finds any more."""
    loader = SourceFileLoader(step.module, step.path)
    spec = ModuleSpec(step.module, loader, origin=step.path)
    spec.has_location = True
    if step.planned.location.is_package:
        spec.submodule_search_locations = [os.path.dirname(step.path)]
    return spec, loader


def _more_places(step: ReloadStep, spec: ModuleSpec, module: object) -> tuple[str, ...]:
    """Returns where a loaded package looks besides what its finder says, if others added it.

    What its own source adds, it adds again.
    """
    known, places = spec.submodule_search_locations, attribute_of(module, "__path__")
    if known is None or not isinstance(places, list) or places == known:
        return ()
    if b"__path__" in source_to_run(step):
        return ()
    return tuple(place for place in places if place not in known)


def _cached_code(step: ReloadStep, path: str, cache: CodeCache) -> CachedCode:
    if step.source is None:
        cached = cache.of_unchanged(step.planned)
        if cached is not None:
            return cached
    return cache.compiled(step.module, path, source_to_run(step), step.planned.version.digest)


def _names_to_clear(
    step: ReloadStep, compiled: CachedCode | None, cache: CodeCache
) -> NamesToClear:
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


def source_to_run(step: ReloadStep) -> bytes:
    """Returns the source that is to run.

    Raises:
        FileWrittenError: It had not been read, and the file is another one now.
    """
    return _check_unwritten(step) if step.source is None else step.source.data


def _check_unwritten(step: ReloadStep) -> bytes:
    """Returns what the file holds.

    Raises:
        FileWrittenError: It is not what was read.
    """
    content = read(step.path)
    if content is None or digest_of(content.data) != step.planned.version.digest:
        raise FileWrittenError(messages.written_during_reload(step.path))
    return content.data


def forget_lines(path: str) -> None:
    """Lets warnings show the lines of the new version, not those that were read before."""
    linecache = sys.modules.get("linecache")
    if linecache is not None:
        linecache.checkcache(path)


def _code_of_loader(loader: Any, step: ReloadStep, data: bytes) -> CodeType | None:
    """Returns the code as the loader makes it; None if it also runs the module in its own way.

    Raises:
        FileWrittenError: It has read another version of the file than we have.
    """
    run: Any = getattr(loader, "exec_module", None)
    usual = getattr(run, "__func__", None) is SourceFileLoader.exec_module
    if not usual or run.__self__ is not loader:
        return None
    with reading(loader, step.path, data) as is_given:
        code: CodeType | None = loader.get_code(step.module)
    if not is_given:
        _check_unwritten(step)
    return code
