"""LiveImport in a real IPython shell: `%%liveimport`, what comes before a cell and after it."""

import re
import sys
import time
import warnings
from types import SimpleNamespace

import IPython
import pytest
from IPython.core.error import UsageError

import liveimport

RELOADED = r"Reloaded low modified \d+ seconds? ago"


def bindings(session):
    """Returns the registered statements."""
    return [binding.statement for binding in session.state.bindings()]


@pytest.fixture
def low(project):
    """A module with a value; calling gives it another one."""
    project.write("low.py", "x = 1")

    def edit(value):
        project.write("low.py", f"x = {value}")

    return edit


def _named_alike(text: str) -> str:
    """Returns an error message without the number of its cell, which IPython 7 names by a digest."""
    return re.sub(r"Cell In\[\d+\]|<ipython-input-\d+-\w+>", "the cell", text)


class TestCell:
    """A `%%liveimport` cell is a cell, and registers its imports when it succeeded."""

    @pytest.mark.parametrize(
        "line",
        [
            "%%liveimport",
            "%%liveimport  ",
            "%%liveimport # a comment",
            "%%liveimport --clear",
            "%%liveimport -c # clear it",
            "\n\n%%liveimport",
            "#_%%liveimport",
            "# _%%liveimport",
            "#  _%%liveimport -c",
            "#_%%liveimport --clear # a comment",
            "# %%\n#_%%liveimport",
            "#| label: imports\n#| echo: false\n#_%%liveimport",
            "#@title Imports\n\n%%liveimport",
        ],
    )
    def test_ways_to_write_it(self, session, shell, low, line):
        """All of these run the cell and register its imports."""
        assert shell.run(f"{line}\nfrom low import x\nx + 1").value == 2
        assert bindings(session) == ["from low import x"]

    @pytest.mark.parametrize(
        "cell",
        [
            "  %%liveimport -c\n  from low import x\n  x",
            ">>> %%liveimport\n... from low import x\n... x",
            "In [2]: %%liveimport\n   ...: from low import x\n   ...: x",
            "%%liveimport\n    from low import x\n    x",
            "#_%%liveimport\n# comment\n  from low import x\n\n  if x:\n    x = 1\n  x",
            "%%time\n%%liveimport\n    from low import x\n    x",
        ],
    )
    def test_indented_and_pasted_cells(self, session, shell, low, cell):
        """IPython cleans them before it runs them."""
        assert shell.run(cell).value == 1
        assert bindings(session) == ["from low import x"]

    @pytest.mark.parametrize(
        ("code", "statements"),
        [
            ("import low, json as j; import os.path", 3),
            ("from low import (x as a,\n    x as b)", 2),
            ("from low import *", 1),
            ("import low\nimport low", 1),
            ("if True:\n    import low", 0),
            ("def f():\n    import low", 0),
            ("import low\ndel low", 0),
            pytest.param(
                "print(1)\nimport low\n!true\n%time 1", 1, marks=pytest.mark.processes
            ),
            ("", 0),
        ],
    )
    def test_what_is_registered(self, session, shell, low, code, statements):
        """Every top-level import that still holds is, in any legal form; others are not."""
        shell.run(f"%%liveimport\n{code}")
        assert len(bindings(session)) == statements

    @pytest.mark.parametrize(
        ("cell", "reason"),
        [
            ("%%liveimport\nx = 1", "it has no import"),
            ("%%liveimport", "it has no import"),
            ("%%liveimport -c", "it has no import; what was registered before is discarded"),
            (
                "#_%%liveimport\ntry:\n    import low\nfinally:\n    pass",
                "its imports stand inside try: …; register them with register()",
            ),
            ("%%liveimport\nimport low\ndel low", "the namespace has no name 'low'"),
            (
                "%%liveimport\nimport sys, low\ndel sys.modules['low'], sys",
                "the namespace has no name 'sys'",
            ),
            pytest.param(
                "%%liveimport\n%%bash\necho",
                "%%bash does not run it in the notebook",
                marks=pytest.mark.processes,
            ),
            ("%%liveimport\n%%mine\nno Python", "what it ran is not Python"),
            (
                "import liveimport\n\n#_%%liveimport\nimport low",
                "#_%%liveimport stands on the first line of its own cell",
            ),
        ],
    )
    def test_a_cell_that_registers_nothing_says_so(self, shell, low, cell, reason):
        """And why. Unless reports are off."""
        shell.ipython.register_magic_function(lambda _line, _cell: None, "cell", "mine")
        assert shell.run(cell).report == f"This cell registers nothing: {reason}"
        liveimport.auto_sync(report=False)
        assert shell.run(cell).report == ""

    @pytest.mark.parametrize(
        "cell",
        [
            "%%writefile cell.py\n#_%%liveimport\nx = 1",
            "%%liveimport\n1 / 0",
            "#_%%liveimport\n1 / 0",
            "x = 1\n#_%%liveimport\n1 / 0",
            "%%liveimport\nimport low",
            "%%liveimport --help\nx = 1",
            "x = '''\n#_%%liveimport\n'''",
            "%%time\n%%liveimport\nimport low",
        ],
    )
    def test_other_cells_say_nothing(self, shell, low, cell):
        """They register something, failed, or have no magic."""
        assert shell.run(cell).report == ""

    def test_a_comment_where_the_hidden_magic_is_off(self, shell):
        """It is a comment like any other."""
        liveimport.hidden_cell_magic(enabled=False)
        assert shell.run("x = 1\n#_%%liveimport").report == ""

    def test_other_cells_register_nothing(self, session, shell, low):
        """Imports of a plain cell are the user's own affair."""
        shell.run("from low import x")
        shell.run("x\n%%liveimport")
        shell.run("'''\n%%liveimport\n'''\nfrom low import x")
        shell.run("%%liveimporting\nfrom low import x")
        assert bindings(session) == []

    @pytest.mark.parametrize(
        "code",
        [
            "from low import x\n1 / 0",
            "from low import x\nimport",
            "import low, nowhere",
            "from low import x\nraise KeyboardInterrupt",
            "import low\n%no_such_magic\n1/0",
        ],
    )
    def test_a_failing_cell_registers_nothing(self, session, shell, low, code):
        """Whatever went wrong, not even what was imported before counts."""
        ran = shell.run(f"%%liveimport\n{code}")
        assert ran.error is not None
        assert bindings(session) == []

    def test_clear_discards_the_namespaces_registrations(self, session, shell, low):
        """With --clear only the cell's own imports are left."""
        shell.run("%%liveimport\nimport low, json")
        shell.run("%%liveimport\nimport re")
        assert len(bindings(session)) == 3
        shell.run("%%liveimport --clear\nfrom low import x")
        assert bindings(session) == ["from low import x"]

    def test_a_failing_cell_clears_nothing(self, session, shell, low):
        """What was registered stays when the clearing cell fails."""
        shell.run("%%liveimport\nimport low")
        shell.run("%%liveimport --clear\n1 / 0")
        assert bindings(session) == ["import low"]

    def test_running_a_cell_again(self, session, shell, low, project):
        """It adds nothing, but its names win again."""
        project.write("high.py", "x = 5")
        for code in ("from low import x", "from high import x", "from low import x"):
            shell.run(f"%%liveimport\n{code}")
        assert bindings(session) == ["from high import x", "from low import x"]
        low(22)
        project.write("high.py", "x = 55")
        assert shell.run("x").value == 22

    @pytest.mark.parametrize("words", ["--foo", "x", "-c x", "--clear=1", "-cc"])
    def test_a_usage_error_runs_nothing(self, session, shell, low, words):
        """Another word is a usage error that names it; the cell does not run."""
        ran = shell.run(f"%%liveimport {words}\nhas_run = True\nimport low")
        assert isinstance(ran.error, UsageError)
        assert words.split()[-1] in str(ran.error)
        assert "%%liveimport [-c | --clear]" in str(ran.error)
        assert "has_run" not in shell.names
        assert bindings(session) == []

    def test_help(self, session, shell):
        """--help tells how it is used, and runs nothing."""
        ran = shell.run("%%liveimport --help\nhas_run = True")
        assert "discard what this notebook registered before" in ran.said
        assert "has_run" not in shell.names

    def test_hidden_magic_can_be_turned_off(self, session, shell, low):
        """A comment is then a comment; the plain form works on."""
        liveimport.hidden_cell_magic(enabled=False)
        assert shell.run("#_%%liveimport\nfrom low import x\nx").value == 1
        assert bindings(session) == []
        shell.run("%%liveimport\nfrom low import x")
        assert bindings(session) == ["from low import x"]

    @pytest.mark.parametrize("line", ["%%time", "%%capture", "%%time\n%%capture"])
    def test_below_another_cell_magic(self, session, shell, low, line):
        """The magic above runs the cell, and it is registered."""
        assert shell.run(f"{line}\n%%liveimport\nfrom low import x\n").error is None
        assert shell.names["x"] == 1
        assert bindings(session) == ["from low import x"]

    @pytest.mark.parametrize("line", ["%%time", "%%capture", "%%prun -q", "%%time\n%%capture"])
    @pytest.mark.parametrize("ours", ["%%liveimport -c", "# %%\n#_%%liveimport\n"])
    def test_above_another_cell_magic(self, session, shell, low, line, ours):
        """The magic below runs the cell, and it is registered."""
        assert shell.run(f"{ours}\n{line}\nfrom low import x\n").error is None
        assert shell.names["x"] == 1
        assert bindings(session) == ["from low import x"]

    def test_an_alias_of_another_cell_magic(self, session, shell, low):
        """It counts as that one."""
        shell.run("%alias_magic clock time\n%alias_magic elsewhere writefile")
        shell.run("%%liveimport\n%%clock\nfrom low import x\n")
        assert bindings(session) == ["from low import x"]
        shell.run("%%liveimport -c\n%%elsewhere cell.py\nimport low, json\n")
        assert bindings(session) == ["from low import x"]

    def test_a_failure_above_another_magic(self, session, shell, low):
        """It registers nothing."""
        ran = shell.run("%%liveimport\n%%time\nfrom low import x\n1 / 0\n")
        assert "ZeroDivisionError" in ran.said
        assert bindings(session) == []

    @pytest.mark.parametrize(
        "cell",
        [
            "x = 1\n%%liveimport\nfrom low import x",
            "import liveimport\n%%liveimport --clear\nfrom low import x",
            "%%liveimport\n%%liveimport -c\nfrom low import x",
        ],
    )
    def test_it_stands_on_the_first_line(self, session, shell, low, cell):
        """Elsewhere it is a usage error that says so."""
        ran = shell.run(cell)
        assert isinstance(ran.error, UsageError)
        assert str(ran.error) == "%%liveimport stands on the first line of its own cell"
        assert bindings(session) == []

    @pytest.mark.parametrize("line", ["%%time", "%%capture", "%%shows"])
    def test_a_failure_below_another_magic(self, session, shell, low, line):
        """What fails there registers nothing, also if the magic shows the error itself."""

        def shows(_line, cell):
            try:
                exec(cell, shell.names)  # noqa: S102  # it is what such magics do
            except ZeroDivisionError:
                shell.ipython.showtraceback()

        shell.ipython.register_magic_function(shows, "cell")
        shell.run(f"{line}\n%%liveimport\nfrom low import x\n1 / 0\n")
        assert bindings(session) == []

    def test_an_error_that_is_only_shown(self, session, shell, low):
        """A cell that catches an error and shows it has succeeded."""
        shell.run(
            "%%liveimport\nfrom low import x\n"
            "try: 1 / 0\nexcept ZeroDivisionError: get_ipython().showtraceback()"
        )
        assert bindings(session) == ["from low import x"]

    @pytest.mark.parametrize(
        "line",
        [
            "%%writefile cell.py",
            "%%file cell.py",
            pytest.param("%%bash", marks=pytest.mark.processes),
            "%%html",
        ],
    )
    def test_with_a_magic_that_runs_it_elsewhere(self, session, shell, low, line):
        """What is not executed here registers nothing, and discards nothing."""
        shell.run("%%liveimport\nfrom low import x\nimport low")
        for cell in (f"{line}\n#_%%liveimport --clear", f"#_%%liveimport --clear\n{line}"):
            ran = shell.run(f"{cell}\nimport low\n")
            assert bindings(session) == ["from low import x", "import low"]
            assert "callback" not in ran.said

    def test_a_magic_below_gets_what_is_below_it(self, shell, project):
        """Not our line."""
        shell.run("#_%%liveimport\n%%writefile cell.py\nimport low\n")
        assert (project.folder / "cell.py").read_text() == "import low\n"

    def test_below_a_magic_that_runs_something_else(self, session, shell, capsys):
        """It need not even be Python."""
        shell.ipython.register_magic_function(lambda _line, _cell: None, "cell", "other")
        ran = shell.run("%%other\n#_%%liveimport\nno Python at all\n")
        assert bindings(session) == []
        assert "callback" not in ran.said + capsys.readouterr().err

    def test_relative_imports(self, session, shell, project):
        """A notebook may say which package it stands for."""
        project.write_all(**{"pk/__init__": "", "pk/low": "x = 1"})
        shell.run("__package__ = 'pk'")
        assert shell.run("%%liveimport\nfrom .low import x\nimport json\nx").value == 1
        assert bindings(session) == ["from pk.low import x", "import json"]
        project.write("pk/low.py", "x = 22")
        assert shell.run("x").value == 22

    @pytest.mark.parametrize("line", ["%%liveimport", "#_%%liveimport", "\n%%liveimport -c"])
    @pytest.mark.parametrize("code", ["\n1 / 0", "x = = 1", "def f():\n    1 / 0\nf()"])
    def test_errors_look_as_in_a_plain_cell(self, shell, line, code):
        """Prompt number, line numbers and text are those of a cell with a comment there."""
        plain = shell.run(f"{line.replace(line.strip(), '# a comment')}\n{code}")
        ran = shell.run(f"{line}\n{code}")
        assert type(ran.error) is type(plain.error)
        expected, shown = (_named_alike(said).splitlines() for said in (plain.said, ran.said))
        assert len(expected) > 3
        different = [x for x, y in zip(expected, shown, strict=True) if x != y]
        assert [x for x in different if "# a comment" not in x] == []

    def test_errors_point_to_the_line_of_the_cell(self, shell):
        """The magic line counts as the first line."""
        ran = shell.run("%%liveimport\nimport os\n\n1 / 0\n")
        assert re.search(r"Cell In\[1\], line 4|<ipython-input-1-", ran.said)
        assert "----> 4 1 / 0" in ran.said

    @pytest.mark.processes
    def test_it_is_like_a_plain_cell(self, shell, low):
        """Last expression, `_`, Out, history, magics, shell commands, await: all as ever."""
        assert shell.run("%%liveimport\nimport low\n7").value == 7
        assert shell.run("_ + Out[1]").value == 14
        assert shell.names["In"][1].splitlines()[-1] == "7"
        assert shell.ipython.execution_count == 3
        if IPython.version_info >= (8, 13) or sys.version_info < (3, 12):
            # Before, IPython itself did not understand it on Python 3.12.
            code = "%%liveimport\n%time low.x\nwho = !echo me\nwho[0]"
            assert shell.run(code).value == "me"
        code = "%%liveimport\nimport asyncio\nawait asyncio.sleep(0, 5)"
        assert shell.run(code).value == 5

    @pytest.mark.parametrize(
        "cell",
        [
            "x = '\\d'",
            "%%liveimport\nimport low\nx = '\\d'",
            "%%liveimport\ny = '\\d'\nif y:\n    import low",
            "x = '\\d?'",
            "help('\\d')",
            "import low  # pdb\nx = '\\d'",
        ],
    )
    def test_what_the_compiler_warns_of(self, shell, low, cell):
        """It is shown as for a cell in a shell without LiveImport: once, for the cell."""
        liveimport.auto_sync(register="project")
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            shell.run(cell)
        assert [w for w in warned if w.filename in {"<unknown>", "<importstmts>"}] == []
        assert any("escape sequence" in str(w.message) for w in warned)

    def test_each_hook_runs_once(self, shell):
        """Other extensions see one cell, not one within another."""
        seen = []

        def note(info):
            seen.append(info.raw_cell)

        shell.ipython.events.register("pre_run_cell", note)
        shell.run("%%liveimport\n1")
        shell.ipython.events.unregister("pre_run_cell", note)
        assert seen == ["%%liveimport\n1"]

    def test_called_past_the_transformer(self, session, shell, low):
        """Whoever calls the magic itself gets the same."""
        shell.ipython.run_cell_magic("liveimport", "--clear", "from low import x\n")
        assert (shell.names["x"], bindings(session)) == (1, ["from low import x"])
        with pytest.raises(ZeroDivisionError):
            shell.ipython.run_cell_magic("liveimport", "", "1 / 0")


