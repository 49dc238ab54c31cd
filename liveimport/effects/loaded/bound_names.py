"""Which names the code of each module bound while it was imported (design promise 8).

That is seen as the import ends: others may set more on the module later.
"""

import sys
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from importlib import _bootstrap
from itertools import islice
from types import FrameType, ModuleType

from .modules import module_being_imported, namespace_of

_MODULE_LOCKS: Mapping[str, weakref.ref[object]] = getattr(_bootstrap, "_module_locks", {})
_LOCKS_LIVE_ON = sys.version_info >= (3, 15)
_GIVEN_BY_IMPORT = frozenset(
    {"__builtins__", "__cached__", "__file__", "__path__", *vars(ModuleType(""))}
)


class BoundByImports:
    """Which names the code of each module bound while it was imported.

    What a module sets on another while that one imports it is not the other's: `host` imports
    `plugin`, which does ``sys.modules["host"].hook = hook``. If `host` alone runs again, nobody
    would set it again.
    """

    def __init__(self, ended: Callable[[str], None] = lambda _name: None) -> None:
        self._ended = ended
        self._locks: dict[str, weakref.ref[object]] = {}
        # By module: the names that it had then, and those of them that others had set.
        self._bound: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {}
        self._set_by_others: dict[str, set[str]] = {}

    def import_begins(self, name: str) -> bool:
        """Takes in that a finder is asked for a module, and waits until its import has ended.

        Returns whether it is to be imported: others only ask for its spec. Who was given to the
        constructor is told of the end.

        An import holds a lock on its module, which goes with it. Nothing that a user may see is
        changed: not the spec, not the loader. To ask where a module is takes no lock.
        """
        lock = _lock_of_import(name)
        if lock is not None:
            ended = partial(self._lock_went, name, with_count(module_being_imported()))
            self._locks[name] = weakref.ref(lock, ended)
        return lock is not None

    def import_ended(self, name: str, begun: tuple[str, int]) -> None:
        """Takes in which names the importer has got while it imported a module.

        `begun` has the importer and how many it had. If it is the package of the module, the
        import is about to show the module there.
        """
        importer, before = begun
        if not importer:
            return
        held = namespace_of(sys.modules.get(importer))
        package, _, child = name.rpartition(".")
        shown = (child,) if package and package == importer and child not in held else ()
        if len(held) > before or shown:
            # A dict has its newest names last.
            newest = islice(reversed(tuple(held)), len(held) - before)
            self._set_by_others.setdefault(importer, set()).update(newest, shown)

    def _lock_went(self, name: str, begun: tuple[str, int], _lock: object) -> None:
        self._locks.pop(name, None)
        self._bound.pop(name, None)
        set_by_others = self.set_by_others(name)
        if name in sys.modules:
            self._bound[name] = (tuple(namespace_of(sys.modules[name])), set_by_others)
        self.import_ended("", begun)
        self._ended(name)

    def set_by_others(self, name: str) -> frozenset[str]:
        """Returns what modules that `name` imported have set on it, and forgets that."""
        return frozenset(self._set_by_others.pop(name, ()))

    def names_bound_by(self, name: str) -> frozenset[str] | None:
        """Returns the names that a module bound as it was imported; None if nobody saw it."""
        if name not in self._bound:
            return None
        names, set_by_others = self._bound[name]
        return frozenset(names) - set_by_others - _GIVEN_BY_IMPORT


def _lock_of_import(name: str) -> object | None:
    """Returns what goes when the import of a module ends; None if it is not imported.

    Since Python 3.15 a lock may live on: imports of submodules hold it too, and so does the error
    of an import that failed, as the notebook keeps it. There it is what manages the lock.
    """
    lock = _MODULE_LOCKS[name]() if name in _MODULE_LOCKS else None
    if lock is None or not _LOCKS_LIVE_ON:
        return lock
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  # the only way to it
    while frame is not None:
        if frame.f_code.co_name == "_find_and_load" and frame.f_locals.get("name") == name:
            manager: object = frame.f_locals.get("lock_manager")
            return manager
        frame = frame.f_back
    return None


def with_count(module: str) -> tuple[str, int]:
    """Returns a module, and how many names it has."""
    return module, len(namespace_of(sys.modules.get(module))) if module else 0
