"""Where the import of a submodule asks its parent's `__spec__` whether that still initialises.

Python 3.14 does (gh-130101), and 3.13 is to. A package that imports something when it is asked for its
`__spec__`, to attach to a shell, goes round in circles there. Here an older Python's importlib is
made like that when the process starts.
"""

import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

import liveimport

pytestmark = pytest.mark.processes

WAITING = '''
"""Python imports this module when it starts."""

import sys

bootstrap = sys.modules["_frozen_importlib"]
plain = bootstrap._find_and_load_unlocked


def find_and_load_unlocked(name, import_):
    """Does what 3.14 does before it looks for a module."""
    parent = name.rpartition(".")[0]
    if parent:
        if parent not in sys.modules:
            bootstrap._call_with_frames_removed(import_, parent)
        if name in sys.modules:
            return sys.modules[name]
        if getattr(sys.modules[parent].__spec__, "_initializing", False):
            asked.append(name)
            bootstrap._call_with_frames_removed(import_, parent)
        if name in sys.modules:
            return sys.modules[name]
    return plain(name, import_)


asked = []
bootstrap._find_and_load_unlocked = find_and_load_unlocked
'''

EARLY = """
import liveimport

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config, colors="nocolor", ipython_dir=".ipython")


def run(cell):
    return shell.run_cell(cell).result


def write(value):
    with open("low.py", "w") as file:
        file.write(f"x = {value}\\n")


run("import importlib, liveimport")
run("importlib.import_module('liveimport.effects.notebook.cells')")
run("%load_ext liveimport")
run("import liveimport; liveimport.auto_sync(grace=0); liveimport.workspace('.')")
write(1)
run("%%liveimport\\nimport low")
write(22)
assert run("low.x") == 22
"""


@pytest.fixture
def run(tmp_path):
    """Runs Python in an empty folder, with an importlib that waits; returns what it printed."""
    (tmp_path / "early").mkdir()
    if sys.version_info < (3, 14):
        (tmp_path / "early" / "sitecustomize.py").write_text(WAITING)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    folders = {"PYTHONPATH": tmp_path / "early", "IPYTHONDIR": tmp_path / "ipython"}
    environment |= {name: str(folder) for name, folder in folders.items()}
    (tmp_path / "work").mkdir()

    def run(*arguments: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=tmp_path / "work",
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout

    return run


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python itself does it since 3.14")
def test_imports_of_liveimport_do_ask(run):
    """Its submodules are imported while it initialises, so its `__spec__` is asked for."""
    said = run("-c", "import liveimport, sitecustomize; print(*sitecustomize.asked)")
    assert "liveimport.core" in said.split()


def test_nothing_happens_when_it_is_asked():
    """LiveImport is an ordinary module: to read an attribute runs none of its code."""
    assert type(sys.modules["liveimport"]) is ModuleType
    assert type(vars(liveimport)["__spec__"]) is ModuleSpec


def test_the_tour(run):
    """`python -m liveimport` runs to its end."""
    assert run("-m", "liveimport").endswith("\nEverything was as expected.\n")


def test_it_is_imported_before_there_is_a_shell_and_in_it(run):
    """It is imported twice, attached by hand, and follows edits."""
    run("-c", EARLY)


def test_it_is_imported_in_a_shell_first(run):
    """It attaches as it is imported."""
    in_a_shell = EARLY.replace("\nimport liveimport\n", "", 1).replace(
        'run("%load_ext liveimport")\n', ""
    )
    assert in_a_shell.count("load_ext") == 0
    run("-c", in_a_shell)
