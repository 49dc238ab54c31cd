"""Sessions with other engines, each with its recipe of docs/workers.md: `recipes.py` runs them.

Each makes a project, edits it, and compares what workers return with what the recipe promises.
"""

# ruff: noqa: INP001, S102, T201, PLC0415  # a script that runs what the docs say, and imports what it has

import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "workers.md"


def recipe(name: str) -> str:
    """Returns the code of a recipe, as the page has it."""
    found = re.search(
        rf"% recipe: {name}\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
    )
    if found is None:
        sys.exit(f"{PAGE} has no recipe: {name}")
    return found[1]


def project() -> dict[str, Any]:
    """Makes modules in a folder that workers can import from; returns a notebook that has them."""
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    os.environ["PYTHONPATH"] = folder
    sys.path.insert(0, folder)
    write(2)
    Path("features.py").write_text(
        "from settings import RATE\ndef extract(x): return x * RATE\n"
    )
    names: dict[str, Any] = {"__name__": "__main__"}
    exec("import liveimport, features", names)
    names["liveimport"].register(names, "import features")
    return names


def write(rate: int) -> None:
    """Edits a module that the other one depends on."""
    Path("settings.py").write_text(f"RATE = {rate}\n")


def compare(what: str, found: object, expected: object) -> None:
    """Tells what was found."""
    print(f"{what}: {found}", flush=True)
    if found != expected:
        sys.exit(f"expected: {expected}")


def on_ray() -> None:
    """A new version runs in new workers."""
    import ray

    names = project()
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR")
    exec(recipe("ray"), names)
    plain = ray.remote(names["features"].extract)
    compare("before", ray.get([plain.remote(3), names["remote"](3)]), [6, 6])
    write(3000)
    names["liveimport"].sync()
    plain = ray.remote(names["features"].extract)
    compare("after an edit, plain", ray.get(plain.remote(3)), 6)
    compare("after an edit, with the recipe", ray.get(names["remote"](3)), 9000)
    ray.shutdown()


def on_spark() -> None:
    """A zip by a new name, in workers that are new for each task."""
    from pyspark.sql import SparkSession

    names = project()
    del os.environ["PYTHONPATH"]
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    names["spark"] = (
        builder.config("spark.python.worker.reuse", "false")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    exec(recipe("spark"), names)
    for rate in (2, 3000, 2):
        write(rate)
        names["liveimport"].sync()
        names["send_code"]()
        rows = names["spark"].sparkContext.parallelize([1, 2], 2)
        found = rows.map(names["features"].extract).collect()
        compare(f"with RATE = {rate}", found, [rate, 2 * rate])
    names["spark"].stop()


def on_mpi() -> None:
    """All ranks sync at the same point, and compare their versions."""
    from mpi4py import MPI

    comm = MPI.COMM_WORLD
    folder = comm.bcast(tempfile.mkdtemp() if comm.rank == 0 else None)
    os.chdir(folder)
    sys.path.insert(0, folder)
    if comm.rank == 0:
        write(2)
        Path("features.py").write_text(
            "from settings import RATE\ndef extract(x): return x * RATE\n"
        )
    comm.Barrier()
    names: dict[str, Any] = {"__name__": "__main__", "comm": comm}
    exec(recipe("mpi"), names)
    for rate in (2, 3000):
        if comm.rank == 0:
            write(rate)
        names["sync_all"]()
        found = comm.gather(names["features"].extract(comm.rank + 1))
        if comm.rank == 0:
            compare(f"with RATE = {rate}", found, [rate, 2 * rate])


def in_engines() -> None:
    """What `%autoreload 2` in each engine of ipyparallel does, and `attach`."""
    import ipyparallel

    names = project()
    client = ipyparallel.Cluster(n=2, log_level=40).start_and_connect_sync()
    view = client[:]
    view.execute("%load_ext autoreload\n%autoreload 2\nimport features", block=True)

    def are_new(expected: int) -> list[bool]:
        """Returns whether a call gives what the new code does, and whether code by `%px` does."""
        names["liveimport"].sync()
        called = view.apply_sync(names["call"], 1)
        view.execute("seen = features.extract(1)", silent=False, block=True)  # as %px does
        return [called == [expected] * 2, view["seen"] == [expected] * 2]

    exec("def call(x): return features.extract(x)", names)  # a cell
    time.sleep(1.1)  # autoreload tells files by whole seconds of their time
    Path("features.py").write_text(
        "from settings import RATE\ndef extract(x): return RATE + x\n"
    )
    compare("autoreload, an edit: a call, then %px", are_new(3), [False, True])
    time.sleep(1.1)
    write(20)
    compare("autoreload, below it: a call, then %px", are_new(21), [False, False])
    view.execute("%autoreload 0", block=True)
    names["liveimport"].attach(client)
    time.sleep(1.1)
    write(3000)
    compare("attach, below it: a call, then %px", are_new(3001), [True, True])
    client.cluster.stop_cluster_sync()


SESSIONS = {"ray": on_ray, "spark": on_spark, "mpi": on_mpi, "autoreload": in_engines}

if __name__ == "__main__":
    SESSIONS[sys.argv[1]]()
