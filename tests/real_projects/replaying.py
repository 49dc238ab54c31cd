"""Replays the releases of a package in a living session, and compares it with a restarted one.

    cd WORKSPACE; PYTHONHASHSEED=0 python replaying.py PACKAGE RELEASES

where RELEASES has a folder for each version, prints one JSON object. WORKSPACE must be empty.
Each release is written into it as `git checkout` does: only files that differ. After a sync
every module of the package must be as in a fresh interpreter that imports the release. Or, if
that fails there, or the sync says that it could not, exactly as before the sync.
"""

import contextlib
import filecmp
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[0] = os.getcwd()
sys.path.append(HERE)

from as_text import NAMESPACE, Described, described  # noqa: E402  # as above
from releases import REPLAYED, Replayed  # noqa: E402  # as above

ENVIRONMENT = dict(os.environ)  # as it is before a release changes it

EQUAL, AS_BEFORE, HALF, DIFFERS = "equal", "as before", "half", "differs"


def files_below(folder: Path) -> set[str]:
    """Returns the paths of the files below the folder, without bytecode."""
    return {
        os.path.relpath(os.path.join(parent, file), folder)
        for parent, _, files in os.walk(folder)
        for file in files
        if os.path.basename(parent) != "__pycache__"
    }


def check_out(release: Path, tree: Path) -> list[str]:
    """Makes the work tree the release, and returns the files that differed."""
    wanted, there = files_below(release), files_below(tree)
    same = {
        file
        for file in wanted & there
        if filecmp.cmp(release / file, tree / file, shallow=False)
    }
    for file in there - wanted:
        (tree / file).unlink()
    for file in wanted - same:
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).unlink(missing_ok=True)
        shutil.copyfile(release / file, tree / file)
    for folder in {(tree / file).parent for file in there - wanted}:
        remove_empty(folder, tree)
    return sorted((wanted | there) - same)


def remove_empty(folder: Path, tree: Path) -> None:
    """Removes the folder if it has no file but bytecode, and those above it."""
    while folder != tree and folder.exists() and not files_below(folder):
        shutil.rmtree(folder)
        folder = folder.parent


def restarted(project: Replayed, release: Path) -> Described | str:
    """Returns what a fresh interpreter has after the imports, or what it raises."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(
            parent, "tree"
        )  # some packages leave out folders that are named as they are
        folder.symlink_to(release, target_is_directory=True)
        finished = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", os.path.join(HERE, "as_text.py")),
                *(str(folder), project.imports, *project.packages),
            ],
            cwd=folder,
            env=ENVIRONMENT,
            check=False,
            capture_output=True,
            text=True,
        )
    if finished.returncode:
        said = [line for line in finished.stderr.splitlines() if line.strip()]
        return said[-1] if said else f"it ended with {finished.returncode}"
    return json.loads(finished.stdout)


def faults(now: Described, fresh: Described) -> list[tuple[str, str]]:
    """Returns the names that are not as in a fresh interpreter, with how they differ.

    What a namespace got by a star stays when the name is gone: so it is promised. A module that
    nobody imports any more may stay loaded, and stay where an import put it.
    """
    found = []
    for module, names in fresh.items():
        has = now.get(module, {})
        found += [
            (f"{module}.{name}", first_difference(has.get(name, "(nothing)"), text))
            for name, text in names.items()
            if has.get(name) != text
        ]
        found += [
            (f"{module}.{name}", f"left over: {shortened(text)}")
            for name, text in has.items()
            if name not in names and module != NAMESPACE and not is_module(text)
        ]
    return found


def is_module(text: Any) -> bool:
    """Whether what is described is a module."""
    return isinstance(text, str) and text.startswith("module ")


def first_difference(now: Any, fresh: Any) -> str:
    """Returns the innermost place where two descriptions differ."""
    path = []
    while True:
        parts = list(differing(now, fresh))
        if not parts:
            return f"{'/'.join(path)}: {shortened(now)}, fresh: {shortened(fresh)}"
        place, now, fresh = parts[0]
        path.append(place)


def differing(now: Any, fresh: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yields the parts that differ, if both have parts."""
    if isinstance(now, dict) and isinstance(fresh, dict):
        for key in sorted(now.keys() | fresh.keys()):
            has, wanted = now.get(key, "(nothing)"), fresh.get(key, "(nothing)")
            if has != wanted:
                yield key, has, wanted
    elif isinstance(now, list) and isinstance(fresh, list) and len(now) == len(fresh):
        for i, (has, wanted) in enumerate(zip(now, fresh, strict=True)):
            if has != wanted:
                yield str(i), has, wanted


