"""Job files against a real Nomad server (no client): registered once, left alone when the same."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from steppe.engine import Action
from steppe.rocketmq.changes import compared, unwanted
from steppe.rocketmq.delete import delete_job, end
from steppe.rocketmq.groups import broker_ports, known_groups, nameserver_of, with_ports
from steppe.rocketmq.jobs import jobs
from steppe.rocketmq.submit import compare, register, submit
from steppe.topology import Role, Topology

DEADLINE_S = 60


class Api:
    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=30)

    def request(
        self, method: str, path: str, json: object = None, params: Mapping[str, str] | None = None
    ) -> Any:
        answer = self._http.request(method, path, json=json, params=params).raise_for_status()
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def api(nomad: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("nomad")
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    http, rpc, serf = (listener.getsockname()[1] for listener in listeners)
    for listener in listeners:
        listener.close()
    config = {
        "data_dir": str(folder / "data"),
        "bind_addr": "127.0.0.1",
        "advertise": {"http": "127.0.0.1", "rpc": "127.0.0.1", "serf": "127.0.0.1"},
        "ports": {"http": http, "rpc": rpc, "serf": serf},
        "server": {"enabled": True, "bootstrap_expect": 1},
        "disable_update_check": True,
        "consul": {"server_auto_join": False, "auto_advertise": False},
    }
    (folder / "nomad.json").write_text(json.dumps(config))
    with (folder / "log").open("w") as log:
        command = [str(nomad), "agent", "-config", str(folder / "nomad.json")]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield until_leader(Api(f"http://127.0.0.1:{http}"), process, folder / "log")
    finally:
        process.kill()
        process.wait()


def until_leader(api: Api, process: subprocess.Popen[bytes], log: Path) -> Api:
    deadline = time.monotonic() + DEADLINE_S
    last = "no leader"
    while True:
        try:
            for pool in ("nameserver", "broker"):
                # Elsewhere the first client of a pool makes it.
                api.request("POST", "/v1/node/pools", json={"Name": pool})
            return api
        except httpx.HTTPError as error:
            last = str(error)
        ended = process.poll() is not None
        assert not ended, log.read_text()[-2000:]
        assert time.monotonic() < deadline, last
        time.sleep(0.1)


def test_the_second_time_changes_nothing(api: Api, orders: Topology, balancers: Mapping[str, str]) -> None:
    wanted = jobs(orders, balancers)
    assert [submit(api, job) for job in wanted] == [True, True, True]
    before = {job["ID"]: job["JobModifyIndex"] for job in api.request("GET", "/v1/jobs")}
    assert [submit(api, job) for job in wanted] == [False, False, False]
    assert {job["ID"]: job["JobModifyIndex"] for job in api.request("GET", "/v1/jobs")} == before


def test_a_changed_variable_is_a_change(api: Api, orders: Topology, balancers: Mapping[str, str]) -> None:
    broker = jobs(orders, balancers)[-1]
    submit(api, broker)
    changed = replace(broker, variables={**broker.variables, "heap_mib": 300})
    assert compare(api, changed).kind == "Edited"
    assert submit(api, changed)
    assert submit(api, broker)


def test_a_plan_names_the_variables_that_differ(
    api: Api, orders: Topology, balancers: Mapping[str, str]
) -> None:
    broker = jobs(orders, balancers)[-1]
    submit(api, broker)
    assert compared(api, [broker]) == ()
    (step,) = compared(api, [replace(broker, variables={**broker.variables, "heap_mib": 300})])
    assert (step.action, step.name, step.reason) == (Action.UPDATE, broker.id, "job.differs")
    old = str(broker.variables["heap_mib"])
    assert [(each.field, each.old, each.new) for each in step.changes] == [("heap_mib", old, "300")]


def test_a_plan_shows_what_was_changed_by_hand(
    api: Api, orders: Topology, balancers: Mapping[str, str]
) -> None:
    broker = jobs(orders, balancers)[-1]
    submit(api, broker)
    running = api.request("GET", f"/v1/job/{broker.id}")
    api.request("POST", "/v1/jobs", json={"Job": {**running, "Priority": 10}})
    (step,) = compared(api, [broker])
    assert step.reason == "job.differs" and step.changes
    submit(api, broker)
    assert compared(api, [broker]) == ()


def test_a_group_that_is_not_wanted_any_more_is_named(
    api: Api, orders: Topology, balancers: Mapping[str, str]
) -> None:
    wanted = jobs(orders, balancers)
    for job in wanted:
        submit(api, job)
    ids = [job.id for job in wanted]
    assert unwanted(api, ids) == ()
    (step,) = unwanted(api, ids[:-1])
    assert (step.action, step.name, step.reason) == (Action.DELETE, ids[-1], "job.unwanted")


TWO = "rocketmq: {nameservers: {main: {}}, brokers: {one: {nameserver: main}, two: {nameserver: main}}}"
ONLY_TWO = "rocketmq: {nameservers: {main: {}}, brokers: {two: {nameserver: main}}}"
THREE_FIRST = (
    "rocketmq: {nameservers: {main: {}}, "
    "brokers: {three: {nameserver: main}, two: {nameserver: main}, one: {nameserver: main}}}"
)


def test_a_group_keeps_its_port_when_others_go_and_come(
    api: Api, build: Callable[[str], Topology], balancers: Mapping[str, str]
) -> None:
    def allotted(text: str) -> dict[str, int]:
        return {group.name: group.port for group in with_ports(build(text), broker_ports(api)).broker_groups}

    for group in known_groups(api):
        api.request("DELETE", f"/v1/job/{group.job}", params={"purge": "true"})
    assert allotted(TWO) == {"one": 10911, "two": 10931}
    for job in jobs(with_ports(build(TWO), broker_ports(api)), balancers):
        submit(api, job)
    # Out of the file and still running: its port is not free.
    assert allotted(ONLY_TWO) == {"two": 10931}
    assert allotted(THREE_FIRST) == {"three": 10951, "two": 10931, "one": 10911}
    api.request("DELETE", "/v1/job/rocketmq-broker-one", params={"purge": "true"})
    assert allotted(ONLY_TWO) == {"two": 10931}
    assert allotted(THREE_FIRST) == {"three": 10911, "two": 10931, "one": 10951}
    again = compared(api, jobs(with_ports(build(ONLY_TWO), broker_ports(api)), balancers))
    assert "port" not in {change.field for step in again for change in step.changes}


def test_nomad_tells_whose_a_broker_group_is(
    api: Api, orders: Topology, balancers: Mapping[str, str]
) -> None:
    broker = jobs(orders, balancers)[-1]
    submit(api, broker)
    assert nameserver_of(api, broker.id) == "main"
    assert (Role.BROKER, "orders-0", False) in {
        (group.kind, group.name, group.stopped) for group in known_groups(api)
    }


def test_a_job_is_ended_and_forgotten_and_may_have_ended_before(
    api: Api, orders: Topology, balancers: Mapping[str, str]
) -> None:
    broker = jobs(orders, balancers)[-1]
    submit(api, broker)
    api.request("DELETE", f"/v1/job/{broker.id}")
    end(api, broker.id, lambda event: None)
    assert broker.id not in {job["ID"] for job in api.request("GET", "/v1/jobs")}


@pytest.mark.parametrize("kind", [Role.BROKER, Role.NAMESERVER])
def test_nomad_takes_the_job_that_deletes_data(api: Api, kind: Role) -> None:
    assert submit(api, delete_job(kind, "one"))


def test_a_job_that_was_stopped_runs_again(api: Api, orders: Topology, balancers: Mapping[str, str]) -> None:
    broker = jobs(orders, balancers)[-1]
    submit(api, broker)
    api.request("DELETE", f"/v1/job/{broker.id}")
    assert submit(api, broker)


def test_two_at_once_do_not_undo_each_other(api: Api, orders: Topology, balancers: Mapping[str, str]) -> None:
    broker = jobs(orders, balancers)[-1]
    submit(api, broker)
    mine = compare(api, replace(broker, variables={**broker.variables, "heap_mib": 301}))
    assert submit(api, replace(broker, variables={**broker.variables, "heap_mib": 302}))
    with pytest.raises(httpx.HTTPStatusError):
        register(api, mine)


def test_nomad_keeps_file_and_variables(api: Api, orders: Topology, balancers: Mapping[str, str]) -> None:
    broker = jobs(orders, balancers)[-1]
    submit(api, broker)
    version = api.request("GET", f"/v1/job/{broker.id}")["Version"]
    kept = api.request("GET", f"/v1/job/{broker.id}/submission", params={"version": str(version)})
    assert (kept["Source"], kept["Variables"]) == (broker.source, broker.variables_text)
