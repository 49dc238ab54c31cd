"""Walks through the values of a module."""

from collections import OrderedDict, deque

import pytest

from liveimport.effects.loaded.walk import MOST_ENTRIES, Homes, Walk, is_plain


class Own:
    """Something else than a number or a text."""


@pytest.mark.parametrize(
    ("container", "plain"),
    [
        ({"a": 1, "b": None}, True),
        ([1, "a", b"", len], True),
        ((), True),
        ({1, 2}, True),
        (deque([1.5]), True),
        (OrderedDict(a=1), True),
        ({"a": [1]}, False),
        ([Own], False),
        ({Own: 1}, False),
        ((Own(),), False),
        (range(MOST_ENTRIES + 1), False),
    ],
)
def test_plain_containers(container, plain):
    """They hold numbers, texts and the like only, and are short enough to tell."""
    if isinstance(container, range):
        container = list(container)
    assert is_plain(container) is plain


@pytest.mark.parametrize(
    ("value", "changeable"),
    [([1], True), ({}, True), ((1, 2), False), ([1] * (MOST_ENTRIES + 1), False), ("a", False)],
)
def test_what_can_change(value, changeable):
    """Containers can, but those that are too long are data, and tuples cannot."""
    walk = Walk("m", Homes({}))
    assert walk.enter(value) is changeable
    assert walk.changeable == ([value] if changeable else [])
