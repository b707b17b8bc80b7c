"""What the picture says of hosts and balancers is what `status` saw, in the words of the real conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from steppe import spec, topology
from steppe.control.access import Access
from steppe.control.conditions import ConditionResult
from steppe.control.health import cluster_conditions
from steppe.control.secrets import make
from steppe.diagram import Health, draw, mermaid, svg
from steppe.operations.cluster import Addresses
from steppe.operations.signs import signs
from steppe.operations.status import HostStatus, PeerStatus, Status
from steppe.rocketmq import conditions as rocketmq
from steppe.topology.model import Peer

ORDERS = topology.build(spec.load(Path(__file__).parents[2] / "examples" / "orders.yaml"))
LINKS = ("orders-gateway-client", "orders-net-client--orders-net-management")
BALANCERS = {each.name: f"10.0.0.{n}" for n, each in enumerate(ORDERS.balancers, start=9)}


def _names() -> list[str]:
    """Of every condition that `status` looks at."""
    secrets = make(ORDERS)
    way = Access(ORDERS, secrets, None)
    found = (
        *cluster_conditions(ORDERS, way, secrets, BALANCERS),
        *rocketmq.conditions(ORDERS, BALANCERS, nomad=way.nomad, consul=way.consul, access=way),
    )
    return [each.name for each in found]


def _status(met: Mapping[str, bool], balancers: Mapping[str, str] = BALANCERS, absent: str = "") -> Status:
    return Status(
        topology=ORDERS,
        hosts=tuple(
            HostStatus(
                name=host.name,
                role=str(host.role),
                zone=host.zone.name,
                address=str(host.address),
                state="absent" if host.name == absent else "Running",
            )
            for host in ORDERS.hosts
        ),
        peers=(
            PeerStatus(
                vpc_id="uvnet-shop", network="orders-net-client", ranges=(), joined=absent != "uvnet-shop"
            ),
        ),
        links={name: name != absent for name in LINKS},
        addresses=Addresses(balancers=balancers, bastion=None),
        conditions=tuple(ConditionResult(condition=name, met=well, seconds=0) for name, well in met.items()),
        warnings=(),
    )


def test_a_cluster_that_is_well_has_only_good_signs() -> None:
    found = signs(_status(dict.fromkeys(_names(), True)))
    assert set(found.values()) == {Health.GOOD}
    others = {*LINKS, "uvnet-shop"}
    assert found.keys() == {host.name for host in ORDERS.hosts} | BALANCERS.keys() | others


@pytest.mark.parametrize(
    "absent", ["uvnet-shop", "orders-gateway-client", "orders-net-client--orders-net-management"]
)
def test_a_gateway_or_a_peering_that_is_not_there_is_bad_and_drawn_so(absent: str) -> None:
    found = signs(_status(dict.fromkeys(_names(), True), absent=absent))
    assert [name for name, health in found.items() if health is Health.BAD] == [absent]
    peer = Peer(side="client", network="client", vpc_id="uvnet-shop", project=None, region=None, ranges=())
    joined = replace(ORDERS, peers=(peer,))
    assert mermaid(joined, found).count("✗") == 1
    assert svg(draw(joined, found)).count("✗") == 1


def test_each_balancer_goes_by_its_own_condition() -> None:
    for balancer, words in (("nomad", "orders-nomad answers"), ("nameserver", "endpoint lists")):
        met = {name: words not in name for name in _names()}
        bad = [name for name, health in signs(_status(met)).items() if health is Health.BAD]
        assert bad == [f"orders-{balancer}"]


def test_what_is_absent_is_bad_and_what_was_not_asked_is_unknown() -> None:
    found = signs(
        _status({"the cluster can be reached": False}, {"orders-nomad": "10.0.0.9"}, "orders-nomad-a")
    )
    assert found["orders-nomad-a"] is found["orders-consul"] is Health.BAD
    assert found["orders-nomad"] is Health.UNKNOWN
