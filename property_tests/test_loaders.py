"""Whatever loader a module has, it reloads as an import of the same file would load it now.

Loaders are put together at random: what they override, what they wrap, how their finder finds.
"""

import importlib
import importlib.abc
import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from liveimport.core.imports import parse_imports
from liveimport.effects.session.session import Session

MODULE = "loaded_oddly"


class Special(ModuleType):
    """What some loaders create."""

    @property
    def special(self) -> str:
        """Tells that a module is one."""
        return f"special {self.v}"


# What a loader overrides. Each leaves another trace in the module.


class Data:
    def get_data(self, path: str) -> bytes:
        data: bytes = super().get_data(path)  # type: ignore[misc]  # of the loader it is mixed into
        return data if path.endswith(".pyc") else data.replace(b"DATA", b"'data'")


class DataByHand:
    def get_data(self, path: str) -> bytes:
        return Path(path).read_bytes().replace(b"DATA", b"'data'")


class Code:
    def get_code(self, name: str) -> Any:
        path = self.get_filename(name)  # type: ignore[attr-defined]
        data = self.get_data(path).replace(b"CODE", b"'code'")  # type: ignore[attr-defined]
        return self.source_to_code(data, path)  # type: ignore[attr-defined]


class Compile:
    def source_to_code(self, data: bytes, path: str, *name: str, **options: Any) -> Any:
        data = bytes(data).replace(b"COMPILE", b"'compile'")
        return super().source_to_code(data, path, **options)  # type: ignore[misc]


class Execute:
    def exec_module(self, module: ModuleType) -> None:
        vars(module)["EXECUTE"] = "execute"
        super().exec_module(module)  # type: ignore[misc]
        vars(module)["executed"] = vars(module)["v"]


class Create:
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = Special(spec.name)
        vars(module)["created"] = spec.loader_state
        return module


class Single:
    def __copy__(self) -> None:
        raise NotImplementedError

    __reduce_ex__ = __copy__  # type: ignore[assignment]


PARTS = {
    part.__name__: part for part in (Data, DataByHand, Code, Compile, Execute, Create, Single)
}


class FromAbc(importlib.abc.SourceLoader):
    """A loader that is not Python's own, but built on it."""

    def __init__(self, name: str, path: str) -> None:
        self.name, self.path = name, path

    def get_filename(self, _name: str) -> str:
        return self.path

    def get_data(self, path: str) -> bytes:
        return Path(path).read_bytes()


BASES = {"SourceFileLoader": SourceFileLoader, "FromAbc": FromAbc}

# What wraps a loader.


def patched(module: ModuleType) -> None:
    """What a hook does once a module has run."""
    vars(module)["wrapped"] = ("wrapped", vars(module)["v"])


