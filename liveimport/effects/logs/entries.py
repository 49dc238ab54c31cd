"""Entries that modules add to the tables of others as they run, and taking them out again.

A table is a dict or a list. What a module adds is known if it stands at the end, in one piece.
"""

from collections import defaultdict
from collections.abc import Collection
from operator import is_
from typing import Any, NamedTuple

from liveimport.core.trace import Entry
from liveimport.effects.loaded.walk import PLAIN

_KINDS = (dict, defaultdict, list)
_KEYS = PLAIN | {type, type(lambda: None)}
"""Types of keys that no code of the user compares."""


class Added(NamedTuple):
    """What a module has added to a table.

    Attributes:
        table: The table.
        content: Its entries: of a dict, pairs of keys and values.
        entries: The modules and names that lead to the table.
    """

    table: Any
    content: tuple[Any, ...]
    entries: frozenset[Entry]

    @property
    def owners(self) -> frozenset[str]:
        """The modules whose table it is."""
        return frozenset(entry.module for entry in self.entries)

    @property
    def values(self) -> list[Any]:
        """What is in the entries: of a dict, keys and values."""
        if isinstance(self.table, list):
            return list(self.content)
        return [value for pair in self.content for value in pair]


class Entries:
    """By module, what it has added to tables as it ran last."""

    def __init__(self) -> None:
        self._added: dict[str, list[Added]] = {}

    def add(self, module: str, added: Added) -> None:
        """Takes in what a module has added."""
        for place, known in enumerate(self._added.setdefault(module, [])):
            if known.table is added.table:
                both = known.content + added.content
                entries = known.entries | added.entries
                self._added[module][place] = Added(known.table, both, entries)
                return
        self._added[module].append(added)

    def of(self, module: str) -> tuple[Added, ...]:
        """Returns what a module has added."""
        return tuple(self._added.get(module, ()))

    def values_of(self, module: str, owner: str) -> list[Any]:
        """Returns what a module has added to tables of another one."""
        return [value for one in self.of(module) if owner in one.owners for value in one.values]

    def put_back(self, module: str, added: Collection[Added]) -> None:
        """Lets a module have added just this."""
        self._added[module] = list(added)

    def forget(self, module: str) -> None:
        """Forgets what a module has added, and what others have added to its tables: it runs."""
        self._added.pop(module, None)
        for other, found in list(self._added.items()):
            self._added[other] = [one for one in found if module not in one.owners]

    def clear(self) -> None:
        """Forgets everything."""
        self._added.clear()

    def known(self) -> dict[int, set[int]]:
        """Returns by the id of each table the ids of what is in its entries."""
        found: dict[int, set[int]] = {}
        for added in self._added.values():
            for one in added:
                found.setdefault(id(one.table), set()).update(map(id, one.values))
        return found

    def owners(self) -> frozenset[str]:
        """Returns the modules to whose tables entries were added."""
        return frozenset(
            owner for added in self._added.values() for one in added for owner in one.owners
        )


def entries_of(table: Any) -> list[Any]:
    """Returns the entries of a table: of a dict, pairs of keys and values."""
    return list(table) if isinstance(table, list) else list(dict.items(table))


def content_added(table: Any, before: Any) -> tuple[Any, ...] | None:
    """Returns what a table has behind what it had before; None if anything else has changed."""
    if type(table) not in _KINDS or not _begins_with(table, before):
        return None
    if isinstance(table, dict) and not _KEYS.issuperset(map(type, table)):
        return None
    return tuple(entries_of(table)[len(before) :])


def _begins_with(table: Any, before: Any) -> bool:
    """Whether a table still has what it had, at the same places. No value is asked."""
    if len(table) < len(before) or not all(map(is_, before, table)):
        return False
    return isinstance(table, list) or all(map(is_, before.values(), table.values()))
