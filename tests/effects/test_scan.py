"""stat, read, `sys.modules` → Snapshot."""

import os
import time

import pytest
from attrs import evolve
from pyrsistent import pmap

import liveimport
from liveimport.core.source import Contents
from liveimport.core.state import Module, State
from liveimport.effects.files import stamp_of
from liveimport.effects.scan import begin, changes, changes_of_others, files_of, refreshed


def known(project, *names, racy=False, **changed):
    """Returns the State that tracks modules of the project, their files as they are now.

    What is `changed` of a stamp is not as it is.
    """
    modules = {}
    for name in names:
        path = project.path(f"{name}.py")
        stamp = stamp_of(path)
        if stamp is not None:
            stamp = stamp._replace(**changed)
        modules[name] = Module(name, path=path, stamp=stamp, racy=racy, contents=Contents())
    return State(modules=pmap(modules), tracked=names)


def seen(state):
    """Returns what a look at the tracked files of the State shows."""
    files = files_of(state)
    assert changes_of_others(files) == {}
    return changes(files)


def test_all_files_that_were_read_are_watched(session, project, live):
    """Those of tracked modules, and apart from them those that are tracked no more."""
    project.write_all(low="x = 1", top="import low, sys, math", other="")
    live("import other", names := {})
    liveimport.plan()
    live("import top, sys", names, clear=True)
    files = files_of(session.state)
    tracked = [file for chunk in files.chunks for file in chunk.files]
    assert [file.path for file in tracked] == list(map(project.path, ["top.py", "low.py"]))
    assert [file.name for file in tracked] == ["top", "low"]
    assert [file.name for file in files.others] == ["other"]
    assert [file.path for file in files.others] == [project.path("other.py")]


def test_unchanged_files_are_not_seen(project):
    """A file whose stamp is the known one is left out."""
    project.write_all(one="", two="")
    assert seen(known(project, "one", "two")) == {}


def test_changes_are_seen_whatever_they_are(project):
    """Other bytes, another time, another file in its place, no file: each is seen."""
    names = ["same", "longer", "older", "replaced", "gone"]
    project.write_all(**dict.fromkeys(names, "x = 1"))
    state = known(project, *names)
    project.write("longer.py", "x = 10")
    project.dated("older.py", 100, now=time.time())
    project.write("other.py", "x = 1")
    os.replace("other.py", "replaced.py")
    project.remove("gone.py")
    stamps = seen(state)
    assert list(stamps) == ["longer", "older", "replaced", "gone"]
    assert stamps["gone"] is None
    assert stamps["longer"] == stamp_of(project.path("longer.py"))


@pytest.mark.parametrize("field", ["mtime_ns", "size", "inode", "ctime_ns"])
def test_each_number_of_a_stamp_counts(project, field):
    """A file of which only one number differs may have changed."""
    project.write_all(one="x = 1")
    state = known(project, "one", **{field: 7})
    assert seen(state) == {"one": stamp_of(project.path("one.py"))}


@pytest.mark.parametrize("place", [0, 63, 64, 65, 129])
def test_each_of_many_files_counts(project, place):
    """Wherever it stands among them, before a sync and after one that took note of it."""
    names = [f"m{number}" for number in range(130)]
    project.write_all(**dict.fromkeys(names, ""))
    state = known(project, *names)
    project.write(f"m{place}.py", "x = 1")
    stamp = stamp_of(project.path(f"m{place}.py"))
    assert seen(state) == {f"m{place}": stamp}
    module = evolve(state.modules[f"m{place}"], stamp=stamp)
    now = evolve(state, modules=state.modules.set(module.name, module))
    noted = refreshed(files_of(state), now, [module.name])
    assert changes(noted) == {}
    assert noted == files_of(now)


def test_where_no_file_is_expected(project):
    """A file that is known to be away is seen when it is there, and not while it is not."""
    state = known(project, "one")
    assert seen(state) == {}
    project.write_all(one="")
    assert seen(state) == {"one": stamp_of(project.path("one.py"))}


def test_files_that_are_tracked_no_more_are_looked_at_with_the_others(project):
    """Only when something is to be done: an idle sync leaves them alone."""
    project.write_all(one="", two="")
    state = evolve(known(project, "one", "two"), tracked=("one",))
    project.write("two.py", "x = 1")
    files = files_of(state)
    assert changes(files) == {}
    assert changes_of_others(files) == {"two": stamp_of(project.path("two.py"))}


def test_racy_files_are_always_seen(project):
    """A racy file is to be compared by content, though its stamp is the same."""
    project.write_all(one="")
    state = known(project, "one", racy=True)
    assert seen(state) == {"one": stamp_of(project.path("one.py"))}


def test_begin_holds_the_stamps_and_the_time():
    """A snapshot begins with the stamps alone."""
    before = time.time()
    snapshot = begin({"gone": None})
    assert before <= snapshot.now <= time.time()
    assert dict(snapshot.stamps) == {"gone": None}
    assert (len(snapshot.sources), len(snapshot.found)) == (0, 0)
