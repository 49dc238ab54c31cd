"""Laws of the pure part, on worlds that are drawn: no file is touched.

`core.worlds` (in tests/) makes the snapshots, and says what executing a plan would say.
"""

import hashlib
import os
import subprocess
import sys

import pytest
from attrs import evolve
from core.worlds import World, world
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PMap, pmap
from small_projects import SOUND_EDITS, Project, Seeded, draw_cell, draw_project, edit
from strategies import Drawn, bindings, exported, graphs, projects

from liveimport.core.imports import Binding, append_executed, last_bindings
from liveimport.core.model import LOADED, TOP_LEVEL, Snapshot, State
from liveimport.core.overview.dry_run import dry_run
from liveimport.core.planning.plan import ReloadPlan
from liveimport.core.planning.planner import plan_reload

Graph = dict[str, tuple[str, ...]]


def texts(project: Project) -> dict[str, str]:
    """Returns what `core.worlds` takes: sources by name, dots written as two underscores."""
    return {
        name.replace(".", "__"): module.source().decode("latin-1")
        for name, module in project.modules.items()
    }


def drawn_world(choose: Drawn | Seeded, project: Project) -> World:
    """Returns a world of the project in which one or two cells are registered."""
    made = world(**texts(project))
    for key in choose.pick([(1,), (1, 2)]):
        made = made.register(draw_cell(choose, project) or "import os", key=key)
    return made


def edited(choose: Drawn | Seeded, project: Project, before: World) -> World:
    """Returns the world after one to three edits, saved at once."""
    old = texts(project)
    for _ in range(choose.pick([1, 2, 3])):
        edit(choose, project, SOUND_EDITS)
    new = texts(project)
    return before.edit(**{name: text for name, text in new.items() if old.get(name) != text})


def sources(graph: Graph) -> dict[str, str]:
    """Returns modules that import each other as the graph says."""
    return {name: "\n".join(f"import {t}" for t in targets) for name, targets in graph.items()}


def reached(graph: Graph, start: set[str]) -> set[str]:
    """Returns `start` and all that the graph leads to."""
    visited: set[str] = set()
    pending = list(start)
    while pending:
        name = pending.pop()
        if name not in visited:
            visited.add(name)
            pending += graph[name]
    return visited


@given(project=projects(), data=st.data())
def test_nothing_changed_is_nothing_to_do(project, data):
    """An unchanged snapshot gives an empty plan, and the State that there was."""
    made = drawn_world(Drawn(data.draw), project)
    plan, planned = made.planned(retry_failed=True)
    assert (plan.groups, plan.rebinds) == ((), ())
    assert planned == made.state


@given(project=projects(), data=st.data())
def test_after_success_nothing_is_left(project, data):
    """Planning again after a sync that succeeded gives an empty plan and the same State."""
    choose = Drawn(data.draw)
    made = edited(choose, project, drawn_world(choose, project)).sync()
    plan, planned = made.planned(retry_failed=True)
    assert (plan.groups, plan.rebinds) == ((), ())
    assert planned == made.state


@given(project=projects(), data=st.data())
def test_all_that_changed_runs(project, data):
    """A sync plans every tracked module whose file changed, and commits its new stamp."""
    choose = Drawn(data.draw)
    made = edited(choose, project, drawn_world(choose, project))
    changed = {
        name
        for name in made.state.tracked
        if name in made.files
        and made.files[name].stamp != made.state.modules[name].version.stamp
    }
    steps = {step.module for step in made.plan().steps}
    after = made.sync()
    still = changed & set(after.state.tracked)
    assert still <= steps
    stamps = {after.state.modules[n].version.stamp for n in still}
    assert stamps == {made.files[n].stamp for n in still}


