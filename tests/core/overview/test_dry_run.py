"""What users see of a plan: its lines, and the same for other programs."""

import json

from attrs import evolve

from core.worlds import world
from liveimport.core.overview.dry_run import Plan, Step
from liveimport.core.planning.plan import DEPENDENT, SCHEMA, NotFollowed
from liveimport.core.planning.staleness import Request


def test_a_dependent_names_what_made_it_stale_even_if_that_ran_before():
    """A dependency that reloaded in an earlier sync is a reason too."""
    drawn = world(a="import b, c", b="", c="").register("import b").use("a").touch("b").sync()
    registered = drawn.register("import a")
    assert registered.dry_run().lines[0] == "Would reload a because b reloads"
    (step,) = registered.touch("a").plan().steps
    assert step.after == ()


def test_a_plan_says_what_a_sync_would_do():
    """Its lines have the order in which modules would finish."""
    drawn = world(
        simulator="from symcode import x\nimport latex",
        symcode="",
        latex="",
        plots="import symcode",
    ).register("from simulator import *; import symcode; import plots")
    edited = evolve(drawn.touch("symcode", "latex"), now=20)
    assert str(edited.dry_run()).splitlines() == [
        "Would reload symcode: modified 18 seconds ago",
        "Would reload latex: modified 18 seconds ago",
        "Would reload simulator because symcode and latex reload",
        "Would reload plots because symcode reloads",
        "Would rebind symcode, plots, and the public names of simulator",
    ]


def test_a_dependent_without_a_known_reason_names_none():
    """The line ends behind the module."""
    plan = world(a="").register("import a").touch("a").dry_run()
    (step,) = plan.steps
    blank = step._replace(reason=DEPENDENT, after=())
    bare = evolve(plan, groups=(plan.groups[0]._replace(steps=(blank,)),))
    assert bare.lines[0] == "Would reload a"


def test_a_module_that_is_asked_for_needs_no_other_reason():
    """A dependent of it has one."""
    drawn = world(a="import b", b="").register("import a")
    plan = drawn.dry_run(request=Request(frozenset({"b"})))
    assert str(plan).splitlines()[:2] == [
        "Would reload b because you ask for it",
        "Would reload a because b reloads",
    ]


def test_a_plan_tells_what_failed_before_and_would_be_tried_again():
    """With the cause and who waits; nothing is expected to be bound."""
    drawn = (
        world(a="import b", b="", c="").register("import a, c").edit(b="1/0").sync(fails="b")
    )
    plan = drawn.edit(c="1").dry_run(retry_failed=True)
    assert plan.lines == (
        "Would try b again: ZeroDivisionError: division by zero (b.py, line 1)",
        "also held back: a",
        "Would reload c: modified 0 seconds ago",
        "Would rebind c",
    )
    assert [g["failed_before"] is not None for g in plan.to_dict()["groups"]] == [True, False]
    assert (
        drawn.edit(b="2").dry_run(retry_failed=True).lines[0].startswith("Would reload b: mod")
    )


def test_what_users_see_of_a_step():
    """Its place, its reasons, and what is wrong with its source."""
    drawn = world(a="import b", b="").register("import a").edit(b="import c if")
    assert drawn.dry_run().steps == (
        Step("b", "/project/b.py", "modified", 2.0, error="invalid syntax (line 1)"),
        Step("a", "/project/a.py", "dependent", 1.0, after=("b",)),
    )


def test_a_plan_tells_what_cannot_be_parsed():
    """That surely does not reload, nor does what waits for it."""
    drawn = world(a="import b", b="").register("import a").edit(b="import c if")
    assert drawn.dry_run().lines == (
        "Would not reload b: invalid syntax (line 1)",
        "also held back: a",
    )


def test_a_plan_says_what_it_would_load():
    """A module that is imported for the first time does not reload."""
    plan = world(a="").register("import a").edit(a="import c", c="").dry_run()
    assert plan.lines[0] == "Would load c for the first time"


def test_a_plan_says_which_stars_it_would_rebind():
    """It need not rebind other names."""
    plan = world(a="").register("from a import *").touch("a").dry_run()
    assert plan.lines[1:] == ("Would rebind the public names of a",)


def test_a_plan_says_what_it_would_leave_out():
    """Each line has the reason. What was reported before is in one line."""
    plan = Plan(
        0.0,
        protected=("report",),
        upgraded=("numpy",),
        missing=("gone",),
        not_followed=tuple(NotFollowed(n, "why", "what") for n in ("new", "old", "older")),
        reported=("old", "older"),
    )
    assert not plan
    assert plan.lines == (
        "Would not reload report: its values changed since it was loaded",
        "numpy was upgraded; restart to use the new version",
        "Would not reload gone: its file is missing",
        "new changed, and is not followed: why; what",
        "changed and not followed: old, older",
    )


def test_a_plan_without_names_to_rebind_says_nothing_of_names():
    """Registrations of other modules are left alone."""
    drawn = world(a="import b", b="").register("import a")
    assert "rebind" in str(drawn.touch("b").dry_run())
    assert "rebind" not in str(evolve(drawn.touch("b").dry_run(), rebinds=()))


def test_an_empty_plan_says_so():
    """A person who asks gets an answer."""
    assert str(Plan(0.0)) == "Nothing to reload"
    assert Plan(0.0).lines == ()


def test_a_plan_of_blocked_groups_is_falsy():
    """Nothing runs, so there are no steps and no lines."""
    plan = world(a="").register("import a").touch("a").sync(fails="a").dry_run()
    assert [step.module for group in plan.groups for step in group.steps] == ["a"]
    assert plan.groups[0].blocked_by.message == "ZeroDivisionError: division by zero"
    assert not plan
    assert (plan.steps, plan.lines) == ((), ())


def test_a_plan_as_json():
    """It has plain lists, dicts, texts and numbers only."""
    drawn = world(a="import b", b="").register("from a import *").touch("b")
    group = {
        "blocked_by": None,
        "failed_before": None,
        "steps": [
            {
                "module": "b",
                "file": "/project/b.py",
                "reason": "modified",
                "mtime": 2.0,
                "after": [],
                "holds": [],
                "error": "",
                "obstacle": "",
                "files": [],
                "because": None,
            },
            {
                "module": "a",
                "file": "/project/a.py",
                "reason": "dependent",
                "mtime": 1.0,
                "after": ["b"],
                "holds": [],
                "error": "",
                "obstacle": "",
                "files": [],
                "because": None,
            },
        ],
    }
    expected = {
        "schema": 3,
        "kind": "plan",
        "now": 2,
        "groups": [group],
        "rebinds": [{"namespace": 1, "name": "*", "statement": "from a import *"}],
        "changed_extensions": [],
        "protected": [],
        "relaid": [],
        "upgraded": [],
        "missing": [],
        "not_followed": [],
        "files": [],
        "cut_off": [],
        "not_needed": [],
    }
    assert SCHEMA == 3
    assert drawn.dry_run().to_dict() == expected
    assert json.loads(json.dumps(expected)) == drawn.dry_run().to_dict()
    blocked = drawn.sync(fails="b").dry_run().to_dict()
    assert blocked["groups"][0]["blocked_by"]["module"] == "b"
    assert blocked["rebinds"] == []
