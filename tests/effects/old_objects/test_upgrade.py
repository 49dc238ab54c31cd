"""`liveimport.upgrade`: instances of old classes get the present ones, all of them or none."""

import pytest

import liveimport

BEFORE = """\
import enum
from typing import NamedTuple

class Net:
    version = 1
    def __init__(self, *parts): self.parts = parts
class Part(Net): pass
class Slots:
    __slots__ = ("a", "b")
class Both(Slots):
    pass
class Point(NamedTuple):
    x: int = 1
class Colour(enum.Enum):
    RED = 1
class Number(int): pass
class Guarded:
    def __setattr__(self, name, value): raise AttributeError(name)
    __class__ = property(lambda self: 1 / 0)
def make():
    class Made:
        def go(self): return 1
    return Made()
def run(): pass
"""
AFTER = BEFORE.replace("version = 1", "version = 2")


@pytest.fixture
def edited(shell, project):
    """Runs a cell, edits the module, and returns the names."""
    project.write("low.py", BEFORE)
    shell.run("%%liveimport\nimport liveimport, low\nfrom low import *")

    def after(code, new=AFTER):
        shell.run(code).result.raise_error()
        project.write("low.py", new)
        assert "Reloaded low" in shell.run("1").report
        return shell.names

    return after


def test_an_instance(edited):
    """It keeps its attributes and gets the new class; what changed is returned."""
    names = edited("a = Net(1)")
    upgrade = liveimport.upgrade(names["a"])
    assert type(names["a"]) is names["Net"]
    assert (names["a"].version, names["a"].parts) == (2, (1,))
    assert upgrade.upgraded == (liveimport.Upgraded("low.Net", by_hook=False, total=1),)
    assert str(upgrade) == "1 object is an instance of the present low.Net now"


def test_several(edited):
    """An object that is given twice counts once."""
    names = edited("a, b = Net(), Part()")
    upgrade = liveimport.upgrade(names["a"], names["b"], names["a"])
    assert [type(names[n]) is names[c] for n, c in (("a", "Net"), ("b", "Part"))] == [True] * 2
    assert [one.total for one in upgrade.upgraded] == [1, 1]


@pytest.mark.parametrize("code", ["a = 1", "a = [Net()]", "a = low", "class A: pass\na = A()"])
def test_nothing_to_upgrade(edited, code):
    """What is not old stays, and what an object holds too unless it is asked for."""
    upgrade = liveimport.upgrade(edited(code)["a"])
    assert not upgrade
    assert str(upgrade) == "Nothing to upgrade: no object is an instance of an old class"


def test_what_is_nested(edited):
    """With `deep`, all that an object leads to is upgraded, through old objects too."""
    names = edited("inner = Net()\na = {'k': [Net(Part(), Net(inner))], 's': {Net()}}")
    names["loop"] = names["a"]["k"]
    names["loop"].append(names["loop"])
    upgrade = liveimport.upgrade(names["a"], deep=True)
    assert [(one.name, one.total) for one in upgrade.upgraded] == [("low.Net", 4), ("low.Part", 1)]  # fmt: skip
    assert names["inner"].version == 2
    assert not liveimport.upgrade(names["a"], names["inner"], deep=True)


def test_more_than_a_search_looks_at(edited):
    """`deep` has no bounds: long containers and long chains are upgraded to the end."""
    names = edited("a = [Net() for _ in range(10_500)]\nb = Net()\nfor _ in range(50): b = [b]")
    upgrade = liveimport.upgrade(names["a"], names["b"], deep=True)
    assert upgrade.upgraded[0].total == 10_501


def test_slots(edited):
    """Slots that are the same agree."""
    names = edited("a = Slots()\na.a = 3")
    liveimport.upgrade(names["a"])
    assert type(names["a"]) is names["Slots"]
    assert names["a"].a == 3


def test_a_class_that_guards_its_objects(edited):
    """Its `__setattr__` and its properties are not asked."""
    names = edited("a = Guarded()")
    liveimport.upgrade(names["a"])
    assert type(names["a"]) is names["Guarded"]


REFUSED = [
    ("Slots()", AFTER.replace('"b")', '"c", "d")'), "its slots are others now: without b; with c and d"),
    ("Slots()", AFTER.replace("__slots__", "slots"), "its slots are others now: without a and b"),
    ("Guarded()", AFTER.replace("class Guarded:", "class Guarded(dict):"), "Python refuses: 'Guarded' object layout differs from 'Guarded'"),
    ("Both()", AFTER, "Python refuses: 'Both' object layout differs from 'Both'"),
    ("Number()", AFTER.replace("Number(int)", "Number(float)"), "Python refuses: 'Number' object layout differs from 'Number'"),
    ("Point()", AFTER.replace("x: int = 1", "x: int = 1; y: int = 2"), "the fields of the tuple are others now"),
    ("Colour.RED", AFTER, "it is a member of an enumeration; take the new member"),
    ("Net()", AFTER.replace("Net", "Other"), "low.Net is gone"),
    ("Net()", AFTER.replace("class Net:", "Net = 1\nclass Other:").replace("Part(Net)", "Part(Other)"), "low.Net is no class any more"),
    ("make()", AFTER, "its class was made in make, and cannot be found by a name"),
    ("type('Sub', (Net,), {'__module__': '__main__'})()", AFTER, "__main__.Sub is gone"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "new", "why"), REFUSED)
