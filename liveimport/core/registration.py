"""Import statements → bindings, in execution order.

A *binding* is one name that one import statement gives a namespace. The same value
describes the imports of a cell and those of a module: what a statement binds and what
it refers to follow the same rules in both (design promise 3).
"""

import ast
from collections.abc import Callable, Iterable
from typing import NamedTuple

STAR = "*"


class Binding(NamedTuple):
    """One name that one import statement binds.

    Attributes:
        name: The bound name; ``"*"`` for a star binding, which binds whatever is public.
        module: Absolute name of the module that the statement names.
        attribute: The name asked of that module; None when the module itself is asked for.
        aliased: Whether ``import a.b.c`` carries an ``as``. It decides between binding
            ``a`` (without) and binding ``a.b.c`` (with).
        starred: Whether it is one name's share of a star binding.
    """

    name: str
    module: str
    attribute: str | None = None
    aliased: bool = False
    starred: bool = False

    @property
    def statement(self) -> str:
        """The import statement that makes just this binding, as source text."""
        if self.attribute is None:
            return f"import {self.module}" + (f" as {self.name}" if self.aliased else "")
        renamed = f" as {self.name}" if self.name != self.attribute else ""
        return f"from {self.module} import {self.attribute}{renamed}"

    @property
    def submodule(self) -> str | None:
        """The module that ``from module import attribute`` asks for, if that is a module."""
        if self.attribute is None or self.attribute == STAR:
            return None
        return f"{self.module}.{self.attribute}"


class Registration(NamedTuple):
    """The bindings of one namespace, in execution order.

    Attributes:
        key: Stands for the namespace; opaque to the core.
        bindings: Each at the place of its last execution, so none occurs twice.
    """

    key: int
    bindings: tuple[Binding, ...]

    def __repr__(self) -> str:
        return f"Registration({self.key}, {len(self.bindings)} bindings)"


def parse_imports(
    text: str, *, package: str = "", allow_other_statements: bool = False
) -> tuple[Binding, ...]:
    """Returns the bindings that the top-level import statements of `text` make, in order.

    The text is dedented first.

    Raises:
        SyntaxError: `text` is not Python.
        ValueError: A top-level statement is no import, and other statements are not allowed.
        ImportError: A relative import leaves `package`.
    """
    tree = _parsed(text)
    if not allow_other_statements:
        for statement in tree.body:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                raise ValueError(  # noqa: TRY004  # it is about what the text says
                    f"line {statement.lineno} is not an import statement: "
                    f"{ast.unparse(statement).splitlines()[0]}"
                )
    return tuple(
        binding for statement in tree.body for binding in statement_bindings(statement, package)
    )


def _parsed(text: str) -> ast.Module:
    if text[:1].strip():
        try:
            return ast.parse(text)
        except IndentationError as error:
            refusal = error
    else:
        from textwrap import dedent  # noqa: PLC0415  # it takes longer to load than all else here

        try:
            return ast.parse(dedent(text))
        except IndentationError as error:
            refusal = error
    try:
        return ast.parse(_dedented(text))
    except SyntaxError:
        raise refusal from None


def _dedented(text: str) -> str:
    """Returns a text without the indentation that all of it has.

    The first line may be a statement right behind the quotes, and comments stand anywhere.
    """
    from textwrap import dedent  # noqa: PLC0415  # see above

    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = ["" if line.lstrip().startswith("#") else line for line in lines]
    if not lines[0].strip():
        return dedent("\n".join(lines))
    ast.parse(lines[0])
    return "\n".join((lines[0], dedent("\n".join(lines[1:]))))


def statement_bindings(statement: ast.stmt, package: str) -> tuple[Binding, ...]:
    """Returns the bindings of one statement: none when it is no import.

    Raises:
        ImportError: A relative import leaves `package`.
    """
    if isinstance(statement, ast.Import):
        return tuple(
            Binding(
                name=alias.asname or alias.name.partition(".")[0],
                module=alias.name,
                aliased=alias.asname is not None,
            )
            for alias in statement.names
        )
    if isinstance(statement, ast.ImportFrom):
        module = absolute_name(statement.module or "", statement.level, package)
        return tuple(
            Binding(name=alias.asname or alias.name, module=module, attribute=alias.name)
            for alias in statement.names
        )
    return ()


def absolute_name(module: str, level: int, package: str) -> str:
    """Returns the absolute name of a module imported with `level` leading dots in `package`.

    Raises:
        ImportError: The dots lead out of the package.
    """
    if level == 0:
        return module
    dotted = "." * level + module
    if not package:
        raise ImportError(f"relative import {dotted!r} needs a package, and none is given")
    parts = package.split(".")
    if level > len(parts):
        raise ImportError(f"relative import {dotted!r} leaves its package {package!r}")
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{module}" if module else base


def prefixes(module: str) -> tuple[str, ...]:
    """Returns the module's parents and itself: ``a.b.c`` gives ``a``, ``a.b``, ``a.b.c``."""
    if "." not in module:
        return (module,)
    parts = module.split(".")
    return tuple(".".join(parts[: end + 1]) for end in range(len(parts)))


def _none_listed(_module: str) -> Iterable[str]:
    return ()


def refers(
    binding: Binding,
    is_module: Callable[[str], bool],
    listed: Callable[[str], Iterable[str]] = _none_listed,
) -> tuple[str, ...]:
    """Returns the modules that a binding refers to (design promise 3).

    ``import a.b as x`` binds what `a` shows under that name, so if it hides the module, `a` too.
    ``from a import *`` imports the submodules that are `listed` in the `__all__` of `a`.
    """
    if binding.attribute is None:
        module = binding.module
        if not binding.aliased:
            return prefixes(module)
        package = module.rpartition(".")[0]
        return (package, module) if package and not is_module(module) else (module,)
    if binding.attribute == STAR:
        submodules = (f"{binding.module}.{name}" for name in listed(binding.module))
        return (binding.module, *filter(is_module, submodules))
    submodule = binding.submodule
    if submodule is not None and is_module(submodule):
        return (binding.module, submodule) if binding.starred else (submodule,)
    return (binding.module,)


def merge(earlier: tuple[Binding, ...], executed: tuple[Binding, ...]) -> tuple[Binding, ...]:
    """Returns `earlier` followed by `executed`, each binding only where it was executed last.

    Repeating a statement adds nothing, so registering is idempotent, and no name is decided
    otherwise than by the whole history.
    """
    last: dict[Binding, None] = {}
    for binding in (*earlier, *executed):
        last.pop(binding, None)
        last[binding] = None
    return tuple(last)
