"""The one session: one sync at a time, and what happens to what is registered meanwhile."""

import os
import sys
import threading
import time

import pytest

import liveimport

NOTE = "from journal import ran\nran.append(__name__)\n"


@pytest.fixture
def journal(project, live):
    """A list in which modules note their runs."""
    project.write("journal.py", "ran = []")
    return live("import journal")["journal"].ran


def in_threads(*functions):
    """Runs functions in threads of their own, and returns whether all came to an end."""
    threads = [threading.Thread(target=function, daemon=True) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return not any(thread.is_alive() for thread in threads)


def import_other():
    """Imports the module `other` once `low` is being reloaded and has imported `time`."""
    while getattr(sys.modules.get("low"), "time", None) is None:
        time.sleep(0.01)
    __import__("other")


@pytest.mark.threads
def test_concurrent_syncs(project, live, journal):
    """Of several syncs at once, one reloads; the others wait and find nothing to do."""
    project.write("low.py", NOTE)
    live("import low")
    journal.clear()
    project.write("low.py", f"{NOTE}import time\ntime.sleep(0.2)\nx = 22")
    seen = []
    low = sys.modules["low"]
    start = threading.Barrier(4)

    def sync():
        start.wait()
        outcome = liveimport.sync()
        seen.append((bool(outcome), low.x))

    assert in_threads(*[sync] * 4)
    assert journal == ["low"]
    assert sorted(seen) == [(False, 22)] * 3 + [(True, 22)]


def test_a_module_that_syncs(project, live, journal):
    """A sync asked for by a module that is being reloaded is none, and does not hang."""
    project.write("low.py", NOTE)
    live("import low")
    journal.clear()
    project.write("low.py", f"{NOTE}import liveimport\ndone = bool(liveimport.sync())\n")
    assert [e.module for e in liveimport.sync().events] == ["low"]
    assert journal == ["low"]
    assert sys.modules["low"].done is False


def test_a_module_that_plans(project, live):
    """Nor is there a plan while the plan is being executed."""
    project.write("low.py", "")
    live("import low")
    project.write("low.py", "import liveimport\nplanned = bool(liveimport.plan())\n")
    liveimport.sync()
    assert sys.modules["low"].planned is False


@pytest.mark.threads
def test_a_thread_that_imports_what_reloads(project, live):
    """A thread that imports the module in the meantime waits for it, and gets the new one."""
    project.write("low.py", "x = 1")
    live("import low")
    project.write("low.py", "import time\ntime.sleep(0.3)\nx = 22")
    got = []

    def importing():
        while getattr(sys.modules.get("low"), "time", None) is None:
            time.sleep(0.01)
        from low import x

        got.append(x)

    assert in_threads(liveimport.sync, importing)
    assert got == [22]


@pytest.mark.threads
def test_a_thread_that_syncs_as_it_is_imported(project, live):
    """No deadlock: a sync waits for an import in whose midst another thread asks to sync."""
    wait = "import time\ntime.sleep({})\n"
    project.write_all(
        low="x = 1", other=f"{wait.format(0.1)}import liveimport\ny = bool(liveimport.sync())"
    )
    live("import low")
    project.write("low.py", f"{wait.format(0.3)}import other\nx = 22")

    assert in_threads(liveimport.sync, import_other)
    assert sys.modules["other"].y is False
    assert sys.modules["low"].x == 22


@pytest.mark.parametrize(
    "call", ["workspace('.', extend=True)", "auto_sync(detect='content')", "plan()"]
)
@pytest.mark.threads
def test_a_thread_that_asks_or_sets_as_it_is_imported(project, session, live, call):
    """Nor where it asks or sets anything else."""
    wait = "import time\ntime.sleep({})\n"
    project.write_all(
        low="x = 1", other=f"{wait.format(0.1)}import liveimport\nliveimport.{call}"
    )
    live("import low")
    project.write("low.py", f"{wait.format(0.3)}import other\nx = 22")

    assert in_threads(liveimport.sync, import_other)
    assert sys.modules["low"].x == 22
    assert session.settings.detect == session.state.detect


@pytest.mark.threads
def test_directories_that_a_thread_adds_as_it_is_imported(project, session, live):
    """All of them are added."""
    wait = "import time\ntime.sleep({})\nimport liveimport\n"
    add = "liveimport.workspace({!r}, extend=True)\n"
    project.write_all(**{"a/x": "", "b/x": "", "low": "x = 1"})
    project.write("other.py", wait.format(0.1) + add.format("a") + add.format("b"))
    live("import low")
    project.write("low.py", f"{wait.format(0.3)}import other\nx = 22")

    assert in_threads(liveimport.sync, import_other)
    directories = session.state.workspace.directories
    assert [d.rstrip(os.sep)[-2:] for d in directories[-2:]] == ["/a", "/b"]


def test_a_module_that_registers_and_imports_as_before(project, session, live):
    """What it registers under a condition is followed, though no import of it changed."""
    text = (
        "import liveimport\nFLAG = {}\nif FLAG:\n    from extra import y\n"
        "    liveimport.register(globals(), 'from extra import y')\n"
    )
    project.write_all(low=text.format(0), extra="y = 1")
    live("import low")
    project.write("low.py", text.format(1))
    liveimport.sync()
    project.write("extra.py", "y = 22")
    liveimport.sync()
    assert sys.modules["low"].y == 22


def test_a_module_that_registers_its_own_names(project, live):
    """What it registers as it reloads decides them, not what it had registered before."""
    text = "import liveimport\n{0}\nliveimport.register(globals(), '{0}', clear=True)\n"
    project.write_all(low="x, y = 1, 2", top=text.format("from low import x"))
    top = live("import top")["top"]
    project.write_all(low="x, y = 11, 22", top=text.format("from low import y as x"))
    liveimport.sync()
    assert top.x == 22


def test_what_a_module_that_fails_registers(project, session, live):
    """It is forgotten with all else that the module did."""
    text = "import liveimport\n{0}\nliveimport.register(globals(), '{0}', clear=True)\n"
    project.write_all(low="x, y = 1, 2", top=text.format("from low import x"))
    live("import top")
    before = session.state.registrations
    project.write("top.py", text.format("from low import y") + "1 / 0")
    with pytest.raises(liveimport.ModuleError):
        liveimport.sync()
    assert session.state.registrations == before


def test_a_module_that_sets_what_counts_as_changed(project, session, live):
    """It is set from then on."""
    project.write_all(low="x = 1", other="y = []")
    live("import low, other")
    project.write("low.py", "import liveimport\nliveimport.auto_sync(detect='content')")
    liveimport.sync()
    os.utime(project.path("other.py"), (1, 1))
    assert not liveimport.sync()


@pytest.mark.threads
def test_a_thread_that_registers_as_it_is_imported(project, live):
    """Nor where it asks to register; what it registers is followed from then on."""
    wait = "import time\ntime.sleep({})\n"
    project.write_all(low="x = 1", extra="y = 1")
    project.write(
        "other.py",
        f"{wait.format(0.1)}import liveimport\nfrom extra import y\n"
        "liveimport.register(globals(), 'from extra import y')",
    )
    live("import low")
    project.write("low.py", f"{wait.format(0.3)}import other\nx = 22")

    assert in_threads(liveimport.sync, import_other)
    project.write("extra.py", "y = 22")
    liveimport.sync()
    assert sys.modules["other"].y == 22


def test_a_module_that_registers(project, live):
    """What a module registers as it runs is followed from then on."""
    project.write_all(extra="x = 1", low="")
    live("import low")
    project.write(
        "low.py",
        "import liveimport\nfrom extra import x\n"
        "liveimport.register(globals(), 'from extra import x')",
    )
    liveimport.sync()
    project.write("extra.py", "x = 22")
    liveimport.sync()
    assert sys.modules["low"].x == 22


def test_a_sync_of_unchanged_files_keeps_the_state(session, project, live):
    """When nothing changed, the State is the same value."""
    project.write_all(low="x = 1", top="import low")
    live("import top")
    liveimport.sync()
    before = session.state
    for _ in range(3):
        assert not liveimport.sync()
        assert session.state == before


@pytest.mark.threads
def test_changes_are_known_without_a_sync(session, project, live):
    """Which files changed can be asked; while another thread syncs the answer is none."""
    project.write_all(low="x = 1", top="import low")
    live("import top")
    assert session.changed_modules() == frozenset()
    project.write(
        "low.py",
        "import os, time\nwhile not os.path.exists('asked'): time.sleep(0.01)\nx = 22",
    )
    assert session.changed_modules() == {"low"}
    seen = []

    def asking():
        while getattr(sys.modules.get("low"), "time", None) is None:
            time.sleep(0.01)
        seen.append(session.changed_modules())
        project.write("asked", "")

    assert in_threads(liveimport.sync, asking)
    assert seen == [frozenset()]
    assert session.changed_modules() == frozenset()


def test_it_begins_to_take_notes_with_the_first_use(session):
    """Importing LiveImport changes nothing; the first call installs the note taker, once."""
    finders = sys.meta_path[:]
    liveimport.sync()
    liveimport.sync()
    assert len(sys.meta_path) == len(finders) + 1
    session.uninstall()
    assert sys.meta_path == finders
