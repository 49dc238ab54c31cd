"""The run log: which code runs while the code of each module does."""

import importlib
import os
import sys

import pytest

import liveimport
from liveimport.effects.logs.run_log import RunLog

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] not in ((3, 12), (3, 13)), reason="no sys.monitoring"
)


ADDING = "TABLE = []\ndef add(x):\n    TABLE.append(x)\n    return x\n"


def test_code_counts_for_the_module_whose_code_runs(traces):
    """Innermost, and for each one that calls it."""
    found = traces(
        low=ADDING, a="import low\n@low.add\ndef f(): pass", m="import a, low\nlow.add(a.f)"
    )
    assert list(found) == ["m", "a", "low"]
    for name in ("m", "a"):
        assert found[name].ran == {"low"}
        assert ("low", ("TABLE", "append")) in found[name].changeable
    assert found["low"].ran == set()


def test_code_that_does_not_run_does_not_count(traces):
    """A class body does, a function does not."""
    found = traces(a="x = 1", m="import a\nclass C:\n    x = a.x\ndef f(): return a.y")
    assert found["m"].loads == {("m", ("a", "x"))}


def test_code_after_an_import_that_failed_is_the_importers(traces):
    """Its own code goes on."""
    source = "import b\ntry:\n    import a\nexcept ValueError:\n    pass\nb.add(b)"
    found = traces(a="raise ValueError", b=ADDING, m=source)
    assert found["m"].ran == {"b"}


def test_code_of_libraries_and_of_texts_is_left_out(traces):
    """What they are given is read by the module."""
    source = (
        "import dataclasses, a\nfrom collections import namedtuple\n"
        "@dataclasses.dataclass\nclass C:\n    x: a.T = 1\nP = namedtuple('P', 'x')\nexec('y = 1')\n"
    )
    found = traces(a="T = int", m=source)
    assert found["m"].ran == set()
    assert ("m", ("a", "T")) in found["m"].loads
    assert found["m"].is_unclear  # exec


def test_which_values_can_be_changed(traces):
    """Numbers, texts, functions, classes and tuples of them cannot, but by setting attributes."""
    a = "def f(): pass\nK = (1, 'a', (None, f))\nL = ([],)\nclass C: pass\nI = C()\nimport b\n"
    source = "import a\nx = (a.f, a.K, a.L, a.C, a.I, a.b, a.b.K, getattr(a, 'f'))"
    found = traces(a=a, b="K = {}", m=source)
    assert {".".join(chain) for _, chain in found["m"].changeable} == {"a.L", "a.I", "a.b.K"}


def test_it_gives_back_what_it_took(project):
    """Two at once are not possible where others have the tools, and nothing is left behind."""
    log, other = RunLog(), RunLog()
    for tool in (3, 4):
        sys.monitoring.use_tool_id(tool, "other")
    try:
        assert not log.begin()
        assert not log.is_on
    finally:
        for tool in (3, 4):
            sys.monitoring.free_tool_id(tool)
    assert log.begin()
    assert log.is_on
    assert not log.begin()
    log.end()
    other.end()
    assert [sys.monitoring.get_tool(tool) for tool in (3, 4)] == [None, None]
    assert log.take() == {}


def test_what_an_import_asks_of_a_module_is_no_call(traces):
    """It asks each for `__path__`, also one that has `__getattr__`."""
    low = "x = 1\ndef __getattr__(name): raise AttributeError(vars)"
    found = traces(low=low, m="from low import x")
    assert (found["m"].ran, found["m"].all_of) == (set(), set())


def test_what_code_asks_of_a_module_is_a_call(traces):
    """Its `__getattr__` ran for it."""
    low = "def __getattr__(name): return name"
    assert traces(low=low, m="import low\ny = low.y")["m"].ran == {"low"}


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        ("C.x = 1", {"m"}),
        ("low.C.x = 1", {"low"}),
        ("low.x = 1", {"low"}),
        ("shown.C.x = 1", {"low"}),
        ("f.x = 1", {"m"}),
        ("g.x = 1", None),
        ("D = low.C\nD.x = 1", None),
        ("for E in (low.C, C):\n    E.x = 1", None),
        ("i.x = 1", None),
    ],
)
def test_of_what_attributes_are_set(traces, line, changes):
    """Of a class, a function, or a module, it is known whose it is; else anything may be."""
    low = "class C: pass\nx = 1\ndef deco(f): return lambda: f"
    own = "class C: pass\ndef f(): pass\n@low.deco\ndef g(): pass\ni = C()\n"
    found = traces(low=low, shown="from low import C", m=f"import low, shown\n{own}{line}")
    assert found["m"].sets_attributes is (changes is None)
    if changes is not None:
        assert found["m"].changing == changes


def test_what_had_begun_before_and_not_finished(traces):
    """In a cycle, that is half executed."""
    found = traces(m="import a\nx = 1", a="import b", b="import m", low="")
    assert [found[name].within for name in "bam"] == [{"m", "a"}, {"m"}, set()]


def test_names_that_had_another_value_as_another_module_ran(traces):
    """Such a module may have read that one; what was bound once was so all the time."""
    source = "x = 1\ny = 1\nimport a\nx = 2\nz = 1\nz = 2\ndel y\n"
    assert traces(a="", m=source)["m"].replaced == {"x", "y"}


def test_when_modules_and_their_code_ran(traces):
    """Code that goes on after another module has run, ran after that."""
    source = (
        "import low\ndef early(): return low.x\ndef late(): return low.y\n"
        "def during():\n    import a\n    return low.z\nearly()\nduring()\nlate()\n"
    )
    found = traces(low="x = y = z = 1", a="", m=source)
    m, a = found["m"], found["a"]
    assert m.begun < a.begun < a.ended < m.ended
    ran = {
        chain[1]: time > a.begun for (_, chain), time in m.times.items() if chain[0] == "low"
    }
    assert ran == {"x": False, "y": True, "z": True}
    assert not a.times


@pytest.mark.parametrize(
    ("line", "exported"),
    [("1", {"x"}), ("low.__all__.append('y')", None), ("low.__all__ = 5", None)],
)
def test_what_a_module_exports_may_be_changed(traces, line, exported):
    """Then it is not what is written there."""
    assert (
        traces(low="x = y = 1\n__all__ = ['x']", m=f"import low\n{line}")[
            "low"
        ].surface.exported
        == exported
    )


@pytest.mark.parametrize(("line", "catches"), [("1", False), ("x", True), ("import x", True)])
def test_whether_code_went_on_after_an_error(traces, line, catches):
    """That it could have done so is not enough."""
    source = f"try:\n    {line}\nexcept (NameError, ImportError):\n    pass"
    assert traces(m=source)["m"].catches is catches


def test_code_of_liveimport_is_not_noted(project):
    """Neither that of core nor that of effects: a module may register as it runs."""
    noted = []
    log = RunLog(lambda path: noted.append(path) or False)
    project.write("low.py", "x = 1")
    project.write(
        "m.py", "import low, liveimport\nliveimport.register(globals(), 'import low')"
    )
    assert log.begin()
    try:
        importlib.import_module("m")
    finally:
        log.end()
    package = os.path.dirname(liveimport.__file__)
    assert noted
    assert [path for path in noted if path.startswith(package)] == []
