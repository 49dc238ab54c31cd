"""Where the user's own code lies: the workspace at first, and folders into which pip installs."""

import os
import sys
from collections.abc import Iterable

from attrs import evolve

from liveimport.core.imports import Binding
from liveimport.core.model import State
from liveimport.core.report import messages
from liveimport.core.workspace import Workspace
from liveimport.effects.loaded.modules import LazyImport, file_of, is_own, path_of
from liveimport.effects.observe.files import RealPaths


def working_directory() -> str | None:
    """Returns the working directory; None if it was removed."""
    try:
        return os.getcwd()
    except OSError:
        return None


def default_workspace(directory: str | None) -> Workspace:
    """Returns a directory, without the standard library, and with import roots."""
    directories = () if directory is None else directories_of([directory])
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    libraries = (
        os.path.dirname(os.__file__),
        os.path.join(sys.base_exec_prefix, sys.platlibdir, version),
    )
    existing = directories_of(filter(os.path.isdir, libraries))
    return Workspace(directories, libraries=existing, adds_roots=True)


def directories_of(directories: Iterable[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Returns directories as the State has them: absolute, links resolved too, with separator.

    Raises:
        ValueError: A path is not a directory.
    """
    found: dict[str, None] = {}
    for directory in directories:
        given = os.fsdecode(directory)
        path = os.path.abspath(given)
        if not given or not os.path.isdir(path):
            raise ValueError(messages.not_a_directory(given))
        for form in (path, os.path.realpath(path)):
            found[os.path.join(form, "")] = None
    return tuple(found)


class PackageFolders:
    """The folders on `sys.path` into which pip installs. Looked at when `sys.path` has changed."""

    def __init__(self) -> None:
        self._sys_path: list[str] = []
        self._folders: tuple[str, ...] = ()

    def left_out_of(self, state: State) -> State:
        """Returns the State in whose workspace these folders do not count."""
        if sys.path != self._sys_path:
            # Imported when it is first used, so that ``import liveimport`` stays cheap.
            from liveimport.effects.observe.installed import package_folders  # noqa: PLC0415  # see above

            self._sys_path = list(sys.path)
            self._folders = directories_of(package_folders(self._sys_path))
        if state.workspace.package_folders == self._folders:
            return state
        workspace = state.workspace._replace(package_folders=self._folders)
        return evolve(state, workspace=workspace)


def is_of_project(binding: Binding, workspace: Workspace, real_path: RealPaths) -> bool:
    """Whether a binding imports a module of the user's own."""
    return any(
        path is not None and not workspace.is_installed(path, real_path(path))
        for name in (binding.module, binding.submodule)
        if name is not None and not is_own(name)
        for path in (_path_of(name),)
    )


def _path_of(name: str) -> str | None:
    """Returns the file of a module, also of one that a lazy import may load later."""
    path = path_of(sys.modules.get(name))
    if path is not None or LazyImport is None or name in sys.modules:
        return path
    from liveimport.effects.observe.locate import find_module  # noqa: PLC0415  # see above

    spec = find_module(name)
    return None if spec is None else file_of(spec)
