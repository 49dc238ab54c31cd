"""What happens around a cell: a sync before it, the registration of its imports after it."""

import re
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from IPython.core.error import InputRejected
from IPython.core.prefilter import is_shadowed

from liveimport.core import public
from liveimport.core.cells.cell_text import CellText, is_plain, read_cell
from liveimport.core.cells.magic_line import as_plain_cell
from liveimport.core.cells.sync_free import is_looking_word
from liveimport.core.committing.failures import ModuleError
from liveimport.core.committing.outcome import Outcome
from liveimport.core.overview.old_objects import OldObjects
from liveimport.core.report import messages
from liveimport.core.report.rendering import Report
from liveimport.effects.observe.files import held_warnings
from liveimport.effects.observe.installed import namesake
from liveimport.effects.old_objects.told import old_object_report, old_objects
from liveimport.effects.project_file import take_in_project
from liveimport.effects.session.running import NOBODY_TOLD, Told

from .config import LiveImport
from .magics import Magics
from .progress import Progress, interruptible
from .registering import register_imports
from .reports import Reports
from .running_cells import RunningCells, ThreadCells

if TYPE_CHECKING:
    from liveimport.effects.session.session import Session

_EXTENSION = "liveimport"
_SOFT_RESET = re.compile(r"^\s*%?reset\s.*-\w*s", re.MULTILINE)


@public
class CellRejected(InputRejected):
    """The cell did not run. The message gives the reason."""

    def _render_traceback_(self) -> list[str]:
        """Returns what IPython shows: no frames of its own."""
        return [messages.error_summary(type(self).__name__, str(self))]


