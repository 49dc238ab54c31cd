r"""Decisions about paths, with the spellings that Windows has (``C:\p``, ``\\server\share``, ``\\?\``).

Each is made absolute as `os.path.abspath` does it there, before core sees it.
"""

import ntpath

import pytest

from liveimport.core.detecting.changes import is_same_module_path
from liveimport.core.workspace import (
    Workspace,
    import_root,
    is_among_packages,
    roots_of,
    shown_path,
)

FOLDERS = ["C:/p", r"C:\p", r"C:\a\..\p", r"\\server\share\p", r"\\?\C:\p", r"C:\p with space"]
"""A project's folder, as a user may give it."""


def directory(path: str) -> str:
    """Returns a directory as `directories_of` has it."""
    return ntpath.join(ntpath.normpath(path), "")


@pytest.mark.parametrize("folder", FOLDERS)
class TestFolders:
    """The same questions for each spelling of the project's folder."""

    def test_what_is_below(self, folder):
        """A file is covered if it is in the folder, and not if only its name begins so."""
        workspace = Workspace((directory(folder),))
        normal = ntpath.normpath(folder)
        assert workspace.covers(ntpath.join(normal, "pk", "m.py"))
        assert not workspace.covers(f"{normal}2\\m.py")

    def test_packages_below(self, folder):
        """What is installed in an environment below the folder is not covered."""
        workspace = Workspace((directory(folder),))
        installed = ntpath.join(folder, ".venv", "Lib", "site-packages", "m.py")
        assert is_among_packages(installed)
        assert not workspace.covers(ntpath.normpath(installed))

    @pytest.mark.parametrize(
        ("name", "file"),
        [
            ("m", "m.py"),
            ("pk", r"pk\__init__.py"),
            ("pk.m", r"pk\m.py"),
            ("a.b.c", r"a\b\c.py"),
        ],
    )
    def test_import_roots(self, folder, name, file):
        """The directory on `sys.path`, with a separator of Windows at its end."""
        path = ntpath.join(ntpath.normpath(folder), file)
        assert import_root(name, path) == directory(folder)
        assert roots_of(Workspace(), [(name, path)]) == (directory(folder),)
        assert Workspace(roots=roots_of(Workspace(), [(name, path)])).covers(path)

    def test_shown_paths(self, folder):
        """They are relative to the folder."""
        workspace = Workspace((directory(folder),))
        assert shown_path(workspace, ntpath.join(directory(folder), "pk", "m.py")) == r"pk\m.py"

    def test_a_module_that_becomes_a_package(self, folder):
        """`m.py` and `m/__init__.py` are one module."""
        module = ntpath.join(folder, "m.py")
        assert is_same_module_path(module, ntpath.join(folder, "m", "__init__.py"))
        assert not is_same_module_path(module, ntpath.join(folder, "pk", "m.py"))


@pytest.mark.parametrize("root", ["C:\\", "\\\\server\\share\\"])
def test_modules_in_the_root_of_a_drive(root):
    """The root is the directory; it has one separator."""
    assert ntpath.join(root, "") == root
    assert import_root("m", f"{root}m.py") == root
    assert Workspace((root,)).covers(f"{root}m.py")


def test_the_standard_library_of_windows():
    """It has ``Lib``, and is left out wherever it lies."""
    library = directory(r"C:\p\python\Lib")
    workspace = Workspace((directory(r"C:\p"),), libraries=(library,))
    assert not workspace.covers(rf"{library}json\__init__.py")
    assert workspace.is_standard(rf"{library}json\__init__.py")
    assert workspace.covers(r"C:\p\m.py")
