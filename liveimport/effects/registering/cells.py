"""What a cell registers that was just executed."""

from typing import TYPE_CHECKING

from liveimport.core.imports import Binding, last_bindings, parse_imports, why_nothing_registers
from liveimport.effects.loaded.modules import public_names_of

from .executed import lack, refusal

if TYPE_CHECKING:
    from liveimport.effects.session.parts import Namespace
    from liveimport.effects.session.session import Session


def register_cell(session: "Session", namespace: "Namespace", code: str, *, clear: bool) -> str:
    """Registers the top-level imports of a cell that has just been executed.

    Imports that the cell itself undid, for example by `del`, are left out.

    Returns:
        Why it registers nothing; empty if it does register something.

    Raises:
        SyntaxError: The cell is not Python.
        ImportError: A relative import leaves the package of the namespace.
    """
    bindings = _bindings_of_cell(namespace, code)
    undone = [lack(namespace, binding) for binding in bindings]
    executed = tuple(b for b, reason in zip(bindings, undone, strict=True) if not reason)
    session.register(namespace, executed, clear=clear)
    return "" if executed else why_nothing_registers(code, undone)


def register_of_project(
    session: "Session", namespace: "Namespace", code: str, *, failed: bool
) -> None:
    """Registers the top-level imports of a cell that import modules of the user's own.

    Of a cell that failed, these are only those whose names have what they give: it may not have
    got to the others.

    Raises:
        SyntaxError: The cell is not Python.
        ImportError: A relative import leaves the package of the namespace.
    """
    is_bound = session.values_bound_in(namespace)

    def was_executed(binding: Binding) -> bool:
        if lack(namespace, binding) or not session.is_of_project(binding):
            return False
        names = last_bindings((binding,), public_names_of((binding,))).values()
        return not failed or all(
            one.name in namespace and not refusal(namespace, one, is_bound) for one in names
        )

    executed = tuple(filter(was_executed, _bindings_of_cell(namespace, code)))
    if executed:
        session.register(namespace, executed, clear=False)


def _bindings_of_cell(namespace: "Namespace", code: str) -> tuple[Binding, ...]:
    package = namespace.get("__package__")
    return parse_imports(
        code,
        package=package if isinstance(package, str) else "",
        allow_other_statements=True,
    )
