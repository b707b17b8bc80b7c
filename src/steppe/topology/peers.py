"""Others' VPCs that the cluster's networks are peered with, and whether ranges overlap. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import combinations

from steppe.errors import UsageError
from steppe.spec.model import Spec
from steppe.topology.model import Network, Peer, Topology

SIDES = ("client", "management")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerNetwork:
    """A peer's VPC as its region shows it."""

    vpc_id: str
    ranges: tuple[IPv4Network, ...]
    connected: tuple[tuple[str, IPv4Network], ...] = ()
    """The ranges of what it is peered with, but for this cluster's, each with the id of that VPC."""


def peers(spec: Spec, networks: Sequence[Network], shown: Mapping[str, PeerNetwork]) -> tuple[Peer, ...]:
    """The spec's peers in its order, clients' first, with their ranges as far as they are known."""
    found = []
    for side in SIDES:
        network = next((each for each in networks if each.key == side), networks[0])
        for peer in getattr(spec.network, f"{side}_peers"):
            seen = shown.get(peer.vpc_id)
            found.append(
                Peer(
                    side=side,
                    network=network.key,
                    vpc_id=peer.vpc_id,
                    project=peer.project,
                    region=peer.region,
                    ranges=peer.ranges or (seen.ranges if seen else ()),
                    connected=seen.connected if seen else (),
                )
            )
    return tuple(found)


def refuse_overlaps(topology: Topology) -> None:
    """Raises UsageError, with both ranges of each pair, when a peering would join ranges that overlap.

    The API refuses such a peering: ranges must be apart from each other and from all that is connected
    already (CreateVPCIntercom).
    """
    found = tuple(dict.fromkeys(_overlaps(topology)))
    if found:
        raise UsageError(
            "\n".join(found),
            code="network.overlap",
            hint="Nothing was changed. Networks that are joined have ranges apart from each other.",
        )


def _overlaps(topology: Topology) -> Iterator[str]:
    for peer in topology.peers:
        place, home = f"network.{peer.side}_peers: {peer.vpc_id}", topology.network(peer.network)
        for network in topology.networks:
            for theirs, ours in _pairs(peer.ranges, network.ranges):
                yield f"{place} has {theirs}, which overlaps {ours} of {network.vpc_name}."
        for vpc, theirs in peer.connected:
            for _, ours in _pairs((theirs,), home.ranges):
                yield f"{place} is peered with {vpc}, whose {theirs} overlaps {ours} of {home.vpc_name}."
    for one, two in combinations(topology.peers, 2):
        if one.network == two.network and one.vpc_id != two.vpc_id:
            for first, second in _pairs(one.ranges, two.ranges):
                yield (
                    f"network.{two.side}_peers: {two.vpc_id} has {second}, which overlaps {first} of "
                    f"{one.vpc_id}, another peer."
                )


def _pairs(
    some: Sequence[IPv4Network], others: Sequence[IPv4Network]
) -> Iterator[tuple[IPv4Network, IPv4Network]]:
    return ((one, other) for one in some for other in others if one.overlaps(other))
