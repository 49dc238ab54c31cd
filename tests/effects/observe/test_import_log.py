"""Which version of its file each module was imported from."""

import importlib
import importlib.util
import os
import sys
import threading
import time
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import spec_from_file_location

import pytest

import liveimport
from liveimport.core.source.source_file import digest_of
from liveimport.effects.observe import import_log as import_log_module
from liveimport.effects.observe.files import stamp_of
from liveimport.effects.observe.import_log import ImportLog, ImportRecord

OLD = 1000
"""Seconds: long before this process."""

MINUTE_NS = 60_000_000_000


@pytest.fixture
def log(project):
    """A log that records imports as those of generation 7."""
    log = ImportLog(lambda: 7)
    log.install()
    return log


@pytest.fixture
def late_log(project, loaded):
    """Returns a log that began after modules were imported, in a process that started so."""

    def begin(*modules: str, started_ns: int) -> ImportLog:
        loaded(*modules)
        log = ImportLog(lambda: 7)
        log._started_ns = started_ns
        return log

    return begin


def version(log, project, name: str, *, is_extension: bool = False) -> ImportRecord | None:
    """Returns the version that a module of the project was imported from, if it is known."""
    path = project.path(f"{name}.py")
    return log.version_of(name, path, stamp_of(path), is_extension=is_extension)


class TestRecorded:
    """Imports that the log has seen."""

    def test_the_version_is_that_of_the_import(self, project, log, loaded):
        """It is the file as the import began, though the file has changed since."""
        project.write("low.py", "x = 1")
        stamp, path = stamp_of(project.path("low.py")), project.path("low.py")
        loaded("low")
        project.write("low.py", "x = 22")
        assert log.has_recorded("low")
        found = version(log, project, "low")
        assert found[:4] == (path, stamp, digest_of(b"x = 1"), 7)
        assert 0 <= time.monotonic_ns() - found.seen_ns < MINUTE_NS

    def test_an_edit_that_the_import_itself_makes(self, project, log, loaded):
        """A module that writes its own file as it runs is older than it afterwards."""
        project.write("low.py", "from pathlib import Path\nPath(__file__).write_text('pass')\n")
        stamp = stamp_of(project.path("low.py"))
        loaded("low")
        assert version(log, project, "low").stamp == stamp != stamp_of(project.path("low.py"))

    def test_bytes_that_are_not_read(self, project):
        """Libraries are many and stay as they are; compiled code cannot run again."""
        fast = f"fast{EXTENSION_SUFFIXES[0]}"
        project.write_all(low="", library="")
        project.write(fast, "")
        path = project.path("library.py")
        log = ImportLog(lambda: 7, is_library=path.__eq__)
        for name in ("low", "library", "fast"):
            assert log.find_spec(name) is not None
        assert version(log, project, "library") == ImportRecord(path, stamp_of(path), "", 7)
        assert version(log, project, "low").digest == digest_of(b"")
        found = log.version_of("fast", project.path(fast), None, is_extension=True)
        assert found.digest == ""

    def test_an_import_that_fails(self, project, log, loaded):
        """The next import of the module decides."""
        project.write("low.py", "1 / 0")
        with pytest.raises(ZeroDivisionError):
            loaded("low")
        project.write("low.py", "x = 22")
        loaded("low")
        assert version(log, project, "low").digest == digest_of(b"x = 22")

    def test_a_reload_by_hand(self, project, log, loaded):
        """After `importlib.reload` the version is not known, for it may have failed."""
        project.write("low.py", "x = 1")
        low = loaded("low")
        assert version(log, project, "low") is not None
        importlib.reload(low)
        assert version(log, project, "low") is None
        assert not log.has_recorded("low")

    def test_another_file_than_the_recorded_one(self, project, log, loaded):
        """A record of one file says nothing about another."""
        project.write_all(low="", other="")
        loaded("low")
        path = project.path("other.py")
        assert log.version_of("low", path, stamp_of(path), is_extension=False) is None

    def test_a_file_that_is_gone_as_its_import_begins(self, project, log, loaded):
        """Nothing is recorded, and the record of an earlier import is dropped."""

        class Late:
            def find_spec(self, name, path, target=None):
                return spec_from_file_location(name, project.path("gone.py"))

        project.write("low.py", "")
        loaded("low")
        del sys.modules["low"]
        sys.meta_path.insert(1, Late())
        with pytest.raises(FileNotFoundError):
            loaded("low")
        assert not log.has_recorded("low")

    def test_a_file_that_goes_as_its_import_begins(self, project, log, monkeypatch):
        """Nothing is recorded."""
        project.write("low.py", "")
        monkeypatch.setattr(import_log_module, "read", lambda path: None)
        assert log.find_spec("low") is not None
        assert not log.has_recorded("low")

    def test_modules_without_a_file(self, project, log, loaded):
        """Built-in modules and namespace packages are found, and not recorded."""
        os.mkdir("space")
        assert list(loaded("space").__path__) == [project.path("space")]
        assert log.find_spec("sys").origin == "built-in"
        assert not log.has_recorded("space")
        assert not log.has_recorded("sys")


