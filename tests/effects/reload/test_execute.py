"""Running a plan: what is kept, what is bound, and how a group that fails is rolled back."""

import gc
import importlib.util
import linecache
import os
import subprocess
import sys
import threading
import time
import traceback

import pytest

import liveimport
from liveimport import ModuleError
from liveimport.core.committing import commit
from liveimport.effects.reload import execute, notebook_names
from liveimport.effects.reload.group_importer import GroupImporter
from liveimport.effects.session.session import Session

JOURNAL = "from journal import ran\nran.append(__name__)\n"
"""Put first into a module, it notes each run of it."""


def image(*namespaces):
    """Returns all that a failed reload has to leave alone: modules, their dicts, namespaces.

    What LiveImport loads of itself is no matter of the reload.
    """
    modules = {n: m for n, m in sys.modules.items() if not n.startswith("liveimport.")}
    dicts = [dict(vars(m)) for _, m in sorted(modules.items()) if hasattr(m, "__dict__")]
    return [modules, *dicts, *map(dict, namespaces)]


def assert_same_objects(before, after):
    """Each dict holds the very same objects under the same names."""
    assert before[0].keys() ^ after[0].keys() == set()
    for old, new in zip(before, after, strict=True):
        assert old.keys() == new.keys()
        assert [name for name in old if old[name] is not new[name]] == []


class TestKept:
    """What a module keeps when it reloads, and what it loses."""

    def test_identity(self, project, live):
        """The module object and its dict are the same ones, with new values."""
        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        held = vars(low)
        project.write("low.py", "x = 22")
        liveimport.sync()
        assert sys.modules["low"] is low
        assert vars(low) is held
        assert low.x == 22

    @pytest.mark.parametrize(
        "guard",
        [
            "if 'cache' not in globals():\n    cache = []",
            "if not globals().get('cache'):\n    cache = [0]",
            "try:\n    cache\nexcept NameError:\n    cache = []",
            "globals().setdefault('cache', [])",
            "if 'cache' not in globals():\n    globals()['cache'] = []",
            "import sys as s\nme = s.modules[__name__]\nif not hasattr(me, 'cache'): me.cache = []",
            "import contextlib as c\nhad = []\nwith c.suppress(NameError): had = cache\ncache = had",
        ],
    )
    def test_guarded_state(self, project, live, guard):
        """State that a module makes only if it has none lives on."""
        project.write("low.py", guard)
        low = live("import low")["low"]
        cache = low.cache
        cache.append(1)
        for _ in range(2):
            project.write("low.py", guard + "\nsize = len(cache)")
            liveimport.sync()
            assert low.cache is cache
            assert low.size == len(cache)

    @pytest.mark.parametrize(
        "guard",
        [
            "if 'K' not in globals(): K, f = found.K, found.f",
            "try:\n    K\nexcept NameError:\n    K, f = found.K, found.f",
            "globals().setdefault('K', found.K)\nglobals().setdefault('f', found.f)",
        ],
    )
    @pytest.mark.parametrize("nested", [True, False])
    def test_what_another_module_made_is_no_state(self, project, live, guard, nested):
        """A guard keeps no class or function of a version that goes; its own it keeps."""
        own = "if 'mine' not in globals():\n    def mine(): pass"
        project.write_all(
            found="class K: pass\ndef f(): pass", other="class K: pass", low="import found"
        )
        source = (
            f"import found, other, low\n{guard}\n{own}\nif 'O' not in globals(): O = other.K"
        )
        project.write("top.py", source)
        names = live("import low, found, other, top" if nested else "import top")
        top, kept = names["top"], (names["top"].mine, names["top"].O)
        for count in (1, 2):
            project.write("found.py", f"class K: pass\ndef f(): pass\nx = {count}")
            liveimport.sync()
            assert (top.K, top.f) == (top.found.K, top.found.f)
            assert (top.mine, top.O) == kept

    @pytest.mark.parametrize(
        ("source", "names"),
        [
            ("from low import *\ntry:\n    v = x\nexcept NameError:\n    v = 0", ["v", "x"]),
            ("from low import *\nw = getattr(globals(), 'x', x)", ["w", "x"]),
            ("for n in ('x', 'y'): globals()[n] = n", ["n", "x", "y"]),
            ("try:\n    from low import *\nexcept ImportError:\n    pass", ["x"]),
        ],
    )
    def test_names_that_its_source_does_not_show(self, project, live, source, names):
        """However often it runs, it has those that running it binds, and no others."""
        project.write_all(low="x = 1", top="")
        top = live("import low, top")["top"]

        def public():
            return sorted(name for name in vars(top) if not name.startswith("_"))

        for count in range(3):
            project.write("top.py", f"{source}\n#{'x' * count}")
            liveimport.sync()
            assert public() == names
            project.write("low.py", f"x = {10**count}")
            liveimport.sync()
            assert public() == names
        project.write("top.py", "only = 1")
        liveimport.sync()
        assert public() == ["only"]

    @pytest.mark.parametrize(
        "source",
        [
            "globals()['late'] = 1",
            "exec('late = 1')",
            "exec('def late(): pass')",
            "vars().update(late=1)",
            "for n in ('late', 'n'): globals()[n] = n",
            "def f(names): names['late'] = names\nf(globals())",
            "def f():\n    global late\n    late = 1\nf()",
            "from low import *",
            "late = 1",
        ],
    )
    @pytest.mark.parametrize(
        "look", ["seen = dir()", "seen = list(vars())", "seen = globals().copy().keys()"]
    )
    def test_names_of_its_first_import_are_gone(self, project, live, source, look):
        """Also those that no source shows: it sees what a fresh interpreter sees."""
        given = {"__builtins__", "__doc__", "__file__", "__loader__", "__name__"}
        given |= {"__cached__"} & set(dir(pytest))  # Python 3.15 sets none
        project.write_all(low="late = 1", mod=source)
        module = live("import mod")["mod"]
        assert hasattr(module, "late")
        for end in ("", "\nif module is None: late = 2"):
            project.write("mod.py", f"{look}\nmodule = __name__{end}")
            liveimport.sync()
            assert {*module.seen} - {"seen"} == given | {"__package__", "__spec__"}
            assert not hasattr(module, "late")

    def test_what_functions_bound_is_not_taken_for_what_exec_binds(self, project, live):
        """A name that only functions of the old source bound goes, but not one that is new."""
        project.write("low.py", "def f():\n    global x, y\n    x = y = object()")
        low = live("import low")["low"]
        low.f()
        project.write("low.py", "exec('x = 22')")
        liveimport.sync()
        assert (low.x, hasattr(low, "y")) == (22, False)

    def test_values_tell_whose_they_are(self, project, live):
        """What a module was given after its import goes if its value is the module's own."""
        made = "def f(): pass\nclass C: pass\nx = 1"
        project.write("low.py", f"def make(): exec({made!r}, globals())")
        low = live("import low")["low"]
        low.make()
        low.g, low.h = low.f, len
        project.write("low.py", "seen = 'f' in vars()\nf = 22")
        liveimport.sync()
        names = sorted(name for name in vars(low) if not name.startswith("__"))
        assert (names, low.f, low.seen) == (["f", "h", "seen", "x"], 22, True)

    def test_attributes_set_from_outside(self, project, live):
        """What others set on a module is not the module's to drop."""
        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        low.extra = extra = object()
        project.write("low.py", "y = 22")
        liveimport.sync()
        assert low.extra is extra
        assert not hasattr(low, "x")

    def test_an_attribute_that_another_module_begins_to_set(self, project, live):
        """It is not the host's own, though it came while the host ran."""
        project.write_all(host="import ext", ext="")
        module = live("import host")["host"]
        project.write("ext.py", "import sys; sys.modules['host'].hook = 1")
        liveimport.sync()
        project.write("host.py", "import ext, new\nx = 22")
        project.write("new.py", "import sys; sys.modules['host'].new_hook = 2")
        liveimport.sync()
        project.write("host.py", "x = 333")
        liveimport.sync()
        assert (module.x, module.hook, module.new_hook) == (333, 1, 2)

    @pytest.mark.parametrize("host", ["import ext\nx = 1", "import ext\nx = 1\ny = hook"])
    def test_attributes_that_another_module_sets(self, project, live, host):
        """They stay when one of both reloads, and are there while it does."""
        project.write_all(host=host, ext="import sys; sys.modules['host'].hook = 1")
        module = live("import host")["host"]
        project.write("host.py", host.replace("1", "2"))
        liveimport.sync()
        assert (module.x, module.hook) == (2, 1)
        project.write("ext.py", "import sys; sys.modules['host'].hook = 22")
        liveimport.sync()
        assert module.hook == 22
        project.write("host.py", host.replace("1", "3"))
        liveimport.sync()
        assert (module.x, module.hook) == (3, 22)

    @pytest.mark.parametrize(
        "old",
        [
            "gone = 1",
            "def gone(): pass",
            "class gone: pass",
            "import os as gone",
            "from os import path as gone",
            "if True:\n    gone = 1",
            "for gone in (1, 2): pass",
            "gone: int = 1",
            "(gone := 1)",
            "def set_it():\n    global gone\n    gone = 1\nset_it()",
        ],
    )
    def test_names_that_the_source_no_longer_binds(self, project, live, old):
        """A name that the old source bound and the new one does not is gone."""
        project.write("low.py", old)
        low = live("import low")["low"]
        assert hasattr(low, "gone")
        project.write("low.py", "x = 1")
        liveimport.sync()
        assert not hasattr(low, "gone")

    def test_a_name_lost_is_lost_for_dependents(self, project, live):
        """A dependent that still imports the name fails now, as it would after a restart."""
        project.write_all(low="x = 1\ny = 1", top="from low import x")
        top = live("import top")["top"]
        project.write("low.py", "y = 1")
        with pytest.raises(ModuleError, match="cannot import name 'x' from 'low'") as caught:
            liveimport.sync()
        assert caught.value.module == "top"
        assert (top.x, sys.modules["low"].x) == (1, 1)

    def test_names_of_a_star_import(self, project, live):
        """What a star import gave a module goes when the imported module loses it."""
        project.write_all(low="x = 1\ny = 1", top="from low import *")
        top = live("import top")["top"]
        project.write("low.py", "y = 22")
        liveimport.sync()
        assert top.y == 22
        assert not hasattr(top, "x")

    def test_docstring_and_annotations(self, project, live):
        """What every module has is that of the new source, not a mixture."""
        project.write("low.py", "'''Old.'''\nx: int = 1\n")
        low = live("import low")["low"]
        project.write("low.py", "y: str = 'a'\n")
        liveimport.sync()
        assert low.__doc__ is None
        assert low.__annotations__ == {"y": str}

    def test_old_functions_see_the_new_module(self, project, live):
        """A function of the old version still runs, with the module's names of now."""
        project.write("low.py", "x = 1\ndef get():\n    return x\n")
        get = live("from low import get")["get"]
        project.write("low.py", "x = 22\ndef get():\n    return -x\n")
        liveimport.sync()
        assert get() == 22


