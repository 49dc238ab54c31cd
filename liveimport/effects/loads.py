"""Which version of its file each module was loaded from.

A module may be older than its file when it becomes tracked (design promise 7). So every
import is noted as it begins: a stamp taken before the load can only be too old, and a module
that is believed too old is reloaded once too often, never once too seldom. For modules that
were loaded before anybody took notes, the start of the process is the bound, and what the
module holds is the evidence.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NamedTuple

from liveimport.core.snapshot import Stamp
from liveimport.core.source import digest_of

from .files import is_racy, read, stamp_of

_TICK_NS = 20_000_000


class Load(NamedTuple):
    """The file of a module as its import began.

    Attributes:
        path: The file.
        stamp: Its stamp.
        digest: Of its bytes if the stamp was racy, else empty.
        generation: How many reloading syncs there had been.
    """

    path: str
    stamp: Stamp
    digest: str
    generation: int


class Loads:
    """A finder that finds what the others find, and takes notes. First on `sys.meta_path`."""

    def __init__(self, generation: Callable[[], int]) -> None:
        self._generation = generation
        self._noted: dict[str, Load] = {}
        self._known: dict[str, Load] = {}
        self._started_ns = _process_start_ns()
        self._began_ns = time.time_ns() - _TICK_NS
        self._loaded_before = frozenset(sys.modules)

    def install(self) -> None:
        """Begins to take notes; does nothing if it has begun."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def uninstall(self) -> None:
        """Leaves `sys.meta_path`; the notes stay."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Returns the spec that the other finders find, its file noted."""
        spec = self._found_by_others(name, path, target)
        if spec is None or not spec.has_location or spec.origin is None:
            return spec
        self._known.pop(name, None)
        if target is not None:
            self._noted.pop(name, None)
        else:
            self._note(name, os.path.abspath(spec.origin))
        return spec

    def _found_by_others(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec: ModuleSpec | None = find(name, path, target)
            if spec is not None:
                return spec
        return None

    def _note(self, name: str, path: str) -> None:
        stamp = stamp_of(path)
        if stamp is None:
            self._noted.pop(name, None)
            return
        digest = ""
        if is_racy(stamp, time.time_ns()):
            reading = read(path)
            if reading is not None:
                stamp, digest = reading.stamp, digest_of(reading.data)
        self._noted[name] = Load(path, stamp, digest, self._generation())

    def has_noted(self, name: str) -> bool:
        """Whether an import of `name` was seen: then what it left in its place is its doing."""
        return name in self._noted

    def keep(self, name: str, load: Load) -> None:
        """Remembers the version of a loaded module until another is loaded."""
        self._known[name] = load

    def keeps(self, name: str) -> bool:
        """Whether no other version of a module was loaded since its own was to be kept."""
        return name in self._known

    def noted(self, name: str, path: str, stamp: Stamp) -> Load | None:
        """Returns the version that a module was loaded from, if that needs no other evidence.

        `stamp` is that of its file now.
        """
        load = self._noted.get(name) or self._known.get(name)
        if load is not None and load.path == path:
            return load
        since = self._started_ns if name in self._loaded_before else self._began_ns
        old = max(stamp.mtime_ns, stamp.ctime_ns) < since
        return Load(path, stamp, "", 0) if old else None

    def of(
        self, name: str, module: ModuleType, path: str, stamp: Stamp, *, extension: bool
    ) -> Load | None:
        """Returns the same, or what the module holds proves; None if it is not known."""
        load = self.noted(name, path, stamp)
        if load is not None:
            return load
        if extension:
            return Load(path, stamp, "", 0)
        from .evidence import agrees  # noqa: PLC0415  # few modules need it

        return Load(path, stamp, "", 0) if agrees(module, path) else None


def _process_start_ns() -> int:
    """Returns when this process started, in ns since the epoch and rather too early; or 0."""
    try:
        with open("/proc/self/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        uptime = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        started = ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError):
        return 0
    return time.time_ns() - (uptime - started) - _TICK_NS
