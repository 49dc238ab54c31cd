"""Names in the notebook: which are to be bound again, and which are the user's own."""

from collections.abc import Callable, Container, Mapping, MutableSequence, Sequence
from functools import cache, partial
from types import FunctionType
from typing import Any

from liveimport.core.committing.names_to_bind import early_bindings, names_to_bind
from liveimport.core.committing.outcome import keys_of_replaced
from liveimport.core.committing.registered import NewRegistration, with_registered
from liveimport.core.imports import Binding, Rebinds, last_bindings
from liveimport.core.model import KEEP, State
from liveimport.effects.loaded.modules import (
    MISSING,
    homes_of,
    is_lazy,
    loaded_namespace,
    public_names_of,
    value_in_dicts,
)
from liveimport.effects.own_names import OwnNames

from .checkpoint import Checkpoint
from .rebind import Namespaces, Rebound, bind_names


class NotebookNames:
    """The names of the namespaces, while a plan is executed.

    Attributes:
        early: By key, the bindings that take what a package has by itself, before a submodule
            of that name hides it.
    """

    def __init__(
        self,
        state: State,
        planned: State,
        namespaces: Namespaces,
        own_names: OwnNames,
        pending: MutableSequence[NewRegistration],
    ) -> None:
        self._state = state
        self._planned = planned
        self._namespaces = namespaces
        self._own_names = own_names
        self._pending = pending
        self.early: frozenset[tuple[int, Binding]] = early_bindings(planned)

    def wanted(
        self,
        reloaded: frozenset[str],
        public_before: Mapping[str, tuple[str, ...]],
        checkpoint: Checkpoint,
        made: Mapping[tuple[str, str], object],
    ) -> tuple[tuple[int, Rebinds], ...]:
        """Returns what to bind, by namespace, without what the user keeps.

        `public_before` has by module the names that its stars gave before the run; `made` has
        names of modules that were bound anew though the modules did not run.
        """
        # A module may have registered imports of its own, and they count already.
        registrations = self._planned.registrations
        if self._pending:
            registrations = with_registered(self._planned, self._pending).registrations
        public_after = public_names_of(b for r in registrations for b in r.bindings)
        last = {
            r.key: (before, before)
            if public_after == public_before
            else (before, last_bindings(r.bindings, public_after))
            for r in registrations
            for before in (last_bindings(r.bindings, public_before),)
        }
        present = PresentNames(self._namespaces, self._own_names, checkpoint.dict_of)
        # To look at all that was replaced takes 8 of 160 ms after an edit of the bottom of 1,000
        # modules, and mostly no name needs it.
        replaced = cache(partial(checkpoint.replaced_objects, reloaded))
        old = {key: present.old(key, last[key][1], reloaded, replaced) for key in last}
        if made:
            for key, (_, after) in last.items():
                shown = (n for n, b in after.items() if (b.module, b.attribute) in made)
                old[key] = old[key].union(shown)
        states = (self._state, self._planned)
        keep = self._planned.own_names == KEEP
        settled: list[tuple[int, Rebinds]] = []
        for key, all_names in names_to_bind(states, last, reloaded, old, self.early):
            names = all_names.without(present.lazy(key, all_names))
            own, deleted = present.own_and_deleted(key, names, last[key][0])
            settled.append((key, names.with_own_names(own, deleted, keep=keep)))
        return tuple(settled)

    def bind(
        self,
        wanted: Sequence[tuple[int, Rebinds]],
        checkpoint: Checkpoint,
        own_values: Mapping[str, object],
    ) -> Rebound:
        """Binds names. `own_values` has what packages have by themselves, by submodule.

        Raises:
            RebindError: Getting or binding a value raised.
        """
        given = {
            (key, binding): own_values[binding.submodule]
            for key, binding in self.early
            if binding.submodule is not None and binding.submodule in own_values
        }
        was_bound = self._own_names.was_bound
        return bind_names(wanted, self._namespaces, checkpoint.bind, given, was_bound)

    def note(self, rebound: Rebound) -> None:
        """Takes in what was bound and registered, and which values of the user's went."""
        own_names, namespaces = self._own_names, self._namespaces
        for key, bindings, _ in self._pending:
            own_names.note_registered(key, namespaces[key], bindings)
        for key, binding in rebound.made:
            own_names.note_bound(key, namespaces[key], binding)
        own_names.replaced.add(rebound.replaced, rebound.values, keys_of_replaced)


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
