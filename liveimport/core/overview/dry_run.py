"""ReloadPlan → what users see of it: the value of plan() and %liveimport plan."""

from typing import Any, NamedTuple

from attrs import frozen

from liveimport.core import Value, public
from liveimport.core.committing.failures import failure_dict
from liveimport.core.detecting.file_change import FileChange, cause_of, file_dicts, file_lines
from liveimport.core.imports import STAR
from liveimport.core.model import Failure
from liveimport.core.planning.plan import (
    DATA,
    MODIFIED,
    NEW,
    REQUESTED,
    SCHEMA,
    Keyed,
    NotFollowed,
    Reason,
    ReloadGroup,
    ReloadPlan,
    ReloadStep,
    because_dict,
    binding_dicts,
    not_followed_lines,
    not_needed_lines,
)
from liveimport.core.report import messages
from liveimport.core.report.rendering import FAILURE, JsonReadable, Line, lines_of


@public
class Step(NamedTuple):
    """One module that would run.

    Attributes:
        module: Its name.
        file: Its source file.
        reason: ``"modified"`` if its file changed, ``"dependent"`` if it would reload only because
            something that it depends on does, ``"requested"`` if you asked for it, ``"data"`` if
            a file that it read as it ran changed, or ``"new"`` if it was never loaded.
        mtime: When its file was modified, in seconds since the epoch.
        after: Its dependencies that would reload too, in the order in which they finish.
        holds: What it holds of modules that run, if that is why it runs.
        error: Why its source cannot be read or parsed; empty if it can.
        obstacle: Why it would reload though only its comments or layout changed; else empty.
        files: What changed of the files that it read, if that is why it runs.
        because: Why it would reload as a dependent, with ``reload="needed"``: a module, a name
            of it or "", and how, as `ReloadEvent` has it.
    """

    module: str
    file: str
    reason: Reason
    mtime: float
    after: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    error: str = ""
    obstacle: str = ""
    files: tuple[FileChange, ...] = ()
    because: tuple[str, str, str] | None = None


@public
class Group(NamedTuple):
    """Modules that would succeed or fail as one.

    Attributes:
        steps: In the order in which they are expected to finish.
        blocked_by: How it failed before, if it would not run, because no file of it changed
            since and nobody asks to retry. Else None.
        failed_before: How it failed before, if it would be tried again and no file of it changed
            since. Else None.
    """

    steps: tuple[Step, ...]
    blocked_by: Failure | None = None
    failed_before: Failure | None = None


@public
@frozen(repr=False, str=False, eq=False)
class Plan(Value, JsonReadable):
    """What a sync would do, and why. Falsy when there is nothing to run.

    Attributes:
        now: When it was made, in seconds since the epoch.
        groups: In order of execution; those that are blocked among them.
        rebinds: What is expected to be bound again, with the key of the namespace.
        changed_extensions: Extensions that changed on disk, and need a restart.
        protected: Untracked modules that would run, but whose values changed since they were
            loaded: they may be somebody's state.
        upgraded: Installed packages that were upgraded: they need a restart.
        missing: Modules that would run if their files were there.
        not_followed: Untracked modules of the project whose files changed, and why that is told.
        reported: Those of them that an earlier report named.
        relaid: Modules of which only comments or layout changed. Their positions would be set.
        files: Files that modules read as they ran, and that changed. Nothing would run for that.
        cut_off: Modules that read more files than are followed.
        not_needed: Dependents that would not need to run.
    """

    now: float
    groups: tuple[Group, ...] = ()
    rebinds: Keyed = ()
    changed_extensions: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    upgraded: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    not_followed: tuple[NotFollowed, ...] = ()
    reported: tuple[str, ...] = ()
    relaid: tuple[str, ...] = ()
    files: tuple[FileChange, ...] = ()
    cut_off: tuple[str, ...] = ()
    not_needed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(group.blocked_by is None for group in self.groups)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps that would run, in order."""
        return tuple(s for g in self.groups if g.blocked_by is None for s in g.steps)

    @property
    def lines(self) -> tuple[str, ...]:
        """What a sync would do, a line each."""
        return (
            *(
                line
                for group in self.groups
                if group.blocked_by is None
                for line in _group_lines(group, self.now)
            ),
            *lines_of(messages.only_layout_changed, self.relaid),
            *not_needed_lines(self.not_needed, (), would=True),
            *_rebind_lines(self.rebinds),
            *lines_of(messages.extension_changed, self.changed_extensions),
            *lines_of(messages.would_not_reload_protected, self.protected),
            *lines_of(messages.package_upgraded, self.upgraded),
            *lines_of(messages.would_not_reload_missing, self.missing),
            *file_lines(self.files, self.cut_off),
            *not_followed_lines(self.not_followed, self.reported),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the plan as JSON-ready values; docs/reports has the schema."""
        return {
            "schema": SCHEMA,
            "kind": "plan",
            "now": self.now,
            "groups": [_group_dict(group) for group in self.groups],
            "rebinds": binding_dicts(self.rebinds),
            "changed_extensions": list(self.changed_extensions),
            "protected": list(self.protected),
            "upgraded": list(self.upgraded),
            "missing": list(self.missing),
            "not_followed": [one._asdict() for one in self.not_followed],
            "relaid": list(self.relaid),
            "files": file_dicts(self.files),
            "cut_off": list(self.cut_off),
            "not_needed": list(self.not_needed),
        }


