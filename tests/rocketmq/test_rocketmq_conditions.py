"""RocketMQ's conditions: what each says when it does not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from steppe.control.conditions import Condition, ConditionResult, check_once
from steppe.rocketmq.conditions import conditions
from steppe.topology import Topology

if TYPE_CHECKING:
    from tests.rocketmq.conftest import Replay

Recorded: TypeAlias = Callable[[str], bytes]
Replaying: TypeAlias = "Callable[[Mapping[int, bytes]], Replay]"

BROKER = "rocketmq-broker-orders-0"


class Answers:
    """An API that has one answer for each path; anything else has the empty list."""

    def __init__(self, answers: Mapping[str, Any] | None = None) -> None:
        self._answers = answers or {}

    def request(
        self, method: str, path: str, json: object = None, params: Mapping[str, str] | None = None
    ) -> Any:
        assert (method, json) == ("GET", None), params
        return self._answers.get(path, [])


class Nowhere:
    administrator = None

    def endpoint(self, address: str, port: int) -> tuple[str, int]:
        assert address
        return "127.0.0.1", 1 if port else 0


def allocation(host: str, status: str = "running", *events: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "NodeName": host,
        "ClientStatus": status,
        "DesiredStatus": "run",
        "JobVersion": 1,
        "TaskStates": {"broker": {"Events": list(events)}},
    }


def event(time: int, text: str, **more: Any) -> dict[str, Any]:
    return {"Time": time, "Type": "Some Event", "DisplayMessage": text, **more}


def look(
    topology: Topology,
    balancers: Mapping[str, str],
    name: str,
    *,
    nomad: Answers | None = None,
    consul: Answers | None = None,
    access: Nowhere | Replay | None = None,
) -> ConditionResult:
    """The one condition whose name has these words."""
    every = conditions(
        topology, balancers, nomad=nomad or Answers(), consul=consul or Answers(), access=access or Nowhere()
    )
    found: list[Condition] = [each for each in every if name in each.name]
    assert len(found) == 1, [each.name for each in every]
    return check_once(found)[0]


def test_a_topology_without_groups_has_none(build: Callable[[str], Topology]) -> None:
    assert conditions(build(""), {}, nomad=Answers(), consul=Answers(), access=Nowhere()) == ()


def brokers_run(
    topology: Topology, balancers: Mapping[str, str], answers: Mapping[str, Any]
) -> ConditionResult:
    paths = {f"/v1/job/{BROKER}/{what}": answer for what, answer in answers.items()}
    paths[f"/v1/job/{BROKER}"] = {"Version": 1}
    return look(topology, balancers, "Broker group orders-0 runs", nomad=Answers(paths))


def test_one_in_every_zone_is_well(orders: Topology, balancers: Mapping[str, str]) -> None:
    hosts = [f"orders-broker-{letter}" for letter in "abc"]
    assert brokers_run(orders, balancers, {"allocations": [allocation(host) for host in hosts]}).met


def test_a_zone_without_one_is_named_with_the_fault(orders: Topology, balancers: Mapping[str, str]) -> None:
    failed = allocation(
        "orders-broker-c",
        "failed",
        event(1, "cannot start", DriverError="denied"),
        event(2, "Error was unrecoverable"),
    )
    running = [allocation("orders-broker-a"), allocation("orders-broker-b")]
    result = brokers_run(orders, balancers, {"allocations": [*running, failed]})
    assert result.why_not == "running in box-01, box-02, not in box-03; orders-broker-c: cannot start"


def test_what_was_replaced_does_not_count(orders: Topology, balancers: Mapping[str, str]) -> None:
    old = allocation("orders-broker-a") | {"DesiredStatus": "stop"}
    assert "not in box-01" in brokers_run(orders, balancers, {"allocations": [old]}).why_not


def test_a_member_of_the_job_before_its_change_does_not_count(
    orders: Topology, balancers: Mapping[str, str]
) -> None:
    new = [allocation("orders-broker-a"), allocation("orders-broker-b")]
    old = allocation("orders-broker-c") | {"JobVersion": 0}
    result = brokers_run(orders, balancers, {"allocations": [*new, old]})
    assert result.why_not.endswith("not in box-03; still as the job was before: orders-broker-c")


def test_a_job_that_fits_nowhere_says_why(orders: Topology, balancers: Mapping[str, str]) -> None:
    metric = {"ConstraintFiltered": {"${node.class} = broker": 3}, "DimensionExhausted": {"memory": 2}}
    evaluations = [
        {"ModifyIndex": 7, "FailedTGAllocs": {"broker": metric}},
        {"ModifyIndex": 6, "FailedTGAllocs": {"broker": {}}},
        {"ModifyIndex": 8, "FailedTGAllocs": None},
    ]
    result = brokers_run(orders, balancers, {"evaluations": evaluations})
    assert result.why_not.endswith("no host fits: ${node.class} = broker (3), memory (2)")


def test_services_are_counted(orders: Topology, balancers: Mapping[str, str]) -> None:
    consul = Answers({f"/v1/health/service/{BROKER}": [{}, {}]})
    result = look(orders, balancers, f"{BROKER} passes", consul=consul)
    assert result.why_not == "2 of 3 pass their check"


def test_replicas_behind_are_named(
    orders: Topology, balancers: Mapping[str, str], replaying: Replaying, recorded: Recorded
) -> None:
    in_sync = recorded("sync-state")
    silent = in_sync.replace(b'true,"brokerAddress":"10.213.0.8', b'null,"brokerAddress":"10.213.0.8')
    for answer, why in ((in_sync, ""), (silent, "2 of 3 members are in sync; behind: 10.213.0.8:10911")):
        access = replaying({1005: recorded("controller-metadata"), 1006: answer})
        assert look(orders, balancers, "3 members in sync", access=access).why_not == why


def test_controllers_that_do_not_answer_are_told_without_a_traceback(
    orders: Topology, balancers: Mapping[str, str]
) -> None:
    assert "refused" in look(orders, balancers, "3 members in sync").why_not


def test_every_nameserver_is_asked(
    orders: Topology, balancers: Mapping[str, str], replaying: Replaying, recorded: Recorded
) -> None:
    access = replaying({106: recorded("cluster-info")})
    assert look(orders, balancers, "every NameServer knows", access=access).met
    assert len(access.requests) == 3


class Endpoint:
    """Serves one text under one path, as the endpoint does, wherever it is asked for."""

    administrator = None

    def __init__(self, text: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path == "/rocketmq/main" else 404)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Tests stay quiet."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.handle_request, daemon=True).start()

    def endpoint(self, address: str, port: int) -> tuple[str, int]:
        assert (address, port) == ("10.81.15.200", 8080)
        return "127.0.0.1", self._server.server_port


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("10.81.0.17:9876;10.81.0.16:9876;10.81.0.18:9876\n", ""),
        ("10.81.0.17:9876", "it lists 10.81.0.17:9876, not 10.81.0.16:9876, 10.81.0.18:9876"),
        ("", "it lists none, not 10.81.0.16:9876, 10.81.0.17:9876, 10.81.0.18:9876"),
    ],
)
def test_the_endpoint_lists_all(orders: Topology, balancers: Mapping[str, str], text: str, why: str) -> None:
    every = conditions(orders, balancers, nomad=Answers(), consul=Answers(), access=Endpoint(text))
    (listed,) = [each for each in every if "through the balancer" in each.name]
    assert check_once([listed])[0].why_not == why
