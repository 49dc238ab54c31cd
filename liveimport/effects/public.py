"""The functions that users call, on the one session."""

import os
import sys
from collections.abc import Callable, MutableMapping

import liveimport  # annotations are looked up in it when somebody asks for them
from liveimport.core.registration import STAR, Binding, parse_imports

from .session import SESSION, Namespace, directories_of


def register(
    namespace: Namespace,
    importstmts: str,
    *,
    package: str = "",
    clear: bool = False,
    allow_other_statements: bool = False,
) -> None:
    """Register import statements that `namespace` has executed, for syncing.

    The statements are not executed here. Their modules are tracked from now on, and so are
    the workspace modules that these import at top level.

    Args:
        namespace: Where the statements were executed, mostly `globals()`.
        importstmts: Import statements, indented as you like.
        package: What relative imports are relative to; `__package__` in a module.
        clear: Whether to discard what the namespace registered before.
        allow_other_statements: Whether to skip other statements rather than refuse them.

    Raises:
        TypeError: `namespace` is nothing that names can be bound in.
        SyntaxError: `importstmts` is not Python.
        ImportError: A relative import leaves `package`.
        ValueError: There is another statement and these are not allowed; a module is not
            loaded; or the namespace lacks a name that a statement binds. The message says
            which import statement has not been executed.
    """
    if not isinstance(namespace, MutableMapping):
        raise TypeError(f"a namespace is a dict, such as globals(), not {namespace!r:.50}")
    bindings = parse_imports(
        importstmts, package=package, allow_other_statements=allow_other_statements
    )
    for binding in bindings:
        lack = _lack(namespace, binding)
        if lack:
            raise ValueError(f"{lack}: execute `{binding.statement}` before registering it")
    SESSION.register(namespace, bindings, clear=clear)


def register_cell(namespace: Namespace, code: str, *, clear: bool) -> None:
    """Registers the top-level imports of a cell that has just been executed.

    What the cell itself undid again, by `del` say, is left out.

    Raises:
        SyntaxError: The cell is not Python.
        ImportError: A relative import leaves the package of the namespace.
    """
    package = namespace.get("__package__")
    bindings = parse_imports(
        code,
        package=package if isinstance(package, str) else "",
        allow_other_statements=True,
    )
    made = tuple(binding for binding in bindings if not _lack(namespace, binding))
    SESSION.register(namespace, made, clear=clear)


def _lack(namespace: Namespace, binding: Binding) -> str:
    if binding.module not in sys.modules:
        return f"module {binding.module!r} is not loaded"
    if binding.name != STAR and binding.name not in namespace:
        return f"the namespace has no name {binding.name!r}"
    return ""


def sync(
    *, observer: "Callable[[liveimport.ReloadEvent], None] | None" = None
) -> "liveimport.Outcome":
    """Bring modules and names up to date with the files as they are now.

    What failed before is tried again.

    Args:
        observer: Called with a `ReloadEvent` for each module that was reloaded, in the order
            in which they finished, when all is done.

    Returns:
        A value that prints as the report of what happened, and is falsy if there was nothing
        to do.

    Raises:
        ModuleError: A module is broken. It and all that reloads with it are as before; what
            else was stale has reloaded. Further failures are notes of the error, and its
            `outcome` is what the sync did all the same.
        KeyboardInterrupt: A reload was interrupted, and rolled back.
    """
    outcome = SESSION.sync(insist=True)
    if observer is not None:
        for event in outcome.events:
            observer(event)
    if outcome.failed:
        from liveimport.core.outcome import first_error  # noqa: PLC0415  # loaded by now

        raise first_error(outcome)
    return outcome


def plan() -> "liveimport.Plan":
    """Return what `sync` would do now, and why, without doing it.

    Returns:
        A value that prints as what would be reloaded and rebound, and is falsy if nothing is.
    """
    return SESSION.plan()


def workspace(*directories: str | os.PathLike[str], extend: bool = False) -> None:
    """Set the directories whose modules are tracked when a tracked module imports them.

    It takes effect at once. At first, the workspace is the working directory of the time
    when LiveImport was imported.

    Args:
        directories: Where tracked modules may lie; all folders below count.
        extend: Whether to add to the workspace rather than replace it.

    Raises:
        ValueError: A path is not a directory. Nothing changes then.
    """
    SESSION.change_workspace(directories_of(directories), extend=extend)


def auto_sync(
    enabled: bool | None = None,  # noqa: FBT001  # as users know it: auto_sync(False)
    *,
    grace: float | None = None,
    report: bool | None = None,
    detect: str | None = None,
    on_error: str | None = None,
) -> None:
    """Configure what happens before a cell runs. What is None stays as it is.

    Args:
        enabled: Whether to sync then. At first, yes.
        grace: Seconds that must have passed since the end of the last cell, so that a run of
            several cells sees one state of the files. At first, 1.
        report: Whether to show a report if something was reloaded. At first, yes.
        detect: What counts as changed: at first ``"mtime"``, a file with another modification
            time, size or inode. With ``"content"``, a file whose bytes are those that ran last
            is not stale, however often it was touched or checked out.

        on_error: What becomes of the cell if a module fails to reload: at first ``"run"``, on
            the last good version. With ``"stop"`` the cell does not run and ends as an error.

    Raises:
        ValueError: A value is none of those above; `grace` is a number, 0 or more.
    """
    given = {
        "enabled": enabled,
        "grace": grace,
        "report": report,
        "detect": detect,
        "on_error": on_error,
    }
    SESSION.change_settings(**{name: v for name, v in given.items() if v is not None})


def hidden_cell_magic(enabled: bool | None = None) -> None:  # noqa: FBT001  # as users know it
    """Configure whether a cell that begins with ``#_%%liveimport`` is a ``%%liveimport`` cell.

    Args:
        enabled: Whether it is. At first, yes. None leaves it as it is.

    Raises:
        ValueError: It is neither True nor False.
    """
    if enabled is not None:
        SESSION.change_settings(hidden_cell_magic=enabled)
