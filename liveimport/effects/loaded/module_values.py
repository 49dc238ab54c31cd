"""Whether the values of a module changed since it was loaded: then it may be somebody's state.

What an import or a reload changes is no state: it is done again when these modules run again.
"""

import sys
from collections import deque
from collections.abc import Container, Iterable, Mapping
from itertools import chain, islice
from types import ModuleType
from typing import Any
from weakref import ReferenceType, ref

from .modules import is_lazy, namespace_of

_MOST_ENTRIES = 10_000
"""Of a longer container only so many entries are looked at."""

_MOST_COMPARED = 200
"""Before an import, no more modules are looked at: it would take a millisecond each time."""

Values = Mapping[str, tuple[int, int]]

_UNRESOLVED = (0, 0)
"""Stands for the value of a lazy import."""


class ModuleValues:
    """What modules held when they had been loaded, by identity and one level deep.

    If nobody noticed the end of a load, it is what they held when they were first seen as
    bystanders. Nothing is kept of tracked modules: they run whatever they hold, and to look at
    what they hold takes 11 of 160 ms after an edit of the bottom of 1,000 modules.
    """

    def __init__(self) -> None:
        self._values: dict[str, Values] = {}
        self._modules: dict[str, ReferenceType[Any]] = {}
        self._changed: set[str] = set()
        self._compared: tuple[str, ...] = ()

    def remember(self, names: Iterable[str]) -> None:
        """Takes in what modules hold that have just been loaded, or run again."""
        for name in names:
            self._changed.discard(name)
            if name in sys.modules:
                self._values[name] = _values_of(sys.modules[name])
                if isinstance(sys.modules[name], ModuleType):
                    self._modules[name] = ref(sys.modules[name])

    def keep(self, names: Iterable[str], reloaded: Container[str] = ()) -> None:
        """Forgets all but bystanders. Takes in what those hold that are new or were reloaded."""
        names = frozenset(names)
        bystanders = frozenset(filter(self._is_same, names))
        known = self._values
        self._values = {name: known[name] for name in known if name in bystanders}
        self._changed &= bystanders
        self._modules = {name: m for name, m in self._modules.items() if name in bystanders}
        self.remember([n for n in names if n not in self._values or n in reloaded])

    def changed(self, names: Iterable[str]) -> frozenset[str]:
        """Returns those of the modules that hold something else now."""
        return frozenset(filter(self._is_changed, names))

    def _is_same(self, name: str) -> bool:
        """Whether it was not imported anew meanwhile, as pytest does with ``conftest``."""
        return name not in self._modules or self._modules[name]() is sys.modules.get(name)

    def _is_changed(self, name: str) -> bool:
        if not self._is_same(name):
            return False
        if name in self._changed or name not in self._values:
            return name in self._changed
        return _differ(self._values[name], _values_of(sys.modules.get(name)))

    def before_loads(self) -> None:
        """Notes which modules hold something else, before an import or a reload changes more."""
        self._compared = tuple(self._values) if len(self._values) <= _MOST_COMPARED else ()
        self._changed |= self.changed(self._compared)

    def after_loads(self, loaded: Iterable[str]) -> None:
        """Takes in what was loaded, and what the others hold that held nothing else before."""
        self.remember(loaded)
        same = [n for n in self._compared if n in self._values and n not in self._changed]
        self.remember(same)


def _values_of(module: object) -> Values:
    return {
        name: _UNRESOLVED if is_lazy(value) else (id(value), _entries_of(value))
        for name, value in list(namespace_of(module).items())
        if not name.startswith("__") and not issubclass(type(value), ModuleType)
    }


def _differ(before: Values, now: Values) -> bool:
    """Whether values changed. To use what a lazy import brings changes nothing."""
    if before == now:
        return False
    lazy = {name for name, value in before.items() if value == _UNRESOLVED}
    return any(
        before.get(name) != now.get(name) for name in (before.keys() | now.keys()) - lazy
    )


def _entries_of(value: object) -> int:
    """Returns a number that differs if a plain container has other entries; else 0."""
    if type(value) is dict:
        entries: Iterable[object] = chain(value.keys(), value.values())
    elif type(value) in (list, set, deque):
        entries = iter(value)  # type: ignore[call-overload]  # these can be iterated
    else:
        return 0
    return hash(tuple(map(id, islice(entries, _MOST_ENTRIES))))
