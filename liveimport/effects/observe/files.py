"""Bytes, stamps and digests of files, and where links lead: the only place that reads a source."""

import os
import stat
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

from liveimport.core.model import (
    UNKNOWN_VERSION,
    Location,
    Module,
    ReadFile,
    SourceFile,
    Stamp,
    Version,
)
from liveimport.core.source.source_file import digest_of, source_file, unreadable_file
from liveimport.core.workspace import is_among_packages

_READS = 5
_MAY_BE_LOCKED = os.name == "nt"
_WAITS_S = (0.01, 0.02, 0.05, 0.1)
_LARGEST_READ = 1 << 20  # of a larger data file, the stamp has to do
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def stamp_of(path: str) -> Stamp | None:
    """Returns the stamp of the file, or None if there is none."""
    try:
        return _stamp(os.stat(path))
    except (OSError, ValueError):
        return None


def _stamp(found: os.stat_result) -> Stamp:
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns)


class FileContent(NamedTuple):
    """The bytes of a file and the stamp that belongs to them.

    Attributes:
        stamp: The file's, before and after the read.
        read_ns: When the stamp had been seen and the read began, by the monotonic clock.
        data: Its bytes; empty if it cannot be read.
        error: Why it cannot be read, or empty.
        errno: The system's number for that, or 0.
    """

    stamp: Stamp
    read_ns: int
    data: bytes
    error: str = ""
    errno: int = 0