class Proxy:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def exec_module(self, module: ModuleType) -> None:
        self.inner.exec_module(module)
        patched(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class OnInstance:
    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.create_module = inner.create_module
        self.exec_module = self._exec

    def _exec(self, module: ModuleType) -> None:
        self.inner.exec_module(module)
        patched(module)


class ByGetattr:
    __slots__ = ("_inner",)

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return self._run if name == "exec_module" else getattr(self._inner, name)

    def _run(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        patched(module)


class GivesItsPlace(Proxy):
    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        assert spec is not None
        spec.loader = module.__loader__ = self.inner
        super().exec_module(module)


class OldStyle:
    """What ran modules before Python 3.4, and still does."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def load_module(self, name: str) -> ModuleType:
        module = sys.modules.setdefault(name, ModuleType(name))
        vars(module)["__file__"] = self._inner.path
        self._inner.exec_module(module)
        patched(module)
        return module


def lazy(inner: Any) -> Any:
    """Returns what loads the module when it is first used."""
    return importlib.util.LazyLoader(inner)


def on_loader(inner: Any) -> Any:
    """Returns the loader with a method of its own."""
    execute = inner.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        patched(module)

    inner.exec_module = exec_module
    return inner


WRAPPERS = {
    "none": lambda inner: inner,
    "proxy": Proxy,
    "on instance": OnInstance,
    "by getattr": ByGetattr,
    "gives its place": GivesItsPlace,
    "old style": OldStyle,
    "lazy": lazy,
    "on loader": on_loader,
}


class Kind(NamedTuple):
    """A kind of loader.

    Attributes:
        base: What it is built on.
        parts: What it overrides.
        wrapper: What wraps it.
        found: How it is found: by a finder of all, or by one of folders.
        is_package: Whether it loads a package, in two places.
        stays: Whether the finder stays once the module is imported.
        extended: Who adds to the places of the package: nobody, itself, or others.
    """

    base: str
    parts: tuple[str, ...]
    wrapper: str
    found: str
    is_package: bool
    stays: bool
    extended: str = "not"


PLAIN = Kind("SourceFileLoader", (), "none", "on meta_path", is_package=False, stays=True)
"""Python's own, found by a finder of its own."""


def kinds() -> st.SearchStrategy[Kind]:
    """Returns kinds of loaders, most of them odd."""
    return st.builds(
        Kind,
        base=st.sampled_from(sorted(BASES)),
        parts=st.lists(st.sampled_from(sorted(PARTS)), unique=True, max_size=3).map(tuple),
        wrapper=st.sampled_from(sorted(WRAPPERS)),
        found=st.sampled_from(("on meta_path", "by path hook")),
        is_package=st.booleans(),
        stays=st.sampled_from((True, True, False)),
        extended=st.sampled_from(("not", "by itself", "by others")),
    )


class Hook:
    """What finds the module."""

    def __init__(self, kind: Kind, folder: str) -> None:
        self._kind, self._folder = kind, folder
        bases = (*(PARTS[part] for part in kind.parts), BASES[kind.base])
        self._loader = type("Loader", bases, {}) if kind.parts else BASES[kind.base]
        file = f"{MODULE}/__init__.py" if kind.is_package else f"{MODULE}.py"
        self.path = Path(folder, file)
        self._places = [str(self.path.parent), str(Path(folder, "more", MODULE))]
        self._before = sys.path_hooks[:]

    def find_spec(self, name: str, _path: object, _target: object = None) -> ModuleSpec | None:
        """Returns its spec."""
        if name != MODULE:
            return None
        loader = self._make(name, str(self.path))
        places = self._places[:] if self._kind.is_package else None
        spec = importlib.util.spec_from_file_location(
            name, self.path, loader=loader, submodule_search_locations=places
        )
        assert spec is not None
        spec.loader_state = {"state": len(name)}
        return spec

    def _make(self, name: str, path: str) -> Any:
        return WRAPPERS[self._kind.wrapper](self._loader(name, path))

    def install(self) -> None:
        """Lets imports find the module by it."""
        self.uninstall()
        if self._kind.found == "on meta_path":
            sys.meta_path.insert(0, self)
        else:
            sys.path_hooks.insert(0, FileFinder.path_hook((self._make, [".py"])))
            sys.path_importer_cache.pop(self._folder, None)

    def uninstall(self) -> None:
        """Lets nothing find it by this any more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        sys.path_hooks[:] = self._before
        sys.path_importer_cache.pop(self._folder, None)


BROKEN = {8: "v = 8\n1 / 0\n", 9: "v = = 9\n"}
"""Sources that fail."""


def text_of(kind: Kind, value: int) -> str:
    """Returns a source that uses what the loader puts in; a broken one for some values."""
    if value in BROKEN:
        return BROKEN[value]
    words = {"DATA": ("Data", "DataByHand"), "CODE": ("Code",), "COMPILE": ("Compile",)}
    used = [word for word, parts in words.items() if set(parts) & set(kind.parts)]
    more = "\nw = EXECUTE" if "Execute" in kind.parts else ""
    if kind.is_package and kind.extended == "by itself":
        more += "\n__path__.append('own')"
    return (
        f"v = {value}\nclass C: pass\nused = ({''.join(f'{word}, ' for word in used)}){more}\n"
    )


def described(module: ModuleType) -> dict[str, object]:
    """Returns what can be compared of a module."""
    values = {
        name: value.__name__ if isinstance(value, type) else value
        for name, value in vars(module).items()
        if name not in ("__builtins__", "__spec__", "__loader__", "__cached__")
    }
    spec = module.__spec__
    assert spec is not None
    return {
        **values,
        "type": type(module).__name__,
        "special": getattr(module, "special", None),
        "loader": type(module.__loader__).__name__,
        "spec": (spec.name, type(spec.loader).__name__, spec.origin, spec.has_location),
        "places": spec.submodule_search_locations,
        "state": spec.loader_state,
    }


def imported_now(path: Path) -> dict[str, object]:
    """Returns what an import of the file makes of it now."""
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
    loaded = sys.modules.pop(MODULE)
    try:
        module = importlib.import_module(MODULE)
        module.v  # noqa: B018  # a lazy one loads then
        return described(module)
    finally:
        sys.modules[MODULE] = loaded


@contextmanager
def living(hook: Hook, folder: str) -> Iterator[tuple[Session, dict[str, Any]]]:
    """Yields a session in a folder, and its namespace; then the process is as it was."""
    session = Session()
    session.change_workspace((folder,), extend=False)
    with patch.object(sys, "path", [folder, *sys.path]):
        session.install()
        hook.install()
        try:
            yield session, {}
        finally:
            hook.uninstall()
            session.uninstall()
            sys.modules.pop(MODULE, None)


@given(kind=kinds(), values=st.lists(st.sampled_from((1, 2, 3, *BROKEN)), max_size=4))
@settings(max_examples=150)
@example(kind=PLAIN._replace(parts=("Data",)), values=[2, 3])
@example(kind=PLAIN._replace(wrapper="gives its place", found="by path hook"), values=[])
@example(kind=PLAIN._replace(wrapper="gives its place", is_package=True), values=[9])
@pytest.mark.filterwarnings("ignore:.*load_module")
def test_any_loader_loads_again(kind, values):
    """After each edit, also of one size in one second, all is as imported now, or as before."""
    # Nobody knows what was there before, if it gave its place and is found no more.
    assume(kind.stays or kind.wrapper != "gives its place")
    assume(kind.wrapper != "old style" or not kind.is_package)
    with tempfile.TemporaryDirectory() as folder:
        hook = Hook(kind, folder)
        hook.path.parent.mkdir(exist_ok=True)
        hook.path.write_text(text_of(kind, 0), encoding="utf-8")
        with living(hook, folder) as (session, namespace):
            statement = f"import {MODULE}"
            exec(statement, namespace)  # noqa: S102  # as a cell would
            module = namespace[MODULE]
            session.register(namespace, parse_imports(statement), clear=False)
            module.v  # noqa: B018  # a lazy one loads then
            if kind.is_package and kind.extended == "by others":
                module.__path__.append("others")
            for value in (*values, 4):
                before = described(module)
                hook.path.write_text(text_of(kind, value), encoding="utf-8")
                if not kind.stays:
                    hook.uninstall()
                failed = session.sync(retry_failed=True).failed
                hook.install()
                expected = before if value in BROKEN else imported_now(hook.path)
                assert bool(failed) == (value in BROKEN)
                found = described(module)
                if kind.wrapper == "lazy":  # it has a state of its own there
                    found["state"] = expected["state"]
                if kind.is_package and kind.extended == "by others" and value not in BROKEN:
                    expected["__path__"] = expected["places"] = [*expected["places"], "others"]
                assert found == expected
                assert sys.modules[MODULE] is module
