"""The tutorial, run from top to bottom in a real kernel."""

from pathlib import Path

import nbformat

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.ipynb"

FAILS = "symcode still fails: SyntaxError: invalid syntax (symcode.py, line 1)"

SHOWN = [
    ["Writing symcode.py"],
    ["Writing printmath.py"],
    ["Writing simulator.py"],
    ["'19.62 m'"],
    ["Overwriting printmath.py"],
    ["Reloaded printmath modified N seconds ago", "'19.6 m exactly'"],
    ["Overwriting symcode.py"],
    [
        "Reloaded symcode modified N seconds ago",
        "Reloaded simulator because symcode reloaded",
        "'3.2 m exactly'",
    ],
    ["Overwriting symcode.py"],
    [
        "Would reload symcode: modified N seconds ago",
        "Would reload simulator because symcode reloads",
        "Would rebind symcode and fall",
    ],
    [
        "Reloaded symcode modified N seconds ago",
        "Reloaded simulator because symcode reloaded",
        "[('symcode', 'modified', ()), ('simulator', 'dependent', ('symcode',))]",
    ],
    ["(3.71, '7.4 m exactly', 'a half')"],
    ["Overwriting symcode.py"],
    [
        "Could not reload symcode: SyntaxError: invalid syntax (symcode.py, line 1)",
        "also held back: simulator",
        "(3.71, '7.4 m exactly')",
    ],
    [FAILS, "'7.4 m exactly'"],
    [FAILS, "symcode failed in its analysis by a SyntaxError"],
    [FAILS, "Overwriting symcode.py"],
    [
        "Reloaded symcode modified N seconds ago",
        "Reloaded simulator because symcode reloaded",
        "(24.79, '49.6 m exactly')",
    ],
]


def code_cells():
    notebook = nbformat.read(TUTORIAL, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_tells_its_story(run):
    """Every cell of the tutorial shows just what its text says it will."""
    outputs = [run(cell.source) for cell in code_cells()]
    assert [output.splitlines() for output in outputs if output] == SHOWN


def test_is_stored_without_outputs():
    """What the repository holds is the story alone, so no stored output can go stale."""
    assert [cell for cell in code_cells() if cell.outputs or cell.execution_count] == []
