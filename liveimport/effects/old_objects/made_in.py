"""Which cell bound a name last. It is read from the history."""

import ast
import time
from collections.abc import Sequence

from liveimport.core.source.names import names_in_code
from liveimport.effects.observe.files import held_warnings


class History:
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
