"""What code changes in modules while another one runs: compared, not guessed.

Of each module there is a copy of what can change in it, from the moment when it has run. It is
compared each time another module has run for a while, and might have changed it.
"""

import functools
import gc
import operator
import re
import sys
import threading
import typing
from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import is_
from pathlib import PurePath
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    CodeType,
    FunctionType,
    GenericAlias,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodWrapperType,
    ModuleType,
    UnionType,
    WrapperDescriptorType,
)
from typing import Any, NamedTuple

from liveimport.core.source.guards import BUILT_IN
from liveimport.core.trace import Entry, Load
from liveimport.effects.loaded.modules import MISSING, home_of, namespace_of
from liveimport.effects.loaded.tables import attributes_of, content_of
from liveimport.effects.loaded.walk import (
    CONTAINERS,
    PLAIN,
    Homes,
    Walk,
    attributes_of_class,
    members_of,
    mro_of,
    slots_of,
)

from .entries import Added, Entries, content_added

_DESCRIPTORS = (
    property,
    classmethod,
    staticmethod,
    ClassMethodDescriptorType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodWrapperType,
    WrapperDescriptorType,
)
_FIXED = frozenset(
    {
        *(int, float, complex, bool, str, bytes, type(None), type(Ellipsis)),
        *(GenericAlias, UnionType, *_DESCRIPTORS),
    }
)
_CACHE = type(functools.lru_cache(len))
"""What calls fill of it is nobody's table."""
_UNCHANGED = (
    _CACHE,
    functools.partial,
    type(re.compile("")),
    PurePath,
    GenericAlias,
    UnionType,
    MappingProxyType,
    type(threading.Lock()),
    type(threading.RLock()),
    type(vars(namedtuple("Pair", "first"))["first"]),  # noqa: PYI024  # its getter
    *(operator.itemgetter, operator.attrgetter, operator.methodcaller, slice),
    *filter(None, [getattr(typing, "TypeAliasType", None)]),
    *_DESCRIPTORS,
)
"""What has no dict, and that nobody changes."""
_TABLES = (dict, list, set)
_MOST_MODULES = 300
"""Of so many modules, all are compared if code may have got at any."""
_MOST_TABLES = 2_000
"""A module with more of them is not compared."""


class _Homes(Homes):
    """The homes of what modules have, as they come."""

    def __init__(self) -> None:
        self._by_name: dict[str, Mapping[str, Any]] = {}
        self._by_id: dict[int, str] = {}
        super().__init__(self._by_name)

    def add(self, name: str, namespace: Mapping[str, Any]) -> None:
        """Takes in a module, whose dict this is."""
        self._by_name[name] = namespace
        self._by_id[id(namespace)] = name

    @cached_property
    def by_dict(self) -> Mapping[int, str]:
        return self._by_id

    @property
    def module_dicts(self) -> Collection[int]:  # type: ignore[override]  # it grows
        return self._by_id.keys()


class _Slots(NamedTuple):
    """What an object has in slots.

    Attributes:
        value: The object.
        descriptors: Those of its slots.
    """

    value: object
    descriptors: tuple[Any, ...]

    def content(self) -> list[Any]:
        """Returns what is in the slots now. No code of the object runs."""
        found: list[Any] = []
        for descriptor in self.descriptors:
            try:
                found.append(descriptor.__get__(self.value))
            except AttributeError:
                found.append(MISSING)
        return found


def _parts_of(value: Any) -> list[Any]:
    """Returns what of a value can change: itself, its attributes, its slots; None if not known."""
    if isinstance(value, CONTAINERS):
        return [value]
    attributes = attributes_of(value)
    slots = tuple(slots_of(type(value)).values())
    # What C code keeps in an object is not seen.
    is_seen = attributes is not None or all(
        "__slots__" in attributes_of_class(cls) for cls in mro_of(type(value))[:-1]
    )
    parts: list[Any] = [_Slots(value, slots)] if slots and is_seen else []
    if attributes is not None or not is_seen:
        parts.append(attributes)
    return parts


