"""What travels to workers, and what is said of them."""

import json

import pytest

from core.worlds import world
from liveimport.core.clusters import FORMAT, Update, followed, from_plain, update_of
from liveimport.core.committing.outcome import Outcome
from liveimport.core.committing.workers import ClusterStatus


def update(drawn):
    """Returns what workers have to run."""
    return update_of(drawn.state, {}, "s")


def test_what_travels():
    """All that is followed, each behind what it runs after."""
    drawn = world(a="import p.b", p="", p__b="x = 1", c="").register("import a")
    sources = update(drawn).sources
    assert [(s.name, s.is_package, s.data) for s in sources] == [
        ("p", True, b""),
        ("p.b", False, b"x = 1"),
        ("a", False, b"import p.b"),
        ("c", False, b""),
    ]
    assert sources[1].path == "/project/p/b.py"
    assert followed(drawn.state) == ("a", "p", "p.b", "c")


def test_versions():
    """An edit changes it, and which runs are new; a comparison needs nothing else."""
    drawn = world(a="import b", b="x = 1", c="").register("import a")
    before = update(drawn)
    assert update(drawn) == before
    after = update(drawn.edit(b="x = 2").sync())
    assert after.version != before.version
    runs = {s.name: s.run for s in before.sources}
    assert [s.name for s in after.sources if s.run != runs[s.name]] == ["b", "a"]


def test_the_journey():
    """It is plain values on the way."""
    sent = update(world(a="import b", b="").register("import a"))
    plain = sent.to_plain()
    assert from_plain(plain) == sent
    assert {type(value) for value in plain.values()} == {int, str, list}
    with pytest.raises(ValueError, match=f"format {FORMAT + 1}, and {FORMAT} here"):
        from_plain({**plain, "format": FORMAT + 1})
    assert Update("", ()).sources == ()


STATUS = ClusterStatus("Dask at tcp://s", 1, ("tcp://b",), (("tcp://c", "ValueError: no"),))


def test_what_is_said():
    """How many are current; who is behind, and why."""
    assert str(STATUS).splitlines() == [
        "Dask at tcp://s: 1 of 3 workers run this version",
        "tcp://b is busy: it changes over before its next task",
        "tcp://c cannot run it, and gets no task until it can: ValueError: no",
    ]
    assert json.loads(json.dumps(STATUS.to_dict())) == {
        "cluster": "Dask at tcp://s",
        "current": 1,
        "behind": ["tcp://b"],
        "failed": [{"worker": "tcp://c", "message": "ValueError: no"}],
    }


def test_in_an_outcome():
    """A worker that is behind is worth a report of its own."""
    assert not Outcome(5.0, clusters=(ClusterStatus("Dask", 2),))
    outcome = Outcome(5.0, clusters=(STATUS,))
    assert outcome
    assert [*map(str, outcome.lines)] == [*STATUS.lines]
    assert outcome.to_dict()["clusters"] == [STATUS.to_dict()]
