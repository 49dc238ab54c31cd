"""LiveImport in an IPython shell: magics, events, display."""

import sys
import time
from typing import Any

from IPython.core.error import InputRejected, UsageError
from IPython.display import display

from liveimport.core.cell import USAGE, MagicLine, as_plain_cell, body, magic_line, parse_words
from liveimport.core.report import Report

from .public import register_cell
from .session import SESSION, Session

_MAGIC_HELP = f"""\
{USAGE}

Run the cell and, when it succeeded, register its top-level imports: from then on each cell
that runs sees their modules as they are on disk.

  -c, --clear  first discard what this notebook registered before

A comment may follow. Editors that stumble over the magic take it as #_%%liveimport.
"""

_REPORTS_KEPT = 20


class Notebook:
    """What LiveImport does in one shell."""

    def __init__(self, shell: Any, session: Session) -> None:
        self.shell = shell
        self.session = session
        self._running: list[Any] = []
        self._ended: float | None = None
        self._last_error: object = None
        self._rejected = ""
        self._unshown = Report()
        self._seen_history = False

    def install(self) -> None:
        """Hooks into the shell."""
        self.session.take_notes()
        self.shell.input_transformers_cleanup.append(self.transform)
        self.shell.ast_transformers.append(self)
        self.shell.events.register("pre_run_cell", self.before_cell)
        self.shell.events.register("post_run_cell", self.after_cell)
        self.shell.register_magic_function(self.cell_magic, "cell", "liveimport")

    def uninstall(self) -> None:
        """Takes every hook out again."""
        self.session.leave()
        self.shell.input_transformers_cleanup.remove(self.transform)
        self.shell.ast_transformers.remove(self)
        self.shell.events.unregister("pre_run_cell", self.before_cell)
        self.shell.events.unregister("post_run_cell", self.after_cell)
        self.shell.magics_manager.magics["cell"].pop("liveimport", None)

    # A %%liveimport cell.

    def transform(self, lines: list[str]) -> list[str]:
        """Turns the magic line into a comment; IPython may ask several times per cell."""
        return as_plain_cell(lines, hidden=self.session.settings.hidden_magic)

    # While a cell is being typed it is to look like the cell magic that it is.
    transform.has_side_effects = True  # type: ignore[attr-defined]  # IPython reads it there

    def cell_magic(self, line: str, cell: str) -> None:
        """The magic itself, for whoever calls it past the transformer."""
        magic = parse_words(line)
        if magic.help:
            print(_MAGIC_HELP)  # noqa: T201  # help is printed
        elif magic.refused:
            raise UsageError(f"{magic.refused!r} is not understood. Usage: {USAGE}")
        else:
            self.shell.run_cell(f"%%liveimport {line}\n{cell}").raise_error()

    cell_magic.__doc__ = _MAGIC_HELP

    # Before and after each cell.

    def before_cell(self, info: Any) -> None:
        """Syncs, if it is time to, and shows what was done."""
        nested = bool(self._running)
        self._running.append(info)
        self._rejected = ""
        self._last_error = getattr(sys, "last_value", None)
        self._seen_history = self._seen_history or bool(info.store_history)
        report = Report()
        if not nested and self._is_time():
            report = Report(self._sync())
        self._show(report, seen=bool(info.store_history))

    def _show(self, report: Report, *, seen: bool) -> None:
        """Displays a report where the user sees it.

        What a frontend runs unseen (without history) would swallow it, so it is kept for the
        next cell; in a shell that never keeps history, every cell is one to be seen.
        """
        if seen:
            report, self._unshown = Report(self._unshown.said + report.said), Report()
        elif self._seen_history:
            said = self._unshown.said + report.said
            report, self._unshown = Report(), Report(said[-_REPORTS_KEPT:])
        elif report:
            self._unshown = report
        if report:
            display(report)  # type: ignore[no-untyped-call]  # IPython has no types for it

    def _is_time(self) -> bool:
        settings = self.session.settings
        return settings.enabled and (
            self._ended is None or time.monotonic() - self._ended >= settings.grace
        )

    def _sync(self) -> tuple[str, ...]:
        """Returns what there is to report."""
        try:
            outcome = self.session.sync(insist=False)
        except KeyboardInterrupt:
            self._rejected = "interrupted while reloading; the cell did not run"
            return ()
        return outcome.lines() if self.session.settings.report else ()

    def visit(self, node: Any) -> Any:
        """Keeps the cell from running after an interrupt; an AST transformer may do that."""
        if self._rejected:
            message, self._rejected = self._rejected, ""
            raise InputRejected(message)
        return node

    def after_cell(self, result: Any) -> None:
        """Registers the imports of a `%%liveimport` cell that succeeded."""
        self._pop(result.info)
        if not self._running and (result.info is None or self._counts(result.info)):
            self._ended = time.monotonic()
        if result.info is None:
            return
        magic = magic_line(result.info.raw_cell, hidden=self.session.settings.hidden_magic)
        if magic is not None and magic.usable and self._succeeded(result):
            self._register(result.info.raw_cell, magic)

    def _counts(self, info: Any) -> bool:
        """Whether the grace period starts anew: not behind what a frontend runs unseen."""
        return bool(info.store_history) or not self._seen_history

    def _pop(self, info: Any) -> None:
        if any(running is info for running in self._running):
            while self._running.pop() is not info:
                pass
        elif self._running and info and self._running[-1].raw_cell == info.raw_cell:
            self._running.pop()

    def _succeeded(self, result: Any) -> bool:
        """Whether the cell raised nothing, nor a magic above ours that shows errors itself."""
        return bool(result.success) and self._last_error is getattr(sys, "last_value", None)

    def _register(self, raw_cell: str, magic: MagicLine) -> None:
        code = self.shell.transform_cell(body(raw_cell, magic))
        register_cell(self.shell.user_ns, code, clear=magic.clear)


def attach(shell: Any) -> None:
    """Attaches the session to a shell; does nothing if it is attached."""
    if attached(shell) is None:
        Notebook(shell, SESSION).install()


def detach(shell: Any) -> None:
    """Detaches the session from a shell; does nothing if it is not attached."""
    notebook = attached(shell)
    if notebook is not None:
        notebook.uninstall()


def attached(shell: Any) -> Notebook | None:
    """Returns what LiveImport does in the shell, if it is attached to it."""
    return next((t for t in shell.ast_transformers if isinstance(t, Notebook)), None)
