"""State, files and `sys.modules` → Snapshot."""

import importlib
import os
import sys
import time
from unittest.mock import patch

import pytest
from attrs import evolve
from pyrsistent import pmap

import liveimport
from liveimport.core.committing.registered import register
from liveimport.core.detecting.detection import IncompleteSnapshotError
from liveimport.core.imports import parse_imports
from liveimport.core.model import (
    ABSENT,
    LOADED,
    TOP_LEVEL,
    UNKNOWN_VERSION,
    Location,
    Module,
    Stamp,
    State,
)
from liveimport.core.planning.planner import enroll, plan_reload
from liveimport.core.source.source_file import digest_of
from liveimport.core.watch_list import watch_list
from liveimport.core.workspace import Workspace
from liveimport.effects.loaded.holds import HoldScanner
from liveimport.effects.loaded.living_code import LivingCode
from liveimport.effects.loaded.module_values import ModuleValues
from liveimport.effects.logs.entries import Entries
from liveimport.effects.observe import sources
from liveimport.effects.observe.files import stamp_of
from liveimport.effects.observe.import_log import ImportLog
from liveimport.effects.observe.installed import InstalledPackages
from liveimport.effects.observe.locate import find_module
from liveimport.effects.observe.snapshot import Memory, observe, observe_registered
from liveimport.effects.observe.stat import changed_files, changed_untracked
from liveimport.effects.session.directories import directories_of


@pytest.fixture
def observed(session):
    """Observes all that changed, as the session does when it plans."""

    def observing():
        watched = watch_list(session.state)
        changed = {**changed_files(watched), **changed_untracked(watched)}
        return observe(
            session.state, changed, session.parts.memory, session.parts.namespaces.values()
        )

    return observing


@pytest.fixture
def planned(session, observed):
    """Returns the plan that follows, as ``module:reason`` in the order in which modules run."""

    def planning() -> list[str]:
        plan, _ = plan_reload(session.state, observed())
        return [f"{step.module}:{step.reason}" for step in plan.steps]

    return planning


@pytest.fixture
def read_files(project, monkeypatch):
    """The files that are read for a snapshot, relative to the project."""
    paths = []
    read = sources.read

    def reading(path):
        paths.append(os.path.relpath(path, project.folder))
        return read(path)

    monkeypatch.setattr(sources, "read", reading)
    return paths


def memory(log: ImportLog | None = None) -> Memory:
    """Returns what is remembered by a session that has observed nothing yet."""
    return Memory(
        log or ImportLog(lambda: 0),
        ModuleValues(),
        InstalledPackages(),
        HoldScanner(Entries()),
        LivingCode(lambda _: ()),
    )


def state_with(*modules: Module, **fields: object) -> State:
    """Returns the State that knows these modules."""
    return State(modules=pmap({module.name: module for module in modules}), **fields)


def registered(project, statements: str, *, follow: str = LOADED) -> State:
    """Returns the State in which statements are registered, and nothing is known."""
    state = State(workspace=Workspace(directories_of([project.folder])), follow=follow)
    return register(state, 0, parse_imports(statements))


