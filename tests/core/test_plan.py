"""Plans as one-line traces of projects drawn as literals: the promises of the design in small.

See `worlds` for how to read a trace.
"""

import json
import os
import subprocess
import sys

import pytest
from attrs import evolve
from pyrsistent import pmap

from liveimport.core.plan import DEEPEST_NEST, plan_or_ask, plan_reload, unseen
from liveimport.core.steps import DEPENDENT, SCHEMA, Plan

from .worlds import world


def diamond():
    """Returns a world in which a imports b and c, and both import d."""
    return world(a="import b, c", b="import d", c="import d", d="").register("import a")


def steps(drawn, **options):
    """Returns the steps of a plan by module."""
    return {step.module: step for step in drawn.plan(**options).steps}


# What reloads (promise 4).


def test_nothing_changed_is_an_empty_plan():
    """No step, no name, the same State."""
    drawn = diamond()
    plan, planned = drawn.planned()
    assert not plan
    assert plan == Plan(drawn.now)
    assert planned == drawn.state


@pytest.mark.parametrize(
    ("edit", "trace"),
    [
        ("a", "a!"),
        ("b", "b! a<b"),
        ("c", "c! a<c"),
        ("d", "d! b<d c<d a<b,c"),
        ("b c", "b! c! a<b,c"),
        ("a b c d", "d! b! c! a!"),
    ],
)
def test_dependencies_come_first_and_each_module_once(edit, trace):
    """What depends on a stale module is stale, and runs after all it depends on."""
    assert diamond().touch(*edit.split()).trace() == trace


@pytest.mark.parametrize(
    "fields", [{"mtime_ns": 1}, {"mtime_ns": 9**20}, {"size": 99}, {"inode": 2}]
)
def test_a_stamp_that_changed_in_any_direction_makes_stale(fields):
    """A file that is older than the one that ran is another file too."""
    assert diamond().restamp("b", **fields).trace() == "b! a<b"


def test_unrelated_modules_are_groups_of_their_own():
    """They succeed or fail apart, in the order in which a fresh interpreter runs them."""
    drawn = world(a="import b", b="", c="import d", d="").register("import c, a")
    assert drawn.touch("b", "d").trace() == "d! c<d | b! a<b"


def test_untracked_modules_do_not_reload():
    """A file that no registration leads to may change as it likes."""
    assert world(a="", b="").register("import a").touch("b").trace() == ""


def test_after_success_nothing_is_left_to_do():
    """Planning again is empty, and stays so."""
    drawn = diamond().touch("d", "c").sync()
    assert drawn.trace() == ""
    assert drawn.sync().state == drawn.state


def test_a_dependent_that_ran_before_its_dependency_is_stale():
    """Whatever made the lower one run anew later, the upper holds what is gone."""
    drawn = world(a="import b", b="").register("import b").touch("b").sync()
    assert drawn.register("import a").trace() == "a<b"


def test_a_dependent_that_ran_with_or_after_its_dependency_is_not_stale():
    """Equal generations are one sync, in which dependencies came first."""
    drawn = world(a="import b", b="").register("import a").touch("b").sync().touch("a").sync()
    assert drawn.trace() == ""


def test_another_import_tracks_and_follows_what_it_leads_to():
    """An edit can bring in a loaded module, and its later edits count."""
    drawn = world(a="", b="").register("import a").edit(a="import b")
    assert drawn.trace() == "a!"
    assert drawn.sync().touch("b").trace() == "b! a<b"


def test_imports_of_every_kind_may_change_in_one_edit():
    """Top-level, nested and in functions: none of what followed from them holds any more."""
    drawn = world(a="import b", b="", c="", d="").register("import a").touch("c")
    edited = drawn.edit(a="import c\ntry: import b\nexcept E: pass\ndef f(): import d")
    assert edited.trace() == "c! a!"
    assert edited.sync().tracked == "a c"


def test_a_changed_module_that_only_functions_import_does_not_reload_by_itself():
    """It is not tracked, even if a scan happens to see that its file changed."""
    drawn = world(a="def f():\n    import b", b="").register("import a").touch("b")
    seen = drawn.blank(stamps=pmap({"b": drawn.files["b"].stamp}))
    for state in (drawn.state, evolve(drawn.state, shape=None)):
        told = drawn.seen(seen, lambda snapshot, state=state: unseen(state, snapshot))
        assert "b" in told.sources
        assert not plan_reload(state, told)[0]


def test_a_dropped_import_is_no_dependency_any_more():
    """What is no longer imported is no longer tracked once the module ran."""
    drawn = world(a="import b", b="").register("import a").edit(a="").touch("b")
    assert drawn.trace() == "a!"
    assert drawn.sync().tracked == "a"


