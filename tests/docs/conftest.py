"""A real kernel for the examples of the docs."""

import re

import nbformat
import pytest
from nbclient import NotebookClient


@pytest.fixture
def run(tmp_path):
    """Runs a cell in a kernel of its own, in an empty folder; returns what the cell shows."""
    notebook = nbformat.v4.new_notebook()
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=60,
        resources={"metadata": {"path": str(tmp_path)}},
    )

    def run_cell(source):
        notebook.cells.append(nbformat.v4.new_code_cell(source))
        client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
        return shown(notebook.cells[-1])

    with client.setup_kernel():
        yield run_cell


def shown(cell):
    """Returns all that a cell shows, as text, `normalised`."""
    # A kernel may send what one print writes in several pieces.
    texts = [
        output["text"] if output.output_type == "stream" else output.data["text/plain"] + "\n"
        for output in cell.outputs
    ]
    return normalised("".join(texts).rstrip("\n"))


def normalised(text):
    """Returns the text with N for the numbers that differ from run to run, or by environment."""
    text = re.sub(r"\d+ (second|minute)s? ago", "N seconds ago", text)
    text = re.sub(r"(Python|LiveImport|IPython) \d[\w.+-]*", r"\1 N", text)
    return re.sub(r"In \[\d+\]", "In [N]", text)
