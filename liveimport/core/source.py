"""What a source file says: its top-level imports, the names it binds, the names it guards."""

import ast
import re
import warnings
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache

from attrs import frozen

from .registration import STAR, Binding, statement_bindings

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_GLUED_NUMBER = re.compile(rb"\b[0-9][0-9a-fA-FxXoObB_.]*(?:and|else|for|if|in|is|not|or)\b")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_Import = ast.Import | ast.ImportFrom
_IMPORTS = (ast.Import, ast.ImportFrom)
_NAMESPACE_CALLS = frozenset({"globals", "locals", "vars", "dir", "hasattr", "getattr"})
_LOOKS = re.compile(
    rb"\b(?:globals|locals|vars|dir|hasattr|getattr)\s*\(|__dict__|\.\s*modules\b"
)


@frozen
class Bound:
    """The names of a module's source.

    Attributes:
        names: Every name that it binds at module level, nested in ``if`` or ``try`` or not.
        elsewhere: Names that its functions and classes bind in the module by ``global``.
        guards: Names that it may look up before it binds them, so as to keep what an
            earlier run made: ``if "_cache" not in globals(): _cache = {}``.
    """

    names: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    guards: frozenset[str] = frozenset()


@frozen(repr=False)
class Contents:
    """What one version of a module's source says.

    Attributes:
        imports: The bindings of its top-level import statements, in source order.
        runs: The same and those nested in ``if``, ``try`` and the like, which may run when
            the module does. They are no dependencies, but they decide who runs first.
        later: The bindings of the imports in its functions, which run when it is used.
        data: The source, if its names have not been looked for yet; else empty.
        bound: Its names, if they have been.
    """

    imports: tuple[Binding, ...] = ()
    runs: tuple[Binding, ...] = ()
    later: tuple[Binding, ...] = ()
    data: bytes = b""
    bound: Bound | None = None

    @property
    def names(self) -> frozenset[str]:
        """See `Bound`."""
        return self._bound.names

    @property
    def elsewhere(self) -> frozenset[str]:
        """See `Bound`."""
        return self._bound.elsewhere

    @property
    def guards(self) -> frozenset[str]:
        """See `Bound`."""
        return self._bound.guards

    @property
    def _bound(self) -> Bound:
        return self.bound if self.bound is not None else bound_by(self.data)

    @property
    def stars(self) -> tuple[str, ...]:
        """The modules that it imports with a star."""
        return tuple(b.module for b in self.imports if b.name == STAR)

    def __repr__(self) -> str:
        return f"Contents({len(self.imports)} imports, {len(self.names)} names)"


@lru_cache(maxsize=1024)
def bound_by(data: bytes) -> Bound:
    """Returns the names of a source; none of one that is not Python."""
    try:
        return _bound(ast_of(data), data)
    except SyntaxError:
        return Bound()


def analyse(data: bytes, package: str) -> Contents:
    """Returns what the source of a module of `package` says.

    A relative import that leaves its package is left out: running the module raises there.

    Raises:
        SyntaxError: The source is not Python, or not in the encoding it claims.
    """
    tree = ast_of(data)
    found = _Statements(tree)
    imports = [statement for statement in tree.body if isinstance(statement, _IMPORTS)]
    return Contents(
        imports=_bindings(imports, package),
        runs=_bindings(found.runs, package),
        later=_bindings(found.later, package),
        bound=_bound(tree, data),
    )


def ast_of(data: bytes) -> ast.Module:
    """Returns the syntax tree of a source.

    Raises:
        SyntaxError: It is not Python, or not in the encoding it claims.
    """
    try:
        with _without_warnings(data):
            return ast.parse(data)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(f"cannot be parsed: {error}") from error


def _bound(tree: ast.Module, data: bytes) -> Bound:
    names = _bound_names(tree)
    declared = (
        frozenset(_Statements(tree).declared_global) if b"global" in data else frozenset()
    )
    return Bound(names, declared, _guards(tree, data))


def _without_warnings(data: bytes) -> AbstractContextManager[object]:
    """Returns a context in which parsing warns of nothing: running the module does, once.

    Only where parsing may warn, which takes an escape or a number glued to a word: Python
    forgets which warnings it has shown whenever its filters change.
    """
    if b"\\" not in data and _GLUED_NUMBER.search(data) is None:
        return nullcontext()
    return warnings.catch_warnings(action="ignore")


