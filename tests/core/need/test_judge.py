"""Which dependents run, if only what is needed does; the project is drawn as texts."""

import sys

import pytest
from attrs import evolve

from core.worlds import world
from liveimport.core.committing.commit import Learned, commit
from liveimport.core.committing.outcome import Outcome, ReloadEvent
from liveimport.core.committing.refills import joined
from liveimport.core.model import Hold, with_traces
from liveimport.core.need.demand import Before, demand_of_source, used_names
from liveimport.core.need.judgement import Because
from liveimport.core.planning.dependencies import with_new_graph
from liveimport.core.trace import Entry

TAX = (
    "class Rate: v = 1\ndef vat(x): return x\n_K = 1\nTABLE = []\ndef add(x): TABLE.append(x)\n"
)

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="its instructions are not known, so nothing is judged"
)
"""What the others use."""


def ran(user, edit=TAX + "# edited\n", *, calls="", changeable="", **others):
    """Returns the plan after tax was edited: what runs, and behind the bar what need not."""
    w = world(tax=TAX, user=user, **others).register("import user")
    return plan_of(w.needed(calls, changeable).edit(tax=edit))


def plan_of(w):
    """Returns what runs, with why, and behind the bar what need not."""
    plan = w.plan()
    whys = [s.module + (f":{s.because.how}" if s.because else "") for s in plan.steps]
    return f"{' '.join(whys)} | {' '.join(plan.not_needed)}".strip()


@pytest.mark.parametrize(
    "user",
    [
        "import tax\ndef f(): return tax.vat(1)",
        "import tax as t\nclass C:\n    def f(self): return t.Rate",
        "from tax import vat\ndef f(): return vat(1)",
        "from tax import vat\nfrom tax import vat\nclass C: v = 1",
        "try:\n    from tax import vat as v\nexcept ValueError:\n    raise",
        "from tax import *\ndef f(): return vat(1)",
        "import os, tax\nROOT = os.sep\nN = len('a')",
        "def f():\n    import tax\nimport tax",
    ],
)
def test_what_is_used_only_later_needs_no_run(user):
    """The names are bound again, or are found in the module."""
    assert ran(user) == "tax | user"


@pytest.mark.parametrize(
    ("user", "how"),
    [
        ("import tax\nclass C(tax.Rate): pass", "reads"),
        ("from tax import Rate\nclass C:\n    rate = Rate()", "reads"),
        ("from tax import *\nN = Rate.v", "reads"),
        ("import tax\nN = getattr(tax, 'Rate')", "reads"),
        ("import tax\nN = tax.__dict__", "reads"),
        ("import tax\nN = vars()", "reads"),
        ("import tax\nN = sorted(globals())", "reads"),
        ("from tax import Rate\nN = dir()", "reads"),
        ("class C:\n    from tax import vat", "reads"),
        ("class C:\n    import tax", "reads"),
        ("try:\n    from tax import vat\nexcept ImportError:\n    vat = None", "reads"),
        ("try:\n    import tax\nexcept ImportError:\n    tax = None", "reads"),
        ("import tax\nN = eval('tax.Rate')", "unknown"),
        ("import tax, sys\nN = sys.modules", "unknown"),
        (
            "from __future__ import annotations\nfrom tax import Rate\nclass C:\n    r: Rate",
            "reads",
        ),
        (
            "from __future__ import annotations\nimport tax\n@len\ndef f(r: tax.Rate): pass",
            "reads",
        ),
    ],
)
def test_what_reads_as_it_runs_has_to_run(user, how):
    """Whatever is read, and however."""
    assert ran(user) == f"tax user:{how} |"


def test_a_function_that_ran_reads_too():
    """Its globals are those of its module."""
    user = "import tax\ndef f(): return tax.Rate\nN = f()"
    assert ran(user) == "tax | user"
    assert ran(user, calls="user=user.f") == "tax user:reads |"


def test_what_calls_a_function_of_the_module_runs():
    """The function is another one now."""
    user = "import tax\ndef f(g): return g()\nf(lambda: tax)"
    assert ran(user, calls="user=tax.vat") == "tax user:calls |"


@pytest.mark.parametrize(
    ("edit", "result"),
    [
        (TAX.replace("vat", "levy"), "tax user:imports |"),
        (TAX + "levy = 2\n", "tax | user"),
        (TAX + "globals()['levy'] = 2\n", "tax | user"),
    ],
)
def test_names_that_come_and_go(edit, result):
    """Who imports a name that the new source does not bind runs, to fail as it should."""
    assert ran("from tax import vat", edit) == result


@pytest.mark.parametrize(
    ("edit", "result"),
    [
        (TAX + "levy = 2\n", "tax user:star |"),
        (TAX + "__all__ = ['vat']\n", "tax user:star |"),
        (TAX + "from os import sep\n", "tax user:star |"),
        (TAX + "from os import *\n", "tax user:star |"),
        (TAX + "exec('levy = 2')\n", "tax user:star |"),
        (TAX + "1 + 1\n", "tax | user"),
    ],
)
def test_star_imports_run_if_there_may_be_other_names(edit, result):
    """Else what they bound is bound again."""
    assert ran("from tax import *", edit) == result


def test_a_name_that_no_source_shows_is_imported_for_certain_by_a_run():
    """It may have come or gone."""
    assert ran("from tax import other", "exec('other = 1')\n") == "tax user:imports |"


def test_a_submodule_needs_no_name():
    """A package shows it; what is read of it is its own."""
    w = world(
        p=" ",
        p__x="class Rate: pass",
        user="from p import x\nclass C(x.Rate): pass\nimport p.x",
    ).register("import user")
    w = w.needed()
    assert plan_of(w.edit(p__x="class Rate: v = 1")) == "p.x user:reads |"
    assert plan_of(w.edit(p="1 + 1")) == "p user |"


