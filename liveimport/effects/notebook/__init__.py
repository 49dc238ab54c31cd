"""LiveImport in an IPython shell: hooks, magics, settings, display."""

from typing import Any

from liveimport.core.report import messages
from liveimport.effects.session.session import SESSION

from .cells import Notebook


def check_shell(shell: object) -> None:
    """Raises TypeError for what is no shell of IPython."""
    needed = ("events", "input_transformers_cleanup", "magics_manager", "user_ns")
    if not all(hasattr(shell, name) for name in needed):
        raise TypeError(messages.not_a_shell(messages.printed(shell)))


def attach(shell: Any) -> None:
    """Attaches the session to a shell; does nothing if it is attached."""
    check_shell(shell)
    SESSION.detached = False
    if attached(shell) is None:
        Notebook(shell, SESSION).install()


def detach(shell: Any) -> None:
    """Detaches the session from a shell; does nothing if it is not attached."""
    check_shell(shell)
    SESSION.detached = True
    notebook = attached(shell)
    if notebook is not None:
        notebook.uninstall()


def attached(shell: Any) -> Notebook | None:
    """Returns the Notebook that is attached to the shell, or None."""
    # IPython has the method Notebook.transform, and with it the Notebook.
    owners = (getattr(t, "__self__", None) for t in shell.input_transformers_cleanup)
    return next((owner for owner in owners if isinstance(owner, Notebook)), None)
