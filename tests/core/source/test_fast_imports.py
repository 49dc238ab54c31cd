"""The shortcut says what parsing says, or leaves it to parsing."""

import pytest

from liveimport.core.source import fast_imports as module
from liveimport.core.source.analysis import analyse
from liveimport.core.source.fast_imports import fast_imports

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
    "x = y + \\\nimport_ and 1\nimport a",
]
DOUBTFUL = [
    "if x:\n    import a\n",
    "def f():\n    import a\n",
    "import a; import b\n",
    "x = 1; import a\n",
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
def test_the_shortcut_says_what_parsing_says(text):
    """Imports of each kind are the same, whichever way they were found."""
    data = text.encode()
    assert fast_imports(data, "p.q") == analyse(data, "p.q")


@pytest.mark.parametrize("text", PLAIN)
def test_plain_sources_are_not_parsed(text, monkeypatch):
    """That is what the shortcut is for."""
    expected = analyse(text.encode(), "p.q")
    monkeypatch.delattr(module, "analyse")
    assert fast_imports(text.encode(), "p.q") == expected


@pytest.mark.parametrize("text", DOUBTFUL)
def test_doubtful_sources_are_parsed(text, monkeypatch):
    """The shortcut does not guess."""
    parsed = object()
    monkeypatch.setattr(module, "analyse", lambda data, package: parsed)
    assert fast_imports(text.encode(), "p.q") is parsed


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_import_is_refused_or_left_to_the_compiler(text):
    """The info says anything, or a SyntaxError is raised. There is no other error."""
    try:
        assert fast_imports(text.encode(), "").data == text.encode()
    except SyntaxError:
        assert text in {"import", "import a b", "from a import\n", "x = '''import a\n"}


def test_a_source_that_is_broken_elsewhere_says_its_imports():
    """The shortcut does not see it. The compiler refuses it before it runs."""
    info = fast_imports(b"import a\ndef", "")
    assert [binding.statement for binding in info.top_level] == ["import a"]


@pytest.mark.parametrize(
    "text",
    ["import a # c\rimport b\n", "# head\rimport a\n", "x = 1 # c\rimport a\n", "import a\r"],
)
def test_a_lone_carriage_return_ends_a_line(text):
    """It does for Python, though it ends no comment elsewhere."""
    info = fast_imports(text.encode(), "")
    assert info == analyse(text.encode(), "")
    assert info.top_level != ()