def test_what_is_shown_by_others_is_followed():
    """Who reads a name of a module that only imports it reads the other's."""
    shop, user = "from tax import Rate\nimport tax", "import shop\nclass C(shop.Rate): pass"
    assert ran(user, shop=shop) == "tax user:reads | shop"
    assert ran("import shop\nN = shop.tax.Rate", shop=shop) == "tax user:reads | shop"
    assert ran("import shop\nN = shop.tax", shop=shop) == "tax user:reads | shop"
    assert ran("from shop import *\nN = Rate", shop=shop) == "tax user:reads | shop"
    assert ran("from shop import Rate\ndef f(): return Rate", shop=shop) == "tax | shop user"


def test_a_module_that_shows_others_changes_only_what_it_has_itself():
    """It runs, as it has a class of its own that is derived; the name that it shows is as it was."""
    shop = "from tax import Rate, vat\nfrom low import f\nclass C(Rate): pass"
    for user, why in (("f", ""), ("C", ":reads")):
        result = ran(f"import shop\nN = shop.{user}", shop=shop, low="def f(): pass")
        assert result == (f"tax shop:reads user{why} |" if why else "tax shop:reads | user")


def test_names_that_a_package_gives_when_asked_are_not_known():
    """It may give what changed."""
    lazy = "import tax\ndef __getattr__(name): return tax.vat"
    assert ran("import lazy\nN = lazy.other", lazy=lazy) == ("tax lazy:changes user:unknown |")


def test_what_is_not_traced_runs_and_draws_in_what_it_may_change():
    """Nothing is known of what it did."""
    texts = {"low": "import tax", "user": "import low"}
    w = world(tax=TAX, **texts).register("import user").needed()
    untraced = {n: t for n, t in w.state.traces.items() if n != "user"}
    w = with_traces_of(w, untraced).edit(tax=TAX + "1\n")
    assert plan_of(w) == "tax low:changes user:unknown |"


def test_a_trace_of_another_source_is_none():
    """Somebody may have loaded the module again."""
    w = world(tax=TAX, user="import tax").register("import user").needed()
    other = w.state.traces["user"]._replace(digest="other")
    w = with_traces_of(w, {**w.state.traces, "user": other}).edit(tax=TAX + "1\n")
    assert plan_of(w) == "tax user:unknown |"


def with_traces_of(w, traces):
    """Returns the world in which only these modules have traces."""
    from attrs import evolve

    return evolve(w, state=evolve(w.state, traces=traces))


def test_who_was_changed_by_what_runs_runs_too():
    """Here user runs, and has put something into the table of low."""
    low = "import tax\nTABLE = []\ndef add(x): TABLE.append(x)\ndef f(): return tax.vat"
    texts = {"user": "import low, tax\nlow.add(tax.Rate)", "low": low}
    assert ran(**texts) == "tax user:reads | low"
    assert ran(**texts, calls="user=low.add", changeable="user=low.TABLE.append") == (
        "tax low:changes user:reads |"
    )
    texts["user"] = "import low, tax\nlow.TABLE.append(tax.Rate)"
    assert ran(**texts) == "tax user:reads | low"
    assert (
        ran(**texts, changeable="user=user.low.TABLE.append") == "tax low:changes user:reads |"
    )
    texts["user"] = "import low, tax\nlow.add.x = tax.Rate"
    assert ran(**texts) == "tax low:changes user:reads |"


def test_a_cycle_runs_if_one_may_have_read_what_the_other_had_for_a_while():
    """What is bound once was what it is; what is bound twice may have been another."""
    reads = "import user, tax\nN = (tax.Rate, user.K)"
    for text, result in (
        ("K = 1\nimport low", "tax low:reads | user"),
        ("K = 1\nimport low\nK = 2", "tax low:reads user:cycle |"),
        ("K = 1\nimport low\nlow.x = 2", "tax low:reads user:cycle |"),
        ("K = 1\nimport low\nvars()", "tax low:reads user:cycle |"),
    ):
        assert ran(text, low=reads) == result
    assert ran("import low", low="import user, tax\nN = (tax.Rate, user)").startswith(
        "tax low:reads user:cycle"
    )
    assert ran("K = 1\nimport low", low="from user import *\nimport tax\nN = tax.Rate") == (
        "tax low:reads user:cycle |"
    )
    assert ran("import low", low="import tax, user\nN = tax.Rate") == "tax low:reads | user"


def test_a_name_from_a_star_is_bound_once_if_one_module_shows_it():
    """A module of the cycle reads a name that the other has from a star."""
    low = "import user, tax\nN = (tax.Rate, user.K)"
    assert ran("from one import *\nimport low", low=low, one="K = 1") == "tax low:reads | user"
    both = "from one import *\nimport low\nfrom two import *"
    assert ran(both, low=low, one="K = 1", two="K = 2") == "tax low:reads user:cycle |"


def test_holders_run_as_ever():
    """A table that holds something of what runs is filled again."""
    w = world(tax=TAX, reg="TABLE = []", user="import tax, reg").register("import user")
    w = w.hold("reg", "tax", "Rate").needed().edit(tax=TAX + "1\n")
    assert plan_of(w) == "reg tax user:reads |" or "reg" in plan_of(w)


def test_what_was_spared_is_up_to_date_afterwards():
    """Nothing more is to be done, and the next edit is judged again."""
    w = world(tax=TAX, user="from tax import vat").register("import user").needed()
    w = w.edit(tax=TAX + "1\n").sync()
    assert plan_of(w) == "|"
    assert plan_of(w.edit(tax=TAX + "2\n")) == "tax | user"


