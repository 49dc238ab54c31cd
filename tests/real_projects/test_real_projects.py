"""Projects that no one here wrote, as the workspace: touched at random, synced, checked."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from projects import PROJECTS
from running import installed, run

# The first of them installs the projects.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SEEDS = (0, 1, 2, 3)
RESTLESS = "sqlalchemy"
CALM = [name for name in PROJECTS if name != RESTLESS]

Driven = Callable[[str, int], dict[str, Any]]


@pytest.fixture(scope="session")
def driven(request, tmp_path_factory) -> Driven:
    """Gives what `drive.py` says of a project under a hash seed; each is driven once."""
    cache = getattr(request.config, "cache", None)  # none with -p no:cacheprovider
    lasting = cache.mkdir("real_projects") if cache else tmp_path_factory.getbasetemp()
    library = installed(lasting / "library")
    said: dict[tuple[str, int], dict[str, Any]] = {}

    def drive(name, hashseed):
        if (name, hashseed) not in said:
            folder = tmp_path_factory.mktemp("workspace")
            said[name, hashseed] = run(name, library, folder, hashseed=hashseed)
        return said[name, hashseed]

    return drive


def faults(result):
    """Returns what is wrong after each sync."""
    return {i: step["wrong"] for i, step in enumerate(result["steps"]) if step["wrong"]}


def orders(result):
    """Returns the modules that each sync reloaded, in order."""
    return [step["reloaded"] for step in result["steps"]]


@pytest.mark.parametrize("hashseed", SEEDS)
@pytest.mark.parametrize("name", CALM)
def test_each_sync_leaves_what_a_restart_would(driven, name, hashseed):
    """No error, no stale reference, class or binding, no name lost, and the same work done."""
    result = driven(name, hashseed)
    assert faults(result) == {}
    assert len(result["steps"]) == 8


@pytest.mark.parametrize("name", CALM)
def test_the_syncs_had_something_to_do(driven, name):
    """What is checked is checked after reloads, of references that there are."""
    result = driven(name, 0)
    assert result["checked"]["references"] > 30
    assert result["checked"]["objects"] > 60
    tracked = [step for step in result["steps"] if step["reloaded"]]
    assert len(tracked) >= 5
    for step in tracked:
        assert not set(step["touched"]).isdisjoint(step["reloaded"])


@pytest.mark.parametrize("name", PROJECTS)
def test_nothing_reloads_unasked(driven, name):
    """Modules older than the process need no reload when they are registered."""
    assert driven(name, 0)["unasked"] == []


@pytest.mark.parametrize(
    "name", CALM
)  # sqlalchemy itself imports what is in a set, in its order
def test_the_order_is_the_same_under_every_hash_seed(driven, name):
    """The same edits reload the same modules in the same order."""
    assert [orders(driven(name, seed)) for seed in SEEDS[1:]] == [orders(driven(name, 0))] * 3


@pytest.mark.parametrize("hashseed", SEEDS)
def test_sqlalchemy_works_or_is_rolled_back(driven, hashseed):
    """Compiled modules hold its classes: then all is as it was, it works, and a sentence says so."""
    steps = driven(RESTLESS, hashseed)["steps"]
    failed = [step for step in steps if step["said"]]
    assert failed  # all of them, where its imports in functions connect its modules
    for step in steps:
        assert list(step["wrong"]) == (["error"] if step in failed else [])
    for step in failed:
        assert re.fullmatch(
            r"could not reload sqlalchemy\S*: .*compiled module \S+ holds \S+ .*restart.*",
            step["said"],
        )
        assert step["reloaded"] == []
