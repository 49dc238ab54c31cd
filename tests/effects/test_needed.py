"""With ``reload="needed"``: what runs, what is bound again, and that all of it succeeds or nothing."""

import sys
from itertools import pairwise

import pytest

import liveimport
from liveimport.effects.session.session import SESSION

TRACED = pytest.mark.skipif(
    sys.version_info[:2] not in ((3, 12), (3, 13)), reason="no sys.monitoring"
)

TAX = "class Rate: v = {0}\ndef vat(x): return x * {0}\n"
INVOICE = "import tax\nclass Invoice(tax.Rate): pass\n"
CART = "from tax import vat\ndef total(x): return vat(x)\n"
SHOP = "from cart import vat, total\n"


@pytest.fixture
def shop(session, project):
    """The example of docs/needed.md, imported."""
    liveimport.auto_sync(reload="needed")
    project.write_all(
        tax=TAX.format(1), invoice=INVOICE, cart=CART, shop=SHOP, top="import shop\n"
    )
    namespace = {}
    statements = "import top, invoice, tax\nfrom shop import vat, total"
    liveimport.register(namespace, statements, execute=True)
    return namespace


def lines():
    """Syncs, and returns the report without times."""
    return [line.partition(" modified")[0] for line in str(liveimport.sync()).splitlines()]


@TRACED
def test_the_example_of_the_page(shop, project):
    """What is read runs; in the others names are bound again, and in the notebook."""
    invoice = shop["invoice"].Invoice
    project.write_all(tax=TAX.format(2))
    assert [line.partition(":")[0] for line in str(liveimport.plan()).splitlines()[:3]] == [
        "Would reload tax",
        "Would reload invoice because it reads tax.Rate",
        "cart, shop, and top would not need to run",
    ]
    assert lines() == [
        "Reloaded tax",
        "Reloaded invoice because it reads tax.Rate",
        "cart, shop, and top did not need to run: vat bound again",
    ]
    tax = shop["tax"]
    assert shop["vat"] is tax.vat is sys.modules["cart"].vat is sys.modules["shop"].vat
    assert shop["total"](3) == 6
    assert shop["invoice"].Invoice is not invoice
    assert shop["invoice"].Invoice.__base__ is tax.Rate
    assert not liveimport.sync()


@TRACED
def test_values_too_not_only_functions(session, project):
    """The notebook has a number by way of a module that did not run."""
    liveimport.auto_sync(reload="needed")
    project.write_all(low="K = 1", mid="from low import K", top="from mid import *")
    namespace = {}
    liveimport.register(namespace, "from mid import K\nfrom top import K as L", execute=True)
    project.write_all(low="K = 2 ")
    assert lines()[1:] == ["mid and top did not need to run: K bound again"]
    assert (namespace["K"], namespace["L"], sys.modules["top"].K) == (2, 2, 2)


@TRACED
def test_what_somebody_put_there_stays(shop, project):
    """Only what still is the old object is bound again."""
    sys.modules["cart"].vat = mine = str
    project.write_all(tax=TAX.format(2))
    liveimport.sync()
    assert sys.modules["cart"].vat is mine


@TRACED
def test_a_failure_takes_back_what_was_bound_anew(shop, project):
    """All of the group is as before."""
    project.write_all(invoice=INVOICE)
    old = shop["tax"].vat
    project.write_all(
        tax=TAX.format(2).replace(
            "class Rate:", "class Rate(int):\n    __slots__ = ('x',)\n   "
        )
    )
    with pytest.raises(liveimport.ModuleError):
        liveimport.sync()
    assert shop["tax"].vat is sys.modules["cart"].vat is shop["vat"] is old
    project.write_all(tax=TAX.format(3))
    assert lines()[-1] == "cart, shop, and top did not need to run: vat bound again"
    assert shop["total"](1) == 3


