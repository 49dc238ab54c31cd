"""State and ReloadPlan → the status: what is followed and why, what is not, and how each module stands."""

from collections.abc import Container, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from attrs import asdict, evolve, frozen

from liveimport.core import public
from liveimport.core.committing.failures import failure_dict
from liveimport.core.committing.workers import ClusterStatus
from liveimport.core.model import NEEDED, Failure, Module, State
from liveimport.core.planning.dependencies import registered_modules, why_not_followed
from liveimport.core.planning.plan import MODIFIED, SCHEMA, NotFollowed, ReloadPlan
from liveimport.core.report import messages
from liveimport.core.report.rendering import (
    FAILURE,
    Detail,
    JsonReadable,
    Line,
    Row,
    Table,
    aligned,
    in_html,
)
from liveimport.core.settings import Settings
from liveimport.core.workspace import shown_path

ModuleState = Literal[
    "current",
    "modified",
    "layout changed",
    "will reload",
    "failed",
    "blocked",
    "file missing",
    "restart needed",
    "never reloads",
]
"""How a tracked module may stand."""

CURRENT: Final = "current"
RELAID: Final = "layout changed"
WILL_RELOAD: Final = "will reload"
FAILED: Final = "failed"
BLOCKED: Final = "blocked"
MISSING: Final = "file missing"
RESTART: Final = "restart needed"
NEVER: Final = "never reloads"


@public
@frozen
class ModuleStatus:
    """How a tracked module stands.

    Attributes:
        module: Its name.
        file: Its file, or None.
        statement: The first registered statement that refers to it, or empty.
        importers: The modules that depend on it.
        reached: How it is reached if neither of these says so, or empty.
        state: ``"current"``, ``"modified"``, ``"layout changed"`` if only that or comments did,
            ``"will reload"`` with what it depends on, ``"failed"``, ``"blocked"``, ``"file missing"``, ``"restart needed"`` or
            ``"never reloads"``.
        message: Why it failed, or never reloads; empty otherwise.
        failed_file: Where it failed, or None.
        failed_line: On which line, counted from 1, or None.
        blocked_by: The module that failed and holds it back, or empty.
    """

    module: str
    file: str | None
    statement: str
    importers: tuple[str, ...]
    reached: str
    state: ModuleState
    message: str = ""
    failed_file: str | None = None
    failed_line: int | None = None
    blocked_by: str = ""

    @property
    def why(self) -> str:
        """Why it is tracked."""
        return messages.why_tracked(self.statement, self.importers, self.reached)

    def __str__(self) -> str:
        return messages.tracked_module(self.module, self.why) + (
            ""
            if self.state == CURRENT
            else messages.state_of_module(self.state, self.message or self.blocked_by)
        )


@public
class FilesRead(NamedTuple):
    """Files of the project that a module read as it last ran, and folders that it listed.

    Attributes:
        module: Its name.
        files: The files, relative to the workspace.
        changed: Those of them that changed since.
        is_cut_off: Whether there were more than are followed.
    """

    module: str
    files: tuple[str, ...]
    changed: tuple[str, ...] = ()
    is_cut_off: bool = False

    def __str__(self) -> str:
        others = (file for file in self.files if file not in self.changed)
        shown = (*map(messages.changed_file, self.changed), *others)
        return messages.files_read(self.module, shown, is_cut_off=self.is_cut_off)


