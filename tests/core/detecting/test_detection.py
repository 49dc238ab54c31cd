"""Detection: which files changed, where imports lead now, and what a snapshot must have."""

from types import MappingProxyType

import pytest
from attrs import evolve

from core.worlds import PROJECT, SECOND, world
from liveimport.core.committing.registered import register
from liveimport.core.detecting.detection import (
    IncompleteSnapshotError,
    detect_changes,
    follow_all_imports,
    keep_imports,
)
from liveimport.core.imports import parse_imports
from liveimport.core.model import (
    ABSENT,
    ImportedBy,
    Location,
    Module,
    Snapshot,
    SourceInfo,
    State,
    Version,
)
from liveimport.core.planning.planner import enroll, plan_reload


def changes_of(drawn):
    """Returns the changes that a sync would detect."""
    return detect_changes(drawn.state, drawn.snapshot())


def needed(drawn, statements):
    """Returns what registering needs from a snapshot, in order: names, and sources with a !."""
    state = register(drawn.state, 1, parse_imports(statements))
    snapshot = evolve(drawn, state=state).blank()
    needs = []
    while True:
        try:
            enroll(state, snapshot)
        except IncompleteSnapshotError as error:
            name, _, lacking = str(error).partition(" ")
            if lacking == "was not read":
                needs.append(f"{name}!")
                snapshot = with_sources(snapshot, **{name: drawn.read(name)})
            else:
                needs.append(name)
                snapshot = with_found(snapshot, **{name: drawn.find(name)})
        else:
            return " ".join(needs)


def with_sources(snapshot, **sources):
    """Returns a snapshot with these sources as well."""
    return evolve(snapshot, sources=MappingProxyType({**snapshot.sources, **sources}))


def with_found(snapshot, **found):
    """Returns a snapshot with these names found as well."""
    return evolve(snapshot, found=MappingProxyType({**snapshot.found, **found}))


def elsewhere(drawn, *names):
    """Returns a world in which the files of modules are outside the workspace."""
    for name in names:
        drawn = drawn.move(name, drawn.files[name].path.replace(PROJECT, "/elsewhere/"))
    return drawn


# What a snapshot must have.


@pytest.mark.parametrize(
    ("drawn", "statements", "expected"),
    [
        (world(a="import b", b=""), "import a", "a a! b b!"),
        (world(a="import b", b="", other="import c"), "import a", "a a! b b! other other! c"),
        (world(a="def f(): import b, c", b="").edit(c=""), "import a", "a a! b b!"),
        (world(a="", p="", p__b="").imported("p.b", "a"), "import a", "a a! p p! p.b p.b!"),
        (world(a="import missing"), "import a", "a a! missing"),
        (elsewhere(world(a="import far", far="import b"), "far"), "import a", "a a! far"),
        (world(m="name = 1"), "from m import name", "m m!"),
        (world(p="", p__a=""), "from p import a, x", "p p! p.a p.x p.a!"),
        (world(), "import p.a as x", "p p.a"),
        (world().loaded_without_file("sys"), "import sys", "sys"),
        (world(p="__all__ = ['b']", p__b=""), "from p import *", "p p! p.b p.b!"),
    ],
)
def test_what_registering_needs(drawn, statements, expected):
    """Each name and each source of the workspace is needed once, as imports lead to it."""
    assert needed(drawn, statements) == expected


@pytest.mark.parametrize(
    ("drawn", "statements", "expected"),
    [
        (world(a="import b", b="", other="import c"), "import a", "a a! b b!"),
        (world(a="", b="").imported("b", "a", started_by="a"), "import a", "a a!"),
        (world(a="def f(): import b, c", b="").edit(c=""), "import a", "a a! b b!"),
    ],
)
def test_what_registering_needs_if_only_top_level_imports_are_followed(
    drawn, statements, expected
):
    """Bystanders and imports that were seen do not count. What functions import does no harm."""
    assert needed(drawn.follow("top-level"), statements) == expected


def test_registered_modules_are_read_wherever_they_are():
    """Only what they import outside the workspace is not."""
    drawn = elsewhere(world(far="import other", other=""), "far", "other")
    assert needed(drawn, "import far") == "far far! other"


def test_an_unchanged_project_needs_nothing():
    """Nothing differs, and the modules are those of the State."""
    drawn = world(a="import b", b="").register("import a")
    changes = detect_changes(drawn.state, drawn.blank())
    assert changes.keep_imports
    assert (changes.modules, changes.differing) == (drawn.state.modules, {})


