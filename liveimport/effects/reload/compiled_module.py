"""A module that is ready to run: its code, the loader that answers for it, the names that go."""

import copy
import sys
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from os.path import abspath, dirname
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from liveimport.core.planning.plan import MODIFIED, NamesToClear, Step
from liveimport.effects.loaded.modules import own_objects

_NEVER_CLEARED = frozenset({"__builtins__", "__name__"})
_MADE_BY_RUNNING = ("__annotations__", "__path__", "__warningregistry__")


class CompiledModule(NamedTuple):
    """A module that is ready to run.

    Attributes:
        step: What the plan says of it.
        names_to_clear: The names that leave its dict.
        loader: The module's own.
        code: What to run; None if the loader insists on running the module itself.
        read_source: Gives the bytes to run, for loaders that read by themselves.
        mark_as_run: To be called before it runs: shows what the compiler warned of.
        origin: Its file, as an import names it: an entry of `sys.path` may be relative.
        bytecode: Where its bytecode would be, if that is known.
    """

    step: Step
    names_to_clear: NamesToClear
    loader: Any
    code: CodeType | None
    read_source: Callable[[], bytes]
    mark_as_run: Callable[[], None]
    origin: str
    bytecode: str | None = None

    def spec(self, loader: Any) -> ModuleSpec:
        """Returns a new spec of the module, as a fresh import would give it one."""
        spec = ModuleSpec(self.step.module, loader, origin=self.origin)
        spec.has_location = True
        if self.bytecode is not None:
            spec.cached = self.bytecode
        if self.step.planned.location.is_package:
            spec.submodule_search_locations = [dirname(self.origin)]
        return spec

    def run(self, module: ModuleType) -> None:
        """Executes the module in its own dict. Whatever its code raises is raised."""
        if self.code is not None:
            exec(self.code, vars(module))  # noqa: S102  # running modules is what this is for
        else:
            self.reader().exec_module(module)

    def reader(self) -> Any:
        """Returns the module's own loader, which gets what is to run when it reads the file.

        Raises:
            OSError: The source had not been read, and the file was written since.
        """
        return loader_reading(self.loader, self.step, self.read_source())

    def clear_before_run(self, module: ModuleType, spec: ModuleSpec) -> None:
        """Removes what the old source bound, and gives the module what an import gives it."""
        held = vars(module)
        names = self.names_to_clear.before_run
        if self.step.reason == MODIFIED and self.step.previous.version.stamp is None:
            # Nobody knows which source its names came from.
            names = frozenset(held) - self.names_to_clear.kept - _NEVER_CLEARED
        for name in names:
            held.pop(name, None)
        # What is left was set from outside, unless its value says that it is the module's own.
        kept = self.names_to_clear.kept
        for name in own_objects(self.step.module, held):
            if name not in kept:
                del held[name]
        for name in _MADE_BY_RUNNING:
            held.pop(name, None)
        if type(module) is not ModuleType:
            module.__class__ = ModuleType
        # importlib looks for each of these, and a look in vain takes longer than a find.
        held["__doc__"] = None
        held["__package__"] = spec.parent
        held["__loader__"] = self.loader
        held["__file__"] = spec.origin
        held["__cached__"] = spec.cached

    def clear_after_run(self, module: ModuleType) -> None:
        """Removes what only functions of the old source bound."""
        held = vars(module)
        for name in self.names_to_clear.after_run:
            value = held.get(name)
            # A submodule is not a name that a function bound.
            if value is None or sys.modules.get(f"{self.step.module}.{name}") is not value:
                held.pop(name, None)


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


def is_path_of(origin: str | None, path: str) -> bool:
    """Whether `origin` is how an import may name the file at `path`."""
    return origin == path or (isinstance(origin, str) and abspath(origin) == path)


def loader_reading(loader: Any, step: Step, data: bytes) -> Any:
    """Returns a copy of the loader that is given the bytes that were read, and no bytecode.

    Loaders that rewrite source ask for the file by `get_data`. Bytecode caches are keyed by
    whole seconds and size, so none is used for a file that changed, and none is written.
    """
    path = step.path

    def get_data(asked: str) -> bytes:
        if is_path_of(asked, path):
            return data
        raise FileNotFoundError(asked)

    def path_stats(_path: str) -> dict[str, float]:
        return {"mtime": step.mtime, "size": len(data)}

    def write_nothing(*_args: object, **_options: object) -> None:
        """Bytecode of a file that is being edited helps nobody."""

    try:
        reader = copy.copy(loader)
        reader.get_data = get_data
        reader.path_stats = path_stats
        reader.set_data = write_nothing
        reader._cache_bytecode = write_nothing  # noqa: SLF001  # importlib's hook for just this
    except (TypeError, AttributeError):
        return loader
    return reader
