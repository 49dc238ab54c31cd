"""stat, read, `sys.modules` → Snapshot."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from liveimport.core.snapshot import Snapshot, Stamp
from liveimport.core.state import Module, State

from .loaded import dict_of

Numbers = tuple[int, int, int, int]

_CHUNK = 64


def _numbers() -> Callable[[os.stat_result], Numbers]:
    """Returns what picks the numbers of a stamp out of a stat, all in C."""
    return attrgetter("st_mtime_ns", "st_size", "st_ino", "st_ctime_ns")


class Watched(NamedTuple):
    """A file to compare with the stamp that the State has of it.

    Attributes:
        name: Its module.
        path: The file.
        racy: Whether its content has to be compared too.
        numbers: The stamp's four, as a plain tuple; None where no file is expected.
    """

    name: str
    path: str
    racy: bool
    numbers: Numbers | None


class Chunk(NamedTuple):
    """A few files, to be compared at once.

    To compare a few at a time is quicker than one after the other, and holds on to too little
    to set the garbage collector to work.

    Attributes:
        files: They.
        paths: Where they are.
        expected: Their numbers.
        racy: Whether one of them is racy.
    """

    files: tuple[Watched, ...]
    paths: tuple[str, ...]
    expected: tuple[Numbers | None, ...]
    racy: bool


Namespace = MutableMapping[str, Any]


class Files(NamedTuple):
    """The files that a State is compared with.

    Attributes:
        chunks: Those of tracked modules: a change of one of them is what a sync looks for.
        others: Those of modules that were read and are not tracked. They may be when the
            changes of the others are seen, so then they are looked at too.
        places: By module, in which chunk it is.
    """

    chunks: tuple[Chunk, ...] = ()
    others: tuple[Watched, ...] = ()
    places: Mapping[str, int] = MappingProxyType({})

    def __repr__(self) -> str:
        return f"Files({len(self.places)} tracked, {len(self.others)} others)"


def files_of(state: State) -> Files:
    """Returns the files of all modules that were ever read."""
    tracked = frozenset(state.tracked)
    modules = dict(state.modules.items())
    watched = [
        _watch(module, module.path)
        for module in map(modules.__getitem__, state.tracked)
        if module.path is not None
    ]
    return Files(
        chunks=tuple(
            _chunk(watched[start : start + _CHUNK]) for start in range(0, len(watched), _CHUNK)
        ),
        others=tuple(
            _watch(module, module.path)
            for name, module in sorted(modules.items())
            if name not in tracked and module.path is not None and module.contents is not None
        ),
        places=MappingProxyType(
            {file.name: number // _CHUNK for number, file in enumerate(watched)}
        ),
    )


def refreshed(files: Files, state: State, names: Iterable[str]) -> Files:
    """Returns the files with the stamps that `state`, tracking the same, has of `names`."""
    anew = frozenset(names)

    def now(file: Watched) -> Watched:
        module = state.modules.get(file.name)
        return file if module is None or module.path is None else _watch(module, module.path)

    def all_now(watched: tuple[Watched, ...]) -> list[Watched]:
        return [now(file) if file.name in anew else file for file in watched]

    chunks = list(files.chunks)
    for place in {files.places[name] for name in anew if name in files.places}:
        chunks[place] = _chunk(all_now(chunks[place].files))
    others = files.others
    if not anew <= files.places.keys():
        others = tuple(all_now(others))
    return Files(tuple(chunks), others, files.places)


def _watch(module: Module, path: str) -> Watched:
    stamp = module.stamp
    if stamp is None:
        return Watched(module.name, path, module.racy, None)
    numbers = (stamp.mtime_ns, stamp.size, stamp.inode, stamp.ctime_ns)
    return Watched(module.name, path, module.racy, numbers)


def _chunk(files: Sequence[Watched]) -> Chunk:
    return Chunk(
        files=tuple(files),
        paths=tuple([file.path for file in files]),
        expected=tuple([file.numbers for file in files]),
        racy=any(file.racy for file in files),
    )


def changes(files: Files) -> dict[str, Stamp | None]:
    """Returns, by module, the stamps of the tracked files that may not be as the State has them.

    Whatever else a sync does, it begins with this, and mostly ends with it: it has to cost
    little beside the stats.
    """
    numbers = _numbers()
    seen: dict[str, Stamp | None] = {}
    for chunk in files.chunks:
        try:
            now = tuple(map(numbers, map(os.stat, chunk.paths)))
        except (OSError, ValueError):
            seen.update(_changes(chunk.files))
            continue
        if now != chunk.expected or chunk.racy:
            seen.update(
                (file.name, Stamp(*found))
                for file, found in zip(chunk.files, now, strict=True)
                if file.racy or found != file.numbers
            )
    return seen


def changes_of_others(files: Files) -> dict[str, Stamp | None]:
    """Returns the same of the files whose modules are not tracked."""
    return _changes(files.others)


def _changes(files: Iterable[Watched]) -> dict[str, Stamp | None]:
    """Returns the same of files of which some may be away."""
    seen: dict[str, Stamp | None] = {}
    numbers_of = _numbers()
    for name, path, racy, numbers in files:
        try:
            now = numbers_of(os.stat(path))
        except (OSError, ValueError):
            if numbers is not None:
                seen[name] = None
            continue
        if racy or now != numbers:
            seen[name] = Stamp(*now)
    return seen


def begin(stamps: dict[str, Stamp | None], namespaces: Iterable[Namespace] = ()) -> Snapshot:
    """Returns the snapshot of these stamps, and of what is loaded."""
    return Snapshot(
        now=time.time(),
        stamps=MappingProxyType(stamps),
        loaded=frozenset(sys.modules),
        hosts=frozenset(filter(None, map(_host, namespaces))),
    )


def _host(namespace: Namespace) -> str | None:
    name = namespace.get("__name__")
    if isinstance(name, str) and dict_of(sys.modules.get(name)) is namespace:
        return name
    return None
