"""ReloadPlan → Outcome: group after group, all or nothing; then the names.

The only place in which the code of the user's modules runs.
"""

import sys
import time
from collections.abc import Callable, Iterable, Mapping, MutableSequence, Sequence
from contextlib import suppress
from itertools import count
from typing import Any, NamedTuple

from attrs import evolve

from liveimport.core.committing.commit import Learned
from liveimport.core.committing.failures import Failed
from liveimport.core.committing.outcome import Outcome, ReloadEvent
from liveimport.core.committing.refills import added_again
from liveimport.core.committing.registered import NewRegistration
from liveimport.core.committing.results import (
    GroupRun,
    Result,
    event_of,
    learned_of,
    outcome_of,
)
from liveimport.core.detecting.data_files import of_project
from liveimport.core.imports import Binding, with_parents
from liveimport.core.model import NO_HOLDS, Phase, ReadFile, State
from liveimport.core.planning.plan import (
    DEPENDENT,
    NEW,
    REQUESTED,
    ReloadGroup,
    ReloadPlan,
)
from liveimport.core.report import messages
from liveimport.effects.compiling.compiled_module import CompiledGroup, CompileError
from liveimport.effects.loaded.holds import HoldScanner
from liveimport.effects.loaded.modules import namespace_of, public_names_of
from liveimport.effects.loaded.tables import Tables
from liveimport.effects.logs.read_log import ReadLog, Reads
from liveimport.effects.own_names import OwnNames

from .checkpoint import Checkpoint, finish_despite_interrupts
from .group_importer import GroupImporter, RunWatch, import_members
from .module_names import ModuleNames
from .notebook_names import NotebookNames
from .rebind import Namespaces, RebindError, Rebound
from .tracebacks import failure_of
from .withdrawal import Withdrawals

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
        self._results: dict[int, Result] = {}
        self._ran: set[str] = set()
        self._rebound = Rebound()
        self._first: Checkpoint | None = None
        self._imported_by_other_threads: set[str] = set()
        self._names = NotebookNames(
            context.state,
            context.planned,
            context.namespaces,
            context.own_names,
            context.pending,
        )
        self._own_values: dict[str, object] = {}
        self._tables = Tables({})
        self._holds = NO_HOLDS
        self._tried: dict[str, tuple[ReadFile, ...]] = {}
        self._grown: Sequence[Sequence[tuple[str, str]]] = ()
        self._module_names = ModuleNames(plan.rebindings)
        self._withdrawals = Withdrawals(
            context.read_log.runs.entries,
            frozenset(step.module for step in plan.steps),
            frozenset(plan.not_needed),
            context.state.traces,
        )
        self._outdated: frozenset[str] = frozenset()

    def run_and_bind(self) -> None:
        """Runs the groups, then binds the names.

        A group whose names cannot be bound has failed too. What ran after it may have used it,
        so everything is rolled back, and the other groups run again without it.
        """
        graph, scanner = self._context.planned.graph, self._context.scanner
        running = {step.module for step in self._plan.steps}
        self._tables = scanner.tables(graph.scanned, running, graph.dependencies)
        self._tables.is_explained = self._withdrawals.explains
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
        if self._first is None:
            return frozenset()
        refilled = self._withdrawals.unexplained(self._tables.changed())
        if not spared:
            return refilled
        replaced = self._first.replaced_objects(self._ran)
        changed = {m for table in self._tables.changed() for m, name in table.origins if name}
        holding = {
            name
            for name in spared
            if not replaced.keys().isdisjoint(map(id, self._first.dict_now(name).values()))
        }
        return spared & (self._module_names.doubtful | holding | changed) | refilled

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
            self._names.early,
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
            finish_despite_interrupts(lambda: self._withdrawals.undo(group.members))
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
        self._take_out(module)
        self._context.read_log.start_over(module)
        if self._watchers.on_start is not None:
            # To show it is not the module's work.
            with suppress(Exception):
                self._watchers.on_start(module, min(self._started, self._count), self._count)

    def _take_out(self, module: str) -> None:
        """Takes out what a module has added to tables of modules that do not run."""
        runs = self._context.read_log.runs
        if not runs.is_on:
            return
        runs.compare()
        for table in self._withdrawals.begin(module):
            runs.absorb(table)

    def _finishing(self, group: ReloadGroup, checkpoint: Checkpoint) -> Callable[[str], None]:
        """Returns what is to be called as a module of a group finishes."""
        on_finish = self._watchers.on_finish
        steps = {step.module: step for step in group.steps}
        # What has not finished yet stands behind.
        order = dict.fromkeys(steps, len(steps))
        places = count()

        def finished(module: str) -> None:
            tables = self._withdrawals.end(module)
            rebound = self._module_names.follow(module, checkpoint)
            for table in (*tables, *map(checkpoint.dict_now, rebound)):
                self._context.read_log.runs.absorb(table)
            order[module] = next(places)
            if on_finish is not None and steps[module].reason != NEW:
                on_finish(event_of(steps[module], order, time.time()))

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
            names = self._names
            wanted = names.wanted(reloaded, before, self._first, self._module_names.made)
            self._rebound = names.bind(wanted, self._first, self._own_values)
            names.note(self._rebound)
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
        finish_despite_interrupts(lambda: self._withdrawals.undo(self._ran))
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
        outcome, rebound = outcome_of(self._plan, self._results), self._rebound
        graph = self._context.planned.graph
        return evolve(
            outcome,
            rebound=tuple(dict.fromkeys(rebound.made)),
            vanished=rebound.vanished,
            unexported=rebound.unexported,
            replaced=rebound.replaced,
            kept=rebound.kept,
            deleted=rebound.deleted,
            kept_names=self._context.state.kept_names,
            added_again=added_again(graph, outcome.events, self._grown),
            rebound_in_modules=tuple(self._module_names.made),
        )

    def learned(self) -> Learned:
        """Returns what the groups that ran showed of their modules."""
        learned = learned_of(self._results)
        return learned._replace(
            holds=self._holds,
            # Also what was imported meanwhile though the plan did not know of it.
            reads={**self._read_by_others(), **learned.reads},
            tried=self._tried,
            outdated=self._outdated,
        )
