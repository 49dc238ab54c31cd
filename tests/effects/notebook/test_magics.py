"""`%liveimport`, the line magic: to look and to steer."""

import re

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError

import liveimport


@pytest.fixture(autouse=True)
def followed(shell, project):
    """A module that the shell follows."""
    project.write_all(low="x = 1", top="import low")
    shell.run("%%liveimport\nimport top")


def test_status(shell):
    """Without a word it tells what is registered, tracked and due, as the value of the cell."""
    status = shell.run("%liveimport").value
    assert str(status) == str(shell.run("%liveimport status").value)
    for said in ("top", "low", "import top", "Syncing before each cell, 0 s after"):
        assert said in str(status)


def test_off_and_on(session, shell, project):
    """Automatic syncing is turned off and on, which the magic answers."""
    assert "only when asked" in shell.run("%liveimport off").said
    assert session.settings.enabled is False
    project.write("low.py", "x = 22")
    assert shell.run("top.low.x").value == 1
    assert "Syncing only when asked to" in str(shell.run("%liveimport").value)
    assert "before each cell" in shell.run("%liveimport on").said
    assert shell.run("top.low.x").value == 22


def test_plan_and_sync(shell, project):
    """A plan is what `plan()` gives, and a sync does it."""
    shell.run("%liveimport off")
    project.write("low.py", "x = 22")
    plan = shell.run("%liveimport plan").value
    assert str(plan) == str(liveimport.plan())
    assert re.match(r"Would reload low: modified \d", str(plan))
    assert [e.module for e in shell.run("%liveimport sync").value.events] == ["low", "top"]
    assert shell.run("top.low.x").value == 22


def test_reload(shell):
    """It runs modules that did not change, and with `--deep` what they depend on."""
    outcome = shell.run("%liveimport reload low").value
    assert str(outcome).splitlines()[0] == "Reloaded low because you asked for it"
    events = shell.run("%liveimport reload top").value.events
    assert [event.module for event in events] == ["top"]
    events = shell.run("%liveimport reload top --deep").value.events
    assert [event.module for event in events] == ["low", "top"]


def test_exclude_and_include(shell, project, session):
    """What is excluded does not run; both say what is excluded then."""
    assert shell.run("%liveimport exclude low").said == "Excluded: low\n"
    project.write("low.py", "x = 22")
    assert shell.run("top.low.x").value == 1
    assert "low  never reloads  imported by top; it is excluded" in str(
        shell.run("%liveimport").value
    )
    assert shell.run("%liveimport exclude").said == "Excluded: low\n"
    assert shell.run("%liveimport include low").said == "Nothing is excluded\n"
    assert shell.run("top.low.x").value == 22


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("reload", "%liveimport reload takes the names of modules"),
        ("reload lo", "cannot reload lo: it is not loaded; did you mean low?"),
        ("reload --force", "'--force' is not understood."),
        ("include low", "low is not excluded"),
        ("include", "%liveimport include takes the names of modules"),
        ("exclude a/b.py", "'a/b.py' is not the name of a module"),
    ],
)
def test_names_that_do_not_fit(shell, session, line, said):
    """A word that is no module is a usage error, and nothing happens."""
    ran = shell.run(f"%liveimport {line}")
    assert (type(ran.error), str(ran.error)) == (UsageError, said)
    assert session.state.excluded == frozenset()


def test_a_sync_that_fails(shell, project):
    """It raises the error that `sync()` raises."""
    shell.run("%liveimport off")
    project.write("low.py", "raise ValueError")
    ran = shell.run("%liveimport sync")
    assert isinstance(ran.error, liveimport.ModuleError)
    assert ran.error.module == "low"


def test_a_sync_tries_again(shell, project, monkeypatch):
    """What failed before is tried again, though no file changed."""
    shell.run("%liveimport off")
    project.write("low.py", "import os\nif 'BROKEN' in os.environ: raise ValueError\nx = 22")
    monkeypatch.setenv("BROKEN", "1")
    assert shell.run("%liveimport sync").error is not None
    monkeypatch.delenv("BROKEN")
    assert shell.run("%liveimport sync").error is None
    assert shell.run("top.low.x").value == 22


def lines(log):
    """Returns the lines of a log, without the ages."""
    return re.sub(r"\d+ seconds? ago", "AGO", str(log)).splitlines()


