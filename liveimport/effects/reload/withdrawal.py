"""What a module has added to tables of others: taken out before it runs again, where others do not.

While it runs, such a table is as it was when the module ran first: without what was added later.
"""

from collections.abc import Collection, Iterable, Mapping
from operator import is_
from typing import Any

from liveimport.core.trace import Trace
from liveimport.effects.loaded.tables import Table
from liveimport.effects.loaded.walk import PLAIN
from liveimport.effects.logs.entries import Added, Entries, entries_of


class _Withdrawal:
    """One table, while a module runs and after it.

    Attributes:
        module: The module that runs.
        old: What it had added.
        content: All that the table had.
        place: Where that of the module began.
        new: What the module has added now; None while it runs.
    """

    def __init__(self, module: str, old: Added, content: list[Any], place: int) -> None:
        self.module = module
        self.old = old
        self.content = content
        self.place = place
        self.new: list[Any] | None = None

    def take_out(self) -> None:
        """Lets the table have only what it had when the module ran first."""
        _cut(self.old.table, self.place)

    def finish(self) -> None:
        """Puts back what was added later, behind what the module has added now."""
        table = self.old.table
        self.new = entries_of(table)[self.place :]
        _extend(table, self.content[self.place + len(self.old.content) :])

    def undo(self) -> None:
        """Lets the table have all that it had."""
        _cut(self.old.table, 0)
        _extend(self.old.table, self.content)


class Withdrawals:
    """What was taken out of tables, and what came in its place."""

    def __init__(
        self,
        entries: Entries,
        running: Collection[str],
        spared: Collection[str],
        traces: Mapping[str, Trace],
    ) -> None:
        self._entries = entries
        self._running = running
        self._spared = spared
        self._traces = traces
        self._made: list[_Withdrawal] = []
        # By module that has begun, what it had added before.
        self._before: dict[str, tuple[Added, ...]] = {}

    def begin(self, module: str) -> list[Any]:
        """Takes out what a module has added, before it runs. Returns the tables."""
        made: list[_Withdrawal] = []
        self._before[module] = self._entries.of(module)
        for added in self._before[module]:
            content = entries_of(added.table)
            place = _place_of(added, content)
            if place >= 0 and self._owners(added, module).isdisjoint(self._running):
                made.append(_Withdrawal(module, added, content, place))
        self._made += made
        for one in made:
            one.take_out()
        return [one.old.table for one in made]

    def end(self, module: str) -> list[Any]:
        """Puts back what was added after a module. Returns the tables."""
        made = [one for one in self._made if one.module == module and one.new is None]
        for one in reversed(made):
            one.finish()
        return [one.old.table for one in made]

    def undo(self, modules: Collection[str]) -> None:
        """Puts everything back as it was before these modules ran, whose group failed.

        If an interrupt comes, it can be called again.
        """
        made = [one for one in self._made if one.module in modules]
        withdrawn = {id(one.old.table) for one in made}
        for module in [module for module in reversed(self._before) if module in modules]:
            before = self._before[module]
            for added in self._entries.of(module):
                is_new = all(added is not one for one in before)
                if is_new and id(added.table) not in withdrawn:
                    _take_off(added)
            self._entries.put_back(module, before)
            del self._before[module]
        for one in reversed(made):
            one.undo()
            self._made.remove(one)

    def explains(self, table: Table) -> bool:
        """Whether all that has changed in a table is that modules have other values in it now."""
        made = [one for one in self._made if one.old.table is table.now]
        expected = entries_of(table.before)
        for one in made:
            place = _place_of(one.old, expected)
            if place < 0 or not self._is_in_place(one):
                return False
            expected[place : place + len(one.old.content)] = one.new or ()
        now = entries_of(table.now) if made else []
        return bool(made) and len(now) == len(expected) and _are_same(table.now, now, expected)

    def unexplained(self, changed: Iterable[Table]) -> frozenset[str]:
        """Returns the modules to whose tables something else was added than what was taken out.

        Or of which something else has `changed`.
        """
        tables = [table.now for table in changed]
        return frozenset(
            owner
            for one in self._made
            # What is only gone is gone for a fresh interpreter too.
            if one.new or self._is_judged(one)
            if any(one.old.table is table for table in tables)
            or (one.new is not None and not self._is_in_place(one))
            for owner in self._owners(one.old, one.module)
        )

    def _is_judged(self, one: _Withdrawal) -> bool:
        """Whether it was asked who may have used the entries: only of what could have to run."""
        return self._owners(one.old, one.module).issubset(self._spared)

    def _is_in_place(self, one: _Withdrawal) -> bool:
        """Whether a module has added entries with the same keys as before.

        With the same values too, if nobody asked who may have used them.
        """
        if one.new is None or not _have_same_keys(one.old, one.new):
            return False
        return self._is_judged(one) or _have_same_values(one.old, one.new)

    def _owners(self, added: Added, module: str) -> set[str]:
        """Returns the modules whose table it is, not those that only import it."""
        return {
            entry.module
            for entry in added.entries
            if entry.module != module
            and (
                entry.module not in self._traces
                or entry.name not in self._traces[entry.module].surface.imported
            )
        }


def _take_off(added: Added) -> None:
    """Takes entries off the end of a table, if they are there."""
    content = entries_of(added.table)
    place = len(content) - len(added.content)
    if place >= 0 and _are_same(added.table, content[place:], added.content):
        _cut(added.table, place)


def _place_of(added: Added, content: list[Any]) -> int:
    """Returns where entries stand in a table, in one piece; -1 if they do not, or at many places."""
    size, first = len(added.content), added.content[:1]
    places = [
        place
        for place in range(len(content) - size + 1)
        # Most places are told by their first entry.
        if _are_same(added.table, content[place : place + 1], first)
        and _are_same(added.table, content[place : place + size], added.content)
    ]
    return places[0] if len(places) == 1 else -1


def _are_same(table: Any, some: Iterable[Any], others: Iterable[Any]) -> bool:
    """Whether entries of a table are the same, one by one. No value is asked."""
    if isinstance(table, list):
        return all(map(is_, some, others))
    return all(
        key is other_key and value is other
        for (key, value), (other_key, other) in zip(some, others, strict=True)
    )


def _have_same_keys(old: Added, new: list[Any]) -> bool:
    if len(old.content) != len(new):
        return False
    return isinstance(old.table, list) or all(
        key == other for (key, _), (other, _) in zip(old.content, new, strict=True)
    )


def _have_same_values(old: Added, new: list[Any]) -> bool:
    """Whether entries have the same values, or equal ones that are plain."""
    values = Added(old.table, tuple(new), old.entries).values
    return all(
        value is other
        or (type(value) in PLAIN and type(value) is type(other) and value == other)
        for value, other in zip(old.values, values, strict=True)
    )


def _cut(table: Any, place: int) -> None:
    """Takes out all entries from a place on."""
    if isinstance(table, list):
        del table[place:]
    else:
        for key in list(table)[place:]:
            dict.__delitem__(table, key)


def _extend(table: Any, entries: list[Any]) -> None:
    if isinstance(table, list):
        list.extend(table, entries)
    else:
        dict.update(table, entries)
