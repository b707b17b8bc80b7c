"""Named stages, one after the other, and how long each took."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Seconds of each stage, in the order in which they ran."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.stages[name] = round(time.monotonic() - began, 2)

    @property
    def total(self) -> float:
        return round(sum(self.stages.values()), 2)


def load() -> float:
    """Processes that wanted a core, on average over the last minute: what else the machine had to do."""
    return round(os.getloadavg()[0], 1)


@contextmanager
def orderly_end() -> Iterator[None]:
    """While the block runs, SIGTERM ends it as Ctrl-C does: by KeyboardInterrupt, so it cleans up."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def undisturbed() -> Iterator[None]:
    """While the block runs, Ctrl-C and SIGTERM wait: half a clean-up is none."""
    asked: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, lambda number, _: asked.append(number)) for each in signals]
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
    if asked:
        raise KeyboardInterrupt
