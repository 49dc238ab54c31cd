"""Laws of cells: what the magic line changes, and what it leaves alone."""

import ast
from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from liveimport.core.cells.cell_text import read_cell
from liveimport.core.cells.magic_line import as_plain_cell, magic_line
from liveimport.core.cells.sync_free import is_sync_free

STATEMENTS = (
    "import a",
    "x = 1",
    "if x:\n    import b",
    "'''\nno code\n'''",
    "# a comment",
    "",
)
TOOLS = ("", "   ", "# %%", "#| label: x", "#@title A title", "# plain words")
OURS = ("%%liveimport", "%%liveimport -c", "#_%%liveimport", "# _%%liveimport --clear  # why")
OTHERS = ("%%time", "%%capture out", "%%prun -q")
LOOKS = ("%tb", "%who int", "f?", "help(f)", "%liveimport plan", "liveimport.sync()")

bodies = st.lists(st.sampled_from(STATEMENTS), max_size=5).map("\n".join)
tools = st.lists(st.sampled_from(TOOLS), max_size=3)
ours = st.sampled_from(OURS)
indents = st.sampled_from(("", "  ", "    ", "\t"))


def plain(cell: str) -> str:
    """Returns a cell as IPython gets it."""
    return "".join(as_plain_cell(cell.splitlines(keepends=True), hidden=True))


def code_of(cell: str) -> str:
    """Returns what a cell means, without its line numbers."""
    return ast.dump(ast.parse(cell))


@given(tools, ours, bodies)
def test_a_cell_runs_as_the_cell_without_the_magic(above, line, body):
    """It means the same, on the same lines; and to make it plain twice changes nothing more."""
    cell = "\n".join((*above, line, body))
    ran = plain(cell)
    assert code_of(ran) == code_of(body)
    assert len(ran.splitlines()) == len(cell.splitlines())
    assert plain(ran) == ran


@given(tools, ours, bodies, indents)
def test_an_indented_body_runs_as_the_same_without_indentation(above, line, body, indent):
    """A text in quotes keeps what it has, as in the cell without the magic."""
    lines = [f"{indent}{one}" if one.strip() else one for one in body.splitlines()]
    ran = plain("\n".join((*above, line, *lines)))
    assert code_of(ran) == code_of(dedent("\n".join(lines)))


@given(tools, ours, st.lists(st.sampled_from(OTHERS), min_size=1, max_size=3), bodies)
def test_other_magics_get_what_is_below_them(above, line, others, body):
    """A cell with other cell magics below ours begins with the first of them, as without ours."""
    cell = "\n".join((*above, line, *others, body))
    assert plain(cell) == "\n".join((*others, body))
    assert read_cell(cell, hidden=True).body == body
    names = tuple(other.removeprefix("%%").split()[0] for other in others)
    assert magic_line(cell, hidden=True).below == names


@given(st.lists(st.sampled_from(LOOKS), min_size=1, max_size=3), tools, bodies)
def test_a_cell_that_looks_is_free_of_a_sync_until_it_does_more(looks, comments, body):
    """Comments make no difference. A statement does, wherever it stands."""
    free = "\n".join((*comments, *looks, *comments))
    assert is_sync_free(free)
    is_empty = not ast.parse(body).body
    assert is_sync_free(f"{free}\n{body}") is is_empty
    assert is_sync_free(f"{body}\n{free}") is is_empty
