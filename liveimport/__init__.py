"""Reload modules while a session keeps running.

After a sync the session is as a fresh interpreter would be, or exactly as it was before.

    cell text ──parse──▶ bindings ──register──▶ State
    files, sys.modules ──observe──▶ Snapshot       complete: nothing more is asked
    (State, Snapshot) ──plan_reload──▶ (Plan, State if all of it succeeds)
    Plan ──execute──▶ Outcome                       the only step that runs user code
    (State, planned State, Outcome) ──commit──▶ State
    Plan or Outcome ──report──▶ text, Markdown, HTML, JSON

Everything except observe and execute is a pure function of immutable values and is in
`liveimport.core`. Everything that has a side effect is in `liveimport.effects`.
"""

import sys as _sys
from collections.abc import Mapping as _Mapping
from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any

from .core.report import messages as _messages
from .effects.api import (
    attach,
    auto_sync,
    detach,
    exclude,
    hidden_cell_magic,
    include,
    plan,
    register,
    status,
    sync,
    upgrade,
    version,
    workspace,
)
from .effects.session.session import SESSION as _SESSION

if TYPE_CHECKING:
    from .core.committing.failures import Failed, ModuleError
    from .core.committing.outcome import AddedAgain, Outcome, ReloadEvent
    from .core.committing.workers import ClusterStatus, WorkerState, WorkerStatus
    from .core.detecting.file_change import FileChange
    from .core.imports import Binding
    from .core.model import Failure, Phase
    from .core.overview.diagram import Diagram
    from .core.overview.dry_run import Group, Plan, Step
    from .core.overview.log import Entry, Log
    from .core.overview.old_objects import OldKind, OldObject, OldObjects, Upgrade, Upgraded
    from .core.overview.status import FilesRead, ModuleState, ModuleStatus, Status
    from .core.planning.plan import NotFollowed, Reason
    from .core.report.rendering import Detail, Line, Report
    from .core.settings import (
        Detect,
        Files,
        Follow,
        OnError,
        OwnNames,
        Register,
        Settings,
        ShowReport,
    )
    from .effects.notebook.cells import (
        CellRejected as CellRejected,
    )  # not in `__all__`: see below
    from .effects.own_names import Replaced

    replaced: Replaced

__version__ = "0.1.0"

__all__ = [
    "AddedAgain",
    "Binding",
    "ClusterStatus",
    "Detail",
    "Detect",
    "Diagram",
    "Entry",
    "Failed",
    "Failure",
    "FileChange",
    "Files",
    "FilesRead",
    "Follow",
    "Group",
    "Line",
    "Log",
    "ModuleError",
    "ModuleState",
    "ModuleStatus",
    "NotFollowed",
    "OldKind",
    "OldObject",
    "OldObjects",
    "OnError",
    "Outcome",
    "OwnNames",
    "Phase",
    "Plan",
    "Reason",
    "Register",
    "ReloadEvent",
    "Replaced",
    "Report",
    "Settings",
    "ShowReport",
    "Status",
    "Step",
    "Upgrade",
    "Upgraded",
    "WorkerState",
    "WorkerStatus",
    "__version__",
    "attach",
    "auto_sync",
    "detach",
    "exclude",
    "hidden_cell_magic",
    "include",
    "load_ipython_extension",
    "plan",
    "register",
    "replaced",
    "status",
    "sync",
    "unload_ipython_extension",
    "upgrade",
    "version",
    "workspace",
]

_HOMES: _Mapping[str, str] = {
    # It needs IPython, which `from liveimport import *` in a script must not import.
    "CellRejected": ".effects.notebook.cells",
    "AddedAgain": ".core.committing.outcome",
    "Binding": ".core.imports",
    "ClusterStatus": ".core.committing.workers",
    "Detail": ".core.report.rendering",
    "Detect": ".core.settings",
    "Diagram": ".core.overview.diagram",
    "Entry": ".core.overview.log",
    "Failed": ".core.committing.failures",
    "Failure": ".core.model",
    "FileChange": ".core.detecting.file_change",
    "Files": ".core.settings",
    "FilesRead": ".core.overview.status",
    "Follow": ".core.settings",
    "Group": ".core.overview.dry_run",
    "Line": ".core.report.rendering",
    "Log": ".core.overview.log",
    "ModuleError": ".core.committing.failures",
    "ModuleState": ".core.overview.status",
    "ModuleStatus": ".core.overview.status",
    "NotFollowed": ".core.planning.plan",
    "OldKind": ".core.overview.old_objects",
    "OldObject": ".core.overview.old_objects",
    "OldObjects": ".core.overview.old_objects",
    "OnError": ".core.settings",
    "Outcome": ".core.committing.outcome",
    "OwnNames": ".core.settings",
    "Phase": ".core.model",
    "Plan": ".core.overview.dry_run",
    "Reason": ".core.planning.plan",
    "Register": ".core.settings",
    "ReloadEvent": ".core.committing.outcome",
    "Replaced": ".effects.own_names",
    "Report": ".core.report.rendering",
    "Settings": ".core.settings",
    "ShowReport": ".core.settings",
    "Status": ".core.overview.status",
    "Step": ".core.overview.dry_run",
    "Upgrade": ".core.overview.old_objects",
    "Upgraded": ".core.overview.old_objects",
    "WorkerState": ".core.committing.workers",
    "WorkerStatus": ".core.committing.workers",
}

# A type checker must not see it: for that, any name at all would be one of ours.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> _Any:
        """Return a public type. It is imported at its first use, so that importing us is cheap."""
        if name == "replaced":
            return _SESSION.own_names.replaced
        if name not in _HOMES:
            raise AttributeError(_messages.no_attribute(name, __dir__()))
        value = globals()[name] = getattr(_import_module(_HOMES[name], __name__), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_HOMES} - {"TYPE_CHECKING"})


def load_ipython_extension(shell: _Any) -> None:
    """Attach to an IPython shell: ``%load_ext liveimport``.

    The first ``import liveimport`` in a cell does the same.

    Raises:
        TypeError: It is no IPython shell.
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
