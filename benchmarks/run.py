"""Measures every cost, prints the table, writes JSON: `python benchmarks/run.py`.

Each measurement is a process of its own (`child.py`), in which a cost and the floor beneath it
are timed in turns. The figures are kept as a suite of pyperf, so its commands read the file:
`python -m pyperf stats`, `python -m pyperf compare_to OLD NEW`.

pyperf's own runner is not used: it gives each function a process of its own, and a ratio needs
two in one.
"""

# ruff: noqa: INP001  # a script: in a package, the repository would be on the path of all

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyperf
from child import CLOCKS, LIBRARIES
from generated import random_graph, write_project
from table import Measurements, as_text

HERE = Path(__file__).resolve().parent

RESULTS = HERE / "results.json"

KEPT = {"cpu_count", "cpu_model_name", "date", "load_avg_1min", "platform", "python_version"}
"""What is kept of what pyperf says of the machine: nothing that names it or its folders."""

FLOOR_OF_IMPORT = "import attrs, pyrsistent"

OURS = {"comments", "old", "reading", "rereading"}
"""Measurements of what the rival does not have."""


@dataclass(frozen=True)
class Task:
    """A measurement to be made: how often in how many processes, with how many modules."""

    measure: str
    count: int
    samples: int
    processes: int
    argument: str


@dataclass(frozen=True)
class Environment:
    """Where a side is installed."""

    side: str
    python: str
    path: str = ""


@dataclass
class Results:
    """What was measured so far."""

    runs: dict[str, list[pyperf.Run]] = field(default_factory=dict)

    def add(self, task: Task, side: str, parts: dict[str, Any], clock: str) -> None:
        """Adds what a process measured."""
        for part, values in parts.items():
            if isinstance(values, list) and values:
                name = f"{task.measure}/{task.count}/{side}/{part}"
                unit = "byte" if task.measure == "memory" else "second"
                metadata = {"name": name, "unit": unit, "clock": clock}
                self.runs.setdefault(name, []).append(_run(values, metadata))

    def suite(self) -> pyperf.BenchmarkSuite:
        """Returns it as pyperf has it."""
        return pyperf.BenchmarkSuite([pyperf.Benchmark(runs) for runs in self.runs.values()])


def _run(values: Sequence[float], metadata: dict[str, str]) -> pyperf.Run:
    found = pyperf.Run(values, metadata=metadata).get_metadata()
    kept = {name: value for name, value in found.items() if name in {*KEPT, *metadata}}
    rounded = tuple(float(f"{value:.6g}") for value in values)
    return pyperf.Run(rounded, metadata=kept, collect_metadata=False)


def clean_environment(path: str = "") -> dict[str, str]:
    """Returns the variables for a child: bytecode caches on, nothing else on the path."""
    foreign = {
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONPYCACHEPREFIX",
        "PYTHONPATH",
        "PYTHONTRACEMALLOC",
    }
    variables = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**variables, "PYTHONPATH": path} if path else variables


