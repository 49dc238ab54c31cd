"""A cell, as far as it concerns LiveImport: its magic line, its body, whether it is sync-free."""

from typing import NamedTuple

from .magic_line import MagicLine, head_of, magic_line
from .sync_free import is_looking_word, is_sync_free, may_be_sync_free


class CellText(NamedTuple):
    """A cell, as far as it concerns LiveImport.

    Attributes:
        text: The text of the cell.
        magic: The magic line that registers the imports of the cell. None if it has none, or
            if the line asks for help or has an unknown option: then the cell does not run.
        is_sync_free: Whether no sync comes before it, see `is_sync_free`.
    """

    text: str
    magic: MagicLine | None = None
    is_sync_free: bool = False

    @property
    def other_magics(self) -> tuple[str, ...]:
        """The cell magics that stand around the magic line; without one, on the first lines."""
        if self.magic is not None:
            return self.magic.above + self.magic.below
        if "%%" not in self.text:
            return ()
        return head_of(self.text.splitlines(), 0, hidden=False).magics

    @property
    def body(self) -> str:
        """The lines below the magic line and other cell magics; all lines if there is none."""
        lines = self.text.splitlines(keepends=True)
        body = head_of(lines, 0, hidden=False).body if self.magic is None else self.magic.body
        return "".join(lines[body:])


def is_plain(text: str) -> bool:
    """Whether nothing in a cell concerns LiveImport: its text need not be read any further."""
    return not ("%%" in text or may_be_sync_free(text) or is_looking_word(text))


def read_cell(text: str, *, hidden: bool) -> CellText:
    """Returns what the text of a cell says. `hidden`: whether ``#_%%liveimport`` counts."""
    magic = magic_line(text, hidden=hidden) if "%%liveimport" in text else None
    usable = magic is not None and magic.usable
    return CellText(text, magic if usable else None, is_sync_free(text))
