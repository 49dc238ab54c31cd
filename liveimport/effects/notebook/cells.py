"""What happens around a cell: the sync before it, the registration after it."""

import sys
import time
from contextlib import suppress
from typing import Any

from attrs import evolve
from IPython.core.error import InputRejected
from IPython.display import display

from liveimport.core.cell import MagicLine, as_plain_cell, body, magic_line, steers
from liveimport.core.outcome import Outcome
from liveimport.core.report import Report
from liveimport.effects.public import register_cell
from liveimport.effects.session import Session

from .holders import holder_lines
from .interrupts import heeding_interrupts
from .magics import Magics
from .progress import Progress
from .running import Cells, ThreadCells
from .settings import LiveImport

_REPORTS_KEPT = 20
_EXTENSION = "liveimport"
_MAGICS = "IPython.core.magics."
_RUNNING_MAGICS = "IPython.core.magics.execution"


class CellRejected(InputRejected):
    """The cell did not run, for the reason that the message gives."""

    def _render_traceback_(self) -> list[str]:
        """Returns what IPython shows instead of its own frames."""
        return [f"{type(self).__name__}: {self}"]


class Notebook:
    """What LiveImport does in one shell."""

    def __init__(self, shell: Any, session: Session) -> None:
        self.shell = shell
        self.session = session
        self._magics = Magics(shell, session)
        self._settings = LiveImport.of(shell, session)
        self._cells = Cells()
        self._ended: float | None = None
        self._unshown = Report()
        self._seen_history = False
        self._frozen: frozenset[str] = frozenset()
        self._autoreload_told = False

    def install(self) -> None:
        """Hooks into the shell."""
        self.session.take_notes()
        self.shell.input_transformers_cleanup.append(self.transform)
        self.shell.events.register("pre_run_cell", self.before_cell)
        self.shell.events.register("post_run_cell", self.after_cell)
        self._magics.install()
        self._settings.install()
        self.shell.extension_manager.loaded.add(_EXTENSION)

    def uninstall(self) -> None:
        """Takes every hook out again."""
        self.shell.extension_manager.loaded.discard(_EXTENSION)
        self._settings.uninstall()
        self._magics.uninstall()
        self.shell.events.unregister("post_run_cell", self.after_cell)
        self.shell.events.unregister("pre_run_cell", self.before_cell)
        self.shell.input_transformers_cleanup.remove(self.transform)
        self.shell.ast_transformers = [t for t in self.shell.ast_transformers if t is not self]
        self.session.leave()

    def transform(self, lines: list[str]) -> list[str]:
        """Turns the magic line into a comment; IPython may ask several times per cell."""
        return as_plain_cell(lines, hidden=self.session.settings.hidden_cell_magic)

    # While a cell is being typed it is to look like the cell magic that it is.
    transform.has_side_effects = True  # type: ignore[attr-defined]  # IPython reads it there

    def before_cell(self, info: Any) -> None:
        """Syncs, if it is time to, and shows what was done.

        Not before a cell that does nothing but ask or set LiveImport: who wants to see a plan
        wants to see it before it is carried out, and a failure must not keep one from steering.
        Nor while a cell of another shell runs, in a thread of its own.
        """
        mine = self._cells.mine()
        nested = bool(mine.running)
        mine.running.append(info)
        self._no_longer_rejected(mine)
        mine.last_error = getattr(sys, "last_value", None)
        self._seen_history = self._seen_history or bool(info.store_history)
        report = Report()
        if not nested:
            try:
                # No cell is to see modules half executed, by the sync of another shell.
                with self.session.still():
                    report = self._caught_up(mine, info)
            except KeyboardInterrupt:
                self._reject(mine, "interrupted while another shell reloads")
        if not self.session.settings.report:
            report = Report()
        self._show(report, seen=bool(info.store_history))

    def _caught_up(self, mine: ThreadCells, info: Any) -> Report:
        on = self.session.settings.enabled and not steers(info.raw_cell)
        if not on or not self._cells.only_mine():
            return Report()
        report = self._synced(mine, info) if self._is_time() else self._held_still()
        return report + self._about_autoreload()

    def _is_time(self) -> bool:
        return (
            self._ended is None or time.monotonic() - self._ended >= self.session.settings.grace
        )

    def _synced(self, mine: ThreadCells, info: Any) -> Report:
        self._frozen = frozenset()
        seen = bool(info.store_history) or not self._seen_history
        try:
            with heeding_interrupts(), Progress() as progress:
                outcome = self.session.sync(
                    insist=False,
                    progress=progress if seen and self.session.settings.report else None,
                )
        except KeyboardInterrupt:
            self._reject(mine, "interrupted while reloading; nothing of it was kept")
            return Report()
        if not outcome:
            return Report()
        failures = [*(failed.failure for failed in outcome.failed), *outcome.held]
        stop = self.session.settings.on_error == "stop"
        if failures and stop and not self._begins_anew(info.raw_cell):
            names = ", ".join(failure.module for failure in failures)
            self._reject(mine, f"could not reload {names}")
        return Report.of(outcome) + Report(self._holders(outcome))

    def _begins_anew(self, cell: str) -> bool:
        """Whether a cell discards what was registered, and so may leave out what is broken."""
        magic = self._magic_line(self._cleaned(cell))
        return magic is not None and magic.usable and magic.clear

    def _magic_line(self, cell: str) -> MagicLine | None:
        return magic_line(cell, hidden=self.session.settings.hidden_cell_magic)

    def _holders(self, outcome: Outcome) -> tuple[str, ...]:
        reloaded = frozenset(event.module for event in outcome.events)
        told = frozenset(binding.name for _, binding in outcome.gone)
        return holder_lines(self.shell, reloaded, told) if reloaded else ()

    def _held_still(self) -> Report:
        """Tells, once a run, what changed while cells follow each other too quickly to sync."""
        changed = self.session.changed() - self._frozen
        self._frozen |= changed
        return Report(
            tuple(f"{name} changed; frozen until this run ends" for name in sorted(changed))
        )

    def _about_autoreload(self) -> Report:
        magics = self.shell.magics_manager.registry.get("AutoreloadMagics")
        reloader = getattr(magics, "_reloader", None)
        if self._autoreload_told or not getattr(reloader, "enabled", False):
            return Report()
        self._autoreload_told = True
        return Report(
            ("%autoreload is on too and reloads in its own way: turn one of them off",)
        )

    def _show(self, report: Report, *, seen: bool) -> None:
        """Displays a report where the user sees it.

        What a frontend runs unseen (without history) would swallow it, so it is kept for the
        next cell; in a shell that never keeps history, every cell is one to be seen.
        """
        if seen:
            report, self._unshown = self._unshown + report, Report()
        elif self._seen_history:
            waiting = self._unshown + report
            self._unshown = evolve(
                waiting,
                said=waiting.said[-_REPORTS_KEPT:],
                folded=waiting.folded[-_REPORTS_KEPT:],
            )
            report = Report()
        elif report:
            self._unshown = report
        if report:
            display(report)  # type: ignore[no-untyped-call]  # IPython has no types for it

    def visit(self, node: Any) -> Any:
        """Keeps the cell from running if it is not to; an AST transformer may do that.

        It is one only while there is such a cell: IPython walks through all of the cell's
        nodes if there is any transformer.
        """
        message = self._no_longer_rejected(self._cells.mine())
        if message:
            raise CellRejected(f"{message}; the cell did not run")
        return node

    def _reject(self, mine: ThreadCells, message: str) -> None:
        """Lets the cell that begins not run."""
        if not mine.rejected:
            self.shell.ast_transformers = [*self.shell.ast_transformers, self]
        mine.rejected = message

    def _no_longer_rejected(self, mine: ThreadCells) -> str:
        """Returns why the cell was not to run, and forgets it."""
        message, mine.rejected = mine.rejected, ""
        if message:
            # The list is replaced: another thread may be in the midst of it.
            others = [t for t in self.shell.ast_transformers if t is not self]
            still = [self] * self._cells.rejected()
            self.shell.ast_transformers = [*others, *still]
        return message

    def after_cell(self, result: Any) -> None:
        """Registers the imports of a `%%liveimport` cell that succeeded."""
        mine = self._cells.mine()
        info = None if result is None else result.info
        mine.pop(info)
        self._no_longer_rejected(mine)
        if not mine.running and (info is None or self._counts(info)):
            self._ended = time.monotonic()
        if info is None:
            return
        cell = self._cleaned(info.raw_cell)
        magic = self._magic_line(cell)
        if (
            magic is not None
            and magic.usable
            and mine.succeeded(result, below=bool(magic.above))
            and all(map(self._runs_here, magic.above))
        ):
            self._register(cell, magic)

    def _runs_here(self, name: str) -> bool:
        """Whether a cell magic may run its cell in this namespace.

        Those of IPython that do have a file of their own. Others write the cell into a file, or
        give it to another program.
        """
        magic = self.shell.magics_manager.magics["cell"].get(name)
        home = getattr(magic, "__module__", None) or ""
        return not home.startswith(_MAGICS) or home == _RUNNING_MAGICS

    def _cleaned(self, cell: str) -> str:
        """Returns a cell without its indentation or pasted prompts, as IPython runs it."""
        lines = cell.splitlines(keepends=True)
        for transform in self.shell.input_transformers_cleanup:
            if transform != self.transform:
                lines = transform(lines)
        return "".join(lines)

    def _counts(self, info: Any) -> bool:
        """Whether the grace period starts anew: not behind what a frontend runs unseen."""
        seen = bool(info.store_history) or not self._seen_history
        return seen and bool(info.raw_cell.strip()) and not steers(info.raw_cell)

    def _register(self, cell: str, magic: MagicLine) -> None:
        code = self.shell.transform_cell(body(cell, magic))
        # Below another magic it need not be Python, or not what ran.
        with suppress(SyntaxError, ImportError):
            register_cell(self.shell.user_ns, code, clear=magic.clear)
