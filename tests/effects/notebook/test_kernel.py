"""A real ipykernel, driven as frontends and tools drive it."""

import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbclient.util import run_sync

RELOADED = r"Reloaded low modified \d+ seconds? ago"


@pytest.fixture
def kernel(project, tmp_path, monkeypatch):
    """A kernel that works in the project's folder, as JupyterLab starts one."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    client = NotebookClient(
        nbformat.v4.new_notebook(),
        resources={"metadata": {"path": str(project.folder)}},
        timeout=60,
    )
    with client.setup_kernel():
        yield Kernel(client)


class Kernel:
    """Cells run in it one after the other, like in an open notebook."""

    def __init__(self, client):
        self.client = client
        self.client.on_cell_executed = self._note_status
        self._status = ""

    def _note_status(self, execute_reply, **_):
        self._status = execute_reply["content"]["status"]

    def run(self, code):
        """Runs a cell and returns its outputs.

        After an error, older kernels refuse for a moment what comes next.
        """
        cell = nbformat.v4.new_code_cell(code)
        self.client.nb.cells.append(cell)
        while True:
            ran = self.client.execute_cell(cell, len(self.client.nb.cells) - 1)
            if self._status != "aborted":
                return ran.outputs

    def unseen(self, code):
        """Runs code as a frontend does for itself: silently, without history."""
        self.ask("execute", code, silent=True, store_history=False)

    def ask(self, request, *arguments, **options):
        """Sends a request as a frontend does besides cells, and returns the reply."""

        async def exchange():
            return await getattr(self.client.kc, request)(
                *arguments, reply=True, timeout=60, **options
            )

        return run_sync(exchange)()["content"]


def value(outputs):
    """Returns the text of the last expression's value."""
    (out,) = (output for output in outputs if output.output_type == "execute_result")
    return out.data["text/plain"]


def reports(outputs):
    """Returns what was displayed, by MIME type."""
    return [output.data for output in outputs if output.output_type == "display_data"]


def test_a_session(kernel, project):
    """Cells, edits, reports, a failure, its repair: all of it in one kernel."""
    project.write_all(low="x = 1", top="from low import x\ndef get(): return x")
    kernel.run("import liveimport\nliveimport.auto_sync(grace=0)")
    assert value(kernel.run("%%liveimport\nfrom top import get\nget()")) == "1"

    project.write("low.py", "x = 22")
    outputs = kernel.run("get()")
    assert value(outputs) == "22"
    (report,) = reports(outputs)
    text = f"{RELOADED}\nReloaded top because low reloaded"
    assert re.fullmatch(text, report["text/plain"])
    assert re.fullmatch(f"```console\n{text}\n```", report["text/markdown"])

    project.write("low.py", "x = 333")
    kernel.unseen("1")
    assert reports(kernel.run("get()"))[0]["text/plain"].startswith("Reloaded low modified")

    project.write("low.py", "x = 4444\nraise ValueError('no')")
    outputs = kernel.run("get()")
    assert value(outputs) == "333"
    said = "Could not reload low: ValueError: no (low.py, line 2)\nalso held back: top"
    assert reports(outputs)[0]["text/plain"] == said
    assert not [output for output in outputs if output.output_type in {"error", "stream"}]

    project.write("low.py", "x = 55555")
    assert value(kernel.run("get()")) == "55555"


def test_what_a_report_carries(kernel, project):
    """The values for other programs, and metadata by which a filter finds the output."""
    project.write("low.py", "x = 1")
    kernel.run("import liveimport\nliveimport.auto_sync(grace=0);")
    kernel.run("%%liveimport\nimport low")
    project.write("low.py", "x = 22")
    (output,) = (o for o in kernel.run("None") if o.output_type == "display_data")
    assert output.metadata["liveimport"] == {"report": True}
    outcome = output.data["application/vnd.liveimport+json"]
    assert (outcome["kind"], outcome["events"][0]["module"]) == ("outcome", "low")
    (result,) = kernel.run("liveimport.plan()")
    assert result.data["application/vnd.liveimport+json"]["kind"] == "plan"


def test_a_transient_report(kernel, project):
    """It is shown until the next cell has ended; then its output is emptied."""
    project.write("low.py", "x = 1")
    kernel.run("import liveimport\nliveimport.auto_sync(grace=0, report='transient');")
    kernel.run("%%liveimport\nimport low")
    project.write("low.py", "x = 22")
    kernel.run("first = low.x")
    cells = kernel.client.nb.cells
    (shown,) = reports(cells[-1].outputs)
    assert re.fullmatch(RELOADED, shown["text/plain"])
    project.write("low.py", "x = 333")
    kernel.run("second = low.x")
    assert reports(cells[-2].outputs) == [{"text/plain": ""}]
    (shown,) = reports(cells[-1].outputs)
    assert re.fullmatch(RELOADED, shown["text/plain"])
    assert value(kernel.run("first, second")) == "(22, 333)"


