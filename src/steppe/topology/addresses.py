"""The address plan: where in its subnet each role's hosts stand. A subnet that was there has none (`preset`).

A host's address depends on its role, zone and ordinal alone (and on how many zones the cluster stands on,
which doesn't change), so it stays when the cluster is scaled or the host replaced. A role's range is fixed
too: rules between roles need no change when hosts are added.
Above the ranges the cloud gives addresses to balancers and gateways.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from steppe.spec import limits
from steppe.topology.model import Network, Role, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    first: int
    """Counted from the network's address."""
    size: int


_SERVERS = {
    Role.BASTION: Range(first=limits.BASTION_FIRST, size=1),
    Role.CONSUL: Range(first=limits.CONSUL_FIRST, size=limits.CONSUL_SERVERS),
    Role.NOMAD: Range(first=limits.NOMAD_FIRST, size=limits.MAX_NOMAD),
}
_NAMESERVERS, _BROKERS = 3 * limits.MAX_NAMESERVERS_PER_ZONE, 3 * limits.MAX_BROKERS_PER_ZONE

PLAN: Mapping[str, Mapping[Role, Range]] = {
    "management": _SERVERS,
    "client": {
        Role.NAMESERVER: Range(first=limits.NAMESERVER_FIRST, size=_NAMESERVERS),
        Role.BROKER: Range(first=limits.BROKER_FIRST, size=_BROKERS),
    },
    "private": {
        **_SERVERS,
        Role.NAMESERVER: Range(first=limits.PRIVATE_NAMESERVER_FIRST, size=_NAMESERVERS),
        Role.BROKER: Range(first=limits.PRIVATE_BROKER_FIRST, size=_BROKERS),
    },
}
"""By the key of the network."""


def address(network: Network, role: Role, zone: Zone, ordinal: int, zones: int) -> IPv4Address:
    """The fixed address of a host; `ordinal` counts from 1, `zones` is how many the cluster stands on.

    Neighbours in a row are one ordinal in each zone, so fewer zones need no more room.
    """
    return network.cidr[PLAN[network.key][role].first + zones * (ordinal - 1) + zone.index]


def addresses(network: Network, role: Role) -> tuple[IPv4Address, IPv4Address]:
    """First and last address that hosts of the role can ever have in that network."""
    cidr, place = network.cidr, PLAN[network.key][role]
    if network.preset:
        return cidr[0], cidr[-1]
    return cidr[place.first], cidr[min(place.first + place.size, cidr.num_addresses - 1) - 1]
