"""The data. Start here.

State
  registrations   namespace key → bindings, in execution order
  workspace       the directories whose modules may be tracked indirectly
  detect          what counts as a changed file: "mtime", "content" or "code"
  follow          which imports of modules count: "loaded" or "top-level"
  files           what a change of a file does that a module read as it ran: "tell", "reload", or
                  False: none is followed
  own_names       what happens to names that the user bound: "replace" or "keep"
  modules         name → Module: everything known, tracked or not
  graph           what is tracked, who depends on whom, in which order modules run
  failures        reload groups that failed and have not succeeded since
  generation      number of syncs that ran a module
  last_run        name → generation of the last sync that ran the module
  loaded          names of all that was in sys.modules when the graph was built
  upgraded        installed packages, by top-level name, that need a restart
  changed_extensions  compiled modules that changed, and need a restart
  project         name → ProjectFile of each loaded module of the project, followed or not
  reported        name → stamp of each changed file that was reported as not followed
  holds           name → what the module holds of others that it does not depend on
  refill          modules that run next though no file says so: the last run added to their
                  tables, or what they depend on ran while they were excluded
  excluded        modules, or packages with all below them, that never run again
  skipped         excluded modules that would have run
  kept_names      names that were reported as the user's, and are not bound
  lazy            name → LazyNames of each loaded module that has or had some
  not_imported_yet  registered bindings, with keys, of lazy imports that have loaded nothing yet
  reads           name → ReadFiles: what the module read of the project as it last ran
  told            path → ReadFile: files that changed since, as they were told
  cut_off         modules that read more files than are followed
  cut_off_told    those of them that were told
  reload          what runs after an edit: "dependents", or only what is "needed"
  traces          name → Trace: what the code of the module read as it last ran, if that is known

Snapshot
  now             when it was taken
  stamps          name → stamp of each file that may have changed; None: no file
  sources         name → SourceFile of each file that was read
  found           name → Found, for each name that was looked up
  loaded          names of all that is in sys.modules
  new_modules     those of `loaded` that are in the workspace and that the State has not seen
  project         name → ProjectFile of the modules of the project that the State has not seen
  project_stamps  name → stamp of each file of the project that changed and was never read
  touched_modules bystanders whose values changed since they were loaded
  upgraded        installed packages, by top-level name, that were upgraded
  namespace_modules  modules whose own dict is a registered namespace
  holds           what modules hold that were loaded since
  lazy            name → names of each loaded module that are still lazy
  reads           path → ReadFile: what modules had read, where it may have changed

Everything here is immutable, and nothing here touches the world.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from types import CodeType, MappingProxyType
from typing import Literal, NamedTuple

from attrs import evolve, field, frozen
from pyrsistent import PMap, pmap

from . import Value, public
from .imports import STAR, Binding, Registration, modules_referred_to
from .trace import Trace
from .workspace import Workspace

MTIME = "mtime"
CODE = "code"
"""Values of `State.detect`: with the first, a file with another stamp counts as changed; with any
other, one with other bytes; with the last, only if these compile to something else."""

LOADED = "loaded"
TOP_LEVEL = "top-level"
"""Which imports of modules count: all that run, once their module is loaded; or, as the guide has
it, those at the top level of a source."""

NEEDED = "needed"
"""The value of `State.reload` with which a dependent only runs if the edit can have changed it."""

KEEP = "keep"
"""The value of `State.own_names` with which a name that the user bound is not bound again."""

NO_NAMES: Mapping[str, int] = MappingProxyType({})


class Stamp(NamedTuple):
    """What stat said of a file.

    Attributes:
        mtime_ns: Modification time in nanoseconds since the epoch.
        size: In bytes.
        inode: The file's number in its file system.
        ctime_ns: Status change time in nanoseconds. A program cannot set it back, so it shows
            a write that restored the others.

    Inode and ctime alone never decide that a file changed (design promise 4): servers number
    files anew, and a link or another mode changes the ctime. They are a reason to read it.
    """

    mtime_ns: int
    size: int
    inode: int
    ctime_ns: int


SETTLED_NS = 3_000_000_000
"""A stamp that was first seen so long ago cannot come from another write: the coarsest file
systems keep two seconds. By our own monotonic clock, because a file server may have another."""


class Version(NamedTuple):
    """Which bytes of a file.

    Attributes:
        stamp: The file's stamp with these bytes. None if it is not known: then they count as old.
        digest: Of the bytes; empty if they were never read.
        seen_ns: When the stamp was first seen, in ns of the monotonic clock. Another write may
            leave the same stamp, so the file is read at each look. None if it is settled.
    """

    stamp: Stamp | None = None
    digest: str = ""
    seen_ns: int | None = None

    @property
    def times(self) -> tuple[int, int] | None:
        """What decides without a read: mtime and size. None if they are not known."""
        return None if self.stamp is None else self.stamp[:2]

    def has_times(self, stamp: Stamp | None) -> bool:
        """Whether mtime and size are those of a stamp."""
        return stamp is not None and stamp[:2] == self.times

    def then_read(self, read: "Version") -> "Version":
        """Returns what is known of a file once it was read, at `read.seen_ns`.

        It is settled if the read came late enough after its stamp was first seen.
        """
        if read.seen_ns is None:
            return read
        same = self.stamp == read.stamp
        if same and self.digest and self.seen_ns is None:
            return read._replace(seen_ns=None)
        since = self.seen_ns if same and self.seen_ns is not None else read.seen_ns
        settled = read.seen_ns - since >= SETTLED_NS
        return read._replace(seen_ns=None if settled else since)


UNKNOWN_VERSION = Version()


class LazyNames(NamedTuple):
    """Names of a loaded module that lazy imports bound (PEP 810).

    Attributes:
        unresolved: Those that nobody has used yet.
        resolved: Those that somebody has used since the module ran.
    """

    unresolved: frozenset[str] = frozenset()
    resolved: frozenset[str] = frozenset()

    def now(self, unresolved: frozenset[str]) -> "LazyNames":
        """Returns the same when these names are still unresolved."""
        known = self.unresolved | self.resolved
        return LazyNames(unresolved, known - unresolved)


NOTHING_LAZY = LazyNames()


class Location(NamedTuple):
    """Where a module comes from.

    Attributes:
        path: Its source file, or its extension's; None for what has no file of its own.
        real_path: The same with symbolic links resolved.
        is_package: Whether it can have submodules.
        is_extension: Whether `path` is compiled code, which never reloads.
        custom_loader: Whether a loader of its own makes the code.
    """

    path: str | None = None
    real_path: str | None = None
    is_package: bool = False
    is_extension: bool = False
    custom_loader: bool = False

    def in_workspace(self, workspace: Workspace) -> bool:
        """Whether the file is in the workspace, as it is named or behind links."""
        return workspace.covers_file(self.path, self.real_path)

    def is_installed(self, workspace: Workspace) -> bool:
        """Whether the file is outside the workspace, in a library or an installed package."""
        return workspace.is_installed(self.path, self.real_path)


NOWHERE = Location()


class BoundNames(NamedTuple):
    """The names of a module's source.

    Attributes:
        module_level: Every name that it binds at module level, also within ``if`` or ``try``.
        by_functions: Names that its functions and classes bind in the module by ``global``.
        guarded: Names that it asks for before it binds them, to keep the value of an earlier
            run: ``if "_cache" not in globals(): _cache = {}``.
        bound_by_text: Guarded names that it binds by a text: ``globals().setdefault("x", 1)``.
    """

    module_level: frozenset[str] = frozenset()
    by_functions: frozenset[str] = frozenset()
    guarded: frozenset[str] = frozenset()
    bound_by_text: frozenset[str] = frozenset()


class SourceInfo(NamedTuple):
    """What one version of a module's source says.

    Attributes:
        top_level: The bindings of its top-level import statements, in source order.
        eager: The same and those nested in ``if``, ``try`` and the like, or in functions that
            the module itself calls, which may run when the module does.
        deferred: The bindings of the imports in its functions, which run when it is used.
        data: The source.
        names: The names that its code binds; None until it was compiled. Of a package they
            are always known: they tell which submodules it hides.
        all_submodules: Of a package, the texts by which its `__all__` may name submodules.
        lazy: Those of `deferred` that are written as lazy imports. They are made when a name is
            first used, and count like eager ones from then on.
    """

    top_level: tuple[Binding, ...] = ()
    eager: tuple[Binding, ...] = ()
    deferred: tuple[Binding, ...] = ()
    data: bytes = b""
    names: BoundNames | None = None
    all_submodules: tuple[str, ...] = ()
    lazy: tuple[Binding, ...] = ()

    def with_names(self, names: BoundNames) -> "SourceInfo":
        """Returns the same with its names."""
        return self._replace(names=names)

    def same_imports(self, other: "SourceInfo") -> bool:
        """Whether the other has the same imports, in the same kinds of places."""
        return self[:3] == other[:3] and self.lazy == other.lazy

    def as_loaded(self, unresolved: frozenset[str], loaded: Container[str]) -> "SourceInfo":
        """Returns the same as its module is: loaded, with these names `unresolved` by now.

        Any import may have been lazy, by `sys.set_lazy_imports` or ``__lazy_modules__``.
        """
        made = tuple(b for b in self.lazy if b.name not in unresolved and b.module in loaded)
        waiting = tuple(b for b in self.eager if b.name in unresolved)
        if not made and not waiting:
            return self
        return self._replace(
            top_level=(*(b for b in self.top_level if b.name not in unresolved), *made),
            eager=(*(b for b in self.eager if b.name not in unresolved), *made),
            deferred=(*self.deferred, *waiting),
        )

    @property
    def stars(self) -> tuple[str, ...]:
        """The modules that it may import with a star when it runs."""
        return tuple(b.module for b in self.eager if b.name == STAR)

    def __repr__(self) -> str:
        return f"SourceInfo({len(self.top_level)} imports)"


class Relaid(NamedTuple):
    """A source after an edit of its comments or layout.

    Attributes:
        root: What the new source compiles to.
        code: All code in what the old source compiles to, with what stands for it in `root`.
        lines: By the qualified name of a class and the line on which it began, on which it
            begins now. Empty where classes do not know their lines, before Python 3.13.
        obstacle: Why its module has to run all the same; empty if it need not.
    """

    root: CodeType
    code: Mapping[CodeType, CodeType]
    lines: Mapping[tuple[str, int], int]
    obstacle: str = ""

    def __repr__(self) -> str:
        return f"Relaid({len(self.code)} codes, obstacle={self.obstacle!r})"


class SourceFile(NamedTuple):
    """A source file as it was read, once, next to its stamp.

    Attributes:
        version: Which bytes. The stamp was taken before the read, when it is said to be seen,
            and confirmed after it.
        data: The bytes: what runs is what was read.
        info: What they say; empty where there is an `error`.
        dynamic_names: Names that the module, if it is loaded, has from running, and that its
            source need not show: all that its import bound, if that was seen; else those that
            star imports bound.
        error: Why the file cannot be read or parsed, in a line; empty where it can.
        errno: The system's number for that, or 0.
        relaid: Where its code stands, if it differs in comments and layout only from what ran,
            and that is asked for.
    """

    version: Version
    data: bytes
    info: SourceInfo = SourceInfo()
    dynamic_names: frozenset[str] = frozenset()
    error: str = ""
    errno: int = 0
    relaid: Relaid | None = None

    @property
    def need_not_run(self) -> bool:
        """Whether it differs from what ran, but need not run for that."""
        return self.relaid is not None and not self.relaid.obstacle

    @property
    def obstacle(self) -> str:
        """Why it has to run though only its comments or layout changed; else empty."""
        return "" if self.relaid is None else self.relaid.obstacle

    def with_obstacle(self, obstacle: str) -> "SourceFile":
        """Returns the same as one that has to run."""
        assert self.relaid is not None
        return self._replace(relaid=self.relaid._replace(obstacle=obstacle))

    def __repr__(self) -> str:
        return f"SourceFile({len(self.data)} bytes, {self.info}, error={self.error!r})"


class ProjectFile(NamedTuple):
    """The source file of a loaded module of the project.

    Attributes:
        path: The file.
        stamp: Its stamp when the module was loaded, or else when it was first seen.
    """

    path: str
    stamp: Stamp

    def has_times(self, stamp: Stamp) -> bool:
        """Whether mtime and size are those of a stamp. It is never read, so they decide."""
        return stamp[:2] == self.stamp[:2]


class ReadFile(NamedTuple):
    """A file that the code of a module opened for reading as it ran, or a folder that it listed.

    Attributes:
        path: The file or folder.
        version: Which bytes, or which `names`. Without a stamp, there was none. Of a large file
            there is no digest: its stamp decides.
        names: Of a folder, the names that may be those of modules; None of a file.
    """

    path: str
    version: Version = UNKNOWN_VERSION
    names: tuple[str, ...] | None = None


MOST_FILES = 1000
"""So many files are followed at most, because each quiet cell asks for the stamp of each."""


class ImportedBy(NamedTuple):
    """Who first imported a module.

    Attributes:
        number: Which import it was, counted from 1.
        module: The module whose own code ran at the time; empty if none did, or if the module
            was loaded only as the parent of another.
        callers: The modules of the functions in between, and `module`, innermost first.
    """

    number: int = 0
    module: str = ""
    callers: tuple[str, ...] = ()

    def without(self, module: str) -> "ImportedBy":
        """Returns the same as if `module` had no part in it."""
        callers = tuple(caller for caller in self.callers if caller != module)
        return self._replace(
            module="" if self.module == module else self.module, callers=callers
        )


NOBODY = ImportedBy()


class Found(NamedTuple):
    """What was found under a module name.

    Attributes:
        loaded: Whether it is in `sys.modules`.
        location: Where it is; None if it is not loaded and an import would not find it, or if
            its file is gone.
        version: Of the file when the module was loaded.
        shadowed: Whether its package has something else under its name, as after
            ``from .run import run``.
        generation: How many reloading syncs there had been when it was loaded.
        imported_by: Who first imported it, if that was recorded.
    """

    loaded: bool
    location: Location | None
    version: Version = UNKNOWN_VERSION
    shadowed: bool = False
    generation: int = 0
    imported_by: ImportedBy = NOBODY


ABSENT = Found(loaded=False, location=None)


class Hold(NamedTuple):
    """A module keeps, in its own values, something of another: as a table keeps plug-ins.

    Attributes:
        module: The other.
        name: The class or function of it; empty if it is the module itself.
        is_entry: Whether it is only in entries of tables that the other has added.
    """

    module: str
    name: str
    is_entry: bool = False

    def __str__(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module


class Holds(NamedTuple):
    """What a scan of values found.

    Attributes:
        everything: By module, all that it holds.
        added: By module, what it holds besides what is known.
        overwritten: Modules in whose tables the run replaced what others, that did not run, had
            put there. A fresh interpreter may run them in the other order.
    """

    everything: Mapping[str, tuple[Hold, ...]] = MappingProxyType({})
    added: Mapping[str, tuple[Hold, ...]] = MappingProxyType({})
    overwritten: frozenset[str] = frozenset()


NO_HOLDS = Holds()


class Module(NamedTuple):
    """A module as it last ran.

    Attributes:
        name: Its absolute name.
        location: Where it comes from.
        version: Of the file as it last ran. Without a stamp, the module is stale.
        source: What the source that ran says; None if it was never read.
        shadowed: Whether its package has something else under its name.
        generation: How many reloading syncs there had been when the program imported it.
        top_level: The modules that its top-level imports refer to, in source order.
        eager: The modules that its imports refer to that run with it, in source order.
        through_packages: Packages of which it imports submodules by ``from package import``.
        eager_modules: The modules that running it starts: `eager`, each behind its parents.
        deferred_modules: Loaded modules that its functions import, each behind its parents.
        imported_by: Who first imported it, or imported it when it ran last.
        dynamic_names: Names that running it bound, and that its source need not show: by a
            star import, by `globals()`. After its first import, all that it bound.
    """

    name: str
    location: Location = NOWHERE
    version: Version = UNKNOWN_VERSION
    source: SourceInfo | None = None
    shadowed: bool = False
    generation: int = 0
    top_level: tuple[str, ...] = ()
    eager: tuple[str, ...] = ()
    through_packages: tuple[str, ...] = ()
    eager_modules: tuple[str, ...] = ()
    deferred_modules: tuple[str, ...] = ()
    imported_by: ImportedBy = NOBODY
    dynamic_names: frozenset[str] = frozenset()

    @property
    def reloadable(self) -> bool:
        """Whether it has a source file that can run again."""
        return self.location.path is not None and not self.location.is_extension


def is_certain(module: Module, stamp: Stamp | None, detect: str) -> bool:
    """Whether a stamp tells by itself that a module's file was edited."""
    return detect == MTIME and not module.version.has_times(stamp)


