"""Whether what the user asks for can be done; if not, why."""

import pytest

from core.worlds import world
from liveimport.core.model import State
from liveimport.core.overview.requests import (
    excluded_names,
    module_names,
    why_not_reloaded,
)
from liveimport.core.planning.staleness import Request

DRAWN = world(a="import b", b="", c="", by="").register("import a, c")


def refusal(drawn, name):
    """Returns why a module that is asked for does not run."""
    plan, planned = drawn.planned(request=Request(frozenset({name})))
    return why_not_reloaded(planned, plan, (name,))


def test_names():
    """Each once; also such as no import statement can say."""
    assert module_names(["p.a", "01_prep", "p.a"]) == ("p.a", "01_prep")


@pytest.mark.parametrize("name", ["", "a b", "src/a", "a.", ".a", "a..b", "a\\b"])
def test_no_names(name):
    """What can be no module is refused."""
    with pytest.raises(ValueError, match="is not the name of a module"):
        module_names([name])


def test_other_values():
    """So is what is no text."""
    with pytest.raises(TypeError, match=r"^give the names of modules as strings, not 3$"):
        module_names([3])


def test_excluded_names():
    """Only what is excluded can be included."""
    state = State(excluded=frozenset({"units"}))
    assert excluded_names(state, ["units"]) == ("units",)
    with pytest.raises(ValueError, match=r"^unit is not excluded; did you mean units\?$"):
        excluded_names(state, ["unit"])


@pytest.mark.parametrize(
    ("drawn", "name", "reason"),
    [
        (DRAWN, "a", ""),
        (DRAWN, "by", ""),
        (DRAWN.exclude("a"), "a", "cannot reload a: it is excluded"),
        (DRAWN.remove("b"), "b", "cannot reload b: file missing"),
        (
            DRAWN.loaded_without_file("sys"),
            "sys",
            "cannot reload sys: it is not a module of your project; register it first",
        ),
        (DRAWN, "cc", "cannot reload cc: it is not loaded; did you mean c?"),
        (
            DRAWN.workspace("/project/").follow("top-level"),
            "by",
            (
                "cannot reload by: no import at the top level of a tracked module leads to it; "
                'register it, or set follow="loaded"'
            ),
        ),
        (DRAWN, "zzz", "cannot reload zzz: it is not loaded"),
    ],
)
def test_why_not(drawn, name, reason):
    """Each in plain words."""
    assert refusal(drawn, name) == reason
