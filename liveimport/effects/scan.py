"""stat, read, `sys.modules` → Snapshot."""

import os
import sys
import time
from collections.abc import Callable, Iterable, MutableMapping
from operator import attrgetter, eq
from typing import Any, NamedTuple

from attrs import evolve, frozen
from pyrsistent import pmap

from liveimport.core.snapshot import Snapshot, Source, Stamp, Unseen, Wanted
from liveimport.core.source import Contents
from liveimport.core.state import Module, State
from liveimport.core.versions import leads, worth_reading

from .bytecode import KeptCode
from .files import read_source, trouble_of
from .finding import find, forget_directories
from .loads import Loads
from .stars import starred_names

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
        expected: Their numbers; None where no file is expected.
        racy: Which of them are racy, by place.
    """

    tracked: tuple[Watched, ...] = ()
    others: tuple[Watched, ...] = ()
    paths: tuple[str, ...] = ()
    expected: tuple[Numbers | None, ...] = ()
    racy: frozenset[int] = frozenset()


def _files(tracked: tuple[Watched, ...], others: tuple[Watched, ...]) -> Files:
    return Files(
        tracked=tracked,
        others=others,
        paths=tuple(file.path for file in tracked),
        expected=tuple(file.numbers for file in tracked),
        racy=frozenset(place for place, file in enumerate(tracked) if file.racy),
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

    tracked = [now(file) if file.name in anew else file for file in files.tracked]
    others = [now(file) if file.name in anew else file for file in files.others]
    return _files(tuple(tracked), tuple(others))


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
    if files.racy:
        return False
    try:
        return all(map(eq, map(_numbers(), map(os.stat, files.paths)), files.expected))
    except (OSError, ValueError):
        return False


def changes(files: Files) -> dict[str, Stamp | None]:
    """Returns, by module, the stamps of the tracked files that may not be as the State has them."""
    try:
        found = tuple(map(_numbers(), map(os.stat, files.paths)))
    except (OSError, ValueError):
        return _changes(files.tracked)
    places = {p for p, same in enumerate(map(eq, found, files.expected)) if not same}
    return {files.tracked[p].name: Stamp(*found[p]) for p in sorted(places | files.racy)}


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
        stamps=pmap(stamps),
        loaded=frozenset(sys.modules),
        hosts=frozenset(filter(None, map(_host, namespaces))),
    )


def _host(namespace: Namespace) -> str | None:
    name = namespace.get("__name__")
    module = sys.modules.get(name) if isinstance(name, str) else None
    return name if module is not None and vars(module) is namespace else None


def look(
    state: State, snapshot: Snapshot, unseen: Unseen, loads: Loads, kept: KeptCode
) -> Snapshot:
    """Returns the snapshot with what was asked for, and what that leads to."""
    if unseen.names:
        forget_directories()
    stamps = snapshot.stamps.evolver()
    sources = snapshot.sources.evolver()
    found = snapshot.found.evolver()
    names, wanted = list(unseen.names), list(unseen.sources)
    seen = {*snapshot.found, *names}
    rewritten: set[str] = set()
    while names or wanted:
        while wanted:
            one = wanted.pop()
            module = state.modules.get(one.name)
            known = _known(module, one)
            source = read_source(one.path, one.package, known)
            if source is None:
                stamps.set(one.name, None)
                continue
            if source.contents is not known[1]:
                met = (module is None or module.contents is None) and (
                    one.name in snapshot.loaded
                )
                alien = one.name in rewritten or (module is not None and module.rewritten)
                source = _starred(one.name, source)
                source = source if met or alien else _compiled(one, source, kept)
                more = [name for name in leads(state, source.contents) if name not in seen]
                names += more
                seen.update(more)
            sources.set(one.name, source)
        while names:
            name = names.pop()
            place = find(name, loads)
            found.set(name, place)
            if place.rewritten:
                rewritten.add(name)
            if name not in snapshot.sources:
                wanted += worth_reading(state, name, place)
    return evolve(
        snapshot,
        stamps=stamps.persistent(),
        sources=sources.persistent(),
        found=found.persistent(),
    )


def _known(module: Module | None, wanted: Wanted) -> tuple[str, Contents | None]:
    """Returns the digest of the source that is known of a file, and what it says."""
    if module is None or module.path != wanted.path:
        return "", None
    return module.digest, module.contents


def _starred(name: str, source: Source) -> Source:
    stars = source.contents.stars
    return evolve(source, starred=starred_names(name, stars)) if stars else source


def _compiled(wanted: Wanted, source: Source, kept: KeptCode) -> Source:
    """Returns a source that is to run with the names of its code, and the code is kept."""
    if source.trouble:
        return source
    try:
        new = kept.compiled(wanted.name, wanted.path, source.data, source.digest)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return evolve(source, contents=Contents(), trouble=trouble_of(error))
    return evolve(source, contents=source.contents.with_names(new.binds))