def package_of(name: str, *, is_package: bool) -> str:
    """Returns the package that relative imports of module `name` are relative to."""
    return name if is_package else name.rpartition(".")[0]


Phase = Literal["analysis", "reload"]
"""When a module failed: its source cannot be read or compiled; it raised."""


@public
@frozen(eq=False)
class Failure(Value):
    """A reload group that failed, as text: an exception would pin the notebook's objects.

    Attributes:
        module: The module that failed.
        phase: ``"analysis"`` if its source could not be read or compiled, ``"reload"`` if it
            raised.
        message: What went wrong, in a line.
        file: Where, or None.
        shown_file: The same as a report shows it: relative to the workspace.
        line: Line number in `file`, counted from 1, or None.
        waiting: The other modules of the group, which it holds back.
        is_installed: Whether it is an installed package's. It holds back nothing of the project.
        is_unchanged: Whether the module's own file is the one that ran last.
        fingerprint: The group's files as they were. While they are the same, only a sync that
            is asked for by hand tries again (design promise 11).
        traceback: The traceback with the user's frames only, a line each.
    """

    module: str
    phase: Phase
    message: str
    file: str | None
    shown_file: str | None
    line: int | None
    waiting: tuple[str, ...]
    fingerprint: tuple[tuple[str, str], ...] = field(repr=False)
    traceback: tuple[str, ...] = field(default=(), repr=False)
    is_installed: bool = False
    is_unchanged: bool = False


