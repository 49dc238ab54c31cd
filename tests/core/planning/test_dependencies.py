"""Which modules are tracked, who depends on whom, and in which order modules run."""

import pytest
from attrs import evolve
from pyrsistent import pmap

from core.worlds import PROJECT, Load, world
from liveimport.core.committing.registered import register
from liveimport.core.imports import parse_imports
from liveimport.core.model import (
    DependencyGraph,
    Hold,
    Holds,
    ImportedBy,
    Location,
    Module,
    State,
    Version,
)
from liveimport.core.planning.dependencies import (
    build_graph,
    dependencies_of_module,
    generations,
    holds_after,
    import_roots,
    imported,
    registered_modules,
    trackable,
    wider,
)
from liveimport.core.planning.planner import plan_reload
from liveimport.core.workspace import Workspace

TOP_LEVEL = "top-level"


def order(drawn):
    """Returns the run order of a world as a line."""
    return " ".join(drawn.state.graph.run_order)


def test_registered_modules_are_those_that_bindings_refer_to():
    """Those of all namespaces are returned, each once, behind their parents."""
    state = register(State(), 1, parse_imports("from q import b; import p.a; from p import x"))
    state = register(state, 2, parse_imports("import p; import c"))
    modules = {"q.b": Module("q.b")}
    assert registered_modules(state, modules) == ("q", "q.b", "p", "p.a", "c")
    exact = evolve(state, follow=TOP_LEVEL)
    assert registered_modules(exact, modules) == ("q.b", "p", "p.a", "c")


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
    found = trackable(Workspace((PROJECT,)), modules, ["registered", "builtin", "unknown"])
    assert found == {"mine", "registered", "builtin"}


def test_generations_are_those_of_the_last_run():
    """A module that no sync ran has the generation of its import."""
    modules = {"a": Module("a"), "b": Module("b", generation=2), "c": Module("c", generation=1)}
    state = State(modules=pmap(modules), last_run={"c": 3})
    assert generations(state, modules) == {"a": 0, "b": 2, "c": 3}


def test_the_dependencies_of_a_module_by_its_source():
    """Those in blocks count, unless only those at the top level are followed."""
    module = Module("a", top_level=("b",), eager=("b", "c"))
    assert dependencies_of_module(module, "loaded") == ("b", "c")
    assert dependencies_of_module(module, TOP_LEVEL) == ("b",)


def test_who_was_seen_to_import_modules():
    """They come in the order of their imports. Nobody imports itself."""
    modules = {
        "a": Module("a"),
        "b": Module("b", imported_by=ImportedBy(4, "a", ("loader", "a"))),
        "c": Module("c", imported_by=ImportedBy(2, "a", ("a",))),
        "d": Module("d", imported_by=ImportedBy(3, "", ("loader",))),
        "e": Module("e", imported_by=ImportedBy(1, "e", ("e",))),
        "f": Module("f", imported_by=ImportedBy(5, "a", ("a",))),
    }
    seen = imported(modules, "abcde")
    assert seen.started == {"a": ["c", "b"]}
    assert seen.called == {"e": ["e"], "a": ["c", "b"], "loader": ["d", "b"]}


def test_the_import_roots_of_a_session():
    """They are those of the registered modules, as they are named and behind links."""
    drawn = world(p="", p__a="", mine="")
    for name, path in (("p", "/src/p/__init__.py"), ("p.a", "/src/p/a.py")):
        drawn = drawn.move(name, path)
    drawn = drawn.alter("p.a", real_path="/real/p/a.py")
    state = drawn.register("import p.a, mine").state
    assert import_roots(state) == ("/src/", "/real/")
    assert import_roots(register(state, 1, parse_imports("import absent"))) == (
        "/src/",
        "/real/",
    )


def scattered():
    """Returns a world in which each module lies in a folder of its own."""
    drawn = world(a="import b", b="", c="def f(): import d", d="", fast="", other="", lib="")
    for name in drawn.files:
        drawn = drawn.move(name, f"/{name}/{name}.py")
    drawn = drawn.move("fast", "/fast/fast.so").alter("fast", is_extension=True)
    return drawn.move("lib", "/env/site-packages/lib.py").adding_roots()


