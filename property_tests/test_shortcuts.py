"""The shortcuts say what the long way says: on real sources, and on sources made to mislead.

Fast imports are compared with the syntax tree, the names of compiled code with `dis`, and the
guards of sources whose code is looked at first with those of sources that are all parsed.
``LIVEIMPORT_EVERY=1`` lets the slow test take every file, which is a matter of minutes.
"""

import ast
import dis
import os
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveimport.core.source.analysis import analyse
from liveimport.core.source.fast_imports import fast_imports
from liveimport.core.source.guards import guards_in
from liveimport.core.source.names import names_in_code

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
FOLDERS = ("stdlib", "purelib")
STORES = frozenset({"STORE_NAME", "DELETE_NAME", "STORE_GLOBAL", "DELETE_GLOBAL"})
INLINED = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


def sources(every: int = 1) -> Iterator[Path]:
    """Yields each so many-th source of the standard library and of what is installed."""
    folders = {Path(sysconfig.get_path(folder)).resolve() for folder in FOLDERS}
    found = {path for folder in folders for path in folder.rglob("*.py") if path.is_file()}
    yield from sorted(found)[::every]


def imports_by(way, data):
    """Returns the imports of a source, found in this way; or that it is not Python."""
    try:
        info = way(data, "pack.age")
    except SyntaxError:
        return "not Python"
    return info.top_level, info.eager, info.deferred


def compiled(data: bytes) -> CodeType | None:
    """Returns the code of a source; None if it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return compile(data, "source.py", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def stored(code: CodeType) -> set[str]:
    """Returns the names that a code stores or deletes, as `dis` reads it."""
    return {i.argval for i in dis.get_instructions(code) if i.opname in STORES}


def stored_by_dis(code: CodeType) -> tuple[set[str], set[str]]:
    """Returns what a module's code binds, and what the functions and classes in it bind there."""
    names, by_functions = stored(code) - {"__doc__"}, set()

    def walk(outer, *, in_module):
        for inner in outer.co_consts:
            if isinstance(inner, CodeType):
                here = in_module and inner.co_name in INLINED
                of_module = {
                    i.argval
                    for i in dis.get_instructions(inner)
                    if i.opname in {"STORE_GLOBAL", "DELETE_GLOBAL"}
                }
                (names if here else by_functions).update(of_module)
                walk(inner, in_module=here)

    walk(code, in_module=True)
    return names, by_functions


def declared_global(tree: ast.Module) -> frozenset[str]:
    """Returns the names that functions or classes declare to be the module's."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Global))
    return frozenset(name for node in nodes for name in node.names)


def names_by_syntax(tree: ast.Module) -> frozenset[str]:
    """Returns the names bound at module level, nested in other statements or not.

    What a comprehension binds is its own, but for ``:=``; what a function or a class binds in
    its body is its own as well.
    """
    names: set[str] = set()
    pending: list[tuple[ast.AST, bool]] = [(statement, False) for statement in tree.body]
    while pending:
        node, in_comprehension = pending.pop()
        if isinstance(node, ast.NamedExpr):
            names.add(node.target.id)
        if not in_comprehension:
            names.update(bound_right_by(node))
        if not isinstance(node, SCOPES):
            inner = in_comprehension or isinstance(node, COMPREHENSIONS)
            pending.extend((child, inner) for child in ast.iter_child_nodes(node))
    return frozenset(names)


def bound_right_by(node: ast.AST) -> Iterable[str]:
    """Returns the names that a node binds itself."""
    match node:
        case (
            ast.Name(id=name, ctx=ast.Store() | ast.Del())
            | ast.FunctionDef(name=name)
            | ast.AsyncFunctionDef(name=name)
            | ast.ClassDef(name=name)
            | ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
        ):
            return (name,)
        case ast.Import() | ast.ImportFrom():
            bound = (alias.asname or alias.name.partition(".")[0] for alias in node.names)
            return (name for name in bound if name != "*")
    return ()


def disagreement(path: Path) -> str:
    """Returns in what the shortcuts differ from the long way on a file; nothing if they agree."""
    data = path.read_bytes()
    code = compiled(data)
    if code is None:
        return ""  # fast imports may say anything of it, and then the compiler refuses it
    if imports_by(fast_imports, data) != imports_by(analyse, data):
        return f"{path}: imports"
    tree = parsed(data)
    found, names = names_in_code(code, data), names_by_syntax(tree)
    if (found.module_level, found.by_functions) != stored_by_dis(code):
        return f"{path}: stores"
    if found[2:] != guards_in(tree, found.module_level | found.by_functions):
        return f"{path}: guards"
    if (
        not found.module_level <= names
        or not found.by_functions <= declared_global(tree) | names
    ):
        return f"{path}: names"
    return ""


def parsed(data: bytes) -> ast.Module:
    """Returns the syntax tree of a source."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(data)


