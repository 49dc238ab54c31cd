"""Stale modules → those that an edit can have changed, and names to bind anew in the others."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from liveimport.core.graph import cycles, reachable
from liveimport.core.imports import STAR, with_parents
from liveimport.core.trace import NO_TRACE, Entry, Import, Surface, Trace

from .judgement import Because, Judgement, Rebinding
from .reading import ANYTHING, Facts, Pair, Reader


def judge(stale: Sequence[str], start: Collection[str], facts: Facts) -> Judgement:
    """Returns which of the stale modules run.

    `stale` is in the order in which they finish; those of `start` run in any case. Whatever is not
    known, runs.
    """
    return _Judge(stale, start, facts).judgement()


class _Judge:
    """The modules that run, as far as is known by now."""

    def __init__(self, stale: Sequence[str], start: Collection[str], facts: Facts) -> None:
        self._stale = stale
        self._inside = frozenset(stale)
        self._facts = facts
        self._reader = Reader(facts)
        self._running: set[str] = set()
        self._because: dict[str, Because] = {}
        # By module, why it runs with one that runs.
        self._drawn_in: dict[str, Because] = {}
        # The tables to which modules that run have added entries, with their traces.
        self._entries: dict[Entry, list[Trace]] = {}
        self._ring = {
            name: members
            for members in cycles(stale, self._dependencies)
            if len(members) > 1
            for name in members
        }
        for name in stale:
            if name in start:
                self._run(name)

    def _dependencies(self, name: str) -> Iterator[str]:
        """Yields what a module depends on, or did before its source changed."""
        yield from self._facts.dependencies(name)
        yield from self._facts.imported_before.get(name, ())

    @cached_property
    def _imports_differ(self) -> bool:
        """Whether what changed begins other modules than before, or in another order."""
        known = self._facts.modules
        before = self._facts.imported_before.items()
        return any(known[name].eager_modules != modules for name, modules in before)

    def judgement(self) -> Judgement:
        """Returns what runs, when nothing more has to run for it."""
        grows = True
        while grows:
            grows = False
            for name in self._stale:
                because = None if name in self._running else self._why(name)
                if because is not None:
                    self._because[name] = because
                    self._run(name)
                    grows = True
        return Judgement(
            frozenset(self._running),
            MappingProxyType(self._because),
            tuple(self._rebindings()),
            MappingProxyType(dict(self._uses())),
        )

    def _run(self, name: str) -> None:
        """Lets a module run, and notes whom that draws in."""
        self._running.add(name)
        ring = self._ring.get(name, ())
        anew = self._is_entered_anew(name, ring)
        for other in ring:
            if other != name and (
                anew
                or self._saw_half(name, other)
                or self._meets(name, other)
                or self._finds_less(other, name)
            ):
                self._drawn_in.setdefault(other, Because(name, "", "cycle"))
        trace = self._facts.traces.get(name, NO_TRACE)
        for entry in trace.entries:
            self._entries.setdefault(entry, []).append(trace)
        for other in self._changed_later(name, trace):
            self._drawn_in.setdefault(other, Because(name, "", "used"))
        with_entries = {entry.module for entry in trace.entries}
        for other in self._facts.runs_with.get(name, ()):
            # What it has added is taken out before it runs.
            if other in with_entries and (name, other) in self._facts.by_entries:
                continue
            self._drawn_in.setdefault(other, Because(name, "", "holds"))
        for other in self._changed_by(name):
            self._drawn_in.setdefault(other, Because(name, "", "changes"))

    @cached_property
    def _adders(self) -> Mapping[Entry, Sequence[tuple[int, str]]]:
        """By table, the modules that have added to it, and when they began."""
        adders: dict[Entry, list[tuple[int, str]]] = {}
        for name, trace in self._facts.traces.items():
            for entry in trace.entries:
                adders.setdefault(entry, []).append((trace.begun, name))
        return adders

    def _changed_later(self, name: str, trace: Trace) -> Iterator[str]:
        """Yields the modules whose tables a module uses, and that others have changed since it ran.

        It would find what it cannot find in a fresh interpreter. What it adds to itself is as it
        was then.
        """
        if name not in self._facts.traces:
            return
        yield from (
            other
            for other, held in self._held.items()
            if any(begun > trace.begun for begun in held)
            and (self._is_unclear(name) or other in trace.ran)
        )
        for entry, adders in self._adders.items():
            if (
                entry not in trace.entries
                and entry.module != name
                and any(begun > trace.begun for begun, other in adders if other != name)
                and self._may_use(name, entry)
            ):
                yield entry.module

    @cached_property
    def _held(self) -> Mapping[str, Sequence[int]]:
        """By module that holds something of others otherwise than by entries: when these began."""
        held: dict[str, list[int]] = {}
        for name, trace in self._facts.traces.items():
            for other in self._facts.runs_with.get(name, ()):
                if (name, other) not in self._facts.by_entries:
                    held.setdefault(other, []).append(trace.begun)
        return held

    def _may_use(self, name: str, entry: Entry, other: Trace | None = None) -> bool:
        """Whether a module may have used what a table has, perhaps after another one had run."""
        if self._is_unclear(name):
            return entry.module in self._all_below(name)
        since = -1 if other is None else self._facts.traces[name].ran_after(other)
        return since is not None and self._reader.may_use(name, entry, since)

    def _uses(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Yields the modules that run and use what others have added to tables, which run too."""
        for name in self._running.intersection(self._facts.traces) if self._entries else ():
            used = frozenset(
                other
                for entry in self._entries
                for _, other in self._adders[entry]
                if other in self._running
                and other != name
                and self._may_use(name, entry, self._facts.traces[other])
            )
            if used:
                yield name, used

    def _is_unclear(self, name: str) -> bool:
        """Whether a module may have read, and changed, anything that it leads to."""
        trace = self._facts.traces.get(name)
        if trace is None or trace.is_unclear:
            return True
        return ANYTHING in self._reader.reads_of(name).wholes

    def _changed_by(self, name: str) -> Collection[str]:
        """Returns the modules that a module may change, or may have changed."""
        if not self._is_unclear(name):
            return self._reader.touched_by(name).changes
        trace = self._facts.traces.get(name, NO_TRACE)
        return (self._all_below(name) - trace.compared) | trace.changed

    def _all_below(self, name: str) -> frozenset[str]:
        return frozenset(reachable((name,), self._facts.dependencies))

    # Why a module runs.

    def _why(self, name: str) -> Because | None:
        """Returns why a module has to run as far as is known by now, or None."""
        if name in self._drawn_in:
            return self._drawn_in[name]
        if self._is_unclear(name):
            all_below = self._all_below(name)
            below = sorted(
                all_below & (self._running | {entry.module for entry in self._entries})
            )
            return Because(below[0], "", "unknown") if below else None
        return next(self._reasons(name), None)

    def _reasons(self, name: str) -> Iterator[Because]:
        reads, running = self._reader.reads_of(name), self._running
        if running.isdisjoint(reads.modules):
            pairs: list[Pair] = []
            taken: list[Pair] = []
        else:
            pairs = sorted(pair for pair in reads.pairs if pair[0] in running)
            taken = sorted(pair for pair in reads.taken if pair[0] in running)
        yield from (Because(*pair, "reads") for pair in pairs if self._is_changed(*pair))
        yield from (Because(m, "", "reads") for m in reads.wholes if m in self._inside)
        yield from (Because(*pair, "imports") for pair in taken if self._came_or_went(*pair))
        for module in self._facts.stars(name):
            if module in running and self._may_show_other_names(module):
                yield Because(module, "", "star")
        for entry in sorted(self._entries):
            if any(self._may_use(name, entry, other) for other in self._entries[entry]):
                yield Because(entry.module, entry.name, "reads")
        called = sorted(self._facts.traces[name].ran & running)
        yield from (Because(module, "", "calls") for module in called)

    # What changes in a module that runs.

    def _is_unknown(self, module: str) -> bool:
        """Whether what it binds is not seen in its source."""
        facts = self._facts
        return (
            module not in facts.traces
            or facts.surface(module).is_dynamic
            or facts.surface_after(module).is_dynamic
        )

    def _is_changed(self, module: str, name: str) -> bool:
        """Whether a name may have another value than before.

        One that is only imported has it if the module that it comes from runs.
        """
        if self._is_unknown(module):
            return True
        before, after = self._facts.surface(module), self._facts.surface_after(module)
        if name in before.names or name in after.names:
            return name not in before.imported or before.imported[name] != after.imported.get(
                name
            )
        known = self._facts.modules
        if before.stars or f"{module}.{name}" in known:
            return False
        return name in known[module].dynamic_names

    def _came_or_went(self, module: str, name: str) -> bool:
        before, after = self._facts.surface(module), self._facts.surface_after(module)
        if name in before.names and name in after.names:
            return False
        if self._is_unknown(module) or name in before.names or name in after.names:
            return True
        if before.stars and before.stars == after.stars:
            # Who shows it to the module is looked at by itself.
            return name in self._facts.modules[module].dynamic_names
        return f"{module}.{name}" not in self._facts.modules

    def _may_show_other_names(self, module: str) -> bool:
        """Whether a star import may bind other names than before."""
        before, after = self._facts.surface(module), self._facts.surface_after(module)
        if self._is_unknown(module) or before.stars or after.stars:
            return True
        if self._imports_differ and any(
            name.rpartition(".")[0] == module for name in self._facts.modules
        ):
            return True  # its submodules may be there earlier, or later
        if module not in self._facts.after:
            return False
        if before.exported is not None or after.exported is not None:
            return before.exported != after.exported
        shown, shown_now = (
            {name for name in one.names if one.may_show(name)} for one in (before, after)
        )
        return shown != shown_now or "__all__" in after.names

    # Cycles.

    def _is_entered_anew(self, name: str, ring: Collection[str]) -> bool:
        """Whether the modules of a cycle may begin in another order than before."""
        before = self._facts.imported_before.get(name)
        now = self._facts.modules[name].eager_modules
        return before is not None and [m for m in before if m in ring] != [
            m for m in now if m in ring
        ]

    def _is_half(self, name: str, other: str) -> bool:
        """Whether a module of a cycle is half executed as another one runs: it has begun before."""
        trace = self._facts.traces.get(name)
        return trace is None or other in trace.within or self._will_be_within(name, other)

    def _will_be_within(self, name: str, other: str) -> bool:
        """Whether one begins while another is half executed that was not when it ran."""
        trace = self._facts.traces[name]
        return (self._imports_differ or trace.is_outdated) and self._facts.is_within(
            name, other
        )

    def _saw_half(self, name: str, other: str) -> bool:
        """Whether a module of a cycle may have read what another one had only for a while.

        If the other was half executed as the first ran, what that read must be bound once, and if
        it was not bound yet, the first must not have gone on.
        """
        if self._is_unclear(name) or other not in self._facts.traces:
            return True
        reads = self._reader.reads_of(name)
        if other in self._reader.touched_by(name).modules and self._is_changed_by_others(
            other, name
        ):
            return True
        if other not in self._facts.traces[name].within:
            return self._will_be_within(name, other)
        if other in reads.wholes or other in self._facts.stars(name):
            return True
        read = {
            attribute for module, attribute in (*reads.pairs, *reads.taken) if module == other
        }
        if not read:
            return False
        return self._facts.traces[name].catches or any(
            self._may_have_been_another(other, attribute) for attribute in read
        )

    def _may_have_been_another(self, module: str, name: str) -> bool:
        """Whether a name of a module may have had another value, or not all of it, as it ran."""
        trace = self._facts.traces[module]
        sets_any = trace.sets_attributes or bool(trace.sets)
        if trace.replaced is None:
            is_dynamic = trace.surface.is_dynamic
            return sets_any or is_dynamic or not self._is_bound_once(module, name)
        if name in trace.replaced or self._is_unclear(module):
            return True
        if name in trace.surface.names and name not in trace.surface.imported:
            return sets_any
        # What another module has made, this one may have changed later.
        changes = self._reader.touched_by(module).changes
        return any(home in changes for home in self._reader.homes_of(module, name))

    def _meets(self, name: str, other: str) -> bool:
        """Whether the new source of a module may ask another one of a cycle for more than before.

        It may be half executed then, and have it not yet.
        """
        facts = self._facts
        if name not in facts.after or not self._is_half(name, other):
            return False
        trace, demand, after = facts.traces.get(name), facts.demand(name), facts.after[name]
        if trace is None or any(self._leads_to(name, one, other) for one in demand.imports):
            return True
        before = trace.surface
        for bound, one in after.imported.items():
            if self._leads_to(name, one, other):
                asked = {(name, chain) for chain in demand.loads if chain[0] == bound}
                if before.imported.get(bound) != one or not asked <= trace.loads:
                    return True
        known = {*before.imported.values(), *before.others, *before.stars}
        return any(
            one not in known or one.attribute is None or one in before.stars
            for one in (*after.others, *after.stars)
            if self._leads_to(name, one, other)
        )

    def _leads_to(self, name: str, one: Import, other: str) -> bool:
        """Whether an import of a module asks another one for a name, or gives it."""
        facts = self._facts
        target = facts.absolute(name, one)
        if one.attribute is None:
            return other in with_parents((target,))
        if target == other:
            # It finds a submodule, if nothing else has its name.
            names = facts.surface(other).names | facts.surface_after(other).names
            return f"{target}.{one.attribute}" not in facts.modules or one.attribute in names
        return f"{target}.{one.attribute}" == other

    def _is_changed_by_others(self, module: str, name: str) -> bool:
        """Whether other modules than `name` have changed one since it ran."""
        traces = self._facts.traces.items()
        return any(module in trace.changed for other, trace in traces if other != name)

    def _finds_less(self, name: str, other: str) -> bool:
        """Whether a module that ran while another one was half executed may find less there now.

        The new source of the other may bind what the first takes from it at a later place. Or the
        other was complete then, and an edit elsewhere lets it begin before.
        """
        trace = self._facts.traces.get(name)
        if trace is not None and other not in trace.within:
            return self._will_be_within(name, other)
        if other not in self._facts.after or not self._is_half(name, other):
            return False
        if self._is_unclear(name):
            return True
        reads = self._reader.reads_of(name)
        if other in reads.wholes or other in self._facts.stars(name):
            return True
        asked = {n for module, n in (*reads.pairs, *reads.taken) if module == other}
        return not all(self._is_as_early(other, n) for n in asked)

    def _is_as_early(self, module: str, name: str) -> bool:
        """Whether a changed module binds a name before it begins the same modules as before."""
        before, after = self._facts.surface(module), self._facts.surface_after(module)
        if name in before.order and name in after.order:
            return self._begun_before(module, before, name) == self._begun_before(
                module, after, name
            )
        return _imports_of(before.order) == _imports_of(after.order)

    def _begun_before(self, module: str, surface: Surface, name: str) -> set[str]:
        """Returns the modules that a module may begin before it binds a name."""
        found: set[str] = set()
        for one in _imports_of(surface.order[: surface.order.index(name)]):
            target = self._facts.absolute(module, one)
            found.update(with_parents((f"{target}.{one.attribute or ''}",)))
        return found.intersection(self._facts.modules)

    def _is_bound_once(self, module: str, name: str) -> bool:
        """Whether a module binds a name once, by a statement or by a star import; or never."""
        surface, known = self._facts.surface(module), self._facts.modules
        shown = sum(self._facts.shows(star, name) for star in self._facts.stars(module))
        if name in surface.names:
            return name not in surface.repeated and not shown
        if shown or f"{module}.{name}" in known:
            return shown <= 1
        return name not in known[module].dynamic_names and "__getattr__" not in surface.names

    # What is bound anew.

    def _rebindings(self) -> Iterator[Rebinding]:
        for name in self._stale:
            if name in self._running:
                continue
            surface = self._facts.surface(name)
            for star in self._facts.stars(name):
                if star in self._inside:
                    yield Rebinding(name, STAR, star, STAR, surface.names)
            for bound, one in surface.imported.items():
                source = self._facts.absolute(name, one)
                if one.attribute is not None and source in self._inside:
                    yield Rebinding(name, bound, source, one.attribute)


def _imports_of(order: Sequence[str | Import]) -> list[Import]:
    return [one for one in order if isinstance(one, Import)]
