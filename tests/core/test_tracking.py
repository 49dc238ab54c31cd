"""What is tracked, and in which order it begins."""

from attrs import evolve
from pyrsistent import pmap

from liveimport.core.registration import parse_imports
from liveimport.core.state import Module, State, register
from liveimport.core.tracking import beginnings, counting, registered, track

from .worlds import PROJECT, world


def test_beginnings_put_parents_first():
    """The import of a submodule begins with its packages, each once."""
    assert beginnings(["a.b.c", "a.d", "e"]) == ("a", "a.b", "a.b.c", "a.d", "e")


def test_registered_modules_are_those_that_bindings_refer_to():
    """Of all namespaces, each once."""
    state = evolve(
        register(
            register(State(), 1, parse_imports("import p.a; from p import b, name")),
            2,
            parse_imports("import p; import c"),
        ),
        modules=pmap({"p.b": Module("p.b")}),
    )
    assert registered(state) == ("p", "p.a", "p.b", "c")


def test_counting_takes_the_named_and_the_workspace():
    """What is named counts wherever it is; else it needs source, in the workspace."""
    modules = (
        Module("mine", "/project/mine.py"),
        Module("fast", "/project/fast.so", extension=True),
        Module("far", "/elsewhere/far.py"),
        Module("named", "/elsewhere/named.py"),
        Module("builtin"),
    )
    state = State(workspace=(PROJECT,), modules=pmap({m.name: m for m in modules}))
    counts = counting(state, state.modules, ["named", "builtin", "unknown"])
    assert counts == {"mine", "named", "builtin"}


def test_tracking_follows_the_imports():
    """From a registration on, transitively; what nothing reaches is not tracked."""
    drawn = world(a="import b", b="import c", c="", d="import a").register("import a")
    assert drawn.tracked == "a b c"


def test_tracking_survives_cycles():
    """Each module once, in the order in which a fresh interpreter would begin it."""
    drawn = world(a="import b", b="import c", c="import a").register("import b")
    assert drawn.tracked == "b c a"


def test_tracking_ends_at_the_edge_of_the_workspace():
    """A module elsewhere is tracked if a registration names it, not if an import does."""
    drawn = world(a="import far", far="import b", b="").alter(
        "far", path="/far.py", real="/far.py"
    )
    assert drawn.register("import a").tracked == "a"
    assert drawn.register("import a, far").tracked == "a far b"


def test_living_in_a_package_is_no_dependency_on_it():
    """Promise 3: `from p import a` refers to p.a alone, but the import begins with p."""
    drawn = world(p="", p__a="").register("from p import a")
    assert drawn.tracked == "p.a"
    assert drawn.state.begun == ("p", "p.a")


def test_a_package_begins_before_its_submodules_and_so_do_its_imports():
    """The `__init__` runs first, and what it imports before what comes after it."""
    drawn = world(p="from . import b", p__a="", p__b="from . import a")
    assert drawn.register("import p.a").state.begun == ("p", "p.b", "p.a")
    assert drawn.register("import p.a").tracked == "p p.b p.a"


def test_what_functions_import_is_not_tracked_but_begun_behind_the_rest():
    """It is no dependency, but it can hold what is."""
    drawn = world(a="def f():\n    import b", b="import d", c="import e", d="", e="")
    drawn = drawn.register("import a, c")
    assert drawn.tracked == "a c e"
    assert drawn.state.begun == ("a", "c", "e", "b", "d")


def test_tracking_again_finds_the_same():
    """What is tracked follows from registrations, modules and workspace alone."""
    state = world(a="import b", b="").register("import a").state
    assert track(state, surveyed=True) == state
    assert track(evolve(state, registrations=())).tracked == ()
