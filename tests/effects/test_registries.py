"""Tables that modules fill when they are imported: after a sync they are as if all were fresh."""

import sys
from textwrap import dedent
from typing import Any, NamedTuple

import pytest

import liveimport


class Registry(NamedTuple):
    """A module with a table, and one that puts something in.

    Attributes:
        reg: The source of `reg`.
        plug: The source of `plug`; a number in it is edited.
        look: What the table answers.
    """

    reg: str
    plug: str
    look: str


APPENDING = """
    def add(f):
        TABLE.append(f)
        return f
    """

FUNCTION = """
    from reg import add
    @add
    def f(): return 1
    """

CALLED = "[f() for f in reg.TABLE]"


def appending(beginning: str, plug: str = FUNCTION, look: str = CALLED) -> Registry:
    """Returns a registry with a list, or something like one."""
    return Registry(beginning + dedent(APPENDING), plug, look)


REGISTRIES = {
    "list": appending("TABLE = []\n"),
    "deque": appending("import collections\nTABLE = collections.deque()\n"),
    "dict": Registry(
        """
        TABLE = {}
        def add(f):
            assert f.__name__ not in TABLE
            TABLE[f.__name__] = f
            return f
        """,
        FUNCTION,
        "[(name, f()) for name, f in reg.TABLE.items()]",
    ),
    "dict by class": Registry(
        "TABLE = {}",
        "import reg\nclass C: x = 1\nreg.TABLE[C] = len(reg.TABLE)",
        "[(c.x, number) for c, number in reg.TABLE.items()]",
    ),
    "set of code objects": Registry(
        "TABLE = set()",
        "import reg\ndef f(): return 1\nreg.TABLE.add(f.__code__)",
        "[eval(code) for code in reg.TABLE]",
    ),
    "nested": Registry(
        "TABLE = {'a': [()]}",
        "import reg\ndef f(): return 1\nreg.TABLE['a'].append(('f', f))",
        "[entry[1]() for entry in reg.TABLE['a'][1:]]",
    ),
    "wrappers": Registry(
        """
        TABLE = []
        def add(f):
            def wrapper(): return f()
            TABLE.append(wrapper)
            return wrapper
        """,
        FUNCTION,
        CALLED,
    ),
    "wrappers of a third module": Registry(
        "TABLE = []",
        "import reg\nfrom tools import wrap\n@wrap\ndef f(): return 1\nreg.TABLE.append(f)",
        CALLED,
    ),
    "subclasses": Registry(
        """
        class Base:
            known = []
            def __init_subclass__(cls): Base.known.append(cls)
        """,
        "from reg import Base\nclass C(Base): x = 1",
        "[c.x for c in reg.Base.known]",
    ),
    "classes made of functions": Registry(
        """
        class Base:
            known = []
            def __init_subclass__(cls): Base.known.append(cls)
        def add(f):
            type(f.__name__, (Base,), {"call": staticmethod(f)})
            return f
        """,
        FUNCTION,
        "[c.call() for c in reg.Base.known]",
    ),
    "metaclass": Registry(
        """
        class Meta(type):
            known = {}
            def __init__(cls, name, bases, namespace): Meta.known[name] = cls
        class Base(metaclass=Meta): x = 0
        """,
        "from reg import Base\nclass C(Base): x = 1",
        "[(name, c.x) for name, c in reg.Meta.known.items()]",
    ),
    "class attribute": Registry(
        "class Base: pass",
        "from reg import Base\ndef m(self): return 1\nBase.m = m",
        "reg.Base().m() if hasattr(reg.Base, 'm') else None",
    ),
    "class attribute replaced": Registry(
        """
        class Base: handler = None
        def register(f):
            setattr(Base, "handler", f)
            return f
        """,
        "import reg\n@reg.register\ndef f(): return 1",
        "reg.Base.handler() if reg.Base.handler else None",
    ),
    "instance": Registry(
        """
        class App:
            def __init__(self): self.routes = {}
            def route(self, path):
                def add(f):
                    assert path not in self.routes
                    self.routes[path] = f
                    return f
                return add
        app = App()
        """,
        "from reg import app\n@app.route('/')\ndef f(): return 1",
        "[f() for f in reg.app.routes.values()]",
    ),
    "slots": Registry(
        """
        class App:
            __slots__ = ("routes",)
            def __init__(self): self.routes = []
        app = App()
        """,
        "from reg import app\ndef f(): return 1\napp.routes.append(f)",
        "[f() for f in reg.app.routes]",
    ),
    "closure": Registry(
        """
        def make():
            table = []
            def add(f):
                table.append(f)
                return f
            return add, lambda: table
        add, table = make()
        """,
        FUNCTION,
        "[f() for f in reg.table()]",
    ),
    "default": Registry(
        "def add(f, table=[]):\n    table.append(f)\n    return f",
        FUNCTION,
        "[f() for f in reg.add.__defaults__[0]]",
    ),
    "keyword default": Registry(
        "def add(f, *, table={}):\n    table[len(table)] = f\n    return f",
        FUNCTION,
        "[f() for f in reg.add.__kwdefaults__['table'].values()]",
    ),
    "function attribute": Registry(
        "def add(f):\n    add.table.append(f)\n    return f\nadd.table = []",
        FUNCTION,
        "[f() for f in reg.add.table]",
    ),
    "singledispatch": Registry(
        "import functools\n@functools.singledispatch\ndef show(x): return '?'",
        "from reg import show\nclass C: x = 1\n@show.register(C)\ndef _(x): return x.x",
        "(len(reg.show.registry), [f(k) for k, f in reg.show.registry.items() if k is not object])",
    ),
    "partial": Registry(
        """
        import functools
        TABLE = []
        def add(f):
            TABLE.append(functools.partial(f))
            return f
        """,
        FUNCTION,
        CALLED,
    ),
    "bound methods": appending(
        "TABLE = []\n",
        "from reg import add\nclass C:\n    def m(self): return 1\nadd(C().m)",
    ),
    "class methods": appending(
        "TABLE = []\n",
        "from reg import add\nclass C:\n    @classmethod\n    def m(cls): return 1\nadd(C.m)",
    ),
    "lambdas": appending("TABLE = []\n", "from reg import add\nadd(lambda: 1)"),
    "objects with a callback": Registry(
        """
        TABLE = []
        class Command:
            def __init__(self, f):
                self.f = f
                TABLE.append(self)
        """,
        "from reg import Command\ndef f(): return 1\ncommand = Command(f)",
        "[command.f() for command in reg.TABLE]",
    ),
    "weak values": Registry(
        "import weakref\nTABLE = weakref.WeakValueDictionary()",
        "import reg\ndef f(): return 1\nreg.TABLE['f'] = f",
        "[f() for f in reg.TABLE.values()]",
    ),
    "weak set": Registry(
        "import weakref\nTABLE = weakref.WeakSet()",
        "import reg\ndef f(): return 1\nreg.TABLE.add(f)",
        CALLED,
    ),
    "weak references": Registry(
        "import weakref\nTABLE = []",
        "import reg, weakref\ndef f(): return 1\nreg.TABLE.append(weakref.ref(f))",
        "[ref()() for ref in reg.TABLE]",
    ),
    "read-only view": Registry(
        """
        from types import MappingProxyType
        _table = {}
        TABLE = MappingProxyType(_table)
        """,
        "import reg\ndef f(): return 1\nreg._table['f'] = f",
        "[f() for f in reg.TABLE.values()]",
    ),
    "dict of its own class": Registry(
        """
        class Table(dict):
            def __len__(self): raise RuntimeError("nobody asks me")
            def register(self, f):
                self[f.__name__] = f
                return f
        TABLE = Table()
        """,
        "from reg import TABLE\n@TABLE.register\ndef f(): return 1",
        "[f() for f in reg.TABLE.values()]",
    ),
    "by events": Registry(
        """
        from collections import defaultdict
        TABLE = defaultdict(list)
        def on(event):
            def add(f):
                TABLE[event].append(f)
                return f
            return add
        """,
        "from reg import on\n@on('start')\ndef f(): return 1",
        "[f() for f in reg.TABLE['start']]",
    ),
    "global": Registry(
        "handler = None\ndef set_handler(f):\n    global handler\n    handler = f",
        "import reg\ndef f(): return 1\nreg.set_handler(f)",
        "reg.handler and reg.handler()",
    ),
    "function that wraps another": Registry(
        "def f(): return 0",
        "import reg\ninner = reg.f\ndef f(): return inner() + 1\nreg.f = f",
        "reg.f()",
    ),
}

