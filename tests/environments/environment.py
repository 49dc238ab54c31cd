"""Environments with a kernel, for tests that install packages into them as people do.

What the tests run with can be imported in each of them, behind its own packages.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosts.kernel import Kernel, kernel

import liveimport

_SHARED = (sysconfig.get_path("purelib"), os.path.dirname(os.path.dirname(liveimport.__file__)))
_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
_NOT_COPIED = ("site-packages", "dist-packages", "test", "idlelib", "config-*", "__pycache__")


class Environment:
    """An interpreter with packages of its own.

    Attributes:
        folder: Where it is.
        python: Its interpreter.
        site_packages: The folder of its packages.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = str(folder / "bin" / _PYTHON)
        self.site_packages = folder / "lib" / _PYTHON / "site-packages"
        self.site_packages.mkdir(exist_ok=True)
        (self.site_packages / "shared.pth").write_text("\n".join(_SHARED), "utf-8")

    def install(self, *arguments: str | Path) -> None:
        """Runs ``pip install``. Skips the test if the package index does not answer."""
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            self.python,
            "--disable-pip-version-check",
        ]
        path = os.pathsep.join((str(self.folder / "bin"), os.environ["PATH"]))
        ran = subprocess.run(
            [*pip, "install", "--quiet", *map(str, arguments)],
            capture_output=True,
            text=True,
            env={**os.environ, "PATH": path},
            check=False,
        )
        if ran.returncode:
            away = "No matching distribution" in ran.stderr and os.environ.get("CI") != "true"
            (pytest.skip if away else pytest.fail)(ran.stderr)

    def fresh(self, code: str) -> str | None:
        """Returns what a new interpreter prints for the code; None if it fails."""
        ran = subprocess.run(
            [self.python, "-c", code], capture_output=True, text=True, cwd="/", check=False
        )
        return None if ran.returncode else ran.stdout.strip()

    @contextlib.contextmanager
    def kernel(self, folder: Path, own: Path) -> Iterator[Kernel]:
        """Yields a kernel of the environment that works in `folder`, with LiveImport loaded."""
        with kernel(folder, own, python=self.python) as started:
            started.run("import liveimport\nliveimport.auto_sync(grace=0)")
            yield started


def virtual(folder: Path, python: str = sys.executable, *options: str) -> Environment:
    """Returns a new virtual environment of an interpreter."""
    subprocess.run([python, "-m", "venv", "--without-pip", *options, folder], check=True)
    return Environment(folder)


def copied(folder: Path) -> Environment:
    """Returns a copy of the interpreter and of its standard library."""
    for name in ("bin", "lib"):
        (folder / name).mkdir(parents=True)
    interpreter = os.path.join(sys.base_prefix, "bin", _PYTHON)
    shutil.copy(os.path.realpath(interpreter), folder / "bin" / _PYTHON)
    shutil.copytree(
        sysconfig.get_path("stdlib"),
        folder / "lib" / _PYTHON,
        ignore=shutil.ignore_patterns(*_NOT_COPIED),
    )
    return Environment(folder)
