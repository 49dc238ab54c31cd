"""What is followed: real layouts, imports of every kind, and modules that nobody registered."""

import json
import os
import re
import shutil
import subprocess
import sys
from textwrap import dedent

import pytest

import liveimport
from liveimport.core import model
from liveimport.core.report import messages
from liveimport.effects.observe import snapshot


def reloaded() -> list[str]:
    """Syncs, and returns what reloaded in order."""
    return [event.module for event in liveimport.sync().events]


def told(ran) -> list[str]:
    """Returns the lines of a report, without the times."""
    return re.sub(r" modified \d+ seconds? ago", "", ran.report).splitlines()


@pytest.fixture
def top_level(session):
    """Follows the guide's letter: imports at the top level, and nothing else."""
    liveimport.auto_sync(follow="top-level")


@pytest.fixture
def trusted(monkeypatch):
    """Every stamp is old enough. Else young files are read at each look, and no sync is quiet."""
    monkeypatch.setattr(model, "SETTLED_NS", 0)


def not_registered(name: str) -> str:
    """Returns what is told of a bystander that changed."""
    return messages.changed_not_followed(
        name, messages.because_not_registered(), messages.register_it()
    )


def not_followed() -> set[str]:
    """Returns what the status says of what is loaded and not followed."""
    return {one.module for one in liveimport.status().not_followed}


@pytest.fixture
def notebooks(project, monkeypatch):
    """Starts in the folder ``notebooks`` of the project; nothing else is on `sys.path`."""
    folder = project.folder / "notebooks"
    folder.mkdir()
    monkeypatch.chdir(folder)
    sys.path.remove(str(project.folder))
    return folder


@pytest.fixture
def library(project):
    """A package below ``src``, whose name is imported from a module of it."""
    project.write("src/lab/__init__.py", "from .api import run")
    project.write("src/lab/api.py", "from .deep.low import x\ndef run(): return x")
    project.write("src/lab/deep/__init__.py", "")
    project.write("src/lab/deep/low.py", "x = 1")
    return str(project.folder / "src")


class TestLayouts:
    """An edit anywhere in the user's own code is seen, without a word of set-up."""

    @pytest.fixture
    def run_again(self, project, shell):
        """Edits the deepest module, and returns what ``run()`` gives in the next cell."""

        def edit_and_run():
            project.write("src/lab/deep/low.py", "x = 22")
            return shell.run("run()").value

        return edit_and_run

    def test_src_beside_notebooks(self, notebooks, library, session, shell, run_again):
        """The import root of a registered package belongs to the workspace, as pip -e adds it."""
        sys.path.append(library)
        shell.run("%%liveimport\nfrom lab import run")
        assert session.state.workspace.roots == (f"{library}{os.sep}",)
        assert run_again() == 22

    @pytest.mark.usefixtures("top_level")
    def test_at_top_level(self, notebooks, library, shell):
        """The same holds: the roots are another matter."""
        sys.path.append(library)
        shell.run("%%liveimport\nfrom lab import run")
        assert shell.run("run()").value == 1

    def test_a_workspace_that_was_set(self, notebooks, library, session, shell, run_again):
        """Then no root is added, until the default is restored."""
        liveimport.workspace(".")
        sys.path.append(library)
        shell.run("%%liveimport\nfrom lab import run")
        assert session.state.tracked == ("lab",)
        assert run_again() == 1
        liveimport.workspace(default=True)
        assert session.state.tracked == ("lab", "lab.api", "lab.deep", "lab.deep.low")
        assert shell.run("run()").value == 22

    def test_editable_installs_in_several_folders(self, notebooks, project, session, shell):
        """What a registered package imports from another folder is followed too."""
        project.write("one/lab/__init__.py", "from .api import run")
        project.write("one/lab/api.py", "import units\ndef run(): return units.x")
        project.write("two/units.py", "import deep\nx = deep.x")
        project.write("three/deep.py", "x = 1")
        sys.path += map(project.path, ("one", "two", "three"))
        shell.run("%%liveimport --clear\nfrom lab import run")
        project.write("three/deep.py", "x = 22")
        assert shell.run("run()").value == 22
        shell.run("%%liveimport --clear\nimport deep")
        assert session.state.tracked == ("deep",)
        assert session.state.workspace.roots[0] == project.path("three") + os.sep

    @pytest.mark.parametrize("text", ["{}\ndef run(): pass", "def run(): {}"])
    def test_an_import_from_another_folder_that_comes_later(
        self, notebooks, project, library, shell, text
    ):
        """By an edit, and in a function that runs."""
        project.write("two/units.py", "import deep")
        project.write("three/deep.py", "x = 1")
        sys.path += [library, project.path("two"), project.path("three")]
        shell.run("%%liveimport\nfrom lab.api import run")
        project.write("src/lab/api.py", text.format("import units"))
        shell.run("run()")
        project.write("three/deep.py", "x = 22")
        ran = shell.run("import sys; sys.modules['units'].deep.x")
        assert ran.value == 22
        assert "Reloaded deep" in ran.report
        project.write("two/units.py", "import deep\ny = 1 + deep.x")
        assert shell.run("sys.modules['units'].y").value == 23

    def test_flat_modules_by_a_relative_entry(self, notebooks, project, shell):
        """``sys.path.append("..")``, wherever the session goes later."""
        project.write_all(tool="import low", low="x = 1")
        shell.run('import sys; sys.path.append("..")')
        shell.run("%%liveimport\nimport tool")
        project.write("low.py", "x = 22")
        assert shell.run("tool.low.x").value == 22
        shell.run("%cd /")
        project.write("low.py", "x = 333")
        assert shell.run("tool.low.x").value == 333

    def test_flat_modules_of_a_sibling_folder(self, notebooks, project, shell):
        """Their folder is a root, and what they import from it is followed."""
        project.write("shared/tool.py", "import low")
        project.write("shared/low.py", "x = 1")
        sys.path.append(project.path("shared"))
        shell.run("%%liveimport\nimport tool")
        project.write("shared/low.py", "x = 22")
        assert shell.run("tool.low.x").value == 22

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_the_working_directory_changes(self, notebooks, project, shell, when):
        """Modules that were found in the working directory stay followed."""
        project.write("code/tool.py", "import low")
        project.write("code/low.py", "x = 1")
        sys.path.insert(0, "")
        shell.run("%cd ../code")
        shell.run("%%liveimport\nimport tool")
        if when == "after":
            shell.run("%cd /")
        project.write("code/low.py", "x = 22")
        assert shell.run("tool.low.x").value == 22

    def test_a_namespace_package_in_two_folders(self, notebooks, project, session, shell):
        """Each folder is a root."""
        project.write("one/space/a.py", "import space.low")
        project.write("one/space/low.py", "x = 1")
        project.write("two/space/b.py", "import space.high")
        project.write("two/space/high.py", "y = 1")
        sys.path += [project.path("one"), project.path("two")]
        shell.run("%%liveimport\nimport space.a, space.b")
        assert len(session.state.workspace.roots) == 2
        project.write("one/space/low.py", "x = 22")
        assert shell.run("space.low.x").value == 22
        project.write("two/space/high.py", "y = 22")
        assert shell.run("space.high.y").value == 22

    def test_a_folder_into_which_pip_installs(self, notebooks, project, session, shell):
        """It is no project, whatever its name: what is installed there is left alone."""
        project.write("vendor/lib.py", "import other\nx = 1")
        project.write("vendor/other.py", "x = 1")
        project.write("vendor/lib-1.0.dist-info/METADATA", "")
        project.write("notebooks/mine.py", "import lib\ny = lib.x")
        sys.path += [project.path("vendor"), str(notebooks)]
        shell.run("%%liveimport\nimport mine")
        assert session.state.tracked == ("mine",)
        assert session.state.workspace.roots == ()
        project.write("vendor/lib.py", "import other\nx = 22")
        assert shell.run("mine.y").value == 1

    def test_src_behind_a_link(self, notebooks, project, library, shell, run_again):
        """An edit of the real file counts."""
        os.symlink(library, project.path("linked"))
        sys.path.append(project.path("linked"))
        shell.run("%%liveimport\nfrom lab import run")
        assert run_again() == 22

    @pytest.mark.parametrize("link", ["packages/lab", "env/site-packages/lab"])
    def test_a_linked_package(self, notebooks, project, library, shell, link):
        """Among installed packages too, as ``flit install --symlink`` makes it."""
        (project.folder / link).parent.mkdir(parents=True)
        os.symlink(project.path("src/lab"), project.path(link))
        sys.path.append(os.path.dirname(project.path(link)))
        shell.run("%%liveimport\nfrom lab.api import run\nimport lab.deep.low")
        project.write("src/lab/deep/low.py", "x = 22")
        project.write("src/lab/api.py", "from .deep.low import x\ndef run(): return 10 * x")
        ran = shell.run("run()")
        assert ran.value == 220
        assert "upgraded" not in ran.report

    def test_files_that_are_links(self, notebooks, project, shell):
        """An edit of the real file counts, and so does another one in its place."""
        project.write_all(tool="import low", low="x = 1")
        (project.folder / "links").mkdir()
        for name in ("tool.py", "low.py"):
            os.symlink(project.path(name), project.path(f"links/{name}"))
        sys.path.append(project.path("links"))
        shell.run("%%liveimport\nimport tool")
        project.write("low.py", "x = 22")
        assert shell.run("tool.low.x").value == 22
        project.write("new.py", "x = 333")
        os.replace(project.path("new.py"), project.path("low.py"))
        assert shell.run("tool.low.x").value == 333

    def test_a_link_that_leads_elsewhere_now(self, notebooks, project, shell):
        """As one that names the version in use."""
        for version, x in (("one", 1), ("two", 22)):
            project.write(f"{version}/tool.py", "import low")
            project.write(f"{version}/low.py", f"x = {x}")
        os.symlink(project.path("one"), project.path("current"))
        sys.path.append(project.path("current"))
        shell.run("%%liveimport\nimport tool")
        os.remove(project.path("current"))
        os.symlink(project.path("two"), project.path("current"))
        assert shell.run("tool.low.x").value == 22
        project.write("two/low.py", "x = 333")
        assert shell.run("tool.low.x").value == 333

    def test_a_program_that_changes_its_directory_first(
        self, notebooks, library, shell, run_again
    ):
        """A root is a root, whatever the working directory was at the import of LiveImport."""
        os.chdir("/")
        sys.path.append(library)
        shell.run("%%liveimport\nfrom lab import run")
        assert run_again() == 22


