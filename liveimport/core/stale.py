"""Which modules are stale, and on what each depends for that."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from .graph import closure, reverse
from .state import Module, Shape, State
from .survey import Survey
from .tracking import registered

Modules = Mapping[str, Module]


def stale_modules(state: State, seen: Survey, hosts: frozenset[str]) -> Modules:
    """Returns the stale modules, as they begin.

    Stale is what is tracked and changed, what ran before something that it depends on, and
    what depends on a stale module: tracked or not, if tracked code can reach it, for it would
    hold objects of a version that is gone. A module whose file is away stays as it is, and
    passes nothing on. A module that did not change depends on what it ran with as well: its
    package may have ceased to hide a submodule.
    """
    shape = kept_shape(state, seen)
    if shape is not None:
        return _stale_by_shape(shape, seen, hosts)
    modules = seen.ahead.modules
    nodes = [
        name
        for name in seen.ahead.begun
        if modules[name].reloadable
        and modules[name].contents is not None
        and name not in seen.missing
        and name not in seen.fresh
        and (name not in hosts or name in state.tracked)
    ]
    inside = frozenset(nodes)
    known = dependencies_of(state, seen, nodes)
    dependencies = {
        name: [t for t in targets if t in inside and t != name]
        for name, targets in known.items()
    }
    due = _due(state, seen, dependencies)
    ran = seen.ahead.generations()
    start = [
        name
        for name in nodes
        if (name in seen.changed and name in due)
        or any(ran[target] > ran[name] for target in dependencies[name])
    ]
    stale = closure(start, reverse(nodes, dependencies.__getitem__))
    return {name: modules[name] for name in nodes if name in stale}


def _due(
    state: State, seen: Survey, dependencies: Mapping[str, Sequence[str]]
) -> AbstractSet[str]:
    """Returns the modules that run if they changed.

    They are tracked once all has run, or were so far and still matter: something that is ran
    with them, or it will begin them, or what is registered was bound with them. What has been
    dropped may be broken; nobody asks for it.
    """
    tracked = frozenset(seen.ahead.tracked)
    ran_with = (
        t for n, targets in dependencies.items() if n not in seen.changed for t in targets
    )
    begun = (t for name in tracked for t in seen.ahead.modules[name].begins)
    return tracked | (frozenset(state.tracked) & {*ran_with, *begun, *registered(state)})


def kept_shape(state: State, seen: Survey) -> Shape | None:
    """Returns the shape of the State if all modules depend on each other as they did."""
    return state.shape if seen.ahead.shape is state.shape else None


def _stale_by_shape(shape: Shape, seen: Survey, hosts: frozenset[str]) -> Modules:
    """Returns the same, while all modules depend on each other as they did."""
    can_run = shape.runnable - seen.missing - (hosts - shape.tracked)
    dependents = shape.dependents
    if len(can_run) < len(shape.runnable):
        dependents = {
            name: tuple(other for other in others if other in can_run)
            for name, others in dependents.items()
        }
    start = [name for name in seen.changed if name in shape.tracked and name in can_run]
    stale = sorted(closure(start, dependents), key=shape.begins_at.__getitem__)
    return {name: seen.ahead.modules[name] for name in stale}


def dependencies_of(
    state: State, seen: Survey, names: Iterable[str]
) -> Mapping[str, tuple[str, ...]]:
    """Returns the known modules that each depends on, or did when it ran unchanged."""
    shape = kept_shape(state, seen)
    if shape is not None:
        return shape.depends
    now, before = dict(seen.ahead.modules.items()), dict(state.modules.items())

    def known(modules: Modules, name: str) -> list[str]:
        return [t for t in modules[name].targets if t in modules] if name in modules else []

    return {
        name: tuple(known(now, name))
        if name in seen.changed
        else tuple(dict.fromkeys((*known(now, name), *known(before, name))))
        for name in names
    }
