"""What can't be done is said before anything is changed, with what to do instead."""

from __future__ import annotations

import dataclasses
import re

import pytest

from steppe import cloud, engine, spec, topology
from steppe.cloud import KINDS
from steppe.cloud.host import HostWant
from steppe.errors import Claimed, SteppeError
from steppe.topology import Topology
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box, raises_nothing, secrets_of
from ubox.faults import FaultRule, Strike


def test_an_unknown_image_names_those_that_exist(empty: ClusterInBox) -> None:
    wrong = topology.build(
        spec.parse("cluster: orders\nregion: box\nhosts: {broker: {image: nowhere}}\n", "cluster.yaml")
    )
    with pytest.raises(
        SteppeError, match=r"no image nowhere in box-01; there are: plain, steppe-host"
    ) as told:
        empty.with_(topology=wrong).up()
    assert told.value.code == "host.image"
    assert empty.ids() == set()


def test_an_unknown_zone_names_those_that_exist(small: Topology) -> None:
    with cluster_in_box(small, regions={"box": ("box-01", "box-02", "box-03")}) as cluster:
        elsewhere = dataclasses.replace(small.zones[0], name="box-01x")
        hosts = tuple(
            dataclasses.replace(host, zone=elsewhere) if host.zone.index == 0 else host
            for host in small.hosts
        )
        desired = dataclasses.replace(
            cloud.desired(dataclasses.replace(small, hosts=hosts), cluster.secrets), scope=cloud.scope(small)
        )
        plan = engine.plan(desired, cluster.observe(), KINDS)
        assert {problem.reason for problem in plan.problems} == {"host.zone"}
        assert "box-01, box-02, box-03" in plan.problems[0].sentence


def test_another_workspace_is_refused(running: ClusterInBox) -> None:
    stranger = running.with_(secrets=dataclasses.replace(running.secrets, owner="somebody-else"))
    with pytest.raises(Claimed, match="orders") as told:
        stranger.plan()
    assert "steppe adopt" in told.value.hint
    with pytest.raises(Claimed):
        cloud.require_claim(running.observe(), "somebody-else")
    cloud.require_claim(running.observe(), running.secrets.owner)


def test_of_two_workspaces_at_once_one_gets_the_claim(empty: ClusterInBox) -> None:
    """Both plan when nothing is there; the second finds the claim taken when it applies."""
    stranger = empty.with_(secrets=dataclasses.replace(empty.secrets, owner="somebody-else"))
    seen = stranger.observe()
    plan = engine.plan(stranger.desired, seen, KINDS)
    raises_nothing(empty.up())
    before = empty.ids()
    result = engine.apply(plan, stranger.desired, seen, stranger.api, KINDS, stranger.events.append)
    assert [(failure.step, failure.error.code) for failure in result.failures] == [
        ("create claim orders-claim", "claim.other")
    ]
    assert result.failures[0].error.exit_code == 5
    assert empty.ids() == before


def test_a_lost_claim_answer_is_found_again(empty: ClusterInBox) -> None:
    empty.served.box.faults.set([FaultRule(kind=Strike.DROP_AFTER, action="CreateFirewall", nth=1)])
    raises_nothing(empty.up())
    assert empty.names().count("claim orders-claim") == 1


def test_apply_refuses_a_plan_of_other_facts(empty: ClusterInBox) -> None:
    old = empty.observe()
    plan = engine.plan(empty.desired, old, KINDS)
    empty.api.call("CreateVPC", Name="orders-net-client", Network=["10.81.0.0/20"], Tag="orders")
    with pytest.raises(SteppeError) as told:
        engine.apply(plan, empty.desired, empty.observe(), empty.api, KINDS, empty.events.append)
    assert told.value.code == "plan.moved"
    with pytest.raises(SteppeError, match="the region has changed"):
        engine.refuse_moved(plan, empty.plan())


def test_of_two_with_one_name_the_used_one_stays(empty: ClusterInBox) -> None:
    raises_nothing(empty.up())
    used = empty.id("vpc", "orders-net-client")
    for _ in range(3):
        empty.api.call("CreateVPC", Name="orders-net-client", Network=["10.81.0.0/20"], Tag="orders")
    plan = empty.plan()
    assert [step.reason for step in plan.steps] == ["duplicate"] * 3
    raises_nothing(empty.up())
    assert empty.id("vpc", "orders-net-client") == used
    assert empty.plan().is_empty


