"""Random small projects and random edits of them, as plain values.

Everything random goes through a `Chooser`, so that hypothesis or a plain seed can drive it.
A project is what the files should say: `Project.files` renders it, an edit changes it.
"""

import random
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from attrs import define, field

T = TypeVar("T")

CONSTANTS = ("K0", "K1", "K2", "K3")
GETTERS = ("g0", "g1")
FUNCTIONS = ("f0", "f1")
CLASSES = ("C0", "C1", "C2")
USES = ("U0", "U1", "U2")
ALIASES = ("x0", "x1")

POOL = ("a", "b", "c", "d", "p", "p.x", "p.y", "p.q", "p.q.z", "e", "n.u", "n.v")
"""Module names; few, so that edits meet. p and p.q are packages, n is a namespace package."""

HIDDEN = ("h0", "h1", "h2", "h3", "h4", "h5")
"""Modules that no statement at the top level of a source imports.

By name, one module at most imports one: who imports it later is not known. But several may import
one in functions that they call.
"""

BYSTANDERS = ("r0", "r1")
"""Modules that nothing else imports, and no cell registers."""

OWN_NAMES = ("K0", "K1", "C0", "f0", "U0", "x0", "a", "p")
"""Names that the user binds in the notebook, and that its imports may bind too."""

OWN_KINDS = ("int", "list", "tuple", "none", "function", "class")

BLOCKS = (
    "if True:\n    {}",
    "if False:\n    pass\nelse:\n    {}",
    "try:\n    {}\nexcept ZeroDivisionError:\n    pass",
    "try:\n    raise ValueError\nexcept ValueError:\n    {}",
    "try:\n    pass\nexcept ValueError:\n    pass\nelse:\n    {}",
    "try:\n    pass\nfinally:\n    {}",
    "with __import__('contextlib').suppress(ZeroDivisionError):\n    {}",
    "for _ in (0,):\n    {}",
    "while True:\n    {}\n    break",
    "match 0:\n    case _:\n        {}",
)
"""Blocks that run, and bind what is imported in them."""

DOUBTFUL_BLOCKS = (
    "if @ % 2:\n    {}",
    "try:\n    {}\nexcept ImportError:\n    pass",
    "class B0:\n    {}",
)
"""Blocks that may not run, or bind it elsewhere."""

UNSEEN = {
    "constant": (
        "globals()['{0}'] = @",
        "exec('{0} = @')",
        "vars().update({0}=@)",
        "(lambda names: names.update({{'{0}': @}}))(globals())",
        "setattr(__import__('sys').modules[__name__], '{0}', @)",
    ),
    "function": ("exec('def {0}(*_): return @')", "globals().update({0}=lambda *_: @)"),
    "class": ("exec('class {0}: v = @')",),
}
"""By kind, statements that bind a name though no instruction shows that."""

BY_CHANCE = (
    "{1} = '{0}'",
    "{1} = [hasattr(object, '{0}'), getattr(object, '{0}', @), dir(object)[0]]",
    "{1} = sorted(n for n in dir() if n[0] != '_')",
    "{1} = sorted(n for n in globals().copy() if n[0] != '_')",
    "try:\n    {1} = len([@])\nexcept Exception:\n    {1} = 0",
    "try:\n    import nowhere as {0}\n    {1} = {0}.x\nexcept Exception:\n    {1} = @",
    "try:\n    import nowhere as {0}\nexcept ImportError:\n    pass\n{1} = '{0}' in vars()",
    "if @ < 0:\n    {0} = @\n{1} = @",
    "for _ in range(@):\n    globals()[f'N{{_}}'] = _\n{1} = @",
)
"""Statements that bind the second name. None of them keeps a value of the first, or of any."""

GUARDED = ("_g0", "_g1")
"""Names that no star import brings, and no other module asks for."""

