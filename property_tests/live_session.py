"""A session with a project, driven from outside: what `driving.Drive` talks to."""

import builtins
import contextlib
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import attrs
from describing import describe, modules_below

import liveimport
from liveimport.core import model
from liveimport.core.committing import commit as committing
from liveimport.core.committing.refills import joined
from liveimport.core.imports import parse_imports
from liveimport.core.model import DependencyGraph
from liveimport.core.need import judge
from liveimport.core.planning import state_after
from liveimport.core.planning.dependencies import build_graph
from liveimport.core.planning.planner import enroll, plan_reload
from liveimport.effects.observe.files import stamp_of
from liveimport.effects.observe.snapshot import observe, observe_registered
from liveimport.effects.registering.cells import register_cell
from liveimport.effects.reload import (
    execute,  # noqa: F401  # so that no fork has to import it
    module_names,
)
from liveimport.effects.session.session import SESSION


def _refusal(namespace: dict[str, Any], text: str) -> str:
    try:
        liveimport.register(namespace, text)
    except ValueError as error:
        # A module may leave sys.modules while it is imported.
        return "" if "is not loaded" in str(error) else str(error)
    return ""


def _answers_from_its_dict(name: str) -> bool:
    module = sys.modules.get(name)
    return type(module) is ModuleType and "__getattr__" not in vars(module)


