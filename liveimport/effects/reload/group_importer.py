"""A reload group, run through the import system in the old module objects."""

import importlib
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NamedTuple, Self

from liveimport.core.imports import Binding
from liveimport.core.model import State
from liveimport.core.planning.plan import ReloadGroup
from liveimport.effects.compiling.compiled_module import CompiledModule
from liveimport.effects.loaded.bound_names import BoundByImports, with_count
from liveimport.effects.loaded.modules import (
    attribute_of,
    is_alias,
    is_main_interpreter,
    module_being_imported,
    namespace_of,
    stored_names,
)


class RunWatch(NamedTuple):
    """What is called with the name of a module.

    Attributes:
        started: Before it runs.
        finished: When it has run.
    """

    started: Callable[[str], None]
    finished: Callable[[str], None]


class GroupImporter:
    """Finder of the members of a reload group while it runs, and what loads them.

    An import of a member, whoever makes it, runs the member's new code in its old module
    object. So the members nest by their own imports, as a fresh interpreter would run them.
    The loaded submodules of a member are out of `sys.modules` too, so that importing one
    starts with its package; so are other modules that lead to a member. They are parked: they
    come back as they are. They do not run, but what they import is started in its order.

    Attributes:
        group: What the plan says of the group.
        members: The modules to run.
        planned: The State if all succeeds.
        own_values: By submodule, what its package bound by that name, for `early` bindings.
        parked: The loaded modules that are parked. While a member runs, so is what it imported
            the last time by other means than a statement, to see whether it does so again.
        finished: The members that ran, in the order in which they finished.
        imported_by_other_threads: What other threads started to import meanwhile.
        failed: The member whose code raised last.
        dynamic_names: By member, names that it bound though its source does not show them,
            where these are not as before.
        not_imported: Members, each with a module that it had imported the last time, and did
            not now.
    """

    def __init__(
        self,
        group: ReloadGroup,
        members: Mapping[str, CompiledModule],
        planned: State,
        watch: RunWatch,
        early: Collection[tuple[int, Binding]] = (),
    ) -> None:
        self.group = group
        self.members = members
        self.planned = planned
        self._early = {binding.submodule for _, binding in early if binding.submodule}
        self.own_values: dict[str, object] = {}
        self._watch = watch
        self._error: BaseException | None = None
        self._modules = {name: sys.modules[name] for name in members if name in sys.modules}
        self._aliases = frozenset(
            n for n, m in self._modules.items() if _is_other(m, n, members[n].spec.origin)
        )
        self._submodules = _submodules(members)
        self.parked: dict[str, ModuleType] = {**self._submodules, **_loaded(group.parked)}
        self._dropped = {n: self.parked.pop(n) for n in group.dropped & self.parked.keys()}
        self._shown: list[tuple[ModuleType, str, ModuleType]] = []
        self._shadowing: list[tuple[ModuleType, str, object]] = []
        self._others = _running_threads() - {threading.get_ident()}
        self.imported_by_other_threads: set[str] = set()
        self._names = BoundByImports()
        # The members whose code runs, as long as they import only each other, in one thread.
        self._running: list[str] = []
        self._others_import = False
        self._thread = threading.get_ident()
        self.finished: list[str] = []
        self.failed: str | None = None
        self.dynamic_names: dict[str, frozenset[str]] = {}
        self.not_imported: list[tuple[str, str]] = []

    def __enter__(self) -> Self:
        """Takes the modules out, with the attributes by which packages still show them."""
        out = {**self._modules, **self.parked, **self._dropped}
        for name, module in out.items():
            package, _, child = name.rpartition(".")
            parent = sys.modules.get(package)
            if not isinstance(parent, ModuleType) or child not in vars(parent):
                continue
            shown = vars(parent)[child]
            if name in self.parked and (package in self.parked or name not in self._submodules):
                continue
            if shown is module:
                self._shown.append((parent, child, module))
                del vars(parent)[child]
            elif package not in self.members:
                self._shadowing.append((parent, child, shown))
        for name in out:
            del sys.modules[name]
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, _: object, error: object, __: object) -> None:
        """Puts the submodules back that nobody imported, if their package still is a package.

        Those whose file is gone are not put back. A package that does not run itself keeps what hides a submodule. After an error
        everything is put back, whatever became of the packages.
        """
        self.uninstall()
        if error is not None:
            sys.modules.update({**self.parked, **self._dropped})
            for parent, child, module in self._shown:
                vars(parent)[child] = module
            return
        for name, module in sorted(self.parked.items()):
            if name not in self._submodules or _is_package(name.rpartition(".")[0]):
                sys.modules.setdefault(name, module)
        for parent, child, module in self._shown:
            name = f"{parent.__name__}.{child}"
            if sys.modules.get(name) is module:
                if name in self.group.shown:
                    vars(parent)[child] = module
                vars(parent).setdefault(child, module)
        for parent, child, shown in self._shadowing:
            vars(parent)[child] = shown

    def uninstall(self) -> None:
        """Leaves `sys.meta_path`. May be called again, as after an interrupt."""
        while self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        """Returns the spec of a member or of a parked submodule, to be loaded here."""
        del path, target
        if name in self.members and name not in self.parked:
            return self.members[name].spec_with(_MemberLoader(self, self.members[name]))
        self._others_import = True
        self._names.import_begins(name)
        if name in self.parked:
            return ModuleSpec(name, self)  # type: ignore[arg-type]  # it has what a loader needs
        if threading.get_ident() in self._others:
            self.imported_by_other_threads.add(name)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Returns the old module, a member without the names that its old source bound."""
        if spec.name in self.parked:
            module = self.parked[spec.name]
            spec.loader_state = module.__spec__
            return module
        compiled, old = self.members[spec.name], self._modules.get(spec.name)
        if not isinstance(old, ModuleType) or spec.name in self._aliases:
            return compiled.create(spec, None)
        stored: Iterable[str] = ()
        if "__getattr__" in vars(old):
            loaded = {**sys.modules, **self._modules, **self.parked}
            stored = stored_names(spec.name, vars(old), loaded)
        compiled.clear_before_run(old, spec, compiled.create(spec, old), stored, self._reloads)
        return old

    def _reloads(self, name: str) -> bool:
        """Whether a module reloads in this sync, in this group or another."""
        return self.planned.last_run.get(name) == self.planned.generation

    def exec_module(self, module: ModuleType) -> None:
        """Runs a member's new code; a parked submodule is only given its own spec again."""
        spec = module.__spec__
        assert spec is not None
        if spec.name in self.parked:
            module.__spec__ = spec.loader_state
            self._unpark(spec.name)
            return
        compiled = self.members[spec.name]
        spec.loader = module.__loader__ = compiled.loader
        held = vars(module).copy()
        # Locks, as of other imports, would tell as well, but take 8 of 200 ms for 1,000 modules.
        begun = with_count(self._importer())
        self._running.append(spec.name)
        try:
            self._watch.started(spec.name)
            self._run(compiled, module)
        except BaseException as error:
            if error is not self._error:
                self._error, self.failed = error, spec.name
            raise
        finally:
            self._running.pop()
            self._names.import_ended(spec.name, begun)
        compiled.clear_after_run(module, held)
        names = compiled.names_to_clear
        set_by_others = self._names.set_by_others(spec.name)
        bound = (vars(module).keys() - names.bound).difference(held, set_by_others)
        dynamic = bound | names.preserved
        if dynamic != compiled.step.planned.dynamic_names:
            self.dynamic_names[spec.name] = frozenset(dynamic)
        self._keep_own_values(spec.name, module)
        self.finished.append(spec.name)
        self._watch.finished(spec.name)

    def _importer(self) -> str:
        """Returns the module whose own code imports another now; empty if none does."""
        if threading.get_ident() != self._thread:
            self._others_import = True
        if self._others_import:
            return module_being_imported()
        return self._running[-1] if self._running else ""

    def _run(self, compiled: CompiledModule, module: ModuleType) -> None:
        """Runs a member, and notes what it does not import though it did the last time."""
        if not compiled.step.started:
            compiled.run(module)
            return
        watched = [n for n in compiled.step.started if n not in sys.modules or _can_be_out(n)]
        out = {n: sys.modules.pop(n) for n in watched if n in sys.modules}
        shown = [_hide(name, other) for name, other in out.items()]
        added = out.keys() - self.parked.keys()
        self.parked.update(out)
        try:
            compiled.run(module)
            name = compiled.step.module
            self.not_imported += ((name, n) for n in watched if n not in sys.modules)
        finally:
            for other, was in out.items():
                sys.modules.setdefault(other, was)
            for other in added:
                del self.parked[other]
            for held, child, was in shown:
                held.setdefault(child, was)

    def _keep_own_values(self, package: str, module: ModuleType) -> None:
        """Keeps what a package has by itself, before submodules of these names take them."""
        for name in self._early:
            parent, _, child = name.rpartition(".")
            if parent == package and child in vars(module):
                self.own_values[name] = vars(module)[child]

    def _unpark(self, name: str) -> None:
        """Starts what a parked module that came back imports, in order, as if it ran.

        Other parked modules among these come back in turn. That is no recursion, for there may
        be many; members nest as they do in a fresh interpreter.
        """
        started = [self._started_by(name)]
        came_back = [name]
        while started:
            for imported in started[-1]:
                if imported in sys.modules:
                    continue
                if imported in self.members:
                    importlib.import_module(imported)
                elif imported in self.parked:
                    sys.modules[imported] = self.parked[imported]
                    came_back.append(imported)
                    started.append(self._started_by(imported))
                    break
            else:
                started.pop()
                self._show(came_back.pop())

    def _started_by(self, name: str) -> Iterator[str]:
        """Returns what a module imports. Submodules come back that no import starts."""
        for below, parked in self.parked.items():
            if below.startswith(f"{name}.") and not self.planned.graph.is_begun(below):
                sys.modules.setdefault(below, parked)
        module = self.planned.modules.get(name)
        return iter(() if module is None else module.eager_modules)

    def _show(self, name: str) -> None:
        """Shows a module that came back on its package, unless that has something else."""
        package, _, child = name.rpartition(".")
        parent = sys.modules.get(package)
        if isinstance(parent, ModuleType):
            vars(parent).setdefault(child, self.parked[name])


