"""Cells before which no sync comes: they only look, or configure LiveImport."""

import ast
import re
from textwrap import dedent

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
