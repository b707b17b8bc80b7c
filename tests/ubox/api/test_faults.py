"""Faults that are asked for: of single calls, and of whole zones."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import requests
from ucloud.core import exc

from ubox.contract import refusals as no
from ubox.faults import rule
from ubox.testing import Served, serve

if TYPE_CHECKING:
    from tests.ubox.api.conftest import Api


def ask(served: Served, path: str, **more: Any) -> httpx.Response:
    """Speaks to the box's own switches."""
    return httpx.request(more.pop("method", "POST"), f"{served.endpoint}_box/{path}", trust_env=False, **more)


def make(api: Api, name: str) -> str:
    return str(api.vpc.create_vpc({"Name": name, "Network": ["10.0.0.0/16"]})["VPCId"])


def names(api: Api) -> list[str]:
    return [vpc["Name"] for vpc in api.vpc.describe_vpc({})["DataSet"]]


def test_the_nth_call_is_throttled(api: Api) -> None:
    ask(api.served, "faults", json=[{"kind": "error", "action": "CreateVPC", "nth": 2}]).raise_for_status()
    codes = [api.code("CreateVPC", Name=f"v{n}", Network=["10.0.0.0/16"]) for n in range(3)]
    assert codes == [0, no.THROTTLED.code, 0]
    assert names(api) == ["v0", "v2"]


def test_every_nth_call_fails_with_the_code_that_was_asked_for(api: Api) -> None:
    ask(api.served, "faults", json=[{"kind": "error", "every": 2, "retcode": 8320}])
    codes = [api.code("CreateVPC", Name=f"v{n}", Network=["10.0.0.0/16"]) for n in range(4)]
    assert codes == [0, 8320, 0, 8320]


def test_http_errors_are_no_answers(api: Api) -> None:
    ask(api.served, "faults", json=[{"kind": "http", "status": 503}])
    with pytest.raises(exc.HTTPStatusException):
        make(api, "a")
    ask(api.served, "faults", json=[])
    assert names(api) == []


@pytest.mark.parametrize(("kind", "left"), [("drop-before", []), ("drop-after", ["lost"])])
def test_a_broken_connection_hides_whether_it_was_done(api: Api, kind: str, left: list[str]) -> None:
    ask(api.served, "faults", json=[{"kind": kind, "action": "CreateVPC"}])
    with pytest.raises(requests.exceptions.ConnectionError):
        make(api, "lost")
    assert names(api) == left


def test_a_late_answer_is_an_answer(api: Api) -> None:
    ask(api.served, "faults", json=[{"kind": "delay", "seconds": 0.3}])
    begun = time.monotonic()
    make(api, "late")
    assert time.monotonic() - begun >= 0.3


def test_rules_and_their_counts_can_be_read(api: Api) -> None:
    ask(api.served, "faults", json=[{"kind": "error", "action": "DeleteVPC", "nth": 1}])
    make(api, "a")
    assert ask(api.served, "faults", method="GET").json()[0]["met"] == 0


@pytest.mark.parametrize("wrong", [{"kind": "flood"}, {"action": "CreateVPC"}, {"kind": "error", "often": 1}])
def test_a_wrong_rule_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="fault rule"):
        rule(wrong)


def test_a_wrong_rule_leaves_those_in_force(api: Api) -> None:
    ask(api.served, "faults", json=[{"kind": "error", "action": "DeleteVPC"}])
    assert ask(api.served, "faults", json=[{"kind": "flood"}]).status_code == 400
    assert len(ask(api.served, "faults", method="GET").json()) == 1


def test_a_killed_zone_loses_its_hosts_and_gets_them_back(api: Api) -> None:
    vpc, subnet = api.network()
    here, there = api.host(vpc, subnet), api.host(vpc, subnet, Zone="box-02")
    off = api.stopped_host(vpc, subnet)
    assert ask(api.served, "zones/box-01", content="kill").status_code == 200
    assert [api.shown(host)["State"] for host in (here, there, off)] == ["Stopped", "Running", "Stopped"]
    powers = {host.id: host.power for host in api.served.box.world().hosts}
    assert (powers[here], powers[there]) == ("cut", "on")
    ask(api.served, "zones/box-01", content="heal")
    assert [api.shown(host)["State"] for host in (here, there, off)] == ["Running", "Running", "Stopped"]
    assert next(host for host in api.served.box.world().hosts if host.id == here).generation == 2


def test_a_cut_zone_is_in_the_world_until_it_is_healed(api: Api) -> None:
    ask(api.served, "zones/box-03", content="cut")
    assert api.served.box.world().faults == ("zone-cut:box-03",)
    ask(api.served, "zones/box-03", content="heal")
    assert api.served.box.world().faults == ()


@pytest.mark.parametrize(("zone", "what"), [("box-09", "cut"), ("box-01", "flood")])
def test_wrong_zones_and_faults_are_named(api: Api, zone: str, what: str) -> None:
    answer = ask(api.served, f"zones/{zone}", content=what)
    assert (answer.status_code, "expected" in answer.text or "can be" in answer.text) == (400, True)


def test_the_journal_tells_each_call_and_what_was_ignored(api: Api) -> None:
    make(api, "a")
    api.call("DescribeVPC", Tagg="a")
    api.code("DeleteVPC", VPCId="uvnet-none")
    lines = ask(api.served, "calls", method="GET").json()
    assert [(line["action"], line["retcode"], line["ignored"]) for line in lines] == [
        ("CreateVPC", 0, []),
        ("DescribeVPC", 0, ["Tagg"]),
        ("DeleteVPC", no.VPC_ABSENT.code, []),
    ]
    assert {line["caller"] for line in lines} == {"127.0.0.1"}
    later = ask(api.served, f"calls?since={lines[1]['number']}", method="GET").json()
    assert [line["action"] for line in later] == ["DeleteVPC"]


def test_a_fault_does_not_outlive_the_server(tmp_path: Path, connect: Callable[[Served], Api]) -> None:
    with serve(tmp_path) as served:
        ask(served, "faults", json=[{"kind": "error"}])
        assert connect(served).code("DescribeVPC") == no.THROTTLED.code
    with serve(tmp_path) as served:
        assert connect(served).code("DescribeVPC") == 0
