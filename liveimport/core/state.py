"""Registrations, known modules, workspace, what is still owed.

State
  registrations   namespace key → bindings, in execution order
  workspace       directories whose modules may be tracked indirectly
  detect          what counts as changed: "mtime" or "content"
  modules         name → Module: all that is known, tracked or not
  begun           what a fresh interpreter that executes the registrations would
                  run of the workspace, in the order in which it would begin; and
                  behind it what their functions have imported, and what else of
                  their packages is loaded
  tracked         those of them that a registration reaches by dependencies
  shape           what follows from the above, for as long as it holds
  failures        reload groups that failed and have not succeeded since
  generation      number of syncs that ran a module
  ran             which of them ran which module last
"""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from attrs import evolve, field, frozen
from pyrsistent import PMap, pmap

from .registration import Binding, Registration, merge, refers
from .snapshot import Found, Stamp
from .source import Contents

CONTENT = "content"
DETECT = ("mtime", CONTENT)
"""What may count as a changed file."""


@frozen
class Module:
    """A module as it last ran.

    Attributes:
        name: Its absolute name.
        path: Its source file, or its extension's; None for what has no file of its own.
        real: The same with symbolic links resolved.
        package: Whether it can have submodules.
        extension: Whether `path` is compiled code, which never reloads.
        rewritten: Whether a loader of its own makes the code.
        shadowed: Whether its package shows something else under its name.
        stamp: Of the file as it last ran. None if that is not known: then it is stale.
        digest: Of the bytes that ran; empty if they were never read.
        racy: Whether another write could hide behind the stamp.
        generation: How many reloading syncs there had been when the program imported it.
        contents: What the source that ran says; None if it was never read.
        extra: Names that running it bound though its source does not show them: by star
            imports, by `globals()`.
        targets: The modules that its top-level imports refer to, in source order.
        begins: The modules that running it begins, each behind its parents, in order.
        later: Loaded modules that its functions import, each behind its parents, in order.
    """

    name: str
    path: str | None = None
    real: str | None = None
    package: bool = False
    extension: bool = False
    rewritten: bool = False
    shadowed: bool = False
    stamp: Stamp | None = None
    digest: str = ""
    racy: bool = False
    generation: int = 0
    contents: Contents | None = None
    extra: frozenset[str] = frozenset()
    targets: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    later: tuple[str, ...] = ()

    @property
    def reloadable(self) -> bool:
        """Whether it has source that can run again."""
        return self.path is not None and not self.extension

    @property
    def relative_to(self) -> str:
        """The package that its relative imports are relative to."""
        return relative_to(self.name, package=self.package)


def relative_to(name: str, *, package: bool) -> str:
    """Returns the package that relative imports of module `name` are relative to."""
    return name if package else name.rpartition(".")[0]


@frozen
class Failure:
    """A reload group that failed, as text: an exception would pin the notebook's objects.

    Attributes:
        module: The member that failed.
        phase: ``"analysis"`` if its source could not be read or compiled, ``"reload"`` if it
            raised.
        cause: What went wrong, in a line.
        file: Where, or None.
        shown: The same as it is told: within the workspace, from there on.
        line: Line number in `file`, counted from 1, or None.
        held: The other members, which had to wait.
        evidence: The group's files as they were; while they are the same, only a sync that
            is asked for by hand tries again (promise 11).
        trace: The traceback with the user's frames only, a line each.
    """

    module: str
    phase: str
    cause: str
    file: str | None
    shown: str | None
    line: int | None
    held: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]
    trace: tuple[str, ...] = field(default=(), repr=False)


@frozen(repr=False)
class Shape:
    """What follows from registrations, imports and workspace alone.

    While these stay, and no file is away, an edit needs no walk through the whole project.
    The mappings are made once and cannot be changed.

    Attributes:
        tracked: The tracked modules.
        runnable: Those of `begun` whose source is known and can run again.
        begins_at: Where each module stands in `begun`.
        finishes_at: Where each stands among them as they finish.
        depends: By module, those of `begun` that it depends on.
        dependents: By module, the runnable ones that depend on it.
        waiting: Modules that functions import, or code under a condition, and that were not
            loaded yet.
        packages: The outermost packages of `begun`.
        compiled: Known modules of the workspace that are compiled code.
        even: Whether no module ran before one that it depends on.
    """

    tracked: frozenset[str]
    runnable: frozenset[str]
    begins_at: Mapping[str, int]
    finishes_at: Mapping[str, int]
    depends: Mapping[str, tuple[str, ...]]
    dependents: Mapping[str, tuple[str, ...]]
    waiting: frozenset[str]
    packages: frozenset[str]
    compiled: tuple[str, ...]
    even: bool


