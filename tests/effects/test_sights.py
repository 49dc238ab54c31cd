"""What is registered is seen at once, and thought about when somebody asks."""

import importlib
import importlib.machinery
import os
import sys
import time
import types
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

import liveimport
from liveimport.core.registration import parse_imports
from liveimport.core.state import State, register
from liveimport.effects.files import stamp_of
from liveimport.effects.loads import Load, Loads
from liveimport.effects.look import Eyes
from liveimport.effects.session import Session
from liveimport.effects.sights import Sights


@pytest.fixture
def sights(session):
    """Takes sights of what is loaded, as the session would, which has noted the imports."""
    session.take_notes()
    return Sights(session._loads)


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


def test_a_version_that_was_seen_is_forgotten_when_another_is_loaded(
    project, session, loaded, live
):
    """Whoever reloads by hand has the file as it is."""
    project.write_all(low="x = 1", top="")
    low, _ = loaded("low", "top")
    session._loads.keep(
        "low", Load(project.path("low.py"), stamp_of(project.path("low.py")), "", 0)
    )
    project.write("low.py", "x = 22")
    importlib.reload(low)
    live("import low")
    assert not liveimport.sync()


def test_a_version_that_was_seen_is_known_when_it_is_reached_later(project, loaded):
    """A file older than the process is what was loaded, as long as it stays so old."""
    project.write_all(low="x = len('a')", top="")
    low, _ = loaded("low", "top")
    loads = Loads(lambda: 0)
    loads._started_ns = loads._began_ns = time.time_ns() + 10**9
    path, before = project.path("low.py"), stamp_of(project.path("low.py"))
    assert taken(Sights(loads), project, "import top")
    project.write("low.py", "x = len('bb')")
    loads._started_ns = loads._began_ns = 0
    assert loads.of("low", low, path, stamp_of(path), extension=False).stamp == before


class TestDoubt:
    """Where a sight would not tell all, the project is surveyed at once."""

    @pytest.fixture
    def at_once(self, session):
        """Whether a registration was surveyed before anybody asked."""
        return lambda: session._is_surveyed

    def test_plain_modules_can_wait(self, project, live, at_once):
        """That is the rule."""
        project.write_all(low="x = 1", top="from low import x")
        live("import top")
        assert not at_once()

    @pytest.mark.parametrize("text", ["from low import *", "from low import\\\n *"])
    def test_star_imports(self, project, live, at_once, text):
        """What they gave shows in what the module holds now."""
        project.write_all(low="old = 1\nx = 1", top=text)
        top = live("import top")["top"]
        assert at_once()
        project.write("low.py", "x = 22")
        del sys.modules["low"]
        __import__("low")
        liveimport.sync()
        assert (top.x, hasattr(top, "old")) == (22, False)

    def test_versions_that_are_not_known(self, project, session, loaded, at_once):
        """What a module holds is the only evidence, and may change."""
        session.leave()
        project.write("low.py", "x = 1")
        low = loaded("low")
        liveimport.register({"low": low}, "import low")
        assert at_once()

    def test_modules_with_a_type_of_their_own(self, project, live, at_once):
        """They may answer otherwise tomorrow."""
        project.write_all(
            low="import sys, types\nclass Own(types.ModuleType): pass\n"
            "sys.modules[__name__].__class__ = Own\n"
        )
        live("import low")
        assert at_once()

    def test_compiled_modules(self, project, live, at_once):
        """They have no source, and their file may be made anew."""
        loader = importlib.machinery.ExtensionFileLoader
        names = [
            n for n, m in sys.modules.items() if type(getattr(m, "__loader__", 0)) is loader
        ]
        live(f"import {names[0]}")
        assert at_once()

    def test_files_that_are_gone(self, project, loaded, at_once, session):
        """The module may be somewhere else."""
        session.take_notes()
        project.write("low.py", "x = 1")
        low = loaded("low")
        project.remove("low.py")
        liveimport.register({"low": low}, "import low")
        assert at_once()


