"""Files that modules read as they run: what a change of one does, and when."""

import importlib
import json
import os
import sys

import pytest

import liveimport

pytestmark = [
    pytest.mark.skipif(sys.version_info < (3, 12), reason="no sys.monitoring"),
    # Their files are not closed, as in many projects.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CONF = """
import json
with open("conf.json") as file:
    value = json.load(file)
"""


@pytest.fixture
def conf(session, project):
    """A module that reads a file, one that depends on it, and a namespace that has both."""
    project.write("conf.json", "1")
    project.write_all(conf=CONF, user="from conf import value\ndouble = 2 * value")
    namespace = {}
    liveimport.register(namespace, "import conf\nfrom user import double", execute=True)
    return namespace


def lines():
    """Syncs, and returns the report without times."""
    said = str(liveimport.sync())
    return [line.partition(" modified")[0] for line in said.splitlines()]


TOLD = "conf.json changed; conf read it at import (`%liveimport reload conf`)"


def test_a_change_is_told_once(conf, project):
    """Nothing runs for it: the module may be expensive."""
    project.write("conf.json", "22")
    assert lines() == [TOLD]
    assert not liveimport.sync()
    assert conf["double"] == 2
    project.write("conf.json", "333")
    assert lines() == [TOLD]
    assert [e.module for e in liveimport.sync(reload=["conf"]).events] == ["conf", "user"]
    assert conf["double"] == 666
    assert not liveimport.sync()


def test_a_plan_and_the_status_tell_it(conf, project):
    """The status lists all files, and says which changed."""
    assert "  conf: conf.json" in str(liveimport.status()).splitlines()
    project.write("conf.json", "22")
    assert str(liveimport.plan()).splitlines() == [TOLD]
    assert "  conf: conf.json (changed)" in str(liveimport.status()).splitlines()
    lines()
    assert not liveimport.plan()
    assert "  conf: conf.json (changed)" in str(liveimport.status()).splitlines()
    assert liveimport.status().to_dict()["files"] == [
        {
            "module": "conf",
            "files": ["conf.json"],
            "changed": ["conf.json"],
            "is_cut_off": False,
        }
    ]


def test_with_reload_its_module_reloads(conf, project):
    """And what depends on it, after it."""
    liveimport.auto_sync(files="reload")
    project.write("conf.json", "22")
    assert str(liveimport.plan()).splitlines()[0] == (
        "Would reload conf because conf.json was modified 0 seconds ago"
    )
    outcome = liveimport.sync()
    assert str(outcome).splitlines() == [
        "Reloaded conf because conf.json was modified 0 seconds ago",
        "Reloaded user because conf reloaded",
    ]
    (change,) = outcome.events[0].files
    assert (change.path, change.what) == (project.path("conf.json"), "modified")
    assert (
        json.loads(json.dumps(outcome.to_dict()))["events"][0]["files"][0]["shown"]
        == "conf.json"
    )
    assert conf["double"] == 44
    assert not liveimport.sync()
    project.write("conf.json", "333")
    assert liveimport.sync()
    assert conf["double"] == 666


def test_what_was_told_reloads_once_that_is_asked_for(conf, project):
    """Its module has not read it yet."""
    project.write("conf.json", "22")
    assert lines() == [TOLD]
    liveimport.auto_sync(files="reload")
    assert [e.module for e in liveimport.sync().events] == ["conf", "user"]
    assert conf["double"] == 44
    assert not liveimport.sync()


def test_what_a_reload_imports_by_surprise_is_followed(conf, project):
    """No plan knew of it."""
    liveimport.auto_sync(files="reload")
    project.write_all(late=CONF)
    project.write_all(conf="import importlib\nvalue = importlib.import_module('late').value")
    liveimport.sync()
    project.write("conf.json", "22")
    assert [e.module for e in liveimport.sync().events] == ["late", "conf", "user"]
    assert conf["double"] == 44


def test_off_means_that_nothing_is_followed(conf, project, session):
    """What was known is forgotten."""
    liveimport.auto_sync(files=False)
    project.write("conf.json", "22")
    assert not liveimport.sync()
    assert session.state.reads == {}
    project.write_all(conf=CONF + "\n")
    liveimport.sync()
    assert session.state.reads == {}
    assert conf["double"] == 44


def test_the_same_bytes_are_no_change_by_content(conf, project):
    """As for sources."""
    liveimport.auto_sync(detect="content")
    project.write("conf.json", "1")
    assert not liveimport.sync()
    liveimport.auto_sync(detect="mtime")
    os.utime(project.folder / "conf.json", (1, 1))
    assert lines() == [TOLD]


def test_a_second_edit_with_the_same_stamp_is_seen(conf, project):
    """Its stamp is young, so it is read."""
    liveimport.auto_sync(files="reload")
    stat = os.stat("conf.json")
    project.write("conf.json", "2")
    os.utime("conf.json", ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    assert liveimport.sync()
    assert conf["double"] == 4


@pytest.mark.usefixtures("settled")
def test_a_quiet_sync_only_asks_for_stamps(conf, project, session, monkeypatch):
    """Nothing is read, and nothing is planned."""
    liveimport.sync()
    liveimport.sync()
    monkeypatch.setattr(type(session), "_preparation", None)
    assert not liveimport.sync()


def test_a_file_that_comes_or_goes(session, project):
    """An optional file, as many projects have it."""
    source = """
    try:
        value = open("local.txt").read()
    except OSError:
        value = "none"
    """
    project.write_all(m=source)
    namespace = {}
    liveimport.register(namespace, "from m import value", execute=True)
    liveimport.auto_sync(files="reload")
    assert not liveimport.sync()
    project.write("local.txt", "1")
    assert lines() == ["Reloaded m because local.txt is new"]
    assert namespace["value"] == "1"
    project.remove("local.txt")
    assert lines() == ["Reloaded m because local.txt was removed"]
    assert namespace["value"] == "none"


PLUGINS = """
import os, importlib
names = sorted(name[:-3] for name in os.listdir("plugs") if name.endswith(".py"))
"""


def test_a_new_file_in_a_listed_folder_reloads(session, project):
    """Code came: also when other files are only told."""
    project.write("plugs/a.py", "")
    project.write_all(m=PLUGINS)
    namespace = {}
    liveimport.register(namespace, "from m import names", execute=True)
    assert not liveimport.sync()
    project.write("plugs/results.csv", "1")
    assert not liveimport.sync()
    project.write("plugs/b.py", "")
    assert lines() == ["Reloaded m because plugs/b.py is new"]
    project.remove("plugs/a.py")
    assert lines() == ["Reloaded m because plugs/a.py was removed"]
    assert namespace["names"] == ["b"]


def test_what_a_module_writes_itself_is_not_followed(session, project):
    """It would reload for ever."""
    source = """
    from pathlib import Path
    file = Path("count.txt")
    count = int(file.read_text()) + 1 if file.exists() else 0
    file.write_text(str(count))
    """
    project.write_all(m=source)
    namespace = {}
    liveimport.register(namespace, "from m import count", execute=True)
    liveimport.auto_sync(files="reload")
    assert not liveimport.sync()
    assert [e.module for e in liveimport.sync(reload=["m"]).events] == ["m"]
    assert not liveimport.sync()
    assert namespace["count"] == 1


def test_files_outside_the_project_are_not_followed(session, project, tmp_path):
    """Nor is the module's own source, which is followed anyway."""
    (tmp_path / "other.txt").write_text("1")
    project.write_all(
        m=f"x = open({str(tmp_path / 'other.txt')!r}).read()\ny = open(__file__).read()"
    )
    liveimport.register({}, "import m", execute=True)
    assert session.state.reads == {}


def test_a_broken_file_is_tried_again_when_it_is_repaired(conf, project):
    """It holds back what depends on it, and is not tried at each cell."""
    liveimport.auto_sync(files="reload")
    project.write("conf.json", "{")
    with pytest.raises(liveimport.ModuleError, match="conf") as caught:
        liveimport.sync()
    failed, also = caught.value.outcome.lines
    assert failed.startswith("Could not reload conf: JSONDecodeError: ")
    assert also == "also held back: user"
    assert conf["double"] == 2
    shell_sync = {"retry_failed": False}
    from liveimport.effects.session.session import SESSION

    assert SESSION.sync(**shell_sync).blocked
    assert not SESSION.sync(**shell_sync).failed
    project.write("conf.json", "22")
    assert [e.module for e in SESSION.sync(**shell_sync).events] == ["conf", "user"]
    assert conf["double"] == 44


def test_what_only_the_failed_run_read_counts_too(conf, project):
    """It may be the file to repair."""
    from liveimport.effects.session.session import SESSION

    project.write("other.json", "{")
    project.write_all(conf=CONF.replace("conf.json", "other.json"))
    with pytest.raises(liveimport.ModuleError):
        liveimport.sync()
    blocked = SESSION.sync(retry_failed=False)
    assert (len(blocked.blocked), blocked.failed) == (1, ())
    project.write("other.json", "22")
    assert [e.module for e in SESSION.sync(retry_failed=False).events] == ["conf", "user"]
    assert conf["double"] == 44
    assert not SESSION.sync(retry_failed=False)


def test_an_excluded_module_does_not_reload(conf, project):
    """What depends on it does."""
    liveimport.auto_sync(files="reload")
    liveimport.exclude("conf")
    project.write("conf.json", "22")
    assert [e.module for e in liveimport.sync().events] == ["user"]
    assert not liveimport.sync()
    liveimport.include("conf")
    liveimport.sync()
    assert conf["double"] == 44


def test_the_tool_id_is_given_back_whatever_happens(conf, project):
    """After a failure, and after an interrupt."""
    for text in ("raise ValueError", "raise KeyboardInterrupt", "raise SystemExit"):
        project.write_all(conf=text)
        with pytest.raises(BaseException):  # noqa: B017, PT011  # one of three
            liveimport.sync()
        assert "liveimport" not in [sys.monitoring.get_tool(tool) for tool in range(6)]
    with pytest.raises(ImportError):
        liveimport.register({}, "import none_such", execute=True)
    assert "liveimport" not in [sys.monitoring.get_tool(tool) for tool in range(6)]


def test_without_a_free_tool_id_files_are_not_followed(session, project):
    """The status says so. A module that ran without is not taken to be old."""
    project.write("conf.json", "1")
    project.write_all(conf=CONF)
    namespace = {}
    liveimport.register(namespace, "import conf", execute=True)
    liveimport.auto_sync(files="reload")
    for tool in (3, 4):
        sys.monitoring.use_tool_id(tool, "somebody")
    try:
        said = (
            "Files read at import are not followed: other tools have all ids of sys.monitoring."
        )
        assert said in str(liveimport.status()).splitlines()
        project.write("conf.json", "22")
        assert liveimport.sync()
        assert not liveimport.sync()
    finally:
        for tool in (3, 4):
            sys.monitoring.free_tool_id(tool)
    assert "sys.monitoring" not in str(liveimport.status())


def test_a_cell_with_the_magic_is_followed(shell, project):
    """One without is not, and nor is what a cell reads for itself."""
    project.write("conf.json", "1")
    project.write("other.json", "1")
    project.write_all(conf=CONF, plain=CONF)
    shell.run("import plain")
    shell.run("%%liveimport\nimport conf\nx = open('other.json').read()")
    reads = liveimport.effects.session.session.SESSION.state.reads
    assert {n: [os.path.basename(f.path) for f in files] for n, files in reads.items()} == {
        "conf": ["conf.json"]
    }


def test_a_nested_cell_is_followed(shell, project):
    """To the end of the outermost."""
    project.write("conf.json", "1")
    project.write_all(conf=CONF)
    shell.run("get_ipython().run_cell('%%liveimport\\nimport conf')\nx = 1")
    assert "liveimport" not in [sys.monitoring.get_tool(tool) for tool in range(6)]
    assert [*liveimport.effects.session.session.SESSION.state.reads] == ["conf"]


def test_a_cell_that_fails_is_followed(shell, project):
    """What it imported is not imported again."""
    project.write("conf.json", "1")
    project.write_all(conf=CONF)
    shell.run("%%liveimport\nimport conf\nimport none_such")
    assert "liveimport" not in [sys.monitoring.get_tool(tool) for tool in range(6)]
    shell.run("%%liveimport\nimport conf")
    assert [*liveimport.effects.session.session.SESSION.state.reads] == ["conf"]


def test_with_project_every_cell_is_followed(shell, project):
    """It registers what it imports."""
    project.write("conf.json", "1")
    project.write_all(conf=CONF)
    liveimport.auto_sync(register="project")
    shell.run("import conf")
    assert [*liveimport.effects.session.session.SESSION.state.reads] == ["conf"]


def test_there_is_an_end_to_files(session, project, monkeypatch):
    """It is told once, and stands in the status."""
    monkeypatch.setattr("liveimport.core.detecting.data_files.MOST_FILES", 3)
    for number in range(5):
        project.write(f"{number}.txt", "")
    project.write_all(m="for n in range(5): open(f'{n}.txt').close()")
    liveimport.register({}, "import m", execute=True)
    assert lines() == ["m read more files at import than are followed"]
    assert not liveimport.sync()
    assert "  m: 0.txt, 1.txt, 2.txt; not all are followed" in str(liveimport.status())


def test_a_module_that_ran_again_reads_what_it_reads_now(conf, project):
    """Not what it read before."""
    liveimport.auto_sync(files="reload")
    project.write("other.json", "5")
    project.write_all(conf=CONF.replace("conf.json", "other.json"))
    liveimport.sync()
    assert conf["double"] == 10
    project.write("conf.json", "7")
    assert not liveimport.sync()
    project.write("other.json", "6")
    liveimport.sync()
    assert conf["double"] == 12


def test_importlib_reload_counts(conf, project, session):
    """In a cell that is followed."""
    project.write("conf.json", "22")
    session.begin_reading()
    importlib.reload(sys.modules["conf"])
    session.read_log.end()
    session.take_in_read()
    (read,) = session.state.reads["conf"]
    assert read.version.stamp.size == 2