class _Copy:
    """What can change in a module, and a copy of it."""

    def __init__(
        self,
        name: str,
        namespace: Mapping[str, Any],
        homes: Homes,
        others: Mapping[int, Collection[int]],
    ) -> None:
        # What others have added is theirs.
        walk = Walk(name, homes, others)
        walk.enter_all(namespace)
        caches = [one for one in walk.changeable if isinstance(one, _CACHE)]
        in_caches = {id(one) for cache in caches for one in gc.get_referents(cache)}
        found = [
            part
            for value in walk.changeable
            if not isinstance(value, _UNCHANGED)
            and id(value) not in in_caches
            and home_of(type(value)) != "typing"
            for part in _parts_of(value)
        ]
        classes = [cls for _, cls in homes.classes_of(name)]
        containers = [one for one in found if isinstance(one, CONTAINERS)]
        self.tables: list[Any] = [
            namespace,
            *classes,
            *(one for one in found if one is not None),
        ]
        self._module = name
        self.is_whole = None not in found and len(found) < _MOST_TABLES
        self.contents = list(map(self._content_of, self.tables)) if self.is_whole else []
        # Attributes of objects are no tables to which modules add themselves.
        attributes = {id(one) for one in found if one is not None} - {
            id(value) for value in walk.changeable
        }
        self._containers = set(map(id, containers)) - attributes
        self._ids = set(map(id, self.tables))
        self._names: dict[int, Sequence[str]] = {}

    def _content_of(self, table: Any) -> Any:
        """Returns a copy of what a table has. That a submodule is there is no change of a module."""
        if type(table) is _Slots:
            return table.content()
        if table is not self.tables[0]:
            return content_of(table)
        return {
            name: value
            for name, value in tuple(table.items())
            if type(value) is not ModuleType or not self._is_submodule(name, value)
        }

    def _is_submodule(self, name: str, value: ModuleType) -> bool:
        return namespace_of(value).get("__name__") == f"{self._module}.{name}"

    def changes(self) -> list[tuple[Any, tuple[Any, ...] | None]]:
        """Returns the tables that have changed since the last time, each with what was added.

        None, if that is not all that has changed in it.
        """
        found: list[tuple[Any, tuple[Any, ...] | None]] = []
        before_all = list(zip(self.tables, self.contents, strict=False))
        for place, (now, before) in enumerate(before_all):
            content = self._content_of(now)
            if not _same(content, before):
                self.contents[place] = content
                is_table = id(now) in self._containers
                if is_table:
                    self._take_in(one for one in members_of(content) if type(one) in _TABLES)
                found.append((now, content_added(now, before) if is_table else None))
        return found

    def _take_in(self, tables: Iterable[Any]) -> None:
        """Takes in tables in tables: others may add to them, too."""
        for table in tables:
            if id(table) not in self._ids:
                self.tables.append(table)
                self.contents.append(content_of(table))
                self._ids.add(id(table))
                self._containers.add(id(table))

    def names_leading_to(self, table: Any, homes: Homes) -> Sequence[str]:
        """Returns the names of the module that lead to a table."""
        if id(table) not in self._ids:
            return ()
        if id(table) not in self._names:
            self._names[id(table)] = [
                name for name in tuple(self.tables[0]) if self._leads_to(name, table, homes)
            ]
        return self._names[id(table)]

    def _leads_to(self, name: str, table: Any, homes: Homes) -> bool:
        walk = Walk(self._module, homes)
        walk.enter_all({name: self.tables[0].get(name)})
        return any(one is table for one in walk.changeable)

    def absorb(self, table: Any) -> None:
        """Takes a table as it is now, if it is one of these."""
        for place, one in enumerate(self.tables[: len(self.contents)]):
            if one is table:
                self.contents[place] = self._content_of(table)


class Compared(NamedTuple):
    """What a module has changed in others.

    Attributes:
        known: Those that could be compared.
        changed: Those in which something has changed otherwise than by entries of tables.
        entries: The tables of others to which it has added entries.
    """

    known: set[str]
    changed: set[str]
    entries: set[Entry]


