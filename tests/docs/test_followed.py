"""The table of the guide about what is followed: each row is tried, under both settings."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

GUIDE = Path(__file__).parents[2] / "docs" / "guide.md"

SESSION = """\
import json, os, sys
sys.path.insert(0, os.getcwd())
follow, later, edited = sys.argv[1:]

import liveimport

liveimport.auto_sync(follow=follow)
liveimport.register(globals(), "import a", execute=True)
exec(later)
with open(edited, "a") as file:
    file.write("# edited\\n")
print(json.dumps([event.module for event in liveimport.sync().events]))
"""

B = {"b.py": "x = 1\n"}
PKG = {"pkg/__init__.py": "", "pkg/b.py": "x = 1\n"}
LAZY = {
    "lazy/__init__.py": (
        "def __getattr__(name):\n"
        "    if name != 'x':\n"
        "        raise AttributeError(name)\n"
        "    from lazy.b import x\n\n"
        "    return x\n"
    ),
    "lazy/b.py": "x = 1\n",
}
CALL = "import importlib\n\n\ndef load():\n    return importlib.import_module('b')\n"


@frozen
class Row:
    """A row of the table: sources of `a`, each a case of it.

    Attributes:
        sources: What `a` may be.
        files: The other files.
        later: What the session runs before the edit.
        edited: The file that is edited.
    """

    sources: tuple[str, ...]
    files: dict[str, str] = B
    later: str = ""
    edited: str = "b.py"


def nested(*heads):
    """Returns sources with an import below each head; the import stands for `...`."""
    return tuple(head.replace("...", "from b import x") + "\n" for head in heads)


ROWS = (
    Row(nested("...", "import b")),
    Row(
        nested(
            "if 1:\n    ...", "if 0:\n    0\nelif 1:\n    ...", "if 0:\n    0\nelse:\n    ..."
        )
    ),
    Row(
        nested(
            "try:\n    ...\nexcept ImportError:\n    x = 0",
            "try:\n    1 / 0\nexcept ArithmeticError:\n    ...",
            "try:\n    0\nfinally:\n    ...",
        )
    ),
    Row(
        nested(
            "from contextlib import nullcontext\n\nwith nullcontext():\n    ...",
            "for _ in [1]:\n    ...",
            "while True:\n    ...\n    break",
            "match 1:\n    case 1:\n        ...",
        )
    ),
    Row(nested("class A:\n    ...")),
    Row(
        nested(
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    ...",
            "if __name__ == '__main__':\n    ...",
        ),
        later="import b",
    ),
    Row(
        nested(
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    0\nelse:\n    ...",
            "if __name__ == '__main__':\n    0\nelse:\n    ...",
        )
    ),
    Row(nested("def f():\n    ...")),
    Row(nested("def f():\n    ...\n\n\nf()")),
    Row(nested("def f():\n    ..."), later="a.f()"),
    Row((CALL + "load()\n", "import pkgutil\n\npkgutil.resolve_name('b')\n")),
    Row((CALL,), later="a.load()"),
    Row(("from lazy import x\n",), LAZY, edited="lazy/b.py"),
    Row(("from pkg import b\n",), PKG, edited="pkg/b.py"),
    Row(("from pkg import b\n",), PKG, edited="pkg/__init__.py"),
)

CELLS = {
    "nothing": [],
    "`b` reloads": ["b"],
    "`b` reloads, `a` too": ["b", "a"],
    "`pkg` reloads, `a` too": ["pkg", "a"],
}


def table():
    """Returns the rows of the table as tuples of their cells."""
    text = GUIDE.read_text(encoding="utf-8")
    body = text.partition("| how `a` imports `b` |")[2].partition("\n\n")[0]
    return [tuple(re.split(r" *\| *", line)[1:-1]) for line in body.splitlines()[2:]]


def test_every_row_is_tried():
    """The table has as many rows as there are below, and no other outcomes."""
    assert len(table()) == len(ROWS)
    assert {outcome for row in table() for outcome in row[1:]} == set(CELLS)


@pytest.mark.parametrize("follow", ["loaded", "top-level"])
@pytest.mark.parametrize("place", range(len(ROWS)))
def test_row_is_true(place, follow, tmp_path):
    """What reloads after the edit is what the row says."""
    row = ROWS[place]
    expected = CELLS[table()[place][1 if follow == "loaded" else 2]]
    for number, source in enumerate(row.sources):
        folder = tmp_path / str(number)
        for name, text in {**row.files, "a.py": source}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        command = [sys.executable, "-c", SESSION, follow, row.later, row.edited]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        reloaded = json.loads(done.stdout)
        assert [name.rpartition(".")[2] for name in reloaded] == expected, source
