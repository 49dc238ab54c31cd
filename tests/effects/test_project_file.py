"""The defaults of a project, in the pyproject.toml above the working directory."""

import os
import sys
import warnings

import pytest
from traitlets.config import Config

import liveimport
from liveimport.core.settings import Settings
from liveimport.effects.project_file import take_in_project
from liveimport.effects.session.session import SESSION

ALL = """
[project]
name = "lab"
dependencies = ["liveimport"]

[tool.liveimport]
workspace = ["src", "../shared"]
follow = "top-level"
detect = "content"
grace = 2
report = false
register = "project"
on_error = "stop"
own_names = "keep"
hidden_cell_magic = false
exclude = ["secrets", "lab.heavy"]
"""


@pytest.fixture
def says(session, project):
    """Writes the table of the project, and returns what is told when it is first needed."""

    def write(text, name="pyproject.toml"):
        project.write(name, f"[tool.liveimport]\n{text}")
        return tuple(
            line.removeprefix(f"{project.path(name)}, [tool.liveimport]: ")
            for line in take_in_project(SESSION)
        )

    return write


def folder(path):
    """Returns a directory as the workspace has it."""
    return os.path.join(os.path.realpath(path), "")


def test_all_that_it_may_say(session, project):
    """Each setting, the workspace relative to the file, and what never runs again."""
    for name in ("src/a.py", "../shared/b.py"):
        project.write(name, "")
    project.write("pyproject.toml", ALL)
    assert take_in_project(session) == ()
    assert session.settings == Settings(
        grace=2.0,
        report=False,
        hidden_cell_magic=False,
        detect="content",
        on_error="stop",
        follow="top-level",
        own_names="keep",
        register="project",
    )
    assert liveimport.exclude() == ("lab.heavy", "secrets")
    shared = os.path.join(os.path.dirname(project.folder), "shared")
    assert liveimport.workspace() == (folder(project.path("src")), folder(shared))


def test_it_is_the_default(session, project, says):
    """Calls go on from there, and the default workspace is the project's."""
    project.write_all(**{"src/a": "", "other/b": ""})
    assert says('grace = 2\ndetect = "content"\nworkspace = ["src"]') == ()
    liveimport.auto_sync(grace=3)
    assert (session.settings.grace, session.settings.detect) == (3.0, "content")
    assert liveimport.workspace("other") == (folder(project.path("other")),)
    assert liveimport.workspace(default=True) == (folder(project.path("src")),)
    assert liveimport.workspace("other", extend=True)[1:] == (folder(project.path("other")),)


@pytest.mark.parametrize("nearer", ["[project]\nname = 'liveimport-notes'\n", None])
def test_it_is_found_upwards(session, project, monkeypatch, nearer):
    """The nearest file that has the table counts."""
    project.write("pyproject.toml", "[tool.liveimport]\ngrace = 2\n")
    project.write("notebooks/deep/x.py", "")
    if nearer is not None:
        project.write("notebooks/pyproject.toml", nearer)
    session.project_directory = project.path("notebooks/deep")
    assert take_in_project(session) == ()
    assert session.settings.grace == 2.0


def test_a_nearer_table(session, project):
    """It counts alone, even if it is empty."""
    project.write("pyproject.toml", "[tool.liveimport]\ngrace = 2\n")
    project.write("notebooks/pyproject.toml", "[tool.liveimport]\n")
    session.project_directory = project.path("notebooks")
    assert take_in_project(session) == ()
    assert session.settings == Settings()


def test_it_is_read_once(session, project, says):
    """At the first need. What is written later counts in the next session."""
    assert take_in_project(session) == ()
    assert says("grace = 2") == ()
    assert liveimport.auto_sync() == Settings()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("grase = 2", "grase is no setting; did you mean grace?"),
        ("x = 2", "x is no setting"),
        ("grace = -1", "grace is a number of seconds, 0 or more, not -1"),
        ("grace = '1'", "grace is a number of seconds, 0 or more, not '1'"),
        ("detect = 'size'", "detect is 'mtime', 'content' or 'code', not 'size'"),
        ("register = true", "register is 'magic' or 'project', not True"),
        ("workspace = '.'", "workspace is a list of strings, not '.'"),
        ("workspace = [3]", "workspace is a list of strings, not [3]"),
        ("exclude = 'a'", "exclude is a list of strings, not 'a'"),
        ("exclude = ['a', 'a b']", "'a b' is not the name of a module"),
    ],
)
def test_what_is_wrong(session, says, text, problem):
    """It is told in a line. All else holds."""
    assert says(f"{text}\non_error = 'stop'") == (problem,)
    assert session.settings == Settings(on_error="stop")
    assert session.state.excluded == frozenset()


