"""Old functions show the lines that they ran from: in tracebacks, in `inspect`, in debuggers."""

import inspect
import linecache
import re
import traceback

import IPython
import pytest

import liveimport

BEFORE = """\
import functools

def fail():
    raise ValueError("the old line")

def kept(function):
    @functools.wraps(function)
    def wrapper():
        return function()
    return wrapper

class Net:
    def fail(self):
        return [fail_in_net() for _ in range(1)]  # the old method

    @property
    def value(self):
        return 1 / 0  # the old property

    @classmethod
    def make(cls):
        return 1 / 0  # the old class method

@kept
def decorated():
    return 1 / 0  # the old inner function

def steps():
    yield 1
    yield 1 / 0
"""
AFTER = "# one more line\n# and another\n" + BEFORE.replace("old", "new")


@pytest.fixture
def edited(shell, project):
    """Runs a cell, edits the module, and returns the names."""
    project.write("low.py", BEFORE)
    shell.run("%%liveimport\nimport liveimport, low\nfrom low import *")

    def after(code, new=AFTER):
        shell.run(code).result.raise_error()
        project.write("low.py", new)
        assert "Reloaded low" in shell.run("1").report
        return shell.names

    return after


def last_frame(call):
    """Returns the file and the line of the innermost frame of what a call raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  # whatever it raises
        call()
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    return frame.filename, frame.line


NAMED = re.compile(r".*/low\.py \(before \d\d:\d\d:\d\d(, \d+)?\)")


@pytest.mark.parametrize(
    ("code", "call", "line"),
    [
        ("a = fail", "a()", 'raise ValueError("the old line")'),
        ("a = Net()", "a.fail()", "return [fail_in_net() for _ in range(1)]  # the old method"),
        ("a = Net", "a().fail()", "return [fail_in_net() for _ in range(1)]  # the old method"),
        ("a = [Net().fail]", "a[0]()", "return [fail_in_net() for _ in range(1)]  # the old method"),
        ("a = Net()", "a.value", "return 1 / 0  # the old property"),
        ("a = Net()", "a.make()", "return 1 / 0  # the old class method"),
        ("class Sub(Net): pass\na = Sub()", "a.fail()", "return [fail_in_net() for _ in range(1)]  # the old method"),
        ("import functools\na = functools.partial(fail)", "a()", 'raise ValueError("the old line")'),
        ("a = decorated", "a()", "return 1 / 0  # the old inner function"),
        ("a = [1, fail, Net()]", "a[2].fail()", "return [fail_in_net() for _ in range(1)]  # the old method"),
        ("@kept\ndef a(): return 1 / 0", "a.__closure__[0].cell_contents() if a.__code__.co_filename.endswith(')') else None", None),
    ],
)  # fmt: skip
def test_a_traceback(edited, code, call, line):
    """It names the old file, and shows the line that ran."""
    names = edited(code)
    file, shown = last_frame(lambda: eval(call, names))  # noqa: S307  # the tests' own
    if line is not None:
        assert NAMED.fullmatch(file)
        assert shown == line


def test_the_new_functions_are_left_alone(edited, project):
    """They have the name of the file, and its lines."""
    names = edited("a = fail")
    assert last_frame(names["fail"]) == (
        project.path("low.py"),
        'raise ValueError("the new line")',
    )


def test_what_inspect_says(edited):
    """It agrees with the traceback."""
    names = edited("a, net = fail, Net()")
    assert inspect.getsource(names["a"]) == BEFORE[BEFORE.index("def fail") : BEFORE.index("\ndef kept")]  # fmt: skip
    assert "the old method" in inspect.getsource(names["net"].fail)
    assert "the new line" in inspect.getsource(names["fail"])


def test_what_ipython_shows(edited, shell):
    """Its traceback has the name and the line; IPython 7 shows the module's file instead."""
    edited("a = fail")
    said = shell.run("a()").said
    if IPython.version_info >= (8,):
        assert re.search(r"low\.py \(before \d\d:\d\d:\d\d", said)
    assert 'raise ValueError("the old line")' in said
    assert "new line" not in said


