"""The functional core: immutable values and pure functions of them.

Nothing in this folder touches a file, a clock, `sys.modules`, importlib or IPython.
import-linter and `tests/core/test_purity.py` hold that; the contract is in pyproject.toml.
"""

from typing import TypeVar

_Class = TypeVar("_Class", bound=type)


def public(cls: _Class) -> _Class:
    """Returns a class as one that users know by its name in `liveimport`.

    So its name in messages, in pickles and in the documentation does not say where its file is.
    """
    cls.__module__ = "liveimport"
    return cls
