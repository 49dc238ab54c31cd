"""Classes whose annotations nobody looks up as they are made."""

import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] not in ((3, 12), (3, 13)), reason="no sys.monitoring"
)

BODY = "\n    x: low.Rate = 1\n    def f(self, y: low.Rate) -> low.Rate: pass\n"
HELPERS = (
    "from __future__ import annotations\nimport abc, enum, dataclasses, functools, low\n"
    "class Meta(type): pass\n"
    "class Hooked:\n    def __init_subclass__(cls): pass\n"
    "class Aware:\n    def __set_name__(self, owner, name): pass\n"
    "class Base: pass\n"
)


@pytest.fixture
def reads(traces):
    """Imports a class, and returns whether what it is annotated with counts as read."""

    def of(head, more=""):
        found = traces(low="class Rate: pass", m=f"{HELPERS}{head}{BODY}{more}")
        return ("m", ("low", "Rate")) in found["m"].loads

    return of


@pytest.mark.parametrize(
    ("head", "more"),
    [
        ("class C:", ""),
        ("class C(Base):", ""),
        ("class C(abc.ABC):", ""),
        ("class C(Exception):", "    p = property(f)\n    q = functools.cached_property(f)"),
        ("class C:", "class D(C): pass"),
    ],
)
def test_nobody_looks_up_annotations_of_a_plain_class(reads, head, more):
    """They are texts, and stay such."""
    assert not reads(head, more)


@pytest.mark.parametrize(
    ("head", "more"),
    [
        ("class C(metaclass=Meta):", ""),
        ("class C(enum.Enum):", ""),
        ("class C(Hooked):", ""),
        ("@dataclasses.dataclass\nclass C:", ""),
        ("class C:", "    a = Aware()"),
        ("class C:", "c = C()"),
        ("class C:", "C = len"),
        ("class C:", "def f(): return C\nf()"),
    ],
)
def test_whoever_gets_a_class_may_look_them_up(reads, head, more):
    """As it is made, or afterwards."""
    assert reads(head, more)
