"""What a kept module dict loses, so that it holds what a fresh interpreter would give it."""

import sys
from types import ModuleType

from liveimport.core.plan import Step


class Shedding:
    """Names that leave a kept module dict, so that it holds what its source binds now.

    Made before any member runs: afterwards it can no longer be told which of a module's names
    an earlier star import gave it.
    """

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._starred = {step.module: _starred(step) for step in steps if step.stars}

    def before(self, step: Step, module: ModuleType) -> None:
        """Removes what the old source bound, and what an import sets anew."""
        held = vars(module)
        starred = self._starred.get(step.module, frozenset())
        leaving = (step.leaving | starred) - step.kept
        if step.unknown:
            leaving = frozenset(held) - step.kept - _NEVER_SHED
        for name in leaving:
            held.pop(name, None)
        for name in _SET_BY_IMPORT:
            held.pop(name, None)
        if type(module) is not ModuleType:
            module.__class__ = ModuleType
        held["__doc__"] = None

    def after(self, step: Step, module: ModuleType) -> None:
        """Removes what was kept for the new source to look up, and it does not bind."""
        held = vars(module)
        for name in step.left:
            if not _is_submodule(step.module, name, held.get(name)):
                held.pop(name, None)


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


def _starred(step: Step) -> frozenset[str]:
    """Returns the names that the module has from its star imports."""
    held = vars(sys.modules[step.module]) if step.module in sys.modules else {}
    given: set[str] = set()
    for star in step.stars:
        module = sys.modules.get(star)
        if module is not None:
            given.update(name for name in public_names(module) if name in held)
    return frozenset(given)


def public_names(module: object) -> tuple[str, ...]:
    """Returns the names that a star import of the module binds."""
    names = getattr(module, "__all__", None)
    if names is None:
        return tuple(name for name in vars(module) if not name.startswith("_"))
    return tuple(name for name in names if isinstance(name, str))


def _is_submodule(package: str, name: str, value: object) -> bool:
    return value is not None and sys.modules.get(f"{package}.{name}") is value
