"""What the modules of a package hold, as JSON that can be compared between two processes.

A class or a function of the package is described in full at home, which is where it says that it
was made, and by name everywhere else. Where it is not what stands at its home, it is described
in full, and as such. So a stale class or function shows wherever it is held.

    PYTHONHASHSEED=0 python as_text.py FOLDER IMPORTS PACKAGE...

executes the imports with FOLDER first on the path, and prints the description.
"""

import contextlib
import functools
import hashlib
import json
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GenericAlias,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    UnionType,
)
from typing import Any

Text = Any  # strings in lists in dicts
Described = dict[str, dict[str, Text]]

NAMESPACE = "(the namespace)"
DEEPEST, LARGEST = 9, 400

_PLAIN = (type(None), bool, int, float, complex, str, bytes, range, slice, re.Pattern)
# How a module was loaded, and what is made when it is first asked for.
_OF_IMPORT = {"__builtins__", "__cached__", "__file__", "__loader__", "__path__", "__spec__"}
_MADE_LATER = {
    "__annotations__",
    "__dict__",
    "__slotnames__",
    "__subclasshook__",
    "__warningregistry__",
    "__weakref__",
    "_abc_impl",
}


class _Describer:
    """Describes what one name is bound to; whatever is met again is said to be there again."""

    def __init__(self, root: str, packages: tuple[str, ...]) -> None:
        self._root = root
        self._packages = packages
        self._met: set[int] = set()

    def value(  # noqa: PLR0911  # one for each kind of value
        self, value: Any, place: str, depth: int = 0
    ) -> Text:
        """Returns what the value is; `place` says where it was met."""
        kind = type(value)
        if kind in _PLAIN:
            return _without_addresses(repr(value)).replace(self._root, "ROOT")
        if issubclass(kind, ModuleType):
            current = sys.modules.get(value.__name__) is value
            return f"module {value.__name__}{'' if current else ', another one'}"
        if kind is dict and value is vars(sys.modules.get(str(value.get("__name__")), object)):
            return f"the names of {value['__name__']}"
        if depth > DEEPEST:
            return f"some {kind.__qualname__}"
        if self._is_ours(value, kind):
            if place == _home(value) or not _is_current(value):
                return self._once(value, place, depth)
            return f"{_home(value)}, current"
        if issubclass(kind, type | BuiltinFunctionType):
            return f"{value.__module__}.{value.__qualname__}"
        return self._once(value, place, depth)

    def _is_ours(self, value: Any, kind: type) -> bool:
        return issubclass(kind, type | FunctionType) and self._of_package(value)

    def _of_package(self, value: Any) -> bool:
        module = value.__module__
        return isinstance(module, str) and module.partition(".")[0] in self._packages

    def _once(self, value: Any, place: str, depth: int) -> Text:
        if id(value) in self._met:
            return f"a {type(value).__qualname__} again"
        self._met.add(id(value))
        for kinds, describe in self._ways().items():
            if issubclass(type(value), kinds):
                return describe(value, place, depth)
        return self._instance(value, place, depth)

    @functools.cache  # noqa: B019  # one describer for one name
    def _ways(self) -> dict[Any, Callable[[Any, str, int], Text]]:
        return {
            type: self._class,
            FunctionType: self._function,
            (staticmethod, classmethod): self._wrapper,
            property: self._property,
            MethodType: self._method,
            functools.partial: self._partial,
            (GenericAlias, UnionType, type(list[int] | None)): self._generic,
            (tuple, list, deque): self._sequence,
            (set, frozenset): self._set,
            (dict, MappingProxyType): self._mapping,
        }

    def _each(self, values: Any, place: str, depth: int) -> list[Text]:
        return [self.value(v, f"{place}[]", depth + 1) for v in values]

    def _items(self, values: dict[Any, Any], place: str, depth: int) -> dict[str, Text]:
        return {
            str(key): self.value(values[key], f"{place}.{key}", depth + 1)
            for key in sorted(values, key=str)
        }

    def _class(self, value: type, place: str, depth: int) -> Text:
        bases = [
            f"{_home(base)}{'' if _is_current(base) else ', stale'}"
            for base in type.mro(value)[1:]
            if self._of_package(base)
        ]
        held = {k: v for k, v in vars(value).items() if k not in _MADE_LATER}
        return [f"class {_mark(value)}", bases, self._items(held, place, depth)]

    def _function(self, value: FunctionType, place: str, depth: int) -> Text:
        if not self._of_package(value):
            wrapped = vars(value).get("__wrapped__")
            return [f"function {_home(value)}", self.value(wrapped, place, depth + 1)]
        cells = [_content(cell) for cell in value.__closure__ or ()]
        held = {k: v for k, v in vars(value).items() if k != "__wrapped__"}
        return [
            f"function {_mark(value)}{'' if _is_at_home(value) else ', astray'}",
            f"code {_digest(_code(value.__code__))}",
            self._each(value.__defaults__ or (), place, depth),
            self._items(value.__kwdefaults__ or {}, place, depth),
            self._each(cells, place, depth),
            self._items(held, place, depth),
            self.value(vars(value).get("__wrapped__"), place, depth + 1),
        ]

    def _wrapper(self, value: Any, place: str, depth: int) -> Text:
        return [type(value).__name__, self.value(value.__func__, place, depth)]

    def _property(self, value: property, place: str, depth: int) -> Text:
        parts = (value.fget, value.fset, value.fdel)
        return ["property", [self.value(part, place, depth) for part in parts]]

    def _method(self, value: MethodType, place: str, depth: int) -> Text:
        return [
            "method",
            self.value(value.__func__, f"{place}.__func__", depth),
            self.value(value.__self__, f"{place}.__self__", depth + 1),
        ]

    def _partial(self, value: functools.partial[Any], place: str, depth: int) -> Text:
        parts = (value.func, value.args, value.keywords)
        return ["partial", self._each(parts, place, depth)]

    def _generic(self, value: Any, place: str, depth: int) -> Text:
        origin = str(getattr(value, "__origin__", "union"))
        return [_without_addresses(origin), self._each(value.__args__, place, depth)]

    def _sequence(self, value: Any, place: str, depth: int) -> Text:
        inside = [v for v, _ in zip(iter(value), range(LARGEST), strict=False)]
        return [type(value).__qualname__, len(value), self._each(inside, place, depth)]

    def _set(self, value: Any, place: str, depth: int) -> Text:
        met, texts = self._met, []
        for inside in value:  # in no order: what was met must not depend on it
            self._met = set(met)
            texts.append(_dumped(self.value(inside, f"{place}[]", depth + 1)))
        self._met = met
        return [type(value).__qualname__, sorted(texts)]

    def _mapping(self, value: Any, place: str, depth: int) -> Text:
        kind = dict if isinstance(value, dict) else type(value)
        met, items = set(self._met), []
        for key, inside in list(kind.items(value)):
            self._met = set(met)
            items.append((_dumped(self.value(key, f"{place}[]", depth + 1)), inside))
        self._met = met
        items.sort(key=lambda item: item[0])
        return [
            type(value).__qualname__,
            len(items),
            {key: self.value(v, f"{place}[]", depth + 1) for key, v in items[:LARGEST]},
        ]

    def _instance(self, value: Any, place: str, depth: int) -> Text:
        kind = type(value)
        said = f"instance of {_home(kind)}"
        if not self._of_package(kind):
            wrapped = _attributes(value).get("__wrapped__")
            return [said, self.value(wrapped, place, depth + 1)] if wrapped else said
        said += "" if _is_current(kind) else ", stale"
        return [said, self._items(_attributes(value), place, depth)]