@pytest.mark.parametrize("statements", ["from d import v\nimport e", "import e"])
def test_what_leaves_sys_modules_right_after_registering(project, live, statements):
    """It was loaded, so its change counts."""
    project.write_all(d="v = 1", e="from d import v")
    e = live(statements)["e"]
    project.write("d.py", "v = 22")
    del sys.modules["d"]
    liveimport.sync()
    assert e.v == 22


@pytest.mark.parametrize("reaches_before", [True, False])
def test_a_module_that_is_reloaded_between_two_registrations(project, live, reaches_before):
    """It is as new as its file, but what ran with the old one is not."""
    project.write_all(low="x = 1", user="from low import x", other="")
    live("import low")
    user = live("import user" if reaches_before else "import other\nimport user")["user"]
    project.write("low.py", "x = 22")
    importlib.reload(sys.modules["low"])
    live("import low as again")
    liveimport.sync()
    assert user.x == 22


def test_a_module_that_is_reloaded_before_it_is_registered(project, live, loaded):
    """It needs no other reload."""
    project.write_all(low="x = 1", other="")
    low = loaded("low")
    live("import other")
    project.write("low.py", "x = 22")
    importlib.reload(low)
    live("import low")
    assert not liveimport.sync()


def test_what_functions_had_imported(project, session, live):
    """It counts as loaded, whatever becomes of it right after registering."""
    project.write_all(d="v = 1", e="def f():\n    import d\n    return d.v\n")
    e = live("import e")["e"]
    e.f()
    liveimport.register({"e": e}, "import e")
    del sys.modules["d"]
    assert session.state.modules["e"].later == ("d",)


def test_a_package_outside_the_workspace(project, session, loaded, tmp_path, monkeypatch):
    """To import a submodule refers to its package too, whose changes count at once."""
    session.leave()
    outside = tmp_path / "outside" / "p"
    outside.mkdir(parents=True)
    (outside / "__init__.py").write_text("x = 1")
    (outside / "q.py").write_text("")
    monkeypatch.syspath_prepend(str(outside.parent))
    loaded("p.q")
    session._loads._started_ns = session._loads._began_ns = time.time_ns() + 10**9
    liveimport.register({"p": sys.modules["p"]}, "import p.q")
    session._loads._started_ns = session._loads._began_ns = 0
    os.utime(outside / "__init__.py", ns=(1, 1))
    assert [event.module for event in liveimport.sync().events] == ["p"]


def test_a_workspace_behind_a_link(project, live, sights, tmp_path, monkeypatch):
    """Files count that lie in it by where links lead to, and are looked at at once."""
    project.write("real/low.py", "x = 1")
    (tmp_path / "link").symlink_to(project.path("real"))
    monkeypatch.syspath_prepend(str(tmp_path / "link"))
    __import__("low")
    sights.take(State(workspace=(f"{project.path('real')}/",)), ())
    assert sights.of("low").path == str(tmp_path / "link" / "low.py")


def test_what_a_registration_does_not_reach_is_not_asked(project, session, loaded):
    """A module may raise when it is asked for something; it has nothing to do with this."""
    session.leave()
    project.write_all(low="x = 1", odd="def __getattr__(name):\n    raise ImportError(name)\n")
    low, odd = loaded("low", "odd")
    liveimport.register({"low": low}, "import low")
    project.write("low.py", "x = 22")
    liveimport.sync()
    assert low.x == 22
    del odd.__getattr__


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


def test_a_submodule_that_is_imported_anew_right_after_registering(project, live):
    """Its package showed it when it was registered, so the name refers to it."""
    project.write("p/__init__.py", "")
    project.write("p/q.py", "x = 1")
    namespace = live("from p import q")
    del sys.modules["p.q"]
    __import__("p.q")
    project.write("p/q.py", "x = 22")
    liveimport.sync()
    assert namespace["q"].x == 22


def test_a_namespace_package_that_is_lost_right_after_registering(project, session, live):
    """It was loaded, so what imports it depends on it, though its folder is gone as well."""
    project.write_all(top="import p")
    os.mkdir(project.path("p"))
    live("import top")
    del sys.modules["p"]
    os.rmdir(project.path("p"))
    assert "p" in session.state.modules
