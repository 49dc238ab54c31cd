"""Drives a live session through steps, and compares it with a fresh interpreter.

Steps are plain tuples, so that a session can be written down, replayed and shrunk:

    ("write", path, data, how)   how: replace (as editors save), inplace, sneaky (mtime kept)
    ("remove", path)
    ("remove_data", path)        a file that is no module's
    ("touch", path)
    ("cell", text)               executed, and registered if it succeeded
    ("assign", name, value)      by the user, in the notebook's namespace
    ("define", name, kind)       the same, with a new value of a kind
    ("delete", name)             by the user, from the notebook's namespace
    ("own_names", how)           what happens to what the user bound: replace or keep
    ("attach", module, name, value)  by the user, to a loaded module
    ("load", module)             imported, and not registered
    ("use", module)              its state changes: it is nobody's to reload any more
    ("sync",)
    ("reload", module, deep)     a sync that is asked to run a module, edited or not

These are not followed by a comparison with a fresh interpreter, which would not do the same:

    ("trust_stamps",)            as if all files had been written long ago
    ("link", path, target)       a symbolic link, to a file or a folder
    ("folder", path)             a folder where a file is expected
    ("execute", text)            as a cell that is not registered
    ("register_in", module, text)  imports that a module executed, in its own dict
    ("follow", how)              which imports are followed
    ("workspace", *folders)
    ("search_in", folder)        behind all others
    ("unload", module)           taken out of `sys.modules`
    ("reload_by_hand", module)
    ("sync_before_cell",)        as before each cell: what failed is not retried
    ("observe_and_plan",)        planned and enrolled, nothing executed
"""

import ast
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from multiprocessing.connection import Client, Connection
from pathlib import Path
from pprint import pformat
from types import TracebackType
from typing import Any, Self

from small_projects import GUARDED, GUARDS, HIDDEN

Step = tuple[Any, ...]
Executed = tuple[str, str, str | None, bool]
"""What a binding was executed as: name, module, attribute, whether renamed."""

_BEGUN = re.compile(r"from partially initialized module '([\w.]+)'")
_HERE = os.path.dirname(os.path.abspath(__file__))


