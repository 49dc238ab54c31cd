"""Plans as one-line traces of projects drawn as literals. `worlds` tells how to read a trace."""

import os
import subprocess
import sys

import pytest
from attrs import evolve

from core.worlds import SECOND, Load, world
from liveimport.core.model import Hold, Holds, Version
from liveimport.core.overview.dry_run import dry_run
from liveimport.core.planning.dependencies import generations
from liveimport.core.planning.groups import DEEPEST_NEST
from liveimport.core.planning.plan import ReloadPlan
from liveimport.core.planning.planner import enroll, plan_reload
from liveimport.core.report import messages


def diamond():
    """Returns a world in which a imports b and c, and both import d."""
    return world(a="import b, c", b="import d", c="import d", d="").register("import a")


def steps(drawn, **options):
    """Returns the steps of a plan by module."""
    return {step.module: step for step in drawn.plan(**options).steps}


# What reloads (promise 4).


def names_of(values):
    """Returns the modules that values are about."""
    return [value.module for value in values]


def test_nothing_changed_is_an_empty_plan():
    """The plan has no step and no name. The State stays."""
    drawn = diamond()
    plan, planned = drawn.planned()
    assert not plan
    assert plan == ReloadPlan(drawn.now)
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
    """Dependents of a stale module are stale. They run after all that they depend on."""
    assert diamond().touch(*edit.split()).trace() == trace


@pytest.mark.parametrize("fields", [{"mtime_ns": 1}, {"mtime_ns": 9**20}, {"size": 99}])
def test_a_stamp_that_changed_in_any_direction_makes_stale(fields):
    """A file that is older than the one that ran is another file too."""
    assert diamond().restamp("b", **fields).trace() == "b! a<b"


def test_unrelated_modules_are_groups_of_their_own():
    """They succeed or fail apart. A fresh interpreter's order holds between them."""
    drawn = world(a="import b", b="", c="import d", d="").register("import c, a")
    assert drawn.touch("b", "d").trace() == "d! c<d | b! a<b"


def test_untracked_modules_do_not_reload():
    """No registration leads to the file, so its changes do not count."""
    assert world(a="", b="").register("import a").touch("b").trace() == ""


def test_after_success_nothing_is_left_to_do():
    """The next plan is empty, and the State stays."""
    drawn = diamond().touch("d", "c").sync()
    assert drawn.trace() == ""
    assert drawn.sync().state == drawn.state


def test_a_dependent_that_ran_before_its_dependency_is_stale():
    """It has objects of the version before, whatever made the dependency run."""
    drawn = world(a="import b", b="").register("import b").use("a").touch("b").sync()
    assert drawn.trace() == ""
    assert drawn.register("import a").trace() == "a<b"
    exact = world(a="import b", b="").follow("top-level").register("import b")
    assert exact.touch("b").sync().register("import a").trace() == "a<b"


def test_a_dependent_that_ran_with_or_after_its_dependency_is_not_stale():
    """With equal generations both ran in one sync, dependencies first."""
    drawn = world(a="import b", b="").register("import a").touch("b").sync().touch("a").sync()
    assert drawn.trace() == ""


def test_another_import_tracks_and_follows_what_it_leads_to():
    """An edit imports a loaded module. Later edits of that module count."""
    drawn = world(a="", b="").register("import a").edit(a="import b")
    assert drawn.trace() == "a!"
    assert drawn.sync().touch("b").trace() == "b! a<b"


def test_imports_of_every_kind_may_change_in_one_edit():
    """Imports at the top level, in blocks and in functions are followed again."""
    drawn = world(a="import b", b="", c="", d="").register("import a").touch("c")
    edited = drawn.edit(a="import c\ntry: import b\nexcept E: pass\ndef f(): import d")
    assert edited.trace() == "c! a!"
    assert edited.sync().tracked == "a c b d"
    assert edited.follow("top-level").sync().tracked == "a c"


def test_a_changed_module_that_only_functions_import_reloads_alone():
    """No module depends on it. As the guide has it, it is not tracked at all."""
    drawn = world(a="def f():\n    import b", b="").register("import a").touch("b")
    assert drawn.trace() == "b!"
    exact = drawn.follow("top-level")
    assert "b" in exact.snapshot().sources
    assert not exact.plan()


def test_a_changed_module_that_did_not_run_is_still_changed():
    """It reloads when it is tracked, however many syncs there were."""
    drawn = world(a="def f():\n    import b", b="", c="").follow("top-level")
    drawn = drawn.register("import a, c").touch("b", "c")
    synced = drawn.sync()
    assert synced.state.modules["b"] == drawn.state.modules["b"]
    assert synced.register("import b").trace() == "b!"


def test_a_dropped_import_is_no_dependency_any_more():
    """The module is not tracked once its importer ran without the import."""
    drawn = world(a="import b", b="").register("import a").edit(a="").touch("b")
    assert drawn.trace() == "a!"
    assert drawn.sync().tracked == "a"


def test_a_dropped_module_of_the_same_package_does_not_run():
    """It stays loaded, but a fresh interpreter would not run it either."""
    drawn = world(p="", p__a="from p import b", p__b="").follow("top-level")
    edited = drawn.register("from p import a").edit(p__a="", p__b="1 / 0")
    assert edited.trace() == "p.a!"
    assert edited.sync().tracked == "p.a"


def test_a_dropped_module_of_the_same_package_is_followed_alone():
    """It is a loaded submodule of a tracked package. Its failure holds back nobody."""
    drawn = world(p="", p__a="from p import b", p__b="").register("from p import a")
    edited = drawn.edit(p__a="", p__b="1 / 0")
    assert edited.trace() == "p.a! | p.b!"
    failed = edited.sync(fails="p.b")
    assert (failed.failures, failed.tracked) == ("p.b", "p p.a p.b")
    assert failed.touch("p.a").trace() == "p.a! | [p.b!]"


def test_imports_by_different_ways_are_one_dependency():
    """Plain, aliased, star, from and relative imports lead to the same module."""
    text = (
        "import p.b\nimport p.b as x\nfrom p import b\nfrom .b import *\nfrom . import b as y"
    )
    drawn = world(p="", p__a=text, p__b="").register("import p.a as a")
    assert drawn.touch("p.b").trace() == "p.b! p.a<p.b"


def test_a_package_that_reexports_reloads_before_its_importers():
    """`from p import name` depends on `p/__init__`, and so on what that imports."""
    drawn = world(a="from p import x", p="from .b import x", p__b="x = 1").register("import a")
    assert drawn.touch("p.b").trace() == "p.b! p<p.b a<p"


def test_a_submodule_does_not_depend_on_its_package():
    """Promise 3: `from p import sub` depends on sub alone."""
    drawn = world(p="from . import b", p__a="", p__b="").register("import p.a")
    assert drawn.touch("p").trace() == "p!"


def test_what_functions_imported_reloads_with_what_it_depends_on():
    """Its own edits count only if more than top-level imports are followed."""
    drawn = world(a="import c\ndef f():\n    from b import x", b="import c", c="")
    drawn = drawn.register("import a")
    exact = drawn.follow("top-level")
    for each in (drawn, exact):
        assert each.touch("c").trace() == "c! a<c b<c"
        assert each.touch("c").sync().trace() == ""
    assert drawn.touch("b").trace() == "b!"
    assert exact.touch("b").trace() == ""


