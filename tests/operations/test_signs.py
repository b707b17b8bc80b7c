"""What the picture says of hosts and balancers is what `status` saw, in the words of the real conditions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steppe import spec, topology
from steppe.control.access import Access
from steppe.control.conditions import ConditionResult
from steppe.control.health import cluster_conditions
from steppe.control.secrets import make
from steppe.diagram import Health
from steppe.operations.cluster import Addresses
from steppe.operations.signs import signs
from steppe.operations.status import HostStatus, Status
from steppe.rocketmq import conditions as rocketmq

ORDERS = topology.build(spec.load(Path(__file__).parents[2] / "examples" / "orders.yaml"))
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
        peers=(),
        addresses=Addresses(balancers=balancers, bastion=None),
        conditions=tuple(ConditionResult(condition=name, met=well, seconds=0) for name, well in met.items()),
        warnings=(),
    )


def test_a_cluster_that_is_well_has_only_good_signs() -> None:
    found = signs(_status(dict.fromkeys(_names(), True)))
    assert set(found.values()) == {Health.GOOD}
    assert found.keys() == {host.name for host in ORDERS.hosts} | BALANCERS.keys()


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
