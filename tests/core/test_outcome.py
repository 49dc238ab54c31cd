"""What happened: events, errors, the report's lines, and the State that holds afterwards."""

import json

from attrs import evolve

from liveimport.core.outcome import (
    Failed,
    ModuleError,
    Outcome,
    ReloadEvent,
    first_error,
    settle,
)
from liveimport.core.registration import Binding
from liveimport.core.report import Detail
from liveimport.core.state import Failure
from liveimport.core.steps import SCHEMA

from .worlds import world

X = Binding("x", "a", "x")
FAILURE = Failure(
    module="a",
    phase="reload",
    cause="ValueError: no",
    file="/project/a.py",
    shown="a.py",
    line=3,
    held=("b", "c"),
    evidence=(),
    trace=("trace",),
)


def settled(drawn, **fields):
    """Returns the State after an outcome with these fields."""
    plan, planned = drawn.planned()
    return settle(drawn.state, planned, Outcome(plan.now, **fields))


# Events, as users of the public package know them.


def test_an_event_has_its_fields():
    """Module, reason, mtime in seconds and the list of what went before."""
    event = ReloadEvent("a", "dependent", 1.5, ["b", "c"])
    assert (event.module, event.reason, event.mtime, event.after) == (
        "a",
        "dependent",
        1.5,
        ["b", "c"],
    )
    assert event == ReloadEvent(module="a", reason="dependent", mtime=1.5, after=("b", "c"))


def test_the_list_of_an_event_is_the_callers_own():
    """Whoever changes it changes no event."""
    event = ReloadEvent("a", "dependent", 0.0, ["b"])
    event.after.append("c")
    assert event.after == ["b"]


def test_an_event_reads_as_its_line():
    """The words of the report; without a time of its own the file is from just now."""
    assert (
        str(ReloadEvent("a", "modified", 2.0, (), now=20.0))
        == "Reloaded a modified 18 seconds ago"
    )
    assert str(ReloadEvent("a", "modified", 2.0, ())) == "Reloaded a modified 0 seconds ago"
    assert str(ReloadEvent("a", "dependent", 2.0, ["b"])) == "Reloaded a because b reloaded"
    assert (
        str(ReloadEvent("a", "dependent", 2.0, ["b", "c", "d"]))
        == "Reloaded a because b, c, and d reloaded"
    )


def test_an_event_without_a_known_reason_names_none():
    """A dependent always has one, but a line with a hole in it would help nobody."""
    assert str(ReloadEvent("a", "dependent", 2.0, ())) == "Reloaded a"


def test_when_an_event_happened_is_no_part_of_its_value():
    """Two reloads are compared by what they were."""
    event = ReloadEvent("a", "modified", 2.0, (), now=20.0)
    assert event == evolve(event, now=30.0)
    assert "now" not in repr(event)


# Errors.


def test_a_module_error_says_what_is_broken():
    """Which module, in which phase, and what went wrong if that is known."""
    error = ModuleError("a", "analysis", "SyntaxError: no")
    assert (error.module, error.phase) == ("a", "analysis")
    assert str(error) == "a did not reload: SyntaxError: no"
    assert str(ModuleError("a", "reload")) == "a did not reload"


def test_the_error_of_a_failure_has_its_cause_chained():
    """And a note of who has to wait."""
    cause = ValueError("no")
    error = Failed(cause, FAILURE).as_module_error()
    assert error.__cause__ is cause
    assert (error.module, error.phase) == ("a", "reload")
    assert str(error) == "a did not reload: ValueError: no (/project/a.py, line 3)"
    assert error.__notes__ == ["b and c wait for it."]


def test_ipython_shows_an_error_without_foreign_frames():
    """The user's frames, the message and the notes; none of the library's."""
    error = Failed(ValueError("no"), FAILURE).as_module_error()
    assert error.trace == ("trace",)
    assert error._render_traceback_() == [
        "trace",
        "ModuleError: a did not reload: ValueError: no (/project/a.py, line 3)",
        "b and c wait for it.",
    ]
    assert ModuleError("a", "reload")._render_traceback_() == ["ModuleError: a did not reload"]


