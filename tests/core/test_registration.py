"""Import statements → bindings: what they bind and what they refer to."""

import pytest

from liveimport.core.registration import (
    Binding,
    Registration,
    absolute_name,
    merge,
    parse_imports,
    prefixes,
    refers,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a", [Binding("a", "a")]),
        ("import a as b", [Binding("b", "a", aliased=True)]),
        ("import a as a", [Binding("a", "a", aliased=True)]),
        ("import a.b.c", [Binding("a", "a.b.c")]),
        ("import a.b.c as d", [Binding("d", "a.b.c", aliased=True)]),
        ("import a, b.c", [Binding("a", "a"), Binding("b", "b.c")]),
        ("from a import b", [Binding("b", "a", "b")]),
        ("from a import b as c", [Binding("c", "a", "b")]),
        ("from a import *", [Binding("*", "a", "*")]),
        (
            "from a import (\n  b,\n  c as d,\n)",
            [Binding("b", "a", "b"), Binding("d", "a", "c")],
        ),
        ("from a import b; import c", [Binding("b", "a", "b"), Binding("c", "c")]),
        ("import a\nimport a", [Binding("a", "a"), Binding("a", "a")]),
        ("    import a\n    import b", [Binding("a", "a"), Binding("b", "b")]),
        ("# nothing\n", []),
    ],
)
def test_each_form_of_import_statement(text, expected):
    """Every legal form gives its bindings, in order, whatever its layout."""
    assert parse_imports(text) == tuple(expected)


@pytest.mark.parametrize(
    "text",
    [
        "if 1:\n    import a\n   import b\n",
        "x = 1\n    import a\n   import b\n",
        "    import a\n   import b\n  ",
    ],
)
def test_text_that_cannot_be_dedented(text):
    """It is refused as Python refuses it."""
    with pytest.raises(IndentationError):
        parse_imports(text, allow_other_statements=True)


def test_text_with_odd_line_breaks():
    """Only what ends a line for Python ends one."""
    text = "\n    import a  # \u2028 here\n    import b\n"
    assert [b.statement for b in parse_imports(text)] == ["import a", "import b"]


@pytest.mark.parametrize(
    "text",
    [
        "import a\n    import b\n    ",
        "\r\n    import a\r\n    import b\r\n",
        "\n    import a\n# a note\n    import b\n",
    ],
)
def test_text_is_dedented(text):
    """The first line may stand right behind the quotes, and comments anywhere."""
    assert [b.statement for b in parse_imports(text)] == ["import a", "import b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from . import b", Binding("b", "p.q", "b")),
        ("from .a import b", Binding("b", "p.q.a", "b")),
        ("from .. import b", Binding("b", "p", "b")),
        ("from ..a.c import *", Binding("*", "p.a.c", "*")),
    ],
)
def test_relative_imports_are_made_absolute(text, expected):
    """A binding names its module absolutely, so two packages cannot be mixed up."""
    assert parse_imports(text, package="p.q") == (expected,)


@pytest.mark.parametrize(
    ("text", "line", "statement"),
    [
        ("import a\nx = 1", 2, "x = 1"),
        ("if a:\n    import b", 1, "if a:"),
        ("def f():\n    import b", 1, "def f():"),
    ],
)
def test_other_statements_are_refused(text, line, statement):
    """A statement that is no import is refused by line and text."""
    with pytest.raises(ValueError, match="not an import statement") as caught:
        parse_imports(text)
    assert str(caught.value).startswith(f"line {line} ")
    assert str(caught.value).endswith(statement)


def test_other_statements_are_skipped_if_allowed():
    """Only top-level imports count: not those in `if`, `try`, `with`, functions or classes."""
    text = """
    import a
    if a:
        import b
    try:
        import c
    except ImportError:
        import d
    def f():
        import e
    class G:
        import h
    with a:
        import i
    from j import k
    """
    assert parse_imports(text, allow_other_statements=True) == (
        Binding("a", "a"),
        Binding("k", "j", "k"),
    )


