"""What must hold for RocketMQ to be well, as named conditions; `up`, `status` and `verify` share them.

Each is asked where the answer is made: Nomad for processes, Consul for services, the endpoint over HTTP,
NameServers and controllers in RocketMQ's own protocol.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from steppe.control.client import reason
from steppe.control.conditions import Condition, NotMet
from steppe.rocketmq import admin
from steppe.rocketmq.interfaces import Access, HttpApi
from steppe.rocketmq.jobs import (
    ENDPOINT_JOB,
    broker_job,
    endpoint,
    members,
    nameserver_group,
    nameserver_job,
)
from steppe.rocketmq.remoting import RemotingError
from steppe.rocketmq.submit import evaluate
from steppe.topology import ports
from steppe.topology.model import BrokerGroup, NameServerGroup, Role, Topology

_HTTP_TIMEOUT_S = 3.0
_LOOK_AGAIN_S = 5.0
_T = TypeVar("_T")


def conditions(
    topology: Topology,
    balancer_addresses: Mapping[str, str],
    *,
    nomad: HttpApi,
    consul: HttpApi,
    access: Access,
    mend: bool = False,
) -> tuple[Condition, ...]:
    """In the order in which they come true; none if the topology has no groups.

    `mend`: while the endpoint is missing somewhere, its condition lets Nomad look at the job again.
    """
    if not topology.nameserver_groups:
        return ()
    where = endpoint(topology, balancer_addresses)
    return (
        *(_nameservers_run(group, nomad) for group in topology.nameserver_groups),
        _endpoints_run(topology, nomad, mend),
        *(_brokers_run(topology, group, nomad) for group in topology.broker_groups),
        *(_registered(service, count, consul) for service, count in _services(topology)),
        *(_listed(topology, group, where, access) for group in topology.nameserver_groups),
        *(_in_sync(topology, group, access) for group in topology.broker_groups),
        *(_known(topology, group, access) for group in topology.broker_groups),
    )


def _nameservers_run(group: NameServerGroup, nomad: HttpApi) -> Condition:
    def poll() -> None:
        running, why = _running(nomad, nameserver_job(group.name))
        _need("running on {there}, not on {missing}", group.hosts, running, why)

    return Condition(f"NameServer group {group.name} runs in every zone", poll)


def _endpoints_run(topology: Topology, nomad: HttpApi, mend: bool) -> Condition:
    hosts = [host.name for host in topology.by_role(Role.NAMESERVER)]
    looked_again = time.monotonic()

    def poll() -> None:
        nonlocal looked_again
        running, why = _running(nomad, ENDPOINT_JOB)
        if mend and set(hosts) - set(running) and time.monotonic() - looked_again >= _LOOK_AGAIN_S:
            looked_again = time.monotonic()
            evaluate(nomad, ENDPOINT_JOB)
        _need("running on {there}, not on {missing}", hosts, running, why)

    return Condition("the endpoint runs on every NameServer host", poll)


def _brokers_run(topology: Topology, group: BrokerGroup, nomad: HttpApi) -> Condition:
    zone_of = {host.name: host.zone.name for host in topology.by_role(Role.BROKER)}
    zones = [zone.name for zone in topology.zones]

    def poll() -> None:
        running, why = _running(nomad, broker_job(group.name))
        found = [zone_of.get(name, name) for name in running]
        _need("running in {there}, not in {missing}", zones, found, why)

    return Condition(f"Broker group {group.name} runs in every zone", poll)


def _registered(service: str, count: int, consul: HttpApi) -> Condition:
    def poll() -> None:
        entries = consul.request("GET", f"/v1/health/service/{service}", params={"passing": "true"})
        if len(entries) < count:
            raise NotMet(f"{len(entries)} of {count} pass their check")

    return Condition(f"{service} passes in Consul", poll)


def _services(topology: Topology) -> list[tuple[str, int]]:
    zones = len(topology.zones)
    return [
        *((nameserver_job(group.name), zones) for group in topology.nameserver_groups),
        (ENDPOINT_JOB, len(topology.by_role(Role.NAMESERVER))),
        *((broker_job(group.name), zones) for group in topology.broker_groups),
    ]


def _listed(topology: Topology, group: NameServerGroup, where: str, access: Access) -> Condition:
    expected = [f"{address}:{ports.NAMESERVER}" for address in members(topology, group)]
    address, _, port = where.rpartition(":")

    def poll() -> None:
        host, local_port = access.endpoint(address, int(port))
        url = f"http://{host}:{local_port}/rocketmq/{group.name}"
        try:
            # Each time over a new connection, as a client's first question comes to a balancer.
            with PoolManager(retries=False, timeout=_HTTP_TIMEOUT_S) as http:
                answer = http.request("GET", url)
        except HTTPError as error:
            raise NotMet(f"http://{where}/rocketmq/{group.name}: {reason(error)}") from error
        if answer.status != HTTPStatus.OK:
            raise NotMet(f"http://{where}/rocketmq/{group.name}: status {answer.status}")
        _need("it lists {there}, not {missing}", expected, answer.data.decode().strip().split(";"))

    return Condition(f"the endpoint lists the NameServers of {group.name}, through the balancer", poll)


def _in_sync(topology: Topology, group: BrokerGroup, access: Access) -> Condition:
    controllers = _at(topology, group, ports.NAMESERVER_CONTROLLER)
    count = len(topology.zones)

    def poll() -> None:
        replicas = _asked(partial(admin.replicas, access, controllers, group.name))
        if replicas.master is None:
            raise NotMet("it has no master")
        if len(replicas.in_sync) < count:
            behind = f"; behind: {', '.join(replicas.behind)}" if replicas.behind else ""
            raise NotMet(f"{len(replicas.in_sync)} of {count} members are in sync{behind}")

    return Condition(f"Broker group {group.name} has a master and {count} members in sync", poll)


def _known(topology: Topology, group: BrokerGroup, access: Access) -> Condition:
    nameservers = _at(topology, group, ports.NAMESERVER)

    def poll() -> None:
        for nameserver in nameservers:
            known = _asked(partial(admin.masters, access, nameserver))
            if group.name not in known:
                raise NotMet(f"the NameServer at {nameserver} knows no master of it")

    return Condition(f"every NameServer knows the master of {group.name}", poll)


def _at(topology: Topology, group: BrokerGroup, port: int) -> tuple[str, ...]:
    addresses = members(topology, nameserver_group(topology, group.nameserver))
    return tuple(f"{address}:{port}" for address in addresses)


def _asked(ask: Callable[[], _T]) -> _T:
    try:
        return ask()
    except RemotingError as error:
        raise NotMet(str(error)) from error


def _need(text: str, expected: Sequence[str], found: Iterable[str], why: str = "") -> None:
    there = set(found)
    missing = [name for name in expected if name not in there]
    if missing:
        names = ", ".join(name for name in expected if name in there) or "none"
        said = text.format(there=names, missing=", ".join(missing))
        raise NotMet(f"{said}; {why}" if why else said)


def _running(nomad: HttpApi, job: str) -> tuple[list[str], str]:
    """The hosts where the job's newest version runs, and Nomad's latest word on why it doesn't elsewhere."""
    newest = nomad.request("GET", f"/v1/job/{job}")["Version"]
    allocations = nomad.request("GET", f"/v1/job/{job}/allocations")
    wanted = [allocation for allocation in allocations if allocation["DesiredStatus"] == "run"]
    runs = [allocation for allocation in wanted if allocation["ClientStatus"] == "running"]
    outdated = [allocation["NodeName"] for allocation in runs if allocation["JobVersion"] != newest]
    running = [allocation["NodeName"] for allocation in runs if allocation["JobVersion"] == newest]
    others = [allocation for allocation in wanted if allocation["ClientStatus"] != "running"]
    before = f"still as the job was before: {', '.join(sorted(outdated))}" if outdated else ""
    return running, before or _last_event(others) or _not_placed(nomad, job)


