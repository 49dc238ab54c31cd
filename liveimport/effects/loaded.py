"""What stands in `sys.modules`: mostly modules, but a program may put anything there."""

import os
import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from types import MappingProxyType, ModuleType
from typing import Any

from liveimport.core.state import lies_in

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def dict_of(module: object) -> Mapping[str, Any]:
    """Returns what a module holds. To ask it for anything else may load it, or raise."""
    if type(module) is ModuleType:
        return vars(module)
    try:
        held = object.__getattribute__(module, "__dict__")
    except Exception:  # noqa: BLE001  # whatever stands there may raise whatever it likes
        return _NOTHING
    return held if isinstance(held, dict) else _NOTHING


def attribute_of(module: object, name: str) -> object:
    """Returns an attribute, or None. Only what is no module is asked: that may run its code."""
    held = dict_of(module)
    if name in held or issubclass(type(module), ModuleType):
        return held.get(name)
    try:
        return getattr(module, name, None)
    except Exception:  # noqa: BLE001  # stand-ins import, and fail, when they are asked
        return None


def spec_of(module: object, name: str) -> ModuleSpec | None:
    """Returns the spec of what stands under a name; None if it is another module's, or has none."""
    spec = attribute_of(module, "__spec__")
    if not isinstance(spec, ModuleSpec) or is_alias(module, spec, name):
        return None
    return spec


def is_alias(module: object, spec: ModuleSpec, name: str) -> bool:
    """Whether a module stands under this name besides its own: another has given it its place."""
    return spec.name != name and sys.modules.get(spec.name) is module


class Residents:
    """The loaded modules whose files lie in the workspace, whoever imported them."""

    def __init__(self) -> None:
        self._workspace: tuple[str, ...] = ()
        self._met: set[str] = set()
        self._inside: list[str] = []

    def of(self, workspace: tuple[str, ...]) -> tuple[str, ...]:
        """Returns their names. Each is looked at once."""
        if workspace != self._workspace:
            self._workspace = workspace
            self._met.clear()
            self._inside.clear()
        new = frozenset(sys.modules) - self._met
        self._met |= new
        self._inside += (name for name in new if self._lives_there(name))
        return tuple(self._inside)

    def _lives_there(self, name: str) -> bool:
        file = attribute_of(sys.modules.get(name), "__file__")
        return isinstance(file, str) and lies_in(self._workspace, os.path.abspath(file))
