"""Random projects with registries: after a sync, tables are as a fresh interpreter fills them.

`Drive` compares what `look()` of each registry gives, and all other values. After a failure it
sees that the tables are as before.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import define, field
from driving import Drive
from small_projects import Chooser, Seeded

REGISTRIES = (
    """
TABLE = []
def add(f):
    TABLE.append(f)
    return f
def look(): return [f() for f in TABLE]
""",
    """
TABLE = {}
def add(f):
    TABLE[f.__name__] = f
    return f
def look(): return [f() for f in TABLE.values()]
""",
    """
TABLE = set()
def add(f):
    TABLE.add(f)
    return f
def look(): return sorted(f() for f in TABLE)
""",
    """
TABLE = []
def add(f):
    TABLE.append(f.__code__)
    return f
def look(): return [eval(code) for code in TABLE]
""",
    """
class Base:
    known = []
def add(f):
    Base.known.append(f)
    return f
def look(): return [f() for f in Base.known]
""",
    """
class Base: pass
def add(f):
    setattr(Base, f.__name__, staticmethod(f))
    return f
def look(): return sorted(value() for value in vars(Base).values() if type(value) is staticmethod)
""",
    """
class App:
    def __init__(self): self.routes = {}
app = App()
def add(f):
    app.routes[len(app.routes)] = f
    return f
def look(): return [f() for f in app.routes.values()]
""",
    """
def make():
    table = []
    def add(f):
        table.append(f)
        return f
    return add, lambda: [f() for f in table]
add, look = make()
""",
    """
def add(f, table=[]):
    table.append(f)
    return f
def look(): return [f() for f in add.__defaults__[0]]
""",
    """
import functools
def add(f):
    add.table.append(functools.partial(f))
    return f
add.table = []
def look(): return [f() for f in add.table]
""",
    """
TABLE = []
class Entry:
    def __init__(self, f): self.call = f.__call__
def add(f):
    TABLE.append(Entry(f))
    return f
def look(): return [entry.call() for entry in TABLE]
""",
    """
class Base:
    known = []
    def __init_subclass__(cls): Base.known.append(cls)
def add(f):
    type(f.__name__, (Base,), {"call": staticmethod(f)})
    return f
def look(): return [subclass.call() for subclass in Base.known]
""",
    """
class Handler:
    def __init__(self, f): self.f = f
    def handle(self): return self.f()
handlers = []
def add(f):
    handlers.append(Handler(f).handle)
    return f
def look(): return [handle() for handle in handlers]
""",
    """
import weakref
TABLE = weakref.WeakValueDictionary()
def add(f):
    TABLE[f.__name__] = f
    return f
def look(): return sorted(f() for f in TABLE.values())
""",
    """
import functools
@functools.singledispatch
def show(x): return 0
def add(f):
    show.register(type(f.__name__, (), {}))(lambda x: f())
    return f
def look(): return [show.registry[c](0) for c in show.registry if c is not object]
""",
    """
TABLE = []
def add(f):
    def wrapper(): return f()
    TABLE.append(wrapper)
    return wrapper
