"""LiveImport in a real ipykernel, by the messages that a frontend sees."""

import re
import sys
import time

import IPython
import pytest

from .kernel import kernel

RELOADED = r"Reloaded low modified \d+ seconds? ago"


@pytest.fixture
def opened(project, tmp_path):
    """A kernel in the project's folder with LiveImport loaded, and a module to import."""
    project.write("low.py", "x = 1\n")
    with kernel(project.folder, tmp_path) as started:
        started.run("import liveimport\nliveimport.auto_sync(grace=0)")
        yield started


def published(ran):
    """Returns what the frontend shows of a cell, with its kind."""
    return [
        (message["msg_type"], message["content"])
        for message in ran.messages
        if message["msg_type"] not in {"status", "execute_input"}
    ]


def seen(ran):
    """Returns all that a frontend is told of a cell, but for what differs by its number."""
    text = repr([ran.reply["status"], published(ran)]).replace("# %%liveimport", "# a comment")
    text = re.sub(r"\\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"ipykernel_\d+/\d+\.py", "N", text)  # so IPython 7 names a cell
    return re.sub(r"In\[\d+\]|\(\d+\.py|'execution_count': \d+", "N", text)


class TestACellIsACell:
    """A `%%liveimport` cell gives the frontend what the plain cell gives."""

    @pytest.mark.parametrize(
        ("code", "kinds"),
        [
            ("import asyncio\nawait asyncio.sleep(0, 5)", "execute_result"),
            ("%precision 3\n%pwd\n3.14159", "execute_result"),
            pytest.param(
                "!echo out\nwho = !echo me\nwho",
                "stream execute_result",
                marks=pytest.mark.skipif(
                    IPython.version_info < (8, 13) and sys.version_info >= (3, 12),
                    reason="IPython itself does not understand it on this Python",
                ),
            ),
            (
                "print(1)\nimport sys\nprint(2, file=sys.stderr)\n3",
                "stream stream execute_result",
            ),
            ("import IPython\nIPython.display.display(4)\n5", "display_data execute_result"),
            ("1 + 1;", ""),
            ("1 / 0", "error"),
            ("def f():\n    1 / 0\n\nf()", "error"),
            ("x = = 1", "error"),
            ("%no_such_magic", "stream"),
        ],
    )
    def test_what_it_shows(self, opened, code, kinds):
        """The same messages, in the same order; errors with the same lines."""
        code = f"import low\n{code}"  # a cell that registers nothing would say so
        plain, ran = opened.run(f"# a comment\n{code}"), opened.run(f"%%liveimport\n{code}")
        assert [kind for kind, _ in published(ran)] == kinds.split()
        assert seen(ran) == seen(plain)

    def test_its_place_in_the_session(self, opened):
        """Execution count, `_`, `Out` and history count it as one cell, as it was typed."""
        number = opened.run("None").reply["execution_count"]
        ran = opened.run("%%liveimport\nimport low\nlow.x + 6")
        assert ran.reply["execution_count"] == number + 1
        assert opened.run(f"_, Out[{number + 1}], _{number + 1}").value == "(7, 7, 7)"
        opened.run("history = get_ipython().history_manager.get_range(raw=True)")
        cell = opened.run(f"next(code for _, line, code in history if line == {number + 1})")
        assert cell.value == repr("%%liveimport\nimport low\nlow.x + 6")

    def test_an_error_has_the_line_of_the_cell(self, opened):
        """The magic line is line 1, and the execution ends as an error."""
        number = opened.run("None").reply["execution_count"]
        ran = opened.run("%%liveimport\nimport low\n\nlow.x / 0")
        assert (ran.reply["status"], ran.reply["ename"]) == ("error", "ZeroDivisionError")
        if IPython.version_info >= (8,):
            assert f"Cell In[{number + 1}], line 4" in ran.traceback
        assert "----> 4 low.x / 0" in ran.traceback

    @pytest.mark.parametrize("magic", ["", "%%time\n"])
    def test_hooks_of_other_extensions(self, opened, magic):
        """They run once for the cell, also below another cell magic."""
        opened.run(
            "calls = []\n"
            "for name in ('pre_run_cell', 'post_run_cell', 'pre_execute', 'post_execute'):\n"
            "    get_ipython().events.register(name, lambda *_, name=name: calls.append(name))"
        )
        opened.run("calls.clear()")
        opened.run(f"{magic}%%liveimport\nimport low\nlow.x\n")
        assert opened.run("calls[2:6]").value == repr(
            ["pre_execute", "pre_run_cell", "post_execute", "post_run_cell"]
        )
        assert opened.run("len(calls)").value == "12"

    def test_below_time(self, opened, project):
        """%%time times the cell, and its imports are registered."""
        assert "Wall time" in opened.run("%%time\n%%liveimport\nfrom low import x\n").printed
        project.write("low.py", "x = 22\n")
        assert opened.run("x").value == "22"


class TestSyncing:
    """When the kernel syncs, and what the frontend hears of it."""

    @pytest.fixture(autouse=True)
    def registered(self, opened):
        """The cells of these tests follow the module `low`."""
        opened.run("%%liveimport\nfrom low import x\nimport low, sys")

    def test_what_a_frontend_asks_for_itself(self, opened, project):
        """Silent requests, completion and inspection reload nothing."""
        project.write("low.py", "x = 22\n")
        opened.run("open('seen', 'w').write(str(low.x))", silent=True, store_history=False)
        assert (project.folder / "seen").read_text() == "1"
        found = opened.client.complete("low.", reply=True)["content"]["matches"]
        assert "x" in [match.rpartition(".")[2] for match in found]
        told = opened.client.inspect("low.x", 5, reply=True)["content"]["data"]["text/plain"]
        assert "String form: 1" in re.sub(r"\x1b\[[0-9;]*m", "", told).replace("  ", " ")
        ran = opened.run("x")
        assert ran.value == "22"
        assert re.fullmatch(RELOADED, ran.report)

    def test_a_cell_without_history(self, opened, project):
        """A set-up cell of a frontend registers; the user's cell hears what it reloaded."""
        project.write("setup.py", "y = 1\n")
        opened.run("%%liveimport\nfrom setup import y", store_history=False)
        project.write("setup.py", "y = 22\n")
        assert opened.run("y", store_history=False).report == ""
        ran = opened.run("y")
        assert ran.value == "22"
        assert re.fullmatch(RELOADED.replace("low", "setup"), ran.report)

    def test_on_error_stop(self, opened, project):
        """The cell ends as an error without running, and those that wait behind it too."""
        opened.run("liveimport.auto_sync(on_error='stop')")
        project.write("low.py", "import time\ntime.sleep(0.5)\nraise ValueError('no')\n")
        first, second = opened.begin("ran = 1"), opened.begin("ran = 2")
        stopped, behind = opened.ended(first, second)
        assert behind.reply["status"] in {"aborted", "error"}
        (error,) = stopped.contents("error")
        assert (error["ename"], error["evalue"]) == (
            "CellRejected",
            "could not reload low; the cell did not run",
        )
        project.write("low.py", "x = 22\n")
        # ipykernel 6 goes on to abort for a moment.
        while (after := opened.run("x, 'ran' in globals()")).reply["status"] == "aborted":
            time.sleep(0.1)
        assert after.value == "(22, False)"

    def test_a_sync_that_takes_long(self, opened, project):
        """While it lasts, the frontend is told which module runs; in the end, how long."""
        project.write("low.py", "import time\ntime.sleep(3)\nx = 22\n")
        ran = opened.run("x")
        assert ran.value == "22"
        told, _ = (m for m in ran.messages if m["msg_type"] == "display_data")
        (update,) = (m for m in ran.messages if m["msg_type"] == "update_display_data")
        assert told["content"]["data"]["text/plain"] == "Reloading low (1 of 1)"
        assert re.fullmatch(
            r"Reloading took \d+\.\d s", update["content"]["data"]["text/plain"]
        )
        assert told["content"]["transient"] == update["content"]["transient"]

    @pytest.mark.parametrize("cell", ["x", "import asyncio\nawait asyncio.sleep(0)"])
    def test_the_stop_button(self, opened, project, cell):
        """It ends a reload and keeps the cell from running, also one with `await`."""
        project.write("low.py", "open('begun', 'w').close()\nimport time\ntime.sleep(60)\n")
        begun = opened.begin(cell)
        opened.wait_for(project.folder / "begun")
        opened.interrupt()
        (ran,) = opened.ended(begun)
        assert ran.reply["status"] == "error"
        assert ran.reply["ename"] == "CellRejected"
        project.write("low.py", "x = 22\n")
        assert opened.run("x").value == "22"


def test_the_log(opened, project):
    """What a cell cleared away is shown again, with the number of the cell."""
    opened.run("%%liveimport\nfrom low import x")
    project.write("low.py", "x = 22\n")
    number = opened.run("from IPython.display import clear_output\nclear_output()").reply[
        "execution_count"
    ]
    shown = opened.run("%liveimport log").value
    assert re.fullmatch(rf"With In \[{number}\], \d+ seconds? ago:\n  {RELOADED}", shown)


class TestSubshells:
    """A subshell runs cells while one of the main shell runs."""

    @pytest.fixture
    def subshell(self, opened):
        """A subshell's id."""
        features = opened.client.kernel_info(reply=True)["content"].get(
            "supported_features", []
        )
        if "kernel subshells" not in features:
            pytest.skip("this ipykernel has no subshells")
        return opened.control("create_subshell_request")["subshell_id"]

    @pytest.fixture
    def running(self, opened, project, subshell):
        """A cell of the main shell that has begun, and ends when the file `end` is there."""
        opened.run("%%liveimport\nfrom low import x\nimport low, os, time")
        begun = opened.begin(
            "saw = {x}\n"
            "open('begun', 'w').close()\n"
            "while not os.path.exists('end'):\n"
            "    saw |= {x, low.x}\n"
            "    time.sleep(0.01)"
        )
        opened.wait_for(project.folder / "begun")
        return begun

    def test_no_reload_under_a_running_cell(self, opened, project, subshell, running):
        """The subshell's cell does not sync while the other runs; the next one after it does."""
        project.write("low.py", "x = 22\n")
        during = opened.run("x, low.x", subshell=subshell)
        project.write("end", "")
        opened.ended(running)
        assert during.value == "(1, 1)"
        ran = opened.run("saw, x")
        assert ran.value == "({1}, 22)"
        assert re.fullmatch(RELOADED, ran.report)

    def test_no_cell_under_a_running_reload(self, opened, project, subshell):
        """A cell that begins while the other shell syncs waits for the end of the sync."""
        opened.run("%%liveimport\nfrom low import x\nimport low")
        project.write(
            "low.py",
            "x = None\nopen('begun', 'w').close()\nimport time\ntime.sleep(1)\nx = 22\n",
        )
        # ipykernel loses results of cells that show them at the same time; so only one does.
        begun = opened.begin("saw = x")
        opened.wait_for(project.folder / "begun")
        during = opened.begin("x, low.x", subshell=subshell)
        _, ran = opened.ended(begun, during)
        assert ran.value == "(22, 22)"
        assert opened.run("saw").value == "22"

    def test_a_subshell_syncs_when_nothing_runs(self, opened, project, subshell):
        """By itself it is a shell like the other."""
        opened.run("%%liveimport\nfrom low import x")
        project.write("low.py", "x = 22\n")
        ran = opened.run("x", subshell=subshell)
        assert ran.value == "22"
        assert re.fullmatch(RELOADED, ran.report)

    def test_a_cell_in_a_subshell_registers(self, opened, project, subshell, running):
        """Also while another shell's cell runs, and whichever of them ends first."""
        project.write("other.py", "y = 1\n")
        opened.run("%%liveimport\nfrom other import y", subshell=subshell)
        project.write("end", "")
        opened.ended(running)
        project.write("other.py", "y = 22\n")
        assert opened.run("y").value == "22"

    def test_a_subshell_that_outlasts_the_main_shells_cell(self, opened, project, subshell):
        """The main shell's cells do not reload under a cell of the subshell either."""
        opened.run("%%liveimport\nfrom low import x\nimport os, time")
        begun = opened.begin(
            "open('begun', 'w').close()\nwhile not os.path.exists('end'): time.sleep(0.01)\nx",
            subshell=subshell,
        )
        opened.wait_for(project.folder / "begun")
        project.write("low.py", "x = 22\n")
        assert opened.run("x").value == "1"
        assert opened.run("x").value == "1"
        project.write("end", "")
        (ran,) = opened.ended(begun)
        assert ran.value == "1"
        assert opened.run("x").value == "22"


def test_settings_at_kernel_start(project, tmp_path):
    """`--LiveImport.grace=2` reaches it, and `auto_sync` and `%config` go on from there."""
    with kernel(project.folder, tmp_path, "--LiveImport.grace=2") as started:
        started.run("import liveimport")
        assert started.run("%config LiveImport.grace").value == "2.0"
        started.run("liveimport.auto_sync(grace=3)")
        assert started.run("%config LiveImport.grace").value == "3.0"


def test_the_defaults_of_a_project(project, tmp_path):
    """They are found above the notebook. Together with the extension they are the set-up."""
    project.write(
        "pyproject.toml",
        "[tool.liveimport]\nworkspace = ['src']\nregister = 'project'\ngrace = 0\ngrase = 1\n",
    )
    project.write("notebooks/notes.txt", "")
    project.write("src/low.py", "x = 1\n")
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_config.py").write_text(
        "c = get_config()\nc.InteractiveShellApp.extensions = ['liveimport']\n"
    )
    with kernel(project.folder / "notebooks", tmp_path) as started:
        ran = started.run("import sys\nsys.path.insert(0, '../src')\nfrom low import x\nx")
        assert ran.value == "1"
        assert ran.report.endswith("grase is no setting; did you mean grace?")
        project.write("src/low.py", "x = 22\n")
        ran = started.run("x")
        assert ran.value == "22"
        assert re.fullmatch(RELOADED, ran.report)


