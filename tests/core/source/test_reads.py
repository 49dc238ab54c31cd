"""What code reads of modules, and may change, as its instructions show."""

import sys

import pytest

from liveimport.core.source.reads import (
    code_reads,
    skeleton_of,
    surface_of,
    surface_of_source,
    trace_of,
)
from liveimport.core.trace import Import, Trace

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="its instructions are not known, so nothing is judged"
)


def code_of(text, function=""):
    """Returns the code of a source, or of a function or class in it."""
    code = compile(text, "m.py", "exec")
    for name in filter(None, function.split(".")):
        code = next(c for c in code.co_consts if getattr(c, "co_name", "") == name)
    return code


def loads(text, function=""):
    """Returns what it loads, as dotted names."""
    return {".".join(chain) for chain in code_reads(code_of(text, function)).loads}


def test_globals_with_what_is_asked_of_them():
    """An attribute of what a call returns is not one of the global."""
    assert loads("a.b.c(d)\nf().g\nh[i].j") == {"a.b.c", "d", "f", "h", "i"}
    assert loads("def f(x): return x.y + z.v", "f") == {"z.v"}
    assert loads("def f(x): return x") == set()


def test_more_names_than_fit_into_one_instruction():
    """The number of a name may take two bytes."""
    text = "".join(f"v{i}.w{i}\n" for i in range(400))
    assert loads(text) == {f"v{i}.w{i}" for i in range(400)}


def test_texts_of_annotations_in_classes():
    """Whoever makes the class may look them up."""
    text = "from __future__ import annotations\nclass C:\n    x: list[a.B] = 1\n"
    assert {("list",), ("a", "B")} <= code_reads(code_of(text, "C")).annotated
    assert not code_reads(code_of("class C:\n    x: 'a.B' = 1\n", "C")).annotated


@pytest.mark.parametrize(
    ("text", "imports"),
    [
        ("import a", [("a", 0, None)]),
        ("import a.b", [("a.b", 0, None)]),
        ("import a.b as c", [("a.b", 0, None)]),
        ("from a import b", [("a", 0, "b")]),
        ("from .. import b, c", [("", 2, "b"), ("", 2, "c")]),
        ("from .a import b as c", [("a", 1, "b")]),
        ("(lambda m: 1)(__import__)", []),
    ],
)
def test_imports_in_functions_and_classes(text, imports):
    """Nothing in the module tells of them."""
    for head in ("def f():", "class f:"):
        found = code_reads(code_of(f"{head}\n    {text}", "f")).imports
        assert found == {Import(*one) for one in imports}
    assert code_reads(code_of(text)).imports == frozenset()


@pytest.mark.parametrize(
    "body",
    [
        "x[0] = 1",
        "del x[0]",
        "x[0:1] = y",
        "x.append(1)",
        "f = x.append",
        "x().unknown()",
        "global z\n    z = 1",
    ],
)
def test_code_that_may_change_what_it_was_given(body):
    """It sets entries or globals, or calls a method that may."""
    assert code_reads(code_of(f"def f(x, y):\n    {body}", "f")).may_change


@pytest.mark.parametrize(
    "body", ["return x.y", "x.startswith('a')", "return [v for v in x]", "A.b(x)", "v = x"]
)
def test_code_that_changes_nothing(body):
    """It reads, or calls what is known to change nothing, or what is looked at by itself."""
    reads = code_reads(code_of(f"def f(x, y):\n    {body}", "f"))
    assert not reads.may_change
    assert not reads.sets_attributes


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("@register\ndef f(x: tax.Rate) -> Other: pass", {("tax", "Rate"), ("Other",)}),
        ("def f(x: tax.Rate): pass", set()),
        ("@register\ndef f(x='tax'): 'tax'", set()),
        ("x: tax.Rate = 'low'", {("tax", "Rate")}),
        ("x: 'tax.' = low", {("tax",), ("low",)}),
    ],
)
def test_texts_of_annotations(text, reads):
    """A decorator may look them up, and whoever makes a class, but no other text."""
    code = code_of(f"from __future__ import annotations\n{text}")
    ours = {("register",), ("x",), ("return",), ("__annotations__",)}
    assert code_reads(code).loads - ours == reads


