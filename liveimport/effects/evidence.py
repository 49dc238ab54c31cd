"""Whether a loaded module can have come from its file as it is now, by what it holds.

For modules that were loaded before anybody took notes. The answer is yes only if every
statement of the file leaves a trace that can be compared: functions and classes by their
code, constants by their value, imports by being there. A single statement that cannot be
compared, such as a call, makes it no.
"""

import __future__

import ast
import builtins
import operator
import sys
import warnings
from collections.abc import Callable, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any

from liveimport.core.names import bound_in
from liveimport.core.registration import STAR, statement_bindings
from liveimport.core.state import relative_to

from .files import read
from .loaded import dict_of

_MISSING = object()
_GIVEN_TO_MODULES = frozenset(
    [
        "__annotations__",
        "__builtins__",
        "__cached__",
        "__doc__",
        "__file__",
        "__loader__",
        "__name__",
        "__package__",
        "__path__",
        "__spec__",
        "__warningregistry__",
    ]
)
_GIVEN_TO_CLASSES = frozenset(
    [
        "__annotations__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__module__",
        "__qualname__",
        "__static_attributes__",
        "__weakref__",
    ]
)
_PLAIN = (int, float, complex, bool, str, bytes, type(None))
_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def agrees(module: ModuleType, path: str) -> bool:
    """Whether all that the file says shows in the module, and can be compared."""
    try:
        return _shows(module, path)
    # It is no Python, leaves its package, is nested too deep; or what the module holds raises.
    except Exception:  # noqa: BLE001  # whatever it is, it is no proof
        return False


def _shows(module: ModuleType, path: str) -> bool:
    reading = read(path)
    if reading is None or reading.trouble:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the import has given them
        tree = ast.parse(reading.data)
        code = compile(tree, path, "exec", dont_inherit=True)
    held = dict_of(module)
    starred = _starred(tree, relative_to(held["__name__"], package="__path__" in held))
    more = set(held) - bound_in(code, reading.data).names - _GIVEN_TO_MODULES - starred
    return all(_is_submodule(held, name) for name in more) and _body_agrees(
        tree.body, held, _codes(code)
    )


def _starred(tree: ast.Module, package: str) -> set[str]:
    """Returns the names that star imports may have given."""
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    stars = (b for node in imports for b in statement_bindings(node, package) if b.name == STAR)
    return {
        name
        for star in stars
        if star.module in sys.modules
        for name in dict_of(sys.modules[star.module])
    }


def _is_submodule(held: Mapping[str, Any], name: str) -> bool:
    return sys.modules.get(f"{held['__name__']}.{name}", held) is held[name]


def _bound(body: list[ast.stmt]) -> set[str]:
    """Returns the names that statements of the comparable kinds bind."""
    names: set[str] = set()
    for statement in body:
        match statement:
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names.update(a.asname or a.name.partition(".")[0] for a in aliases)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(statement.name)
            case (
                ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                names.add(name)
    return names


def _codes(code: CodeType) -> dict[tuple[str, int], CodeType]:
    """Returns the code of the functions and classes right in `code`, by name and line."""
    return {
        (inner.co_name, inner.co_firstlineno): inner
        for inner in code.co_consts
        if isinstance(inner, CodeType)
    }


def _body_agrees(
    body: list[ast.stmt], held: Any, codes: dict[tuple[str, int], CodeType]
) -> bool:
    return all(_agrees(statement, held, codes) for statement in body)


def _agrees(  # noqa: PLR0911  # one for each kind of statement
    statement: ast.stmt, held: Any, codes: dict[tuple[str, int], CodeType]
) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Import(names=names):
            return all((a.asname or a.name.partition(".")[0]) in held for a in names)
        case ast.ImportFrom(names=names):
            return all(a.name == "*" or (a.asname or a.name) in held for a in names)
        case ast.FunctionDef() | ast.AsyncFunctionDef() if not statement.decorator_list:
            return _function_agrees(statement, held, codes)
        case ast.ClassDef(keywords=[], decorator_list=[]):
            return _class_agrees(statement, held, codes)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return _value_agrees(value, held, name)
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
            annotations = held.get("__annotations__", {})
            return _value_agrees(value, held, name) and _annotation_agrees(
                statement.annotation,
                held,
                annotations.get(name, _MISSING),
                as_text=held.get("annotations") is __future__.annotations,
            )
    return False


def _value_agrees(value: ast.expr, held: Any, name: str) -> bool:
    if isinstance(value, ast.Name):
        return held.get(name, _MISSING) is held.get(value.id, held)
    try:
        expected = _evaluate(value, held)
    except (ValueError, TypeError, KeyError, ArithmeticError, MemoryError, RecursionError):
        return False
    return repr(expected) == repr(held.get(name, _MISSING))


def _annotation_agrees(
    annotation: ast.expr, held: Any, value: object, *, as_text: bool
) -> bool:
    """Whether an annotation is that value, or its text where annotations are not evaluated."""
    text = ast.unparse(annotation)
    if as_text:
        return value == text
    if isinstance(annotation, ast.Name):
        return value is held.get(text, getattr(builtins, text, _MISSING))
    return repr(value) == text


def _evaluate(value: ast.expr, held: Any) -> Any:
    """Returns the value of an expression that can be had without running anybody's code.

    Raises:
        ValueError: It cannot.
    """
    match value:
        case ast.Name(id=name):
            return _plain(held[name])
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if isinstance(
            held.get(name), ModuleType
        ):
            return _plain(vars(held[name])[attribute])
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_evaluate(left, held), _evaluate(right, held))
    return ast.literal_eval(value)


def _plain(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    raise ValueError("its operators would run somebody's code")


def _function_agrees(
    statement: ast.FunctionDef | ast.AsyncFunctionDef,
    held: Any,
    codes: dict[tuple[str, int], CodeType],
) -> bool:
    function = held.get(statement.name)
    if not isinstance(function, FunctionType):
        return False
    return (
        function.__code__ == codes.get((statement.name, statement.lineno))
        and _defaults_agree(statement.args, function)
        and _annotations_agree(statement, held, function)
    )


def _defaults_agree(arguments: ast.arguments, function: FunctionType) -> bool:
    defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
    have = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    shown = [default.value for default in defaults if isinstance(default, ast.Constant)]
    return len(shown) == len(defaults) and repr(shown) == repr(have)


def _annotations_agree(
    statement: ast.FunctionDef | ast.AsyncFunctionDef, held: Any, function: FunctionType
) -> bool:
    arguments = statement.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    named += [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    said = {a.arg: a.annotation for a in named if a.annotation is not None}
    if statement.returns is not None:
        said["return"] = statement.returns
    have = function.__annotations__
    as_text = bool(function.__code__.co_flags & __future__.annotations.compiler_flag)
    return said.keys() == have.keys() and all(
        _annotation_agrees(said[name], held, have[name], as_text=as_text) for name in said
    )


def _class_agrees(
    statement: ast.ClassDef, held: Any, codes: dict[tuple[str, int], CodeType]
) -> bool:
    made = held.get(statement.name)
    code = codes.get((statement.name, statement.lineno))
    if not isinstance(made, type) or code is None:
        return False
    if not all(isinstance(base, ast.Name) for base in statement.bases):
        return False
    names = [base.id for base in statement.bases if isinstance(base, ast.Name)]
    more = set(vars(made)) - _bound(statement.body) - _GIVEN_TO_CLASSES
    return (
        not more
        and [b.__name__ for b in made.__bases__] == (names or ["object"])
        and _body_agrees(statement.body, vars(made), _codes(code))
    )