GUARDS = (
    "if '{0}' not in globals():\n    {0} = @",
    "{0} = {0} if '{0}' in globals() else @",
    "{0} = globals().get('{0}', @)",
    "globals().setdefault('{0}', @)",
    "if '{0}' not in vars():\n    exec('{0} = @')",
    "if '{0}' not in dir():\n    globals()['{0}'] = @",
    "if not hasattr(__import__('sys').modules[__name__], '{0}'):\n    {0} = @",
    "try:\n    {0}\nexcept NameError:\n    {0} = @",
    "try:\n    {0} += 0\nexcept (KeyError, Exception):\n    {0} = @",
    "{0}_ = @\nwith __import__('contextlib').suppress(NameError):\n    {0}_ = {0}\n{0} = {0}_\ndel {0}_",
    "def _guard():\n    global {0}\n    if '{0}' not in globals():\n        {0} = @\n_guard()\ndel _guard",
)
"""Statements that keep the value of the last run."""

NO_GUARDS = (
    "{0} = @",
    "exec('{0} = @')",
    "if @ < 0:\n    {0} = @",
    "_g = ['{0}', dir(object)[0]]",
)
"""Statements that bind the name anew, or not at all."""

OUTER_LAYOUTS = {
    "above": "# one\n{}",
    "space": "\n\n{}",
    "behind": "{}  # two",
}
"""Comments and blank lines around a statement."""

INNER_LAYOUTS = {
    "brackets": ("@", "(\n    @  # three\n)"),
    "lines": (": ", ":\n    # four\n    "),
    "spaces": (" ", "  "),
}
"""Comments and line breaks in a statement: what takes the place of what."""

LAYOUTS = ("", *OUTER_LAYOUTS, *INNER_LAYOUTS)

BREAKS = {
    "raise": "raise RuntimeError('broken')",
    "syntax": "def (",
    "exit": "import sys; sys.exit(3)",
    "interrupt": "raise KeyboardInterrupt",
    "import": "from nowhere import nothing",
    "bytes": "",
    "nul": "",
}


class Chooser(Protocol):
    """Where random choices come from."""

    def pick(self, options: Sequence[T]) -> T:
        """Returns one of the options; the first is the simplest."""

    def chance(self, percent: int) -> bool:
        """Returns True so many times in a hundred."""


