"""What came of each group → the outcome, and what it showed of the modules."""

from attrs import evolve

from core.committing.test_failures import FAILURE
from core.worlds import world
from liveimport.core.committing.failures import Failed
from liveimport.core.committing.results import GroupRun, learned_of, outcome_of
from liveimport.core.trace import Trace


def ran(*finished, now=9.0, dynamic=(), not_imported=(), reads=None, traces=None):
    """Returns what came of a group whose modules finished in this order."""
    return GroupRun(finished, dynamic, not_imported, now, reads or {}, traces or {})


def plan_of(drawn, *touched):
    """Returns what a sync runs after these were edited."""
    return drawn.touch(*touched).plan()


def test_events_are_in_the_order_in_which_modules_finished():
    """Each has the dependencies that finished before it; the first of a cycle has none of these."""
    drawn = world(low="", a="import low, b", b="import a, low").register("import a")
    plan = plan_of(drawn, "low")
    as_planned = outcome_of(plan, {0: ran("low", "b", "a")})
    assert [(e.module, e.after, e.now) for e in as_planned.events] == [
        ("low", [], 9.0),
        ("b", ["low"], 9.0),
        ("a", ["low", "b"], 9.0),
    ]
    otherwise = outcome_of(plan, {0: ran("low", "a", "b")})
    assert [(e.module, e.after) for e in otherwise.events] == [
        ("low", []),
        ("a", ["low"]),
        ("b", ["low", "a"]),
    ]


def test_a_cycle_whose_first_member_has_only_members_that_finished_later():
    """They are named, in their order, for nothing else tells why it ran."""
    drawn = world(a="import b, c", b="import a", c="import a, b").register("import a")
    plan = plan_of(drawn, "b", "c")
    outcome = outcome_of(plan, {0: ran("a", "c", "b")})
    assert {e.module: e.after for e in outcome.events}["a"] == ["c", "b"]


def test_groups_without_a_result_did_not_run():
    """Neither did what failed, and what had failed before and was not tried again."""
    drawn = world(a="", b="", c="", d="").register("import a, b, c, d")
    plan = plan_of(drawn, *"abcd")
    failed = Failed(ValueError(), FAILURE)
    blocked = evolve(FAILURE, module="c")
    outcome = outcome_of(plan, {2: blocked, 1: failed, 0: ran("a")})
    assert [event.module for event in outcome.events] == ["a"]
    assert (outcome.failed, outcome.blocked) == ((failed,), (blocked,))
    assert outcome.not_run == ("b", "c", "d")


def test_what_did_not_finish_and_what_is_new():
    """A group may end without some of its modules; what it loads first has no event."""
    drawn = world(a="", b="import a").register("import b").edit(a="import new", new="")
    plan = drawn.plan()
    assert plan.groups[0].members == ("new", "a", "b")
    outcome = outcome_of(plan, {0: ran("new", "a")})
    assert (outcome.loaded, outcome.not_run) == (("new",), ("b",))
    assert [event.module for event in outcome.events] == ["a"]


def test_what_is_only_told_if_something_ran():
    """What is protected, missing or not needed concerns what runs."""
    plan = evolve(
        plan_of(world(a="").register("import a"), "a"),
        protected=("p",),
        missing=("m",),
        not_needed=("n",),
    )
    with_run, without = outcome_of(plan, {0: ran("a")}), outcome_of(plan, {})
    assert (with_run.protected, with_run.missing, with_run.not_needed) == (
        ("p",),
        ("m",),
        ("n",),
    )
    assert (without.protected, without.missing, without.not_needed) == ((), (), ())


def test_what_was_learned():
    """It is put together in the order of the groups; what failed adds nothing."""
    one = ran("a", dynamic=(("a", frozenset("x")),), reads={"a": ()}, traces={"a": Trace()})
    other = ran("b", not_imported=(("b", "c"),), reads={"b": ()})
    learned = learned_of({2: Failed(ValueError(), FAILURE), 1: other, 0: one})
    assert learned.dynamic_names == (("a", frozenset("x")),)
    assert learned.not_imported == (("b", "c"),)
    assert learned.reads == {"a": (), "b": ()}
    assert learned.traces == {"a": Trace()}
