"""`detect="code"`: after an edit of comments or layout nothing runs, and all positions are right."""

import gc
import inspect
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from types import CodeType

import pytest

import liveimport

SOURCE = """
import functools
import typing

ran = typing.cast(list, globals().get("ran", []))
ran.append(1)


def traced(function):
    @functools.wraps(function)
    def wrapper(*values):
        return function(*values)
    return wrapper


@traced
def area(a, b):
    return a / b


class Shape:
    def sides(self): return 4

    @property
    def name(self): return "shape"

    @staticmethod
    def new(): return Shape()

    @classmethod
    def make(cls): return cls()

    class Side:
        @traced
        def length(self): return lambda: 5


def numbers():
    yield 1
    yield 2


TABLE = {"one": [lambda: 1]}
"""

NAMES = (
    "traced",
    "area",
    "area.__wrapped__",
    "Shape.sides",
    "Shape.name.fget",
    "Shape.new",
    "Shape.make.__func__",
    "Shape.Side.length.__wrapped__",
    "Shape.Side.length.__wrapped__(0)",
    "numbers",
    "TABLE['one'][0]",
)


class Edited:
    """The module `shapes`, registered and tracked by code, with `user`, which keeps things of it."""

    def __init__(self, project, live):
        self._project = project
        project.write("shapes.py", SOURCE)
        self.path = project.path("shapes.py")
        project.write("user.py", "from shapes import Shape, area\nkept = [Shape.sides, area]")
        self.namespace = live("import user, shapes\nfrom shapes import *")
        self.module = sys.modules["shapes"]
        liveimport.auto_sync(detect="code")
        liveimport.sync()
        self.module.ran.clear()

    def save(self, text):
        """Writes the source, and returns the lines of a plan and of the sync."""
        self._project.write("shapes.py", text)
        planned = liveimport.plan().lines
        return planned, liveimport.sync()

    def is_as_fresh(self):
        """Whether all positions are those of a fresh interpreter."""
        with open(self.path) as file:
            code = compile(file.read(), self.path, "exec", dont_inherit=True)
        fresh = {"__name__": "shapes"}
        exec(code, fresh)  # noqa: S102  # what a fresh interpreter does
        lines = [
            (fresh["Shape"], self.module.Shape),
            (fresh["Shape"].Side, self.module.Shape.Side),
        ]
        return all(
            eval(f"{name}.__code__", fresh) == eval(f"{name}.__code__", vars(self.module))  # noqa: S307  # our own names
            for name in NAMES
        ) and all(
            getattr(a, "__firstlineno__", 0) == getattr(b, "__firstlineno__", 0)
            for a, b in lines
        )


@pytest.fixture
def edited(project, live):
    """The module `shapes`, which has just been imported."""
    return Edited(project, live)


TOLD = ("shapes: only comments or layout changed",)


def test_nothing_runs_and_all_positions_are_right(edited):
    """Functions, classes and what others hold stay the same objects, on their new lines."""
    kept, shape = edited.namespace["user"].kept, edited.namespace["Shape"]
    planned, outcome = edited.save("# one\n\n" + SOURCE)
    assert (planned, outcome.lines, outcome.events) == (TOLD, TOLD, ())
    assert outcome
    assert edited.module.ran == []
    assert edited.namespace["user"].kept is kept
    assert edited.module.Shape is shape
    assert edited.is_as_fresh()
    assert kept[0].__code__.co_firstlineno == 22 + 2
    assert not liveimport.sync()


def test_layout_in_brackets_and_again(edited):
    """One edit after the other, from the version that the last one left."""
    for text in (
        SOURCE.replace("a / b", "(a /\n            b)"),
        "\n\n" + SOURCE.replace("a / b", "(a  # one\n   / b)"),
        SOURCE,
    ):
        assert edited.save(text)[1].lines == TOLD
        assert edited.is_as_fresh()
    assert edited.module.ran == []