class TestLibraries:
    """Nothing of the standard library and of what is installed is followed by itself."""

    PROGRAM = """
        import sys
        sys.path.insert(0, {code!r})
        import liveimport
        liveimport.register(globals(), "import mod", execute=True)
        from liveimport.effects.session.session import SESSION
        print(*SESSION.state.tracked)
    """

    @pytest.mark.processes
    def test_an_interpreter_below_the_workspace(self, project):
        """As where the notebook lies in a home directory with pyenv, conda or uv below it."""
        project.write("mod.py", "import json, logging, dataclasses, email.message, low")
        project.write("low.py", "import asyncio, string")
        program = dedent(self.PROGRAM).format(code=str(project.folder))
        for above in (sys.base_prefix, os.path.dirname(sys.base_prefix)):
            ran = subprocess.run(
                [sys.executable, "-c", program],
                cwd=above,
                capture_output=True,
                text=True,
                check=True,
            )
            assert ran.stdout.split() == ["mod", "low"]

    @pytest.mark.processes
    def test_an_environment_in_the_folder_of_the_project(self, project):
        """What is installed in it is no part of the project."""
        import venv  # WebAssembly has none

        venv.create(project.path(".venv"))
        site = next(project.folder.glob(".venv/lib/python*/site-packages"))
        (site / "extra.py").write_text("import low")
        project.write("mod.py", "import extra, enum")
        project.write("low.py", "")
        program = dedent(self.PROGRAM).format(code=str(site))
        ran = subprocess.run(
            [project.path(".venv/bin/python"), "-c", program],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        )
        assert ran.stdout.split() == ["mod"], ran.stderr

    @pytest.mark.usefixtures("top_level")
    def test_a_directory_of_the_standard_library_that_is_given(self, project, session, live):
        """Somebody works on it, so it counts."""
        project.write("mod.py", "import json, string")
        liveimport.workspace(project.folder, os.path.dirname(json.__file__))
        live("import mod")
        assert session.state.tracked[:2] == ("mod", "json")
        assert "string" not in session.state.tracked


