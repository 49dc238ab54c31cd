"""Workers that have an older Python than the notebook, and one that has no LiveImport."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import liveimport

distributed = pytest.importorskip("distributed")
ipyparallel = pytest.importorskip("ipyparallel")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.processes,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(
        sys.version_info < (3, 12), reason="LiveImport runs on no older Python than this one"
    ),
]

ROOT = Path(__file__).resolve().parents[2]
HERE = ".".join(map(str, sys.version_info[:3]))
NEW_SYNTAX = "from work import f\ntype Name = str\n"
SOURCES = {
    "cfg": "F = 2",
    "work": "import sys\nfrom cfg import F\ndef f(x): return F * x, sys.version_info[1]",
}


def environment(folder, *what):
    """Returns a Python 3.11 in an environment of its own, with its version."""
    python = shutil.which("python3.11")
    found = [python, "-c", "import platform; print(platform.python_version())"]
    asked = python and subprocess.run(found, capture_output=True, text=True, check=False)
    if not asked or asked.returncode:
        pytest.skip("no python3.11 is here")
    subprocess.run([python, "-m", "venv", "--upgrade-deps", folder], check=True)
    subprocess.run([folder / "bin" / "pip", "install", "-q", *what], check=True)
    return folder / "bin" / "python", asked.stdout.strip()


@pytest.fixture(scope="module")
def old_python(tmp_path_factory):
    """Python 3.11 with LiveImport, and its version."""
    return environment(tmp_path_factory.mktemp("old"), "-e", f"{ROOT}[dask,ipyparallel]")


@pytest.fixture
def work(session, project):
    """Registers a module; returns a function that returns it."""
    for name, text in SOURCES.items():
        project.write(f"{name}.py", text)
    names: dict[str, object] = {"__name__": "__main__"}
    exec("import work", names)  # noqa: S102  # as a notebook does
    liveimport.register(names, "import work")
    return lambda: sys.modules["work"]


@pytest.fixture
def started(tmp_path):
    """Starts programs in a folder without the sources; ends them."""
    running = []
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    def start(*command):
        with (tmp_path / "log.txt").open("w") as log:
            running.append(subprocess.Popen(command, cwd=folder, stdout=log, stderr=log))

    yield start
    for program in running:
        program.kill()
        program.wait()


@pytest.fixture
def scheduler(tmp_path):
    """A cluster of Dask with one worker of this Python."""
    folder = os.getcwd()
    os.chdir(tmp_path)
    try:
        with (
            distributed.LocalCluster(
                n_workers=1, threads_per_worker=1, dashboard_address=None
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            os.chdir(folder)
            yield client
    finally:
        os.chdir(folder)


def worker(python, client):
    """Returns the command that starts a worker."""
    address = client.scheduler.address
    return (
        python.parent / "dask",
        "worker",
        address,
        "--no-dashboard",
        "--nthreads",
        "1",
        "--no-nanny",
    )


def needs_newer(python, file, line):
    """Returns the reason that is told."""
    return (
        f"it runs Python {python}, and {file} needs a newer one (line {line}: invalid syntax): "
        f"start it with Python {HERE}, as the notebook"
    )


def test_dask(old_python, scheduler, started, work, project):
    """A worker that cannot read the new syntax gets no task, and is told with the remedy."""
    python, version = old_python
    started(*worker(python, scheduler))
    scheduler.wait_for_workers(2, timeout=60)
    assert liveimport.attach(scheduler).current == 2
    minors = {3: (6, sys.version_info[1])}
    found = scheduler.gather(scheduler.map(work().f, [3] * 8, pure=False))
    assert set(found) == {(6, 11), minors[3]}
    # One that no worker has loaded yet: it would fail in the middle of a task.
    project.write("new.py", NEW_SYNTAX)
    project.write(
        "work.py", SOURCES["work"] + "\ndef g(x):\n    import new\n    return new.f(x)"
    )
    [status] = liveimport.sync().clusters
    assert [why for _, why in status.failed] == [needs_newer(version, "new.py", 2)]
    found = scheduler.gather(scheduler.map(work().g, [3] * 8, pure=False))
    assert set(found) == {minors[3]}
    project.write("new.py", "from work import f")
    assert liveimport.sync().clusters[0].current == 2
    found = scheduler.gather(scheduler.map(work().g, [3] * 8, pure=False))
    assert set(found) == {(6, 11), minors[3]}
    liveimport.detach(scheduler)


def test_who_joins_dask_later(old_python, scheduler, started, work, project):
    """It gets no task either, until the version is one that it can run."""
    python, version = old_python
    project.write("work.py", SOURCES["work"] + "\ntype Name = str")
    liveimport.sync()
    liveimport.attach(scheduler)
    started(*worker(python, scheduler))
    # Dask's own `wait_for_workers` does not count a worker that is held.
    end = time.monotonic() + 60
    while not liveimport.status().clusters[0].failed and time.monotonic() < end:
        time.sleep(0.1)
    found = scheduler.gather(scheduler.map(work().f, [3] * 8, pure=False))
    assert {minor for _, minor in found} == {sys.version_info[1]}
    [status] = liveimport.status().clusters
    assert [why for _, why in status.failed] == [needs_newer(version, "work.py", 4)]
    project.write("work.py", SOURCES["work"])
    liveimport.sync()
    found = scheduler.gather(scheduler.map(work().f, [3] * 8, pure=False))
    assert {minor for _, minor in found} == {11, sys.version_info[1]}
    liveimport.detach(scheduler)


def test_no_liveimport(tmp_path, scheduler, started, work):
    """Attaching says in plain words what is missing where. Nothing of ours stays."""
    python, _ = environment(tmp_path / "bare", "distributed")
    started(*worker(python, scheduler))
    scheduler.wait_for_workers(2, timeout=60)
    said = r"^tcp://\S+ has no LiveImport: install the same release there$"
    with pytest.raises(RuntimeError, match=said):
        liveimport.attach(scheduler)
    assert not liveimport.status().clusters


def test_ipyparallel(old_python, started, work, project, tmp_path):
    """An engine that cannot read the new syntax refuses tasks, and is told with the remedy."""
    python, version = old_python
    client = ipyparallel.Cluster(
        n=1, ipython_dir=str(tmp_path), work_dir=str(tmp_path), log_level=40
    ).start_and_connect_sync()
    try:
        cluster = client.cluster
        files = Path(cluster.profile_dir) / "security"
        file = files / f"ipcontroller-{cluster.cluster_id}-engine.json"
        started(python, "-m", "ipyparallel.engine", f"--file={file}")
        client.wait_for_engines(2, timeout=60)
        assert liveimport.attach(client, timeout=20).current == 2
        # ipyparallel sends functions as compiled code, which the other Python cannot run.
        client[:].execute("import work", block=True)
        project.write("work.py", SOURCES["work"] + "\ntype Name = str")
        [status] = liveimport.sync().clusters
        assert status.failed == (("engine 1", needs_newer(version, "work.py", 4)),)
        assert client[0].apply_sync(work().f, 3)[0] == 6
        with pytest.raises(ipyparallel.RemoteError, match=r"engine 1 cannot run it"):
            client[1].execute("work.f(3)", block=True)
        project.write("cfg.py", "F = 5")
        project.write("work.py", SOURCES["work"])
        assert liveimport.sync().clusters[0].current == 2
        client[:].execute("assert work.F == 5", block=True)
        liveimport.detach(client)
    finally:
        client.cluster.stop_cluster_sync()
        client.close()
