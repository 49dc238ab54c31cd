"""The user's own names: told from what imports bound; replaced and told, or kept."""

import gc
import sys
import weakref

import pytest

import liveimport
from liveimport.effects.registering.cells import register_cell
from liveimport.effects.session.session import SESSION

REPLACED = "{} was yours and is now {}; yours is in liveimport.replaced[{!r}]"


def own_lines(outcome):
    """Returns the lines of a report that are about the user's own names."""
    return [line for line in outcome.lines if " yours" in line]


def run(text, namespace):
    """Runs a cell that is not registered."""
    exec(text, namespace)  # noqa: S102  # as a shell does


class Thing:
    """A value of the user's that weak references can refer to."""


class TestReplaced:
    """By default a reload binds as the imports would; what was the user's is told, never lost."""

    @pytest.mark.parametrize("own", [[1], {}, (1, 2), 12345, 1.5, "text", None, Thing(), Thing])
    def test_a_name_that_the_user_bound_to_something_else(self, project, live, own):
        """The report names it, and its value is kept, whatever kind it is of."""
        project.write_all(utils="def plot(): return 1")
        namespace = live("from utils import plot")
        namespace["plot"] = own
        project.write_all(utils="def plot(): return 22")
        outcome = liveimport.sync()
        assert namespace["plot"]() == 22
        assert own_lines(outcome) == [REPLACED.format("plot", "utils.plot", "plot")]
        assert dict(liveimport.replaced) == {"plot": own}
        assert liveimport.replaced["plot"] is own

    def test_a_variable_that_a_star_brings(self, project, live):
        """The notebook made it; the module had no such name before."""
        project.write_all(utils="x = 1")
        namespace = live("from utils import *")
        namespace["df"] = own = [1]
        project.write_all(utils="x = 1\ndf = None")
        outcome = liveimport.sync()
        assert namespace["df"] is None
        assert own_lines(outcome) == [REPLACED.format("df", "utils.df", "df")]
        assert liveimport.replaced["df"] is own

    def test_what_an_import_bound_is_not_told(self, project, live):
        """Values of all kinds, given by all kinds of imports, reload after reload."""
        source = (
            "def f(): pass\nclass C: pass\nn, t, s, xs, d = {0}, ({0},), 'v{0}', [{0}], {{}}"
        )
        project.write_all(utils=source.format(1))
        project.write("p/__init__.py", "")
        project.write("p/sub.py", "x = 1")
        live(
            "from utils import *\nfrom utils import xs as ys\nimport utils, p.sub, p.sub as s0"
        )
        live("from p import sub")
        for value in (1000, 20000, 300000):
            project.write_all(utils=source.format(value))
            project.write("p/sub.py", f"x = {value}")
            outcome = liveimport.sync()
            assert len(outcome.rebound) == 12
            assert own_lines(outcome) == []
        assert len(liveimport.replaced) == 0

    def test_a_module_that_binds_its_names_again_by_itself(self, project, live):
        """The name still holds what the import gave, though the module has something else."""
        names = {"n": "1000", "text": "'a text'", "f": "lambda: 1", "flag": "None"}
        first = "\n".join(f"{name} = {value}" for name, value in names.items())
        project.write_all(state=first)
        namespace = live("from state import n, text, f, flag\nimport state")
        for number in (1, 22):  # bound by the import, and by a sync
            for name in names:
                setattr(namespace["state"], name, object())
            project.write_all(state=f"{first}\nmore = {number}")
            assert own_lines(liveimport.sync()) == []

    def test_the_object_may_be_gone(self, project, live):
        """None is the user's, although nothing is left of what the import had bound."""
        project.write_all(utils="class Net: pass\nx = 1")
        namespace = live("from utils import Net\nimport utils")
        namespace["Net"] = None
        del namespace["utils"].Net
        gc.collect()
        project.write_all(utils="class Net: pass\nx = 22")
        outcome = liveimport.sync()
        assert own_lines(outcome) == [REPLACED.format("Net", "utils.Net", "Net")]
        assert dict(liveimport.replaced) == {"Net": None}

    def test_a_module_under_the_name_of_a_variable(self, project, live):
        """The report names the module. A name that already holds it is not told."""
        project.write("p/__init__.py", "")
        project.write("p/sub.py", "x = 1")
        namespace = live("import p.sub\nimport p.sub as s")
        namespace.update(p=1, s=2)
        project.write("p/sub.py", "x = 22")
        assert own_lines(liveimport.sync()) == [
            REPLACED.format("p", "the module p", "p"),
            REPLACED.format("s", "the module p.sub", "s"),
        ]
        assert namespace["p"] is sys.modules["p"]
        project.write("p/sub.py", "x = 333")
        assert own_lines(liveimport.sync()) == []

    def test_a_value_that_is_what_the_import_gives(self, project, live):
        """Nothing is lost, so nothing is told."""
        project.write_all(utils="x = 1")
        namespace = live("from utils import *")
        namespace["df"] = None
        project.write_all(utils="x = 1\ndf = None")
        outcome = liveimport.sync()
        assert [b.name for _, b in outcome.rebound] == ["x", "df"]
        assert own_lines(outcome) == []

    def test_an_import_that_the_user_ran_again(self, project, live):
        """Also in a cell that is not registered, the name is the import's again."""
        project.write_all(utils="table = [1]\ndef plot(): pass")
        namespace = live("from utils import *")
        namespace.update(plot=1, table=2)
        run("from utils import plot, table", namespace)
        project.write_all(utils="table = [22]\ndef plot(): pass")
        assert own_lines(liveimport.sync()) == []

    def test_two_statements_that_bind_one_name(self, project, live):
        """The last one counts. To run the first again, unregistered, is the user's doing."""
        project.write_all(a="x = [1]", b="x = [2]")
        namespace = live("from a import x\nfrom b import x")
        project.write_all(b="x = [22]")
        assert own_lines(liveimport.sync()) == []
        run("from a import x", namespace)
        project.write_all(b="x = [333]")
        outcome = liveimport.sync()
        assert own_lines(outcome) == [REPLACED.format("x", "b.x", "x")]
        assert (namespace["x"], liveimport.replaced["x"]) == ([333], [1])

    def test_a_star_that_no_longer_hides_another(self, project, live):
        """The value came from an import, though from the one that gives it no more."""
        project.write_all(a="red = [1]", b="red = [2]\nx = 1")
        namespace = live("from a import *\nfrom b import *")
        project.write_all(b="x = 1")
        outcome = liveimport.sync()
        assert (namespace["red"], own_lines(outcome)) == ([1], [])

    def test_a_name_that_a_star_lost_and_the_user_took(self, project, live):
        """It does not keep the last value of its module, so that is not told."""
        project.write_all(utils="x = 1\nmile = 2")
        namespace = live("from utils import *")
        namespace["mile"] = "mine"
        project.write_all(utils="x = 1")
        outcome = liveimport.sync()
        assert (namespace["mile"], outcome.vanished) == ("mine", ())

    def test_names_of_modules_that_did_not_reload(self, project, live):
        """They are left alone, also if they hold a function of a module that did."""
        project.write_all(utils="def plot(): pass", other="def draw(): pass")
        namespace = live("from utils import plot\nimport other")
        namespace["plot"] = own = namespace["other"].draw
        project.write_all(other="def draw(): return 22")
        outcome = liveimport.sync()
        assert [b.name for _, b in outcome.rebound] == ["other"]
        assert namespace["plot"] is own

    def test_a_deleted_name(self, project, live):
        """It is bound again. Nothing is lost by that."""
        project.write_all(utils="x = 1")
        namespace = live("from utils import x\nfrom utils import *")
        del namespace["x"]
        project.write_all(utils="x = 22")
        assert own_lines(liveimport.sync()) == []
        assert namespace["x"] == 22

    def test_a_name_that_was_bound_before_it_was_registered(self, project, session):
        """Registered is what the text says, and the name held something else by then."""
        project.write_all(utils="x = [1]\ndef f(): pass")
        namespace = {}
        run("from utils import x, f\nf = x = 'mine'", namespace)
        register_cell(SESSION, namespace, "from utils import x, f", clear=False)
        project.write_all(utils="x = [22]\ndef f(): pass")
        assert len(own_lines(liveimport.sync())) == 2
        assert dict(liveimport.replaced) == {"x": "mine", "f": "mine"}

    def test_until_the_next_sync_that_replaces_one(self, project, live):
        """A sync that replaces nothing keeps what there is; so does one that fails."""
        project.write_all(a="x = 1", b="y = 1")
        namespace = live("from a import x\nfrom b import y")
        namespace["x"] = "mine"
        project.write_all(a="x = 22")
        liveimport.sync()
        project.write_all(a="x = 333")
        liveimport.sync()
        namespace["y"] = "also mine"
        project.write_all(b="1 / 0")
        with pytest.raises(liveimport.ModuleError):
            liveimport.sync()
        assert dict(liveimport.replaced) == {"x": "mine"}
        assert namespace["y"] == "also mine"
        project.write_all(b="y = 333")
        liveimport.sync()
        assert dict(liveimport.replaced) == {"y": "also mine"}
        liveimport.replaced.clear()
        assert repr(liveimport.replaced) == "Replaced()"

    def test_several_namespaces(self, project, live):
        """The key has the number of the namespace only where the name alone would not do."""
        project.write_all(utils="x = 1\ny = 1")
        first = live("from utils import x, y")
        second = live("from utils import x, y")
        first.update(x="mine", y="mine too")
        second["x"] = "mine here"
        project.write_all(utils="x = 22\ny = 22")
        assert own_lines(liveimport.sync()) == [
            "x was yours and is now utils.x; yours is in liveimport.replaced[0, 'x']",
            "y was yours and is now utils.y; yours is in liveimport.replaced['y']",
            "x was yours and is now utils.x; yours is in liveimport.replaced[1, 'x']",
        ]
        assert dict(liveimport.replaced) == {
            (0, "x"): "mine",
            "y": "mine too",
            (1, "x"): "mine here",
        }

    def test_a_sync_that_runs_twice(self, project, live):
        """A module that fills a table for the first time has the table's module run too."""
        project.write_all(
            reg="table = {}\nsize = 1", plug="import reg\nx = 1", copy="from reg import table"
        )
        namespace = live("from plug import x\nfrom reg import size\nimport copy")
        namespace.update(x="mine", size="mine too")
        project.write_all(plug="import reg\nx = 22\nclass P: pass\nreg.table[1] = P")
        outcome = liveimport.sync()
        assert [e.module for e in outcome.events] == ["reg", "plug"]
        assert own_lines(outcome) == [
            REPLACED.format("x", "plug.x", "x"),
            REPLACED.format("size", "reg.size", "size"),
        ]
        assert dict(liveimport.replaced) == {"x": "mine", "size": "mine too"}

    def test_it_is_told_beside_a_failure(self, project, live):
        """The error of `sync` has it as a note."""
        project.write_all(a="x = 1", b="y = 1")
        namespace = live("from a import x\nimport b")
        namespace["x"] = "mine"
        project.write_all(a="x = 22", b="1 / 0")
        with pytest.raises(liveimport.ModuleError) as raised:
            liveimport.sync()
        assert raised.value.__notes__ == [REPLACED.format("x", "a.x", "x")]

    def test_it_is_told_when_the_sync_is_interrupted(self, project, live):
        """What ran before the interrupt holds."""
        project.write_all(a="x = 1", b="y = 1")
        namespace = live("from a import x\nimport b")
        namespace["x"] = "mine"
        project.write_all(a="x = 22", b="raise KeyboardInterrupt")
        with pytest.raises(KeyboardInterrupt) as raised:
            liveimport.sync()
        assert namespace["x"] == 22
        assert raised.value.__notes__ == [REPLACED.format("x", "a.x", "x")]

    def test_a_binding_that_fails(self, project, live):
        """Everything is as before: the user's value is in its place, and nowhere else."""
        project.write_all(a="x = 1", b="y = 1")
        namespace = live("from a import x\nfrom b import y")
        namespace["x"] = "mine"
        project.write_all(
            a="x = 22",
            b="def __getattr__(name):\n    raise RuntimeError(name)",
        )
        with pytest.raises(liveimport.ModuleError, match="could not reload b"):
            liveimport.sync()
        assert namespace["x"] == 22  # its group is another
        assert dict(liveimport.replaced) == {"x": "mine"}

    def test_nothing_else_is_kept_alive(self, project, live):
        """Neither what imports gave nor what the user bound, once it is replaced and cleared."""
        project.write_all(utils="class Net: pass\nnet = Net()")
        namespace = live("from utils import net, Net\nimport utils")
        gone = [weakref.ref(namespace["net"]), weakref.ref(namespace["Net"])]
        namespace["net"], namespace["Net"] = Thing(), Thing()
        gone += [weakref.ref(namespace["net"]), weakref.ref(namespace["Net"])]
        project.write_all(utils="class Net: pass\nnet = Net()\nx = 1")
        liveimport.sync()
        gc.collect()
        assert [ref() is None for ref in gone] == [True, True, False, False]
        liveimport.replaced.clear()
        gc.collect()
        assert [ref() for ref in gone] == [None] * 4

    def test_a_script_that_registers_again(self, project, live):
        """The name holds what the import gave, though the module has counted on."""
        project.write_all(state="n = 1000")
        namespace = live("from state import n\nimport state")
        namespace["state"].n = 2000
        liveimport.register(namespace, "from state import n")
        project.write_all(state="n = 30000")
        assert own_lines(liveimport.sync()) == []

    @pytest.mark.parametrize("own_names", ["replace", "keep"])
    def test_what_modules_register_while_they_reload(self, project, live, own_names):
        """They ran their imports again themselves, so their names hold the new values already."""
        liveimport.auto_sync(own_names=own_names)
        source = (
            "import liveimport\nfrom low import x\n"
            "liveimport.register(globals(), 'from low import x')"
        )
        project.write_all(low="x = [1]", high=source)
        high = live("import high")["high"]
        for value in (22, 333):
            project.write_all(low=f"x = [{value}]")
            assert own_lines(liveimport.sync()) == []
            assert high.x == [value]


