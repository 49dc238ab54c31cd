"""The steps of a plan → reload groups: what succeeds or fails as one, and where each is entered."""

from collections.abc import Iterable, Mapping, Sequence

from liveimport.core.detecting.changes import Changes, same_imports
from liveimport.core.graph import (
    Successors,
    closure,
    components,
    entry_points,
    reachable,
    reverse,
)
from liveimport.core.imports import with_parents
from liveimport.core.model import DependencyGraph, Failure, Module, State

from .dependencies import dependencies_of_module, registered_modules
from .plan import DEPENDENT, ReloadGroup, ReloadStep

DEEPEST_NEST = 40
"""Imports nested deeper than this are entered from below instead, to spare the stack."""


def make_groups(  # noqa: PLR0913  # what a group is made of comes from all of these
    steps: Mapping[str, ReloadStep],
    dependencies: Successors,
    state: State,
    changes: Changes,
    graph: DependencyGraph,
    *,
    retry_failed: bool,
    spared: bool = False,
) -> tuple[ReloadGroup, ...]:
    """Returns the groups of a plan, in order of execution.

    `steps` are in the order in which they finish, and `dependencies` gives those of a module.
    Groups that failed before are blocked without `retry_failed`, unless something that they
    require runs again.
    """
    groups: list[ReloadGroup] = []
    run_before: set[str] = set()
    blocked: dict[str, Failure] = {}
    importers = _former_importers(steps, state, changes, dependencies)
    fills = reverse(tuple(graph.holders), graph.holders.__getitem__)

    def with_filled(name: str) -> Iterable[str]:
        return (*dependencies(name), *fills[name]) if name in fills else dependencies(name)

    runs_with = with_filled if fills else dependencies

    for members in _connected(steps, state, graph, runs_with, importers):
        is_tracked = (graph.bystanders | graph.leftovers).isdisjoint(members)
        former_importers = {i for name in members for i in importers.get(name, ())}
        outside = _outside(steps, members, runs_with)
        # What is in a later group, as what is left over, holds back none before it.
        required_outside = _required(steps, members, outside, state)
        requires = (former_importers | required_outside) & run_before
        # If what it requires runs again, or what it depends on, that may be the fix.
        may_be_fixed = requires or not outside <= blocked.keys()
        group = _make_group([steps[n] for n in members], state, changes, graph, spared=spared)
        failed_before = None if may_be_fixed else _former_failure(group, state.failures)
        # Without what it requires it does not run either.
        required = tuple(sorted(requires))
        blocked_by = next((blocked[t] for t in required if t in blocked), None)
        if not retry_failed:
            blocked_by = blocked_by or failed_before
        if blocked_by is not None:
            blocked.update(dict.fromkeys(members, blocked_by))
        groups.append(
            group._replace(
                requires=required,
                blocked_by=blocked_by,
                failed_before=failed_before,
                is_tracked=is_tracked,
                is_installed=_is_installed(steps[members[0]], state),
            )
        )
        run_before.update(members)
    return tuple(groups)


def _connected(
    steps: Mapping[str, ReloadStep],
    state: State,
    graph: DependencyGraph,
    dependencies: Successors,
    importers: Mapping[str, Sequence[str]],
) -> tuple[tuple[str, ...], ...]:
    """Returns the modules of each group.

    What is installed, what is left over, and bystanders are in groups of their own: they must
    not hold back the user's own modules. The first runs before these, the others after them.
    """
    installed = frozenset(n for n in steps if _is_installed(steps[n], state))
    last = (graph.bystanders | graph.leftovers) - installed
    parts = (
        [n for n in steps if n in installed],
        [n for n in steps if n not in installed and n not in last],
        [n for n in steps if n in last and n in graph.leftovers],
        [n for n in steps if n in last and n in graph.bystanders],
    )
    return tuple(
        members
        for names in parts
        for members in _former_importers_first(components(names, dependencies), importers)
    )


def _is_installed(step: ReloadStep, state: State) -> bool:
    return step.planned.location.is_installed(state.workspace)


def _former_importers_first(
    groups: Sequence[tuple[str, ...]], importers: Mapping[str, Sequence[str]]
) -> Sequence[tuple[str, ...]]:
    """Returns the groups of a part, each behind those that drop an import of it."""
    if not importers:
        return groups
    group_of = {name: members for members in groups for name in members}
    ordered: dict[tuple[str, ...], None] = {}
    waiting: set[tuple[str, ...]] = set()

    def place(members: tuple[str, ...]) -> None:
        if members in waiting:
            return
        waiting.add(members)
        for importer in (i for name in members for i in importers.get(name, ())):
            if importer in group_of:
                place(group_of[importer])
        ordered[members] = None

    for members in groups:
        place(members)
    return tuple(ordered)


def _outside(
    steps: Mapping[str, ReloadStep], members: Sequence[str], dependencies: Successors
) -> set[str]:
    """Returns the modules of other groups that a group depends on."""
    targets = {t for n in members for t in dependencies(n) if t in steps}
    return targets.difference(members)


def _required(
    steps: Mapping[str, ReloadStep], members: Sequence[str], outside: set[str], state: State
) -> set[str]:
    """Returns the modules of other groups without which a group does not run.

    What was edited runs though an installed module fails: that holds back none of the project.
    """
    if all(steps[name].reason == DEPENDENT for name in members):
        return outside
    return {name for name in outside if not _is_installed(steps[name], state)}


