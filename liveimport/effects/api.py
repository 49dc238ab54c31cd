"""The functions that users call. They work on the one session."""

import os
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress

import liveimport  # annotations are looked up in it when somebody asks for them
from liveimport.core.imports import (
    names_bound_otherwise,
)
from liveimport.core.report import messages
from liveimport.core.settings import (
    Detect,
    Files,
    Follow,
    OnError,
    OwnNames,
    Register,
    Reload,
    ShowReport,
    flag,
)

from .project_file import take_in_project
from .registering.statements import (
    check_executed,
    check_namespace,
    checked_package,
    execute_followed,
    parsed,
)
from .session.directories import directories_of
from .session.parts import Namespace
from .session.running import Told
from .session.session import SESSION, Session

_ASYNC = 0x280  # CO_COROUTINE and CO_ASYNC_GENERATOR; to import inspect would take longer


def _session() -> Session:
    """Returns the session. The first call takes in the defaults of the project."""
    for problem in take_in_project(SESSION):
        warnings.warn(problem, stacklevel=3)
    return SESSION


def register(  # noqa: PLR0913  # options with names, each for one case
    namespace: Namespace,
    importstmts: str,
    *,
    package: str | None = "",
    clear: bool = False,
    allow_other_statements: bool = False,
    execute: bool = False,
) -> None:
    """Register import statements that `namespace` has executed, for syncing.

    From now on their modules are tracked, and so is what these reach in the workspace. The
    statements are not executed here, except with `execute`.

    Args:
        namespace: Where the statements were executed, usually `globals()`. Not `locals()` of a
            function, because its names cannot be bound again.
        importstmts: Import statements. They may be indented.
        package: The package that relative imports are relative to; `__package__` in a module.
        clear: Whether to discard the earlier registrations of the namespace.
        allow_other_statements: Whether to skip other statements instead of raising an error.
        execute: Whether to execute the statements first, as a ``%%liveimport`` cell does. There
            may be no other statements then; that is checked before anything is executed.

    Raises:
        TypeError: `namespace` is not a mapping in which names can be bound, `importstmts` is
            not a string, or `package` is not a name.
        SyntaxError: `importstmts` is not Python.
        ImportError: A relative import leaves `package`.
        Exception: With `execute`, whatever the statements raise.
        ValueError: There is another statement, and other statements are not allowed. Or a
            statement was not executed: a module is not loaded, it has no such name, the
            namespace lacks a name that the statement binds, or has something else under it.
            The message names the statement. Or the namespace is `locals()` of a function.
    """
    clear = flag("clear", clear)
    execute = flag("execute", execute)
    allow_other_statements = flag("allow_other_statements", allow_other_statements)
    if execute and allow_other_statements:
        raise ValueError(messages.execute_imports_only())
    check_namespace(namespace, sys._getframe(1))  # noqa: SLF001  # whose locals it may be
    package = checked_package(package)
    bindings = parsed(importstmts, package, allow_other_statements=allow_other_statements)
    if execute:
        _session().install()
        execute_followed(SESSION, namespace, importstmts, package)
    else:
        others = names_bound_otherwise(importstmts) if allow_other_statements else frozenset()
        check_executed(SESSION, namespace, bindings, others)
    _session().register(namespace, bindings, clear=clear)
    if execute and not SESSION.read_log.is_on:
        SESSION.take_in_read()


def sync(
    *,
    observer: "Callable[[liveimport.ReloadEvent], object] | None" = None,
    reload: Iterable[str] = (),
    deep: bool = False,
) -> "liveimport.Outcome":
    """Bring modules and names up to date with the files as they are now.

    Modules that failed before are tried again.

    Args:
        observer: Called as each module that reloads finishes, with a `ReloadEvent`. If another
            module of its group fails later, the module is rolled back all the
            same. Names of the namespaces are bound later. An error of the observer stops
            nothing.
        reload: Names of modules to run now, edited or not, and all that depend on them.
        deep: Whether to run, with `reload`, all modules of the project that these depend on.

    Returns:
        A value that prints as the report of what happened. It is falsy if there was nothing
        to do.

    Raises:
        ModuleError: A module is broken. It and all that reloads with it are as before. All
            other stale modules have reloaded. Further failures are notes of the error, and
            its `outcome` has everything that the sync did.
        KeyboardInterrupt: A reload was interrupted, and rolled back.
        Exception: The first error of the observer, when all else is done; its `outcome` has
            what the sync did. It is the `__context__` of a ModuleError, if there is one.
        TypeError: `observer` cannot be called, or `reload` is not a list of strings.
        ValueError: A module of `reload` cannot run: it is not loaded, not of the project, excluded,
            compiled, or its file is missing. The message says which and why; nothing has run.
    """
    observing = None if observer is None else _Observing(observer)
    names = _names_to_reload(reload, deep=deep)
    outcome = _session().sync(
        retry_failed=True, reload=names, deep=deep, told=Told(on_finish=observing)
    )
    observers_error = None if observing is None else observing.error
    if outcome.failed:
        from liveimport.core.committing.outcome import first_error  # noqa: PLC0415  # loaded by now

        error = first_error(outcome)
        error.__context__ = observers_error
        raise error
    if observers_error is not None:
        with suppress(Exception):  # it may refuse to have attributes
            observers_error.outcome = outcome  # type: ignore[attr-defined]  # so users find it
        raise observers_error
    return outcome


