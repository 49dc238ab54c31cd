"""What a source says: its imports, by where they stand, and the names in its `__all__`."""

import warnings

import pytest

from liveimport.core.model import BoundNames, SourceInfo
from liveimport.core.source.analysis import analyse, is_plain, names_in_all, with_package_facts


def statements(bindings):
    """Returns the statements of bindings."""
    return [binding.statement for binding in bindings]


def test_top_level_imports_are_told_from_others():
    """An import in `if`, `try` or a function is not at the top level."""
    text = b"import a\nif a:\n import b\ntry:\n import c\nfinally: pass\ndef f():\n import d\n"
    assert statements(analyse(text, "").top_level) == ["import a"]


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
        ("if TYPE_CHECKING and v:\n    import a", "a"),
        ("if __name__ == '__main__':\n    import a\nelse:\n    import b", "b"),
        ("if '__main__' == __name__:\n    import a", ""),
        ("if __name__ != '__main__':\n    import a\nelse:\n    import b", "a"),
        ("if not __name__ == '__main__':\n    import a\nelse:\n    import b", "a"),
        ("if not __name__ != '__main__':\n    import a\nelse:\n    import b", "b"),
        ("if v: pass\nelif __name__ == '__main__':\n    import a\nelse:\n    import b", "b"),
        ("if __name__ == 'a':\n    import a", "a"),
        ("if __name__ in '__main__':\n    import a", "a"),
        ("if __name__ == '__main__' == v:\n    import a", "a"),
        ("try: pass\nexcept* E:\n    import a\nfinally:\n    import b", "a b"),
        ("for v in w: pass\nelse:\n    import a", "a"),
        ("async with v:\n    import a", "a"),
    ],
)
def test_imports_that_run_with_the_module(text, expected):
    """Those in blocks count, in source order. Those in functions and for type checkers do not."""
    eager = analyse(text.encode(), "").eager
    assert [binding.module for binding in eager] == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f():\n    import a\nimport b\nf()\nimport c", "b a c"),
        ("def f():\n    if v:\n        import a\nx = [f() for _ in v]", "a"),
        ("def f():\n    g()\ndef g():\n    import a\n    f()\nf()", "a"),
        ("def f():\n    import a\nf()\ndef f():\n    import b\nimport c", "a c"),
        ("def f():\n    import a\ndef f():\n    import b\nf()", "b"),
        ("def f(g):\n    import a\n@f\ndef g():\n    import b", "a"),
        ("def f(g):\n    import a\n@f(1)\nclass C: x = f(2)", "a"),
        ("async def f():\n    import a\nrun(f())", "a"),
        ("def f():\n    import a\nclass C:\n    x = f()", "a"),
        ("def f():\n    def g():\n        import a\n    class D: import b\nf()", ""),
        ("def f():\n    import a\ng = lambda: f()", ""),
        ("def f():\n    import a\ndef g():\n    f()\ng.f()", ""),
        ("class C:\n    def f(self):\n        import a\nC().f()", ""),
        ("def f():\n    import a\nif __name__ == '__main__':\n    f()", ""),
    ],
)
def test_imports_of_functions_that_the_module_calls(text, expected):
    """They run where a function is called by its name, and with what it calls in turn."""
    info = analyse(text.encode(), "")
    assert [binding.module for binding in info.eager] == expected.split()
    assert info.deferred


def test_imports_that_run_when_the_module_is_used():
    """Those in functions, however deep, are deferred."""
    text = (
        b"import a\ndef f():\n  import b\n  if v: from .c import d\n"
        b"class C:\n  async def g(self): import e"
    )
    info = analyse(text, "p")
    assert statements(info.deferred) == ["import b", "from p.c import d", "import e"]
    assert statements(info.eager) == ["import a"]


def test_a_guard_in_a_function_is_as_any_condition():
    """Only a module's own guard says that what is below it runs as a script."""
    text = b"def f():\n  if __name__ == '__main__': import a\n  if TYPE_CHECKING: import b"
    assert statements(analyse(text, "").deferred) == ["import a", "import b"]


def test_relative_imports_are_made_absolute():
    """The package decides what dots mean."""
    (binding,) = analyse(b"from .a import b", "p.q").top_level
    assert binding.statement == "from p.q.a import b"


