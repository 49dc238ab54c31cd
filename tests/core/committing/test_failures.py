"""What went wrong: the error to raise, and what is said below it."""

import pytest
from attrs import evolve

from liveimport.core.committing.failures import Failed, ModuleError
from liveimport.core.committing.outcome import Outcome
from liveimport.core.model import Failure

FAILURE = Failure(
    module="a",
    phase="reload",
    message="ValueError: no",
    file="/project/a.py",
    shown_file="a.py",
    line=3,
    waiting=("b", "c"),
    fingerprint=(),
    traceback=("frame",),
)


def test_a_module_error_says_what_is_broken():
    """It has the module, the phase, and the message if that is known."""
    error = ModuleError("a", "analysis", "SyntaxError: no")
    assert (error.module, error.phase) == ("a", "analysis")
    assert str(error) == "could not reload a: SyntaxError: no"
    assert str(ModuleError("a", "reload")) == "could not reload a"


def test_the_error_of_a_failure_has_its_cause_chained():
    """A note names the modules that wait."""
    cause = ValueError("no")
    error = Failed(cause, FAILURE).as_module_error()
    assert error.__cause__ is cause
    assert (error.module, error.phase) == ("a", "reload")
    assert str(error) == "could not reload a: ValueError: no (/project/a.py, line 3)"
    assert error.__notes__ == ["also held back: b, c"]


def test_ipython_shows_an_error_without_foreign_frames():
    """It shows the user's frames, the message and the notes."""
    error = Failed(ValueError("no"), FAILURE).as_module_error()
    assert error.traceback == ("frame",)
    assert error._render_traceback_() == [
        "frame",
        "ModuleError: could not reload a: ValueError: no (/project/a.py, line 3)",
        "also held back: b, c",
    ]
    assert ModuleError("a", "reload")._render_traceback_() == [
        "ModuleError: could not reload a"
    ]


def test_a_failure_alone_has_no_note():
    """No module waits for it."""
    error = Failed(ValueError(), evolve(FAILURE, waiting=())).as_module_error()
    assert not hasattr(error, "__notes__")


def test_an_installed_module_that_failed_needs_a_restart():
    """The report says so, and the error too."""
    failure = evolve(FAILURE, is_installed=True)
    failed = Failed(ValueError("no"), failure)
    assert Outcome(0.0, failed=(failed,)).lines == (
        "Could not reload a: ValueError: no (a.py, line 3); it is installed, so restart to use it",
        "also held back: b, c",
    )
    assert str(failed.as_module_error()).endswith("; it is installed, so restart to use it")


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        (
            {"is_unchanged": True},
            (
                "a did not change: it may refuse to run twice "
                "(`%liveimport reload --deep a`, or exclude it)"
            ),
        ),
        (
            {"message": "ValueError: Duplicated timeseries"},
            "a may refuse to run twice: restart to use its new version",
        ),
        ({"message": "NameError: x"}, None),
        ({"is_unchanged": True, "message": "It is compiled: restart to use it"}, None),
        ({"is_unchanged": True, "is_installed": True}, None),
        ({"is_unchanged": True, "phase": "analysis"}, None),
    ],
)
def test_what_may_refuse_to_run_twice_is_hinted(fields, hint):
    """Below the failure, and as a note of the error."""
    failure = evolve(FAILURE, phase="reload", waiting=())
    failure = evolve(failure, **fields)
    failed = Failed(ValueError("no"), failure)
    assert Outcome(0.0, failed=(failed,)).lines[1:] == ((hint,) if hint else ())
    notes = getattr(failed.as_module_error(), "__notes__", [])
    assert notes == ([hint] if hint else [])


def test_a_failed_group_prints_without_its_error():
    """What the user raised may print as pages, or not at all."""
    assert repr(Failed(ValueError("x" * 5000), FAILURE)) == f"Failed({FAILURE!r})"
