# ruff: noqa: T201  # it is run by hand, and prints what it finds
"""Searches for counterexamples by plain seeds, and shrinks them: ``search.py FIRST LAST [odd]``.

It is faster than the hypothesis machine of `test_sessions`, and it shrinks better, since it
works on the steps and on the lines of the files. What it prints goes to `test_found`; what it
prints of odd sessions goes to `test_complete_snapshot`.
"""

import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pprint import pformat

from driving import Drive, Step, Violation, close_fork_servers
from odd_sessions import OddSession
from small_projects import (
    BYSTANDERS,
    EDITS,
    OWN_KINDS,
    OWN_NAMES,
    SOUND_EDITS,
    Project,
    Seeded,
    draw_bystander,
    draw_cell,
    draw_project,
    edit,
    put_back,
    repair_all,
)

KINDS = (*SOUND_EDITS, *SOUND_EDITS, *EDITS, "repair", "back")
ACTS = (
    *["edit"] * 12,
    *["sync"] * 10,
    *["cell"] * 2,
    *["define"] * 2,
    *("touch", "delete", "own_names", "load", "use", "attach", "reload"),
)
HOW = ("replace", "replace", "inplace", "inplace", "sneaky")


class Session:
    """A random session that a number decides."""

    def __init__(self, seed: int, drive: Drive) -> None:
        self.choose = Seeded(seed)
        self.drive = drive
        self.project: Project = draw_project(self.choose)
        self.written: dict[str, bytes] = {}
        self.loaded: list[str] = []

    def run(self, length: int) -> None:
        self.save()
        any(self.cell() for _ in range(6))
        if self.choose.chance(30):
            self.load()
        for _ in range(length):
            getattr(self, self.choose.pick(ACTS))()
        self.sync()
        some = next(iter(self.project.modules.values()))
        repair_all(self.choose, self.project, some)
        put_back(self.choose, self.project, some)
        self.save()
        self.sync()

    def save(self) -> None:
        files = self.project.files()
        for path in [path for path in self.written if path not in files]:
            self.drive.step("remove", path)
        for path, data in files.items():
            if self.written.get(path) != data:
                self.drive.step("write", path, data, self.choose.pick(HOW))
        self.written = files

    def edit(self) -> None:
        edit(self.choose, self.project, KINDS)
        self.save()

    def sync(self) -> None:
        self.drive.step("sync")

    def reload(self) -> None:
        """Syncs, and asks for a module, which may be loaded or not."""
        module = self.choose.pick(sorted(self.project.modules))
        self.drive.step("reload", module, self.choose.chance(50))

    def cell(self) -> bool:
        ran: bool = self.drive.step("cell", draw_cell(self.choose, self.project))
        return ran

    def touch(self) -> None:
        if self.written:
            self.drive.step("touch", self.choose.pick(sorted(self.written)))

    def load(self) -> None:
        """Writes a module and imports it, registering nothing."""
        left = [name for name in BYSTANDERS if name not in self.loaded]
        if left:
            data = draw_bystander(self.choose, self.project, left[0])
            self.drive.step("write", f"{left[0]}.py", data, "replace")
            self.drive.step("load", left[0])
            self.loaded.append(left[0])

    def use(self) -> None:
        if self.loaded:
            self.drive.step("use", self.choose.pick(self.loaded))

    def define(self) -> None:
        """Binds a name as the user would, one that imports may bind too."""
        self.drive.step("define", self.choose.pick(OWN_NAMES), self.choose.pick(OWN_KINDS))

    def delete(self) -> None:
        self.drive.step("delete", self.choose.pick(OWN_NAMES))

    def own_names(self) -> None:
        self.drive.step("own_names", self.choose.pick(("replace", "replace", "keep")))

    def attach(self) -> None:
        module = self.choose.pick(sorted(self.project.modules))
        self.drive.step("attach", module, "_o0", self.choose.pick(range(10)))


def run_session(seed: int, drive: Drive) -> None:
    """Runs the session of a seed; it is compared with a fresh interpreter at every sync.

    In one of four, comments and layout do not count as changes.
    """
    if seed % 4 == 3:
        drive.step("detect", "code")
    Session(seed, drive).run(length=14)


def run_odd_session(seed: int, drive: Drive) -> None:
    """Runs the odd session of a seed. `Drive` must not compare it."""
    OddSession(Seeded(seed), drive).run(length=20)


def violation_of(steps: list[Step], seed: str, *, compare: bool) -> str:
    """Returns what these steps violate, or nothing."""
    with Drive(seed, compare=compare) as drive:
        try:
            for step in steps:
                drive.step(*step)
        except Violation as violation:
            return str(violation)
    return ""


def shrunk(steps: list[Step], seed: str, *, compare: bool) -> list[Step]:
    """Returns the fewest and shortest steps that violate the same."""

    def violated(some: list[Step]) -> str:
        return kind(violation_of(some, seed, compare=compare))

    wanted = violated(steps)
    smaller: list[Step] | None = steps
    while smaller is not None:
        steps = smaller
        smaller = next((s for s in _smaller(steps) if violated(s) == wanted), None)
    return steps


def kind(violation: str) -> str:
    """Returns what tells violations apart roughly: what was raised, or what does not hold."""
    if "Traceback" in violation:
        raised = violation.rpartition("\n[(")[0].splitlines()
        return next((ln for ln in reversed(raised) if _ERROR.match(ln)), "").partition(":")[0]
    return violation.partition("\n")[0].partition(":")[0]


_ERROR = re.compile(r"[\w.]+(Error|Exception|Interrupt)\b")


def _smaller(steps: list[Step]) -> Iterator[list[Step]]:
    for i in reversed(range(len(steps))):
        yield steps[:i] + steps[i + 1 :]
    for i, step in enumerate(steps):
        for simpler in _simpler(step):
            yield [*steps[:i], simpler, *steps[i + 1 :]]


def _simpler(step: Step) -> Iterator[Step]:
    if step[0] == "cell":
        lines = step[1].split("\n")
        for j in range(len(lines) if len(lines) > 1 else 0):
            yield ("cell", "\n".join(lines[:j] + lines[j + 1 :]))
    if step[0] == "write":
        _, path, data, how = step
        if how != "replace":
            yield ("write", path, data, "replace")
        if data:
            yield ("write", path, b"", how)
        lines = data.split(b"\n")
        for j in range(len(lines) if len(lines) > 1 else 0):
            yield ("write", path, b"\n".join(lines[:j] + lines[j + 1 :]), how)


def main(first: str, last: str, odd: str = "", *, most: int = 10) -> None:
    """Runs the sessions of these seeds, until so many of them violate something."""
    run: Callable[[int, Drive], None] = run_odd_session if odd else run_session
    began = time.monotonic()
    counts: Counter[str] = Counter()
    for seed in range(int(first), int(last)):
        hash_seed = str(seed % 3)
        with Drive(hash_seed, compare=not odd) as drive:
            try:
                run(seed, drive)
            except Violation:
                steps = shrunk(drive.steps, hash_seed, compare=not odd)
                show(seed, steps, violation_of(steps, hash_seed, compare=not odd))
                counts["violation"] += 1
            counts.update(drive.counts)
        if counts["violation"] == most:
            break
    print(f"seeds to {seed}, {time.monotonic() - began:.0f} s, {dict(counts)}")


def show(seed: int, steps: list[Step], violation: str) -> None:
    """Prints shrunk steps, and what they violate."""
    violated = violation.rpartition("\n[(")[0]
    print(f"=== seed {seed}\n{pformat(steps, width=110)}\n{violated}\n", flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    finally:
        close_fork_servers()
