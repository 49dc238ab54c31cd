"""The filter of the page on reports, which keeps reports out of version control."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

PAGE = Path(__file__).parents[2] / "docs" / "reports.md"


def test_what_git_stores_has_no_reports(tmp_path, monkeypatch):
    """With a real git, and a notebook that a real kernel ran. All else stays, byte by byte."""
    script = re.search(
        r":caption: strip_reports.py\n\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
    )
    (tmp_path / "strip_reports.py").write_text(script[1], encoding="utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "low.py").write_text("x = 1", encoding="utf-8")
    cells = [
        "import liveimport\nliveimport.auto_sync(grace=0);",
        "%%liveimport\nimport low",
        "with open('low.py', 'a') as file:\n    _ = file.write('  # é')",
        "low.x",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    path = tmp_path / "story.ipynb"
    nbformat.write(notebook, path)
    kept = path.read_text("utf-8")
    report, value = notebook.cells[-1].outputs
    assert "Reloaded low" in report.data["text/plain"]

    def git(*arguments):
        run = ["git", "-c", "user.name=n", "-c", "user.email=e@x", *arguments]
        return subprocess.run(run, cwd=tmp_path, check=True, capture_output=True).stdout

    git("init")
    git("config", "filter.reports.clean", f"{sys.executable} strip_reports.py")
    (tmp_path / ".gitattributes").write_text("*.ipynb filter=reports\n", encoding="utf-8")
    git("add", "story.ipynb")
    stored = git("show", ":story.ipynb").decode()
    assert "Reloaded low" not in stored
    assert nbformat.reads(stored, as_version=4).cells[-1].outputs == [value]
    del notebook.cells[-1].outputs[0]
    assert stored == nbformat.writes(notebook) + "\n"
    assert path.read_text("utf-8") == kept
    assert json.loads(kept)["cells"][-1]["outputs"][0]["metadata"] == {
        "liveimport": {"report": True}
    }
