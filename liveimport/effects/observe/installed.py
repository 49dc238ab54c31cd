"""What installers did: whether a registered package was upgraded; whether our namesake is there.

An upgrade replaces many files at once, and only the registered ones could reload, among old
ones. So nothing of the package is run again; a restart uses the new version.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress

from liveimport.core.model import Version
from liveimport.core.workspace import is_among_packages
from liveimport.effects.loaded.modules import path_of

from .files import read, stamp_of

_Times = tuple[int, int] | None

_ENOUGH = 2
"""An edit by hand saves one file at a time."""


class InstalledPackages:
    """The files of the registered installed packages as they were when they were registered."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, _Times]] = {}
        self._records: dict[str, dict[str, _Times]] = {}

    def remember(self, packages: Iterable[str]) -> None:
        """Takes in the loaded files of packages, by top-level name, unless they are known."""
        for package in packages:
            if package not in self._files:
                files = {path: _times_of(path) for path in _loaded_files(package)}
                self._files[package] = files
                self._records[package] = {
                    record: _times_of(record)
                    for path in tuple(files)[:1]
                    for record, _ in _records_beside(path)
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
            if self._several_changed(package) or self._is_recorded(package, path)
        )

    def _several_changed(self, package: str) -> bool:
        files = self._files.get(package, {})
        changed = (path for path, times in files.items() if _times_of(path) != times)
        return len(list(changed)) >= _ENOUGH

    def _is_recorded(self, package: str, path: str) -> bool:
        """Whether an installer wrote its record of a file after the file.

        Who puts an old version back by hand, with its old time, leaves the record as it was.
        """
        times, known = _times_of(path), self._files.get(package, {})
        changed_since = path in known and known[path] != times
        records = self._records[package] if changed_since else {}
        for record, name in _records_beside(path):
            written = _times_of(record)
            if times is None or written is None or written[0] < times[0]:
                continue
            if records.get(record) != written and _lists(record, name):
                return True
        return False


def _times_of(path: str) -> "_Times":
    """Returns mtime and size of a file; the rest of its stamp decides nothing."""
    return Version(stamp_of(path)).times


def _loaded_files(package: str) -> Iterable[str]:
    for name, module in sys.modules.copy().items():
        if name == package or name.startswith(f"{package}."):
            path = path_of(module)
            if path is not None:
                yield path


def _records_beside(path: str) -> Iterator[tuple[str, str]]:
    """Yields the lists that installers wrote of what they put around a file.

    Each comes with the name by which it would list the file.
    """
    folder = path
    while os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
        if os.path.basename(folder) in ("site-packages", "dist-packages"):
            name = os.path.relpath(path, folder).replace(os.sep, "/")
            for distribution in os.listdir(folder):
                if distribution.endswith(".dist-info"):
                    yield os.path.join(folder, distribution, "RECORD"), name


def _lists(record: str, name: str) -> bool:
    content = read(record)
    return content is not None and f"\n{name},".encode() in b"\n" + content.data


def package_folders(entries: Iterable[str]) -> Iterator[str]:
    """Yields the entries of a path into which packages were installed.

    Those by the usual names are known without looking.
    """
    for entry in entries:
        if isinstance(entry, str) and entry and not is_among_packages(entry):
            with suppress(OSError):
                if any(name.endswith(".dist-info") for name in os.listdir(entry)):
                    yield entry


def namesake() -> str | None:
    """Returns ``liveimport 1.3.1`` if the other project of our name is installed beside us.

    Both have the folder ``liveimport``, so the one that was installed later replaced files.
    """
    for entry in sys.path:
        # Listed, because to import importlib.metadata takes 50 ms, and this 0.1.
        if isinstance(entry, str) and is_among_packages(os.path.join(entry, "liveimport")):
            with suppress(OSError):
                for name in os.listdir(entry):
                    if name.startswith("liveimport-") and _is_foreign(entry, name):
                        return name.removesuffix(".dist-info").replace("-", " ", 1)
    return None


def _is_foreign(folder: str, distribution: str) -> bool:
    """Whether an installed distribution is not from here. Ours once had the same name."""
    metadata = read(os.path.join(folder, distribution, "METADATA"))
    return metadata is not None and b"The LiveImport developers" not in metadata.data
