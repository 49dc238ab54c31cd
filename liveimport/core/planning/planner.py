"""(State, Snapshot) → (ReloadPlan, the State if all of it succeeds). Nothing is run here."""

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from attrs import evolve

from liveimport.core.graph import reachable, traverse
from liveimport.core.imports import STAR, Binding, last_bindings, with_parents
from liveimport.core.model import (
    DependencyGraph,
    Hold,
    Module,
    ProjectFile,
    Snapshot,
    Stamp,
    State,
)
from liveimport.core.need.judge import Judgement

from .changes import Changes, lazy_names_after
from .data_files import (
    Changed,
    file_changes,
    read_now,
    to_read_again,
    told_of,
    with_files,
)
from .dependencies import (
    build_graph,
    generations,
    holds_after,
    registered_modules,
    trackable,
    why_not_followed,
    with_new_graph,
)
from .detection import detect_changes, follow_all_imports
from .plan import (
    DATA,
    DEPENDENT,
    MODIFIED,
    NEW,
    REQUESTED,
    Keyed,
    NotFollowed,
    Reason,
    RelaidModule,
    ReloadGroup,
    ReloadPlan,
    ReloadStep,
    relaid_module,
)
from .staleness import (
    NO_REQUEST,
    Request,
    dependencies_of,
    needed_modules,
    protected_modules,
    requested_modules,
    stale_and_start,
    upgraded_modules,
)


class _Choice(NamedTuple):
    """Which modules run, and why.

    Attributes:
        running: The modules that run, with those that are loaded for the first time.
        spared: The stale modules that need not run.
        skipped: The stale modules that are excluded.
        requested: The modules that the user asked for.
        rereading: The modules that run because of what they read.
        protected: The modules that keep somebody's state, so they do not run.
        files: By tracked module, what changed of what it read as it ran.
        judged: What is needed, if only that runs.
    """

    running: frozenset[str]
    spared: frozenset[str]
    skipped: frozenset[str]
    requested: frozenset[str]
    rereading: frozenset[str]
    protected: tuple[str, ...]
    files: Changed
    judged: Judgement | None


def plan_reload(
    state: State,
    snapshot: Snapshot,
    *,
    retry_failed: bool = False,
    request: Request = NO_REQUEST,
) -> tuple[ReloadPlan, State]:
    """Returns what to run, and the State that holds if all of it succeeds.

    With `retry_failed`, groups that failed are tried again though none of their files changed.
    What is asked for by `request` runs if it can.

    Raises:
        IncompleteSnapshotError: The snapshot lacks something. Observing is at fault.
    """
    changes = detect_changes(state, snapshot)
    state, graph = _with_what_was_seen(state, snapshot, changes)
    choice = _choose(state, snapshot, changes, graph, request)
    planned = _state_after(state, snapshot, changes, graph, choice)
    plan = _what_is_told(state, planned, snapshot, changes, graph=graph, choice=choice)
    if not choice.running:
        return plan, planned
    groups = _groups(state, snapshot, changes, graph, choice, retry_failed=retry_failed)
    return evolve(plan, groups=groups, rebinds=_foreseen_rebinds(planned, groups)), planned


def _with_what_was_seen(
    state: State, snapshot: Snapshot, changes: Changes
) -> tuple[State, DependencyGraph]:
    """Returns the State that knows what was loaded, used and held, and its dependency graph."""
    if not changes.keep_imports or len(snapshot.loaded) != len(state.loaded):
        state = evolve(state, loaded=snapshot.loaded)
    lazy = lazy_names_after(state, snapshot, changes)
    if lazy is not state.lazy:
        state = evolve(state, lazy=lazy)
    graph = state.graph if changes.keep_imports else build_graph(state, changes.modules)
    holds = holds_after(state, snapshot.holds, graph)
    if holds is not state.holds:
        state = evolve(state, holds=holds)
        graph = build_graph(state, changes.modules)
    return state, graph


