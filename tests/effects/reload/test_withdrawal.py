"""What a module has added to tables, taken out before it runs again and put in its place."""

from collections import OrderedDict, defaultdict

import pytest

from liveimport.core.trace import Entry, Surface, Trace
from liveimport.effects.loaded.tables import Table
from liveimport.effects.logs.entries import Added, Entries, content_added
from liveimport.effects.reload.withdrawal import Withdrawals

TABLE = frozenset({Entry("reg", "TABLE", is_dict=True)})


def f():
    """A key that nothing compares."""


@pytest.fixture
def table():
    """A table to which three plug-ins have added, in this order."""
    return {"own": 0, "a": 1, "b": 2, "c": 3}


@pytest.fixture
def entries(table):
    """What they have added."""
    found = Entries()
    for name, content in (("one", [("a", 1), ("b", 2)]), ("two", [("c", 3)])):
        found.add(name, Added(table, tuple(content), TABLE))
    return found


def withdrawals(entries, spared=("reg",), traces=(), running=("one", "two", "m")):
    return Withdrawals(entries, set(running), set(spared), dict(traces))


def test_the_table_is_as_it_was_while_the_module_runs(entries, table):
    """Without what came later, which is put behind what the module has added now."""
    before = dict(table)
    made = withdrawals(entries)
    assert made.begin("one")[0] is table
    assert table == {"own": 0}
    table["a"], table["b"] = 10, 20
    assert made.end("one")[0] is table
    assert list(table.items()) == [("own", 0), ("a", 10), ("b", 20), ("c", 3)]
    assert made.explains(Table(table, before))


def test_a_list_too():
    """Of a list, the places count."""
    one, two, three = [], [], []
    table = [one, two, three]
    entries = Entries()
    entries.add("m", Added(table, (two,), TABLE))
    made = withdrawals(entries)
    made.begin("m")
    assert table == [one]
    table.append("new")
    made.end("m")
    assert table == [[], "new", []]
    assert made.explains(Table(table, [one, two, three]))


@pytest.mark.parametrize(
    "now",
    [
        {"a": 10},
        {"b": 20, "a": 10},
        {"a": 10, "x": 20},
        {"a": 10, "b": 20, "c": 30},
        {"a": 10, "b": 20, "x": 30},
    ],
)
def test_other_keys_are_not_explained(entries, table, now):
    """Who asked for a key could find another answer."""
    before = dict(table)
    made = withdrawals(entries)
    made.begin("one")
    table.update(now)
    made.end("one")
    assert not made.explains(Table(table, before))


def test_what_else_has_changed_is_not_explained(entries, table):
    """Only what the module has in the table may be another value."""
    before = dict(table)
    made = withdrawals(entries)
    made.begin("two")
    table["c"] = 30
    made.end("two")
    assert made.explains(Table(table, before))
    assert not made.explains(Table(table, {**before, "own": 5}))
    assert not made.explains(Table(table, {**before, "c": 5}))
    assert not made.explains(Table(dict(table), before))
    table["d"] = 4
    assert not made.explains(Table(table, before))


def test_a_module_that_has_not_finished_explains_nothing(entries, table):
    """It may be one that failed."""
    before = dict(table)
    made = withdrawals(entries)
    made.begin("two")
    assert not made.explains(Table(table, before))


@pytest.mark.parametrize("is_finished", [False, True])
def test_after_a_failure_all_is_as_before(entries, table, is_finished):
    """Also the order, and what is known of the entries."""
    before, known = list(table.items()), entries.of("one")
    made = withdrawals(entries)
    made.begin("one")
    table["b"] = 20
    entries.forget("one")
    entries.add("one", Added(table, (("b", 20),), TABLE))
    if is_finished:
        made.end("one")
    made.undo(["one", "two"])
    assert list(table.items()) == before
    assert entries.of("one") == known
    made.undo(["one"])
    assert list(table.items()) == before


