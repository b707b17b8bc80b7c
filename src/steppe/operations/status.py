"""Looks at a cluster once: its hosts, its addresses, and every named condition of `up`.

1. Look at the region.
2. Go in by the access path; if that is not possible, that is the one condition that is not met.
3. Look at every condition once, all at the same time.
4. Warn of certificates that expire within 30 days, and of a rotation that was not finished.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from steppe.control.conditions import ConditionResult, check_once
from steppe.control.expiry import first_expiry, remedy, warning
from steppe.engine import Observed
from steppe.engine.events import Emit
from steppe.errors import SteppeError
from steppe.hints import typed
from steppe.operations.cluster import Addresses, Cluster, addresses, owned
from steppe.operations.health import conditions
from steppe.operations.rotation import CERTIFICATES, GOSSIP, begun
from steppe.operations.way import access
from steppe.topology import names
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
class PeerStatus:
    vpc_id: str
    network: str
    """Name of the cluster's VPC."""
    ranges: tuple[str, ...]
    joined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    topology: Topology
    hosts: tuple[HostStatus, ...]
    addresses: Addresses
    peers: tuple[PeerStatus, ...]
    """Others' VPCs, those of the file and those that are joined without it."""
    links: Mapping[str, bool]
    """Whether each gateway and each peering of the cluster's own networks is there, by its name."""
    conditions: tuple[ConditionResult, ...]
    warnings: tuple[str, ...]
    """What a person should do before it hurts, each with its remedy."""

    @property
    def healthy(self) -> bool:
        return all(host.state == "Running" for host in self.hosts) and all(
            each.met for each in self.conditions
        )


def status(file: Path, emit: Emit) -> Status:
    """Raises UsageError if the workspace doesn't know the cluster, SteppeError if the cloud is silent."""
    cluster = owned(file)
    observed = cluster.observe()
    where, links = addresses(cluster, observed), _links(cluster.topology, observed)
    return Status(
        topology=cluster.topology,
        hosts=_hosts(cluster, observed),
        addresses=where,
        peers=_peers(cluster, observed),
        links=links,
        conditions=tuple(_looked_at(cluster, where, emit)),
        warnings=(*_warnings(cluster), *_missing(cluster, links)),
    )


def _warnings(cluster: Cluster) -> Iterator[str]:
    first = first_expiry(cluster.topology, cluster.secrets)
    said = warning(first, datetime.now(UTC))
    if said:
        yield f"{said}: {remedy(first, str(cluster.file))}"
    if cluster.unseen_peer:
        yield f"{cluster.unseen_peer.message} {cluster.unseen_peer.hint}"
    for name, what in ((CERTIFICATES, "certs"), (GOSSIP, "gossip")):
        if begun(cluster.folder, name):
            yield f"a rotation was begun and is not finished: steppe rotate {cluster.file} {what}"


def _missing(cluster: Cluster, links: Mapping[str, bool]) -> Iterator[str]:
    for name in (name for name, there in links.items() if not there):
        yield f"{name} is not there: `{typed('steppe', 'up', cluster.file)}` makes it"


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


def _links(built: Topology, observed: Observed) -> Mapping[str, bool]:
    there = {fact.name for kind in ("gateway", "peering") for fact in observed.of(kind)}
    wanted = [
        *(gateway.name for gateway in built.gateways),
        *(
            names.peering(built.network(each.a).vpc_name, built.network(each.b).vpc_name)
            for each in built.peerings
        ),
    ]
    return {name: name in there for name in wanted}


def _peers(cluster: Cluster, observed: Observed) -> tuple[PeerStatus, ...]:
    vpcs = {fact.id: fact.name for fact in observed.of("vpc")}
    found = {
        (vpcs[fact.here], fact.there): fact.ranges
        for fact in observed.of("peering")
        if fact.there not in vpcs
    }
    wanted = {
        (cluster.topology.network(peer.network).vpc_name, peer.vpc_id): tuple(map(str, peer.ranges))
        for peer in cluster.topology.peers
    }
    return tuple(
        PeerStatus(vpc_id=vpc, network=network, ranges=ranges, joined=(network, vpc) in found)
        for (network, vpc), ranges in {**found, **wanted}.items()
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
