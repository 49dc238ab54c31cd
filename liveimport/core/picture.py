"""State and Plan → a drawing of the tracked modules, for the frontend's own renderer.

The text is Mermaid's, which JupyterLab, GitHub and many editors draw; a list of arrows is
the fallback. Shape and words tell the modules apart, colour only repeats it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from .graph import cycles
from .plan import MODIFIED, Plan
from .report import Readable
from .state import State

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
_CLASSES = (
    "classDef modified stroke:#b45309,stroke-width:3px",
    "classDef reloads stroke:#1d4ed8,stroke-width:2px,stroke-dasharray:6 3",
    "classDef owed stroke:#b91c1c,stroke-width:3px,stroke-dasharray:2 2",
)


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
        if not self.modules or len(self.arrows) > _MOST_ARROWS:
            return ""
        return "\n".join(self._mermaid_lines())

    def _mermaid_lines(self) -> Iterator[str]:
        number = {name: index for index, (name, _) in enumerate(self.modules)}
        boxed = {name for box in self.boxes for name in box}
        yield "flowchart LR"
        for index, box in enumerate(self.boxes):
            yield f'subgraph cycle{index}["cycle"]'
            yield from (_node(number[n], n, c) for n, c in self.modules if n in box)
            yield "end"
        yield from (_node(number[n], n, c) for n, c in self.modules if n not in boxed)
        yield from (
            f"m{number[source]} --> m{number[target]}" for source, target in self.arrows
        )
        yield from _CLASSES

    def _repr_html_(self) -> None:
        """Frontends would prefer HTML to the drawing, so there is none."""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        drawing = self.mermaid()
        plain = {"text/plain": str(self)}
        if not drawing:
            return plain
        return {
            "text/vnd.mermaid": drawing,
            "text/markdown": f"```mermaid\n{drawing}\n```",
            **plain,
        }


def _node(number: int, name: str, condition: str) -> str:
    opening, closing = _SHAPES[condition]
    label = f"{name}<br>{_WORDS[condition]}" if condition else name
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
