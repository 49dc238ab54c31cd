"""What a source file says: its top-level imports, the names it binds, the names it guards."""

import ast
import symtable
import warnings
from collections.abc import Iterator

from attrs import frozen

from .registration import STAR, Binding, statement_bindings

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_NAMESPACE_CALLS = frozenset({"globals", "locals", "vars", "dir", "hasattr", "getattr"})


@frozen(repr=False)
class Contents:
    """What one version of a module's source says.

    Attributes:
        imports: The bindings of its top-level import statements, in source order.
        runs: The same and those nested in ``if``, ``try`` and the like, which may run when
            the module does. They are no dependencies, but they decide who runs first.
        later: The bindings of the imports in its functions, which run when it is used.
        names: Every name that it binds at module level, nested in ``if`` or ``try`` or not.
        elsewhere: Names that its functions and classes bind in the module by ``global``.
        guards: Names that it may look up before it binds them, so as to keep what an
            earlier run made: ``if "_cache" not in globals(): _cache = {}``.
    """

    imports: tuple[Binding, ...] = ()
    runs: tuple[Binding, ...] = ()
    later: tuple[Binding, ...] = ()
    names: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    guards: frozenset[str] = frozenset()

    @property
    def stars(self) -> tuple[str, ...]:
        """The modules that it imports with a star."""
        return tuple(b.module for b in self.imports if b.name == STAR)

    def __repr__(self) -> str:
        return f"Contents({len(self.imports)} imports, {len(self.names)} names)"


def analyse(data: bytes, package: str) -> Contents:
    """Returns what the source of a module of `package` says.

    A relative import that leaves its package is left out: running the module raises there.

    Raises:
        SyntaxError: The source is not Python, or not in the encoding it claims.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # running the module gives them, once
            tree = ast.parse(data)
            names = _bound_names(data) | _bound_in_comprehensions(tree)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(f"cannot be parsed: {error}") from error
    return Contents(
        imports=tuple(
            binding
            for statement in tree.body
            for binding in _bindings_or_none(statement, package)
        ),
        runs=tuple(
            binding
            for statement in _run_by_import(tree.body)
            for binding in _bindings_or_none(statement, package)
        ),
        later=tuple(
            binding
            for statement in _run_by_use(tree)
            for binding in _bindings_or_none(statement, package)
        ),
        names=names,
        elsewhere=frozenset(
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.Global)
            for name in node.names
        ),
        guards=_guards(tree),
    )


def _run_by_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yields the import statements that run with the module, in source order."""
    pending = body[::-1]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(reversed(_run(node)))


def _run_by_use(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yields the import statements in functions, in whatever depth."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node


def _statements_in(node: ast.AST) -> list[ast.stmt]:
    parts = (ast.ExceptHandler, ast.match_case)
    found: list[ast.stmt] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            found.append(child)
        elif isinstance(child, parts):
            found.extend(child.body)
    return found


def _run(node: ast.stmt) -> list[ast.stmt]:
    """Returns the statements in `node` that may run; what is for type checkers does not."""
    if isinstance(node, ast.If):
        if _is_type_checking(node.test):
            return node.orelse
        if isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not):
            return node.body if _is_type_checking(node.test.operand) else _statements_in(node)
    return _statements_in(node)


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _bindings_or_none(statement: ast.stmt, package: str) -> tuple[Binding, ...]:
    try:
        return statement_bindings(statement, package)
    except ImportError:
        return ()


def _bound_names(data: bytes) -> frozenset[str]:
    table = symtable.symtable(data, "<module>", "exec")  # type: ignore[arg-type]  # takes bytes
    return frozenset(
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    )


def _bound_in_comprehensions(tree: ast.Module) -> frozenset[str]:
    """Returns names of ``:=``; in a comprehension at module level they are the module's."""
    names: set[str] = set()
    pending: list[ast.AST] = [*tree.body]
    while pending:
        node = pending.pop()
        if isinstance(node, _SCOPES):
            continue
        if isinstance(node, ast.NamedExpr):
            names.add(node.target.id)
        pending.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def _guards(tree: ast.Module) -> frozenset[str]:
    tried = {
        node.id
        for statement in tree.body
        if isinstance(statement, ast.Try)
        for tried_statement in statement.body
        for node in ast.walk(tried_statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return frozenset(tried | _looked_up_by_text(tree))


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
