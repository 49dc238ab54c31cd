"""A module that is ready to run: its code, the loader that answers for it, the names that go."""

import copy
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from liveimport.core.planning.plan import MODIFIED, NamesToClear, ReloadStep
from liveimport.effects.loaded.modules import (
    home_of,
    is_path_of,
    namespace_of,
    own_objects,
)
from liveimport.effects.observe.locate import is_plain

_NEVER_CLEARED = frozenset({"__builtins__", "__name__"})
_SETS_CACHED = sys.version_info < (3, 15)
_MADE_BY_RUNNING = ("__annotations__", "__path__", "__warningregistry__")


class CompiledModule(NamedTuple):
    """A module that is ready to run.

    Attributes:
        step: What the plan says of it.
        names_to_clear: The names that leave its dict.
        spec: What its finder says of it.
        loader: The module's own.
        code: What to run; None if the loader runs the module itself.
        data: The bytes that such a loader is given when it reads the file.
        more_places: Where else the package looks for submodules, as somebody added to it.
        mark_as_run: To be called before it runs: shows what the compiler warned of.
    """

    step: ReloadStep
    names_to_clear: NamesToClear
    spec: ModuleSpec
    loader: Any
    code: CodeType | None
    data: bytes
    more_places: tuple[str, ...]
    mark_as_run: Callable[[], None]

    def spec_with(self, loader: Any) -> ModuleSpec:
        """Returns a new spec like the finder's, with another loader."""
        if type(self.spec) is ModuleSpec:
            # What `copy.copy` does, in a sixth of the time: 5 of 200 ms for 1,000 modules.
            spec = object.__new__(ModuleSpec)
            vars(spec).update(vars(self.spec))
        else:
            spec = copy.copy(self.spec)
        spec.loader = loader
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations = list(spec.submodule_search_locations)
        if hasattr(spec, "_uninitialized_submodules"):
            spec._uninitialized_submodules = []  # noqa: SLF001  # importlib's note of what is under way
        return spec

    def create(self, spec: ModuleSpec, old: ModuleType | None) -> ModuleType | None:
        """Returns the module that its loader creates, None for an ordinary one.

        If it refuses to create one again, the old one will do, as for `importlib.reload`.
        """
        create = None if is_plain(self.loader) else getattr(self.loader, "create_module", None)
        if create is None:
            return None
        importing, spec.loader = spec.loader, self.loader
        try:
            made: ModuleType | None = create(spec)
        except Exception:
            if old is None:
                raise
            made = old
        finally:
            spec.loader = importing
        return made

    def run(self, module: ModuleType) -> None:
        """Executes the module in its own dict. Whatever its code raises is raised."""
        if self.code is not None:
            exec(self.code, vars(module))  # noqa: S102  # running modules is what this is for
            return
        with reading(self.loader, self.step.path, self.data):
            if hasattr(self.loader, "exec_module"):
                self.loader.exec_module(module)
            else:
                self.loader.load_module(self.step.module)

    def clear_before_run(
        self,
        module: ModuleType,
        spec: ModuleSpec,
        made: ModuleType | None,
        stored: Iterable[str],
        reloads: Callable[[str], bool],
    ) -> None:
        """Removes what the old source bound, and gives the module what an import gives it.

        `made` is what the loader created for it, if it did. `stored` are names that it stored
        when it was asked for them; `reloads` tells whether a module reloads in this sync.
        """
        held = vars(module)
        self._clear_names(held, stored, reloads)
        kind = ModuleType if made is None else type(made)
        if type(module) is not kind:
            with suppress(TypeError):
                module.__class__ = kind
        if made is not None and made is not module:
            held.update(namespace_of(made))
        # importlib looks for each of these, and a look in vain takes longer than a find.
        held["__doc__"] = None if made is None else made.__doc__
        held["__package__"] = spec.parent
        held["__loader__"] = self.loader
        if spec.has_location:
            held["__file__"] = spec.origin
            if _SETS_CACHED:
                held["__cached__"] = spec.cached

    def _clear_names(
        self, held: dict[str, Any], stored: Iterable[str], reloads: Callable[[str], bool]
    ) -> None:
        own, kept = self.step.module, self.names_to_clear.kept
        names = self.names_to_clear.before_run
        if self.step.reason == MODIFIED and self.step.previous.version.stamp is None:
            # Nobody knows which source its names came from.
            names = frozenset(held) - kept - _NEVER_CLEARED
        if "__getattr__" in held:
            # A package may have stored what it was asked for.
            names = names.union({*own_objects(own, held), *stored} - kept)
        for name in names:
            held.pop(name, None)
        # What is left was set from outside, unless its value says that it is the module's own.
        for name in own_objects(own, held):
            if name not in kept:
                del held[name]
        # A guard keeps state. A class or function of another module that reloads is none.
        for name in kept | self.names_to_clear.preserved:
            home = home_of(held.get(name))
            if home != own and reloads(home):
                del held[name]
        for name in _MADE_BY_RUNNING:
            held.pop(name, None)

    def clear_after_run(self, module: ModuleType, before: Mapping[str, object]) -> None:
        """Removes what only functions of the old source bound, and has since `before` the run."""
        held = vars(module)
        if not self.names_to_clear.after_run and "__path__" not in held:
            return
        for name in self.names_to_clear.after_run:
            value = held.get(name)
            if name not in before or before[name] is not value:
                continue
            # A submodule is not a name that a function bound.
            if value is None or sys.modules.get(f"{self.step.module}.{name}") is not value:
                held.pop(name, None)
        places = held.get("__path__")
        if isinstance(places, list) and (self.more_places or len(places) > 1):
            # The spec may have what the last run added, so it is there twice now.
            places[:] = dict.fromkeys((*places, *self.more_places))


