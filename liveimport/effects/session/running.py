"""Prepared plan → what happened: runs it, and lets the parts of the session know.

What reloads is imported when it is first used, so that ``import liveimport`` stays cheap.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from attrs import evolve

from liveimport.core.model import State
from liveimport.effects.worker_processes import OldWorkers

if TYPE_CHECKING:
    from liveimport.core.committing.commit import Learned
    from liveimport.core.committing.outcome import Outcome
    from liveimport.effects.clusters.attached import OnWorkers
    from liveimport.effects.reload.execute import OnModuleFinish, OnModuleStart

    from .parts import Parts
    from .preparing import Prepared


class Told(NamedTuple):
    """Who is told what happens, while it happens.

    Attributes:
        on_start: When a module starts.
        on_finish: When a module has run.
        on_workers: While one waits for the workers of a cluster.
    """

    on_start: "OnModuleStart | None" = None
    on_finish: "OnModuleFinish | None" = None
    on_workers: "OnWorkers | None" = None


NOBODY_TOLD: Final = Told()


class Ran(NamedTuple):
    """What came of a plan.

    Attributes:
        outcome: What happened.
        learned: What it showed of the modules.
        interrupt: The user's interrupt, if one came.
    """

    outcome: "Outcome"
    learned: "Learned"
    interrupt: BaseException | None


def generation_of_new(prepared: "Prepared", before: State) -> int:
    """Returns the generation of what the groups import for the first time.

    It runs with its group, so it is as new as the group. If there are several, it may hold
    objects of one that is still to run; but not of bystanders, for what a tracked module imports
    is none.
    """
    running = [group for group in prepared.plan.groups if group.blocked_by is None]
    only_one = len(running) == 1 or sum(group.is_tracked for group in running) == 1
    return prepared.planned.generation if only_one else before.generation


def run(
    prepared: "Prepared",
    before: State,
    parts: "Parts",
    told: Told,
    begin_reading: Callable[[], object],
) -> Ran:
    """Runs a plan. An interrupt is returned, once what was running is rolled back."""
    from liveimport.effects.observe.locate import clear_directory_caches  # noqa: PLC0415  # see above
    from liveimport.effects.reload.checkpoint import finish_despite_interrupts  # noqa: PLC0415  # see above
    from liveimport.effects.reload.execute import Context, Interrupted, Watchers, execute  # noqa: PLC0415  # see above

    interrupt, stopped = None, None
    clear_directory_caches()
    parts.values.before_loads()
    context = Context(
        before,
        prepared.planned,
        parts.namespaces,
        parts.pending,
        parts.memory.scanner,
        parts.own_names,
        parts.read_log,
        parts.old_objects.note_before,
    )
    is_reading = parts.read_log.is_on
    try:
        begin_reading()
        watchers = Watchers(told.on_start, told.on_finish)
        outcome, learned = execute(prepared.plan, prepared.code, context, watchers)
    except Interrupted as interrupted:
        outcome, learned = interrupted.outcome, interrupted.learned
        interrupt = interrupted.__cause__
    finally:
        if not is_reading:
            stopped = finish_despite_interrupts(parts.read_log.end)
    return Ran(outcome, learned, stopped or interrupt)


def take_in_run(prepared: "Prepared", after: State, outcome: "Outcome", parts: "Parts") -> None:
    """Lets the parts of a session know what has run."""
    reloaded = frozenset(event.module for event in outcome.events)
    parts.values.keep(after.graph.bystanders, reloaded)
    parts.values.after_loads(())
    modules = prepared.planned.modules
    parts.memory.installed.renew(modules[name].location.path for name in reloaded)
    ran = {
        name: compiled
        for group in prepared.code
        if isinstance(group, Mapping)
        for name, compiled in group.items()
        if name in reloaded
    }
    parts.old_objects.note_run(ran, parts.texts.take_in(ran))


def with_old_workers(outcome: "Outcome", workers: OldWorkers) -> "Outcome":
    """Returns the same, with what became of the processes that have the code of before."""
    if not any(workers):
        return outcome
    return evolve(
        outcome,
        workers_replaced=workers.replaced,
        old_processes=workers.left,
        workers_busy=workers.busy,
    )