def test_what_tracked_modules_import_adds_roots_too():
    """Such a module may lead to further ones. Libraries and compiled modules add none."""
    texts = {"a": "import b, fast, lib", "b": "import c"}
    drawn = scattered().edit(**texts).imported("other", "c").register("import a")
    assert drawn.state.workspace.roots == ("/a/", "/b/", "/c/", "/d/", "/other/")
    assert drawn.tracked == "a b c other d"
    assert drawn.register("import c", clear=True).tracked == "c other d"


def test_an_edit_that_leads_to_further_roots():
    """The plan is made again from a State with them."""
    drawn = scattered().register("import a")
    assert drawn.state.workspace.roots == ("/a/", "/b/")
    edited = drawn.edit(b="import c, new").edit(new="").move("new", "/new/new.py")
    snapshot = edited.snapshot()
    _, planned = plan_reload(edited.state, snapshot)
    state = wider(edited.state, planned, snapshot.found)
    assert state.workspace.roots == ("/a/", "/b/", "/c/", "/new/")
    again = evolve(edited, state=state)
    assert again.trace() == "new+ b! a<b"
    snapshot = again.snapshot()
    _, planned = plan_reload(state, snapshot)
    # The function of c has loaded d, which is outside until the next look.
    assert wider(state, planned, snapshot.found).workspace.roots[-1] == "/d/"


def test_a_plan_that_leads_to_no_further_root():
    """There is nothing to plan again."""
    drawn = scattered().register("import a")
    edited = drawn.edit(a="import b, lib")
    for one in (drawn, edited, edited.follow(TOP_LEVEL), edited.workspace("/a/")):
        _, planned = one.planned()
        assert wider(one.state, planned, one.snapshot().found) is None


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


def test_the_parents_of_a_registered_module_are_tracked():
    """Promise 3: `from p import a` refers to p.a alone, but the import runs p first."""
    drawn = world(p="import config", p__a="", config="").register("from p import a")
    assert drawn.tracked == "p config p.a"
    assert drawn.state.graph.dependencies["p.a"] == ()
    exact = drawn.follow(TOP_LEVEL)
    assert exact.tracked == "p.a"
    assert order(exact) == "p config p.a"


def test_without_registrations_nothing_is_tracked():
    """The graph is as empty as that of a new State, but for bystanders."""
    state = world(a="import b", b="").register("import a").state
    cleared = evolve(state, registrations=())
    graph = build_graph(cleared, dict(state.modules))
    assert (graph.tracked, graph.bystanders) == ((), {"a", "b"})
    exact = evolve(cleared, follow=TOP_LEVEL)
    assert build_graph(exact, dict(state.modules)) == DependencyGraph()


def test_building_the_graph_again_makes_the_same():
    """It follows from registrations, modules and workspace alone."""
    state = world(a="import b", b="").register("import a").state
    assert build_graph(state, dict(state.modules)) == state.graph


# In which order modules run.


def test_a_package_starts_before_its_submodules_and_so_do_its_imports():
    """The `__init__` runs first, and what it imports before what comes after it."""
    drawn = world(p="from . import b", p__a="", p__b="from . import a").register("import p.a")
    assert order(drawn.follow(TOP_LEVEL)) == order(drawn)
    assert order(drawn) == "p p.b p.a"
    assert drawn.tracked == "p p.b p.a"


def test_what_functions_import_starts_behind_the_rest():
    """It is no dependency, but it is tracked once it is loaded."""
    drawn = world(a="def f():\n    import b", b="import d", c="import e", d="", e="")
    drawn = drawn.register("import a, c")
    assert drawn.tracked == order(drawn) == "a c e b d"
    assert drawn.state.graph.dependencies["a"] == ()
    exact = drawn.follow(TOP_LEVEL)
    assert exact.tracked == "a c e"
    assert order(exact) == "a c e b d"


