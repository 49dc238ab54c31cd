"""What happened: events, the report's lines, the outcome as JSON."""

import json

import pytest
from attrs import evolve

from core.committing.test_failures import FAILURE
from liveimport.core.committing.failures import Failed
from liveimport.core.committing.outcome import (
    AddedAgain,
    Outcome,
    ReloadEvent,
    first_error,
    keys_of_replaced,
    outcome_without_run,
)
from liveimport.core.committing.refills import joined
from liveimport.core.detecting.file_change import FileChange
from liveimport.core.imports import Binding
from liveimport.core.planning.plan import (
    REQUESTED,
    SCHEMA,
    NotFollowed,
    ReloadPlan,
)
from liveimport.core.report import messages
from liveimport.core.report.rendering import Detail

X = Binding("x", "a", "x")


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


def test_an_event_without_a_known_reason_names_none():
    """The line ends behind the module."""
    assert str(ReloadEvent("a", "dependent", 2.0, ())) == "Reloaded a"


def test_when_an_event_happened_is_no_part_of_its_value():
    """Reloads are compared by what they were."""
    event = ReloadEvent("a", "modified", 2.0, (), now=20.0)
    assert event == evolve(event, now=30.0)
    assert "now" not in repr(event)


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


REPORT = NotFollowed("report", "why", "what")


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
        {"not_followed": (REPORT,)},
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
    tools = NotFollowed("tools", "why", "what")
    known = {"not_followed": (REPORT, tools), "reported": ("report", "tools")}
    assert not Outcome(0.0, **known)
    assert Outcome(0.0, **known).lines == ()
    assert Outcome(0.0, upgraded=("numpy",), **known).lines == (
        "numpy was upgraded; restart to use the new version",
        "changed and not followed: report, tools",
    )
    new = Outcome(0.0, not_followed=(tools, REPORT), reported=("report",))
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
        vanished=((1, X), (1, Binding("p", "p.q")), (1, Binding("y", "a", "x")), (2, X)),
        unexported=((2, X),),
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
        "x is no longer exported by a, and keeps its last value",
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
        blocked=(evolve(FAILURE, module="z"),),
    )
    assert outcome.details == (
        Detail("1 name rebound", ("from a import x",)),
        Detail("Traceback of a", ("frame",)),
        Detail("Traceback of z", ("frame",)),
    )
    assert Outcome(0.0).details == ()


CHANGE = FileChange("/project/d.json", "d.json", "modified", 3.0, modules=("d",))


def test_what_is_said_of_files():
    """Why a module ran; what only was told; that there are too many."""
    event = ReloadEvent("d", "data", 2.0, (), files=(CHANGE,), now=5.0)
    assert str(event) == "Reloaded d because d.json was modified 2 seconds ago"
    outcome = Outcome(5.0, files=(CHANGE,), cut_off=("g",))
    assert outcome
    assert [*map(str, outcome.lines)] == [
        "d.json changed; d read it at import (`%liveimport reload d`)",
        "g read more files at import than are followed",
    ]
    assert Outcome(5.0, cut_off=("g",))
    assert outcome.lines[0].names == ("d",)


def test_a_plan_in_which_nothing_runs():
    """What it tells is told."""
    plan = ReloadPlan(5.0, files=(CHANGE,), cut_off=("g",), upgraded=("numpy",))
    outcome = outcome_without_run(plan)
    assert (outcome.now, outcome.files, outcome.cut_off) == (5.0, (CHANGE,), ("g",))
    assert outcome.upgraded == ("numpy",)
    assert not outcome.events


def test_what_is_said_of_old_workers():
    """What was replaced, and what goes on as it is."""
    event = ReloadEvent("d", "modified", 2.0, (), now=5.0)
    outcome = Outcome(5.0, events=(event,), workers_replaced=2, old_processes=3, workers_busy=4)
    assert [*map(str, outcome.lines)][1:] == [
        "joblib starts new workers at its next call: 2 had the code of before",
        "3 processes that were started before run the code of then: start a new pool",
        "4 workers of joblib are in use, and keep the code of before until another sync finds them idle",
    ]
    assert messages.old_workers(0, 1, 1) == (
        "1 process that was started before runs the code of then: start a new pool",
        "1 worker of joblib is in use, and keeps the code of before until another sync finds it idle",
    )
    assert messages.old_workers(0, 0, 0) == ()


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
        events=(ReloadEvent("d", "data", 2.0, ("e",), files=(CHANGE,)),),
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
        not_followed=(NotFollowed("tools", "why", "what"),),
        added_again=(AddedAgain("d", "tools.LAYERS", "tools"),),
        relaid=("g",),
        files=(CHANGE,),
        cut_off=("g",),
        workers_replaced=2,
        old_processes=3,
        workers_busy=4,
    )
    change = {
        "path": "/project/d.json",
        "shown": "d.json",
        "what": "modified",
        "mtime": 3.0,
        "is_code": False,
        "modules": ["d"],
    }
    expected = {
        "relaid": ["g"],
        "schema": SCHEMA,
        "kind": "outcome",
        "now": 5.0,
        "events": [
            {
                "module": "d",
                "reason": "data",
                "mtime": 2.0,
                "after": ["e"],
                "holds": [],
                "obstacle": "",
                "files": [change],
                "because": None,
            }
        ],
        "loaded": ["f"],
        "rebound": [binding],
        "vanished": [binding],
        "unexported": [],
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
        "not_followed": [
            {
                "module": "tools",
                "reason": "why",
                "remedy": "what",
                "file": None,
                "changed": True,
            }
        ],
        "added_again": [{"module": "d", "table": "tools.LAYERS", "owner": "tools"}],
        "files": [change],
        "cut_off": ["g"],
        "not_needed": [],
        "rebound_in_modules": [],
        "workers_replaced": 2,
        "old_processes": 3,
        "workers_busy": 4,
        "clusters": [],
    }
    assert outcome.to_dict() == expected
    assert json.loads(json.dumps(expected)) == expected


def test_what_was_only_laid_out_anew_is_told():
    """Nothing ran, and yet something was done."""
    outcome = Outcome(5.0, relaid=("a",))
    assert outcome
    assert outcome.lines == ("a: only comments or layout changed",)
    assert joined(outcome, Outcome(6.0, relaid=("b",))).relaid == ("a", "b")


def test_why_a_module_reloaded_though_only_its_layout_changed():
    """The line of the module says so."""
    event = ReloadEvent("a", "modified", 2.0, (), now=5.0, obstacle="it is compiled")
    line = "Reloaded a modified 3 seconds ago, only in comments or layout; but it is compiled"
    assert str(event) == line
