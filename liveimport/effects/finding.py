"""Where modules are: in `sys.modules`, or where an import would find them."""

import os
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec, SourceFileLoader

from liveimport.core.snapshot import ABSENT, Found

from .files import RealPaths, stamp_of
from .loaded import attribute_of, is_alias
from .loads import Load, Loads
from .sights import Sights, is_shadowed
from .specs import file_of, folders_of, init_of_namespace, is_extension

_OWN = __name__.partition(".")[0]


def locate(name: str) -> ModuleSpec | None:
    """Returns the spec that an import of `name` would find now; None if it would find none.

    No parent is imported on the way, and `sys.modules` is not believed. A finder that raises
    is one that stops the import.
    """
    path: list[str] | None = None
    package, _, _ = name.rpartition(".")
    if package:
        path = attribute_of(sys.modules.get(package), "__path__")  # type: ignore[assignment]  # as import has it
        if path is None:
            parent = locate(package)
            path = None if parent is None else folders_of(parent)
        if path is None:
            return None
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        if find is None or isinstance(finder, Loads):
            continue
        try:
            spec = find(name, path, None)
        except KeyError:
            # importlib asks the parent of a namespace package for its path, loaded or not.
            spec = _namespace(name, path or [])
        except Exception:  # noqa: BLE001  # finders are anybody's
            return None
        if isinstance(spec, ModuleSpec):
            return spec
    return None


def _namespace(name: str, path: Iterable[str]) -> ModuleSpec | None:
    """Returns the spec of a namespace package found on `path`; None if there is none."""
    tail = name.rpartition(".")[2]
    folders = [os.path.join(entry, tail) for entry in path]
    folders = [folder for folder in folders if os.path.isdir(folder)]
    if not folders:
        return None
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = folders
    return spec


def forget_directories() -> None:
    """Lets the path finders look at the directories again.

    Their listings are kept by whole-second mtimes on some file systems. What
    `importlib.invalidate_caches` does beside this would import importlib.metadata.
    """
    for finder in list(sys.path_importer_cache.values()):
        forget = getattr(finder, "invalidate_caches", None)
        if forget is not None:
            forget()


def find(name: str, loads: Loads, real_path: RealPaths, sights: Sights) -> Found:
    """Returns what is found under a module name; of a module that was sighted, as it was then."""
    module = sights.loaded(name)
    if module is None:
        return _find_unloaded(name, real_path)
    spec = attribute_of(module, "__spec__")
    if isinstance(spec, ModuleSpec) and is_alias(module, spec, name):
        own = locate(name)
        if own is not None and own.origin != spec.origin:
            spec = own
    elif not isinstance(spec, ModuleSpec) and loads.has_noted(name):
        spec = locate(name)
    if not isinstance(spec, ModuleSpec) or name == "__main__" or _is_own(name):
        is_package = attribute_of(module, "__path__") is not None
        return Found(loaded=True, exists=True, package=is_package)
    sight = sights.of(name)
    if sight is not None:
        seen = {"loaded": True, "shadowed": sight.shadowed}
        return _with_file(sight.spec, sight.path, real_path, sight.load, **seen)
    path = file_of(spec)
    shadowed = is_shadowed(name, module)
    stamp = None if path is None else stamp_of(path)
    if path is not None and stamp is None:
        forget_directories()
        elsewhere = locate(name)
        if elsewhere is None or elsewhere.origin in (None, spec.origin):
            return Found(loaded=True, exists=False)
        spec = elsewhere
        path = file_of(spec)
        stamp = None if path is None else stamp_of(path)
    if path is None or stamp is None:
        return _without_file(spec, real_path, loaded=True, shadowed=shadowed)
    load = loads.of(name, module, path, stamp, extension=is_extension(spec))
    return _with_file(spec, path, real_path, load, loaded=True, shadowed=shadowed)


def _find_unloaded(name: str, real_path: RealPaths) -> Found:
    spec = locate(name)
    if spec is None:
        return ABSENT
    path = file_of(spec)
    shadowed = is_shadowed(name, None)
    if path is None:
        return _without_file(spec, real_path, loaded=False, shadowed=shadowed)
    return _with_file(spec, path, real_path, None, loaded=False, shadowed=shadowed)


def _with_file(  # noqa: PLR0913  # it is made of all of these at once, being made very often
    spec: ModuleSpec,
    path: str,
    real_path: RealPaths,
    load: Load | None,
    *,
    loaded: bool,
    shadowed: bool,
) -> Found:
    """Returns what has a file, with the version that it was loaded from if that is known."""
    return Found(
        loaded=loaded,
        exists=True,
        path=path,
        real=real_path(path),
        package=spec.submodule_search_locations is not None,
        extension=is_extension(spec),
        rewritten=type(spec.loader) is not SourceFileLoader,
        shadowed=shadowed,
        version=None if load is None else load.stamp,
        digest="" if load is None else load.digest,
        generation=0 if load is None else load.generation,
    )


def _without_file(
    spec: ModuleSpec, real_path: RealPaths, *, loaded: bool, shadowed: bool
) -> Found:
    """Returns what has no source; a namespace package with the file that would give it one."""
    initial = init_of_namespace(spec)
    return Found(
        loaded=loaded,
        exists=True,
        path=initial,
        real=None if initial is None else real_path(initial),
        package=spec.submodule_search_locations is not None,
        shadowed=shadowed,
    )


def _is_own(name: str) -> bool:
    return name.partition(".")[0] == _OWN
