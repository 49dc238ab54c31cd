"""Real engines of ipyparallel on this machine: they run the version that the notebook runs."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

import liveimport
from liveimport.effects.session.session import SESSION

# The extra `ipyparallel` brings it. Where slow tests run, .ci/run has installed that.
ipyparallel = pytest.importorskip("ipyparallel")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.processes,
    # Of ipyparallel itself.
    pytest.mark.filterwarnings("ignore"),
]

SOURCES = {
    "cfg": "F = 2",
    "work": """\
import time
from cfg import F
class Net:
    def __init__(self):
        self.weight = F
def f(x):
    return x * F
def slow(seconds, path):
    open(path, "w").close()
    before = F
    time.sleep(seconds)
    import cfg
    return before, cfg.F
def hold(path):
    import os
    while not os.path.exists(path):
        time.sleep(0.01)
def fail():
    raise ValueError("no")
""",
}
ONLY_HERE = """\
import sys
if "ipyparallel.engine.kernel" in sys.modules and {which}:
    raise ValueError("not here")
"""
EVERYWHERE = "True"
ON_THE_FIRST = "__import__('IPython').get_ipython().kernel.engine_id == 0"


def started(count, folder):
    """Starts engines in a folder without the sources."""
    return ipyparallel.Cluster(
        n=count,
        ipython_dir=str(folder),
        cluster_id=folder.name,
        work_dir=str(folder),
        log_level=40,
    ).start_and_connect_sync()


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    """A client of two engines, in a folder without the sources."""
    folder = tmp_path_factory.mktemp("elsewhere")
    before = os.getcwd()
    os.chdir(folder)
    client = started(2, folder)
    os.chdir(before)
    yield client
    client.cluster.stop_cluster_sync()
    client.close()


@pytest.fixture
def names(session, project):
    """A notebook that has registered a module."""
    for name, text in SOURCES.items():
        project.write(f"{name}.py", text)
    names: dict[str, object] = {"__name__": "__main__"}
    exec("import work", names)  # noqa: S102  # as a notebook does
    liveimport.register(names, "import work")
    return names


@pytest.fixture
def client(engines, names):
    """The client, attached. Afterwards the engines have no module of the project."""
    liveimport.attach(engines)
    yield engines
    liveimport.detach(engines)
    engines[:].execute(DROP_MODULES, block=True)


DROP_MODULES = """
import sys
for name in ("cfg", "work"):
    sys.modules.pop(name, None)
