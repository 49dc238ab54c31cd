"""The read log: which files does the code of each module read while it runs?

While a run lasts, `sys.monitoring` (Python 3.12) tells of each call, however `open` was imported.
An audit hook would tell as well, but cannot be taken out again; and of a patched `open`, modules
would keep the patch.
"""

import io
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import CodeType, FrameType, MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from liveimport.core.model import MOST_FILES, ReadFile, Stamp
from liveimport.effects.loaded.modules import is_own, loaded_namespace
from liveimport.effects.observe.files import data_file, listed_folder, stamp_of

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from .run_log import RunLog

_NAME = "liveimport"
_TOOL_IDS = (4, 3)
"""Debuggers, coverage and profilers have 0 to 2, and an optimizer 5."""

_OPENING = frozenset(map(id, (open, io.FileIO, io.open_code, os.open)))
_LISTING = frozenset(map(id, (os.listdir, os.scandir)))
_MOVING = frozenset(map(id, (os.replace, os.rename)))
_WATCHED = _OPENING | _LISTING | _MOVING
_MOST_OTHERS = 16
"""After so many calls of something else, a place in the code is not looked at any more. Without
that, a loop of 300,000 calls takes twice as long; with it, as long as ever."""

_IMPORT_SYSTEM = ("<frozen importlib", "<frozen zipimport")

Reads = Mapping[str, tuple[ReadFile, ...]]
"""By module, what it read."""

_monitoring: Any = getattr(sys, "monitoring", None)
_DISABLE: Any = getattr(_monitoring, "DISABLE", None)


class _Call(NamedTuple):
    """A call that has begun.

    Attributes:
        function: What is called, by its id.
        module: The module whose code runs.
        file: What is opened or listed, as it was before.
        descriptor: Which file descriptor it will get.
        stamps: Before a file is moved: the stamps of all that was read.
    """

    function: int
    module: str
    file: ReadFile
    descriptor: int = -1
    stamps: Mapping[str, Stamp | None] = MappingProxyType({})


class ReadLog:
    """Which files the code of each module reads, while it is switched on.

    What a thread reads that a module starts is not seen: none of the module's own code runs below.

    Attributes:
        runs: Which code runs, if that is asked for.
    """

    def __init__(
        self, runs: "RunLog", is_library: Callable[[str], bool] = lambda _path: False
    ) -> None:
        self.runs = runs
        self._is_library = is_library
        self._thread: int | None = None
        self._others: dict[tuple[int, int], int] = {}
        self._read: dict[str, dict[str, ReadFile]] = {}
        self._written: set[str] = set()
        self._moved: set[tuple[int, ...]] = set()
        self._call: _Call | None = None

    @property
    def is_on(self) -> bool:
        """Whether it is switched on."""
        return self._thread is not None

    @property
    def is_on_here(self) -> bool:
        """Whether it is switched on, by this thread."""
        return self._thread == threading.get_ident()

    def begin(self, *, files: bool = True, runs: bool = False) -> bool:
        """Switches it on. Returns whether that was done: not if it is on, or cannot be.

        With `runs`, it is followed which code runs; without `files`, only that.
        """
        if self.is_on:
            return False
        if runs:
            self._thread = threading.get_ident() if self.runs.begin() else None
        return (files and self._begin()) or self.is_on

    def _begin(self) -> bool:
        tool = own_tool(_monitoring, _TOOL_IDS, _NAME)
        if tool is None:
            return False
        self._read, self._written, self._moved, self._call = {}, set(), set(), None
        events = _monitoring.events
        _monitoring.register_callback(tool, events.CALL, self._call_begins)
        _monitoring.register_callback(tool, events.C_RETURN, self._call_returned)
        _monitoring.register_callback(tool, events.C_RAISE, self._call_raised)
        _monitoring.set_events(tool, events.CALL)
        # Last: if an interrupt comes before, it is off, and the next end gives the id back.
        self._thread = threading.get_ident()
        return True

    def end(self) -> None:
        """Switches it off, and gives back the tool id. May be called again, as after an interrupt."""
        self._thread = self._call = None
        self.runs.end()
        for tool in _TOOL_IDS if _monitoring is not None else ():
            if _monitoring.get_tool(tool) == _NAME:
                events = _monitoring.events
                _monitoring.set_events(tool, 0)
                for event in (events.CALL, events.C_RETURN, events.C_RAISE):
                    _monitoring.register_callback(tool, event, None)
                _monitoring.free_tool_id(tool)
        self._others.clear()

    def start_over(self, module: str) -> None:
        """Forgets what a module read: it runs once more."""
        self._read.pop(module, None)

    def take(self, modules: Iterable[str] | None = None) -> Reads:
        """Returns what these modules read, by default all of them, and forgets it.

        What was written meanwhile is left out: that is their own doing.
        """
        names = tuple(self._read) if modules is None else tuple(modules)
        taken = {name: self._read.pop(name) for name in names if name in self._read}
        return MappingProxyType(
            {
                name: tuple(f for f in files.values() if f.path not in self._written)
                for name, files in taken.items()
            }
        )

    # What `sys.monitoring` calls. Whatever these raise would be raised in the user's code.

    def _call_begins(
        self, code: CodeType, offset: int, called: object, first: object
    ) -> object:
        if id(called) in _WATCHED:
            if self.is_on_here:
                with suppress(Exception):
                    self._call = self._call_of(id(called), first, sys._getframe(1))  # noqa: SLF001  # who calls
            return None
        # Without variables of its own, as in a module or a class, code calls what it names.
        if not code.co_nlocals:
            return _DISABLE
        place = (id(code), offset)
        count = self._others[place] = self._others.get(place, 0) + 1
        return None if count < _MOST_OTHERS else _DISABLE

    def _call_returned(
        self, _code: object, _offset: int, called: object, _first: object
    ) -> None:
        call = self._ended(called)
        if call is None:
            return
        with suppress(Exception):
            if call.function in _MOVING:
                now = {path: stamp_of(path) for path in call.stamps}
                self._written.update(p for p in now if now[p] != call.stamps[p])
                self._moved.update(_content_of(call.file))
            elif call.function in _OPENING and (
                _is_written(call) or not self._moved.isdisjoint(_content_of(call.file))
            ):
                self._written.add(call.file.path)
            elif call.file.version.stamp is not None:
                self._note(call)

    def _call_raised(self, _code: object, _offset: int, called: object, _first: object) -> None:
        call = self._ended(called)
        # It may come to be there, and then it would be read.
        if (
            call is not None
            and call.function not in _MOVING
            and call.file.version.stamp is None
        ):
            self._note(call)

    def _ended(self, called: object) -> _Call | None:
        call = self._call
        if call is None or id(called) != call.function or not self.is_on_here:
            return None
        self._call = None
        return call

    def _call_of(self, function: int, first: object, frame: FrameType) -> _Call | None:
        if function in _MOVING:
            paths = {path for files in self._read.values() for path in files}
            stamps = {path: stamp_of(path) for path in paths}
            path = _path_of(first, is_listing=False)
            moved = None if path is None else data_file(path)
            return _Call(function, "", moved or ReadFile(""), stamps=stamps)
        is_listing = function in _LISTING
        module = _running_module(frame)
        if not module or _is_import(frame, is_listing=is_listing):
            return None
        path = _path_of(first, is_listing=is_listing)
        known = self._read.get(module, {})
        if path is None or len(known) > MOST_FILES or self._is_library(path):
            return None
        file = known.get(path) or (listed_folder(path) if is_listing else data_file(path))
        if file is None:
            return None
        return _Call(function, module, file, -1 if is_listing else _next_descriptor())

    def _note(self, call: _Call) -> None:
        self._read.setdefault(call.module, {}).setdefault(call.file.path, call.file)


