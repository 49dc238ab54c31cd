"""Modules that the user asks for, and modules that never run again: with real files."""

import pytest

import liveimport


@pytest.fixture
def namespace(project, live):
    """Three modules, each of which counts how often it ran."""
    count = "import builtins\nbuiltins.RAN = [*getattr(builtins, 'RAN', ()), __name__]\n"
    project.write_all(
        low=f"{count}x = 1", mid=f"{count}import low\ny = low.x", top=f"{count}import mid"
    )
    return live("import top, low")


@pytest.fixture
def ran(namespace, monkeypatch):
    """Returns which modules ran since the last call, sorted."""
    import builtins  # only here

    def since() -> list[str]:
        names = sorted(builtins.RAN)
        builtins.RAN = []
        return names

    since()
    yield since
    del builtins.RAN


class TestReload:
    """`sync(reload=[…])` and `plan(reload=[…])`."""

    def test_it_runs_what_depends_on_it(self, ran):
        """Unedited, in order; told why."""
        assert str(liveimport.plan(reload=["mid"])).splitlines()[:2] == [
            "Would reload mid because you ask for it",
            "Would reload top because mid reloads",
        ]
        assert ran() == []
        outcome = liveimport.sync(reload=("mid",))
        assert str(outcome) == (
            "Reloaded mid because you asked for it\nReloaded top because mid reloaded"
        )
        assert [event.reason for event in outcome.events] == ["requested", "dependent"]
        assert ran() == ["mid", "top"]
        assert not liveimport.plan()

    def test_deep(self, ran):
        """With what it depends on."""
        liveimport.sync(reload=["top"], deep=True)
        assert ran() == ["low", "mid", "top"]

    def test_what_changed_runs_too(self, ran, project, namespace):
        """It is a sync as any other."""
        with open("low.py", "a", encoding="utf-8") as file:
            file.write("\nx = 22\n")
        liveimport.sync(reload=["top"])
        assert ran() == ["low", "mid", "top"]
        assert namespace["top"].mid.y == 22

    def test_a_failure_is_not_tried_again_by_itself(self, ran, project):
        """All is as before; nothing of it stays to be done but a retry by hand."""
        project.write("once.py", "import low\nassert not hasattr(low, 'seen')\nlow.seen = 1")
        namespace = {}
        liveimport.register(namespace, "import once", execute=True)
        ran()
        with pytest.raises(
            liveimport.ModuleError, match=r"^could not reload once: AssertionError"
        ):
            liveimport.sync(reload=["once"])
        assert not liveimport.plan()

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("mod", "it is not loaded; did you mean mid?"),
            ("json", "it is not a module of your project; register it first"),
            ("_json", "it is not a module of your project; register it first"),
        ],
    )
    def test_what_cannot_run(self, ran, name, why):
        """It is told why; nothing runs, also of the others."""
        import json  # noqa: F401  # it is loaded, and not of the project

        for call in (liveimport.sync, liveimport.plan):
            with pytest.raises(ValueError, match=r"^cannot reload") as caught:
                call(reload=["low", name])
            assert str(caught.value) == f"cannot reload {name}: {why}"
        assert ran() == []

    def test_a_missing_file(self, ran, project):
        """It cannot run."""
        (project.folder / "mid.py").unlink()
        with pytest.raises(ValueError, match=r"^cannot reload mid: file missing$"):
            liveimport.sync(reload=["mid"])
        assert ran() == []

    @pytest.mark.parametrize(
        ("given", "error", "said"),
        [
            ("low", TypeError, "reload takes a list of names, such as ['low']"),
            (3, TypeError, "reload takes a list of names, such as [3]"),
            ([3], TypeError, "give the names of modules as strings, not 3"),
            (["a b"], ValueError, "'a b' is not the name of a module"),
        ],
    )
    def test_wrong_arguments(self, ran, given, error, said):
        """They are refused in plain words."""
        for call in (liveimport.sync, liveimport.plan):
            with pytest.raises(error) as caught:
                call(reload=given)
            assert str(caught.value) == said
        assert ran() == []

    def test_deep_alone(self, ran):
        """It needs names."""
        with pytest.raises(ValueError, match=r"^deep goes with reload"):
            liveimport.sync(deep=True)

    def test_a_list_that_grew(self, project, live):
        """The remedy that the report names is one."""
        project.write_all(
            defaults="LAYERS = []", run="import defaults\ndefaults.LAYERS.append('a')"
        )
        namespace = live("import defaults, run")
        project.write("run.py", "import defaults\ndefaults.LAYERS.append('b')")
        assert "run added to defaults.LAYERS again (`%liveimport reload defaults`)" in str(
            liveimport.sync()
        )
        assert str(liveimport.sync(reload=["defaults"])) == (
            "Reloaded defaults because you asked for it\nReloaded run because defaults reloaded"
        )
        assert namespace["defaults"].LAYERS == ["b"]


