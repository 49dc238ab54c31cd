"""No chain of imports in a half of the package is longer than it has to be.

Counted are the files that a file imports as it is imported itself: not those for types only, and
not those that a function imports when it is called.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    for file in (ROOT / "liveimport").rglob("*.py")
}
LONGEST = {"core": 7, "effects": 8}


def statements(body):
    """Yields the statements that run as a module is imported, and are not for types only."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from statements(statement.orelse)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            for field in ("body", "orelse", "finalbody", "handlers"):
                yield from statements(getattr(statement, field, ()))


def source_of(statement, package):
    """Returns the absolute name of the module from which a statement imports names."""
    parts = package.split(".")
    base = parts[: len(parts) - statement.level + 1] if statement.level else []
    return ".".join([*base, *filter(None, [statement.module])])


@cache
def imported_by(name):
    """Returns the modules of the package that one imports."""
    file = FILES[name]
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for statement in statements(ast.parse(file.read_text(encoding="utf-8")).body):
        if isinstance(statement, ast.Import):
            found.update(alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            module = source_of(statement, package)
            submodules = (f"{module}.{alias.name}" for alias in statement.names)
            found.update(one if one in FILES else module for one in submodules)
    return sorted(found.intersection(FILES) - {name})


@cache
def longest_chain(name, half):
    """Returns the longest chain of imports that begins with a module, within a half."""
    below = [m for m in imported_by(name) if m.startswith(half)]
    return (name, *max((longest_chain(m, half) for m in below), key=len, default=()))


@pytest.mark.parametrize("half", ["liveimport.core", "liveimport.effects"])
def test_chains_of_imports_are_short(half):
    """So nobody has to read many files to know what one rests on."""
    chains = [longest_chain(name, half) for name in FILES if name.startswith(half)]
    longest = max(chains, key=len)
    assert len(longest) <= LONGEST[half.rpartition(".")[2]], " > ".join(longest)


def test_what_counts_as_an_import():
    """Imports for types only, and those in functions, do not count."""
    text = """
import a
if TYPE_CHECKING:
    import b
else:
    import c
try:
    import d
except ImportError:
    import e
def f():
    import g
class C:
    import h
"""
    found = [
        s.names[0].name for s in statements(ast.parse(text).body) if isinstance(s, ast.Import)
    ]
    assert found == ["a", "c", "d", "e", "h"]