def test_a_dropped_module_of_the_same_package_does_not_run():
    """It is still loaded beside the others, but a fresh interpreter would not run it either."""
    drawn = world(p="", p__a="from p import b", p__b="").register("from p import a")
    edited = drawn.edit(p__a="", p__b="1 / 0")
    assert edited.trace() == "p.a!"
    assert edited.sync().tracked == "p.a"


def test_imports_by_different_ways_are_one_dependency():
    """Plain, aliased, star, from and relative imports lead to the same module."""
    text = (
        "import p.b\nimport p.b as x\nfrom p import b\nfrom .b import *\nfrom . import b as y"
    )
    drawn = world(p="", p__a=text, p__b="").register("import p.a as a")
    assert drawn.touch("p.b").trace() == "p.b! p.a<p.b"


def test_a_package_that_reexports_reloads_before_those_who_import_from_it():
    """`from p import name` depends on p's `__init__`, and so on what that imports."""
    drawn = world(a="from p import x", p="from .b import x", p__b="x = 1").register("import a")
    assert drawn.touch("p.b").trace() == "p.b! p<p.b a<p"


def test_a_submodule_does_not_depend_on_its_package():
    """Promise 3: merely living in a package is no dependency on its `__init__`."""
    drawn = world(p="from . import b", p__a="", p__b="").register("import p.a")
    assert drawn.touch("p").trace() == "p!"


def test_what_functions_imported_reloads_with_what_it_depends_on():
    """It is not tracked, so its own edits do not count, but it would hold what is gone."""
    drawn = world(a="import c\ndef f():\n    from b import x", b="import c", c="")
    drawn = drawn.register("import a")
    assert drawn.touch("c").trace() == "c! a<c b<c"
    assert drawn.touch("c").sync().trace() == ""
    assert drawn.touch("b").trace() == ""


def test_what_functions_import_between_syncs_is_noticed_by_the_next():
    """Whatever that reloads, and whether or not it concerns the function's module."""
    drawn = world(a="def f():\n    import b", b="", c="").register("import a, c")
    early = evolve(drawn, loaded=drawn.loaded.remove("b"), state=world().state)
    early = early.register("import a, c")
    assert early.state.modules["a"].later == ()
    later = evolve(early, loaded=drawn.loaded).touch("c").sync()
    assert later.state.modules["a"].later == ("b",)


def test_what_functions_have_not_imported_yet_is_left_alone():
    """When they do, they will find it as it is then."""
    drawn = world(a="import c\ndef f():\n    import b", c="").register("import a")
    assert drawn.edit(b="import c").touch("c").trace() == "c! a<c"


@pytest.mark.parametrize(
    ("statements", "members"),
    [("import a", ("b", "a")), ("import a, main", ("b", "a", "main"))],
)
def test_a_module_that_registered_statements_reloads_only_if_it_is_tracked(statements, members):
    """Its names are bound anew; to run it as well would be to run the program again."""
    text = "import b\ndef f():\n    import main"
    drawn = world(a=text, main="import b", b="").register(statements).touch("b")
    assert drawn.trace() == "b! a<b main<b"
    snapshot = evolve(drawn.snapshot(), hosts=frozenset({"main"}))
    for state in (drawn.state, evolve(drawn.state, shape=None)):
        plan, _ = plan_reload(state, snapshot)
        assert tuple(step.module for step in plan.steps) == members


# Cycles (promise 5).


@pytest.mark.parametrize(
    ("edit", "trace"),
    [("a", "c<a b<c a!"), ("b", "c<a b! a<b"), ("c", "c! b<c a<b")],
)
def test_a_cycle_reloads_as_a_whole_in_natural_order(edit, trace):
    """Whoever changed, the members run nested as a fresh interpreter would run them."""
    drawn = world(a="import b", b="import c", c="import a").register("import a")
    assert drawn.touch(edit).trace() == trace
    (group,) = drawn.touch(edit).plan().groups
    assert group.entries == ("a", "b", "c")


def test_a_cycle_begins_where_the_registered_statements_begin_it():
    """Not where the session's first imports happened to, nor at the edited member."""
    drawn = world(a="import b", b="import a").register("import b").touch("a")
    assert drawn.plan().groups[0].entries == ("b", "a")
    assert drawn.trace() == "a! b<a"


def test_who_begins_is_decided_by_imports_in_try_as_well():
    """Promise 3 makes them no dependencies, but they run."""
    drawn = world(
        a="try:\n    import c\nexcept ImportError: pass\nimport b", b="import c", c="import b"
    )
    (group,) = drawn.register("import a").touch("b").plan().groups
    assert group.entries == ("a", "c", "b")


def test_a_module_that_imports_itself_is_no_trouble():
    """Its own import is no reason to reload."""
    assert world(a="import a").register("import a").touch("a").trace() == "a!"


def test_a_module_does_not_go_stale_by_importing_itself():
    """The dependency on itself cannot be newer than it is."""
    drawn = world(a="import a, b", b="").register("import a").touch("b")
    assert drawn.trace() == "b! a<b"
    assert drawn.sync().trace() == ""


