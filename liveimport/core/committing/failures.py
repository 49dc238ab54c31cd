"""What went wrong: the error to raise, and what is said of it."""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from liveimport.core import public
from liveimport.core.model import Failure, Phase
from liveimport.core.report import messages
from liveimport.core.report.rendering import FAILURE, Line

if TYPE_CHECKING:
    from .outcome import Outcome


RELOAD: Final = "reload"
"""The phase of a failure in which a module raised."""


@public
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
        self, module: str, phase: Phase, message: str = "", traceback: tuple[str, ...] = ()
    ) -> None:
        super().__init__(module, phase, message)
        self.module = module
        self.phase: Phase = phase
        self.message = message
        self.traceback = traceback
        self.outcome: Outcome | None = None

    def __str__(self) -> str:
        return messages.did_not_reload(self.module, self.message)

    def _render_traceback_(self) -> list[str]:
        """Returns what IPython shows: no frames but the user's."""
        summary = messages.error_summary(type(self).__name__, str(self))
        return [*self.traceback, summary, *getattr(self, "__notes__", ())]


@public
class Failed(NamedTuple):
    """A reload group that was tried and rolled back.

    Attributes:
        error: What the module raised, with its frames; not kept in the State.
        failure: The same as text.
    """

    error: BaseException
    failure: Failure

    def __repr__(self) -> str:
        # The error is the user's, and may print as pages, or not at all.
        return f"Failed({self.failure!r})"

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


def failed_lines(failure: Failure) -> tuple[str, ...]:
    """Returns what is said of a group that failed now."""
    failed = messages.could_not_reload(
        failure.module, failure.message, failure.shown_file, failure.line
    )
    if failure.is_installed:
        failed = messages.installed_fails(failed)
    return _as_failure(failure, failed, *_notes(failure))


def blocked_lines(failure: Failure) -> tuple[str, ...]:
    """Returns what is said of a group that failed before, and was not tried again."""
    place = (failure.message, failure.shown_file, failure.line)
    return _as_failure(failure, messages.still_fails(failure.module, *place))


def _as_failure(failure: Failure, *lines: str) -> tuple[str, ...]:
    return tuple(Line(ln, failure.module, *failure.waiting, kind=FAILURE) for ln in lines)


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
