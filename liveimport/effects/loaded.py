"""What stands in `sys.modules`: mostly modules, but a program may put anything there."""

import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from types import MappingProxyType, ModuleType
from typing import Any

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


def is_alias(module: object, spec: ModuleSpec, name: str) -> bool:
    """Whether a module stands under this name besides its own: another has given it its place."""
    return spec.name != name and sys.modules.get(spec.name) is module
