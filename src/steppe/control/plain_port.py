"""A port on 127.0.0.1 that speaks plain HTTP and leads to a TLS one, so that a browser can open the UIs.

A browser doesn't know the cluster's CA, nor the name in the servers' certificates; this end checks both. It
adds no token: without one, the APIs behind it tell nothing that matters.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import closing, suppress

from steppe.control.tunnel import FAULTS, pump

_OPEN_TIMEOUT_S = 10.0
_THREAD_TIMEOUT_S = 5.0


class PlainPort:
    """Open at once, until `close`."""

    def __init__(self, target: tuple[str, int], *, trust: ssl.SSLContext, tls_name: str) -> None:
        """`trust`: whose servers are trusted, and our own certificate. `tls_name`: what theirs must carry."""
        self._target, self._tls_name = target, tls_name
        self._trust = trust
        self._loop = asyncio.new_event_loop()
        self._forwards: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="plain-port", daemon=True)
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._accept, "127.0.0.1", 0), self._loop
        )
        self._listener = listening.result(_THREAD_TIMEOUT_S)
        self.address = "http://{}:{}".format(*self._listener.sockets[0].getsockname())
        """For example `http://127.0.0.1:40123`."""

    def close(self) -> None:
        """Ends every connection, then the thread."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_THREAD_TIMEOUT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_THREAD_TIMEOUT_S)
        self._loop.close()

    async def _end(self) -> None:
        self._listener.close()
        for forward in self._forwards:
            forward.cancel()
        await asyncio.gather(*self._forwards, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: the server's would report its cancellation at the end as an error.
        forward = asyncio.create_task(self._forward(reader, writer))
        self._forwards.add(forward)
        forward.add_done_callback(self._forwards.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The browser's connection is accepted already; all it can be told is that this one is over.
        with closing(writer), suppress(*FAULTS):
            async with asyncio.timeout(_OPEN_TIMEOUT_S):
                far_reader, far_writer = await asyncio.open_connection(
                    *self._target, ssl=self._trust, server_hostname=self._tls_name
                )
            with closing(far_writer):
                # TLS in asyncio has no half-closed state: the first side that ends, ends both.
                sides = [
                    asyncio.ensure_future(pump(reader, far_writer)),
                    asyncio.ensure_future(pump(far_reader, writer)),
                ]
                try:
                    await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for side in sides:
                        side.cancel()
