"""One measurement in a process of its own: `python child.py MEASURE FOLDER COUNT`.

It prints JSON: seconds that the cost took and seconds that the floor beneath it took, sample by
sample, both in this process. What is measured is used by the API that it shares with the rival:
`register`, `sync`, `auto_sync`. It runs in an environment that has nothing else installed, so it
imports the standard library only.
"""

# ruff: noqa: INP001  # a script: in a package, the repository would be on the path of all

import argparse
import cProfile
import gc
import importlib
import json
import os
import pstats
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from generated import Edits, chain, module_name, random_graph

Clock = Callable[[], float]

SAMPLE = 0.004
"""Seconds that a sample of a short cost lasts, by repeating it."""

SETTLED_SECONDS = 3.2
"""For how long a file is read at each sync after it was first seen, and a little more."""

READING = "with open(f'{__file__}.json') as file:\n    CONFIGURATION = file.read()\n"
"""What lets a module read a file as it runs; it stands above all else."""

LIBRARIES = ("numpy", "pandas", "matplotlib.pyplot", "sympy", "scipy", "sklearn")

CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}


class Bench:
    """A project that is loaded in this process, and what was measured with it."""

    def __init__(self, folder: str, count: int, clock: Clock, *, profiled: bool) -> None:
        self.folder = folder
        self.count = count
        self.names = [module_name(index) for index in range(count)]
        self.paths = [os.path.join(folder, f"{name}.py") for name in self.names]
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self.cost: list[float] = []
        self.floor: list[float] = []
        self.more: dict[str, Any] = {}
        self.clock = clock
        self.profile = cProfile.Profile() if profiled else None

    @property
    def statement(self) -> str:
        """What the user's namespace imports: the top of the graph."""
        return f"import {self.names[-1]}"

    def load(self) -> None:
        """Imports the whole project by its top."""
        exec(self.statement, self.namespace)  # noqa: S102  # as a cell would

    def register(self) -> None:
        """Registers the top."""
        import liveimport  # noqa: PLC0415  # what is measured; its import is a cost of its own

        liveimport.register(self.namespace, self.statement)

    def modules(self) -> list[ModuleType]:
        """Returns the modules, the bottom first: an order in which they can be reloaded."""
        return [sys.modules[name] for name in self.names]

    def read_files(self) -> None:
        """Lets each module read a file of its own when it runs."""
        for path in self.paths:
            with open(f"{path}.json", "w", encoding="utf-8") as file:
                file.write('{"limit": 1}')
            with open(path, "r+", encoding="utf-8") as file:
                text = file.read()
                file.seek(0)
                file.write(READING + text.removeprefix(READING))

    def stat_all(self) -> None:
        """Does the least that can notice a change."""
        for path in self.paths:
            os.stat(path)

    def timed(self, work: Callable[[], object]) -> float:
        """Returns the seconds that some work took, garbage of before it not counted."""
        gc.collect()
        if self.profile is not None:
            self.profile.enable()
        began = self.clock()
        work()
        seconds = self.clock() - began
        if self.profile is not None:
            self.profile.disable()
        return seconds

    def floored(self, work: Callable[[], object]) -> float:
        """Returns the same of work that is a floor: without the finders of what is measured."""
        gc.collect()
        with plain_finders():
            began = self.clock()
            work()
            return self.clock() - began

    def repeated(self, work: Callable[[], object]) -> Callable[[], float]:
        """Returns what takes one sample of short work: the seconds of doing it once."""
        work()
        began = self.clock()
        work()
        times = max(1, round(SAMPLE / max(self.clock() - began, 1e-7)))

        def sample() -> float:
            began = self.clock()
            for _ in range(times):
                work()
            return (self.clock() - began) / times

        return sample

    def report(self) -> dict[str, Any]:
        """Returns what was measured, JSON-ready."""
        return {"cost": self.cost, "floor": self.floor, **self.more}


@contextmanager
def plain_finders() -> Iterator[None]:
    """Takes finders that others put on `sys.meta_path` away for a while."""
    before = sys.meta_path[:]
    sys.meta_path[:] = [f for f in before if "liveimport" not in type(f).__module__]
    try:
        yield
    finally:
        sys.meta_path[:] = before


