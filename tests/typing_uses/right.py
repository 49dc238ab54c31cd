"""Right uses of the public names: type checkers must not object. `tests/test_typing.py` asks them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, assert_type

import liveimport
from liveimport import (
    AddedAgain,
    Binding,
    ClusterStatus,
    WorkerState,
    WorkerStatus,
    Detail,
    Detect,
    FileChange,
    Files,
    FilesRead,
    Diagram,
    Entry,
    Failed,
    Failure,
    Follow,
    Group,
    Line,
    Log,
    ModuleError,
    ModuleState,
    ModuleStatus,
    NotFollowed,
    OldKind,
    OldObject,
    OldObjects,
    OnError,
    Outcome,
    OwnNames,
    Phase,
    Plan,
    Reason,
    Register,
    ReloadEvent,
    Replaced,
    Report,
    Settings,
    ShowReport,
    Status,
    Step,
    Upgrade,
    Upgraded,
)


def registering(namespace: dict[str, Any]) -> None:
    """Takes the namespace of a module, or any other dict."""
    liveimport.register(globals(), "import json")
    liveimport.register(namespace, "from . import x", package="pack", clear=True)
    liveimport.register({}, "x = 1", allow_other_statements=True)
    liveimport.register({}, "import json", execute=True)
    liveimport.workspace("src", Path("tests"), extend=True)
    liveimport.workspace(default=True)
    excluded: tuple[str, ...] = liveimport.exclude("lab", "lab.models")
    liveimport.include(*excluded)


def settings(
    detect: Detect, follow: Follow, on_error: OnError, own_names: OwnNames, register: Register
) -> Settings:
    """Takes words that are known, and hands on words that somebody else was given."""
    liveimport.auto_sync(False)
    liveimport.auto_sync(grace=2, report=False, detect="content", follow="top-level")
    liveimport.auto_sync(on_error="stop", own_names="keep", register="project")
    liveimport.auto_sync(register=register)
    files: Files = "reload"
    liveimport.auto_sync(files=files)
    liveimport.auto_sync(files=False)
    report: ShowReport = "transient"
    liveimport.auto_sync(report=report)
    liveimport.auto_sync(detect=detect, follow=follow, on_error=on_error, own_names=own_names)
    liveimport.hidden_cell_magic(False)
    return liveimport.status().settings


def syncing() -> Outcome:
    """Observes with a function, a method or a lambda."""

    def told(event: ReloadEvent) -> None:
        assert_type(event.reason, Reason)
        assert_type(event.after, list[str])

    events: list[ReloadEvent] = []
    liveimport.sync(observer=events.append)
    liveimport.sync(observer=lambda event: print(event.module))
    return liveimport.sync(observer=told)


def outcomes(outcome: Outcome) -> list[str]:
    """Reads all that an outcome has."""
    failures: tuple[Failure, ...] = tuple(failed.failure for failed in outcome.failed)
    failed: tuple[Failed, ...] = outcome.failed
    bindings: list[Binding] = [binding for _, binding in outcome.rebound]
    details: tuple[Detail, ...] = outcome.details
    again: tuple[AddedAgain, ...] = outcome.added_again
    told: tuple[FileChange, ...] = outcome.files
    assert_type(told[0].modules, tuple[str, ...])
    assert_type(again[0].table, str)
    assert_type(failures[0].phase, Phase)
    assert_type(failed[0].as_module_error(), ModuleError)
    assert_type(outcome.to_dict(), dict[str, Any])
    return [*outcome.lines, *details[0].lines, bindings[0].statement]


def plans() -> Literal["modified", "dependent", "requested", "data", "new"]:
    """Reads all that a plan has."""
    plan: Plan = liveimport.plan()
    not_followed: tuple[NotFollowed, ...] = plan.not_followed
    assert_type(not_followed[0].reason, str)
    group: Group = plan.groups[0]
    step: Step = group.steps[0]
    assert_type(step.mtime, float)
    return step.reason


def statuses() -> tuple[ModuleState, ...]:
    """Reads how the session stands."""
    status: Status = liveimport.status()
    modules: tuple[ModuleStatus, ...] = status.modules
    others: tuple[NotFollowed, ...] = status.not_followed
    files: tuple[FilesRead, ...] = status.files
    assert_type(files[0].changed, tuple[str, ...])
    assert_type(others[0].changed, bool)
    return tuple(module.state for module in modules)


def errors() -> str | None:
    """Catches the one error that a sync raises."""
    try:
        liveimport.sync()
    except ModuleError as error:
        assert_type(error.phase, Phase)
        return error.message if error.outcome is None else str(error.outcome)
    return None


def replaced() -> Mapping[str | tuple[int, str], Any]:
    """Reads values that a sync replaced."""
    values: Replaced = liveimport.replaced
    values.clear()
    return values


def upgraded(one: object, two: object) -> int:
    """Gives old objects their present classes."""
    upgrade: Upgrade = liveimport.upgrade(one, two, deep=True)
    first: Upgraded = upgrade.upgraded[0]
    assert_type(liveimport.upgrade(one), Upgrade)
    return first.total


def workers(client: object) -> list[str]:
    """Lets a cluster run this version, and looks at its workers."""
    status: ClusterStatus = liveimport.attach(client, timeout=0.5)
    assert_type(status.failed, tuple[tuple[str, str], ...])
    assert_type(liveimport.version(workers), str)
    liveimport.detach(client)
    worker: WorkerStatus = status.workers[0]
    stands: WorkerState = worker.state
    assert_type(worker.changes_behind, int)
    assert_type(worker.version + status.version + stands, str)
    return [*status.behind, *status.lines]


def old(found: OldObjects) -> list[OldKind]:
    """Reads what `%liveimport old` shows."""
    objects: tuple[OldObject, ...] = found.objects
    assert_type(objects[0].line, Line)
    return [one.kind for one in objects if one.advice and one.line.kind]


def logged(log: Log) -> list[Line]:
    """Reads what was reported."""
    entries: tuple[Entry, ...] = log.entries
    report: Report = entries[0].report
    return [line for line in report.lines if isinstance(line, Line)]


def in_a_shell(shell: object, diagram: Diagram) -> type[BaseException]:
    """Uses what is there for IPython."""
    liveimport.load_ipython_extension(shell)
    liveimport.unload_ipython_extension(shell)
    assert_type(diagram.mermaid(), str)
    return liveimport.CellRejected
