"""The run log: which code runs while the code of each module runs?

While a run lasts, `sys.monitoring` (Python 3.12) tells of each code object that starts. It counts
for the module whose own code runs then.
"""

import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from types import (
    CodeType,
    FrameType,
    FunctionType,
    MappingProxyType,
    ModuleType,
)
from typing import Any

from liveimport.core.trace import Entry, Import, Load, Trace
from liveimport.effects.loaded.modules import (
    MISSING,
    home_of,
    is_own,
    loaded_namespace,
    namespace_of,
    qualname_of,
)

from .effects import EffectLog, Touched, is_changeable, value_of
from .entries import Entries
from .read_log import own_tool

_NAME = "liveimport runs"
_OWN = os.path.join(sys.modules[__name__.partition(".")[0]].__path__[0], "")
"""The folder of LiveImport itself, wherever this file is in it."""

_TOOL_IDS = (3, 4)
"""The read log takes the other one first."""

_monitoring: Any = getattr(sys, "monitoring", None) if sys.version_info < (3, 14) else None
"""Only where the instructions are known that code is read by: 3.12 and 3.13."""

_DISABLE: Any = getattr(_monitoring, "DISABLE", None)

_OF_MODULES = frozenset({"__path__", "__spec__", "__file__", "__loader__"})
"""What an import asks of modules. To answer is no use of them."""

_MOST = 1000
"""So often a code object is looked at as it starts. A loop of calls must not take twice as long."""

Traces = Mapping[str, Trace]
"""By module, what its code read as it ran."""


class _Run:
    """What is noted while a module runs.

    Attributes:
        root: The code of its source.
        within: The modules that had begun before, and had not finished.
        ran: All code that ran, each with the module that it is of.
        times: By the id of a code, when it ran last, or was not finished yet.
        begun: When it began.
        ended: When it finished.
        has_begun_others: Whether other modules began meanwhile.
        met_error: Whether an error was raised.
        touched: What it may have changed.
        compared: The modules that it may have changed, and that were compared.
        changed: Those of them that it has changed otherwise than by entries of tables.
        entries: The tables to which it has added entries.
        names: Its names and their values, as another module began last.
        replaced: Those of them whose values were replaced after that.
    """

    __slots__ = (
        "begun",
        "changed",
        "compared",
        "ended",
        "entries",
        "has_begun_others",
        "met_error",
        "names",
        "ran",
        "replaced",
        "root",
        "times",
        "touched",
        "within",
    )

    def __init__(self, root: CodeType, within: Iterable[str], begun: int) -> None:
        self.begun = begun
        self.ended = begun
        self.has_begun_others = False
        self.times: dict[int, int] = {}
        self.root = root
        self.within = frozenset(within)
        self.ran: dict[int, tuple[str, CodeType]] = {}
        self.met_error = False
        self.touched = Touched()
        self.compared: frozenset[str] = frozenset()
        self.changed: set[str] = set()
        self.entries: set[Entry] = set()
        self.names: dict[str, Any] = {}
        self.replaced: set[str] = set()

    def note_names(self, namespace: Mapping[str, Any]) -> None:
        """Takes in the names that the module has now."""
        for name, value in self.names.items():
            if namespace.get(name, MISSING) is not value:
                self.replaced.add(name)
        self.names = dict(namespace)


