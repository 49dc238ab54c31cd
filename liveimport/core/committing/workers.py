"""How the workers of a cluster stand."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

from attrs import frozen

from liveimport.core import public
from liveimport.core.report import messages
from liveimport.core.report.rendering import FAILURE, Line, Readable, aligned

WorkerState = Literal["current", "behind", "failed", "refused"]
"""How a worker may stand."""

CURRENT: Final = "current"
BEHIND: Final = "behind"
FAILED: Final = "failed"
REFUSED: Final = "refused"
_UNFIT = (FAILED, REFUSED)


@public
class WorkerStatus(NamedTuple):
    """How a worker of a cluster stands.

    Attributes:
        worker: Its name.
        state: ``"current"``; ``"behind"`` if it is busy, and changes over before its next task;
            ``"failed"`` if it cannot take the version: then it gets no task until it can;
            ``"refused"`` if another notebook is in the way, or it cannot be reached.
        version: What it runs: a digest of the sources. Empty if it runs nothing of the notebook
            yet, or has not answered.
        changes_behind: How many versions the notebook has had since.
        message: Why it failed, or refused it; empty otherwise.
    """

    worker: str
    state: WorkerState
    version: str = ""
    changes_behind: int = 0
    message: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """Its row in the status."""
        version = self.version or messages.no_version_yet()
        return (
            self.worker,
            version,
            messages.worker_state(self.state, self.changes_behind, self.message),
        )


@public
@frozen(repr=False, str=False)
class ClusterStatus(Readable):
    """How the workers of a cluster stand.

    Attributes:
        cluster: Its name.
        version: What the notebook runs: a digest of the sources of all modules that travel.
        workers: The workers.
    """

    cluster: str
    version: str = ""
    workers: tuple[WorkerStatus, ...] = ()

    @property
    def current(self) -> int:
        """How many workers run the notebook's version."""
        return sum(worker.state == CURRENT for worker in self.workers)

    @property
    def behind(self) -> tuple[str, ...]:
        """Workers that are busy, and change over before their next task."""
        return tuple(worker.worker for worker in self.workers if worker.state == BEHIND)

    @property
    def failed(self) -> tuple[tuple[str, str], ...]:
        """Workers that cannot take the version, and why."""
        return tuple((one.worker, one.message) for one in self.workers if one.state in _UNFIT)

    @property
    def refusal(self) -> str:
        """Why a worker refused the version; empty if none did."""
        return next((one.message for one in self.workers if one.state == REFUSED), "")

    @property
    def has_failures(self) -> bool:
        """Whether a worker cannot take the version."""
        return bool(self.failed)

    @property
    def lines(self) -> tuple[str, ...]:
        """What is said of it."""
        return (
            self._first_line,
            *(messages.workers_behind(self.behind),) * bool(self.behind),
            *self._failed_lines(messages.worker_failed, FAILED),
            *self._failed_lines(messages.worker_refused, REFUSED),
            *(messages.sync_tries_again(),) * bool(self.failed),
        )

    def _failed_lines(
        self, say: Callable[[Sequence[str], str], str], state: WorkerState
    ) -> Iterator[str]:
        """Yields a line for each reason: all workers may have the same."""
        by_reason: dict[str, list[str]] = {}
        for one in self.workers:
            if one.state == state:
                by_reason.setdefault(one.message, []).append(one.worker)
        for why, workers in by_reason.items():
            yield Line(say(workers, why), kind=FAILURE)

    @property
    def listing(self) -> tuple[str, ...]:
        """What the status says of it, and of each worker."""
        rows = aligned([worker.cells for worker in self.workers]) if self.workers else ()
        return (
            f"  {messages.with_version(self._first_line, self.version)}",
            *(
                Line(f"    {row}", kind=FAILURE if worker.state in _UNFIT else "")
                for row, worker in zip(rows, self.workers, strict=True)
            ),
        )

    @property
    def _first_line(self) -> str:
        if not (self.version or self.failed):
            return messages.nothing_travels(self.cluster)
        return messages.workers_current(self.cluster, self.current, len(self.workers))

    def to_dict(self) -> dict[str, Any]:
        """Returns it as JSON-ready values; docs/reports has the schema."""
        return {
            "cluster": self.cluster,
            "version": self.version,
            "workers": [worker._asdict() for worker in self.workers],
        }
