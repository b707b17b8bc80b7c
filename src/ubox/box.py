"""A box: its rows, its gate, and the fabric that makes its world real, put together."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, runtime_checkable

from ubox import zones
from ubox.behaviour.call import Surroundings
from ubox.catalogue import Image
from ubox.faults import Faults
from ubox.gateway import Clock, Gateway
from ubox.journal import Journal
from ubox.projection import project
from ubox.pump import Pump
from ubox.reports import StoredReports
from ubox.settings import Settings
from ubox.store.rows import ScrappedDisk
from ubox.store.sqlite import Store
from ubox.world import Fabric, World

_ZONE_FAULTS = ("cut", "kill", "heal")


@runtime_checkable
class ForgetsDisks(Protocol):
    """A fabric that keeps what is on data disks, and so must be told when one is gone for good."""

    def forget_disk(self, disk: str) -> None:
        """Deletes what is on it, as soon as no host has it."""


class Box:
    """Open it, `start` it, and `close` it; what it holds outlives it."""

    def __init__(
        self,
        database: Path | None,
        *,
        settings: Settings,
        images: Iterable[Image],
        fabric: Fabric | None = None,
        clock: Clock = time.time,
    ) -> None:
        """No database keeps the region in memory; no fabric serves the API alone."""
        self.settings = settings
        self.faults = Faults()
        self.store = Store(database)
        self.journal = Journal(self.store)
        self._surroundings = Surroundings(
            settings=settings, images={image.id: image for image in images}, has_fabric=fabric is not None
        )
        self.gateway = Gateway(
            self.store, self._surroundings, faults=self.faults, journal=self.journal, clock=clock
        )
        self._fabric = fabric
        self._pump = Pump(fabric, self.world, self._forget_disks) if fabric else None
        if self._pump:
            self.store.on_worldly_change = self._pump.nudge

    def start(self) -> None:
        """Takes over what an earlier process left, and keeps the world true from now on."""
        if self._fabric and self._pump:
            self._fabric.start(StoredReports(self.store))
            self._pump.start()

    def close(self) -> None:
        """Ends this process's part; machines and networks stay as they are."""
        if self._fabric and self._pump:
            self._pump.stop()
            self._fabric.stop()
        self.store.close()

    def world(self) -> World:
        with self.store.transaction() as rows:
            return project(rows, self._surroundings)

    def _forget_disks(self) -> None:
        """Has the contents of disks deleted that are gone from the API."""
        with self.store.transaction() as rows:
            scrapped = rows.find(ScrappedDisk)
        if isinstance(self._fabric, ForgetsDisks):
            for disk in scrapped:
                self._fabric.forget_disk(disk.id)
        with self.store.transaction() as rows:
            for disk in scrapped:
                rows.remove(disk)

    def strike_zone(self, zone: str, what: str) -> None:
        """`cut`, `kill` or `heal` a zone. Raises ValueError for anything else."""
        every = [each for zones_of in self.settings.regions.values() for each in zones_of]
        if zone not in every:
            raise ValueError(f"zone {zone!r}: expected one of {', '.join(every)}")
        if what not in _ZONE_FAULTS:
            raise ValueError(f"{what!r}: a zone can be {', '.join(_ZONE_FAULTS)}")
        with self.store.transaction() as rows:
            if what == "heal":
                zones.heal(rows, zone, has_fabric=self._fabric is not None)
            else:
                (zones.cut if what == "cut" else zones.kill)(rows, zone)
