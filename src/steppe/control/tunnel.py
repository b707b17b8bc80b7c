"""An SSH connection to the bastion, and ports on 127.0.0.1 that lead through it.

1. A thread of its own runs the connection (asyncssh is asynchronous; the rest of steppe is not).
2. The bastion's host key is the one that steppe made before the bastion existed. Any other is refused,
   each time; there is no trust on first use.
3. A lost connection (noticed by keepalives) is made again until the tunnel is closed. Local ports stay the
   same, and a new connection through one waits some seconds for the tunnel.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Mapping
from contextlib import closing, suppress
from functools import partial
from typing import Any, Protocol, TypeVar

import asyncssh

from steppe.control.client import ControlError
from steppe.control.conditions import NotMet
from steppe.topology import ports

_CONNECT_TIMEOUT_S = 4.0
_LOGIN_TIMEOUT_S = 8.0
_RETRY_S, _RETRY_REFUSED_S = 0.2, 1.0
_KEEPALIVE_S, _KEEPALIVES_LOST = 3.0, 3
_OPEN_TIMEOUT_S = 4.0
"""For a way to a port behind the tunnel, the wait for a lost tunnel included."""
_THREAD_TIMEOUT_S = 10.0
_CHUNK = 64 * 1024

_WRONG_KEY_HINT = (
    "A bastion that is just being made takes its key during its first boot, and steppe tries again. "
    "If it stays, this may not be the workspace that built the cluster (STEPPE_WORKSPACE)."
)
_OUR_KEY_HINT = (
    "A bastion that is just being made takes the key during its first boot. If it stays, this workspace is "
    "not the one that made the cluster: set STEPPE_WORKSPACE."
)
_UNREACHABLE_HINT = "Check that your public address is in `access.from`, and that SSH may leave your network."

_T = TypeVar("_T")
FAULTS = (OSError, asyncssh.Error)
"""What an SSH connection fails with. Timeouts are OSErrors."""

CONNECTING: Mapping[str, Any] = {
    "username": "root",
    "server_host_key_algs": ["ssh-ed25519"],
    "preferred_auth": "publickey",
    "config": None,
    "agent_path": None,
    "connect_timeout": _CONNECT_TIMEOUT_S,
    "login_timeout": _LOGIN_TIMEOUT_S,
    "keepalive_interval": _KEEPALIVE_S,
    "keepalive_count_max": _KEEPALIVES_LOST,
}
"""How every SSH connection to a host is made: as root, by key, with nothing of the user's own settings."""


