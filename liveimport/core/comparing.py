"""Modules that the State knows, compared with their files as a snapshot shows them."""

from attrs import evolve

from .findings import Findings
from .snapshot import Found, Source
from .state import Module
from .versions import as_read, differs, placed, same_version, stands_for


def look_again(so_far: Findings, module: Module) -> None:
    """Finds what became of a known module's file."""
    source = so_far.snapshot.sources.get(module.name)
    stamp = so_far.snapshot.stamps.get(module.name)
    if module.extension:
        if stamp is not None and not same_version(module, stamp):
            so_far.outdated.add(module.name)
            so_far.refresh(evolve(module, stamp=stamp))
    elif module.contents is None:
        so_far.appeared = True
    elif source is not None:
        _compare(so_far, module, source)
    elif stamp is not None:
        so_far.want(module)
    else:
        _look_elsewhere(so_far, module)


def _look_elsewhere(so_far: Findings, module: Module) -> None:
    found = so_far.find(module.name)
    if found is None:
        return
    if _takes_over(module, found):
        so_far.want(placed(module, found))
    else:
        so_far.missing.add(module.name)


def _takes_over(module: Module, found: Found) -> bool:
    return found.exists and not found.extension and stands_for(module.path, found.path)


def _compare(so_far: Findings, module: Module, source: Source) -> None:
    there = module
    found = so_far.snapshot.found.get(module.name)
    if found is not None and found.path != module.path:
        if not _takes_over(module, found):
            so_far.missing.add(module.name)
            return
        there = placed(module, found)
    if there is not module or differs(module, source, so_far.state.detect):
        so_far.changed.add(module.name)
        so_far.ahead[module.name] = as_read(there, source)
    elif (module.stamp, module.racy) != (source.stamp, source.racy):
        so_far.refresh(evolve(module, stamp=source.stamp, racy=source.racy))