class TestBinding:
    """Which names are bound anew."""

    def test_forms_of_imports(self, project, live):
        """Every form of import statement is followed."""
        project.write("pack/__init__.py", "")
        project.write("pack/sub.py", "x = 1")
        names = live(
            "import pack.sub, pack.sub as ps, os; from pack import sub, sub as s\n"
            "from pack.sub import (x, x as ex)\nfrom pack.sub import *"
        )
        project.write("pack/sub.py", "x = 22\nnew = 3")
        liveimport.sync()
        assert names["ps"] is names["sub"] is names["s"] is names["pack"].sub
        assert (names["ps"].x, names["x"], names["ex"], names["new"]) == (22, 22, 22, 3)

    def test_a_submodule_that_its_package_hides(self, project, live):
        """``import a.b as x`` binds what the package shows, before and after it reloads."""
        project.write("pack/__init__.py", "from .run import run\n")
        project.write("pack/run.py", "def run():\n    return 1\n")
        project.write("pack/low.py", "x = 1")
        names = live("import pack.run as r, pack.low as low\nfrom pack import run")
        project.write("pack/run.py", "def run():\n    return 22\n")
        liveimport.sync()
        assert names["r"]() == names["run"]() == 22
        project.write("pack/__init__.py", "")
        liveimport.sync()
        assert names["r"] is names["run"] is sys.modules["pack.run"] is sys.modules["pack"].run

    def test_submodules_that_a_star_import_brings(self, project, live):
        """The `__all__` of a package may name them, and Python imports them then."""
        project.write("sound/__init__.py", "__all__ = ['echo']\n")
        project.write("sound/echo.py", "x = 1")
        project.write("sound/surround.py", "x = 1")
        project.write("top.py", "from sound import *\ny = echo.x")
        names = live("from sound import *\nimport top")
        project.write("sound/echo.py", "x = 22")
        liveimport.sync()
        assert (names["echo"].x, names["top"].y) == (22, 22)
        project.write("sound/__init__.py", "__all__ = ['echo', 'surround']\n")
        liveimport.sync()
        assert names["surround"] is sys.modules["sound.surround"]
        project.write("sound/surround.py", "x = 333")
        liveimport.sync()
        assert names["surround"].x == 333

    def test_a_submodule_that_its_package_does_not_show(self, project, live):
        """``import a.b as x`` binds it all the same."""
        project.write("pack/__init__.py", "")
        project.write("pack/low.py", "x = 1")
        names = live("import pack.low as low")
        project.write("pack/low.py", "x = 22")
        hides = "import sys\nclass Hides(type(sys)):\n    def __getattribute__(self, name):\n"
        hides += "        if name == 'low':\n            raise AttributeError(name)\n"
        hides += "        return super().__getattribute__(name)\n"
        project.write("hiding.py", f"{hides}sys.modules['pack'].__class__ = Hides")
        __import__("hiding")
        liveimport.sync()
        assert (names["low"], names["low"].x) == (sys.modules["pack.low"], 22)

    def test_other_names_are_left_alone(self, project, live):
        """Names that no registered import decides are not touched."""
        project.write("low.py", "x = 1")
        names = live("import low")
        names["x"] = "mine"
        project.write("low.py", "x = 22")
        liveimport.sync()
        assert names["x"] == "mine"

    def test_a_name_bound_anew_by_hand(self, project, live):
        """It stays as long as its module does not reload."""
        project.write_all(low="x = 1", other="y = 1")
        names = live("from low import x\nfrom other import y")
        names["x"] = "mine"
        project.write("other.py", "y = 22")
        liveimport.sync()
        assert (names["x"], names["y"]) == ("mine", 22)
        project.write("low.py", "x = 22")
        liveimport.sync()
        assert names["x"] == 22

    def test_the_last_statement_decides(self, project, live):
        """Of several imports of one name the one executed last does, until another is."""
        project.write_all(one="x = 'one'", two="x = 'two'")
        names = live("from one import x\nfrom two import x")
        project.write("one.py", "x = 'one again'")
        liveimport.sync()
        assert names["x"] == "two"
        live("from one import x", names)
        project.write_all(one="x = 'one more'", two="x = 'two more'")
        liveimport.sync()
        assert names["x"] == "one more"

    def test_stars_follow_all(self, project, live):
        """A star import binds what `__all__` lists after the reload, private names too."""
        project.write("low.py", "x = y = _z = 1")
        names = live("from low import *")
        assert "_z" not in names
        project.write("low.py", "x = y = _z = 22\n__all__ = ['x', '_z']")
        liveimport.sync()
        assert (names["x"], names["_z"], names["y"]) == (22, 22, 1)

    def test_a_name_that_is_gone(self, project, live):
        """It keeps its last value and is told; the other names are bound."""
        project.write("low.py", "x = y = 1")
        names = live("from low import x as ex, y")
        project.write("low.py", "y = 22")
        outcome = liveimport.sync()
        assert (names["ex"], names["y"]) == (1, 22)
        assert str(outcome).splitlines()[1:] == ["ex keeps its last value: low no longer has x"]

    def test_a_name_that_is_no_longer_exported(self, project, live):
        """It is still there, and a star does not give it; it keeps its last value."""
        project.write("low.py", "x = y = 1")
        names = live("from low import *")
        project.write("low.py", "x = y = 22\n__all__ = ['x']")
        outcome = liveimport.sync()
        assert (names["x"], names["y"]) == (22, 1)
        assert str(outcome).splitlines()[1:] == [
            "y is no longer exported by low, and keeps its last value"
        ]
        assert [b.name for _, b in outcome.unexported] == ["y"]

    def test_a_name_that_is_exported_and_was_never_defined(self, project, live):
        """The star import fails as in a fresh interpreter, and all is as before."""
        project.write("low.py", "x = 1")
        names = live("from low import *")
        project.write("low.py", "x = 22\n__all__ = ['x', 'y']")
        with pytest.raises(ModuleError, match="module 'low' has no attribute 'y'") as caught:
            liveimport.sync()
        assert type(caught.value.__cause__) is AttributeError
        assert names["x"] == sys.modules["low"].x == 1
        project.write("low.py", "x = y = 333\n__all__ = ['x', 'y']")
        liveimport.sync()
        assert (names["x"], names["y"]) == (333, 333)

    def test_a_star_gives_a_name_up(self, project, live):
        """The name falls to the import that would bind it without the star."""
        project.write_all(one="x = 'one'", two="x = 'two'\ny = 2")
        names = live("from one import x\nfrom two import *")
        project.write("two.py", "y = 22")
        liveimport.sync()
        assert (names["x"], names["y"]) == ("one", 22)

    def test_module_getattr(self, project, live):
        """A name that a module makes on demand is asked for as an import asks."""
        project.write("low.py", "def __getattr__(name):\n    return 'old ' + name")
        names = live("from low import thing")
        project.write("low.py", "def __getattr__(name):\n    return 'new ' + name")
        liveimport.sync()
        assert names["thing"] == "new thing"


