"""Follows all imports: every module that a plan may want to know is looked up, and read."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator

from liveimport.core.imports import STAR, Binding, with_parents
from liveimport.core.model import TOP_LEVEL, Module

from .locate import clear_directory_caches
from .sources import Sources


class Follower:
    """Follows the imports of one observation.

    Where it is in doubt whether planning needs something, it looks. So the rules here are
    wider than those of `core.detecting.detection`, and planning finds all that it asks for.

    Attributes:
        met: The modules that were met so far.
    """

    def __init__(
        self,
        sources: "Sources",
        loaded: frozenset[str],
        new_modules: Collection[str],
        lazy_names_differ: Collection[str],
    ) -> None:
        self._state = sources.state
        self._sources = sources
        # A persistent map is slow to ask.
        self._modules = sources.modules = dict(sources.modules.items())
        self._found = sources.found
        self._files = sources.files
        self._import_log = sources.import_log
        self._loaded = loaded
        self._new_modules = new_modules
        self._lazy_names_differ = lazy_names_differ
        self.met: set[str] = set()
        self._registered: set[str] = set()
        self._to_follow: deque[Iterable[Binding]] = deque()
        self._followed: set[str] = set()

    def follow(self) -> None:
        """Meets every module that the registrations and the files, as they are, may lead to."""
        clear_directory_caches()
        self._follow_registrations()
        for module in self._modules.values():
            self._follow_known(module)
            if module.name in self._lazy_names_differ and module.source is not None:
                self._to_follow.append(module.source.eager)
        if self._state.follow != TOP_LEVEL:
            for name in sorted(self._new_modules):
                self._meet(name)
        self._follow_all()
        # What was met may lead to further packages, and these to more that is loaded.
        while self._meet_siblings() or self._meet_imported():
            self._follow_all()

    def loaded_of_project(self) -> Iterator[str]:
        """Yields what is loaded of the user's own modules, as far as it is known."""
        workspace = self._state.workspace
        for name in self.met & self._loaded:
            module = self._modules.get(name)
            location = self._found[name].location if module is None else module.location
            if location is None or location.path is None or location.is_extension:
                continue
            if location.in_workspace(workspace) or (
                name in self._registered and not location.is_installed(workspace)
            ):
                yield name

    def _follow_registrations(self) -> None:
        bindings = tuple(self._state.bindings())
        for binding in bindings:
            self._registered.update(with_parents((binding.module,)))
            if binding.submodule is not None:
                self._registered.add(binding.submodule)
        self._to_follow.append(bindings)

    def registered_installed(self) -> Iterator[str]:
        """Yields the top-level names of the registered installed modules."""
        for name in self._registered:
            found, module = self._found.get(name), self._modules.get(name)
            location = module.location if module is not None else found and found.location
            if location and location.is_installed(self._state.workspace):
                yield name.partition(".")[0]

    def _follow_known(self, module: Module) -> None:
        """Meets what a known module led to and is not known, and what its functions imported."""
        self._meet(module.name)
        for name in module.eager_modules:
            if name not in self._modules:
                self._meet(name)
        source = module.source
        if source is not None and source.deferred:
            self._follow_deferred(source.deferred)
            self._follow_made(source.lazy)

    def _follow_all(self) -> None:
        while self._to_follow or self._follow_importers():
            for binding in self._to_follow.popleft():
                self._follow(binding)

    def _follow_importers(self) -> bool:
        """Queues the imports that may mean other modules now that these sources were read.

        Those are the imports of the sources, of the modules that import from them, and of
        their submodules.
        """
        read_since = self._files.keys() - self._followed
        if not read_since:
            return False
        self._followed |= read_since
        for name, module in self._modules.items():
            source = module.source
            if source is not None and (
                name in read_since
                or name.rpartition(".")[0] in read_since
                or any(binding.module in read_since for binding in source.eager)
            ):
                self._to_follow.append(source.eager)
        for name in read_since:
            info = self._files[name].info
            self._to_follow.append(info.eager)
            self._follow_deferred(info.deferred)
            self._follow_made(info.lazy)
        return True

    def _follow(self, binding: Binding) -> None:
        for name in with_parents((binding.module,)):
            self._meet(name)
        if binding.attribute == STAR:
            for name in self._names_in_all(binding.module):
                if binding.module in self._registered:
                    self._registered.add(name)
                self._meet(name)
        elif binding.submodule is not None and self._is_package(binding.module):
            self._meet(binding.submodule)

    def _follow_deferred(self, bindings: Iterable[Binding]) -> None:
        for binding in bindings:
            for name in (binding.module, binding.submodule):
                if name is not None and name in self._loaded:
                    self._meet(name)

    def _follow_made(self, bindings: Iterable[Binding]) -> None:
        """Queues the lazy imports that may have been made."""
        made = tuple(b for b in bindings if b.module in self._loaded)
        if made:
            self._to_follow.append(made)

    def _meet_siblings(self) -> bool:
        """Meets all that is loaded of the packages of what was met, and the packages themselves.

        Returns whether any of it is new.
        """
        packages = {name.partition(".")[0] for name in self.met if "." in name}
        loaded = (name for name in self._loaded if name.partition(".")[0] in packages)
        new = [name for name in with_parents(sorted(loaded)) if name not in self.met]
        for name in new:
            self._meet(name)
        return bool(new)

    def _meet_imported(self) -> bool:
        """Meets what followed modules were seen to import. Returns whether there was any."""
        if self._state.follow == TOP_LEVEL:
            return False
        met = False
        for name, by in self._import_log.imports_since(0).items():
            unknown = name in self._loaded and name not in self.met
            if unknown and any(map(self._is_followed, by.callers)):
                met = True
                self._meet(name)
        return met

    def _is_followed(self, name: str) -> bool:
        module = self._modules.get(name)
        return name in self._files or (module is not None and module.source is not None)

    def _meet(self, name: str) -> None:
        """Looks a module up, unless it is known, and reads its source if it is followed."""
        if name in self.met and (name in self._files or name not in self._registered):
            return
        self.met.add(name)
        module = self._modules.get(name)
        if module is None and name not in self._found:
            self._found[name] = self._sources.find(name)
        location = self._found[name].location if module is None else module.location
        if (
            location is not None
            and location.path is not None
            and not location.is_extension
            and (module is None or module.source is None)
            and name not in self._files
            and self._sources.stamps.get(name, True) is not None
            and (name in self._registered or location.in_workspace(self._state.workspace))
        ):
            self._sources.read_source(name, location)

    def _is_package(self, name: str) -> bool:
        found, module = self._found.get(name), self._modules.get(name)
        if module is not None and module.location.is_package:
            return True
        return found is not None and found.location is not None and found.location.is_package

    def _names_in_all(self, name: str) -> Iterable[str]:
        """Returns the submodules that the `__all__` of a package may name."""
        module, source = self._modules.get(name), self._files.get(name)
        infos = (
            None if module is None else module.source,
            None if source is None else source.info,
        )
        names = (n for info in infos if info is not None for n in info.all_submodules)
        return tuple(dict.fromkeys(f"{name}.{attribute}" for attribute in names))