def test_what_functions_import_between_syncs_is_noticed_by_the_next():
    """The next sync records the import, also if it reloads other modules."""
    drawn = world(a="def f():\n    import b", b="", c="").register("import a, c")
    early = evolve(drawn.unload("b"), state=world().state).register("import a, c")
    assert early.state.modules["a"].deferred_modules == ()
    later = evolve(early, loaded=drawn.loaded).touch("c").sync()
    assert later.state.modules["a"].deferred_modules == ("b",)


def test_what_functions_have_not_imported_yet_is_left_alone():
    """The function's import will find the file as it is then."""
    drawn = world(a="import c\ndef f():\n    import b", c="").register("import a")
    assert drawn.edit(b="import c").touch("c").trace() == "c! a<c"


@pytest.mark.parametrize(
    ("text", "follow", "statements", "members"),
    [
        ("import b\ndef f(): import main", "top-level", "import a", ("b", "a")),
        ("import b\ndef f(): import main", "top-level", "import a, main", ("b", "a", "main")),
        ("import b\ndef f(): import main", "loaded", "import a", ("b", "a")),
        ("import b\ndef f(): import main", "loaded", "import a, main", ("b", "a", "main")),
        ("import b", "loaded", "import a", ("b", "a")),
    ],
)
def test_a_module_that_registered_statements_reloads_only_if_it_is_tracked(
    text, follow, statements, members
):
    """Rebinding updates its names. To run it would run the program again."""
    drawn = world(a=text, main="import b", b="").follow(follow).register(statements).touch("b")
    assert drawn.trace().replace(" |", "") == "b! a<b main<b"
    for each in (drawn, drawn.with_outdated_graph()):
        snapshot = evolve(each.snapshot(), namespace_modules=frozenset({"main"}))
        plan, _ = plan_reload(each.state, snapshot)
        assert tuple(step.module for step in plan.steps) == members


def test_the_reasons_of_a_dependent_have_the_order_in_which_they_finish():
    """Its imports may have another."""
    drawn = world(a="import c, b", b="", c="import b").register("import a")
    assert drawn.touch("b").trace() == "b! c<b a<b,c"


# Which imports of modules count, in both modes.

BLOCKS = {
    "if": "if x:\n    import b",
    "elif": "if x: pass\nelif y:\n    import b",
    "else": "if x: pass\nelse:\n    import b",
    "try": "try:\n    import b\nexcept ImportError: pass",
    "except": "try: pass\nexcept ImportError:\n    import b",
    "except*": "try: pass\nexcept* ImportError:\n    import b",
    "else of try": "try: pass\nexcept E: pass\nelse:\n    import b",
    "finally": "try: pass\nfinally:\n    import b",
    "with": "with x:\n    import b",
    "for": "for x in y:\n    import b",
    "else of for": "for x in y: pass\nelse:\n    import b",
    "while": "while x:\n    import b",
    "else of while": "while x: pass\nelse:\n    import b",
    "match": "match x:\n    case 1:\n        import b",
    "class": "class C:\n    import b",
    "class in if": "if x:\n    class C:\n        import b",
    "else of TYPE_CHECKING": "if TYPE_CHECKING: pass\nelse:\n    import b",
    "not TYPE_CHECKING": "if not typing.TYPE_CHECKING:\n    import b",
    "else of __main__": "if __name__ == '__main__': pass\nelse:\n    import b",
    "not __main__": "if __name__ != '__main__':\n    import b",
}
TOP = {"plain": "import b", "from": "from b import x", "star": "from b import *"}
FUNCTIONS = {
    "function": "def f():\n    import b",
    "coroutine": "async def f():\n    import b",
    "method": "class C:\n    def f(self):\n        import b",
    "block in function": "def f():\n    if x:\n        import b",
}
NEVER = {
    "no import": "",
    "TYPE_CHECKING": "if TYPE_CHECKING:\n    import b",
    "typing.TYPE_CHECKING": "if typing.TYPE_CHECKING:\n    from b import x",
    "__main__": "if __name__ == '__main__':\n    import b",
    "__main__ in reverse": "if '__main__' == __name__:\n    import b",
    "else of not __main__": "if __name__ != '__main__': pass\nelse:\n    import b",
}
FORMS = [
    *((text, "b! a<b", "b! a<b") for text in TOP.values()),
    *((text, "b! a<b", "") for text in BLOCKS.values()),
    *((text, "b!", "") for text in FUNCTIONS.values()),
    *((text, "", "") for text in NEVER.values()),
]


@pytest.mark.parametrize(
    ("text", "loaded", "top_level"), FORMS, ids=[*TOP, *BLOCKS, *FUNCTIONS, *NEVER]
)
def test_which_imports_of_modules_count(text, loaded, top_level):
    """R3, and the guide's letter: an edit of what is imported makes its importer stale, or not."""
    drawn = world(a=text, b="").register("import a").touch("b")
    assert drawn.trace() == loaded
    assert drawn.follow("top-level").trace() == top_level


@pytest.mark.parametrize(
    ("callers", "started_by", "loaded"),
    [
        ([], "a", "b! a<b"),
        (["loader"], "a", "b! a<b"),
        (["a"], "", "b!"),
        (["loader", "a"], "", "b!"),
        (["loader"], "", ""),
    ],
)
def test_which_dynamic_imports_of_modules_count(callers, started_by, loaded):
    """While the code of a ran, it makes a dependency. Later, b is only followed."""
    drawn = world(a="", b="", loader="").imported("b", *callers, started_by=started_by)
    drawn = drawn.register("import a").touch("b")
    assert drawn.trace() == loaded
    assert drawn.follow("top-level").trace() == ""


@pytest.mark.parametrize(
    ("text", "edited", "loaded", "top_level"),
    [
        ("from p import c", "p.c", "p.c! a<p.c", "p.c! a<p.c"),
        ("from p import c", "p", "p! a<p", ""),
        ("from p import c", "config", "config! p<config", ""),
        ("import p.c", "p", "p! a<p", "p! a<p"),
        ("import p.c as c", "p", "p!", ""),
        ("import p.c", "config", "config! p<config a<p", "config! p<config a<p"),
        ("import p", "p.c", "p.c!", ""),
        ("from p.c import x", "p", "p!", ""),
        ("from p.c import x", "config", "config! p<config", ""),
    ],
)
def test_which_packages_count(text, edited, loaded, top_level):
    """Parents are tracked. An own edit of a package counts for who imports its submodules."""
    drawn = world(a=text, p="import config", p__c="", config="").register("import a")
    drawn = drawn.touch(edited)
    assert drawn.trace() == loaded
    assert drawn.follow("top-level").trace() == top_level


def test_nested_imports_order_modules_that_are_edited_in_one_sync():
    """They run in the order in which they depend on each other, in one group."""
    drawn = world(a="", b="if x: import a").register("import b, a").touch("a", "b")
    assert drawn.trace() == "a! b!"
    assert steps(drawn)["b"].after == ("a",)
    assert drawn.follow("top-level").trace() == "a! | b!"


