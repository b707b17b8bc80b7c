"""From `Spec` to `Topology`: pure and deterministic.

1. Zones get the letters a, b, c in the spec's order; each network is one VPC with one subnet.
2. Hosts: three Consul servers and the Nomad servers in turn over the zones; NameServers and brokers
   `per_zone` in each; the bastion in zone a (only with access by bastion).
3. Each role that is asked from elsewhere has one internal balancer over all its hosts.
4. The client network leaves through one NAT gateway; bastion and gateway have one EIP and firewall each.
5. The n-th NameServer group stands on the n-th NameServer host of each zone; in a new cluster, the n-th
   broker group has the n-th block of ports.
"""

from __future__ import annotations

from steppe.spec import limits
from steppe.spec.model import DiskSpec, HostSpec, Spec
from steppe.spec.units import of_zone
from steppe.topology import addresses, names, ports
from steppe.topology.flows import flows
from steppe.topology.model import (
    Balancer,
    BrokerGroup,
    Disk,
    Eip,
    Firewall,
    FirewallRule,
    Gateway,
    Host,
    Listener,
    NameServerGroup,
    Network,
    Peering,
    Role,
    Topology,
    Zone,
)

_LISTENERS: dict[Role, tuple[tuple[str, int], ...]] = {
    Role.CONSUL: (("https", ports.CONSUL_HTTPS),),
    Role.NOMAD: (("https", ports.NOMAD_HTTP),),
    Role.NAMESERVER: (("remoting", ports.NAMESERVER), ("list", ports.NAMESERVER_LIST)),
}


def build(spec: Spec) -> Topology:
    """The cluster that the spec describes."""
    zones = tuple(
        Zone(name=name, letter=letter, index=index)
        for index, (name, letter) in enumerate(zip(spec.zones, "abc", strict=False))
    )
    networks = _networks(spec)
    hosts = tuple(_host(spec, networks, role, zone, ordinal) for role, zone, ordinal in _places(spec, zones))
    return Topology(
        cluster=spec.cluster,
        region=spec.region,
        zones=zones,
        networks=networks,
        peerings=(Peering(a="management", b="client"),),
        hosts=hosts,
        balancers=tuple(_balancer(spec, role, hosts) for role in _LISTENERS),
        eips=_eips(spec),
        gateways=(_gateway(spec),),
        firewalls=_firewalls(spec),
        isolation_groups=tuple(dict.fromkeys(host.isolation_group for host in hosts if host.isolation_group)),
        flows=flows(spec.access.mode),
        nameserver_groups=_nameserver_groups(spec, hosts),
        broker_groups=tuple(
            BrokerGroup(name=name, nameserver=group.nameserver, port=ports.broker(index))
            for index, (name, group) in enumerate(spec.rocketmq.brokers.items())
        ),
        access=spec.access.mode,
        operators=spec.access.sources,
    )


def _networks(spec: Spec) -> tuple[Network, ...]:
    cidrs = {"management": spec.network.management, "client": spec.network.client}
    return tuple(
        Network(
            key=key,
            vpc_name=names.vpc(spec.cluster, key),
            subnet_name=names.subnet(spec.cluster, key),
            cidr=cidr,
        )
        for key, cidr in cidrs.items()
    )


