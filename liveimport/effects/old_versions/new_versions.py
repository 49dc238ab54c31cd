"""The present versions of old classes and values: is there one, and can it take the old one's place?"""

import sys
from typing import Any

from liveimport.core.report import messages
from liveimport.effects.loaded.modules import MISSING, loaded_namespace
from liveimport.effects.loaded.walk import attributes_of_class, slots_of

from .definitions import Definitions, full_name, present_definition


def new_version_of(cls: type, definitions: Definitions) -> type | str:
    """Returns the class that objects of an old class can get, or why there is none."""
    new = present_definition(*_place_of(cls))
    problem = _why_no_version(cls, new, definitions) or _why_other_layout(cls, new)
    if problem:
        return problem
    assert isinstance(new, type)
    return new


def is_gone(name: str) -> bool:
    """Whether there is nothing any more under a full name, of a module and what it defines."""
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:end])
        if module in sys.modules:
            return present_definition(module, ".".join(parts[end:])) is MISSING
    return True


def _place_of(cls: type) -> tuple[str, str]:
    qualname: str = type.__dict__["__qualname__"].__get__(cls)
    return full_name(cls).removesuffix(f".{qualname}"), qualname


def _why_no_version(cls: type, new: object, definitions: Definitions) -> str:
    module, qualname = _place_of(cls)
    if "<" in qualname:
        return messages.because_made_in_function(qualname.partition(".<")[0])
    if not issubclass(type(new), type):
        is_there = qualname.partition(".")[0] in loaded_namespace(module)
        return messages.because_no_class(full_name(cls), is_there=is_there)
    assert isinstance(new, type)
    if definitions.first_old_class(new) is not None:
        return messages.because_still_old(full_name(cls))
    enum = sys.modules.get("enum")
    if enum is not None and issubclass(type(new), enum.EnumMeta):
        return messages.because_enumeration()
    return ""


def _why_other_layout(old: type, new: Any) -> str:
    """Returns in which way objects of the new class are laid out differently; mostly empty."""
    fields = [attributes_of_class(cls).get("_fields") for cls in (old, new)]
    if issubclass(old, tuple) and fields[0] != fields[1]:
        return messages.because_other_fields()
    before, after = (frozenset(slots_of(cls)) for cls in (old, new))
    if before != after:
        return messages.because_other_slots(sorted(before - after), sorted(after - before))
    return ""
