"""Puts what was measured into docs/performance.md, and draws how it grows with N.

`python benchmarks/render.py` reads what `run.py` wrote. The drawing needs matplotlib.
"""

# ruff: noqa: INP001  # a script: in a package, the repository would be on the path of all

import argparse
import math
from pathlib import Path
from typing import Any

import pyperf
from run import HERE, RESULTS
from table import COSTS, FLOORS, SIDES, Cost, Measurements, as_markdown

DOCS = HERE.parent / "docs"
PAGE = DOCS / "performance.md"
PLOTS = DOCS / "images"

FIGURES = "<!-- three figures: written by benchmarks/render.py -->"
TABLE = "<!-- measured: written by benchmarks/render.py -->"
END = "<!-- end of what was measured -->"

PANELS = (
    ("idle", ("cost",), "nothing changed"),
    ("register", ("cost", "sync"), "registering, first sync"),
    ("top", ("cost",), "edit of the top"),
    ("bottom", ("cost",), "edit of the bottom"),
    ("planning", ("cost",), "planning: chain, random graph"),
    ("memory", ("cost",), "memory"),
)

QUESTIONS = ("idle", "top", "bottom")
"""What the three figures are of: nothing changed, one module runs, all run."""

NAMES = {"liveimport": "LiveImport", "rival": "rival", "floor": "floor"}

STYLES: dict[str, dict[str, Any]] = {
    "liveimport": {"color": "#0060a8", "marker": "o", "linewidth": 2},
    "rival": {"color": "#c05a00", "marker": "s", "linewidth": 1.5},
    "floor": {"color": "#777777", "marker": "", "linestyle": "--", "linewidth": 1.5},
}

DARK_COLORS = {"liveimport": "#5cb3ff", "rival": "#ff9d4d", "floor": "#aaaaaa"}

THEMES: dict[str, dict[str, str]] = {
    "light": {"ink": "#000000", "paper": "#ffffff", "grid": "#dddddd"},
    "dark": {"ink": "#cfd0d0", "paper": "#131416", "grid": "#3a3c3f"},
}
"""What the plots of the light and of the dark site are drawn in: its own colours."""


def machine(found: Measurements) -> str:
    """Returns a sentence on what it was measured on."""
    about = found.machine
    return (
        f"Measured on {about.get('cpu_model_name', 'an unknown processor')}, "
        f"{about['cpu_count']} cores, Python {about['python_version'].split()[0]}, "
        f"{about['platform'].partition('-with-')[0]}; {found.processes()} processes or fewer "
        f"behind each figure."
    )


def three_figures(found: Measurements) -> str:
    """Returns what matters most to a person, as a list."""
    idle, top, bottom = (next(c for c in COSTS if c.measure == m) for m in QUESTIONS)

    def told(cost: Cost, count: int) -> str:
        """Returns milliseconds, with a decimal below ten."""
        own = found.figure(cost, count, SIDES[0])
        if own is None:
            return "not measured"
        milliseconds = own.cost * 1e3
        return f"{milliseconds:.{int(milliseconds < 10)}f} ms"  # noqa: PLR2004  # digits

    return (
        f"- **A quiet cell: {told(idle, 200)}.** LiveImport adds that to a cell if no file "
        "changed, with 200 modules.\n"
        f"- **One edit: {told(top, 200)}** if nothing else imports the module, and "
        f"**{told(bottom, 200)}** if all 200 depend on it, so that all run again.\n"
        f"- **1,000 modules: {told(idle, 1000)}, {told(top, 1000)} and {told(bottom, 1000)}** "
        "for the same three."
    )


def filled(page: str, found: Measurements) -> str:
    """Returns the page with the figures and the table between their marks."""
    page = _between(page, FIGURES, three_figures(found))
    return _between(page, TABLE, f"{as_markdown(found.rows())}\n\n{machine(found)}")


def _between(page: str, mark: str, text: str) -> str:
    before, _, rest = page.partition(mark)
    _, _, after = rest.partition(END)
    return f"{before}{mark}\n\n{text}\n\n{END}{after}"


