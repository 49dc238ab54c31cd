"""Measures what it costs to keep workers current: `python benchmarks/engines/measure.py`.

It needs LiveImport with its extras `dask` and `ipyparallel`. In one run, for each engine and each number of
modules and workers: from `sync()` to all workers current; Dask's `upload_file` of the same files; a restart of
the workers. Then the overhead of a task while nothing changes. It prints tables of Markdown.
"""

# ruff: noqa: INP001, T201  # a script: it imports no package of ours, and prints

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

import ipyparallel
import psutil
from distributed import Client, LocalCluster

import liveimport

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from generated import Edits, module_name, random_graph, write_project

ROUNDS, SIZES, WORKERS, TASKS = 5, (1, 50), (2, 8), 25


class Dask:
    """Workers of Dask."""

    name = "Dask"

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.start()

    def start(self) -> None:
        """Starts the workers."""
        self.cluster = LocalCluster(
            n_workers=self.workers, threads_per_worker=1, dashboard_address=None
        )
        self.client = Client(self.cluster)

    def everywhere(self, code: str) -> None:
        """Runs code on each worker."""
        self.client.run(exec, code, {})

    def restart(self) -> None:
        """Has new workers. `Client.restart` gives up where the machine is busy."""
        self.close()
        self.start()

    def tasks(self, function: Any, numbers: range) -> None:
        """Calls a function with each number."""
        self.client.gather(self.client.map(function, numbers))

    def processor_times(self) -> Iterable[float]:
        """Returns what each worker has used. The scheduler is in this process."""
        found: dict[str, float] = self.client.run(time.process_time)
        return found.values()

    def upload(self, files: list[str]) -> None:
        """Uploads files, as Dask does by itself."""
        for file in files:
            self.client.upload_file(file)

    def close(self) -> None:
        """Ends it."""
        self.client.close()
        self.cluster.close()


class Ipyparallel:
    """Engines of ipyparallel."""

    name = "ipyparallel"
    upload = None

    def __init__(self, workers: int) -> None:
        self.client = ipyparallel.Cluster(n=workers, log_level=40).start_and_connect_sync()
        self.workers = workers
        self.processes = psutil.Process().children(recursive=True)

    def everywhere(self, code: str) -> None:
        """Runs code on each engine."""
        self.client[:].execute(code, block=True)

    def restart(self) -> None:
        """Restarts the engines."""
        self.client.cluster.restart_engines_sync()
        while len(self.client.ids) != self.workers:
            time.sleep(0.01)

    def tasks(self, function: Any, numbers: range) -> None:
        """Calls a function with each number."""
        self.client.load_balanced_view().map_sync(function, numbers, chunksize=1)

    def processor_times(self) -> Iterable[float]:
        """Returns what each other process has used: the engines, the controller and its schedulers."""
        # Linux has it in nanoseconds; `psutil` in hundredths of a second.
        for process in self.processes:
            threads = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
            yield sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def close(self) -> None:
        """Ends it."""
        self.client.cluster.stop_cluster_sync()
        self.client.close()


def seconds(action: Callable[[], object]) -> float:
    """Returns how long something takes, by the clock on the wall."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


@contextmanager
def project(count: int) -> Iterator[list[Path]]:
    """Makes modules that import each other, and one with a task; workers could import them too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, random_graph(count))
        top = module_name(count - 1)
        (folder / "bench_tasks.py").write_text(f"import {top}\ndef task(x): return x\n")
        os.environ["PYTHONPATH"] = name
        sys.path.insert(0, name)
        try:
            yield sorted(folder.glob("bench_m*.py"))
        finally:
            sys.path.remove(name)
            for module in [module for module in sys.modules if module.startswith("bench_")]:
                del sys.modules[module]


def current(outcome: Any) -> None:
    """Makes sure that all workers have the version."""
    [status] = outcome.clusters
    if status.behind or status.failed:
        raise RuntimeError(str(status))


