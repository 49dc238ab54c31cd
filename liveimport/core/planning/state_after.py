"""The State after a plan, if all of it succeeds."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from attrs import evolve

from liveimport.core.detecting.changes import Changes, lazy_names_after
from liveimport.core.detecting.data_files import with_files
from liveimport.core.model import DependencyGraph, Module, ProjectFile, Snapshot, Stamp, State

from .dependencies import with_new_graph
from .plan import Choice
from .staleness import upgraded_modules


def state_after(
    state: State,
    snapshot: Snapshot,
    changes: Changes,
    graph: DependencyGraph,
    choice: Choice,
) -> State:
    """Returns the State if everything that is running succeeds, and nothing else ran."""
    running, skipped = choice.running, choice.skipped
    upgraded = upgraded_modules(state, changes, snapshot)
    generation = state.generation + bool(running)
    after = _modules_after(state, changes, choice, upgraded, generation)
    project = project_after(state, snapshot)
    reported = _reported_after(project, snapshot, changes, graph, running)
    planned = evolve(
        state,
        modules=state.modules.update(after) if after else state.modules,
        generation=generation,
        failures=(),
        refill=frozenset(),
        skipped=state.skipped | skipped if skipped else state.skipped,
        upgraded=state.upgraded.union(name.partition(".")[0] for name in upgraded),
        changed_extensions=state.changed_extensions.union(changes.changed_extensions),
        project=project,
        reported=state.reported if reported == state.reported else MappingProxyType(reported),
        last_run=_last_run_after(state, changes, running | choice.spared, generation)
        if running
        else state.last_run,
        loaded=state.loaded.union(running & changes.new),
        lazy=lazy_names_after(state, snapshot, changes, running),
    )
    left_behind = choice.protected or skipped or _only_rebound(snapshot, graph, running)
    if graph is not state.graph or changes.missing or left_behind:
        # What is left behind lags from now on.
        planned = with_new_graph(planned)
    planned = with_files(planned, snapshot, choice.files, running | skipped)
    if planned.cut_off == planned.cut_off_told:
        return planned
    return evolve(planned, cut_off_told=planned.cut_off)


def _modules_after(
    state: State,
    changes: Changes,
    choice: Choice,
    upgraded: Collection[str],
    generation: int,
) -> Mapping[str, Module]:
    """Returns the modules that are another value, if all that is running succeeds.

    What was spared is as if it had run. What was upgraded, or is excluded, does not run, so its
    new stamps are taken in.
    """
    after: dict[str, Module] = {**changes.known}
    for name, module in changes.differing.items():
        is_new = name in changes.new
        if name in choice.running:
            after[name] = module._replace(generation=generation) if is_new else module
        elif name not in changes.changed and not is_new:
            after[name] = module
        elif name in upgraded or name in choice.skipped:
            after[name] = state.modules[name]._replace(version=module.version)
        else:
            before = state.modules.get(name)
            if before is not None and before.imported_by != module.imported_by:
                after[name] = before._replace(imported_by=module.imported_by)
    return after


def _last_run_after(
    state: State, changes: Changes, ran: frozenset[str], generation: int
) -> Mapping[str, int]:
    """Returns in which sync modules ran last. To load one for the first time is not to run again.

    Nobody who was loaded before has an older version of it.
    """
    again = dict.fromkeys(ran - changes.new, generation)
    before = {n: last for n, last in state.last_run.items() if n not in changes.new}
    return MappingProxyType({**before, **again})


def project_after(state: State, snapshot: Snapshot) -> Mapping[str, ProjectFile]:
    """Returns the files of the loaded modules of the project; the same value if nothing changed."""
    same = {
        name: state.project[name]._replace(stamp=stamp)
        for name, stamp in snapshot.project_stamps.items()
        if name in state.project and state.project[name].has_times(stamp)
    }
    unloaded = state.project.keys() - snapshot.loaded
    if not snapshot.project and not same and not unloaded:
        return state.project
    project = {**state.project, **same, **snapshot.project}
    return MappingProxyType({n: file for n, file in project.items() if n not in unloaded})


def _reported_after(
    project: Mapping[str, ProjectFile],
    snapshot: Snapshot,
    changes: Changes,
    graph: DependencyGraph,
    running: frozenset[str],
) -> dict[str, Stamp]:
    """Returns the stamps of the changed files of the project whose modules do not run.

    They are loaded, nothing tracks them, and their own edits do not make them run.
    """
    stamps = {
        name: stamp
        for name, stamp in snapshot.project_stamps.items()
        if name not in changes.modules or changes.modules[name].source is None
    }
    for name in changes.changed:
        stamp = changes.modules[name].version.stamp
        assert stamp is not None
        stamps[name] = stamp
    others = stamps.keys() - running - set(graph.tracked)
    return {
        name: stamps[name]
        for name in sorted(others.intersection(project))
        if name in changes.changed or not project[name].has_times(stamps[name])
    }


def _only_rebound(snapshot: Snapshot, graph: DependencyGraph, running: frozenset[str]) -> bool:
    """Whether modules that may depend on what runs get their names bound, and do not run."""
    only_rebound = snapshot.namespace_modules - running
    return bool(running) and any(name in graph.run_order for name in only_rebound)
