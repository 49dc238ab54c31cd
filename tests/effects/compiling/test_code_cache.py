"""Code that is kept, in bytecode files by whole seconds and size: never that of another version."""

import importlib.util
import os
import pathlib
import py_compile
import re
import struct
import subprocess
import sys
import time
import warnings
from importlib.machinery import SourceFileLoader
from typing import ClassVar

import pytest

import liveimport
from liveimport import ModuleError
from liveimport.core.model import Version
from liveimport.effects.compiling.code_cache import (
    CodeCache,
    forget_bytecode,
    forget_outdated_bytecode,
)
from liveimport.effects.observe import files, sources
from liveimport.effects.observe.files import stamp_of


def same_second(project, name, text, second):
    """Writes a module at just this second."""
    project.write(name, text)
    os.utime(project.path(name), (second, second))


def test_an_edit_of_one_size_within_the_second(project, live):
    """The bytecode of the old version fits the new file, and is not believed."""
    second = int(time.time())
    same_second(project, "low.py", "x = 1", second)
    names = live("from low import x")
    assert os.path.exists(importlib.util.cache_from_source(project.path("low.py")))
    same_second(project, "low.py", "x = 2", second)
    liveimport.sync()
    assert names["x"] == 2


def test_many_of_them(project, live):
    """Each of many edits of one size within one mtime is seen, and runs."""
    second = int(time.time())
    same_second(project, "low.py", "x = 10", second)
    names = live("from low import x")
    for number in range(11, 60):
        same_second(project, "low.py", f"x = {number}", second)
        liveimport.sync()
        assert names["x"] == number


def test_many_of_them_at_their_own_pace(project, live):
    """The same with the mtimes that the file system gives."""
    project.write("low.py", "x = 10")
    names = live("from low import x")
    for number in range(11, 60):
        project.write("low.py", f"x = {number}")
        liveimport.sync()
        assert names["x"] == number


def test_an_edit_before_the_registration(session, project, loaded):
    """An edit within the second of the first import, before anything was registered."""
    session.install()
    second = int(time.time())
    same_second(project, "low.py", "x = print, 1", second)
    low = loaded("low")
    same_second(project, "low.py", "x = print, 2", second)
    liveimport.register({"low": low}, "import low")
    liveimport.sync()
    assert low.x == (print, 2)


def test_a_module_first_imported_by_an_edit(project, live, loaded):
    """Bytecode of an earlier version is not believed for a module new to the session either."""
    second = int(time.time())
    same_second(project, "new.py", "y = 1", second)
    bytecode = importlib.util.cache_from_source(project.path("new.py"))
    loaded("new")
    assert os.path.exists(bytecode)
    del __import__("sys").modules["new"]
    same_second(project, "new.py", "y = 2", second)
    project.write("low.py", "")
    names = live("import low")
    project.write("low.py", "from new import y")
    liveimport.sync()
    assert names["low"].y == 2


def test_nothing_is_written_for_edited_files(project, live):
    """A reload leaves the bytecode on disk alone."""
    project.write("low.py", "x = 1")
    names = live("from low import x")
    bytecode = importlib.util.cache_from_source(project.path("low.py"))
    with open(bytecode, "rb") as file:
        before = file.read()
    project.write("low.py", "x = 22")
    liveimport.sync()
    with open(bytecode, "rb") as file:
        assert file.read() == before
    assert names["x"] == 22


@pytest.fixture
def work(monkeypatch):
    """The files that were read and those that were compiled, as they are."""
    done = {"read": [], "compiled": []}
    read, compile_source = files.read, SourceFileLoader.source_to_code

    def reading(path):
        done["read"].append(os.path.basename(path))
        return read(path)

    def compiling(loader, data, path, *name, **options):
        done["compiled"].append(os.path.basename(path))
        return compile_source(loader, data, path, **options)

    monkeypatch.setattr(sources, "read", reading)
    monkeypatch.setattr(SourceFileLoader, "source_to_code", compiling)
    return done


@pytest.mark.usefixtures("settled")  # what is not settled is read before the plan
def test_what_did_not_change_is_neither_read_nor_compiled(project, live, work):
    """Dependents run the code of their last run, or that of their bytecode cache."""
    project.write_all(low="x = 1", middle="from low import x", top="from middle import x")
    time.sleep(0.15)  # until bytecode is surely younger than its source
    names = live("from top import x")
    for value in (22, 333, 4444):
        work["read"].clear()
        work["compiled"].clear()
        project.write("low.py", f"x = {value}")
        liveimport.sync()
        assert (names["x"], work) == (value, {"read": ["low.py"], "compiled": ["low.py"]})
        time.sleep(0.15)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: b"\0" * len(data),
        lambda data: data[:40],
        lambda data: data[:16],
    ],
    ids=["empty", "zeros", "cut", "header"],
)
def test_bytecode_that_is_spoilt_is_made_anew(project, live, spoil):
    """A cache that is of another version, or of none, is not believed."""
    project.write_all(low="x = 1", top="from low import x\ny = x")
    time.sleep(0.15)
    names = live("from top import y")
    path = importlib.util.cache_from_source(project.path("top.py"))
    with open(path, "rb") as file:
        data = file.read()
    with open(path, "wb") as file:
        file.write(spoil(data))
    project.write("low.py", "x = 22")
    liveimport.sync()
    assert names["y"] == 22


