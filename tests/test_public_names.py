"""The public names: each is where users import it from, light, and as it says in its messages."""

import copy
import inspect
import pickle
import subprocess
import sys

import pytest

import liveimport

CLASSES = [
    getattr(liveimport, name)
    for name in dir(liveimport)
    if name[0].isupper() and inspect.isclass(getattr(liveimport, name))
]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_class_says_where_users_import_it_from(cls):
    """Its full name leads to it."""
    assert cls.__module__ == "liveimport"
    assert getattr(liveimport, cls.__qualname__) is cls
    assert pickle.loads(pickle.dumps(cls)) is cls  # noqa: S301  # our own


def test_all_of_them_can_be_completed():
    """The tab key finds what is public, and not what the file needs itself."""
    names = set(dir(liveimport))
    assert {*liveimport.__all__, "CellRejected"} <= names
    assert "TYPE_CHECKING" not in names


def test_a_name_that_is_none_of_ours():
    """It is an AttributeError in the words of Python."""
    with pytest.raises(AttributeError, match="module 'liveimport' has no attribute 'plans'"):
        liveimport.plans  # noqa: B018


def test_values_can_be_sent_and_copied(project, session):
    """They are equal to what comes back."""
    project.write_all(low="x = 1", top="from low import x")
    liveimport.register({}, "from top import x", execute=True)
    project.write("low.py", "x = 22")
    plan = liveimport.plan()
    values = [plan, plan.groups[0], plan.steps[0], liveimport.status(), liveimport.sync()]
    project.write("low.py", "1 / 0")
    with pytest.raises(liveimport.ModuleError):
        liveimport.sync()
    values += [session.state.failures[0], session.settings]
    for value in values:
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301  # our own
        assert copy.deepcopy(value) == value


def printed(code):
    """Returns what a script prints, run by a Python of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", f"import liveimport, sys\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


@pytest.mark.parametrize("code", ["from liveimport import *", "dir(liveimport)"])
def test_a_script_that_takes_all_imports_no_ipython(code):
    """What needs IPython comes only if it is asked for by its name."""
    assert printed(f"{code}\nprint('IPython' in sys.modules)") == "False\n"
    asked = "print(liveimport.CellRejected, 'IPython' in sys.modules)"
    assert printed(asked) == "<class 'liveimport.CellRejected'> True\n"
