"""All that a reload group may change, and putting it back."""

import sys
from collections.abc import Callable, Container, Iterable, Mapping, MutableMapping
from contextlib import suppress
from functools import cached_property
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from itertools import repeat
from types import FunctionType, ModuleType
from typing import Any

from liveimport.effects.loaded.modules import attribute_of, home_of, namespace_of

_MISSING = object()


def finish_despite_interrupts(work: Callable[[], None]) -> KeyboardInterrupt | None:
    """Does work that must not be left half done, and can be started again.

    Returns the interrupt, if one came.
    """
    interrupt = None
    while True:
        try:
            work()
        except KeyboardInterrupt as again:
            interrupt = again
        else:
            return interrupt


class Checkpoint:
    """What a reload group may change: `sys.modules`, module dicts, namespaces."""

    def __init__(self, touched: Iterable[str]) -> None:
        self._loaded = dict(sys.modules)
        loaded = map(sys.modules.get, dict.fromkeys(touched))
        # A lazy module has nothing to put back yet, and could not load after it.
        lazy = namespace_of(sys.modules.get("importlib.util")).get("_LazyModule")
        self._modules = [
            m for m in loaded if issubclass(type(m), ModuleType) and type(m) is not lazy
        ]
        self._kinds = list(map(type, self._modules))
        # The dict itself: to ask a lazy module for anything would load it.
        self._held = list(map(object.__getattribute__, self._modules, repeat("__dict__")))
        self._dicts = list(map(dict.copy, self._held))
        self._bound: list[tuple[MutableMapping[str, Any], str, object]] = []

    def bind(self, namespace: MutableMapping[str, Any], name: str, value: object) -> None:
        """Binds a name so that it can be put back."""
        self._bound.append((namespace, name, namespace.get(name, _MISSING)))
        namespace[name] = value

    def dict_of(self, module: str) -> Mapping[str, Any]:
        """Returns the dict of a module as it was; as it is, if no group may change it."""
        held = namespace_of(self._loaded.get(module))
        return self._dicts_by_id.get(id(held), held)

    def dict_now(self, module: str) -> dict[str, Any]:
        """Returns the dict of a module that was loaded, as it is; an empty one if it was not."""
        return self._held_by_id.get(id(namespace_of(self._loaded.get(module))), {})

    @cached_property
    def _held_by_id(self) -> dict[int, dict[str, Any]]:
        return {id(held): held for held in self._held}

    @cached_property
    def _dicts_by_id(self) -> dict[int, dict[str, Any]]:
        return dict(zip(map(id, self._held), self._dicts, strict=True))

    def replaced_objects(self, members: Container[str]) -> dict[int, tuple[str, str]]:
        """Returns by id the classes and functions of members that were replaced.

        With the module and the name that had them; if several did, those of the module that
        made them.
        """
        found: dict[int, tuple[str, str]] = {}
        for now, held in zip(self._held, self._dicts, strict=True):
            module: str = held.get("__name__", "")
            if module not in members:
                continue
            for name, value in held.items():
                if not issubclass(type(value), type | FunctionType) or now.get(name) is value:
                    continue
                if id(value) not in found or home_of(value) == module:
                    found[id(value)] = (module, name)
        return found

    def rollback(self, imported_by_other_threads: Container[str] = ()) -> None:
        """Puts everything back. An interrupt does not leave it half done.

        What other threads imported meanwhile stays loaded: they use it.
        """
        finish_despite_interrupts(lambda: self._rollback(imported_by_other_threads))

    def _rollback(self, imported_by_other_threads: Container[str]) -> None:
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
        self._unload_new(imported_by_other_threads)

    def _unload_new(self, imported_by_other_threads: Container[str]) -> None:
        """Removes what was imported since, so that the next import runs it again.

        Compiled libraries cannot be loaded twice in a process, and what is built on them cannot
        be mixed. If one came, all libraries stay; only `sys.modules` shows that.
        """
        new = [name for name in list(sys.modules) if name not in self._loaded]
        kept = _libraries(new) if any(map(_is_compiled_library, new)) else frozenset()
        for name in new:
            package, _, child = name.rpartition(".")
            parent = self._loaded.get(package)
            if name in imported_by_other_threads and isinstance(parent, ModuleType):
                vars(parent).setdefault(child, sys.modules[name])
            if name in kept or name in imported_by_other_threads:
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