@TRACED
def test_what_still_shows_an_old_object_runs_after_all(session, project):
    """A function of it was called, and has put it there."""
    liveimport.auto_sync(reload="needed")
    lazy = "import low\ndef get():\n    global f\n    f = low.f\n"
    project.write_all(low="def f(): return 1", lazy=lazy)
    namespace = {}
    liveimport.register(namespace, "import lazy", execute=True)
    namespace["lazy"].get()
    project.write_all(low="def f(): return 2")
    assert lines() == ["Reloaded low", "Reloaded lazy"]


@TRACED
def test_a_new_effect_on_a_module_that_was_spared_makes_it_run(session, project):
    """Its table would have the entry of each run."""
    liveimport.auto_sync(reload="needed")
    table = "import low\nTABLE = []\ndef f(): return low.f()"
    project.write_all(low="def f(): pass", table=table, user="import table, low\nx = low.f")
    namespace = {}
    liveimport.register(namespace, "import user, table", execute=True)
    for number in (1, 2, 3):
        project.write_all(
            low=f"def f(): return {number}",
            user=f"import table, low\nx = low.f\ntable.TABLE.append('entry {number}')",
        )
        liveimport.sync()
        assert [f"entry {number}"] == namespace["table"].TABLE


@TRACED
def test_a_name_of_a_cycle_that_was_not_bound_yet(session, project):
    """The other module has it now; a fresh interpreter would not have it there."""
    liveimport.auto_sync(reload="needed")
    user = "import b, low\nL = low.K\ntry:\n    from b import x\nexcept ImportError:\n    x = None\n"
    project.write_all(low="K = 1", b="import user\nx = 5", user=user)
    namespace = {}
    liveimport.register(namespace, "import b", execute=True)
    project.write_all(low="K = 2 ")
    assert lines()[-1] == "Reloaded b because it and user import each other"
    assert (sys.modules["user"].L, sys.modules["user"].x) == (2, None)


@TRACED
def test_modules_in_a_cell_are_traced(shell, project):
    """A `%%liveimport` cell follows which code runs."""
    project.write_all(low="def f(): return 1", mid="from low import f")
    shell.run("import liveimport\nliveimport.auto_sync(reload='needed', grace=0)")
    shell.run("%%liveimport\nimport mid")
    assert sorted(SESSION.state.traces) == ["low", "mid"]
    project.write_all(low="def f(): return 2")
    shell.run("x = mid.f()")
    assert shell.names["x"] == 2


def test_without_traces_all_dependents_run(session, project):
    """They were imported before anything was followed; from the first run on, they are."""
    project.write_all(low="def f(): return 1", mid="from low import f", top="import mid")
    namespace = {}
    liveimport.register(namespace, "import top", execute=True)
    liveimport.auto_sync(reload="needed")
    assert liveimport.status().untraced == ("top", "mid", "low")
    project.write_all(low="def f(): return 2")
    assert [e.module for e in liveimport.sync().events] == ["low", "mid", "top"]
    project.write_all(low="def f(): return 3 ")
    ran = [e.module for e in liveimport.sync().events]
    assert ran == (
        ["low", "mid", "top"] if sys.version_info[:2] not in ((3, 12), (3, 13)) else ["low"]
    )
    liveimport.auto_sync(reload="dependents")
    assert SESSION.state.traces == {}
    project.write_all(low="def f(): return 4")
    assert [e.module for e in liveimport.sync().events] == ["low", "mid", "top"]


@TRACED
def test_files_and_runs_are_followed_by_themselves(session, project):
    """One does not need the other."""
    liveimport.auto_sync(reload="needed", files=False)
    project.write_all(low="def f(): return 1", mid="from low import f")
    liveimport.register({}, "import mid", execute=True)
    assert sorted(SESSION.state.traces) == ["low", "mid"]
    assert not SESSION.read_log.is_on
    assert not SESSION.read_log.runs.is_on


