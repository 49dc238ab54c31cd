"""Code that need not be compiled again, because the file it came from did not change."""

import importlib.util
import marshal
import os
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any

from liveimport.core.steps import DEPENDENT, Step

_LATER_NS = 20_000_000
_HEADER = 16


class KeptCode:
    """The code of modules that ran, by the digest of their source."""

    def __init__(self) -> None:
        self._codes: dict[str, tuple[str, CodeType]] = {}

    def get(self, step: Step) -> CodeType | None:
        """Returns the code of exactly this source, if it is kept."""
        digest, code = self._codes.get(step.module, ("", None))
        return code if digest == step.source.digest else None

    def keep(self, step: Step, code: CodeType) -> None:
        """Keeps the code of a module in place of that of its former source."""
        self._codes[step.module] = (step.source.digest, code)


def cached_code(loader: Any, step: Step) -> CodeType | None:
    """Returns the code from the bytecode cache of a file that did not change, or None.

    A cache names its source by whole seconds and size, which an edit may leave alone. So it
    is believed only for a module that is a mere dependent, and only if it was written after
    the file was touched last, which the file's ctime tells.
    """
    if type(loader) is not SourceFileLoader or step.reason != DEPENDENT:
        return None
    stamp = step.source.stamp
    try:
        path = importlib.util.cache_from_source(step.path)
        written_ns = os.stat(path).st_mtime_ns
        if written_ns <= max(stamp.mtime_ns, stamp.ctime_ns) + _LATER_NS:
            return None
        with open(path, "rb") as file:
            data = file.read()
        if data[:_HEADER] != _header(stamp.mtime_ns, stamp.size):
            return None
        code = marshal.loads(memoryview(data)[_HEADER:])  # noqa: S302  # as importlib does
    # NotImplementedError: importlib's answer where this Python keeps no bytecode at all.
    except (OSError, NotImplementedError, EOFError, ValueError, TypeError):
        return None
    return code if isinstance(code, CodeType) else None


def _header(mtime_ns: int, size: int) -> bytes:
    return (
        importlib.util.MAGIC_NUMBER
        + (0).to_bytes(4, "little")
        + (mtime_ns // 1_000_000_000 & 0xFFFFFFFF).to_bytes(4, "little")
        + (size & 0xFFFFFFFF).to_bytes(4, "little")
    )
