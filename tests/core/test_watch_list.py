"""State → the files to stat, and the stamps to expect."""

import pytest
from attrs import evolve
from pyrsistent import pmap

from liveimport.core.model import (
    DependencyGraph,
    Location,
    Module,
    SourceInfo,
    Stamp,
    State,
    Version,
)
from liveimport.core.watch_list import WatchedFile, WatchList, updated, watch_list

from .worlds import world

STAMP = Stamp(1, 2, 3, 4)
LATER = Stamp(9, 2, 3, 4)


def state_of(*modules, tracked=None):
    """Returns a State that tracks these modules, or only some."""
    names = tuple(module.name for module in modules)
    graph = DependencyGraph(tracked=names if tracked is None else tracked)
    return State(modules=pmap({module.name: module for module in modules}), graph=graph)


def module(name="a", version=Version(STAMP), source=SourceInfo()):  # noqa: B008  # immutable
    """Returns a module with a file."""
    return Module(name, Location(f"/project/{name}.py"), version, source)


def watched(state):
    """Returns the watched files of tracked modules."""
    return [file for file in all_watched(state) if file.module not in others(state)]


def all_watched(state):
    """Returns the files whose change is what a sync looks for."""
    return [file for files in watch_list(state).slices for file in files]


def others(state):
    """Returns the modules whose change is only reported."""
    return watch_list(state).not_followed


def test_an_empty_state_has_nothing_to_watch():
    """There is no slice either."""
    assert watch_list(State()) == WatchList()


def test_tracked_files_are_watched_in_their_order():
    """Modules without a file are left out."""
    state = state_of(module("b"), Module("sys"), module("a"))
    assert watched(state) == [
        WatchedFile("b", "/project/b.py", STAMP, exists=True),
        WatchedFile("a", "/project/a.py", STAMP, exists=True),
    ]
    assert watch_list(state).paths == (("/project/b.py", "/project/a.py"),)
    assert watch_list(state).expected == ((STAMP, STAMP),)
    assert watch_list(state).untracked == ()


@pytest.mark.parametrize(
    ("known", "expected", "exists"),
    [
        (module(), STAMP, True),
        (module(version=Version(STAMP, seen_ns=0)), None, True),
        (module(version=Version()), None, False),
        (module(source=None), None, True),
        (Module("a", Location("/a.so", is_extension=True), Version(STAMP)), STAMP, True),
    ],
)
def test_a_file_without_an_expected_stamp_is_read_whatever_its_stamp(known, expected, exists):
    """Another write may hide behind a stamp that is not settled. A file may never have been read."""
    (file,) = watched(state_of(known))
    assert (file.expected, file.exists) == (expected, exists)


def test_untracked_files_that_were_read_are_watched_apart():
    """They are sorted. A file that was never read does not matter."""
    state = state_of(
        module("c"), module("b"), module("a"), module("unread", source=None), tracked=("b",)
    )
    assert [file.module for file in watched(state)] == ["b"]
    assert [file.module for file in watch_list(state).untracked] == ["a", "c"]
    none = evolve(state, modules=state.modules.set("a", Module("a", source=SourceInfo())))
    assert [file.module for file in watch_list(none).untracked] == ["c"]


def test_modules_of_the_graph_that_are_not_tracked_are_watched_apart():
    """They may be tracked at the next sync: what functions import, and bystanders."""
    drawn = world(a="def f():\n    import b", b="", c="").register("import a")
    assert [file.module for file in watched(drawn.state)] == ["a", "b"]
    assert [file.module for file in watch_list(drawn.state).untracked] == ["c"]
    exact = world(a="def f():\n    import b", b="", c="").follow("top-level")
    state = exact.register("import a").state
    assert [file.module for file in watched(state)] == ["a"]
    assert [file.module for file in watch_list(state).untracked] == ["b"]


def far():
    """Returns a project in which b lies outside the workspace, and c is a bystander."""
    return world(a="import b", b="", c="").move("b", "/far/b.py").register("import a")


