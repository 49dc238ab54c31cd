"""Names of the notebook that still hold something of a replaced version."""

import time

import pytest

from liveimport.effects.old_objects import tracker
from liveimport.effects.old_objects.search import Bounds, search
from liveimport.effects.old_versions.definitions import Definitions

from .conftest import SOURCE

MADE = ", made in In [2]"
NET = "an instance of the old low.Net"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("a = Net()", f"a is {NET}"),
        ("a = Net", "a is the old low.Net"),
        ("a = run", "a is the old low.run"),
        ("a = cached", "a is the old low.cached"),
        ("a = Net.Inner()", "a is an instance of the old low.Net.Inner"),
        ("a = Error('told')", "a is an instance of the old low.Error"),
        ("for a in [Net()]: pass", f"a is {NET}"),
        ("import asyncio\nawait asyncio.sleep(0)\na = Net()", f"a is {NET}"),
        ("a = Net()\ndef other():\n    a = 'a'", f"a is {NET}"),
        # Containers.
        ("a = [1, Net()]", f"a[1] is {NET}"),
        ("a = (Net(),)", f"a[0] is {NET}"),
        ("a = {'k': run}", "a['k'] is the old low.run"),
        ("a = [[{'k': (Net(),)}]]", f"a[0][0]['k'][0] is {NET}"),
        ("a = {Net()}", f"a holds {NET}"),
        ("a = frozenset({Net: 1}.items())", "a holds the old low.Net"),
        ("a = {Net: 1}", "a holds the old low.Net"),
        ("import collections\na = collections.deque([Net()])", f"a[0] is {NET}"),
        ("import collections\na = collections.defaultdict(Net)", "a.default_factory is the old low.Net"),
        ("import collections\na = collections.defaultdict(list, k=Net())", f"a['k'] is {NET}"),
        ("import collections\na = collections.OrderedDict(k=Net())", f"a['k'] is {NET}"),
        ("import types\na = types.MappingProxyType({'k': Net()})", f"a holds {NET}"),
        ("class A(list): pass\na = A([Net()])", f"a[0] is {NET}"),
        ("class A(dict): pass\na = A()\na.net = Net()", f"a.net is {NET}"),
        ("a = [0] * 20_000 + [Net()]\nb = [Net()] + [0] * 20_000", f"b[0] is {NET}"),
        # Attributes.
        ("import types\na = types.SimpleNamespace(net=Net())", f"a.net is {NET}"),
        ("class Pipeline:\n    def __init__(self, *steps): self.steps = steps\na = Pipeline(Net())", f"a.steps[0] is {NET}"),
        ("class A:\n    __slots__ = ('net', 'unset')\na = A()\na.net = Net()", f"a.net is {NET}"),
        ("class A:\n    net = Net()", f"A.net is {NET}"),
        # Classes of the notebook.
        ("class A(Net): pass", "A is a subclass of the old low.Net"),
        ("class A(Net): pass\na = A()\ndel A", "a is an instance of A, a subclass of the old low.Net"),
        ("class A(Error): pass", "A is a subclass of the old low.Error"),
        # Functions.
        ("a = Net().go", f"a.__self__ is {NET}"),
        ("a = Net.go", "a is the old low.Net.go"),
        ("import functools\na = functools.partial(run)", "a.func is the old low.run"),
        ("import functools\na = functools.partial(print, Net())", f"a.args[0] is {NET}"),
        ("a = lambda x=run: x", "a.__defaults__[0] is the old low.run"),
        ("a = lambda *, x=run: x", "a.__kwdefaults__['x'] is the old low.run"),
        ("def outer(net):\n    return lambda: net\na = outer(Net())", f"a.__closure__[0].cell_contents is {NET}"),
        ("@decorate\ndef a(): pass", "a is a function that the old low.decorate made"),
        ("@polite\ndef a(): pass", "a is a function that the old low.polite made"),
        ("import functools\n@functools.wraps(run)\ndef a(): pass", "a.__wrapped__ is the old low.run"),
        ("import functools\na = functools.lru_cache(run)", "a.__wrapped__ is the old low.run"),
        ("a = property(run)", "a.fget is the old low.run"),
        ("A = make()", "A is the old low.make.<locals>.Made"),
        ("a = make()()", "a is an instance of the old low.make.<locals>.Made"),
        # Generic aliases.
        ("a = list[Net]", "a.__args__[0] is the old low.Net"),
        ("import typing\na = typing.Optional[Net]", "a.__args__[0] is the old low.Net"),
        # What has begun and not ended.
        ("a = steps()", "a is a call of the old low.steps that has not ended"),
        ("a = steps()\nnext(a)", "a is a call of the old low.steps that has not ended"),
        ("a = (n for n in [Net()])", f"a holds {NET}"),
        ("a = iter([Net()])", f"a holds {NET}"),
        ("def outer(net):\n    yield net\na = outer(Net())", f"a holds {NET}"),
        # Values.
        ("a = low.LIMITS", "a is the old low.LIMITS"),
        ("a = [low.LIMITS]", "a[0] is the old low.LIMITS"),
    ],
)  # fmt: skip
def test_what_is_told(held, code, told):
    """Each kind of holder is told in a line, with the way to what is old."""
    assert held(code) == [told + MADE]


