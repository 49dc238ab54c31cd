"""End to end on sound projects: one cell, some edits, a sync; then equal to a fresh interpreter.

`test_sessions` has the rest: failures, missing files, many syncs in a row.
"""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from driving import Drive, Violation, fork_server
from hypothesis import given, settings
from hypothesis import strategies as st
from small_projects import SOUND_EDITS, Chooser, Project, Seeded, draw_cell, draw_project, edit
from strategies import Drawn, projects


def begin(drive: Drive, choose: Chooser, project: Project) -> None:
    """Writes the project and executes cells, until one of five runs."""
    save(drive, {}, project)
    any(drive.step("cell", draw_cell(choose, project)) for _ in range(5))


def save(drive: Drive, before: dict[str, bytes], project: Project) -> None:
    """Writes and removes files, so that they are the project's."""
    after = project.files()
    for path in [path for path in before if path not in after]:
        drive.step("remove", path)
    for path, data in after.items():
        if before.get(path) != data:
            drive.step("write", path, data, "replace")


def edit_some(
    drive: Drive, choose: Chooser, project: Project, kinds: Sequence[str] = SOUND_EDITS
) -> None:
    """Edits one to four times, then saves."""
    before = project.files()
    for _ in range(choose.pick([1, 2, 3, 4])):
        edit(choose, project, kinds)
    save(drive, before, project)


def meet_all(drive: Drive) -> dict[str, Any]:
    """Syncs until no sync meets another module. Returns what the last one said.

    To compare a session, its functions are called, and they may import modules.
    """
    met, said = None, drive.step("sync")
    while said["tracked"] != met:
        met, said = said["tracked"], drive.step("sync")
    return said


@settings(max_examples=50)
@given(project=projects(), data=st.data())
def test_as_fresh_after_edits(project, data):
    """Namespace and tracked modules are what a fresh interpreter has, shared objects too."""
    choose = Drawn(data.draw)
    with Drive() as drive:
        begin(drive, choose, project)
        edit_some(drive, choose, project)
        drive.step("sync")
        assert sum(drive.counts.values()) == 1


@settings(max_examples=20)
@given(project=projects(), data=st.data())
def test_all_files_touched(project, data):
    """Running all modules again, though no file says anything new, changes no value."""
    choose = Drawn(data.draw)
    with Drive() as drive:
        begin(drive, choose, project)
        drive.step("sync")
        for path in project.files():
            drive.step("touch", path)
        said = drive.step("sync")
        project_modules = {name for name in said["tracked"] if name != "n"}
        assert set(said["reloaded"]) <= project_modules | set(project.modules)
        assert said["failure"] is not None or project_modules <= {*said["reloaded"], "os"}


@settings(max_examples=20)
@given(project=projects(), data=st.data())
def test_touched_files_keep_their_objects_where_content_counts(project, data):
    """With ``detect="content"``, files with the bytes that ran last reload nothing."""
    choose = Drawn(data.draw)
    with Drive(detect="content") as drive:
        begin(drive, choose, project)
        edit_some(drive, choose, project)
        first = drive.step("sync")
        for path in project.files():
            drive.step("touch", path)
        said = drive.step("sync")
        assert first["failure"] is not None or said["reloaded"] == []


@settings(max_examples=20)
@given(project=projects(), data=st.data())
def test_comments_and_layout_run_nothing_where_code_counts(project, data):
    """With ``detect="code"``, nothing runs, and all positions are those of a fresh interpreter.

    That is so for all modules that a sync has met. Of what was imported since, nobody knows the
    source that ran.
    """
    choose = Drawn(data.draw)
    with Drive(detect="code") as drive:
        begin(drive, choose, project)
        first = meet_all(drive)
        for _ in range(choose.pick([1, 2])):
            edit_some(drive, choose, project, ["layout"])
            said = drive.step("sync")
            assert first["failure"] is not None or said["reloaded"] == []
            meet_all(drive)


@settings(max_examples=30)
@given(project=projects(), data=st.data())
def test_as_fresh_after_edits_of_layout_and_others(project, data):
    """Positions included, whatever runs and whatever does not."""
    choose = Drawn(data.draw)
    with Drive(detect="code") as drive:
        begin(drive, choose, project)
        for _ in range(choose.pick([1, 2, 3])):
            edit_some(drive, choose, project, ("layout",) * 6 + SOUND_EDITS)
            drive.step("sync")


def answers_of(seed: int, hash_seed: str) -> list[Any]:
    """Returns what two syncs of a session answer, under a hash seed."""
    choose = Seeded(seed)
    project = draw_project(choose)
    with Drive(hash_seed) as drive:
        begin(drive, choose, project)
        said = []
        for _ in range(2):
            edit_some(drive, choose, project)
            said.append(drive.step("sync"))
        root = drive.root
    return eval(repr(said).replace(root, "root"))  # noqa: S307  # it is our own repr


@pytest.mark.parametrize("seed", range(12))
def test_the_hash_seed_decides_nothing(seed):
    """Sessions under different hash seeds reload the same modules in the same order."""
    assert answers_of(seed, "1") == answers_of(seed, "0")
    assert answers_of(seed, "2") == answers_of(seed, "0")


def unsynced(drive: Drive, *tracked: str) -> str:
    """Returns what the oracle says of a session as it is, as if a sync had succeeded."""
    said = {"failure": None, "reloaded": [], "tracked": list(tracked)}
    return drive._wrong(said, drive.ask("bindings"))


def test_the_oracle_sees_a_stale_session():
    """A session that does not follow an edit differs from a fresh interpreter."""
    with Drive() as drive:
        drive.step("write", "a.py", b"class C0: v = 1\n", "replace")
        drive.step("cell", "from a import C0")
        drive.step("write", "a.py", b"class C0: v = 2\n", "replace")
        assert re.search(r"\na: C0: .*'v=1'.* fresh .*'v=2'", unsynced(drive, "a"))
        drive.step("sync")
        assert unsynced(drive, "a") == ""


def test_the_oracle_sees_a_class_of_a_version_that_is_gone():
    """Equal values do not do: a class must be the very object that its module has now."""
    with Drive() as drive:
        drive.step("write", "a.py", b"class C0: v = 1\n", "replace")
        drive.step("write", "b.py", b"from a import C0\n", "replace")
        drive.step("cell", "import a, b")
        drive.step("touch", "a.py")
        drive.ask("run_alone", "a")
        assert re.search(
            r"\nb: C0: class a.C0 not current .* fresh same as a.C0", unsynced(drive, "a", "b")
        )
        drive.step("sync")
        assert unsynced(drive, "a", "b") == ""


def test_a_spoilt_rollback_is_seen():
    """A failed sync that loses an attribute is not as before."""
    with Drive() as drive:
        drive.step("write", "a.py", b"K0 = 1\n", "replace")
        drive.step("cell", "import a")
        drive.step("write", "a.py", b"K0 = 2\nraise RuntimeError\n", "replace")
        drive.ask("lose_on_failure", "a", "K0")
        with pytest.raises(Violation, match=r"not as before: \['a.K0: 1 became -'\]"):
            drive.step("sync")


def test_fresh_interpreters_are_bare():
    """A fresh interpreter of the oracle has neither the library nor IPython loaded."""
    fresh = fork_server("fresh", "0").fork("/")
    fresh.send(("loaded", ()))
    modules = fresh.recv()
    fresh.close()
    assert [name for name in modules if name.startswith(("liveimport", "IPython"))] == []
