"""How the workers of a cluster stand."""

from typing import Any, NamedTuple

from liveimport.core import public
from liveimport.core.report import messages


@public
class ClusterStatus(NamedTuple):
    """How the workers of a cluster stand.

    Attributes:
        cluster: Its name.
        current: How many workers run the notebook's version.
        behind: Workers that are busy, and change over before their next task.
        failed: Workers that cannot take the version, and why. They get no task until they can.
    """

    cluster: str
    current: int = 0
    behind: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return "\n".join(self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """What is said of it."""
        return (
            messages.workers_current(self.cluster, self.current, self.workers),
            *(messages.workers_behind(self.behind),) * bool(self.behind),
            *(messages.worker_failed(*failed) for failed in self.failed),
        )

    @property
    def workers(self) -> int:
        """How many workers there are."""
        return self.current + len(self.behind) + len(self.failed)

    def to_dict(self) -> dict[str, Any]:
        """Returns it as JSON-ready values."""
        return {
            "cluster": self.cluster,
            "current": self.current,
            "behind": list(self.behind),
            "failed": [{"worker": worker, "message": why} for worker, why in self.failed],
        }
