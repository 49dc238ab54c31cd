"""Hypothesis strategies: projects, and whatever else the laws are about."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st
from small_projects import Chooser, Project, draw_project

from liveimport.core.imports import STAR, Binding

T = TypeVar("T")


class Drawn:
    """A chooser that hypothesis decides, and can shrink."""

    def __init__(self, draw: Callable[[st.SearchStrategy[T]], T]) -> None:
        self._draw = draw

    def pick(self, options: Sequence[T]) -> T:
        return self._draw(st.sampled_from(options))

    def chance(self, percent: int) -> bool:
        return self._draw(st.integers(0, 99)) >= 100 - percent


def chooser(data: st.DataObject) -> Chooser:
    """Returns the chooser that draws from `data`."""
    return Drawn(data.draw)


@st.composite
def projects(draw: Callable[[st.SearchStrategy[T]], T]) -> Project:
    """Draws a project of two to seven modules."""
    return draw_project(Drawn(draw))


MODULES = ("a", "b", "p", "p.x", "p.y")
NAMES = ("x", "y", "z")


@st.composite
def bindings(draw: Callable[[st.SearchStrategy[T]], T]) -> Binding:
    """Draws one binding of any form; few names, so that they overlap."""
    module = draw(st.sampled_from(MODULES))
    form = draw(st.sampled_from(("plain", "aliased", "from", "star")))
    if form == "plain":
        return Binding(module.partition(".")[0], module)
    if form == "aliased":
        return Binding(draw(st.sampled_from(NAMES)), module, aliased=True)
    if form == "star":
        return Binding(STAR, module, STAR)
    return Binding(draw(st.sampled_from(NAMES)), module, draw(st.sampled_from(NAMES)))


exported = st.fixed_dictionaries({m: st.frozensets(st.sampled_from(NAMES)) for m in MODULES})
"""The public names of each module."""


@st.composite
def graphs(draw: Callable[[st.SearchStrategy[T]], T]) -> dict[str, tuple[str, ...]]:
    """Draws who imports whom among up to eight modules, cycles and all."""
    names = [f"m{i}" for i in range(draw(st.integers(1, 8)))]
    others = st.lists(st.sampled_from(names), max_size=4, unique=True)
    return {name: tuple(draw(others)) for name in names}
