"""stat, read, `sys.modules` → Snapshot."""

import os
import sys
import time
from collections.abc import Iterable, MutableMapping
from typing import Any, NamedTuple

from attrs import evolve, frozen
from pyrsistent import pmap

from liveimport.core.snapshot import Snapshot, Stamp, Unseen
from liveimport.core.state import Module, State
from liveimport.core.survey import leads, worth_reading

from .files import read_source
from .finding import find, forget_directories
from .loads import Loads
from .shedding import starred_names


class Watched(NamedTuple):
    """A file to compare with the stamp that the State has of it.

    A plain tuple with the stamp laid out flat: comparing it costs little beside the stat.
    Where the State has no stamp, the four numbers are None, and no file is the expected.
    """

    name: str
    path: str
    racy: bool
    mtime_ns: int | None
    size: int | None
    inode: int | None
    ctime_ns: int | None


Namespace = MutableMapping[str, Any]


@frozen(repr=False)
class Files:
    """The files that a State is compared with.

    Attributes:
        tracked: Those of tracked modules: a change of one of them is what a sync looks for.
        others: Those of modules that were read and are not tracked. They may be when the
            changes of the others are seen, so then they are looked at too.
    """

    tracked: tuple[Watched, ...] = ()
    others: tuple[Watched, ...] = ()


def files_of(state: State) -> Files:
    """Returns the files of all modules that were ever read."""
    tracked = frozenset(state.tracked)
    return Files(
        tracked=tuple(
            _watch(state.modules[name], path)
            for name in state.tracked
            for path in (state.modules[name].path,)
            if path is not None
        ),
        others=tuple(
            _watch(module, module.path)
            for name, module in sorted(state.modules.items())
            if name not in tracked and module.path is not None and module.contents is not None
        ),
    )


def _watch(module: Module, path: str) -> Watched:
    stamp = module.stamp
    if stamp is None:
        return Watched(module.name, path, module.racy, None, None, None, None)
    return Watched(
        module.name,
        path,
        module.racy,
        stamp.mtime_ns,
        stamp.size,
        stamp.inode,
        stamp.ctime_ns,
    )


def changes(files: Iterable[Watched]) -> dict[str, Stamp | None]:
    """Returns, by module, the stamps of the files that may not be as the State has them.

    Whatever else a sync does, it begins with this loop, and mostly ends with it.
    """
    seen: dict[str, Stamp | None] = {}
    stat = os.stat
    for name, path, racy, mtime_ns, size, inode, ctime_ns in files:
        try:
            now = stat(path)
        except (OSError, ValueError):
            if mtime_ns is not None:
                seen[name] = None
            continue
        if (
            racy
            or now.st_mtime_ns != mtime_ns
            or now.st_size != size
            or now.st_ino != inode
            or now.st_ctime_ns != ctime_ns
        ):
            seen[name] = Stamp(now.st_mtime_ns, now.st_size, now.st_ino, now.st_ctime_ns)
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
            source = read_source(one.path, one.package, known)
            if source is None:
                stamps.set(one.name, None)
                continue
            if source.contents.stars:
                starred = starred_names(one.name, source.contents.stars)
                source = evolve(source, starred=starred)
            sources.set(one.name, source)
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
