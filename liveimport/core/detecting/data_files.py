"""What became of the files that modules read as they ran, and which modules that concerns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from attrs import evolve

from liveimport.core.model import MOST_FILES, MTIME, ReadFile, Snapshot, State, Version
from liveimport.core.workspace import Workspace, shown_path

from .file_change import Changed, FileChange, FileWhat

Reads = Mapping[str, tuple[ReadFile, ...]]
"""By module, what it read."""

_NOTHING: Changed = MappingProxyType({})

RELOAD = "reload"
"""The value of `State.files` with which a module runs again if a file that it read changed."""


def file_changes(state: State, snapshot: Snapshot, tracked: Iterable[str]) -> Changed:
    """Returns by tracked module what changed of what it read as it ran."""
    if not snapshot.reads and not state.told:
        return _NOTHING
    changed = {
        name: tuple(c for read in state.reads[name] for c in _changes(state, snapshot, read))
        for name in tracked
        if name in state.reads
    }
    return {
        name: tuple(change._replace(modules=(name,)) for change in changes)
        for name, changes in changed.items()
        if changes
    }


def to_read_again(state: State, changed: Changed) -> frozenset[str]:
    """Returns the modules that run because of that. New or fewer modules in a folder are code."""
    return frozenset(
        name
        for name, changes in changed.items()
        if state.files == RELOAD or any(change.is_code for change in changes)
    )


def told_of(planned: State, state: State, changed: Changed) -> tuple[FileChange, ...]:
    """Returns the changes to tell: each file once, with all modules that read it."""
    readers: dict[str, dict[str, FileChange]] = {}
    for name, changes in changed.items():
        for change in changes:
            now, before = planned.told.get(change.path), state.told.get(change.path)
            if now is not None and (before is None or _differs(before, now, state.detect)):
                readers.setdefault(change.path, {})[name] = change
    return tuple(
        next(iter(by.values()))._replace(modules=tuple(by)) for _, by in sorted(readers.items())
    )


def read_now(state: State, snapshot: Snapshot, name: str) -> tuple[ReadFile, ...]:
    """Returns what a module read, as that is now."""
    return tuple(_now(state, snapshot, r) or r for r in state.reads.get(name, ()))


def with_files(
    planned: State, snapshot: Snapshot, changed: Changed, running: frozenset[str]
) -> State:
    """Returns the State that knows of these changes, and that `running` reads the files anew.

    Of a file that did not change, a look may have settled that.
    """
    if not snapshot.reads and not planned.told:
        return planned
    reads = {
        name: read_now(planned, snapshot, name)
        if name in running
        else tuple(_looked_at(planned, snapshot, read) for read in files)
        for name, files in planned.reads.items()
    }
    told = {
        change.path: now
        for name in changed.keys() - running
        for change in changed[name]
        for read in planned.reads[name]
        if read.path == change.path
        for now in (_now(planned, snapshot, read),)
        if now is not None
    }
    return evolve(
        planned,
        reads=planned.reads if reads == planned.reads else MappingProxyType(reads),
        told=planned.told
        if told == planned.told
        else MappingProxyType(dict(sorted(told.items()))),
    )


def with_reads(state: State, reads: Reads) -> State:
    """Returns the State in which modules ran that read these files. There is an end to files."""
    if not reads or not state.files:
        return state
    known = {file.path: file.version for files in state.reads.values() for file in files}
    merged = {**state.reads, **{n: _as_known(files, known) for n, files in reads.items()}}
    merged = {name: of_project(state, name, files) for name, files in merged.items()}
    paths: dict[str, None] = {}
    cut_off = set(state.cut_off.difference(reads))
    for name, files in merged.items():
        kept = tuple(f for f in files if f.path in paths or len(paths) < MOST_FILES)
        kept = kept[: MOST_FILES - len(paths.keys() - {f.path for f in kept})]
        paths.update(dict.fromkeys(f.path for f in kept))
        if len(kept) < len(files):
            merged[name] = kept
            cut_off.add(name)
    return evolve(
        state,
        reads=MappingProxyType({n: files for n, files in merged.items() if files}),
        cut_off=frozenset(cut_off),
    )


def _as_known(files: Sequence[ReadFile], known: Mapping[str, Version]) -> tuple[ReadFile, ...]:
    """Returns files as they were read; what was settled before stays so, and is not read again."""
    return tuple(
        f._replace(version=known[f.path].then_read(f.version)) if f.path in known else f
        for f in files
    )


def of_project(state: State, name: str, files: Sequence[ReadFile]) -> tuple[ReadFile, ...]:
    """Returns those of the files that belong to the project, without the module's own source."""
    own = state.file_of(name)
    return tuple(f for f in files if f.path != own and _covers(state.workspace, f.path))


def _covers(workspace: Workspace, path: str) -> bool:
    """Whether a file or folder is in the workspace. A directory of it has no separator here."""
    return (
        workspace.covers(path) or workspace.covers(f"{path}/") or workspace.covers(f"{path}\\")
    )


def _now(state: State, snapshot: Snapshot, read: ReadFile) -> ReadFile | None:
    """Returns a file as it is now; None if nothing is known but that it is as it was."""
    return snapshot.reads.get(read.path) or state.told.get(read.path)


def _looked_at(state: State, snapshot: Snapshot, read: ReadFile) -> ReadFile:
    now = snapshot.reads.get(read.path)
    if now is None or _differs(read, now, state.detect):
        return read
    return read._replace(version=read.version.then_read(now.version))


def _differs(read: ReadFile, now: ReadFile, detect: str) -> bool:
    ran, found = read.version, now.version
    if read.names is not None:
        return read.names != now.names
    if ran.digest and found.digest and (detect != MTIME or ran.digest != found.digest):
        return ran.digest != found.digest
    return ran.times != found.times


def _changes(state: State, snapshot: Snapshot, read: ReadFile) -> Iterator[FileChange]:
    now = _now(state, snapshot, read)
    if now is None or not _differs(read, now, state.detect):
        return
    if read.names is None:
        yield _change(state, read.path, read.version, now.version)
        return
    before, after = frozenset(read.names), frozenset(now.names or ())
    separator = "\\" if "\\" in read.path and "/" not in read.path else "/"
    for name in sorted(before ^ after):
        shown = _shown(state, f"{read.path}{separator}{name}")
        what: FileWhat = "new" if name in after else "removed"
        yield FileChange(read.path, shown, what, is_code=True)


def _change(state: State, path: str, ran: Version, now: Version) -> FileChange:
    shown = _shown(state, path)
    if now.stamp is None:
        return FileChange(path, shown, "removed")
    what: FileWhat = "new" if ran.stamp is None else "modified"
    return FileChange(path, shown, what, now.stamp.mtime_ns / 1e9)


def _shown(state: State, path: str) -> str:
    return shown_path(state.workspace, path) or path