def _choose(
    state: State, snapshot: Snapshot, changes: Changes, graph: DependencyGraph, request: Request
) -> _Choice:
    requested = requested_modules(state, graph, changes, request)
    files = file_changes(state, snapshot, graph.tracked)
    rereading = to_read_again(state, files)
    found = stale_and_start(state, graph, changes, snapshot, requested | rereading)
    judged = needed_modules(state, graph, changes, snapshot, found)
    stale = found.modules
    if judged is not None:
        stale = tuple(name for name in stale if name in judged.running)
    skipped = frozenset(name for name in stale if state.is_excluded(name))
    running = _with_new_modules([n for n in stale if n not in skipped], changes, graph)
    spared = frozenset(found.modules).difference(stale)
    return _Choice(
        running=running,
        spared=spared,
        skipped=skipped,
        requested=requested,
        rereading=rereading,
        protected=protected_modules(state, graph, changes, snapshot, running | spared),
        files=files,
        judged=judged,
    )


def _what_is_told(  # noqa: PLR0913  # all of it is one plan
    state: State,
    planned: State,
    snapshot: Snapshot,
    changes: Changes,
    *,
    graph: DependencyGraph,
    choice: _Choice,
) -> ReloadPlan:
    """Returns the plan without its groups: what does not run, and what else is reported."""
    upgraded = upgraded_modules(state, changes, snapshot)
    return ReloadPlan(
        snapshot.now,
        changed_extensions=tuple(n for n in changes.changed_extensions if n not in upgraded),
        protected=choice.protected,
        upgraded=tuple(sorted(planned.upgraded - state.upgraded)),
        missing=_missing_dependents(state, graph, changes, choice.running),
        missing_files=_missing_files(graph, changes),
        not_followed=tuple(_not_followed(planned, graph)),
        reported=tuple(sorted(state.reported.keys() & planned.reported.keys())),
        relaid=tuple(_relaid(changes, snapshot, choice.running)),
        files=told_of(planned, state, choice.files),
        cut_off=tuple(sorted(planned.cut_off - state.cut_off_told)),
        not_needed=tuple(sorted(choice.spared, key=graph.finish_order.__getitem__)),
        rebindings=() if choice.judged is None else choice.judged.rebindings,
    )


def _groups(  # noqa: PLR0913  # all of it is one plan
    state: State,
    snapshot: Snapshot,
    changes: Changes,
    graph: DependencyGraph,
    choice: _Choice,
    *,
    retry_failed: bool,
) -> tuple[ReloadGroup, ...]:
    from .groups import make_groups  # noqa: PLC0415  # the first sync does without: 0.3 ms

    dependencies = {
        name: _through_spared(
            dependencies_of(name, state, graph, changes), graph, choice.spared
        )
        for name in choice.running
    }
    return make_groups(
        _make_steps(state, snapshot, changes, graph, choice=choice, dependencies=dependencies),
        dependencies.__getitem__,
        state,
        changes,
        graph,
        retry_failed=retry_failed,
        spared=bool(choice.spared),
    )


def _through_spared(
    names: tuple[str, ...], graph: DependencyGraph, spared: frozenset[str]
) -> tuple[str, ...]:
    """Returns these modules, and what those of them depend on that need not run."""
    if spared.isdisjoint(names):
        return names
    return reachable(
        names, lambda name: graph.dependencies.get(name, ()) if name in spared else ()
    )


def _relaid(
    changes: Changes, snapshot: Snapshot, running: frozenset[str]
) -> Iterator[RelaidModule]:
    """Yields the modules of which only comments or layout changed, and that do not run."""
    for name in sorted(changes.relaid - running):
        yield relaid_module(changes.modules[name], snapshot.sources[name])


def _only_rebound(snapshot: Snapshot, graph: DependencyGraph, running: frozenset[str]) -> bool:
    """Whether modules that may depend on what runs get their names bound, and do not run."""
    only_rebound = snapshot.namespace_modules - running
    return bool(running) and any(name in graph.run_order for name in only_rebound)


