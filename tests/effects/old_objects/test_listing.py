"""`%liveimport old`: who holds what of old versions, with sizes."""

import gc
import weakref

import pytest

from liveimport.effects.session.session import SESSION

from .conftest import SOURCE

NOTHING = "No name of the notebook holds anything of an old version"


@pytest.fixture
def listed(shell):
    """Returns the lines that `%liveimport old` shows, without advice."""

    def lines():
        told = str(shell.run("%liveimport old").value).splitlines()
        return [line for line in told if not line.startswith("  ")]

    return lines


def test_nothing_is_old(shell, project, listed):
    """That is said, before a module ever reloaded too."""
    assert listed() == [NOTHING]


def test_all_of_a_name(held, listed):
    """The report tells of a name once; the list has all, counted by class."""
    assert len(held("a = [Net(), run, Net()]")) == 1
    net, run = listed()
    assert net.startswith(
        "a[0] is an instance of the old low.Net, made in In [2], with 1 more like it; "
    )
    assert run == "a[1] is the old low.run, made in In [2]"


def test_what_several_syncs_left(held, shell, project, listed):
    """Objects of each version are listed, whichever sync replaced it; not those of the last."""
    held("a = Net()")
    shell.run("b = Net()")
    project.write("low.py", f"{SOURCE}# edited again")
    shell.run("c = Net()")
    assert [line.split(", made")[0] for line in listed()] == [
        "a is an instance of the old low.Net",
        "b is an instance of the old low.Net",
    ]


def test_outputs_are_listed(held, shell, listed):
    """What a cell showed is kept by IPython."""
    assert held("Net()") == []
    assert listed()[0].startswith("Out[2] is an instance of the old low.Net")


def test_old_values(held, shell, listed):
    """A value that was replaced is known again; it is let go with the last name that holds it."""
    held("class Data(list): pass\na = low.LIMITS\nlow.data = Data()\nb = low.data")
    assert [line.split(", made")[0] for line in listed()] == ["a is the old low.LIMITS"]
    shell.run("a = {}")
    assert listed() == [NOTHING]


def test_values_are_let_go(held, shell, project, listed):
    """A container that only the list would keep is forgotten."""
    source = f"{SOURCE}import collections\nnested = [collections.Counter()]\n"
    held("1", source)
    shell.run("a = low.nested")
    inside = weakref.ref(shell.names["a"][0])
    project.write("low.py", f"{source}# edited")
    assert "a is the old low.nested" in shell.run("1").report
    shell.run("del a")
    listed()
    gc.collect()
    assert inside() is None


@pytest.mark.parametrize(
    ("code", "size"),
    [
        ("a = Net()\na.data = memoryview(bytes(5_000_000))", "5.0 MB"),
        ("a = Net()\na.data = {'k': [bytes(3_000_000)]}", "3.0 MB"),
        ("class A:\n    nbytes = 7_000_000_000\na = Net()\na.data = A()", "7.0 GB"),
        ("data = bytes(2_000_000)\na = [Net(), Net()]\na[0].x = a[1].x = data", "2.0 MB"),
        (
            "class A:\n    nbytes = property(lambda self: 1 / 0)\na = Net()\na.data = A()",
            "bytes",
        ),
    ],
)
def test_sizes(held, listed, code, size):
    """An object counts with what it holds, each once; arrays by their `nbytes`."""
    held(code)
    (line,) = listed()
    assert line.endswith(size)


def test_advice_stands_below(held, shell):
    """Each line has what to do about it below."""
    held("a = Net()")
    assert str(shell.run("%liveimport old").value).splitlines()[1] == (
        "  `liveimport.upgrade(a)`, or run In [2] again"
    )


def test_advice_for_several(held, shell):
    """It is right for all of them, in the report too: with it, nothing is old any more."""
    held("a = [Net(), {1: Net()}]")
    assert [one.total for one in SESSION.old_objects.found.holdings] == [2]
    advice = str(shell.run("%liveimport old").value).splitlines()[1]
    assert advice == "  `liveimport.upgrade(a, deep=True)`, or run In [2] again"
    shell.run("import liveimport; liveimport.upgrade(a, deep=True)").result.raise_error()
    assert str(shell.run("%liveimport old").value) == NOTHING


def test_advice_for_what_gives_its_state(shell, project):
    """A torch module can give its state to a new one; it is not asked for that."""
    methods = "    def state_dict(self): 1 / 0\n    def load_state_dict(self, state): pass\n"
    source = f"class Net:\n{methods}"
    project.write("low.py", source)
    shell.run("%%liveimport\nfrom low import Net\na = [Net()]")
    project.write("low.py", f"{source}# edited")
    shell.run("1")
    assert str(shell.run("%liveimport old").value).splitlines()[1] == (
        "  `new = low.Net(...); new.load_state_dict(a[0].state_dict())`, "
        "or `liveimport.upgrade(a[0])`, or run In [1] again"
    )


def test_advice_where_there_is_no_upgrade(shell, project):
    """Objects with other slots are made again; nothing takes the place of what is gone."""
    project.write("low.py", "class Net: __slots__ = ('a',)\nclass Gone: pass\nLIMITS = [1]\n")
    shell.run("%%liveimport\nimport low\nfrom low import Net")
    shell.run("a = Net()\nb = low.Gone()\nc = low.Gone\nd = low.LIMITS\ne = {low.Net}")
    project.write("low.py", "class Net: __slots__ = ('a', 'b')\n")
    shell.run("pass")
    told = str(shell.run("%liveimport old").value).splitlines()
    assert [line for line in told if line.startswith("  ")] == [
        "  run In [2] again",
        "  low.Gone is gone: there is no new one",
        "  low.Gone is gone: there is no new one",
        "  low.LIMITS is gone: there is no new one",
        "  run In [2] again",
    ]


def test_no_sync_comes_before(shell, project):
    """To look at what is old reloads nothing."""
    project.write("low.py", SOURCE)
    shell.run("%%liveimport\nimport low")
    project.write("low.py", f"{SOURCE}# edited")
    assert shell.run("%liveimport old").report == ""
    assert "Reloaded low" in shell.run("1").report
