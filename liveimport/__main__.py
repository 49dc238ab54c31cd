"""`python -m liveimport`: a demonstration, in a temporary folder; or the version.

The demonstration uses a real IPython shell: cells run, files are edited between them, reports appear. Each
result is checked. If one is wrong, a message says so, and the exit status is 1.
"""

import argparse
import contextlib
import difflib
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import liveimport

from .effects.session.session import SESSION

AGO = r" modified \d+ seconds? ago"


class TourError(Exception):
    """A cell did not show what it should show."""


def show(text: str) -> None:
    """Prints a part of the tour."""
    print(text, flush=True)  # noqa: T201  # a tour is printed


class Tour:
    """A project in the working directory, and a shell that uses it."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def explain(self, text: str) -> None:
        """Prints what comes next."""
        show(f"\n# {text}\n")

    def edit(self, name: str, text: str) -> None:
        """Writes a file, and prints the lines that changed."""
        file = Path(name)
        old = file.read_text(encoding="utf-8") if file.exists() else ""
        file.write_text(text, encoding="utf-8")
        diff = difflib.unified_diff(old.splitlines(), text.splitlines(), lineterm="", n=0)
        changed = [line for line in diff if not line.startswith(("---", "+++", "@@"))]
        show("\n    ".join([f"  {name}", *changed]) + "\n")

    def cell(self, code: str, *, report: str = "", out: str = "") -> None:
        """Runs a cell, prints it with all that it shows, and checks that.

        `report` is a pattern for the report, `out` one for the value. Empty means nothing.
        """
        prompt = f"In [{self.shell.execution_count}]: "
        show(prompt + code.replace("\n", f"\n{'...: ':>{len(prompt)}}"))
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            result = self.shell.run_cell(code, store_history=True)  # type: ignore[no-untyped-call]  # IPython has no types for it
        show(output.getvalue())
        if not result.success:
            raise TourError(f"{code!r} failed")
        displayed, value, *_ = (*re.split(r"(?m)^Out\[\d+\]:", output.getvalue()), "")
        for pattern, text in ((report, displayed.strip()), (out, value.strip())):
            if not re.fullmatch(pattern, text):
                raise TourError(f"{code!r} showed {text!r}, which is not {pattern!r}")


def walk(tour: Tour) -> None:
    """Runs the tour."""
    tour.explain("A small project: one module, and another that imports from it.")
    tour.edit("units.py", "MILE = 1.6\n")
    tour.edit("trips.py", "from units import MILE\n\ndef km(miles):\n    return miles * MILE\n")

    tour.explain("A cell that begins with %%liveimport runs, and its imports are registered.")
    tour.cell("%load_ext liveimport")
    tour.cell(
        "import liveimport\nliveimport.auto_sync(grace=0);  # no pause between cells here"
    )
    tour.cell("%%liveimport\nfrom trips import km")
    tour.cell("km(10)", out="16.0")

    tour.explain("Edit the lower module. The next cell reloads both, and `km` is the new one.")
    tour.edit("units.py", "MILE = 1.5\n")
    reloaded = f"Reloaded units{AGO}\nReloaded trips because units reloaded"
    tour.cell("km(10)", report=reloaded, out="15.0")

    tour.explain("Two modules have a name in common: the import that ran last wins.")
    tour.edit("summer.py", "place = 'lake'\n")
    tour.edit("winter.py", "place = 'hill'\n")
    tour.cell("#_%%liveimport\nfrom summer import *")
    tour.cell("#_%%liveimport\nfrom winter import *")
    tour.edit("summer.py", "place = 'river'\nguests = 3\n")
    tour.cell("place, guests", report=f"Reloaded summer{AGO}", out=r"\('hill', 3\)")

    tour.explain("Run the first import again: `place` is summer's, and follows its next edit.")
    tour.cell("#_%%liveimport\nfrom summer import *")
    tour.edit("summer.py", "place = 'beach'\nguests = 3\n")
    tour.cell("place", report=f"Reloaded summer{AGO}", out="'beach'")

    tour.explain(
        "A broken edit: trips raises an error. Units, which it imports, is edited too."
    )
    tour.edit("units.py", "MILE = 2\n")
    tour.edit("trips.py", "from units import MILE\n\nkm = None\nraise ValueError('not yet')\n")
    failed = r"Could not reload trips: ValueError: not yet \(trips\.py, line 4\)\n"
    failed += "also held back: units"
    tour.cell("km(10)", report=failed, out="15.0")

    tour.explain("Both are as before, so the session goes on. Later cells show a reminder.")
    reminder = "trips still fails: ValueError: not yet.*"
    tour.cell("import units\nunits.MILE", report=reminder, out="1.5")

    tour.explain("Fix trips. Units, which it held back, is reloaded too.")
    tour.edit("trips.py", "from units import MILE\n\ndef km(miles):\n    return MILE * miles\n")
    tour.cell("km(10)", report=f"Reloaded units{AGO}\nReloaded trips{AGO}", out="20")

    tour.explain("Or sync by hand. `plan()` is a dry run: it shows what a sync would do.")
    tour.cell("liveimport.auto_sync(False);")
    tour.edit("units.py", "MILE = 3\n")
    planned = f"Would reload units:{AGO}\nWould reload trips because units reloads\n"
    tour.cell("liveimport.plan()", out=planned + "Would rebind km")
    tour.cell("km(10)", out="20")
    tour.cell("liveimport.sync()", out=reloaded)
    tour.cell("km(10)", out="30")


@contextlib.contextmanager
def temporary_project() -> Iterator[InteractiveShell]:
    """Yields a shell in a temporary folder, its workspace. In the end nothing is left."""
    path, cache, main_module = sys.path[:], sys.pycache_prefix, sys.modules["__main__"]
    with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(temporary):
        folder = os.getcwd()
        shell = new_shell(os.path.join(folder, ".ipython"))
        sys.path.insert(0, folder)
        sys.pycache_prefix = None
        SESSION.project_directory = None  # the tour is none of the user's projects
        liveimport.workspace(folder)
        try:
            yield shell
        finally:
            liveimport.unload_ipython_extension(shell)
            InteractiveShell.clear_instance()
            sys.path[:], sys.pycache_prefix = path, cache
            sys.modules["__main__"] = main_module


def new_shell(folder: str) -> InteractiveShell:
    """Returns a shell that keeps its settings in a folder, and keeps no history."""
    config = Config()
    config.HistoryManager.enabled = False
    shell: InteractiveShell = InteractiveShell.instance(
        config=config, colors="nocolor", ipython_dir=folder
    )
    return shell


def arguments_parser() -> argparse.ArgumentParser:
    """Returns what reads the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m liveimport",
        description="Show in a temporary folder how LiveImport reloads modules: cells run, files "
        "are edited between them, reports appear. Nothing is left behind.",
        epilog="To use it, put `import liveimport` into a notebook or an IPython session, and "
        "%%liveimport above a cell of imports.",
    )
    parser.add_argument(
        "--version",
        action="version",
        help="show the version and exit",
        version=f"liveimport {liveimport.__version__}",
    )
    return parser


def run_tour() -> int:
    """Runs the tour and returns the exit status."""
    try:
        with temporary_project() as shell:
            walk(Tour(shell))
    except TourError as error:
        show(f"The tour failed: {error}")
        return 1
    show("Everything was as expected.")
    return 0


def main(arguments: Sequence[str] = ()) -> int:
    """Does what the command line says, and returns the exit status."""
    try:
        try:
            arguments_parser().parse_args(arguments)
            return run_tour()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Who reads it has seen enough, as `head` has. What is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
