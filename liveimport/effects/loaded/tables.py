"""What a run adds to the tables of modules that do not run, and taking it out again.

A table is a container, or the attributes of an object or class, that a module's values lead to.
"""

import weakref
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from gc import is_tracked
from operator import is_
from typing import Any, NamedTuple

from liveimport.core.model import Hold

from .walk import (
    CONTAINERS,
    DEEPEST,
    MOST_ENTRIES,
    Homes,
    Walk,
    attributes_of_class,
    is_plain,
    length_of,
    members_of,
    same_attributes,
)

_Content = dict[Any, Any] | list[Any]

Origin = tuple[str, str]
"""A module, and the name by which a table is reached; empty if it is the module's own dict."""


_MISSING = object()


class Entry(NamedTuple):
    """An entry of a dict, or an attribute of a class, that the run added or replaced."""

    key: Any
    value: Any
    former: Any


class Table(NamedTuple):
    """A table as it was before the run.

    Attributes:
        now: The container; for an object, its attributes; or the class.
        before: What was in it.
        origins: From where it is reached.
    """

    now: Any
    before: _Content
    origins: tuple[Origin, ...] = ()

    def added(self) -> list[Any]:
        """Returns the values and keys that were not in it."""
        before = set(map(id, members_of(self.before)))
        return [value for value in members_of(content_of(self.now)) if id(value) not in before]

    def entries(self) -> list[Entry]:
        """Returns what a dict or class has that is new, or that is another value than before."""
        if not isinstance(self.before, dict):
            return []
        content: Any = content_of(self.now)
        # By the id of the key: a key is asked nothing.
        before = {id(key): value for key, value in self.before.items()}
        entries = [Entry(k, v, before.get(id(k), _MISSING)) for k, v in content.items()]
        return [entry for entry in entries if entry.former is not entry.value]

    def replaced(self) -> list[Any]:
        """Returns the values in whose place there is another one now."""
        return [entry.former for entry in self.entries() if entry.former is not _MISSING]

    def is_changed(self) -> bool:
        """Whether it has more or fewer, or others that are not plain, or these in another order."""
        now, before = self.now, self.before
        if isinstance(before, dict) and _is_class(now):
            return _differs(now, before)
        if length_of(now) != len(before):
            return True
        return not (is_plain(now) or all(map(is_, members_of(now), members_of(before))))

    def restore(self, failed: Collection[int], kept: Callable[[Any], bool]) -> None:
        """Takes out what has an id in `failed`, and puts back the former values that are `kept`."""
        now = self.now
        if isinstance(self.before, dict):
            for entry in self.entries():
                if id(entry.key) in failed or id(entry.value) in failed or kept(entry.former):
                    _set(now, entry.key, entry.former)
        elif isinstance(now, set):
            for value in content_of(now):
                if id(value) in failed:
                    set.discard(now, value)
        elif failed:
            left = [value for value in content_of(now) if id(value) not in failed]
            if isinstance(now, list):
                list.__setitem__(now, slice(None), left)
            else:
                deque.clear(now)
                deque.extend(now, left)


