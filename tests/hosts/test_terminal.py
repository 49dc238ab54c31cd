"""LiveImport in IPython's terminal, with its real prompt and a real keyboard interrupt."""

import re

import pytest

from .terminal import Terminal

RELOADED = r"Reloaded low modified \d+ seconds? ago"


@pytest.fixture
def terminal(project, tmp_path):
    """A terminal in the project's folder with LiveImport loaded, and a module to import."""
    project.write("low.py", "x = 1\n")
    opened = Terminal(project.folder, tmp_path)
    opened.wait(r"In \[1\]: ")
    opened.run("%load_ext liveimport")
    opened.run("%config LiveImport.grace = 0")
    yield opened
    opened.close()


def test_a_cell_is_typed_line_by_line(terminal):
    """The prompt goes on until a blank line; then the cell runs and is registered."""
    terminal.enter("%%liveimport", "from low import x", "print('it', 'ran')")
    assert "it ran" not in terminal.wait(r"'ran'\)\s*\n   \.\.\.: $")
    said = terminal.run("", "")
    assert "it ran" in said
    assert "Out" not in said
    assert "from low import x" in terminal.run("%liveimport")


def test_a_report_stands_out(terminal, project):
    """It is dim, a failure red, with a prefix; a person may want no colours."""
    terminal.run("%%liveimport", "from low import x", "", "")
    project.write("low.py", "x = 22\n")
    said = terminal.run("x")
    assert re.search(rf"\nliveimport: {RELOADED}\nOut\[4\]: 22\n", said)
    assert re.search(rf"\x1b\[2mliveimport: {RELOADED}\x1b\[0m", terminal.raw)
    project.write("low.py", "x = 333\nraise ValueError('no')\n")
    assert "liveimport: Could not reload low: ValueError: no" in terminal.run("x")
    assert "\x1b[31mliveimport: Could not reload low" in terminal.raw


def test_the_report_is_plain_text(terminal, project):
    """It stands above what the cell gives, without a trace of Markdown or HTML."""
    terminal.run("import os; os.environ['NO_COLOR'] = '1'")
    terminal.run("%%liveimport", "from low import x", "", "")
    project.write("low.py", "x = 22\n")
    said = terminal.run("x")
    assert re.search(rf"\n{RELOADED}\nOut\[5\]: 22\n", said)
    assert "```" not in said
    assert "<" not in said
    project.write("low.py", "x = 333\nraise ValueError('no')\n")
    said = terminal.run("x")
    assert re.search(
        r"\nCould not reload low: ValueError: no \(.*line 2\).*\nOut\[6\]: 22\n",
        said,
        re.DOTALL,
    )


def test_errors_point_to_the_line_of_the_cell(terminal):
    """The magic line is the first."""
    said = terminal.run("%%liveimport", "import low", "low.x / 0", "", "")
    assert "----> 3 low.x / 0" in said
    assert "ZeroDivisionError: division by zero" in said


def test_the_debugger_after_an_error(terminal, project):
    """It shows the modules that raised the error. The next cell has the edit."""
    project.write("low.py", "rate = 111\n\n\ndef f(x):\n    return rate / x\n")
    terminal.run("%%liveimport", "import low", "", "")
    assert "ZeroDivisionError" in terminal.run("low.f(0)")
    project.write("low.py", "# longer\nrate = 222\n\n\ndef f(x):\n    return rate / (x or 1)\n")
    terminal.enter("%debug")
    terminal.wait("ipdb>")
    terminal.enter("p 'rate', rate")
    assert "('rate', 111)" in terminal.wait(r"ipdb>\s*$")
    terminal.enter("q")
    terminal.wait(r"In \[6\]: ")
    said = terminal.run("low.f(0)")
    assert "Reloaded low" in said
    assert "Out[6]: 222.0" in said


def test_completion(terminal):
    """The tab key completes a word, and shows those that there are."""
    terminal.run("%%liveimport", "import low", "", "")
    terminal.type("%liveimport st")
    terminal.rest(0.3)
    terminal.type("\t")
    terminal.wait("atus")
    terminal.enter("")
    assert "registered by `import low`" in terminal.wait(r"In \[5\]: ")
    terminal.type("%liveimport ")
    terminal.rest(0.3)
    terminal.type("\t")
    terminal.rest(1)
    shown = set(terminal.new.split())
    assert shown >= {"graph", "help", "log", "off", "on", "plan", "status", "sync"}


def test_the_graph_is_text(terminal, project):
    """Where nothing can draw, it is a line for each module."""
    project.write("top.py", "import low\n")
    terminal.run("%%liveimport", "import top", "", "")
    said = terminal.run("%liveimport graph")
    assert "\nOut[4]: \ntop -> low\nlow\n" in said
    assert "flowchart" not in said


def test_an_interrupt(terminal, project):
    """After Ctrl-C in a reload the cell does not run, and all is as before."""
    terminal.run("%%liveimport", "from low import x", "import low", "", "")
    project.write(
        "low.py", "y = 5\nprint('half', 'way')\nimport time\ntime.sleep(30)\nx = 22\n"
    )
    terminal.enter("print('has', 'run')")
    terminal.wait("half way")
    terminal.interrupt()
    said = terminal.wait(r"In \[5\]: ")
    assert "interrupted while reloading" in said
    assert "has run" not in said
    terminal.run("%liveimport off")
    assert "Out[6]: (1, 1, False)" in terminal.run("x, low.x, hasattr(low, 'y')")
    terminal.run("%liveimport on")
    project.write("low.py", "x = 333\n")
    assert "Out[8]: (333, 333, False)" in terminal.run("x, low.x, hasattr(low, 'y')")


def test_unloading(terminal, project):
    """After %unload_ext nothing is synced, and the magic is unknown."""
    terminal.run("%%liveimport", "from low import x", "", "")
    terminal.run("%unload_ext liveimport")
    project.write("low.py", "x = 22\n")
    said = terminal.run("x")
    assert "Out[5]: 1" in said
    assert "Reloaded" not in said
    assert "`%%liveimport` not found" in terminal.run("%%liveimport", "import low", "", "")