def test_texts_in_a_class():
    """Whoever makes it may look up what its methods are annotated with, but not its docstring."""
    text = "class C:\n    'tax'\n    x: Rate\n    def f(self, y: low.V): 'tax'"
    text += "\n    def g(self, y: top.W = 1): return super().f(y)"
    reads = code_reads(code_of(f"from __future__ import annotations\n{text}", "C"))
    assert {("Rate",), ("low", "V"), ("top", "W")} == reads.annotated
    assert not {("tax",), ("Rate",), ("x",), ("y",), ("return",)} & reads.loads


def test_annotations_of_plain_classes_are_read_by_nobody():
    """Which are plain is for the caller to say."""
    text = "from __future__ import annotations\nimport a\nclass C:\n    x: a.B = 1"
    root = code_of(text)
    ran = [("m", root), ("m", code_of(text, "C"))]
    assert ("m", ("a", "B")) in trace_of("m", root, ran).loads
    assert ("m", ("a", "B")) not in trace_of("m", root, ran, {"C"}).loads


@pytest.mark.parametrize(
    "text",
    ["from .globals import g", "def vars(): pass", "from importlib import import_module"],
)
def test_to_import_or_define_a_name_is_no_use_of_it(text):
    """Whoever uses it says so."""
    code = code_of(text)
    assert not code_reads(code).reads_all
    assert not code_reads(code).is_unclear
    assert not surface_of(code).is_dynamic


@pytest.mark.parametrize(
    "text",
    [
        "__import__('a.b')",
        "import importlib\nx = importlib.import_module('a.b')",
        "from importlib import import_module\nx = import_module('a.b').c",
    ],
)
def test_imports_by_a_constant_text(text):
    """It is known what is imported."""
    reads = code_reads(code_of(text))
    assert (reads.imports, reads.is_unclear) == ({Import("a.b")}, False)


@pytest.mark.parametrize(
    "text",
    [
        "from importlib import import_module\nimport_module(a)",
        "from importlib import import_module\nimport_module('.a', 'b')",
        "from importlib import import_module\nimport_module('.a')",
        "__import__('a', x)",
        "from importlib import import_module as load",
        "class C:\n    from sys import modules as m",
        "import a\na.eval('1')",
    ],
)
def test_uses_under_the_same_or_another_name(text):
    """What is imported under another name may be used without being named."""
    code = code_of(text)
    inner = [c for c in code.co_consts if isinstance(c, type(code))]
    assert any(code_reads(c).is_unclear for c in (code, *inner))


def test_annotations_are_a_class_own():
    """To set them changes nothing else."""
    assert not code_reads(code_of("class C:\n    x: int = 1", "C")).may_change


def test_closures_that_are_set():
    """A function sets a variable of the one around it."""
    text = "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n = 1\n    return g"
    assert code_reads(code_of(text, "f.g")).may_change
    assert not code_reads(code_of(text, "f")).may_change


def test_attributes_that_are_set():
    """But those of a new object, which ``__init__`` sets, are its own."""
    text = "class C:\n    def __init__(self, x, y):\n        {}\n    def set(self):\n        self.v = 1"
    for line in ("self.v = 1", "self.v = x", "self.v, self.w = x, y"):
        assert not code_reads(code_of(text.format(line), "C.__init__")).sets_attributes
    for line in ("x.v = 1", "x.v = y", "setattr(self, 'v', 1)", "del x.y", "x[0].v = 1"):
        assert code_reads(code_of(text.format(line), "C.__init__")).sets_attributes
    assert code_reads(code_of(text.format("pass"), "C.set")).sets_attributes


