"""Stamps and the other values that a scan fills in."""

import pytest
from pyrsistent import pmap

from liveimport.core.snapshot import ABSENT, Found, Snapshot, Source, Stamp, Unseen, Wanted

STAMP = Stamp(mtime_ns=1_500_000_000, size=10, inode=7, ctime_ns=2)


def test_mtime_is_in_seconds():
    """What users see of a stamp is in seconds since the epoch."""
    assert STAMP.mtime == 1.5


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"mtime_ns": 1_500_000_001}, False),
        ({"mtime_ns": 1_499_999_999}, False),
        ({"size": 9}, False),
        ({"inode": 8}, False),
        ({"ctime_ns": 3}, True),
    ],
)
def test_a_version_is_mtime_size_and_inode(change, same):
    """Promise 4: a change in any of the three, in any direction, is another version."""
    assert STAMP.same_version(STAMP._replace(**change)) is same


def test_stamps_are_compared_with_their_status_change_time():
    """It cannot be set back, so a stamp that differs in it alone is worth a look."""
    assert STAMP._replace(ctime_ns=3) != STAMP


def test_nothing_unseen_is_falsy():
    """The loop of scans ends when nothing is asked for."""
    assert not Unseen()
    assert Unseen(names=("a",))
    assert Unseen(sources=(Wanted("a", "/project/a.py", ""),))


def test_absent_is_neither_loaded_nor_to_be_found():
    """What an import would not find."""
    assert Found(loaded=False, exists=False) == ABSENT


def test_values_print_short():
    """Bytes and maps are counted or left out."""
    source = Source(STAMP, racy=False, data=b"secret", digest="digest")
    snapshot = Snapshot(0.0, pmap({"a": STAMP, "b": None}), pmap({"a": source}), pmap())
    assert repr(snapshot) == "Snapshot(2 stamps, 1 sources, 0 found)"
    assert "secret" not in repr(source)