@frozen(repr=False, eq=False)
class DependencyGraph(Value):
    """What follows from registrations, imports and workspace. `build_graph` makes it.

    It stays the same value while no import changes. The mappings are never changed.

    Attributes:
        tracked: The tracked modules, in run order.
        run_order: Workspace modules in the order in which a fresh interpreter that executes the
            registered statements would start them; behind these, what functions imported and
            what else of their packages is loaded. Each with its place.
        begun: How many of `run_order`, the first of them, a fresh interpreter would start.
        finish_order: The same modules in the order in which they would finish, with places.
        dependencies: By module, those of `run_order` that it depends on.
        dependents: By module, those of `runnable` that depend on it.
        package_users: By package, those of `runnable` that depend on it when its own file
            changed, because they import submodules by ``from package import``.
        runnable: Those of `run_order` whose source is known and can run again.
        lagging: Modules that ran before one that they depend on.
        never_read: Those of `run_order` that have a source file which was never there to read.
        bystanders: Those of `run_order`, at its end, that nothing tracked reaches: loaded modules
            of the workspace that somebody else imported.
        leftovers: Tracked modules that no import leads to, but from loaded submodules of
            packages: only their packages were met.
        extensions: Known modules of the workspace that are compiled code.
        holders: By module, those that run with it although they do not depend on it: they hold
            something of it, or it fills them.
        scanned: Those of `runnable` whose values are scanned for holds: the user's own.
    """

    tracked: tuple[str, ...] = ()
    run_order: Mapping[str, int] = NO_NAMES
    begun: int = 0
    finish_order: Mapping[str, int] = NO_NAMES
    dependencies: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    dependents: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    package_users: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    runnable: frozenset[str] = frozenset()
    lagging: frozenset[str] = frozenset()
    never_read: frozenset[str] = frozenset()
    bystanders: frozenset[str] = frozenset()
    leftovers: frozenset[str] = frozenset()
    extensions: tuple[str, ...] = ()
    holders: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    scanned: tuple[str, ...] = ()

    def is_begun(self, name: str) -> bool:
        """Whether a fresh interpreter would start a module for the registered statements."""
        return self.run_order.get(name, self.begun) < self.begun

    def __repr__(self) -> str:
        return f"DependencyGraph({len(self.tracked)} tracked of {len(self.run_order)} modules)"


