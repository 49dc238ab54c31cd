"""Where modules are."""

import os
import py_compile
import sys
import types
import zipfile
from importlib.machinery import ModuleSpec

import pytest

from liveimport.core.model import NOWHERE, Location
from liveimport.effects.observe.files import RealPaths, stamp_of
from liveimport.effects.observe.import_log import ImportLog
from liveimport.effects.observe.locate import (
    Located,
    clear_directory_caches,
    find_module,
    locate_loaded,
    locate_unloaded,
)


def location(name: str, *, was_imported: bool = False) -> Location | None:
    """Returns the location of a loaded module."""
    module = sys.modules[name]
    return locate_loaded(name, module, RealPaths(), was_imported=was_imported).location


def location_to_be(name: str) -> Location | None:
    """Returns the location at which an import would find a module."""
    located = locate_unloaded(name, RealPaths())
    assert located.stamp is None
    return located.location


@pytest.fixture
def unlistable(project):
    """Writes a file of the project that cached directory listings do not have."""

    def write(name: str, text: str = "") -> None:
        find_module("nowhere")
        stat = os.stat(project.folder)
        project.write(name, text)
        os.utime(project.folder, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    return write


class OneModule:
    """A finder for one module, which another loader makes from a file."""

    def __init__(self, name: str, path: str | None) -> None:
        self.name = name
        self.path = path

    def find_spec(self, name, path, target=None):
        """Returns the spec of the one module."""
        if name != self.name:
            return None
        spec = ModuleSpec(name, self, origin=self.path)
        spec.has_location = self.path is not None
        return spec

    def create_module(self, spec):
        """Leaves making the module to Python."""

    def exec_module(self, module):
        """Runs nothing."""


class TestFindModule:
    """`find_module`: what an import would find now."""

    def test_nothing_is_imported(self, project):
        """A submodule is found without running its packages."""
        project.write("pack/__init__.py", "raise RuntimeError('imported')")
        project.write("pack/sub/__init__.py", "raise RuntimeError('imported')")
        project.write("pack/sub/deep.py", "")
        spec = find_module("pack.sub.deep")
        assert (spec.name, spec.origin) == ("pack.sub.deep", project.path("pack/sub/deep.py"))
        assert not {name for name in sys.modules if name.partition(".")[0] == "pack"}

    def test_loaded_modules_are_not_believed(self, project, loaded):
        """What an import would find now counts, not what one found once."""
        project.write("low.py", "")
        loaded("low")
        project.remove("low.py")
        project.write("low/__init__.py", "")
        clear_directory_caches()
        assert find_module("low").origin == project.path("low/__init__.py")

    def test_a_loaded_package_says_where_its_submodules_are(self, project, loaded):
        """It may have changed its `__path__`, as an import would see."""
        project.write("pack/__init__.py", "__path__ = [__path__[0] + '/../elsewhere']")
        project.write("pack/low.py", "")
        project.write("elsewhere/high.py", "")
        loaded("pack")
        assert find_module("pack.low") is None
        assert os.path.samefile(find_module("pack.high").origin, "elsewhere/high.py")

    @pytest.mark.parametrize("name", ["nowhere", "nowhere.sub", "sys.sub", "low.sub"])
    def test_nothing_there(self, project, name):
        """No module, no package, or a parent that is no package: None."""
        project.write("low.py", "")
        assert find_module(name) is None

    def test_a_namespace_package_below_another(self, project):
        """It is found although its parent is not loaded, where Python's own finder raises."""
        project.write("space/inner/low.py", "")
        spec = find_module("space.inner")
        assert list(spec.submodule_search_locations) == [project.path("space/inner")]
        assert find_module("space.inner.low").origin == project.path("space/inner/low.py")
        assert find_module("space.nowhere") is None

    def test_a_finder_that_raises_key_error(self, project):
        """As Python's own does for a parent that is not loaded; then the next one is asked."""

        class Asking:
            def find_spec(self, name, path, target=None):
                raise KeyError(name)

        sys.meta_path.insert(0, Asking())
        project.write("low.py", "")
        assert find_module("nowhere") is None
        assert find_module("low").origin == project.path("low.py")

    def test_a_finder_that_raises(self, project):
        """It would stop the import, so nothing is found, and no harm is done."""

        class Failing:
            def find_spec(self, name, path, target=None):
                raise ImportError(name)

        sys.meta_path.insert(0, Failing())
        project.write("low.py", "")
        assert find_module("low") is None

    def test_a_finder_of_the_old_style(self, project):
        """An object without `find_spec` on `sys.meta_path` is passed over."""
        sys.meta_path.insert(0, object())
        project.write("low.py", "")
        assert find_module("low").origin == project.path("low.py")

    def test_a_finder_that_finds_something_strange(self, project):
        """What is not a spec is passed over."""

        class Strange:
            def find_spec(self, name, path, target=None):
                return "here"

        sys.meta_path.insert(0, Strange())
        project.write("low.py", "")
        assert find_module("low").origin == project.path("low.py")

    def test_the_import_log_records_nothing(self, project):
        """To look for a module is not to import it."""
        project.write("low.py", "")
        log = ImportLog(lambda: 0)
        log.install()
        assert find_module("low") is not None
        assert not log.has_recorded("low")


class TestUnloaded:
    """`locate_unloaded`: a module that was never loaded."""

    def test_a_module(self, project):
        """It is where an import would find it."""
        project.write("low.py", "")
        path = project.path("low.py")
        assert location_to_be("low") == Location(path, os.path.realpath(path))

    def test_a_package(self, project):
        """A package is its `__init__`."""
        project.write("pack/__init__.py", "")
        path = project.path("pack/__init__.py")
        assert location_to_be("pack") == Location(path, os.path.realpath(path), is_package=True)

    def test_no_module(self, project):
        """What an import would not find is nowhere."""
        assert locate_unloaded("nowhere", RealPaths()) == Located(None)

    def test_links(self, project):
        """Both paths of a linked file are known."""
        project.write("real.txt", "")
        os.symlink("real.txt", "low.py")
        low = location_to_be("low")
        assert low.path == project.path("low.py")
        assert low.real_path == os.path.realpath("real.txt")

    def test_a_loader_of_its_own(self, project):
        """A file that another loader turns into a module is marked."""
        project.write("low.py", "")
        sys.meta_path.insert(0, OneModule("low", project.path("low.py")))
        assert location_to_be("low").custom_loader is True
        sys.meta_path.pop(0)
        assert location_to_be("low").custom_loader is False

    def test_a_module_that_a_loader_makes_from_nothing(self, project):
        """It is found, and has no file."""
        sys.meta_path.insert(0, OneModule("low", None))
        assert location_to_be("low") == NOWHERE


class TestLoaded:
    """`locate_loaded`: where a loaded module comes from."""

    def test_the_stamp_of_the_file(self, project, loaded):
        """It comes with the location, so that nobody has to ask again."""
        project.write("low.py", "")
        located = locate_loaded("low", loaded("low"), RealPaths(), was_imported=False)
        assert located.location == location_to_be("low")
        assert located.stamp == stamp_of(project.path("low.py"))

    def test_another_file_first_on_the_path(self, project, loaded):
        """The module is where it was imported from, whatever an import would find now."""
        project.write("low.py", "")
        loaded("low")
        project.write("first/low.py", "")
        sys.path.insert(0, project.path("first"))
        assert location("low").path == project.path("low.py")

    def test_a_namespace_package(self, project, loaded):
        """A folder without `__init__` has the path that would make it a regular package."""
        project.write("space/low.py", "")
        path = project.path("space/__init__.py")
        expected = Location(path, os.path.realpath(path), is_package=True)
        assert location_to_be("space") == expected
        loaded("space.low")
        assert location("space") == expected
        assert location("space.low").path == project.path("space/low.py")

    @pytest.mark.parametrize(
        ("name", "is_package"),
        [
            ("sys", False),
            ("builtins", False),
            ("__main__", False),
            ("liveimport", True),
            ("liveimport.core.model", False),
            ("_frozen_importlib", False),
        ],
    )
    def test_modules_that_never_reload(self, name, is_package):
        """Built-ins, the main module and LiveImport itself are there, without a file."""
        __import__(name)
        assert location(name) == Location(is_package=is_package)

    def test_extensions(self, loaded):
        """Compiled code has a file, and is marked."""
        extension = loaded("_testcapi")
        assert location("_testcapi").path == extension.__file__
        assert location("_testcapi").is_extension is True

    def test_a_module_made_by_hand(self, project, monkeypatch):
        """It has no spec, and no file, even if an import would find one."""
        project.write("made.py", "")
        monkeypatch.setitem(sys.modules, "made", types.ModuleType("made"))
        assert location("made") == NOWHERE

    def test_an_object_that_a_module_put_in_its_place(self, project, loaded):
        """If its import was seen, its file is where an import would find it."""
        project.write("low.py", "import sys\nsys.modules[__name__] = type('Low', (), {})()\n")
        loaded("low")
        assert location("low") == NOWHERE
        assert location("low", was_imported=True).path == project.path("low.py")

    def test_a_module_under_another_name(self, project, loaded):
        """One that took the place of a module with a file of its own leaves it that file."""
        project.write_all(real="", low="import real, sys\nsys.modules[__name__] = real\n")
        real = loaded("low", "real")[1]
        assert location("low").path == project.path("low.py")
        assert location("real").path == project.path("real.py")
        sys.modules["alias"] = real
        try:
            assert location("alias").path == project.path("real.py")
        finally:
            del sys.modules["alias"]

    def test_bytecode_without_source(self, project, loaded):
        """A module of bytecode alone has no file of source."""
        project.write("low.py", "x = 1")
        py_compile.compile("low.py", cfile="low.pyc")
        project.remove("low.py")
        clear_directory_caches()
        assert loaded("low").x == 1
        assert location("low") == NOWHERE

    def test_a_module_in_an_archive(self, project, loaded):
        """A module within a zip file has no file of its own."""
        with zipfile.ZipFile("archive.zip", "w") as archive:
            archive.writestr("zipped.py", "x = 1")
        sys.path.append(project.path("archive.zip"))
        assert loaded("zipped").x == 1
        assert location("zipped") == NOWHERE

    def test_a_file_that_is_gone(self, project, loaded):
        """It is where its file was, which may come back. It has no stamp."""
        project.write("low.py", "")
        low = loaded("low")
        project.remove("low.py")
        path = project.path("low.py")
        located = locate_loaded("low", low, RealPaths(), was_imported=False)
        assert located == Located(Location(path, path))

    def test_a_module_that_became_a_package(self, project, loaded, unlistable):
        """Where the file is gone, the package in its place is found, with its stamp."""
        project.write("low.py", "")
        low = loaded("low")
        project.remove("low.py")
        unlistable("low/__init__.py")
        located = locate_loaded("low", low, RealPaths(), was_imported=False)
        assert located.location.path == project.path("low/__init__.py")
        assert located.location.is_package is True
        assert located.stamp == stamp_of(project.path("low/__init__.py"))

    def test_a_folder_in_the_place_of_a_file(self, project, loaded):
        """A namespace package has no code that could run in the place of the module's."""
        project.write("low.py", "")
        low = loaded("low")
        project.remove("low.py")
        project.write("low/deep.py", "")
        path = project.path("low.py")
        located = locate_loaded("low", low, RealPaths(), was_imported=False)
        assert located == Located(Location(path, path))

    def test_a_module_that_raises_when_it_is_asked(self, monkeypatch):
        """Lazy modules import, and fail, when they are looked at: they have no file then."""

        class Touchy:
            def __getattr__(self, name):
                raise RuntimeError(name)

        monkeypatch.setitem(sys.modules, "touchy", Touchy())
        assert location("touchy") == NOWHERE


def test_directory_listings_are_cleared(project, unlistable):
    """A file made within the tick of the last look into its directory is found after that."""
    assert find_module("late") is None
    unlistable("late.py")
    assert find_module("late") is None
    clear_directory_caches()
    assert find_module("late").origin == project.path("late.py")


def test_finders_without_a_cache(project, monkeypatch):
    """What a path hook gave for an entry of `sys.path` need not have listings."""
    monkeypatch.setitem(sys.path_importer_cache, "odd", object())
    monkeypatch.setitem(sys.path_importer_cache, "none", None)
    clear_directory_caches()
