"""The survey: what it asks to see, and what holds before anything runs."""

import pytest
from pyrsistent import pmap

from liveimport.core.registration import parse_imports
from liveimport.core.snapshot import ABSENT, Found, Snapshot, Stamp, Unseen, Wanted
from liveimport.core.source import Contents, analyse
from liveimport.core.state import Module, State, register
from liveimport.core.survey import survey
from liveimport.core.versions import (
    asked_first,
    leads,
    met,
    placed,
    stands_for,
    wanted_source,
    worth_reading,
)

from .worlds import PROJECT, world


def rounds(drawn, state):
    """Returns what a survey asks, round after round, as lines."""
    asked = []
    snapshot = Snapshot(0.0)
    while unseen := survey(state, snapshot).unseen:
        asked.append(" ".join((*unseen.names, *(w.path for w in unseen.sources))))
        snapshot = drawn.answer(snapshot, unseen)
    return asked


def surveyed(drawn):
    """Returns the survey that a sync would make."""
    return survey(drawn.state, drawn.snapshot())


def test_a_survey_asks_for_names_then_for_sources_and_follows_the_imports():
    """Nothing is asked that an answer did not lead to, and nothing twice."""
    drawn = world(a="import b", b="", unrelated="")
    state = register(drawn.state, 1, parse_imports("import a"))
    assert rounds(drawn, state) == ["a", "/project/a.py", "b", "/project/b.py"]


def test_a_source_is_asked_for_with_its_package():
    """Relative imports can only be read by whoever knows what they are relative to."""
    assert wanted_source(Module("p.a", "/p/a.py")) == (Wanted("p.a", "/p/a.py", "p"),)
    assert wanted_source(Module("p", "/p/__init__.py", package=True))[0].package == "p"
    assert wanted_source(Module("sys")) == ()


def test_modules_that_are_not_there_are_asked_for_once():
    """An answer of "absent" is an answer."""
    drawn = world(a="import missing")
    state = register(drawn.state, 1, parse_imports("import a"))
    assert rounds(drawn, state) == ["a", "/project/a.py", "missing"]


def test_modules_elsewhere_are_not_read():
    """An import that leads out of the workspace ends there."""
    drawn = world(a="import far", far="import b", b="").alter(
        "far", path="/far.py", real="/far.py"
    )
    state = register(drawn.state, 1, parse_imports("import a"))
    assert rounds(drawn, state) == ["a", "/project/a.py", "far"]


def test_built_ins_have_nothing_to_read():
    """Promise 9: a registered module without a file is known, and tracked."""
    drawn = world().loaded_without_file("sys").register("import sys")
    assert drawn.tracked == "sys"
    assert drawn.state.modules["sys"].path is None
    assert drawn.trace() == ""


def test_a_quiet_project_asks_for_nothing():
    """Where no stamp differs the first survey is the last."""
    drawn = world(a="import b", b="").register("import a")
    seen = survey(drawn.state, Snapshot(0.0))
    assert not seen.unseen
    assert (seen.facts, seen.ahead) == (drawn.state, drawn.state)


def test_only_changed_files_are_read():
    """The others are as the State has them."""
    drawn = world(a="import b", b="").register("import a").edit(b="x = 1")
    assert survey(drawn.state, drawn.glance()).unseen == Unseen(
        sources=(Wanted("b", "/project/b.py", ""),)
    )


def test_facts_hold_what_is_and_ahead_what_will_be():
    """A changed module is ahead as its file is; in fact it is as it ran."""
    drawn = world(a="", b="").register("import a").edit(a="import b")
    seen = surveyed(drawn)
    assert seen.changed == {"a"}
    assert seen.facts.tracked == ("a",)
    assert seen.facts.modules["a"] == drawn.state.modules["a"]
    assert seen.ahead.tracked == ("a", "b")
    assert seen.ahead.modules["a"].stamp == drawn.files["a"].stamp