def _attributes(value: Any) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for kind in type(value).__mro__:
        for name, slot in vars(kind).items():
            if type(slot) is MemberDescriptorType:
                with contextlib.suppress(AttributeError):
                    held[name] = slot.__get__(value)
    with contextlib.suppress(AttributeError):
        held.update(object.__getattribute__(value, "__dict__"))
    return held


def _home(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def _mark(value: Any) -> str:
    return f"{_home(value)}, {'current' if _is_current(value) else 'not current'}"


def _is_at_home(function: FunctionType) -> bool:
    module = sys.modules.get(function.__module__)
    return module is not None and function.__globals__ is vars(module)


def _is_current(value: Any) -> bool:
    """Whether the value is what stands where it says that it was made."""
    found: Any = sys.modules.get(value.__module__)
    for part in value.__qualname__.split("."):
        if not isinstance(found, ModuleType | type) or part not in vars(found):
            return False
        found = vars(found)[part]
    return any(inside is value for inside in _unwrapped(found))


def _unwrapped(value: Any) -> Iterator[Any]:
    if type(value) is property:
        yield from (value.fget, value.fset, value.fdel)
    while value is not None:
        yield value
        if isinstance(value, staticmethod | classmethod | MethodType):
            value = value.__func__
        else:
            value = None if isinstance(value, type) else _attributes(value).get("__wrapped__")


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return "(empty)"


def _code(code: CodeType) -> Text:
    return [
        code.co_name,
        code.co_code.hex(),
        code.co_linetable.hex(),
        code.co_firstlineno,
        [code.co_names, code.co_varnames, code.co_freevars, code.co_flags],
        [_constant(constant) for constant in code.co_consts],
    ]


def _constant(value: Any) -> Text:
    if isinstance(value, CodeType):
        return _code(value)
    if isinstance(value, frozenset):
        return sorted(map(repr, value))
    return [_constant(v) for v in value] if isinstance(value, tuple) else repr(value)


def _digest(text: Text) -> str:
    return hashlib.sha256(_dumped(text).encode()).hexdigest()[:12]


def _dumped(text: Text) -> str:
    return json.dumps(text, sort_keys=True)


def _without_addresses(text: str) -> str:
    return re.sub(r"0x[0-9a-f]{6,}", "0x", text)


def described(root: str, packages: tuple[str, ...], namespace: dict[str, Any]) -> Described:
    """Returns by module, and for the namespace, what each name is bound to."""
    spaces = {
        name: vars(module)
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] in packages and isinstance(module, ModuleType)
    }
    left_out = _OF_IMPORT | _MADE_LATER
    text: Described = {}
    for space, names in {**spaces, NAMESPACE: namespace}.items():
        text[space] = {}
        for name, value in sorted(names.items()):
            if name not in left_out:
                describer = _Describer(root, packages)
                text[space][name] = describer.value(value, f"{space}.{name}")
    return text


def main(folder: str, imports: str, *packages: str) -> None:
    """Prints what the modules hold after the imports."""
    sys.path.append(sys.path[0])  # some packages look at the path: it has as many folders
    sys.path[0] = folder
    namespace: dict[str, Any] = {"__name__": "session"}
    with contextlib.redirect_stdout(sys.stderr):
        exec(imports, namespace)  # noqa: S102  # what the session did at first
        text = described(folder, packages, namespace)
    json.dump(text, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