def look(): return [f() for f in TABLE]
""",
)
"""Sources with `add`, which a plug-in calls, and `look`, which tells what is in the table."""

MODULES = ("plug0", "plug1", "plug2")

COPIES = ("{0}.look()", "{0}.look()", "len({0}.look())", "'f0' in vars({0}).get('TABLE', ())")
"""What a plug-in may keep: what is in a registry, how much that is, or whether there is a key."""


@define
class Plug:
    """A module that registers functions.

    Attributes:
        entries: The registry and the number of each function that it registers.
        imports: Other plug-ins that it imports, and registers a function of.
        copies: What it keeps of what is in the first registry then.
        broken: Whether it raises at its end.
    """

    entries: list[tuple[str, int]] = field(factory=list)
    imports: list[str] = field(factory=list)
    copies: str = ""
    broken: bool = False

    def source(self, registries: Sequence[str]) -> str:
        lines = [f"import {name}" for name in (*registries, *self.imports)]
        for number, (registry, value) in enumerate(self.entries):
            lines += [f"@{registry}.add", f"def f{number}(): return {value}"]
        lines += [f"{registries[0]}.add({name}.f0)" for name in self.imports]
        lines += [f"COPY = {self.copies.format(registries[0])}"] if self.copies else []
        lines += ["raise RuntimeError('broken')"] if self.broken else []
        return "\n".join(lines) + "\n"


@define
class Project:
    """Registries and plug-ins, by name."""

    registries: dict[str, str]
    plugs: dict[str, Plug]

    def files(self) -> dict[str, bytes]:
        names = tuple(self.registries)
        plugs = {name: plug.source(names) for name, plug in self.plugs.items()}
        return {f"{n}.py": text.encode() for n, text in {**self.registries, **plugs}.items()}


def draw_project(choose: Chooser) -> Project:
    """Returns one or two registries, and plug-ins that import only those before them."""
    names = ("reg0", "reg1")[: choose.pick([1, 2])]
    project = Project({name: choose.pick(REGISTRIES) for name in names}, {})
    for name in MODULES[: choose.pick([1, 2, 3])]:
        first = (choose.pick(names), 1)
        copies = COPIES[len(project.plugs) % len(COPIES)] if choose.chance(30) else ""
        plug = Plug([first], copies=copies)
        if project.plugs and choose.chance(30):
            plug.imports.append(choose.pick(tuple(project.plugs)))
        project.plugs[name] = plug
    return project


def edit(choose: Chooser, project: Project, number: int) -> None:
    """Makes a random edit. The number makes each value another one."""
    plug = project.plugs[choose.pick(tuple(project.plugs))]
    plug.broken = choose.chance(25)
    what = choose.pick(["value", "more", "less", "registry"])
    if what == "more" or not plug.entries:
        plug.entries.append((choose.pick(tuple(project.registries)), number))
    elif what == "less" and len(plug.entries) > 1:
        plug.entries.pop()
    elif what == "registry":
        name = choose.pick(tuple(project.registries))
        project.registries[name] += f"\n# {number}"
    else:
        registry, _ = plug.entries[0]
        plug.entries[0] = (registry, number)


def save(drive: Drive, before: dict[str, bytes], project: Project) -> dict[str, bytes]:
    """Writes the files that differ."""
    after = project.files()
    for path, data in after.items():
        if before.get(path) != data:
            drive.step("write", path, data, "replace")
    return after


def session(seed: int, hash_seed: str = "0", reload: str = "dependents") -> dict[str, int]:
    """Plays a random session and returns how its syncs ended."""
    choose = Seeded(seed)
    project = draw_project(choose)
    with Drive(hash_seed, reload=reload) as drive:
        files = save(drive, {}, project)
        drive.step(
            "cell",
            "\n".join(f"import {name}" for name in (*project.registries, *project.plugs)),
        )
        for number in range(2, 8):
            for _ in range(choose.pick([1, 1, 2])):
                edit(choose, project, number)
            files = save(drive, files, project)
            before = drive.ask("describe", list(project.registries))
            if not drive.step("sync")["reloaded"]:
                assert drive.ask("describe", list(project.registries)) == before
        return drive.counts


@pytest.mark.parametrize("seed", range(60))
def test_tables_are_as_fresh(seed):
    """Whatever is edited, and also after failures."""
    counts = session(seed, str(seed % 3))
    # None is forgiven as a matter of order.
    assert counts.keys() <= {"as fresh", "failed", "failed in part", "idle"}
    assert sum(counts.values()) == 6


@pytest.mark.parametrize("seed", range(100, 160))
def test_tables_are_as_fresh_with_needed(seed):
    """Also if only what is needed runs."""
    counts = session(seed, str(seed % 3), "needed")
    assert counts.keys() <= {"as fresh", "failed", "failed in part", "idle"}


def what_ran(seed: int, *, puts: bool) -> list[list[str]]:
    """Returns what each sync of a random session reloaded.

    With `puts`, the notebook puts functions, classes and instances into tables between edits.
    """
    choose, put = Seeded(seed), Seeded(seed)
    project = draw_project(choose)
    reloaded = []
    with Drive(compare=False) as drive:
        files = save(drive, {}, project)
        names = (*project.registries, *project.plugs)
        drive.step("cell", "\n".join(f"import {name}" for name in names))
        for number in range(2, 7):
            registry, plug = put.pick(tuple(project.registries)), put.pick(MODULES)
            made_of = f"{plug}.f0"
            value = put.pick(
                [
                    f"(lambda f: lambda: f())({made_of})",
                    f"type('C', (), {{'f': {made_of}}})",
                    f"type('C', (), {{'__name__': 'c', '__call__': lambda self: 0, 'f': {made_of}}})()",
                ]
            )
            if puts:
                drive.ask("put", f"{registry}.add({value})")
            edit(choose, project, number)
            files = save(drive, files, project)
            reloaded.append(drive.step("sync")["reloaded"])
    return reloaded


@pytest.mark.parametrize("seed", range(20))
def test_what_the_notebook_puts_into_a_table_makes_nothing_run(seed):
    """The same modules run as without it."""
    assert what_ran(seed, puts=True) == what_ran(seed, puts=False)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_many_sessions():
    """The same for many seeds."""
    total: dict[str, Any] = {}
    for seed in range(1000, 2000):
        for how, count in session(seed).items():
            total[how] = total.get(how, 0) + count
    assert total["as fresh"] > total["failed"] > 0
    assert "order" not in total
