"""With ``reload="needed"``: as fresh, no more than dependents, and no more than is needed.

The projects are made so that it is known who needs to run: each module uses names of others as it
is imported, or only in functions. Before Python 3.12 nothing is known, and all dependents run.
"""

import sys

import pytest
from attrs import define, field
from driving import Drive, Violation
from search import run_session
from small_projects import SOUND_EDITS, Chooser, Seeded, draw_cell, draw_project
from small_projects import edit as edit_any

TRACED = pytest.mark.skipif(
    sys.version_info[:2] not in ((3, 12), (3, 13)),
    reason="it is not followed which code runs, so all dependents run",
)

MODULES = ("a", "b", "p", "p.x", "p.y", "c", "d")

AT_IMPORT = (
    "class D{i}({0}): pass",
    "V{i} = {0}.v",
    "V{i} = [{0}() for _ in (1, 2)]",
    "def g{i}(x: {0} = None): return x",
    "@lambda f: ({0}.v, f)\ndef h{i}(): return 1",
    "class D{i}:\n    v = {0}.v\n    def m(self): return {0}",
    "def k{i}(): return {0}.v\nV{i} = k{i}()",
)
"""What uses a class as the module is imported."""

LATER = (
    "def g{i}(): return {0}.v",
    "class D{i}:\n    def m(self): return {0}.v",
    "g{i} = lambda: {0}",
    "def g{i}():\n    class E({0}): pass\n    return E",
)
"""What uses it only when somebody calls."""

EFFECTS = (
    "{m}.TABLE.append('{i}')",
    "{m}.TABLE[:] = [*{m}.TABLE, {i}]",
    "{m}.add({i})",
    "{m}.SEEN['{i}'] = {v}",
    "{m}.C.seen = {v}",
    "{m}.COUNT = {m}.COUNT + 1",
    "setattr({m}.C, 's{i}', {v})",
    "from {m} import add as add{i}\nadd{i}('{i}')",
)
"""What changes another module while this one runs."""


@define
class Made:
    """A module of a project.

    Attributes:
        value: A number that its class has.
        uses: The lines that import and use others.
        reads: The modules whose classes it uses as it is imported.
        below: The modules that it imports.
        shown: The names by which it shows classes of others, with their modules.
        effects: The lines by which it changes others.
    """

    value: int = 1
    uses: list[str] = field(factory=list)
    reads: set[str] = field(factory=set)
    below: set[str] = field(factory=set)
    shown: dict[str, str] = field(factory=dict)
    effects: list[str] = field(factory=list)

    def source(self) -> bytes:
        own = f"class C: v = {self.value}\nTABLE = []\nSEEN = {{}}\nCOUNT = 0\n"
        add = "def add(x): TABLE.append(x)\ndef look(): return (TABLE, SEEN, COUNT)\n"
        return (own + add + "\n".join((*self.uses, *self.effects)) + "\n").encode()


def made(choose: Chooser, *, effects: bool) -> dict[str, Made]:
    """Returns modules that use each other, each only those before it."""
    project: dict[str, Made] = {}
    for name in MODULES:
        module = project[name] = Made()
        others = [n for n in project if n not in (name, "p") and not name.startswith(f"{n}.")]
        for i in range(choose.pick([0, 1, 2, 3])):
            if others:
                use(choose, project, module, choose.pick(others), i)
        if effects and choose.chance(50):
            change(choose, module)
    return project


def use(choose: Chooser, project: dict[str, Made], module: Made, other: str, i: int) -> None:
    """Lets a module import another one, and use its class, or one that it shows."""
    name = choose.pick(("C", *project[other].shown))
    source = project[other].shown.get(name, other)
    how = choose.pick(["import", "from", "as"])
    if how == "import":
        module.uses.append(f"import {other}")
        text = f"{other}.{name}"
    elif how == "as":
        module.uses.append(f"import {other} as m{i}")
        text = f"m{i}.{name}"
    else:
        text = f"N{source.replace('.', '_')}_{len(module.uses)}"
        module.uses.append(f"from {other} import {name} as {text}")
        module.shown[text] = source
    module.below.add(other)
    forms = LATER
    if choose.chance(40):
        module.reads.add(source)
        forms = AT_IMPORT
    module.uses.append(choose.pick(forms).format(text, i=i))