def test_another_mode_takes_effect_at_once_both_ways():
    """The same session follows more, or less."""
    drawn = world(a="if x: import b", b="", c="import b").register("import a")
    exact = drawn.follow("top-level")
    assert (drawn.tracked, exact.tracked) == ("a b", "a")
    back = exact.follow("loaded")
    assert (back.tracked, back.bystanders) == ("a b", "c")
    assert back.touch("b").trace() == "b! a<b | c<b"


def test_a_condition_that_is_met_later_by_somebody_else_makes_nobody_stale():
    """The importer ran without the module. From its next run on it depends on it."""
    text = "try:\n    import late\nexcept ImportError: pass"
    drawn = world(a=text).register("import a").edit(late="x = 1")
    stamp = drawn.files["late"].stamp
    loaded = drawn.with_loads({"late": Load(Version(stamp))}).imported("late")
    assert loaded.trace() == ""
    synced = loaded.sync()
    assert synced.tracked == "a late"
    assert synced.touch("late").trace() == "late! a<late"
    newer = loaded.with_loads({"late": Load(Version(stamp), generation=9)})
    assert newer.trace() == ""


# Bystanders (R5).


def beside():
    """Returns a world in which c, which somebody else imported, depends on a tracked module."""
    return world(a="import b", b="", c="import b", d="import c").register("import a")


def test_a_bystander_reloads_after_what_it_depends_on_in_a_group_of_its_own():
    """It is not tracked. The group says without what it has no reason to run."""
    drawn = beside().touch("b")
    assert drawn.trace() == "b! a<b | c<b d<c"
    tracked, others = drawn.plan().groups
    assert (tracked.requires, others.requires) == ((), ("b",))
    assert others.entry_points == ("c", "d")
    synced = drawn.sync()
    assert (synced.tracked, synced.bystanders, synced.trace()) == ("a b", "c d", "")
    assert drawn.follow("top-level").trace() == "b! a<b"


def test_a_module_waits_for_one_that_drops_its_import():
    """If that fails, it goes on with what it took, so what it took it from must not run."""
    drawn = world(b="from c import x", c="x = 1", d="from c import x")
    edited = drawn.register("import b, c, d").edit(b="x = 2", c="x = 3")
    first, second = edited.plan().groups
    assert (first.members, first.requires) == (("b",), ())
    assert (second.members, second.requires) == (("c", "d"), ("b",))
    assert edited.plan().held_back_by(first) == ("c", "d")
    assert edited.plan().held_back_by(second) == ()


def test_two_modules_that_drop_imports_of_each_other():
    """One of them runs first; only the other can wait."""
    drawn = world(b="from c import x", c="import b\nx = 1").register("import b, c")
    first, second = drawn.edit(b="x = 2", c="x = 3").plan().groups
    assert (first.requires, second.requires) == ((), first.members)


def test_a_package_does_not_wait_for_who_goes_on_importing_from_it():
    """Packages run before what is in them."""
    drawn = world(a="import p", p="", p__y="").register("import a").follow("top-level")
    edited = drawn.edit(a="from p import x", p="y = 1", p__x="")
    assert [(g.members, g.requires) for g in edited.plan().groups] == [
        (("p",), ()),
        (("p.x", "a"), ()),
    ]


def test_the_own_edits_of_a_bystander_are_not_followed():
    """They are reported once, with the remedy, until it runs for another reason."""
    edited = beside().touch("c")
    assert edited.trace() == ""
    assert names_of(edited.plan().not_followed) == ["c"]
    assert (edited.plan().reported, edited.sync().plan().reported) == ((), ("c",))
    assert names_of(edited.sync().plan().not_followed) == ["c"]
    ran = edited.sync().touch("b")
    assert ran.trace() == "b! a<b | c! d<c"
    assert ran.plan().not_followed == ()
    assert ran.sync().state.reported == {}


def test_it_is_watched_what_a_module_imported_by_other_means():
    """Not what a statement says, nor what it only had a hand in, nor what others imported."""
    drawn = world(a="import b", b="", c="", d="", e="")
    for name, by in (("b", "a"), ("c", "a"), ("d", "e"), ("e", "a")):
        drawn = drawn.imported(name, started_by=by)
    registered = drawn.register("import a, d, e")
    assert registered.state.graph.dependencies["a"] == ("b", "c", "e")
    (step,) = registered.touch("a").plan().steps
    assert step.started == ("c", "e")
    assert registered.edit(a="import b, c").plan().steps[0].started == ("e",)
    assert registered.follow("top-level").touch("a").plan().steps[0].started == ()


@pytest.mark.parametrize(
    ("drawn", "remedy"),
    [
        (
            world(a="import b", b="").move("b", "/far/b.py").register("import a"),
            messages.register_it_or_widen("/far/"),
        ),
        (
            world(a="if True:\n    import b", b="").follow("top-level").register("import a"),
            messages.register_it_or_follow(),
        ),
    ],
)
def test_a_module_of_the_project_that_is_not_followed(drawn, remedy):
    """Its edit is reported in full once, wherever it lies, and does not make it run."""
    assert drawn.tracked == "a"
    edited = drawn.touch("b")
    assert edited.trace() == ""
    assert [(one.module, one.remedy) for one in edited.plan().not_followed] == [("b", remedy)]
    assert (edited.plan().reported, edited.sync().plan().reported) == ((), ("b",))
    again = edited.sync().touch("b").sync()
    assert (names_of(again.outcome.not_followed), again.outcome.reported) == (["b"], ("b",))
    assert not again.outcome
    assert again.register("import b").sync().state.reported == {}


def test_a_file_of_the_project_with_another_inode_or_ctime():
    """Where only these differ, nothing changed; nothing is to be looked at again."""
    drawn = world(a="import b", b="").move("b", "/far/b.py").register("import a")
    same = drawn.restamp("b", ctime_ns=5, inode=7).sync()
    assert same.outcome.not_followed == ()
    assert same.state.project["b"].stamp == same.files["b"].stamp
    assert names_of(drawn.restamp("b", mtime_ns=5).sync().outcome.not_followed) == ["b"]


def test_a_module_of_the_project_that_is_unloaded():
    """It is nobody's any more."""
    drawn = world(a="", b="").move("b", "/far/b.py").register("import a")
    assert list(drawn.state.project) == ["a", "b"]
    assert list(drawn.unload("b").touch("a").sync().state.project) == ["a"]


def test_installed_modules_are_no_part_of_the_project():
    """Neither the standard library, nor what lies in site-packages, nor compiled code."""
    drawn = world(a="", b="", c="").move("b", "/venv/site-packages/b.py")
    drawn = drawn.alter("c", is_extension=True).register("import a")
    assert list(drawn.state.project) == ["a"]


def test_a_bystander_whose_values_changed_is_protected():
    """It may be somebody's state. What depends on it does not run either."""
    drawn = beside().use("c").touch("b")
    assert drawn.trace() == "b! a<b"
    assert drawn.plan().protected == ("c",)
    synced = drawn.sync()
    assert synced.outcome.protected == ("c",)
    assert synced.touch("a").plan().protected == ()
    assert synced.touch("b").plan().protected == ("c",)
    assert synced.register("import c").trace() == "c<b | d<c"
    assert drawn.sync(fails="a").outcome.protected == ()


def test_a_bystander_that_ran_is_as_it_was_loaded():
    """Its values of then are not in use any more."""
    drawn = beside().use("a", "c").touch("b").sync()
    assert drawn.used == {"c"}
    registered = drawn.register("import c").sync()
    assert registered.used == frozenset()
    cleared = registered.register("import a", clear=True)
    assert cleared.touch("b").trace() == "b! a<b | c<b d<c"


