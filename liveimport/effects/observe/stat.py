"""Did any tracked file change?

Whatever else a sync does, it begins with this, and mostly ends with it. So it must cost little
more than the `os.stat` calls.
"""

import os
from collections.abc import Iterable
from operator import attrgetter

from liveimport.core.model import Stamp
from liveimport.core.watch_list import WatchedFile, WatchList

_stamp_fields = attrgetter("st_mtime_ns", "st_size", "st_ino", "st_ctime_ns")
"""The numbers of a `Stamp`, taken from a stat result in C."""


def changed_files(watched: WatchList) -> dict[str, Stamp | None]:
    """Returns by module the stamps of the files that may not be as the State has them.

    None: there is no file any more.
    """
    changed: dict[str, Stamp | None] = {}
    for files, paths, expected in zip(
        watched.slices, watched.paths, watched.expected, strict=True
    ):
        try:
            found = tuple(map(_stamp_fields, map(os.stat, paths)))
        except (OSError, ValueError):
            changed.update(_changed(files))
            continue
        if found != expected:
            changed.update(
                (file.module, Stamp(*numbers))
                for file, numbers in zip(files, found, strict=True)
                if numbers != file.expected
            )
    return changed


def changed_untracked(watched: WatchList) -> dict[str, Stamp | None]:
    """Returns the same of the files whose modules are not tracked."""
    return _changed(watched.untracked)


def changed_unread(watched: WatchList) -> dict[str, Stamp]:
    """Returns the same of the other files of the project, if they are there."""
    return {
        name: stamp for name, stamp in _changed(watched.unread).items() if stamp is not None
    }


def _changed(files: Iterable[WatchedFile]) -> dict[str, Stamp | None]:
    """Returns the same of files of which some may be gone."""
    changed: dict[str, Stamp | None] = {}
    for file in files:
        try:
            numbers = _stamp_fields(os.stat(file.path))
        except (OSError, ValueError):
            if file.exists:
                changed[file.module] = None
            continue
        if numbers != file.expected:
            changed[file.module] = Stamp(*numbers)
    return changed