BREAKS = {
    "raise": b"x = 3\ny = 4\nraise ValueError('no')",
    "exit": b"x = 3\nimport sys\nsys.exit(3)",
    "recursion": b"x = 3\ndef f(): f()\nf()",
    "base": b"x = 3\nclass Odd(BaseException): pass\nraise Odd",
    "delete": b"x = 3\nimport sys\ndel sys.modules['low']\nraise ValueError",
    "meddle": b"import low, pack\nlow.x = pack.z = 5\ndel low.keep\nraise ValueError",
    "grow": b"import sys, types\nsys.modules['grown'] = types.ModuleType('grown')\n1/0",
    "import": b"import no_such_module",
    "name": b"from low import no_such_name",
    "syntax": b"x = = 3",
    "null": b"x = '\0'",
    "undecodable": b"x = '\xe4'",
    "no such coding": b"# coding: nonsense\nx = 3",
    "deep": b"x = " + b"(" * 5000 + b")" * 5000,
}


@pytest.fixture
def chain(project, live):
    """A group with everything in it: `low`, edited later; `pack.mid`, to be broken; `top`."""
    project.write_all(low="x = 1\nkeep = []", top="from pack import mid\nfrom low import *")
    project.write("pack/__init__.py", "z = 1")
    project.write("pack/mid.py", "from low import x\ny = x")
    names = live("import top\nfrom pack.mid import y\nfrom low import *")
    project.write("low.py", "x = 22\nnew = 1\nkeep = []")
    return names


