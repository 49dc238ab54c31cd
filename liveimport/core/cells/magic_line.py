"""The `%%liveimport` line of a cell, and the cell without it."""

import re
import tokenize
from collections.abc import Sequence
from textwrap import dedent
from typing import NamedTuple

from attrs import frozen

_MAGIC = re.compile(r"%%liveimport(?=\s|$)(?P<options>.*)")
_HIDDEN_MAGIC = re.compile(r"#\s*_%%liveimport(?=\s|$)(?P<options>.*)")
_OTHER_MAGIC = re.compile(r"%%(\w+)")
_CLEAR = frozenset({"-c", "--clear"})
_ASKS_FOR_HELP = frozenset({"-h", "--help"})

CELL_OPTIONS = _CLEAR | _ASKS_FOR_HELP


@frozen
class MagicLine:
    """The magic line of a cell.

    Attributes:
        index: Which line of the cell it is, counted from 0.
        hidden: Whether it is written as a comment, so that editors analyse the cell.
        above: The other cell magics above it: one of them may run the cell.
        below: Those right below it.
        body: Which line is the first below all of them.
        options: The words behind it.
    """

    index: int
    hidden: bool
    above: tuple[str, ...]
    below: tuple[str, ...]
    body: int
    options: tuple[str, ...]

    @property
    def clear(self) -> bool:
        """Whether to discard the earlier registrations."""
        return not _CLEAR.isdisjoint(self.options)

    @property
    def help(self) -> bool:
        """Whether it asks for help."""
        return not _ASKS_FOR_HELP.isdisjoint(self.options)

    @property
    def unknown_option(self) -> str:
        """The first word that is not an option, or empty."""
        return next((word for word in self.options if word not in CELL_OPTIONS), "")

    @property
    def usable(self) -> bool:
        """Whether to run the cell as a plain cell, and to register its imports."""
        return not self.help and not self.unknown_option


def magic_line(cell: str, *, hidden: bool) -> MagicLine | None:
    """Returns the `%%liveimport` line of a cell; None if it has none.

    It is the first line that is neither blank nor a comment: editors and tools have lines of
    their own above, such as ``# %%``, ``#| label: x`` and ``#@title``. Other cell magics may
    stand above it and below. With `hidden`, ``#_%%liveimport`` counts too, and
    ``# _%%liveimport``, which is what formatters make of it.
    """
    lines = cell.splitlines()
    head = head_of(lines, 0, hidden=hidden)
    line = lines[head.end] if head.end < len(lines) else ""
    plain = _MAGIC.match(line)
    match = plain or _HIDDEN_MAGIC.match(line)
    if match is None:
        return None
    behind = head_of(lines, head.end + 1, hidden=False)
    return MagicLine(
        index=head.end,
        hidden=plain is None,
        above=head.magics,
        below=behind.magics,
        body=behind.body,
        options=tuple(match["options"].partition("#")[0].split()),
    )


def has_magic_line(text: str) -> bool:
    """Whether a line of a text that is no cell is a `%%liveimport` line."""
    return any(_MAGIC.match(line.strip()) for line in text.splitlines())


def is_magic_further_down(code: str) -> bool:
    """Whether ``#_%%liveimport`` stands as a comment in Python code; in a text it is none."""
    lines = iter(code.splitlines(keepends=True))
    try:
        return any(
            token.type == tokenize.COMMENT and _HIDDEN_MAGIC.match(token.string)
            for token in tokenize.generate_tokens(lambda: next(lines, ""))
        )
    except (SyntaxError, tokenize.TokenError):
        return False


def parse_options(options: str) -> MagicLine:
    """Returns the magic line ``%%liveimport`` with these options."""
    magic = magic_line(f"%%liveimport {options}", hidden=False)
    assert magic is not None
    return magic


class Head(NamedTuple):
    """The lines of a cell before its code: blank lines, comments, and other cell magics.

    Attributes:
        end: The index of the first line that is code, or our magic.
        magics: The names of the other cell magics.
        body: The index of the line below the last of them; where it began, if there is none.
    """

    end: int
    magics: tuple[str, ...]
    body: int


def head_of(lines: Sequence[str], start: int, *, hidden: bool) -> Head:
    """Returns what stands before the code of a cell, from a line on. `hidden`: as above."""
    magics: list[str] = []
    body = start
    for index in range(start, len(lines)):
        line = lines[index]
        other = _OTHER_MAGIC.match(line)
        if _MAGIC.match(line) or (hidden and _HIDDEN_MAGIC.match(line)):
            return Head(index, tuple(magics), body)
        if other is not None:
            magics.append(other[1])
            body = index + 1
        elif line.strip() and not line.startswith("#"):
            return Head(index, tuple(magics), body)
    return Head(len(lines), tuple(magics), body)


def as_plain_cell(lines: list[str], *, hidden: bool) -> list[str]:
    """Returns the lines of a cell with its magic line turned into a comment.

    So it runs as a plain cell, with its own line numbers. What is indented as a whole is
    dedented, as IPython does it. If another cell magic stands below, the cell begins with that
    one. If the magic line asks for help or has an unknown option, the magic itself is called,
    and the cell does not run.
    """
    cell = "".join(lines)
    magic = magic_line(cell, hidden=hidden) if "%%liveimport" in cell else None
    if magic is None or magic.above:
        return lines
    line, rest = lines[magic.index], lines[magic.index + 1 :]
    if not magic.usable:
        # IPython does not call a cell magic without a body.
        return [line[line.index("%%") :].rstrip("\n") + "\n", *(rest or ["#\n"])]
    if magic.below:
        return _from_first_magic(rest)
    comment = line if magic.hidden else f"# {line}"
    return [*lines[: magic.index], comment, *_dedented(rest)]


def _from_first_magic(lines: list[str]) -> list[str]:
    first = next(i for i, line in enumerate(lines) if _OTHER_MAGIC.match(line))
    return lines[first:]


def _dedented(lines: list[str]) -> list[str]:
    """Returns lines without the indentation that all of them have but comments."""
    code = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not code or not code[0][0].isspace():
        return lines
    indent = code[0][: len(code[0]) - len(dedent("".join(code)).splitlines(keepends=True)[0])]
    return [line.removeprefix(indent) for line in lines]