class TestExclude:
    """`exclude` and `include`."""

    def test_it_never_runs_again(self, ran, project):
        """What depends on it does, also on what it depends on."""
        assert liveimport.exclude("mid") == ("mid",)
        with open("low.py", "a", encoding="utf-8") as file:
            file.write("\nx = 22\n")
        liveimport.sync()
        assert ran() == ["low", "top"]
        assert not liveimport.plan()
        with pytest.raises(ValueError, match=r"^cannot reload mid: it is excluded$"):
            liveimport.sync(reload=["mid"])
        liveimport.sync(reload=["top"], deep=True)
        assert ran() == ["low", "top"]

    def test_include(self, ran, namespace):
        """What would have run meanwhile runs then; what did not run is not known twice."""
        liveimport.exclude("mid")
        with open("low.py", "a", encoding="utf-8") as file:
            file.write("\nx = 22\n")
        liveimport.sync()
        ran()
        assert liveimport.include("mid") == ()
        liveimport.sync()
        assert ran() == ["mid", "top"]
        assert namespace["top"].mid.y == 22
        assert not liveimport.plan()

    def test_its_own_edit(self, ran):
        """It is told by the status, and runs once it is included."""
        liveimport.exclude("mid")
        with open("mid.py", "a", encoding="utf-8") as file:
            file.write("\ny = 5\n")
        liveimport.sync()
        assert ran() == ["top"]
        assert "mid  never reloads  imported by top; it is excluded" in str(liveimport.status())
        liveimport.include("mid")
        liveimport.sync()
        assert ran() == ["mid", "top"]

    def test_it_outlives_registrations(self, ran, namespace):
        """`clear` discards these only."""
        liveimport.exclude("low")
        liveimport.register(namespace, "import top, low", clear=True)
        assert liveimport.exclude() == ("low",)

    def test_before_it_is_loaded(self, session, project, live):
        """Its first import runs it."""
        liveimport.exclude("late")
        project.write("late.py", "x = 1")
        namespace = live("import late")
        project.write("late.py", "x = 22")
        assert not liveimport.sync()
        assert namespace["late"].x == 1

    def test_a_package(self, session, project, live):
        """With its submodules."""
        project.write_all(**{"p/__init__": "", "p/s": "x = 1"})
        namespace = live("import p.s")
        liveimport.exclude("p")
        project.write("p/s.py", "x = 22")
        assert not liveimport.sync()
        liveimport.include("p")
        assert [event.module for event in liveimport.sync().events] == ["p.s"]
        assert namespace["p"].s.x == 22

    def test_wrong_arguments(self, session):
        """They are refused in plain words, and nothing changes."""
        liveimport.exclude("units")
        for call, given, error, said in (
            (
                liveimport.exclude,
                pytest,
                TypeError,
                f"give the names of modules as strings, not {pytest!r}",
            ),
            (liveimport.exclude, "a/b.py", ValueError, "'a/b.py' is not the name of a module"),
            (
                liveimport.include,
                "unit",
                ValueError,
                "unit is not excluded; did you mean units?",
            ),
        ):
            with pytest.raises(error) as caught:
                call("fine", given) if call is liveimport.exclude else call(given)
            assert str(caught.value) == said
        assert liveimport.include() == ("units",)
