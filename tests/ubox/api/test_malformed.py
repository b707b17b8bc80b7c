"""What no SDK sends is refused, with no fault of the server, and a good call works after it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ubox.app import MOST_BODY
from ubox.testing import Served, serve
from ubox.wire.parse import Value
from ubox.wire.signature import sign

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
REFUSED = range(400, 500)


@pytest.fixture(scope="module")
def box() -> Iterator[Served]:
    with serve() as served:
        yield served


def signed(box: Served, **params: str) -> dict[str, str]:
    sent: dict[str, Value] = {"PublicKey": box.public_key, **params}
    return {**{name: str(value) for name, value in sent.items()}, "Signature": sign(sent, box.private_key)}


def post(box: Served, body: bytes, kind: str = FORM, path: str = "") -> httpx.Response:
    return httpx.post(f"{box.endpoint}{path}", content=body, headers={"Content-Type": kind}, trust_env=False)


def is_well(box: Served) -> bool:
    asked = signed(box, Action="DescribeVPC", Region=box.region)
    answer = httpx.post(box.endpoint, data=asked, trust_env=False)
    return answer.status_code == 200 and answer.json()["RetCode"] == 0


def is_refused(answer: httpx.Response) -> bool:
    """By HTTP, or by the API's own codes."""
    return answer.status_code in REFUSED or (answer.status_code == 200 and answer.json()["RetCode"] != 0)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"\xff\xfe\x00Action=\xff"),
        (FORM, b"&&&===&Action"),
        (FORM, b"Action=" + b"A" * 100_000),
        (FORM, b"&".join(b"A.%d=1" % number for number in range(50_000))),
        (FORM, b"Action=DescribeVPC&Signature=%ED%A0%80&PublicKey=x"),
        (JSON, b"[" * 200_000),
        (JSON, b'{"A":' * 5_000 + b"1" + b"}" * 5_000),
        (JSON, b'{"Action": "\\ud800"}'),
        (JSON, b'{"Action": "DescribeVPC", "Signature": "\\udfff", "PublicKey": 1e999}'),
        (JSON, b'{"Action": ' + b"9" * 10_000 + b"}"),
        (JSON, b'{"Action": NaN, "Signature": [[]]}'),
        (JSON, b"null"),
        (JSON, b"\x00"),
        ("text/xml", b"<Action/>"),
        ("", b"Action=DescribeVPC"),
        ("multipart/form-data; boundary=x", b"--x"),
    ],
)
def test_a_malformed_body_is_refused(box: Served, kind: str, body: bytes) -> None:
    assert is_refused(post(box, body, kind))
    assert is_well(box)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), kind=st.sampled_from([FORM, JSON, "", "text/plain"]))
def test_any_bytes_are_refused(box: Served, body: bytes, kind: str) -> None:
    assert is_refused(post(box, body, kind))


NAMES = st.text(alphabet="Aa.0189²٣ \x00-\ud7ff", min_size=1, max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(params=st.dictionaries(NAMES, st.text(max_size=8).filter(str.isprintable), max_size=5))
def test_names_that_no_call_has_are_ignored_and_break_nothing(box: Served, params: dict[str, str]) -> None:
    asked = signed(box, **{**params, "Action": "DescribeVPC", "Region": box.region})
    answer = post(box, urlencode(asked).encode())
    assert answer.status_code in (200, *REFUSED)


@pytest.mark.parametrize(
    "name", ["A." * 3_000 + "B", "VPCIds." + "9" * 5_000, "VPCIds.²", "VPCIds.0.0.0", "."]
)
def test_names_that_nest_or_count_without_end_are_refused_or_ignored(box: Served, name: str) -> None:
    asked = signed(box, **{name: "x", "Action": "DescribeVPC", "Region": box.region})
    assert post(box, urlencode(asked).encode()).status_code in (200, *REFUSED)
    assert is_well(box)


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(box: Served) -> None:
    assert post(box, b"A" * (MOST_BODY + 1)).status_code == 413
    parts = urlsplit(box.endpoint)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=10) as caller:
        head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {10**15}\r\n\r\n"
        caller.sendall(head.encode())
        assert b" 413 " in caller.recv(4096)

    def endless() -> Iterator[bytes]:
        for _ in range(MOST_BODY // 65_536 + 2):
            yield b"A" * 65_536

    assert httpx.post(box.endpoint, content=endless(), trust_env=False).status_code == 413
    assert is_well(box)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\r\n\r\n",
        b"GET / HTTP/x\r\n\r\n",
        b"\r\n" * 1000,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_hung_up_on(box: Served, sent: bytes) -> None:
    parts = urlsplit(box.endpoint)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=10) as caller:
        try:
            caller.sendall(sent)
            caller.shutdown(socket.SHUT_WR)
            said = caller.recv(65_536)
        except OSError:
            said = b""
    assert said == b"" or said.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), said[:80]
    assert is_well(box)


def test_callers_that_begin_and_never_end_hold_up_nobody(box: Served) -> None:
    parts = urlsplit(box.endpoint)
    callers = [socket.create_connection((str(parts.hostname), int(parts.port or 0))) for _ in range(100)]
    try:
        for caller in callers:
            caller.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nA")
        assert is_well(box)
    finally:
        for caller in callers:
            caller.close()
    assert is_well(box)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(box: Served, method: str) -> None:
    assert httpx.request(method, box.endpoint, trust_env=False).status_code == 405


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("_box/calls?since=x", None),
        ("_box/calls?since=" + "9" * 30, None),
        ("_box/faults", b"{}"),
        ("_box/faults", b"\xff"),
        ("_box/faults", b"[1, null, {}]"),
        ("_box/faults", b'[{"kind": "no such"}]'),
        ("_box/faults", b"[" * 100_000),
        ("_box/zones/nowhere", b"cut"),
        ("_box/zones/..%2f..", b"cut"),
        ("_box/zones/box-01", b"\xff\xff"),
        ("_box/none", b""),
    ],
)
def test_the_boxs_own_switches_refuse_what_they_do_not_know(
    box: Served, path: str, body: bytes | None
) -> None:
    url = f"{box.endpoint}{path}"
    answer = (
        httpx.get(url, trust_env=False) if body is None else httpx.post(url, content=body, trust_env=False)
    )
    assert answer.status_code in REFUSED, answer.text[:200]
    assert is_well(box)


def test_json_of_a_good_call_is_still_taken(box: Served) -> None:
    asked = signed(box, Action="DescribeVPC", Region=box.region)
    assert post(box, json.dumps(asked).encode(), JSON).json()["RetCode"] == 0