def test_the_code_of_a_version_is_kept_for_no_other():
    """Two versions at most are kept of a module: what ran last, and what is read to run next."""
    cache = CodeCache()
    versions = [
        cache.compiled("a", "a.py", f"x = {n}".encode(), f"digest {n}") for n in range(4)
    ]
    assert cache.get("a", "a.py", "digest 0") is versions[0]
    assert [cache.get("a", "a.py", f"digest {n}") for n in (1, 2)] == [None, None]
    assert cache.get("a", "a.py", "digest 3") is versions[3]
    assert cache.compiled("a", "a.py", b"is kept", "digest 3") is versions[3]
    assert cache.get("a", "a/__init__.py", "digest 3") is None
    cache.mark_as_run("a", versions[3])
    assert cache.get("a", "a.py", "digest 0") is None
    assert cache.get("b", "a.py", "digest 3") is None


class Doubling(SourceFileLoader):
    """A loader that doubles the numbers of a source, and may do more meanwhile."""

    meanwhile: ClassVar[list] = []

    def source_to_code(self, data, path, *name, **options):
        """Compiles another source than the one in the file."""
        while self.meanwhile:
            self.meanwhile.pop()()
        doubled = re.sub(rb"\d+", lambda number: b"%d" % (2 * int(number[0])), data)
        return super().source_to_code(doubled, path, **options)


class Writing(SourceFileLoader):
    """A loader that edits another file each time that it compiles `low`."""

    edits: ClassVar[list] = []

    def source_to_code(self, data, path, *name, **options):
        """Compiles the source, after an edit."""
        if self.name == "low" and self.edits:
            self.edits.pop(0)()
        return super().source_to_code(data, path, **options)


def test_a_loader_that_was_changed_since_is_given_the_source(project, live):
    """A hook that came later rewrites what did not change as well."""
    project.write_all(low="x = 1", top="import low\ny = 5")
    names = live("import top")
    names["top"].__spec__.loader = Doubling("top", project.path("top.py"))
    project.write("low.py", "x = 22")
    liveimport.sync()
    assert (names["top"].low.x, names["top"].y) == (22, 10)


@pytest.mark.usefixtures("settled")  # what is not settled is read before the plan
def test_a_file_written_while_others_are_prepared(project, live):
    """The sync observes it again, and runs the newest version of both."""
    project.write_all(low="x = 1", top="import low\ny = 5")
    names = live("import top")
    project.write("low.py", "x = 22")
    liveimport.sync()
    liveimport.sync()
    for name in ("top", "low"):
        sys.modules[name].__spec__.loader = Doubling(name, project.path(f"{name}.py"))
    project.write("low.py", "x = 333")
    Doubling.meanwhile.append(lambda: project.write("top.py", "import low\ny = 777"))
    liveimport.sync()
    assert (names["top"].low.x, names["top"].y) == (666, 1554)


@pytest.mark.usefixtures("settled")  # what is not settled is read before the plan
def test_files_written_at_each_attempt(project, live):
    """After five attempts the group fails and says so; the next sync has the newest versions."""
    tops = [f"top{number}" for number in range(6)]
    project.write_all(low="x = 1", **dict.fromkeys(tops, "import low\ny = 5"))
    names = live("\n".join(f"import {top}" for top in tops))
    liveimport.sync()
    for name in ("low", *tops):
        sys.modules[name].__spec__.loader = Writing(name, project.path(f"{name}.py"))
    project.write("low.py", "x = 22")
    Writing.edits = [
        lambda top=top: project.write(f"{top}.py", "import low\ny = 777") for top in tops
    ]
    with pytest.raises(
        ModuleError, match=r"OSError: .*top4\.py was written during the reload; sync again"
    ):
        liveimport.sync()
    assert (names["top0"].low.x, names["top0"].y, Writing.edits) == (1, 5, [])
    liveimport.sync()
    assert (names["top0"].low.x, names["top0"].y, names["top5"].y) == (22, 777, 777)