class EffectLog:
    """What can change in modules that have run, and whether it did."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._homes = _Homes()
        self._copies: dict[str, _Copy] = {}
        # By id, which modules have a value that can change.
        self._having: dict[int, list[str]] = {}

    def begins(self, module: str, namespace: Mapping[str, Any]) -> None:
        """A module begins: it will change itself."""
        self._homes.add(module, namespace)
        self._copies.pop(module, None)
        self._entries.forget(module)

    def ended(self, module: str, namespace: Mapping[str, Any]) -> None:
        """A module has run."""
        self._homes.add(module, namespace)
        self._copies[module] = _Copy(module, namespace, self._homes, self._entries.known())
        for value in namespace.values():
            if type(value) not in PLAIN and not issubclass(
                type(value), ModuleType | type | FunctionType
            ):
                self._having.setdefault(id(value), []).append(module)

    def owners(self, value: object) -> Iterable[str]:
        """Returns the modules that may have to do with a value."""
        if issubclass(type(value), ModuleType):
            return (getattr(value, "__name__", ""),)
        if type(value) is FunctionType:
            return (self._homes.of_function(value) or "",)
        if issubclass(type(value), type):
            return (home_of(value),)
        return (*self._having.get(id(value), ()), home_of(type(value)))

    def all_of(self, module: str) -> set[str]:
        """Returns all other modules that have run, for code that may have got at any; none if many."""
        return self._copies.keys() - {module} if len(self._copies) <= _MOST_MODULES else set()

    def compare(self, module: str, others: Iterable[str]) -> Compared:
        """Returns what a module that runs has changed in others since the last time."""
        copies = {name: self._copies[name] for name in others if name in self._copies}
        known = {name for name, copy in copies.items() if copy.is_whole}
        changed: set[str] = set()
        found: set[Entry] = set()
        for name in known:
            for table, content in copies[name].changes():
                entries = self._leading_to(table) if content else frozenset()
                if content and entries:
                    self._entries.add(module, Added(table, content, entries))
                    self.absorb(table)
                    found |= entries
                else:
                    changed.add(name)
        return Compared(known, changed, found)

    def absorb(self, table: Any) -> None:
        """Takes a table as it is now, wherever it is."""
        for copy in self._copies.values():
            copy.absorb(table)

    def _leading_to(self, table: Any) -> frozenset[Entry]:
        """Returns the names of modules that lead to a table."""
        found: set[Entry] = set()
        for module, copy in self._copies.items():
            names = copy.names_leading_to(table, self._homes)
            found |= {Entry(module, name, isinstance(table, dict)) for name in names}
        return frozenset(found)


def _same(now: Any, before: Any) -> bool:
    """Whether two contents are the same, one by one. No value is asked."""
    if len(now) != len(before):
        return False
    if isinstance(now, dict):
        return all(map(is_, now, before)) and all(map(is_, now.values(), before.values()))
    return all(map(is_, now, before))


class Touched:
    """What the code that ran while a module did may have changed, as far as it has run.

    Attributes:
        is_anything: Whether it may have got at any module.
    """

    def __init__(self) -> None:
        self.is_anything: bool = False
        self._seen: set[int] = set()
        self._homes: set[str] = set()
        self._sets: set[Load] = set()
        self._sets_attributes = False
        # Loads that lead nowhere yet, and whose values those lead to that do: fixed ones, and others.
        self._waiting: set[Load] = set()
        self._fixed: set[str] = set()
        self._owners: set[str] = set()

    def by(
        self,
        name: str,
        ran: Iterable[tuple[str, CodeType]],
        owners: Callable[[object], Iterable[str]],
    ) -> set[str]:
        """Returns the modules that code may have changed; the code of `name`, and what it called."""
        from liveimport.core.source.reads import code_reads  # noqa: PLC0415  # only if it was on

        for home, code in ran:
            if id(code) in self._seen:
                continue
            self._seen.add(id(code))
            reads = code_reads(code)
            if home != name and (reads.may_change or reads.sets_attributes or reads.sets):
                self._homes.add(home)
            # Whose attributes a global leads to may be in doubt when the trace is made.
            self._sets_attributes |= reads.sets_attributes or bool(reads.sets)
            self.is_anything |= reads.is_unclear
            self._sets |= {(home, chain) for chain in reads.sets}
            self._waiting |= {(home, c) for c in reads.loads if c[0] not in BUILT_IN}
        for load in list(self._waiting):
            values = list(_values_of(load))
            if values:
                self._waiting.discard(load)
                is_fixed = all(map(_is_fixed, values)) and load not in self._sets
                found = self._fixed if is_fixed else self._owners
                found.update(owner for value in values for owner in owners(value))
        return self._homes | self._owners | (self._fixed if self._sets_attributes else set())


def is_changeable(load: Load) -> bool:
    """Whether a load leads to a value that code can change."""
    return not all(map(_is_fixed, _values_of(load)))


def value_of(load: Load) -> object:
    """Returns the value to which a load leads, by modules; what is no module is asked nothing."""
    return next(_values_of(load), MISSING)


def _values_of(load: Load) -> Iterator[object]:
    """Yields the value to which a load leads, by modules, and what it asks of classes.

    Nothing, if it leads nowhere: to a submodule that its package does not show, or a built-in.
    """
    module, chain = load
    held: Mapping[str, Any] = namespace_of(sys.modules.get(module))
    value: object = None
    for place, name in enumerate(chain, 1):
        if name not in held:
            return
        value = held[name]
        if not isinstance(value, ModuleType):
            yield value
            yield from _values_in(value, chain[place:])
            return
        held = namespace_of(value)
    yield value


def _values_in(value: object, names: Sequence[str]) -> Iterator[object]:
    """Yields what a class or function has under a name, with the class that has it; and so on."""
    for name in names:
        if type(value) is FunctionType and name in value.__dict__:
            value = value.__dict__[name]
            yield value
            continue
        bases = type.__getattribute__(value, "__mro__") if isinstance(value, type) else ()
        for base in bases:
            attributes = attributes_of_class(base)
            if name in attributes:
                value = attributes[name]
                yield from (base, value)
                break
        else:
            return


def _is_fixed(value: object) -> bool:
    """Whether nothing but setting attributes changes a value."""
    kind = type(value)
    if kind in _FIXED or issubclass(
        kind, ModuleType | type | FunctionType | BuiltinFunctionType
    ):
        return True
    if home_of(kind) == "typing":
        return True  # what annotations are made of
    if kind in (tuple, frozenset):
        return all(map(_is_fixed, value))  # type: ignore[call-overload]  # that is what it is
    return False
