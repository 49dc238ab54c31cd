"""Modules run as a fresh interpreter would run them: packages, cycles, hooks, odd files."""

import builtins
import importlib
import os
import sys
import time
from importlib.machinery import FileFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import ModuleType

import pytest

import liveimport
from liveimport import ModuleError
from liveimport.effects.session.session import SESSION


class Translating(SourceFileLoader):
    """Rewrites source where importlib compiles it, as assertion rewriters do."""

    def source_to_code(self, data, path, fullname=None, *, _optimize=-1):
        return super().source_to_code(bytes(data).replace(b"ANSWER", b"42"), path)


class Compiling(SourceFileLoader):
    """Makes the code itself, from the bytes that it asks for."""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        source = self.get_data(path).replace(b"ANSWER", b"42")
        return compile(source, path, "exec")


class Singular(Compiling):
    """The same, and no copy of it can be made."""

    def __reduce_ex__(self, protocol):
        raise TypeError("there is only one")


class Running(SourceFileLoader):
    """Prepares the module before its code runs."""

    def exec_module(self, module):
        module.ANSWER = 42
        super().exec_module(module)


@pytest.fixture(params=[Translating, Compiling, Singular, Running])
def hook(request, project):
    """An import hook for the project's files."""
    make = FileFinder.path_hook((request.param, [".py"]))
    sys.path_hooks.insert(0, make)
    sys.path_importer_cache.clear()
    return request.param


