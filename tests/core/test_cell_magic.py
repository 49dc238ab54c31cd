"""The magic line of a cell: where it is, what it asks for, and the cell without it."""

import pytest

from liveimport.core import cell_magic
from liveimport.core.cell_magic import (
    CellText,
    MagicLine,
    as_plain_cell,
    has_magic_line,
    is_looking_word,
    is_magic_further_down,
    is_sync_free,
    magic_line,
    parse_options,
    read_cell,
)


def plain(cell, *, hidden=True):
    """Returns a cell as it runs."""
    return "".join(as_plain_cell(cell.splitlines(keepends=True), hidden=hidden))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%liveimport", (0, False, False)),
        ("%%liveimport\nimport a", (0, False, False)),
        ("\n  \n%%liveimport\nimport a", (2, False, False)),
        ("#_%%liveimport\nimport a", (0, True, False)),
        ("# _%%liveimport\nimport a", (0, True, False)),
        ("#   _%%liveimport --clear", (0, True, False)),
        ("%%time\n%%liveimport\nimport a", (1, False, True)),
        ("%%time\n%%capture out\n\n#_%%liveimport", (3, True, True)),
        ("# %%\n#_%%liveimport\nimport a", (1, True, False)),
        ("#| label: x\n#| echo: false\n\n# _%%liveimport", (3, True, False)),
        ("#@title Imports\n%%liveimport\nimport a", (1, False, False)),
        ("# a comment\n%%liveimport", (1, False, False)),
    ],
)
def test_where_the_magic_line_is(cell, expected):
    """It is the first line but for blank ones and comments, or other cell magics."""
    magic = magic_line(cell, hidden=True)
    assert (magic.index, magic.hidden, bool(magic.above)) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "\n\n",
        "import a",
        "import a\n%%liveimport",
        "# a comment\nimport a\n%%liveimport",
        "# only\n# comments",
        "%%liveimports\nimport a",
        " %%liveimport\nimport a",
        "%%time\nimport a\n%%liveimport",
        "%liveimport",
        "#%%liveimport",
        "#_%%liveimported",
    ],
)
def test_cells_without_a_magic_line(cell):
    """They run as they are."""
    assert magic_line(cell, hidden=True) is None
    assert plain(cell) == cell


def test_the_hidden_magic_can_be_turned_off():
    """Then it is a comment. The plain magic still works."""
    assert magic_line("#_%%liveimport\nimport a", hidden=False) is None
    assert magic_line("%%liveimport\nimport a", hidden=False).index == 0
    assert plain("#_%%liveimport\nimport a", hidden=False) == "#_%%liveimport\nimport a"


@pytest.mark.parametrize(
    ("options", "clear", "asks", "unknown"),
    [
        ("", False, False, ""),
        ("  # a comment --clear", False, False, ""),
        ("-c", True, False, ""),
        ("--clear # once", True, False, ""),
        ("--clear -c", True, False, ""),
        ("-h", False, True, ""),
        ("--help --clear", True, True, ""),
        ("--clean", False, False, "--clean"),
        ("-c now please", True, False, "now"),
    ],
)
def test_what_the_magic_line_asks_for(options, clear, asks, unknown):
    """A comment may follow the options. The first unknown word is kept."""
    magic = parse_options(options)
    assert magic == magic_line(f"%%liveimport {options}\nimport a", hidden=True)
    assert (magic.clear, magic.help, magic.unknown_option) == (clear, asks, unknown)
    assert magic.usable is (not asks and not unknown)


def test_a_magic_line_as_a_value():
    """It has all that the cell says about its place."""
    cell = "%%time\n\n%%liveimport -c\n# a comment\n%%capture\n%%prun\nimport a"
    assert magic_line(cell, hidden=True) == MagicLine(
        index=2,
        hidden=False,
        above=("time",),
        below=("capture", "prun"),
        body=6,
        options=("-c",),
    )
    assert magic_line("%%liveimport\n# a comment\nimport a", hidden=True).body == 1
    assert magic_line("%%liveimport\n%%liveimport", hidden=True).below == ()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%liveimport -c\nimport a\n", "# %%liveimport -c\nimport a\n"),
        ("\n%%liveimport\nimport a", "\n# %%liveimport\nimport a"),
        ("# _%%liveimport\nimport a\n", "# _%%liveimport\nimport a\n"),
        ("%%liveimport", "# %%liveimport"),
        ("%%time\n%%liveimport\nimport a\n", "%%time\n%%liveimport\nimport a\n"),
        ("# %%\n%%liveimport\nimport a\n", "# %%\n# %%liveimport\nimport a\n"),
        ("%%liveimport\n    import a\n\n    b\n", "# %%liveimport\nimport a\n\nb\n"),
        ("%%liveimport\n  import a\n# b\n  c\n", "# %%liveimport\nimport a\n# b\nc\n"),
        ("%%liveimport\n  # c\n\n", "# %%liveimport\n  # c\n\n"),
        ("%%liveimport\n  a\nb\n", "# %%liveimport\n  a\nb\n"),
    ],
)
def test_the_plain_cell_has_the_same_lines(cell, expected):
    """The magic line becomes a comment, so line numbers hold."""
    assert plain(cell) == expected
    assert len(expected.splitlines()) == len(cell.splitlines())


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%liveimport\n%%time\nimport a\n", "%%time\nimport a\n"),
        ("# %%\n#_%%liveimport -c\n\n# c\n%%time x\n%%capture\nb", "%%time x\n%%capture\nb"),
    ],
)
def test_a_cell_with_another_magic_below_begins_with_that(cell, expected):
    """IPython calls a cell magic only on the first line, and passes it what is below."""
    assert plain(cell) == expected