LAZY = """
from importlib import import_module

def __getattr__(name):
    if name == "f":
        return import_module("pack.impl").f
    raise AttributeError(name)
"""
"""A package that loads a function of a module when somebody asks for it."""

REFUSES = """
def __getattr__(name):
    if name == "f":
        raise RuntimeError("no f today")
    raise AttributeError(name)
"""
"""A module that refuses to give a function."""


class TestNamesOfAllGroups:
    """Names are bound when all groups have run."""

    @pytest.mark.parametrize("statements", ["from pack import f\nimport pack.impl", ""])
    def test_a_lazy_package_and_its_module_edited_in_one_sync(self, project, live, statements):
        """The name that the package gives is the new one, whichever group runs first."""
        project.write("pack/__init__.py", LAZY)
        project.write("pack/impl.py", "def f(): return 1")
        names = live(statements or "import pack.impl\nfrom pack import f")
        project.write("pack/__init__.py", LAZY + "# edited")
        project.write("pack/impl.py", "def f(): return 22")
        outcome = liveimport.sync()
        assert {event.module for event in outcome.events} == {"pack", "pack.impl"}
        assert names["f"]() == 22
        assert names["f"] is names["pack"].impl.f

    @pytest.fixture
    def refusing(self, project, live):
        """Three groups are edited; the middle one refuses to give the name `f`."""
        project.write_all(
            journal="ran = []", one="x = 1", two="def f(): return 1", three="x = 1"
        )
        names = live("import journal, one, two, three\nfrom one import x\nfrom two import f")
        project.write_all(
            one=JOURNAL + "x = 22", two=JOURNAL + REFUSES, three=JOURNAL + "x = 22"
        )
        return names

    def test_a_name_that_cannot_be_bound_fails_its_group(self, refusing):
        """The group is as before; the others run again and have their names."""
        f = refusing["f"]
        with pytest.raises(
            ModuleError, match="could not reload two: RuntimeError: no f today"
        ) as e:
            liveimport.sync()
        outcome = e.value.outcome
        assert [event.module for event in outcome.events] == ["one", "three"]
        assert outcome.not_run == ("two",)
        assert (refusing["one"].x, refusing["x"], refusing["three"].x) == (22, 22, 22)
        assert refusing["f"] is f is refusing["two"].f
        assert not hasattr(refusing["two"], "__getattr__")
        assert refusing["journal"].ran == ["one", "two", "three", "one", "three"]

    def test_its_failure_is_told_with_its_place_and_is_not_tried_again(self, refusing, session):
        """The place is in the module that refused; a sync before a cell leaves it alone."""
        outcome = session.sync(retry_failed=False)
        failure = outcome.failed[0].failure
        assert (failure.module, failure.phase, failure.line) == ("two", "reload", 6)
        assert failure.shown_file == "two.py"
        del refusing["journal"].ran[:]
        assert session.sync(retry_failed=False).blocked == (failure,)
        assert refusing["journal"].ran == []

    def test_a_namespace_that_cannot_be_written_to(self, project, session, loaded):
        """What it raises is told as the failure of the group; nothing is half bound."""

        class Closed(dict):
            def __setitem__(self, name, value):
                raise PermissionError(name)

        project.write_all(low="x = 1")
        low = loaded("low")
        closed = Closed(low=low, x=1)
        liveimport.register(closed, "import low\nfrom low import x")
        project.write_all(low="x = 22")
        with pytest.raises(ModuleError, match="could not reload low: PermissionError: low"):
            liveimport.sync()
        assert (low.x, dict(closed)) == (1, {"low": low, "x": 1})

    def test_an_interrupt_while_names_are_bound(self, refusing, project):
        """Everything is as before, and the next sync does it all."""
        project.write("two.py", JOURNAL + REFUSES.replace("RuntimeError", "KeyboardInterrupt"))
        before = image(refusing)
        with pytest.raises(KeyboardInterrupt):
            liveimport.sync()
        after = image(refusing)
        refusing["journal"].ran.clear()
        assert_same_objects(before, after)
        project.write("two.py", "def f(): return 333")
        liveimport.sync()
        assert (refusing["one"].x, refusing["f"](), refusing["three"].x) == (22, 333, 22)