@TRACED
def test_a_namespace_package_is_not_missing_and_a_new_module_may_come(session, project):
    """Neither lets those run that need not."""
    liveimport.auto_sync(reload="needed")
    (project.folder / "space").mkdir()
    project.write_all(low="K = 1")
    (project.folder / "space" / "mid.py").write_text("import low\ndef f(): return low.K\n")
    namespace = {}
    liveimport.register(namespace, "import space.mid", execute=True)
    project.write_all(low="K = 2 ")
    assert lines() == ["Reloaded low", "space.mid did not need to run"]
    project.write_all(low="from fresh import K", fresh="K = 3")
    assert [e.module for e in liveimport.sync().events] == ["low"]
    assert namespace["space"].mid.f() == 3


@TRACED
@pytest.mark.parametrize("length", [2, 3, 6])
def test_what_runs_after_all_may_show_that_more_has_to_run(session, project, length):
    """Each has a class of the one below it, which runs only because of the one below that."""
    liveimport.auto_sync(reload="needed")
    source = "import {0}\nclass C: pass\nK = None\ndef get():\n    global K\n    K = {0}.C\n"
    names = [f"m{number}" for number in range(length)]
    modules = {n: source.format(below) for below, n in pairwise(["low", *names])}
    project.write_all(low="class C: v = 1", **modules)
    namespace = {}
    liveimport.register(namespace, f"import {', '.join(reversed(names))}", execute=True)
    for name in names:
        namespace[name].get()
    project.write_all(low="class C: v = 2")
    liveimport.sync()
    assert [namespace[name].K for name in names] == [None] * length


REG = (
    "TABLE, LIST, OTHER = {}, [], []\n"
    "def register(f):\n    if f.__name__ in TABLE: raise KeyError(f.__name__)\n"
    "    TABLE[f.__name__] = f\n    LIST.append(f)\n    return f\n"
    "def values(): return [f() for f in TABLE.values()], [f() for f in LIST]\n"
)
PLUG = "from reg import register\n@register\ndef {0}(): return {1}\n"


@pytest.fixture
def plugs(session, project):
    """A registry, and three plug-ins that use each other in no way."""
    liveimport.auto_sync(reload="needed")
    project.write_all(reg=REG, **{name: PLUG.format(name, 1) for name in ("a", "b", "c")})
    namespace = {}
    liveimport.register(namespace, "import reg, a, b, c", execute=True)
    return namespace


@TRACED
def test_what_a_plug_in_adds_to_a_table_is_taken_out_first(plugs, project):
    """Then only the plug-in runs, and its entries come to their old places."""
    reg = plugs["reg"]
    for number in (2, 3):
        project.write_all(b=PLUG.format("b", number))
        assert lines()[0] == "Reloaded b"
        assert plugs["reg"].values() == ([1, number, 1], [1, number, 1])
        assert list(reg.TABLE) == ["a", "b", "c"]
        assert reg.TABLE["b"] is reg.LIST[1] is plugs["b"].b


@TRACED
def test_a_plug_in_that_fails_leaves_the_table_as_it_was(plugs, project):
    """Also what it has added where it had added nothing before."""
    project.write_all(b=PLUG.format("b", 2) + "import reg\nreg.OTHER.append(1)\n1/0")
    with pytest.raises(liveimport.ModuleError):
        liveimport.sync()
    assert plugs["reg"].values() == ([1, 1, 1], [1, 1, 1])
    assert plugs["reg"].OTHER == []
    project.write_all(b=PLUG.format("b", 2))
    assert lines()[0] == "Reloaded b"
    assert plugs["reg"].values() == ([1, 2, 1], [1, 2, 1])


@TRACED
def test_a_plug_in_that_adds_something_else_makes_the_others_run(plugs, project):
    """Who asks whether it is there would find another answer."""
    project.write_all(b=PLUG.format("b", 2) + "@register\ndef new(): return 5\n")
    liveimport.sync()
    assert plugs["reg"].values() == ([1, 2, 5, 1], [1, 2, 5, 1])
    project.write_all(b=PLUG.format("b", 3))
    liveimport.sync()
    assert plugs["reg"].values() == ([1, 3, 1], [1, 3, 1])


