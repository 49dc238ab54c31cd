"""Import statements as bindings: what they bind, what they refer to, which one wins."""

import pytest

from liveimport.core.imports import (
    Binding,
    Rebinds,
    Registration,
    absolute_name,
    append_executed,
    last_bindings,
    modules_referred_to,
    names_bound_otherwise,
    parse_imports,
    possible_modules,
    rebinds,
    why_nothing_registers,
    with_parents,
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
    """Every legal form gives its bindings, in order."""
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
    """Python's own error is raised."""
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
    """The first line may follow the quotes directly. Comments may be anywhere."""
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
    """A binding has the absolute name of its module."""
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
    """The error tells line and text of the statement."""
    with pytest.raises(ValueError, match="not an import statement") as caught:
        parse_imports(text)
    assert str(caught.value).startswith(f"line {line} ")
    assert str(caught.value).endswith(statement)


def test_other_statements_are_skipped_if_allowed():
    """Imports in `if`, `try`, `with`, functions and classes do not count."""
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
    """Python's own error is raised, with its line."""
    with pytest.raises(SyntaxError) as caught:
        parse_imports("import a\nimport import")
    assert caught.value.lineno == 2


@pytest.mark.parametrize(
    ("text", "package"),
    [("from . import a", ""), ("from .. import a", "p"), ("from ...a import b", "p.q")],
)
def test_a_relative_import_may_not_leave_its_package(text, package):
    """The error quotes the import and names the package."""
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
    """Each dot after the first goes up by a package."""
    assert absolute_name(module, level, package) == expected


def test_modules_come_behind_their_parents():
    """Each name comes once."""
    assert with_parents(["a.b.c"]) == ("a", "a.b", "a.b.c")
    assert with_parents(["a.b.c", "a.d", "e", "a"]) == ("a", "a.b", "a.b.c", "a.d", "e")
    assert with_parents([]) == ()


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
def test_the_statement_of_a_binding_makes_that_binding(statement):
    """Parsing the statement gives the binding back."""
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
    assert modules_referred_to(binding, lambda name: name == "a.b.module") == expected


def test_a_star_refers_to_the_submodules_in_all():
    """Python imports the submodules that the `__all__` of a package names."""
    (binding,) = parse_imports("from a.b import *")
    found = modules_referred_to(
        binding, {"a.b.module"}.__contains__, {"a.b": ("module", "name")}.__getitem__
    )
    assert found == ("a.b", "a.b.module")


def test_a_binding_is_kept_where_it_was_executed_last():
    """Running the first cell again makes its names win again."""
    first = parse_imports("from a import *\nfrom b import x")
    again = parse_imports("from a import *")
    merged = append_executed(first, again)
    assert [b.statement for b in merged] == ["from b import x", "from a import *"]


def test_executing_again_adds_nothing():
    """The bindings stay as they are."""
    bindings = parse_imports("import a, b\nfrom c import d\nimport a")
    once = append_executed((), bindings)
    assert [b.statement for b in once] == ["import b", "from c import d", "import a"]
    assert append_executed(once, bindings) == once


def test_every_name_that_may_be_a_module():
    """`from a import b` may name a module. Parents come first, and each name once."""
    bindings = parse_imports("import a.b, f; from c import d; from e import *; import a")
    assert possible_modules(bindings) == ("a", "a.b", "f", "c", "c.d", "e")


def test_a_registration_prints_as_a_count():
    """Namespaces with hundreds of names stay readable."""
    registration = Registration(7, parse_imports("import a, b"))
    assert repr(registration) == "Registration(7, 2 bindings)"


# Which binding wins, and which names a reload binds again.


def winners(statements, public_names=None):
    """Returns by name the module whose binding is the last."""
    last = last_bindings(parse_imports(statements), public_names or {})
    return {name: binding.module for name, binding in last.items()}


def rebound(statements, reloaded, before=None, after=None, old=""):
    """Returns what is bound again and what vanished, as two lines of statements."""
    names = rebinds(
        tuple(
            last_bindings(
                parse_imports(statements),
                {module: text.split() for module, text in (public or {}).items()},
            )
            for public in (before, after or before)
        ),
        frozenset(reloaded.split()),
        lambda binding: modules_referred_to(binding, {"p.sub"}.__contains__),
        frozenset(old.split()),
    )
    return (
        "; ".join(binding.statement for binding in names.bind),
        "; ".join(binding.statement for binding in names.vanished),
    )


def test_the_last_statement_that_binds_a_name_wins():
    """The statement that was executed last counts."""
    assert winners("from a import x\nfrom b import y as x\nimport z") == {"x": "b", "z": "z"}


def test_a_star_import_wins_for_each_name_that_it_gives():
    """It wins over earlier statements, and later ones win over it."""
    public = {"stars": ["x", "y"]}
    assert winners("from a import x\nfrom stars import *", public) == {
        "x": "stars",
        "y": "stars",
    }
    assert winners("from stars import *\nfrom a import x", public) == {"x": "a", "y": "stars"}


def test_names_of_the_user():
    """They are replaced, or stay as they are. In neither case do they vanish."""
    a, b, c, gone = (Binding(name, "m", name) for name in ("a", "b", "c", "gone"))
    names = Rebinds((a, b, c), (gone, c))
    own, deleted = frozenset({"a", "gone"}), frozenset({"b"})
    assert names.with_own_names(own, deleted, keep=False) == Rebinds((a, b, c), (c,), own)
    assert names.with_own_names(own, deleted, keep=True) == Rebinds(
        (c,), (c,), kept=(a,), deleted=(b,)
    )
    nobodys = names.with_own_names(frozenset(), frozenset(), keep=True)
    assert nobodys == names


def test_only_names_of_a_reloaded_module_are_bound_again():
    """Promise 1: a name whose last statement refers to another module is left alone."""
    statements = "from highlight import *\nfrom formatutil import *"
    public = {"highlight": "red bold", "formatutil": "red wrap"}
    assert rebound(statements, "highlight", public) == ("from highlight import bold", "")
    assert rebound(statements, "formatutil", public) == (
        "from formatutil import red; from formatutil import wrap",
        "",
    )


def test_a_submodule_is_bound_again_for_itself_and_not_for_its_package():
    """Promise 3: `from p import sub` refers to p.sub. A reload of p does not matter."""
    assert rebound("from p import sub", "p.sub") == ("from p import sub", "")
    assert rebound("from p import sub", "p") == ("", "")


def test_a_star_import_gives_the_names_that_are_public_after_the_reload():
    """Promise 2: new names are bound. Names that the module lost have vanished."""
    assert rebound("from a import *", "a", {"a": "old both"}, {"a": "both new"}) == (
        "from a import both; from a import new",
        "from a import old",
    )


def test_a_name_that_a_star_no_longer_gives_falls_to_the_statement_before():
    """Promise 1: the name has the value that executing all statements again would give it."""
    statements = "from a import x\nfrom b import *"
    assert rebound(statements, "b", {"b": "x"}, {"b": "y"}) == (
        "from a import x; from b import y",
        "",
    )


def test_a_name_that_holds_an_old_object_is_bound_again():
    """A lazy package gives what another module defines. A name that nothing binds is left."""
    statements = "from lazy import f, g\nfrom stars import *"
    public = {"stars": "h"}
    assert rebound(statements, "impl", public, old="f other") == ("from lazy import f", "")
    assert rebound(statements, "impl", public, old="h") == ("from stars import h", "")


def test_one_name_of_a_star_refers_to_the_module_that_gives_it_too():
    """That module decides whether the star gives the name, even if it is a submodule."""
    last = last_bindings(parse_imports("from p import *"), {"p": ["sub", "name"]})
    assert modules_referred_to(last["sub"], {"p.sub"}.__contains__) == ("p", "p.sub")
    assert modules_referred_to(last["name"], {"p.sub"}.__contains__) == ("p",)
    assert last["sub"].statement == "from p import sub"


@pytest.mark.parametrize(
    ("text", "undone", "expected"),
    [
        ("", [], "it has no import"),
        ("x = 1\nprint(x)", [], "it has no import"),
        ("import a\ndel a", ["the namespace has no name 'a'"], "the namespace has no name 'a'"),
        (
            "x = 1\ntry:\n    import a\nexcept ImportError:\n    pass",
            [],
            "its imports stand inside try: …; register them with register()",
        ),
        (
            "  if x > 3: from a import b",
            [],
            "its imports stand inside if x > 3: …; register them with register()",
        ),
        (
            "@cache\n@other(1)\ndef load(name):\n    with open(name):\n        import a",
            [],
            "its imports stand inside def load(name): …; register them with register()",
        ),
    ],
)
def test_why_nothing_registers(text, undone, expected):
    """It has no import, or none at the top level, or none that still holds."""
    assert why_nothing_registers(text, undone) == expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import a\nfrom b import c", ""),
        ("import a\na = 1\ndel b\nfor c in d: e += 1", "a b c e"),
        ("def f(): pass\nasync def g(): pass\nclass C: pass", "f g C"),
        (
            "try: import a.b\nexcept E as e: from . import c as d\nif x: from f import *",
            "a e d *",
        ),
        (
            "match x:\n    case {'k': a, **b}: pass\n    case [c, *d] as e: pass\n    case _: pass",
            "a b c d e",
        ),
        ("  with a as b:\n    (c := 1)", "b c"),
    ],
)
def test_names_that_other_statements_bind(text, names):
    """However deep; a relative import needs no package for that."""
    assert names_bound_otherwise(text) == set(names.split())


def test_names_that_are_not_bound_again():
    """A lazy import resolves to the new version by itself."""
    a, b = Binding("a", "m", "a"), Binding("b", "m", "b")
    names = Rebinds((a, b), ())
    assert names.without(frozenset("a")) == Rebinds((b,), ())
    assert names.without(frozenset()) is names
