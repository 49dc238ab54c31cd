"""Whether a loaded module can have come from its file as it is now."""

import os
from textwrap import dedent

import pytest

from liveimport.effects.evidence import agrees

SHOWN = {
    "nothing": ("", []),
    "constant": ("x = 1", ["x = 2", "y = 1", "x = 1.0", "x = True", "x = print"]),
    "text and pass": ("'''doc'''\npass", []),
    "nested constants": ("x = {'a': [1, (2, -3)]}", ["x = {'a': [1, (2, 3)]}"]),
    "annotated": ("x: int = 1", ["x: int = 2"]),
    "same object": ("x = 1\ny = x", ["x = 1\ny = z", "x = 2\ny = x"]),
    "imports": ("import os.path\nimport json as j", ["import os.path\nimport json as k"]),
    "names imported": ("from os import path as p, sep", ["from os import path as p, linesep"]),
    "function": (
        "def f(a, b=1, *, c='x'):\n    return a + b",
        [
            "def f(a, b=1, *, c='x'):\n    return a - b",
            "def f(a, b=2, *, c='x'):\n    return a + b",
            "def f(a, b=1, *, c='y'):\n    return a + b",
            "def f(a, b=print, *, c='x'):\n    return a + b",
            "def g(a, b=1, *, c='x'):\n    return a + b",
            "\ndef f(a, b=1, *, c='x'):\n    return a + b",
        ],
    ),
    "coroutine": ("async def f():\n    return 1", ["async def f():\n    return 2"]),
    "class": (
        "class A:\n    x = 1\n    def f(self):\n        return 1",
        [
            "class A:\n    x = 2\n    def f(self):\n        return 1",
            "class A:\n    x = 1\n    def f(self):\n        return 2",
            "class A:\n    x = 1\n    y = 1\n    def f(self):\n        return 1",
            "class A(dict):\n    x = 1\n    def f(self):\n        return 1",
            "class B:\n    x = 1\n    def f(self):\n        return 1",
        ],
    ),
    "derived class": (
        "class A:\n    pass\nclass B(A):\n    pass",
        ["class A:\n    pass\nclass B(dict):\n    pass", "class A:\n    pass\nB = A"],
    ),
}

SHOWN |= {
    "annotated": (
        "def f(a: int, *b: 'str', c: list[int] = None, **d: int | None) -> None:\n    return 1",
        [
            "def f(a: str, *b: 'str', c: list[int] = None, **d: int | None) -> None:\n    return 1",
            "def f(a: int, *b: str, c: list[int] = None, **d: int | None) -> None:\n    return 1",
            "def f(a: int, *b: 'str', c: list[str] = None, **d: int | None) -> None:\n    return 1",
            "def f(a: int, *b: 'str', c: list[int] = None, **d: int | str) -> None:\n    return 1",
            "def f(a: int, *b: 'str', c: list[int] = None, **d: int | None) -> int:\n    return 1",
            "def f(a, *b: 'str', c: list[int] = None, **d: int | None) -> None:\n    return 1",
            "def f(a: int, *b: 'str', c: list[int] = None, **d: int | None):\n    return 1",
        ],
    ),
    "annotated as text": (
        "from __future__ import annotations\nx: int = 1\ndef f(a: B) -> C:\n    return 1",
        [
            "from __future__ import annotations\nx: int = 1\ndef f(a: B) -> D:\n    return 1",
            "from __future__ import annotations\nx: str = 1\ndef f(a: B) -> C:\n    return 1",
        ],
    ),
    "annotated constant": ("x: int = 1", ["x: float = 1", "x: 'int' = 1"]),
    "annotated with a class": (
        "class A:\n    pass\nclass B:\n    pass\ndef f(a: A):\n    return 1",
        ["class A:\n    pass\nclass B:\n    pass\ndef f(a: B):\n    return 1"],
    ),
}

NOT_SHOWN = {
    "call": "print",
    "computed": "x = 1 + int('2')",
    "call of something": "x = dict()",
    "decorated": "import functools\n@functools.cache\ndef f():\n    return 1",
    "decorated class": "import functools\n@functools.total_ordering\nclass A:\n    __lt__ = 1",
    "metaclass": "import abc\nclass A(metaclass=abc.ABCMeta):\n    pass",
    "conditional": "if True:\n    x = 1",
    "loop": "for x in (1, 2):\n    pass",
    "two at once": "x, y = 1, 2",
    "augmented": "x = 1\nx += 1",
    "base that is computed": "class A(type(1)):\n    pass",
    "annotation only": "x: int",
}


def load(project, loaded, text):
    """Writes and imports the module `low`."""
    project.write("low.py", dedent(text))
    return loaded("low")


@pytest.mark.parametrize("text", [text for text, _ in SHOWN.values()], ids=SHOWN)
def test_a_module_that_is_as_its_file(project, loaded, text):
    """Where every statement leaves a trace, all the traces are there."""
    assert agrees(load(project, loaded, text), project.path("low.py")) is True


@pytest.mark.parametrize(
    ("text", "edit"), [(text, edit) for text, edits in SHOWN.values() for edit in edits]
)
def test_a_module_that_is_older(project, loaded, text, edit):
    """Each edit of such a file shows."""
    low = load(project, loaded, text)
    project.write("low.py", edit)
    assert agrees(low, project.path("low.py")) is False


@pytest.mark.parametrize("text", NOT_SHOWN.values(), ids=NOT_SHOWN)
def test_what_leaves_no_trace(project, loaded, text):
    """A statement that cannot be compared makes it no, although nothing changed."""
    low = load(project, loaded, text)
    assert agrees(low, project.path("low.py")) is False


def test_nothing_is_asked_of_the_module(project, loaded):
    """What it answers is its own business, and may be an error."""
    low = load(project, loaded, "x = 1\ndef __getattr__(name):\n    raise ImportError(name)\n")
    assert agrees(low, project.path("low.py")) is True
    del low.__getattr__


def test_what_raises_when_it_is_looked_at(project, loaded):
    """A value whose text cannot be had is no proof."""

    class Odd:
        def __repr__(self):
            raise KeyError

    low = load(project, loaded, "x = 1")
    low.x = Odd()
    assert agrees(low, project.path("low.py")) is False


@pytest.mark.parametrize("data", [b"x = = 1", b"x = '\xe4'", b"x = '\0'"])
def test_a_file_that_is_not_python(project, loaded, data):
    """Nothing can have come from what cannot be compiled."""
    low = load(project, loaded, "x = 1")
    project.write("low.py", data)
    assert agrees(low, project.path("low.py")) is False


def test_a_file_that_cannot_be_read(project, loaded):
    """Nor from what is not there, or cannot be read."""
    low = load(project, loaded, "x = 1")
    project.remove("low.py")
    assert agrees(low, project.path("low.py")) is False
    os.mkdir("low.py")
    assert agrees(low, project.path("low.py")) is False


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("x = 1\ny = 2", "x = 1"),
        ("import os\nx = 1", "x = 1"),
        ("class A:\n    x = 1\n    y = 2", "class A:\n    x = 1"),
    ],
)
def test_what_the_file_no_longer_has(project, loaded, text, edit):
    """A name that the module holds and the file does not bind comes from an older file."""
    low = load(project, loaded, text)
    project.write("low.py", edit)
    assert agrees(low, project.path("low.py")) is False
