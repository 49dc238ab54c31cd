"""Reload modules while a session lives.

After a sync the session is what a fresh interpreter would be, or exactly what it was before.

    cell text ──parse──▶ bindings ──register──▶ State
    files, sys.modules ──scan──▶ Snapshot          core says what else it must see
    (State, Snapshot) ──plan_reload──▶ (Plan, State if all of it succeeds)
    Plan ──execute──▶ Outcome                      the only step that runs user code
    (State, planned State, Outcome) ──settle──▶ State
    Plan or Outcome ──report──▶ text, Markdown, HTML, JSON

All but scan and execute are pure functions of immutable values, in `liveimport.core`; what
touches the world is in `liveimport.effects`.
"""

import sys as _sys
from collections.abc import Mapping as _Mapping
from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from .effects.public import auto_sync, hidden_cell_magic, plan, register, sync, workspace
from .effects.session import SESSION as _SESSION

if _TYPE_CHECKING:
    from .core.outcome import ModuleError, Outcome, ReloadEvent
    from .core.steps import Plan

__version__ = "0.1.0"

__all__ = [
    "ModuleError",
    "Outcome",
    "Plan",
    "ReloadEvent",
    "__version__",
    "auto_sync",
    "hidden_cell_magic",
    "load_ipython_extension",
    "plan",
    "register",
    "sync",
    "unload_ipython_extension",
    "workspace",
]


_HOMES: _Mapping[str, str] = {
    "ModuleError": ".core.outcome",
    "Outcome": ".core.outcome",
    "Plan": ".core.steps",
    "ReloadEvent": ".core.outcome",
}


def __getattr__(name: str) -> _Any:
    """Return a public class when it is asked for first: importing is to be cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(_HOMES[name], __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: _Any) -> None:
    """Attach to an IPython shell: ``%load_ext liveimport``.

    ``import liveimport`` in a cell does the same if that runs it for the first time.
    """
    from .effects.notebook import attach  # noqa: PLC0415  # a plain script never imports IPython

    attach(shell)


def unload_ipython_extension(shell: _Any) -> None:
    """Detach from an IPython shell: ``%unload_ext liveimport``."""
    from .effects.notebook import detach  # noqa: PLC0415  # a plain script never imports IPython

    detach(shell)


def _attach_to_running_shell() -> None:
    if "IPython" in _sys.modules and not _SESSION.detached:
        from IPython import get_ipython  # noqa: PLC0415  # it is loaded already

        shell = get_ipython()
        if shell is not None:
            load_ipython_extension(shell)


_attach_to_running_shell()