class TestBeforeACell:
    """The sync before a cell, and its report."""

    @pytest.fixture(autouse=True)
    def registered(self, shell, low):
        """The cells of these tests follow the module `low`."""
        shell.run("%%liveimport\nfrom low import x\nimport low")

    def test_a_cell_sees_the_files_of_now(self, shell, low):
        """Names are new before the cell runs, and the report is a console block."""
        low(22)
        ran = shell.run("x, low.x")
        assert ran.value == (22, 22)
        assert re.fullmatch(RELOADED, ran.report)
        assert re.fullmatch(f"```console\n{RELOADED}\n```", ran.markdown)
        assert "Reloaded" not in ran.said

    def test_once(self, shell, low):
        """The next cell has nothing to say."""
        low(22)
        shell.run("x")
        assert (shell.run("x").report, shell.run("x").value) == ("", 22)

    def test_a_liveimport_cell_syncs_too(self, shell, low):
        """The cell that registers is a cell, and sees what changed before it."""
        low(22)
        ran = shell.run("%%liveimport -c\nfrom low import x\nx")
        assert ran.value == 22
        assert re.fullmatch(RELOADED, ran.report)

    def test_turned_off(self, shell, low):
        """With enabled=False nothing happens until somebody asks."""
        liveimport.auto_sync(enabled=False)
        low(22)
        ran = shell.run("x")
        assert (ran.value, ran.report) == (1, "")
        assert re.fullmatch(
            RELOADED,
            str(shell.run("liveimport = __import__('liveimport')\nliveimport.sync()").value),
        )
        assert shell.run("x").value == 22

    def test_without_report(self, shell, low, project):
        """With report=False it syncs in silence, failures too."""
        liveimport.auto_sync(report=False)
        low(22)
        ran = shell.run("x")
        assert (ran.value, ran.report) == (22, "")
        project.write("low.py", "raise ValueError")
        ran = shell.run("x")
        assert (ran.value, ran.report) == (22, "")

    def test_the_grace_period(self, shell, low):
        """Cells that follow each other quickly see the files of the first of them."""
        liveimport.auto_sync(grace=60)
        shell.run("x")
        low(22)
        assert shell.run("x").value == 1
        assert shell.run("x").value == 1
        liveimport.auto_sync(grace=0)
        ran = shell.run("x")
        assert ran.value == 22
        assert re.fullmatch(RELOADED, ran.report)

    def test_the_grace_period_begins_at_the_end_of_a_cell(self, shell, low):
        """A cell that takes long is followed by the whole period."""
        liveimport.auto_sync(grace=1.5)
        shell.run("import time; time.sleep(1.6)")
        low(22)
        assert shell.run("x").value == 1

    def test_a_change_within_the_grace_period_is_told(self, shell, low):
        """A file that changes during a run of cells is named, once."""
        liveimport.auto_sync(grace=30)
        shell.run("x")
        low(22)
        shell.run("%liveimport plan")
        assert shell.run("x").report == (
            "low changed while cells were running; "
            "it reloads before the first cell run after a pause of 30 s "
            "(`%liveimport sync` reloads it now)"
        )
        assert shell.run("x").report == ""

    @pytest.mark.parametrize(
        "unseen", [{"store_history": False}, {"silent": True, "store_history": False}]
    )
    def test_unseen_cells_do_not_swallow_the_report(self, shell, low, unseen):
        """What a frontend runs unseen may sync, but the next cell that is seen reports."""
        low(22)
        assert shell.run("x", **unseen).report == ""
        assert shell.run("x", **unseen).report == ""
        ran = shell.run("x")
        assert ran.value == 22
        assert re.fullmatch(RELOADED, ran.report)
        assert shell.run("x").report == ""

    @pytest.mark.parametrize(
        "look", ["%tb", "%who", "tb", "who int", "x?", "?x", "help(x)", "%history", "%pdb off"]
    )
    def test_cells_that_only_look(self, shell, low, look, monkeypatch):
        """No sync comes before them, and the grace period does not begin with them."""
        monkeypatch.setattr("pydoc.pager", print)
        liveimport.auto_sync(grace=0.3)
        time.sleep(0.4)
        low(22)
        assert shell.run(look).report == ""
        assert sys.modules["low"].x == 1
        assert re.fullmatch(RELOADED, shell.run("x").report)

    @pytest.mark.parametrize("cell", ["who = 1", "tb", "%timeit -n1 -r1 x", "%debug x"])
    def test_cells_that_do_more(self, shell, low, cell, monkeypatch):
        """A sync comes before them. A word that is a name of the user's is no magic."""
        monkeypatch.setattr("bdb.Bdb.trace_dispatch", lambda *_: None)
        shell.names["tb"] = 1
        low(22)
        assert re.match(RELOADED, shell.run(cell).report)

    def test_words_without_automagic(self, shell, low):
        """They are names."""
        shell.run("%automagic off")
        low(22)
        assert re.match(RELOADED, shell.run("who").report)

    def test_an_error_is_looked_at_with_the_modules_that_raised_it(self, shell, project):
        """What is shown of the frames, and their values, are those of the error."""
        project.write("low.py", "x = 1\ndef f(y): return x / y")
        shell.run("low.f(0)")
        project.write("low.py", "# one more line\nx = 333\ndef f(y): return x / (y or 1)")
        assert "ZeroDivisionError" in shell.run("%tb").said
        assert sys.modules["low"].x == 1

    def test_unseen_cells_do_not_begin_the_grace_period(self, shell, low):
        """Nor do they keep the user's cell from seeing the files of now."""
        liveimport.auto_sync(grace=0.4)
        time.sleep(0.5)
        shell.run("x", store_history=False)
        low(22)
        assert shell.run("x").value == 22

    def test_cells_within_cells(self, shell, low):
        """A cell that a cell runs does not sync in the midst of it."""
        low(22)
        again = "__import__('pathlib').Path('low.py').write_text('x = 333')"
        shell.run(f"a = x\n{again}\nget_ipython().run_cell('b = x')\nc = x")
        assert [shell.names[name] for name in "abc"] == [22, 22, 22]

    def test_a_failure(self, shell, project):
        """It is shown with file, line and cause; the cell runs on the last good version."""
        project.write("low.py", "x = 22\nraise ValueError('no')")
        ran = shell.run("x")
        assert ran.value == 1
        assert ran.report == "Could not reload low: ValueError: no (low.py, line 2)"
        assert "Traceback" not in ran.said
        reminder = shell.run("x")
        assert (reminder.value, reminder.report) == (
            1,
            "low still fails: ValueError: no (low.py, line 2)",
        )

    def test_repair(self, shell, low, project):
        """When the file is repaired, the next cell has the new version."""
        project.write("low.py", "x = 22\nraise ValueError('no')")
        shell.run("x")
        low(333)
        ran = shell.run("x")
        assert ran.value == 333
        assert re.fullmatch(RELOADED, ran.report)

    @pytest.mark.parametrize("text", ["import sys\nsys.exit(3)", "x = = 1", "raise SystemExit"])
    def test_no_error_leaves_as_a_callbacks_error(self, shell, project, capsys, text):
        """Whatever a module does, IPython never prints an error of a callback."""
        project.write("low.py", text)
        ran = shell.run("x")
        assert ran.value == 1
        assert ran.report.startswith("Could not reload low: S")
        assert "callback" not in ran.said + capsys.readouterr().err

    def test_stop_on_error(self, shell, low, project):
        """With on_error="stop" the cell does not run, and ends as an error, until repaired."""
        liveimport.auto_sync(on_error="stop")
        project.write("low.py", "raise ValueError('no')")
        for _ in range(2):
            ran = shell.run("has_run = True")
            assert "could not reload low; the cell did not run" in str(ran.error)
            assert "has_run" not in shell.names
        low(22)
        assert shell.run("x").value == 22

    def test_a_cell_that_was_stopped_leaves_nothing_behind(self, shell, low, project):
        """IPython walks through each cell's nodes if there is a transformer: mostly none is."""
        liveimport.auto_sync(on_error="stop")
        assert shell.ipython.ast_transformers == []
        project.write("low.py", "raise ValueError('no')")
        for cell in ("has_run = True", "no Python", "has_run = True"):
            assert shell.run(cell).error is not None
            assert shell.ipython.ast_transformers == []
        low(22)
        assert shell.run("x").value == 22

    def test_transformers_that_somebody_else_took_away(self, shell, low, project, capsys):
        """Then the cell runs, and nothing of ours is an error."""
        liveimport.auto_sync(on_error="stop")
        project.write("low.py", "raise ValueError('no')")

        def take_away(*_):
            shell.ipython.ast_transformers = []

        shell.ipython.events.register("pre_run_cell", take_away)
        ran = shell.run("x")
        shell.ipython.events.unregister("pre_run_cell", take_away)
        assert ran.value == 1
        assert "callback" not in ran.said + capsys.readouterr().err
        low(22)
        assert shell.run("x").value == 22

    def test_a_way_out_while_stopped(self, session, shell, project):
        """A cell that begins anew without the broken module runs, and unloading does."""
        liveimport.auto_sync(on_error="stop")
        project.write("low.py", "raise ValueError('no')")
        assert shell.run("1").error is not None
        assert shell.run("%%liveimport\nimport json").error is not None
        assert shell.run("%%liveimport --clear\nimport json").error is None
        assert bindings(session) == ["import json"]
        assert shell.run("1").error is None

    def test_unloading_while_stopped(self, shell, project):
        """The extension can be taken out."""
        liveimport.auto_sync(on_error="stop")
        project.write("low.py", "raise ValueError('no')")
        assert shell.run("1").error is not None
        assert shell.run("%unload_ext liveimport").error is None
        assert shell.run("x").value == 1

    def test_messages_that_begin_with_a_blank_line(self, shell, project):
        """The first line that says something is shown; of a long one, its beginning."""
        project.write("low.py", f"raise ValueError('\\n  the option\\nx' + {'y' * 5000!r})")
        assert (
            shell.run("1").report
            == "Could not reload low: ValueError: the option (low.py, line 1)"
        )
        project.write("low.py", f"raise ValueError({'y' * 5000!r})")
        assert len(shell.run("1").report) < 1100

    def test_messages_that_cannot_be_printed(self, shell, project):
        """Half of a character is spelled out."""
        project.write("low.py", "raise ValueError('caf\\udce9')")
        assert "ValueError: caf\\udce9 (low.py" in shell.run("1").report

    def test_errors_that_cannot_be_printed(self, shell, project):
        """Their class is told, and the cell runs."""
        odd = "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd\n"
        project.write("low.py", odd)
        ran = shell.run("x")
        assert ran.value == 1
        assert ran.report == "Could not reload low: <unprintable Odd> (low.py, line 3)"
        assert shell.run("x").report == "low still fails: <unprintable Odd> (low.py, line 3)"

    def test_a_path_is_told_once(self, shell, project):
        """A message that names the file is followed by the line only."""
        project.write("low.py", "raise OSError(2, 'gone', __file__)")
        path = project.path("low.py")
        said = f"Could not reload low: FileNotFoundError: [Errno 2] gone: '{path}' (line 1)"
        assert shell.run("x").report == said
        error = shell.run("%liveimport sync").error
        assert str(error).count("low.py") == 1

    def test_a_touch_within_the_grace_period(self, shell, project):
        """What does not count as changed is not told to be frozen."""
        liveimport.auto_sync(grace=60, detect="content")
        shell.run("x")
        project.dated("low.py", 60, now=time.time())
        assert shell.run("x").report == ""
        project.write("low.py", "x = 22")
        assert shell.run("x").report == (
            "low changed while cells were running; "
            "it reloads before the first cell run after a pause of 60 s "
            "(`%liveimport sync` reloads it now)"
        )

    def test_an_empty_cell(self, shell, low):
        """It is none, and the grace period does not begin with it."""
        liveimport.auto_sync(grace=0.4)
        time.sleep(0.5)
        shell.run("")
        low(22)
        assert shell.run("x").value == 22

    def test_a_cell_whose_end_says_nothing(self, shell, low):
        """A frontend may tell that a cell ended, and no more."""
        shell.ipython.events.trigger(
            "pre_run_cell", SimpleNamespace(raw_cell="", store_history=0)
        )
        shell.ipython.events.trigger("post_run_cell", None)
        low(22)
        assert shell.run("x").value == 22

    def test_settings_can_be_changed_while_stopped(self, shell, project):
        """The way out is always open."""
        liveimport.auto_sync(on_error="stop")
        project.write("low.py", "raise ValueError('no')")
        shell.run("import liveimport", store_history=True)
        assert shell.run("%liveimport off").error is None
        assert shell.run("x").value == 1

    def test_an_interrupt(self, shell, low, project):
        """After Ctrl-C in a reload the cell does not run, and ends as an error."""
        project.write("low.py", "x = 22\nraise KeyboardInterrupt")
        ran = shell.run("has_run = True")
        assert "interrupted while reloading" in str(ran.error)
        assert "has_run" not in shell.names
        reminder = shell.run("x").report
        assert reminder == "low still fails: it was interrupted (low.py, line 2)"
        low(333)
        assert shell.run("x").value == 333

    def test_a_name_that_is_gone(self, shell, project):
        """It keeps its value, and the report says so."""
        project.write("low.py", "y = 22")
        ran = shell.run("x, low.y")
        assert ran.value == (1, 22)
        assert "x keeps its last value: low no longer has x" in ran.report.splitlines()

    def test_objects_of_the_old_version(self, shell, project):
        """Names of the notebook that still hold old objects are told."""
        project.write("low.py", "x = 1\nclass Net: pass")
        shell.run("net = low.Net()\nnets = [1, net]")
        project.write("low.py", "x = 1\nclass Net: size = 3")
        report = shell.run("low.Net.size").report.splitlines()
        assert report[1:] == [
            "net is an instance of the old low.Net, made in In [2]",
            "nets[1] is an instance of the old low.Net, made in In [2]",
        ]

    def test_unregistered_names_stay(self, shell, low):
        """A name that no registered import gives is left alone."""
        shell.run("y = 'mine'\nimport json")
        low("22\ny = 5")
        assert shell.run("x, y").value == (22, "mine")


