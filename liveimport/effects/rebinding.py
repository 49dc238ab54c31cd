"""The bindings that reloaded modules decide, made again in the namespaces."""

import importlib
import sys
from collections.abc import Callable, Collection, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple

from liveimport.core.registration import Binding, Registration, prefixes
from liveimport.core.rewriting import rewriting

from .restoring import Before
from .stars import public_names

Namespaces = Mapping[int, MutableMapping[str, Any]]

Exports = Mapping[str, tuple[str, ...]]

Keyed = tuple[tuple[int, Binding], ...]


class Rebound(NamedTuple):
    """What became of the bindings that reloaded modules decide, by namespace key.

    Attributes:
        made: Those that were made again.
        gone: Those that could not be made.
    """

    made: Keyed
    gone: Keyed


def exports(registrations: Sequence[Registration]) -> Exports:
    """Returns the public names of every module that is registered with a star."""
    return {
        binding.module: public_names(module)
        for registration in registrations
        for binding in registration.bindings
        if binding.attribute == "*"
        for module in (sys.modules.get(binding.module),)
        if module is not None
    }


def rebind(  # noqa: PLR0913  # what decides a name comes from all of these
    registrations: Sequence[Registration],
    reloaded: Collection[str],
    *,
    namespaces: Namespaces,
    before: Exports,
    refers: Callable[[Binding], tuple[str, ...]],
    session: Before,
) -> Rebound:
    """Binds what the `reloaded` modules decide, so that `session` can put it back.

    `before` are the public names as they were, `refers` gives the modules behind a binding.
    """
    after = exports(registrations)
    made: list[tuple[int, Binding]] = []
    gone: list[tuple[int, Binding]] = []
    for registration in registrations:
        wanted = rewriting(
            registration.bindings,
            frozenset(reloaded),
            lambda module: before.get(module, ()),
            lambda module: after.get(module, ()),
            refers,
        )
        key = registration.key
        gone.extend((key, binding) for binding in wanted.gone)
        for binding in wanted.write:
            try:
                value = value_of(binding)
            except (AttributeError, ModuleNotFoundError):
                gone.append((key, binding))
            else:
                session.bind(namespaces[key], binding.name, value)
                made.append((key, binding))
    return Rebound(tuple(made), tuple(gone))


def value_of(binding: Binding) -> object:
    """Returns what the binding's statement would bind now.

    Raises:
        AttributeError: The module has no such name.
        ModuleNotFoundError: It is a package, and has no such submodule either.
    """
    if binding.attribute is None:
        return _shown(binding.module) if binding.aliased else _top_of(binding.module)
    module = importlib.import_module(binding.module)
    if not hasattr(module, binding.attribute) and hasattr(module, "__path__"):
        return importlib.import_module(f"{binding.module}.{binding.attribute}")
    return getattr(module, binding.attribute)


def _top_of(name: str) -> object:
    return importlib.import_module(prefixes(name)[0])


def _shown(name: str) -> object:
    """Returns what ``import a.b.c as x`` binds: what packages show, which may hide a submodule.

    Raises:
        ModuleNotFoundError: There is no such module.
    """
    importlib.import_module(name)
    value = _top_of(name)
    for path in prefixes(name)[1:]:
        try:
            value = getattr(value, path.rpartition(".")[2])
        except AttributeError:
            value = sys.modules[path]
    return value