def test_what_a_bystander_imports_for_the_first_time_is_in_its_group():
    """The group has no reason to run alone. Afterwards it is a bystander too."""
    edited = beside().edit(c="import b, new", new="import newer", newer="").touch("b")
    assert edited.trace() == "b! a<b | newer+ new+ c! d<c"
    assert edited.plan().groups[1].entry_points == ("c", "d")
    synced = edited.sync()
    assert (synced.bystanders, synced.trace()) == ("c new newer d", "")
    assert synced.touch("new").trace() == ""
    assert synced.touch("b").trace() == "b! a<b | c<b d<c"


def test_a_bystander_that_failed_is_tried_again_with_what_it_depends_on():
    """The fix may be there. An edit of its own is a reason too."""
    failed = beside().touch("b").sync(fails="c")
    assert failed.trace() == "[c<b d<c]"
    assert failed.touch("a").trace() == "a! | [c<b d<c]"
    assert failed.touch("b").trace() == "b! a<b | c<b d<c"
    assert failed.touch("d").trace() == "c<b d!"
    assert failed.touch("b").sync().failures == ""


def test_a_bystander_waits_for_what_failed():
    """It does not run while its group lacks what it requires, and it is not promised."""
    failed = beside().touch("b").sync(fails="b")
    assert failed.trace() == "[b! a<b] | [c<b d<c]"
    assert not failed.plan()
    assert failed.sync().failures == "b a"
    assert failed.edit(b="x = 1").trace() == "b! a<b | c<b d<c"


# What cannot run: upgraded packages, files that are gone (R6).


def test_an_upgraded_package_is_reported_once_and_blocks_nobody():
    """Its modules need a restart. Their new files are no reason to run anything."""
    drawn = world(a="import lib", lib="", b="").move("lib", "/env/site-packages/lib.py")
    drawn = drawn.register("import a, lib, b").touch("lib", "b").upgrade("lib")
    plan = drawn.plan()
    assert (drawn.trace(), plan.upgraded) == ("b!", ("lib",))
    synced = drawn.sync()
    assert synced.outcome.upgraded == ("lib",)
    assert (synced.trace(), synced.plan().upgraded) == ("", ())
    assert synced.state.modules["lib"].version.stamp == drawn.files["lib"].stamp
    later = evolve(synced, upgraded=frozenset()).touch("lib")
    assert (later.trace(), later.plan().upgraded) == ("", ())


def test_an_edit_by_hand_of_an_installed_module_reloads_it():
    """It was registered, and its package was not upgraded."""
    drawn = world(a="import lib", lib="").move("lib", "/env/site-packages/lib.py")
    drawn = drawn.register("import a, lib").touch("lib")
    assert (drawn.trace(), drawn.plan().upgraded) == ("lib! | a<lib", ())


def test_a_compiled_module_of_an_upgraded_package_is_not_reported_by_itself():
    """A line for the package is enough, also if nothing but compiled modules changed."""
    drawn = world(a="import lib", lib="import lib.fast", lib__fast="")
    for name, path in (("lib", "lib/__init__.py"), ("lib.fast", "lib/fast.so")):
        drawn = drawn.move(name, f"/env/site-packages/{path}")
    drawn = drawn.alter("lib.fast", is_extension=True).register("import a, lib")
    changed = drawn.restamp("lib.fast", size=99)
    assert (changed.plan().changed_extensions, changed.plan().upgraded) == (("lib.fast",), ())
    upgraded = changed.upgrade("lib")
    plan = upgraded.plan()
    assert (plan.changed_extensions, plan.upgraded, plan.groups) == ((), ("lib",), ())
    assert upgraded.sync().plan().upgraded == ()


def installed():
    """Returns a world in which two modules of an installed package were edited by hand."""
    drawn = world(a="import lib", b="import a", lib__core="", lib="from lib.core import x")
    for name, file in (("lib", "__init__"), ("lib.core", "core")):
        drawn = drawn.move(name, f"/env/site-packages/lib/{file}.py")
    return drawn.register("import a, b, lib, lib.core").touch("lib.core")


def test_an_installed_module_that_fails_holds_back_none_of_the_project():
    """They have no reason to run without it, and run when they are edited."""
    drawn = installed()
    first, second = drawn.plan().groups
    assert (first.is_installed, second.is_installed) == (True, False)
    assert drawn.plan().held_back_by(first) == ()
    failed = drawn.sync(fails="lib.core")
    assert failed.failures == "lib.core lib"
    assert failed.trace() == "[lib.core! lib<lib.core] | [a<lib b<a]"
    edited = failed.touch("a")
    assert edited.trace() == "[lib.core! lib<lib.core] | a! b<a"
    assert edited.sync().trace() == "[lib.core! lib<lib.core] | [a<lib b<a]"


def test_an_installed_module_holds_back_what_is_installed():
    """Another group that has no reason to run without it is named."""
    drawn = world(low="x = 1", top="from low import x")
    for name in ("low", "top"):
        drawn = drawn.move(name, f"/env/site-packages/{name}.py")
    edited = drawn.register("import top, low").edit(low="x = 2", top="x = 3")
    first, second = edited.plan().groups
    assert (first.members, second.members) == (("top",), ("low",))
    assert edited.plan().held_back_by(first) == ("low",)


def test_a_module_that_failed_is_tried_again_with_what_it_depends_on():
    """It was edited to use a new name of an installed module, which failed too."""
    drawn = installed().edit(a="from lib import y").sync(fails="lib.core a")
    assert drawn.failures == "lib.core lib | a b"
    assert drawn.trace() == "[lib.core! lib<lib.core] | [a! b<a]"
    assert drawn.touch("lib.core").trace() == "lib.core! lib<lib.core | a! b<a"


def test_a_dependent_whose_file_is_gone_is_reported():
    """Only if what it depends on reloads."""
    drawn = world(a="import b", b="", c="").register("import a, c").remove("a")
    assert drawn.touch("c").plan().missing == ()
    plan = drawn.touch("b").plan()
    assert (plan.missing, dry_run(plan).lines[-1]) == (
        ("a",),
        "Would not reload a: its file is missing",
    )
    assert drawn.touch("b").sync().outcome.missing == ("a",)
    assert drawn.touch("b").sync(fails="b").outcome.missing == ()


# Cycles (promise 5).


@pytest.mark.parametrize(
    ("edit", "trace"),
    [("a", "c<a b<c a!"), ("b", "c<a b! a<b"), ("c", "c! b<c a<b")],
)
def test_a_cycle_reloads_as_a_whole_in_natural_order(edit, trace):
    """All members run, nested as in a fresh interpreter."""
    drawn = world(a="import b", b="import c", c="import a").register("import a")
    assert drawn.touch(edit).trace() == trace
    (group,) = drawn.touch(edit).plan().groups
    assert group.entry_points == ("a", "b", "c")


def test_a_cycle_starts_where_the_registered_statements_start_it():
    """The edited member does not decide it, nor does the session's first import."""
    drawn = world(a="import b", b="import a").register("import b").touch("a")
    assert drawn.plan().groups[0].entry_points == ("b", "a")
    assert drawn.trace() == "a! b<a"