class TestInstalled:
    """Registered modules of installed packages."""

    @pytest.fixture
    def mine(self, project, shell):
        """A module of the project that uses an installed package; both are registered."""
        site = project.path("env/lib/python3/site-packages")
        self.place = "env/lib/python3/site-packages/inst/core.py"
        project.write("env/lib/python3/site-packages/inst/__init__.py", "from .core import x")
        project.write(self.place, "x = 1")
        project.write("mine.py", "import inst\ndef f(): return inst.x")
        sys.path.append(site)
        shell.run("%%liveimport\nimport inst, inst.core, mine")

    def test_an_edit_by_hand(self, project, shell, mine):
        """It reloads, with all that depends on it."""
        project.write(self.place, "x = 22")
        ran = shell.run("mine.f()")
        assert ran.value == 22
        assert told(ran) == [
            "Reloaded inst.core",
            "Reloaded inst because inst.core reloaded",
            "Reloaded mine because inst reloaded",
        ]

    def test_files_that_only_look_otherwise(self, project, shell, mine):
        """Other inodes, or files that are read until they are settled, are no upgrade."""
        site = project.folder / "env/lib/python3/site-packages"
        record = "env/lib/python3/site-packages/inst.dist-info/RECORD"
        project.write(record, "inst/core.py,,\ninst/__init__.py,,\n")
        for path in (site / "inst").glob("*.py"):
            copy = path.with_suffix(".new")
            shutil.copy2(path, copy)
            copy.replace(path)
        assert told(shell.run("mine.f()")) == []
        project.write(self.place, "x = 22")
        assert shell.run("mine.f()").value == 22
        project.write(self.place, "x = 333")
        project.write(record, "inst/core.py,,\ninst/__init__.py,,\n")
        ran = shell.run("mine.f()")
        assert ran.value == 22
        assert told(ran) == ["inst was upgraded; restart to use the new version"]

    def test_one_that_fails(self, project, shell, mine):
        """It needs a restart. Edits of the project count all the same."""
        project.write(self.place, "x = 22\nraise RuntimeError('twice')")
        place = f"RuntimeError: twice ({project.path(self.place)}, line 2)"
        place = place.replace(f"{project.folder}{os.sep}", "")
        assert told(shell.run("mine.f()")) == [
            f"Could not reload inst.core: {place}; it is installed, so restart to use it",
            "also held back: inst",
        ]
        project.write("mine.py", "import inst\ndef f(): return 10 * inst.x")
        ran = shell.run("mine.f()")
        assert ran.value == 10
        assert told(ran) == ["Reloaded mine", f"inst.core still fails: {place}"]
        project.write(self.place, "x = 333")
        assert shell.run("mine.f()").value == 3330

    def test_both_are_edited_and_fail(self, project, shell, mine):
        """The module of the project is tried again when the installed one works."""
        project.write(self.place, "y = x = 22\n1/0")
        project.write("mine.py", "from inst.core import y\ndef f(): return y")
        shell.run("1")
        assert shell.run("mine.f()").value == 1
        project.write(self.place, "y = x = 333")
        assert shell.run("mine.f()").value == 333


PLUGINS = {
    "import_module": """
        import importlib
        names = [importlib.import_module(f"plug.{name}").x for name in ("a", "b")]
    """,
    "pkgutil": """
        import importlib, pkgutil, plug
        names = [
            importlib.import_module(found.name).x
            for found in pkgutil.iter_modules(plug.__path__, "plug.")
        ]
    """,
    "a function": """
        def gather():
            from plug import a, b
            return [a.x, b.x]
        names = gather()
    """,
    "a function of another module": """
        import loader
        names = loader.load("plug.a", "plug.b")
    """,
}


METHOD = """\
class C:
    def m(self):
        import low
C().m()
"""

BY_ANY_MEANS = (
    "try: import low\nexcept ImportError: pass",
    "def f():\n    import low\nf()",
    METHOD,
    "import importlib\nlow = importlib.import_module('low')",
    "for name in ['low']: __import__(name)",
    "import getters\nlow = getters.get('low')",
)
"""Sources that import `low` when they run; some by a function of another module."""


