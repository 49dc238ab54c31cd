"""Runs one session with each reloader, and writes what they did into `results.json` and the docs.

`python benchmarks/comparison/compare.py` makes an environment for each tool, with its newest version, by pip. It takes
a few minutes. With `--render`, only the table in the docs is written again.
"""

# ruff: noqa: INP001  # a script: it imports nothing of ours

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results.json"
PAGE = ROOT / "docs" / "comparison.md"
BEGIN, END = "% Written by benchmarks/comparison/compare.py:\n\n", "\n% Until here.\n"

TOOLS = {
    "autoreload 2": ("ipython", "ipython"),
    "autoreload 3": ("ipython", "ipython"),
    "marimo": ("marimo", "marimo"),
    "jurigged": ("jurigged", "jurigged"),
    "namesake": ("liveimport", "liveimport"),
    "liveimport": (str(ROOT), "liveimport-notebook"),
}
"""What pip is asked for, and the distribution whose version is told."""

TITLES = {
    "autoreload 2": "`%autoreload 2`",
    "autoreload 3": "`%autoreload 3`",
    "namesake": "`liveimport` of the index",
    "liveimport": "LiveImport (this one)",
}
"""How the table calls a tool, if not by its own name."""

ROWS = {
    "module": "`low.value` is new after an edit of `low`",
    "name": "so is `value`, of `from low import value`",
    "dependent": "so is what another module computed from it",
    "star": "a new name comes by `from star import *`",
    "gone": "a function that was deleted is gone",
    "broken": "if a module above an edit is broken, both are as before",
    "table": "a table in which a module enters itself has the new entry only",
    "method": "an object that exists has the new method",
    "isinstance": "an object that exists is an instance of the new class",
    "function": "an edit of a function takes effect",
    "state": "data that was added to a module survives an edit of a function in it",
}


def run_session(tool: str, python: str) -> dict[str, bool]:
    """Returns what the session found with a tool.

    Raises:
        ValueError: The session did not come to its end.
    """
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(  # noqa: S603  # an interpreter of ours
            [python, str(HERE / "session.py"), tool],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    for line in ran.stdout.splitlines():
        if line.startswith("FOUND "):
            found: dict[str, bool] = json.loads(line.removeprefix("FOUND "))
            return found
    raise ValueError(ran.stdout + ran.stderr)


def measured() -> dict[str, Any]:
    """Returns what each tool did, with its version, the date and the version of Python."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        pythons: dict[str, str] = {}
        for tool, (wanted, distribution) in TOOLS.items():
            if wanted not in pythons:
                place = Path(folder) / distribution
                venv.create(place, with_pip=True)
                pythons[wanted] = str(place / "bin" / "python")
                output_of(pythons[wanted], "-m", "pip", "install", "-q", "ipython", wanted)
            ask = f"import importlib.metadata as m; print(m.version({distribution!r}))"
            version = output_of(pythons[wanted], "-c", ask).strip()
            found[tool] = {
                "distribution": distribution,
                "version": version,
                "found": run_session(tool, pythons[wanted]),
            }
    return {
        "date": datetime.now(tz=UTC).date().isoformat(),
        "python": sys.version.split()[0],
        "tools": found,
    }


def output_of(*command: str) -> str:
    """Returns what a command prints."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603  # as above


def table(results: Mapping[str, Any]) -> str:
    """Returns the results as Markdown."""
    tools = results["tools"]
    titles = [TITLES.get(tool, tool) for tool in tools]
    lines = ["| | " + " | ".join(titles) + " |", "|---" * (len(titles) + 1) + "|"]
    for row, text in ROWS.items():
        cells = ["yes" if tools[tool]["found"][row] else "no" for tool in tools]
        lines.append(f"| {text} | " + " | ".join(cells) + " |")
    versions = {tool["distribution"]: tool["version"] for tool in tools.values()}
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    lines.append(f"\nMeasured on {results['date']} with Python {results['python']}: {told}.")
    return "\n".join(lines) + "\n"


def rendered(page: str, results: Mapping[str, Any]) -> str:
    """Returns the page with the table of the results in it."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table(results) + END + rest.partition(END)[2]


def main() -> None:
    """Measures, unless only the page is to be written, and writes both."""
    if "--render" not in sys.argv:
        RESULTS.write_text(json.dumps(measured(), indent=1) + "\n", encoding="utf-8")
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    main()
