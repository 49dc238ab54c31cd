"""The value of a plan: names that are cleared, fingerprints, text and JSON."""

import pytest
from attrs import evolve

from core.worlds import world
from liveimport.core.model import Module
from liveimport.core.planning.plan import (
    NamesToClear,
    names_to_clear,
)
from liveimport.core.source.names import names_in_source

NOTHING: frozenset[str] = frozenset()


def step_of(drawn, name="a"):
    """Returns the step of a module in the plan of a world."""
    return next(step for step in drawn.plan().steps if step.module == name)


def cleared(drawn, old, **edit):
    """Returns what leaves the dict of `a`, whose source was `old`, after an edit."""
    step = step_of(drawn.edit(**edit))
    return names_to_clear(
        step, names_in_source(old.encode()), names_in_source(edit["a"].encode())
    )


# Which names leave a module (promise 8).


def test_names_of_the_old_source_leave():
    """Nothing of the old source stays, also not what the new source binds again."""
    old = "x = y = 1"
    assert cleared(world(a=old).register("import a"), old, a="x = 1") == NamesToClear(
        before_run=frozenset({"x", "y"}),
        kept=NOTHING,
        after_run=NOTHING,
        bound=frozenset({"x"}),
        preserved=NOTHING,
    )


def test_names_that_the_new_source_looks_up_and_binds_stay():
    """A guard finds the value of the last run. Other names leave, though a text has them."""
    old, new = (
        "cache = {}\nold = 1",
        "if 'cache' not in globals():\n    cache = {}\nprint('old')",
    )
    names = cleared(world(a=old).register("import a"), old, a=new)
    assert (names.before_run, names.kept, names.after_run) == ({"old"}, {"cache"}, NOTHING)


@pytest.mark.parametrize(
    ("old", "new", "before_run", "preserved"),
    [
        ("globals().setdefault('x', 1)", "globals().setdefault('x', 2)", NOTHING, {"x"}),
        ("globals().setdefault('x', 1)", "y = 1", {"x"}, NOTHING),
        (
            "globals().setdefault('x', 1)",
            "from b import *\nglobals().setdefault('x', 2)",
            NOTHING,
            {"x"},
        ),
        ("from b import *", "globals().setdefault('x', 2)", {"x"}, NOTHING),
    ],
)
def test_dynamic_names_stay_while_the_source_mentions_them(old, new, before_run, preserved):
    """Where a star import may have bound them they leave."""
    drawn = world(a=old, b="").alter("a", dynamic_names=frozenset({"x"})).register("import a")
    names = cleared(drawn, old, a=new)
    assert (names.before_run, names.kept, names.preserved) == (before_run, preserved, preserved)


@pytest.mark.parametrize(
    ("new", "stays"),
    [
        ("globals().setdefault('x', 2)", True),
        ("if 'x' not in vars(): globals()['x'] = 2", True),
        ("if 'x' not in vars(): exec('x = 2')", True),
        ("y = 'x' in globals()\nexec('z = 1')", False),
    ],
)
def test_a_name_of_the_old_source_that_the_new_one_guards_by_a_text(new, stays):
    """It stays if the new source surely binds it; what it may bind does not count."""
    drawn = world(a="x = 1").alter("a", dynamic_names=frozenset({"x"})).register("import a")
    names = cleared(drawn, "x = 1", a=new)
    assert ("x" in names.before_run, "x" in names.preserved) == (not stays, stays)


def test_names_that_functions_of_the_old_source_bound_leave_after_the_run():
    """The new source may look them up while it runs. What it binds itself stays."""
    old = "def f():\n    global x, y\n    x = y = 1"
    new = "def f():\n    global y\n    y = 1"
    names = cleared(world(a=old).register("import a"), old, a=new)
    assert (names.before_run, names.after_run) == ({"f"}, {"x"})


