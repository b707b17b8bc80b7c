"""What the fabric would put into the kernel for a world: pure, so it needs neither root nor machines."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ubox.fabric.balancing import turns
from ubox.fabric.metadata import answer
from ubox.fabric.names import INTERFACE_LENGTH, Names, host_port, peer_port, wan_port
from ubox.fabric.plan import Plan, networks
from ubox.fabric.rules import vpc_rules
from ubox.world import Backend, Firewall, Rule, World

if TYPE_CHECKING:
    from tests.ubox.fabric import fabric_region as parts
else:
    import fabric_region as parts

NAMES = Names.of(Path("/var/lib/ubox/box"))
INTERNET = "198.18.7.0/24"
WORLD = parts.full_world(INTERNET)
EVERYONE = {host.id for host in WORLD.hosts}
CLIENT = NAMES.vpc(parts.CLIENT.id)


def plan(world: World = WORLD, plugged: set[str] = EVERYONE) -> Plan:
    return networks(NAMES, world, INTERNET, plugged=plugged, healthy=())


def test_names_come_from_the_folder_alone_and_differ_between_folders() -> None:
    assert Names.of(Path("/var/lib/ubox/../ubox/box")) == NAMES
    assert Names.of(Path("/var/lib/ubox/other")).prefix != NAMES.prefix


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=40))
def test_interface_names_fit_linux(tail: str) -> None:
    for name in (host_port(f"uhost-{tail}"), peer_port(f"uvnet-{tail}"), wan_port(f"uvnet-{tail}")):
        assert len(name) <= INTERFACE_LENGTH


def test_a_host_without_power_has_no_cable_and_no_namespace() -> None:
    without = plan(plugged=EVERYONE - {"uhost-a"})
    assert NAMES.host_namespace("uhost-a") in plan().namespaces.keys() - without.namespaces.keys()
    assert (CLIENT, "route 10.81.0.16 dev h-a") in plan().lines - without.lines
    # Its subnet leads into the void, so that it is a black hole.
    assert (CLIENT, "route 10.81.0.0/20 dev void") in without.lines


def test_every_line_belongs_to_a_namespace_and_to_an_interface_of_the_plan() -> None:
    made = plan()
    ports = {*made.interfaces, *((each, own) for each in made.namespaces for own in ("lo", "void"))}
    for namespace, line in made.lines:
        assert namespace == "" or namespace in made.namespaces
        words = line.split()
        if "dev" in words:
            assert (namespace, words[words.index("dev") + 1]) in ports, line


def test_the_same_world_in_another_order_gives_the_same_plan() -> None:
    turned = replace(WORLD, hosts=WORLD.hosts[::-1], vpcs=WORLD.vpcs[::-1], subnets=WORLD.subnets[::-1])
    assert plan(turned) == plan()


def test_a_vpc_without_a_public_address_has_no_way_out() -> None:
    alone = plan(replace(WORLD, eips=(), gateways=()))
    assert not any(interface == "wan" for _, interface in alone.interfaces)


def test_only_healthy_and_enabled_backends_serve() -> None:
    nobody = vpc_rules(WORLD, parts.CLIENT.id, ())
    one = vpc_rules(WORLD, parts.CLIENT.id, {"backend-front-a"})
    assert "chain serve-vserver-front {\n\t\tdrop\n" in nobody
    assert "numgen inc mod 1 map { 0 : 0x0a510010 }" in one
    elsewhere = parts.MANAGEMENT.id
    assert vpc_rules(WORLD, elsewhere, {"backend-front-a"}) == vpc_rules(WORLD, elsewhere, ())


def test_firewall_rules_come_by_priority_and_end_in_a_drop() -> None:
    ssh = Rule(protocol="tcp", ports=(22, 22), sources=("10.0.0.0/8", "10.1.0.0/16"), accept=True, priority=1)
    ping = Rule(protocol="icmp", ports=None, sources=("0.0.0.0/0",), accept=True, priority=2)
    never = Rule(protocol="tcp", ports=(22, 22), sources=("0.0.0.0/0",), accept=False, priority=0)
    rules = (ping, ssh, never)
    text = vpc_rules(
        replace(WORLD, firewalls=(Firewall(id="firewall-bastion", rules=rules),)), parts.MANAGEMENT.id, ()
    )
    assert (
        "\tchain guard-firewall-bastion {\n"
        "\t\ttcp dport 22-22 drop\n"
        "\t\tip saddr { 10.0.0.0/8 } tcp dport 22-22 accept\n"
        "\t\tip protocol icmp accept\n"
        "\t\tdrop\n"
    ) in text


def test_a_zone_that_is_cut_off_keeps_its_hosts_of_peered_vpcs() -> None:
    text = vpc_rules(replace(WORLD, faults=("zone-cut:box-01",)), parts.CLIENT.id, ())
    assert 'oifname { "h-a" } ip saddr != { 10.80.0.8, 10.81.0.16 } drop' in text
    assert 'oifname { "h-a" } ip saddr 100.64.0.0/10 drop' in text
    assert "100.64.0.0/10" not in vpc_rules(replace(WORLD, faults=("zone-cut:box-09",)), parts.CLIENT.id, ())


@given(st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_backends_take_turns_in_proportion_to_their_weights(weights: list[int]) -> None:
    backends = [
        Backend(id=str(n), host="h", address="10.0.0.1", port=1, enabled=True, weight=weight)
        for n, weight in enumerate(weights)
    ]
    counted = Counter(each.weight for each in turns(backends))
    share = {weight: count / (weight * weights.count(weight)) for weight, count in counted.items()}
    assert len({round(each, 9) for each in share.values()}) == 1
    assert counted.keys() == set(weights)


def test_metadata_can_be_read_whole_or_step_by_step() -> None:
    document = {"region": "box", "uhost": {"cpu": 2, "disks": [{"size": 20}]}}
    host = replace(WORLD.hosts[0], metadata=json.dumps(document))
    assert answer(host, "/user-data") == host.user_data
    assert json.loads(answer(host, "/meta-data/v1.json") or b"") == document
    assert answer(host, "/meta-data/latest/region") == b"box"
    assert answer(host, "/meta-data/latest/uhost") == b"cpu\ndisks"
    assert answer(host, "/meta-data/latest/uhost/cpu") == b"2"
    assert answer(host, "/meta-data/latest/uhost/disks/0/size") == b"20"
    assert answer(host, "/meta-data/latest/uhost/disks/1") is None
    assert answer(host, "/etc/passwd") is None