@frozen(repr=False, eq=False)
class State(Value):
    """All that LiveImport knows. See the top of this file."""

    registrations: tuple[Registration, ...] = ()
    workspace: Workspace = Workspace()
    detect: str = MTIME
    follow: str = LOADED
    own_names: str = "replace"
    modules: PMap[str, Module] = pmap()
    graph: DependencyGraph = DependencyGraph()
    failures: tuple[Failure, ...] = ()
    generation: int = 0
    last_run: Mapping[str, int] = NO_NAMES
    loaded: frozenset[str] = frozenset()
    upgraded: frozenset[str] = frozenset()
    changed_extensions: frozenset[str] = frozenset()
    project: Mapping[str, ProjectFile] = MappingProxyType({})
    reported: Mapping[str, Stamp] = MappingProxyType({})
    holds: Mapping[str, tuple[Hold, ...]] = MappingProxyType({})
    refill: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    kept_names: frozenset[tuple[int, str]] = frozenset()
    lazy: Mapping[str, LazyNames] = MappingProxyType({})
    not_imported_yet: frozenset[tuple[int, Binding]] = frozenset()
    files: str | bool = "tell"
    reads: Mapping[str, tuple[ReadFile, ...]] = MappingProxyType({})
    told: Mapping[str, ReadFile] = MappingProxyType({})
    cut_off: frozenset[str] = frozenset()
    cut_off_told: frozenset[str] = frozenset()
    reload: str = "dependents"
    traces: Mapping[str, Trace] = MappingProxyType({})

    def __repr__(self) -> str:
        return (
            f"State({len(self.registrations)} namespaces, {len(self.tracked)} tracked of "
            f"{len(self.modules)} known modules, {len(self.failures)} failures, "
            f"generation {self.generation})"
        )

    @property
    def tracked(self) -> tuple[str, ...]:
        """The tracked modules, in the order in which a fresh interpreter would start them."""
        return self.graph.tracked

    def is_excluded(self, name: str) -> bool:
        """Whether the user excluded a module, or a package that it is in."""
        return any(name == e or name.startswith(f"{e}.") for e in self.excluded)

    def bindings(self) -> Iterator[Binding]:
        """Yields every registered binding, namespace after namespace.

        Those of lazy imports are left out until there is something to follow.
        """
        waiting = self.not_imported_yet
        for key, bindings in self.registrations:
            if waiting:
                yield from (b for b in bindings if (key, b) not in waiting)
            else:
                yield from bindings

    def file_of(self, name: str) -> str | None:
        """Returns the file of a module that is known, or of the project; None if it has none."""
        if name in self.modules:
            return self.modules[name].location.path
        return self.project[name].path if name in self.project else None

    def modules_referred_to(self, binding: Binding) -> tuple[str, ...]:
        """Returns the modules that a binding refers to, as the modules are known."""
        return modules_referred_in(self.modules, self.workspace, binding)


