"""What is true of the topology of every spec."""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steppe import topology
from steppe.spec import Spec, limits
from steppe.spec import parse as parse_spec
from steppe.topology import Role, Topology
from steppe.topology.addresses import PLAN, addresses


def make(
    *,
    nomad: int = 3,
    nameservers: int = 1,
    brokers: int = 1,
    groups: int = 0,
    mode: str = "bastion",
    balancers: str = "PacketsTransmit",
    zones: int = 3,
) -> Spec:
    """A spec in region box with that many hosts and broker groups."""
    value: dict[str, Any] = {
        "cluster": "orders",
        "region": "box",
        "zones": ["box-01", "box-02", "box-03"][:zones],
        "allow_fewer_zones": zones < 3,
        "access": {"from": ["198.18.0.0/15"], "mode": mode},
        "network": {"balancer_mode": balancers},
        "hosts": {
            "nomad": {"count": nomad},
            "nameserver": {"per_zone": nameservers},
            "broker": {"per_zone": brokers},
        },
        "rocketmq": {
            "nameservers": {f"main-{number}": {} for number in range(nameservers)},
            "brokers": {f"orders-{number}": {"nameserver": "main-0"} for number in range(groups)},
        },
    }
    return Spec.model_validate(value)


_any = functools.partial(
    st.builds,
    make,
    nomad=st.sampled_from([3, 5, 7, 9]),
    nameservers=st.integers(1, 16),
    brokers=st.integers(1, 40),
    groups=st.integers(0, 50),
    mode=st.sampled_from(["bastion", "direct"]),
    balancers=st.sampled_from(["PacketsTransmit", "RequestProxy"]),
)
specs = _any(zones=st.integers(1, 3))
specs_of_three_zones = _any(zones=st.just(3))

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)


def names(built: Topology) -> list[str]:
    """The names of everything that the cluster makes in the cloud, those of one kind together."""
    return [
        *(host.name for host in built.hosts),
        *(network.vpc_name for network in built.networks),
        *(network.subnet_name for network in built.networks),
        *(eip.name for eip in built.eips),
        *(gateway.name for gateway in built.gateways),
        *(firewall.name for firewall in built.firewalls),
        *(listener.name for balancer in built.balancers for listener in balancer.listeners),
        *built.isolation_groups,
    ]


@calm
@given(specs)
def test_names_are_unique_and_short_and_carry_the_cluster_id(spec: Spec) -> None:
    longest_id = "a" * 20
    built = topology.build(spec.model_copy(update={"cluster": longest_id}))
    given_names = names(built)
    assert len(set(given_names)) == len(given_names)
    assert all(re.fullmatch(rf"{longest_id}-[a-z0-9-]+", name) and len(name) <= 50 for name in given_names)


@calm
@given(specs)
def test_addresses_are_unique_and_usable(spec: Spec) -> None:
    built = topology.build(spec)
    assert len({host.address for host in built.hosts}) == len(built.hosts)
    for host in built.hosts:
        cidr = built.network(host.network).cidr
        reserved = {cidr[0], cidr[1], cidr[-1]}
        first, last = addresses(built.network(host.network), host.role)
        assert host.address in cidr
        assert host.address not in reserved
        assert first <= host.address <= last


def test_the_ranges_of_roles_lie_apart() -> None:
    for roles in PLAN.values():
        ranges = sorted((part.first, part.first + part.size) for part in roles.values())
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(ranges))
        assert ranges[-1][1] + limits.SPARE_ADDRESSES <= 254


@calm
@given(specs)
def test_every_role_is_spread_as_evenly_as_can_be(spec: Spec) -> None:
    built = topology.build(spec)
    assert len(built.by_role(Role.CONSUL)) == 3
    for role in (Role.CONSUL, Role.NOMAD, Role.NAMESERVER, Role.BROKER):
        members = Counter(host.zone.letter for host in built.by_role(role))
        counts = [members[zone.letter] for zone in built.zones]
        assert max(counts) - min(counts) <= 1
    for group in built.nameserver_groups:
        assert [built.host(name).zone for name in group.hosts] == list(built.zones)