def _not_followed(planned: State, graph: DependencyGraph) -> Iterator[NotFollowed]:
    """Yields the modules of the project whose edits are reported, and why they are not followed."""
    for name in planned.reported:
        reason, remedy = why_not_followed(planned, graph, name)
        yield NotFollowed(name, reason, remedy, planned.file_of(name))


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


def _project_after(state: State, snapshot: Snapshot) -> Mapping[str, ProjectFile]:
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


def _missing_files(graph: DependencyGraph, changes: Changes) -> tuple[str, ...]:
    """Returns the tracked modules whose files are missing. A namespace package never had one."""
    missing = {n for n in changes.missing if changes.modules[n].source is not None}
    missing |= graph.never_read
    return tuple(sorted(missing.intersection(graph.tracked))) if missing else ()


def _missing_dependents(
    state: State, graph: DependencyGraph, changes: Changes, running: frozenset[str]
) -> tuple[str, ...]:
    """Returns the modules that would run with what they depend on, if their files were there."""
    return tuple(
        name
        for name in sorted(changes.missing.intersection(graph.run_order))
        if not running.isdisjoint(dependencies_of(name, state, graph, changes))
    )


def enroll(state: State, snapshot: Snapshot) -> State:
    """Returns the State that knows all that its registrations lead to.

    Raises:
        IncompleteSnapshotError: The snapshot lacks something.
    """
    changes = follow_all_imports(state, snapshot)
    modules = state.modules.update(changes.known)
    enrolled = with_new_graph(
        evolve(
            state,
            modules=modules,
            loaded=snapshot.loaded,
            project=_project_after(state, snapshot),
            lazy=lazy_names_after(state, snapshot, changes),
        )
    )
    holds = holds_after(enrolled, snapshot.holds, enrolled.graph)
    return enrolled if holds is state.holds else with_new_graph(evolve(enrolled, holds=holds))


def _with_new_modules(
    stale: Sequence[str], changes: Changes, graph: DependencyGraph
) -> frozenset[str]:
    """Returns the stale modules and the new ones that they lead to."""
    reached = set(stale)
    new = changes.new & graph.runnable
    pending = list(stale) if new else []
    while pending:
        for target in changes.modules[pending.pop()].top_level:
            if target in new and target not in reached:
                reached.add(target)
                pending.append(target)
    return frozenset(reached)


def _state_after(
    state: State,
    snapshot: Snapshot,
    changes: Changes,
    graph: DependencyGraph,
    choice: _Choice,
) -> State:
    """Returns the State if everything that is running succeeds, and nothing else ran."""
    running, skipped = choice.running, choice.skipped
    upgraded = upgraded_modules(state, changes, snapshot)
    generation = state.generation + bool(running)
    after = _modules_after(state, changes, choice, upgraded, generation)
    project = _project_after(state, snapshot)
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
    choice: _Choice,
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


def _make_steps(  # noqa: PLR0913  # all of it is one plan
    state: State,
    snapshot: Snapshot,
    changes: Changes,
    graph: DependencyGraph,
    *,
    choice: _Choice,
    dependencies: Mapping[str, tuple[str, ...]],
) -> Mapping[str, ReloadStep]:
    """Returns a step for each module that runs, in the order in which they finish.

    `dependencies` has those of each.
    """
    order = _finishing(state, changes, graph, choice.running)
    places = {name: place for place, name in enumerate(order) if name not in changes.new}
    lagging = graph.lagging | state.graph.lagging
    ran = generations(state, changes.modules) if lagging else {}
    steps: dict[str, ReloadStep] = {}
    for name in order:
        after = sorted([t for t in dependencies[name] if t in places], key=places.__getitem__)
        if not after and name in lagging and name not in changes.changed:
            # It runs because of what ran before, without it.
            after = [
                t for t in dependencies[name] if t not in changes.new and ran[t] > ran[name]
            ]
        step = _make_step(name, tuple(after), state, snapshot, changes)
        step = _with_its_reason(step, state, choice)
        started = _started(step.planned, changes, graph)
        if started:
            step = step._replace(started=started)
        if name in state.reads:
            step = step._replace(read=read_now(state, snapshot, name))
        steps[name] = step
    return steps