class TestHooks:
    """Import hooks that rewrite source stay in force."""

    def test_the_modules_own_loader_makes_the_code(self, project, hook, live):
        """Each reload goes through the loader, and the module keeps it."""
        project.write("low.py", "x = ANSWER")
        low = live("import low")["low"]
        assert low.x == 42
        for number in (1, 2):
            project.write("low.py", f"x = ANSWER + {number}\n")
            liveimport.sync()
            assert low.x == 42 + number
            assert type(low.__loader__) is type(low.__spec__.loader) is hook

    def test_a_folder_that_is_named_indirectly(self, project, hook, live, monkeypatch):
        """The loader asks for the file by the name that the import system has for it."""
        os.makedirs("notebooks")
        sys.path.remove(str(project.folder))
        monkeypatch.syspath_prepend(project.path("notebooks/.."))
        project.write("low.py", "x = ANSWER")
        low = live("import low")["low"]
        project.write("low.py", "x = ANSWER + 1")
        liveimport.sync()
        assert low.x == 43

    def test_new_modules_too(self, project, hook, live):
        """A module that an edit imports for the first time is rewritten as well."""
        project.write("low.py", "")
        low = live("import low")["low"]
        project.write_all(new="y = ANSWER", low="from new import y")
        liveimport.sync()
        assert low.y == 42

    def test_after_a_failure(self, project, hook, live):
        """What the hook makes is rolled back and tried again like any code."""
        project.write("low.py", "x = ANSWER")
        low = live("import low")["low"]
        project.write("low.py", "x = ANSWER + 1\nraise ValueError")
        with pytest.raises(ModuleError):
            liveimport.sync()
        assert low.x == 42
        project.write("low.py", "x = ANSWER + 2")
        liveimport.sync()
        assert low.x == 44

    def test_a_loader_that_refuses(self, project, live):
        """An error of the loader is a failure of the analysis."""

        class Refusing(SourceFileLoader):
            def source_to_code(self, data, path, fullname=None, *, _optimize=-1):
                if b"forbidden" in data:
                    raise PermissionError("not this")
                return super().source_to_code(data, path)

        sys.path_hooks.insert(0, FileFinder.path_hook((Refusing, [".py"])))
        sys.path_importer_cache.clear()
        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        project.write("low.py", "x = 'forbidden'")
        with pytest.raises(ModuleError, match="PermissionError: not this") as caught:
            liveimport.sync()
        assert (caught.value.phase, low.x) == ("analysis", 1)

    def test_a_file_that_changes_before_its_turn(self, project, hook, live):
        """What another module writes into it as it runs is seen next time, not now."""
        project.write_all(low="", top="import low\nx = 1")
        top = live("import top")["top"]
        edit = "from pathlib import Path\nPath('top.py').write_text('import low\\nx = 333')\n"
        project.write_all(low=edit, top="import low\nx = 22")
        liveimport.sync()
        assert top.x == 22
        liveimport.sync()
        assert top.x == 333

    def test_a_loader_that_all_modules_share(self, project, live):
        """It is given the bytes of the module that runs, and reads those of others itself."""

        class Shared(SourceFileLoader):
            def find_spec(self, name, path=None, target=None):
                file = project.path(f"{name}.py")
                if os.path.exists(file):
                    return spec_from_file_location(name, file, loader=self)
                return None

            def get_filename(self, name):
                return project.path(f"{name}.py")

            def exec_module(self, module):
                exec(self.get_code(module.__name__), vars(module))  # noqa: S102  # as loaders do

        sys.meta_path.insert(0, Shared("", ""))
        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        project.write_all(new="y = 2", low="from new import y\nx = 22")
        liveimport.sync()
        assert (low.x, low.y) == (22, 2)
        assert vars(low.__spec__.loader).keys() == {"name", "path"}

    def test_a_loader_that_reads_a_newer_version(self, project, live):
        """What it has read is observed again, so code and version belong together."""
        edits = []

        class ByHand(SourceFileLoader):
            def get_data(self, path):
                while edits:
                    project.write("low.py", edits.pop())
                return super().get_data(path)

        sys.path_hooks.insert(0, FileFinder.path_hook((ByHand, [".py"])))
        sys.path_importer_cache.clear()
        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        project.write("low.py", "x = 22")
        edits.append("x = 333")
        liveimport.sync()
        assert (low.x, edits) == (333, [])
        assert not liveimport.plan()

    def test_a_loader_that_creates_a_module_once(self, project, live):
        """It refuses to create it again. The module that it created stays what it is."""
        created = []

        class Once(SourceFileLoader):
            def create_module(self, spec):
                assert not created
                created.append(type("Special", (ModuleType,), {})(spec.name))
                return created[0]

        sys.path_hooks.insert(0, FileFinder.path_hook((Once, [".py"])))
        sys.path_importer_cache.clear()
        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        project.write("low.py", "x = 22")
        liveimport.sync()
        assert (low.x, [low]) == (22, created)
        assert type(low).__name__ == "Special"

    def test_a_finder_that_leads_elsewhere(self, project, live):
        """Then the module keeps the loader that it came by."""

        class Elsewhere:
            def find_spec(self, name, path=None, target=None):
                place = project.path("elsewhere.py")
                return spec_from_file_location(name, place) if name == "low" else None

        project.write_all(low="x = 1", elsewhere="x = 0")
        low = live("import low")["low"]
        sys.meta_path.insert(0, Elsewhere())
        project.write("low.py", "x = 22")
        liveimport.sync()
        assert (low.x, low.__file__) == (22, project.path("low.py"))

    def test_pytest_rewrites_assertions(self, project, live):
        """Its loader has a cache of its own, in which an edit of this size looks like none."""
        pytest.register_assert_rewrite("rewritten")
        project.write("rewritten.py", "def check(x):\n    assert x == 1\n")
        rewritten = live("import rewritten")["rewritten"]
        for value in (2, 3):
            project.write("rewritten.py", f"def check(x):\n    assert x == {value}\n")
            liveimport.sync()
            with pytest.raises(AssertionError, match=f"assert 9 == {value}"):
                rewritten.check(9)

    def test_bytecode_is_left_alone(self, project, hook, live):
        """A reload through the hook neither believes nor writes bytecode. It may remove some."""
        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        cache = project.folder / "__pycache__"
        before = {file.name: file.read_bytes() for file in cache.glob("low.*")}
        project.write("low.py", "x = 2")
        liveimport.sync()
        assert low.x == 2
        after = {file.name: file.read_bytes() for file in cache.glob("low.*")}
        assert after.items() <= before.items()

    def test_what_runs_is_what_was_read(self, project, hook, live):
        """A file that changes again as its module runs is stale, and runs again next time."""
        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        edit = "from pathlib import Path\nPath(__file__).write_text('x = 333')\nx = 22\n"
        project.write("low.py", edit)
        liveimport.sync()
        assert low.x == 22
        liveimport.sync()
        assert low.x == 333


