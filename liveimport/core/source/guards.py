"""Guards: how a source asks for a name that an earlier run may have bound, to keep its value.

    if "_cache" not in globals():
        _cache = {}

The guide lists the forms; nothing else is a guard. A name that is bound before it is asked for
has the value of this run, so it is not guarded.
"""

import ast
from collections.abc import Iterable
from copy import copy
from typing import Final, NamedTuple

_CATCH_NAME_ERROR: Final = frozenset({"NameError", "Exception", "BaseException"})
_READ_BY: Final = frozenset({"get", "setdefault"})
_MAY_BIND_ANYTHING: Final = frozenset({"globals", "vars", "locals", "exec", "setattr"})
_EVALUATED_FIRST: Final = ("generators", "iter", "value")

_COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BUILT_INS = """
    ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup
    BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError
    ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError
    DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError Exception
    ExceptionGroup False FileExistsError FileNotFoundError FloatingPointError FutureWarning
    GeneratorExit IOError ImportError ImportWarning IndentationError IndexError
    InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
    ModuleNotFoundError NameError None NotADirectoryError NotImplemented NotImplementedError
    OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError
    PythonFinalizationError RecursionError ReferenceError ResourceWarning RuntimeError
    RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError
    SystemExit TabError TimeoutError True TypeError UnboundLocalError UnicodeDecodeError
    UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning
    ValueError Warning ZeroDivisionError _IncompleteInputError __build_class__ __debug__
    __doc__ __import__ __loader__ __name__ __package__ __spec__ abs aiter all anext any ascii
    bin bool breakpoint bytearray bytes callable chr classmethod compile complex copyright
    credits delattr dict dir divmod enumerate eval exec exit filter float format frozenset
    getattr globals hasattr hash help hex id input int isinstance issubclass iter len license
    list locals map max memoryview min next object oct open ord pow print property quit range
    repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars
    zip
"""
BUILT_IN: Final = frozenset(_BUILT_INS.split())
"""Of all versions of Python: what a module finds though it does not bind it."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Guards(NamedTuple):
    """What a source guards.

    Attributes:
        names: The names that it guards and may bind.
        bound_by_text: Those that it binds by a text: ``globals().setdefault("x", 1)``,
            ``exec("x = 1")``.
    """

    names: frozenset[str] = frozenset()
    bound_by_text: frozenset[str] = frozenset()


def guards_in(tree: ast.Module, shown: frozenset[str]) -> Guards:
    """Returns what a source guards; `shown` are the names that its instructions bind."""
    walk = _Walk()
    walk.through(tree)
    bound_by_text = walk.guarded.intersection(walk.bound_by_text)
    names = walk.guarded.intersection(shown) | bound_by_text
    if walk.may_bind_anything:
        names = walk.guarded
    return Guards(frozenset(names), frozenset(bound_by_text))


class _Scope:
    """Whose names a piece of code reads and binds.

    Attributes:
        is_module: Whether the names that it binds are the module's.
        own: Names of a class or a comprehension, which are not the module's.
        declared: In a function, the names that it declares to be the module's; else None.
        bound: The names of the module that it has bound so far.
    """

    def __init__(
        self, own: frozenset[str] = frozenset(), declared: frozenset[str] | None = None
    ) -> None:
        self.is_module = not own and declared is None
        self.own = own
        self.declared = declared
        self.bound: set[str] = set()

    def reads_of_module(self, name: str) -> bool:
        """Whether the name, where it is loaded, may be the module's."""
        return name not in self.own if self.declared is None else name in self.declared

    def of_comprehension(self, targets: frozenset[str]) -> "_Scope":
        """Returns the scope of a comprehension in this scope: what it binds by := stays here."""
        inner = copy(self)
        inner.own = self.own | targets
        return inner


_Task = tuple[ast.AST | str, _Scope, bool]
"""A node to look at, or a name that is bound now; its scope; whether NameError is caught."""


