"""State: registrations, what is in the workspace, what is tracked and in which order it begins."""

import pytest
from pyrsistent import pmap

from liveimport.core.registration import parse_imports
from liveimport.core.state import (
    Module,
    State,
    having_run,
    in_workspace,
    not_having_run,
    register,
    relative_to,
    within,
)

from .worlds import PROJECT, world


def statements(state):
    """Returns the registered statements of each namespace, as lines by key."""
    return {
        registration.key: "; ".join(binding.statement for binding in registration.bindings)
        for registration in state.registrations
    }


def executed(*cells, **options):
    """Returns the State after namespaces executed cells, given as (key, text)."""
    state = State()
    for key, text in cells:
        state = register(state, key, parse_imports(text), **options)
    return state


def test_registering_is_additive_and_keeps_execution_order():
    """A statement that runs again moves to the end, and its names win again."""
    state = executed((1, "import a"), (1, "import b"), (1, "import a"))
    assert statements(state) == {1: "import b; import a"}


def test_namespaces_are_registered_apart():
    """Each namespace has its own bindings, in the order in which it came."""
    state = executed((2, "import a"), (1, "import b"), (2, "import c"))
    assert statements(state) == {2: "import a; import c", 1: "import b"}
    assert [r.key for r in state.registrations] == [2, 1]


def test_clear_discards_what_that_namespace_had_before():
    """Other namespaces keep what they have."""
    state = executed((1, "import a"), (2, "import b"))
    cleared = register(state, 1, parse_imports("import c"), clear=True)
    assert statements(cleared) == {1: "import c", 2: "import b"}


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/project/a.py", True),
        ("/project/deep/down/a.py", True),
        ("/projects/a.py", False),
        ("/a.py", False),
        ("/project/.venv/lib/python3/site-packages/a.py", False),
        ("/usr/lib/python3/dist-packages/a.py", False),
        ("/project/dist-packages/p/__init__.py", False),
        ("/project/my-site-packages/a.py", True),
        ("\\project\\site-packages\\a.py", False),
        (None, False),
    ],
)
def test_the_workspace_is_what_lies_under_its_directories(path, inside):
    """A path is inside by its folders, and installed packages are not, though below it."""
    assert in_workspace((PROJECT, "\\project\\"), Module("a", path)) is inside


def test_a_workspace_within_site_packages_is_what_was_asked_for():
    """Somebody who names such a directory means it."""
    directory = "/lib/site-packages/mine/"
    assert in_workspace((directory,), Module("mine", f"{directory}__init__.py"))


def test_a_link_into_the_workspace_counts():
    """Either end of a symbolic link may lie in the workspace."""
    assert in_workspace((PROJECT,), Module("a", "/elsewhere/a.py", real="/project/a.py"))
    assert in_workspace((PROJECT,), Module("a", "/project/a.py", real="/elsewhere/a.py"))
    assert not in_workspace((), Module("a", "/project/a.py"))


@pytest.mark.parametrize(
    ("module", "reloadable"),
    [
        (Module("a", "/project/a.py"), True),
        (Module("a", "/project/a.so", extension=True), False),
        (Module("a"), False),
    ],
)
def test_only_modules_with_source_reload(module, reloadable):
    """Promise 9: built-ins and extensions are accepted, and never reloaded."""
    assert module.reloadable is reloadable


def test_what_relative_imports_are_relative_to():
    """To the package itself in its `__init__`, else to the parent."""
    assert relative_to("p.a", package=False) == "p"
    assert relative_to("p.a", package=True) == "p.a"
    assert relative_to("a", package=False) == ""
    assert Module("p.a", package=True).relative_to == "p.a"


def test_dependencies_are_the_known_targets():
    """An import of what is not known leads nowhere, and neither does a module not known."""
    state = world(a="import b, missing", b="").register("import a").state
    assert state.dependencies("a") == ("b",)
    assert set(state.modules) == {"a", "b"}
    assert state.dependencies("missing") == ()
    assert state.is_module("b")
    assert not state.is_module("missing")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/project/p/a.py", "p/a.py"),
        ("/project/deep/a.py", "a.py"),
        ("/elsewhere/a.py", "/elsewhere/a.py"),
        (None, None),
    ],
)
def test_paths_are_told_from_the_workspace_on(path, shown):
    """From the innermost of its directories that holds the file."""
    assert within((PROJECT, "/project/deep/"), path) == shown


def test_what_else_of_a_package_is_loaded_begins_behind_the_rest():
    """It may have been imported by a name that stands in no import statement."""
    drawn = world(p="", p__a="", p__b="import c", c="", q="").register("import p.a")
    assert drawn.tracked == "p p.a"
    assert drawn.state.begun == ("p", "p.a", "p.b", "c")


def test_a_state_prints_as_counts():
    """A State of a hundred modules stays readable."""
    state = world(a="import b", b="").register("import a").edit(b="x").sync(fails="b").state
    assert repr(state) == (
        "State(1 namespaces, 2 tracked of 2 known modules, 1 failures, generation 0)"
    )


def test_a_module_counts_for_the_generation_that_ran_it_last():
    """Each stands in one generation at most, and those that ran nothing last are left out."""
    ran = having_run((), 1, ["a", "b"])
    ran = having_run(ran, 2, ["b"])
    assert ran == ((1, frozenset("a")), (2, frozenset("b")))
    assert having_run(ran, 3, ["a", "b"]) == ((3, frozenset("ab")),)
    assert having_run(ran, 3, []) == ran


def test_what_did_not_run_after_all_counts_as_before():
    """Also if it had never run, or alone had run in a generation."""
    before = ((1, frozenset("ab")), (2, frozenset("c")))
    planned = having_run(before, 3, "acd")
    assert planned == ((1, frozenset("b")), (3, frozenset("acd")))
    assert not_having_run(planned, before, "acd") == before
    assert not_having_run(planned, before, "cd") == (
        (1, frozenset("b")),
        (2, frozenset("c")),
        (3, frozenset("a")),
    )


def test_generations_of_modules():
    """That of the sync that ran it last; else how many there had been when it was imported."""
    modules = pmap({"a": Module("a"), "b": Module("b", generation=2), "c": Module("c")})
    state = State(modules=modules, ran=((3, frozenset("c")),))
    assert state.generations() == {"a": 0, "b": 2, "c": 3}
