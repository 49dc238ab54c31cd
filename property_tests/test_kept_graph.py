"""The dependency graph that a State keeps is the one that would be built from the State now.

`Drive` checks that after every step of every session, so the random sessions are tests of it
too. Here are the cases that are hard to find at random.
"""

import pytest
from driving import Drive, Violation


def test_a_module_that_registers_its_own_names_and_is_not_tracked():
    """It imports what reloads, and does not reload itself: it lags behind."""
    with Drive(compare=False) as drive:
        drive.step("write", "p/__init__.py", b"")
        drive.step("write", "p/x.py", b"")
        drive.step("write", "p/y.py", b"import a")
        drive.step("write", "a.py", b"K0 = 1")
        drive.step("execute", "import p.y")
        drive.step("cell", "import p.x, a")
        drive.step("register_in", "p.y", "import a")
        drive.step("write", "a.py", b"K0 = 22")
        assert drive.step("sync")["reloaded"] == ["a"]


def test_a_group_that_fails_while_another_gains_an_import():
    """What failed has its old place in the graph, what reloaded has its new one."""
    with Drive(compare=False) as drive:
        drive.step("write", "a.py", b"")
        drive.step("write", "b.py", b"")
        drive.step("write", "c.py", b"")
        drive.step("cell", "import a, b, c")
        drive.step("write", "a.py", b"import os\nimport d\nraise RuntimeError")
        drive.step("write", "b.py", b"import c")
        assert drive.step("sync")["reloaded"] == ["b"]


def test_the_check_sees_a_graph_that_is_out_of_date():
    """A plan that keeps the old graph, though an import is new, is found."""
    with Drive() as drive:
        drive.step("write", "a.py", b"K0 = 1\n", "replace")
        drive.step("write", "b.py", b"K0 = 1\n", "replace")
        drive.step("cell", "import a, b")
        drive.step("write", "a.py", b"import b\n", "replace")
        drive.ask("keep_old_graph")
        with pytest.raises(Violation, match="the graph is not that of the State"):
            drive.step("sync")
