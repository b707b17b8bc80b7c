"""What stays in the foreground of a terminal: another program until it ends, or a wait until Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence

from steppe.errors import UsageError

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_SHELL_SIGNALLED = 128
"""What a shell adds to a signal's number for the exit code of what it ended."""


def foreground(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Its exit code; 128 and the number of the signal that ended it.

    Ctrl-C is its own matter. A closed terminal, or a request to end, ends it first, so that what our callers
    made for it is cleaned up. Raises UsageError when there is no such program.
    """
    try:
        running = subprocess.Popen(list(arguments), env=environment)
    except (FileNotFoundError, PermissionError) as error:
        raise UsageError(
            f"{arguments[0]} can't be run: {(error.strerror or type(error).__name__).lower()}.",
            code="cli.program",
            hint="name a program that is installed here",
        ) from None
    before = {number: signal.signal(number, lambda *_: running.terminate()) for number in _ENDING}
    try:
        code = _ended(running)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else _SHELL_SIGNALLED - code


def _ended(running: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return running.wait()
        except KeyboardInterrupt:
            continue


def until_ended(seconds: float) -> bool:
    """Waits for Ctrl-C, a closed terminal or a request to end. False when the time was up before."""
    over = threading.Event()
    numbers = (signal.SIGINT, *_ENDING)
    before = {number: signal.signal(number, lambda *_: over.set()) for number in numbers}
    try:
        return over.wait(seconds)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
