"""Measurements → the table: each cost as a ratio to its floor. Pure.

The measurements are a suite of pyperf, with a benchmark for each thing timed. Its name says
which: ``measure/count/side/part``, as in ``idle/200/liveimport/cost``. A run of it is a process;
the runs of a cost and of its floor belong together in pairs.
"""

# ruff: noqa: INP001  # a script: in a package, the repository would be on the path of all
# ruff: noqa: RUF001  # a times sign is a times sign

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

import pyperf

SIDES = ("liveimport", "rival")

COUNTS = (20, 200, 1000)
"""Numbers of modules that have rows in the table, if they were measured."""


class Goal(NamedTuple):
    """What a cost should be.

    Attributes:
        text: In words.
        met: Whether a cost above its floor (0 if it has none), in seconds or bytes, is that.
    """

    text: str
    met: Callable[[float, float], bool]


NO_GOAL = Goal("", lambda _cost, _floor: True)


def _times(limit: float) -> Goal:
    return Goal(f"≤ {limit} ×", lambda cost, floor: cost <= limit * floor)


def _at_most(text: str, limit: float) -> Goal:
    return Goal(f"≤ {text}", lambda cost, _floor: cost <= limit)


@dataclass(frozen=True)
class Cost:
    """A row of the table, for each number of modules.

    Attributes:
        title: What costs.
        measure: Which measurement of `child.py` it comes from.
        goal: What it should be.
        goals: What it should be instead, for these numbers of modules.
        parts: Which values of the measurement; several are added up.
        unit: ``"s"`` or ``"B"``.
        per_module: Whether the cost is divided by the number of modules.
        counts: The numbers of modules that have rows; all where it is empty.
    """

    title: str
    measure: str
    goal: Goal = NO_GOAL
    goals: Mapping[int, Goal] = field(default_factory=dict)
    parts: tuple[str, ...] = ("cost",)
    unit: str = "s"
    per_module: bool = False
    counts: tuple[int, ...] = COUNTS

    def goal_at(self, count: int) -> Goal:
        """Returns what it should be for this number of modules."""
        return self.goals.get(count, self.goal)


COSTS = (
    Cost(
        "a sync with nothing changed",
        "idle",
        Goal("≤ 1.2 × + 20 µs", lambda cost, floor: cost <= 1.2 * floor + 20e-6),
    ),
    Cost(
        "registering and the first sync together",
        "register",
        goals={200: _times(1.0), 1000: _times(1.0)},
        parts=("cost", "sync"),
    ),
    Cost("… registering the top of N loaded modules", "register"),
    Cost("… the first sync", "register", parts=("sync",)),
    Cost("a sync after an edit of the top", "top", _times(1.1), goals={1000: _times(1.5)}),
    Cost("… after the first edit", "top", parts=("first",)),
    Cost("a sync after an edit of the bottom", "bottom", _times(0.6)),
    Cost("… after the first edit", "bottom", parts=("first",)),
    Cost("… the modules' own code in it", "bottom", parts=("own",)),
    Cost(
        'a sync after an edit of comments of the bottom, `detect="code"`',
        "comments",
        goals={200: _times(1.0), 1000: _times(1.0)},
    ),
    Cost("importing modules that read a file each, followed", "reading"),
    Cost("a sync after an edit of the bottom, the same", "rereading"),
    Cost(
        "planning a chain, per module",
        "planning-chain",
        _at_most("20 µs", 20e-6),
        per_module=True,
        counts=(),
    ),
    Cost(
        "planning a random graph, per module",
        "planning-random",
        _at_most("20 µs", 20e-6),
        per_module=True,
        counts=(),
    ),
    Cost("import liveimport", "import", _times(1.4), counts=()),
    Cost(
        "an idle cell among large libraries",
        "notebook",
        Goal("≤ + 0.1 ms", lambda cost, floor: cost <= floor + 1e-4),
        counts=(),
    ),
    Cost("… with %autoreload 2 instead", "autoreload", counts=()),
    Cost("memory per module, registered", "memory", _at_most("10 kB", 10_000), unit="B"),
    Cost("… with code kept, all reloaded", "memory", parts=("reloaded",), unit="B"),
    Cost(
        "a sync after an edit of the top, names lead to 300,000 objects",
        "old",
        Goal("≤ + 25 ms", lambda cost, floor: cost <= floor + 25e-3),
    ),
)

FLOORS = {
    "idle": "a loop of os.stat over the same files",
    "register": "importing them from warm bytecode",
    "top": "the stat loop and one importlib.reload",
    "bottom": "importlib.reload of each module, in order",
    "comments": "importlib.reload of each module, in order",
    "reading": "the same with files=False",
    "rereading": "the same with files=False",
    "import": "importing attrs and pyrsistent",
    "notebook": "the same cell with no extension",
    "autoreload": "the same cell with no extension",
    "old": "the same without names",
}