TOOLS = "def wrap(f):\n    def wrapper(): return f()\n    return wrapper"


@pytest.fixture(params=REGISTRIES)
def registry(request) -> Registry:
    """A registry of each kind."""
    return REGISTRIES[request.param]


@pytest.fixture
def play(project, live):
    """Starts with sources, and returns what edits and syncs them, and then looks."""

    def start(registry: Registry, plug: str) -> Any:
        project.write_all(reg=registry.reg, plug=plug, tools=TOOLS)
        return live("import reg, plug")

    return start


def edited(registry: Registry) -> str:
    """Returns the source of the plug-in with another number."""
    return dedent(registry.plug).replace("1", "22")


def look(registry: Registry, namespace: dict[str, Any]) -> Any:
    """Returns what the table of a session answers."""
    return eval(registry.look, namespace)  # noqa: S307  # an expression of this file


def fresh(statements: str, look: str) -> Any:
    """Returns what a fresh interpreter would answer: all is imported anew."""
    names = ("reg", "plug", "tools", "fill", "user")
    kept = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    namespace: dict[str, Any] = {}
    try:
        exec(statements, namespace)  # noqa: S102  # as the session did
        return eval(look, namespace)  # noqa: S307  # an expression of this file
    finally:
        sys.modules.update(kept)


