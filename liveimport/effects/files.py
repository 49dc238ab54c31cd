"""Stamps and bytes of files, and where links lead: the only place that stats or reads a source."""

import os
import time
from typing import NamedTuple

from liveimport.core.sketch import sketch
from liveimport.core.snapshot import Source, Stamp
from liveimport.core.source import Contents, digest_of

RACY_NS = 3_000_000_000
"""A stamp younger than this may hide another write: some file systems keep whole seconds, or two."""

FINE_RACY_NS = 100_000_000
"""The same where stamps are fine: there, the system's clock ticks every 10 ms or more often."""

_COARSE_NS = 10_000_000

_READS = 5
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def stamp_of(path: str) -> Stamp | None:
    """Returns the stamp of the file, or None if there is none."""
    try:
        return _stamp(os.stat(path))
    except (OSError, ValueError):
        return None


def _stamp(stat: os.stat_result) -> Stamp:
    return Stamp(stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_ctime_ns)


def is_racy(stamp: Stamp, now_ns: int) -> bool:
    """Whether another write could hide behind a stamp taken at `now_ns`, ns since the epoch.

    Where both of its times are more exact than whole hundredths of a second, so is the clock
    of the file system.
    """
    fine = stamp.mtime_ns % _COARSE_NS and stamp.ctime_ns % _COARSE_NS
    window = FINE_RACY_NS if fine else RACY_NS
    return max(stamp.mtime_ns, stamp.ctime_ns) > now_ns - window


class Reading(NamedTuple):
    """The bytes of a file and the stamp that belongs to them.

    Attributes:
        stamp: The file's, before and after the read.
        racy: Whether the stamp is so young that another write could hide behind it.
        data: Its bytes; empty if it cannot be read.
        trouble: Why it cannot be read, or empty.
        errno: The system's number for that, or 0.
    """

    stamp: Stamp
    racy: bool
    data: bytes
    trouble: str = ""
    errno: int = 0


def read(path: str) -> Reading | None:
    """Returns the bytes of a file with their stamp; None if there is no file.

    A file written while it is read is read again. What the stamps are of is the file that was
    opened, so they belong to its bytes even if another takes its place meanwhile.
    """
    began_ns = time.time_ns()
    try:
        file = os.open(path, _READING)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        return _unreadable(path, error, began_ns)
    try:
        for _ in range(_READS):
            before = _stamp(os.fstat(file))
            data = _all_of(file, before.size)
            if _stamp(os.fstat(file)) == before:
                break
            os.lseek(file, 0, os.SEEK_SET)
        return Reading(before, is_racy(before, began_ns), data)
    except OSError as error:
        return _unreadable(path, error, began_ns)
    finally:
        os.close(file)


def _all_of(file: int, size: int) -> bytes:
    """Returns what a file holds; it is to have this size, and mostly has."""
    data = os.read(file, size + 1)
    if len(data) == size:
        return data
    parts = [data]
    while part := os.read(file, size + 1):
        parts.append(part)
    return b"".join(parts)


def _unreadable(path: str, error: OSError, began_ns: int) -> Reading | None:
    stamp = stamp_of(path)
    if stamp is None:
        return None
    racy = is_racy(stamp, began_ns)
    return Reading(stamp, racy, b"", error.strerror or str(error), error.errno or 0)


def source_of(
    reading: Reading, package: str, known: tuple[str, Contents | None] = ("", None)
) -> Source:
    """Returns the source of a module whose imports are relative to `package`.

    What cannot be read or parsed is told in the value and does not raise. `known` is the
    digest of a source that was looked at before, and what it says.
    """
    trouble = reading.trouble
    digest = digest_of(reading.data)
    contents = Contents()
    if not trouble:
        try:
            contents = _contents_of(reading.data, digest, package, *known)
        except SyntaxError as error:
            trouble = trouble_of(error)
    return Source(
        stamp=reading.stamp,
        racy=reading.racy,
        data=reading.data,
        digest=digest,
        contents=contents,
        trouble=trouble,
        errno=reading.errno,
    )


def _contents_of(
    data: bytes, digest: str, package: str, known_digest: str, known: Contents | None
) -> Contents:
    """Returns what a source says. What is known of an earlier one may spare reading all of it."""
    if known is None:
        return sketch(data, package)
    return known if digest == known_digest else known.after_edit(data) or sketch(data, package)


class RealPaths:
    """Paths with symbolic links resolved, each folder once: good for one look at the files."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def __call__(self, path: str) -> str:
        """Returns the path of a file with links resolved."""
        folder, file = os.path.split(path)
        found = os.path.join(self.folder(folder), file)
        return os.path.realpath(found) if os.path.islink(found) else found

    def folder(self, path: str) -> str:
        """Returns the path of a folder with links resolved."""
        real = self._folders.get(path)
        if real is None:
            real = self._folders[path] = self._resolved(path)
        return real

    def _resolved(self, path: str) -> str:
        above, name = os.path.split(path)
        plain = name not in ("", ".", "..") and os.path.isabs(path) and not os.path.islink(path)
        # On Windows there are more kinds of links than islink tells.
        if plain and os.name != "nt":
            return os.path.join(self.folder(above), name)
        return os.path.realpath(path)


def trouble_of(error: Exception) -> str:
    """Returns why a source is not Python, in a line."""
    if not isinstance(error, SyntaxError):
        return f"cannot be parsed: {error}"
    return f"{error.msg} (line {error.lineno})" if error.lineno else str(error.msg)