def test_a_failure_leaves_it_to_be_judged_again():
    """What failed is tried again, and the other still needs no run."""
    w = world(tax=TAX, user="from tax import vat").register("import user").needed()
    w = w.edit(tax=TAX + "1\n").sync(fails="tax")
    assert plan_of(w.edit(tax=TAX + "2\n")) == "tax | user"


@pytest.mark.parametrize("what", ["broken", "removed", "excluded"])
def test_in_doubt_all_dependents_run(what):
    """Where a source is broken, files went, or something is excluded."""
    w = world(tax=TAX, low="import tax", user="import low").register("import user").needed()
    w = w.edit(tax=TAX + "1\n")
    if what == "broken":
        w = w.edit(tax="def (")
    elif what == "removed":
        w = w.remove("user")
    else:
        w = w.exclude("user")
    assert w.plan().not_needed == ()
    assert "low" in [step.module for step in w.plan().steps]


def test_with_dependents_nothing_is_judged():
    """As ever, all dependents run."""
    w = world(tax=TAX, user="import tax").register("import user").edit(tax=TAX + "1\n")
    assert plan_of(w) == "tax user |"


def test_modules_are_connected_through_those_that_need_not_run():
    """They are one group: all of it succeeds, or nothing."""
    texts = {"low": "import tax", "user": "import low\nN = low.tax.Rate"}
    w = world(tax=TAX, **texts).register("import user").needed().edit(tax=TAX + "1\n")
    (group,) = w.plan().groups
    assert (group.members, group.parked, group.starts_parked) == (
        ("tax", "user"),
        ("low",),
        True,
    )


def test_what_is_bound_anew():
    """Each name that an import gave, and each star."""
    texts = {
        "low": "from tax import vat as v",
        "user": "from low import *\nfrom low import v as w",
    }
    w = world(tax=TAX, **texts).register("import user").needed().edit(tax=TAX + "1\n")
    assert [tuple(one)[:4] for one in w.plan().rebindings] == [
        ("low", "v", "tax", "vat"),
        ("user", "*", "low", "*"),
        ("user", "w", "low", "v"),
    ]


def test_an_import_that_leaves_its_package_leads_nowhere():
    """It would have raised."""
    user = "import tax\ntry:\n    from ...x import y\nexcept ImportError:\n    pass"
    assert ran(user) == "tax | user"


def test_what_is_told_of_it():
    """The plan, and what happened, say why each runs, and which did not need to."""
    w = world(tax=TAX, low="from tax import vat", user="import tax\nN = tax.Rate")
    w = w.register("import low, user").needed().edit(tax=TAX + "1\n")
    plan = w.dry_run()
    assert [str(line) for line in plan.lines][1:3] == [
        "Would reload user because it reads tax.Rate",
        "low would not need to run",
    ]
    assert plan.to_dict()["not_needed"] == ["low"]
    steps = plan.to_dict()["groups"][0]["steps"]
    assert [step["because"] for step in steps] == [
        None,
        {"module": "tax", "name": "Rate", "how": "reads"},
    ]


def test_what_is_told_of_what_happened():
    """Why each ran, which did not need to, and what was bound again in these."""
    because = Because("tax", "Rate", "reads")
    outcome = Outcome(
        0,
        events=(ReloadEvent("user", "dependent", 0.0, ("tax",), because=because),),
        not_needed=("low",),
        rebound_in_modules=(("low", "vat"), ("low", "v")),
    )
    assert [str(line) for line in outcome.lines] == [
        "Reloaded user because it reads tax.Rate",
        "low did not need to run: vat and v bound again",
    ]
    assert outcome.to_dict()["rebound_in_modules"] == [
        {"module": "low", "name": "vat"},
        {"module": "low", "name": "v"},
    ]


def test_what_the_run_showed_to_be_outdated_runs_next():
    """It holds an old object still, or the run changed what it has."""
    w = world(tax=TAX, low="from tax import vat").register("import low").needed()
    w = w.edit(tax=TAX + "1\n")
    plan, planned = w.planned()
    after = commit(w.state, planned, Outcome(0), Learned(outdated=frozenset({"low"})))
    assert plan.not_needed == ("low",)
    assert after.refill == {"low"}


def test_both_runs_of_a_sync_are_told_as_one():
    """What ran in one of them is not told as not needed, and nothing was bound again in it."""
    first = Outcome(
        0, not_needed=("low", "user"), rebound_in_modules=(("low", "vat"), ("user", "v"))
    )
    second = Outcome(0, events=(ReloadEvent("low", "dependent", 0.0, ()),))
    both = joined(first, second)
    assert (both.not_needed, both.rebound_in_modules) == (("user",), (("user", "v"),))


def test_a_module_may_show_a_name_that_only_its_run_bound():
    """It may have another value then, unless a star or a submodule gives it."""
    user = "import tax\nN = tax.made"
    w = world(tax=TAX, user=user).register("import user")
    module = w.state.modules["tax"]._replace(dynamic_names=frozenset({"made"}))
    w = with_module(w, module).needed().edit(tax=TAX + "1\n")
    assert plan_of(w) == "tax user:reads |"
    assert ran("import tax\nN = tax.made") == "tax | user"
    assert ran("import tax\nN = tax.made", "from os import *\n" + TAX).startswith("tax")


def test_a_name_from_a_star_is_the_other_modules():
    """A module that runs passes on what it only shows; if two show it, none of them is left out."""
    w = world(low="v = 1", tax="from low import *\n", user="import tax\nN = tax.v")
    w = w.register("import user").needed()
    assert plan_of(w.edit(tax="from low import *\n1 + 1\n")) == "tax | user"
    assert plan_of(w.edit(low="v = 2")) == "low user:reads | tax"


