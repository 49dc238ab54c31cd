"""Where modules are: in `sys.modules`, or where an import would find them."""

import os
import sys
import zipimport
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import (
    BuiltinImporter,
    ExtensionFileLoader,
    FrozenImporter,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from typing import Any, NamedTuple

from liveimport.core.model import Location, Stamp
from liveimport.effects.loaded.modules import (
    attribute_of,
    file_named_by,
    file_of,
    folders_of,
    init_of_namespace,
    is_alias,
    is_extension,
    is_path_of,
)

from .files import RealPaths, stamp_of

_OWN = __name__.partition(".")[0]

_PLAIN = frozenset({"name", "path"})
_USUAL_FINDERS = (BuiltinImporter, FrozenImporter)
_USUAL_LOADERS = frozenset({SourceFileLoader, SourcelessFileLoader, ExtensionFileLoader})


class Located(NamedTuple):
    """Where a module is.

    Attributes:
        location: None if an import would not find it.
        stamp: Of the file of a loaded module; None if it has none, or if the file is gone.
    """

    location: Location | None
    stamp: Stamp | None = None


class ImportHooks:
    """The import hooks in front of Python's own finders, as they are now.

    They are told from others anew only when they change: for each of 1,000 modules, that would
    take 6 of 200 ms.
    """

    def __init__(self) -> None:
        self._known: list[int] = []
        self._hooks: tuple[Any, ...] = ()

    def now(self) -> tuple[Any, ...]:
        """Returns the finders to ask where Python's own are certain to say what is known."""
        known = [*map(id, sys.meta_path), *map(id, sys.path_hooks)]
        if known != self._known:
            self._known, self._hooks = known, tuple(_finders(hooks_only=True))
        return self._hooks


def find_module(name: str, finders: Iterable[Any] | None = None) -> ModuleSpec | None:
    """Returns the spec that an import of `name` would find now; None if it would find none.

    No parent is imported on the way, and `sys.modules` is not believed. A finder that raises
    would stop the import, so nothing is found then. If `finders` are given, no others are asked.
    """
    path: list[str] | None = None
    package, _, _ = name.rpartition(".")
    if package:
        path = _search_path(package)
        if path is None:
            return None
    for finder in _finders() if finders is None else finders:
        find = getattr(finder, "find_spec", None)
        if find is None:
            continue
        try:
            spec = find(name, path, None)
        except (KeyError, ModuleNotFoundError):  # the latter since Python 3.15
            # importlib asks the parent of a namespace package for its path, loaded or not.
            spec = _namespace(name, path or [])
        except Exception:  # noqa: BLE001  # finders are anybody's
            return None
        if isinstance(spec, ModuleSpec):
            return spec
    return None


def spec_to_load(name: str, path: str, module: object, hooks: ImportHooks) -> ModuleSpec | None:
    """Returns the spec with which an import would load the file at `path` now, or None.

    As `importlib.reload` does, it asks the finders: they may wrap the loader, or know more
    places and a state. Sometimes the spec of the loaded `module` counts: where the finders lead
    elsewhere, or to a plain loader because the hook it came by is gone. So it does where they
    certainly say the same, which spares 20 ms of an edit at the bottom of 1,000 modules.
    """
    own = _spec_at(name, path, module)
    is_usual = own is not None and is_plain(own.loader)
    found = _find_unloaded(name, hooks.now() if is_usual else tuple(_finders()))
    if found is None or not _is_at(found, path):
        return own
    if own is not None and is_plain(found.loader) and not is_plain(own.loader):
        return own
    return found


def _spec_at(name: str, path: str, module: object) -> ModuleSpec | None:
    """Returns the own spec of a loaded module, if it is of this name and file."""
    spec = attribute_of(module, "__spec__")
    if not isinstance(spec, ModuleSpec) or spec.name != name:
        return None
    is_own = is_path_of(spec.origin, path) or file_named_by(module, spec) == path
    return spec if is_own else None


def is_plain(loader: object) -> bool:
    """Whether a loader is Python's own for sources, and nobody has changed it."""
    return type(loader) is SourceFileLoader and vars(loader).keys() <= _PLAIN


def _is_at(spec: ModuleSpec, path: str) -> bool:
    return is_path_of(spec.origin, path) or is_path_of(getattr(spec.loader, "path", None), path)


def _find_unloaded(name: str, finders: Sequence[Any]) -> ModuleSpec | None:
    """Returns what `find_module` finds while the module is not in `sys.modules`.

    Some finders ask `importlib.util.find_spec`, which hands them what is loaded.
    """
    if not finders:
        return None
    loaded = sys.modules.pop(name, None)
    try:
        return find_module(name, finders)
    finally:
        if loaded is not None:
            sys.modules[name] = loaded


def _finders(*, hooks_only: bool = False) -> Iterator[Any]:
    """Yields the finders to ask: all, or the import hooks in front of Python's own."""
    for finder in sys.meta_path:
        # To ask the import log would record an import.
        if getattr(type(finder), "is_import_log", False):
            continue
        if hooks_only and finder in _USUAL_FINDERS:
            continue
        if hooks_only and finder is PathFinder and all(map(_is_usual_hook, sys.path_hooks)):
            return
        yield finder


def _is_usual_hook(hook: object) -> bool:
    """Whether it makes the finders of folders, or of zip files, that Python has by itself."""
    cells = getattr(hook, "__closure__", None) or ()
    details = (cell.cell_contents for cell in cells)
    loaders = {loader for held in details if isinstance(held, tuple) for loader, _ in held}
    return hook is zipimport.zipimporter or (bool(loaders) and loaders <= _USUAL_LOADERS)


def _search_path(package: str) -> list[str] | None:
    """Returns where submodules of a package are searched for; None if it is no package."""
    path: list[str] | None = attribute_of(sys.modules.get(package), "__path__")  # type: ignore[assignment]  # as import has it
    if path is None:
        spec = find_module(package)
        return None if spec is None else folders_of(spec)
    try:
        iter(path)
    except (KeyError, ModuleNotFoundError, TypeError):
        # That of a namespace package asks its parent, which may have been unloaded.
        path = getattr(path, "_path", None)
    return path


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


def clear_directory_caches() -> None:
    """Lets the path finders look at the directories again.

    Some file systems keep whole-second times, so a finder can miss a new file. What
    `importlib.invalidate_caches` does in addition would import importlib.metadata.
    """
    for finder in list(sys.path_importer_cache.values()):
        clear = getattr(finder, "invalidate_caches", None)
        if clear is not None:
            clear()


def locate_unloaded(name: str, real_path: RealPaths) -> Located:
    """Returns where an import would find a module."""
    spec = find_module(name)
    return Located(None if spec is None else _location(spec, real_path, file_of(spec)))


def locate_loaded(
    name: str, module: object, real_path: RealPaths, *, was_imported: bool
) -> Located:
    """Returns where a loaded module comes from.

    `was_imported` tells whether the import log has it: then it put another object, without a
    spec, in its own place.
    """
    spec = _spec_of(name, module, was_imported=was_imported)
    if spec is None or name == "__main__" or name.partition(".")[0] == _OWN:
        is_package = attribute_of(module, "__path__") is not None
        return Located(Location(is_package=is_package))
    path = file_of(spec) or file_named_by(module, spec)
    stamp = None if path is None else stamp_of(path)
    if path is not None and stamp is None:
        clear_directory_caches()
        elsewhere = find_module(name)
        if elsewhere is None or elsewhere.origin in (None, spec.origin):
            # The file is watched for: it may come back.
            return Located(_location(spec, real_path, path))
        spec = elsewhere
        path = file_of(spec)
        stamp = None if path is None else stamp_of(path)
    return Located(_location(spec, real_path, path if stamp is not None else None), stamp)


def _spec_of(name: str, module: object, *, was_imported: bool) -> ModuleSpec | None:
    spec = attribute_of(module, "__spec__")
    if not isinstance(spec, ModuleSpec):
        return find_module(name) if was_imported else None
    if is_alias(module, spec, name):
        own = find_module(name)
        if own is not None and own.origin != spec.origin:
            return own
    return spec


def _location(spec: ModuleSpec, real_path: RealPaths, path: str | None) -> Location:
    """Returns the location of what has a spec, and a file at `path` or none.

    A namespace package has the path of the file that would make a regular package of it.
    """
    is_package = spec.submodule_search_locations is not None
    if path is None:
        initial = init_of_namespace(spec)
        real = None if initial is None else real_path(initial)
        return Location(initial, real, is_package)
    return Location(
        path=path,
        real_path=real_path(path),
        is_package=is_package,
        is_extension=is_extension(spec),
        custom_loader=type(spec.loader) is not SourceFileLoader,
    )