def settle(bench: Bench) -> None:
    """Registers, then waits until no file is so new to LiveImport that each sync reads it."""
    import liveimport  # noqa: PLC0415  # see `register`

    bench.register()
    liveimport.sync()
    time.sleep(SETTLED_SECONDS)
    liveimport.sync()


def check(held: bool, complaint: str) -> None:  # noqa: FBT001  # reads as a sentence
    """Stops the measurement if it did not do what it claims to measure."""
    if not held:
        raise SystemExit(complaint)


def idle(bench: Bench, samples: int) -> None:
    """A sync with nothing changed, against a loop of `os.stat`."""
    import liveimport  # noqa: PLC0415  # see `register`

    bench.load()
    settle(bench)
    before = [module.measure for module in bench.modules()]
    cost, floor = bench.repeated(liveimport.sync), bench.repeated(bench.stat_all)
    for _ in range(samples):
        bench.floor.append(floor())
        bench.cost.append(cost())
    if bench.profile is not None:
        with bench.profile:
            for _ in range(100):
                liveimport.sync()
    after = [module.measure for module in bench.modules()]
    check(before == after, "an idle sync reloaded something")


def registering(bench: Bench, samples: int) -> None:
    """Registering the top of what is loaded, against importing it from warm bytecode."""
    import liveimport  # noqa: PLC0415  # see `register`

    del samples  # a process has one
    bench.floor.append(bench.floored(bench.load))
    before = [module.measure for module in bench.modules()]
    bench.cost.append(bench.timed(bench.register))
    bench.more["sync"] = [bench.timed(liveimport.sync)]
    after = [module.measure for module in bench.modules()]
    check(before == after, "the first sync reloaded something")


def edit_top(bench: Bench, samples: int) -> None:
    """A sync after an edit of the top, against the stat loop and one reload."""
    top = bench.names[-1]

    def floor() -> None:
        bench.stat_all()
        importlib.reload(sys.modules[top])

    _edits(bench, samples, top, floor, reloads=1)


def edit_bottom(bench: Bench, samples: int) -> None:
    """A sync after an edit of the bottom, against a reload of every module in order."""

    def floor() -> None:
        for name in bench.names:
            importlib.reload(sys.modules[name])

    _edits(bench, samples, bench.names[0], floor, reloads=bench.count)
    bench.more["own"] = [bench.timed(own_code(bench)) for _ in range(samples)]


def comments(bench: Bench, samples: int) -> None:
    """A sync after an edit of comments of the bottom, with `detect="code"`.

    Against a reload of every module in order, as an edit of the bottom asks for otherwise.
    """
    import liveimport  # noqa: PLC0415  # see `register`

    bench.load()
    settle(bench)
    liveimport.auto_sync(detect="code")
    bottom = bench.names[0]
    edits = Edits(bench.paths[0])

    def floor() -> None:
        for name in bench.names:
            importlib.reload(sys.modules[name])

    def cost() -> float:
        edits.comment()
        module = sys.modules[bottom]
        before, line = module.measure, module.measure.__code__.co_firstlineno
        seconds = bench.timed(liveimport.sync)
        check(module.measure is before, "the sync ran something")
        found = module.measure.__code__.co_firstlineno
        check(found == line + 1, "the functions do not know their new lines")
        return seconds

    edits.comment()
    liveimport.sync()
    bench.more["first"] = [cost()]
    for _ in range(samples):
        bench.cost.append(cost())
    for _ in range(samples):
        # It comes last, for it replaces the functions whose positions are set.
        edits.comment()
        bench.floor.append(bench.floored(floor))


def importing_readers(bench: Bench, samples: int) -> None:
    """Importing modules that read a file each, with these files followed; against ``files=False``.

    Both register what they import. Python before 3.12 follows no files.
    """
    import liveimport  # noqa: PLC0415  # see `register`

    if sys.version_info < (3, 12):
        return
    bench.read_files()
    namespace: dict[str, Any] = {"__name__": "__main__"}

    def load() -> None:
        liveimport.register(namespace, bench.statement, execute=True)

    def timed(*, followed: bool) -> float:
        for name in bench.names:
            sys.modules.pop(name, None)
        liveimport.register(namespace, "", clear=True)
        liveimport.auto_sync(files="tell" if followed else False)
        return bench.timed(load)

    timed(followed=True)
    for _ in range(samples):
        bench.floor.append(timed(followed=False))
        bench.cost.append(timed(followed=True))
    check(len(liveimport.status().files) == bench.count, "not all files are followed")


