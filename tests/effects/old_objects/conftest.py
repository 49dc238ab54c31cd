"""How tests of old objects edit a module below a living notebook."""

import pytest

from liveimport.effects.old_objects import tracker

SOURCE = """\
import functools

x = 1
LIMITS = {"low": 1}
PAIR = (1, 2)
class Net:
    class Inner: pass
    def go(self): return 1
class Error(Exception): pass
def run(): pass
def decorate(function):
    def wrapper(*args):
        return function(*args)
    return wrapper
def polite(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper
def make():
    class Made:
        def go(self): return 1
    return Made
def steps():
    yield 1
    yield 2
async def later(): pass
@functools.lru_cache
def cached(): pass
"""


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """The bound is tested by itself. A busy machine must not meet it in other tests."""
    monkeypatch.setattr(tracker, "_LEAST_S", 10.0)


@pytest.fixture
def held(shell, project):
    """Runs a cell, edits the module, and returns what the report says beside the reload."""
    project.write("low.py", SOURCE)
    shell.run("%%liveimport\nimport low\nfrom low import *")

    def after(code, new=f"{SOURCE}# edited"):
        shell.run(code).result.raise_error()
        project.write("low.py", new)
        report = shell.run("1").report.splitlines()
        assert report[0].startswith("Reloaded low")
        return report[1:]

    return after