def test_what_else_of_a_package_is_loaded_starts_behind_the_rest():
    """Somebody may have imported it by a name that no import statement has."""
    drawn = world(p="", p__a="", p__b="import c", c="", q="").register("import p.a")
    assert drawn.tracked == "p p.a p.b c"
    assert order(drawn) == "p p.a p.b c q"
    exact = drawn.follow(TOP_LEVEL)
    assert exact.tracked == "p p.a"
    assert order(exact) == "p p.a p.b c"


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
    """They have objects of a version before. Whoever looks at them again finds out."""
    drawn = world(a="import b", b="", c="").register("import b").use("a").touch("b").sync()
    assert drawn.register("import a, c").state.graph.lagging == {"a"}
    assert drawn.register("import a, c").sync().state.graph.lagging == frozenset()
    exact = world(a="import b", b="").follow(TOP_LEVEL).register("import b").touch("b").sync()
    assert exact.register("import a").state.graph.lagging == {"a"}


@pytest.mark.parametrize(
    ("text", "lagging"),
    [("import b", {"a"}), ("try: import b\nexcept E: pass", set()), ("import c", set())],
)
def test_who_imports_under_a_condition_does_not_lag_behind_a_later_import(text, lagging):
    """Somebody else loaded the module since. An import at the top level would have loaded it."""
    drawn = world(a=text, c="").register("import a, c").touch("c").sync().edit(b="")
    later = drawn.with_loads({"b": Load(Version(drawn.files["b"].stamp), generation=1)})
    assert later.register("import a").state.graph.lagging == lagging


def test_who_imports_under_a_condition_lags_behind_a_reload():
    """The module ran again since, by a sync."""
    drawn = world(a="try: import b\nexcept E: pass", b="").register("import b")
    later = drawn.use("a").touch("b").sync().register("import a")
    assert later.state.graph.lagging == {"a"}
    assert later.trace() == "a<b"


# Facts of the session: who imported what.


def test_what_the_code_of_a_module_imported_first_is_a_dependency():
    """The means do not matter: `importlib`, a loop over pkgutil, a lazy package."""
    drawn = world(a="", loader="", b="").imported("b", "loader", started_by="a")
    graph = drawn.register("import a").state.graph
    assert graph.tracked == ("a", "b")
    assert graph.dependencies == {"a": ("b",), "b": (), "loader": ()}
    assert list(graph.finish_order) == ["b", "a", "loader"]
    exact = drawn.follow(TOP_LEVEL).register("import a").state.graph
    assert exact.tracked == ("a",)


def test_what_a_function_imported_later_is_tracked_and_no_dependency():
    """Any module whose function had a hand in it reaches it."""
    drawn = world(a="import loader", loader="", b="", c="").imported("b", "loader", "a")
    graph = drawn.register("import a").state.graph
    assert graph.tracked == ("a", "loader", "b")
    assert graph.dependencies == {"a": ("loader",), "loader": (), "b": (), "c": ()}


def test_imports_that_were_seen_keep_their_order():
    """They come behind what the source shows, as they happened."""
    drawn = world(a="import d", b="", c="", d="")
    drawn = drawn.imported("c", started_by="a").imported("b", started_by="a")
    assert order(drawn.register("import a")) == "a d c b"


def test_what_no_statement_names_starts_before_what_was_seen_to_start_next():
    """As in a package that asks another one for a name, whose hook imports."""
    drawn = world(a="import d, e", b="", c="", d="", e="")
    for name in ("b", "d", "c", "e"):
        drawn = drawn.imported(name, started_by="a")
    assert order(drawn.register("import a")) == "a b d c e"


def test_what_functions_imported_starts_in_the_order_that_was_seen():
    """Behind it comes what the source shows and nobody was seen to import."""
    drawn = world(a="def f(): import b, c, d", b="", c="", d="")
    drawn = drawn.imported("d", "a").imported("b", "a")
    assert order(drawn.register("import a")) == "a d b c"