def read(path: str) -> FileContent | None:
    """Returns the bytes of a file with their stamp; None if there is no file.

    A file that is written while it is read is read again. The stamps are those of the opened
    file, so they belong to its bytes even if another file takes its place meanwhile.
    """
    try:
        file = _opened(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        return _unreadable(path, error)
    try:
        for _ in range(_READS):
            before = _stamp(os.fstat(file))
            read_ns = time.monotonic_ns()
            data = _all_of(file, before.size)
            if _stamp(os.fstat(file)) == before:
                break
            os.lseek(file, 0, os.SEEK_SET)
        return FileContent(before, read_ns, data)
    except OSError as error:
        return _unreadable(path, error)
    finally:
        os.close(file)


def _opened(path: str) -> int:
    """Opens a file. On Windows another program may lock it for a moment as it writes."""
    for wait in _WAITS_S if _MAY_BE_LOCKED else ():
        try:
            return os.open(path, _READING)
        except PermissionError:
            time.sleep(wait)
    return os.open(path, _READING)


def _all_of(file: int, size: int) -> bytes:
    """Returns the bytes of an open file. It was `size` bytes long a moment ago."""
    data = os.read(file, size + 1)
    if len(data) == size:
        return data
    parts = [data]
    while part := os.read(file, size + 1):
        parts.append(part)
    return b"".join(parts)


def _unreadable(path: str, error: OSError) -> FileContent | None:
    stamp = stamp_of(path)
    if stamp is None:
        return None
    told = error.strerror or str(error)
    return FileContent(stamp, time.monotonic_ns(), b"", told, error.errno or 0)


def data_file(path: str) -> ReadFile | None:
    """Returns a file as it is now, or that there is none; None for devices and the like."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return ReadFile(path)
    if not stat.S_ISREG(found.st_mode):
        return None
    content = read(path) if found.st_size <= _LARGEST_READ else None
    if content is None or content.error:
        return ReadFile(path, Version(_stamp(found)))
    digest = digest_of(content.data)
    return ReadFile(path, Version(content.stamp, digest, content.read_ns))


def listed_folder(path: str) -> ReadFile:
    """Returns a folder as it is now: with the names that may be those of modules.

    All others may come and go: a run may write its results there.
    """
    stamp, seen_ns = stamp_of(path), time.monotonic_ns()
    try:
        with os.scandir(path) as entries:
            names = tuple(sorted(entry.name for entry in entries if _may_be_module(entry)))
    except (OSError, ValueError):
        return ReadFile(path, UNKNOWN_VERSION, ())
    digest = digest_of("\0".join(names).encode("utf-8", "surrogatepass"))
    return ReadFile(path, Version(stamp, digest, seen_ns), names)


def _may_be_module(entry: os.DirEntry[str]) -> bool:
    if entry.name.endswith(".py"):
        return True
    return entry.is_dir() and os.path.exists(os.path.join(entry.path, "__init__.py"))


def source_of(
    content: FileContent,
    name: str,
    location: Location,
    known: Module | None,
    *,
    compare_code: bool = False,
) -> SourceFile:
    """Returns what a file says as the source of module `name`.

    What cannot be read or parsed is told in the value and does not raise. If `known` ran these
    bytes, they are not parsed again. `compare_code`: see `source_file`.
    """
    if content.error:
        return unreadable_file(
            content.stamp, content.error, content.errno, read_ns=content.read_ns
        )
    # Running the module gives its warnings. To parse it is to look at it only.
    with held_warnings():
        return source_file(
            name,
            location,
            content.stamp,
            content.data,
            read_ns=content.read_ns,
            known=known,
            compare_code=compare_code,
        )


def has_other_content(module: Module) -> bool:
    """Whether the file of a module does not have the bytes that ran last."""
    path = module.location.path
    content = None if path is None else read(path)
    return content is None or digest_of(content.data) != module.version.digest


@contextmanager
def held_warnings(*, keep_errors: bool = False) -> Iterator[list[tuple[Any, ...]]]:
    """Collects what the compiler warns of, as arguments for `warnings.showwarning`.

    The filters stay as they are, because Python forgets which warnings it has shown when they
    change. Only where a filter makes an error of a warning, warnings are ignored instead,
    unless `keep_errors`: code that is to run must not compile if the user's filters forbid it.
    """
    held: list[tuple[Any, ...]] = []

    def hold(*warning: Any, **_more: Any) -> None:
        held.append(warning)

    if not keep_errors and "error" in [action for action, *_ in warnings.filters]:
        with warnings.catch_warnings(action="ignore"):
            yield held
        return
    before = warnings.showwarning
    warnings.showwarning = hold
    try:
        yield held
    finally:
        warnings.showwarning = before


class Spellings:
    """Folders by what they are, not by their names: one folder may have several.

    File systems may ignore case or take it for other letters, drives have letters, and a folder may be mounted twice.
    No link shows that.
    """

    def __init__(self, directories: Iterable[str]) -> None:
        """Takes the directories of a workspace, each with a separator at its end."""
        self._folders = frozenset(map(os.path.dirname, directories))
        self._known: dict[tuple[int, int], str] = {}
        for folder in sorted(self._folders):
            identity = _identity_of(folder)
            if identity is not None:
                self._known[identity] = folder

    def of(self, folder: str) -> str:
        """Returns how the workspace spells a folder; the folder itself if it is none of these."""
        if folder in self._folders or not self._known:
            return folder
        identity = _identity_of(folder)
        return folder if identity is None else self._known.get(identity, folder)


def _identity_of(folder: str) -> tuple[int, int] | None:
    """Returns which folder it is; None if the file system does not say that."""
    try:
        stat = os.stat(folder)
    except (OSError, ValueError):
        return None
    return (stat.st_dev, stat.st_ino) if stat.st_ino else None


def other_spellings(directories: Iterable[str], paths: Iterable[str]) -> tuple[str, ...]:
    """Returns the folders above `paths` that are one of the directories under another name.

    Each ends in a separator, as the directories do.
    """
    known, found, seen = Spellings(directories), dict[str, None](), set[str]()
    for path in paths:
        folder = os.path.dirname(path)
        while folder not in seen:
            seen.add(folder)
            if known.of(folder) != folder:
                found[os.path.join(folder, "")] = None
            folder = os.path.dirname(folder)
    return tuple(found)


class RealPaths:
    """Resolves symbolic links in paths, each folder once. Use a new one where links may have changed.

    A folder of the `directories` of a workspace gets the spelling that it has there.
    """

    def __init__(self, directories: Iterable[str] = ()) -> None:
        self._folders: dict[str, str] = {}
        self._directories = directories

    @cached_property
    def _spellings(self) -> Spellings:
        return Spellings(self._directories)

    def __call__(self, path: str) -> str:
        """Returns the path of a file with links resolved.

        Installed files may be links to a store, as ``uv`` makes them on demand. So where they
        lie counts; a whole package that is a link is somebody's project.
        """
        folder, file = os.path.split(path)
        real_folder = self.folder(folder)
        found = os.path.join(real_folder, file)
        if is_among_packages(real_folder) or not os.path.islink(found):
            return found
        return os.path.realpath(found)

    def folder(self, path: str) -> str:
        """Returns the path of a folder with links resolved."""
        real = self._folders.get(path)
        if real is None:
            real = self._folders[path] = self._spellings.of(self._resolved(path))
        return real

    def _resolved(self, path: str) -> str:
        above, name = os.path.split(path)
        plain = name not in ("", ".", "..") and os.path.isabs(path) and not os.path.islink(path)
        # On Windows there are more kinds of links than islink tells.
        if plain and os.name != "nt":
            return os.path.join(self.folder(above), name)
        return os.path.realpath(path)
