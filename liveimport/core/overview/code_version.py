"""The version of code: a digest of a module's source and of all that it depends on.

It depends on nothing else: not on where files are, when they were written, or what is loaded. So it
is the same on every machine, and can be a part of a key under which results are kept.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple

from liveimport.core.imports import STAR, Binding, with_parents
from liveimport.core.model import SourceFile, SourceInfo, State

_LENGTH = 32


class CodeSource(NamedTuple):
    """What one source adds to a version.

    Attributes:
        path: Its file.
        data: Its bytes.
        is_package: Whether it can have submodules.
        imports: All of its imports, in functions too: what a call runs counts.
        all_submodules: Of a package, the texts by which its `__all__` may name submodules.
    """

    path: str
    data: bytes
    is_package: bool
    imports: frozenset[Binding]
    all_submodules: tuple[str, ...]


Sources = Mapping[str, CodeSource | None]
"""Sources that the State does not have, by module; None for what is not of the project."""


def code_source(path: str, source: SourceFile, *, is_package: bool) -> CodeSource:
    """Returns what a file adds to a version."""
    return _code_source(path, source.data, source.info, is_package=is_package)


def _code_source(path: str, data: bytes, info: SourceInfo, *, is_package: bool) -> CodeSource:
    imports = frozenset((*info.eager, *info.deferred))
    return CodeSource(path, data, is_package, imports, info.all_submodules)


def has_version(state: State, name: str) -> bool:
    """Whether a module is followed, and its source is known."""
    return name in (*state.tracked, *state.graph.bystanders) and _known(state, name) is not None


def unknown_imports(state: State, names: Iterable[str], others: Sources) -> tuple[str, ...]:
    """Returns modules that these lead to, and that neither the State nor `others` has."""
    return _Reached(state, others).from_modules(names).unknown


def sources_behind(
    state: State, names: Iterable[str], others: Sources
) -> Mapping[str, CodeSource]:
    """Returns the sources of modules, and of all that their imports lead to in the project."""
    return _Reached(state, others).from_modules(names).sources


def code_version(state: State, name: str, others: Sources) -> str:
    """Returns the version of a module: 32 hexadecimal digits.

    Two are equal exactly if the sources are, of the module and of all that its imports, and
    theirs, lead to in the project. Cycles are no matter. What is installed does not count.
    """
    digest = sha256(name.encode())
    for module, source in sorted(sources_behind(state, (name,), others).items()):
        digest.update(module.encode() + b"\0" + sha256(source.data).digest())
    return digest.hexdigest()[:_LENGTH]


class _Found(NamedTuple):
    sources: Mapping[str, CodeSource]
    unknown: tuple[str, ...]


class _Reached:
    """Follows the imports of sources."""

    def __init__(self, state: State, others: Sources) -> None:
        self._state = state
        self._others = others

    def from_modules(self, names: Iterable[str]) -> _Found:
        """Returns all that modules lead to, themselves included."""
        sources: dict[str, CodeSource] = {}
        unknown: dict[str, None] = {}
        met, pending = set[str](), [*with_parents(names)]
        while pending:
            module = pending.pop()
            if module in met:
                continue
            met.add(module)
            if not self._is_decided(module):
                unknown[module] = None
                continue
            source = self._source(module)
            if source is not None:
                sources[module] = source
                pending += self._imported(source)
        return _Found(sources, tuple(unknown))

    def _is_decided(self, name: str) -> bool:
        module = self._state.modules.get(name)
        if module is None or name in self._others:
            return name in self._others
        # One of the project whose source was never read is looked up like an unknown one.
        is_unread = module.source is None and module.reloadable
        return not is_unread or module.location.is_installed(self._state.workspace)

    def _source(self, name: str) -> CodeSource | None:
        known = _known(self._state, name)
        return self._others.get(name) if known is None else known

    def _imported(self, source: CodeSource) -> Iterable[str]:
        for binding in source.imports:
            yield from self._those_there(with_parents((binding.module,)))
            package = self._source(binding.module)
            if package is None or not package.is_package:
                continue
            if binding.attribute == STAR:
                yield from (f"{binding.module}.{text}" for text in package.all_submodules)
            elif binding.submodule is not None:
                yield binding.submodule

    def _those_there(self, names: Iterable[str]) -> Iterable[str]:
        """Yields names as long as each is in a package of the project."""
        for name in names:
            yield name
            source = self._source(name)
            if source is None or not source.is_package:
                return


def _known(state: State, name: str) -> CodeSource | None:
    """Returns the source that a module ran from, if it is of the project."""
    module = state.modules.get(name)
    if module is None or module.source is None or not module.reloadable:
        return None
    if module.location.is_installed(state.workspace):
        return None
    assert module.location.path is not None
    return _code_source(
        module.location.path,
        module.source.data,
        module.source,
        is_package=module.location.is_package,
    )
