"""The clusters that a session is attached to: each sync is carried out on all of them."""

import secrets
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from liveimport.core.clusters import Update, followed, update_of
from liveimport.core.committing.workers import REFUSED, ClusterStatus, WorkerStatus
from liveimport.core.model import State
from liveimport.core.overview.code_version import Sources
from liveimport.core.report import messages
from liveimport.effects.reload.tracebacks import summary_of

from .protocol import POLL_S, Cluster

OnWorkers = Callable[[str, int, int], None]
"""Is told of a cluster how many of its workers run the version, and how many there are."""


class Clusters:
    """Carries versions out on clusters, each version once."""

    def __init__(
        self,
        others_behind: Callable[[State, Sequence[str]], Sources],
        version_of: Callable[[str], str | None],
    ) -> None:
        self._others_behind = others_behind
        self._version_of = version_of
        # Tells this notebook from others that use the same cluster.
        self._id = secrets.token_hex(8)
        # Each with how many seconds a sync waits for it.
        self._attached: dict[Cluster, float] = {}
        self._carried_out: State | None = None
        self._update = Update("", ())
        # Whether a worker had failed, or refused, when it was last looked at.
        self._has_failed = False
        self._is_refused = False

    def attach(self, client: Any, state: State, timeout_s: float) -> ClusterStatus:
        """Brings the workers of a client to the notebook's version, now and after each sync.

        Each time it waits so long for workers that are busy.

        Raises:
            TypeError: It is no client of a cluster that LiveImport knows.
            RuntimeError: The cluster refuses it.
        """
        update = self._update_of(state)
        cluster = next((one for one in self._attached if one.belongs_to(client)), None)
        if cluster is None:
            cluster = self._adapter(client)
        try:
            cluster.carry_out(update)
            status = _waited_for(cluster, update, timeout_s)
            if status.refusal:
                raise RuntimeError(status.refusal)  # noqa: TRY301  # it undoes what was begun, as for all else
        except BaseException:
            if cluster not in self._attached:
                cluster.detach()
            raise
        others = [one for one in self._open() if one is not cluster]
        is_new = update is not self._update
        self._attached[cluster] = timeout_s
        self._carried_out, self._update = state, update
        found = [status, *(self._brought_to(other) for other in others if is_new)]
        self._note_failed(found)
        return status

    def _adapter(self, client: Any) -> Cluster:
        packages = {base.__module__.partition(".")[0] for base in type(client).__mro__}
        if "distributed" in packages:
            from .dask import DaskCluster  # noqa: PLC0415  # the user has imported it; others need not

            return DaskCluster(client, self._id, self._version_of)
        if "ipyparallel" in packages:
            from .ipyparallel import IpyparallelCluster  # noqa: PLC0415  # likewise

            return IpyparallelCluster(client, self._id)
        raise TypeError(messages.no_cluster(messages.printed(client)))

    def detach(self, client: Any) -> None:
        """Takes everything of LiveImport off the workers of a client."""
        for cluster in [one for one in self._attached if one.belongs_to(client)]:
            del self._attached[cluster]
            cluster.detach()
            for other in self._open():
                # It may have the same workers, by another client.
                if other.name == cluster.name:
                    other.carry_out(self._update)

    def _update_of(self, state: State) -> Update:
        """Returns what workers have to run: the present version, if it is the same."""
        update = update_of(state, self._others_behind(state, followed(state)), self._id)
        if update.version == self._update.version:
            return self._update
        return update._replace(number=self._update.number + 1, python=sys.version_info[:3])

    def carry_out(
        self, state: State, on_workers: OnWorkers | None = None, *, retry: bool = False
    ) -> tuple[ClusterStatus, ...]:
        """Brings all workers to the version of a State, if it is a new one. Returns how they stand.

        Once more, if workers had failed before: with `retry` they try again. Those that refused do so
        each time: the other notebook may have the same sources by now.
        """
        if not self._attached or (state is self._carried_out and not self._has_failed):
            return ()
        former, self._carried_out = self._update, state
        self._update = self._update_of(state)
        if self._update is not former or self._is_refused or (retry and self._has_failed):
            found = [self._brought_to(cluster, on_workers) for cluster in self._open()]
        elif self._has_failed:
            found = [self._status_of(cluster) for cluster in self._open()]
        else:
            return ()
        self._note_failed(found)
        return tuple(found)

    def _note_failed(self, found: Sequence[ClusterStatus]) -> None:
        self._has_failed = any(status.failed for status in found)
        self._is_refused = any(status.refusal for status in found)

    def _brought_to(
        self, cluster: Cluster, on_workers: OnWorkers | None = None
    ) -> ClusterStatus:
        """Returns how the workers stand, after they were brought to the present version."""
        try:
            cluster.carry_out(self._update)
            return _waited_for(cluster, self._update, self._attached[cluster], on_workers)
        except KeyboardInterrupt:  # it ends the waiting
            return self._status_of(cluster)
        except Exception as error:  # noqa: BLE001  # what a cluster says must not lose the sync
            return self._not_reached(cluster, error)

    def _status_of(self, cluster: Cluster) -> ClusterStatus:
        """Returns how the workers stand, or why nobody knows."""
        try:
            return cluster.status(self._update, 0)
        except Exception as error:  # noqa: BLE001  # see above
            return self._not_reached(cluster, error)

    def _not_reached(self, cluster: Cluster, error: Exception) -> ClusterStatus:
        failed = WorkerStatus(cluster.name, REFUSED, message=summary_of(error))
        return ClusterStatus(cluster.name, self._update.digest, (failed,))

    def statuses(self) -> tuple[ClusterStatus, ...]:
        """Returns how the workers stand. Waits for none."""
        return tuple(map(self._status_of, self._open()))

    def _open(self) -> Sequence[Cluster]:
        """Returns the clusters whose clients are open. The others are detached."""
        for cluster in [one for one in self._attached if one.is_closed]:
            del self._attached[cluster]
            cluster.detach()
        return tuple(self._attached)


def _waited_for(
    cluster: Cluster, update: Update, timeout_s: float, on_workers: OnWorkers | None = None
) -> ClusterStatus:
    """Returns how the workers stand when all have changed over, or the time is over."""
    end = time.monotonic() + timeout_s
    while True:
        left_s = max(0, end - time.monotonic())
        status = cluster.status(update, min(left_s, POLL_S))
        if not status.behind or left_s <= POLL_S:
            return status
        if on_workers is not None:
            on_workers(status.cluster, status.current, len(status.workers))
