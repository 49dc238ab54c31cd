"""The value of what happened; commit: the State after it."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from attrs import Factory, evolve, field, frozen

from liveimport.core.graph import reachable
from liveimport.core.imports import Binding, Rebinds, rebinds, with_parents
from liveimport.core.model import (
    NO_HOLDS,
    DependencyGraph,
    Failure,
    Holds,
    Module,
    State,
    register,
)
from liveimport.core.report import messages
from liveimport.core.report.rendering import Detail, Readable

from .changes import hides_submodule
from .dependencies import holds_after, with_new_graph
from .plan import (
    MODIFIED,
    REQUESTED,
    SCHEMA,
    Keyed,
    Unfollowed,
    binding_dicts,
    not_followed_lines,
    rebound_detail,
)

RELOAD = "reload"
"""The phase of a failure in which a module raised."""


class ModuleError(Exception):
    """A module is broken: its source cannot be read or compiled, or it raised when it ran.

    The module and all that reloads with it are as they were before the sync. What went wrong
    is chained as ``__cause__``.

    Attributes:
        module: The name of the module.
        phase: ``"analysis"`` if its source cannot be read or compiled, ``"reload"`` if it
            raised.
        message: What went wrong, in a line; empty if that is not known.
        traceback: The traceback of the cause with the user's frames only, a line each.
        outcome: What the sync did all the same; None if the error comes from elsewhere.
    """

    def __init__(
        self, module: str, phase: str, message: str = "", traceback: tuple[str, ...] = ()
    ) -> None:
        super().__init__(module, phase, message)
        self.module = module
        self.phase = phase
        self.message = message
        self.traceback = traceback
        self.outcome: Outcome | None = None

    def __str__(self) -> str:
        return messages.did_not_reload(self.module, self.message)

    def _render_traceback_(self) -> list[str]:
        """Returns what IPython shows: no frames but the user's."""
        summary = messages.error_summary(type(self).__name__, str(self))
        return [*self.traceback, summary, *getattr(self, "__notes__", ())]


@frozen(str=False)
class ReloadEvent:
    """A module was reloaded. `str()` of it is its line in the report.

    Attributes:
        module: The name of the module.
        reason: ``"modified"`` if its file changed, ``"dependent"`` if it reloaded only because
            something that it depends on did, ``"requested"`` if you asked for it.
        mtime: When its file was modified, in seconds since the epoch.
        now: When it was reloaded, in seconds since the epoch.
        holds: What it holds of other modules that reloaded, if it reloaded because of that.
    """

    module: str
    reason: str
    mtime: float
    _after: tuple[str, ...] = field(alias="after")
    now: float = field(
        kw_only=True,
        eq=False,
        repr=False,
        default=Factory(lambda self: self.mtime, takes_self=True),
    )
    holds: tuple[str, ...] = field(kw_only=True, default=())

    @property
    def after(self) -> list[str]:
        """The modules it depends on that were reloaded before it, in that order."""
        return list(self._after)

    def __str__(self) -> str:
        if self.reason == MODIFIED:
            return messages.reloaded_modified(self.module, self.now - self.mtime)
        if self.reason == REQUESTED:
            return messages.reloaded_requested(self.module)
        if self.holds:
            return messages.reloaded_because_it_holds(self.module, self.holds)
        return messages.reloaded_because(self.module, self._after)


class Failed(NamedTuple):
    """A reload group that was tried and rolled back.

    Attributes:
        error: What the module raised, with its frames; not kept in the State.
        failure: The same as text.
    """

    error: BaseException
    failure: Failure

    def as_module_error(self) -> ModuleError:
        """Returns the error to raise, with its cause chained."""
        failure = self.failure
        message = messages.with_place(failure.message, failure.file, failure.line)
        if failure.is_installed:
            message = messages.installed_fails(message)
        raised = ModuleError(failure.module, failure.phase, message, failure.traceback)
        raised.__cause__ = self.error
        for note in _notes(failure):
            raised.add_note(note)
        return raised


