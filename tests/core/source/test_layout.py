"""Edits of comments and layout, told from all others by what sources compile to."""

import subprocess
import sys
from types import CodeType

import pytest

from liveimport.core.model import Relaid
from liveimport.core.source.layout import relaid

SOURCE = '''"""Numbers."""

from os.path import join

LIMIT = 1.0


@staticmethod
def area(width, height=2,
         *, unit="m"):
    """Returns an area."""
    def inner():
        return [width * n for n in range(height)]
    return inner


class Shape:
    """A shape."""

    sides = 4

    def name(self): return "shape"
'''


def edited(before: str, after: str, source: str = SOURCE) -> Relaid | None:
    """Returns what is said of an edit that puts `after` in the place of `before`."""
    assert before in source
    return relaid(source.encode(), source.replace(before, after).encode(), "/lab/m.py")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""Numbers."""\n', '"""Numbers."""  # and more\n'),
        ("LIMIT = 1.0", "\n\n# The limit\nLIMIT = (\n    1.0\n)"),
        ("LIMIT = 1.0", "LIMIT = 1.0;"),
        ("LIMIT = 1.0", "LIMIT = 1.00"),
        ("height=2,\n         *", "height=2, *"),
        ("width, height=2", "width,\n         height=2"),
        (
            "[width * n for n in range(height)]",
            "[\n   width * n  # each\n   for n in range(height)]",
        ),
        ('def name(self): return "shape"', 'def name(self):\n        return "sha" "pe"'),
        ("LIMIT = 1.0", "LIMIT = 0.5 + 0.5"),
        ("LIMIT = 1.0", "LIMIT = 1.0  # type: int"),
    ],
)
def test_comments_and_layout(before, after):
    """What compiles to the same is only laid out anew, and nothing has to run."""
    found = edited(before, after)
    assert found is not None
    assert found.obstacle == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1.0", "1"),
        ("1.0", "True"),
        ("LIMIT = 1.0", "LIMIT = -1.0"),
        ("Numbers.", "Numbers"),
        ("Returns an area.", "Returns the area."),
        ("A shape.", "A  shape."),
        ("height=2", "height=3"),
        ("width * n", "width + n"),
        ('unit="m"', 'unit="cm"'),
        ("import join", "import join as joined"),
        ("@staticmethod\n", ""),
        ("def inner", "async def inner"),
        ("def area(width, ", "def area(width, /, "),
        ("sides = 4", "sides = 4; x = None"),
        ("class Shape", "class  Form"),
        ("    return inner", "    return inner()"),
        ("1.0", "("),
        ("LIMIT = 1.0", "LIMIT = [1.0]"),
        ("LIMIT = 1.0", "assert LIMIT"),
    ],
)
def test_all_other_edits(before, after):
    """An edit that changes what runs, or what a docstring says, is none of layout."""
    assert edited(before, after) is None


def test_encodings_count_by_what_they_spell():
    """Another encoding of the same texts is layout; the same bytes in another one are not."""
    latin, utf8 = "# coding: latin-1\nx = 'é'", "# coding: utf-8\nx = 'é'"
    assert relaid(latin.encode("latin-1"), utf8.encode(), "m.py") is not None
    other = latin.replace("latin-1", "cp1253")
    assert relaid(latin.encode("latin-1"), other.encode("latin-1"), "m.py") is None


def codes_in(code: CodeType) -> list[CodeType]:
    """Returns a code and all within it."""
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return [code, *(one for c in inner for one in codes_in(c))]


def test_each_code_has_its_counterpart():
    """All code of the old source leads to that of the new one, of the same name and file."""
    found = edited("LIMIT", "# one\n# two\nLIMIT")
    assert found is not None
    old = compile(SOURCE, "/lab/m.py", "exec", dont_inherit=True)
    expected = [(c.co_qualname, c.co_firstlineno + 2) for c in codes_in(old)[1:]]
    moved = [found.code[code] for code in codes_in(old)[1:]]
    assert [(c.co_qualname, c.co_firstlineno) for c in moved] == expected
    assert {c.co_filename for c in moved} == {"/lab/m.py"}
    assert set(found.code.values()) == set(codes_in(found.root))
    assert repr(found) == f"Relaid({len(moved) + 1} codes, obstacle='')"


def test_lines_of_classes():
    """From Python 3.13, classes know the line on which they begin, and it is told."""
    found = edited("LIMIT", "# one\n# two\nLIMIT")
    assert found is not None
    line = SOURCE[: SOURCE.index("class Shape")].count("\n") + 1
    knows = sys.version_info >= (3, 13)
    assert found.lines == ({("Shape", line): line + 2} if knows else {})


def test_a_constant_that_is_the_line_of_its_class_by_chance():
    """A value that moves with the line of its class is a change."""
    old, new = b"class A:\n    x = 1", b"#\nclass A:\n    x = 2"
    assert relaid(old, new, "m.py") is None
    assert relaid(old, b"#\n" + old, "m.py") is not None
    assert relaid(b"#\n" + old, old, "m.py") is not None
    many = b"".join(b"\n    a%d = '%d'" % (n, n) for n in range(300))
    long = b"class A:\n    x = 300" + many
    assert relaid(long, b"#\n" + long, "m.py") is not None
    assert relaid(long, b"#\n" + long.replace(b"x = 300", b"x = 301"), "m.py") is None


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="there, Python stores it")
def test_a_class_that_says_its_line_itself():
    """Before Python 3.13, a class may have the line by hand, as some tools write it."""
    line = b"class A:\n    __firstlineno__ = 1"
    found = relaid(line, b"#\n" + line.replace(b"1", b"2"), "m.py")
    assert found is not None
    assert found.lines == {("A", 1): 2}
    many = b"".join(b"\n    a%d = '%d'" % (n, n) for n in range(300))
    long = b"class A:" + many + b"\n    __firstlineno__ = 1"
    found = relaid(long, b"#\n" + long[:-1] + b"2", "m.py")
    assert found is not None
    assert found.lines == {("A", 1): 2}
    twice = line + b"; x = 1"
    assert relaid(twice, b"#\n" + twice.replace(b"1", b"2"), "m.py") is None


@pytest.mark.processes
def test_functions_that_look_the_same():
    """Without columns, functions of one line may look the same. Then none of them is moved."""
    code = """
