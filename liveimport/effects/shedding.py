"""What a kept module dict loses, so that it holds what a fresh interpreter would give it."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

from .loading import Prepared

_NEVER_SHED = frozenset({"__builtins__", "__name__"})
_MADE_BY_RUNNING = ("__annotations__", "__path__", "__warningregistry__")


def shed_before(prepared: Prepared, module: ModuleType, spec: ModuleSpec) -> None:
    """Removes what the old source bound, and what an import gives a module is made anew."""
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


def shed_after(prepared: Prepared, module: ModuleType) -> None:
    """Removes what only functions of the old source bound."""
    held = vars(module)
    for name in prepared.shedding.left:
        if not _is_submodule(prepared.step.module, name, held.get(name)):
            held.pop(name, None)


def _is_submodule(package: str, name: str, value: object) -> bool:
    return value is not None and sys.modules.get(f"{package}.{name}") is value
