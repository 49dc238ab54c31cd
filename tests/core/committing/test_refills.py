"""Tables that have grown, and both runs of a sync that filled one again."""

from attrs import evolve

from core.committing.test_failures import FAILURE
from core.worlds import world
from liveimport.core.committing.commit import Learned, commit
from liveimport.core.committing.failures import Failed
from liveimport.core.committing.outcome import AddedAgain, Outcome, ReloadEvent
from liveimport.core.committing.refills import added_again, joined
from liveimport.core.imports import Binding
from liveimport.core.model import DependencyGraph, Hold, Holds

X = Binding("x", "a", "x")


def test_what_a_run_added_to_tables_again():
    """The first module that ran, and depends on the owner of the table, is taken to have done it."""
    graph = DependencyGraph(dependencies={"a": (), "b": ("d",), "c": ("d",)})
    events = [ReloadEvent(name, "modified", 2.0, ()) for name in "abc"]
    grown = [[("d", "LAYERS")], [("e", "LAYERS")], [("c", "layers"), ("d", "LAYERS")]]
    assert added_again(graph, events, grown) == (("b", "d.LAYERS", "d"),) * 2
    cycle = DependencyGraph(dependencies={"a": ("b",), "b": ("a",)})
    assert added_again(cycle, events, [[("a", "x"), ("b", "x")]]) == (("b", "a.x", "a"),)
    outcome = Outcome(0.0, added_again=(AddedAgain("b", "d.LAYERS", "d"),))
    assert outcome.lines == ("b added to d.LAYERS again (`%liveimport reload d`)",)


def test_a_run_that_added_to_a_table_has_it_filled_again():
    """The module of the table is stale then, once."""
    drawn = world(reg="", plug="import reg", user="import reg").register("import user, plug")
    drawn = drawn.touch("plug")
    plan, planned = drawn.planned()
    found = Holds(added={"reg": (Hold("plug", "P"),)})
    event = ReloadEvent("plug", "modified", 0.0, ())
    after = commit(
        drawn.state, planned, Outcome(plan.now, events=(event,)), Learned(holds=found)
    )
    assert after.refill == {"reg"}
    again = evolve(drawn, state=after)
    assert again.trace() == "reg< user<reg plug<reg"
    plan, planned = again.planned()
    assert planned.refill == frozenset()
    failed = commit(after, planned, Outcome(plan.now, not_run=("reg", "user", "plug")))
    assert failed.refill == {"reg"}
    known = commit(after, planned, Outcome(plan.now), Learned(holds=found))
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