class TestPackages:
    """Packages and their submodules."""

    def test_reexported_names(self, project, live):
        """A package that re-exports what its submodules define has the new definitions."""
        project.write("pack/__init__.py", "from .shapes import Shape\nfrom . import tools")
        project.write("pack/shapes.py", "class Shape: sides = 3")
        project.write("pack/tools.py", "from .shapes import Shape\ndef make(): return Shape()")
        names = live("import pack\nfrom pack import Shape, tools")
        project.write("pack/shapes.py", "class Shape: sides = 44")
        outcome = liveimport.sync()
        pack = names["pack"]
        assert [e.module for e in outcome.events] == ["pack.shapes", "pack.tools", "pack"]
        assert names["Shape"] is pack.Shape is pack.shapes.Shape is pack.tools.Shape
        assert type(names["tools"].make()).sides == 44

    def test_names_that_others_set_are_no_names_of_a_package(self, project, live):
        """An import shows submodules on it, and one of them sets more; its code bound neither."""
        project.write("pack/__init__.py", "from .shapes import Shape\nexec('y = 1')")
        project.write("pack/shapes.py", "import sys\nclass Shape: sides = 3")
        live("import pack")
        project.write(
            "pack/shapes.py",
            "import sys\nclass Shape: sides = 44\nsys.modules['pack'].given = 1",
        )
        liveimport.sync()
        assert SESSION.state.modules["pack"].dynamic_names == {"y"}

    @pytest.mark.threads
    def test_members_that_another_thread_imports(self, project, live):
        """What a module binds while another thread imports one, nobody else has set."""
        project.write(
            "top.py",
            "import threading\n"
            "def work(): import mid\n"
            "thread = threading.Thread(target=work)\n"
            "thread.start(); exec('y = 1'); thread.join()\n"
            "import low",
        )
        project.write(
            "mid.py",
            "import low, sys, time\n"
            "while 'y' not in vars(sys.modules['top']): time.sleep(0.01)\n"
            "exec('z = 1')",
        )
        project.write("low.py", "x = 1")
        live("import top, mid, low")
        project.write("low.py", "x = 22")
        liveimport.sync()
        modules = SESSION.state.modules
        assert modules["top"].dynamic_names == {"y"}
        assert modules["mid"].dynamic_names == {"z"}

    def test_living_in_a_package_is_no_dependency(self, project, live):
        """An edit of `__init__` does not reload submodules that import nothing of it."""
        project.write("pack/__init__.py", "x = 1")
        project.write("pack/sub.py", "y = 1")
        names = live("import pack.sub")
        sub = names["pack"].sub
        project.write("pack/__init__.py", "x = 22")
        assert [e.module for e in liveimport.sync().events] == ["pack"]
        assert names["pack"].x == 22
        assert names["pack"].sub is sub

    def test_an_edited_submodule_leaves_its_package_alone(self, project, live):
        """Nor does an edit of the submodule reload a package that does not import it."""
        project.write("pack/__init__.py", "x = object()")
        project.write("pack/sub.py", "y = 1")
        names = live("import pack.sub")
        x = names["pack"].x
        project.write("pack/sub.py", "y = 22")
        assert [e.module for e in liveimport.sync().events] == ["pack.sub"]
        assert (names["pack"].x, names["pack"].sub.y) == (x, 22)

    def test_submodules_rest_while_their_package_reloads(self, project, live):
        """A submodule that is not stale keeps its objects, whoever asks for it meanwhile."""
        project.write("pack/__init__.py", "from .sub import made\nx = 1")
        project.write("pack/sub.py", "made = object()")
        names = live("import pack\nfrom pack.sub import made")
        sub, spec = names["pack"].sub, names["pack"].sub.__spec__
        project.write("pack/__init__.py", "from . import sub\nfrom .sub import made\nx = 22")
        assert [e.module for e in liveimport.sync().events] == ["pack"]
        assert names["pack"].x == 22
        assert names["pack"].made is sub.made is names["made"]
        assert names["pack"].sub is sys.modules["pack.sub"] is sub
        assert sub.__spec__ is spec

    def test_a_package_that_fails_while_its_submodules_rest(self, project, live):
        """They are where they were, also if the new version never asked for them."""
        project.write("pack/__init__.py", "from .sub import made\nx = 1")
        project.write("pack/sub.py", "made = object()")
        names = live("import pack\nfrom pack.sub import made")
        sub = names["pack"].sub
        project.write("pack/__init__.py", "raise ValueError")
        with pytest.raises(ModuleError):
            liveimport.sync()
        assert names["pack"].sub is sys.modules["pack.sub"] is sub
        assert (names["pack"].x, names["pack"].made) == (1, sub.made)

    def test_submodules_that_import_from_their_package(self, project, live):
        """Package and submodule may need each other, in the order of a fresh interpreter."""
        project.write("pack/__init__.py", "base = 1\nfrom .sub import total")
        project.write("pack/sub.py", "from pack import base\ntotal = base + 1")
        names = live("from pack import total")
        project.write("pack/__init__.py", "base = 22\nfrom .sub import total")
        assert [e.module for e in liveimport.sync().events] == ["pack.sub", "pack"]
        assert names["total"] == 23
        project.write("pack/sub.py", "from pack import base\ntotal = base + 100")
        liveimport.sync()
        assert names["total"] == 122

    def test_a_submodule_under_the_name_of_a_value(self, project, live):
        """A package may bind a name that one of its submodules has, and it wins."""
        project.write("pack/__init__.py", "from .run import run")
        project.write("pack/run.py", "def run(): return 1")
        names = live("from pack import run")
        project.write("pack/run.py", "def run(): return 22")
        liveimport.sync()
        assert names["run"]() == 22
        assert sys.modules["pack"].run is names["run"]

    def test_a_value_over_a_submodule_that_is_not_tracked(self, project, live):
        """Where only the submodule is tracked, its package goes on to show the value."""
        project.write("pack/__init__.py", "from .run import run")
        project.write("pack/run.py", "def run(): return 1")
        names = live("from pack.run import run")
        project.write("pack/run.py", "def run(): return 22")
        liveimport.sync()
        assert names["run"]() == 22
        assert callable(sys.modules["pack"].run)

    def test_a_module_that_does_not_run_starts_one_that_does(self, project, live):
        """Members start in the order of a fresh interpreter, also by way of modules that rest."""
        project.write(
            "pkg/__init__.py", "from pkg.chunked import c\nfrom pkg.classify import Senna"
        )
        project.write(
            "pkg/classify/__init__.py",
            "from pkg.classify.api import A\nfrom pkg.classify.senna import Senna",
        )
        project.write("pkg/classify/api.py", "class A: pass")
        project.write("pkg/classify/senna.py", "from pkg.tag.api import I\nclass Senna: pass")
        project.write(
            "pkg/tag/__init__.py", "from pkg.tag.seq import S\nfrom pkg.tag.senna import T"
        )
        project.write("pkg/tag/api.py", "I = object")
        project.write("pkg/tag/senna.py", "from pkg.classify import Senna\nT = Senna")
        project.write("pkg/tag/seq.py", "from pkg.classify.api import A as S")
        project.write("pkg/tag/util.py", "x = 1")
        project.write("pkg/chunked/__init__.py", "from pkg.chunked.util import c")
        project.write("pkg/chunked/util.py", "from pkg.tag.util import x as c")
        pkg = live("import pkg")["pkg"]
        util = pkg.chunked.util
        project.write("pkg/classify/api.py", "class A: pass\nn = 1")
        liveimport.sync()
        assert pkg.classify.api.n == 1
        assert (pkg.Senna, pkg.classify.A) == (pkg.tag.senna.T, pkg.tag.S)
        assert pkg.chunked.util is util is sys.modules["pkg.chunked.util"]

    def test_a_module_outside_leads_to_a_package(self, project, live):
        """It starts the package where it stands among the imports of another, and is then back."""
        project.write("first.py", "from pkg.quiet import z")
        project.write("pkg/__init__.py", "import log\nlog.order.append('pkg')")
        project.write("pkg/quiet.py", "z = 1")
        project.write("log.py", "order = []")
        project.write(
            "top.py",
            "import log\nlog.order.append(1)\nimport first\nlog.order.append(2)\nimport pkg",
        )
        names = live("import top")
        first = sys.modules["first"]
        assert names["top"].log.order == [1, "pkg", 2]
        project.write("pkg/__init__.py", "import log\nlog.order.append('pkg') # edited")
        liveimport.sync()
        assert names["top"].log.order == [1, "pkg", 2] * 2
        assert sys.modules["first"] is first is names["top"].first

    def test_a_function_loads_a_submodule_over_a_name(self, project, live):
        """When both run again, the package has what its source binds: nobody called the function."""
        package = "def tool(): return 1\ndef load():\n    from p.tool import x\n    return x"
        project.write("p/__init__.py", package)
        project.write("p/tool.py", "x = 1")
        p = live("import p")["p"]
        assert p.load() == 1
        assert p.tool is sys.modules["p.tool"]
        project.write("p/__init__.py", package.replace("return 1", "return 22"))
        project.write("p/tool.py", "x = 22")
        liveimport.sync()
        assert p.tool() == 22
        assert p.load() == 22

    @pytest.mark.parametrize("edited", ["base", "pk/__init__", "pk/summary"])
    def test_a_function_and_a_submodule_of_one_name(self, project, live, edited):
        """Each binding has what its place among the statements gives."""
        texts = {
            "base": "B = 1",
            "pk/__init__": "from base import B\ndef summary(): return B",
            "pk/summary": "from base import B\ndef table(): return B",
        }
        for name, text in texts.items():
            project.write(f"{name}.py", text)
        names = live("from pk import summary\nfrom pk.summary import table")
        function = names["summary"]
        project.write(f"{edited}.py", texts[edited].replace("1", "22") + "\n# edited")
        outcome = liveimport.sync()
        value = 22 if edited == "base" else 1
        assert (names["summary"](), names["table"]()) == (value, value)
        assert (names["summary"] is function) == (edited == "pk/summary")
        assert sys.modules["pk"].summary is sys.modules["pk.summary"]
        assert outcome.replaced == ()

    def test_an_import_moves_into_a_function(self, project, live):
        """Nothing loads the submodule any more, so the package has what its source binds."""
        project.write("p/__init__.py", "draw = 'text'\nfrom p.dl import x")
        project.write("p/dl.py", "from p.draw import t\nx = 1")
        project.write("p/draw.py", "t = 1")
        p = live("import p")["p"]
        assert p.draw is sys.modules["p.draw"]
        project.write("p/dl.py", "x = 22\ndef f():\n    from p.draw import t\n    return t")
        project.write("p/draw.py", "t = 22")
        liveimport.sync()
        assert (p.draw, p.x, p.dl.f()) == ("text", 22, 22)

    def test_a_submodule_is_started_behind_its_package(self, project, live):
        """It is shown, though the package binds its name, and it does not run itself."""
        project.write("pk/__init__.py", "def summary(): return 1")
        project.write("pk/summary.py", "def table(): return 1")
        pk = live("from pk.summary import table\nimport pk")["pk"]
        project.write("pk/__init__.py", "def summary(): return 22")
        liveimport.sync()
        assert pk.summary is sys.modules["pk.summary"]

    def test_a_value_put_over_a_submodule(self, project, live):
        """What others set on a package hides its submodule before and after the reload."""
        project.write("pack/__init__.py", "")
        project.write("pack/run.py", "x = 1")
        names = live("from pack.run import x")
        sys.modules["pack"].run = shown = object()
        project.write("pack/run.py", "x = 22")
        liveimport.sync()
        assert names["x"] == 22
        assert sys.modules["pack"].run is shown

    def test_a_package_that_begins_to_hide_an_edited_submodule(self, project, live):
        """What it shows is what its source binds, now and later."""
        project.write("p/__init__.py", "v = 1")
        project.write("p/s.py", "w = 1")
        p = live("import p\nfrom p import s as q")["p"]
        project.write("p/__init__.py", "v = 2\ns = 5")
        project.write("p/s.py", "w = 2")
        liveimport.sync()
        assert (p.v, p.s) == (2, 5)
        project.write("p/__init__.py", "v = 3\ns = 6")
        liveimport.sync()
        assert (p.v, p.s) == (3, 6)

    def test_a_star_shows_submodules_that_rest(self, project, live):
        """Those that others have imported by the time when a fresh interpreter runs the star."""
        project.write("p/__init__.py", "x = 1")
        project.write("p/sub.py", "y = 1")
        project.write("top.py", "from p import *")
        names = live("from p.sub import y\nimport top")
        project.write("p/__init__.py", "x = 22")
        liveimport.sync()
        assert (names["top"].x, names["top"].sub) == (22, sys.modules["p.sub"])

    def test_a_submodule_that_rests_where_its_package_is_none_any_more(self, project, live):
        """It is not imported, and fails nobody."""
        project.write("p/__init__.py", "x = 1")
        project.write("p/sub.py", "y = 1")
        names = live("from p.sub import y\nfrom p import x")
        project.remove("p/__init__.py")
        project.write("p.py", "x = 22")
        liveimport.sync()
        assert names["x"] == 22

    def test_namespace_packages(self, project, live):
        """Modules of a package without `__init__`, in two places, are followed."""
        project.write("space/one.py", "from space.two import x")
        project.write("elsewhere/space/two.py", "x = 1")
        sys.path.append(project.path("elsewhere"))
        names = live("from space.one import x")
        project.write("elsewhere/space/two.py", "x = 22")
        assert [e.module for e in liveimport.sync().events] == ["space.two", "space.one"]
        assert names["x"] == 22

    def test_a_namespace_package_becomes_a_regular_one(self, project, live):
        """An `__init__` that appears is run, and its names are there."""
        project.write("space/one.py", "x = 1")
        names = live("import space\nfrom space.one import x")
        project.write("space/__init__.py", "y = 22")
        liveimport.sync()
        assert names["space"].y == 22
        assert names["space"].one.x == names["x"] == 1

    def test_from_package_import_submodule(self, project, live):
        """`from . import b` finds the new b, though the package still shows the old one."""
        project.write("pack/__init__.py", "")
        project.write("pack/a.py", "from . import b\ny = b.x")
        project.write("pack/b.py", "x = 1")
        names = live("from pack import a")
        project.write("pack/b.py", "x = 22")
        liveimport.sync()
        assert names["a"].y == 22
        assert sys.modules["pack"].b is names["a"].b


