"""The values in a session, as text that can be compared between two processes.

Objects that can have a version (classes, functions, instances) get a label: the first place
where they were met. So two descriptions are equal only if the same objects are shared in the
same places, which is class identity and more.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any
from zlib import crc32

_LEFT_OUT = frozenset({"__builtins__", "__cached__", "__loader__", "__spec__"})
_CLASS_ONLY = frozenset({"__dict__", "__weakref__", "__module__", "__qualname__"})


class _Describer:
    """Describes values, and labels the objects that it meets."""

    def __init__(self) -> None:
        self._labels: dict[int, str] = {}
        self._alive: list[object] = []  # an id is that of one object while it lives

    def value(self, value: Any, place: str) -> str:
        """Returns what the value is; `place` says where it was met."""
        if isinstance(value, ModuleType):
            current = sys.modules.get(value.__name__) is value
            return f"module {value.__name__}{'' if current else ' (replaced)'}"
        if _is_plain(value):
            return repr(value)
        if isinstance(value, tuple):
            return f"({self._each(value, place)})"
        if id(value) in self._labels:
            return f"same as {self._labels[id(value)]}"
        self._labels[id(value)] = place
        self._alive.append(value)
        return self._first_met(value, place)

    def _first_met(self, value: Any, place: str) -> str:
        if isinstance(value, type):
            return self._class(value, place)
        if isinstance(value, FunctionType):
            return self._function(value, place)
        if isinstance(value, list):
            return f"[{self._each(value, place)}]"
        attributes = ", ".join(self.items(getattr(value, "__dict__", {}), place))
        return f"instance of {self.value(type(value), f'type({place})')} with {attributes}"

    def _each(self, values: Iterable[Any], place: str) -> str:
        return ", ".join(self.value(v, f"{place}[{i}]") for i, v in enumerate(values))

    def items(self, values: Mapping[str, Any], place: str) -> list[str]:
        """Returns an entry for each name, in the order of the names."""
        return [
            f"{name}={self.value(values[name], f'{place}.{name}')}"
            for name in sorted(values, key=str)
        ]

    def _class(self, value: type, place: str) -> str:
        bases = [self.value(b, f"{place}.base{i}") for i, b in enumerate(value.__bases__)]
        attributes = {k: v for k, v in vars(value).items() if k not in _CLASS_ONLY}
        current = _current(value)
        return (
            f"class {value.__module__}.{value.__qualname__} {current} of {bases} "
            f"with {self.items(attributes, place)}"
        )

    def _function(self, value: FunctionType, place: str) -> str:
        module = sys.modules.get(value.__module__)
        home = module is not None and value.__globals__ is vars(module)
        try:
            given = self.value(value(), f"{place}()")
        except (Exception, SystemExit) as error:  # noqa: BLE001  # what it raises is what it does
            given = f"raises {type(error).__name__}: {error}"
        positions = crc32(repr(list(_positions(value.__code__))).encode())
        return (
            f"function {value.__module__}.{value.__qualname__} {_current(value)} "
            f"{'at home' if home else 'astray'} giving {given} "
            f"on line {value.__code__.co_firstlineno} and at {positions}"
        )


def _positions(code: CodeType) -> Iterator[object]:
    """Yields the positions of a code, and of all code in it."""
    yield code.co_firstlineno
    yield from code.co_positions()
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _positions(inner)


def _is_plain(value: Any) -> bool:
    if isinstance(value, type):
        return value.__module__ == "builtins"
    return value is None or isinstance(value, int | str | bytes | float)


def _current(value: Any) -> str:
    module = sys.modules.get(value.__module__)
    now = vars(module).get(value.__qualname__) if module is not None else None
    return "current" if now is value else "not current"


def describe(modules: Iterable[str], namespace: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Returns by module what each of its names is bound to; the namespace under the empty name."""
    describer = _Describer()
    described: dict[str, dict[str, str]] = {}
    for name in sorted(modules):
        module = sys.modules[name]
        values = {k: v for k, v in vars(module).items() if k not in _LEFT_OUT}
        if "__path__" in values:
            values["__path__"] = list(values["__path__"])
        described[name] = {k: describer.value(values[k], f"{name}.{k}") for k in sorted(values)}
        described[name].update(_as_imported(module))
    values = {k: v for k, v in namespace.items() if not k.startswith("__")}
    described[""] = {k: describer.value(values[k], k) for k in sorted(values)}
    return described


def modules_below(root: str) -> list[str]:
    """Returns the names of the loaded modules that come from files below a folder."""
    found = []
    for name, module in list(sys.modules.items()):
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        places = getattr(module, "__path__", None)
        places = getattr(places, "_path", places) or []
        if any(isinstance(p, str) and p.startswith(root + os.sep) for p in [origin, *places]):
            found.append(name)
    return sorted(found)


def _as_imported(module: ModuleType) -> dict[str, str]:
    spec = module.__spec__
    assert spec is not None
    places = spec.submodule_search_locations
    package, _, child = module.__name__.rpartition(".")
    parent = sys.modules.get(package)
    return {
        "spec": f"{spec.name} from {spec.origin} by {type(spec.loader).__name__}",
        "spec places": repr(None if places is None else list(places)),
        "spec state": repr(getattr(spec, "_initializing", False)),
        "type": repr(type(module)),
        "loader": type(module.__loader__).__name__,
        "in parent": repr(parent is not None and vars(parent).get(child) is module),
    }