def test_a_submodule_neither_comes_nor_goes():
    """Its package runs, as it derives a class; it is a module still."""
    package = "import tax\nclass C(tax.Rate): pass"
    user = "from p import x\nimport tax\ndef f(): return x"
    w = world(tax=TAX, p=package, p__x=" ", user=user).register("import user, p").needed()
    assert plan_of(w.edit(tax=TAX + "1\n")) == "tax p:reads | user"


def test_what_is_built_in_is_no_modules():
    """Code of another module uses it too."""
    low = "import tax\ndef f(): return len('a')"
    assert ran("import low\nlow.f()", low=low, calls="user=low.f") == "tax | low user"


def with_module(w, module):
    """Returns the world in which a module is known like this."""
    from attrs import evolve

    return evolve(w, state=evolve(w.state, modules=w.state.modules.set(module.name, module)))


def test_a_module_that_binds_unseen_names_changes_all():
    """Its functions may be others, and so may what it imports."""
    tax = "import os\nglobals()['x'] = 1\ndef vat(x): return x\n"
    w = world(tax=tax, user="import tax\nN = tax.os").register("import user").needed()
    assert plan_of(w.edit(tax=tax + "1\n")) == "tax user:reads |"


def test_a_circle_of_shown_names_has_an_end():
    """Each of two modules shows a name of the other."""
    low = "from user import K\nimport tax"
    assert ran("from low import K\nN = K", low=low).startswith("tax")


@pytest.mark.parametrize(
    ("user", "ran"),
    [
        ("try:\n    from low import x\nexcept ImportError:\n    x = None", True),
        ("try:\n    y = low.x\nexcept AttributeError:\n    y = None", True),
        (
            "import contextlib\nwith contextlib.suppress(ImportError):\n    from low import x",
            True,
        ),
        ("y = [low.x for _ in 'a']", False),
        ("try:\n    import gone\nexcept ImportError:\n    gone = None", False),
    ],
)
def test_a_name_of_a_cycle_that_was_not_bound_yet(user, ran):
    """It is now, so the other one runs too, if its absence may have been survived."""
    w = world(tax=TAX, low="import user\nx = 5", user=f"import low, tax\nL = tax.Rate\n{user}")
    plan = plan_of(w.register("import low").needed().edit(tax=TAX + "1\n"))
    assert ("low:cycle" in plan) is ran


def test_a_cycle_that_is_entered_in_another_way_runs():
    """Its modules may begin in another order, each with more or less of the others."""
    texts = {"a": "import b, c", "b": "import a, c", "c": "import a, b", "low": " "}
    w = world(**texts).register("import a").needed()
    assert plan_of(w.edit(a="import c, b")) == "b:cycle c:cycle a |"


@pytest.mark.parametrize(
    ("edited", "draws_in"),
    [
        ("from b import x\nimport sys", False),
        ("from b import x\nfrom b import y", True),
        ("from b import x\nimport b", True),
        ("from b import x\nfrom b import *", True),
        ("from b import x\ndef f(): import b", False),
        ("from b import x\ndef f(): import b\nf()", True),
        ("from b import x\n@len\ndef f():\n    from b import y", True),
        ("from b import x\nclass C:\n    def f(self):\n        from b import y", False),
        ("from b import x\nclass C:\n    def f(self):\n        from b import y\nC()", True),
        ("from b import x\nclass C:\n    def f(self):\n        from b import y\nC().f()", True),
        ("from b import x\n@len\nclass C:\n    def f(self):\n        from b import y", True),
        (
            "from b import x\nclass C: pass\nclass D(C):\n    def f(self): x\n    def g(self): import b",
            False,
        ),
    ],
)
def test_an_edit_that_asks_more_of_a_cycle(edited, draws_in):
    """The other module may be half executed then, as it begins the edited one."""
    w = world(b="x = 1\nimport a\ny = 2", a="from b import x").register("import b").needed()
    assert ("b:cycle" in plan_of(w.edit(a=edited))) is draws_in


def test_what_was_asked_of_a_half_executed_module_may_be_asked_again():
    """The same names were there."""
    w = world(b="from os import *\nx = 1\nimport a\ny = 2", a="import b\nN = b.x", c="import b")
    w = w.register("import b, c").needed()
    assert plan_of(w.edit(a="import b\nN = b.x + 1")) == "a | b c"
    assert plan_of(w.edit(a="import b\nN = b.y")) == "a b:cycle | c"
    assert plan_of(w.edit(c="import b\nN = b.y")) == "c |"


def test_a_submodule_is_there_though_its_package_is_half_executed():
    """Unless the package has something else of that name; a name of its own may come later."""
    w = world(p="from p import x\nK = 1", p__x="from p import y", p__y=" ").register("import p")
    w = w.needed()
    for text, draws_in in (("import y as z", False), ("import K", True), ("import x", True)):
        assert ("p:cycle" in plan_of(w.edit(p__x=f"from p {text}"))) is draws_in
    w = world(p=" ", p__a="x = 1\nimport p.b", p__b="from p import a").register("import p.a")
    edited = w.needed().edit(p__b="from p import a\nN = a.x")
    assert plan_of(edited).startswith("p.b p.a:cycle")


def test_an_untraced_module_of_a_cycle_may_ask_for_anything():
    """It is not known what it asked for."""
    w = world(b="x = 1\nimport a\ny = 2", a="from b import x").register("import b").needed()
    w = with_traces_of(w, {"b": w.state.traces["b"]}).edit(a="from b import x\n1")
    assert plan_of(w) == "a b:cycle |"


