"""The rows of a region: one frozen value for each thing that the API manages.

A table is made from each class (see `ubox.store.sqlite`); a row holds texts, numbers, flags, bytes and tuples
of texts. Times are unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    indexed: ClassVar[tuple[str, ...]] = ()
    """Columns that are searched by."""
    worldly: ClassVar[bool] = True
    """Whether a change may change the world that the fabric makes."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc(Row):
    region: str
    project: str
    name: str
    tag: str
    remark: str
    networks: tuple[str, ...]
    created: int
    updated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet(Row):
    indexed = ("vpc",)
    region: str
    project: str
    vpc: str
    name: str
    tag: str
    remark: str
    cidr: str
    created: int
    busy_until: float = 0.0
    """Until then it counts as used, since its last resource has only just gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering(Row):
    """An intercom; `a` < `b`."""

    a: str
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NatGateway(Row):
    region: str
    project: str
    vpc: str
    name: str
    tag: str
    remark: str
    firewall: str
    subnets: tuple[str, ...]
    whitelist_open: bool
    whitelist: tuple[str, ...]
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Eip(Row):
    indexed = ("target",)
    region: str
    project: str
    address: str
    name: str
    tag: str
    remark: str
    operator: str
    bandwidth: int
    pay_mode: str
    charge_type: str
    created: int
    target_kind: str = ""
    """`uhost`, `natgw`, `ulb`, or nothing while it is free."""
    target: str = ""
    born_with: str = ""
    """The host that it was made with, whose tag it follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall(Row):
    region: str
    project: str
    name: str
    tag: str
    remark: str
    kind: str
    """`user defined`, `recommend web` or `recommend non web`."""
    rules: tuple[str, ...]
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lingering(Row):
    """A use of a firewall that still counts though its host is gone."""

    indexed = ("firewall",)
    worldly = False
    firewall: str
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Host(Row):
    indexed = ("subnet", "tag", "firewall")
    region: str
    project: str
    zone: str
    name: str
    tag: str
    remark: str
    state: str
    power: str
    """`on`, `off` or `cut`, as in `ubox.world.Host`."""
    generation: int
    cpu: int
    memory_mb: int
    machine_type: str
    platform: str
    net_capability: str
    hotplug: bool
    vpc: str
    subnet: str
    address: str
    mac: str
    image: str
    firewall: str
    isolation_group: str
    charge_type: str
    key_pair: str
    boot_state: str
    created: int
    user_data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk(Row):
    """A boot or data disk, local or cloud; the cloud ones are UDisks."""

    indexed = ("host",)
    region: str
    project: str
    zone: str
    name: str
    tag: str
    type: str
    """UHost's word, for example `CLOUD_SSD`."""
    boot: bool
    size: int
    state: str
    host: str
    slot: int
    """The place in its host: 0 is the boot disk (`vda`), 1 the first data disk (`vdb`, at `/data`)."""
    charge_type: str
    cluster: str
    """The RDMA cluster, for RSSD disks."""
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrappedDisk(Row):
    """A data disk that is gone from the API, and whose contents the fabric is still to delete."""

    worldly = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomImage(Row):
    worldly = False
    region: str
    project: str
    name: str
    description: str
    tag: str
    state: str
    base: str
    """The catalogue's image that its model runs."""
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationGroup(Row):
    worldly = False
    region: str
    project: str
    name: str
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair(Row):
    worldly = False
    project: str
    name: str
    fingerprint: str
    body: str
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer(Row):
    region: str
    project: str
    name: str
    tag: str
    remark: str
    inner: bool
    mode: str
    """`PacketsTransmit` or `RequestProxy`."""
    vpc: str
    subnet: str
    address: str
    proxy_address: str
    firewall: str
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VServer(Row):
    indexed = ("balancer",)
    balancer: str
    name: str
    protocol: str
    port: int
    method: str
    timeout: int
    monitor: str
    domain: str
    path: str
    request_msg: str
    response_msg: str
    persistence: str
    persistence_info: str
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend(Row):
    indexed = ("vserver", "balancer", "host")
    balancer: str
    vserver: str
    host: str
    port: int
    weight: int
    enabled: bool
    backup: bool
    healthy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition(Row):
    """A column that changes by itself: at a time, or after it was looked at often enough."""

    indexed = ("due",)
    worldly = False
    table: str
    row: str
    column: str
    old: str
    """The change happens only if the column still has this value."""
    new: str
    due: float
    """0 while `polls` counts."""
    polls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFault(Row):
    """A zone that was cut off or lost its power; the id is the zone."""

    cut: bool
    killed: tuple[str, ...]
    """Hosts that lost their power and get it back when the zone heals."""


ROWS: tuple[type[Row], ...] = (
    Vpc,
    Subnet,
    Peering,
    NatGateway,
    Eip,
    Firewall,
    Lingering,
    Host,
    Disk,
    ScrappedDisk,
    CustomImage,
    IsolationGroup,
    KeyPair,
    Balancer,
    VServer,
    Backend,
    Transition,
    ZoneFault,
)