@frozen(repr=False, str=False)
class Outcome(Readable):
    """What a sync did. Falsy when it did nothing.

    Attributes:
        now: When, in seconds since the epoch.
        events: The modules that were reloaded, in the order in which they finished.
        loaded: Modules that were loaded for the first time.
        rebound: What was bound again, with the key of the namespace.
        vanished: Bindings whose module no longer has the name; it keeps its last value.
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
        unfollowed: Untracked modules of the project whose files changed, and why that is told.
        reported: Those of them that an earlier report named.
        not_imported: Modules that ran, each with one that it had imported the last time, and
            did not now.
        dynamic_names: By module, names that running it bound though its source does not show
            them, where they are not as before.
        holds: What modules hold of each other after the run.
        added_again: Tables of modules that did not run, to which a module that ran added: its
            name, the name of the table, and whose it is.
    """

    now: float
    events: tuple[ReloadEvent, ...] = ()
    loaded: tuple[str, ...] = ()
    rebound: Keyed = ()
    vanished: Keyed = ()
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
    unfollowed: tuple[Unfollowed, ...] = ()
    reported: tuple[str, ...] = ()
    not_imported: tuple[tuple[str, str], ...] = ()
    dynamic_names: tuple[tuple[str, frozenset[str]], ...] = ()
    holds: Holds = NO_HOLDS
    added_again: tuple[tuple[str, str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(
            self.events
            or self.vanished
            or self.own_name_lines
            or self.failed
            or self.blocked
            or self.changed_extensions
            or self.protected
            or self.upgraded
            or self.missing
            or set(self.not_followed).difference(self.reported)
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """The report, a line each."""
        return (
            *map(str, self.events),
            *(_vanished_line(binding) for _, binding in self.vanished),
            *self.own_name_lines,
            *(line for failed in self.failed for line in _failed_lines(failed.failure)),
            *map(_blocked_line, self.blocked),
            *map(messages.extension_changed, self.changed_extensions),
            *map(messages.not_reloaded_protected, self.protected),
            *map(messages.package_upgraded, self.upgraded),
            *map(messages.not_reloaded_missing, self.missing),
            *(messages.added_again(*added) for added in self.added_again),
            *(not_followed_lines(self.unfollowed, self.reported) if self else ()),
        )

    @property
    def not_followed(self) -> tuple[str, ...]:
        """Untracked modules of the project whose files changed."""
        return tuple(one.module for one in self.unfollowed)

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
            Detail(messages.traceback_of(failed.failure.module), failed.failure.traceback)
            for failed in self.failed
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
                }
                for e in self.events
            ],
            "loaded": list(self.loaded),
            "rebound": binding_dicts(self.rebound),
            "vanished": binding_dicts(self.vanished),
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
            "not_followed": list(self.not_followed),
            "added_again": [
                {"module": module, "table": table} for module, table, _ in self.added_again
            ],
        }


def _vanished_line(binding: Binding) -> str:
    return messages.keeps_last_value(
        binding.name, binding.module, binding.attribute or binding.name
    )


