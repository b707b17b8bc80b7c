"""Private clusters: in a VPC of their own, and side by side in a subnet that was there before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network

import pytest

from steppe import cloud, spec, topology
from steppe.cloud import Api, preset_network
from steppe.control import secrets
from steppe.errors import UsageError
from steppe.topology import Topology
from tests.cloud.cluster_in_box import ClusterInBox, credentials, raises_nothing, secrets_of
from ubox.testing import Served, serve

_NOBODY: Mapping[str, IPv4Address] = {}


@dataclasses.dataclass(frozen=True)
class Ground:
    """A VPC with a subnet that the clusters didn't make."""

    served: Served
    api: Api
    vpc: str
    subnet: str

    def written(self, cluster: str, hosts: str = "{}") -> spec.Spec:
        text = (
            f"cluster: {cluster}\nregion: box\naccess: {{mode: direct}}\nhosts: {hosts}\n"
            f"network: {{legacy_vpc_id: {self.vpc}, legacy_subnet_id: {self.subnet}}}\n"
        )
        return spec.parse(text, "cluster.yaml")

    def built(
        self, cluster: str, hosts: str = "{}", earlier: Mapping[str, IPv4Address] = _NOBODY
    ) -> Topology:
        there = preset_network(self.api, cluster, self.vpc, self.subnet, earlier)
        return topology.build(self.written(cluster, hosts), there)

    def cluster(self, built: Topology, kept: secrets.Secrets | None = None) -> ClusterInBox:
        known = secrets.with_hosts(kept, built) if kept else secrets_of(built)
        return ClusterInBox(topology=built, served=self.served, api=self.api, secrets=known)

    def shown(self) -> object:
        """The VPC and the subnet, all that the API shows of them but what lives in them."""
        vpc = self.api.rows("DescribeVPC", "DataSet", VPCIds=[self.vpc])
        (subnet,) = self.api.rows("DescribeSubnet", "DataSet", SubnetIds=[self.subnet])
        return vpc, {key: value for key, value in subnet.items() if key != "AvailableIPs"}


def _ground(api: Api, served: Served, cidr: str, tag: str = "Default") -> Ground:
    network = IPv4Network(cidr)
    vpc = api.call("CreateVPC", Name="shared", Network=["10.9.0.0/16"], Tag=tag)["VPCId"]
    subnet = api.call(
        "CreateSubnet",
        VPCId=vpc,
        Subnet=str(network[0]),
        Netmask=network.prefixlen,
        SubnetName="shared",
        Tag=tag,
    )["SubnetId"]
    return Ground(served=served, api=api, vpc=vpc, subnet=subnet)


@pytest.fixture
def ground() -> Iterator[Ground]:
    with serve() as served:
        api = Api(credentials(served))
        yield _ground(api, served, "10.9.8.0/25")
        api.close()


def _addresses(built: Topology) -> dict[str, IPv4Address]:
    return {host.name: host.address for host in built.hosts}


def test_a_preset_network_is_used_and_never_changed(ground: Ground) -> None:
    before = ground.shown()
    cluster = ground.cluster(ground.built("orders"))
    raises_nothing(cluster.up())
    assert not {"vpc", "subnet", "peering", "gateway", "eip", "firewall"} & {
        name.partition(" ")[0] for name in cluster.names()
    }
    hosts = cluster.observe().of("host")
    assert len(hosts) == 12
    assert {host.subnet for host in hosts} == {ground.subnet}
    assert ground.cluster(ground.built("orders"), cluster.secrets).plan().is_empty
    raises_nothing(cluster.down())
    assert cluster.census() == ()
    assert ground.shown() == before


def test_a_preset_network_with_the_clusters_tag_is_not_the_clusters(ground: Ground) -> None:
    tagged = _ground(ground.api, ground.served, "10.9.7.0/24", tag="orders")
    cluster = tagged.cluster(tagged.built("orders"))
    before = tagged.shown()
    raises_nothing(cluster.up())
    assert cluster.plan().is_empty
    raises_nothing(cluster.down())
    assert cluster.census() == ()
    assert tagged.shown() == before


def test_clusters_share_a_subnet(ground: Ground) -> None:
    made: list[ClusterInBox] = []
    for name in ("orders", "parcels", "stock"):
        made.append(ground.cluster(ground.built(name)))
        raises_nothing(made[-1].up())
    held = [host.address for cluster in made for host in cluster.observe().of("host")]
    held += [balancer.address for cluster in made for balancer in cluster.observe().of("balancer")]
    assert len(set(held)) == len(held) == 3 * 15
    network = IPv4Network("10.9.8.0/25")
    assert not {str(network[place]) for place in (0, 1, 2, -1)} & set(held)
    raises_nothing(made[1].down())
    for cluster in (made[0], made[2]):
        again = ground.cluster(ground.built(cluster.topology.cluster), cluster.secrets)
        assert again.plan().is_empty