def test_a_plug_in_is_edited(registry, play, project):
    """Its table is filled again, as often as it is edited."""
    namespace = play(registry, registry.plug)
    for number in ("22", "333"):
        project.write("plug.py", dedent(registry.plug).replace("1", number))
        liveimport.sync()
        found = look(registry, namespace)
        assert found == fresh("import reg, plug", registry.look)
        assert number in str(found)


def test_the_registry_is_edited(registry, play, project):
    """It is never left emptied."""
    namespace = play(registry, registry.plug)
    project.write("reg.py", dedent(registry.reg) + "\n# an edit\n")
    liveimport.sync()
    assert "1" in str(eval(registry.look, namespace))  # noqa: S307  # an expression of this file
    project.write("plug.py", edited(registry))
    liveimport.sync()
    assert look(registry, namespace) == fresh("import reg, plug", registry.look)


def test_an_edit_registers_for_the_first_time(registry, play, project):
    """The next edit knows."""
    namespace = play(registry, "import reg")
    for text in (dedent(registry.plug), edited(registry)):
        project.write("plug.py", text)
        liveimport.sync()
        assert look(registry, namespace) == fresh("import reg, plug", registry.look)


def test_a_plug_in_fails_after_it_registered(registry, play, project):
    """The table is as it was; then as it should be."""
    namespace = play(registry, registry.plug)
    before = look(registry, namespace)
    project.write("plug.py", edited(registry) + "\nraise RuntimeError('no')\n")
    with pytest.raises(liveimport.ModuleError):
        liveimport.sync()
    assert eval(registry.look, namespace) == before  # noqa: S307  # an expression of this file
    project.write("plug.py", edited(registry))
    liveimport.sync()
    assert look(registry, namespace) == fresh("import reg, plug", registry.look)


def test_the_first_registration_fails(registry, play, project):
    """What it put into a table that did not run is taken out again."""
    namespace = play(registry, "import reg")
    before = look(registry, namespace)
    project.write("plug.py", dedent(registry.plug) + "\nraise RuntimeError('no')\n")
    with pytest.raises(liveimport.ModuleError):
        liveimport.sync()
    assert eval(registry.look, namespace) == before  # noqa: S307  # an expression of this file
    project.write("plug.py", edited(registry))
    liveimport.sync()
    assert look(registry, namespace) == fresh("import reg, plug", registry.look)