class TestRollback:
    """A group that fails is as before, to the last attribute."""

    @pytest.mark.parametrize("text", BREAKS.values(), ids=BREAKS)
    def test_whatever_the_break(self, project, chain, text):
        """Modules, their dicts, `sys.modules`, packages and names hold the same objects."""
        before = image(chain)
        project.write("pack/mid.py", text)
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        assert caught.value.module == "pack.mid"
        assert caught.value.__cause__ is not None
        assert_same_objects(before, image(chain))

    @pytest.mark.parametrize("text", BREAKS.values(), ids=BREAKS)
    def test_repaired(self, project, chain, text):
        """Once it is repaired, all that it held back reloads with it."""
        project.write("pack/mid.py", text)
        with pytest.raises(ModuleError):
            liveimport.sync()
        project.write("pack/mid.py", "from low import x\ny = -x")
        assert [e.module for e in liveimport.sync().events] == ["low", "pack.mid", "top"]
        assert (chain["y"], chain["new"], chain["top"].new) == (-22, 1, 1)

    def test_a_file_that_cannot_be_read(self, project, chain):
        """A folder in place of the file is a failure like any other, told by the system."""
        before = image(chain)
        project.remove("pack/mid.py")
        os.mkdir("pack/mid.py")
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        assert (caught.value.module, caught.value.phase) == ("pack.mid", "analysis")
        assert type(caught.value.__cause__) is IsADirectoryError
        assert_same_objects(before, image(chain))

    def test_a_dependent_that_fails(self, project, chain):
        """It takes what it depends on back with it, though that ran without an error."""
        before = image(chain)
        project.write("top.py", "import low\nassert low.x == 1")
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        assert caught.value.module == "top"
        assert_same_objects(before, image(chain))

    def test_functions_of_the_old_version_run(self, project, live):
        """After the rollback the old functions work with the old names."""
        project.write("low.py", "x = 1\ndef get():\n    return x")
        get = live("from low import get")["get"]
        project.write("low.py", "x = 22\ndel get\nraise ValueError")
        with pytest.raises(ModuleError):
            liveimport.sync()
        assert get() == 1

    def test_the_class_of_a_module(self, project, live):
        """A module that replaced its own class has it again."""
        change = "import sys, types\nclass M(types.ModuleType): pass\n"
        project.write("low.py", f"{change}sys.modules[__name__].__class__ = M")
        low = live("import low")["low"]
        kind = type(low)
        project.write("low.py", "raise ValueError")
        with pytest.raises(ModuleError):
            liveimport.sync()
        assert type(low) is kind

    def test_names_that_were_bound_already(self, project, live):
        """When a name cannot be bound for an error, those bound before it are put back."""
        project.write("low.py", "x = 1\ndef __getattr__(name): return name")
        names = live("from low import x, thing")
        before = image(names)
        project.write("low.py", "x = 22\ndef __getattr__(name): raise RuntimeError(name)")
        with pytest.raises(ModuleError, match="RuntimeError: thing"):
            liveimport.sync()
        assert_same_objects(before, image(names))

    def test_modules_first_imported_are_imported_anew(self, project, live):
        """What a failed attempt imported is gone, and runs again in the next."""
        project.write("journal.py", "ran = []")
        project.write("pack/__init__.py", "")
        project.write("low.py", "")
        names = live("import low, journal, pack")
        project.write("fresh.py", JOURNAL + "x = 1")
        project.write("pack/fresh.py", JOURNAL + "x = 1")
        project.write("low.py", "import fresh, pack.fresh\nraise ValueError")
        with pytest.raises(ModuleError):
            liveimport.sync()
        assert "fresh" not in sys.modules
        assert "pack.fresh" not in sys.modules
        assert not hasattr(names["pack"], "fresh")
        project.write("fresh.py", JOURNAL + "x = 22")
        project.write("low.py", "import fresh, pack.fresh")
        liveimport.sync()
        assert names["journal"].ran == ["fresh", "pack.fresh"] * 2
        assert names["low"].fresh.x == 22

    @pytest.mark.processes
    def test_compiled_libraries_stay(self, project):
        """What cannot be loaded twice in a process stays loaded, and the repair finds it."""
        project.write("low.py", "x = 1")
        project.write(
            "script.py",
            """
            import sys, liveimport, low
            liveimport.register(globals(), "import low")
            open("low.py", "w").write("import psutil, fresh\\nraise ValueError")
            open("fresh.py", "w").write("")
            try:
                liveimport.sync()
            except liveimport.ModuleError:
                print("psutil" in sys.modules, "fresh" in sys.modules)
            psutil = sys.modules["psutil"]
            open("low.py", "w").write("import psutil\\nx = psutil.cpu_count")
            liveimport.sync()
            print(low.psutil is psutil, low.x is psutil.cpu_count)
            """,
        )
        ran = subprocess.run(
            [sys.executable, "script.py"], capture_output=True, text=True, check=False
        )
        assert (ran.stdout, ran.stderr) == ("True False\nTrue True\n", "")

    def test_submodules_of_libraries(self, project, live):
        """A package that nobody follows loses a submodule that came with the attempt."""
        project.write("../elsewhere/lib/__init__.py", "")
        project.write("../elsewhere/lib/extra.py", "x = 1")
        sys.path.append(project.path("../elsewhere"))
        project.write("low.py", "import lib")
        lib = live("import low")["low"].lib
        project.write("low.py", "import lib.extra\nraise ValueError")
        with pytest.raises(ModuleError):
            liveimport.sync()
        assert "lib.extra" not in sys.modules
        assert not hasattr(lib, "extra")

    def test_modules_imported_within_functions(self, project, live):
        """The same holds for what the code imports where nobody can see it beforehand."""
        project.write("low.py", "")
        live("import low")
        project.write("hidden.py", "x = 1")
        project.write("low.py", "def f():\n    import hidden\nf()\nraise ValueError")
        with pytest.raises(ModuleError):
            liveimport.sync()
        assert "hidden" not in sys.modules


class TestFailures:
    """Other groups, and when what failed is tried again."""

    @pytest.fixture
    def names(self, project, live):
        """A pair of modules that depend on each other, one alone, and notes of their runs."""
        project.write_all(
            journal="ran = []", low=JOURNAL, top=JOURNAL + "import low", alone=JOURNAL
        )
        names = live("import journal, top, low, alone")
        names["journal"].ran.clear()
        return names

    def test_other_groups_commit(self, session, project, names):
        """A failure holds back what is connected with it, and nothing else."""
        project.write_all(low="raise ValueError", alone=JOURNAL + "x = 22")
        outcome = session.sync(retry_failed=False)
        assert [f.failure.module for f in outcome.failed] == ["low"]
        assert [e.module for e in outcome.events] == ["alone"]
        assert names["alone"].x == 22

    def test_not_tried_at_every_cell(self, session, project, names):
        """Without a change in its group a broken module is held back, and told each time."""
        project.write("low.py", JOURNAL + "raise ValueError('no')")
        first = session.sync(retry_failed=False)
        assert [f.failure.module for f in first.failed] == ["low"]
        second = session.sync(retry_failed=False)
        assert (second.failed, [f.module for f in second.blocked]) == ((), ["low"])
        assert str(second).startswith("low still fails: ValueError: no")
        assert names["journal"].ran.count("low") == 1

    def test_tried_when_a_file_of_its_group_changes(self, session, project, names):
        """A change of any member is a reason to try again."""
        project.write("low.py", JOURNAL + "raise ValueError('no')")
        session.sync(retry_failed=False)
        project.write("top.py", JOURNAL + "import low\nx = 22")
        assert len(session.sync(retry_failed=False).failed) == 1
        assert names["journal"].ran.count("low") == 2

    def test_not_tried_when_another_file_changes(self, session, project, names):
        """Edits elsewhere are none, and go through."""
        project.write("low.py", JOURNAL + "raise ValueError('no')")
        session.sync(retry_failed=False)
        project.write("alone.py", JOURNAL + "x = 22")
        outcome = session.sync(retry_failed=False)
        assert [e.module for e in outcome.events] == ["alone"]
        assert [f.module for f in outcome.blocked] == ["low"]
        assert names["journal"].ran.count("low") == 1

    def test_tried_when_called_by_hand(self, session, project, names):
        """`sync()` insists."""
        project.write("low.py", JOURNAL + "raise ValueError('no')")
        session.sync(retry_failed=False)
        with pytest.raises(ModuleError):
            liveimport.sync()
        assert names["journal"].ran.count("low") == 2

    def test_owed_however_long_it_takes(self, session, project, names):
        """Whatever happens in between, the repair reloads all that waited."""
        project.write("low.py", "raise ValueError")
        session.sync(retry_failed=False)
        for number in range(3):
            project.write("alone.py", JOURNAL + f"x = {number}")
            session.sync(retry_failed=False)
        project.write("low.py", "x = 22")
        assert [e.module for e in session.sync(retry_failed=False).events] == ["low", "top"]
        assert names["top"].low.x == 22
        assert not session.sync(retry_failed=False)

    def test_reverted(self, session, project, names):
        """When the file is as it was before the failure, nothing is owed in the end."""
        project.write("low.py", "raise ValueError")
        session.sync(retry_failed=False)
        project.write("low.py", JOURNAL)
        assert session.sync(retry_failed=False).failed == ()
        assert not session.sync(retry_failed=False)
        assert not liveimport.plan()

    def test_the_error_is_not_kept(self, session, project, names):
        """The State holds the failure as text: an exception would pin the user's objects."""
        project.write("low.py", "x = 1\nraise ValueError('no')")
        session.sync(retry_failed=False)
        (failure,) = session.state.failures
        assert (failure.module, failure.phase, failure.message) == (
            "low",
            "reload",
            "ValueError: no",
        )
        assert (failure.file, failure.line) == (project.path("low.py"), 2)
        assert failure.waiting == ("top",)


