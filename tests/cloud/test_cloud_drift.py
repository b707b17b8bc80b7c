"""What somebody changed by hand in the region: the plan shows it, `up` mends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from steppe import spec, topology
from steppe.errors import SteppeError
from tests.cloud.cluster_in_box import ClusterInBox, raises_nothing

Meddle = Callable[[ClusterInBox], None]


def _remove_a_rule(cluster: ClusterInBox) -> None:
    id = cluster.id("firewall", "orders-firewall-bastion")
    cluster.api.call("UpdateFirewall", FWId=id, Rule=["TCP|2222|0.0.0.0/0|ACCEPT|HIGH|mine"])


def _rename_firewall(cluster: ClusterInBox) -> None:
    id = cluster.id("firewall", "orders-firewall-gateway")
    cluster.api.call("UpdateFirewallAttribute", FWId=id, Name="renamed")


def _take_out_backend(cluster: ClusterInBox) -> None:
    backend = cluster.observe().of("backend")[0]
    cluster.api.call("ReleaseBackend", ULBId=backend.balancer, BackendId=backend.id)


def _disable_backend(cluster: ClusterInBox) -> None:
    backend = cluster.observe().of("backend")[0]
    cluster.api.call("UpdateBackendAttribute", ULBId=backend.balancer, BackendId=backend.id, Enabled=0)


def _delete_listener(cluster: ClusterInBox) -> None:
    listener = cluster.observe().find("listener", "orders-nomad-https")
    assert listener is not None
    cluster.api.call("DeleteVServer", ULBId=listener.balancer, VServerId=listener.id)


def _rename_listener(cluster: ClusterInBox) -> None:
    listener = cluster.observe().find("listener", "orders-nomad-https")
    assert listener is not None
    cluster.api.call(
        "UpdateVServerAttribute", ULBId=listener.balancer, VServerId=listener.id, VServerName="renamed"
    )


def _rename_balancer(cluster: ClusterInBox) -> None:
    cluster.api.call("UpdateULBAttribute", ULBId=cluster.id("balancer", "orders-nomad"), Name="renamed")


def _stop_host(cluster: ClusterInBox) -> None:
    cluster.api.call("StopUHostInstance", UHostId=cluster.id("host", "orders-nomad-b"))


def _rename_host(cluster: ClusterInBox) -> None:
    id = cluster.id("host", "orders-nomad-b")
    cluster.api.call("ModifyUHostInstanceName", UHostId=id, Name="renamed")


def _delete_host(cluster: ClusterInBox) -> None:
    id = cluster.id("host", "orders-broker-c")
    cluster.api.call("PoweroffUHostInstance", UHostId=id)
    cluster.api.call("TerminateUHostInstance", UHostId=id, ReleaseUDisk=True)


def _change_host_firewall(cluster: ClusterInBox) -> None:
    other = cluster.api.rows("DescribeFirewall", "DataSet")[0]["FWId"]
    id = cluster.id("host", "orders-bastion")
    cluster.api.call("GrantFirewall", FWId=other, ResourceType="uhost", ResourceId=id)


def _change_gateway_firewall(cluster: ClusterInBox) -> None:
    other = cluster.api.rows("DescribeFirewall", "DataSet")[0]["FWId"]
    id = cluster.id("gateway", "orders-gateway-client")
    cluster.api.call("GrantFirewall", FWId=other, ResourceType="natgw", ResourceId=id)


def _rename_subnet(cluster: ClusterInBox) -> None:
    id = cluster.id("subnet", "orders-subnet-client")
    cluster.api.call("UpdateSubnetAttribute", SubnetId=id, Name="renamed")


def _change_bandwidth(cluster: ClusterInBox) -> None:
    cluster.api.call("ModifyEIPBandwidth", EIPId=cluster.id("eip", "orders-eip-bastion"), Bandwidth=1)


def _unbind_eip(cluster: ClusterInBox) -> None:
    eip = cluster.observe().find("eip", "orders-eip-bastion")
    assert eip is not None
    cluster.api.call("UnBindEIP", EIPId=eip.id, ResourceType="uhost", ResourceId=eip.holder)


def _cut_peering(cluster: ClusterInBox) -> None:
    a, b = cluster.observe().of("vpc")
    cluster.api.call("DeleteVPCIntercom", VPCId=a.id, DstVPCId=b.id)


def _add_firewall(cluster: ClusterInBox) -> None:
    cluster.api.call("CreateFirewall", Name="extra", Rule=["TCP|1|0.0.0.0/0|ACCEPT|LOW|"], Tag="orders")


CASES: dict[str, tuple[Meddle, dict[str, str]]] = {
    "a rule removed and another added": (
        _remove_a_rule,
        {"update firewall orders-firewall-bastion": "firewall.rules"},
    ),
    "a firewall renamed": (_rename_firewall, {"update firewall orders-firewall-gateway": "firewall.name"}),
    "a backend taken out": (
        _take_out_backend,
        {"create backend orders-consul-https/orders-consul-a": "absent"},
    ),
    "a backend disabled": (
        _disable_backend,
        {"update backend orders-consul-https/orders-consul-a": "backend.enabled"},
    ),
    "a listener deleted": (
        _delete_listener,
        {
            "create listener orders-nomad-https": "absent",
            "create backend orders-nomad-https/orders-nomad-a": "absent",
            "create backend orders-nomad-https/orders-nomad-b": "absent",
            "create backend orders-nomad-https/orders-nomad-c": "absent",
        },
    ),
    "a listener renamed": (_rename_listener, {"update listener orders-nomad-https": "listener.name"}),
    "a balancer renamed": (_rename_balancer, {"update balancer orders-nomad": "balancer.name"}),
    "a host stopped": (_stop_host, {"update host orders-nomad-b": "host.state"}),
    "a host renamed": (_rename_host, {"update host orders-nomad-b": "host.name"}),
    "a host deleted": (_delete_host, {"create host orders-broker-c": "absent"}),
    "another firewall for the bastion": (
        _change_host_firewall,
        {"update host orders-bastion": "host.firewall"},
    ),
    "another firewall for the gateway": (
        _change_gateway_firewall,
        {"update gateway orders-gateway-client": "gateway.firewall"},
    ),
    "a subnet renamed": (_rename_subnet, {"update subnet orders-subnet-client": "subnet.name"}),
    "another bandwidth": (_change_bandwidth, {"update eip orders-eip-bastion": "eip.bandwidth"}),
    "the bastion's address unbound": (_unbind_eip, {"create eip-binding orders-eip-bastion": "absent"}),
    "the peering cut": (
        _cut_peering,
        {"create peering orders-net-client--orders-net-management": "absent"},
    ),
    "something extra with the Cluster ID": (_add_firewall, {"delete firewall extra": "unwanted"}),
}


@pytest.mark.parametrize("case", CASES)
def test_drift_is_shown_and_mended(running: ClusterInBox, case: str) -> None:
    meddle, expected = CASES[case]
    names = running.names()
    meddle(running)
    plan = running.plan()
    assert {step.id: step.reason for step in plan.steps} == expected
    assert all(step.changes for step in plan.steps if step.action == "update")
    raises_nothing(running.up())
    assert running.plan().is_empty
    assert running.names() == names


def test_a_loose_disk_stays_until_down(empty: ClusterInBox) -> None:
    empty.api.call("CreateUDisk", Zone="box-01", Size=20, Name="loose-data", Tag="orders")
    assert empty.plan().stays == ("disk loose-data",)
    raises_nothing(empty.up())
    assert empty.names().count("disk loose-data") == 1
    raises_nothing(empty.down())
    assert empty.census() == ()


def test_networks_that_the_spec_moved_are_a_problem_and_nothing_is_done(running: ClusterInBox) -> None:
    moved = topology.build(
        spec.parse("cluster: orders\nregion: box\nnetwork: {client: 10.99.0.0/20}\n", "cluster.yaml")
    )
    before = dict(running.api.calls)
    elsewhere = running.with_(topology=moved)
    assert {problem.reason for problem in elsewhere.plan().problems} >= {"vpc.cidr", "subnet.cidr"}
    with pytest.raises(SteppeError, match="can't be changed"):
        elsewhere.up()
    done = {action for action, count in running.api.calls.items() if count != before.get(action)}
    assert all(action.startswith(("Describe", "Get")) for action in done)
