"""Two sources that differ in comments and layout only: what they compile to is the same.

Positions are left aside: the line and column numbers that tracebacks and `inspect` show.

To compile may warn. Whoever calls these functions decides what becomes of that.
"""

import ast
import opcode
from collections.abc import Iterable, Iterator
from types import CodeType, MappingProxyType

from liveimport.core.model import Relaid
from liveimport.core.report import messages

from .names import parse

_COMPARED = (
    "co_name",
    "co_qualname",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_flags",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
)
_INSTRUCTIONS = ("co_code", "co_exceptiontable", "co_stacksize")
_TAKING_CONSTANTS = frozenset(
    opcode.opmap[name]
    for name in ("LOAD_CONST", "RETURN_CONST", "KW_NAMES")
    if name in opcode.opmap
)
_EXTENDED = opcode.opmap["EXTENDED_ARG"]
_STORE_NAME = opcode.opmap["STORE_NAME"]
_LINE_OF_CLASS = "__firstlineno__"
_FILE = "__file__"
_POSITION_READERS = frozenset(
    {
        "co_firstlineno",
        "co_lines",
        "co_linetable",
        "co_lnotab",
        "co_positions",
        "extract_stack",
        "f_lineno",
        "findsource",
        "format_exc",
        "format_exception",
        "format_stack",
        "get_source",
        "getblock",
        "getcomments",
        "getframeinfo",
        "getsource",
        "getsourcelines",
        "linecache",
        "tb_lineno",
    }
)
_READERS_OF_INSPECT = frozenset({"stack", "trace"})
_PATHS = frozenset(
    {"Path", "PurePath", "abspath", "absolute", "fspath", "realpath", "resolve", "str"}
)
_FOLDERS = frozenset({"parent", "parents"})

CodePairs = tuple[tuple[CodeType, CodeType], ...]


def relaid(old: bytes, new: bytes, path: str) -> Relaid | None:
    """Returns the source `new` of a file if it differs from `old` in comments and layout only.

    What they compile to is compared. The compiler keeps empty instructions for lines on which
    nothing else is, and Python 3.13 has a constant for the line of a class, which may be one of
    the other constants too. So where instructions or constants differ, the syntax trees decide.
    """
    try:
        before, after = _compiled(old, path), _compiled(new, path)
        pairs = _pairs(before, after)
        if not (
            all(_runs_alike(*pair) for pair in pairs)
            or ast.dump(parse(old)) == ast.dump(parse(new))
        ):
            return None
        obstacle = _why_it_runs(new, after)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    code = dict(pairs)
    if not pairs or any(code[one] is not other for one, other in pairs):
        return None  # the last: functions of one line may look the same
    lines = {
        (one.co_qualname, one.co_firstlineno): other.co_firstlineno
        for one, other in pairs
        if _LINE_OF_CLASS in one.co_names
    }
    return Relaid(after, MappingProxyType(code), MappingProxyType(lines), obstacle)


def _compiled(data: bytes, path: str) -> CodeType:
    return compile(data, path, "exec", dont_inherit=True)


def _pairs(old: CodeType, new: CodeType) -> CodePairs:
    """Returns all code in `old`, each with what stands in its place in `new`.

    Nothing if names or functions differ. What the code does is not compared.
    """
    pairs: list[tuple[CodeType, CodeType]] = []
    pending = [(old, new)]
    while pending:
        before, after = pending.pop()
        pairs.append((before, after))
        inner, other = _code_in(before), _code_in(after)
        if len(inner) != len(other) or not _has_same(_COMPARED, before, after):
            return ()
        pending += zip(inner, other, strict=True)
    return tuple(pairs)


def _code_in(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _runs_alike(old: CodeType, new: CodeType) -> bool:
    """Whether instructions and constants are the same, but for nested code and lines of classes."""
    if len(old.co_consts) != len(new.co_consts) or not _has_same(_INSTRUCTIONS, old, new):
        return False
    constants = zip(old.co_consts, new.co_consts, strict=True)
    return all(
        _is_same_constant(a, b)
        or (
            (a, b) == (old.co_firstlineno, new.co_firstlineno)
            and _is_line_of_class(old, place)
            and _is_line_of_class(new, place)
        )
        for place, (a, b) in enumerate(constants)
    )


def _has_same(fields: Iterable[str], old: CodeType, new: CodeType) -> bool:
    return all(getattr(old, field) == getattr(new, field) for field in fields)


def _is_same_constant(old: object, new: object) -> bool:
    """Whether two constants are the same: `1` and `True` are equal, and are not the same.

    Nested code is compared by itself.
    """
    if isinstance(old, CodeType):
        return isinstance(new, CodeType)
    return type(old) is type(new) and (old is new or repr(old) == repr(new))


def _is_line_of_class(code: CodeType, place: int) -> bool:
    """Whether a constant is the line of a class, and nothing else. Python 3.13 stores it."""
    instructions = tuple(_instructions(code.co_code))
    users = [
        offset
        for offset, (operation, argument) in enumerate(instructions)
        if operation in _TAKING_CONSTANTS and argument == place
    ]
    if len(users) != 1:
        return False
    store, name = instructions[users[0] + 1]
    return store == _STORE_NAME and code.co_names[name] == _LINE_OF_CLASS


def _instructions(code: bytes) -> Iterator[tuple[int, int]]:
    """Yields operations with their whole arguments."""
    argument = 0
    for operation, part in zip(code[::2], code[1::2], strict=True):
        argument = argument << 8 | part
        if operation != _EXTENDED:
            yield operation, argument
            argument = 0


def _why_it_runs(data: bytes, code: CodeType) -> str:
    """Returns why a module of this source has to run though only its layout changed, or nothing.

    It may read its own source, or look at line numbers, while it runs. Whether it does is not
    seen; whether it names what does that is.
    """
    used = frozenset(_names_used(code))
    readers = used & _POSITION_READERS
    if "inspect" in used:
        readers |= used & _READERS_OF_INSPECT
    if readers:
        return messages.looks_at_lines(min(readers))
    if _FILE in used and _may_read_file(parse(data)):
        return messages.reads_own_source()
    return ""


def _names_used(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in _code_in(code):
        yield from _names_used(inner)


def _may_read_file(tree: ast.Module) -> bool:
    """Whether a source uses ``__file__`` for anything else than to find its folder."""
    uses = sum(isinstance(n, ast.Name) and n.id == _FILE for n in ast.walk(tree))
    return uses != len(set(_harmless(ast.walk(tree))))


def _harmless(nodes: Iterable[ast.AST]) -> Iterator[ast.Name]:
    """Yields the uses of ``__file__`` that find a folder, as ``Path(__file__).parent`` does."""
    for node in nodes:
        match node:
            case ast.Attribute(value=value, attr=attr) if attr in _FOLDERS:
                file = _file_in(value)
            case ast.Call(func=func, args=[value]) if _name_of(func) == "dirname":
                file = _file_in(value)
            case _:
                file = None
        if file is not None:
            yield file


def _file_in(node: ast.expr) -> ast.Name | None:
    """Returns the ``__file__`` of which an expression is the path, in some form."""
    match node:
        case ast.Name(id="__file__"):
            return node
        case ast.Call(func=func, args=[value]) if _name_of(func) in _PATHS:
            return _file_in(value)
        case ast.Call(func=ast.Attribute(value=value, attr=attr), args=[]) if attr in _PATHS:
            return _file_in(value)
    return None


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