def test_one_who_waits_waits():
    """A single module takes a verb of its own."""
    error = Failed(ValueError(), evolve(FAILURE, held=("b",))).as_module_error()
    assert error.__notes__ == ["b waits for it."]


def test_a_failure_alone_has_no_note():
    """Nobody waits for it."""
    error = Failed(ValueError(), evolve(FAILURE, held=())).as_module_error()
    assert not hasattr(error, "__notes__")


def test_the_first_error_has_the_others_as_notes():
    """Nothing is swallowed: one is raised, and it tells of the rest."""
    other = evolve(FAILURE, module="z", cause="KeyError: 1", shown=None, line=None, held=("y",))
    outcome = Outcome(
        0.0, failed=(Failed(ValueError("no"), FAILURE), Failed(KeyError(1), other))
    )
    error = first_error(outcome)
    assert error.module == "a"
    assert error.outcome is outcome
    assert error.__notes__ == [
        "b and c wait for it.",
        "Could not reload z: KeyError: 1\ny waits for z",
    ]


# The report.


def test_an_outcome_in_which_nothing_happened_is_falsy():
    """And says so to whoever prints it."""
    assert not Outcome(0.0)
    assert str(Outcome(0.0)) == "Nothing to reload"


def test_a_reload_is_told():
    """By the lines of its events; modules that were loaded first are no news to anybody."""
    outcome = Outcome(0.0, events=(ReloadEvent("a", "modified", 0.0, ()),), fresh=("c",))
    assert outcome
    assert outcome.lines() == ("Reloaded a modified 0 seconds ago",)


def test_everything_else_is_told_in_a_line_each():
    """Names that are gone, failures new and old, extensions."""
    outcome = Outcome(
        0.0,
        gone=((1, X), (1, Binding("p", "p.q"))),
        failed=(Failed(ValueError("no"), FAILURE),),
        held=(evolve(FAILURE, module="z"),),
        outdated=("fast",),
    )
    assert str(outcome).splitlines() == [
        "x keeps its last value: a no longer has x",
        "p keeps its last value: p.q no longer has p",
        "Could not reload a: ValueError: no (a.py, line 3)",
        "b and c wait for a",
        "z still fails: ValueError: no",
        "fast changed; it is compiled, so restart to use it",
    ]


def test_a_failure_alone_waits_for_nobody():
    """A line is enough."""
    outcome = Outcome(0.0, failed=(Failed(ValueError("no"), evolve(FAILURE, held=())),))
    assert outcome.lines() == ("Could not reload a: ValueError: no (a.py, line 3)",)


def test_an_outcome_with_a_failure_is_alarming():
    """A new one as well as one that lasts."""
    assert Outcome(0.0, failed=(Failed(ValueError("no"), FAILURE),)).alarming
    assert Outcome(0.0, held=(FAILURE,)).alarming
    assert not Outcome(0.0, events=(ReloadEvent("a", "modified", 0.0, ()),)).alarming


def test_the_details_of_an_outcome():
    """What was rebound, and the user's frames of each failure."""
    outcome = Outcome(
        0.0,
        rebound=((1, X), (2, X)),
        failed=(Failed(ValueError("no"), FAILURE),),
    )
    assert outcome.details() == (
        Detail("1 name rebound", ("from a import x",)),
        Detail("Traceback of a", ("trace",)),
    )
    assert Outcome(0.0).details() == ()