def unlistable(project, name: str, text: str = "") -> None:
    """Writes a file of the project that cached directory listings do not have."""
    find_module("nowhere")
    stat = os.stat(project.folder)
    project.write(name, text)
    os.utime(project.folder, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.mark.usefixtures("settled")
class TestWhileImportsStay:
    """Where no import leads elsewhere, what changed is all that is looked at."""

    def test_nothing_changed(self, project, live, observed, read_files):
        """There is only the time and what is loaded."""
        project.write_all(low="x = 1", top="import low")
        live("import top")
        del read_files[:]
        before = time.time()
        snapshot = observed()
        assert before <= snapshot.now <= time.time()
        assert snapshot.loaded == frozenset(sys.modules)
        assert (dict(snapshot.stamps), dict(snapshot.sources)) == ({}, {})
        assert (dict(snapshot.found), snapshot.namespace_modules) == ({}, frozenset())
        assert read_files == []

    def test_the_changed_file_is_read_once(self, project, live, observed, read_files):
        """No other file is read, and nothing is looked for."""
        project.write_all(low="x = 1", top="import low", other="")
        live("import top, other")
        del read_files[:]
        project.write("low.py", "x = 22")
        snapshot = observed()
        stamp = stamp_of(project.path("low.py"))
        assert read_files == ["low.py"]
        assert dict(snapshot.stamps) == {"low": stamp}
        [(name, source)] = snapshot.sources.items()
        assert (name, source.data) == ("low", b"x = 22")
        assert source.version[:2] == (stamp, digest_of(b"x = 22"))
        assert dict(snapshot.found) == {}

    def test_a_touched_file_is_not_analysed_again(
        self, session, project, live, observed, read_files
    ):
        """What is known of the same bytes holds."""
        project.write_all(low="import math")
        live("import low")
        project.dated("low.py", 100, now=time.time())
        assert observed().sources["low"].info is session.state.modules["low"].source

    def test_a_file_that_is_written_after_its_stat(self, project, session, live, read_files):
        """The version is what was read, not what stat said before."""
        project.write_all(low="x = 1")
        live("import low")
        project.write("low.py", "x = 22")
        old = Stamp(1, 2, 3, 4)
        version = (
            observe(session.state, {"low": old}, session.parts.memory).sources["low"].version
        )
        assert version[:2] == (stamp_of(project.path("low.py")), digest_of(b"x = 22"))

    def test_changed_compiled_code_is_not_read(self, project, read_files):
        """It cannot run again, so its stamp is enough."""
        project.write("low.so", "")
        location = Location(project.path("low.so"), is_extension=True)
        state = state_with(Module("low", location=location))
        stamp = stamp_of(project.path("low.so"))
        snapshot = observe(state, {"low": stamp}, memory())
        assert dict(snapshot.stamps) == {"low": stamp}
        assert (dict(snapshot.sources), read_files) == ({}, [])

    def test_modules_that_are_namespaces(self, project, session, loaded, observed):
        """A module that registered its own dict is told apart from a notebook's."""
        project.write_all(low="", top="import low")
        top = loaded("top")
        session.register(vars(top), parse_imports("import low"), clear=False)
        session.register({"low": top.low}, parse_imports("import low"), clear=False)
        assert observed().namespace_modules == {"top"}


@pytest.mark.usefixtures("settled")
class TestFollowing:
    """Where an import may lead elsewhere, all are followed."""

    def test_a_new_import(self, project, live, observed):
        """What was never loaded is looked up and read, and what it imports, and so on."""
        project.write_all(top="", one="import two", two="from three import x", three="x = 1")
        live("import top")
        project.write("top.py", "import one")
        snapshot = observed()
        assert set(snapshot.sources) == {"top", "one", "two", "three"}
        assert set(snapshot.found) == {"one", "two", "three"}
        assert not any(found.loaded for found in snapshot.found.values())

    def test_an_import_from_elsewhere(self, project, live, observed):
        """It is looked up, with its parents, and not read."""
        project.write_all(top="")
        live("import top")
        project.write("top.py", "import xml.dom, math, nowhere.low")
        snapshot = observed()
        assert set(snapshot.sources) == {"top"}
        assert set(snapshot.found) >= {"xml", "xml.dom", "math", "nowhere", "nowhere.low"}
        assert snapshot.found["math"].loaded
        assert snapshot.found["nowhere.low"] == ABSENT

    def test_a_registered_module_from_elsewhere(self, project, live, session):
        """It is read, for it is tracked wherever it is; so is all that the statement names."""

        def read_of(*names: str) -> list[str]:
            modules = session.state.modules
            return [name for name in names if modules[name].source is not None]

        project.write_all(top="import json, xml.dom.minidom")
        live("import top")
        assert read_of("json", "xml", "xml.dom", "xml.dom.minidom") == []
        live("import json\nfrom xml.dom import minidom")
        assert read_of("json", "xml.dom.minidom") == ["json", "xml.dom.minidom"]
        live("import xml.dom.minidom")
        assert read_of("xml", "xml.dom") == ["xml", "xml.dom"]

    def test_a_module_that_joins_the_workspace(self, project, live, session):
        """What was known and not followed is read, with what it imports."""
        project.write("library/far.py", "import near")
        project.write("library/near.py", "")
        project.write("inside/top.py", "import far")
        sys.path[:0] = [project.path("inside"), project.path("library")]
        session.change_workspace(directories_of([project.path("inside")]), extend=False)
        live("import top")
        assert session.state.modules["far"].source is None
        assert "near" not in session.state.modules
        state = evolve(session.state, workspace=Workspace(directories_of([project.folder])))
        snapshot = observe_registered(state, session.parts.memory)
        assert set(snapshot.sources) == {"far", "near"}

    def test_files_that_were_just_made(self, project, live, observed):
        """Directory listings that the import system has cached are not believed."""
        project.write_all(top="")
        live("import top")
        project.write("top.py", "import late")
        unlistable(project, "late.py", "x = 1")
        assert find_module("late") is None
        assert observed().sources["late"].data == b"x = 1"

    def test_what_was_loaded_since(self, project, live, loaded, observed):
        """A module that an import could not load at first is met once it is loaded."""
        project.write_all(top="try: import low\nexcept ImportError: pass\n")
        live("import top")
        assert "low" not in observed().found
        project.write("low.py", "x = 1")
        importlib.invalidate_caches()
        loaded("low")
        snapshot = observed()
        assert snapshot.found["low"].loaded
        assert snapshot.sources["low"].data == b"x = 1"

    def test_an_import_under_a_condition(self, project, live, observed):
        """It may run when the module does, so it is followed like any other."""
        project.write_all(top="x = 1", low="")
        live("import top")
        project.write("top.py", "if 0:\n    import low\n")
        assert "low" in observed().sources

    def test_imports_of_functions(self, project, live, loaded, observed):
        """They are followed to what is loaded, and its parents; the rest may never load."""
        project.write("pack/__init__.py", "")
        project.write("pack/low.py", "")
        project.write_all(never="", top="")
        live("import top")
        loaded("pack.low")
        del sys.modules["pack"]
        project.write("top.py", "def f():\n    import pack.low, never\n")
        assert set(observed().sources) == {"top", "pack", "pack.low"}

    def test_imports_of_functions_that_ran_since(self, project, live, observed):
        """What they imported in the meantime is met as well."""
        project.write("pack/__init__.py", "")
        project.write("pack/low.py", "")
        project.write_all(top="def f():\n    from pack import low\n    return low\n")
        top = live("import top")["top"]
        assert "pack.low" not in observed().found
        top.f()
        snapshot = observed()
        assert {"pack", "pack.low"} <= set(snapshot.sources)
        assert snapshot.found["pack.low"].loaded

    @pytest.mark.parametrize("follow", [LOADED, TOP_LEVEL])
    def test_siblings(self, project, live, loaded, observed, follow):
        """Whatever is loaded of a package is met, however it was imported, and its parents."""
        liveimport.auto_sync(follow=follow)
        for name in ("__init__", "one", "deep/__init__", "deep/three", "never"):
            project.write(f"pack/{name}.py", "")
        project.write("pack/two.py", "import far")
        project.write_all(far="", other="")
        live("from pack import one")
        loaded("pack.two", "pack.deep.three", "other")
        del sys.modules["pack.deep"]
        snapshot = observed()
        expected = {"pack.two", "far", "pack.deep", "pack.deep.three"}
        # All that is loaded of the workspace may depend on what reloads.
        assert set(snapshot.sources) == expected | ({"other"} if follow == LOADED else set())

    def test_a_submodule_or_a_value(self, project, live, observed):
        """A name of a package may be a module, so it is looked up; of a module it is not."""
        project.write("pack/__init__.py", "value = 1")
        project.write("pack/low.py", "")
        project.write_all(top="", plain="low = 1")
        live("import top")
        project.write("top.py", "from pack import low, value\nfrom plain import low as x\n")
        found = observed().found
        assert found["pack.low"].location.path == project.path("pack/low.py")
        assert found["pack.value"].location is None
        assert "plain.low" not in found

    def test_the_imports_of_those_who_import_a_changed_package(self, project, live, observed):
        """What a name of the package means may be another thing now, and lead on."""
        project.write("pack/__init__.py", "low = 1")
        project.write("pack/low.py", "import far")
        project.write_all(top="from pack import low", far="")
        live("import top")
        project.write("pack/__init__.py", "")
        snapshot = observed()
        assert {"pack", "pack.low", "far"} <= set(snapshot.sources)
        assert snapshot.found["pack.low"].shadowed

    def test_one_source_is_read_once(self, project, live, observed, read_files):
        """However many imports lead to it."""
        project.write_all(top="", low="", one="import low, two", two="import low, one")
        live("import top")
        del read_files[:]
        project.write("top.py", "import one, two, low")
        observed()
        assert sorted(read_files) == ["low.py", "one.py", "top.py", "two.py"]

    def test_a_module_that_may_be_watched_for(self, project, live, observed):
        """A namespace package has no file; when it gets one, that is read."""
        project.write("space/low.py", "")
        live("import space.low")
        project.write("space/__init__.py", "x = 1")
        assert observed().sources["space"].data == b"x = 1"


class TestPackages:
    """What a package binds, and which modules it names."""

    def test_names_and_all(self, project, live, session):
        """Of a package both are known without compiling it; of others they come later."""
        project.write("pack/__init__.py", "x = 1\n__all__ = ['x', 'low']\n")
        project.write("pack/low.py", "y = 1\n__all__ = ['y']\n")
        live("from pack import low")
        modules = session.state.modules
        assert modules["pack"].source.names.module_level == {"x", "__all__"}
        assert modules["pack"].source.all_submodules == ("x", "low")
        assert modules["pack.low"].source.names is None
        assert modules["pack.low"].source.all_submodules == ()

    def test_a_changed_package(self, project, live, observed):
        """They are known of what it says now."""
        project.write("pack/__init__.py", "")
        live("import pack")
        project.write("pack/__init__.py", "def f(): pass\n__all__ = ['f']\n")
        info = observed().sources["pack"].info
        assert info.names.module_level == {"f", "__all__"}
        assert info.all_submodules == ("f",)

    @pytest.mark.parametrize("names", ["['low']", "['low', 'high']", "['high']"])
    def test_submodules_that_all_names(self, project, live, session, observed, names):
        """A star import imports them, so those of before and of now are looked up."""
        project.write("pack/__init__.py", "__all__ = ['low']")
        project.write("pack/low.py", "")
        project.write("pack/high.py", "import far")
        project.write("far.py", "")
        live("from pack import *")
        assert session.state.modules["pack.low"].source is not None
        project.write("pack/__init__.py", f"__all__ = {names}  # edited")
        snapshot = observed()
        assert ("pack.high" in snapshot.sources) is ("high" in names)
        assert ("far" in snapshot.sources) is ("high" in names)

    def test_a_star_in_a_module(self, project, live, session):
        """It imports the submodules too."""
        project.write("pack/__init__.py", "__all__ = ['low']")
        project.write("pack/low.py", "import far")
        project.write_all(top="from pack import *", far="")
        live("import top")
        assert session.state.modules["top"].eager == ("pack", "pack.low")
        assert session.state.tracked == ("top", "pack", "pack.low", "far")

    def test_submodules_from_elsewhere(self, project, live, session):
        """A registered star registers those that `__all__` names, wherever they are."""
        project.write("inside/pack/__init__.py", "__all__ = ['far']\n__path__ += ['library']\n")
        project.write("inside/top.py", "import pack.far")
        project.write("library/far.py", "")
        sys.path.insert(0, project.path("inside"))
        session.change_workspace(directories_of([project.path("inside")]), extend=False)
        live("import top")
        assert session.state.modules["pack.far"].source is None
        live("from pack import *")
        assert session.state.modules["pack.far"].source is not None
        assert session.state.tracked == ("top", "pack", "pack.far")

    def test_a_submodule_that_its_package_hides(self, project, live, session):
        """It is known to be hidden, as long as the package has something else there."""
        project.write("pack/__init__.py", "from .run import run")
        project.write("pack/run.py", "def run(): pass")
        live("import pack.run")
        assert session.state.modules["pack.run"].shadowed
        assert not session.state.modules["pack"].shadowed


@pytest.mark.usefixtures("settled")
class TestGone:
    """Files that are no longer there."""

    @pytest.fixture
    def low(self, project, live):
        """The registered module `low`, whose file is gone."""
        project.write_all(low="x = 1", top="import low")
        live("import top, low")
        project.remove("low.py")

    def test_a_file_that_is_gone(self, project, observed, planned, low):
        """It has no stamp and no source; it is where its file was."""
        snapshot = observed()
        assert dict(snapshot.stamps) == {"low": None}
        assert dict(snapshot.sources) == {}
        assert snapshot.found["low"].loaded
        assert snapshot.found["low"].location.path == project.path("low.py")
        assert planned() == []

    def test_a_file_that_goes_after_its_stat(self, project, session, low):
        """It is the same as if it had been gone before."""
        stamp = Stamp(1, 2, 3, 4)
        snapshot = observe(session.state, {"low": stamp}, session.parts.memory)
        assert dict(snapshot.stamps) == {"low": None}
        assert snapshot.found["low"].location.path == project.path("low.py")

    def test_a_module_that_became_a_package(self, project, observed, planned, low):
        """The package in its place is read; listings that are cached do not hide it."""
        unlistable(project, "low/__init__.py", "import low.deep")
        project.write("low/deep.py", "")
        snapshot = observed()
        path = project.path("low/__init__.py")
        assert snapshot.found["low"].location == Location(
            path, os.path.realpath(path), is_package=True
        )
        assert snapshot.sources["low"].data == b"import low.deep"
        assert snapshot.sources["low"].info.names.module_level == {"low"}
        assert planned() == ["low.deep:new", "low:modified", "top:dependent"]

    def test_the_same_bytes_in_a_package(self, project, observed, low):
        """They say more there: which names the package has."""
        project.write("low/__init__.py", "x = 1")
        assert observed().sources["low"].info.names.module_level == {"x"}

    def test_a_module_that_is_lost_as_well(self, project, observed, low):
        """Where it is not even loaded any more, it is found where an import would find it."""
        del sys.modules["low"]
        unlistable(project, "low/__init__.py", "x = 22")
        snapshot = observed()
        assert not snapshot.found["low"].loaded
        assert snapshot.sources["low"].data == b"x = 22"

    def test_a_package_that_became_a_module(self, project, live, planned, observed):
        """And the other way round."""
        project.write("pack/__init__.py", "x = 1")
        live("import pack")
        project.remove("pack/__init__.py")
        project.write("pack.py", "x = 22")
        path = project.path("pack.py")
        assert observed().found["pack"].location == Location(path, os.path.realpath(path))
        assert planned() == ["pack:modified"]

    def test_a_file_of_that_name_elsewhere(self, project, observed, planned, low):
        """It is another module, though an import would find it now; it is not read."""
        project.write("elsewhere/low.py", "x = 22")
        sys.path.append(project.path("elsewhere"))
        snapshot = observed()
        assert snapshot.found["low"].location.path == project.path("elsewhere/low.py")
        assert dict(snapshot.sources) == {}
        assert planned() == []

    def test_a_file_that_is_back(self, project, observed, planned, low):
        """It is read again where it was."""
        project.write("low.py", "x = 22")
        snapshot = observed()
        assert snapshot.sources["low"].data == b"x = 22"
        assert "low" not in snapshot.found
        assert planned() == ["low:modified", "top:dependent"]


class TestErrors:
    """Sources that cannot be read or parsed."""

    @pytest.mark.parametrize(
        ("data", "error"),
        [
            (b"if x: import a\nx = = 2\n", "invalid syntax (line 2)"),
            (b"if x: import a\nx = '\xe4'\n", "(unicode error) 'utf-8' codec can't decode"),
            (b"# coding: no-such-code\nimport a\n", "unknown encoding: no-such-code"),
        ],
    )
    def test_what_is_not_python(self, project, live, observed, data, error):
        """The error is told in a line with the source, and the rest is observed as ever."""
        project.write_all(low="x = 1", top="import low")
        live("import top")
        project.write("low.py", data)
        project.write("top.py", "import low, new")
        project.write("new.py", "")
        sources = observed().sources
        assert error in sources["low"].error
        assert "\n" not in sources["low"].error
        assert sources["low"].data == data
        assert set(sources) == {"low", "top", "new"}

    def test_what_no_parser_has_to_look_at(self, project, live, observed):
        """If imports are plain, a source is not compiled; its errors come before it runs."""
        project.write_all(low="x = 1")
        live("import low")
        project.write("low.py", "import math\nx = = 2\n")
        source = observed().sources["low"]
        assert source.error == ""
        assert [b.module for b in source.info.top_level] == ["math"]

    def test_what_cannot_be_read(self, project, live, observed):
        """The system's reason is told."""
        project.write_all(low="x = 1")
        live("import low")
        project.remove("low.py")
        os.mkdir("low.py")
        source = observed().sources["low"]
        assert (source.error, source.errno) == (os.strerror(21), 21)

    def test_a_loaded_module_that_is_not_python_any_more(self, project, session, loaded):
        """It is registered all the same, and said to import nothing until it is."""
        project.write_all(low="x = 1")
        low = loaded("low")
        project.write("low.py", "if x: import a\nx = = 2\n")
        session.register({"low": low}, parse_imports("import low"), clear=False)
        assert session.state.modules["low"].source.eager == ()


class TestRegistered:
    """`observe_registered`: all that registrations lead to."""

    def test_nothing_is_registered(self, project):
        """Then nothing is read and nothing looked up."""
        snapshot = observe_registered(State(), memory())
        assert (dict(snapshot.sources), dict(snapshot.found)) == ({}, {})
        assert snapshot.loaded == frozenset(sys.modules)

    @pytest.mark.parametrize(("follow", "others"), [(LOADED, {"other"}), (TOP_LEVEL, set())])
    def test_all_that_is_reached(self, project, loaded, follow, others):
        """Registered modules and what they import are read; and, by default, what is loaded."""
        project.write_all(top="import mid", mid="import low, math", low="", other="")
        loaded("top", "other")
        state = registered(project, "import top", follow=follow)
        snapshot = observe_registered(state, memory())
        assert set(snapshot.sources) == {"top", "mid", "low"} | others
        assert set(snapshot.found) == {"top", "mid", "low", "math"} | others
        assert all(found.loaded for found in snapshot.found.values())
        assert dict(snapshot.stamps) == {}

    def test_what_is_known_is_not_read_again(self, project, session, live, read_files):
        """A registration costs what is new about it."""
        project.write_all(top="import low", low="", other="import low")
        names = live("import top")
        del read_files[:]
        live("import other", names)
        assert read_files == ["other.py"]
        assert session.state.tracked == ("top", "low", "other")

    def test_a_changed_file_waits_for_the_sync(self, project, session, live):
        """To register is not to look for changes of what is known."""
        project.write_all(low="x = 1", other="")
        names = live("import low")
        known = session.state.modules["low"]
        project.write("low.py", "x = 22")
        live("import other", names)
        assert session.state.modules["low"] == known

    def test_the_version_that_was_imported(self, project, loaded):
        """It is the one that the import log has, with its generation."""
        log = ImportLog(lambda: 7)
        log.install()
        project.write_all(low="x = 1", other="")
        stamp = stamp_of(project.path("low.py"))
        before = time.monotonic_ns()
        loaded("low")
        after = time.monotonic_ns()
        project.write("low.py", "x = 22")
        snapshot = observe_registered(registered(project, "import low"), memory(log))
        version = snapshot.found["low"].version
        assert version[:2] == (stamp, digest_of(b"x = 1"))
        assert before <= version.seen_ns <= after
        assert snapshot.found["low"].generation == 7
        assert snapshot.sources["low"].data == b"x = 22"

    def test_an_object_that_a_module_put_in_its_place(self, project, loaded):
        """Its file is known if its import was recorded."""
        log = ImportLog(lambda: 0)
        log.install()
        project.write("low.py", "import sys\nsys.modules[__name__] = type('Low', (), {})()\n")
        loaded("low")
        found = observe_registered(registered(project, "import low"), memory(log)).found["low"]
        assert found.location.path == project.path("low.py")
        assert found.version.stamp == stamp_of(project.path("low.py"))

    def test_a_version_that_is_not_known(self, project, loaded):
        """A young file whose import nobody recorded may have changed since."""
        project.write("low.py", "x = 1")
        loaded("low")
        begun = memory()
        begun.import_log._started_ns = 1  # not every system tells when the process started
        snapshot = observe_registered(registered(project, "import low"), begun)
        assert snapshot.found["low"].version == UNKNOWN_VERSION

    def test_names_from_stars(self, project, loaded):
        """If its import was not seen, what star imports gave a module shows in what it has."""
        project.write_all(low="x = 1\n_y = 2\n", top="from low import *\nz = 3\n")
        loaded("top")
        snapshot = observe_registered(registered(project, "import top"), memory())
        assert snapshot.sources["top"].dynamic_names == {"x"}
        assert snapshot.sources["low"].dynamic_names == frozenset()

    def test_names_that_an_import_bound(self, project, loaded):
        """If it was seen, it is all that the module's code bound, and nothing set later."""
        project.write("low.py", "x = 1\nglobals()['y'] = 2")
        seen = memory()
        seen.import_log.install()
        loaded("low").z = 3
        snapshot = observe_registered(registered(project, "import low"), seen)
        assert snapshot.sources["low"].dynamic_names == {"x", "y"}

    def test_what_stands_in_sys_modules_is_not_asked(self, project):
        """A stand-in that raises is loaded, and has no file."""

        class Touchy:
            def __getattr__(self, name):
                raise RuntimeError(name)

        state = registered(project, "import touchy")
        with patch.dict(sys.modules, touchy=Touchy()):
            snapshot = observe_registered(state, memory())
        assert snapshot.found["touchy"].loaded
        assert snapshot.found["touchy"].location == Location()

    def test_a_file_that_goes_while_it_is_looked_at(self, project, loaded, monkeypatch):
        """It is noted as gone, so that planning does not miss it."""
        project.write("low.py", "")
        loaded("low")
        monkeypatch.setattr(sources, "read", lambda path: None)
        state = registered(project, "import low")
        snapshot = observe_registered(state, memory())
        assert dict(snapshot.stamps) == {"low": None}
        assert enroll(state, snapshot).modules["low"].source is None


NEW = {"new.py": "import newer", "newer.py": "", "pack/new.py": "import new"}

EDITS = {
    "a value": ({"low.py": "x = 22"}, "low pack.one pack top late"),
    "a new module": ({"top.py": "import new"}, "newer new top"),
    "a new submodule": ({"top.py": "from pack import new"}, "newer new pack.new top"),
    "no package": ({"top.py": "import low.deep, nowhere.deep, math.deep"}, "top"),
    "a package that hides": ({"pack/__init__.py": "one = 1\nfrom .two import *"}, "pack top"),
    "a package that names": (
        {"pack/__init__.py": "value = other = 1\n__all__ = ['one', 'new', 'none']"},
        "pack top",
    ),
    "a star": (
        {
            "top.py": "from pack import *\nfrom low import *\nfrom json import *\n",
            "pack/__init__.py": "__all__ = ['new', 'none']",
        },
        "pack newer new pack.new top",
    ),
    "an alias": (
        {"top.py": "import pack.new as new, pack.none as none"},
        "newer new pack.new top",
    ),
    "relative": (
        {"pack/one.py": "from . import two, new\nfrom .. import low\nfrom .new import x"},
        "newer new pack.new pack.one pack top",
    ),
    "a function": (
        {"top.py": "def f():\n    from pack import two, new\n    import late"},
        "top",
    ),
    "a cycle": (
        {"newer.py": "import top", "pack/two.py": "import new"},
        "newer new pack.two pack.one pack top",
    ),
    "not Python": (
        {"top.py": "if 1: import new\n(", "low.py": b"\xff"},
        "low pack.one pack top late",
    ),
    "a package that is not Python": ({"pack/__init__.py": "("}, "pack top"),
    "a package instead": (
        {"low.py": None, "low/__init__.py": "from . import deep", "low/deep.py": "import new"},
        "newer new low.deep low pack.one pack top late",
    ),
    "a module instead": (
        {"pack/__init__.py": None, "pack.py": "import new"},
        "newer new pack top",
    ),
    "nothing instead": ({"low.py": None, "pack/__init__.py": None}, ""),
    "a namespace": ({"space/__init__.py": "import new"}, "newer new space"),
    "an extension": ({"top.py": "import _testcapi, _testcapi.x, math as m"}, "top"),
}


def write_or_remove(project, files: dict[str, str | bytes | None]) -> None:
    """Writes files of the project, and removes those without a text."""
    for name, text in files.items():
        if text is None:
            project.remove(name)
        else:
            project.write(name, text)


@pytest.fixture
def imported(project, session, loaded):
    """A project of every kind of module, imported; and files that nobody has imported yet."""
    project.write(
        "pack/__init__.py", "from . import one\nvalue = other = 1\n__all__ = ['one', 'value']"
    )
    project.write("pack/one.py", "from .two import x\nimport low\nfrom json import dumps")
    project.write("pack/two.py", "x = 1")
    project.write("space/deep.py", "")
    project.write_all(
        low="x = 1",
        top="from pack import one, value, other\nimport json\ndef f():\n    import late\n",
        late="import low",
    )
    session.install()
    loaded("top", "space.deep")
    write_or_remove(project, NEW)


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(("edits", "expected"), EDITS.values(), ids=EDITS)
class TestComplete:
    """Planning finds all that it asks for, whatever was edited."""

    STATEMENTS = "import top, pack, space.deep\nfrom pack import *\nfrom low import x as y"

    @pytest.fixture
    def followed(self, imported, live):
        """The project is registered."""
        live(self.STATEMENTS)

    def test_edits(self, project, followed, planned, edits, expected):
        """What was edited, and what it leads to, is planned in order."""
        write_or_remove(project, edits)
        modules = [step.partition(":")[0] for step in planned()]
        assert modules == [name for name in expected.split() if name != "late"]
        # What a function has imported since counts as well.
        __import__("late")
        modules = [step.partition(":")[0] for step in planned()]
        assert modules == expected.split()

    def test_edits_before_the_registration(self, project, imported, session, edits, expected):
        """Registering knows all that it leads to, though files changed since they ran."""
        write_or_remove(project, edits)
        state = registered(project, self.STATEMENTS)
        enrolled = enroll(state, observe_registered(state, session.parts.memory))
        assert "top" in enrolled.tracked


def test_an_incomplete_snapshot_is_an_error(project, session, live, observed):
    """Planning does not guess, so that whatever observing forgets is found out."""
    project.write_all(top="", low="")
    live("import top")
    project.write("top.py", "import low")
    snapshot = evolve(observed(), found={})
    with pytest.raises(IncompleteSnapshotError, match="low"):
        plan_reload(session.state, snapshot)
