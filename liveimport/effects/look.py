"""What core asks to see: module names are looked up, sources are read."""

from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from attrs import evolve

from liveimport.core.snapshot import Found, Snapshot, Source, Stamp, Unseen, Wanted
from liveimport.core.source import Contents
from liveimport.core.state import Module, State
from liveimport.core.survey import survey
from liveimport.core.versions import leads, worth_reading

from .bytecode import KeptCode
from .files import RealPaths, read, source_of, trouble_of
from .finding import find, forget_directories
from .loads import Loads
from .scan import begin
from .sights import Sights
from .stars import starred_names

T = TypeVar("T")


class Eyes:
    """Looks, with what is known of former loads, sights and runs.

    Attributes:
        kept: The code of former runs, and of what was read to run next.
    """

    def __init__(self, loads: Loads, sights: Sights) -> None:
        self._loads = loads
        self._sights = sights
        self.kept = KeptCode()

    def enrolled(self, state: State) -> State:
        """Returns the State that knows all modules that it tracks, as they were sighted."""

        def attempt(snapshot: Snapshot) -> Unseen | State:
            seen = survey(state, snapshot)
            return seen.unseen or seen.facts

        now = begin({})
        return self.answered(
            state,
            evolve(now, loaded=now.loaded | self._sights.names),
            attempt,
            lambda snapshot: survey(state, snapshot).facts,
        )

    def answered(
        self,
        state: State,
        snapshot: Snapshot,
        attempt: Callable[[Snapshot], Unseen | T],
        anyway: Callable[[Snapshot], T],
    ) -> T:
        """Returns what `attempt` gives once the snapshot has all that it asks for.

        What is asked for twice is not to be had, and then it is done without.
        """
        asked: set[object] = set()
        while isinstance(result := attempt(snapshot), Unseen):
            questions = {*result.names, *result.sources}
            if questions <= asked:
                return anyway(snapshot)
            asked |= questions
            snapshot = self.look(state, snapshot, result)
        return result

    def look(self, state: State, snapshot: Snapshot, unseen: Unseen) -> Snapshot:
        """Returns the snapshot with what was asked for, and what that leads to."""
        if not unseen:
            return snapshot
        if unseen.names:
            forget_directories()
        return _Look(state, snapshot, self._loads, self._sights, self.kept).at(unseen)


class _Look:
    """A look while it is taken: it notes what it sees, and does not outlive the call."""

    def __init__(
        self, state: State, snapshot: Snapshot, loads: Loads, sights: Sights, kept: KeptCode
    ) -> None:
        self._modules: Mapping[str, Module] = state.modules
        self._state = state
        self._snapshot = snapshot
        self._loads = loads
        self._sights = sights
        self._kept = kept
        self._real_path = RealPaths()
        self._gone: dict[str, Stamp | None] = {}
        self._sources: dict[str, Source] = {}
        self._found: dict[str, Found] = {}
        self._asked: frozenset[str] = frozenset()
        self._met: set[str] = set()

    def at(self, unseen: Unseen) -> Snapshot:
        """Returns the snapshot with what there is to see."""
        if unseen.names:
            # They come from a walk through the whole project, so very many may be looked up.
            self._modules = dict(self._modules.items())
        wanted = list(unseen.sources)
        pending = deque(unseen.names)
        self._asked = frozenset(unseen.names)
        self._met.update(self._snapshot.found, self._asked)
        while pending or wanted:
            while wanted:
                pending += self._read(wanted.pop())
            if pending:
                wanted += self._find(pending.popleft())
        before = self._snapshot
        return Snapshot(
            now=before.now,
            stamps=MappingProxyType({**before.stamps, **self._gone}),
            sources=MappingProxyType({**before.sources, **self._sources}),
            found=MappingProxyType({**before.found, **self._found}),
            loaded=before.loaded,
            hosts=before.hosts,
        )

    def _read(self, wanted: Wanted) -> list[str]:
        """Reads a source. Returns the names that it leads to."""
        name = wanted.name
        module = self._modules.get(name)
        known = _known(module, wanted)
        sight = self._sights.of(name, wanted.path)
        reading = read(wanted.path) if sight is None else sight.reading
        if reading is None:
            self._gone[name] = None
            return []
        source = source_of(reading, wanted.package, known)
        if source.contents is known[1]:
            self._sources[name] = source
            return []
        if source.contents.stars:
            source = source._replace(starred=starred_names(name, source.contents.stars))
        if self._is_to_run(name, module):
            source = _compiled(wanted, source, self._kept)
        self._sources[name] = source
        if known[1] is not None and source.contents.imports_like(known[1]):
            return []
        modules, met = self._modules, self._met
        more = [n for n in leads(source.contents) if n not in met and n not in modules]
        met.update(more)
        return more

    def _is_to_run(self, name: str, module: Module | None) -> bool:
        """Whether the source read is not just that of a module met, and plain Python."""
        met = (module is None or module.contents is None) and name in self._snapshot.loaded
        place = self._found.get(name) or module
        return not met and (place is None or not place.rewritten)

    def _find(self, name: str) -> tuple[Wanted, ...]:
        """Looks a name up, unless it cannot be a module's. Returns what to read of it."""
        package = name.rpartition(".")[0]
        parent = self._found.get(package) or self._modules.get(package)
        if parent is not None and not parent.package and name not in self._asked:
            return ()
        place = self._found[name] = find(name, self._loads, self._real_path, self._sights)
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
        return source._replace(contents=Contents(), trouble=trouble_of(error))
    return source._replace(contents=source.contents.with_names(new.binds))
