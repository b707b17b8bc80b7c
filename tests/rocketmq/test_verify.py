"""The check as an operation: which calls it makes, what it makes of the job's log, and that it cleans up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from steppe.control.secrets import User
from steppe.engine.events import Event, StepEvent, StepState
from steppe.errors import Unhealthy
from steppe.rocketmq.verify import VerifyResult, verify
from steppe.topology import Topology

if TYPE_CHECKING:
    from tests.rocketmq.conftest import Replay

Recorded: TypeAlias = Callable[[str], bytes]
Replaying: TypeAlias = "Callable[[Mapping[int, bytes]], Replay]"

CHECK = User(name="steppe-verify", secret="s-check")
RESULT = (
    '{"run":"r","sent":2000,"acknowledged":2000,"received":2000,"missing":0,"corrupt":0,"duplicates":1,'
    '"retries":0,"first_ack_ms":900,"first_received_ms":950,"seconds":2.50,"last_error":""}'
)


class Nomad:
    """Runs one batch job. Each look at its allocations goes a step further: status, and log so far."""

    def __init__(self, *steps: tuple[str, str], stderr: str = "") -> None:
        self._steps = list(steps)
        self._log = ""
        self._stderr = stderr
        self.calls: list[tuple[str, str]] = []
        self.written: dict[str, Any] = {}

    def request(
        self, method: str, path: str, json: object = None, params: Mapping[str, str] | None = None
    ) -> Any:
        self.calls.append((method, path))
        if path.startswith("/v1/var/"):
            return self._variable(method, path, json)
        if path.endswith("/plan"):
            return {"Diff": {"Type": "Added"}, "JobModifyIndex": 0}
        if path.endswith("/allocations"):
            return self._allocations()
        if path.startswith("/v1/client/fs/logs/a1"):
            return self._stderr if (params or {})["type"] == "stderr" else self._log
        return json

    def _variable(self, method: str, path: str, json: object) -> object:
        if method == "PUT":
            self.written[path] = json
        return {"Items": {}, "ModifyIndex": 0}

    def _allocations(self) -> list[dict[str, Any]]:
        if not self._steps:
            return []
        # It stays as the last step left it.
        status, self._log = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        events = [] if status == "pending" else [{"Type": "Started", "DisplayMessage": "Task started"}]
        older = {"ID": "a0", "CreateIndex": 4, "ClientStatus": "lost", "NodeName": "orders-broker-b"}
        newest = {"ID": "a1", "CreateIndex": 5, "ClientStatus": status, "NodeName": "orders-broker-a"}
        return [older, newest | {"TaskStates": {"verify": {"Events": events}}}]


def run(
    nomad: Nomad, topology: Topology, balancers: Mapping[str, str], access: Replay, deadline_s: float = 60
) -> tuple[VerifyResult, list[Event]]:
    events: list[Event] = []
    result = verify(
        topology,
        balancers,
        "main",
        user=CHECK,
        nomad=nomad,
        access=access,
        emit=events.append,
        messages=2000,
        deadline_s=deadline_s,
    )
    return result, events


@pytest.fixture
def rocketmq(replaying: Replaying, recorded: Recorded) -> Replay:
    route, created = recorded("route"), recorded("controller-metadata")
    return replaying({106: recorded("cluster-info"), 105: route, 17: created})


def test_the_result_is_the_last_line(
    orders: Topology, balancers: Mapping[str, str], rocketmq: Replay
) -> None:
    nomad = Nomad(
        ("pending", ""),
        ("running", "sent 1000\n"),
        ("running", "sent 1000\n"),
        ("running", "sent 1000\nreceived 1000\nsent 2000\n"),
        ("complete", f"sent 1000\nreceived 1000\nsent 2000\nreceived 2000\n{RESULT}\n"),
    )
    result, events = run(nomad, orders, balancers, rocketmq)
    assert result.is_whole
    assert (result.acknowledged, result.duplicates, result.seconds) == (2000, 1, 2.5)
    told = [event.why for event in events if isinstance(event, StepEvent) and event.why]
    assert told == ["sent 1000", "sent 2000, received 1000", "sent 2000, received 2000"]


def test_a_log_that_is_behind_its_task_is_waited_for(
    orders: Topology, balancers: Mapping[str, str], rocketmq: Replay
) -> None:
    nomad = Nomad(("complete", ""), ("complete", "sent 2000\n"), ("complete", f"sent 2000\n{RESULT}\n"))
    assert run(nomad, orders, balancers, rocketmq)[0].is_whole


def test_a_line_of_the_clients_own_log_after_the_result_changes_nothing(
    orders: Topology, balancers: Mapping[str, str], rocketmq: Replay
) -> None:
    nomad = Nomad(("complete", f"{RESULT}\nINFO ClientRemotingProcessor - receive broker's notification\n"))
    assert run(nomad, orders, balancers, rocketmq)[0].is_whole


def test_the_job_is_removed_whatever_happens(
    orders: Topology, balancers: Mapping[str, str], rocketmq: Replay
) -> None:
    good, bad, slow = Nomad(("complete", RESULT)), Nomad(("failed", "")), Nomad()
    run(good, orders, balancers, rocketmq)
    for nomad in (bad, slow):
        with pytest.raises(Unhealthy):
            run(nomad, orders, balancers, rocketmq, deadline_s=0.5)
    for nomad in (good, bad, slow):
        removed = [path for method, path in nomad.calls if method == "DELETE"]
        (written,) = nomad.written
        job = written.removeprefix("/v1/var/nomad/jobs/")
        assert job.startswith("rocketmq-verify-main-")
        assert removed == [f"/v1/job/{job}", written]


def test_the_client_gets_its_user_from_a_variable_that_is_there_before_the_job(
    orders: Topology, balancers: Mapping[str, str], rocketmq: Replay
) -> None:
    nomad = Nomad(("complete", RESULT))
    run(nomad, orders, balancers, rocketmq)
    ((path, variable),) = nomad.written.items()
    assert variable["Items"] == {"accessKey": "steppe-verify", "secretKey": "s-check"}
    assert nomad.calls.index(("PUT", path)) < nomad.calls.index(("POST", "/v1/jobs"))


def test_an_end_without_a_result_says_what_the_client_said(
    orders: Topology, balancers: Mapping[str, str], rocketmq: Replay
) -> None:
    nomad = Nomad(("failed", "sent 1000\n"), stderr="Exception in thread main\nNo route info of this topic\n")
    with pytest.raises(Unhealthy, match="orders-broker-a ended without a result: No route info"):
        run(nomad, orders, balancers, rocketmq)


@pytest.mark.parametrize("field", ["missing", "corrupt"])
def test_a_lost_or_broken_message_is_not_whole(
    orders: Topology, balancers: Mapping[str, str], rocketmq: Replay, field: str
) -> None:
    nomad = Nomad(("failed", RESULT.replace(f'"{field}":0', f'"{field}":1')))
    assert not run(nomad, orders, balancers, rocketmq)[0].is_whole


def test_a_group_without_a_master_is_named(
    orders: Topology, balancers: Mapping[str, str], replaying: Replaying, recorded: Recorded
) -> None:
    nomad, headless = Nomad(), recorded("cluster-info").replace(b"{0:", b"{9:")
    events: list[Event] = []
    with pytest.raises(Unhealthy, match="orders-0 has no master"):
        verify(
            orders,
            balancers,
            "main",
            user=CHECK,
            nomad=nomad,
            access=replaying({106: headless}),
            emit=events.append,
        )
    assert nomad.calls == []
    assert [event.state for event in events if isinstance(event, StepEvent)] == [
        StepState.RUNNING,
        StepState.FAILED,
    ]