class TestOwnNames:
    """Names that the user bound to something else than their import did."""

    @pytest.fixture(autouse=True)
    def _replaced(self, shell, low):
        shell.run("%%liveimport\nfrom low import x")
        shell.run("import liveimport\nx = 'mine'")
        low(22)

    def test_it_is_told_and_kept(self, shell):
        """A cell that only looks at the values begins without a sync, so it finds them."""
        ran = shell.run("x")
        assert (ran.value, ran.report.splitlines()[1:]) == (
            22,
            ["x was yours and is now low.x; yours is in liveimport.replaced['x']"],
        )
        shell.run("other = 1")
        assert shell.run("liveimport.replaced['x']").value == "mine"

    def test_the_cell_that_takes_the_value_back(self, shell, low):
        """A sync before it could replace another value, and forget this one."""
        shell.run("x")
        shell.run("%%liveimport\nimport low")
        shell.run("low = 'mine too'")
        low(333)
        assert shell.run("back = liveimport.replaced['x']").report == ""
        assert shell.run("back, low.x").value == ("mine", 333)
        assert shell.run("dict(liveimport.replaced)").value == {"low": "mine too"}

    def test_with_an_interrupt(self, shell, low, project):
        """What was replaced before it is told. The cell does not run."""
        project.write("other.py", "y = 1")
        shell.run("%%liveimport\nimport other")
        shell.run("x = 'mine'")
        low(333)
        project.write("other.py", "raise KeyboardInterrupt")
        ran = shell.run("has_run = True")
        assert "interrupted while reloading" in str(ran.error)
        assert "x was yours and is now low.x" in ran.report

    @pytest.mark.parametrize(
        "reset",
        ["%reset -f", "%reset -sf", "%reset -f -s", "reset -f", "%reset -f\nimport liveimport"],
    )
    def test_reset(self, shell, reset):
        """It forgets the values with the names."""
        shell.run("x")
        shell.run(reset)
        assert len(liveimport.replaced) == 0

    @pytest.mark.parametrize("other", ["%reset -f in", "%reset_selective -f nothing", "del x"])
    def test_other_ways_to_forget(self, shell, other):
        """They are not about these values."""
        shell.run("x")
        shell.run(other)
        assert dict(liveimport.replaced) == {"x": "mine"}

    def test_a_reset_that_is_refused(self, shell, monkeypatch):
        """Nothing is forgotten."""
        shell.run("x")
        monkeypatch.setattr(shell.ipython, "ask_yes_no", lambda *_, **__: False)
        shell.run("%reset -s")
        shell.run("%reset")
        assert dict(liveimport.replaced) == {"x": "mine"}

    def test_kept(self, session, shell):
        """By `%config` as well, they stay the user's."""
        shell.run("%config LiveImport.own_names = 'keep'")
        assert session.settings.own_names == "keep"
        ran = shell.run("x")
        assert (ran.value, ran.report.splitlines()[1:]) == ("mine", ["x is yours: not bound"])
        assert "own names: keep." in str(liveimport.status())


