"""What happened: events, errors, the report's lines; and the State that holds afterwards."""

import json

import pytest
from attrs import evolve

from core.worlds import world
from liveimport.core.imports import Binding, Rebinds, last_bindings, parse_imports
from liveimport.core.model import DependencyGraph, Failure, Hold, Holds, register
from liveimport.core.planning.outcome import (
    Failed,
    ModuleError,
    NewRegistration,
    Outcome,
    ReloadEvent,
    added_again,
    commit,
    early_bindings,
    first_error,
    joined,
    keys_of_replaced,
    names_to_bind,
    with_registered,
)
from liveimport.core.planning.plan import REQUESTED, SCHEMA, Unfollowed
from liveimport.core.report import messages
from liveimport.core.report.rendering import Detail

X = Binding("x", "a", "x")
FAILURE = Failure(
    module="a",
    phase="reload",
    message="ValueError: no",
    file="/project/a.py",
    shown_file="a.py",
    line=3,
    waiting=("b", "c"),
    fingerprint=(),
    traceback=("frame",),
)


def committed(drawn, **fields):
    """Returns the State after an outcome with these fields."""
    plan, planned = drawn.planned()
    return commit(drawn.state, planned, Outcome(plan.now, **fields))


# Events, as users of the public package know them.


def test_an_event_has_its_fields():
    """The public fields are module, reason, mtime in seconds, and the dependencies."""
    event = ReloadEvent("a", "dependent", 1.5, ("b", "c"))
    assert (event.module, event.reason, event.mtime, event.after) == (
        "a",
        "dependent",
        1.5,
        ["b", "c"],
    )
    assert event == ReloadEvent(module="a", reason="dependent", mtime=1.5, after=("b", "c"))


def test_the_list_of_an_event_is_the_callers_own():
    """Who changes the list changes no event."""
    event = ReloadEvent("a", "dependent", 0.0, ("b",))
    event.after.append("c")
    assert event.after == ["b"]


def test_an_event_prints_as_its_line():
    """Without a time of its own, the file is from just now."""
    assert (
        str(ReloadEvent("a", "modified", 2.0, (), now=20.0))
        == "Reloaded a modified 18 seconds ago"
    )
    assert str(ReloadEvent("a", "modified", 2.0, ())) == "Reloaded a modified 0 seconds ago"
    assert str(ReloadEvent("a", "dependent", 2.0, ("b",))) == "Reloaded a because b reloaded"
    assert (
        str(ReloadEvent("a", "dependent", 2.0, ("b", "c", "d")))
        == "Reloaded a because b, c, and d reloaded"
    )


def test_an_event_prints_what_the_module_holds():
    """That is told if it ran because of that alone."""
    event = ReloadEvent("reg", "dependent", 2.0, (), holds=("plug.P", "plug.Q"))
    assert str(event) == "Reloaded reg because it holds plug.P and plug.Q"


def test_an_event_of_a_module_that_was_asked_for():
    """It names no other reason."""
    event = ReloadEvent("reg", REQUESTED, 1.0, ())
    assert str(event) == "Reloaded reg because you asked for it"


def test_what_a_run_added_to_tables_again():
    """The first module that ran, and depends on the owner of the table, is taken to have done it."""
    graph = DependencyGraph(dependencies={"a": (), "b": ("d",), "c": ("d",)})
    events = [ReloadEvent(name, "modified", 2.0, ()) for name in "abc"]
    grown = [[("d", "LAYERS")], [("e", "LAYERS")], [("c", "layers"), ("d", "LAYERS")]]
    assert added_again(graph, events, grown) == (("b", "d.LAYERS", "d"),) * 2
    cycle = DependencyGraph(dependencies={"a": ("b",), "b": ("a",)})
    assert added_again(cycle, events, [[("a", "x"), ("b", "x")]]) == (("b", "a.x", "a"),)
    outcome = Outcome(0.0, added_again=(("b", "d.LAYERS", "d"),))
    assert outcome.lines == ("b added to d.LAYERS again (`%liveimport reload d`)",)


