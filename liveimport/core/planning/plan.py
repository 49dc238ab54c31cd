"""The value of a plan, as it is executed: the steps of each reload group.

What users see of it is in `overview/dry_run.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from attrs import frozen

from liveimport.core import Value, public
from liveimport.core.detecting.file_change import Changed, FileChange
from liveimport.core.imports import Binding
from liveimport.core.model import BoundNames, Failure, Module, ReadFile, Relaid, SourceFile
from liveimport.core.need.judgement import Because, Judgement, Rebinding
from liveimport.core.report import messages
from liveimport.core.report.rendering import Detail, Line

Reason = Literal["modified", "dependent", "requested", "data", "new"]
"""Why a module runs: its file changed; what it depends on did; you asked for it; a file that it
read as it ran changed; it never ran."""

MODIFIED: Final = "modified"
DEPENDENT: Final = "dependent"
NEW: Final = "new"
REQUESTED: Final = "requested"
DATA: Final = "data"

SCHEMA = 3
"""Version of what `to_dict` returns; a field that changes its name or meaning raises it."""

Keyed = tuple[tuple[int, Binding], ...]
"""Bindings, each with the key of its namespace."""


class Choice(NamedTuple):
    """Which modules run, and why.

    Attributes:
        running: The modules that run, with those that are loaded for the first time.
        spared: The stale modules that need not run.
        skipped: The stale modules that are excluded.
        requested: The modules that the user asked for.
        rereading: The modules that run because of what they read.
        protected: The modules that keep somebody's state, so they do not run.
        files: By tracked module, what changed of what it read as it ran.
        judged: What is needed, if only that runs.
    """

    running: frozenset[str]
    spared: frozenset[str]
    skipped: frozenset[str]
    requested: frozenset[str]
    rereading: frozenset[str]
    protected: tuple[str, ...]
    files: Changed
    judged: Judgement | None


class ReloadStep(NamedTuple):
    """One module to run.

    Attributes:
        module: Its name.
        planned: The module as it is once this has run.
        previous: The module as it is. The same if its file did not change; without a stamp if
            it is not known which source its names came from.
        reason: ``"modified"``, ``"dependent"``, ``"requested"`` if the user asked for it,
            ``"data"`` if a file that it read changed, or ``"new"`` if it was never loaded.
        after: Its dependencies that reload too, in the order in which they finish.
        source: What is to run, as it was read. None if that was not needed, because the file
            is the one that ran last.
        holds: What it holds of modules that run, if that is why it runs.
        started: Modules that it imported when it ran last, by other means than a statement of
            the source to run. It is watched whether it imports them again.
        files: What changed of the files that it read, if that is why it runs.
        read: What it read when it ran last, as that is now.
        because: Why it runs as a dependent, if that was judged.
    """

    module: str
    planned: Module
    previous: Module
    reason: Reason
    after: tuple[str, ...]
    source: SourceFile | None
    holds: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    files: tuple[FileChange, ...] = ()
    read: tuple[ReadFile, ...] = ()
    because: Because | None = None

    def __repr__(self) -> str:
        return f"ReloadStep({self.module}, {self.reason}, after={self.after})"

    @property
    def obstacle(self) -> str:
        """Why it runs though only its comments or layout changed; else empty."""
        return "" if self.source is None or self.reason != MODIFIED else self.source.obstacle

    @property
    def path(self) -> str:
        """Its source file."""
        assert self.planned.location.path is not None
        return self.planned.location.path

    @property
    def mtime(self) -> float:
        """When its file was modified, in seconds since the epoch."""
        assert self.planned.version.stamp is not None
        return self.planned.version.stamp.mtime_ns / 1e9


class RelaidModule(NamedTuple):
    """A module of which only comments or layout changed. It does not run.

    Attributes:
        module: Its name.
        path: Its source file.
        digest: Of what the file holds now.
        source: Where its code stands now.
    """

    module: str
    path: str
    digest: str
    source: Relaid


def relaid_module(module: Module, source: SourceFile) -> RelaidModule:
    """Returns a module of whose source, as it was read, only comments or layout changed."""
    path, found = module.location.path, source.relaid
    assert path is not None
    assert found is not None
    return RelaidModule(module.name, path, source.version.digest, found)


@public
class NotFollowed(NamedTuple):
    """A loaded module of the project whose own edits are not followed.

    Attributes:
        module: Its name.
        reason: Why they are not followed.
        remedy: What to do about it.
        file: Its file, or None.
        changed: Whether its file is not the one that ran last.
    """

    module: str
    reason: str
    remedy: str
    file: str | None = None
    changed: bool = True

    def __str__(self) -> str:
        return messages.not_followed(
            self.module, self.reason, self.remedy, changed=self.changed
        )


class NamesToClear(NamedTuple):
    """Which names leave a module's dict, so that it holds what a fresh interpreter gives it.

    Attributes:
        before_run: Names that the last run bound. They go before the module runs.
        kept: Names that stay for the run, since the new source guards them.
        after_run: Names that only functions of the old source bound. They go after the run.
        bound: Names that the new source shows that it binds.
        preserved: Guarded names that the new source binds unseen; they survive.
    """

    before_run: frozenset[str]
    kept: frozenset[str]
    after_run: frozenset[str]
    bound: frozenset[str]
    preserved: frozenset[str]


def names_to_clear(step: ReloadStep, old: BoundNames, new: BoundNames) -> NamesToClear:
    """Returns what leaves the dict of the step's module.

    `old` are the names of the source that ran last, `new` those of the source to run.
    """
    dynamic = step.previous.dynamic_names
    bound_last = old.module_level | dynamic if dynamic else old.module_level
    nothing: frozenset[str] = frozenset()
    if not new.guarded and not old.by_functions:
        return NamesToClear(bound_last, nothing, nothing, new.module_level, nothing)
    binds = new.module_level | new.by_functions
    kept = new.guarded & binds
    # `globals().setdefault` guards a name, and binds it though no instruction shows that.
    if step.previous.source is not None and step.previous.source.stars:
        # A dynamic name may be what a star import brought.
        unseen = new.bound_by_text & (old.module_level | old.bound_by_text)
    else:
        unseen = new.bound_by_text | (dynamic - old.module_level)
    preserved = (new.guarded & unseen & bound_last) - binds
    before_run = bound_last - kept - preserved
    return NamesToClear(
        before_run,
        new.guarded - before_run,
        # `bound_by_text` are guarded, so their values of an earlier run stay.
        old.by_functions - binds - new.bound_by_text,
        new.module_level,
        preserved,
    )


class ReloadGroup(NamedTuple):
    """Stale modules connected by dependencies: they succeed or fail as one.

    Attributes:
        steps: In the order in which they are expected to finish.
        members: The names of their modules, in the same order.
        entry_points: The modules to import, in this order; their imports run the others.
        blocked_by: How it, or what it requires, failed before, if no file of it changed since and
            nobody asked to retry: then it does not run. Else None.
        failed_before: How it failed before, if no file of it changed since. Else None.
        may_import: Modules never loaded that its code may import under a condition.
        requires: Modules of earlier groups: if one of them fails, it does not run.
        is_tracked: Whether something tracked imports a member. Other groups run last.
        is_installed: Whether it is of installed packages. These groups run first.
        parked: Modules that do not run and lead to a member: they import something of its package.
        starts_parked: Whether these are started at their place too, and not only if imported.
        late: Members that no registered statement imports, and that lie in a package.
        shown: Submodules that do not run and that their package, a member, shows at the end.
        dropped: Submodules of members whose file is gone, and that nothing imports any more.
    """

    steps: tuple[ReloadStep, ...]
    members: tuple[str, ...]
    entry_points: tuple[str, ...]
    blocked_by: Failure | None = None
    failed_before: Failure | None = None
    may_import: tuple[Module, ...] = ()
    requires: tuple[str, ...] = ()
    is_tracked: bool = True
    is_installed: bool = False
    parked: tuple[str, ...] = ()
    starts_parked: bool = False
    late: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()

    @property
    def unreadable(self) -> ReloadStep | None:
        """The first step whose source cannot be read or parsed, or None."""
        return next((s for s in self.steps if s.source is not None and s.source.error), None)

    @property
    def is_broken(self) -> bool:
        """Whether it is to be expected that it fails."""
        return self.failed_before is not None or self.unreadable is not None

    @property
    def files(self) -> frozenset[str]:
        """The files of all modules whose code may run."""
        paths = (module.location.path for module in self.may_import)
        return frozenset(step.path for step in self.steps).union(filter(None, paths))

    @property
    def fingerprint(self) -> tuple[tuple[str, str], ...]:
        """Returns these files as a value that differs when one of them changes."""
        return self.fingerprint_with({})

    def fingerprint_with(
        self, tried: Mapping[str, Sequence[ReadFile]]
    ) -> tuple[tuple[str, str], ...]:
        """Returns the same with files that its modules read as they ran and failed."""
        modules = (*(step.planned for step in self.steps), *self.may_import)
        read = {
            (name, file.path): file
            for step in self.steps
            for name in (step.module,)
            for file in (*tried.get(name, ()), *step.read)
        }
        return tuple(
            sorted(
                (
                    *(
                        (m.name, f"{m.location.path} {m.version.times} {m.version.digest}")
                        for m in modules
                    ),
                    *(
                        (name, f"{path} {file.version.times} {file.version.digest}")
                        for (name, path), file in read.items()
                    ),
                )
            )
        )


@frozen(repr=False, eq=False)
class ReloadPlan(Value):
    """What a sync does, and why. Falsy when there is nothing to run.

    Attributes:
        now: When it was made, in seconds since the epoch.
        groups: In order of execution; those that are blocked among them.
        rebinds: What is expected to be bound again, with the key of the namespace.
        changed_extensions: Extensions that changed on disk, and need a restart.
        protected: Untracked modules that would run, but whose values changed since they were
            loaded: they may be somebody's state.
        upgraded: Installed packages that were upgraded: they need a restart.
        missing: Modules that would run if their files were there.
        missing_files: Tracked modules whose files are missing.
        not_followed: Untracked modules of the project whose files changed, and why that is told.
        reported: Those of them that an earlier report named.
        relaid: Modules of which only comments or layout changed. Their positions are set.
        files: Files that modules read as they ran, and that changed. Told once; nothing runs.
        cut_off: Modules that read more files than are followed. Told once.
        not_needed: Dependents that need not run, in the order in which they would finish.
        rebindings: What is bound anew in these.
    """

    now: float
    groups: tuple[ReloadGroup, ...] = ()
    rebinds: Keyed = ()
    changed_extensions: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    upgraded: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    missing_files: tuple[str, ...] = ()
    not_followed: tuple[NotFollowed, ...] = ()
    reported: tuple[str, ...] = ()
    relaid: tuple[RelaidModule, ...] = ()
    files: tuple[FileChange, ...] = ()
    cut_off: tuple[str, ...] = ()
    not_needed: tuple[str, ...] = ()
    rebindings: tuple[Rebinding, ...] = ()

    def __bool__(self) -> bool:
        return any(group.blocked_by is None for group in self.groups)

    @property
    def steps(self) -> tuple[ReloadStep, ...]:
        """All steps that are to run, in order."""
        return tuple(s for g in self.groups if g.blocked_by is None for s in g.steps)

    def held_back_by(self, group: ReloadGroup) -> tuple[str, ...]:
        """Returns the modules of other groups that do not run if this group fails.

        Those that nothing tracked imports are left out, unless they were edited. What is
        installed holds back nothing of the project: without its new version, the project's
        modules have no reason to run.
        """
        failed = set(group.members)
        held_back: list[str] = []
        for other in self.groups:
            if group.is_installed and not other.is_installed:
                continue
            if not failed.isdisjoint(other.requires):
                failed.update(other.members)
                held_back += (
                    step.module
                    for step in other.steps
                    if step.reason == MODIFIED or (other.is_tracked and step.reason != NEW)
                )
        return tuple(held_back)

    def __repr__(self) -> str:
        return f"ReloadPlan({len(self.groups)} groups, {len(self.steps)} steps)"


def because_dict(because: tuple[str, str, str] | None) -> dict[str, str] | None:
    """Returns why a dependent runs as JSON-ready values; None if that was not judged."""
    return None if because is None else Because(*because)._asdict()


def rebound_dicts(bound: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Returns names of modules as JSON-ready values."""
    return [{"module": module, "name": name} for module, name in bound]


