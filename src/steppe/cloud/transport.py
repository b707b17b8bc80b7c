"""How the SDK's requests travel: over kept connections, which the SDK's own transport doesn't keep.

It neither retries nor logs: a create sent twice makes two resources, and requests carry secrets.
"""

from __future__ import annotations

import threading
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from ucloud.core.exc import HTTPStatusException
from ucloud.core.transport.http import Request, Response

_CONNECT_S = 5.0
"""For the connection alone; an answer may take longer."""


class Pooled:
    """Fits the SDK's `Transport`. Threads may share it: they share connections, each with its own session."""

    def __init__(self, connections: int, ca_file: str = "") -> None:
        """`ca_file`: the PEM file of the authority that is trusted; empty for the public ones."""
        self._ca_file = ca_file
        self._adapter = HTTPAdapter(pool_connections=2, pool_maxsize=connections, max_retries=0)
        self._local = threading.local()

    def send(self, request: Request, **options: Any) -> Response:
        """Raises HTTPStatusException, or what `requests` raises."""
        answer = self._session().request(
            request.method.upper(),
            request.url,
            data=request.data,
            headers=request.headers,
            timeout=(_CONNECT_S, options["timeout"]),
            allow_redirects=False,
            verify=self._ca_file or True,
        )
        response = Response(
            url=answer.url,
            method=request.method,
            request=request,
            status_code=answer.status_code,
            headers=answer.headers,
            content=answer.content,
            encoding=answer.encoding or "utf-8",
        )
        if answer.status_code != 200:
            raise HTTPStatusException(answer.status_code, response.request_uuid)
        return response

    def close(self) -> None:
        self._adapter.close()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.mount("http://", self._adapter)
            session.mount("https://", self._adapter)
            self._local.session = session
        return session