def modules_referred_in(
    modules: Mapping[str, Module], workspace: Workspace, binding: Binding
) -> tuple[str, ...]:
    """Returns the modules that a binding refers to, if these are all the modules there are."""

    def is_module(name: str) -> bool:
        module = modules.get(name)
        return module is not None and not module.shadowed

    def names_in_all(name: str) -> tuple[str, ...]:
        # What a package outside the workspace imports is not followed.
        module = modules.get(name)
        if module is None or module.source is None:
            return ()
        followed = module.location.in_workspace(workspace)
        return module.source.all_submodules if followed else ()

    return modules_referred_to(binding, is_module, names_in_all)


def with_traces(state: State, traces: Mapping[str, Trace], ran: Iterable[str] = ()) -> State:
    """Returns the State in which modules ran, with these traces. Without one, none is known."""
    if state.reload != NEEDED or not (traces or state.traces):
        return state
    gone = frozenset(ran)
    others = state.traces.keys() - gone
    kept = {name: state.traces[name] for name in sorted(others)}
    known = {
        name: trace._replace(
            digest=state.modules[name].version.digest,
            # What does not run now is as half executed as the last time, for a fresh interpreter.
            within=trace.within | (state.traces[name].within - gone)
            if name in state.traces
            else trace.within,
            # What it has not changed, and does not run, it has not changed now either: after each
            # run that is looked at.
            compared=trace.compared | (state.traces[name].compared - gone - trace.changed)
            if name in state.traces
            else trace.compared,
            # And it begins where it began.
            begun=state.traces[name].begun if name in state.traces else trace.begun,
            ended=state.traces[name].ended if name in state.traces else trace.ended,
        )
        for name, trace in traces.items()
        if name in state.modules
    }
    return evolve(state, traces=MappingProxyType({**kept, **known}))


@frozen(repr=False, eq=False)
class Snapshot(Value):
    """What was seen. See the top of this file. Its mappings are never changed.

    It is complete: planning asks for nothing that neither the State nor the Snapshot has. A
    file that it does not name is as it was when its module last ran.
    """

    now: float
    stamps: Mapping[str, Stamp | None] = MappingProxyType({})
    sources: Mapping[str, SourceFile] = MappingProxyType({})
    found: Mapping[str, Found] = MappingProxyType({})
    loaded: frozenset[str] = frozenset()
    new_modules: frozenset[str] = frozenset()
    project: Mapping[str, ProjectFile] = MappingProxyType({})
    project_stamps: Mapping[str, Stamp] = MappingProxyType({})
    touched_modules: frozenset[str] = frozenset()
    upgraded: frozenset[str] = frozenset()
    namespace_modules: frozenset[str] = frozenset()
    holds: Holds = NO_HOLDS
    lazy: Mapping[str, frozenset[str]] = MappingProxyType({})
    reads: Mapping[str, ReadFile] = MappingProxyType({})

    def __repr__(self) -> str:
        return (
            f"Snapshot({len(self.stamps)} stamps, {len(self.sources)} sources, "
            f"{len(self.found)} found)"
        )
