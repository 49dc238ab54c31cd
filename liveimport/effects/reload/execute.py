"""ReloadPlan → Outcome: group after group, all or nothing; then the names.

The only place in which the code of the user's modules runs.
"""

import sys
import time
from collections.abc import Callable, Iterable, Mapping, MutableSequence, Sequence
from contextlib import suppress
from functools import cache, partial
from itertools import count
from typing import Any, NamedTuple

from attrs import evolve

from liveimport.core.committing.commit import Learned
from liveimport.core.committing.failures import Failed
from liveimport.core.committing.names_to_bind import early_bindings, names_to_bind
from liveimport.core.committing.outcome import Outcome, ReloadEvent, keys_of_replaced
from liveimport.core.committing.refills import added_again
from liveimport.core.committing.registered import NewRegistration, with_registered
from liveimport.core.detecting.data_files import of_project
from liveimport.core.imports import Binding, Rebinds, last_bindings, with_parents
from liveimport.core.model import KEEP, NO_HOLDS, Failure, Phase, ReadFile, State
from liveimport.core.planning.plan import (
    DEPENDENT,
    NEW,
    REQUESTED,
    ReloadGroup,
    ReloadPlan,
    ReloadStep,
)
from liveimport.core.report import messages
from liveimport.effects.loaded.holds import HoldScanner
from liveimport.effects.loaded.modules import namespace_of, public_names_of
from liveimport.effects.loaded.tables import Tables
from liveimport.effects.logs.read_log import ReadLog, Reads
from liveimport.effects.logs.run_log import Traces
from liveimport.effects.own_names import OwnNames

from .checkpoint import Checkpoint, finish_despite_interrupts
from .compiled_module import CompiledGroup, CompileError
from .group_importer import GroupImporter, RunWatch, import_members
from .rebind import ModuleNames, Namespaces, PresentNames, RebindError, Rebound, bind_names
from .tracebacks import failure_of

OnModuleStart = Callable[[str, int, int], None]
"""Called as each module starts to run, with its name, its place and the number of all."""

OnModuleFinish = Callable[[ReloadEvent], None]
"""Called as each module that reloads finishes. Its group may still fail, and be rolled back."""


class Watchers(NamedTuple):
    """Who is told what runs, while it runs. What they raise stops nothing, but an interrupt does.

    Attributes:
        on_start: Told as each module starts.
        on_finish: Told as each module that reloads finishes.
    """

    on_start: OnModuleStart | None = None
    on_finish: OnModuleFinish | None = None


NOBODY_WATCHES = Watchers()


class Context(NamedTuple):
    """What an execution starts from.

    Attributes:
        state: What held when the plan was made.
        planned: What holds if all of it succeeds.
        namespaces: By key, the namespaces whose names are bound again.
        pending: What the modules register while they run. It loses what failed modules added.
        scanner: Finds what modules hold of each other once they ran.
        own_names: Which names are the user's own.
        read_log: Which files the modules read, if it is on.
        note_before: Takes in what gives the dicts of modules as they were, and which ran.
    """

    state: State
    planned: State
    namespaces: Namespaces
    pending: MutableSequence[NewRegistration]
    scanner: HoldScanner
    own_names: OwnNames
    read_log: ReadLog
    note_before: Callable[[Callable[[str], Mapping[str, Any]], frozenset[str]], None] = (
        lambda _dict_of, _modules: None
    )


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
    traces: Traces


class Interrupted(BaseException):  # not an error: it carries the user's interrupt out
    """The user interrupted a reload. What was running is rolled back; the rest did not run.

    The interrupt is its cause.

    Attributes:
        outcome: What happened until then.
        learned: What it showed of the modules.
    """

    def __init__(self, outcome: Outcome, learned: Learned) -> None:
        super().__init__(outcome, learned)
        self.outcome = outcome
        self.learned = learned


class HeldByExtensionError(RuntimeError):
    """Compiled code holds an object of a module that is to reload.

    Attributes:
        module: The module of the object.
    """

    def __init__(self, extension: str, module: str, name: str) -> None:
        super().__init__(messages.extension_holds(extension, module, name))
        self.module = module


