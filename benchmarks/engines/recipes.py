"""Runs the recipes of docs/workers.md for real: `python benchmarks/engines/recipes.py [ray spark mpi autoreload]`.

For each it makes an environment with the engine, by pip, and runs a session of `sessions.py`. Spark needs Java 17 or
newer. It takes some minutes, and 1 GB.
"""

# ruff: noqa: INP001, T201  # a script: it imports nothing of ours, and prints

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

ENGINES = {
    "ray": ("ray",),
    "spark": ("pyspark",),
    "mpi": ("mpi4py", "mpich"),
    "autoreload": ("ipyparallel",),
}
"""What pip is asked for."""


def run(name: str, folder: Path) -> bool:
    """Runs a session in an environment of its own. Returns whether it went as the page says."""
    venv.create(folder, with_pip=True)
    tools = folder / "bin"
    install = [tools / "python", "-m", "pip", "install", "--quiet", ROOT, *ENGINES[name]]
    subprocess.run(install, check=True)  # noqa: S603  # what this file names
    session = [tools / "python", HERE / "sessions.py", name]
    if name == "mpi":
        session = [tools / "mpiexec", "-n", "2", *session]
    print(f"{name}:", flush=True)
    return subprocess.run(session, check=False, timeout=300).returncode == 0  # noqa: S603  # likewise


def main() -> None:
    """Runs those that are named, or all."""
    failed = []
    for name in sys.argv[1:] or ENGINES:
        with tempfile.TemporaryDirectory() as folder:
            if not run(name, Path(folder)):
                failed.append(name)
    sys.exit(f"not as the page says: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
