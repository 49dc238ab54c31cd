"""What a cell registers, once it has run."""

from contextlib import suppress
from types import MethodType
from typing import TYPE_CHECKING, Any

from IPython.core.magic import MagicAlias

from liveimport.core.cells.cell_text import CellText
from liveimport.core.cells.magic_line import MagicLine, is_magic_further_down
from liveimport.core.report import messages
from liveimport.effects.observe.files import held_warnings
from liveimport.effects.registering.cells import register_cell, register_of_project

if TYPE_CHECKING:
    from liveimport.effects.session.session import Session

_IPYTHON_MAGICS = "IPython.core.magics."
_RUN_THE_CELL = frozenset({"capture", "debug", "prun", "time"})


def register_imports(shell: Any, session: "Session", cell: CellText, *, failed: bool) -> str:
    """Registers the imports of a cell that ran, if it has the magic and did not fail.

    If the settings say so, any other cell registers its imports of project modules. If one failed
    because of a bug in such a module, that is just when an edit must reload it.

    Returns:
        Why a cell that did not fail registers nothing although it has the magic; else empty.
    """
    if cell.magic is not None and not failed:
        return _register_marked(shell, session, cell, cell.magic)
    if session.settings.register == "project":
        _register_of_project(shell, session, cell, failed=failed)
    elif session.settings.hidden_cell_magic and not failed:
        return _why_misplaced(shell, cell)
    return ""


def _register_of_project(
    shell: Any, session: "Session", cell: CellText, *, failed: bool
) -> None:
    if "import" in cell.text and all(_runs_here(shell, name) for name in cell.other_magics):
        # Below another magic the code may not be Python, or not be what ran.
        with suppress(SyntaxError, ImportError), held_warnings():
            code = shell.transform_cell(cell.body)
            register_of_project(session, shell.user_ns, code, failed=failed)


def _register_marked(shell: Any, session: "Session", cell: CellText, magic: MagicLine) -> str:
    elsewhere = [name for name in cell.other_magics if not _runs_here(shell, name)]
    if elsewhere:
        # Below %%writefile our line is a part of the file.
        is_ours = elsewhere[0] in magic.below
        reason = messages.because_run_elsewhere(elsewhere[0])
        return messages.registers_nothing(reason) if is_ours else ""
    try:
        with held_warnings():
            code = shell.transform_cell(cell.body)
            reason = register_cell(session, shell.user_ns, code, clear=magic.clear)
    except (SyntaxError, ImportError):
        reason = messages.because_not_python()
    return messages.registers_nothing(reason, cleared=magic.clear) if reason else ""


def _why_misplaced(shell: Any, cell: CellText) -> str:
    # The plain magic is a usage error elsewhere. The hidden one is a comment.
    if "_%%liveimport" not in cell.text:
        return ""
    if not is_magic_further_down(shell.transform_cell(cell.text)):
        return ""
    return messages.registers_nothing(messages.because_not_first())


def _runs_here(shell: Any, name: str) -> bool:
    """Whether a cell magic may run its cell in the namespace of the notebook.

    IPython's other magics write the cell to a file, pass it to another program, or run it in a
    function. What the magics of others do, nobody knows.
    """
    magics = shell.magics_manager.magics["cell"]
    magic = magics.get(name)
    if isinstance(magic, MagicAlias):
        name = magic.magic_name
        magic = magics.get(name)
    owner = type(magic.__self__) if isinstance(magic, MethodType) else magic
    module = getattr(owner, "__module__", None) or ""
    return not module.startswith(_IPYTHON_MAGICS) or name in _RUN_THE_CELL
