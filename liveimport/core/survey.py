"""(State, Snapshot) → the modules as they would be, and what must still be seen.

The first half of planning. It looks at the registered modules and, through their imports as
the files have them now, at all that can be reached; whatever it meets and does not know it
asks for. scan answers, and the survey is made again, until nothing is unseen.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from attrs import evolve

from .registration import Binding, refers
from .snapshot import Found, Snapshot, Source, Unseen, Wanted
from .state import Module, Shape, State, in_workspace
from .tracking import beginnings, track
from .versions import (
    as_read,
    binds_otherwise,
    differs,
    imports_alike,
    met,
    placed,
    same_version,
    wanted_source,
)


class Survey(NamedTuple):
    """What a survey found.

    Attributes:
        facts: The State with what is known without running anything: modules met for the
            first time, stamps of files that were touched but are not stale.
        ahead: The State in which every module is as its file is now.
        overlay: The modules that `ahead` has otherwise than the State.
        changed: Modules whose file is not the one that ran last.
        fresh: Modules never loaded that an import leads to.
        missing: Modules whose file is away.
        outdated: Extensions that changed on disk, sorted.
        unseen: What must be looked at before any of this can be trusted.
    """

    facts: State
    ahead: State
    overlay: tuple[tuple[str, Module], ...]
    changed: frozenset[str]
    fresh: frozenset[str]
    missing: frozenset[str]
    outdated: tuple[str, ...]
    unseen: Unseen

    def __repr__(self) -> str:
        return f"Survey({len(self.changed)} changed, {len(self.fresh)} fresh, {self.unseen})"


def survey(state: State, snapshot: Snapshot) -> Survey:
    """Returns the modules as they would be, and what must still be seen."""
    work = _Work(state, snapshot)
    for name in sorted({*snapshot.stamps, *snapshot.sources}):
        if name in state.modules:
            work.look_again(state.modules[name])
    if work.unseen():
        return work.asked()
    if work.keeps_shape():
        return work.done(lambda found: found)
    work.walk()
    if work.unseen():
        return work.asked()
    return work.done(lambda found: track(found, surveyed=True))


class _Work:
    """A survey while it is made: it fills these in, and does not outlive the call.

    Attributes:
        ahead: Modules that are not as the State has them.
        known: The modules of the State; a plain dict while many are looked up in a walk.
        met: Those that the State does not know, or whose source it had no need of.
        refreshed: Those that only have another stamp.
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
        self.names: dict[str, None] = {}
        self.wanted: dict[Wanted, None] = {}

    def facts(self) -> dict[str, Module]:
        """Returns what of `ahead` holds although nothing ran yet."""
        facts = {name: self.ahead[name] for name in self.refreshed}
        for name in self.met - self.fresh:
            module = self.ahead[name]
            facts[name] = evolve(module, stamp=None) if name in self.changed else module
        return facts

    def unseen(self) -> Unseen:
        """Returns what must be looked at first."""
        return Unseen(tuple(self.names), tuple(self.wanted))

    def asked(self) -> Survey:
        """Returns the survey that cannot go on before its questions are answered."""
        nothing: frozenset[str] = frozenset()
        return Survey(self.state, self.state, (), nothing, nothing, nothing, (), self.unseen())

    def done(self, tracked: Callable[[State], State]) -> Survey:
        """Returns the survey, its states as `tracked` makes them."""
        known = self.facts()
        facts = tracked(self._with(known))
        ahead = facts if known == self.ahead else tracked(self._with(self.ahead))
        return Survey(
            facts=facts,
            ahead=ahead,
            overlay=tuple(self.ahead.items()),
            changed=frozenset(self.changed),
            fresh=frozenset(self.fresh),
            missing=frozenset(self.missing),
            outdated=tuple(sorted(self.outdated)),
            unseen=Unseen(),
        )

    def _with(self, modules: dict[str, Module]) -> State:
        if not modules:
            return self.state
        return evolve(self.state, modules=self.state.modules.update(modules))

    def keeps_shape(self) -> bool:
        """Whether no walk is needed: nobody imports otherwise than before."""
        shape = self.state.shape
        if shape is None or not shape.even or self.appeared:
            return False
        if not shape.waiting.isdisjoint(self.snapshot.loaded) or self._has_company(shape):
            return False
        return all(
            imports_alike(self.state.modules[name], self.ahead[name]) for name in self.changed
        )

    def _has_company(self, shape: Shape) -> bool:
        """Whether a package that was met has loaded something that is not known yet."""
        return bool(shape.packages) and any(
            name.partition(".")[0] in shape.packages and name not in self.state.modules
            for name in self.snapshot.loaded
            if "." in name
        )

    # Modules that the State knows, and whose file may have changed.

    def look_again(self, module: Module) -> None:
        """Compares a known module with its file as the snapshot shows it."""
        source = self.snapshot.sources.get(module.name)
        stamp = self.snapshot.stamps.get(module.name)
        if module.extension:
            if stamp is not None and not same_version(module, stamp):
                self.outdated.add(module.name)
                self._refresh(evolve(module, stamp=stamp))
        elif module.contents is None:
            self.appeared = True
        elif source is not None:
            self._compare(module, source)
        elif stamp is not None:
            self._want(module)
        else:
            self._look_elsewhere(module)

    def _look_elsewhere(self, module: Module) -> None:
        found = self._find(module.name)
        if found is None:
            return
        elsewhere = found.path not in (None, module.path)
        if found.exists and elsewhere and not found.extension:
            self._want(placed(module, found))
        else:
            self.missing.add(module.name)

    def _compare(self, module: Module, source: Source) -> None:
        found = self.snapshot.found.get(module.name)
        there = module if found is None or not found.exists else placed(module, found)
        if there.path != module.path or differs(module, source, self.state.detect):
            self.changed.add(module.name)
            self.ahead[module.name] = as_read(there, source)
        elif (module.stamp, module.racy) != (source.stamp, source.racy):
            self._refresh(evolve(module, stamp=source.stamp, racy=source.racy))

    def _refresh(self, module: Module) -> None:
        self.refreshed.add(module.name)
        self.ahead[module.name] = module

    # Whatever the registered statements and the imports lead to.

    def walk(self) -> None:
        """Follows the imports from the registered modules.

        Of packages so met, all that is loaded is looked at: some of it may have been imported
        by a name that stands in no import statement.
        """
        self.known = dict(self.state.modules.items())
        targets = self._targets(self.state.bindings())
        named = frozenset(targets)
        seen: set[str] = set()
        self._follow(targets, named, seen)
        tops = {name.partition(".")[0] for name in seen if "." in name}
        company = (n for n in self.snapshot.loaded if n.partition(".")[0] in tops)
        self._follow(tuple(sorted(company)), named, seen)

    def _follow(self, targets: tuple[str, ...], named: frozenset[str], seen: set[str]) -> None:
        pending = [targets]
        while pending:
            for name in beginnings(pending.pop()):
                if name not in seen:
                    seen.add(name)
                    pending.append(self._visit(name, named=name in named))

    def _visit(self, name: str, *, named: bool) -> tuple[str, ...]:
        """Returns what the module's imports refer to; nothing if it does not count."""
        module = self._meet(name)
        if module is None or not (named or self._in_workspace(module)):
            return ()
        module = self._with_contents(module)
        if name in self.ahead or name in self.snapshot.sources or self._asks_anew(module):
            module = self._resolve(module)
        elif module.contents is not None and module.contents.later:
            module = self._with_later(module)
        return (*module.begins, *module.later)

    def _asks_anew(self, module: Module) -> bool:
        """Whether it imports from a package that may show another thing under a name now."""
        imports = module.contents.imports if module.contents is not None else ()
        return bool(self.changed) and any(b.module in self.changed for b in imports)

    def _with_later(self, module: Module) -> Module:
        """Returns the module with what its functions may have imported since."""
        assert module.contents is not None
        later = beginnings(self._named(module.contents.later))
        if later != module.later:
            module = self.ahead[module.name] = evolve(module, later=later)
        return module

    def _resolve(self, module: Module) -> Module:
        """Returns the module with what its imports refer to now that they may be modules."""
        if module.contents is None:
            return module
        targets = self._targets(module.contents.imports)
        runs = module.contents.runs
        same = runs == module.contents.imports
        begins = beginnings(targets if same else self._targets(runs))
        if (targets, begins) != (module.targets, module.begins):
            module = evolve(module, targets=targets, begins=begins)
            self.ahead[module.name] = module
        return self._with_later(module)

    def _in_workspace(self, module: Module) -> bool:
        return module.reloadable and in_workspace(self.state.workspace, module)

    def _meet(self, name: str) -> Module | None:
        """Returns the module as it is known so far, or None if there is none."""
        known = self.ahead.get(name) or self.known.get(name)
        if known is not None:
            return known
        found = self._find(name)
        if found is None or not found.exists:
            return None
        module = self.ahead[name] = met(name, found)
        self.met.add(name)
        if not found.loaded:
            self.fresh.add(name)
        return module

    def _with_contents(self, module: Module) -> Module:
        """Returns the module with what its source says, read for the first time."""
        name = module.name
        if module.contents is not None or not module.reloadable:
            return module
        source = self.snapshot.sources.get(name)
        if source is None:
            if self.snapshot.stamps.get(name, True) is None:
                self.missing.add(name)
            else:
                self._want(module)
            return module
        self.met.add(name)
        if name not in self.fresh and differs(module, source, self.state.detect):
            self.changed.add(name)
        read = self.ahead[name] = as_read(module, source)
        return read

    def _targets(self, bindings: Iterable[Binding]) -> tuple[str, ...]:
        """Returns what bindings refer to. Mostly that is plain: only packages hold modules."""
        targets: dict[str, None] = {}
        for binding in bindings:
            if binding.attribute is not None and not self._is_package(binding.module):
                targets[binding.module] = None
            else:
                targets.update(dict.fromkeys(refers(binding, self._is_module)))
        return tuple(targets)

    def _is_package(self, name: str) -> bool:
        module = self._meet(name)
        return module is not None and module.package

    def _named(self, bindings: Iterable[Binding]) -> Iterator[str]:
        """Yields the loaded modules that imports may lead to, whatever else they may."""
        for binding in bindings:
            for name in (binding.module, binding.submodule):
                if name is not None and name in self.snapshot.loaded:
                    yield name

    def _is_module(self, name: str) -> bool:
        """Whether ``from package import attribute`` gives that submodule of a known package."""
        package, _, attribute = name.rpartition(".")
        parent = self._meet(package)
        assert parent is not None
        if self._in_workspace(parent):
            parent = self._with_contents(parent)
        reads_anew = package in self.changed or package in self.fresh
        known = self.ahead.get(name) or self.known.get(name)
        if known is not None:
            if reads_anew:
                known = self._shadowed_anew(known, parent)
            return not known.shadowed
        found = self._find(name)
        if found is None or not found.exists:
            return False
        return not (binds_otherwise(parent, attribute) if reads_anew else found.shadowed)

    def _shadowed_anew(self, module: Module, package: Module) -> Module:
        """Returns a submodule as its package's new source shows it or hides it.

        What a star import hides cannot be read from the source; it is taken to stay so.
        """
        starred = package.contents is not None and bool(package.contents.stars)
        attribute = module.name.rpartition(".")[2]
        shadowed = binds_otherwise(package, attribute) or (module.shadowed and starred)
        if shadowed != module.shadowed:
            module = self.ahead[module.name] = evolve(module, shadowed=shadowed)
        return module

    def _find(self, name: str) -> Found | None:
        found = self.snapshot.found.get(name)
        if found is None:
            self.names[name] = None
        return found

    def _want(self, module: Module) -> None:
        for wanted in wanted_source(module):
            self.wanted[wanted] = None
