"""The code of a module, made by the module's own loader from the bytes that were read."""

import copy
import sys
from importlib.abc import SourceLoader
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from os.path import dirname
from types import CodeType, ModuleType
from typing import Any, Self

from attrs import frozen

from liveimport.core.plan import Step

from .finding import locate


@frozen
class Prepared:
    """A module that is ready to run.

    Attributes:
        step: What the plan says of it.
        loader: The module's own.
        code: What to run; None if the loader insists on running the module itself.
    """

    step: Step
    loader: Any
    code: CodeType | None

    def spec(self) -> ModuleSpec:
        """Returns a new spec of the module, as a fresh import would give it one."""
        step = self.step
        spec = spec_from_file_location(
            step.module,
            step.path,
            loader=self.loader,
            submodule_search_locations=[dirname(step.path)] if step.package else None,
        )
        assert spec is not None
        return spec

    def run(self, module: ModuleType) -> None:
        """Executes the module in its own dict. Whatever its code raises is raised."""
        if self.code is not None:
            exec(self.code, vars(module))  # noqa: S102  # running modules is what this is for
        else:
            _read_once(self.loader, self.step).exec_module(module)


def prepare(step: Step, module: object) -> Prepared:
    """Returns the step ready to run, its code compiled by the loader of `module`.

    Raises:
        SyntaxError: The source is not Python.
        OSError: The file could not be read.
        Exception: Whatever a loader that rewrites source raises.
    """
    source = step.source
    if source.errno:
        raise OSError(source.errno, source.trouble, step.path)
    loader = _own_loader(step, module)
    if not hasattr(type(loader), "exec_module"):
        loader = SourceFileLoader(step.module, step.path)
    if _overrides(loader, "exec_module"):
        return Prepared(step, loader, None)
    if _overrides(loader, "get_code"):
        return Prepared(step, loader, _read_once(loader, step).get_code(step.module))
    return Prepared(step, loader, loader.source_to_code(source.data, step.path))


def _own_loader(step: Step, module: object) -> Any:
    spec = getattr(module, "__spec__", None)
    if isinstance(spec, ModuleSpec) and spec.origin == step.path:
        return spec.loader
    located = locate(step.module)
    return None if located is None else located.loader


def _overrides(loader: Any, method: str) -> bool:
    return getattr(type(loader), method, None) is not getattr(SourceLoader, method)


def _read_once(loader: Any, step: Step) -> Any:
    """Returns a copy of the loader that is given the bytes that were read, and no bytecode.

    Loaders that rewrite source ask for the file by `get_data`. Bytecode caches are keyed by
    whole seconds and size, so none is believed for a file that changed, and none is written.
    """

    def get_data(path: str) -> bytes:
        if path == step.path:
            return step.source.data
        raise FileNotFoundError(path)

    def path_stats(_path: str) -> dict[str, float]:
        return {"mtime": step.source.stamp.mtime, "size": step.source.stamp.size}

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


class GroupImporter:
    """Finder and loader of the members of a reload group while it runs.

    An import of a member, whoever makes it, runs the member's new code in its old module
    object. So the members nest by their own imports, as a fresh interpreter would run them.

    Attributes:
        finished: The members that ran, in the order in which they finished.
        failed: The member whose code raised last.
    """

    def __init__(
        self,
        members: dict[str, Prepared],
        modules: dict[str, ModuleType],
        shed: "Shedding",
    ) -> None:
        self._members = members
        self._modules = modules
        self._shed = shed
        self._error: BaseException | None = None
        self.finished: list[str] = []
        self.failed: str | None = None

    def __enter__(self) -> Self:
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        """Returns the spec of a member, to be loaded here."""
        del path, target
        prepared = self._members.get(name)
        if prepared is None:
            return None
        spec = prepared.spec()
        spec.loader = self  # type: ignore[assignment]  # create_module and exec_module are enough
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Returns the member's old module, without what its old source left there."""
        module = self._modules.get(spec.name)
        if module is not None:
            self._shed.before(self._members[spec.name].step, module)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Runs the member's new code."""
        spec = module.__spec__
        assert spec is not None
        prepared = self._members[spec.name]
        spec.loader = module.__loader__ = prepared.loader
        try:
            prepared.run(module)
        except BaseException as error:
            if error is not self._error:
                self._error, self.failed = error, spec.name
            raise
        self._shed.after(prepared.step, module)
        self.finished.append(spec.name)


class Shedding:
    """Names that leave a kept module dict, so that it holds what its source binds now.

    Made before any member runs: afterwards it can no longer be told which of a module's names
    an earlier star import gave it.
    """

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._starred = {step.module: _starred(step) for step in steps if step.stars}
        self._children = _children({s.module for s in steps if s.package})

    def before(self, step: Step, module: ModuleType) -> None:
        """Removes what the old source bound, and what an import sets anew."""
        held = vars(module)
        for name in step.leaving | self._starred.get(step.module, frozenset()):
            if name in held and not _is_submodule(step.module, name, held[name]):
                del held[name]
        for name in _SET_BY_IMPORT:
            held.pop(name, None)
        if type(module) is not ModuleType:
            module.__class__ = ModuleType
        held["__doc__"] = None
        for child in self._children.get(step.module, ()):
            loaded = sys.modules.get(f"{step.module}.{child}")
            if loaded is not None:
                held.setdefault(child, loaded)

    def after(self, step: Step, module: ModuleType) -> None:
        """Removes what was kept for the new source to look up, and it does not bind."""
        held = vars(module)
        for name in step.left:
            if not _is_submodule(step.module, name, held.get(name)):
                held.pop(name, None)


_SET_BY_IMPORT = (
    "__annotations__",
    "__cached__",
    "__file__",
    "__loader__",
    "__package__",
    "__path__",
    "__spec__",
    "__warningregistry__",
)


def _starred(step: Step) -> frozenset[str]:
    """Returns the names that the module has from its star imports."""
    held = vars(sys.modules[step.module]) if step.module in sys.modules else {}
    given: set[str] = set()
    for star in step.stars:
        module = sys.modules.get(star)
        if module is not None:
            source = vars(module)
            given.update(
                name
                for name in public_names(module)
                if name in held and name in source and held[name] is source[name]
            )
    return frozenset(given)


def public_names(module: object) -> tuple[str, ...]:
    """Returns the names that a star import of the module binds."""
    names = getattr(module, "__all__", None)
    if names is None:
        return tuple(name for name in vars(module) if not name.startswith("_"))
    return tuple(name for name in names if isinstance(name, str))


def _is_submodule(package: str, name: str, value: object) -> bool:
    return value is not None and sys.modules.get(f"{package}.{name}") is value


def _children(packages: set[str]) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    if packages:
        for name in list(sys.modules):
            package, _, child = name.rpartition(".")
            if package in packages:
                children.setdefault(package, []).append(child)
    return children
