"""stat, read, `sys.modules` → Snapshot."""

import sys
import time
from collections.abc import Iterable

from attrs import evolve, frozen
from pyrsistent import pmap

from liveimport.core.snapshot import Snapshot, Stamp, Unseen
from liveimport.core.state import State
from liveimport.core.survey import leads, worth_reading

from .files import read_source, stamp_of
from .finding import find, forget_directories
from .loads import Loads
from .shedding import starred_names


@frozen
class Watched:
    """A file to compare with the stamp that the State has of it.

    Attributes:
        name: Its module.
        path: The file.
        stamp: As the State has it.
        racy: Whether its content has to be compared too.
    """

    name: str
    path: str
    stamp: Stamp | None
    racy: bool


def watched(state: State) -> tuple[Watched, ...]:
    """Returns the files of all tracked modules."""
    return tuple(
        Watched(name, module.path, module.stamp, module.racy)
        for name in state.tracked
        for module in (state.modules[name],)
        if module.path is not None
    )


def known(state: State) -> tuple[Watched, ...]:
    """Returns the files of all modules that were ever read, tracked or not.

    One that is not tracked now may be when the changes of the others are seen.
    """
    return tuple(
        Watched(module.name, module.path, module.stamp, module.racy)
        for module in state.modules.values()
        if module.path is not None and (module.contents is not None or module.extension)
    )


def changes(files: Iterable[Watched]) -> dict[str, Stamp | None]:
    """Returns, by module, the stamps of the files that may not be as the State has them.

    Whatever else a sync does, it begins with this loop, and mostly ends with it.
    """
    seen: dict[str, Stamp | None] = {}
    for file in files:
        stamp = stamp_of(file.path)
        if file.racy or stamp != file.stamp:
            seen[file.name] = stamp
    return seen


def begin(stamps: dict[str, Stamp | None]) -> Snapshot:
    """Returns the snapshot of nothing but these stamps."""
    return Snapshot(now=time.time(), stamps=pmap(stamps), loaded=frozenset(sys.modules))


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
            source = read_source(one.path, one.package)
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
