"""Has a namespace executed an import statement? If not: what shows that."""

import sys
from collections.abc import Callable, Mapping
from types import FrameType, ModuleType
from typing import Any

from liveimport.core.imports import STAR, Binding, with_parents
from liveimport.core.report import messages
from liveimport.effects.loaded.modules import (
    MISSING,
    homes_of,
    is_lazy,
    loaded_namespace,
    value_in_dicts,
)

_IS_FUNCTION = 1  # CO_OPTIMIZED: the code keeps its names in no dict
_LOCALS_ARE_COPIES = sys.version_info >= (3, 13)


def lack(namespace: Mapping[str, Any], binding: Binding) -> str:
    """Returns which module or name is missing, though the import would have brought it.

    It is empty if none is. A lazy import was executed, though it brings its module later.
    """
    if is_lazy(namespace.get(binding.name)):
        return ""
    if binding.module not in sys.modules:
        return messages.module_not_loaded(binding.module)
    if binding.name != STAR and binding.name not in namespace:
        return messages.name_not_bound(binding.name)
    return ""


def lacking_package(namespace: Mapping[str, Any], binding: Binding) -> str:
    """Returns which package of the module of an import is not loaded; empty if all are.

    A lazy import loads none yet.
    """
    if is_lazy(namespace.get(binding.name)):
        return ""
    packages = (name for name in with_parents((binding.module,)) if name not in sys.modules)
    missing = next(packages, None)
    return "" if missing is None else messages.module_not_loaded(missing)


def refusal(
    namespace: Mapping[str, Any], binding: Binding, is_bound: Callable[[str, object], bool]
) -> str:
    """Returns why a name is not what its import gives; empty if it may be.

    `is_bound` says whether a value of a name is one that an import or a sync bound. A module that
    answers by code is not asked: that could load something.
    """
    value = namespace[binding.name]
    if is_lazy(value):
        return ""
    given = value_in_dicts(binding, loaded_namespace)
    if given is MISSING:
        return lacking_attribute(binding)
    if value is given or is_bound(binding.name, value) or _is_lazy(value) or _is_lazy(given):
        return ""
    # It was imported from there before the module ran again, or before a submodule took the name.
    if binding.attribute is not None and binding.module in homes_of(value):
        return ""
    return messages.execute_first(
        messages.name_differs(binding.name, binding.module, binding.attribute),
        binding.statement,
    )


def lacking_attribute(binding: Binding) -> str:
    """Returns that the module of an import does not have what is imported; empty if it may."""
    if (
        binding.attribute in {None, STAR}
        or value_in_dicts(binding, loaded_namespace) is not MISSING
        or _answers_by_code(binding.module)
    ):
        return ""
    return messages.module_lacks(binding.module, str(binding.attribute), binding.statement)


def _answers_by_code(module: str) -> bool:
    return type(sys.modules[module]) is not ModuleType or "__getattr__" in loaded_namespace(
        module
    )


def _is_lazy(value: object) -> bool:
    """Whether a value may stand for a module, or for a name of one, that is still to be loaded."""
    kind = type(value)
    return is_lazy(value) or (kind is not ModuleType and issubclass(kind, ModuleType))


def are_locals(namespace: Mapping[str, Any], frame: FrameType) -> bool:
    """Whether a namespace is the `locals()` of the function that a frame runs.

    Since Python 3.13 each call gives a copy of its own.
    """
    if not frame.f_code.co_flags & _IS_FUNCTION:
        return False
    held = frame.f_locals
    if not _LOCALS_ARE_COPIES:
        return namespace is held
    return set(namespace) == set(held) and all(namespace[name] is held[name] for name in held)