class TestStandIns:
    """What stands in `sys.modules` may be anything, and say anything when it is asked."""

    REFUSES = "class Refuses:\n    def __getattr__(self, name): raise ImportError(name)\n"

    def test_a_rollback_among_them(self, project, live):
        """All is put back; what is new is forgotten without being asked."""
        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        project.write(
            "low.py",
            f"import sys\n{self.REFUSES}x = 22\nsys.modules['odd'] = Refuses()\n1 / 0",
        )
        with pytest.raises(ModuleError, match="division by zero"):
            liveimport.sync()
        assert (low.x, sys.modules["low"], "odd" in sys.modules) == (1, low, False)

    def test_a_module_that_knows_no_other_names(self, project, live):
        """Its `__getattr__` may raise whatever it likes."""
        text = "def __getattr__(name): return {{}}[name]\nx = {}"
        project.write("low.py", text.format(1))
        low = live("import low")["low"]
        project.write("low.py", text.format(22))
        liveimport.sync()
        assert low.x == 22

    def test_imports_that_are_blocked(self, project, live, monkeypatch):
        """None in `sys.modules` blocks an import; a star import of it gives no names."""
        monkeypatch.setitem(sys.modules, "blocked", None)
        text = "try:\n    from blocked import *\nexcept ImportError: pass\nx = {}"
        project.write("low.py", text.format(1))
        low = live("import low")["low"]
        project.write("low.py", text.format(22))
        liveimport.sync()
        assert low.x == 22

    def test_a_module_that_gives_its_place_away(self, project, live):
        """What it registered before goes on."""
        project.write(
            "own.py",
            "import sys, liveimport\nfrom low import x\nnames = globals()\n"
            "liveimport.register(names, 'from low import x')\n"
            "class Slots: __slots__ = ('names',)\n"
            "own = sys.modules[__name__] = Slots()\nown.names = names\n",
        )
        project.write("low.py", "x = 1")
        import own

        project.write("low.py", "x = 22")
        liveimport.sync()
        assert own.names["x"] == 22

    def test_a_lazy_module(self, project, live):
        """It is not loaded by being looked at, nor by being remembered."""
        project.write_all(lazy="import low\nlow.ran.append(1)", low="ran = []")
        spec = importlib.util.find_spec("lazy")
        spec.loader = importlib.util.LazyLoader(spec.loader)
        lazy = sys.modules["lazy"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(lazy)
        low = live("import low")["low"]
        liveimport.register({"lazy": lazy}, "import lazy")
        assert not liveimport.plan()
        project.write_all(other="x = 1")
        other = live("import other")["other"]
        project.write("other.py", "x = 22")
        liveimport.sync()
        assert (other.x, low.ran) == (22, [])

    def test_a_finder_that_raises(self, project, live):
        """A file that is away is no error, whatever a finder says of its name."""

        class Blocks:
            def find_spec(self, name, path=None, target=None):
                if name == "low":
                    raise ImportError("blocked")

        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        project.remove("low.py")
        sys.meta_path.insert(0, Blocks())
        assert not liveimport.sync()
        assert low.x == 1

    def test_to_show_what_failed_imports_nothing(self, project, live):
        """From 3.12, a traceback looks for a like name in the module, which is not loaded."""
        project.write_all(journal="ran = []", low="x = 1")
        live("import low, journal")
        project.write_all(low="from fresh import nam", fresh=f"{JOURNAL}name = 1")
        with pytest.raises(
            ModuleError, match="cannot import name 'nam' from 'fresh'"
        ) as caught:
            liveimport.sync()
        assert "cannot import name 'nam'" in "".join(traceback.format_exception(caught.value))
        assert sys.modules["journal"].ran == ["fresh"]
        assert "fresh" not in sys.modules

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="older Pythons suggest no names")
    def test_like_names_of_what_is_loaded_are_suggested(self, project, live):
        """A module that is loaded need not run for it."""
        project.write_all(low="x = 1", other="name = 1")
        live("import low, other")
        project.write("low.py", "from other import nam")
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        assert "Did you mean: 'name'" in "".join(traceback.format_exception(caught.value))

    def test_a_namespace_that_refuses(self, project, live):
        """The group is put back as a whole."""

        class Refuses(dict):
            def __setitem__(self, name, value):
                raise RuntimeError(name)

        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        liveimport.register(Refuses(x=1), "from low import x")
        project.write("low.py", "x = 22")
        with pytest.raises(ModuleError, match="RuntimeError: x"):
            liveimport.sync()
        assert low.x == 1


@pytest.mark.threads
def test_what_another_thread_imports_while_a_group_fails(project, live):
    """It stays loaded, and on its package: that thread is at work with it."""
    project.write_all(**{"low": "x = 1", "pk/__init__": "", "pk/lib": "y = 1"})
    live("import low, pk")
    project.write(
        "low.py",
        "open('begun', 'w').close()\nimport os, time\n"
        "while not os.path.exists('done'): time.sleep(0.01)\n1 / 0",
    )

    def importing():
        while not os.path.exists("begun"):
            time.sleep(0.01)
        __import__("pk.lib")
        project.write("done", "")

    thread = threading.Thread(target=importing)
    thread.start()
    with pytest.raises(ModuleError):
        liveimport.sync()
    thread.join()
    assert sys.modules["pk"].lib.y == 1


