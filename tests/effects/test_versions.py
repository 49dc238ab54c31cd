"""`liveimport.version`: what a result that is kept depends on."""

import functools
import json
import os
import subprocess
import sys

import pytest

import liveimport

SOURCES = {
    "top": "import low\nclass Net:\n    def run(self): pass\ndef f():\n    import late",
    "low": "x = 1",
    "late": "import later",
    "later": "y = 1",
    "other": "import top",
}

PROGRAM = """
import json, os, sys
sys.path.insert(0, os.getcwd())
import liveimport
import top
liveimport.register(globals(), "import top")
if len(sys.argv) > 1:
    top.f()
print(json.dumps(liveimport.version("top")))
"""


@pytest.fixture
def names(session, project):
    """Returns a namespace that has imported `top`."""
    for name, text in SOURCES.items():
        project.write(f"{name}.py", text)
    names: dict[str, object] = {}
    exec("import top, other", names)  # noqa: S102  # as a notebook does
    liveimport.register(names, "import top, other")
    return names


def test_what_may_be_given(names):
    """A name, the module, or something that it defines."""
    top = names["top"]
    given = (top, top.f, top.Net, top.Net.run, top.Net().run, functools.partial(top.f))
    version = liveimport.version("top")
    assert [liveimport.version(one) for one in given] == [version] * len(given)
    assert len({liveimport.version(name) for name in ("top", "low", "other")}) == 3


def test_edits(names, project):
    """It changes with the sync that reloads the module, and comes back with the source."""
    before = {name: liveimport.version(name) for name in ("top", "low", "other")}
    project.write("other.py", "import top\nz = 1")
    assert liveimport.version("other") == before["other"]
    liveimport.sync()
    assert liveimport.version("other") != before["other"]
    assert liveimport.version("top") == before["top"]
    project.write("low.py", "x = 2")
    liveimport.sync()
    assert liveimport.version("top") != before["top"]
    project.write("low.py", SOURCES["low"])
    project.write("other.py", SOURCES["other"])
    liveimport.sync()
    assert {name: liveimport.version(name) for name in before} == before


def test_a_failure(names, project):
    """What did not run has no part in it."""
    before = liveimport.version("top")
    project.write("low.py", "1 / 0")
    with pytest.raises(liveimport.ModuleError):
        liveimport.sync()
    assert liveimport.version("top") == before


def test_what_nobody_has_imported_yet(names, project):
    """It is read where an import would find it."""
    before = liveimport.version("top")
    project.write("later.py", "y = 2")
    after = liveimport.version("top")
    assert after != before
    names["top"].f()
    liveimport.sync()
    assert liveimport.version("top") == after


@pytest.mark.processes
def test_it_is_the_same_everywhere(tmp_path):
    """In each folder, with each seed of hashes, whatever was called before."""
    found = set()
    for number in range(4):
        folder = tmp_path / f"copy{number}"
        folder.mkdir()
        for name, text in SOURCES.items():
            (folder / f"{name}.py").write_text(text)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *(["call"] * (number % 2))],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": str(number)},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(json.loads(done.stdout))
    assert len(found) == 1


@pytest.mark.parametrize("given", [3, None, ["top"], b"top"])
def test_other_values(session, given):
    """What belongs to no module."""
    with pytest.raises(
        TypeError, match="give a module, its name, or a function or class of it"
    ):
        liveimport.version(given)


def test_who_has_none(names):
    """What is not followed, not loaded, or in no file."""
    with pytest.raises(ValueError, match="json has no version: LiveImport does not follow it"):
        liveimport.version("json")
    with pytest.raises(ValueError, match="tops has no version: it is not loaded"):
        liveimport.version("tops")
    namespace = {"__name__": "__main__"}
    exec("def g(): pass", namespace)  # noqa: S102  # as a notebook does
    with pytest.raises(ValueError, match="what is defined in the notebook has no version"):
        liveimport.version(namespace["g"])
