"""Import hooks that people use: a module that came by one reloads as a fresh interpreter loads it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import installed

# The first of them installs the hooks.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CHILD = """
import json, sys
sys.path.insert(0, "")
setup, old, new, file, session = json.loads(sys.argv[1])
write = lambda text: open(file, "w").write(text)
write(old if session else new)
names = {"__name__": "__main__"}
if session:
    import liveimport  # before a hook that checks the types of whatever comes later
exec(setup, names)
exec("import pack.work", names)
if session:
    liveimport.register(names, "import pack.work")
    write(new)
    liveimport.sync()
found = [names["pack"].work.f(1)]
try:
    found.append(names["pack"].work.f("text"))
except Exception as error:
    found.append(type(error).__name__)
print(json.dumps([found, hasattr(names["pack"].work, "traced")]))
"""

SOURCE = "def f(x: int) -> int:\n    return x if type(x) is str else x + {}\n"


def notebook(value: int) -> str:
    """Returns a notebook with that source in a cell."""
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**cell, "source": SOURCE.format(value)}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


HOOKS = {
    "beartype": "from beartype.claw import beartype_package\nbeartype_package('pack')",
    "beartype in a with": (
        "from beartype.claw import beartyping\nwith beartyping():\n    import pack.work"
    ),
    "typeguard": "import typeguard\ntypeguard.install_import_hook(['pack'])",
    "typeguard in a with": (
        "import typeguard\nwith typeguard.install_import_hook(['pack']):\n    import pack.work"
    ),
    "ddtrace": (
        "from ddtrace.internal.module import ModuleWatchdog as W\nW.install()\n"
        "W.register_module_hook('pack.work', lambda module: vars(module).update(traced=1))"
    ),
    "importnb": "import importnb\nimportnb.Notebook().__enter__()",
}


@pytest.fixture(scope="session")
def library(request, tmp_path_factory) -> Path:
    """The folder in which the hooks are installed."""
    cache = getattr(request.config, "cache", None)  # none with -p no:cacheprovider
    lasting = cache.mkdir("import_hooks") if cache else tmp_path_factory.getbasetemp()
    requirements = Path(__file__).with_name("requirements-hooks.txt")
    return installed(lasting / "library", requirements)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_module_reloads_through_its_hook(hook, library, tmp_path):
    """An edit of one size in one second gives what a fresh interpreter gives, checks included."""
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").touch()
    file = "pack/work.ipynb" if hook == "importnb" else "pack/work.py"
    old, new = (notebook(n) if hook == "importnb" else SOURCE.format(n) for n in (1, 2))
    path = os.pathsep.join(filter(None, [str(library), os.environ.get("PYTHONPATH")]))
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": path, "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "0"}
    said = []
    for session in (True, False):
        if not session:
            environment["PYTHONPYCACHEPREFIX"] = str(tmp_path / "empty")
        given = json.dumps([HOOKS[hook], old, new, file, session])
        command = [sys.executable, "-c", CHILD, given]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
        )
        said.append(json.loads(done.stdout.splitlines()[-1]))
    assert said[0] == said[1]
    assert said[0][0][0] == 3
