"""Serves a box over HTTP until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import uvicorn
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from ubox.app import create_app
from ubox.box import Box

_GRACE = 3
"""Seconds that requests in flight get when the server stops."""


class _Connections:
    """The open connections, by the client's address, so that a fault can break one."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.BaseTransport] = {}

    def protocol(self) -> type[H11Protocol]:
        """A protocol for uvicorn that keeps this list."""
        connections = self._open

        class Listed(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                self._peer = transport.get_extra_info("peername")
                connections[self._peer] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                connections.pop(self._peer, None)
                super().connection_lost(exc)

        return Listed

    async def drop(self, request: Request) -> None:
        """Breaks the connection of this request; its answer goes nowhere."""
        client = request.client
        transport = self._open.get((client.host, client.port)) if client else None
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
        await asyncio.sleep(0)


def server(box: Box) -> uvicorn.Server:
    """A server for a box that was started; run it with the sockets it is to listen on."""
    connections = _Connections()
    return uvicorn.Server(
        uvicorn.Config(
            create_app(box, drop=connections.drop),
            http=connections.protocol(),
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=_GRACE,
        )
    )


def serve(box: Box, sockets: Sequence[socket.socket]) -> None:
    """Returns when the process is asked to end (SIGTERM, SIGINT)."""
    asyncio.run(server(box).serve(sockets=list(sockets)))


def listen(address: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises OSError where it can't be had."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener
