"""A sync: plan, execute, settle; and what spares most of it when nothing changed."""

import time
from collections.abc import Iterable, MutableMapping
from typing import Any, Protocol

from liveimport.core.outcome import Outcome, settle
from liveimport.core.plan import plan_or_ask, plan_reload
from liveimport.core.snapshot import Snapshot, Stamp, Unseen
from liveimport.core.source import digest_of
from liveimport.core.state import CONTENT, Module, State
from liveimport.core.steps import Plan
from liveimport.core.versions import asked_first

from .execute import Given, Interrupted, Progress, Registry, execute
from .files import read
from .finding import forget_directories
from .loading import unread
from .look import Eyes
from .restoring import to_the_end
from .scan import Files, begin, changes, changes_of_others, files_of, refreshed


class Holder(Registry, Protocol):
    """Who holds the State, and may be given another while modules run."""

    state: State
    loading: int | None

    def adopt(self, before: State, settled: State) -> None:
        """Makes `settled` the State, with what was registered since it was `before`."""


class Syncing:
    """Plans and executes, and remembers which files were seen last."""

    def __init__(self, eyes: Eyes, namespaces: dict[int, MutableMapping[str, Any]]) -> None:
        self._eyes = eyes
        self._namespaces = namespaces
        self._quiet: State | None = None
        self._filed: State | None = None
        self._files = Files()
        self._last: dict[str, Stamp | None] = {}

    def nothing(self) -> Outcome:
        """Returns the outcome of a sync that had nothing to do."""
        return Outcome(time.time())

    def no_plan(self) -> Plan:
        """Returns the plan to do nothing."""
        return Plan(time.time())

    def changed(self, state: State) -> frozenset[str]:
        """Returns the tracked modules whose file is not as it was at the last sync."""
        seen = changes(self._compared(state))
        known = ((name, state.modules[name].stamp) for name in seen)
        changed = (
            name
            for name, stamp in known
            if seen[name] not in (stamp, self._last.get(name, stamp))
        )
        if state.detect == CONTENT:
            return frozenset(
                name for name in changed if _has_other_content(state.modules[name])
            )
        return frozenset(changed)

    def plan(self, state: State) -> Plan:
        """Returns what `sync` would do now, all that failed before included."""
        seen = changes(self._compared(state))
        if state is self._quiet and not seen:
            return self.no_plan()
        return self._plan(state, self._with_others(state, seen), insist=True, ready=False)[0]

    def sync(self, holder: Holder, *, insist: bool, progress: Progress | None) -> Outcome:
        """Brings the session up to date and returns what happened.

        Raises:
            KeyboardInterrupt: The user interrupted a reload; what ran before it holds.
        """
        before = holder.state
        seen = changes(self._compared(before))
        if before is self._quiet and not seen:
            return self.nothing()
        self._last = self._with_others(before, seen)
        plan, planned = self._plan(before, self._last, insist=insist, ready=True)
        if not plan.groups:
            self._rest(before, planned, ())
            holder.state = planned
            return Outcome(plan.now, outdated=plan.outdated)
        forget_directories()
        interrupt: BaseException | None = None
        # What a group imports besides runs with it, so it is as new as the group. Where there
        # are several, it may hold objects of one that is still to run.
        alone = sum(group.failure is None for group in plan.groups) == 1
        holder.loading = planned.generation if alone else None
        try:
            outcome = execute(
                plan,
                Given(
                    before,
                    planned,
                    self._namespaces,
                    self._eyes.kept,
                    registry=holder,
                ),
                progress,
            )
        except Interrupted as interrupted:
            outcome = interrupted.outcome
            interrupt = interrupted.__cause__
        finally:
            holder.loading = None
        interrupt = (
            to_the_end(lambda: holder.adopt(before, settle(before, planned, outcome)))
            or interrupt
        )
        if not outcome.unrun:
            read = (step.module for step in plan.steps if step.source is not None)
            self._rest(before, holder.state, read)
        if interrupt is not None:
            raise interrupt
        return outcome

    def _with_others(
        self, state: State, seen: dict[str, Stamp | None]
    ) -> dict[str, Stamp | None]:
        """Returns what was seen of the tracked files, and what is to be seen of the others."""
        return {**seen, **changes_of_others(self._compared(state))}

    def _plan(
        self, state: State, seen: dict[str, Stamp | None], *, insist: bool, ready: bool
    ) -> tuple[Plan, State]:
        """Returns the plan for what was `seen` of files, and the State if all of it succeeds.

        With `ready`, the code of all that is to run is at hand, or its source.
        """

        def attempt(snapshot: Snapshot) -> Unseen | tuple[Plan, State]:
            planned = plan_or_ask(state, snapshot, insist=insist)
            if not ready or isinstance(planned, Unseen):
                return planned
            return Unseen(sources=unread(planned[0], self._eyes.kept)) or planned

        snapshot = begin(seen, self._namespaces.values())
        return self._eyes.answered(
            state,
            self._eyes.look(state, snapshot, asked_first(state, seen)),
            attempt,
            lambda snapshot: plan_reload(state, snapshot, insist=insist),
        )

    def _rest(self, before: State, state: State, ran: Iterable[str]) -> None:
        """Notes a State in which nothing is to be done until a file changes."""
        if state.tracked is before.tracked and state.begun is before.begun:
            self._files = refreshed(self._files, state, (*self._last, *ran))
        else:
            self._files = files_of(state)
        self._filed = state
        if not state.failures:
            self._quiet = state

    def _compared(self, state: State) -> Files:
        """Returns the files that the State is compared with."""
        if state is not self._filed:
            self._filed, self._files = state, files_of(state)
        return self._files


def _has_other_content(module: Module) -> bool:
    reading = None if module.path is None else read(module.path)
    return reading is None or digest_of(reading.data) != module.digest
