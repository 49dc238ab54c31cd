"""Planning without files: a project of any size as values, all of it stale."""

# ruff: noqa: INP001  # a script: in a package, the repository would be on the path of all

from types import MappingProxyType

from generated import module_name

from liveimport.core.committing.registered import register
from liveimport.core.imports import Binding
from liveimport.core.model import Found, Location, Snapshot, SourceFile, Stamp, State, Version
from liveimport.core.planning.planner import enroll, plan_reload
from liveimport.core.source.analysis import analyse
from liveimport.core.workspace import Workspace

_FOLDER = "/project/"


class World:
    """A project whose top is registered and whose bottom was edited."""

    def __init__(self, graph: list[list[int]]) -> None:
        sources = {module_name(index): _source(imports) for index, imports in enumerate(graph)}
        top, bottom = module_name(len(graph) - 1), module_name(0)
        loaded = frozenset(sources)
        found = {name: _found(name, source.version) for name, source in sources.items()}
        loaded_before = Snapshot(
            now=0,
            sources=MappingProxyType(sources),
            found=MappingProxyType(found),
            loaded=loaded,
        )
        registered = register(State(workspace=Workspace((_FOLDER,))), 1, (Binding(top, top),))
        self.state = enroll(registered, loaded_before)
        version = Version(Stamp(2, 2, 2, 2), digest="new")
        edited = sources[bottom]._replace(version=version)
        self.snapshot = Snapshot(
            now=1,
            stamps=MappingProxyType({bottom: version.stamp}),
            sources=MappingProxyType({bottom: edited}),
            loaded=loaded,
        )
        self.count = len(graph)

    def plan(self) -> None:
        """Plans once."""
        plan, _ = plan_reload(self.state, self.snapshot)
        assert len(plan.steps) == self.count


def _source(imports: list[int]) -> SourceFile:
    lines = [f"from {module_name(i)} import measure as measure_{i}" for i in imports]
    names = [f"name_{number} = {number}" for number in range(10)]
    text = "\n".join((*lines, *names, "def measure():\n    return 1", ""))
    version = Version(Stamp(1, 1, 1, 1), digest=text[:99])
    return SourceFile(version, data=b"", info=analyse(text.encode(), ""))


def _found(name: str, version: Version) -> Found:
    path = f"{_FOLDER}{name}.py"
    return Found(loaded=True, location=Location(path, real_path=path), version=version)
