"""RocketMQ's groups as Nomad has them, and the ports that Broker groups get beside those that are there.

A group keeps its port while Nomad knows its job, and a new one gets the first that nobody has: so a group
that is taken out of the file, or stands elsewhere in it, restarts no other on another port.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from steppe.control.client import ControlError
from steppe.errors import SteppeError
from steppe.rocketmq.hcl import parsed_variables
from steppe.rocketmq.interfaces import HttpApi
from steppe.rocketmq.jobs import group_of
from steppe.spec.limits import MAX_BROKER_GROUPS
from steppe.topology import ports
from steppe.topology.model import Role, Topology

_DEAD = "dead"
_NOT_FOUND = 404
_REMOTING = "remoting"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGroup:
    """A group whose job Nomad knows."""

    kind: Role
    """NAMESERVER or BROKER."""
    name: str
    job: str
    stopped: bool
    """Whether Nomad was told to end it."""


def known_groups(nomad: HttpApi) -> tuple[KnownGroup, ...]:
    """NameServer groups first, each kind by name. Raises SteppeError when Nomad doesn't answer."""
    found = []
    for job in nomad.request("GET", "/v1/jobs"):
        group = group_of(job["ID"])
        if group is not None:
            kind, name = group
            found.append(KnownGroup(kind=kind, name=name, job=job["ID"], stopped=job["Status"] == _DEAD))
    return tuple(sorted(found, key=lambda group: (group.kind is Role.BROKER, group.name)))


def port_of(nomad: HttpApi, job: str) -> int | None:
    """The remoting port of the job's members; None where it names none."""
    for group in nomad.request("GET", f"/v1/job/{job}").get("TaskGroups") or ():
        for network in group.get("Networks") or ():
            for port in network.get("ReservedPorts") or ():
                if port["Label"] == _REMOTING:
                    return int(port["Value"])
    return None


def submission(nomad: HttpApi, job: str) -> tuple[str, Mapping[str, str]]:
    """File and variables (as literals) of the version that runs; empty where Nomad keeps none."""
    version = nomad.request("GET", f"/v1/job/{job}")["Version"]
    try:
        kept = nomad.request("GET", f"/v1/job/{job}/submission", params={"version": str(version)})
    except ControlError as error:
        if error.status == _NOT_FOUND:
            return "", {}
        raise
    return kept["Source"], parsed_variables(kept.get("Variables") or "")


def nameserver_of(nomad: HttpApi, job: str) -> str | None:
    """The NameServer group of a Broker group's job; None where Nomad doesn't tell."""
    literal = submission(nomad, job)[1].get("nameserver")
    return None if literal is None else str(json.loads(literal))


def broker_ports(nomad: HttpApi) -> Mapping[str, int]:
    """Each Broker group that Nomad knows, with its port; those that run come first."""
    brokers = [group for group in known_groups(nomad) if group.kind is Role.BROKER]
    brokers.sort(key=lambda group: group.stopped)
    found = {group.name: port_of(nomad, group.job) for group in brokers}
    return {name: port for name, port in found.items() if port is not None}


def with_ports(topology: Topology, known: Mapping[str, int]) -> Topology:
    """The topology with the port that each of its Broker groups has, or gets.

    `known`: what `broker_ports` gives. Raises SteppeError when no port is left.
    """
    taken: dict[str, int] = {}
    for name, port in known.items():
        if port not in taken.values():
            taken[name] = port
    for group in topology.broker_groups:
        if group.name not in taken:
            taken[group.name] = _first_free(group.name, frozenset(taken.values()))
    groups = tuple(replace(group, port=taken[group.name]) for group in topology.broker_groups)
    return replace(topology, broker_groups=groups)


def _first_free(group: str, taken: frozenset[int]) -> int:
    """The hosts let in as many blocks of ports as there may be groups."""
    for index in range(MAX_BROKER_GROUPS):
        if ports.broker(index) not in taken:
            return ports.broker(index)
    raise SteppeError(
        f"There is no port left for Broker group {group}: {len(taken)} groups have theirs.",
        code="mq.no-port",
        hint="`steppe mq list` shows groups that the file doesn't name; `steppe mq remove` ends one.",
    )