def test_other_modules_of_the_project_are_watched_too():
    """With the stamps of their loads. Those that were never read are looked at by themselves."""
    drawn = far()
    stamps = {name: file.stamp for name, file in drawn.files.items()}
    assert [(f.module, f.expected, f.exists) for f in all_watched(drawn.state)[1:]] == [
        ("b", stamps["b"], False),
        ("c", stamps["c"], False),
    ]
    assert others(drawn.state) == {"b", "c"}
    assert watch_list(drawn.state).unread == (
        WatchedFile("b", "/far/b.py", stamps["b"], exists=False),
    )


def test_a_change_that_was_reported_is_expected():
    """So a quiet sync ends at once; the sync that does something sees it again."""
    edited = far().touch("b", "c").sync()
    now = {name: file.stamp for name, file in edited.files.items()}
    assert [f.expected for f in all_watched(edited.state)] == [now[n] for n in "abc"]
    listed = watch_list(edited.state)
    assert listed.unread[0].expected != now["b"]
    assert listed.untracked[0].expected != now["c"]


def test_a_list_is_updated_with_stamps_of_what_is_not_followed():
    """A bystander that ran has a new version."""
    before = world(a="", c="import a").register("import a")
    after = before.touch("a").sync().state
    ran = evolve(before.state, modules=after.modules)
    assert updated(watch_list(before.state), ran, ["a", "c"]) == watch_list(ran)


def test_compiled_modules_of_the_workspace_are_watched():
    """They cannot reload, but a change of one is reported."""
    drawn = world(a="import fast", fast="").alter("fast", is_extension=True)
    drawn = drawn.move("fast", "/project/fast.so").register("import a")
    assert drawn.tracked == "a"
    assert [file.path for file in watched(drawn.state)] == ["/project/a.py", "/project/fast.so"]
    assert watch_list(drawn.state).untracked == ()


@pytest.mark.parametrize("count", [1, 63, 64, 65, 130])
def test_files_are_sliced(count):
    """Every file is in one slice, with its path and its stamp."""
    state = state_of(*(module(f"m{number}") for number in range(count)))
    found = watch_list(state)
    assert [len(files) for files in found.slices] == [64] * (count // 64) + [count % 64] * (
        count % 64 > 0
    )
    assert found.paths == tuple(tuple(f.path for f in files) for files in found.slices)
    assert found.expected == tuple(tuple(f.expected for f in files) for files in found.slices)
    assert len(watched(state)) == count


@pytest.mark.parametrize("place", [0, 63, 64, 129])
def test_a_list_is_updated_with_new_stamps(place):
    """The result is the list of the later State. Slices without a change are kept."""
    state = state_of(*(module(f"m{number}") for number in range(130)))
    before = watch_list(state)
    name = f"m{place}"
    later = evolve(state, modules=state.modules.set(name, module(name, Version(LATER))))
    after = updated(before, later, [name])
    assert after == watch_list(later) != before
    kept = [files is then for files, then in zip(after.slices, before.slices, strict=True)]
    assert kept == [number != place // 64 for number in range(3)]


def test_untracked_files_are_updated_too():
    """What is not named keeps the stamp that the list has."""
    state = state_of(module("a"), module("b"), tracked=())
    later = evolve(
        state,
        modules=pmap({name: module(name, Version(LATER)) for name in "ab"}),
    )
    after = updated(watch_list(state), later, ["a"])
    assert [file.expected for file in after.untracked] == [LATER, STAMP]


def test_what_the_state_no_longer_has_keeps_its_stamp():
    """The module is unknown now, or has no file."""
    before = watch_list(state_of(module("a")))
    assert updated(before, State(), ["a"]) == before
    assert updated(before, state_of(Module("a")), ["a"]) == before


def test_a_watch_list_prints_as_counts():
    """All of its files would be pages."""
    state = state_of(module("a"), module("b"), tracked=("a",))
    assert repr(watch_list(state)) == "WatchList(1 tracked, 1 others)"
