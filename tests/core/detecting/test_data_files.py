"""What became of the files that modules read as they ran, and what runs because of that."""

import pytest
from attrs import evolve

from core.worlds import world
from liveimport.core.detecting import data_files
from liveimport.core.detecting.data_files import of_project, with_reads
from liveimport.core.detecting.file_change import FileChange
from liveimport.core.model import ReadFile, Stamp, Version
from liveimport.core.overview.dry_run import dry_run
from liveimport.core.planning.planner import plan_reload
from liveimport.core.planning.staleness import Request
from liveimport.core.watch_list import WatchedFile, WatchList, read_list

SECOND = 10**9
JSON = "/project/conf.json"


def version(seconds, digest="", seen_ns=None):
    """Returns a version of a file of this age, and with this digest."""
    return Version(Stamp(seconds * SECOND, 1, 1, 1), digest, seen_ns)


def file(seconds, digest="", path=JSON, seen_ns=None):
    """Returns a file as it was read."""
    return ReadFile(path, version(seconds, digest, seen_ns))


def folder(*names, seconds=1, path="/project/plugs"):
    """Returns a folder as it was listed."""
    return ReadFile(path, version(seconds, " ".join(names)), names)


def session(files="tell", **reads):
    """Returns a State in which `user` imports `conf`, and modules read these files."""
    drawn = world(user="import conf", conf="", other="").register("import user, other")
    return evolve(drawn.state, files=files, reads=reads), drawn


def planned(state, drawn, *now, **options):
    """Returns the plan, and the State after it, if files are `now` as these say."""
    snapshot = evolve(drawn.snapshot(), now=9.0, reads={read.path: read for read in now})
    return plan_reload(state, snapshot, **options)


def lines(plan):
    """Returns what users see of a plan, without names to be bound."""
    return [str(line) for line in dry_run(plan).lines if "rebind" not in line]


def test_nothing_changed():
    """Nothing is planned, and the State stays."""
    state, drawn = session(conf=(file(1),))
    plan, after = planned(state, drawn)
    assert not plan
    assert (after.reads, after.told) == (state.reads, {})


def test_a_change_is_told_once_and_nothing_runs():
    """Until it changes again. A module that reads it is named."""
    state, drawn = session(conf=(file(1),), other=(file(1),))
    plan, after = planned(state, drawn, file(7))
    assert not plan
    said = (
        "conf.json changed; conf and other read it at import (`%liveimport reload conf other`)"
    )
    assert lines(plan) == [said]
    assert plan.files == (
        FileChange(JSON, "conf.json", "modified", 7.0, modules=("conf", "other")),
    )
    assert after.told == {JSON: file(7)}
    assert after.reads == state.reads
    again, later = planned(after, drawn)
    assert (lines(again), later.told) == ([], after.told)
    assert lines(planned(after, drawn, file(8))[0]) == [said]


def test_what_is_as_it_was_again_is_no_longer_told():
    """Its module has what it would read."""
    state, drawn = session(conf=(file(1, "a"),))
    _, told = planned(evolve(state, detect="content"), drawn, file(7, "b"))
    plan, after = planned(told, drawn, file(8, "a"))
    assert (lines(plan), after.told) == ([], {})
    assert after.reads["conf"] == (file(8, "a"),)


def test_with_reload_the_module_runs():
    """What depends on it runs after it. It is taken to read the file as it is."""
    state, drawn = session("reload", conf=(file(1),))
    plan, after = planned(state, drawn, file(7))
    assert [(s.module, s.reason) for s in plan.steps] == [
        ("conf", "data"),
        ("user", "dependent"),
    ]
    assert lines(plan) == [
        "Would reload conf because conf.json was modified 2 seconds ago",
        "Would reload user because conf reloads",
    ]
    assert plan.files == ()
    assert after.reads["conf"] == (file(7),)


def test_the_last_change_is_named():
    """With the number of the others."""
    other = "/project/a/other.json"
    state, drawn = session("reload", conf=(file(1), file(1, path=other)))
    plan, _ = planned(state, drawn, file(7), file(8, path=other))
    assert lines(plan)[0] == (
        "Would reload conf because a/other.json was modified 1 second ago, with 1 other file"
    )


