# ruff: noqa: T201  # it is run by hand, and prints what it finds
"""Searches for counterexamples by plain seeds, and shrinks them: ``search.py FIRST LAST``.

Faster than the hypothesis machine of `test_sessions`, and it shrinks better, since it works
on the steps and on the lines of the files. What it prints goes to `test_found`.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pprint import pformat

from driving import Drive, Step, Violation, close_nurseries
from small_projects import (
    EDITS,
    SOUND_EDITS,
    Project,
    Seeded,
    draw_cell,
    draw_project,
    edit,
    put_back,
    repair_all,
)

KINDS = (*SOUND_EDITS, *SOUND_EDITS, *EDITS, "repair", "back")
ACTS = (*["edit"] * 6, *["sync"] * 5, "cell", "touch", "assign")
HOW = ("replace", "replace", "inplace", "inplace", "sneaky")


class Session:
    """A random session that a number decides."""

    def __init__(self, seed: int, drive: Drive) -> None:
        self.choose = Seeded(seed)
        self.drive = drive
        self.project: Project = draw_project(self.choose)
        self.written: dict[str, bytes] = {}

    def run(self, length: int) -> None:
        self.save()
        any(self.cell() for _ in range(6))
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

    def cell(self) -> bool:
        ran: bool = self.drive.step("cell", draw_cell(self.choose, self.project))
        return ran

    def touch(self) -> None:
        if self.written:
            self.drive.step("touch", self.choose.pick(sorted(self.written)))

    def assign(self) -> None:
        self.drive.step("assign", self.choose.pick(("K0", "C0", "x0", "a")), 42)


def replayed(steps: list[Step], seed: str) -> str:
    """Returns what these steps violate, or nothing."""
    with Drive(seed) as drive:
        try:
            for step in steps:
                drive.step(*step)
        except Violation as violation:
            return str(violation)
    return ""


def shrunk(steps: list[Step], seed: str) -> list[Step]:
    """Returns the fewest and shortest steps that violate the same."""
    wanted = kind(replayed(steps, seed))
    smaller: list[Step] | None = steps
    while smaller is not None:
        steps = smaller
        smaller = next((s for s in _smaller(steps) if kind(replayed(s, seed)) == wanted), None)
    return steps


def kind(violation: str) -> str:
    """Returns what tells violations apart roughly."""
    return violation.partition("\n")[0].partition(":")[0]


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


def main(first: int, last: int, most: int = 10) -> None:
    """Runs the sessions of these seeds, until so many of them violate something."""
    began = time.monotonic()
    counts: Counter[str] = Counter()
    for seed in range(first, last):
        hash_seed = str(seed % 3)
        with Drive(hash_seed) as drive:
            try:
                Session(seed, drive).run(length=14)
            except Violation:
                show(seed, shrunk(drive.steps, hash_seed), hash_seed)
                counts["violation"] += 1
            counts.update(drive.counts)
        if counts["violation"] == most:
            break
    print(f"{seed + 1 - first} sessions, {time.monotonic() - began:.0f} s, {dict(counts)}")


def show(seed: int, steps: list[Step], hash_seed: str) -> None:
    """Prints shrunk steps, and what they violate."""
    told = replayed(steps, hash_seed).rpartition("\n[(")[0]
    print(f"=== seed {seed}\n{pformat(steps, width=110)}\n{told}\n", flush=True)


if __name__ == "__main__":
    try:
        main(*map(int, sys.argv[1:]))
    finally:
        close_nurseries()
