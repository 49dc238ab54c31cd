"""When did this process start?"""

import os
import sys
import time

import pytest

import liveimport
from liveimport.effects import process_start
from liveimport.effects.process_start import process_start_ns

SECOND = 1_000_000_000


@pytest.fixture
def no_proc(monkeypatch):
    """There is no `/proc`."""

    def refusing(*_arguments, **_more):
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", refusing)


@pytest.fixture
def no_psutil(monkeypatch):
    """And no psutil."""
    monkeypatch.setitem(sys.modules, "psutil", None)


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="the system has no /proc")
class TestWithProc:
    """Two ways that agree."""

    def test_as_linux_says(self):
        """It is before now, by at least half of the time that the process has computed."""
        spent = time.process_time_ns()
        assert 0 < process_start_ns() <= time.time_ns() - spent // 2

    def test_as_psutil_says(self, monkeypatch):
        """The same, to within a second."""
        expected = process_start_ns()
        monkeypatch.setattr(process_start, "_as_linux_says", lambda: 0)
        assert abs(process_start_ns() - expected) < SECOND


def test_where_nobody_knows(no_proc, no_psutil):
    """It is 0."""
    assert process_start_ns() == 0


@pytest.mark.parametrize("answer", [0, -1, 10**20])
def test_an_answer_that_cannot_be(answer, no_proc, monkeypatch):
    """A start in the future, or before 1970, is no start."""
    monkeypatch.setattr(process_start, "_as_psutil_says", lambda: answer)
    assert process_start_ns() == 0


def test_the_answer_of_macos():
    """It begins with seconds and microseconds."""
    answer = (
        (1_700_000_000).to_bytes(8, "little") + (250_000).to_bytes(4, "little") + b"\7" * 99
    )
    assert process_start._two_of(answer) == (1_700_000_000, 250_000)


def test_the_start_of_windows_time():
    """The first of January 1601, in seconds from 1970."""
    assert time.strftime("%Y-%m-%d", time.gmtime(-process_start._FROM_1601_TO_1970_S)) == (
        "1601-01-01"
    )


def test_without_proc_a_module_keeps_its_state(no_proc, session, project, loaded):
    """It was loaded before LiveImport and never edited: it does not run again (finding C)."""
    project.write("low.py", "state = []")
    low = loaded("low")
    low.state.append(1)
    session.__init__()  # as if LiveImport were imported now
    liveimport.register({"low": low}, "import low")
    assert not liveimport.sync()
    assert low.state == [1]
    project.write("low.py", "state = 'new'")
    liveimport.sync()
    assert low.state == "new"


def test_what_is_taken_as_current_is_shown(no_proc, no_psutil, session, project, loaded):
    """Until it has run, for edits before that may be missing."""
    project.write("low.py", "x = 1")
    low = loaded("low")
    session.__init__()
    liveimport.register({"low": low}, "import low")
    assert not liveimport.sync()
    assert liveimport.status().assumed == ("low",)
    project.write("low.py", "x = 22")
    liveimport.sync()
    assert low.x == 22
    assert liveimport.status().assumed == ()
