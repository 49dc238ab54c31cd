"""What core asked to see, looked up and read."""

import os

import pytest

from liveimport.core.snapshot import Unseen, Wanted
from liveimport.core.source import digest_of
from liveimport.core.state import State
from liveimport.effects.loads import Loads
from liveimport.effects.look import Eyes
from liveimport.effects.scan import begin
from liveimport.effects.sights import Sights


@pytest.fixture
def eyes():
    """Eyes that know of no former loads, sights and runs."""
    loads = Loads(lambda: 0)
    return Eyes(loads, Sights(loads))


def test_look_adds_what_was_asked_for(project, eyes):
    """Sources are read, missing ones told by stamp, names looked up; the rest stays."""
    project.write_all(one="x = 1", two="y = 1")
    wanted = tuple(Wanted(n, project.path(f"{n}.py"), "") for n in ("one", "nowhere"))
    first = begin({"two": None})
    unseen = Unseen(names=("two", "never"), sources=wanted)
    seen = eyes.look(State(), first, unseen)
    assert (list(seen.sources), seen.sources["one"].data) == (["one"], b"x = 1")
    assert dict(seen.stamps) == {"two": None, "nowhere": None}
    assert seen.found["two"].path == project.path("two.py")
    assert (seen.found["two"].loaded, seen.found["never"].exists) == (False, False)
    assert seen.now == first.now
    assert (dict(first.stamps), len(first.sources), len(first.found)) == ({"two": None}, 0, 0)


def test_look_finds_files_that_were_just_made(project, eyes):
    """Directory listings that the import system has cached are not believed."""
    stat = os.stat(project.folder)
    late = Unseen(names=("late",))
    assert not eyes.look(State(), begin({}), late).found["late"].exists
    project.write("late.py", "")
    os.utime(project.folder, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert eyes.look(State(), begin({}), late).found["late"].exists


def test_a_source_that_is_to_run_is_compiled_as_it_is_read(project, eyes):
    """Its names are those that its code binds, and the code is kept for the run."""
    project.write("one.py", "import two\nx = 1\n")
    wanted = Unseen(sources=(Wanted("one", project.path("one.py"), ""),))
    source = eyes.look(State(), begin({}), wanted).sources["one"]
    assert source.contents.bound.names == {"two", "x"}
    assert [binding.statement for binding in source.contents.imports] == ["import two"]
    assert eyes.kept.get("one", project.path("one.py"), digest_of(source.data)).code == compile(
        "import two\nx = 1\n", project.path("one.py"), "exec"
    )


def test_a_source_that_is_loaded_already_is_not_compiled(project, loaded, eyes):
    """It is not about to run, so its imports are all that is looked for."""
    project.write("one.py", "x = 1\n")
    loaded("one")
    wanted = Unseen(sources=(Wanted("one", project.path("one.py"), ""),))
    source = eyes.look(State(), begin({}), wanted).sources["one"]
    assert (
        source.contents.bound,
        eyes.kept.get("one", project.path("one.py"), digest_of(source.data)),
    ) == (None, None)


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (b"x = 1\nx = = 2\n", "invalid syntax (line 2)"),
        (b"# coding: latin-1\nx = '\xe4'\n", ""),
        (b"x = '\xe4'\n", "(unicode error) 'utf-8' codec can't decode"),
        (b"# coding: no-such-code\n", "unknown encoding: no-such-code"),
        (b"x = '\0'\n", "null bytes"),
        (b"return\n", "'return' outside function (line 1)"),
        (b"\xef\xbb\xbfx = 1\n", ""),
        (b"x = " + b"(" * 5000 + b"1" + b")" * 5000, "t"),
    ],
)
def test_troubles_of_sources(project, eyes, data, trouble):
    """What cannot be compiled is told in a line; the bytes are kept all the same."""
    project.write("one.py", data)
    wanted = Unseen(sources=(Wanted("one", project.path("one.py"), ""),))
    source = eyes.look(State(), begin({}), wanted).sources["one"]
    assert trouble in source.trouble
    assert bool(source.trouble) is bool(trouble)
    assert source.data == data
