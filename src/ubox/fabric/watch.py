"""One thread that sees machines come up and go: their messages to systemd's notify socket, and their end."""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Ended:
    host: str
    process: subprocess.Popen[bytes] | None


class Watch:
    """Calls `up(host)` when a machine's first process runs, and `down(host, code)` when its supervisor has
    ended; `code` is None for one that an earlier process of ours had started.
    """

    def __init__(self, up: Callable[[str], None], down: Callable[[str, int | None], None]) -> None:
        self._up, self._down = up, down
        self._selector = selectors.DefaultSelector()
        self._wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._waker = waker
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ubox-machines", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Looks away; machines run on."""
        self._stopping = True
        os.write(self._waker, b".")
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
            else:
                os.close(key.fd)
        os.close(self._waker)
        self._selector.close()

    def expect(self, host: str, address: str) -> socket.socket:
        """Listens for the machine's messages at that address; to be called before it is started."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        listener.bind(address)
        self._selector.register(listener, selectors.EVENT_READ, host)
        os.write(self._waker, b".")
        return listener

    def forget(self, listener: socket.socket) -> None:
        """Ends what `expect` began."""
        with suppress(KeyError, ValueError):
            self._selector.unregister(listener)
        listener.close()

    def follow(self, host: str, pid: int, process: subprocess.Popen[bytes] | None) -> None:
        """Watches for the end of the machine's supervisor. Raises ProcessLookupError if it has ended."""
        descriptor = os.pidfd_open(pid)
        self._selector.register(descriptor, selectors.EVENT_READ, _Ended(host, process))
        os.write(self._waker, b".")

    def _run(self) -> None:
        while not self._stopping:
            for key, _ in self._selector.select():
                if key.fd == self._wake:
                    os.read(self._wake, 4096)
                elif isinstance(key.data, _Ended):
                    self._selector.unregister(key.fd)
                    os.close(key.fd)
                    ended = key.data
                    self._down(ended.host, ended.process.wait() if ended.process else None)
                elif isinstance(key.fileobj, socket.socket):
                    self._read(key.fileobj, key.data)

    def _read(self, listener: socket.socket, host: str) -> None:
        try:
            message = listener.recv(4096).decode(errors="replace")
        except OSError:
            return
        if any(line.startswith("X_NSPAWN_LEADER_PID=") for line in message.splitlines()):
            self._up(host)