def line(found: Measurements, cost: Cost, side: str) -> list[tuple[int, float, float]]:
    """Returns N, cost and floor of one side, in ms or kB for the whole project."""
    points = []
    for count in found.counts(cost.measure):
        figure = found.figure(cost, count, side)
        if figure is not None:
            factor = count if cost.per_module or cost.unit == "B" else 1
            scale = factor / (1e3 if cost.unit == "B" else 1e-3)
            points.append((count, figure.cost * scale, figure.floor * scale))
    return points


def draw(found: Measurements, file: Path, theme: str) -> None:
    """Draws how each cost grows with the number of modules, in a theme of the site."""
    import matplotlib as mpl  # noqa: PLC0415  # only the drawing needs it

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "liveimport", "font.size": 9, **_colors(theme)})
    import matplotlib.pyplot as plt  # noqa: PLC0415  # once the backend is chosen

    sheet, axes = plt.subplots(2, 3, figsize=(9, 5.6), layout="constrained")
    for panel, (measure, parts, title) in zip(axes.flat, PANELS, strict=True):
        for cost in COSTS:
            if cost.measure.partition("-")[0] == measure and cost.parts == parts:
                _draw_cost(panel, found, cost, theme)
        panel.set(xscale="log", yscale="log", title=title)
        panel.set_ylabel("kB" if measure == "memory" else "ms")
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_formatter("{x:,g}")
            axis.set_minor_formatter("")
        panel.grid(visible=True, which="major", linewidth=0.6)
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_ylim(*_decades(panel.get_ylim()))
    for panel in axes[1]:
        panel.set_xlabel("modules")
    known = {
        label: shape
        for p in axes.flat
        for shape, label in zip(*p.get_legend_handles_labels(), strict=True)
    }
    sheet.legend(
        known.values(),
        known.keys(),
        loc="outside upper center",
        ncols=len(known),
        frameon=False,
    )
    file.parent.mkdir(exist_ok=True)
    sheet.savefig(file, metadata={"Date": None, "Creator": None})
    plt.close(sheet)


def _colors(theme: str) -> dict[str, str]:
    """Returns how matplotlib is told a theme."""
    colors = THEMES[theme]
    inked = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    papers = ("figure.facecolor", "axes.facecolor", "savefig.facecolor")
    return {
        **dict.fromkeys(inked, colors["ink"]),
        **dict.fromkeys(papers, colors["paper"]),
        "grid.color": colors["grid"],
    }


def _style(side: str, theme: str) -> dict[str, Any]:
    return STYLES[side] | ({"color": DARK_COLORS[side]} if theme == "dark" else {})


def _decades(limits: tuple[float, float]) -> tuple[float, float]:
    """Returns the limits moved out to powers of ten, so that each axis has two marks at least."""
    return 10 ** math.floor(math.log10(limits[0])), 10 ** math.ceil(math.log10(limits[1]))


def _draw_cost(panel: Any, found: Measurements, cost: Cost, theme: str) -> None:
    own = line(found, cost, SIDES[0])
    if cost.measure in FLOORS and own:
        panel.plot(
            [p[0] for p in own], [p[2] for p in own], label="floor", **_style("floor", theme)
        )
    for side in SIDES:
        points = line(found, cost, side)
        if points:
            random = cost.measure.endswith("-random")
            style = _style(side, theme) | ({"linestyle": ":", "marker": "^"} if random else {})
            label = f"{NAMES[side]}, random graph" if random else NAMES[side]
            panel.plot([p[0] for p in points], [p[1] for p in points], label=label, **style)


def main() -> None:
    """Renders."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", nargs="?", default=str(RESULTS))
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--plots", type=Path, default=PLOTS, help="the folder for them")
    parser.add_argument("--table-only", action="store_true", help="leave the drawing alone")
    given = parser.parse_args()
    found = Measurements(pyperf.BenchmarkSuite.load(given.results))
    given.page.write_text(
        filled(given.page.read_text(encoding="utf-8"), found), encoding="utf-8"
    )
    if not given.table_only:
        for theme in THEMES:
            draw(found, given.plots / f"performance-growth-{theme}.svg", theme)


if __name__ == "__main__":
    main()