def test_deep_chains_are_entered_from_below():
    """A chain of thousands is planned without recursion, and nests only so deep."""
    length = 2_000
    texts = {f"m{i}": f"import m{i + 1}" for i in range(length)}
    drawn = world(**texts, **{f"m{length}": ""}).register("import m0").touch(f"m{length}")
    (group,) = drawn.plan().groups
    assert group.members == tuple(f"m{i}" for i in range(length, -1, -1))
    first = int(group.entries[0].removeprefix("m"))
    assert length - first < DEEPEST_NEST
    assert sorted(group.entries) == sorted(group.members)


# The order depends on the values alone (promise 4).

ANY_SEED = """
import sys
sys.path.insert(0, sys.argv[1])
from worlds import parse_imports, register, survey, world
loaded = world(p="", p__a="", p__b="", p__c="", p__d="", p__e="", p__f="import g, h", g="", h="")
state = register(loaded.state, 1, parse_imports("import p.a"))
snapshot = loaded.blank()
while asked := survey(state, snapshot).unseen:
    print(asked)
    snapshot = loaded.answer(snapshot, asked)
print(survey(state, snapshot).overlay)
drawn = world(
    a="import b, c, d", b="import e", c="from e import x", d="import f, a", e="import g",
    f="", g="", p="from . import q, r", p__q="", p__r="from .q import *", s="", t="",
).register("import a; from p import *; import s, t; from g import y, z")
edited = drawn.edit(d="import new, f, a", new="import newer", newer="").touch(*"befgst", "p.q")
plan = edited.plan()
print(edited.trace())
print(plan)
print([group.entries for group in plan.groups])
print(edited.state.tracked, edited.state.begun, plan.rebinds)
print([(s.after, sorted(s.shedding().leaving), sorted(s.shedding().left)) for s in plan.steps])
print(edited.sync(fails="p.r g").owed)
print(edited.sync(fails="p.r g").state.failures)
"""


