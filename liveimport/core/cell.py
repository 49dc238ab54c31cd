"""Cell text → whether it is a `%%liveimport` cell, and what its magic line asks for."""

import ast
import re
from collections.abc import Iterable
from textwrap import dedent

from attrs import frozen

_MAGIC = re.compile(r"%%liveimport(?=\s|$)(?P<rest>.*)")
_HIDDEN = re.compile(r"#\s*_%%liveimport(?=\s|$)(?P<rest>.*)")
_STEERING_MAGIC = re.compile(
    r"\s*%(liveimport\b|config\s+LiveImport\b|(?:re|un)?load_ext\s+liveimport\b)"
)
_STEERING = frozenset({"plan", "sync", "auto_sync", "hidden_cell_magic", "workspace"})
_OTHER_MAGIC = re.compile(r"%%(\w+)")

USAGE = "%%liveimport [-c | --clear]"


@frozen
class MagicLine:
    """The magic line of a cell.

    Attributes:
        index: Which line of the cell it is, counted from 0.
        hidden: Whether it is written as a comment, for editors to analyse the cell.
        above: The other cell magics that stand above it: they run the cell, if anyone does.
        clear: Whether the earlier registrations are to be discarded.
        help: Whether it asks how it is used.
        refused: The first word that it does not understand, or empty.
    """

    index: int
    hidden: bool
    above: tuple[str, ...]
    clear: bool
    help: bool
    refused: str

    @property
    def usable(self) -> bool:
        """Whether the cell is to run as a plain cell, and to be registered."""
        return not self.help and not self.refused


def magic_line(cell: str, *, hidden: bool) -> MagicLine | None:
    """Returns the `%%liveimport` line of a cell; None if it has none.

    It is the first line that is not blank, or follows other cell magics that stand above it.
    `hidden` tells whether ``#_%%liveimport`` counts; formatters write ``# _%%liveimport``.
    """
    above: list[str] = []
    for index, line in enumerate(cell.splitlines()):
        if not line.strip():
            continue
        plain = _MAGIC.match(line)
        match = plain or (_HIDDEN.match(line) if hidden else None)
        if match is not None:
            return _parsed(index, match["rest"], hidden=plain is None, above=above)
        other = _OTHER_MAGIC.match(line)
        if other is None:
            return None
        above.append(other[1])
    return None


def parse_words(words: str) -> MagicLine:
    """Returns what the words behind ``%%liveimport`` ask for."""
    return _parsed(0, words, hidden=False, above=())


def _parsed(index: int, rest: str, *, hidden: bool, above: Iterable[str]) -> MagicLine:
    words = rest.partition("#")[0].split()
    known = {"-c", "--clear", "-h", "--help"}
    return MagicLine(
        index=index,
        hidden=hidden,
        above=tuple(above),
        clear=bool({"-c", "--clear"} & set(words)),
        help=bool({"-h", "--help"} & set(words)),
        refused=next((word for word in words if word not in known), ""),
    )


def as_plain_cell(lines: list[str], *, hidden: bool) -> list[str]:
    """Returns the lines of a cell with its magic line turned into a comment.

    So it runs as the plain cell would, with its own line numbers. A line that asks for help,
    or for what there is not, is left to the magic itself, which then runs nothing; IPython
    calls no cell magic without a body, so it is given one.
    """
    magic = magic_line("".join(lines), hidden=hidden)
    if magic is None or magic.above:
        return lines
    line = lines[magic.index]
    rest = lines[magic.index + 1 :]
    if magic.usable:
        return [*lines[: magic.index], line if magic.hidden else f"# {line}", *rest]
    return [line[line.index("%%") :].rstrip("\n") + "\n", *(rest or ["#\n"])]


def steers(cell: str) -> bool:
    """Whether every statement of a cell asks or sets LiveImport, and nothing else."""
    if "liveimport" not in cell.lower():
        return False
    lines = cell.splitlines()
    code = dedent("\n".join(line for line in lines if _STEERING_MAGIC.match(line) is None))
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError):
        return False
    asked = bool(body) or len(code.splitlines()) < len(lines)
    return asked and all(map(_is_steering, body))


def _is_steering(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import(names=[ast.alias(name="liveimport", asname=None)]):
            return True
        case ast.Expr(value=value) | ast.Assign(targets=[ast.Name()], value=value):
            return _is_steering_call(value)
    return False


def _is_steering_call(value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Name(id="print"), args=[inner], keywords=[]):
            return _is_steering_call(inner)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="liveimport"), attr=attribute)):
            return attribute in _STEERING
        case ast.Call(func=ast.Attribute(value=inner, attr="to_dict"), args=[], keywords=[]):
            return _is_steering_call(inner)
    return False


def body(cell: str, magic: MagicLine) -> str:
    """Returns the cell without the magic line and what stands above it."""
    return "".join(cell.splitlines(keepends=True)[magic.index + 1 :])
