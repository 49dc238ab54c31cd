"""Code that need not be compiled again, because the file it came from did not change."""

import marshal
import warnings
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any, NamedTuple

from liveimport.core.names import Bound, bound_in, held_back_warnings
from liveimport.core.snapshot import Stamp
from liveimport.core.state import Module

from .files import read, stamp_of

_LATER_NS = 20_000_000
_HEADER = 16


class Kept(NamedTuple):
    """The code of one version of a module.

    Attributes:
        path: Its file, which tracebacks name.
        digest: Of its source.
        code: What it was compiled to.
        binds: The names that it binds.
        warned: What the compiler warned of, as `warnings.showwarning` takes it, until shown.
    """

    path: str
    digest: str
    code: CodeType
    binds: Bound
    warned: tuple[tuple[Any, ...], ...] = ()


class KeptCode:
    """The code of modules as they ran last, and of files that were read to be run next."""

    def __init__(self) -> None:
        self._versions: dict[str, tuple[Kept, ...]] = {}

    def get(self, name: str, path: str | None, digest: str) -> Kept | None:
        """Returns the code of exactly this source of a module, if it is kept."""
        for kept in self._versions.get(name, ()):
            if kept.digest == digest and kept.path == path:
                return kept
        return None

    def of(self, module: Module) -> Kept | None:
        """Returns the code of a module whose file is as it is known: kept, or from its cache."""
        kept = self.get(module.name, module.path, module.digest)
        if kept is not None:
            return kept
        if module.stamp is not None and module.path is not None:
            code = cached_code(module.path, module.stamp)
            if code is not None and module.contents is not None:
                binds = module.contents.bound or bound_in(code, module.contents.data)
                return self._add(module.name, Kept(module.path, module.digest, code, binds))
        return None

    def compiled(self, name: str, path: str, data: bytes, digest: str) -> Kept:
        """Returns the code of a source, compiled unless it is kept.

        Nothing is warned of before it runs: it may only be looked at, and several times.

        Raises:
            SyntaxError: It is not Python.
            ValueError: It is not even text.
            RecursionError: It is nested too deep.
            MemoryError: The same, to some versions of Python.
        """
        kept = self.get(name, path, digest)
        if kept is not None:
            return kept
        with held_back_warnings() as warned:
            code = SourceFileLoader(name, path).source_to_code(data, path)
        return self._add(name, Kept(path, digest, code, bound_in(code, data), tuple(warned)))

    def _add(self, name: str, kept: Kept) -> Kept:
        """Keeps the code beside that of the version that ran last."""
        self._versions[name] = (*self._versions.get(name, ())[:1], kept)
        return kept

    def run_now(self, name: str, kept: Kept) -> None:
        """Gives the warnings of what is about to run, and keeps no other code of that module."""
        for warning in kept.warned:
            warnings.showwarning(*warning)
        versions = self._versions.get(name, ())
        if kept.warned or len(versions) != 1 or versions[0] is not kept:
            self._versions[name] = (kept._replace(warned=()),)


def cached_code(path: str, stamp: Stamp) -> CodeType | None:
    """Returns the code of a version of a file from its bytecode cache, or None.

    A cache names its source by whole seconds and size, which an edit may leave alone. So it
    is believed only if it was written after that version was, which the file's ctime tells.
    """
    from importlib.util import cache_from_source  # noqa: PLC0415  # importing us is to be cheap

    try:
        cache = read(cache_from_source(path))
    except NotImplementedError:  # importlib's answer where this Python keeps no bytecode at all
        return None
    youngest_ns = max(stamp.mtime_ns, stamp.ctime_ns)
    if cache is None or cache.stamp.mtime_ns <= youngest_ns + _LATER_NS:
        return None
    if cache.data[:_HEADER] != _header(stamp.mtime_ns, stamp.size):
        return None
    try:
        code = marshal.loads(memoryview(cache.data)[_HEADER:])  # noqa: S302  # as importlib does
    except (EOFError, ValueError, TypeError):
        return None
    # Last of all: only of a file that is still that version, the cache is surely that version's.
    return code if isinstance(code, CodeType) and stamp_of(path) == stamp else None


def _header(mtime_ns: int, size: int) -> bytes:
    from importlib.util import MAGIC_NUMBER  # noqa: PLC0415  # importing us is to be cheap

    return (
        MAGIC_NUMBER
        + (0).to_bytes(4, "little")
        + (mtime_ns // 1_000_000_000 & 0xFFFFFFFF).to_bytes(4, "little")
        + (size & 0xFFFFFFFF).to_bytes(4, "little")
    )
