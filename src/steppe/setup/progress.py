"""What set-up says while it works: a line when a step begins, one when it ends, with its time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """` • title …`, then ` ✓ title (12.3 s)`, or ` ✗ title` when it fails."""
    say(f" • {title} …")
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        say(f" ✗ {title}")
        raise
    say(f" ✓ {title} ({time.monotonic() - begun:.1f} s)")
