"""What is registered is seen at once, and thought about when somebody asks."""

import importlib
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

import liveimport
from liveimport.core.registration import parse_imports
from liveimport.core.state import State, register
from liveimport.effects.files import digest_of, stamp_of
from liveimport.effects.loads import Loads
from liveimport.effects.look import Eyes
from liveimport.effects.session import Session
from liveimport.effects.sights import Sights


@pytest.fixture
def sights(session):
    """Takes sights of what is loaded, as the session would, with a workspace."""
    del session
    return Sights(Loads(lambda: 0))


def taken(sights, project, text="", known=None):
    """Takes sights when import statements are registered; returns those of the project."""
    workspace = (f"{project.folder}/",)
    sights.take(known or State(workspace=workspace), parse_imports(text))
    return sights


def test_a_sight_is_of_the_file_as_it_is(project, loaded, sights):
    """Stamp, bytes and the version that was loaded are those of the moment."""
    project.write("low.py", "x = 1\n")
    loaded("low")
    path = project.path("low.py")
    before = stamp_of(path)
    sight = taken(sights, project).of("low", path)
    project.write("low.py", "x = 22\n")
    assert (sight.reading.data, sight.reading.stamp) == (b"x = 1\n", before)
    assert sight.load.stamp == before
    assert taken(sights, project).of("low", path) is sight
    assert sights.of("low", project.path("other.py")) is None
    sights.forget()
    assert sights.of("low", path) is None
    assert taken(sights, project, "import low").of("low", path).reading.data == b"x = 22\n"


def test_what_nothing_reaches_is_read_once(project, loaded, sights):
    """Registering goes on to be cheap where much is loaded that does not matter."""
    project.write_all(low="x = 1\n", top="", new="")
    loaded("low", "top")
    taken(sights, project, "import top")
    sights.forget()
    loaded("new")
    assert sorted(taken(sights, project, "import top")._seen) == ["new", "top"]


def test_what_lies_elsewhere_is_not_looked_at_unless_it_is_named(project, loaded, sights):
    """Nor is what has no source, and what the State knows already."""
    project.write("low.py", "x = 1\n")
    loaded("low", "json", "math")
    json = sys.modules["json"].__file__
    taken(sights, project)
    assert {name for name in sys.modules if name in sights._seen} == {"low"}
    assert (
        taken(sights, project, "import json").of("json", json).reading.data
        == Path(json).read_bytes()
    )
    sights.forget()
    eyes = Eyes(sights._loads, sights)
    known = eyes.enrolled(
        register(State(workspace=(f"{project.folder}/",)), 0, parse_imports("import low"))
    )
    assert taken(sights, project, "import low", known=known)._seen == {}


def test_another_workspace_is_looked_at_anew(project, loaded, sights, tmp_path):
    """What lay elsewhere may lie in it."""
    project.write("low.py", "x = 1\n")
    loaded("low")
    sights.take(State(workspace=(f"{tmp_path / 'none'}/",)), ())
    assert sights._seen == {}
    assert list(taken(sights, project)._seen) == ["low"]


def test_what_is_no_plain_module_is_not_asked_for_anything(project, sights, monkeypatch):
    """An object in `sys.modules` may load something, or raise, whatever it is asked for."""
    asked = []

    class Lazy(types.ModuleType):
        def __getattribute__(self, name):
            asked.append(name)
            raise RuntimeError(name)

    gone = types.ModuleType("gone")
    gone.__spec__ = ModuleSpec("gone", None, origin=project.path("gone.py"))
    gone.__spec__.has_location = True
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "lazy", Lazy("lazy"))
        patch.setitem(sys.modules, "strange", types.ModuleType("strange"))
        patch.setitem(sys.modules, "gone", gone)
        taken(sights, project)
    assert (asked, sights._seen) == ([], {})


def test_registering_thinks_once(project, live, monkeypatch):
    """However many statements are registered, the project is surveyed when it is needed."""
    surveyed = []
    enrolled = Eyes.enrolled
    monkeypatch.setattr(
        Eyes, "enrolled", lambda self, state: surveyed.append(state) or enrolled(self, state)
    )
    project.write_all(one="import two", two="", three="")
    namespace = live("import one")
    live("import three", namespace)
    live("import two as second", namespace)
    assert surveyed == []
    assert not liveimport.sync()
    assert not liveimport.plan()
    assert [len(list(state.bindings())) for state in surveyed] == [3]


