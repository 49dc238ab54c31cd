"""The value of what a sync did, and its report."""

from collections import Counter
from typing import Any, NamedTuple

from attrs import Factory, field, frozen

from liveimport.core import Value, public
from liveimport.core.detecting.file_change import FileChange, cause_of, file_dicts, file_lines
from liveimport.core.imports import Binding
from liveimport.core.model import Failure
from liveimport.core.planning.plan import (
    DATA,
    MODIFIED,
    REQUESTED,
    SCHEMA,
    Keyed,
    NotFollowed,
    Reason,
    ReloadPlan,
    because_dict,
    binding_dicts,
    not_followed_lines,
    not_needed_lines,
    rebound_detail,
    rebound_dicts,
)
from liveimport.core.report import messages
from liveimport.core.report.rendering import Detail, JsonReadable, Line, lines_of

from .failures import Failed, ModuleError, blocked_lines, failed_lines, failure_dict
from .workers import ClusterStatus


@public
@frozen(str=False, eq=False)
class ReloadEvent(Value):
    """A module was reloaded. `str()` of it is its line in the report.

    Attributes:
        module: The name of the module.
        reason: ``"modified"`` if its file changed, ``"dependent"`` if it reloaded only because
            something that it depends on did, ``"requested"`` if you asked for it, ``"data"`` if
            a file that it read as it ran changed.
        mtime: When its file was modified, in seconds since the epoch.
        now: When it was reloaded, in seconds since the epoch.
        holds: What it holds of other modules that reloaded, if it reloaded because of that.
        obstacle: Why it reloaded though only its comments or layout changed; else empty.
        files: What changed of the files that it read, if it reloaded because of that.
        because: Why it reloaded as a dependent, with ``reload="needed"``: the module that has to
            do with it, the name of it or "", and how: ``"reads"``, ``"imports"``, ``"star"``,
            ``"calls"``, ``"changes"``, ``"used"``, ``"cycle"``, ``"holds"`` or ``"unknown"``.
    """

    module: str
    reason: Reason
    mtime: float
    _after: tuple[str, ...] = field(alias="after")
    now: float = field(
        kw_only=True,
        eq=False,
        repr=False,
        default=Factory(lambda self: self.mtime, takes_self=True),
    )
    holds: tuple[str, ...] = field(kw_only=True, default=())
    obstacle: str = field(kw_only=True, default="")
    files: tuple[FileChange, ...] = field(kw_only=True, default=())
    because: tuple[str, str, str] | None = field(kw_only=True, default=None)

    @property
    def after(self) -> list[str]:
        """The modules it depends on that were reloaded before it, in that order."""
        return list(self._after)

    def __str__(self) -> str:
        if self.reason == MODIFIED:
            line = messages.reloaded_modified(self.module, self.now - self.mtime)
            return messages.with_obstacle(line, self.obstacle)
        if self.reason == REQUESTED:
            return messages.reloaded_requested(self.module)
        if self.reason == DATA:
            cause = cause_of(self.files, self.now)
            return messages.reloaded_because_of_file(self.module, cause)
        if self.holds:
            return messages.reloaded_because_it_holds(self.module, self.holds)
        if self.because is not None:
            return messages.reloaded_because_it(self.module, *self.because)
        return messages.reloaded_because(self.module, self._after)


@public
class AddedAgain(NamedTuple):
    """A table of a module that did not run, to which a module that ran again added.

    Attributes:
        module: Which module seems to have added to it.
        table: The table, by the name of its module and its own.
        owner: Whose table it is.
    """

    module: str
    table: str
    owner: str