def test_what_was_imported_outside_the_workspace_is_not_tracked():
    """Neither is what a module outside imported, unless somebody else reaches it."""
    drawn = world(a="", far="", b="").move("far", "/far.py")
    drawn = drawn.imported("far", started_by="a").imported("b", started_by="far")
    registered = drawn.register("import a")
    assert (registered.tracked, registered.bystanders) == ("a", "b")


# Bystanders.


def test_bystanders_are_the_other_loaded_modules_of_the_workspace():
    """They come last, each behind the root of its imports, and are not tracked."""
    drawn = world(a="import b", b="", c="", d="import c, b", far="").move("far", "/far.py")
    drawn = drawn.edit(unloaded="import b").register("import a")
    assert (drawn.tracked, drawn.bystanders) == ("a b", "c d")
    assert order(drawn) == "a b c d"
    assert list(drawn.state.graph.finish_order) == ["b", "a", "c", "d"]
    assert drawn.state.graph.dependents == {"b": ("a", "d"), "c": ("d",)}
    exact = drawn.follow(TOP_LEVEL)
    assert (exact.bystanders, order(exact)) == ("", "a b")


def test_bystanders_come_in_the_order_in_which_they_were_seen_to_start():
    """A cycle is entered where it was."""
    drawn = world(a="", c="import d", d="import c").imported("d").imported("c", started_by="d")
    assert order(drawn.register("import a")) == "a d c"


def test_a_bystander_that_is_registered_is_none():
    """It is tracked from then on."""
    drawn = world(a="import b", b="", c="import b, d", d="").register("import a")
    assert drawn.bystanders == "c d"
    registered = drawn.register("import c")
    assert (registered.tracked, registered.bystanders) == ("a b c d", "")
    assert registered.register("import a", clear=True).bystanders == "c d"


def test_extensions_and_files_that_are_gone_are_no_bystanders():
    """They cannot run again."""
    drawn = world(a="", fast="", gone="").alter("fast", path="/project/f.so", is_extension=True)
    assert drawn.remove("gone").register("import a").bystanders == ""


# Packages.


def test_who_imports_a_submodule_uses_its_package():
    """It does not depend on the package, but is stale when the package's own file changed."""
    text = "from p import b, x\nimport p.c\nfrom p.b import y"
    drawn = world(a=text, p="x = 1", p__b="", p__c="").register("import a")
    graph = drawn.state.graph
    assert graph.package_users == {"p": ("a",)}
    assert drawn.state.modules["a"].through_packages == ("p",)
    assert drawn.follow(TOP_LEVEL).state.graph.package_users == {}


def test_what_of_a_package_nothing_leads_to_is_left_over():
    """It is tracked as a part of its package."""
    drawn = world(p="", p__a="def f(): from p import b", p__b="", p__c="", p__d="import p.e")
    drawn = drawn.edit(p__e="").with_loads({"p.e": Load()}).register("import p.a")
    assert drawn.tracked == "p p.a p.b p.c p.d p.e"
    assert drawn.state.graph.leftovers == {"p.c", "p.d", "p.e"}
    assert drawn.follow(TOP_LEVEL).state.graph.leftovers == frozenset()


# Compiled modules.


def compiled(drawn, **paths):
    """Returns the world in which these modules are compiled, at these paths."""
    for keyword, path in paths.items():
        name = keyword.replace("__", ".")
        drawn = drawn.alter(name, is_extension=True).move(name, path)
    return drawn


def test_extensions_are_the_compiled_modules_of_the_workspace():
    """They may hold objects of modules that reload."""
    drawn = world(a="import b", b="import z", z="", fast="")
    drawn = compiled(drawn, z="/project/z.so", fast="/project/f.so")
    state = drawn.register("import a, fast").register("import a", clear=True).state
    assert state.graph.extensions == ("fast", "z")
    for order in ("abfz", "zfba"):
        modules = dict(sorted(state.modules.items(), key=lambda item: order.index(item[0][0])))
        assert build_graph(state, modules).extensions == ("fast", "z")


