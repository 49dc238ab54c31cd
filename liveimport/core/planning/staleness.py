"""Which modules must reload, and on what each depends."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from liveimport.core.detecting.changes import Changes
from liveimport.core.graph import closure, reachable
from liveimport.core.model import DependencyGraph, Snapshot, State

from .dependencies import dependencies_of_module, generations, registered_modules


class Request(NamedTuple):
    """What the user asks to run, edited or not.

    Attributes:
        modules: The modules.
        deep: Whether with all of the project that they depend on.
    """

    modules: frozenset[str] = frozenset()
    deep: bool = False


NO_REQUEST = Request()


def requested_modules(
    state: State, graph: DependencyGraph, changes: Changes, request: Request
) -> frozenset[str]:
    """Returns what is asked for, without what the user excluded."""
    asked = request.modules
    if request.deep:
        asked |= {
            name
            for name in reachable(asked & graph.runnable, graph.dependencies.__getitem__)
            if not changes.modules[name].location.is_installed(state.workspace)
        }
    return frozenset(name for name in asked & graph.runnable if not state.is_excluded(name))


def stale_modules(
    state: State,
    graph: DependencyGraph,
    changes: Changes,
    snapshot: Snapshot,
    requested: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """Returns the stale modules, in run order.

    Stale is what changed and is tracked, what ran before something that it depends on, and
    what depends on a stale module, holds something of it, or is filled by it. The last two also
    if they are not tracked but in the graph:
    tracked code can reach them, and they would hold objects of a version that is gone. What
    imports a submodule by ``from package import`` is stale if the package's own file changed.
    A module whose tables are to be filled again is stale, and so is what is `requested`, or
    is to read its files again.
    What the user excluded passes on that it is stale, though it does not run.

    A module whose file is gone stays as it is, and passes nothing on. So does a bystander whose
    values changed: see `protected_modules`. A module whose own dict is a registered namespace
    gets its names from rebinding; it reloads only if it is tracked as others are.
    """
    return stale_and_start(state, graph, changes, snapshot, requested).modules


class Stale(NamedTuple):
    """The stale modules.

    Attributes:
        modules: All of them, in run order.
        start: Those that are stale not only because they depend on others.
        runs_with: By module, those that run with it though they need not depend on it.
        by_entries: Those pairs of them where the second only holds entries that the first added.
    """

    modules: tuple[str, ...]
    start: frozenset[str]
    runs_with: Mapping[str, Sequence[str]]
    by_entries: frozenset[tuple[str, str]]


def stale_and_start(
    state: State,
    graph: DependencyGraph,
    changes: Changes,
    snapshot: Snapshot,
    requested: frozenset[str] = frozenset(),
) -> Stale:
    """Returns the stale modules as `stale_modules` does, with those that begin it."""
    not_reloaded = _only_rebound(state, graph, snapshot)
    not_reloaded |= _touched(state, graph, snapshot) - requested
    not_reloaded |= upgraded_modules(state, changes, snapshot)
    can_run = graph.runnable - changes.missing - changes.new - not_reloaded
    wanted = _wanted(state, graph, changes, can_run) & can_run
    users = {user for package in wanted for user in graph.package_users.get(package, ())}
    start = wanted | ((users | state.refill | requested) & can_run)
    start |= _lagging(state, graph, changes, can_run)
    former = _former_dependents(state, graph, changes)

    def dependents(name: str) -> Iterator[str]:
        for dependent in (
            *graph.dependents.get(name, ()),
            *former.get(name, ()),
            *graph.holders.get(name, ()),
        ):
            if dependent in can_run:
                yield dependent

    stale = closure(start, dependents)
    return Stale(
        tuple(sorted(stale, key=graph.run_order.__getitem__)),
        frozenset(start),
        _running_with(graph, former),
        frozenset(
            (hold.module, name)
            for name, holds in state.holds.items()
            for hold in holds
            if hold.is_entry and name not in former.get(hold.module, ())
        ),
    )


def _running_with(
    graph: DependencyGraph, former: Mapping[str, Sequence[str]]
) -> Mapping[str, Sequence[str]]:
    """Returns by module who holds something of it, or depended on it and does not any more."""
    together = dict(graph.holders)
    for target, names in former.items():
        gone = [n for n in names if n not in graph.dependents.get(target, ())]
        if gone:
            together[target] = (*together.get(target, ()), *gone)
    return MappingProxyType(together)


def _only_rebound(state: State, graph: DependencyGraph, snapshot: Snapshot) -> frozenset[str]:
    """Returns the modules whose own dict is a registered namespace, and that do not reload.

    Such a module is mostly the program itself. It reloads only if a registration names it, or
    if something depends on it: that a function imports it is not enough.
    """
    if not snapshot.namespace_modules:
        return frozenset()
    asked_for = {*registered_modules(state, state.modules), *graph.dependents}
    return snapshot.namespace_modules - asked_for.intersection(state.tracked)


def protected_modules(
    state: State,
    graph: DependencyGraph,
    changes: Changes,
    snapshot: Snapshot,
    running: frozenset[str],
) -> tuple[str, ...]:
    """Returns the bystanders that do not run with what they depend on, in run order.

    Their values changed since they were loaded, so these may be somebody's state.
    """
    can_run = graph.runnable - changes.missing - snapshot.namespace_modules - running
    return tuple(
        name
        for name in sorted(
            _touched(state, graph, snapshot) & can_run, key=graph.run_order.__getitem__
        )
        if not running.isdisjoint(dependencies_of(name, state, graph, changes))
        or any(name in graph.holders.get(other, ()) for other in running)
    )


def _touched(state: State, graph: DependencyGraph, snapshot: Snapshot) -> frozenset[str]:
    """Returns the bystanders whose values changed. What is excluded needs no protection."""
    touched = graph.bystanders & snapshot.touched_modules
    return frozenset(name for name in touched if not state.is_excluded(name))


def upgraded_modules(state: State, changes: Changes, snapshot: Snapshot) -> frozenset[str]:
    """Returns the changed modules of installed packages that need a restart."""
    upgraded = state.upgraded | snapshot.upgraded
    if not upgraded:
        return frozenset()
    changed = (*changes.changed, *changes.changed_extensions)
    return frozenset(n for n in changed if n.partition(".")[0] in upgraded)


def _wanted(
    state: State, graph: DependencyGraph, changes: Changes, can_run: frozenset[str]
) -> frozenset[str]:
    """Returns the changed modules that somebody asks for.

    They are tracked after this sync, or tracked before it and still needed: something that
    stays as it is depends on them, a tracked module starts them, or a registered name is from
    them. What is no longer imported may be broken without harm.
    """
    tracked = frozenset(graph.tracked)
    dropped = changes.changed.intersection(state.tracked) - tracked
    if not dropped:
        return changes.changed & tracked
    needed = set(registered_modules(state, state.modules))
    for name in tracked:
        needed.update(changes.modules[name].eager_modules)
    for name in can_run - changes.changed:
        needed.update(dependencies_of(name, state, graph, changes))
    return (changes.changed & tracked) | (dropped & needed)


def _lagging(
    state: State, graph: DependencyGraph, changes: Changes, can_run: frozenset[str]
) -> set[str]:
    """Returns the modules that ran before one that they depend on.

    A changed module runs because it changed and somebody asks for it, or not at all. What is
    excluded lags behind for good.
    """
    candidates = ((graph.lagging | state.graph.lagging) & can_run) - changes.changed
    if not candidates:
        return set()
    ran = generations(state, changes.modules)
    return {
        name
        for name in candidates
        if not state.is_excluded(name)
        and any(
            target in can_run and ran[target] > ran[name]
            for target in dependencies_of(name, state, graph, changes)
        )
    }


def _former_dependents(
    state: State, graph: DependencyGraph, changes: Changes
) -> Mapping[str, list[str]]:
    """Returns by module who depended on it when it ran, did not change, and differs now.

    Its package may have ceased to hide a submodule. To use lazy names, or to bind them anew,
    makes no former dependency.
    """
    former: dict[str, list[str]] = {}
    for name in changes.differing:
        if name in graph.runnable:
            for target in _former_dependencies(name, state, changes):
                former.setdefault(target, []).append(name)
    return former


def dependencies_of(
    name: str, state: State, graph: DependencyGraph, changes: Changes
) -> tuple[str, ...]:
    """Returns the known modules that a module depends on, or did when it ran unchanged."""
    now = graph.dependencies.get(name, ())
    if state.excluded:
        now = _through_excluded(now, state, graph)
    # Mostly there is neither. To ask takes a millisecond an edit of the bottom of 1,000 modules.
    former = _former_dependencies(name, state, changes) if name in changes.differing else ()
    packages = _changed_packages(name, graph, changes) if graph.package_users else ()
    return tuple(dict.fromkeys((*now, *former, *packages))) if former or packages else now


def _through_excluded(
    names: tuple[str, ...], state: State, graph: DependencyGraph
) -> tuple[str, ...]:
    """Returns these modules, and what the excluded ones of them depend on."""
    return reachable(
        names, lambda name: graph.dependencies.get(name, ()) if state.is_excluded(name) else ()
    )


def _changed_packages(name: str, graph: DependencyGraph, changes: Changes) -> tuple[str, ...]:
    """Returns the changed packages of which a module imports submodules."""
    if changes.changed.isdisjoint(graph.package_users):
        return ()
    packages = changes.modules[name].through_packages
    return tuple(p for p in packages if p in changes.changed and p in graph.run_order)


def _former_dependencies(name: str, state: State, changes: Changes) -> tuple[str, ...]:
    if name in changes.changed or name in changes.lazily or name not in state.modules:
        return ()
    before = state.modules[name]
    targets = dependencies_of_module(before, state.follow)
    return tuple(t for t in targets if t in state.modules and t != name)
