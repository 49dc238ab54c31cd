"""Projects drawn as literals, so that a test of the planner reads as a line. No file is touched.

    world(a="import b", b="").register("import a").edit(b="x = 1").trace()   # "b! a<b"

A keyword is a module and its value the source. Two underscores stand for a dot, so ``p__a``
is ``p.a``, and ``p`` is a package if anything lies below it. All modules are loaded, in the
version that is drawn. `edit` of another name adds a file that nobody has imported yet.

Who imported a module is not known, unless `imported` says so. As in a session, imports that run
with a module count; `follow` draws the other mode.

A trace has a word for each step: ``b!`` is modified, ``a<b`` reloads because b does, and
``c+`` runs for the first time, ``d?`` was asked for. ``|`` separates the groups. ``[b!]`` is blocked.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from inspect import CO_NEWLOCALS
from itertools import chain
from types import CodeType, MappingProxyType
from typing import Any

from attrs import evolve, frozen
from pyrsistent import PMap, pmap

from liveimport.core.committing.commit import Learned, commit
from liveimport.core.committing.failures import Failed
from liveimport.core.committing.outcome import Outcome
from liveimport.core.committing.registered import register
from liveimport.core.committing.results import GroupRun, Result, outcome_of
from liveimport.core.detecting.changes import takes_over
from liveimport.core.detecting.detection import keep_imports
from liveimport.core.imports import STAR, Binding, parse_imports, with_parents
from liveimport.core.model import (
    ABSENT,
    CODE,
    NEEDED,
    NOBODY,
    NOWHERE,
    UNKNOWN_VERSION,
    Failure,
    Found,
    Hold,
    ImportedBy,
    Location,
    Module,
    ProjectFile,
    Snapshot,
    SourceFile,
    SourceInfo,
    Stamp,
    State,
    Version,
    with_traces,
)
from liveimport.core.overview.dry_run import Plan, dry_run
from liveimport.core.planning.dependencies import import_roots, with_new_graph, with_roots
from liveimport.core.planning.plan import (
    MODIFIED,
    NEW,
    REQUESTED,
    ReloadGroup,
    ReloadPlan,
    ReloadStep,
)
from liveimport.core.planning.planner import enroll, plan_reload
from liveimport.core.planning.staleness import NO_REQUEST, Request
from liveimport.core.source.names import names_in_source
from liveimport.core.source.reads import trace_of
from liveimport.core.source.source_file import source_file
from liveimport.core.trace import Trace
from liveimport.core.watch_list import watch_list
from liveimport.core.workspace import Workspace, shown_path

PROJECT = "/project/"
SECOND = 10**9


@frozen
class File:
    """A file of the drawing: what reading it shows.

    It is settled, unless a test says when it is read.
    """

    path: str
    text: str
    stamp: Stamp
    real_path: str
    read_ns: int | None = None
    is_extension: bool = False
    dynamic_names: frozenset[str] = frozenset()

    @property
    def location(self) -> Location:
        """Where a module with this file comes from."""
        is_package = self.path.endswith("__init__.py")
        return Location(self.path, self.real_path, is_package, self.is_extension)


@frozen
class Load:
    """A loaded module.

    Attributes:
        version: Of its file when it was imported.
        generation: How many reloading syncs there had been then.
        names: The names that it has.
        shadowed: Whether its package has something else under its name.
        has_file: Whether it comes from a file.
        imported_by: Who first imported it.
    """

    version: Version = UNKNOWN_VERSION
    generation: int = 0
    names: frozenset[str] = frozenset()
    shadowed: bool = False
    has_file: bool = True
    imported_by: ImportedBy = NOBODY


@frozen
class World:
    """A project, a session in it, and the time.

    Attributes:
        used: Loaded modules whose values changed since they ran.
        upgraded: Installed packages that were upgraded.
        lazy: Names of loaded modules that lazy imports bound, and nobody has used.
    """

    state: State
    files: PMap[str, File]
    loaded: PMap[str, Load]
    now: int = 0
    used: frozenset[str] = frozenset()
    upgraded: frozenset[str] = frozenset()
    lazy: Mapping[str, frozenset[str]] = MappingProxyType({})
    outcome: Outcome = Outcome(0)

    # What the user does.

    def register(self, statements: str, *, key: int = 1, clear: bool = False) -> "World":
        """Executes and registers import statements in namespace `key`."""
        state = register(self.state, key, parse_imports(statements), clear=clear)
        return self.enrolled(state)

    def workspace(self, *directories: str) -> "World":
        """Makes these the workspace."""
        return self.enrolled(evolve(self.state, workspace=Workspace(directories)))

    def adding_roots(self, *libraries: str) -> "World":
        """Adds the import roots of registered modules to the workspace, as is the default."""
        workspace = self.state.workspace._replace(libraries=libraries, adds_roots=True)
        return self.enrolled(evolve(self.state, workspace=workspace))

    def follow(self, which: str) -> "World":
        """Sets which imports of modules count."""
        return self.enrolled(evolve(self.state, follow=which))

    def detect(self, how: str) -> "World":
        """Sets what counts as changed."""
        return evolve(self, state=evolve(self.state, detect=how))

    def needed(self, calls: str = "", changeable: str = "") -> "World":
        """Lets only what is needed run, with a trace of each module.

        `calls` has functions that ran too: ``b=a.add`` if b called that of a. `changeable` has, in
        the same way, the globals through which a module could change something: ``b=b.a.TABLE``.
        """
        texts = {name: file.text for name, file in self.files.items() if name in self.loaded}
        traces = {
            name: _trace(name, texts, calls.split(), changeable.split())._replace(
                within=frozenset(self._half_executed(name))
            )
            for name in texts
        }
        return evolve(self, state=with_traces(evolve(self.state, reload=NEEDED), traces, texts))

    def _half_executed(self, name: str) -> list[str]:
        """Returns the modules that had begun before one, and had not finished."""
        begun, finished = self.state.graph.run_order, self.state.graph.finish_order
        return [
            other
            for other in begun
            if begun[other] < begun.get(name, 0) and finished[other] > finished[name]
        ]

    # What happens to the files. Each step is a second later than the one before.

    def edit(self, **texts: str) -> "World":
        """Saves files with these texts; a name that is new is a file nobody has imported."""
        named = {dotted(keyword): text for keyword, text in texts.items()}
        packages = {name.rpartition(".")[0] for name in (*self.files, *named)}
        world = evolve(self, now=self.now + 1)
        return world.with_files(
            {
                name: world.saved(name, text, is_package=name in packages)
                for name, text in named.items()
            }
        )

    def touch(self, *names: str) -> "World":
        """Saves files with the text that they have."""
        return self.edit(**{name: self.files[name].text for name in names})

    def remove(self, *names: str) -> "World":
        """Removes files."""
        files = self.files
        for name in names:
            files = files.remove(name)
        return evolve(self, files=files)

    def restamp(self, name: str, **fields: int) -> "World":
        """Changes what stat says of a file, and nothing else."""
        return self.alter(name, stamp=self.files[name].stamp._replace(**fields))

    def hide(self, **texts: str) -> "World":
        """Writes to files that keep their stamps: two writes within one tick of the clock."""
        world = self
        for keyword, text in texts.items():
            world = world.alter(dotted(keyword), text=text)
        return world

    def alter(self, name: str, **fields: object) -> "World":
        """Changes these fields of a file."""
        return self.with_files({name: evolve(self.files[name], **fields)})

    def move(self, name: str, path: str) -> "World":
        """Moves a file."""
        return self.alter(name, path=path, real_path=path)

    def unrecorded(self, *names: str) -> "World":
        """Leaves it unknown which version of their files these modules were loaded from."""
        return self.with_loads({n: evolve(self.loaded[n], version=Version()) for n in names})

    def loaded_without_file(self, *names: str) -> "World":
        """Loads modules that no file belongs to, as built-ins are."""
        return self.with_loads({n: Load(has_file=False) for n in names})

    def unload(self, *names: str) -> "World":
        """Takes modules out of `sys.modules`, as if nobody had imported them."""
        loads = self.loaded
        for name in names:
            loads = loads.remove(name)
        return evolve(self, loaded=loads)

    def shadow(self, *names: str) -> "World":
        """Lets the packages of these loaded modules have something else under their names."""
        return self.with_loads({n: evolve(self.loaded[n], shadowed=True) for n in names})

    def imported(self, name: str, *callers: str, started_by: str = "") -> "World":
        """Records who first imports a loaded module, as the next import of the program.

        `callers` are the modules of the functions in between, innermost first. `started_by` is
        the module whose own code ran.
        """
        number = 1 + max(load.imported_by.number for load in self.loaded.values())
        everybody = (*callers, started_by) if started_by else callers
        by = ImportedBy(number, started_by, tuple(dict.fromkeys(everybody)))
        return self.with_loads({name: evolve(self.loaded[name], imported_by=by)})

    def use(self, *names: str) -> "World":
        """Changes the values of loaded modules, as a notebook that keeps something in them."""
        return evolve(self, used=self.used.union(names))

    def with_lazy(self, name: str, *names: str) -> "World":
        """Lets these names of a loaded module be those that are lazy; without names, none."""
        lazy = {**self.lazy, name: frozenset(names)}
        return evolve(self, lazy=MappingProxyType({n: v for n, v in lazy.items() if v}))

    def upgrade(self, *packages: str) -> "World":
        """Installs other versions of packages, whose files `edit` or `touch` changes."""
        return evolve(self, upgraded=self.upgraded.union(packages))

    def hold(self, holder: str, module: str, name: str) -> "World":
        """Lets a module keep something of another, as a scan finds it."""
        holds = {**self.state.holds, holder: (Hold(module, name),)}
        return evolve(self, state=with_new_graph(evolve(self.state, holds=holds)))

    def exclude(self, *names: str) -> "World":
        """Excludes modules."""
        excluded = self.state.excluded.union(names)
        return evolve(self, state=evolve(self.state, excluded=excluded))

    # What LiveImport does.

    def plan(self, *, retry_failed: bool = False, request: Request = NO_REQUEST) -> ReloadPlan:
        """Returns what a sync would do."""
        return self.planned(retry_failed=retry_failed, request=request)[0]

    def dry_run(self, **options: Any) -> Plan:
        """Returns what users see of that."""
        return dry_run(self.plan(**options))

    def planned(
        self, *, retry_failed: bool = False, request: Request = NO_REQUEST
    ) -> tuple[ReloadPlan, State]:
        """Returns what a sync would do, and the State if all of it succeeds.

        Keeping the dependency graph only saves work: if it is built again, the result is the same.
        """
        result = plan_reload(
            self.state, self.snapshot(), retry_failed=retry_failed, request=request
        )
        other = self.with_outdated_graph()
        rebuilt = plan_reload(
            other.state, other.snapshot(), retry_failed=retry_failed, request=request
        )
        assert result[0] == rebuilt[0]
        assert result[1] == evolve(rebuilt[1], loaded=result[1].loaded)
        assert _orders(result[1]) == _orders(rebuilt[1])
        return result

    def trace(self, *, retry_failed: bool = False, request: Request = NO_REQUEST) -> str:
        """Returns the plan as a line."""
        plan = self.plan(retry_failed=retry_failed, request=request)
        return " | ".join(map(_group_trace, plan.groups))

    def sync(
        self,
        *,
        fails: str = "",
        retry_failed: bool = False,
        not_imported: tuple[tuple[str, str], ...] = (),
    ) -> "World":
        """Returns the world after a sync in which the modules named in `fails` raise.

        The modules in `not_imported` do not import what they imported the last time.
        """
        plan, planned = self.planned(retry_failed=retry_failed)
        outcome = _executed(plan, frozenset(fails.split()))
        loads = {
            step.module: Load(
                version=Version(step.planned.version.stamp),
                generation=planned.generation,
                names=_names(step.planned.source),
                shadowed=step.planned.shadowed,
                imported_by=step.planned.imported_by,
            )
            for step in plan.steps
            if step.module not in outcome.not_run
        }
        texts = {name: file.text for name, file in self.files.items()}
        followed = loads if self.state.traces else ()
        traces = {name: _trace(name, texts, [], []) for name in followed}
        learned = Learned(not_imported, traces=traces)
        state = commit(self.state, planned, outcome, learned)
        used = self.used.difference(loads)
        return evolve(self.with_loads(loads), state=state, outcome=outcome, used=used)

    @property
    def tracked(self) -> str:
        """The tracked modules as a line."""
        return " ".join(self.state.tracked)

    @property
    def bystanders(self) -> str:
        """The bystanders as a line, in run order."""
        graph = self.state.graph
        return " ".join(name for name in graph.run_order if name in graph.bystanders)

    @property
    def failures(self) -> str:
        """The failures as a line: who failed, and who waits for it."""
        return " | ".join(" ".join((f.module, *f.waiting)) for f in self.state.failures)

    # What observing sees. The rules are those of `effects.observe.snapshot`, or wider.

    def snapshot(self) -> Snapshot:
        """Returns a complete snapshot, as observing would take it."""
        snapshot = self.changed_files()
        if keep_imports(self.state, snapshot):
            return snapshot
        return self.everything(snapshot)

    def changed_files(self) -> Snapshot:
        """Returns the files that are not as the State expects them, read."""
        stamps = dict(self.changed_stamps())
        found: dict[str, Found] = {}
        sources: dict[str, SourceFile] = {}
        for name, stamp in stamps.items():
            module = self.state.modules[name]
            if stamp is None and module.source is not None:
                found[name] = self.find(name)
            if not module.location.is_extension and (
                stamp is not None or (name in found and takes_over(module, found[name]))
            ):
                sources[name] = self.read(name)
        return self.blank(
            stamps=MappingProxyType(stamps),
            sources=MappingProxyType(sources),
            found=MappingProxyType(found),
        )

    def changed_stamps(self) -> Iterator[tuple[str, Stamp | None]]:
        """Yields the stamps of watched files that are not as expected, by module."""
        watched = watch_list(self.state)
        for file in (*chain.from_iterable(watched.slices), *watched.untracked):
            stamp = self.stamp_of(file.module, file.path)
            only_reported = file.module in watched.not_followed and file.exists is False
            if only_reported and file not in watched.untracked:
                continue
            if stamp != file.expected and (stamp is not None or file.exists):
                yield file.module, stamp

    def changed_unread(self) -> Iterator[tuple[str, Stamp]]:
        """Yields the same of the files that are only reported, if they were never read."""
        for file in watch_list(self.state).unread:
            stamp = self.stamp_of(file.module, file.path)
            if stamp not in (None, file.expected):
                yield file.module, stamp
        for name, file in self.new_files().items():
            if self.files[name].stamp != file.stamp:
                yield name, self.files[name].stamp

    def new_files(self) -> Mapping[str, ProjectFile]:
        """Returns the source files of what the State has not seen, and is not installed."""
        return {
            name: ProjectFile(file.path, self.loaded[name].version.stamp or file.stamp)
            for name, file in sorted(self.files.items())
            if name in self.loaded
            and name not in self.state.loaded
            and not file.is_extension
            and not file.location.is_installed(self.state.workspace)
        }

    def everything(self, snapshot: Snapshot) -> Snapshot:
        """Returns the snapshot with every name and every source that planning may need."""
        stamps, sources = {**snapshot.stamps}, {**snapshot.sources}
        registered = frozenset(self.meanings(self.state.bindings()))
        for name in sorted({*self.files, *self.state.modules}):
            location = self.location_to_read(name, registered)
            if location is None or name in sources:
                continue
            if self.stamp_of(name, location.path) is None:
                stamps[name] = None
            elif stamps.get(name, True) is not None:
                sources[name] = self.read(name)
        unknown = self.names_to_look_up().difference(self.state.modules)
        found = {name: self.find(name) for name in sorted(unknown)}
        return evolve(
            snapshot,
            stamps=MappingProxyType(stamps),
            sources=MappingProxyType(sources),
            found=MappingProxyType({**found, **snapshot.found}),
        )

    def location_to_read(self, name: str, registered: frozenset[str]) -> Location | None:
        """Returns where to read the source of a module, if it is followed and was never read."""
        module, file = self.state.modules.get(name), self.files.get(name)
        if module is not None and module.source is not None:
            return None
        location = module.location if module is not None else file and file.location
        if location is None or location.path is None or location.is_extension:
            return None
        followed = name in registered or location.in_workspace(self.state.workspace)
        return location if followed else None

    def names_to_look_up(self) -> frozenset[str]:
        """Returns every name that planning may need."""
        infos = [source(name, file).info for name, file in self.files.items()]
        infos += [m.source for m in self.state.modules.values() if m.source is not None]
        bindings = {binding for info in infos for binding in (*info.eager, *info.deferred)}
        started = chain.from_iterable(m.eager_modules for m in self.state.modules.values())
        named = self.meanings((*self.state.bindings(), *bindings))
        return frozenset(with_parents((*self.files, *self.loaded, *started, *named)))

    def meanings(self, bindings: Iterable[Binding]) -> Iterator[str]:
        """Yields the modules that bindings may refer to."""
        for binding in bindings:
            yield from with_parents((binding.module,))
            if binding.submodule is not None:
                yield binding.submodule
            if binding.attribute == STAR:
                file, module = (
                    self.files.get(binding.module),
                    self.state.modules.get(binding.module),
                )
                for info in (
                    file and source(binding.module, file).info,
                    module and module.source,
                ):
                    for name in info.all_submodules if info else ():
                        yield f"{binding.module}.{name}"

    def blank(self, **fields: Mapping[str, object]) -> Snapshot:
        """Returns a snapshot of now that has nothing but these fields and what is loaded."""
        loaded = frozenset(self.loaded)
        workspace = self.state.workspace
        return Snapshot(
            self.now,
            loaded=loaded,
            new_modules=frozenset(
                name
                for name in loaded.difference(self.state.loaded).intersection(self.files)
                if self.files[name].location.in_workspace(workspace)
            ),
            project=self.new_files(),
            project_stamps=dict(self.changed_unread()),
            touched_modules=self.used
            & (self.state.graph.bystanders | (loaded - self.state.loaded)),
            upgraded=self.upgraded,
            lazy=self.lazy,
            **fields,
        )

    def stamp_of(self, name: str, path: str | None) -> Stamp | None:
        """Returns the stamp of a module's file, if it is there."""
        file = self.files.get(name)
        return None if file is None or file.path != path else file.stamp

    def find(self, name: str) -> Found:
        """Returns what is found under a module name."""
        file, load = self.files.get(name), self.loaded.get(name)
        if load is not None:
            here = None if load.has_file else NOWHERE
            return Found(
                loaded=True,
                location=here if file is None else file.location,
                version=UNKNOWN_VERSION if file is None else load.version,
                shadowed=load.shadowed,
                generation=load.generation,
                imported_by=load.imported_by,
            )
        if file is None:
            return ABSENT
        package, _, attribute = name.rpartition(".")
        parent = self.loaded.get(package)
        return Found(
            loaded=False,
            location=file.location,
            shadowed=parent is not None and attribute in parent.names,
        )

    def read(self, name: str) -> SourceFile:
        """Returns the source of a module. What the State knows of these bytes stays as it is."""
        read = source(name, self.files[name])
        known = self.state.modules.get(name)
        if self.state.detect == CODE and known is not None and name in self.state.tracked:
            read = with_relaid(read, known, self.files[name])
        known = self.state.modules.get(name)
        if (
            known is None
            or known.source is None
            or known.location != self.files[name].location
            or known.version.digest != read.version.digest
        ):
            return read
        return read._replace(info=known.source)

    # How a world is made.

    def enrolled(self, state: State) -> "World":
        """Returns the world in this State, with what the State must know of its modules."""
        world = self.enrolled_once(state)
        if not state.workspace.adds_roots:
            return world
        roots = import_roots(world.state)
        while roots != world.state.workspace.roots:
            world = world.enrolled_once(with_roots(world.state, roots))
            roots = tuple(dict.fromkeys((*roots, *import_roots(world.state))))
        return world

    def enrolled_once(self, state: State) -> "World":
        """Returns the same, if the workspace is as `state` has it."""
        world = evolve(self, state=state)
        return evolve(world, state=enroll(state, world.everything(world.blank())))

    def with_outdated_graph(self) -> "World":
        """Returns the world in which the graph has to be built again, whatever changed.

        It says of a module that there is not that it lags behind.
        """
        graph = self.state.graph
        outdated = evolve(graph, lagging=graph.lagging | {"nobody"})
        return evolve(self, state=evolve(self.state, graph=outdated))

    def with_loads(self, loads: dict[str, Load]) -> "World":
        """Returns the world with these modules loaded as well."""
        return evolve(self, loaded=self.loaded.update(loads))

    def with_files(self, files: dict[str, File]) -> "World":
        """Returns the world with these files as well."""
        return evolve(self, files=self.files.update(files))

    def saved(self, name: str, text: str, *, is_package: bool) -> File:
        """Returns the file of a module, written now; where it is, or where a new one goes."""
        stamp = Stamp(self.now * SECOND, len(text), 1, self.now * SECOND)
        if name in self.files:
            return evolve(self.files[name], text=text, stamp=stamp)
        path = PROJECT + name.replace(".", "/") + ("/__init__.py" if is_package else ".py")
        return File(path, text, stamp, path)


