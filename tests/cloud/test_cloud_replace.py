"""Hosts that the spec wants otherwise: replaced zone by zone, or left alone until a roll."""

from __future__ import annotations

import pytest

from steppe import spec, topology
from steppe.engine import Action
from steppe.topology import Topology
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box, raises_nothing
from ubox.faults import FaultRule, Strike

LARGER = "cluster: orders\nregion: box\nhosts: {consul: {cpu: 4, memory: 8GiB}}\n"


@pytest.fixture(scope="module")
def larger() -> Topology:
    return topology.build(spec.parse(LARGER, "cluster.yaml"))


def test_without_a_roll_working_hosts_stay(running: ClusterInBox, larger: Topology) -> None:
    plan = running.with_(topology=larger).plan(roll=False)
    assert plan.steps == ()
    assert [step.id for step in plan.held] == [f"replace host orders-consul-{letter}" for letter in "abc"]


def test_a_replacement_says_what_forces_it(running: ClusterInBox, larger: Topology) -> None:
    step = next(step for step in running.with_(topology=larger).plan().steps if step.action is Action.REPLACE)
    assert [(change.field, change.old, change.new) for change in step.changes] == [
        ("cpu", "2", "4"),
        ("memory_mib", "4096", "8192"),
    ]


def test_zones_follow_each_other(running: ClusterInBox, larger: Topology) -> None:
    order = [step.id for step in running.with_(topology=larger).plan().steps]
    for earlier, later in (("a", "b"), ("b", "c")):
        back = max(
            order.index(id) for id in order if id.startswith("create backend") and id.endswith(earlier)
        )
        gone = min(order.index(id) for id in order if id.startswith("delete backend") and id.endswith(later))
        assert order.index(f"replace host orders-consul-{earlier}") < back < gone


def test_replaced_hosts_come_back_behind_their_balancers(small: Topology, larger: Topology) -> None:
    with cluster_in_box(small) as cluster:
        raises_nothing(cluster.up())
        names, old = cluster.names(), {host.name: host.id for host in cluster.observe().of("host")}
        grown = cluster.with_(topology=larger)
        raises_nothing(grown.up())
        assert grown.plan().is_empty
        assert grown.names() == names
        new = {host.name: host.id for host in cluster.observe().of("host")}
        changed = {name for name in old if old[name] != new[name]}
        assert changed == {f"orders-consul-{letter}" for letter in "abc"}


def test_a_host_that_lost_its_fingerprint_is_made_again(empty: ClusterInBox) -> None:
    raises_nothing(empty.up())
    old = empty.id("host", "orders-nomad-a")
    empty.api.call("ModifyUHostInstanceRemark", UHostId=old, Remark="mine")
    step = next(step for step in empty.plan(roll=False).steps if step.action is Action.REPLACE)
    assert (step.name, step.reason) == ("orders-nomad-a", "host.unfinished")
    raises_nothing(empty.up())
    assert empty.id("host", "orders-nomad-a") != old
    assert empty.plan().is_empty


def test_hosts_of_a_lost_balancer_are_compared_when_its_address_is_known(empty: ClusterInBox) -> None:
    raises_nothing(empty.up())
    empty.api.call("DeleteULB", ULBId=empty.id("balancer", "orders-nomad"))
    plan = empty.plan()
    unsure = {step.name for step in plan.steps if step.action is Action.REPLACE and not step.sure}
    assert unsure == {f"orders-nomad-{letter}" for letter in "abc"}
    raises_nothing(empty.up())
    assert empty.plan().is_empty


def test_scaling_in_deletes_the_host_after_its_backends(small: Topology) -> None:
    wide = topology.build(
        spec.parse("cluster: orders\nregion: box\nhosts: {nomad: {count: 5}}\n", "wide.yaml")
    )
    with cluster_in_box(wide) as cluster:
        raises_nothing(cluster.up())
        narrow = cluster.with_(topology=small)
        assert {step.reason for step in narrow.plan().steps} == {"unwanted"}
        raises_nothing(narrow.up())
        assert narrow.plan().is_empty
        assert narrow.names() == sorted(str(want.key) for want in narrow.desired.wants)


def test_a_host_that_could_not_be_installed_stops_the_run(empty: ClusterInBox) -> None:
    no_stock = FaultRule(kind=Strike.ERROR, action="CreateUHostInstance", retcode=8320, message="sold out")
    empty.served.box.faults.set([no_stock])
    result = empty.up()
    assert {failure.error.code for failure in result.failures} == {"ucloud.8320"}
    assert all(failure.error.hint for failure in result.failures)
    assert any(step.startswith("create backend") for step in result.not_begun)
    assert empty.api.calls["CreateUHostInstance"] <= 13
