"""Modules that the user asks for, and modules that never run again."""

import pytest

from core.worlds import world
from liveimport.core.planning.staleness import Request

DRAWN = world(a="import b", b="import c", c="", d="import c").register("import d, a")


def asked(drawn, *names, deep=False):
    """Returns, as a line, the plan in which these modules are asked for."""
    return drawn.trace(request=Request(frozenset(names), deep))


class TestRequested:
    """What is asked for runs, edited or not."""

    @pytest.mark.parametrize(
        ("names", "trace"),
        [
            ("c", "c? d<c b<c a<b"),
            ("b", "b? a<b"),
            ("a b", "b? a?"),
            ("nowhere", ""),
        ],
    )
    def test_with_all_that_depends_on_it(self, names, trace):
        """In the order of all reloads; what is asked for needs no other reason."""
        assert asked(DRAWN, *names.split()) == trace

    def test_deep(self):
        """With all that it depends on; and what depends on that."""
        assert asked(DRAWN, "b", deep=True) == "c? d<c b? a<b"

    def test_deep_stops_at_installed_packages(self):
        """They are not of the project."""
        drawn = world(a="import site_packages_x").register("import a")
        assert asked(drawn, "a", deep=True) == "a?"

    def test_an_edit_is_the_reason_that_is_told(self):
        """Also if it is asked for."""
        assert asked(DRAWN.edit(b="import c  # 2"), "b") == "b! a<b"

    def test_a_bystander_with_values(self):
        """It is not protected then."""
        drawn = world(a="", by="import a").register("import a").use("by")
        assert asked(drawn, "by") == "by?"
        assert asked(drawn, "a", "by") == "a? | by?"
        assert drawn.edit(a="1").plan().protected == ("by",)
        request = Request(frozenset({"by"}))
        assert drawn.edit(a="1").plan(request=request).protected == ()

    def test_what_failed_is_tried_again_if_retried(self):
        """A request alone does not unblock a group."""
        failed = DRAWN.edit(b="1/0").sync(fails="b")
        assert failed.failures == "b a"
        request = Request(frozenset({"b"}))
        assert failed.trace(request=request) == "[b! a<b]"
        assert failed.trace(request=request, retry_failed=True) == "b! a<b"


class TestExcluded:
    """What is excluded does not run, and passes on that it is stale."""

    def test_its_own_edit(self):
        """What depends on it reloads, once."""
        edited = DRAWN.exclude("c").edit(c="x = 1")
        assert edited.trace() == "d< | b< a<b"
        assert edited.sync().trace() == ""

    def test_between_others(self):
        """What depends on it waits for what it depends on."""
        edited = DRAWN.exclude("b").edit(c="x = 1")
        assert edited.trace() == "c! d<c a<c"
        synced = edited.sync()
        assert synced.trace() == ""
        assert synced.state.skipped == {"b"}

    def test_a_package(self):
        """With its submodules, and not with what only begins like it."""
        drawn = world(p="", p__s="", pq="").register("import p.s, pq").exclude("p")
        assert drawn.edit(p="1", p__s="1", pq="1").trace() == "pq!"

    def test_a_module_that_was_never_loaded(self):
        """Its first import runs it."""
        drawn = world(a="").register("import a").exclude("n")
        assert drawn.edit(a="import n", n="").trace() == "n+ a!"

    def test_asked_for(self):
        """It does not run; of what is asked for with it, the rest does."""
        assert asked(DRAWN.exclude("c"), "c") == ""
        assert asked(DRAWN.exclude("c"), "b", deep=True) == "b? a<b"

    def test_a_bystander(self):
        """It is not told that its values changed."""
        drawn = world(a="", by="import a").register("import a").use("by").exclude("by")
        assert drawn.edit(a="1").plan().protected == ()
