"""The State that holds after an outcome."""

import pytest
from attrs import evolve

from core.worlds import world
from liveimport.core.committing.commit import NOTHING_LEARNED, Learned, commit
from liveimport.core.committing.outcome import Outcome, ReloadEvent
from liveimport.core.committing.registered import NewRegistration, register, with_registered
from liveimport.core.imports import Binding, parse_imports
from liveimport.core.model import Hold, Holds, ReadFile, Stamp, Version

X = Binding("x", "a", "x")


def committed(drawn, learned=NOTHING_LEARNED, **fields):
    """Returns the State after an outcome with these fields, and what the run showed."""
    plan, planned = drawn.planned()
    return commit(drawn.state, planned, Outcome(plan.now, **fields), learned)


def statements(state):
    """Returns the registered statements by namespace."""
    return {r.key: [b.statement for b in r.bindings] for r in state.registrations}


def started(*between: str, **texts: str):
    """Returns a world in which a imported b by other means; these made the import."""
    drawn = world(**{"a": "", "b": "", "c": "", "d": "", **texts})
    return drawn.imported("b", *between, started_by="a").register("import a")


@pytest.mark.parametrize(
    ("drawn", "edited"),
    [
        (started(), "import c"),
        (started("importlib", "importlib.util", "pkgutil"), "import importlib"),
        (started("c", a="import c"), ""),
        (started("c", "d", a="import c", c="import d"), ""),
        (started("c", a="import c"), "import d"),
    ],
)
def test_what_a_module_no_longer_imports(drawn, edited):
    """It does not depend on it, nor reach it."""
    assert drawn.state.graph.dependencies["a"][-1] == "b"
    after = drawn.edit(a=edited).sync(not_imported=(("a", "b"),))
    assert "b" not in after.tracked.split()
    assert after.touch("b").trace() == ""
    assert drawn.edit(a=edited).sync().touch("b").trace() == "b! a<b"


@pytest.mark.parametrize(
    ("drawn", "edited"),
    [
        (started("c", a="import c"), "import c\nx = 1"),
        (started("c", a="import c"), "def f():\n    import c"),
        (started("c", "d", a="import d", d="import c"), "import d\nx = 1"),
        (started("lib", a="import lib"), "import lib\nx = 1"),
    ],
)
def test_what_a_module_may_still_have_from_another(drawn, edited):
    """A function of c, which it still imports, may have kept what it imported: it stays."""
    after = drawn.edit(a=edited).sync(not_imported=(("a", "b"),))
    assert after.touch("b").trace() == "b! a<b"


def test_what_others_reach_stays_reached():
    """A function of c imported b when a ran: b is followed, and no reason to reload c."""
    drawn = started("c", a="import c").register("import c")
    after = drawn.edit(a="").sync(not_imported=(("a", "b"),))
    assert after.touch("b").trace() == "b!"


def test_committing_takes_in_what_a_scan_found():
    """The graph says from then on who runs with whom."""
    drawn = world(reg="", plug="import reg").register("import reg, plug").touch("plug")
    plan, planned = drawn.planned()
    found = Holds(added={"reg": (Hold("plug", "P"),)})
    after = commit(drawn.state, planned, Outcome(plan.now), Learned(holds=found))
    assert after.holds == {"reg": (Hold("plug", "P"),)}
    assert after.graph.holders == {"plug": ("reg",)}


def test_the_state_knows_which_names_were_reported():
    """Until they are bound again, by a reload or by an import."""
    drawn = world(a="x = y = z = 1").register("from a import x, y, z", key=0)
    state = drawn.state
    y, z = Binding("y", "a", "y"), Binding("z", "a", "z")
    after = commit(state, state, Outcome(0.0, kept=((0, X), (0, y)), deleted=((0, z),)))
    assert after.kept_names == {(0, "x"), (0, "y"), (0, "z")}
    after = commit(after, after, Outcome(0.0, kept=((0, X),), rebound=((0, z),)))
    assert after.kept_names == {(0, "x"), (0, "y")}
    assert commit(after, after, Outcome(0.0)) == after
    assert register(after, 1, (X,)).kept_names == {(0, "x"), (0, "y")}
    assert register(after, 0, (X,)).kept_names == {(0, "y")}


def test_when_all_succeeded_what_was_planned_holds():
    """The State is the planned one."""
    drawn = world(a="import b", b="").register("import a").touch("b")
    _, planned = drawn.planned()
    assert drawn.sync().state == planned


def test_when_there_was_nothing_to_do_the_state_stays():
    """Generation and modules stay."""
    drawn = world(a="").register("import a")
    assert drawn.sync().state == drawn.state


def test_a_group_that_failed_is_as_before():
    """Promise 10: none of it counts as run, while other groups do."""
    drawn = world(a="import b", b="", c="").register("import a, c").touch("b", "c")
    state = drawn.sync(fails="a").state
    assert state.modules["a"] == drawn.state.modules["a"]
    assert state.modules["b"] == drawn.state.modules["b"]
    assert state.modules["c"].version.stamp == drawn.files["c"].stamp
    assert [(f.module, f.waiting) for f in state.failures] == [("a", ("b",))]
    assert state.generation == 1


def test_a_bystander_that_failed_holds_back_nothing_that_is_tracked():
    """Its group is its own. It is to be retried."""
    drawn = world(a="import b", b="", c="import b", d="import c").register("import a")
    failed = drawn.touch("b").sync(fails="c")
    assert failed.failures == "c d"
    assert [event.module for event in failed.outcome.events] == ["b", "a"]
    assert failed.state.graph.lagging == {"c"}
    assert failed.state.last_run == {"a": 1, "b": 1}