def _places(spec: Spec, zones: tuple[Zone, ...]) -> list[tuple[Role, Zone, int]]:
    """Role, zone and ordinal of every host."""
    counts = {
        Role.CONSUL: limits.CONSUL_SERVERS,
        Role.NOMAD: spec.hosts.nomad.count,
        Role.NAMESERVER: spec.hosts.nameserver.per_zone * len(zones),
        Role.BROKER: spec.hosts.broker.per_zone * len(zones),
        Role.BASTION: 1 if spec.access.mode == "bastion" else 0,
    }
    return [
        (role, zones[index % len(zones)], index // len(zones) + 1)
        for role, count in counts.items()
        for index in range(count)
    ]


def _host(spec: Spec, networks: tuple[Network, ...], role: Role, zone: Zone, ordinal: int) -> Host:
    wanted: HostSpec = getattr(spec.hosts, role)
    network = next(network for network in networks if network.key == addresses.PLAN[role].network)
    public = role is Role.BASTION
    holds_balancer = role in _LISTENERS and spec.network.balancer_mode == "PacketsTransmit"
    return Host(
        name=names.host(spec.cluster, role, zone, ordinal),
        role=role,
        zone=zone,
        ordinal=ordinal,
        network=network.key,
        address=addresses.address(network.cidr, role, zone, ordinal, len(spec.zones)),
        cpu=of_zone(wanted.cpu, zone.index),
        memory_mib=of_zone(wanted.memory_mib, zone.index),
        machine_type=of_zone(wanted.machine_type, zone.index),
        image=of_zone(wanted.image, zone.index),
        boot_disk=_disk(wanted.boot_disk, zone),
        data_disk=_disk(wanted.data_disk, zone) if wanted.data_disk else None,
        charge_type=wanted.charge_type,
        charge_quantity=wanted.charge_quantity,
        key_pair=wanted.key_pair,
        remark=wanted.remark,
        isolation_group=None if public else names.isolation_group(spec.cluster, role, ordinal),
        firewall=names.firewall(spec.cluster, "bastion") if public else None,
        eip=names.bastion_eip(spec.cluster) if public else None,
        balancers=(names.balancer(spec.cluster, role),) if holds_balancer else (),
    )


def _disk(disk: DiskSpec, zone: Zone) -> Disk:
    return Disk(type=of_zone(disk.type, zone.index), size_gb=of_zone(disk.size_gb, zone.index))


def _balancer(spec: Spec, role: Role, hosts: tuple[Host, ...]) -> Balancer:
    name = names.balancer(spec.cluster, role)
    return Balancer(
        name=name,
        role=role,
        network=addresses.PLAN[role].network,
        mode=spec.network.balancer_mode,
        listeners=tuple(Listener(port=port, name=f"{name}-{what}") for what, port in _LISTENERS[role]),
        backends=tuple(host.name for host in hosts if host.role is role),
    )


def _eips(spec: Spec) -> tuple[Eip, ...]:
    wanted = [names.gateway_eip(spec.cluster, "client")]
    if spec.access.mode == "bastion":
        wanted.append(names.bastion_eip(spec.cluster))
    eip = spec.network.eip
    return tuple(
        Eip(
            name=name,
            bandwidth_mbps=eip.bandwidth_mbps,
            pay_mode=eip.pay_mode,
            charge_type=eip.charge_type,
            charge_quantity=eip.charge_quantity,
        )
        for name in wanted
    )


def _gateway(spec: Spec) -> Gateway:
    return Gateway(
        name=names.gateway(spec.cluster, "client"),
        network="client",
        eip=names.gateway_eip(spec.cluster, "client"),
        firewall=names.firewall(spec.cluster, "gateway"),
    )


def _firewalls(spec: Spec) -> tuple[Firewall, ...]:
    nothing = FirewallRule(
        protocol="ICMP",
        ports="",
        source="0.0.0.0/0",
        action="DROP",
        priority="LOW",
        remark="nothing comes in",
    )
    firewalls = [Firewall(name=names.firewall(spec.cluster, "gateway"), rules=(nothing,))]
    if spec.access.mode == "bastion":
        rules = tuple(
            FirewallRule(protocol="TCP", ports=str(ports.SSH), source=str(network), remark="operators")
            for network in spec.access.sources
        )
        firewalls.append(Firewall(name=names.firewall(spec.cluster, "bastion"), rules=rules))
    return tuple(firewalls)


def _nameserver_groups(spec: Spec, hosts: tuple[Host, ...]) -> tuple[NameServerGroup, ...]:
    return tuple(
        NameServerGroup(
            name=name,
            hosts=tuple(h.name for h in hosts if h.role is Role.NAMESERVER and h.ordinal == ordinal),
        )
        for ordinal, name in enumerate(spec.rocketmq.nameservers, start=1)
    )
