"""No edit is lost, and no file runs for nothing, whatever a file server says of its files.

The server is played: `os.stat` and `os.fstat` say of a real file what a server with another clock,
coarse times or numbers of its own would say. So is the monotonic clock, so that nobody waits.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from liveimport.core.imports import parse_imports
from liveimport.effects.observe import files
from liveimport.effects.session.session import Session

MILLISECOND = 10**6
SECOND = 10**9
HOUR = 3600 * SECOND
START = 500_000 * HOUR
"""When the server's clock began, in ns since the epoch."""

MODULE = "of_a_server"

CLOCKS = (0, 2 * SECOND, 10 * SECOND, 24 * HOUR, -2 * SECOND, -10 * SECOND, -24 * HOUR)
"""How much the server's clock is behind ours."""

TICKS = (1, 10 * MILLISECOND, SECOND, 2 * SECOND)
"""How coarse its times are. No file system keeps coarser ones."""

WAITS = (0, MILLISECOND, 500 * MILLISECOND, SECOND, 2 * SECOND, 3 * SECOND, HOUR)


class FileServer:
    """One file, and what its server says of it.

    Attributes:
        now: By the monotonic clock of the client, in ns.
        text: What is in the file.
        mtime: When that was written, as the server has it.
    """

    def __init__(self, folder: str, behind: int, tick: int) -> None:
        self.path = Path(folder, f"{MODULE}.py")
        self.now = HOUR
        self._behind, self._tick = behind, tick
        self._renumbered = 0
        self.write(0)
        self._inode = self.path.stat().st_ino

    def write(self, value: int) -> None:
        """Saves a value of one digit: the size stays the same."""
        self.text = f"x = {value}\n"
        self.path.write_text(self.text, encoding="utf-8")
        self.mtime = self._ctime = self._time()

    def write_and_restore(self, value: int) -> None:
        """Saves a value, and sets the mtime back. The ctime shows it, if it is not too coarse."""
        mtime = self.mtime
        self.write(value)
        self.mtime = mtime

    def chmod(self, _value: int) -> None:
        """Changes what only the ctime shows."""
        self._ctime = self._time()

    def renumber(self, _value: int) -> None:
        """Gives the file another inode number, as servers do that the kernel asks again."""
        self._renumbered += 1000

    def nothing(self, _value: int) -> None:
        """Leaves it as it is."""

    def _time(self) -> int:
        return (START + self.now - self._behind) // self._tick * self._tick

    def says(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """Returns `os.stat`, or another like it, with what the server says."""

        def stat(*args: Any, **options: Any) -> Any:
            found = real(*args, **options)
            if found.st_ino != self._inode:
                return found
            values = {name: getattr(found, name) for name in dir(found) if name[:3] == "st_"}
            values["st_ino"] += self._renumbered
            values |= {"st_mtime_ns": self.mtime, "st_ctime_ns": self._ctime}
            return SimpleNamespace(**values)

        return stat


class Step(NamedTuple):
    """What happens.

    Attributes:
        wait: How much time goes by first.
        act: What happens to the file then: a method of the server.
        value: What is written.
        look: Whether somebody looks then.
    """

    wait: int
    act: str
    value: int
    look: bool


def steps() -> st.SearchStrategy[list[Step]]:
    """Returns what happens, step by step."""
    acts = ("write", "write", "write_and_restore", "nothing", "chmod", "renumber")
    step = st.builds(
        Step,
        wait=st.sampled_from(WAITS),
        act=st.sampled_from(acts),
        value=st.integers(0, 2),
        look=st.sampled_from((True, True, False)),
    )
    return st.lists(step, max_size=15)


class Live:
    """A session that has imported the module of a server, and perhaps registered it."""

    def __init__(self, server: FileServer) -> None:
        self.server = server
        self._session = Session()
        self._session.change_workspace((str(server.path.parent),), extend=False)
        self._session.install()
        self._module = __import__(MODULE)
        self._seen: tuple[str, int] | None = None

    def register(self) -> None:
        """Registers the module."""
        bindings = parse_imports(f"import {MODULE}")
        self._session.register({MODULE: self._module}, bindings, clear=False)

    def happens(self, step: Step) -> None:
        """Lets something happen. Whoever looks sees that the module is its file."""
        self.server.now += step.wait
        getattr(self.server, step.act)(step.value)
        if step.look:
            self.look()

    def look(self) -> None:
        """Syncs. The module is its file then, and ran only if bytes or mtime had changed.

        It may run once too often if it was edited before it was registered.
        """
        outcome = self._session.sync(retry_failed=True)
        now = self.server.text, self.server.mtime
        assert f"x = {self._module.x}\n" == self.server.text
        if self._seen is not None:
            assert bool(outcome.events) == (self._seen != now)
        self._seen = now

    def close(self) -> None:
        """Leaves the process as it was."""
        self._session.uninstall()
        sys.modules.pop(MODULE, None)


@contextmanager
def live_session(behind: int, tick: int) -> Iterator[Live]:
    """Yields a session on a server whose clock is behind, and ticks like this."""
    with tempfile.TemporaryDirectory() as folder:
        server = FileServer(folder, behind, tick)
        with (
            patch.object(sys, "path", [folder, *sys.path]),
            patch.object(sys, "dont_write_bytecode", new=True),
            patch.object(os, "stat", server.says(os.stat)),
            patch.object(os, "fstat", server.says(os.fstat)),
            patch.object(files, "time", SimpleNamespace(monotonic_ns=lambda: server.now)),
        ):
            live = Live(server)
            try:
                yield live
            finally:
                live.close()


@given(
    behind=st.sampled_from(CLOCKS), tick=st.sampled_from(TICKS), before=steps(), then=steps()
)
@example(
    behind=0,
    tick=2 * SECOND,
    before=[],
    then=[
        Step(0, "write", 1, look=True),
        Step(2 * SECOND - MILLISECOND, "nothing", 0, look=True),
        Step(0, "write", 2, look=True),
    ],
)
@settings(max_examples=300)
def test_no_clock_hides_an_edit(behind, tick, before, then):
    """After each look the module is its file, also if that was edited before it registered."""
    with live_session(behind, tick) as live:
        for step in before:
            live.happens(step._replace(look=False))
        live.register()
        for step in then:
            live.happens(step)
        live.look()


@given(behind=st.sampled_from(CLOCKS), tick=st.sampled_from(TICKS), steps=steps())
def test_what_is_settled_is_not_read(behind, tick, steps):
    """Three seconds after somebody saw the stamp, one more look reads the file, and no other."""
    with live_session(behind, tick) as live:
        live.register()
        for step in steps:
            live.happens(step)
        live.look()
        live.server.now += 3 * SECOND
        live.look()
        with patch.object(files, "_all_of", side_effect=AssertionError("the file was read")):
            live.look()