def why_no_read_log() -> str:
    """Returns what is in the way of a read log: ``"python"``, ``"tools"``, or nothing."""
    if _monitoring is None:
        return "python"
    tools = [_monitoring.get_tool(tool) for tool in _TOOL_IDS]
    return "" if None in tools or _NAME in tools else "tools"


def _running_module(frame: FrameType | None) -> str:
    """Returns the module whose own code runs, innermost; empty if that is none, or a script.

    A file that a module runs by itself, as `runpy` does, is a part of it.
    """
    while frame is not None:
        held = frame.f_globals
        if frame.f_code.co_name == "<module>" and held.get("__spec__") is not None:
            name = held.get("__name__")
            if isinstance(name, str) and loaded_namespace(name) is held:
                return "" if name == "__main__" else name
        frame = frame.f_back
    return ""


def _path_of(first: object, *, is_listing: bool) -> str | None:
    """Returns the path that the first argument of a call is; None if it is none."""
    if is_listing and (first is None or first is _monitoring.MISSING):
        first = "."
    if isinstance(first, int) or not isinstance(first, str | bytes | os.PathLike):
        return None
    return os.path.abspath(os.fsdecode(first))


def _is_import(frame: FrameType, *, is_listing: bool) -> bool:
    """Whether an import, a traceback or LiveImport reads here, and not the module for itself.

    The loader of a package also reads its data, if somebody else asks it.
    """
    name = frame.f_globals.get("__name__") or ""
    above = frame.f_back
    if frame.f_code.co_filename.startswith(_IMPORT_SYSTEM):
        asked_by = "" if above is None else above.f_code.co_filename
        return is_listing or not asked_by or asked_by.startswith(_IMPORT_SYSTEM)
    if name == "tokenize" and above is not None:
        name = above.f_globals.get("__name__") or ""
    # It looks for installed packages everywhere.
    looks_around = is_listing and name.startswith("importlib.")
    return looks_around or name == "linecache" or is_own(name)


def _content_of(file: ReadFile) -> tuple[tuple[int, ...], ...]:
    """Returns what tells a file under its next name: it is moved with that. Nothing if unknown."""
    stamp = file.version.stamp
    return ((stamp.inode, stamp.size, stamp.mtime_ns),) if stamp is not None else ()


def _next_descriptor() -> int:
    """Returns the file descriptor that the next file to be opened gets."""
    if fcntl is None:
        return -1
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor


def _is_written(call: _Call) -> bool:
    """Whether a file was opened to be written. Its mode is asked of the system, if it can say."""
    path, before = call.file.path, call.file.version.stamp
    if call.descriptor >= 0:
        with suppress(OSError):
            if os.path.samestat(os.fstat(call.descriptor), os.stat(path)):
                flags = fcntl.fcntl(call.descriptor, fcntl.F_GETFL)
                return flags & os.O_ACCMODE != os.O_RDONLY
    now = stamp_of(path)
    return now is not None and now != before


def own_tool(monitoring: Any, tool_ids: Iterable[int], name: str) -> int | None:
    """Returns the first of these tool ids that is ours now, or None."""
    for tool in tool_ids if monitoring is not None else ():
        with suppress(ValueError):  # somebody has it
            if monitoring.get_tool(tool) != name:
                monitoring.use_tool_id(tool, name)
            return tool
    return None