def test_an_edit_that_keeps_its_imports_needs_its_file_only():
    """Nobody looks up a name."""
    drawn = world(a="import b", b="").register("import a").edit(a="import b\nx = 1")
    snapshot = drawn.snapshot()
    assert keep_imports(drawn.state, snapshot)
    assert (list(snapshot.sources), list(snapshot.found)) == (["a"], [])
    assert plan_reload(drawn.state, snapshot)[0]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sources": {}}, "a has another stamp, and was not read"),
        ({"found": {}}, "c is not known, and was not looked up"),
        (
            {"sources": {}, "stamps": {"a": None}},
            "the file of a is gone, and was not looked for",
        ),
    ],
)
def test_a_snapshot_without_what_a_plan_needs(fields, message):
    """Planning raises. It does not guess."""
    drawn = world(a="").register("import a").edit(a="import c", c="")
    snapshot = evolve(drawn.snapshot(), **fields)
    for function in (plan_reload, detect_changes):
        with pytest.raises(IncompleteSnapshotError) as caught:
            function(drawn.state, snapshot)
        assert str(caught.value) == message


def test_a_snapshot_without_a_source_that_a_plan_needs():
    """A new module must be read. A look at its name does not do."""
    drawn = world(a="").register("import a").edit(a="import c", c="")
    whole = drawn.snapshot()
    snapshot = evolve(whole, sources={"a": whole.sources["a"]})
    with pytest.raises(IncompleteSnapshotError, match=r"^c was not read$"):
        plan_reload(drawn.state, snapshot)
    assert issubclass(IncompleteSnapshotError, LookupError)


def test_a_snapshot_without_a_submodule_that_a_package_may_have():
    """Whether `from p import x` gives a module is not to be guessed either."""
    drawn = world(p="", a="", p__y="").register("import a, p").edit(a="from p import x")
    snapshot = evolve(drawn.snapshot(), found={})
    with pytest.raises(IncompleteSnapshotError, match=r"^p\.x is not known"):
        plan_reload(drawn.state, snapshot)


def test_a_registration_needs_what_it_leads_to():
    """`enroll` raises as planning does."""
    state = register(State(), 1, parse_imports("import a"))
    with pytest.raises(IncompleteSnapshotError, match=r"^a is not known"):
        enroll(state, Snapshot(0.0))


def test_names_that_nothing_leads_to_do_no_harm():
    """Observing looks at more than planning needs."""
    drawn = world(a="import p.b", b="", p="", p__b="import b", unrelated="import a")
    drawn = drawn.follow("top-level")
    state = register(drawn.state, 1, parse_imports("import a"))
    more = evolve(drawn, state=state).everything(drawn.blank())
    assert "unrelated" in more.sources
    exact = evolve(
        more,
        sources={name: more.sources[name] for name in ("a", "b", "p", "p.b")},
        found={name: more.found[name] for name in ("a", "b", "p", "p.b")},
    )
    assert follow_all_imports(state, more) == follow_all_imports(state, exact)
    assert enroll(state, more) == enroll(state, exact)


# When the graph stays.


@pytest.mark.parametrize(
    ("edit", "kept"),
    [
        ({"a": "import b\nx = 1"}, True),
        ({"b": "x = 1"}, True),
        ({"a": "import b, c"}, False),
        ({"a": "import b\ndef f(): import c"}, False),
        ({"p": "x = 1"}, False),
        ({"p__q": "x = 1"}, True),
    ],
)
def test_edits_that_keep_the_imports(edit, kept):
    """What a package binds may hide a submodule, so its edits are not certain."""
    drawn = world(a="import b", b="", c="", p="", p__q="").register("import a, p.q")
    edited = drawn.edit(**edit)
    assert changes_of(edited).keep_imports is kept
    assert (edited.planned()[1].graph is drawn.state.graph) is kept


@pytest.mark.parametrize("follow", ["loaded", "top-level"])
def test_a_module_that_was_loaded_meanwhile_may_change_the_imports(follow):
    """It is in the workspace, whoever imported it. Others do not matter."""
    drawn = world(a="").follow(follow).register("import a").edit(late="", far="")
    drawn = elsewhere(drawn, "far")
    assert changes_of(drawn).keep_imports
    later = drawn.with_loads({"late": drawn.loaded["a"]})
    assert not changes_of(later).keep_imports
    unrelated = drawn.with_loads({"far": drawn.loaded["a"], "no.file": drawn.loaded["a"]})
    assert changes_of(unrelated).keep_imports


