"""What the notebook holds of old versions: told, and what to do about it."""

import pytest

from liveimport.core.overview.old_objects import OldObject, OldObjects, Upgrade, Upgraded
from liveimport.core.report.rendering import OLD_OBJECT

NET = OldObject(
    name="net",
    path="net",
    is_path=True,
    kind="instance",
    old="models.Net",
    cell=3,
    can_upgrade=True,
)


@pytest.mark.parametrize(
    ("one", "line", "advice"),
    [
        (
            NET,
            "net is an instance of the old models.Net, made in In [3]",
            "`liveimport.upgrade(net)`, or run In [3] again",
        ),
        (
            NET._replace(path="nets", is_path=False, cell=None),
            "nets holds an instance of the old models.Net",
            "`liveimport.upgrade(nets, deep=True)`, or make it again",
        ),
        (
            NET._replace(path="net.head", has_state_dict=True),
            "net.head is an instance of the old models.Net, made in In [3]",
            (
                "`new = models.Net(...); new.load_state_dict(net.head.state_dict())`, or "
                "`liveimport.upgrade(net.head)`, or run In [3] again"
            ),
        ),
        (
            NET._replace(path="net", is_path=False, has_state_dict=True),
            "net holds an instance of the old models.Net, made in In [3]",
            "`liveimport.upgrade(net, deep=True)`, or run In [3] again",
        ),
        (
            NET._replace(name="nets", path="nets[0]", total=2),
            "nets[0] is an instance of the old models.Net, made in In [3]",
            "`liveimport.upgrade(nets, deep=True)`, or run In [3] again",
        ),
        (
            NET._replace(can_upgrade=False),
            "net is an instance of the old models.Net, made in In [3]",
            "run In [3] again",
        ),
        (
            NET._replace(can_upgrade=False, is_gone=True),
            "net is an instance of the old models.Net, made in In [3]",
            "models.Net is gone: there is no new one",
        ),
        (
            NET._replace(kind="definition", is_gone=True),
            "net is the old models.Net, made in In [3]",
            "models.Net is gone: there is no new one",
        ),
        (
            NET._replace(kind="instance of a subclass", subclass="Sub"),
            "net is an instance of Sub, a subclass of the old models.Net, made in In [3]",
            "run the cell that defines Sub again, then run In [3] again",
        ),
        (
            NET._replace(kind="subclass"),
            "net is a subclass of the old models.Net, made in In [3]",
            "run In [3] again",
        ),
        (
            NET._replace(kind="definition"),
            "net is the old models.Net, made in In [3]",
            "`net = models.Net` takes the new one",
        ),
        (
            NET._replace(kind="definition", path="net.func"),
            "net.func is the old models.Net, made in In [3]",
            "run In [3] again",
        ),
        (
            NET._replace(kind="definition", is_path=False),
            "net holds the old models.Net, made in In [3]",
            "run In [3] again",
        ),
        (
            NET._replace(kind="value", old="models.LIMITS"),
            "net is the old models.LIMITS, made in In [3]",
            "`net = models.LIMITS` takes the new one",
        ),
        (
            NET._replace(kind="made", old="models.timed"),
            "net is a function that the old models.timed made, made in In [3]",
            "run In [3] again",
        ),
        (
            NET._replace(kind="running", old="models.steps"),
            "net is a call of the old models.steps that has not ended, made in In [3]",
            "run In [3] again",
        ),
    ],
)
def test_each_kind(one, line, advice):
    """The line says what it is; the advice fits that."""
    assert (one.line, one.line.kind, one.advice) == (line, OLD_OBJECT, advice)


def test_the_list():
    """Each has its size, and what to do below it."""
    nets = NET._replace(name="nets", path="nets[0]", total=2, nbytes=4000)
    found = OldObjects((nets,), is_complete=False)
    assert found.lines == (
        "nets[0] is an instance of the old models.Net, made in In [3], with 1 more like it; 4.0 kB",
        "  `liveimport.upgrade(nets, deep=True)`, or run In [3] again",
        "not all was searched: only the first 10,000 entries of containers, 12 levels deep",
    )
    assert found


def test_nothing_old():
    """That is said."""
    assert OldObjects().lines == ("No name of the notebook holds anything of an old version",)
    assert not OldObjects()


def test_what_was_upgraded():
    """A line for each class, or that there was nothing."""
    assert Upgrade((Upgraded("models.Net", by_hook=False, total=2),)).lines == (
        "2 objects are instances of the present models.Net now",
    )
    assert Upgrade((Upgraded("models.Net", by_hook=False, total=2),))
    assert Upgrade().lines == ("Nothing to upgrade: no object is an instance of an old class",)
    assert not Upgrade()