def test_tracebacks_and_sources_show_the_new_lines(edited):
    """What ran before shows where it stands now."""
    inspect.getsource(edited.module.area.__wrapped__)
    edited.save("# one\n\n" + SOURCE.replace("a / b", "a / b  # the area"))
    try:
        edited.namespace["area"](1, 0)
    except ZeroDivisionError as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
    assert last.line == "return a / b  # the area"
    assert "# the area" in inspect.getsource(edited.module.area.__wrapped__)
    assert inspect.getsource(edited.module.Shape.Side).startswith("    class Side:\n")


def test_real_edits_between(edited):
    """A module that ran again is followed on from there. Old functions of the same text, too."""
    old = edited.module.Shape
    assert [e.module for e in edited.save(SOURCE + "\nX = 1\n")[1].events] == ["shapes", "user"]
    line = old.sides.__code__.co_firstlineno
    assert edited.save("#\n" + SOURCE + "\nX = 1\n")[1].lines == TOLD
    assert edited.is_as_fresh()
    assert edited.module.Shape is not old
    assert old.sides.__code__.co_firstlineno == line + 1
    assert edited.save("#\n" + SOURCE + "\nX = 2\n")[1].events
    assert edited.module.X == 2


def test_a_dependent_that_is_edited_too(project, edited):
    """What runs anyway runs from its new source."""
    project.write(
        "user.py", "from shapes import Shape\n#\nx = Shape.sides.__code__.co_firstlineno"
    )
    assert edited.save("#\n" + SOURCE)[1].lines[-1:] == TOLD
    assert edited.namespace["user"].x == 23


def obstacle_of(outcome):
    """Returns why a module ran though only its layout changed."""
    return outcome.events[0].obstacle


def test_a_suspended_generator(edited):
    """Its positions cannot be set, so all runs again. One that has ended is no obstacle."""
    suspended = edited.module.numbers()
    next(suspended)
    planned, outcome = edited.save("#\n" + SOURCE)
    assert obstacle_of(outcome) == "its numbers is running, or suspended"
    assert planned[0].startswith("Would reload shapes: modified")
    assert planned[0].endswith("but its numbers is running, or suspended")
    assert edited.is_as_fresh()
    ended = edited.module.numbers()
    list(ended)
    assert edited.save("#\n#\n" + SOURCE)[1].lines == TOLD
    assert edited.is_as_fresh()


@pytest.mark.threads
def test_a_function_that_is_running(edited):
    """A thread is in it, and would show wrong lines."""
    started, go_on = threading.Event(), threading.Event()

    class Waits:
        def __truediv__(self, other):
            started.set()
            go_on.wait()

    thread = threading.Thread(target=edited.module.area, args=(Waits(), 1))
    thread.start()
    started.wait()
    outcome = edited.save("#\n" + SOURCE)[1]
    go_on.set()
    thread.join()
    assert "is running, or suspended" in obstacle_of(outcome)


def test_code_in_a_table(edited):
    """It would stay as it is, so all runs again."""
    table = {edited.module.traced.__code__: 1}
    assert (
        obstacle_of(edited.save("#\n" + SOURCE)[1]) == "something keeps the code of its traced"
    )
    del table


def test_the_frames_of_an_error(edited):
    """What an error keeps is over; it is no obstacle."""
    try:
        edited.module.area(1, 0)
    except ZeroDivisionError as error:
        kept = error
    assert edited.save("#\n" + SOURCE)[1].lines == TOLD
    assert kept.__traceback__ is not None


def test_code_that_is_not_of_the_source(edited):
    """A function of the module whose code was replaced would keep its lines."""
    function = edited.module.traced
    function.__code__ = function.__code__.replace(co_name="other")
    outcome = edited.save("#\n" + SOURCE)[1]
    assert obstacle_of(outcome) == "the code of its traced is not that of its source"
    assert edited.is_as_fresh()


def test_a_module_that_reads_its_own_source(project, live):
    """What it found depends on its layout."""
    source = "with open(__file__) as file:\n    lines = len(file.readlines())"
    project.write("low.py", source)
    names = live("import low")
    liveimport.auto_sync(detect="code")
    project.write("low.py", "#\n" + source)
    outcome = liveimport.sync()
    assert obstacle_of(outcome) == "it may read its own source, by __file__"
    assert names["low"].lines == 3
    assert outcome.to_dict()["events"][0]["obstacle"] == obstacle_of(outcome)