class TestCycles:
    """Modules that import each other."""

    def test_two(self, project, live):
        """Both run once, each with the other's new classes."""
        project.write_all(
            a="import b\nclass A: pass\ndef other(): return b.B",
            b="import a\nclass B: pass\ndef other(): return a.A",
        )
        names = live("import a, b")
        old = names["a"].A
        project.write("a.py", "import b\nclass A: new = 1\ndef other(): return b.B")
        outcome = liveimport.sync()
        a, b = names["a"], names["b"]
        assert [(e.module, e.reason) for e in outcome.events] == [
            ("b", "dependent"),
            ("a", "modified"),
        ]
        assert a.A is not old
        assert (a.other(), b.other()) == (b.B, a.A)

    def test_a_name_in_the_midst_of_a_cycle(self, project, live):
        """Where a fresh interpreter would work, so does the reload."""
        project.write_all(
            a="class Base: v = 1\nfrom b import Derived",
            b="from a import Base\nclass Derived(Base): pass",
        )
        names = live("from a import Derived, Base")
        project.write("a.py", "class Base: v = 22\nfrom b import Derived")
        liveimport.sync()
        assert names["Derived"].__mro__[1] is names["Base"] is sys.modules["a"].Base
        assert names["Derived"].v == 22

    def test_a_half_run_member_shows_no_old_names(self, project, live):
        """What would fail in a fresh interpreter fails now, not after the next restart."""
        project.write_all(a="x = 1\nimport b", b="import a\ndef get(): return a.x")
        names = live("import a, b")
        project.write("a.py", "import b\nx = 22")
        project.write("b.py", "import a\ny = a.x")
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        assert caught.value.module == "b"
        assert "has no attribute 'x'" in str(caught.value)
        assert names["b"].get() == 1

    def test_big_ones(self, project, live):
        """A ring of fifty modules runs once around."""
        note = "from journal import ran\nran.append(__name__)\n"
        size = 50
        project.write("journal.py", "ran = []")
        for number in range(size):
            project.write(f"ring{number}.py", f"{note}import ring{(number + 1) % size}\n")
        ran = live("import ring0, journal")["journal"].ran
        ran.clear()
        project.write("ring7.py", f"{note}import ring8\nx = 22")
        outcome = liveimport.sync()
        assert sorted(ran) == sorted({f"ring{number}" for number in range(size)})
        assert len(outcome.events) == size
        assert sys.modules["ring6"].ring7.x == 22

    def test_an_edit_makes_a_cycle(self, project, live):
        """A cycle that an edit closes, and one that an edit opens, run as they are now."""
        project.write_all(a="import b\nx = 1", b="y = 1")
        names = live("import a, b")
        project.write("b.py", "import a\ny = 22")
        assert [e.module for e in liveimport.sync().events] == ["b", "a"]
        project.write("b.py", "y = 333")
        assert [e.module for e in liveimport.sync().events] == ["b", "a"]
        assert names["a"].b.y == 333
        assert not hasattr(names["b"], "a")

    def test_deep_chains(self, project, live):
        """A chain whose imports would nest deeper than Python allows reloads all the same."""
        depth = 200
        limit = sys.getrecursionlimit()
        project.write("chain0.py", "x = 1")
        for number in range(1, depth):
            project.write(f"chain{number}.py", f"from chain{number - 1} import x\n")
            # Where folders keep coarse times, a file written just now is not seen.
            importlib.invalidate_caches()
            importlib.import_module(f"chain{number}")
        names = live(f"from chain{depth - 1} import x")
        project.write("chain0.py", "x = 22")
        assert len(liveimport.sync().events) == depth
        assert (names["x"], sys.getrecursionlimit()) == (22, limit)