@public
@frozen(repr=False, str=False, eq=False)
class Outcome(Value, JsonReadable):
    """What a sync did. Falsy when it did nothing.

    Attributes:
        now: When, in seconds since the epoch.
        events: The modules that were reloaded, in the order in which they finished.
        loaded: Modules that were loaded for the first time.
        rebound: What was bound again, with the key of the namespace.
        vanished: Bindings whose module no longer has the name, or no longer exports it to a star
            import; it keeps its last value.
        unexported: Those of them whose module still has the name.
        replaced: Those of `rebound` whose names held a value of the user's. It is in
            `liveimport.replaced`.
        kept: Bindings that were not made, because the user bound the name (``own_names="keep"``).
        deleted: Bindings that were not made, because the user deleted the name.
        kept_names: Names of `kept` and `deleted` that an earlier report named, with the key of
            the namespace.
        failed: Groups that failed now.
        blocked: Groups that failed before, and were not tried again.
        not_run: Every module that was to run and did not.
        changed_extensions: Extensions that changed on disk, and need a restart.
        protected: Untracked modules that did not run with what they depend on, because their
            values changed since they were loaded: they may be somebody's state.
        upgraded: Installed packages that were upgraded: they need a restart.
        missing: Modules that did not run with what they depend on: their files are missing.
        not_followed: Untracked modules of the project whose files changed, and why that is told.
        reported: Those of them that an earlier report named.
        added_again: Tables of modules that did not run, to which a module that ran added.
        relaid: Modules of which only comments or layout changed. Their positions were set.
        files: Files that modules read as they ran, and that changed. Nothing ran for that.
        cut_off: Modules that read more files than are followed.
        workers_replaced: How many workers of joblib there were. Its next call starts new ones.
        old_processes: How many other processes, started before, go on with the code of then.
        workers_busy: How many workers of joblib another thread uses. A later sync replaces them.
        clusters: How the workers of attached clusters stand, if they had to change over.
        not_needed: Dependents that did not need to run.
        rebound_in_modules: The names that were bound again in them: module and name.
    """

    now: float
    events: tuple[ReloadEvent, ...] = ()
    loaded: tuple[str, ...] = ()
    rebound: Keyed = ()
    vanished: Keyed = ()
    unexported: Keyed = ()
    replaced: Keyed = ()
    kept: Keyed = ()
    deleted: Keyed = ()
    kept_names: frozenset[tuple[int, str]] = frozenset()
    failed: tuple[Failed, ...] = ()
    blocked: tuple[Failure, ...] = ()
    not_run: tuple[str, ...] = ()
    changed_extensions: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    upgraded: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    not_followed: tuple[NotFollowed, ...] = ()
    reported: tuple[str, ...] = ()
    added_again: tuple[AddedAgain, ...] = ()
    relaid: tuple[str, ...] = ()
    files: tuple[FileChange, ...] = ()
    cut_off: tuple[str, ...] = ()
    workers_replaced: int = 0
    old_processes: int = 0
    workers_busy: int = 0
    clusters: tuple[ClusterStatus, ...] = ()
    not_needed: tuple[str, ...] = ()
    rebound_in_modules: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(
            self.events
            or self.relaid
            or self.vanished
            or self.own_name_lines
            or self.failed
            or self.blocked
            or self.changed_extensions
            or self.protected
            or self.upgraded
            or self.missing
            or self.files
            or self.cut_off
            or any(cluster.behind or cluster.failed for cluster in self.clusters)
            or {one.module for one in self.not_followed}.difference(self.reported)
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """The report, a line each."""
        return (
            *(Line(str(event), event.module, *event.after) for event in self.events),
            *lines_of(messages.only_layout_changed, self.relaid),
            *not_needed_lines(self.not_needed, self.rebound_in_modules),
            *(
                Line(_vanished_line(b, is_there=(k, b) in self.unexported), b.module)
                for k, b in self.vanished
            ),
            *self.own_name_lines,
            *(line for failed in self.failed for line in failed_lines(failed.failure)),
            *(line for failure in self.blocked for line in blocked_lines(failure)),
            *lines_of(messages.extension_changed, self.changed_extensions),
            *lines_of(messages.not_reloaded_protected, self.protected),
            *lines_of(messages.package_upgraded, self.upgraded),
            *lines_of(messages.not_reloaded_missing, self.missing),
            *(messages.added_again(*added) for added in self.added_again),
            *file_lines(self.files, self.cut_off),
            *messages.old_workers(self.workers_replaced, self.old_processes, self.workers_busy),
            *(line for cluster in self.clusters for line in cluster.lines),
            *(not_followed_lines(self.not_followed, self.reported) if self else ()),
        )

    @property
    def own_name_lines(self) -> tuple[str, ...]:
        """What is said of names that were the user's."""
        kept, deleted = (
            [b.name for key, b in bindings if (key, b.name) not in self.kept_names]
            for bindings in (self.kept, self.deleted)
        )
        return (
            *map(_replaced_line, self.replaced, keys_of_replaced(self.replaced)),
            *map(messages.own_name_kept, kept),
            *messages.deleted_names_kept(deleted),
        )

    @property
    def has_failures(self) -> bool:
        """Whether something failed, or still does."""
        return bool(self.failed or self.blocked)

    @property
    def details(self) -> tuple[Detail, ...]:
        """What was bound again, and the traceback of each failure."""
        tracebacks = (
            Detail(messages.traceback_of(failure.module), failure.traceback)
            for failure in (*(failed.failure for failed in self.failed), *self.blocked)
        )
        return (*rebound_detail(self.rebound), *tracebacks)

    def to_dict(self) -> dict[str, Any]:
        """Returns the outcome as JSON-ready values; docs/reports has the schema."""
        return {
            "schema": SCHEMA,
            "kind": "outcome",
            "now": self.now,
            "events": [
                {
                    "module": e.module,
                    "reason": e.reason,
                    "mtime": e.mtime,
                    "after": e.after,
                    "holds": list(e.holds),
                    "obstacle": e.obstacle,
                    "files": file_dicts(e.files),
                    "because": because_dict(e.because),
                }
                for e in self.events
            ],
            "loaded": list(self.loaded),
            "rebound": binding_dicts(self.rebound),
            "vanished": binding_dicts(self.vanished),
            "unexported": binding_dicts(self.unexported),
            "replaced": binding_dicts(self.replaced),
            "kept": binding_dicts(self.kept),
            "deleted": binding_dicts(self.deleted),
            "failed": [failure_dict(failed.failure) for failed in self.failed],
            "blocked": [failure_dict(failure) for failure in self.blocked],
            "not_run": list(self.not_run),
            "changed_extensions": list(self.changed_extensions),
            "protected": list(self.protected),
            "upgraded": list(self.upgraded),
            "missing": list(self.missing),
            "not_followed": [one._asdict() for one in self.not_followed],
            "added_again": [added._asdict() for added in self.added_again],
            "relaid": list(self.relaid),
            "files": file_dicts(self.files),
            "cut_off": list(self.cut_off),
            "workers_replaced": self.workers_replaced,
            "old_processes": self.old_processes,
            "workers_busy": self.workers_busy,
            "clusters": [cluster.to_dict() for cluster in self.clusters],
            "not_needed": list(self.not_needed),
            "rebound_in_modules": rebound_dicts(self.rebound_in_modules),
        }


def outcome_without_run(plan: ReloadPlan) -> Outcome:
    """Returns what a plan tells in which nothing runs."""
    return Outcome(
        plan.now,
        changed_extensions=plan.changed_extensions,
        upgraded=plan.upgraded,
        not_followed=plan.not_followed,
        reported=plan.reported,
        relaid=tuple(one.module for one in plan.relaid),
        files=plan.files,
        cut_off=plan.cut_off,
    )


def first_error(outcome: Outcome) -> ModuleError:
    """Returns the error of the first failure. The others, and names replaced, are notes."""
    error = outcome.failed[0].as_module_error()
    error.outcome = outcome
    for other in outcome.failed[1:]:
        error.add_note("\n".join(failed_lines(other.failure)))
    for line in outcome.own_name_lines:
        error.add_note(line)
    return error


def _vanished_line(binding: Binding, *, is_there: bool) -> str:
    if is_there:
        return messages.is_no_longer_exported(binding.name, binding.module)
    return messages.keeps_last_value(
        binding.name, binding.module, binding.attribute or binding.name
    )


def _replaced_line(replaced: tuple[int, Binding], key: str | tuple[int, str]) -> str:
    _, binding = replaced
    source = f"{binding.module}.{binding.attribute}"
    if binding.attribute is None:
        bound = binding.module if binding.aliased else binding.module.partition(".")[0]
        source = messages.the_module(bound)
    # In a tuple, the brackets stand for the parentheses.
    place = repr(key) if isinstance(key, str) else repr(key)[1:-1]
    return messages.own_name_replaced(binding.name, source, place)


def keys_of_replaced(replaced: Keyed) -> tuple[str | tuple[int, str], ...]:
    """Returns the key of each replaced value in `liveimport.replaced`.

    It is the name, or the number of the namespace and the name if several lost that name.
    """
    counts = Counter(binding.name for _, binding in replaced)
    return tuple(b.name if counts[b.name] == 1 else (key, b.name) for key, b in replaced)
