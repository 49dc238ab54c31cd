"""Installs the projects, and runs `drive.py` on a copy of one.

    python tests/real_projects/running.py [--seeds 0,1] [--edits 0,1] [--keep DIR] [PROJECT]...

drives projects, all by default, under each hash seed and each seed of edits, and prints a table.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from projects import PROJECTS

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
LIBRARY = Path(tempfile.gettempdir()) / "real_projects"


def installed(library: Path, requirements: Path = REQUIREMENTS) -> Path:
    """Returns the folder with the projects in it, installed as the requirements pin them.

    Whoever comes second, in another process, finds it whole.
    """
    wanted = requirements.read_text("utf-8")
    done = library / requirements.name
    if done.exists() and done.read_text("utf-8") == wanted:
        return library
    library.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=library.parent))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", made, "--requirement", requirements], check=True)
    (made / requirements.name).write_text(wanted, "utf-8")
    shutil.rmtree(library, ignore_errors=True)
    made.rename(library)
    return library


def run(  # noqa: PLR0913  # all but three have defaults, and names
    name: str, library: Path, folder: Path, *, hashseed: int, edits: int = 0, touches: int = 8
) -> dict[str, Any]:
    """Returns what `drive.py` says of a copy of the project in `folder`."""
    for package in PROJECTS[name].packages:
        shutil.copytree(
            library / package, folder / package, ignore=shutil.ignore_patterns("tests")
        )
    time.sleep(0.1)  # the files are older than the process, beyond doubt
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join(filter(None, [str(library), environment.get("PYTHONPATH")]))
    finished = subprocess.run(
        [sys.executable, HERE / "drive.py", name, str(edits), str(touches)],
        cwd=folder,
        env={**environment, "PYTHONHASHSEED": str(hashseed), "PYTHONPATH": path},
        check=False,
        capture_output=True,
        text=True,
    )
    if finished.returncode:
        raise RuntimeError(finished.stderr)
    return json.loads(finished.stdout)


def row(name: str, edits: int, hashseed: int, result: dict[str, Any]) -> str:
    """Returns a row of the table: times are in seconds."""
    steps = result["steps"]
    syncs = " ".join(f"{len(step['reloaded'])}/{step['seconds']:.2f}" for step in steps)
    wrong: dict[str, list[int]] = {}
    for step in steps:
        for kind, what in step["wrong"].items():
            wrong.setdefault(kind, []).append(len(what) if isinstance(what, list) else 1)
    if result["unasked"]:
        wrong["unasked"] = [len(result["unasked"])]
    return (
        f"{name:12.12} {edits} {hashseed} {result['modules']:4} "
        f"{result['import_seconds']:6.2f} {result['register_seconds']:6.2f}  {syncs}  "
        + (" ".join(f"{kind}{counts}" for kind, counts in wrong.items()) or "as it should be")
    )


def main() -> None:
    """Prints a row for each run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("projects", nargs="*", default=PROJECTS, metavar="PROJECT")
    parser.add_argument("--seeds", default="0,1,2,3", help="hash seeds")
    parser.add_argument("--edits", default="0", help="seeds of the choice of modules")
    parser.add_argument("--touches", default=8, type=int)
    parser.add_argument("--library", default=LIBRARY, type=Path)
    parser.add_argument("--keep", type=Path, help="where to write what drive.py says")
    asked = parser.parse_args()
    library = installed(asked.library.absolute())
    print("project edits seed modules import register  reloaded/seconds of each sync  faults")  # noqa: T201  # a command prints
    for name in asked.projects:
        for edits in map(int, asked.edits.split(",")):
            for hashseed in map(int, asked.seeds.split(",")):
                with tempfile.TemporaryDirectory() as folder:
                    result = run(
                        name,
                        library,
                        Path(folder),
                        hashseed=hashseed,
                        edits=edits,
                        touches=asked.touches,
                    )
                if asked.keep:
                    file = asked.keep / f"{name.replace(' ', '-')}-{edits}-{hashseed}.json"
                    file.write_text(json.dumps(result, indent=1), "utf-8")
                print(row(name, edits, hashseed, result), flush=True)  # noqa: T201  # as above


if __name__ == "__main__":
    main()
