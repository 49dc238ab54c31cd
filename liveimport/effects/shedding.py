"""What a kept module dict loses, so that it holds what a fresh interpreter would give it."""

import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType

from .loading import Prepared

_NEVER_SHED = frozenset({"__builtins__", "__name__"})
_MADE_BY_RUNNING = ("__annotations__", "__path__", "__warningregistry__")


def shed_before(
    prepared: Prepared, module: ModuleType, spec: ModuleSpec
) -> Mapping[str, object]:
    """Removes what the old source bound, and what an import gives a module is made anew.

    Returns what else was there, which is set aside: whether others set it, or running the
    source does, shows when it has run.
    """
    held = vars(module)
    leaving = prepared.shedding.leaving
    if prepared.step.unknown:
        leaving = frozenset(held) - prepared.shedding.kept - _NEVER_SHED
    for name in leaving:
        held.pop(name, None)
    for name in _MADE_BY_RUNNING:
        held.pop(name, None)
    if type(module) is not ModuleType:
        module.__class__ = ModuleType
    # importlib looks for each of these, and to look in vain takes it longer than to find it.
    held["__doc__"] = None
    held["__package__"] = spec.parent
    held["__loader__"] = prepared.loader
    held["__file__"] = spec.origin
    held["__cached__"] = spec.cached
    _, kept, _, shown, elsewhere = prepared.shedding
    stay = elsewhere | kept if kept else elsewhere
    aside = {
        name: value
        for name, value in held.items()
        if name not in shown and name not in stay and _may_be_bound(name, value)
    }
    for name in aside:
        del held[name]
    return aside


def _may_be_bound(name: str, value: object) -> bool:
    """Whether running the source may be what bound this; submodules are bound by imports."""
    return not name.startswith("__") and not isinstance(value, ModuleType)


def shed_after(prepared: Prepared, module: ModuleType, aside: Mapping[str, object]) -> None:
    """Puts back what others set, and removes what only functions of the old source bound."""
    held = vars(module)
    for name, value in aside.items():
        held.setdefault(name, value)
    for name in prepared.shedding.left:
        if not _is_submodule(prepared.step.module, name, held.get(name)):
            held.pop(name, None)


def _is_submodule(package: str, name: str, value: object) -> bool:
    return value is not None and sys.modules.get(f"{package}.{name}") is value
