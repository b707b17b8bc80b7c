"""An HTTP API that several servers answer: each is tried in turn, and every failure names its place.

1. A request goes to the server that answered last.
2. One that can't be reached is passed over for the next. If the request may have arrived, only methods
   that may be repeated (RFC 9110, section 9.2.2) go to the next server.
3. The server proves itself with a certificate of the cluster's CA for the service's own name, whatever
   local address the way in gives it.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProtocolError,
    SSLError,
    TimeoutError,
)

from steppe.errors import SteppeError

_TIMEOUT = Timeout(connect=3.0, read=5.0)
_CONNECTIONS = 32
"""Kept open to each server: as many as conditions are asked at once, or more."""
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
_NEVER_SENT = (ConnectTimeoutError, NewConnectionError, SSLError)
"""TLS fails in its greeting, or where the server refuses our certificate: before it reads a request."""
_MOST_TEXT = 300
"""Characters of an answer's body that go into a message."""


class ControlError(SteppeError):
    """Consul, Nomad or the way to them said no. `status` is the HTTP status; None when none answered."""

    def __init__(self, message: str, *, code: str, hint: str = "", status: int | None = None) -> None:
        super().__init__(message, code=code, hint=hint)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    name: str
    """As people know it: a host's or a balancer's name."""
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the servers of one API have in common."""

    title: str
    """`Consul` or `Nomad`."""
    port: int
    tls_name: str
    """The name their certificates carry."""
    token_header: str
    token: str = field(repr=False)
    servers: tuple[Server, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: Any
    """Decoded JSON, or the text when it is none."""


class Client:
    """Calls on one service. May be used by several threads; closed by who made it."""

    def __init__(
        self, service: Service, tls: ssl.SSLContext, endpoint: Callable[[str, int], tuple[str, int]]
    ) -> None:
        self._service = service
        self._endpoint = endpoint
        self._last_good = service.servers[0]
        # The name in the TLS greeting is also the one that the certificate is checked for. No proxy or .netrc
        # of the user's environment counts.
        self._http = PoolManager(
            num_pools=len(service.servers),
            maxsize=_CONNECTIONS,
            timeout=_TIMEOUT,
            retries=False,
            ssl_context=tls,
            server_hostname=service.tls_name,
        )

    def close(self) -> None:
        self._http.clear()

    def request(
        self, method: str, path: str, json: object = None, params: Mapping[str, str] | None = None
    ) -> Any:
        """The answer's JSON, or its text when it is none. Raises ControlError for a status from 400 on."""
        return self.call(method, path, json, params).body

    def call(
        self,
        method: str,
        path: str,
        json: object = None,
        params: Mapping[str, str] | None = None,
        *,
        accept: Collection[int] = (),
        anonymous: bool = False,
    ) -> Answer:
        """As `request`, but statuses in `accept` are answers too. `anonymous` sends no token.

        Raises ControlError when no server answers, or with a status from 400 on.
        """
        headers = {} if anonymous else {self._service.token_header: self._service.token}
        failures = []
        for server in self._in_turn():
            try:
                response = self._send(server, method, path, json, params, headers)
            except HTTPError as error:
                failures.append(f"{server.name} ({server.address}): {reason(error)}")
                if method not in _REPEATABLE and not isinstance(error, _NEVER_SENT):
                    break
                continue
            self._last_good = server
            if response.status >= 400 and response.status not in accept:
                raise self._refused(server, method, path, response)
            return Answer(status=response.status, body=_decoded(response))
        raise ControlError(
            f"{self._service.title} doesn't answer {method} {path} on port {self._service.port}: "
            + "; ".join(failures),
            code="control.unreachable",
            hint="See `steppe status`; a host that has just been made may still be starting.",
        )

    def _in_turn(self) -> Sequence[Server]:
        first = self._last_good
        return (first, *(server for server in self._service.servers if server is not first))

    def _send(
        self,
        server: Server,
        method: str,
        path: str,
        json: object,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
    ) -> BaseHTTPResponse:
        host, port = self._endpoint(server.address, self._service.port)
        asked = f"?{urlencode(params)}" if params else ""
        return self._http.request(
            method, f"https://{host}:{port}{path}{asked}", json=json, headers=headers, redirect=False
        )

    def _refused(self, server: Server, method: str, path: str, response: BaseHTTPResponse) -> ControlError:
        said = _text(response).strip()[:_MOST_TEXT].replace(self._service.token, "…")
        return ControlError(
            f"{self._service.title} on {server.name} ({server.address}) answers {method} {path} with "
            f"{response.status}: {said}",
            code="control.refused",
            hint=_HINTS.get(response.status, ""),
            status=response.status,
        )


_HINTS: Mapping[int, str] = {
    403: "The token of this workspace's secrets.json is not known or not allowed; "
    "`steppe up` sets what is missing, and a server that has just started may need some seconds.",
    500: "Often there is no leader for a moment: run the command again; `steppe status` shows the servers.",
}


def _decoded(response: BaseHTTPResponse) -> Any:
    try:
        return response.json()
    except ValueError:
        return _text(response)


def _text(response: BaseHTTPResponse) -> str:
    return response.data.decode("utf-8", "replace")


def reason(error: HTTPError) -> str:
    """Why a call failed, without the local address of a way through the tunnel."""
    match error:
        case NewConnectionError() | ProtocolError() if error.__cause__ or error.__context__:
            return str(error.__cause__ or error.__context__)
        case TimeoutError():
            return "no answer in time"
    if "UNEXPECTED_EOF" in str(error):
        # What a tunnel makes of a port behind it that refuses.
        return "closed at once, as where nothing listens"
    return str(error) or type(error).__name__