class TestWhoRuns:
    """What runs with a plug-in, and what is told."""

    @pytest.fixture(autouse=True)
    def sources(self, project):
        """A list of functions, and a plug-in."""
        project.write_all(reg=REGISTRIES["list"].reg, plug=FUNCTION)

    def test_it_is_told(self, live, project):
        """By the name of what is held; also by a plan."""
        live("import reg, plug")
        project.write("plug.py", "from reg import add\n@add\ndef g(): return 22")
        assert (
            str(liveimport.plan()).splitlines()[0] == "Would reload reg because it holds plug.f"
        )
        lines = str(liveimport.sync()).splitlines()
        assert lines[0] == "Reloaded reg because it holds plug.f"
        project.write("plug.py", FUNCTION)
        assert str(liveimport.sync()).startswith("Reloaded reg because it holds plug.g\n")

    def test_the_guides_letter_knows_no_holds(self, live, project):
        """The table is filled a second time then."""
        liveimport.auto_sync(follow="top-level")
        namespace = live("import reg, plug")
        project.write("plug.py", FUNCTION.replace("1", "22"))
        liveimport.sync()
        assert look(REGISTRIES["list"], namespace) == [1, 22]

    def test_what_the_notebook_puts_in_is_no_hold(self, live, project):
        """So an edit of its module does not make the table run, and the entry stays."""
        project.write("mine.py", "def f(): return 1")
        namespace = live("import reg, mine")
        exec("reg.add(mine.f)", namespace)  # noqa: S102  # a cell
        project.write("mine.py", "def f(): return 22")
        assert [event.module for event in liveimport.sync().events] == ["mine"]
        assert look(REGISTRIES["list"], namespace) == [1]

    def test_a_plug_in_that_is_loaded_later(self, live, project):
        """Its registration is found when it is registered."""
        live("import reg")
        namespace = live("import reg, plug")
        project.write("plug.py", FUNCTION.replace("1", "22"))
        liveimport.sync()
        assert look(REGISTRIES["list"], namespace) == [22]

    def test_two_plug_ins(self, live, project):
        """The one that was not edited registers again."""
        project.write("other.py", "from reg import add\n@add\ndef g(): return 3")
        namespace = live("import reg, plug, other")
        project.write("plug.py", FUNCTION.replace("1", "22"))
        liveimport.sync()
        assert look(REGISTRIES["list"], namespace) == [22, 3]

    def test_a_third_module_fills_the_table(self, live, project):
        """It runs again, and so does the table, whichever of the two is edited."""
        project.write_all(reg="TABLE = []", plug="def f(): return 1")
        project.write("fill.py", "import reg, plug\nreg.TABLE.append(plug.f)")
        namespace = live("import reg, plug, fill")
        project.write("plug.py", "def f(): return 22")
        liveimport.sync()
        assert look(REGISTRIES["list"], namespace) == [22]
        project.write("fill.py", "import reg, plug\nreg.TABLE.append(plug.f) # edited")
        liveimport.sync()
        assert look(REGISTRIES["list"], namespace) == [22]

    def test_plug_ins_that_a_package_looks_for(self, live, project):
        """Its table is not left emptied when the package itself is edited."""
        package = """
            import importlib, pkgutil
            TABLE = {}
            def plugin(f):
                TABLE[f.__name__] = f
                return f
            for found in pkgutil.iter_modules(__path__):
                importlib.import_module(f"{__name__}.{found.name}")
            """
        project.write("plugs/__init__.py", package)
        project.write("plugs/a.py", "from plugs import plugin\n@plugin\ndef f(): return 1")
        namespace = live("import plugs")
        project.write("plugs/__init__.py", dedent(package) + "# an edit")
        liveimport.sync()
        assert [f() for f in namespace["plugs"].TABLE.values()] == [1]
        project.write("plugs/a.py", "from plugs import plugin\n@plugin\ndef f(): return 22")
        liveimport.sync()
        assert [f() for f in namespace["plugs"].TABLE.values()] == [22]

    def test_a_cache_of_a_lazy_package(self, live, project):
        """It would go on giving the old class."""
        project.write(
            "lazy/__init__.py",
            """
            from importlib import import_module
            _cache = {}
            def __getattr__(name):
                if name != "Button":
                    raise AttributeError(name)
                if name not in _cache:
                    _cache[name] = import_module("lazy._button").Button
                return _cache[name]
            """,
        )
        project.write("lazy/_button.py", "class Button: size = 1")
        project.write("page.py", "from lazy import Button")
        namespace = live("import page, lazy")
        project.write("lazy/_button.py", "class Button: size = 22")
        liveimport.sync()
        assert namespace["page"].Button.size == namespace["lazy"].Button.size == 22

    def test_a_bystander_holds(self, live, loaded, project):
        """It runs in a group of its own, behind the rest."""
        project.write_all(reg="TABLE = []", plug="import sys\ndef f(): return 1")
        project.write(
            "plug.py", "import sys\ndef f(): return 1\nsys.modules['reg'].TABLE.append(f)"
        )
        reg = loaded("reg")
        live("import plug")
        project.write("plug.py", "def f(): return 22")
        assert [event.module for event in liveimport.sync().events] == ["plug", "reg"]
        assert reg.TABLE == []

    def test_a_first_registration_runs_the_registry(self, live, project):
        """So what copied the table has the new entry, in its place."""
        project.write_all(plug="import reg", user="import reg\nHELD = list(reg.TABLE)")
        namespace = live("import reg, plug, user")
        project.write("plug.py", FUNCTION)
        events = liveimport.sync().events
        assert [(event.module, event.reason) for event in events] == [
            ("reg", "dependent"),
            ("plug", "modified"),
            ("user", "dependent"),
        ]
        assert [f() for f in namespace["user"].HELD] == [1]
        assert not liveimport.plan()

    def test_an_entry_that_another_overrides(self, live, project):
        """The later one wins again, although the table did not hold the edited one."""
        reg = "TABLE = {}\ndef add(f):\n    TABLE[f.__name__] = f\n    return f"
        project.write_all(reg=reg, plug=FUNCTION, override=FUNCTION.replace("1", "3"))
        namespace = live("import reg, plug, override")
        project.write("plug.py", FUNCTION.replace("1", "22"))
        liveimport.sync()
        assert namespace["reg"].TABLE["f"]() == 3

    def test_an_entry_that_another_overrides_with_what_is_known(self, live, project):
        """The edited one puts in what the table holds of others anyway, and fails then."""
        reg = "TABLE = {}\ndef add(f):\n    TABLE[f.__name__] = f\n    return f"
        source = "import reg, plug\nreg.add(plug.f)"
        override = FUNCTION.replace("1", "3")
        plug = dedent(FUNCTION).replace("f():", "g():") + "\ndef f(): return 2"
        project.write_all(reg=reg, plug=plug, edited=source, override=override)
        namespace = live("import reg, plug, edited, override")
        project.write("edited.py", source + "  # again")
        assert len(liveimport.sync().events) == 4
        assert namespace["reg"].TABLE["f"]() == 3
        project.write("edited.py", source + "\nraise RuntimeError('no')")
        with pytest.raises(liveimport.ModuleError):
            liveimport.sync()
        assert namespace["reg"].TABLE["f"]() == 3

    def test_a_registry_that_fails_when_it_runs_after_all(self, live, project):
        """The first run holds; the rest is told, and tried again when a file changes."""
        once = "import reg\nassert not hasattr(reg, 'seen')\nreg.seen = True"
        project.write_all(plug="import reg", once=once)
        namespace = live("import reg, once, plug")
        project.write("plug.py", FUNCTION)
        for _ in range(2):
            with pytest.raises(liveimport.ModuleError) as caught:
                liveimport.sync()
            assert caught.value.module == "once"
            assert look(REGISTRIES["list"], namespace) == [1]
        project.write("once.py", "import reg")
        assert [event.module for event in liveimport.sync().events] == ["reg", "once", "plug"]
        assert look(REGISTRIES["list"], namespace) == [1]
        assert not liveimport.plan()

    def test_an_import_that_never_ran_leads_back(self, live, project):
        """Under a condition, reg imports what would import plug: that makes no dependency.

        While `plug` runs again, the function of its last run must not stand in the table: what
        it looks up is not bound yet.
        """
        project.write_all(
            low="x = 1",
            reg="TABLE = []\ndef ask(): return [f() for f in TABLE]\nif not TABLE == []: import extra",
            plug="import low, reg\nreg.ask()\nclass K: pass\ndef f(): return K\nreg.TABLE.append(f)",
            extra="import plug",
        )
        namespace = live("import plug, reg")
        project.write("low.py", "import math\nx = 2")
        assert [event.module for event in liveimport.sync().events] == ["low", "reg", "plug"]
        assert namespace["reg"].ask() == [namespace["plug"].K]

    def test_a_class_that_got_all_its_methods_elsewhere(self, live, project):
        """A metaclass gave them, with what they look up: it is the class of the module all the same."""
        project.write_all(
            parse="def make(): return 1",
            meta="""
                class Meta(type):
                    def __init__(cls, name, bases, space):
                        from parse import make
                        def new(self): return make()
                        cls.new = new
                """,
            element="from meta import Meta\nclass E(metaclass=Meta): pass",
        )
        namespace = live("import parse, element")
        project.write("parse.py", "def make(): return 22")
        assert "element" in [event.module for event in liveimport.sync().events]
        assert namespace["element"].E().new() == 22