class TestProjectImports:
    """With register="project" every cell registers what it imports of the project."""

    @pytest.fixture(autouse=True)
    def _project(self, shell, low, project):
        liveimport.auto_sync(register="project")
        project.write_all(**{"pk/__init__": "", "pk/sub": "y = 1", "ns/deep": "z = 1"})

    @pytest.mark.parametrize(
        ("cell", "statements"),
        [
            ("from low import x", ["from low import x"]),
            ("from low import *", ["from low import *"]),
            ("import json, low, sys\nfrom os import path", ["import low"]),
            ("import IPython, attrs as a, liveimport, low as m", ["import low as m"]),
            ("import __main__", []),
            ("import pk.sub", ["import pk.sub"]),
            ("from pk import sub", ["from pk import sub"]),
            ("import ns.deep", ["import ns.deep"]),
            ("from ns import deep", ["from ns import deep"]),
            ("import liveimport\nfrom low import x", ["from low import x"]),
            ("%time import low", []),
            ("%time 1\nimport low", ["import low"]),
            ("%%time\nimport low\n", ["import low"]),
            ("%%capture\n%%time\nimport low\n", ["import low"]),
            ("%%timeit -n1 -r1\nimport low\n", []),
            ("%%writefile cell.py\nimport low", []),
            pytest.param("%%bash\n# import low", [], marks=pytest.mark.processes),
            ("    import low", ["import low"]),
            (">>> import low", ["import low"]),
            ("  %%time\n  import low\n", ["import low"]),
            ("In [2]: %%time\n   ...: import low\n   ...: ", ["import low"]),
            ("if True:\n    import low", []),
            ("import low\ndel low", []),
            ("x = 'import low'", []),
            ("%%liveimport\nimport low, json", ["import low", "import json"]),
            ("x = 1\n#_%%liveimport\nimport low", ["import low"]),
        ],
    )
    def test_what_is_registered(self, session, shell, cell, statements):
        """Top-level imports of your own modules; no other import, and no cell that failed."""
        assert shell.run(cell).report == ""
        assert bindings(session) == statements

    def test_an_installed_package(self, session, shell, project, tmp_path):
        """It is none of the project, also in a folder with a name of its own."""
        project.write("site-packages/inst.py", "x = 1")
        folder = tmp_path / "others"
        (folder / "given-1.0.dist-info").mkdir(parents=True)
        (folder / "given-1.0.dist-info" / "RECORD").write_text("given.py,,\n")
        (folder / "given.py").write_text("x = 1")
        shell.run(f"import sys; sys.path += ['site-packages', {str(folder)!r}]")
        assert shell.run("import inst, given").error is None
        assert bindings(session) == []

    @pytest.mark.parametrize(
        ("cell", "statements"),
        [
            ("import low\n1 / 0", ["import low"]),
            (
                "import json, low\nfrom pk import sub\n1 / 0\nfrom ns import deep",
                ["import low", "from pk import sub"],
            ),
            ("from low import *\n1 / 0\nfrom pk.sub import *", ["from low import *"]),
            ("%%liveimport\nimport low, json\n1 / 0", ["import low"]),
            ("%%time\nimport low\n1 / 0\n", ["import low"]),
            ("import low\nraise KeyboardInterrupt", ["import low"]),
            ("1 / 0\nfrom low import x", []),
            ("1 / 0\nfrom low import *", []),
            ("1 / 0\nimport low as x", []),
            ("import low as x\n1 / 0", ["import low as x"]),
            ("import low\nx = = 1", []),
            ("import low\n1 / 0\nimport nowhere", ["import low"]),
        ],
    )
    def test_a_cell_that_failed(self, session, shell, cell, statements):
        """It has executed the imports whose names have what they give."""
        shell.run("__import__('low'), __import__('pk.sub'); x = 'mine'")
        shell.run(cell)
        assert bindings(session) == statements

    def test_a_cell_that_was_not_run(self, session, shell, low, project):
        """It registers nothing, although its name has what its import gives."""
        shell.run("from low import x")
        liveimport.auto_sync(on_error="stop")
        project.write("low.py", "x = 1\nraise ValueError")
        shell.names["sub"] = __import__("pk.sub").sub
        assert "could not reload low" in str(shell.run("from pk import sub").error)
        assert bindings(session) == ["from low import x"]

    def test_a_bug_that_made_a_cell_fail(self, shell, project):
        """When it is fixed, the same cell works."""
        project.write("buggy.py", "def f(): return 1 / 0")
        cell = "from buggy import f\nf()"
        assert isinstance(shell.run(cell).error, ZeroDivisionError)
        project.write("buggy.py", "def f(): return 1 / 2")
        assert shell.run(cell).value == 0.5

    def test_it_follows_them(self, shell, low):
        """As if the cells had the magic."""
        shell.run("from low import x")
        low(22)
        ran = shell.run("x")
        assert ran.value == 22
        assert re.fullmatch(RELOADED, ran.report)

    def test_it_can_be_turned_off(self, session, shell):
        """Then only cells with the magic register."""
        shell.run("%config LiveImport.register = 'magic'")
        shell.run("from low import x")
        assert bindings(session) == []

    def test_below_a_magic_that_runs_no_python(self, session, shell):
        """Nothing is registered, and nothing is an error."""
        shell.ipython.register_magic_function(lambda _line, _cell: None, "cell", "other")
        ran = shell.run("%%other\nimport no Python at all\n")
        assert (bindings(session), ran.error, ran.said) == ([], None, "")


