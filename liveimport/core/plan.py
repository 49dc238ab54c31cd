"""(State, Snapshot) → (Plan, the State if all of it succeeds). Nothing is run here."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from attrs import evolve

from .graph import components, entries, reachable, traverse
from .registration import STAR, Binding
from .rewriting import deciding
from .snapshot import Snapshot, Unseen
from .stale import Modules, dependencies_of, kept_shape, stale_modules
from .state import Module, State, having_run, not_having_run
from .steps import DEPENDENT, FRESH, MODIFIED, Group, Plan, Step
from .survey import Survey, survey
from .tracking import beginnings, counting, registered, track
from .versions import imports_alike, wanted_source

DEEPEST_NEST = 40
"""Imports nested deeper than this are entered from below instead, to spare the stack."""


def unseen(state: State, snapshot: Snapshot) -> Unseen:
    """Returns what must still be seen before `plan_reload` can be trusted."""
    seen = survey(state, snapshot)
    return seen.unseen or _unread(snapshot, stale_modules(state, seen, snapshot.hosts))


def plan_reload(
    state: State, snapshot: Snapshot, *, insist: bool = False
) -> tuple[Plan, State]:
    """Returns what to run, and the State that holds if all of it succeeds.

    With `insist`, groups that failed are tried again though nothing of theirs changed.
    """
    seen = survey(state, snapshot)
    return _planned_from(
        state, snapshot, seen, stale_modules(state, seen, snapshot.hosts), insist=insist
    )


def plan_or_ask(
    state: State, snapshot: Snapshot, *, insist: bool
) -> Unseen | tuple[Plan, State]:
    """Returns what `unseen` does while something is; then what `plan_reload` does, at once."""
    seen = survey(state, snapshot)
    if seen.unseen:
        return seen.unseen
    stale = stale_modules(state, seen, snapshot.hosts)
    return _unread(snapshot, stale) or _planned_from(
        state, snapshot, seen, stale, insist=insist
    )


def _unread(snapshot: Snapshot, stale: Modules) -> Unseen:
    """Returns the stale modules that must be read before they can run.

    Those that did not change need not be: whoever runs them may have their code.
    """
    return Unseen(
        sources=tuple(
            wanted
            for name, module in stale.items()
            if _must_be_read(module) and name not in snapshot.sources
            for wanted in wanted_source(module)
        )
    )


def _must_be_read(module: Module) -> bool:
    return module.rewritten or module.stamp is None or not module.digest


def _planned_from(
    state: State, snapshot: Snapshot, seen: Survey, stale: Modules, *, insist: bool
) -> tuple[Plan, State]:
    sources = snapshot.sources
    waiting = [name for name, m in stale.items() if _must_be_read(m) and name not in sources]
    running = _running(seen, stale.keys() - waiting, snapshot)
    planned = _planned(state, seen, running)
    if not running:
        return Plan(snapshot.now, outdated=seen.outdated), planned
    depends = dependencies_of(state, seen, running)
    modules = {name: stale.get(name) or seen.ahead.modules[name] for name in running}
    groups = tuple(
        _group(
            state, seen, snapshot, [modules[name] for name in members], depends, insist=insist
        )
        for members in components(_finishing(seen, running), depends.__getitem__)
    )
    return Plan(snapshot.now, groups, _rebinds(planned, groups), seen.outdated), planned


def _planned(state: State, seen: Survey, running: frozenset[str]) -> State:
    """Returns the State if everything that is `running` succeeds, and nothing else ran."""
    facts = seen.facts
    generation = facts.generation + bool(running)
    ahead = {
        name: module
        for name, module in seen.overlay
        if name in running or (name not in seen.changed and name not in seen.fresh)
    }
    planned = evolve(
        facts,
        generation=generation,
        failures=(),
        modules=seen.ahead.modules
        if len(ahead) == len(seen.overlay)
        else facts.modules.update(ahead),
        ran=having_run(facts.ran, generation, running),
    )
    if planned.shape is not None and planned.shape is state.shape and not seen.missing:
        return planned
    return track(planned, surveyed=True)


def _running(seen: Survey, stale: AbstractSet[str], snapshot: Snapshot) -> frozenset[str]:
    """Returns the stale modules and the fresh ones that they lead to."""
    if not seen.fresh:
        return frozenset(stale)
    reached: set[str] = set(stale)
    pending = list(stale)
    while pending:
        for target in seen.ahead.dependencies(pending.pop()):
            if target in seen.fresh and target in snapshot.sources and target not in reached:
                reached.add(target)
                pending.append(target)
    return frozenset(reached)


def _finishing(seen: Survey, running: frozenset[str]) -> tuple[str, ...]:
    """Returns the modules as they finish in a fresh interpreter that runs the registrations.

    A module whose file is away does not run, so it begins nothing.
    """
    ahead = seen.ahead
    if ahead.shape is not None and not seen.missing:
        return tuple(sorted(running, key=ahead.shape.finishes_at.__getitem__))
    named = registered(ahead)
    counts = counting(ahead, ahead.modules, named)

    def begins(name: str) -> list[str]:
        if name in seen.missing:
            return []
        return [n for n in ahead.modules[name].begins if n in counts]

    start = (*(n for n in beginnings(named) if n in counts), *ahead.begun)
    _, finished = traverse(start, begins)
    return tuple(name for name in finished if name in running)


def _group(  # noqa: PLR0913  # what a group is made of comes from all of these
    state: State,
    seen: Survey,
    snapshot: Snapshot,
    modules: Sequence[Module],
    depends: Mapping[str, tuple[str, ...]],
    *,
    insist: bool,
) -> Group:
    places = {module.name: place for place, module in enumerate(modules)}
    ran = {} if kept_shape(state, seen) is not None else seen.ahead.generations()
    steps = tuple(
        _step(state, seen, snapshot, m, _after(seen, m.name, depends[m.name], places, ran))
        for m in modules
    )
    members = tuple(places)

    def nested(name: str) -> tuple[str, ...]:
        return modules[places[name]].targets

    group = Group(
        steps=steps,
        entries=entries(_in_begin_order(seen, members), members, nested, deepest=DEEPEST_NEST),
        besides=_besides(state, seen, modules) if seen.fresh else (),
    )
    if insist or not state.failures:
        return group
    proof = group.evidence
    return group._replace(
        failure=next((f for f in state.failures if f.evidence == proof), None)
    )


def _besides(state: State, seen: Survey, modules: Sequence[Module]) -> tuple[Module, ...]:
    """Returns modules never loaded that new imports of `modules` may begin, and they in turn."""
    ahead = seen.ahead.modules
    members = [module.name for module in modules]
    anew = [
        m.name
        for m in modules
        if m.name in seen.fresh
        or (m.name in seen.changed and not imports_alike(state.modules.get(m.name, m), m))
    ]
    begun = reachable(anew, lambda name: [b for b in ahead[name].begins if b in seen.fresh])
    return tuple(ahead[name] for name in begun if name not in members)


def _in_begin_order(seen: Survey, members: Sequence[str]) -> tuple[str, ...]:
    """Returns the members that are loaded, as a fresh interpreter would begin them."""
    loaded = frozenset(members) - seen.fresh
    shape = seen.ahead.shape
    if shape is not None:
        return tuple(sorted(loaded, key=shape.begins_at.__getitem__))
    return tuple(name for name in seen.ahead.begun if name in loaded)


def _step(
    state: State, seen: Survey, snapshot: Snapshot, module: Module, after: tuple[str, ...]
) -> Step:
    name = module.name
    changed = name in seen.changed
    fresh = name in seen.fresh
    before = module
    if changed or fresh:
        before = state.modules.get(name) or evolve(module, stamp=None)
    return Step(
        now=module,
        before=before,
        reason=FRESH if fresh else MODIFIED if changed else DEPENDENT,
        after=after,
        source=snapshot.sources.get(name),
    )


def _after(
    seen: Survey,
    name: str,
    targets: Sequence[str],
    places: Mapping[str, int],
    ran: Mapping[str, int],
) -> tuple[str, ...]:
    """Returns the dependencies that reload with the module, else those that did before.

    What ran before something that it depends on can be told by generations, if there are any.
    """
    now = [t for t in targets if t in places and t != name]
    if seen.fresh:
        now = [t for t in now if t not in seen.fresh]
    if len(now) > 1:
        now.sort(key=places.__getitem__)
    if now or name in seen.changed or not ran:
        return tuple(now)
    others = (t for t in targets if t != name and t not in seen.fresh)
    return tuple(t for t in others if ran[t] > ran[name])


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
        if not reloaded.isdisjoint(planned.refers(binding))
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
    ran = not_having_run(planned.ran, state.ran, unrun)
    return track(evolve(planned, modules=modules.persistent(), ran=ran))
