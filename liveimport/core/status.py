"""State and Plan → what a person asks of a session: what is tracked, why, and what is due."""

from attrs import frozen

from .report import Readable, joined
from .state import State
from .steps import MODIFIED, Plan


@frozen(repr=False, str=False)
class Status(Readable):
    """How a session stands.

    Attributes:
        said: The lines.
    """

    said: tuple[str, ...]

    def lines(self) -> tuple[str, ...]:
        """Returns the lines."""
        return self.said


def status(state: State, plan: Plan, automatic: str) -> Status:
    """Returns registrations, tracked modules with the reason for each, and what is due.

    `automatic` says how automatic syncing is set, in a line.
    """
    return Status(
        (
            "Registered:",
            *_or_none(_registered(state)),
            "Tracked:",
            *_or_none(_tracked(state, plan)),
            *_owed(state),
            "Workspace:",
            *_or_none(tuple(state.workspace)),
            automatic,
        )
    )


def _or_none(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"  {line}" for line in lines) or ("  nothing",)


def _registered(state: State) -> tuple[str, ...]:
    several = len(state.registrations) > 1
    return tuple(
        f"{binding.statement}{f'  (namespace {r.key})' if several else ''}"
        for r in state.registrations
        for binding in r.bindings
    )


def _tracked(state: State, plan: Plan) -> tuple[str, ...]:
    reasons = {step.module: step.reason for group in plan.groups for step in group.steps}
    return tuple(
        f"{name}: {_why(state, name)}{_due(reasons.get(name))}" for name in state.tracked
    )


def _due(reason: str | None) -> str:
    if reason is None:
        return ""
    return "; modified" if reason == MODIFIED else "; reloads with what it depends on"


def _why(state: State, name: str) -> str:
    statements = [b.statement for b in state.bindings() if name in state.refers(b)]
    importers = [
        other
        for other in state.tracked
        if name in state.modules[other].targets and other != name
    ]
    reasons = []
    if statements:
        reasons.append(f"registered by `{statements[0]}`")
    if importers:
        reasons.append(f"imported by {joined(importers)}")
    return ", ".join(reasons)


def _owed(state: State) -> tuple[str, ...]:
    if not state.failures:
        return ()
    return (
        "Owed:",
        *(
            f"  {failure.module}: {failure.cause}"
            + (f"; {joined(failure.held)} with it" if failure.held else "")
            for failure in state.failures
        ),
    )
