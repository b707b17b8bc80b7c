"""What a host's firewall knows of others' VPCs: a file of nftables that fills the sets its rules name. Pure.

Peers come and go while hosts live, so the file is put on running hosts too (`steppe network peer`), and is no
part of what a host was made from. A mark in the host's Remark says what it was given last.
"""

from __future__ import annotations

import hashlib
from ipaddress import collapse_addresses

from steppe.topology.model import Host, Role, Topology


def peer_side(host: Host) -> str:
    """The side of the peers that the rules of such a host name."""
    return "client" if host.role.is_nomad_client else "management"


def peer_set(side: str) -> str:
    """The name of the set in nftables."""
    return f"{side}_peers"


def peer_rules(topology: Topology, host: Host) -> str:
    """The content of `paths.PEERS`; as a file for `nft -f` it also changes a firewall that is up, at once."""
    name, ranges = f"inet steppe {peer_set(peer_side(host))}", peer_ranges_of(topology, host)
    elements = f"add element {name} {{ {', '.join(ranges)} }}\n" if ranges else ""
    return f"flush set {name}\n{elements}"


def peers_mark(topology: Topology, host: Host) -> str:
    """8 hex digits over the ranges that the host's firewall should know; empty when there are none."""
    ranges = peer_ranges_of(topology, host)
    return hashlib.sha256(",".join(ranges).encode()).hexdigest()[:8] if ranges else ""


def peer_ranges_of(topology: Topology, host: Host) -> tuple[str, ...]:
    """The ranges that the host's firewall should know; nftables takes no range twice."""
    side = peer_side(host)
    found = [network for peer in topology.peers if peer.side == side for network in peer.ranges]
    return tuple(str(network) for network in collapse_addresses(found))


def keeps_peers_out(host: Host) -> bool:
    """The bastion relies on the cloud's firewall, and that one doesn't see what comes by a peering."""
    return host.role is Role.BASTION