@dataclass(frozen=True)
class Figure:
    """What one side needs, over the processes that measured it: the median of their minima.

    Attributes:
        cost: Seconds or bytes.
        floor: The floor in the same processes; 0 if there is none.
        ratio: Median of the processes' ratios of cost to floor; 0 if there is no floor.
        lowest: The lowest of these ratios.
        highest: The highest.
    """

    cost: float
    floor: float = 0.0
    ratio: float = 0.0
    lowest: float = 0.0
    highest: float = 0.0


def figure(costs: Sequence[Sequence[float]], floors: Sequence[Sequence[float]]) -> Figure:
    """Returns the figure of what processes measured, one sequence of samples a process.

    Whatever disturbs a sample makes it longer, so the shortest is nearest to the truth.
    """
    lows = [min(samples) for samples in costs]
    if not floors:
        return Figure(median(lows))
    bases = [min(samples) for samples in floors]
    ratios = [low / base for low, base in zip(lows, bases, strict=True)]
    return Figure(median(lows), median(bases), median(ratios), min(ratios), max(ratios))


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        cost: What it is about.
        count: Number of modules; 0 where there is none.
        figures: By side; None where that side was not measured.
    """

    cost: Cost
    count: int
    figures: dict[str, Figure | None]

    @property
    def goal(self) -> Goal:
        """What it should be."""
        return self.cost.goal_at(self.count)

    @property
    def met(self) -> bool:
        """Whether this project keeps its goal."""
        own = self.figures["liveimport"]
        return own is not None and self.goal.met(own.cost, own.floor)


def _sums(parts: Sequence[Sequence[float]]) -> list[float]:
    """Returns the sums of the samples that one process made of several parts."""
    return [sum(samples) for samples in zip(*parts, strict=True)]


class Measurements:
    """A suite, asked by what was measured."""

    def __init__(self, suite: pyperf.BenchmarkSuite) -> None:
        self._samples: dict[tuple[str, int, str, str], list[Sequence[float]]] = {}
        for benchmark in suite.get_benchmarks():
            measure, count, side, part = benchmark.get_name().split("/")
            runs = [run.values for run in benchmark.get_runs()]
            self._samples[measure, int(count), side, part] = runs
        self.machine = suite.get_metadata()

    def counts(self, measure: str) -> tuple[int, ...]:
        """Returns the numbers of modules that a measure was made with, ascending."""
        return tuple(sorted({count for name, count, *_ in self._samples if name == measure}))

    def processes(self) -> int:
        """Returns the largest number of processes behind a figure."""
        return max(map(len, self._samples.values()))

    def figure(self, cost: Cost, count: int, side: str) -> Figure | None:
        """Returns the figure of one cell of the table, or None if it was not measured."""
        parts = [self._samples.get((cost.measure, count, side, part)) for part in cost.parts]
        if None in parts:
            return None
        costs = [_sums(process) for process in zip(*parts, strict=True)]
        floors = self._samples.get((cost.measure, count, side, "floor"), [])
        if cost.per_module:
            costs = [[sample / count for sample in samples] for samples in costs]
        return figure(costs, floors)

    def rows(self) -> tuple[Row, ...]:
        """Returns the whole table."""
        return tuple(
            Row(cost, count, {side: self.figure(cost, count, side) for side in SIDES})
            for cost in COSTS
            for count in self._chosen(cost)
        )

    def _chosen(self, cost: Cost) -> tuple[int, ...]:
        made = self.counts(cost.measure)
        chosen = tuple(count for count in made if count in cost.counts)
        return chosen or made or (0,)


def amount(value: float, unit: str) -> str:
    """Returns seconds or bytes as a person reads them, three digits or so."""
    steps = {"s": [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")], "B": [(1e3, "kB"), (1.0, "B")]}[
        unit
    ]
    scale, name = next((step for step in steps if value >= step[0]), steps[-1])
    number = value / scale
    digits = max(0, 2 - len(str(int(number))) + (number < 10))  # noqa: PLR2004  # digits
    return f"{number:.{min(digits, 2)}f} {name}"


HEAD = ("cost", "N", "floor", "LiveImport", "ratio", "rival", "ratio", "goal", "met")


def cells(row: Row) -> tuple[str, ...]:
    """Returns the texts of a row."""
    unit = row.cost.unit
    own = row.figures["liveimport"]
    met = "" if row.goal is NO_GOAL or own is None else "yes" if row.met else "no"
    floor = amount(own.floor, unit) if own is not None and own.floor else "–"
    count = f"{row.count:,}" if row.count else ""
    return (
        row.cost.title,
        count,
        floor,
        *_side(own, unit),
        *_side(row.figures["rival"], unit),
        row.goal.text,
        met,
    )


def _side(found: Figure | None, unit: str) -> tuple[str, str]:
    if found is None:
        return ("not measured", "")
    return (amount(found.cost, unit), f"{found.ratio:.2f} ×" if found.ratio else "")


def as_text(rows: Sequence[Row]) -> str:
    """Returns the table for a terminal."""
    lines = [HEAD, *map(cells, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEAD))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(
            text.ljust(width) if place in {0, 7, 8} else text.rjust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def as_markdown(rows: Sequence[Row]) -> str:
    """Returns the table for a page."""
    rule = ("---", *["---:"] * 6, "---", "---")
    lines = [HEAD, rule, *map(cells, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
