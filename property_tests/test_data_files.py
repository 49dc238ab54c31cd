"""Random projects that read files and list folders: after a sync, they are as if read anew.

With ``files="reload"``, `Drive` compares with a fresh interpreter. With ``"tell"`` nothing runs,
and each change is told once.
"""

import sys
from typing import Any

import pytest
from attrs import define, field
from driving import Drive
from small_projects import Chooser, Seeded

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="no sys.monitoring")

TOOLS = """
import json, os
def load(name):
    with open(name) as file:
        return json.load(file)
def optional(name):
    return load(name) if os.path.exists(name) else None
def tried(name):
    try:
        return load(name)
    except OSError:
        return None
def names(folder):
    return sorted(name for name in os.listdir(folder) if name.endswith(".py"))
"""

READING = (
    "{0} = tools.load('{1}')",
    "{0} = tools.tried('{1}')",
    "with open('{1}') as file: {0} = json.load(file)",
    "{0} = json.loads(pathlib.Path(__file__).with_name('{1}').read_text())",
    "{0} = json.loads(pkgutil.get_data(__name__, '{1}'))",
    "with io.FileIO('{1}') as file: {0} = json.loads(file.read())",
    "class C{0}:\n    value = tools.load('{1}')\n{0} = C{0}.value",
    "{0} = [tools.load(name) for name in ('{1}',)][0]",
    "def f{0}():\n    with o('{1}', encoding='utf-8') as file: return file.read()\n{0} = json.loads(f{0}())",
    "{0} = json.loads(codecs.open('{1}').read())",
    "{0} = runpy.run_path('{1}.py')['value']",
    "shutil.copyfile('{1}', 'copy.{1}')\n{0} = tools.load('copy.{1}')",
    (
        "with open('new.{1}', 'w') as file: file.write(pathlib.Path('{1}').read_text())\n"
        "os.replace('new.{1}', 'moved.{1}')\n{0} = tools.load('moved.{1}')"
    ),
)
"""Statements that bind the first name to what is in the second, a file."""

LISTING = (
    "{0} = tools.names('{1}')",
    "{0} = sorted(n for n in listdir('{1}') if n.endswith('.py'))",
    "{0} = sorted(e.name for e in os.scandir('{1}') if e.name.endswith('.py'))",
    "{0} = sorted(path.stem for path in pathlib.Path('{1}').glob('*.py'))",
    "{0} = sorted(found.name for found in pkgutil.iter_modules(['{1}']))",
    "{0} = sorted(n for _, _, names in os.walk('{1}') for n in names if n.endswith('.py'))",
)
"""Statements that bind the first name to the Python files in the second, a folder."""

SCRIPT = "import json\nwith open({!r}) as file:\n    value = json.load(file)\n"
"""What the script beside a file says, which reads it."""

IMPORTS = "import codecs, io, json, os, pathlib, pkgutil, runpy, shutil\nfrom io import open as o\nfrom os import listdir\nimport tools\n"

FILES = ("a.json", "b.json", "c.json")
FOLDER = "plugs"
MODULES = ("m0", "m1", "m2")


@define
class Reader:
    """A module that reads.

    Attributes:
        statements: What reads.
        imports: Modules that it imports; it copies a value of each.
        number: Makes its text another one.
    """

    statements: list[str] = field(factory=list)
    imports: list[str] = field(factory=list)
    number: int = 0

    def source(self) -> str:
        """Returns its text."""
        copies = (f"import {name}\nx{name} = {name}.v0" for name in self.imports)
        return "\n".join((IMPORTS, f"number = {self.number}", *self.statements, *copies)) + "\n"


def statement(choose: Chooser, name: str) -> str:
    """Returns one that reads a file, or lists the folder."""
    if choose.chance(25):
        return choose.pick(LISTING).format(name, FOLDER)
    return choose.pick(READING).format(name, choose.pick(FILES))