def test_a_failing_cell_ends_the_run(kernel, project):
    """Whoever runs all cells stops at a `%%liveimport` cell that fails, at its line."""
    project.write("low.py", "x = 1")
    kernel.run("import liveimport")
    with pytest.raises(CellExecutionError) as caught:
        kernel.run("%%liveimport\nfrom low import x\n\nx / 0")
    assert caught.value.ename == "ZeroDivisionError"
    assert "----> 4 x / 0" in re.sub(r"\x1b\[[0-9;]*m", "", str(caught.value.traceback))
    assert (
        value(
            kernel.run(
                "from liveimport.effects.session.session import SESSION\n"
                "len(list(SESSION.state.bindings()))"
            )
        )
        == "0"
    )


def test_a_cell_that_must_not_run_ends_the_run(kernel, project):
    """So does, with on_error="stop", a cell before which a module failed to reload."""
    project.write("low.py", "x = 1")
    kernel.run("import liveimport\nliveimport.auto_sync(grace=0, on_error='stop')")
    kernel.run("%%liveimport\nimport low")
    project.write("low.py", "raise ValueError")
    with pytest.raises(CellExecutionError, match="could not reload low"):
        kernel.run("has_run = True")
    project.write("low.py", "x = 22")
    assert value(kernel.run("low.x, 'has_run' in globals()")) == "(22, False)"


def test_completion_and_inspection_do_not_sync(kernel, project):
    """What an editor asks while the user types reloads nothing."""
    project.write("low.py", "x = 1")
    kernel.run("import liveimport\nliveimport.auto_sync(grace=0)")
    kernel.run("%%liveimport\nimport low")
    project.write("low.py", "x = 22")
    assert any(match.endswith("x") for match in kernel.ask("complete", "low.")["matches"])
    assert kernel.ask("inspect", "low.x", 5)["found"]
    assert kernel.ask("is_complete", "%%liveimport")["status"] == "incomplete"
    outputs = kernel.run("low.x")
    assert value(outputs) == "22"
    assert len(reports(outputs)) == 1


OLD = """
import collections, functools, types

def decorate(function):
    def wrapper():
        return function()
    return wrapper

def run():
    return 1 / 0  # as it was

def steps():
    yield 1
    yield 2

class Error(Exception): pass

class Net:
    def go(self):
        return 1 / 0  # as it was

CONFIG = {"depth": 3}
"""

HOLDERS = {
    "Net()": "is an instance of the old low.Net",
    "Net": "is the old low.Net",
    "run": "is the old low.run",
    "type('Sub', (Net,), {'__module__': '__main__'})": "is a subclass of the old low.Net",
    "type('Bad', (Error,), {'__module__': '__main__'})()": (
        "is an instance of Bad, a subclass of the old low.Error"
    ),
    "Net().go": ".__self__ is an instance of the old low.Net",
    "functools.partial(run)": ".func is the old low.run",
    "decorate(len)": "is a function that the old low.decorate made",
    "functools.wraps(run)(lambda: 1)": ".__wrapped__ is the old low.run",
    "(lambda net: lambda: net)(Net())": (
        ".__closure__[0].cell_contents is an instance of the old low.Net"
    ),
    "lambda x=run: x": ".__defaults__[0] is the old low.run",
    "list[Net]": ".__args__[0] is the old low.Net",
    "[[Net()]]": "[0][0] is an instance of the old low.Net",
    "{Net()}": "holds an instance of the old low.Net",
    "collections.deque([run])": "[0] is the old low.run",
    "collections.defaultdict(list, net=Net())": "['net'] is an instance of the old low.Net",
    "types.SimpleNamespace(net=Net())": ".net is an instance of the old low.Net",
    "steps()": "is a call of the old low.steps that has not ended",
    "(net for net in [Net()])": "holds an instance of the old low.Net",
    "CONFIG": "is the old low.CONFIG",
}


def test_old_objects(kernel, project):
    """Each kind of holder is told, listed and upgraded; old functions show their own lines."""
    project.write("low.py", OLD)
    kernel.run("import liveimport; liveimport.auto_sync(grace=0)")
    kernel.run("%%liveimport\nfrom low import *\n_kept = {}")
    wrong = []
    for number, (made, told) in enumerate(HOLDERS.items()):
        name = f"held_{number}"
        kernel.run("from low import *\nimport low")
        kernel.run(f"{name} = {made.replace('CONFIG', 'low.CONFIG')}")
        project.write("low.py", "\n" * (number + 1) + OLD.replace("was", f"was {number}"))
        (report,) = kernel.run("pass")
        line = next(
            (one for one in report.data["text/plain"].splitlines() if one.startswith("held")),
            "",
        )
        is_right = line.startswith(f"{name}{told}" if told[0] in ".[" else f"{name} {told},")
        wrong += [] if is_right else [(made, line)]
        kernel.run(f"_kept['kept_{number}'] = {name}; del {name}")
    assert wrong == []
    kernel.run("globals().update(_kept)")
    listed = value(kernel.run("%liveimport old")).splitlines()
    names = {re.match(r"\w+", one)[0] for one in listed if one.startswith("kept")}
    assert names == {f"kept_{number}" for number in range(len(HOLDERS))}
    upgraded = value(kernel.run("liveimport.upgrade(kept_0)"))
    assert upgraded == "1 object is an instance of the present low.Net now"
    # The line that ran. IPython 7 does not show the name of the file as the code has it.
    shown = r"low\.py \(before \d\d:\d\d:\d\d|as it was 1"
    with pytest.raises(CellExecutionError, match=shown):
        kernel.run("kept_2()")