@pytest.mark.parametrize(
    ("before", "now", "line"),
    [
        (ReadFile(JSON), file(7), "because conf.json is new"),
        (file(1), ReadFile(JSON), "because conf.json was removed"),
        (folder("a.py"), folder("a.py", "b.py"), "because plugs/b.py is new"),
        (folder("a.py"), folder(), "because plugs/a.py was removed"),
        (
            ReadFile("C:\\plugs", version(1), ()),
            ReadFile("C:\\plugs", version(2), ("b.py",)),
            "because C:\\plugs\\b.py is new",
        ),
        (folder("a.py"), ReadFile("/project/plugs"), "because plugs/a.py was removed"),
    ],
)
def test_what_may_become_of_a_file(before, now, line):
    """It comes, it goes, and a folder has other modules."""
    state, drawn = session("reload", conf=(before,))
    plan, _ = planned(state, drawn, now)
    assert lines(plan)[0] == f"Would reload conf {line}"


def test_other_modules_in_a_folder_are_code():
    """They reload who lists them though files are only told."""
    state, drawn = session(conf=(folder("a.py"), file(1)))
    plan, _ = planned(state, drawn, folder("b.py", seconds=2), file(7))
    assert [s.module for s in plan.steps] == ["conf", "user"]
    assert plan.steps[0].files[0].is_code


def test_another_stamp_of_a_folder_is_no_change():
    """Any other file may have come."""
    state, drawn = session("reload", conf=(folder("a.py"),))
    plan, after = planned(state, drawn, folder("a.py", seconds=5))
    assert not plan
    assert after.reads["conf"] == (folder("a.py", seconds=5),)


@pytest.mark.parametrize(
    ("detect", "read", "now", "is_changed"),
    [
        ("mtime", file(1, "a"), file(7, "a"), True),
        ("content", file(1, "a"), file(7, "a"), False),
        ("content", file(1, "a"), file(7, "b"), True),
        ("mtime", file(1, "a"), file(1, "b"), True),
        ("content", file(1), file(7), True),
        ("mtime", file(1), file(1), False),
    ],
)
def test_what_counts_as_changed(detect, read, now, is_changed):
    """As for sources; of a large file only the stamp is known."""
    state, drawn = session("reload", conf=(read,))
    plan, _ = planned(evolve(state, detect=detect), drawn, now)
    assert bool(plan) == is_changed


def test_a_look_may_settle_a_file():
    """Then it need not be read again."""
    state, drawn = session(conf=(file(1, "a", seen_ns=0),))
    _, after = planned(state, drawn, file(1, "a", seen_ns=5 * SECOND))
    assert after.reads["conf"] == (file(1, "a"),)


def test_a_module_that_runs_anyway_reads_anew():
    """Nothing is told of its files. The reason is another."""
    state, drawn = session(conf=(file(1),))
    plan, after = planned(state, drawn, file(7), request=Request(frozenset({"conf"})))
    assert [s.reason for s in plan.steps] == ["requested", "dependent"]
    assert plan.files == ()
    assert (after.reads["conf"], after.told) == ((file(7),), {})
    edited = drawn.edit(conf="x = 1")
    plan, _ = planned(evolve(state, files="reload"), edited, file(7))
    assert [s.reason for s in plan.steps] == ["modified", "dependent"]


def test_untracked_modules_do_not_count():
    """Nobody asked for them."""
    drawn = world(a="", b="").register("import a")
    state = evolve(drawn.state, files="reload", reads={"b": (file(1),)})
    assert not planned(state, drawn, file(7))[0]
    assert read_list(state, state.tracked) == WatchList()


def test_an_excluded_module_is_taken_to_have_read_it():
    """As an edit of its source is taken in."""
    state, drawn = session("reload", conf=(file(1),))
    plan, after = planned(evolve(state, excluded=frozenset({"conf"})), drawn, file(7))
    assert [s.module for s in plan.steps] == ["user"]
    assert after.reads["conf"] == (file(7),)


