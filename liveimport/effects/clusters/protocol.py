"""What an adapter for a kind of cluster has to do. Each has a file of its own."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Protocol

from liveimport.core.clusters import Update
from liveimport.core.committing.workers import ClusterStatus
from liveimport.core.report import messages

POLL_S = 0.25
"""How long one looks at workers that are changing over before one says how far they are."""


class Cluster(Protocol):
    """A cluster that the session is attached to."""

    @property
    def name(self) -> str:
        """What the user knows it by."""

    @property
    def is_closed(self) -> bool:
        """Whether the client was closed. Then nothing can be carried out any more."""

    def belongs_to(self, client: Any) -> bool:
        """Whether it is the cluster of this client."""

    def carry_out(self, update: Update) -> None:
        """Brings all workers to this version: idle ones now, busy ones before their next task.

        Workers that come later start with it. Returns when that is under way.
        """

    def status(self, update: Update, timeout_s: float) -> ClusterStatus:
        """Returns how the workers stand, if they have to run this. Waits for those that are still changing over."""

    def detach(self) -> None:
        """Takes everything of LiveImport off the workers. They keep what they run."""


OLDEST_PYTHON = (3, 11)
"""What LiveImport needs on a worker."""


def python_too_old(worker: str, python: Sequence[int]) -> str:
    """Returns what is said of a worker that has an older one."""
    return messages.python_too_old_there(
        worker, ".".join(map(str, python)), ".".join(map(str, OLDEST_PYTHON))
    )


_MISSING = object()


def require(package: str, thing: object, called: str, names: Sequence[str]) -> None:
    """Raises RuntimeError in plain words if a package lacks what an adapter needs of its insides.

    Without that a task could run old code, or an error would come in the middle of a sync.
    """
    for name in names:
        found: object = thing
        for part in name.split("."):
            found = getattr(found, part, _MISSING)
            if found is _MISSING:
                lacks = ".".join(filter(None, (called, name)))
                raise RuntimeError(messages.other_release(package, version(package), lacks))