def test_what_an_edit_imports_under_a_condition(project, live):
    """It is no dependency; but once it is loaded, it reloads with what it depends on."""
    project.write_all(low="x = 1", late="from low import x", top="")
    names = live("import low, top")
    project.write("top.py", "try:\n    import late\nexcept ImportError: pass")
    liveimport.sync()
    project.write("low.py", "x = 22")
    liveimport.sync()
    assert names["top"].late.x == 22


def test_the_cure_lies_in_what_is_imported_under_a_condition(project, session, live):
    """Its file is told, and mending it is noticed."""
    project.write_all(late="1 / 0", top="x = 1")
    top = live("import top")["top"]
    project.write("top.py", "try:\n    import late\nexcept ImportError: pass\nx = 22")
    (failed,) = session.sync(retry_failed=False).failed
    assert (failed.failure.shown_file, failed.failure.line) == ("late.py", 1)
    assert not session.sync(retry_failed=False).failed
    project.write("late.py", "")
    session.sync(retry_failed=False)
    assert top.x == 22


def test_lines_that_warnings_show(project, live):
    """They are those of the version that warns."""
    project.write("low.py", "import warnings\nwarnings.warn('old')  # the old line")
    with pytest.warns(UserWarning, match="old") as seen:
        live("import low")
    assert linecache.getline(seen[0].filename, 2).endswith("# the old line\n")
    project.write("low.py", "import warnings\nwarnings.warn('new')  # the newer line")
    with pytest.warns(UserWarning, match="new") as seen:
        liveimport.sync()
    assert linecache.getline(seen[0].filename, 2).endswith("# the newer line\n")


def test_the_loader_of_a_member(project, live):
    """Whoever asks for it while the group runs gets one that has what the member's own has."""
    project.write_all(low="x = 1", script="import low\nx = low.x", top="y = 1")
    top = live("import top, script, low")["top"]
    project.write_all(low="x = 22")
    project.write(
        "top.py",
        "import importlib.util, runpy, low\n"
        "y = runpy.run_module('script')['x']\n"
        "z = importlib.util.find_spec('script').loader.get_source('script')",
    )
    liveimport.sync()
    assert (top.y, top.z) == (22, "import low\nx = low.x")


@pytest.mark.threads
def test_what_a_member_imports_in_a_thread(project, live):
    """It came with the group, and is forgotten with it."""
    project.write_all(low="x = 1", lib="y = 1")
    live("import low")
    threads = "import threading\nt = threading.Thread(target=__import__, args=('lib',))\n"
    project.write("low.py", f"x = 22\n{threads}t.start()\nt.join()\n1 / 0")
    with pytest.raises(ModuleError):
        liveimport.sync()
    assert "lib" not in sys.modules


def test_a_package_that_another_object_stands_for(project, live):
    """Its submodules that rest come back, as it has a path like any package."""
    wrapper = (
        "import sys\nclass Wrap:\n    def __init__(self, module): self._module = module\n"
        "    def __getattr__(self, name): return getattr(self._module, name)\n"
        "sys.modules[__name__] = Wrap(sys.modules[__name__])\n"
    )
    project.write_all(**{"pk/__init__": wrapper, "pk/other": "", "pk/low": "x = 1"})
    names = live("import pk\nimport pk.low\nfrom pk.low import x")
    importlib.import_module("pk.oth" + "er")
    other = sys.modules["pk.other"]
    project.write("pk/__init__.py", f"{wrapper}# edited")
    project.write("pk/low.py", "x = 22")
    liveimport.sync()
    assert (names["x"], sys.modules["pk.other"]) == (22, other)


def test_a_module_that_puts_a_proxy_in_its_own_place(project, live, session):
    """The code runs in a module of its own, behind a new proxy; no code runs in that."""
    session.install()
    project.write(
        "dep.py",
        "import sys, types\n"
        "class Proxy(types.ModuleType):\n"
        "    def __init__(self, module):\n"
        "        super().__init__(module.__name__)\n"
        "        self.__dict__['_module'] = module\n"
        "    def __getattr__(self, name): return getattr(self._module, name)\n"
        "def wrap(name):\n"
        "    if not isinstance(sys.modules[name], Proxy):\n"
        "        sys.modules[name] = Proxy(sys.modules[name])\n",
    )
    source = "import dep\nclass C: x = {}\ndep.wrap(__name__)"
    project.write("pk/__init__.py", "from pk import old\nfrom pk.user import f")
    project.write("pk/old.py", source.format(1))
    project.write("pk/user.py", "from pk.old import C\ndef f(): return C.x")
    names = live("import pk\nfrom pk.old import C")
    for x in (2, 3):
        project.write("pk/old.py", source.format(x))
        liveimport.sync()
        pk, old = names["pk"], sys.modules["pk.old"]
        assert (names["C"].x, pk.f()) == (x, x)
        assert pk.old is old
        assert names["C"] is pk.user.C is old.C
        assert type(old).__name__ == "Proxy"
    project.write("pk/old.py", "raise RuntimeError")
    with pytest.raises(ModuleError):
        liveimport.sync()
    assert sys.modules["pk.old"] is pk.old is old
    assert old.C is names["C"]


