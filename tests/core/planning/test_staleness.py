"""Which modules must reload, and on what each depends. `test_planner` has more, as traces."""

import pytest
from attrs import evolve

from core.worlds import world
from liveimport.core.detecting.detection import detect_changes
from liveimport.core.planning.dependencies import build_graph
from liveimport.core.planning.staleness import (
    dependencies_of,
    protected_modules,
    stale_modules,
)


def stale(drawn, *, namespace_modules=()):
    """Returns the stale modules of a world as a line, in run order."""
    snapshot = evolve(drawn.snapshot(), namespace_modules=frozenset(namespace_modules))
    changes = detect_changes(drawn.state, snapshot)
    graph = build_graph(drawn.state, changes.modules)
    found = stale_modules(drawn.state, graph, changes, snapshot)
    return " ".join(found)


def test_changed_modules_and_their_dependents_are_stale():
    """They come in run order."""
    drawn = world(a="import b", b="import c", c="", d="import c").register("import d, a")
    assert stale(drawn) == ""
    assert stale(drawn.touch("c")) == "d c a b"
    assert stale(drawn.touch("b")) == "a b"


def test_new_and_missing_modules_are_not_stale():
    """A new module was never loaded. A missing one cannot run, and passes nothing on."""
    drawn = world(a="import b", b="import c", c="").register("import a")
    assert stale(drawn.edit(c="import n", n="")) == "a b c"
    assert stale(drawn.remove("b").touch("c")) == "c"


@pytest.mark.parametrize(
    ("statements", "expected"), [("import a", "b a"), ("import main", "main b a")]
)
def test_a_module_that_is_a_namespace_is_stale_only_if_it_is_tracked(statements, expected):
    """Rebinding updates its names otherwise."""
    drawn = world(a="import b", main="import b\nimport a", b="").register(statements).touch("b")
    found = stale(drawn, namespace_modules=["main"])
    assert sorted(found.split()) == sorted(expected.split())


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ({"a": ""}, "a"),
        ({"a": "", "c": "import b"}, "a c b"),
        ({"a": "try: import b\nexcept E: pass"}, "a b"),
    ],
)
def test_a_changed_module_that_is_dropped_is_stale_only_if_it_is_needed(edit, expected):
    """Something that stays depends on it, or a tracked module starts it."""
    drawn = world(a="import b", b="", c="").register("import a, c").touch("b")
    assert stale(drawn.edit(**edit)) == expected


def test_a_changed_module_that_a_registered_name_is_from_is_stale():
    """Its package hides it now. It runs as long as it is loaded with tracked modules."""
    drawn = world(p="", p__run="", p__other="").register("from p import run, other")
    assert stale(drawn.edit(p="run = 1", p__run="x = 1")) == "p p.run"
    drawn = drawn.follow("top-level")
    assert drawn.tracked == "p.run p.other"
    assert stale(drawn.edit(p="run = 1", p__run="x = 1")) == "p p.run"
    alone = world(p="", p__run="").register("from p import run").follow("top-level")
    assert stale(alone.edit(p="run = 1", p__run="x = 1")) == "p"


def test_an_unchanged_dependent_keeps_a_dropped_module_needed():
    """It depends on it without being tracked."""
    drawn = world(a="import b\ndef f():\n    import c", b="", c="import b").register("import a")
    assert stale(drawn.edit(a="def f():\n    import c", b="x = 1")) == "a c b"


def test_modules_that_ran_before_a_dependency_are_stale():
    """So are their dependents. One that cannot run passes nothing on."""
    drawn = world(a="import b", b="import c", c="").register("import c").use("a", "b")
    drawn = drawn.touch("c").sync()
    assert stale(drawn) == ""
    later = drawn.register("import a")
    assert stale(later) == "a b"
    assert stale(later.remove("b")) == ""


def test_what_ran_before_a_missing_dependency_only_is_not_stale():
    """The dependency cannot run, and the others are older."""
    drawn = world(a="import b, c", b="", c="").register("import b").use("a").touch("b").sync()
    assert stale(drawn.register("import a")) == "a"
    assert stale(drawn.register("import a").remove("b")) == ""