def test_making_a_cell_plain_twice_changes_nothing_more():
    """Frontends do it more than once."""
    once = plain("%%liveimport\nimport a\n")
    assert plain(once) == once


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%liveimport --help\n", "%%liveimport --help\n#\n"),
        ("%%liveimport --help", "%%liveimport --help\n#\n"),
        ("#_%%liveimport wrong\nimport a\n", "%%liveimport wrong\nimport a\n"),
        ("\n%%liveimport wrong\nimport a\n", "%%liveimport wrong\nimport a\n"),
    ],
)
def test_a_cell_that_does_not_run_calls_the_magic(cell, expected):
    """The magic itself shows help and errors. It needs a body to be called."""
    assert plain(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%liveimport\nimport a\nb\n", "import a\nb\n"),
        ("\n\n%%liveimport\nimport a", "import a"),
        ("%%time\n%%liveimport\nimport a\n", "import a\n"),
        ("%%liveimport\n\n%%time\nimport a\n", "import a\n"),
        ("%%time\n%%liveimport\n%%capture\nimport a\n", "import a\n"),
        ("%%liveimport", ""),
        ("%%liveimport\n%%time", ""),
        ("import a\n", "import a\n"),
        ("# c\nimport a\n", "# c\nimport a\n"),
        ("%%time\n# c\nimport a\n", "# c\nimport a\n"),
    ],
)
def test_the_body_of_a_cell(cell, expected):
    """It is below the magic line."""
    assert read_cell(cell, hidden=True).body == expected