class Seeded:
    """A chooser that a number decides."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # nothing is kept secret by it

    def pick(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def chance(self, percent: int) -> bool:
        return self._random.randrange(100) < percent


@define
class Item:
    """One statement of a module.

    Attributes:
        text: Its source; the value in it may be changed by an edit.
        name: What it binds, or empty.
        kind: constant, function, class, use, import, star, all, doubtful (a block that may
            import), later (a function that imports), at import (its call), lazy, guard.
        value: A one-digit number that appears in `text` as ``@``.
        targets: Modules it imports.
        block: The block that its import is in, if any.
        layout: Which of `LAYOUTS` it has.
    """

    text: str
    name: str = ""
    kind: str = ""
    value: int = 1
    targets: tuple[str, ...] = ()
    block: str = "{}"
    layout: str = ""

    def rendered(self) -> str:
        text = self.block.format(self.text)
        if self.kind in ("constant", "function", "class") and "'" not in text:
            text = text.replace(*INNER_LAYOUTS.get(self.layout, ("@", "@")))
        return OUTER_LAYOUTS.get(self.layout, "{}").format(text).replace("@", str(self.value))


@define
class Module:
    """What a module should say."""

    name: str
    package: bool = False
    items: list[Item] = field(factory=list)
    broken: str = ""
    broken_at: int = 0
    present: bool = True
    pad: int = 0

    @property
    def path(self) -> str:
        base = self.name.replace(".", "/")
        return f"{base}/__init__.py" if self.package else f"{base}.py"

    @property
    def relative_to(self) -> str:
        return self.name if self.package else self.name.rpartition(".")[0]

    def source(self) -> bytes:
        lines = [item.rendered() for item in self.items]
        extra = BREAKS.get(self.broken)
        if extra:
            lines.insert(min(self.broken_at, len(lines)), extra)
        text = "".join(f"{line}\n" for line in lines) + "#" * self.pad
        data = text.encode()
        if self.broken == "bytes":
            data = b"# \xff\xfe\n" + data
        if self.broken == "nul":
            data += b"\0\n"
        return data


@define
class Project:
    """Modules by name."""

    modules: dict[str, Module] = field(factory=dict)

    def files(self) -> dict[str, bytes]:
        return {m.path: m.source() for m in self.modules.values() if m.present}

    def exported(self, name: str, depth: int = 3) -> dict[str, str]:
        """Returns the names that a module should have, with their kinds."""
        module = self.modules.get(name)
        names: dict[str, str] = {}
        if module is None:
            return names
        for item in module.items:
            if item.kind == "star" and depth:
                got = self.exported(item.targets[0], depth - 1)
                names.update({k: v for k, v in got.items() if not k.startswith("_")})
            elif item.name:
                for one in item.name.split():
                    names[one] = item.kind
        return names


def draw_project(choose: Chooser) -> Project:
    """Returns a project of two to seven modules."""
    project = Project()
    count = choose.pick(range(2, 8))
    for _ in range(count):
        add_module(choose, project)
    for module in list(project.modules.values()):
        fill(choose, project, module)
    return project


def add_module(choose: Chooser, project: Project) -> Module | None:
    """Adds an empty module, with the packages it lies in."""
    left = [n for n in POOL if n not in project.modules]
    if not left:
        return None
    name = choose.pick(left)
    parent = name.rpartition(".")[0]
    parts = parent.split(".") if parent else []
    for end in range(1, len(parts) + 1):
        package = ".".join(parts[:end])
        if package == "n":
            continue
        if package in project.modules:
            project.modules[package].package = True
        else:
            project.modules[package] = Module(package, package=True)
    module = project.modules[name] = Module(name, package=name in ("p", "p.q"))
    return module


def fill(choose: Chooser, project: Project, module: Module) -> None:
    """Gives a module two to six statements."""
    for _ in range(choose.pick(range(2, 7))):
        module.items.append(draw_item(choose, project, module))
    if choose.chance(10):
        names = [i.name for i in module.items if i.name and " " not in i.name]
        if names:
            some = sorted({choose.pick(names) for _ in range(3)})
            module.items.append(Item(f"__all__ = {some!r}", "__all__", "all"))


def draw_item(choose: Chooser, project: Project, module: Module) -> Item:
    """Returns a statement that could stand at the end of the module."""
    kind = choose.pick(
        [
            *["constant", "function", "class", "import", "import", "import", "nested", "use"],
            *["use", "names"],
        ]
    )
    value = choose.pick(range(1, 10))
    draw = {"import": draw_import, "nested": draw_nested_import, "use": draw_use}.get(kind)
    item = None if draw is None else draw(choose, project, module)
    if item is not None:
        return item
    if kind == "names":
        return draw_names(choose, module)
    if kind == "function":
        name = choose.pick(FUNCTIONS)
        return Item(f"def {name}(): return @", name, "function", value)
    if kind == "class":
        name = choose.pick(CLASSES)
        return Item(f"class {name}: v = @", name, "class", value)
    name = choose.pick(CONSTANTS)
    return Item(f"{name} = @", name, "constant", value)


def draw_names(choose: Chooser, module: Module) -> Item:
    """Returns a statement with names that its code does not show, or that it guards."""
    draw = choose.pick([draw_unseen, draw_by_chance, draw_guard])
    return draw(choose, module)


def draw_unseen(choose: Chooser, _module: Module) -> Item:
    """Returns a statement that binds a name though no instruction shows that."""
    kind = choose.pick(tuple(UNSEEN))
    names = {"constant": CONSTANTS, "function": (*FUNCTIONS, "len"), "class": CLASSES}
    name = choose.pick(names[kind])
    text = choose.pick(UNSEEN[kind]).format(name)
    return Item(text, name, kind, choose.pick(range(1, 10)))


def draw_by_chance(choose: Chooser, _module: Module) -> Item:
    """Returns a statement that seems to mean a name of the module."""
    use = choose.pick(USES)
    text = choose.pick(BY_CHANCE).format(choose.pick(CONSTANTS), use)
    return Item(text, use, "use", choose.pick(range(1, 10)))


def draw_guard(choose: Chooser, module: Module) -> Item:
    """Returns a guard, or another statement about a name that is guarded elsewhere.

    A module has one statement about such a name, so that it says by itself what it does.
    """
    left = [n for n in GUARDED if all(n not in item.text for item in module.items)]
    if not left:
        return draw_by_chance(choose, module)
    text = choose.pick((*GUARDS, *NO_GUARDS)).format(left[0])
    return Item(text, "", "guard", choose.pick(range(1, 10)))


def draw_nested_import(choose: Chooser, project: Project, module: Module) -> Item | None:
    """Returns an import that is not at the top level: in a block, in a function, or by name."""
    how = choose.pick(["block", "block", "block", "doubtful", "later", "at import", "lazy"])
    if how in ("at import", "lazy"):
        return draw_hidden_import(choose, project, module, lazy=how == "lazy")
    item = draw_import(choose, project, module)
    if item is None:
        return None
    if how == "block" or item.kind == "star":
        item.block = choose.pick(BLOCKS)
        return item
    atoms = _atoms(project, item)
    if how == "doubtful" or not atoms:
        block = choose.pick(DOUBTFUL_BLOCKS)
        return Item(item.text, "", "doubtful", choose.pick(range(1, 10)), item.targets, block)
    name, (atom, _) = choose.pick(FUNCTIONS), choose.pick(atoms)
    text = f"def {name}():\n    {item.text}\n    return ({atom}, @)"
    return Item(text, name, "later", 1, item.targets)


def draw_hidden_import(
    choose: Chooser, project: Project, module: Module, *, lazy: bool
) -> Item | None:
    """Returns an import that runs with the module, though no statement that runs names it.

    It is in a function that is called, or by name; or a package makes it when it is asked.
    """
    left = [name for name in HIDDEN if name not in project.modules]
    if not lazy and module.name not in HIDDEN and choose.chance(30):
        known = [name for name in HIDDEN if name in project.modules]
        if known:
            return _call_that_imports(choose, choose.pick(known))
    packages = [
        m
        for m in project.modules.values()
        if m.package and m is not module and "." not in m.name
    ]
    if not left or module.name in HIDDEN or (lazy and not packages):
        return None
    hidden = Module(left[0], items=[Item("K0 = @", "K0", "constant", 1)])
    inner = draw_import(choose, project, hidden) if choose.chance(25) else None
    if inner is not None:
        hidden.items.append(inner)
    project.modules[hidden.name] = hidden
    use = choose.pick(USES)
    if lazy:
        package = choose.pick(packages)
        ask = f"if name == {hidden.name!r}:\n    from {hidden.name} import K0\n    return K0\n"
        item = Item(f"def __getattr__(name):\n{ask}raise AttributeError(name)", "", "lazy")
        item.text = item.text.replace("\n", "\n    ")
        package.items = [i for i in package.items if i.kind != "lazy"]
        package.items.insert(0, item)
        text = f"import {package.name}\n{use} = {package.name}.{hidden.name}"
        return Item(text, f"{package.name} {use}", "at import", 1, (package.name, hidden.name))
    if choose.chance(50):
        text = f"for _ in [{hidden.name!r}]:\n    {use} = __import__('importlib').import_module(_).K0"
        return Item(text, use, "at import", 1, (hidden.name,))
    return _call_that_imports(choose, hidden.name)


def _call_that_imports(choose: Chooser, name: str) -> Item:
    """Returns a function that imports a module, and its call."""
    getter, use = choose.pick(GETTERS), choose.pick(USES)
    text = f"def {getter}():\n    from {name} import K0\n    return K0\n{use} = {getter}()"
    return Item(text, f"{getter} {use}", "at import", 1, (name,))


def draw_bystander(choose: Chooser, project: Project, name: str) -> bytes:
    """Returns the source of a module that only imports others, and has some state."""
    module = Module(name, items=[Item("STATE = []", "STATE", "constant")])
    for _ in range(choose.pick([1, 1, 2])):
        item = draw_import(choose, project, module)
        if item is not None:
            module.items.append(item)
            use = draw_use(choose, project, module)
            module.items += [use] if use is not None else []
    return module.source()


def draw_use(choose: Chooser, project: Project, module: Module) -> Item | None:
    """Returns a statement that uses what the module has imported."""
    atoms = [
        (atom, kind)
        for item in module.items
        if item.kind in ("import", "star", "class", "constant", "function")
        for atom, kind in _atoms(project, item)
    ]
    if not atoms:
        return None
    atom, kind = choose.pick(atoms)
    name = choose.pick(USES)
    if choose.chance(25):
        name = choose.pick(FUNCTIONS)
        return Item(f"def {name}(): return ({atom}, @)", name, "function")
    if kind == "class" and choose.chance(60):
        if choose.chance(50):
            name = choose.pick(CLASSES)
            if name != atom:
                return Item(f"class {name}({atom}): w = @", name, "class")
        return Item(f"{name} = {atom}()", name, "use")
    if kind == "function" and choose.chance(60):
        return Item(f"{name} = {atom}()", name, "use")
    return Item(f"{name} = ({atom}, @)", name, "use")


def _atoms(project: Project, item: Item) -> list[tuple[str, str]]:
    if item.kind == "star":
        return [
            (n, k)
            for n, k in project.exported(item.targets[0]).items()
            if not n.startswith("_")
        ]
    if item.kind == "import":
        if item.text.startswith("import "):
            by = item.text.split(" as ")[1] if " as " in item.text else item.targets[0]
            got = project.exported(item.targets[0])
            return [(f"{by}.{n}", k) for n, k in got.items() if n != "__all__"]
        kinds = project.exported(item.targets[0])
        return [
            (part.split(" as ")[-1], kinds.get(part.split(" as ")[0], "constant"))
            for part in item.text.partition(" import ")[2].split(", ")
        ]
    return [(item.name, item.kind)]


def draw_import(choose: Chooser, project: Project, module: Module) -> Item | None:
    """Returns an import of another module of the project; mostly of a later one."""
    names = sorted(set(project.modules).difference(HIDDEN))
    here = names.index(module.name) if module.name in names else 0
    others = [n for n in names[here + 1 :] if n != module.name]
    if choose.chance(25) or not others:
        others = [n for n in names if n != module.name]
    if not others:
        return None
    return import_of(choose, project, choose.pick(others), module.relative_to)


def import_of(choose: Chooser, project: Project, target: str, package: str) -> Item | None:
    """Returns an import of `target`, written one of the many ways."""
    parent, _, child = target.rpartition(".")
    has = [n for n in project.exported(target) if n != "__all__"]
    style = choose.pick(["from", "from", "from", "plain", "alias", "star", "child", "child"])
    from_ = target
    if "." in package + target and package and choose.chance(60):
        from_ = relative(target, package) or target
    if style == "from" and has:
        picked = list(dict.fromkeys(choose.pick(has) for _ in range(choose.pick([1, 1, 2]))))
        parts = []
        bound = []
        for one in picked:
            alias = choose.pick(ALIASES) if choose.chance(20) else one
            parts.append(one if alias == one else f"{one} as {alias}")
            bound.append(alias)
        return Item(
            f"from {from_} import {', '.join(parts)}", " ".join(bound), "import", 1, (target,)
        )
    if style == "star":
        return Item(f"from {from_} import *", "", "star", 1, (target,))
    if style == "child" and parent:
        from_ = parent
        if package and choose.chance(60):
            from_ = relative(parent, package) or parent
        alias = choose.pick(ALIASES) if choose.chance(20) else child
        text = f"from {from_} import {child}" + (f" as {alias}" if alias != child else "")
        return Item(text, alias, "import", 1, (parent,))
    if style == "alias":
        alias = choose.pick(ALIASES)
        return Item(f"import {target} as {alias}", alias, "import", 1, (target,))
    return Item(f"import {target}", target.partition(".")[0], "import", 1, (target,))


def relative(target: str, package: str) -> str:
    """Returns `target` as written relative to `package`, or nothing if it lies elsewhere."""
    base = package
    dots = "."
    while base:
        if target == base:
            return dots
        if target.startswith(f"{base}."):
            return dots + target[len(base) + 1 :]
        base = base.rpartition(".")[0]
        dots += "."
    return ""


def draw_cell(choose: Chooser, project: Project) -> str:
    """Returns one to three import statements for a notebook's cell."""
    names = [n for n, m in project.modules.items() if m.present and n not in HIDDEN] or ["os"]
    lines = []
    for _ in range(choose.pick([1, 2, 3])):
        item = import_of(choose, project, choose.pick(names), "")
        if item is not None:
            lines.append(item.text)
    return "\n".join(lines)