def test_dependencies_of_a_module_that_did_not_change_are_those_of_its_last_run_too():
    """Its package hid a submodule when it ran."""
    text = "import a, absent\nfrom p import run"
    drawn = world(a=text, p="from .run import run", p__run="")
    drawn = drawn.shadow("p.run").register("import a").edit(p="")
    changes = detect_changes(drawn.state, drawn.snapshot())
    graph = build_graph(drawn.state, changes.modules)
    assert graph.dependencies["a"] == ("p.run",)
    assert dependencies_of("a", drawn.state, graph, changes) == ("p.run", "p")
    assert dependencies_of("p", drawn.state, graph, changes) == ()
    edited = drawn.touch("a")
    changes = detect_changes(edited.state, edited.snapshot())
    assert dependencies_of("a", edited.state, graph, changes) == ("p.run", "p")
    exact = edited.follow("top-level")
    changes = detect_changes(exact.state, exact.snapshot())
    graph = build_graph(exact.state, changes.modules)
    assert dependencies_of("a", exact.state, graph, changes) == ("p.run",)


def test_the_packages_that_a_module_depends_on_are_those_that_changed():
    """It imports submodules of them. A package outside the workspace is none of them."""
    drawn = world(a="from p import b\nfrom q import c", p="", p__b="", q="", q__c="")
    drawn = drawn.move("q", "/far/q/__init__.py").register("import a").touch("p", "q")
    changes = detect_changes(drawn.state, drawn.snapshot())
    assert changes.modules["a"].through_packages == ("p", "q")
    found = dependencies_of("a", drawn.state, drawn.state.graph, changes)
    assert found == ("p.b", "q.c", "p")


def test_a_module_that_is_not_in_the_graph_depends_on_nothing():
    """Nobody reaches it."""
    drawn = world(a="").register("import a")
    changes = detect_changes(drawn.state, drawn.snapshot())
    assert dependencies_of("x", drawn.state, drawn.state.graph, changes) == ()


def test_a_bystander_is_stale_with_what_it_depends_on():
    """One whose values changed is not, and passes nothing on. An edit of its own does not count."""
    drawn = world(a="import b", b="", c="import b", d="import c").register("import a")
    assert stale(drawn.touch("b")) == "a b c d"
    assert stale(drawn.use("c").touch("b")) == "a b"
    assert stale(drawn.use("d").touch("b")) == "a b c"
    assert stale(drawn.touch("c")) == ""


def protected(drawn, *, namespace_modules=()):
    """Returns the modules of a world that would run, but for their values, as a line."""
    snapshot = evolve(drawn.snapshot(), namespace_modules=frozenset(namespace_modules))
    changes = detect_changes(drawn.state, snapshot)
    graph = build_graph(drawn.state, changes.modules)
    running = frozenset(stale_modules(drawn.state, graph, changes, snapshot))
    return " ".join(protected_modules(drawn.state, graph, changes, snapshot, running))


def test_a_bystander_is_protected_only_while_what_it_depends_on_runs():
    """Its values changed. A tracked module is never protected, and neither is a namespace."""
    drawn = world(a="import b", b="", c="import b", d="import c", e="import b")
    drawn = drawn.register("import a").use("a", "e", "c", "d")
    assert protected(drawn) == ""
    assert protected(drawn.touch("a")) == ""
    assert protected(drawn.touch("b")) == "c e"
    assert protected(drawn.touch("b"), namespace_modules=["c"]) == "e"
    assert protected(drawn.touch("b").remove("e")) == "c"


def test_modules_of_an_upgraded_package_are_not_stale():
    """They need a restart, in this sync and later ones. So they pass nothing on."""
    drawn = world(a="import lib.b", lib="", lib__b="", c="").register("import a, c, lib.b")
    edited = drawn.touch("lib.b", "c")
    assert stale(edited) == "a lib.b c"
    upgraded = edited.upgrade("lib")
    assert stale(upgraded) == "c"
    later = upgraded.sync().touch("lib", "c")
    assert later.state.upgraded == {"lib"}
    assert stale(later) == "c"


def test_a_table_is_stale_with_what_it_holds():
    """And with it all that depends on it; a bystander whose values changed is protected."""
    drawn = world(reg="", user="import reg", plug="import reg", other="")
    drawn = drawn.register("import user, plug, other").hold("reg", "plug", "P")
    assert stale(drawn.touch("plug")) == "user reg plug"
    assert stale(drawn.touch("user")) == "user"
    table = world(reg="", plug="").register("import plug").hold("reg", "plug", "P")
    assert stale(table.touch("plug")) == "plug reg"
    assert stale(table.use("reg").touch("plug")) == "plug"
    changes = detect_changes(table.state, table.use("reg").touch("plug").snapshot())
    protected = protected_modules(
        table.state,
        table.state.graph,
        changes,
        table.use("reg").touch("plug").snapshot(),
        frozenset({"plug"}),
    )
    assert protected == ("reg",)
