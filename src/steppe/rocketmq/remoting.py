"""RocketMQ's remoting protocol, as much of it as status and topics need: no JVM has to start for a question.

A frame is: its length (4 bytes, without these), the length of the header with the kind of its encoding in
the top byte (4 bytes; 0 is JSON), the header, the body. Requests and answers have the same form and are
matched by `opaque`. Source: RemotingCommand.java of rocketmq-remoting 5.5.0.
"""

from __future__ import annotations

import itertools
import json
import socket
import struct
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from steppe.control.secrets import User
from steppe.rocketmq.signature import signed

SUCCESS = 0
_JSON = 0
_IS_ANSWER = 1
_MAX_FRAME = 16 * 1024 * 1024
_opaque = itertools.count(1)
_SCALARS = json.JSONDecoder()


class RemotingError(Exception):
    """No usable answer came: unreachable, cut short, or not of this protocol."""


class Refused(RemotingError):
    """The server answered, with a code other than success (ResponseCode.java)."""

    def __init__(self, code: int, remark: str) -> None:
        super().__init__(f"code {code}: {remark.strip() or 'no remark'}")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    code: int
    """What is asked (RequestCode.java), or how it went (ResponseCode.java)."""
    opaque: int
    is_answer: bool = False
    remark: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    """`extFields`: the parameters of a request, or the answer's custom header."""
    body: bytes = b""


def encode(frame: Frame) -> bytes:
    header = {
        "code": frame.code,
        "extFields": dict(frame.fields),
        "flag": _IS_ANSWER if frame.is_answer else 0,
        "language": "PYTHON",
        "opaque": frame.opaque,
        "serializeTypeCurrentRPC": "JSON",
        "version": 0,
    }
    if frame.remark:
        header["remark"] = frame.remark
    head = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack(">iI", 4 + len(head) + len(frame.body), _JSON << 24 | len(head)) + head + frame.body


def decode(payload: bytes) -> Frame:
    """The frame that follows its 4 bytes of length. Raises RemotingError when it is none."""
    if len(payload) < 4:
        raise RemotingError(f"a frame of {len(payload)} bytes has no header")
    (marked,) = struct.unpack_from(">I", payload)
    kind, length = marked >> 24, marked & 0xFFFFFF
    if kind != _JSON or 4 + length > len(payload):
        raise RemotingError(f"not a JSON header of RocketMQ remoting (kind {kind}, {length} bytes)")
    try:
        header = json.loads(payload[4 : 4 + length])
        return Frame(
            code=int(header["code"]),
            opaque=int(header["opaque"]),
            is_answer=bool(int(header.get("flag", 0)) & _IS_ANSWER),
            remark=header.get("remark") or "",
            fields=header.get("extFields") or {},
            body=payload[4 + length :],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RemotingError(f"a header that can't be read: {error!r}") from error


def call(
    host: str,
    port: int,
    code: int,
    fields: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    user: User | None = None,
    place: str = "",
    timeout_s: float = 3.0,
) -> Frame:
    """One request on a connection of its own, signed by the user if one is given, and its answer.

    `place`: how errors name the server, where host and port are only a way to it.

    Raises Refused when the server says no, and RemotingError when no answer comes in `timeout_s`.
    """
    given = fields or {}
    shown = signed(given, body, user) if user else given
    request = Frame(code=code, opaque=next(_opaque), fields=shown, body=body)
    try:
        with closing(socket.create_connection((host, port), timeout=timeout_s)) as connection:
            connection.sendall(encode(request))
            answer = _answer_to(request, connection)
    except OSError as error:
        raise RemotingError(f"{place or f'{host}:{port}'}: {error}") from error
    if answer.code != SUCCESS:
        raise Refused(answer.code, answer.remark)
    return answer


def _answer_to(request: Frame, connection: socket.socket) -> Frame:
    while True:
        (length,) = struct.unpack(">i", _exactly(4, connection))
        if not 4 <= length <= _MAX_FRAME:
            raise RemotingError(f"a frame of {length} bytes: not RocketMQ remoting")
        frame = decode(_exactly(length, connection))
        # A broker may send requests of its own on any connection; only the answer matters here.
        if frame.is_answer and frame.opaque == request.opaque:
            return frame


def _exactly(count: int, connection: socket.socket) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(count - len(parts))
        if not part:
            raise RemotingError("the connection was closed before the whole answer came")
        parts += part
    return bytes(parts)


def parse_body(text: bytes) -> Any:
    """The JSON of a body, with what RocketMQ adds to it: keys that are numbers, and keys that are objects.

    `{0:"10.0.0.1:10911"}` gets the key `"0"`, and a key that is an object its own JSON text. Raises
    ValueError when it is neither.
    """
    try:
        return _value(text.decode(), 0)[0]
    except IndexError as error:
        raise ValueError("the body ends too soon") from error


def _value(text: str, at: int) -> tuple[Any, int]:
    """The value that begins there, and the place behind it."""
    at = _skip(text, at)
    if text[at] == "{":
        return _object(text, at + 1)
    if text[at] == "[":
        return _list(text, at + 1)
    return _SCALARS.raw_decode(text, at)


def _object(text: str, at: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while text[at := _skip(text, at)] != "}":
        key, at = _value(text, at)
        at = _skip(text, at)
        if text[at] != ":":
            raise ValueError(f"no value follows a key at {at}")
        found[key if isinstance(key, str) else json.dumps(key)], at = _value(text, at + 1)
        at = _next(text, at, "}")
    return found, at + 1


def _list(text: str, at: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while text[at := _skip(text, at)] != "]":
        value, at = _value(text, at)
        found.append(value)
        at = _next(text, at, "]")
    return found, at + 1


def _next(text: str, at: int, end: str) -> int:
    """Where the next item begins, or the end stands."""
    at = _skip(text, at)
    if text[at] == ",":
        return at + 1
    if text[at] != end:
        raise ValueError(f"neither ',' nor '{end}' at {at}")
    return at


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at
