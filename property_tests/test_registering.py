"""When imports are registered decides nothing: the State is that of all that was registered."""

from typing import Any

import pytest
from driving import Drive
from odd_sessions import import_in_function, import_under_condition
from small_projects import (
    SOUND_EDITS,
    Chooser,
    Item,
    Project,
    Seeded,
    draw_cell,
    draw_project,
    edit,
)
from test_as_fresh import save


def cells_that_run(drive: Drive, choose: Chooser, project: Project) -> list[str]:
    """Returns cells that run one after the other, found out in a session for that."""
    save(drive, {}, project)
    cells = [*(draw_cell(choose, project) for _ in range(5)), "import os"]
    return [cell for cell in cells if cell and drive.ask("execute", cell)]


def edit_and_sync(drive: Drive, choose: Chooser, project: Project) -> list[Any]:
    """Returns what a sync says after some edits, and what the session is then."""
    before = project.files()
    for _ in range(choose.pick([1, 2, 3])):
        edit(choose, project, SOUND_EDITS)
    save(drive, before, project)
    said = drive.ask("sync")
    return [said, drive.ask("known"), drive.ask("describe", sorted(project.modules))]


def without_root(drive: Drive, answers: list[Any]) -> list[Any]:
    """Returns answers in which nothing tells where the project is."""
    return eval(repr(answers).replace(drive.root, "root"))  # noqa: S307  # it is our own repr


def with_cells(seed: int, *, one_by_one: bool) -> list[Any]:
    """Returns what a session answers whose cells are registered in turn, or all at the end."""
    choose = Seeded(seed)
    project = draw_project(choose)
    for module in project.modules.values():
        choose.pick((import_in_function, import_under_condition))(choose, project, module)
    with Drive(compare=False) as trial:
        cells = cells_that_run(trial, choose, project)
    with Drive(compare=False) as drive:
        save(drive, {}, project)
        for cell in cells:
            drive.ask("cell" if one_by_one else "execute", cell)
        if not one_by_one:
            drive.ask("register", "\n".join(cells))
        answers = [drive.ask("known"), *edit_and_sync(drive, choose, project)]
        return without_root(drive, answers)


@pytest.mark.parametrize("seed", range(40))
def test_one_by_one_is_all_at_once(seed):
    """Cells that are registered in turn, and the same registered together, lead to the same."""
    assert with_cells(seed, one_by_one=True) == with_cells(seed, one_by_one=False)


def add_own_registrations(choose: Chooser, project: Project) -> None:
    """Lets modules register some of their imports, right behind the import."""
    for module in project.modules.values():
        for item in [item for item in module.items if item.kind in ("import", "star")]:
            if choose.chance(60):
                text = f"register_own(globals(), {item.text!r})"
                module.items.insert(module.items.index(item) + 1, Item(text, "", "register"))


def with_own_registrations(seed: int, when: str) -> list[Any]:
    """Returns what a session answers whose modules register as they run, or right after it."""
    choose = Seeded(seed)
    project = draw_project(choose)
    add_own_registrations(choose, project)
    with Drive(compare=False) as drive:
        save(drive, {}, project)
        drive.ask("let_modules_register", when)
        answers = []
        for _ in range(4):
            drive.ask("cell", draw_cell(choose, project))
            answers.append(drive.ask("known"))
        answers += edit_and_sync(drive, choose, project)
        return without_root(drive, answers)


@pytest.mark.parametrize("seed", range(40))
def test_while_a_module_is_imported_is_after_it(seed):
    """What a module registers in the midst of its import counts as registered behind it."""
    at_once = with_own_registrations(seed, "at once")
    assert at_once == with_own_registrations(seed, "after the cell")


def with_workspace(seed: int, *, late: bool) -> list[Any]:
    """Returns what a session answers whose workspace is set at first, or widened late."""
    choose = Seeded(seed)
    project = draw_project(choose)
    with Drive(compare=False) as drive:
        save(drive, {}, project)
        drive.ask("workspace", "p" if late else ".")
        for _ in range(4):
            drive.ask("cell", draw_cell(choose, project))
            drive.ask("load", choose.pick(sorted(project.modules)))
        drive.ask("workspace", ".")
        answers = [drive.ask("known"), *edit_and_sync(drive, choose, project)]
        return without_root(drive, answers)


@pytest.mark.parametrize("seed", range(40))
def test_a_workspace_widened_late_is_one_that_was_wide(seed):
    """What is loaded when the workspace changes counts as what is loaded later."""
    assert with_workspace(seed, late=True) == with_workspace(seed, late=False)


def with_follow(seed: int, *, late: bool) -> list[Any]:
    """Returns what a session answers that follows all imports from the first, or at last."""
    choose = Seeded(seed)
    project = draw_project(choose)
    with Drive(compare=False) as drive:
        save(drive, {}, project)
        drive.ask("follow", "top-level" if late else "loaded")
        for _ in range(4):
            drive.ask("cell", draw_cell(choose, project))
            drive.ask("load", choose.pick(sorted(project.modules)))
        drive.ask("follow", "loaded")
        drive.ask("sync")  # it meets what was loaded since the last cell, in both sessions
        answers = [drive.ask("known"), *edit_and_sync(drive, choose, project)]
        return without_root(drive, answers)


@pytest.mark.parametrize("seed", range(40))
def test_imports_followed_late_are_imports_that_were_followed(seed):
    """What is loaded when `follow` changes counts as if it had been followed from the first."""
    assert with_follow(seed, late=True) == with_follow(seed, late=False)


@pytest.mark.parametrize("seed", range(40))
def test_only_what_was_executed_is_accepted(seed):
    """What a namespace has just executed is registered; a name with another value is refused."""
    choose = Seeded(seed)
    project = draw_project(choose)
    with Drive(compare=False) as drive:
        save(drive, {}, project)
        for _ in range(4):
            text = draw_cell(choose, project)
            assert drive.ask("refusals", text) == [], text
