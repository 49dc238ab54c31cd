"""Names of the notebook that still hold objects of a replaced version."""

import pytest

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


def test_no_more_than_ten(held):
    """The list is bounded."""
    assert len(held("\n".join(f"a{number} = Net()" for number in range(30)))) == 10