class _Observing:
    """Calls an observer, and keeps its first error.

    Raises:
        TypeError: It cannot be called, or would give a coroutine.
    """

    def __init__(self, observer: "Callable[[liveimport.ReloadEvent], object]") -> None:
        if not callable(observer) or _is_async(observer):
            raise TypeError(messages.not_an_observer(messages.printed(observer)))
        self._observer = observer
        self.error: BaseException | None = None

    def __call__(self, event: "liveimport.ReloadEvent") -> None:
        try:
            self._observer(event)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # it may raise anything, SystemExit too
            from .reload.tracebacks import strip_own_frames  # noqa: PLC0415  # loaded by now

            strip_own_frames(error)
            self.error = self.error or error


def _is_async(function: object) -> bool:
    """Whether a call of a function gives a coroutine, which nobody would run."""
    code = getattr(function, "__code__", None)
    return bool(getattr(code, "co_flags", 0) & _ASYNC)


def _names_to_reload(reload: Iterable[str], *, deep: bool) -> tuple[str, ...]:
    if isinstance(reload, str) or not isinstance(reload, Iterable):
        raise TypeError(messages.a_list_of_names("reload", messages.printed(reload)))
    reload = tuple(reload)
    if flag("deep", deep) and not reload:
        raise ValueError(messages.deep_needs_reload())
    return _module_names(reload) if reload else ()


def _module_names(names: tuple[object, ...]) -> tuple[str, ...]:
    from liveimport.core.overview.requests import module_names  # noqa: PLC0415  # most scripts name none

    return module_names(names)


def plan(*, reload: Iterable[str] = (), deep: bool = False) -> "liveimport.Plan":
    """Return what `sync` would do now, and why. This is a dry run: nothing changes.

    Args:
        reload: As for `sync`.
        deep: As for `sync`.

    Returns:
        A value that prints as what would be reloaded and rebound. It is falsy if nothing would
        be reloaded.

    Raises:
        TypeError: `reload` is not a list of strings.
        ValueError: A module of `reload` cannot run.
    """
    from liveimport.core.overview.dry_run import dry_run  # noqa: PLC0415  # loads what plans

    return dry_run(_session().plan(_names_to_reload(reload, deep=deep), deep=deep))


def exclude(*names: str) -> tuple[str, ...]:
    """Let modules never run again, whatever changes. Without names, change nothing.

    What depends on them is still reloaded. A package is excluded with its submodules. It holds
    until `include`, also if registrations are discarded. A module that is not loaded yet may be
    excluded too: its first import runs it.

    Args:
        names: The names of modules and packages.

    Returns:
        All that is excluded then, sorted.

    Raises:
        TypeError: A name is not a string. Then nothing changes.
        ValueError: A string is not the name of a module. Then nothing changes.
    """
    if names:
        _session().exclude(_module_names(names))
    return tuple(sorted(_session().state.excluded))


def include(*names: str) -> tuple[str, ...]:
    """Undo `exclude`. What would have run meanwhile runs with the next sync.

    Args:
        names: What was excluded.

    Returns:
        All that is excluded then, sorted.

    Raises:
        TypeError: A name is not a string. Then nothing changes.
        ValueError: A name was not excluded. Then nothing changes.
    """
    if names:
        from liveimport.core.overview.requests import excluded_names  # noqa: PLC0415  # as above

        _session().include(excluded_names(_session().state, names))
    return tuple(sorted(_session().state.excluded))


