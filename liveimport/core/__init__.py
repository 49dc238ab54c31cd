"""The functional core: immutable values and pure functions of them.

Nothing in this folder touches a file, a clock, `sys.modules`, importlib or IPython.
import-linter and `tests/core/test_purity.py` hold that; the contract is in pyproject.toml.
"""

from typing import Any, TypeVar

from attrs import fields

_Class = TypeVar("_Class", bound=type)


def public(cls: _Class) -> _Class:
    """Returns a class as one that users know by its name in `liveimport`.

    So its name in messages, in pickles and in the documentation does not say where its file is.
    """
    cls.__module__ = "liveimport"
    return cls


class Value:
    """A frozen value, equal to another one of its class that has equal fields.

    attrs would write and compile that for each class: 0.3 ms each as it is imported.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(self._compared())

    def _compared(self) -> tuple[object, ...]:
        own: Any = type(self)  # each of these classes is one of attrs
        return tuple([getattr(self, f.name) for f in fields(own) if f.eq])