@pytest.mark.parametrize(
    ("first", "edited", "user", "draws_in"),
    [
        ("from low import K\nimport a", "from low import K\n1\nimport a", "b.K", False),
        ("from low import K\nimport a", "import a\nfrom low import K", "b.K", True),
        ("from low import *\nimport a", "import a\nfrom low import *", "b.K", True),
        ("from low import K\nimport a", "from low import K\n1\nimport a", "eval('b')", True),
        ("from low import K\nimport a", "from low import K\n1\nimport a", "len([b])", True),
    ],
)
def test_an_edit_that_has_less_for_a_cycle_at_first(first, edited, user, draws_in):
    """The other module runs while the edited one is half executed."""
    w = world(b=first, a=f"import b\nN = {user}", low="K = 1").register("import b").needed()
    assert ("a:" in plan_of(w.edit(b=edited))) is draws_in


def test_of_cycles_that_no_import_begins_the_order_is_not_known():
    """Each may be half executed as the other runs."""
    w = world(user="def f(): import a", a="import b\nx = 1", b="import a\nN = 1")
    w = w.register("import user").needed()
    assert "a:cycle" in plan_of(w.edit(b="import a\nN = a.x"))
    w = with_trace(with_trace(w, "a", within=frozenset()), "b", within=frozenset())
    assert plan_of(w.edit(b="import a\nN = 2")) == "b | a"
    assert plan_of(w.edit(b="import c, a\nN = 2")) == "b a:cycle |"


def test_what_a_star_gave_before_a_statement_bound_it():
    """The name was read in between."""
    user = "from tax import *\nN = (vat, 1)\nvat = 2"
    assert ran(user) == "tax user:reads |"


def test_a_cycle_with_a_module_without_trace_runs():
    """Nothing is known of what it read."""
    w = world(tax=TAX, low="import user, tax\nN = tax.Rate", user="import low")
    w = w.register("import user").needed()
    w = with_traces_of(w, {n: t for n, t in w.state.traces.items() if n != "user"})
    assert plan_of(w.edit(tax=TAX + "1\n")) == "tax low:reads user:cycle |"


def test_a_file_that_is_only_looked_at_again_does_not_run():
    """It is the same content: the look settles its version, or the file was moved into place."""
    w = world(tax=TAX, user="import tax").register("import user").needed()
    w = w.restamp("user", inode=77).edit(tax=TAX + "1\n")
    assert plan_of(w) == "tax | user"


def test_whose_imports_mean_another_module_runs():
    """Its package does not hide the submodule any more."""
    low = "import tax\nclass C(tax.Rate): pass"
    w = world(tax=TAX, p="x = 1", p__x=" ", user="import tax\nfrom p import x", low=low)
    w = w.shadow("p.x").register("import user, low, p.x").needed()
    assert plan_of(w.edit(tax=TAX + "1\n")) == "tax low:reads | user"
    assert "user" in plan_of(w.edit(tax=TAX + "1\n", p="1\n")).partition("|")[0]


def test_holders_run_beside_those_that_depended_on_it():
    """The package hides its submodule now, which somebody else holds something of."""
    w = world(
        p="1", p__x="def f(): pass", user="from p import x", low="import user\nx = user.x"
    )
    w = w.register("import low, p.x").hold("low", "p.x", "f").needed()
    plan = plan_of(w.edit(p="x = 1", p__x="def f(): return 1"))
    assert "low:holds" in plan


def test_stars_of_which_one_shows_the_name():
    """The others matter only if they come to show it."""
    texts = {"low": "def f(): pass", "top": "from low import *\nfrom tax import *"}
    w = world(tax="globals()['K'] = 1", user="import top\nclass C: f = top.f", **texts)
    w = w.register("import user").needed()
    assert "user" not in plan_of(w.edit(top=texts["top"] + "\n1")).partition("|")[0]
    assert "user:reads" in plan_of(w.edit(tax="f = 1"))


@pytest.mark.parametrize(
    ("low", "draws_in"),
    [
        ("import user, tax\nN = tax.Rate\ndef k(): pass", False),
        ("import user, tax\nN = tax.Rate\ndef g(): pass", False),
        ("import user, tax\nN = tax.Rate\nk = 1\nk = 2", True),
        ("import user, tax\nN = tax.Rate\nfrom part import *", False),
        ("import user, tax\nN = tax.Rate\nfrom part import *\nfrom part2 import *", True),
        ("import user, tax\nN = tax.Rate\ndef __getattr__(n): pass", True),
    ],
)
def test_what_a_module_of_a_cycle_has_for_a_while(low, draws_in):
    """It is bound once, or never, or more than once. The other reads it as it is imported."""
    user = "import low, tax\nM = tax.vat\nclass C:\n    k = low.k"
    w = world(tax=TAX, low=low, user=user, part="k = 1", part2="k = 2").register("import low")
    plan = plan_of(w.needed().edit(tax=TAX.replace("return x", "return -x")))
    assert ("low:cycle" in plan or "user:cycle" in plan) is draws_in


def test_a_new_module():
    """It runs, and so does the package of which it becomes an attribute; others may be spared."""
    w = world(tax=TAX, user="import tax\ndef f(): return tax.vat").register("import user")
    assert plan_of(w.needed().edit(tax=TAX + "import extra\n", extra="1")) == "extra tax | user"
    texts = {"p": "import p.a", "p__a": "x = 1", "user": "import p\ndef f(): return p"}
    w = world(**texts).register("import user").needed()
    plan = plan_of(w.edit(p__a="import p.b\nx = 2", p__b="y = 1"))
    assert plan == "p.b p.a p | user"


