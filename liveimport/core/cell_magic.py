"""Cell text → its `%%liveimport` line, and whether it only queries or configures LiveImport."""

import ast
import re
from collections.abc import Iterable
from textwrap import dedent
from typing import NamedTuple

from attrs import frozen

_MAGIC = re.compile(r"%%liveimport(?=\s|$)(?P<options>.*)")
_HIDDEN_MAGIC = re.compile(r"#\s*_%%liveimport(?=\s|$)(?P<options>.*)")
_OTHER_MAGIC = re.compile(r"%%(\w+)")
_CONFIGURING_MAGIC = re.compile(
    r"\s*%(liveimport\b|config\s+LiveImport\b|(?:re|un)?load_ext\s+liveimport\b)"
)
_CONFIGURING_FUNCTIONS = frozenset(
    {
        "auto_sync",
        "exclude",
        "hidden_cell_magic",
        "include",
        "plan",
        "status",
        "sync",
        "workspace",
    }
)


@frozen
class MagicLine:
    """The magic line of a cell.

    Attributes:
        index: Which line of the cell it is, counted from 0.
        hidden: Whether it is written as a comment, so that editors analyse the cell.
        above: The other cell magics above it: one of them may run the cell.
        clear: Whether to discard the earlier registrations.
        help: Whether it asks for help.
        unknown_option: The first word that is not an option, or empty.
    """

    index: int
    hidden: bool
    above: tuple[str, ...]
    clear: bool
    help: bool
    unknown_option: str

    @property
    def usable(self) -> bool:
        """Whether to run the cell as a plain cell, and to register its imports."""
        return not self.help and not self.unknown_option


class CellText(NamedTuple):
    """A cell, as far as it concerns LiveImport.

    Attributes:
        text: The text of the cell.
        magic: The magic line that registers the imports of the cell. None if it has none, or
            if the line asks for help or has an unknown option: then the cell does not run.
        only_configures: Whether it only queries or configures LiveImport.
    """

    text: str
    magic: MagicLine | None = None
    only_configures: bool = False

    @property
    def body(self) -> str:
        """The lines below the magic line; all of them if there is none."""
        start = 0 if self.magic is None else self.magic.index + 1
        return "".join(self.text.splitlines(keepends=True)[start:])


def read_cell(text: str, *, hidden: bool) -> CellText:
    """Returns what the text of a cell says. `hidden`: whether ``#_%%liveimport`` counts."""
    if "liveimport" not in text.lower():
        return CellText(text)
    magic = magic_line(text, hidden=hidden)
    usable = magic is not None and magic.usable
    return CellText(text, magic if usable else None, only_configures(text))


def magic_line(cell: str, *, hidden: bool) -> MagicLine | None:
    """Returns the `%%liveimport` line of a cell; None if it has none.

    It is the first line that is not blank. Other cell magics may stand above it. With `hidden`,
    ``#_%%liveimport`` counts too, and ``# _%%liveimport``, which is what formatters make of it.
    """
    above: list[str] = []
    for index, line in enumerate(cell.splitlines()):
        if not line.strip():
            continue
        plain = _MAGIC.match(line)
        match = plain or (_HIDDEN_MAGIC.match(line) if hidden else None)
        if match is not None:
            return _parsed(index, match["options"], hidden=plain is None, above=above)
        other = _OTHER_MAGIC.match(line)
        if other is None:
            return None
        above.append(other[1])
    return None


def parse_options(options: str) -> MagicLine:
    """Returns the magic line ``%%liveimport`` with these options."""
    return _parsed(0, options, hidden=False, above=())


def _parsed(index: int, options: str, *, hidden: bool, above: Iterable[str]) -> MagicLine:
    words = options.partition("#")[0].split()
    known = {"-c", "--clear", "-h", "--help"}
    return MagicLine(
        index=index,
        hidden=hidden,
        above=tuple(above),
        clear=bool({"-c", "--clear"} & set(words)),
        help=bool({"-h", "--help"} & set(words)),
        unknown_option=next((word for word in words if word not in known), ""),
    )


def as_plain_cell(lines: list[str], *, hidden: bool) -> list[str]:
    """Returns the lines of a cell with its magic line turned into a comment.

    So it runs as a plain cell, with its own line numbers. If the magic line asks for help or
    has an unknown option, the magic itself is called, and the cell does not run.
    """
    cell = "".join(lines)
    magic = magic_line(cell, hidden=hidden) if "%%liveimport" in cell else None
    if magic is None or magic.above:
        return lines
    line = lines[magic.index]
    rest = lines[magic.index + 1 :]
    if magic.usable:
        return [*lines[: magic.index], line if magic.hidden else f"# {line}", *rest]
    # IPython does not call a cell magic without a body.
    return [line[line.index("%%") :].rstrip("\n") + "\n", *(rest or ["#\n"])]


def only_configures(cell: str) -> bool:
    """Whether every statement of a cell queries or configures LiveImport. An empty cell: no."""
    lines = cell.splitlines()
    others = [line for line in lines if _CONFIGURING_MAGIC.match(line) is None]
    try:
        body = ast.parse(dedent("\n".join(others))).body
    except (SyntaxError, ValueError):
        return False
    is_empty = not body and len(others) == len(lines)
    return not is_empty and all(map(_is_configuring, body))


def _is_configuring(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import(names=[ast.alias(name="liveimport", asname=None)]):
            return True
        case ast.Expr(value=value) | ast.Assign(targets=[ast.Name()], value=value):
            return _is_configuring_value(value)
    return False


def _is_configuring_value(value: ast.expr) -> bool:
    match value:
        case ast.Attribute(value=ast.Name(id="liveimport"), attr="replaced"):
            return True
        case (
            ast.Subscript(value=ast.Attribute() as inner, slice=ast.Constant() | ast.Tuple())
            | ast.Call(func=ast.Attribute(value=ast.Attribute() as inner), args=[])
            | ast.Call(
                func=ast.Attribute(value=ast.Attribute() as inner), args=[ast.Constant()]
            )
        ):
            return _is_configuring_value(inner)
        case ast.Call(func=ast.Name(id="print"), args=[inner], keywords=[]):
            return _is_configuring_value(inner)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="liveimport"), attr=attribute)):
            return attribute in _CONFIGURING_FUNCTIONS
        case ast.Call(func=ast.Attribute(value=inner, attr="to_dict"), args=[], keywords=[]):
            return _is_configuring_value(inner)
    return False