class Tunnel:
    """Begins to connect at once; `check` tells whether it stands. May be used by several threads."""

    def __init__(self, address: str, *, private_key: str, host_key: str, port: int = ports.SSH) -> None:
        """`private_key`: ours, as OpenSSH's text. `host_key`: the public line that must be shown."""
        self._address, self._port = address, port
        self._client_key = asyncssh.import_private_key(private_key)
        self._host_key = asyncssh.import_public_key(host_key)
        self._place = f"the bastion ({address}:{port})"
        self._failure = NotMet(f"{self._place} has not answered yet", _UNREACHABLE_HINT)
        self._connection: asyncssh.SSHClientConnection | None = None
        self._listeners: dict[tuple[str, int], asyncio.Server] = {}
        self._forwards: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=asyncio.run, args=(self._main(),), name="tunnel", daemon=True)
        self._thread.start()
        self._ready.wait()

    def check(self) -> None:
        """Returns if the tunnel stands. Raises NotMet with the last failure if it does not."""
        if not self._standing.is_set():
            raise NotMet(self._failure.message, self._failure.hint)

    def endpoint(self, address: str, port: int) -> tuple[str, int]:
        """A local address and port that lead there; the same ones each time. Raises ControlError."""
        try:
            return self._call(self._listen(address, port))
        except OSError as error:
            raise self._behind(address, port, error) from error

    def reach(self, address: str, port: int) -> None:
        """Opens a connection there and closes it again. Raises ControlError if nothing accepts it."""
        try:
            self._call(self._try(address, port))
        except FAULTS as error:
            raise self._behind(address, port, error) from error

    def close(self) -> None:
        """Ends every connection, then the thread."""
        self._closed = True
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(_THREAD_TIMEOUT_S)

    def _behind(self, address: str, port: int, error: Exception) -> ControlError:
        return ControlError(
            f"{address}:{port} can't be reached through {self._place}: {reason(error)}",
            code="access.behind-bastion",
            hint="`steppe status` shows the hosts behind it.",
        )

    def _call(self, work: Coroutine[Any, Any, _T]) -> _T:
        if self._closed:
            work.close()
            raise ControlError(f"The way through {self._place} is closed.", code="access.closed")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_THREAD_TIMEOUT_S)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._standing, self._closing = asyncio.Event(), asyncio.Event()
        self._ready.set()
        keeper = asyncio.create_task(self._keep_connected())
        await self._closing.wait()
        keeper.cancel()
        for listener in self._listeners.values():
            listener.close()
        if self._connection:
            self._connection.abort()

    async def _keep_connected(self) -> None:
        while True:
            try:
                self._connection = await self._connect()
            except FAULTS as error:
                self._failure = self._explained(error)
                # A refusal by sshd costs a penalty there (PerSourcePenalties); a closed port costs nothing.
                await asyncio.sleep(_RETRY_REFUSED_S if isinstance(error, asyncssh.Error) else _RETRY_S)
                continue
            self._standing.set()
            await self._connection.wait_closed()
            self._standing.clear()
            self._failure = NotMet(f"the connection to {self._place} dropped", _UNREACHABLE_HINT)

    async def _connect(self) -> asyncssh.SSHClientConnection:
        return await asyncssh.connect(
            self._address,
            self._port,
            client_keys=[self._client_key],
            known_hosts=([self._host_key], [], []),
            **CONNECTING,
        )

    def _explained(self, error: Exception) -> NotMet:
        match error:
            case asyncssh.HostKeyNotVerifiable():
                return NotMet(
                    f"{self._place} shows another SSH host key than the one made for it; nothing was sent",
                    _WRONG_KEY_HINT,
                )
            case asyncssh.PermissionDenied():
                return NotMet(f"{self._place} does not take this workspace's SSH key", _OUR_KEY_HINT)
        return NotMet(f"{self._place} can't be reached: {reason(error)}", _UNREACHABLE_HINT)

    async def _listen(self, address: str, port: int) -> tuple[str, int]:
        listener = self._listeners.get((address, port))
        if listener is None:
            accept = partial(self._accept, address, port)
            listener = await asyncio.start_server(accept, "127.0.0.1", 0)
            # Another call may have been first while this one waited.
            kept = self._listeners.setdefault((address, port), listener)
            if kept is not listener:
                listener.close()
                listener = kept
        host, local_port = listener.sockets[0].getsockname()
        return host, local_port

    async def _try(self, address: str, port: int) -> None:
        _, writer = await self._open(address, port)
        writer.close()

    async def _open(
        self, address: str, port: int
    ) -> tuple[asyncssh.SSHReader[bytes], asyncssh.SSHWriter[bytes]]:
        async with asyncio.timeout(_OPEN_TIMEOUT_S):
            await self._standing.wait()
            assert self._connection is not None
            return await self._connection.open_connection(address, port)

    def _accept(
        self, address: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        # A task of our own: the server's would report its cancellation at the end as an error.
        forward = asyncio.create_task(self._forward(address, port, reader, writer))
        self._forwards.add(forward)
        forward.add_done_callback(self._forwards.discard)

    async def _forward(
        self, address: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        # The caller's local connection is accepted already; all it can be told is that this one is over.
        with closing(writer), suppress(*FAULTS):
            far_reader, far_writer = await self._open(address, port)
            with closing(far_writer):
                await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))


class _Source(Protocol):
    async def read(self, n: int = -1) -> bytes: ...


class _Sink(Protocol):
    def write(self, data: bytes) -> None: ...
    async def drain(self) -> None: ...
    def can_write_eof(self) -> bool: ...
    def write_eof(self) -> None: ...
    def close(self) -> None: ...


async def pump(source: _Source, sink: _Sink) -> None:
    """Carries bytes until the source ends, then tells the sink; a fault on either side closes the sink."""
    try:
        while data := await source.read(_CHUNK):
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
    except FAULTS:
        sink.close()


def reason(error: Exception) -> str:
    """Why a connection failed, in a few words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    if isinstance(error, asyncssh.Error):
        return error.reason
    return str(error) or type(error).__name__