def test_imports_in_try_decide_what_starts_first_too():
    """They are no dependencies, but they run."""
    drawn = world(
        a="try:\n    import c\nexcept ImportError: pass\nimport b", b="import c", c="import b"
    )
    (group,) = drawn.register("import a").touch("b").plan().groups
    assert group.entry_points == ("a", "c", "b")


def test_a_module_may_import_itself():
    """Its own import is no reason to reload."""
    assert world(a="import a").register("import a").touch("a").trace() == "a!"


def test_a_module_does_not_go_stale_by_importing_itself():
    """It never ran before itself."""
    drawn = world(a="import a, b", b="").register("import a").touch("b")
    assert drawn.trace() == "b! a<b"
    assert drawn.sync().trace() == ""


def test_deep_chains_are_entered_from_below():
    """Planning a chain of thousands does not recurse, and imports nest only so deep."""
    length = 2_000
    texts = {f"m{i}": f"import m{i + 1}" for i in range(length)}
    drawn = world(**texts, **{f"m{length}": ""}).register("import m0").touch(f"m{length}")
    (group,) = drawn.plan().groups
    assert group.members == tuple(f"m{i}" for i in range(length, -1, -1))
    first = int(group.entry_points[0].removeprefix("m"))
    assert length - first < DEEPEST_NEST
    assert sorted(group.entry_points) == sorted(group.members)


# The order depends on the values alone (promise 4).

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ANY_SEED = """
import sys
sys.path.insert(0, sys.argv[1])
from core.worlds import world

loaded = world(p="", p__a="", p__b="", p__c="", p__d="", p__e="", p__f="import g, h", g="", h="")
registered = loaded.register("import p.a")
print(list(registered.state.graph.run_order), list(registered.state.graph.finish_order))
drawn = world(
    a="import b, c, d", b="import e", c="from e import x", d="import f, a", e="import g",
    f="", g="", p="from . import q, r", p__q="", p__r="from .q import *", s="", t="",
).register("import a; from p import *; import s, t; from g import y, z")
edited = drawn.edit(d="import new, f, a", new="import newer", newer="").touch(*"befgst", "p.q")
plan = edited.plan()
print(edited.trace())
print(edited.dry_run())
print([group.entry_points for group in plan.groups])
print(edited.state.graph, edited.state.tracked, list(edited.state.graph.run_order))
print(edited.dry_run().to_dict(), plan.rebinds)
print([(step.after, step.planned.eager) for step in plan.steps])
print(edited.sync(fails="p.r g").failures)
print(edited.sync(fails="p.r g").state.failures)
"""


@pytest.mark.processes
def test_a_plan_does_not_depend_on_the_hash_seed():
    """Every interpreter makes the same plan, with the same text in the same order."""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", ANY_SEED, TESTS],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in range(5)
    }
    assert len(outputs) == 1
    trace = "g! e! b! c<e newer+ new+ f! d! a<b,c,d | p.q! p.r<p.q p<p.q,p.r | s! | t!"
    assert trace in outputs.pop().splitlines()


def test_a_plan_does_not_depend_on_the_history_of_the_values():
    """Equal States make equal plans, however they came about."""
    drawn = diamond()
    detour = drawn.state.modules.set("x", drawn.state.modules["a"]).remove("x")
    other = evolve(drawn, state=evolve(drawn.state, modules=detour))
    assert other.touch("d").plan() == drawn.touch("d").plan()


# What runs is what was read (promise 6).


def test_a_step_carries_what_was_read():
    """The bytes that are to run are those that were read next to the stamp."""
    drawn = diamond().edit(d="x = 1")
    source = steps(drawn)["d"].source
    assert (source.data, source.version.stamp) == (b"x = 1", drawn.files["d"].stamp)


def test_a_dependent_that_did_not_change_has_no_source():
    """The version that ran last runs again, so its code may be cached."""
    step = steps(diamond().touch("d"))["a"]
    known = diamond().state.modules["a"]
    assert step.source is None
    assert (step.planned, step.previous) == (known, known)
    assert known.version.stamp == diamond().files["a"].stamp


def test_a_version_that_is_not_settled_is_checked_by_content():
    """The next plan finds a write that left the same stamp."""
    drawn = world(a="x = 1").alter("a", read_ns=0).register("import a").sync()
    assert drawn.trace() == ""
    assert drawn.hide(a="x = 2").trace() == "a!"


def test_a_stamp_that_hid_nothing_is_no_change():
    """The content is the same, so nothing reloads. Once it is settled the stamp counts."""
    drawn = world(a="x = 1").alter("a", read_ns=0).register("import a")
    late = drawn.alter("a", read_ns=3 * SECOND)
    assert late.trace() == ""
    settled = late.sync()
    assert settled.state.modules["a"].version.seen_ns is None
    assert settled.snapshot().stamps == {}


def test_what_ran_settles_as_well():
    """A reload begins a new time in which each look reads the file."""
    drawn = world(a="x = 1").register("import a").edit(a="x = 2").alter("a", read_ns=0).sync()
    assert drawn.snapshot().stamps != {}
    assert drawn.alter("a", read_ns=3 * SECOND).sync().snapshot().stamps == {}


def test_a_settled_stamp_is_trusted():
    """Bytes behind an old stamp are not read again."""
    drawn = world(a="x = 1").register("import a").hide(a="x = 2")
    assert drawn.snapshot().stamps == {}
    assert drawn.trace() == ""


def test_a_write_that_restored_its_stamp_shows_by_its_status_change_time():
    """Size, mtime and inode are as before. Another ctime is a reason to read."""
    drawn = world(a="x = 1").register("import a").touch("a").sync()
    forged = drawn.hide(a="x = 2").restamp("a", ctime_ns=99)
    assert forged.trace() == "a!"
    assert drawn.restamp("a", ctime_ns=99).trace() == ""


# A module may be older than its file (promise 7).


def test_a_module_loaded_before_its_file_changed_is_stale():
    """The first sync finds an edit between import and registration."""
    assert world(a="").edit(a="x = 1").register("import a").trace() == "a!"


def test_a_module_of_unknown_version_is_stale():
    """It may be older than its file, so it counts as older."""
    drawn = world(a="import b", b="").unrecorded("b").register("import a")
    assert drawn.trace() == "b! a<b"
    assert drawn.detect("content").trace() == "b! a<b"
    assert drawn.sync().trace() == ""


def test_a_module_that_became_tracked_later_is_as_old_as_its_import():
    """Its version is that of its import, not that of its tracking."""
    drawn = world(a="", b="").register("import a").touch("b").edit(a="import b")
    assert drawn.trace() == "b! a!"


# Detection by content.


def test_a_touched_file_is_stale_by_mtime_and_not_by_content():
    """A setting decides which of the two counts."""
    drawn = diamond().touch("d").sync().touch("d")
    assert drawn.trace() == "d! b<d c<d a<b,c"
    assert drawn.detect("content").trace() == ""


def test_a_changed_file_is_stale_by_content():
    """Other bytes are another version under either setting."""
    drawn = diamond().detect("content").touch("d").sync()
    assert drawn.edit(d="x = 1").trace() == "d! b<d c<d a<b,c"


def test_a_module_older_than_its_file_is_stale_by_content_too():
    """Nobody knows which bytes it was loaded from, so its stamp decides."""
    assert world(a="").edit(a="x").detect("content").register("import a").trace() == "a!"


