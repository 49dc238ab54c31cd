"""What stands in `sys.modules`, read safely: mostly modules, but a program may put anything there.

To ask a module for more than its dict may load it, run its code, or raise.
"""

import importlib
import os
import sys
import types
import zipimport
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import machinery
from importlib.machinery import (
    ExtensionFileLoader,
    FrozenImporter,
    ModuleSpec,
    SourcelessFileLoader,
)
from types import FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any, TypeGuard

from liveimport.core.imports import STAR, Binding, with_parents

_IMPORTLIB = "<frozen importlib._bootstrap>"
_OWN = f"{__name__.partition('.')[0]}."

_NOTHING: Mapping[str, Any] = MappingProxyType({})

MISSING = object()
"""Stands for a value that is not there."""

_MOST_WRAPPERS = 20

LazyImport: type | None = getattr(types, "LazyImportType", None)
"""The type of what a lazy import binds (PEP 810); None before Python 3.15."""


def is_lazy(value: object) -> bool:
    """Whether a value stands for an import that is still to be made."""
    return LazyImport is not None and type(value) is LazyImport


def namespace_of(module: object) -> Mapping[str, Any]:
    """Returns the dict of a module, or an empty mapping."""
    if type(module) is ModuleType:
        return vars(module)
    try:
        held = object.__getattribute__(module, "__dict__")
    except Exception:  # noqa: BLE001  # whatever stands there may raise whatever it likes
        return _NOTHING
    return held if isinstance(held, dict) else _NOTHING


def loaded_namespace(name: str) -> Mapping[str, Any]:
    """Returns the dict of the module that is loaded under a name, or an empty mapping."""
    return namespace_of(sys.modules.get(name))


def attribute_of(module: object, name: str) -> object:
    """Returns an attribute, or None. Only what is not a module is asked itself."""
    held = namespace_of(module)
    if name in held or issubclass(type(module), ModuleType):
        return held.get(name)
    try:
        return getattr(module, name, None)
    except Exception:  # noqa: BLE001  # stand-ins import, and fail, when they are asked
        return None


def is_alias(module: object, spec: ModuleSpec, name: str) -> bool:
    """Whether a module stands under this name as well as under its own."""
    return spec.name != name and sys.modules.get(spec.name) is module


def importers_of(name: str) -> tuple[str, tuple[str, ...]]:
    """Returns who imports `name` now: the module whose own code runs, and all callers.

    To be called by a finder. The first is empty if no module's code runs, or if `name` is
    imported only as the parent of a submodule. The callers go from the innermost to that module.
    """
    callers: dict[str, None] = {}
    as_parent = False
    frame = sys._getframe(1)  # noqa: SLF001  # the only way to know
    while frame is not None:
        code = frame.f_code
        if code.co_filename == _IMPORTLIB:
            if not callers and code.co_name == "_find_and_load_unlocked":
                as_parent = as_parent or frame.f_locals["name"].startswith(f"{name}.")
        else:
            caller = frame.f_globals.get("__name__")
            if isinstance(caller, str) and not caller.startswith(_OWN):
                callers[caller] = None
                if code.co_name == "<module>":
                    return "" if as_parent else caller, tuple(callers)
        frame = frame.f_back  # type: ignore[assignment]  # the last has none
    return "", tuple(callers)


def is_main_interpreter() -> bool:
    """Whether this is not a subinterpreter."""
    # By the one name: to look for the other in vain takes 0.7 ms of each edit.
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    try:
        interpreters: Any = importlib.import_module(name)
    except ImportError:
        return True
    return bool(interpreters.get_current() == interpreters.get_main())


def module_being_imported() -> str:
    """Returns the module whose own code runs now, innermost, while it is imported; or "".

    To be called by a finder: then it is who has to answer for what that import does.
    """
    frame = sys._getframe(1)  # noqa: SLF001  # the only way to know
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back  # type: ignore[assignment]  # the last has none
    if frame is None:
        return ""
    name = frame.f_globals.get("__name__")
    spec = frame.f_globals.get("__spec__")
    return name if isinstance(name, str) and getattr(spec, "_initializing", False) else ""


