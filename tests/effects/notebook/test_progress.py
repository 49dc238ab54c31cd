"""What is shown while a sync takes long."""

import re

import pytest

import liveimport
from liveimport.effects.notebook import progress


@pytest.fixture
def delay(monkeypatch):
    """Sets how many seconds a sync may take before something is shown."""

    def set_to(seconds):
        monkeypatch.setattr(progress, "_DELAY_S", seconds)

    return set_to


@pytest.fixture
def slow(shell, project):
    """Two modules that are followed, and a way to make the first take long."""
    project.write_all(low="x = 1", top="import low")
    shell.run("%%liveimport\nimport top")

    def edit(seconds):
        project.write("low.py", f"import time\ntime.sleep({seconds})\nx = 22")

    return edit


@pytest.mark.threads
def test_a_sync_that_takes_long(shell, slow, delay):
    """It is told which module runs, and in the end how long it took."""
    delay(0.05)
    slow(1)
    said = shell.run("top.low.x").report.splitlines()
    assert said[0] == "Reloading low (2 of 2)"
    assert any(re.fullmatch(r"Reloading took \d+\.\d s", line) for line in said)
    assert said[-1] == "Reloaded top because low reloaded"


def test_a_short_one(shell, slow, delay):
    """A sync that takes less says nothing of that kind."""
    delay(60)
    slow(0.1)
    assert "Reloading" not in shell.run("top.low.x").report


def test_without_reports(shell, slow, delay):
    """Who wants no report wants none of that either."""
    liveimport.auto_sync(report=False)
    delay(0.05)
    slow(1)
    assert shell.run("top.low.x").report == ""


def test_the_workers_of_a_cluster(delay, monkeypatch):
    """While one waits for them, it is told how many run the version."""
    shown = []
    monkeypatch.setattr(progress, "display", lambda report, **_: shown.append(str(report)))
    delay(60)
    with progress.Progress() as told:
        told("low", 1, 1)
        told._end_delay()
        told.workers("Dask", 1, 2)
    assert shown[:2] == ["Reloading low (1 of 1)", "Dask: 1 of 2 workers run this version"]


def test_a_timer_that_comes_too_late(delay, monkeypatch):
    """When the sync is over, nothing is shown any more."""
    shown = []
    monkeypatch.setattr(progress, "display", lambda *args, **_: shown.append(args))
    delay(60)
    with progress.Progress() as told:
        told("low", 1, 1)
    told._end_delay()
    assert shown == []


def test_where_there_are_no_threads(shell, slow, delay, monkeypatch):
    """Nothing is shown in time, and nothing fails: so it is in JupyterLite."""

    def refusing(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(progress.threading.Thread, "start", refusing)
    delay(0.05)
    slow(0.1)
    ran = shell.run("top.low.x")
    assert ran.value == 22
    assert ran.report.splitlines()[-1] == "Reloaded top because low reloaded"
