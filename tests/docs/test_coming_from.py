"""The table of the page for users of autoreload: the same session, run by each of the tools."""

import json
import subprocess
import sys

import IPython
import pytest

pytestmark = pytest.mark.processes

SESSION = """
import json, os, sys, time
from IPython.core.interactiveshell import InteractiveShell

how = sys.argv[1]
sys.path.insert(0, os.getcwd())
shell = InteractiveShell.instance(colors="nocolor")
ahead = [0]
found = {}

def write(**files):
    for name, text in files.items():
        ahead[0] += 2
        with open(name + ".py", "w") as file:
            file.write(text)
        then = time.time() + ahead[0]
        os.utime(name + ".py", (then, then))

def keep(**expressions):
    shell.user_ns["found"] = found
    for name, expression in expressions.items():
        shell.run_cell(f"found[{name!r}] = {expression}")

if how == "liveimport":
    shell.run_cell("import liveimport\\nliveimport.auto_sync(grace=0, register='project');")
else:
    shell.run_cell(f"%load_ext autoreload\\n%autoreload {how}")

write(low="x = 1\\ndef gone(): pass\\nclass C:\\n    def f(self): return 1\\n")
write(high="from low import x\\ny = x + 1\\n", table="T = []\\n", other="x = 1\\n")
write(plug="import table\\ndef f(): pass\\ntable.T.append(f)\\n", star="p = 1\\n")
shell.run_cell("import high, low, plug, table, other\\nfrom star import *\\nfrom low import x")
shell.run_cell("c = low.C()")
write(low="x = 10\\nclass C:\\n    def f(self): return 10\\n")
write(plug="import table\\ndef f(): return 2\\ntable.T.append((f, 2))\\n", star="p = 2\\nq = 3\\n")
keep(dependent="high.y", gone="hasattr(low, 'gone')", name="x", star="(p, 'q' in globals())")
keep(table="len(table.T)", instance="c.f()", is_instance="isinstance(c, low.C)")
write(high="from low import x\\ny = x + 2\\n", low="x = 20\\nclass C: pass\\n")
shell.run_cell("1")
write(high="from low import x\\ny = x + 3\\nraise ValueError\\n", low="x = 30\\nclass C: pass\\n")
keep(broken="(low.x, high.y != low.x + 2)")
print("FOUND", json.dumps(found))
"""

EXPECTED = {
    "2": {
        "dependent": 2,
        "gone": False,
        "name": 1,
        "star": [1, False],
        "table": 2,
        "instance": 10,
        "is_instance": True,
        "broken": [30, True],
    },
    "3": {
        "dependent": 2,
        "gone": False,
        "name": 10,
        "star": [2, True],
        "table": 2,
        "instance": 10,
        "is_instance": True,
        "broken": [30, True],
    },
    "liveimport": {
        "dependent": 11,
        "gone": False,
        "name": 10,
        "star": [2, True],
        "table": 1,
        "instance": 1,
        "is_instance": False,
        "broken": [20, False],
    },
}


@pytest.mark.parametrize("how", EXPECTED)
def test_what_the_table_says(how, tmp_path):
    """Each cell of the table is what this session shows."""
    if how != "liveimport" and IPython.version_info < (9,):
        pytest.skip("the table is that of IPython 9")
    ran = subprocess.run(
        [sys.executable, "-c", SESSION, how],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = (line for line in ran.stdout.splitlines() if line.startswith("FOUND "))
    assert json.loads(line.removeprefix("FOUND ")) == EXPECTED[how]