def changes(kind: Any, count: int, workers: int) -> str:
    """Returns a row: how long workers take to run what was edited."""
    with project(count) as files:
        names: dict[str, Any] = {"__name__": "__main__"}
        exec("import bench_tasks", names)  # noqa: S102  # as a notebook does
        liveimport.register(names, "import bench_tasks")
        engine, edits = kind(workers), Edits(str(files[0]))
        load = "import bench_tasks"
        engine.everywhere(load)
        liveimport.attach(engine.client)
        synced, alone = [], []
        for _ in range(ROUNDS):
            edits.edit()
            synced.append(seconds(lambda: current(liveimport.sync())))
        liveimport.detach(engine.client)
        for _ in range(ROUNDS):
            edits.edit()
            alone.append(seconds(liveimport.sync))
        upload = engine.upload
        uploaded = (
            f"{seconds(lambda: upload([str(file) for file in files])):.2f} s" if upload else "-"
        )
        restarted = seconds(lambda: (engine.restart(), engine.everywhere(load)))
        engine.close()
    return (
        f"| {kind.name} | {count} | {workers} | {median(synced) * 1e3:.0f} ms | "
        f"{median(alone) * 1e3:.0f} ms | {uploaded} | {restarted:.1f} s |"
    )


class Batch(NamedTuple):
    """What a task took on average, in seconds: by the clock, and of processor time in all processes."""

    clock: float
    processor: float


def batch(engine: Any, begin: int) -> Batch:
    """Runs tasks with numbers that are new, so that none is answered from memory."""
    task, numbers = sys.modules["bench_tasks"].task, range(begin, begin + TASKS)
    gc.collect()
    used = time.process_time() + sum(engine.processor_times())
    taken = seconds(lambda: engine.tasks(task, numbers))
    used = time.process_time() + sum(engine.processor_times()) - used
    return Batch(taken / TASKS, used / TASKS)


def overhead(kind: Any, workers: int, pairs: int) -> str:
    """Returns a row: what a task costs with the client attached, and without.

    Batches with and without alternate, and so does which comes first: what else the machine does
    meets both alike. Compared are the two of a pair; the median of these differences is told, with the
    quarters around it. By the clock, the quickest batches are compared, too.
    """
    with project(50):
        names: dict[str, Any] = {"__name__": "__main__"}
        exec("import bench_tasks", names)  # noqa: S102  # as a notebook does
        liveimport.register(names, "import bench_tasks")
        engine = kind(workers)
        found: dict[bool, list[Batch]] = {True: [], False: []}
        gc.disable()
        for number in range(2 * pairs + 2):
            is_attached = number % 4 in (1, 2)
            if is_attached:
                liveimport.attach(engine.client)
            engine.tasks(sys.modules["bench_tasks"].task, range(-4 * number - 4, -4 * number))
            taken = batch(engine, number * TASKS)
            if is_attached:
                liveimport.detach(engine.client)
            if number > 1:  # the first of each kind loads what it needs
                found[is_attached].append(taken)
        engine.close()
    alone = Batch(*map(median, zip(*found[False], strict=True)))
    added = [
        Batch(with_us.clock - without.clock, with_us.processor - without.processor)
        for with_us, without in zip(found[True], found[False], strict=True)
    ]
    low, middle, high = quantiles((one.processor for one in added), n=4)
    quickest = {
        is_attached: min(one.clock for one in found[is_attached]) for is_attached in found
    }
    clock = median(one.clock for one in added)
    return (
        f"| {kind.name} | {alone.clock * 1e6:.0f} µs | {alone.processor * 1e6:.0f} µs | "
        f"{middle * 1e6:+.1f} µs ({low * 1e6:+.1f} to {high * 1e6:+.1f}) | "
        f"{middle / alone.processor:+.1%} | {clock / alone.clock:+.1%} | "
        f"{quickest[True] / quickest[False] - 1:+.1%} |"
    )


def row(*arguments: object) -> None:
    """Prints a row, measured in a process of its own."""
    command = [sys.executable, __file__, "--row", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # this script
    if done.returncode:
        sys.exit(done.stderr)
    print(done.stdout.splitlines()[-1], flush=True)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the smallest of each only")
    parser.add_argument("--row", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    kinds = {"Dask": Dask, "ipyparallel": Ipyparallel}
    if given.row:
        name, one, two = given.row
        if one == "tasks":
            print(overhead(kinds[name], WORKERS[0], int(two)))
        else:
            print(changes(kinds[name], int(one), int(two)))
        return
    print("| engine | modules | workers | sync, all current | sync alone | upload | restart |")
    print("|---|---:|---:|---:|---:|---:|---:|", flush=True)
    for name in kinds:
        for count in SIZES[:1] if given.quick else SIZES:
            for workers in WORKERS[:1] if given.quick else WORKERS:
                row(name, count, workers)
    print(
        "\n| engine | a task | processor time | attaching adds | of the processor time | "
        "by the clock, pairs | by the clock, the quickest |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|", flush=True)
    for name in kinds:
        row(name, "tasks", 10 if given.quick else 300)


if __name__ == "__main__":
    main()
