"""Others' VPCs in the topology: what they are joined to, and which ranges can't be."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from steppe import spec, topology
from steppe.errors import UsageError
from steppe.topology import PeerNetwork, Topology


def built(network: str, *shown: PeerNetwork, more: str = "") -> Topology:
    text = f"cluster: orders\nregion: box\n{more}network: {network}\n"
    return topology.build(spec.parse(text, "orders.yaml"), None, {each.vpc_id: each for each in shown})


def shown(vpc: str, *ranges: str, connected: tuple[tuple[str, str], ...] = ()) -> PeerNetwork:
    return PeerNetwork(
        vpc_id=vpc,
        ranges=tuple(map(IPv4Network, ranges)),
        connected=tuple((other, IPv4Network(each)) for other, each in connected),
    )


def test_each_side_is_joined_to_its_own_network() -> None:
    made = built(
        "{client_peers: [{vpc_id: uvnet-a}], management_peers: [{vpc_id: uvnet-a, project: org-kun}]}",
        shown("uvnet-a", "10.99.0.0/24"),
    )
    assert [(peer.side, peer.network, peer.project) for peer in made.peers] == [
        ("client", "client", None),
        ("management", "management", "org-kun"),
    ]
    assert {peer.ranges for peer in made.peers} == {(IPv4Network("10.99.0.0/24"),)}
    topology.refuse_overlaps(made)


def test_in_private_mode_both_sides_are_joined_to_the_one_network() -> None:
    made = built(
        "{private: true, client_peers: [{vpc_id: uvnet-a}], management_peers: [{vpc_id: uvnet-b}]}",
        more="access: {mode: direct}\n",
    )
    assert [(peer.side, peer.network) for peer in made.peers] == [
        ("client", "private"),
        ("management", "private"),
    ]


def test_ranges_in_the_file_count_before_those_that_are_shown() -> None:
    made = built(
        "{client_peers: [{vpc_id: uvnet-a, ranges: [10.99.0.0/24]}]}", shown("uvnet-a", "10.81.0.0/16")
    )
    assert made.peers[0].ranges == (IPv4Network("10.99.0.0/24"),)


_A, _B = "{vpc_id: uvnet-a}", "{vpc_id: uvnet-b}"


@pytest.mark.parametrize(
    ("network", "seen", "said"),
    [
        (
            f"client_peers: [{_A}]",
            [shown("uvnet-a", "10.99.0.0/24", "10.81.8.0/24")],
            "network.client_peers: uvnet-a has 10.81.8.0/24, which overlaps 10.81.0.0/20 of "
            "orders-net-client.",
        ),
        (
            f"client_peers: [{_A}]",
            [shown("uvnet-a", "10.0.0.0/8")],
            "network.client_peers: uvnet-a has 10.0.0.0/8, which overlaps 10.80.0.0/20 of "
            "orders-net-management.\n"
            "network.client_peers: uvnet-a has 10.0.0.0/8, which overlaps 10.81.0.0/20 of "
            "orders-net-client.",
        ),
        (
            f"management_peers: [{_A}, {_B}]",
            [shown("uvnet-a", "10.99.0.0/16"), shown("uvnet-b", "10.99.8.0/24")],
            "network.management_peers: uvnet-b has 10.99.8.0/24, which overlaps 10.99.0.0/16 of uvnet-a, "
            "another peer.",
        ),
        (
            f"client_peers: [{_A}]",
            [shown("uvnet-a", "10.99.0.0/24", connected=(("uvnet-z", "10.81.4.0/24"),))],
            "network.client_peers: uvnet-a is peered with uvnet-z, whose 10.81.4.0/24 overlaps "
            "10.81.0.0/20 of orders-net-client.",
        ),
        (
            "client_peers: [{vpc_id: uvnet-a, ranges: [10.80.0.0/24]}]",
            [],
            "network.client_peers: uvnet-a has 10.80.0.0/24, which overlaps 10.80.0.0/20 of "
            "orders-net-management.",
        ),
    ],
)
def test_overlapping_ranges_are_named_both(network: str, seen: list[Any], said: str) -> None:
    with pytest.raises(UsageError) as told:
        topology.refuse_overlaps(built(f"{{{network}}}", *seen))
    assert (str(told.value.message), told.value.code) == (said, "network.overlap")


@pytest.mark.parametrize(
    ("network", "seen"),
    [
        # Of two networks that aren't joined to each other, the same ranges are no matter.
        (
            f"client_peers: [{_A}], management_peers: [{_B}]",
            [shown("uvnet-a", "10.99.0.0/24"), shown("uvnet-b", "10.99.0.0/24")],
        ),
        (f"client_peers: [{_A}]", [shown("uvnet-a", "10.99.0.0/24", connected=(("u", "10.80.0.0/24"),))]),
    ],
)
def test_ranges_that_never_meet_may_be_alike(network: str, seen: list[Any]) -> None:
    topology.refuse_overlaps(built(f"{{{network}}}", *seen))


def test_in_one_network_the_peers_of_both_sides_meet() -> None:
    made = built(
        f"{{private: true, client_peers: [{_A}], management_peers: [{_B}]}}",
        shown("uvnet-a", "10.99.0.0/24"),
        shown("uvnet-b", "10.99.0.0/25"),
        more="access: {mode: direct}\n",
    )
    with pytest.raises(UsageError, match=r"10\.99\.0\.0/25, which overlaps 10\.99\.0\.0/24 of uvnet-a"):
        topology.refuse_overlaps(made)