def own_objects(name: str, held: Mapping[str, object]) -> list[str]:
    """Returns the names by which a module, whose dict this is, holds what it made itself.

    That is a function whose globals this dict is, and a class whose module this is. With a
    `__getattr__`, it may also have stored what it found in its submodules.
    """
    made = [
        (bound, value)
        for bound, value in held.items()
        if type(value) is FunctionType or issubclass(type(value), type)
    ]
    if not made:
        return []
    submodules = f"{name}." if "__getattr__" in held else None
    return [
        bound
        for bound, value in made
        if _is_made_by(name, held, value)
        or (submodules is not None and home_of(value).startswith(submodules))
    ]


def stored_names(
    package: str, held: Mapping[str, object], modules: Mapping[str, object]
) -> list[str]:
    """Returns the names under which a package has just what one of its submodules has.

    A lazy package, or what made it one, may have stored there what it was asked for.
    """
    submodules = [namespace_of(m) for n, m in modules.items() if n.startswith(f"{package}.")]
    return [
        name
        for name, value in held.items()
        if name[:2] != "__" and any(sub.get(name, MISSING) is value for sub in submodules)
    ]


def _is_made_by(name: str, held: Mapping[str, object], value: object) -> bool:
    if type(value) is FunctionType:
        return value.__globals__ is held
    if not _is_class(value) or home_of(value) != name:
        return False
    parts = type.__getattribute__(value, "__dict__").values()
    # A class may say that it is of the package that shows it.
    return all(part.__globals__ is held for part in parts if type(part) is FunctionType)


def _is_class(value: object) -> TypeGuard[type]:
    """Whether it is a class. A proxy is not asked what it stands for."""
    return issubclass(type(value), type)


def home_of(value: object) -> str:
    """Returns the name of the module that a function or a class says it is of; else ""."""
    home: object = None
    if type(value) is FunctionType:
        home = value.__module__
    elif _is_class(value):
        home = type.__getattribute__(value, "__dict__").get("__module__")
    return home if isinstance(home, str) else ""


def qualname_of(value: type | FunctionType) -> str:
    """Returns the qualified name of a function or a class; no metaclass is asked."""
    if type(value) is FunctionType:
        return value.__qualname__
    return str(type.__getattribute__(value, "__qualname__"))


def module_of_namespace(namespace: Mapping[str, Any]) -> str | None:
    """Returns the loaded module whose own dict a namespace is; None if it is no module's."""
    name = namespace.get("__name__")
    if isinstance(name, str) and namespace_of(sys.modules.get(name)) is namespace:
        return name
    return None


def is_shadowed(name: str, module: object) -> bool:
    """Whether a package, as it is loaded, has something else under this submodule's name."""
    package, _, attribute = name.rpartition(".")
    parent = sys.modules.get(package)
    if not isinstance(parent, ModuleType):
        return False
    return namespace_of(parent).get(attribute, module) is not module


def is_extension(spec: ModuleSpec) -> bool:
    """Whether the module is compiled code. Its loader may be wrapped, as scikit-build-core does."""
    return isinstance(spec.loader, ExtensionFileLoader) or _ends_with(
        machinery.EXTENSION_SUFFIXES, spec
    )


def _is_bytecode(spec: ModuleSpec) -> bool:
    """Whether the module has no source, but bytecode."""
    return isinstance(spec.loader, SourcelessFileLoader) or _ends_with(
        machinery.BYTECODE_SUFFIXES, spec
    )


def _ends_with(suffixes: list[str], spec: ModuleSpec) -> bool:
    return isinstance(spec.origin, str) and spec.origin.endswith(tuple(suffixes))


def file_of(spec: ModuleSpec) -> str | None:
    """Returns the file that the module comes from: a source, or compiled code."""
    if not spec.has_location or not isinstance(spec.origin, str):
        return None
    if _is_bytecode(spec) or isinstance(spec.loader, zipimport.zipimporter):
        return None
    return os.path.abspath(spec.origin)


def file_named_by(module: object, spec: ModuleSpec) -> str | None:
    """Returns the file that `__file__` names, for a loader whose specs have no location.

    Most loaders of notebooks are like that. They run the module themselves.
    """
    file = namespace_of(module).get("__file__")
    if (
        spec.has_location
        or not isinstance(file, str)
        or not hasattr(spec.loader, "exec_module")
        or spec.loader is FrozenImporter  # type: ignore[comparison-overlap]  # a class loads
    ):
        return None
    if _is_bytecode(spec) or isinstance(spec.loader, zipimport.zipimporter):
        return None
    return os.path.abspath(file)


