"""Imports a project of the working directory, touches its modules at random, checks each sync.

    cd WORKSPACE; python drive.py PROJECT [EDITS] [TOUCHES]

prints one JSON object. EDITS is the seed of the choice of modules. It is no hash seed: runs that
differ in PYTHONHASHSEED alone touch the same modules.
"""

import ast
import json
import os
import random
import sys
import time
import traceback
from functools import cache
from importlib.util import resolve_name
from types import FunctionType, ModuleType
from typing import Any

sys.path[0] = os.getcwd()
sys.path.append(os.path.dirname(os.path.abspath(__file__)))

from projects import PROJECTS, Names, Project  # noqa: E402  # as above

import liveimport  # noqa: E402  # where modules are found is settled above

SAME, OTHER, GONE = "same", "other", "gone"

Check = dict[str, str]
Everything = dict[str, tuple[object, dict[str, Any]]]


def members(project: Project) -> dict[str, ModuleType]:
    """Returns the loaded modules of the project that have source."""
    return {
        name: module
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] in project.packages
        and (getattr(module, "__file__", None) or "").endswith(".py")
    }


def references(project: Project) -> Check:
    """Returns whether what each top-level `from X import Y` bound still is `X.Y`."""
    found: Check = {}
    for name, module in members(project).items():
        held = vars(module)
        for source, attribute, bound in _from_imports(module):
            if source not in sys.modules:
                continue
            says = _says(held[bound], source, attribute) if bound in held else GONE
            found[f"{name}: from {source} import {attribute} as {bound}"] = says
    return found


@cache
def _from_imports(module: ModuleType) -> tuple[tuple[str, str, str], ...]:
    found = []
    for statement in ast.parse(_source(module)).body:
        if isinstance(statement, ast.ImportFrom):
            dots = "." * statement.level
            source = resolve_name(dots + (statement.module or ""), module.__package__)
            found += [
                (source, alias.name, alias.asname or alias.name) for alias in statement.names
            ]
    return tuple(names for names in found if names[1] != "*")


def _says(value: object, source: str, attribute: str) -> str:
    """Returns whether the value is what the module has; lazy attributes get the benefit."""
    held = vars(sys.modules[source])
    current = held.get(attribute, sys.modules.get(f"{source}.{attribute}", value))
    return SAME if current is value else OTHER


def objects(project: Project) -> Check:
    """Returns whether the classes, functions and modules that modules hold are of today.

    It sees what `references` does not: stars, nested imports, the bases of classes.
    """
    found: Check = {}
    for name, module in members(project).items():
        for bound, value in list(vars(module).items()):
            if isinstance(value, ModuleType):
                if value.__name__.partition(".")[0] in project.packages:
                    current = sys.modules.get(value.__name__)
                    found[f"{name}: {bound}"] = SAME if current is value else OTHER
                continue
            for kind in value.__mro__ if type(value) is type else (value,):
                if _is_of(kind, project) and not _is_generated(module, bound, value):
                    found[f"{name}: {bound} ({kind.__qualname__})"] = _says(
                        kind, kind.__module__, kind.__qualname__
                    )
    return found


def _is_of(kind: Any, project: Project) -> bool:
    return (
        isinstance(kind, type | FunctionType)
        and kind.__qualname__.isidentifier()
        and isinstance(kind.__module__, str)
        and kind.__module__.partition(".")[0] in project.packages
        and kind.__module__ in sys.modules
    )


def _is_generated(module: ModuleType, bound: str, value: Any) -> bool:
    """Whether a module made up the name as it worked: such names gather, and nobody asks."""
    is_starred = bound == value.__qualname__ and value.__module__ != module.__name__
    return bound not in _source(module) and not is_starred


@cache
def _source(module: ModuleType) -> str:
    """Returns the source as it was at first; what is added later is blank."""
    with open(module.__file__ or "", encoding="utf-8") as file:
        return file.read()


def names(project: Project) -> Check:
    """Returns the names that each module has."""
    return {
        f"{name}.{bound}": SAME
        for name, module in members(project).items()
        for bound in vars(module)
        if bound not in ("__annotations__", "__warningregistry__")  # made when asked for
    }


def faults(fresh: Check, now: Check) -> list[str]:
    """Returns what is not as a fresh interpreter has it."""
    return [f"{k} ({says})" for k, says in now.items() if says not in (SAME, fresh.get(k))]


def lost(fresh: Check, now: Check) -> list[str]:
    """Returns what a fresh interpreter has, and is not there."""
    return sorted(fresh.keys() - now.keys())