def test_a_module_met_for_the_first_time_is_a_fact():
    """What a scan learns of a loaded module holds whether or not anything runs."""
    drawn = world(a="", b="").register("import a").edit(a="import b")
    assert surveyed(drawn).facts.modules["b"].stamp == drawn.files["b"].stamp


def test_a_module_older_than_its_file_is_a_fact_without_a_stamp():
    """Promise 7: nothing ran it yet in the version that its file has."""
    drawn = world(a="").edit(a="x = 1").register("import a")
    assert drawn.state.modules["a"].stamp is None


def test_a_fresh_module_is_no_fact():
    """It is not known before it ran."""
    seen = surveyed(world(a="").register("import a").edit(a="import c", c=""))
    assert seen.fresh == {"c"}
    assert "c" in seen.ahead.modules
    assert "c" not in seen.facts.modules


def test_a_touched_file_only_gets_its_new_stamp():
    """Detecting content, a file that is saved unchanged is remembered as such."""
    drawn = world(a="").register("import a").detect("content").touch("a")
    seen = surveyed(drawn)
    assert seen.changed == frozenset()
    assert seen.facts.modules["a"].stamp == drawn.files["a"].stamp


def test_a_changed_extension_is_outdated_once():
    """Promise 9: it is told that it needs a restart, and then remembered."""
    drawn = world(fast="").alter("fast", extension=True, path="/project/fast.so")
    drawn = drawn.register("import fast")
    assert surveyed(drawn).outdated == ()
    changed = drawn.restamp("fast", size=99)
    assert surveyed(changed).outdated == ("fast",)
    assert surveyed(changed.sync()).outdated == ()


def test_an_extension_without_a_file_is_left_alone():
    """It is loaded, and cannot be loaded again."""
    drawn = world(fast="").alter("fast", extension=True, path="/project/fast.so")
    seen = surveyed(drawn.register("import fast").remove("fast"))
    assert (seen.outdated, seen.missing) == ((), frozenset())


def test_an_extension_of_another_inode_only_is_another_version():
    """What stat says of an extension is compared like that of a source."""
    drawn = world(fast="").alter("fast", extension=True, path="/project/fast.so")
    drawn = drawn.register("import fast")
    assert surveyed(drawn.restamp("fast", ctime_ns=1)).outdated == ()
    assert surveyed(drawn.restamp("fast", inode=2)).outdated == ("fast",)


def test_a_missing_file_is_looked_for_elsewhere():
    """Promise 9: it may have become a package."""
    drawn = world(a="").register("import a").remove("a")
    assert survey(drawn.state, drawn.glance()).unseen == Unseen(names=("a",))
    assert surveyed(drawn).missing == {"a"}


def test_a_module_may_move():
    """Found elsewhere, it is read there, and changed whatever it says."""
    moved = "/project/a/__init__.py"
    drawn = (
        world(a="x = 1")
        .register("import a")
        .detect("content")
        .alter("a", path=moved, real=moved)
    )
    seen = surveyed(drawn)
    assert seen.changed == {"a"}
    assert (seen.ahead.modules["a"].path, seen.ahead.modules["a"].package) == (moved, True)


def test_a_file_of_that_name_in_another_folder_is_another_module():
    """Promise 9: the module waits for its own, whether scan has read the other one or not."""
    drawn = world(a="x = 1").register("import a")
    elsewhere = drawn.alter("a", path="/project/other/a.py", real="/project/other/a.py")
    assert surveyed(elsewhere).missing == {"a"}
    told = elsewhere.answer(
        elsewhere.glance(), Unseen(("a",), (Wanted("a", "/project/other/a.py", ""),))
    )
    seen = survey(elsewhere.state, told)
    assert (seen.missing, seen.changed) == ({"a"}, frozenset())


def test_a_submodule_of_what_is_no_module():
    """`import p.a as x` refers to both, as long as neither is there."""
    state = register(world().state, 1, parse_imports("import p.a as x"))
    assert rounds(world(), state) == ["p p.a"]


