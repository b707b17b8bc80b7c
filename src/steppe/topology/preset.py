"""Addresses in a subnet that was there before the cluster, and that others live in too. Pure.

1. A host that is there keeps its address; a successor takes what its predecessor had, if it is still free.
2. Other hosts take their turn as the topology lists them. The first looks at a place that comes from the
   Cluster ID, in the lower half of the subnet (clouds tend to give from the top), each next one goes on from
   there, upward, and from the end round to the beginning; what is taken is skipped.
3. Network, first, second and last address of the subnet are never chosen: the cloud keeps them or may.

So clusters that share a subnet seldom look at the same addresses, and growth moves nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from steppe.errors import UsageError

_FIRST = 3
"""The first place, counted from the network address, that is ever chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetNetwork:
    """A VPC and its subnet as the region shows them."""

    vpc_id: str
    subnet_id: str
    cidr: IPv4Network
    ranges: tuple[IPv4Network, ...]
    """The VPC's."""
    taken: frozenset[IPv4Address] = frozenset()
    """By others than this cluster's hosts; its own balancers are among them."""
    hosts: Mapping[str, IPv4Address] = field(default_factory=dict)
    """The cluster's own that are there, by name."""
    earlier: Mapping[str, IPv4Address] = field(default_factory=dict)
    """What hosts of these names had the last time."""
    balancers: frozenset[str] = frozenset()
    """The cluster's own that are there, by name."""


def chosen(
    network: PresetNetwork, cluster: str, hosts: Sequence[str], balancers: Sequence[str]
) -> Mapping[str, IPv4Address]:
    """An address for each of these hosts. Raises UsageError, with the numbers, when the subnet is full."""
    _refuse_full(network, hosts, balancers)
    found = {name: network.hosts[name] for name in hosts if name in network.hosts}
    held = {*network.taken, *network.hosts.values()}
    for name in hosts:
        before = network.earlier.get(name)
        if name not in found and before is not None and before in network.cidr and before not in held:
            found[name] = before
            held.add(before)
    places = iter(_places(network, cluster))
    for name in hosts:
        if name not in found:
            found[name] = next(place for place in places if place not in held)
            held.add(found[name])
    return found


def _places(network: PresetNetwork, cluster: str) -> list[IPv4Address]:
    """Every address that may be chosen, in the order in which they are looked at."""
    usable = [network.cidr[place] for place in range(_FIRST, network.cidr.num_addresses - 1)]
    digest = int(hashlib.sha256(cluster.encode()).hexdigest(), 16)
    start = digest % max(1, len(usable) // 2)
    return usable[start:] + usable[:start]


def _refuse_full(network: PresetNetwork, hosts: Sequence[str], balancers: Sequence[str]) -> None:
    new_hosts = sum(name not in network.hosts for name in hosts)
    new_balancers = sum(name not in network.balancers for name in balancers)
    most = max(0, network.cidr.num_addresses - 1 - _FIRST)
    held = {each for each in (*network.taken, *network.hosts.values()) if _is_usable(network.cidr, each)}
    free = most - len(held)
    if new_hosts + new_balancers > free:
        raise UsageError(
            f"{network.subnet_id} ({network.cidr}) has {free} free addresses, and the cluster needs "
            f"{new_hosts + new_balancers} more: {new_hosts} for hosts, {new_balancers} for balancers.",
            code="network.full",
            hint="Name a larger subnet, or make the cluster smaller.",
        )


def _is_usable(cidr: IPv4Network, address: IPv4Address) -> bool:
    return address in cidr and _FIRST <= int(address) - int(cidr[0]) < cidr.num_addresses - 1