def shortened(text: Any) -> str:
    """Returns the beginning of a description."""
    return json.dumps(text)[:160]


class Session:
    """The living session, which imports the oldest release."""

    def __init__(self, project: Replayed, tree: Path) -> None:
        import liveimport  # attrs has to be the one of the work tree

        self.project, self.root = project, str(tree)
        self.namespace: dict[str, Any] = {"__name__": "session"}
        liveimport.workspace(self.root)
        with contextlib.suppress(TypeError):  # an earlier LiveImport has no such setting
            liveimport.auto_sync(follow="loaded")
            liveimport.auto_sync(files="reload")
        # Executed by LiveImport, as a cell with its magic is: files are followed from Python 3.12 on.
        liveimport.register(self.namespace, project.imports, execute=True)
        self._sync = liveimport.sync

    def sync(self) -> tuple[Any, BaseException | None]:
        """Returns what a sync did, and what it raised."""
        try:
            return self._sync(), None
        except BaseException as error:  # noqa: BLE001  # releases may raise anything
            return getattr(error, "outcome", None), error

    def described(self) -> Described:
        """Returns what each module holds now."""
        return described(self.root, self.project.packages, self.namespace)

    def identities(self) -> dict[str, int]:
        """Returns which object each name of each module is bound to."""
        spaces = {
            name: vars(module)
            for name, module in sys.modules.items()
            if name.partition(".")[0] in self.project.packages
        }
        return {
            f"{space}.{name}": id(value)
            for space, names in {**spaces, NAMESPACE: self.namespace}.items()
            for name, value in names.items()
        }


def step(session: Session, release: Path) -> dict[str, Any]:
    """Returns what the next release did to the session."""
    tree = Path(session.root)
    before, were = session.described(), session.identities()
    changed = check_out(release, tree)
    started = time.perf_counter()
    outcome, error = session.sync()
    seconds = time.perf_counter() - started
    now = session.described()
    untouched = now == before and session.identities() == were
    fresh = restarted(session.project, release)
    wrong: list[tuple[str, str]] = []
    if isinstance(fresh, dict):
        wrong = faults(now, fresh)
        if wrong:  # what differs between any two interpreters is no fault
            again = restarted(session.project, release)
            unsteady = {name for name, _ in faults(again, fresh)} if again != fresh else set()
            wrong = [fault for fault in wrong if fault[0] not in unsteady]
    if isinstance(fresh, dict) and not wrong:
        verdict = EQUAL
    elif untouched and error is not None:
        verdict = AS_BEFORE
    else:
        verdict = HALF if isinstance(fresh, str) else DIFFERS
    return {
        "version": release.name,
        "changed": len(changed),
        "seconds": round(seconds, 3),
        "verdict": verdict,
        "reloaded": [event.module for event in outcome.events] if outcome is not None else [],
        "said": "" if error is None else "\n".join([str(error), *notes(error)]),
        "fresh": fresh if isinstance(fresh, str) else "",
        "modules": len(fresh) - 1 if isinstance(fresh, dict) else 0,
        "wrong": [": ".join(fault) for fault in wrong],
    }


def notes(error: BaseException) -> list[str]:
    """Returns the notes of an error."""
    return list(getattr(error, "__notes__", ()))


def main(name: str, releases: str) -> None:
    """Prints what happened at each release as JSON."""
    project, tree = REPLAYED[name], Path.cwd()
    folders = [Path(releases) / version for version in project.versions]
    with contextlib.redirect_stdout(sys.stderr):
        check_out(folders[0], tree)
        session = Session(project, tree)
        steps = [step(session, release) for release in folders[1:]]
    json.dump(steps, sys.stdout, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
