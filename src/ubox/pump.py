"""Tells the fabric of each new world: one thread, which skips worlds that are out of date already."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ubox.world import Fabric, World

_log = logging.getLogger("ubox.pump")
_PAUSE_AFTER_FAILURE = 1.0
"""Seconds until a world that couldn't be made is tried again."""


class Pump:
    def __init__(self, fabric: Fabric, look: Callable[[], World], after: Callable[[], None]) -> None:
        """`look` gives the world as it should be now; `after` is called when the fabric has made it."""
        self._fabric, self._look, self._after = fabric, look, after
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._made: World | None = None
        self._thread = threading.Thread(target=self._run, name="ubox-pump", daemon=True)

    def start(self) -> None:
        self._changed.set()
        self._thread.start()

    def nudge(self) -> None:
        """Something changed; returns at once."""
        self._changed.set()

    def stop(self) -> None:
        """Waits for the world that is being made."""
        self._stopping.set()
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._changed.wait()
            self._changed.clear()
            if self._stopping.is_set():
                return
            try:
                self._make(self._look())
            except Exception:
                _log.exception(
                    "the fabric could not make the world; trying again in %s s", _PAUSE_AFTER_FAILURE
                )
                self._stopping.wait(_PAUSE_AFTER_FAILURE)
                self._changed.set()

    def _make(self, world: World) -> None:
        if world != self._made:
            self._fabric.converge(world)
            self._made = world
        self._after()