def test_extensions_behind_tracked_modules_may_lie_elsewhere():
    """What is built from a project is often in a build directory, or installed."""
    texts = {
        "a": "import far, sys, lib\ndef f(): import late",
        "p": "",
        "p__q__fast": "from p import q",
    }
    texts |= {
        "p__q": "",
        "far": "",
        "late": "",
        "sys": "",
        "lib": "import lib.fast",
        "lib__fast": "",
    }
    drawn = world(**texts)
    paths = {name: f"/build/{name}.so" for name in ("p__q__fast", "far", "late", "lib__fast")}
    drawn = compiled(drawn, sys="/python/lib-dynload/sys.so", **paths)
    drawn = drawn.move("lib", "/env/site-packages/lib/__init__.py").adding_roots("/python/")
    drawn = drawn.register("import a, p.q")
    assert drawn.state.graph.extensions == ("far", "late", "p.q.fast")
    registered = drawn.register("import lib")
    assert registered.state.graph.extensions == ("far", "late", "lib.fast", "p.q.fast")
    changed = registered.restamp("p.q.fast", size=99)
    assert changed.plan().changed_extensions == ("p.q.fast",)


# Holds (R4).


def holders(drawn):
    """Returns who runs with whom though it does not depend on it."""
    return {name: " ".join(holders) for name, holders in drawn.state.graph.holders.items()}


def test_a_table_runs_with_what_it_holds():
    """The module of the table does not depend on it, so this says nothing of their order."""
    drawn = world(reg="", plug="import reg").register("import plug").hold("reg", "plug", "P")
    assert holders(drawn) == {"plug": "reg"}
    assert holders(drawn.follow("top-level")) == {}


def test_a_hold_adds_nothing_to_a_dependency():
    """Neither to one by other modules in between."""
    drawn = world(a="import b", b="import c", c="").register("import a")
    assert holders(drawn.hold("a", "c", "C")) == {}


def test_a_hold_adds_something_to_a_dependency_by_a_module_that_was_never_loaded():
    """An import under a condition names it, and nothing becomes stale through it."""
    drawn = world(reg="if 0: import other", plug="import reg").edit(other="import plug")
    drawn = drawn.register("import plug").hold("reg", "plug", "P")
    assert holders(drawn.touch("plug").sync()) == {"plug": "reg"}


def test_a_hold_of_what_is_not_known_says_nothing():
    """The one may be gone, or the other."""
    drawn = world(a="").register("import a")
    assert holders(drawn.hold("a", "gone", "C")) == holders(drawn.hold("gone", "a", "C")) == {}


def test_a_table_runs_with_who_fills_it():
    """What does not import the table was put there by a module that imports both."""
    drawn = world(reg="", plug="", filler="import reg, plug", other="import reg")
    drawn = drawn.register("import filler, other").hold("reg", "plug", "f")
    assert holders(drawn) == {"plug": "reg", "filler": "reg"}


def test_what_a_tracked_module_holds_is_tracked():
    """Somebody else imported it."""
    drawn = world(reg="", plug="").register("import reg")
    assert drawn.bystanders == "plug"
    drawn = drawn.hold("reg", "plug", "P")
    assert (drawn.tracked, drawn.bystanders) == ("reg plug", "")


def test_holds_after_a_scan():
    """What is found of a module takes the place of what was known; what was added adds to it."""
    known = {"a": (Hold("c", "C"),), "b": (Hold("d", "D"),)}
    state = world(a="import b", b="", c="", d="").register("import a, c, d").state
    state, graph = evolve(state, holds=known), state.graph
    everything = Holds(everything={"a": (Hold("b", "B"), Hold("d", "D"))})
    assert holds_after(state, everything, graph) == {
        "a": (Hold("d", "D"),),
        "b": (Hold("d", "D"),),
    }
    added = Holds(added={"a": (Hold("c", "other"), Hold("d", "D"))})
    assert holds_after(state, added, graph)["a"] == (Hold("c", "C"), Hold("d", "D"))
    nothing = Holds(everything={"a": (), "b": ()})
    assert holds_after(state, nothing, graph) == {}
    assert holds_after(state, Holds(), graph) is known
    assert holds_after(state, Holds(everything={"c": ()}), graph) is known
