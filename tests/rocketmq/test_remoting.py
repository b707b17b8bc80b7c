"""RocketMQ's remoting protocol: frames as the real servers send them, and what happens when they don't."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe.rocketmq.remoting import Frame, Refused, RemotingError, call, decode, encode, parse_body

texts = st.text(max_size=20)


@given(
    code=st.integers(0, 2**15),
    opaque=st.integers(0, 2**31 - 1),
    is_answer=st.booleans(),
    remark=texts,
    fields=st.dictionaries(texts, texts, max_size=4),
    body=st.binary(max_size=50),
)
def test_what_is_encoded_decodes_to_itself(
    code: int, opaque: int, is_answer: bool, remark: str, fields: dict[str, str], body: bytes
) -> None:
    frame = Frame(code=code, opaque=opaque, is_answer=is_answer, remark=remark, fields=fields, body=body)
    encoded = encode(frame)
    assert struct.unpack_from(">i", encoded) == (len(encoded) - 4,)
    assert decode(encoded[4:]) == frame


def test_an_answer_of_a_real_controller(recorded: Callable[[str], bytes]) -> None:
    frame = decode(recorded("controller-metadata")[4:])
    assert (frame.code, frame.opaque, frame.is_answer, frame.body) == (0, 7, True, b"")
    assert frame.fields["controllerLeaderAddress"] == "10.213.0.3:9878"


def test_an_answer_of_a_real_nameserver_with_keys_that_are_numbers(
    recorded: Callable[[str], bytes],
) -> None:
    body = parse_body(decode(recorded("cluster-info")[4:]).body)
    assert body["brokerAddrTable"]["orders-0"]["brokerAddrs"]["0"] == "10.213.0.7:10911"


@given(st.dictionaries(texts, st.one_of(texts, st.integers(), st.lists(st.integers()))))
def test_standard_json_is_read_as_it_is(value: dict[str, object]) -> None:
    assert parse_body(json.dumps(value, separators=(",", ":")).encode()) == value


def test_keys_that_are_objects_or_numbers_become_their_json() -> None:
    body = b'{"t":{{"b":"orders-0","q":6}:{"max":137}, 5 : [1 , {2:[]}] }}'
    assert parse_body(body) == {"t": {'{"b": "orders-0", "q": 6}': {"max": 137}, "5": [1, {"2": []}]}}


@pytest.mark.parametrize("body", [b"", b"{", b'{"a"}', b'{"a":1', b"[1 2]", b"{{}}", b"nonsense"])
def test_a_body_that_is_not_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse_body(body)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\0\0",
        b"\1\0\0\0",
        b"\0\0\0\x09{}",
        b"\0\0\0\2{}",
        b"\0\0\0\2[]",
        b"\0\0\0\4null",
        b"HTTP/1.1 400",
    ],
)
def test_what_is_no_frame_is_refused(payload: bytes) -> None:
    with pytest.raises(RemotingError):
        decode(payload)


class Server:
    """Sends the same bytes to whoever connects, once the request is there; then closes."""

    def __init__(self, *answers: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._answers = answers
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self._listener, self._listener.accept()[0] as connection:
            (length,) = struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))
            connection.recv(length, socket.MSG_WAITALL)
            for answer in self._answers:
                connection.sendall(answer)


def test_a_request_of_the_server_itself_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steppe.rocketmq.remoting._opaque", iter([5]))
    own = Frame(code=40, opaque=5)
    other = Frame(code=0, opaque=4, is_answer=True, body=b"other")
    mine = Frame(code=0, opaque=5, is_answer=True, body=b"mine")
    server = Server(encode(own), encode(other), encode(mine))
    assert call("127.0.0.1", server.port, 106).body == b"mine"


def test_a_refusal_carries_code_and_remark(
    monkeypatch: pytest.MonkeyPatch, recorded: Callable[[str], bytes]
) -> None:
    monkeypatch.setattr("steppe.rocketmq.remoting._opaque", iter([7]))
    server = Server(recorded("no-such-topic"))
    with pytest.raises(Refused, match="No topic route info") as refused:
        call("127.0.0.1", server.port, 105)
    assert refused.value.code == 17


@pytest.mark.parametrize("said", [b"", b"\0\0", b"\0\0\0\x20short", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_an_answer_that_is_cut_or_foreign_names_no_traceback(said: bytes) -> None:
    server = Server(said)
    with pytest.raises(RemotingError):
        call("127.0.0.1", server.port, 106)


def test_who_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(RemotingError, match=f"127.0.0.1:{port}"):
        call("127.0.0.1", port, 106)