class TestFiles:
    """Files that change in unusual ways."""

    def test_a_module_becomes_a_package_and_back(self, project, live):
        """`m.py` turned into `m/__init__.py` is the same module; and the other way."""
        project.write("m.py", "x = 1")
        names = live("import m\nfrom m import x")
        m = names["m"]
        project.remove("m.py")
        project.write("m/__init__.py", "from .sub import x")
        project.write("m/sub.py", "x = 22")
        liveimport.sync()
        assert (names["x"], names["m"] is m, m.__path__) == (22, True, [project.path("m")])
        project.write("m/sub.py", "x = 333")
        liveimport.sync()
        assert names["x"] == 333
        project.remove("m/__init__.py")
        project.remove("m/sub.py")
        project.write("m.py", "x = 4444")
        liveimport.sync()
        assert (names["x"], m.__file__) == (4444, project.path("m.py"))
        assert not hasattr(m, "__path__")

    def test_a_file_away_for_a_while(self, project, live):
        """While it is away nothing happens; back again, it reloads if it is another."""
        project.write("low.py", "x = 1")
        names = live("from low import x")
        project.remove("low.py")
        assert not liveimport.sync()
        assert names["x"] == 1
        project.write("low.py", "x = 22")
        liveimport.sync()
        assert names["x"] == 22

    @pytest.mark.parametrize("name", ["low", "statistics"])
    def test_a_file_away_where_another_has_its_name(self, project, live, monkeypatch, name):
        """An import would find the other one now, but the module waits for its own."""
        project.write(f"first/{name}.py", "x = 1")
        project.write(f"second/{name}.py", "x = 'other'")
        monkeypatch.syspath_prepend(project.path("second"))
        monkeypatch.syspath_prepend(project.path("first"))
        kept = sys.modules.pop(name, None)
        names = live(f"from {name} import x")
        os.rename(f"first/{name}.py", "away")
        for _ in range(2):
            assert not liveimport.sync()
        assert names["x"] == 1
        os.rename("away", f"first/{name}.py")
        assert not liveimport.sync()
        project.write(f"first/{name}.py", "x = 22")
        liveimport.sync()
        assert (names["x"], sys.modules[name].__file__) == (
            22,
            project.path(f"first/{name}.py"),
        )
        if kept is not None:
            sys.modules[name] = kept

    def test_a_folder_that_is_named_indirectly(self, project, live, monkeypatch):
        """A module goes on to name its file as an import would; so does a package its folder."""
        project.write("low/__init__.py", "x = 1")
        os.makedirs("notebooks")
        folder = project.path("notebooks/..")
        sys.path.remove(str(project.folder))
        monkeypatch.syspath_prepend(folder)
        low = live("import low")["low"]

        def names() -> tuple[object, ...]:
            # Since Python 3.15 there is no `__cached__`.
            cached = getattr(low, "__cached__", None)
            return (low.__file__, low.__path__, cached, low.__spec__.origin)

        before = names()
        assert before[:2] == (f"{folder}/low/__init__.py", [f"{folder}/low"])
        project.write("low/__init__.py", "x = 22")
        liveimport.sync()
        assert low.x == 22
        assert names() == before

    def test_a_dependency_away(self, project, live):
        """An edited module that imports one without a file gets the module as it stands."""
        project.write_all(low="x = 1", top="from low import x")
        names = live("import top")
        project.remove("low.py")
        project.write("top.py", "from low import x\ny = x + 1")
        liveimport.sync()
        assert names["top"].y == 2

    def test_atomic_saves(self, project, live):
        """A file put in the place of another is seen, with the same size and mtime too."""
        project.write("low.py", "x = 1")
        names = live("from low import x")
        liveimport.sync()
        stat = os.stat("low.py")
        project.write("low.py~", "x = 2")
        os.utime("low.py~", ns=(stat.st_atime_ns, stat.st_mtime_ns))
        os.replace("low.py~", "low.py")
        liveimport.sync()
        assert names["x"] == 2

    def test_symbolic_links(self, project, live):
        """Edits behind a link count, and so does a link that leads elsewhere."""
        project.write("real.txt", "x = 1")
        project.write("other.txt", "x = 3")
        os.symlink("real.txt", "low.py")
        names = live("from low import x")
        project.write("real.txt", "x = 22")
        liveimport.sync()
        assert names["x"] == 22
        os.symlink("other.txt", "new")
        os.replace("new", "low.py")
        liveimport.sync()
        assert names["x"] == 3

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("x = 'a'".encode("utf-8-sig"), "x = 'ä'".encode("utf-8-sig")),
            (b"# coding: latin-1\nx = 'a'", b"# coding: latin-1\nx = '\xe4'"),
            (b"x = 'a'", b"# -*- coding: cp1252 -*-\nx = '\xe4'"),
            (b"# coding: latin-1\nx = '\xe4'", "x = 'ä'".encode()),
            (b"x = 'a'\r\n", b"x = '\xc3\xa4'\r\n"),
        ],
    )
    def test_encodings(self, project, live, first, second):
        """Coding cookies and byte order marks mean what they mean to Python."""
        project.write("low.py", first)
        names = live("from low import x")
        project.write("low.py", second)
        liveimport.sync()
        assert names["x"] == "ä"

    def test_a_module_imported_for_the_first_time(self, project, live):
        """An edit may import a new module of the workspace, whose own edits then count."""
        project.write("low.py", "")
        names = live("import low")
        project.write_all(new="x = 1", low="from new import x")
        assert liveimport.sync().loaded == ("new",)
        assert names["low"].x == 1
        project.write("new.py", "x = 22")
        assert [e.module for e in liveimport.sync().events] == ["new", "low"]
        assert names["low"].x == 22

    def test_a_name_moves(self, project, live):
        """A class moved to another module in one edit is found where it is now."""
        project.write_all(a="class C: pass", b="from a import C", c="from b import C")
        names = live("import a\nfrom c import C")
        project.write_all(a="", b="class C: v = 22")
        liveimport.sync()
        assert names["C"] is sys.modules["b"].C is sys.modules["c"].C
        assert names["C"].v == 22
        assert not hasattr(sys.modules["a"], "C")

    def test_the_import_goes_with_the_edit(self, project, live):
        """A module that no longer imports another does not reload with it."""
        project.write_all(low="x = 1", top="import low")
        live("import top, low")
        project.write("top.py", "")
        liveimport.sync()
        project.write("low.py", "x = 22")
        assert [e.module for e in liveimport.sync().events] == ["low"]

    def test_a_module_that_replaces_itself(self, project, live):
        """What a module puts in its own place is what its importers get anew."""
        put = "import sys\nclass Thing: v = {}\nsys.modules[__name__] = Thing()"
        project.write_all(low=put.format(1), top="import low")
        names = live("import low, top")
        project.write("low.py", put.format(22))
        liveimport.sync()
        assert names["low"].v == 22
        assert names["top"].low is names["low"] is sys.modules["low"]

    def test_a_module_that_was_dropped_is_edited_and_imported_again(self, project, live):
        """While nobody imports it nobody looks at it, but its edit is not lost."""
        project.write_all(top="from other import x", other="x = 1")
        top = live("import top")["top"]
        project.write("top.py", "")
        liveimport.sync()
        project.write("other.py", "x = 22")
        assert liveimport.sync().events == ()
        project.write("top.py", "from other import x")
        liveimport.sync()
        assert top.x == 22

    def test_touched(self, project, live):
        """A file with a new mtime and the old bytes counts as changed: that is the contract."""
        project.write("low.py", "x = object()")
        names = live("from low import x")
        liveimport.sync()
        x = names["x"]
        project.dated("low.py", -5, now=time.time())
        liveimport.sync()
        assert names["x"] is not x


