"""Releases of packages from the index, one after the other, in a session that goes on living.

``LIVEIMPORT_REPLAYS=1`` has them run, which is a matter of ten minutes and needs the index.

`replays.json` says after how many releases of each package the session was right: as a fresh
interpreter, or exactly as before and told. The numbers may only get better.

Files that modules read count, from Python 3.12 on: `dask.yaml`, `nltk/VERSION` and the like. dask and
nltk are as a fresh interpreter after each release that one can import.
"""

import json
import os
import sys
from pathlib import Path

import pytest
from releases import REPLAYED
from replays import EQUAL, REQUIREMENTS, downloaded, replay, right, row
from running import installed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),  # the first of them downloads
    pytest.mark.skipif(
        os.environ.get("LIVEIMPORT_REPLAYS") != "1", reason="LIVEIMPORT_REPLAYS is not 1"
    ),
    pytest.mark.skipif(sys.version_info >= (3, 13), reason="no wheels of what is pinned"),
]

READ_FILES = ("dask", "nltk")
KNOWN = json.loads(Path(__file__).with_name("replays.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def lasting(request, tmp_path_factory):
    """A folder that the next run finds again."""
    cache = getattr(request.config, "cache", None)  # none with -p no:cacheprovider
    return cache.mkdir("replays") if cache else tmp_path_factory.getbasetemp()


@pytest.mark.parametrize("name", REPLAYED)
def test_each_release_is_as_fresh_or_as_before(lasting, name):
    """After as many releases as are known to be right, or more."""
    library = installed(lasting / "library", REQUIREMENTS)
    steps = replay(name, library, downloaded(name, lasting / "releases"))
    print(row(name, steps))  # noqa: T201  # shown with -rP, or if it fails
    for step in steps:
        if step["wrong"] or step["said"]:
            print(step["version"], step["verdict"], step["said"], *step["wrong"][:3])  # noqa: T201
    assert len(steps) == len(REPLAYED[name].versions) - 1
    assert right(steps) >= KNOWN["right"][name]
    assert any(len(step["reloaded"]) > 1 for step in steps)
    if name in READ_FILES:
        assert [s["version"] for s in steps if s["verdict"] != EQUAL and not s["fresh"]] == []
