"""Which version of its file each module was loaded from."""

import importlib
import os
import sys
import time

import pytest

import liveimport
from liveimport.core.source import digest_of
from liveimport.effects.files import stamp_of
from liveimport.effects.loads import Loads

OLD = 1000
"""Seconds: long before this process."""


@pytest.fixture
def loads(project):
    """Notes being taken."""
    loads = Loads(lambda: 7)
    loads.install()
    return loads


def version(loads, project, name):
    """Returns what is known of the version that a module of the project was loaded from."""
    path = project.path(f"{name}.py")
    load = loads.of(name, sys.modules[name], path, stamp_of(path), extension=False)
    return (None, "", 0) if load is None else (load.stamp, load.digest, load.generation)


def test_a_noted_load_is_known(project, loads, loaded):
    """The stamp is that of the file as the import began, though it changed since."""
    project.write("low.py", "x = print")
    project.dated("low.py", -60, now=time.time())
    stamp = stamp_of(project.path("low.py"))
    loaded("low")
    project.write("low.py", "x = print, 2")
    assert version(loads, project, "low") == (stamp, digest_of(b"x = print"), 7)


def test_an_edit_that_the_import_itself_makes(project, loads, loaded):
    """A module that rewrites its own file as it runs is older than it afterwards."""
    project.write("low.py", "from pathlib import Path\nPath(__file__).write_text('pass')\n")
    stamp = stamp_of(project.path("low.py"))
    loaded("low")
    assert version(loads, project, "low")[0] == stamp != stamp_of(project.path("low.py"))


def test_a_settled_file_needs_no_digest(project, loads, loaded):
    """A stamp that hides nothing decides alone."""
    project.write("low.py", "x = 1")
    path = project.path("low.py")
    project.dated("low.py", -60, now=time.time())
    real = stamp_of(path)
    loads._note("low", path)
    assert loads._noted["low"].digest == digest_of(b"x = 1")
    assert os.__file__.endswith("os.py")
    loads._note("os", os.__file__)
    assert (loads._noted["os"].digest, real) == ("", stamp_of(path))


def test_reload_by_hand_is_not_trusted(project, loads, loaded):
    """After importlib.reload the version is what the module shows, not what was noted."""
    project.write("low.py", "x = print")
    low = loaded("low")
    assert version(loads, project, "low")[0] is not None
    importlib.reload(low)
    assert version(loads, project, "low") == (None, "", 0)


def test_another_file_than_the_noted_one(project, loads, loaded):
    """A note about one file says nothing about another."""
    project.write_all(low="x = print", other="x = print")
    low = loaded("low")
    path = project.path("other.py")
    assert loads.of("low", low, path, stamp_of(path), extension=False) is None


def test_loads_before_the_notes(project, loaded):
    """Without a note a young file's version is not known; one older than the process is."""
    project.write_all(young="x = print", old="x = print")
    project.dated("old.py", OLD, now=time.time())
    loaded("young", "old")
    loads = Loads(lambda: 0)
    loads._started_ns = time.time_ns() + 10**9
    assert version(loads, project, "young") == (stamp_of(project.path("young.py")), "", 0)
    loads._started_ns = stamp_of(project.path("young.py")).mtime_ns
    assert version(loads, project, "young") == (None, "", 0)


def test_old_mtimes_are_not_enough(project, loaded):
    """A file given an old mtime by hand was still changed in the life of the process."""
    project.write("low.py", "x = print")
    project.dated("low.py", OLD, now=time.time())
    loaded("low")
    loads = Loads(lambda: 0)
    loads._started_ns = stamp_of(project.path("low.py")).ctime_ns
    assert version(loads, project, "low") == (None, "", 0)


def test_evidence_is_enough(project, loaded):
    """Without a note, a module that shows all that its file says is as its file is."""
    project.write("low.py", "x = 1")
    loaded("low")
    loads = Loads(lambda: 0)
    assert version(loads, project, "low") == (stamp_of(project.path("low.py")), "", 0)
    project.write("low.py", "x = 2")
    assert version(loads, project, "low") == (None, "", 0)


def test_the_process_started_before_now():
    """The bound is the start of this process, to within a second or so."""
    started = Loads(lambda: 0)._started_ns
    spent = time.process_time_ns()
    assert 0 < started <= time.time_ns() - spent // 2


@pytest.mark.parametrize("name", ["missing", "missing.sub"])
def test_what_nobody_finds(loads, name):
    """An import that fails fails as it always did."""
    with pytest.raises(ModuleNotFoundError, match="No module named 'missing'"):
        importlib.import_module(name)


def test_other_finders_stay_in_force(project, loads, loaded):
    """Whoever is on `sys.meta_path`, in front or behind, is asked as before."""
    asked = []

    class Asked:
        def find_spec(self, name, path, target=None):
            asked.append(name)

    sys.meta_path.append(Asked())
    sys.meta_path.insert(0, Asked())
    project.write("low.py", "x = 1")
    assert loaded("low").x == 1
    assert asked.count("low") >= 1
    with pytest.raises(ModuleNotFoundError):
        loaded("nowhere")
    assert asked.count("nowhere") >= 2


def test_it_is_installed_once(project):
    """Installing twice adds one finder; uninstalling twice takes it out."""
    finders = sys.meta_path[:]
    loads = Loads(lambda: 0)
    loads.install()
    loads.install()
    assert sys.meta_path == [loads, *finders]
    loads.uninstall()
    loads.uninstall()
    assert sys.meta_path == finders


def test_the_spec_is_the_one_that_others_find(project, loads):
    """Modules look as if nobody took notes: loader, origin and search path are their own."""
    project.write("pack/__init__.py", "")
    project.write("pack/low.py", "")
    import pack.low

    assert type(pack.__spec__.loader).__name__ == "SourceFileLoader"
    assert pack.low.__spec__.origin == project.path("pack/low.py")
    assert list(pack.__path__) == [project.path("pack")]


def test_an_edit_that_restored_size_and_time_before_the_registration(session, project, loaded):
    """Only the status change time tells; what it hides cannot be told by content any more."""
    session.take_notes()
    project.write("low.py", "x = 1\n")
    time.sleep(0.3)
    low = loaded("low")
    stat = os.stat("low.py")
    time.sleep(0.2)
    project.write("low.py", "x = 2\n")
    os.utime("low.py", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    liveimport.register({"low": low}, "import low")
    liveimport.sync()
    assert low.x == 2
    assert not liveimport.plan()
