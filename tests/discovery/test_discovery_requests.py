"""Requests: what the official SDK would send, byte by byte; and what a region answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ucloud.core.client import Client
from ucloud.core.transport.http import Request, Response
from ucloud.core.utils.middleware import Middleware

from steppe import discovery
from steppe.cli import exits
from steppe.cli.main import cli
from steppe.discovery import Failed, Query, addresses, form, with_role
from steppe.machine.discover import written
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box


class Kept:
    """A transport of the SDK that keeps what would be sent."""

    def send(self, request: Request, **_: Any) -> Response:
        self.data = dict(request.data)
        answer = Response(url=request.url, method="post", request=request, status_code=200)
        answer.content, answer.encoding = b'{"RetCode": 0}', "utf-8"
        return answer


_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_maybe = st.just("") | _text


@settings(deadline=None)
@given(
    st.builds(
        Query,
        region=_text,
        tag=_text,
        vpc_id=_maybe,
        subnet_id=_maybe,
        zone=_maybe,
        project_id=_maybe,
        public_key=_text,
        private_key=_text,
        security_token=_maybe,
    ),
    st.integers(0, 10_000),
)
def test_a_request_is_the_sdks_byte_by_byte(asked: Query, offset: int) -> None:
    kept = Kept()
    config = {
        "region": asked.region,
        "project_id": asked.project_id or None,
        "public_key": asked.public_key,
        "private_key": asked.private_key,
    }
    wanted = {
        "Tag": asked.tag,
        "VPCId": asked.vpc_id or None,
        "SubnetId": asked.subnet_id or None,
        "Zone": asked.zone or None,
        "SecurityToken": asked.security_token or None,
        "Offset": offset,
        "Limit": 100,
    }
    Client(config, transport=kept, middleware=Middleware()).invoke("DescribeUHostInstance", wanted)
    assert urlencode(form(asked, offset)) == urlencode(kept.data)


@pytest.fixture(scope="module")
def running(small: Any) -> Iterator[ClusterInBox]:
    with cluster_in_box(small) as cluster:
        cluster.up()
        yield cluster


@pytest.fixture
def asked(running: ClusterInBox) -> Query:
    return Query(
        region=running.served.region,
        tag="orders",
        public_key=running.served.public_key,
        private_key=running.served.private_key,
        project_id=running.served.project_id,
        base_url=running.served.endpoint,
    )


def _with(asked: Query, **changes: str) -> Query:
    return Query(**{name: getattr(asked, name) for name in Query.__dataclass_fields__} | changes)


def test_a_region_takes_them(asked: Query, running: ClusterInBox) -> None:
    servers = _with(asked, name_prefix="orders-consul-")
    assert addresses(servers) == ["10.80.0.16", "10.80.0.17", "10.80.0.18"]
    client = running.id("subnet", "orders-subnet-client")
    assert all(address.startswith("10.81.") for address in addresses(_with(asked, subnet_id=client)))
    assert len(addresses(_with(asked, subnet_id=client))) == 6
    vpc = running.id("vpc", "orders-net-management")
    assert len(addresses(_with(asked, vpc_id=vpc, zone=running.served.zones[1]))) == 2
    assert addresses(_with(asked, tag="others")) == []
    assert len(addresses(_with(asked, addr_type="public_v4"))) == 1


def test_a_host_that_is_stopped_is_left_out(asked: Query, running: ClusterInBox) -> None:
    stopped = running.id("host", "orders-consul-b")
    running.api.call("PoweroffUHostInstance", UHostId=stopped)
    assert addresses(_with(asked, name_prefix="orders-consul-")) == ["10.80.0.16", "10.80.0.18"]
    running.api.call("StartUHostInstance", UHostId=stopped)
    assert len(addresses(_with(asked, name_prefix="orders-consul-"))) == 3


def test_a_wrong_key_is_refused(asked: Query) -> None:
    with pytest.raises(Failed, match="RetCode 171"):
        addresses(_with(asked, private_key="wrong"))


def test_the_command_prints_one_line(
    asked: Query, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = {
        "provider": "ucloud",
        "region": asked.region,
        "tag": "orders",
        "name_prefix": "orders-nomad-",
        "public_key": asked.public_key,
        "private_key": asked.private_key,
        "base_url": asked.base_url,
    }
    monkeypatch.setattr("sys.argv", ["steppe", "discover", written(pairs)])
    assert exits.run(cli) == 0
    assert capsys.readouterr().out == "10.80.0.32 10.80.0.33 10.80.0.34\n"


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ("provider=aws", "provider:"),
        ("provider=ucloud region=r", "tag:"),
        ("provider=ucloud colour=red", "colour:"),
    ],
)
def test_the_command_names_a_wrong_key(
    config: str, named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["steppe", "discover", config])
    assert exits.run(cli) == 2
    assert named in capsys.readouterr().err


def _row(number: int, **changes: Any) -> dict[str, Any]:
    ip = {
        "Type": "Private",
        "IP": f"10.0.{number // 250}.{number % 250}",
        "SubnetId": "subnet-1",
        "VPCId": "v",
    }
    return {"State": "Running", "Tag": "t", "Name": f"h{number}", "Zone": "z", "IPSet": [ip], **changes}


def _answers(rows: list[dict[str, Any]]) -> discovery.Send:
    def send(_: str, body: bytes) -> bytes:
        told = parse_qs(body.decode())
        first, most = int(told["Offset"][0]), int(told["Limit"][0])
        return json.dumps(
            {"RetCode": 0, "TotalCount": len(rows), "UHostSet": rows[first : first + most]}
        ).encode()

    return send


def test_every_page_is_asked_for() -> None:
    found = addresses(Query(region="r", tag="t"), _answers([_row(number) for number in range(245)]))
    assert len(found) == 245


def test_the_address_is_that_of_the_subnet_and_the_filters_are_checked_again() -> None:
    two = [
        {"Type": "Private", "IP": "10.9.0.1", "SubnetId": "subnet-2", "Default": "true"},
        {"Type": "Private", "IP": "10.8.0.1", "SubnetId": "subnet-1", "Default": "false"},
        {"Type": "Bgp", "IP": "1.2.3.4", "SubnetId": "subnet-1"},
    ]
    rows = [_row(1, IPSet=two), _row(2, State="Stopped"), _row(3, Tag="T"), _row(4, IPSet=[])]
    assert addresses(Query(region="r", tag="t", subnet_id="subnet-1"), _answers(rows)) == ["10.8.0.1"]
    assert addresses(Query(region="r", tag="t"), _answers(rows)) == ["10.9.0.1"]
    assert addresses(Query(region="r", tag="t", addr_type="public_v4"), _answers(rows)) == ["1.2.3.4"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"RetCode": 0, "UHostSet": [3]}'])
def test_what_is_no_answer_is_told(body: bytes) -> None:
    with pytest.raises(Failed):
        addresses(Query(region="r", tag="t"), lambda *_: body)


def test_without_keys_and_role_it_says_so() -> None:
    with pytest.raises(Failed, match="no public_key is given"):
        with_role(Query(region="r", tag="t"), "http://127.0.0.1:1/none")