def output_of(command: Sequence[str], path: str = "", folder: str | None = None) -> str:
    """Returns what a command printed; its errors go to the terminal.

    Raises:
        SystemExit: It failed.
    """
    done = subprocess.run(  # noqa: S603  # of interpreters that the user named
        command,
        env=clean_environment(path),
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {done.returncode}")
    return done.stdout


class Driver:
    """Makes the measurements, in a folder of its own."""

    def __init__(self, folder: str, clock: str, sides: Sequence[Environment]) -> None:
        self.folder = Path(folder)
        self.clock = clock
        self.sides = sides
        self.results = Results()

    def write_projects(self, counts: Iterable[int]) -> None:
        """Writes a project of each size twice, to be read and to be edited; compiles them."""
        for count in counts:
            for kind in ("still", "edited"):
                folder = self.project(kind, count)
                write_project(folder, random_graph(count))
                for side in self.sides:
                    output_of([side.python, "-m", "compileall", "-q", str(folder)])

    def project(self, kind: str, count: int) -> Path:
        """Returns the folder of a project."""
        return self.folder / f"{kind}{count}"

    def measure(self, tasks: Sequence[Task]) -> None:
        """Makes measurements on each side, the sides in turns."""
        for task in tasks:
            for process in range(task.processes):
                say(f"{task.measure} N={task.count} {process + 1}/{task.processes}")
                for side in self.sides[: 1 if task.measure in OURS else None]:
                    parts = self.child(task, side)
                    self.results.add(task, side.side, parts, self.clock)

    def child(self, task: Task, side: Environment, *options: str) -> dict[str, Any]:
        """Returns what one process measured."""
        measure = task.measure.partition("-")[0]
        numbers = (str(task.count), str(task.samples), "--clock", self.clock)
        command = [
            side.python,
            str(HERE / "child.py"),
            measure,
            task.argument,
            *numbers,
            *options,
        ]
        parts: dict[str, Any] = json.loads(output_of(command, side.path, str(self.folder)))
        return parts

    def measure_import(self, processes: int) -> None:
        """Times ``import liveimport`` in fresh processes, each with the floor in another."""
        task = Task("import", 0, 1, processes, "")
        for process in range(processes):
            say(f"import {process + 1}/{processes}")
            floor = self._import(self.sides[0].python, FLOOR_OF_IMPORT)
            for side in self.sides:
                cost = self._import(side.python, "import liveimport")
                self.results.add(
                    task, side.side, {"cost": [cost], "floor": [floor]}, self.clock
                )

    def _import(self, python: str, statement: str) -> float:
        clock = CLOCKS[self.clock].__name__
        code = f"import time; b = time.{clock}(); {statement}; print(time.{clock}() - b)"
        return float(output_of([python, "-c", code], folder=str(self.folder)))


def say(what: str) -> None:
    """Tells how far it is."""
    print(what, file=sys.stderr, flush=True)  # noqa: T201  # a command talks


def tasks_for(driver: Driver, counts: Sequence[int], processes: int) -> list[Task]:
    """Returns the measurements on projects of these sizes."""

    def task(measure: str, kind: str, count: int, samples: int, times: int) -> Task:
        return Task(measure, count, samples, times, str(driver.project(kind, count)))

    return [
        made
        for count in counts
        for made in (
            task("idle", "still", count, 20, processes),
            task("register", "still", count, 1, 2 * processes),
            task("top", "edited", count, 10, processes),
            task("bottom", "edited", count, max(3, min(10, 1000 // count)), processes),
            task("comments", "edited", count, 10, processes),
            task("memory", "edited", count, 1, 1),
            task("old", "edited", count, 10, processes),
            # Last: the modules read files from here on.
            task("reading", "edited", count, 5, processes),
            task("rereading", "edited", count, 5, processes),
        )
    ]


def planning_for(counts: Sequence[int], processes: int) -> list[Task]:
    """Returns the measurements of planning alone."""
    return [
        Task(f"planning-{shape}", count, 3, processes, shape)
        for shape in ("chain", "random")
        for count in counts
    ]


def measure_notebook(
    driver: Driver, python: str, sides: Sequence[Environment], processes: int
) -> None:
    """Measures the idle cell, if the interpreter has the libraries.

    Of each side's environment, it is given the package alone, by a link to it.
    """
    check = f"from importlib.util import find_spec as f; print(all(map(f, {LIBRARIES})))"
    if output_of([python, "-c", check]).strip() != "True":
        say(f"Not measured: an idle cell among {', '.join(LIBRARIES)}; see --science")
        return
    count = 20
    driver.write_projects([count])
    project = str(driver.project("edited", count))
    linked = []
    for side in sides:
        links = driver.folder / f"package-{side.side}"
        links.mkdir()
        where = "import liveimport, os; print(os.path.dirname(liveimport.__file__))"
        package = output_of([side.python, "-c", where], folder=str(driver.folder)).strip()
        (links / "liveimport").symlink_to(package)
        linked.append(Environment(side.side, python, str(links)))
    outer, driver.sides = driver.sides, linked
    driver.measure([Task("notebook", count, 10, processes, project)])
    driver.sides = [Environment("liveimport", python)]
    driver.measure([Task("autoreload", count, 10, processes, project)])
    driver.sides = outer


def main() -> None:
    """Measures, prints and writes."""
    given = parse()
    own = Environment("liveimport", sys.executable)
    sides = [own, Environment("rival", given.rival)] if given.rival else [own]
    say("Bytecode caches are on in all processes: without them, every figure would lie.")
    with tempfile.TemporaryDirectory() as folder:
        driver = Driver(folder, given.clock, sides)
        if given.profile:
            profile(driver, given.profile)
            return
        driver.write_projects(given.counts)
        driver.measure(tasks_for(driver, given.counts, given.processes))
        driver.measure_import(4 * given.processes)
        measure_notebook(driver, given.science, sides, given.processes)
        driver.sides = [own]
        driver.measure(planning_for(given.planning, given.processes))
    suite = driver.results.suite()
    if given.output:
        suite.dump(given.output, replace=True)
    print(as_text(Measurements(suite).rows()))  # noqa: T201  # the table is its result


def profile(driver: Driver, what: str) -> None:
    """Prints where one cost goes."""
    measure, _, count = what.partition(":")
    if measure.startswith("planning-"):
        task = Task(measure, int(count), 1, 1, measure.partition("-")[2])
    else:
        driver.write_projects([int(count)])
        tasks = tasks_for(driver, [int(count)], 1)
        task = next(task for task in tasks if task.measure == measure)
    driver.child(task, driver.sides[0], "--profile")


def parse() -> argparse.Namespace:
    """Returns the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="fewer sizes and processes; writes no file"
    )
    parser.add_argument("--rival", metavar="PYTHON", help="where the other liveimport is")
    parser.add_argument(
        "--science",
        metavar="PYTHON",
        default=sys.executable,
        help="an environment with numpy and the like, IPython, attrs and pyrsistent",
    )
    parser.add_argument("--output", metavar="FILE", help=f"instead of {RESULTS.name}")
    parser.add_argument("--clock", choices=CLOCKS, default="cpu")
    parser.add_argument("--counts", type=numbers, help="numbers of modules: 20,200,1000")
    parser.add_argument("--planning", type=numbers, help="the same for planning alone")
    parser.add_argument("--processes", type=int, help="per measurement")
    parser.add_argument("--profile", metavar="MEASURE:N", help="show where one cost goes")
    given = parser.parse_args()
    quick = given.quick
    given.output = given.output or ("" if quick else str(RESULTS))
    given.counts = given.counts or ([20, 200] if quick else [20, 50, 100, 200, 500, 1000])
    given.planning = given.planning or ([1000] if quick else [100, 1000, 10_000])
    given.processes = given.processes or (2 if quick else 5)
    return given


def numbers(text: str) -> list[int]:
    """Returns numbers that are written with commas."""
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    main()