def not_needed_lines(
    modules: Sequence[str], bound: Sequence[tuple[str, str]], *, would: bool = False
) -> tuple[Line, ...]:
    """Returns what is said of dependents that need not run: a line for all of them."""
    if not modules:
        return ()
    names = tuple(dict.fromkeys(name for _, name in bound))
    return (Line(messages.not_needed(modules, names, would=would), *modules),)


def binding_dicts(bound: Sequence[tuple[int, Binding]]) -> list[dict[str, Any]]:
    """Returns bindings with their namespace keys as JSON-ready values."""
    return [
        {"namespace": key, "name": binding.name, "statement": binding.statement}
        for key, binding in bound
    ]


def rebound_detail(bound: Sequence[tuple[int, Binding]]) -> tuple[Detail, ...]:
    """Returns the statements behind what was bound again, as a detail; nothing for nothing."""
    statements = tuple(dict.fromkeys(binding.statement for _, binding in bound))
    if not statements:
        return ()
    return (Detail(messages.names_rebound(len(statements)), statements),)


def not_followed_lines(
    modules: Sequence[NotFollowed], reported: Sequence[str]
) -> tuple[str, ...]:
    """Returns what is said of changed modules that are not followed: in full only once."""
    again = [one.module for one in modules if one.module in reported]
    return (
        *(
            Line(messages.changed_not_followed(*one[:3]), one.module)
            for one in modules
            if one.module not in reported
        ),
        *((messages.still_not_followed(again),) if again else ()),
    )
