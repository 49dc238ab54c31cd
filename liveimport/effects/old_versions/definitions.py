"""Which classes, functions and values are of an old version of a module."""

import gc
from collections.abc import Callable, Container, Iterable, Mapping
from functools import cached_property
from types import (
    AsyncGeneratorType,
    CodeType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    MappingProxyType,
    ModuleType,
)
from typing import Any, NamedTuple

from liveimport.core.overview.old_objects import (
    DEFINITION,
    INSTANCE,
    INSTANCE_OF_SUBCLASS,
    MADE,
    RUNNING,
    SUBCLASS,
    VALUE,
    OldKind,
)
from liveimport.effects.loaded.modules import MISSING, loaded_namespace
from liveimport.effects.loaded.walk import (
    OF_THE_IMPORT_SYSTEM,
    PLAIN,
    attributes_of_class,
    is_plain,
    kept_by_function,
    mro_of,
)

_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class that a program made as it ran
_DEEPEST_WRAPPER = 4
_MOST_WRAPPERS = 500
_NOTHING: Mapping[Any, Any] = MappingProxyType({})
_RUNNING: Mapping[type, str] = {
    GeneratorType: "gi_code",
    CoroutineType: "cr_code",
    AsyncGeneratorType: "ag_code",
}
# What the metaclass of a user says of its classes is not asked.
_flags_of: Callable[[type], int] = type.__dict__["__flags__"].__get__
_module_of: Callable[[type], object] = type.__dict__["__module__"].__get__
_qualname_of: Callable[[type], str] = type.__dict__["__qualname__"].__get__


class Old(NamedTuple):
    """What is old about an object.

    Attributes:
        kind: What it is to the old definition or value.
        name: The full name of that, such as ``models.Net``.
        subclass: The class of the object, if that is another one.
    """

    kind: OldKind
    name: str
    subclass: str = ""


Before = tuple[Callable[[str], Mapping[str, Any]], frozenset[str]]
"""What gives the dict of a module as it was before a run, and which modules ran."""


class Definitions:
    """Tells what is old from what is present, after modules were reloaded.

    Args:
        reloaded: The modules.
        codes: By module, the code that ran last; None or missing where its loader ran it.
        before: The dicts of the modules as they were.
        values: By id, values that were replaced before, with their names.
        old_files: The file names of old functions, with their modules.
    """

    def __init__(
        self,
        reloaded: Container[str],
        codes: Mapping[str, CodeType | None],
        before: Iterable[Before] = (),
        values: Mapping[int, tuple[str, type]] = _NOTHING,
        old_files: Mapping[str, str] = _NOTHING,
    ) -> None:
        self._reloaded = reloaded
        self._codes = codes
        self._before = tuple(before)
        self._known_values = values
        self._old_files = old_files
        self._present: dict[str, frozenset[int]] = {}
        # With the classes themselves, so that no other object gets their ids meanwhile.
        self._classes: dict[int, tuple[type, type | None]] = {}

    def old(self, value: Any) -> Old | None:
        """Returns what is old about an object itself; None if nothing is."""
        kind = type(value)
        if kind in PLAIN:
            return None
        old = None
        if kind is FunctionType:
            old = self._old_function(value)
        elif kind in _RUNNING:
            old = self._old_call(getattr(value, _RUNNING[kind]))
        elif issubclass(kind, type):
            old = self._old_class(value)
        return old or self._old_instance(kind) or self._old_value(value)

    def _old_call(self, code: CodeType) -> Old | None:
        home = self._home_of_old_code(code)
        return None if home is None else Old(RUNNING, f"{home}.{_outermost(code)}")

    def _old_class(self, cls: type) -> Old | None:
        found = self.first_old_class(cls)
        if found is None:
            return None
        return Old(DEFINITION if found is cls else SUBCLASS, full_name(found))

    def _old_instance(self, kind: type) -> Old | None:
        found = self.first_old_class(kind)
        if found is None:
            return None
        if found is kind:
            return Old(INSTANCE, full_name(kind))
        return Old(INSTANCE_OF_SUBCLASS, full_name(found), _qualname_of(kind))

    def first_old_class(self, cls: type) -> type | None:
        """Returns a class if it is old, or else the first of its bases that is; or None."""
        known = self._classes.get(id(cls))
        if known is None:
            old = next((base for base in mro_of(cls) if self._is_old_class(base)), None)
            known = self._classes[id(cls)] = (cls, old)
        return known[1]

    def _is_old_class(self, cls: type) -> bool:
        module = _module_of(cls)
        # A compiled class was made by no run of a module.
        if module not in self._reloaded or not _flags_of(cls) & _HEAP_TYPE:
            return False
        assert isinstance(module, str)
        if "<" in _qualname_of(cls):
            return any(map(self._is_old_function, _functions_of(cls)))
        found = present_definition(module, _qualname_of(cls))
        if module == "__main__" and not issubclass(type(found), type):
            return False  # it may never have had a name, or the user deleted that
        return not _is_or_keeps(found, cls)

    def _old_function(self, function: FunctionType) -> Old | None:
        home = function.__globals__.get("__name__")
        if (
            not isinstance(home, str)
            or home not in self._reloaded
            or function.__globals__ is not loaded_namespace(home)
        ):
            return None
        name = function.__code__.co_qualname
        if "<" not in name:
            # Generated code, such as a dataclass has, tells less than its class.
            file = function.__code__.co_filename
            is_source = file == function.__globals__.get("__file__") or file in self._old_files
            if not is_source or _is_or_keeps(present_definition(home, name), function):
                return None
            return Old(DEFINITION, f"{home}.{name}")
        if not self._is_old_function(function):
            return None
        maker = _outermost(function.__code__)
        return Old(DEFINITION if maker.startswith("<") else MADE, f"{home}.{maker}")

    def _is_old_function(self, function: FunctionType) -> bool:
        return self._home_of_old_code(function.__code__) is not None

    def _home_of_old_code(self, code: CodeType) -> str | None:
        """Returns the reloaded module that made code, if that is not of its last version."""
        if code.co_filename in self._old_files:
            return self._old_files[code.co_filename]
        home = self._by_file.get(code.co_filename)
        if home is None or home not in self._reloaded:
            return None
        if home not in self._present:
            ran = self._codes.get(home)
            self._present[home] = frozenset() if ran is None else ids_of(nested_code(ran))
        return None if id(code) in self._present[home] else home

    @cached_property
    def _by_file(self) -> dict[str, str]:
        return {
            code.co_filename: name for name, code in self._codes.items() if code is not None
        }

    def _old_value(self, value: object) -> Old | None:
        is_definition = isinstance(value, FunctionType | type)
        name, kind = self._known_values.get(id(value), ("", None))
        if kind is not type(value):
            name = self._name_before(value)
        return Old(DEFINITION if is_definition else VALUE, name) if name else None

    def _name_before(self, value: object) -> str:
        """Returns the full name of a value that a module had, if it has another one now."""
        module = self._modules_before.get(id(value))
        if module is None:
            return ""
        now = loaded_namespace(module)
        for dict_of, _ in self._before:
            for name, held in dict_of(module).items():
                if held is value:
                    is_old = now.get(name) is not value and _is_worth_telling(name, value, now)
                    return f"{module}.{name}" if is_old else ""
        return ""

    @cached_property
    def _modules_before(self) -> dict[int, str]:
        """By id, the modules that had a value, also if they have it still.

        To compare each value takes 8 of 150 ms after an edit at the bottom of 1,000 modules.
        """
        found: dict[int, str] = {}
        for dict_of, modules in self._before:
            # Of several that have it, the first by name is told.
            for module in sorted(modules, reverse=True):
                found.update(dict.fromkeys(map(id, dict_of(module).values()), module))
        return found


