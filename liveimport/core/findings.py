"""What a survey has found so far, and what it must still ask."""

from collections.abc import Mapping

from attrs import evolve

from .snapshot import Found, Snapshot, Unseen, Wanted
from .state import Module, State
from .versions import as_read, differs, met, wanted_source


class Findings:
    """A survey while it is made: this is filled in, and does not outlive it.

    Attributes:
        ahead: Modules that are not as the State has them.
        known: The modules of the State; a plain dict while many are looked up in a walk.
        met: Those that the State does not know, or whose source it had no need of.
        refreshed: Those that only have another stamp.
        changed: Those whose file is not the one that ran last.
        fresh: Those never loaded that an import leads to.
        missing: Those whose file is away.
        outdated: Extensions that changed on disk.
        appeared: Whether there is a file where there was none.
    """

    def __init__(self, state: State, snapshot: Snapshot) -> None:
        self.state = state
        self.snapshot = snapshot
        self.known: Mapping[str, Module] = state.modules
        self.ahead: dict[str, Module] = {}
        self.met: set[str] = set()
        self.refreshed: set[str] = set()
        self.changed: set[str] = set()
        self.fresh: set[str] = set()
        self.missing: set[str] = set()
        self.outdated: set[str] = set()
        self.appeared = False
        self._names: dict[str, None] = {}
        self._wanted: dict[Wanted, None] = {}

    def facts(self) -> dict[str, Module]:
        """Returns what of `ahead` holds although nothing ran yet."""
        facts = {name: self.ahead[name] for name in self.refreshed}
        for name in self.met - self.fresh:
            module = self.ahead[name]
            facts[name] = evolve(module, stamp=None) if name in self.changed else module
        return facts

    def unseen(self) -> Unseen:
        """Returns what must be looked at before any of this can be trusted."""
        return Unseen(tuple(self._names), tuple(self._wanted))

    def as_known(self, name: str) -> Module | None:
        """Returns a module as it is known so far, None if nothing is."""
        return self.ahead.get(name) or self.known.get(name)

    def refresh(self, module: Module) -> None:
        """Notes that a module is as it was, but for its stamp."""
        self.refreshed.add(module.name)
        self.ahead[module.name] = module

    def find(self, name: str) -> Found | None:
        """Returns what is found under a name; asks for it, and returns None, if it is unseen."""
        found = self.snapshot.found.get(name)
        if found is None:
            self._names[name] = None
        return found

    def want(self, module: Module) -> None:
        """Asks for a module's source."""
        for wanted in wanted_source(module):
            self._wanted[wanted] = None

    def meet(self, name: str) -> Module | None:
        """Returns the module as it is known so far, or None if there is none."""
        known = self.as_known(name)
        if known is not None:
            return known
        found = self.find(name)
        if found is None or not found.exists:
            return None
        module = self.ahead[name] = met(name, found)
        self.met.add(name)
        if not found.loaded:
            self.fresh.add(name)
        return module

    def with_contents(self, module: Module) -> Module:
        """Returns the module with what its source says, read for the first time."""
        name = module.name
        if module.contents is not None or not module.reloadable:
            return module
        source = self.snapshot.sources.get(name)
        if source is None:
            if self.snapshot.stamps.get(name, True) is None:
                self.missing.add(name)
            else:
                self.want(module)
            return module
        self.met.add(name)
        if name not in self.fresh and differs(module, source, self.state.detect):
            self.changed.add(name)
        read = self.ahead[name] = as_read(module, source)
        return read
