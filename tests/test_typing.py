"""What type checkers say of the public names: nothing of right uses, something of wrong ones."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import liveimport

USES = Path(__file__).parent / "typing_uses"
ROOT = USES.parents[1]
RIGHT, WRONG = USES / "right.py", USES / "wrong.py"


def said(command, cwd):
    """Returns what a type checker printed. It finds the Python of these tests first."""
    path = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", "")))
    ran = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in {0, 1}, ran.stdout + ran.stderr
    return ran.stdout


def mypy(file, cwd):
    """Returns what mypy says of a file."""
    options = ("--strict", "--extra-checks", "--strict-equality", "--cache-dir", str(cwd))
    return said([sys.executable, "-m", "mypy", "--config-file", "", *options, str(file)], cwd)


def pyright(*arguments, cwd):
    """Returns what pyright says. It is a program for node, which may be away."""
    if subprocess.run(
        [sys.executable, "-c", "import pyright"], check=False, capture_output=True
    ).returncode:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            "pyright is not installed: pip install --group pyright"
        )
    return said([sys.executable, "-m", "pyright", *arguments], cwd)


def checked_by_pyright(file, cwd):
    """Returns what pyright says of a file, by its strict rules."""
    text = "# pyright: strict, reportUnnecessaryComparison=true\n" + file.read_text()
    (cwd / file.name).write_text(text)
    return pyright("--pythonpath", sys.executable, str(cwd / file.name), cwd=cwd)


def errors(output, file):
    """Returns the lines of a file to which a type checker objects."""
    return {int(n) for n in re.findall(rf"{file.name}:(\d+)(?::\d+)?[: -]+error", output)}


def expected(file):
    """Returns the lines of a file that are marked as wrong."""
    lines = file.read_text().splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}


@pytest.mark.slow
def test_mypy_takes_right_uses(tmp_path):
    """By its strict rules, without settings of ours."""
    assert "Success" in mypy(RIGHT, tmp_path)


@pytest.mark.slow
def test_mypy_refuses_wrong_uses(tmp_path):
    """It objects to each of them, and to nothing else."""
    output = mypy(WRONG, tmp_path)
    assert errors(output, WRONG) == expected(WRONG), output


@pytest.mark.slow
def test_pyright_takes_right_uses(tmp_path):
    """By its strict rules."""
    output = checked_by_pyright(RIGHT, tmp_path)
    assert "0 errors" in output, output


@pytest.mark.slow
def test_pyright_refuses_wrong_uses(tmp_path):
    """It objects to each of them, and to nothing else."""
    output = checked_by_pyright(WRONG, tmp_path)
    assert {line - 1 for line in errors(output, WRONG)} == expected(WRONG), output


@pytest.mark.slow
def test_all_types_are_known(tmp_path):
    """A user's type checker has nothing to guess."""
    output = pyright("--verifytypes", "liveimport", "--ignoreexternal", cwd=tmp_path)
    assert "Type completeness score: 100%" in output, output


def test_right_uses_name_every_type():
    """The check of right uses is about all that is public."""
    names = set(re.findall(r"\w+", RIGHT.read_text()))
    assert names >= {name for name in liveimport.__all__ if not name.startswith("_")}
