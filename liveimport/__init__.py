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
from importlib.machinery import ModuleSpec as _ModuleSpec
from types import ModuleType as _ModuleType
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

    ``import liveimport`` in a cell does the same.
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


class _Package(_ModuleType):
    """This package, which attaches to a shell that began after it was first imported.

    ``import liveimport`` runs this file once; of a later one, all that can be noticed is that
    Python looks at the spec.
    """

    def _spec(self) -> _ModuleSpec | None:
        _attach_to_running_shell()
        spec: _ModuleSpec | None = self.__dict__.get("__spec__")
        return spec

    def _set_spec(self, spec: _ModuleSpec | None) -> None:
        self.__dict__["__spec__"] = spec

    __spec__ = property(_spec, _set_spec)


_attach_to_running_shell()
_sys.modules[__name__].__class__ = _Package