def test_a_module_that_was_loaded_meanwhile_is_looked_at_once():
    """The next sync knows it, whether it runs anything or not."""
    drawn = world(a="").register("import a").edit(late="")
    synced = drawn.with_loads({"late": drawn.loaded["a"]}).sync()
    assert changes_of(synced).keep_imports
    assert synced.bystanders == "late"


def test_a_module_that_ran_too_early_is_looked_at_again():
    """Something that it depends on ran later. A bystander may stay so, as somebody's state."""
    drawn = world(a="import b", b="").register("import b").use("a").touch("b").sync()
    assert drawn.state.graph.lagging == {"a"}
    assert changes_of(drawn).keep_imports
    registered = drawn.register("import a")
    assert registered.state.graph.lagging == {"a"}
    assert not changes_of(registered).keep_imports


def test_a_source_that_appears_is_followed():
    """The file was gone when the module was met."""
    drawn = elsewhere(world(a="import far", far="import b", b=""), "far").register("import a")
    assert drawn.bystanders == "b"
    removed = drawn.remove("far").workspace(PROJECT, "/elsewhere/")
    assert removed.tracked == "a far"
    assert removed.state.modules["far"].source is None
    assert removed.trace() == ""
    back = evolve(removed, files=drawn.files)
    assert not changes_of(back).keep_imports
    assert back.sync().tracked == "a far b"
    assert back.sync().bystanders == ""


# What changed.


def test_a_changed_module_is_as_its_file_is():
    """The State has it as it ran."""
    drawn = world(a="", b="").register("import a").edit(a="import b")
    changes = changes_of(drawn)
    assert changes.changed == {"a"}
    assert changes.modules["a"].eager == ("b",)
    assert changes.modules["a"].version.stamp == drawn.files["a"].stamp
    assert changes.differing["a"] == changes.modules["a"]
    assert drawn.state.modules["a"].eager == ()


def test_a_module_met_for_the_first_time_is_known():
    """That holds whether anything runs or not."""
    drawn = world(a="", b="").follow("top-level").register("import a").edit(a="import b")
    known = changes_of(drawn).known
    assert set(known) == {"b"}
    assert known["b"].version.stamp == drawn.files["b"].stamp


def test_a_module_older_than_its_file_is_known_without_a_stamp():
    """Promise 7: nothing ran the version that its file has."""
    drawn = world(a="").edit(a="x = 1").register("import a")
    assert drawn.state.modules["a"].version.stamp is None
    assert drawn.state.modules["a"].version.digest


def test_a_new_module_is_not_known():
    """It has to run first."""
    changes = changes_of(world(a="").register("import a").edit(a="import c", c=""))
    assert changes.new == {"c"}
    assert "c" in changes.modules
    assert "c" not in changes.known


def test_a_touched_file_only_gets_its_new_stamp():
    """By content, the module did not change."""
    drawn = world(a="").register("import a").detect("content").touch("a")
    changes = changes_of(drawn)
    assert changes.changed == frozenset()
    assert changes.known["a"].version.stamp == drawn.files["a"].stamp


def test_a_version_that_settled_is_known():
    """It is the same but for that, once it was read late enough (promise 6)."""
    drawn = world(a="").alter("a", read_ns=SECOND).register("import a")
    unsettled = drawn.state.modules["a"].version
    assert unsettled.seen_ns == SECOND
    assert changes_of(drawn.alter("a", read_ns=3 * SECOND)).known == {}
    settled = changes_of(drawn.alter("a", read_ns=4 * SECOND))
    assert settled.known["a"].version == unsettled._replace(seen_ns=None)
    assert settled.changed == frozenset()


def test_another_inode_is_known():
    """Promise 4: it alone is no change, of an extension neither. The next look costs nothing."""
    for drawn in (world(a="").register("import a"), extension()):
        (name,) = drawn.files
        numbered = drawn.restamp(name, inode=99)
        changes = changes_of(numbered)
        assert (changes.changed, changes.changed_extensions) == (frozenset(), ())
        assert changes.known[name].version.stamp == numbered.files[name].stamp
        assert numbered.sync().snapshot().stamps == {}