@given(graph=graphs(), data=st.data(), follow=st.sampled_from([LOADED, TOP_LEVEL]))
def test_stale_is_what_changed_and_what_depends_on_it(graph, data, follow):
    """The plan holds what reaches a changed tracked module; of what is untracked, if asked."""
    named = data.draw(st.lists(st.sampled_from(sorted(graph)), min_size=1, unique=True))
    changed = data.draw(st.sets(st.sampled_from(sorted(graph))))
    made = world(**sources(graph)).follow(follow)
    made = made.register("\n".join(f"import {name}" for name in named))
    tracked = reached(graph, set(named))
    may_run = tracked if follow == TOP_LEVEL else set(graph)
    expected = {name for name in may_run if reached(graph, {name}) & changed & tracked}
    steps = [step.module for step in made.touch(*sorted(changed)).plan().steps]
    assert len(steps) == len(set(steps))
    assert set(made.state.tracked) == tracked
    assert set(steps) == expected


@given(graph=graphs(), data=st.data())
def test_dependencies_come_first(graph, data):
    """No module is planned before one that it depends on, unless they are in one cycle."""
    changed = data.draw(st.sets(st.sampled_from(sorted(graph)), min_size=1))
    made = world(**sources(graph)).register("\n".join(f"import {name}" for name in graph))
    order = [step.module for step in made.touch(*sorted(changed)).plan().steps]
    place = {name: index for index, name in enumerate(order)}
    late = [
        (name, target)
        for name in order
        for target in graph[name]
        if target in place and place[target] > place[name]
    ]
    assert [pair for pair in late if pair[0] not in reached(graph, {pair[1]})] == []


@given(graph=graphs(), data=st.data())
def test_groups_share_no_dependency(graph, data):
    """Modules of one group are connected, those of different groups are not."""
    changed = data.draw(st.sets(st.sampled_from(sorted(graph)), min_size=1))
    made = world(**sources(graph)).register("\n".join(f"import {name}" for name in graph))
    groups = [set(group.members) for group in made.touch(*sorted(changed)).plan().groups]
    for group in groups:
        both_ways = {
            n: tuple(m for m in group if m in graph[n] or n in graph[m]) for n in group
        }
        assert reached(both_ways, {min(group)}) == group
    stale = set().union(*groups)
    crossing = [
        (n, t) for n in stale for t in graph[n] if t in stale and not same(groups, n, t)
    ]
    assert crossing == []


def same(groups: list[set[str]], one: str, other: str) -> bool:
    """Whether both are in one group."""
    return any({one, other} <= group for group in groups)


@given(graph=graphs(), data=st.data())
def test_what_failed_is_retried_until_it_succeeds(graph, data):
    """Whatever is edited in between, all that failed or waited runs once nothing fails."""
    names = st.sampled_from(sorted(graph))
    made = world(**sources(graph)).register("\n".join(f"import {name}" for name in graph))
    failed: set[str] = set()
    for _ in range(data.draw(st.integers(1, 4))):
        made = made.touch(*sorted(data.draw(st.sets(names, min_size=1))))
        broken = data.draw(st.sets(names))
        plan = made.plan(retry_failed=True)
        planned = {step.module for step in plan.steps}
        assert failed <= planned
        made = made.sync(fails=" ".join(sorted(broken)), retry_failed=True)
        failing = [group for group in plan.groups if broken & set(group.members)]
        failed = {name for group in failing for name in group.members}
        assert set(made.failures.replace("|", " ").split()) == failed
    made = made.sync(retry_failed=True)
    assert made.failures == ""
    assert made.plan(retry_failed=True).groups == ()


@given(graph=graphs(), data=st.data())
def test_a_broken_group_waits_for_an_edit(graph, data):
    """What failed is not tried again by itself, and is when a file of its group changes."""
    names = st.sampled_from(sorted(graph))
    broken = data.draw(names)
    made = world(**sources(graph)).register("\n".join(f"import {name}" for name in graph))
    made = made.touch(broken).sync(fails=broken)
    assert not made.plan()
    members = made.plan().groups[0].members
    again = made.touch(data.draw(st.sampled_from(members))).plan()
    assert [step.module for step in again.steps] == list(members)