def _last_event(allocations: Sequence[Mapping[str, Any]]) -> str:
    """The newest event that names a fault, else the newest of all."""
    events = [
        (_names_fault(event), event["Time"], f"{allocation['NodeName']}: {event['DisplayMessage']}")
        for allocation in allocations
        for state in (allocation.get("TaskStates") or {}).values()
        for event in state.get("Events") or ()
    ]
    return max(events)[2] if events else ""


def _names_fault(event: Mapping[str, Any]) -> bool:
    # Exit codes come as text; Nomad leaves out what is empty.
    exit_code = (event.get("Details") or {}).get("exit_code", "0")
    return bool(event.get("DriverError") or event.get("SetupError")) or exit_code != "0"


def _not_placed(nomad: HttpApi, job: str) -> str:
    """Why Nomad found no host, from the newest evaluation that failed to place something."""
    evaluations = nomad.request("GET", f"/v1/job/{job}/evaluations")
    failed = [evaluation for evaluation in evaluations if evaluation.get("FailedTGAllocs")]
    if not failed:
        return ""
    newest = max(failed, key=lambda evaluation: int(evaluation["ModifyIndex"]))
    for metric in newest["FailedTGAllocs"].values():
        reasons = {**(metric.get("ConstraintFiltered") or {}), **(metric.get("DimensionExhausted") or {})}
        found = ", ".join(f"{reason} ({count})" for reason, count in reasons.items())
        return f"no host fits: {found}" if found else "no host of the right class and pool is ready"
    return ""
