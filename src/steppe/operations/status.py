"""Looks at a cluster once: its hosts, its addresses, and every named condition of `up`.

1. Look at the region.
2. Go in by the access path; if that is not possible, that is the one condition that is not met.
3. Look at every condition once, all at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from steppe.control.conditions import ConditionResult, check_once
from steppe.engine import Observed
from steppe.engine.events import Emit
from steppe.errors import SteppeError
from steppe.operations.cluster import Addresses, Cluster, addresses, owned
from steppe.operations.health import conditions
from steppe.operations.way import access
from steppe.topology.model import Topology

_ACCESS_DEADLINE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStatus:
    name: str
    role: str
    zone: str
    address: str
    state: str
    """The cloud's word, for example `Running`; `absent` where the cloud has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    topology: Topology
    hosts: tuple[HostStatus, ...]
    addresses: Addresses
    conditions: tuple[ConditionResult, ...]

    @property
    def healthy(self) -> bool:
        return all(host.state == "Running" for host in self.hosts) and all(
            each.met for each in self.conditions
        )


def status(file: Path, emit: Emit) -> Status:
    """Raises UsageError if the workspace doesn't know the cluster, SteppeError if the cloud is silent."""
    cluster = owned(file)
    observed = cluster.observe()
    where = addresses(cluster, observed)
    return Status(
        topology=cluster.topology,
        hosts=_hosts(cluster, observed),
        addresses=where,
        conditions=tuple(_looked_at(cluster, where, emit)),
    )


def _hosts(cluster: Cluster, observed: Observed) -> tuple[HostStatus, ...]:
    states = {fact.name: fact.state for fact in observed.of("host")}
    return tuple(
        HostStatus(
            name=host.name,
            role=str(host.role),
            zone=host.zone.name,
            address=str(host.address),
            state=states.get(host.name, "absent"),
        )
        for host in cluster.topology.hosts
    )


def _looked_at(cluster: Cluster, where: Addresses, emit: Emit) -> list[ConditionResult]:
    try:
        with access(cluster, where, emit, deadline_s=_ACCESS_DEADLINE_S) as way:
            return check_once(conditions(cluster, where, way))
    except SteppeError as error:
        return [
            ConditionResult(
                condition="the cluster can be reached",
                met=False,
                why_not=error.message,
                hint=error.hint,
                seconds=_ACCESS_DEADLINE_S,
            )
        ]
