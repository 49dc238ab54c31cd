"""State and Plan → a drawing of the tracked modules, for the frontend's own renderer.

The text is Mermaid's, which JupyterLab, GitHub and many editors draw; a list of arrows is
the fallback. Shape and words tell the modules apart, colour only repeats it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from .graph import cycles, reduced
from .report import Readable
from .state import State
from .steps import MODIFIED, Plan

_MOST_ARROWS = 480
"""Mermaid refuses to draw more than 500."""

_SHAPES: Mapping[str, tuple[str, str]] = {
    "": ('["', '"]'),
    "modified": ('[["', '"]]'),
    "reloads": ('(["', '"])'),
    "owed": ('{{"', '"}}'),
}
_WORDS: Mapping[str, str] = {
    "modified": "modified",
    "reloads": "will reload",
    "owed": "owed",
}
_LOOK = (
    '%%{init: {"theme": "base", "themeVariables": {"fontSize": "13px", '
    '"primaryColor": "#f4f4f5", "primaryTextColor": "#18181b", '
    '"primaryBorderColor": "#a1a1aa", "lineColor": "#8a8a94", "clusterBkg": "#8080801a", '
    '"clusterBorder": "#8a8a94", "titleColor": "#8a8a94"}, "flowchart": {"nodeSpacing": 12, '
    '"rankSpacing": 40, "padding": 6, "diagramPadding": 4}}}%%'
)
"""Mid-grey lines: one picture, once drawn, has to be legible in light and in dark."""
_CLASSES = (
    "classDef modified fill:#fef3c7,stroke:#b45309,stroke-width:2px,color:#18181b",
    "classDef reloads fill:#dbeafe,stroke:#1d4ed8,stroke-width:2px,color:#18181b",
    "classDef owed fill:#fee2e2,stroke:#b91c1c,stroke-width:2px,stroke-dasharray:4 3",
    "classDef cycle stroke-width:1.5px,stroke-dasharray:6 4",
)
_MANY_MODULES = 40
"""From here on, arrows that follow from others are left out of the drawing."""
_LEFT_OUT = "Arrows that follow from others are left out."


@frozen(repr=False, str=False)
class Picture(Readable):
    """The tracked modules and their dependencies.

    Attributes:
        modules: Name and condition: ``""``, ``"modified"``, ``"reloads"`` or ``"owed"``.
        arrows: From a module to one that it depends on.
        boxes: The cycles.
    """

    modules: tuple[tuple[str, str], ...]
    arrows: tuple[tuple[str, str], ...]
    boxes: tuple[tuple[str, ...], ...]

    def lines(self) -> tuple[str, ...]:
        """Returns a line for each module, with its condition and what it depends on."""
        return tuple(self._line(name, condition) for name, condition in self.modules)

    def _line(self, name: str, condition: str) -> str:
        targets = [target for source, target in self.arrows if source == name]
        word = f" [{_WORDS[condition]}]" if condition else ""
        arrow = f" -> {', '.join(targets)}" if targets else ""
        ring = next((box for box in self.boxes if name in box), ())
        others = f" (cycle of {len(ring)})" if ring else ""
        return f"{name}{word}{arrow}{others}"

    def mermaid(self) -> str:
        """Returns the drawing as Mermaid text; empty if it would be too large to draw."""
        arrows = self._drawn_arrows()
        if not self.modules or len(arrows) > _MOST_ARROWS:
            return ""
        return "\n".join(self._mermaid_lines(arrows))

    def _drawn_arrows(self) -> tuple[tuple[str, str], ...]:
        if len(self.modules) <= _MANY_MODULES:
            return self.arrows
        return reduced([name for name, _ in self.modules], self.arrows)

    def _mermaid_lines(self, arrows: tuple[tuple[str, str], ...]) -> Iterator[str]:
        number = {name: index for index, (name, _) in enumerate(self.modules)}
        boxed = {name for box in self.boxes for name in box}
        yield _LOOK
        yield "flowchart LR"
        for index, box in enumerate(self.boxes):
            yield f'subgraph cycle{index}["cycle"]'
            yield from (_node(number[n], n, c) for n, c in self.modules if n in box)
            yield "end"
            yield f"class cycle{index} cycle"
        yield from (_node(number[n], n, c) for n, c in self.modules if n not in boxed)
        yield from (f"m{number[source]} --> m{number[target]}" for source, target in arrows)
        yield from _CLASSES

    def _repr_html_(self) -> str | None:
        """Returns nothing where there is a drawing: frontends would prefer HTML to it."""
        return None if self.mermaid() else super()._repr_html_()

    def _repr_markdown_(self) -> str:
        drawing = self.mermaid()
        if not drawing:
            return super()._repr_markdown_()
        # A frontend that draws shrinks a wide picture to the cell, unless it may scroll.
        note = _LEFT_OUT if len(self._drawn_arrows()) < len(self.arrows) else ""
        return (
            f'<div style="width:max-content">\n\n```mermaid\n{drawing}\n```\n\n</div>\n\n{note}'
        ).rstrip()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        drawing = self.mermaid()
        return {"text/vnd.mermaid": drawing} if drawing else {}


def _node(number: int, name: str, condition: str) -> str:
    opening, closing = _SHAPES[condition]
    label = f"{name}<br><i>{_WORDS[condition]}</i>" if condition else name
    kind = f":::{condition}" if condition else ""
    return f"m{number}{opening}{label}{closing}{kind}"


def picture(state: State, plan: Plan) -> Picture:
    """Returns the picture of the tracked modules as `plan` would change them."""
    tracked = state.tracked
    inside = frozenset(tracked)

    def depends(name: str) -> list[str]:
        return [target for target in state.dependencies(name) if target in inside]

    return Picture(
        modules=tuple(
            (name, condition) for name, condition in _conditions(state, plan).items()
        ),
        arrows=tuple((n, target) for n in tracked for target in depends(n) if target != n),
        boxes=tuple(box for box in cycles(tracked, depends) if len(box) > 1),
    )


def _conditions(state: State, plan: Plan) -> dict[str, str]:
    reasons = {step.module: step.reason for group in plan.groups for step in group.steps}
    owed = {name for f in state.failures for name in (f.module, *f.held)}
    return {
        name: "owed"
        if name in owed
        else "modified"
        if reasons.get(name) == MODIFIED
        else "reloads"
        if name in reasons
        else ""
        for name in state.tracked
    }