class _Walk:
    """Goes through a module in the order in which it is evaluated.

    Attributes:
        guarded: The names that are asked for before they are bound.
        bound_by_text: The names that are bound by a text: ``globals()["x"] = 1``.
        may_bind_anything: Whether names may be bound that no text shows.
    """

    def __init__(self) -> None:
        self.guarded: set[str] = set()
        self.bound_by_text: set[str] = set()
        self.may_bind_anything = False
        self._module = _Scope()
        self._this_module: set[str] = set()
        self._pending: list[_Task] = []

    def through(self, tree: ast.Module) -> None:
        """Goes through the whole module. It does not recurse, as sources may nest deeply."""
        self._then(tree.body, self._module)
        while self._pending:
            node, scope, catches = self._pending.pop()
            if isinstance(node, str):
                self._binds(node, scope)
            else:
                self._visit(node, scope, catches=catches)

    def _then(
        self, nodes: Iterable[ast.AST | str | None], scope: _Scope, *, catches: bool = False
    ) -> None:
        """Looks at these nodes next, in this order."""
        tasks = [(node, scope, catches) for node in nodes if node is not None]
        self._pending += reversed(tasks)

    def _binds(self, name: str, scope: _Scope) -> None:
        if scope.is_module or (scope.declared is not None and name in scope.declared):
            scope.bound.add(name)

    def _asks(self, name: str, scope: _Scope) -> None:
        if name not in self._module.bound and name not in scope.bound:
            self.guarded.add(name)

    def _visit(self, node: ast.AST, scope: _Scope, *, catches: bool) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                self._loads(name, scope, catches=catches)
            case ast.Name(id=name, ctx=ast.Store()):
                self._binds(name, scope)
            case ast.Try() | ast.TryStar():
                # The last to be queued comes first.
                self._then(
                    [*node.handlers, *node.orelse, *node.finalbody], scope, catches=catches
                )
                inner = catches or any(_catches_name_error(h.type) for h in node.handlers)
                self._then(node.body, scope, catches=inner)
            case ast.With() | ast.AsyncWith():
                inner = catches or any(_suppresses_name_error(item) for item in node.items)
                self._then(node.body, scope, catches=inner)
                self._then(node.items, scope, catches=catches)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._defines(node, scope, catches=catches)
            case ast.ClassDef():
                self._then([node.name], scope)
                # It is a scope of its own, whatever it binds.
                own = _bound_in(node.body) | {"__qualname__"}
                self._then(node.body, _Scope(own), catches=catches)
                before = [*node.decorator_list, *node.bases, *node.keywords]
                self._then(before, scope, catches=catches)
            case ast.comprehension(iter=values, ifs=conditions):
                self._then([values, *conditions], scope, catches=catches)
            case _ if isinstance(node, _COMPREHENSIONS):
                inner_scope = scope.of_comprehension(_bound_in(node.generators))
                self._then(_children(node), inner_scope, catches=catches)
            case _:
                self._then(self._parts(node, scope), scope, catches=catches)

    def _loads(self, name: str, scope: _Scope, *, catches: bool) -> None:
        if name in _MAY_BIND_ANYTHING:
            self.may_bind_anything = True
        if catches and name not in BUILT_IN and scope.reads_of_module(name):
            self._asks(name, scope)

    def _defines(self, node: _Function, scope: _Scope, *, catches: bool) -> None:
        """Its body runs when it is called: a ``try`` around the definition does not count."""
        body: list[ast.stmt] | list[ast.expr]
        before: list[ast.expr | None] = [*node.args.defaults, *node.args.kw_defaults]
        if isinstance(node, ast.Lambda):
            body = [node.body]
        else:
            body = node.body
            before += node.decorator_list
            self._then([node.name], scope)
        declared = frozenset(
            name
            for inner in ast.walk(node)
            if isinstance(inner, ast.Global)
            for name in inner.names
        )
        self._then(body, _Scope(declared=declared))
        self._then(before, scope, catches=catches)

    def _parts(self, node: ast.AST, scope: _Scope) -> Iterable[ast.AST | str | None]:
        """Returns what a node evaluates and binds, in order; takes in what it says by itself."""
        parts: Iterable[ast.AST | str | None]
        match node:
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                parts = (ast.Name(name, ast.Load()), value, name)
            case ast.AnnAssign(annotation=annotation, value=None):
                parts = (annotation,)
            case ast.Assign(targets=targets, value=value) if _is_this_module(value):
                self._this_module.update(t.id for t in targets if isinstance(t, ast.Name))
                parts = targets
            case ast.Import() | ast.ImportFrom():
                names = (alias.asname or alias.name.partition(".")[0] for alias in node.names)
                parts = [name for name in names if name != "*"]
            case ast.ExceptHandler(type=caught, name=name, body=body):
                parts = (caught, name, *body)
            case ast.MatchAs() | ast.MatchStar():
                parts = (*_children(node), node.name)
            case ast.MatchMapping(rest=rest):
                parts = (*_children(node), rest)
            case _:
                parts = self._parts_of_guard(node, scope)
        return parts

    def _parts_of_guard(self, node: ast.AST, scope: _Scope) -> Iterable[ast.AST | str | None]:
        match node:
            case ast.Compare(
                left=ast.Constant(value=str(name)),
                ops=[ast.In() | ast.NotIn()],
                comparators=[ast.Call() as asked],
            ) if _is_namespace(asked, scope, "dir"):
                self._asks(name, scope)
                return ()
            case ast.Call(
                func=ast.Attribute(value=ast.Call() as asked, attr=method),
                args=[ast.Constant(value=str(name)), *others],
            ) if method in _READ_BY and _is_namespace(asked, scope):
                self._asks(name, scope)
                if method == "setdefault":
                    self.bound_by_text.add(name)
                return others
            case ast.Call(
                func=ast.Name("hasattr"), args=[asked, ast.Constant(value=str(name))]
            ) if self._is_this_module(asked):
                self._asks(name, scope)
                return ()
            case ast.Call(func=ast.Name("exec"), args=[ast.Constant(value=str(text))]):
                self.bound_by_text |= _bound_by(text)
            case ast.Attribute(value=asked, attr=name, ctx=ast.Store()) if self._is_this_module(
                asked
            ):
                self.bound_by_text.add(name)
            case ast.Subscript(
                value=ast.Call() as asked, slice=ast.Constant(value=str(name))
            ) if _is_namespace(asked, scope):
                if isinstance(node.ctx, ast.Store):
                    self.bound_by_text.add(name)
                return ()
        return _children(node)

    def _is_this_module(self, node: ast.AST) -> bool:
        named = isinstance(node, ast.Name) and node.id in self._this_module
        return named or _is_this_module(node)


