"""The read log: which files the code of modules reads while they run."""

import importlib
import os
import sys
import threading

import pytest

from liveimport.core import model
from liveimport.effects.logs.read_log import ReadLog, why_no_read_log
from liveimport.effects.logs.run_log import RunLog

pytestmark = [
    pytest.mark.skipif(sys.version_info < (3, 12), reason="no sys.monitoring"),
    # Their files are not closed, as in many projects.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def log():
    """A read log; switched off at the end."""
    log = ReadLog(RunLog())
    yield log
    log.end()


@pytest.fixture
def reads(log, project, monkeypatch):
    """Imports a module with a source, and returns the names of what modules read, relative."""
    monkeypatch.chdir(project.folder)

    def of(source, **files):
        for name, text in files.items():
            project.write(name.replace("__", "."), text)
        project.write_all(m=source)
        assert log.begin()
        try:
            importlib.import_module("m")
        finally:
            log.end()
        return {
            module: sorted(os.path.relpath(file.path, project.folder) for file in files)
            for module, files in log.take().items()
        }

    return of


OPENINGS = {
    "open": "x = open('a.txt').read()",
    "by keyword": "x = open(file='a.txt').read()",
    "bytes": "x = open(b'a.txt').read()",
    "io": "import io\nx = io.FileIO('a.txt').read()",
    "imported from io": "from io import open as o\nx = o('a.txt').read()",
    "open_code": "import io\nx = io.open_code(__import__('os').path.abspath('a.txt')).read()",
    "os": "import os\nos.close(os.open('a.txt', os.O_RDONLY))",
    "pathlib": "from pathlib import Path\nx = Path('a.txt').read_text()",
    "codecs": "import codecs\nx = codecs.open('a.txt').read()",
    "tokenize": "import tokenize\nx = tokenize.open('a.txt').read()",
    "pkgutil": "import pkgutil\nx = pkgutil.get_data(__name__, 'a.txt')",
    "with": "with open('a.txt') as f: x = f.read()",
    "a function": "def f(name):\n    return open(name).read()\nx = f('a.txt')",
    "a class body": "class C:\n    x = open('a.txt').read()",
    "a function that is called first with others": (
        "def call(f, *args): return f(*args)\n"
        "for _ in range(3): call(len, '')\n"
        "x = call(open, 'a.txt').read()"
    ),
}


@pytest.mark.parametrize("source", OPENINGS.values(), ids=OPENINGS)
def test_what_is_opened_for_reading_is_seen(reads, source):
    """However it is opened."""
    assert reads(source, a__txt="1") == {"m": ["a.txt"]}


LISTINGS = {
    "listdir": "import os\nx = os.listdir('plugs')",
    "from os": "from os import listdir\nx = listdir('plugs')",
    "bytes": "import os\nx = os.listdir(b'plugs')",
    "scandir": "import os\nx = list(os.scandir('plugs'))",
    "walk": "import os\nx = list(os.walk('plugs'))",
    "iterdir": "from pathlib import Path\nx = list(Path('plugs').iterdir())",
    "glob": "from pathlib import Path\nx = list(Path('plugs').glob('*.py'))",
    "glob module": "import glob\nx = glob.glob('plugs/*.py')",
    "pkgutil": "import pkgutil\nx = list(pkgutil.iter_modules(['plugs']))",
    "nothing": "import os\nos.chdir('plugs')\nx = os.listdir()\nos.chdir('..')",
}


@pytest.mark.parametrize("source", LISTINGS.values(), ids=LISTINGS)
def test_what_is_listed_is_seen(reads, project, source):
    """However it is listed."""
    project.write("plugs/a.py", "")
    assert reads(source)["m"] == ["plugs"]


def test_a_folder_has_the_names_of_what_may_be_modules(log, project, monkeypatch):
    """Python files, and folders with an ``__init__.py``; whatever else lies there."""
    monkeypatch.chdir(project.folder)
    for name in ("b.py", "a.py", "pk/__init__.py", "data/x.json", "data.json"):
        project.write(f"plugs/{name}", "")
    project.write_all(m="import os\nos.listdir('plugs')")
    log.begin()
    importlib.import_module("m")
    log.end()
    (folder,) = log.take()["m"]
    assert folder.names == ("a.py", "b.py", "pk")


NOT_READ = {
    "written": "open('b.txt', 'w').close()",
    "written over": "open('a.txt', 'w').close()",
    "appended": "open('a.txt', 'a').close()",
    "updated": "open('a.txt', 'r+').close()",
    "read, then written": "open('a.txt').close()\nopen('a.txt', 'w').close()",
    "read, then replaced": (
        "import os\nopen('a.txt').close()\nopen('b.txt', 'w').close()\nos.replace('b.txt', 'a.txt')"
    ),
    "replaced, then read": (
        "import os\nf = open('b.txt', 'w')\nf.write('b')\nf.close()\n"
        "os.replace('b.txt', 'a.txt')\nopen('a.txt').close()"
    ),
    "a descriptor": "import os\nf = os.open(os.devnull, 0)\nopen(f).close()",
    "a device": "import os\nopen(os.devnull).close()",
    "a version": "import importlib.metadata as i\nx = i.version('pytest')",
    "a warning": "import warnings\nx = warnings.formatwarning('x', UserWarning, __file__, 1)",
    "a traceback": (
        "import traceback\ntry: 1/0\nexcept ZeroDivisionError: x = traceback.format_exc()"
    ),
    "an import": "import json.tool, wave",
}


@pytest.mark.parametrize("source", NOT_READ.values(), ids=NOT_READ)
def test_what_is_no_data_of_the_module_is_left_out(reads, project, source):
    """What it writes itself, devices, and what imports and tracebacks read."""
    read = reads(source, a__txt="1").get("m", [])
    assert [name for name in read if not name.startswith("..")] == []


def test_the_innermost_module_reads(reads, project):
    """Through a helper: who calls it. In an import: who is imported."""
    project.write_all(
        tools="def load(name):\n    return open(name).read()\nx = load('b.txt')",
    )
    assert reads("import tools\nx = tools.load('a.txt')", a__txt="1", b__txt="1") == {
        "m": ["a.txt"],
        "tools": ["b.txt"],
    }


def test_a_script_is_a_part_of_what_runs_it(reads):
    """What it reads is read by the module."""
    source = "import runpy\nx = runpy.run_path('s.py')['x']"
    assert reads(source, s__py="x = open('a.txt').read()", a__txt="1") == {
        "m": ["a.txt", "s.py"]
    }


def test_a_file_that_is_not_there_is_noted(reads):
    """It may come to be there."""
    read = reads("try: open('none.txt')\nexcept OSError: pass")
    assert read == {"m": ["none.txt"]}


def test_the_version_is_that_before_the_read(log, project, monkeypatch):
    """So what is written while the module runs is a change."""
    monkeypatch.chdir(project.folder)
    file = project.folder / "a.txt"
    file.write_text("1")
    project.write_all(m="import json\nx = json.load(open('a.txt'))\nimport n", n="import other")
    monkeypatch.setitem(sys.modules, "other", type(sys)("other"))
    log.begin()
    importlib.import_module("m")
    log.end()
    (read,) = log.take()["m"]
    assert read.version.stamp.size == 1
    assert read.version.digest
    assert read.names is None


def test_nothing_is_seen_before_and_after(log, project, monkeypatch):
    """The tool id is given back, with the callbacks."""
    monkeypatch.chdir(project.folder)
    project.write_all(m="x = open('m.py').read()", n="x = open('n.py').read()")
    monitoring = sys.monitoring
    tools = [monitoring.get_tool(tool) for tool in range(6)]
    importlib.import_module("m")
    log.begin()
    assert [monitoring.get_tool(t) for t in range(6)].count("liveimport") == 1
    log.end()
    log.end()
    importlib.import_module("n")
    assert log.take() == {}
    assert [monitoring.get_tool(tool) for tool in range(6)] == tools
    for tool in (3, 4):
        assert monitoring.register_callback(tool, monitoring.events.CALL, None) is None


def test_the_ids_of_debuggers_and_coverage_stay_free(log):
    """Only ids that have no purpose of their own are taken; without one, there is no log."""
    monitoring = sys.monitoring
    assert why_no_read_log() == ""
    for tool in (3, 4):
        monitoring.use_tool_id(tool, "somebody")
    try:
        assert why_no_read_log() == "tools"
        assert not log.begin()
        assert [monitoring.get_tool(tool) for tool in (3, 4)] == ["somebody"] * 2
    finally:
        for tool in (3, 4):
            monitoring.free_tool_id(tool)
    assert log.begin()


def test_it_is_not_begun_twice(log):
    """Who began it ends it."""
    assert log.begin()
    assert log.is_on_here
    assert not log.begin()


@pytest.mark.threads
def test_other_threads_are_not_seen(log, project, monkeypatch):
    """They may import what they like."""
    monkeypatch.chdir(project.folder)
    project.write_all(m="x = open('m.py').read()")
    log.begin()
    thread = threading.Thread(target=importlib.import_module, args=("m",))
    thread.start()
    thread.join()
    log.end()
    assert log.take() == {}


def test_what_the_user_passes_may_raise(reads):
    """The user sees the error of the call, and no other."""
    source = """
    class P:
        def __fspath__(self): raise LookupError
    errors = []
    for given in (P(), 1.5, None):
        try: open(given)
        except Exception as error: errors.append(type(error).__name__)
    """
    assert reads(source) == {}
    assert sys.modules["m"].errors == ["LookupError", "TypeError", "TypeError"]


def test_there_is_an_end_to_files(reads, monkeypatch):
    """One more is noted than is followed, so that it is known."""
    monkeypatch.setattr(model, "MOST_FILES", 3)
    monkeypatch.setattr("liveimport.effects.logs.read_log.MOST_FILES", 3)
    source = "for i in range(9):\n    open(f'{i}', 'w').close()"
    assert reads(source) == {}
    del sys.modules["m"]
    assert len(reads("for i in range(9): open(str(i)).close()")["m"]) == 4


def test_what_ran_again_starts_over_and_is_taken_once(log, project, monkeypatch):
    """The last run counts."""
    monkeypatch.chdir(project.folder)
    project.write_all(m="x = open('m.py').read()")
    log.begin()
    importlib.import_module("m")
    log.start_over("m")
    assert log.take() == {}
    importlib.reload(sys.modules["m"])
    assert [*log.take(["m", "other"])] == ["m"]
    assert log.take() == {}