def edit(choose: Chooser, project: Project, kinds: Sequence[str]) -> None:
    """Changes the project in one random way, of one of these kinds."""
    change = EDITS[choose.pick(kinds)]
    change(choose, project, project.modules[choose.pick(sorted(project.modules))])


def change_value(choose: Chooser, project: Project, module: Module) -> None:
    """Changes a number: the file's size stays."""
    valued = [item for item in module.items if "@" in item.text]
    if valued:
        choose.pick(valued).value = choose.pick(range(1, 10))
    else:
        module.pad = choose.pick(range(5))


def change_layout(choose: Chooser, project: Project, module: Module) -> None:
    """Changes comments, blank lines, or line breaks: what runs stays the same."""
    for item in module.items:
        if choose.chance(50):
            item.layout = choose.pick(LAYOUTS)
    module.pad = choose.pick(range(5))


def add_statement(choose: Chooser, project: Project, module: Module) -> None:
    """Adds a statement at the end, or anywhere."""
    item = draw_item(choose, project, module)
    place = len(module.items)
    if choose.chance(50):
        place = choose.pick(range(place + 1))
    module.items.insert(place, item)


def add_import(choose: Chooser, project: Project, module: Module) -> None:
    """Adds an import anywhere."""
    item = draw_import(choose, project, module)
    if item is not None:
        module.items.insert(choose.pick(range(len(module.items) + 1)), item)


