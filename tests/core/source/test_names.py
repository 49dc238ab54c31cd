"""The names that a source binds and guards, read off its code."""

import sys
import warnings

import pytest

from liveimport.core.model import BoundNames
from liveimport.core.source import names
from liveimport.core.source.names import names_in_code, names_in_source, parse

ANNOTATIONS = (
    {"__annotate__", "__conditional_annotations__"} if sys.version_info >= (3, 14) else set()
)
"""What annotations of a module are kept in. A module that loses them must lose these names."""


def bound(text):
    """Returns the names of a source; the same whether it was compiled before or not."""
    data = text.encode()
    found = names_in_code(compile(data, "source.py", "exec", dont_inherit=True), data)
    assert found == names_in_source(data)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = y = 1", ["x", "y"]),
        ("x, (y, *z) = v", ["x", "y", "z"]),
        ("x += 1", ["x"]),
        ("x: int = 1", sorted(["x", *ANNOTATIONS])),
        ("import a.b, c as d\nfrom e import f", ["a", "d", "f"]),
        ("def f():\n    inner = 1", ["f"]),
        ("class C:\n    inner = 1", ["C"]),
        ("async def f(): pass", ["f"]),
        ("for i in v: pass", ["i"]),
        ("with v as w: pass", ["w"]),
        ("if (w := v): pass", ["w"]),
        ("match v:\n    case {'key': w, **rest}: pass", ["rest", "w"]),
        ("if v:\n    x = 1\nelse:\n    y = 1", ["x", "y"]),
        ("try:\n    x = 1\nexcept E as e:\n    y = 1", ["e", "x", "y"]),
        ("[i for i in v]", []),
        ("v.attribute = 1\nv[0] = 1\nprint(v)", []),
        ("lambda x: x", []),
        ("[y := i for i in v]", ["y"]),
        ("def f():\n    (w := v)", ["f"]),
        ("if v:\n    def f():\n        (w := 1)\ng = lambda: (x := 1)", ["f", "g"]),
    ],
)
def test_names_bound_at_module_level(text, expected):
    """Every statement outside functions and classes counts, and no other."""
    assert sorted(bound(text).module_level) == expected


def test_names_that_functions_bind():
    """Functions and classes bind them by `global`. Only the run shows whether they do."""
    found = bound("x = 1\ndef f():\n    global y\n    y = 1\nclass C:\n    global g\n    g = 1")
    assert found.module_level == {"x", "f", "C"}
    assert found.by_functions == {"y", "g"}


def test_what_is_not_bound_though_it_looks_so():
    """A name may be annotated only, declared only, or never reached. A docstring is no name."""
    text = "x: int\ndef f():\n    global y\n    print(y)\nif 0:\n    z = 1\n"
    assert bound(text) == BoundNames(module_level=frozenset({"f"}) | ANNOTATIONS)
    assert bound("'Text.'\nw = 1").module_level == {"w"}


def test_annotations_are_names_too():
    """Of a module that annotates nothing there are none."""
    assert bound("x: int = 1").module_level - {"x"} == ANNOTATIONS
    assert bound("x = 1").module_level == {"x"}


def test_looking_for_names_leaves_warnings_to_the_caller():
    """Core does not touch the filters of the process."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        names_in_source.cache_clear()
        assert names_in_source(b"x = 1 is 1\ny = '\\d'").module_level == {"x", "y"}
    messages = sorted(str(warning.message) for warning in caught)
    assert len(messages) == 2
    assert any("escape sequence" in message for message in messages)
    assert any('"is" with' in message for message in messages)


@pytest.mark.parametrize("lead", ["", "\n", "\f", "x = 1\n", "\ufeff", "x = 1\r\n", "x = 1\r"])
def test_a_guard_is_found_wherever_it_may_stand(lead):
    """Whatever is before it, and whatever ends lines."""
    text = f"{lead}try:\n    cache\nexcept NameError:\n    cache = {{}}"
    assert bound(text).guarded == {"cache"}


def test_more_names_than_an_instruction_has_room_for():
    """Arguments beyond a byte are extended by instructions before."""
    for count in (300, 70_000):
        text = "\n".join(f"name_{number} = 1" for number in range(count))
        assert len(bound(text).module_level) == count


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("try: x\nexcept NameError: x = 1", True),
        ("try: x\nexcept: x = 1", True),
        ("try: x\nexcept KeyError: x = 1", False),
        ("class E(Exception): pass\nx = 1", False),
        ("def f():\n    try: x\n    except Exception: pass", False),
        ("def f():\n    global x\n    try: x\n    except Exception: pass", True),
        ("class C:\n    try: x\n    except Exception: pass", True),
        ("def f(dir):\n    return dir('x')", False),
        ("names = dir()", True),
        ("hasattr(me, 'x')", False),
        ("me = sys.modules[__name__]\ndef f(): hasattr(me, 'x')", True),
    ],
)
def test_only_what_may_have_a_guard_is_parsed(text, parsed, monkeypatch):
    """The code shows whether it may; to parse takes longer than all else."""
    asked = []
    monkeypatch.setattr(names, "guards_in", lambda *_: asked.append(1) or ((), ()))
    names_in_code(compile(text, "", "exec"), text.encode())
    assert bool(asked) is parsed


def test_code_whose_source_cannot_be_parsed_has_no_guards():
    """Python may have compiled it where there was more room."""
    text = "try: x\nexcept NameError: x = 1"
    found = names_in_code(compile(text, "", "exec"), b"(" * 5_000)
    assert found == BoundNames(frozenset({"x"}))


@pytest.mark.parametrize(
    "data", [b"def", b"x = 1\0", b"(" * 5_000 + b")" * 5_000, b"# coding: nonsense\n"]
)
def test_what_is_not_python_is_a_syntax_error(data):
    """The parser raises other errors too. Callers have one to handle."""
    with pytest.raises(SyntaxError):
        parse(data)
    assert names_in_source(data) == BoundNames()
