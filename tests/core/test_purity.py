"""The core is pure: it touches nothing outside itself, and its values are immutable.

Each check is a function of its own. A test shows it something that it must object to.
"""

import ast
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
import tomllib
from collections import deque
from collections.abc import MutableMapping, MutableSequence, MutableSet
from types import ModuleType
from typing import Any, NamedTuple, get_args, get_type_hints

import attrs
import pytest

import liveimport
from liveimport import core

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOUCHING = frozenset(
    {"open", "print", "exec", "eval", "__import__", "input", "setattr", "delattr"}
)
MUTABLE = (list, dict, set, bytearray, deque, MutableMapping, MutableSequence, MutableSet)
MODULES = tuple(
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(core.__path__, f"{core.__name__}.")
)
CLASSES = dict.fromkeys(
    value
    for module in MODULES
    for value in vars(module).values()
    if inspect.isclass(value)
    and (attrs.has(value) or issubclass(value, tuple))
    and value.__module__ in {module.__name__, liveimport.__name__}
)


def forbidden_modules():
    """Returns what import-linter forbids core to import."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    return frozenset(
        name
        for contract in contracts
        if "liveimport.core" in contract.get("source_modules", ())
        for name in contract["forbidden_modules"]
    )


def touching_names(text):
    """Returns the names in a source by which it could touch the world, called or not."""
    return {
        node.id
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name) and node.id in TOUCHING
    }


def imported(text):
    """Returns the top-level packages that a source imports anywhere, by absolute imports."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names


def changed_modules(text):
    """Returns the imported names whose attributes a source sets or deletes."""
    tree = ast.parse(text)
    names = {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    changed = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Subscript)
        and not isinstance(node.ctx, ast.Load)
    ]
    bases = {
        base.id for value in changed for base in ast.walk(value) if isinstance(base, ast.Name)
    }
    return names & bases


def fields(cls):
    """Returns the types of the fields of a named tuple or an attrs class."""
    if issubclass(cls, tuple):
        return get_type_hints(cls)
    return {field.name: field.type for field in attrs.fields(attrs.resolve_types(cls))}


def mutable_fields(cls):
    """Returns the fields of a class of values that are annotated as something mutable."""
    return [name for name, annotation in fields(cls).items() if mutable(annotation)]


def mutable(annotation):
    """Whether a mutable type occurs in an annotation, however deep."""
    origin = getattr(annotation, "__origin__", annotation)
    return (inspect.isclass(origin) and issubclass(origin, MUTABLE)) or any(
        map(mutable, get_args(annotation))
    )


def frozen(cls):
    """Whether instances of a class of values refuse to be changed, and to have more fields."""
    named = issubclass(cls, tuple)
    blank = cls(*cls._fields) if named else object.__new__(cls)
    for name in (next(iter(fields(cls))), "more"):
        try:
            setattr(blank, name, None)
        except AttributeError:
            continue
        return False
    return True


def source_of(module):
    """Returns the source of a module."""
    return inspect.getsource(module)


@pytest.mark.parametrize(
    "text", ["print(1)", "with open(f): pass", "f = eval", "x = [exec]", "setattr(x, 'y', 1)"]
)
def test_the_check_of_names_objects(text):
    """It objects to every use of such a name, not only to calls."""
    assert touching_names(text)


@pytest.mark.parametrize(
    "text",
    [
        "import os.path",
        "def f():\n    from time import time",
        "import ast, sys",
        "import warnings",
        "from warnings import catch_warnings",
    ],
)
def test_the_check_of_imports_objects(text):
    """It objects to imports anywhere in a source."""
    assert imported(text) & forbidden_modules()


@pytest.mark.parametrize(
    "text",
    [
        "import warnings\nwarnings.showwarning = f",
        "def f():\n    import ast as other\n    other.x.y += 1",
        "from sys import modules\nmodules['a'] = 1",
        "import ast\ndel ast.parse",
    ],
)
def test_the_check_of_changed_modules_objects(text):
    """It objects to attributes and items, at any depth."""
    assert changed_modules(text)
    assert not changed_modules("import ast\nself.tree = ast.parse(text)")


@pytest.mark.parametrize(
    "annotation",
    [list, dict[str, int], tuple[list[int], ...], set | None, MutableMapping[str, Any], deque],
)
def test_the_check_of_fields_objects(annotation):
    """It objects to mutable types, also within others."""
    made = attrs.make_class("Made", {"bad": attrs.field(type=annotation)}, frozen=True)

    class Named(NamedTuple):
        good: int
        bad: annotation

    assert (mutable_fields(made), mutable_fields(Named)) == (["bad"], ["bad"])


def test_the_check_of_classes_objects():
    """It objects to classes whose instances can be changed."""
    assert not frozen(attrs.make_class("Made", ["field"]))
    assert frozen(attrs.make_class("Made", ["field"], frozen=True))

    class Named(NamedTuple):
        field: int

    class Loose(Named):
        """A named tuple without slots."""

    assert frozen(Named)
    assert not frozen(Loose)


def test_the_checks_see_the_whole_core():
    """Every file below core is a module here. The values of the design are among the classes."""
    files = {
        os.path.relpath(os.path.join(folder, file), os.path.dirname(core.__file__))
        for folder, _, names in os.walk(os.path.dirname(core.__file__))
        for file in names
        if file.endswith(".py")
    }
    names = {file.removesuffix(".py").removesuffix("__init__") for file in files}
    expected = {f"{core.__name__}.{name.replace(os.sep, '.')}".rstrip(".") for name in names}
    assert {module.__name__ for module in (core, *MODULES)} == expected
    assert {"core.source", "core.planning", "core.report.messages"} <= {
        name.partition(".")[2] for name in expected
    }
    values = {"State", "Snapshot", "SourceInfo", "Changes", "ReloadPlan", "Outcome", "Binding"}
    assert values <= {cls.__name__ for cls in CLASSES}


@pytest.mark.parametrize("module", [core, *MODULES], ids=lambda module: module.__name__)
def test_core_touches_nothing(module: ModuleType):
    """It uses no function and imports no module that touches the world."""
    assert touching_names(source_of(module)) == set()
    assert imported(source_of(module)) & forbidden_modules() == set()


@pytest.mark.parametrize("module", [core, *MODULES], ids=lambda module: module.__name__)
def test_core_has_no_effect_on_the_process(module: ModuleType):
    """It changes no module, and not the filters of warnings either."""
    assert changed_modules(source_of(module)) == set()
    assert "warnings" not in imported(source_of(module))


@pytest.mark.parametrize("module", [core, *MODULES], ids=lambda module: module.__name__)
def test_core_keeps_no_variables(module: ModuleType):
    """No function rebinds a name of its module."""
    nodes = ast.walk(ast.parse(source_of(module)))
    assert not [node for node in nodes if isinstance(node, ast.Global)]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_values_are_immutable(cls):
    """They are frozen. No list, dict or set is inside, which frozen would not stop."""
    assert frozen(cls)
    assert mutable_fields(cls) == []


@pytest.mark.processes
def test_the_layers_are_kept():
    """The contracts of import-linter hold."""
    linter = os.path.join(os.path.dirname(sys.executable), "lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_package_under_test_is_the_one_that_is_linted():
    """The checks are not about another copy."""
    assert os.path.dirname(os.path.dirname(os.path.abspath(liveimport.__file__))) == ROOT
