"""Import statements as bindings: parse them, find their modules, decide which one wins.

A *binding* is one name that one import statement gives a namespace. The same value describes
the imports of a cell and those of a module, because both follow the same rules (design promise 3).
"""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from . import public
from .report import messages

STAR = "*"

_FILE = "<importstmts>"
"""What errors name as the file of statements that are registered."""


@public
class Binding(NamedTuple):
    """One name that one import statement binds.

    Attributes:
        name: The bound name; ``"*"`` for a star binding, which binds whatever is public.
        module: Absolute name of the module that the statement names.
        attribute: The name asked of that module; None when the module itself is asked for.
        aliased: Whether ``import a.b.c`` carries an ``as``. It decides between binding
            ``a`` (without) and binding ``a.b.c`` (with).
        via_star: Whether it is one name of a star binding.
    """

    name: str
    module: str
    attribute: str | None = None
    aliased: bool = False
    via_star: bool = False

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
    tree = parsed_dedented(text)
    if not allow_other_statements:
        for statement in tree.body:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                first_line = ast.unparse(statement).splitlines()[0]
                raise ValueError(  # noqa: TRY004  # it is about what the text says
                    messages.not_an_import(statement.lineno, first_line)
                )
    return tuple(
        binding for statement in tree.body for binding in statement_bindings(statement, package)
    )


def names_bound_otherwise(text: str) -> frozenset[str]:
    """Returns the names that statements of a text may bind which are no top-level imports.

    Raises:
        SyntaxError: `text` is not Python.
    """
    others = [
        node
        for statement in parsed_dedented(text).body
        if not isinstance(statement, ast.Import | ast.ImportFrom)
        for node in ast.walk(statement)
    ]
    names: set[str] = set()
    for node in others:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names.add(name)
            case (
                ast.FunctionDef(name=str(name))
                | ast.AsyncFunctionDef(name=str(name))
                | ast.ClassDef(name=str(name))
                | ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.MatchMapping(rest=str(name))
            ):
                names.add(name)
            case ast.Import() | ast.ImportFrom():
                names.update(binding.name for binding in _written(node))
    return frozenset(names)


def _written(statement: ast.Import | ast.ImportFrom) -> tuple[Binding, ...]:
    """Returns the bindings of an import, whatever package it is relative to."""
    if isinstance(statement, ast.ImportFrom):
        names = (alias.asname or alias.name for alias in statement.names)
        return tuple(Binding(name, "") for name in names)
    return statement_bindings(statement, "")


def why_nothing_registers(text: str, undone: Sequence[str]) -> str:
    """Returns why code that was executed registers nothing.

    `undone` has, for each binding of its top-level imports, why that does not hold any more.

    Raises:
        SyntaxError: `text` is not Python.
    """
    if undone:
        return undone[0]
    for statement in parsed_dedented(text).body:
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(statement)):
            return messages.because_nested_in(_head_of(statement))
    return messages.because_no_import()


def _head_of(statement: ast.stmt) -> str:
    """Returns the first line of a statement, without decorators: ``try:``."""
    lines = ast.unparse(statement).splitlines()
    return next(line for line in lines if not line.startswith("@"))


def parsed_dedented(text: str) -> ast.Module:
    """Returns the syntax tree of a text without the indentation that all of it has.

    Raises:
        SyntaxError: It is not Python.
    """
    if text[:1].strip():
        try:
            return ast.parse(text, _FILE)
        except IndentationError as error:
            refusal = error
    else:
        from textwrap import dedent  # noqa: PLC0415  # it takes longer to load than all else here

        try:
            return ast.parse(dedent(text), _FILE)
        except IndentationError as error:
            refusal = error
    try:
        return ast.parse(_dedented(text), _FILE)
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
        raise ImportError(messages.relative_import_needs_package(dotted))
    parts = package.split(".")
    if level > len(parts):
        raise ImportError(messages.relative_import_leaves_package(dotted, package))
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{module}" if module else base


def with_parents(modules: Iterable[str]) -> tuple[str, ...]:
    """Returns each module behind its parents, once: ``a.b.c`` gives ``a``, ``a.b``, ``a.b.c``.

    That is the order in which importing them starts them.
    """
    names: dict[str, None] = {}
    for module in modules:
        end = module.find(".")
        while end >= 0:
            names[module[:end]] = None
            end = module.find(".", end + 1)
        names[module] = None
    return tuple(names)


def _no_names(_module: str) -> Iterable[str]:
    return ()