class RunLog:
    """Which code runs while each module's own code does, while it is switched on.

    Code of any thread counts for the module whose code runs, innermost: so rather too much counts.

    Attributes:
        entries: What modules have added to the tables of others.
    """

    def __init__(self, is_library: Callable[[str], bool] = lambda _path: False) -> None:
        self.entries: Entries = Entries()
        self._is_library = is_library
        self._is_on = False
        self._effects: EffectLog | None = None
        self._ran: dict[str, _Run] = {}
        self._running: list[tuple[str, CodeType]] = []
        self._time = 0
        self._counts: dict[int, int] = {}
        self._everywhere: dict[int, tuple[str, CodeType]] = {}
        self._libraries: dict[str, bool] = {}
        self._followed: dict[str, bool] = {}

    @property
    def is_on(self) -> bool:
        """Whether it is switched on."""
        return self._is_on

    def begin(self) -> bool:
        """Switches it on. Returns whether that was done: not if it is on, or cannot be."""
        tool = None if self._is_on else own_tool(_monitoring, _TOOL_IDS, _NAME)
        if tool is None:
            return False
        self._ran, self._running = {}, []
        self._effects = EffectLog(self.entries)
        self._counts, self._everywhere, self._followed = {}, {}, {}
        events = _monitoring.events
        _monitoring.register_callback(tool, events.PY_START, self._starts)
        _monitoring.register_callback(tool, events.PY_RETURN, self._returns)
        _monitoring.register_callback(tool, events.PY_UNWIND, self._unwinds)
        for event in (events.RAISE, events.EXCEPTION_HANDLED):
            _monitoring.register_callback(tool, event, self._meets_error)
        _monitoring.set_events(tool, sum(_events()))
        self._is_on = True
        return True

    def end(self) -> None:
        """Switches it off, and gives back the tool id. May be called again, as after an interrupt."""
        self._is_on = False
        for tool in _TOOL_IDS if _monitoring is not None else ():
            if _monitoring.get_tool(tool) == _NAME:
                _monitoring.set_events(tool, 0)
                for event in _events():
                    _monitoring.register_callback(tool, event, None)
                _monitoring.free_tool_id(tool)
        self._running.clear()
        self._effects = None

    def watch(self, modules: Iterable[str]) -> None:
        """Lets modules be compared that do not run."""
        for name in modules:
            self._effects_of(name, begins=False)

    def take(self, modules: Iterable[str] | None = None) -> Traces:
        """Returns the traces of these modules, by default of all that ran, and forgets them."""
        names = tuple(self._ran) if modules is None else tuple(modules)
        of_project = cache(self._is_of_project)
        taken = {name: self._ran.pop(name) for name in names if name in self._ran}
        return MappingProxyType(
            {
                name: _with_changeable(name, self._trace(name, run, of_project))
                for name, run in taken.items()
                if of_project(name)
            }
        )

    def _trace(self, name: str, run: _Run, of_project: Callable[[str], bool]) -> Trace:
        from liveimport.core.source.reads import trace_of  # noqa: PLC0415  # only if it was on

        from .annotated import plain_classes  # noqa: PLC0415  # see above

        ran = {**run.ran, **self._everywhere}.values()
        followed = [one for one in ran if of_project(one[0])]
        plain = plain_classes(name, [code for home, code in followed if home == name])
        trace = trace_of(name, run.root, followed, plain)
        return trace._replace(
            catches=trace.catches and run.met_error,
            within=frozenset(filter(of_project, run.within)),
            compared=run.compared - {name},
            changed=frozenset(run.changed - {name}),
            replaced=frozenset(run.replaced),
            begun=run.begun,
            ended=run.ended,
            last_begun=run.begun,
            last_ended=run.ended,
            times=self._times_of(run, followed),
            entries=frozenset(entry for entry in run.entries if entry.module != name),
        )

    def _times_of(
        self, run: _Run, followed: Iterable[tuple[str, CodeType]]
    ) -> Mapping[Load | tuple[str, Import], int]:
        """Returns when the code ran last that has a load or an import."""
        from liveimport.core.source.reads import code_reads  # noqa: PLC0415  # only if it was on

        times: dict[Load | tuple[str, Import], int] = {}
        for home, code in followed if run.has_begun_others else ():
            time = (
                run.ended
                if id(code) in self._everywhere
                else run.times.get(id(code), run.ended)
            )
            reads = code_reads(code)
            found: list[Load | tuple[str, Import]] = [(home, chain) for chain in reads.loads]
            found += [(home, one) for one in reads.imports]
            for key in found:
                times[key] = max(time, times.get(key, 0))
        return MappingProxyType(times)

    def _is_of_project(self, module: str) -> bool:
        file = namespace_of(sys.modules.get(module)).get("__file__")
        return isinstance(file, str) and not is_own(module) and not self._is_library(file)

    def absorb(self, table: Any) -> None:
        """Takes a table as it is now: LiveImport has changed it, and no module."""
        if self._effects is not None:
            self._effects.absorb(table)

    # What `sys.monitoring` calls. Whatever these raise would be raised in the user's code.

    def _starts(self, code: CodeType, _offset: int) -> object:
        is_module = code.co_name == "<module>"
        if not is_module and self._is_of_library(code.co_filename):
            return _DISABLE
        frame = sys._getframe(1)  # noqa: SLF001  # whose code it is
        held = frame.f_globals
        if code.co_qualname == "__getattr__" and _is_asked_by_imports(frame):
            return None
        home: object = held.get("__name__")
        if not isinstance(home, str):
            return None
        if is_module:
            self._module_starts(home, held, code)
        if self._running:
            self._time += 1
            run = self._ran[self._running[-1][0]]
            run.ran.setdefault(id(code), (home, code))
            run.times[id(code)] = self._time
        return None if is_module else self._again(home, code)

    def _module_starts(self, home: str, held: Mapping[str, Any], code: CodeType) -> None:
        innermost = self._running[-1][0] if self._running else ""
        # `exec` runs such code too.
        is_own = loaded_namespace(home) is held and held.get("__file__") == code.co_filename
        if is_own and home not in (innermost, "__main__"):
            self.compare()
            self._note_names(innermost)
            self._effects_of(home, begins=True)
            within = [name for name, _ in self._running]
            self._time += 1
            self._ran[home] = _Run(code, within, self._time)
            self._note_unfinished(within, sys._getframe(1))  # noqa: SLF001  # whose code it is
            self._running.append((home, code))

    def _note_names(self, module: str) -> None:
        """Notes the names that a module has that runs, if any does."""
        if module and self._is_followed(module):
            self._ran[module].note_names(loaded_namespace(module))

    def _note_unfinished(self, within: Sequence[str], frame: FrameType | None) -> None:
        """Notes the code that goes on when a module has run that begins."""
        runs = [self._ran[name] for name in within]
        self._time += 1
        while frame is not None and runs:
            for run in runs:
                if id(frame.f_code) in run.ran:
                    run.times[id(frame.f_code)] = self._time
            frame = frame.f_back
        for run in runs:
            run.has_begun_others = True

    def _again(self, home: str, code: CodeType) -> object:
        """Counts how often a code started. After that it is taken to run in all modules."""
        count = self._counts[id(code)] = self._counts.get(id(code), 0) + 1
        if count < _MOST:
            return None
        self._everywhere[id(code)] = (home, code)
        return _DISABLE

    def _returns(self, code: CodeType, _offset: int, _value: object) -> object:
        if code.co_name != "<module>":
            return _DISABLE
        self._ended(code)
        return None

    def _unwinds(self, code: CodeType, _offset: int, _error: object) -> None:
        if code.co_name == "<module>":
            self._ended(code)

    def _meets_error(self, code: CodeType, _offset: int, _error: object) -> None:
        if self._running and not self._is_of_library(code.co_filename):
            self._ran[self._running[-1][0]].met_error = True

    def _ended(self, code: CodeType) -> None:
        if self._running and self._running[-1][1] is code:
            self.compare()
            name, _ = self._running.pop()
            self._time += 1
            if self._ran[name].names:
                self._note_names(name)
            self._ran[name].names = {}
            self._ran[name].ended = self._time
            self._effects_of(name, begins=False)

    # Whatever goes wrong here, the user's code goes on: then nothing is compared any more.

    def _effects_of(self, module: str, *, begins: bool) -> None:
        """Takes in that a module begins, or has run."""
        if self._effects is None or not self._is_followed(module):
            return
        namespace = loaded_namespace(module)
        try:
            if begins:
                self._effects.begins(module, namespace)
            else:
                self._effects.ended(module, namespace)
        except Exception:  # noqa: BLE001  # see above
            self._effects = None

    def compare(self) -> None:
        """Compares what the module that ran until now may have changed."""
        name = self._running[-1][0] if self._running else ""
        if not name or not self._is_followed(name):
            return
        if self._effects is None:
            return
        run = self._ran[name]
        try:
            ran = [*run.ran.values(), *self._everywhere.values()]
            touched = run.touched.by(name, ran, self._effects.owners)
            if run.touched.is_anything:
                touched |= self._effects.all_of(name)
            found = self._effects.compare(name, touched - {name})
        except Exception:  # noqa: BLE001  # see above
            self._effects = None
            return
        run.compared = frozenset(found.known)
        run.changed |= found.changed
        run.entries |= found.entries

    def _is_followed(self, module: str) -> bool:
        known = self._followed.get(module)
        if known is None:
            known = self._followed[module] = self._is_of_project(module)
        return known

    def _is_of_library(self, path: str) -> bool:
        known = self._libraries.get(path)
        if known is None:
            known = path.startswith(("<", _OWN)) or self._is_library(path)
            self._libraries[path] = known
        return known