class CompileError(Exception):
    """A module of a group cannot be compiled.

    Attributes:
        module: The name of the module.
        reason: What was raised.
    """

    def __init__(self, module: str, reason: BaseException) -> None:
        super().__init__(module)
        self.module = module
        self.reason = reason


CompiledGroup = Mapping[str, CompiledModule] | CompileError
"""The modules of a group by name, or why one of them cannot be compiled."""


_READING: Mapping[str, Any] = {
    "get_data": SourceFileLoader.get_data,
    "path_stats": SourceFileLoader.path_stats,
}


def reads_by_itself(loader: object) -> bool:
    """Whether a loader does not read files, and bytecode, as Python's own do."""
    return len(_usual_readers(loader)) < len(_READING)


def _usual_readers(loader: object) -> tuple[str, ...]:
    held = namespace_of(loader)
    return tuple(
        name
        for name, usual in _READING.items()
        if getattr(type(loader), name, None) is usual and name not in held
    )


@contextmanager
def reading(loader: Any, path: str, data: bytes) -> Iterator[bool]:
    """Lets a loader read `data` as the file at `path`, without bytecode caches.

    It works for loaders that read as Python's own do. Bytecode caches are keyed by whole seconds
    and size, so none is used for a file that may have changed, and none is written. Yields
    whether the loader will get these bytes. One that reads by itself is left to do so.
    """
    held: Any = namespace_of(loader)
    names = _usual_readers(loader)
    if not names:
        yield False
        return
    get_data, path_stats = loader.get_data, loader.path_stats

    def given_data(asked: str) -> bytes:
        found: bytes = data if is_path_of(asked, path) else get_data(asked)
        return found

    def no_stats(asked: str) -> Mapping[str, Any]:
        if is_path_of(asked, path):
            raise FileNotFoundError(asked)
        found: Mapping[str, Any] = path_stats(asked)
        return found

    given = {"get_data": given_data, "path_stats": no_stats}
    held.update((name, given[name]) for name in names)
    try:
        yield "get_data" in names
    finally:
        for name in names:
            held.pop(name, None)
