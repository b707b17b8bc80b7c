"""A cluster's whole life in the region: up, up again, down, and nothing is left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from steppe import engine, spec, topology
from steppe.cloud import KINDS
from steppe.engine import Action
from steppe.engine.events import StepEvent, StepState
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box, raises_nothing, secrets_of
from ubox.catalogue import PAPER
from ubox.faults import FaultRule, Strike
from ubox.settings import SPEEDS

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_an_example_comes_up_stays_and_goes(example: str) -> None:
    built = topology.build(spec.load(EXAMPLES / example))
    regions = {built.region: tuple(zone.name for zone in built.zones)}
    images = [
        replace(PAPER[0], id=f"uimage-{name}", name=name) for name in {host.image for host in built.hosts}
    ]
    with cluster_in_box(built, regions=regions, images=images, timings=SPEEDS["fast"]) as cluster:
        before = cluster.ids()
        raises_nothing(cluster.up())
        assert cluster.plan().is_empty
        wanted = sorted(str(want.key) for want in cluster.desired.wants)
        assert cluster.names() == wanted
        raises_nothing(cluster.down())
        assert cluster.census() == ()
        assert cluster.ids() == before


def test_everything_carries_the_cluster_id(running: ClusterInBox) -> None:
    api, cluster = running.api, running.topology.cluster
    lists = {
        "DescribeVPC": "DataSet",
        "DescribeSubnet": "DataSet",
        "DescribeEIP": "EIPSet",
        "DescribeNATGW": "DataSet",
        "DescribeULB": "DataSet",
        "DescribeUHostInstance": "UHostSet",
        "DescribeUDisk": "DataSet",
    }
    rows = {action: api.rows(action, field) for action, field in lists.items()}
    rows["DescribeFirewall"] = [
        row for row in api.rows("DescribeFirewall", "DataSet") if row["Type"] == "user defined"
    ]
    assert all(rows.values())
    assert {row["Tag"] for found in rows.values() for row in found} == {cluster}
    names = [
        row.get("Name") or row.get("SubnetName") or row.get("NATGWName")
        for found in rows.values()
        for row in found
    ]
    assert all(cluster in str(name) for name in names)
    groups = api.rows("DescribeIsolationGroup", "IsolationGroupSet")
    assert {row["GroupName"].split("-")[0] for row in groups} == {cluster}


def test_a_second_run_asks_little_and_changes_nothing(running: ClusterInBox) -> None:
    before = dict(running.api.calls)
    assert running.plan().is_empty
    asked = {action: count - before.get(action, 0) for action, count in running.api.calls.items()}
    assert all(action.startswith(("Describe", "Get")) for action, count in asked.items() if count)
    assert sum(asked.values()) <= 20


def test_hosts_get_what_the_topology_says(running: ClusterInBox) -> None:
    observed = running.observe()
    for host in running.topology.hosts:
        found = observed.find("host", host.name)
        assert found is not None
        assert (found.zone, found.address, found.state) == (host.zone.name, str(host.address), "Running")
        assert (found.cpu, found.memory_mib) == (host.cpu, host.memory_mib)
        assert found.remark.startswith("steppe fp=")


def test_the_bastion_is_reached_by_its_own_address_and_firewall(running: ClusterInBox) -> None:
    observed = running.observe()
    eip, bastion = observed.find("eip", "orders-eip-bastion"), observed.find("host", "orders-bastion")
    assert eip is not None and bastion is not None
    assert eip.holder == bastion.id
    assert observed.called("firewall", bastion.firewall) == "orders-firewall-bastion"


def test_down_takes_what_no_topology_knows(empty: ClusterInBox) -> None:
    empty.api.call("CreateVPC", Name="found-by-tag", Network=["10.99.0.0/16"], Tag="orders")
    raises_nothing(empty.down())
    assert empty.census() == ()


def test_another_cluster_in_the_region_is_left_alone(running: ClusterInBox) -> None:
    other = topology.build(
        spec.parse(
            "cluster: orders-two\nregion: box\nnetwork: {management: 10.90.0.0/20, client: 10.91.0.0/20}\n",
            "other.yaml",
        )
    )
    before = running.ids()
    neighbour = running.with_(topology=other, secrets=secrets_of(other))
    raises_nothing(neighbour.up())
    assert running.plan().is_empty
    raises_nothing(neighbour.down())
    assert neighbour.census() == ()
    assert running.ids() == before


def test_what_a_step_waits_for_is_told(empty: ClusterInBox) -> None:
    raises_nothing(empty.up())
    busy = FaultRule(
        kind=Strike.ERROR, action="DeleteSubnet", nth=1, retcode=4411, message="it is still busy"
    )
    empty.served.box.faults.set([busy])
    raises_nothing(empty.down())
    waits = [
        event
        for event in empty.events
        if isinstance(event, StepEvent) and event.step.startswith("delete subnet") and event.left_s
    ]
    assert [(event.state, event.why) for event in waits] == [
        (
            StepState.WAITING,
            "DeleteSubnet: it is still busy (RetCode 4411): nothing holds it any more, and the cloud needs a "
            "while",
        )
    ]


def test_down_is_planned_so_that_nothing_in_use_is_deleted(running: ClusterInBox) -> None:
    observed = running.observe()
    plan = engine.plan_down(observed, KINDS)
    place = {step.cloud_id: index for index, step in enumerate(plan.steps)}
    assert all(step.action is Action.DELETE for step in plan.steps)
    for facts in observed.facts.values():
        for fact in facts:
            for used in fact.uses:
                if fact.id in place and used in place:
                    assert place[fact.id] < place[used]
    assert plan.steps[-1].kind == "claim"