class TestListsThatGrow:
    """What a run adds to a table of a module that does not run, and that holds nothing."""

    def test_a_list_of_texts(self, live, project):
        """It is told: who added, and to what."""
        project.write_all(
            defaults="LAYERS = []", run="import defaults\ndefaults.LAYERS.append('a')"
        )
        namespace = live("import defaults, run")
        project.write("run.py", "import defaults\ndefaults.LAYERS.append('b')")
        outcome = liveimport.sync()
        assert outcome.added_again == (("run", "defaults.LAYERS", "defaults"),)
        assert namespace["defaults"].LAYERS == ["a", "b"]
        project.write("run.py", "import defaults")
        assert liveimport.sync().added_again == ()

    def test_a_new_module_adds_for_the_first_time(self, live, project):
        """That is as it should be."""
        project.write_all(defaults="LAYERS = []", run="import defaults")
        live("import run")
        project.write("run.py", "import defaults, more")
        project.write("more.py", "import defaults\ndefaults.LAYERS.append('b')")
        assert [name for name, _, _ in liveimport.sync().added_again] == ["run"]

    def test_a_package_with_the_list_of_a_submodule(self, live, project):
        """Its `__all__` is the submodule's, so that one runs with it."""
        package = "from .core import *\nfrom . import core, extra\n__all__ = core.__all__\n__all__ += ['extra']"
        project.write("pk/__init__.py", package)
        project.write("pk/core.py", "__all__ = ['a']\na = 1")
        project.write("pk/extra.py", "e = 1")
        namespace = live("import pk")
        project.write("pk/extra.py", "e = 22")
        liveimport.sync()
        assert namespace["pk"].__all__ == ["a", "extra"]
        assert namespace["pk"].extra.e == 22


