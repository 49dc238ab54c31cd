"""What is shown while a sync takes long."""

import re

import pytest


@pytest.fixture
def slow(shell, project):
    """Two modules that are followed, and a way to make the first take long."""
    project.write_all(low="x = 1", top="import low")
    shell.run("%%liveimport\nimport top")

    def edit(seconds):
        project.write("low.py", f"import time\ntime.sleep({seconds})\nx = 22")

    return edit


def test_a_sync_that_takes_long(shell, slow):
    """After a second it is told which module runs, and in the end how long it took."""
    slow(1.2)
    said = shell.run("top.low.x").report.splitlines()
    assert said[0] == "Reloading low (2 of 2)" or said[0] == "Reloading low (1 of 2)"
    assert any(re.fullmatch(r"Reloading took 1\.\d s", line) for line in said)
    assert said[-1] == "Reloaded top because low reloaded"


def test_a_short_one(shell, slow):
    """A sync that takes less says nothing of that kind."""
    slow(0.1)
    assert "Reloading" not in shell.run("top.low.x").report
