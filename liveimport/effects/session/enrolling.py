"""The modules that are tracked: found anew when a registration, a setting or the workspace changes.

What observes and plans is imported when it is first used, so that ``import liveimport`` stays cheap.
"""

from attrs import evolve

from liveimport.core.model import TOP_LEVEL, State
from liveimport.effects.loaded.lazy_imports import waits
from liveimport.effects.loaded.modules import LazyImport

from .directories import PackageFolders
from .parts import Parts


def with_enrolled(state: State, parts: "Parts", folders: "PackageFolders") -> State:
    """Returns the State in which all that its registrations lead to is tracked."""
    with_bindings = with_lazy_bindings(folders.left_out_of(state), parts)
    enrolled = _enrolled(with_bindings, parts)
    if with_bindings.workspace.adds_roots:
        enrolled = _with_import_roots(enrolled, parts)
    parts.values.keep(enrolled.graph.bystanders)
    return enrolled


def with_lazy_bindings(state: State, parts: "Parts") -> State:
    """Returns the State that knows which lazy imports have loaded nothing yet."""
    if LazyImport is None:
        return state
    waiting = frozenset(
        (key, binding)
        for key, bindings in state.registrations
        for binding in bindings
        if waits(parts.namespaces[key], binding)
    )
    if waiting == state.not_imported_yet:
        return state
    return evolve(state, not_imported_yet=waiting)


def _enrolled(state: State, parts: "Parts") -> State:
    from liveimport.core.planning.planner import enroll  # noqa: PLC0415  # see above
    from liveimport.effects.observe.snapshot import observe_registered  # noqa: PLC0415  # see above

    snapshot = observe_registered(state, parts.memory)
    parts.note_texts(snapshot)
    return enroll(state, snapshot)


def _with_import_roots(enrolled: State, parts: "Parts") -> State:
    from liveimport.core.planning.dependencies import (  # noqa: PLC0415  # see above
        import_roots,
        with_roots,
    )

    roots = () if enrolled.follow == TOP_LEVEL else import_roots(enrolled)
    # What lies below the roots counts, and may lead to further roots.
    while roots != enrolled.workspace.roots:
        enrolled = _enrolled(with_roots(enrolled, roots), parts)
        if roots:
            roots = tuple(dict.fromkeys((*roots, *import_roots(enrolled))))
    return enrolled