class Tables:
    """The tables of the modules that do not run, as they were before the run.

    Many modules may lead to an object. It is walked once: it is noted who led to it, and from
    where a table is reached is only looked up if the run changed it.

    Attributes:
        dicts: By name, the dicts of the project's modules.
        is_explained: Whether it is known why a table has changed, so that it counts as unchanged.
    """

    def __init__(self, dicts: Mapping[str, Mapping[str, Any]]) -> None:
        self.dicts = dicts
        self.is_explained: Callable[[Table], bool] = lambda _table: False
        self._homes = Homes(dicts)
        self._tables: list[tuple[int, Table]] = []
        self._plain: list[tuple[Origin, Any, _Content]] = []
        # Dicts that refer to nothing of interest: where they are, they, and copies of them.
        self._atomic: tuple[Sequence[Origin], Sequence[dict[Any, Any]], Sequence[_Content]]
        self._atomic = ((), (), ())
        # By id of what was met: origins, and ids of what led to it. An id is of one object
        # while that lives.
        self._led_by: dict[int, list[Origin | int]] = {}
        self._alive: list[object] = []
        self._class_origins: Sequence[Origin] = ()
        self._classes: Sequence[type] = ()
        self._attributes: Sequence[dict[str, Any]] = ()

    def add(self, origins: Iterable[Origin]) -> None:
        """Takes in what is reached from values of modules.

        Most of them are small dicts, which need no walk. They are dealt with in bulk: so an edit
        of the top of 1,000 modules takes 2.5 ms less.
        """
        atomic: list[Origin] = []
        dicts: list[dict[Any, Any]] = []
        for origin in origins:
            value: Any = self.dicts[origin[0]].get(origin[1])
            if type(value) is dict and not is_tracked(value) and len(value) <= MOST_ENTRIES:
                atomic.append(origin)
                dicts.append(value)
            elif type(value) in CONTAINERS and is_plain(value):
                self._plain.append((origin, value, value.copy()))
            else:
                self._reach(origin, value, Walk(origin[0], self._homes))
        self._atomic = (atomic, dicts, list(map(dict.copy, dicts)))

    def _reach(self, origin: Origin, root: object, walk: Walk) -> None:
        level: list[tuple[Origin | int, Any]] = [(origin, root)]
        for _ in range(DEEPEST):
            below: list[tuple[Origin | int, Any]] = []
            for by, value in level:
                known = self._led_by.get(id(value))
                if known is not None:
                    known.append(by)
                elif walk.is_of_interest(value):
                    self._led_by[id(value)] = [by]
                    self._alive.append(value)
                    below += [(id(value), child) for child in self._entered(value, walk)]
            if not below:
                break
            level = below

    def _entered(self, value: Any, walk: Walk) -> Sequence[Any]:
        """Returns what a value refers to. If it is a table, it is taken in."""
        count = len(walk.changeable)
        kept = walk.kept_by(value)
        if len(walk.changeable) > count:
            now = value if isinstance(value, CONTAINERS) else attributes_of(value)
            if now is not None:
                self._tables.append((id(value), Table(now, content_of(now))))
        return kept

    def add_namespace(self, module: str, namespace: Mapping[str, Any]) -> None:
        """Takes in the dict of a module, on which running code may set names."""
        self._led_by[id(namespace)] = [(module, "")]
        self._tables.append((id(namespace), Table(namespace, content_of(namespace))))

    def add_classes(self, modules: Iterable[str]) -> None:
        """Takes in the attributes of the classes that modules define."""
        found = [(m, name, cls) for m in modules for name, cls in self._homes.classes_of(m)]
        self._class_origins = [(m, name) for m, name, _ in found]
        self._classes = [cls for *_, cls in found]
        self._attributes = list(map(attributes_of_class, self._classes))

    def changed(self) -> Sequence[Table]:
        """Returns those that the run changed."""
        tables = [(key, table) for key, table in self._tables if table.is_changed()]
        # They are compared together, for mostly none has changed.
        if not same_attributes(self._classes, self._attributes):
            classes = zip(self._classes, self._attributes, strict=True)
            tables += ((id(cls), Table(cls, b)) for cls, b in classes if _differs(cls, b))
        if tables:
            self._note_classes()
        found = [table._replace(origins=self._origins(key)) for key, table in tables]
        plain: dict[int, Table] = {}
        for origin, now, before in (*self._plain, *self._changed_atomic()):
            if len(now) != len(before) or not is_plain(now):
                table = plain.setdefault(id(now), Table(now, _listed(before)))
                plain[id(now)] = table._replace(origins=(*table.origins, origin))
        return [one for one in (*found, *plain.values()) if not self.is_explained(one)]

    def _note_classes(self) -> None:
        """Notes from where classes are reached. If nothing has changed, nobody asks for it."""
        for origin, cls in zip(self._class_origins, self._classes, strict=True):
            led_by = self._led_by.setdefault(id(cls), [])
            if origin not in led_by:
                led_by.append(origin)

    def _changed_atomic(self) -> Iterable[tuple[Origin, Any, _Content]]:
        """Returns the small dicts that may have changed: mostly none."""
        origins, now, before = self._atomic
        if list(map(len, now)) == list(map(len, before)) and not any(map(is_tracked, now)):
            return ()
        return zip(origins, now, before, strict=True)

    def _origins(self, key: int) -> tuple[Origin, ...]:
        origins: dict[Origin, None] = {}
        seen = {key}
        pending = [key]
        while pending:
            for by in self._led_by[pending.pop()]:
                if isinstance(by, tuple):
                    origins[by] = None
                elif by not in seen:
                    seen.add(by)
                    pending.append(by)
        return tuple(sorted(origins))

    def added_holds(self, changed: Iterable[Table]) -> dict[str, tuple[Hold, ...]]:
        """Returns by module what the run added of other modules to the changed tables."""
        holds: dict[str, dict[str, Hold]] = {}
        for table in changed:
            added = table.added()
            for module in dict.fromkeys(module for module, _ in table.origins):
                for hold in self._holds_of(module, added):
                    holds.setdefault(module, {}).setdefault(hold.module, hold)
        return {name: tuple(found.values()) for name, found in holds.items()}

    def grown(self, changed: Iterable[Table]) -> tuple[tuple[Origin, ...], ...]:
        """Returns the origins of the tables to which the run added but no holds."""
        return tuple(
            table.origins
            for table in changed
            if isinstance(table.now, CONTAINERS)
            and length_of(table.now) > len(table.before)
            and all(
                name and not self._holds_of(module, table.added())
                for module, name in table.origins
            )
        )

    def overwritten(self, changed: Iterable[Table], ran: Collection[str]) -> frozenset[str]:
        """Returns the modules in whose tables something of one that did not run was replaced."""
        return frozenset(
            module
            for table in changed
            for module in {module for module, name in table.origins if name}
            if any(h.module not in ran for h in self._holds_of(module, table.replaced()))
        )

    def take_out(self, modules: Collection[str]) -> None:
        """Takes out of the tables what leads to objects of `modules`, whose run failed.

        And puts back what it replaced of others. What other threads added meanwhile stays.
        """
        for table in self.changed():
            if all(name for _, name in table.origins):
                owners = {module for module, _ in table.origins}
                failed = {
                    id(value) for value in table.added() if self._leads(value, modules, owners)
                }
                table.restore(failed, partial(self._leads_elsewhere, owners))

    def _holds_of(self, module: str, values: Collection[Any]) -> tuple[Hold, ...]:
        walk = Walk(module, self._homes)
        for value in values:
            walk.enter(value)
        return walk.holds()

    def _leads_elsewhere(self, owners: Collection[str], value: Any) -> bool:
        """Whether a former value in a table of `owners` leads to something of another module."""
        return any(self._holds_of(owner, (value,)) for owner in owners)

    def _leads(self, value: Any, modules: Collection[str], owners: Collection[str]) -> bool:
        """Whether a value in a table of `owners` leads to something of `modules`."""
        if issubclass(type(value), weakref.ref) and weakref.ref.__call__(value) is None:
            return True  # what it led to has gone with the run
        return self._homes.of_class(type(value)) in modules or any(
            hold.module in modules
            for owner in owners
            for hold in self._holds_of(owner, (value,))
        )


def _listed(content: Any) -> _Content:
    return content if isinstance(content, dict) else list(content)


def attributes_of(value: object) -> dict[str, Any] | None:
    """Returns the attributes that an object has itself, in the dict that has them; else None."""
    # A class or a proxy may answer otherwise.
    with suppress(AttributeError, TypeError):
        held = object.__getattribute__(value, "__dict__")
        return held if type(held) is dict else None
    return None


def content_of(container: Any) -> _Content:
    """Returns a copy, whatever a subclass makes of copying."""
    if _is_class(container):
        return attributes_of_class(container)
    if isinstance(container, dict):
        return dict.copy(container)
    return list(members_of(container))


def _is_class(value: object) -> bool:
    return issubclass(type(value), type)


def _differs(cls: type, before: Mapping[str, Any]) -> bool:
    return not same_attributes((cls,), (before,))


def _set(table: Any, key: Any, value: object) -> None:
    """Sets an entry, or an attribute of a class. A subclass, or a metaclass, is not asked."""
    if _is_class(table):
        if value is _MISSING:
            type.__delattr__(table, key)
        else:
            type.__setattr__(table, key, value)
    elif value is _MISSING:
        dict.__delitem__(table, key)
    else:
        dict.__setitem__(table, key, value)
