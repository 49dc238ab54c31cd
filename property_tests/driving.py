"""Drives a live session through steps, and holds it against a fresh interpreter.

Steps are plain tuples, so that a session can be written down, replayed and shrunk:

    ("write", path, data, how)   how: replace (as editors save), inplace, sneaky (mtime kept)
    ("remove", path)
    ("touch", path)
    ("cell", text)               executed, and registered if it succeeded
    ("assign", name, value)      by the user, in the notebook's namespace
    ("sync",)
"""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from multiprocessing.connection import Client, Connection
from pprint import pformat
from types import TracebackType
from typing import Any, Self

Step = tuple[Any, ...]
Bound = tuple[str, str, str | None, bool]

_HERE = os.path.dirname(os.path.abspath(__file__))


class Nursery:
    """The process that forks live sessions or fresh interpreters."""

    def __init__(self, kind: str, hash_seed: str = "random") -> None:
        self._folder = tempfile.mkdtemp(prefix="nursery")
        self._address = os.path.join(self._folder, "socket")
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH"):
            env.pop(name, None)
        env["PYTHONPATH"] = os.path.dirname(_HERE)
        self._process = subprocess.Popen(
            [sys.executable, os.path.join(_HERE, "nursery.py"), self._address, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
            cwd=self._folder,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def born(self, root: str) -> Connection:
        """Returns the connection to a new child that works in `root`."""
        connection = Client(self._address, "AF_UNIX")
        connection.send(root)
        return connection

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._folder)


@cache
def nursery(kind: str, hash_seed: str) -> Nursery:
    """Returns the nursery of this kind; started when first asked for."""
    made = Nursery(kind, hash_seed)
    _STARTED.append(made)
    return made


_STARTED: list[Nursery] = []


def close_nurseries() -> None:
    """Ends all nurseries."""
    nursery.cache_clear()
    while _STARTED:
        _STARTED.pop().close()


class Violation(AssertionError):  # noqa: N818  # pytest shows it as the assertion it is
    """A session that is neither as a fresh interpreter nor as it was."""


class Drive:
    """One live session on one project, checked after every sync.

    Attributes:
        root: The project's folder.
        steps: What was done so far.
        log: What was said to it.
        counts: How many syncs there were of each kind.
    """

    def __init__(self, hash_seed: str = "0", detect: str = "mtime") -> None:
        base = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  # only faster
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="project", dir=base))
        self.steps: list[Step] = []
        self.log: list[str] = []
        self.counts: dict[str, int] = {}
        self._live = nursery("session", hash_seed).born(self.root)
        self._seed = hash_seed
        self._away: set[str] = set()
        self._kept: set[str] = set()
        self._dirty: set[str] = set()
        self._history: list[Bound] = []
        self.ask("start", detect)

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
        self._live.send((name, args))
        said = self._live.recv()
        if isinstance(said, BaseException):
            raise Violation(f"{name} raised {said!r}") from said
        return said

    def step(self, *step: Any) -> Any:
        """Does one step and checks what must hold after it.

        Raises:
            Violation: It does not hold. The message has all steps, to be replayed.
        """
        self.steps.append(step)
        try:
            return getattr(self, f"_{step[0]}")(*step[1:])
        except Violation as violation:
            told = "\n".join(self.log[-3:])
            raise Violation(f"{violation}\n{told}\n{pformat(self.steps, width=110)}") from None
        except EOFError:
            raise Violation(f"the session died\n{pformat(self.steps, width=110)}") from None

    def _write(self, path: str, data: bytes, how: str = "replace") -> None:
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        stat = os.stat(full) if how == "sneaky" and os.path.exists(full) else None
        target = full if how != "replace" else full + ".new"
        with open(target, "wb") as file:
            file.write(data)
        if how == "replace":
            os.replace(target, full)
        if stat is not None:
            os.utime(full, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        self._away.discard(path)
        self._spoil(path)

    def _spoil(self, path: str) -> None:
        if self._history:  # before the first cell, whatever is written is what will be loaded
            self._dirty.add(path)

    def _remove(self, path: str) -> None:
        full = os.path.join(self.root, path)
        if os.path.exists(full):
            os.remove(full)
            self._spoil(path)
        self._away.add(path)

    def _touch(self, path: str) -> None:
        full = os.path.join(self.root, path)
        if os.path.exists(full):
            os.utime(full)
            self._spoil(path)

    def _cell(self, text: str) -> bool:
        ran: bool = self.ask("cell", text)
        self.log.append(f"cell: {'ran' if ran else 'raised'}")
        if ran:
            self._history += executed(text)
        return ran

    def _assign(self, name: str, value: int) -> None:
        self.ask("assign", name, value)
        self._kept.add(name)

    def _sync(self) -> dict[str, Any]:
        said: dict[str, Any] = self.ask("sync")
        self.log.append(f"sync: {said}")
        if said["leak"]:
            raise Violation(f"sync raised what is no ModuleError:\n{said['leak']}")
        if said["spoilt"]:
            raise Violation(f"not as before: {said['spoilt']}")
        if said["again"]:
            raise Violation(f"there is more to do after a sync that succeeded: {said['again']}")
        self._kept = (self._kept - set(said["rebound"])) | set(said["gone"])
        if any(not os.path.exists(os.path.join(self.root, p)) for p in self._away):
            self._count("away")
            return said
        bindings = self.ask("bindings")
        wrong = self._wrong(said, bindings)
        if wrong and bindings != self._history:
            wrong = self._wrong(said, self._history)
        if wrong:
            raise Violation(wrong)
        return said

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def _wrong(self, said: dict[str, Any], bindings: list[Any]) -> str:
        fresh = nursery("fresh", self._seed).born(self.root)
        try:
            return self._held_against(fresh, said, bindings)
        finally:
            fresh.close()

    def _held_against(
        self, fresh: Connection, said: dict[str, Any], bindings: list[Bound]
    ) -> str:
        """Returns what differs from a fresh interpreter and should not, or nothing."""
        fresh.send(("run", (bindings,)))
        theirs = fresh.recv()
        self.log.append(f"fresh: {theirs}")
        if said["failure"]:
            return self._why_failed(fresh, said, theirs)
        if theirs["errors"]:
            return self._why_succeeded(said, theirs)
        lost = [m for m in said["tracked"] if m not in theirs["loaded"]]
        strange = [m for m in lost if _is_file(self.root, m)]
        if strange:
            return f"tracked but not loaded by a fresh interpreter: {strange}"
        differences = self._differences(fresh, said, theirs, said["tracked"])
        if differences and not self._order(fresh, said, theirs):
            return "not as fresh:\n" + "\n".join(differences)
        self._count("order" if differences else "as fresh" if said["reloaded"] else "idle")
        self._dirty.clear()
        return ""

    def _why_failed(
        self, fresh: Connection, said: dict[str, Any], theirs: dict[str, Any]
    ) -> str:
        if theirs["errors"]:
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
        module fails that has no reason to run, it is the order: see `_order`.
        """
        raisers = [module_at(file) for file, _ in theirs["errors"]]
        lost = [m for m in said["tracked"] if m not in theirs["loaded"]]
        if not any(m in said["tracked"] for m in raisers):
            self._count("untracked broken")
        elif not all(map(self._may_be_stale, [*raisers, *lost])):
            self._count("order")
        else:
            return f"sync succeeded, a fresh interpreter raises: {theirs['errors']}"
        return ""

    def _differences(
        self, fresh: Connection, said: dict[str, Any], theirs: dict[str, Any], of: list[str]
    ) -> list[str]:
        ours = self.ask("describe", of)
        fresh.send(("describe", (of,)))
        gone = {*theirs["gone"], *self._kept}
        return compared(ours, fresh.recv(), gone, set(said["tracked"]))

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
        seen: set[str] = set()
        pending = [module]
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            base = name.replace(".", "/")
            for path in (f"{base}.py", f"{base}/__init__.py"):
                if path in self._dirty:
                    return True
                if os.path.exists(os.path.join(self.root, path)):
                    pending += referred(self.root, path)
        return False


def executed(text: str) -> list[tuple[str, str, str | None, bool]]:
    """Returns what import statements bind: name, module, attribute, whether renamed."""
    bound: list[tuple[str, str, str | None, bool]] = []
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
    return names


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
    gone: set[str],
    tracked: set[str],
) -> list[str]:
    """Returns the differences, a line each, but those that are promised.

    A name whose module lost it keeps its last value. A package keeps its loaded submodules as
    attributes, though nobody imports them any more, and so does who star-imports from it. A
    fresh interpreter may load submodules that nothing tracked refers to.
    """
    lines = []
    for module in sorted({*ours, *theirs}):
        mine, fresh = ours.get(module, {}), theirs.get(module, {})
        for name in sorted({*mine, *fresh}):
            a, b = mine.get(name), fresh.get(name)
            if a == b or (not module and name in gone):
                continue
            if b is None and a is not None and a.startswith("module "):
                continue
            if a is None and b is not None and b[:7] == "module " and b[7:] not in tracked:
                continue
            lines.append(f"{module or 'namespace'}: {name}: {a}, fresh {b}")
    return lines