def test_a_coroutine_that_waits(held, shell):
    """A call of an old function is told until it ends."""
    assert held("a = low.later()") == [f"a is a call of the old low.later that has not ended{MADE}"]  # fmt: skip
    shell.names.pop("a").close()


def test_a_key_that_cannot_be_printed(held):
    """The report is shown all the same."""
    code = "class K:\n    def __repr__(self): return self.text\na = {K(): run}"
    assert held(code) == [f"a[…] is the old low.run{MADE}"]


def test_a_name_that_no_cell_binds(held):
    """It is told without a cell."""
    assert held("globals()['a'] = Net()") == [f"a is {NET}"]


@pytest.mark.parametrize(
    "code",
    [
        "a = low.x",
        "a = low.PAIR",
        "_a = Net()",
        "class Own: pass\na = Own()",
        "import json\na = json.JSONDecoder()",
        "a = lambda: Net",
        "def a(): return Net()",
        "a = low",
        "import sys\na = sys.modules",
        "import weakref\na = weakref.ref(Net)",
        "import logging\na = logging.getLogger()",
    ],
)
def test_what_is_not(held, code):
    """Plain values, private names, the notebook's own classes, modules, weak references."""
    assert held(code) == []


def test_constants_that_change(held):
    """A tuple that is equal is as good as the new one; another one is old."""
    new = SOURCE.replace("PAIR = (1, 2)", "PAIR = (1, 3)")
    assert held("a = low.PAIR", new) == [f"a is the old low.PAIR{MADE}"]


PRESENT = """\
import abc, dataclasses, enum, functools, typing

def keep(thing):
    keep.things.append(thing)
    return [thing]
keep.things = []
class Wrapped:
    def __init__(self, inner): self.inner = inner
    def __call__(self): return self.inner()
@functools.lru_cache
def cached(): pass
@Wrapped
def wrapped(): pass
@Wrapped
class InWrapper: pass
@functools.wraps(cached)
def other(): pass
@dataclasses.dataclass(slots=True)
class Data:
    x: int = 1
class Named(typing.NamedTuple):
    x: int = 1
class Colour(enum.Enum):
    RED = 1
class Base(abc.ABC):
    @property
    def value(self): return 1
    @abc.abstractmethod
    def go(self): pass
T = typing.TypeVar("T")
class Box(typing.Generic[T]): pass
table = {cached: Box[int], "f": lambda: 1}
"""


def test_what_is_present(shell, project):
    """Nothing of the version that ran last is told, whatever decorators made of it."""
    project.write("present.py", PRESENT)
    shell.run("%%liveimport\nimport present\nfrom present import *")
    for edit in ("# one", "# another one"):
        project.write("present.py", f"{PRESENT}{edit}")
        assert len(shell.run("1").report.splitlines()) == 1


def test_a_dependent_that_did_not_change(shell, project):
    """Its code is the same, but its classes are new."""
    project.write("base.py", "x = 1\n")
    project.write("low.py", f"import base\n{SOURCE}")
    shell.run("%%liveimport\nimport low\nfrom low import *")
    shell.run("a = [Net(), run]\nb = low.Net.go")
    project.write("base.py", "x = 22\n")
    assert shell.run("1").report.splitlines()[2:] == [
        f"a[0] is {NET}{MADE}",
        f"b is the old low.Net.go{MADE}",
    ]


