"""Counterexamples that the random sessions found, shrunk and named.

The steps are those of `Drive`; what is counted at the end says how the syncs ended.
"""

import pytest
from driving import Drive


def play(*steps: tuple[str, ...], follow: str = "loaded") -> dict[str, int]:
    """Returns how many syncs ended how; `Drive` has compared each with a fresh interpreter."""
    with Drive(follow=follow) as drive:
        for kind, *args in steps:
            if kind == "write":
                path, text = args
                drive.step("write", path, text.encode(), "replace")
            else:
                drive.step(kind, *args)
        return drive.counts


def test_a_package_that_becomes_tracked_is_not_older_than_its_file():
    """An untracked package is edited, and becomes tracked by another edit: both take effect."""
    counts = play(
        ("write", "d.py", ""),
        ("write", "p/__init__.py", "def f1(): return 5"),
        ("write", "p/x.py", "from d import *\ndef f0(): return 2"),
        ("cell", "from p.x import f0"),
        ("write", "p/__init__.py", "K3 = 4\ndef f1(): return 5"),
        ("write", "d.py", "from p import f1"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


@pytest.mark.parametrize(("follow", "first"), [("loaded", "as fresh"), ("top-level", "idle")])
def test_a_package_that_becomes_tracked_long_after_its_edit(follow, first):
    """The same with a sync in between; at top level it had no reason to look at the package."""
    counts = play(
        ("write", "p/__init__.py", "K2 = 2\nU2 = (K2, 1)"),
        ("write", "p/q/__init__.py", "K3 = 3"),
        ("write", "p/q/z.py", "from p import y as x0\nU1 = (x0, 1)"),
        ("write", "p/y.py", ""),
        ("cell", "from p.q import K3"),
        ("write", "p/__init__.py", ""),
        ("sync",),
        ("cell", "from p.q.z import U1"),
        ("write", "p/y.py", "from . import U2"),
        ("sync",),
        follow=follow,
    )
    assert counts == {first: 1, "failed": 1}


def test_a_star_import_dropped_when_its_source_went_on():
    """In a cycle, a star import gave a value that its source bound again afterwards."""
    counts = play(
        ("write", "p/__init__.py", "K2 = 4\nimport p.z\nK2 = 5"),
        ("write", "p/z.py", "from p import *"),
        ("cell", "import p"),
        ("write", "p/z.py", ""),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_star_import_dropped_that_ran_before_all():
    """In a cycle, a star import ran before its source set ``__all__``, and took more."""
    counts = play(
        ("write", "p/q/__init__.py", "from b import *"),
        ("write", "n/v.py", "from p import q"),
        ("write", "b.py", "K1 = 3\nclass C0: v = 1\nimport n.v as x0\n__all__ = ['K1', 'K3']"),
        ("cell", "from b import K1"),
        ("write", "b.py", "import n.v as x0"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_import_as_below_a_package_that_reloads():
    """``import p.q.z as x0`` runs p.q first, though p.q.z itself need not run."""
    counts = play(
        ("write", "n/u.py", "import p.q.z as x0\nfrom p import q"),
        ("write", "p/__init__.py", "def f0(): return 7\nU1 = f0()"),
        ("write", "p/q/__init__.py", "from .. import U1"),
        ("write", "p/q/z.py", ""),
        ("cell", "import n.u as x1"),
        ("write", "p/__init__.py", "def f0(): return 5\nU1 = f0()"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_attribute_below_a_package_that_reloads():
    """``import p.q.z`` in p makes p.q an attribute of p, though p.q.z need not run."""
    counts = play(
        ("write", "p/__init__.py", ""),
        ("write", "p/y.py", "from .q import z"),
        ("write", "p/q/__init__.py", "import p.y"),
        ("write", "p/q/z.py", "from .. import y as x1"),
        ("cell", "from p import q"),
        ("write", "p/__init__.py", "import p.q.z\nU0 = (p.q.z.x1, 1)"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_package_imports_a_submodule_that_was_never_loaded():
    """``from . import x`` binds the name of the module that it loads."""
    counts = play(
        ("write", "p/__init__.py", ""),
        ("write", "p/x.py", "K0 = 1"),
        ("cell", "import p"),
        ("write", "p/__init__.py", "from . import x"),
        ("sync",),
        ("write", "p/x.py", "K0 = 22"),
        ("sync",),
    )
    assert counts == {"as fresh": 2}


def test_a_star_binding_gains_a_submodule():
    """A submodule that reloading p loads is public in p, and so in who star-imports p."""
    counts = play(
        ("write", "e.py", ""),
        ("write", "p/__init__.py", "import e"),
        ("cell", "from p import *"),
        ("write", "e.py", "from p.q import z"),
        ("write", "p/q/z.py", ""),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_namespace_package_gains_an_init():
    """A folder becomes a package; a module below it star-imports from it."""
    counts = play(
        ("write", "p/q/z.py", ""),
        ("cell", "from p.q import z"),
        ("write", "p/q/__init__.py", "class C0: v = 5"),
        ("write", "p/q/z.py", "from p.q import *"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_namespace_package_gains_an_init_and_keeps_what_lies_below():
    """What lies below a folder that becomes a package stays loaded."""
    counts = play(
        ("write", "p/q/__init__.py", "from . import z"),
        ("write", "p/q/z.py", ""),
        ("cell", "import p.q.z"),
        ("write", "p/__init__.py", ""),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_new_package_shows_its_loaded_submodules():
    """A star import of a folder that became a package gives the submodules it has loaded."""
    counts = play(
        ("write", "p/x.py", ""),
        ("write", "n/v.py", "from p import *"),
        ("write", "p/y.py", "import p.q"),
        ("write", "p/q/__init__.py", "from p.x import *"),
        ("cell", "import n.v\nfrom p.q import *"),
        ("write", "p/__init__.py", "import p.y"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_an_untracked_package_decides_who_is_first_in_a_cycle():
    """P begins p.q before p.y, and nobody refers to p."""
    counts = play(
        ("write", "p/__init__.py", "import p.q as x0"),
        ("write", "p/y.py", "from . import q\nU1 = (q, 1)"),
        ("write", "p/q/z.py", ""),
        ("write", "n/u.py", "import p.y as x1"),
        ("cell", "from n.u import *"),
        ("write", "p/q/__init__.py", "from ..y import *\nU2 = (U1, 1)"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_members_below_a_namespace_package_nest():
    """``from .q import z`` runs z within p, where p.q has no file of its own."""
    counts = play(
        ("write", "b.py", "def f1(): return 2\ndef f0(): return 4"),
        ("write", "n/v.py", "import p as x1"),
        ("write", "p/__init__.py", "from .q import z\nimport p.x\nU2 = (z, 1)"),
        ("write", "p/q/z.py", "from p import *"),
        ("write", "p/y.py", "from b import f1, f0 as x1"),
        ("write", "p/x.py", "from . import y"),
        ("cell", "from p.y import f1 as x0"),
        ("write", "p/y.py", "import n.v"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_package_is_back_that_was_away_while_a_part_of_it_reloaded():
    """What p had from a star import of p.q goes, though p.q lost it while p was away."""
    counts = play(
        ("write", "p/__init__.py", "from .q import *"),
        ("write", "p/q/__init__.py", "import b"),
        ("write", "b.py", "K2 = 6\nimport p.x\nfrom p import b"),
        ("write", "p/x.py", ""),
        ("cell", "from b import K2, p"),
        ("write", "p/q/__init__.py", ""),
        ("remove", "p/__init__.py"),
        ("sync",),
        ("write", "p/__init__.py", ""),
        ("sync",),
    )
    assert counts == {"away": 1, "failed": 1}


@pytest.mark.parametrize(
    ("follow", "first"), [("loaded", "failed"), ("top-level", "untracked broken")]
)
def test_nothing_reloads_for_ever_while_a_file_is_away(follow, first):
    """A module that came to depend on a missing one runs once."""
    counts = play(
        ("write", "p/q/__init__.py", "K3 = 3"),
        ("cell", "from p.q import K3"),
        ("write", "p/__init__.py", "from .q import U1 as x1"),
        ("sync",),
        ("write", "p/q/__init__.py", "from p import *"),
        ("remove", "p/__init__.py"),
        ("sync",),
        follow=follow,
    )
    assert counts == {first: 1, "away": 1}


def test_an_untracked_package_that_loads_what_is_new_is_done():
    """p, which nothing refers to, imports p.y, which a sync loads: nothing is left to do."""
    counts = play(
        ("write", "p/__init__.py", "import p.y as x0"),
        ("write", "p/y.py", ""),
        ("write", "c.py", "def f1(): return (C0, 1)"),
        ("cell", "from c import f1 as x1"),
        ("write", "c.py", "import p.y as x1"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_new_module_below_folders_that_are_no_packages():
    """An edit imports from a folder in a folder, neither of them loaded nor with an __init__."""
    counts = play(
        ("write", "c.py", "K3 = 3"),
        ("cell", "from c import K3"),
        ("write", "p/q/z.py", "K0 = 1"),
        ("write", "c.py", "K3 = 4\nfrom p.q.z import K0"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_dropped_import_of_a_module_that_became_a_package():
    """Its importer ran without it, and there is nothing left to do."""
    counts = play(
        ("write", "p/y.py", "import p.x"),
        ("write", "a.py", "import p.y"),
        ("write", "n/v.py", "U0 = 6"),
        ("write", "p/x.py", "from n.v import U0 as x0"),
        ("cell", "from a import p"),
        ("remove", "n/v.py"),
        ("write", "n/v/__init__.py", ""),
        ("write", "p/x.py", ""),
        ("sync",),
    )
    assert counts == {"away": 1}


def test_a_bystander_that_runs_again_imports_a_new_module():
    """p.q is new, and below a package that is tracked; b runs again because of p."""
    counts = play(
        ("write", "n/v.py", "import p\nimport b"),
        ("write", "b.py", ""),
        ("write", "p/q/__init__.py", ""),
        ("cell", "import p"),
        ("write", "r0.py", "from n.v import b"),
        ("load", "r0"),
        ("write", "b.py", "import p\nfrom p.q import *"),
        ("write", "p/__init__.py", ""),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_module_that_an_import_in_a_block_loads_beside_bystanders():
    """It ran with the module that imports it, so it is as new, though e and r0 ran later."""
    counts = play(
        ("write", "e.py", "K2 = 7\nimport p"),
        ("write", "p/__init__.py", "from p.q import *"),
        ("write", "p/q/__init__.py", ""),
        ("cell", "import p.q"),
        ("write", "r0.py", "from e import K2 as x1"),
        ("load", "r0"),
        ("write", "c.py", "import p as x0"),
        ("write", "p/q/__init__.py", "try:\n    import c\nexcept ImportError:\n    pass"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_file_that_goes_before_it_ever_ran():
    """n.v failed as a bystander, was registered, and then its file went."""
    counts = play(
        ("write", "n/v.py", "K1 = 9"),
        ("write", "e.py", ""),
        ("cell", "import e"),
        ("write", "r0.py", "import n.v as x1"),
        ("load", "r0"),
        ("write", "e.py", "# edited"),
        ("write", "n/v.py", "import e\nU1 = (K1, 1)"),
        ("sync",),
        ("cell", "from n import v"),
        ("remove", "n/v.py"),
        ("sync",),
    )
    assert counts == {"as fresh": 1, "away": 1}


def test_a_cycle_through_an_import_that_a_function_made():
    """p.x begins h1, which finds p.x without what comes after the call."""
    counts = play(
        ("write", "p/x.py", "def g0():\n    from h1 import K0\nU0 = g0()\nclass C1: v = 9"),
        ("write", "h1.py", "K0 = 1\nfrom p.x import *"),
        ("cell", "from p.x import C1"),
        ("write", "p/x.py", "def g0():\n    from h1 import K0\nU0 = g0()\nclass C1: v = 22"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_cycle_through_new_modules_and_an_import_that_a_function_made():
    """E begins h0, which leads to e by modules that were never loaded."""
    counts = play(
        ("write", "p/y.py", ""),
        ("write", "a.py", "import e\nimport p"),
        ("write", "e.py", "def g0():\n    from h0 import K0\nU2 = g0()"),
        ("write", "h0.py", "K0 = 1"),
        ("cell", "import e"),
        ("write", "p/__init__.py", "if True:\n    import a"),
        ("write", "h0.py", "from n.v import *\nK0 = 4"),
        ("write", "n/v.py", "from p.y import *"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_leftover_in_a_cycle():
    """No import leads to p.q.z and d, which import each other: both run again."""
    counts = play(
        ("write", "p/__init__.py", ""),
        ("write", "p/x.py", ""),
        ("write", "p/y.py", ""),
        ("write", "p/q/z.py", "import d\nimport p.x"),
        ("write", "d.py", "import p.q.z as x1"),
        ("cell", "import p.y as x0"),
        ("write", "r0.py", "import d"),
        ("load", "r0"),
        ("touch", "p/__init__.py"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_bystander_whose_state_was_used():
    """It stays as it is, and there is nothing left to do."""
    counts = play(
        ("write", "a.py", "K0 = 1"),
        ("write", "r0.py", "from a import K0\nSTATE = []"),
        ("write", "r1.py", "from r0 import K0\nSTATE = []"),
        ("cell", "import a"),
        ("load", "r1"),
        ("load", "r0"),
        ("use", "r0"),
        ("write", "a.py", "K0 = 22"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_bystander_that_fails_beside_what_is_left_over():
    """n.v is tracked as a part of n, so r0 does not hold it back."""
    counts = play(
        ("write", "n/u.py", ""),
        ("write", "n/v.py", "import b"),
        ("write", "b.py", ""),
        ("cell", "import n.u"),
        ("write", "r0.py", "from n.v import b"),
        ("load", "r0"),
        ("write", "b.py", "# edited"),
        ("write", "n/v.py", "K0 = 22"),
        ("sync",),
        follow="loaded",
    )
    assert counts == {"failed in part": 1}


def test_a_star_import_of_names_that_are_not_all_there():
    """``__all__`` names K0. If that was there, the others are bound; if it never was, none is."""
    source = "class C2: v = 2\nU2 = (C2, 1)\n__all__ = ['K0', 'U2']"
    counts = play(
        ("write", "d.py", ""),
        ("cell", "from d import *"),
        ("write", "d.py", source),
        ("sync",),
    )
    assert counts == {"failed": 1}
    counts = play(
        ("write", "d.py", "K0 = 1"),
        ("cell", "from d import *"),
        ("write", "d.py", source),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_an_untracked_package_that_becomes_one_and_imports_what_is_new():
    """A folder became package p, which imports p.q.z, which a sync loads: nothing is left."""
    counts = play(
        ("write", "p/q/__init__.py", "U2 = 1"),
        ("write", "n/v.py", "from p.q import U2"),
        ("cell", "import n.v as x0"),
        ("write", "n/v.py", "from p.q.z import f0"),
        ("write", "p/q/z.py", "def f0(): return 1"),
        ("write", "p/__init__.py", "from p.q.z import f0 as x1"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_an_untracked_module_that_becomes_a_package_and_imports_what_is_new():
    """Nothing tracked imports b, so its edit waits, and is not left to do."""
    counts = play(
        ("write", "p/__init__.py", "from b import *"),
        ("write", "p/x.py", ""),
        ("write", "p/q/__init__.py", "import p.x as x0"),
        ("write", "b.py", ""),
        ("cell", "from p.q import x0"),
        ("remove", "b.py"),
        ("write", "p/x.py", "from p import y"),
        ("write", "p/y.py", ""),
        ("write", "b/__init__.py", "from p.y import *"),
        ("sync",),
    )
    assert counts == {"away": 1}


def test_a_leftover_that_a_module_that_fails_no_longer_imports():
    """p.x drops its import of p.y and is rolled back: the f that it holds is still that of p.y."""
    counts = play(
        ("write", "p/y.py", "def f0(): return 1"),
        ("write", "p/x.py", "from p.y import f0"),
        ("write", "p/__init__.py", "from p import x"),
        ("cell", "import p"),
        ("write", "p/y.py", "def f0(): return 22"),
        ("write", "p/x.py", "f0 = None"),
        ("write", "p/__init__.py", "from p import x\nraise RuntimeError"),
        ("sync",),
        ("sync",),
    )
    assert counts == {"failed": 2}


def test_a_module_that_one_that_fails_no_longer_imports():
    """Both are registered. The one that is rolled back holds the f that the other has."""
    counts = play(
        ("write", "b.py", "def f0(): return 1"),
        ("write", "a.py", "from b import f0"),
        ("cell", "import a, b"),
        ("write", "b.py", "def f0(): return 22"),
        ("write", "a.py", "f0 = None\nraise RuntimeError"),
        ("sync",),
        ("write", "a.py", "f0 = None"),
        ("sync",),
    )
    assert counts == {"failed": 1, "as fresh": 1}


def test_a_module_fails_while_its_importer_drops_it():
    """N.u does not start n.v any more, though n.v failed in the sync that saw it."""
    counts = play(
        ("write", "n/u.py", "from .v import *"),
        ("write", "c.py", ""),
        ("write", "n/v.py", "K1 = 2"),
        ("cell", "from n.u import K1 as x0\nimport c as x0"),
        ("write", "n/u.py", ""),
        ("write", "n/v.py", "raise RuntimeError('broken')"),
        ("sync",),
        ("write", "c.py", "if 8 % 2:\n    from n import u\nfrom n.v import *"),
        ("write", "n/v.py", "import c"),
        ("sync",),
    )
    assert counts == {"failed in part": 1, "as fresh": 1}


def test_a_package_that_is_asked_for_a_name_imports_in_the_middle_of_a_cycle():
    """Only the import log tells that h0 starts before p.x: all run, in that order."""
    counts = play(
        ("write", "n/u.py", "import p.q\nK0 = 1"),
        (
            "write",
            "p/__init__.py",
            (
                "def __getattr__(name):\n"
                "    if name == 'h0':\n"
                "        from h0 import K0\n"
                "        return K0\n"
                "    raise AttributeError(name)\n"
                "def f0():\n"
                "    from p import q\n"
                "    return (q, 1)"
            ),
        ),
        ("write", "p/x.py", "from n.u import p"),
        ("write", "p/q/__init__.py", "import p\nU0 = p.h0\nfrom p.x import p"),
        ("write", "h0.py", "K0 = 1\nfrom n.u import p"),
        ("cell", "from p import f0"),
        ("sync",),
        ("reload", "h0", True),
    )
    assert counts == {"idle": 1, "as fresh": 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("_g0 = 1", "if '_g0' not in vars():\n    exec('_g0 = 2')"),
        ("_g0 = 1", "from p.y import *\nglobals().setdefault('_g0', 2)"),
        ("globals().setdefault('_g0', 1)", "from p.y import *\nglobals().setdefault('_g0', 2)"),
        ("globals()['_g0'] = 1", "from p.y import *\nglobals().setdefault('_g0', 2)"),
    ],
)
def test_a_value_stays_that_a_text_guards_and_binds(old, new):
    """Whether the new source has a star import or not: the old one has none."""
    counts = play(
        ("write", "a.py", old),
        ("write", "p/y.py", ""),
        ("cell", "import a"),
        ("write", "a.py", new),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_cycle_of_modules_that_nobody_registered_is_entered_where_it_was():
    """R0 starts n.u, which starts h0 by its name: h0 finds the K0 that n.u has bound before."""
    load = "for _ in ['h0']:\n    U0 = __import__('importlib').import_module(_).K0"
    counts = play(
        ("write", "d.py", ""),
        ("write", "n/u.py", f"K0 = 7\n{load}"),
        ("write", "h0.py", "K0 = 1\nfrom n.u import K0"),
        ("cell", "import d"),
        ("write", "r0.py", "from n import u"),
        ("load", "r0"),
        ("write", "d.py", "raise RuntimeError"),
        ("reload", "h0", True),
    )
    assert counts == {"failed in part": 1}


def test_who_imports_under_a_condition_needs_no_run_once_somebody_else_loads_the_module():
    """P.y is loaded for the first time by a sync: p.x, which did not load it, has no older one."""
    counts = play(
        ("write", "p/q/__init__.py", ""),
        ("write", "p/x.py", "if 2 < 0:\n    from .y import f1"),
        ("cell", "from p import x as x0"),
        ("cell", "import p.q as x0"),
        ("write", "p/q/__init__.py", "from p.y import K0"),
        ("write", "p/y.py", "K0 = 3"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_an_edited_module_that_nobody_registered_waits_for_what_it_imports():
    """N.u takes K3 from n.v, which fails in a cycle: it does not take the old names of n.v."""
    counts = play(
        ("write", "p/x.py", "import n.v"),
        ("write", "n/v.py", ""),
        ("write", "c.py", "import p.x"),
        ("write", "n/u.py", ""),
        ("cell", "import c"),
        ("write", "r0.py", "from n import u"),
        ("load", "r0"),
        ("write", "n/v.py", "K3 = 6\nimport b as x1"),
        ("write", "b.py", "from p.x import n"),
        ("write", "n/u.py", "from .v import *"),
        ("sync",),
    )
    assert counts == {"failed": 1}


def test_a_module_that_a_function_imported_last_and_that_is_dropped_at_once():
    """F1 imports c after the sync, and is gone at the next: that c fails holds p not back."""
    counts = play(
        ("write", "c.py", "import p\nU1 = p.h0"),
        ("write", "p/__init__.py", "h0 = 1\ndef f1():\n    from c import p, U1 as x0"),
        ("cell", "from p import f1"),
        ("sync",),
        ("write", "p/__init__.py", ""),
        ("sync",),
    )
    assert counts == {"idle": 1, "as fresh": 1}


def test_a_guard_keeps_no_class_of_another_module_that_reloads():
    """A takes C0 and f0 of b only if it has none: those of the last version are none."""
    counts = play(
        ("write", "b.py", "class C0: v = 1\ndef f0(): return 1"),
        ("write", "a.py", "import b\nif 'C1' not in globals():\n    C1, f1 = b.C0, b.f0"),
        ("cell", "from a import C1, f1"),
        ("write", "b.py", "class C0: v = 2\ndef f0(): return 2"),
        ("sync",),
        ("write", "b.py", "class C0: v = 3\nraise RuntimeError"),
        ("sync",),
        ("write", "b.py", "class C0: v = 4\ndef f0(): return 4"),
        ("sync",),
    )
    assert counts == {"as fresh": 2, "failed": 1}


def test_a_table_is_filled_again_though_an_import_that_never_runs_leads_back():
    """B names h0 under a condition, and h0 would import a: a table that a fills runs with a."""
    counts = play(
        ("write", "c.py", "K0 = 1"),
        ("write", "b.py", "T0 = []\nU0 = [f() for f in T0]\nif 2 < 0:\n    import h0"),
        ("write", "a.py", "import b, c\nK1 = c.K0\ndef f1(): return K1\nb.T0.append(f1)"),
        ("write", "h0.py", "import a"),
        ("cell", "import a, b"),
        ("write", "c.py", "import os\nK0 = 2"),
        ("sync",),
    )
    assert counts == {"as fresh": 1}


def test_a_submodule_whose_file_is_gone_and_that_nothing_imports():
    """It goes with the run of its package, as if it had never been loaded; and it comes back."""
    counts = play(
        ("write", "p/x.py", "K0 = 1"),
        ("write", "p/y.py", "K1 = 1"),
        ("write", "p/__init__.py", "from .x import K0\nfrom .y import K1\nU0 = sorted(vars())"),
        ("cell", "from p import *"),
        ("write", "p/__init__.py", "from .y import K1\nK0 = 3\nU0 = sorted(vars())"),
        ("remove", "p/x.py"),
        ("sync",),
        ("write", "p/y.py", "K1 = 22"),
        ("sync",),
        ("write", "p/x.py", "K0 = 1"),
        ("write", "p/__init__.py", "from .x import K0\nfrom .y import K1\nU0 = sorted(vars())"),
        ("sync",),
    )
    assert counts == {"away": 2, "as fresh": 1}


def test_a_table_and_a_leftover_that_fills_it_are_edited_at_once():
    """No import leads to p.x any more. It fills the table of b, and depends on it: b runs first."""
    both = "import b, c\nb.T0.append(c.f0)"
    counts = play(
        ("write", "b.py", "T0 = []"),
        ("write", "c.py", "def f0(): return 1"),
        ("write", "p/__init__.py", ""),
        ("write", "p/x.py", both),
        ("write", "a.py", both),
        ("cell", "import b, c, p, a"),
        ("load", "p.x"),
        ("sync",),
        ("write", "b.py", "import os\nT0 = []"),
        ("write", "c.py", "import os\ndef f0(): return 2"),
        ("write", "p/x.py", f"import os\n{both}"),
        ("sync",),
    )
    assert counts["as fresh"] == 1
