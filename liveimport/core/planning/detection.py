"""(State, Snapshot) → Changes: which files changed, and the modules as their files are now."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from attrs import evolve

from liveimport.core.imports import Binding, modules_referred_to, with_parents
from liveimport.core.model import Found, Module, Snapshot, SourceFile, State

from .changes import (
    Changes,
    hides_submodule,
    is_changed,
    moved,
    new_module,
    same_imports,
    takes_over,
    with_source,
)


class IncompleteSnapshotError(LookupError):
    """Planning needs what neither the State nor the Snapshot has. Observing is at fault."""


def detect_changes(state: State, snapshot: Snapshot) -> Changes:
    """Returns what changed, for a plan.

    Raises:
        IncompleteSnapshotError: The snapshot lacks something.
    """
    found = compare(state, snapshot)
    keep_imports = found.keep_imports()
    if not keep_imports:
        found.follow_imports()
    return found.result(keep_imports=keep_imports)


def follow_all_imports(state: State, snapshot: Snapshot) -> Changes:
    """Returns the same after a registration, when every import has to be followed again.

    Raises:
        IncompleteSnapshotError: The snapshot lacks something.
    """
    found = compare(state, snapshot)
    found.follow_imports()
    return found.result(keep_imports=False)


def keep_imports(state: State, snapshot: Snapshot) -> bool:
    """Whether no import leads anywhere else than before, for certain.

    Then a plan needs nothing but the files that changed, and the dependency graph stays.
    """
    return compare(state, snapshot).keep_imports()


def compare(state: State, snapshot: Snapshot) -> "_Detection":
    """Returns what became of the files of known modules."""
    found = _Detection(state, snapshot)
    for name in sorted({*snapshot.stamps, *snapshot.sources}):
        if name in state.modules:
            found.compare(state.modules[name])
    return found


class _Detection:
    """A detection while it is made: it collects what it finds, and does not outlive it."""

    def __init__(self, state: State, snapshot: Snapshot) -> None:
        self._state = state
        self._snapshot = snapshot
        self._before: Mapping[str, Module] = state.modules
        self._differing: dict[str, Module] = {}
        self._met: set[str] = set()
        self._restamped: set[str] = set()
        self._deferred: set[str] = set()
        self._changed: set[str] = set()
        self._new: set[str] = set()
        self._missing: set[str] = set()
        self._changed_extensions: set[str] = set()
        self._appeared = False

    def result(self, *, keep_imports: bool) -> Changes:
        known = {name: self._differing[name] for name in self._restamped}
        for name in self._met - self._new:
            module = self._differing[name]
            if name in self._changed:
                module = evolve(module, version=module.version._replace(stamp=None))
            known[name] = module
        for name in self._deferred - self._met - self._changed:
            deferred = self._differing[name].deferred_modules
            known[name] = evolve(known.get(name, self._before[name]), deferred_modules=deferred)
        modules = self._before
        if self._differing and keep_imports:
            modules = self._state.modules.update(self._differing)
        elif self._differing:
            modules = {**self._before, **self._differing}
        return Changes(
            modules=modules,
            differing=MappingProxyType(self._differing),
            known=MappingProxyType(known),
            changed=frozenset(self._changed),
            new=frozenset(self._new),
            missing=frozenset(self._missing),
            changed_extensions=tuple(sorted(self._changed_extensions)),
            keep_imports=keep_imports,
        )

    # Files of known modules.

    def compare(self, module: Module) -> None:
        """Finds what became of a known module's file."""
        name = module.name
        source = self._snapshot.sources.get(name)
        stamp = self._snapshot.stamps.get(name)
        if module.location.is_extension:
            if stamp is not None and not module.version.has_stamp(stamp):
                self._changed_extensions.add(name)
                self._restamp(evolve(module, version=module.version._replace(stamp=stamp)))
        elif module.source is None:
            self._appeared = True
        elif source is not None:
            self._compare_source(module, source)
        elif stamp is not None:
            raise IncompleteSnapshotError(f"{name} has another stamp, and was not read")
        elif name not in self._snapshot.found:
            raise IncompleteSnapshotError(f"the file of {name} is gone, and was not looked for")
        else:
            self._missing.add(name)

    def _compare_source(self, module: Module, source: SourceFile) -> None:
        now = module
        found = self._snapshot.found.get(module.name)
        if found is not None and (
            found.location is None or found.location.path != module.location.path
        ):
            if not takes_over(module, found):
                self._missing.add(module.name)
                return
            now = moved(module, found)
        if now is not module or is_changed(module, source, self._state.detect):
            self._changed.add(module.name)
            self._differing[module.name] = with_source(now, source)
        elif module.version != source.version:
            self._restamp(evolve(module, version=source.version))

    def _restamp(self, module: Module) -> None:
        self._restamped.add(module.name)
        self._differing[module.name] = module

    # Does the graph stay?

    def keep_imports(self) -> bool:
        graph, loaded = self._state.graph, self._snapshot.loaded
        if self._appeared or graph.lagging or not graph.not_loaded_yet.isdisjoint(loaded):
            return False
        if not all(
            same_imports(self._before[name], self._differing[name]) for name in self._changed
        ):
            return False
        # Of its packages, has anything been loaded that is not known yet?
        packages, before = graph.packages, self._before
        return not packages or not any(
            name.partition(".")[0] in packages and name not in before
            for name in loaded
            if "." in name
        )

    # The imports, as the files have them now.

    def follow_imports(self) -> None:
        """Follows the imports from the registered modules, and meets what they lead to.

        Of packages so met, everything that is loaded is met: some of it may have been imported
        by a name that no import statement has.
        """
        self._before = dict(self._state.modules.items())
        targets = self._modules_named_by(self._state.bindings())
        registered = frozenset(targets)
        visited: set[str] = set()
        self._visit_all(targets, registered, visited)
        packages = {name.partition(".")[0] for name in visited if "." in name}
        siblings = (n for n in self._snapshot.loaded if n.partition(".")[0] in packages)
        self._visit_all(tuple(sorted(siblings)), registered, visited)

    def _visit_all(
        self, targets: tuple[str, ...], registered: frozenset[str], visited: set[str]
    ) -> None:
        pending = [targets]
        while pending:
            for name in with_parents(pending.pop()):
                if name not in visited:
                    visited.add(name)
                    pending.append(self._visit(name, registered=name in registered))

    def _visit(self, name: str, *, registered: bool) -> tuple[str, ...]:
        """Returns what the module's imports refer to; nothing if it is not followed."""
        module = self._module(name)
        if module is None or not (registered or self._in_workspace(module)):
            return ()
        module = self._with_source(module)
        if (
            name in self._differing
            or name in self._snapshot.sources
            or self._names_changed_module(module)
        ):
            module = self._resolve(module)
        elif module.source is not None and module.source.deferred:
            module = self._with_deferred(module)
        return (*module.eager_modules, *module.deferred_modules)

    def _names_changed_module(self, module: Module) -> bool:
        """Whether it imports from a package that may have another thing under a name now."""
        top_level = module.source.top_level if module.source is not None else ()
        return bool(self._changed) and any(b.module in self._changed for b in top_level)

    def _resolve(self, module: Module) -> Module:
        """Returns the module with what its imports refer to now."""
        source = module.source
        if source is None:
            return module
        dependencies = self._modules_named_by(source.top_level)
        same = source.eager == source.top_level
        eager = with_parents(dependencies if same else self._modules_named_by(source.eager))
        if (dependencies, eager) != (module.dependencies, module.eager_modules):
            module = evolve(module, dependencies=dependencies, eager_modules=eager)
            self._differing[module.name] = module
        return self._with_deferred(module)

    def _with_deferred(self, module: Module) -> Module:
        """Returns the module with what its functions may have imported since."""
        assert module.source is not None
        deferred = with_parents(self._loaded(module.source.deferred))
        if deferred != module.deferred_modules:
            module = self._differing[module.name] = evolve(module, deferred_modules=deferred)
            self._deferred.add(module.name)
        return module

    def _loaded(self, bindings: Iterable[Binding]) -> Iterator[str]:
        """Yields the loaded modules that these imports may lead to."""
        for binding in bindings:
            for name in (binding.module, binding.submodule):
                if name is not None and name in self._snapshot.loaded:
                    yield name

    def _modules_named_by(self, bindings: Iterable[Binding]) -> tuple[str, ...]:
        """Returns what bindings refer to. Mostly that is plain: only packages have modules."""
        modules: dict[str, None] = {}
        for binding in bindings:
            if binding.attribute is not None and not self._is_package(binding.module):
                modules[binding.module] = None
            else:
                modules.update(
                    dict.fromkeys(
                        modules_referred_to(binding, self._is_module, self._names_in_all)
                    )
                )
        return tuple(modules)

    def _names_in_all(self, name: str) -> tuple[str, ...]:
        package = self._module(name)
        if package is None or not self._in_workspace(package):
            return ()
        source = self._with_source(package).source
        return () if source is None else source.all_submodules

    def _is_package(self, name: str) -> bool:
        module = self._module(name)
        return module is not None and module.location.is_package

    def _is_module(self, name: str) -> bool:
        """Whether ``from package import attribute`` gives that submodule."""
        package, _, attribute = name.rpartition(".")
        parent = self._module(package)
        if parent is None:
            return False
        if self._in_workspace(parent):
            parent = self._with_source(parent)
        runs_again = package in self._changed or package in self._new
        known = self._known(name)
        if known is not None:
            if runs_again:
                known = self._shadowed_now(known, parent)
            return not known.shadowed
        found = self._found(name)
        if found.location is None:
            return False
        return not (hides_submodule(parent, attribute) if runs_again else found.shadowed)

    def _shadowed_now(self, module: Module, package: Module) -> Module:
        """Returns a submodule as its package's new source shows or hides it.

        What a star import hides cannot be read from the source; it is taken to stay so.
        """
        has_stars = package.source is not None and bool(package.source.stars)
        attribute = module.name.rpartition(".")[2]
        shadowed = hides_submodule(package, attribute) or (module.shadowed and has_stars)
        if shadowed != module.shadowed:
            module = self._differing[module.name] = evolve(module, shadowed=shadowed)
        return module

    def _in_workspace(self, module: Module) -> bool:
        return module.reloadable and module.location.in_workspace(self._state.workspace)

    # What State and Snapshot know.

    def _known(self, name: str) -> Module | None:
        return self._differing.get(name) or self._before.get(name)

    def _found(self, name: str) -> Found:
        found = self._snapshot.found.get(name)
        if found is None:
            raise IncompleteSnapshotError(f"{name} is not known, and was not looked up")
        return found

    def _module(self, name: str) -> Module | None:
        """Returns the module as it is known so far, or None if there is none."""
        known = self._known(name)
        if known is not None:
            return known
        found = self._found(name)
        if found.location is None:
            return None
        module = self._differing[name] = new_module(name, found)
        self._met.add(name)
        if not found.loaded:
            self._new.add(name)
        return module

    def _with_source(self, module: Module) -> Module:
        """Returns the module with what its source says."""
        name = module.name
        if module.source is not None or not module.reloadable:
            return module
        source = self._snapshot.sources.get(name)
        if source is None:
            if self._snapshot.stamps.get(name, True) is not None:
                raise IncompleteSnapshotError(f"{name} was not read")
            self._missing.add(name)
            return module
        self._met.add(name)
        if name not in self._new and is_changed(module, source, self._state.detect):
            self._changed.add(name)
        read = self._differing[name] = with_source(module, source)
        return read
