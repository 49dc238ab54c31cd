"""The members of a reload group, imported as a fresh interpreter would import them."""

import importlib
import sys
import threading
from collections import deque
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Self

from .loaded import attribute_of, dict_of, is_alias
from .loading import Prepared
from .shedding import shed_after, shed_before


class GroupImporter:
    """Finder of the members of a reload group while it runs, and what loads them.

    An import of a member, whoever makes it, runs the member's new code in its old module
    object. So the members nest by their own imports, as a fresh interpreter would run them.
    The loaded submodules of a member are out of `sys.modules` too, so that importing one
    begins with its package; they come back as they are, and do not run.

    Attributes:
        members: What is to run.
        resting: The submodules that do not.
        finished: The members that ran, in the order in which they finished.
        elsewhere: What threads of others began to import meanwhile.
        failed: The member whose code raised last.
        extra: By member, names that it bound though its source does not show them, where
            these are not as before.
    """

    def __init__(
        self,
        members: Mapping[str, Prepared],
        begins: Callable[[str], tuple[str, ...]],
        begun: Callable[[str], None],
    ) -> None:
        self.members = members
        self._begins = begins
        self._begun = begun
        self._error: BaseException | None = None
        self._modules = {name: sys.modules[name] for name in members if name in sys.modules}
        self._aliases = frozenset(
            n for n, m in self._modules.items() if _is_other(m, n, members[n].origin)
        )
        self.resting = _submodules(members)
        self._shown: list[tuple[ModuleType, str, ModuleType]] = []
        self._shadowing: list[tuple[ModuleType, str, object]] = []
        self._others = frozenset(sys._current_frames()) - {threading.get_ident()}  # noqa: SLF001  # no other way
        self.elsewhere: set[str] = set()
        self.finished: list[str] = []
        self.failed: str | None = None
        self.extra: dict[str, frozenset[str]] = {}

    def __enter__(self) -> Self:
        """Takes the modules out, with the attributes by which packages still show them."""
        out = {**self._modules, **self.resting}
        for name, module in out.items():
            package, _, child = name.rpartition(".")
            parent = sys.modules.get(package)
            if not isinstance(parent, ModuleType) or child not in vars(parent):
                continue
            shown = vars(parent)[child]
            if name in self.resting and package in self.resting:
                continue
            if shown is module:
                self._shown.append((parent, child, module))
                del vars(parent)[child]
            elif package not in self.members:
                self._shadowing.append((parent, child, shown))
        for name in out:
            del sys.modules[name]
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, _: object, error: object, __: object) -> None:
        """Puts the submodules back that nobody imported, if their package still is one.

        A package that does not run itself goes on showing what hides a submodule. After an
        error all is put back, whatever became of the packages.
        """
        self.leave()
        if error is not None:
            sys.modules.update(self.resting)
            for parent, child, module in self._shown:
                vars(parent)[child] = module
            return
        for name, module in sorted(self.resting.items()):
            if _is_package(name.rpartition(".")[0]):
                sys.modules.setdefault(name, module)
        for parent, child, module in self._shown:
            if sys.modules.get(f"{parent.__name__}.{child}") is module:
                vars(parent).setdefault(child, module)
        for parent, child, shown in self._shadowing:
            vars(parent)[child] = shown

    def leave(self) -> None:
        """Leaves `sys.meta_path`, if that was interrupted before."""
        while self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        """Returns the spec of a member or of a submodule that rests, to be loaded here."""
        del path, target
        if name in self.members:
            return self.members[name].spec(_MemberLoader(self, self.members[name]))
        if name in self.resting:
            return ModuleSpec(name, self)  # type: ignore[arg-type]  # it has what a loader needs
        if threading.get_ident() in self._others:
            self.elsewhere.add(name)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Returns the old module; a member's without what its old source left there."""
        if spec.name in self.resting:
            module = self.resting[spec.name]
            spec.loader_state = module.__spec__
            return module
        old = self._modules.get(spec.name)
        if not isinstance(old, ModuleType) or spec.name in self._aliases:
            return None
        shed_before(self.members[spec.name], old, spec)
        return old

    def exec_module(self, module: ModuleType) -> None:
        """Runs a member's new code; a submodule that rests is only given its own spec again."""
        spec = module.__spec__
        assert spec is not None
        if spec.name in self.resting:
            module.__spec__ = spec.loader_state
            self._wake(spec.name)
            return
        prepared = self.members[spec.name]
        spec.loader = module.__loader__ = prepared.loader
        held = tuple(vars(module))
        try:
            self._begun(spec.name)
            prepared.run(module)
        except BaseException as error:
            if error is not self._error:
                self._error, self.failed = error, spec.name
            raise
        shed_after(prepared, module)
        extra = (vars(module).keys() - prepared.shedding.shown).difference(held)
        extra |= prepared.shedding.stay
        if extra != prepared.step.now.extra:
            self.extra[spec.name] = frozenset(extra)
        self.finished.append(spec.name)

    def _wake(self, name: str) -> None:
        """Brings what a module that came back holds: its submodules, and what it imports."""
        for below, module in self.resting.items():
            if below.startswith(f"{name}."):
                sys.modules.setdefault(below, module)
        for imported in self._begins(name):
            if imported in self.resting:
                importlib.import_module(imported)