def extension():
    """Returns a world in which a compiled module is registered."""
    drawn = world(fast="").alter("fast", is_extension=True, path="/project/fast.so")
    return drawn.register("import fast")


def test_a_changed_extension_is_reported_once():
    """Promise 9: it needs a restart. Its new stamp is known then."""
    drawn = extension()
    assert changes_of(drawn).changed_extensions == ()
    changed = drawn.restamp("fast", size=99)
    assert changes_of(changed).changed_extensions == ("fast",)
    assert changes_of(changed.sync()).changed_extensions == ()


def test_an_extension_without_a_file_is_left_alone():
    """It is loaded, and cannot be loaded again."""
    changes = changes_of(extension().remove("fast"))
    assert (changes.changed_extensions, changes.missing) == ((), frozenset())


@pytest.mark.parametrize("fields", [{"ctime_ns": 1}, {"inode": 2}])
def test_an_extension_whose_times_are_as_before_did_not_change(fields):
    """Its bytes are not read, and another inode or ctime alone decides nothing."""
    assert changes_of(extension().restamp("fast", **fields)).changed_extensions == ()


def test_changed_extensions_are_sorted():
    """Their order does not depend on the hash seed."""
    drawn = world(z="", a="", m="")
    for name in drawn.files:
        drawn = drawn.alter(name, is_extension=True, path=f"/project/{name}.so")
    changed = drawn.register("import z, a, m")
    for name in drawn.files:
        changed = changed.restamp(name, size=99)
    assert changes_of(changed).changed_extensions == ("a", "m", "z")


# Files that are gone (promise 9).


def test_a_module_whose_file_is_gone_is_missing():
    """An import finds no other file for it."""
    drawn = world(a="").register("import a").remove("a")
    assert list(drawn.snapshot().found) == ["a"]
    assert changes_of(drawn).missing == {"a"}
    assert changes_of(drawn).changed == frozenset()


def test_a_module_may_move():
    """Found elsewhere it counts as changed, whatever it says."""
    moved = "/project/a/__init__.py"
    drawn = world(a="x = 1").register("import a").detect("content").move("a", moved)
    changes = changes_of(drawn)
    assert changes.changed == {"a"}
    assert changes.modules["a"].location == Location(moved, moved, is_package=True)


def test_a_module_that_moves_and_vanishes_is_missing():
    """It was found at another place, and was gone when it was read."""
    drawn = world(a="x = 1").register("import a").move("a", "/project/a/__init__.py")
    snapshot = evolve(drawn.snapshot(), sources={}, stamps={"a": None})
    assert detect_changes(drawn.state, snapshot).missing == {"a"}


def test_a_file_of_that_name_in_another_folder_is_another_module():
    """The module waits for its own file, though the other one was read."""
    drawn = world(a="x = 1").register("import a")
    other = drawn.move("a", "/project/other/a.py")
    assert changes_of(other).missing == {"a"}
    snapshot = with_sources(other.snapshot(), a=other.read("a"))
    changes = detect_changes(other.state, snapshot)
    assert (changes.missing, changes.changed) == ({"a"}, frozenset())


def test_a_file_that_cannot_be_found_again_is_missing():
    """It was read, and an import does not find it."""
    drawn = world(a="x = 1").register("import a").edit(a="x = 2")
    snapshot = with_found(drawn.snapshot(), a=ABSENT)
    assert detect_changes(drawn.state, snapshot).missing == {"a"}


def test_a_module_whose_place_is_taken_by_an_extension_is_missing():
    """Compiled code cannot run in the place of a source."""
    drawn = world(a="").register("import a").alter("a", path="/project/a.so", is_extension=True)
    assert changes_of(drawn).missing == {"a"}


def test_a_file_that_vanishes_before_it_is_read_is_missing():
    """Its name was found, and its file was gone when it was read."""
    drawn = world(a="import b", b="")
    state = register(drawn.state, 1, parse_imports("import a"))
    found = {name: drawn.find(name) for name in "ab"}
    changes = follow_all_imports(state, Snapshot(0.0, stamps={"a": None}, found=found))
    assert changes.missing == {"a"}
    assert changes.known["a"].source is None


# Sources that cannot be parsed.


