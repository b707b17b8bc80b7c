"""Calls: what is repeated, what isn't, which fault is which."""

from __future__ import annotations

import base64
import dataclasses
import logging
import re
import socket

import pytest

from steppe.cloud import Api
from steppe.cloud.errors import CODES, by_retcode, by_status
from steppe.cloud.passwords import one_time_password
from steppe.engine import Fault, FaultClass
from tests.cloud.cluster_in_box import ClusterInBox, credentials
from ubox.contract import ACTIONS
from ubox.faults import FaultRule, Strike

VPC: dict[str, object] = {"Name": "orders-net-client", "Network": ["10.81.0.0/20"], "Tag": "orders"}


def fault_of(cluster: ClusterInBox, action: str, **params: object) -> Fault:
    with pytest.raises(Fault) as told:
        cluster.api.call(action, **params)
    return told.value


def strike(cluster: ClusterInBox, kind: Strike, action: str) -> None:
    cluster.served.box.faults.set([FaultRule(kind=kind, action=action, nth=1)])


@pytest.mark.parametrize("kind", [Strike.DROP_AFTER, Strike.DROP_BEFORE, Strike.HTTP, Strike.ERROR])
def test_what_only_reads_is_repeated(empty: ClusterInBox, kind: Strike) -> None:
    strike(empty, kind, "DescribeVPC")
    assert empty.api.rows("DescribeVPC", "DataSet") == []
    assert empty.api.calls["DescribeVPC"] == 2


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Strike.DROP_AFTER, FaultClass.UNKNOWN),
        (Strike.DROP_BEFORE, FaultClass.UNKNOWN),
        (Strike.HTTP, FaultClass.RETRYABLE),
        (Strike.ERROR, FaultClass.RETRYABLE),
    ],
)
def test_a_create_is_sent_once_whatever_happens(
    empty: ClusterInBox, kind: Strike, expected: FaultClass
) -> None:
    strike(empty, kind, "CreateVPC")
    assert fault_of(empty, "CreateVPC", **VPC).fault_class is expected
    assert empty.api.calls["CreateVPC"] == 1
    there = len(empty.api.rows("DescribeVPC", "DataSet"))
    assert there == (1 if kind is Strike.DROP_AFTER else 0)


def test_nobody_listening_is_told_with_the_endpoint(empty: ClusterInBox) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        there = dataclasses.replace(credentials(empty.served), endpoint=endpoint)
        with pytest.raises(Fault, match=endpoint) as told:
            Api(dataclasses.replace(there, region="cn-bj2")).call("CreateVPC", **VPC)
        assert told.value.fault_class is FaultClass.RETRYABLE
        with pytest.raises(Fault, match=endpoint) as told:
            Api(there).call("DescribeVPC")
        assert (told.value.fault_class, told.value.code) == (FaultClass.PERMANENT, "box.stopped")


def test_a_box_that_has_answered_may_be_starting_again(empty: ClusterInBox) -> None:
    api = empty.api
    api.call("DescribeVPC")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        api._client.config.base_url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        with pytest.raises(Fault) as told:
            api.call("CreateVPC", **VPC)
    assert told.value.fault_class is FaultClass.RETRYABLE


def test_a_list_that_can_not_be_had_fails_for_all_who_wait_for_it(empty: ClusterInBox) -> None:
    empty.served.box.faults.set([FaultRule(kind=Strike.ERROR, action="DescribeVPC", retcode=299)])
    look = empty.api.look()
    for _ in range(3):
        with pytest.raises(Fault, match="299"):
            look.rows("DescribeVPC", "DataSet")
    assert empty.api.calls == {"DescribeVPC": 1}


def test_a_wrong_key_is_permanent_and_says_what_to_check(empty: ClusterInBox) -> None:
    api = Api(dataclasses.replace(credentials(empty.served), private_key="wrong"))
    with pytest.raises(Fault, match="RetCode 171") as told:
        api.call("DescribeVPC")
    assert told.value.fault_class is FaultClass.PERMANENT
    assert "UCLOUD_PRIVATE_KEY" in told.value.hint


def test_a_look_asks_for_each_list_once(empty: ClusterInBox) -> None:
    look = empty.api.look()
    for _ in range(3):
        look.rows("DescribeVPC", "DataSet", Tag="orders")
    assert empty.api.calls == {"DescribeVPC": 1}


def test_requests_are_not_logged(empty: ClusterInBox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    empty.api.call("CreateVPC", **VPC)
    assert "Signature" not in caplog.text and "CreateVPC" not in caplog.text


def test_every_refusal_that_the_contract_knows_and_time_can_mend_has_its_class() -> None:
    """Codes of refusals that can meet a run of ours although nothing is wrong with the spec."""
    known = {refusal.name: refusal.code for action in ACTIONS.values() for refusal in action.refusals}
    expected = {
        "subnet-busy": FaultClass.NOT_YET,
        "vpc-in-use": FaultClass.NOT_YET,
        "firewall-in-use": FaultClass.NOT_YET,
        "eip-in-use": FaultClass.NOT_YET,
        "host-not-stopped": FaultClass.NOT_YET,
        "host-running": FaultClass.NOT_YET,
        "disk-busy": FaultClass.NOT_YET,
        "vpc-absent": FaultClass.ABSENT,
        "subnet-absent": FaultClass.ABSENT,
        "natgw-absent": FaultClass.ABSENT,
        "eip-absent": FaultClass.ABSENT,
        "eip-released": FaultClass.ABSENT,
        "firewall-absent": FaultClass.ABSENT,
        "host-absent": FaultClass.ABSENT,
        "ulb-absent": FaultClass.ABSENT,
        "vserver-absent": FaultClass.ABSENT,
        "backend-absent": FaultClass.ABSENT,
        "disk-absent": FaultClass.ABSENT,
        "firewall-name": FaultClass.PERMANENT,
        "subnet-full": FaultClass.PERMANENT,
        "no-balance": FaultClass.PERMANENT,
        "image-unknown": FaultClass.PERMANENT,
        "quota": FaultClass.PERMANENT,
    }
    assert {name: CODES[known[name]].fault_class for name in expected} == expected


def test_every_code_says_something_and_where_it_is_from() -> None:
    assert all(code.says and code.source in ("doc", "seen", "own") for code in CODES.values())


def test_an_unknown_code_is_permanent_and_told_as_it_is() -> None:
    fault = by_retcode("CreateVPC", 987654, "something new")
    assert fault.fault_class is FaultClass.PERMANENT
    assert fault.message == "CreateVPC: something new (RetCode 987654)"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, FaultClass.RETRYABLE),
        (503, FaultClass.RETRYABLE),
        (500, FaultClass.UNKNOWN),
        (502, FaultClass.UNKNOWN),
        (504, FaultClass.UNKNOWN),
        (403, FaultClass.PERMANENT),
    ],
)
def test_http_errors_by_class(status: int, expected: FaultClass) -> None:
    assert by_status("CreateVPC", status).fault_class is expected


def test_passwords_are_strong_and_never_the_same() -> None:
    made = {base64.b64decode(one_time_password()).decode() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w-]{24}", each) for each in made)
