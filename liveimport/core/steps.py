"""The value of a plan: the steps of each reload group, and what it says to a person or a tool."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from attrs import frozen

from .names import Bound
from .registration import STAR, Binding
from .report import Detail, Readable, age, joined
from .snapshot import Source, Stamp
from .state import Failure, Module

MODIFIED = "modified"
DEPENDENT = "dependent"
FRESH = "fresh"

SCHEMA = 1
"""Version of what `to_dict` returns; a field that changes its meaning raises it."""


class Shedding(NamedTuple):
    """What a kept module dict loses, so that it holds what a fresh interpreter would give it.

    Attributes:
        leaving: Names that the last run bound and that the module sheds before it runs.
        kept: Names that it does not shed then, since the new source may look them up before it
            binds them.
        left: Names to be shed after the run: only functions bound them, and none does now.
        shown: Names that the new source shows that it binds.
        stay: Names that only running the source bound, and that are kept for it to look up.
    """

    leaving: frozenset[str]
    kept: frozenset[str]
    left: frozenset[str]
    shown: frozenset[str]
    stay: frozenset[str]


class Step(NamedTuple):
    """One module to run.

    Attributes:
        now: The module as it is once this has run.
        before: The module as it is. The same if its file did not change; without a stamp if
            it is not known what its names came from.
        reason: ``"modified"``, ``"dependent"``, or ``"fresh"`` if it was never loaded.
        after: Its dependencies that reload too, in the order in which they finish.
        source: What is to run, as it was read. None if that was not needed, because the file
            is the one that ran last.
    """

    now: Module
    before: Module
    reason: str
    after: tuple[str, ...]
    source: Source | None

    def __repr__(self) -> str:
        return f"Step({self.module}, {self.reason}, after={self.after})"

    @property
    def module(self) -> str:
        """Its name."""
        return self.now.name

    @property
    def path(self) -> str:
        """Its source file."""
        assert self.now.path is not None
        return self.now.path

    @property
    def stamp(self) -> Stamp:
        """Of the file with what is to run."""
        assert self.now.stamp is not None
        return self.now.stamp

    @property
    def unknown(self) -> bool:
        """Whether the old source is not known, so that the module sheds all that it can."""
        return self.reason == MODIFIED and self.before.stamp is None

    def shedding(self, old: Bound | None = None, new: Bound | None = None) -> Shedding:
        """Returns what the module loses; `old` and `new` spare looking for a source's names."""
        assert self.now.contents is not None
        new = new or self.now.contents.binds
        contents = self.before.contents or self.now.contents
        old = old or (new if contents is self.now.contents else contents.binds)
        extra = self.before.extra
        bound = old.names | extra if extra else old.names
        nothing: frozenset[str] = frozenset()
        if not new.guards and not old.elsewhere:
            return Shedding(bound, new.guards, old.elsewhere, new.names, nothing)
        mine = new.names | new.elsewhere
        kept = new.guards & mine
        # What the source only names in a text, it may bind by `globals().setdefault`.
        starred = bool(contents.stars or self.now.contents.stars)
        stay = nothing if starred else (new.guards & extra) - mine - old.names
        leaving = bound - kept - stay
        return Shedding(leaving, new.guards - leaving, old.elsewhere - mine, new.names, stay)


class Group(NamedTuple):
    """Stale modules connected by dependencies: they succeed or fail as one.

    Attributes:
        steps: In the order in which they are expected to finish.
        entries: The modules to import, in this order; the rest follows from their imports.
        failure: How it failed before, if no file of it changed since and nobody insists:
            then it is held back. None if it is to run.
        besides: Modules never loaded that its code may import under a condition.
    """

    steps: tuple[Step, ...]
    entries: tuple[str, ...]
    failure: Failure | None = None
    besides: tuple[Module, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """The names of its modules."""
        return tuple(step.module for step in self.steps)

    @property
    def files(self) -> frozenset[str]:
        """The files of all modules whose code may run."""
        paths = (module.path for module in self.besides)
        return frozenset(step.path for step in self.steps).union(filter(None, paths))

    @property
    def evidence(self) -> tuple[tuple[str, str], ...]:
        """Returns these files as a value that differs when one of them changes."""
        modules = (*(step.now for step in self.steps), *self.besides)
        return tuple(sorted((m.name, f"{m.path} {m.stamp} {m.digest}") for m in modules))


@frozen(repr=False, str=False)
class Plan(Readable):
    """What a sync does, and why. Falsy when there is nothing to run.

    Attributes:
        now: When it was made, in seconds since the epoch.
        groups: In order of execution; those held back among them.
        rebinds: What is expected to be bound anew, with the key of the namespace.
        outdated: Extensions that changed on disk, and need a restart.
    """

    now: float
    groups: tuple[Group, ...] = ()
    rebinds: tuple[tuple[int, Binding], ...] = ()
    outdated: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(group.failure is None for group in self.groups)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps that are to run, in order."""
        return tuple(s for group in self.groups if group.failure is None for s in group.steps)

    def lines(self) -> tuple[str, ...]:
        """Returns what a sync would do, a line each."""
        return (
            *(_step_line(step, self.now) for step in self.steps),
            *_rebind_lines(self.rebinds),
            *map(outdated_line, self.outdated),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the plan as JSON-ready values; docs/reports has the schema."""
        return {
            "schema": SCHEMA,
            "kind": "plan",
            "now": self.now,
            "groups": [_group_dict(group) for group in self.groups],
            "rebinds": binding_dicts(self.rebinds),
            "outdated": list(self.outdated),
        }


def _group_dict(group: Group) -> dict[str, Any]:
    return {
        "held": group.failure is not None,
        "steps": [
            {
                "module": step.module,
                "path": step.path,
                "reason": step.reason,
                "mtime": step.stamp.mtime,
                "after": list(step.after),
            }
            for step in group.steps
        ],
    }


def binding_dicts(bound: Sequence[tuple[int, Binding]]) -> list[dict[str, Any]]:
    """Returns bindings with their namespace keys as JSON-ready values."""
    return [
        {"namespace": key, "name": binding.name, "statement": binding.statement}
        for key, binding in bound
    ]


def outdated_line(name: str) -> str:
    """Returns what to say of an extension that changed on disk."""
    return f"{name} changed; it is compiled, so restart to use it"


def rebound_detail(bound: Sequence[tuple[int, Binding]]) -> tuple[Detail, ...]:
    """Returns the statements behind what was bound anew, as a detail; nothing for nothing."""
    statements = tuple(dict.fromkeys(binding.statement for _, binding in bound))
    if not statements:
        return ()
    count = "1 name" if len(statements) == 1 else f"{len(statements)} names"
    return (Detail(f"{count} rebound", statements),)


def _step_line(step: Step, now: float) -> str:
    if step.reason == FRESH:
        return f"Would load {step.module} for the first time"
    if step.reason == MODIFIED:
        modified = age(now - step.stamp.mtime)
        return f"Would reload {step.module}: modified {modified}"
    if not step.after:
        return f"Would reload {step.module}"
    return f"Would reload {step.module} because {joined(step.after)} {_reloads(step.after)}"


def _reloads(names: Sequence[str]) -> str:
    return "reloads" if len(names) == 1 else "reload"


def _rebind_lines(rebinds: Sequence[tuple[int, Binding]]) -> tuple[str, ...]:
    names = dict.fromkeys(b.name for _, b in rebinds if b.name != STAR)
    stars = dict.fromkeys(b.module for _, b in rebinds if b.name == STAR)
    bound = (*names, *(f"the public names of {module}" for module in stars))
    return (f"Would rebind {joined(bound)}",) if bound else ()
