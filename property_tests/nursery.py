"""A process that forks a child for every connection: a live session or a fresh interpreter.

Run as a script: ``nursery.py ADDRESS session|fresh``. It ends when its standard input closes.
Forking an interpreter that has imported all it needs costs a few milliseconds; starting one
costs a hundred times as much.
"""

import importlib
import os
import select
import signal
import sys
import traceback
from multiprocessing.connection import Connection, Listener
from typing import Any

from describing import describe


def main(address: str, kind: str) -> None:
    """Serves until standard input closes."""
    if kind == "session":
        import liveimport.effects.session  # noqa: F401  # paid for once, before the forks
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with Listener(address, "AF_UNIX") as listener:
        print("ready", flush=True)  # noqa: T201  # who started it reads this
        socket = listener._listener._socket
        while True:
            ready, _, _ = select.select([socket, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            connection = listener.accept()
            if os.fork() == 0:
                try:
                    socket.close()
                    serve(connection, kind)
                except (EOFError, BrokenPipeError):
                    pass
                finally:
                    os._exit(0)
            connection.close()


def serve(connection: Connection, kind: str) -> None:
    """Answers the requests of one connection."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    root = connection.recv()
    os.chdir(root)
    sys.path.insert(0, root)
    server: Any = Live(root) if kind == "session" else Fresh(root)
    while True:
        name, args = connection.recv()
        try:
            answer = getattr(server, name)(*args)
        except BaseException as error:  # noqa: BLE001  # shown on the other side
            answer = "".join(traceback.format_exception(error))
            connection.send(RuntimeError(answer))
            continue
        connection.send(answer)


def of_project(root: str) -> list[str]:
    """Returns the names of the loaded modules that come from files below `root`."""
    found = []
    for name, module in list(sys.modules.items()):
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        places = getattr(module, "__path__", None)
        places = getattr(places, "_path", places) or []
        if any(isinstance(p, str) and p.startswith(root + os.sep) for p in [origin, *places]):
            found.append(name)
    return sorted(found)


class Fresh:
    """An interpreter that has run nothing of the project yet."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.namespace: dict[str, Any] = {}
        sys.dont_write_bytecode = True
        sys.pycache_prefix = os.path.join(root, "no such folder")

    def run(self, bindings: list[tuple[str, str, str | None, bool]]) -> dict[str, Any]:
        """Executes one import statement per binding. Says what is not there and what raised."""
        gone: list[str] = []
        errors: list[tuple[str, str]] = []
        for name, module, attribute, aliased in bindings:
            try:
                importlib.import_module(module)
            except BaseException as error:  # noqa: BLE001  # SystemExit too
                errors.append(
                    (self._raiser(error), f"{module}: {type(error).__name__}: {error}")
                )
                continue
            try:
                self._bind(name, module, attribute, aliased=aliased)
            except (ImportError, AttributeError) as error:
                gone.append(name)
                if self._raiser(error) or not _says_gone(error):
                    errors.append((self._raiser(error), f"{module}: {error}"))
            except BaseException as error:  # noqa: BLE001  # a submodule may raise anything
                errors.append(
                    (
                        self._raiser(error),
                        f"{module}.{attribute}: {type(error).__name__}: {error}",
                    )
                )
            else:
                gone = [g for g in gone if g != name]
        return {"gone": gone, "errors": errors, "loaded": of_project(self.root)}

    def _raiser(self, error: BaseException) -> str:
        """Returns the file of the project that raised, relative to it."""
        if isinstance(error, SyntaxError) and error.filename:
            return os.path.relpath(error.filename, self.root)
        place = ""
        traceback = error.__traceback__
        while traceback is not None:
            file = traceback.tb_frame.f_code.co_filename
            if file.startswith(self.root + os.sep):
                place = os.path.relpath(file, self.root)
            traceback = traceback.tb_next
        return place

    def _bind(self, name: str, module: str, attribute: str | None, *, aliased: bool) -> None:
        if attribute is None:
            statement = f"import {module}" + (f" as {name}" if aliased else "")
        elif attribute == "*":
            statement = f"from {module} import *"
        else:
            statement = f"from {module} import {attribute} as {name}"
        exec(statement, self.namespace)  # noqa: S102  # as a cell would

    def describe(self, modules: list[str]) -> dict[str, dict[str, str]]:
        return describe([m for m in modules if m in sys.modules], self.namespace)

    def loaded(self) -> list[str]:
        return list(sys.modules)


def _says_gone(error: BaseException) -> bool:
    return isinstance(error, AttributeError) or str(error).startswith("cannot import name")


class Live:
    """A session with a project, driven from outside."""

    def __init__(self, root: str) -> None:
        import liveimport
        from liveimport.effects import syncing
        from liveimport.effects.session import SESSION

        sys.dont_write_bytecode = False
        self.root = root
        self.library = liveimport
        self.session = SESSION
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self._outcome: Any = None
        settle = syncing.settle

        def spy(before: Any, planned: Any, outcome: Any) -> Any:
            self._outcome = outcome
            return settle(before, planned, outcome)

        syncing.settle = spy  # it tells what sync() swallows
        liveimport.workspace(root)

    def start(self, detect: str) -> None:
        if detect != "mtime":
            self.library.auto_sync(detect=detect)

    def cell(self, text: str) -> bool:
        """Executes and registers import statements, if they raise nothing. Returns whether."""
        importlib.invalidate_caches()
        if not self._works(text):
            return False
        exec(text, self.namespace)  # noqa: S102  # as a shell would
        self.library.register(self.namespace, text)
        return True

    def _works(self, text: str) -> bool:
        """Whether the cell would run; found out by a twin, since a failed import leaves rubble."""
        twin = os.fork()
        if twin:
            return os.waitstatus_to_exitcode(os.waitpid(twin, 0)[1]) == 0
        try:
            sys.dont_write_bytecode = True
            exec(text, self.namespace)  # noqa: S102  # as a shell would
        except BaseException:  # noqa: BLE001  # SystemExit too
            os._exit(1)
        os._exit(0)

    def assign(self, name: str, value: int) -> None:
        self.namespace[name] = value

    def bindings(self) -> list[tuple[str, str, str | None, bool]]:
        return [
            (b.name, b.module, b.attribute, b.aliased) for b in self.session.state.bindings()
        ]

    def sync(self) -> dict[str, Any]:
        """Syncs. Tells what happened, and what is not as it was though it should be."""
        before = self._everything()
        self._outcome = None
        failure = leak = None
        try:
            self.library.sync()
        except self.library.ModuleError as error:
            cause = error.__cause__
            failure = f"{error} ({type(cause).__name__}: {cause})"
        except KeyboardInterrupt:
            failure = "KeyboardInterrupt"
        except BaseException as error:  # noqa: BLE001  # anything else is a defect
            leak = "".join(traceback.format_exception(error))
        outcome = self._outcome
        reloaded = [e.module for e in outcome.events] if outcome else []
        fresh = list(outcome.fresh) if outcome else []
        rebound = [b.name for _, b in outcome.rebound] if outcome else []
        return {
            "failure": failure,
            "leak": leak,
            "reloaded": reloaded,
            "fresh": fresh,
            "rebound": rebound,
            "gone": [b.name for _, b in outcome.gone] if outcome else [],
            "spoilt": self._spoilt(before, {*reloaded, *fresh}, set(fresh), set(rebound)),
            "tracked": list(self.session.state.tracked),
            "failures": [(f.module, f.held) for f in self.session.state.failures],
            "again": [] if failure or leak else self.plan(),
        }

    def lose(self, name: str) -> None:
        """Takes a module out of `sys.modules`, as a user may."""
        sys.modules.pop(name, None)

    def reload_by_hand(self, name: str) -> bool:
        """Reloads a loaded module by itself, as a user may. Returns whether it raised nothing."""
        module = sys.modules.get(name)
        spec = getattr(module, "__spec__", None)
        try:
            importlib.reload(module)  # type: ignore[arg-type]  # a user may try that too
        except BaseException:  # noqa: BLE001  # SystemExit too
            if module is not None:
                module.__spec__ = spec  # Python leaves None there when the file is away
            return False
        return True

    def run_alone(self, name: str) -> None:
        """Reloads one module and none that depends on it: a defect to find."""
        importlib.reload(sys.modules[name])

    def lose_on_failure(self, module: str, name: str) -> None:
        """Removes an attribute as the next sync settles: a defect to find."""
        adopt = self.session.adopt

        def lossy(*args: Any) -> None:
            adopt(*args)
            del vars(sys.modules[module])[name]

        self.session.adopt = lossy

    def plan(self) -> list[str]:
        return [step.module for step in self.library.plan().steps]

    def _everything(self) -> Any:
        dicts = {
            name: (sys.modules[name], dict(vars(sys.modules[name])), type(sys.modules[name]))
            for name in of_project(self.root)
        }
        return dict(sys.modules), dicts, dict(self.namespace), list(sys.meta_path)

    def _spoilt(
        self, before: Any, ran: set[str], fresh: set[str], rebound: set[str]
    ) -> list[str]:
        """Returns what of all that did not reload is not as it was, to the last attribute."""
        loaded, dicts, namespace, meta_path = before
        spoilt = [] if sys.meta_path == meta_path else ["sys.meta_path changed"]
        for name in sorted({*dicts, *of_project(self.root)}):
            new = name in fresh or (name not in loaded and ran)
            if not new and sys.modules.get(name) is not loaded.get(name):
                spoilt.append(f"sys.modules[{name!r}] changed")
        for name, (module, held, kind) in dicts.items():
            if name not in ran:
                spoilt += [] if type(module) is kind else [f"type of {name} changed"]
                spoilt += self._spoilt_dict(name, vars(module), held, ran, loaded)
        return spoilt + [
            f"name {name} of the namespace changed"
            for name in _differing(self.namespace, namespace)
            if name not in rebound and name != "__builtins__"
        ]

    def _spoilt_dict(
        self,
        module: str,
        now: dict[str, Any],
        held: dict[str, Any],
        ran: set[str],
        loaded: dict[str, Any],
    ) -> list[str]:
        return [
            f"{module}.{key}: {held.get(key, '-')} became {now.get(key, '-')}"
            for key in _differing(now, held)
            if not self._is_new_child(f"{module}.{key}", now.get(key), ran, loaded)
        ]

    @staticmethod
    def _is_new_child(name: str, value: object, ran: set[str], loaded: Any) -> bool:
        """Whether the value is a submodule that the sync has loaded."""
        return (
            value is not None
            and sys.modules.get(name) is value
            and (name in ran or name not in loaded)
        )

    def describe(self, modules: list[str]) -> dict[str, dict[str, str]]:
        return describe([m for m in modules if m in sys.modules], self.namespace)


def _differing(now: dict[str, Any], held: dict[str, Any]) -> list[str]:
    """Returns the names under which the two do not hold the same object."""
    names = sorted({*now, *held})
    return [n for n in names if n not in now or n not in held or now[n] is not held[n]]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
