"""Shows the groups: those that the file names, and those that run.

1. Ask Nomad which groups' jobs it knows, and where their members are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steppe.engine.events import Emit
from steppe.operations.mq.inside import Group, Inside, groups, looking
from steppe.rocketmq.groups import nameserver_of, port_of
from steppe.topology import ports
from steppe.topology.model import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedGroup:
    kind: str
    """`nameserver` or `broker`."""
    name: str
    wanted: bool
    """Whether the file names it."""
    state: str
    """`running`, `partly` (a member is missing), `stopped` or `absent`."""
    nameserver: str
    """The NameServer group of a Broker group; empty where it isn't known."""
    port: int | None
    members: tuple[str, ...]
    """The hosts on which members run."""
    count: int
    """How many members it has when all run."""


def list_groups(file: Path, emit: Emit) -> tuple[ListedGroup, ...]:
    """NameServer groups first. Raises SteppeError when Nomad can't be asked."""
    with looking(file, emit) as inside:
        return tuple(_listed(inside, group) for group in groups(inside))


def _listed(inside: Inside, group: Group) -> ListedGroup:
    nomad = inside.way.nomad
    asked = {each.name: each.nameserver for each in inside.cluster.topology.broker_groups}
    is_broker = group.kind is Role.BROKER
    nameserver = asked.get(group.name) if is_broker else None
    port = None if is_broker else ports.NAMESERVER
    members: tuple[str, ...] = ()
    if group.known is not None:
        members = running_on(inside, group.job)
        port = port_of(nomad, group.job)
        if is_broker:
            nameserver = nameserver_of(nomad, group.job) or nameserver
    count = len(inside.cluster.topology.zones)
    return ListedGroup(
        kind=str(group.kind),
        name=group.name,
        wanted=group.wanted,
        state=_state(group, len(members), count),
        nameserver=nameserver or "",
        port=port,
        members=members,
        count=count,
    )


def _state(group: Group, running: int, count: int) -> str:
    if group.known is None:
        return "absent"
    if group.known.stopped and not running:
        return "stopped"
    return "running" if running >= count else "partly"


def running_on(inside: Inside, job: str) -> tuple[str, ...]:
    """The hosts on which a member of that job runs, by name."""
    return tuple(sorted(str(each["NodeName"]) for each in running_members(inside, job)))


def running_members(inside: Inside, job: str) -> list[Mapping[str, Any]]:
    """Nomad's allocations of that job that run."""
    found = inside.way.nomad.request("GET", f"/v1/job/{job}/allocations")
    return [allocation for allocation in found if allocation["ClientStatus"] == "running"]
