"""The value of what changed, and how one module compares with its file."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from liveimport.core.model import (
    MTIME,
    NOTHING_LAZY,
    Found,
    LazyNames,
    Module,
    Snapshot,
    SourceFile,
    State,
)


class Changes(NamedTuple):
    """What a snapshot says that the State does not.

    Attributes:
        modules: By name, every module as its file is now.
        differing: Those of `modules` that the State does not have like this.
        known: Those of `differing` that hold although nothing has run yet: modules met for the
            first time, new stamps of files with the old content, and what functions and lazy
            imports imported.
        changed: Modules whose file is not the one that ran last.
        relaid: Modules of whose files only comments or layout changed. They need not run.
        new: Modules that were never loaded and that an import leads to.
        missing: Modules whose file is gone.
        changed_extensions: Extensions that changed on disk, sorted.
        keep_imports: Whether no import leads anywhere else than before, for certain.
        lazily: Those of `differing` whose lazy names were used, or bound anew.
    """

    modules: Mapping[str, Module]
    differing: Mapping[str, Module]
    known: Mapping[str, Module]
    changed: frozenset[str]
    relaid: frozenset[str]
    new: frozenset[str]
    missing: frozenset[str]
    changed_extensions: tuple[str, ...]
    keep_imports: bool
    lazily: frozenset[str]

    def __repr__(self) -> str:
        return f"Changes({sorted(self.changed)}, new={sorted(self.new)})"


def is_changed(module: Module, source: SourceFile, detect: str) -> bool:
    """Whether a source is not the one that ran last, and has to run."""
    ran, read = module.version, source.version
    if ran.stamp is None:
        return True
    if ran.digest and ran.digest != read.digest:
        return not source.need_not_run
    if ran.digest and detect != MTIME:
        return False
    return not ran.has_times(read.stamp)


def same_imports(old: Module, new: Module) -> bool:
    """Whether two versions of a module refer to the same modules, for certain.

    What a package binds decides what imports from it refer to, so packages are not certain.
    """
    if old.source is None or new.source is None or new.location.is_package:
        return False
    return old.location.path == new.location.path and new.source.same_imports(old.source)


def refers_elsewhere(old: Module | None, new: Module) -> bool:
    """Whether a module was moved, or its imports mean other modules than before.

    Not if it was only looked at again, or another one does not import it any more.
    """
    return old is None or old != new._replace(
        version=old.version, imported_by=old.imported_by, deferred_modules=old.deferred_modules
    )


def hides_submodule(package: Module, name: str) -> bool:
    """Whether a package's source binds the name to something else than its submodule."""
    source = package.source
    if source is None or source.names is None or name not in source.names.module_level:
        return False
    submodule = f"{package.name}.{name}"
    imports = [binding for binding in source.eager if binding.name == name]
    return not imports or not (
        imports[-1].submodule == submodule
        or (imports[-1].attribute is None and imports[-1].module == submodule)
    )


def new_module(name: str, found: Found) -> Module:
    """Returns a module that was found for the first time, at the version it was loaded at."""
    assert found.location is not None
    return Module(
        name,
        location=found.location,
        version=found.version,
        shadowed=found.shadowed,
        generation=found.generation,
        imported_by=found.imported_by,
    )


def moved(module: Module, found: Found) -> Module:
    """Returns a known module where it was found now. What ran of it stays what it was."""
    assert found.location is not None
    if module.location.path is None:
        return new_module(module.name, found)
    return module._replace(location=found.location)


def with_source(module: Module, source: SourceFile) -> Module:
    """Returns the module as it is once this source has run.

    A source that cannot be parsed says nothing. Until it can, the old imports are the best
    guess of what it depends on.
    """
    return module._replace(
        version=module.version.then_read(source.version),
        source=(module.source or source.info) if source.error else source.info,
        dynamic_names=source.dynamic_names if module.source is None else module.dynamic_names,
    )


def lazy_names_after(
    state: State, snapshot: Snapshot, changes: Changes, ran: Collection[str] = ()
) -> Mapping[str, LazyNames]:
    """Returns the lazy names of modules, as the imports of these modules count in the State.

    Of a module that `ran`, what is written as lazy counts as not used yet: the next snapshot
    shows whether it was used meanwhile. One that changed and did not run has its former imports.
    """
    anew = [name for name in ran if name in changes.changed or name in changes.new]
    written = {
        name: names for name in anew if (names := _written_lazily(changes.modules[name]))
    }
    if not state.lazy and not snapshot.lazy and not written:
        return state.lazy
    after: dict[str, LazyNames] = {}
    for name in sorted({*state.lazy, *snapshot.lazy, *written}):
        known = state.lazy.get(name, NOTHING_LAZY)
        if name in anew:
            known = LazyNames(written.get(name, frozenset()))
        elif name in ran:
            known = LazyNames(snapshot.lazy.get(name, frozenset()))
        elif name not in changes.changed:
            known = known.now(snapshot.lazy.get(name, frozenset()))
        if known != NOTHING_LAZY and (name in ran or name in snapshot.loaded):
            after[name] = known
    return state.lazy if after == state.lazy else MappingProxyType(after)


def _written_lazily(module: Module) -> frozenset[str]:
    lazy = () if module.source is None else module.source.lazy
    return frozenset(binding.name for binding in lazy)


def takes_over(module: Module, found: Found) -> bool:
    """Whether what was found stands for the module whose file is gone (design promise 9)."""
    return (
        found.location is not None
        and not found.location.is_extension
        and is_same_module_path(module.location.path, found.location.path)
    )


def is_same_module_path(path: str | None, other: str | None) -> bool:
    """Whether two files are the same module: `m.py` and `m/__init__.py`.

    A file of that name elsewhere on `sys.path` is another module, though an import would find
    it now.
    """
    if path is None or other is None or path == other:
        return False
    return _without_suffix(path) == _without_suffix(other)


def _without_suffix(path: str) -> str:
    folder, _, file = path.replace("\\", "/").rpartition("/")
    return folder if file == "__init__.py" else f"{folder}/{file.rpartition('.')[0]}"