def test_committing_takes_in_what_a_scan_found():
    """The graph says from then on who runs with whom."""
    drawn = world(reg="", plug="import reg").register("import reg, plug").touch("plug")
    plan, planned = drawn.planned()
    found = Holds(added={"reg": (Hold("plug", "P"),)})
    after = commit(drawn.state, planned, Outcome(plan.now, holds=found))
    assert after.holds == {"reg": (Hold("plug", "P"),)}
    assert after.graph.holders == {"plug": ("reg",)}


def test_an_event_without_a_known_reason_names_none():
    """The line ends behind the module."""
    assert str(ReloadEvent("a", "dependent", 2.0, ())) == "Reloaded a"


def test_when_an_event_happened_is_no_part_of_its_value():
    """Reloads are compared by what they were."""
    event = ReloadEvent("a", "modified", 2.0, (), now=20.0)
    assert event == evolve(event, now=30.0)
    assert "now" not in repr(event)


# Errors.


def test_a_module_error_says_what_is_broken():
    """It has the module, the phase, and the message if that is known."""
    error = ModuleError("a", "analysis", "SyntaxError: no")
    assert (error.module, error.phase) == ("a", "analysis")
    assert str(error) == "a did not reload: SyntaxError: no"
    assert str(ModuleError("a", "reload")) == "a did not reload"


def test_the_error_of_a_failure_has_its_cause_chained():
    """A note names the modules that wait."""
    cause = ValueError("no")
    error = Failed(cause, FAILURE).as_module_error()
    assert error.__cause__ is cause
    assert (error.module, error.phase) == ("a", "reload")
    assert str(error) == "a did not reload: ValueError: no (/project/a.py, line 3)"
    assert error.__notes__ == ["also held back: b, c"]


def test_ipython_shows_an_error_without_foreign_frames():
    """It shows the user's frames, the message and the notes."""
    error = Failed(ValueError("no"), FAILURE).as_module_error()
    assert error.traceback == ("frame",)
    assert error._render_traceback_() == [
        "frame",
        "ModuleError: a did not reload: ValueError: no (/project/a.py, line 3)",
        "also held back: b, c",
    ]
    assert ModuleError("a", "reload")._render_traceback_() == ["ModuleError: a did not reload"]


def test_a_failure_alone_has_no_note():
    """No module waits for it."""
    error = Failed(ValueError(), evolve(FAILURE, waiting=())).as_module_error()
    assert not hasattr(error, "__notes__")


def test_the_first_error_has_the_others_as_notes():
    """One error is raised. Its notes tell of the others."""
    other = evolve(
        FAILURE, module="z", message="KeyError: 1", shown_file=None, line=None, waiting=("y",)
    )
    outcome = Outcome(
        0.0, failed=(Failed(ValueError("no"), FAILURE), Failed(KeyError(1), other))
    )
    error = first_error(outcome)
    assert error.module == "a"
    assert error.outcome is outcome
    assert error.__notes__ == [
        "also held back: b, c",
        "Could not reload z: KeyError: 1\nalso held back: y",
    ]


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


# The report.


REPORT = Unfollowed("report", "why", "what")


@pytest.mark.parametrize(
    "fields",
    [
        {"events": (ReloadEvent("a", "modified", 0.0, ()),)},
        {"vanished": ((1, X),)},
        {"replaced": ((1, X),)},
        {"kept": ((1, X),)},
        {"deleted": ((1, X),)},
        {"failed": (Failed(ValueError("no"), FAILURE),)},
        {"blocked": (FAILURE,)},
        {"changed_extensions": ("fast",)},
        {"protected": ("report",)},
        {"upgraded": ("numpy",)},
        {"missing": ("report",)},
        {"unfollowed": (REPORT,)},
    ],
)
def test_an_outcome_that_has_something_to_say_is_true(fields):
    """Each kind of line is enough."""
    assert Outcome(0.0, **fields)
    assert Outcome(0.0, **fields).lines != ()


def test_an_outcome_in_which_nothing_happened_is_falsy():
    """It says so when it is printed."""
    assert not Outcome(0.0)
    assert str(Outcome(0.0)) == "Nothing to reload"


