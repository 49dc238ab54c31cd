"""Code that need not be compiled again, because the file it came from did not change."""

import marshal
import os
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import NamedTuple

from liveimport.core.names import Bound, bound_in
from liveimport.core.snapshot import Stamp
from liveimport.core.state import Module

_LATER_NS = 20_000_000
_HEADER = 16


class Kept(NamedTuple):
    """The code of one version of a module.

    Attributes:
        digest: Of its source.
        code: What it was compiled to.
        binds: The names that it binds.
    """

    digest: str
    code: CodeType
    binds: Bound


class KeptCode:
    """The code of modules as they ran last, and of files that were read to be run next."""

    def __init__(self) -> None:
        self._versions: dict[str, tuple[Kept, ...]] = {}

    def get(self, name: str, digest: str) -> Kept | None:
        """Returns the code of exactly this source of a module, if it is kept."""
        for kept in self._versions.get(name, ()):
            if kept.digest == digest:
                return kept
        return None

    def of(self, module: Module) -> Kept | None:
        """Returns the code of the module as it is known: kept, or from its bytecode cache."""
        kept = self.get(module.name, module.digest)
        if kept is not None:
            return kept
        if module.stamp is not None and module.path is not None:
            code = cached_code(module.path, module.stamp)
            if code is not None and module.contents is not None:
                binds = module.contents.bound or bound_in(code, module.contents.data)
                return self.add(module.name, Kept(module.digest, code, binds))
        return None

    def compiled(self, name: str, path: str, data: bytes, digest: str) -> Kept:
        """Returns the code of a source, compiled unless it is kept.

        Raises:
            SyntaxError: It is not Python.
            ValueError: It is not even text.
            RecursionError: It is nested too deep.
            MemoryError: The same, to some versions of Python.
        """
        kept = self.get(name, digest)
        if kept is not None:
            return kept
        code = SourceFileLoader(name, path).source_to_code(data, path)
        return self.add(name, Kept(digest, code, bound_in(code, data)))

    def add(self, name: str, kept: Kept) -> Kept:
        """Keeps the code beside that of the version that ran last."""
        self._versions[name] = (*self._versions.get(name, ())[:1], kept)
        return kept

    def ran(self, name: str, kept: Kept) -> None:
        """Keeps the code of what has just run, and no other of that module."""
        self._versions[name] = (kept,)


def cached_code(path: str, stamp: Stamp) -> CodeType | None:
    """Returns the code of a version of a file from its bytecode cache, or None.

    A cache names its source by whole seconds and size, which an edit may leave alone. So it
    is believed only if it was written after that version was, which the file's ctime tells.
    """
    from importlib.util import cache_from_source  # noqa: PLC0415  # importing us is to be cheap

    try:
        cache = cache_from_source(path)
        written_ns = os.stat(cache).st_mtime_ns
        if written_ns <= max(stamp.mtime_ns, stamp.ctime_ns) + _LATER_NS:
            return None
        with open(cache, "rb") as file:
            data = file.read()
        if data[:_HEADER] != _header(stamp.mtime_ns, stamp.size):
            return None
        code = marshal.loads(memoryview(data)[_HEADER:])  # noqa: S302  # as importlib does
    # NotImplementedError: importlib's answer where this Python keeps no bytecode at all.
    except (OSError, NotImplementedError, EOFError, ValueError, TypeError):
        return None
    return code if isinstance(code, CodeType) else None


def _header(mtime_ns: int, size: int) -> bytes:
    from importlib.util import MAGIC_NUMBER  # noqa: PLC0415  # importing us is to be cheap

    return (
        MAGIC_NUMBER
        + (0).to_bytes(4, "little")
        + (mtime_ns // 1_000_000_000 & 0xFFFFFFFF).to_bytes(4, "little")
        + (size & 0xFFFFFFFF).to_bytes(4, "little")
    )