class TestGoneNames:
    """A namespace that lost all its names at once is registered no more."""

    @pytest.fixture(autouse=True)
    def registered(self, shell, low, project):
        """Two modules are registered, one of them by a star."""
        project.write("high.py", "y = 1\nz = 1")
        shell.run("%%liveimport\nfrom low import x\nfrom high import *\nimport low")

    @pytest.mark.parametrize(
        "cell",
        [
            "%reset -f",
            "%reset -sf",
            "reset -f",
            "%reset -f\nx = 'mine'",
            "del x, y, z, low",
            "%reset_selective -f ^([xyz]|low)$",
        ],
    )
    def test_nothing_comes_back(self, session, shell, low, project, cell):
        """No edit binds a name again."""
        assert shell.run(cell).error is None
        assert bindings(session) == []
        low(22)
        project.write("high.py", "y = 22\nz = 22")
        assert shell.run("sorted({'x', 'y', 'z', 'low'} & set(globals()))").value == (
            ["x"] if "mine" in cell else []
        )
        assert shell.names.get("x", "mine") == "mine"

    @pytest.mark.parametrize("cell", ["del x", "del x, low, z", "del x, low, y\nz = 'mine'"])
    def test_some_names_are_gone(self, session, shell, cell):
        """One that is left, by whatever means, keeps the registration."""
        shell.run(cell)
        assert len(bindings(session)) == 3

    def test_a_cell_that_begins_anew(self, session, shell):
        """What it registers after a reset counts, and nothing else."""
        shell.run("%%liveimport\n%reset -f\nfrom low import x")
        assert bindings(session) == ["from low import x"]

    def test_a_reset_that_is_refused(self, session, shell, monkeypatch):
        """Nothing is forgotten."""
        monkeypatch.setattr(shell.ipython, "ask_yes_no", lambda *_, **__: False)
        shell.run("%reset")
        assert len(bindings(session)) == 3

    def test_only_a_star(self, session, shell, low, project):
        """Its names are those that it bound."""
        shell.run("%%liveimport --clear\nfrom high import *")
        shell.run("del y")
        assert bindings(session) == ["from high import *"]
        shell.run("del z")
        assert bindings(session) == []

    def test_a_star_without_names(self, session, shell, project):
        """It has lost none."""
        project.write("none.py", "")
        shell.run("%%liveimport --clear\nfrom none import *")
        shell.run("1")
        assert bindings(session) == ["from none import *"]

    def test_each_namespace_by_itself(self, session, shell, project):
        """What a module registered stays when the notebook is reset."""
        project.write(
            "own.py", "import liveimport, high\nliveimport.register(globals(), 'import high')"
        )
        shell.run("import own")
        shell.run("%reset -f")
        assert bindings(session) == ["import high"]


