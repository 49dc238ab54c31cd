"""Classes whose annotations nobody looks up as they are made.

With ``from __future__ import annotations`` they are texts. A metaclass, a base class, a decorator
or an attribute may look up what they name.
"""

import functools
from abc import ABCMeta
from collections.abc import Iterable
from inspect import CO_NEWLOCALS
from types import CodeType, FunctionType
from typing import Generic, Protocol

from liveimport.core.need.demand import used_names
from liveimport.core.source.reads import code_reads
from liveimport.effects.loaded.modules import home_of, loaded_namespace
from liveimport.effects.loaded.walk import PLAIN, attributes_of_class

_LOOK_AT_NOTHING = (object, Generic, Protocol)
"""What these do when a class is derived from them looks no text up."""
_WITHOUT_HOOKS = PLAIN | {FunctionType, property, classmethod, staticmethod}
_SETTING_NAMES = frozenset({functools.cached_property, functools.partialmethod})


def plain_classes(module: str, codes: Iterable[CodeType]) -> frozenset[str]:
    """Returns the classes at the top level of a module whose annotations nobody has looked up.

    `codes` is the code of the module that ran.
    """
    ran = tuple(codes)
    names = {
        code.co_name
        for code in ran
        if not code.co_flags & CO_NEWLOCALS
        and code.co_qualname == code.co_name != "<module>"
        and code_reads(code).annotated
    }
    if not names:
        return frozenset()
    held = loaded_namespace(module)
    return frozenset(
        name
        for name in names - used_names(ran)
        if _is_plain(held.get(name)) and home_of(held[name]) == module
    )


def _is_plain(cls: object) -> bool:
    """Whether neither the type of a class, nor its bases and attributes, see how it is made."""
    if type(cls) not in (type, ABCMeta):
        return False
    assert isinstance(cls, type)
    bases = type.__getattribute__(cls, "__mro__")
    return not any(map(_has_hook, bases[1:])) and all(
        map(_is_unaware, attributes_of_class(cls).values())
    )


def _has_hook(base: type) -> bool:
    is_known = any(base is known for known in _LOOK_AT_NOTHING)
    return not is_known and "__init_subclass__" in attributes_of_class(base)


def _is_unaware(value: object) -> bool:
    kind = type(value)
    return (
        kind in _WITHOUT_HOOKS
        or kind in _SETTING_NAMES
        or not any(
            "__set_name__" in attributes_of_class(base)
            for base in type.__getattribute__(kind, "__mro__")
        )
    )