def test_what_was_reported_before_is_no_reason_to_report_again():
    """It is a line of the next report that says something else."""
    tools = Unfollowed("tools", "why", "what")
    known = {"unfollowed": (REPORT, tools), "reported": ("report", "tools")}
    assert not Outcome(0.0, **known)
    assert Outcome(0.0, **known).lines == ()
    assert Outcome(0.0, upgraded=("numpy",), **known).lines == (
        "numpy was upgraded; restart to use the new version",
        "changed and not followed: report, tools",
    )
    new = Outcome(0.0, unfollowed=(tools, REPORT), reported=("report",))
    assert new.lines == (
        "tools changed, and is not followed: why; what",
        "changed and not followed: report",
    )


def test_a_reload_is_reported():
    """Each event is a line. Modules that were loaded for the first time are none."""
    outcome = Outcome(0.0, events=(ReloadEvent("a", "modified", 0.0, ()),), loaded=("c",))
    assert outcome
    assert outcome.lines == ("Reloaded a modified 0 seconds ago",)


def test_everything_else_is_reported():
    """Vanished names, failures new and old, and extensions have a line each."""
    outcome = Outcome(
        0.0,
        vanished=((1, X), (1, Binding("p", "p.q")), (1, Binding("y", "a", "x"))),
        failed=(Failed(ValueError("no"), FAILURE),),
        blocked=(evolve(FAILURE, module="z"),),
        changed_extensions=("fast",),
        protected=("report",),
        upgraded=("numpy",),
        missing=("gone",),
    )
    assert str(outcome).splitlines() == [
        "x keeps its last value: a no longer has x",
        "p keeps its last value: p.q no longer has p",
        "y keeps its last value: a no longer has x",
        "Could not reload a: ValueError: no (a.py, line 3)",
        "also held back: b, c",
        "z still fails: ValueError: no (a.py, line 3)",
        "fast changed; it is compiled, so restart to use it",
        messages.not_reloaded_protected("report"),
        "numpy was upgraded; restart to use the new version",
        "gone was not reloaded: its file is missing",
    ]


def test_names_that_were_the_users_are_reported():
    """Each says what it is now, and where the value is. The name may not be enough for that."""
    replaced = (
        (0, X),
        (1, X),
        (0, Binding("p", "p.q")),
        (0, Binding("s", "p.q", aliased=True)),
        (0, Binding("y", "a", "x")),
    )
    assert keys_of_replaced(replaced) == ((0, "x"), (1, "x"), "p", "s", "y")
    assert Outcome(0.0, replaced=replaced).lines == (
        "x was yours and is now a.x; yours is in liveimport.replaced[0, 'x']",
        "x was yours and is now a.x; yours is in liveimport.replaced[1, 'x']",
        "p was yours and is now the module p; yours is in liveimport.replaced['p']",
        "s was yours and is now the module p.q; yours is in liveimport.replaced['s']",
        "y was yours and is now a.x; yours is in liveimport.replaced['y']",
    )


def test_names_that_stay_the_users_are_reported_once():
    """What an earlier report named is not named again."""
    y = Binding("y", "a", "y")
    outcome = Outcome(0.0, kept=((0, X), (1, X)), deleted=((0, y), (1, y)))
    assert outcome.lines == (
        *["x is yours: not bound"] * 2,
        *["y is yours: not bound, as you deleted it"] * 2,
    )
    told = evolve(outcome, kept_names=frozenset({(0, "x"), (1, "y")}))
    assert told.lines == ("x is yours: not bound", "y is yours: not bound, as you deleted it")
    assert not evolve(told, kept_names=frozenset({(k, n) for k in (0, 1) for n in "xy"}))


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


def test_an_error_says_which_names_were_replaced():
    """Other groups have reloaded, and `sync` returns nothing."""
    failed = Failed(ValueError("no"), evolve(FAILURE, waiting=()))
    outcome = Outcome(0.0, failed=(failed,), replaced=((0, X),))
    assert first_error(outcome).__notes__ == [*outcome.own_name_lines]


