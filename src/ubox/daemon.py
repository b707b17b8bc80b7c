"""`ubox start` and `ubox stop`: the server as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from ubox.errors import BoxError
from ubox.home import Home

_START_S = 60.0
_STOP_S = 20.0
_LAST_LINES = 5


def start(home: Home, arguments: Sequence[str]) -> bool:
    """Starts a server and waits until it answers; False when one runs already. Raises BoxError.

    The server has no controlling terminal (setsid), so it outlives ours. Of two that start it at once, the
    second waits for the first.
    """
    with home.turn():
        _within(_START_S, lambda: home.server() is None or answers(home))
        if home.server():
            return False
        _start(home, arguments)
    return True


def _start(home: Home, arguments: Sequence[str]) -> None:
    with home.log_file.open("ab") as log:
        began = log.tell()
        child = subprocess.Popen(
            [sys.executable, "-m", "ubox", "serve", "--dir", str(home.folder), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
    if (
        not _within(_START_S, lambda: child.poll() is not None or _serves(home, child.pid))
        or child.poll() is not None
    ):
        raise BoxError(f"the server did not start; {home.log_file} ends with:\n{_tail(home.log_file, began)}")


def stop(home: Home) -> bool:
    """Ends the server, if there is one; machines and networks go on. Raises BoxError."""
    if (process := home.server()) is None:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.kill(process.pid, number)
        if _within(_STOP_S, lambda: not process.runs):
            return True
    raise BoxError(f"process {process.pid} of {home.folder} does not end")


def answers(home: Home) -> bool:
    """Whether the box's API answers where `box.json` says."""
    told = home.told()
    try:
        return bool(ask(told, "ping", timeout_s=5)["public_key"] == told["public_key"])
    except (KeyError, HTTPError, ValueError):
        return False


def ask(told: Mapping[str, Any], what: str, *, timeout_s: float) -> Any:
    """What the server that `told` is of says of itself. Raises HTTPError, KeyError or ValueError."""
    with PoolManager(retries=False, timeout=timeout_s) as http:
        return http.request("GET", f"{told['endpoint']}_box/{what}").json()


def _serves(home: Home, pid: int) -> bool:
    process = home.server()
    return process is not None and process.pid == pid and answers(home)


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _tail(log: Path, since: int) -> str:
    with log.open("rb") as file:
        file.seek(since)
        lines = file.read().decode("utf-8", "replace").splitlines()
    return "\n".join(lines[-_LAST_LINES:])
