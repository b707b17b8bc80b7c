"""Peerings with others' VPCs: made, told apart, exchanged, removed; the VPCs stay as they were."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from steppe import engine, spec, topology
from steppe.cloud import KINDS, Api, peer_networks
from steppe.cloud.host import note_peers, peers_known
from steppe.errors import UsageError
from steppe.machine import peers_mark
from steppe.topology import Topology
from tests.cloud.cluster_in_box import ClusterInBox, credentials, raises_nothing, secrets_of
from ubox.testing import Served, serve

OTHER_PROJECT, OTHER_REGION = "org-two", "box-two"


@dataclass(frozen=True)
class Region:
    served: Served
    api: Api

    def vpc(self, *ranges: str, **place: str) -> str:
        id: str = self.api.call("CreateVPC", Name="theirs", Network=list(ranges), **place)["VPCId"]
        return id

    def shown(self, vpc: str, **place: str) -> list[Any]:
        return self.api.rows("DescribeVPC", "DataSet", VPCIds=[vpc], **place)

    def joined(self, vpc: str, **place: str) -> list[str]:
        rows = self.api.call("DescribeVPCIntercom", VPCId=vpc, **place)["DataSet"]
        return sorted(row["Name"] for row in rows)

    def built(self, network: str, *, hosts: bool = False, more: str = "") -> Topology:
        """Without hosts and balancers, unless they matter."""
        written = spec.parse(f"cluster: orders\nregion: box\n{more}network: {network}\n", "orders.yaml")
        shown, unseen = peer_networks(self.api, written)
        if unseen:
            raise unseen
        built = topology.build(written, None, shown)
        topology.refuse_overlaps(built)
        return built if hosts else dataclasses.replace(built, hosts=(), balancers=(), eips=(), gateways=())

    def cluster(self, built: Topology) -> ClusterInBox:
        return ClusterInBox(
            topology=built, served=self.served, api=self.api, secrets=secrets_of(_whole(built))
        )


def _whole(built: Topology) -> Topology:
    return dataclasses.replace(built, peers=())


@pytest.fixture
def region() -> Iterator[Region]:
    with serve() as served:
        api = Api(credentials(served))
        yield Region(served, api)
        api.close()


def _changed(cluster: ClusterInBox) -> list[str]:
    return sorted(step.id for step in cluster.plan().steps)


def test_a_peer_is_joined_and_parted_and_stays_as_it_was(region: Region) -> None:
    theirs = region.vpc("10.99.0.0/24")
    before = region.shown(theirs)
    cluster = region.cluster(region.built(f"{{client_peers: [{{vpc_id: {theirs}}}]}}"))
    raises_nothing(cluster.up())
    assert region.joined(theirs) == ["orders-net-client"]
    assert cluster.plan().is_empty
    alone = cluster.with_(topology=region.built("{}"))
    assert _changed(alone) == [f"delete peering orders-net-client--{theirs}"]
    raises_nothing(alone.up())
    assert region.joined(theirs) == []
    raises_nothing(cluster.up())
    raises_nothing(cluster.down())
    assert cluster.census() == ()
    assert (region.joined(theirs), region.shown(theirs)) == ([], before)


@pytest.mark.parametrize("place", [{"ProjectId": OTHER_PROJECT}, {"Region": OTHER_REGION}])
def test_a_peer_may_be_in_another_project_or_region(region: Region, place: dict[str, str]) -> None:
    theirs = region.vpc("10.98.0.0/24", **place)
    fields = {"ProjectId": "project", "Region": "region"}
    written = ", ".join(f"{fields[name]}: {value}" for name, value in place.items())
    peers = f"management_peers: [{{vpc_id: {theirs}, {written}}}]"
    cluster = region.cluster(region.built(f"{{{peers}}}"))
    raises_nothing(cluster.up())
    assert region.joined(theirs, **place) == ["orders-net-management"]
    assert cluster.plan().is_empty
    raises_nothing(cluster.down())
    assert region.joined(theirs, **place) == []


def test_one_vpc_may_be_a_peer_of_both_sides(region: Region) -> None:
    theirs = region.vpc("10.99.0.0/24")
    both = f"client_peers: [{{vpc_id: {theirs}}}], management_peers: [{{vpc_id: {theirs}}}]"
    cluster = region.cluster(region.built(f"{{{both}}}"))
    raises_nothing(cluster.up())
    assert region.joined(theirs) == ["orders-net-client", "orders-net-management"]
    assert cluster.plan().is_empty
    raises_nothing(cluster.down())

    private = region.cluster(region.built(f"{{private: true, {both}}}", more="access: {mode: direct}\n"))
    raises_nothing(private.up())
    assert region.joined(theirs) == ["orders-net-private"]
    assert private.plan().is_empty
    raises_nothing(private.down())


def test_a_peer_with_the_range_of_an_earlier_one_takes_its_place(region: Region) -> None:
    first, second = region.vpc("10.99.0.0/24"), region.vpc("10.99.0.0/16")
    cluster = region.cluster(region.built(f"{{client_peers: [{{vpc_id: {first}}}]}}"))
    raises_nothing(cluster.up())
    other = cluster.with_(topology=region.built(f"{{client_peers: [{{vpc_id: {second}}}]}}"))
    (step,) = other.plan(roll=False).steps
    assert step.id == f"replace peering orders-net-client--{second}"
    assert step.reason == "peering.vpc" and "10.99.0.0/24" in step.sentence
    raises_nothing(other.up())
    assert (region.joined(first), region.joined(second)) == ([], ["orders-net-client"])
    assert other.plan().is_empty


def test_a_peering_that_somebody_made_by_hand_goes(region: Region) -> None:
    cluster = region.cluster(region.built("{}"))
    raises_nothing(cluster.up())
    theirs = region.vpc("10.99.0.0/24", ProjectId=OTHER_PROJECT)
    client = cluster.id("vpc", "orders-net-client")
    region.api.call("CreateVPCIntercom", VPCId=client, DstVPCId=theirs, DstProjectId=OTHER_PROJECT)
    assert _changed(cluster) == [f"delete peering orders-net-client--{theirs}"]
    raises_nothing(cluster.up())
    assert cluster.plan().is_empty


def test_peers_replace_no_host_and_new_hosts_know_them(region: Region) -> None:
    theirs = region.vpc("10.99.0.0/24")
    alone = region.cluster(region.built("{}", hosts=True))
    raises_nothing(alone.up())
    joined = alone.with_(topology=region.built(f"{{client_peers: [{{vpc_id: {theirs}}}]}}", hosts=True))
    assert _changed(joined) == [f"create peering orders-net-client--{theirs}"]
    lost = joined.id("host", "orders-broker-b")
    region.api.call("PoweroffUHostInstance", UHostId=lost, Zone="box-02")
    region.api.call("TerminateUHostInstance", UHostId=lost, Zone="box-02")
    raises_nothing(joined.up())
    known = {fact.name: peers_known(fact) for fact in joined.observe().of("host")}
    mark = peers_mark(joined.topology, joined.topology.host("orders-broker-b"))
    assert {name: value for name, value in known.items() if value} == {"orders-broker-b": mark}
    told = next(fact for fact in joined.observe().of("host") if fact.name == "orders-consul-a")
    note_peers(region.api, told, "0123abcd")
    assert peers_known(next(f for f in joined.observe().of("host") if f.id == told.id)) == "0123abcd"
    assert engine.plan(joined.desired, joined.observe(), KINDS).is_empty


@pytest.mark.parametrize(
    ("place", "said", "hint"),
    [
        ({}, r"there is no VPC uvnet-nowhere in region box, project org-box", "Name its project and region"),
        (
            {"project": "org-none"},
            r"VPC uvnet-nowhere in region box, project org-none can't be looked at: ",
            "`ranges`",
        ),
        (
            {"region": "nowhere"},
            r"VPC uvnet-nowhere in region nowhere, project org-box can't be looked",
            "`ranges`",
        ),
    ],
)
def test_a_vpc_that_is_not_there_is_refused(
    region: Region, place: dict[str, str], said: str, hint: str
) -> None:
    fields = "".join(f", {name}: {value}" for name, value in place.items())
    with pytest.raises(UsageError, match=rf"network\.client_peers: {said}") as told:
        region.built(f"{{client_peers: [{{vpc_id: uvnet-nowhere{fields}}}]}}")
    assert told.value.code == "network.peer"
    assert hint in told.value.hint


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"ProjectId": OTHER_PROJECT}, f"It is in project {OTHER_PROJECT}: name that too."),
        ({"Region": OTHER_REGION}, f"It is in region {OTHER_REGION}: name that too."),
    ],
)
def test_a_vpc_of_another_place_is_refused_with_that_place(
    region: Region, place: dict[str, str], said: str
) -> None:
    theirs = region.vpc("10.99.0.0/24", **place)
    with pytest.raises(UsageError, match=f"there is no VPC {theirs} in region box, project org-box") as told:
        region.built(f"{{management_peers: [{{vpc_id: {theirs}}}]}}")
    assert told.value.hint == said


def test_the_clusters_own_vpc_is_no_peer(region: Region) -> None:
    cluster = region.cluster(region.built("{}"))
    raises_nothing(cluster.up())
    own = cluster.id("vpc", "orders-net-client")
    with pytest.raises(UsageError, match="carries the Cluster ID orders: it is the cluster's own"):
        region.built(f"{{management_peers: [{{vpc_id: {own}}}]}}")


def test_what_a_peer_is_joined_to_must_be_apart_too(region: Region) -> None:
    theirs, third = region.vpc("10.99.0.0/24"), region.vpc("10.81.8.0/24")
    region.api.call("CreateVPCIntercom", VPCId=theirs, DstVPCId=third)
    said = (
        rf"{theirs} is peered with {third}, whose 10\.81\.8\.0/24 overlaps 10\.81\.0\.0/20 of orders-net-cl"
    )
    with pytest.raises(UsageError, match=said):
        region.built(f"{{client_peers: [{{vpc_id: {theirs}}}]}}")


def test_a_peer_whose_ranges_are_told_is_not_looked_at(region: Region) -> None:
    built = region.built("{client_peers: [{vpc_id: uvnet-hidden, ranges: [10.99.0.0/24]}]}")
    assert "DescribeVPC" not in region.api.calls
    cluster = region.cluster(built)
    (failure,) = cluster.up().failures
    assert "uvnet-hidden" in failure.error.message
