"""What an object holds, each with how Python writes the way there. Nothing is woken."""

import gc
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain, islice
from types import (
    CodeType,
    FrameType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    TracebackType,
)
from typing import Any, NamedTuple

from liveimport.effects.loaded.modules import namespace_of
from liveimport.effects.loaded.walk import (
    MOST_ENTRIES,
    OF_EACH_CLASS,
    PLAIN,
    all_attributes_of_class,
    attributes_of_class,
    slots_of,
)

_CONTAINERS = (dict, list, tuple, deque)
_DESCRIPTORS = (GetSetDescriptorType, MemberDescriptorType)
_NOT_ENTERED = (CodeType, FrameType, ModuleType, TracebackType)
_OPEN_LIBRARIES = frozenset(
    (
        *("IPython", "ipykernel", "liveimport", "logging", "threading", "_thread", "weakref"),
        *("asyncio", "tornado", "traitlets", "uvloop", "zmq"),
    )
)
"""Objects of these lead to all that the session has."""

_module_of: Callable[[type], object] = type.__dict__["__module__"].__get__


def _is_of_module(held: dict[Any, Any]) -> bool:
    """Whether a dict is that of a loaded module, or has all of them."""
    name = held.get("__name__")
    of_module = type(name) is str and namespace_of(sys.modules.get(name)) is held
    return of_module or held is sys.modules


class Member(NamedTuple):
    """An object that another one holds.

    Attributes:
        value: The object.
        kind: ``"."`` for an attribute, ``"[]"`` for an entry, empty if Python cannot write it.
        key: The name of the attribute, or the key or place of the entry.
    """

    value: Any
    kind: str = ""
    key: object = None


class Members:
    """Finds what objects hold.

    Args:
        closed: The ids of dicts that are not entered, besides those of modules.
        most_entries: How many entries of a container are looked at.

    Attributes:
        is_cut: Whether some object had so much that part of it was left out. To be reset.
    """

    def __init__(
        self, closed: frozenset[int] = frozenset(), most_entries: int = MOST_ENTRIES
    ) -> None:
        self._closed = closed
        self._most_entries = most_entries
        self._attributes: dict[type, tuple[tuple[tuple[str, Any], ...], bool]] = {}
        self.is_cut: bool = False

    def of(self, value: Any) -> Iterator[Member]:
        """Returns what an object holds."""
        kind = type(value)
        if kind in _PARTS:
            return _PARTS[kind](value)
        if issubclass(kind, type):
            return _of_class(value)
        if issubclass(kind, _CONTAINERS):
            held = self._of_container(value)
            return held if kind in _CONTAINERS else chain(held, self._of_instance(value, kind))
        is_closed = str(_module_of(kind)).partition(".")[0] in _OPEN_LIBRARIES
        if is_closed or not gc.is_tracked(value) or issubclass(kind, _NOT_ENTERED):
            return iter(())
        return self._of_instance(value, kind)

    def _of_container(self, value: Any) -> Iterator[Member]:
        """Yields what a container holds. No code of a subclass runs."""
        if isinstance(value, dict):
            if id(value) in self._closed or _is_of_module(value):
                return
            for key, held in self._some_of(dict.items(value), _is_plain_item):
                yield Member(held, "[]", key)
                if type(key) not in PLAIN:
                    yield Member(key)
            return
        base = next(base for base in _CONTAINERS if isinstance(value, base))
        entries = self._some_of(base.__iter__(value), _is_plain)
        if entries:
            for place, held in enumerate(entries):
                if type(held) not in PLAIN:
                    yield Member(held, "[]", place)

    def _some_of(
        self, entries: Iterable[Any], are_plain: Callable[[list[Any]], bool]
    ) -> list[Any]:
        """Returns the first of many entries, or none if these are numbers and texts only.

        A container with many of them is data.
        """
        first = list(islice(entries, self._most_entries + 1))
        if are_plain(first):
            return []
        self.is_cut = self.is_cut or len(first) > self._most_entries
        return first

    def _of_instance(self, value: Any, kind: type) -> Iterator[Member]:
        """Yields the attributes of an object, then what else the collector sees in it."""
        seen = {id(kind)}
        descriptors, has_dict = self._attributes_of(kind)
        for name, descriptor in descriptors:
            with suppress(Exception):  # it is not set
                held = descriptor.__get__(value)
                seen.add(id(held))
                yield Member(held, ".", name)
        if has_dict:
            # A class may have put a property in its place.
            with suppress(Exception):
                attributes = object.__getattribute__(value, "__dict__")
                seen.add(id(attributes))
                for name, held in tuple(attributes.items()):
                    seen.add(id(held))
                    yield Member(held, ".", name)
        for held in self._some_of(iter(gc.get_referents(value)), _is_plain):
            if id(held) not in seen and id(held) not in self._closed:
                yield Member(held)

    def _attributes_of(self, kind: type) -> tuple[tuple[tuple[str, Any], ...], bool]:
        """Returns the slots of a class, and whether its instances have a dict."""
        known = self._attributes.get(kind)
        if known is None:
            has_dict = type(all_attributes_of_class(kind).get("__dict__")) in _DESCRIPTORS
            known = self._attributes[kind] = (tuple(slots_of(kind).items()), has_dict)
        return known


def _is_plain(values: list[Any]) -> bool:
    return PLAIN.issuperset(map(type, values))


def _is_plain_item(items: list[tuple[Any, Any]]) -> bool:
    return _is_plain(list(chain.from_iterable(items)))


def _of_function(function: FunctionType) -> Iterator[Member]:
    for name, value in tuple(function.__dict__.items()):
        yield Member(value, ".", name)
    for place, cell in enumerate(function.__closure__ or ()):
        with suppress(ValueError):  # it is empty
            yield Member(cell.cell_contents, ".", f"__closure__[{place}].cell_contents")
    for place, value in enumerate(function.__defaults__ or ()):
        yield Member(value, ".", f"__defaults__[{place}]")
    for name, value in (function.__kwdefaults__ or {}).items():
        yield Member(value, ".", f"__kwdefaults__[{name!r}]")


def _of_class(cls: type) -> Iterator[Member]:
    """Yields what a class of the notebook has. Others are of modules."""
    if _module_of(cls) != "__main__":
        return
    held: Mapping[str, Any] = attributes_of_class(cls)
    for name, value in held.items():
        if name not in OF_EACH_CLASS:
            yield Member(value, ".", name)


def _of_method(method: MethodType) -> Iterator[Member]:
    yield Member(method.__self__, ".", "__self__")
    yield Member(method.__func__, ".", "__func__")


_PARTS: Mapping[type, Callable[[Any], Iterator[Member]]] = {
    FunctionType: _of_function,
    MethodType: _of_method,
}