def test_names_of_functions_that_the_new_source_guards_by_a_text_stay():
    """The value of the old version is what `setdefault` keeps."""
    old = "def f():\n    global x\n    x = 1\nf()"
    drawn = world(a=old).register("import a")
    names = cleared(drawn, old, a="globals().setdefault('x', 2)")
    assert (names.before_run, names.after_run) == ({"f"}, frozenset())


def test_names_from_star_imports_leave_with_those_of_the_old_source():
    """The old source does not show them, but running it bound them."""
    old = "from b import *"
    drawn = world(a=old, b="").alter("a", dynamic_names=frozenset({"x"})).register("import a")
    assert drawn.state.modules["a"].dynamic_names == {"x"}
    assert cleared(drawn, old, a="y = 1").before_run == {"x"}


def test_a_module_of_unknown_version_has_no_stamp_before_its_step():
    """Nobody knows the source that its names came from."""
    drawn = world(a="", b="from c import *\nx = 1", c="").follow("top-level")
    drawn = drawn.register("import a").touch("b")
    step = step_of(drawn.edit(a="import b"), "b")
    assert step.previous.version.stamp is None
    assert step.planned.version.stamp == drawn.files["b"].stamp
    assert names_to_clear(step, *(names_in_source(step.source.data),) * 2).before_run == {"x"}
    unrecorded = step_of(world(a="").unrecorded("a").register("import a"))
    assert unrecorded.previous.version.stamp is None


def test_a_module_that_was_never_read_has_no_stamp_before_its_step():
    """Its file was gone when it was met, and another file came."""
    drawn = world(a="import far", far="x = 1").move("far", "/elsewhere/far.py")
    drawn = drawn.register("import a")
    removed = drawn.remove("far").workspace("/project/", "/elsewhere/")
    back = evolve(removed, files=drawn.files).edit(far="y = 1")
    step = step_of(back, "far")
    assert (step.reason, step.previous.version.stamp) == ("modified", None)
    assert step.previous.source == step.planned.source


# Groups.


def test_a_fingerprint_differs_when_a_file_of_the_group_does():
    """Times, content and path count. Age, inode and the order of steps do not."""
    drawn = world(a="import b", b="").register("import a").touch("b")
    (group,) = drawn.plan().groups
    before = group.fingerprint
    assert group._replace(steps=group.steps[::-1]).fingerprint == before
    for same in (
        drawn.alter("b", read_ns=7),
        drawn.restamp("b", ctime_ns=99),
        drawn.restamp("b", inode=99),
    ):
        assert same.plan().groups[0].fingerprint == before
    for other in (
        drawn.hide(b="y"),
        drawn.touch("b"),
        drawn.move("b", "/project/b/__init__.py"),
    ):
        assert other.plan().groups[0].fingerprint != before


def test_the_files_of_a_group_are_those_of_all_code_that_may_run():
    """A module that may be imported counts, if it has a file."""
    (group,) = world(a="").register("import a").touch("a").plan().groups
    extended = group._replace(may_import=(Module("sys"),))
    assert group.files == extended.files == {"/project/a.py"}
    assert [name for name, _ in extended.fingerprint] == ["a", "sys"]
    assert extended.fingerprint != group.fingerprint


def test_a_step_prints_without_its_modules():
    """All of them would be pages."""
    plan = world(a="import b", b="").register("import a").touch("b").plan()
    assert [repr(step) for step in plan.steps] == [
        "ReloadStep(b, modified, after=())",
        "ReloadStep(a, dependent, after=('b',))",
    ]


def test_the_time_of_a_step_is_in_seconds():
    """Users see seconds since the epoch."""
    drawn = world(a="").register("import a").restamp("a", mtime_ns=1_500_000_000)
    assert step_of(drawn).mtime == 1.5


def test_a_plan_prints_as_counts():
    """All of it would be pages. What is blocked does not run."""
    drawn = world(a="import b", b="", c="").register("import a, c").touch("b", "c")
    assert repr(drawn.plan()) == "ReloadPlan(2 groups, 3 steps)"
    blocked = drawn.sync(fails="b").plan()
    assert repr(blocked) == "ReloadPlan(1 groups, 0 steps)"
    assert not blocked
