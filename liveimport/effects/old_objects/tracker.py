"""What is remembered of old versions; the search after each sync that reloaded something."""

import sys
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from types import CodeType
from typing import Any, NamedTuple, Self

from liveimport.core.overview.old_objects import VALUE
from liveimport.effects.old_versions.definitions import Before, Definitions
from liveimport.effects.old_versions.old_files import OldFiles, Run
from liveimport.effects.old_versions.texts import Compiled

from .search import Bounds, Found, functions_of, search

_SHARE, _LEAST_S = 0.05, 0.02
"""The search takes no more than this share of the sync, or this many seconds."""
_OURS = 2
"""How many references a value has that only an `_OldValue` holds, as `sys.getrefcount` counts."""
_IPYTHON_NAMES = frozenset({"In", "Out", "get_ipython", "exit", "quit", "open"})


class _Runs(NamedTuple):
    """What ran in a sync, the code of all modules before it, and what has their texts."""

    ran: Mapping[str, Compiled]
    codes: Mapping[str, CodeType | None]
    text_before: Callable[[str], bytes | None]


class OldObjects:
    """Knows what ran last, and what the names of the notebook hold of older versions.

    Attributes:
        found: What the last search found.
    """

    def __init__(self) -> None:
        self.found: Found = Found()
        self._codes: Mapping[str, CodeType | None] = {}
        self._before: list[Before] = []
        self._values: list[_OldValue] = []
        self._runs: list[_Runs] = []
        self._files = OldFiles()

    def note_before(
        self, dict_of: Callable[[str], Mapping[str, Any]], modules: frozenset[str]
    ) -> None:
        """Takes in what modules had before they ran, until the search."""
        self._before.append((dict_of, modules))

    def note_run(
        self, ran: Mapping[str, Compiled], text_before: Callable[[str], bytes | None]
    ) -> None:
        """Takes in which modules have run. Some run twice in a sync."""
        self._runs.append(_Runs(ran, self._codes, text_before))
        self._codes = {**self._codes, **{name: one.code for name, one in ran.items()}}

    def note_relaid(self, module: str, code: CodeType) -> None:
        """Takes in the code of a module whose functions have new positions; it did not run."""
        self._codes = {**self._codes, module: code}

    def kept_code(self, module: str) -> tuple[CodeType, ...]:
        """Returns the code of a module that is kept here, if it is."""
        code = self._codes.get(module)
        return () if code is None else (code,)

    def _run_of(self, module: str, runs: Iterable["_Runs"]) -> Run | None:
        """Returns the run of a module in this sync, from the version before it."""
        for ran, codes, text_before in runs:
            if module in ran:
                return Run(self._codes[module], codes.get(module), text_before(module))
        return None

    def after_sync(
        self, notebook_names: Callable[[], Mapping[str, Any]] | None, took_s: float
    ) -> None:
        """Searches the names of the notebook, if there is one, for what is old since the sync."""
        before, self._before = self._before, []
        runs, self._runs = self._runs, []
        self.found = Found()
        if notebook_names is None or not before:
            return
        reloaded = frozenset[str]().union(*(modules for _, modules in before))
        self._values = [one for one in self._values if not one.is_only_ours]
        deadline = time.monotonic() + max(_LEAST_S, _SHARE * took_s)
        definitions = Definitions(reloaded, self._codes, before, old_files=self._files.homes)
        names = notebook_names()
        found = search(
            _names_of_user(names),
            definitions,
            bounds=Bounds(deadline, every=True),
            closed=(id(names),),
        )
        self._values += [
            _OldValue.of(one.value, one.old.name)
            for one in found.holdings
            if one.old.kind == VALUE
        ]
        functions = functions_of((one.value for one in found.holdings), definitions)
        self._files.rename(
            functions, lambda module: self._run_of(module, runs), time.strftime("%H:%M:%S")
        )
        self.found = found.first_of_each_name()

    def definitions(self) -> Definitions:
        """Returns what tells old classes from present ones, also of the notebook's own."""
        return Definitions({*self._codes, "__main__"}, self._codes, old_files=self._files.homes)

    def all_found(self, names: Mapping[str, Any]) -> Found:
        """Returns all that names hold of any version before the last, output of cells too."""
        self._values = [one for one in self._values if not one.is_only_ours]
        values = {id(one.value): (one.name, type(one.value)) for one in self._values}
        definitions = Definitions(
            self._codes, self._codes, values=values, old_files=self._files.homes
        )
        outputs = [("Out", names["Out"])] if "Out" in names else []
        return search(
            [*_names_of_user(names), *outputs],
            definitions,
            bounds=Bounds(every=True),
            closed=(id(names),),
        )


class _OldValue:
    """A value that a module had, and that a name of the notebook held when it was replaced.

    Containers cannot be referred to weakly. They are let go at the next search.
    """

    def __init__(self, reference: Callable[[], Any] | None, value: Any, name: str) -> None:
        self._reference = reference
        self._value = value
        self.name = name

    @classmethod
    def of(cls, value: Any, name: str) -> Self:
        """Returns what knows the value again."""
        try:
            return cls(weakref.ref(value), None, name)
        except TypeError:
            return cls(None, value, name)

    @property
    def value(self) -> Any:
        """The value; None if it is gone."""
        return self._value if self._reference is None else self._reference()

    @property
    def is_only_ours(self) -> bool:
        """Whether nothing else holds the value any more."""
        if self._reference is not None:
            return self._reference() is None
        return sys.getrefcount(self._value) <= _OURS


def _names_of_user(names: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Returns the names that are the user's, without private ones, and their values."""
    return [
        (name, value)
        for name, value in tuple(names.items())
        if not name.startswith("_") and name not in _IPYTHON_NAMES
    ]
