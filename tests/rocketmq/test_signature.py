"""Signatures that RocketMQ's own AclClientRPCHook (5.5.0) made for the same requests."""

from __future__ import annotations

import pytest
from tests.rocketmq.test_verify import Recorded, Replaying

from steppe.control.secrets import User
from steppe.rocketmq.remoting import Refused, call, decode
from steppe.rocketmq.signature import signed

STEPPE = User(name="steppe", secret="a-secret")
FIELDS = {"topic": "orders-é", "readQueueNums": "8", "perm": "6", "order": "false", "Zone": "z"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"", "g0QJWhdWFcEKIH5+QzqaA4aoLsE="), (b'["orders-0"]', "nIzh6+q7zdJ9aWEpGn++TGcCtpg=")],
    ids=["no body", "a body"],
)
def test_it_is_what_the_java_client_makes(body: bytes, expected: str) -> None:
    assert signed(FIELDS, body, STEPPE) == {**FIELDS, "AccessKey": "steppe", "Signature": expected}


def test_each_of_field_body_and_secret_counts() -> None:
    made = {
        signed(fields, body, user)["Signature"]
        for fields in (FIELDS, {**FIELDS, "perm": "4"})
        for body in (b"", b"x")
        for user in (STEPPE, User(name="steppe", secret="another"))
    }
    assert len(made) == 8


def test_a_request_bears_it_and_never_the_secret(replaying: Replaying, recorded: Recorded) -> None:
    server = replaying({17: recorded("controller-metadata")})
    call("127.0.0.1", server.port, 17, FIELDS, user=STEPPE)
    (request,) = server.requests
    assert decode(request).fields == signed(FIELDS, b"", STEPPE)
    assert b"a-secret" not in request


def test_without_a_user_nothing_is_added(replaying: Replaying, recorded: Recorded) -> None:
    server = replaying({105: recorded("no-such-topic")})
    with pytest.raises(Refused):
        call("127.0.0.1", server.port, 105, {"topic": "nothing"})
    assert decode(server.requests[0]).fields == {"topic": "nothing"}
