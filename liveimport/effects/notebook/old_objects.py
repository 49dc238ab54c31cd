"""Names of the notebook that still hold objects of an old version of a module."""

import ast
import sys
import time
from collections.abc import Mapping, Sequence
from types import FunctionType
from typing import Any

from liveimport.core.report import messages
from liveimport.core.report.rendering import OLD_OBJECT, Line
from liveimport.core.source.names import names_in_code
from liveimport.effects.loaded.modules import namespace_of
from liveimport.effects.observe.files import held_warnings

_BUDGET_S = 0.05
_MAX_LINES = 10
_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class that a program made as it ran
_IPYTHON_NAMES = frozenset({"In", "Out", "get_ipython", "exit", "quit", "open"})


def old_object_lines(
    shell: Any, reloaded: frozenset[str], already_reported: frozenset[str]
) -> tuple[str, ...]:
    """Returns a line for each name that holds an object of an old version of `reloaded`.

    The members of lists, tuples and dicts count too, one level deep. The search ends after a
    twentieth of a second. Names that are `already_reported` are left out.
    """
    deadline = time.monotonic() + _BUDGET_S
    history = _History(shell.history_manager.input_hist_parsed, deadline)
    lines: list[str] = []
    for name, value in list(shell.user_ns.items()):
        if time.monotonic() > deadline or len(lines) == _MAX_LINES:
            break
        if name.startswith("_") or name in _IPYTHON_NAMES or name in already_reported:
            continue
        try:
            sentence = _sentence(name, value, reloaded, deadline)
        except Exception:  # noqa: BLE001  # objects of users may raise anything when they are read
            sentence = ""
        if sentence:
            line = messages.made_in_cell(sentence, history.last_cell_binding(name))
            lines.append(Line(line, kind=OLD_OBJECT))
    return tuple(lines)


def _sentence(name: str, value: Any, reloaded: frozenset[str], deadline: float) -> str:
    """Returns that the value is old, or else its first old member; empty if nothing is."""
    definition = _old_definition(value, reloaded)
    if definition is not None:
        return _is_old(name, value, definition)
    members: Any = ()
    if type(value) in (list, tuple):
        members = enumerate(value)
    elif type(value) is dict:
        members = list(value.items())
    for key, member in members:
        if time.monotonic() > deadline:
            break
        definition = _old_definition(member, reloaded)
        if definition is not None:
            return _is_old(messages.member_of(name, _repr_of(key)), member, definition)
    return ""


def _is_old(name: str, value: Any, definition: Any) -> str:
    full_name = f"{definition.__module__}.{definition.__qualname__}"
    if definition is value:
        return messages.is_old_object(name, full_name)
    return messages.is_old_instance(name, full_name)


def _repr_of(key: object) -> str:
    try:
        return repr(key)
    except Exception:  # noqa: BLE001  # objects of users may raise anything when they are printed
        return "…"


def _old_definition(value: Any, reloaded: frozenset[str]) -> Any:
    """Returns the old class or function that a value is, or is an instance of; else None.

    It is old if its module was reloaded, and its name there now stands for something else.
    """
    definition = value if issubclass(type(value), (FunctionType, type)) else type(value)
    module, qualname = definition.__module__, definition.__qualname__
    if module not in reloaded or "<" in qualname:
        return None
    if isinstance(definition, type) and not definition.__flags__ & _HEAP_TYPE:
        return None  # it is compiled, so no run of a module made it
    namespace: Any = namespace_of(sys.modules.get(module))
    found: Any = None
    for part in qualname.split("."):
        if not isinstance(namespace, Mapping) or part not in namespace:
            return definition
        found = namespace[part]
        namespace = vars(found) if isinstance(found, type) else {}
    return None if found is definition else definition


class _History:
    """The cells that have run. The names that a cell binds are read when they are needed."""

    def __init__(self, cells: Sequence[str], deadline: float) -> None:
        self._cells = cells
        self._deadline = deadline
        self._names: dict[int, frozenset[str]] = {}

    def last_cell_binding(self, name: str) -> int | None:
        """Returns the number of the last cell that binds the name.

        None if no cell does, or if there is no time left.
        """
        for number in range(len(self._cells) - 1, 0, -1):
            if time.monotonic() > self._deadline:
                return None
            if name in self._cells[number] and name in self._names_of(number):
                return number
        return None

    def _names_of(self, number: int) -> frozenset[str]:
        if number not in self._names:
            self._names[number] = _bound_names(self._cells[number])
        return self._names[number]


def _bound_names(code: str) -> frozenset[str]:
    """Returns the names that the code of a cell binds; none if it is not Python."""
    try:
        with held_warnings():
            compiled = compile(
                code, "", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
            )
            return names_in_code(compiled, code.encode()).module_level
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
