"""What `os.stat` says where files are on servers, or in file systems of other kinds.

The laws in `property_tests/test_stamps.py` draw such servers. These are the ones that were met.
"""

import itertools
import os
from types import SimpleNamespace

import pytest

import liveimport

SECOND = 10**9


def says(**changes):
    """Returns what a file system says, whose numbers are changed like this."""

    def answer(found):
        values = {name: getattr(found, name) for name in dir(found) if name[:3] == "st_"}
        for name, change in changes.items():
            values[name] = change(values[name])
        return SimpleNamespace(**values)

    return answer


def always_others():
    """Returns a file system that gives a file another inode number whenever it is asked."""
    numbers = itertools.count(1)
    return says(st_ino=lambda _: next(numbers))


def behind_and_renumbered():
    """Returns a file system whose clock is behind and coarse, with other numbers each time."""
    behind = says(st_mtime_ns=lambda ns: (ns // SECOND - 10) * SECOND)
    renumbered = always_others()
    return lambda found: renumbered(behind(found))


FILE_SYSTEMS = {
    "inode numbers change with each stat, as over sshfs": always_others,
    "there are no inode numbers": lambda: says(st_ino=lambda _: 0),
    "the clock of the server is 10 s behind": lambda: says(
        st_mtime_ns=lambda ns: ns - 10 * SECOND, st_ctime_ns=lambda ns: ns - 10 * SECOND
    ),
    "the clock of the server is 10 s ahead": lambda: says(
        st_mtime_ns=lambda ns: ns + 10 * SECOND, st_ctime_ns=lambda ns: ns + 10 * SECOND
    ),
    "times are whole seconds": lambda: says(
        st_mtime_ns=lambda ns: ns // SECOND * SECOND,
        st_ctime_ns=lambda ns: ns // SECOND * SECOND,
    ),
    "times are of two seconds, as on FAT": lambda: says(
        st_mtime_ns=lambda ns: ns // (2 * SECOND) * 2 * SECOND, st_ctime_ns=lambda _: SECOND
    ),
    "ctime is when the file was made, as on Windows": lambda: says(
        st_ctime_ns=lambda _: SECOND
    ),
    "whole seconds, 10 s behind, and other inode numbers": behind_and_renumbered,
}


@pytest.fixture(params=FILE_SYSTEMS)
def file_system(request, project, monkeypatch):
    """Has the source files of the project on such a file system."""
    answer = FILE_SYSTEMS[request.param]()
    sources = {".py"}

    def other(real, path_of):
        def stat(which, *args, **options):
            found = real(which, *args, **options)
            path = str(path_of(which))
            is_source = os.path.splitext(path)[1] in sources
            return answer(found) if is_source and str(project.folder) in path else found

        return stat

    fstat, opened = os.fstat, {}
    real_open = os.open

    def noted(path, *args, **options):
        file = real_open(path, *args, **options)
        opened[file] = path
        return file

    monkeypatch.setattr(os, "open", noted)
    monkeypatch.setattr(os, "stat", other(os.stat, lambda path: path))
    monkeypatch.setattr(os, "fstat", other(fstat, lambda file: opened.get(file, "")))


def ran(outcome):
    """Returns the modules that ran."""
    return [event.module for event in outcome.events]


def test_each_edit_is_seen_and_nothing_runs_for_nothing(file_system, project, session, live):
    """Also edits that keep the size, one right after the other."""
    project.write_all(low="x = 1", other="y = 1", top="import low, other")
    names = live("import top")
    for _ in range(3):
        assert not liveimport.sync()
    for value in range(2, 6):
        project.write_all(low=f"x = {value}")
        assert ran(liveimport.sync()) == ["low", "top"]
        assert names["top"].low.x == value
        assert not liveimport.sync()


def test_an_edit_before_it_is_registered(file_system, project, session):
    """What was imported since LiveImport came is compared with its file."""
    session.install()
    project.write_all(low="x = 1")
    low = __import__("low")
    project.write_all(low="x = 2")
    names = {"low": low}
    liveimport.register(names, "import low")
    liveimport.sync()
    assert low.x == 2
    assert not liveimport.sync()
