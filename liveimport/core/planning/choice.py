"""Which modules a plan runs, and why."""

from collections.abc import Sequence
from typing import NamedTuple

from liveimport.core.detecting.changes import Changes
from liveimport.core.detecting.data_files import Changed, file_changes, to_read_again
from liveimport.core.model import DependencyGraph, Snapshot, State
from liveimport.core.need.judge import Judgement

from .staleness import (
    Request,
    needed_modules,
    protected_modules,
    requested_modules,
    stale_and_start,
)


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


def choose(
    state: State, snapshot: Snapshot, changes: Changes, graph: DependencyGraph, request: Request
) -> Choice:
    """Returns which modules run, which of the stale ones do not, and why."""
    requested = requested_modules(state, graph, changes, request)
    files = file_changes(state, snapshot, graph.tracked)
    rereading = to_read_again(state, files)
    found = stale_and_start(state, graph, changes, snapshot, requested | rereading)
    judged = needed_modules(state, graph, changes, snapshot, found)
    stale = found.modules
    if judged is not None:
        stale = tuple(name for name in stale if name in judged.running)
    skipped = frozenset(name for name in stale if state.is_excluded(name))
    running = _with_new_modules([n for n in stale if n not in skipped], changes, graph)
    spared = frozenset(found.modules).difference(stale)
    return Choice(
        running=running,
        spared=spared,
        skipped=skipped,
        requested=requested,
        rereading=rereading,
        protected=protected_modules(state, graph, changes, snapshot, running | spared),
        files=files,
        judged=judged,
    )


def _with_new_modules(
    stale: Sequence[str], changes: Changes, graph: DependencyGraph
) -> frozenset[str]:
    """Returns the stale modules and the new ones that they lead to."""
    reached = set(stale)
    new = changes.new & graph.runnable
    pending = list(stale) if new else []
    while pending:
        for target in changes.modules[pending.pop()].top_level:
            if target in new and target not in reached:
                reached.add(target)
                pending.append(target)
    return frozenset(reached)