def modules_referred_to(
    binding: Binding,
    is_module: Callable[[str], bool],
    names_in_all: Callable[[str], Iterable[str]] = _no_names,
) -> tuple[str, ...]:
    """Returns the modules that a binding refers to (design promise 3).

    ``import a.b as x`` binds what ``a`` has under the name ``b``. If that is not the submodule,
    the binding refers to ``a`` too. ``from a import *`` also imports the submodules that the
    ``__all__`` of ``a`` names.
    """
    if binding.attribute is None:
        module = binding.module
        if not binding.aliased:
            return with_parents((module,))
        package = module.rpartition(".")[0]
        return (package, module) if package and not is_module(module) else (module,)
    if binding.attribute == STAR:
        submodules = (f"{binding.module}.{name}" for name in names_in_all(binding.module))
        return (binding.module, *filter(is_module, submodules))
    submodule = binding.submodule
    if submodule is not None and is_module(submodule):
        return (binding.module, submodule) if binding.via_star else (submodule,)
    return (binding.module,)


def possible_modules(bindings: Iterable[Binding]) -> tuple[str, ...]:
    """Returns every name that one of these bindings may take for a module, parents first.

    ``from a import b`` may name the module ``a.b``. For a star see `names_in_all`.
    """
    return with_parents(binding.submodule or binding.module for binding in bindings)


def append_executed(
    earlier: tuple[Binding, ...], executed: tuple[Binding, ...]
) -> tuple[Binding, ...]:
    """Returns `earlier` followed by `executed`, each binding only where it was executed last.

    So executing a statement twice adds nothing.
    """
    last: dict[Binding, None] = {}
    for binding in (*earlier, *executed):
        last.pop(binding, None)
        last[binding] = None
    return tuple(last)


def last_bindings(
    bindings: Iterable[Binding], public_names: Mapping[str, Iterable[str]]
) -> Mapping[str, Binding]:
    """Returns, by name, the binding that was executed last among those that bind the name.

    `public_names` has, by module, the names that a star import of it binds. A star counts as
    one binding for each of these names.
    """
    last: dict[str, Binding] = {}
    for binding in bindings:
        if binding.name == STAR:
            for name in public_names.get(binding.module, ()):
                last[name] = Binding(name, binding.module, attribute=name, via_star=True)
        else:
            last[binding.name] = binding
    return last


class Rebinds(NamedTuple):
    """What a reload asks of one namespace.

    Attributes:
        bind: The bindings to make again.
        vanished: Bindings that a star import made before the reload, and nothing makes now.
        own: Names of `bind` that hold a value of the user's. It is replaced.
        kept: Bindings that are not made, because the name holds a value of the user's.
        deleted: Bindings that are not made, because the user deleted the name.
    """

    bind: tuple[Binding, ...]
    vanished: tuple[Binding, ...]
    own: frozenset[str] = frozenset()
    kept: tuple[Binding, ...] = ()
    deleted: tuple[Binding, ...] = ()

    def without(self, names: frozenset[str]) -> "Rebinds":
        """Returns the same without bindings of these names."""
        if not names:
            return self
        return self._replace(bind=tuple(b for b in self.bind if b.name not in names))

    def with_own_names(
        self, own: frozenset[str], deleted: frozenset[str], *, keep: bool
    ) -> "Rebinds":
        """Returns the same, if the user bound and deleted these names (design promise 1).

        With `keep` they stay as they are. None of them vanishes: it is the user's already.
        """
        theirs = own | deleted
        vanished = tuple(b for b in self.vanished if b.name not in theirs)
        if not keep:
            return Rebinds(self.bind, vanished, own)
        return Rebinds(
            bind=tuple(b for b in self.bind if b.name not in theirs),
            vanished=vanished,
            kept=tuple(b for b in self.bind if b.name in own),
            deleted=tuple(b for b in self.bind if b.name in deleted),
        )


def rebinds(
    last: tuple[Mapping[str, Binding], Mapping[str, Binding]],
    reloaded: frozenset[str],
    referred: Callable[[Binding], Iterable[str]],
    old: frozenset[str] = frozenset(),
) -> Rebinds:
    """Returns which names a reload binds again, and which a star import no longer gives.

    A name is bound again if its last binding refers to a reloaded module, or if another
    binding is the last now, because a star import no longer gives the name (promise 1). So are
    the `old` names, which hold what a reloaded module defined: a package may give what another
    module defines. `last` are the `last_bindings` before and after the reload.
    """
    last_before, last_after = last
    bind = tuple(
        binding
        for name, binding in last_after.items()
        if name in old
        or not reloaded.isdisjoint(referred(binding))
        or (name in last_before and last_before[name] != binding)
    )
    vanished = tuple(b for name, b in last_before.items() if name not in last_after)
    return Rebinds(bind, vanished)
