"""What a source says: its imports, and that there are names."""

import warnings

import pytest

from liveimport.core.names import Bound
from liveimport.core.sketch import sketch
from liveimport.core.source import Contents, analyse, listed_in


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


def test_names_are_looked_for_until_they_are_known():
    """They are in the source as long as nobody has compiled it; then the source is let go."""
    contents = analyse(b"import a\nx = 1", "")
    known = contents.with_names(Bound(names=frozenset({"y"})))
    assert (contents.binds.names, known.binds.names) == ({"a", "x"}, {"y"})
    assert (contents.imports, contents.data) == (known.imports, b"import a\nx = 1")
    assert known.data == b""


def test_contents_print_as_a_count():
    """A source with hundreds of imports stays readable."""
    assert repr(analyse(b"import a\nx = y = 1", "")) == "Contents(1 imports)"
    assert repr(Contents()) == "Contents(0 imports)"


WAYS = [sketch, analyse]
SOURCE = b"# one\nimport a\nfrom b import c\n\nx = 'import'\ny = 1\n"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "edited", [SOURCE.replace(b"1", b"2"), SOURCE + b"z = 1\n", SOURCE[:-6]]
)
def test_an_edit_behind_the_imports_leaves_them(way, edited):
    """They are the same objects; the names are those of the edited source."""
    known = way(SOURCE, "").with_names(Bound())
    contents = known.after_edit(edited)
    assert contents.imports is known.imports
    assert contents.imports_like(known)
    assert (contents.data, contents.bound, contents.head) == (edited, None, known.head)
    assert contents.binds == way(edited, "").binds


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "edited",
    [
        SOURCE.replace(b"import a", b"import d"),
        SOURCE.replace(b"# one", b"# two"),
        SOURCE.replace(b"'import'", b"'other'"),
        SOURCE + b"import d\n",
        SOURCE + b"important = 1\n",
        SOURCE[:20],
        b"",
    ],
)
def test_an_edit_that_may_change_imports_is_read(way, edited):
    """Above them, in them, or with that word behind them."""
    assert way(SOURCE, "").after_edit(edited) is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("text", "edit"),
    [
        (b"# one\n# two\nimport a", b".b\n"),
        (b"import a\n", b"# coding: utf-7\n+AGk-mport b\n"),
        (b"# coding: utf-7\nimport a\nx = 1\n", b"+AGk-mport b\n"),
        (b"# one\n# two\nx = 1\n", b"y = 1\n"),
        (b"# one\n# two\nx = important", b"\n"),
    ],
)
def test_where_imports_may_go_on(way, text, edit):
    """An import without a line's end; lines that say how to read the others; none at all."""
    assert way(text, "").after_edit(text + edit) is None


@pytest.mark.parametrize("way", WAYS)
def test_a_word_that_begins_like_it(way):
    """A blank makes it one."""
    text = b"x = 1\ny = 2\nimportant = 1\n"
    assert way(text, "").after_edit(b"x = 1\ny = 2\nimport ant\n") is None


def test_all_lines_of_an_import_belong_to_it():
    """Also where it stands in a function, and the word is in the first line only."""
    text = b"# one\n\ndef f():\n    from a import (\n        b,\n        c,\n    )\n"
    assert analyse(text, "").after_edit(text.replace(b"c,", b"d,")) is None


def test_imports_are_alike_if_all_of_them_are():
    """Also those that are nested, or in functions."""
    plain, nested = analyse(b"import a\n", ""), analyse(b"import a\nif b:\n import c\n", "")
    later = analyse(b"import a\ndef f():\n import c\n", "")
    assert plain.imports_like(analyse(b"import a\nx = 1\n", ""))
    assert not plain.imports_like(nested)
    assert not plain.imports_like(later)


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
    """As far as the source shows them; some too many do no harm."""
    assert " ".join(listed_in(text.encode())) == names