def test_an_interrupt_leaves_nothing_undone(entries, table, monkeypatch):
    """Undoing is started again."""
    before = list(table.items())
    made = withdrawals(entries)
    made.begin("one")
    calls = iter([KeyboardInterrupt])
    put_back = entries.put_back

    def interrupted(module, added):
        for error in calls:
            raise error
        put_back(module, added)

    monkeypatch.setattr(entries, "put_back", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made.undo(["one"])
    made.undo(["one"])
    assert list(table.items()) == before


def test_what_a_module_that_failed_has_added_is_taken_off(entries):
    """Though it had added nothing there before. What others have put behind it stays."""
    table, other = ["x"], ["y"]
    made = withdrawals(entries)
    made.begin("three")
    for one in (table, other):
        one.append("new")
        entries.add("three", Added(one, ("new",), TABLE))
    other.append("somebody's")
    made.undo(["three"])
    assert (table, other) == (["x"], ["y", "new", "somebody's"])
    assert entries.of("three") == ()


@pytest.mark.parametrize(
    ("content", "running"),
    [
        ((("a", 1), ("c", 3)), "m"),
        ((("a", 1.0),), "m"),
        ((("a", 1),), "reg"),
    ],
)
def test_what_is_left_in_the_table(table, content, running):
    """Entries that are not there in one piece, or a table of a module that runs."""
    entries, before = Entries(), list(table.items())
    entries.add("m", Added(table, content, TABLE))
    made = withdrawals(entries, running=(running,))
    assert made.begin("m") == []
    assert list(table.items()) == before


@pytest.mark.parametrize(
    ("value", "is_explained"), [("x" * 2, True), ("y", False), (2.0, False), ([], False)]
)
def test_who_was_not_judged_may_have_used_the_values(value, is_explained):
    """So these must be the same, or plain and equal. Otherwise the module of the table runs."""
    table = ["own", "xx", 5]
    entries, before = Entries(), list(table)
    entries.add("m", Added(table, ("xx", 5), TABLE))
    made = withdrawals(entries, spared=())
    made.begin("m")
    table += [value, 5]
    made.end("m")
    changed = Table(table, before)
    assert made.explains(changed) is is_explained
    assert made.unexplained([]) == (set() if is_explained else {"reg"})
    assert made.unexplained([changed]) == {"reg"}


@pytest.mark.parametrize(("spared", "drawn_in"), [((), set()), (("reg",), {"reg"})])
def test_what_is_only_gone_draws_in_nobody_who_was_not_judged(entries, table, spared, drawn_in):
    """A fresh interpreter does not have it either."""
    before = dict(table)
    made = withdrawals(entries, spared=spared)
    made.begin("two")
    made.end("two")
    assert made.unexplained([Table(table, before)]) == drawn_in
    assert table == {"own": 0, "a": 1, "b": 2}


def test_of_the_same_value_at_two_places_none_is_taken_out():
    """It is not known which one it is."""
    entries, table = Entries(), [f, f]
    entries.add("m", Added(table, (f,), TABLE))
    assert withdrawals(entries).begin("m") == []


def test_who_only_imports_a_table_does_not_own_it(table):
    """It may run, or not."""
    names = frozenset({Entry("user", "T", is_dict=True), Entry("m", "T", is_dict=True)})
    imported = Trace(Surface(frozenset("T"), {"T": None}))
    for traces, is_taken_out in (({}, False), ({"user": imported}, True)):
        entries = Entries()
        entries.add("m", Added(table, (("c", 3),), TABLE | names))
        assert bool(withdrawals(entries, (), traces, ("m", "user")).begin("m")) is is_taken_out


def test_what_is_known_of_entries(entries, table):
    """Two pieces are one; and what is in them is told by its id."""
    entries.add("two", Added(table, (("d", f),), frozenset()))
    (two,) = entries.of("two")
    assert two.content == (("c", 3), ("d", f))
    assert two.values == ["c", 3, "d", f]
    assert id(f) in entries.known()[id(table)]
    assert entries.values_of("two", "reg") == two.values
    assert entries.values_of("two", "other") == []
    assert entries.owners() == {"reg"}
    entries.forget("reg")
    assert entries.of("one") == entries.of("two") == ()
    entries.put_back("one", [two])
    entries.clear()
    assert entries.known() == {}


@pytest.mark.parametrize(
    ("before", "now", "added"),
    [
        ([1], [1, 2], (2,)),
        ([1], [1], ()),
        ([1], [2, 1], None),
        ([1, 2], [1], None),
        ({"a": 1}, {"a": 1, f: 2}, ((f, 2),)),
        ({"a": 1}, {"a": 2, "b": 2}, None),
        ({"a": 1}, {"b": 1, "a": 1}, None),
        ({}, defaultdict(list, a=1), (("a", 1),)),
        ({}, {1.5: 2, (): 3}, None),
        ({}, OrderedDict(a=1), None),
        ([], {1}, None),
    ],
)
def test_what_stands_at_the_end_of_a_table(before, now, added):
    """A key whose code would be asked, or another kind of table, is no entry."""
    assert content_added(now, before) == added