def _is_worth_telling(name: str, value: object, now: Mapping[str, Any]) -> bool:
    kind = type(value)
    if kind in PLAIN or issubclass(kind, ModuleType) or name in OF_THE_IMPORT_SYSTEM:
        return False
    if kind in (tuple, frozenset) and is_plain(value):
        # Nothing can change in it. If it is equal, it is as good as the new one.
        new = now.get(name)
        return type(new) is not kind or not is_plain(new) or new != value
    return True


def full_name(cls: type) -> str:
    """Returns the module and the name of a class."""
    return f"{_module_of(cls)}.{_qualname_of(cls)}"


def present_definition(module: str, qualname: str) -> object:
    """Returns what a module has under a dotted name now, or MISSING. No class is asked."""
    found: object = MISSING
    held: Mapping[str, Any] = loaded_namespace(module)
    for part in qualname.split("."):
        found = held.get(part, MISSING)
        held = attributes_of_class(found) if issubclass(type(found), type) else {}  # type: ignore[arg-type]  # it is a class
    return found


def nested_code(code: CodeType) -> list[CodeType]:
    """Returns the code of a module, or of a function, and all that is defined in it."""
    found = [code]
    for one in found:
        found += [inner for inner in one.co_consts if type(inner) is CodeType]
    return found


def ids_of(values: Iterable[object]) -> frozenset[int]:
    """Returns the ids of values that are kept alive."""
    return frozenset(map(id, values))


def _functions_of(cls: type) -> list[FunctionType]:
    return [v for v in attributes_of_class(cls).values() if type(v) is FunctionType]


def _outermost(code: CodeType) -> str:
    return code.co_qualname.partition(".<locals>")[0]


def _is_or_keeps(present: object, definition: object) -> bool:
    """Whether a name stands for a definition, if only for what a decorator made of it."""
    if present is definition:
        return True
    if present is MISSING:
        return False
    level, seen = [present], {id(present)}
    for _ in range(_DEEPEST_WRAPPER):
        below: list[object] = []
        for value in level:
            kept = kept_by_function(value) if type(value) is FunctionType else _referents(value)
            below += [v for v in kept if type(v) not in PLAIN and id(v) not in seen]
            if any(v is definition for v in below):
                return True
            seen.update(map(id, below))
            if len(seen) > _MOST_WRAPPERS:
                return False
        level = below
    return False


def _referents(value: object) -> list[object]:
    if issubclass(type(value), type | ModuleType):
        return []
    return gc.get_referents(value)
