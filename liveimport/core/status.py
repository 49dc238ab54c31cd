"""State and Plan → the status: what is registered, what is tracked and why, what will reload."""

from attrs import frozen

from .model import State
from .planning.plan import MODIFIED, Plan
from .report import messages
from .report.rendering import Readable


@frozen(repr=False, str=False)
class Status(Readable):
    """The status of a session.

    Attributes:
        lines: The lines to show.
    """

    lines: tuple[str, ...]


def status(state: State, plan: Plan, automatic: str) -> Status:
    """Returns registrations, tracked modules with the reason for each, failures, workspace.

    `automatic` is the line about automatic syncing, from the settings.
    """
    return Status(
        (
            *messages.registered_section(_registered_statements(state)),
            *messages.tracked_section(_tracked_modules(state, plan)),
            *messages.failed_section(
                [messages.failed_module(f.module, f.message, f.waiting) for f in state.failures]
            ),
            *messages.workspace_section(state.workspace),
            automatic,
        )
    )


def _registered_statements(state: State) -> tuple[str, ...]:
    several = len(state.registrations) > 1
    return tuple(
        messages.registered_statement(binding.statement, r.key if several else None)
        for r in state.registrations
        for binding in r.bindings
    )


def _tracked_modules(state: State, plan: Plan) -> tuple[str, ...]:
    reasons = {step.module: step.reason for group in plan.groups for step in group.steps}
    return tuple(
        messages.tracked_module(
            name,
            _registering_statement(state, name),
            _importers(state, name),
            modified=reasons.get(name) == MODIFIED,
            will_reload=name in reasons,
        )
        for name in state.tracked
    )


def _registering_statement(state: State, name: str) -> str:
    """Returns the first registered statement that refers to the module, or ``""``."""
    return next(
        (b.statement for b in state.bindings() if name in state.modules_referred_to(b)), ""
    )


def _importers(state: State, name: str) -> tuple[str, ...]:
    return tuple(
        other
        for other in state.tracked
        if other != name and name in state.modules[other].dependencies
    )