class TestBoundNames:
    """Which names the code of a module bound while it was imported."""

    @pytest.mark.parametrize(
        "source",
        [
            "x = 1\nglobals()['y'] = 2",
            "x = 1\nexec('y = 2')",
            "x = 1\ndef y(): pass\nvars().update(y=y)",
            "import sys as x\nsetattr(x.modules[__name__], 'y', 2)",
            "from mid import *\nx = 1",
            "import plugin as x, mid as y",
            "z = 0\nimport plugin as x, mid as y\ndel z, hook",
        ],
    )
    def test_all_that_its_code_binds(self, project, log, loaded, source):
        """However it does; what others set on it, meanwhile or later, is not among it."""
        project.write_all(
            low=source,
            mid="y = 1\n_z = 2",
            plugin="import sys\nsys.modules['low'].hook = 1\nimport below",
            below="import sys\nsys.modules['low'].hook_of_below = 1",
        )
        loaded("low").later = 3
        assert log.names_bound_by("low") == {"x", "y"}

    def test_a_package_and_its_submodules(self, project, log, loaded):
        """Importing a submodule sets it on its package; the package's code does not."""
        project.write("pack/__init__.py", "import pack.low\nx = 1")
        project.write("pack/low.py", "y = 1")
        loaded("pack")
        assert log.names_bound_by("pack") == {"pack", "x"}
        assert log.names_bound_by("pack.low") == {"y"}

    def test_imports_that_were_not_seen_or_failed(self, project, log, loaded):
        """Nothing is known of them; the next import decides."""
        project.write("low.py", "x = 1 / 0")
        with pytest.raises(ZeroDivisionError):
            loaded("low")
        assert log.names_bound_by("low") is None
        assert log.names_bound_by("os") is None
        project.write("low.py", "x = 22")
        loaded("low")
        assert log.names_bound_by("low") == {"x"}

    def test_asking_where_a_module_is_imports_nothing(self, project, log, loaded):
        """Only an import is waited for."""
        project.write("low.py", "x = 1")
        importlib.util.find_spec("low")
        assert log.names_bound_by("low") is None
        assert log._names._locks == {}
        loaded("low")
        assert log._names._locks == {}

    @pytest.mark.threads
    def test_an_import_in_another_thread(self, project, log, loaded):
        """Whichever thread imports a module, its names are known."""
        project.write("low.py", "x = 1")
        thread = threading.Thread(target=loaded, args=["low"])
        thread.start()
        thread.join()
        assert log.names_bound_by("low") == {"x"}


class TestUnrecorded:
    """Imports from before the log."""

    def test_a_file_older_than_the_process(self, project, late_log):
        """What was loaded is the file as it is; the bytes need not be read."""
        project.write("low.py", "")
        path = project.path("low.py")
        log = late_log("low", started_ns=stamp_of(path).ctime_ns + 1)
        assert version(log, project, "low") == ImportRecord(path, stamp_of(path), "", 0)
        assert not log.has_recorded("low")

    def test_a_file_younger_than_the_process(self, project, late_log):
        """It may have changed since it was imported, so its version is not known."""
        project.write("low.py", "")
        log = late_log("low", started_ns=stamp_of(project.path("low.py")).ctime_ns)
        assert version(log, project, "low") is None

    def test_an_old_mtime_is_not_enough(self, project, late_log):
        """A file with an mtime set back by hand was still written while the process ran."""
        project.write("low.py", "")
        project.dated("low.py", OLD, now=time.time())
        log = late_log("low", started_ns=stamp_of(project.path("low.py")).ctime_ns)
        assert version(log, project, "low") is None

    def test_an_old_ctime_is_not_enough(self, project, late_log):
        """Nor is an mtime in the future plain enough to rely on."""
        project.write("low.py", "")
        project.dated("low.py", -OLD, now=time.time())
        log = late_log("low", started_ns=stamp_of(project.path("low.py")).ctime_ns + 1)
        assert version(log, project, "low") is None

    def test_a_module_that_was_loaded_later_and_not_recorded(self, project, loaded):
        """While the log did not record, the bound is when it was made."""
        log = ImportLog(lambda: 7)
        project.write("low.py", "")
        loaded("low")
        stamp = stamp_of(project.path("low.py"))
        log._started_ns, log._began_ns = stamp.ctime_ns + 1, stamp.ctime_ns
        assert version(log, project, "low") is None
        log._started_ns, log._began_ns = stamp.ctime_ns, stamp.ctime_ns + 1
        assert version(log, project, "low").stamp == stamp

    def test_a_module_that_was_loaded_since_the_last_look(self, project, loaded):
        """Then the bound is the time of that look, also if nothing was loaded until then."""
        log = ImportLog(lambda: 7)
        project.write("low.py", "")
        stamp = stamp_of(project.path("low.py"))
        log.looked(stamp.ctime_ns, frozenset())
        loaded("low")
        assert version(log, project, "low") is None
        log.looked(stamp.ctime_ns + 10**9)
        assert version(log, project, "low").stamp == stamp
        log.looked(stamp.ctime_ns + 10**9, frozenset({"low"}))
        assert version(log, project, "low") is None

    def test_compiled_code_counts_as_current(self, project, late_log):
        """It cannot run again, so it need not be told as changed without proof."""
        project.write("low.py", "")
        log = late_log("low", started_ns=1)
        stamp = stamp_of(project.path("low.py"))
        assert version(log, project, "low") is None
        assert version(log, project, "low", is_extension=True).stamp == stamp

    def test_where_the_start_of_the_process_is_not_known(self, project, late_log):
        """What was loaded before counts as current: to run it could lose its state."""
        project.write_all(low="", later="")
        log = late_log("low", started_ns=0)
        log._began_ns = 1
        stamp = stamp_of(project.path("low.py"))
        assert version(log, project, "low") == (project.path("low.py"), stamp, "", 0, None)
        assert version(log, project, "later") is None
        assert list(log.assumed) == ["low"]


