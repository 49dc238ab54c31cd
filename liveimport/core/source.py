"""What a source file says: its imports, and the names it binds and looks up."""

import ast
import re
from _blake2 import blake2b  # hashlib has the same, and loads OpenSSL first
from collections.abc import Iterable
from typing import NamedTuple

from .names import Bound, ast_of, bound_by
from .registration import STAR, Binding, statement_bindings

_Import = ast.Import | ast.ImportFrom
_IMPORTS = (ast.Import, ast.ImportFrom)
_IMPORT = b"import"
_ALL = rb"\b__all__\b(?:[^\n=]*=)?[^\n\[(]*[\[(]([^\])]*)"
_NAME = rb"[\"']([A-Za-z_]\w*)[\"']"
_COOKIE = rb"coding[:=][ \t]*([-\w.]+)"
_PLAIN = frozenset({b"utf-8", b"utf8", b"utf_8", b"ascii", b"us-ascii"})


def digest_of(data: bytes) -> str:
    """Returns what tells these bytes from any others."""
    return blake2b(data, digest_size=16).hexdigest()


class Head(NamedTuple):
    """The part of a source that has all its imports, whatever else follows without that word.

    Attributes:
        size: In bytes.
        digest: Of them.
    """

    size: int
    digest: str


class Contents(NamedTuple):
    """What one version of a module's source says.

    Attributes:
        imports: The bindings of its top-level import statements, in source order.
        runs: The same and those nested in ``if``, ``try`` and the like, which may run when
            the module does. They are no dependencies, but they decide who runs first.
        later: The bindings of the imports in its functions, which run when it is used.
        data: The source, as long as its names are not known; else empty.
        bound: Its names, once they are known: when its code was compiled.
        head: Where its imports are, if that can be told.
        listed: Of a package, the texts by which its `__all__` may name submodules.
    """

    imports: tuple[Binding, ...] = ()
    runs: tuple[Binding, ...] = ()
    later: tuple[Binding, ...] = ()
    data: bytes = b""
    bound: Bound | None = None
    head: Head | None = None
    listed: tuple[str, ...] = ()

    @property
    def binds(self) -> Bound:
        """Its names, looked for if they are not known."""
        return self.bound if self.bound is not None else bound_by(self.data)

    def with_names(self, bound: Bound) -> "Contents":
        """Returns the same with its names, and without the source that had them."""
        return self._replace(data=b"", bound=bound)

    def imports_like(self, other: "Contents") -> bool:
        """Whether the other has the same imports, and has them where they run alike."""
        mine, others = (
            (self.imports, self.runs, self.later),
            (other.imports, other.runs, other.later),
        )
        return mine == others

    def after_edit(self, data: bytes) -> "Contents | None":
        """Returns what an edited source says, if only what is behind its imports was edited.

        Otherwise, and wherever there is a doubt, None.
        """
        head = self.head
        if head is None or data.find(_IMPORT, head.size) >= 0:
            return None
        if digest_of(data[: head.size]) != head.digest:
            return None
        return self._replace(data=data, bound=None)

    @property
    def stars(self) -> tuple[str, ...]:
        """The modules that it may import with a star when it runs."""
        return tuple(b.module for b in self.runs if b.name == STAR)

    def __repr__(self) -> str:
        return f"Contents({len(self.imports)} imports)"


def listed_in(data: bytes) -> tuple[str, ...]:
    """Returns the names in the texts that `__all__` is given, as far as the source shows them.

    There may be some too many: only those that turn out to be modules matter.
    """
    texts = b" ".join(re.findall(_ALL, data))
    return tuple(dict.fromkeys(name.decode() for name in re.findall(_NAME, texts)))


def is_plain(data: bytes) -> bool:
    """Whether a source is in an encoding in which each word is spelled by its own letters.

    In some it could be spelled by others, as by escapes. The first two lines may name one.
    """
    cookie = re.search(_COOKIE, b"\n".join(data.split(b"\n", 2)[:2]))
    return cookie is None or cookie[1].lower() in _PLAIN


def head_of(data: bytes, end: int) -> Head | None:
    """Returns the head of a source whose import statements end at `end` or before.

    The same bytes are read the same, whatever follows them. To the head belong all places of
    the word, to the ends of their lines, and the first two lines, which may say how to read
    the others.
    """
    last = data.rfind(_IMPORT)
    line = (data.find(b"\n", last) + 1 or len(data)) if last >= 0 else 0
    size = max(end, line)
    head = data[:size]
    ended = size < len(data) or head.endswith(b"\n")
    certain = ended and head.count(b"\n") > 1 and is_plain(data)
    return Head(size, digest_of(head)) if certain else None


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
        data=data,
        head=head_of(data, _end_of([*found.runs, *found.later], data)),
    )


def _end_of(imports: list[_Import], data: bytes) -> int:
    """Returns where the last line of these statements ends."""
    end = 0
    for _ in range(max((node.end_lineno or 0 for node in imports), default=0)):
        end = data.find(b"\n", end) + 1 or len(data)
    return end


class _Statements:
    """The statements of a module that matter here, in source order. Expressions are left out.

    Attributes:
        runs: The imports that run with the module; what is for type checkers does not.
        later: Those in functions, in whatever depth.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.runs: list[_Import] = []
        self.later: list[_Import] = []
        self._collect(tree.body)

    def _collect(self, body: list[ast.stmt]) -> None:
        pending = [(statement, False) for statement in reversed(body)]
        while pending:
            node, in_function = pending.pop()
            if isinstance(node, _IMPORTS):
                (self.later if in_function else self.runs).append(node)
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
