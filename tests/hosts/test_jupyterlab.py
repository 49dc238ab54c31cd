"""LiveImport in JupyterLab, as a person sees it in a browser.

With LIVEIMPORT_SCREENSHOTS=1 the pictures that the docs show are taken again.
"""

import importlib.util
import os
import re
import time
from pathlib import Path

import pytest

CHROMIUM = "/usr/bin/chromium"
IMAGES = Path(__file__).parents[2] / "docs" / "images"

CELLS = [
    "import liveimport\nliveimport.auto_sync(grace=0);",
    "%%liveimport --clear\nimport symcode\nfrom printmath import show\nfrom simulator import fall",
    'show(fall(2), "m")',
    'show(fall(2), "m")',
    'show(fall(2), "m")',
    'show(fall(2), "m")',
    "liveimport.plan()",
    "%liveimport graph",
    "%liveimport",
    "%%liveimport --clear\nimport large",
    "%liveimport graph",
]
REPORT, FAILURE, REMINDER, PLAN, GRAPH, STATUS, LARGE = 3, 4, 5, 6, 7, 8, 10


def lacking():
    """Returns what is not there and has to be, or nothing."""
    if not os.path.exists(CHROMIUM):
        return f"no {CHROMIUM}"
    wanted = [n for n in ("jupyterlab", "playwright") if importlib.util.find_spec(n) is None]
    return f"not installed: {', '.join(wanted)}" if wanted else ""


@pytest.fixture
def jupyterlab(project, tmp_path):
    """JupyterLab with the notebook of the story, and its modules beside it."""
    if lacking():
        if os.environ.get("CI") == "true":
            pytest.fail(lacking())
        pytest.skip(lacking())
    from .lab import lab, write_notebook

    project.write("symcode.py", "gravity = 9.81\n")
    project.write("printmath.py", 'def show(value, unit):\n    return f"{value:.2f} {unit}"\n')
    project.write(
        "simulator.py",
        "import orbits\nfrom symcode import gravity\n\nhalf = gravity / 2\n\n\n"
        "def fall(seconds):\n    return half * seconds**2\n",
    )
    project.write_all(orbits="import bodies\n", bodies="import orbits\n")
    write_large_project(project)
    write_notebook(project.folder / "story.ipynb", CELLS)
    own = tmp_path / "jupyter"
    own.mkdir()
    with lab(project.folder, own) as opened:
        opened.open("story.ipynb")
        yield opened


LAYERS = ("cli", "web", "jobs", "models", "stats", "tables", "store", "util")


def write_large_project(project):
    """Writes 80 modules in 8 layers; each imports two of the next layer and one further on."""
    for layer, name in enumerate(LAYERS):
        for number in range(10):
            below = [
                f"{LAYERS[layer + step]}_{(number + shift) % 10}"
                for step, shift in ((1, 0), (1, number % 3), (3, 0))
                if layer + step < len(LAYERS)
            ]
            project.write(f"{name}_{number}.py", "".join(f"import {n}\n" for n in below))
    everything = [f"import {LAYERS[0]}_{number}\n" for number in range(10)]
    project.write("large.py", "".join(everything[1:]) + everything[0])


@pytest.fixture
def taken(tmp_path):
    """Where pictures go."""
    if os.environ.get("LIVEIMPORT_SCREENSHOTS") == "1":
        IMAGES.mkdir(exist_ok=True)
        return IMAGES
    return tmp_path


def edit(project, name, text, *, ago=18):
    """Saves a file, so many seconds ago."""
    project.write(name, text)
    project.dated(name, ago, now=time.time())


def shown(output):
    """Returns the lines of LiveImport's block, without what is folded away."""
    block = output.locator("[data-mime-type='text/html'] .liveimport > div")
    return block.first.inner_text().splitlines()


def value(output):
    """Returns what stands behind the prompt."""
    return output.locator(".jp-OutputArea-executeResult pre").inner_text()


