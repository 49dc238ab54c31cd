"""The user's own names: told from those that imports bound; and their values, if replaced."""

import sys
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from types import FunctionType, NoneType
from typing import Any, NamedTuple

from liveimport.core import public
from liveimport.core.imports import Binding, last_bindings

from .loaded.modules import (
    MISSING,
    homes_of,
    loaded_namespace,
    public_names_of,
    value_in_dicts,
)

_CONSTANTS = (int, float, complex, bool, NoneType, str, bytes)
_LONGEST = 1000
"""Of a text. A longer one is not kept alive, as it may be somebody's data."""

_UNKNOWN = object()
"""Stands for a value that cannot be known again later."""


class _Held(NamedTuple):
    """The value that a module holds under a name, as long as it does."""

    module: str
    name: str


@public
class Replaced(Mapping[str | tuple[int, str], Any]):
    """The values of your own names that the last sync replaced, by name.

    A key is the name. If several namespaces lost a value of the same name, it is the number of
    the namespace, as `status` has it, and the name. The values stay until a sync replaces
    others, `clear` is called, or ``%reset``.
    """

    def __init__(self) -> None:
        self._values: Mapping[str | tuple[int, str], Any] = {}
        self._of_this_sync: dict[tuple[int, Binding], Any] = {}

    def __getitem__(self, key: str | tuple[int, str]) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str | tuple[int, str]]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Replaced({', '.join(map(repr, self))})"  # the values may be large

    def clear(self) -> None:
        """Forgets all values."""
        self._values, self._of_this_sync = {}, {}

    def begin_sync(self) -> None:
        """What is added from now on takes the place of what there is."""
        self._of_this_sync = {}

    def add(
        self,
        replaced: Sequence[tuple[int, Binding]],
        values: Sequence[Any],
        keys_of: Callable[[tuple[tuple[int, Binding], ...]], Iterable[str | tuple[int, str]]],
    ) -> None:
        """Adds values that this sync replaced. `keys_of` has the keys for the user."""
        if replaced:
            together = dict(self._of_this_sync)
            for one, value in zip(replaced, values, strict=True):
                together.setdefault(one, value)
            self._of_this_sync = together
            self._values = dict(zip(keys_of(tuple(together)), together.values(), strict=True))


class OwnNames:
    """Knows which names hold what an import or a sync bound. All others are the user's own.

    A value is known again by its identity. That keeps nothing alive but short constants.

    Attributes:
        replaced: The values that the last sync replaced.
    """

    def __init__(self) -> None:
        self.replaced: Replaced = Replaced()
        self._bound: dict[tuple[int, str], object] = {}

    def note_registered(
        self, key: int, namespace: MutableMapping[str, Any], bindings: tuple[Binding, ...]
    ) -> None:
        """Notes what a namespace holds that has executed these bindings.

        The user may have bound a name anew since. Only what a lazy package gives has to be
        taken on trust: to ask it again would run its code.
        """
        for name, binding in last_bindings(bindings, public_names_of(bindings)).items():
            value = namespace.get(name, MISSING)
            if value is MISSING:
                continue
            is_imports = (
                self.is_imported(key, name, value, (binding,), loaded_namespace)
                or (
                    value_in_dicts(binding, loaded_namespace) is MISSING
                    and not _is_defined_in(namespace, value)
                )
                # A submodule may have taken the name in its package since.
                or (binding.submodule in sys.modules and binding.module in homes_of(value))
            )
            self._bound[key, name] = _identity_of(value, binding) if is_imports else _UNKNOWN

    def note_bound(
        self, key: int, namespace: MutableMapping[str, Any], binding: Binding
    ) -> None:
        """Notes what a sync has just bound."""
        self._bound[key, binding.name] = _identity_of(namespace.get(binding.name), binding)

    def was_bound(self, key: int, name: str) -> bool:
        """Whether an import or a sync ever bound the name."""
        return (key, name) in self._bound

    def is_imported(
        self,
        key: int,
        name: str,
        value: object,
        bindings: Iterable[Binding],
        dict_of: Callable[[str], Mapping[str, Any]],
    ) -> bool:
        """Whether a value of the name is what an import or a sync bound.

        It is, too, if one of the `bindings` would give just this object, because the user ran
        the import again. `dict_of` has the dicts of the modules as they were before the sync.
        """
        return self._is_bound(key, name, value, dict_of) or any(
            value_in_dicts(b, dict_of) is value for b in bindings
        )

    def has_bound(self, key: int, name: str, value: object) -> bool:
        """Whether a value of the name is what an import or a sync bound to it last."""
        return self._is_bound(key, name, value, loaded_namespace)

    def _is_bound(
        self, key: int, name: str, value: object, dict_of: Callable[[str], Mapping[str, Any]]
    ) -> bool:
        known = self._bound.get((key, name), _UNKNOWN)
        if isinstance(known, weakref.ref):
            # If the object is gone, the reference gives None.
            known = _UNKNOWN if value is None else known()
        elif isinstance(known, _Held):
            known = dict_of(known.module).get(known.name, _UNKNOWN)
        return known is value


def _identity_of(value: object, binding: Binding) -> object:
    """Returns what the value of a binding can be known by later.

    It is a weak reference, a constant itself, or where a module holds it.
    """
    if type(value) in _CONSTANTS:
        is_long = isinstance(value, str | bytes) and len(value) > _LONGEST
        if not is_long:
            return value
    try:
        return weakref.ref(value)
    except TypeError:
        name = binding.attribute
        # A package that is asked by code has it from another module.
        for module in (binding.module, *list(sys.modules)):
            if name is not None and loaded_namespace(module).get(name, _UNKNOWN) is value:
                return _Held(module, name)
        return _UNKNOWN


def _is_defined_in(namespace: MutableMapping[str, Any], value: object) -> bool:
    """Whether the code of the namespace defined a function or a class."""
    if type(value) is FunctionType:
        return value.__globals__ is namespace
    name: object = namespace.get("__name__", "builtins")
    return issubclass(type(value), type) and name in tuple(homes_of(value))
