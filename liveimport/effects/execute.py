"""Plan → Outcome: runs module code, writes bindings, rolls back what failed.

The only place in which the code of the user's modules runs.
"""

import itertools
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple, Protocol

from attrs import evolve

from liveimport.core.outcome import Failed, Outcome, ReloadEvent
from liveimport.core.registration import Binding, Registration, prefixes
from liveimport.core.state import Failure, State, within
from liveimport.core.steps import FRESH, Group, Plan, Step

from .bytecode import KeptCode
from .importing import GroupImporter, import_members
from .loaded import dict_of
from .loading import Prepared, prepare
from .rebinding import Namespaces, Rebound, exports, rebind
from .restoring import Before
from .traces import cause_of, place_of, printable, trace_of, trim

Progress = Callable[[str, int, int], None]


class Ran(NamedTuple):
    """A group that ran to its end.

    Attributes:
        finished: Its modules, in the order in which they finished.
        rebound: The bindings that they decide.
        extra: By module, names that it bound though its source does not show them.
    """

    finished: tuple[str, ...]
    rebound: Rebound
    extra: tuple[tuple[str, frozenset[str]], ...]


class Registry(Protocol):
    """Where the modules that run may register imports of their own."""

    @property
    def registrations(self) -> tuple[Registration, ...]:
        """What is registered now."""

    def put_back(self, registrations: tuple[Registration, ...]) -> None:
        """Forgets what was registered since these were all."""


class Given(NamedTuple):
    """What an execution starts from.

    Attributes:
        state: What held when the plan was made.
        planned: What holds if all of it succeeds.
        namespaces: By key, the namespaces whose names are bound anew.
        kept: Code of former runs.
        registry: Where modules register while they run; None if they cannot.
    """

    state: State
    planned: State
    namespaces: Namespaces
    kept: KeptCode
    registry: Registry | None = None

    @property
    def registrations(self) -> tuple[Registration, ...]:
        """What is registered, also by modules that have run meanwhile."""
        registry = self.planned if self.registry is None else self.registry
        return registry.registrations

    def put_back(self, registrations: tuple[Registration, ...]) -> None:
        """Forgets what modules registered that failed."""
        if self.registry is not None:
            self.registry.put_back(registrations)

    def begins(self, name: str) -> tuple[str, ...]:
        """Returns the modules that running module `name` begins."""
        module = self.planned.modules.get(name)
        return () if module is None else module.begins

    def refers(self, binding: Binding) -> tuple[str, ...]:
        """Returns the modules that a binding referred to, or will.

        A package may have ceased to hide a submodule.
        """
        return (*self.state.refers(binding), *self.planned.refers(binding))


