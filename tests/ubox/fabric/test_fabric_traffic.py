"""What the networks of a region do, proven by real traffic between real machines."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ubox.fabric import exec_in_host
from ubox.fabric.commands import run
from ubox.fabric.names import Names
from ubox.fabric.namespaces import inside
from ubox.world import Balancer, Firewall, World

if TYPE_CHECKING:
    from tests.ubox.fabric import fabric_region as parts
else:
    import fabric_region as parts

call, echo = parts.call, parts.echo
FRONT, PROXY, PROXY_CALLS_FROM = parts.FRONT, parts.PROXY, parts.PROXY_CALLS_FROM
REFUSED, SILENCE = parts.REFUSED, parts.SILENCE
pytestmark = pytest.mark.box
NAMES = ("bastion", "a", "b", "c")
HTTP = 80


class Region:
    def __init__(self, box: parts.Box) -> None:
        self.box = box
        self.world = parts.full_world(box.internet)
        self.eip, self.gateway_eip = (eip.address for eip in self.world.eips)
        self.address = {host.name: host.address for host in self.world.hosts}

    def ns(self, name: str) -> str:
        return parts.namespace_of(self.box.folder, name)

    def be(self, world: World) -> None:
        self.box.fabric.converge(world)

    def balance(self, *changed: Balancer) -> None:
        """The region as ever, but these balancers as given."""
        by_id = {each.id: each for each in (*self.world.balancers, *changed)}
        self.be(replace(self.world, balancers=tuple(by_id.values())))


@pytest.fixture(scope="module")
def running(make_box: Callable[[str], parts.Box]) -> Iterator[Region]:
    region = Region(make_box("traffic"))
    region.box.start(region.world)
    try:
        with ExitStack() as servers:
            for name in NAMES:
                servers.enter_context(echo(region.ns(name), name))
            for name in ("a", "b"):
                run(["ip", "-n", region.ns(name), "addr", "add", f"{FRONT}/32", "dev", "lo"])
            for listener in ("front", "proxy"):
                for name in ("a", "b"):
                    region.box.reports.wait("health", f"backend-{listener}-{name}", True)
            yield region
    finally:
        region.box.fabric.stop()


@pytest.fixture
def region(running: Region) -> Iterator[Region]:
    """The region as `full_world` says, whatever the test before made of it."""
    yield running
    running.be(running.world)


def test_hosts_of_a_vpc_reach_each_other_and_see_the_callers_own_address(region: Region) -> None:
    assert call(region.ns("a"), region.address["b"]) == f"b {region.address['a']}"


def test_an_eip_without_a_rule_is_silent_and_with_one_answers(region: Region) -> None:
    machine = f"{region.box.internet.rpartition('.')[0]}.1"
    assert call(None, region.eip) == f"bastion {machine}"
    closed = Firewall(id="firewall-bastion", rules=())
    region.be(replace(region.world, firewalls=(closed,)))
    assert call(None, region.eip) == SILENCE


def test_a_firewall_filters_by_source_and_lets_a_higher_priority_decide(region: Region) -> None:
    (rule,) = region.world.firewalls[0].rules
    strangers = replace(rule, sources=("203.0.113.0/24",))
    region.be(replace(region.world, firewalls=(Firewall(id="firewall-bastion", rules=(strangers,)),)))
    assert call(None, region.eip) == SILENCE
    refusal = replace(rule, accept=False, priority=0)
    region.be(replace(region.world, firewalls=(Firewall(id="firewall-bastion", rules=(rule, refusal)),)))
    assert call(None, region.eip) == SILENCE


def test_a_vpc_reaches_the_internet_only_through_its_gateway_and_is_seen_with_its_eip(region: Region) -> None:
    api = f"{region.box.internet.rpartition('.')[0]}.2"
    with echo(Names.of(region.box.folder).internet, "internet", 7001):
        assert call(region.ns("a"), api, 7001) == f"internet {region.gateway_eip}"
        assert call(region.ns("bastion"), api, 7001) == f"internet {region.eip}"
        region.be(replace(region.world, gateways=(), eips=()))
        assert call(region.ns("a"), api, 7001) == SILENCE


def test_hosts_reach_an_eip_of_another_vpc_through_the_internet(region: Region) -> None:
    assert call(region.ns("a"), region.eip) == f"bastion {region.gateway_eip}"


def test_nothing_on_the_internet_can_call_this_machine(region: Region) -> None:
    machine = f"{region.box.internet.rpartition('.')[0]}.1"
    with socket.create_server((machine, 7002)):
        assert call(region.ns("a"), machine, 7002) == SILENCE


def test_the_internet_cant_call_what_is_behind_a_gateway(region: Region) -> None:
    assert call(None, region.gateway_eip) == SILENCE


def test_the_boxs_api_can_listen_on_the_internet(region: Region) -> None:
    api = f"{region.box.internet.rpartition('.')[0]}.2"
    with region.box.fabric.listen_on_internet(7003):
        assert call(region.ns("a"), api, 7003) == SILENCE  # connected, and nobody writes
        assert call(region.ns("a"), api, 7004) == REFUSED


def test_vpcs_reach_each_other_only_through_peering(region: Region) -> None:
    assert call(region.ns("a"), region.address["bastion"]) == f"bastion {region.address['a']}"
    assert call(region.ns("bastion"), FRONT).endswith(region.address["bastion"])
    region.be(replace(region.world, peerings=()))
    assert call(region.ns("a"), region.address["bastion"]) == SILENCE


def test_a_balancer_spreads_connections_and_keeps_the_clients_address(region: Region) -> None:
    answers = {call(region.ns("c"), FRONT) for _ in range(6)}
    assert answers == {f"a {region.address['c']}", f"b {region.address['c']}"}


def test_a_backend_that_calls_its_balancer_reaches_itself(region: Region) -> None:
    assert {call(region.ns("a"), FRONT).partition(" ")[0] for _ in range(4)} == {"a"}


def test_a_backend_without_the_balancers_address_gets_nothing_through_it(region: Region) -> None:
    run(["ip", "-n", region.ns("b"), "addr", "del", f"{FRONT}/32", "dev", "lo"])
    try:
        assert {call(region.ns("c"), FRONT) for _ in range(4)} == {f"a {region.address['c']}", SILENCE}
        assert {call(region.ns("c"), PROXY, HTTP).partition(" ")[0] for _ in range(4)} == {"a", "b"}
    finally:
        run(["ip", "-n", region.ns("b"), "addr", "add", f"{FRONT}/32", "dev", "lo"])


def test_by_source_a_client_keeps_its_backend(region: Region) -> None:
    for balancer in region.world.balancers:
        (listener,) = balancer.listeners
        region.balance(replace(balancer, listeners=(replace(listener, method="Source"),)))
        assert len({call(region.ns("c"), balancer.address, listener.port) for _ in range(4)}) == 1


def test_a_udp_balancer_pings_its_backends_and_keeps_the_clients_address(region: Region) -> None:
    front = region.world.balancers[0]
    a = region.world.hosts[1]
    backend = parts.backend(a, "names")
    names = replace(front.listeners[0], id="vserver-names", protocol="udp", backends=(backend,))
    region.balance(replace(front, listeners=(*front.listeners, names)))
    region.box.reports.wait("health", backend.id, True)
    with inside(region.ns("a")):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((FRONT, parts.PORT))
    with inside(region.ns("c")):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with server, client:
        server.settimeout(5)
        client.settimeout(5)
        client.sendto(b"who?", (FRONT, parts.PORT))
        question, caller = server.recvfrom(100)
        assert (question, caller[0]) == (b"who?", region.address["c"])
        server.sendto(b"a", caller)
        assert client.recvfrom(100) == (b"a", (FRONT, parts.PORT))


def test_a_proxy_shows_backends_its_own_address(region: Region) -> None:
    assert {call(region.ns("c"), PROXY, HTTP) for _ in range(4)} == {
        f"a {PROXY_CALLS_FROM}",
        f"b {PROXY_CALLS_FROM}",
    }


def test_a_proxy_serves_its_own_backends(region: Region) -> None:
    assert {call(region.ns("a"), PROXY, HTTP) for _ in range(4)} == {
        f"a {PROXY_CALLS_FROM}",
        f"b {PROXY_CALLS_FROM}",
    }


def test_a_balancers_address_answers_ping(region: Region) -> None:
    for address in (FRONT, PROXY):
        assert exec_in_host(region.box.folder, "uhost-c", ["ping", "-c1", "-W2", address]).returncode == 0


def test_a_disabled_backend_gets_no_new_connections(region: Region) -> None:
    front = region.world.balancers[0]
    (listener,) = front.listeners
    first, second = listener.backends
    paused = replace(listener, backends=(first, replace(second, enabled=False)))
    region.balance(replace(front, listeners=(paused,)))
    assert {call(region.ns("c"), FRONT) for _ in range(4)} == {f"a {region.address['c']}"}


def test_a_host_cant_send_from_an_address_that_isnt_its_own(region: Region) -> None:
    forged = "10.81.0.99"
    run(["ip", "-n", region.ns("a"), "addr", "add", f"{forged}/32", "dev", "lo"])
    assert call(region.ns("a"), region.address["b"], source=forged) == SILENCE
    # A balancer's address is for answers alone, even where the host may answer from it.
    assert call(region.ns("a"), region.address["c"], source=FRONT) == SILENCE
    assert call(region.ns("a"), region.address["b"], source=region.address["a"]).startswith("b ")


def test_a_zone_that_is_cut_off_reaches_nothing_outside_and_the_rest_goes_on(region: Region) -> None:
    region.be(replace(region.world, faults=("zone-cut:box-02",)))
    region.box.reports.wait("health", "backend-front-b", False)
    assert call(region.ns("a"), region.address["b"]) == SILENCE
    assert call(region.ns("b"), region.address["a"]) == SILENCE
    assert call(region.ns("b"), PROXY, HTTP) == SILENCE
    assert call(region.ns("a"), region.address["bastion"]) == f"bastion {region.address['a']}"
    assert {call(region.ns("c"), FRONT) for _ in range(4)} == {f"a {region.address['c']}"}
    region.box.reports.forget()
    region.be(region.world)
    assert call(region.ns("a"), region.address["b"]) == f"b {region.address['a']}"
    region.box.reports.wait("health", "backend-front-b", True)
    region.box.reports.wait("health", "backend-proxy-b", True)


def test_metadata_and_user_data_go_to_their_own_host_alone(region: Region) -> None:
    for name in ("bastion", "a"):
        ask = ["curl", "-sS", "-m", "3", "http://100.80.80.80/user-data"]
        given = exec_in_host(region.box.folder, f"uhost-{name}", ask).stdout
        assert given == f"#!/bin/sh\necho the first boot of {name}\n"
        ask[-1] = "http://100.80.80.80/meta-data/v1/instance-id"
        assert exec_in_host(region.box.folder, f"uhost-{name}", ask).stdout == f"uhost-{name}"


def test_a_dead_backend_is_a_black_hole_and_the_balancer_still_answers(region: Region) -> None:
    region.box.reports.forget()
    dead = tuple(replace(h, power="cut") if h.name == "b" else h for h in region.world.hosts)
    with_dead = replace(region.world, hosts=dead)
    region.be(with_dead)
    region.box.reports.wait("stopped", "uhost-b", "its power was cut")
    assert call(region.ns("a"), region.address["b"]) == SILENCE
    region.box.reports.wait("health", "backend-front-b", False)
    region.box.reports.wait("health", "backend-proxy-b", False)
    assert {call(region.ns("c"), FRONT) for _ in range(4)} == {f"a {region.address['c']}"}
    assert {call(region.ns("c"), PROXY, HTTP) for _ in range(4)} == {f"a {PROXY_CALLS_FROM}"}
