"""The names that a source binds, and those that it may look up first.

Compiled code stores each name by an instruction, so the names are read off the instructions.
That is exact, and 604 ms where `dis` takes 3,230 ms (first edit at the bottom of 1,000 modules).
Only the few sources that look into their own namespace are parsed.

Parsing and compiling may warn. Whoever calls these functions decides what becomes of that.
"""

import ast
import opcode
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import CodeType
from typing import NamedTuple

from liveimport.core.report import messages

_COMPREHENSION_CODES = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
_NAMESPACE_CALLS = frozenset({"globals", "locals", "vars", "dir", "hasattr", "getattr"})
_NAMESPACES = frozenset({"__dict__", "modules"})
_LOOKING = _NAMESPACE_CALLS | _NAMESPACES
_LOOKS = rb"\b(?:globals|locals|vars|dir|hasattr|getattr)\s*\(|__dict__|\.\s*modules\b"
_TRIES = (b"\ntry", b"\rtry", b"\ftry")
_EXTENDED = opcode.opmap["EXTENDED_ARG"]
_IN_MODULE = ("STORE_NAME", "DELETE_NAME", "STORE_GLOBAL", "DELETE_GLOBAL")
_IN_FUNCTIONS = ("STORE_GLOBAL", "DELETE_GLOBAL")


def _any_of(operations: Iterable[str]) -> bytes:
    return b"[" + re.escape(bytes(opcode.opmap[name] for name in operations)) + b"]"


_STORES_IN_MODULE = _any_of(_IN_MODULE)
_STORES_IN_FUNCTIONS = _any_of(_IN_FUNCTIONS)
_STORING_FUNCTIONS = tuple(opcode.opmap[name] for name in _IN_FUNCTIONS)


class BoundNames(NamedTuple):
    """The names of a module's source.

    Attributes:
        module_level: Every name that it binds at module level, also within ``if`` or ``try``.
        by_functions: Names that its functions and classes bind in the module by ``global``.
        looked_up: Names that it may look up before it binds them, to keep the value of an
            earlier run: ``if "_cache" not in globals(): _cache = {}``.
    """

    module_level: frozenset[str] = frozenset()
    by_functions: frozenset[str] = frozenset()
    looked_up: frozenset[str] = frozenset()


def names_in_code(code: CodeType, data: bytes) -> BoundNames:
    """Returns the names of a source that was compiled to `code`.

    A name that is only annotated, or bound where the compiler sees that nothing gets to, is
    not bound.
    """
    names = set(_stored(code, _STORES_IN_MODULE)) - {"__doc__"}
    by_functions: set[str] = set()
    looks = False
    may_store = b"global" in data or b":=" in data
    pending = [(code, True)]
    while pending:
        outer, in_module = pending.pop()
        looks = looks or not _LOOKING.isdisjoint(outer.co_names)
        for inner in outer.co_consts:
            if type(inner) is CodeType:
                right_here = in_module and inner.co_name in _COMPREHENSION_CODES
                if may_store and _may_store(inner):
                    found = names if right_here else by_functions
                    found.update(_stored(inner, _STORES_IN_FUNCTIONS))
                pending.append((inner, right_here))
    looked_up: frozenset[str] = frozenset()
    if looks or _may_try(data):
        looked_up = _looked_up(parse(data), data)
    return BoundNames(frozenset(names), frozenset(by_functions), looked_up)


def _may_try(data: bytes) -> bool:
    """Whether a ``try`` may stand at the start of a line: then it may be the module's own."""
    return data.startswith((b"try", b"\xef\xbb\xbftry")) or any(t in data for t in _TRIES)


def _may_store(function: CodeType) -> bool:
    """Whether a function may bind names of its module, by a look at its bytes alone."""
    instructions = function.co_code
    return any(operation in instructions for operation in _STORING_FUNCTIONS)


def _stored(code: CodeType, operations: bytes) -> Iterator[str]:
    """Yields the names that these instructions of a code store or delete."""
    if not code.co_names:
        return
    instructions = code.co_code
    kinds, arguments = instructions[::2], instructions[1::2]
    for match in re.finditer(operations, kinds):
        place = match.start()
        argument, shift = arguments[place], 8
        while place and kinds[place - 1] == _EXTENDED:
            place -= 1
            argument |= arguments[place] << shift
            shift += 8
        yield code.co_names[argument]


@lru_cache(maxsize=256)
def names_in_source(data: bytes) -> BoundNames:
    """Returns the names of a source that was not compiled yet; none if it is not Python."""
    try:
        return names_in_code(compile(data, "", "exec", dont_inherit=True), data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return BoundNames()


def parse(data: bytes) -> ast.Module:
    """Returns the syntax tree of a source.

    Raises:
        SyntaxError: It is not Python, or not in the encoding it claims.
    """
    try:
        return ast.parse(data)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(messages.cannot_be_parsed(str(error))) from error


def _looked_up(tree: ast.Module, data: bytes) -> frozenset[str]:
    tried = {
        node.id
        for statement in tree.body
        if isinstance(statement, ast.Try)
        for tried_statement in statement.body
        for node in ast.walk(tried_statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    if re.search(_LOOKS, data):
        tried |= _looked_up_by_text(tree)
    return frozenset(tried)


def _looked_up_by_text(tree: ast.Module) -> set[str]:
    """Returns all texts of a module that looks into its own namespace: any may be a name."""
    nodes = list(ast.walk(tree))
    looks = any(
        (isinstance(node, ast.Name) and node.id in _NAMESPACE_CALLS)
        or (isinstance(node, ast.Attribute) and node.attr in _NAMESPACES)
        for node in nodes
    )
    if not looks:
        return set()
    listed = {
        id(element)
        for statement in tree.body
        if _assigns_all(statement)
        for element in ast.walk(statement)
    }
    return {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in listed
    }


def _assigns_all(statement: ast.stmt) -> bool:
    targets = (
        statement.targets
        if isinstance(statement, ast.Assign)
        else [statement.target]
        if isinstance(statement, ast.AnnAssign | ast.AugAssign)
        else []
    )
    return any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets)