@public
@frozen(repr=False, str=False)
class Status(JsonReadable):
    """The status of a session.

    Attributes:
        registered: The registered statements, with the number of their namespace if several.
        modules: The tracked modules, in run order.
        not_followed: Loaded modules of the project whose own edits are not followed.
        failures: The groups that failed and are to be retried.
        directories: The directories of the workspace.
        roots: The import roots that were added to it.
        settings: How automatic syncing behaves.
        versions: Of Python, LiveImport and IPython, by name.
        excluded: The modules that you excluded, or packages with all below them.
        assumed: The tracked modules that were loaded before LiveImport, and are taken as current
            because nobody knows when this process started.
        files: Files of the project that tracked modules read as they ran.
        files_not_followed: Why such files are not followed: ``"python"`` if this takes Python
            3.12, ``"tools"`` if other tools have all ids of `sys.monitoring`; empty otherwise.
        clusters: How the workers of attached clusters stand.
        untraced: With ``reload="needed"``, tracked modules of which it is not known what they
            read as they ran. They run as dependents.
    """

    registered: tuple[str, ...]
    modules: tuple[ModuleStatus, ...]
    not_followed: tuple[NotFollowed, ...]
    failures: tuple[Failure, ...]
    directories: tuple[str, ...]
    roots: tuple[str, ...]
    settings: Settings
    versions: tuple[tuple[str, str], ...]
    excluded: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    files: tuple[FilesRead, ...] = ()
    files_not_followed: str = ""
    clusters: tuple[ClusterStatus, ...] = ()
    untraced: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines to show."""
        return (
            *messages.registered_section(self.registered),
            *messages.tracked_section(
                aligned([row_of(module).cells for module in self.modules])
            ),
            *self._other_lines(),
        )

    def _other_lines(self) -> tuple[str, ...]:
        return (
            *messages.not_followed_section(
                [str(module) for module in self.not_followed if module.changed],
                [str(module) for module in self.not_followed if not module.changed],
            ),
            *messages.excluded_section(self.excluded),
            *messages.assumed_section(self.assumed),
            *messages.untraced_section(self.untraced),
            *messages.files_section(tuple(map(str, self.files))),
            *(
                Line(line, kind=FAILURE)
                for line in messages.failed_section([_failed_line(f) for f in self.failures])
            ),
            *messages.clusters_section([x for one in self.clusters for x in one.listing]),
            *messages.workspace_section((*self.directories, *self.roots)),
            *(messages.each_cell_registers(),) * (self.settings.register == "project"),
            messages.automatic_syncing(
                enabled=self.settings.enabled,
                grace=self.settings.grace,
                detect=self.settings.detect,
                follow=self.settings.follow,
                own_names=self.settings.own_names,
            ),
            *map(messages.files_not_followed, filter(None, (self.files_not_followed,))),
            messages.versions(self.versions),
        )

    @property
    def has_failures(self) -> bool:
        """Whether a group failed and is to be retried."""
        return bool(self.failures)

    def _repr_html_(self) -> str:
        """Returns a table of the tracked modules, and the other lines below it."""
        rows = tuple(row_of(module) for module in self.modules)
        registered = messages.registered_title(len(self.registered))
        return in_html(
            self._other_lines(),
            (Detail(registered, self.registered),) if self.registered else (),
            has_failures=self.has_failures,
            table=Table(messages.tracked_headings(), rows) if rows else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the status as JSON-ready values; docs/reports has the schema."""
        return {
            "schema": SCHEMA,
            "kind": "status",
            "registered": list(self.registered),
            "modules": [_plain(module) for module in self.modules],
            "not_followed": [module._asdict() for module in self.not_followed],
            "excluded": list(self.excluded),
            "assumed": list(self.assumed),
            "files": [_files_dict(read) for read in self.files],
            "files_not_followed": self.files_not_followed,
            "clusters": [cluster.to_dict() for cluster in self.clusters],
            "untraced": list(self.untraced),
            "failures": [failure_dict(failure) for failure in self.failures],
            "directories": list(self.directories),
            "roots": list(self.roots),
            "settings": self.settings._asdict(),
            "versions": dict(self.versions),
        }


def _files_dict(read: FilesRead) -> dict[str, Any]:
    return {n: list(v) if isinstance(v, tuple) else v for n, v in read._asdict().items()}


def _failed_line(failure: Failure) -> str:
    place = messages.with_place(failure.message, failure.shown_file, failure.line)
    return messages.failed_module(failure.module, place, failure.waiting)


def _plain(module: ModuleStatus) -> dict[str, Any]:
    fields = asdict(module)
    return {
        n: list(value) if isinstance(value, tuple) else value for n, value in fields.items()
    }


def row_of(module: ModuleStatus) -> Row:
    """Returns the name of a module, its state, and why it is tracked; with what is said of it."""
    state = messages.blocked_by(module.blocked_by) if module.blocked_by else module.state
    cells = (module.module, state, messages.with_reason(module.why, module.message))
    return Row(cells, FAILURE if module.state in (FAILED, BLOCKED) else "")


def status(  # noqa: PLR0913  # a status is made of all of these
    state: State,
    plan: ReloadPlan,
    settings: Settings,
    versions: tuple[tuple[str, str], ...],
    assumed: Container[str] = (),
    *,
    why_no_files: str = "",
    clusters: tuple[ClusterStatus, ...] = (),
) -> Status:
    """Returns the status of a session, of which `plan` is what a sync would do now.

    `assumed` are the modules that are taken as current though nobody knows what was loaded.
    `why_no_files` says why files that modules read are not followed, if they are not.
    """
    states = _states(plan)
    return Status(
        registered=_registered_statements(state),
        modules=tuple(_module_status(state, plan, states, name) for name in state.tracked),
        not_followed=tuple(_not_followed(state, plan)),
        failures=state.failures,
        directories=state.workspace.directories,
        roots=state.workspace.roots,
        settings=settings,
        versions=versions,
        excluded=tuple(sorted(state.excluded)),
        assumed=tuple(n for n in state.tracked if n in assumed and n not in state.last_run),
        files=tuple(_files_read(state, plan)),
        files_not_followed=why_no_files,
        clusters=clusters,
        untraced=tuple(
            n for n in state.tracked if n not in state.traces and _has_source(state, n)
        )
        if state.reload == NEEDED
        else (),
    )


def _has_source(state: State, name: str) -> bool:
    return state.modules[name].source is not None