def test_an_outcome_as_json():
    """The same values for tools: plain lists, dicts, texts and numbers."""
    failure = {
        "module": "a",
        "phase": "reload",
        "cause": "ValueError: no",
        "file": "/project/a.py",
        "line": 3,
        "held": ["b", "c"],
        "trace": ["trace"],
    }
    binding = {"namespace": 1, "name": "x", "statement": "from a import x"}
    outcome = Outcome(
        5.0,
        events=(ReloadEvent("d", "dependent", 2.0, ["e"]),),
        fresh=("f",),
        rebound=((1, X),),
        gone=((1, X),),
        failed=(Failed(ValueError("no"), FAILURE),),
        held=(FAILURE,),
        unrun=("a", "b", "c"),
        outdated=("fast",),
    )
    expected = {
        "schema": SCHEMA,
        "kind": "outcome",
        "now": 5.0,
        "reloaded": [{"module": "d", "reason": "dependent", "mtime": 2.0, "after": ["e"]}],
        "loaded": ["f"],
        "rebound": [binding],
        "gone": [binding],
        "failed": [failure],
        "held": [failure],
        "outdated": ["fast"],
    }
    assert outcome.to_dict() == expected
    assert json.loads(json.dumps(expected)) == expected


# settle.


def test_when_all_succeeded_what_was_planned_holds():
    """Not a value more or less."""
    drawn = world(a="import b", b="").register("import a").touch("b")
    _, planned = drawn.planned()
    assert drawn.sync().state == planned


def test_when_there_was_nothing_to_do_the_state_stays():
    """Neither generation nor modules move."""
    drawn = world(a="").register("import a")
    assert drawn.sync().state == drawn.state


def test_a_group_that_failed_is_as_before_and_owed():
    """Promise 10: none of it counts as run, while other groups do."""
    drawn = world(a="import b", b="", c="").register("import a, c").touch("b", "c")
    state = drawn.sync(fails="a").state
    assert state.modules["a"] == drawn.state.modules["a"]
    assert state.modules["b"] == drawn.state.modules["b"]
    assert state.modules["c"].stamp == drawn.files["c"].stamp
    assert [(f.module, f.held) for f in state.failures] == [("a", ("b",))]
    assert state.generation == 1


def test_a_sync_in_which_all_failed_is_no_generation():
    """Nothing ran, so nobody ran before it."""
    drawn = world(a="").register("import a").touch("a").sync(fails="a")
    assert drawn.state.generation == 0
    assert drawn.state.modules["a"].generation == 0


def test_a_fresh_module_alone_is_a_generation():
    """It did run, and later ones can tell."""
    drawn = world(a="").register("import a").edit(a="import c", c="")
    assert settled(drawn, fresh=("c",)).generation == 1


def test_what_was_held_back_is_still_owed():
    """Old failures and new ones (promise 11)."""
    drawn = world(a="", b="").register("import a, b").touch("a").sync(fails="a")
    both = drawn.touch("b").sync(fails="b")
    assert both.owed == "b | a"
    assert both.edit(b="x = 1").sync().owed == "a"


def test_a_fresh_module_that_did_not_run_is_forgotten():
    """The State knows nothing that never was (promise 10)."""
    drawn = world(a="").register("import a").edit(a="import c", c="")
    state = drawn.sync(fails="a").state
    assert "c" not in state.modules
    assert state.tracked == ("a",)


def test_a_fresh_module_that_its_importer_never_imported_is_forgotten():
    """The import was planned, but the code took another way."""
    drawn = world(a="").register("import a").edit(a="import c", c="")
    state = settled(drawn, events=(ReloadEvent("a", "modified", 0.0, ()),), unrun=("c",))
    assert "c" not in state.modules
    assert state.modules["a"].stamp == drawn.files["a"].stamp


def test_names_that_only_the_run_showed_are_remembered():
    """So they can leave when the module runs again (promise 8)."""
    drawn = world(a="from b import *").register("import a").touch("a")
    state = settled(drawn, extra=(("a", frozenset({"x"})),))
    assert state.modules["a"].extra == {"x"}
    again = settled(evolve(drawn, state=state), extra=(("a", frozenset({"x"})),))
    assert again.modules["a"] == state.modules["a"]