def test_what_a_cell_imported_of_a_bystander(shell, project):
    """The name of an ordinary import keeps what the bystander had."""
    project.write("low.py", SOURCE)
    project.write("helper.py", "from low import Net\ndef make_net(): return Net()\n")
    shell.run("%%liveimport\nimport low")
    shell.run("from helper import make_net as a")
    project.write("low.py", f"{SOURCE}# edited")
    report = shell.run("1").report.splitlines()
    assert report[1:] == [
        "Reloaded helper because low reloaded",
        f"a is the old helper.make_net{MADE}",
    ]


def test_a_class_that_is_gone(held):
    """Its objects are of an old version too; a registered name is told only once."""
    said = held("a = Net()", SOURCE.replace("Net", "Other"))
    assert said == [
        "Net keeps its last value: low no longer has Net",
        f"a is {NET}{MADE}",
    ]


def test_no_more_than_ten(held):
    """The list is bounded, and says how many more there are."""
    report = held("\n".join(f"a{number} = Net()" for number in range(30)))
    assert len(report) == 11
    assert report[-1] == "20 more names hold old objects (`%liveimport old` lists all)"


def test_a_compiled_class(held, shell):
    """It may say that it is of a module that does not show it, as some of numpy do."""
    shell.run("import collections, low\nlow.__name__ = 'low'")
    assert held("a = collections.OrderedDict()\ntype(a)") == []


def test_objects_that_refuse_to_be_looked_at(held, shell, project):
    """They are passed over, and what stands beside them is told all the same."""
    code = """
class Odd(type):
    def __getattribute__(self, name): raise RuntimeError(name)
class K(metaclass=Odd):
    def __getattribute__(self, name): raise RuntimeError(name)
    __class__ = property(lambda self: 1 / 0)
    __dict__ = property(lambda self: 1 / 0)
k = K()
many = [k, K, Net()]
"""
    assert held(code) == [f"many[2] is {NET}{MADE}"]


def test_nothing_is_woken(held, shell):
    """No code of an object runs when it is looked at."""
    code = """
woken = []
class Lazy:
    def __getattr__(self, name): woken.append(name)
    def __eq__(self, other): woken.append("eq")
    def __hash__(self): return 1
    def __len__(self): woken.append("len")
    def __iter__(self): woken.append("iter")
    @property
    def value(self): woken.append("value")
class LazyDict(dict):
    def items(self): woken.append("items")
    def __getitem__(self, key): woken.append("getitem")
a = Lazy()
b = LazyDict(k=Lazy())
b["net"] = Net()
"""
    assert held(code) == [f"b['net'] is {NET}{MADE}"]
    assert shell.names["woken"] == []


def test_the_bound(held, monkeypatch):
    """When the time is over, the report says that not all was searched."""
    monkeypatch.setattr(tracker, "_LEAST_S", 0.0)
    monkeypatch.setattr(tracker, "_SHARE", 0.0)
    report = held("a = [object() for _ in range(1000)]\nb = [[Net()]]")
    assert report == [
        "not all was searched for old objects (`%liveimport old` searches the rest)"
    ]


def test_a_container_with_too_many_entries(held):
    """What is beyond the first ten thousand is left out, and the report says so."""
    report = held("a = [object() for _ in range(10_001)]")
    assert report == [
        "not all was searched for old objects (`%liveimport old` searches the rest)"
    ]


def test_the_bound_holds():
    """Once the time is over, the search looks at a handful of objects more, and no further."""
    names = {f"a{number}": [[[number]] for _ in range(1000)] for number in range(50)}
    definitions = Definitions(frozenset(), {})
    looked = []
    definitions.old = looked.append
    assert not search(names.items(), definitions, bounds=Bounds(deadline=0.0)).is_complete
    assert len(looked) < 100


def test_names_come_first():
    """All names are looked at before what they hold is even listed."""
    names = {"a": [[number] for number in range(1000)], "b": "plain", "c": {}}
    definitions = Definitions(frozenset(), {})
    looked = []
    definitions.old = looked.append
    search(names.items(), definitions)
    assert looked[:3] == list(names.values())


def test_a_long_history(shell, project):
    """Which cell made a name is looked for as long as there is time."""
    project.write("low.py", SOURCE)
    shell.run("%%liveimport\nfrom low import Net")
    shell.run("a = Net()")
    cells = shell.ipython.history_manager.input_hist_parsed
    cells += ["\n".join(f"b{n} = 'a'" for n in range(2000))] * 200
    project.write("low.py", f"{SOURCE}# edited")
    began = time.monotonic()
    report = shell.run("1").report.splitlines()
    assert report[1:] == [f"a is {NET}"]
    assert time.monotonic() - began < 1