def test_text_that_is_no_python_raises_as_python_does():
    """A syntax error comes as Python gives it, with its line."""
    with pytest.raises(SyntaxError) as caught:
        parse_imports("import a\nimport import")
    assert caught.value.lineno == 2


@pytest.mark.parametrize(
    ("text", "package"),
    [("from . import a", ""), ("from .. import a", "p"), ("from ...a import b", "p.q")],
)
def test_a_relative_import_may_not_leave_its_package(text, package):
    """Dots that lead out of the package are an ImportError that quotes the import."""
    with pytest.raises(ImportError, match="relative import") as caught:
        parse_imports(text, package=package)
    assert text.split()[1] in str(caught.value)
    assert package in str(caught.value)


@pytest.mark.parametrize(
    ("module", "level", "package", "expected"),
    [
        ("a.b", 0, "", "a.b"),
        ("a", 0, "p", "a"),
        ("a", 1, "p", "p.a"),
        ("", 1, "p.q", "p.q"),
        ("", 2, "p.q", "p"),
        ("a.b", 2, "p.q", "p.a.b"),
    ],
)
def test_absolute_name(module, level, package, expected):
    """Each dot behind the first goes up by a package."""
    assert absolute_name(module, level, package) == expected


def test_prefixes():
    """A dotted name begins with its parents."""
    assert prefixes("a.b.c") == ("a", "a.b", "a.b.c")
    assert prefixes("a") == ("a",)


@pytest.mark.parametrize(
    "statement",
    [
        "import a",
        "import a as b",
        "import a.b.c",
        "import a.b as a",
        "from a.b import c",
        "from a import b as c",
        "from a import *",
    ],
)
def test_the_statement_of_a_binding_is_python_that_makes_it(statement):
    """Parsing a binding's statement gives the binding back."""
    (binding,) = parse_imports(statement)
    assert binding.statement == statement
    assert parse_imports(binding.statement) == (binding,)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("import a.b.c", ("a", "a.b", "a.b.c")),
        ("import a.b.module as x", ("a.b.module",)),
        ("import a.b.hidden as x", ("a.b", "a.b.hidden")),
        ("import a as x", ("a",)),
        ("import a", ("a",)),
        ("from a.b import module", ("a.b.module",)),
        ("from a.b import name", ("a.b",)),
        ("from a.b import module as name", ("a.b.module",)),
        ("from a.b import *", ("a.b",)),
    ],
)
def test_what_a_binding_refers_to(statement, expected):
    """Promise 3, statement by statement, where `a.b.module` is a module."""
    (binding,) = parse_imports(statement)
    assert refers(binding, lambda name: name == "a.b.module") == expected


def test_a_star_refers_to_the_submodules_that_are_listed():
    """Python imports what the `__all__` of a package names, if the package does not have it."""
    (binding,) = parse_imports("from a.b import *")
    found = refers(
        binding, {"a.b.module"}.__contains__, {"a.b": ("module", "name")}.__getitem__
    )
    assert found == ("a.b", "a.b.module")


def test_merging_keeps_each_binding_where_it_was_executed_last():
    """Running the first cell again makes its names win again."""
    first = parse_imports("from a import *\nfrom b import x")
    again = parse_imports("from a import *")
    assert [b.statement for b in merge(first, again)] == ["from b import x", "from a import *"]


def test_merging_is_idempotent():
    """Executing the same statements again adds nothing."""
    bindings = parse_imports("import a, b\nfrom c import d\nimport a")
    once = merge((), bindings)
    assert [b.statement for b in once] == ["import b", "from c import d", "import a"]
    assert merge(once, bindings) == once


def test_a_registration_prints_as_a_count():
    """Namespaces with hundreds of names stay readable."""
    registration = Registration(7, parse_imports("import a, b"))
    assert repr(registration) == "Registration(7, 2 bindings)"