def test_a_new_module_in_a_cycle():
    """What it imports may begin within it now. So all dependents run."""
    texts = {"a": "import b", "b": "x = 1", "user": "import a"}
    w = world(**texts).register("import user").needed()
    assert plan_of(w.edit(b="import new", new="import a")).endswith("|")


def test_a_new_module_of_a_package_that_does_not_run():
    """Who asks the package for all it has is not judged."""
    texts = {"p": " ", "low": "x = 1", "user": "import low, p\ndef f(): return dir(p)"}
    w = world(**texts).register("import user").needed()
    assert plan_of(w.edit(low="import p.new", p__new="1")).endswith("|")


def test_a_bystander_whose_values_changed_is_told_also_behind_a_spared_module():
    """It lags behind, as with dependents, and is not run."""
    texts = {"low": "import tax\ndef f(): return tax.vat", "user": "import low"}
    w = world(tax=TAX, state="import low\nx = low.f", **texts).register("import user")
    w = w.needed().use("state").edit(tax=TAX + "1\n")
    plan, planned = w.planned()
    assert (plan.not_needed, plan.protected) == (("low", "user"), ("state",))
    assert "state" in planned.graph.lagging


def test_a_cycle_that_is_no_more():
    """What was half executed as the other one ran is not any more."""
    b = "try:\n    from a import K\nexcept ImportError:\n    K = None"
    w = world(a="from c import K\nimport b", b=b, c="K = 1").register("import a, b").needed()
    assert plan_of(w.edit(a="from c import K")) == "a b:cycle |"


def test_a_star_of_a_package_whose_submodules_may_come_earlier():
    """They are names of it, as soon as they are imported."""
    texts = {"p": "import low\nK = low.v", "p__x": "1", "user": "from p import *\nimport p.x"}
    w = world(low="v = 1", **texts).register("import user").needed()
    assert "user:star" in plan_of(w.edit(low="v = 2\nimport p.x"))
    assert "user:star" not in plan_of(w.edit(low="v = 2"))


def test_what_did_not_run_is_half_executed_as_before():
    """A module of a cycle ran alone; for a fresh interpreter, it runs within the other."""
    w = world(b="x = 1\nimport a\ny = 2", a="from b import x").register("import b").needed()
    alone = w.state.traces["a"]._replace(within=frozenset())
    assert with_traces(w.state, {"a": alone}, ["a"]).traces["a"].within == {"b"}
    assert with_traces(w.state, {"a": alone}, ["a", "b"]).traces["a"].within == set()


def test_what_was_compared_and_had_not_changed_need_not_run():
    """That code might have changed it is a guess; that it did is known."""
    low = "import tax\nTABLE = []\ndef add(x): TABLE.append(x)"
    w = world(tax=TAX, low=low, user="import low, tax\nlow.add(tax.Rate)").register(
        "import user"
    )
    w = w.needed("user=low.add", "user=low.TABLE.append")
    traces, user = w.state.traces, w.state.traces["user"]
    compared = user._replace(compared=frozenset({"low"}))
    changed = compared._replace(changed=frozenset({"low"}))
    edited = w.edit(tax=TAX + "1\n")
    for trace, result in (
        (user, "tax low:changes user:reads |"),
        (compared, "tax user:reads | low"),
        (changed, "tax low:changes user:reads |"),
    ):
        assert plan_of(with_traces_of(edited, {**traces, "user": trace})) == result


def test_in_a_cycle_others_may_have_changed_what_one_found():
    """It would find what they have entered since."""
    texts = {
        "z": "import low\nimport a",
        "low": "import z\nTABLE = []",
        "a": "import z, low\nN = len(low.TABLE)",
        "c": "import low\nlow.TABLE.append(1)",
    }
    w = world(**texts).register("import z, c").needed("", "a=a.low.TABLE c=c.low.TABLE.append")
    traces = {n: t._replace(compared=frozenset({"low"})) for n, t in w.state.traces.items()}
    edited = w.edit(a=texts["a"] + "\n1")
    assert plan_of(with_traces_of(edited, traces)) == "a | low z c"
    traces["c"] = traces["c"]._replace(changed=frozenset({"low"}))
    assert plan_of(with_traces_of(edited, traces)).startswith("low:cycle a c:")


def test_a_module_without_a_name_is_not_changed_by_who_asks_for_it():
    """A package asks all modules whose names it shows; one of them has it."""
    texts = {
        "p": "from one import *\nfrom two import *",
        "one": "import tax\nclass K: pass",
        "two": "import tax",
        "user": "import p, tax\nsetattr(p.K, 'x', tax.Rate)",
    }
    w = world(tax=TAX, **texts).register("import user").needed().edit(tax=TAX + "1\n")
    assert plan_of(w) == "tax one:changes user:reads | two p"


def test_a_cycle_that_is_entered_in_another_way_since_an_edit_elsewhere():
    """For a fresh interpreter, the edited module is half executed now as the other one runs."""
    texts = {"b": "import a\nK = 1", "a": "import b\ndef f(): return b.K"}
    w = world(top="import a", **texts).register("import top").needed()
    assert plan_of(w.edit(b=texts["b"] + "\n1")) == "b | a top"
    w = w.edit(top="import b, a").sync()
    assert plan_of(w.edit(b=texts["b"] + "\n1")) == "a:cycle b | top"


REG = "TABLE = {}\ndef add(f): TABLE[f.__name__] = f\ndef look(): return [f() for f in TABLE.values()]\n"
PLUG = "import reg\ndef f(): pass\nreg.add(f)\n"


OTHER = frozenset({Entry("reg", "OTHER", is_dict=True)})


