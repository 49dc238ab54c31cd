"""`import liveimport` in plain Python: light, without side effects, and with one variable."""

import json
import os
import subprocess
import sys

import pytest

import liveimport

SCRIPT = """
import builtins, json, sys, threading

def world():
    return {
        "meta_path": list(sys.meta_path),
        "path_hooks": list(sys.path_hooks),
        "path": list(sys.path),
        "builtins": dict(vars(builtins)),
        "threads": threading.enumerate(),
    }

before = world()
import liveimport
after = world()
changed = [name for name in before if before[name] != after[name]]
print(json.dumps({"changed": changed, "loaded": list(sys.modules)}))
"""

VARIABLES = """
import functools, importlib, inspect, json, operator, pkgutil, re, types
import liveimport

READ_ONLY = (types.MappingProxyType, operator.attrgetter, operator.methodcaller)
IMMUTABLE = (bool, int, float, str, bytes, frozenset, re.Pattern, type(None), object, *READ_ONLY)

def fixed(value):
    if isinstance(value, tuple):
        return all(map(fixed, value))
    return type(value) in IMMUTABLE or inspect.ismodule(value) or defines(value) or refuses(value)

def defines(value):
    typing = {"typing", "types", "collections.abc"}
    made = isinstance(value, functools.partial)  # as attrs' frozen is
    return made or inspect.isclass(value) or inspect.isroutine(value) or type(value).__module__ in typing

def refuses(value):
    try:
        value.anything = None
    except AttributeError:
        return hasattr(value, "__attrs_attrs__")
    return False

def read_only(module, name):
    shown = str(vars(module).get("__annotations__", {}).get(name))
    return "Mapping" in shown and "MutableMapping" not in shown

found = pkgutil.walk_packages(liveimport.__path__, "liveimport.")
# Adapters for clusters import the engine that the user has imported.
left_out = re.compile(r".*(__main__|\\.clusters\\.(dask|ipyparallel).*)")
modules = [importlib.import_module(m.name) for m in found if not left_out.fullmatch(m.name)]
print(json.dumps(sorted({
    id(value): f"{type(value).__module__}.{type(value).__qualname__}"
    for module in [liveimport, *modules]
    for name, value in vars(module).items()
    if not (name.startswith("__") or fixed(value) or read_only(module, name))
}.values())))
"""


def run(script):
    """Returns what a script prints as JSON, run by a Python of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        check=False,  # what it wrote tells more than its status
        text=True,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def imported():
    """What changed by `import liveimport`."""
    return run(SCRIPT)


def test_no_module_of_ipython_is_loaded(imported):
    """A script does not pay for what only notebooks need."""
    packages = {name.partition(".")[0] for name in imported["loaded"]}
    assert "liveimport" in packages
    assert packages.isdisjoint({"IPython", "ipykernel", "jupyter_client", "traitlets"})


def test_no_file_of_a_project_is_read(imported):
    """That waits for the first call, and the parser for a file that mentions LiveImport."""
    assert "tomllib" not in imported["loaded"]


def test_the_defaults_of_a_project(tmp_path):
    """A script has them at its first call; what is wrong is one warning."""
    (tmp_path / "pyproject.toml").write_text("[tool.liveimport]\ngrace = 3\ngrase = 2\n")
    code = """
import json, os, warnings
os.chdir(FOLDER)
import liveimport
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    grace = liveimport.auto_sync().grace, liveimport.auto_sync().grace
print(json.dumps([*grace, [str(warning.message) for warning in caught]]))
"""
    first, second, told = run(code.replace("FOLDER", repr(str(tmp_path))))
    assert (first, second) == (3, 3)
    path = tmp_path / "pyproject.toml"
    assert told == [f"{path}, [tool.liveimport]: grase is no setting; did you mean grace?"]


def test_importing_leaves_the_interpreter_as_it_was(imported):
    """No finder, hook, path, built-in or thread is added before anybody registers or syncs."""
    assert imported["changed"] == []


def test_the_session_is_the_only_variable():
    """Of all globals of all modules, one can change. Dicts that are annotated as Mapping cannot."""
    assert run(VARIABLES) == ["liveimport.effects.session.session.Session"]


@pytest.mark.parametrize("name", sorted(liveimport.__all__))
def test_annotations_can_be_resolved(name):
    """By tools that look at them when the program runs, before any sync too."""
    code = f"import liveimport, typing, json\nvalue = liveimport.{name}\n"
    check = "hints = typing.get_type_hints(value) if callable(value) and not typing.get_origin(value) else {}\nprint(json.dumps(len(hints)))"
    assert run(code + check) >= 0


def test_a_working_directory_that_is_gone():
    """Then there is no workspace at first, and one can be set."""
    assert run("""
import json, os, tempfile
os.chdir(tempfile.mkdtemp())
os.rmdir(os.getcwd())
import liveimport
from liveimport.effects.session.session import SESSION
before = SESSION.state.workspace.directories
liveimport.workspace("/")
print(json.dumps([before, SESSION.state.workspace.directories]))
""") == [[], ["/"]]


@pytest.mark.processes
@pytest.mark.skipif(sys.version_info < (3, 13), reason="3.12 may crash as it ends")
def test_in_a_subinterpreter(tmp_path):
    """One with a GIL of its own, in which nobody may look at the frames of all threads."""
    (tmp_path / "low.py").write_text("x = 1\n")
    (tmp_path / "top.py").write_text("import low\ny = low.x\n")
    inside = f"""
import sys
sys.path[:0] = {[str(tmp_path), *filter(None, sys.path)]!r}
import liveimport
del sys._current_frames
names = {{}}
liveimport.register(names, "import top", execute=True)
with open({str(tmp_path / "low.py")!r}, "w") as file:
    file.write("x = 22\\n")
outcome = liveimport.sync()
print([event.module for event in outcome.events], names["top"].y)
liveimport.auto_sync(detect="code")
with open({str(tmp_path / "low.py")!r}, "w") as file:
    file.write("x = 1\\n\\ndef f(): pass\\n")
liveimport.sync()
with open({str(tmp_path / "low.py")!r}, "w") as file:
    file.write("x = 1\\n# two\\n\\ndef f(): pass\\n")
print(liveimport.sync().relaid)
"""
    program = f"import _interpreters as i; print(i.run_string(i.create(), {inside!r}))"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines() == ["['low', 'top'] 22", "('low',)", "None"], ran.stderr