class TestImports:
    """Imports in any form, once they happened."""

    def test_blocks(self, project, live):
        """What runs with the module counts; what is only for a type checker or a script, not."""
        blocks = {
            "a": "if True: import {}",
            "b": "if False: pass\nelse: import {}",
            "c": "try: import {}\nexcept ImportError: pass",
            "d": "try: raise ValueError\nexcept ValueError: import {}",
            "e": "try: pass\nexcept ValueError: pass\nelse: import {}",
            "f": "try: pass\nfinally: import {}",
            "g": "with open(__file__): import {}",
            "h": "for _ in [1]: import {}",
            "i": "while True:\n    import {}\n    break",
            "j": "match 1:\n    case 1: import {}",
            "k": "class K: import {}",
            "l": "from typing import TYPE_CHECKING\nif TYPE_CHECKING: pass\nelse: import {}",
            "m": "if __name__ == '__main__': pass\nelse: import {}",
        }
        project.write("top.py", "\n".join(blocks[n].format(f"low_{n}") for n in blocks))
        for name in blocks:
            project.write(f"low_{name}.py", "x = 1")
        live("import top")
        for name in blocks:
            project.write(f"low_{name}.py", "x = 22")
            assert reloaded() == [f"low_{name}", "top"]

    def test_blocks_that_do_not_run(self, project, loaded, session, live):
        """A type checker's import makes no dependency, though the module is loaded."""
        checking = "import typing\nif typing.TYPE_CHECKING: import low\n"
        project.write_all(low="", top=f"{checking}if __name__ == '__main__': import low\n")
        loaded("low")
        live("import top")
        assert session.state.graph.dependencies["top"] == ()
        assert session.state.tracked == ("top",)

    @pytest.mark.usefixtures("top_level")
    def test_blocks_at_top_level(self, project, session, live):
        """They are nested in a statement, so they do not count."""
        project.write_all(low="x = 1", top="try: import low\nexcept ImportError: pass")
        live("import top")
        assert session.state.tracked == ("top",)
        project.write("low.py", "x = 22")
        assert reloaded() == []

    def test_a_block_whose_module_is_not_there_yet(self, project, live):
        """It counts once its module is loaded, however."""
        project.write_all(top="try: import low\nexcept ImportError: low = None")
        top = live("import top")["top"]
        project.write("low.py", "x = 1")
        project.write("top.py", "# edited\ntry: import low\nexcept ImportError: low = None")
        assert reloaded() == ["top"]
        project.write("low.py", "x = 22")
        assert reloaded() == ["low", "top"]
        assert top.low.x == 22

    def test_two_edits_in_one_sync(self, project, live):
        """A nested import orders two modules as one at the top level does."""
        project.write_all(
            plain="class Bar: w = 1",
            best="try:\n    from plain import Bar\nexcept ImportError:\n    Bar = None",
            auto="from plain import Bar as plain\nif True:\n    from best import Bar as best\n",
        )
        auto = live("import plain, auto, best")["auto"]
        project.write("plain.py", "class Bar: w = 22")
        project.write("best.py", "# 22\ntry:\n    from plain import Bar\nexcept ImportError: 0")
        project.write(
            "auto.py",
            "from plain import Bar as plain\nif True:\n    from best import Bar as best\n# 22",
        )
        assert reloaded() == ["plain", "best", "auto"]
        assert auto.best is auto.plain

    def test_the_package_of_a_module(self, project, live):
        """Importing a submodule runs its packages, so these and their imports are followed."""
        project.write("lab/__init__.py", "import lab.config\nlevel = lab.config.level")
        project.write("lab/config.py", "level = 1")
        project.write("lab/models.py", "def f(): return __import__('lab').level")
        f = live("from lab.models import f")["f"]
        project.write("lab/config.py", "level = 22")
        assert reloaded() == ["lab.config", "lab"]
        assert f() == 22

    @pytest.mark.usefixtures("top_level")
    def test_the_package_of_a_module_at_top_level(self, project, session, live):
        """It is not named, so it is not followed."""
        project.write("lab/__init__.py", "import lab.config")
        project.write("lab/config.py", "")
        project.write("lab/models.py", "x = 1")
        live("from lab.models import x")
        assert session.state.tracked == ("lab.models",)

    @pytest.fixture(params=PLUGINS.values(), ids=PLUGINS)
    def top(self, project, live, request):
        """A module that imports plugins when it is imported, in one of many ways."""
        project.write("plug/__init__.py", "")
        project.write("plug/a.py", "x = 1")
        project.write("plug/b.py", "x = 2")
        project.write(
            "loader.py",
            """
            import importlib
            def load(*names):
                return [importlib.import_module(name).x for name in names]
            """,
        )
        project.write("top.py", request.param)
        return live("import top")["top"]

    def test_imports_when_it_is_imported(self, project, top):
        """Whose code imported a module first depends on it, by whatever means it did."""
        project.write("plug/b.py", "x = 22")
        assert reloaded() == ["plug.b", "top"]
        assert top.names == [1, 22]

    def test_it_goes_on(self, project, top):
        """The second time the modules are loaded already, and the plan is the same."""
        for x in (3, 44):
            project.write("plug/a.py", f"x = {x}" + "#" * x)
            assert reloaded() == ["plug.a", "top"]
            assert top.names == [x, 2]

    def test_a_failure_in_between(self, project, top):
        """What a rolled back module imported is known all the same."""
        project.write("plug/a.py", "x = 3\n1/0")
        with pytest.raises(liveimport.ModuleError):
            liveimport.sync()
        assert top.names == [1, 2]
        project.write("plug/a.py", "x = 333")
        assert reloaded() == ["plug.a", "top"]
        assert top.names == [333, 2]

    LAZY = """
        import importlib
        def __getattr__(name):
            if name not in ("net", "tree"):
                raise AttributeError(name)
            return importlib.import_module(f".{name}", __name__)
    """

    def test_a_lazy_package(self, project, live):
        """Who asked for a submodule first depends on it."""
        project.write("lab/__init__.py", self.LAZY)
        project.write("lab/net.py", "class Net: layers = 1")
        project.write("lab/tree.py", "depth = 1")
        project.write_all(top="import lab\nclass Mine(lab.net.Net): pass\n")
        names = live("import top, lab")
        assert names["lab"].tree.depth == 1
        project.write("lab/net.py", "class Net: layers = 22")
        assert reloaded() == ["lab.net", "top"]
        assert names["top"].Mine.layers == 22
        project.write("lab/tree.py", "depth = 22")
        assert reloaded() == ["lab.tree"]
        assert names["lab"].tree.depth == 22

    def test_a_lazy_name(self, project, shell):
        """A name that a package gets from elsewhere is bound anew in the notebook."""
        project.write(
            "lab/__init__.py",
            "def __getattr__(name): return getattr(__import__('importlib').import_module('lab.net'), name)",
        )
        project.write("lab/net.py", "def f(): return 1")
        shell.run("%%liveimport\nfrom lab import f")
        project.write("lab/net.py", "def f(): return 22")
        assert shell.run("f()").value == 22

    def test_a_function_that_a_cell_calls(self, project, session, shell):
        """What it imported is followed from then on, and is no reason to reload its module."""
        project.write_all(top="def f():\n    import low\n    return low.x\n", low="x = 1")
        shell.run("%%liveimport\nimport top")
        assert session.state.tracked == ("top",)
        assert shell.run("top.f()").value == 1
        project.write("low.py", "x = 22")
        ran = shell.run("top.f()")
        assert ran.value == 22
        assert told(ran) == ["Reloaded low"]

    def test_by_name_in_a_function_that_a_cell_calls(self, project, shell):
        """The import shows in no source."""
        project.write_all(
            top="def f(name):\n    return __import__(name).x\n",
            low="x = 1",
            mid="x = __import__('low').x",
        )
        shell.run("%%liveimport\nimport top")
        assert shell.run("top.f('mid')").value == 1
        project.write("low.py", "x = 22")
        ran = shell.run("top.f('mid')")
        assert ran.value == 22
        assert told(ran) == ["Reloaded low", "Reloaded mid because low reloaded"]

    @pytest.mark.usefixtures("top_level")
    def test_a_function_that_a_cell_calls_at_top_level(self, project, shell):
        """It is not followed."""
        project.write_all(top="def f():\n    import low\n    return low.x\n", low="x = 1")
        shell.run("%%liveimport\nimport top")
        assert shell.run("top.f()").value == 1
        project.write("low.py", "x = 22")
        assert shell.run("top.f()").value == 1

    @pytest.fixture
    def getters(self, project):
        """A module whose functions import by name, and a package that does when it is asked."""
        project.write(
            "getters.py",
            """
            import importlib
            def get(name): return importlib.import_module(name)
            """,
        )
        project.write("lab/__init__.py", self.LAZY)
        project.write("lab/net.py", "x = 1")

    @pytest.mark.parametrize("text", BY_ANY_MEANS)
    def test_an_import_that_is_gone(self, project, session, live, getters, text):
        """With the import the dependency goes."""
        project.write_all(top=text, low="x = 1")
        live("import top")
        assert dependencies(session, "top") == ["low"]
        project.write("top.py", "")
        assert reloaded() == ["top"]
        assert dependencies(session, "top") == []
        project.write("low.py", "x = 22")
        assert "top" not in reloaded()

    @pytest.mark.parametrize("text", BY_ANY_MEANS)
    @pytest.mark.usefixtures("getters")
    def test_an_import_that_is_gone_before_anybody_looked(self, project, session, live, text):
        """The source that ran was never read; what it imported is known all the same."""
        project.write_all(top=text, low="x = 1")
        session.install()
        __import__("top")
        project.write("top.py", "y = 1")
        live("import top")
        assert reloaded() == ["top"]
        assert dependencies(session, "top") == []

    @pytest.mark.parametrize("text", BY_ANY_MEANS)
    def test_an_import_that_is_still_there(self, project, session, live, getters, text):
        """Another edit does not change what is imported."""
        project.write_all(top=text, low="x = 1")
        top = live("import top")["top"]
        project.write("top.py", f"{text}\nz = 1")
        assert reloaded() == ["top"]
        assert dependencies(session, "top") == ["low"]
        project.write("low.py", "x = 22")
        assert reloaded() == ["low", "top"]
        project.write_all(low="x = 333", top=f"{text}\nz = 2")
        assert reloaded() == ["low", "top"]
        assert dependencies(session, "top") == ["low"]
        assert top.z == 2

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("def f():\n    import low\nf()", "def f():\n    import low"),
            (METHOD, METHOD.replace("C().m()", "")),
            ("import getters\ngetters.get('low')", "import getters"),
        ],
    )
    @pytest.mark.usefixtures("getters")
    def test_a_call_that_is_gone(self, project, session, live, before, after):
        """A function that stays is no dependency, unless it may have kept what it imported."""
        project.write_all(top=before, low="x = 1")
        live("import top")
        assert dependencies(session, "top") == ["low"]
        project.write("top.py", after)
        assert reloaded() == ["top"]
        in_doubt = ["low"] if "getters" in after else []
        assert dependencies(session, "top") == in_doubt
        assert "low" in session.state.tracked

    def test_a_lazy_name_that_is_gone(self, project, session, live, getters):
        """So is the dependency on the module that it came from, if the package is."""
        project.write("top.py", "from lab import net\nx = net.x")
        live("import top")
        assert "lab.net" in session.state.graph.dependencies["top"]
        project.write("top.py", "x = 1")
        assert reloaded() == ["top"]
        project.write("lab/net.py", "x = 22")
        assert "top" not in reloaded()

    def test_a_run_that_imports_less(self, project, session, live):
        """Its own source is as before: it reads what to import."""
        project.write_all(
            config="names = ['one', 'two']",
            top="import importlib, config\nall = [importlib.import_module(n) for n in config.names]",
            one="",
            two="",
        )
        live("import top")
        project.write("config.py", "names = ['two']")
        assert reloaded() == ["config", "top"]
        assert dependencies(session, "top") == ["config", "two"]
        project.write("one.py", "x = 1")
        assert reloaded() == []

    def test_a_run_that_fails_in_between(self, project, session, live):
        """What was out of `sys.modules` to be watched is back, and nothing is forgotten."""
        project.write("pack/__init__.py", "")
        project.write("pack/low.py", "x = 1")
        by_name = "__import__('importlib').import_module('pack.low')"
        project.write("top.py", f"import pack\nx = {by_name}.x")
        top = live("import top")["top"]
        low = top.pack.low
        project.write("top.py", "import sys, pack\nfound = hasattr(pack, 'low')\n1/0")
        with pytest.raises(liveimport.ModuleError):
            liveimport.sync()
        assert sys.modules["pack.low"] is top.pack.low is low
        project.write("top.py", f"import pack\nx = {by_name}.x\ny = pack.low.x")
        assert reloaded() == ["top"]
        assert sys.modules["pack.low"] is top.pack.low is low
        project.write("pack/low.py", "x = 22")
        assert reloaded() == ["pack.low", "top"]
        assert (top.x, top.y) == (22, 22)
        project.write("top.py", "import pack")
        assert reloaded() == ["top"]
        assert sys.modules["pack.low"] is top.pack.low is low

    def test_the_second_that_calls_such_a_function(self, project, session, live):
        """Its source says so, though the module was loaded by then."""
        text = "def f():\n    from low import x\n    return x\ny = f()"
        project.write_all(low="x = 1", top=text, other=text)
        names = live("import top, other")
        assert dependencies(session, "other") == ["low"]
        project.write("low.py", "x = 22")
        assert reloaded() == ["low", "top", "other"]
        assert names["other"].y == 22

    def test_an_import_that_is_gone_only_in_what_failed(self, project, live):
        """What was rolled back depends on what it depended on."""
        text = "def f():\n    import low\n    return low.x\nx = f()"
        project.write_all(top=text, low="x = 1")
        top = live("import top")["top"]
        project.write("top.py", "1/0")
        with pytest.raises(liveimport.ModuleError):
            liveimport.sync()
        project.write("top.py", text)
        liveimport.sync()
        project.write("low.py", "x = 22")
        assert reloaded() == ["low", "top"]
        assert top.x == 22

    def test_names_that_no_statement_can_say(self, project, live):
        """A file whose name is no identifier is followed all the same."""
        project.write("01_prep.py", "x = 1")
        project.write_all(top="import importlib\nprep = importlib.import_module('01_prep')\n")
        top = live("import top")["top"]
        project.write("01_prep.py", "x = 22")
        assert reloaded() == ["01_prep", "top"]
        assert top.prep.x == 22