def test_a_workspace_that_is_not_there(session, project, says):
    """It is told, and the workspace is the default."""
    before = liveimport.workspace()
    session.project_directory = str(project.folder)
    missing = project.path("none")
    assert says("workspace = ['none', '.']") == (f"{missing!r} is not a directory",)
    assert liveimport.workspace() == before


def test_several_wrong_values(says):
    """Each is told."""
    assert len(says("grase = 2\nreport = 3\nworkspace = 4\nfollow = 5")) == 4


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tool = 3 # liveimport", None),
        ("[tool]\nliveimport = 3", "it is a table, not 3"),
        ("[tool.liveimport\n", "the file is not TOML: Expected ']'"),
        (b"[tool.liveimport]\n\xff", "the file is not TOML: 'utf-8' codec can't decode"),
        ("[tool.other]", None),
    ],
)
def test_files_of_other_kinds(session, project, text, problem):
    """What is not TOML is told if it mentions LiveImport."""
    project.write("pyproject.toml", text)
    told = take_in_project(session)
    assert [problem in line for line in told] == ([] if problem is None else [True])
    assert session.settings == Settings()


def test_a_file_that_cannot_be_read(session, project):
    """It says nothing."""
    (project.folder / "pyproject.toml").mkdir()
    assert take_in_project(session) == ()


@pytest.mark.parametrize(
    "call",
    [
        lambda: liveimport.register({"sys": sys}, "import sys"),
        liveimport.sync,
        liveimport.plan,
        liveimport.status,
        liveimport.workspace,
        liveimport.auto_sync,
        liveimport.exclude,
        lambda: liveimport.exclude("a"),
        lambda: liveimport.workspace("."),
        lambda: liveimport.hidden_cell_magic(enabled=True),
    ],
)
def test_each_function_takes_it_in(session, project, call):
    """Whichever is called first. It warns where it was called."""
    project.write("pyproject.toml", "[tool.liveimport]\non_error = 'stop'\ngrase = 2")
    with pytest.warns(UserWarning, match=r"toml, \[tool.liveimport\]: grase is no") as caught:
        call()
    assert session.settings.on_error == "stop"
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call()


class TestShell:
    """A shell takes it in when LiveImport is attached."""

    @pytest.fixture
    def attach(self, session, shell, project):
        """Attaches LiveImport anew, in the folder of such a project."""

        def attached(text, **configured):
            project.write("pyproject.toml", f"[tool.liveimport]\n{text}")
            shell.ipython.config.merge(Config({"LiveImport": configured}))
            liveimport.load_ipython_extension(shell.ipython)
            return shell

        liveimport.unload_ipython_extension(shell.ipython)
        session.project_directory = str(project.folder)
        session.change_settings(grace=1.0)
        return attached

    def test_the_configuration_overrides_it(self, session, attach):
        """And `%config` both."""
        shell = attach("grace = 2\ndetect = 'content'\nregister = 'project'", grace=3)
        assert (session.settings.grace, session.settings.detect) == (3.0, "content")
        assert shell.run("%config LiveImport.register").value == "project"
        shell.run("%config LiveImport.register = 'magic'")
        assert session.settings.register == "magic"

    def test_what_is_wrong_is_told_with_the_first_cell(self, attach, project):
        """Once, also where reports are off."""
        shell = attach("grase = 2\nreport = false")
        line = "[tool.liveimport]: grase is no setting; did you mean grace?"
        assert shell.run("1").report == f"{project.path('pyproject.toml')}, {line}"
        assert shell.run("1").report == ""

    def test_attached_by_a_cell(self, session, shell, project):
        """It is told below that cell."""
        liveimport.unload_ipython_extension(shell.ipython)
        session.project_directory = str(project.folder)
        project.write("pyproject.toml", "[tool.liveimport]\ngrase = 2")
        ran = shell.run("%load_ext liveimport")
        assert ran.report.endswith("grase is no setting; did you mean grace?")