def reloading_readers(bench: Bench, samples: int) -> None:
    """The same for a sync after an edit of the bottom, with which all modules run again."""
    import liveimport  # noqa: PLC0415  # see `register`

    if sys.version_info < (3, 12):
        return
    bench.read_files()
    liveimport.register(bench.namespace, bench.statement, execute=True)
    settle(bench)
    edits = Edits(bench.paths[0])

    def timed(*, followed: bool) -> float:
        liveimport.auto_sync(files="tell" if followed else False)
        edits.edit()
        return bench.timed(liveimport.sync)

    timed(followed=True)
    for _ in range(samples):
        bench.floor.append(timed(followed=False))
        bench.cost.append(timed(followed=True))
    check(len(liveimport.status().files) == bench.count, "not all files are followed")


def own_code(bench: Bench) -> Callable[[], None]:
    """Returns what runs the code of all modules, compiled before: nobody can reload for less."""
    codes = []
    for path in bench.paths:
        with open(path, "rb") as file:
            codes.append(compile(file.read(), path, "exec", dont_inherit=True))
    modules = bench.modules()

    def run() -> None:
        for code, module in zip(codes, modules, strict=True):
            exec(code, vars(module))  # noqa: S102  # it is the modules' own

    return run


def _edits(
    bench: Bench, samples: int, edited: str, floor: Callable[[], None], *, reloads: int
) -> None:
    """Measures the first edit, then as many more as there are samples.

    After the floor has reloaded by hand, the file is edited again before the sync, so both
    meet a new version.
    """
    import liveimport  # noqa: PLC0415  # see `register`

    bench.load()
    settle(bench)
    edits = Edits(bench.paths[bench.names.index(edited)])

    def cost() -> float:
        edition = edits.edit()
        before = [module.measure for module in bench.modules()]
        seconds = bench.timed(liveimport.sync)
        after = [module.measure for module in bench.modules()]
        ran = sum(old is not new for old, new in zip(before, after, strict=True))
        check(ran == reloads, f"the sync reloaded {ran} modules, not {reloads}")
        check(edition == sys.modules[edited].EDITION, "the sync ran an old version")
        return seconds

    def beneath() -> float:
        edition = edits.edit()
        seconds = bench.floored(floor)
        check(edition == sys.modules[edited].EDITION, "the floor ran an old version")
        return seconds

    bench.more["first"] = [cost()]
    for _ in range(samples):
        bench.floor.append(beneath())
        bench.cost.append(cost())


def memory(bench: Bench, samples: int) -> None:
    """Bytes that are held for each module: once registered, and once all has reloaded."""
    del samples  # bytes do not vary
    tracemalloc.start()
    import liveimport  # noqa: PLC0415  # see `register`

    # The code of a sync is loaded once, whatever it finds. So it is loaded before the modules:
    # a sync takes in all that is loaded of the workspace.
    _reload_another(bench.folder)
    with plain_finders():
        bench.load()
    before = _held()
    bench.register()
    liveimport.sync()
    registered = _held()
    edits = Edits(bench.paths[0])
    for _ in range(2):
        edits.edit()
        liveimport.sync()
    reloaded = _held()
    bench.cost.append((registered - before) / bench.count)
    bench.more["reloaded"] = [(reloaded - before) / bench.count]


def old_objects(bench: Bench, samples: int) -> None:
    """A sync after an edit of the top while names lead to much; against the same with no names.

    The bound of the search is in wall-clock time.
    """
    import liveimport  # noqa: PLC0415  # see `register`
    from liveimport.effects.session.session import SESSION  # noqa: PLC0415  # see `register`

    bench.load()
    settle(bench)
    top = bench.names[-1]
    edits = Edits(bench.paths[-1])
    names = {"held": vars(sys.modules[top])["measure"]}
    names |= {f"name_{n}": [{"key": [object()]} for _ in range(1000)] for n in range(100)}

    def sync() -> float:
        edits.edit()
        return bench.timed(liveimport.sync)

    sync()
    for _ in range(samples):
        SESSION.parts.notebook_names = None
        bench.floor.append(sync())
        SESSION.parts.notebook_names = lambda: names
        bench.cost.append(sync())
        found = SESSION.old_objects.found
        check(not found.is_complete, "the search met no bound")
        check(bool(found.holdings), "the search found nothing")


