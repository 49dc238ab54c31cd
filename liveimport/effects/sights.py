"""The modules that are loaded, and their files, as they are when somebody registers.

To register is to say: this is loaded, and from now on I want to see changes. So what can
change is taken down at once: modules, stamps, bytes, and from which version each module was
loaded. What that says of the project can be thought about when it is first needed, once for
all that was registered until then. Where there is any doubt that the answer would be the same,
it is thought about at once.
"""

import os
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NamedTuple

from liveimport.core.registration import Binding, prefixes
from liveimport.core.state import Module, State, lies_in

from .files import Reading, RealPaths, read
from .loaded import dict_of, is_alias
from .loads import Load, Loads
from .specs import file_of, is_extension

_BETWEEN = b" \t\f\r\n\\"


class Sight(NamedTuple):
    """A loaded module and its file at a moment.

    Attributes:
        module: It.
        spec: What it was loaded by.
        path: The file.
        reading: Its stamp and its bytes.
        load: The version that the module was loaded from.
        shadowed: Whether its package shows something else under its name.
    """

    module: ModuleType
    spec: ModuleSpec
    path: str
    reading: Reading
    load: Load
    shadowed: bool


class Sights:
    """What was seen of modules that nobody has thought about yet."""

    def __init__(self, loads: Loads) -> None:
        self._loads = loads
        self._seen: dict[str, Sight] = {}
        self._spaces: dict[str, ModuleType] = {}
        self._passed: set[str] = set()
        self._loaded: frozenset[str] = frozenset()
        self._workspace: tuple[str, ...] = ()
        self._folders: dict[str, bool] = {}
        self._real_path = RealPaths()

    def take(self, state: State, bindings: Iterable[Binding]) -> bool:
        """Looks at what bindings name and at the workspace, but for what the State knows.

        All that is loaded of the workspace is looked at, since only thinking will tell what of
        it the registrations reach. What was seen before stays as it was then. Returns whether
        what was seen is all that thinking about it takes, however late.
        """
        if state.workspace != self._workspace:
            self._workspace = state.workspace
            self._passed.clear()
        self._folders, self._real_path = {}, RealPaths()
        self._loaded |= sys.modules.keys()
        named = {name for b in bindings for name in prefixes(b.submodule or b.module)}
        plain = True
        for name in named | (self._loaded - self._passed):
            place = None if name in self._seen else self._place(name, anywhere=name in named)
            if place is None or _is_known(state.modules.get(name)):
                continue
            if (sight := self._sight(name, *place)) is not None:
                self._seen[name] = sight
                self._loads.keep(name, sight.load)
            else:
                plain = False
        return plain

    def are_outdated(self) -> bool:
        """Whether a module was loaded again since it was seen, so that one sight is not enough."""
        return not all(map(self._loads.keeps, self._seen))

    def of(self, name: str, path: str | None = None) -> Sight | None:
        """Returns what was seen of a module, and this file if one is given; None if nothing."""
        sight = self._seen.get(name)
        return sight if sight is not None and path in (None, sight.path) else None

    def loaded(self, name: str) -> ModuleType | None:
        """Returns the module as it was seen, or as it stands in `sys.modules`; None if nowhere."""
        sight = self._seen.get(name)
        if sight is not None:
            return sight.module
        return self._spaces.get(name) or sys.modules.get(name)

    @property
    def names(self) -> frozenset[str]:
        """All that was loaded when something was seen."""
        return self._loaded

    def forget(self) -> None:
        """Forgets what was seen: it has been thought about, and need not be looked at again.

        What no registration reaches now may be reached later. The versions stay noted as loads.
        """
        self._passed.update(self._seen)
        self._seen.clear()
        self._spaces.clear()
        self._loaded = frozenset()

    def _place(self, name: str, *, anywhere: bool) -> tuple[ModuleType, ModuleSpec, str] | None:
        """Returns a loaded module with its source file; None if it has none that matters."""
        module = sys.modules.get(name)
        spec = dict_of(module).get("__spec__")
        if not isinstance(module, ModuleType) or not isinstance(spec, ModuleSpec):
            return None
        if is_alias(module, spec, name):
            return None
        if spec.origin is None and spec.submodule_search_locations is not None:
            self._spaces.setdefault(name, module)
            return None
        path = file_of(spec) if anywhere or self._may_lie_inside(spec.origin) else None
        if path is None:
            self._passed.add(name)
            return None
        return module, spec, path

    def _sight(
        self, name: str, module: ModuleType, spec: ModuleSpec, path: str
    ) -> Sight | None:
        """Returns the sight of a module; None where it would not tell all there is to see.

        Of some modules, what they hold is the only evidence of their version; what star imports
        gave shows in what they hold as well.
        """
        if type(module) is not ModuleType or is_extension(spec):
            return None
        reading = read(path)
        if reading is None or _may_have_star(reading.data):
            return None
        load = self._loads.noted(name, path, reading.stamp)
        if load is None:
            return None
        return Sight(module, spec, path, reading, load, is_shadowed(name, module))

    def _may_lie_inside(self, origin: object) -> bool:
        """Whether a file may be in the workspace, as it is named or by what links lead to."""
        if not isinstance(origin, str):
            return False
        folder = origin.rpartition(os.sep)[0]
        inside = self._folders.get(folder)
        if inside is None:
            inside = self._folders[folder] = self._is_inside(folder)
        return inside

    def _is_inside(self, folder: str) -> bool:
        if lies_in(self._workspace, os.path.abspath(folder) + os.sep):
            return True
        return lies_in(self._workspace, self._real_path.folder(folder) + os.sep)


def _may_have_star(data: bytes) -> bool:
    """Whether a source may import with a star; of a comment or a string it may be said too."""
    return any(rest.lstrip(_BETWEEN).startswith(b"*") for rest in data.split(b"import")[1:])


def _is_known(module: Module | None) -> bool:
    return module is not None and (module.contents is not None or module.extension)


def is_shadowed(name: str, module: object) -> bool:
    """Whether a package, as it is loaded, shows something else than this submodule."""
    package, _, attribute = name.rpartition(".")
    parent = sys.modules.get(package)
    return isinstance(parent, ModuleType) and vars(parent).get(attribute, module) is not module
