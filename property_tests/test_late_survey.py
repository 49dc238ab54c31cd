"""To survey late is to survey at once: whatever happens between, a session is the same.

A registration only looks, and what it saw is thought about when somebody asks. In one of two
sessions that do the same, somebody asks after each step.
"""

from typing import Any

import pytest
from driving import Drive
from small_projects import SOUND_EDITS, Chooser, Project, Seeded, draw_cell, draw_project, edit
from test_as_fresh import save

STEPS = ("cell", "cell", "edit", "edit", "touch", "lose", "reload", "spoil", "heal")


def do_something(drive: Drive, choose: Chooser, project: Project) -> None:
    """Does one random step, of those that users do between two syncs."""
    step = choose.pick(STEPS)
    before = project.files()
    module = choose.pick(sorted(project.modules))
    if step == "cell":
        drive.ask("cell", draw_cell(choose, project))
    elif step == "touch":
        drive.step("touch", choose.pick(sorted(before) or ["nothing.py"]))
    elif step == "lose":
        drive.ask("lose", module)
    elif step == "reload":
        drive.ask("reload_by_hand", module)
    else:
        kinds = {"edit": SOUND_EDITS, "spoil": ("break", "away"), "heal": ("repair", "back")}
        edit(choose, project, kinds[step])
        save(drive, before, project)


def told(seed: int, *, at_once: bool) -> list[Any]:
    """Returns what the syncs of a session tell, and what it holds after each."""
    choose = Seeded(seed)
    project = draw_project(choose)
    with Drive() as drive:
        save(drive, {}, project)
        said = []
        for _ in range(3):
            for _ in range(choose.pick([2, 3, 4, 5, 6])):
                do_something(drive, choose, project)
                if at_once:
                    drive.ask("plan")
            said += [drive.ask("sync"), drive.ask("describe", sorted(project.modules))]
        root = drive.root
    return eval(repr(said).replace(root, "root"))  # noqa: S307  # it is our own repr


@pytest.mark.parametrize("seed", range(40))
def test_when_it_is_surveyed_decides_nothing(seed):
    """Sessions that ask late and at once reload the same, and hold the same."""
    assert told(seed, at_once=False) == told(seed, at_once=True)
