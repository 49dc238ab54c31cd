"""The import log: which version of its file each module was imported from, by whom, and when.

A module may be older than its file when it becomes tracked (design promise 7). So each import
is recorded as it begins. A stamp from before the load can only be too old, and a module that is
taken to be too old reloads once too often, never once too seldom. For modules that were
imported before, the start of the process is the bound.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NamedTuple

from liveimport.core.model import NOBODY, ImportedBy, Stamp
from liveimport.core.source.source_file import digest_of
from liveimport.effects.loaded.bound_names import BoundByImports
from liveimport.effects.loaded.modules import importers_of, is_extension, is_own
from liveimport.effects.process_start import SOONER_NS, process_start_ns

from .files import read, stamp_of


class ImportRecord(NamedTuple):
    """The file of a module as its import began.

    Attributes:
        path: The file.
        stamp: Its stamp.
        digest: Of its bytes; empty for libraries, which are many and stay as they are.
        generation: How many reloading syncs there had been.
        seen_ns: When it had this stamp, by the monotonic clock; None if nobody saw it then.
    """

    path: str
    stamp: Stamp
    digest: str = ""
    generation: int = 0
    seen_ns: int | None = None


class ImportLog:
    """A finder that finds what the others find, and records it. First on `sys.meta_path`.

    Attributes:
        count: How many imports were recorded.
        before_loads: Called before a load that is not within another; libraries do not count.
        after_loads: Called at its end, with the names of all that was loaded meanwhile.
        assumed: Modules that count as current, though nobody knows which version was loaded.
    """

    is_import_log = True
    """Who looks for a module without importing it leaves this finder out."""

    def __init__(
        self,
        generation: Callable[[], int],
        is_library: Callable[[str], bool] = lambda _path: False,
    ) -> None:
        self._generation = generation
        self._is_library = is_library
        self._records: dict[str, ImportRecord] = {}
        self._importers: dict[str, ImportedBy] = {}
        self._names = BoundByImports(self._load_ended)
        # Of modules whose file only their loader knows.
        self._import_began_ns: dict[str, int] = {}
        self.count: int = 0
        self.before_loads: Callable[[], None] = lambda: None
        self.after_loads: Callable[[Sequence[str]], None] = lambda _names: None
        self.assumed: dict[str, None] = {}
        self._here = threading.local()
        self._started_ns = process_start_ns()
        self._began_ns = time.time_ns() - SOONER_NS
        self._loaded_before = frozenset(sys.modules)
        self._looked_ns = 0
        self._loaded_then = self._loaded_before

    def install(self) -> None:
        """Begins to record imports; does nothing if it has begun."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def uninstall(self) -> None:
        """Stops recording; the records stay."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Returns the spec that the other finders find, and records its file."""
        spec = self._found_by_others(name, path, target)
        if spec is None or not spec.has_location or spec.origin is None:
            self._import_began_ns[name] = time.time_ns() - SOONER_NS
            return spec
        if target is not None:
            # `importlib.reload` asks, with the module as target, and may still fail.
            self._records.pop(name, None)
        else:
            file = os.path.abspath(spec.origin)
            is_library = self._is_library(file)
            self._record(name, file, read_it=not is_library and not is_extension(spec))
            self.count += 1
            self._importers[name] = ImportedBy(self.count, *importers_of(name))
            if self._names.import_begins(name) and not is_library and not is_own(name):
                self._load_begins(name)
        return spec

    def _load_begins(self, name: str) -> None:
        loading = vars(self._here).setdefault("loading", set())
        if not loading:
            self.before_loads()
        loading.add(name)

    def _load_ended(self, name: str) -> None:
        """Tells of all that this thread loaded, when nothing of it is still loading."""
        loading: set[str] = vars(self._here).get("loading", set())
        if name not in loading:
            return
        loading.remove(name)
        ended = vars(self._here).setdefault("ended", [])
        ended.append(name)
        if not loading:
            del vars(self._here)["ended"]
            self.after_loads(ended)

    def _found_by_others(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            # A second log, of a second copy of this package, would ask this one in turn.
            if find is None or getattr(type(finder), "is_import_log", False):
                continue
            spec: ModuleSpec | None = find(name, path, target)
            if spec is not None:
                return spec
        return None

    def _record(self, name: str, path: str, *, read_it: bool) -> None:
        record = self._record_of(path, read_it=read_it)
        if record is None:
            self._records.pop(name, None)
        else:
            self._records[name] = record

    def _record_of(self, path: str, *, read_it: bool) -> ImportRecord | None:
        generation = self._generation()
        if not read_it:
            stamp = stamp_of(path)
            return None if stamp is None else ImportRecord(path, stamp, "", generation)
        content = read(path)
        if content is None:
            return None
        digest = "" if content.error else digest_of(content.data)
        return ImportRecord(path, content.stamp, digest, generation, content.read_ns)

    def imported_by(self, name: str) -> ImportedBy:
        """Returns who first imported a module, if that was recorded."""
        return self._importers.get(name, NOBODY)

    def imports_since(self, count: int) -> dict[str, ImportedBy]:
        """Returns the imports that were recorded after so many."""
        if count == self.count:
            return {}
        # Another thread may import something meanwhile.
        recorded = tuple(self._importers.items())
        return {name: by for name, by in recorded if by.number > count}

    def names_bound_by(self, name: str) -> frozenset[str] | None:
        """Returns the names that a module bound as it was imported; None if that was not seen."""
        return self._names.names_bound_by(name)

    def looked(self, began_ns: int, loaded: frozenset[str] | None = None) -> None:
        """Takes in which modules were loaded at a time; by default the same as before.

        What is loaded later, by a finder that does not ask this log, has a file that is at least
        as new. pytest puts such a finder in front.
        """
        self._looked_ns = began_ns - SOONER_NS
        if loaded is not None:
            self._loaded_then = loaded

    def was_loaded_before(self, name: str) -> bool:
        """Whether a module was loaded before this log was made."""
        return name in self._loaded_before

    def path_of(self, name: str) -> str | None:
        """Returns the file that a module was imported from, if that was recorded."""
        record = self._records.get(name)
        return None if record is None else record.path

    def stamp_of(self, name: str, path: str) -> Stamp | None:
        """Returns the stamp of a file as its module was imported from it, if that was recorded."""
        record = self._records.get(name)
        return None if record is None or record.path != path else record.stamp

    def has_recorded(self, name: str) -> bool:
        """Whether an import of `name` was seen: what it left in its place is its own doing."""
        return name in self._records

    def version_of(
        self, name: str, path: str, stamp: Stamp | None, *, is_extension: bool
    ) -> ImportRecord | None:
        """Returns the version that a loaded module was imported from; None if it is not known.

        `stamp` is that of its file now, None if that is gone. Compiled code cannot run again, so
        it counts as current. So does what was loaded before this log was made, if nobody knows
        when this process started: to run it may lose its state. It is one of the `assumed`.
        """
        record = self._records.get(name)
        if record is not None and record.path == path:
            return record
        if stamp is None:
            return None
        since = self._started_ns if name in self._loaded_before else self._began_ns
        if since == 0 and not is_extension:
            self.assumed[name] = None
            return ImportRecord(path, stamp)
        if name not in self._loaded_then:
            since = max(since, self._looked_ns)
        since = self._import_began_ns.get(name, since)
        old = max(stamp.mtime_ns, stamp.ctime_ns) < since
        return ImportRecord(path, stamp) if old or is_extension else None