def test_no_secret_is_in_a_plan_or_an_event(small: Topology) -> None:
    with cluster_in_box(small, private_key="a-key-to-hide") as cluster:
        plan = cluster.plan()
        raises_nothing(cluster.up())
        shown = plan.to_json() + repr((cluster.events, cluster.desired, cluster.api.credentials))
        secrets = secrets_of(small)
        hidden = [secrets.ca_key, secrets.consul_gossip, secrets.nomad_management, "a-key-to-hide"]
        hidden += [host.ssh_host_key for host in secrets.hosts.values()]
        addresses = {balancer.name: balancer.address for balancer in cluster.observe().of("balancer")}
        hosts = [want for want in cluster.desired.wants if isinstance(want, HostWant)]
        hidden += [host.user_data(addresses) for host in hosts]
        assert not [secret for secret in hidden if secret in shown]


def test_an_address_that_others_hold_ends_the_run_at_once_and_names_them(empty: ClusterInBox) -> None:
    raises_nothing(empty.up())
    theirs = gateway_of_others(empty)
    address, host = empty.id("eip", "orders-eip-bastion"), empty.id("host", "orders-bastion")
    empty.api.call("UnBindEIP", EIPId=address, ResourceType="uhost", ResourceId=host)
    empty.api.call("BindEIP", EIPId=address, ResourceType="natgw", ResourceId=theirs)
    before = empty.api.calls["BindEIP"]
    (failure,) = empty.up().failures
    assert failure.error.code == "eip.bound"
    assert f"orders-eip-bastion, {address}) is bound to natgw" in failure.error.message
    assert theirs in failure.error.message
    assert empty.api.calls["BindEIP"] == before + 1


def test_an_address_that_the_clusters_own_gateway_took_is_mended(empty: ClusterInBox) -> None:
    raises_nothing(empty.up())
    address, host = empty.id("eip", "orders-eip-bastion"), empty.id("host", "orders-bastion")
    gateway = empty.id("gateway", "orders-gateway-client")
    empty.api.call("UnBindEIP", EIPId=address, ResourceType="uhost", ResourceId=host)
    empty.api.call("BindEIP", EIPId=address, ResourceType="natgw", ResourceId=gateway)
    raises_nothing(empty.up())
    assert empty.plan().is_empty


def gateway_of_others(cluster: ClusterInBox) -> str:
    call = cluster.api.call
    vpc = call("CreateVPC", Name="other", Network=["10.99.0.0/20"], Tag="other")["VPCId"]
    subnet = call("CreateSubnet", VPCId=vpc, Subnet="10.99.0.0", Netmask=24, Tag="other")["SubnetId"]
    eip = call("AllocateEIP", OperatorName="Bgp", Bandwidth=1, Tag="other")["EIPSet"][0]["EIPId"]
    rule = ["ICMP||127.0.0.1/32|DROP|LOW|"]
    firewall = call("CreateFirewall", Name="other", Rule=rule, Tag="other")["FWId"]
    made = call(
        "CreateNATGW",
        NATGWName="others-gateway",
        EIPIds=[eip],
        FirewallId=firewall,
        SubnetworkIds=[subnet],
        VPCId=vpc,
        IfOpen=0,
        Tag="other",
    )
    return str(made["NATGWId"])


@pytest.mark.parametrize(
    ("action", "retcode", "step", "next_step"),
    [
        ("CreateUHostInstance", 8095, r"create host orders-\S+ in box-0\d: ", "higher quota"),
        ("CreateUHostInstance", 8320, r"create host orders-\S+ in box-0\d: ", "another disk type or zone"),
        ("CreateUHostInstance", 17067, r"create host orders-\S+ in box-0\d: ", "higher quota"),
        ("AllocateEIP", 4207, "create eip orders-eip-", "higher quota"),
    ],
)
def test_a_quota_or_a_lack_of_stock_ends_the_run_with_what_and_where(
    empty: ClusterInBox, action: str, retcode: int, step: str, next_step: str
) -> None:
    rule = FaultRule(kind=Strike.ERROR, action=action, nth=1, retcode=retcode, message="no more of it")
    empty.served.box.faults.set([rule])
    result = empty.up()
    (failure,) = result.failures
    assert re.match(step + rf".*no more of it \(RetCode {retcode}\)", failure.error.message)
    assert failure.error.code == f"ucloud.{retcode}" and next_step in failure.error.hint
    assert result.not_begun
    raises_nothing(empty.up())
    assert empty.plan().is_empty
