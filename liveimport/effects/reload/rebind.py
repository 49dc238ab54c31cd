"""The user's names, bound again."""

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple

from liveimport.core.imports import STAR, Binding, Rebinds, Registration, with_parents
from liveimport.core.planning.plan import Keyed
from liveimport.effects.loaded.modules import public_names

Namespaces = Mapping[int, MutableMapping[str, Any]]


class Rebound(NamedTuple):
    """What became of the bindings that reloaded modules decide, by namespace key.

    Attributes:
        made: Those that were made again.
        vanished: Those that could not be made.
    """

    made: Keyed
    vanished: Keyed


class RebindError(Exception):
    """A binding could not be made again.

    Attributes:
        binding: The binding.
        reason: What was raised.
    """

    def __init__(self, binding: Binding, reason: Exception) -> None:
        super().__init__(binding.statement)
        self.binding = binding
        self.reason = reason


def public_names_of(registrations: Sequence[Registration]) -> dict[str, tuple[str, ...]]:
    """Returns the public names of every module that is registered with a star."""
    return {
        binding.module: public_names(module)
        for registration in registrations
        for binding in registration.bindings
        if binding.attribute == STAR
        for module in (sys.modules.get(binding.module),)
        if module is not None
    }


def bind_names(
    wanted: Iterable[tuple[int, Rebinds]],
    namespaces: Namespaces,
    bind: Callable[[MutableMapping[str, Any], str, object], None],
) -> Rebound:
    """Makes the wanted bindings again, each by a call of `bind`.

    Raises:
        RebindError: Getting or binding a value raised, other than for a name that is not there.
        KeyboardInterrupt: The user interrupted a module that loads a value when it is asked.
    """
    made: list[tuple[int, Binding]] = []
    vanished: list[tuple[int, Binding]] = []
    for key, names in wanted:
        vanished.extend((key, binding) for binding in names.vanished)
        for binding in names.bind:
            try:
                value = value_of(binding)
            except (AttributeError, ModuleNotFoundError):
                vanished.append((key, binding))
                continue
            except Exception as error:
                raise RebindError(binding, error) from error
            try:
                bind(namespaces[key], binding.name, value)
            except Exception as error:
                raise RebindError(binding, error) from error
            made.append((key, binding))
    return Rebound(tuple(made), tuple(vanished))


def value_of(binding: Binding) -> object:
    """Returns what the binding's statement would bind now.

    Raises:
        AttributeError: The module has no such name.
        ModuleNotFoundError: It is a package, and has no such submodule either.
    """
    if binding.attribute is None:
        return _submodule(binding.module) if binding.aliased else _top_of(binding.module)
    module = importlib.import_module(binding.module)
    if not hasattr(module, binding.attribute) and hasattr(module, "__path__"):
        return importlib.import_module(f"{binding.module}.{binding.attribute}")
    return getattr(module, binding.attribute)


def _top_of(name: str) -> object:
    return importlib.import_module(name.partition(".")[0])


def _submodule(name: str) -> object:
    """Returns what ``import a.b.c as x`` binds: what packages have under the names b and c.

    Raises:
        ModuleNotFoundError: There is no such module.
    """
    importlib.import_module(name)
    value = _top_of(name)
    for path in with_parents((name,))[1:]:
        try:
            value = getattr(value, path.rpartition(".")[2])
        except AttributeError:
            value = sys.modules[path]
    return value
