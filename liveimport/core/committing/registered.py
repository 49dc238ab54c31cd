"""What modules register while the State cannot take it in, and taking it in."""

from collections.abc import Sequence
from typing import NamedTuple

from attrs import evolve

from liveimport.core.imports import Binding, Registration, append_executed
from liveimport.core.model import State


class NewRegistration(NamedTuple):
    """A registration that a module made while it ran, and that commit takes in.

    Attributes:
        key: Stands for the namespace.
        bindings: What it registers.
        clear: Whether it discards what the namespace registered before.
    """

    key: int
    bindings: tuple[Binding, ...]
    clear: bool


def register(
    state: State, key: int, bindings: tuple[Binding, ...], *, clear: bool = False
) -> State:
    """Returns the State in which namespace `key` has executed `bindings` as well.

    With `clear`, earlier registrations of the namespace are discarded first. The names that were
    bound are no longer the user's own. The graph is as it was: `enroll` brings it up to date.
    """
    earlier = next((r.bindings for r in state.registrations if r.key == key), ())
    registration = Registration(key, append_executed(() if clear else earlier, bindings))
    if any(r.key == key for r in state.registrations):
        registrations = tuple(registration if r.key == key else r for r in state.registrations)
    else:
        registrations = (*state.registrations, registration)
    taken_back = {(key, binding.name) for binding in bindings}
    return evolve(state, registrations=registrations, kept_names=state.kept_names - taken_back)


def with_registered(state: State, registered: Sequence[NewRegistration]) -> State:
    """Returns the State with these registrations as well. The graph is as it was."""
    for one in registered:
        state = register(state, one.key, one.bindings, clear=one.clear)
    return state