def _reload_another(folder: str) -> None:
    """Reloads a module that is none of those to be measured."""
    import liveimport  # noqa: PLC0415  # see `register`

    namespace: dict[str, Any] = {}
    for text in ("", "edited = True\n"):
        with open(os.path.join(folder, "another.py"), "w", encoding="utf-8") as file:
            file.write(text)
        exec("import another", namespace)  # noqa: S102  # as a cell would
        liveimport.register(namespace, "import another")
        liveimport.sync()
    check(namespace["another"].edited, "another module was not reloaded")


def _held() -> int:
    gc.collect()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def planning(bench: Bench, samples: int) -> None:
    """Planning alone, when the bottom changed and so everything is stale. There is no floor."""
    import planner  # noqa: PLC0415  # it uses this project's core, which the rival does not have

    shape = {"chain": chain, "random": random_graph}[bench.folder]
    world = planner.World(shape(bench.count))
    for _ in range(samples):
        bench.cost.append(bench.timed(world.plan))


def notebook(bench: Bench, samples: int) -> None:
    """An idle cell in a notebook loaded with libraries, against one with no extension."""
    # Without the semicolon, the shell would print the settings.
    beginning = "import liveimport\nliveimport.auto_sync(grace=0, report=False);"
    _notebook(bench, samples, beginning)


def autoreload(bench: Bench, samples: int) -> None:
    """The same cell, with IPython's own extension."""
    _notebook(bench, samples, "%load_ext autoreload\n%autoreload 2")


def _notebook(bench: Bench, samples: int, beginning: str) -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    from IPython.core.interactiveshell import InteractiveShell  # noqa: PLC0415  # only here
    from traitlets.config import Config  # noqa: PLC0415  # only here

    config = Config()
    config.HistoryManager.enabled = False  # it would write a file in a thread
    shell = InteractiveShell.instance(
        config=config, ipython_dir=os.path.join(bench.folder, ".ipython")
    )
    bench.namespace = shell.user_ns

    def run(code: str) -> None:
        shell.run_cell(code, store_history=True)

    def cell() -> None:
        run("pass")

    run(bench.statement)
    bench.more["modules"] = len(sys.modules)
    sample = bench.repeated(cell)
    bench.floor += [sample() for _ in range(samples)]
    run(beginning)
    if "liveimport" in sys.modules:
        settle(bench)
    cell()
    sample = bench.repeated(cell)
    bench.cost += [sample() for _ in range(samples)]
    edition = Edits(bench.paths[-1]).edit()
    cell()
    found = getattr(sys.modules[bench.names[-1]], "EDITION", None)
    check(found == edition, "the extension did not look for changes")


MEASURES: dict[str, Callable[[Bench, int], None]] = {
    "idle": idle,
    "register": registering,
    "top": edit_top,
    "bottom": edit_bottom,
    "comments": comments,
    "reading": importing_readers,
    "rereading": reloading_readers,
    "memory": memory,
    "old": old_objects,
    "planning": planning,
    "notebook": notebook,
    "autoreload": autoreload,
}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("folder")
    parser.add_argument("count", type=int)
    parser.add_argument("samples", type=int)
    parser.add_argument("--clock", choices=CLOCKS, default="cpu")
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    check(not sys.dont_write_bytecode, "bytecode caches are off: every figure would lie")
    if os.path.isdir(given.folder):
        os.chdir(given.folder)
        sys.path.insert(0, given.folder)
    clock = CLOCKS[given.clock]
    bench = Bench(given.folder, given.count, clock, profiled=given.profile)
    MEASURES[given.measure](bench, given.samples)
    if bench.profile is not None:
        for order in ("cumulative", "tottime"):
            pstats.Stats(bench.profile, stream=sys.stderr).sort_stats(order).print_stats(25)
    print(json.dumps(bench.report()))  # noqa: T201  # what it is for


if __name__ == "__main__":
    main()
