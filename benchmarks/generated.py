"""Projects to measure with: N modules such as people write, and a graph of imports.

Everything follows from the number and a seed, so two runs measure the same files.
"""

# ruff: noqa: INP001  # a script: in a package, the repository would be on the path of all

import itertools
import random
from pathlib import Path

SEED = 20240

MAX_IMPORTS = 3

_VOCABULARY = (
    "area balance basis bounds cell column count curve depth edge error factor field flow "
    "frame grid height index layer length level limit load mass mean model node offset order "
    "path phase point power price rate ratio region sample scale score shape share signal "
    "slope speed state step stress table target term time total trace value volume weight"
)


def module_name(index: int) -> str:
    """Returns the name of the module at a place in the order of imports; 0 is the bottom."""
    return f"bench_m{index:05d}"


def random_graph(count: int, seed: int = SEED) -> list[list[int]]:
    """Returns, for each module, those that it imports: all of them lower.

    The last one, the top, reaches all; all but the bottom reach the bottom. Between them are
    layers, three times as wide from one to the next below the top until they are an eighth of
    all. So imports nest about as deep as in a real project of that size.
    """
    choose = random.Random(seed + count)  # noqa: S311  # nothing is kept secret by it
    layers = _layers(count)
    imports: list[set[int]] = [set() for _ in range(count)]
    for lower, upper in itertools.pairwise(layers):
        for place in range(max(len(lower), len(upper))):
            importer, imported = upper[place % len(upper)], lower[place % len(lower)]
            imports[importer].add(imported)
        below = range(lower[-1] + 1)
        for importer in upper:
            wanted = choose.randint(1, MAX_IMPORTS)
            while len(imports[importer]) < min(wanted, len(below)):
                imports[importer].add(choose.choice(below))
    return [choose.sample(sorted(found), len(found)) for found in imports]


def _layers(count: int) -> list[range]:
    """Returns the layers, the lowest first: the bottom alone, ..., the top alone."""
    widths: list[int] = []
    left, width, widest = count - 1, 1, max(MAX_IMPORTS, count // 8)
    while left > 0:
        widths.append(min(width, left))
        left -= widths[-1]
        width = min(width * MAX_IMPORTS, widest)
    ends = [1]
    for width in reversed(widths):
        ends.append(ends[-1] + width)
    return [range(1), *map(range, ends, ends[1:])]


def chain(count: int) -> list[list[int]]:
    """Returns the graph in which each module imports the one below it."""
    return [[index - 1] if index else [] for index in range(count)]


def module_text(index: int, imports: list[int], seed: int = SEED) -> str:
    """Returns the source of a module of 60 to 150 lines."""
    choose = random.Random(f"{seed} {index}")  # noqa: S311  # nothing is kept secret by it
    lines = [
        f'"""Module {index} of a project that exists to be measured.',
        "",
        "It has what modules have: imports, constants, functions, classes, words about them.",
        '"""',
        "",
        "import math",
        "from dataclasses import dataclass",
        "",
        *(
            f"from {module_name(i)} import LIMIT as limit_{i}, measure as measure_{i}"
            for i in imports
        ),
        "",
        f"LIMIT = {choose.randint(10, 999)}",
        f"NAMES = {tuple(choose.sample(_VOCABULARY.split(), 5))!r}",
        f"TABLE = {{word: len(word) * {index % 7 + 1} for word in NAMES}}",
        "",
        "",
        "def measure(amount, *, scale=1.0):",
        '    """Returns the amount in the scale of this module, and of those below."""',
        "    if amount > LIMIT:",
        "        amount = math.sqrt(amount)",
        f"    below = [{', '.join(f'measure_{i}' for i in imports)}]",
        "    return amount * scale + len(below)",
        "",
    ]
    wanted = choose.randint(60, 140)
    part = 0
    while len(lines) < wanted:
        part += 1
        make = _class_lines if choose.random() < 0.4 else _function_lines  # noqa: PLR2004  # a share
        lines += make(choose, part)
    return "\n".join(lines) + "\n"


def _function_lines(choose: random.Random, part: int) -> list[str]:
    one, two, three = choose.sample(_VOCABULARY.split(), 3)
    return [
        "",
        f"def {one}_{two}_{part}({two}, {three}=None):",
        f'    """Returns the {one} that belongs to a {two}, and to a {three} if there is one."""',
        f"    found = {{'{one}': {two}}}",
        f"    if {three} is not None:",
        f"        for number, item in enumerate({three}):",
        f"            found[f'{one}-{{number}}'] = item * {choose.randint(2, 9)}",
        "    try:",
        "        return sorted(found.items(), key=lambda pair: str(pair[0]))",
        "    except TypeError:",
        f"        return [('{one}', LIMIT)]",
        "",
    ]


def _class_lines(choose: random.Random, part: int) -> list[str]:
    one, two, three = choose.sample(_VOCABULARY.split(), 3)
    name = f"{one.capitalize()}{two.capitalize()}{part}"
    return [
        "",
        "@dataclass" if choose.random() < 0.1 else "",  # noqa: PLR2004  # a share
        f"class {name}:",
        f'    """A {one} with its {two}."""',
        "",
        f"    {one}: float = {choose.randint(1, 99)}.5",
        f"    {two}: str = '{three}'",
        "",
        "    @property",
        "    def label(self):",
        f'        """The words for it, the {three} too."""',
        f"        return f'{{self.{two}}} of {{self.{one}:.2f}} ({three})'",
        "",
        f"    def {three}(self, other, *, rounds={choose.randint(2, 5)}):",
        f'        """Returns a {name} between this one and the other."""',
        "        middle = type(self)()",
        "        for _ in range(rounds):",
        f"            middle.{one} = (self.{one} + other.{one}) / 2",
        "        return middle",
        "",
    ]


def write_project(folder: Path, graph: list[list[int]]) -> None:
    """Writes the modules of a graph."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, imports in enumerate(graph):
        file = folder / f"{module_name(index)}.py"
        file.write_text(module_text(index, imports), encoding="utf-8")


class Edits:
    """Edits of one file, each with another size than the one before; they replace each other.

    A bytecode file is keyed by whole seconds and size; an edit of the same size within a second
    would make `importlib.reload`, the floor, run the old code.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.text = Path(path).read_text(encoding="utf-8").partition("\nEDITION")[0]
        self.count = 0

    def edit(self) -> int:
        """Writes a new version and returns its number, which the module has as `EDITION`."""
        self.count += 1
        edition = 1_000_000 + self.count
        padding = "x" * (self.count % 17)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(f"{self.text}\nEDITION = {edition}  # {padding}\n")
        return edition

    def comment(self) -> None:
        """Writes a new version that differs from the last one in its comments only."""
        self.count += 1
        edition = 1_000_000
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("#\n" * self.count + f"{self.text}\nEDITION = {edition}\n")
