"""Projects whose modules import each other lazily, and what a session of them may do.

`total` of a module is what it computes as it runs, and `use()` what its imports give later.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from small_projects import Chooser

NAMES = ("low", "mid", "pk", "pk.sub", "top", "last")
"""The modules. What runs at once imports only those before it, so that no import goes round."""

EAGER = ("guarded", "in class")
LAZY = ("lazy", "lazy from", "lazy sub", "lazy dotted", "listed")
ORDINARY = ("plain", "from")


class Import(NamedTuple):
    """An import statement of a module or a cell.

    Attributes:
        form: How it is written.
        target: The module.
        name: What it binds.
        used: Whether the module uses the name as it runs.
    """

    form: str
    target: str
    name: str
    used: bool = False

    @property
    def statement(self) -> str:
        """The code."""
        plain = f"import {self.target} as {self.name}"
        package, _, last = self.target.rpartition(".")
        class_name = f"_{self.name.title()}"
        return {
            "plain": plain,
            "listed": plain,
            "from": f"from {self.target} import value as {self.name}",
            "lazy": f"lazy import {self.target} as {self.name}",
            "lazy sub": f"lazy from {package} import {last} as {self.name}",
            "lazy dotted": f"lazy import {self.target}",
            "lazy from": f"lazy from {self.target} import value as {self.name}",
            "guarded": f"try:\n    {plain}\nexcept KeyError:\n    pass",
            "in class": f"class {class_name}:\n    {plain}\n{self.name} = {class_name}.{self.name}",
        }[self.form]

    @property
    def bound(self) -> str:
        """The name that it binds."""
        return self.target.partition(".")[0] if self.form == "lazy dotted" else self.name

    @property
    def expression(self) -> str:
        """A use of the name."""
        if self.form == "lazy dotted":
            return f"{self.target}.value"
        return self.name if self.form.endswith("from") else f"{self.name}.value"


class Source(NamedTuple):
    """What is in a file.

    Attributes:
        imports: Its import statements.
        value: A number of its own.
        fails: Whether it raises in the end.
    """

    imports: tuple[Import, ...] = ()
    value: int = 0
    fails: bool = False

    @property
    def text(self) -> str:
        """The code."""
        used = [f"total += {one.expression}" for one in self.imports if one.used]
        later = "".join(f"{one.expression}, " for one in self.imports)
        lines = [
            *_listed(self.imports),
            *(one.statement for one in self.imports),
            f"value = total = {self.value}",
            *used,
            f"def use(): return (value, {later})",
            *(["raise ZeroDivisionError"] if self.fails else []),
        ]
        return "\n".join(lines) + "\n"


def _listed(imports: tuple[Import, ...]) -> Iterator[str]:
    names = [one.target for one in imports if one.form == "listed"]
    if names:
        yield f"__lazy_modules__ = {names}"


def _import(form: str, target: str, name: str, *, used: bool = False) -> Import:
    """Returns an import statement; another one if only submodules can be imported so."""
    if form == "lazy sub" and "." not in target:
        form = "lazy"
    return Import(form, target, name, used)


def cell_text(imports: tuple[Import, ...]) -> str:
    """Returns the code of a cell."""
    return "\n".join([*_listed(imports), *(one.statement for one in imports)]) + "\n"


class LazyProject:
    """The files of a project, drawn and edited.

    Attributes:
        sources: By name, what is in the file of a module.
        written: By name, all imports that were ever in the file.
    """

    def __init__(self, choose: Chooser, folder: str, *, all_lazy: bool) -> None:
        self._choose = choose
        self._folder = Path(folder)
        self._all_lazy = all_lazy
        self.sources: dict[str, Source] = {}
        self.written: dict[str, set[Import]] = {name: set() for name in NAMES}
        for name in NAMES:
            self._save(name, Source(self._draw_imports(name), choose.pick(range(9))))

    @property
    def is_sound(self) -> bool:
        """Whether every module runs."""
        return not any(source.fails for source in self.sources.values())

    def edit(self) -> None:
        """Changes a file."""
        choose = self._choose
        name = choose.pick(NAMES)
        source = self.sources[name]
        kind = choose.pick(("value", "value", "imports", "imports", "fails"))
        if kind == "value":
            source = source._replace(value=source.value + choose.pick((1, 100)))
        elif kind == "imports":
            source = source._replace(imports=self._draw_imports(name))
        else:
            source = source._replace(fails=not source.fails, value=source.value + 1)
        self._save(name, source)

    def mend(self) -> None:
        """Makes every module run again."""
        for name, source in self.sources.items():
            if source.fails:
                self._save(name, source._replace(fails=False))

    def draw_cell(self) -> tuple[Import, ...]:
        """Returns the imports of a cell."""
        forms = (*LAZY, *ORDINARY)
        names = ("a", "b", "c")[: self._choose.pick((1, 2))]
        pick = self._choose.pick
        return tuple(_import(pick(forms), pick(NAMES), name) for name in names)

    def _draw_imports(self, name: str) -> tuple[Import, ...]:
        choose = self._choose
        imports = []
        for bound in ("i", "j", "k")[: choose.pick((0, 1, 1, 2, 3))]:
            before = NAMES[: NAMES.index(name)]
            forms = (*LAZY, *LAZY, *ORDINARY, *EAGER) if before else LAZY
            form = choose.pick(forms)
            used = bool(before) and choose.chance(25)
            is_lazy = form in LAZY or (self._all_lazy and form in ORDINARY)
            any_order = is_lazy and not used
            target = choose.pick([n for n in NAMES if n != name] if any_order else before)
            imports.append(_import(form, target, bound, used=used))
        return tuple(imports)

    def _save(self, name: str, source: Source) -> None:
        self.sources[name] = source
        self.written[name].update(source.imports)
        file = "pk/__init__.py" if name == "pk" else f"{name.replace('.', '/')}.py"
        path = self._folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(source.text, encoding="utf-8")