class TestKept:
    """With ``own_names="keep"`` a name stays the user's until the import is run again."""

    @pytest.fixture(autouse=True)
    def _keep(self, session):
        liveimport.auto_sync(own_names="keep")

    def test_a_name_that_the_user_bound(self, project, live):
        """It is told once, and left alone as long as it is the user's."""
        project.write_all(utils="def plot(): return 1\nx = 1")
        namespace = live("from utils import *")
        namespace["plot"] = own = Thing()
        project.write_all(utils="def plot(): return 22\nx = 22")
        outcome = liveimport.sync()
        assert own_lines(outcome) == ["plot is yours: not bound"]
        assert [b.name for _, b in outcome.rebound] == ["x"]
        project.write_all(utils="def plot(): return 333\nx = 333")
        outcome = liveimport.sync()
        assert (namespace["plot"], namespace["x"]) == (own, 333)
        assert (own_lines(outcome), [b.name for _, b in outcome.kept]) == ([], ["plot"])
        assert len(liveimport.replaced) == 0

    @pytest.mark.parametrize("registered", [True, False])
    def test_running_the_import_again(self, project, live, registered):
        """The name is the import's again. If the user binds it again, that is told again."""
        project.write_all(utils="def plot(): return 1")
        namespace = live("from utils import plot")
        namespace["plot"] = own = Thing()
        project.write_all(utils="def plot(): return 22")
        liveimport.sync()
        if registered:
            live("from utils import plot", namespace)
        else:
            run("from utils import plot", namespace)
        project.write_all(utils="def plot(): return 333")
        outcome = liveimport.sync()
        assert (namespace["plot"](), own_lines(outcome)) == (333, [])
        namespace["plot"] = own
        project.write_all(utils="def plot(): return 4444")
        assert own_lines(liveimport.sync()) == ["plot is yours: not bound"]
        assert namespace["plot"] is own

    def test_running_the_import_again_before_it_goes(self, project, live):
        """The value is that of the star import that gave it until now."""
        project.write_all(a="def red(): return 1", b="def red(): return 2")
        namespace = live("from a import *\nfrom b import *")
        namespace["red"] = Thing()
        project.write_all(b="def red(): return 22")
        liveimport.sync()
        run("from b import red", namespace)
        project.write_all(b="x = 1")
        assert own_lines(liveimport.sync()) == []
        assert namespace["red"]() == 1

    def test_registering_again_makes_it_worth_telling(self, project, live):
        """The user took the name back, and gave it away again before the next reload."""
        project.write_all(utils="x = 1")
        namespace = live("from utils import x")
        namespace["x"] = "mine"
        project.write_all(utils="x = 22")
        liveimport.sync()
        live("from utils import x", namespace)
        namespace["x"] = "mine"
        project.write_all(utils="x = 333")
        assert own_lines(liveimport.sync()) == ["x is yours: not bound"]

    def test_a_variable_that_a_star_would_bring(self, project, live):
        """Names that are free are bound."""
        project.write_all(utils="x = 1")
        namespace = live("from utils import *")
        namespace["df"] = "mine"
        project.write_all(utils="x = 1\ndf = None\nnew = 1")
        assert own_lines(liveimport.sync()) == ["df is yours: not bound"]
        assert (namespace["df"], namespace["new"]) == ("mine", 1)

    def test_a_deleted_name(self, project, live):
        """It stays deleted, and comes back with its import."""
        project.write_all(utils="x = 1\ny = 1")
        namespace = live("from utils import x\nfrom utils import *")
        del namespace["x"], namespace["y"]
        project.write_all(utils="x = 22\ny = 22\nz = 22")
        assert own_lines(liveimport.sync()) == [
            "x is yours: not bound, as you deleted it",
            "y is yours: not bound, as you deleted it",
        ]
        assert (namespace.get("x"), namespace.get("y"), namespace["z"]) == (None, None, 22)
        run("from utils import x", namespace)
        project.write_all(utils="x = 333\ny = 333")
        assert own_lines(liveimport.sync()) == []
        assert (namespace["x"], namespace.get("y")) == (333, None)

    def test_many_deleted_names(self, project, live):
        """After ``%reset`` they are one line."""
        names = [f"x{i:02}" for i in range(30)]
        project.write_all(utils="\n".join(f"{name} = 1" for name in names))
        namespace = live("from utils import *")
        namespace.clear()
        project.write_all(utils="\n".join(f"{name} = 22" for name in names))
        assert own_lines(liveimport.sync()) == [
            "x00, x01, x02, x03, x04, x05, and 24 more are yours: not bound, as you deleted them"
        ]
        assert namespace == {}

    def test_back_to_replacing(self, project, live):
        """Then the next reload replaces the name."""
        project.write_all(utils="x = 1")
        namespace = live("from utils import x")
        namespace["x"] = "mine"
        project.write_all(utils="x = 22")
        liveimport.sync()
        liveimport.auto_sync(own_names="replace")
        project.write_all(utils="x = 333")
        assert own_lines(liveimport.sync()) == [REPLACED.format("x", "utils.x", "x")]
        assert (namespace["x"], liveimport.replaced["x"]) == (333, "mine")

    def test_a_group_that_fails(self, project, live):
        """Nothing was left alone, so nothing is told."""
        project.write_all(utils="x = 1")
        namespace = live("from utils import x")
        namespace["x"] = "mine"
        project.write_all(utils="x = 22\n1 / 0")
        with pytest.raises(liveimport.ModuleError):
            liveimport.sync()
        project.write_all(utils="x = 22")
        assert own_lines(liveimport.sync()) == ["x is yours: not bound"]


