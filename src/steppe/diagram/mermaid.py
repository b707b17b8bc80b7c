"""A topology as Mermaid text (mermaid.js.org/syntax/flowchart), for pages that draw it themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from steppe.diagram.drawing import Health
from steppe.topology import names
from steppe.topology.model import Network, Role, Topology


def mermaid(topology: Topology, healths: Mapping[str, Health] | None = None) -> str:
    """A flowchart: networks and zones as subgraphs, one node for each role in a zone."""
    return "\n".join(_lines(topology, healths or {})) + "\n"


def _lines(topology: Topology, seen: Mapping[str, Health]) -> Iterator[str]:
    yield "flowchart TB"
    for network in topology.networks:
        yield f'  subgraph {network.key}["{_text(f"{network.vpc_name} {network.cidr}")}"]'
        yield from _network(topology, network, seen)
        yield "  end"
    for host in topology.by_role(Role.BASTION):
        yield f"  operators([operators]) -- SSH --> {_id(host.name)}"
    for gateway in topology.gateways:
        yield f"  {_id(gateway.name)} --> internet([internet])"
    for peering in topology.peerings:
        name = names.peering(topology.network(peering.a).vpc_name, topology.network(peering.b).vpc_name)
        yield f"  {peering.a} <-- {_signed('peering', name, seen)} --> {peering.b}"
    for (key, vpc), peer in {(peer.network, peer.vpc_id): peer for peer in topology.peers}.items():
        ranges = "".join(f"<br/>{each}" for each in peer.ranges)
        yield f'  {_id(vpc)}(["{_named(vpc, seen)}{ranges}"]) <-- peering --> {key}'


def _network(topology: Topology, network: Network, seen: Mapping[str, Health]) -> Iterator[str]:
    for host in topology.by_role(Role.BASTION):
        if host.network == network.key:
            yield f'    {_id(host.name)}["{_named(host.name, seen)}"]'
    for gateway in topology.gateways:
        if gateway.network == network.key:
            yield f'    {_id(gateway.name)}["{_named(gateway.name, seen)}<br/>{_text(gateway.eip)}"]'
    for balancer in topology.balancers:
        if balancer.network == network.key:
            ports = ", ".join(str(listener.port) for listener in balancer.listeners)
            yield f'    {_id(balancer.name)}{{{{"{_named(balancer.name, seen)}<br/>{ports}"}}}}'
    for zone in topology.zones:
        inside = [h for h in topology.hosts if h.network == network.key and h.zone == zone]
        roles = [role for role in Role if role is not Role.BASTION and any(h.role is role for h in inside)]
        if not roles:
            continue
        yield f'    subgraph {network.key}_{zone.letter}["zone {zone.letter} {_text(zone.name)}"]'
        for role in roles:
            names = [_named(host.name, seen) for host in inside if host.role is role]
            shown = names if len(names) <= 3 else [f"{names[0]} … {names[-1]}", f"{len(names)} hosts"]
            yield f'      {role}_{zone.letter}["{"<br/>".join(shown)}"]'
        yield "    end"
        for balancer in topology.balancers:
            if balancer.role in roles:
                yield f"    {_id(balancer.name)} --> {balancer.role}_{zone.letter}"


def _named(name: str, seen: Mapping[str, Health]) -> str:
    return _signed(name, name, seen)


def _signed(text: str, name: str, seen: Mapping[str, Health]) -> str:
    return f"{_text(text)} {seen[name].sign}" if name in seen else _text(text)


def _id(name: str) -> str:
    return "n_" + "".join(character if character.isalnum() else "_" for character in name)


def _text(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