def test_the_import_system_is_as_before(project, live):
    """After a reload, failed or not, no finder of ours but the note taker is left."""
    project.write("low.py", "x = 1")
    live("import low")
    before = sys.meta_path[:], builtins.__import__
    project.write("low.py", "x = 22")
    liveimport.sync()
    assert (sys.meta_path, builtins.__import__) == before
    project.write("low.py", "raise ValueError")
    with pytest.raises(ModuleError):
        liveimport.sync()
    assert (sys.meta_path, builtins.__import__) == before


def test_a_module_can_be_reloaded_by_hand_afterwards(project, live):
    """Spec and loader of a reloaded module are real ones: importlib.reload works."""
    project.write("low.py", "x = 1")
    low = live("import low")["low"]
    project.write("low.py", "x = 22")
    liveimport.sync()
    project.write("low.py", "x = 333")
    assert importlib.reload(low).x == 333
    assert low.__spec__.name == "low"
    assert low.__spec__.loader.get_source("low") == "x = 333"


def test_a_package_that_is_first_imported_by_the_way_is_as_new_as_the_rest(project, live):
    """Nobody depends on it, but it holds what has just run, so it need not run again."""
    project.write_all(low="")
    project.write("space/pack/__init__.py", "import space.new")
    project.write("space/new.py", "x = 1")
    names = live("import low")
    project.write("low.py", "from space.pack import mod")
    project.write("space/pack/mod.py", "import space.new")
    assert [event.module for event in liveimport.sync().events] == ["low"]
    assert names["low"].mod.space.new.x == 1
    project.write("low.py", "from space.pack import mod\n")
    assert [event.module for event in liveimport.sync().events] == ["low"]