from liveimport.core.source.layout import relaid
line = b"f = lambda: (lambda: 0); g = lambda: [lambda: 0]"
print(relaid(line, line + b"#", "m.py"), relaid(line, line.replace(b"; ", b"\\n"), "m.py"))
"""
    command = [sys.executable, "-X", "no_debug_ranges", "-c", code]
    assert (
        subprocess.check_output(command, text=True).strip()
        == "Relaid(4 codes, obstacle='') None"
    )


@pytest.mark.parametrize(
    ("source", "obstacle"),
    [
        ("from inspect import getsource\n", "it may look at lines, by getsource"),
        (
            "import sys\ndef f(): return sys._getframe().f_lineno",
            "it may look at lines, by f_lineno",
        ),
        ("import inspect\nx = inspect.stack()", "it may look at lines, by stack"),
        ("import numpy\nx = numpy.stack()", ""),
        ("text = open(__file__).read()", "it may read its own source, by __file__"),
        ("text = Path(__file__).read_text()", "it may read its own source, by __file__"),
        ("x = str(__file__, 'ascii')", "it may read its own source, by __file__"),
        ("import os\nhere = os.path.dirname(os.path.abspath(__file__))", ""),
        ("here = Path(__file__).resolve().parent / 'x'", ""),
        ("here = dirname(__file__); there = Path(__file__).parents[1]", ""),
        (
            "here = dirname(__file__); text = open(__file__)",
            "it may read its own source, by __file__",
        ),
        (
            "x = y.parent, dirname(z + 'a'), open(__file__)",
            "it may read its own source, by __file__",
        ),
        ("def f(): return __file__", "it may read its own source, by __file__"),
    ],
)
def test_modules_that_look_at_positions(source, obstacle):
    """A module that may read its own source, or look at lines, has to run."""
    found = relaid(source.encode(), b"#\n" + source.encode(), "m.py")
    assert found is not None
    assert found.obstacle == obstacle
