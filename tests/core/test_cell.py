"""The magic line of a cell: where it is, what it asks for, and the plain cell behind it."""

import pytest

from liveimport.core.cell import (
    USAGE,
    MagicLine,
    as_plain_cell,
    body,
    magic_line,
    parse_words,
    steers,
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
    ],
)
def test_where_the_magic_line_is(cell, expected):
    """The first line that is not blank, plain or hidden, or behind other cell magics."""
    magic = magic_line(cell, hidden=True)
    assert (magic.index, magic.hidden, bool(magic.above)) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "\n\n",
        "import a",
        "import a\n%%liveimport",
        "# a comment\n%%liveimport",
        "%%liveimports\nimport a",
        " %%liveimport\nimport a",
        "%%time\nimport a\n%%liveimport",
        "%liveimport",
        "#%%liveimport",
        "#_%%liveimported",
    ],
)
def test_cells_without_a_magic_line(cell):
    """Anything else is a cell like others."""
    assert magic_line(cell, hidden=True) is None
    assert plain(cell) == cell


def test_the_hidden_magic_can_be_turned_off():
    """Then it is the comment that it looks like; the plain one works still."""
    assert magic_line("#_%%liveimport\nimport a", hidden=False) is None
    assert magic_line("%%liveimport\nimport a", hidden=False).index == 0
    assert plain("#_%%liveimport\nimport a", hidden=False) == "#_%%liveimport\nimport a"


@pytest.mark.parametrize(
    ("words", "clear", "asks", "refused"),
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
def test_what_the_magic_line_asks_for(words, clear, asks, refused):
    """Options, a comment behind them, and the first word that is none."""
    expected = MagicLine(
        index=0, hidden=False, above=(), clear=clear, help=asks, refused=refused
    )
    assert parse_words(words) == expected
    assert magic_line(f"%%liveimport {words}\nimport a", hidden=True) == expected
    assert expected.usable is (not asks and not refused)


def test_the_usage_names_the_options():
    """What is refused is told what would be understood."""
    options = [word for word in USAGE.split() if word.strip("[]").startswith("-")]
    assert options == ["[-c", "--clear]"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%liveimport -c\nimport a\n", "# %%liveimport -c\nimport a\n"),
        ("\n%%liveimport\nimport a", "\n# %%liveimport\nimport a"),
        ("# _%%liveimport\nimport a\n", "# _%%liveimport\nimport a\n"),
        ("%%liveimport", "# %%liveimport"),
        ("%%time\n%%liveimport\nimport a\n", "%%time\n%%liveimport\nimport a\n"),
    ],
)
def test_the_plain_cell_has_the_same_lines(cell, expected):
    """The magic line becomes a comment, so the cell's own line numbers hold."""
    assert plain(cell) == expected
    assert len(expected.splitlines()) == len(cell.splitlines())


def test_making_a_cell_plain_twice_changes_nothing_more():
    """Frontends ask more often than once."""
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
def test_what_is_not_to_run_is_left_to_the_magic(cell, expected):
    """Help and usage errors come from the magic itself, which needs a body to be called."""
    assert plain(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%liveimport\nimport a\nb\n", "import a\nb\n"),
        ("\n\n%%liveimport\nimport a", "import a"),
        ("%%time\n%%liveimport\nimport a\n", "import a\n"),
        ("%%liveimport", ""),
    ],
)
def test_the_body_of_a_cell(cell, expected):
    """What stands below the magic line."""
    assert body(cell, magic_line(cell, hidden=True)) == expected


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
        ("liveimport.auto_sync(\n    grace=2,\n)", True),
        ("plan = liveimport.plan()\nprint(plan.to_dict())", False),
        ("print(liveimport.plan().to_dict())", True),
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
def test_cells_that_only_steer(cell, expected):
    """Those in which every statement asks or sets LiveImport; an empty one is none."""
    assert steers(cell) is expected