def drop_statement(choose: Chooser, project: Project, module: Module) -> None:
    """Removes a statement; who imports its name may not notice."""
    if module.items:
        module.items.pop(choose.pick(range(len(module.items))))


def change_guard(choose: Chooser, project: Project, module: Module) -> None:
    """Gives a statement about a guarded name another form and value, or adds one."""
    module.items = [item for item in module.items if item.kind != "guard"]
    module.items.insert(choose.pick(range(len(module.items) + 1)), draw_guard(choose, module))


def move_name(choose: Chooser, project: Project, module: Module) -> None:
    """Moves a definition to another module, and most of its importers with it."""
    movable = [i for i in module.items if i.kind in ("constant", "function", "class")]
    target = project.modules[choose.pick(sorted(project.modules))]
    if not movable or target is module or {module.name, target.name} & {*HIDDEN}:
        return
    item = choose.pick(movable)
    module.items.remove(item)
    target.items.insert(0, item)
    moved = f"from {target.name} import {item.name}"
    for one in (i for other in project.modules.values() for i in other.items):
        asked = one.text.partition(" import ")[2]
        if one.kind == "import" and one.targets == (module.name,) and asked == item.name:
            one.text, one.targets = moved, (target.name,)
    if choose.chance(50):
        module.items.insert(0, Item(moved, item.name, "import", 1, (target.name,)))