def plugged(user="import reg", called="reg.add"):
    """Returns a world in which a plug-in, which began first, and a user add to a table."""
    w = world(reg=REG, plug=PLUG, user=user, top="import plug, user")
    w = w.register("import top").needed(f"plug=reg.add user={called}")
    traces = dict(w.state.traces)
    for place, name in enumerate(("reg", "plug", "user", "top")):
        traces[name] = ran_at(traces[name], 10 * place, 10 * place + 9)._replace(
            compared=frozenset({"reg"})
        )
    entries = frozenset({Entry("reg", "TABLE", is_dict=True)})
    traces["plug"] = traces["plug"]._replace(entries=entries)
    return holding(with_traces_of(w, traces), Hold("plug", "f", is_entry=True))


def holding(w, *holds):
    """Returns a world in which the module of the table holds this."""
    return evolve(w, state=with_new_graph(evolve(w.state, holds={"reg": holds})))


def ran_at(trace, begun, ended):
    """Returns a trace of a module that ran then."""
    return trace._replace(begun=begun, ended=ended, last_begun=begun, last_ended=ended)


def with_trace(w, name, **changes):
    """Returns a world in which the trace of a module is another one."""
    return with_traces_of(w, {**w.state.traces, name: w.state.traces[name]._replace(**changes)})


def test_what_a_module_adds_to_a_table_is_taken_out_before_it_runs_again():
    """So neither the table's module runs, nor who only adds to it or asks for a key."""
    for user in ("import reg\ndef f2(): pass\nreg.add(f2)", "import reg\nK = 'x' in reg.TABLE"):
        assert plan_of(plugged(user).edit(plug=PLUG + "1")) == "plug | reg user top"


@pytest.mark.parametrize(
    ("user", "called"),
    [
        ("import reg\nF = reg.look()", "reg.look"),
        ("import reg\nF = reg.TABLE.get('f')", "reg.add"),
        ("from reg import TABLE\nF = [*TABLE]", "reg.add"),
        ("from reg import *\nF = TABLE['f']", "reg.add"),
        ("import reg\nF = vars(reg)", "reg.add"),
        ("try:\n    from reg import TABLE\nexcept ImportError:\n    TABLE = {}", "reg.add"),
        ("import reg\nF = eval('reg.TABLE')", "reg.add"),
    ],
)
def test_who_uses_the_entries_of_a_table_runs(user, called):
    """With the module that has added them: if that fails, both are as they were."""
    plan = plugged(user, called).edit(plug=PLUG + "1").plan()
    assert [step.module for step in plan.steps] == ["plug", "user"]
    assert [group.members for group in plan.groups] == [("plug", "user")]


def test_a_list_is_asked_for_values():
    """Whether it has one depends on what was added."""
    w = plugged("import reg\nK = 'x' in reg.TABLE")
    entries = frozenset({Entry("reg", "TABLE", is_dict=False)})
    edited = with_trace(w, "plug", entries=entries).edit(plug=PLUG + "1")
    assert plan_of(edited) == "plug user:reads | reg top"


def test_who_had_used_a_table_before_has_seen_no_later_entry():
    """Neither if it had finished before, nor if the code that did it ran before."""
    w = plugged("import reg\nF = reg.look()", "reg.look").edit(plug=PLUG + "1")
    trace = w.state.traces["user"]
    before = ran_at(trace, 2, 9)
    assert plan_of(with_trace(w, "user", **before._asdict())) == "plug | reg user top"
    around = ran_at(trace, 2, 30)._replace(times=dict.fromkeys(trace.loads, 9))
    assert plan_of(with_trace(w, "user", **around._asdict())) == "plug | reg user top"
    late = around._replace(times={**around.times, ("reg", ("TABLE", "values")): 11})
    assert "user:reads" in plan_of(with_trace(w, "user", **late._asdict()))
    # Later, one of them ran alone.
    again = around._replace(last_begun=50, last_ended=60, times={})
    assert "user:reads" in plan_of(with_trace(w, "user", **again._asdict()))
    plug = w.state.traces["plug"]._replace(last_begun=50, last_ended=60)
    w = with_trace(w, "plug", **plug._asdict())
    assert plan_of(with_trace(w, "user", **around._asdict())) == "plug | reg user top"


def test_the_module_of_a_table_runs_if_it_holds_more_than_entries():
    """They cannot be taken out."""
    w = holding(plugged(), Hold("plug", "f"))
    assert plan_of(w.edit(plug=PLUG + "1")).startswith("reg:holds plug")


@pytest.mark.parametrize(("begun", "result"), [(5, "reg:used plug"), (25, "user |")])
@pytest.mark.parametrize("is_entry", [True, False])
def test_who_uses_a_table_runs_when_others_have_added_to_it_since(begun, result, is_entry):
    """A fresh interpreter would not have that yet, whatever it is."""
    user = "import reg\nF = reg.look()"
    w = with_trace(plugged(user, "reg.look"), "user", begun=begun, entries=OTHER)
    if not is_entry:
        w = with_trace(w, "plug", entries=frozenset())
    w = holding(w, Hold("plug", "f", is_entry), Hold("user", "F", is_entry=True))
    assert plan_of(w.edit(user=user + "\n1")).startswith(result)


def test_a_user_without_a_trace_runs_alone():
    """It runs as a dependent; of what it used nothing is known."""
    user = "import reg\nF = reg.look()"
    w = plugged(user)
    traces = {name: trace for name, trace in w.state.traces.items() if name != "user"}
    edited = evolve(w, state=evolve(w.state, traces=traces)).edit(user=user + "\n1")
    assert plan_of(edited) == "user | top"


