"""What came of each group of a plan → the outcome, and what it showed of the modules."""

from collections.abc import Mapping
from typing import NamedTuple

from liveimport.core.detecting.data_files import Reads
from liveimport.core.model import Failure
from liveimport.core.planning.plan import NEW, ReloadPlan, ReloadStep
from liveimport.core.trace import Trace

from .commit import Learned
from .failures import Failed
from .outcome import Outcome, ReloadEvent


class GroupRun(NamedTuple):
    """A group that ran to its end.

    Attributes:
        finished: Its modules, in the order in which they finished.
        dynamic_names: By module, names that it bound though its source does not show them.
        not_imported: Its modules, each with one that it had imported the last time, and did not
            now.
        now: When, in seconds since the epoch.
        reads: By module, what it read; none if that was not followed.
        traces: By module, what its code read of others, if that was followed.
    """

    finished: tuple[str, ...]
    dynamic_names: tuple[tuple[str, frozenset[str]], ...]
    not_imported: tuple[tuple[str, str], ...]
    now: float
    reads: Reads
    traces: Mapping[str, Trace]


Result = GroupRun | Failed | Failure
"""What came of a group: it ran, it failed, or it was not tried again since it had failed."""


def outcome_of(plan: ReloadPlan, results: Mapping[int, Result]) -> Outcome:
    """Returns what happened, but for names. `results` has what came of groups, by their index.

    Groups without a result did not run.
    """
    events: list[ReloadEvent] = []
    loaded: list[str] = []
    not_run: list[str] = []
    for index, group in enumerate(plan.groups):
        run = results.get(index)
        if not isinstance(run, GroupRun):
            not_run += group.members
            continue
        steps = {step.module: step for step in group.steps}
        events += _events_of(run, steps)
        loaded += (name for name in run.finished if steps[name].reason == NEW)
        finished = set(run.finished)
        not_run += (name for name in steps if name not in finished)
    in_order = [results[index] for index in sorted(results)]
    has_run = any(isinstance(result, GroupRun) for result in in_order)
    return Outcome(
        now=plan.now,
        events=tuple(events),
        loaded=tuple(loaded),
        failed=tuple(result for result in in_order if isinstance(result, Failed)),
        blocked=tuple(result for result in in_order if isinstance(result, Failure)),
        not_run=tuple(not_run),
        changed_extensions=plan.changed_extensions,
        protected=plan.protected if has_run else (),
        upgraded=plan.upgraded,
        missing=plan.missing if has_run else (),
        not_followed=plan.not_followed,
        reported=plan.reported,
        relaid=tuple(one.module for one in plan.relaid),
        files=plan.files,
        cut_off=plan.cut_off,
        not_needed=plan.not_needed if has_run else (),
    )


def learned_of(results: Mapping[int, Result]) -> Learned:
    """Returns what the groups that ran showed of their modules."""
    runs = [run for _, run in sorted(results.items()) if isinstance(run, GroupRun)]
    return Learned(
        not_imported=tuple(pair for run in runs for pair in run.not_imported),
        dynamic_names=tuple(names for run in runs for names in run.dynamic_names),
        reads={name: files for run in runs for name, files in run.reads.items()},
        traces={name: trace for run in runs for name, trace in run.traces.items()},
    )


def _events_of(run: GroupRun, steps: dict[str, ReloadStep]) -> list[ReloadEvent]:
    order = {name: place for place, name in enumerate(run.finished)}
    return [
        event_of(steps[name], order, run.now)
        for name in run.finished
        if steps[name].reason != NEW
    ]


def event_of(step: ReloadStep, order: Mapping[str, int], now: float) -> ReloadEvent:
    """Returns the event of a step. `order` has the places in which modules finished."""
    return ReloadEvent(
        module=step.module,
        reason=step.reason,
        mtime=step.mtime,
        after=_finished_before(step.module, step.after, order),
        now=now,
        holds=step.holds,
        obstacle=step.obstacle,
        files=step.files,
        because=step.because,
    )


def _finished_before(
    name: str, after: tuple[str, ...], order: Mapping[str, int]
) -> tuple[str, ...]:
    """Returns the dependencies that finished first; in a cycle the very first has none."""
    if len(after) < 2:  # noqa: PLR2004  # of one or none there is no order
        return after
    places = [order.get(module, -1) for module in after]
    mine = order[name]
    if sorted(places) == places and places[-1] < mine:
        return after  # mostly it is as it was planned
    ordered = sorted(after, key=lambda module: order.get(module, -1))
    return tuple([m for m in ordered if order.get(m, -1) < mine]) or tuple(ordered)