class TestAttaching:
    """`%load_ext`, `%unload_ext`, `%reload_ext`, `import liveimport`."""

    @pytest.fixture
    def plain(self, shell):
        """A shell without LiveImport."""
        liveimport.unload_ipython_extension(shell.ipython)
        return shell

    def hooks(self, shell):
        """Returns all that an extension can leave behind in a shell."""
        ipython = shell.ipython
        return {
            "cleanup": list(ipython.input_transformers_cleanup),
            "post": list(ipython.input_transformers_post),
            "ast": list(ipython.ast_transformers),
            "events": {name: list(found) for name, found in ipython.events.callbacks.items()},
            "line": sorted(ipython.magics_manager.magics["line"]),
            "cell": sorted(ipython.magics_manager.magics["cell"]),
            "configurables": list(ipython.configurables),
            "reset": ipython.reset,
            "meta_path": list(sys.meta_path),
        }

    def test_unload_removes_everything(self, plain):
        """Loading and unloading leaves the shell as it was."""
        plain.run(
            "%load_ext no_such_extension"
        )  # IPython's own magics come with their first use
        before = self.hooks(plain)
        assert plain.run("%load_ext liveimport").error is None
        assert self.hooks(plain) != before
        assert plain.run("%unload_ext liveimport").error is None
        assert self.hooks(plain) == before

    def test_without_it(self, plain, low):
        """After unloading nothing syncs, and the magic is unknown."""
        plain.run("%load_ext liveimport\nliveimport = __import__('liveimport')")
        plain.run("%%liveimport\nfrom low import x")
        plain.run("%unload_ext liveimport")
        low(22)
        assert plain.run("x").value == 1
        plain.run("%%liveimport\nimport low")
        assert "low" not in plain.names

    def test_reload(self, session, shell, low):
        """%reload_ext works, and cells go on as before."""
        shell.run("%%liveimport\nfrom low import x")
        assert shell.run("%reload_ext liveimport").error is None
        low(22)
        assert shell.run("x").value == 22

    def test_loading_twice(self, session, shell, low):
        """Loading again adds nothing."""
        before = self.hooks(shell)
        liveimport.load_ipython_extension(shell.ipython)
        assert self.hooks(shell) == before
