"""A sketch says what parsing says, or leaves it to parsing."""

import pytest

from liveimport.core import sketch as sketching
from liveimport.core.names import Bound
from liveimport.core.sketch import sketch
from liveimport.core.source import analyse

PLAIN = [
    "",
    "x = 1\n",
    "import a",
    "import a.b as c, d  # why\nx = 1\n",
    "from a import b as c, d\r\nfrom . import e\r\n",
    "from .. import a\nimport b\n",
    "from .... import a\nimport b\n",
    "from a import *\nfrom b import (\n    c,  # why\n    d as e,\n)\n",
    '"""Says import a."""\nimport b\nx = "import c"\n',
    "# import a\nimport b  # import c\n",
    r"x = 'it\'s an import'" + "\nimport a\n",
    "é = 1\nimport a\n",
    "# -*- coding: utf-8 -*-\né = 1\nimport a\n",
    "# coding=ASCII\nimport a\n",
    "imported = important = 1\nimport a\n",
    "import a\nx = important\n",
]
DOUBTFUL = [
    "if x:\n    import a\n",
    "def f():\n    import a\n",
    "import a; import b\n",
    "x = 1; import a\n",
    "x = y + \\\nimport_ and 1\nimport a",
    "from a \\\n    import b\n",
    "x = f'{y}'\nimport a\n",
    "x = 1 \\\n\nimport a\n",
    "# coding: latin-1\n# é\nimport a\n",
    "# coding: unicode_escape\n\\x69mport a\nimport b\n",
    "\n# vim: set fileencoding=utf-7 :\n+AGk-mport a\nimport b\n",
]
BROKEN = [
    "import",
    "import if",
    "from a import (b c)\n",
    "from a import\n",
    "x = '''import a\n",
    "import 1\n",
    "import a.\n",
    "import a b",
]


@pytest.mark.parametrize("text", PLAIN + DOUBTFUL)
def test_a_sketch_says_what_parsing_says(text):
    """Imports of each kind and names, whichever way they were found."""
    data = text.encode()
    quick, slow = sketch(data, "p.q"), analyse(data, "p.q")
    for what in ("imports", "runs", "later", "stars", "binds"):
        assert getattr(quick, what) == getattr(slow, what), what
    assert repr(quick) == repr(slow)


@pytest.mark.parametrize("text", PLAIN)
def test_plain_sources_are_not_parsed(text, monkeypatch):
    """Which is what a sketch is for; only the import statements themselves are."""
    monkeypatch.delattr(sketching, "analyse")
    assert sketch(text.encode(), "p.q").imports == analyse(text.encode(), "p.q").imports


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_import_is_told_as_such_or_left_to_the_compiler(text):
    """It says anything, or that it is no Python; it raises nothing else."""
    try:
        assert sketch(text.encode(), "").data == text.encode()
    except SyntaxError:
        assert text in {"import", "import a b", "from a import\n", "x = '''import a\n"}


def test_names_of_a_source_that_is_broken_elsewhere():
    """A sketch does not see it, and it binds nothing: running it tells."""
    contents = sketch(b"import a\ndef", "")
    assert [binding.statement for binding in contents.imports] == ["import a"]
    assert contents.binds == Bound()


@pytest.mark.parametrize(
    "text",
    ["import a # c\rimport b\n", "# head\rimport a\n", "x = 1 # c\rimport a\n", "import a\r"],
)
def test_a_lone_carriage_return_ends_a_line(text):
    """As it does for Python, though it ends no comment elsewhere."""
    data = text.encode()
    assert sketch(data, "").imports == analyse(data, "").imports != ()