def status() -> "liveimport.Status":
    """Return how the session stands: what is followed and why, what is not, and the settings.

    Returns:
        A value that prints as lines. Its `modules` say for each tracked module its file, why it
        is tracked, and its state; `not_followed` says what else of the project is loaded.
        Nothing changes.
    """
    return _session().status()


def upgrade(*objects: object, deep: bool = False) -> "liveimport.Upgrade":
    """Give objects of old classes the present version of their class. All of them, or none.

    Their attributes stay as they are. If the class has a method
    ``__liveimport_upgrade__(self, old_class)``, it is called then, to bring them up to date.
    What is no instance of an old class stays as it is.

    Args:
        objects: The objects.
        deep: Whether to do the same with all that they lead to: entries, attributes and so on.

    Returns:
        A value that prints as what was changed. It is falsy if nothing was.

    Raises:
        TypeError: An object cannot be upgraded: its class is gone, or lays out its objects
            differently (other `__slots__`, another built-in base), or the object is an old class
            or function itself. The message says why. Nothing has changed then.
        Exception: Whatever a ``__liveimport_upgrade__`` raises. Nothing has changed then either.
    """
    from .old_objects.upgrade import upgrade as upgraded  # noqa: PLC0415  # most scripts never need it

    definitions, deep = _session().old_objects.definitions(), flag("deep", deep)
    try:
        return upgraded(objects, definitions, deep=deep)
    except BaseException as error:
        from .reload.tracebacks import strip_own_frames  # noqa: PLC0415  # as above

        strip_own_frames(error)
        raise


def attach(client: object, *, timeout: float = 2.0) -> "liveimport.ClusterStatus":
    """Let the workers of a cluster run the version that this session runs, now and after each sync.

    The sources travel with it: workers need no file of the project, but LiveImport in the same release.
    A worker changes over between two tasks: at once if it is idle, else when its task has ended. One
    that cannot run the version gets no task until it can. Workers that join later begin with it. While
    a client is attached, the keys of Dask depend on the version of the code that is called; tasks of
    ipyparallel say which version they need.

    Args:
        client: A `distributed.Client`, or an `ipyparallel.Client` or a view of one. If it is attached
            already, its workers are looked at again.
        timeout: How many seconds this call, and later each sync that reloads something, waits for
            workers that are busy. With 0 they are not waited for.

    Returns:
        How the workers stand when that is over.

    Raises:
        TypeError: It is something else, or an asynchronous client.
        RuntimeError: Another notebook has other sources for a module on this cluster.
        ValueError: The timeout is negative.
    """
    if not timeout >= 0:
        raise ValueError(messages.not_seconds("timeout", messages.printed(timeout)))
    return _session().attach(client, timeout)


def detach(client: object) -> None:
    """Undo `attach`. The workers keep what they run, and nothing else of LiveImport stays there.

    Args:
        client: The client that was attached. If it is not, nothing happens.
    """
    _session().detach(client)


def version(code: object) -> str:
    """Return the version of code: a digest of its module's source and of all that it depends on.

    Two versions are equal exactly if the sources are: those of the module, and of all modules of
    the project that its imports, and theirs, lead to. Imports in functions count, also where nobody
    has called them yet. Installed packages do not count, nor does what is imported under a
    computed name. It is the same on every machine. The version is that of the code as it last
    ran; an edit changes it with the sync that reloads the module.

    So it can be a part of what a result is kept under: ``f(x, _code=liveimport.version(f))``.

    Args:
        code: The name of a module, a module, or a function, method or class of it.

    Returns:
        32 hexadecimal digits.

    Raises:
        TypeError: It is something else.
        ValueError: Its module is not followed.
    """
    from .session.versions import module_of  # noqa: PLC0415  # most scripts never need it

    return _session().version(module_of(code))


