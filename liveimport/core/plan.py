"""(State, Snapshot) → (Plan, the State if all of it succeeds). Nothing is run here."""

from collections.abc import Mapping, Sequence

from attrs import evolve

from .graph import closure, components, entries, reachable, reverse, traverse
from .registration import STAR, Binding, deciding, refers
from .snapshot import Snapshot, Unseen
from .state import Shape, State, beginnings, counting, registered, track
from .steps import DEPENDENT, FRESH, MODIFIED, Group, Plan, Step
from .survey import Survey, survey
from .versions import wanted_source

DEEPEST_NEST = 40
"""Imports nested deeper than this are entered from below instead, to spare the stack."""


def unseen(state: State, snapshot: Snapshot) -> Unseen:
    """Returns what must still be seen before `plan_reload` can be trusted."""
    seen = survey(state, snapshot)
    if seen.unseen:
        return seen.unseen
    stale = _stale(state, seen, snapshot.hosts)
    return Unseen(
        sources=tuple(
            wanted
            for name in stale
            if name not in snapshot.sources
            for wanted in wanted_source(seen.ahead.modules[name])
        )
    )


def plan_reload(
    state: State, snapshot: Snapshot, *, insist: bool = False
) -> tuple[Plan, State]:
    """Returns what to run, and the State that holds if all of it succeeds.

    With `insist`, groups that failed are tried again though nothing of theirs changed.
    """
    seen = survey(state, snapshot)
    stale = [name for name in _stale(state, seen, snapshot.hosts) if name in snapshot.sources]
    running = _running(seen, stale, snapshot)
    if not running:
        return Plan(snapshot.now, outdated=seen.outdated), _planned(state, seen, running)
    depends = {name: _depends(state, seen, name) for name in running}
    groups = tuple(
        _group(state, seen, snapshot, members, depends, insist=insist)
        for members in components(_finishing(seen.ahead, running), depends.__getitem__)
    )
    planned = _planned(state, seen, running)
    plan = Plan(snapshot.now, groups, _rebinds(planned, groups), seen.outdated)
    return plan, planned


def _planned(state: State, seen: Survey, running: frozenset[str]) -> State:
    """Returns the State if everything that is `running` succeeds, and nothing else ran."""
    known = seen.facts.modules
    generation = seen.facts.generation + bool(running)
    ran = {name: evolve(seen.ahead.modules[name], generation=generation) for name in running}
    unchanged = {
        name: module
        for name, module in seen.overlay
        if name not in running and name not in seen.changed and name not in seen.fresh
    }
    modules = known.update(unchanged).update(ran)
    planned = evolve(seen.facts, generation=generation, failures=(), modules=modules)
    if planned.shape is not None and planned.shape is state.shape and not seen.missing:
        return planned
    return track(planned, surveyed=True)


def enrol(state: State, snapshot: Snapshot) -> State:
    """Returns the State that knows all modules it tracks: what holds without running any."""
    return survey(state, snapshot).facts


def _stale(state: State, seen: Survey, hosts: frozenset[str]) -> tuple[str, ...]:
    """Returns the stale modules, as they begin.

    Stale is what is tracked and changed, what ran before something that it depends on, and
    what depends on a stale module: tracked or not, if tracked code can reach it, for it would
    hold objects of a version that is gone. A module whose file is away stays as it is, and
    passes nothing on. A module that did not change depends on what it ran with as well: its
    package may have ceased to hide a submodule.
    """
    shape = seen.ahead.shape
    if shape is not None and shape is state.shape:
        return _stale_by_shape(shape, seen, hosts)
    modules = seen.ahead.modules
    nodes = [
        name
        for name in seen.ahead.begun
        if modules[name].reloadable
        and modules[name].contents is not None
        and name not in seen.missing
        and name not in seen.fresh
        and (name not in hosts or name in state.tracked)
    ]
    inside = frozenset(nodes)

    def dependencies(name: str) -> list[str]:
        return [t for t in _depends(state, seen, name) if t in inside and t != name]

    tracked = frozenset((*state.tracked, *seen.ahead.tracked))
    start = [
        name
        for name in nodes
        if (name in seen.changed and name in tracked)
        or any(modules[t].generation > modules[name].generation for t in dependencies(name))
    ]
    stale = closure(start, reverse(nodes, dependencies))
    return tuple(name for name in nodes if name in stale)


def _stale_by_shape(shape: Shape, seen: Survey, hosts: frozenset[str]) -> tuple[str, ...]:
    """Returns the same, while all modules depend on each other as they did."""
    modules = seen.ahead.modules

    def can_run(name: str) -> bool:
        module = modules[name]
        return (
            module.reloadable
            and module.contents is not None
            and name not in seen.missing
            and (name not in hosts or name in shape.tracked)
        )

    def dependents(name: str) -> list[str]:
        return [n for n in shape.dependents.get(name, ()) if can_run(n)]

    start = [n for n in sorted(seen.changed) if n in shape.tracked and can_run(n)]
    return tuple(sorted(reachable(start, dependents), key=shape.begins_at.__getitem__))


def _depends(state: State, seen: Survey, name: str) -> tuple[str, ...]:
    """Returns the known modules that a module depends on, or did when it ran unchanged."""
    now = seen.ahead.dependencies(name)
    if name in seen.changed:
        return now
    return tuple(dict.fromkeys((*now, *state.dependencies(name))))


