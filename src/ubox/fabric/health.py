"""Balancers' health checks, as ULB makes them: every 2 s; 3 failures in a row are bad, 3 successes good.

A TCP backend must take a connection on its own address and port, a UDP backend must answer a ping. A new
backend counts as bad until it has passed (assumed; the documentation doesn't say). Checks come from inside
the VPC with a source in UCloud's service range.
"""

from __future__ import annotations

import errno
import json
import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ubox.errors import BoxError
from ubox.fabric.addresses import PROBE
from ubox.fabric.namespaces import inside

IN_A_ROW = 3
_LEAST_PATIENCE_S = 0.5
"""How long a check waits at the least; as a rule it waits as long as the interval."""
_ECHO_REQUEST = struct.pack("!BBHHH", 8, 0, 0, 0, 0)
"""An ICMP echo request; the kernel fills in number and checksum (icmp(7), 'ping sockets')."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    backend: str
    namespace: str
    """Of the VPC."""
    protocol: str
    address: str
    port: int


@dataclass(slots=True)
class _Check:
    probe: Probe
    healthy: bool
    against: int = 0
    """How many results in a row have spoken against `healthy`."""
    due: float = 0.0
    attempt: socket.socket | None = None
    deadline: float = field(default=0.0)


class Health:
    """Checks backends in a thread of its own.

    `file` keeps who was healthy, so that a box that is started again needn't begin from bad.
    `changed` is called with every backend that changed, once for each round.
    """

    def __init__(self, file: Path, interval: float, changed: Callable[[Mapping[str, bool]], None]) -> None:
        self._file, self._interval, self._changed = file, interval, changed
        self._healthy = _read(file)
        self._checks: dict[str, _Check] = {}
        self._wanted: Mapping[str, Probe] = {}
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ubox-health", daemon=True)

    @property
    def healthy(self) -> frozenset[str]:
        """Ids of the backends that pass."""
        return self._healthy

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        os.write(self._waker, b".")
        self._thread.join()
        for check in self._checks.values():
            self._end(check)
        self._selector.close()
        os.close(self._wake)
        os.close(self._waker)

    def watch(self, probes: Collection[Probe]) -> None:
        """From now on these are checked, a new one at once."""
        self._wanted = {probe.backend: probe for probe in probes}
        os.write(self._waker, b".")

    def _run(self) -> None:
        while not self._stopping:
            self._take_over()
            now = time.monotonic()
            for check in self._checks.values():
                if check.attempt is None and check.due <= now:
                    self._begin(check, now)
            results = [(check, passed) for check in self._wait() if (passed := _result(check)) is not None]
            self._judge(results)

    def _take_over(self) -> None:
        wanted = self._wanted
        for backend in self._checks.keys() - wanted.keys():
            self._end(self._checks.pop(backend))
            self._healthy -= {backend}
        for backend, probe in wanted.items():
            check = self._checks.get(backend)
            if check is None or check.probe != probe:
                if check is not None:
                    self._end(check)
                self._checks[backend] = _Check(probe, backend in self._healthy)

    def _begin(self, check: _Check, now: float) -> None:
        check.due, check.deadline = now + self._interval, now + max(self._interval, _LEAST_PATIENCE_S)
        try:
            with inside(check.probe.namespace):
                check.attempt = _call(check.probe)
        except (OSError, BoxError):
            self._judge([(check, False)])
            return
        events = selectors.EVENT_WRITE if check.probe.protocol == "tcp" else selectors.EVENT_READ
        self._selector.register(check.attempt, events, check)

    def _wait(self) -> list[_Check]:
        """The checks whose attempt has come to an end."""
        moments = [check.deadline if check.attempt else check.due for check in self._checks.values()]
        first = min(moments, default=None)
        found = self._selector.select(None if first is None else max(0.0, first - time.monotonic()))
        ended = []
        for key, _ in found:
            if isinstance(key.data, _Check):
                ended.append(key.data)
            else:
                os.read(self._wake, 4096)
        now = time.monotonic()
        late = [each for each in self._checks.values() if each.attempt and each.deadline <= now]
        return ended + [each for each in late if each not in ended]

    def _judge(self, results: list[tuple[_Check, bool]]) -> None:
        changes = {}
        for check, passed in results:
            self._end(check)
            check.against = 0 if passed == check.healthy else check.against + 1
            if check.against == IN_A_ROW:
                check.healthy, check.against = passed, 0
                changes[check.probe.backend] = passed
        if changes:
            good = {backend for backend, check in self._checks.items() if check.healthy}
            self._healthy = frozenset(good)
            _write(self._file, good)
            self._changed(changes)

    def _end(self, check: _Check) -> None:
        if check.attempt is not None:
            if check.attempt in self._selector.get_map():
                self._selector.unregister(check.attempt)
            check.attempt.close()
            check.attempt = None


def _call(probe: Probe) -> socket.socket:
    if probe.protocol == "tcp":
        caller = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    else:
        caller = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, socket.IPPROTO_ICMP)
    try:
        caller.bind((PROBE, 0))
        if probe.protocol == "tcp":
            code = caller.connect_ex((probe.address, probe.port))
            if code not in (0, errno.EINPROGRESS):
                raise OSError(code, os.strerror(code))
        else:
            caller.connect((probe.address, 0))
            caller.send(_ECHO_REQUEST)
    except OSError:
        caller.close()
        raise
    return caller


def _result(check: _Check) -> bool | None:
    """Whether the attempt has succeeded; None if there is none."""
    if check.attempt is None:
        return None
    if check.probe.protocol == "tcp":
        if check.attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return False
        try:
            check.attempt.getpeername()
        except OSError:
            return False
        return True
    try:
        return bool(check.attempt.recv(64))
    except OSError:
        return False


def _read(file: Path) -> frozenset[str]:
    try:
        return frozenset(json.loads(file.read_text()))
    except (FileNotFoundError, ValueError):
        return frozenset()


def _write(file: Path, healthy: Collection[str]) -> None:
    new = file.with_suffix(".new")
    new.write_text(json.dumps(sorted(healthy)))
    new.replace(file)