def test_all_or_nothing(edited, monkeypatch):
    """If positions cannot be set after all, those that were are as before, and all runs."""
    area = edited.module.area.__wrapped__
    line, calls = area.__code__.co_firstlineno, []

    def forbid(event, arguments):
        if event == "object.__setattr__" and arguments[1] == "__code__" and calls:
            calls.append(arguments[0])
            if len(calls) == 5:  # in the middle
                calls.clear()
                raise RuntimeError("forbidden")

    sys.addaudithook(forbid)  # it stays for good, and does nothing without calls
    calls.append(None)
    try:
        outcome = edited.save("#\n" + SOURCE)[1]
    finally:
        calls.clear()
    assert obstacle_of(outcome) == "forbidden"
    assert area.__code__.co_firstlineno == line
    assert edited.is_as_fresh()


def test_classes_that_refuse_to_be_asked(edited):
    """No metaclass is asked for anything: neither to compare, nor for a name."""

    class Refusing(type):
        def __getattribute__(cls, name):
            raise RuntimeError(name)

        def __eq__(cls, other):
            raise RuntimeError("compared")

        def __hash__(cls):
            raise RuntimeError("hashed")

    class Odd(metaclass=Refusing):
        pass

    edited.kept = Odd
    assert edited.save("#\n" + SOURCE)[1].lines == TOLD
    assert edited.is_as_fresh()


def test_a_request_that_cannot_be_done_sets_nothing(edited, project):
    """An error of sync() leaves all as it was."""
    line = edited.module.traced.__code__.co_firstlineno
    project.write("shapes.py", "#\n" + SOURCE)
    with pytest.raises(ValueError, match="nowhere"):
        liveimport.sync(reload=["nowhere"])
    assert edited.module.traced.__code__.co_firstlineno == line
    assert liveimport.sync().lines == TOLD
    assert edited.is_as_fresh()


def test_the_search_leaves_nothing_behind(edited):
    """It keeps no code: else it would be an obstacle itself."""
    gc.disable()
    try:
        for count in range(1, 4):
            liveimport.plan()
            assert edited.save("#\n" * count + SOURCE)[1].lines == TOLD
    finally:
        gc.enable()


@pytest.mark.processes
def test_code_of_the_bytecode_cache(project):
    """A session that imported from Python's bytecode cache follows as well."""
    project.write("shapes.py", SOURCE)
    script = textwrap.dedent(
        """
        import sys, liveimport
        import shapes
        liveimport.register(globals(), "import shapes")
        liveimport.auto_sync(detect="code")
        with open("shapes.py") as file: text = file.read()
        with open("shapes.py", "w") as file: file.write("#\\n" + text)
        print(liveimport.sync(), shapes.traced.__code__.co_firstlineno)
        """
    )
    for expected in (9, 10):
        told = subprocess.check_output(
            [sys.executable, "-c", script], text=True, cwd=project.folder
        )
        assert told == f"{TOLD[0]} {expected + 1}\n"


def test_packages_and_settings(project, live):
    """A package need not run either; a touched file does nothing; status and settings tell it."""
    project.write("pack/__init__.py", "import pack.low")
    project.write("pack/low.py", "x = 1")
    names = live("import pack")
    liveimport.auto_sync(detect="code")
    project.write("pack/__init__.py", "import pack.low  # all")
    (status,) = [m for m in liveimport.status().modules if m.module == "pack"]
    assert status.state == "layout changed"
    assert "a file counts as changed by its code" in str(liveimport.status())
    outcome = liveimport.sync()
    assert (outcome.relaid, outcome.to_dict()["relaid"]) == (("pack",), ["pack"])
    project.dated("pack/low.py", -5, now=time.time())
    assert not liveimport.sync()
    assert names["pack"].low.x == 1


def test_no_code_is_left_out():
    """All kinds of code in the example are looked at."""
    code = compile(SOURCE, "", "exec")
    names = {c.co_qualname for c in code.co_consts if isinstance(c, CodeType)}
    assert {"traced", "area", "Shape", "numbers", "<lambda>"} <= names
