"""A VPC's nftables ruleset, as text. Pure, and the same text for the same world.

The story of a packet, hook by hook: it must bear its sender's own address; a balancer may choose a backend
for it; an EIP is turned into its host's address; it is let through or not; what leaves for the internet takes
a public address. An EIP of a balancer leads nowhere: only inner balancers are made real.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from ipaddress import IPv4Network, collapse_addresses

from ubox.fabric.addresses import METADATA, PROBES
from ubox.fabric.balancing import choices
from ubox.fabric.names import host_port
from ubox.fabric.nftables import chain, elements, named_map, named_set, table
from ubox.world import Firewall, Gateway, Host, Rule, World


def internet_rules() -> str:
    """The internet carries everything, but nothing on it may call this machine, and nobody answers for an
    address that is nobody's.
    """
    rules = ["ct state established,related accept", 'oifname { "machine", "void" } drop']
    return table([chain("forward", rules, "filter forward filter accept")])


def vpc_rules(world: World, vpc: str, healthy: Collection[str]) -> str:
    """The ruleset of that VPC's namespace; `healthy` are the ids of backends that pass their checks."""
    hosts = [host for host in world.hosts if host.vpc == vpc]
    gateways = [gateway for gateway in world.gateways if gateway.vpc == vpc]
    return table([
        *_sender(world, vpc, hosts),
        *_balancers(world, vpc, healthy),
        *_public_addresses(world, hosts, gateways),
        *_firewalls(world, hosts, gateways),
        *_passage(world, vpc, hosts, gateways),
        *_leave(world, hosts, gateways),
    ])  # fmt: skip


def _sender(world: World, vpc: str, hosts: list[Host]) -> Iterator[str]:
    """A host sends from its own address; a backend also answers from its balancer's, and only answers."""
    ports = {host.id: f'"{host_port(host.id)}"' for host in hosts}
    yield named_set("own", "ifname . ipv4_addr", (f"{ports[host.id]} . {host.address}" for host in hosts))
    yield named_set("answers", "ifname . ipv4_addr", (
        f"{ports[backend.host]} . {balancer.address}"
        for balancer in world.balancers if balancer.vpc == vpc and balancer.mode == "PacketsTransmit"
        for listener in balancer.listeners
        for backend in listener.backends if backend.enabled and backend.host in ports
    ))  # fmt: skip
    yield chain("sender", [
        "iifname . ip saddr @own return",
        "ct state established ct direction reply iifname . ip saddr @answers return",
        "drop",
    ])  # fmt: skip


def _balancers(world: World, vpc: str, healthy: Collection[str]) -> Iterator[str]:
    """A connection keeps the backend that it was given."""
    ours = [balancer for balancer in world.balancers if balancer.vpc == vpc]
    made = [choice for balancer in ours for choice in choices(balancer, healthy)]
    for choice in made:
        yield chain(choice.chain, choice.rules)
    key = "ipv4_addr . inet_proto . inet_service : verdict"
    yield named_map("transmitted", key, (f"{c.key} : jump {c.chain}" for c in made if not c.rewrites))
    yield named_map("proxied", key, (f"{c.key} : jump {c.chain}" for c in made if c.rewrites))
    yield named_map("proxies", "ipv4_addr : ipv4_addr", (
        f"{each.address} : {each.proxy_address}" for each in ours if each.proxy_address
    ))  # fmt: skip
    yield named_set("balancers", "ipv4_addr", (balancer.address for balancer in ours))
    yield chain("arrive", [
        'iifname "h-*" jump sender',
        "ct state new ip daddr . meta l4proto . th dport vmap @transmitted",
        "ct direction original ct mark != 0 meta mark set ct mark",
    ], "filter prerouting mangle accept")  # fmt: skip


def _public_addresses(world: World, hosts: list[Host], gateways: list[Gateway]) -> Iterator[str]:
    """An EIP becomes its host's address. A ping to a balancer or a gateway is answered by the VPC itself."""
    own = {host.id: host.address for host in hosts}
    shared = {eip for gateway in gateways for eip in gateway.eips}
    yield named_map("eips", "ipv4_addr : ipv4_addr", (
        f"{eip.address} : {own[eip.target]}"
        for eip in world.eips if eip.target_kind == "uhost" and eip.target in own
    ))  # fmt: skip
    yield named_set("gateways", "ipv4_addr", (eip.address for eip in world.eips if eip.id in shared))
    yield chain("translate", [
        f"ip daddr @balancers icmp type echo-request dnat ip to {METADATA}",
        f'iifname "wan" ip daddr @gateways icmp type echo-request dnat ip to {METADATA}',
        "ip daddr . meta l4proto . th dport vmap @proxied",
        'iifname "wan" dnat ip to ip daddr map @eips',
    ], "nat prerouting dstnat accept")  # fmt: skip


