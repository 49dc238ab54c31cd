"""The files of loaded modules as they are when somebody registers.

To register is to say: this is loaded, and from now on I want to see changes. So what can
change is taken down at once: stamps, bytes, and from which version each module was loaded.
What that says of the project is thought about when it is first needed, once for all that was
registered until then.
"""

import os
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NamedTuple

from liveimport.core.registration import Binding
from liveimport.core.state import State, lies_in

from .files import Reading, digest_of, read
from .loads import Load, Loads
from .specs import file_of, is_extension


class Sight(NamedTuple):
    """A loaded module and its file at a moment.

    Attributes:
        path: The file.
        reading: Its stamp and its bytes.
        load: The version that the module was loaded from; None if that is not known.
    """

    path: str
    reading: Reading
    load: Load | None


class Sights:
    """What was seen of modules that nobody has thought about yet."""

    def __init__(self, loads: Loads) -> None:
        self._loads = loads
        self._seen: dict[str, Sight] = {}
        self._passed: set[str] = set()
        self._workspace: tuple[str, ...] = ()

    def take(self, state: State, bindings: Iterable[Binding]) -> None:
        """Looks at the modules that the State does not know: what bindings name, and the workspace.

        All that is loaded of the workspace is looked at, since only thinking will tell what of
        it the registrations reach. What was seen before stays as it was then.
        """
        if state.workspace != self._workspace:
            self._workspace = state.workspace
            self._passed.clear()
        named = {name for b in bindings for name in (b.module, b.submodule) if name is not None}
        for name in named | (sys.modules.keys() - self._passed):
            known = state.modules.get(name)
            if name in self._seen or (known is not None and known.contents is not None):
                continue
            sight = self._sight(name, anywhere=name in named)
            if sight is not None:
                self._seen[name] = sight
            elif name not in named:
                self._passed.add(name)

    def of(self, name: str, path: str) -> Sight | None:
        """Returns what was seen of a module and this file; None if that was not looked at."""
        sight = self._seen.get(name)
        return sight if sight is not None and sight.path == path else None

    def forget(self) -> None:
        """Forgets what was seen: it has been thought about, and need not be looked at again.

        What no registration reaches now may be reached later. The versions stay noted as loads.
        """
        self._passed.update(self._seen)
        self._seen.clear()

    def _sight(self, name: str, *, anywhere: bool) -> Sight | None:
        module = sys.modules.get(name)
        if type(module) is not ModuleType:
            return None  # it may load something, or raise, when it is asked for anything
        spec = vars(module).get("__spec__")
        if not isinstance(spec, ModuleSpec) or not (
            anywhere or self._may_be_inside(spec.origin)
        ):
            return None
        path = file_of(spec)
        if (
            path is None
            or is_extension(spec)
            or not (anywhere or lies_in(self._workspace, path))
        ):
            return None
        reading = read(path)
        if reading is None:
            return None
        load = self._loads.of(name, module, path, reading.stamp, extension=False)
        if load is not None:
            self._loads.keep(name, _for_later(load, reading))
        return Sight(path, reading, load)

    def _may_be_inside(self, origin: object) -> bool:
        return isinstance(origin, str) and (
            origin.startswith(self._workspace) or not os.path.isabs(origin)
        )


def _for_later(load: Load, reading: Reading) -> Load:
    """Returns a version so that it is told from any other when its stamp is no more racy."""
    if load.digest or not reading.racy or load.stamp != reading.stamp:
        return load
    return load._replace(digest=digest_of(reading.data))
