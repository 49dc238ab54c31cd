"""The observer of a sync is called as each module finishes, and stops nothing."""

import asyncio
import threading

import pytest

import liveimport

NOTES = "import journal\njournal.ran.append(f'{__name__} begins')\n"
NOTES_END = "\njournal.ran.append(f'{__name__} ends')\n"


@pytest.fixture
def ran(project, live):
    """What modules note that run: `low`, `mid` imports it, and `top` imports both."""
    project.write("journal.py", "ran = []\n")
    project.write_all(
        low=NOTES + "x = 1" + NOTES_END,
        mid=NOTES + "from low import x" + NOTES_END,
        top=NOTES + "import mid\nimport low" + NOTES_END,
    )
    journal = live("import journal, top")["journal"]
    journal.ran.clear()
    return journal.ran


def test_it_is_called_as_each_module_finishes(project, ran):
    """Right behind its last statement, within those that import it."""
    project.write("low.py", NOTES + "x = 22" + NOTES_END)
    outcome = liveimport.sync(observer=lambda event: ran.append(str(event)[:12]))
    assert ran == [
        "top begins",
        "mid begins",
        "low begins",
        "low ends",
        "Reloaded low",
        "mid ends",
        "Reloaded mid",
        "top ends",
        "Reloaded top",
    ]
    assert [event.module for event in outcome.events] == ["low", "mid", "top"]


def test_the_events_are_those_of_the_outcome(project, live):
    """Also in a cycle, and where several reloaded before."""
    project.write_all(
        a="import b\nx = 1", b="import c\nimport a", c="import b\ny = 1", d="import c, a, b"
    )
    live("import d")
    project.write_all(a="import b\nx = 22", c="import b\ny = 22")
    seen = []
    outcome = liveimport.sync(observer=seen.append)
    assert tuple(seen) == outcome.events
    assert len(seen) == 4


def test_it_knows_no_module_that_is_loaded_for_the_first_time(project, live):
    """That is no reload."""
    project.write("low.py", "x = 1")
    live("import low")
    project.write("low.py", "import fresh")
    project.write("fresh.py", "x = 1")
    seen = []
    outcome = liveimport.sync(observer=seen.append)
    assert ([e.module for e in seen], outcome.loaded) == (["low"], ("fresh",))


def test_what_it_was_told_may_be_rolled_back(project, live):
    """If a module fails that belongs together with it."""
    project.write_all(low="x = 1", top="from low import x")
    namespace = live("import low, top")
    project.write_all(low="x = 22", top="from low import x\n1 / 0")
    seen = []
    with pytest.raises(liveimport.ModuleError) as caught:
        liveimport.sync(observer=seen.append)
    assert ([e.module for e in seen], caught.value.outcome.events) == (["low"], ())
    assert namespace["low"].x == 1


class TestErrors:
    """An observer that raises."""

    @pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3)])
    def test_it_stops_nothing(self, project, ran, error):
        """It is called for all that follows, and its first error comes out at the end."""
        project.write("low.py", NOTES + "x = 22" + NOTES_END)
        seen = []

        def observer(event):
            seen.append(event.module)
            if event.module != "top":
                raise error if event.module == "low" else KeyError

        with pytest.raises(type(error)) as caught:
            liveimport.sync(observer=observer)
        assert caught.value is error
        assert seen == ["low", "mid", "top"]
        assert [event.module for event in error.outcome.events] == seen
        assert not liveimport.sync()

    def test_it_has_no_frames_of_ours(self, project, live):
        """But for the call of `sync`."""
        project.write("low.py", "x = 1")
        live("import low")
        project.write("low.py", "x = 22")
        with pytest.raises(ZeroDivisionError) as caught:
            liveimport.sync(observer=lambda _: 1 / 0)
        frames = [frame.name for frame in caught.traceback]
        assert frames == [
            "test_it_has_no_frames_of_ours",
            "sync",
            "<lambda>",
        ]

    def test_a_module_that_fails_comes_first(self, project, live):
        """The observer's error is the context of its error."""
        project.write_all(bad="x = 1", good="x = 1")
        live("import bad, good")
        project.write_all(bad="1 / 0", good="x = 22")
        error = ValueError("no")

        def observer(event):
            raise error

        with pytest.raises(liveimport.ModuleError) as caught:
            liveimport.sync(observer=observer)
        assert caught.value.__context__ is error
        assert type(caught.value.__cause__) is ZeroDivisionError
        assert [event.module for event in caught.value.outcome.events] == ["good"]

    def test_an_error_that_takes_no_attribute(self, project, live):
        """It comes out as it is."""

        class FrozenError(Exception):
            def __setattr__(self, name, value):
                raise TypeError(name)

        def observer(event):
            raise FrozenError

        project.write("low.py", "x = 1")
        live("import low")
        project.write("low.py", "x = 22")
        with pytest.raises(FrozenError):
            liveimport.sync(observer=observer)

    def test_an_interrupt(self, project, live):
        """The user means the sync: its group is rolled back."""
        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        project.write("low.py", "x = 22")

        def observer(event):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            liveimport.sync(observer=observer)
        assert low.x == 1
        assert [f.message for f in liveimport.status().failures] == ["it was interrupted"]


@pytest.mark.parametrize(
    "observer", ["x", 1, [], asyncio.sleep, object(), threading.Lock().__enter__()]
)
def test_what_is_no_observer(project, live, observer):
    """That is told before anything happens."""
    project.write("low.py", "x = 1")
    low = live("import low")["low"]
    project.write("low.py", "x = 22")
    with pytest.raises(
        TypeError, match=r"^observer is a function that takes a ReloadEvent, not "
    ):
        liveimport.sync(observer=observer)
    assert low.x == 1


def test_no_observer(project, live):
    """None is none, whatever happens."""
    project.write("low.py", "x = 1")
    live("import low")
    project.write("low.py", "x = 22")
    assert liveimport.sync(observer=None).events