def _former_importers(
    steps: Mapping[str, ReloadStep], state: State, changes: Changes, dependencies: Successors
) -> dict[str, list[str]]:
    """Returns, by module, the modules that drop their import of it when they run.

    If such a module fails, it goes on with what it took from the other, which must stay as it is.
    So the other waits for it, and does not run if it fails.
    """
    importers: dict[str, list[str]] = {}
    for name in steps:
        before = state.modules.get(name) if name in changes.differing else None
        if before is None:
            continue
        dropped = set(dependencies_of_module(before, state.follow)).difference(
            dependencies(name)
        )
        inside = (name, *dependencies_of_module(changes.modules[name], state.follow))
        for target in sorted(dropped.intersection(steps)):
            # A package runs before what is in it, as ever.
            if not any(other.startswith(f"{target}.") for other in inside):
                importers.setdefault(target, []).append(name)
    return importers


def _make_group(
    steps: Sequence[ReloadStep],
    state: State,
    changes: Changes,
    graph: DependencyGraph,
    *,
    spared: bool,
) -> ReloadGroup:
    planned = {step.module: step.planned for step in steps}
    return ReloadGroup(
        steps=tuple(steps),
        members=tuple(planned),
        entry_points=entry_points(
            _entered(planned, changes, graph),
            tuple(planned),
            lambda name: dependencies_of_module(planned[name], state.follow),
            deepest=DEEPEST_NEST,
        ),
        may_import=_may_import(state, changes, planned) if changes.new else (),
        parked=_leading_to(planned, changes, graph, spared=spared and len(planned) > 1),
        starts_parked=spared and len(planned) > 1,
        late=_late(planned, state, changes),
        shown=_shown_by(planned, graph),
        dropped=_dropped(planned, changes, graph) if changes.missing else frozenset(),
    )


def _former_failure(group: ReloadGroup, failures: Sequence[Failure]) -> Failure | None:
    """Returns how the group failed before, if no file of it changed since."""
    if not failures:
        return None
    fingerprint = group.fingerprint
    return next((f for f in failures if f.fingerprint == fingerprint), None)


def _late(planned: Mapping[str, Module], state: State, changes: Changes) -> frozenset[str]:
    """Returns the submodules that no registered statement imports.

    If no code that runs does either, they take no name of their package.
    """
    submodules = [name for name in planned if "." in name]
    if not submodules:
        return frozenset()
    registered = with_parents(registered_modules(state, changes.modules))
    return frozenset(submodules).difference(registered)


def _leading_to(
    planned: Mapping[str, Module], changes: Changes, graph: DependencyGraph, *, spared: bool
) -> tuple[str, ...]:
    """Returns the modules that do not run and whose imports lead to a member, in run order.

    They import something of a package that runs, and do not depend on that. If dependents are
    `spared`, it may be any member.
    """
    if not spared and not any(module.location.is_package for module in planned.values()):
        return ()
    others = [
        name
        for name in graph.run_order
        if name not in planned and name not in graph.bystanders and name not in graph.leftovers
    ]
    start = {n for n in others if not planned.keys().isdisjoint(_starts(n, changes))}
    if not start:
        return ()
    importers = reverse(others, lambda name: _starts(name, changes))
    leading = closure(start, lambda name: importers.get(name, ()))
    return tuple(name for name in others if name in leading)


def _starts(name: str, changes: Changes) -> tuple[str, ...]:
    return changes.modules[name].eager_modules


def _shown_by(planned: Mapping[str, Module], graph: DependencyGraph) -> frozenset[str]:
    """Returns the submodules of members that do not run and that are started behind their package.

    Starting them shows them on the package, whatever it has under their name.
    """
    packages = {n: graph.finish_order[n] for n, m in planned.items() if m.location.is_package}
    if not packages:
        return frozenset()
    return frozenset(
        name
        for name, place in graph.finish_order.items()
        if name not in planned
        and graph.is_begun(name)
        and place > packages.get(name.rpartition(".")[0], place)
    )


def _dropped(
    planned: Mapping[str, Module], changes: Changes, graph: DependencyGraph
) -> frozenset[str]:
    """Returns the submodules of members whose file is gone, and that nothing imports any more.

    A fresh interpreter has none of them.
    """
    gone = {
        name
        for name in changes.missing & graph.leftovers
        if changes.modules[name].source is not None  # else it is a namespace package
        and not planned.keys().isdisjoint(with_parents((name,)))
    }

    def is_used(name: str) -> bool:
        users = graph.dependents.get(name, ())
        below = (other for other in graph.run_order if other.startswith(f"{name}."))
        return not gone.issuperset((*users, *below))

    while used := set(filter(is_used, gone)):
        gone -= used
    return frozenset(gone)


def _entered(
    planned: Mapping[str, Module], changes: Changes, graph: DependencyGraph
) -> tuple[str, ...]:
    """Returns the loaded modules in the order in which a fresh interpreter would start them.

    What a module imports by other means than a statement comes before it: the module that does
    the import may have kept it, and does not import it again. In a cycle it does not, for there
    the order decides what each finds.
    """
    entered: dict[str, None] = {}
    waiting: set[str] = set()

    def started(name: str) -> list[str]:
        targets = (*changes.modules[name].eager_modules, *graph.dependencies.get(name, ()))
        return [target for target in targets if target in changes.modules]

    def enter(name: str) -> None:
        if name in entered or name in waiting or name not in planned or name in changes.new:
            return
        waiting.add(name)
        stated = frozenset(planned[name].eager_modules)
        for dependency in graph.dependencies.get(name, ()):
            if dependency not in stated and name not in reachable((dependency,), started):
                enter(dependency)
        entered[name] = None

    for name in sorted(planned, key=lambda n: graph.run_order.get(n, 0)):
        enter(name)
    return tuple(entered)


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