def test_an_import_that_leaves_its_package_is_left_out():
    """Running the module raises there. Analysis does not."""
    info = analyse(b"from ... import a\nimport b", "p")
    assert statements(info.top_level) == ["import b"]


def test_stars_are_the_modules_imported_with_a_star():
    """They are in source order. Those in blocks count."""
    info = analyse(b"from b import *\nfrom c import d\nif v:\n  from a import *", "")
    assert info.stars == ("b", "a")


def test_a_coding_cookie_and_a_byte_order_mark_are_understood():
    """The bytes are read as Python reads them."""
    assert statements(analyse("# coding: latin-1\nimport é".encode("latin-1"), "").eager) == [
        "import é"
    ]
    assert statements(analyse(b"\xef\xbb\xbfimport a", "").eager) == ["import a"]


def test_analysis_leaves_warnings_to_the_caller():
    """Core does not touch the filters of the process."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        analyse(b"x = '\\d'", "")
    assert ["escape sequence" in str(warning.message) for warning in caught] == [True]


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
    """Callers have one error to handle."""
    with pytest.raises(SyntaxError):
        analyse(data, "")


def test_the_source_stays_when_its_names_are_known():
    """An edit of comments or layout is compared with it."""
    info = analyse(b"import a\nx = 1", "")
    names = BoundNames(frozenset({"y"}))
    known = info.with_names(names)
    assert (info.data, info.names) == (b"import a\nx = 1", None)
    assert (known.data, known.names) == (info.data, names)
    assert known.top_level == info.top_level


def test_the_names_of_a_package_are_always_known():
    """So are the submodules that its `__all__` may name."""
    data = b"from . import b\n__all__ = ['b', 'x']\nx = 1"
    info = with_package_facts(analyse(data, "p"), data)
    assert info.names == BoundNames(frozenset({"b", "__all__", "x"}))
    assert (info.all_submodules, info.data) == (("b", "x"), data)
    assert statements(info.top_level) == ["from p import b"]


def test_infos_print_as_counts():
    """A source with hundreds of imports stays readable."""
    assert repr(analyse(b"import a\nx = y = 1", "")) == "SourceInfo(1 imports)"
    assert repr(SourceInfo()) == "SourceInfo(0 imports)"


@pytest.mark.parametrize(
    ("data", "plain"),
    [
        (b"", True),
        (b"import a", True),
        (b"# coding: utf-8\n", True),
        (b"#!python\n# -*- coding: ASCII -*-\n", True),
        (b"# one\n# two\n# coding: latin-1\n", True),
        (b"# coding: latin-1\n", False),
        (b"# one\n# vim: set fileencoding=utf-7 :\n", False),
    ],
)
def test_an_encoding_in_which_each_word_has_its_own_letters(data, plain):
    """The first two lines may name another."""
    assert is_plain(data) is plain


def test_the_same_imports_stand_in_the_same_kinds_of_places():
    """Nested imports count, and those in functions."""
    plain, nested = analyse(b"import a\n", ""), analyse(b"import a\nif b:\n import c\n", "")
    deferred = analyse(b"import a\ndef f():\n import c\n", "")
    assert plain.same_imports(analyse(b"import a\nx = 1\n", ""))
    assert plain.same_imports(plain.with_names(BoundNames()))
    assert not plain.same_imports(nested)
    assert not plain.same_imports(deferred)
    assert not nested.same_imports(deferred)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("__all__ = ['a', \"b\"]\nx = ['c']", "a b"),
        ("__all__ = (\n    'a',  # why\n    'b',\n)", "a b"),
        ("__all__: list[str] = ['a']", "a"),
        ("__all__ = ['a']\n__all__ += ['b']\n__all__.extend(['c'])", "a b c"),
        ("__all__ = ['a']\n__all__.append('b')\n__all__ = [*__all__, 'a']", "a b"),
        ("__all__ = low.__all__", ""),
        ("not__all__ = ['a']", ""),
        ("x = 1", ""),
    ],
)
def test_the_names_in_all(text, names):
    """They are what the source shows. Too many do no harm."""
    assert " ".join(names_in_all(text.encode())) == names
