"""Which modules are tracked, who depends on whom, and in which order modules run."""

from attrs import evolve
from pyrsistent import pmap

from core.worlds import PROJECT, world
from liveimport.core.imports import parse_imports
from liveimport.core.model import DependencyGraph, Location, Module, State, register
from liveimport.core.planning.dependencies import (
    build_graph,
    generations,
    registered_modules,
    trackable,
)


def order(drawn):
    """Returns the run order of a world as a line."""
    return " ".join(drawn.state.graph.run_order)


def test_registered_modules_are_those_that_bindings_refer_to():
    """Those of all namespaces are returned, each once."""
    state = register(State(), 1, parse_imports("import p.a; from p import b, name"))
    state = register(state, 2, parse_imports("import p; import c"))
    assert registered_modules(state, {"p.b": Module("p.b")}) == ("p", "p.a", "p.b", "c")


def test_trackable_are_registered_modules_and_those_of_the_workspace():
    """A registered module may be anywhere. Another needs a source in the workspace."""
    modules = {
        name: Module(name, Location(path, is_extension=is_extension))
        for name, path, is_extension in (
            ("mine", "/project/mine.py", False),
            ("fast", "/project/fast.so", True),
            ("far", "/elsewhere/far.py", False),
            ("registered", "/elsewhere/registered.py", False),
            ("builtin", None, False),
        )
    }
    found = trackable((PROJECT,), modules, ["registered", "builtin", "unknown"])
    assert found == {"mine", "registered", "builtin"}


def test_generations_are_those_of_the_last_run():
    """A module that no sync ran has the generation of its import."""
    modules = {"a": Module("a"), "b": Module("b", generation=2), "c": Module("c", generation=1)}
    state = State(modules=pmap(modules), last_run={"c": 3})
    assert generations(state, modules) == {"a": 0, "b": 2, "c": 3}


# What is tracked.


def test_tracking_follows_the_imports():
    """A module that no registration leads to is not tracked."""
    drawn = world(a="import b", b="import c", c="", d="import a").register("import a")
    assert drawn.tracked == "a b c"


def test_tracking_survives_cycles():
    """Each module has one place, that of a fresh interpreter."""
    drawn = world(a="import b", b="import c", c="import a").register("import b")
    assert drawn.tracked == "b c a"


def test_tracking_ends_at_the_edge_of_the_workspace():
    """A module outside is tracked if a registration names it, not if an import does."""
    drawn = world(a="import far", far="import b", b="").move("far", "/far.py")
    assert drawn.register("import a").tracked == "a"
    assert drawn.register("import a, far").tracked == "a far b"


def test_a_submodule_does_not_depend_on_its_package():
    """Promise 3: `from p import a` refers to p.a alone, but the import starts with p."""
    drawn = world(p="", p__a="").register("from p import a")
    assert drawn.tracked == "p.a"
    assert order(drawn) == "p p.a"


def test_without_registrations_nothing_is_tracked():
    """The graph is as empty as that of a new State."""
    state = world(a="import b", b="").register("import a").state
    empty = build_graph(evolve(state, registrations=()), dict(state.modules))
    assert empty == DependencyGraph()


def test_building_the_graph_again_makes_the_same():
    """It follows from registrations, modules and workspace alone."""
    state = world(a="import b", b="").register("import a").state
    assert build_graph(state, dict(state.modules)) == state.graph


# In which order modules run.


def test_a_package_starts_before_its_submodules_and_so_do_its_imports():
    """The `__init__` runs first, and what it imports before what comes after it."""
    drawn = world(p="from . import b", p__a="", p__b="from . import a").register("import p.a")
    assert order(drawn) == "p p.b p.a"
    assert drawn.tracked == "p p.b p.a"


def test_what_functions_import_starts_behind_the_rest():
    """It is no dependency, but it may hold objects of what is one."""
    drawn = world(a="def f():\n    import b", b="import d", c="import e", d="", e="")
    drawn = drawn.register("import a, c")
    assert drawn.tracked == "a c e"
    assert order(drawn) == "a c e b d"


def test_what_else_of_a_package_is_loaded_starts_behind_the_rest():
    """Somebody may have imported it by a name that no import statement has."""
    drawn = world(p="", p__a="", p__b="import c", c="", q="").register("import p.a")
    assert drawn.tracked == "p p.a"
    assert order(drawn) == "p p.a p.b c"


def test_modules_finish_behind_what_they_import():
    """Those behind the rest finish behind the rest."""
    drawn = world(p="", p__a="import d", p__b="import c", c="", d="").register("import p.a")
    assert order(drawn) == "p p.a d p.b c"
    assert list(drawn.state.graph.finish_order) == ["p", "d", "p.a", "c", "p.b"]
    assert list(drawn.state.graph.finish_order.values()) == [0, 1, 2, 3, 4]
    assert list(drawn.state.graph.run_order.values()) == [0, 1, 2, 3, 4]


# Who depends on whom.


def test_dependencies_and_dependents():
    """Nobody depends on itself. A module without source has no dependents of its own."""
    drawn = world(a="import a, b, sys", b="import c", c="").loaded_without_file("sys")
    graph = drawn.register("import a, sys").state.graph
    assert graph.dependencies == {"a": ("b", "sys"), "b": ("c",), "c": (), "sys": ()}
    assert graph.dependents == {"b": ("a",), "sys": ("a",), "c": ("b",)}
    assert graph.runnable == {"a", "b", "c"}


def test_modules_that_ran_before_a_dependency_are_lagging():
    """They have objects of a version before."""
    drawn = world(a="import b", b="", c="").register("import b").touch("b").sync()
    assert drawn.register("import a, c").state.graph.lagging == {"a"}
    assert drawn.register("import a, c").sync().state.graph.lagging == frozenset()


# When the graph is out of date.


def test_modules_that_are_not_loaded_yet():
    """Blocks and functions name them. Of what functions name, a part may be a module."""
    text = "try: import b\nexcept E: import c\ndef f():\n    from d import e\n    import g"
    drawn = world(a=text, c="", g="").register("import a")
    assert drawn.state.graph.not_loaded_yet == {"b", "d", "d.e"}


def test_packages_are_the_outermost_ones():
    """More of them may be loaded at any time."""
    drawn = world(a="import p.q.r", p="", p__q="", p__q__r="").register("import a")
    assert drawn.state.graph.packages == {"p"}
    assert world(a="").register("import a").state.graph.packages == frozenset()


def test_extensions_are_the_compiled_modules_of_the_workspace():
    """They may hold objects of modules that reload."""
    drawn = world(a="import z, fast, far", z="", fast="", far="")
    for name, path in (("z", "/project/z.so"), ("fast", "/project/f.so"), ("far", "/far.so")):
        drawn = drawn.alter(name, is_extension=True).move(name, path)
    state = drawn.register("import a").state
    assert state.graph.extensions == ("fast", "z")
    for order in ("afz", "zfa"):
        modules = dict(sorted(state.modules.items(), key=lambda item: order.index(item[0][0])))
        assert build_graph(state, modules).extensions == ("fast", "z")
