"""What a kept module dict loses, so that it holds what a fresh interpreter would give it."""

import sys
from types import ModuleType

from liveimport.core.steps import Step

_NEVER_SHED = frozenset({"__builtins__", "__name__"})
_SET_BY_IMPORT = (
    "__annotations__",
    "__cached__",
    "__file__",
    "__loader__",
    "__package__",
    "__path__",
    "__spec__",
    "__warningregistry__",
)


def shed_before(step: Step, module: ModuleType) -> None:
    """Removes what the old source bound, and what an import sets anew."""
    held = vars(module)
    leaving = frozenset(held) - step.kept - _NEVER_SHED if step.unknown else step.leaving
    for name in (*leaving, *_SET_BY_IMPORT):
        held.pop(name, None)
    if type(module) is not ModuleType:
        module.__class__ = ModuleType
    held["__doc__"] = None


def shed_after(step: Step, module: ModuleType) -> None:
    """Removes what was kept for the new source to look up, and it does not bind."""
    held = vars(module)
    for name in step.left:
        if not _is_submodule(step.module, name, held.get(name)):
            held.pop(name, None)


def starred_names(name: str, stars: tuple[str, ...]) -> frozenset[str]:
    """Returns the names that a loaded module may have from its star imports of `stars`.

    In a cycle, a star import may have come before the `__all__` that would have stopped it.
    """
    module = sys.modules.get(name)
    if not isinstance(module, ModuleType):
        return frozenset()
    return frozenset(
        public
        for star in stars
        if star in sys.modules
        for public in (*public_names(sys.modules[star]), *vars(sys.modules[star]))
        if public in vars(module) and not public.startswith("__")
    )


def public_names(module: object) -> tuple[str, ...]:
    """Returns the names that a star import of the module binds."""
    names = getattr(module, "__all__", None)
    if names is None:
        return tuple(name for name in vars(module) if not name.startswith("_"))
    return tuple(name for name in names if isinstance(name, str))


def _is_submodule(package: str, name: str, value: object) -> bool:
    return value is not None and sys.modules.get(f"{package}.{name}") is value