def test_a_module_whose_place_is_taken_by_an_extension_is_missing():
    """Compiled code cannot be run in place of a source that ran."""
    compiled = "/project/a.so"
    drawn = world(a="").register("import a").alter("a", path=compiled, extension=True)
    assert surveyed(drawn).missing == {"a"}


def test_a_file_that_vanishes_before_it_is_read_is_missing():
    """Between a look at a name and the read of its source the file can go."""
    drawn = world(a="import b", b="")
    state = register(drawn.state, 1, parse_imports("import a"))
    found = pmap({name: drawn.find(name) for name in "ab"})
    seen = survey(state, Snapshot(0.0, stamps=pmap({"a": None}), found=found))
    assert seen.missing == {"a"}
    assert not seen.unseen
    assert seen.facts.modules["a"].contents is None


def test_a_source_that_cannot_be_parsed_keeps_the_old_imports():
    """Until it can, they are the best guess of what the module depends on."""
    seen = surveyed(world(a="import b", b="").register("import a").edit(a="def"))
    assert seen.changed == {"a"}
    assert seen.ahead.tracked == ("a", "b")


def test_a_module_that_is_broken_when_it_is_met():
    """Its source says nothing, but it was read: the next version is compared with it."""
    drawn = world(a="").edit(a="def").register("import a")
    assert drawn.state.modules["a"].contents == Contents()
    assert drawn.trace() == "a!"
    assert drawn.sync(fails="a").edit(a="x = 1").trace() == "a!"


def test_a_name_that_a_package_binds_hides_a_submodule_that_is_not_loaded():
    """Promise 3: `from p import x` gives that name, though a file p/x.py lies there."""
    drawn = world(a="import p", p="x = 1", p__y="").register("import a")
    edited = drawn.edit(a="from p import x", p__x="")
    assert edited.trace() == "a!"
    assert edited.sync().tracked == "a p"


def test_a_name_that_a_package_is_going_to_bind_hides_a_submodule_too():
    """The package's new source is what the import will meet."""
    drawn = world(a="import p", p="", p__y="").register("import a")
    assert drawn.edit(a="from p import x", p="x = 1", p__x="").trace() == "p! a!"
    assert drawn.edit(a="from p import x", p="y = 1", p__x="").trace() == "p! | p.x+ a!"


@pytest.mark.parametrize("text", ["from . import x", "from p import x", "import p.x as x"])
def test_a_package_that_imports_its_submodule_does_not_hide_it(text):
    """The name that its source binds is the submodule itself."""
    drawn = world(a="import p", p="", p__y="").register("import a")
    edited = drawn.edit(a="from p import x", p=text, p__x="")
    assert edited.sync().tracked == "a p.x"


def test_a_fresh_package_hides_a_submodule_as_well():
    """Nothing is loaded yet, but its source tells what an import will find."""
    drawn = world(a="").register("import a")
    assert drawn.edit(a="from p import x", p="x = 1", p__x="").trace() == "p+ a!"


def hiding():
    """Returns a world in which a imports a function whose module has the same name."""
    drawn = world(a="from p import run", p="from .run import run", p__run="def run(): pass")
    return drawn.shadow("p.run").register("import a")


def test_a_loaded_submodule_that_its_package_hides_is_not_what_an_import_gives():
    """`from p import run` is the function, so it refers to p, which depends on p.run."""
    drawn = hiding()
    assert drawn.state.modules["a"].targets == ("p",)
    assert drawn.touch("p.run").trace() == "p.run! p<p.run a<p"
    assert not drawn.state.is_module("p.run")


def test_a_package_that_is_going_to_hide_what_the_state_does_not_know():
    """A loaded submodule is met, and hidden by what its package says now."""
    drawn = world(a="", p="", p__run="").register("import a, p")
    assert drawn.edit(a="from p import run", p="run = 1").trace() == "p! a!"
    assert drawn.edit(a="from p import run", p="x = 1").trace() == "p! | a!"


