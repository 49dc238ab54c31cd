"""The examples of the user guide and of README, run as the pages show them.

A python block that is headed by the name of a file is that file, saved when it is read; any
other is a cell; a console block below a cell is what the cell shows.
"""

import re
from pathlib import Path

import pytest
from attrs import frozen

import liveimport

from .conftest import normalised

ROOT = Path(__file__).parents[2]

BLOCK = re.compile(
    r"^```(?:\{code-block\} )?(?P<kind>\w+)\n"
    r"(?:(?:# |:caption: )(?P<file>\w+\.py)\n\n?)?"
    r"(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@frozen
class Example:
    """A cell of a page, the files saved before it, and what the page says it shows."""

    files: tuple[tuple[str, str], ...]
    cell: str
    shown: str


def examples(page):
    found = []
    files = []
    for block in BLOCK.finditer((ROOT / page).read_text(encoding="utf-8")):
        if block["file"]:
            files.append((block["file"], block["text"]))
        elif block["kind"] == "python":
            found.append(Example(tuple(files), block["text"].rstrip(), ""))
            files = []
        elif block["kind"] == "console" and found and not block["text"].startswith("$"):
            last = found.pop()
            found.append(Example(last.files, last.cell, block["text"].rstrip()))
    return found


@pytest.mark.parametrize("page", ["docs/guide.md", "docs/api.md", "README.md"])
def test_examples_are_true(page, run, tmp_path):
    """Each cell of the page shows what stands below it, or nothing."""
    run("import liveimport; liveimport.auto_sync(grace=0)")
    wrong = []
    for example in examples(page):
        for name, text in example.files:
            (tmp_path / name).write_text(text, encoding="utf-8")
        shown = run(example.cell).replace(str(tmp_path), "/home/ada")
        # The page is that of a Python on which files are followed.
        shown = re.sub(r"\nFiles read at import are not followed.*", "", shown)
        # The page does not show the settings that a call returns.
        shown = "" if shown.startswith("Settings(") else shown
        # The test has attached it before, to set the grace period.
        shown = "" if shown.startswith("The liveimport extension is already") else shown
        if shown != normalised(example.shown):
            wrong.append((example.cell, shown, example.shown))
    assert wrong == []


def test_each_public_name_has_an_example():
    """Each stands in a cell of the reference, behind the name of the package.

    Those that need a cluster are tried with a real one, in tests/hosts/test_dask.py.
    """
    cells = "\n".join(example.cell for example in examples("docs/api.md"))
    used = set(re.findall(r"liveimport\.(\w+)|getattr\(liveimport", cells))
    used |= set(re.findall(r'"(\w+)"', cells))
    with_cluster = {"ClusterStatus", "WorkerState", "WorkerStatus", "attach", "detach"}
    assert {*liveimport.__all__, "CellRejected"} - with_cluster <= used


def test_examples_are_found():
    """The pages are read as meant: all their cells, with the files before them."""
    assert len(examples("docs/guide.md")) > 20
    assert examples("docs/guide.md")[0].cell == "import liveimport"
    assert [name for name, _ in examples("docs/guide.md")[0].files] == [
        "symcode.py",
        "printmath.py",
        "simulator.py",
    ]
