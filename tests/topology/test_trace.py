"""Ways through the networks: verdicts agree with the rules that hosts load, and a stop names its place."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe import spec, topology
from steppe.errors import UsageError
from steppe.machine.firewall import nftables
from steppe.topology.model import Host, Topology
from steppe.topology.places import place
from steppe.topology.trace import trace

ORDERS = Path(__file__).parents[2] / "examples" / "orders.yaml"
RULE = re.compile(
    r"ip saddr (?P<not>!= )?(?P<source>\{[^}]*\}|[\d./-]+) "
    r"(?:(?P<protocol>\w+) dport|icmp type) (?P<ports>\{[^}]*\}|\S+) accept"
)
PORTS = (
    22,
    111,
    4646,
    4647,
    4648,
    8080,
    8300,
    8301,
    8302,
    8500,
    8501,
    9876,
    9877,
    9878,
    10909,
    10911,
    12911,
    20000,
    25000,
)
PEERED = """
cluster: orders
region: box
zones: [box-01, box-02, box-03]
access: {from: [198.18.0.0/15]}
network:
  client_peers: [{vpc_id: uvnet-shop, ranges: [10.99.0.0/16]}]
  management_peers: [{vpc_id: uvnet-kun, ranges: [10.98.0.0/16]}]
rocketmq:
  nameservers: {main: {}}
"""


@pytest.fixture(scope="module")
def orders() -> Topology:
    return topology.build(spec.load(ORDERS))


@pytest.fixture
def peered(tmp_path: Path) -> Topology:
    file = tmp_path / "orders.yaml"
    file.write_text(PEERED)
    return topology.build(spec.load(file))


BUILT = topology.build(spec.load(ORDERS))
HOSTS = st.sampled_from(BUILT.hosts)


@given(
    source=HOSTS, target=HOSTS, port=st.sampled_from(PORTS), protocol=st.sampled_from(["tcp", "udp", "icmp"])
)
def test_between_hosts_it_says_what_the_loaded_rules_do(
    source: Host, target: Host, port: int, protocol: str
) -> None:
    found = trace(BUILT, place(BUILT, source.name), place(BUILT, target.name), protocol, port)
    assert found.passes == (
        source == target or accepts(nftables(BUILT, target), source.address, protocol, port)
    )


def accepts(rules: str, source: IPv4Address, protocol: str, port: int) -> bool:
    """What nftables would do, read from its text alone."""
    for found in RULE.finditer(rules):
        of = any(IPv4Address(first) <= source <= IPv4Address(last) for first, last in spans(found["source"]))
        if of == bool(found["not"]) or (found["protocol"] or "icmp") != protocol:
            continue
        if protocol == "icmp" or any(
            int(first) <= port <= int(last) for first, last in spans(found["ports"])
        ):
            return True
    return False


def spans(text: str) -> list[tuple[str, str]]:
    found = []
    for item in text.strip("{} ").split(", "):
        if "/" in item:
            network = IPv4Network(item)
            found.append((str(network[0]), str(network[-1])))
        else:
            first, _, last = item.partition("-")
            found.append((first, last or first))
    return found


@pytest.mark.parametrize(
    ("source", "target", "port", "stopped_at"),
    [
        ("broker-a", "orders-consul", 8501, None),
        ("10.81.3.3", "nomad", 4646, None),
        ("nameserver-a", "nameserver", 9876, None),
        ("broker-a", "internet", 443, None),
        ("bastion", "internet", 443, None),
        ("operator", "bastion", 22, None),
        ("consul-a", "internet", 443, "orders-net-management"),
        ("internet", "bastion", 22, "orders-firewall-bastion"),
        ("operator", "bastion", 8501, "orders-firewall-bastion"),
        ("operator", "broker-a", 22, "orders-broker-a"),
        ("internet", "orders-nameserver", 9876, "the balancer orders-nameserver"),
        ("nomad-a", "orders-nameserver", 9876, "orders-nameserver-a"),
        ("broker-a", "orders-consul", 8500, "orders-consul"),
        ("10.81.3.3", "consul-a", 8300, "orders-consul-a"),
        ("internet", "1.2.3.4", 80, "the internet"),
    ],
)
def test_it_is_stopped_at_the_right_place(
    orders: Topology, source: str, target: str, port: int, stopped_at: str | None
) -> None:
    found = trace(orders, place(orders, source), place(orders, target), "tcp", port)
    assert [hop.at for hop in found.hops if not hop.passes] == ([stopped_at] if stopped_at else [])
    assert found.hops[-1].passes == found.passes == (stopped_at is None)


@pytest.mark.parametrize(
    ("source", "target", "port", "stopped_at"),
    [
        ("uvnet-shop", "broker-a", 10911, None),
        ("10.99.3.4", "orders-nameserver", 9876, None),
        ("uvnet-kun", "orders-consul", 8501, None),
        ("broker-a", "uvnet-shop", 80, None),
        ("uvnet-kun", "consul-a", 8501, "orders-consul-a"),
        ("uvnet-kun", "bastion", 22, "orders-bastion"),
        ("uvnet-shop", "broker-a", 22, "orders-broker-a"),
        ("uvnet-shop", "orders-consul", 8501, "uvnet-shop and orders-net-client"),
        ("uvnet-shop", "uvnet-kun", 80, "the internet"),
        ("consul-a", "10.99.0.9", 80, "orders-net-management"),
    ],
)
def test_a_peering_leads_to_its_own_network_and_no_further(
    peered: Topology, source: str, target: str, port: int, stopped_at: str | None
) -> None:
    found = trace(peered, place(peered, source), place(peered, target), "tcp", port)
    assert [hop.at for hop in found.hops if not hop.passes] == ([stopped_at] if stopped_at else [])


def test_a_proxying_balancer_comes_from_the_clouds_addresses(peered: Topology) -> None:
    proxying = replace(
        peered, balancers=tuple(replace(each, mode="RequestProxy") for each in peered.balancers)
    )
    for source, target in (("broker-a", "orders-consul"), ("uvnet-kun", "orders-consul")):
        found = trace(proxying, place(proxying, source), place(proxying, target), "tcp", 8501)
        assert found.passes
        assert {"the balancer's health checks" in hop.says for hop in found.hops[-3:]} == {True}


def test_without_a_gateway_the_client_network_has_no_way_out(orders: Topology) -> None:
    closed = replace(orders, gateways=())
    assert not trace(closed, place(closed, "broker-a"), place(closed, "internet"), "tcp", 443).passes


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("brokr-a", "did you mean orders-broker-a?"),
        ("orders-consl", "did you mean orders-consul?"),
        ("intrnet", "did you mean internet?"),
        ("300.1.2.3", "it knows: "),
        ("100.80.80.80", "as root only"),
    ],
)
def test_an_unknown_place_is_refused_with_the_nearest(orders: Topology, name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        place(orders, name)
    assert caught.value.code == "trace.place"
    assert hint in caught.value.hint