def _firewalls(world: World, hosts: list[Host], gateways: list[Gateway]) -> Iterator[str]:
    """Only what comes from the internet is filtered. An address without a firewall takes nothing."""
    guards = {("uhost", host.id): host.firewall for host in hosts}
    guards |= {("natgw", gateway.id): gateway.firewall for gateway in gateways}
    guarded = {
        eip.address: guard
        for eip in world.eips
        if (guard := guards.get((eip.target_kind or "", eip.target or "")))
    }
    for firewall in world.firewalls:
        if firewall.id in guarded.values():
            yield chain(f"guard-{firewall.id}", _firewall(firewall))
    yield named_map("guards", "ipv4_addr : verdict", (
        f"{address} : goto guard-{guard}" for address, guard in guarded.items()
    ))  # fmt: skip


def _firewall(firewall: Firewall) -> Iterator[str]:
    for rule in sorted(firewall.rules, key=lambda rule: rule.priority):
        yield _firewall_rule(rule)
    yield "drop"


def _firewall_rule(rule: Rule) -> str:
    source = "" if "0.0.0.0/0" in rule.sources else f"ip saddr {elements(_merged(rule.sources))} "
    if rule.ports:
        what = f"{rule.protocol} dport {rule.ports[0]}-{rule.ports[1]}"
    else:
        what = f"ip protocol {rule.protocol}"
    return f"{source}{what} {'accept' if rule.accept else 'drop'}"


def _merged(sources: Collection[str]) -> Iterator[str]:
    """nftables takes no range twice."""
    return map(str, collapse_addresses(IPv4Network(source, strict=False) for source in sources))


def _passage(world: World, vpc: str, hosts: list[Host], gateways: list[Gateway]) -> Iterator[str]:
    """Hosts reach each other and those of a peered VPC; nothing passes from peer to peer."""
    subnets = {subnet.id: subnet.cidr for subnet in world.subnets}
    outward = [
        subnets[each]
        for gateway in gateways if gateway.eips
        for each in gateway.subnets if each in subnets
    ]  # fmt: skip
    cuts = list(_cuts(world, vpc, hosts))
    yield chain("pass", [
        *(rule for rules, _ in cuts for rule in rules),
        "ct state invalid drop",
        "ct state established,related accept",
        'iifname "wan" oifname "wan" drop',
        'iifname "wan" ct original ip daddr vmap @guards',
        'iifname "wan" drop',
        'oifname "wan" ip saddr @with_eip accept',
        *(f'oifname "wan" ip saddr {cidr} accept' for cidr in outward),
        'oifname "wan" drop',
        'iifname "h-*" oifname "h-*" accept',
        'iifname "h-*" oifname "p-*" accept',
        'iifname "p-*" oifname "h-*" accept',
    ], "filter forward filter drop")  # fmt: skip
    yield chain("reach", [
        "ct state established,related accept",
        'iifname "wan" ct original ip daddr vmap @guards',
        'iifname "wan" drop',
    ], "filter input filter accept")  # fmt: skip
    yield chain("check", (check for _, check in cuts), "filter output filter accept")


def _cuts(world: World, vpc: str, hosts: list[Host]) -> Iterator[tuple[list[str], str]]:
    """For each zone that is cut off: the rules for what passes, and the one for health checks."""
    near = {vpc} | {end for pair in world.peerings if vpc in (pair.a, pair.b) for end in (pair.a, pair.b)}
    for fault in world.faults:
        kind, _, zone = fault.partition(":")
        ports = [f'"{host_port(host.id)}"' for host in hosts if host.zone == zone]
        if kind != "zone-cut" or not ports:
            continue
        here = elements(ports)
        members = elements(host.address for host in world.hosts if host.zone == zone and host.vpc in near)
        # A balancer stands outside every zone, and what was sent to one never stayed inside.
        yield (
            [
                f"oifname {here} ip saddr != {members} drop",
                f"iifname {here} ip daddr != {members} drop",
                f"iifname {here} ct original ip daddr != {members} drop",
            ],
            f"oifname {here} ip saddr {PROBES} drop",
        )


def _leave(world: World, hosts: list[Host], gateways: list[Gateway]) -> Iterator[str]:
    """Out with the host's own EIP, else with one of its gateway's; a proxy calls from its own address."""
    public = {eip.id: eip.address for eip in world.eips}
    own = {host.id: host.address for host in hosts}
    subnets = {subnet.id: subnet.cidr for subnet in world.subnets}
    firsts = {
        own[eip.target]: eip.address
        for eip in reversed(world.eips)
        if eip.target_kind == "uhost" and eip.target in own
    }
    yield named_set("with_eip", "ipv4_addr", firsts)
    yield named_map("eip_of", "ipv4_addr : ipv4_addr", (f"{host} : {eip}" for host, eip in firsts.items()))
    rules = ["snat ip to ct original ip daddr map @proxies", 'oifname "wan" snat ip to ip saddr map @eip_of']
    for gateway in gateways:
        slots = ", ".join(f"{number} : {public[eip]}" for number, eip in enumerate(gateway.eips))
        choice = f"jhash ip saddr mod {len(gateway.eips)} map {{ {slots} }}"
        for subnet in gateway.subnets:
            if gateway.eips and subnet in subnets:
                rules.append(f'oifname "wan" ip saddr {subnets[subnet]} snat ip to {choice}')
    yield chain("leave", rules, "nat postrouting srcnat accept")
