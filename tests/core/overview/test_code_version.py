"""The version of code: equal exactly if the sources are."""

import pytest
from attrs import evolve

from core.worlds import world
from liveimport.core.model import SourceFile, Version
from liveimport.core.overview.code_version import (
    CodeSource,
    code_source,
    code_version,
    has_version,
    unknown_imports,
)
from liveimport.core.source.analysis import analyse, with_package_facts


def version(drawn, name="a"):
    """Returns the version of a module of a drawn world, of which all is known."""
    assert not unknown_imports(drawn.state, (name,), {})
    return code_version(drawn.state, name, {})


def drawn(**sources):
    """Returns a drawn world in which `a` is registered."""
    return world(**sources).register("import a")


CASES = [
    ({"a": "import p", "p": "", "p__c": "x = 1"}, {"p__c": "x = 2"}, False),
    ({"a": "import b", "b": "x = 1"}, {"b": "x = 2"}, True),
    ({"a": "import b", "b": "import c", "c": "x = 1"}, {"c": "x = 2"}, True),
    ({"a": "import b", "b": "import a"}, {"b": "import a\nx = 1"}, True),
    ({"a": "def f():\n    import b", "b": "x = 1"}, {"b": "x = 2"}, True),
    ({"a": "import p.b", "p": "x = 1", "p__b": ""}, {"p": "x = 2"}, True),
    ({"a": "from p import b", "p": "", "p__b": "x = 1"}, {"p__b": "x = 2"}, True),
    (
        {"a": "from p import *", "p": "__all__ = ['b']", "p__b": "x = 1"},
        {"p__b": "x = 2"},
        True,
    ),
    ({"a": "x = 1", "b": "import a"}, {"b": "import a\nx = 2"}, False),
    ({"a": "import b", "b": "", "c": "import b"}, {"c": "import b\nx = 2"}, False),
    ({"a": "import p.b", "p": "", "p__b": "", "p__c": "x = 1"}, {"p__c": "x = 2"}, False),
]


@pytest.mark.parametrize(("before", "edit", "differs"), CASES)
def test_an_edit(before, edit, differs):
    """It changes the versions of what depends on it, and no other."""
    old, new = version(drawn(**before)), version(drawn(**{**before, **edit}))
    assert (old != new) is differs
    assert len(old) == 32
    assert set(old) <= set("0123456789abcdef")
    # Equal where the sources are.
    assert version(drawn(**before)) == old


def test_a_name_is_a_part_of_it():
    """Two modules with one text are two."""
    state = world(a="x = 1", b="x = 1").register("import a, b").state
    assert code_version(state, "a", {}) != code_version(state, "b", {})


def test_it_is_the_same_everywhere():
    """On each machine, in each release, so that results that were kept are found again."""
    assert version(drawn(a="import b", b="")) == "c9ebaee6d22a1980a8dd23d852e2aa74"


def source(text, *, is_package=False):
    """Returns the source of a module that nobody has imported."""
    data = text.encode()
    info = with_package_facts(analyse(data, "q"), data)
    file = SourceFile(Version(), data, info)
    return code_source("/project/q.py", file, is_package=is_package)


def test_what_nobody_has_imported_yet():
    """It is asked for, with all that it leads to."""
    state = drawn(a="def f():\n    from q import r\n    import os").state
    others: dict[str, CodeSource | None] = {}
    asked = []
    files = {"q": source("import s", is_package=True), "q.r": source("")}
    while unknown := unknown_imports(state, ("a",), others):
        asked.append({*unknown})
        others.update((name, files.get(name)) for name in unknown)
    assert asked == [{"q", "os"}, {"q.r", "s"}]
    before = code_version(state, "a", others)
    assert code_version(state, "a", {**others, "q.r": source("x = 1")}) != before
    assert code_version(state, "a", {**others, "s": source("")}) != before


def test_who_has_one():
    """What is followed, and has a source; bystanders too."""
    state = drawn(a="import b", b="", c="").state
    assert [name for name in ("a", "b", "c", "os") if has_version(state, name)] == [
        "a",
        "b",
        "c",
    ]


def test_what_is_installed():
    """It has no part in it, registered or not."""
    installed = world(a="import lib, lib.x, built", lib="", lib__x="", built="")
    installed = installed.move("lib", "/env/site-packages/lib/__init__.py")
    installed = installed.move("lib.x", "/env/site-packages/lib/x.py")
    state = installed.register("import a, lib").state
    assert not unknown_imports(state, ("a",), {})
    assert not has_version(state, "lib")
    # An installed one that was never read is no matter; one of the project is looked up.
    assert state.modules["lib.x"].source is None
    unread = state.modules.set("built", state.modules["built"]._replace(source=None))
    assert unknown_imports(evolve(state, modules=unread), ("a",), {}) == ("built",)
