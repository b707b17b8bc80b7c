"""A box inside a test's own process, on a free port of the loopback."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ubox.app import LOOPBACK
from ubox.box import Box
from ubox.catalogue import PAPER, Image
from ubox.gateway import Clock
from ubox.server import listen, server
from ubox.settings import SPEEDS, Settings
from ubox.world import Fabric


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Where a box is, and what a client needs to use it."""

    endpoint: str
    region: str
    zones: tuple[str, ...]
    project_id: str
    public_key: str
    private_key: str = field(repr=False)
    box: Box = field(repr=False)

    @property
    def sdk_config(self) -> dict[str, str]:
        """For `ucloud.client.Client(config)`."""
        return {
            "region": self.region,
            "project_id": self.project_id,
            "public_key": self.public_key,
            "private_key": self.private_key,
            "base_url": self.endpoint,
        }


@contextmanager
def serve(
    folder: Path | None = None,
    fabric: Fabric | None = None,
    *,
    images: Sequence[Image] = PAPER,
    clock: Clock = time.time,
    **settings: Any,
) -> Iterator[Served]:
    """Serves while the block runs. Without a folder nothing is kept; states change at once unless `timings`
    says otherwise.

    >>> with serve(timings=SPEEDS["fast"]) as served:
    ...     client = Client(served.sdk_config)
    """
    told = Settings(**{"timings": SPEEDS["instant"], **settings})
    box = Box(
        folder / "region.db" if folder else None, settings=told, images=images, fabric=fabric, clock=clock
    )
    box.start()
    listener = listen(LOOPBACK, 0)
    running = server(box)
    thread = threading.Thread(target=lambda: asyncio.run(running.serve(sockets=[listener])), daemon=True)
    thread.start()
    try:
        yield Served(
            endpoint=f"http://{LOOPBACK}:{listener.getsockname()[1]}/",
            region=told.region,
            zones=told.regions[told.region],
            project_id=told.project_id,
            public_key=told.public_key,
            private_key=told.private_key,
            box=box,
        )
    finally:
        running.should_exit = True
        thread.join()
        box.close()