def test_a_failure_alone_is_one_line():
    """No module waits for it."""
    outcome = Outcome(0.0, failed=(Failed(ValueError("no"), evolve(FAILURE, waiting=())),))
    assert outcome.lines == ("Could not reload a: ValueError: no (a.py, line 3)",)


def test_an_outcome_with_a_failure_says_so():
    """A new failure counts, and one that lasts."""
    assert Outcome(0.0, failed=(Failed(ValueError("no"), FAILURE),)).has_failures
    assert Outcome(0.0, blocked=(FAILURE,)).has_failures
    assert not Outcome(0.0, events=(ReloadEvent("a", "modified", 0.0, ()),)).has_failures


def test_the_details_of_an_outcome():
    """They are the statements bound again, and the user's frames of each failure."""
    outcome = Outcome(
        0.0,
        rebound=((1, X), (2, X)),
        failed=(Failed(ValueError("no"), FAILURE),),
    )
    assert outcome.details == (
        Detail("1 name rebound", ("from a import x",)),
        Detail("Traceback of a", ("frame",)),
    )
    assert Outcome(0.0).details == ()


def test_an_outcome_as_json():
    """It has plain lists, dicts, texts and numbers only."""
    failure = {
        "module": "a",
        "phase": "reload",
        "message": "ValueError: no",
        "file": "/project/a.py",
        "line": 3,
        "waiting": ["b", "c"],
        "is_installed": False,
        "is_unchanged": False,
        "traceback": ["frame"],
    }
    binding = {"namespace": 1, "name": "x", "statement": "from a import x"}
    outcome = Outcome(
        5.0,
        events=(ReloadEvent("d", "dependent", 2.0, ("e",)),),
        loaded=("f",),
        rebound=((1, X),),
        vanished=((1, X),),
        replaced=((1, X),),
        kept=((1, X),),
        deleted=((1, X),),
        failed=(Failed(ValueError("no"), FAILURE),),
        blocked=(FAILURE,),
        not_run=("a", "b", "c"),
        changed_extensions=("fast",),
        protected=("report",),
        upgraded=("numpy",),
        missing=("gone",),
        unfollowed=(Unfollowed("tools", "why", "what"),),
        added_again=(("d", "tools.LAYERS", "tools"),),
    )
    expected = {
        "schema": SCHEMA,
        "kind": "outcome",
        "now": 5.0,
        "events": [
            {"module": "d", "reason": "dependent", "mtime": 2.0, "after": ["e"], "holds": []}
        ],
        "loaded": ["f"],
        "rebound": [binding],
        "vanished": [binding],
        "replaced": [binding],
        "kept": [binding],
        "deleted": [binding],
        "failed": [failure],
        "blocked": [failure],
        "not_run": ["a", "b", "c"],
        "changed_extensions": ["fast"],
        "protected": ["report"],
        "upgraded": ["numpy"],
        "missing": ["gone"],
        "not_followed": ["tools"],
        "added_again": [{"module": "d", "table": "tools.LAYERS"}],
    }
    assert outcome.to_dict() == expected
    assert json.loads(json.dumps(expected)) == expected


# commit.


def test_an_installed_module_that_failed_needs_a_restart():
    """The report says so, and the error too."""
    failure = evolve(FAILURE, is_installed=True)
    failed = Failed(ValueError("no"), failure)
    assert Outcome(0.0, failed=(failed,)).lines == (
        "Could not reload a: ValueError: no (a.py, line 3); it is installed, so restart to use it",
        "also held back: b, c",
    )
    assert str(failed.as_module_error()).endswith("; it is installed, so restart to use it")


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
    state = committed(drawn, dynamic_names=names)
    assert state.modules["a"].dynamic_names == {"x"}
    again = evolve(drawn, state=state)
    assert committed(again, dynamic_names=names).modules["a"] is state.modules["a"]


# Registrations that modules make while they run.


def statements(state):
    """Returns the registered statements by namespace."""
    return {r.key: [b.statement for b in r.bindings] for r in state.registrations}


