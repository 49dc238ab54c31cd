"""A real cluster of Dask on this machine: its workers run the version that the notebook runs."""

import os
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction
from functools import partial

import pytest

import liveimport
from liveimport.effects.session.running import Told
from liveimport.effects.session.session import SESSION

# The extra `dask` brings it. Where slow tests run, .ci/run has installed that.
distributed = pytest.importorskip("distributed")
tokenizing = pytest.importorskip("dask.tokenize")
tokenize = tokenizing.tokenize
abandoned_here = pytest.importorskip("liveimport.effects.clusters.dask_worker").abandoned_here

pytestmark = [
    pytest.mark.slow,
    pytest.mark.processes,
    # Of Dask itself.
    pytest.mark.filterwarnings("ignore"),
]

SOURCES = {
    "cfg": "F = 2",
    "work": """\
import abc
import time
from cfg import F
class Net:
    def __init__(self):
        self.weight = 1
    def predict(self, x):
        return x * F
class Model(abc.ABC):
    pass
def f(x):
    return x * F
def slow(seconds, path):
    open(path, "w").close()
    before = F
    time.sleep(seconds)
    import cfg
    return before, cfg.F
def fail():
    raise ValueError("no")
""",
    "other": "def g(x): return x",
}
ONLY_HERE = "import multiprocessing\nif multiprocessing.parent_process(): raise ValueError('not here')\n"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A cluster of two workers, in a folder without the sources."""
    folder = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    try:
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster:
            yield cluster
    finally:
        os.chdir(folder)


@pytest.fixture
def client(cluster, session, project):
    """A client that is attached, in a session that has registered two modules."""
    for name, text in SOURCES.items():
        project.write(f"{name}.py", text)
    names: dict[str, object] = {"__name__": "__main__"}
    exec("import work, other", names)  # noqa: S102  # as a notebook does
    liveimport.register(names, "import work, other")
    with distributed.Client(cluster) as client:
        liveimport.attach(client)
        yield client
        liveimport.detach(client)


def work():
    """Returns the module as the session has it."""
    return sys.modules["work"]


def wait_for(path):
    """Waits until a task has begun."""
    while not path.exists():
        time.sleep(0.01)


def test_an_edit(client, project):
    """The same call is computed again, and returns what the new code gives."""
    old = client.submit(work().f, 3)
    assert old.result() == 6
    project.write("cfg.py", "F = 3000")
    outcome = liveimport.sync()
    assert str(outcome).splitlines()[-1] == (
        f"Dask at {client.scheduler.address}: all 2 workers run this version"
    )
    assert outcome.old_processes == 0
    assert client.submit(work().f, 3).result() == 9000
    assert old.result() == 6


def test_keys(client, project):
    """They depend on the code that is called, and on nothing else."""
    # Tokens are what keys are made of. A task that is still on its way when its client is
    # detached would find no module to import.
    other = sys.modules["other"]
    f, g, net = tokenize(work().f), tokenize(other.g), tokenize(work().Net)
    assert client.submit(work().f, 1).key == f"f-{tokenize(work().f, {}, 1)}"
    namespace = {"__name__": "__main__", "work": work(), "f": work().f}
    exec("def h(x): return f(x)\ndef i(x): return h(x)\ndef j(x): return x", namespace)  # noqa: S102  # cells
    h, i, j = (tokenize(namespace[name]) for name in "hij")
    assert tokenize(work().f) == f
    project.write("cfg.py", "F = 5")
    liveimport.sync()
    namespace["f"] = work().f
    assert tokenize(work().f) != f
    assert tokenize(work().Net) != net
    assert tokenize(namespace["h"]) != h
    assert tokenize(namespace["i"]) != i
    assert tokenize(namespace["j"]) == j
    assert tokenize(other.g) == g
    liveimport.detach(client)
    assert tokenize(other.g) != g


def test_keys_of_objects(client, project):
    """They depend on the code of their class; so do those of its methods."""

    def keys():
        work = sys.modules["work"]
        net = work.Net()
        values = (net, net.predict, partial(work.f, 1), [net], work.Model)
        return [tokenize(value) for value in values]

    before, plain = (
        keys(),
        [tokenize(value) for value in ({"a": 1}, len, object, Fraction(1, 3))],
    )
    assert keys() == before
    net = work().Net()
    assert client.submit(net.predict, 3).result() == 6
    assert client.submit(lambda net: net.predict(3), net).result() == 6
    project.write("cfg.py", "F = 5")
    liveimport.sync()
    assert not set(keys()) & set(before)
    net = work().Net()
    assert client.submit(net.predict, 3).result() == 15
    assert client.submit(lambda net: net.predict(3), net).result() == 15
    assert plain == [tokenize(value) for value in ({"a": 1}, len, object, Fraction(1, 3))]
    liveimport.detach(client)
    lookup = tokenizing.normalize_token._lookup.values()
    assert "liveimport" not in str({type(handler).__module__ for handler in lookup})


def test_classes(client, project):
    """An object is of the present class on both sides."""
    project.write("cfg.py", "F = 7")
    liveimport.sync()
    assert isinstance(client.submit(work().Net, pure=False).result(), work().Net)
    assert client.submit(lambda net: net.predict(1), work().Net()).result() == 7
    is_one = client.submit(lambda net: isinstance(net, __import__("work").Net), work().Net())
    assert is_one.result()


def test_a_busy_worker(client, project, tmp_path):
    """A task ends on the version that it began with; what comes later has the new one."""
    slow = client.submit(work().slow, 3, str(tmp_path / "began"))
    wait_for(tmp_path / "began")
    project.write("cfg.py", "F = 8")
    began = time.monotonic()
    outcome = liveimport.sync()
    assert 1.9 < time.monotonic() - began < 2.9
    [status] = outcome.clusters
    assert (status.current, len(status.behind)) == (1, 1)
    # Not once more: it waits once per version.
    began = time.monotonic()
    assert not liveimport.sync()
    assert time.monotonic() - began < 1
    later = client.map(work().f, range(6))
    assert client.gather(later) == [0, 8, 16, 24, 32, 40]
    assert slow.result() == (2, 2)
    # It changes over soon after its task has ended.
    end = time.monotonic() + 5
    while liveimport.status().clusters[0].behind and time.monotonic() < end:
        time.sleep(0.05)
    assert liveimport.status().clusters[0].current == 2


def test_versions(client, project, tmp_path):
    """The status has the version of each worker: a busy one keeps the old one."""
    first = liveimport.status().clusters[0]
    assert {worker.version for worker in first.workers} == {first.version}
    liveimport.attach(client, timeout=0)
    slow = client.submit(work().slow, 3, str(tmp_path / "began"), pure=False)
    wait_for(tmp_path / "began")
    [busy] = [worker for worker, tasks in client.processing().items() if tasks]
    for number in (8, 9):
        project.write("cfg.py", f"F = {number}")
        liveimport.sync()
    shown = until(liveimport.status, lambda status: status.clusters[0].current)
    [cluster] = shown.clusters
    stand = {
        one.worker: (one.state, one.version, one.changes_behind) for one in cluster.workers
    }
    assert stand.pop(busy) == ("behind", first.version, 2)
    assert list(stand.values()) == [("current", cluster.version, 0)]
    row = f"    {busy}  {first.version}  2 changes behind, busy: it changes over before its next task"
    assert row in str(shown).splitlines()
    assert row.strip() in shown._repr_html_()
    assert shown.to_dict()["clusters"] == [cluster.to_dict()]
    slow.result()
    [after] = until(lambda: liveimport.status().clusters, lambda found: not found[0].behind)
    assert {worker.version for worker in after.workers} == {cluster.version}


def until(look, is_so):
    """Returns what is seen as soon as it is so, or after ten seconds."""
    end = time.monotonic() + 10
    while not is_so(seen := look()) and time.monotonic() < end:
        time.sleep(0.05)
    return seen


def test_who_waits_longer(client, project, tmp_path):
    """The user says how long. Meanwhile it is told how many workers run the version."""
    liveimport.attach(client, timeout=20)
    slow = client.submit(work().slow, 3, str(tmp_path / "began"), pure=False)
    wait_for(tmp_path / "began")
    project.write("cfg.py", "F = 8")
    told = []
    outcome = SESSION.sync(
        retry_failed=True, told=Told(on_workers=lambda *said: told.append(said))
    )
    assert outcome.clusters[0].current == 2
    assert set(told) == {(f"Dask at {client.scheduler.address}", 1, 2)}
    assert slow.result() == (2, 2)


def test_who_does_not_wait(client, project, tmp_path):
    """With no timeout, a sync returns at once."""
    liveimport.attach(client, timeout=0)
    slow = client.submit(work().slow, 3, str(tmp_path / "began"), pure=False)
    wait_for(tmp_path / "began")
    project.write("cfg.py", "F = 8")
    began = time.monotonic()
    [status] = liveimport.sync().clusters
    assert time.monotonic() - began < 1.5
    assert status.behind
    assert slow.result() == (2, 2)
    assert client.submit(work().f, 3).result() == 24


def test_a_negative_timeout(client):
    """It is refused in plain words."""
    with pytest.raises(
        ValueError, match=r"^timeout is a number of seconds, 0 or more, not -1$"
    ):
        liveimport.attach(client, timeout=-1)


def after_the_busy(client, project, tmp_path):
    """Returns what tasks give that a sync left behind a task which was running."""
    slow = client.submit(work().slow, 3, str(tmp_path / "began"), pure=False)
    wait_for(tmp_path / "began")
    [busy] = [worker for worker, tasks in client.processing().items() if tasks]
    project.write("cfg.py", "F = 8")
    liveimport.sync()
    later = [
        client.submit(work().slow, 0.1, str(tmp_path / str(n)), workers=[busy])
        for n in (1, 2, 3)
    ]
    slow.result()
    return client.gather(later)


def test_the_barrier(client, project, tmp_path):
    """No task starts between the old and the new version."""
    assert after_the_busy(client, project, tmp_path) == [(8, 8)] * 3


def test_without_the_barrier(client, project, tmp_path):
    """Workers that were not paused would go on with the old code: so the test above can fail."""
    module = "import liveimport.effects.clusters.dask_worker as worker\n"
    client.run(
        exec, module + "worker.kept, worker._pause = worker._pause, lambda worker: None", {}
    )
    try:
        assert after_the_busy(client, project, tmp_path) == [(2, 2)] * 3
    finally:
        client.run(exec, module + "worker._pause = worker.kept\ndel worker.kept", {})


def test_what_is_loaded_first_there(client, project):
    """A module that no worker has loaded, and that fails there, never runs from elsewhere."""
    client.run(lambda: [__import__("sys").modules.pop(name, None) for name in ("cfg", "work")])
    project.write("cfg.py", ONLY_HERE + "F = 9")
    assert not liveimport.sync().clusters[0].failed
    for _ in range(2):
        with pytest.raises(ValueError, match="not here"):
            client.submit(lambda: __import__("work").f(4), pure=False).result()
    project.write("cfg.py", "F = 10")
    liveimport.sync()
    assert client.submit(work().f, 4).result() == 40


def test_what_cannot_run_there(client, project):
    """Such a worker gets no task until it can; nothing is lost."""
    client.run(lambda: __import__("work").F)
    before = liveimport.status().clusters[0].version
    project.write("cfg.py", ONLY_HERE + "F = 9")
    outcome = liveimport.sync()
    assert work().F == 9
    [status] = outcome.clusters
    assert [why for _, why in status.failed] == ["ValueError: not here"] * 2
    assert {worker.version for worker in status.workers} == {before}
    assert {worker.changes_behind for worker in status.workers} == {1}
    waiting = client.submit(work().f, 4)
    time.sleep(0.7)
    assert waiting.status == "pending"
    assert set(client.run(lambda: sys.modules["cfg"].F).values()) == {2}
    # It is told again, before each cell.
    again = SESSION.sync(retry_failed=False)
    assert again
    assert again.clusters == outcome.clusters
    project.write("cfg.py", "F = 10")
    assert not liveimport.sync().clusters[0].failed
    assert waiting.result() == 40
    assert not SESSION.sync(retry_failed=False).clusters


def test_what_can_run_there_later(client, project, tmp_path):
    """When the cause is gone, a sync by hand tries again; one before a cell does not."""
    client.run(lambda: __import__("work").F)
    flag = tmp_path / "flag"
    project.write(
        "cfg.py",
        f"import multiprocessing, os\nif multiprocessing.parent_process(): os.stat({str(flag)!r})\nF = 9",
    )
    [status] = liveimport.sync().clusters
    assert len(status.failed) == 2
    assert str(status).splitlines()[1:] == [
        (
            f"{status.failed[0][0]}, {status.failed[1][0]} cannot run it, and get no task until they can: "
            f"FileNotFoundError: [Errno 2] No such file or directory: {str(flag)!r}"
        ),
        "When the cause is gone, liveimport.sync() tries again",
    ]
    flag.touch()
    assert len(SESSION.sync(retry_failed=False).clusters[0].failed) == 2
    assert liveimport.sync().clusters[0].current == 2
    assert client.submit(work().f, 4).result() == 36


def test_a_worker_that_dies(client, project):
    """It holds up nobody when it dies as it changes over, and begins with the present version."""
    client.run(lambda: __import__("work").F)
    pid = min(client.run(os.getpid).values())
    project.write(
        "cfg.py",
        f"import os, signal\nif os.getpid() == {pid}: os.kill({pid}, signal.SIGKILL)\nF = 14",
    )
    began = time.monotonic()
    assert liveimport.sync().clusters
    assert time.monotonic() - began < 10
    client.wait_for_workers(2)
    assert pid not in client.run(os.getpid).values()
    assert set(client.gather(client.map(work().f, [1] * 6, pure=False))) == {14}
    end = time.monotonic() + 20
    while liveimport.status().clusters[0].current < 2 and time.monotonic() < end:
        time.sleep(0.1)
    assert str(liveimport.status().clusters[0]).endswith("all 2 workers run this version")


def test_fifty_modules(project, session, tmp_path):
    """All of them change over on four workers, as often as they are edited."""
    for number in range(50):
        project.write(
            f"m{number}.py",
            f"from {f'm{number - 1}' if number else 'm'} import F\nG = {number}",
        )
    project.write("m.py", "F = -1")
    names: dict[str, object] = {"__name__": "__main__"}
    exec("import m49", names)  # noqa: S102  # as a notebook does
    liveimport.register(names, "import m49")
    folder = os.getcwd()
    os.chdir(tmp_path)
    with (
        distributed.LocalCluster(
            n_workers=4, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        os.chdir(folder)
        liveimport.attach(client, timeout=20)
        client.run(lambda: __import__("m49").F)
        for number in range(10):
            project.write("m.py", f"F = {number}")
            [status] = liveimport.sync().clusters
            assert status.current == 4
            seen = client.run(fifty_there)
            assert set(seen.values()) == {((number, *range(50)), True)}
        liveimport.detach(client)


def fifty_there():
    """Returns what the modules of a worker have, and that none is of a file."""
    modules = [sys.modules[f"m{number}"] for number in range(50)]
    values = {module.F for module in modules}
    loaders = {type(module.__spec__.loader).__name__ for module in modules}
    return (*values, *(module.G for module in modules)), loaders == {"HostedLoader"}


# A worker has no module of tests: its code travels.
fifty_there.__module__ = "__main__"


def test_who_joins_later(client, cluster, project):
    """It begins with the present version, also after the worker was killed."""
    project.write("cfg.py", "F = 11")
    liveimport.sync()
    client.restart()
    client.wait_for_workers(2)
    assert set(client.run(lambda: __import__("work").f(1)).values()) == {11}
    assert liveimport.status().clusters[0].current == 2


def test_lines(client):
    """A traceback shows the lines that ran, though the worker has no file."""
    with pytest.raises(ValueError, match="no") as failed:
        client.submit(work().fail).result()
    last = failed.traceback[-1]
    assert str(last.path).endswith("work.py")
    source = client.submit(
        lambda: __import__("inspect").getsource(__import__("work").fail)
    ).result()
    assert source == 'def fail():\n    raise ValueError("no")\n'


def test_detach(client, project):
    """The workers keep what they run; nothing of LiveImport stays there."""
    client.run(lambda: __import__("work").F)
    liveimport.attach(client)  # a second time changes nothing
    assert client.submit(work().f, 1, pure=False).result() == 2
    liveimport.detach(client)
    project.write("cfg.py", "F = 12")
    assert not liveimport.sync().clusters
    assert client.submit(work().f, 1, pure=False).result() == 2
    finders = client.run(lambda: [type(finder).__name__ for finder in sys.meta_path])
    assert not {"HostedFinder", "UnreadableFinder"} & {*str(finders).split("'")}
    assert not liveimport.status().clusters
    client.run(lambda: [sys.modules.pop(name) for name in ("cfg", "work")])


def test_two_clients(client, cluster, project):
    """Each has the version, also where only one of them was there first; the other may go."""
    with distributed.Client(cluster) as other:
        liveimport.attach(other)
        project.write("cfg.py", "F = 6")
        assert [status.current for status in liveimport.sync().clusters] == [2, 2]
        for one in (client, other):
            assert one.submit(work().f, 1, pure=False).result() == 6
        liveimport.detach(other)
        project.write("cfg.py", "F = 7")
        assert [status.current for status in liveimport.sync().clusters] == [2]
        assert client.submit(work().f, 1).result() == 7
        assert liveimport.status().clusters[0].current == 2


@pytest.mark.usefixtures("heeded_interrupts")
def test_an_interrupt(client, project, tmp_path):
    """It ends the waiting, and nothing else."""
    slow = client.submit(work().slow, 3, str(tmp_path / "began"), pure=False)
    wait_for(tmp_path / "began")
    project.write("cfg.py", "F = 8")
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    [status] = liveimport.sync().clusters
    assert time.monotonic() - began < 1.5
    assert (status.current, len(status.behind)) == (1, 1)
    assert client.gather(client.map(work().f, range(3), pure=False)) == [0, 8, 16]
    assert slow.result() == (2, 2)


def test_another_release(session, client, monkeypatch):
    """Where Dask works differently inside, attaching says so in plain words, and nothing is changed."""
    liveimport.detach(client)
    needs = r"^{} \S+ has no {}, which LiveImport needs: install a newer LiveImport, or"
    with monkeypatch.context() as later:
        lookup = tokenizing.normalize_token._lookup
        later.delattr(tokenizing.normalize_token, "_lookup")
        with pytest.raises(
            RuntimeError, match=needs.format("dask", r"normalize_token\._lookup")
        ):
            liveimport.attach(client)
        assert not liveimport.status().clusters
        tokenizing.normalize_token._lookup = lookup
    client.run(hide_memory)
    try:
        lacks = r"worker\.memory_manager\.memory_pause_fraction"
        with pytest.raises(RuntimeError, match=needs.format("distributed", lacks)):
            liveimport.attach(client)
    finally:
        client.run(show_memory)
    assert not liveimport.status().clusters
    assert "HostedFinder" not in str(client.run(lambda: str(sys.meta_path)))
    liveimport.attach(client)
    assert client.submit(work().f, 3, pure=False).result() == 6


def hide_memory(dask_worker):
    """Makes a worker one of a later release."""
    manager = dask_worker.memory_manager
    manager.hidden = manager.memory_pause_fraction
    del manager.memory_pause_fraction


def show_memory(dask_worker):
    """Undoes that."""
    dask_worker.memory_manager.memory_pause_fraction = dask_worker.memory_manager.hidden


# Workers have no module of tests: code of functions travels.
hide_memory.__module__ = show_memory.__module__ = "__main__"


def test_a_function_whose_module_fails_there(client, project):
    """Its call fails and says why, though Dask reads the function before the task begins."""
    forget = "import sys\nfor name in ('cfg', 'work'): sys.modules.pop(name, None)"
    client.run(exec, forget, {})
    project.write("cfg.py", ONLY_HERE + "F = 9")
    assert not liveimport.sync().clusters[0].failed
    before = client.run(os.getpid)
    for _ in range(2):
        with pytest.raises(ValueError, match="not here"):
            client.submit(work().f, 1, pure=False).result(timeout=30)
        assert "work" not in str(client.run(lambda: {*sys.modules} & {"cfg", "work"}))
    # Elsewhere the import itself raises.
    with pytest.raises(ValueError, match="not here"):
        client.run(lambda: __import__("work"))
    project.write("cfg.py", "F = 10")
    liveimport.sync()
    assert client.submit(work().f, 1, pure=False).result(timeout=30) == 10
    assert client.run(os.getpid) == before


def test_a_function_whose_module_has_not_travelled(client, project):
    """Its call fails with what to do, and no worker is lost: neither by it nor by an object."""
    project.write("fresh.py", "class Box: pass\ndef f(x): return x")
    project.write("deep/er.py", "def f(x): return x")
    import deep.er  # it was written now
    import fresh

    before = client.run(os.getpid)
    said = "No module named '{}' on this worker: register it, and submit in a later cell"
    calls = [
        ("fresh", fresh.f, 1),
        ("deep.er", deep.er.f, 1),
        ("fresh", lambda box: box.size, fresh.Box()),
        ("fresh", lambda: fresh.f(1)),
    ]
    for name, function, *arguments in calls:
        with pytest.raises(ModuleNotFoundError, match=said.format(name)):
            client.submit(function, *arguments, pure=False).result(timeout=20)
    assert client.run(os.getpid) == before
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'nowhere'$"):
        client.submit(lambda: __import__("nowhere")).result(timeout=20)
    liveimport.register({"__name__": "__main__", "fresh": fresh}, "import fresh")
    liveimport.sync()
    assert client.submit(fresh.f, 2).result(timeout=20) == 2


def test_plain_dask(project):
    """Without LiveImport it loses workers that cannot read a task, and the task never ends."""
    project.write("absent.py", "def f(x): return x")
    import absent  # it was written now

    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        # A worker that this process starts has its path, too.
        folder = str(project.folder)
        elsewhere = (
            f"import os, sys\nos.chdir('/')\nsys.path[:] = {{*sys.path}} - {{{folder!r}}}"
        )
        client.run(exec, elsewhere, {})
        task = client.submit(absent.f, 1)
        until(lambda: client.scheduler_info()["workers"], lambda workers: not workers)
        assert not client.scheduler_info()["workers"]
        assert task.status == "pending"


def test_a_closed_client(client, project):
    """It is detached by itself."""
    client.close()
    project.write("cfg.py", "F = 13")
    assert liveimport.sync().events
    assert not liveimport.status().clusters


def test_another_notebook(client, cluster, project, tmp_path):
    """Two do not overwrite each other's modules in silence."""
    (tmp_path / "cfg.py").write_text("F = 'mine'")
    program = (
        "import liveimport, cfg, sys\nfrom distributed import Client\n"
        "liveimport.register(globals(), 'import cfg')\nliveimport.sync()\n"
        "with Client(sys.argv[1]) as client:\n    liveimport.attach(client)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, client.scheduler.address],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "another notebook has other sources for cfg on this cluster" in done.stderr
    assert client.submit(work().f, 1).result() == 2


def test_a_notebook_that_has_ended(client, cluster, project, tmp_path):
    """What it left is no other notebook's: a kernel may be restarted, and code edited meanwhile."""
    liveimport.detach(client)
    (tmp_path / "cfg.py").write_text("F = 'of then'")
    program = (
        "import liveimport, cfg, sys, os\nfrom distributed import Client\n"
        "liveimport.register(globals(), 'import cfg')\nliveimport.sync()\n"
        "client = Client(sys.argv[1])\nliveimport.attach(client)\nos._exit(5)"
    )
    command = [sys.executable, "-c", program, client.scheduler.address]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 5
    assert "HostedFinder" in str(client.run(lambda: str(sys.meta_path)))
    until(lambda: client.run_on_scheduler(abandoned_here)[0], bool)
    liveimport.attach(client)
    assert client.submit(work().f, 1, pure=False).result() == 2
    finders = client.run(lambda: [type(finder).__name__ for finder in sys.meta_path])
    assert {found.count("HostedFinder") for found in finders.values()} == {1}


OTHER_NOTEBOOK = """\
import sys, liveimport, work
from distributed import Client
liveimport.register(globals(), "import work")
with Client(sys.argv[1]) as client:
    liveimport.attach(client)
    for line in sys.stdin:
        status = liveimport.sync().clusters
        print(status[0].current if status else "-", client.submit(work.f, 1, pure=False).result(), flush=True)
        work = sys.modules["work"]
    liveimport.detach(client)
"""


def test_two_notebooks_that_edit(client, project):
    """The first to see an edit waits for the other one, told; then both run it."""
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_NOTEBOOK, client.scheduler.address],
        cwd=project.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:

        def sync_there():
            other.stdin.write("\n")
            other.stdin.flush()
            return other.stdout.readline().split()

        client.submit(work().f, 1).result()
        assert sync_there()[1] == "2"
        for number in (7, 8):
            project.write("cfg.py", f"F = {number}")
            current, before = sync_there()
            assert (current, before) == ("0", str(number - 1 if number > 7 else 2))
            status = liveimport.sync().clusters[0]
            assert status.current == 2, status
            assert client.submit(work().f, 1, pure=False).result() == number
            assert sync_there() == ["2", str(number)]
        project.write("cfg.py", "F = 9")
        refused = liveimport.sync().clusters[0]
        assert (refused.current, refused.refusal[:16]) == (0, "another notebook")
        assert sync_there() == ["2", "9"]
        # Before the next cell, by itself.
        assert SESSION.sync(retry_failed=False).clusters[0].current == 2
        assert not SESSION.sync(retry_failed=False).clusters
        other.communicate()
    assert other.returncode == 0


@pytest.mark.parametrize("given", [3, None, "tcp://127.0.0.1:8786"])
def test_other_values(session, given):
    """What is no client."""
    with pytest.raises(TypeError, match=r"^give a client of Dask or ipyparallel, not "):
        liveimport.attach(given)
    liveimport.detach(given)
