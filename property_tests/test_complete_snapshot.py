"""What `observe` sees is complete: planning and enrolment never ask for more.

If they did, `IncompleteSnapshotError` would come out of any of the steps below. The sessions
search at random; each named case needs one rule of `_Observer`, and fails without it.
"""

import pytest
from driving import Drive, Step
from odd_sessions import FOLLOW
from search import run_odd_session

FIND_ELSEWHERE = "__path__.append(__import__('os').getcwd() + '/elsewhere')\n"


@pytest.mark.parametrize("seed", range(40))
def test_a_random_session(seed):
    """Whatever is edited, imported, unloaded or executed, planning finds all that it needs."""
    with Drive(str(seed % 3), compare=False) as drive:
        run_odd_session(seed, drive)


@pytest.mark.slow
def test_many_random_sessions():
    """The same for many more sessions."""
    for seed in range(1000, 1600):
        test_a_random_session(seed)


def play(*steps: Step) -> None:
    """Takes these steps, and plans after each without executing; with both ways to follow."""
    for follow in FOLLOW:
        with Drive(compare=False) as drive:
            drive.step("follow", follow)
            drive.step("trust_stamps")
            for name, *args in steps:
                if name == "write":
                    path, text = args
                    drive.step("write", path, text.encode(), "replace")
                else:
                    assert drive.step(name, *args) is not False
                drive.step("observe_and_plan")


def test_a_name_that_a_registration_may_take_for_a_module():
    """``from p import K0``: is there a module p.K0?"""
    play(("write", "p/__init__.py", "K0 = 1"), ("cell", "from p import K0"))


def test_a_name_in_the_all_of_a_package():
    """A star import of a package imports the submodules that its `__all__` names."""
    play(
        ("write", "p/__init__.py", "__all__ = ['x']"),
        ("write", "p/x.py", ""),
        ("write", "a.py", ""),
        ("cell", "import a"),
        ("write", "a.py", "from p import *"),
        ("sync",),
    )


def test_a_name_in_the_all_of_a_registered_package():
    """Registered with its package, a submodule is followed outside the workspace too."""
    play(
        ("write", "p/__init__.py", FIND_ELSEWHERE + "__all__ = ['z']"),
        ("write", "elsewhere/z.py", "import a"),
        ("write", "a.py", ""),
        ("workspace", "p"),
        ("cell", "from p import *"),
    )


def test_a_submodule_outside_the_workspace_that_a_star_registers_late():
    """It was known before, and not read."""
    play(
        ("write", "p/__init__.py", FIND_ELSEWHERE + "__all__ = ['z']"),
        ("write", "p/y.py", "from p import z"),
        ("write", "elsewhere/z.py", "import a"),
        ("write", "a.py", ""),
        ("workspace", "p"),
        ("cell", "import p.y"),
        ("cell", "from p import *"),
    )


def test_the_parents_of_a_loaded_module_that_were_unloaded():
    """p.q.z is loaded, and a sibling of p.x; p.q is neither loaded nor known."""
    play(
        ("write", "p/x.py", ""),
        ("write", "p/q/z.py", ""),
        ("execute", "import p.q.z"),
        ("unload", "p.q"),
        ("cell", "import p.x"),
    )


def test_what_a_sibling_imports():
    """Nothing registered leads to p.y, nor to what it imports."""
    play(
        ("write", "p/x.py", ""),
        ("write", "p/y.py", "from p.q import K0"),
        ("write", "p/q/__init__.py", "K0 = 1"),
        ("execute", "import p.y"),
        ("cell", "import p.x"),
    )


def test_what_a_function_of_a_sibling_imported():
    """The packages of that module count too, though nothing else leads to them."""
    play(
        ("write", "p/x.py", ""),
        ("write", "p/y.py", "def f0():\n    import n.u"),
        ("write", "n/u.py", ""),
        ("execute", "import p.y"),
        ("execute", "p.y.f0()"),
        ("cell", "import p.x"),
    )


def test_what_a_function_imported():
    """A module that only a function imports counts once it is loaded."""
    play(
        ("write", "a.py", "def f0():\n    import b"),
        ("write", "b.py", "import c"),
        ("write", "c.py", ""),
        ("cell", "import a"),
        ("execute", "a.f0()"),
        ("write", "a.py", "def f0():\n    import b\n# edited"),
        ("sync",),
    )


def test_what_a_new_function_imports():
    """It imports a module that is loaded and was not known."""
    play(
        ("write", "a.py", ""),
        ("write", "b.py", "import c"),
        ("write", "c.py", ""),
        ("cell", "import a"),
        ("execute", "import b"),
        ("write", "a.py", "def f0():\n    import b"),
        ("sync",),
    )