class TestAliases:
    """A module that gives its place to another, as shims of old names do."""

    @pytest.fixture
    def names(self, project, live):
        """What is imported by both names."""
        project.write_all(
            new="class C: x = 1",
            old="import sys, new\nsys.modules[__name__] = new",
            user="from old import C",
        )
        return live("import new\nimport user\nfrom old import C")

    def test_an_edit_of_the_module(self, project, names):
        """It runs once, so there is one class."""
        project.write("new.py", "class C: x = 22")
        liveimport.sync()
        assert names["C"] is names["new"].C is names["user"].C
        assert names["C"].x == 22

    def test_an_edit_of_the_shim(self, project, names):
        """It is noticed, and runs in a dict of its own."""
        project.write("old.py", "import sys, new\nsys.modules[__name__] = new\nnew.more = 1")
        liveimport.sync()
        assert names["new"].more == 1
        assert "sys" not in vars(names["new"])

    def test_a_shim_that_becomes_a_module(self, project, names):
        """From then on it is one."""
        project.write_all(old="from new import C\nmine = 1", user="from old import C, mine")
        liveimport.sync()
        assert (names["user"].mine, hasattr(names["new"], "mine")) == (1, False)

    def test_a_name_that_has_no_file(self, project, live):
        """It stands for the other module, and follows its edits."""
        project.write("pk/__init__.py", "")
        project.write("pk/low.py", "x = 1")
        low = importlib.import_module("pk.low")
        sys.modules["short"] = low
        try:
            names = live("from short import x")
            project.write("pk/low.py", "x = 22")
            liveimport.sync()
        finally:
            del sys.modules["short"]
        assert names["x"] == 22

    def test_a_package_with_its_submodules(self, project, live):
        """A shim may give all of them two names."""
        project.write_all(
            **{
                "new/__init__": "",
                "new/sub": "class C: x = 1",
                "old/__init__": "import sys, new, new.sub\nsys.modules['old'] = new\n"
                "sys.modules['old.sub'] = new.sub",
            }
        )
        names = live("from old.sub import C as A\nfrom new.sub import C as B")
        project.write("new/sub.py", "class C: x = 22")
        liveimport.sync()
        assert sys.modules["old.sub"] is sys.modules["new.sub"]
        assert (names["A"].x, names["B"].x) == (22, 22)


@pytest.mark.usefixtures("heeded_interrupts")
class TestInterrupts:
    """Ctrl-C during a reload."""

    @pytest.fixture
    def names(self, project, live):
        """Three modules that have nothing to do with each other."""
        project.write_all(one="x = 1", two="x = 1", three="x = 1")
        return live("import one, two, three")

    def test_rolled_back(self, project, names):
        """The interrupted group is as before; what ran earlier holds; what is later waits."""
        project.write_all(
            one="x = 22",
            two="x = 22\nimport _thread, time\n_thread.interrupt_main()\ntime.sleep(30)",
            three="x = 22",
        )
        with pytest.raises(KeyboardInterrupt):
            liveimport.sync()
        assert [names[n].x for n in ("one", "two", "three")] == [22, 1, 1]
        project.write("two.py", "x = 333")
        assert [e.module for e in liveimport.sync().events] == ["two", "three"]
        assert [names[n].x for n in ("one", "two", "three")] == [22, 333, 22]

    def test_a_real_signal(self, project, names):
        """SIGINT in the midst of a module's code ends it."""
        project.write(
            "two.py",
            "x = 22\nimport os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)",
        )
        with pytest.raises(KeyboardInterrupt):
            liveimport.sync()
        assert names["two"].x == 1

    @pytest.mark.parametrize(
        ("place", "values"),
        [
            ((execute, "Checkpoint"), [1, 1, 1]),
            ((GroupImporter, "__enter__"), [1, 1, 1]),
            ((GroupImporter, "uninstall"), [1, 1, 1]),
            ((notebook_names, "bind_names"), [1, 1, 1]),
            ((commit, "commit"), [22, 22, 22]),
            ((Session, "_mark_clean"), [22, 22, 22]),
        ],
    )
    def test_between(self, project, names, monkeypatch, place, values):
        """Wherever it comes, a group is old or new, and LiveImport knows which."""
        owner, name = place
        function = getattr(owner, name)
        done = []

        def interrupted(*args, **options):
            result = function(*args, **options)
            if not done:
                done.append(name)
                raise KeyboardInterrupt
            return result

        monkeypatch.setattr(owner, name, interrupted)
        finders = sys.meta_path[:]
        project.write_all(one="x = 22\nextra = 1", two="x = 22", three="x = 22")
        with pytest.raises(KeyboardInterrupt):
            liveimport.sync()
        assert done == [name]
        assert [names[n].x for n in ("one", "two", "three")] == values
        assert sys.meta_path == finders
        project.write_all(one="x = 333")
        liveimport.sync()
        assert [names[n].x for n in ("one", "two", "three")] == [333, 22, 22]
        assert not hasattr(names["one"], "extra")


class TestGarbage:
    """The garbage collector while modules reload."""

    @pytest.fixture
    def thresholds(self):
        """Gives the thresholds back that there were."""
        before = gc.get_threshold()
        yield before
        gc.set_threshold(*before)

    def test_it_runs_less_often_and_then_as_before(self, project, live, thresholds):
        """A module sees a high threshold; afterwards it is the one that the user has."""
        gc.set_threshold(500, 7, 7)
        # The third is ignored from Python 3.14 on.
        _, *others = before = gc.get_threshold()
        project.write_all(low="x = 1")
        low = live("import low")["low"]
        project.write_all(low="import gc\nseen = gc.get_threshold()")
        liveimport.sync()
        assert low.seen == (50_000, *others)
        assert gc.get_threshold() == before

    def test_after_a_failure(self, project, live, thresholds):
        """The threshold is the user's again."""
        project.write_all(low="x = 1")
        live("import low")
        project.write_all(low="1 / 0")
        with pytest.raises(ModuleError):
            liveimport.sync()
        assert gc.get_threshold() == thresholds

    @pytest.mark.parametrize("own", [(900, 5), (80_000, 5), (0, 5)])
    def test_what_a_module_sets_stays(self, project, live, thresholds, own):
        """A module may set thresholds when it runs."""
        project.write_all(low="x = 1")
        live("import low")
        project.write_all(low=f"import gc\ngc.set_threshold(*{own})")
        liveimport.sync()
        assert gc.get_threshold()[:2] == own

    def test_thresholds_that_are_high_are_left_alone(self, project, live, thresholds):
        """So is a collector that the user has turned off."""
        gc.set_threshold(90_000, 5)
        project.write_all(low="x = 1")
        low = live("import low")["low"]
        project.write_all(low="import gc\nseen = gc.get_threshold()")
        liveimport.sync()
        assert low.seen[:2] == (90_000, 5)


def test_a_class_that_refuses_to_be_asked(project, live):
    """It reloads, and so does a table that holds it."""
    low = """
        class Refusing(type):
            def __getattribute__(cls, name):
                raise RuntimeError(name)

        class Odd(metaclass=Refusing):
            pass

        x = {value}
        """
    project.write_all(low=low.format(value=1), table="import low\nheld = {'odd': low.Odd}")
    names = live("import low, table")
    project.write_all(low=low.format(value=2))
    outcome = liveimport.sync()
    assert [event.module for event in outcome.events] == ["low", "table"]
    assert names["table"].held["odd"] is names["low"].Odd
