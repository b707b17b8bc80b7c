"""The world that the API promises: what the fabric must make true, as plain values.

The API side keeps rows in SQLite and projects them into a `World`; the fabric compares a `World` with the
kernel and converges. Nothing here does anything, so both sides can be tested apart.
Ids are the API's own (`uvnet-…`, `uhost-…`); addresses are text; cidrs like `10.80.0.0/20`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    id: str
    cidrs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    id: str
    vpc: str
    cidr: str
    gateway: str
    """First usable address; the fabric answers ARP for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """A route both ways between two VPCs; `a` < `b`, so one intercom is one value."""

    a: str
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One firewall rule; it filters traffic from the box's internet to an EIP."""

    protocol: str
    """`tcp`, `udp`, `icmp` or `gre`."""
    ports: tuple[int, int] | None
    """First and last port; None where the protocol has none."""
    sources: tuple[str, ...]
    accept: bool
    priority: int
    """0 is looked at first (HIGH), then 1 (MEDIUM), then 2 (LOW)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    id: str
    rules: tuple[Rule, ...]
    """Anything not accepted by a rule is dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eip:
    id: str
    address: str
    """An address of the box's internet."""
    target_kind: str | None
    """`uhost`, `natgw`, `ulb`, or None while it is free."""
    target: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A NAT gateway: hosts of `subnets` without an EIP of their own leave with one of its EIPs."""

    id: str
    vpc: str
    subnets: tuple[str, ...]
    eips: tuple[str, ...]
    firewall: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A data disk: a folder of the box, mounted in the host at `mount`; it outlives the host if detached."""

    id: str
    mount: str
    size_gb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    id: str
    name: str
    zone: str
    vpc: str
    subnet: str
    address: str
    mac: str
    image: str
    """Id of the image, a key of the catalogue that `ubox` was started with."""
    cpu: int
    memory_mb: int
    power: str
    """`on`, `off` (asked to shut down by ACPI) or `cut` (power removed)."""
    generation: int
    """Rises with each start asked for; a new number while `on` means: reboot."""
    disks: tuple[Disk, ...]
    firewall: str | None
    metadata: str = field(repr=False)
    """The JSON document of `/meta-data/v1.json`; the fabric derives every other metadata path from it."""
    user_data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    id: str
    host: str
    address: str
    port: int
    enabled: bool
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A VServer."""

    id: str
    protocol: str
    """`tcp` or `udp` (HTTP and HTTPS VServers of a proxy are forwarded as TCP)."""
    port: int
    method: str
    """UCloud's word, for example `Roundrobin` or `Source`."""
    idle_timeout_s: int
    backends: tuple[Backend, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    id: str
    vpc: str
    subnet: str
    address: str
    mode: str
    """`PacketsTransmit` or `RequestProxy`."""
    proxy_address: str | None
    """RequestProxy: the address of the subnet that backends see as the client."""
    listeners: tuple[Listener, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    vpcs: tuple[Vpc, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    peerings: tuple[Peering, ...] = ()
    firewalls: tuple[Firewall, ...] = ()
    eips: tuple[Eip, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    hosts: tuple[Host, ...] = ()
    balancers: tuple[Balancer, ...] = ()
    faults: tuple[str, ...] = ()
    """`zone-cut:<zone>`: that zone's hosts reach nothing outside it and nothing reaches them."""


class Reports(Protocol):
    """What the fabric tells the API side. Called from the fabric's own threads; must not block for long."""

    def machine_running(self, host: str, generation: int) -> None:
        """The machine's first process runs (the cloud's `Running`)."""

    def machine_stopped(self, host: str, why: str) -> None:
        """The machine is off: it was asked to, or it powered itself off, or it died."""

    def machine_failed(self, host: str, why: str) -> None:
        """The machine can't be started (the cloud's `Install Fail`)."""

    def backend_health(self, backend: str, healthy: bool) -> None:
        """A health check changed its mind (3 in a row)."""


class Fabric(Protocol):
    """What makes the box real. Two exist: the kernel's (`ubox.fabric`) and none at all (API only)."""

    def start(self, reports: Reports) -> None:
        """Adopts what an earlier process of this box left running."""

    def converge(self, world: World) -> None:
        """Makes the kernel match `world`; returns when networks, addresses and rules are true and machines
        are being started. Idempotent; called again after every change, by one thread at a time."""

    def stop(self) -> None:
        """Ends this process's part (checks, metadata). Machines and networks stay as they are."""
