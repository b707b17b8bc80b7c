"""Several clusters in one region: apart in names, networks and everything else; real clashes are refused."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from steppe import cloud, spec, topology
from steppe.engine import Result
from steppe.errors import SteppeError
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box, raises_nothing, secrets_of

ALIKE = ("orders", "orders-nomad", "orders-firewall")
"""The first is how the others' names begin, and they could be names of its own resources."""


def built(cluster: str) -> topology.Topology:
    return topology.build(spec.parse(f"cluster: {cluster}\nregion: box\n", "cluster.yaml"))


@pytest.fixture(scope="module")
def three() -> Iterator[list[ClusterInBox]]:
    """Three clusters with the same networks, built at the same time."""
    with cluster_in_box(built(ALIKE[0])) as first:
        clusters = [
            first.with_(topology=built(name), secrets=secrets_of(built(name)), events=[]) for name in ALIKE
        ]
        with ThreadPoolExecutor(len(clusters)) as pool:
            for result in pool.map(ClusterInBox.up, clusters):
                raises_nothing(result)
        yield clusters


def test_built_at_once_each_is_whole(three: list[ClusterInBox]) -> None:
    networks = [{vpc.cidr for vpc in cluster.observe().of("vpc")} for cluster in three]
    assert networks[0] == networks[1] == networks[2]
    for cluster in three:
        assert cluster.plan().is_empty
        assert cluster.names() == sorted(str(want.key) for want in cluster.desired.wants)
    for one, other in itertools.combinations(three, 2):
        assert not one.ids() & other.ids()


def test_one_is_removed_and_built_again_and_the_others_stay(three: list[ClusterInBox]) -> None:
    going, *staying = three
    before = [(cluster.observe().fingerprint, cluster.ids()) for cluster in staying]
    raises_nothing(going.down())
    assert going.census() == ()
    assert [(cluster.observe().fingerprint, cluster.ids()) for cluster in staying] == before
    raises_nothing(going.up())
    assert [(cluster.observe().fingerprint, cluster.ids()) for cluster in staying] == before


def test_no_name_of_one_is_a_name_of_another() -> None:
    """Also where one Cluster ID begins with another, or is a name of another's resource."""
    names = []
    for cluster in (*ALIKE, "orders-net", "orders-consul-a", "orders-eip", "order"):
        wants = cloud.desired(built(cluster), secrets_of(built(cluster))).wants
        names += [(want.kind, want.name) for want in wants]
    assert len(set(names)) == len(names)


def test_a_firewall_name_of_others_is_refused_before_anything_is_made(empty: ClusterInBox) -> None:
    theirs = empty.api.call(
        "CreateFirewall", Name="orders-firewall-bastion", Rule=["TCP|22|0.0.0.0/0|ACCEPT|LOW|"], Tag="other"
    )["FWId"]
    with pytest.raises(SteppeError, match=f"{theirs} has this name .*RetCode 4364") as told:
        empty.up()
    assert told.value.code == "firewall.name-taken"
    assert empty.ids() == set()


def test_a_tag_that_others_use_is_refused_before_anything_is_changed(empty: ClusterInBox) -> None:
    """Without this, a first run would take their resources for the cluster's and remove them."""
    for name in ("billing", "billing-old"):
        empty.api.call("CreateVPC", Name=name, Network=["10.99.0.0/16"], Tag="orders")
    before = empty.ids()
    with pytest.raises(SteppeError, match=r"2 resources of others carry the Tag orders in box: vpc billing"):
        empty.up()
    with pytest.raises(SteppeError) as told:
        cloud.refuse_strangers(empty.observe())
    assert told.value.code == "claim.tag-in-use"
    assert empty.ids() == before


def test_what_a_cluster_left_behind_is_not_taken_for_others(empty: ClusterInBox) -> None:
    """Somebody removed the claim by hand."""
    raises_nothing(empty.up())
    empty.api.call("DeleteFirewall", FWId=empty.id("claim", "orders-claim"))
    cloud.refuse_strangers(empty.observe())
    result: Result = empty.up()
    assert result.done == ("create claim orders-claim",)


def test_a_claims_name_that_others_use_is_refused(empty: ClusterInBox) -> None:
    empty.api.call(
        "CreateFirewall", Name="orders-claim", Rule=["TCP|22|0.0.0.0/0|ACCEPT|LOW|"], Tag="other", Remark="x"
    )
    with pytest.raises(SteppeError, match="steppe didn't make it") as told:
        empty.plan()
    assert told.value.code == "claim.foreign"


def test_a_second_owner_of_one_cluster_id_is_refused(three: list[ClusterInBox]) -> None:
    stranger = three[1].with_(secrets=dataclasses.replace(three[1].secrets, owner="somebody-else"))
    with pytest.raises(SteppeError, match="orders-nomad") as told:
        stranger.plan()
    assert told.value.exit_code == 5
