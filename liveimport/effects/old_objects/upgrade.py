"""Giving instances of old classes the new version of their class: all of them, or none."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from liveimport.core.overview.old_objects import (
    INSTANCE,
    INSTANCE_OF_SUBCLASS,
    Upgrade,
    Upgraded,
    described,
)
from liveimport.core.report import messages
from liveimport.effects.loaded.walk import attributes_of_class, mro_of, slots_of
from liveimport.effects.old_versions.definitions import Definitions, full_name
from liveimport.effects.old_versions.new_versions import new_version_of

from .search import Bounds, Holding, search

_ITSELF = Bounds(deepest=1)
_DEEP = Bounds(deepest=sys.maxsize, most_entries=sys.maxsize - 1, every=True, through=True)
_HOOK = "__liveimport_upgrade__"
# A class may have a `__setattr__`, or a property of this name. It is not asked.
_set_class: Callable[[Any, type], None] = object.__dict__["__class__"].__set__


class _Step(NamedTuple):
    """What to do with one object."""

    value: Any
    old: type
    new: type
    path: str


def upgrade(objects: Sequence[object], definitions: Definitions, *, deep: bool) -> Upgrade:
    """Gives objects, and with `deep` all that they lead to, the new versions of their classes.

    Raises:
        TypeError: One of them cannot be upgraded. Nothing has changed then.
        Exception: Whatever the `__liveimport_upgrade__` of a class raises. The same holds.
    """
    steps: dict[int, _Step] = {}
    for value in objects:
        found = search([("", value)], definitions, bounds=_DEEP if deep else _ITSELF)
        for holding in found.holdings:
            step = _step(holding, definitions, deep=deep)
            if step is not None:
                steps.setdefault(id(step.value), step)
    _apply(list(steps.values()))
    totals: dict[tuple[str, bool], int] = {}
    for step in steps.values():
        key = (full_name(step.new), _hook_of(step.new) is not None)
        totals[key] = totals.get(key, 0) + 1
    return Upgrade(tuple(Upgraded(*key, total) for key, total in totals.items()))


def _step(holding: Holding, definitions: Definitions, *, deep: bool) -> _Step | None:
    """Returns what to do with what was found; None for what stays as it is.

    Raises:
        TypeError: It cannot be upgraded.
    """
    kind, old, subclass = holding.old
    if kind not in (INSTANCE, INSTANCE_OF_SUBCLASS):
        if deep:
            return None  # it is no instance, and was not asked for by itself
        raise TypeError(messages.no_instance(described(kind, old, subclass)))
    cls = type(holding.value)
    new = new_version_of(cls, definitions)
    if isinstance(new, str):
        raise TypeError(messages.cannot_upgrade(full_name(cls), new, holding.path))
    return _Step(holding.value, cls, new, holding.path)


def _hook_of(cls: type) -> Any:
    for base in mro_of(cls):
        found = attributes_of_class(base).get(_HOOK)
        if found is not None:
            return found
    return None


def _apply(steps: Sequence[_Step]) -> None:
    """Does all steps. If one fails, the others are undone."""
    states = [_state_of(step) for step in steps]
    done = 0
    try:
        for step in steps:
            done += 1
            _change_class(step)
        for step in steps:
            hook = _hook_of(step.new)
            if hook is not None:
                hook(step.value, step.old)
    except BaseException:
        for step, state in zip(steps[:done], states, strict=False):
            if type(step.value) is not step.old:
                _set_class(step.value, step.old)
            _restore(step.value, state)
        raise


def _change_class(step: _Step) -> None:
    try:
        _set_class(step.value, step.new)
    except TypeError as error:
        problem = messages.because_python_refuses(str(error))
        raise TypeError(
            messages.cannot_upgrade(full_name(step.old), problem, step.path)
        ) from None


class _State(NamedTuple):
    """The attributes of an object that a hook may change."""

    held: dict[str, Any] | None
    slots: Mapping[str, tuple[Any, Any]]


_UNSET = object()


def _state_of(step: _Step) -> _State | None:
    """Returns the attributes of an object; None if no code of its class will touch them."""
    if _hook_of(step.new) is None:
        return None
    held = _dict_of(step.value)
    slots = {name: (slot, _get(slot, step.value)) for name, slot in slots_of(step.old).items()}
    return _State(None if held is None else dict(held), slots)


def _restore(value: Any, state: _State | None) -> None:
    if state is None:
        return
    held = _dict_of(value)
    if held is not None and state.held is not None:
        held.clear()
        held.update(state.held)
    for slot, before in state.slots.values():
        now = _get(slot, value)
        if now is before:
            continue
        if before is _UNSET:
            slot.__delete__(value)
        else:
            slot.__set__(value, before)


def _get(slot: Any, value: Any) -> Any:
    try:
        return slot.__get__(value)
    except AttributeError:
        return _UNSET


def _dict_of(value: Any) -> dict[str, Any] | None:
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return held if isinstance(held, dict) else None
