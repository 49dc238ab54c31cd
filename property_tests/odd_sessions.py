"""Random sessions with all that sessions compared with a fresh interpreter leave out.

Packages name submodules in `__all__` or hide them, functions and conditions import, imports
fail and are caught, files become links or folders, modules lie outside the workspace. No fresh
interpreter does the same, so these sessions are for laws that hold after any step.
"""

from collections.abc import Callable, Sequence

from driving import Drive
from small_projects import (
    CONSTANTS,
    EDITS,
    FUNCTIONS,
    POOL,
    SOUND_EDITS,
    Chooser,
    Item,
    Module,
    Project,
    add_module,
    draw_cell,
    draw_import,
    edit,
    turn_package,
)

ELSEWHERE = "elsewhere"
"""A folder that is searched last, behind the project."""

MISSING = ("nowhere", "nowhere.far", "p.none", "n.none", "p.q.none", "a.none")
LIBRARY = (
    "import xml.dom",
    "import xml.dom.minidom as x0",
    "from xml import *",
    "from xml import dom",
    "from concurrent import futures",
    "from concurrent import *",
    "from email import *",
    "import os.path",
    "from json import decoder as x1",
)


def draw_odd_project(choose: Chooser) -> Project:
    """Returns a project of four modules or more, most of which can be imported.

    Each binds some names before it imports, so that most cycles do no harm.
    """
    project = Project()
    for _ in range(choose.pick(range(4, 9))):
        add_module(choose, project)
    for module in project.modules.values():
        module.items += [Item(f"{name} = @", name, "constant") for name in CONSTANTS[:2]]
    for module in project.modules.values():
        for _ in range(choose.pick(range(4))):
            item = draw_import(choose, project, module)
            if item is not None:
                module.items.append(item)
    for _ in range(choose.pick(range(10))):
        change(choose, project)
    return project


def change(choose: Chooser, project: Project) -> None:
    """Changes a module in one of the odd ways."""
    module = project.modules[choose.pick(sorted(project.modules))]
    ODD_EDITS[choose.pick(sorted(ODD_EDITS))](choose, project, module)


def import_under_condition(choose: Chooser, project: Project, module: Module) -> None:
    """Adds an import within an `if` or a `try`."""
    item = draw_import(choose, project, module)
    if item is None:
        return
    item.text = choose.pick(
        (
            f"if True: {item.text}",
            f"if not __name__: {item.text}",
            f"try: {item.text}\nexcept Exception: pass",
            f"try: pass\nfinally: {item.text}",
        )
    )
    _insert(choose, module, Item(item.text, "", "nested"))


def import_in_function(choose: Chooser, project: Project, module: Module) -> None:
    """Adds a function that imports; `OddSession.call` calls it."""
    name = choose.pick(FUNCTIONS)
    text = _import_or_missing(choose, project, module)
    if "*" not in text:
        text = f"def {name}():\n    try: {text}\n    except ImportError: pass"
        _insert(choose, module, Item(text, name, "function"))


def import_what_may_be_missing(choose: Chooser, project: Project, module: Module) -> None:
    """Adds an import that may fail, and is caught."""
    text = _import_or_missing(choose, project, module)
    _insert(choose, module, Item(f"try:\n    {text}\nexcept ImportError: pass", "", "nested"))


def import_by_name(choose: Chooser, project: Project, module: Module) -> None:
    """Adds an import that no import statement has."""
    _insert(choose, module, Item(f"__import__({choose.pick(POOL)!r})", "", "nested"))


def import_library(choose: Chooser, project: Project, module: Module) -> None:
    """Adds an import from the standard library."""
    _insert(choose, module, Item(choose.pick(LIBRARY), "", "nested"))


def name_submodules(choose: Chooser, project: Project, module: Module) -> None:
    """Lets a package name submodules in its `__all__`: what a star import of it imports too."""
    package = _package(choose, project)
    if package is not None:
        names = sorted({choose.pick(("x", "y", "q", "z", "none")) for _ in range(2)})
        package.items = [item for item in package.items if item.kind != "all"]
        package.items.append(Item(f"__all__ = {names!r}", "__all__", "all"))
        text = f"from {package.name} import *"
        text = choose.pick((text, f"try: {text}\nexcept AttributeError: pass"))
        _insert(choose, module, Item(text, "", "star", 1, (package.name,)))


