"""The settings as IPython's: config, `%config`, and `auto_sync` are ways to the same values."""

import sys

import pytest
from traitlets.config import Config
from traitlets.config.loader import DeferredConfigString

import liveimport


@pytest.fixture
def configured(shell):
    """Attaches LiveImport anew to a shell with such a configuration."""

    def attach(**values):
        liveimport.unload_ipython_extension(shell.ipython)
        shell.ipython.config.merge(Config({"LiveImport": values}))
        liveimport.load_ipython_extension(shell.ipython)

    return attach


def test_config_files(session, configured):
    """What the configuration says holds from the start, the rest is as it was."""
    liveimport.auto_sync(grace=7, report=False)
    configured(grace=2.5, on_error="stop")
    now = session.settings
    assert (now.grace, now.on_error, now.report, now.enabled) == (2.5, "stop", False, True)


def test_the_other_project_of_our_name(shell, project, configured):
    """If it is installed too, the first cell says so in a line, and what to do."""
    folder = project.path("lib/site-packages")
    project.write(f"{folder}/liveimport-1.3.1.dist-info/METADATA", "Author: Somebody\n")
    sys.path.append(folder)
    configured()
    said = shell.run("1").report
    assert said.startswith("liveimport 1.3.1 is another project, and its files may stand among")
    assert shell.run("1").report == ""


def test_a_name_that_is_mistyped(session, shell, configured):
    """It is told with the next cell in a line, and the rest holds."""
    configured(gracee=2.5, on_error="stop")
    said = shell.run("1").report
    assert said == "LiveImport has no setting gracee; did you mean grace?"
    assert session.settings.on_error == "stop"


def test_values_that_a_file_has_wrong(session, shell, configured):
    """Each is told in a line, the others hold, and attaching anew tells nothing again."""
    liveimport.auto_sync(grace=7, report=False)
    configured(grace=-1, detect="size", enabled="maybe", on_error="stop")
    assert shell.run("1").report.splitlines() == [
        "LiveImport.grace stays 7.0: grace is a number of seconds, 0 or more, not -1",
        "LiveImport.detect stays 'mtime': detect is 'mtime', 'content' or 'code', not 'size'",
        "LiveImport.enabled stays True: enabled is True or False, not 'maybe'",
    ]
    now = session.settings
    assert (now.grace, now.detect, now.enabled, now.on_error) == (7.0, "mtime", True, "stop")
    configured()
    assert shell.run("1").report == ""
    assert session.settings == now


def test_values_of_a_command_line(session, shell, configured):
    """There, all of them are texts."""
    texts = {"grace": "2.5", "enabled": "False", "detect": "content", "own_names": "mine"}
    configured(**{name: DeferredConfigString(text) for name, text in texts.items()})
    now = session.settings
    assert (now.grace, now.enabled, now.detect) == (2.5, False, "content")
    said = "LiveImport.own_names stays 'replace': own_names is 'replace' or 'keep', not 'mine'"
    assert shell.run("1").report == said


@pytest.mark.parametrize(
    ("line", "kept", "said"),
    [
        ("grace = -1", 0.0, "stays 0.0: grace is a number of seconds, 0 or more, not -1"),
        (
            "grace = float('nan')",
            0.0,
            "stays 0.0: grace is a number of seconds, 0 or more, not nan",
        ),
        ("grace = 'x'", 0.0, "stays 0.0: grace is a number of seconds, 0 or more, not 'x'"),
        (
            "detect = 'size'",
            "mtime",
            "stays 'mtime': detect is 'mtime', 'content' or 'code', not 'size'",
        ),
        ("report = 'off'", True, "stays True: report is True, False or 'transient'"),
        (
            "follow = None",
            "loaded",
            "stays 'loaded': follow is 'loaded' or 'top-level', not None",
        ),
    ],
)
def test_a_value_that_is_refused(session, shell, line, kept, said):
    """It is told in a line, the setting stays, and nothing fails from it later."""
    name = line.partition(" ")[0]
    ran = shell.run(f"%config LiveImport.{line}")
    assert ran.error is None
    (told,) = ran.errors.splitlines()
    assert told.startswith(f"LiveImport.{name} {said}")
    for _ in range(2):
        assert getattr(session.settings, name) == kept
        assert shell.run(f"%config LiveImport.{name}").value == kept
        ran = shell.run("%config LiveImport.on_error = 'stop'\n%reload_ext liveimport")
        assert (ran.error, ran.errors) == (None, "")
    assert session.settings.on_error == "stop"


def test_attaching_anew(session, shell, project):
    """Settings and registrations stay, whichever way they were set."""
    project.write("low.py", "x = 1")
    shell.run("%%liveimport\nimport low")
    shell.run("%config LiveImport.grace = 4\n%config LiveImport.report = False")
    shell.run("import liveimport\nliveimport.auto_sync(grace=0, detect='content')")
    before = session.settings
    for line in ("%reload_ext liveimport", "%unload_ext liveimport\n%load_ext liveimport"):
        assert shell.run(line).error is None
        assert session.settings == before
        assert liveimport.status().registered == ("import low",)
    assert shell.run("%config LiveImport.grace").value == 0
    project.write("low.py", "x = 22")
    assert shell.run("low.x").value == 22


def test_one_setting_after_a_call(session, shell):
    """To set one by `%config` does not set another back to what `%config` had set before."""
    shell.run("%config LiveImport.grace = 4")
    liveimport.auto_sync(grace=5)
    shell.run("%config LiveImport.report = False")
    assert (session.settings.grace, session.settings.report) == (5.0, False)


def test_another_object(session, shell):
    """To configure something else concerns no setting."""
    before = session.settings
    assert (
        shell.run("%config InteractiveShell.ast_node_interactivity = 'last_expr'").error is None
    )
    assert session.settings == before


def test_config_magic(session, shell):
    """%config sets and shows them."""
    shell.run("%config LiveImport.grace = 4")
    assert session.settings.grace == 4
    liveimport.auto_sync(grace=5)
    assert shell.run("%config LiveImport.grace").value == 5.0
    shell.run("%config LiveImport.hidden_cell_magic = False")
    assert session.settings.hidden_cell_magic is False


def test_detached(session, shell):
    """A shell that is detached follows the settings no more."""
    shell.run("%unload_ext liveimport")
    liveimport.unload_ipython_extension(shell.ipython)
    liveimport.auto_sync(grace=5)
    assert session.listeners == []


def test_pasted_with_its_prompt(session, shell, project):
    """Such a cell configures only, as well."""
    project.write("low.py", "x = 1")
    shell.run("%%liveimport\nimport low")
    project.write("low.py", "x = 22")
    assert shell.run("In [3]: %config LiveImport.grace = 4").report == ""
    assert session.settings.grace == 4


def test_a_shell_without_history(session, shell, configured):
    """What is wrong is told with its first cell, and with the first one that has a history."""
    configured(grace=-1)
    line = "LiveImport.grace stays 0.0: grace is a number of seconds, 0 or more, not -1"
    assert shell.run("1", store_history=False).report == line
    assert shell.run("1", store_history=False).report == ""
    assert [shell.run("1").report for _ in range(2)] == [line, ""]
