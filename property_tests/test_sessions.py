"""Sessions on random projects, with random edits and failures: as fresh, or as before.

`Drive` checks every sync: one that succeeded against a fresh interpreter on the same files,
one that failed against the session before it.
"""

import os

import pytest
from driving import Drive
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from search import run_session
from small_projects import (
    BYSTANDERS,
    OWN_KINDS,
    OWN_NAMES,
    SOUND_EDITS,
    Project,
    draw_bystander,
    draw_cell,
    edit,
    put_back,
    repair_all,
)
from strategies import Drawn, projects

SEARCHED = os.environ.get("LIVEIMPORT_SESSIONS")
HOW = ("replace", "inplace", "sneaky")


class Sessions(RuleBasedStateMachine):
    """A person who edits a project, and a session that follows."""

    drive: Drive | None = None

    @initialize(project=projects(), seed=st.sampled_from(("0", "1", "2")), data=st.data())
    def begin(self, project: Project, seed: str, data: st.DataObject) -> None:
        self.project = project
        self.written: dict[str, bytes] = {}
        self.loaded: list[str] = []
        self.drive = Drive(seed)
        self.save("replace")
        for _ in range(5):
            if self.cell(data):
                break

    def save(self, how: str) -> None:
        files = self.project.files()
        for path in [path for path in self.written if path not in files]:
            self.drive.step("remove", path)
        for path, data in files.items():
            if self.written.get(path) != data:
                self.drive.step("write", path, data, how)
        self.written = files

    def cell(self, data: st.DataObject) -> bool:
        return self.drive.step("cell", draw_cell(Drawn(data.draw), self.project))

    @rule(data=st.data(), how=st.sampled_from(HOW))
    def edit(self, data: st.DataObject, how: str) -> None:
        edit(Drawn(data.draw), self.project, SOUND_EDITS)
        self.save(how)

    @rule(data=st.data(), how=st.sampled_from(HOW))
    def edit_and_sync(self, data: st.DataObject, how: str) -> None:
        self.edit(data, how)
        self.sync()

    @rule(data=st.data())
    def spoil(self, data: st.DataObject) -> None:
        edit(Drawn(data.draw), self.project, ("break", "break", "away"))
        self.save("replace")

    @rule(data=st.data())
    def heal(self, data: st.DataObject) -> None:
        edit(Drawn(data.draw), self.project, ("repair", "back"))
        self.save("replace")

    @rule(data=st.data())
    def execute_cell(self, data: st.DataObject) -> None:
        self.cell(data)

    @rule(data=st.data())
    def load(self, data: st.DataObject) -> None:
        left = [name for name in BYSTANDERS if name not in self.loaded]
        if left:
            source = draw_bystander(Drawn(data.draw), self.project, left[0])
            self.drive.step("write", f"{left[0]}.py", source, "replace")
            self.drive.step("load", left[0])
            self.loaded.append(left[0])

    @rule()
    def use(self) -> None:
        if self.loaded:
            self.drive.step("use", self.loaded[0])

    @rule(name=st.sampled_from(OWN_NAMES), kind=st.sampled_from(OWN_KINDS))
    def define(self, name: str, kind: str) -> None:
        self.drive.step("define", name, kind)

    @rule(name=st.sampled_from(OWN_NAMES))
    def delete(self, name: str) -> None:
        self.drive.step("delete", name)

    @rule(how=st.sampled_from(("replace", "keep")))
    def own_names(self, how: str) -> None:
        self.drive.step("own_names", how)

    @rule(data=st.data(), value=st.integers(0, 9))
    def attach(self, data: st.DataObject, value: int) -> None:
        module = data.draw(st.sampled_from(sorted(self.project.modules)))
        self.drive.step("attach", module, "_o0", value)

    @rule(data=st.data())
    def touch(self, data: st.DataObject) -> None:
        if self.written:
            self.drive.step("touch", data.draw(st.sampled_from(sorted(self.written))))

    @rule()
    def sync(self) -> None:
        self.drive.step("sync")

    @rule(data=st.data(), deep=st.booleans())
    def reload(self, data: st.DataObject, *, deep: bool) -> None:
        module = data.draw(st.sampled_from(sorted(self.project.modules)))
        self.drive.step("reload", module, deep)

    @rule()
    def heal_all_and_sync(self) -> None:
        some = next(iter(self.project.modules.values()))
        repair_all(None, self.project, some)
        put_back(None, self.project, some)
        self.save("replace")
        self.drive.step("sync")

    def teardown(self) -> None:
        if self.drive is not None:
            self.drive.close()


def test_sessions():
    """A few sessions of every kind, at each run of the tests."""
    run_state_machine_as_test(
        Sessions, settings=settings(settings.get_profile("brief"), stateful_step_count=12)
    )


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_hundreds_of_sessions():
    """The same ones wherever it runs: numbers decide them, and not what else is loaded.

    What hypothesis draws depends on the constants of all sources that are loaded.
    """
    for seed in range(400):
        with Drive(str(seed % 3)) as drive:
            run_session(seed, drive)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.skipif(SEARCHED is None, reason="LIVEIMPORT_SESSIONS says how many to search")
def test_thousands_of_sessions():
    """As many sessions as ``LIVEIMPORT_SESSIONS`` says, at random, each longer."""
    many = settings(
        settings.get_profile("brief"),
        max_examples=int(SEARCHED),
        derandomize=False,
        stateful_step_count=25,
    )
    run_state_machine_as_test(Sessions, settings=many)