def is_path_of(origin: object, path: str) -> bool:
    """Whether `origin` is how an import may name the file at `path`."""
    return origin == path or (isinstance(origin, str) and os.path.abspath(origin) == path)


def path_of(module: object) -> str | None:
    """Returns the file that a loaded module says it comes from, if that is a file."""
    spec = namespace_of(module).get("__spec__")
    if not isinstance(spec, ModuleSpec):
        return None
    return file_of(spec) or file_named_by(module, spec)


def is_own(name: str) -> bool:
    """Whether a module is a part of LiveImport."""
    return f"{name}.".startswith(_OWN)


def has_own_source(name: str, module: object) -> bool:
    """Whether what stands there is no alias, no compiled code, no script and not LiveImport."""
    if name == "__main__" or is_own(name):
        return False
    spec = namespace_of(module).get("__spec__")
    if not isinstance(spec, ModuleSpec):
        return True
    return not is_extension(spec) and not is_alias(module, spec, name)


def folders_of(spec: ModuleSpec) -> list[str] | None:
    """Returns where a package looks for submodules; None if it is no package.

    Those of a namespace package are computed from its parent at each access, which raises
    KeyError while the parent is not loaded.
    """
    locations = spec.submodule_search_locations
    return None if locations is None else list(getattr(locations, "_path", locations))


def init_of_namespace(spec: ModuleSpec) -> str | None:
    """Returns the file that would make a namespace package a regular one."""
    folders = folders_of(spec)
    if spec.origin is not None or not folders:
        return None
    return os.path.join(os.path.abspath(folders[0]), "__init__.py")


def star_names(name: str, stars: tuple[str, ...]) -> frozenset[str]:
    """Returns the names that a loaded module may have from its star imports of `stars`.

    In a cycle, a star import may have come before the `__all__` that would have stopped it.
    """
    module = sys.modules.get(name)
    if not isinstance(module, ModuleType):
        return frozenset()
    names = namespace_of(module)
    return frozenset(
        public
        for star in stars
        if star in sys.modules
        for public in (*public_names(sys.modules[star]), *namespace_of(sys.modules[star]))
        if public in names and not public.startswith("__")
    )


def homes_of(value: object) -> Iterator[str]:
    """Yields the modules that a function or class belongs to; nothing for other values.

    The `__module__` of a function does not tell, because decorators copy it. What a wrapper
    wraps counts too. To ask an object for its class would load a lazy module.
    """
    if _is_class(value):
        yield home_of(value)
        return
    for _ in range(_MOST_WRAPPERS):
        if type(value) is MethodType:
            value = value.__func__
        if type(value) is FunctionType:
            home = value.__globals__.get("__name__")
            if isinstance(home, str):
                yield home
        value = namespace_of(value).get("__wrapped__")
        if value is None:
            return


def value_in_dicts(binding: Binding, dict_of: Callable[[str], Mapping[str, Any]]) -> object:
    """Returns what a binding would give; `MISSING` if a package would have to be asked for it.

    `dict_of` returns the dict of the module of a name.
    """
    if binding.attribute is not None:
        names = dict_of(binding.module)
        if binding.attribute in names:
            return names[binding.attribute]
        return sys.modules.get(f"{binding.module}.{binding.attribute}", MISSING)
    top, *below = with_parents((binding.module,))
    value: object = sys.modules.get(top, MISSING)
    if binding.aliased:
        package = top
        for name in below:
            value = dict_of(package).get(
                name.rpartition(".")[2], sys.modules.get(name, MISSING)
            )
            package = name
    return value


def public_names_of(bindings: Iterable[Binding]) -> dict[str, tuple[str, ...]]:
    """Returns the public names of every module of which `bindings` have a star import."""
    return {
        binding.module: public_names(module)
        for binding in bindings
        if binding.attribute == STAR
        for module in (sys.modules.get(binding.module),)
        if module is not None
    }


def public_names(module: object) -> tuple[str, ...]:
    """Returns the names that a star import of the module binds; none where it would raise.

    An `__all__` that a lazy import brings is not asked for.
    """
    try:
        unresolved = is_lazy(namespace_of(module).get("__all__"))
        names = None if unresolved else getattr(module, "__all__", None)
        if names is None:
            return tuple(name for name in namespace_of(module) if not name.startswith("_"))
        return tuple(name for name in names if isinstance(name, str))
    except Exception:  # noqa: BLE001  # a module may compute it, and fail
        return ()