REGISTER_OF_PROJECT = "%config LiveImport.register = 'project'"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "ipython_config.py",
            "c.InteractiveShellApp.extensions = ['liveimport']\nc.LiveImport.register = 'project'\n",
        ),
        ("startup/live.ipy", f"%load_ext liveimport\n{REGISTER_OF_PROJECT}\n"),
        (
            "startup/live.py",
            "import liveimport\nliveimport.auto_sync(register='project')\ndel liveimport\n",
        ),
        ("", ""),
    ],
)
def test_the_whole_set_up(project, tmp_path, file, text):
    """From a configuration file, a startup file, or commands that a frontend runs unseen."""
    profile = tmp_path / "ipython" / "profile_default"
    (profile / "startup").mkdir(parents=True)
    if file:
        (profile / file).write_text(text)
    project.write("low.py", "x = 1\n")
    with kernel(project.folder, tmp_path) as started:
        if not file:
            for command in ("%load_ext liveimport", REGISTER_OF_PROJECT):
                started.run(command, silent=True, store_history=False)
        assert started.run("import json\nfrom low import x\nx").value == "1"
        project.write("low.py", "x = 22\n")
        time.sleep(1.1)
        ran = started.run("x")
        assert (ran.value, ran.report.startswith("Reloaded low")) == ("22", True)
        registered = started.run(
            "liveimport = __import__('liveimport')\nliveimport.status().registered"
        )
        assert "json" not in registered.value


def test_a_configuration_file(project, tmp_path):
    """It can load LiveImport into every kernel, with settings, before the first cell runs."""
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_config.py").write_text(
        "c = get_config()\n"
        "c.InteractiveShellApp.extensions = ['liveimport']\n"
        "c.LiveImport.grace = 0\n"
        "c.LiveImport.on_error = 'stop'\n"
    )
    project.write("low.py", "x = 1\n")
    with kernel(project.folder, tmp_path) as started:
        assert started.run("%%liveimport\nfrom low import x\nx").value == "1"
        project.write("low.py", "x = 22\n")
        assert started.run("x").value == "22"
        assert started.run("%config LiveImport.on_error").value == "'stop'"