Ran = tuple[tuple[int, frozenset[str]], ...]
"""Generations, ascending, each with the modules that it ran and no later one did."""


@frozen(repr=False)
class State:
    """All that LiveImport knows. See the top of this file."""

    registrations: tuple[Registration, ...] = ()
    workspace: tuple[str, ...] = ()
    detect: str = "mtime"
    modules: PMap[str, Module] = pmap()
    begun: tuple[str, ...] = ()
    tracked: tuple[str, ...] = ()
    shape: Shape | None = None
    failures: tuple[Failure, ...] = ()
    generation: int = 0
    ran: Ran = ()

    def __repr__(self) -> str:
        return (
            f"State({len(self.registrations)} namespaces, {len(self.tracked)} tracked of "
            f"{len(self.modules)} known modules, {len(self.failures)} failures, "
            f"generation {self.generation})"
        )

    def bindings(self) -> Iterator[Binding]:
        """Yields every registered binding, namespace after namespace."""
        for registration in self.registrations:
            yield from registration.bindings

    def is_module(self, name: str) -> bool:
        """Whether `name` is known to be a module, and to be what its package shows."""
        module = self.modules.get(name)
        return module is not None and not module.shadowed

    def listed(self, name: str) -> tuple[str, ...]:
        """Returns the names by which the `__all__` of a package may name submodules.

        Of a package outside the workspace none: what it imports is not followed either.
        """
        module = self.modules.get(name)
        if module is None or module.contents is None:
            return ()
        return module.contents.listed if in_workspace(self.workspace, module) else ()

    def refers(self, binding: Binding) -> tuple[str, ...]:
        """Returns the modules that a binding refers to, as the modules are known."""
        return refers(binding, self.is_module, self.listed)

    def generations(self) -> dict[str, int]:
        """Returns for each known module how many reloading syncs there had been when it ran."""
        loaded = {name: module.generation for name, module in self.modules.items()}
        reloaded = {name: generation for generation, names in self.ran for name in names}
        return {**loaded, **reloaded}

    def dependencies(self, name: str) -> tuple[str, ...]:
        """Returns the known modules that the imports of module `name` refer to."""
        module = self.modules.get(name)
        if module is None:
            return ()
        return tuple(target for target in module.targets if target in self.modules)


def register(
    state: State, key: int, bindings: tuple[Binding, ...], *, clear: bool = False
) -> State:
    """Returns the State in which namespace `key` has executed `bindings` as well.

    With `clear`, what the namespace had registered before is discarded first.
    """
    earlier = next((r.bindings for r in state.registrations if r.key == key), ())
    registration = Registration(key, merge(() if clear else earlier, bindings))
    if any(r.key == key for r in state.registrations):
        registrations = tuple(registration if r.key == key else r for r in state.registrations)
    else:
        registrations = (*state.registrations, registration)
    return evolve(state, registrations=registrations, shape=None)


def having_run(ran: Ran, generation: int, names: Collection[str]) -> Ran:
    """Returns which generation ran which module last, once this one has run `names`."""
    anew = frozenset(names)
    earlier = tuple((number, left) for number, old in ran if (left := old - anew))
    return (*earlier, (generation, anew)) if anew else earlier


def not_having_run(planned: Ran, before: Ran, names: Collection[str]) -> Ran:
    """Returns the same with `names` as they were before, since they did not run after all."""
    back = frozenset(names)
    merged = {number: now - back for number, now in planned}
    for number, then in before:
        merged[number] = merged.get(number, frozenset()) | (then & back)
    return tuple((number, merged[number]) for number in sorted(merged) if merged[number])


def in_workspace(workspace: tuple[str, ...], module: Module | Found) -> bool:
    """Whether the module's file is under a directory of the workspace.

    Installed packages are not, though their folder be: an environment often lies within the
    project that uses it. `workspace` holds directories that end in a separator.
    """
    return lies_in(workspace, module.path) or lies_in(workspace, module.real)


@lru_cache(maxsize=65536)
def lies_in(workspace: tuple[str, ...], path: str | None) -> bool:
    """Whether a path is under a directory of the workspace, by its text alone."""
    return path is not None and any(
        path.startswith(directory) and not _installed(path, directory)
        for directory in workspace
    )


def within(workspace: tuple[str, ...], path: str | None) -> str | None:
    """Returns a path as it reads from the directory of the workspace that holds it."""
    for directory in sorted(workspace, key=len, reverse=True):
        if path is not None and path.startswith(directory):
            return path[len(directory) :]
    return path


def _installed(path: str, directory: str) -> bool:
    below = path[len(directory) :].replace("\\", "/").split("/")
    return "site-packages" in below or "dist-packages" in below