@given(graph=graphs(), data=st.data())
def test_a_failure_changes_nothing_but_the_failures(graph, data):
    """When all groups fail, the modules and the generation are as before."""
    changed = data.draw(st.sets(st.sampled_from(sorted(graph)), min_size=1))
    made = world(**sources(graph)).register("\n".join(f"import {name}" for name in graph))
    edited_world = made.touch(*sorted(changed))
    after = edited_world.sync(fails=" ".join(graph))
    assert lasting(after.state) == lasting(made.state)
    assert after.plan(retry_failed=True).steps == edited_world.plan().steps


def lasting(state: State) -> tuple[object, ...]:
    """Returns what a State says, but for its failures."""
    return state.registrations, dict(state.modules), state.graph, state.generation


@given(cells=st.lists(st.lists(bindings(), max_size=4).map(tuple), max_size=5), public=exported)
def test_compacted_registrations_decide_as_the_whole_history(cells, public):
    """Each binding only where it was executed last decides the same names, the same way."""
    history: tuple[Binding, ...] = ()
    compacted: tuple[Binding, ...] = ()
    for cell in cells:
        history += cell
        compacted = append_executed(compacted, cell)
    assert dict(last_bindings(compacted, public)) == last_bindings(history, public)
    assert len(set(compacted)) == len(compacted)
    assert set(compacted) == set(history)


@given(cells=st.lists(st.lists(bindings(), max_size=4).map(tuple), max_size=5))
def test_executing_again_registers_nothing_new(cells):
    """Registering is idempotent: the last cell, run again, changes nothing."""
    compacted: tuple[Binding, ...] = ()
    for cell in cells:
        compacted = append_executed(compacted, cell)
    assert append_executed(compacted, cells[-1] if cells else ()) == compacted


def reordered(entries: PMap, order: list[int]) -> PMap:
    """Returns an equal map with another history."""
    names = sorted(entries)
    made = pmap({"removed again": None})
    for place in [*order, *range(len(names))]:
        if place < len(names):
            made = made.set(names[place], entries[names[place]])
    return made.remove("removed again")


@given(project=projects(), data=st.data(), order=st.permutations(range(14)))
def test_the_plan_does_not_depend_on_history(project, data, order):
    """Equal States and snapshots give equal plans, however their maps came to be."""
    choose = Drawn(data.draw)
    made = edited(choose, project, drawn_world(choose, project))
    snapshot = made.snapshot()
    state = evolve(made.state, modules=reordered(made.state.modules, order))
    other = evolve(
        snapshot,
        stamps=reordered(snapshot.stamps, order),
        sources=reordered(snapshot.sources, order),
        found=reordered(snapshot.found, order),
    )
    assert planned_as_text(state, other) == planned_as_text(made.state, snapshot)


def planned_as_text(
    state: State, snapshot: Snapshot
) -> tuple[ReloadPlan, State, tuple[str, ...]]:
    """Returns a plan and the State after it, with texts and tuples in which all order shows."""
    plan, planned = plan_reload(state, snapshot)
    return plan, planned, (*dry_run(plan).lines, *planned.tracked, *planned.graph.run_order)


WITHOUT_SEED = "from test_pure_laws import digest_of_plans; print(digest_of_plans(60))"


def digest_of_plans(count: int) -> str:
    """Returns a digest of the plans of so many projects."""
    digest = hashlib.sha256()
    for seed in range(count):
        choose = Seeded(seed)
        project = draw_project(choose)
        made = edited(choose, project, drawn_world(choose, project))
        plan, planned, lines = planned_as_text(made.state, made.snapshot())
        entries = [(group.members, group.entry_points) for group in plan.groups]
        digest.update(repr((lines, entries, plan.rebinds, planned.tracked)).encode())
    return digest.hexdigest()


@pytest.mark.parametrize("seed", ["0", "1", "2", "12345"])
@pytest.mark.processes
def test_the_plan_does_not_depend_on_the_hash_seed(seed):
    """Interpreters with other hash seeds plan the same, to the last letter."""
    here = os.path.dirname(os.path.abspath(__file__))
    places = [here, os.path.join(os.path.dirname(here), "tests"), os.path.dirname(here)]
    env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(places)}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SEED],
        capture_output=True,
        text=True,
        env=env,
        check=True,
    )
    assert done.stdout.strip() == digest_of_plans(60)
