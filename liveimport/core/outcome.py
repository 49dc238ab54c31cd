"""What happened; settle: the State that holds after it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from attrs import Factory, evolve, field, frozen

from .plan import rolled_back
from .registration import Binding
from .report import Detail, Readable, age, joined, place
from .state import Failure, State
from .steps import MODIFIED, SCHEMA, binding_dicts, outdated_line, rebound_detail


class ModuleError(Exception):
    """A module is broken: its source cannot be read or compiled, or it raised when it ran.

    The module and all that reloads with it are as they were before the sync. What went wrong
    is chained as ``__cause__``.

    Attributes:
        module: The name of the module.
        phase: ``"analysis"`` if its source cannot be read or compiled, ``"reload"`` if it
            raised.
        detail: What went wrong, in a line; empty if that is not known.
        trace: The traceback of the cause with the user's frames only, a line each.
        outcome: What the sync did all the same; None if the error comes from elsewhere.
    """

    def __init__(
        self, module: str, phase: str, detail: str = "", trace: tuple[str, ...] = ()
    ) -> None:
        super().__init__(module, phase, detail)
        self.module = module
        self.phase = phase
        self.detail = detail
        self.trace = trace
        self.outcome: Outcome | None = None

    def __str__(self) -> str:
        return f"{self.module} did not reload" + (f": {self.detail}" if self.detail else "")

    def _render_traceback_(self) -> list[str]:
        """Returns what IPython shows: no frames but the user's."""
        said = f"{type(self).__name__}: {self}"
        return [*self.trace, said, *getattr(self, "__notes__", ())]


def _names(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(names)


@frozen(str=False)
class ReloadEvent:
    """A module was reloaded. `str()` of it is its line in the report.

    Attributes:
        module: The name of the module.
        reason: ``"modified"`` if its file changed, ``"dependent"`` if it reloaded only because
            something that it depends on did.
        mtime: When its file was modified, in seconds since the epoch.
        now: When it was reloaded, in seconds since the epoch.
    """

    module: str
    reason: str
    mtime: float
    _after: tuple[str, ...] = field(converter=_names, alias="after")
    now: float = field(
        kw_only=True,
        eq=False,
        repr=False,
        default=Factory(lambda self: self.mtime, takes_self=True),
    )

    @property
    def after(self) -> list[str]:
        """The modules it depends on that were reloaded before it, in that order."""
        return list(self._after)

    def __str__(self) -> str:
        if self.reason == MODIFIED:
            return f"Reloaded {self.module} modified {age(self.now - self.mtime)}"
        if not self._after:
            return f"Reloaded {self.module}"
        return f"Reloaded {self.module} because {joined(self._after)} reloaded"


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
        detail = f"{failure.cause}{place(failure.file, failure.line)}"
        raised = ModuleError(failure.module, failure.phase, detail, failure.trace)
        raised.__cause__ = self.error
        if failure.held:
            wait = "waits" if len(failure.held) == 1 else "wait"
            raised.add_note(f"{joined(failure.held)} {wait} for it.")
        return raised


@frozen(repr=False, str=False)
class Outcome(Readable):
    """What a sync did. Falsy when it did nothing.

    Attributes:
        now: When, in seconds since the epoch.
        events: The modules that were reloaded, in the order in which they finished.
        fresh: Modules that were loaded for the first time.
        rebound: What was bound anew, with the key of the namespace.
        gone: Bindings whose module no longer has the name; it keeps its last value.
        failed: Groups that failed now.
        held: Groups that failed before, and were not tried again.
        unrun: Every module that was to run and did not.
        outdated: Extensions that changed on disk, and need a restart.
        extra: By module, names that running it bound though its source does not show them.
    """

    now: float
    events: tuple[ReloadEvent, ...] = ()
    fresh: tuple[str, ...] = ()
    rebound: tuple[tuple[int, Binding], ...] = ()
    gone: tuple[tuple[int, Binding], ...] = ()
    failed: tuple[Failed, ...] = ()
    held: tuple[Failure, ...] = ()
    unrun: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()
    extra: tuple[tuple[str, frozenset[str]], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lines())

    def lines(self) -> tuple[str, ...]:
        """Returns the report, a line each."""
        return (
            *map(str, self.events),
            *(_gone_line(binding) for _, binding in self.gone),
            *(line for failed in self.failed for line in _failed_lines(failed.failure)),
            *(f"{f.module} still fails: {f.cause}" for f in self.held),
            *map(outdated_line, self.outdated),
        )

    @property
    def alarming(self) -> bool:
        """Whether something failed, or still does."""
        return bool(self.failed or self.held)

    def details(self) -> tuple[Detail, ...]:
        """Returns what was rebound, and the traceback of each failure."""
        traces = (
            Detail(f"Traceback of {failed.failure.module}", failed.failure.trace)
            for failed in self.failed
        )
        return (*rebound_detail(self.rebound), *traces)

    def to_dict(self) -> dict[str, Any]:
        """Returns the outcome as JSON-ready values; docs/reports has the schema."""
        return {
            "schema": SCHEMA,
            "kind": "outcome",
            "now": self.now,
            "reloaded": [
                {"module": e.module, "reason": e.reason, "mtime": e.mtime, "after": e.after}
                for e in self.events
            ],
            "loaded": list(self.fresh),
            "rebound": binding_dicts(self.rebound),
            "gone": binding_dicts(self.gone),
            "failed": [_failure_dict(failed.failure) for failed in self.failed],
            "held": [_failure_dict(failure) for failure in self.held],
            "outdated": list(self.outdated),
        }


def _gone_line(binding: Binding) -> str:
    return (
        f"{binding.name} keeps its last value: "
        f"{binding.module} no longer has {binding.attribute or binding.name}"
    )


def _failed_lines(failure: Failure) -> tuple[str, ...]:
    where = place(failure.shown, failure.line)
    failed = f"Could not reload {failure.module}: {failure.cause}{where}"
    if not failure.held:
        return (failed,)
    wait = "waits" if len(failure.held) == 1 else "wait"
    return (failed, f"{joined(failure.held)} {wait} for {failure.module}")


def _failure_dict(failure: Failure) -> dict[str, Any]:
    return {
        "module": failure.module,
        "phase": failure.phase,
        "cause": failure.cause,
        "file": failure.file,
        "line": failure.line,
        "held": list(failure.held),
        "trace": list(failure.trace),
    }


def settle(state: State, planned: State, outcome: Outcome) -> State:
    """Returns the State that holds after a plan was executed.

    `planned` is the State if all had succeeded. What did not run is as `state` knows it, so
    it is still stale, and what failed is owed.
    """
    settled = rolled_back(planned, state, outcome.unrun) if outcome.unrun else planned
    ran = {
        name: evolve(settled.modules[name], extra=extra)
        for name, extra in outcome.extra
        if settled.modules[name].extra != extra
    }
    if not ran and not outcome.unrun:
        return planned
    return evolve(
        settled,
        modules=settled.modules.update(ran),
        generation=planned.generation if _ran(outcome) else state.generation,
        failures=(*(failed.failure for failed in outcome.failed), *outcome.held),
    )


def _ran(outcome: Outcome) -> bool:
    return bool(outcome.events or outcome.fresh)


def first_error(outcome: Outcome) -> ModuleError:
    """Returns the error of the first failure, with the others as notes."""
    error = outcome.failed[0].as_module_error()
    error.outcome = outcome
    for other in outcome.failed[1:]:
        error.add_note("\n".join(_failed_lines(other.failure)))
    return error