def test_what_cannot_be(edited, made, new, why):
    """The error says why, and no other object has changed."""
    names = edited(f"a, b = Part(), {made}", new)
    old = type(names["a"]), type(names["b"])
    with pytest.raises(TypeError) as caught:
        liveimport.upgrade(names["a"], names["b"])
    assert str(caught.value).endswith(f" cannot be upgraded: {why}; nothing was changed")
    assert (type(names["a"]), type(names["b"])) == old
    with pytest.raises(TypeError) as caught:
        liveimport.upgrade([names["a"], {"k": names["b"]}], deep=True)
    assert str(caught.value).endswith(
        f": {why} (it is the object's [1]['k']); nothing was changed"
    )
    assert (type(names["a"]), type(names["b"])) == old


@pytest.mark.parametrize(
    ("made", "what"),
    [
        ("Net", "the old low.Net"),
        ("run", "the old low.run"),
        ("type('Sub', (Net,), {'__module__': '__main__'})", "a subclass of the old low.Net"),
    ],
)
def test_what_is_no_instance(edited, made, what):
    """A class or function cannot be upgraded itself."""
    names = edited(f"a = {made}")
    with pytest.raises(TypeError, match=f"only instances can be upgraded, and this is {what}"):
        liveimport.upgrade(names["a"])
    assert not liveimport.upgrade([names["a"]], deep=True)


def test_a_class_of_the_notebook(edited, shell):
    """Its cell has to run again first."""
    sub = "class Sub(Net): pass\n"
    names = edited(f"{sub}a = Sub()")
    with pytest.raises(
        TypeError, match=r"the present __main__\.Sub is a subclass of an old class"
    ):
        liveimport.upgrade(names["a"])
    shell.run(sub)
    liveimport.upgrade(names["a"])
    assert (type(names["a"]), names["a"].version) == (names["Sub"], 2)


HOOK = """\
    def __liveimport_upgrade__(self, old_class):
        self.came_from = old_class.version
"""


def test_the_method_of_the_class(edited):
    """It is called with the old class once the object has the new one; subclasses inherit it."""
    names = edited(
        "a = Net(Part())", AFTER.replace("    version = 2\n", f"    version = 2\n{HOOK}")
    )
    upgrade = liveimport.upgrade(names["a"], deep=True)
    assert (names["a"].came_from, names["a"].parts[0].came_from) == (1, 1)
    assert str(upgrade).splitlines() == [
        f"1 object is an instance of the present low.{name} now, "
        "upgraded by its __liveimport_upgrade__"
        for name in ("Net", "Part")
    ]


def test_a_method_that_fails(edited):
    """Its error comes out, and all objects are as before, attributes too."""
    hook = HOOK + "        del self.parts\n        self.a = 1 / self.good\n"
    names = edited(
        "a, b, c = Net(1), Net(2), Part()\na.good = 1\nb.good = 0",
        AFTER.replace("    version = 2\n", f"    version = 2\n{hook}"),
    )
    before = {n: (type(names[n]), dict(vars(names[n]))) for n in "abc"}
    with pytest.raises(ZeroDivisionError) as caught:
        liveimport.upgrade(names["a"], names["b"], names["c"])
    frames = [frame.name for frame in caught.traceback]
    assert frames == ["test_a_method_that_fails", "__liveimport_upgrade__"]
    assert {n: (type(names[n]), dict(vars(names[n]))) for n in "abc"} == before


def test_a_method_that_fails_with_slots(edited):
    """Slots are put back: those that were set, and those that were not."""
    hook = """\
    def __liveimport_upgrade__(self, old_class):
        self.a, self.b = 5, 6
        1 / 0
"""
    new = AFTER.replace('__slots__ = ("a", "b")\n', f'__slots__ = ("a", "b")\n{hook}')
    names = edited("a = Slots()\na.a = 1", new)
    with pytest.raises(ZeroDivisionError):
        liveimport.upgrade(names["a"])
    assert (names["a"].a, hasattr(names["a"], "b")) == (1, False)
    assert type(names["a"]) is not names["Slots"]


def test_in_a_script(session, project):
    """There need not be a notebook."""
    project.write("low.py", BEFORE)
    namespace = {}
    liveimport.register(namespace, "from low import Net", execute=True)
    net = namespace["Net"]()
    project.write("low.py", AFTER)
    liveimport.sync()
    liveimport.upgrade(net)
    assert type(net) is namespace["Net"]


def test_before_any_sync(session):
    """Nothing is old then."""
    assert not liveimport.upgrade(object())


def test_deep_is_true_or_false(session):
    """Anything else is a mistake."""
    with pytest.raises(ValueError, match="deep"):
        liveimport.upgrade(deep="yes")
