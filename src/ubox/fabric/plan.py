"""The networks of a world as a list of what must be in the kernel. Pure: nothing is made here.

A VPC is a namespace that routes. Each host has a cable of its own to it and a /32 route, and the VPC answers
ARP for everything else (`proxy_arp`), so every packet passes its rules, and hosts keep the mask of their
subnet. Whatever has no host behind it is routed into `void`, a bridge without ports, so that an absent host
is a black hole and not an error message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network

from ubox.fabric.addresses import METADATA, PROBE, WAN, mark, nth
from ubox.fabric.names import Names, host_port, peer_port, wan_port
from ubox.fabric.rules import internet_rules, vpc_rules
from ubox.world import Host, Peering, Vpc, World

VOID = "void"
MACHINE = ""
"""In the place of a namespace's name: this machine's own."""
_BALANCED_FIRST = 100
"""Preference of the rules that lead balanced packets to their backend: before the main table's 32766."""

Line = tuple[str, str]
"""A namespace, and what an `ip … add` there is given, such as `route 10.81.0.0/20 dev p-abc`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cable:
    """A veth pair; `here` and `there` are a namespace and an interface's name each."""

    here: tuple[str, str]
    there: tuple[str, str]
    mac: str | None = None
    """Of the interface there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    namespaces: Mapping[str, str]
    """Each namespace with its kind: `vpc`, `host` or `internet`."""
    cables: frozenset[Cable]
    lines: frozenset[Line]
    rules: Mapping[str, str]
    """Each routing namespace with its nftables ruleset."""

    @property
    def interfaces(self) -> frozenset[tuple[str, str]]:
        return frozenset(end for cable in self.cables for end in (cable.here, cable.there))


def networks(
    names: Names, world: World, internet: str, *, plugged: Collection[str], healthy: Collection[str]
) -> Plan:
    """What must be in the kernel for that world.

    `internet`: the box's /24. `plugged`: ids of the hosts that have power, and so a cable.
    `healthy`: ids of the backends that pass their checks.
    """
    hosts = [host for host in world.hosts if host.id in plugged]
    namespaces = {names.internet: "internet"}
    namespaces |= {names.vpc(vpc.id): "vpc" for vpc in world.vpcs}
    namespaces |= {names.host_namespace(host.id): "host" for host in hosts}
    cables = {_uplink(names)}
    lines = set(_uplink_lines(names, internet))
    for vpc in world.vpcs:
        lines |= {(names.vpc(vpc.id), line) for line in _vpc_lines(world, vpc)}
        if eips := _eips(world, vpc.id):
            cables.add(Cable(here=(names.internet, wan_port(vpc.id)), there=(names.vpc(vpc.id), "wan")))
            lines |= set(_wan_lines(names, vpc, eips, internet))
    for peering in world.peerings:
        cables.add(
            Cable(here=(names.vpc(peering.a), peer_port(peering.b)),
                  there=(names.vpc(peering.b), peer_port(peering.a)))
        )  # fmt: skip
        lines |= set(_peering_lines(names, world, peering))
    for host in hosts:
        cables.add(_host_cable(names, host))
        lines |= {(names.vpc(host.vpc), line) for line in _port_lines(host)}
        lines |= {(names.host_namespace(host.id), line) for line in _host_lines(world, host)}
    rules = {names.vpc(vpc.id): vpc_rules(world, vpc.id, healthy) for vpc in world.vpcs}
    rules[names.internet] = internet_rules()
    return Plan(namespaces=namespaces, cables=frozenset(cables), lines=frozenset(lines), rules=rules)


def _uplink(names: Names) -> Cable:
    """This machine's way onto the box's internet."""
    return Cable(here=(names.internet, "machine"), there=(MACHINE, names.uplink))


def _uplink_lines(names: Names, internet: str) -> Iterator[Line]:
    machine, api = nth(internet, 1), nth(internet, 2)
    yield names.internet, f"addr {api}/32 dev lo"
    yield names.internet, f"route {machine} dev machine"
    yield names.internet, f"route default dev {VOID}"
    yield MACHINE, f"addr {machine}/32 dev {names.uplink}"
    yield MACHINE, f"route {internet} via {api} dev {names.uplink} onlink src {machine}"


def _vpc_lines(world: World, vpc: Vpc) -> Iterator[str]:
    yield f"addr {METADATA}/32 dev lo"
    yield f"addr {PROBE}/32 dev lo"
    yield f"route default dev {VOID} metric 1000"
    for cidr in vpc.cidrs:
        yield f"route {cidr} dev {VOID}"
    for subnet in world.subnets:
        if subnet.vpc == vpc.id:
            yield f"addr {subnet.gateway}/32 dev lo"


def _wan_lines(names: Names, vpc: Vpc, eips: list[str], internet: str) -> Iterator[Line]:
    here = names.vpc(vpc.id)
    yield here, f"addr {WAN}/32 dev wan"
    yield here, f"route default via {nth(internet, 2)} dev wan onlink"
    for eip in eips:
        yield names.internet, f"route {eip} via {WAN} dev {wan_port(vpc.id)} onlink"


def _peering_lines(names: Names, world: World, peering: Peering) -> Iterator[Line]:
    for here, there in ((peering.a, peering.b), (peering.b, peering.a)):
        # ARP asks with its own port's address; the other VPC has the shared ones too and would not answer.
        for subnet in world.subnets:
            if subnet.vpc == here:
                yield names.vpc(here), f"addr {subnet.gateway}/32 dev {peer_port(there)}"
        for vpc in world.vpcs:
            if vpc.id == there:
                yield from ((names.vpc(here), f"route {cidr} dev {peer_port(there)}") for cidr in vpc.cidrs)


def _host_cable(names: Names, host: Host) -> Cable:
    return Cable(
        here=(names.vpc(host.vpc), host_port(host.id)),
        there=(names.host_namespace(host.id), "eth0"),
        mac=host.mac.lower(),
    )


def _port_lines(host: Host) -> Iterator[str]:
    port, table = host_port(host.id), mark(host.address)
    yield f"route {host.address} dev {port}"
    # A host that hangs must be silent: with its ARP entry fixed, nobody is ever told that it is unreachable.
    yield f"neigh {host.address} lladdr {host.mac.lower()} dev {port} nud permanent"
    yield f"route default via {host.address} dev {port} onlink table {table}"
    yield f"rule pref {_BALANCED_FIRST} fwmark {table:#x} lookup {table}"


def _host_lines(world: World, host: Host) -> Iterator[str]:
    subnet = next(subnet for subnet in world.subnets if subnet.id == host.subnet)
    yield f"addr {host.address}/{ip_network(subnet.cidr).prefixlen} dev eth0"
    yield f"route default via {subnet.gateway} dev eth0"


def _eips(world: World, vpc: str) -> list[str]:
    """The public addresses that lead into a VPC."""
    homes = {("uhost", host.id): host.vpc for host in world.hosts}
    homes |= {("natgw", gateway.id): gateway.vpc for gateway in world.gateways}
    return [eip.address for eip in world.eips if homes.get((eip.target_kind or "", eip.target or "")) == vpc]