def workspace(
    *directories: str | os.PathLike[str], extend: bool = False, default: bool = False
) -> tuple[str, ...]:
    """Set the directories whose modules are tracked when a tracked module imports them.

    It takes effect at once. Without arguments, nothing changes. By default the workspace is the
    working directory when LiveImport was first imported, and the import roots of the registered modules: the directories that
    their top-level packages were found in. Once you set directories, no root is added.

    The standard library and installed packages (in ``site-packages`` or ``dist-packages``) are
    left out, except when a directory that you give is one of them or lies inside.

    Args:
        directories: Where tracked modules may be. All directories below count too. ``~`` is the
            home directory.
        extend: Whether to add to the workspace instead of replacing it.
        default: Whether to restore the default first.

    Returns:
        The directories of the workspace then, and the import roots that were added to it.

    Raises:
        TypeError: A directory is neither a string nor a path. Then nothing changes.
        ValueError: A path is not a directory. Then nothing changes.
    """
    extend, default = flag("extend", extend), flag("default", default)
    given: list[str] = []
    for directory in directories:
        if isinstance(directory, list | tuple | set | frozenset):
            raise TypeError(messages.separate_arguments(list(map(messages.printed, directory))))
        if not isinstance(directory, str | os.PathLike):
            raise TypeError(messages.no_path(messages.printed(directory)))
        given.append(os.path.expanduser(os.fsdecode(directory)))
    if given or default:
        _session().change_workspace(directories_of(given), extend=extend, default=default)
    workspace = _session().state.workspace
    return tuple(dict.fromkeys((*workspace.directories, *workspace.roots)))


def auto_sync(  # noqa: PLR0913  # one for each setting
    enabled: bool | None = None,  # noqa: FBT001  # as users know it: auto_sync(False)
    *,
    grace: float | None = None,
    report: ShowReport | None = None,
    detect: Detect | None = None,
    on_error: OnError | None = None,
    follow: Follow | None = None,
    own_names: OwnNames | None = None,
    register: Register | None = None,
    files: Files | None = None,
    reload: Reload | None = None,
) -> "liveimport.Settings":
    """Configure what happens before a cell runs. An argument that is None changes nothing.

    Args:
        enabled: Whether to sync before a cell. Default: yes.
        grace: Seconds that must have passed since the end of the last cell, so that a run of
            several cells uses one version of the files. Default: 1.
        report: Whether to show a report if something was reloaded. Default: yes. With
            ``"transient"`` it is shown until the next cell has ended; then its output is emptied.
        detect: What counts as changed. Default: ``"mtime"``, a file with another modification
            time, size or inode. With ``"content"``, a file with the same bytes as in the last
            run is unchanged, however often it was touched or checked out. With ``"code"``, so is
            one of which only comments or layout changed; its functions and classes get their
            new line numbers.
        on_error: What happens to the cell if a module fails to reload. Default: ``"run"``, the
            cell runs with the last good version. With ``"stop"`` the cell does not run, and
            ends as an error.
        follow: Which imports of modules are followed. Default: ``"loaded"``, everything that the
            code reaches in the living session. With ``"top-level"``, only import statements
            that are not nested in another statement.
        own_names: What happens if a module reloads, and you bound a name that it gives you to
            something else. Default: ``"replace"``, the name is bound again as its import would
            bind it. The report says so, and your value stays in `liveimport.replaced`. With
            ``"keep"`` the name stays yours until you run its import again.
        register: Which cells register their top-level imports. Default: ``"magic"``, those with
            ``%%liveimport``. With ``"project"`` every cell does, but only imports of your own
            modules: those outside the standard library and installed packages.
        files: What a change of a file of the project does that a module read as it was imported
            or reloaded. Default: ``"tell"``, the report names it once. With ``"reload"``, the
            module reloads, and what depends on it. With False, such files are not followed. If
            there is a new Python file in a folder that a module listed, it reloads with either.
        reload: What runs after an edit, beside what was edited. Default: ``"dependents"``, all
            that depends on it. With ``"needed"``, only those whose code can have read, as it
            ran, what the edit can have changed; in the others, names are bound again.

    Returns:
        The settings that are now in force.

    Raises:
        ValueError: A value is none of the above, or `grace` is not a number of 0 or more.
    """
    given = {
        "enabled": enabled,
        "grace": grace,
        "report": report,
        "detect": detect,
        "on_error": on_error,
        "follow": follow,
        "own_names": own_names,
        "register": register,
        "files": files,
        "reload": reload,
    }
    _session().change_settings(**{name: v for name, v in given.items() if v is not None})
    return _session().settings


def hidden_cell_magic(enabled: bool | None = None) -> None:  # noqa: FBT001  # as users know it
    """Configure whether a cell that begins with ``#_%%liveimport`` is a ``%%liveimport`` cell.

    Args:
        enabled: Whether it is. Default: yes. None changes nothing.

    Raises:
        ValueError: `enabled` is neither True nor False.
    """
    if enabled is not None:
        _session().change_settings(hidden_cell_magic=enabled)