USED_LATER = """
import report
def use():
    report.seen.append(1)
    import other
use()
"""


class TestStoredByOthers:
    """A package is lazy by a library, which stores what the package was asked for."""

    LAZY = """
        import importlib
        def attach(name, where):
            def ask(attribute):
                if attribute not in where:
                    raise AttributeError(attribute)
                module = importlib.import_module(f"{name}.{where[attribute]}")
                package = importlib.import_module(name)
                package.__dict__[attribute] = getattr(module, attribute)
                return package.__dict__[attribute]
            return ask, sorted(where)
        """
    PACKAGE = """
        import lazy_library
        __getattr__, __all__ = lazy_library.attach(
            __name__, {"f": "core", "C": "core", "TABLE": "core", "g": "extra"}
        )
        """
    CORE = """
        class C: pass
        def f(): return {}
        TABLE = [f]
        """

    @pytest.fixture
    def pk(self, project, live, tmp_path, monkeypatch):
        """The package, all of which a notebook has imported with a star."""
        site = tmp_path / "site-packages"
        site.mkdir()
        (site / "lazy_library.py").write_text(dedent(self.LAZY))
        monkeypatch.syspath_prepend(str(site))
        project.write("pk/__init__.py", dedent(self.PACKAGE))
        project.write("pk/core.py", dedent(self.CORE).format(1))
        project.write("pk/extra.py", "from pk import f, TABLE\ndef g(): return f()")
        self.names = live("import pk\nfrom pk import *")
        return self.names["pk"]

    def stored(self, pk):
        """Whether everybody has what the modules have now."""
        core, extra = sys.modules["pk.core"], sys.modules["pk.extra"]
        of_core = all(
            getattr(pk, name) is self.names[name] is getattr(core, name)
            for name in ("f", "C", "TABLE")
        )
        return of_core and pk.g is self.names["g"] is extra.g and extra.f is core.f

    def test_edits(self, pk, project):
        """What was stored goes when the package runs, of whatever kind it is."""
        assert self.stored(pk)
        for value in (2, 3):
            project.write("pk/core.py", dedent(self.CORE).format(value))
            liveimport.sync()
            assert self.stored(pk)
            assert (pk.f(), pk.g()) == (value, value)
        project.write("pk/extra.py", "from pk import f, TABLE\ndef g(): return -f()")
        liveimport.sync()
        assert self.stored(pk)
        assert pk.g() == -3

    def test_all_files_at_once(self, pk, project):
        """Each group is of what runs, and none waits for one behind it."""
        project.write("pk/__init__.py", dedent(self.PACKAGE) + "# edited")
        project.write("pk/core.py", dedent(self.CORE).format(2))
        project.write("pk/extra.py", "from pk import f, TABLE\ndef g(): return -f()")
        assert {"pk", "pk.core", "pk.extra"} <= {e.module for e in liveimport.sync().events}
        assert self.stored(pk)
        assert pk.g() == -2


