"""(State, Snapshot) → Changes: which files changed, and the modules as their files are now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from liveimport.core.imports import Binding, modules_referred_to, possible_modules, with_parents
from liveimport.core.model import (
    NOTHING_LAZY,
    TOP_LEVEL,
    Found,
    Module,
    Snapshot,
    SourceFile,
    SourceInfo,
    State,
)

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
        self._lazily: set[str] = set()
        self._changed: set[str] = set()
        self._relaid: set[str] = set()
        self._new: set[str] = set()
        self._missing: set[str] = set()
        self._changed_extensions: set[str] = set()
        self._appeared = False
        self._called: Mapping[str, Sequence[str]] = {}
        self._forgotten: set[str] = set()

    def result(self, *, keep_imports: bool) -> Changes:
        known = {name: self._differing[name] for name in self._restamped}
        for name in self._met - self._new:
            module = self._differing[name]
            if name in self._changed:
                module = module._replace(version=module.version._replace(stamp=None))
            known[name] = module
        for name in self._deferred - self._met - self._changed:
            deferred = self._differing[name].deferred_modules
            known[name] = known.get(name, self._before[name])._replace(
                deferred_modules=deferred
            )
        for name in self._lazily - self._met - self._changed:
            now = self._differing[name]
            known[name] = known.get(name, self._before[name])._replace(
                top_level=now.top_level,
                eager=now.eager,
                through_packages=now.through_packages,
                eager_modules=now.eager_modules,
            )
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
            relaid=frozenset(self._relaid),
            new=frozenset(self._new),
            missing=frozenset(self._missing),
            changed_extensions=tuple(sorted(self._changed_extensions)),
            keep_imports=keep_imports,
            lazily=frozenset(self._lazily),
        )

    # Files of known modules.

    def compare(self, module: Module) -> None:
        """Finds what became of a known module's file."""
        name = module.name
        source = self._snapshot.sources.get(name)
        stamp = self._snapshot.stamps.get(name)
        if module.location.is_extension:
            if stamp is not None and not module.version.has_times(stamp):
                self._changed_extensions.add(name)
            if stamp is not None and stamp != module.version.stamp:
                self._restamp(module._replace(version=module.version._replace(stamp=stamp)))
        elif module.source is None:
            # It was never read. While there is no file, nothing is new.
            if stamp is None and source is None:
                self._missing.add(name)
            else:
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
        elif source.need_not_run:
            self._relaid.add(module.name)
            self._restamp(with_source(module, source))
        else:
            version = module.version.then_read(source.version)
            if version != module.version:
                self._restamp(module._replace(version=version))

    def _restamp(self, module: Module) -> None:
        self._restamped.add(module.name)
        self._differing[module.name] = module

    # Does the graph stay?

    def keep_imports(self) -> bool:
        """Whether no module came or went, and no changed source imports anything else."""
        if self._appeared or self._state.graph.lagging - self._snapshot.touched_modules:
            return False
        if self._snapshot.lazy or self._state.lazy:
            known = (*self._snapshot.lazy, *self._state.lazy)
            if any(map(self._lazy_names_differ, known)):
                return False
        # What is only loaded counts in the graph, until it is unloaded.
        otherwise = self._snapshot.loaded ^ self._state.loaded
        if any(n not in self._before for n in self._snapshot.new_modules) or any(
            n in self._before for n in otherwise
        ):
            return False
        return all(
            same_imports(self._before[name], self._differing[name])
            and not self._may_be_lazy(self._differing[name])
            for name in self._changed
        )

    # The imports, as the files have them now.

    def follow_imports(self) -> None:
        """Follows the imports from the registered modules, and meets what they lead to.

        Of packages so met, everything that is loaded is met: some of it may have been imported
        by a name that no import statement has.
        """
        self._before = dict(self._state.modules.items())
        self._forget_former_imports()
        self._called = self._imported_by_callers()
        targets = self._modules_named_by(self._state.bindings())
        if self._state.follow != TOP_LEVEL:
            targets = with_parents(targets)
        registered = frozenset(targets)
        visited: set[str] = set()
        self._visit_all(targets, registered, visited)
        packages = {name.partition(".")[0] for name in visited if "." in name}
        siblings = (n for n in self._snapshot.loaded if n.partition(".")[0] in packages)
        self._visit_all(tuple(sorted(siblings)), registered, visited)
        if self._state.follow != TOP_LEVEL:
            bystanders = {*self._snapshot.new_modules, *self._loaded_in_workspace()}
            self._visit_all(tuple(sorted(bystanders)), registered, visited)

    def _loaded_in_workspace(self) -> Iterator[str]:
        """Yields the known modules of the workspace that are loaded."""
        for name, module in self._before.items():
            if name in self._snapshot.loaded and self._in_workspace(module):
                yield name

    def _forget_former_imports(self) -> None:
        """Forgets who imported a module if an import said so that is gone from a changed source.

        What was imported by other means stays. So does what the new source imports in functions:
        it may have called them while it ran, and an import is seen only the first time.
        """
        for name in self._changed:
            former = self._before[name]
            now = self._differing[name].source
            named = () if now is None else possible_modules((*now.eager, *now.deferred))
            for imported in _imports_of_former(former):
                module = self._known_or_loaded(imported)
                if module is None or imported in named:
                    continue
                if name in module.imported_by.callers:
                    self._forgotten.add(imported)
                    self._differing[imported] = module._replace(
                        imported_by=module.imported_by.without(name)
                    )

    def _imported_by_callers(self) -> Mapping[str, Sequence[str]]:
        """Returns by module what it had a hand in importing, as far as that is known."""
        if self._state.follow == TOP_LEVEL:
            return {}
        found = self._snapshot.found
        called: dict[str, list[str]] = {}
        for name, by in (
            *(
                (name, module.imported_by)
                for name, module in {**self._before, **self._differing}.items()
            ),
            *((name, found[name].imported_by) for name in found if name not in self._forgotten),
        ):
            for caller in by.callers:
                called.setdefault(caller, []).append(name)
        return called

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
            (name in self._differing and name not in self._forgotten)
            or name in self._snapshot.sources
            or self._names_changed_module(module)
            or self._lazy_names_differ(name)
        ):
            module = self._resolve(module)
            if name in self._differing and self._lazy_names_differ(name):
                self._lazily.add(name)
        elif module.source is not None and module.source.deferred:
            module = self._with_deferred(module)
        return (
            *module.eager_modules,
            *module.deferred_modules,
            *self._called.get(name, ()),
        )

    def _names_changed_module(self, module: Module) -> bool:
        """Whether it imports from a package that may have another thing under a name now."""
        eager = module.source.eager if module.source is not None else ()
        return bool(self._changed) and any(b.module in self._changed for b in eager)

    def _resolve(self, module: Module) -> Module:
        """Returns the module with what its imports refer to now."""
        if module.source is None:
            return module
        source = self._imports_of(module)
        top_level = eager = self._modules_named_by(source.top_level)
        if source.eager != source.top_level:
            eager = self._modules_named_by(source.eager)
        packages = self._packages_with_submodules(source.eager, frozenset(eager))
        if (top_level, eager, packages) != (
            module.top_level,
            module.eager,
            module.through_packages,
        ):
            module = self._differing[module.name] = module._replace(
                top_level=top_level,
                eager=eager,
                through_packages=packages,
                eager_modules=with_parents(eager),
            )
        return self._with_deferred(module)

    def _imports_of(self, module: Module) -> SourceInfo:
        """Returns what its source says; of a loaded module that does not run, as it has become."""
        assert module.source is not None
        name = module.name
        if name in self._changed or name not in self._snapshot.loaded:
            return module.source
        unresolved = self._snapshot.lazy.get(name, frozenset())
        return module.source.as_loaded(unresolved, self._snapshot.loaded)

    def _may_be_lazy(self, module: Module) -> bool:
        """Whether a module has or had lazy imports, which are made anew when it runs."""
        written = module.source is not None and bool(module.source.lazy)
        return written or module.name in self._state.lazy or module.name in self._snapshot.lazy

    def _lazy_names_differ(self, name: str) -> bool:
        """Whether lazy imports of a module were resolved, or bound its names anew."""
        known = self._state.lazy.get(name, NOTHING_LAZY)
        return self._snapshot.lazy.get(name, frozenset()) != known.unresolved

    def _packages_with_submodules(
        self, bindings: Iterable[Binding], modules: frozenset[str]
    ) -> tuple[str, ...]:
        """Returns the packages of which ``from package import`` imports a submodule."""
        return tuple(dict.fromkeys(b.module for b in bindings if b.submodule in modules))

    def _with_deferred(self, module: Module) -> Module:
        """Returns the module with what its functions may have imported since."""
        deferred = with_parents(self._loaded(self._imports_of(module).deferred))
        if deferred != module.deferred_modules:
            module = self._differing[module.name] = module._replace(deferred_modules=deferred)
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
            module = self._differing[module.name] = module._replace(shadowed=shadowed)
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

    def _known_or_loaded(self, name: str) -> Module | None:
        """Returns a module that is known, or was loaded since one looked last."""
        found = self._snapshot.found.get(name)
        if found is not None and found.loaded:
            return self._module(name)
        return self._known(name)

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


def _imports_of_former(module: Module) -> tuple[str, ...]:
    """Returns what a module imported, and what its source named that was loaded later."""
    source = module.source
    named = () if source is None else possible_modules((*source.eager, *source.deferred))
    return tuple(dict.fromkeys((*module.eager_modules, *module.deferred_modules, *named)))
