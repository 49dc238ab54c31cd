"""The workspace: the directories whose modules may be tracked though no registration names them.

Paths are text here, and directories end in a separator.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

_INSTALLED = frozenset({"site-packages", "dist-packages"})


class Workspace(NamedTuple):
    """The directories whose modules may be tracked indirectly.

    Attributes:
        directories: Given by the user, or the working directory at the start.
        roots: Import roots of the registered modules, where these are added.
        libraries: Where the standard library is. It is left out.
        adds_roots: Whether roots are added: not once the user has set the directories.
        package_folders: Folders of installed packages that have a name of their own, as
            ``pip install --target`` makes them.
    """

    directories: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    adds_roots: bool = False
    package_folders: tuple[str, ...] = ()

    def covers(self, path: str | None) -> bool:
        """Whether a path is below a directory or a root, and not in a library."""
        return path is not None and _is_inside(self, path)

    def covers_file(self, path: str | None, real_path: str | None) -> bool:
        """Whether a file is covered, as it is named or behind links.

        Some environments are made of links. So in the standard library only the name counts.
        """
        if self.covers(path):
            return True
        return self.covers(real_path) and not self.is_standard(path)

    def is_installed(self, path: str | None, real_path: str | None) -> bool:
        """Whether a file outside the workspace is in a library or an installed package.

        A link there that leads to a project is not, as ``flit install --symlink`` makes it.
        """
        if path is None or _is_inside(self, path) or self.covers_file(path, real_path):
            return False
        everywhere = self._replace(directories=("",), roots=())
        return not everywhere.covers_file(path, real_path)

    def is_standard(self, path: str | None) -> bool:
        """Whether a path is in the standard library."""
        return path is not None and path.startswith(self.libraries)

    def with_directories(self, directories: Iterable[str]) -> "Workspace":
        """Returns the workspace with these directories as well."""
        merged = tuple(dict.fromkeys((*self.directories, *directories)))
        return self._replace(directories=merged)


def is_among_packages(path: str) -> bool:
    """Whether a path leads through a folder of installed packages."""
    return not _INSTALLED.isdisjoint(path.replace("\\", "/").split("/"))


@lru_cache(maxsize=65536)
def _is_inside(workspace: Workspace, path: str) -> bool:
    return any(
        path.startswith(directory) and not _is_library(workspace, path, below=directory)
        for directory in (*workspace.directories, *workspace.roots)
    )


def _is_library(workspace: Workspace, path: str, *, below: str) -> bool:
    """Whether a path is in a library that lies below a directory.

    An environment often lies in the folder of the project that uses it. But a directory that
    is a library, or lies in one, was given because it counts.
    """
    if is_among_packages(path[len(below) :]):
        return True
    return any(
        path.startswith(library) and not below.startswith(library)
        for library in (*workspace.libraries, *workspace.package_folders)
    )


def import_root(name: str, path: str) -> str:
    """Returns the directory in which the top-level package or module of `name` was found.

    `path` is the file of the module `name`: ``/src/`` for ``a.b`` in ``/src/a/b.py``. A package
    may be mapped to a folder of another name. Then it is the directory above that folder. And a
    program may load a file under any name. Then it is the directory of the file.
    """
    separator = "\\" if "\\" in path and "/" not in path else "/"
    packages = name.split(".")
    is_package = _file_name(path) == "__init__.py"
    is_named_so = is_package or _file_name(path).partition(".")[0] == packages[-1]
    path = _directory_of(path)
    if not is_named_so:
        return path + separator
    for package in reversed(packages if is_package else packages[:-1]):
        folder = _file_name(path)
        path = _directory_of(path)
        if folder != package:
            break
    return path + separator


def _directory_of(path: str) -> str:
    return path[: len(path) - len(_file_name(path))].rstrip("/\\")


def _file_name(path: str) -> str:
    return path[max(path.rfind("/"), path.rfind("\\")) + 1 :]


def roots_of(workspace: Workspace, modules: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Returns the import roots of modules, given by name and path, that are not yet inside.

    Roots in a library are left out: what is installed is no part of the user's project.
    """
    without_roots = workspace._replace(roots=())
    everywhere = workspace._replace(directories=("",), roots=())
    roots: dict[str, None] = {}
    for name, path in modules:
        if everywhere.covers(path) and not without_roots.covers(path):
            roots[import_root(name, path)] = None
    return tuple(roots)


def shown_path(workspace: Workspace, path: str | None) -> str | None:
    """Returns a path as it is shown: relative to the directory of the workspace above it."""
    directories = (*workspace.directories, *workspace.roots)
    for directory in sorted(directories, key=len, reverse=True):
        if path is not None and path.startswith(directory):
            return path[len(directory) :]
    return path