def test_registrations_made_meanwhile_are_committed():
    """They come behind those of before, in the order in which they were made."""
    drawn = world(a="", b="").register("import a").touch("a")
    plan, planned = drawn.planned()
    made = [
        NewRegistration(1, parse_imports("import b"), clear=False),
        NewRegistration(2, parse_imports("import b"), clear=False),
    ]
    state = commit(drawn.state, planned, Outcome(plan.now), made)
    assert statements(state) == {1: ["import a", "import b"], 2: ["import b"]}
    cleared = [NewRegistration(1, parse_imports("import b"), clear=True)]
    assert statements(with_registered(drawn.state, cleared)) == {1: ["import b"]}
    assert with_registered(drawn.state, ()) is drawn.state


# Which names are bound again.


def last_of(state, before, after):
    """Returns by namespace the last bindings with these public names."""
    return {
        key: (last_bindings(bindings, before), last_bindings(bindings, after))
        for key, bindings in state.registrations
    }


def test_names_to_bind_are_those_that_refer_to_a_reloaded_module():
    """Each namespace has its own. A star gives the names that are public now."""
    drawn = world(a="", b="").register("import a; from b import *").register("import b", key=2)
    before = {"b": ("x", "y")}
    after = {"b": ("y", "z")}

    def bound(*reloaded, old=()):
        wanted = names_to_bind(
            (drawn.state, drawn.state),
            last_of(drawn.state, before, after),
            frozenset(reloaded),
            {2: frozenset(old)},
        )
        return {
            key: [[b.statement for b in part] for part in (names.bind, names.vanished)]
            for key, names in wanted
        }

    assert bound("a") == {1: [["import a"], ["from b import x"]], 2: [[], []]}
    assert bound("a", old="ab")[2] == [["import b"], []]
    assert bound("b") == {
        1: [["from b import y", "from b import z"], ["from b import x"]],
        2: [["import b"], []],
    }


@pytest.mark.parametrize("reloaded", ["p", "p.run"])
def test_a_name_is_bound_again_also_for_what_it_referred_to_before(reloaded):
    """Its package hid the submodule before the sync, and does not hide it now."""
    drawn = world(a="", p="from .run import run", p__run="").shadow("p.run")
    drawn = drawn.register("from p import run").edit(p="from . import run")
    _, planned = drawn.planned()
    (binding,) = drawn.state.bindings()
    assert drawn.state.modules_referred_to(binding) == ("p",)
    assert planned.modules_referred_to(binding) == ("p.run",)
    wanted = names_to_bind(
        (drawn.state, planned),
        last_of(drawn.state, {}, {}),
        frozenset({reloaded}),
        {},
    )
    assert wanted == ((1, Rebinds((binding,), ())),)


# Two runs of one sync.


def test_a_run_that_added_to_a_table_has_it_filled_again():
    """The module of the table is stale then, once."""
    drawn = world(reg="", plug="import reg", user="import reg").register("import user, plug")
    drawn = drawn.touch("plug")
    plan, planned = drawn.planned()
    found = Holds(added={"reg": (Hold("plug", "P"),)})
    event = ReloadEvent("plug", "modified", 0.0, ())
    after = commit(drawn.state, planned, Outcome(plan.now, events=(event,), holds=found))
    assert after.refill == {"reg"}
    again = evolve(drawn, state=after)
    assert again.trace() == "reg< user<reg plug<reg"
    plan, planned = again.planned()
    assert planned.refill == frozenset()
    failed = commit(after, planned, Outcome(plan.now, not_run=("reg", "user", "plug")))
    assert failed.refill == {"reg"}
    known = commit(after, planned, Outcome(plan.now, holds=found))
    assert known.refill == frozenset()


