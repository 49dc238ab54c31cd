"""A change of a file that modules read as they ran, and how it is told."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from liveimport.core import public
from liveimport.core.report import messages
from liveimport.core.report.rendering import Line

FileWhat = Literal["modified", "new", "removed"]
"""What became of a file."""


@public
class FileChange(NamedTuple):
    """A change of a file that modules read as they ran, or of a folder that they listed.

    Attributes:
        path: The file or folder.
        shown: The same as a report shows it: relative to the workspace. Of a folder, with the
            name of what is new there, or removed.
        what: ``"modified"``, ``"new"`` or ``"removed"``.
        mtime: When the file was modified, in seconds since the epoch, or None.
        is_code: Whether it is a folder, in which there are other modules now.
        modules: Who read it as they ran.
    """

    path: str
    shown: str
    what: FileWhat
    mtime: float | None = None
    is_code: bool = False
    modules: tuple[str, ...] = ()

    def __str__(self) -> str:
        return messages.file_changed(self.shown, self.modules)

    def since(self, now: float) -> str:
        """Returns what became of the file, and how long ago."""
        return messages.became_of_file(self.shown, self.what, now - (self.mtime or now))


Changed = Mapping[str, tuple[FileChange, ...]]
"""By module, what changed of what it read."""


def cause_of(changes: Sequence[FileChange], now: float) -> str:
    """Returns which change of a file is why a module runs: the last one."""
    last = max(changes, key=lambda change: change.mtime or 0)
    return messages.and_more_files(last.since(now), len(changes) - 1)


def file_dicts(changes: Sequence[FileChange]) -> list[dict[str, Any]]:
    """Returns changes of files as JSON-ready values."""
    return [{**change._asdict(), "modules": list(change.modules)} for change in changes]


def file_lines(changes: Sequence[FileChange], cut_off: Sequence[str]) -> tuple[str, ...]:
    """Returns what is said of files that modules read as they ran."""
    return (
        *(Line(str(change), *change.modules) for change in changes),
        *(Line(messages.too_many_files(name), name) for name in cut_off),
    )