get_ipython().reset(new_session=False)
"""


def of_notebook(function):
    """Makes a function one of the notebook: the engines have no module of tests."""
    function.__module__ = "__main__"
    return function


def work():
    """Returns the module as the session has it."""
    return sys.modules["work"]


def wait_for(path):
    """Waits until a task has begun."""
    while not path.exists():
        time.sleep(0.01)


def last_line(outcome):
    """Returns the last line of a report."""
    return str(outcome).splitlines()[-1]


def test_an_edit(client, project):
    """Each way to an engine leads to the new code: direct, balanced, broadcast."""
    direct, balanced = client[:], client.load_balanced_view()
    assert direct.apply_sync(work().f, 3) == [6, 6]
    project.write("cfg.py", "F = 3000")
    assert last_line(liveimport.sync()) == "ipyparallel: all 2 workers run this version"
    assert direct.apply_sync(work().f, 3) == [9000, 9000]
    assert balanced.map_sync(work().f, range(4)) == [0, 3000, 6000, 9000]
    assert client.broadcast_view(is_coalescing=False).apply_sync(work().f, 3) == [9000, 9000]


def test_names_of_engines(client, project):
    """A function that is sent meets the new module, function and class, and no old one."""
    direct = client[:]
    code = "import work\nimport work as w\nfrom work import f, f as g, Net\nmine = 5\n"
    direct.execute(code, block=True)
    project.write(
        "work.py",
        "from cfg import F\nclass Net:\n    weight = 'new'\ndef f(x): return 'new', x + mine()\ndef mine(): return F",
    )
    liveimport.sync()
    value = "work.f(1), w.f(1), f(1), g(1), Net.weight, mine"
    direct.execute(f"seen = {value}", block=True)
    assert direct["seen"] == [(("new", 3),) * 4 + ("new", 5)] * 2
    # The body comes from here, its globals from the engine.
    here = {"__name__": "__main__"}
    exec("def h(): return f(1), work.f(1)", here)  # noqa: S102  # a cell
    assert direct.apply_sync(here["h"]) == [(("new", 3), ("new", 3))] * 2
    project.write("work.py", "from cfg import F\ndef f(x): return 'newer'")
    liveimport.sync()
    direct.execute("seen = 'Net' in globals(), f(1)", block=True)
    assert direct["seen"] == [(False, "newer")] * 2


def test_values_of_engines(client, project):
    """A value that code there has imported is the new one; one of the user's stays."""
    direct = client[:]
    code = "from cfg import F\n%time from cfg import F as rate\nmine = F\nfrom cfg import F as own\nown = 5"
    direct.execute(code, block=True)
    here = {"__name__": "__main__"}
    exec("def h(): return F, rate, mine, own", here)  # noqa: S102  # a cell
    assert direct.apply_sync(here["h"]) == [(2, 2, 2, 5)] * 2
    project.write("cfg.py", "F = 3000")
    liveimport.sync()
    assert direct.apply_sync(here["h"]) == [(3000, 2, 2, 5)] * 2
    project.write("cfg.py", "F = None")
    liveimport.sync()
    assert direct.apply_sync(here["h"]) == [(None, 2, 2, 5)] * 2


def test_classes(client, project):
    """An object is of the present class on both sides."""
    project.write("cfg.py", "F = 7")
    liveimport.sync()
    [net, _] = client[:].apply_sync(of_notebook(lambda: __import__("work").Net()))
    assert isinstance(net, work().Net)
    is_one = client[0].apply_sync(
        of_notebook(lambda net: isinstance(net, __import__("work").Net)), net
    )
    assert is_one


def test_a_busy_engine(client, project, tmp_path):
    """A task ends on the version that it began with; what comes later has the new one."""
    slow = client[0].apply_async(work().slow, 4, str(tmp_path / "began"))
    wait_for(tmp_path / "began")
    project.write("cfg.py", "F = 8")
    began = time.monotonic()
    outcome = liveimport.sync()
    assert 1.9 < time.monotonic() - began < 2.9
    [status] = outcome.clusters
    assert (status.current, status.behind) == (1, ("engine 0",))
    began = time.monotonic()
    assert not liveimport.sync()
    assert time.monotonic() - began < 1
    # The scheduler of balanced tasks does not know that the engine is busy.
    balanced = client.load_balanced_view().map_async(work().f, range(6), chunksize=1)
    direct = client[:].apply_async(work().f, 1)
    assert balanced.get() == [0, 8, 16, 24, 32, 40]
    assert direct.get() == [8, 8]
    assert slow.get() == (2, 2)
    assert liveimport.status().clusters[0].current == 2


def test_versions(client, project, tmp_path):
    """The status has the version of each engine; of a busy one, what it had when it last answered."""
    first = liveimport.status().clusters[0]
    assert {worker.version for worker in first.workers} == {first.version}
    liveimport.attach(client, timeout=0)
    slow = client[0].apply_async(work().slow, 3, str(tmp_path / "began"))
    wait_for(tmp_path / "began")
    for number in (8, 9):
        project.write("cfg.py", f"F = {number}")
        liveimport.sync()
    client[1].apply_sync(work().f, 1)
    shown = liveimport.status()
    [cluster] = shown.clusters
    assert [(one.state, one.version, one.changes_behind) for one in cluster.workers] == [
        ("behind", first.version, 2),
        ("current", cluster.version, 0),
    ]
    row = f"    engine 0  {first.version}  2 changes behind, busy: it changes over before its next task"
    assert row in str(shown).splitlines()
    slow.get()
    client[:].apply_sync(work().f, 1)
    [after] = liveimport.status().clusters
    assert {worker.version for worker in after.workers} == {cluster.version}


