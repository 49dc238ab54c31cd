"""What a source file says: its imports, by where they stand, and its names.

Parsing and compiling may warn. Whoever calls these functions decides what becomes of that.
"""

import ast
import re
from collections.abc import Iterable, Iterator

from liveimport.core.imports import Binding, statement_bindings
from liveimport.core.model import SourceInfo

from .names import names_in_source, parse

_Import = ast.Import | ast.ImportFrom
_IMPORTS = (ast.Import, ast.ImportFrom)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ALL = rb"\b__all__\b(?:[^\n=]*=)?[^\n\[(]*[\[(]([^\])]*)"
_NAME = rb"[\"']([A-Za-z_]\w*)[\"']"
_COOKIE = rb"coding[:=][ \t]*([-\w.]+)"
_PLAIN = frozenset({b"utf-8", b"utf8", b"utf_8", b"ascii", b"us-ascii"})


def with_package_facts(info: SourceInfo, data: bytes) -> SourceInfo:
    """Returns what the source of a package says, with its names and those in its `__all__`."""
    named = info.with_names(names_in_source(data))
    return named._replace(all_submodules=names_in_all(data))


def names_in_all(data: bytes) -> tuple[str, ...]:
    """Returns the names in the texts that `__all__` is given, as far as the source shows them.

    There may be too many: only those that are modules matter.
    """
    texts = b" ".join(re.findall(_ALL, data))
    return tuple(dict.fromkeys(name.decode() for name in re.findall(_NAME, texts)))


def is_plain(data: bytes) -> bool:
    """Whether a source is in an encoding in which each word is spelled by its own letters.

    In some it could be spelled by others, as by escapes. The first two lines may name one.
    """
    cookie = re.search(_COOKIE, b"\n".join(data.split(b"\n", 2)[:2]))
    return cookie is None or cookie[1].lower() in _PLAIN


def analyse(data: bytes, package: str) -> SourceInfo:
    """Returns what the source of a module of `package` says.

    A relative import that leaves its package is left out: running the module raises there.

    Raises:
        SyntaxError: The source is not Python, or not in the encoding it claims.
    """
    tree = parse(data)
    found = _Statements(tree)
    top_level = [statement for statement in tree.body if isinstance(statement, _IMPORTS)]
    lazy = [statement for statement in found.deferred if _is_lazy(statement)]
    return SourceInfo(
        top_level=_bindings((s for s in top_level if s not in lazy), package),
        eager=_bindings(found.eager, package),
        deferred=_bindings(found.deferred, package),
        data=data,
        lazy=_bindings(lazy, package),
    )


class _Statements:
    """The import statements of a module, in source order.

    Attributes:
        eager: Those that run with the module; what is for type checkers does not. Those of a
            function that the module calls by its name stand where it is called. A lazy import
            is made if the module uses its name as it runs.
        deferred: Those in functions, at any depth, and other lazy ones.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.eager: list[_Import] = []
        self.deferred: list[_Import] = []
        self._functions: dict[str, _Function] = {}
        self._called: set[_Function] = set()
        self._used: set[str] = set()
        self._collect(tree.body, with_calls=False)
        if self.deferred:
            if any(map(_is_lazy, self.deferred)):
                self._used.update(_used_at_once(tree.body))
            self.eager, self.deferred = [], []
            self._collect(tree.body, with_calls=True)

    def _collect(self, body: list[ast.stmt], *, with_calls: bool) -> None:
        pending = [(statement, False) for statement in reversed(body)]
        while pending:
            node, in_function = pending.pop()
            if with_calls and not in_function:
                self._call(node)
            if isinstance(node, _IMPORTS):
                later = in_function or (_is_lazy(node) and not self._is_used(node))
                (self.deferred if later else self.eager).append(node)
            elif isinstance(node, _FUNCTIONS):
                if not in_function:
                    self._functions[node.name] = node
                pending.extend((inner, True) for inner in reversed(node.body))
            else:
                inner = _statements_in(node) if in_function else _that_run(node)
                pending.extend((statement, in_function) for statement in reversed(inner))

    def _is_used(self, statement: _Import) -> bool:
        bound = (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        return not self._used.isdisjoint(bound)

    def _call(self, node: ast.stmt) -> None:
        """Adds the imports of the functions that a statement calls, and of those they call."""
        pending = list(_called_in(node))
        while pending:
            function = self._functions.get(pending.pop())
            if function is None or function in self._called:
                continue
            self._called.add(function)
            inner = list(reversed(function.body))
            while inner:
                statement = inner.pop()
                if isinstance(statement, _IMPORTS):
                    self.eager.append(statement)
                pending.extend(_called_in(statement))
                if not isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
                    inner.extend(reversed(_statements_in(statement)))


def _is_lazy(statement: _Import) -> bool:
    """Whether it is written as a lazy import, as it can be since Python 3.15."""
    return bool(getattr(statement, "is_lazy", 0))


def _used_at_once(body: list[ast.stmt]) -> Iterator[str]:
    """Yields the names that a module may use while it runs, outside of functions."""
    pending = list(body)
    while pending:
        statement = pending.pop()
        yield from _used_in(statement)
        if not isinstance(statement, _FUNCTIONS):
            pending.extend(_that_run(statement))


def _used_in(statement: ast.stmt) -> Iterator[str]:
    """Yields the names that a statement itself uses: not those within it, nor in functions."""
    for node in _expressions_in(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id


def _expressions_in(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yields a statement and the parts of it that run with it: no statements, no functions."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        yield node
        inner = ast.iter_child_nodes(node)
        pending.extend(n for n in inner if not isinstance(n, ast.stmt | ast.Lambda))


def _called_in(statement: ast.stmt) -> Iterator[str]:
    """Yields the names that a statement itself calls: not those within it, nor in functions."""
    for node in _expressions_in(statement):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                yield name
            case ast.Name(id=name) if node in getattr(statement, "decorator_list", ()):
                yield name


def _that_run(node: ast.stmt) -> list[ast.stmt]:
    """Returns the statements within a statement that may run when the module is imported."""
    if isinstance(node, ast.If):
        negated = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
        test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
        if _is_type_checking(test):
            return node.body if negated else node.orelse
        runs_as_script = _runs_as_script(test)
        if runs_as_script is not None:
            return node.body if negated is runs_as_script else node.orelse
    return _statements_in(node)


def _runs_as_script(test: ast.expr) -> bool | None:
    """Whether a test is true only for ``python -m module``, or only for imports; else None."""
    match test:
        case ast.Compare(
            left=left, ops=[ast.Eq() | ast.NotEq() as operator], comparators=[right]
        ):
            sides = {ast.unparse(left), ast.unparse(right)}
            if sides == {"__name__", "'__main__'"}:
                return isinstance(operator, ast.Eq)
    return None


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
