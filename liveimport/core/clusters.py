"""What travels to the workers of a cluster.

A worker needs no file of the project: it runs the very bytes that the notebook runs.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from .model import State
from .overview.code_version import CodeSource, Sources, sources_behind
from .planning.dependencies import generations
from .report import messages

FORMAT = 1
"""Of `Update.to_plain`. Raised when a reader of the former one would take it wrongly."""


_DIGITS = 8


class Source(NamedTuple):
    """A module as the notebook runs it.

    Attributes:
        name: Its name.
        path: Its file in the notebook's file system, which tracebacks name.
        is_package: Whether it can have submodules.
        data: The bytes that run.
        run: Which run of the module in the notebook it is. A worker that has another one runs
            it again.
    """

    name: str
    path: str
    is_package: bool
    data: bytes
    run: str


class Update(NamedTuple):
    """A version of the notebook's modules: what a worker has to run.

    Attributes:
        version: A digest of all of it, also of which runs the notebook has made.
        sources: The modules, each behind those that it runs after.
        number: How many versions the notebook had before.
        python: The version of Python that the notebook runs.
    """

    version: str
    sources: tuple[Source, ...]
    number: int = 0
    python: tuple[int, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Returns it as plain values, to travel."""
        return {
            "format": FORMAT,
            "version": self.version,
            "sources": [tuple(source) for source in self.sources],
            "number": self.number,
            "python": list(self.python),
        }

    @property
    def digest(self) -> str:
        """What users see of it: a digest of the sources. Those with the same have the same."""
        if not self.sources:
            return ""
        digest = sha256()
        for source in sorted(self.sources):
            digest.update(source.name.encode() + b"\0" + sha256(source.data).digest())
        return digest.hexdigest()[:_DIGITS]


def from_plain(plain: Mapping[str, Any]) -> Update:
    """Returns the update that has travelled.

    Raises:
        ValueError: Another release of LiveImport made it.
    """
    if plain.get("format") != FORMAT:
        raise ValueError(messages.other_wire_format(plain.get("format"), FORMAT))
    sources = tuple(Source(*source) for source in plain["sources"])
    return Update(plain["version"], sources, plain["number"], tuple(plain["python"]))


def followed(state: State) -> tuple[str, ...]:
    """Returns the modules that travel, with what they lead to: all that is followed."""
    return (*state.tracked, *sorted(state.graph.bystanders))


def _runs(
    state: State, found: Mapping[str, CodeSource], others: Sources
) -> Mapping[str, object]:
    """Returns for each module which run of it workers have to have.

    One that the notebook has not loaded has no run. A worker may have loaded it, and has to run it again when
    anything that it leads to has.
    """
    generation = generations(state, state.modules)
    runs: dict[str, object] = {name: generation.get(name, 0) for name in found}
    for name in sorted(others.keys() & found.keys()):
        digest = sha256()
        for module, source in sorted(sources_behind(state, (name,), others).items()):
            digest.update(f"{module} {generation.get(module, 0)} ".encode())
            digest.update(sha256(source.data).digest())
        runs[name] = digest.hexdigest()[:_DIGITS]
    return runs


def update_of(state: State, others: Sources, session: str) -> Update:
    """Returns what workers have to run. `session` tells one notebook from another."""
    found = sources_behind(state, followed(state), others)
    runs = _runs(state, found, others)
    order = dict.fromkeys((*state.graph.finish_order, *sorted(found)))
    sources = tuple(
        Source(name, one.path, one.is_package, one.data, f"{session} {runs[name]}")
        for name in order
        if (one := found.get(name)) is not None
    )
    digest = sha256()
    for source in sources:
        digest.update(repr((source.name, source.path, source.run)).encode())
        digest.update(sha256(source.data).digest())
    return Update(digest.hexdigest()[:32], sources)
