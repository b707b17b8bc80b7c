"""The address plan: where in its subnet each role's hosts stand.

A host's address depends on its role, zone and ordinal alone (and on how many zones the cluster stands on,
which doesn't change), so it stays when the cluster is scaled or the host replaced. A role's range is fixed
too: rules between roles need no change when hosts are added.
Above the ranges the cloud gives addresses to balancers and gateways.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from steppe.spec import limits
from steppe.topology.model import Role, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    network: str
    """Key of the network the role stands in."""
    first: int
    """Counted from the network's address."""
    size: int


PLAN: Mapping[Role, Range] = {
    Role.BASTION: Range(network="management", first=limits.BASTION_FIRST, size=1),
    Role.CONSUL: Range(network="management", first=limits.CONSUL_FIRST, size=limits.CONSUL_SERVERS),
    Role.NOMAD: Range(network="management", first=limits.NOMAD_FIRST, size=limits.MAX_NOMAD),
    Role.NAMESERVER: Range(
        network="client", first=limits.NAMESERVER_FIRST, size=3 * limits.MAX_NAMESERVERS_PER_ZONE
    ),
    Role.BROKER: Range(network="client", first=limits.BROKER_FIRST, size=3 * limits.MAX_BROKERS_PER_ZONE),
}


def address(network: IPv4Network, role: Role, zone: Zone, ordinal: int, zones: int) -> IPv4Address:
    """The fixed address of a host; `ordinal` counts from 1, `zones` is how many the cluster stands on.

    Neighbours in a row are one ordinal in each zone, so fewer zones need no more room.
    """
    return network[PLAN[role].first + zones * (ordinal - 1) + zone.index]


def addresses(network: IPv4Network, role: Role) -> tuple[IPv4Address, IPv4Address]:
    """First and last address that hosts of the role can ever have in that network."""
    first = PLAN[role].first
    last = min(first + PLAN[role].size, network.num_addresses - 1) - 1
    return network[first], network[last]
