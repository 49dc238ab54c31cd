"""What modules register while the State cannot take it in, and taking it in."""

from collections.abc import Sequence
from typing import NamedTuple

from liveimport.core.imports import Binding
from liveimport.core.model import State, register


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


def with_registered(state: State, registered: Sequence[NewRegistration]) -> State:
    """Returns the State with these registrations as well. The graph is as it was."""
    for one in registered:
        state = register(state, one.key, one.bindings, clear=one.clear)
    return state