def dry_run(plan: ReloadPlan) -> Plan:
    """Returns what users see of a plan."""
    return Plan(
        now=plan.now,
        groups=tuple(map(_group_of, plan.groups)),
        rebinds=plan.rebinds,
        changed_extensions=plan.changed_extensions,
        protected=plan.protected,
        upgraded=plan.upgraded,
        missing=plan.missing,
        not_followed=plan.not_followed,
        reported=plan.reported,
        relaid=tuple(one.module for one in plan.relaid),
        files=plan.files,
        cut_off=plan.cut_off,
        not_needed=plan.not_needed,
    )


def _group_of(group: ReloadGroup) -> Group:
    return Group(tuple(map(_step_of, group.steps)), group.blocked_by, group.failed_before)


def _step_of(step: ReloadStep) -> Step:
    return Step(
        module=step.module,
        file=step.path,
        reason=step.reason,
        mtime=step.mtime,
        after=step.after,
        holds=step.holds,
        error=step.source.error if step.source is not None else "",
        obstacle=step.obstacle,
        files=step.files,
        because=step.because,
    )


def _group_dict(group: Group) -> dict[str, Any]:
    return {
        "steps": [
            {
                "module": step.module,
                "file": step.file,
                "reason": step.reason,
                "mtime": step.mtime,
                "after": list(step.after),
                "holds": list(step.holds),
                "error": step.error,
                "obstacle": step.obstacle,
                "files": file_dicts(step.files),
                "because": because_dict(step.because),
            }
            for step in group.steps
        ],
        "blocked_by": None if group.blocked_by is None else failure_dict(group.blocked_by),
        "failed_before": None
        if group.failed_before is None
        else failure_dict(group.failed_before),
    }


def _group_lines(group: Group, now: float) -> tuple[str, ...]:
    """Returns what a group would do. Of one that is broken, what would fail, and who waits."""
    failure = group.failed_before
    if failure is not None:
        place = (failure.message, failure.shown_file, failure.line)
        line = messages.would_try_again(failure.module, *place)
        return _failing(group, failure.module, line)
    broken = next((step for step in group.steps if step.error), None)
    if broken is not None:
        line = messages.would_not_reload_broken(broken.module, broken.error)
        return _failing(group, broken.module, line)
    return tuple(Line(_step_line(step, now), step.module, *step.after) for step in group.steps)


def _failing(group: Group, failed: str, line: str) -> tuple[str, ...]:
    others = [s.module for s in group.steps if s.module != failed and s.reason != NEW]
    lines = (line, messages.also_held_back(others)) if others else (line,)
    return tuple(Line(text, failed, *others, kind=FAILURE) for text in lines)


def _step_line(step: Step, now: float) -> str:
    if step.reason == NEW:
        return messages.would_load(step.module)
    if step.reason == MODIFIED:
        line = messages.would_reload_modified(step.module, now - step.mtime)
        return messages.with_obstacle(line, step.obstacle)
    if step.reason == REQUESTED:
        return messages.would_reload_requested(step.module)
    if step.reason == DATA:
        return messages.would_reload_because_of_file(step.module, cause_of(step.files, now))
    return _dependent_line(step)


def _dependent_line(step: Step) -> str:
    if step.holds:
        return messages.would_reload_because_it_holds(step.module, step.holds)
    if step.because is not None:
        return messages.would_reload_because_it(step.module, *step.because)
    return messages.would_reload_because(step.module, step.after)


def _rebind_lines(rebinds: Keyed) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(b.name for _, b in rebinds if b.name != STAR))
    stars = tuple(dict.fromkeys(b.module for _, b in rebinds if b.name == STAR))
    return (messages.would_rebind(names, stars),) if names or stars else ()
