"""Which way a flow takes through the cluster's networks, and where it is stopped. From the topology alone.

1. The road: within a VPC, over a peering, through a gateway, or to a public address. Peerings carry what is
   of the two VPCs themselves, and nothing further.
2. What stands in it: the cloud firewall of a public address, a balancer with its backends.
3. The host's own rules, from the table of flows; every backend's, when a balancer leads there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from steppe.topology.addresses import addresses
from steppe.topology.model import Balancer, FirewallRule, Flow, Host, Network, Peer, Role, Topology
from steppe.topology.places import Place

_HEALTH_CHECKS = "health-checks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    at: str
    says: str
    passes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    hops: tuple[Hop, ...]
    """In order; the last one stops it, or is where it arrives."""

    @property
    def passes(self) -> bool:
        return all(hop.passes for hop in self.hops)


def trace(topology: Topology, source: Place, target: Place, protocol: str, port: int) -> Trace:
    """The way from `source` to `target`; `protocol` is `tcp`, `udp` or `icmp`, whose `port` is 0."""
    hops: list[Hop] = []
    for hop in _hops(topology, source, target, protocol, port):
        hops.append(hop)
        if not hop.passes:
            break
    return Trace(hops=tuple(hops))


def _hops(topology: Topology, source: Place, target: Place, protocol: str, port: int) -> Iterator[Hop]:
    if source.host is not None and source.host == target.host:
        yield _on(source.label, "asks itself, over its own loopback: no rule is in the way")
        return
    if source.host is not None:
        yield _on(source.label, "its own rules let it ask anywhere")
    if source.host is not None and target.balancer is not None and _holds(source.host, target.balancer):
        yield _on(source.label, f"holds the address of {target.balancer.name} itself, and answers itself")
        return
    yield from _road(topology, source, target, protocol, port)
    if target.balancer is not None:
        yield from _balanced(topology, source, target.balancer, protocol, port)
    elif target.host is not None:
        yield _let_in(topology, source, target.host, protocol, port)
    else:
        yield _on(target.label, "is not the cluster's: its own rules decide")


def _holds(host: Host, balancer: Balancer) -> bool:
    return balancer.name in host.balancers


def _road(topology: Topology, source: Place, target: Place, protocol: str, port: int) -> Iterator[Hop]:
    """From network to network."""
    home, away = source.network, target.network
    if home is not None and away is not None:
        yield _between(topology, home, away)
    elif source.peer is not None and away is not None:
        yield _from_peer(topology, source.peer, away)
    elif home is not None and target.peer is not None:
        yield _to_peer(topology, home, target.peer)
    elif source.peer is not None or target.peer is not None:
        yield _off("the internet", "a peer's VPC and this place have no road that the cluster knows of")
    elif home is not None:
        yield _outward(topology, source, home)
    elif away is not None:
        yield from _inward(topology, source, target, protocol, port)
    else:
        yield _off("the internet", "both ends are outside of the cluster")


def _between(topology: Topology, home: Network, away: Network) -> Hop:
    if home == away:
        return _on(home.vpc_name, "both ends are in this VPC")
    pairs = [{peering.a, peering.b} for peering in topology.peerings]
    if {home.key, away.key} in pairs:
        return _on(f"{home.vpc_name} and {away.vpc_name}", "these VPCs are peered")
    return _off(home.vpc_name, f"is not peered with {away.vpc_name}")


def _from_peer(topology: Topology, peer: Peer, away: Network) -> Hop:
    joined = topology.network(peer.network)
    if joined == away:
        return _on(f"{peer.vpc_id} and {away.vpc_name}", "these VPCs are peered")
    return _off(
        f"{peer.vpc_id} and {joined.vpc_name}",
        f"are peered, and a peering leads no further: there is no road to {away.vpc_name}",
    )


def _to_peer(topology: Topology, home: Network, peer: Peer) -> Hop:
    joined = topology.network(peer.network)
    if joined == home:
        return _on(f"{home.vpc_name} and {peer.vpc_id}", "these VPCs are peered")
    return _off(home.vpc_name, f"is not peered with {peer.vpc_id}; {joined.vpc_name} is")


def _outward(topology: Topology, source: Place, home: Network) -> Hop:
    if source.host is not None and source.host.eip is not None:
        return _on(source.host.eip, "it goes out with its own public address")
    for gateway in topology.gateways:
        if gateway.network == home.key:
            return _on(gateway.name, f"leads out, and is seen as {gateway.eip}")
    return _off(home.vpc_name, "has no gateway, and so no way out (network.nat)")


def _inward(topology: Topology, source: Place, target: Place, protocol: str, port: int) -> Iterator[Hop]:
    if topology.access == "direct" and _is_operator(topology, source):
        yield _on("access.from", "lies inside or beside the network (access.mode direct)")
        return
    host = target.host
    if host is None or host.eip is None:
        yield _off(target.label, "has no public address")
        return
    yield _on(host.eip, f"is the public address of {host.name}")
    for firewall in topology.firewalls:
        if firewall.name == host.firewall:
            yield _filtered(firewall.name, firewall.rules, source, protocol, port)


def _filtered(name: str, rules: tuple[FirewallRule, ...], source: Place, protocol: str, port: int) -> Hop:
    for rule in rules:
        if (
            rule.action == "ACCEPT"
            and rule.protocol.lower() == protocol
            and (not rule.ports or _within(rule.ports, port))
            and source.address is not None
            and source.address in IPv4Network(rule.source)
        ):
            return _on(name, f"lets it in: {rule.remark or rule.source}")
    return _off(name, "this cloud firewall has no rule for it")


def _within(ports: str, port: int) -> bool:
    first, _, last = ports.partition("-")
    return int(first) <= port <= int(last or first)


def _balanced(
    topology: Topology, source: Place, balancer: Balancer, protocol: str, port: int
) -> Iterator[Hop]:
    ports = [listener.port for listener in balancer.listeners]
    if protocol != "tcp" or port not in ports:
        heard = ", ".join(map(str, ports))
        yield _off(balancer.name, f"takes TCP on {heard} only, and forwards nothing else")
        return
    if balancer.mode == "RequestProxy":
        seen = "from addresses of the cloud's own (RequestProxy)"
    else:
        seen = "with the caller's address (PacketsTransmit)"
    yield _on(balancer.name, f"leads to whichever lives of {', '.join(balancer.backends)}, {seen}")
    for name in balancer.backends:
        host = topology.host(name)
        if balancer.mode == "RequestProxy":
            yield _judged(topology, host, protocol, port, lambda flow: flow.source == _HEALTH_CHECKS)
        else:
            yield _let_in(topology, source, host, protocol, port, by_balancer=True)


def _let_in(
    topology: Topology, source: Place, host: Host, protocol: str, port: int, *, by_balancer: bool = False
) -> Hop:
    def names(flow: Flow) -> bool:
        return (by_balancer or not flow.by_balancer) and _is_of(topology, source, flow)

    if source.peer is not None and host.role is Role.BASTION:
        return _off(host.name, "peers have no way in by the bastion")
    return _judged(topology, host, protocol, port, names)


def _judged(topology: Topology, host: Host, protocol: str, port: int, names: Callable[[Flow], bool]) -> Hop:
    for flow in topology.flows:
        at_port = protocol == "icmp" or any(first <= port <= last for first, last in flow.ports)
        if flow.destination is host.role and flow.protocol == protocol and at_port and names(flow):
            return _on(host.name, f"its rules let it in: {flow.why}")
    what = "a ping" if protocol == "icmp" else f"{protocol} {port}"
    return _off(host.name, f"its rules (nftables) have none for {what} from there, and drop it")


def _is_of(topology: Topology, source: Place, flow: Flow) -> bool:
    """Whether the flow's source takes in this one, as `steppe.machine.firewall` writes it."""
    kind, _, key = flow.source.partition(":")
    if kind == "peers":
        return source.peer is not None and source.peer.side == key
    if source.address is None or kind == _HEALTH_CHECKS:
        return False
    if kind == "operators":
        if flow.destination is Role.BASTION:
            return _outside(topology, source.address)
        return _is_operator(topology, source)
    if kind == "network":
        return any(source.address in each for each in topology.network(key).ranges)
    role = Role(flow.source)
    first, last = addresses(topology.home(role), role)
    return first <= source.address <= last


def _is_operator(topology: Topology, source: Place) -> bool:
    return source.address is not None and any(source.address in each for each in topology.operators)


def _outside(topology: Topology, address: IPv4Address) -> bool:
    return not any(address in each for network in topology.networks for each in network.ranges)


def _on(at: str, says: str) -> Hop:
    return Hop(at=at, says=says, passes=True)


def _off(at: str, says: str) -> Hop:
    return Hop(at=at, says=says, passes=False)