def test_back_and_forth_is_no_change_by_content():
    """To check out a branch and leave it again reloads nothing."""
    drawn = world(a="x = 1").register("import a").detect("content")
    assert drawn.edit(a="x = 2").edit(a="x = 1").trace() == ""


# Detection by code.


def relaid(drawn):
    """Returns the modules of which only comments or layout changed, as a sync would tell it."""
    return drawn.dry_run().relaid


def by_code(**texts):
    """Returns a world of these files in which code decides."""
    return world(**texts).register("import a").detect("code")


def test_comments_and_layout_run_nothing():
    """The module takes in its new version; no dependent runs."""
    drawn = by_code(a="import b", b="x = 1").edit(b="x = 1  # one")
    assert (drawn.trace(), relaid(drawn), bool(drawn.plan())) == ("", ("b",), False)
    assert drawn.dry_run().lines == ("b: only comments or layout changed",)
    after = drawn.sync()
    assert (after.trace(), relaid(after)) == ("", ())
    assert after.edit(b="# two\nx = 1").trace() == ""
    assert after.edit(b="# two\nx = 2").trace() == "b! a<b"
    assert drawn.detect("content").trace() == "b! a<b"


def test_a_module_that_runs_anyway_is_not_only_laid_out_anew():
    """It runs as a dependent, from its new source. If it fails, its old version holds."""
    drawn = by_code(a="import b", b="x = 1").edit(a="import b  # one", b="x = 2")
    assert (drawn.trace(), relaid(drawn)) == ("b! a<b", ())
    assert drawn.plan().steps[1].source.data == b"import b  # one"
    failed = drawn.sync(fails="a")
    assert failed.edit(b="x = 1").trace() == ""
    assert relaid(failed.edit(b="x = 1")) == ("a",)


def test_what_has_to_run_says_why():
    """The report and the plan name the obstacle."""
    drawn = by_code(a="import b", b="x = __file__").edit(b="#\nx = __file__")
    assert (drawn.trace(), relaid(drawn)) == ("b! a<b", ())
    steps = drawn.dry_run().steps
    assert [step.obstacle for step in steps] == ["it may read its own source, by __file__", ""]
    assert (
        drawn.dry_run()
        .lines[0]
        .endswith(", only in comments or layout; but it may read its own source, by __file__")
    )


def test_what_nothing_tracks_is_not_compared():
    """Its own edits are told, as with any other setting."""
    drawn = world(a="", b="x = 1").register("import a").detect("code").edit(b="#\nx = 1")
    assert relaid(drawn) == ()
    assert [one.module for one in drawn.dry_run().not_followed] == ["b"]


def test_a_touched_file_is_not_stale_by_code():
    """Its bytes are the same."""
    assert by_code(a="x = 1").touch("a").trace() == ""


# Names (promises 1, 2 and 8).


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
    """Only the last statement of a name counts. A star is one binding."""
    drawn = world(a="", b="", p="", p__c="", other="").register(
        "from a import y; from a import x; from b import y; import p.c; from b import *"
    )
    plan = drawn.touch(edit).plan()
    assert "; ".join(binding.statement for _, binding in plan.rebinds) == rebinds


def test_a_plan_rebinds_in_every_namespace():
    """Each binding has the key of its namespace."""
    drawn = world(a="").register("import a", key=1).register("from a import x", key=2)
    plan = drawn.touch("a").plan()
    assert [(key, b.statement) for key, b in plan.rebinds] == [
        (1, "import a"),
        (2, "from a import x"),
    ]


# Missing files, and modules without source (promise 9).


def test_a_missing_file_starts_nothing():
    """The modules that it would import do not finish before its importer."""
    drawn = world(a="import absent, b, d", b="import c", c="import a", d="")
    drawn = drawn.register("import absent, a").remove("b")
    assert drawn.touch("a", "d").trace() == "d! a! c<a"


def test_a_missing_file_is_no_change():
    """The module and its dependents stay as they are until a file is back."""
    drawn = diamond().remove("d")
    assert drawn.trace() == ""
    assert drawn.touch("a").trace() == "a!"
    assert drawn.sync().edit(d="x = 1").trace() == "d! b<d c<d a<b,c"


def test_a_module_without_its_file_passes_nothing_on():
    """It cannot run, so its dependents do not reload because of its dependencies."""
    drawn = world(a="import b", b="import c", c="").register("import a")
    assert drawn.remove("b").touch("c").trace() == "c!"
    newer = world(a="import b", b="").register("import b").use("a").touch("b").sync()
    assert newer.register("import a").remove("b").trace() == ""


def test_a_file_that_comes_back_as_it_was_is_no_change():
    """Its stamp is that of the version that ran."""
    drawn = diamond()
    back = evolve(drawn.remove("d").sync(), files=drawn.files)
    assert back.trace() == ""


def test_a_module_may_become_a_package_and_back():
    """`m/__init__.py` in the place of `m.py` is another version of m."""
    drawn = world(m="x = 1").register("import m")
    inside = "/project/m/__init__.py"
    package = drawn.move("m", inside)
    assert package.trace() == "m!"
    assert steps(package)["m"].planned.location.is_package
    moved = package.sync()
    assert moved.trace() == ""
    assert moved.move("m", "/project/m.py").trace() == "m!"


def test_extensions_never_reload_and_are_reported():
    """They need a restart. Their dependents stay as they are. Each change is reported once."""
    drawn = world(a="import fast", fast="").alter(
        "fast", path="/project/fast.so", is_extension=True
    )
    changed = drawn.register("import a, fast").restamp("fast", size=99)
    plan = changed.plan()
    assert plan.changed_extensions == ("fast",)
    assert not plan
    assert str(changed.dry_run()) == "fast changed; it is compiled, so restart to use it"


def test_built_ins_are_accepted():
    """They have no file, so nothing is followed."""
    drawn = world(a="import sys, b", b="").loaded_without_file("sys").register("import a, sys")
    assert drawn.touch("b").trace() == "b! a<b"


# Modules that were never loaded.


def test_an_import_of_a_module_never_loaded_is_read_and_planned():
    """The new module joins the group of its importer, and so do its own imports."""
    drawn = world(a="").register("import a").edit(a="import c", c="import d", d="")
    assert drawn.trace() == "d+ c+ a!"
    assert drawn.plan().groups[0].entry_points == ("a",)
    assert drawn.sync().tracked == "a c d"


def test_later_edits_of_a_new_module_count():
    """Once it ran, it is a module like others."""
    drawn = world(a="").register("import a").edit(a="import c", c="").sync()
    assert drawn.trace() == ""
    assert drawn.touch("c").trace() == "c! a<c"


def test_a_new_module_connects_groups():
    """It imports a stale module, which joins the group of its importer."""
    drawn = world(a="", b="").register("import a, b").touch("b")
    assert drawn.edit(a="import c", c="").trace() == "c+ a! | b!"
    assert drawn.edit(a="import c", c="import b").trace() == "b! c+ a!"


def test_a_new_module_that_only_an_unchanged_one_imports_is_left_alone():
    """The unchanged module does not run."""
    drawn = world(a="try:\n    import c\nexcept ImportError: pass\nimport b", b="")
    edited = drawn.register("import a").edit(c="")
    assert edited.trace() == ""
    assert "c" not in edited.touch("b").sync(fails="b").state.modules


