"""The power buttons of machines that were asked to shut down: pressed again until they do.

Once is not enough: a machine that is just starting doesn't hear it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_AGAIN_S = 0.5


class Buttons:
    """`press(host)` asks one machine; `pull(host)` takes its power when its time is over."""

    def __init__(self, press: Callable[[str], None], pull: Callable[[str], None]) -> None:
        self._press, self._pull = press, pull
        self._held: dict[str, float | None] = {}
        self._news = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ubox-buttons", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._news:
            self._stopping = True
            self._news.notify()
        self._thread.join()

    def hold(self, host: str, limit_s: float | None = None) -> None:
        """Asks the machine off until `release`; after `limit_s` its power is pulled."""
        with self._news:
            if host not in self._held:
                self._held[host] = None if limit_s is None else time.monotonic() + limit_s
                self._news.notify()

    def release(self, host: str) -> None:
        """It is off."""
        with self._news:
            self._held.pop(host, None)

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._stopping or bool(self._held))
                if self._stopping:
                    return
                held = dict(self._held)
            for host, deadline in held.items():
                if host not in self._held:
                    continue
                if deadline is not None and time.monotonic() > deadline:
                    self._pull(host)
                else:
                    self._press(host)
            self._pause(set(held))

    def _pause(self, pressed: set[str]) -> None:
        """Until the next round, or a button that wasn't pressed yet."""
        with self._news:
            self._news.wait_for(lambda: self._stopping or bool(self._held.keys() - pressed), _AGAIN_S)
