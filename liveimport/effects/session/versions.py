"""The version of a module's code, for `liveimport.version`.

What plans is imported when it is first used, so that ``import liveimport`` stays cheap.
"""

import sys
from collections.abc import Sequence
from functools import partial
from types import MethodType, ModuleType
from typing import TYPE_CHECKING

from liveimport.core.model import State
from liveimport.core.report import messages
from liveimport.effects.loaded.modules import attribute_of, is_own
from liveimport.effects.observe.files import RealPaths, read, source_of

if TYPE_CHECKING:
    from liveimport.core.overview.code_version import CodeSource, Sources


def module_of(named: object) -> str:
    """Returns the module that is meant: by its name, itself, or by a function or class of it.

    Raises:
        TypeError: It is nothing that belongs to a module.
    """
    if isinstance(named, str):
        return named
    if isinstance(named, ModuleType):
        return str(attribute_of(named, "__name__"))
    if isinstance(named, partial):
        return module_of(named.func)
    if isinstance(named, MethodType):
        return module_of(named.__func__)
    module = getattr(named, "__module__", None) if callable(named) else None
    if not isinstance(module, str):
        raise TypeError(messages.no_code(messages.printed(named)))
    return module


def version_of(state: State, name: str) -> str:
    """Returns the version of a module.

    Raises:
        ValueError: The module is not followed.
    """
    version = version_or_none(state, name)
    if version is None:
        raise ValueError(messages.has_no_version(name, is_loaded=name in sys.modules))
    return version


def version_or_none(state: State, name: str) -> str | None:
    """Returns the version of a module; None if it is not followed."""
    from liveimport.core.overview.code_version import code_version, has_version  # noqa: PLC0415  # see above

    if not has_version(state, name):
        return None
    return code_version(state, name, others_behind(state, (name,)))


class Versions:
    """The versions of modules, each worked out once for a State."""

    def __init__(self) -> None:
        self._state: State | None = None
        self._known: dict[str, str | None] = {}

    def of(self, state: State, name: str) -> str | None:
        """Returns the version of a module; None if it is not followed."""
        if state is not self._state:
            self._state, self._known = state, {}
        if name not in self._known:
            self._known[name] = version_or_none(state, name)
        return self._known[name]


def others_behind(state: State, names: Sequence[str]) -> "Sources":
    """Returns the sources of modules that these lead to, and that nobody has imported yet."""
    from liveimport.core.overview.code_version import unknown_imports  # noqa: PLC0415  # see above

    others: dict[str, CodeSource | None] = {}
    while unknown := unknown_imports(state, names, others):
        others.update((module, _looked_up(state, module)) for module in unknown)
    return others


def _looked_up(state: State, name: str) -> "CodeSource | None":
    """Returns the source of a module that nobody has imported yet; None if it is not the user's."""
    from liveimport.core.overview.code_version import code_source  # noqa: PLC0415  # see above
    from liveimport.effects.observe.locate import locate_unloaded  # noqa: PLC0415  # see above

    if name.partition(".")[0] in sys.stdlib_module_names or is_own(name):
        return None
    location = locate_unloaded(name, RealPaths(state.workspace.directories)).location
    if location is None or location.path is None or location.is_extension:
        return None
    if location.is_installed(state.workspace):
        return None
    content = read(location.path)
    if content is None:
        return None
    source = source_of(content, name, location, None)
    return code_source(location.path, source, is_package=location.is_package)
