"""What the spec of a module says of its files."""

import os
import zipimport
from importlib.machinery import ExtensionFileLoader, ModuleSpec, SourcelessFileLoader


def is_extension(spec: ModuleSpec) -> bool:
    """Whether the module is compiled code."""
    return isinstance(spec.loader, ExtensionFileLoader)


def file_of(spec: ModuleSpec) -> str | None:
    """Returns the file that the module comes from: a source, or compiled code."""
    if not spec.has_location or not isinstance(spec.origin, str):
        return None
    if isinstance(spec.loader, SourcelessFileLoader | zipimport.zipimporter):
        return None
    return os.path.abspath(spec.origin)


def folders_of(spec: ModuleSpec) -> list[str] | None:
    """Returns where a package looks for submodules; None if it is no package.

    Those of a namespace package compute themselves anew from its parent whenever they are
    looked at, which raises KeyError while the parent is not loaded.
    """
    locations = spec.submodule_search_locations
    return None if locations is None else list(getattr(locations, "_path", locations))


def init_of_namespace(spec: ModuleSpec) -> str | None:
    """Returns the file that would make a namespace package a regular one."""
    folders = folders_of(spec)
    if spec.origin is not None or not folders:
        return None
    return os.path.join(os.path.abspath(folders[0]), "__init__.py")