def _trace(
    name: str, texts: Mapping[str, str], calls: list[str], changeable: list[str]
) -> Trace:
    """Returns the trace of a module: its own code ran, its classes, and what it called."""
    root = compile(texts[name], name, "exec")
    ran = [(name, root)]
    ran += [(name, c) for c in _codes(root) if not c.co_flags & CO_NEWLOCALS]
    for by, _, called in (call.partition("=") for call in calls):
        home, _, function = called.rpartition(".")
        if by == name:
            codes = _codes(compile(texts[home], home, "exec"))
            ran += [(home, code) for code in codes if code.co_name == function]
    trace = trace_of(name, root, ran)
    loads = [load.partition("=")[2] for load in changeable if load.startswith(f"{name}=")]
    led = frozenset(
        (home, tuple(chain.split(".")))
        for home, _, chain in (load.partition(".") for load in loads)
    )
    assert led <= trace.loads
    return trace._replace(changeable=trace.changeable | led)


def _codes(code: CodeType) -> list[CodeType]:
    """Returns the code objects in a code object, at any depth."""
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return [*inner, *(below for c in inner for below in _codes(c))]


def world(**texts: str) -> World:
    """Returns a world in which these modules are loaded, and nothing is registered."""
    state = State(workspace=Workspace((PROJECT,)))
    drawn = World(state, pmap(), pmap()).edit(**texts)
    return drawn.with_loads(
        {
            name: Load(Version(file.stamp), names=_names(source(name, file).info))
            for name, file in drawn.files.items()
        }
    )


