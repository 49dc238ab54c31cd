"""Plan → Outcome: runs module code, writes bindings, rolls back what failed.

The only place in which the code of the user's modules runs.
"""

import importlib
import itertools
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, NamedTuple

from attrs import evolve

from liveimport.core.outcome import Failed, Outcome, ReloadEvent
from liveimport.core.plan import evidence
from liveimport.core.registration import Binding, prefixes
from liveimport.core.rewriting import rewriting
from liveimport.core.state import Failure, State, within
from liveimport.core.steps import FRESH, Group, Plan, Step

from .bytecode import KeptCode
from .importing import GroupImporter, import_members
from .loading import Prepared, prepare
from .restoring import Before
from .stars import public_names
from .traces import cause_of, place_of, trace_of, trimmed

Namespaces = Mapping[int, MutableMapping[str, Any]]

Progress = Callable[[str, int, int], None]


class Ran(NamedTuple):
    """A group that ran to its end.

    Attributes:
        finished: Its modules, in the order in which they finished.
        rebound: The bindings that were made again, by namespace key.
        gone: Those that could not be made.
        extra: By module, names that it bound though its source does not show them.
    """

    finished: tuple[str, ...]
    rebound: tuple[tuple[int, Binding], ...]
    gone: tuple[tuple[int, Binding], ...]
    extra: tuple[tuple[str, frozenset[str]], ...]


class Given(NamedTuple):
    """What an execution starts from.

    Attributes:
        state: What held when the plan was made.
        planned: What holds if all of it succeeds.
        namespaces: By key, the namespaces whose names are bound anew.
        kept: Code of former runs.
    """

    state: State
    planned: State
    namespaces: Namespaces
    kept: KeptCode

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
        Interrupted: KeyboardInterrupt came from a module's code.
    """
    outcome = Outcome(now=plan.now, outdated=plan.outdated)
    count = len(plan.steps)
    places = itertools.count(1)

    def begun(module: str) -> None:
        if progress is not None:
            progress(module, min(next(places), count), count)

    for group in plan.groups:
        if group.failure is not None:
            outcome = evolve(
                outcome,
                held=(*outcome.held, group.failure),
                unrun=(*outcome.unrun, *group.members),
            )
            continue
        result = _run(group, given, begun)
        outcome = _with(outcome, group, result)
        if isinstance(result, Failed) and isinstance(result.error, KeyboardInterrupt):
            later = plan.groups[plan.groups.index(group) + 1 :]
            left = tuple(name for other in later for name in other.members)
            raise Interrupted(evolve(outcome, unrun=(*outcome.unrun, *left)))
    return outcome


def _with(outcome: Outcome, group: Group, result: Ran | Failed) -> Outcome:
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
        rebound=(*outcome.rebound, *result.rebound),
        gone=(*outcome.gone, *result.gone),
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
    exports = _exports(given.planned)
    importer = GroupImporter(prepared, given.begins, begun)
    try:
        import_members(importer, group.entries, given.planned.begun)
        _check_compiled(group, given, before)
        rebound, gone = _rebind(given, importer, exports, before)
    except BaseException as error:  # noqa: BLE001  # a module may raise anything, SystemExit too
        before.restore()
        culprit = error.module if isinstance(error, HeldByCompiledError) else importer.failed
        return _failed(group, workspace, culprit or group.entries[0], "reload", error)
    finished = tuple(dict.fromkeys(importer.finished))
    return Ran(finished, rebound, gone, tuple(importer.extra.items()))


def _touched(group: Group, planned: State) -> list[str]:
    """Returns the modules whose dicts the group may change: all of the project.

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
        for value in vars(sys.modules[name]).values():
            if id(value) in replaced:
                raise HeldByCompiledError(name, *replaced[id(value)])


Exports = Mapping[str, tuple[str, ...]]


def _exports(planned: State) -> Exports:
    """Returns the public names of every module that is registered with a star."""
    return {
        binding.module: public_names(module)
        for binding in planned.bindings()
        if binding.attribute == "*"
        for module in (sys.modules.get(binding.module),)
        if module is not None
    }


def _rebind(
    given: Given,
    importer: GroupImporter,
    before: Exports,
    session: Before,
) -> tuple[tuple[tuple[int, Binding], ...], tuple[tuple[int, Binding], ...]]:
    """Binds what the reloaded modules decide. Returns what was bound, and what is gone."""
    reloaded = frozenset(importer.finished)
    after = _exports(given.planned)
    rebound: list[tuple[int, Binding]] = []
    gone: list[tuple[int, Binding]] = []
    for registration in given.planned.registrations:
        wanted = rewriting(
            registration.bindings,
            reloaded,
            lambda module: before.get(module, ()),
            lambda module: after.get(module, ()),
            given.refers,
        )
        key = registration.key
        gone.extend((key, binding) for binding in wanted.gone)
        for binding in wanted.write:
            try:
                value = value_of(binding)
            except (AttributeError, ModuleNotFoundError):
                gone.append((key, binding))
            else:
                session.bind(given.namespaces[key], binding.name, value)
                rebound.append((key, binding))
    return tuple(rebound), tuple(gone)


def value_of(binding: Binding) -> object:
    """Returns what the binding's statement would bind now.

    Raises:
        AttributeError: The module has no such name.
        ModuleNotFoundError: It is a package, and has no such submodule either.
    """
    if binding.attribute is None:
        return _shown(binding.module) if binding.aliased else _top_of(binding.module)
    module = importlib.import_module(binding.module)
    if not hasattr(module, binding.attribute) and hasattr(module, "__path__"):
        return importlib.import_module(f"{binding.module}.{binding.attribute}")
    return getattr(module, binding.attribute)


def _top_of(name: str) -> object:
    return importlib.import_module(prefixes(name)[0])


def _shown(name: str) -> object:
    """Returns what ``import a.b.c as x`` binds: what packages show, which may hide a submodule.

    Raises:
        ModuleNotFoundError: There is no such module.
    """
    importlib.import_module(name)
    value = _top_of(name)
    for path in prefixes(name)[1:]:
        try:
            value = getattr(value, path.rpartition(".")[2])
        except AttributeError:
            value = sys.modules[path]
    return value


def _failed(
    group: Group, workspace: tuple[str, ...], name: str, phase: str, error: BaseException
) -> Failed:
    trimmed(error)
    files = frozenset(step.path for step in group.steps)
    file, line = place_of(error, files)
    if file is None:
        file = next(step.path for step in group.steps if step.module == name)
    return Failed(
        error,
        Failure(
            module=name,
            phase=phase,
            cause=cause_of(error),
            file=file,
            shown=within(workspace, file),
            line=line,
            held=tuple(
                step.module
                for step in group.steps
                if step.module != name and step.reason != FRESH
            ),
            evidence=evidence(group.steps),
            trace=trace_of(error),
        ),
    )
