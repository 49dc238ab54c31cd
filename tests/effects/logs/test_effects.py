"""What code changes in modules while another one runs."""

import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] not in ((3, 12), (3, 13)), reason="no sys.monitoring"
)

LOW = (
    "import itertools, operator, re\nTABLE, SEEN, COUNT, BAG = [], {'k': 1}, 0, {1}\n"
    "class C:\n    LIST = []\n    def __init__(self): self.x = 1\n"
    "I = C()\nW = re.compile('')\n"
    "class S:\n    __slots__ = ('a', 'b')\nclass D(S): pass\nSLOTS, BOTH = S(), D()\nSLOTS.b = 1\n"
    "PARTS = operator.itemgetter(1), slice(2)\n"
    "def add(x):\n    TABLE.append(x)\n    TABLE.pop()\n    return x\n"
    "def count():\n    global COUNT\n    COUNT += 1\n"
    "def nothing(x): x.y = 1\n"
    "import functools\n@functools.cache\ndef cached(x): return [x]\ncached(1)\n"
)


@pytest.fixture
def trace(traces):
    """Imports m, and returns its trace."""
    return lambda **modules: traces(**modules)["m"]


@pytest.mark.parametrize(
    "line",
    [
        "low.TABLE.append(1)",
        "low.TABLE[:] = [2]",
        "low.SEEN['k'] = 2",
        "low.SEEN['n'] = 2",
        "low.BAG.add(2)",
        "low.COUNT = 1",
        "low.count()",
        "low.C.v = 1",
        "setattr(low.C, 'v', 1)",
        "low.C.LIST.append(1)",
        "low.I.x = 2",
        "low.SLOTS.a = 2",
        "low.SLOTS.b = 2",
        "low.BOTH.b = 2",
        "low.BOTH.c = 2",
        "from low import TABLE as T\nT.append(1)",
        "import other\nother.shown.append(1)",
        "list.append(low.TABLE, 1)",
        "def f(to=low.TABLE): to.append(1)\nf()",
        "low.TABLE.append(1)\nimport other",
        "import other\nother.change()",
        "import sys\nsys.modules['low'].TABLE.append(1)",
        "exec('import low as l; l.C.x = 1')",
    ],
)
def test_a_change_is_found(trace, line):
    """In tables, attributes, classes and globals; of that module, and of no other."""
    other = "from low import TABLE as shown\ndef change(): shown.append(1)"
    found = trace(low=LOW, other=other, m=f"import low\n{line}")
    assert "low" in found.compared
    assert "low" in {*found.changed, *(entry.module for entry in found.entries)}


@pytest.mark.parametrize(
    ("line", "entries"),
    [
        ("low.TABLE.append(1)", {("low", "TABLE", False)}),
        ("low.SEEN['n'] = 2", {("low", "SEEN", True)}),
        ("low.SEEN[C] = 2", {("low", "SEEN", True)}),
        ("low.C.LIST.append(1)", {("low", "C", False)}),
        ("low.keep.all.append(1)", {("low", "keep", False)}),
        (
            "import other\nother.shown.append(1)",
            {("low", "TABLE", False), ("other", "shown", False)},
        ),
        ("low.SEEN['n'] = 2\nimport other\nlow.SEEN['m'] = 2", {("low", "SEEN", True)}),
        # These are no entries at the end of a table, or not of one that is a dict or a list.
        ("low.SEEN['k'] = 2", set()),
        ("low.FULL.insert(0, 2)", set()),
        ("low.BAG.add(2)", set()),
        ("low.I.x = 2", set()),
        ("low.I.new = 2", set()),
        ("low.new = 2", set()),
        ("low.C.v = 1", set()),
        ("low.SEEN[low.I] = 2", set()),
    ],
)
def test_entries_that_were_added_to_a_table(trace, line, entries):
    """They can be taken out again: what else has changed in that module cannot."""
    other = "from low import TABLE as shown"
    low = LOW + "FULL = [1]\ndef keep(): pass\nkeep.all = []\n"
    found = trace(low=low, other=other, m=f"import low\nclass C: pass\n{line}")
    assert {tuple(entry) for entry in found.entries} == entries
    assert ("low" in found.changed) == (not entries)


def test_who_adds_to_a_table_that_another_one_has_added(traces):
    """The second one has added to what the first one made."""
    found = traces(
        low="TABLE = {}",
        one="import low\nlow.TABLE.setdefault('k', []).append(1)",
        m="import low, one\nlow.TABLE.setdefault('k', []).append(2)",
    )
    assert {
        name: {(e.module, e.name, e.is_dict) for e in found[name].entries} for name in found
    } == {
        "low": set(),
        "one": {("low", "TABLE", True)},
        "m": {("low", "TABLE", False)},
    }


@pytest.mark.parametrize(
    "line",
    [
        "low.add(1)",
        "low.nothing(lambda: 1)",
        "len(low.TABLE)",
        "setattr(m, 'x', low.I)",
        "low.cached(2)",
    ],
)
def test_what_is_as_before_has_not_changed(trace, line):
    """Though code ran that could have done it."""
    found = trace(low=LOW, m=f"import low, m\n{line}")
    assert (found.compared, found.changed) == ({"low"}, set())


def test_a_submodule_that_comes_changes_no_package(project, traces):
    """The import system binds it there."""
    project.write("p/__init__.py", "TABLE = []\nimport os.path as other")
    project.write("p/x.py", "")
    found = traces(m="import p, p.x\np.TABLE.append(1)", user="")["m"]
    assert (found.compared, found.changed, len(found.entries)) == ({"p"}, set(), 1)


def test_who_did_not_do_it_has_not_changed_it(trace):
    """It is the one that ran innermost."""
    found = trace(
        low=LOW, other="import low\nlow.TABLE.append(1)", m="import low, other\nlow.I"
    )
    assert (found.compared, found.changed) == ({"low"}, set())


def test_what_can_not_be_compared_is_not_taken_to_be_the_same(trace):
    """A counter shows nothing, and a half executed module changes itself."""
    low = LOW + "N = itertools.count()"
    assert trace(low=low, m="import low\nlow.add(1)").compared == set()
