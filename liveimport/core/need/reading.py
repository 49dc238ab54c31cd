"""Traces → what the last run of each module read of others, and what it may have changed there."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from liveimport.core.imports import absolute_name, with_parents
from liveimport.core.model import Module
from liveimport.core.source.guards import BUILT_IN
from liveimport.core.trace import (
    NO_DEMAND,
    NO_SURFACE,
    Chain,
    Demand,
    Entry,
    Import,
    Load,
    Surface,
    Trace,
)

ANYTHING = "*"
"""Stands for a module: what is read of a name that no source shows."""

Pair = tuple[str, str]
"""A module and one of its names."""


class Facts(NamedTuple):
    """What is known of modules.

    Attributes:
        modules: The modules that are known.
        traces: By module, what its code read as it ran last.
        after: By module whose source changed, the names of the new source.
        dependencies: By module, those that it depends on.
        runs_with: By module, those that run if it does, whatever they read.
        imported_before: By module whose source changed, the modules that the old one started.
        is_within: Whether the second module will have begun before the first, and not finished.
        demand: What the new source of a module may ask for as it runs.
        by_entries: Pairs of a module and one that holds something of it, in nothing but entries
            of tables that it has added.
    """

    modules: Mapping[str, Module]
    traces: Mapping[str, Trace]
    after: Mapping[str, Surface]
    dependencies: Callable[[str], Iterable[str]]
    runs_with: Mapping[str, Iterable[str]] = MappingProxyType({})
    imported_before: Mapping[str, Sequence[str]] = MappingProxyType({})
    is_within: Callable[[str, str], bool] = lambda _name, _other: False
    demand: Callable[[str], Demand] = lambda _name: NO_DEMAND
    by_entries: Collection[tuple[str, str]] = frozenset()

    def surface(self, module: str) -> Surface:
        """Returns the names of a module as it ran last; none if that was not followed."""
        return self.traces[module].surface if module in self.traces else NO_SURFACE

    def surface_after(self, module: str) -> Surface:
        """Returns the names of a module as it will run."""
        return self.after.get(module) or self.surface(module)

    def absolute(self, module: str, one: Import) -> str:
        """Returns the module that an import of `module` names; empty if there is none."""
        known = self.modules.get(module)
        is_package = known is not None and known.location.is_package
        try:
            return absolute_name(
                one.module, one.level, module if is_package else module.rpartition(".")[0]
            )
        except ImportError:
            return ""

    def shows(self, module: str, name: str) -> bool:
        """Whether a known module has a name for stars, as far as that was seen."""
        surface = self.surface(module)
        has = name in surface.names or name in self.modules[module].dynamic_names
        return has and surface.may_show(name)

    def may_show(self, module: str, name: str) -> bool:
        """Whether a module may show a name to stars, now or as it will run, if it has it."""
        return module not in self.traces or any(
            surface.may_show(name)
            for surface in (self.surface(module), self.surface_after(module))
        )

    def stars(self, module: str) -> list[str]:
        """Returns the known modules that one imports with a star."""
        stars = (self.absolute(module, star) for star in self.surface(module).stars)
        return [star for star in stars if star in self.modules]


class Reads(NamedTuple):
    """What the last run of a module read of others.

    Attributes:
        pairs: The names of modules.
        wholes: The modules of which anything may be read, sorted.
        taken: The names of modules that it has imported, and only bound.
        modules: The modules of all these names.
    """

    pairs: frozenset[Pair]
    wholes: tuple[str, ...]
    taken: frozenset[Pair]
    modules: frozenset[str]


class Touched(NamedTuple):
    """What the last run of a module may have done to others.

    Attributes:
        modules: The modules that it may have changed.
        changes: Those of them that it has changed, or that were not compared; sorted.
    """

    modules: frozenset[str]
    changes: tuple[str, ...]


class Found(NamedTuple):
    """What a load leads to.

    Attributes:
        pairs: The names of modules that it reads, one behind the other.
        wholes: The modules that it ends at, to be used as values.
    """

    pairs: tuple[Pair, ...] = ()
    wholes: tuple[str, ...] = ()

    def and_then(self, other: "Found") -> "Found":
        """Returns both as one."""
        return Found(self.pairs + other.pairs, self.wholes + other.wholes)


_NOTHING = Found()


class Reader:
    """Finds what modules read, each once."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._reads: dict[str, Reads] = {}
        self._uses: dict[tuple[str, bool], list[tuple[int, tuple[Pair, ...]]]] = {}
        self._found: dict[tuple[str, Chain], Found] = {}
        self._followed: dict[Load, Found] = {}
        self._touched: dict[str, Touched] = {}

    def reads_of(self, name: str) -> Reads:
        """Returns what a module read that has a trace."""
        if name not in self._reads:
            self._reads[name] = self._find(name, self._facts.traces[name])
        return self._reads[name]

    def _find(self, name: str, trace: Trace) -> Reads:
        found = [*self._loaded(trace), *self._imported(name, trace), *self._of_all(trace)]
        pairs = frozenset(pair for one in found for pair in one.pairs if pair[0] != name)
        taken = frozenset(self._taken(name, trace))
        return Reads(
            pairs,
            tuple(sorted({m for one in found for m in one.wholes} - {name})),
            taken,
            frozenset(module for module, _ in pairs | taken),
        )

    def touched_by(self, name: str) -> Touched:
        """Returns what a module may have done to others that has a trace."""
        if name not in self._touched:
            trace = self._facts.traces[name]
            changed = [
                self._follow(*load)
                for load in trace.loads
                if trace.sets_attributes or load in trace.changeable
            ]
            touched = {*trace.changing, *(m for one in changed for m in self._homes(one))}
            self._touched[name] = Touched(
                frozenset(touched - {name}),
                tuple(sorted((touched - trace.compared | trace.changed) - {name})),
            )
        return self._touched[name]

    def homes_of(self, module: str, name: str) -> set[str]:
        """Returns the modules that may have made a value that one only passes on."""
        return set(self._homes(self._ask(module, (name,)))) - {module}

    def _taken(self, name: str, trace: Trace) -> set[Pair]:
        """Returns the names of modules that a module has imported."""
        found: set[Pair] = set()
        for one in trace.surface.imported.values():
            if one.attribute is not None:
                target = self._facts.absolute(name, one)
                pairs = self._follow_in(target, (one.attribute,)).pairs
                found |= {p for p in pairs if p[0] == target or self._may_have(*p)}
        return found

    def _may_have(self, module: str, name: str) -> bool:
        """Whether a module may have a name, now or as it will run: for one that shows it by a star."""
        facts = self._facts
        surfaces = (facts.surface(module), facts.surface_after(module))
        return (
            module not in facts.traces
            or name in facts.modules[module].dynamic_names
            or f"{module}.{name}" in facts.modules
            or any(
                one.is_dynamic or one.stars or not one.names.isdisjoint((name, "__getattr__"))
                for one in surfaces
            )
        )

    def may_use(self, name: str, entry: Entry, since: int = -1) -> bool:
        """Whether a module may have used what a table has since a time: not if it only added to it.

        To ask whether it has a key is no use of a dict. A list is asked for a value.
        """
        trace = self._facts.traces[name]
        if entry.module in self.reads_of(name).wholes:
            return True
        key = (name, entry.is_dict)
        if key not in self._uses:
            self._uses[key] = list(self._uses_of_tables(name, trace, is_dict=entry.is_dict))
        return any(
            time > since and (entry.module, entry.name) in pairs
            for time, pairs in self._uses[key]
        )

    def _uses_of_tables(
        self, name: str, trace: Trace, *, is_dict: bool
    ) -> Iterator[tuple[int, tuple[Pair, ...]]]:
        """Yields the names of modules that are read, and when; not where tables are added to."""
        for load in trace.loads - (trace.asking if is_dict else trace.adding):
            yield trace.times.get(load, trace.last_ended), self._follow(*load).pairs
        others = ((name, one) for one in trace.surface.others)
        for home, one in (*trace.imports, *others):
            found = self._follow_in(self._facts.absolute(home, one), (one.attribute or "",))
            yield trace.times.get((home, one), trace.last_ended), found.pairs

    def _homes(self, found: Found) -> Iterator[str]:
        """Yields the modules that may have made a value: not those that only pass it on."""
        facts = self._facts
        for module, name in found.pairs:
            surface = facts.surface(module)
            if f"{module}.{name}" in facts.modules or name in surface.imported:
                continue
            if (
                name in surface.names
                or surface.is_dynamic
                or module not in facts.traces
                or (
                    name in facts.modules[module].dynamic_names
                    and not any(facts.shows(star, name) for star in facts.stars(module))
                )
            ):
                yield module
        yield from found.wholes

    def _loaded(self, trace: Trace) -> Iterator[Found]:
        return (self._follow(*load) for load in trace.loads)

    def _imported(self, name: str, trace: Trace) -> Iterator[Found]:
        """Yields what was imported, but not bound in the module by that import alone."""
        for home, one in (*trace.imports, *((name, one) for one in trace.surface.others)):
            target = self._facts.absolute(home, one)
            if one.attribute is None:
                yield Found(wholes=with_parents((target,)))
            else:
                yield self._follow_in(target, (one.attribute,))

    def _of_all(self, trace: Trace) -> Iterator[Found]:
        """Yields what code read that may have read all globals of a module."""
        for home in trace.all_of:
            yield Found(wholes=(*self._facts.stars(home), home))
            for bound in self._facts.surface(home).imported:
                yield self._follow(home, (bound,))

    def _follow(self, module: str, chain: Chain) -> Found:
        """Returns what is read by code of a module that loads a global, and what is asked of it."""
        found = self._followed.get((module, chain))
        if found is None:
            found = self._followed[module, chain] = self._find_followed(module, chain)
        return found

    def _find_followed(self, module: str, chain: Chain) -> Found:
        surface, name = self._facts.surface(module), chain[0]
        known = self._facts.modules.get(module)
        is_bound = name in surface.names or (known is not None and name in known.dynamic_names)
        if name in BUILT_IN and not is_bound and not surface.stars:
            return _NOTHING
        return self._ask(module, chain)

    def _ask(self, module: str, chain: Chain) -> Found:
        """Returns what is read by code that asks a module for an attribute, and on from there."""
        name = chain[0]
        key = (module, chain)
        if key not in self._found:
            self._found[key] = _NOTHING  # a circle of re-exports ends here
            wholes = (module,) if name == "__dict__" else ()
            found = Found(((module, name),), wholes).and_then(self._beyond(module, chain))
            self._found[key] = found
        return self._found[key]

    def _beyond(self, module: str, chain: Chain) -> Found:
        """Returns what else is read: a module may have the name from another one."""
        facts, name = self._facts, chain[0]
        surface = facts.surface(module)
        stars = [star for star in facts.stars(module) if facts.may_show(star, name)]
        # What a star gave was there before a statement bound the name.
        shown = [star for star in stars if facts.shows(star, name)]
        found = _NOTHING
        if name in surface.imported:
            one = surface.imported[name]
            asked = chain[1:] if one.attribute is None else (one.attribute, *chain[1:])
            found = self._follow_in(facts.absolute(module, one), asked)
        elif name in surface.names:
            pass
        elif f"{module}.{name}" in facts.modules:
            found = self._follow_in(f"{module}.{name}", chain[1:])
        elif surface.is_dynamic or ("__getattr__" in surface.names and not shown):
            found = Found(wholes=(ANYTHING,))
        if not shown and name not in surface.names:
            shown = stars
        for star in stars:
            there = self._follow(star, chain)
            # Of one that does not show the name, it matters only if it comes to show it.
            found = found.and_then(there if star in shown else Found(there.pairs))
        return found

    def _follow_in(self, module: str, chain: Chain) -> Found:
        if module not in self._facts.modules:
            return _NOTHING
        return self._ask(module, chain) if chain else Found(wholes=(module,))