def test_a_source_that_cannot_be_parsed_keeps_the_old_imports():
    """They are the best guess of what the module depends on."""
    drawn = world(a="import b", b="").register("import a").edit(a="import")
    changes = changes_of(drawn)
    assert changes.changed == {"a"}
    assert changes.modules["a"].eager == ("b",)


def test_a_module_that_is_broken_when_it_is_met():
    """Its source says nothing, but it was read. The next version is compared with it."""
    drawn = world(a="").edit(a="import").register("import a")
    assert drawn.state.modules["a"].source == SourceInfo()
    assert drawn.trace() == "a!"
    assert drawn.sync(fails="a").edit(a="x = 1").trace() == "a!"


# What imports refer to.


def test_a_name_that_a_package_binds_hides_a_submodule_that_is_not_loaded():
    """Promise 3: `from p import x` gives the name, though there is a file p/x.py."""
    drawn = world(a="import p", p="x = 1", p__y="").register("import a")
    edited = drawn.edit(a="from p import x", p__x="")
    assert edited.trace() == "a!"
    assert edited.sync().tracked == "a p p.y"
    assert edited.follow("top-level").sync().tracked == "a p"


def test_a_name_that_a_package_is_going_to_bind_hides_a_submodule_too():
    """The import will meet the package's new source."""
    drawn = world(a="import p", p="", p__y="").register("import a")
    assert drawn.edit(a="from p import x", p="x = 1", p__x="").trace() == "p! a!"
    assert drawn.edit(a="from p import x", p="y = 1", p__x="").trace() == "p! p.x+ a!"
    exact = drawn.follow("top-level").edit(a="from p import x", p="y = 1", p__x="")
    assert exact.trace() == "p! | p.x+ a!"


@pytest.mark.parametrize("text", ["from . import x", "from p import x", "import p.x as x"])
def test_a_package_that_imports_its_submodule_does_not_hide_it(text):
    """The name is the submodule itself."""
    drawn = world(a="import p", p="", p__y="").register("import a")
    edited = drawn.edit(a="from p import x", p=text, p__x="")
    assert edited.sync().state.modules["a"].eager == ("p.x",)
    assert edited.sync().tracked == "a p p.x p.y"
    exact = drawn.follow("top-level").edit(a="from p import x", p=text, p__x="")
    assert exact.sync().tracked == "a p.x"


def test_a_new_package_hides_a_submodule_too():
    """Nothing is loaded yet. The source tells what an import will find."""
    drawn = world(a="").register("import a")
    assert drawn.edit(a="from p import x", p="x = 1", p__x="").trace() == "p+ a!"


def hiding():
    """Returns a world in which a imports a function whose module has the same name."""
    drawn = world(a="from p import run", p="from .run import run", p__run="def run(): pass")
    return drawn.shadow("p.run").register("import a")


def test_a_package_that_is_going_to_hide_what_the_state_does_not_know():
    """Its new source hides a loaded submodule that nobody followed before."""
    drawn = world(a="", p="", p__run="").register("import a, p")
    assert drawn.edit(a="from p import run", p="run = 1").trace() == "p! a!"
    assert drawn.edit(a="from p import run", p="x = 1").trace() == "p! a!"
    exact = world(a="", p="", p__run="").follow("top-level").register("import a, p")
    assert exact.edit(a="from p import run", p="run = 1").trace() == "p! a!"
    assert exact.edit(a="from p import run", p="x = 1").trace() == "p! | a!"


@pytest.mark.parametrize(
    "text",
    ["run = 1", "from .other import run", "from .run import run", "import p.other as run"],
)
def test_a_package_that_begins_to_hide_a_submodule(text):
    """The import gives another thing now, so its importer reloads."""
    drawn = world(a="from p import run", p="", p__run="", p__other="").register("import a, p")
    assert drawn.edit(p=text).trace().endswith("p! a<p")


def test_a_package_that_does_not_hide_its_submodule():
    """It imports the submodule itself, or leaves that to others."""
    drawn = world(a="from p import run", p="", p__run="").register("import a, p")
    drawn = drawn.follow("top-level")
    assert drawn.touch("p").trace() == "p!"
    assert drawn.edit(p="from . import run").trace() == "p!"


