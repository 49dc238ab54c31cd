"""Whatever the registered statements and the imports lead to."""

from collections.abc import Iterable, Iterator

from attrs import evolve

from .findings import Findings
from .registration import Binding, refers
from .state import Module, in_workspace
from .tracking import beginnings
from .versions import binds_otherwise


class Walk:
    """Follows the imports, as the files have them now, and adds what it meets to findings."""

    def __init__(self, so_far: Findings) -> None:
        self._so_far = so_far

    def go(self) -> None:
        """Begins at the registered modules.

        Of packages so met, all that is loaded is looked at: some of it may have been imported
        by a name that stands in no import statement.
        """
        self._so_far.known = dict(self._so_far.state.modules.items())
        targets = self._targets(self._so_far.state.bindings())
        named = frozenset(targets)
        seen: set[str] = set()
        self._follow(targets, named, seen)
        tops = {name.partition(".")[0] for name in seen if "." in name}
        company = (n for n in self._so_far.snapshot.loaded if n.partition(".")[0] in tops)
        self._follow(tuple(sorted(company)), named, seen)

    def _follow(self, targets: tuple[str, ...], named: frozenset[str], seen: set[str]) -> None:
        pending = [targets]
        while pending:
            for name in beginnings(pending.pop()):
                if name not in seen:
                    seen.add(name)
                    pending.append(self._visit(name, named=name in named))

    def _visit(self, name: str, *, named: bool) -> tuple[str, ...]:
        """Returns what the module's imports refer to; nothing if it does not count."""
        module = self._so_far.meet(name)
        if module is None or not (named or self._in_workspace(module)):
            return ()
        module = self._so_far.with_contents(module)
        if (
            name in self._so_far.ahead
            or name in self._so_far.snapshot.sources
            or self._asks_anew(module)
        ):
            module = self._resolve(module)
        elif module.contents is not None and module.contents.later:
            module = self._with_later(module)
        return (*module.begins, *module.later)

    def _asks_anew(self, module: Module) -> bool:
        """Whether it imports from a package that may show another thing under a name now."""
        imports = module.contents.imports if module.contents is not None else ()
        return bool(self._so_far.changed) and any(
            b.module in self._so_far.changed for b in imports
        )

    def _with_later(self, module: Module) -> Module:
        """Returns the module with what its functions may have imported since."""
        assert module.contents is not None
        later = beginnings(self._named(module.contents.later))
        if later != module.later:
            module = self._so_far.ahead[module.name] = evolve(module, later=later)
        return module

    def _resolve(self, module: Module) -> Module:
        """Returns the module with what its imports refer to now that they may be modules."""
        if module.contents is None:
            return module
        targets = self._targets(module.contents.imports)
        runs = module.contents.runs
        same = runs == module.contents.imports
        begins = beginnings(targets if same else self._targets(runs))
        if (targets, begins) != (module.targets, module.begins):
            module = evolve(module, targets=targets, begins=begins)
            self._so_far.ahead[module.name] = module
        return self._with_later(module)

    def _in_workspace(self, module: Module) -> bool:
        return module.reloadable and in_workspace(self._so_far.state.workspace, module)

    def _targets(self, bindings: Iterable[Binding]) -> tuple[str, ...]:
        """Returns what bindings refer to. Mostly that is plain: only packages hold modules."""
        targets: dict[str, None] = {}
        for binding in bindings:
            if binding.attribute is not None and not self._is_package(binding.module):
                targets[binding.module] = None
            else:
                targets.update(dict.fromkeys(refers(binding, self._is_module, self._listed)))
        return tuple(targets)

    def _listed(self, name: str) -> tuple[str, ...]:
        """Returns the names by which the `__all__` of a package may name submodules."""
        package = self._so_far.meet(name)
        if package is None or not self._in_workspace(package):
            return ()
        contents = self._so_far.with_contents(package).contents
        return () if contents is None else contents.listed

    def _is_package(self, name: str) -> bool:
        module = self._so_far.meet(name)
        return module is not None and module.package

    def _named(self, bindings: Iterable[Binding]) -> Iterator[str]:
        """Yields the loaded modules that imports may lead to, whatever else they may."""
        for binding in bindings:
            for name in (binding.module, binding.submodule):
                if name is not None and name in self._so_far.snapshot.loaded:
                    yield name

    def _is_module(self, name: str) -> bool:
        """Whether ``from package import attribute`` gives that submodule."""
        package, _, attribute = name.rpartition(".")
        parent = self._so_far.meet(package)
        if parent is None:
            return False
        if self._in_workspace(parent):
            parent = self._so_far.with_contents(parent)
        reads_anew = package in self._so_far.changed or package in self._so_far.fresh
        known = self._so_far.as_known(name)
        if known is not None:
            if reads_anew:
                known = self._shadowed_anew(known, parent)
            return not known.shadowed
        found = self._so_far.find(name)
        if found is None or not found.exists:
            return False
        return not (binds_otherwise(parent, attribute) if reads_anew else found.shadowed)

    def _shadowed_anew(self, module: Module, package: Module) -> Module:
        """Returns a submodule as its package's new source shows it or hides it.

        What a star import hides cannot be read from the source; it is taken to stay so.
        """
        starred = package.contents is not None and bool(package.contents.stars)
        attribute = module.name.rpartition(".")[2]
        shadowed = binds_otherwise(package, attribute) or (module.shadowed and starred)
        if shadowed != module.shadowed:
            module = self._so_far.ahead[module.name] = evolve(module, shadowed=shadowed)
        return module