def execute(
    plan: ReloadPlan,
    code: Sequence[CompiledGroup],
    context: Context,
    watchers: Watchers = NOBODY_WATCHES,
) -> tuple[Outcome, Learned]:
    """Returns what happened when the plan was executed, and what that showed of the modules.

    Groups that fail are rolled back, and the others go on. When all have run, names are bound.

    Raises:
        Interrupted: KeyboardInterrupt came, from a module's code or in between.
    """
    execution = _Execution(plan, code, context, watchers)
    interrupt: BaseException | None = None
    try:
        execution.run_and_bind()
    except KeyboardInterrupt as error:
        interrupt = error
    outcome, learned = execution.outcome(), execution.learned()
    if interrupt is not None:
        raise Interrupted(outcome, learned) from interrupt
    return outcome, learned


class _Execution:
    """An execution while it is made."""

    def __init__(
        self,
        plan: ReloadPlan,
        code: Sequence[CompiledGroup],
        context: Context,
        watchers: Watchers,
    ) -> None:
        self._plan = plan
        self._code = code
        self._context = context
        self._watchers = watchers
        self._count = sum(len(g.steps) for g in plan.groups if g.blocked_by is None)
        self._started = 0
        self._results: dict[int, GroupRun | Failed | Failure] = {}
        self._ran: set[str] = set()
        self._rebound = Rebound()
        self._first: Checkpoint | None = None
        self._imported_by_other_threads: set[str] = set()
        self._early = early_bindings(context.planned)
        self._own_values: dict[str, object] = {}
        self._tables = Tables({})
        self._holds = NO_HOLDS
        self._tried: dict[str, tuple[ReadFile, ...]] = {}
        self._grown: Sequence[Sequence[tuple[str, str]]] = ()
        self._module_names = ModuleNames(plan.rebindings)
        self._outdated: frozenset[str] = frozenset()

    def run_and_bind(self) -> None:
        """Runs the groups, then binds the names.

        A group whose names cannot be bound has failed too. What ran after it may have used it,
        so everything is rolled back, and the other groups run again without it.
        """
        graph, scanner = self._context.planned.graph, self._context.scanner
        running = {step.module for step in self._plan.steps}
        self._tables = scanner.tables(graph.scanned, running, graph.dependencies)
        traces = self._context.state.traces
        compared = {m for name in running if name in traces for m in traces[name].compared}
        self._context.read_log.runs.watch(sorted(compared - running))
        while not self._run_and_bind_once():
            pass
        if self._ran:
            self._outdated = self._find_outdated()
            self._holds, self._grown = scanner.scan_after_run(
                graph.scanned, self._ran, self._tables
            )
            if self._outdated:
                self._grown = [
                    origins
                    for origins in self._grown
                    if self._outdated.isdisjoint(module for module, _ in origins)
                ]
            if self._first is not None:
                self._context.note_before(self._first.dict_of, frozenset(self._ran))

    def _find_outdated(self) -> frozenset[str]:
        """Returns the spared modules that hold an old object still, or that the run changed."""
        spared = frozenset(self._plan.not_needed)
        if not spared or self._first is None:
            return frozenset()
        replaced = self._first.replaced_objects(self._ran)
        changed = {m for table in self._tables.changed() for m, name in table.origins if name}
        holding = {
            name
            for name in spared
            if not replaced.keys().isdisjoint(map(id, self._first.dict_now(name).values()))
        }
        return spared & (self._module_names.doubtful | holding | changed)

    def _run_and_bind_once(self) -> bool:
        pending = len(self._context.pending)
        before = public_names_of(self._context.planned.bindings())
        try:
            self._run_groups()
        finally:
            # Also what ran before an interrupt has its names bound.
            failed = self._bind(before, pending)
        return failed is None

    def _run_groups(self) -> None:
        for index, group in enumerate(self._plan.groups):
            if index in self._results:
                continue
            if not self._ran.issuperset(group.requires):
                continue
            if group.blocked_by is not None:
                self._results[index] = group.blocked_by
                continue
            self._run(index, group)
            result = self._results[index]
            if isinstance(result, Failed) and isinstance(result.error, KeyboardInterrupt):
                raise result.error

    def _run(self, index: int, group: ReloadGroup) -> None:
        compiled = self._code[index]
        if isinstance(compiled, CompileError):
            self._fail(index, compiled.module, "analysis", compiled.reason)
            return
        checkpoint = Checkpoint(self._touched())
        self._first = self._first or checkpoint
        pending = len(self._context.pending)
        bound = dict(self._module_names.made)
        importer = GroupImporter(
            group,
            compiled,
            self._context.planned,
            RunWatch(self._start, self._finishing(group, checkpoint)),
            self._early,
        )
        try:
            for module in compiled.values():
                module.mark_as_run()
            import_members(importer)
            self._check_extensions(group, checkpoint)
            finished = tuple(dict.fromkeys(importer.finished))
            dynamic = tuple(importer.dynamic_names.items())
            self._own_values.update(importer.own_values)
            # Within the `try`: an interrupt right here must find the group old or new.
            not_imported = tuple(importer.not_imported)
            reads = self._read_by(finished)
            traces = self._context.read_log.runs.take(finished)
            self._results[index] = GroupRun(
                finished, dynamic, not_imported, time.time(), reads, traces
            )
            self._ran.update(finished)
        except BaseException as error:  # noqa: BLE001  # a module may raise anything, SystemExit too
            # First, while what is to be taken out still lives: weak tables lose it otherwise.
            finish_despite_interrupts(lambda: self._tables.take_out(group.members))
            checkpoint.rollback(importer.imported_by_other_threads)
            importer.uninstall()
            del self._context.pending[pending:]
            self._module_names.made = bound
            self._context.read_log.runs.take(group.members)
            self._tried.update(self._context.read_log.take(group.members))
            culprit = (
                error.module if isinstance(error, HeldByExtensionError) else importer.failed
            )
            self._fail(index, culprit or group.entry_points[0], "reload", error)
        self._imported_by_other_threads |= importer.imported_by_other_threads

    def _read_by(self, modules: Sequence[str]) -> Reads:
        """Returns what these modules read as they ran; nothing if that was not followed."""
        log = self._context.read_log
        if not log.is_on_here:
            return {}
        read, before = log.take(modules), self._context.state.reads
        return {n: read.get(n, ()) for n in modules if n in read or n in before}

    def _read_by_others(self) -> Reads:
        log = self._context.read_log
        read = log.take() if log.is_on_here else {}
        return {name: files for name, files in read.items() if name in sys.modules}

    def _start(self, module: str) -> None:
        self._started += 1
        self._context.read_log.start_over(module)
        if self._watchers.on_start is not None:
            # To show it is not the module's work.
            with suppress(Exception):
                self._watchers.on_start(module, min(self._started, self._count), self._count)

    def _finishing(self, group: ReloadGroup, checkpoint: Checkpoint) -> Callable[[str], None]:
        """Returns what is to be called as a module of a group finishes."""
        on_finish = self._watchers.on_finish
        if on_finish is None:
            return lambda module: self._module_names.follow(module, checkpoint)
        steps = {step.module: step for step in group.steps}
        # What has not finished yet stands behind.
        order = dict.fromkeys(steps, len(steps))
        places = count()

        def finished(module: str) -> None:
            self._module_names.follow(module, checkpoint)
            order[module] = next(places)
            if steps[module].reason != NEW:
                on_finish(_event(steps[module], order, time.time()))

        return finished

    def _touched(self) -> Iterable[str]:
        """Returns the modules whose dicts a group may change: all that tracked code can reach.

        Its code may call functions of any of them that set names there. Libraries are left out,
        since other threads may use them.
        """
        run_order = self._context.planned.graph.run_order
        members = [n for group in self._plan.groups for n in group.members if "." in n]
        return (*with_parents(members), *run_order) if members else run_order

    def _check_extensions(self, group: ReloadGroup, checkpoint: Checkpoint) -> None:
        """Raises if compiled code of the project holds what the group has just replaced.

        It cannot run again, so no reload can bring it up to date.
        """
        extensions = self._context.planned.graph.extensions
        if not extensions:
            return
        replaced = checkpoint.replaced_objects(group.members)
        for name in extensions:
            for value in namespace_of(sys.modules.get(name)).values():
                if id(value) in replaced:
                    raise HeldByExtensionError(name, *replaced[id(value)])

    # Names.

    def _bind(self, before: dict[str, tuple[str, ...]], pending: int) -> RebindError | None:
        """Binds the names of what ran. Returns why that failed, after everything is as before."""
        runs = [run for run in self._results.values() if isinstance(run, GroupRun)]
        if not runs or self._first is None:
            return None
        reloaded = frozenset(name for run in runs for name in run.finished)
        try:
            wanted = self._names_to_bind(reloaded, before)
            given = {
                (key, binding): self._own_values[binding.submodule]
                for key, binding in self._early
                if binding.submodule is not None and binding.submodule in self._own_values
            }
            namespaces = self._context.namespaces
            self._rebound = bind_names(
                wanted,
                namespaces,
                self._first.bind,
                given,
                self._context.own_names.was_bound,
            )
            self._note_bound()
        except RebindError as error:
            responsible = {*self._referred(error.binding), *error.homes}
            index = self._group_of(reloaded & responsible)
            self._roll_back_all(pending)
            group = self._plan.groups[index]
            named = (m for m in group.members if m in responsible)
            self._fail(index, next(named, group.members[-1]), "reload", error.reason)
            return error
        except BaseException:
            self._roll_back_all(pending)
            raise
        return None

    def _names_to_bind(
        self, reloaded: frozenset[str], public_before: dict[str, tuple[str, ...]]
    ) -> tuple[tuple[int, Rebinds], ...]:
        """Returns what to bind, by namespace, without what the user keeps."""
        assert self._first is not None
        context = self._context
        # A module may have registered imports of its own, and they count already.
        registrations = context.planned.registrations
        if context.pending:
            registrations = with_registered(context.planned, context.pending).registrations
        public_after = public_names_of(b for r in registrations for b in r.bindings)
        last = {
            r.key: (before, before)
            if public_after == public_before
            else (before, last_bindings(r.bindings, public_after))
            for r in registrations
            for before in (last_bindings(r.bindings, public_before),)
        }
        present = PresentNames(context.namespaces, context.own_names, self._first.dict_of)
        # To look at all that was replaced takes 8 of 160 ms after an edit of the bottom of 1,000
        # modules, and mostly no name needs it.
        replaced = cache(partial(self._first.replaced_objects, reloaded))
        old = {key: present.old(key, last[key][1], reloaded, replaced) for key in last}
        if made := self._module_names.made:
            for key, (_, after) in last.items():
                shown = (n for n, b in after.items() if (b.module, b.attribute) in made)
                old[key] = old[key].union(shown)
        states = (context.state, context.planned)
        wanted = names_to_bind(states, last, reloaded, old, self._early)
        keep = context.planned.own_names == KEEP
        settled: list[tuple[int, Rebinds]] = []
        for key, all_names in wanted:
            names = all_names.without(present.lazy(key, all_names))
            own, deleted = present.own_and_deleted(key, names, last[key][0])
            settled.append((key, names.with_own_names(own, deleted, keep=keep)))
        return tuple(settled)

    def _note_bound(self) -> None:
        """Takes in what was bound and registered, and which values of the user's went."""
        own_names, namespaces = self._context.own_names, self._context.namespaces
        for key, bindings, _ in self._context.pending:
            own_names.note_registered(key, namespaces[key], bindings)
        for key, binding in self._rebound.made:
            own_names.note_bound(key, namespaces[key], binding)
        own_names.replaced.add(self._rebound.replaced, self._rebound.values, keys_of_replaced)

    def _referred(self, binding: Binding) -> tuple[str, ...]:
        return self._context.planned.modules_referred_to(binding)

    def _group_of(self, modules: frozenset[str]) -> int:
        """Returns the index of the group that has to answer for these modules, else the last."""
        for index, group in enumerate(self._plan.groups):
            if not modules.isdisjoint(group.members):
                return index
        return max(i for i, run in self._results.items() if isinstance(run, GroupRun))

    def _roll_back_all(self, pending: int) -> None:
        assert self._first is not None
        finish_despite_interrupts(lambda: self._tables.take_out(self._ran))
        self._first.rollback(self._imported_by_other_threads)
        del self._context.pending[pending:]
        self._first, self._rebound = None, Rebound()
        self._module_names.made = {}
        self._ran.clear()
        self._results = {
            index: result
            for index, result in self._results.items()
            if not isinstance(result, GroupRun)
        }

    # What happened.

    def _fail(self, index: int, module: str, phase: Phase, error: BaseException) -> None:
        group, workspace = self._plan.groups[index], self._context.state.workspace
        failure = failure_of(error, module, phase, group, workspace)
        waiting = (*failure.waiting, *self._plan.held_back_by(group))
        failure = evolve(
            failure,
            waiting=waiting,
            is_installed=group.is_installed,
            is_unchanged=any(
                s.module == module and s.reason in (DEPENDENT, REQUESTED) for s in group.steps
            ),
            fingerprint=self._fingerprint(group),
        )
        self._results[index] = Failed(error, failure)

    def _fingerprint(self, group: ReloadGroup) -> tuple[tuple[str, str], ...]:
        """Returns the files of a group that failed, with those that its modules had read."""
        state = self._context.state
        tried = {
            name: of_project(state, name, self._tried[name])
            for name in group.members
            if name in self._tried
        }
        return group.fingerprint_with(tried)

    def outcome(self) -> Outcome:
        """Returns what happened so far. Groups without a result did not run."""
        events: list[ReloadEvent] = []
        loaded: list[str] = []
        not_run: list[str] = []
        for index, group in enumerate(self._plan.groups):
            run = self._results.get(index)
            if not isinstance(run, GroupRun):
                not_run += group.members
                continue
            steps = {step.module: step for step in group.steps}
            events += _events(run, steps)
            loaded += (name for name in run.finished if steps[name].reason == NEW)
            finished = set(run.finished)
            not_run += (name for name in steps if name not in finished)
        results = [self._results[index] for index in sorted(self._results)]
        return Outcome(
            now=self._plan.now,
            events=tuple(events),
            loaded=tuple(loaded),
            rebound=tuple(dict.fromkeys(self._rebound.made)),
            vanished=self._rebound.vanished,
            unexported=self._rebound.unexported,
            replaced=self._rebound.replaced,
            kept=self._rebound.kept,
            deleted=self._rebound.deleted,
            kept_names=self._context.state.kept_names,
            failed=tuple(result for result in results if isinstance(result, Failed)),
            blocked=tuple(result for result in results if isinstance(result, Failure)),
            not_run=tuple(not_run),
            changed_extensions=self._plan.changed_extensions,
            protected=self._plan.protected if self._ran else (),
            upgraded=self._plan.upgraded,
            missing=self._plan.missing if self._ran else (),
            not_followed=self._plan.not_followed,
            reported=self._plan.reported,
            added_again=added_again(self._context.planned.graph, events, self._grown),
            relaid=tuple(one.module for one in self._plan.relaid),
            files=self._plan.files,
            cut_off=self._plan.cut_off,
            not_needed=self._plan.not_needed if self._ran else (),
            rebound_in_modules=tuple(self._module_names.made),
        )

    def learned(self) -> Learned:
        """Returns what the groups that ran showed of their modules."""
        runs = [run for _, run in sorted(self._results.items()) if isinstance(run, GroupRun)]
        return Learned(
            not_imported=tuple(pair for run in runs for pair in run.not_imported),
            dynamic_names=tuple(names for run in runs for names in run.dynamic_names),
            holds=self._holds,
            reads={
                # Also what was imported meanwhile though the plan did not know of it.
                **self._read_by_others(),
                **{name: files for run in runs for name, files in run.reads.items()},
            },
            tried=self._tried,
            traces={name: trace for run in runs for name, trace in run.traces.items()},
            outdated=self._outdated,
        )


def _events(run: GroupRun, steps: dict[str, ReloadStep]) -> list[ReloadEvent]:
    order = {name: place for place, name in enumerate(run.finished)}
    return [
        _event(steps[name], order, run.now)
        for name in run.finished
        if steps[name].reason != NEW
    ]


def _event(step: ReloadStep, order: Mapping[str, int], now: float) -> ReloadEvent:
    return ReloadEvent(
        module=step.module,
        reason=step.reason,
        mtime=_mtime(step),
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


def _mtime(step: ReloadStep) -> float:
    stamp = step.planned.version.stamp
    assert stamp is not None
    return stamp.mtime_ns / 1e9