def test_bytecode_that_another_process_wrote_meanwhile(project, live, monkeypatch):
    """What is in the cache now is no evidence of a version that the file no longer has."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    second = int(time.time()) + 1
    time.sleep(max(0, second - time.time() + 0.01))
    project.write("low.py", "aa = 1\n")
    low = live("import low")["low"]
    time.sleep(0.15)
    liveimport.sync()
    project.write("low.py", "bb = 2\n")
    os.utime(project.path("low.py"), (second, second))
    time.sleep(0.05)
    py_compile.compile(project.path("low.py"))
    liveimport.sync()
    assert {"aa", "bb"} & vars(low).keys() == {"bb"}
    project.write("low.py", "aa = (\n")
    with pytest.raises(ModuleError):
        liveimport.sync()
    project.write("low.py", "aa = 1\n")
    liveimport.sync()
    assert {"aa", "bb"} & vars(low).keys() == {"aa"}


def test_code_is_kept_for_one_path(project, live):
    """A file that moved has the code of its new place, which tracebacks name."""
    project.write("low.py", "def f(): pass")
    low = live("import low")["low"]
    project.write("low.py", "def f(): pass\n")
    liveimport.sync()
    os.mkdir("low")
    os.replace("low.py", "low/__init__.py")
    liveimport.sync()
    assert low.f.__code__.co_filename == project.path("low/__init__.py")


def test_the_compiler_warns_once_and_when_the_module_runs(project, live):
    """Not when somebody looks, nor at each cell while the module is broken."""
    project.write("low.py", "x = 1")
    live("import low")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        project.write("low.py", "x = 1 is 1\nreturn 5\n")
        for _ in range(2):
            with pytest.raises(ModuleError):
                liveimport.sync()
        project.write("low.py", "x = 1 is 1\n")
        liveimport.plan()
        assert caught == []
        liveimport.sync()
        project.write("low.py", "x = 1 is 1\n\n")
        liveimport.sync()
    assert [(os.path.basename(w.filename), w.lineno) for w in caught] == [("low.py", 1)] * 2


def test_which_bytecode_is_forgotten(project):
    """What would be taken for that of this version; whoever wrote it, and no other."""
    project.write("low.py", "x = 1")
    stamp = stamp_of(project.path("low.py"))
    header = importlib.util.MAGIC_NUMBER + struct.pack(
        "<III", 0, stamp.mtime_ns // 10**9, stamp.size
    )
    other = importlib.util.MAGIC_NUMBER + struct.pack(
        "<III", 0, stamp.mtime_ns // 10**9 - 1, stamp.size
    )
    cache = project.folder / "__pycache__"
    cache.mkdir()
    for name in (
        "low.cpython-311.pyc",
        "low.own-cache.pyc",
        "lower.cpython-311.pyc",
        "low.txt",
    ):
        (cache / name).write_bytes(header)
    (cache / "low.older.pyc").write_bytes(other)
    forget_bytecode(project.path("low.py"), Version(stamp))
    kept = {file.name for file in cache.iterdir()}
    assert kept == {"lower.cpython-311.pyc", "low.txt", "low.older.pyc"}


def test_bytecode_that_cannot_be_forgotten(project):
    """There may be none, and a version may not be known."""
    project.write("low.py", "x = 1")
    for stamp in (None, stamp_of(project.path("low.py"))):
        forget_bytecode(project.path("low.py"), Version(stamp))


def second_of(cache):
    """Returns the second by which a bytecode cache names its source."""
    return struct.unpack("<8xI", cache.read_bytes()[:12])[0]


class TestOutdatedBytecode:
    """A bytecode cache that is older than the file, though it names its second and size."""

    @pytest.fixture
    def cache(self, project):
        """The cache of a module that was imported, and edited in the same second."""
        path = project.path("low.py")
        project.write("low.py", "x = 1")
        py_compile.compile(path, doraise=True)
        return pathlib.Path(importlib.util.cache_from_source(path))

    def fresh(self, project):
        """Returns what a fresh interpreter finds, which may write no bytecode."""
        command = [sys.executable, "-B", "-c", "import low; print(low.x)"]
        ran = subprocess.run(
            command, cwd=project.folder, capture_output=True, text=True, check=True
        )
        return ran.stdout.strip()

    @pytest.mark.processes
    def test_the_next_interpreter_runs_the_new_source(self, project, live, cache):
        """Without the sync, it would run the source of before."""
        names = live("import low")
        same_second(project, "low.py", "x = 2", second_of(cache))
        assert self.fresh(project) == "1"
        liveimport.sync()
        assert (names["low"].x, self.fresh(project)) == (2, "2")
        assert not cache.exists()

    def test_a_cache_that_is_not_taken_stays(self, project, live, cache):
        """One of another size or second harms nobody."""
        live("import low")
        project.write("low.py", "x = 22")
        liveimport.sync()
        assert cache.exists()

    def test_a_younger_cache_stays(self, project, live, cache):
        """Somebody has imported the new source."""
        live("import low")
        same_second(project, "low.py", "x = 2", second_of(cache))
        py_compile.compile(project.path("low.py"), doraise=True)
        written = os.stat(project.path("low.py")).st_ctime_ns + 10**6
        os.utime(cache, ns=(written, written))
        liveimport.sync()
        assert cache.exists()

    def test_there_is_none(self, project):
        """Nor is anything known of the version."""
        project.write("low.py", "x = 1")
        for stamp in (None, stamp_of(project.path("low.py"))):
            forget_outdated_bytecode(project.path("low.py"), Version(stamp))
