"""Downloads releases of packages, and runs `replaying.py` on those of one.

    python tests/real_projects/replays.py [--code FOLDER] [--keep FOLDER] [PACKAGE]...

replays packages, all by default, and prints a table. `--code` has another LiveImport in it, to
be compared; `--keep` is where to write what `replaying.py` says.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from releases import REPLAYED
from running import installed

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements-releases.txt"
LIBRARY = Path(tempfile.gettempdir()) / "replayed_projects"
EQUAL = "equal"
RIGHT = (EQUAL, "as before")

Steps = list[dict[str, Any]]


def downloaded(name: str, releases: Path) -> Path:
    """Returns the folder with a folder for each release of the package."""
    folder = releases / name
    folder.mkdir(parents=True, exist_ok=True)
    for version in REPLAYED[name].versions:
        if not (folder / version).exists():
            with tempfile.TemporaryDirectory(dir=releases) as made:
                _download(name, version, Path(made))
                (Path(made) / version).rename(folder / version)
    return folder


def _download(name: str, version: str, folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    wheels = ["--no-deps", "--only-binary", ":all:", "--dest", folder]
    subprocess.run([*pip, *wheels, f"{name}=={version}"], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packages = REPLAYED[name].packages
        files = [file for file in archive.namelist() if file.split("/")[0] in packages]
        archive.extractall(folder / version, files)


def replay(name: str, library: Path, releases: Path, code: Path | None = None) -> Steps:
    """Returns what `replaying.py` says of the package. `code` has another LiveImport in it."""
    path = [str(folder) for folder in (code, library) if folder is not None]
    with tempfile.TemporaryDirectory() as tree, tempfile.TemporaryDirectory() as home:
        left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
        environment = {k: v for k, v in os.environ.items() if k not in left_out}
        finished = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", HERE / "replaying.py", name),
                os.path.abspath(releases),
            ],
            cwd=os.path.realpath(tree),
            env={
                **environment,
                "HOME": home,  # settings and caches of packages
                "MPLBACKEND": "agg",
                "PYTHONHASHSEED": "0",
                "PYTHONPATH": os.pathsep.join(path),
            },
            check=False,
            capture_output=True,
            text=True,
        )
    if finished.returncode:
        raise RuntimeError(finished.stderr)
    return json.loads(finished.stdout)


def right(steps: Steps) -> int:
    """Returns after how many releases all was as it should be."""
    return sum(step["verdict"] in RIGHT for step in steps)


def mean_reloaded(steps: Steps) -> float:
    """Returns the mean number of modules that ran."""
    return round(sum(len(step["reloaded"]) for step in steps) / len(steps), 1)


def row(name: str, steps: Steps) -> str:
    """Returns a row of the table."""
    verdicts = Counter(step["verdict"] for step in steps)
    modules = max(step["modules"] for step in steps)
    seconds = sum(step["seconds"] for step in steps)
    said = ", ".join(f"{verdict} {count}" for verdict, count in verdicts.items())
    return (
        f"{name:12} {len(steps):5} {right(steps):5} {mean_reloaded(steps):8} {modules:7} "
        f"{seconds:7.1f}  {said}"
    )


def main() -> None:
    """Prints a row for each package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*", default=REPLAYED, metavar="PACKAGE")
    parser.add_argument("--code", type=Path, help="where another LiveImport is")
    parser.add_argument("--keep", type=Path, help="where to write what replaying.py says")
    parser.add_argument("--library", default=LIBRARY, type=Path)
    asked = parser.parse_args()
    library = installed(asked.library.absolute() / "library", REQUIREMENTS)
    print("package      steps right reloaded modules seconds")  # noqa: T201  # a command prints
    for name in asked.packages:
        releases = downloaded(name, asked.library.absolute() / "releases")
        steps = replay(name, library, releases, asked.code)
        if asked.keep:
            (asked.keep / f"{name}.json").write_text(json.dumps(steps, indent=1), "utf-8")
        print(row(name, steps), flush=True)  # noqa: T201  # as above


if __name__ == "__main__":
    main()
