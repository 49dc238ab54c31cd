"""The magic line of a cell: where it is, what it asks for, and the cell without it."""

import pytest

from liveimport.core.cells.magic_line import (
    MagicLine,
    as_plain_cell,
    has_magic_line,
    is_magic_further_down,
    magic_line,
    parse_options,
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