@pytest.mark.parametrize("ask", [liveimport.sync, liveimport.plan])
def test_an_edit_right_after_registering(project, live, ask):
    """The version that counts is that of the registration, whoever asks first and when."""
    project.write_all(top="from low import x\ny = x", low="import gone_later\nx = 1\nold = 2")
    project.write("gone_later.py", "")
    namespace = live("import low, top")
    low = namespace["low"]
    low.added = "from outside"
    project.write("low.py", "x = 22")
    ask()
    liveimport.sync()
    assert (low.x, namespace["top"].y, low.added) == (22, 22, "from outside")
    assert not hasattr(low, "old")


def test_what_a_module_holds_is_compared_when_it_is_registered(project, session, loaded):
    """A module loaded before anyone took notes may change what it holds right after."""
    session.leave()
    project.write("low.py", "count = 0\n\n\ndef bump():\n    global count\n    count += 1\n")
    low = loaded("low")
    liveimport.register({"low": low}, "import low")
    low.bump()
    assert not liveimport.sync()
    assert low.count == 1


def test_a_file_that_goes_right_after_registering(project, live):
    """The module stays as it is, and reloads when the file is back."""
    project.write("low.py", "x = 1")
    low = live("import low")["low"]
    project.remove("low.py")
    assert not liveimport.sync()
    assert low.x == 1
    project.write("low.py", "x = 22")
    assert [event.module for event in liveimport.sync().events] == ["low"]
    assert low.x == 22


@pytest.mark.parametrize("asked", [True, False])
def test_what_is_reached_later_was_seen_when_the_first_was_registered(
    project, session, loaded, live, asked
):
    """Its version is known from then on, whatever it comes to hold before it is tracked."""
    session.leave()
    project.write_all(
        low="count = 0\n\n\ndef bump():\n    global count\n    count += 1\n", top=""
    )
    low, _ = loaded("low", "top")
    live("import top")
    if asked:
        liveimport.sync()
    low.bump()
    live("import low")
    assert not liveimport.sync()
    assert low.count == 1


def test_a_version_that_was_seen_is_forgotten_when_another_is_loaded(
    project, session, loaded, live
):
    """Whoever reloads by hand has the file as it is."""
    session.leave()
    project.write_all(low="x = 1", top="")
    low, _ = loaded("low", "top")
    live("import top")
    liveimport.sync()
    project.write("low.py", "x = 22")
    importlib.reload(low)
    live("import low")
    assert not liveimport.sync()


def test_a_young_version_is_kept_with_its_content(project, session, loaded, sights):
    """Another write could hide behind its stamp."""
    session.leave()
    project.write("low.py", "x = 1\n")
    low, path = loaded("low"), project.path("low.py")
    stamp = taken(sights, project).of("low", path).reading.stamp
    low.x = 2
    load = sights._loads.of("low", low, path, stamp, extension=False)
    assert (load.stamp, load.digest) == (stamp, digest_of(b"x = 1\n"))


def test_a_touch_right_after_registering(project, live):
    """By content, a file that is written again as it was is no other one."""
    project.write("low.py", "x = 1")
    live("import low")
    liveimport.auto_sync(detect="content")
    project.write("low.py", "x = 1")
    assert not liveimport.sync()


def test_the_workspace_counts_that_held_when_it_was_registered(project, live, tmp_path):
    """What was reached then is known, though another workspace holds by the time of the sync."""
    project.write_all(top="import low", low="x = 1")
    live("import top")
    (tmp_path / "elsewhere").mkdir()
    liveimport.workspace(tmp_path / "elsewhere")
    state = sys.modules["liveimport.effects.session"].SESSION.state
    assert (set(state.modules), state.tracked) == ({"top", "low"}, ("top",))


def test_a_survey_that_is_interrupted_is_made_again(project, live, monkeypatch):
    """Nothing is lost: what was registered is still to be surveyed."""
    project.write("low.py", "x = 1")
    low = live("import low")["low"]

    def interrupted(self, state):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Eyes, "enrolled", interrupted)
        with pytest.raises(KeyboardInterrupt):
            liveimport.sync()
    project.write("low.py", "x = 22")
    liveimport.sync()
    assert low.x == 22


def test_a_session_knows_its_workspace_without_thinking():
    """It is asked for where another thread may hold the lock."""
    session = Session()
    assert session.workspace == session.state.workspace
