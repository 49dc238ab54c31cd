"""A step for each module that runs, and the order in which they finish."""

from collections.abc import Collection, Container, Mapping, Sequence

from liveimport.core.detecting.changes import Changes
from liveimport.core.detecting.data_files import read_now
from liveimport.core.graph import traverse
from liveimport.core.imports import with_parents
from liveimport.core.model import DependencyGraph, Hold, Module, Snapshot, State

from .dependencies import generations, registered_modules, trackable
from .plan import DATA, DEPENDENT, MODIFIED, NEW, REQUESTED, Choice, Reason, ReloadStep


def make_steps(  # noqa: PLR0913  # all of it is one plan
    state: State,
    snapshot: Snapshot,
    changes: Changes,
    graph: DependencyGraph,
    *,
    choice: Choice,
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


def _with_its_reason(step: ReloadStep, state: State, choice: Choice) -> ReloadStep:
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
