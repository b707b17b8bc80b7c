"""What the fabric says has happened, written into the rows that the API shows."""

from __future__ import annotations

import logging

from ubox.store.rows import Backend, Host
from ubox.store.sqlite import Store

_log = logging.getLogger("ubox.machines")


class StoredReports:
    """`ubox.world.Reports` on a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def machine_running(self, host: str, generation: int) -> None:
        with self._store.transaction() as rows:
            row = rows.get(Host, host)
            if row and row.power == "on" and row.generation == generation and row.state != "Running":
                rows.change(row, state="Running")

    def machine_stopped(self, host: str, why: str) -> None:
        """One that nobody asked to stop stays off, as on the real cloud, until it is started."""
        with self._store.transaction() as rows:
            row = rows.get(Host, host)
            if row is None or row.state not in ("Running", "Stopping"):
                return
            if row.power == "on":
                _log.warning("%s (%s) stopped by itself: %s", row.name, host, why)
            rows.change(row, state="Stopped", power="off" if row.power == "on" else row.power)

    def machine_failed(self, host: str, why: str) -> None:
        _log.error("%s can't be started: %s", host, why)
        with self._store.transaction() as rows:
            if row := rows.get(Host, host):
                rows.change(row, state="Install Fail", power="off")

    def backend_health(self, backend: str, healthy: bool) -> None:
        with self._store.transaction() as rows:
            if row := rows.get(Backend, backend):
                rows.change(row, healthy=healthy)
