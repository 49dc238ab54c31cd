"""A table that has grown: who added to it, and both runs of a sync that filled it again."""

from collections.abc import Sequence

from attrs import evolve

from liveimport.core.model import DependencyGraph
from liveimport.core.planning.plan import MODIFIED

from .outcome import AddedAgain, Outcome, ReloadEvent


def joined(first: Outcome, second: Outcome) -> Outcome:
    """Returns what two runs of one sync did, as one outcome.

    The second run filled tables again to which the first one had added.
    """
    before = {event.module: event for event in first.events}
    again = {event.module for event in second.events}
    ran = before.keys() | again
    failed_first = {failed.failure.module for failed in first.failed}
    return evolve(
        second,
        events=(
            *(event for event in first.events if event.module not in again),
            *(
                before.get(event.module, event)
                if before.get(event.module, event).reason == MODIFIED
                else event
                for event in second.events
            ),
        ),
        loaded=(*first.loaded, *second.loaded),
        rebound=tuple(dict.fromkeys((*first.rebound, *second.rebound))),
        vanished=tuple(dict.fromkeys((*first.vanished, *second.vanished))),
        unexported=tuple(dict.fromkeys((*first.unexported, *second.unexported))),
        replaced=tuple(dict.fromkeys((*first.replaced, *second.replaced))),
        kept=tuple(dict.fromkeys((*first.kept, *second.kept))),
        deleted=tuple(dict.fromkeys((*first.deleted, *second.deleted))),
        kept_names=first.kept_names,
        failed=(*first.failed, *second.failed),
        blocked=(
            *first.blocked,
            *(
                f
                for f in second.blocked
                if f.module not in failed_first and f not in first.blocked
            ),
        ),
        not_run=tuple(dict.fromkeys((*first.not_run, *second.not_run))),
        changed_extensions=first.changed_extensions,
        protected=tuple(dict.fromkeys((*first.protected, *second.protected))),
        upgraded=first.upgraded,
        missing=tuple(dict.fromkeys((*first.missing, *second.missing))),
        not_followed=first.not_followed,
        reported=first.reported,
        relaid=tuple(dict.fromkeys((*first.relaid, *second.relaid))),
        files=first.files,
        cut_off=tuple(dict.fromkeys((*first.cut_off, *second.cut_off))),
        not_needed=tuple(
            n for n in dict.fromkeys((*first.not_needed, *second.not_needed)) if n not in ran
        ),
        rebound_in_modules=tuple(
            one
            for one in dict.fromkeys((*first.rebound_in_modules, *second.rebound_in_modules))
            if one[0] not in ran
        ),
    )


def added_again(
    graph: DependencyGraph,
    events: Sequence[ReloadEvent],
    grown: Sequence[Sequence[tuple[str, str]]],
) -> tuple[AddedAgain, ...]:
    """Returns what `Outcome.added_again` has, for tables that have grown.

    Of each, `grown` has the modules and names by which it is reached. Who added to it is not seen.
    It is taken to be the first that ran and depends on the module that owns it.
    """
    owners = (_owner(graph, origins) for origins in grown)
    return tuple(
        AddedAgain(event.module, f"{owner}.{name}", owner)
        for owner, name in owners
        for event in [e for e in events if owner in graph.dependencies.get(e.module, ())][:1]
    )


def _owner(graph: DependencyGraph, origins: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Returns the module, and its name for a table, that depends on no other that reaches it."""
    modules = {module for module, _ in origins}
    for module, name in origins:
        if modules.isdisjoint(set(graph.dependencies.get(module, ())) - {module}):
            return module, name
    return origins[0]
