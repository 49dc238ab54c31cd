"""The session as it was before a group ran, to be put back if the group fails."""

import sys
from collections.abc import Container, Iterable, MutableMapping
from importlib.machinery import ExtensionFileLoader
from types import FunctionType, ModuleType
from typing import Any

_MISSING = object()


class Before:
    """What a reload group may change: `sys.modules`, module dicts, namespaces."""

    def __init__(self, touched: Iterable[str]) -> None:
        self._loaded = dict(sys.modules)
        loaded = map(sys.modules.get, dict.fromkeys(touched))
        self._modules = [module for module in loaded if isinstance(module, ModuleType)]
        self._kinds = list(map(type, self._modules))
        self._dicts = list(map(dict.copy, map(vars, self._modules)))
        self._bound: list[tuple[MutableMapping[str, Any], str, object]] = []

    def bind(self, namespace: MutableMapping[str, Any], name: str, value: object) -> None:
        """Binds a name so that it can be put back."""
        self._bound.append((namespace, name, namespace.get(name, _MISSING)))
        namespace[name] = value

    def replaced(self, members: Container[str]) -> dict[int, tuple[str, str]]:
        """Returns, by identity, the classes and functions of members that are no longer theirs.

        With the module and the name under which they were: those of the module that made
        them, where several held them.
        """
        found: dict[int, tuple[str, str]] = {}
        for module, held in zip(self._modules, self._dicts, strict=True):
            if module.__name__ not in members:
                continue
            for name, value in held.items():
                if (
                    not isinstance(value, type | FunctionType)
                    or vars(module).get(name) is value
                ):
                    continue
                if id(value) not in found or value.__module__ == module.__name__:
                    found[id(value)] = (module.__name__, name)
        return found

    def restore(self) -> None:
        """Puts everything back. An interrupt meanwhile does not leave it half done."""
        while True:
            try:
                self._restore()
            except KeyboardInterrupt:
                continue
            return

    def _restore(self) -> None:
        for namespace, name, value in reversed(self._bound):
            if value is _MISSING:
                namespace.pop(name, None)
            else:
                namespace[name] = value
        self._unload_new()
        for name, module in self._loaded.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
        was = zip(self._modules, self._kinds, self._dicts, strict=True)
        for module, kind, held in was:
            now = vars(module)
            now.update(held)
            for name in [name for name in now if name not in held]:
                del now[name]
            if type(module) is not kind:
                module.__class__ = kind

    def _unload_new(self) -> None:
        """Removes what was imported first since, so that it is imported anew next time.

        Compiled libraries cannot be loaded twice in a process, nor can what is built on them
        be mixed; if any came, all libraries stay, which nothing but `sys.modules` shows.
        """
        new = [name for name in sys.modules if name not in self._loaded]
        kept = _libraries(new) if any(map(_is_compiled_library, new)) else frozenset()
        for name in new:
            if name in kept:
                continue
            module = sys.modules.pop(name)
            package, _, child = name.rpartition(".")
            parent = self._loaded.get(package)
            if isinstance(parent, ModuleType) and vars(parent).get(child) is module:
                del vars(parent)[child]


def _is_compiled_library(name: str) -> bool:
    loader = getattr(getattr(sys.modules.get(name), "__spec__", None), "loader", None)
    return (
        isinstance(loader, ExtensionFileLoader)
        and name.partition(".")[0] not in sys.stdlib_module_names
    )


def _libraries(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if _is_library(name))


def _is_library(name: str) -> bool:
    if name.partition(".")[0] in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(name), "__file__", None) or ""
    parts = file.replace("\\", "/").split("/")
    return "site-packages" in parts or "dist-packages" in parts