def _can_be_out(name: str) -> bool:
    """Whether a loaded module can be out of `sys.modules` for a while.

    Not while its own code runs, nor if its package has something else under its name, which an
    import would replace.
    """
    module = sys.modules[name]
    spec = namespace_of(module).get("__spec__")
    if type(module) is not ModuleType or getattr(spec, "_initializing", False):
        return False
    package, _, child = name.rpartition(".")
    return namespace_of(sys.modules.get(package)).get(child, module) is module


def _hide(name: str, module: ModuleType) -> tuple[dict[str, Any], str, ModuleType]:
    """Lets the package of a module not show it. Returns what to put back."""
    package, _, child = name.rpartition(".")
    parent = sys.modules.get(package)
    held = vars(parent) if isinstance(parent, ModuleType) else {}
    return held, child, held.pop(child, module)


def import_late(name: str) -> None:
    """Imports a module that nothing started. Its package keeps what it has under its name."""
    package, _, child = name.rpartition(".")
    parent = sys.modules.get(package)
    held = vars(parent) if isinstance(parent, ModuleType) else {}
    before = held.get(child)
    importlib.import_module(name)
    if before is not None:
        held[child] = before


class _MemberLoader:
    """What an import finds as the loader of a member, which the importer loads.

    Whatever else is asked of it, as `runpy` asks for the code, the member's own loader answers.
    """

    def __init__(self, importer: GroupImporter, compiled: CompiledModule) -> None:
        self.create_module = importer.create_module
        self.exec_module = importer.exec_module
        self._compiled = compiled

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiled.loader, name)


