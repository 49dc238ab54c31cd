"""Which modules a plan runs, and why."""

from collections.abc import Sequence
from functools import partial

from liveimport.core.detecting.changes import Changes, refers_elsewhere
from liveimport.core.detecting.data_files import file_changes, to_read_again
from liveimport.core.graph import cycles
from liveimport.core.model import LOADED, NEEDED, DependencyGraph, Snapshot, State
from liveimport.core.need.judgement import Judgement
from liveimport.core.trace import NO_TRACE, Demand, Surface, Trace

from .plan import Choice
from .staleness import (
    Request,
    Stale,
    protected_modules,
    requested_modules,
    stale_and_start,
)


def choose(
    state: State, snapshot: Snapshot, changes: Changes, graph: DependencyGraph, request: Request
) -> Choice:
    """Returns which modules run, which of the stale ones do not, and why."""
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
    return Choice(
        running=running,
        spared=spared,
        skipped=skipped,
        requested=requested,
        rereading=rereading,
        protected=protected_modules(state, graph, changes, snapshot, running | spared),
        files=files,
        judged=judged,
    )


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


def needed_modules(
    state: State, graph: DependencyGraph, changes: Changes, snapshot: Snapshot, stale: Stale
) -> Judgement | None:
    """Returns which of the stale modules run, if only those do that are needed; else None.

    All of them run, too, where files went, or something is excluded or broken.
    """
    is_asked_for = state.reload == NEEDED and state.follow == LOADED
    if not is_asked_for or not state.traces or stale.start.issuperset(stale.modules):
        return None
    # Mostly all dependents run. Then the first sync does without these: 5 of its ms.
    from liveimport.core.need.judge import judge  # noqa: PLC0415  # see above
    from liveimport.core.need.reading import Facts  # noqa: PLC0415  # see above
    from liveimport.core.source.reads import surface_of_source  # noqa: PLC0415  # see above

    # A namespace package never had a file.
    is_missing = any(changes.modules[name].source is not None for name in changes.missing)
    if is_missing or any(map(state.is_excluded, stale.modules)):
        return None
    shown_by = _packages_of_new(changes)
    if not shown_by.issubset(stale.modules) or _cycles_with_new(graph, changes, stale):
        return None
    after: dict[str, Surface] = {}
    for name in changes.changed.intersection(stale.modules, snapshot.sources):
        surface = surface_of_source(snapshot.sources[name].data)
        if surface is None:
            return None
        after[name] = surface
    known, modules = state.modules, dict(changes.modules.items())
    start = {
        name
        for name in stale.modules
        if name in stale.start
        or name in shown_by
        or name in graph.bystanders
        or name in graph.leftovers
        or refers_elsewhere(known.get(name), modules[name])
        or name in state.lazy
        or name in snapshot.namespace_modules
        or modules[name].location.custom_loader
        or modules[name].location.is_installed(state.workspace)
    }
    facts = Facts(
        modules,
        {
            n: t
            for n, t in state.traces.items()
            if n in known and t.digest == known[n].version.digest
        },
        after,
        lambda name: graph.dependencies.get(name, ()),
        stale.runs_with,
        {name: known[name].eager_modules for name in after if name in known},
        partial(_is_within, graph),
        lambda name: _demand(snapshot.sources[name].data, state.traces.get(name, NO_TRACE)),
        stale.by_entries,
    )
    finishing = sorted(stale.modules, key=graph.finish_order.__getitem__)
    return judge(finishing, start, facts)


def _demand(data: bytes, trace: Trace) -> Demand:
    """Returns what a new source of a module may ask for, by what was not called in the old one."""
    from liveimport.core.need.demand import Before, demand_of_source  # noqa: PLC0415  # see above

    surface = trace.surface
    resting = surface.names - surface.repeated - trace.called
    return demand_of_source(data, Before(resting, trace.called, surface.skeleton))


def _is_within(graph: DependencyGraph, name: str, other: str) -> bool:
    """Whether a module begins, and finishes, while another one runs; True if that is not known."""
    if not (graph.is_begun(name) and graph.is_begun(other)):
        return True
    begins, finishes = graph.run_order, graph.finish_order
    return begins[other] < begins[name] and finishes[other] > finishes[name]


def _packages_of_new(changes: Changes) -> frozenset[str]:
    """Returns the known packages of which new modules become attributes."""
    packages = {name.rpartition(".")[0] for name in changes.new}
    return frozenset(packages - changes.new - {""})


def _cycles_with_new(graph: DependencyGraph, changes: Changes, stale: Stale) -> bool:
    """Whether a new module is in a cycle with a stale one: it may begin at another time now."""
    if not changes.new:
        return False
    names = (*stale.modules, *sorted(changes.new))
    found = cycles(names, lambda name: graph.dependencies.get(name, ()))
    return any(len(ring) > 1 and not changes.new.isdisjoint(ring) for ring in found)
