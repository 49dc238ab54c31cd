"""What scan saw: stamps, sources, loaded modules.

A snapshot is partial. It holds what core asked for, and for the rest core takes what the
State says: a file that the snapshot does not name is as it was when its module last ran.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from attrs import frozen

from .source import Contents


class Stamp(NamedTuple):
    """What stat said of a file.

    Attributes:
        mtime_ns: Modification time in nanoseconds since the epoch.
        size: In bytes.
        inode: The file's number in its file system.
        ctime_ns: Status change time in nanoseconds. It cannot be set back, so it betrays a
            write that restored the others; alone it is no change, but a reason to read.
    """

    mtime_ns: int
    size: int
    inode: int
    ctime_ns: int

    @property
    def mtime(self) -> float:
        """Modification time in seconds since the epoch."""
        return self.mtime_ns / 1e9

    def same_version(self, other: "Stamp") -> bool:
        """Whether mtime, size and inode agree (design promise 4)."""
        return (self.mtime_ns, self.size, self.inode) == (
            other.mtime_ns,
            other.size,
            other.inode,
        )


class Source(NamedTuple):
    """A source file as it was read, once, next to its stamp.

    Attributes:
        stamp: Taken before the read and confirmed after it.
        racy: Whether the stamp is so young that another write could hide behind it.
        data: The bytes: what runs is what was read.
        digest: Of the bytes.
        contents: What they say; empty where `trouble` is not.
        starred: Names that the module, if it is loaded, has from its star imports.
        trouble: Why the file cannot be read or parsed, in a line; empty where it can.
        errno: The system's number for that, or 0.
    """

    stamp: Stamp
    racy: bool
    data: bytes
    digest: str
    contents: Contents = Contents()
    starred: frozenset[str] = frozenset()
    trouble: str = ""
    errno: int = 0

    def __repr__(self) -> str:
        return f"Source({len(self.data)} bytes, {self.contents}, trouble={self.trouble!r})"


class Found(NamedTuple):
    """What scan found under a module name.

    Attributes:
        loaded: Whether it is in `sys.modules`.
        exists: Whether it is loaded or an import of it would find it.
        path: Its source file, or its extension's; None for what has no file of its own.
        real: The same with symbolic links resolved.
        package: Whether it can have submodules.
        extension: Whether `path` is compiled code, which never reloads.
        rewritten: Whether a loader of its own makes the code, so that a source that is not
            Python proves nothing.
        shadowed: Whether its package, as it is loaded, shows something else under its name,
            as after ``from .run import run``.
        version: The file's stamp when the module was loaded; None when that is not known.
        digest: Of the bytes it was loaded from, or empty where the stamp decides alone.
        generation: How many reloading syncs there had been when it was loaded.
    """

    loaded: bool
    exists: bool
    path: str | None = None
    real: str | None = None
    package: bool = False
    extension: bool = False
    rewritten: bool = False
    shadowed: bool = False
    version: Stamp | None = None
    digest: str = ""
    generation: int = 0


ABSENT = Found(loaded=False, exists=False)


@frozen(repr=False)
class Snapshot:
    """What scan saw. Its mappings are made once and cannot be changed.

    Attributes:
        now: When, in seconds since the epoch.
        stamps: By module name, of the files that may differ from what the State says;
            None: no file.
        sources: By module name, of the files that were read.
        found: By name, of the modules that were looked up.
        loaded: The names of all that is in `sys.modules`.
        hosts: Modules in whose dict statements are registered. They are bound anew, so
            unless they are tracked themselves they do not reload.
    """

    now: float
    stamps: Mapping[str, Stamp | None] = MappingProxyType({})
    sources: Mapping[str, Source] = MappingProxyType({})
    found: Mapping[str, Found] = MappingProxyType({})
    loaded: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return (
            f"Snapshot({len(self.stamps)} stamps, {len(self.sources)} sources, "
            f"{len(self.found)} found)"
        )


class Wanted(NamedTuple):
    """A module whose source core must see.

    Attributes:
        name: The module.
        path: Its file.
        package: What its relative imports are relative to.
    """

    name: str
    path: str
    package: str


class Unseen(NamedTuple):
    """What core must see before it can plan, in a fixed order. Falsy when nothing is missing.

    Attributes:
        names: Modules to look up.
        sources: Modules whose source to read.
    """

    names: tuple[str, ...] = ()
    sources: tuple[Wanted, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names or self.sources)
