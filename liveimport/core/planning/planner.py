"""(State, Snapshot) → (ReloadPlan, the State if all of it succeeds). Nothing is run here."""

from collections.abc import Iterator, Sequence

from attrs import evolve

from liveimport.core.detecting.changes import Changes, lazy_names_after
from liveimport.core.detecting.data_files import told_of
from liveimport.core.detecting.detection import detect_changes, follow_all_imports
from liveimport.core.graph import reachable
from liveimport.core.imports import STAR, Binding, last_bindings
from liveimport.core.model import DependencyGraph, Snapshot, State

from .choice import choose
from .dependencies import build_graph, holds_after, why_not_followed, with_new_graph
from .plan import (
    NEW,
    Choice,
    Keyed,
    NotFollowed,
    RelaidModule,
    ReloadGroup,
    ReloadPlan,
    relaid_module,
)
from .staleness import NO_REQUEST, Request, dependencies_of, upgraded_modules
from .state_after import project_after, state_after
from .steps import make_steps


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
    choice = choose(state, snapshot, changes, graph, request)
    planned = state_after(state, snapshot, changes, graph, choice)
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


def _what_is_told(  # noqa: PLR0913  # all of it is one plan
    state: State,
    planned: State,
    snapshot: Snapshot,
    changes: Changes,
    *,
    graph: DependencyGraph,
    choice: Choice,
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
    choice: Choice,
    *,
    retry_failed: bool,
) -> tuple[ReloadGroup, ...]:
    from .groups import make_groups  # noqa: PLC0415  # the first sync does without: 0.3 ms

    dependencies = {
        name: (
            *_through_spared(
                dependencies_of(name, state, graph, changes), graph, choice.spared
            ),
            *sorted(() if choice.judged is None else choice.judged.uses.get(name, ())),
        )
        for name in choice.running
    }
    return make_groups(
        make_steps(state, snapshot, changes, graph, choice=choice, dependencies=dependencies),
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


def _not_followed(planned: State, graph: DependencyGraph) -> Iterator[NotFollowed]:
    """Yields the modules of the project whose edits are reported, and why they are not followed."""
    for name in planned.reported:
        reason, remedy = why_not_followed(planned, graph, name)
        yield NotFollowed(name, reason, remedy, planned.file_of(name))


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
            project=project_after(state, snapshot),
            lazy=lazy_names_after(state, snapshot, changes),
        )
    )
    holds = holds_after(enrolled, snapshot.holds, enrolled.graph)
    return enrolled if holds is state.holds else with_new_graph(evolve(enrolled, holds=holds))


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
