"""The tutorial in JupyterLab, opened and run as README says."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from .test_jupyterlab import lacking

ROOT = Path(__file__).parents[2]

METADATA = "() => JSON.stringify(jupyterapp.shell.currentWidget.context.model.metadata)"
ERRORS = """() => jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .flatMap(cell => cell.model.outputs.toJSON())
    .filter(output => output.output_type === 'error')
    .map(output => output.evalue)"""


@pytest.fixture
def tutorial(tmp_path):
    """The folder that README makes, with the tutorial open in JupyterLab."""
    if lacking():
        if os.environ.get("CI") == "true":
            pytest.fail(lacking())
        pytest.skip(lacking())
    from .lab import lab

    folder, own = tmp_path / "build", tmp_path / "jupyter"
    folder.mkdir()
    own.mkdir()
    for file in (ROOT / "docs" / "tutorial.ipynb", *(ROOT / "docs").glob("*.md")):
        shutil.copy(file, folder)
    with lab(folder, own) as opened:
        opened.open("tutorial.ipynb")
        yield opened, folder


@pytest.mark.slow
def test_it_runs(tutorial):
    """To open it changes no kernel; all its cells run; its links lead to files beside it."""
    opened, folder = tutorial
    opened.page.wait_for_timeout(1000)
    # JupyterLab itself writes down the version of Python. So README says to open a copy.
    stored = json.loads((folder / "tutorial.ipynb").read_text(encoding="utf-8"))
    assert (
        json.loads(opened.page.evaluate(METADATA))["kernelspec"]
        == stored["metadata"]["kernelspec"]
    )
    opened.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
    opened.page.get_by_text("(24.79, '49.6 m exactly')").wait_for()
    assert opened.page.evaluate(ERRORS) == []
    source = (folder / "tutorial.ipynb").read_text(encoding="utf-8")
    linked = re.findall(r"\]\(([\w.-]+\.md)", source)
    assert len(linked) > 1
    assert [name for name in linked if not (folder / name).exists()] == []
