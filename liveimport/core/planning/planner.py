"""(State, Snapshot) → (Plan, the State if all of it succeeds). Nothing is run here."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from attrs import evolve

from liveimport.core.imports import STAR, Binding, last_bindings, with_parents
from liveimport.core.model import DependencyGraph, Failure, Module, Snapshot, State

from .changes import Changes, same_imports
from .dependencies import build_graph, generations, registered_modules, trackable
from .detection import detect_changes, follow_all_imports
from .graph import components, entry_points, reachable, traverse
from .plan import DEPENDENT, MODIFIED, NEW, Group, Keyed, Plan, Step
from .staleness import dependencies_of, stale_modules

DEEPEST_NEST = 40
"""Imports nested deeper than this are entered from below instead, to spare the stack."""


def plan_reload(
    state: State, snapshot: Snapshot, *, retry_failed: bool = False
) -> tuple[Plan, State]:
    """Returns what to run, and the State that holds if all of it succeeds.

    With `retry_failed`, groups that failed are tried again though none of their files changed.

    Raises:
        IncompleteSnapshotError: The snapshot lacks something. Observing is at fault.
    """
    changes = detect_changes(state, snapshot)
    graph = state.graph if changes.keep_imports else build_graph(state, changes.modules)
    stale = stale_modules(state, graph, changes, snapshot.namespace_modules)
    running = _with_new_modules(stale, changes)
    planned = _state_after(state, changes, graph, running)
    if not running:
        return Plan(snapshot.now, changed_extensions=changes.changed_extensions), planned
    groups = _make_groups(state, snapshot, changes, graph, running, retry_failed=retry_failed)
    rebinds = _foreseen_rebinds(planned, groups)
    return Plan(snapshot.now, groups, rebinds, changes.changed_extensions), planned


def enroll(state: State, snapshot: Snapshot) -> State:
    """Returns the State that knows all that its registrations lead to.

    Raises:
        IncompleteSnapshotError: The snapshot lacks something.
    """
    known = follow_all_imports(state, snapshot).known
    enrolled = evolve(state, modules=state.modules.update(known))
    return evolve(enrolled, graph=build_graph(enrolled, dict(enrolled.modules.items())))


def _with_new_modules(stale: Sequence[str], changes: Changes) -> frozenset[str]:
    """Returns the stale modules and the new ones that they lead to."""
    reached = set(stale)
    pending = list(stale) if changes.new else []
    while pending:
        for target in changes.modules[pending.pop()].dependencies:
            if target in changes.new and target not in reached and _can_run(changes, target):
                reached.add(target)
                pending.append(target)
    return frozenset(reached)


def _can_run(changes: Changes, name: str) -> bool:
    module = changes.modules[name]
    return module.reloadable and module.source is not None


def _state_after(
    state: State, changes: Changes, graph: DependencyGraph, running: frozenset[str]
) -> State:
    """Returns the State if everything that is `running` succeeds, and nothing else ran."""
    after: dict[str, Module] = {**changes.known}
    skipped = False
    for name, module in changes.differing.items():
        if name in running or (name not in changes.changed and name not in changes.new):
            after[name] = module
        else:
            skipped = True
    generation = state.generation + bool(running)
    planned = evolve(
        state,
        modules=state.modules.update(after) if after else state.modules,
        generation=generation,
        failures=(),
        last_run=MappingProxyType({**state.last_run, **dict.fromkeys(running, generation)})
        if running
        else state.last_run,
    )
    if graph is state.graph and not skipped and not changes.missing:
        return planned
    return with_new_graph(planned)


def with_new_graph(state: State) -> State:
    """Returns the State with the graph that follows from everything else in it."""
    return evolve(state, graph=build_graph(state, dict(state.modules.items())))


def _make_groups(  # noqa: PLR0913  # what a group is made of comes from all of these
    state: State,
    snapshot: Snapshot,
    changes: Changes,
    graph: DependencyGraph,
    running: frozenset[str],
    *,
    retry_failed: bool,
) -> tuple[Group, ...]:
    steps = _make_steps(state, snapshot, changes, graph, running)
    failures = () if retry_failed else state.failures
    return tuple(
        _make_group([steps[name] for name in members], state, changes, graph, failures)
        for members in components(
            tuple(steps), lambda name: dependencies_of(name, state, graph, changes)
        )
    )


def _make_steps(
    state: State,
    snapshot: Snapshot,
    changes: Changes,
    graph: DependencyGraph,
    running: frozenset[str],
) -> Mapping[str, Step]:
    """Returns a step for each module that runs, in the order in which they finish."""
    order = _finishing(state, changes, graph, running)
    places = {name: place for place, name in enumerate(order) if name not in changes.new}
    lagging = graph.lagging | state.graph.lagging
    ran = generations(state, changes.modules) if lagging else {}
    steps: dict[str, Step] = {}
    for name in order:
        dependencies = dependencies_of(name, state, graph, changes)
        after = sorted((t for t in dependencies if t in places), key=places.__getitem__)
        if not after and name in lagging and name not in changes.changed:
            # It runs because of what ran before, without it.
            after = [t for t in dependencies if t not in changes.new and ran[t] > ran[name]]
        steps[name] = _make_step(name, tuple(after), state, snapshot, changes)
    return steps


def _make_step(
    name: str, after: tuple[str, ...], state: State, snapshot: Snapshot, changes: Changes
) -> Step:
    module = previous = changes.modules[name]
    reason = DEPENDENT
    if name in changes.changed or name in changes.new:
        reason = NEW if name in changes.new else MODIFIED
        previous = state.modules.get(name, module)
        if name not in state.modules or previous.source is None:
            previous = evolve(module, version=module.version._replace(stamp=None))
    return Step(name, module, previous, reason, after, snapshot.sources.get(name))


def _finishing(
    state: State, changes: Changes, graph: DependencyGraph, running: frozenset[str]
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


def _make_group(
    steps: Sequence[Step],
    state: State,
    changes: Changes,
    graph: DependencyGraph,
    failures: Sequence[Failure],
) -> Group:
    planned = {step.module: step.planned for step in steps}
    loaded = (name for name in planned if name not in changes.new)
    group = Group(
        steps=tuple(steps),
        members=tuple(planned),
        entry_points=entry_points(
            sorted(loaded, key=graph.run_order.__getitem__),
            tuple(planned),
            lambda name: planned[name].dependencies,
            deepest=DEEPEST_NEST,
        ),
        may_import=_may_import(state, changes, planned) if changes.new else (),
    )
    if not failures:
        return group
    fingerprint = group.fingerprint
    blocked_by = next((f for f in failures if f.fingerprint == fingerprint), None)
    return group._replace(blocked_by=blocked_by)


def _may_import(
    state: State, changes: Changes, planned: Mapping[str, Module]
) -> tuple[Module, ...]:
    """Returns the new modules that changed imports may start, though none depends on them."""
    changed = [
        name
        for name, module in planned.items()
        if name in changes.new
        or (
            name in changes.changed
            and not same_imports(state.modules.get(name, module), module)
        )
    ]
    started = reachable(
        changed,
        lambda name: [n for n in changes.modules[name].eager_modules if n in changes.new],
    )
    return tuple(changes.modules[name] for name in started if name not in planned)


def _foreseen_rebinds(planned: State, groups: Sequence[Group]) -> Keyed:
    """Returns the bindings that are made again if all succeeds, as far as can be foreseen.

    A star counts as one binding here: what is public shows only when the module has run.
    """
    reloaded = frozenset(
        s.module for g in groups if g.blocked_by is None for s in g.steps if s.reason != NEW
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