@pytest.mark.parametrize(
    "text",
    ["run = 1", "from .other import run", "from .run import run", "import p.other as run"],
)
def test_a_package_that_begins_to_hide_a_submodule(text):
    """Its new source decides what the import gives, so whoever imports it reloads."""
    drawn = world(a="from p import run", p="", p__run="", p__other="").register("import a, p")
    assert drawn.edit(p=text).trace().endswith("p! a<p")


def test_a_package_that_shows_its_submodule_as_before():
    """Whether it imports the submodule itself or leaves that to others."""
    drawn = world(a="from p import run", p="", p__run="").register("import a, p")
    assert drawn.touch("p").trace() == "p!"
    assert drawn.edit(p="from . import run").trace() == "p!"


def test_who_imports_what_is_no_longer_hidden_reloads():
    """Its import gives the module now, though neither its text nor a dependency changed."""
    plan = hiding().edit(p="").plan()
    assert {step.module for step in plan.steps} == {"p", "a"}


def test_a_package_that_stops_to_hide_a_submodule():
    """The import gives the module now, so whoever imports it reloads."""
    assert hiding().edit(p="").trace() == "p! a<p"


def test_what_a_star_import_hides_is_taken_to_stay_hidden():
    """It cannot be read from the source."""
    starred = hiding().edit(p="from .run import *")
    assert starred.trace() == "p! a<p"


def test_a_survey_that_was_told_more_finds_the_same():
    """A scan may look ahead: what was not asked for does no harm."""
    drawn = world(a="import p.b", b="", p="", p__b="import b")
    state = register(drawn.state, 1, parse_imports("import a"))
    asked = drawn.seen(Snapshot(0.0), lambda snapshot: survey(state, snapshot).unseen)
    told = drawn.foreseen(state)
    assert told != asked
    assert survey(state, told).ahead == survey(state, asked).ahead
    assert not survey(state, told).unseen


def test_submodules_that_a_star_import_of_their_package_lists():
    """Whoever has the star depends on them, and so does the notebook (promise 1)."""
    drawn = world(a="from p import *", p="__all__ = ['b', 'c']\nc = 1", p__b="", p__c="")
    drawn = drawn.shadow("p.c").register("from p import *\nimport a")
    assert drawn.state.modules["a"].targets == ("p", "p.b")
    assert drawn.tracked == "p p.b a"
    edited = drawn.edit(p__b="x = 1")
    assert edited.trace() == "p.b! a<p.b"
    assert [b.statement for _, b in edited.plan().rebinds] == ["import a", "from p import *"]
    assert drawn.edit(p="").sync().tracked == "p a"
    assert world(p="__all__ = ['b']", p__b="").register("from p import *").tracked == "p p.b"


def test_what_a_package_elsewhere_lists():
    """What it imports is not followed, nor is this."""
    drawn = world(a="from far import *", far="__all__ = ['b']", far__b="")
    for name in ("far", "far.b"):
        path = drawn.files[name].path.replace(PROJECT, "/elsewhere/")
        drawn = drawn.alter(name, path=path, real=path)
    drawn = drawn.register("import a\nfrom far import *")
    assert drawn.tracked == "a far"
    assert (drawn.state.listed("far"), drawn.state.listed("nowhere")) == ((), ())


def test_only_packages_have_submodules():
    """`from m import name` asks nobody for m.name where m is a plain module."""
    drawn = world(m="name = 1")
    state = register(drawn.state, 1, parse_imports("from m import name"))
    assert rounds(drawn, state) == ["m", "/project/m.py"]


def test_submodules_of_a_package_elsewhere_are_taken_for_what_they_are_found_as():
    """It is never read, so whether it hides them by a name of its own is not known."""
    drawn = world(b="from far import a", far="", far__a="")
    for name in ("far", "far.a"):
        path = drawn.files[name].path.replace(PROJECT, "/elsewhere/")
        drawn = drawn.alter(name, path=path, real=path)
    assert drawn.register("import b").state.modules["b"].targets == ("far.a",)