def _children(node: ast.AST) -> list[ast.AST]:
    """Returns the nodes within a node, in the order in which they are evaluated."""
    ordered = sorted(node._fields, key=lambda name: name not in _EVALUATED_FIRST)
    parts = (getattr(node, name, None) for name in ordered)
    lists = (part if isinstance(part, list) else [part] for part in parts)
    return [child for part in lists for child in part if isinstance(child, ast.AST)]


def _bound_in(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Returns the names that are stored in these nodes, and those that are defined there."""
    found: set[str] = set()
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                found.add(inner.id)
            elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(inner.name)
    return frozenset(found)


def _bound_by(text: str) -> frozenset[str]:
    """Returns the names that a text binds when ``exec`` runs it; none if it is no Python."""
    try:
        return _bound_in(ast.parse(text).body)
    except (SyntaxError, ValueError):
        return frozenset()


def _catches_name_error(caught: ast.expr | None) -> bool:
    """Whether ``except`` with this expression, or with none, catches NameError."""
    match caught:
        case None:
            return True
        case ast.Tuple(elts=kinds):
            return any(map(_catches_name_error, kinds))
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _CATCH_NAME_ERROR
    return False


def _suppresses_name_error(item: ast.withitem) -> bool:
    match item.context_expr:
        case ast.Call(func=ast.Name("suppress") | ast.Attribute(attr="suppress"), args=kinds):
            return any(map(_catches_name_error, kinds))
    return False


def _is_namespace(call: ast.Call, scope: _Scope, *others: str) -> bool:
    """Whether a call gives the names of the module: ``globals()``, or ``vars()`` of its own."""
    match call:
        case ast.Call(func=ast.Name("globals"), args=[], keywords=[]):
            return True
        case ast.Call(func=ast.Name(name), args=[], keywords=[]):
            return scope.is_module and name in {"vars", *others}
    return False


def _is_this_module(node: ast.AST) -> bool:
    """Whether it is ``sys.modules[__name__]``."""
    match node:
        case ast.Subscript(
            value=ast.Attribute(attr="modules") | ast.Name("modules"),
            slice=ast.Name("__name__"),
        ):
            return True
    return False
