"""LiveImport in an IPython shell: hooks, magics, settings, display."""

from typing import Any

from liveimport.effects.session import SESSION

from .cells import Notebook


def attach(shell: Any) -> None:
    """Attaches the session to a shell; does nothing if it is attached."""
    SESSION.detached = False
    if attached(shell) is None:
        Notebook(shell, SESSION).install()


def detach(shell: Any) -> None:
    """Detaches the session from a shell; does nothing if it is not attached."""
    SESSION.detached = True
    notebook = attached(shell)
    if notebook is not None:
        notebook.uninstall()


def attached(shell: Any) -> Notebook | None:
    """Returns the Notebook that is attached to the shell, or None."""
    # IPython has the method Notebook.transform, and with it the Notebook.
    owners = (getattr(t, "__self__", None) for t in shell.input_transformers_cleanup)
    return next((owner for owner in owners if isinstance(owner, Notebook)), None)