def test_a_bystander_does_not_run_if_what_it_depends_on_failed():
    """It has no reason to run. Its failure of before is told no more."""
    drawn = world(a="import b", b="", c="import b").register("import a").touch("b")
    failed = drawn.sync(fails="b")
    assert (failed.failures, failed.outcome.not_run) == ("b a", ("b", "a", "c"))
    assert failed.state.graph == drawn.state.graph
    both = drawn.sync(fails="c").touch("b").sync(fails="b")
    assert both.failures == "b a"


def test_a_sync_in_which_all_failed_is_no_generation():
    """Nothing ran, so the number stays."""
    drawn = world(a="").register("import a").touch("a").sync(fails="a")
    assert drawn.state.generation == 0
    assert drawn.state.last_run == {}


def test_a_new_module_alone_is_a_generation():
    """It ran, so the number rises."""
    drawn = world(a="").register("import a").edit(a="import c", c="")
    assert committed(drawn, loaded=("c",)).generation == 1
    assert committed(drawn, loaded=("c",), not_run=("a",)).generation == 1
    assert committed(drawn, not_run=("a", "c")).generation == 0


def test_what_was_blocked_is_still_to_be_retried():
    """Promise 11: old failures and new ones are kept."""
    drawn = world(a="", b="").register("import a, b").touch("a").sync(fails="a")
    both = drawn.touch("b").sync(fails="b")
    assert both.failures == "b | a"
    assert both.edit(b="x = 1").sync().failures == "a"


def test_a_new_module_that_did_not_run_is_forgotten():
    """Promise 10: the State is as before."""
    drawn = world(a="").register("import a").edit(a="import c", c="")
    state = drawn.sync(fails="a").state
    assert "c" not in state.modules
    assert "c" not in state.loaded
    assert "c" in drawn.sync().state.loaded
    assert state.tracked == ("a",)


def test_a_new_module_that_its_importer_never_imported_is_forgotten():
    """The import was planned, but the code did not reach it."""
    drawn = world(a="").register("import a").edit(a="import c", c="")
    state = committed(drawn, events=(ReloadEvent("a", "modified", 0.0, ()),), not_run=("c",))
    assert "c" not in state.modules
    assert state.modules["a"].version.stamp == drawn.files["a"].stamp


def test_a_group_that_did_not_run_has_its_old_generation():
    """Promise 11: what ran before it is still newer."""
    drawn = world(a="import b", b="").register("import b").use("a").touch("b").sync()
    drawn = drawn.register("import a")
    failed = drawn.sync(fails="a").state
    assert (failed.last_run, failed.generation) == ({"b": 1}, 1)
    assert failed.graph.lagging == {"a"}
    again = drawn.sync().touch("a", "b")
    assert again.state.last_run == {"a": 2, "b": 1}
    assert again.sync(fails="a").state.last_run == {"a": 2, "b": 1}


def test_a_graph_follows_from_what_ran():
    """The import of a module that failed is not in it."""
    drawn = world(a="", b="").register("import a").edit(a="import b")
    assert drawn.sync(fails="a").state.graph == drawn.state.graph
    assert drawn.sync().state.graph.dependencies == {"a": ("b",), "b": ()}


def test_dynamic_names_are_remembered():
    """Promise 8: they leave when the module runs again."""
    drawn = world(a="from b import *").register("import a").touch("a")
    names = (("a", frozenset({"x"})),)
    state = committed(drawn, Learned(dynamic_names=names))
    assert state.modules["a"].dynamic_names == {"x"}
    again = evolve(drawn, state=state)
    assert committed(again, Learned(dynamic_names=names)).modules["a"] is state.modules["a"]


def test_registrations_made_meanwhile_are_committed():
    """They come behind those of before, in the order in which they were made."""
    drawn = world(a="", b="").register("import a").touch("a")
    plan, planned = drawn.planned()
    made = [
        NewRegistration(1, parse_imports("import b"), clear=False),
        NewRegistration(2, parse_imports("import b"), clear=False),
    ]
    state = commit(drawn.state, planned, Outcome(plan.now), registered=made)
    assert statements(state) == {1: ["import a", "import b"], 2: ["import b"]}
    cleared = [NewRegistration(1, parse_imports("import b"), clear=True)]
    assert statements(with_registered(drawn.state, cleared)) == {1: ["import b"]}
    assert with_registered(drawn.state, ()) is drawn.state


def file(path, seconds=1):
    """Returns a file as it was read."""
    return ReadFile(f"/project/{path}", Version(Stamp(seconds, 1, 1, 1)))


def with_reads(drawn, **reads):
    """Returns the world in which modules had read these files."""
    return evolve(drawn, state=evolve(drawn.state, reads=reads))


def test_what_ran_read_other_files():
    """What it read before does not count any more."""
    drawn = with_reads(world(a="").register("import a").touch("a"), a=(file("x"),))
    event = ReloadEvent("a", "modified", 1.0, ())
    learned = Learned(reads={"a": (file("y"),)})
    assert committed(drawn, learned, events=(event,)).reads == {"a": (file("y"),)}
    assert committed(drawn, events=(event,)).reads == {"a": (file("x"),)}


def test_what_failed_is_tried_again_when_a_file_changes_that_it_read():
    """It counts with the version that it had; what the last good run read, with its own."""
    drawn = with_reads(world(a="").register("import a").touch("a"), a=(file("x"),))
    learned = Learned(tried={"a": (file("x", 5), file("y"))})
    after = committed(drawn, learned, not_run=("a",))
    assert after.reads == {"a": (file("x"), file("y"))}
