"""Whether a registered installed package was upgraded, rather than edited by hand.

An upgrade replaces many files at once, and only the registered ones could reload, among old
ones. So nothing of the package is run again; a restart uses the new version.
"""

import os
import sys
from collections.abc import Iterable

from liveimport.core.model import Version
from liveimport.effects.loaded.modules import path_of

from .files import read, stamp_of

_ENOUGH = 2
"""An edit by hand saves one file at a time."""


class InstalledPackages:
    """The files of the registered installed packages as they were when they were registered."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, tuple[int, int] | None]] = {}

    def remember(self, packages: Iterable[str]) -> None:
        """Takes in the loaded files of packages, by top-level name, unless they are known."""
        for package in packages:
            if package not in self._files:
                self._files[package] = {
                    path: _times_of(path) for path in _loaded_files(package)
                }

    def renew(self, paths: Iterable[str | None]) -> None:
        """Takes in files that have just been reloaded: they were edited by hand."""
        for path in paths if self._files else ():
            for files in self._files.values():
                if path is not None and path in files:
                    files[path] = _times_of(path)

    def upgraded(self, files: Iterable[tuple[str, str]]) -> frozenset[str]:
        """Returns the packages that were upgraded, of those one file of which has changed.

        `files` are top-level names, each with the path of the file that changed.
        """
        return frozenset(
            package
            for package, path in files
            if self._several_changed(package) or _is_recorded_since(path)
        )

    def _several_changed(self, package: str) -> bool:
        files = self._files.get(package, {})
        changed = (path for path, times in files.items() if _times_of(path) != times)
        return len(list(changed)) >= _ENOUGH


def _times_of(path: str) -> tuple[int, int] | None:
    """Returns mtime and size of a file; the rest of its stamp decides nothing."""
    return Version(stamp_of(path)).times


def _loaded_files(package: str) -> Iterable[str]:
    for name, module in tuple(sys.modules.items()):
        if name == package or name.startswith(f"{package}."):
            path = path_of(module)
            if path is not None:
                yield path


def _is_recorded_since(path: str) -> bool:
    """Whether an installer wrote its record of this file after the file."""
    stamp = stamp_of(path)
    folder = path
    while stamp is not None and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
        if os.path.basename(folder) not in ("site-packages", "dist-packages"):
            continue
        written = os.path.relpath(path, folder).replace(os.sep, "/")
        for distribution in os.listdir(folder):
            if not distribution.endswith(".dist-info"):
                continue
            record = os.path.join(folder, distribution, "RECORD")
            recorded = stamp_of(record)
            if recorded is None or recorded.mtime_ns < stamp.mtime_ns:
                continue
            content = read(record)
            if content is not None and f"\n{written},".encode() in b"\n" + content.data:
                return True
    return False