def test_nested_imports_are_no_dependencies_but_begin_modules():
    """Promise 3: only top-level imports count; those in `try` still decide who runs first."""
    drawn = world(a="try:\n    import b\nexcept E: pass\nimport c", b="", c="import b")
    module = drawn.register("import a").state.modules["a"]
    assert (module.targets, module.begins) == (("c",), ("b", "c"))


def test_what_a_source_may_lead_to():
    """All that its imports may mean, each behind its packages; whether it is one is open."""
    contents = analyse(b"import a.b, f\nfrom .c import d\nfrom e import *\nimport a", "p")
    assert leads(contents) == ("a", "a.b", "f", "p", "p.c", "p.c.d", "e")


def test_what_any_plan_asks_for_first():
    """The sources of files that are there, may have changed, and are not compiled."""
    drawn = world(a="import b, c", b="", c="").alter("c", extension=True).register("import a")
    stamps = {"a": None, "b": drawn.files["b"].stamp, "c": drawn.files["c"].stamp}
    assert asked_first(drawn.state, stamps) == Unseen(
        sources=(Wanted("b", "/project/b.py", ""),)
    )


def test_a_module_that_had_no_file_is_placed_as_one_that_is_met():
    """Nothing of it ever ran, so nothing has to stay what it was."""
    found = Found(loaded=True, exists=True, path="/project/a.py", generation=3)
    assert placed(Module("a"), found) == met("a", found)


def test_what_is_worth_reading_ahead():
    """Source in the workspace; nothing elsewhere, compiled, built in or absent."""
    state = State(workspace=(PROJECT,))
    found = Found(loaded=True, exists=True, path="/project/p/__init__.py", package=True)
    assert worth_reading(state, "p", found) == (Wanted("p", "/project/p/__init__.py", "p"),)
    assert worth_reading(state, "p", found._replace(path="/elsewhere/p.py")) == ()
    assert worth_reading(state, "p", found._replace(extension=True)) == ()
    assert worth_reading(state, "sys", Found(loaded=True, exists=True)) == ()
    assert worth_reading(state, "q", ABSENT) == ()


def test_a_found_version_is_where_a_new_module_begins():
    """Version, digest and generation come from the notes that were taken as it was loaded."""
    found = Found(
        loaded=True,
        exists=True,
        path="/a.so",
        real="/r.so",
        extension=True,
        rewritten=True,
        version=Stamp(1, 2, 3, 4),
        digest="d",
        generation=5,
    )
    state = register(State(), 1, parse_imports("import a"))
    assert survey(state, Snapshot(0.0, found=pmap({"a": found}))).facts.modules["a"] == Module(
        "a",
        "/a.so",
        "/r.so",
        extension=True,
        rewritten=True,
        stamp=Stamp(1, 2, 3, 4),
        digest="d",
        generation=5,
    )


def test_a_survey_prints_as_counts():
    """All of it would be pages."""
    seen = survey(State(), Snapshot(0.0))
    assert repr(seen) == "Survey(0 changed, 0 fresh, Unseen(names=(), sources=()))"


@pytest.mark.parametrize(
    ("path", "other", "expected"),
    [
        ("/p/m.py", "/p/m/__init__.py", True),
        ("/p/m/__init__.py", "/p/m.py", True),
        ("C:\\p\\m.py", "C:\\p\\m\\__init__.py", True),
        ("/p/m.py", "/p/m.py", False),
        ("/p/m.py", "/q/m.py", False),
        ("/p/m/__init__.py", "/q/m/__init__.py", False),
        ("/p/m.py", None, False),
        (None, "/p/m.py", False),
    ],
)
def test_which_file_stands_for_another(path, other, expected):
    """Promise 9: `m/__init__.py` for `m.py`, and the reverse, in the same folder."""
    assert stands_for(path, other) is expected
