"""Names of the notebook that still hold objects of a replaced version of a module."""

import ast
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any

from liveimport.core.names import bound_in, held_back_warnings
from liveimport.effects.loaded import dict_of

_BUDGET_S = 0.05
_MOST_LINES = 10
_INTERNAL = frozenset({"In", "Out", "get_ipython", "exit", "quit", "open"})


def holder_lines(shell: Any, reloaded: frozenset[str], told: frozenset[str]) -> tuple[str, ...]:
    """Returns a line for each name that holds an object of an old version of `reloaded`.

    Looked at are the names and, one level deep, the members of lists, tuples and dicts, as
    long as a twentieth of a second lasts. Names that were `told` of already are left out.
    """
    until = time.monotonic() + _BUDGET_S
    cells = _Cells(shell.history_manager.input_hist_parsed, until)
    lines: list[str] = []
    for name, value in list(shell.user_ns.items()):
        if time.monotonic() > until or len(lines) == _MOST_LINES:
            break
        if name.startswith("_") or name in _INTERNAL or name in told:
            continue
        said = _first_said(name, value, reloaded, until)
        if said:
            cell = cells.made(name)
            lines.append(said + (f", made in In [{cell}]" if cell else ""))
    return tuple(lines)


def _first_said(name: str, value: Any, reloaded: frozenset[str], until: float) -> str:
    try:
        return next(_said(name, value, reloaded, until), "")
    except Exception:  # noqa: BLE001  # objects of users may raise anything when they are asked
        return ""


def _said(name: str, value: Any, reloaded: frozenset[str], until: float) -> Iterator[str]:
    """Yields what the name holds of old; its members only if it is not old itself."""
    old = _old(value, reloaded)
    if old:
        yield f"{name} {old}"
    for index, member in _members(value):
        if time.monotonic() > until:
            return
        old = _old(member, reloaded)
        if old:
            yield f"{name}[{_shown(index)}] {old}"


def _shown(index: object) -> str:
    """Returns a key as it prints; objects of users may raise anything when they are asked."""
    try:
        return repr(index)
    except Exception:  # noqa: BLE001  # see above
        return "…"


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    if type(value) in (list, tuple):
        yield from enumerate(value)
    elif type(value) is dict:
        yield from list(value.items())


def _old(value: Any, reloaded: frozenset[str]) -> str:
    if issubclass(type(value), (FunctionType, type)):
        return f"is the old {_name(value)}" if _is_replaced(value, reloaded) else ""
    kind = type(value)
    return f"is an instance of the old {_name(kind)}" if _is_replaced(kind, reloaded) else ""


def _name(made: Any) -> str:
    return f"{made.__module__}.{made.__qualname__}"


def _is_replaced(made: Any, reloaded: frozenset[str]) -> bool:
    """Whether a class or function of a reloaded module is no longer what its name stands for."""
    module, qualname = made.__module__, made.__qualname__
    if module not in reloaded or "<" in qualname:
        return False
    now: Any = dict_of(sys.modules.get(module))
    for part in qualname.split("."):
        if not isinstance(now, Mapping) or part not in now:
            return True
        held = now[part]
        now = vars(held) if isinstance(held, type) else {}
    return held is not made


class _Cells:
    """The cells that have run, and the names that each binds as far as somebody asked."""

    def __init__(self, codes: Sequence[str], until: float) -> None:
        self._codes = codes
        self._until = until
        self._bound: dict[int, frozenset[str]] = {}

    def made(self, name: str) -> int | None:
        """Returns the number of the last cell that binds the name; None too if time runs out."""
        for number in range(len(self._codes) - 1, 0, -1):
            if time.monotonic() > self._until:
                return None
            if name in self._codes[number] and name in self._bound_by(number):
                return number
        return None

    def _bound_by(self, number: int) -> frozenset[str]:
        if number not in self._bound:
            self._bound[number] = _bound(self._codes[number])
        return self._bound[number]


def _bound(code: str) -> frozenset[str]:
    """Returns the names that a cell binds; none of one that is not Python."""
    try:
        with held_back_warnings():
            made = compile(code, "", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        return bound_in(made, code.encode()).names
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