def overtaken(client, project, *, stamped):
    """Returns what a task gives that comes to an engine before the version that it needs."""
    [cluster] = SESSION._clusters._attached
    client[0].execute("import work", block=True)
    metadata = {"liveimport": [cluster._key, cluster._count + 1, False]} if stamped else {}
    answers = cluster._apply(
        client._mux_stream, work().f, [1], metadata=metadata, ident=engine(client, 0)
    )
    time.sleep(0.5)
    assert answers.done() is not stamped
    project.write("cfg.py", "F = 9")
    liveimport.sync()
    return answers.result(timeout=10)


def engine(client, number):
    """Returns the identity of an engine."""
    return client._engines[number].encode()


def test_the_barrier(client, project):
    """A task that comes by another way than its version, and sooner, waits for it."""
    assert overtaken(client, project, stamped=True) == 9


def test_without_the_barrier(client, project):
    """Such a task would run the old code: so the test above can fail."""
    assert overtaken(client, project, stamped=False) == 2


def test_what_can_run_on_no_engine(client, project):
    """Each task fails and says why, until an edit helps; nothing is lost."""
    client[:].execute("import work", block=True)
    before = liveimport.status().clusters[0].version
    project.write("cfg.py", ONLY_HERE.format(which=EVERYWHERE) + "F = 9")
    outcome = liveimport.sync()
    assert work().F == 9
    assert outcome.clusters[0].failed == (
        ("engine 0", "ValueError: not here"),
        ("engine 1", "ValueError: not here"),
    )
    assert {worker.version for worker in outcome.clusters[0].workers} == {before}
    assert {worker.changes_behind for worker in outcome.clusters[0].workers} == {1}
    said = r"engine \d cannot run it, and gets no task until it can: ValueError: not here"
    for view in (client[0], client.load_balanced_view()):
        with pytest.raises(ipyparallel.RemoteError, match=said):
            view.apply_sync(work().f, 4)
    with pytest.raises(ipyparallel.RemoteError, match=said):
        client[1].execute("work.f(4)", block=True)
    project.write("cfg.py", "F = 10")
    assert not liveimport.sync().clusters[0].failed
    assert client[:].apply_sync(work().f, 4) == [40, 40]


def test_what_one_engine_cannot_run(client, project, tmp_path):
    """The others do its work, also what had been submitted before it failed."""
    client[:].execute("import work", block=True)
    balanced = client.load_balanced_view()
    slow = balanced.map_async(time.sleep, [1, 1], chunksize=1)
    waiting = balanced.map_async(work().f, range(6), chunksize=1)
    project.write("cfg.py", ONLY_HERE.format(which=ON_THE_FIRST) + "F = 9")
    [status] = liveimport.sync().clusters
    assert (status.current, status.failed) == (1, (("engine 0", "ValueError: not here"),))
    later = balanced.map_async(work().f, range(6), chunksize=1)
    slow.get()
    for tasks in (waiting, later):
        assert set(tasks.get()) <= {0, 2, 4, 6, 8, 10, 9, 18, 27, 36, 45}
    assert later.get() == [0, 9, 18, 27, 36, 45]
    assert set(later.engine_id) == {1}


