"""State → what is tracked, and the order in which it runs."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType

from attrs import evolve

from .graph import reachable, reverse, traverse
from .registration import prefixes
from .state import Module, Shape, State, in_workspace


def registered(state: State) -> tuple[str, ...]:
    """Returns the modules that registered bindings refer to: tracked wherever they are."""
    return tuple(
        dict.fromkeys(
            target for binding in state.bindings() for target in state.refers(binding)
        )
    )


def beginnings(targets: Iterable[str]) -> tuple[str, ...]:
    """Returns each of `targets` behind its parents, without repetition.

    The import of a submodule begins with its package.
    """
    return tuple(dict.fromkeys(name for target in targets for name in prefixes(target)))


def counting(
    state: State, modules: Mapping[str, Module], named: Iterable[str]
) -> AbstractSet[str]:
    """Returns the modules that may be tracked: `named`, or with source in the workspace."""
    workspace = state.workspace
    counted = {name for name in named if name in modules}
    counted.update(
        name
        for name, module in modules.items()
        if module.reloadable and in_workspace(workspace, module)
    )
    return counted


def track(state: State, *, surveyed: bool = False) -> State:
    """Returns the State with `begun` and `tracked` as registrations and modules have them now.

    An untracked package is begun before the submodule that is tracked, and its own imports
    with it: that decides who is first in a cycle. The shape is kept only of what was
    `surveyed` to the end.
    """
    named = registered(state)
    modules = dict(state.modules.items())
    counts = counting(state, modules, named)

    def depends(name: str) -> list[str]:
        return [target for target in modules[name].targets if target in counts]

    def begins(name: str) -> list[str]:
        return [n for n in modules[name].begins if n in counts]

    def follows(name: str) -> list[str]:
        return [n for n in (*modules[name].begins, *modules[name].later) if n in counts]

    starts = [name for name in beginnings(named) if name in counts]
    first, finished = traverse(starts, begins)
    begun = first
    company = _company(first, modules, counts)
    if company or any(modules[name].later for name in first):
        begun = tuple(dict.fromkeys((*first, *reachable((*first, *company), follows))))
    reached = frozenset(reachable((name for name in named if name in counts), depends))
    tracked = tuple(name for name in begun if name in reached)
    shape = None
    if surveyed:
        finishing = (*finished, *traverse(begun[len(first) :], begins)[1])
        shape = _shape(state, modules, begun, tracked, tuple(dict.fromkeys(finishing)))
    return evolve(state, begun=begun, tracked=tracked, shape=shape)


def _company(
    first: tuple[str, ...], modules: Mapping[str, Module], counts: AbstractSet[str]
) -> tuple[str, ...]:
    """Returns the other known modules of the packages of `first`."""
    packages = _packages(first)
    if not packages:
        return ()
    return tuple(
        name
        for name in sorted(counts)
        if name.partition(".")[0] in packages and modules[name].contents is not None
    )


def _packages(names: Iterable[str]) -> frozenset[str]:
    """Returns the outermost packages of submodules."""
    return frozenset(name.partition(".")[0] for name in names if "." in name)


def _shape(
    state: State,
    modules: Mapping[str, Module],
    begun: tuple[str, ...],
    tracked: tuple[str, ...],
    finishing: tuple[str, ...],
) -> Shape:
    inside = frozenset(begun)
    runnable = frozenset(
        n for n in begun if modules[n].reloadable and modules[n].contents is not None
    )
    depends = {
        name: tuple(t for t in modules[name].targets if t in inside and t != name)
        for name in begun
    }
    dependents = reverse((name for name in begun if name in runnable), depends.__getitem__)
    waiting = (
        name
        for begun_name in begun
        for name in _imported_later(modules[begun_name])
        if name not in modules[begun_name].later
    )
    return Shape(
        tracked=frozenset(tracked),
        runnable=runnable,
        begins_at=MappingProxyType({name: place for place, name in enumerate(begun)}),
        finishes_at=MappingProxyType({name: place for place, name in enumerate(finishing)}),
        depends=MappingProxyType(depends),
        dependents=MappingProxyType({name: tuple(d) for name, d in dependents.items()}),
        waiting=frozenset(waiting).union(
            n for name in begun for n in modules[name].begins if n not in modules
        ),
        packages=_packages(begun),
        compiled=tuple(
            name
            for name, module in sorted(modules.items())
            if module.extension and in_workspace(state.workspace, module)
        ),
        even=_is_even(state, depends),
    )


def _is_even(state: State, depends: Mapping[str, tuple[str, ...]]) -> bool:
    generations = state.generations()
    if not any(generations.values()):
        return True
    return not any(
        generations[target] > generations[name]
        for name, targets in depends.items()
        for target in targets
    )


def _imported_later(module: Module) -> Iterator[str]:
    later = module.contents.later if module.contents is not None else ()
    for binding in later:
        yield binding.module
        if binding.submodule is not None:
            yield binding.submodule