def test_attributes_of_globals_that_are_set():
    """It is known of what."""
    reads = code_reads(code_of("import a\nclass C: pass\nC.x = 1\na.D.y = a.v\ndel C.x"))
    assert reads.sets == {("C",), ("a", "D")}
    assert not reads.sets_attributes
    trace = trace_of("m", code := code_of("import a\na.D.y = 1"), [("m", code)])
    assert trace.sets == trace.changeable == {("m", ("a", "D"))}


def test_code_that_may_read_more():
    """All globals of its module, or anything."""
    assert code_reads(code_of("vars()")).reads_all
    assert code_reads(code_of("import sys\nsys.modules")).is_unclear
    assert not code_reads(code_of("a.b")).is_unclear


def test_names_of_a_module():
    """Which of them one import binds, and which may be bound in another way."""
    surface = surface_of(
        code_of(
            "import a.b\nimport a.b as c\nfrom .d import e as f\nfrom g import *\nfrom g import *\n"
            "try:\n    from h import i\nexcept ImportError:\n    i = None\n"
            "x = 1\nx = 2\nimport k\nimport k\n"
            "def fun():\n    global y\n    y = 1\n"
        )
    )
    assert surface.names == {"a", "c", "f", "i", "x", "y", "k", "fun"}
    assert surface.imported == {
        "a": Import("a"),
        "c": Import("a.b"),
        "f": Import("d", 1, "e"),
        "k": Import("k"),
    }
    assert surface.stars == (Import("g", 0, "*"),) * 2
    assert surface.others == {Import("h", 0, "i")}
    assert surface.repeated == {"i", "x"}
    assert not surface.is_dynamic


@pytest.mark.parametrize("text", ["exec('x = 1')", "def f(): globals()['x'] = 1"])
def test_names_that_no_instruction_shows(text):
    """There may be some."""
    assert surface_of(code_of(text)).is_dynamic


def test_a_source_that_is_not_python_has_no_surface():
    """There is nothing to judge by."""
    assert surface_of_source(b"def (") is None
    assert surface_of_source(b"x = 1").names == {"x"}


@pytest.mark.parametrize(
    ("body", "adding", "asking"),
    [
        ("T[x] = y", True, True),
        ("T[x.name] = y", True, True),
        ("T['k'] = y", True, True),
        ("a.T[x] = y", True, True),
        ("T.append(x)", True, True),
        ("T.update(x)", True, True),
        ("if x in T: raise KeyError", False, True),
        ("if x not in a.T: T[x] = y", True, True),
        ("T[x] = y\n    return T[x]", False, False),
        ("T[x] += y", False, False),
        ("T[x()] = y", False, False),
        ("T[T] = y", False, False),
        ("T[x:y] = y", False, False),
        ("T.setdefault(x, y)", False, False),
        ("T.get(x)", False, False),
        ("for _ in T: pass", False, False),
        ("y[T] = x", False, False),
        ("return T", False, False),
        ("del T[x]", False, False),
    ],
)
def test_code_that_only_adds_to_a_table_or_asks_for_keys(body, adding, asking):
    """Nothing that a table has is used by it."""
    reads = code_reads(code_of(f"def f(x, y):\n    {body}", "f"))
    tables = {chain for chain in reads.loads if chain[0] == "T"}
    assert (tables <= reads.adding) is adding
    assert (tables <= reads.asking) is asking


def test_code_that_adds_and_code_that_does_more():
    """A load that other code of the run uses otherwise is no longer one that only adds."""
    add = code_of("def f(x):\n    T.append(x)\n    if x in S: S[x] = 1", "f")
    look = code_of("def f():\n    return T.append, S", "f")
    root = code_of("")
    both = trace_of("m", root, [("a", add), ("a", look)])
    alone = trace_of("m", root, [("a", add)])
    assert alone.adding == {("a", ("T", "append"))}
    assert alone.asking == {("a", ("T", "append")), ("a", ("S",))}
    assert both.asking == {("a", ("T", "append"))}