def _running(seen: Survey, stale: Sequence[str], snapshot: Snapshot) -> frozenset[str]:
    """Returns the stale modules and the fresh ones that they lead to."""
    reached: set[str] = set(stale)
    pending = list(stale)
    while pending:
        for target in seen.ahead.dependencies(pending.pop()):
            if target in seen.fresh and target in snapshot.sources and target not in reached:
                reached.add(target)
                pending.append(target)
    return frozenset(reached)


def _finishing(ahead: State, running: frozenset[str]) -> tuple[str, ...]:
    """Returns the modules as they finish in a fresh interpreter that runs the registrations."""
    if ahead.shape is not None:
        return tuple(sorted(running, key=ahead.shape.finishes_at.__getitem__))
    named = registered(ahead)
    counts = counting(ahead, named)

    def begins(name: str) -> list[str]:
        return [n for n in ahead.modules[name].begins if counts(n)]

    start = (*filter(counts, beginnings(named)), *ahead.begun)
    _, finished = traverse(start, begins)
    return tuple(name for name in finished if name in running)


def _group(  # noqa: PLR0913  # what a group is made of comes from all of these
    state: State,
    seen: Survey,
    snapshot: Snapshot,
    members: tuple[str, ...],
    depends: Mapping[str, tuple[str, ...]],
    *,
    insist: bool,
) -> Group:
    inside = {name: place for place, name in enumerate(members)}
    steps = tuple(
        _step(state, seen, snapshot, name, _after(seen, name, depends[name], inside))
        for name in members
    )
    begin = _in_begin_order(seen, members)

    def nested(name: str) -> list[str]:
        return [t for t in seen.ahead.modules[name].targets if t in inside]

    before = None
    if state.failures:
        proof = evidence(steps)
        before = next((f for f in state.failures if f.evidence == proof), None)
    return Group(
        steps=steps,
        entries=entries(begin, nested, deepest=DEEPEST_NEST),
        failure=None if insist else before,
    )


def _in_begin_order(seen: Survey, members: Sequence[str]) -> tuple[str, ...]:
    """Returns the members that are loaded, as a fresh interpreter would begin them."""
    loaded = frozenset(members) - seen.fresh
    shape = seen.ahead.shape
    if shape is not None:
        return tuple(sorted(loaded, key=shape.begins_at.__getitem__))
    return tuple(name for name in seen.ahead.begun if name in loaded)


def evidence(steps: Sequence[Step]) -> tuple[tuple[str, str], ...]:
    """Returns the files of a group as a value that differs when one of them changes."""
    return tuple(
        sorted((s.module, f"{s.path} {s.source.stamp} {s.source.digest}") for s in steps)
    )


def _step(
    state: State, seen: Survey, snapshot: Snapshot, name: str, after: tuple[str, ...]
) -> Step:
    module = seen.ahead.modules[name]
    old = state.modules.get(name)
    before = old.contents if old is not None else None
    now = module.contents
    assert now is not None
    assert module.path is not None
    extra = old.extra if old is not None else module.extra
    bound = (before or now).names | extra
    kept = bound & now.guards
    lost = (kept | (before or now).elsewhere) - now.names - now.elsewhere
    return Step(
        module=name,
        path=module.path,
        package=module.package,
        reason=FRESH if name in seen.fresh else MODIFIED if name in seen.changed else DEPENDENT,
        after=after,
        source=snapshot.sources[name],
        leaving=bound - kept,
        kept=now.guards,
        unknown=name in seen.changed and (old is None or old.stamp is None),
        left=lost,
    )


def _after(
    seen: Survey, name: str, targets: Sequence[str], places: Mapping[str, int]
) -> tuple[str, ...]:
    """Returns the dependencies that reload with the module, else those that did before."""
    others = [t for t in targets if t != name and t not in seen.fresh]
    now = sorted((t for t in others if t in places), key=places.__getitem__)
    if now or name in seen.changed:
        return tuple(now)
    modules = seen.ahead.modules
    return tuple(t for t in others if modules[t].generation > modules[name].generation)


def _rebinds(planned: State, groups: Sequence[Group]) -> tuple[tuple[int, Binding], ...]:
    """Returns the bindings that are made again if all succeeds, as far as can be foreseen.

    A star counts as one binding here: what is public shows only when the module has run.
    """
    reloaded = frozenset(
        s.module for g in groups if g.failure is None for s in g.steps if s.reason != FRESH
    )
    return tuple(
        (registration.key, binding)
        for registration in planned.registrations
        for binding in _last(registration.bindings).values()
        if not reloaded.isdisjoint(refers(binding, planned.is_module))
    )


def _last(bindings: Sequence[Binding]) -> Mapping[str, Binding]:
    decided = dict(deciding((b for b in bindings if b.name != STAR), lambda _: ()))
    decided.update({f"{STAR}{b.module}": b for b in bindings if b.name == STAR})
    return decided


def rolled_back(planned: State, state: State, unrun: Sequence[str]) -> State:
    """Returns `planned` with the modules that did not run as `state` knows them."""
    modules = planned.modules.evolver()
    for name in unrun:
        if name in state.modules:
            modules.set(name, state.modules[name])
        else:
            modules.remove(name)
    return track(evolve(planned, modules=modules.persistent()))
