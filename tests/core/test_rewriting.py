"""Bindings → what decides a name, and which names a reload makes again."""

from liveimport.core.registration import parse_imports, refers
from liveimport.core.rewriting import deciding, rewriting


def decided(statements, exports=None):
    """Returns which module decides each name, for star imports that give `exports`."""
    last = deciding(parse_imports(statements), lambda module: (exports or {}).get(module, ""))
    return {name: binding.module for name, binding in last.items()}


def written(statements, reloaded, before=None, after=None):
    """Returns a rewriting as two lines: the statements to make again, and those gone."""
    wanted = rewriting(
        parse_imports(statements),
        frozenset(reloaded.split()),
        lambda module: (before or {}).get(module, "").split(),
        lambda module: (after or before or {}).get(module, "").split(),
        lambda binding: refers(binding, {"p.sub"}.__contains__),
    )
    return (
        "; ".join(binding.statement for binding in wanted.write),
        "; ".join(binding.statement for binding in wanted.gone),
    )


def test_the_last_statement_that_binds_a_name_decides_it():
    """Of several statements that bind a name the one executed last counts."""
    assert decided("from a import x\nfrom b import y as x\nimport z") == {"x": "b", "z": "z"}


def test_a_star_import_decides_whatever_it_exports():
    """A star is a statement like others: it wins over earlier ones, and later ones over it."""
    exports = {"stars": ["x", "y"]}
    assert decided("from a import x\nfrom stars import *", exports) == {
        "x": "stars",
        "y": "stars",
    }
    assert decided("from stars import *\nfrom a import x", exports) == {"x": "a", "y": "stars"}


def test_only_names_decided_by_a_reloaded_module_are_written():
    """Promise 1: a name whose last statement refers to another module is left alone."""
    statements = "from highlight import *\nfrom formatutil import *"
    exports = {"highlight": "red bold", "formatutil": "red wrap"}
    assert written(statements, "highlight", exports) == ("from highlight import bold", "")
    assert written(statements, "formatutil", exports) == (
        "from formatutil import red; from formatutil import wrap",
        "",
    )


def test_a_submodule_is_rewritten_for_itself_and_not_for_its_package():
    """Promise 3: `from p import sub` refers to p.sub; a reload of p does not concern it."""
    assert written("from p import sub", "p.sub") == ("from p import sub", "")
    assert written("from p import sub", "p") == ("", "")


def test_a_star_import_gives_the_names_that_are_public_after_the_reload():
    """Promise 2: names that a star gains are written, and those that it loses are gone."""
    assert written("from a import *", "a", {"a": "old both"}, {"a": "both new"}) == (
        "from a import both; from a import new",
        "from a import old",
    )


def test_a_name_that_a_star_gave_up_falls_to_the_statement_before():
    """Promise 1: the name holds what executing all statements again would bind."""
    statements = "from a import x\nfrom b import *"
    assert written(statements, "b", {"b": "x"}, {"b": "y"}) == (
        "from a import x; from b import y",
        "",
    )


def test_a_share_of_a_star_refers_to_the_module_that_gives_it_as_well():
    """Whether the star gives the name is decided by that module, even if it is a submodule."""
    share = deciding(parse_imports("from p import *"), lambda _: ["sub", "name"])
    assert refers(share["sub"], {"p.sub"}.__contains__) == ("p", "p.sub")
    assert refers(share["name"], {"p.sub"}.__contains__) == ("p",)
    assert share["sub"].statement == "from p import sub"