def change(choose: Chooser, module: Made) -> None:
    """Lets a module change another one that it imports, or change it no more."""
    if module.effects and choose.chance(40):
        module.effects.pop()
    elif module.below:
        other = choose.pick(sorted(module.below))
        i = len(module.effects)
        effect = choose.pick(EFFECTS).format(m=other, i=i, v=choose.pick(range(9)))
        module.effects.append(f"import {other}\n{effect}")


def closure(start: set[str], project: dict[str, Made], *, reads: bool) -> set[str]:
    """Returns these modules and who reads from them as it is imported, or who imports them."""
    found = set(start)
    while True:
        more = {n for n, m in project.items() if (m.reads if reads else m.below) & found}
        if more <= found:
            return found
        found |= more


def write(drive: Drive, project: dict[str, Made], names: set[str]) -> None:
    """Writes the files of modules."""
    for name in sorted(names):
        path = "p/__init__.py" if name == "p" else f"{name.replace('.', '/')}.py"
        drive.step("write", path, project[name].source(), "replace")


def session(
    seed: int, reload: str = "needed", *, effects: bool = False, defect: str = ""
) -> int:
    """Plays a random session, and returns how many dependents needed not run."""
    choose = Seeded(seed)
    project = made(choose, effects=effects)
    spared = 0
    with Drive(str(seed % 3), reload=reload) as drive:
        if defect:
            drive.ask(defect)
        write(drive, project, set(project))
        order = sorted(project, key=lambda _: choose.pick(range(9)))
        assert drive.step("cell", "\n".join(f"import {name}" for name in order))
        for number in range(2, 6):
            edited = {choose.pick(MODULES) for _ in range(choose.pick([1, 1, 2]))}
            for name in sorted(edited):
                project[name].value = number
                if effects:
                    change(choose, project[name])
            write(drive, project, edited)
            ran = set(drive.step("sync")["reloaded"])
            most = closure(edited, project, reads=False)
            if "p" in edited:
                # Its submodules depend on it.
                most |= closure({*most, "p.x", "p.y"}, project, reads=False)
            assert ran <= most or effects
            if (
                reload == "needed"
                and not effects
                and sys.version_info[:2] in ((3, 12), (3, 13))
            ):
                assert ran == closure(edited, project, reads=True)
            spared += len(most - ran)
    return spared


@pytest.mark.parametrize("seed", range(25))
def test_only_what_is_needed_runs(seed):
    """Who uses nothing that changed, as it is imported, does not run; and all is as fresh."""
    session(seed)


@pytest.mark.parametrize("seed", range(40))
def test_modules_that_change_others(seed):
    """Where modules change others while they run, all is as fresh, if it is with dependents.

    A string or a number that a module once put into another one, which does not depend on what
    was edited, stays there with either.
    """
    try:
        session(seed, "dependents", effects=True)
    except Violation:
        pytest.skip("nor is it with dependents")
    session(seed, effects=True)


@TRACED
@pytest.mark.parametrize("defect", ["bind_nothing_anew", "read_nothing"])
def test_defects_are_found(defect):
    """Without names bound anew, or without reads, sessions are not as fresh."""
    found = 0
    for seed in range(8):
        try:
            session(seed, defect=defect)
        except (Violation, AssertionError):
            found += 1
    assert found > 3


@TRACED
def test_it_spares_most():
    """The projects are such that there is something to spare."""
    assert sum(session(seed) for seed in range(6)) > 20


@pytest.mark.parametrize("seed", range(12))
def test_random_projects_are_as_fresh(seed):
    """Whatever modules say, and whatever is edited."""
    choose = Seeded(seed)
    project = draw_project(choose)
    with Drive(str(seed % 3), reload="needed") as drive:
        before: dict[str, bytes] = {}
        for _ in range(6):
            files = project.files()
            for path in before.keys() - files.keys():
                drive.step("remove", path)
            for path, data in files.items():
                if before.get(path) != data:
                    drive.step("write", path, data, "replace")
            before = files
            drive.step("cell", draw_cell(choose, project))
            drive.step("sync")
            edit_any(choose, project, SOUND_EDITS)


@pytest.mark.parametrize("seed", [357, 363, 433, 440, 684, 691, *range(8)])
def test_random_sessions(seed):
    """Whatever is done, in whatever order; the first of them once were not as fresh."""
    with Drive(str(seed % 3), reload="needed") as drive:
        run_session(seed, drive)
