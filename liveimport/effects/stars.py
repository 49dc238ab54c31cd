"""What star imports give, as the modules are loaded."""

import sys
from types import ModuleType

from .loaded import dict_of


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
        for public in (*public_names(sys.modules[star]), *dict_of(sys.modules[star]))
        if public in vars(module) and not public.startswith("__")
    )


def public_names(module: object) -> tuple[str, ...]:
    """Returns the names that a star import of the module binds; none where it would raise."""
    try:
        names = getattr(module, "__all__", None)
        if names is None:
            return tuple(name for name in dict_of(module) if not name.startswith("_"))
        return tuple(name for name in names if isinstance(name, str))
    except Exception:  # noqa: BLE001  # a module may compute it, and fail
        return ()