def test_several_versions(edited, shell, project):
    """Each old function shows the lines of its own version."""
    names = edited("a = fail")
    shell.run("b = low.fail")
    project.write("low.py", "# a third\n" + BEFORE.replace("old", "third"))
    shell.run("1")
    shown = [last_frame(names[name]) for name in ("a", "b", "fail")]
    assert [line for _, line in shown] == [f'raise ValueError("the {word} line")' for word in ("old", "new", "third")]  # fmt: skip
    assert len({file for file, _ in shown}) == 3
    assert [
        str(one).split(", made")[0]
        for one in shell.run("%liveimport old").value.lines
        if not one.startswith("  ")
    ] == [
        "a is the old low.fail",
        "b is the old low.fail",
    ]


def test_a_dependent_that_did_not_change(shell, project):
    """Its old functions have the old name too, now and when it changes later."""
    project.write("base.py", "x = 1\n")
    project.write("low.py", f"import base\n{BEFORE}")
    shell.run("%%liveimport\nimport low\nfrom low import fail")
    shell.run("a = fail")
    for text in ("x = 22\n", "x = 333\n"):
        project.write("base.py", text)
        shell.run("1")
        shell.run("b = low.fail")
    project.write("low.py", f"import base\n{AFTER}")
    shell.run("1")
    for name in ("a", "b"):
        file, line = last_frame(shell.names[name])
        assert NAMED.fullmatch(file)
        assert line == 'raise ValueError("the old line")'


def test_a_module_that_failed(edited, shell, project):
    """Nothing is renamed, for nothing is old."""
    shell.run("a = low.fail")
    project.write("low.py", "1 / 0")
    assert "Could not reload low" in shell.run("1").report
    assert last_frame(shell.names["a"])[0] == project.path("low.py")
    project.write("low.py", AFTER)
    shell.run("1")
    assert last_frame(shell.names["a"])[1] == 'raise ValueError("the old line")'


def test_the_last_twenty(edited, shell, project):
    """Of older versions the name stays, and the lines are gone."""
    names = edited("a = fail")
    for number in range(20):
        shell.run("b = low.fail")
        project.write("low.py", f"# {number}{'#' * number}\n{BEFORE}")
        shell.run("1")
    file, line = last_frame(names["a"])
    assert NAMED.fullmatch(file)
    assert line == ""
    assert last_frame(names["b"])[1] == 'raise ValueError("the old line")'
    beginning = project.path("low.py (before")
    old = [n for n in linecache.cache if n.startswith(beginning) and linecache.getlines(n)]
    assert len(old) == 20


def test_what_runs_goes_on(edited, shell):
    """A generator that has begun ends as it would have, and a cached function keeps its cache."""
    names = edited("a = steps()\nnext(a)")
    with pytest.raises(ZeroDivisionError):
        next(names["a"])


def test_closures_share_their_code(edited):
    """Functions with the same code have the same code still."""
    names = edited("@kept\ndef a(): pass\n@kept\ndef b(): pass")
    assert names["a"].__code__ is names["b"].__code__
    assert NAMED.fullmatch(names["a"].__code__.co_filename)


def test_a_sync_by_hand(edited, shell, project):
    """It does the same."""
    project.write("low.py", BEFORE)
    shell.run("liveimport.sync()\na = low.fail")
    project.write("low.py", AFTER)
    shell.run("liveimport.sync()")
    assert NAMED.fullmatch(shell.names["a"].__code__.co_filename)


def test_a_script_is_left_alone(session, project):
    """Without a notebook there are no names to search."""
    project.write("low.py", BEFORE)
    namespace = {}
    liveimport.register(namespace, "from low import fail", execute=True)
    held = namespace["fail"]
    project.write("low.py", AFTER)
    liveimport.sync()
    assert held.__code__.co_filename == project.path("low.py")


def test_after_an_edit_of_comments_only(edited, shell, project):
    """What took new lines in place is shown as of then, and nothing is told to be old before."""
    shell.run(
        "liveimport.auto_sync(detect='code')\n@low.kept\ndef a(): return low.fail\nb = low.fail"
    )
    project.write("low.py", f"# moved\n{BEFORE}")
    assert "Reloaded" not in shell.run("1").report
    assert "No name" in str(shell.run("%liveimport old").value)
    project.write("low.py", AFTER)
    assert "Reloaded" in shell.run("1").report
    assert last_frame(shell.names["b"])[1] == 'raise ValueError("the old line")'
    assert NAMED.fullmatch(shell.names["b"].__code__.co_filename)
    assert NAMED.fullmatch(shell.names["a"].__code__.co_filename)