class TestFinder:
    """The log as a finder: nobody notices it."""

    @pytest.mark.parametrize("name", ["missing", "missing.sub"])
    def test_what_nobody_finds(self, log, name):
        """An import that fails fails as it always did."""
        with pytest.raises(ModuleNotFoundError, match="No module named 'missing'"):
            importlib.import_module(name)

    def test_other_finders_stay_in_force(self, project, log, loaded):
        """Whoever is on `sys.meta_path`, in front of it or behind, is asked as before."""
        asked = []

        class Asked:
            def __init__(self, place):
                self.place = place

            def find_spec(self, name, path, target=None):
                asked.append((self.place, name))

        sys.meta_path.append(Asked("behind"))
        sys.meta_path.insert(0, Asked("in front"))
        project.write("low.py", "x = 1")
        assert loaded("low").x == 1
        assert ("in front", "low") in asked
        with pytest.raises(ModuleNotFoundError):
            loaded("nowhere")
        assert {place for place, name in asked if name == "nowhere"} == {"in front", "behind"}

    def test_a_finder_of_the_old_style(self, project, log, loaded):
        """An object without `find_spec` is passed over, as Python does."""
        sys.meta_path.insert(1, object())
        project.write("low.py", "x = 1")
        assert loaded("low").x == 1

    def test_it_is_installed_once(self, project):
        """Installing twice adds one finder, in front; uninstalling twice removes it."""
        finders = sys.meta_path[:]
        log = ImportLog(lambda: 0)
        log.install()
        log.install()
        assert sys.meta_path == [log, *finders]
        log.uninstall()
        log.uninstall()
        assert sys.meta_path == finders

    def test_the_records_stay(self, project, log, loaded):
        """What was imported before it was uninstalled stays known."""
        project.write("low.py", "")
        loaded("low")
        log.uninstall()
        assert version(log, project, "low").digest == digest_of(b"")

    def test_the_spec_is_the_one_that_others_find(self, project, log, loaded):
        """Modules look as if there were no log: loader, origin and path are their own."""
        project.write("pack/__init__.py", "")
        project.write("pack/low.py", "")
        pack, low = loaded("pack", "pack.low")
        assert type(pack.__spec__.loader).__name__ == "SourceFileLoader"
        assert low.__spec__.origin == project.path("pack/low.py")
        assert list(pack.__path__) == [project.path("pack")]


class TestLoads:
    """When loads begin and end."""

    @pytest.fixture
    def told(self, project, log):
        """What the log tells, in order."""
        told = []
        log._is_library = lambda path: "other" in path
        log.before_loads = lambda: told.append("begin")
        log.after_loads = told.append
        return told

    def test_loads_within_a_load(self, project, loaded, told):
        """They end with the one that nothing imports, and each is named."""
        project.write_all(top="import low, other", low="x = 1", other="")
        loaded("top")
        assert told == ["begin", ["low", "top"]]
        loaded("top")
        assert told == ["begin", ["low", "top"]]

    def test_a_load_that_fails(self, project, loaded, told):
        """It ends too."""
        project.write_all(low="import top, high", top="1/0", high="")
        with pytest.raises(ZeroDivisionError):
            loaded("low")
        assert told == ["begin", ["top", "low"]]
        loaded("high")
        assert told[2:] == ["begin", ["high"]]

    def test_who_only_asks_for_a_spec(self, project, loaded, told):
        """Nothing is told."""
        project.write("low.py", "x = 1")
        spec = importlib.util.find_spec("low")
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        assert told == []

    @pytest.mark.threads
    def test_two_threads(self, project, loaded, told):
        """Each has loads of its own."""
        project.write_all(
            top="import threading\nt = threading.Thread(target=__import__, args=('low',))\n"
            "t.start()\nt.join()",
            low="",
        )
        loaded("top")
        assert told == ["begin", "begin", ["low"], ["top"]]


def test_an_edit_that_restored_size_and_time_before_the_registration(session, project, loaded):
    """The digest shows it, which the import log has."""
    session.install()
    project.write("low.py", "x = 1\n")
    low = loaded("low")
    stat = os.stat("low.py")
    project.write("low.py", "x = 2\n")
    os.utime("low.py", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    liveimport.register({"low": low}, "import low")
    liveimport.sync()
    assert low.x == 2
    assert not liveimport.plan()
