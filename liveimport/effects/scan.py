"""stat, read, `sys.modules` → Snapshot."""

import os
import sys
import time
from collections.abc import Callable, Iterable, MutableMapping
from operator import attrgetter, eq
from typing import Any, NamedTuple

from attrs import evolve, field, frozen
from pyrsistent import pmap

from liveimport.core.snapshot import Snapshot, Stamp, Unseen
from liveimport.core.state import Module, State
from liveimport.core.versions import leads, worth_reading

from .files import read_source
from .finding import find, forget_directories
from .loads import Loads
from .shedding import starred_names

Numbers = tuple[int, int, int, int]


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
        expected: Their numbers, if each is there and none is racy; else empty.
    """

    tracked: tuple[Watched, ...] = ()
    others: tuple[Watched, ...] = ()
    paths: tuple[str, ...] = field(init=False)
    expected: tuple[Numbers, ...] = field(init=False)

    @paths.default
    def _paths(self) -> tuple[str, ...]:
        return tuple(file.path for file in self.tracked)

    @expected.default
    def _expected(self) -> tuple[Numbers, ...]:
        if any(file.racy for file in self.tracked):
            return ()
        numbers = tuple(file.numbers for file in self.tracked if file.numbers is not None)
        return numbers if len(numbers) == len(self.tracked) else ()


def files_of(state: State) -> Files:
    """Returns the files of all modules that were ever read."""
    tracked = frozenset(state.tracked)
    return Files(
        tracked=tuple(
            _watch(module, module.path)
            for module in map(state.modules.__getitem__, state.tracked)
            if module.path is not None
        ),
        others=tuple(
            _watch(module, module.path)
            for name, module in sorted(state.modules.items())
            if name not in tracked and module.path is not None and module.contents is not None
        ),
    )


def refreshed(files: Files, state: State, names: Iterable[str]) -> Files:
    """Returns the files with the stamps that `state`, tracking the same, has of `names`."""
    anew = frozenset(names)

    def now(file: Watched) -> Watched:
        module = state.modules.get(file.name) if file.name in anew else None
        return file if module is None or module.path is None else _watch(module, module.path)

    return Files(tuple(map(now, files.tracked)), tuple(map(now, files.others)))


def _watch(module: Module, path: str) -> Watched:
    stamp = module.stamp
    if stamp is None:
        return Watched(module.name, path, module.racy, None)
    numbers = (stamp.mtime_ns, stamp.size, stamp.inode, stamp.ctime_ns)
    return Watched(module.name, path, module.racy, numbers)


def unchanged(files: Files) -> bool:
    """Whether every tracked file is as expected.

    Whatever else a sync does, it begins with this, and mostly ends with it: it has to cost
    little beside the stats.
    """
    if len(files.expected) != len(files.paths):
        return False
    try:
        return all(map(eq, map(_numbers(), map(os.stat, files.paths)), files.expected))
    except (OSError, ValueError):
        return False


def changes(files: Iterable[Watched]) -> dict[str, Stamp | None]:
    """Returns, by module, the stamps of the files that may not be as the State has them."""
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
        stamps=pmap(stamps),
        loaded=frozenset(sys.modules),
        hosts=frozenset(filter(None, map(_host, namespaces))),
    )


def _host(namespace: Namespace) -> str | None:
    name = namespace.get("__name__")
    module = sys.modules.get(name) if isinstance(name, str) else None
    return name if module is not None and vars(module) is namespace else None


def look(state: State, snapshot: Snapshot, unseen: Unseen, loads: Loads) -> Snapshot:
    """Returns the snapshot with what core asked to see, and what that leads to."""
    if unseen.names:
        forget_directories()
    stamps = snapshot.stamps.evolver()
    sources = snapshot.sources.evolver()
    found = snapshot.found.evolver()
    names, wanted = list(unseen.names), list(unseen.sources)
    seen = {*snapshot.found, *names}
    while names or wanted:
        while wanted:
            one = wanted.pop()
            module = state.modules.get(one.name)
            same_place = module is not None and module.path == one.path
            known = (module.digest, module.contents) if module and same_place else ("", None)
            met = (module is None or module.contents is None) and one.name in snapshot.loaded
            source = read_source(one.path, one.package, known, loaded=met)
            if source is None:
                stamps.set(one.name, None)
                continue
            if source.contents.stars:
                starred = starred_names(one.name, source.contents.stars)
                source = evolve(source, starred=starred)
            sources.set(one.name, source)
            if source.contents is known[1]:
                continue
            more = [name for name in leads(state, source.contents) if name not in seen]
            names += more
            seen.update(more)
        while names:
            name = names.pop()
            place = find(name, loads)
            found.set(name, place)
            if name not in snapshot.sources:
                wanted += worth_reading(state, name, place)
    return evolve(
        snapshot,
        stamps=stamps.persistent(),
        sources=sources.persistent(),
        found=found.persistent(),
    )