def test_a_plan_does_not_depend_on_the_hash_seed():
    """The same plan, its text and its order included, in every interpreter."""
    said = {
        subprocess.run(
            [sys.executable, "-c", ANY_SEED, os.path.dirname(__file__)],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in range(5)
    }
    assert len(said) == 1
    trace = "g! e! b! c<e newer+ new+ f! d! a<b,c,d | p.q! p.r<p.q p<p.q,p.r | s! | t!"
    assert trace in said.pop().splitlines()


def test_a_plan_does_not_depend_on_the_history_of_the_values():
    """A State that came by many edits plans like one that came by none."""
    drawn = diamond()
    detour = drawn.state.modules.set("x", drawn.state.modules["a"]).remove("x")
    other = evolve(drawn, state=evolve(drawn.state, modules=detour))
    assert other.touch("d").plan() == drawn.touch("d").plan()


# What runs is what was read (promise 6).


def test_a_step_carries_what_was_read():
    """The bytes that are to run are those that were read next to the stamp."""
    drawn = diamond().edit(d="x = 1")
    source = steps(drawn)["d"].source
    assert (source.data, source.stamp) == (b"x = 1", drawn.files["d"].stamp)


def test_dependents_need_not_be_read():
    """What runs again without a change is the version that ran last; its code may be kept."""
    step = steps(diamond().touch("d"))["a"]
    assert (step.source, step.stamp) == (None, diamond().files["a"].stamp)
    assert (step.now, step.before) == (diamond().state.modules["a"],) * 2


@pytest.mark.parametrize("made_by", [{"rewritten": True}, {"digest": ""}])
def test_dependents_whose_code_cannot_be_known_are_read(made_by):
    """Loaders of their own are given the source, and what was never read has no code."""
    drawn = diamond().touch("d")
    module = evolve(drawn.state.modules["b"], **made_by)
    state = evolve(drawn.state, modules=drawn.state.modules.set("b", module))
    stepped = steps(evolve(drawn, state=state))
    assert {name for name, step in stepped.items() if step.source} == {"b", "d"}


def test_a_racy_stamp_is_checked_by_content():
    """A write that hides behind a young stamp is found the next time."""
    drawn = world(a="x = 1").alter("a", racy=True).register("import a").sync()
    assert drawn.trace() == ""
    assert drawn.hide(a="x = 2").trace() == "a!"


def test_a_racy_stamp_that_hid_nothing_is_no_change():
    """The content is the same, so nothing reloads; from then on the stamp is trusted."""
    drawn = world(a="x = 1").alter("a", racy=True).register("import a")
    calm = drawn.alter("a", racy=False)
    assert calm.trace() == ""
    assert calm.sync().state.modules["a"].racy is False


def test_a_settled_stamp_is_trusted():
    """Bytes behind a stamp that is old enough are not read again."""
    drawn = world(a="x = 1").register("import a").hide(a="x = 2")
    assert drawn.glance().stamps == pmap()
    assert drawn.trace() == ""


def test_a_write_that_restored_its_stamp_shows_by_its_status_change_time():
    """Size, mtime and inode are as before, but another ctime is a reason to read."""
    drawn = world(a="x = 1").register("import a").touch("a").sync()
    forged = drawn.hide(a="x = 2").restamp("a", ctime_ns=99)
    assert forged.trace() == "a!"
    assert drawn.restamp("a", ctime_ns=99).trace() == ""


# A module may be older than its file (promise 7).


def test_a_module_loaded_before_its_file_changed_is_stale():
    """An edit between first import and registration is found by the first sync."""
    assert world(a="").edit(a="x = 1").register("import a").trace() == "a!"


def test_a_module_of_which_nothing_is_known_is_stale():
    """Where it cannot be ruled out that it is older than its file, it counts as older."""
    drawn = world(a="import b", b="").unnoted("b").register("import a")
    assert drawn.trace() == "b! a<b"
    assert drawn.detect("content").trace() == "b! a<b"
    assert drawn.sync().trace() == ""


def test_a_module_that_became_tracked_later_is_as_old_as_its_import():
    """It was loaded at the version of then, not of the time when it became tracked."""
    drawn = world(a="", b="").register("import a").touch("b").edit(a="import b")
    assert drawn.trace() == "b! a!"


# Detection by content.


def test_a_touched_file_is_stale_by_mtime_and_not_by_content():
    """Which of the two counts is a setting."""
    drawn = diamond().touch("d").sync().touch("d")
    assert drawn.trace() == "d! b<d c<d a<b,c"
    assert drawn.detect("content").trace() == ""


def test_a_changed_file_is_stale_by_content():
    """Other bytes are another version under either setting."""
    drawn = diamond().detect("content").touch("d").sync()
    assert drawn.edit(d="x = 1").trace() == "d! b<d c<d a<b,c"


def test_a_module_older_than_its_file_is_stale_by_content_too():
    """Which bytes it was loaded from is not known, so its stamp decides."""
    assert world(a="").edit(a="x").detect("content").register("import a").trace() == "a!"


def test_back_and_forth_is_no_change_by_content():
    """A branch that was checked out and left again costs no live object."""
    drawn = world(a="x = 1").register("import a").detect("content")
    assert drawn.edit(a="x = 2").edit(a="x = 1").trace() == ""


# Names (promises 1, 2 and 8).


def test_names_that_the_old_source_bound_leave():
    """What a module sheds before it runs are the names of its old source."""
    drawn = world(a="x = y = 1").register("import a").edit(a="x = 1")
    step = steps(drawn)["a"]
    lost = step.shedding()
    assert (lost.leaving, lost.kept, lost.left) == ({"x", "y"}, frozenset(), frozenset())
    assert (lost.shown, step.unknown) == ({"x"}, False)


def test_names_that_the_new_source_looks_up_are_kept_for_it():
    """If it binds them itself: others leave before, also those that a star bound (promise 14)."""
    drawn = world(a="cache = {}\nold = 1").register("import a")
    guarded = "if 'cache' not in globals():\n    cache = {}\nprint('old')"
    lost = steps(drawn.edit(a=guarded))["a"].shedding()
    assert (lost.leaving, lost.kept, lost.left) == ({"old"}, {"cache"}, frozenset())


def test_names_that_a_source_looks_up_and_binds_only_behind_its_text():
    """They stay as long as it names them, unless they may have come by a star."""
    drawn = world(a="globals().setdefault('x', 1)", b="").alter("a", starred=frozenset({"x"}))
    drawn = drawn.register("import a")
    lost = steps(drawn.edit(a="globals().setdefault('x', 2)"))["a"].shedding()
    assert (lost.leaving, lost.kept, lost.stay) == (frozenset(), {"x"}, {"x"})
    lost = steps(drawn.edit(a="y = 1"))["a"].shedding()
    assert (lost.leaving, lost.kept, lost.stay) == ({"x"}, frozenset(), frozenset())
    lost = steps(drawn.edit(a="from b import *\nglobals().setdefault('x', 2)"))["a"].shedding()
    assert (lost.leaving, lost.kept, lost.stay) == ({"x"}, frozenset(), frozenset())


def test_names_that_only_functions_bound_leave_after_the_run():
    """The new source may still find them while it runs, as the interpreter that goes on does."""
    drawn = world(a="def f():\n    global x, y\n    x = y = 1").register("import a")
    lost = steps(drawn.edit(a="def f():\n    global y\n    y = 1"))["a"].shedding()
    assert (lost.leaving, lost.left) == ({"f"}, {"x"})


def test_names_that_came_by_stars_leave_with_those_of_the_old_source():
    """They are not in its text, but running it bound them."""
    drawn = world(a="from b import *", b="").alter("a", starred=frozenset({"x"}))
    drawn = drawn.register("import a")
    assert drawn.state.modules["a"].extra == {"x"}
    assert steps(drawn.edit(a="y = 1"))["a"].shedding().leaving == {"x"}


def test_a_module_of_unknown_source_sheds_all_that_is_not_looked_up():
    """Which names its old source bound is not known where it was loaded from another version."""
    drawn = world(a="", b="from c import *\nx = 1", c="").register("import a").touch("b")
    step = steps(drawn.edit(a="import b"))["b"]
    assert (step.shedding().leaving, step.unknown) == ({"x"}, True)
    assert steps(world(a="").unnoted("a").register("import a"))["a"].unknown


@pytest.mark.parametrize(
    ("edit", "rebinds"),
    [
        ("a", "from a import x"),
        ("b", "from b import y; from b import *"),
        ("p.c", "import p.c"),
        ("p", "import p.c"),
        ("other", ""),
    ],
)
def test_a_plan_rebinds_what_refers_to_a_reloaded_module(edit, rebinds):
    """Only names whose last statement refers to one; a star counts as one binding."""
    drawn = world(a="", b="", p="", p__c="", other="").register(
        "from a import y; from a import x; from b import y; import p.c; from b import *"
    )
    plan = drawn.touch(edit).plan()
    assert "; ".join(binding.statement for _, binding in plan.rebinds) == rebinds


def test_a_plan_rebinds_in_every_namespace():
    """Namespaces are told apart by their keys."""
    drawn = world(a="").register("import a", key=1).register("from a import x", key=2)
    plan = drawn.touch("a").plan()
    assert [(key, b.statement) for key, b in plan.rebinds] == [
        (1, "import a"),
        (2, "from a import x"),
    ]


# Files that are away, and modules without source (promise 9).


def test_a_missing_file_begins_nothing():
    """So what it would import does not finish before its importer."""
    drawn = world(a="import b", b="import c", c="import a").register("import a").remove("b")
    assert drawn.touch("a").trace() == "a! c<a"


def test_a_missing_file_is_no_change():
    """The module stays as it is until a file is back, and its dependents too."""
    drawn = diamond().remove("d")
    assert drawn.trace() == ""
    assert drawn.touch("a").trace() == "a!"
    assert drawn.sync().edit(d="x = 1").trace() == "d! b<d c<d a<b,c"


def test_a_module_whose_file_is_away_passes_nothing_on():
    """It cannot run, so what depends on it by way of it stays as it is as well."""
    drawn = world(a="import b", b="import c", c="").register("import a")
    assert drawn.remove("b").touch("c").trace() == "c!"
    newer = world(a="import b", b="").register("import b").touch("b").sync()
    assert newer.register("import a").remove("b").trace() == ""


def test_a_file_that_comes_back_as_it_was_is_no_change():
    """The stamp is that of the version that ran."""
    drawn = diamond()
    back = evolve(drawn.remove("d").sync(), files=drawn.files)
    assert back.trace() == ""


def test_a_module_may_become_a_package_and_back():
    """`m/__init__.py` in the place of `m.py` is another version of m."""
    drawn = world(m="x = 1").register("import m")
    inside = "/project/m/__init__.py"
    package = drawn.alter("m", path=inside, real=inside)
    assert package.trace() == "m!"
    assert steps(package)["m"].now.package
    moved = package.sync()
    assert moved.trace() == ""
    assert moved.alter("m", path="/project/m.py", real="/project/m.py").trace() == "m!"


def test_extensions_never_reload_and_are_told():
    """They need a restart, and what depends on them stays as it is."""
    drawn = world(a="import fast", fast="").alter(
        "fast", path="/project/fast.so", extension=True
    )
    changed = drawn.register("import a, fast").restamp("fast", size=99)
    plan = changed.plan()
    assert plan.outdated == ("fast",)
    assert not plan
    assert str(plan) == "fast changed; it is compiled, so restart to use it"


def test_built_ins_are_accepted():
    """An import of what has no file is followed by nothing."""
    drawn = world(a="import sys, b", b="").loaded_without_file("sys").register("import a, sys")
    assert drawn.touch("b").trace() == "b! a<b"


# Modules that were never loaded.


def test_an_import_of_a_module_never_loaded_is_read_and_planned():
    """It joins the group of whoever imports it, and so does what it imports."""
    drawn = world(a="").register("import a").edit(a="import c", c="import d", d="")
    assert drawn.trace() == "d+ c+ a!"
    assert drawn.plan().groups[0].entries == ("a",)
    assert drawn.sync().tracked == "a c d"


def test_the_later_edits_of_a_fresh_module_count():
    """Once it ran it is a module like others."""
    drawn = world(a="").register("import a").edit(a="import c", c="").sync()
    assert drawn.trace() == ""
    assert drawn.touch("c").trace() == "c! a<c"


def test_a_fresh_module_connects_groups():
    """It may import a stale module that had nothing to do with its importer."""
    drawn = world(a="", b="").register("import a, b").touch("b")
    assert drawn.edit(a="import c", c="").trace() == "c+ a! | b!"
    assert drawn.edit(a="import c", c="import b").trace() == "b! c+ a!"


def test_a_fresh_module_that_only_an_unchanged_one_imports_is_left_alone():
    """The unchanged one will not run, whatever its import has come to mean."""
    drawn = world(a="try:\n    import c\nexcept ImportError: pass\nimport b", b="")
    edited = drawn.register("import a").edit(c="")
    assert edited.trace() == ""
    assert "c" not in edited.touch("b").sync(fails="b").state.modules


def test_the_cure_may_lie_in_what_is_imported_under_a_condition():
    """A failure is tried again when a file changes that the new source may have begun."""
    nested = "try:\n    import c\nexcept ImportError: pass\n"
    drawn = world(a="").register("import a").edit(a=nested, c="import d", d="1 / 0")
    failed = drawn.sync(fails="a")
    (group,) = failed.plan().groups
    assert [module.name for module in group.besides] == ["c", "d"]
    assert group.files == {"/project/a.py", "/project/c.py", "/project/d.py"}
    assert failed.trace() == "[a!]"
    assert failed.edit(d="").trace() == "a!"


def test_fresh_modules_may_be_a_cycle():
    """Each runs once, nested as an interpreter would run them."""
    drawn = world(a="").register("import a").edit(a="import c", c="import d", d="import c")
    assert drawn.trace() == "d+ c+ a!"


def test_a_fresh_module_without_source_is_left_to_the_import():
    """A compiled module that was never loaded is found when its importer runs."""
    drawn = world(a="").register("import a").edit(a="import fast", fast="")
    drawn = drawn.alter("fast", path="/project/fast.so", extension=True)
    assert drawn.trace() == "a!"


def test_a_fresh_module_is_no_reason():
    """Its importer reloads because it was edited, and it rebinds nothing by itself."""
    drawn = world(a="").register("import a").edit(a="import c", c="")
    assert steps(drawn)["a"].after == ()
    assert [b.statement for _, b in drawn.plan().rebinds] == ["import a"]


# Failure (promises 10 and 11).


def test_what_failed_is_held_back_until_its_evidence_changes():
    """A broken module is not run again at every cell."""
    drawn = diamond().edit(d="1 / 0").sync(fails="d")
    assert drawn.owed == "d b c a"
    assert drawn.trace() == "[d! b<d c<d a<b,c]"
    assert not drawn.plan()
    assert drawn.plan().rebinds == ()
    again = drawn.sync().sync()
    assert (again.owed, again.trace()) == (drawn.owed, drawn.trace())


def test_a_sync_by_hand_tries_again():
    """Who insists has what failed run, though nothing of it changed."""
    drawn = diamond().edit(d="1 / 0").sync(fails="d")
    assert drawn.trace(insist=True) == "d! b<d c<d a<b,c"
    assert drawn.sync(insist=True, fails="d").owed == drawn.owed
    assert drawn.sync(insist=True).owed == ""


@pytest.mark.parametrize("edit", ["a", "b", "d"])
def test_a_change_of_any_file_of_the_group_tries_again(edit):
    """The cure may lie in any of them."""
    drawn = diamond().edit(d="1 / 0").sync(fails="d")
    assert drawn.touch(edit).trace().startswith("d! b")


def test_other_edits_do_not_wake_a_failure_nor_wait_for_it():
    """Groups that are not connected go on, however often the broken one is held back."""
    drawn = world(a="import b", b="", c="").register("import a, c").touch("b").sync(fails="b")
    edited = drawn.touch("c")
    assert edited.trace() == "[b! a<b] | c!"
    assert edited.sync().trace() == "[b! a<b]"


def test_all_that_was_held_back_is_owed_until_it_succeeds():
    """However many syncs and other edits lie in between (promise 11)."""
    drawn = diamond().edit(d="1 / 0").sync(fails="d")
    for _ in range(3):
        drawn = drawn.touch("c").sync(fails="d").sync()
    fixed = drawn.edit(d="x = 1")
    assert fixed.trace() == "d! b<d c! a<b,c"
    assert fixed.sync().trace() == ""


def test_a_repair_by_going_back_owes_nothing():
    """By content, a file that is as it ran last leaves nothing to be done or held."""
    drawn = world(a="x = 1").register("import a").detect("content").sync()
    broken = drawn.touch("a").edit(a="1 / 0").sync(fails="a")
    back = broken.edit(a="x = 1").sync()
    assert (back.trace(), back.owed) == ("", "")


def test_a_fresh_module_that_failed_is_fresh_again():
    """What was imported first during a failed attempt is imported anew."""
    drawn = world(a="").register("import a").edit(a="import c", c="1 / 0").sync(fails="c")
    assert drawn.tracked == "a"
    assert drawn.trace() == "[c+ a!]"
    assert drawn.edit(c="").trace() == "c+ a!"


def test_a_source_that_cannot_be_parsed_is_planned_with_its_old_imports():
    """Until it can, its dependencies are taken to be those that it had."""
    drawn = diamond().touch("d").edit(b="def")
    assert drawn.trace() == "d! b! c<d a<b,c"
    assert steps(drawn)["b"].source.trouble


def test_evidence_differs_when_a_file_of_the_group_does():
    """By stamp, content or place; neither by age nor by the order of the steps."""
    drawn = diamond().touch("d")
    (group,) = drawn.plan().groups
    before = group.evidence
    assert group._replace(steps=group.steps[::-1]).evidence == before
    assert drawn.alter("d", racy=True).plan().groups[0].evidence == before
    moved = "/project/d/__init__.py"
    for other in (
        drawn.hide(d="y"),
        drawn.touch("d"),
        drawn.restamp("d", ctime_ns=99),
        drawn.alter("d", path=moved, real=moved),
    ):
        assert other.plan().groups[0].evidence != before


# The workspace.


def test_installed_packages_below_the_workspace_are_not_followed():
    """An environment often lies within the project that uses it."""
    path = "/project/.venv/lib/python3/site-packages/lib.py"
    drawn = world(a="import lib", lib="").alter("lib", path=path, real=path)
    drawn = drawn.register("import a")
    assert drawn.tracked == "a"
    assert drawn.touch("lib").trace() == ""
    assert drawn.register("import lib").touch("lib").trace() == "lib! a<lib"


def test_another_workspace_takes_effect_at_once_both_ways():
    """What comes to lie in it is tracked, and what no longer does is not."""
    drawn = world(a="import far", far="").alter("far", path="/far/far.py", real="/far/far.py")
    drawn = drawn.register("import a")
    wider = drawn.workspace("/project/", "/far/")
    assert wider.tracked == "a far"
    assert wider.touch("far").trace() == "far! a<far"
    assert wider.workspace("/project/").tracked == "a"


def test_a_module_reached_by_another_workspace_may_be_older_than_its_file():
    """It was loaded when nobody watched its file (promise 7)."""
    drawn = world(a="import far", far="").alter("far", path="/far/far.py", real="/far/far.py")
    drawn = drawn.register("import a").touch("far").workspace("/project/", "/far/")
    assert drawn.trace() == "far! a<far"


# The generation rule.


def test_a_plan_stamps_what_runs_with_the_next_generation():
    """And nothing else: who ran together can be told from who ran before."""
    drawn = diamond().touch("b")
    _, planned = drawn.planned()
    assert planned.generation == 1
    assert planned.generations() == {"a": 1, "b": 1, "c": 0, "d": 0}


@pytest.mark.parametrize("edit", ["a", "b", "c", "d", "a c", "b d"])
def test_exactly_what_runs_gets_the_generation(edit):
    """No module counts as run that is in no group, nor the other way round."""
    plan, planned = diamond().touch(*edit.split()).planned()
    now = {n for n, number in planned.generations().items() if number == planned.generation}
    assert now == {step.module for step in plan.steps}


def test_a_module_loaded_by_the_program_between_syncs_is_as_new_as_they_are():
    """A dependent loaded after its dependency reloaded holds the new version."""
    drawn = world(a="import b", b="").register("import b").touch("b").sync()
    later = evolve(drawn, loaded=drawn.loaded.set("a", evolve(drawn.loaded["a"], generation=1)))
    assert later.register("import a").trace() == ""


# The text.


def test_a_dependent_names_what_made_it_stale_even_if_that_ran_before():
    """What reloaded in an earlier sync is a reason as good as one of this."""
    drawn = world(a="import b, c", b="", c="").register("import b").touch("b").sync()
    registered = drawn.register("import a")
    assert registered.plan().lines()[0] == "Would reload a because b reloads"
    assert steps(registered.touch("a"))["a"].after == ()


def test_a_plan_reads_as_what_a_sync_would_do():
    """The lines that users know, in the order in which modules would finish."""
    drawn = world(
        simulator="from symcode import x\nimport latex",
        symcode="",
        latex="",
        plots="import symcode",
    ).register("from simulator import *; import symcode; import plots")
    edited = evolve(drawn.touch("symcode", "latex"), now=20)
    assert str(edited.plan()).splitlines() == [
        "Would reload symcode: modified 18 seconds ago",
        "Would reload latex: modified 18 seconds ago",
        "Would reload simulator because symcode and latex reload",
        "Would reload plots because symcode reloads",
        "Would rebind symcode, plots, and the public names of simulator",
    ]


def test_a_dependent_without_a_known_reason_names_none():
    """There always is one, but a line with a hole in it would help nobody."""
    plan = world(a="").register("import a").touch("a").plan()
    (step,) = plan.steps
    blank = step._replace(reason=DEPENDENT, after=())
    bare = evolve(plan, groups=(plan.groups[0]._replace(steps=(blank,)),))
    assert bare.lines()[0] == "Would reload a"


def test_a_step_prints_without_its_modules():
    """All of them would be pages."""
    plan = world(a="import b", b="").register("import a").touch("b").plan()
    assert [repr(step) for step in plan.steps] == [
        "Step(b, modified, after=())",
        "Step(a, dependent, after=('b',))",
    ]


def test_a_plan_tells_what_it_would_load():
    """A module that is imported for the first time is not reloaded."""
    plan = world(a="").register("import a").edit(a="import c", c="").plan()
    assert plan.lines()[0] == "Would load c for the first time"


def test_a_plan_without_names_to_rebind_says_nothing_of_names():
    """Registrations of other modules are left alone."""
    drawn = world(a="import b", b="").register("import a")
    assert "rebind" in str(drawn.touch("b").plan())
    assert "rebind" not in str(evolve(drawn.touch("b").plan(), rebinds=()))


def test_an_empty_plan_says_so():
    """A person who asks gets an answer."""
    assert str(Plan(0.0)) == "Nothing to reload"
    assert Plan(0.0).lines() == ()


def test_a_plan_as_json():
    """The same values for tools: plain lists, dicts, texts and numbers."""
    drawn = world(a="import b", b="").register("from a import *").touch("b")
    group = {
        "held": False,
        "steps": [
            {
                "module": "b",
                "path": "/project/b.py",
                "reason": "modified",
                "mtime": 2.0,
                "after": [],
            },
            {
                "module": "a",
                "path": "/project/a.py",
                "reason": "dependent",
                "mtime": 1.0,
                "after": ["b"],
            },
        ],
    }
    expected = {
        "schema": SCHEMA,
        "kind": "plan",
        "now": 2,
        "groups": [group],
        "rebinds": [{"namespace": 1, "name": "*", "statement": "from a import *"}],
        "outdated": [],
    }
    assert drawn.plan().to_dict() == expected
    assert json.loads(json.dumps(expected)) == drawn.plan().to_dict()
    held = drawn.sync(fails="b").plan().to_dict()
    assert (held["groups"][0]["held"], held["rebinds"]) == (True, [])


# What must be seen first.


def test_a_plan_asks_for_the_sources_of_dependents_last():
    """They have not changed, but one that has a loader of its own is to be given its source."""
    drawn = diamond().touch("d")
    module = evolve(drawn.state.modules["b"], rewritten=True)
    state = evolve(drawn.state, modules=drawn.state.modules.set("b", module))
    first = unseen(state, drawn.glance())
    assert [wanted.name for wanted in first.sources] == ["d"]
    assert plan_or_ask(state, drawn.glance(), insist=True) == first
    half = drawn.answer(drawn.glance(), first)
    second = unseen(state, half)
    assert [wanted.name for wanted in second.sources] == ["b"]
    assert plan_or_ask(state, half, insist=True) == second
    whole = drawn.answer(half, second)
    assert not unseen(state, whole)
    assert plan_or_ask(state, whole, insist=True) == plan_reload(state, whole, insist=True)


def test_a_plan_of_what_was_not_all_seen_goes_by_what_is_known():
    """An answer may not be to be had; what is stale for another reason is planned all the same."""
    drawn = world(a="import b", b="", c="").register("import b, c").touch("b").sync()
    drawn = drawn.register("import a").touch("c")
    assert unseen(drawn.state, drawn.glance())
    plan, _ = plan_reload(evolve(drawn.state, shape=None), drawn.glance())
    assert [group.members for group in plan.groups] == [("a",)]
    assert plan.groups[0].entries == ("a",)


def test_what_must_be_read_and_cannot_be_does_not_run():
    """A stale module whose loader wants its source waits until there is one."""
    drawn = diamond().touch("d")
    module = evolve(drawn.state.modules["b"], rewritten=True)
    state = evolve(drawn.state, modules=drawn.state.modules.set("b", module))
    half = drawn.answer(drawn.glance(), unseen(state, drawn.glance()))
    assert "b" not in {step.module for step in plan_reload(state, half)[0].steps}


def test_planning_changes_nothing():
    """A dry run is a plan that is not executed: the State is the value that it was."""
    drawn = diamond().touch("d")
    before = repr(drawn.state.modules["d"])
    plan_reload(drawn.state, drawn.snapshot())
    assert repr(drawn.state.modules["d"]) == before
    assert drawn.plan() == drawn.plan()
