"""The settings as IPython's: config, `%config`, and `auto_sync` are ways to the same values."""

import pytest
from traitlets.config import Config

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


def test_a_name_that_is_mistyped(session, configured):
    """IPython warns of it, and the rest holds."""
    with pytest.warns(UserWarning, match="Did you mean `grace`"):
        configured(gracee=2.5, on_error="stop")
    assert session.settings.on_error == "stop"


def test_a_number_that_is_none(session, shell):
    """What the session does not take, `%config` does not show."""
    shell.run("%config LiveImport.grace = float('nan')")
    assert session.settings.grace == 0
    assert shell.run("%config LiveImport.grace").value == 0


def test_config_magic(session, shell):
    """%config sets and shows them."""
    shell.run("%config LiveImport.grace = 4")
    assert session.settings.grace == 4
    liveimport.auto_sync(grace=5)
    assert shell.run("%config LiveImport.grace").value == 5.0
    shell.run("%config LiveImport.hidden_cell_magic = False")
    assert session.settings.hidden_cell_magic is False


def test_a_value_that_is_refused(session, shell):
    """IPython logs what a setting does not take, and nothing changes."""
    shell.run("%config LiveImport.detect = 'size'")
    assert session.settings.detect == "mtime"
    assert shell.run("%config LiveImport.detect").value == "mtime"


def test_detached(session, shell):
    """A shell that is detached follows the settings no more."""
    shell.run("%unload_ext liveimport")
    liveimport.unload_ipython_extension(shell.ipython)
    liveimport.auto_sync(grace=5)
    assert session.listeners == []
