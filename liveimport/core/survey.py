"""(State, Snapshot) → the modules as they would be, and what must still be seen.

The first half of planning. It looks at the registered modules and, through their imports as
the files have them now, at all that can be reached; whatever it meets and does not know it
asks for. scan answers, and the survey is made again, until nothing is unseen.
"""

from collections.abc import Callable
from typing import NamedTuple

from attrs import evolve

from .comparing import look_again
from .findings import Findings
from .snapshot import Snapshot, Unseen
from .state import Module, Shape, State
from .tracking import track
from .versions import imports_alike
from .walk import Walk


class Survey(NamedTuple):
    """What a survey found.

    Attributes:
        facts: The State with what is known without running anything: modules met for the
            first time, stamps of files that were touched but are not stale.
        ahead: The State in which every module is as its file is now.
        overlay: The modules that `ahead` has otherwise than the State.
        changed: Modules whose file is not the one that ran last.
        fresh: Modules never loaded that an import leads to.
        missing: Modules whose file is away.
        outdated: Extensions that changed on disk, sorted.
        unseen: What must be looked at before any of this can be trusted.
    """

    facts: State
    ahead: State
    overlay: tuple[tuple[str, Module], ...]
    changed: frozenset[str]
    fresh: frozenset[str]
    missing: frozenset[str]
    outdated: tuple[str, ...]
    unseen: Unseen

    def __repr__(self) -> str:
        return f"Survey({len(self.changed)} changed, {len(self.fresh)} fresh, {self.unseen})"


def survey(state: State, snapshot: Snapshot) -> Survey:
    """Returns the modules as they would be, and what must still be seen."""
    so_far = Findings(state, snapshot)
    for name in sorted({*snapshot.stamps, *snapshot.sources}):
        if name in state.modules:
            look_again(so_far, state.modules[name])
    if so_far.unseen():
        return _asked(so_far)
    if _keeps_shape(so_far):
        return _done(so_far, lambda found: found)
    Walk(so_far).go()
    if so_far.unseen():
        return _asked(so_far)
    return _done(so_far, lambda found: track(found, surveyed=True))


def _keeps_shape(so_far: Findings) -> bool:
    """Whether no walk is needed: nobody imports otherwise than before."""
    shape = so_far.state.shape
    if shape is None or not shape.even or so_far.appeared:
        return False
    if not shape.waiting.isdisjoint(so_far.snapshot.loaded) or _has_company(so_far, shape):
        return False
    return all(
        imports_alike(so_far.state.modules[name], so_far.ahead[name]) for name in so_far.changed
    )


def _has_company(so_far: Findings, shape: Shape) -> bool:
    """Whether a package that was met has loaded something that is not known yet."""
    return bool(shape.packages) and any(
        name.partition(".")[0] in shape.packages and name not in so_far.state.modules
        for name in so_far.snapshot.loaded
        if "." in name
    )


def _asked(so_far: Findings) -> Survey:
    """Returns the survey that cannot go on before its questions are answered."""
    nothing: frozenset[str] = frozenset()
    return Survey(
        so_far.state, so_far.state, (), nothing, nothing, nothing, (), so_far.unseen()
    )


def _done(so_far: Findings, tracked: Callable[[State], State]) -> Survey:
    """Returns the survey, its states as `tracked` makes them."""
    known = so_far.facts()
    facts = tracked(_with(so_far.state, known))
    ahead = facts if known == so_far.ahead else tracked(_with(so_far.state, so_far.ahead))
    return Survey(
        facts=facts,
        ahead=ahead,
        overlay=tuple(so_far.ahead.items()),
        changed=frozenset(so_far.changed),
        fresh=frozenset(so_far.fresh),
        missing=frozenset(so_far.missing),
        outdated=tuple(sorted(so_far.outdated)),
        unseen=Unseen(),
    )


def _with(state: State, modules: dict[str, Module]) -> State:
    return evolve(state, modules=state.modules.update(modules)) if modules else state