class _MemberLoader:
    """What an import finds as the loader of a member, which the importer loads.

    For all else that somebody may ask it, as `runpy` does for the code, the member's own
    loader answers.
    """

    def __init__(self, importer: GroupImporter, prepared: Prepared) -> None:
        self.create_module = importer.create_module
        self.exec_module = importer.exec_module
        self._prepared = prepared

    def __getattr__(self, name: str) -> Any:
        return getattr(self._prepared.reader(), name)


def import_members(
    importer: GroupImporter, entries: Sequence[str], begun: Sequence[str]
) -> None:
    """Imports the members by these entries; and what rests where a fresh interpreter begins it.

    Whatever the code of a member raises is raised.
    """
    with importer:
        for name in _entered(entries, importer.resting, begun):
            if name not in sys.modules and (name in importer.members or _is_missed(name)):
                importlib.import_module(name)


def _entered(
    entries: Sequence[str], resting: Container[str], begun: Sequence[str]
) -> Iterator[str]:
    """Yields the entries and, where they stand among all that is begun, those that rest.

    So whoever imports a package with a star finds on it what others have imported by then.
    """
    waiting = deque(name for name in begun if name in resting)
    place = {name: index for index, name in enumerate(begun)} if waiting else {}
    for entry in entries:
        while waiting and place[waiting[0]] < place.get(entry, -1):
            yield waiting.popleft()
        yield entry
    yield from waiting


def _is_missed(name: str) -> bool:
    """Whether its package still is one, and shows nothing under its name."""
    package, _, child = name.rpartition(".")
    held = dict_of(sys.modules.get(package))
    return "__path__" in held and child not in held


def _is_package(name: str) -> bool:
    return attribute_of(sys.modules.get(name), "__path__") is not None


def _is_other(module: object, name: str, origin: str) -> bool:
    """Whether a module stands there that comes from another file than the one to run."""
    spec = dict_of(module).get("__spec__")
    return (
        isinstance(spec, ModuleSpec) and spec.origin != origin and is_alias(module, spec, name)
    )


def _submodules(members: Mapping[str, Prepared]) -> dict[str, ModuleType]:
    """Returns the loaded submodules, of all depths, of members that are packages."""
    packages = tuple(
        f"{name}." for name in members if _is_package(name) or members[name].step.now.package
    )
    if not packages:
        return {}
    return {
        name: module
        for name, module in sys.modules.items()
        if name.startswith(packages) and name not in members and type(module) is ModuleType
    }
