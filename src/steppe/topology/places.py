"""Where a flow begins or ends: a host, a balancer, somebody else's machine; found by what people call it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from steppe.errors import UsageError
from steppe.spec.ucloud import service_networks
from steppe.topology.model import Balancer, Host, Network, Peer, Role, Topology

INTERNET, OPERATOR = "internet", "operator"
_SOMEWHERE = IPv4Address("203.0.113.1")
"""Stands for the internet (RFC 5737: an address that nobody has)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One end of a flow. Host, balancer and peer are None for what it isn't."""

    label: str
    address: IPv4Address | None
    """None for a balancer, whose address the cloud chooses, and for a peer whose ranges nobody has told."""
    network: Network | None = None
    """The cluster's network in which it stands; None outside of them."""
    host: Host | None = None
    balancer: Balancer | None = None
    peer: Peer | None = None

    @property
    def is_anywhere(self) -> bool:
        """Whether its address only stands for others."""
        return self.address == _SOMEWHERE


def place(topology: Topology, name: str) -> Place:
    """What a person means by `internet`, `operator`, the name of a host or balancer (with or without the
    Cluster ID), the id of a peer's VPC, an IPv4 address or a range.

    Raises UsageError, with the nearest names, for anything else.
    """
    if name == INTERNET:
        return Place(label="the internet", address=_SOMEWHERE)
    if name == OPERATOR:
        return _operator(topology)
    for host in topology.hosts:
        if name in (host.name, host.name.removeprefix(f"{topology.cluster}-")):
            return _host(topology, host)
    for balancer in topology.balancers:
        if name in (balancer.name, balancer.name.removeprefix(f"{topology.cluster}-")):
            home = topology.network(balancer.network)
            label = f"the balancer {balancer.name}"
            return Place(label=label, address=None, network=home, balancer=balancer)
    for peer in topology.peers:
        if name == peer.vpc_id:
            return _peer(peer, _first(peer.ranges[0]) if peer.ranges else None)
    try:
        return _address(topology, _first(IPv4Network(name)), name)
    except (AddressValueError, NetmaskValueError, ValueError):
        raise _unknown(topology, name) from None


def _host(topology: Topology, host: Host) -> Place:
    return Place(label=host.name, address=host.address, network=topology.network(host.network), host=host)


def _operator(topology: Topology) -> Place:
    address = _first(topology.operators[0])
    return Place(label="an operator", address=address, network=_network(topology, address))


def _peer(peer: Peer, address: IPv4Address | None) -> Place:
    return Place(label=f"a machine of {peer.vpc_id}", address=address, peer=peer)


def _address(topology: Topology, address: IPv4Address, name: str) -> Place:
    for host in topology.hosts:
        if host.address == address:
            return _host(topology, host)
    for peer in topology.peers:
        if any(address in each for each in peer.ranges):
            return _peer(peer, address)
    if any(address in each for each in service_networks(topology.region)):
        raise UsageError(
            f"{name} is of the cloud's own services, which no rule of the cluster is about.",
            code="trace.place",
            hint="docs/networks.md lists those ranges; hosts ask the metadata service as root only",
        )
    return Place(label=str(address), address=address, network=_network(topology, address))


def _network(topology: Topology, address: IPv4Address) -> Network | None:
    for network in topology.networks:
        if any(address in each for each in network.ranges):
            return network
    return None


def _first(network: IPv4Network) -> IPv4Address:
    """One address that stands for all of it."""
    return network.network_address if network.prefixlen == 32 else network.network_address + 1


def _unknown(topology: Topology, name: str) -> UsageError:
    known = [
        *(host.name for host in topology.hosts if host.role is not Role.BASTION),
        *(host.name for host in topology.by_role(Role.BASTION)),
        *(balancer.name for balancer in topology.balancers),
        *(peer.vpc_id for peer in topology.peers),
        INTERNET,
        OPERATOR,
    ]
    near = difflib.get_close_matches(name, known, n=1) or difflib.get_close_matches(
        f"{topology.cluster}-{name}", known, n=1
    )
    return UsageError(
        f"{name} is no host, balancer or peer of the cluster {topology.cluster}, and no IPv4 address.",
        code="trace.place",
        hint=f"did you mean {near[0]}?" if near else f"it knows: {', '.join(known)}",
    )
