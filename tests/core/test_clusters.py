"""What travels to workers, and what is said of them."""

import json

import pytest

from core.overview.test_code_version import source
from core.worlds import world
from liveimport.core.clusters import FORMAT, Update, followed, from_plain, update_of
from liveimport.core.committing.outcome import Outcome
from liveimport.core.committing.workers import ClusterStatus, WorkerStatus
from liveimport.core.overview.status import status
from liveimport.core.report.rendering import FAILURE
from liveimport.core.settings import Settings


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


def test_what_only_workers_have_loaded():
    """It runs again there when what it leads to has."""
    drawn = world(a="x = 1", b="x = 1").register("import a, b")
    others = {"lazy": source("import a\nimport later"), "later": source("y = 1")}

    def runs(drawn, **changed):
        sources = update_of(drawn.state, {**others, **changed}, "s").sources
        return {source.name: source.run for source in sources}

    drawn = drawn.edit(b="def f(): import lazy").sync()
    before = runs(drawn)
    assert set(before) == {"a", "b", "lazy", "later"}
    edited = runs(drawn.edit(a="x = 2").sync())
    assert [name for name in before if edited[name] != before[name]] == ["a", "lazy"]
    other = runs(drawn, later=source("y = 2"))
    assert sorted(name for name in before if other[name] != before[name]) == ["later", "lazy"]


def test_the_journey():
    """It is plain values on the way."""
    sent = update(world(a="import b", b="").register("import a"))
    plain = sent.to_plain()
    assert from_plain(plain) == sent
    assert {type(value) for value in plain.values()} == {int, str, list}
    later = sent._replace(number=3, python=(3, 12, 1))
    assert from_plain(json.loads(json.dumps({**later.to_plain(), "sources": []}))) == (
        later._replace(sources=())
    )
    with pytest.raises(ValueError, match=f"format {FORMAT + 1}, and {FORMAT} here"):
        from_plain({**plain, "format": FORMAT + 1})
    assert Update("", ()).sources == ()


def test_digests():
    """What users see of a version depends on the sources alone, not on which runs there were."""
    drawn = world(a="import b", b="x = 1").register("import a")
    first = update(drawn).digest
    edited = drawn.edit(b="x = 2").sync()
    assert len(first) == 8
    assert update(edited).digest != first
    back = update(edited.edit(b="x = 1").sync())
    assert back.digest == first
    assert back.version != update(drawn).version
    assert back._replace(sources=back.sources[::-1]).digest == first
    assert Update("", ()).digest == ""


STATUS = ClusterStatus(
    "Dask at tcp://s",
    "4f2a91c0",
    (
        WorkerStatus("tcp://a", "current", "4f2a91c0"),
        WorkerStatus("tcp://b", "behind", "77aa01b2", 2),
        WorkerStatus("tcp://c", "failed", "", 0, "ValueError: no"),
    ),
)


def test_what_is_said():
    """How many are current; who is behind, and why."""
    assert str(STATUS).splitlines() == [
        "Dask at tcp://s: 1 of 3 workers run this version",
        "tcp://b is busy: it changes over before its next task",
        "tcp://c cannot run it, and gets no task until it can: ValueError: no",
        "When the cause is gone, liveimport.sync() tries again",
    ]
    assert STATUS.has_failures
    assert (STATUS.current, STATUS.behind) == (1, ("tcp://b",))
    assert STATUS.failed == (("tcp://c", "ValueError: no"),)
    assert json.loads(json.dumps(STATUS.to_dict())) == {
        "cluster": "Dask at tcp://s",
        "version": "4f2a91c0",
        "workers": [
            {
                "worker": "tcp://a",
                "state": "current",
                "version": "4f2a91c0",
                "changes_behind": 0,
                "message": "",
            },
            {
                "worker": "tcp://b",
                "state": "behind",
                "version": "77aa01b2",
                "changes_behind": 2,
                "message": "",
            },
            {
                "worker": "tcp://c",
                "state": "failed",
                "version": "",
                "changes_behind": 0,
                "message": "ValueError: no",
            },
        ],
    }


def test_reasons():
    """Many workers with one reason are one line. One that refuses is told apart."""
    failed = [WorkerStatus(f"w{number}", "failed", message="no") for number in range(12)]
    refused = WorkerStatus("x", "refused", message="another notebook")
    status = ClusterStatus("Dask", "", (*failed, refused))
    assert status.lines == (
        "Dask: 0 of 13 workers run this version",
        "w0, w1, w2, w3, w4, w5, and 6 more cannot run it, and get no task until they can: no",
        "x keeps what it runs: another notebook",
        "When the cause is gone, liveimport.sync() tries again",
    )
    assert str(ClusterStatus("Dask", "", (WorkerStatus("a", "current"),))) == (
        "Dask: no module travels until one is registered"
    )
    assert status.failed[-1] == ("x", "another notebook")
    assert status.refusal == "another notebook"
    assert STATUS.refusal == ""


def test_the_listing():
    """The status has each worker, its version, and whether it is behind. Failures stand out."""
    listing = STATUS.listing
    assert listing == (
        "  Dask at tcp://s: 1 of 3 workers run this version, 4f2a91c0",
        "    tcp://a  4f2a91c0  current",
        "    tcp://b  77aa01b2  2 changes behind, busy: it changes over before its next task",
        "    tcp://c  -         cannot run it, and gets no task until it can: ValueError: no",
    )
    assert [getattr(line, "kind", "") for line in listing] == ["", "", "", FAILURE]
    assert ClusterStatus("Dask", "4f2a91c0").listing == (
        "  Dask: no workers; those that come begin with this version, 4f2a91c0",
    )
    drawn = world(a="").register("import a")
    shown = status(drawn.state, drawn.plan(), Settings(), (), clusters=(STATUS,))
    lines = shown.lines
    assert lines[lines.index("Clusters:") + 1 :][:4] == listing
    assert "77aa01b2  2 changes behind" in shown._repr_html_()
    assert shown.to_dict()["clusters"] == [STATUS.to_dict()]


def test_in_an_outcome():
    """A worker that is behind is worth a report of its own."""
    assert not Outcome(
        5.0, clusters=(ClusterStatus("Dask", "4f2a91c0", (WorkerStatus("a", "current"),)),)
    )
    outcome = Outcome(5.0, clusters=(STATUS,))
    assert outcome
    assert [*map(str, outcome.lines)] == [*STATUS.lines]
    assert outcome.to_dict()["clusters"] == [STATUS.to_dict()]
