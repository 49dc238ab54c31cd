"""How much memory objects take, with what they hold."""

import sys
from collections.abc import Iterable
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any

from liveimport.effects.loaded.walk import (
    CONTAINERS,
    PLAIN,
    attributes_of_class,
    is_plain,
    members_of,
    mro_of,
)

from .members import Members

_MOST_OBJECTS = 100_000


def size_of(values: Iterable[Any]) -> int:
    """Returns how many bytes objects take, each once, and what they hold.

    An array is asked for its `nbytes`. Classes, functions and modules do not count.
    """
    members = Members()
    seen: dict[int, Any] = {}
    pending, total = list(values), 0
    while pending and len(seen) < _MOST_OBJECTS:
        value = pending.pop()
        if id(value) in seen or issubclass(type(value), type | FunctionType | ModuleType):
            continue
        seen[id(value)] = value
        total += _own_size(value)
        if type(value) not in PLAIN:
            with suppress(Exception):  # objects of users may raise anything
                pending += _held_by(value, members)
    return total


def _held_by(value: Any, members: Members) -> list[Any]:
    """Returns what an object holds; numbers and texts in containers too, which `members` skips."""
    if issubclass(type(value), CONTAINERS) and is_plain(value):
        return list(members_of(value))
    return [member.value for member in members.of(value)]


def _own_size(value: Any) -> int:
    with suppress(Exception):  # objects of users may raise anything
        if any("nbytes" in attributes_of_class(cls) for cls in mro_of(type(value))):
            return int(value.nbytes)
        return sys.getsizeof(value, 0)
    return 0
