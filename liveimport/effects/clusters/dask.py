"""Clusters of Dask: `distributed.Client`."""

import time
from contextlib import suppress
from typing import Any

from distributed import Client

from liveimport.core.clusters import Update
from liveimport.core.committing.workers import ClusterStatus
from liveimport.core.report import messages

from .dask_keys import VersionOf, install, uninstall
from .dask_worker import (
    LiveImportPlugin,
    abandoned_here,
    detach_here,
    plugin_name,
    standing_here,
)
from .protocol import OLDEST_PYTHON, python_too_old

_POLL_S = 0.02
_WHAT_IS_THERE = """(
    tuple(__import__("sys").version_info[:3]),
    __import__("importlib.util", fromlist=["find_spec"]).find_spec("liveimport") is not None,
)"""
"""An expression for a worker: its Python, and whether it has LiveImport."""


class DaskCluster:
    """The workers of a client of Dask."""

    def __init__(self, client: Client, session: str, version_of: VersionOf) -> None:
        if client.asynchronous:
            raise TypeError(messages.asynchronous_client())
        self._client = client
        self._session = session
        self._require_liveimport()
        install(version_of)

    def _require_liveimport(self) -> None:
        """Raises RuntimeError where a worker has no LiveImport.

        What is sent to it is a built-in function, which each Python has.
        """
        for worker, (python, is_there) in self._client.run(eval, _WHAT_IS_THERE).items():
            if tuple(python) < OLDEST_PYTHON:
                raise RuntimeError(python_too_old(worker, python))
            if not is_there:
                raise RuntimeError(messages.no_liveimport_there(worker))

    @property
    def name(self) -> str:
        """What the user knows it by."""
        return f"Dask at {self._client.scheduler.address}"

    @property
    def is_closed(self) -> bool:
        """Whether the client was closed."""
        return bool(self._client.status in ("closing", "closed"))

    def belongs_to(self, client: Any) -> bool:
        """Whether it is the cluster of this client."""
        return client is self._client

    def carry_out(self, update: Update) -> None:
        """Brings all workers to this version, and those that join later."""
        self._drop_abandoned()
        plugin = LiveImportPlugin(self._session, update.to_plain())
        self._client.register_plugin(plugin, name=self._plugin_name)

    @property
    def _plugin_name(self) -> str:
        return plugin_name(self._session, self._client.id)

    def _drop_abandoned(self) -> None:
        """Takes off the workers what notebooks have left there that ended without detaching.

        Else a kernel that was restarted would meet the sources of its former life as another notebook's.
        """
        try:
            names, sessions = self._client.run_on_scheduler(abandoned_here)
        except ImportError:  # the scheduler needs no LiveImport; then nobody knows
            return
        for name in names:
            self._client.unregister_worker_plugin(name)
        for session in sessions:
            self._client.run(detach_here, session)

    def status(self, update: Update, timeout_s: float) -> ClusterStatus:
        """Returns how the workers stand, if they have to run this. Waits while they change over."""
        end = time.monotonic() + timeout_s
        while True:
            found = self._client.run(standing_here, self._session, update.version)
            workers = tuple(found[name].of(name, update) for name in sorted(found))
            status = ClusterStatus(self.name, update.digest, workers)
            if not status.behind or time.monotonic() >= end:
                return status
            time.sleep(_POLL_S)

    def detach(self) -> None:
        """Takes everything of LiveImport off the workers. They keep what they run."""
        uninstall()
        if not self.is_closed:
            with suppress(KeyError):  # it was never registered
                self._client.unregister_worker_plugin(self._plugin_name)
            self._client.run(detach_here, self._session)