def test_addresses_stay_when_the_cluster_grows_and_when_a_host_is_lost(ground: Ground) -> None:
    neighbour = ground.cluster(ground.built("parcels"))
    raises_nothing(neighbour.up())
    cluster = ground.cluster(ground.built("orders"))
    raises_nothing(cluster.up())
    before = _addresses(cluster.topology)
    raises_nothing(neighbour.down())

    grown = ground.built("orders", "{broker: {per_zone: 2}}")
    assert before.items() <= _addresses(grown).items()
    assert len(set(_addresses(grown).values())) == 15

    lost = cluster.id("host", "orders-consul-b")
    ground.api.call("PoweroffUHostInstance", UHostId=lost, Zone="box-02")
    ground.api.call("TerminateUHostInstance", UHostId=lost, Zone="box-02")
    without = ground.built("orders", earlier=secrets.addresses(cluster.secrets))
    assert _addresses(without) == before
    mended = ground.cluster(without, cluster.secrets)
    assert mended.secrets is cluster.secrets
    raises_nothing(mended.up())
    assert {host.name: IPv4Address(host.address) for host in mended.observe().of("host")} == before


def test_an_address_that_somebody_took_is_left_to_them(ground: Ground) -> None:
    cluster = ground.cluster(ground.built("orders"))
    wanted = _addresses(cluster.topology)
    others = ground.cluster(
        dataclasses.replace(
            cluster.topology,
            cluster="parcels",
            hosts=tuple(
                dataclasses.replace(host, name=host.name.replace("orders", "parcels"), balancers=())
                for host in cluster.topology.hosts[:2]
            ),
            balancers=(),
            isolation_groups=cluster.topology.isolation_groups[:1],
        )
    )
    raises_nothing(others.up())
    moved = ground.cluster(
        ground.built("orders", earlier=secrets.addresses(cluster.secrets)), cluster.secrets
    )
    taken = {wanted["orders-consul-a"], wanted["orders-consul-b"]}
    assert not taken & set(_addresses(moved.topology).values())
    assert secrets.addresses(moved.secrets) == _addresses(moved.topology)
    assert _addresses(moved.topology)["orders-consul-c"] == wanted["orders-consul-c"]
    raises_nothing(moved.up())


def test_a_private_cluster_makes_one_network_of_its_own() -> None:
    text = "cluster: orders\nregion: box\naccess: {mode: direct}\nnetwork: {private: true}\n"
    built = topology.build(spec.parse(text, "cluster.yaml"))
    with serve() as served:
        api = Api(credentials(served))
        cluster = ClusterInBox(topology=built, served=served, api=api, secrets=secrets_of(built))
        raises_nothing(cluster.up())
        names = cluster.names()
        assert [name for name in names if name.startswith(("vpc", "subnet"))] == [
            "subnet orders-subnet-private",
            "vpc orders-net-private",
        ]
        assert not [name for name in names if name.startswith(("eip", "gateway", "binding", "firewall"))]
        assert cluster.plan().is_empty
        raises_nothing(cluster.down())
        assert cluster.census() == ()
        api.close()


@pytest.mark.parametrize(
    ("vpc", "subnet", "said"),
    [
        ("uvnet-nowhere", None, r"network\.legacy_vpc_id: there is no uvnet-nowhere in region box, org-"),
        (
            None,
            "subnet-nowhere",
            r"network\.legacy_subnet_id: there is no subnet-nowhere in region box, org-",
        ),
        ("other", None, r"subnet-\w+ is a subnet of \w+-\w+, not of \w+-\w+"),
    ],
)
def test_a_network_that_is_not_there_is_refused(
    ground: Ground, vpc: str | None, subnet: str | None, said: str
) -> None:
    if vpc == "other":
        vpc = ground.api.call("CreateVPC", Name="other", Network=["10.10.0.0/16"])["VPCId"]
    with pytest.raises(UsageError, match=said) as told:
        preset_network(ground.api, "orders", vpc or ground.vpc, subnet or ground.subnet, {})
    assert told.value.code == "network.preset"
    assert told.value.hint


def test_too_few_free_addresses_are_told_with_the_numbers(ground: Ground) -> None:
    small = _ground(ground.api, ground.served, "10.9.6.0/28")
    said = r"\(10\.9\.6\.0/28\) has 12 free addresses, and the cluster needs 15 more: 12 for hosts, 3 for bal"
    with pytest.raises(UsageError, match=said) as told:
        small.built("orders")
    assert told.value.code == "network.full"
    assert small.cluster(topology.build(small.written("orders"))).names() == []


def test_the_scope_names_what_is_left_alone(ground: Ground) -> None:
    scope = cloud.scope(topology.build(ground.written("orders")))
    assert scope.preset == (ground.vpc, ground.subnet)
