"""A module where it was found and as it was read, and what tells two versions of it apart."""

from collections.abc import Mapping

from attrs import evolve

from .registration import prefixes
from .snapshot import Found, Source, Stamp, Unseen, Wanted
from .source import Contents, listed_in
from .state import CONTENT, Module, State, in_workspace, relative_to


def leads(contents: Contents) -> tuple[str, ...]:
    """Returns the names of the modules that a source may lead to, packages first.

    So scan can follow the imports of what it reads at once; asking for each level of a deep
    project in a survey of its own would take a time that grows with the square of its depth.
    """
    names: dict[str, None] = {}
    for binding in contents.imports:
        if "." in binding.module:
            names.update(dict.fromkeys(prefixes(binding.module)))
        else:
            names[binding.module] = None
        if binding.submodule is not None:
            names[binding.submodule] = None
    return tuple(names)


def asked_first(state: State, stamps: Mapping[str, Stamp | None]) -> Unseen:
    """Returns what any plan asks for first: the sources of the files that may have changed."""
    return Unseen(
        sources=tuple(
            wanted
            for name, stamp in stamps.items()
            if stamp is not None
            for module in (state.modules[name],)
            if module.contents is not None and not module.extension
            for wanted in wanted_source(module)
        )
    )


def worth_reading(state: State, name: str, found: Found) -> tuple[Wanted, ...]:
    """Returns what to read of a module that was looked up: nothing outside the workspace."""
    if found.path is None or found.extension or not in_workspace(state.workspace, found):
        return ()
    return (Wanted(name, found.path, relative_to(name, package=found.package)),)


def wanted_source(module: Module) -> tuple[Wanted, ...]:
    """Returns what to read to see the module's source: nothing if it has none."""
    if module.path is None:
        return ()
    return (Wanted(module.name, module.path, module.relative_to),)


def binds_otherwise(package: Module, name: str) -> bool:
    """Whether a package's source binds the name to something else than its submodule."""
    if package.contents is None or name not in package.contents.binds.names:
        return False
    submodule = f"{package.name}.{name}"
    imports = [binding for binding in package.contents.runs if binding.name == name]
    return not imports or not (
        imports[-1].submodule == submodule
        or (imports[-1].attribute is None and imports[-1].module == submodule)
    )


def imports_alike(old: Module, new: Module) -> bool:
    """Whether two versions of a module refer to the same modules, for certain.

    What a package binds decides what imports from it refer to, so packages are not certain.
    """
    if old.contents is None or new.contents is None or new.package or old.path != new.path:
        return False
    return new.contents.imports_like(old.contents)


def same_version(module: Module, stamp: Stamp) -> bool:
    """Whether the stamp is that of the file that ran last."""
    return module.stamp is not None and module.stamp.same_version(stamp)


def differs(module: Module, source: Source, detect: str) -> bool:
    """Whether a source is not the one that ran last."""
    if not module.digest:
        # It was never read. What its status change hides cannot be told by content.
        return module.stamp != source.stamp
    if module.digest != source.digest:
        return True
    return module.stamp is None if detect == CONTENT else not same_version(module, source.stamp)


def met(name: str, found: Found) -> Module:
    """Returns a module that was found for the first time, with the version it was loaded at."""
    return Module(
        name,
        path=found.path,
        real=found.real,
        package=found.package,
        extension=found.extension,
        rewritten=found.rewritten,
        shadowed=found.shadowed,
        stamp=found.version,
        digest=found.digest,
        generation=found.generation,
    )


def placed(module: Module, found: Found) -> Module:
    """Returns a known module where it was found now; what ran of it stays what it was."""
    if module.path is None:
        return met(module.name, found)
    return evolve(
        module,
        path=found.path,
        real=found.real,
        package=found.package,
        extension=found.extension,
        rewritten=found.rewritten,
    )


def stands_for(path: str | None, other: str | None) -> bool:
    """Whether a file stands for the module whose file is away (design promise 9).

    That is `m/__init__.py` for `m.py`, or the reverse. A file of that name elsewhere on
    `sys.path` is another module, though an import would find it now.
    """
    return None not in (path, other) and path != other and _stem(path) == _stem(other)


def _stem(path: str | None) -> str:
    assert path is not None
    folder, _, file = path.replace("\\", "/").rpartition("/")
    return folder if file == "__init__.py" else f"{folder}/{file.rpartition('.')[0]}"


def as_read(module: Module, source: Source) -> Module:
    """Returns the module as it is once this source has run.

    A source that cannot be parsed says nothing; until it can, the old imports are the best
    guess of what it depends on.
    """
    contents = (module.contents or source.contents) if source.trouble else source.contents
    if module.package and not source.trouble:
        contents = contents._replace(listed=listed_in(source.data))
    return evolve(
        module,
        stamp=source.stamp,
        digest=source.digest,
        racy=source.racy,
        contents=contents,
        extra=source.starred if module.contents is None else module.extra,
    )