def check_status(output):
    """The tracked modules are a table."""
    table = output.locator("table")
    table.get_by_text("registered by `import symcode`").wait_for()
    assert table.locator("th").all_inner_texts() == ["module", "state", "why"]
    states = dict(
        zip(
            *(table.locator(f"td:nth-child({n})").all_inner_texts() for n in (1, 2)),
            strict=True,
        )
    )
    assert (states["symcode"], states["printmath"]) == ("modified", "failed")


@pytest.mark.slow
def test_a_story(jupyterlab, project, taken):
    """Reports, a failure, a plan and the graph are on the page as they are meant."""
    jupyterlab.run(0)
    jupyterlab.run(1)
    assert value(jupyterlab.run(2)) == "'19.62 m'"

    edit(project, "symcode.py", "gravity = 1.62  # on the moon\n")
    output = jupyterlab.run(REPORT)
    first, second = shown(output)
    assert re.fullmatch(r"Reloaded symcode modified (18|19|2\d) seconds ago", first)
    assert second == "Reloaded simulator because symcode reloaded"
    assert value(output) == "'3.24 m'"
    folded = output.locator("details div")
    assert not folded.is_visible()
    output.locator("summary").click()
    assert folded.inner_text().splitlines() == ["import symcode", "from simulator import fall"]
    output.locator("summary").click()

    edit(project, "printmath.py", "def show(value, unit):\n    return f'{value:.1f}' +\n")
    output = jupyterlab.run(FAILURE)
    assert shown(output)[0].startswith("Could not reload printmath: SyntaxError")
    assert "line 2" in shown(output)[0]
    assert value(output) == "'3.24 m'"
    output = jupyterlab.run(REMINDER)
    assert shown(output)[0].startswith("printmath still fails: SyntaxError")
    assert "line 2" in output.locator("details div").text_content()

    edit(project, "symcode.py", "gravity = 3.71  # on Mars\n", ago=4)
    lines = shown(jupyterlab.run(PLAN).locator(".jp-OutputArea-executeResult"))
    assert any(re.match(r"Would reload symcode: modified \d+ seconds ago", x) for x in lines)
    assert "Would reload simulator because symcode reloads" in lines
    assert any(line.startswith("Would try printmath again: SyntaxError") for line in lines)

    jupyterlab.run(GRAPH)
    drawing = jupyterlab.drawing(GRAPH)
    assert set(drawing.nodes) == {
        "symcodemodified",
        "simulatorwill reload",
        "printmathfailed, to be retried",
        "orbits",
        "bodies",
    }
    assert [drawing.boxed(box) for box in drawing.boxes] == [{"orbits", "bodies"}]

    check_status(jupyterlab.run(STATUS))

    jupyterlab.run(LARGE - 1)
    edit(project, "stats_4.py", "import tables_4\n")
    jupyterlab.run(LARGE)
    drawing = jupyterlab.drawing(LARGE)
    modules = [re.sub("(modified|will reload)$", "", label) for label in drawing.nodes]
    assert sorted(modules) == sorted(
        [*(f"{name}_{number}" for name in LAYERS for number in range(10)), "large"]
    )
    assert [label for label in drawing.nodes if label.endswith("modified")] == [
        "stats_4modified"
    ]
    assert "largewill reload" in drawing.nodes
    heights = [bottom - top for _, top, _, bottom in drawing.nodes.values()]
    assert min(heights) > 20  # text of a size to read, at the size at which it is shown
    assert drawing.scale == 1

    for name, theme in (("dark", "JupyterLab Dark"), ("light", "JupyterLab Light")):
        jupyterlab.theme(theme)
        jupyterlab.save_picture(taken / f"jupyterlab-report-{name}.png", REPORT, REMINDER)
        jupyterlab.save_picture(taken / f"jupyterlab-plan-{name}.png", PLAN, GRAPH)
        jupyterlab.save_picture(taken / f"jupyterlab-status-{name}.png", STATUS, STATUS)
    jupyterlab.save_picture(taken / "jupyterlab-large.png", LARGE, LARGE)