def test_the_fix_may_be_in_a_conditional_import():
    """A failure is tried again if a file changes that the new source may have started."""
    nested = "try:\n    import b, c, absent\nexcept ImportError: pass\n"
    drawn = world(a="", b="").register("import a").edit(a=nested, c="import d, b", d="1 / 0")
    failed = drawn.sync(fails="a")
    (group,) = failed.plan().groups
    assert [module.name for module in group.may_import] == ["c", "d"]
    assert group.files == {"/project/a.py", "/project/c.py", "/project/d.py"}
    assert failed.trace() == "[a!]"
    assert failed.edit(d="").trace() == "a!"


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_conditional_import_of_before_is_not_followed(name):
    """It did not load the module when its importer ran, so it counts as not taken."""
    nested = "import b\ntry:\n    import c\nexcept ImportError: pass\n"
    drawn = world(a=nested, b="").register("import a").edit(c="")
    (group,) = drawn.touch(name).plan().groups
    assert "a" in group.members
    assert group.may_import == ()


def test_new_modules_may_be_a_cycle():
    """Each runs once, nested as an interpreter would run them."""
    drawn = world(a="").register("import a").edit(a="import c", c="import d", d="import c")
    assert drawn.trace() == "d+ c+ a!"


def test_a_new_module_without_source_is_left_to_the_import():
    """The import finds a compiled module when the importer runs."""
    drawn = world(a="").register("import a").edit(a="import fast", fast="")
    drawn = drawn.alter("fast", path="/project/fast.so", is_extension=True)
    assert drawn.trace() == "a!"


def test_a_new_module_is_no_reason_to_reload():
    """Its importer reloads because it was edited. The new module rebinds nothing."""
    drawn = world(a="").register("import a").edit(a="import c", c="")
    assert steps(drawn)["a"].after == ()
    assert [b.statement for _, b in drawn.plan().rebinds] == ["import a"]


# Failure (promises 10 and 11).


def test_what_failed_is_blocked_until_its_fingerprint_changes():
    """A broken module does not run again at every cell."""
    drawn = diamond().edit(d="1 / 0").sync(fails="d")
    assert drawn.failures == "d b c a"
    assert drawn.trace() == "[d! b<d c<d a<b,c]"
    assert not drawn.plan()
    assert drawn.plan().rebinds == ()
    again = drawn.sync().sync()
    assert (again.failures, again.trace()) == (drawn.failures, drawn.trace())


def test_a_sync_by_hand_tries_again():
    """With `retry_failed`, the group runs though nothing of it changed."""
    drawn = diamond().edit(d="1 / 0").sync(fails="d")
    assert drawn.trace(retry_failed=True) == "d! b<d c<d a<b,c"
    assert drawn.sync(retry_failed=True, fails="d").failures == drawn.failures
    assert drawn.sync(retry_failed=True).failures == ""


@pytest.mark.parametrize("edit", ["a", "b", "d"])
def test_a_change_of_any_file_of_the_group_tries_again(edit):
    """The fix may be in any of them."""
    drawn = diamond().edit(d="1 / 0").sync(fails="d")
    assert drawn.touch(edit).trace().startswith("d! b")


def test_other_edits_do_not_wake_a_failure_nor_wait_for_it():
    """Other groups go on while the broken one is blocked."""
    drawn = world(a="import b", b="", c="").register("import a, c").touch("b").sync(fails="b")
    edited = drawn.touch("c")
    assert edited.trace() == "[b! a<b] | c!"
    assert edited.sync().trace() == "[b! a<b]"


def test_what_failed_and_what_waited_is_retried_until_it_succeeds():
    """Promise 11: syncs and edits in between do not change that."""
    drawn = diamond().edit(d="1 / 0").sync(fails="d")
    for _ in range(3):
        drawn = drawn.touch("c").sync(fails="d").sync()
    fixed = drawn.edit(d="x = 1")
    assert fixed.trace() == "d! b<d c! a<b,c"
    assert fixed.sync().trace() == ""


def test_a_fix_by_going_back_leaves_nothing_to_retry():
    """By content, the file is as it ran last, so nothing is blocked."""
    drawn = world(a="x = 1").register("import a").detect("content").sync()
    broken = drawn.touch("a").edit(a="1 / 0").sync(fails="a")
    back = broken.edit(a="x = 1").sync()
    assert (back.trace(), back.failures) == ("", "")


def test_a_new_module_that_failed_is_new_again():
    """The next attempt imports it for the first time."""
    drawn = world(a="").register("import a").edit(a="import c", c="1 / 0").sync(fails="c")
    assert drawn.tracked == "a"
    assert drawn.trace() == "[c+ a!]"
    assert drawn.edit(c="").trace() == "c+ a!"


def test_a_source_that_cannot_be_parsed_is_planned_with_its_old_imports():
    """Its dependencies stay until it can be parsed."""
    drawn = diamond().touch("d").edit(b="import")
    assert drawn.trace() == "d! b! c<d a<b,c"
    assert steps(drawn)["b"].source.error


# The workspace.


def test_installed_packages_below_the_workspace_are_not_followed():
    """An environment often lies in the folder of its project."""
    path = "/project/.venv/lib/python3/site-packages/lib.py"
    drawn = world(a="import lib", lib="").move("lib", path)
    drawn = drawn.register("import a")
    assert drawn.tracked == "a"
    assert drawn.touch("lib").trace() == ""
    assert drawn.register("import lib").touch("lib").trace() == "lib! | a<lib"


def test_another_workspace_takes_effect_at_once_both_ways():
    """What is inside now is tracked. What is outside now is not."""
    drawn = world(a="import far", far="").move("far", "/far/far.py")
    drawn = drawn.register("import a")
    wider = drawn.workspace("/project/", "/far/")
    assert wider.tracked == "a far"
    assert wider.touch("far").trace() == "far! a<far"
    assert wider.workspace("/project/").tracked == "a"


def test_a_module_reached_by_another_workspace_may_be_older_than_its_file():
    """Promise 7: it was loaded when its file was not watched."""
    drawn = world(a="import far", far="").move("far", "/far/far.py")
    drawn = drawn.register("import a").touch("far").workspace("/project/", "/far/")
    assert drawn.trace() == "far! a<far"


# The generation rule.


def test_a_plan_stamps_what_runs_with_the_next_generation():
    """The modules that do not run keep their generation."""
    drawn = diamond().touch("b")
    _, planned = drawn.planned()
    assert planned.generation == 1
    assert generations(planned, planned.modules) == {"a": 1, "b": 1, "c": 0, "d": 0}


@pytest.mark.parametrize("edit", ["a", "b", "c", "d", "a c", "b d"])
def test_exactly_what_runs_gets_the_generation(edit):
    """The modules of the generation are the modules of the steps."""
    plan, planned = diamond().touch(*edit.split()).planned()
    numbers = generations(planned, planned.modules)
    now = {name for name, number in numbers.items() if number == planned.generation}
    assert now == {step.module for step in plan.steps}


def test_a_module_loaded_by_the_program_between_syncs_is_as_new_as_they_are():
    """It was loaded after its dependency reloaded, so it has the new version."""
    drawn = world(a="import b", b="").register("import b").touch("b").sync()
    later = drawn.with_loads({"a": evolve(drawn.loaded["a"], generation=1)})
    assert later.register("import a").trace() == ""