def test_the_outcome_of_two_runs():
    """What ran twice stands at its second place, with the reason of the first."""
    first = Outcome(
        1.0,
        events=(
            ReloadEvent("a", "modified", 1.0, ()),
            ReloadEvent("plug", "modified", 1.0, ()),
        ),
        loaded=("new",),
        rebound=((1, X),),
        failed=(Failed(ValueError("no"), FAILURE),),
        not_run=("c",),
        upgraded=("numpy",),
        replaced=((1, X),),
        kept=((2, X),),
        kept_names=frozenset({(2, "x")}),
    )
    second = Outcome(
        2.0,
        events=(
            ReloadEvent("reg", "dependent", 1.0, (), holds=("plug.P",)),
            ReloadEvent("plug", "dependent", 1.0, ("reg",)),
        ),
        rebound=((1, X), (2, X)),
        blocked=(FAILURE, evolve(FAILURE, module="other")),
        not_run=("c", "d"),
        replaced=((3, X), (1, X)),
        kept=((2, X),),
        deleted=((4, X),),
        kept_names=frozenset({(2, "x"), (4, "x")}),
    )
    both = joined(first, second)
    assert [(e.module, e.reason) for e in both.events] == [
        ("a", "modified"),
        ("reg", "dependent"),
        ("plug", "modified"),
    ]
    assert (both.loaded, both.rebound) == (("new",), ((1, X), (2, X)))
    assert [failure.module for failure in both.blocked] == ["other"]
    assert (both.replaced, both.kept) == (((1, X), (3, X)), ((2, X),))
    assert (both.deleted, both.kept_names) == (((4, X),), {(2, "x")})
    assert (both.failed, both.not_run, both.upgraded) == (first.failed, ("c", "d"), ("numpy",))


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"is_unchanged": True}, "a did not change: it may refuse to run twice"),
        (
            {"message": "ValueError: Duplicated timeseries"},
            "a may refuse to run twice: restart to use its new version",
        ),
        ({"message": "NameError: x"}, None),
        ({"is_unchanged": True, "message": "It is compiled: restart to use it"}, None),
        ({"is_unchanged": True, "is_installed": True}, None),
        ({"is_unchanged": True, "phase": "analysis"}, None),
    ],
)
def test_what_may_refuse_to_run_twice_is_hinted(fields, hint):
    """Below the failure, and as a note of the error."""
    failure = evolve(FAILURE, phase="reload", waiting=())
    failure = evolve(failure, **fields)
    failed = Failed(ValueError("no"), failure)
    assert Outcome(0.0, failed=(failed,)).lines[1:] == ((hint,) if hint else ())
    notes = getattr(failed.as_module_error(), "__notes__", [])
    assert notes == ([hint] if hint else [])


class TestEarlyBindings:
    """A name that a package bound before a submodule of that name was started."""

    @pytest.fixture
    def drawn(self):
        """A package with a function, and a submodule of the same name."""
        return world(pk="def summary(): pass", pk__summary="", other="")

    @pytest.mark.parametrize(
        ("statements", "early"),
        [
            ("from pk import summary; from pk.summary import table", ["summary"]),
            ("from pk.summary import table; from pk import summary", []),
            ("from pk import summary", ["summary"]),
            ("import other; from pk import other; from pk.summary import t", []),
        ],
    )
    def test_the_order_of_statements_decides(self, drawn, statements, early):
        """Only what a later statement starts takes the name afterwards."""
        registered = drawn.shadow("pk.summary") if "table" not in statements else drawn
        found = early_bindings(registered.register(statements).state)
        assert [binding.name for _, binding in found] == early

    def test_a_package_that_starts_the_submodule_itself(self):
        """What it binds afterwards is what everybody gets."""
        drawn = world(pk="from .run import run", pk__run="def run(): pass").shadow("pk.run")
        assert early_bindings(drawn.register("from pk import run").state) == frozenset()

    def test_they_refer_to_their_package(self, drawn):
        """They are bound again with that, and not with the submodule."""
        text = "from pk import summary; from pk.summary import table"
        state = drawn.register(text).state
        early = early_bindings(state)
        bindings = {b.name: b for b in state.bindings()}
        last = {1: (bindings, bindings)}

        def bound(*reloaded):
            wanted = names_to_bind((state, state), last, frozenset(reloaded), {}, early)
            return [binding.name for _, names in wanted for binding in names.bind]

        assert (bound("pk"), bound("pk.summary")) == (["summary"], ["table"])