class Interrupted(BaseException):  # no error: it carries the user's interrupt out
    """The user interrupted a reload. The group is rolled back; later groups did not run.

    The interrupt is its cause.

    Attributes:
        outcome: What happened until then.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class HeldByCompiledError(RuntimeError):
    """Compiled code holds an object of a module that is to reload.

    Attributes:
        module: The module of the object.
    """

    def __init__(self, extension: str, module: str, name: str) -> None:
        super().__init__(
            f"the compiled module {extension} holds {module}.{name} and cannot run again; "
            "restart to use the change"
        )
        self.module = module


def execute(plan: Plan, given: Given, progress: Progress | None = None) -> Outcome:
    """Returns what happened when the plan was executed.

    Groups that fail are rolled back, and the others go on. `progress` is called as each
    module begins to run, with its name, its place and the number of all.

    Raises:
        Interrupted: KeyboardInterrupt came, from a module's code or in between.
    """
    outcome = Outcome(now=plan.now, outdated=plan.outdated)
    count = len(plan.steps)
    places = itertools.count(1)

    def begun(module: str) -> None:
        if progress is not None:
            # To show it is not the module's work.
            with suppress(Exception):
                progress(module, min(next(places), count), count)

    told = 0
    try:
        for group in plan.groups:
            result = group.failure or _run(group, given, begun)
            outcome = _with(outcome, group, result)
            told += 1
            if isinstance(result, Failed) and isinstance(result.error, KeyboardInterrupt):
                raise result.error
    except KeyboardInterrupt as interrupt:
        left = tuple(name for group in plan.groups[told:] for name in group.members)
        raise Interrupted(evolve(outcome, unrun=(*outcome.unrun, *left))) from interrupt
    return outcome


def _with(outcome: Outcome, group: Group, result: Ran | Failed | Failure) -> Outcome:
    if isinstance(result, Failure):
        return evolve(
            outcome,
            held=(*outcome.held, result),
            unrun=(*outcome.unrun, *group.members),
        )
    if isinstance(result, Failed):
        return evolve(
            outcome,
            failed=(*outcome.failed, result),
            unrun=(*outcome.unrun, *group.members),
        )
    steps = dict(zip(group.members, group.steps, strict=True))
    order = {name: place for place, name in enumerate(result.finished)}
    ran = [steps[name] for name in order]
    return evolve(
        outcome,
        events=(*outcome.events, *_events(ran, order, sort=result.finished != group.members)),
        fresh=(*outcome.fresh, *(step.module for step in ran if step.reason == FRESH)),
        rebound=tuple(dict.fromkeys((*outcome.rebound, *result.rebound.made))),
        gone=(*outcome.gone, *result.rebound.gone),
        extra=(*outcome.extra, *result.extra),
        unrun=(*outcome.unrun, *(name for name in steps if name not in order)),
    )


def _events(ran: list[Step], order: Mapping[str, int], *, sort: bool) -> list[ReloadEvent]:
    now = time.time()
    return [
        ReloadEvent(
            module=step.module,
            reason=step.reason,
            mtime=step.stamp.mtime,
            after=_before_it(step, order, sort=sort),
            now=now,
        )
        for step in ran
        if step.reason != FRESH
    ]


def _before_it(step: Step, order: Mapping[str, int], *, sort: bool) -> tuple[str, ...]:
    """Returns the dependencies that finished first; in a cycle the very first has none.

    To `sort` them is needed where modules did not finish in the order that was expected.
    """
    reloaded = step.after
    if len(reloaded) < 2:  # noqa: PLR2004  # of one or none there is no order
        return reloaded
    if sort:
        reloaded = tuple(sorted(reloaded, key=lambda name: order.get(name, -1)))
    mine = order[step.module]
    return tuple([m for m in reloaded if order.get(m, -1) < mine]) or reloaded


def _run(group: Group, given: Given, begun: Callable[[str], None]) -> Ran | Failed:
    workspace = given.state.workspace
    prepared: dict[str, Prepared] = {}
    for name, step in zip(group.members, group.steps, strict=True):
        try:
            prepared[name] = prepare(step, sys.modules.get(name), given.kept)
        except BaseException as error:  # noqa: BLE001  # whatever it is, nothing was touched yet
            return _failed(group, workspace, name, "analysis", error)
    before = Before(_touched(group, given.planned))
    registered = given.registrations
    importer = GroupImporter(prepared, given.begins, begun)
    try:
        public = exports(registered)
        import_members(importer, group.entries, given.planned.begun)
        _check_compiled(group, given, before)
        finished = tuple(dict.fromkeys(importer.finished))
        # A module may have registered imports of its own, and it decides what they are.
        now = given.registrations
        rebound = rebind(
            now,
            finished,
            namespaces=given.namespaces,
            before=public,
            refers=given.refers,
            session=before,
        )
        return Ran(finished, rebound, tuple(importer.extra.items()))
    except BaseException as error:  # noqa: BLE001  # a module may raise anything, SystemExit too
        before.restore(importer.elsewhere)
        importer.leave()
        given.put_back(registered)
        culprit = error.module if isinstance(error, HeldByCompiledError) else importer.failed
        return _failed(group, workspace, culprit or group.entries[0], "reload", error)


def _touched(group: Group, planned: State) -> list[str]:
    """Returns the modules whose dicts the group may change: all that tracked code can reach.

    Its code may call functions of any of them that set names there. Libraries are left out,
    since other threads may be at work in them.
    """
    members = (step.module for step in group.steps)
    parents = (name for member in members if "." in member for name in prefixes(member))
    return [*parents, *planned.begun]


def _check_compiled(group: Group, given: Given, before: Before) -> None:
    """Raises if compiled code of the project holds what the group has just replaced.

    It cannot run again, so no reload can bring it up to date.
    """
    shape = given.planned.shape
    compiled = shape.compiled if shape is not None else ()
    if not compiled:
        return
    replaced = before.replaced(group.members)
    for name in compiled:
        for value in dict_of(sys.modules.get(name)).values():
            if id(value) in replaced:
                raise HeldByCompiledError(name, *replaced[id(value)])


def _failed(
    group: Group, workspace: tuple[str, ...], name: str, phase: str, error: BaseException
) -> Failed:
    trim(error)
    file, line = place_of(error, group.files)
    if file is None:
        file = next(step.path for step in group.steps if step.module == name)
    return Failed(
        error,
        Failure(
            module=name,
            phase=phase,
            cause=cause_of(error),
            file=file,
            shown=printable(within(workspace, file) or ""),
            line=line,
            held=tuple(
                step.module
                for step in group.steps
                if step.module != name and step.reason != FRESH
            ),
            evidence=group.evidence,
            trace=trace_of(error),
        ),
    )