def _files_read(state: State, plan: ReloadPlan) -> Iterator[FilesRead]:
    """Yields what tracked modules read. What would run because of a change is not yet read."""
    changed = {change.path for step in plan.steps for change in step.files}
    changed.update(state.told)
    for name in state.tracked:
        paths = [read.path for read in state.reads.get(name, ())]
        if paths:
            shown = [shown_path(state.workspace, f"{path}") or path for path in paths]
            yield FilesRead(
                name,
                tuple(shown),
                tuple(s for s, path in zip(shown, paths, strict=True) if path in changed),
                is_cut_off=name in state.cut_off,
            )


def _registered_statements(state: State) -> tuple[str, ...]:
    several = len(state.registrations) > 1
    return tuple(
        messages.registered_statement(binding.statement, r.key if several else None)
        for r in state.registrations
        for binding in r.bindings
    )


def module_status(state: State, plan: ReloadPlan, name: str) -> ModuleStatus:
    """Returns how a tracked module stands, if `plan` is what a sync would do now."""
    return _module_status(state, plan, _states(plan), name)


def _states(plan: ReloadPlan) -> Mapping[str, ModuleState]:
    """Returns how the modules stand with which a sync would do something."""
    states: dict[str, ModuleState] = {one.module: RELAID for one in plan.relaid}
    for step in plan.steps:
        states[step.module] = MODIFIED if step.reason == MODIFIED else WILL_RELOAD
    return states


def _module_status(
    state: State, plan: ReloadPlan, states: Mapping[str, ModuleState], name: str
) -> ModuleStatus:
    module = state.modules[name]
    statement = next(
        (b.statement for b in state.bindings() if name in state.modules_referred_to(b)), ""
    )
    importers = tuple(
        other
        for other in state.tracked
        if other != name and name in state.graph.dependencies.get(other, ())
    )
    known = ModuleStatus(
        module=name,
        file=module.location.path,
        statement=statement,
        importers=importers,
        reached="" if statement or importers else _reached(state, name),
        state=CURRENT,
    )
    return _with_state(known, state, plan, module, states.get(name, CURRENT))


def _reached(state: State, name: str) -> str:
    """Returns how a module is reached that nothing registers and nothing depends on."""
    registered = registered_modules(state, state.modules)
    below = [n for n in (*registered, *state.tracked) if n.startswith(f"{name}.")]
    if below:
        return messages.reached_as_parent(below[0])
    callers = [n for n in state.tracked if name in state.modules[n].deferred_modules]
    callers += [n for n in state.modules[name].imported_by.callers if n in state.tracked]
    if callers:
        return messages.reached_by_function(callers[0])
    holders = [n for n in state.tracked if name in {h.module for h in state.holds.get(n, ())}]
    if holders:
        return messages.reached_as_held(holders[0])
    return messages.reached_as_submodule(name.rpartition(".")[0])


def _with_state(  # noqa: PLR0911  # one for each state
    known: ModuleStatus, state: State, plan: ReloadPlan, module: Module, stands: ModuleState
) -> ModuleStatus:
    for failure in state.failures:
        if failure.module == module.name:
            return evolve(
                known,
                state=FAILED,
                message=failure.message,
                failed_file=failure.file,
                failed_line=failure.line,
            )
        if module.name in failure.waiting:
            return evolve(known, state=BLOCKED, blocked_by=failure.module)
    if state.is_excluded(module.name):
        return evolve(known, state=NEVER, message=messages.because_excluded())
    if module.name.partition(".")[0] in state.upgraded:
        return evolve(known, state=RESTART, message=messages.because_upgraded())
    if module.location.is_extension:
        changed = module.name in (*state.changed_extensions, *plan.changed_extensions)
        return evolve(
            known, state=RESTART if changed else NEVER, message=messages.because_compiled()
        )
    if module.location.path is None:
        return evolve(known, state=NEVER, message=messages.because_no_file())
    if module.name in plan.missing_files:
        return evolve(known, state=MISSING)
    return evolve(known, state=stands)


def _is_loose(state: State, module: Module) -> bool:
    """Whether a module is loaded and of the project, tracked or not."""
    return (
        module.name in state.loaded
        and module.source is not None
        and module.reloadable
        and module.location.in_workspace(state.workspace)
    )


def _not_followed(state: State, plan: ReloadPlan) -> Iterator[NotFollowed]:
    """Yields the loaded modules of the project that nothing tracks: bystanders first."""
    changed = {one.module for one in plan.not_followed}
    bystanders = [name for name in state.graph.run_order if name in state.graph.bystanders]
    tracked = frozenset(state.graph.tracked)
    # A module that nothing imports any more is known, but was never new to the project.
    dropped = [name for name, module in state.modules.items() if _is_loose(state, module)]
    others = [name for name in sorted({*state.project, *dropped}) if name not in tracked]
    for name in dict.fromkeys((*bystanders, *others)):
        reason, remedy = why_not_followed(state, state.graph, name)
        if state.is_excluded(name):
            reason, remedy = messages.because_excluded(), messages.include_it(name)
        elif name in plan.protected:
            reason = messages.because_values_changed()
        yield NotFollowed(
            module=name,
            file=state.file_of(name),
            changed=name in changed,
            reason=reason,
            remedy=remedy,
        )
