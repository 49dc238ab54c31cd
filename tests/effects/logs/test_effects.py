"""What code changes in modules while another one runs."""

import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] not in ((3, 12), (3, 13)), reason="no sys.monitoring"
)

LOW = (
    "import itertools, re\nTABLE, SEEN, COUNT, BAG = [], {'k': 1}, 0, {1}\n"
    "class C:\n    LIST = []\n    def __init__(self): self.x = 1\n"
    "I = C()\nW = re.compile('')\n"
    "def add(x):\n    TABLE.append(x)\n    TABLE.pop()\n    return x\n"
    "def count():\n    global COUNT\n    COUNT += 1\n"
    "def nothing(x): x.y = 1\n"
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
    assert "low" in found.changed


@pytest.mark.parametrize(
    "line", ["low.add(1)", "low.nothing(lambda: 1)", "len(low.TABLE)", "setattr(m, 'x', low.I)"]
)
def test_what_is_as_before_has_not_changed(trace, line):
    """Though code ran that could have done it."""
    found = trace(low=LOW, m=f"import low, m\n{line}")
    assert (found.compared, found.changed) == ({"low"}, set())


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
