"""What tests of the whole need: a project on disk, the one session made new, a real shell.

`project`, `session` and `shell` can be asked for in any combination; each undoes all it did.
"""

import atexit
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output
from traitlets.config import Config

import liveimport
from liveimport.effects.session.session import SESSION, Session


@pytest.fixture(autouse=True)
def bytecode(monkeypatch):
    """Bytecode is written, as it is where people work: without it, stale bytecode hides."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


@pytest.fixture
def heeded_interrupts():
    """SIGINT raises. A process that was started in the background would ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Project:
    """A folder of source files that is the working directory and first on `sys.path`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> str:
        """Returns the path of a file of the project."""
        return str(self.folder / name)

    def write(self, name: str, text: str | bytes) -> None:
        """Writes a file, dedented if it is text, making folders as needed."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())

    def write_all(self, **modules: str) -> None:
        """Writes modules of the top folder by name."""
        for name, text in modules.items():
            self.write(f"{name}.py", text)

    def remove(self, name: str) -> None:
        """Removes a file."""
        (self.folder / name).unlink()

    def dated(self, name: str, seconds_ago: float, *, now: float) -> None:
        """Gives a file the mtime of so many seconds before `now`."""
        os.utime(self.folder / name, (now - seconds_ago, now - seconds_ago))


def _comes_from(name: str, module: object, folder: Path) -> bool:
    """Whether a module is from the folder, or put itself in the place of one that is."""
    if getattr(module, "__spec__", None) is None:
        top = name.partition(".")[0]
        return any(folder.rglob(f"{top}.py")) or any(folder.rglob(top))
    places = [getattr(module, "__file__", None), *_paths(module)]
    inside = str(folder.resolve())
    return any(isinstance(p, str) and os.path.realpath(p).startswith(inside) for p in places)


def _paths(module: object) -> list[object]:
    # The dict only: a module may raise for what it does not have.
    path = getattr(module, "__dict__", {}).get("__path__", ())
    try:
        return list(path)
    except (
        TypeError,
        KeyError,
        ModuleNotFoundError,
    ):  # a namespace package whose parent is gone
        return list(getattr(path, "_path", ()))


@contextlib.contextmanager
def restored_imports(folder: Path) -> Iterator[None]:
    """Puts the import system back: `sys.path`, finders, caches, modules from the folder."""
    path, finders, hooks = sys.path[:], sys.meta_path[:], sys.path_hooks[:]
    cached, loaded = dict(sys.path_importer_cache), dict(sys.modules)
    try:
        yield
    finally:
        for name, module in list(sys.modules.items()):
            new = loaded.get(name) is not module
            if new and _comes_from(name, module, folder):
                del sys.modules[name]
        for name, module in loaded.items():
            sys.modules.setdefault(name, module)
        sys.path[:], sys.meta_path[:], sys.path_hooks[:] = path, finders, hooks
        sys.path_importer_cache.clear()
        sys.path_importer_cache.update(cached)


@pytest.fixture
def project(tmp_path, monkeypatch) -> Iterator[Project]:
    """An empty project."""
    folder = tmp_path / "project"
    folder.mkdir()
    with restored_imports(tmp_path):
        monkeypatch.chdir(folder)
        sys.path.insert(0, str(folder))
        yield Project(folder)


def _begin_anew(session: Session) -> None:
    session.uninstall()
    vars(session).clear()
    session.__init__()  # type: ignore[misc]  # others hold the object, so it has to stay the same


@pytest.fixture
def session(project) -> Iterator[Session]:
    """The one session, as if LiveImport had just been imported in the project's folder."""
    _begin_anew(SESSION)
    yield SESSION
    _begin_anew(SESSION)


class Ran:
    """A cell that ran.

    Attributes:
        result: As IPython returns it.
        said: What it printed, and its ``Out``.
        errors: What it wrote to `sys.stderr`.
        report: What it displayed, as text.
        markdown: What it displayed, as Markdown.
    """

    def __init__(self, result: Any, captured: CapturedIO) -> None:
        shown = [output.data for output in captured.outputs]
        self.result = result
        self.said = captured.stdout
        self.errors = captured.stderr
        self.report = "\n".join(data["text/plain"] for data in shown)
        self.markdown = "\n".join(data.get("text/markdown", "") for data in shown)

    @property
    def value(self) -> Any:
        """What the last expression gave; whatever the cell raised is raised."""
        self.result.raise_error()
        return self.result.result

    @property
    def error(self) -> BaseException | None:
        """What the cell raised, or kept it from running."""
        return self.result.error_before_exec or self.result.error_in_exec


class Shell:
    """A real IPython shell with LiveImport attached.

    Attributes:
        ipython: The shell itself.
    """

    def __init__(self, ipython: InteractiveShell) -> None:
        self.ipython = ipython

    @property
    def names(self) -> dict[str, Any]:
        """The namespace of the cells."""
        return self.ipython.user_ns

    def run(self, code: str, *, store_history: bool = True, silent: bool = False) -> Ran:
        """Runs a cell, dedented, as a frontend does."""
        with capture_output() as captured:
            result = self.ipython.run_cell(
                dedent(code), store_history=store_history, silent=silent
            )
        return Ran(result, captured)


@contextlib.contextmanager
def new_ipython(folder: Path) -> Iterator[InteractiveShell]:
    """Yields IPython's one shell, made new; its settings are in `folder`, its history nowhere."""
    config = Config()
    config.HistoryManager.enabled = False
    main, kept = sys.modules["__main__"], (sys.path[:], sys.excepthook, sys.displayhook)
    last = {name: value for name, value in vars(sys).items() if name.startswith("last_")}
    InteractiveShell.clear_instance()
    ipython = InteractiveShell.instance(
        config=config, colors="nocolor", ipython_dir=str(folder / "ipython")
    )
    try:
        yield ipython
    finally:
        atexit.unregister(ipython.atexit_operations)  # or each shell would collect garbage then
        InteractiveShell.clear_instance()
        sys.modules["__main__"] = main
        sys.path[:], sys.excepthook, sys.displayhook = kept
        for name in [name for name in vars(sys) if name.startswith("last_")]:
            delattr(sys, name)
        vars(sys).update(last)


@pytest.fixture
def shell(session, tmp_path) -> Iterator[Shell]:
    """A new shell with LiveImport attached and no grace period; it runs in the project."""
    with new_ipython(tmp_path) as ipython:
        liveimport.load_ipython_extension(ipython)
        liveimport.auto_sync(grace=0)
        yield Shell(ipython)
        liveimport.unload_ipython_extension(ipython)