def test_the_own_file_of_a_package_counts_for_who_imports_its_submodules():
    """The import runs it. A package that only reloads with what it depends on does not count."""
    drawn = world(a="from p import b", p="import c", p__b="", c="", d="import a")
    drawn = drawn.register("import d")
    assert drawn.touch("p").trace() == "p! a<p d<a"
    assert drawn.touch("c").trace() == "c! p<c"
    assert drawn.touch("p", "c").trace() == "c! p! a<p d<a"
    assert drawn.touch("p").sync().trace() == ""


def test_an_importer_of_what_is_no_longer_hidden_reloads():
    """Its import gives the module now. Neither its text nor its dependency changed."""
    plan = hiding().edit(p="").plan()
    assert {step.module for step in plan.steps} == {"p", "a"}


def test_a_package_that_stops_hiding_a_submodule():
    """The import gives the module now, so its importer reloads."""
    edited = hiding().edit(p="")
    assert edited.trace() == "p! a<p"
    assert hiding().follow("top-level").edit(p="").trace() == "p! a<p"
    assert edited.sync().state.modules["a"].eager == ("p.run",)
    assert edited.sync().state.modules["p.run"].shadowed is False


def test_what_a_star_import_hides_stays_hidden():
    """The source does not show what a star import binds."""
    edited = hiding().edit(p="from .run import *")
    assert edited.trace() == "p! a<p"
    assert edited.sync().state.modules["a"].eager == ("p",)
    shown = world(a="from p import run", p="", p__run="").register("import a, p")
    starred = shown.edit(p="from .run import *").sync()
    assert starred.state.modules["a"].eager == ("p.run",)


def test_a_star_import_of_a_package_imports_the_submodules_in_its_all():
    """Promise 1: modules and notebook that have the star depend on them."""
    drawn = world(a="from p import *", p="__all__ = ['b', 'c']\nc = 1", p__b="", p__c="")
    drawn = drawn.shadow("p.c").register("from p import *\nimport a")
    assert drawn.state.modules["a"].eager == ("p", "p.b")
    assert drawn.tracked == "p p.b a p.c"
    assert drawn.follow("top-level").tracked == "p p.b a"
    edited = drawn.edit(p__b="x = 1")
    assert edited.trace() == "p.b! a<p.b"
    assert [b.statement for _, b in edited.plan().rebinds] == ["import a", "from p import *"]
    assert drawn.edit(p="").sync().tracked == "p a p.b p.c"
    assert drawn.follow("top-level").edit(p="").sync().tracked == "p a"
    assert world(p="__all__ = ['b']", p__b="").register("from p import *").tracked == "p p.b"


def test_a_loaded_submodule_that_its_package_hides_is_not_what_an_import_gives():
    """`from p import run` is the function, so it refers to p, which depends on p.run."""
    drawn = hiding()
    assert drawn.state.modules["a"].eager == ("p",)
    assert drawn.touch("p.run").trace() == "p.run! p<p.run a<p"
    (binding,) = parse_imports("from p import run")
    assert drawn.state.modules_referred_to(binding) == ("p",)


def test_a_star_import_of_a_package_outside_the_workspace_names_no_submodules():
    """What such a package imports is not followed."""
    drawn = elsewhere(
        world(a="from far import *", far="__all__ = ['b']", far__b=""), "far", "far.b"
    )
    drawn = drawn.register("import a\nfrom far import *")
    assert drawn.tracked == "a far"
    assert drawn.state.modules["far"].source.all_submodules == ("b",)
    assert drawn.state.modules["a"].eager == ("far",)


def test_submodules_of_a_package_outside_the_workspace_are_as_they_are_found():
    """The package is not read, so its own names are not known."""
    drawn = elsewhere(world(b="from far import a", far="", far__a=""), "far", "far.a")
    assert drawn.register("import b").state.modules["b"].eager == ("far.a",)
    hidden = drawn.shadow("far.a").register("import b")
    assert hidden.state.modules["b"].eager == ("far",)


def test_an_aliased_import_of_what_is_absent_refers_to_its_package_too():
    """Nobody knows whether the package will have it."""
    module = world(a="import p.q as x").register("import a").state.modules["a"]
    assert module.top_level == ("p", "p.q")
    here = world(a="import p.q as x", p="", p__q="").register("import a").state.modules["a"]
    assert here.top_level == ("p.q",)


