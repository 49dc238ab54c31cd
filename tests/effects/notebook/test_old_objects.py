"""Names of the notebook that still hold objects of a replaced version."""

import time

import pytest

from liveimport.effects.notebook.old_objects import old_object_lines

OLD = "x = 1\nclass Net:\n    class Inner: pass\ndef run(): pass\nlow = 1\n"
NEW = OLD + "# edited"


@pytest.fixture
def held(shell, project):
    """Runs a cell, edits the module, and returns what the report says beside the reload."""
    project.write("low.py", OLD)
    shell.run("%%liveimport\nimport low\nfrom low import Net, run")

    def after(code, new=NEW):
        shell.run(code)
        project.write("low.py", new)
        return shell.run("1").report.splitlines()[1:]

    return after


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("a = Net()", "a is an instance of the old low.Net, made in In [2]"),
        ("a = Net", "a is the old low.Net, made in In [2]"),
        ("a = run", "a is the old low.run, made in In [2]"),
        ("a = Net.Inner()", "a is an instance of the old low.Net.Inner, made in In [2]"),
        ("a = [1, Net()]", "a[1] is an instance of the old low.Net, made in In [2]"),
        ("a = (Net(),)", "a[0] is an instance of the old low.Net, made in In [2]"),
        ("a = {'k': run}", "a['k'] is the old low.run, made in In [2]"),
        (
            "class K:\n    def __repr__(self): return self.text\na = {K(): run}",
            "a[…] is the old low.run, made in In [2]",
        ),
        ("globals()['a'] = Net()", "a is an instance of the old low.Net"),
        ("for a in [Net()]: pass", "a is an instance of the old low.Net, made in In [2]"),
        (
            "a = Net()\ndef other():\n    a = 'a'",
            "a is an instance of the old low.Net, made in In [2]",
        ),
        (
            "import asyncio\nawait asyncio.sleep(0)\na = Net()",
            "a is an instance of the old low.Net, made in In [2]",
        ),
    ],
)
def test_what_is_told(held, code, line):
    """An object, class or function of the old version, or one within a list, tuple or dict."""
    assert held(code) == [line]


@pytest.mark.parametrize(
    "code",
    [
        "a = low.x",
        "a = [[Net()]]",
        "_a = Net()",
        "class Own: pass\na = Own()",
        "import json\na = json.JSONDecoder()",
        "a = lambda: Net",
        "def a(): return Net()",
    ],
)
def test_what_is_not(held, code):
    """Plain values, what lies deeper, private names, the notebook's own classes."""
    assert held(code) == []


def test_a_class_that_is_gone(held):
    """Its objects are of an old version too; a registered name is told only once."""
    said = held("a = Net()", "x = 1\ndef run(): pass")
    assert said == [
        "Net keeps its last value: low no longer has Net",
        "a is an instance of the old low.Net, made in In [2]",
    ]


def test_a_compiled_class(shell, monkeypatch):
    """It may say that it is of a module that does not show it, as some of numpy do."""
    shell.run("from collections import OrderedDict\na = OrderedDict()")
    monkeypatch.delattr("collections.OrderedDict")
    assert old_object_lines(shell.ipython, frozenset({"collections"}), frozenset()) == ()


def test_no_more_than_ten(held):
    """The list is bounded."""
    assert len(held("\n".join(f"a{number} = Net()" for number in range(30)))) == 10


def test_objects_that_refuse_to_be_looked_at(shell, project):
    """They are passed over, and the report is shown all the same."""
    project.write("low.py", OLD)
    project.write(
        "slots.py",
        "import sys\nclass Slots: __slots__ = ()\nclass Net: pass\n"
        "net = Net()\nsys.modules[__name__] = Slots()\n",
    )
    shell.run("%%liveimport\nimport low\nfrom low import Net")
    shell.run(
        "class Odd(type):\n"
        "    def __getattribute__(self, name): raise RuntimeError(name)\n"
        "class K(metaclass=Odd): pass\n"
        "import slots"
    )
    shell.run("import sys\nsys.modules['low'] = slots\na = Net()")
    project.write("low.py", NEW)
    assert "Reloaded low" in shell.run("1").report


def test_a_long_history(shell, project, monkeypatch):
    """Which cell made a name is looked for as long as there is time."""
    project.write("low.py", OLD)
    shell.run("%%liveimport\nfrom low import Net")
    shell.run("a = Net()")
    cells = shell.ipython.history_manager.input_hist_parsed
    cells += ["\n".join(f"b{n} = 'a'" for n in range(2000))] * 200
    project.write("low.py", NEW)
    began = time.monotonic()
    report = shell.run("1").report.splitlines()
    assert report[1:] == ["a is an instance of the old low.Net"]
    assert time.monotonic() - began < 1