class ForkServer:
    """The process that forks live sessions or fresh interpreters."""

    def __init__(self, kind: str, hash_seed: str = "random") -> None:
        self._folder = tempfile.mkdtemp(prefix="fork_server")
        self._address = os.path.join(self._folder, "socket")
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        env["PYTHONPATH"] = os.path.dirname(_HERE)
        self._process = subprocess.Popen(
            [sys.executable, os.path.join(_HERE, "fork_server.py"), self._address, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
            cwd=self._folder,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def fork(self, root: str) -> Connection:
        """Returns the connection to a new child that works in `root`."""
        connection = Client(self._address, "AF_UNIX")
        connection.send(root)
        return connection

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._folder)


@cache
def fork_server(kind: str, hash_seed: str) -> ForkServer:
    """Returns the fork server of this kind, started when first asked for."""
    server = ForkServer(kind, hash_seed)
    _STARTED.append(server)
    return server


_STARTED: list[ForkServer] = []


def close_fork_servers() -> None:
    """Ends all fork servers."""
    fork_server.cache_clear()
    while _STARTED:
        _STARTED.pop().close()


class Violation(AssertionError):  # noqa: N818  # pytest shows it as the assertion it is
    """A session that broke a law: mostly, it is neither as a fresh interpreter nor as before."""


class Drive:
    """One live session on one project, checked after every sync.

    Attributes:
        root: The project's folder.
        steps: What was done so far.
        log: What the session answered.
        counts: How many syncs ended how.
    """

    def __init__(
        self,
        hash_seed: str = "0",
        detect: str = "mtime",
        follow: str = "loaded",
        reload: str = "dependents",
        *,
        compare: bool = True,
    ) -> None:
        base = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  # only faster
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="project", dir=base))
        self.steps: list[Step] = []
        self.log: list[str] = []
        self.counts: dict[str, int] = {}
        self._live = fork_server("session", hash_seed).fork(self.root)
        self._seed = hash_seed
        self._compare = compare
        self._removed: set[str] = set()
        self._assigned: set[str] = set()
        self._edited: set[str] = set()
        self._history: list[Executed] = []
        self._ever_edited: set[str] = set()
        self._loaded: list[str] = []
        self._used: set[str] = set()
        self._attached: dict[str, dict[str, str]] = {}
        self.ask("start", detect, follow, reload)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the session and removes its project."""
        self._live.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def ask(self, name: str, *args: Any) -> Any:
        """Returns what a method of the `LiveSession` answers.

        Raises:
            Violation: It raised.
        """
        self._live.send((name, args))
        answer = self._live.recv()
        if isinstance(answer, BaseException):
            raise Violation(f"{name} raised:\n{answer}") from answer
        return answer

    def step(self, *step: Any) -> Any:
        """Takes one step and checks what must hold after it.

        Raises:
            Violation: It does not hold. The message has all steps, to be replayed.
        """
        self.steps.append(step)
        name, *args = step
        do = getattr(self, f"_{name}", None)
        try:
            answer = do(*args) if do is not None else self.ask(name, *args)
            self._check_graph()
        except Violation as violation:
            answers = "\n".join(self.log[-3:])
            steps = pformat(self.steps, width=110)
            raise Violation(f"{violation}\n{answers}\n{steps}") from None
        except EOFError:
            raise Violation(f"the session died\n{pformat(self.steps, width=110)}") from None
        return answer

    def _check_graph(self) -> None:
        """Whatever happened, the graph that is kept is the one that would be built now."""
        differences = self.ask("graph_differences")
        if differences:
            raise Violation("the graph is not that of the State:\n" + "\n".join(differences))

    def _write(self, path: str, data: bytes, how: str = "replace") -> None:
        full = self._free_place(path)
        stat = os.stat(full) if how == "sneaky" and os.path.exists(full) else None
        target = full if how != "replace" else full + ".new"
        with open(target, "wb") as file:
            file.write(data)
        if how == "replace":
            os.replace(target, full)
        if stat is not None:
            os.utime(full, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        if module_at(path) in HIDDEN:
            # As if a second had passed: LiveImport does not plan the import, and Python takes
            # bytecode of the same second for that of the new source.
            for cached in glob.glob(f"{self.root}/__pycache__/{module_at(path)}.*"):
                os.remove(cached)
        self._removed.discard(path)
        self._note_edit(path)

    def _free_place(self, path: str) -> str:
        """Returns where to write a file; a link or a folder that is there goes."""
        full = os.path.join(self.root, path)
        parent = self.root
        for part in os.path.dirname(path).split("/"):
            parent = os.path.join(parent, part)
            if os.path.islink(parent) or os.path.isfile(parent):
                os.remove(parent)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if os.path.islink(full):
            os.remove(full)
        elif os.path.isdir(full):
            shutil.rmtree(full)
        return full

    def _note_edit(self, path: str) -> None:
        if self._history:  # before the first cell, whatever is written is what will be loaded
            self._edited.add(path)
            self._ever_edited.add(path)

    def _remove(self, path: str) -> None:
        full = os.path.join(self.root, path)
        if os.path.isdir(full) and not os.path.islink(full):
            shutil.rmtree(full)
        elif os.path.lexists(full):
            os.remove(full)
            self._note_edit(path)
        self._removed.add(path)

    def _remove_data(self, path: str) -> None:
        os.remove(os.path.join(self.root, path))

    def _touch(self, path: str) -> None:
        full = os.path.join(self.root, path)
        if os.path.exists(full):
            os.utime(full)
            self._note_edit(path)

    def _link(self, path: str, target: str) -> None:
        full = self._free_place(path)
        if os.path.exists(full):
            os.remove(full)
        os.symlink(os.path.join(self.root, target), full)

    def _folder(self, path: str) -> None:
        full = self._free_place(path)
        if os.path.exists(full):
            os.remove(full)
        os.makedirs(full)

    def _cell(self, text: str) -> bool:
        ran: bool = self.ask("cell", text)
        self.log.append(f"cell: {'ran' if ran else 'raised'}")
        if ran:
            self._history += executed(text)
        return ran

    def _load(self, name: str) -> bool:
        ran: bool = self.ask("load", name)
        if ran and name not in self._loaded:
            self._loaded.append(name)
            self._ever_edited.difference_update(_paths(name))
            self._history.append(("", name, None, False))
        return ran

    def _use(self, name: str) -> None:
        if name in self._loaded:
            self.ask("use", name)
            self._used.add(name)

    def _attach(self, module: str, name: str, value: int) -> None:
        if self.ask("attach", module, name, value):
            self._attached.setdefault(module, {})[name] = repr(value)

    def _assign(self, name: str, value: int) -> None:
        self.ask("assign", name, value)
        self._assigned.add(name)

    def _define(self, name: str, kind: str) -> None:
        self.ask("define", name, kind)
        self._assigned.add(name)

    def _delete(self, name: str) -> None:
        if self.ask("delete", name):
            self._assigned.add(name)

    def _reload(self, module: str, deep: bool) -> dict[str, Any]:  # noqa: FBT001  # a step has no names
        return self._sync([module], deep)

    def _sync(self, *request: Any) -> dict[str, Any]:
        values = self.ask("values_of", GUARDED)
        said: dict[str, Any] = self.ask("sync", *request)
        said["kept"] = {
            name: self._kept(name, values.get(name, {})) for name in said["tracked"]
        }
        self.log.append(f"sync: {said}")
        _check_promises(said)
        if not self._compare:
            self._count("failed" if said["failure"] else "succeeded")
            return said
        if said["spoilt"]:
            raise Violation(f"not as before: {said['spoilt']}")
        if said["again"]:
            raise Violation(f"there is more to do after a sync that succeeded: {said['again']}")
        self._assigned = (self._assigned - set(said["rebound"])) | set(said["vanished"])
        if any(not os.path.exists(os.path.join(self.root, p)) for p in self._removed):
            self._count("away")
            return said
        others = self._comparable_bystanders(said)
        held_back = {name for f, waiting in said["failures"] for name in (f, *waiting)}
        if said["failed"] and held_back.isdisjoint((*said["tracked"], *others)):
            # What these bystanders depend on is not followed.
            said = {**said, "failure": None}
        bindings = self.ask("bindings")
        wrong = self._wrong(said, bindings, others)
        history = [b for b in self._history if b[0] or b[1] in others]
        if wrong and bindings != history:
            wrong = self._wrong(said, history, others)
        if wrong:
            raise Violation(wrong)
        return said

    def _comparable_bystanders(self, said: dict[str, Any]) -> list[str]:
        """Returns the loaded bystanders whose state nobody changed, and that follow all edits.

        Edits of other untracked modules are not followed. One whose state was changed passes
        nothing on.
        """
        return [
            name
            for name in self._loaded
            if self._used.isdisjoint(self._reached(name))
            and all(
                module in said["tracked"] or not self._ever_edited.intersection(_paths(module))
                for module in self._reached(name)
            )
        ]

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def _wrong(
        self, said: dict[str, Any], bindings: list[Any], others: Sequence[str] = ()
    ) -> str:
        fresh = fork_server("fresh", self._seed).fork(self.root)
        try:
            return self._compared_with(fresh, said, bindings, others)
        finally:
            fresh.close()

    def _compared_with(
        self,
        fresh: Connection,
        said: dict[str, Any],
        bindings: list[Executed],
        others: Sequence[str],
    ) -> str:
        """Returns what differs from a fresh interpreter and should not, or nothing.

        The fresh interpreter executes the bindings, then imports what else is tracked, as what
        functions imported when they were called; then other modules.
        """
        tracked = [name for name in said["tracked"] if _is_file(self.root, name)]
        fresh.send(("run", (bindings, [*tracked, *others])))
        theirs = fresh.recv()
        self.log.append(f"fresh: {theirs}")
        if said["failure"]:
            return self._why_failed(fresh, said, theirs)
        if theirs["errors"]:
            return self._why_succeeded(said, theirs)
        compared_modules = sorted({*said["tracked"], *others})
        differences = self._differences(fresh, said, theirs, compared_modules)
        if differences and not self._order(fresh, said, theirs):
            return "not as fresh:\n" + "\n".join(differences)
        self._count("order" if differences else "as fresh" if said["reloaded"] else "idle")
        self._edited.clear()
        return ""

    def _why_failed(
        self, fresh: Connection, said: dict[str, Any], theirs: dict[str, Any]
    ) -> str:
        stopped = any(name.endswith(".*") for name in theirs["vanished"])
        if theirs["errors"] or (stopped and "AttributeError: module " in said["failure"]):
            committed = [m for m in said["reloaded"] if m in theirs["loaded"]]
            differences = self._differences(fresh, said, theirs, committed)
            wrong = [line for line in differences if not line.startswith("namespace: ")]
            if wrong:
                return "what reloaded beside a failure is not as fresh:\n" + "\n".join(wrong)
            self._count("failed in part" if committed else "failed")
        elif self._order(fresh, said, theirs):
            self._count("order")
        else:
            return f"sync failed, a fresh interpreter does not: {said['failure']}"
        return ""

    def _why_succeeded(self, said: dict[str, Any], theirs: dict[str, Any]) -> str:
        """Returns why a sync should have failed as a fresh interpreter does, or nothing.

        A package that nothing tracked refers to is not looked at, broken or not. And where a
        module fails that has no reason to run, or one meets it half initialized, it is the order:
        see `_order`.
        """
        raisers = [module_at(file) for file, _ in theirs["errors"]]
        lost = [m for m in said["tracked"] if m not in theirs["loaded"]]
        begun = [m for _, text in theirs["errors"] for m in _BEGUN.findall(text)]
        if not any(m in said["tracked"] for m in raisers):
            self._count("untracked broken")
        elif not all(map(self._may_be_stale, [*raisers, *lost, *begun])):
            self._count("order")
        else:
            return f"sync succeeded, a fresh interpreter raises: {theirs['errors']}"
        return ""

    def _differences(
        self, fresh: Connection, said: dict[str, Any], theirs: dict[str, Any], of: list[str]
    ) -> list[str]:
        ours = self.ask("describe", of)
        fresh.send(("describe", (of,)))
        vanished = {*theirs["vanished"], *self._assigned}
        described = fresh.recv()
        for name in described.keys() & ours.keys():
            described[name] |= said.get("kept", {}).get(name, {})
        return compared(ours, described, vanished, set(said["tracked"]))

    def _kept(self, module: str, values: dict[str, str]) -> dict[str, str]:
        """Returns what a module keeps, though a fresh one has no such value.

        That are the names that its source guards, and what was set on it from outside.
        """
        sources = [os.path.join(self.root, path) for path in _paths(module)]
        texts = [Path(path).read_bytes() for path in sources if os.path.isfile(path)]
        guarded = {n: v for n, v in values.items() if any(guards(n, text) for text in texts)}
        return {**guarded, **self._attached.get(module, {})}

    def _order(self, fresh: Connection, said: dict[str, Any], theirs: dict[str, Any]) -> bool:
        """Whether a module differs from a fresh interpreter's that has no reason to run.

        Where nothing changed that a module depends on, only the order of the first loads can
        make a difference: a cycle that an edit elsewhere, or a cell, lets a fresh interpreter
        enter from another side. What depends on it is not to be judged then.
        """
        sound = [
            m for m in said["tracked"] if m in theirs["loaded"] and not self._may_be_stale(m)
        ]
        differences = self._differences(fresh, said, theirs, sound)
        return any(not line.startswith("namespace: ") for line in differences)

    def _may_be_stale(self, module: str) -> bool:
        """Whether a file changed that the module may depend on, since all was as fresh."""
        return any(self._edited.intersection(_paths(name)) for name in self._reached(module))

    def _reached(self, module: str) -> set[str]:
        """Returns the module and all that it may depend on, as far as files tell."""
        reached: set[str] = set()
        pending = [module]
        while pending:
            name = pending.pop()
            if name in reached:
                continue
            reached.add(name)
            for path in _paths(name):
                if os.path.exists(os.path.join(self.root, path)):
                    pending += referred(self.root, path)
        return reached


def guards(name: str, source: bytes) -> bool:
    """Whether a source of a small project guards the name."""
    forms = (form.format(name).encode().partition(b"@")[0] for form in GUARDS)
    return any(b"\n" + form in b"\n" + source for form in forms)


def _check_promises(said: dict[str, Any]) -> None:
    """Raises if a sync broke a promise that needs no fresh interpreter to compare with."""
    if said["leak"]:
        raise Violation(f"sync raised what is no ModuleError:\n{said['leak']}")
    if said["lost"]:
        raise Violation(f"names of the user: {said['lost']}")
    if said["silent"]:
        raise Violation(f"neither tracked nor told: {said['silent']}")


def executed(text: str) -> list[Executed]:
    """Returns the bindings of import statements."""
    bound: list[Executed] = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            for one in node.names:
                name = one.asname or one.name.partition(".")[0]
                bound.append((name, one.name, None, one.asname is not None))
        elif isinstance(node, ast.ImportFrom):
            bound += [
                (o.asname or o.name, node.module or "", o.name, False) for o in node.names
            ]
    return bound


def referred(root: str, path: str) -> list[str]:
    """Returns the modules that the imports of a file refer to, as far as files tell."""
    with open(os.path.join(root, path), "rb") as file:
        data = file.read()
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return []
    package = module_at(path).split(".")
    if not path.endswith("/__init__.py"):
        package.pop()
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                parts = one.name.split(".")
                names += [one.name] if one.asname else _prefixes(parts)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for one in node.names:
                child = f"{module}.{one.name}"
                names.append(child if _is_file(root, child) else module)
        elif isinstance(node, ast.Constant) and node.value in HIDDEN:
            names.append(node.value)
    return names


def _paths(module: str) -> tuple[str, str]:
    """Returns where the file of a module may be."""
    base = module.replace(".", "/")
    return f"{base}.py", f"{base}/__init__.py"


def _prefixes(parts: list[str]) -> list[str]:
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


def _is_file(root: str, module: str) -> bool:
    base = os.path.join(root, module.replace(".", "/"))
    return os.path.exists(base + ".py") or os.path.exists(base + "/__init__.py")


def module_at(path: str) -> str:
    """Returns the name of the module whose file is at `path`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def compared(
    ours: dict[str, dict[str, str]],
    theirs: dict[str, dict[str, str]],
    vanished: set[str],
    tracked: set[str],
) -> list[str]:
    """Returns the differences, a line each, except those that are promised.

    A name whose module lost it keeps its last value. If a star import asks for a name that its
    module lost, a fresh interpreter stops there; a sync binds the others, unless the name was
    never there. A package keeps its
    loaded submodules as attributes, though nobody imports them any more, and so does whoever
    star-imports from it. A fresh interpreter may load submodules that nothing tracked refers to.
    """
    stopped = any(name.endswith(".*") for name in vanished)
    lines = []
    for module in sorted({*ours, *theirs}):
        mine, fresh = ours.get(module, {}), theirs.get(module, {})
        for name in sorted({*mine, *fresh}):
            a, b = mine.get(name), fresh.get(name)
            if a == b or (not module and (name in vanished or (b is None and stopped))):
                continue
            if b is None and a is not None and a.startswith("module "):
                continue
            if a is None and b is not None and b[:7] == "module " and b[7:] not in tracked:
                continue
            lines.append(f"{module or 'namespace'}: {name}: {a}, fresh {b}")
    return lines
