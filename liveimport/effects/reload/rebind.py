"""The user's names: whose values they hold, and binding them again."""

import importlib
import sys
from collections.abc import Callable, Container, Iterable, Mapping, MutableMapping, Sequence
from types import FunctionType
from typing import Any, NamedTuple

from liveimport.core.imports import STAR, Binding, Rebinds, with_parents
from liveimport.core.need.judge import Rebinding
from liveimport.core.planning.plan import Keyed
from liveimport.effects.loaded.lazy_imports import attribute, has_attribute
from liveimport.effects.loaded.modules import (
    MISSING,
    home_of,
    homes_of,
    is_lazy,
    loaded_namespace,
    qualname_of,
    value_in_dicts,
)
from liveimport.effects.own_names import OwnNames

from .checkpoint import Checkpoint

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


class PresentNames:
    """What the names of the namespaces hold when all groups have run, before they are bound."""

    def __init__(
        self,
        namespaces: Namespaces,
        own_names: OwnNames,
        dict_before: Callable[[str], Mapping[str, Any]],
    ) -> None:
        self._namespaces = namespaces
        self._own_names = own_names
        self._dict_before = dict_before

    def old(
        self,
        key: int,
        last_after: Mapping[str, Binding],
        reloaded: frozenset[str],
        replaced: Callable[[], Container[int]],
    ) -> frozenset[str]:
        """Returns further names whose value an import bound, and a reloaded module had.

        A package gave it, asked by code, and may give another one now. `replaced` returns the
        ids of classes and functions that reloaded modules do not have any more.
        """
        namespace = self._namespaces[key]
        old: set[str] = set()
        for name, binding in last_after.items():
            if binding.module in reloaded:
                continue  # it is bound anyhow
            value = namespace.get(name)
            if (
                value_in_dicts(binding, loaded_namespace) is not value
                and self._belonged_to(reloaded, binding, value, replaced)
                and self._is_imported(key, name, value, (binding,))
            ):
                old.add(name)
        return frozenset(old)

    def _belonged_to(
        self,
        reloaded: frozenset[str],
        binding: Binding,
        value: object,
        replaced: Callable[[], Container[int]],
    ) -> bool:
        """Whether a value is of these modules: they defined it, or had it under that name."""
        attribute = binding.attribute
        return (
            not reloaded.isdisjoint(homes_of(value))
            or (issubclass(type(value), type | FunctionType) and id(value) in replaced())
            or (
                attribute is not None
                and any(self._dict_before(m).get(attribute, MISSING) is value for m in reloaded)
            )
        )

    def lazy(self, key: int, names: Rebinds) -> frozenset[str]:
        """Returns the names that lazy imports bound, and that will resolve to the new version."""
        namespace = self._namespaces[key]
        return frozenset(b.name for b in names.bind if is_lazy(namespace.get(b.name)))

    def own_and_deleted(
        self, key: int, names: Rebinds, last_before: Mapping[str, Binding]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Returns the names that the user bound to something else, and those that they deleted."""
        namespace = self._namespaces[key]
        own: set[str] = set()
        deleted: set[str] = set()
        for binding in (*names.bind, *names.vanished):
            name = binding.name
            value = namespace.get(name, MISSING)
            if value is MISSING:
                # A star may give a name that was never there.
                if not binding.via_star or self._own_names.was_bound(key, name):
                    deleted.add(name)
            # In the dict of a module that ran again, it may have been bound already.
            elif not (
                self._is_imported(key, name, value, (binding, last_before.get(name, binding)))
                or value_in_dicts(binding, loaded_namespace) is value
            ):
                own.add(name)
        return frozenset(own), frozenset(deleted)

    def _is_imported(
        self, key: int, name: str, value: object, bindings: Sequence[Binding]
    ) -> bool:
        return self._own_names.is_imported(key, name, value, bindings, self._dict_before)


class ModuleNames:
    """Binds names anew in modules that do not run, right after what they import them from ran.

    Attributes:
        made: The modules and names that were bound anew.
        doubtful: Modules of which it is not known whether a name is to be bound anew.
    """

    def __init__(self, rebindings: Iterable[Rebinding]) -> None:
        self._by_source: dict[str, list[Rebinding]] = {}
        self._stars: dict[str, list[str]] = {}
        for one in rebindings:
            self._by_source.setdefault(one.source, []).append(one)
            if one.name == STAR:
                self._stars.setdefault(one.module, []).append(one.source)
        self.made: dict[tuple[str, str], None] = {}
        self.doubtful: set[str] = set()

    def follow(self, ran: str, checkpoint: Checkpoint) -> None:
        """Binds names anew that hold what a module had before it ran, also through others."""
        pending = [ran] if self._by_source else []
        while pending:
            source = pending.pop()
            before, now = checkpoint.dict_of(source), checkpoint.dict_now(source)
            for one in self._by_source.get(source, ()):
                names = {one.name: one.attribute}
                if one.name == STAR:
                    names = {n: n for n in before if n[:2] != "__" and n not in one.own}
                made = [
                    n
                    for n, a in names.items()
                    if self._bind(one, n, a, (before, now), checkpoint)
                ]
                if made:
                    pending.append(one.module)

    def _bind(
        self,
        one: Rebinding,
        name: str,
        attribute: str,
        values: tuple[Mapping[str, Any], Mapping[str, Any]],
        checkpoint: Checkpoint,
    ) -> bool:
        """Binds a name anew, if it holds the old value. Returns whether it did."""
        old, new = (held.get(attribute, MISSING) for held in values)
        held = checkpoint.dict_now(one.module)
        value = held.get(name, MISSING)
        if old is MISSING or value is new or not (value is old or _is_version_of(value, old)):
            return False
        if new is MISSING or (
            one.name == STAR and self._is_ambiguous(one, name, old, checkpoint)
        ):
            self.doubtful.add(one.module)
            return False
        held[name] = new
        self.made[one.module, name] = None
        return True

    def _is_ambiguous(
        self, one: Rebinding, name: str, old: object, checkpoint: Checkpoint
    ) -> bool:
        """Whether the value may be another module's: a number has no home."""
        others = [s for s in self._stars[one.module] if s != one.source]
        return not issubclass(type(old), type | FunctionType) and any(
            name in checkpoint.dict_now(other) for other in others
        )


def _is_version_of(value: object, other: object) -> bool:
    """Whether two classes, or two functions, are of the same name: somebody ran the module."""
    if not issubclass(type(value), type | FunctionType) or type(value) is not type(other):
        return False
    return home_of(value) == home_of(other) and qualname_of(value) == qualname_of(other)  # type: ignore[arg-type]  # see above


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
