"""From a topology to everything that the cluster consists of in the cloud, each with what it needs. Pure.

The order of dependencies: claim; VPCs, firewalls, EIPs, isolation groups; subnets, peering; balancers, NAT
gateway; listeners, hosts (which must know their balancers' addresses); backends, EIP bindings.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

from steppe import machine
from steppe.cloud.backend import BackendWant, backend_name
from steppe.cloud.balancer import BalancerWant
from steppe.cloud.binding import BindingWant
from steppe.cloud.claim import ClaimWant, claim_name
from steppe.cloud.eip import EipWant
from steppe.cloud.firewall import FirewallWant
from steppe.cloud.gateway import GatewayWant
from steppe.cloud.host import HostWant
from steppe.cloud.isolation import IsolationWant
from steppe.cloud.listener import ListenerWant
from steppe.cloud.peering import PeeringWant
from steppe.cloud.subnet import SubnetWant
from steppe.cloud.vpc import VpcWant
from steppe.control.secrets import Secrets
from steppe.engine.kind import Desired, Key, Scope, Want
from steppe.topology import names
from steppe.topology.model import Disk, FirewallRule, Host, Network, Topology


def desired(topology: Topology, secrets: Secrets) -> Desired:
    """Everything the cluster should consist of."""
    wants: list[Want] = [ClaimWant(name=claim_name(topology.cluster), owner=secrets.owner)]
    for part in (_networks, _public, _balancers):
        wants += part(topology)
    wants += [_host(topology, host, secrets) for host in topology.hosts]
    wants += _backends(topology)
    return Desired(scope=scope(topology), wants=tuple(wants))


def scope(topology: Topology) -> Scope:
    """What to look at in the region."""
    return Scope(
        cluster=topology.cluster,
        region=topology.region,
        zones=tuple(zone.name for zone in topology.zones),
        key_pairs=tuple(dict.fromkeys(host.key_pair for host in topology.hosts if host.key_pair)),
        preset=tuple(
            id
            for network in topology.networks
            if network.preset
            for id in (network.vpc_name, network.subnet_name)
        ),
    )


def _networks(topology: Topology) -> Iterator[Want]:
    for network in (network for network in topology.networks if not network.preset):
        yield VpcWant(name=network.vpc_name, cidr=str(network.cidr), needs=_claim(topology))
        yield SubnetWant(
            name=network.subnet_name,
            vpc=network.vpc_name,
            cidr=str(network.cidr),
            needs=(Key("vpc", network.vpc_name),),
        )
    for peering in topology.peerings:
        a, b = topology.network(peering.a).vpc_name, topology.network(peering.b).vpc_name
        yield PeeringWant(name=names.peering(a, b), a=a, b=b, needs=(Key("vpc", a), Key("vpc", b)))
    yield from _peers(topology)
    for group in topology.isolation_groups:
        yield IsolationWant(name=group, needs=_claim(topology))


def _peers(topology: Topology) -> Iterator[Want]:
    """In private mode one VPC may be a peer of both sides: that is one peering."""
    for (key, vpc_id), peer in {(peer.network, peer.vpc_id): peer for peer in topology.peers}.items():
        here = topology.network(key).vpc_name
        yield PeeringWant(
            name=names.peering(here, vpc_id),
            a=here,
            b=vpc_id,
            outside=True,
            project=peer.project or "",
            region=peer.region or "",
            ranges=tuple(map(str, peer.ranges)),
            needs=(Key("vpc", here),),
        )


def _public(topology: Topology) -> Iterator[Want]:
    """What faces the internet."""
    for firewall in topology.firewalls:
        rules = tuple(_rule(rule) for rule in firewall.rules)
        yield FirewallWant(name=firewall.name, rules=rules, needs=_claim(topology))
    for eip in topology.eips:
        yield EipWant(
            name=eip.name,
            bandwidth_mbps=eip.bandwidth_mbps,
            pay_mode=eip.pay_mode,
            charge_type=eip.charge_type,
            charge_quantity=eip.charge_quantity,
            needs=_claim(topology),
        )
    for gateway in topology.gateways:
        network = topology.network(gateway.network)
        yield GatewayWant(
            name=gateway.name,
            vpc=network.vpc_name,
            subnet=network.subnet_name,
            eip=gateway.eip,
            firewall=gateway.firewall,
            needs=(
                Key("subnet", network.subnet_name),
                Key("eip", gateway.eip),
                Key("firewall", gateway.firewall),
            ),
        )
    for host in topology.hosts:
        if host.eip:
            yield BindingWant(
                name=host.eip, host=host.name, needs=(Key("eip", host.eip), Key("host", host.name))
            )


def _balancers(topology: Topology) -> Iterator[Want]:
    for balancer in topology.balancers:
        network = topology.network(balancer.network)
        yield BalancerWant(
            name=balancer.name,
            vpc=network.vpc_name,
            subnet=network.subnet_name,
            mode=balancer.mode,
            ports=tuple(listener.port for listener in balancer.listeners),
            needs=_subnet(topology, network),
        )
        for listener in balancer.listeners:
            yield ListenerWant(
                name=listener.name,
                balancer=balancer.name,
                port=listener.port,
                needs=(Key("balancer", balancer.name),),
            )


def _backends(topology: Topology) -> Iterator[Want]:
    for balancer in topology.balancers:
        for listener in balancer.listeners:
            for host in balancer.backends:
                yield BackendWant(
                    name=backend_name(listener.name, host),
                    listener=listener.name,
                    host=host,
                    port=listener.port,
                    needs=(Key("listener", listener.name), Key("host", host)),
                )


def _host(topology: Topology, host: Host, secrets: Secrets) -> HostWant:
    network = topology.network(host.network)
    # Peers come and go while the host lives, as rotated secrets do.
    alone, lasting = replace(topology, peers=()), machine.unrotated(secrets)

    needs = [*_subnet(topology, network), *(Key("balancer", name) for name in host.balancers)]
    needs += [Key("isolation-group", host.isolation_group)] if host.isolation_group else []
    needs += [Key("firewall", host.firewall)] if host.firewall else []
    return HostWant(
        name=host.name,
        zone=host.zone.name,
        address=str(host.address),
        image=host.image,
        machine_type=host.machine_type,
        cpu=host.cpu,
        memory_mib=host.memory_mib,
        boot_disk=_disk(host.boot_disk),
        data_disk=_disk(host.data_disk) if host.data_disk else None,
        vpc=network.vpc_name,
        subnet=network.subnet_name,
        isolation_group=host.isolation_group,
        firewall=host.firewall,
        balancers=host.balancers,
        charge_type=host.charge_type,
        charge_quantity=host.charge_quantity,
        key_pair=host.key_pair,
        remark=host.remark,
        peers=machine.peers_mark(topology, host),
        user_data=lambda addresses: base64.b64encode(
            machine.user_data(topology, host, secrets, addresses)
        ).decode(),
        fingerprint=lambda addresses: machine.fingerprint(
            host, machine.user_data(alone, host, lasting, addresses)
        ),
        needs=tuple(needs),
        turn=host.zone.index,
    )


def _claim(topology: Topology) -> tuple[Key, ...]:
    return (Key("claim", claim_name(topology.cluster)),)


def _subnet(topology: Topology, network: Network) -> tuple[Key, ...]:
    return _claim(topology) if network.preset else (Key("subnet", network.subnet_name),)


def _disk(disk: Disk) -> tuple[str, int]:
    return disk.type, disk.size_gb


def _rule(rule: FirewallRule) -> str:
    return "|".join((rule.protocol, rule.ports, rule.source, rule.action, rule.priority, rule.remark))