class TestSubmodulesThatWent:
    """The file of a submodule is gone, and its package does not import it any more."""

    @pytest.fixture
    def pkg(self, live, project):
        """A package whose submodule `old` has just lost its file."""
        project.write("pkg/__init__.py", "from .old import f\nfrom .new import g")
        project.write("pkg/old.py", "def f(): return 1")
        project.write("pkg/new.py", "def g(): return 2")
        self.names = live("import pkg\nfrom pkg import *")
        project.remove("pkg/old.py")
        return self.names["pkg"]

    def test_it_goes_with_the_run_of_its_package(self, pkg, project):
        """So the package shows, and its star gives, what they do in a fresh interpreter."""
        project.write("pkg/__init__.py", "from .new import g\nf = g")
        outcome = liveimport.sync()
        assert [binding.name for _, binding in outcome.vanished] == ["old"]
        assert not hasattr(pkg, "old")
        assert "pkg.old" not in sys.modules
        assert [one.module for one in liveimport.status().modules] == ["pkg", "pkg.new"]
        assert liveimport.sync().events == ()

    def test_it_comes_back(self, pkg, project):
        """Then it is imported for the first time."""
        project.write("pkg/__init__.py", "from .new import g\nf = g")
        liveimport.sync()
        project.write("pkg/old.py", "def f(): return 1")
        project.write("pkg/__init__.py", "from .old import f\nfrom .new import g")
        liveimport.sync()
        assert pkg.old.f is pkg.f is self.names["f"]
        assert self.names["old"] is sys.modules["pkg.old"] is pkg.old

    @pytest.mark.parametrize(
        "source", ["raise RuntimeError", "import importlib as i\ni.import_module('pkg.old')"]
    )
    def test_its_package_fails(self, pkg, project, source):
        """All is as before. What a fresh interpreter cannot import, the package cannot either."""
        old = sys.modules["pkg.old"]
        project.write("pkg/__init__.py", f"from .new import g\n{source}")
        with pytest.raises(liveimport.ModuleError):
            liveimport.sync()
        assert pkg.old is sys.modules["pkg.old"] is old
        assert pkg.f() == 1

    def test_it_stays_while_anything_imports_it(self, pkg, project):
        """A module that runs with the package would fail in a fresh interpreter; that is told."""
        project.write("pkg/new.py", "import pkg.old\ndef g(): return 3")
        project.write("pkg/__init__.py", "from .new import g\nf = g")
        liveimport.sync()
        assert pkg.old is sys.modules["pkg.old"]


