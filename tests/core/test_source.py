"""What a source says: imports, names it binds, names it guards."""

import warnings

import pytest

from liveimport.core.source import Contents, analyse


def names(text):
    """Returns the names that a source binds, sorted."""
    return sorted(analyse(text.encode(), "").binds.names)


def guards(text):
    """Returns the names that a source guards, sorted."""
    return sorted(analyse(text.encode(), "").binds.guards)


def test_only_top_level_imports_count():
    """Promise 3: an import in `if`, `try` or a function is no dependency."""
    text = b"import a\nif a:\n import b\ntry:\n import c\nfinally: pass\ndef f():\n import d\n"
    assert [b.statement for b in analyse(text, "").imports] == ["import a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a\nimport b", "a b"),
        (
            "if v:\n    import a\nelif w:\n    import b\nelse:\n    import c\nimport d",
            "a b c d",
        ),
        ("try:\n    import a\nexcept E:\n    import b\nelse:\n    import c", "a b c"),
        ("with v:\n    for w in v:\n        import a\n    import b", "a b"),
        ("while v:\n    import a", "a"),
        ("match v:\n    case 1:\n        import a", "a"),
        ("class C:\n    import a\n    def f():\n        import b", "a"),
        ("def f():\n    import a", ""),
        ("async def f():\n    import a", ""),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", "b"),
        ("if not TYPE_CHECKING:\n    import a\nelse:\n    import b", "a"),
        ("if not v:\n    import a\nelse:\n    import b", "a b"),
        ("if v.w:\n    import a", "a"),
        ("if MY_TYPE_CHECKING:\n    import a", "a"),
        ("if typing.TYPE_CHECKING:\n    import a", ""),
    ],
)
def test_imports_that_run_with_the_module(text, expected):
    """Nested or not, in source order; not those in functions, nor those for type checkers."""
    runs = analyse(text.encode(), "").runs
    assert [binding.module for binding in runs] == expected.split()


def test_imports_that_run_when_the_module_is_used():
    """Those in functions, however deep; they are neither dependencies nor run with it."""
    text = b"import a\ndef f():\n  import b\n  if v: from .c import d\nclass C:\n  async def g(self): import e"
    contents = analyse(text, "p")
    assert [b.statement for b in contents.later] == [
        "import b",
        "from p.c import d",
        "import e",
    ]
    assert [b.statement for b in contents.runs] == ["import a"]


def test_relative_imports_are_read_in_their_package():
    """What dots mean depends on the package alone."""
    (binding,) = analyse(b"from .a import b", "p.q").imports
    assert binding.statement == "from p.q.a import b"


def test_an_import_that_leaves_its_package_is_left_out():
    """Running the module raises there; that is no matter of analysis."""
    contents = analyse(b"from ... import a\nimport b", "p")
    assert [binding.statement for binding in contents.imports] == ["import b"]
    assert contents.binds.names == {"a", "b"}


def test_stars_are_the_modules_imported_with_a_star():
    """Only `import *` counts, in source order."""
    contents = analyse(b"from b import *\nfrom c import d\nfrom a import *", "")
    assert contents.stars == ("b", "a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = y = 1", ["x", "y"]),
        ("x, (y, *z) = v", ["x", "y", "z"]),
        ("x += 1", ["x"]),
        ("x: int = 1", ["x"]),
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
    """Every name that any statement outside functions and classes binds, and no other."""
    assert names(text) == expected


def test_names_that_are_bound_elsewhere_in_the_source():
    """By `global`, in functions and classes: whether they are bound shows only in the run."""
    text = b"x = 1\ndef f():\n    global y, z\n    y = 1\nclass C:\n    global g\n    g = 1"
    contents = analyse(text, "")
    assert contents.binds.names == {"x", "f", "C"}
    assert contents.binds.elsewhere == {"y", "z", "g"}


@pytest.mark.parametrize(
    "text",
    [
        "if 'cache' not in globals():\n    cache = {}",
        "if not hasattr(sys.modules[__name__], 'cache'):\n    cache = {}",
        "cache = vars().get('cache') or {}",
        "cache = me.__dict__.get('cache', {})",
        "try:\n    cache\nexcept NameError:\n    cache = {}",
        "try:\n    if cache: pass\nexcept NameError:\n    cache = {}",
    ],
)
def test_a_name_that_may_be_looked_up_first_is_guarded(text):
    """Promise 8: state that a module looks up before it makes it anew is to survive."""
    assert "cache" in guards(text)


@pytest.mark.parametrize(
    "text",
    [
        "cache = {}",
        "name = 'cache'",
        "# unlike globals()\nname = 'cache'",
        "try:\n    import cache\nexcept ImportError:\n    cache = None",
        "try:\n    pass\nfinally:\n    cache",
        "def f():\n    try:\n        cache\n    except NameError:\n        pass",
    ],
)
def test_a_name_that_is_only_bound_is_not_guarded(text):
    """What nothing looks up before it is bound leaves the module before it runs again."""
    assert guards(text) == []


def test_what_all_lists_is_no_guard():
    """The texts of `__all__` are names, but nothing looks them up."""
    text = "look = globals()\n__all__ = ['a']\n__all__ += ['b']\n__all__: list = ['c']\nx = 'd'"
    assert guards(text) == ["d"]


@pytest.mark.parametrize(
    "text", ["__all__, other = ['a'], 1", "other = ['a']", "x.__all__ = ['a']"]
)
def test_other_assignments_are_no_list_of_public_names(text):
    """A text that is not surely in `__all__` may be a name that is looked up."""
    assert guards(f"look = globals()\n{text}") == ["a"]


def test_a_coding_cookie_and_a_byte_order_mark_are_understood():
    """The bytes are read as Python reads them."""
    assert analyse("# coding: latin-1\né = 1".encode("latin-1"), "").binds.names == {"é"}
    assert analyse(b"\xef\xbb\xbfx = 1", "").binds.names == {"x"}


def test_analysis_warns_of_nothing():
    """Python warns when the module runs; once is enough, and with its file name."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        analyse(b"x = '\\d'", "")
    assert caught == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"def", id="grammar"),
        pytest.param(b"x = 1\0", id="null byte"),
        pytest.param(b"x = '\xff'", id="not utf-8"),
        pytest.param(b"# coding: nonsense\n", id="unknown encoding"),
        pytest.param(b"(" * 5_000 + b")" * 5_000, id="nested brackets"),
        pytest.param(b"x = " + b"-" * 100_000 + b"1", id="nested operators"),
    ],
)
def test_whatever_is_wrong_with_a_source_is_a_syntax_error(data):
    """One kind of error to be handled, whatever the parser trips over."""
    with pytest.raises(SyntaxError):
        analyse(data, "")


def test_contents_print_as_a_count():
    """A source with hundreds of imports stays readable."""
    assert repr(analyse(b"import a\nx = y = 1", "")) == "Contents(1 imports)"
    assert repr(Contents()) == "Contents(0 imports)"