def hide_submodule(choose: Chooser, project: Project, module: Module) -> None:
    """Binds something else under the name of a submodule, or the submodule again."""
    package = _package(choose, project)
    if package is not None:
        name = choose.pick(("x", "y", "q", "z"))
        text = choose.pick(
            (
                f"{name} = 1",
                f"from . import {name}",
                f"import {package.name}.{name}",
                f"from .{name} import *",
                f"del {name}",
            )
        )
        _insert(choose, package, Item(f"try: {text}\nexcept Exception: pass", "", "nested"))
        if text.endswith(" = 1"):
            _insert(choose, package, Item(text, name, "constant"))
        submodule, other = f"{package.name}.{name}", _package(choose, project)
        if submodule in project.modules and other is not None:
            text = f"from {other.name} import K0"
            project.modules[submodule].items.append(
                Item(text, "K0", "import", 1, (other.name,))
            )


def search_elsewhere(choose: Chooser, project: Project, module: Module) -> None:
    """Lets a package find submodules in a folder outside it, and name one in its `__all__`."""
    package = _package(choose, project)
    if package is not None:
        text = f"__path__.append(__import__('os').getcwd() + '/{ELSEWHERE}')"
        package.items.insert(0, Item(text, "", "nested"))
        if choose.chance(50):
            name = choose.pick(("x", "y", "z"))
            package.items = [item for item in package.items if item.kind != "all"]
            package.items.append(Item(f"__all__ = {[name]!r}", "__all__", "all"))


def drop_imports(choose: Chooser, project: Project, module: Module) -> None:
    """Removes whatever a module imports."""
    module.items = [i for i in module.items if i.kind not in ("import", "star", "nested")]


def _import_or_missing(choose: Chooser, project: Project, module: Module) -> str:
    if choose.chance(40):
        name = choose.pick((*MISSING, *POOL))
        parent, _, child = name.rpartition(".")
        return (
            f"from {parent} import {child}"
            if parent and choose.chance(50)
            else f"import {name}"
        )
    item = draw_import(choose, project, module)
    return "import nowhere" if item is None else item.text


def _package(choose: Chooser, project: Project) -> Module | None:
    packages = sorted(name for name, module in project.modules.items() if module.package)
    return project.modules[choose.pick(packages)] if packages else None


def _insert(choose: Chooser, module: Module, item: Item) -> None:
    module.items.insert(choose.pick(range(len(module.items) + 1)), item)


def import_elsewhere(choose: Chooser, project: Project, module: Module) -> None:
    """Adds an import of what a package may find outside it."""
    package = _package(choose, project)
    if package is not None:
        name = choose.pick(("x", "y", "z"))
        text = choose.pick(
            (f"from {package.name} import {name}", f"import {package.name}.{name} as x0")
        )
        _insert(choose, module, Item(f"try: {text}\nexcept ImportError: pass", "", "nested"))


ODD_EDITS: dict[str, Callable[[Chooser, Project, Module], None]] = {
    "condition": import_under_condition,
    "function": import_in_function,
    "missing": import_what_may_be_missing,
    "by name": import_by_name,
    "library": import_library,
    "all": name_submodules,
    "hide": hide_submodule,
    "elsewhere": search_elsewhere,
    "import elsewhere": import_elsewhere,
    "package": turn_package,
    "no imports": drop_imports,
}

ACTS = (
    *["edit"] * 6,
    *["odd_edit"] * 8,
    *["sync"] * 5,
    *["sync_before_cell"] * 2,
    *["cell"] * 2,
    "star_cell",
    "library_cell",
    *["call"] * 3,
    "import_unregistered",
    "touch",
    "remove_package",
    *["write_elsewhere"] * 2,
    "link",
    "folder",
    *["workspace"] * 2,
    "register_in",
    "follow",
    *["unload"] * 2,
    "unload_package",
    "register_elsewhere",
    "reload_by_hand",
)
FOLLOW = ("loaded", "top-level")
FOLDERS = ((".",), (".",), ("p",), ("p/q",), ("n",), ("p", ELSEWHERE), (ELSEWHERE,), ())


