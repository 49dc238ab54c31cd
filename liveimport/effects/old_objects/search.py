"""A search for what is old, from the names of a namespace, level by level."""

import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from types import FunctionType
from typing import Any, NamedTuple

from liveimport.core.overview.old_objects import INSTANCE
from liveimport.core.report import messages
from liveimport.effects.loaded.walk import MOST_ENTRIES, PLAIN, attributes_of_class, mro_of
from liveimport.effects.old_versions.definitions import Definitions, Old
from liveimport.effects.old_versions.new_versions import new_version_of

from .members import Member, Members

_OFTEN = 64
_DEEPEST_FUNCTION = 4


class Bounds(NamedTuple):
    """How far a search goes.

    Attributes:
        deadline: When, by the monotonic clock.
        deepest: How many levels from the names.
        most_entries: How many entries of a container.
        every: Whether it finds all that a name leads to, or the nearest.
        through: Whether it looks at what old objects hold.
    """

    deadline: float = float("inf")
    deepest: int = 12
    most_entries: int = MOST_ENTRIES
    every: bool = False
    through: bool = False


class Holding(NamedTuple):
    """An old object that a name leads to.

    Attributes:
        name: The name.
        path: How Python writes the way to the object, as far as it can. Of all that is alike
            below a name, the first has it.
        is_path: Whether the path is the whole way.
        old: What is old about it.
        has_state_dict: Whether it can give its state to another, as a torch module can.
        can_upgrade: Whether it can get the present version of its class, as far as that is seen.
        value: The object; None once nobody has to know it any more, so that it may go.
        total: For how many alike below the name it stands.
    """

    name: str
    path: str
    is_path: bool
    old: Old
    has_state_dict: bool
    can_upgrade: bool
    value: Any
    total: int = 1


class Found(NamedTuple):
    """What a search found.

    Attributes:
        holdings: The old objects, those of a name together, the nearest first.
        is_complete: Whether all names that hold nothing old were looked at in full.
    """

    holdings: tuple[Holding, ...] = ()
    is_complete: bool = True

    def first_of_each_name(self) -> "Found":
        """Returns the nearest old object of each name, without holding the objects."""
        totals = Counter((holding.name, holding.old) for holding in self.holdings)
        first: dict[str, Holding] = {}
        for one in self.holdings:
            if one.name not in first:
                total = totals[one.name, one.old]
                first[one.name] = one._replace(value=None, total=total)
        return Found(tuple(first.values()), self.is_complete)


class _Node(NamedTuple):
    name: str
    member: Member
    above: "_Node | None"


def search(
    names: Iterable[tuple[str, Any]],
    definitions: Definitions,
    *,
    bounds: Bounds = Bounds(),  # noqa: B008  # it cannot change
    closed: Iterable[int] = (),
) -> Found:
    """Returns the old objects that names lead to.

    All names are looked at before what they hold, so that the bounds cut off what is deep.
    """
    members = Members(frozenset(closed), bounds.most_entries)
    return _Search(definitions, members, bounds).run(names)


