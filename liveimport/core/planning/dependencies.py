"""Which modules are tracked, who depends on whom, and in which order modules run."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType

from liveimport.core.imports import with_parents
from liveimport.core.model import DependencyGraph, Module, State, modules_referred_in

from .graph import reachable, reverse, traverse

Modules = Mapping[str, Module]


def registered_modules(state: State, modules: Modules) -> tuple[str, ...]:
    """Returns the modules that registered bindings refer to: tracked wherever they are."""
    return tuple(
        dict.fromkeys(
            module
            for binding in state.bindings()
            for module in modules_referred_in(modules, state.workspace, binding)
        )
    )


def trackable(
    workspace: tuple[str, ...], modules: Modules, registered: Iterable[str]
) -> AbstractSet[str]:
    """Returns the modules that may be tracked: registered, or with source in the workspace."""
    found = {name for name in registered if name in modules}
    found.update(
        name
        for name, module in modules.items()
        if module.reloadable and module.location.in_workspace(workspace)
    )
    return found


def generations(state: State, modules: Modules) -> Mapping[str, int]:
    """Returns by module how many reloading syncs there had been when it ran last."""
    return {**{name: m.generation for name, m in modules.items()}, **state.last_run}


def build_graph(state: State, modules: Modules) -> DependencyGraph:
    """Returns the dependency graph of what `state` registers, if modules are `modules`.

    An untracked package starts before a submodule of it that is tracked, and its own imports
    with it: that decides what comes first in a cycle.
    """
    registered = registered_modules(state, modules)
    candidates = trackable(state.workspace, modules, registered)

    def dependencies(name: str) -> list[str]:
        return [target for target in modules[name].dependencies if target in candidates]

    def eager(name: str) -> list[str]:
        return [n for n in modules[name].eager_modules if n in candidates]

    def eager_and_deferred(name: str) -> list[str]:
        module = modules[name]
        return [n for n in (*module.eager_modules, *module.deferred_modules) if n in candidates]

    starts = [name for name in with_parents(registered) if name in candidates]
    started, finished = traverse(starts, eager)
    siblings = _siblings(started, modules, candidates)
    order = started
    if siblings or any(modules[name].deferred_modules for name in started):
        also = reachable((*started, *siblings), eager_and_deferred)
        order = tuple(dict.fromkeys((*started, *also)))
        finished = (*finished, *traverse(order[len(started) :], eager)[1])
    reached = frozenset(reachable((n for n in registered if n in candidates), dependencies))
    return _graph(
        state,
        modules,
        tracked=tuple(name for name in order if name in reached),
        run_order=order,
        finish_order=tuple(dict.fromkeys(finished)),
    )


def _siblings(
    started: tuple[str, ...], modules: Modules, candidates: AbstractSet[str]
) -> tuple[str, ...]:
    """Returns the other known modules of the packages of `started`."""
    packages = _packages(started)
    if not packages:
        return ()
    return tuple(
        name
        for name in sorted(candidates)
        if name.partition(".")[0] in packages and modules[name].source is not None
    )


def _packages(names: Iterable[str]) -> frozenset[str]:
    """Returns the outermost packages of submodules."""
    return frozenset(name.partition(".")[0] for name in names if "." in name)


def _graph(
    state: State,
    modules: Modules,
    *,
    tracked: tuple[str, ...],
    run_order: tuple[str, ...],
    finish_order: tuple[str, ...],
) -> DependencyGraph:
    places = {name: place for place, name in enumerate(run_order)}
    runnable = frozenset(
        name
        for name in run_order
        if modules[name].reloadable and modules[name].source is not None
    )
    dependencies = {
        name: tuple(t for t in modules[name].dependencies if t in places and t != name)
        for name in run_order
    }
    dependents = reverse((n for n in run_order if n in runnable), dependencies.__getitem__)
    return DependencyGraph(
        tracked=tracked,
        run_order=MappingProxyType(places),
        finish_order=MappingProxyType({n: place for place, n in enumerate(finish_order)}),
        dependencies=MappingProxyType(dependencies),
        dependents=MappingProxyType({name: tuple(d) for name, d in dependents.items()}),
        runnable=runnable,
        lagging=_lagging(state, modules, dependencies),
        not_loaded_yet=frozenset(_not_loaded_yet(run_order, modules)),
        packages=_packages(run_order),
        extensions=tuple(
            name
            for name, module in sorted(modules.items())
            if module.location.is_extension and module.location.in_workspace(state.workspace)
        ),
    )


def _lagging(
    state: State, modules: Modules, dependencies: Mapping[str, tuple[str, ...]]
) -> frozenset[str]:
    ran = generations(state, modules)
    if not any(ran.values()):
        return frozenset()
    return frozenset(
        name
        for name, targets in dependencies.items()
        if any(ran[target] > ran[name] for target in targets)
    )


def _not_loaded_yet(run_order: tuple[str, ...], modules: Modules) -> Iterator[str]:
    for name in run_order:
        module = modules[name]
        yield from (n for n in module.eager_modules if n not in modules)
        for binding in module.source.deferred if module.source is not None else ():
            for imported in (binding.module, binding.submodule):
                if imported is not None and imported not in module.deferred_modules:
                    yield imported