class TestWhatRefusesToRunTwice:
    """A registry that is nobody's of the project takes a name only once."""

    @pytest.fixture(autouse=True)
    def library(self, tmp_path, monkeypatch):
        """A library with a table of names."""
        folder = tmp_path / "site-packages"
        folder.mkdir()
        text = "NAMES = set()\ndef Counter(name):\n    if name in NAMES: raise ValueError('already there')\n    NAMES.add(name)\n    return name"
        (folder / "metrics_library.py").write_text(text)
        monkeypatch.syspath_prepend(str(folder))

    def test_everything_is_as_before_and_hinted(self, live, project):
        """It holds back its own dependents, and nobody else."""
        project.write_all(
            low="x = 1",
            metrics="import low\nfrom metrics_library import Counter\nc = Counter('a')",
            user="import metrics",
            other="x = 1",
        )
        namespace = live("import user, low, other")
        project.write_all(low="x = 22", other="x = 22")
        with pytest.raises(liveimport.ModuleError) as caught:
            liveimport.sync()
        assert caught.value.module == "metrics"
        assert caught.value.__notes__ == [
            "also held back: low, user",
            (
                "metrics did not change: it may refuse to run twice "
                "(`%liveimport reload --deep metrics`, or exclude it)"
            ),
        ]
        assert (namespace["low"].x, namespace["other"].x) == (1, 22)

    def test_it_is_edited_itself(self, live, project):
        """The error says that something is there already."""
        project.write("metrics.py", "from metrics_library import Counter\nc = Counter('b')")
        live("import metrics")
        project.write(
            "metrics.py", "from metrics_library import Counter\nc = Counter('b') # edited"
        )
        with pytest.raises(liveimport.ModuleError) as caught:
            liveimport.sync()
        assert caught.value.__notes__ == [
            "metrics may refuse to run twice: restart to use its new version"
        ]