def test_the_other_magics_of_a_cell():
    """They stand above the magic line or below it; or on the first lines, if it has none."""
    cell = "%%time\n%%liveimport\n%%capture\nimport a"
    assert read_cell(cell, hidden=True).other_magics == ("time", "capture")
    assert read_cell("import a", hidden=True).other_magics == ()
    assert read_cell("\n%%time\n# c\n%%capture\na", hidden=True).other_magics == (
        "time",
        "capture",
    )
    assert read_cell("%%time\n# c\nimport a\n%%capture", hidden=True).other_magics == ("time",)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%liveimport", True),
        ("%liveimport sync\n", True),
        ("%config LiveImport.grace = 2", True),
        ("%load_ext liveimport", True),
        ("%unload_ext liveimport\n%reload_ext  liveimport", True),
        ("%load_ext autoreload", False),
        ("import liveimport\n\n# by hand\nliveimport.auto_sync(False)\n", True),
        ("  liveimport.sync()", True),
        ("liveimport.status()", True),
        ("print(liveimport.status().to_dict())", True),
        ("liveimport.auto_sync(\n    grace=2,\n)", True),
        ("plan = liveimport.plan()\nprint(plan.to_dict())", False),
        ("print(liveimport.plan().to_dict())", True),
        ("liveimport.replaced", True),
        ("df = liveimport.replaced['df']", True),
        ("liveimport.replaced[1, 'df']", True),
        ("print(liveimport.replaced.get('df'))", True),
        ("liveimport.replaced.clear()", True),
        ("liveimport.replaced[choose()]", False),
        ("liveimport.replaced.get(choose())", False),
        ("liveimport.other['df']", False),
        ("liveimport.other.clear()", False),
        ("liveimport.auto_sync(report=False); fall(2)", False),
        ("liveimport.plan(), fall(2)", False),
        ("liveimport.register(globals(), 'import a')", False),
        ("liveimport.plan(", False),
        ("liveimport.sync()\nif ready:\n    pass", False),
        ("import liveimport; x = 1", False),
        ("liveimport.sync()\nx = 1", False),
        ("%config InlineBackend.figure_format = 'svg'", False),
        ("%%liveimport\nimport a", False),
        ("# nothing", False),
        ("", False),
    ],
)
def test_cells_that_only_configure(cell, expected):
    """Each statement queries or configures LiveImport. An empty cell does not."""
    assert is_sync_free(cell) is expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%tb", True),
        ("%tb Verbose\n", True),
        ("  %debug  ", True),
        ("%pdb on", True),
        ("%xmode Minimal\n%tb", True),
        ("%history -n 1-5", True),
        ("%hist", True),
        ("%who\n%who_ls int\n%whos", True),
        ("%pinfo f\n%psource f", True),
        ("%lsmagic", True),
        ("# what was it?\n%tb\n", True),
        ("f?", True),
        ("lab.models.Net??", True),
        ("nets[0].fit?", True),
        ("*.fit*?", True),
        ("%timeit?", True),
        ("%%time?", True),
        ("?f", True),
        ("??lab.models", True),
        ("?", True),
        ("help(f)", True),
        ("help(lab.Net.fit)", True),
        ("help('topics')", True),
        ("help()", True),
        ("%tb\nliveimport.plan()", True),
        ("import pdb; pdb.pm()", True),
        ("ipdb.pm()", True),
        ("import pdb", True),
        ("import pdb\nf(3)", False),
        ("import pdb, low; pdb.pm()", False),
        ("pdb.set_trace()", False),
        ("clock.pm()", False),
        ("%debug f(3)", False),
        ("%whoami", False),
        ("%timeit f(3)", False),
        ("%run script.py", False),
        ("%rerun 3", False),
        ("names = %who_ls", False),
        ("x = 1\nf?", False),
        ("%tb\nf(3)", False),
        ("help(f(3))", False),
        ("help(f, 3)", False),
        ("print(f'{x % 2}?')", False),
        ("'''\n%tb\nf?\n'''", False),
        ("f() ?", False),
        ("# help?", False),
        ("# %tb", False),
    ],
)
def test_cells_that_only_look(cell, expected):
    """At help, the history, the names of the notebook, or the last error."""
    assert is_sync_free(cell) is expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("tb", True),
        ("who int float\n", True),
        ("history -n 1-5", True),
        ("debug", True),
        ("debug f", False),
        ("who = 3", False),
        ("history[3]", False),
        ("magic(3)", False),
        ("pdb.run", False),
        ("whoami", False),
        ("who\nwhos", False),
        ("f", False),
        ("", False),
    ],
)
def test_words_that_may_be_magics(cell, expected):
    """IPython takes a word without % for a magic, if it is a cell of its own."""
    assert is_looking_word(cell) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import liveimport\n#_%%liveimport\nimport a\n", True),
        ("x = 1\n\n#  _%%liveimport --clear", True),
        ("x = 1  # see #_%%liveimport", False),
        ('x = """\n#_%%liveimport\n"""', False),
        ("x = 1", False),
        ("x = (", False),
        ("if x:\n    y\n  z\n#_%%liveimport", False),
        ("", False),
    ],
)
def test_a_hidden_magic_line_further_down(code, expected):
    """It is a comment there, which counts only on the first line."""
    assert is_magic_further_down(code) is expected


def test_whatmay_be_sync_free(monkeypatch):
    """The shortcut leaves out no cell: without it, the result is the same."""
    cells = [
        cell
        for test in (test_cells_that_only_look, test_cells_that_only_configure)
        for cell, _ in test.pytestmark[0].args[1]
    ]
    before = list(map(is_sync_free, cells))
    monkeypatch.setattr(cell_magic, "may_be_sync_free", lambda _cell: True)
    assert list(map(is_sync_free, cells)) == before


def test_what_a_cell_says():
    """The magic line counts only if the cell runs."""
    text = "#_%%liveimport -c\nimport a"
    magic = magic_line(text, hidden=True)
    assert read_cell(text, hidden=True) == CellText(text, magic)
    assert read_cell(text, hidden=False) == CellText(text)
    for options in ("--help", "wrong"):
        assert read_cell(f"%%liveimport {options}\nimport a", hidden=True).magic is None


def test_what_a_configuring_cell_says():
    """It has no magic line of its own."""
    text = "import liveimport\nliveimport.sync()"
    assert read_cell(text, hidden=True) == CellText(text, is_sync_free=True)
    assert read_cell("%config LiveImport.grace = 2", hidden=True).is_sync_free


def test_most_cells_are_not_parsed(monkeypatch):
    """They have nothing of LiveImport, and nothing that looks."""
    monkeypatch.delattr(cell_magic, "magic_line")
    monkeypatch.delattr(cell_magic, "ast")
    for text in ("import a\nx = 1", "print('%d' % x)", "if x % 2:\n    why = 3"):
        assert read_cell(text, hidden=True) == CellText(text)
    assert cell_magic.as_plain_cell(["import a\n"], hidden=True) == ["import a\n"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a\n  %%liveimport --clear\nimport b", True),
        ("%%liveimport", True),
        ("#_%%liveimport\nimport a", False),
        ("%%liveimports\nimport a", False),
    ],
)
def test_a_magic_line_in_a_text_that_is_no_cell(text, expected):
    """It may stand anywhere. A comment is none."""
    assert has_magic_line(text) is expected
