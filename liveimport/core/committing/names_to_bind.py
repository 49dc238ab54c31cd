"""Which names are bound again when modules have run."""

from collections.abc import Container, Iterable, Mapping
from functools import partial

from liveimport.core.detecting.changes import hides_submodule
from liveimport.core.graph import reachable
from liveimport.core.imports import Binding, Rebinds, rebinds, with_parents
from liveimport.core.model import State


def early_bindings(state: State) -> frozenset[tuple[int, Binding]]:
    """Returns the bindings that come before the start of a submodule of their name, with keys.

    In ``from pk import summary; from pk.summary import table``, the first gives what `pk` itself
    binds. Only the second starts the submodule, which takes the name in `pk`.
    """
    doubtful = {
        (registration.key, binding)
        for registration in state.registrations
        for binding in registration.bindings
        if binding.submodule in state.modules
        and binding.module in state.modules
        and binding.attribute is not None
        and hides_submodule(state.modules[binding.module], binding.attribute)
    }
    if not doubtful:
        return frozenset()

    def starts(name: str) -> tuple[str, ...]:
        return state.modules[name].eager_modules if name in state.modules else ()

    started: set[str] = set()
    early: set[tuple[int, Binding]] = set()
    for registration in state.registrations:
        for binding in registration.bindings:
            is_doubtful = (registration.key, binding) in doubtful
            named = (binding.module,) if is_doubtful else state.modules_referred_to(binding)
            started.update(reachable(with_parents(named), starts))
            if is_doubtful and binding.submodule not in started:
                early.add((registration.key, binding))
    return frozenset(early)


def names_to_bind(
    states: tuple[State, State],
    last: Mapping[int, tuple[Mapping[str, Binding], Mapping[str, Binding]]],
    reloaded: frozenset[str],
    old_names: Mapping[int, frozenset[str]],
    early: Container[tuple[int, Binding]] = (),
) -> tuple[tuple[int, Rebinds], ...]:
    """Returns by namespace key what is to be bound again when `reloaded` have run.

    `states`, and the `last` bindings, are those before and after the run. `old_names` are those of each
    namespace that hold what a reloaded module defined. A binding refers to what it referred
    to before as well: a package may have ceased to hide a submodule. The `early_bindings` refer to
    their package.
    """

    def referred(key: int, binding: Binding) -> Iterable[str]:
        if (key, binding) in early:
            return (binding.module,)
        # One at a time: mostly the first decides.
        return (m for state in states for m in state.modules_referred_to(binding))

    return tuple(
        (key, rebinds(both, reloaded, partial(referred, key), old_names.get(key, frozenset())))
        for key, both in last.items()
    )
