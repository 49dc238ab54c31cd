"""stat, read, `sys.modules` → Snapshot."""

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, MutableMapping
from operator import attrgetter, eq
from typing import Any, NamedTuple

from attrs import evolve, frozen
from pyrsistent import pmap

from liveimport.core.snapshot import Found, Snapshot, Source, Stamp, Unseen, Wanted
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
    return Files(tuple(tracked), tuple(others), files.paths, tuple(expected), frozenset(racy))


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
        # Nothing is held on to: so many tuples would set the garbage collector to work.
        alike = map(eq, map(_numbers(), map(os.stat, files.paths)), files.expected)
        places = [place for place, same in enumerate(alike) if not same]
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
    return _Look(state, snapshot, loads, kept).at(unseen)


class _Look:
    """A look while it is taken: it notes what it sees, and does not outlive the call."""

    def __init__(self, state: State, snapshot: Snapshot, loads: Loads, kept: KeptCode) -> None:
        self._modules = state.modules
        self._state = state
        self._snapshot = snapshot
        self._loads = loads
        self._kept = kept
        self._gone: dict[str, Stamp | None] = {}
        self._sources: dict[str, Source] = {}
        self._found: dict[str, Found] = {}
        self._asked: frozenset[str] = frozenset()
        self._led_to: set[str] = set()

    def at(self, unseen: Unseen) -> Snapshot:
        """Returns the snapshot with what there is to see."""
        wanted = list(unseen.sources)
        pending = deque(unseen.names)
        self._asked = frozenset(unseen.names)
        while pending or wanted:
            while wanted:
                pending += self._read(wanted.pop())
            if pending:
                wanted += self._find(pending.popleft())
        before = self._snapshot
        return evolve(
            before,
            stamps=before.stamps.update(self._gone),
            sources=before.sources.update(self._sources),
            found=before.found.update(self._found),
        )

    def _read(self, wanted: Wanted) -> list[str]:
        """Reads a source. Returns the names that it leads to."""
        name = wanted.name
        module = self._modules.get(name)
        known = _known(module, wanted)
        source = read_source(wanted.path, wanted.package, known)
        if source is None:
            self._gone[name] = None
            return []
        if source.contents is known[1]:
            self._sources[name] = source
            return []
        if source.contents.stars:
            source = evolve(source, starred=starred_names(name, source.contents.stars))
        if self._is_to_run(name, module):
            source = _compiled(wanted, source, self._kept)
        self._sources[name] = source
        more = [n for n in leads(source.contents) if self._is_news(n)]
        self._led_to.update(more)
        return more

    def _is_to_run(self, name: str, module: Module | None) -> bool:
        """Whether the source read is not just that of a module met, and plain Python."""
        met = (module is None or module.contents is None) and name in self._snapshot.loaded
        place = self._found.get(name) or module
        return not met and (place is None or not place.rewritten)

    def _is_news(self, name: str) -> bool:
        return (
            name not in self._led_to
            and name not in self._asked
            and name not in self._modules
            and name not in self._snapshot.found
        )

    def _find(self, name: str) -> tuple[Wanted, ...]:
        """Looks a name up, unless it cannot be a module's. Returns what to read of it."""
        package = name.rpartition(".")[0]
        parent = self._found.get(package) or self._modules.get(package)
        if parent is not None and not parent.package and name not in self._asked:
            return ()
        place = self._found[name] = find(name, self._loads)
        if name in self._snapshot.sources:
            return ()
        return worth_reading(self._state, name, place)


def _known(module: Module | None, wanted: Wanted) -> tuple[str, Contents | None]:
    """Returns the digest of the source that is known of a file, and what it says."""
    if module is None or module.path != wanted.path:
        return "", None
    return module.digest, module.contents


def _compiled(wanted: Wanted, source: Source, kept: KeptCode) -> Source:
    """Returns a source that is to run with the names of its code, and the code is kept."""
    if source.trouble:
        return source
    try:
        new = kept.compiled(wanted.name, wanted.path, source.data, source.digest)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return evolve(source, contents=Contents(), trouble=trouble_of(error))
    return evolve(source, contents=source.contents.with_names(new.binds))
