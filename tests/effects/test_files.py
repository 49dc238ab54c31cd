"""Stamps and bytes of files."""

import errno
import os
import time
from textwrap import dedent

import pytest

from liveimport.core.snapshot import Stamp
from liveimport.effects.files import (
    RACY_NS,
    digest_of,
    is_racy,
    read,
    read_source,
    stamp_of,
)


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
    assert read_source(path, "") is None


@pytest.mark.parametrize(
    ("mtime", "ctime", "racy"),
    [
        (-RACY_NS - 1, -RACY_NS - 1, False),
        (-RACY_NS, -RACY_NS - 1, False),
        (-RACY_NS + 1, -RACY_NS - 1, True),
        (-RACY_NS - 1, -RACY_NS + 1, True),
        (10**12, -RACY_NS - 1, True),
    ],
)
def test_a_young_stamp_is_racy(mtime, ctime, racy):
    """Either time decides: younger than the bound, or in the future, may hide a write."""
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
    source = read_source(project.path("low.py"), "")
    assert (source.errno, source.trouble) == (errno.EISDIR, os.strerror(errno.EISDIR))
    assert source.contents.names == frozenset()


def test_digests_tell_bytes_apart():
    """Equal bytes have one digest, others another."""
    assert digest_of(b"x = 1") == digest_of(b"x = 1") != digest_of(b"x = 2")


def test_a_source_says_what_it_binds_and_imports(project):
    """A source holds what its bytes say, imports relative to the package given."""
    text = "from . import a\nx = 1\n"
    project.write("low.py", text)
    source = read_source(project.path("low.py"), "pack")
    assert source.data == text.encode()
    assert source.digest == digest_of(text.encode())
    assert [binding.statement for binding in source.contents.imports] == ["from pack import a"]
    assert source.contents.names == {"a", "x"}
    assert (source.trouble, source.errno) == ("", 0)


def test_a_source_knows_whether_it_is_racy(project):
    """A file written just now is racy, one that is long untouched is not."""
    project.write("low.py", "")
    assert read_source(project.path("low.py"), "").racy is True
    stamp = stamp_of(project.path("low.py"))
    assert is_racy(stamp, time.time_ns() + RACY_NS) is False


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (b"x = 1\nx = = 2\n", "invalid syntax (line 2)"),
        (b"# coding: latin-1\nx = '\xe4'\n", ""),
        (b"x = '\xe4'\n", "(unicode error) 'utf-8' codec can't decode"),
        (b"# coding: no-such-code\n", "unknown encoding: no-such-code"),
        (b"x = '\0'\n", "null bytes"),
        (b"return\n", ""),
        (b"\xef\xbb\xbfx = 1\n", ""),
    ],
)
def test_troubles_of_sources(project, data, trouble):
    """What cannot be parsed is told in a line; the bytes are kept all the same."""
    project.write("low.py", data)
    source = read_source(project.path("low.py"), "")
    assert trouble in source.trouble
    assert bool(source.trouble) is bool(trouble)
    assert source.data == data


def test_very_deep_source(project):
    """Nesting that the parser refuses is a trouble like any other."""
    project.write("low.py", dedent(f"x = {'(' * 5000}1{')' * 5000}"))
    assert read_source(project.path("low.py"), "").trouble != ""
