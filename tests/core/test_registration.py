"""Import statements → bindings: what they bind, what they refer to, what decides a name."""

import pytest

from liveimport.core.registration import (
    Binding,
    Registration,
    absolute_name,
    deciding,
    merge,
    parse_imports,
    prefixes,
    refers,
    rewriting,
)


def decided(statements, exports=None):
    """Returns which module decides each name, for star imports that give `exports`."""
    last = deciding(parse_imports(statements), lambda module: (exports or {}).get(module, ""))
    return {name: binding.module for name, binding in last.items()}


def written(statements, reloaded, before=None, after=None):
    """Returns a rewriting as two lines: the statements to make again, and those gone."""
    wanted = rewriting(
        parse_imports(statements),
        frozenset(reloaded.split()),
        lambda module: (before or {}).get(module, "").split(),
        lambda module: (after or before or {}).get(module, "").split(),
        lambda binding: refers(binding, {"p.sub"}.__contains__),
    )
    return (
        "; ".join(binding.statement for binding in wanted.write),
        "; ".join(binding.statement for binding in wanted.gone),
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
        ("import a.b.c as x", ("a.b.c",)),
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


def test_a_share_of_a_star_refers_to_the_module_that_gives_it_as_well():
    """Whether the star gives the name is decided by that module, even if it is a submodule."""
    share = deciding(parse_imports("from p import *"), lambda _: ["sub", "name"])
    assert refers(share["sub"], {"p.sub"}.__contains__) == ("p", "p.sub")
    assert refers(share["name"], {"p.sub"}.__contains__) == ("p",)
    assert share["sub"].statement == "from p import sub"


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


def test_the_last_statement_that_binds_a_name_decides_it():
    """Of several statements that bind a name the one executed last counts."""
    assert decided("from a import x\nfrom b import y as x\nimport z") == {"x": "b", "z": "z"}


def test_a_star_import_decides_whatever_it_exports():
    """A star is a statement like others: it wins over earlier ones, and later ones over it."""
    exports = {"stars": ["x", "y"]}
    assert decided("from a import x\nfrom stars import *", exports) == {
        "x": "stars",
        "y": "stars",
    }
    assert decided("from stars import *\nfrom a import x", exports) == {"x": "a", "y": "stars"}


def test_only_names_decided_by_a_reloaded_module_are_written():
    """Promise 1: a name whose last statement refers to another module is left alone."""
    statements = "from highlight import *\nfrom formatutil import *"
    exports = {"highlight": "red bold", "formatutil": "red wrap"}
    assert written(statements, "highlight", exports) == ("from highlight import bold", "")
    assert written(statements, "formatutil", exports) == (
        "from formatutil import red; from formatutil import wrap",
        "",
    )


def test_a_submodule_is_rewritten_for_itself_and_not_for_its_package():
    """Promise 3: `from p import sub` refers to p.sub; a reload of p does not concern it."""
    assert written("from p import sub", "p.sub") == ("from p import sub", "")
    assert written("from p import sub", "p") == ("", "")


def test_a_star_import_gives_the_names_that_are_public_after_the_reload():
    """Promise 2: names that a star gains are written, and those that it loses are gone."""
    assert written("from a import *", "a", {"a": "old both"}, {"a": "both new"}) == (
        "from a import both; from a import new",
        "from a import old",
    )


def test_a_name_that_a_star_gave_up_falls_to_the_statement_before():
    """Promise 1: the name holds what executing all statements again would bind."""
    statements = "from a import x\nfrom b import *"
    assert written(statements, "b", {"b": "x"}, {"b": "y"}) == (
        "from a import x; from b import y",
        "",
    )


def test_a_registration_prints_as_a_count():
    """Namespaces with hundreds of names stay readable."""
    registration = Registration(7, parse_imports("import a, b"))
    assert repr(registration) == "Registration(7, 2 bindings)"