def _running_threads() -> frozenset[int]:
    """Returns the threads of this interpreter.

    In the main one, also those that Python did not start. In another one, to ask for frames
    would touch those of all interpreters, which run meanwhile.
    """
    if is_main_interpreter():
        return frozenset(sys._current_frames())  # noqa: SLF001  # no other way
    return frozenset(t.ident for t in threading.enumerate() if t.ident is not None)


def import_members(importer: GroupImporter) -> None:
    """Imports the members by their entry points, and parked modules at their place in run order.

    Whatever the code of a member raises is raised.
    """
    group, run_order = importer.group, importer.planned.graph.run_order
    with importer:
        for name in _entered(group.entry_points, importer.parked, run_order):
            if name in sys.modules:
                continue
            if name in group.late or (name in importer.parked and _is_missed(name)):
                import_late(name)
            elif name in importer.members or group.starts_parked:
                importlib.import_module(name)


def _entered(
    entry_points: Sequence[str], parked: Collection[str], run_order: Iterable[str]
) -> Iterator[str]:
    """Yields the entry points and, at their place in the run order, the parked modules.

    So whoever imports a package with a star finds on it what others have imported by then.
    """
    waiting = deque(name for name in run_order if name in parked) if parked else deque()
    place = {name: index for index, name in enumerate(run_order)} if waiting else {}
    for entry in entry_points:
        while waiting and place[waiting[0]] < place.get(entry, -1):
            yield waiting.popleft()
        yield entry
    yield from waiting


def _is_missed(name: str) -> bool:
    """Whether its package still is one, and shows nothing under its name."""
    package, _, child = name.rpartition(".")
    held = namespace_of(sys.modules.get(package))
    return "__path__" in held and child not in held


def _is_package(name: str) -> bool:
    return attribute_of(sys.modules.get(name), "__path__") is not None


def _is_other(module: ModuleType, name: str, origin: str | None) -> bool:
    """Whether a module stands there that comes from another file than the one to run.

    Or a proxy that the module put in its own place: no code ran in the dict of that.
    """
    spec = namespace_of(module).get("__spec__")
    return (spec is None and type(module) is not ModuleType) or (
        isinstance(spec, ModuleSpec) and spec.origin != origin and is_alias(module, spec, name)
    )


def _loaded(names: Iterable[str]) -> dict[str, ModuleType]:
    modules = ((name, sys.modules.get(name)) for name in names)
    return {name: module for name, module in modules if type(module) is ModuleType}


def _submodules(members: Mapping[str, CompiledModule]) -> dict[str, ModuleType]:
    """Returns the loaded submodules, of all depths, of members that are packages."""
    packages = tuple(
        f"{name}."
        for name in members
        if _is_package(name) or members[name].step.planned.location.is_package
    )
    if not packages:
        return {}
    return {
        name: module
        for name, module in sys.modules.copy().items()
        if name.startswith(packages) and name not in members and type(module) is ModuleType
    }
