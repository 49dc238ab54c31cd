"""Planning without files: a project of any size as values, all of it stale."""

# ruff: noqa: INP001  # a script: in a package, the repository would be on the path of all

from attrs import evolve
from generated import module_name
from pyrsistent import pmap

from liveimport.core.plan import plan_or_ask, plan_reload
from liveimport.core.registration import Binding
from liveimport.core.snapshot import Found, Snapshot, Source, Stamp, Unseen
from liveimport.core.source import analyse
from liveimport.core.state import State, register
from liveimport.core.survey import survey

_FOLDER = "/project/"


class World:
    """A project whose top is registered and whose bottom was edited."""

    def __init__(self, graph: list[list[int]]) -> None:
        sources = {module_name(index): _source(imports) for index, imports in enumerate(graph)}
        top, bottom = module_name(len(graph) - 1), module_name(0)
        state = register(State(workspace=(_FOLDER,)), 1, (Binding(top, top),))
        loaded = frozenset(sources)
        found = {name: _found(name, source) for name, source in sources.items()}
        seen = Snapshot(0, sources=pmap(sources), found=pmap(found), loaded=loaded)
        self.state = survey(state, seen).facts
        edited = sources[bottom]._replace(stamp=Stamp(2, 2, 2, 2), digest="new")
        stamps = {bottom: edited.stamp}
        self.asked = Snapshot(1, stamps=pmap(stamps), loaded=loaded)
        self.seen = evolve(self.asked, sources=pmap({bottom: edited}))
        self.count = len(graph)

    def plan(self) -> None:
        """Plans from a snapshot that has all."""
        plan, _ = plan_reload(self.state, self.seen)
        assert len(plan.steps) == self.count

    def ask_and_plan(self) -> None:
        """Asks as often as a sync does before it has seen all, and plans."""
        assert isinstance(plan_or_ask(self.state, self.asked, insist=False), Unseen)
        assert isinstance(plan_or_ask(self.state, self.seen, insist=False), tuple)


def _source(imports: list[int]) -> Source:
    lines = [f"from {module_name(i)} import measure as measure_{i}" for i in imports]
    names = [f"name_{number} = {number}" for number in range(10)]
    text = "\n".join((*lines, *names, "def measure():\n    return 1", ""))
    contents = analyse(text.encode(), "")
    return Source(Stamp(1, 1, 1, 1), racy=False, data=b"", digest=text[:99], contents=contents)


def _found(name: str, source: Source) -> Found:
    path = f"{_FOLDER}{name}.py"
    return Found(
        loaded=True,
        exists=True,
        path=path,
        real=path,
        version=source.stamp,
        digest=source.digest,
    )
