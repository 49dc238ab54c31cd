"""Which modules hold a class or function of another in their own values: the holds (R4).

A table of plug-ins holds what the plug-ins registered; it has to be filled again when one of
them reloads. So values are scanned right after loads, and never when a file is edited: what the
notebook puts into a table is no hold.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from liveimport.core.model import NO_HOLDS, Hold, Holds

from .tables import Origin, Tables
from .walk import Homes, Walk, dicts_of

_ALL = "__all__"
_NEAR = 3
"""So many imports away code sets attributes on classes: through a package, and a helper in it."""
_NOTHING: tuple[int, tuple[str, ...]] = (0, ())


class KnownEntries(Protocol):
    """What is known of the entries that modules have added to tables of others."""

    def owners(self) -> frozenset[str]:
        """Returns the modules to whose tables entries were added."""

    def known(self) -> Mapping[int, Collection[int]]:
        """Returns by the id of each table the ids of what is in its entries."""

    def values_of(self, module: str, owner: str) -> Sequence[object]:
        """Returns what a module has added to tables of another one."""


class HoldScanner:
    """Scans what loads bring, once each."""

    def __init__(self, entries: KnownEntries) -> None:
        self._entries = entries
        # By module: its dict, and the names in it that lead to something that can change.
        self._scanned: dict[str, tuple[int, tuple[str, ...]]] = {}

    def scan_new(self, project: Iterable[str]) -> Holds:
        """Returns what those of the project's modules hold that were not scanned yet.

        And what the others hold of these.
        """
        dicts = dicts_of(project)
        new = {n for n, held in dicts.items() if self._scanned.get(n, _NOTHING)[0] != id(held)}
        if not new:
            return NO_HOLDS
        homes = Homes(dicts)
        everything = self._scan(new, dicts, homes)
        added: dict[str, tuple[Hold, ...]] = {}
        for name in dicts.keys() - new:
            walk = Walk(name, homes)
            held, (_, changeable) = dicts[name], self._scanned[name]
            values = {top: held[top] for top in changeable if top in held}
            for value in values.values():
                walk.enter(value)
            found = self._marked(name, homes, values, walk.holds())
            added[name] = tuple(hold for hold in found if hold.module in new)
        return Holds(everything, _without_empty(added))

    def tables(
        self,
        project: Iterable[str],
        running: Collection[str],
        dependencies: Mapping[str, Collection[str]],
    ) -> Tables:
        """Returns the tables of modules that do not run, as they are.

        Of those that the running ones import, what code sets on them by name counts as well. So
        do the attributes of classes, in modules that are at most three imports away: all classes
        of 1,000 modules would take 2.4 ms of an edit.
        """
        dicts = dicts_of(project)
        tables = Tables(dicts)
        tables.add(
            (name, top)
            for name, (_, changeable) in self._scanned.items()
            if name in dicts and name not in running
            for top in changeable
        )
        level, seen = set(running), set(running)
        near: list[str] = []
        for distance in range(_NEAR):
            level = {d for name in level for d in dependencies.get(name, ())} - seen
            seen |= level
            near += sorted(level.intersection(dicts))
            if distance == 0:
                for name in near:
                    tables.add_namespace(name, dicts[name])
        tables.add_classes(near)
        return tables

    def scan_after_run(
        self, project: Iterable[str], ran: Collection[str], tables: Tables
    ) -> tuple[Holds, Sequence[Sequence[Origin]]]:
        """Returns all that the modules hold that `ran`, and what the run did to the others.

        And the origins of the tables to which it added anything else.
        """
        others = (n for n in project if n in ran or n not in tables.dicts)
        dicts = {**tables.dicts, **dicts_of(others)}
        changed = tables.changed()
        everything = self._scan(ran, dicts, Homes(dicts))
        holds = Holds(everything, tables.added_holds(changed), tables.overwritten(changed, ran))
        return holds, tables.grown(changed)

    def _scan(
        self, names: Collection[str], dicts: Mapping[str, Mapping[str, Any]], homes: Homes
    ) -> dict[str, tuple[Hold, ...]]:
        sharing = _sharing_a_list(names, dicts)
        holds: dict[str, tuple[Hold, ...]] = {}
        for name in [name for name in dicts if name in names]:
            held = dicts[name]
            walk = Walk(name, homes)
            self._scanned[name] = (id(held), walk.enter_all(held))
            holds[name] = (
                *self._marked(name, homes, held, walk.holds()),
                *sharing.get(name, ()),
            )
        return holds

    def _marked(
        self, name: str, homes: Homes, held: Mapping[str, Any], holds: tuple[Hold, ...]
    ) -> tuple[Hold, ...]:
        """Returns holds that know whether they are only in entries that others have added."""
        if not holds or name not in self._entries.owners():
            return holds
        walk = Walk(name, homes, self._entries.known())
        walk.enter_all(held)
        otherwise = {hold.module for hold in walk.holds()}
        for other in {hold.module for hold in holds}:
            # In what a module has added, there may be something of a third one.
            inner = walk.going_on()
            for value in self._entries.values_of(other, name):
                inner.enter(value)
            otherwise |= {hold.module for hold in inner.holds()} - {other}
        return tuple(hold._replace(is_entry=hold.module not in otherwise) for hold in holds)


def _sharing_a_list(
    of: Iterable[str], dicts: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[Hold]]:
    """Returns by module who has the same list as `__all__` and adds names to it.

    Such a package runs together with the submodule whose list it is. Only who shares a list
    with one of these modules is looked for.
    """
    if not any(type(dicts[name].get(_ALL)) is list for name in of if name in dicts):
        return {}
    lists: dict[int, list[str]] = {}
    for name, held in dicts.items():
        if type(held.get(_ALL)) is list:
            lists.setdefault(id(held[_ALL]), []).append(name)
    return {
        name: [Hold(other, _ALL) for other in names if other != name]
        for names in lists.values()
        if len(names) > 1
        for name in names
        if any(public not in dicts[name] for public in dicts[name][_ALL])
    }


def _without_empty(
    holds: Mapping[str, tuple[Hold, ...]],
) -> dict[str, tuple[Hold, ...]]:
    return {name: held for name, held in holds.items() if held}