def test_nested_imports_are_told_from_those_at_the_top_level():
    """All of them run with the module."""
    drawn = world(a="try:\n    import p.b\nexcept E: pass\nimport c", p="", p__b="", c="")
    module = drawn.register("import a").state.modules["a"]
    assert module.top_level == ("c",)
    assert module.eager == ("p", "p.b", "c")
    nested = world(a="if x: from p import b", p="", p__b="").register("import a")
    module = nested.state.modules["a"]
    assert (module.top_level, module.eager) == ((), ("p.b",))
    assert (module.through_packages, module.eager_modules) == (("p",), ("p", "p.b"))


def test_functions_start_what_they_have_imported():
    """A name may be a module or a value. Parents come first."""
    drawn = world(
        a="def f():\n    from p.q import r, s\n    import missing", p="", p__q="", p__q__r=""
    )
    module = drawn.register("import a").state.modules["a"]
    assert module.deferred_modules == ("p", "p.q", "p.q.r")


def test_loaded_submodules_are_met_with_a_submodule_of_their_package():
    """Somebody may have imported them by a name that no import statement has."""
    drawn = world(p="", p__a="", p__b="")
    assert drawn.register("import p.a").tracked == "p p.a p.b"
    assert drawn.register("import p").tracked == "p p.a p.b"
    exact = drawn.follow("top-level")
    assert set(exact.register("import p.a").state.modules) == {"p", "p.a", "p.b"}
    assert set(exact.register("import p").state.modules) == {"p"}


# What was seen to be imported.


def plugins():
    """Returns a world in which loader, called by the code of a, imported three modules."""
    drawn = world(a="import loader", loader="def load(): import c", b="", c="", d="")
    for name in "bcd":
        drawn = drawn.imported(name, "loader", started_by="a")
    return drawn.register("import a")


def test_what_was_seen_to_be_imported_is_met_with_who_imported_it():
    """Its record comes with it."""
    drawn = plugins()
    assert drawn.tracked == "a loader b c d"
    assert drawn.state.modules["c"].imported_by == ImportedBy(2, "a", ("loader", "a"))
    assert drawn.state.graph.dependencies["a"] == ("loader", "b", "c", "d")


def test_an_import_that_is_gone_from_the_source_is_gone_after_the_edit():
    """It was seen too, and that is forgotten. Imports by other means stay."""
    drawn = world(a="import b, c", b="", c="", d="")
    for name in "bcd":
        drawn = drawn.imported(name, started_by="a")
    drawn = drawn.register("import a")
    assert drawn.state.graph.dependencies["a"] == ("b", "c", "d")
    synced = drawn.edit(a="import c").sync()
    assert synced.state.graph.dependencies["a"] == ("c", "d")
    assert (synced.tracked, synced.bystanders) == ("a c d", "b")
    assert synced.touch("b").trace() == ""
    assert synced.touch("d").trace() == "d! a<d"


def test_an_import_that_is_gone_from_a_function_is_gone_after_the_edit():
    """What other modules had a hand in importing stays theirs."""
    drawn = plugins().edit(loader="def load(): pass").sync()
    assert drawn.state.modules["c"].imported_by == ImportedBy(2, "a", ("a",))
    assert drawn.state.graph.dependencies["a"] == ("loader", "b", "c", "d")
    gone = plugins().edit(a="")
    assert gone.sync().tracked == "a b c d"


def test_an_edit_that_fails_forgets_no_import():
    """The module is as it was, and so is what it imported."""
    text = "def f(): import b\nf()"
    drawn = world(a=text, b="", c="import b").imported("b", started_by="a")
    drawn = drawn.register("import a, c")
    failed = drawn.edit(a="", c="import b\nx = 1").sync(fails="a")
    assert failed.state.modules["b"] == drawn.state.modules["b"]
    assert failed.state.graph == drawn.state.graph
    assert failed.state.graph.dependencies["a"] == ("b",)


def test_what_a_function_imported_at_import_stays_a_dependency():
    """The function imports it again, which nobody sees: it is loaded."""
    drawn = world(a="def f(): import b\nf()", b="").imported("b", started_by="a")
    edited = drawn.register("import a").edit(a="def f(): import b\nf()\nx = 1").sync()
    assert edited.touch("b").trace() == "b! a<b"


def test_built_ins_have_nothing_to_read():
    """Promise 9: a registered module without a file is tracked."""
    drawn = world().loaded_without_file("sys").register("import sys")
    assert drawn.tracked == "sys"
    assert drawn.state.modules["sys"] == Module("sys", version=Version())
    assert drawn.trace() == ""
