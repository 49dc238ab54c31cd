"""The benchmarks: what they measure with, how they sum it up, and that they run."""

import ast
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

MEASURES = (
    *("idle", "register", "top", "bottom", "memory", "old"),
    *("import", "planning-chain", "planning-random"),
)


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """The scripts can be imported, as they import each other; no other test meets them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(BENCHMARKS)):
            del sys.modules[name]


def reached(graph, start):
    """Returns all that can be reached in a graph given as lists of successors."""
    found, pending = {start}, [start]
    while pending:
        more = set(graph[pending.pop()]) - found
        found |= more
        pending += more
    return found


def test_each_engine_has_its_recipe(monkeypatch):
    """Those that are run are those of the page, and they are all that it has."""
    monkeypatch.syspath_prepend(str(BENCHMARKS / "engines"))
    import recipes
    import sessions

    page = sessions.PAGE.read_text("utf-8")
    told = re.findall("% recipe: (.*)", page)
    assert {*told, "autoreload"} == set(sessions.SESSIONS) == set(recipes.ENGINES)
    for name in told:
        compile(sessions.recipe(name), name, "exec")


@pytest.mark.parametrize("count", [1, 2, 3, 20, 200, 1000])
def test_the_top_reaches_all_and_all_reach_the_bottom(count):
    """So an edit of the bottom reloads all, and tracking begins with the top alone."""
    from generated import MAX_IMPORTS, random_graph

    graph = random_graph(count)
    assert reached(graph, count - 1) == set(range(count))
    assert all(0 in reached(graph, index) for index in range(min(count, 60)))
    assert all(lower < index for index, imports in enumerate(graph) for lower in imports)
    assert max(map(len, graph)) <= MAX_IMPORTS
    assert random_graph(count) == graph


def test_imports_do_not_nest_too_deep_for_the_stack():
    """A thousand modules import each other in a dozen layers or so, as real ones do."""
    from generated import random_graph

    depth = []
    for imports in random_graph(1000):
        depth.append(1 + max((depth[lower] for lower in imports), default=0))
    assert 8 <= depth[-1] <= 20


def test_modules_are_like_those_of_people():
    """They have 60 to 160 lines, import what the graph says, and are the same every time."""
    from generated import module_name, module_text

    texts = [module_text(index, [0, index - 1]) for index in range(2, 60)]
    assert all(60 <= text.count("\n") <= 160 for text in texts)
    imported = [
        statement.module
        for statement in ast.parse(texts[40]).body
        if isinstance(statement, ast.ImportFrom)
    ]
    assert imported == ["dataclasses", module_name(0), module_name(41)]
    assert module_text(42, [0, 41]) == texts[40]


def test_edits_differ_in_size_and_replace_each_other(tmp_path):
    """Bytecode is keyed by size within a second; and the file does not grow."""
    from generated import Edits

    file = tmp_path / "module.py"
    file.write_text("x = 1\n")
    edits = Edits(str(file))
    sizes = []
    for _ in range(40):
        edition = edits.edit()
        sizes.append(file.stat().st_size)
        assert ast.literal_eval(file.read_text().split("EDITION = ")[1].split()[0]) == edition
    assert all(one != two for one, two in itertools.pairwise(sizes))
    assert max(sizes) < 50
    assert Edits(str(file)).text == "x = 1\n"


def test_a_figure_is_the_median_of_minima():
    """Each process counts with its best; ratios are made within a process."""
    from table import figure

    found = figure([[3.0, 2.0], [8.0, 9.0], [4.0, 4.0]], [[1.0, 2.0], [2.0, 2.0], [4.0, 9.0]])
    assert (found.cost, found.floor) == (4.0, 2.0)
    assert (found.ratio, found.lowest, found.highest) == (2.0, 1.0, 4.0)


@pytest.mark.parametrize(
    ("title", "count", "cost", "floor", "met"),
    [
        ("a sync with nothing changed", 200, 140e-6, 100e-6, True),
        ("a sync with nothing changed", 200, 141e-6, 100e-6, False),
        ("registering and the first sync together", 20, 4.0, 1.0, True),
        ("registering and the first sync together", 200, 1.0, 1.0, True),
        ("registering and the first sync together", 1000, 1.01, 1.0, False),
        ("a sync after an edit of the top", 200, 1.2, 1.0, False),
        ("a sync after an edit of the top", 1000, 1.2, 1.0, True),
        ("planning a chain, per module", 1000, 20e-6, 0.0, True),
        ("planning a chain, per module", 1000, 21e-6, 0.0, False),
        ("an idle cell among large libraries", 20, 1.0001, 1.0, True),
        ("an idle cell among large libraries", 20, 1.0002, 1.0, False),
    ],
)
def test_what_keeps_a_goal(title, count, cost, floor, met):
    """Goals are limits of a ratio, of a difference, or of the cost alone, also by size."""
    from table import COSTS

    measured = next(one for one in COSTS if one.title == title)
    assert measured.goal_at(count).met(cost, floor) is met


def test_parts_of_a_process_are_added_up():
    """What registering and the first sync cost together is the sum in each process."""
    import pyperf
    from table import COSTS, Measurements

    samples = {"cost": (2.0, 5.0), "sync": (4.0, 2.0), "floor": (3.0, 7.0)}
    benchmarks = [
        pyperf.Benchmark(
            [
                pyperf.Run(
                    [value],
                    metadata={"name": f"register/200/liveimport/{part}"},
                    collect_metadata=False,
                )
                for value in values
            ]
        )
        for part, values in samples.items()
    ]
    cost = next(one for one in COSTS if one.parts == ("cost", "sync"))
    measurements = Measurements(pyperf.BenchmarkSuite(benchmarks))
    found = measurements.figure(cost, 200, "liveimport")
    assert (found.cost, found.lowest, found.highest) == (6.5, 1.0, 2.0)
    assert measurements.figure(cost, 200, "rival") is None


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.234, "s", "1.23 s"),
        (0.01234, "s", "12 ms"),
        (0.001234, "s", "1.23 ms"),
        (0.1234, "s", "123 ms"),
        (12.6e-6, "s", "13 µs"),
        (2e-7, "s", "0.20 µs"),
        (6543, "B", "6.54 kB"),
        (918, "B", "918 B"),
        (0, "B", "0.00 B"),
    ],
)
def test_amounts_read_well(value, unit, text):
    """Two or three digits, and the unit that fits."""
    from table import amount

    assert amount(value, unit) == text


def run(script, *options):
    """Runs a script of the benchmarks as a user would and returns what it printed."""
    command = [sys.executable, str(BENCHMARKS / script), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_table_is_measured_and_rendered(tmp_path):
    """One command prints every row for both sides and writes JSON; another fills the page."""
    results, page = tmp_path / "results.json", tmp_path / "page.md"
    sizes = ("--counts", "3", "--planning", "5", "--processes", "1")
    python = ("--rival", sys.executable, "--output", str(results))
    printed = run("run.py", *sizes, *python).splitlines()
    assert printed[0].split() == [
        *("cost", "N", "floor", "LiveImport", "ratio", "rival", "ratio", "goal", "met")
    ]

    names = {one["metadata"]["name"] for one in json.loads(results.read_text())["benchmarks"]}
    sides = {(name.split("/")[0], name.split("/")[2]) for name in names}
    expected = {(name, "liveimport") for name in MEASURES}
    ours = {"comments", "old", "planning-chain", "planning-random", "reading", "rereading"}
    expected |= {(name, "rival") for name in MEASURES if name not in ours}
    assert expected <= sides
    assert not {(name, "rival") for name in ours} & sides
    for place in (tmp_path, BENCHMARKS.parent):
        assert os.fspath(place) not in results.read_text()

    from render import END, FIGURES, TABLE

    page.write_text(f"# Page\n\n{FIGURES}\n{END}\n\n{TABLE}\nold\n{END}\n\nmore\n")
    run("render.py", str(results), "--page", str(page), "--table-only")
    text = page.read_text()
    assert text.startswith(f"# Page\n\n{FIGURES}\n\n- **A quiet cell: not measured.**")
    assert f"{TABLE}\n\n| cost | N |" in text
    assert text.endswith(f"{END}\n\nmore\n")
    assert "old" not in text
    assert len([line for line in text.splitlines() if line.startswith("| ")]) == len(printed)


def test_the_page_has_the_results():
    """`render.py --table-only` changes nothing: figures and table are those of the results."""
    import pyperf
    from render import PAGE, RESULTS, Measurements, filled

    page = PAGE.read_text(encoding="utf-8")
    assert filled(page, Measurements(pyperf.BenchmarkSuite.load(str(RESULTS)))) == page
    assert page.index("- **A quiet cell: ") < 200


@pytest.mark.slow
def test_where_a_cost_goes_can_be_asked():
    """`--profile` runs one measurement under the profiler of the standard library."""
    command = [sys.executable, str(BENCHMARKS / "run.py"), "--profile", "idle:3"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Ordered by: cumulative time" in done.stderr
    assert "Ordered by: internal time" in done.stderr
    assert "(sync)" in done.stderr


@pytest.mark.parametrize(("arguments", "written"), [(["--quick"], ""), ([], "results.json")])
def test_a_quick_run_touches_no_results(monkeypatch, arguments, written):
    """Only a whole run writes the results that are kept."""
    pytest.importorskip("pyperf")
    from run import parse

    monkeypatch.setattr(sys, "argv", ["run.py", *arguments])
    assert Path(parse().output).name == written