class TestLog:
    """%liveimport log shows the last reports again."""

    def test_what_cells_reported(self, shell, project):
        """Each with its cell, whether it was shown or cleared away."""
        assert str(shell.run("%liveimport log").value) == "Nothing was reported yet"
        project.write("low.py", "x = 22")
        shell.run("from IPython.display import clear_output\nclear_output()")
        project.write("low.py", "raise ValueError('no')")
        liveimport.auto_sync(report=False)
        assert shell.run("1").report == ""
        assert shell.run("1").report == ""
        shell.run("%%liveimport\n2")
        log = shell.run("%liveimport log").value
        assert lines(log) == [
            "With In [3], AGO:",
            "  Reloaded low modified AGO",
            "  Reloaded top because low reloaded",
            "With In [4], AGO:",
            "  Could not reload low: ValueError: no (low.py, line 1)",
            "  also held back: top",
            "With In [5], AGO:",
            "  low still fails: ValueError: no (low.py, line 1)",
            "With In [6], AGO:",
            "  low still fails: ValueError: no (low.py, line 1)",
            "  This cell registers nothing: it has no import",
        ]
        assert "Traceback of low" in [detail.title for detail in log.details]

    def test_syncs_by_hand(self, shell, project):
        """Those whose result is the value of a cell, or its error."""
        shell.run("%liveimport off\nimport liveimport")
        project.write("low.py", "x = 22")
        shell.run("%liveimport sync")
        project.write("low.py", "x = 333")
        shell.run("liveimport.sync()")
        project.write("low.py", "raise ValueError('no')")
        shell.run("%liveimport sync")
        shell.run("%liveimport sync\n1")
        assert [
            line for line in lines(shell.run("%liveimport log").value) if "With" in line
        ] == [
            "With In [3], AGO:",
            "With In [4], AGO:",
            "With In [5], AGO:",
        ]

    def test_a_cell_without_a_number(self, shell, project):
        """It has its age."""
        project.write("low.py", "x = 22")
        shell.run("1", store_history=False)
        assert lines(shell.run("%liveimport log").value)[0] == "AGO:"

    def test_a_cell_within_a_cell(self, shell, project):
        """What was reported before the outer cell is in the log once, with its number."""
        project.write("low.py", "x = 22")
        shell.run("get_ipython().run_cell('1')\n2")
        assert lines(shell.run("%liveimport log").value) == [
            "With In [2], AGO:",
            "  Reloaded low modified AGO",
            "  Reloaded top because low reloaded",
        ]

    def test_values_are_not_asked_what_they_are(self, shell):
        """It could run code."""
        shell.run(
            "class Odd:\n    __class__ = property(lambda self: 1 / 0)\n    __repr__ = lambda s: ''"
        )
        assert shell.run("Odd()\nNone").error is None
        assert shell.run("Odd()").error is None

    def test_help(self, shell):
        """It has a line there."""
        said = shell.run("%liveimport log --help").said
        assert said.strip().startswith("log      show the last reports again")


def test_graph(shell):
    """The graph has the tracked modules, as text where there are no pictures."""
    text = str(shell.run("%liveimport graph").value)
    assert "low" in text
    assert "top" in text


@pytest.mark.parametrize(
    "line", ["--help", "-h", "help", "# a comment is no word\n%liveimport help"]
)
def test_help(shell, line):
    """Help lists the words."""
    said = shell.run(f"%liveimport {line}").said
    for word in (
        "plan",
        "sync",
        "reload",
        "exclude",
        "include",
        "on",
        "off",
        "graph",
        "status",
    ):
        assert f"\n  {word} " in said


def test_help_for_a_word(shell):
    """Help for one word is about that word, and does not do it."""
    said = shell.run("%liveimport off --help").said
    assert said.strip() == "off      sync only when asked to"
    assert "before each cell" in str(shell.run("%liveimport").value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "elsewhere",
            "'elsewhere' is not understood. %liveimport takes one of: exclude, graph",
        ),
        ("plan low", "%liveimport plan takes no other word, not 'low'"),
        ("on off", "%liveimport on takes no other word, not 'off'"),
        ("reload --dep low", "'--dep' is not understood; did you mean --deep?"),
        ("exclude -x", "'-x' is not understood."),
        ("reload ,", "%liveimport reload takes the names of modules"),
    ],
)
def test_usage_errors(shell, line, said):
    """Another word is an error that names it and those that there are."""
    ran = shell.run(f"%liveimport {line}")
    assert isinstance(ran.error, UsageError)
    assert str(ran.error).startswith(said)


@pytest.mark.parametrize("names", ["low, top", "low top", "'low', \"top\"", "top,low ,"])
def test_names_as_python_writes_them(shell, names):
    """With commas or in quotes they are the same names."""
    shell.run(f"%liveimport exclude {names}")
    assert liveimport.exclude() == ("low", "top")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("%liveimport ", {"plan", "sync", "on", "off", "graph", "log", "status"}),
        ("%liveimport s", {"status", "sync"}),
        ("%%liveimport --", {"--clear", "--help"}),
    ],
)
def test_completion(shell, typed, words):
    """The tab key completes the words."""
    shell.ipython.Completer.use_jedi = False  # it takes seconds to load
    with provisionalcompleter():
        found = list(shell.ipython.Completer.completions(typed, len(typed)))
    assert words <= {completion.text for completion in found}


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%liveimport grpah", "'grpah' is not understood; did you mean graph?"),
        ("%liveimport Sync", "'Sync' is not understood; did you mean sync?"),
        ("%liveimport --clear", "'--clear' belongs to the cell magic: %%liveimport --clear"),
        ("%%liveimport sync\nimport top", "'sync' belongs to the line magic: %liveimport sync"),
        ("%%liveimport --claer\nx = 1", "'--claer' is not understood; did you mean --clear?"),
        ("%%liveimport clear\nx = 1", "'clear' is not understood; did you mean --clear?"),
    ],
)
def test_what_was_meant(shell, cell, said):
    """A word that is close to what there is, or stands in the other magic, is told."""
    ran = shell.run(cell)
    assert isinstance(ran.error, UsageError)
    assert str(ran.error).startswith(said)
    assert "x" not in shell.names