@pytest.mark.parametrize(
    ("text", "exported"),
    [
        ("__all__ = ['a', 'b', 'c', 'd']", "abcd"),
        ("__all__ = ['a']", "a"),
        ("__all__ = ('a', 'b')", "ab"),
        ("__all__ = []", ""),
        ("x = 'z'\n__all__ = ['a', 'b']", "ab"),
        ("f('z', ['y'])\n__all__ = ['a']", "a"),
        ("__all__ = [*f(), 'a']", None),
        ("__all__ = ['a'] + f()", None),
        ("__all__ = [x]", None),
        ("__all__ = ['a', 1]", None),
        ("__all__ = ['a']\n__all__ += ['b']", None),
        ("__all__ = ['a']\nf(__all__)", None),
        ("def f():\n    global __all__\n    __all__ = ['a']", None),
        ("if x:\n    __all__ = ['a']", "a"),
        ("x = 1", None),
    ],
)
def test_what_a_module_exports_if_that_is_written_out(text, exported):
    """In `__all__`; else it is not known."""
    found = surface_of(code_of(text)).exported
    assert found == (None if exported is None else set(exported))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a = _b = 1\n__all__ = ['_b']", {"_b"}),
        ("a = _b = 1", {"a"}),
        ("a = _b = 1\n__all__ = f()", {"a", "_b"}),
    ],
)
def test_what_a_star_may_show(text, shown):
    """What `__all__` says, or all that is not private; if it is not known, anything."""
    surface = surface_of(code_of(text))
    assert {name for name in ("a", "_b") if surface.may_show(name)} == shown


@pytest.mark.parametrize(
    ("text", "is_same"),
    [
        (
            "def f(x):\n    return 2\nclass C:\n    y = {1, 2} and f in {3, 4}\n    def m(self): return f",
            True,
        ),
        (
            "# more\n\ndef f(): return 1\nclass C:\n    y = {1, 2} and f in {3, 4}\n    def m(self): pass",
            True,
        ),
        (
            "def f(): return 1\nclass C:\n    y = {1, 2} and f in {3, 5}\n    def m(self): pass",
            False,
        ),
        (
            "def g(): return 1\nclass C:\n    y = {1, 2} and f in {3, 4}\n    def m(self): pass",
            False,
        ),
        ("def f(): return 1\nclass C:\n    def m(self): pass", False),
    ],
)
def test_the_skeleton_of_a_module_is_all_but_its_functions(text, is_same):
    """If it is the same, what runs as the module does is the same, but for what functions do."""
    before = (
        "def f(): return 1\nclass C:\n    y = {1, 2} and f in {3, 4}\n    def m(self): pass"
    )
    assert (skeleton_of(code_of(before)) == skeleton_of(code_of(text))) is is_same


def test_code_that_only_type_checkers_look_at():
    """It does not run, so it neither binds nor reads anything; what stands beside it does."""
    text = (
        "from typing import TYPE_CHECKING\nimport typing as t\n"
        "if TYPE_CHECKING:\n    from a import A\n    X = f()\nelse:\n    from b import B\n"
        "if t.TYPE_CHECKING:\n    import c\n"
        "if not TYPE_CHECKING:\n    from d import D\n"
        "if x or y:\n    import e\n"
    )
    code = code_of(text)
    assert surface_of(code).names == {"TYPE_CHECKING", "t", "B", "D", "e"}
    loads = {".".join(chain) for chain in code_reads(code).loads}
    assert loads == {"TYPE_CHECKING", "t.TYPE_CHECKING", "x", "y"}


def test_what_a_trace_has():
    """What the module's code loads of others, and what code of others did meanwhile."""
    root = code_of("import a\na.f(1)\nlen(x)")
    other = code_of("T = []\ndef f(x):\n    T.append(x)\n    x[0] = vars()", "f")
    trace = trace_of("m", root, [("m", root), ("a", other)])
    assert trace.loads == {("m", ("a", "f")), ("a", ("T", "append")), ("a", ("vars",))}
    assert (trace.ran, trace.changing, trace.all_of) == ({"a"}, {"a"}, {"a"})
    assert repr(trace) == "Trace(3 loads, 1 others ran)"
    assert Trace().loads == frozenset()
