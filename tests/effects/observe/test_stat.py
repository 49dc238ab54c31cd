"""Did any tracked file change?"""

import os
import time

import pytest
from attrs import evolve
from pyrsistent import pmap

import liveimport
from liveimport.core.model import (
    UNKNOWN_VERSION,
    DependencyGraph,
    Location,
    Module,
    SourceInfo,
    State,
    Version,
)
from liveimport.core.watch_list import updated, watch_list
from liveimport.effects.observe.files import stamp_of
from liveimport.effects.observe.stat import changed_files, changed_untracked


def module_of(project, name: str, *, seen_ns: int | None = None, **numbers: int) -> Module:
    """Returns a module of the project whose file is as it was read, but for these numbers."""
    path = project.path(f"{name}.py")
    stamp = stamp_of(path)
    version = UNKNOWN_VERSION
    if stamp is not None:
        version = Version(stamp._replace(**numbers), "digest", seen_ns=seen_ns)
    return Module(name, location=Location(path, path), version=version, source=SourceInfo())


def state_of(*modules: Module, tracked: tuple[str, ...] | None = None) -> State:
    """Returns the State that tracks these modules, or those that are named."""
    names = tuple(module.name for module in modules) if tracked is None else tracked
    by_name = pmap({module.name: module for module in modules})
    return State(modules=by_name, graph=DependencyGraph(tracked=names))


def changes_since(state: State) -> dict:
    """Returns what changed of the tracked files of a State in which all is tracked."""
    watched = watch_list(state)
    assert changed_untracked(watched) == {}
    return changed_files(watched)


def stamp_now(project, name: str):
    """Returns the stamp of a module's file."""
    return stamp_of(project.path(f"{name}.py"))


def test_files_that_did_not_change(project):
    """A file with the stamp that the State has is left out."""
    project.write_all(one="", two="")
    assert changes_since(state_of(module_of(project, "one"), module_of(project, "two"))) == {}


def test_nothing_is_tracked():
    """A State that tracks nothing has nothing to stat."""
    assert changes_since(State()) == {}
    assert changes_since(state_of(Module("sys"))) == {}


def test_every_kind_of_change(project):
    """Other bytes, another time, another file in its place, no file: each is a change."""
    names = ["same", "longer", "older", "replaced", "gone"]
    project.write_all(**dict.fromkeys(names, "x = 1"))
    state = state_of(*(module_of(project, name) for name in names))
    project.write("longer.py", "x = 10")
    project.dated("older.py", 100, now=time.time())
    project.write("other.py", "x = 1")
    os.replace("other.py", "replaced.py")
    assert list(changes_since(state)) == ["longer", "older", "replaced"]
    project.remove("gone.py")
    assert changes_since(state) == {
        "longer": stamp_now(project, "longer"),
        "older": stamp_now(project, "older"),
        "replaced": stamp_now(project, "replaced"),
        "gone": None,
    }


@pytest.mark.parametrize("field", ["mtime_ns", "size", "inode", "ctime_ns"])
@pytest.mark.parametrize("one_is_gone", [False, True])
def test_each_number_of_a_stamp_counts(project, field, one_is_gone):
    """A file of which only one number differs may have changed, whatever became of others."""
    project.write_all(one="x = 1", two="")
    state = state_of(module_of(project, "two"), module_of(project, "one", **{field: 7}))
    if one_is_gone:
        project.remove("two.py")
    expected = {"one": stamp_now(project, "one")}
    assert changes_since(state) == ({"two": None, **expected} if one_is_gone else expected)


@pytest.mark.parametrize("place", [0, 63, 64, 65, 129])
def test_each_of_many_files_counts(project, place):
    """A change is found wherever the file stands, and not again once the list has it."""
    names = [f"m{number}" for number in range(130)]
    project.write_all(**dict.fromkeys(names, ""))
    state = state_of(*(module_of(project, name) for name in names))
    name = f"m{place}"
    project.write(f"{name}.py", "x = 1")
    assert changes_since(state) == {name: stamp_now(project, name)}
    after = evolve(state, modules=state.modules.set(name, module_of(project, name)))
    watched = updated(watch_list(state), after, [name])
    assert changed_files(watched) == {}
    assert watched == watch_list(after)


def test_changes_of_every_kind_in_each_slice(project):
    """A file that is gone hides no change of another, however far away."""
    names = [f"m{number}" for number in range(200)]
    project.write_all(**dict.fromkeys(names, ""))
    state = state_of(*(module_of(project, name) for name in names))
    changed = ("m3", "m4", "m70", "m71", "m199")
    project.remove("m3.py")
    project.remove("m70.py")
    for name in ("m4", "m71", "m199"):
        project.write(f"{name}.py", "x = 1")
    assert changes_since(state) == {name: stamp_now(project, name) for name in changed}


def test_no_file_is_expected(project):
    """A file that is known to be gone is a change when it is back, and not before."""
    state = state_of(module_of(project, "one"))
    assert changes_since(state) == {}
    project.write_all(one="")
    assert changes_since(state) == {"one": stamp_now(project, "one")}


def test_files_that_are_not_settled_are_always_changed(project):
    """Another write may hide behind the stamp, so the bytes have to be compared."""
    project.write_all(one="", two="")
    state = state_of(module_of(project, "two"), module_of(project, "one", seen_ns=0))
    assert changes_since(state) == {"one": stamp_now(project, "one")}
    project.remove("one.py")
    assert changes_since(state) == {"one": None}


def test_paths_that_stat_refuses(project):
    """A path that cannot be a file's counts as no file."""
    odd = Module("odd", location=Location("nul\0.py"), source=SourceInfo())
    assert changes_since(state_of(odd)) == {}
    known = odd._replace(version=Version(stamp=stamp_of(os.__file__)))
    assert changes_since(state_of(known)) == {"odd": None}


def test_untracked_files_are_separate(project):
    """They do not count for an idle sync, but whoever plans can ask for them."""
    project.write_all(one="", two="", three="")
    modules = (module_of(project, name) for name in ("one", "two", "three"))
    watched = watch_list(state_of(*modules, tracked=("one",)))
    assert (changed_files(watched), changed_untracked(watched)) == ({}, {})
    project.write("two.py", "x = 1")
    project.remove("three.py")
    assert changed_files(watched) == {}
    expected = {"two": stamp_now(project, "two"), "three": None}
    assert changed_untracked(watched) == expected


def test_the_list_of_a_session(session, project, live):
    """It has the files of tracked modules, and apart those of modules no longer tracked."""
    project.write_all(low="x = 1", top="import low, sys, math", other="")
    live("import other", names := {})
    liveimport.plan()
    live("import top, sys", names, clear=True)
    watched = watch_list(session.state)
    tracked = [
        (file.module, file.path)
        for files in watched.slices
        for file in files
        if file.module not in watched.not_followed
    ]
    assert tracked == [("top", project.path("top.py")), ("low", project.path("low.py"))]
    [other] = watched.untracked
    assert (other.module, other.path) == ("other", project.path("other.py"))
    assert "other" in watched.not_followed
    assert watched.not_followed.isdisjoint(["top", "low", "sys", "math"])