def dotted(keyword: str) -> str:
    """Returns the module name that a keyword stands for."""
    return keyword.replace("__", ".")


@lru_cache(maxsize=4096)
def source(name: str, file: File) -> SourceFile:
    """Returns the source of a module as it is read for the first time."""
    data = file.text.encode()
    with warnings.catch_warnings(action="ignore"):
        read = source_file(name, file.location, file.stamp, data, read_ns=0, known=None)
    version = read.version._replace(seen_ns=file.read_ns)
    return read._replace(version=version, dynamic_names=file.dynamic_names)


def with_relaid(read: SourceFile, known: Module, file: File) -> SourceFile:
    """Returns a source with whether only comments or layout changed since its module ran."""
    data = file.text.encode()
    again = source_file(
        known.name,
        file.location,
        file.stamp,
        data,
        read_ns=0,
        known=known if known.location == file.location else None,
        compare_code=True,
    )
    return read._replace(relaid=again.relaid)


def _names(info: SourceInfo | None) -> frozenset[str]:
    """Returns the names that a module has after its source ran."""
    assert info is not None
    names = names_in_source(info.data) if info.names is None else info.names
    return names.module_level


def _orders(state: State) -> tuple[list[str], list[str]]:
    """Returns what `==` does not compare: mappings in another order are equal."""
    return list(state.graph.run_order), list(state.graph.finish_order)