def test_some_real_sources():
    """A share of what is installed here; the slow test takes more of it."""
    chosen = list(sources(every=100))
    assert len(chosen) > 30
    assert [found for found in map(disagreement, chosen) if found] == []


@pytest.mark.slow
def test_many_real_sources():
    """The standard library and every installed package, each so many-th file of them."""
    chosen = list(sources(every=int(os.environ.get("LIVEIMPORT_EVERY", "28"))))
    assert [found for found in map(disagreement, chosen) if found] == []


LINES = (
    "import a",
    "import a.b, c as d",
    "import a.b as c  # import z",
    "import a,",
    "import if",
    "import 1a",
    "import a..b",
    "from a import b",
    "from a import b as if",
    "from . import a, b as c",
    "from ..c import (a,  # import z",
    "    b as c,",
    "    b c,",
    ")",
    "()",
    "from a import (b)",
    "from a import ()",
    "from a import (,)",
    "from a import *",
    "from a import b; import c",
    "x = 1; import e",
    "    import f",
    "if x:",
    "try:",
    "except E: import g",
    "def f():",
    "class C:",
    "    x = '''",
    "'''",
    '"""',
    "x = 'import h'",
    'x = "it\'s" "an import"',
    "x = f'{y} import i'",
    "x = r'\\' 'import'",
    "# it's an import",
    "x = y \\",
    "\\",
    "",
    "pass",
    "    pass",
    "important = imported",
    "importa = 1",
    "import a = 1",
    "__import__('j')",
    "import_module",
)


@given(
    st.lists(
        st.tuples(st.sampled_from(LINES), st.sampled_from(["\n"] * 6 + ["\r\n", "\r"])),
        max_size=8,
    ),
    st.booleans(),
)
def test_sources_made_to_mislead(lines, ended):
    """Whatever Python is among these, fast imports are those that the parser finds."""
    text = "".join(line + newline for line, newline in lines)
    text = text if ended else text.rstrip("\r\n")
    if compiled(text.encode()) is not None:
        assert imports_by(fast_imports, text.encode()) == imports_by(analyse, text.encode())


STATEMENTS = (
    "x = 1",
    "x: int",
    "x: int = 1",
    "x = y = 1",
    "x, (y, *z) = w",
    "del x",
    "for x in y: z = 1",
    "with a as b: c = 1",
    "if x: y = 1",
    "if 0: y = 1",
    "try:\n    x\nexcept E as e:\n    y = 1",
    "import a.b, c as d",
    "from a import b as c",
    "from a import *",
    "def f():\n    global g, h\n    g = 1\n    del h",
    "class C:\n    global k\n    k = 1\n    l = 1",
    "lambda: (m := 1)",
    "[n := o for o in p]",
    "[[n := o for o in p] for q in r]",
    "list(s := t for t in u)",
    "def f():\n    return [v := w for w in x]",
    "global x\nx = 1",
    "match x:\n    case {'k': [a, *b], **c}: d = 1",
    "if 'x' not in globals(): x = 1",
    "def f():\n    try:\n        x\n    except: pass",
    "def f():\n    global x\n    try:\n        x + g\n    except Exception: pass",
    "def f(): return 'x' in globals()",
    "try:\n    x + k\nexcept NameError: x = 1",
    "try:\n    [z for z in y]\nexcept: x = 1",
    "class C:\n    try:\n        x\n    except BaseException: pass",
    "with suppress(NameError): x",
    "m = sys.modules[__name__]",
    "hasattr(m, 'x')",
    "y = hasattr(modules[__name__], 'k')",
    "globals().setdefault('n', 1)",
    "exec('x = 1')",
    "def f():\n    try:\n        x\n    except E: pass",
    "vars()['x'] = 1",
    "async def f(): pass",
    "@d\ndef f(): pass",
    "x += 1",
)


@given(st.lists(st.sampled_from(STATEMENTS), max_size=8))
def test_names_of_made_sources(statements):
    """Compiled code binds what the statements bind, but for what is only annotated or dead."""
    data = "\n".join(statements).encode()
    code = compiled(data)
    if code is None:
        return
    found, names = names_in_code(code, data), names_by_syntax(parsed(data))
    guards = guards_in(parsed(data), found.module_level | found.by_functions)
    assert found[2:] == guards
    unbound = {"x", "y"} if {"x: int", "if 0: y = 1"} & set(statements) else set()
    assert found.module_level <= names <= found.module_level | unbound
    assert found.by_functions == declared_global(parsed(data)) - ({"x"} - found.by_functions)