class OddSession:
    """A random session that a chooser decides, on a random project.

    After each step of it, an observation is planned and enrolled, but not executed.
    """

    def __init__(self, choose: Chooser, drive: Drive) -> None:
        self.choose = choose
        self.drive = drive
        self.project = draw_odd_project(choose)
        self.written: dict[str, bytes] = {}

    def run(self, length: int) -> None:
        """Takes so many random steps."""
        self.drive.step("search_in", ELSEWHERE)
        self.follow()
        if self.choose.chance(75):
            self.drive.step("trust_stamps")
        self.save()
        for _ in range(self.choose.pick(range(4))):
            self.write_elsewhere()
        if self.choose.chance(25):
            self.workspace()
        elif self.choose.chance(25):
            self.register_elsewhere()
        elif self.choose.chance(25):
            self.unload_package()
        for _ in range(3):
            self.cell()
        for _ in range(length):
            getattr(self, self.choose.pick(ACTS))()
            self.drive.step("observe_and_plan")

    def save(self) -> None:
        files = self.project.files()
        for path in [path for path in self.written if path not in files]:
            self.drive.step("remove", path)
        for path, data in files.items():
            if self.written.get(path) != data:
                self.drive.step("write", path, data, self.choose.pick(("replace", "inplace")))
        self.written = files

    def edit(self) -> None:
        edit(self.choose, self.project, (*SOUND_EDITS, *EDITS, "break", "repair", "back"))
        self.save()

    def odd_edit(self) -> None:
        for _ in range(self.choose.pick((1, 1, 2, 3))):
            change(self.choose, self.project)
        self.save()

    def sync(self) -> None:
        self.drive.step("sync")

    def sync_before_cell(self) -> None:
        self.drive.step("sync_before_cell")

    def cell(self) -> None:
        text = draw_cell(self.choose, self.project)
        self.drive.step("cell", text if self.choose.chance(50) else text.partition("\n")[0])

    def star_cell(self) -> None:
        """Imports all that a package lists."""
        self.drive.step("cell", f"from {self.choose.pick(('p', 'p.q'))} import *")

    def library_cell(self) -> None:
        self.drive.step("cell", self.choose.pick(LIBRARY))

    def call(self) -> None:
        """Calls a function that imports something, or some function."""
        importing = [
            (name, item.name)
            for name, module in sorted(self.project.modules.items())
            for item in module.items
            if item.kind == "function" and "import" in item.text
        ]
        name, function = self.choose.pick(importing or [(self._module_name(), "f0")])
        self.drive.step("execute", f"import {name} as _called; _called.{function}()")

    def import_unregistered(self) -> None:
        """Imports a module, which nothing registers."""
        self.drive.step("execute", f"import {self._module_name()}")

    def touch(self) -> None:
        self.drive.step("touch", self._path())

    def remove_package(self) -> None:
        """Takes away all files of a package."""
        package = self.choose.pick(("p", "p.q", "n"))
        for module in self.project.modules.values():
            if f"{module.name}.".startswith(f"{package}."):
                module.present = False
        self.save()

    def write_elsewhere(self) -> None:
        """Writes a module where it is found only if the project does not have it."""
        source = self.choose.pick(sorted(self.written.values()) or [b""])
        path = self.choose.pick(
            ("a.py", "x.py", "y.py", "z.py", "q.py", "p/__init__.py", "p/x.py", "n/v.py")
        )
        self.drive.step("write", f"{ELSEWHERE}/{path}", source, "replace")

    def link(self) -> None:
        """Makes a file or a folder a link to another one."""
        if self.choose.chance(50):
            self.drive.step("link", self._path(), self._path())
        else:
            link, target = self.choose.pick((("p", "n"), ("n", "p"), ("p/q", "n"), ("a", "p")))
            self.drive.step("link", link, target)
        self._forget_written()

    def folder(self) -> None:
        """Makes a folder of a file: it is there, and cannot be read."""
        self.drive.step("folder", self._path())
        self._forget_written()

    def follow(self) -> None:
        self.drive.step("follow", self.choose.pick(FOLLOW))

    def workspace(self) -> None:
        self.drive.step("workspace", *self.choose.pick(FOLDERS))

    def register_in(self) -> None:
        name = self._module_name()
        imports = [i.text for i in self.project.modules[name].items if i.kind == "import"]
        imports = [text for text in imports if not text.startswith("from .")]
        if imports:
            self.drive.step("register_in", name, self.choose.pick(imports))

    def unload(self) -> None:
        self.drive.step("unload", self._module_name())

    def unload_package(self) -> None:
        """Imports a module deep in packages, then takes its parent out of `sys.modules`."""
        deep = [name for name in sorted(self.project.modules) if name.count(".") > 1]
        if deep:
            name = self.choose.pick(deep)
            self.drive.step("execute", f"import {name}")
            self.drive.step("unload", name.rpartition(".")[0])

    def register_elsewhere(self) -> None:
        """Registers by a star what a package finds outside it, and outside the workspace."""
        search_elsewhere(self.choose, self.project, self.project.modules[self._module_name()])
        self.save()
        self.write_elsewhere()
        self.drive.step("workspace", "p")
        self.star_cell()

    def reload_by_hand(self) -> None:
        self.drive.step("reload_by_hand", self._module_name())

    def _module_name(self) -> str:
        return self.choose.pick(sorted(self.project.modules))

    def _path(self) -> str:
        return self.choose.pick(self._paths())

    def _paths(self) -> Sequence[str]:
        return sorted(self.written) or ["a.py"]

    def _forget_written(self) -> None:
        """Lets the next save write everything that is not as it is meant to be."""
        self.written = dict.fromkeys(self.written, b"unknown")