def test_what_a_busy_engine_cannot_run(client, project, tmp_path):
    """It refuses what is sent before anybody can know that; others do what they may."""
    client[:].execute("import work", block=True)
    slow = client[0].apply_async(work().slow, 4, str(tmp_path / "began"))
    wait_for(tmp_path / "began")
    project.write("cfg.py", ONLY_HERE.format(which=ON_THE_FIRST) + "F = 9")
    [status] = liveimport.sync().clusters
    assert (status.current, status.behind) == (1, ("engine 0",))
    balanced = client.load_balanced_view().map_async(work().f, range(6), chunksize=1)
    only_there = client.load_balanced_view(targets=[0]).apply_async(work().f, 1)
    direct, code = client[0].apply_async(work().f, 1), client[0].execute("work.f(1)")
    assert balanced.get() == [0, 9, 18, 27, 36, 45]
    assert set(balanced.engine_id) == {1}
    for refused in (direct, code):
        with pytest.raises(ipyparallel.RemoteError, match="engine 0 cannot run it"):
            refused.get()
    with pytest.raises(ipyparallel.RemoteError, match="ImpossibleDependency"):
        only_there.get()
    assert slow.get() == (2, 2)


def test_what_is_loaded_first_there(client, project):
    """A module that no engine has loaded, and that fails there, never runs from elsewhere."""
    project.write("cfg.py", ONLY_HERE.format(which=EVERYWHERE) + "F = 9")
    assert not liveimport.sync().clusters[0].failed
    for _ in range(2):
        with pytest.raises(ipyparallel.RemoteError, match="not here"):
            client[0].apply_sync(work().f, 4)


def test_what_only_engines_have_loaded(client, project):
    """It is current, too: nothing there is of before."""
    project.write("late.py", "from cfg import F")
    project.write(
        "work.py", SOURCES["work"] + "def late():\n    import late\n    return late.F"
    )
    liveimport.sync()
    assert client[:].apply_sync(work().late) == [2, 2]
    project.write("cfg.py", "F = 9")
    liveimport.sync()
    assert "late" not in sys.modules
    assert client[:].apply_sync(work().late) == [9, 9]


def test_who_joins_later(client, project, tmp_path):
    """It begins with the present version."""
    project.write("cfg.py", "F = 11")
    liveimport.sync()
    balanced, free = client.load_balanced_view(), tmp_path / "free"
    held = balanced.map_async(work().hold, [str(free)] * 2, chunksize=1)
    queued = balanced.map_async(work().f, [1] * 4, chunksize=1)
    client.cluster.start_engines_sync(1)
    client.wait_for_engines(3, timeout=60)
    newest = max(client.ids)
    # Nothing could stop a task there that was submitted before: it does not come there.
    time.sleep(0.5)
    free.touch()
    assert queued.get() == [11] * 4
    assert newest not in {*queued.engine_id, *held.engine_id}
    assert client[newest].apply_sync(work().f, 1) == 11
    assert liveimport.status().clusters[0].current == 3
    assert set(client.load_balanced_view().map_sync(work().f, [1] * 9)) == {11}
    # One that is killed while it changes over holds up nobody.
    client[newest].execute("import work, os", block=True)
    pid = client[newest].apply_sync(os.getpid)
    project.write(
        "cfg.py",
        f"import os, time\nif os.getpid() == {pid}: os.kill(os.getpid(), {int(signal.SIGKILL)})\nF = 12",
    )
    liveimport.sync()
    assert client[client.ids[0]].apply_sync(work().f, 1) == 12
    end = time.monotonic() + 30
    while newest in client.ids and time.monotonic() < end:
        time.sleep(0.1)
    assert str(liveimport.status().clusters[0]) == (
        "ipyparallel: all 2 workers run this version"
    )


def test_lines(client):
    """A traceback shows the lines that ran, though the engine has no file."""
    with pytest.raises(ipyparallel.RemoteError) as failed:
        client[0].apply_sync(work().fail)
    shown = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(failed.value.render_traceback()))
    assert 'raise ValueError("no")' in shown
    source = client[0].apply_sync(
        of_notebook(lambda: __import__("inspect").getsource(__import__("work").fail))
    )
    assert source == 'def fail():\n    raise ValueError("no")\n'


def test_ten_quick_edits(client, project):
    """Each arrives, though the file has the size and perhaps the time of the one before."""
    for number in range(10):
        project.write("cfg.py", f"F = {number}")
        liveimport.sync()
        assert client[:].apply_sync(work().f, 1) == [number] * 2