def test_what_is_read_belongs_to_the_fingerprint():
    """A repaired file lets a group be tried again; what the failed run read, too."""
    state, drawn = session("reload", conf=(file(1),))
    group = planned(state, drawn, file(7))[0].groups[0]
    assert ("conf", f"{JSON} {file(7).version.times} ") in group.fingerprint
    assert planned(state, drawn, file(8))[0].groups[0].fingerprint != group.fingerprint
    tried = {"conf": (file(2), file(3, path="/project/b"))}
    assert set(group.fingerprint_with(tried)) - set(group.fingerprint) == {
        ("conf", f"/project/b {file(3).version.times} ")
    }


# What is kept.


def test_what_ran_anew_replaces_what_was_known():
    """What reads nothing any more has no entry."""
    state, _ = session(conf=(file(1),), other=(file(1),))
    after = with_reads(state, {"conf": (file(2),), "other": ()})
    assert after.reads == {"conf": (file(2),)}
    assert with_reads(state, {}) is state
    assert with_reads(evolve(state, files=False), {"conf": ()}).reads == state.reads


def test_what_was_settled_stays_so():
    """A file that is read anew, and did not change, need not be read at each look again."""
    state, _ = session(conf=(file(1, "a"),), other=(file(1, "b", path="/project/b"),))
    new = (file(1, "a", seen_ns=5), file(2, "b", path="/project/b", seen_ns=5))
    assert with_reads(state, {"conf": new}).reads["conf"] == (
        new[0]._replace(version=version(1, "a")),
        new[1],
    )
    first = with_reads(session()[0], {"conf": (file(1, "a", seen_ns=5),)})
    again = with_reads(first, {"other": (file(1, "a", seen_ns=5 + 3 * SECOND),)})
    assert again.reads["other"] == (file(1, "a"),)


def test_files_of_the_project_count():
    """Not the module's own source, nor what is elsewhere. A directory of the workspace does."""
    state, _ = session()
    files = tuple(
        file(1, path=path)
        for path in (JSON, "/project/conf.py", "/etc/x", "/project/site-packages/x", "/project")
    )
    assert [f.path for f in of_project(state, "conf", files)] == [JSON, "/project"]


def test_there_is_an_end_to_files(monkeypatch):
    """Files that others read too count once. It is told once who has more."""
    monkeypatch.setattr(data_files, "MOST_FILES", 3)
    state, drawn = session()
    paths = [file(1, path=f"/project/{n}") for n in range(5)]
    after = with_reads(state, {"conf": tuple(paths[:2]), "other": tuple(paths)})
    assert after.reads == {"conf": tuple(paths[:2]), "other": tuple(paths[:3])}
    assert after.cut_off == {"other"}
    plan, later = planned(after, drawn)
    assert lines(plan) == ["other read more files at import than are followed"]
    assert lines(planned(later, drawn)[0]) == []
    assert with_reads(after, {"conf": tuple(paths[:1])}).cut_off == {"other"}
    assert with_reads(after, {"other": tuple(paths[:1])}).cut_off == set()


# What is watched.


def test_files_are_watched_by_their_paths():
    """With the stamp to expect. What is not there stands behind, in slices of its own."""
    away = "/project/away"
    state, _ = session(conf=(ReadFile(away), file(1)), other=(file(1),))
    watched = read_list(state, state.reads)
    assert watched.slices == (
        (WatchedFile(JSON, JSON, file(1).version.stamp, exists=True),),
        (WatchedFile(away, away, None, exists=False),),
    )
    assert watched.paths == ((JSON,), (away,))
    assert read_list(evolve(state, reads={}), []) == WatchList()


@pytest.mark.parametrize(
    ("conf", "other"),
    [(file(1), file(2)), (file(1, seen_ns=5), file(1, seen_ns=5)), (ReadFile(JSON), file(1))],
    ids=["read twice", "young", "once not there"],
)
def test_some_files_are_always_looked_at(conf, other):
    """Who read it when differs, or its stamp is young."""
    state, _ = session(conf=(conf,), other=(other,))
    assert read_list(state, state.reads).slices == (
        (WatchedFile(JSON, JSON, None, exists=True),),
    )


def test_what_was_told_is_expected():
    """So the next cell is quiet."""
    state, _ = session(conf=(file(1),), other=(file(2),))
    told = evolve(state, told={JSON: file(7, seen_ns=5)})
    assert read_list(told, state.reads).expected == ((file(7).version.stamp,),)
