"""One session with a module reloader; prints what it did, as JSON: `python session.py TOOL`.

The same cells and edits for each tool. It is run in an environment that has the tool, in an empty folder.
"""

# ruff: noqa: INP001  # a script: it imports nothing of ours unless LiveImport is the tool
# ruff: noqa: S102, S307  # cells and expressions are what a session executes

import json
import os
import sys
import time
from contextlib import suppress
from typing import Any

IMPORTS = "import low, high, plug, table, state\nfrom low import value\nfrom star import *"
OBJECTS = "thing = low.Thing()"

BEGINNING = {
    "low": "value = 1\ndef gone(): pass\nclass Thing:\n    def method(self): return 'old'\n",
    "high": "from low import value\nhalf = value / 2\n",
    "table": "ENTRIES = []\n",
    "plug": "import table\ndef f(): pass\ntable.ENTRIES.append(f)\n",
    "star": "first = 1\n",
    "state": "runs = []\nruns.append(1)\ndef f(): return 'old'\n",
}


class Plain:
    """Cells in a dict, and nothing that reloads."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}

    def run(self, cell: str) -> None:
        """Runs a cell."""
        exec(cell, self.names)

    def edited(self) -> None:
        """Is called when files have changed."""

    def value(self, expression: str) -> Any:
        """Returns the value of an expression in a cell; None if that fails."""
        try:
            return eval(expression, self.names)
        except Exception:  # noqa: BLE001  # what fails is the finding
            return None


class InIPython(Plain):
    """Cells in a shell of IPython, with an extension that works before each."""

    def __init__(self, beginning: str) -> None:
        super().__init__()
        from IPython.core.interactiveshell import InteractiveShell  # noqa: PLC0415  # see above

        self.shell: Any = InteractiveShell.instance(colors="nocolor")
        self.names = self.shell.user_ns
        self.run(beginning)

    def run(self, cell: str) -> None:
        """Runs a cell."""
        self.shell.run_cell(cell)

    def edited(self) -> None:
        """Runs a cell that does nothing, before which the extension works."""
        self.run("None")


class Namesake(InIPython):
    """The other package called `liveimport`, through the calls and the magic that both have."""

    def __init__(self) -> None:
        super().__init__("import liveimport\nliveimport.auto_sync(grace=0, report=False)")

    def run(self, cell: str) -> None:
        """Runs a cell, the imports under the magic that registers them."""
        super().run(f"%%liveimport\n{cell}" if cell == IMPORTS else cell)


class Marimo(Plain):
    """The reloader of marimo. It runs the cells again that used a module that changed."""

    def __init__(self) -> None:
        super().__init__()
        from marimo._runtime.reload.autoreload import ModuleReloader  # noqa: PLC0415  # see above

        self.reloader = ModuleReloader()

    def run(self, cell: str) -> None:
        """Runs a cell, before which marimo takes note of what is loaded."""
        super().run(cell)
        self.reloader.check(modules=sys.modules, reload=False)

    def edited(self) -> None:
        """Reloads; runs the cells that depend on it, as marimo does with `autorun`."""
        if self.reloader.check(modules=sys.modules, reload=True):
            for cell in (IMPORTS, OBJECTS):
                with suppress(Exception):
                    super().run(cell)


class Jurigged(Plain):
    """jurigged, which watches files and changes functions in place."""

    def __init__(self) -> None:
        super().__init__()
        import jurigged  # noqa: PLC0415  # see above

        self.watcher = jurigged.watch(
            f"{os.getcwd()}/*.py", logger=None, debounce=0.05, poll=0.1
        )

    def edited(self) -> None:
        """Gives its thread the time to see the edit."""
        time.sleep(1.5)


TOOLS = {
    "autoreload 2": lambda: InIPython("%load_ext autoreload\n%autoreload 2"),
    "autoreload 3": lambda: InIPython("%load_ext autoreload\n%autoreload 3"),
    "marimo": Marimo,
    "jurigged": Jurigged,
    "namesake": Namesake,
    "liveimport": lambda: InIPython(
        "import liveimport\nliveimport.auto_sync(grace=0, register='project');"
    ),
}


class Session:
    """A project, and the tool that has to follow its edits."""

    def __init__(self, tool: str) -> None:
        self.seconds_ahead = 0
        self.found: dict[str, Any] = {}
        sys.path.insert(0, os.getcwd())
        # No file has the date of the one before, and none is found in a cache.
        sys.dont_write_bytecode = True
        self.write(BEGINNING)
        self.tool = TOOLS[tool]()
        self.tool.run(IMPORTS)
        self.tool.run(OBJECTS)

    def write(self, files: dict[str, str]) -> None:
        """Saves files."""
        self.seconds_ahead += 2
        then = time.time() + self.seconds_ahead
        for name, text in files.items():
            path = f"{name}.py"
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.utime(path, (then, then))

    def edit(self, **files: str) -> None:
        """Saves files, and lets the tool do its work."""
        self.write(files)
        self.tool.edited()

    def keep(self, **expressions: str) -> None:
        """Keeps whether each expression is true."""
        self.found |= {name: bool(self.tool.value(e)) for name, e in expressions.items()}

    def walk(self) -> None:
        """Makes one edit after the other, each with another question."""
        self.edit(low=BEGINNING["low"].replace("value = 1", "value = 10"))
        self.keep(module="low.value == 10", name="value == 10", dependent="high.half == 5")
        self.edit(star="first = 1\nsecond = 2\n")
        self.keep(star="second == 2")
        self.edit(low="value = 10\nclass Thing:\n    def method(self): return 'new'\n")
        self.keep(gone="not hasattr(low, 'gone')", method="thing.method() == 'new'")
        self.keep(isinstance="isinstance(thing, low.Thing)")
        self.edit(plug="import table\ndef f(): pass\ntable.ENTRIES.append((f, 'new'))\n")
        self.keep(table="table.ENTRIES == [(plug.f, 'new')]")
        self.edit(state="runs = []\nruns.append(1)\ndef f(): return 'new'\n")
        self.keep(function="state.f() == 'new'")
        self.tool.run("state.runs.append('mine')")
        self.edit(state="runs = []\nruns.append(1)\ndef f(): return 'newer'\n")
        self.keep(state="state.runs[-1] == 'mine'")
        self.edit(
            low="value = 30\nclass Thing: pass\n",
            high="from low import value\nhalf = value / 2\nraise ValueError\n",
        )
        self.keep(broken="(low.value, high.half) == (10, 5)")


def main() -> None:
    """Runs the session with the tool of the command line."""
    session = Session(sys.argv[1])
    session.walk()
    print("FOUND", json.dumps(session.found))  # noqa: T201  # it is the result
    os._exit(0)  # whatever threads a tool has


if __name__ == "__main__":
    main()