@TRACED
def test_who_has_used_what_is_in_a_table_runs_with_it(session, project):
    """And is as before if that fails."""
    liveimport.auto_sync(reload="needed")
    user = "import reg\nVALUES = reg.values()\nKEYS = 'a' in reg.TABLE\n"
    project.write_all(
        reg=REG, a=PLUG.format("a", 1), user=user, keys="import reg\nK = 'a' in reg.TABLE"
    )
    namespace = {}
    liveimport.register(namespace, "import a, user, keys, reg", execute=True)
    project.write_all(a=PLUG.format("a", 2))
    assert lines()[:2] == ["Reloaded a", "Reloaded user because it reads reg.LIST"]
    assert namespace["user"].VALUES == ([2], [2])
    project.write_all(a=PLUG.format("a", 3), user=user + "1/0")
    with pytest.raises(liveimport.ModuleError):
        liveimport.sync()
    assert (namespace["user"].VALUES, namespace["reg"].values()) == (([2], [2]), ([2], [2]))


@TRACED
def test_who_uses_a_table_again_does_not_find_what_came_later(session, project):
    """The registry runs, and with it all that fill it, in order."""
    liveimport.auto_sync(reload="needed")
    user = "import reg\nVALUES = reg.values()\nreg.OTHER.append(len)\n"
    project.write_all(reg=REG, user=user, a=PLUG.format("a", 1))
    namespace = {}
    liveimport.register(namespace, "import user, a, reg", execute=True)
    project.write_all(user=user + "# edited")
    liveimport.sync()
    project.write_all(a=PLUG.format("a", 2), user=user + "# edited again")
    liveimport.sync()
    assert namespace["user"].VALUES == ([], [])


@TRACED
def test_without_needed_entries_are_forgotten(plugs):
    """They would keep old objects."""
    assert SESSION.read_log.runs.entries.of("a")
    liveimport.auto_sync(reload="dependents")
    assert not SESSION.read_log.runs.entries.of("a")


@TRACED
def test_plain_entries_of_a_module_that_nothing_depends_on(session, project):
    """They are there once, and who used them runs with the table if they are others."""
    liveimport.auto_sync(reload="needed")
    one = "import reg\nreg.OTHER.append({0!r})\nX = {1}"
    project.write_all(reg=REG, one=one.format("e", 1), user="import reg\nN = list(reg.OTHER)")
    namespace = {}
    liveimport.register(namespace, "import one, user, reg", execute=True)
    project.write_all(one=one.format("e", 2))
    assert lines() == ["Reloaded one"]
    assert namespace["reg"].OTHER == namespace["user"].N == ["e"]
    project.write_all(one=one.format("f", 2))
    liveimport.sync()
    assert namespace["reg"].OTHER == namespace["user"].N == ["f"]


@TRACED
def test_names_that_are_bound_again_are_no_change_of_a_module(session, project):
    """Whoever ran meanwhile has not made it."""
    liveimport.auto_sync(reload="needed")
    user = "import low, mid\nclass C(low.C): pass\nsetattr(C, 'x', mid.call(mid.T))"
    mid = "from low import f, C\nT = []\ndef call(t): return len(t)"
    project.write_all(low="def f(): pass\nclass C: pass", mid=mid, user=user)
    namespace = {}
    liveimport.register(namespace, "import user", execute=True)
    for number in (1, 2):
        project.write_all(low=f"def f(): return {number}\nclass C: pass")
        assert [line.partition(" because")[0] for line in lines()][:2] == [
            "Reloaded low",
            "Reloaded user",
        ]
        assert SESSION.state.traces["user"].changed == frozenset()
        assert "mid" in SESSION.state.traces["user"].compared