class Notebook:
    """LiveImport in one shell."""

    def __init__(self, shell: Any, session: "Session") -> None:
        self.shell = shell
        self.session = session
        problems = take_in_project(session)
        other = namesake()
        if other is not None:
            problems = (messages.namesake_installed(other), *problems)
        # The configuration of the shell overrides the defaults of the project.
        self._config = LiveImport.of(shell, session)
        self._reports = Reports(shell, session, Report((*problems, *self._config.problems)))
        self._magics = Magics(shell, session, lambda: self._reports.log, self._old_objects)
        self._cells = RunningCells()
        self._last_end: float | None = None
        self._reported_changes: frozenset[str] = frozenset()
        self._autoreload_reported = False

    def _old_objects(self) -> OldObjects:
        """Returns what names of the notebook hold of old versions."""
        found = self.session.old_objects.all_found(self.shell.user_ns)
        return old_objects(found, self.shell.history_manager.input_hist_parsed)

    def install(self) -> None:
        """Adds the hooks to the shell."""
        self.session.install()
        self.session.parts.notebook_names = lambda: self.shell.user_ns
        self.shell.input_transformers_cleanup.append(self.transform)
        self.shell.events.register("pre_run_cell", self.before_cell)
        self.shell.events.register("post_run_cell", self.after_cell)
        self.shell.reset = self.reset
        self._magics.install()
        self._config.install()
        self.shell.extension_manager.loaded.add(_EXTENSION)

    def uninstall(self) -> None:
        """Removes every hook."""
        self.session.parts.notebook_names = None
        self.shell.extension_manager.loaded.discard(_EXTENSION)
        self._config.uninstall()
        self._magics.uninstall()
        if vars(self.shell).get("reset") == self.reset:
            del self.shell.reset
        self.shell.events.unregister("post_run_cell", self.after_cell)
        self.shell.events.unregister("pre_run_cell", self.before_cell)
        self.shell.input_transformers_cleanup.remove(self.transform)
        self.shell.ast_transformers = [t for t in self.shell.ast_transformers if t is not self]
        self.session.uninstall()

    def transform(self, lines: list[str]) -> list[str]:
        """Turns the magic line into a comment. IPython may call this several times per cell."""
        return as_plain_cell(lines, hidden=self.session.settings.hidden_cell_magic)

    # While the user types a cell, IPython has to see the cell magic. So it must not call this.
    transform.has_side_effects = True  # type: ignore[attr-defined]  # IPython reads it there

    def reset(self, *args: Any, **options: Any) -> None:
        """Clears the namespace, as ``%reset`` asks IPython to; and what was kept of it."""
        type(self.shell).reset(self.shell, *args, **options)
        self.session.drop_gone()
        self.session.own_names.replaced.clear()

    def before_cell(self, info: Any) -> None:
        """Syncs if a sync is due, and shows the report."""
        cells = self._cells.in_this_thread()
        is_nested = bool(cells.running)
        cells.running.append(info)
        self._forget_rejection(cells)
        cells.last_error = getattr(sys, "last_value", None)
        self._reports.cell_begins(info)
        cell, report = self._read(info.raw_cell), Report()
        if not is_nested:
            try:
                # No cell may see modules that a sync of another shell has executed halfway.
                with self.session.lock.hold():
                    report = self._sync_if_due(cells, info, cell)
            except KeyboardInterrupt:
                self._reject(cells, messages.because_interrupted_waiting())
            cells.report, cells.began = report, time.time()
        self._follow_reads(cell)
        self._reports.show(report, info)

    def _follow_reads(self, cell: CellText) -> None:
        """Follows which files modules read in a cell that may register their imports."""
        of_project = self.session.settings.register == "project" and "import" in cell.text
        if cell.magic is not None or of_project:
            self.session.begin_reading()

    def _sync_if_due(self, cells: ThreadCells, info: Any, cell: CellText) -> Report:
        settings = self.session.settings
        # A sync would change modules under a cell that runs in another thread.
        if not settings.enabled or self._cells.any_in_other_threads():
            return Report()
        # A plan must be shown before it is executed, and a failure must not prevent a change of
        # the settings. An error is looked at with the modules that raised it.
        if cell.is_sync_free:
            return Report()
        if self._last_end is None or time.monotonic() - self._last_end >= settings.grace:
            report = self._sync(cells, info, cell)
        else:
            report = self._report_frozen()
        magics = self.shell.magics_manager.registry.get("AutoreloadMagics")
        autoreload = getattr(magics, "_reloader", None)
        if not self._autoreload_reported and getattr(autoreload, "enabled", False):
            self._autoreload_reported = True
            report += Report((messages.autoreload_is_on(),))
        return report

    def _sync(self, cells: ThreadCells, info: Any, cell: CellText) -> Report:
        settings = self.session.settings
        self._reported_changes = frozenset()
        try:
            with interruptible(), Progress() as progress:
                shows = settings.report and self._reports.is_visible(info)
                told = Told(on_start=progress, on_workers=progress.workers)
                outcome = self.session.sync(
                    retry_failed=False, told=told if shows else NOBODY_TOLD
                )
        except KeyboardInterrupt as interrupt:
            self._reject(cells, messages.because_interrupted())
            # What was bound before the interrupt holds.
            return Report(tuple(getattr(interrupt, "__notes__", ())))
        report = Report.of(outcome)
        if not report.lines:
            return report
        # With --clear, a cell may register everything except the broken module.
        clears = cell.magic is not None and cell.magic.clear
        if settings.on_error == "stop" and outcome.has_failures and not clears:
            failures = (*(failed.failure for failed in outcome.failed), *outcome.blocked)
            names = [failure.module for failure in failures]
            self._reject(cells, messages.because_modules_failed(names))
        if outcome.events:
            vanished = frozenset(binding.name for _, binding in outcome.vanished)
            cells_run = self.shell.history_manager.input_hist_parsed
            found = self.session.old_objects.found
            report += old_object_report(found, cells_run, already_reported=vanished)
        return report

    def _report_frozen(self) -> Report:
        """Returns a line for each module that changed, once until the next sync."""
        changed = self.session.changed_modules() - self._reported_changes
        self._reported_changes |= changed
        grace = self.session.settings.grace
        return Report(
            tuple(messages.changed_while_running(name, grace) for name in sorted(changed))
        )

    def _read(self, raw_cell: str) -> CellText:
        """Returns a cell without its indentation or pasted prompts, as IPython runs it."""
        if is_plain(raw_cell):
            return CellText(raw_cell)
        if self._is_magic_word(raw_cell):
            return CellText(raw_cell, is_sync_free=True)
        # What the compiler warns of is shown when IPython compiles the cell.
        with held_warnings():
            return self._parsed(raw_cell)

    def _parsed(self, raw_cell: str) -> CellText:
        lines = raw_cell.splitlines(keepends=True)
        # Another extension may reject a cell by raising. Then the cell does not run.
        with suppress(Exception):
            for transform in self.shell.input_transformers_cleanup:
                if transform != self.transform:
                    lines = transform(lines)
        return read_cell("".join(lines), hidden=self.session.settings.hidden_cell_magic)

    def _is_magic_word(self, raw_cell: str) -> bool:
        """Whether a cell is a magic that only looks, written without ``%``."""
        if not (is_looking_word(raw_cell) and self.shell.automagic):
            return False
        word = raw_cell.split(maxsplit=1)[0]
        is_magic = word in self.shell.magics_manager.magics["line"]
        return is_magic and not is_shadowed(word, self.shell)  # type: ignore[no-untyped-call]  # IPython has no types for it

    def _reject(self, cells: ThreadCells, reason: str) -> None:
        """Prevents the cell that starts from running."""
        if not cells.rejection:
            # IPython walks through the nodes of every cell if there is any AST transformer. So
            # the Notebook is one only while there is a cell to reject.
            self.shell.ast_transformers = [*self.shell.ast_transformers, self]
        cells.rejection = reason

    def visit(self, node: Any) -> Any:
        """Raises if the cell must not run. IPython calls this as an AST transformer."""
        reason = self._forget_rejection(self._cells.in_this_thread())
        if reason:
            raise CellRejected(messages.cell_did_not_run(reason))
        return node

    def _forget_rejection(self, cells: ThreadCells) -> str:
        """Undoes `_reject`, and returns the reason that it was given, or ``""``."""
        reason, cells.rejection = cells.rejection, ""
        if reason:
            # The list is replaced, because another thread may be reading it.
            others = [t for t in self.shell.ast_transformers if t is not self]
            self.shell.ast_transformers = [*others, *[self] * self._cells.any_rejected()]
        return reason

    def after_cell(self, result: Any) -> None:
        """Registers the imports of a `%%liveimport` cell that succeeded; says why, if none."""
        cells = self._cells.in_this_thread()
        info = None if result is None else result.info
        cells.remove(info)
        self._stop_reading(cells)
        self._forget_rejection(cells)
        self.session.drop_gone()
        if info is None:
            self._begin_grace(cells)
            return
        if _SOFT_RESET.search(info.raw_cell):
            self._forget_replaced()
        cell = self._read(info.raw_cell)
        if cell.text.strip() and not cell.is_sync_free and self._reports.is_visible(info):
            self._begin_grace(cells)
        report = Report()
        if result.error_before_exec is None:
            failed = not cells.succeeded(result, within_magic=bool(cell.other_magics))
            line = register_imports(self.shell, self.session, cell, failed=failed)
            report = Report((line,)) if line else report
        # When the folders of what is registered are known.
        if not self.session.read_log.is_on:
            self.session.take_in_read()
        self._log_reports(cells, result, report)
        self._reports.cell_ended(info)
        self._reports.show(report, info)

    def _stop_reading(self, cells: ThreadCells) -> None:
        if self.session.read_log.is_on_here and not cells.running:
            self.session.read_log.end()

    def _begin_grace(self, cells: ThreadCells) -> None:
        if not cells.running:
            self._last_end = time.monotonic()

    def _log_reports(self, cells: ThreadCells, result: Any, after: Report) -> None:
        """Adds to the log what was reported with a cell: before it, by its value, and after it."""
        if cells.running:
            return
        report, cells.report = cells.report, Report()
        error = result.error_in_exec
        value = error.outcome if isinstance(error, ModuleError) else result.result
        # What the user's values say of themselves is not asked for: it may run code.
        if type(value) is Outcome:
            report += Report.of(value)
        report += after
        number = result.execution_count if result.info.store_history else None
        self._reports.add_to_log(number, cells.began, report)

    def _forget_replaced(self) -> None:
        """Forgets what was replaced, as ``%reset -s`` deleted the names. It calls no `reset`."""
        replaced = self.session.own_names.replaced
        # The user may have refused it.
        if not any(key in self.shell.user_ns for key in replaced):
            replaced.clear()
