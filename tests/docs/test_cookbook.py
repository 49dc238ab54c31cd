"""The recipes of the cookbook, each run in a kernel of its own."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

from .conftest import normalised

PAGE = Path(__file__).parents[2] / "docs" / "cookbook.md"

BLOCK = re.compile(
    r"^```(?:\{code-block\} )?(?P<kind>\w+)\n(?::caption: (?P<file>[\w./]+)\n\n)?"
    r"(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@frozen
class Recipe:
    """A part of the page: its title, what it needs, its blocks in order."""

    title: str
    text: str

    def option(self, name):
        """Returns what a comment of the page says, or nothing."""
        found = re.search(rf"^% {name}: (.*)$", self.text, re.MULTILINE)
        return found[1] if found else ""

    def blocks(self):
        """Returns kind, file and text of each block."""
        return [(b["kind"], b["file"], b["text"]) for b in BLOCK.finditer(self.text)]


def recipes():
    """Returns the recipes that have a cell."""
    parts = re.split(r"^###? ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found = [Recipe(*part.split("\n", 1)) for part in parts]
    return [recipe for recipe in found if "```python\n" in recipe.text]


def without_times(text):
    """Returns a text without what differs from run to run: times, and the order of sets."""
    text = re.sub(r"in \d+\.\d+s", "in Ns", normalised(text))
    return re.sub(
        r"(?<=because it holds ).*", lambda names: " ".join(sorted(names[0].split())), text
    )


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.title)
def test_recipe(recipe, run, tmp_path):
    """Each cell of the recipe shows what stands below it, or nothing."""
    needed = recipe.option("needs")
    if needed and importlib.util.find_spec(needed) is None:
        pytest.skip(f"needs {needed}")
    python = recipe.option("needs python")
    if python and sys.version_info < tuple(map(int, python.split("."))):
        pytest.skip(f"needs Python {python}")
    start = tmp_path / recipe.option("start in")
    installed = tmp_path / recipe.option("installed")
    for folder in (start, installed):
        folder.mkdir(exist_ok=True)
    run(
        f"import os, sys; os.chdir({str(start)!r}); sys.path += [{str(installed)!r}]\n"
        "import liveimport; liveimport.auto_sync(grace=0); del liveimport, os, sys"
    )
    wrong, cell = [], None
    for kind, file, text in [*recipe.blocks(), ("end", None, "")]:
        if cell is not None and (kind != "console" or file):
            wrong += compared(cell, run(cell), "")
            cell = None
        if file:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(text, encoding="utf-8")
        elif kind == "python":
            cell = text.rstrip()
        elif kind == "console" and cell is not None:
            wrong += compared(
                cell, run(cell).replace(str(tmp_path), "/home/ada"), text.rstrip()
            )
            cell = None
    assert wrong == []


def compared(cell, shown, expected):
    """Returns what is wrong with what a cell shows."""
    shown, expected = without_times(shown), without_times(expected)
    return [] if shown == expected else [(cell, shown, expected)]


@pytest.mark.processes
def test_the_configuration(tmp_path):
    """With the file of the page, IPython starts with LiveImport and the setting."""
    blocks = BLOCK.finditer(PAGE.read_text(encoding="utf-8"))
    (text,) = (block["text"] for block in blocks if block["file"] == "ipython_config.py")
    (tmp_path / "ipython_config.py").write_text(text, encoding="utf-8")
    code = "%config LiveImport.register"
    command = [sys.executable, "-m", "IPython", "--profile-dir", str(tmp_path), "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ran.stdout.strip().endswith("'project'")


def test_recipes_are_found():
    """The page is read as meant."""
    assert len(recipes()) > 12
    assert recipes()[0].option("start in") == "notebooks"
    assert next(file for _, file, _ in recipes()[0].blocks() if file) == "src/lab/core.py"