def _executed(plan: ReloadPlan, fails: frozenset[str]) -> Outcome:
    """Returns the outcome if the modules in `fails` raise and no others."""
    results: dict[int, Result] = {}
    ran: set[str] = set()
    for index, group in enumerate(plan.groups):
        broken = next((name for name in group.members if name in fails), None)
        if not ran.issuperset(group.requires):
            continue
        if group.blocked_by is not None:
            results[index] = group.blocked_by
        elif broken is not None:
            results[index] = _failed(group, broken)
        else:
            results[index] = GroupRun(group.members, (), (), plan.now, {}, {})
            ran.update(group.members)
    return outcome_of(plan, results)


def _failed(group: ReloadGroup, name: str) -> Failed:
    error = ZeroDivisionError("division by zero")
    path = next(step.path for step in group.steps if step.module == name)
    failure = Failure(
        module=name,
        phase="reload",
        message=f"ZeroDivisionError: {error}",
        file=path,
        shown_file=shown_path(Workspace((PROJECT,)), path),
        line=1,
        waiting=tuple(member for member in group.members if member != name),
        fingerprint=group.fingerprint,
    )
    return Failed(error, failure)


def _group_trace(group: ReloadGroup) -> str:
    steps = " ".join(map(_step_trace, group.steps))
    return steps if group.blocked_by is None else f"[{steps}]"


def _step_trace(step: ReloadStep) -> str:
    if step.reason == NEW:
        return f"{step.module}+"
    if step.reason == REQUESTED:
        return f"{step.module}?"
    return f"{step.module}{'!' if step.reason == MODIFIED else '<' + ','.join(step.after)}"
