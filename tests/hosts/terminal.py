"""IPython in a terminal of its own, typed into as a person types."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import pexpect

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>()][0B]?|\r")
_PATIENCE_S = 60


class Terminal:
    """A terminal in which IPython runs.

    Attributes:
        shown: All that the terminal has shown, without colours and cursor movements.
    """

    def __init__(self, folder: Path, own: Path) -> None:
        environment = {
            **os.environ,
            "IPYTHONDIR": str(own / "ipython"),
            "PROMPT_TOOLKIT_NO_CPR": "1",  # nobody is there to answer where the cursor is
            "TERM": "xterm",
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        options = [
            *("--no-banner", "--no-confirm-exit", "--HistoryManager.enabled=False"),
            "--Completer.use_jedi=False",  # it takes seconds to load
            "--TerminalInteractiveShell.term_title=False",
        ]
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", *options],
            cwd=str(folder),
            env=environment,
            dimensions=(60, 160),
            encoding="utf-8",
            # What is started in the background ignores Ctrl-C, and so would its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self._raw = ""
        self._seen = 0

    @property
    def shown(self) -> str:
        """Returns all that was shown so far."""
        return _ESCAPE.sub("", self._raw)

    @property
    def raw(self) -> str:
        """Returns the same with colours and cursor movements."""
        return self._raw

    @property
    def new(self) -> str:
        """Returns what was shown since the last thing that was waited for."""
        return self.shown[self._seen :]

    def wait(self, pattern: str) -> str:
        """Waits until it shows something like `pattern`; returns all that is new up to it."""
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            found = re.search(pattern, self.new)
            if found is not None:
                said = self.new[: found.end()]
                self._seen += found.end()
                return said
            self.rest(0.05)
        raise AssertionError(f"{pattern!r} is not in {self.new!r}")

    def rest(self, seconds: float) -> None:
        """Reads what it shows for some time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                self._raw += self._child.read_nonblocking(65536, timeout=left)
            except pexpect.TIMEOUT:
                return

    def type(self, text: str) -> None:
        """Types, without an Enter."""
        self._child.send(text)

    def enter(self, *lines: str) -> None:
        """Types lines, an Enter behind each."""
        for line in lines:
            self.type(line)
            self.rest(0.1)
            self.type("\r")

    def run(self, *lines: str) -> str:
        """Types a cell, waits for the next prompt and returns what it shows up to there."""
        number = self.prompt
        self.enter(*lines)
        said = self.wait(rf"In \[{number + 1}\]: ")
        return said.removesuffix(f"In [{number + 1}]: ")

    @property
    def prompt(self) -> int:
        """Returns the number of the prompt that waits."""
        return int(re.findall(r"In \[(\d+)\]: ", self.shown)[-1])

    def interrupt(self) -> None:
        """Presses Ctrl-C."""
        self._child.sendintr()

    def close(self) -> None:
        """Ends it."""
        self._child.close(force=True)
