"""The shape of a cluster as plain values: what the spec comes to, before any cloud is asked.

Everything here is known without the region, except the addresses of balancers, which the cloud chooses.
Sizes: `memory_mib` in MiB, disks in GB as the cloud counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network


class Role(StrEnum):
    CONSUL = "consul"
    NOMAD = "nomad"
    NAMESERVER = "nameserver"
    BROKER = "broker"
    BASTION = "bastion"

    @property
    def is_nomad_client(self) -> bool:
        return self in (Role.NAMESERVER, Role.BROKER)

    @property
    def node_class(self) -> str:
        """Nomad's `node_class`; the contract with jobs. Only Nomad clients have one."""
        return {Role.NAMESERVER: "nameServer", Role.BROKER: "broker"}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    name: str
    """The cloud's name, for example `cn-bj2-02`."""
    letter: str
    """`a`, `b`, `c` by the order of zones in the spec."""
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One VPC with one subnet that covers it."""

    key: str
    """`management` and `client`, or `private` alone."""
    vpc_name: str
    subnet_name: str
    """Of a preset network, the ids stand for the names."""
    cidr: IPv4Network
    """The subnet's."""
    ranges: tuple[IPv4Network, ...]
    """The VPC's."""
    preset: bool = False
    """Whether VPC and subnet are there already: used, never changed, never deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    type: str
    """UCloud's word: `CLOUD_RSSD`, `CLOUD_SSD`, `LOCAL_NORMAL`, …"""
    size_gb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    name: str
    role: Role
    zone: Zone
    ordinal: int
    """1, 2, … within the role and zone."""
    network: str
    """Key of its `Network`."""
    address: IPv4Address
    cpu: int
    memory_mib: int
    machine_type: str
    image: str
    """Name of the image; the cloud room finds its id in the zone."""
    boot_disk: Disk
    data_disk: Disk | None
    charge_type: str
    charge_quantity: int
    """Months or years; 0: to the end of the month."""
    key_pair: str | None
    """Name of a key pair of the cloud's that logs in too."""
    remark: str
    """The user's own text."""
    isolation_group: str | None
    firewall: str | None
    """Name of the cloud firewall; None for hosts without a public address (the project's default one)."""
    eip: str | None
    """Name of the public address that this host carries; only the bastion has one."""
    balancers: tuple[str, ...]
    """Names of the balancers whose address this host holds on `lo`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    port: int
    name: str
    """For example `orders-consul-https`; the VServer's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    name: str
    role: Role
    network: str
    mode: str
    """`PacketsTransmit` or `RequestProxy`."""
    listeners: tuple[Listener, ...]
    backends: tuple[str, ...]
    """Host names; every listener leads to all of them on its own port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eip:
    name: str
    bandwidth_mbps: int
    pay_mode: str
    """`Traffic` or `Bandwidth`."""
    charge_type: str
    charge_quantity: int
    """Months or years; 0: to the end of the month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    name: str
    network: str
    eip: str
    firewall: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallRule:
    protocol: str
    """`TCP`, `UDP`, `ICMP`, `GRE`."""
    ports: str
    """`22` or `1000-2000`; empty for ICMP and GRE."""
    source: str
    action: str = "ACCEPT"
    priority: str = "HIGH"
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """A cloud firewall: it filters public (EIP) traffic only."""

    name: str
    rules: tuple[FirewallRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    a: str
    """Key of a `Network`."""
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A VPC of somebody else's, peered with one of the cluster's networks."""

    side: str
    """What it may reach: `client` or `management`."""
    network: str
    """Key of the `Network` that it is peered with."""
    vpc_id: str
    project: str | None
    region: str | None
    """None: the cluster's own."""
    ranges: tuple[IPv4Network, ...]
    """Empty where nobody has told them yet."""
    connected: tuple[tuple[str, IPv4Network], ...] = ()
    """The ranges of what else it is peered with, each with the id of that VPC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Who may reach whom, on what, and why. Hosts' nftables rules come from these."""

    source: str
    """A role, `network:<key>`, `peers:<side>` (others' VPCs), `operators` (access.from) or `health-checks`
    (the cloud's own ranges)."""
    destination: Role
    protocol: str
    """`tcp`, `udp` or `icmp`."""
    ports: tuple[tuple[int, int], ...]
    """First and last of each range; empty for icmp."""
    why: str
    by_balancer: bool = False
    """Only at a balancer's address, not at the host's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServerGroup:
    name: str
    hosts: tuple[str, ...]
    """Host names, one per zone, in zone order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerGroup:
    name: str
    nameserver: str
    """Name of its `NameServerGroup`."""
    port: int
    """Remoting port in a new cluster; `port - 2` is the fast port, `port + 2000` the replication port.

    Where groups run, `steppe.rocketmq.groups.with_ports` gives those that they have.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    cluster: str
    """The Cluster ID: the Tag of every resource, Consul's datacenter and Nomad's region."""
    region: str
    zones: tuple[Zone, ...]
    networks: tuple[Network, ...]
    peerings: tuple[Peering, ...]
    hosts: tuple[Host, ...]
    balancers: tuple[Balancer, ...]
    eips: tuple[Eip, ...]
    gateways: tuple[Gateway, ...]
    firewalls: tuple[Firewall, ...]
    isolation_groups: tuple[str, ...]
    flows: tuple[Flow, ...]
    nameserver_groups: tuple[NameServerGroup, ...]
    broker_groups: tuple[BrokerGroup, ...]
    access: str
    """`bastion` or `direct`."""
    operators: tuple[IPv4Network, ...]
    """Where people may come from: `access.from`."""
    peers: tuple[Peer, ...] = ()
    join: str = "addresses"
    """How Consul agents find their servers: `addresses` or `discover`."""

    def by_role(self, role: Role) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if host.role is role)

    def host(self, name: str) -> Host:
        """The host of that name. Raises KeyError when the topology has none."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(name)

    def home(self, role: Role) -> Network:
        """The network that hosts of the role stand in."""
        if len(self.networks) == 1:
            return self.networks[0]
        return self.network("client" if role.is_nomad_client else "management")

    def network(self, key: str) -> Network:
        """The network of that key. Raises KeyError when the topology has none."""
        for network in self.networks:
            if network.key == key:
                return network
        raise KeyError(key)
