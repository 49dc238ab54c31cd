"""What modules hold of each other, and whether that is only in entries that were added."""

import importlib
import sys

import pytest

from liveimport.core.trace import Entry
from liveimport.effects.loaded.holds import HoldScanner
from liveimport.effects.logs.entries import Added, Entries

REG = "TABLE, OTHER = {}, []\nclass Box:\n    def __init__(self): self.kept = []\n"


@pytest.fixture
def held(project):
    """Imports a registry and two plug-ins, and returns what the registry holds."""

    def of(add):
        project.write_all(reg=REG, a="def f(): pass", b="def g(): pass")
        for name in ("reg", "a", "b"):
            importlib.import_module(name)
        reg, a, b = (sys.modules[name] for name in ("reg", "a", "b"))
        entries = Entries()
        add(reg, a, b)
        for name in ("a", "b"):
            content = tuple((k, v) for k, v in reg.TABLE.items() if k[0] == name)
            if content:
                table = frozenset({Entry("reg", "TABLE", is_dict=True)})
                entries.add(name, Added(reg.TABLE, content, table))
        found = HoldScanner(entries).scan_new(["reg", "a", "b"]).everything["reg"]
        return {hold.module: hold.is_entry for hold in found}

    return of


def test_what_is_only_in_an_entry(held):
    """Of each module by itself."""

    def add(reg, a, b):
        reg.TABLE["a"] = a.f
        reg.OTHER.append(b.g)

    assert held(add) == {"a": True, "b": False}


def test_what_is_in_an_entry_and_elsewhere(held):
    """To take out the entry is not enough."""

    def add(reg, a, b):
        reg.TABLE["a"], reg.TABLE["b"] = a.f, b.g
        reg.OTHER.append(a.f)

    assert held(add) == {"a": False, "b": True}


def test_what_is_in_an_entry_of_another_one(held):
    """It stays there when the first one takes out its own."""

    def add(reg, a, b):
        box = reg.Box()
        reg.TABLE["a"], reg.TABLE["b"] = box, b.g
        box.kept += [a.f, b.g]

    assert held(add) == {"a": True, "b": False}


def test_without_entries_none_is_one(held):
    """As it is without reload="needed"."""
    assert held(lambda reg, a, _b: reg.OTHER.append(a.f)) == {"a": False}
