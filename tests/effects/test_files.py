"""Stamps and bytes of files."""

import errno
import os
import time

import pytest

from liveimport.core.snapshot import Stamp
from liveimport.core.source import digest_of
from liveimport.effects.files import (
    FINE_RACY_NS,
    RACY_NS,
    RealPaths,
    is_racy,
    read,
    source_of,
    stamp_of,
)

TICK = 10_000_000
"""The finest tick, in ns, of the file systems whose clocks are coarse."""


def test_a_stamp_is_what_stat_says(project):
    """A stamp holds mtime and ctime in nanoseconds, size and inode."""
    project.write("low.py", "x = 1\n")
    stat = os.stat("low.py")
    expected = Stamp(stat.st_mtime_ns, 6, stat.st_ino, stat.st_ctime_ns)
    assert stamp_of(project.path("low.py")) == expected


@pytest.mark.parametrize("path", ["nowhere.py", "nowhere/low.py", "nul\0.py", "x" * 5000])
def test_no_file_no_stamp(project, path):
    """What cannot be a file has no stamp, and cannot be read."""
    assert stamp_of(path) is None
    assert read(path) is None


@pytest.mark.parametrize(
    ("mtime", "ctime", "racy"),
    [
        (-RACY_NS, -RACY_NS, False),
        (-RACY_NS + TICK, -RACY_NS, True),
        (-RACY_NS, -RACY_NS + TICK, True),
        (10**12, -RACY_NS, True),
        (-RACY_NS + 1, -RACY_NS, True),
        (-RACY_NS, -RACY_NS + 1, True),
        (-FINE_RACY_NS - 1, -FINE_RACY_NS - 1, False),
        (-FINE_RACY_NS + 1, -FINE_RACY_NS - 1, True),
        (-FINE_RACY_NS - 1, -FINE_RACY_NS + 1, True),
        (10**12 + 1, -FINE_RACY_NS - 1, True),
    ],
)
def test_a_young_stamp_is_racy(mtime, ctime, racy):
    """Either time decides: younger than the bound, or in the future, may hide a write.

    The bound is lower where both are more exact than the clocks of coarse file systems.
    """
    now = 10**18
    assert is_racy(Stamp(now + mtime, 1, 1, now + ctime), now) is racy


def test_read_gives_the_bytes_with_their_stamp(project):
    """A reading holds the bytes as they are, and the stamp of the file."""
    project.write("low.py", b"\xff\xfe\r\n")
    reading = read(project.path("low.py"))
    assert (reading.data, reading.trouble, reading.errno) == (b"\xff\xfe\r\n", "", 0)
    assert reading.stamp == stamp_of(project.path("low.py"))


def test_a_directory_instead_of_a_file(project):
    """What cannot be read is told with the system's reason, and raises nothing."""
    os.mkdir("low.py")
    reading = read(project.path("low.py"))
    assert (reading.data, reading.errno) == (b"", errno.EISDIR)
    source = source_of(reading, "")
    assert (source.errno, source.trouble) == (errno.EISDIR, os.strerror(errno.EISDIR))
    assert source.contents.binds.names == frozenset()


def test_digests_tell_bytes_apart():
    """Equal bytes have one digest, others another."""
    assert digest_of(b"x = 1") == digest_of(b"x = 1") != digest_of(b"x = 2")


def test_a_source_says_what_it_binds_and_imports(project):
    """A source holds what its bytes say, imports relative to the package given."""
    text = "from . import a\nx = 1\n"
    project.write("low.py", text)
    source = source_of(read(project.path("low.py")), "pack")
    assert source.data == text.encode()
    assert source.digest == digest_of(text.encode())
    assert [binding.statement for binding in source.contents.imports] == ["from pack import a"]
    assert source.contents.binds.names == {"a", "x"}
    assert (source.trouble, source.errno) == ("", 0)


def test_a_source_knows_whether_it_is_racy(project):
    """A file written just now is racy, one that is long untouched is not."""
    project.write("low.py", "")
    project.dated("low.py", -60, now=time.time())
    assert source_of(read(project.path("low.py")), "").racy is True
    stamp = stamp_of(project.path("low.py"))
    assert is_racy(stamp, stamp.mtime_ns + RACY_NS) is False


def test_real_paths_are_those_of_the_system(project):
    """Of files, links to files, and files below links to folders, however often asked."""
    project.write("folder/deep/low.py", "")
    os.symlink("folder", "linked")
    os.symlink("deep", "folder/again")
    os.symlink("folder/deep/low.py", "low.py")
    real_path = RealPaths()
    below = (
        "folder/deep",
        "linked/deep",
        "linked/again",
        "folder/again",
        "linked/../linked/deep",
    )
    for _ in range(2):
        for path in ("low.py", "nowhere.py", *(f"{folder}/low.py" for folder in below)):
            full = project.path(path)
            assert real_path(full) == os.path.realpath(full)
        assert real_path.folder("linked") == project.path("folder")
        assert real_path.folder(os.sep) == os.sep