class TestBystanders:
    """Loaded modules of the workspace that no registration reaches."""

    @pytest.fixture
    def report(self, project, shell):
        """An ordinary cell has imported `report`, which imports the registered `models`."""
        project.write_all(
            models="class Net: pass",
            report="from models import Net\nseen = []\ndef is_net(x): return isinstance(x, Net)",
        )
        shell.run("%%liveimport\nfrom models import Net")
        shell.run("import report")
        return "class Net:\n    layers = 22\n"

    def test_they_reload_after_what_they_depend_on(self, project, shell, report):
        """Else they would hold the class of a version that is gone."""
        project.write("models.py", report)
        ran = shell.run("report.is_net(Net())")
        assert ran.value is True
        assert told(ran) == ["Reloaded models", "Reloaded report because models reloaded"]

    @pytest.mark.usefixtures("top_level")
    def test_at_top_level(self, project, shell, report):
        """They are left alone."""
        project.write("models.py", report)
        ran = shell.run("report.is_net(Net())")
        assert ran.value is False
        assert told(ran) == ["Reloaded models"]

    def test_one_that_fails(self, project, shell, report):
        """It is told, and holds nothing back; once it works it is current again."""
        project.write("report.py", "from models import Net\n1/0")
        project.write("models.py", report)
        ran = shell.run("Net.layers")
        assert ran.value == 22
        assert "Reloaded models" in ran.report
        assert "Could not reload report: ZeroDivisionError" in ran.report
        project.write(
            "report.py", "from models import Net\ndef is_net(x): return isinstance(x, Net)"
        )
        project.write("models.py", f"{report}# edited")
        assert shell.run("report.is_net(Net())").value is True

    @pytest.mark.parametrize(
        "change",
        ["report.seen.append(1)", "report.limit = 5", "report.seen = []", "del report.seen"],
    )
    def test_one_whose_values_changed(self, project, shell, report, change):
        """It may be somebody's state, so it is told and does not run."""
        shell.run(change)
        project.write("models.py", report)
        ran = shell.run("report.is_net(Net())")
        assert ran.value is False
        assert told(ran) == [
            "Reloaded models",
            messages.not_reloaded_protected("report"),
        ]
        assert shell.run("1").report == ""

    @pytest.mark.parametrize("cell", ["import report; report.seen.append(1)", USED_LATER])
    def test_one_that_is_used_in_the_cell_that_imports_it(self, project, shell, cell):
        """Its values are known as they were when the import ended."""
        project.write_all(models="x = 1", report="from models import x\nseen = []", other="")
        shell.run("%%liveimport\nimport models")
        shell.run(cell)
        project.write("models.py", "x = 22")
        ran = shell.run("report.seen")
        assert ran.value == [1]
        assert told(ran) == ["Reloaded models", messages.not_reloaded_protected("report")]

    @pytest.mark.parametrize("cell", ["import table, plug", "import table\nimport plug"])
    def test_one_that_other_imports_fill(self, project, shell, cell):
        """That is no state: the modules that fill it run again too."""
        project.write_all(
            models="x = 1",
            table="from models import x\nentries = []",
            plug="import table\ntable.entries.append(table.x)",
        )
        shell.run("%%liveimport\nimport models")
        shell.run(cell)
        project.write("models.py", "x = 22")
        assert shell.run("table.entries").value == [22]
        shell.run("table.entries.append('mine')")
        project.write("models.py", "x = 333")
        assert shell.run("table.entries").value == [22, "mine"]

    def test_one_that_a_reload_fills(self, project, shell):
        """That is no state either."""
        project.write_all(
            models="x = 1",
            table="from models import x\nentries = {}",
            plug="import sys\nsys.modules['table'].entries['plug'] = 1",
        )
        shell.run("import table")
        shell.run("%%liveimport\nimport plug, models")
        project.write("plug.py", "import sys\nsys.modules['table'].entries['more'] = 2")
        assert shell.run("sorted(table.entries)").value == ["more", "plug"]
        project.write("models.py", "x = 22")
        assert shell.run("table.x").value == 22

    def test_one_that_fails_to_load(self, project, shell):
        """There is nothing to remember, and the next load counts."""
        project.write_all(models="x = 1", report="from models import x\n1/0")
        shell.run("%%liveimport\nimport models")
        shell.run("import report")
        project.write("report.py", "from models import x\nseen = []")
        shell.run("import report; report.seen.append(1)")
        project.write("models.py", "x = 22")
        assert shell.run("report.seen").value == [1]

    def test_one_that_is_registered_after_all(self, project, shell, report):
        """Then it is tracked, and runs."""
        shell.run("report.seen.append(1)")
        shell.run("%%liveimport\nimport report")
        project.write("models.py", report)
        ran = shell.run("report.is_net(Net()), report.seen")
        assert ran.value == (True, [])

    def test_one_that_is_registered_no_more(self, project, shell, report):
        """What it held while it was tracked is nobody's state, but what it holds from then on."""
        shell.run("%%liveimport\nimport report\nreport.seen.append(1)")
        shell.run("%%liveimport --clear\nfrom models import Net")
        project.write("models.py", report)
        assert shell.run("report.is_net(Net()), report.seen").value == (True, [])
        shell.run("report.seen.append(1)")
        project.write("models.py", f"{report}# edited")
        ran = shell.run("report.is_net(Net()), report.seen")
        assert ran.value == (False, [1])
        assert messages.not_reloaded_protected("report") in told(ran)

    def test_one_that_was_imported_anew(self, project, shell, report):
        """It is another module, and its values are those of now."""
        shell.run("import sys\ndel sys.modules['report']")
        shell.run("import report")
        project.write("models.py", report)
        assert shell.run("report.is_net(Net())").value is True

    def test_their_own_edits(self, project, shell, report):
        """They are not followed, and that is told once."""
        project.write("report.py", "from models import Net\ndef is_net(x): return 'edited'")
        assert shell.run("report.is_net(Net())").value is True
        project.write("models.py", report)
        assert shell.run("report.is_net(Net())").value == "edited"

    def test_their_own_edits_are_told(self, project, shell, report, trusted):
        """In full at the next cell, though nothing else changed; then in a line of each report."""
        project.write("report.py", "from models import Net\nlimit = 5")
        assert told(shell.run("1")) == [not_registered("report")]
        assert shell.run("1").report == ""
        assert "  report, changed: nothing registered" in str(liveimport.status())
        project.write("models.py", report)
        assert told(shell.run("report.limit")) == [
            "Reloaded models",
            "Reloaded report",
        ]
        assert "  report: nothing registered" in str(liveimport.status())

    def test_one_of_another_folder(self, notebooks, project, session, shell, library):
        """It belongs to the project wherever it lies, so its root is added."""
        project.write("other/report.py", "from lab import run\nx = run()")
        sys.path += [library, project.path("other")]
        shell.run("%%liveimport\nimport lab")
        shell.run("import report, json")
        project.write("src/lab/deep/low.py", "x = 22")
        assert shell.run("report.x").value == 22
        assert session.state.workspace.roots == (
            f"{library}{os.sep}",
            project.path("other") + os.sep,
        )
        project.write("other/report.py", "x = 333")
        assert told(shell.run("1")) == [not_registered("report")]
        liveimport.workspace(".")
        project.write("src/lab/deep/low.py", "x = 4444")
        assert shell.run("report.x").value == 22

    def test_one_that_is_imported_anew(self, project, shell, report):
        """What it held before was another module's."""
        shell.run("report.seen.append(1)")
        shell.run("import sys; del sys.modules['report'], report; import report")
        project.write("models.py", report)
        ran = shell.run("report.is_net(Net())")
        assert ran.value is True
        assert told(ran) == ["Reloaded models", "Reloaded report because models reloaded"]

    def test_in_order(self, project, shell, report):
        """One that imports another runs after it."""
        project.write_all(
            summary="import report\nfrom report import Net\n", alone="import json"
        )
        shell.run("import summary, alone")
        project.write("models.py", report)
        ran = shell.run("summary.Net.layers")
        assert ran.value == 22
        assert [line.split()[1] for line in ran.report.splitlines()] == [
            "models",
            "report",
            "summary",
        ]


def dependencies(session, name: str) -> list[str]:
    """Returns what a module depends on, without the getters and their package."""
    found = session.state.graph.dependencies[name]
    return [n for n in found if n not in ("getters", "lab")]


class TestTold:
    """What is loaded of the project, and not followed: an edit is told."""

    @pytest.fixture
    def tool(self, project, shell, tmp_path):
        """A registered module has imported one from a folder outside the workspace."""
        folder = tmp_path / "other"
        folder.mkdir()
        sys.path.append(str(folder))
        (folder / "tool.py").write_text("x = 1")
        project.write("top.py", "from tool import x")
        liveimport.workspace(".")
        shell.run("%%liveimport\nfrom top import x")
        return folder / "tool.py"

    def test_outside_the_workspace(self, project, shell, tool, trusted):
        """In full once, then in a line of each report, until it is followed."""
        outside = messages.changed_not_followed(
            "tool",
            messages.because_outside(),
            messages.register_it_or_widen(f"{tool.parent}{os.sep}"),
        )
        tool.write_text("x = 22")
        assert told(shell.run("x")) == [outside]
        assert shell.run("x").report == ""
        tool.write_text("x = 333")
        assert shell.run("x").report == ""
        project.write("top.py", "from tool import x\ny = 1")
        assert told(shell.run("x")) == ["Reloaded top", messages.still_not_followed(["tool"])]
        assert f"  tool, changed: {messages.because_outside()}" in str(liveimport.status())
        liveimport.workspace(tool.parent, extend=True)
        ran = shell.run("x")
        assert (ran.value, told(ran)[0]) == (333, "Reloaded tool")
        assert "tool" not in not_followed()

    @pytest.mark.usefixtures("top_level")
    def test_at_top_level(self, project, shell, trusted):
        """What an import in a block has loaded, and what an ordinary cell has."""
        project.write_all(top="if True: import low", low="x = 1", report="y = 1")
        shell.run("%%liveimport\nimport top")
        shell.run("import report")
        project.write_all(low="x = 22", report="y = 22")
        why = messages.because_nested(), messages.register_it_or_follow()
        assert told(shell.run("top.low.x")) == [
            messages.changed_not_followed(name, *why) for name in ("low", "report")
        ]

    def test_a_quiet_sync_only_stats_them(self, shell, tool, trusted, monkeypatch):
        """Once an edit was told, too: nothing is observed until something else changes."""
        tool.write_text("x = 22")
        assert "tool changed" in shell.run("1").report
        monkeypatch.setattr(snapshot, "observe", None)
        shell.run("1").value  # noqa: B018  # it raises what the cell raised
        assert shell.run("1").report == ""

    def test_installed_modules(self, project, shell, trusted):
        """They are no part of the project, nor is the standard library."""
        shell.run("import sys; sys.path.append('site-packages')")
        project.write("site-packages/inst.py", "x = 1")
        project.write("top.py", "")
        shell.run("%%liveimport\nimport top")
        shell.run("import inst, colorsys")
        project.write("site-packages/inst.py", "x = 22")
        assert shell.run("1").report == ""
        assert not_followed().isdisjoint(["inst", "colorsys"])