LAZY = """
def __getattr__(name):
    if name == "__all__":
        return ["Thing", "make", "cached", "TABLE", "VERSION", "TEXT"]
    if name.startswith("__"):
        raise AttributeError(name)
    import impl
    return getattr(impl, name)
"""
IMPL = """
import functools
class Thing: v = {0}
def make(): return {0}
@functools.lru_cache
def cached(): return {0}
TABLE = [{0}]
VERSION = "{0}"
TEXT = "{0}" * 2000
"""


class TestLazyPackages:
    """A name from a lazy package follows the module that its value belongs to."""

    @pytest.mark.parametrize(
        "statement",
        ["from lazy import Thing, make, cached, TABLE, VERSION, TEXT", "from lazy import *"],
    )
    def test_it_is_bound_again(self, project, live, statement):
        """The statement names a module that did not reload."""
        project.write_all(lazy=LAZY, impl=IMPL.format(1))
        namespace = live(statement)
        project.write_all(impl=IMPL.format(22))
        outcome = liveimport.sync()
        assert [e.module for e in outcome.events] == ["impl"]
        assert [b.name for _, b in outcome.rebound] == [
            "Thing",
            "make",
            "cached",
            "TABLE",
            "VERSION",
            "TEXT",
        ]
        assert (namespace["Thing"].v, namespace["make"](), namespace["cached"]()) == (22,) * 3
        assert (namespace["TABLE"], namespace["VERSION"]) == ([22], "22")
        assert own_lines(outcome) == []

    def test_the_package_itself(self, project, live):
        """What it gives is what the import bound, of whatever kind."""
        project.write_all(lazy=LAZY, impl=IMPL.format(1000))
        namespace = live("from lazy import Thing, VERSION, TABLE, TEXT")
        namespace["Thing"] = own = Thing()
        project.write_all(lazy=f"{LAZY}\nx = 1")
        assert own_lines(liveimport.sync()) == [REPLACED.format("Thing", "lazy.Thing", "Thing")]
        assert liveimport.replaced["Thing"] is own

    def test_what_is_no_different(self, project, live):
        """The package gives the very object that the user had bound."""
        project.write_all(lazy=LAZY, impl=IMPL.format(1))
        namespace = live("from lazy import VERSION\nimport impl")
        namespace["VERSION"] = None
        project.write_all(lazy=f"{LAZY}\nx = 1", impl=f"{IMPL.format(1)}\nVERSION = None")
        outcome = liveimport.sync()
        assert "VERSION" in [b.name for _, b in outcome.rebound]
        assert own_lines(outcome) == []

    @pytest.mark.parametrize("own_names", ["replace", "keep"])
    def test_what_the_user_bound(self, project, live, own_names):
        """It is left alone, though it is a function of the module that reloaded."""
        liveimport.auto_sync(own_names=own_names)
        project.write_all(lazy=LAZY, impl=IMPL.format(1))
        namespace = live("from lazy import Thing, make")
        namespace["Thing"] = namespace["make"]
        namespace["make"] = 1
        project.write_all(impl=IMPL.format(22))
        outcome = liveimport.sync()
        assert (outcome.rebound, own_lines(outcome)) == ((), [])
        assert (namespace["Thing"](), namespace["make"]) == (1, 1)

    def test_it_is_defined_in_the_notebook(self, project, session):
        """A package that is asked by code cannot be looked into, but a definition can."""
        project.write_all(lazy=LAZY, impl=IMPL.format(1))
        namespace = {"__name__": "__main__"}
        text = "from lazy import Thing, make"
        run(f"{text}\nclass Thing: pass\ndef make(): pass", namespace)
        own = (namespace["Thing"], namespace["make"])
        liveimport.register(namespace, text)
        project.write_all(lazy=f"{LAZY}\nx = 1")
        assert len(own_lines(liveimport.sync())) == 2
        assert (liveimport.replaced["Thing"], liveimport.replaced["make"]) == own

    def test_who_has_to_answer_for_it(self, project, live):
        """If it cannot be bound, the group of its module failed, and no other."""
        project.write_all(lazy=LAZY, impl=IMPL.format(1), zoo="x = 1")
        namespace = live("from lazy import make\nfrom zoo import x")
        project.write_all(
            impl="def __getattr__(name):\n    raise RuntimeError(name)", zoo="x = 22"
        )
        with pytest.raises(liveimport.ModuleError, match="could not reload impl") as raised:
            liveimport.sync()
        assert [e.module for e in raised.value.outcome.events] == ["zoo"]
        assert (namespace["x"], namespace["make"]()) == (22, 1)
