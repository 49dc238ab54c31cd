"""State and ReloadPlan → a diagram of the tracked modules, which the frontend draws.

The diagram is Mermaid text, which JupyterLab, GitHub and many editors draw. Where nothing draws
it, a list of arrows is shown. Shape and label give the status of a module; colour repeats it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from liveimport.core import public
from liveimport.core.graph import cycles, reduced
from liveimport.core.model import State
from liveimport.core.planning.plan import MODIFIED, ReloadPlan
from liveimport.core.report import messages
from liveimport.core.report.rendering import Readable

_MAX_ARROWS = 480
"""Mermaid refuses to draw more than 500."""

_SHAPES: Mapping[str, tuple[str, str]] = {
    "": ('["', '"]'),
    "modified": ('[["', '"]]'),
    "reloads": ('(["', '"])'),
    "failed": ('{{"', '"}}'),
}
_LABELS: Mapping[str, str] = {
    "": "",
    "modified": messages.label_modified(),
    "reloads": messages.label_will_reload(),
    "failed": messages.label_failed(),
}
# The lines are mid-grey: a diagram that was drawn once has to be legible in light and in dark.
_THEME = (
    '%%{init: {"theme": "base", "themeVariables": {"fontSize": "13px", '
    '"primaryColor": "#f4f4f5", "primaryTextColor": "#18181b", '
    '"primaryBorderColor": "#a1a1aa", "lineColor": "#8a8a94", "clusterBkg": "#8080801a", '
    '"clusterBorder": "#8a8a94", "titleColor": "#8a8a94"}, "flowchart": {"nodeSpacing": 12, '
    '"rankSpacing": 40, "padding": 6, "diagramPadding": 4}}}%%'
)
_CLASSES = (
    "classDef modified fill:#fef3c7,stroke:#b45309,stroke-width:2px,color:#18181b",
    "classDef reloads fill:#dbeafe,stroke:#1d4ed8,stroke-width:2px,color:#18181b",
    "classDef failed fill:#fee2e2,stroke:#b91c1c,stroke-width:2px,stroke-dasharray:4 3",
    "classDef cycle stroke-width:1.5px,stroke-dasharray:6 4",
)
_MANY_MODULES = 40
"""In a diagram of more modules, arrows that follow from others are left out."""


@public
@frozen(repr=False, str=False)
class Diagram(Readable):
    """The tracked modules and their dependencies.

    Attributes:
        modules: Name and status: ``""``, ``"modified"``, ``"reloads"`` or ``"failed"``.
        arrows: From a module to one that it depends on.
        cycles: Sets of modules that depend on each other.
    """

    modules: tuple[tuple[str, str], ...]
    arrows: tuple[tuple[str, str], ...]
    cycles: tuple[tuple[str, ...], ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each module, with its status and its dependencies."""
        return tuple(self._line(name, status) for name, status in self.modules)

    def _line(self, name: str, status: str) -> str:
        dependencies = [target for source, target in self.arrows if source == name]
        cycle_size = next((len(cycle) for cycle in self.cycles if name in cycle), 0)
        return messages.diagram_line(name, _LABELS[status], dependencies, cycle_size)

    def mermaid(self) -> str:
        """Returns the diagram as Mermaid text; empty if it would be too large to draw."""
        arrows = self._drawn_arrows()
        if not self.modules or len(arrows) > _MAX_ARROWS:
            return ""
        return "\n".join(self._mermaid_lines(arrows))

    def _drawn_arrows(self) -> tuple[tuple[str, str], ...]:
        if len(self.modules) <= _MANY_MODULES:
            return self.arrows
        return reduced([name for name, _ in self.modules], self.arrows)

    def _mermaid_lines(self, arrows: tuple[tuple[str, str], ...]) -> Iterator[str]:
        number = {name: index for index, (name, _) in enumerate(self.modules)}
        in_cycles = {name for cycle in self.cycles for name in cycle}
        yield _THEME
        yield "flowchart LR"
        for index, cycle in enumerate(self.cycles):
            yield f'subgraph cycle{index}["{messages.label_cycle()}"]'
            yield from (_node(number[n], n, s) for n, s in self.modules if n in cycle)
            yield "end"
            yield f"class cycle{index} cycle"
        yield from (_node(number[n], n, s) for n, s in self.modules if n not in in_cycles)
        yield from (f"m{number[source]} --> m{number[target]}" for source, target in arrows)
        yield from _CLASSES

    def _repr_html_(self) -> str | None:
        # Frontends prefer HTML to Mermaid, so there is none if there is a diagram to draw.
        return None if self.mermaid() else super()._repr_html_()

    def _repr_markdown_(self) -> str:
        diagram = self.mermaid()
        if not diagram:
            return super()._repr_markdown_()
        left_out = len(self._drawn_arrows()) < len(self.arrows)
        note = messages.arrows_left_out() if left_out else ""
        # A frontend shrinks a wide diagram to the width of the cell, unless it may scroll.
        return (
            f'<div style="width:max-content">\n\n```mermaid\n{diagram}\n```\n\n</div>\n\n{note}'
        ).rstrip()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        diagram = self.mermaid()
        return {"text/vnd.mermaid": diagram} if diagram else {}


def _node(number: int, name: str, status: str) -> str:
    opening, closing = _SHAPES[status]
    label = f"{name}<br><i>{_LABELS[status]}</i>" if status else name
    style = f":::{status}" if status else ""
    return f"m{number}{opening}{label}{closing}{style}"


def diagram(state: State, plan: ReloadPlan) -> Diagram:
    """Returns the diagram of the tracked modules, with what `plan` would do to each."""
    tracked = state.tracked
    followed = frozenset(tracked)
    dependencies = {
        name: tuple(t for t in state.graph.dependencies[name] if t in followed)
        for name in tracked
    }
    connected = cycles(tracked, dependencies.__getitem__)
    return Diagram(
        modules=_with_status(state, plan),
        arrows=tuple((name, target) for name in tracked for target in dependencies[name]),
        cycles=tuple(members for members in connected if len(members) > 1),
    )


def _with_status(state: State, plan: ReloadPlan) -> tuple[tuple[str, str], ...]:
    statuses = {
        step.module: "modified" if step.reason == MODIFIED else "reloads"
        for group in plan.groups
        for step in group.steps
    }
    failed = {name for f in state.failures for name in (f.module, *f.waiting)}
    statuses.update(dict.fromkeys(failed, "failed"))
    return tuple((name, statuses.get(name, "")) for name in state.tracked)
