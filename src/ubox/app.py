"""The box over HTTP: the API at `/`, and the box's own switches at `/_box/…` for this machine only."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ubox.box import Box
from ubox.faults import Strike
from ubox.faults import rule as fault_rule
from ubox.gateway import Passage
from ubox.wire.parse import Unreadable, parse

Drop = Callable[[Request], Awaitable[None]]
"""Breaks the connection of a request."""

LOOPBACK = "127.0.0.1"
MOST_BODY = 1024 * 1024
"""Bytes. The largest real request, a host with its user-data, has some 40 KiB."""


class _TooLong(Exception):
    """A request's body is beyond the limit."""


class Dropped(ConnectionError):
    """A fault rule broke this connection (in process, where there is none to break)."""


async def no_connection(_: Request) -> None:
    raise Dropped


def create_app(box: Box, *, drop: Drop = no_connection) -> ASGIApp:
    """The ASGI application of a box that was started."""

    async def api(request: Request) -> Response:
        try:
            raw = parse(
                query=request.scope["query_string"],
                body=await _body(request),
                content_type=request.headers.get("content-type", ""),
            )
        except _TooLong:
            return PlainTextResponse(f"more than {MOST_BODY} bytes", status_code=413)
        except Unreadable as error:
            return PlainTextResponse(str(error), status_code=400)
        passage = box.gateway.admit(raw, request.client.host if request.client else "")
        if not isinstance(passage, Passage):
            return JSONResponse(passage)
        return await _struck(request, passage)

    async def _struck(request: Request, passage: Passage) -> Response:
        """The call's answer, or what a fault rule makes of it."""
        fault = passage.fault
        if fault and fault.kind is Strike.HTTP:
            return PlainTextResponse(fault.message, status_code=fault.status)
        if fault and fault.kind is Strike.DELAY:
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind is Strike.DROP_BEFORE:
            await drop(request)
            return Response()
        answer = box.gateway.perform(passage)
        if fault and fault.kind is Strike.DROP_AFTER:
            await drop(request)
        return JSONResponse(answer)

    return Starlette(
        routes=[
            Route("/", api, methods=["GET", "POST"]),
            Route("/_box/ping", _here(lambda _: _ping(box))),
            Route("/_box/world", _here(lambda _: _world(box))),
            Route("/_box/calls", _here(lambda request: _calls(box, request))),
            Route("/_box/faults", _here(lambda request: _faults(box, request)), methods=["GET", "POST"]),
            Route("/_box/zones/{zone}", _here(lambda request: _zone(box, request)), methods=["POST"]),
        ]
    )


async def _body(request: Request) -> bytes:
    """Raises _TooLong as soon as it is known, before the rest is read."""
    told = request.headers.get("content-length", "0")
    if told.isdecimal() and int(told) > MOST_BODY:
        raise _TooLong
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BODY:
            raise _TooLong
    return bytes(body)


def _here(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Answers on the loopback listener only: hosts of the box must not reach its switches."""

    async def guarded(request: Request) -> Response:
        server = request.scope.get("server")
        if server and server[0] not in (LOOPBACK, "testserver"):
            return PlainTextResponse("not found", status_code=404)
        try:
            return await answer(request)
        except (ValueError, OverflowError, RecursionError) as error:
            return PlainTextResponse(f"{error}\n", status_code=400)

    return guarded


async def _ping(box: Box) -> Response:
    return JSONResponse({"region": box.settings.region, "public_key": box.settings.public_key})


async def _world(box: Box) -> Response:
    document = dataclasses.asdict(box.world())
    for host in document["hosts"]:
        host["user_data"] = f"{len(host['user_data'])} bytes"
        host["metadata"] = json.loads(host["metadata"])
    return JSONResponse(document)


async def _calls(box: Box, request: Request) -> Response:
    with box.store.transaction() as rows:
        return JSONResponse(box.journal.read(rows, since=int(request.query_params.get("since", 0))))


async def _faults(box: Box, request: Request) -> Response:
    if request.method == "POST":
        rules: Any = await request.json()
        if not isinstance(rules, list) or not all(isinstance(each, dict) for each in rules):
            raise ValueError("expected a JSON list of fault rules; an empty one ends all faults")
        box.faults.set([fault_rule(each) for each in rules])
    return JSONResponse([dataclasses.asdict(rule) for rule in box.faults.rules])


async def _zone(box: Box, request: Request) -> Response:
    box.strike_zone(request.path_params["zone"], (await request.body()).decode().strip())
    return JSONResponse({})