def half(name="x", **of_b):
    """Returns what runs of a cycle in which `a` has read something of `b`, half executed."""
    b = "from low import x\ny = 2\nimport a\n" + of_b.pop("more", "")
    a = f"import b\nN = b.{name}\n"
    w = world(low="x = 1", a=a, b=b).register("import b").needed()
    w = with_trace(w, "b", **{"replaced": frozenset(), **of_b})
    return plan_of(w.edit(a=a + "1"))


def test_what_a_half_executed_module_had_is_known():
    """It is noted which names were replaced later; what was made elsewhere may be changed later."""
    assert half() == "a | b"
    assert half("y") == "a | b"
    assert half(replaced=frozenset({"x"})) == "a b:cycle |"
    assert half("y", sets_attributes=True) == "a b:cycle |"
    assert half(sets_attributes=True) == "a | b"
    assert half(is_unclear=True) == "a b:cycle |"
    assert half(changed=frozenset({"low"})) == "a b:cycle |"


@pytest.mark.parametrize(
    ("edit", "result"),
    [
        ("__all__ = ['f']\ndef f(): pass\ndef g(): pass", "low | user"),
        ("__all__ = ('f',)\ndef f(): pass\nclass K: pass", "low | user"),
        ("__all__ = ['f', 'g']\ndef f(): pass\ndef g(): pass", "low user:star |"),
        ("__all__ = ['f']\ndef f(): pass\n__all__ += ['g']", "low user:star |"),
        ("__all__ = ['f']\ndef f(): pass\n__all__.append('g')", "low user:star |"),
        ("__all__ = [f'f']\ndef f(): pass", "low | user"),
        ("__all__ = [len.__name__]\ndef f(): pass", "low user:star |"),
        ("def f(): pass", "low user:star |"),
    ],
)
def test_what_a_star_shows_is_written_out(edit, result):
    """Then other names do not matter."""
    low = "__all__ = ['f']\ndef f(): pass"
    w = world(low=low, user="from low import *").register("import user").needed()
    assert plan_of(w.edit(low=edit)) == result


def test_private_names_are_not_shown_by_a_star():
    """Who imports them by a star does not run for them."""
    w = world(low="f = 1", user="from low import *").register("import user").needed()
    assert plan_of(w.edit(low="f = 1\n_g = 1")) == "low | user"


@pytest.mark.parametrize(
    ("edit", "draws_in"),
    [
        (
            "import b\nclass C:\n    def m(self): return b.late, 1\ndef f(): return b.late, 1\nT = [f, C]",
            False,
        ),
        (
            "import b\nclass C:\n    def m(self): return b.late\ndef f(): return b.late\nT = [f(), C]",
            True,
        ),
        (
            "import b\nclass C:\n    x = b.late\n    def m(self): return b.late\ndef f(): return b.late\nT = [f, C]",
            True,
        ),
    ],
)
def test_what_was_named_and_not_called_is_not_called_by_the_same_code(edit, draws_in):
    """If only functions changed, a module of a cycle asks for no more than before."""
    a = "import b\nclass C:\n    def m(self): return b.late\ndef f(): return b.late\nT = [f, C]"
    w = world(a=a, b="import a\nlate = 1").register("import b").needed()
    assert ("b:cycle" in plan_of(w.edit(a=edit))) is draws_in


def test_names_that_stars_cannot_show_are_not_looked_for_there():
    """Private ones, and those that are not in `__all__`, are of no module that a star names."""
    low = "globals()\n__all__ = ['x']\nx = 1"
    texts = {"p": "from low import *\nfrom tax import vat as k", "user": "from p import k"}
    w = world(low=low, tax=TAX, **texts).register("import user").needed()
    assert plan_of(w.edit(low=low + "\n1")) == "low p:star | user"


def test_a_name_that_comes_through_stars_is_that_of_its_source():
    """That the package runs does not matter to who imports the name through it."""
    texts = {
        "p": "from low import *\nfrom tax import Rate\nclass C(Rate): pass",
        "user": "from p import k",
    }
    w = world(tax=TAX, low="k = 1", **texts).register("import user").needed()
    assert plan_of(w.edit(tax=TAX + "1\n")) == "tax p:reads | user"


def test_functions_that_nobody_has_called_rest():
    """A decorated one may be called by whoever decorates it; not if that has not done it before."""
    source = b"import b\n@b.mark\ndef f(): return b.late\n"
    assert ("b", "late") in demand_of_source(source).loads
    assert ("b", "late") not in demand_of_source(source, Before(frozenset({"f"}))).loads
    assert ("b", "late") in demand_of_source(source + b"f()", Before(frozenset({"f"}))).loads


def test_a_method_that_only_another_one_names_may_run_too():
    """Code that may run twice is looked at once."""
    source = "class C:\n    def f(self): return self.f\n    def g(self): return 1\nC().f()\nC.g"
    assert demand_of_source(source.encode()).loads >= {("C",), ("C", "g")}


def test_names_that_are_used():
    """To derive from a class is no use of it."""
    code = compile("class C(A.b): x = D\n@d\nclass E(F): pass", "", "exec")
    assert used_names([code]) == {"d", "E", "b"}


def test_what_was_compared_need_not_run_whoever_may_have_got_at_it():
    """A module that looks names up by strings runs; those below it only if it changed them."""
    texts = {"low": "import tax", "mid": "import tax", "user": "import low, mid\neval('1')"}
    w = world(tax=TAX, **texts).register("import user").needed()
    traces, user = w.state.traces, w.state.traces["user"]
    edited = w.edit(tax=TAX + "1\n")
    assert plan_of(edited) == "tax low:changes mid:changes user:unknown |"
    user = user._replace(compared=frozenset({"low", "mid"}), changed=frozenset({"mid"}))
    assert plan_of(with_traces_of(edited, {**traces, "user": user})) == (
        "tax mid:changes user:unknown | low"
    )
