"""The State that holds after a plan was executed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from attrs import evolve

from liveimport.core.detecting.data_files import Reads, with_reads
from liveimport.core.graph import cycles, reachable
from liveimport.core.model import NO_HOLDS, DependencyGraph, Holds, Module, State, with_traces
from liveimport.core.planning.dependencies import holds_after, with_new_graph
from liveimport.core.trace import Trace

from .outcome import Outcome
from .registered import NewRegistration, with_registered


class Learned(NamedTuple):
    """What a run showed of the modules, for the State.

    Attributes:
        not_imported: Modules that ran, each with one that it had imported the last time, and
            did not now.
        dynamic_names: By module, names that running it bound though its source does not show
            them, where they are not as before.
        holds: What modules hold of each other after the run.
        reads: By module that ran, what it read; none if that was not followed.
        tried: By module that failed, what it had read.
        traces: By module that ran, what its code read of others.
        outdated: Modules that were spared, and have to run: they still hold an old object, or
            the run changed what they have.
    """

    not_imported: tuple[tuple[str, str], ...] = ()
    dynamic_names: tuple[tuple[str, frozenset[str]], ...] = ()
    holds: Holds = NO_HOLDS
    reads: Reads = MappingProxyType({})
    tried: Reads = MappingProxyType({})
    traces: Mapping[str, Trace] = MappingProxyType({})
    outdated: frozenset[str] = frozenset()


NOTHING_LEARNED = Learned()


def commit(
    state: State,
    planned: State,
    outcome: Outcome,
    learned: Learned = NOTHING_LEARNED,
    registered: Sequence[NewRegistration] = (),
) -> State:
    """Returns the State that holds after a plan was executed.

    `planned` is the State if all had succeeded. What did not run is as `state` knows it, so it
    is still stale, and what failed is to be retried. `registered` was registered meanwhile.
    """
    after = _without(planned, state, outcome.not_run) if outcome.not_run else planned
    after = _without_former_imports(after, learned.not_imported)
    after = _with_kept_names(after, outcome)
    after = with_reads(after, {**learned.reads, **_with_tried(after, learned.tried)})
    after = with_traces(
        _with_outdated_traces(after, state.graph),
        learned.traces,
        [*(e.module for e in outcome.events), *outcome.loaded],
    )
    dynamic = {
        name: after.modules[name]._replace(dynamic_names=names)
        for name, names in learned.dynamic_names
        if after.modules[name].dynamic_names != names
    }
    if dynamic:
        after = evolve(after, modules=after.modules.update(dynamic))
    if outcome.not_run:
        ran = bool(outcome.events or outcome.loaded)
        after = evolve(
            after,
            generation=planned.generation if ran else state.generation,
            failures=(*(failed.failure for failed in outcome.failed), *outcome.blocked),
        )
    after = _with_holds(after, learned.holds)
    if learned.outdated:
        after = evolve(after, refill=after.refill | learned.outdated)
    return with_registered(after, registered)


def _with_outdated_traces(after: State, before: DependencyGraph) -> State:
    """Returns the State that knows which modules of cycles may begin in another order now."""
    if after.graph is before or not after.traces:
        return after
    now = after.graph
    moved = {
        name
        for ring in cycles(tuple(now.run_order), lambda name: now.dependencies.get(name, ()))
        if len(ring) > 1 and _orders(ring, before) != _orders(ring, now)
        for name in ring
    }
    if moved.isdisjoint(after.traces):
        return after
    traces = {
        name: trace._replace(is_outdated=True) if name in moved else trace
        for name, trace in after.traces.items()
    }
    return evolve(after, traces=MappingProxyType(traces))


def _orders(names: Collection[str], graph: DependencyGraph) -> list[list[str]]:
    """Returns the orders in which modules begin and finish."""
    return [
        sorted((name for name in names if name in order), key=order.__getitem__)
        for order in (graph.run_order, graph.finish_order)
    ]


def _with_tried(after: State, tried: Reads) -> Reads:
    """Returns what modules had read that failed: what they read when they ran last, and more.

    So they are tried again when one of these files changes.
    """
    known = {name: {f.path for f in after.reads.get(name, ())} for name in tried}
    return {
        name: (
            *after.reads.get(name, ()),
            *(file for file in files if file.path not in known[name]),
        )
        for name, files in tried.items()
    }


def _with_holds(after: State, found: Holds) -> State:
    """Returns the State that knows the holds, and the modules whose tables are to be refilled."""
    holds = holds_after(after, found, after.graph)
    added = {n for n in found.added if holds.get(n) != after.holds.get(n)}
    refill = found.overwritten.intersection(after.graph.scanned).union(added)
    if refill:
        after = evolve(after, refill=refill)
    return after if holds is after.holds else with_new_graph(evolve(after, holds=holds))


def _with_kept_names(after: State, outcome: Outcome) -> State:
    """Returns the State that knows which of the user's names were reported and not bound.

    A name that was bound is not the user's any more.
    """
    kept = {(key, binding.name) for key, binding in (*outcome.kept, *outcome.deleted)}
    if not kept and not after.kept_names:
        return after
    bound = {(key, binding.name) for key, binding in outcome.rebound}
    return evolve(after, kept_names=(after.kept_names | kept) - bound)


def _without(planned: State, state: State, not_run: Sequence[str]) -> State:
    """Returns `planned` with the modules that did not run as `state` knows them."""
    modules = planned.modules.evolver()
    last_run = {**planned.last_run}
    reads = {**planned.reads}
    lazy = {**planned.lazy}
    never_loaded: set[str] = set()
    for name in not_run:
        if name in state.modules:
            # But who imported it may have dropped that, and did run.
            by = planned.modules[name].imported_by
            modules.set(name, state.modules[name]._replace(imported_by=by))
        else:
            modules.remove(name)
            never_loaded.add(name)
        lazy.pop(name, None)
        if name in state.lazy:
            lazy[name] = state.lazy[name]
        if name in state.reads:
            reads[name] = state.reads[name]
        if name in state.last_run:
            last_run[name] = state.last_run[name]
        else:
            last_run.pop(name, None)
    for name, module in planned.modules.items():
        # What did not run has not dropped its imports either.
        former = state.modules.get(name, module).imported_by
        if module.imported_by != former and not set(not_run).isdisjoint(former.callers):
            modules.set(name, modules[name]._replace(imported_by=former))
    back = evolve(
        planned,
        modules=modules.persistent(),
        last_run=MappingProxyType(last_run),
        lazy=planned.lazy if lazy == planned.lazy else MappingProxyType(lazy),
        reads=planned.reads if reads == planned.reads else MappingProxyType(reads),
        loaded=planned.loaded - never_loaded,
        refill=state.refill.intersection(not_run),
    )
    return with_new_graph(back)


def _without_former_imports(state: State, not_imported: Sequence[tuple[str, str]]) -> State:
    """Returns the State in which modules did not import what they no longer do.

    It is in doubt if a function of a third module made the import, and the module still leads
    to that one: it may have kept what it imported. Then the dependency stays.
    """
    forgotten: dict[str, Module] = {}
    for importer, name in not_imported:
        module = state.modules[name]
        callers = module.imported_by.callers
        between = callers[: callers.index(importer)] if importer in callers else callers
        others = [n for n in between if n.partition(".")[0] not in _IMPORTING]
        if not others or _leads_to(state, importer, name).isdisjoint(others):
            by = module.imported_by.without(importer)
            forgotten[name] = module._replace(imported_by=by)
    if not forgotten:
        return state
    return with_new_graph(evolve(state, modules=state.modules.update(forgotten)))


_IMPORTING = frozenset({"importlib", "pkgutil", "runpy"})
"""Of the standard library: they keep nothing of what they import."""


def _leads_to(state: State, importer: str, without: str) -> frozenset[str]:
    """Returns all that a module may import or reach, but for what it had imported."""

    def led_to(name: str) -> Iterator[str]:
        module = state.modules.get(name)
        if module is not None and name != without:
            yield from module.eager_modules
            yield from module.deferred_modules

    return frozenset(reachable((importer,), led_to))
