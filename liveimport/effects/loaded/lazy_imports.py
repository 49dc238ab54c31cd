"""Names that Python's lazy imports have bound, and that are still to be resolved (PEP 810).

Such a name is replaced when code uses it, or when it is asked of its module. A dict shows it as it
is. So LiveImport reads dicts only, and resolves nothing.
"""

import sys
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from liveimport.core.imports import Binding

from .modules import LazyImport, is_lazy, loaded_namespace, namespace_of


def unresolved_names(modules: Iterable[str]) -> dict[str, frozenset[str]]:
    """Returns the names of loaded modules that are still lazy, by module; only if there are any."""
    if LazyImport is None:
        return {}
    found: dict[str, frozenset[str]] = {}
    for name in modules:
        held = loaded_namespace(name)
        if LazyImport in set(map(type, list(held.values()))):
            found[name] = frozenset(n for n, value in list(held.items()) if is_lazy(value))
    return found


def waits(namespace: Mapping[str, Any], binding: Binding) -> bool:
    """Whether a binding is still lazy in its namespace, and what it imports is not loaded.

    A name that its module gives by code may be a submodule that is not loaded.
    """
    if not is_lazy(namespace.get(binding.name)):
        return False
    if binding.module not in sys.modules:
        return True
    return (
        binding.submodule is not None
        and binding.attribute not in loaded_namespace(binding.module)
        and binding.submodule not in sys.modules
    )


def attribute(module: object, name: str) -> object:
    """Returns an attribute of a module as an import statement gets it; a lazy one as it is.

    Raises:
        AttributeError: The module has none of that name.
    """
    held = namespace_of(module).get(name) if isinstance(module, ModuleType) else None
    return held if is_lazy(held) else getattr(module, name)


def has_attribute(module: object, name: str) -> bool:
    """Whether a module has an attribute; a lazy one stays as it is."""
    return is_lazy(namespace_of(module).get(name)) or hasattr(module, name)
