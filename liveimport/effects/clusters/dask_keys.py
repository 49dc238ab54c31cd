"""Keys of Dask that depend on the version of the code: so no old result answers a new call.

Dask makes the key of a call from its function and arguments. Of a function in a module it takes only
the name.
"""

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from dask.base import normalize_token

from .protocol import require

VersionOf = Callable[[str], str | None]
"""Returns the version of a module, by its name; None if it is not followed."""

_CODE = (FunctionType, type)
_KINDS = (*_CODE, object)
"""What gets versions. A method's key is made of that of its object."""


def install(version_of: VersionOf) -> None:
    """Adds versions to the keys of functions, classes and objects; for each client once more.

    Raises:
        RuntimeError: This release of Dask lacks what that takes.
    """
    require("dask", normalize_token, "normalize_token", ("_lookup", "dispatch", "register"))
    for kind in _KINDS:
        present = normalize_token.dispatch(kind)
        if isinstance(present, _VersionedKeys):
            present.users += 1
        else:
            _register(kind, _VersionedKeys(version_of, present), present)


def uninstall() -> None:
    """Undoes one `install`. Dask cannot forget a kind: it gets its own function back."""
    for kind in _KINDS:
        present = normalize_token.dispatch(kind)
        if isinstance(present, _VersionedKeys):
            present.users -= 1
            if not present.users:
                _register(kind, present.before, present)


def _register(kind: type, new: Callable[[Any], Any], old: Callable[[Any], Any]) -> None:
    """Lets Dask call `new` instead of `old`, for its subclasses too.

    Dask remembers what it found for a class: else one that it has met would stay as it was.
    """
    normalize_token.register(kind, new)
    found = normalize_token._lookup  # noqa: SLF001  # nothing public forgets it
    for known in [known for known, handler in found.items() if handler is old]:
        if issubclass(known, kind):
            normalize_token.register(known, new)


class _VersionedKeys:
    """What Dask calls for a function, a class or an object, to make a part of a key of it."""

    def __init__(self, version_of: VersionOf, before: Callable[[Any], Any]) -> None:
        self._version_of = version_of
        self.before = before
        self.users = 1

    def __call__(self, code: Any) -> Any:
        """Returns the part of the key."""
        token = self.before(code)
        versions = tuple(sorted(set(self._versions(code))))
        return (token, "liveimport", versions) if versions else token

    def _versions(self, code: Any) -> Iterator[str]:
        """Yields the versions of the module of a function or class, or of the class of an object.

        Of one of the notebook: of all modules that its code names.
        """
        seen: set[int] = set()
        pending: list[object] = [code if isinstance(code, _CODE) else type(code)]
        while pending:
            one = pending.pop()
            if id(one) in seen:
                continue
            seen.add(id(one))
            module = one.__name__ if isinstance(one, ModuleType) else _module_of(one)
            version = None if module is None else self._version_of(module)
            if version is not None:
                yield version
            elif isinstance(one, FunctionType):
                pending += _named_by(one)
            elif isinstance(one, type) and module == "__main__":
                pending += [v for v in vars(one).values() if isinstance(v, FunctionType)]


def _module_of(code: object) -> str | None:
    module = getattr(code, "__module__", None) if isinstance(code, _CODE) else None
    return module if isinstance(module, str) else None


def _named_by(function: FunctionType) -> Iterator[object]:
    """Yields the modules, functions and classes that a function of the notebook may use."""
    if function.__module__ != "__main__":
        return
    for name in _names_in(function.__code__):
        value = function.__globals__.get(name)
        if isinstance(value, (ModuleType, *_CODE)):
            yield value
    for cell in function.__closure__ or ():
        try:
            value = cell.cell_contents
        except ValueError:  # it is empty yet
            continue
        if isinstance(value, (ModuleType, *_CODE)):
            yield value


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
