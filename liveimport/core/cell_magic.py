"""Cell text → its `%%liveimport` line, and whether a sync comes before the cell."""

import ast
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
_LOOKING_WORDS = (
    "hist|history|lsmagic|magic|pdb|pdef|pdoc|pfile|pinfo2?|psearch|psource|quickref|tb|"
    "who|who_ls|whos|xmode"
)
# With arguments, %debug runs code.
_LOOKING_MAGIC = re.compile(rf"\s*%(?:(?:{_LOOKING_WORDS})(?=\s|$)|debug\s*$)")
_HELP = re.compile(
    r"\s*(?:"
    r"%{0,2}(?!\d)[\w*]+(?:\.(?!\d)[\w*]+|\[-?\d+\])*\?{1,2}"  # name.attribute?
    r"|\?{1,2}[\w\s.*%\[\]-]*"  # ?name
    r")\s*(?:#.*)?$"
)
_DEBUGGERS = frozenset({"pdb", "ipdb"})
_MAGIC_LINE = re.compile(r"\n[ \t]*%")
# A word without % is a magic if it is the whole cell, but for options. `who = 1` is none.
_LOOKING_WORD = re.compile(rf"\s*((?:{_LOOKING_WORDS})(?=\s|$)[-\w .:/*~]*|debug\s*)\s*$")

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
        return _head(self.text.splitlines(), 0, hidden=False).magics

    @property
    def body(self) -> str:
        """The lines below the magic line and other cell magics; all lines if there is none."""
        lines = self.text.splitlines(keepends=True)
        body = _head(lines, 0, hidden=False).body if self.magic is None else self.magic.body
        return "".join(lines[body:])


def read_cell(text: str, *, hidden: bool) -> CellText:
    """Returns what the text of a cell says. `hidden`: whether ``#_%%liveimport`` counts."""
    magic = magic_line(text, hidden=hidden) if "%%liveimport" in text else None
    usable = magic is not None and magic.usable
    return CellText(text, magic if usable else None, is_sync_free(text))


def magic_line(cell: str, *, hidden: bool) -> MagicLine | None:
    """Returns the `%%liveimport` line of a cell; None if it has none.

    It is the first line that is neither blank nor a comment: editors and tools have lines of
    their own above, such as ``# %%``, ``#| label: x`` and ``#@title``. Other cell magics may
    stand above it and below. With `hidden`, ``#_%%liveimport`` counts too, and
    ``# _%%liveimport``, which is what formatters make of it.
    """
    lines = cell.splitlines()
    head = _head(lines, 0, hidden=hidden)
    line = lines[head.end] if head.end < len(lines) else ""
    plain = _MAGIC.match(line)
    match = plain or _HIDDEN_MAGIC.match(line)
    if match is None:
        return None
    behind = _head(lines, head.end + 1, hidden=False)
    return MagicLine(
        index=head.end,
        hidden=plain is None,
        above=head.magics,
        below=behind.magics,
        body=behind.body,
        options=tuple(match["options"].partition("#")[0].split()),
    )


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


def has_magic_line(text: str) -> bool:
    """Whether a line of a text that is no cell is a `%%liveimport` line."""
    return any(_MAGIC.match(line.strip()) for line in text.splitlines())


def parse_options(options: str) -> MagicLine:
    """Returns the magic line ``%%liveimport`` with these options."""
    magic = magic_line(f"%%liveimport {options}", hidden=False)
    assert magic is not None
    return magic


class _Head(NamedTuple):
    """The lines of a cell before its code: blank lines, comments, and other cell magics.

    Attributes:
        end: The index of the first line that is code, or our magic.
        magics: The names of the other cell magics.
        body: The index of the line below the last of them; where it began, if there is none.
    """

    end: int
    magics: tuple[str, ...]
    body: int


def _head(lines: Sequence[str], start: int, *, hidden: bool) -> _Head:
    magics: list[str] = []
    body = start
    for index in range(start, len(lines)):
        line = lines[index]
        other = _OTHER_MAGIC.match(line)
        if _MAGIC.match(line) or (hidden and _HIDDEN_MAGIC.match(line)):
            return _Head(index, tuple(magics), body)
        if other is not None:
            magics.append(other[1])
            body = index + 1
        elif line.strip() and not line.startswith("#"):
            return _Head(index, tuple(magics), body)
    return _Head(len(lines), tuple(magics), body)


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


def is_looking_word(cell: str) -> bool:
    """Whether a cell is a magic that only looks, if a word without ``%`` can be a magic."""
    return _LOOKING_WORD.match(cell) is not None


def is_sync_free(cell: str) -> bool:
    """Whether no sync comes before a cell: all of it only looks, or configures LiveImport.

    A cell looks if it shows help, the history, the names of the notebook or the last error. A
    sync before it would change modules under the error that is looked at. An empty cell does not
    look.
    """
    if not may_be_sync_free(cell):
        return False
    lines = cell.splitlines()
    others = [line for line in lines if not _is_sync_free_line(line)]
    try:
        body = ast.parse(dedent("\n".join(others))).body
    except (SyntaxError, ValueError):
        return False
    is_empty = not body and len(others) == len(lines)
    return not is_empty and all(map(_is_sync_free, body))


def may_be_sync_free(cell: str) -> bool:
    """Whether a cell has anything that can make it sync-free.

    For a cell of 30 lines that takes 2 µs. To look at each of them, and to parse them, takes 200.
    """
    if "liveimport" in cell or "LiveImport" in cell or "?" in cell:
        return True
    if "help(" in cell or "pdb" in cell:
        return True
    return _MAGIC_LINE.search(f"\n{cell}") is not None


def _is_sync_free_line(line: str) -> bool:
    patterns = (_CONFIGURING_MAGIC, _LOOKING_MAGIC, _HELP)
    return any(pattern.match(line) for pattern in patterns)


def _is_sync_free(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id="help"), args=arguments, keywords=[])):
            return not arguments[1:] and all(map(_is_name, arguments))
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="pm"))):
            return name in _DEBUGGERS
        case ast.Import(names=[ast.alias(name=name, asname=None)]):
            return name == "liveimport" or name in _DEBUGGERS
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


def _is_name(value: ast.expr) -> bool:
    """Whether a value is a name, an attribute of one, or a constant: to get it runs nothing."""
    if isinstance(value, ast.Attribute):
        return _is_name(value.value)
    return isinstance(value, ast.Name | ast.Constant)