def test_detach(client, project):
    """The engines keep what they run; nothing of LiveImport stays there, nor at the client."""
    view = client[:]
    liveimport.attach(view)  # a view of it changes nothing
    assert view.apply_sync(work().f, 1) == [2, 2]
    liveimport.detach(client.load_balanced_view())
    project.write("cfg.py", "F = 12")
    assert not liveimport.sync().clusters
    assert view.apply_sync(work().f, 1) == [2, 2]
    assert not {"send_apply_request", "send_execute_request"} & set(vars(client))
    what = """
import sys
shell = get_ipython()
seen = str((sys.meta_path, shell.kernel.shell_handlers, shell.events.callbacks,
            shell.input_transformers_cleanup, list(shell.user_ns)))
"""
    view.execute(what, block=True)
    assert "HostedFinder" not in str(view["seen"])
    assert "liveimport" not in str(view["seen"])
    assert not liveimport.status().clusters


def connection(client):
    """Returns the file by which others find the engines."""
    cluster = client.cluster
    return f"{cluster.profile_dir}/security/ipcontroller-{cluster.cluster_id}-client.json"


def test_two_clients(client, project):
    """Each has the version, also where only one of them was there first; the other may go."""
    project.write("cfg.py", "F = 5")
    liveimport.sync()
    with ipyparallel.Client(connection(client)) as other:
        liveimport.attach(other)
        project.write("cfg.py", "F = 6")
        assert [status.current for status in liveimport.sync().clusters] == [2, 2]
        for one in (client, other):
            assert one[:].apply_sync(work().f, 1) == [6, 6]
        liveimport.detach(other)
        project.write("cfg.py", "F = 7")
        assert [status.current for status in liveimport.sync().clusters] == [2]
        assert client[:].apply_sync(work().f, 1) == [7, 7]


@pytest.mark.usefixtures("heeded_interrupts")
def test_an_interrupt(client, project, tmp_path):
    """It ends the waiting, and nothing else."""
    slow = client[0].apply_async(work().slow, 3, str(tmp_path / "began"))
    wait_for(tmp_path / "began")
    project.write("cfg.py", "F = 8")
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    [status] = liveimport.sync().clusters
    assert time.monotonic() - began < 1.5
    assert (status.current, status.behind) == (1, ("engine 0",))
    assert client[:].apply_sync(work().f, 1) == [8, 8]
    assert slow.get() == (2, 2)


def test_another_release(engines, names):
    """Where ipyparallel works differently inside, attaching says so in plain words."""
    present = type(engines)
    engines.__class__ = type("Later", (present,), {"_engines": property()})
    try:
        with pytest.raises(
            RuntimeError,
            match=r"^ipyparallel \S+ has no client\._engines, which LiveImport needs: install a newer",
        ):
            liveimport.attach(engines)
    finally:
        engines.__class__ = present
    assert not liveimport.status().clusters


def test_a_closed_client(names, project, tmp_path):
    """It is detached by itself."""
    client = started(1, tmp_path)
    liveimport.attach(client)
    client.cluster.stop_cluster_sync()
    client.close()
    project.write("cfg.py", "F = 13")
    assert liveimport.sync().events
    assert not liveimport.status().clusters


def test_another_notebook(client, project, tmp_path):
    """Two do not overwrite each other's modules in silence."""
    (tmp_path / "cfg.py").write_text("F = 'mine'")
    program = (
        "import liveimport, cfg, sys\nimport ipyparallel\n"
        "liveimport.register(globals(), 'import cfg')\nliveimport.sync()\n"
        "client = ipyparallel.Client(sys.argv[1])\n"
        "try:\n    liveimport.attach(client)\n"
        "finally:\n    print(client[0].apply_sync(lambda: 'free'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, connection(client)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "another notebook has other sources for cfg on this cluster" in done.stderr
    assert done.stdout == "free\n"
    assert client[0].apply_sync(work().f, 1) == 2