def _blocked_line(failure: Failure) -> str:
    return messages.still_fails(
        failure.module, failure.message, failure.shown_file, failure.line
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


def _failed_lines(failure: Failure) -> tuple[str, ...]:
    failed = messages.could_not_reload(
        failure.module, failure.message, failure.shown_file, failure.line
    )
    if failure.is_installed:
        failed = messages.installed_fails(failed)
    return (failed, *_notes(failure))


def _notes(failure: Failure) -> tuple[str, ...]:
    """Returns what is said below a failure: what waits for it, and what may be the cause."""
    notes = (messages.also_held_back(failure.waiting),) if failure.waiting else ()
    # What says itself that a restart is needed, as where compiled code holds a class, is clear.
    if failure.is_installed or failure.phase != RELOAD or "restart" in failure.message:
        return notes
    if failure.is_unchanged:
        return (*notes, messages.unchanged_may_refuse(failure.module))
    # Libraries that refuse something for the second time mostly say so with one of these.
    said = failure.message.lower()
    if any(word in said for word in ("already", "duplicate", "twice", "no longer be called")):
        return (*notes, messages.may_refuse(failure.module))
    return notes


def failure_dict(failure: Failure) -> dict[str, Any]:
    """Returns a failure as JSON-ready values."""
    return {
        "module": failure.module,
        "phase": failure.phase,
        "message": failure.message,
        "file": failure.file,
        "line": failure.line,
        "waiting": list(failure.waiting),
        "is_installed": failure.is_installed,
        "is_unchanged": failure.is_unchanged,
        "traceback": list(failure.traceback),
    }


class NewRegistration(NamedTuple):
    """A registration that a module made while it ran, and that commit takes in.

    Attributes:
        key: Stands for the namespace.
        bindings: What it registers.
        clear: Whether it discards what the namespace registered before.
    """

    key: int
    bindings: tuple[Binding, ...]
    clear: bool


def with_registered(state: State, registered: Sequence[NewRegistration]) -> State:
    """Returns the State with these registrations as well. The graph is as it was."""
    for one in registered:
        state = register(state, one.key, one.bindings, clear=one.clear)
    return state


def early_bindings(state: State) -> frozenset[tuple[int, Binding]]:
    """Returns the bindings that come before the start of a submodule of their name, with keys.

    In ``from pk import summary; from pk.summary import table``, the first gives what `pk` itself
    binds. Only the second starts the submodule, which takes the name in `pk`.
    """
    doubtful = {
        (registration.key, binding)
        for registration in state.registrations
        for binding in registration.bindings
        if binding.submodule in state.modules
        and binding.module in state.modules
        and binding.attribute is not None
        and hides_submodule(state.modules[binding.module], binding.attribute)
    }
    if not doubtful:
        return frozenset()

    def starts(name: str) -> tuple[str, ...]:
        return state.modules[name].eager_modules if name in state.modules else ()

    started: set[str] = set()
    early: set[tuple[int, Binding]] = set()
    for registration in state.registrations:
        for binding in registration.bindings:
            is_doubtful = (registration.key, binding) in doubtful
            named = (binding.module,) if is_doubtful else state.modules_referred_to(binding)
            started.update(reachable(with_parents(named), starts))
            if is_doubtful and binding.submodule not in started:
                early.add((registration.key, binding))
    return frozenset(early)


def names_to_bind(
    states: tuple[State, State],
    last: Mapping[int, tuple[Mapping[str, Binding], Mapping[str, Binding]]],
    reloaded: frozenset[str],
    old_names: Mapping[int, frozenset[str]],
    early: Container[tuple[int, Binding]] = (),
) -> tuple[tuple[int, Rebinds], ...]:
    """Returns by namespace key what is to be bound again when `reloaded` have run.

    `states`, and the `last` bindings, are those before and after the run. `old_names` are those of each
    namespace that hold what a reloaded module defined. A binding refers to what it referred
    to before as well: a package may have ceased to hide a submodule. The `early_bindings` refer to
    their package.
    """

    def referred(key: int, binding: Binding) -> Iterable[str]:
        if (key, binding) in early:
            return (binding.module,)
        # One at a time: mostly the first decides.
        return (m for state in states for m in state.modules_referred_to(binding))

    return tuple(
        (key, rebinds(both, reloaded, partial(referred, key), old_names.get(key, frozenset())))
        for key, both in last.items()
    )


def commit(
    state: State,
    planned: State,
    outcome: Outcome,
    registered: Sequence[NewRegistration] = (),
) -> State:
    """Returns the State that holds after a plan was executed.

    `planned` is the State if all had succeeded. What did not run is as `state` knows it, so it
    is still stale, and what failed is to be retried. `registered` was registered meanwhile.
    """
    after = _without(planned, state, outcome.not_run) if outcome.not_run else planned
    after = _without_former_imports(after, outcome.not_imported)
    after = _with_kept_names(after, outcome)
    dynamic = {
        name: evolve(after.modules[name], dynamic_names=names)
        for name, names in outcome.dynamic_names
        if after.modules[name].dynamic_names != names
    }
    if dynamic:
        after = evolve(after, modules=after.modules.update(dynamic))
    if outcome.not_run:
        ran = bool(outcome.events or outcome.loaded)
        after = evolve(
            after,
            generation=planned.generation if ran else state.generation,
            failures=(*(failed.failure for failed in outcome.failed), *outcome.blocked),
        )
    return with_registered(_with_holds(after, outcome.holds), registered)


def _with_holds(after: State, found: Holds) -> State:
    """Returns the State that knows the holds, and the modules whose tables are to be refilled."""
    holds = holds_after(after.holds, found, after.graph)
    added = {n for n in found.added if holds.get(n) != after.holds.get(n)}
    refill = found.overwritten.intersection(after.graph.scanned).union(added)
    if refill:
        after = evolve(after, refill=refill)
    return after if holds is after.holds else with_new_graph(evolve(after, holds=holds))


def _with_kept_names(after: State, outcome: Outcome) -> State:
    """Returns the State that knows which of the user's names were reported and not bound.

    A name that was bound is not the user's any more.
    """
    kept = {(key, binding.name) for key, binding in (*outcome.kept, *outcome.deleted)}
    if not kept and not after.kept_names:
        return after
    bound = {(key, binding.name) for key, binding in outcome.rebound}
    return evolve(after, kept_names=(after.kept_names | kept) - bound)


def _without(planned: State, state: State, not_run: Sequence[str]) -> State:
    """Returns `planned` with the modules that did not run as `state` knows them."""
    modules = planned.modules.evolver()
    last_run = {**planned.last_run}
    never_loaded: set[str] = set()
    for name in not_run:
        if name in state.modules:
            # But who imported it may have dropped that, and did run.
            by = planned.modules[name].imported_by
            modules.set(name, evolve(state.modules[name], imported_by=by))
        else:
            modules.remove(name)
            never_loaded.add(name)
        if name in state.last_run:
            last_run[name] = state.last_run[name]
        else:
            last_run.pop(name, None)
    for name, module in planned.modules.items():
        # What did not run has not dropped its imports either.
        former = state.modules.get(name, module).imported_by
        if module.imported_by != former and not set(not_run).isdisjoint(former.callers):
            modules.set(name, evolve(modules[name], imported_by=former))
    back = evolve(
        planned,
        modules=modules.persistent(),
        last_run=MappingProxyType(last_run),
        loaded=planned.loaded - never_loaded,
        refill=state.refill.intersection(not_run),
    )
    return with_new_graph(back)


def joined(first: Outcome, second: Outcome) -> Outcome:
    """Returns what two runs of one sync did, as one outcome.

    The second run filled tables again to which the first one had added.
    """
    before = {event.module: event for event in first.events}
    again = {event.module for event in second.events}
    failed_first = {failed.failure.module for failed in first.failed}
    return evolve(
        second,
        events=(
            *(event for event in first.events if event.module not in again),
            *(
                before.get(event.module, event)
                if before.get(event.module, event).reason == MODIFIED
                else event
                for event in second.events
            ),
        ),
        loaded=(*first.loaded, *second.loaded),
        rebound=tuple(dict.fromkeys((*first.rebound, *second.rebound))),
        vanished=tuple(dict.fromkeys((*first.vanished, *second.vanished))),
        replaced=tuple(dict.fromkeys((*first.replaced, *second.replaced))),
        kept=tuple(dict.fromkeys((*first.kept, *second.kept))),
        deleted=tuple(dict.fromkeys((*first.deleted, *second.deleted))),
        kept_names=first.kept_names,
        failed=(*first.failed, *second.failed),
        blocked=(
            *first.blocked,
            *(
                f
                for f in second.blocked
                if f.module not in failed_first and f not in first.blocked
            ),
        ),
        not_run=tuple(dict.fromkeys((*first.not_run, *second.not_run))),
        changed_extensions=first.changed_extensions,
        protected=tuple(dict.fromkeys((*first.protected, *second.protected))),
        upgraded=first.upgraded,
        missing=tuple(dict.fromkeys((*first.missing, *second.missing))),
        unfollowed=first.unfollowed,
        reported=first.reported,
    )


def added_again(
    graph: DependencyGraph,
    events: Sequence[ReloadEvent],
    grown: Sequence[Sequence[tuple[str, str]]],
) -> tuple[tuple[str, str, str], ...]:
    """Returns what `Outcome.added_again` has, for tables that have grown.

    Of each, `grown` has the modules and names by which it is reached. Who added to it is not seen.
    It is taken to be the first that ran and depends on the module that owns it.
    """
    owners = (_owner(graph, origins) for origins in grown)
    return tuple(
        (event.module, f"{owner}.{name}", owner)
        for owner, name in owners
        for event in [e for e in events if owner in graph.dependencies.get(e.module, ())][:1]
    )


def _owner(graph: DependencyGraph, origins: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Returns the module, and its name for a table, that depends on no other that reaches it."""
    modules = {module for module, _ in origins}
    for module, name in origins:
        if modules.isdisjoint(set(graph.dependencies.get(module, ())) - {module}):
            return module, name
    return origins[0]


def _without_former_imports(state: State, not_imported: Sequence[tuple[str, str]]) -> State:
    """Returns the State in which modules did not import what they no longer do.

    It is in doubt if a function of a third module made the import, and the module still leads
    to that one: it may have kept what it imported. Then the dependency stays.
    """
    forgotten: dict[str, Module] = {}
    for importer, name in not_imported:
        module = state.modules[name]
        callers = module.imported_by.callers
        between = callers[: callers.index(importer)] if importer in callers else callers
        others = [n for n in between if n.partition(".")[0] not in _IMPORTING]
        if not others or _leads_to(state, importer, name).isdisjoint(others):
            by = module.imported_by.without(importer)
            forgotten[name] = evolve(module, imported_by=by)
    if not forgotten:
        return state
    return with_new_graph(evolve(state, modules=state.modules.update(forgotten)))


_IMPORTING = frozenset({"importlib", "pkgutil", "runpy"})
"""Of the standard library: they keep nothing of what they import."""


def _leads_to(state: State, importer: str, without: str) -> frozenset[str]:
    """Returns all that a module may import or reach, but for what it had imported."""

    def led_to(name: str) -> Iterator[str]:
        module = state.modules.get(name)
        if module is not None and name != without:
            yield from module.eager_modules
            yield from module.deferred_modules

    return frozenset(reachable((importer,), led_to))


def first_error(outcome: Outcome) -> ModuleError:
    """Returns the error of the first failure. The others, and names replaced, are notes."""
    error = outcome.failed[0].as_module_error()
    error.outcome = outcome
    for other in outcome.failed[1:]:
        error.add_note("\n".join(_failed_lines(other.failure)))
    for line in outcome.own_name_lines:
        error.add_note(line)
    return error
