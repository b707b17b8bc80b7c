"""The metadata service that hosts find at 100.80.80.80 (UCloud's documentation, 'Instance metadata').

A host is known by the address that it calls from, which the VPC's rules keep it from forging; so it is given
its own data and nobody else's.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ubox.fabric.addresses import METADATA
from ubox.fabric.namespaces import inside
from ubox.world import Host

_PORT = 80
_DOCUMENTS = ("meta-data/latest", "meta-data/v1")
"""Below each, the document of `/meta-data/v1.json` can be walked key by key."""


def answer(host: Host, path: str) -> bytes | None:
    """What that host is given for a path such as `/meta-data/latest/uhost/zone`; None if there is nothing.

    An object answers with its keys, a list with its numbers, one a line.
    """
    wanted = path.partition("?")[0].strip("/")
    if wanted == "user-data":
        return host.user_data or None
    if wanted == "vendor-data":
        return b""
    if wanted == "meta-data/v1.json":
        return host.metadata.encode()
    for document in _DOCUMENTS:
        if wanted == document or wanted.startswith(f"{document}/"):
            return _walk(json.loads(host.metadata), wanted.removeprefix(document).strip("/"))
    return None


def _walk(value: Any, path: str) -> bytes | None:
    for step in path.split("/") if path else ():
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    if isinstance(value, dict):
        return "\n".join(value).encode()
    if isinstance(value, list):
        return "\n".join(map(str, range(len(value)))).encode()
    return (value if isinstance(value, str) else json.dumps(value)).encode()


class MetadataService:
    """The service of one VPC. `find` gives the host with an address there."""

    def __init__(self, namespace: str, find: Callable[[str], Host | None]) -> None:
        """Raises OSError or BoxError if the namespace doesn't let it listen."""
        with inside(namespace):
            listener = socket.create_server((METADATA, _PORT), backlog=128)
        self._server = _Server(listener, find)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name=f"ubox-metadata-{namespace}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket, find: Callable[[str], Host | None]) -> None:
        super().__init__((METADATA, _PORT), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.find = listener, find

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A host that hangs up in the middle is none of our business."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = "ubox", ""
    timeout = 30

    def do_GET(self) -> None:
        host = self.server.find(str(self.client_address[0]))
        body = answer(host, self.path) if host else None
        self.send_response(HTTPStatus.NOT_FOUND if body is None else HTTPStatus.OK)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what hosts ask for is not logged."""