@calm
@given(specs)
def test_a_cluster_that_can_lose_its_quorum_with_a_zone_says_so(spec: Spec) -> None:
    built = topology.build(spec)

    def stops(role: Role, lost: str) -> bool:
        members = built.by_role(role)
        return 2 * sum(host.zone.name != lost for host in members) <= len(members)

    said = topology.cautions(built)
    for zone in built.zones:
        for role in (Role.CONSUL, Role.NOMAD):
            named = any(role in each.lower() and f"losing {zone.name}" in each for each in said) or any(
                role in each.lower() and f"or {zone.name} loses" in each for each in said
            )
            assert named is stops(role, zone.name)
    assert bool(said) is (len(built.zones) < 3)


@calm
@given(specs_of_three_zones, st.sampled_from("abc"))
def test_losing_a_zone_leaves_majorities_and_a_nameserver_in_each_other_zone(spec: Spec, lost: str) -> None:
    built = topology.build(spec)
    for role in (Role.CONSUL, Role.NOMAD):
        members = built.by_role(role)
        left = [host for host in members if host.zone.letter != lost]
        assert len(left) > len(members) / 2
    for group in built.nameserver_groups:
        assert [built.host(name).zone.letter for name in group.hosts] == ["a", "b", "c"]
    for role in (Role.NAMESERVER, Role.BROKER):
        assert len(set(Counter(host.zone.letter for host in built.by_role(role)).values())) == 1


@calm
@given(specs)
def test_growing_changes_no_host_and_no_flow(spec: Spec) -> None:
    hosts = spec.hosts
    grown_hosts = hosts.model_copy(
        update={
            "nomad": hosts.nomad.model_copy(update={"count": limits.MAX_NOMAD}),
            "nameserver": hosts.nameserver.model_copy(update={"per_zone": limits.MAX_NAMESERVERS_PER_ZONE}),
            "broker": hosts.broker.model_copy(update={"per_zone": limits.MAX_BROKERS_PER_ZONE}),
        }
    )
    before, after = topology.build(spec), topology.build(spec.model_copy(update={"hosts": grown_hosts}))
    assert set(before.hosts) <= set(after.hosts)
    assert set(before.isolation_groups) <= set(after.isolation_groups)
    assert before.flows == after.flows
    assert before.nameserver_groups == after.nameserver_groups


@calm
@given(specs)
def test_an_isolation_group_has_at_most_seven_hosts_of_a_zone(spec: Spec) -> None:
    built = topology.build(spec)
    places = Counter((host.isolation_group, host.zone.letter) for host in built.hosts if host.isolation_group)
    assert max(places.values()) <= 7
    assert {group for group, _ in places} == set(built.isolation_groups)


@calm
@given(specs)
def test_what_is_named_is_there(spec: Spec) -> None:
    built = topology.build(spec)
    eips = {eip.name for eip in built.eips}
    firewalls = {firewall.name for firewall in built.firewalls}
    balancers = {balancer.name: balancer for balancer in built.balancers}
    for host in built.hosts:
        assert host.eip is None or host.eip in eips
        assert host.firewall is None or host.firewall in firewalls
        assert all(host.name in balancers[name].backends for name in host.balancers)
    for gateway in built.gateways:
        assert gateway.eip in eips
        assert gateway.firewall in firewalls
    assert all(built.network(balancer.network) for balancer in built.balancers)
    assert all(firewall.rules for firewall in built.firewalls)


@calm
@given(specs)
def test_broker_groups_keep_their_ports_to_themselves(spec: Spec) -> None:
    ports = [
        port
        for group in topology.build(spec).broker_groups
        for port in (group.port - 2, group.port, group.port + 2000)
    ]
    assert len(set(ports)) == len(ports)
    assert all(port < 20000 for port in ports)