class _Search:
    def __init__(
        self,
        definitions: Definitions,
        members: Members,
        bounds: Bounds,
    ) -> None:
        self._members = members
        self._definitions = definitions
        self._bounds = bounds
        self._holdings: list[Holding] = []
        self._done: set[str] = set()
        self._cut: set[str] = set()
        self._kinds: set[tuple[str, Old]] = set()
        # By name, the objects themselves: an object that is made on the way keeps its id.
        self._visited: dict[str, dict[int, Any]] = {}
        self._count = 0
        self._late = False

    def run(self, names: Iterable[tuple[str, Any]]) -> Found:
        level = [_Node(name, Member(value), None) for name, value in names]
        depth = 0
        while level and depth < self._bounds.deepest:
            depth += 1
            # All of a level is looked at before what it holds is even listed.
            entered = [node for node in level if self._look(node)]
            level = [below for node in entered for below in self._nodes_below(node)]
        self._cut.update(node.name for node in level)
        return self._found()

    def _is_late(self) -> bool:
        """Whether the time is over. To ask the clock takes as long as to look at an object."""
        if self._count >= _OFTEN:
            self._count = 0
            self._late = self._late or time.monotonic() > self._bounds.deadline
        return self._late

    def _look(self, node: _Node) -> bool:
        """Notes what is old about an object. Returns whether to look at what it holds."""
        if self._is_cut_off(node):
            return False
        value = node.member.value
        self._count += 1
        visited = self._visited.setdefault(node.name, {})
        if id(value) in visited:
            return False
        visited[id(value)] = value
        try:
            old = self._definitions.old(value)
        except Exception:  # noqa: BLE001  # objects of users may raise anything when they are read
            return False
        if old is not None:
            self._note(node, old)
        return old is None or self._bounds.through

    def _is_cut_off(self, node: _Node) -> bool:
        """Whether there is no time left for an object, or no need to look at it."""
        if self._is_late():
            self._cut.add(node.name)
            return True
        return not self._bounds.every and node.name in self._done

    def _nodes_below(self, node: _Node) -> list[_Node]:
        if self._is_cut_off(node):
            return []
        self._members.is_cut = False
        found: list[_Node] = []
        with suppress(Exception):  # as above
            for member in self._members.of(node.member.value):
                if type(member.value) not in PLAIN:
                    found.append(_Node(node.name, member, node))
                    self._count += 1
                    if self._is_late():
                        self._members.is_cut = True
                        break
        if self._members.is_cut:
            self._cut.add(node.name)
        return found

    def _note(self, node: _Node, old: Old) -> None:
        value = node.member.value
        # The first of its kind stands for the others.
        is_first = (node.name, old) not in self._kinds
        self._kinds.add((node.name, old))
        path, is_path = _path_of(node) if is_first else ("", False)
        is_instance = is_first and old.kind == INSTANCE
        gives_state = is_instance and _gives_its_state(type(value))
        can_upgrade = is_instance and isinstance(
            new_version_of(type(value), self._definitions), type
        )
        holding = Holding(node.name, path, is_path, old, gives_state, can_upgrade, value)
        self._holdings.append(holding)
        self._done.add(node.name)

    def _found(self) -> Found:
        """Returns what was found, in the order of the names."""
        places = {name: place for place, name in enumerate(self._visited)}
        holdings = sorted(self._holdings, key=lambda holding: places[holding.name])
        return Found(tuple(holdings), is_complete=self._cut <= self._done)


def _path_of(node: _Node) -> tuple[str, bool]:
    """Returns the way to an object as Python writes it, and whether it is all of the way."""
    members: list[Member] = []
    name, above = node.name, node
    while above.above is not None:
        members.append(above.member)
        above = above.above
    path = name
    for member in reversed(members):
        if member.kind == ".":
            path = messages.attribute_of(path, str(member.key))
        elif member.kind == "[]":
            path = messages.member_of(path, _repr_of(member.key))
        else:
            return path, False
    return path, True


def _repr_of(key: object) -> str:
    try:
        return repr(key)
    except Exception:  # noqa: BLE001  # objects of users may raise anything when they are printed
        return "…"


def _gives_its_state(cls: type) -> bool:
    """Whether a class has both methods of a torch module. None of its objects is asked."""
    names = {name for base in mro_of(cls) for name in attributes_of_class(base)}
    return {"state_dict", "load_state_dict"} <= names


def functions_of(values: Iterable[Any], definitions: Definitions) -> list[FunctionType]:
    """Returns functions among old objects, and the methods of their old classes."""
    members = Members()
    found: dict[int, FunctionType] = {}
    seen: dict[int, Any] = {}
    level: list[Any] = []
    for value in values:
        level += [value] if type(value) is FunctionType else _old_classes(value, definitions)
    for _ in range(_DEEPEST_FUNCTION):
        below: list[Any] = []
        for value in level:
            if id(value) in seen:
                continue
            seen[id(value)] = value
            if type(value) is FunctionType:
                found[id(value)] = value
            if issubclass(type(value), type):
                is_old = definitions.first_old_class(value) is value
                below += attributes_of_class(value).values() if is_old else ()
            else:
                below += [member.value for member in members.of(value)]
        level = below
    return list(found.values())


def _old_classes(value: Any, definitions: Definitions) -> list[type]:
    cls = value if issubclass(type(value), type) else type(value)
    return [base for base in mro_of(cls) if definitions.first_old_class(base) is base]