class _Statements:
    """The statements of a module that matter here, in source order. Expressions are left out.

    Attributes:
        runs: The imports that run with the module; what is for type checkers does not.
        later: Those in functions, in whatever depth.
        declared_global: Names declared `global`.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.runs: list[_Import] = []
        self.later: list[_Import] = []
        self.declared_global: set[str] = set()
        self._collect(tree.body)

    def _collect(self, body: list[ast.stmt]) -> None:
        pending = [(statement, False) for statement in reversed(body)]
        while pending:
            node, in_function = pending.pop()
            if isinstance(node, _IMPORTS):
                (self.later if in_function else self.runs).append(node)
            elif isinstance(node, ast.Global):
                self.declared_global.update(node.names)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                pending.extend((inner, True) for inner in reversed(node.body))
            else:
                inner = _statements_in(node) if in_function else _that_run(node)
                pending.extend((statement, in_function) for statement in reversed(inner))


def _that_run(node: ast.stmt) -> list[ast.stmt]:
    if isinstance(node, ast.If):
        if _is_type_checking(node.test):
            return node.orelse
        if isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not):
            return node.body if _is_type_checking(node.test.operand) else _statements_in(node)
    return _statements_in(node)


def _statements_in(node: ast.stmt) -> list[ast.stmt]:
    inner: list[ast.stmt] = []
    for part in ("body", "handlers", "cases", "orelse", "finalbody"):
        for child in getattr(node, part, ()):
            if isinstance(child, ast.stmt):
                inner.append(child)
            else:
                inner.extend(child.body)
    return inner


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _bindings(statements: Iterable[ast.stmt], package: str) -> tuple[Binding, ...]:
    return tuple(b for s in statements for b in _bindings_or_none(s, package))


def _bindings_or_none(statement: ast.stmt, package: str) -> tuple[Binding, ...]:
    try:
        return statement_bindings(statement, package)
    except ImportError:
        return ()


def _bound_names(tree: ast.Module) -> frozenset[str]:
    """Returns the names bound at module level, nested in other statements or not.

    What a comprehension binds is its own, but for ``:=``; what a function or a class binds in
    its body is its own as well.
    """
    names: set[str] = set()
    pending: list[tuple[ast.AST, bool]] = [(statement, False) for statement in tree.body]
    while pending:
        node, in_comprehension = pending.pop()
        if isinstance(node, ast.NamedExpr):
            names.add(node.target.id)
        if not in_comprehension:
            names.update(_bound_right_by(node))
        if not isinstance(node, _SCOPES):
            inner = in_comprehension or isinstance(node, _COMPREHENSIONS)
            pending.extend((child, inner) for child in ast.iter_child_nodes(node))
    return frozenset(names)


def _bound_right_by(node: ast.AST) -> Iterable[str]:
    match node:
        case (
            ast.Name(id=name, ctx=ast.Store() | ast.Del())
            | ast.FunctionDef(name=name)
            | ast.AsyncFunctionDef(name=name)
            | ast.ClassDef(name=name)
            | ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
        ):
            return (name,)
        case ast.Import() | ast.ImportFrom():
            bound = (alias.asname or alias.name.partition(".")[0] for alias in node.names)
            return (name for name in bound if name != STAR)
    return ()


def _guards(tree: ast.Module, data: bytes) -> frozenset[str]:
    tried = {
        node.id
        for statement in tree.body
        if isinstance(statement, ast.Try)
        for tried_statement in statement.body
        for node in ast.walk(tried_statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    if _LOOKS.search(data):
        tried |= _looked_up_by_text(tree)
    return frozenset(tried)


def _looked_up_by_text(tree: ast.Module) -> set[str]:
    """Any text may be a name's where a module looks into its own namespace."""
    nodes = list(ast.walk(tree))
    looks = any(
        (isinstance(node, ast.Name) and node.id in _NAMESPACE_CALLS)
        or (isinstance(node, ast.Attribute) and node.attr in {"__dict__", "modules"})
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