def _is_asked_by_imports(frame: FrameType) -> bool:
    """Whether a module's `__getattr__` starts because an import asks for a name that modules have."""
    code = frame.f_code
    return code.co_argcount == 1 and frame.f_locals.get(code.co_varnames[0]) in _OF_MODULES


def _events() -> tuple[int, ...]:
    events = _monitoring.events
    return (
        events.PY_START,
        events.PY_RETURN,
        events.PY_UNWIND,
        events.RAISE,
        events.EXCEPTION_HANDLED,
    )


def _with_changeable(name: str, trace: Trace) -> Trace:
    """Returns a trace that knows to whom what code can change, or has set attributes of, belongs.

    And what its module says in `__all__`: somebody may have added to that.
    """
    surface = trace.surface
    if surface.exported is not None and surface.exported != _exported(name):
        surface = surface._replace(exported=None)
    owners = {_owner_of_set(name, load, trace) for load in trace.sets}
    return trace._replace(
        surface=surface,
        changeable=trace.changeable.union(filter(is_changeable, trace.loads)),
        changing=trace.changing.union(owner for owner in owners if owner),
        sets_attributes=trace.sets_attributes or "" in owners,
    )


def _exported(module: str) -> Collection[object]:
    found = namespace_of(sys.modules.get(module)).get("__all__")
    if not isinstance(found, list | tuple) or not all(type(one) is str for one in found):
        return ()
    return frozenset(found)


def _owner_of_set(name: str, load: Load, trace: Trace) -> str:
    """Returns the module to which that belongs of which code set attributes; empty if in doubt.

    A name that is bound again and again may have been another one's then.
    """
    home, chain = load
    value = value_of(load)
    is_imported = chain[0] in trace.surface.imported
    if home != name or not (is_imported or _is_made_here(name, chain[0])):
        return ""
    if isinstance(value, ModuleType):
        return _name_in(namespace_of(value))
    # What a decorator made says that it is of another module.
    return _name_in(value.__globals__) if isinstance(value, FunctionType) else home_of(value)


def _is_made_here(module: str, name: str) -> bool:
    """Whether a module has under a name what a statement of its own has made."""
    value = namespace_of(sys.modules.get(module)).get(name)
    if not issubclass(type(value), type | FunctionType) or home_of(value) != module:
        return False
    return qualname_of(value) == name  # type: ignore[arg-type]  # see above


def _name_in(namespace: Mapping[str, Any]) -> str:
    name = namespace.get("__name__")
    return name if isinstance(name, str) else ""