def test_only_the_bastion_is_public() -> None:
    built = topology.build(make())
    assert [host.name for host in built.hosts if host.eip] == ["orders-bastion"]
    direct = topology.build(make(mode="direct"))
    assert not direct.by_role(Role.BASTION)
    assert [eip.name for eip in direct.eips] == ["orders-eip-gateway-client"]
    assert [firewall.name for firewall in direct.firewalls] == ["orders-firewall-gateway"]


def test_each_network_that_asks_for_it_has_a_way_out() -> None:
    def built(nat: str) -> topology.Topology:
        text = f"cluster: orders\nregion: box\nnetwork: {{nat: {nat}}}\n"
        return topology.build(parse_spec(text, "cluster.yaml"))

    both = built("[management, client]")
    assert [(gateway.name, gateway.network, gateway.eip) for gateway in both.gateways] == [
        ("orders-gateway-client", "client", "orders-eip-gateway-client"),
        ("orders-gateway-management", "management", "orders-eip-gateway-management"),
    ]
    assert [eip.name for eip in both.eips] == [
        "orders-eip-gateway-client",
        "orders-eip-gateway-management",
        "orders-eip-bastion",
    ]
    none = built("[]")
    assert none.gateways == ()
    assert [firewall.name for firewall in none.firewalls] == ["orders-firewall-bastion"]


def test_a_private_cluster_has_one_network_for_all_roles() -> None:
    text = "cluster: orders\nregion: box\naccess: {mode: direct}\nnetwork: {private: true}\n"
    built = topology.build(parse_spec(text, "cluster.yaml"))
    (network,) = built.networks
    assert (network.vpc_name, network.subnet_name) == ("orders-net-private", "orders-subnet-private")
    assert {host.network for host in built.hosts} == {"private"}
    assert len({host.address for host in built.hosts}) == len(built.hosts) == 12
    assert (built.peerings, built.gateways, built.eips, built.firewalls) == ((), (), (), ())
    assert built.operators == (network.cidr,)
    networks = {flow.source for flow in built.flows if flow.source.startswith("network:")}
    assert networks == {"network:private"}
    assert len(set(built.flows)) == len(built.flows)


def test_a_proxying_balancers_address_is_held_by_no_host() -> None:
    built = topology.build(make(balancers="RequestProxy"))
    assert not any(host.balancers for host in built.hosts)


@pytest.mark.parametrize(("mode", "way_in"), [("bastion", "bastion"), ("direct", "operators")])
def test_every_flow_that_the_cluster_needs(mode: str, way_in: str) -> None:
    flows = topology.build(make(mode=mode)).flows

    def may(source: str, destination: Role, protocol: str, port: int) -> bool:
        return any(
            flow.source == source
            and flow.destination is destination
            and flow.protocol == protocol
            and any(first <= port <= last for first, last in flow.ports)
            for flow in flows
        )

    for role in (Role.CONSUL, Role.NOMAD, Role.NAMESERVER, Role.BROKER):
        assert may(way_in, role, "tcp", 22)
        assert may(role, Role.CONSUL, "tcp", 8300)
        assert may(role, role, "udp", 8301)
    assert may(way_in, Role.CONSUL, "tcp", 8501)
    assert may(way_in, Role.NOMAD, "tcp", 4646)
    assert may("network:management", Role.NOMAD, "tcp", 4646)
    assert may("health-checks", Role.NAMESERVER, "tcp", 8080)
    assert may("broker", Role.NAMESERVER, "tcp", 9878)
    assert may("network:client", Role.BROKER, "tcp", 10909)
    assert may("network:client", Role.BROKER, "tcp", 10909)
    assert may(Role.BROKER, Role.BROKER, "tcp", 12911)
    assert not may("network:client", Role.BROKER, "tcp", 12911)
    assert not may("network:management", Role.BROKER, "tcp", 10911)
    assert not may("network:client", Role.CONSUL, "tcp", 8300)
    assert not may("network:client", Role.NOMAD, "tcp", 22)
