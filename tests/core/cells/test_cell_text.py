"""What the text of a cell says."""

import pytest

from liveimport.core.cells import cell_text, sync_free
from liveimport.core.cells.cell_text import CellText, is_plain, read_cell
from liveimport.core.cells.magic_line import as_plain_cell, magic_line


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
    monkeypatch.delattr(cell_text, "magic_line")
    monkeypatch.delattr("liveimport.core.cells.magic_line.head_of")
    monkeypatch.delattr(sync_free, "ast")
    for text in ("import a\nx = 1", "print('%d' % x)", "if x % 2:\n    why = 3"):
        assert read_cell(text, hidden=True) == CellText(text)
    assert as_plain_cell(["import a\n"], hidden=True) == ["import a\n"]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("import a\nx = 1", True),
        ("whose = 1", True),
        ("who", False),
        ("%%time\nx = 1", False),
        ("x?", False),
        ("liveimport.sync()", False),
    ],
)
def test_plain_cells(text, plain):
    """They have no magic, and nothing that may look or configure."""
    assert is_plain(text) is plain