class LiveSession:
    """The one session of this process, in the project's folder, which is its workspace."""

    def __init__(self, root: str) -> None:
        sys.dont_write_bytecode = False
        self.root = root
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self._own: dict[str, object] = {}
        self._deleted: set[str] = set()
        self._vanished: set[str] = set()
        self._reported: set[str] = set()
        self._outcome: Any = None
        self._before_commit: Callable[[], None] = lambda: None
        self._to_register: list[Callable[[], None]] = []
        commit = committing.commit

        def observed_commit(before: Any, planned: Any, happened: Any, *others: Any) -> Any:
            # sync() does not return it when it raises. It may run twice, to fill tables again.
            first = self._outcome
            self._outcome = happened if first is None else joined(first, happened)
            self._before_commit()
            return commit(before, planned, happened, *others)

        committing.commit = observed_commit
        liveimport.workspace(root)

    # What the user does.

    def start(self, detect: str, follow: str, reload: str = "dependents") -> None:
        """Sets what counts as a changed file, which imports are followed, and what runs."""
        liveimport.auto_sync(detect=detect, follow=follow, reload=reload)

    def trust_stamps(self) -> None:
        """Takes every stamp for old enough. Else all young files are read at each look."""
        model.SETTLED_NS = 0

    def cell(self, text: str) -> bool:
        """Executes and registers import statements. Returns False if they raise: nothing ran."""
        importlib.invalidate_caches()
        if not self._works(text):
            return False
        SESSION.begin_reading()
        try:
            exec(text, self.namespace)  # noqa: S102  # as a shell would
        finally:
            SESSION.read_log.end()
        self._note_taken_back()
        while self._to_register:
            self._to_register.pop(0)()
        register_cell(SESSION, self.namespace, text, clear=False)
        SESSION.take_in_read()
        return True

    def execute(self, text: str) -> bool:
        """Executes a cell that is not registered. Returns False if it raises: nothing ran."""
        importlib.invalidate_caches()
        if not self._works(text):
            return False
        exec(text, self.namespace)  # noqa: S102  # as a shell would
        self._note_taken_back()
        return True

    def register(self, text: str) -> None:
        """Registers import statements that were executed before."""
        liveimport.register(self.namespace, text)

    def refusals(self, text: str) -> list[str]:
        """Registers what a new namespace executes; returns what is said against that.

        Then it binds each name to something else, and adds the names that may be registered still.
        """
        importlib.invalidate_caches()
        namespace: dict[str, Any] = {}
        if not self._works(text):
            return []
        exec(text, namespace)  # noqa: S102  # as a script would
        said = [_refusal(namespace, text)]
        for binding in parse_imports(text):
            bound = {**namespace, binding.name: object()}
            if binding.name != "*" and _answers_from_its_dict(binding.module):
                accepted = not _refusal(bound, binding.statement)
                said += [binding.statement] if accepted else []
        return [one for one in said if one]

    def register_in(self, module: str, text: str) -> bool:
        """Registers imports that a module has executed, in its own dict. Returns whether."""
        loaded = sys.modules.get(module)
        if loaded is None:
            return False
        try:
            liveimport.register(vars(loaded), text)
        except (ValueError, SyntaxError):
            return False
        return True

    def let_modules_register(self, when: str) -> None:
        """Gives modules a built-in ``register_own``, by which they register their own imports.

        It does so ``"at once"``, or ``"after the cell"`` that imports them.
        """

        def register_own(namespace: dict[str, Any], text: str) -> None:
            def register() -> None:
                # It may hold something else by then, as a cell may that binds a name anew.
                register_cell(SESSION, namespace, text, clear=False)

            if when == "at once" or SESSION.lock.is_mine:
                register()
            else:
                self._to_register.append(register)

        vars(builtins)["register_own"] = register_own

    def _works(self, text: str) -> bool:
        """Whether a cell would run. A forked twin finds out: a failed import leaves traces."""
        twin = os.fork()
        if twin:
            return os.waitstatus_to_exitcode(os.waitpid(twin, 0)[1]) == 0
        try:
            sys.dont_write_bytecode = True
            exec(text, self.namespace)  # noqa: S102  # as a shell would
        except BaseException:  # noqa: BLE001  # SystemExit too
            os._exit(1)
        os._exit(0)

    def load(self, name: str) -> bool:
        """Imports a module that no cell registers. Returns False if it raises: nothing ran."""
        importlib.invalidate_caches()
        if not self._works(f"import {name}"):
            return False
        importlib.import_module(name)
        return True

    def use(self, name: str) -> None:
        """Puts something into the state of a module."""
        sys.modules[name].STATE.append(1)

    def assign(self, name: str, value: int) -> None:
        """Binds a name of the namespace."""
        self._make_own(name, value)

    def put(self, text: str) -> None:
        """Executes a statement of the notebook, which may fail."""
        with contextlib.suppress(Exception):
            exec(text, self.namespace)  # noqa: S102  # a cell

    def define(self, name: str, kind: str) -> None:
        """Binds a name of the namespace to a new value of some kind."""
        self._make_own(name, _new_value(kind))

    def _make_own(self, name: str, value: object) -> None:
        # If it is what the import gave, nobody can tell.
        if self.namespace.get(name) is not value:
            self.namespace[name] = self._own[name] = value
            self._deleted.discard(name)

    def delete(self, name: str) -> bool:
        """Deletes a name of the namespace. Returns whether it was there."""
        if name not in self.namespace:
            return False
        del self.namespace[name]
        if self._own.pop(name, _GONE) is _GONE:
            self._deleted.add(name)  # an import had bound it
        return True

    def own_names(self, how: str) -> None:
        """Sets what happens to names that the user bound."""
        liveimport.auto_sync(own_names=how)

    def _note_taken_back(self) -> None:
        """Forgets the names that a cell has bound again by its imports."""
        for name in [n for n, v in self._own.items() if self.namespace.get(n) is not v]:
            del self._own[name]
            self._reported.discard(name)
        self._deleted.difference_update(self.namespace)

    def files(self, how: str) -> None:
        """Sets what a change of a file does that a module read."""
        liveimport.auto_sync(files=how)

    def told(self) -> list[str]:
        """Syncs, and returns what the report says."""
        return [str(line) for line in liveimport.sync().lines]

    def detect(self, how: str) -> None:
        """Sets what counts as a changed file."""
        liveimport.auto_sync(detect=how)

    def follow(self, how: str) -> None:
        """Sets which imports are followed."""
        liveimport.auto_sync(follow=how)

    def workspace(self, *folders: str) -> None:
        """Makes these folders of the project the workspace."""
        present = (os.path.join(self.root, folder) for folder in folders)
        liveimport.workspace(*filter(os.path.isdir, present))

    def search_in(self, folder: str) -> None:
        """Lets imports search a folder of the project too, behind all others."""
        sys.path.append(os.path.join(self.root, folder))

    def unload(self, name: str) -> None:
        """Takes a module out of `sys.modules`."""
        sys.modules.pop(name, None)

    def reload_by_hand(self, name: str) -> bool:
        """Reloads a loaded module by itself. Returns whether it raised nothing."""
        module = sys.modules.get(name)
        spec = getattr(module, "__spec__", None)
        try:
            importlib.reload(module)  # type: ignore[arg-type]  # a user may try that too
        except BaseException:  # noqa: BLE001  # SystemExit too
            if module is not None:
                module.__spec__ = spec  # Python leaves None there when the file is away
            return False
        return True

    def attach(self, module: str, name: str, value: int) -> bool:
        """Sets an attribute of a loaded module from outside. Returns whether it is loaded."""
        if module in sys.modules:
            setattr(sys.modules[module], name, value)
        return module in sys.modules

    def values_of(self, names: tuple[str, ...]) -> dict[str, dict[str, str]]:
        """Returns by module what these names are bound to, as text."""
        return {
            module: {n: repr(v) for n, v in vars(sys.modules[module]).items() if n in names}
            for module in modules_below(self.root)
        }

    # What LiveImport does.

    def sync(self, reload: Sequence[str] = (), deep: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002  # a step has no names
        """Syncs. Says what happened, and what is not as it was though it should be.

        If a module of `reload` cannot run, nothing happens; then it is a plain sync.
        """
        before = self._everything()
        self._outcome = None
        failure = leak = None
        try:
            self._sync(reload, deep=deep)
        except liveimport.ModuleError as error:
            cause = error.__cause__
            failure = f"{error} ({type(cause).__name__}: {cause})"
        except KeyboardInterrupt:
            failure = "KeyboardInterrupt"
        except BaseException as error:  # noqa: BLE001  # anything else is a defect
            leak = "".join(traceback.format_exception(error))
        happened = self._outcome
        reloaded = [e.module for e in happened.events] if happened else []
        loaded = list(happened.loaded) if happened else []
        rebound = [b.name for _, b in happened.rebound] if happened else []
        relaid = list(happened.relaid) if happened else []
        anew = happened.rebound_in_modules if happened else ()
        return {
            "failure": failure,
            "leak": leak,
            "reloaded": reloaded,
            "loaded": loaded,
            "rebound": rebound,
            "vanished": [b.name for _, b in happened.vanished] if happened else [],
            "lost": self._lost(happened),
            # What was only laid out anew has its new positions, whatever else fails.
            "spoilt": self._spoilt(
                before, {*reloaded, *loaded, *relaid}, set(loaded), set(rebound), set(anew)
            ),
            "not_needed": list(happened.not_needed) if happened else [],
            "tracked": list(SESSION.state.tracked),
            "failures": [(f.module, f.waiting) for f in SESSION.state.failures],
            "failed": [f.failure.module for f in happened.failed] if happened else [],
            "again": [] if failure or leak else self.plan(),
            "silent": self._silent(),
        }

    def _sync(self, reload: Sequence[str], *, deep: bool) -> None:
        try:
            liveimport.sync(reload=reload, deep=deep)
        except ValueError:
            assert self._outcome is None
            liveimport.sync()

    def _silent(self) -> list[str]:
        """Returns the loaded modules of the project whose edits would go unnoticed."""
        status = liveimport.status()
        told = {one.module for one in (*status.modules, *status.not_followed)}
        return [
            name
            for name in modules_below(self.root)
            if name not in told
            and os.path.isfile(getattr(sys.modules[name], "__file__", "") or "")
        ]

    def sync_before_cell(self) -> list[str]:
        """Syncs as before each cell: what failed is not retried. Returns what reloaded.

        Nothing but the user's interrupt may be raised.
        """
        try:
            return [event.module for event in SESSION.sync(retry_failed=False).events]
        except KeyboardInterrupt:
            return []

    def plan(self) -> list[str]:
        """Returns the modules that a sync would run."""
        return [step.module for step in liveimport.plan().steps]

    def observe_and_plan(self) -> None:
        """Observes, then plans and enrols from what was seen. Nothing is run or remembered."""
        state = SESSION.state
        watcher = SESSION._watcher
        changed = watcher.with_untracked(SESSION._changed())
        snapshot = observe(
            state,
            changed,
            SESSION.parts.memory,
            SESSION.parts.namespaces.values(),
            unread=watcher.unread(),
        )
        for retry_failed in (False, True):
            plan_reload(state, snapshot, retry_failed=retry_failed)
        enroll(state, observe_registered(state, SESSION.parts.memory))

    def bindings(self) -> list[tuple[str, str, str | None, bool]]:
        """Returns what is registered."""
        return [(b.name, b.module, b.attribute, b.aliased) for b in SESSION.state.bindings()]

    def graph_differences(self) -> list[str]:
        """Returns the fields in which the graph that is kept is not that of its State."""
        state = SESSION.state
        built = build_graph(state, dict(state.modules.items()))
        return [
            f"{field.name}: {getattr(state.graph, field.name)!r}, built again "
            f"{getattr(built, field.name)!r}"
            for field in _GRAPH_FIELDS
            if getattr(state.graph, field.name) != getattr(built, field.name)
        ]

    def known(self) -> dict[str, Any]:
        """Returns what the State says, as text; of a version only whether it is the file's."""
        state = SESSION.state
        return {
            "registrations": [(r.key, *map(repr, r.bindings)) for r in state.registrations],
            "modules": {name: _known(module) for name, module in sorted(state.modules.items())},
            "graph": {f.name: _plain(getattr(state.graph, f.name)) for f in _GRAPH_FIELDS},
        }

    # Defects that a test makes, to see that it finds them.

    def run_alone(self, name: str) -> None:
        """Reloads one module and none that depends on it."""
        importlib.reload(sys.modules[name])

    def lose_on_failure(self, module: str, name: str) -> None:
        """Removes an attribute when the next sync is done."""

        def lose() -> None:
            del vars(sys.modules[module])[name]

        self._before_commit = lose

    def take_all_for_imported(self) -> None:
        """Takes every value of every name for what an import bound."""
        SESSION.own_names.is_imported = lambda *_: True

    def bind_nothing_anew(self) -> None:
        """Lets modules that do not run keep what they imported."""
        module_names.ModuleNames.follow = lambda *_: []

    def read_nothing(self) -> None:
        """Takes it that no module reads anything as it runs."""
        judge._Judge._reasons = lambda *_: iter(())

    def keep_old_graph(self) -> None:
        """Lets plans keep the graph, whatever became of the imports."""
        state_after.with_new_graph = lambda state: state

    # What must be as before.

    def _everything(self) -> Any:
        modules = {
            name: (sys.modules[name], dict(vars(sys.modules[name])), type(sys.modules[name]))
            for name in modules_below(self.root)
        }
        return dict(sys.modules), modules, dict(self.namespace), list(sys.meta_path)

    def _spoilt(
        self,
        before: Any,
        ran: set[str],
        new: set[str],
        rebound: set[str],
        anew: set[tuple[str, str]],
    ) -> list[str]:
        """Returns what of all that did not reload is not as it was, to the last attribute."""
        loaded, modules, namespace, meta_path = before
        spoilt = [] if sys.meta_path == meta_path else ["sys.meta_path changed"]
        for name in sorted({*modules, *modules_below(self.root)}):
            was_loaded = name not in new and (name in loaded or not ran)
            changed = was_loaded and sys.modules.get(name) is not loaded.get(name)
            if changed and not _may_be_dropped(name, loaded[name], ran):
                spoilt.append(f"sys.modules[{name!r}] changed")
        for name, (module, attributes, kind) in modules.items():
            if name not in ran:
                spoilt += [] if type(module) is kind else [f"type of {name} changed"]
                others = {n: v for n, v in attributes.items() if (name, n) not in anew}
                others |= {n: vars(module)[n] for m, n in anew if m == name}
                spoilt += _spoilt_attributes(module, name, others, ran, loaded)
        return spoilt + [
            f"name {name} of the namespace changed"
            for name in _differing(self.namespace, namespace)
            if name not in rebound and name != "__builtins__"
        ]

    def _lost(self, happened: Any) -> list[str]:
        """Returns what was the user's and is neither in its place nor told and in `replaced`.

        Also what is told though it is not true, or told again.
        """
        lines = happened.own_name_lines if happened else ()
        keep = SESSION.settings.own_names == "keep"
        wrong: list[str] = []
        replaced = set()
        for name, value in self._own.items():
            if self.namespace.get(name, _GONE) is value:
                continue
            replaced.add(name)
            told = any(line.startswith(f"{name} was yours and is now ") for line in lines)
            if keep or not told or liveimport.replaced.get(name) is not value:
                wrong.append(f"{name} was replaced: {lines}, {liveimport.replaced}")
        if happened:
            names = {b.name for _, b in happened.replaced}
            # What a module dropped, the name alone keeps: nobody can know it again.
            wrong += [f"{n} was not the user's" for n in names - replaced - self._vanished]
            self._vanished.update(b.name for _, b in happened.vanished)
        for name in replaced:
            del self._own[name]
            self._reported.discard(name)
        if not keep:
            self._deleted.difference_update(self.namespace)
        wrong += [f"{name} was bound, deleted" for name in self._deleted & set(self.namespace)]
        kept = [line.partition(" is yours")[0] for line in lines if " is yours: not" in line]
        wrong += [f"{name} was told twice" for name in self._reported.intersection(kept)]
        self._reported.update(name for name in kept if name in self._own)
        return wrong

    def describe(self, modules: list[str]) -> dict[str, dict[str, str]]:
        """Returns what these modules and the namespace have, as text."""
        return describe([m for m in modules if m in sys.modules], self.namespace)


_GONE = object()


def _new_value(kind: str) -> object:
    if kind == "function":
        return lambda: 0
    if kind == "class":
        return type("Own", (), {})
    return {"int": int("1000"), "list": [0], "tuple": (object(),), "none": None}[kind]


def _known(module: model.Module) -> list[Any]:
    """Returns the fields of a module; of its version only whether it is the file's.

    The names that star imports may have brought are left out: they depend on when one looks.
    """
    path, stamp = module.location.path, module.version.stamp
    fields = module._asdict()
    fields["version"] = path is not None and stamp == stamp_of(path)
    del fields["dynamic_names"]
    return _plain(fields)


def _plain(value: Any) -> Any:
    """Returns a value as text and lists, the same for equal values."""
    if isinstance(value, Mapping):
        return [[name, _plain(value[name])] for name in sorted(value)]
    if isinstance(value, frozenset):
        return sorted(map(repr, value))
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return repr(value)


_GRAPH_FIELDS = attrs.fields(DependencyGraph)


def _spoilt_attributes(
    module: ModuleType,
    name: str,
    before: dict[str, Any],
    ran: set[str],
    loaded: dict[str, Any],
) -> list[str]:
    now = vars(module)
    return [
        f"{name}.{key}: {before.get(key, '-')} became {now.get(key, '-')}"
        for key in _differing(now, before)
        if not _is_new_submodule(f"{name}.{key}", now.get(key), ran, loaded)
    ]


def _may_be_dropped(name: str, module: ModuleType, ran: set[str]) -> bool:
    """Whether a submodule has no file any more, and a package that it was in ran."""
    parents = {name[:place] for place, char in enumerate(name) if char == "."}
    is_gone = module.__file__ is not None and not os.path.exists(module.__file__)
    return is_gone and name not in sys.modules and not parents.isdisjoint(ran)


def _is_new_submodule(name: str, value: object, ran: set[str], loaded: dict[str, Any]) -> bool:
    """Whether the value is a submodule that the sync has loaded."""
    return (
        value is not None
        and sys.modules.get(name) is value
        and (name in ran or name not in loaded)
    )


def _differing(now: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """Returns the names under which the two do not have the same object."""
    names = sorted({*now, *before})
    return [n for n in names if n not in now or n not in before or now[n] is not before[n]]