def break_module(choose: Chooser, project: Project, module: Module) -> None:
    """Makes a module raise half way, or impossible to parse or decode."""
    module.broken = choose.pick(tuple(BREAKS))
    module.broken_at = choose.pick(range(6))


def repair_all(choose: Chooser, project: Project, module: Module) -> None:
    """Repairs whatever `break_module` broke."""
    for one in project.modules.values():
        one.broken = ""


def take_away(choose: Chooser, project: Project, module: Module) -> None:
    """Takes a file away."""
    module.present = False


def put_back(choose: Chooser, project: Project, module: Module) -> None:
    """Puts all files back."""
    for one in project.modules.values():
        one.present = True


def turn_package(choose: Chooser, project: Project, module: Module) -> None:
    """Turns m.py into m/__init__.py or back."""
    if not any(name.startswith(f"{module.name}.") for name in project.modules):
        module.package = not module.package


def add_new_module(choose: Chooser, project: Project, module: Module) -> None:
    """Writes a module that was never loaded, and imports it."""
    new = add_module(choose, project)
    if new is None:
        return
    fill(choose, project, new)
    item = import_of(choose, project, new.name, module.relative_to)
    if item is not None:
        module.items.insert(choose.pick(range(len(module.items) + 1)), item)


EDITS: dict[str, Callable[[Chooser, Project, Module], None]] = {
    "value": change_value,
    "layout": change_layout,
    "statement": add_statement,
    "import": add_import,
    "drop": drop_statement,
    "move": move_name,
    "guard": change_guard,
    "new": add_new_module,
    "package": turn_package,
    "away": take_away,
    "back": put_back,
    "break": break_module,
    "repair": repair_all,
}

SOUND_EDITS = (
    *["value", "value", "statement", "import", "drop", "move", "guard", "new", "package"],
)
"""Edits after which the files are there, and say what they are meant to say."""