def _with_its_reason(step: ReloadStep, state: State, choice: _Choice) -> ReloadStep:
    """Returns the step that says why it runs, if neither an edit nor a dependency does."""
    name = step.module
    if choice.judged is not None:
        step = step._replace(because=choice.judged.because.get(name))
    if step.reason != DEPENDENT:
        return step
    if name in choice.requested:
        return step._replace(reason=REQUESTED)
    if name in choice.rereading:
        return step._replace(reason=DATA, files=choice.files[name])
    if not step.after and name in state.holds:
        return step._replace(holds=_reasons(state.holds[name], choice.running))
    return step


def _reasons(holds: Sequence[Hold], running: Container[str]) -> tuple[str, ...]:
    """Returns what a module holds of what runs; all that it holds if it only is filled anew."""
    of_running = tuple(str(hold) for hold in holds if hold.module in running)
    return of_running or tuple(map(str, holds))


def _started(module: Module, changes: Changes, graph: DependencyGraph) -> tuple[str, ...]:
    """Returns the modules on which one depends only because its last run imported them."""
    dependencies = graph.dependencies[module.name]
    others = set(dependencies).difference(module.eager_modules)
    if not others:
        return ()
    return tuple(
        target
        for target in dependencies
        if target in others and changes.modules[target].imported_by.module == module.name
    )


def _make_step(
    name: str, after: tuple[str, ...], state: State, snapshot: Snapshot, changes: Changes
) -> ReloadStep:
    module = previous = changes.modules[name]
    reason: Reason = DEPENDENT
    if name in changes.changed or name in changes.new:
        reason = NEW if name in changes.new else MODIFIED
        previous = state.modules.get(name, module)
        if name not in state.modules or previous.source is None:
            previous = module._replace(version=module.version._replace(stamp=None))
    return ReloadStep(name, module, previous, reason, after, snapshot.sources.get(name))


def _finishing(
    state: State, changes: Changes, graph: DependencyGraph, running: Collection[str]
) -> tuple[str, ...]:
    """Returns the modules as they finish in a fresh interpreter that runs the registrations."""
    if not changes.missing:
        return tuple(sorted(running, key=graph.finish_order.__getitem__))
    # A module whose file is gone does not run, so it starts nothing.
    modules = changes.modules
    registered = registered_modules(state, modules)
    candidates = trackable(state.workspace, modules, registered)

    def eager(name: str) -> list[str]:
        if name in changes.missing:
            return []
        return [n for n in modules[name].eager_modules if n in candidates]

    starts = (n for n in with_parents(registered) if n in candidates)
    _, finished = traverse((*starts, *graph.run_order), eager)
    return tuple(name for name in finished if name in running)


def _foreseen_rebinds(planned: State, groups: Sequence[ReloadGroup]) -> Keyed:
    """Returns the bindings that are made again if all succeeds, as far as can be foreseen.

    A star counts as one binding here: what is public shows only when the module has run.
    """
    reloaded = frozenset(
        s.module
        for g in groups
        if g.blocked_by is None and not g.is_broken
        for s in g.steps
        if s.reason != NEW
    )
    return tuple(
        (registration.key, binding)
        for registration in planned.registrations
        for binding in _last(registration.bindings)
        if not reloaded.isdisjoint(planned.modules_referred_to(binding))
    )


def _last(bindings: Sequence[Binding]) -> tuple[Binding, ...]:
    named = last_bindings((b for b in bindings if b.name != STAR), {})
    return (*named.values(), *(b for b in bindings if b.name == STAR))
