"""Measurements → the table: each cost as a ratio to its floor. Pure.

The measurements are a suite of pyperf, with a benchmark for each thing timed. Its name says
which: ``measure/count/side/part``, as in ``idle/200/liveimport/cost``. A run of it is a process;
the runs of a cost and of its floor belong together in pairs.
"""

# ruff: noqa: INP001  # a script: in a package, the repository would be on the path of all
# ruff: noqa: RUF001  # a times sign is a times sign

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import pyperf

SIDES = ("liveimport", "rival")

COUNTS = (20, 200, 1000)
"""Numbers of modules that have rows in the table, if they were measured."""

Met = Callable[[float, float], bool]


@dataclass(frozen=True)
class Cost:
    """A row of the table, for each number of modules.

    Attributes:
        title: What costs.
        measure: Which measurement of `child.py` it comes from.
        part: Which of its values.
        goal: What it should be, in words.
        met: Whether a cost above its floor (0 if it has none), in seconds or bytes, is that.
        unit: ``"s"`` or ``"B"``.
        per_module: Whether the cost is divided by the number of modules.
        counts: The numbers of modules that have rows; all where it is empty.
    """

    title: str
    measure: str
    goal: str
    met: Met
    part: str = "cost"
    unit: str = "s"
    per_module: bool = False
    counts: tuple[int, ...] = COUNTS


def _times(limit: float, spare: float = 0.0) -> Met:
    return lambda cost, floor: cost <= limit * floor + spare


def _at_most(limit: float) -> Met:
    return lambda cost, _floor: cost <= limit


def _none(_cost: float, _floor: float) -> bool:
    return True


COSTS = (
    Cost("a sync with nothing changed", "idle", "≤ 1.2 × + 20 µs", _times(1.2, 20e-6)),
    Cost("registering the top of N loaded modules", "register", "≤ 0.5 ×", _times(0.5)),
    Cost("… and the first sync", "register", "", _none, part="sync"),
    Cost("a sync after an edit of the top", "top", "≤ 1.1 ×", _times(1.1)),
    Cost("… after the first edit", "top", "", _none, part="first"),
    Cost("a sync after an edit of the bottom", "bottom", "≤ 0.5 ×", _times(0.5)),
    Cost("… after the first edit", "bottom", "", _none, part="first"),
    Cost("… the modules' own code in it", "bottom", "", _none, part="own"),
    Cost(
        "planning a chain, per module",
        "planning-chain",
        "≤ 20 µs",
        _at_most(20e-6),
        per_module=True,
        counts=(),
    ),
    Cost(
        "planning a random graph, per module",
        "planning-random",
        "≤ 20 µs",
        _at_most(20e-6),
        per_module=True,
        counts=(),
    ),
    Cost("import liveimport", "import", "≤ 1.4 ×", _times(1.4), counts=()),
    Cost(
        "an idle cell among large libraries",
        "notebook",
        "≤ + 0.1 ms",
        lambda cost, floor: cost <= floor + 1e-4,
        counts=(),
    ),
    Cost(
        "… with %autoreload 2 instead",
        "autoreload",
        "",
        _none,
        counts=(),
    ),
    Cost("memory per module, registered", "memory", "≤ 10 kB", _at_most(10_000), unit="B"),
    Cost("… with code kept, all reloaded", "memory", "", _none, part="reloaded", unit="B"),
)

FLOORS = {
    "idle": "a loop of os.stat over the same files",
    "register": "importing them from warm bytecode",
    "top": "the stat loop and one importlib.reload",
    "bottom": "importlib.reload of each module, in order",
    "import": "importing attrs and pyrsistent",
    "notebook": "the same cell with no extension",
    "autoreload": "the same cell with no extension",
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
    def met(self) -> bool:
        """Whether this project keeps its goal."""
        own = self.figures["liveimport"]
        return own is not None and self.cost.met(own.cost, own.floor)


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
        costs = self._samples.get((cost.measure, count, side, cost.part))
        if costs is None:
            return None
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
    met = "" if not row.cost.goal or own is None else "yes" if row.met else "no"
    floor = amount(own.floor, unit) if own is not None and own.floor else "–"
    count = f"{row.count:,}" if row.count else ""
    return (
        row.cost.title,
        count,
        floor,
        *_side(own, unit),
        *_side(row.figures["rival"], unit),
        row.cost.goal,
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
