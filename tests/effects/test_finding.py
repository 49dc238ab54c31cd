"""Where modules are."""

import os
import py_compile
import sys
import types
import zipfile
from importlib.machinery import ModuleSpec
from textwrap import dedent

import pytest

from liveimport.core.snapshot import ABSENT, Found
from liveimport.effects.files import RealPaths
from liveimport.effects.finding import find, forget_directories, locate
from liveimport.effects.loads import Loads
from liveimport.effects.sights import Sights


@pytest.fixture
def found():
    """Finds modules with no notes about their loads."""
    loads = Loads(lambda: 0)
    return lambda name: find(name, loads, RealPaths(), Sights(loads))


def test_locating_imports_nothing(project):
    """A submodule is located without its packages being imported."""
    project.write("pack/__init__.py", "raise RuntimeError('imported')")
    project.write("pack/sub/__init__.py", "raise RuntimeError('imported')")
    project.write("pack/sub/deep.py", "")
    spec = locate("pack.sub.deep")
    assert (spec.name, spec.origin) == ("pack.sub.deep", project.path("pack/sub/deep.py"))
    assert not {name for name in sys.modules if name.partition(".")[0] == "pack"}


def test_locating_does_not_believe_loaded_modules(project, loaded):
    """What an import would find now counts, not what was found once."""
    project.write("low.py", "")
    loaded("low")
    project.remove("low.py")
    project.write("low/__init__.py", "")
    forget_directories()
    assert locate("low").origin == project.path("low/__init__.py")


@pytest.mark.parametrize("name", ["nowhere", "nowhere.sub", "sys.sub", "low.sub"])
def test_locating_what_is_not_there(project, name):
    """No module, no package, or a parent that is no package: None."""
    project.write("low.py", "")
    assert locate(name) is None


def test_a_module_that_was_never_loaded(project, found):
    """It is found where an import would find it."""
    project.write("low.py", "")
    path = project.path("low.py")
    assert found("low") == Found(loaded=False, exists=True, path=path, real=path)


def test_a_package(project, found):
    """A package is found by its `__init__`."""
    project.write("pack/__init__.py", "")
    assert found("pack").package is True
    assert found("pack").path == project.path("pack/__init__.py")


def test_a_namespace_package(project, found, loaded):
    """A folder without `__init__` is told by the file that would make it a regular package."""
    project.write("space/low.py", "")
    path = project.path("space/__init__.py")
    told = {"exists": True, "path": path, "real": path, "package": True}
    assert found("space") == Found(loaded=False, **told)
    loaded("space.low")
    assert found("space") == Found(loaded=True, **told)
    assert found("space.low").path == project.path("space/low.py")


def test_symbolic_links_are_told(project, found):
    """Both paths of a linked file are known."""
    project.write("real.txt", "")
    os.symlink("real.txt", "low.py")
    low = found("low")
    assert (low.path, low.real) == (project.path("low.py"), project.path("real.txt"))


@pytest.mark.parametrize(
    "name", ["sys", "builtins", "__main__", "liveimport", "_frozen_importlib"]
)
def test_modules_that_never_reload(found, name):
    """Built-ins, the main module and LiveImport itself are there, without a file."""
    module = found(name)
    assert (module.loaded, module.exists, module.path) == (True, True, None)


def test_extensions(found, loaded):
    """An extension has a file, and is marked as one."""
    extension = loaded("_testcapi")
    assert found("_testcapi").path == extension.__file__
    assert found("_testcapi").extension is True


def test_a_module_without_a_spec(found):
    """A module that a program made by hand is there, and has no file."""
    sys.modules["made_by_hand"] = types.ModuleType("made_by_hand")
    try:
        assert found("made_by_hand") == Found(loaded=True, exists=True)
    finally:
        del sys.modules["made_by_hand"]


def test_bytecode_without_source(project, found, loaded):
    """A module that only has bytecode has no file of source."""
    project.write("low.py", "x = 1")
    py_compile.compile("low.py", cfile="low.pyc")
    project.remove("low.py")
    forget_directories()
    assert loaded("low").x == 1
    assert found("low") == Found(loaded=True, exists=True)


def test_a_module_in_an_archive(project, found, loaded):
    """A module within a zip file has no file of its own."""
    with zipfile.ZipFile("archive.zip", "w") as archive:
        archive.writestr("zipped.py", "x = 1")
    sys.path.append(project.path("archive.zip"))
    assert loaded("zipped").x == 1
    assert found("zipped") == Found(loaded=True, exists=True)


def test_what_a_package_holds_is_no_submodule(project, found, loaded):
    """An attribute of a loaded package hides a file of the same name, as in `from`."""
    project.write("pack/__init__.py", "low = 'a value'")
    project.write("pack/low.py", "")
    loaded("pack")
    hidden = found("pack.low")
    assert (hidden.loaded, hidden.shadowed) == (False, True)
    del sys.modules["pack"].low
    assert found("pack.low").shadowed is False


def test_a_file_that_is_away(project, found, loaded):
    """A loaded module whose file is gone is told so."""
    project.write("low.py", "")
    loaded("low")
    project.remove("low.py")
    assert found("low") == Found(loaded=True, exists=False)


def test_a_module_that_became_a_package(project, found, loaded):
    """Where the file is gone, the package in its place is found."""
    project.write("low.py", "")
    loaded("low")
    locate("nowhere")  # the folder is looked at again, since bytecode was written into it
    stat = os.stat(project.folder)
    project.remove("low.py")
    project.write("low/__init__.py", "")
    os.utime(project.folder, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert found("low").path == project.path("low/__init__.py")
    assert found("low").package is True


def test_a_finder_that_fails(project, found):
    """A finder that raises finds nothing, and does no harm."""

    class Failing:
        def find_spec(self, name, path, target=None):
            raise ImportError(name)

    sys.meta_path.insert(0, Failing())
    project.write("low.py", "")
    assert found("low") == ABSENT


def test_finders_without_find_spec_are_passed_over(project):
    """A finder of old style on `sys.meta_path` does no harm."""
    sys.meta_path.insert(0, object())
    project.write("low.py", "")
    assert locate("low").origin == project.path("low.py")


def test_a_loader_of_its_own_is_told(project, found):
    """A file that another loader turns into a module is marked as rewritten."""
    project.write("low.py", "")

    class Loader:
        def create_module(self, spec):
            return None

        def exec_module(self, module):
            module.x = 1

    class Finder:
        def find_spec(self, name, path, target=None):
            if name != "low":
                return None
            spec = ModuleSpec(name, Loader(), origin=project.path("low.py"))
            spec.has_location = True
            return spec

    sys.meta_path.insert(0, Finder())
    assert found("low").rewritten is True
    sys.meta_path.pop(0)
    assert found("low").rewritten is False


def test_directories_are_forgotten(project):
    """A file made within the tick of the last look into its directory is found."""
    stat = os.stat(project.folder)
    assert locate("late") is None
    project.write("late.py", dedent(""))
    os.utime(project.folder, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert locate("late") is None
    forget_directories()
    assert locate("late").origin == project.path("late.py")


def test_a_module_that_raises_when_it_is_asked(found):
    """Lazy modules import, and fail, when they are looked at: they have no source then."""

    class Touchy:
        def __getattr__(self, name):
            raise RuntimeError(name)

    sys.modules["touchy"] = Touchy()
    try:
        touchy = found("touchy")
    finally:
        del sys.modules["touchy"]
    assert touchy == Found(loaded=True, exists=True)
