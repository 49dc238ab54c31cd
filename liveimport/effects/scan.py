"""stat, read, `sys.modules` → Snapshot."""

import os
import sys
import time
from collections.abc import Callable, Iterable, MutableMapping
from itertools import compress, count
from operator import attrgetter, ne
from types import MappingProxyType
from typing import Any, NamedTuple

from attrs import frozen

from liveimport.core.snapshot import Snapshot, Stamp
from liveimport.core.state import Module, State

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


Namespace = MutableMapping[str, Any]


@frozen(repr=False)
class Files:
    """The files that a State is compared with.

    Attributes:
        tracked: Those of tracked modules: a change of one of them is what a sync looks for.
        others: Those of modules that were read and are not tracked. They may be when the
            changes of the others are seen, so then they are looked at too.
        paths: The paths of `tracked`.
        expected: Their numbers; None where no file is expected.
        racy: Which of them are racy, by place.
        chunks: Paths with what is expected of them, a few at a time.
    """

    tracked: tuple[Watched, ...] = ()
    others: tuple[Watched, ...] = ()
    paths: tuple[str, ...] = ()
    expected: tuple[Numbers | None, ...] = ()
    racy: frozenset[int] = frozenset()
    chunks: tuple[tuple[tuple[str, ...], tuple[Numbers | None, ...]], ...] = ()


def _files(tracked: tuple[Watched, ...], others: tuple[Watched, ...]) -> Files:
    paths = tuple(file.path for file in tracked)
    expected = tuple(file.numbers for file in tracked)
    racy = frozenset(place for place, file in enumerate(tracked) if file.racy)
    return Files(tracked, others, paths, expected, racy, _chunks(paths, expected))


def _chunks(
    paths: tuple[str, ...], expected: tuple[Numbers | None, ...]
) -> tuple[tuple[tuple[str, ...], tuple[Numbers | None, ...]], ...]:
    return tuple(
        (paths[place : place + _CHUNK], expected[place : place + _CHUNK])
        for place in range(0, len(paths), _CHUNK)
    )


def files_of(state: State) -> Files:
    """Returns the files of all modules that were ever read."""
    tracked = frozenset(state.tracked)
    modules = dict(state.modules.items())
    return _files(
        tracked=tuple(
            _watch(module, module.path)
            for module in map(modules.__getitem__, state.tracked)
            if module.path is not None
        ),
        others=tuple(
            _watch(module, module.path)
            for name, module in sorted(modules.items())
            if name not in tracked and module.path is not None and module.contents is not None
        ),
    )


def refreshed(files: Files, state: State, names: Iterable[str]) -> Files:
    """Returns the files with the stamps that `state`, tracking the same, has of `names`."""
    anew = frozenset(names)
    if not anew:
        return files

    def now(file: Watched) -> Watched:
        module = state.modules.get(file.name)
        return file if module is None or module.path is None else _watch(module, module.path)

    tracked, others, expected = list(files.tracked), list(files.others), list(files.expected)
    racy = set(files.racy)
    for place, file in enumerate(files.tracked):
        if file.name in anew:
            tracked[place] = seen = now(file)
            expected[place] = seen.numbers
            (racy.add if seen.racy else racy.discard)(place)
    for place, file in enumerate(files.others):
        if file.name in anew:
            others[place] = now(file)
    numbers = tuple(expected)
    chunks = _chunks(files.paths, numbers)
    return Files(tuple(tracked), tuple(others), files.paths, numbers, frozenset(racy), chunks)


def _watch(module: Module, path: str) -> Watched:
    stamp = module.stamp
    if stamp is None:
        return Watched(module.name, path, module.racy, None)
    numbers = (stamp.mtime_ns, stamp.size, stamp.inode, stamp.ctime_ns)
    return Watched(module.name, path, module.racy, numbers)


def unchanged(files: Files) -> bool:
    """Whether every tracked file is as expected.

    Whatever else a sync does, it begins with this, and mostly ends with it: it has to cost
    little beside the stats. To compare a few at a time is quicker than one after the other, and
    holds on to too little to set the garbage collector to work.
    """
    if files.racy:
        return False
    numbers = _numbers()
    try:
        return all(
            tuple(map(numbers, map(os.stat, paths))) == expected
            for paths, expected in files.chunks
        )
    except (OSError, ValueError):
        return False


def changes(files: Files) -> dict[str, Stamp | None]:
    """Returns, by module, the stamps of the tracked files that may not be as the State has them."""
    try:
        # Nothing is held on to: so many tuples would set the garbage collector to work.
        differ = map(ne, map(_numbers(), map(os.stat, files.paths)), files.expected)
        places = [*compress(count(), differ)]
    except (OSError, ValueError):
        return _changes(files.tracked)
    return _changes(files.tracked[place] for place in sorted({*places, *files.racy}))


def all_changes(files: Files) -> dict[str, Stamp | None]:
    """Returns the same of all files that were ever read."""
    return {**changes(files), **_changes(files.others)}


def _changes(files: Iterable[Watched]) -> dict[str, Stamp | None]:
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
    module = sys.modules.get(name) if isinstance(name, str) else None
    return name if module is not None and vars(module) is namespace else None
