"""Errors of the user's modules, with the user's frames only."""

import importlib
import os
import sys
from collections.abc import Container, Iterator
from types import CodeType, TracebackType

from liveimport.core.model import Failure, Phase
from liveimport.core.planning.plan import NEW, ReloadGroup
from liveimport.core.report import messages
from liveimport.core.workspace import Workspace, shown_path

_FROZEN = "<frozen importlib"
_LONGEST = 1000
_ASKED_FOR = "name_from"
"""The attribute of an ImportError, from Python 3.12, that makes a traceback look for a like name."""


def failure_of(
    error: BaseException, module: str, phase: Phase, group: ReloadGroup, workspace: Workspace
) -> Failure:
    """Returns as text how a module of a group failed. The error keeps the user's frames only.

    Call it after the rollback.
    """
    strip_own_frames(error)
    _spare_imports(error)
    file, line = location_of(error, group.files)
    if file is None:
        file = next(step.path for step in group.steps if step.module == module)
    return Failure(
        module=module,
        phase=phase,
        message=summary_of(error),
        file=file,
        shown_file=printable(shown_path(workspace, file) or ""),
        line=line,
        waiting=tuple(
            step.module for step in group.steps if step.module != module and step.reason != NEW
        ),
        fingerprint=group.fingerprint,
        traceback=lines_of(error),
    )


def strip_own_frames(error: BaseException) -> None:
    """Leaves an error, what it was raised from and what it groups the user's frames only."""
    for one in _with_causes(error):
        # An exception may refuse to be assigned to, as a frozen dataclass does.
        BaseException.with_traceback(one, _users(one.__traceback__))


def _spare_imports(error: BaseException) -> None:
    """Keeps Python from an import as it shows an error.

    For "Did you mean", Python 3.12 imports the module that has no such name, whether it is loaded
    or not. To show what failed must run nothing.
    """
    for one in _with_causes(error):
        if isinstance(one, ImportError) and one.name not in sys.modules:
            setattr(one, _ASKED_FOR, None)


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """Yields an error, what it was raised from, and what it groups."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            pending += [one.__cause__, one.__context__]
            if isinstance(one, BaseExceptionGroup):
                pending += one.exceptions


def _users(trace: TracebackType | None) -> TracebackType | None:
    frames = []
    while trace is not None:
        if not _is_ours(trace.tb_frame.f_code.co_filename):
            frames.append(trace)
        trace = trace.tb_next
    kept: TracebackType | None = None
    for frame in reversed(frames):
        kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept


def _is_ours(filename: str) -> bool:
    return filename.startswith((_FROZEN, _IMPORTLIB, _OWN))


def _folder_of(code: CodeType, levels: int) -> str:
    """Returns how frames spell the folder that is so many levels above some code.

    They name a file as the finder of its module did, which `__file__` need not.
    """
    folder = code.co_filename
    for _ in range(levels):
        folder = os.path.dirname(folder)
    # A program in one file may have no folders.
    return os.path.join(folder, "") if folder else code.co_filename


_OWN = _folder_of(failure_of.__code__, 3)
_IMPORTLIB = _folder_of(importlib.import_module.__code__, 1)


def location_of(error: BaseException, files: Container[str]) -> tuple[str | None, int | None]:
    """Returns the file and line to look at: the innermost in `files`, else the innermost.

    A `SyntaxError` names its own, unless the user made it of something else.
    """
    if isinstance(error, SyntaxError) and isinstance(error.filename, str) and error.filename:
        return error.filename, error.lineno if isinstance(
            error.lineno, int
        ) and error.lineno else None
    innermost: tuple[str | None, int | None] = (None, None)
    inside: tuple[str | None, int | None] = (None, None)
    trace = error.__traceback__
    while trace is not None:
        innermost = (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        if innermost[0] in files:
            inside = innermost
        trace = trace.tb_next
    return inside if inside[0] is not None else innermost


def summary_of(error: BaseException) -> str:
    """Returns what went wrong, in a line: the error's kind and the first that it says."""
    kind = type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        return messages.it_was_interrupted()
    try:
        said = str(error.msg or "") if isinstance(error, SyntaxError) else str(error)
    except BaseException:  # noqa: BLE001  # an exception of the user may raise anything when it is asked
        return printable(messages.unprintable(kind))
    first = next((line.strip() for line in said.splitlines() if line.strip()), "")
    if len(first) > _LONGEST:
        first = f"{first[:_LONGEST]}…"
    return printable(messages.error_summary(kind, first))


def lines_of(error: BaseException) -> tuple[str, ...]:
    """Returns the traceback of a trimmed error as Python prints it, a line each."""
    import traceback  # noqa: PLC0415  # only failures need it

    try:
        str(error)
        text = "".join(traceback.format_exception(error))
    except BaseException:  # noqa: BLE001  # see `summary_of`
        text = "".join([*traceback.format_tb(error.__traceback__), summary_of(error)])
    return tuple(printable(text).splitlines())


def printable(text: str) -> str:
    """Returns the text with what no encoding has, such as half of a character, spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()
