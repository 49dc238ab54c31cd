"""Which modules are tracked, who depends on whom, who holds what, and in which order they run."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import NamedTuple

from attrs import evolve

from liveimport.core.graph import Successors, reachable, reverse, traverse
from liveimport.core.imports import with_parents
from liveimport.core.model import (
    ABSENT,
    NOTHING_LAZY,
    TOP_LEVEL,
    DependencyGraph,
    Found,
    Hold,
    Holds,
    Module,
    State,
    modules_referred_in,
)
from liveimport.core.report import messages
from liveimport.core.workspace import Workspace, import_root, roots_of

Modules = Mapping[str, Module]

NOTHING_FOUND: Mapping[str, Found] = MappingProxyType({})


def registered_modules(state: State, modules: Modules) -> tuple[str, ...]:
    """Returns the modules that registered bindings refer to: tracked wherever they are.

    Importing a submodule runs its parent packages, so they are tracked with it.
    """
    referred = tuple(
        dict.fromkeys(
            module
            for binding in state.bindings()
            for module in modules_referred_in(modules, state.workspace, binding)
        )
    )
    return referred if state.follow == TOP_LEVEL else with_parents(referred)


def import_roots(state: State, found: Mapping[str, Found] = NOTHING_FOUND) -> tuple[str, ...]:
    """Returns the import roots that lie outside the directories of the workspace.

    They are those of the registered modules, of what tracked modules import, and of all else
    that is known. `found` has modules that `state` does not know.
    """
    modules, directories = dict(state.modules.items()), state.workspace._replace(roots=())
    registered = registered_modules(state, modules)
    imported = (target for name in state.tracked for target in modules[name].eager_modules)
    paths: list[tuple[str, str]] = []
    for name in dict.fromkeys((*registered, *imported, *sorted(modules))):
        known = modules.get(name)
        at = found.get(name, ABSENT).location if known is None else known.location
        if at is None or (directories.covers(at.path) and directories.covers(at.real_path)):
            continue
        if at.is_installed(state.workspace) or (at.is_extension and name not in registered):
            continue
        paths += [(name, path) for path in (at.path, at.real_path) if path is not None]
    return roots_of(state.workspace, paths)


def with_roots(state: State, roots: tuple[str, ...]) -> State:
    """Returns the State with these import roots, in which every import is followed again."""
    workspace = state.workspace._replace(roots=roots)
    # What was loaded before may count now.
    return evolve(state, workspace=workspace, loaded=frozenset())


def wider(state: State, planned: State, found: Mapping[str, Found]) -> State | None:
    """Returns the State to plan from if there are further roots; else None.

    `planned` is what a plan from `state` leads to, and `found` what was looked up for it.
    """
    workspace = state.workspace
    if planned.graph is state.graph or not workspace.adds_roots or state.follow == TOP_LEVEL:
        return None
    roots = tuple(dict.fromkeys((*workspace.roots, *import_roots(planned, found))))
    return None if roots == workspace.roots else with_roots(state, roots)


def dependencies_of_module(module: Module, follow: str) -> tuple[str, ...]:
    """Returns the modules that a module depends on by its source, loaded or not."""
    return module.top_level if follow == TOP_LEVEL else module.eager


class Imported(NamedTuple):
    """What modules were seen to import, by whatever means.

    Attributes:
        started: By module, what its own code imported first, in that order.
        called: By module, what its functions had a hand in importing.
    """

    started: Mapping[str, Sequence[str]]
    called: Mapping[str, Sequence[str]]


def imported(modules: Modules, names: Iterable[str]) -> Imported:
    """Returns who was seen to import those of `modules` that are in `names`."""
    started: dict[str, list[str]] = {}
    called: dict[str, list[str]] = {}
    recorded = [name for name in names if modules[name].imported_by.number]
    for name in sorted(recorded, key=lambda name: modules[name].imported_by.number):
        by = modules[name].imported_by
        if by.module and by.module != name:
            started.setdefault(by.module, []).append(name)
        for caller in by.callers:
            called.setdefault(caller, []).append(name)
    return Imported(started, called)


def in_order_seen(stated: Sequence[str], started: Sequence[str]) -> Sequence[str]:
    """Returns the modules that statements import, and those that were seen to start.

    What no statement names comes before the module that was seen to start next.
    """
    targets = list(stated)
    place = len(targets)
    for name in reversed(started):
        if name in targets:
            place = targets.index(name)
        else:
            targets.insert(place, name)
    return targets


def trackable(
    workspace: Workspace, modules: Modules, registered: Iterable[str]
) -> AbstractSet[str]:
    """Returns the modules that may be tracked: registered, or with source in the workspace."""
    found = {name for name in registered if name in modules}
    found.update(
        name
        for name, module in modules.items()
        if module.reloadable and module.location.in_workspace(workspace)
    )
    return found


def why_not_followed(state: State, graph: DependencyGraph, name: str) -> tuple[str, str]:
    """Returns why the edits of an untracked module of the project are not followed, and a remedy."""
    if name in graph.bystanders:
        return messages.because_not_registered(), messages.register_it()
    path = state.file_of(name)
    if path is None or state.workspace.covers(path):
        return messages.because_nested(), messages.register_it_or_follow()
    return messages.because_outside(), messages.register_it_or_widen(import_root(name, path))


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

    seen = imported(modules, () if state.follow == TOP_LEVEL else candidates)

    def dependencies(name: str) -> list[str]:
        targets = dependencies_of_module(modules[name], state.follow)
        started = seen.started.get(name, ())
        return [n for n in dict.fromkeys((*targets, *started)) if n in candidates]

    def eager(name: str) -> list[str]:
        stated, started = modules[name].eager_modules, seen.started.get(name)
        targets = in_order_seen(stated, started) if started else stated
        return [n for n in targets if n in candidates]

    holds = {} if state.follow == TOP_LEVEL else state.holds

    def eager_and_deferred(name: str) -> list[str]:
        called = seen.called.get(name, ())
        held = (hold.module for hold in holds.get(name, ()))
        later = (*called, *modules[name].deferred_modules, *held)
        return [*eager(name), *(n for n in later if n in candidates)]

    starts = [name for name in with_parents(registered) if name in candidates]
    started, finished = traverse(starts, eager)
    siblings = _siblings(started, modules, candidates & state.loaded, state.follow)
    order = started
    if siblings or any(
        modules[n].deferred_modules or n in seen.called or n in holds for n in started
    ):
        behind = reachable((*started, *siblings), eager_and_deferred)
        order = tuple(dict.fromkeys((*started, *behind)))
        finished = (*finished, *traverse(order[len(started) :], eager)[1])
    tracked = order
    bystanders: tuple[str, ...] = ()
    leftovers: frozenset[str] = frozenset()
    if state.follow == TOP_LEVEL:
        reached = frozenset(reachable((n for n in registered if n in candidates), dependencies))
        tracked = tuple(name for name in order if name in reached)
    else:
        leftovers = frozenset(order).difference(reachable(starts, eager_and_deferred))
        inside = frozenset(order)
        others = _bystanders(state, modules, inside)
        bystanders, later = traverse(others, lambda n: [m for m in eager(n) if m not in inside])
        order, finished = (*order, *bystanders), (*finished, *later)
    return _graph(
        state,
        modules,
        tracked=tracked,
        run_order=order,
        begun=len(started),
        finish_order=tuple(dict.fromkeys(finished)),
        dependencies=dependencies,
        bystanders=frozenset(bystanders),
        leftovers=leftovers,
    )


def _bystanders(state: State, modules: Modules, reached: frozenset[str]) -> tuple[str, ...]:
    """Returns the other loaded modules of the workspace whose source is known.

    They are in the order in which they were seen to start, and then in that of their names.
    """
    found = [
        name
        for name, module in modules.items()
        if name in state.loaded
        and name not in reached
        and module.source is not None
        and module.reloadable
        and module.location.in_workspace(state.workspace)
    ]
    return tuple(sorted(found, key=lambda name: (modules[name].imported_by.number, name)))


def _siblings(
    started: tuple[str, ...], modules: Modules, candidates: AbstractSet[str], follow: str
) -> tuple[str, ...]:
    """Returns the other known modules of the packages of `started`.

    As the guide has it, a package counts only with a submodule.
    """
    packages = {name.partition(".")[0] for name in started if "." in name}
    if follow != TOP_LEVEL:
        packages.update(name for name in started if modules[name].location.is_package)
    if not packages:
        return ()
    return tuple(
        name
        for name in sorted(candidates)
        if name.partition(".")[0] in packages and modules[name].source is not None
    )


def _graph(  # noqa: PLR0913  # a graph follows from all of these
    state: State,
    modules: Modules,
    *,
    tracked: tuple[str, ...],
    run_order: tuple[str, ...],
    begun: int,
    finish_order: tuple[str, ...],
    dependencies: Successors,
    bystanders: frozenset[str],
    leftovers: frozenset[str],
) -> DependencyGraph:
    places = {name: place for place, name in enumerate(run_order)}
    runnable = frozenset(
        name
        for name in run_order
        if modules[name].reloadable and modules[name].source is not None
    )
    targets = {
        name: tuple(
            target for target in dependencies(name) if target in places and target != name
        )
        for name in run_order
    }
    users = [name for name in run_order if name in runnable]
    dependents = reverse(users, targets.__getitem__)
    package_users: Mapping[str, Sequence[str]] = {}
    if state.follow != TOP_LEVEL:
        package_users = reverse(users, lambda name: modules[name].through_packages)
    return DependencyGraph(
        tracked=tracked,
        run_order=MappingProxyType(places),
        begun=begun,
        finish_order=MappingProxyType({n: place for place, n in enumerate(finish_order)}),
        dependencies=MappingProxyType(targets),
        dependents=MappingProxyType({name: tuple(d) for name, d in dependents.items()}),
        package_users=MappingProxyType({n: tuple(u) for n, u in package_users.items()}),
        runnable=runnable,
        lagging=_lagging(state, modules, targets),
        never_read=frozenset(
            name
            for name in run_order
            if modules[name].reloadable
            and modules[name].source is None
            and not modules[name].location.is_package
        ),
        bystanders=bystanders,
        leftovers=leftovers,
        extensions=_extensions(state.workspace, modules, tracked),
        holders=_holders(state, targets, dependents),
        scanned=()
        if state.follow == TOP_LEVEL
        else tuple(n for n in users if not modules[n].location.is_installed(state.workspace)),
    )


def _extensions(
    workspace: Workspace, modules: Modules, tracked: Sequence[str]
) -> tuple[str, ...]:
    """Returns the known compiled modules of the workspace, and those behind tracked modules.

    What is built from a project often lies elsewhere: in a build directory, or installed.
    """
    compiled = [
        name
        for name, module in sorted(modules.items())
        if module.location.is_extension and not workspace.is_standard(module.location.path)
    ]
    if not compiled:
        return ()
    packages = frozenset(tracked)
    imported_by_tracked = {
        target
        for name in tracked
        for target in (*modules[name].eager_modules, *modules[name].deferred_modules)
    }
    return tuple(
        name
        for name in compiled
        if modules[name].location.in_workspace(workspace)
        or name in imported_by_tracked
        or not packages.isdisjoint(with_parents((name,)))
    )


def _holders(
    state: State,
    dependencies: Mapping[str, tuple[str, ...]],
    dependents: Mapping[str, Sequence[str]],
) -> Mapping[str, tuple[str, ...]]:
    """Returns by module who runs with it, because it holds something of it or is filled by it.

    What does not fill a table itself was put there by a module that depends on both.
    """
    if not state.holds or state.follow == TOP_LEVEL:
        return MappingProxyType({})
    loaded = loaded_dependencies(state.loaded, dependencies)
    holders: dict[str, dict[str, None]] = {}
    for holder, holds in sorted(state.holds.items()):
        for held in (hold.module for hold in holds):
            if holder not in dependencies or held not in dependencies:
                continue
            if held in reachable((holder,), loaded):
                continue
            holders.setdefault(held, {})[holder] = None
            if holder in reachable((held,), loaded):
                continue
            for filler in dependents.get(holder, ()):
                if held in reachable((filler,), loaded):
                    holders.setdefault(filler, {})[holder] = None
    return MappingProxyType({name: tuple(names) for name, names in holders.items()})


def loaded_dependencies(
    loaded: frozenset[str], dependencies: Mapping[str, Sequence[str]]
) -> Successors:
    """Returns on which loaded modules one depends.

    Whoever depends on a stale module only through one that was never loaded is not stale: an
    import under a condition may name it.
    """
    return lambda name: [n for n in dependencies.get(name, ()) if n in loaded]


def with_new_graph(state: State) -> State:
    """Returns the State with the graph that follows from everything else in it."""
    return evolve(state, graph=build_graph(state, dict(state.modules.items())))


def holds_after(
    state: State, found: Holds, graph: DependencyGraph
) -> Mapping[str, tuple[Hold, ...]]:
    """Returns the holds that are known after a scan.

    Where a module depends on what it holds anyway, the hold adds nothing, and is left out.
    """
    holds = state.holds
    if not (found.everything or found.added):
        return holds
    loaded = loaded_dependencies(state.loaded, graph.dependencies)
    merged = {**holds}
    for name, everything in found.everything.items():
        merged[name] = _beyond_dependencies(name, everything, loaded)
    for name, added in found.added.items():
        new = _beyond_dependencies(name, added, loaded)
        otherwise = {hold.module for hold in new if not hold.is_entry}
        known = [
            hold._replace(is_entry=hold.is_entry and hold.module not in otherwise)
            for hold in merged.get(name, ())
        ]
        modules = {hold.module for hold in known}
        new = tuple(hold for hold in new if hold.module not in modules)
        merged[name] = (*known, *new)
    kept = {name: held for name, held in sorted(merged.items()) if held}
    return holds if kept == holds else MappingProxyType(kept)


def _beyond_dependencies(
    name: str, holds: Sequence[Hold], dependencies: Successors
) -> tuple[Hold, ...]:
    direct = dependencies(name)
    others = [hold for hold in holds if hold.module not in direct and hold.module != name]
    if not others:
        return ()
    reached = frozenset(reachable((name,), dependencies))
    return tuple(hold for hold in others if hold.module not in reached)


def _lagging(
    state: State, modules: Modules, dependencies: Mapping[str, tuple[str, ...]]
) -> frozenset[str]:
    """Returns the modules that ran before one that they depend on.

    A module that an import under a condition names may be loaded later by somebody else. Only if
    it ran again by a sync, its importer lags.
    """
    ran = generations(state, modules)
    if not any(ran.values()):
        return frozenset()
    return frozenset(
        name
        for name, targets in dependencies.items()
        if any(
            (ran if target in modules[name].top_level else state.last_run).get(target, 0)
            > ran[name]
            for target in targets
        )
        and not _is_resolved_late(state, modules[name], targets, ran)
    )


def _is_resolved_late(
    state: State, module: Module, targets: Iterable[str], ran: Mapping[str, int]
) -> bool:
    """Whether all that ran after a module was imported by its lazy imports, when they were used.

    So the module has the version of then.
    """
    names = state.lazy.get(module.name, NOTHING_LAZY).resolved
    if not names or module.source is None:
        return False
    late = {
        target
        for binding in (*module.source.eager, *module.source.lazy)
        if binding.name in names
        for target in with_parents((binding.submodule or binding.module,))
    }
    return all(t in late for t in targets if ran.get(t, 0) > ran[module.name])
