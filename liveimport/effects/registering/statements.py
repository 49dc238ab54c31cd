"""The statements that scripts register: are they what may be registered? Executing them."""

import sys
from collections.abc import MutableMapping
from types import FrameType, ModuleType
from typing import TYPE_CHECKING

from liveimport.core.imports import Binding, last_bindings, parse_imports, parsed_dedented
from liveimport.core.report import messages
from liveimport.effects.loaded.modules import public_names_of

from .executed import are_locals, lack, lacking_attribute, lacking_package, refusal

if TYPE_CHECKING:
    from liveimport.effects.session.parts import Namespace
    from liveimport.effects.session.session import Session


def check_namespace(namespace: object, caller: FrameType) -> None:
    """Raises if names cannot be bound again in a namespace; `caller` is the code that gave it."""
    if not isinstance(namespace, MutableMapping):
        raise TypeError(messages.not_a_namespace(messages.printed(namespace)))
    if are_locals(namespace, caller):
        raise ValueError(messages.locals_of_function())


def checked_package(package: object) -> str:
    """Returns the package that relative imports are relative to; raises if it is no name."""
    if isinstance(package, ModuleType):
        raise TypeError(messages.module_as_package(package.__name__))
    if package is not None and not isinstance(package, str):
        raise TypeError(messages.not_a_package(messages.printed(package)))
    return package or ""


def parsed(
    statements: object, package: str, *, allow_other_statements: bool
) -> tuple[Binding, ...]:
    """Returns the bindings of import statements; raises if they are none, or not only these."""
    if isinstance(statements, ModuleType):
        raise TypeError(messages.module_as_statement(statements.__name__))
    if not isinstance(statements, str):
        raise TypeError(messages.not_statements(messages.printed(statements)))
    try:
        return parse_imports(
            statements, package=package, allow_other_statements=allow_other_statements
        )
    except SyntaxError:
        from liveimport.core.cells.magic_line import has_magic_line  # noqa: PLC0415  # only mistakes

        if has_magic_line(statements):
            raise ValueError(messages.magic_in_statements()) from None
        raise


def check_executed(
    session: "Session",
    namespace: "Namespace",
    bindings: tuple[Binding, ...],
    others: frozenset[str],
) -> None:
    """Raises if a namespace has not executed the import of a binding.

    What a star import gives, what another import of the text binds after it, and what `others`
    of its statements may bind, is not compared.
    """
    for binding in bindings:
        missing = lacking_package(namespace, binding) or lack(namespace, binding)
        if missing and binding.module in sys.modules and lacking_attribute(binding):
            raise ValueError(lacking_attribute(binding))
        if missing:
            raise ValueError(messages.execute_first(missing, binding.statement))
    is_bound = session.values_bound_in(namespace)
    for binding in last_bindings(bindings, public_names_of(bindings)).values():
        if binding.via_star or binding.name in others:
            continue
        refused = refusal(namespace, binding, is_bound)
        if refused:
            raise ValueError(refused)


def execute_followed(
    session: "Session", namespace: "Namespace", importstmts: str, package: str
) -> None:
    """Executes import statements, and follows which files the modules read."""
    is_reading = session.read_log.is_on
    try:
        session.begin_reading()
        _execute(namespace, importstmts, package)
    finally:
        if not is_reading:
            session.read_log.end()


def _execute(namespace: "Namespace", importstmts: str, package: str) -> None:
    code = compile(parsed_dedented(importstmts), "<importstmts>", "exec", dont_inherit=True)
    # Names are bound in the namespace; relative imports look into these globals.
    globals_of_imports = {
        "__name__": namespace.get("__name__", "__main__"),
        "__package__": package or namespace.get("__package__"),
    }
    exec(code, globals_of_imports, namespace)  # noqa: S102  # imports only, and asked for