def test_a_source_that_cannot_be_parsed():
    """The imports of the source before it count on, and p is asked for K0 again."""
    play(
        ("write", "p/__init__.py", "K0 = 1"),
        ("write", "a.py", "from p import K0"),
        ("write", "b.py", ""),
        ("cell", "import a, b"),
        ("write", "a.py", "if:\n    import b"),
        ("write", "b.py", "import c"),
        ("sync",),
        ("sync_before_cell",),
    )


def test_a_submodule_that_its_package_hides_now():
    """p.x did not change, but p means something else by x: what does p.x import?"""
    play(
        ("write", "p/__init__.py", ""),
        ("write", "p/x.py", "from p.q import K0"),
        ("write", "p/q/__init__.py", "K0 = 1"),
        ("cell", "import p.x as x0"),
        ("write", "p/__init__.py", "x = 1"),
        ("sync",),
    )


def test_a_name_of_a_package_that_changed():
    """p.K0 was not a module and may be one now."""
    play(
        ("write", "p/__init__.py", "K0 = 1"),
        ("write", "a.py", "from p import K0"),
        ("cell", "import a"),
        ("write", "p/__init__.py", ""),
        ("write", "p/K0.py", "from n.u import K1"),
        ("write", "n/u/__init__.py", "K1 = 1"),
        ("sync",),
    )


def test_new_modules_that_import_new_modules():
    """None of them is loaded, nor the folder that they are in."""
    play(
        ("write", "a.py", ""),
        ("cell", "import a"),
        ("write", "p/q/__init__.py", "from .z import K0"),
        ("write", "p/q/z.py", "K0 = 1\nimport p.q.none"),
        ("write", "a.py", "from p.q.z import K0"),
        ("sync",),
    )


def test_an_import_that_was_missing():
    """It stays in the graph as not loaded yet, and appears."""
    play(
        ("write", "a.py", "try: import p.x\nexcept ImportError: pass"),
        ("cell", "import a"),
        ("write", "p/x.py", "from b import K0"),
        ("write", "b/__init__.py", "K0 = 1"),
        ("touch", "a.py"),
        ("sync",),
    )


def test_a_module_that_becomes_a_package_or_goes():
    """Its file is gone; another one stands for it, or none does."""
    play(
        ("write", "a.py", "K0 = 1"),
        ("write", "b.py", "from a import K0"),
        ("cell", "import b"),
        ("remove", "a.py"),
        ("sync",),
        ("write", "a/__init__.py", "from .x import K0"),
        ("write", "a/x.py", "K0 = 2"),
        ("sync",),
        ("remove", "a/__init__.py"),
        ("remove", "a/x.py"),
        ("sync_before_cell",),
    )


def test_registered_packages_of_the_standard_library():
    """They are registered and outside the workspace; some name submodules in their `__all__`."""
    play(
        ("cell", "from xml import *"),
        ("cell", "import xml.dom.minidom as x0"),
        ("cell", "from email import *"),
        ("cell", "from concurrent import futures"),
    )


def test_a_registered_module_outside_the_workspace():
    """Its imports are followed into the workspace."""
    play(
        ("write", "p/__init__.py", "K0 = 1"),
        ("write", "p/x.py", ""),
        ("write", "a/__init__.py", "from p import K0"),
        ("write", "a/b.py", "from p import x"),
        ("workspace", "p"),
        ("cell", "import a.b"),
        ("write", "a/b.py", "from p import y"),
        ("write", "p/y.py", "from a import K0"),
        ("sync",),
    )


def test_a_package_whose_parent_was_unloaded():
    """A namespace package asks its parent where to search, and a file below it is gone."""
    play(
        ("write", "p/q/z.py", ""),
        ("write", "a.py", "import p.q.z as x0"),
        ("cell", "import a"),
        ("remove", "p/q/z.py"),
        ("unload", "p"),
    )


def test_what_a_package_of_the_library_has_loaded():
    """A star import of p loaded submodules of email, and p knows only some of them."""
    play(("write", "p/__init__.py", "from email import *"), ("cell", "import p"))


def test_who_imported_what_is_forgotten():
    """B drops an import that ran p first; p itself says what it said."""
    play(
        ("write", "b.py", "K1 = 1\nimport p.x"),
        ("write", "p/__init__.py", "from p.q import K1 as x0"),
        ("write", "p/x.py", ""),
        ("write", "p/q/__init__.py", "K1 = 1"),
        ("cell", "from b import K1"),
        ("write", "b.py", ""),
    )
