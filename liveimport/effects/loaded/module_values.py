"""Whether the values of a module changed since it was loaded: then it may be somebody's state."""

import sys
from collections import deque
from collections.abc import Container, Iterable, Mapping
from itertools import chain, islice
from types import ModuleType

from .modules import namespace_of

_MOST_ENTRIES = 10_000
"""Of a longer container only so many entries are looked at."""

Values = Mapping[str, tuple[int, int]]


class ModuleValues:
    """What bystanders held when they were first seen as such, by identity and one level deep.

    Nothing is remembered of tracked modules: they run whatever they hold, and to look at what
    they hold takes 11 of 160 ms after an edit of the bottom of 1,000 modules.
    """

    def __init__(self) -> None:
        self._values: dict[str, Values] = {}

    def remember(self, bystanders: Iterable[str], reloaded: Container[str] = ()) -> None:
        """Takes in what bystanders hold now, if they are new or were reloaded; forgets others."""
        known = self._values
        self._values = {
            name: known[name]
            if name in known and name not in reloaded
            else _values_of(sys.modules.get(name))
            for name in bystanders
        }

    def changed(self, names: Iterable[str]) -> frozenset[str]:
        """Returns those of the modules that hold something else now."""
        return frozenset(
            name
            for name in names
            if name in self._values and self._values[name] != _values_of(sys.modules.get(name))
        )


def _values_of(module: object) -> Values:
    return {
        name: (id(value), _entries_of(value))
        for name, value in tuple(namespace_of(module).items())
        if not name.startswith("__") and not isinstance(value, ModuleType)
    }


def _entries_of(value: object) -> int:
    """Returns a number that differs if a plain container has other entries; else 0."""
    if type(value) is dict:
        entries: Iterable[object] = chain(value.keys(), value.values())
    elif type(value) in (list, set, deque):
        entries = iter(value)  # type: ignore[call-overload]  # these can be iterated
    else:
        return 0
    return hash(tuple(map(id, islice(entries, _MOST_ENTRIES))))