def draw(choose: Chooser) -> dict[str, Reader]:
    """Returns modules that import only those before them."""
    readers: dict[str, Reader] = {}
    for name in MODULES[: choose.pick([1, 2, 3])]:
        reader = Reader([statement(choose, f"v{n}") for n in range(choose.pick([1, 2]))])
        if readers and choose.chance(50):
            reader.imports.append(choose.pick(tuple(readers)))
        readers[name] = reader
    return readers


def edit(choose: Chooser, drive: Drive, readers: dict[str, Reader], number: int) -> None:
    """Makes a random edit: of a file, the folder, or a source."""
    what = choose.pick(["data", "data", "data", "broken", "gone", "plug", "other", "source"])
    how = choose.pick(["replace", "inplace", "sneaky"])
    file = choose.pick(FILES)
    if what == "data":
        drive.step("write", file, b"%d" % number, how)
    elif what == "broken":
        drive.step("write", file, b"{", how)
    elif what == "gone":
        drive.step("write", file, b"0", "replace")
        drive.step("remove_data", file)
    elif what == "plug":
        plug = f"{FOLDER}/{choose.pick(['a', 'b'])}.py"
        drive.step("write", plug, b"", "replace")
        if choose.chance(40):
            drive.step("remove_data", plug)
    elif what == "other":
        drive.step("write", f"{FOLDER}/results.csv", b"%d" % number, how)
    else:
        reader = readers[choose.pick(tuple(readers))]
        reader.number = number
        if choose.chance(50):
            reader.statements[0] = statement(choose, "v0")
        save(drive, readers)


def save(drive: Drive, readers: dict[str, Reader]) -> None:
    """Writes the sources."""
    for name, reader in readers.items():
        drive.step("write", f"{name}.py", reader.source().encode(), "replace")


def begin(drive: Drive, readers: dict[str, Reader]) -> None:
    """Writes all files, and imports the modules."""
    for file in FILES:
        drive.step("write", file, b"1", "replace")
        drive.step("write", f"{file}.py", SCRIPT.format(file).encode(), "replace")
    drive.step("write", f"{FOLDER}/z.py", b"", "replace")
    drive.step("write", "tools.py", TOOLS.encode(), "replace")
    save(drive, readers)
    assert drive.step("cell", "\n".join(f"import {name}" for name in readers))


def session(seed: int, hash_seed: str = "0") -> dict[str, int]:
    """Plays a random session with ``files="reload"``, and returns how its syncs ended."""
    choose = Seeded(seed)
    readers = draw(choose)
    with Drive(hash_seed, choose.pick(["mtime", "content"])) as drive:
        drive.ask("files", "reload")
        if choose.chance(50):
            drive.step("trust_stamps")
        begin(drive, readers)
        for number in range(2, 9):
            for _ in range(choose.pick([1, 1, 2])):
                edit(choose, drive, readers, number)
            before = drive.ask("describe", list(readers))
            if not drive.step("sync")["reloaded"]:
                assert drive.ask("describe", list(readers)) == before
        return drive.counts


@pytest.mark.parametrize("seed", range(40))
def test_what_is_read_is_as_fresh(seed):
    """Whatever is edited, and also after failures."""
    counts = session(seed, str(seed % 3))
    # None is forgiven as a matter of order.
    assert counts.keys() <= {"as fresh", "failed", "failed in part", "idle"}
    assert sum(counts.values()) == 7


def told(seed: int) -> tuple[Any, ...]:
    """Plays a session in which only files change; returns what each sync said, and the next."""
    choose = Seeded(seed)
    readers = draw(choose)
    said = []
    with Drive("0", compare=False) as drive:
        begin(drive, readers)
        read = {file for file in FILES if any(file in r.source() for r in readers.values())}
        for number in range(2, 8):
            file = choose.pick(FILES)
            drive.step("write", file, b"%d%d" % (number, number), "replace")
            said.append((file in read, drive.ask("told"), drive.ask("told")))
    return tuple(said)


@pytest.mark.parametrize("seed", range(12))
def test_what_changed_is_told_once(seed):
    """If a module read it. Nothing runs."""
    for is_read, first, second in told(seed):
        assert bool(first) == is_read
        assert all("changed;" in line for line in first)
        assert second == []