def test_planning_changes_nothing():
    """A dry run is a plan that is not executed."""
    drawn = diamond().touch("d")
    before = repr(drawn.state.modules["d"])
    plan_reload(drawn.state, drawn.snapshot())
    assert repr(drawn.state.modules["d"]) == before
    assert drawn.plan() == drawn.plan()


def test_an_edge_that_is_gone_while_the_other_module_is_broken():
    """What nobody imports any more blocks nobody, however often its former importer changes."""
    drawn = world(top="import low", low="").imported("low", "top").register("import top")
    broken = drawn.edit(low="1 / 0").sync(fails="low")
    dropped = broken.edit(top="x = 1").sync(fails="low")
    assert dropped.tracked == "top"
    assert dropped.edit(top="x = 22").trace() == "top!"


# Holds (R4).


def plug_in():
    """Returns a world in which reg has a table, and plug puts P into it."""
    drawn = world(reg="", plug="import reg").register("import reg, plug")
    return drawn.hold("reg", "plug", "P")


def test_a_table_is_in_the_group_of_what_it_holds():
    """It runs first, as a fresh interpreter has it, and is told why."""
    plan = plug_in().touch("plug").plan()
    assert [[step.module for step in group.steps] for group in plan.groups] == [["reg", "plug"]]
    assert [step.holds for step in plan.steps] == [("plug.P",), ()]
    assert str(dry_run(plan)).startswith("Would reload reg because it holds plug.P\n")


def test_a_table_that_is_filled_anew_names_what_it_holds():
    """Who fills it runs; what it holds does not."""
    drawn = world(reg="", plug="", fill="import reg, plug").register("import fill")
    plan = drawn.hold("reg", "plug", "f").touch("fill").plan()
    assert [(step.module, step.holds) for step in plan.steps] == [
        ("reg", ("plug.f",)),
        ("fill", ()),
    ]


def test_a_dependency_is_the_better_reason():
    """What a module holds is told only if nothing else is."""
    drawn = world(low="", reg="import low", plug="import low, reg").register("import plug")
    assert drawn.hold("reg", "plug", "P").touch("low").trace() == "low! reg<low plug<low,reg"


def test_an_observation_brings_holds():
    """Those of modules that were loaded since."""
    drawn = world(reg="", plug="import reg", new="")
    drawn = drawn.register("import reg, plug").hold("reg", "plug", "P").touch("plug")
    snapshot = evolve(drawn.snapshot(), holds=Holds({"new": (Hold("plug", "Q"),)}))
    plan, planned = plan_reload(drawn.state, snapshot)
    assert [step.module for step in plan.steps] == ["reg", "plug", "new"]
    assert planned.holds["new"] == (Hold("plug", "Q"),)
    enrolled = enroll(drawn.state, evolve(snapshot, holds=Holds({"plug": (Hold("reg", "r"),)})))
    assert enrolled.holds == drawn.state.holds
    enrolled = enroll(drawn.state, snapshot)
    assert enrolled.graph.holders["plug"] == ("new", "reg")


# Modules that do not run, and the order of those that do.


def test_modules_that_lead_to_a_member_are_parked():
    """They import from its package, and whoever imports them starts it. Bystanders do not count."""
    drawn = world(
        top="import first, pkg",
        first="import second",
        second="from pkg.quiet import z",
        pkg="",
        pkg__quiet="z = 1",
        other="",
        stander="from pkg.quiet import z",
    ).register("import top, other")
    group = drawn.touch("pkg").plan().groups[0]
    assert group.members == ("pkg", "top")
    assert group.parked == ("first", "second")
    assert drawn.touch("first").plan().groups[0].parked == ()
    alone = world(pkg="", other="").register("import pkg.sub, other").touch("pkg")
    assert alone.plan().groups[0].parked == ()


def test_submodules_that_their_package_shows_at_the_end():
    """They start behind it. One that it imports itself is bound by its own source."""
    drawn = world(
        pk="from pk.early import early",
        pk__early="def early(): pass",
        pk__table="",
        pk__loose="",
    ).register("import pk; from pk.table import t")
    group = drawn.touch("pk").plan().groups[0]
    assert (group.members, group.shown) == (("pk",), {"pk.table"})


def test_submodules_that_no_statement_registers_are_late():
    """If no code imports them either, they take no name of their package."""
    drawn = world(a="import p.sub", p="", p__sub="").register("import a")
    groups = drawn.touch("p.sub").plan().groups
    assert [(group.members, group.late) for group in groups] == [(("p.sub", "a"), {"p.sub"})]
    registered = drawn.register("from p.sub import x").touch("p.sub")
    assert [group.late for group in registered.plan().groups] == [frozenset()]


class TestDropped:
    """Submodules whose file is gone and that nothing imports any more."""

    def dropped(self, drawn):
        """Returns the submodules that the only group drops."""
        [group] = drawn.plan().groups
        return sorted(group.dropped)

    def package(self, **texts):
        """Returns a world in which a package imports some of its submodules."""
        return world(p="from . import a, b", p__a="", p__b="", **texts)

    def test_it_goes_when_its_package_runs_without_it(self):
        """Not as long as the package, or another module that runs, imports it."""
        drawn = self.package().register("import p").edit(p="from . import b").remove("p.a")
        assert self.dropped(drawn) == ["p.a"]
        other = self.package(user="import p.a").register("import p, user")
        assert self.dropped(other.edit(p="from . import b").remove("p.a")) == []

    def test_it_stays_if_its_package_does_not_run(self):
        """Then the package is as it was, and shows what it showed."""
        drawn = self.package(low="").register("import p, low").remove("p.a").touch("low")
        assert self.dropped(drawn) == []

    def test_its_file_is_there(self):
        """It stays loaded: somebody else may use it."""
        drawn = self.package().register("import p").edit(p="from . import b")
        assert self.dropped(drawn) == []

    def test_a_registered_one(self):
        """A registered name is from it."""
        drawn = self.package().register("import p.a").edit(p="from . import b").remove("p.a")
        assert self.dropped(drawn) == []

    def test_a_package_with_all_that_is_in_it(self):
        """It goes with its submodules; if one of these stays, so does the package."""
        texts = {"p": "import p.q", "p__q": "from . import z", "p__q__z": ""}
        drawn = world(**texts).register("import p").edit(p="")
        assert self.dropped(drawn.remove("p.q", "p.q.z")) == ["p.q", "p.q.z"]
        assert self.dropped(drawn.remove("p.q")) == []


def test_what_is_left_over_holds_back_nothing_before_it():
    """A table is filled by all that depend on it: also by what no import leads to any more."""
    drawn = world(reg="", plug="", q="", q__left="import reg, plug")
    drawn = drawn.register("import reg, plug, q").hold("reg", "plug", "f")
    assert drawn.state.graph.leftovers == {"q.left"}
    assert drawn.state.graph.holders["q.left"] == ("reg",)
    *first, last = drawn.touch("reg", "plug", "q.left").plan().groups
    assert [(group.members, group.requires) for group in first] == [(("reg", "plug"), ())]
    assert (last.members, last.requires) == (("q.left",), ("plug", "reg"))
