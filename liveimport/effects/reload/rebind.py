"""The user's names: whose values they hold, and binding them again."""

import importlib
import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple

from liveimport.core.imports import Binding, Rebinds, with_parents
from liveimport.core.planning.plan import Keyed
from liveimport.effects.loaded.lazy_imports import attribute, has_attribute
from liveimport.effects.loaded.modules import (
    homes_of,
    loaded_namespace,
)

Namespaces = Mapping[int, MutableMapping[str, Any]]


class Rebound(NamedTuple):
    """What became of the bindings that reloaded modules decide, by namespace key.

    Attributes:
        made: Those that were made again.
        vanished: Those that could not be made.
        unexported: Those of them whose module still has the name. A star does not give it.
        replaced: Those that took the place of a value of the user's.
        values: These values.
        kept: Those that were not made, because the name is the user's.
        deleted: Those that were not made, because the user deleted the name.
    """

    made: Keyed = ()
    vanished: Keyed = ()
    unexported: Keyed = ()
    replaced: Keyed = ()
    values: tuple[object, ...] = ()
    kept: Keyed = ()
    deleted: Keyed = ()


class RebindError(Exception):
    """A binding could not be made again.

    Attributes:
        binding: The binding.
        homes: The modules that defined the value which the name has.
        reason: What was raised.
    """

    def __init__(self, binding: Binding, value: object, reason: Exception) -> None:
        super().__init__(binding.statement)
        self.binding = binding
        self.homes: tuple[str, ...] = tuple(homes_of(value))
        self.reason = reason


def bind_names(
    wanted: Sequence[tuple[int, Rebinds]],
    namespaces: Namespaces,
    bind: Callable[[MutableMapping[str, Any], str, object], None],
    given: Mapping[tuple[int, Binding], object],
    was_bound: Callable[[int, str], bool],
) -> Rebound:
    """Makes the wanted bindings again, each by a call of `bind`. Some have their value `given`.

    A name that is not there keeps its last value. If it never was there (`was_bound`), and
    ``__all__`` lists it, its star import fails, as it does in a fresh interpreter.

    Raises:
        RebindError: Getting or binding a value raised, other than for a name that was there.
        KeyboardInterrupt: The user interrupted a module that loads a value when it is asked.
    """
    made: list[tuple[int, Binding]] = []
    vanished: list[tuple[int, Binding]] = []
    replaced: dict[tuple[int, Binding], object] = {}
    for key, names in wanted:
        vanished.extend((key, binding) for binding in names.vanished)
        namespace = namespaces[key]
        for binding in names.bind:
            previous = namespace.get(binding.name)
            try:
                value = given[key, binding] if (key, binding) in given else value_of(binding)
            except (AttributeError, ModuleNotFoundError) as error:
                if binding.via_star and not was_bound(key, binding.name):
                    raise RebindError(binding, previous, error) from error
                vanished.append((key, binding))
                continue
            except Exception as error:
                raise RebindError(binding, previous, error) from error
            try:
                bind(namespace, binding.name, value)
            except Exception as error:
                raise RebindError(binding, previous, error) from error
            made.append((key, binding))
            if binding.name in names.own and previous is not value:
                replaced[key, binding] = previous
    return Rebound(
        made=tuple(made),
        vanished=tuple(vanished),
        unexported=tuple((k, b) for k, b in vanished if _is_there(b)),
        replaced=tuple(replaced),
        values=tuple(replaced.values()),
        kept=tuple((key, binding) for key, names in wanted for binding in names.kept),
        deleted=tuple((key, binding) for key, names in wanted for binding in names.deleted),
    )


def _is_there(binding: Binding) -> bool:
    return binding.attribute in loaded_namespace(binding.module)


def value_of(binding: Binding) -> object:
    """Returns what the binding's statement would bind now.

    Raises:
        AttributeError: The module has no such name.
        ModuleNotFoundError: It is a package, and has no such submodule either.
    """
    if binding.attribute is None:
        return _submodule(binding.module) if binding.aliased else _top_of(binding.module)
    module = importlib.import_module(binding.module)
    if not has_attribute(module, binding.attribute) and hasattr(module, "__path__"):
        return importlib.import_module(f"{binding.module}.{binding.attribute}")
    return attribute(module, binding.attribute)


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
            value = attribute(value, path.rpartition(".")[2])
        except AttributeError:
            value = sys.modules[path]
    return value