PYTEST = """
    import pytest
    def passes():
        return pytest.main(["-q", "-p", "no:cacheprovider", "test_calc.py"]) == 0
"""
UNITTEST = """
    import unittest
    def passes():
        return unittest.main("test_calc", argv=["test"], exit=False).result.wasSuccessful()
"""
TESTING = """
    import os, sys
    sys.path.insert(0, os.getcwd())
    import liveimport
    liveimport.register(globals(), "import calc", execute=True)
    def edited(text):
        with open("calc.py", "w") as file:
            file.write(text)
        liveimport.sync()
    told = [passes(), passes()]
    edited("def add(a, b): return a - b  # broken")
    told.append(passes())
    edited("def add(a, b): return a + b  # right again")
    told.append(passes())
    print("told", told)
"""


@pytest.mark.parametrize("runner", [PYTEST, UNITTEST], ids=["pytest", "unittest"])
@pytest.mark.processes
def test_tests_that_run_in_the_session(project, runner):
    """They test the code as it is."""
    project.write("calc.py", "def add(a, b): return a + b")
    project.write(
        "test_calc.py",
        """
        import unittest
        from calc import add
        class TestAdd(unittest.TestCase):
            def test_add(self): assert add(1, 2) == 3
        """,
    )
    ran = subprocess.run(
        [sys.executable, "-c", dedent(runner) + dedent(TESTING)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
    )
    assert "told [True, True, False, True]" in ran.stdout, ran.stdout + ran.stderr


class TestExecute:
    """``register(…, execute=True)``: the programmatic form of a cell."""

    def test_success(self, project, session):
        """The statements run, their names are bound, and they are registered."""
        project.write_all(low="x = 1", top="y = 1")
        names = {}
        liveimport.register(names, "  import low as l\n  from top import y", execute=True)
        assert (names["l"].x, names["y"]) == (1, 1)
        project.write("low.py", "x = 22")
        project.write("top.py", "y = 22")
        assert reloaded() == ["low", "top"]
        assert (names["l"].x, names["y"]) == (22, 22)

    def test_the_version_that_ran(self, project, session):
        """An import that LiveImport makes is recorded, so that an early edit is no riddle."""
        project.write_all(low="x = 1")
        names = {}
        liveimport.register(names, "from low import x", execute=True)
        assert session.state.modules["low"].version.stamp is not None
        assert reloaded() == []

    def test_relative_imports(self, project):
        """They are relative to the package that is given, or to that of the namespace."""
        project.write("pack/__init__.py", "")
        project.write("pack/low.py", "x = 1")
        names = {}
        liveimport.register(names, "from .low import x", package="pack", execute=True)
        other = {"__package__": "pack", "__name__": "pack.other"}
        liveimport.register(other, "from . import low", package="pack", execute=True)
        project.write("pack/low.py", "x = 22")
        assert reloaded() == ["pack.low"]
        assert (names["x"], other["low"].x) == (22, 22)

    def test_a_star(self, project):
        """The public names are bound."""
        project.write_all(low="x = 1\n_y = 2")
        names = {}
        liveimport.register(names, "from low import *", execute=True)
        project.write("low.py", "x = 22\nz = 3")
        liveimport.sync()
        assert {n: v for n, v in names.items() if n != "__builtins__"} == {"x": 22, "z": 3}

    @pytest.mark.parametrize(
        ("statements", "kind"),
        [
            ("import low\nx = 1", ValueError),
            ("import low\nif True: import top", ValueError),
            ("import low\nimport", SyntaxError),
            ("import low\nfrom .. import top", ImportError),
        ],
    )
    def test_nothing_runs_that_is_not_an_import(self, project, session, statements, kind):
        """It is checked before anything runs."""
        project.write_all(low="", top="")
        names = {}
        with pytest.raises(kind):
            liveimport.register(names, statements, execute=True)
        assert names == {}
        assert "low" not in sys.modules
        assert session.state.registrations == ()

    def test_other_statements_are_not_allowed(self, project, session):
        """Imports only: to skip the others would run half a cell."""
        project.write_all(low="")
        with pytest.raises(ValueError, match="import statements only"):
            liveimport.register({}, "import low", execute=True, allow_other_statements=True)
        assert "low" not in sys.modules

    def test_an_import_that_fails(self, project, session):
        """What it raises is raised, and nothing is registered."""
        project.write_all(low="", top="1/0")
        with pytest.raises(ZeroDivisionError):
            liveimport.register({}, "import low\nimport top", execute=True)
        assert session.state.registrations == ()
        with pytest.raises(ModuleNotFoundError):
            liveimport.register({}, "import low, nowhere", execute=True)
        assert session.state.registrations == ()

    def test_clear(self, project, session):
        """It goes with the other options."""
        project.write_all(low="", top="")
        names = {}
        liveimport.register(names, "import low", execute=True)
        liveimport.register(names, "import top", execute=True, clear=True)
        assert session.state.tracked == ("top",)


class TestFollow:
    """The setting."""

    def test_config(self, project, session, shell):
        """%config changes it, and what is tracked follows at once."""
        project.write_all(top="if True: import low", low="x = 1")
        shell.run("%%liveimport\nimport top")
        assert session.state.tracked == ("top", "low")
        shell.run("%config LiveImport.follow = 'top-level'")
        assert session.settings.follow == "top-level"
        assert session.state.tracked == ("top",)
        liveimport.auto_sync(follow="loaded")
        assert shell.run("%config LiveImport.follow").value == "loaded"
        assert session.state.tracked == ("top", "low")

    def test_what_it_does_not_take(self, session, shell):
        """It is refused, and nothing changes."""
        with pytest.raises(ValueError, match="follow"):
            liveimport.auto_sync(follow="everything")
        shell.run("%config LiveImport.follow = 'everything'")
        assert session.settings.follow == "loaded"

    def test_an_edit_that_was_not_followed(self, project, session, live):
        """It takes effect once its module is followed."""
        project.write_all(top="if True: import low", low="x = 1")
        liveimport.auto_sync(follow="top-level")
        top = live("import top")["top"]
        project.write("low.py", "x = 22")
        assert reloaded() == []
        liveimport.auto_sync(follow="loaded")
        assert reloaded() == ["low", "top"]
        assert top.low.x == 22
