"""The session as it was before a group ran, to be put back if the group fails."""

import sys
from collections.abc import Callable, Container, Iterable, MutableMapping
from contextlib import suppress
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from itertools import repeat
from types import FunctionType, ModuleType
from typing import Any

from .loaded import attribute_of, dict_of

_MISSING = object()


def to_the_end(work: Callable[[], None]) -> KeyboardInterrupt | None:
    """Does what must not be left half done, and may be begun anew. Returns the interrupt, if any."""
    interrupt = None
    while True:
        try:
            work()
        except KeyboardInterrupt as again:
            interrupt = again
        else:
            return interrupt


class Before:
    """What a reload group may change: `sys.modules`, module dicts, namespaces."""

    def __init__(self, touched: Iterable[str]) -> None:
        self._loaded = dict(sys.modules)
        loaded = map(sys.modules.get, dict.fromkeys(touched))
        # A lazy module holds nothing yet, and to be put back could never load.
        lazy = dict_of(sys.modules.get("importlib.util")).get("_LazyModule")
        self._modules = [
            m for m in loaded if issubclass(type(m), ModuleType) and type(m) is not lazy
        ]
        self._kinds = list(map(type, self._modules))
        # What a module holds, without asking a lazy one for anything, which would load it.
        self._held = list(map(object.__getattribute__, self._modules, repeat("__dict__")))
        self._dicts = list(map(dict.copy, self._held))
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
        for now, held in zip(self._held, self._dicts, strict=True):
            module: str = held.get("__name__", "")
            if module not in members:
                continue
            for name, value in held.items():
                if not isinstance(value, type | FunctionType) or now.get(name) is value:
                    continue
                if id(value) not in found or value.__module__ == module:
                    found[id(value)] = (module, name)
        return found

    def restore(self, elsewhere: Container[str] = ()) -> None:
        """Puts everything back. An interrupt meanwhile does not leave it half done.

        What other threads have imported meanwhile, `elsewhere`, stays loaded: it is theirs.
        """
        to_the_end(lambda: self._restore(elsewhere))

    def _restore(self, elsewhere: Container[str]) -> None:
        for namespace, name, value in reversed(self._bound):
            # One that refuses to be written has not been written either.
            with suppress(Exception):
                if value is _MISSING:
                    namespace.pop(name, None)
                else:
                    namespace[name] = value
        for name, loaded in self._loaded.items():
            if sys.modules.get(name) is not loaded:
                sys.modules[name] = loaded
        was = zip(self._modules, self._kinds, self._held, self._dicts, strict=True)
        for module, kind, now, held in was:
            now.update(held)
            for name in [name for name in now if name not in held]:
                del now[name]
            if type(module) is not kind:
                module.__class__ = kind
        self._unload_new(elsewhere)

    def _unload_new(self, elsewhere: Container[str]) -> None:
        """Removes what was imported first since, so that it is imported anew next time.

        Compiled libraries cannot be loaded twice in a process, nor can what is built on them
        be mixed; if any came, all libraries stay, which nothing but `sys.modules` shows.
        """
        new = [name for name in sys.modules if name not in self._loaded]
        kept = _libraries(new) if any(map(_is_compiled_library, new)) else frozenset()
        for name in new:
            package, _, child = name.rpartition(".")
            parent = self._loaded.get(package)
            if name in elsewhere and isinstance(parent, ModuleType):
                vars(parent).setdefault(child, sys.modules[name])
            if name in kept or name in elsewhere:
                continue
            module = sys.modules.pop(name)
            if isinstance(parent, ModuleType) and vars(parent).get(child) is module:
                del vars(parent)[child]


def _is_compiled_library(name: str) -> bool:
    spec = attribute_of(sys.modules.get(name), "__spec__")
    return (
        isinstance(spec, ModuleSpec)
        and isinstance(spec.loader, ExtensionFileLoader)
        and name.partition(".")[0] not in sys.stdlib_module_names
    )


def _libraries(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if _is_library(name))


def _is_library(name: str) -> bool:
    if name.partition(".")[0] in sys.stdlib_module_names:
        return True
    file = attribute_of(sys.modules.get(name), "__file__")
    parts = file.replace("\\", "/").split("/") if isinstance(file, str) else ()
    return "site-packages" in parts or "dist-packages" in parts