def stale_bindings(namespace: Names, imports: str) -> list[str]:
    """Returns the names that executing the imports again would bind to something else.

    A submodule that the project imports as it works is public in its package from then on: a
    star gives it when the package reloads, so that it is not there yet is no fault.
    """
    again: dict[str, Any] = {}
    exec(imports, again)  # noqa: S102  # the registered statements, as design promise 1 has them
    del again["__builtins__"]
    return [
        name
        for name, value in again.items()
        if namespace.get(name, value if isinstance(value, ModuleType) else None) is not value
    ]


def everything() -> Everything:
    """Returns all modules with what they hold, but for LiveImport's own."""
    return {
        name: (module, dict(vars(module)) if isinstance(module, ModuleType) else {})
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] != "liveimport"
    }


def not_rolled_back(before: Everything, now: Everything) -> list[str]:
    """Returns the modules and the attributes that are not as they were."""
    wrong = sorted(before.keys() ^ now.keys())
    for name in sorted(before.keys() & now.keys()):
        (module, held), (other, holds) = before[name], now[name]
        if module is not other:
            wrong.append(f"{name} is another module")
        wrong.extend(
            f"{name}.{key}"
            for key in sorted(held.keys() | holds.keys())
            if key not in held or key not in holds or held[key] is not holds[key]
        )
    return wrong


def touch(chosen: list[str], mark: int) -> None:
    """Adds a line to the source of each module that changes nothing of what it does."""
    for name in chosen:
        with open(sys.modules[name].__file__ or "", "a", encoding="utf-8") as file:
            file.write(f"\n# touched, {mark}\n" if mark % 2 else "\n")


def attempt(function: Any, *arguments: Any) -> tuple[Any, BaseException | None]:
    """Returns what the function returns, or what it raises."""
    try:
        return function(*arguments), None
    except BaseException as error:  # noqa: BLE001  # a module that is run may raise anything
        return None, error


def shown(error: BaseException | None) -> str:
    """Returns the traceback, or nothing."""
    return "" if error is None else "".join(traceback.format_exception(error))


def step(
    project: Project,
    namespace: Names,
    expected: str,
    fresh: dict[str, Check],
    chosen: list[str],
) -> dict[str, Any]:
    """Returns what a sync did and what is wrong after it, `chosen` having been touched."""
    before = everything()
    started = time.perf_counter()
    outcome, error = attempt(liveimport.sync)
    seconds = time.perf_counter() - started
    rollback = not_rolled_back(before, everything()) if error is not None else []
    del before
    wrong: dict[str, Any] = {
        "error": shown(error),
        "rollback": rollback,
        "bindings": stale_bindings(namespace, project.imports),
        "references": faults(fresh["references"], references(project)),
        "objects": faults(fresh["objects"], objects(project)),
        "names": lost(fresh["names"], names(project)),
    }
    done, failure = attempt(project.work, namespace)
    wrong["work"] = shown(failure) or (
        "" if done == expected else f"{done!r}, not {expected!r}"
    )
    return {
        "touched": chosen,
        "seconds": round(seconds, 3),
        "reloaded": [] if outcome is None else [event.module for event in outcome.events],
        "said": "" if error is None else str(error),
        "wrong": {kind: what for kind, what in wrong.items() if what},
    }


def drive(project: Project, choose: random.Random, touches: int) -> dict[str, Any]:
    """Returns what happened at each of `touches`."""
    namespace: dict[str, Any] = {}
    started = time.perf_counter()
    exec(project.imports, namespace)  # noqa: S102  # what a user's cell does
    imported = time.perf_counter()
    liveimport.register(namespace, project.imports)
    registered = time.perf_counter()
    expected = project.work(namespace)
    checks = {"references": references, "objects": objects, "names": names}
    fresh = {name: check(project) for name, check in checks.items()}
    unasked = [event.module for event in liveimport.sync().events]
    steps = []
    for mark in range(touches):
        chosen = sorted(
            choose.sample(list(members(project)), 3 if mark % 4 == 3 else 1)
        )  # three at once, every fourth time
        touch(chosen, mark)
        steps.append(step(project, namespace, expected, fresh, chosen))
    return {
        "modules": len(members(project)),
        "checked": {name: len(check) for name, check in fresh.items()},
        "import_seconds": round(imported - started, 3),
        "register_seconds": round(registered - imported, 3),
        "unasked": unasked,
        "steps": steps,
    }


def main(name: str, edits: str = "0", touches: str = "8") -> None:
    """Prints what happened as JSON."""
    choose = random.Random(f"{name} {edits}")  # noqa: S311  # to be repeated, not to be secret
    json.dump(drive(PROJECTS[name], choose, int(touches)), sys.stdout, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
