"""`Spec`: what the user wrote, as values.

A field's description is the text of docs/spec.md and of the JSON Schema; its default fits production.
What depends on more than one field, or on what UCloud allows, is in `rules`.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator

from steppe.spec import limits
from steppe.spec.units import (
    ClusterId,
    DiskSize,
    GroupName,
    Memory,
    Name,
    Network,
    PerZone,
    ProjectId,
    Remark,
    ResourceId,
)

BOX_REGION = "box"
"""The region that one Linux machine plays (ubox)."""
IMAGE = "steppe-host"
"""Name of the image that the project's own recipe makes."""

DiskType = Literal["LOCAL_NORMAL", "LOCAL_SSD", "CLOUD_NORMAL", "CLOUD_SSD", "CLOUD_ESSD", "CLOUD_RSSD"]
ChargeType = Literal["Month", "Year", "Dynamic", "Postpay"]

Cpu = Annotated[StrictInt, Field(ge=1, le=64)]

_CPU = "CPU cores, 1 to 64; one, or three in zone order."
_MEMORY = "Memory, a multiple of 1GiB up to 256GiB; one, or three in zone order."
_DATA_DISK = "A disk of its own for data, mounted at /data; left out, data is on the boot disk."


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _empty_means_defaults(cls, value: Any) -> Any:
        return {} if value is None else value


class DiskSpec(_Part):
    type: PerZone[DiskType] = Field(
        default=("CLOUD_RSSD",),
        description="UCloud's disk type; the machine type says which ones may go together. One, or three in "
        "zone order.",
    )
    size_gb: PerZone[DiskSize] = Field(
        alias="size",
        description="Size, a multiple of 1GiB within the limits of the disk type; one, or three in zone "
        "order.",
    )


def _disk(size: str) -> DiskSpec:
    return DiskSpec.model_validate({"size": size})


class HostSpec(_Part):
    """What every role has."""

    cpu: PerZone[Cpu] = Field(default=(2,), description=_CPU)
    memory_mib: PerZone[Memory] = Field(default=(4096,), alias="memory", description=_MEMORY)
    machine_type: PerZone[Name] = Field(
        default=("O",),
        description="UCloud's machine type (N, C, G, O, OM, OMEM, OPRO, OPROG); one, or three in zone order.",
    )
    image: PerZone[Name] = Field(
        default=(IMAGE,),
        description="Name of the image; one, or three in zone order: so one zone can be rolled at a time.",
    )
    boot_disk: DiskSpec = Field(default=_disk("40GiB"), description="The disk that the image is copied to.")
    data_disk: DiskSpec | None = Field(default=None, description=_DATA_DISK)
    charge_type: ChargeType = Field(
        default="Month",
        description="How UCloud charges; Dynamic (by the hour) needs a permission of the account.",
    )
    charge_quantity: StrictInt = Field(
        default=1,
        ge=0,
        le=limits.MAX_CHARGE_QUANTITY,
        description="How many months or years are paid at once, with charge_type Month or Year; with Month, "
        "0 pays until the end of the month. Hosts that are there already keep their term.",
    )
    key_pair: Name | None = Field(
        default=None,
        description="Name of a key pair in UCloud that logs in too, when the host is made; left out, only "
        "steppe's own key does, and the password that UCloud asks for is random and kept by nobody.",
    )
    remark: Remark = Field(
        default="",
        description="Your own text in the host's Remark, after steppe's mark; one line, at most 200 letters.",
    )


class ConsulSpec(HostSpec):
    """Consul servers: always 3, spread over the zones."""


class NomadSpec(HostSpec):
    """Nomad servers, spread over the zones in turn."""

    count: StrictInt = Field(
        default=3,
        description="An odd number from 3 to 9; 3 stand the loss of a zone, more only add reading speed.",
    )


class NameServerSpec(HostSpec):
    """Nomad clients of class `nameServer`, which carry RocketMQ NameServers and their controllers."""

    per_zone: StrictInt = Field(
        default=1,
        ge=1,
        le=limits.MAX_NAMESERVERS_PER_ZONE,
        description="Hosts in each zone: one per NameServer group.",
    )


class BrokerSpec(HostSpec):
    """Nomad clients of class `broker`, which carry RocketMQ brokers."""

    cpu: PerZone[Cpu] = Field(default=(4,), description=_CPU)
    memory_mib: PerZone[Memory] = Field(default=(8192,), alias="memory", description=_MEMORY)
    data_disk: DiskSpec | None = Field(default=_disk("200GiB"), description=_DATA_DISK)
    per_zone: StrictInt = Field(
        default=1, ge=1, le=limits.MAX_BROKERS_PER_ZONE, description="Hosts in each zone."
    )


class BastionSpec(HostSpec):
    """The one host with a public address; it carries SSH and nothing else."""

    cpu: PerZone[Cpu] = Field(default=(1,), description=_CPU)
    memory_mib: PerZone[Memory] = Field(default=(1024,), alias="memory", description=_MEMORY)


class HostsSpec(_Part):
    consul: ConsulSpec = Field(
        default=ConsulSpec(), description="Consul servers: always 3, one per zone where there are three."
    )
    nomad: NomadSpec = Field(default=NomadSpec(), description="Nomad servers.")
    nameserver: NameServerSpec = Field(
        default=NameServerSpec(), description="Nomad clients of class nameServer, for RocketMQ NameServers."
    )
    broker: BrokerSpec = Field(
        default=BrokerSpec(), description="Nomad clients of class broker, for RocketMQ brokers."
    )
    bastion: BastionSpec = Field(
        default=BastionSpec(),
        description="The way in, with access.mode bastion: one host with a public address.",
    )


class EipSpec(_Part):
    bandwidth_mbps: StrictInt = Field(
        default=10, ge=1, le=300, alias="bandwidth", description="Mbit/s of each public address, 1 to 300."
    )
    pay_mode: Literal["Traffic", "Bandwidth"] = Field(
        default="Traffic",
        description="Pay for what is sent (Traffic) or for the width of the line (Bandwidth).",
    )
    charge_type: Literal["Month", "Year", "Dynamic"] = Field(
        default="Month",
        description="How UCloud charges for the addresses; Dynamic (by the hour) needs a permission of the "
        "account.",
    )
    charge_quantity: StrictInt = Field(
        default=1,
        ge=0,
        le=limits.MAX_CHARGE_QUANTITY,
        description="How many months or years are paid at once, as for hosts. Addresses that are there "
        "already keep their term.",
    )


class PeerSpec(_Part):
    """A VPC of somebody else's that one of the cluster's is peered with."""

    vpc_id: ResourceId = Field(description="Its id. It is never changed, but for the routes of the peering.")
    project: ProjectId | None = Field(default=None, description="Its project, if it isn't the cluster's own.")
    region: Name | None = Field(default=None, description="Its region, if it isn't the cluster's own.")
    ranges: tuple[Network, ...] = Field(
        default=(),
        description="Its address ranges, for an account that may not look at it; else the region is asked.",
    )


class NetworkSpec(_Part):
    management: Network = Field(
        default=IPv4Network("10.80.0.0/20"),
        description="The VPC of Consul, Nomad and the bastion; private, /26 or wider.",
    )
    client: Network = Field(
        default=IPv4Network("10.81.0.0/20"),
        description="The VPC of NameServers, brokers and what uses them; private, /25 or wider. "
        "In private mode the one VPC of all, /24 or wider.",
    )
    private: StrictBool = Field(
        default=False,
        description="Private mode: one VPC with one subnet of its own for all hosts, without gateway, public "
        "address or bastion. Goes with access.mode direct.",
    )
    legacy_vpc_id: ResourceId | None = Field(
        default=None,
        description="Private mode in a VPC that is there: its id. It is used, never changed, never deleted.",
    )
    legacy_subnet_id: ResourceId | None = Field(
        default=None,
        description="The subnet of legacy_vpc_id that all hosts and balancers live in. Both ids, or neither.",
    )
    nat: tuple[Literal["management", "client"], ...] = Field(
        default=("client",),
        description="The VPCs that reach the internet through a NAT gateway with an EIP of its own; "
        "[] for none. In private mode there is none.",
    )
    balancer_mode: Literal["PacketsTransmit", "RequestProxy"] = Field(
        default="PacketsTransmit",
        description="How internal balancers forward: PacketsTransmit keeps the caller's address; "
        "RequestProxy hides it, and exists in some regions only.",
    )
    eip: EipSpec = Field(
        default=EipSpec(), description="The public addresses: the bastion's and the NAT gateways'."
    )

    client_peers: tuple[PeerSpec, ...] = Field(
        default=(),
        description="Customers' VPCs, which are peered with the client VPC and reach RocketMQ's ports there.",
    )
    management_peers: tuple[PeerSpec, ...] = Field(
        default=(),
        description="VPCs, for example KUN's, which are peered with the management VPC and reach Consul and "
        "Nomad there, through their balancers.",
    )

    @property
    def is_private(self) -> bool:
        return self.private or self.is_preset

    @property
    def is_preset(self) -> bool:
        """Whether the VPC and its subnet are there already."""
        return self.legacy_vpc_id is not None and self.legacy_subnet_id is not None


class AccessSpec(_Part):
    sources: tuple[Network, ...] = Field(
        default=(),
        alias="from",
        description="Networks that people come from; only they reach the bastion. "
        "In region box: 198.18.0.0/15, the box's internet, if left out; in private mode: the VPC itself.",
    )
    mode: Literal["bastion", "direct"] = Field(
        default="bastion",
        description="bastion: over SSH through one host with a public address; "
        "direct: steppe itself runs inside the network (a peered VPC, a pod) and nothing is public.",
    )


class NameServerGroupSpec(_Part):
    """One NameServer in each zone."""


class BrokerGroupSpec(_Part):
    """One master and two replicas, one in each zone."""

    nameserver: GroupName = Field(description="The NameServer group that the brokers register with.")


class RocketMQSpec(_Part):
    nameservers: dict[GroupName, NameServerGroupSpec] = Field(
        default={},
        description="NameServer groups by name; the n-th uses the n-th NameServer host of each zone.",
    )
    brokers: dict[GroupName, BrokerGroupSpec] = Field(
        default={},
        description="Broker groups by name; a new one listens on the first free port of 10911, 10931, "
        "10951, … and keeps it.",
    )


class Spec(_Part):
    cluster: ClusterId = Field(
        description="The Cluster ID, in the name and Tag of every resource; unique in the region."
    )
    region: Name = Field(description="A UCloud region with three zones, or box: this machine plays a region.")
    allow_fewer_zones: StrictBool = Field(
        default=False,
        description="Takes one or two zones, for a region that has no three: hosts are spread as evenly as "
        "can be, and losing a zone may stop the cluster.",
    )
    zones: tuple[Name, ...] = Field(
        default=(),
        description="Three zones of the region (or fewer, with allow_fewer_zones); their order gives the "
        "letters a, b, c, and is kept for the cluster's life. "
        "In region box: box-01 to box-03 if left out.",
    )
    project: ProjectId | None = Field(
        default=None,
        description="The project that everything is made in; left out, that of UCLOUD_PROJECT_ID or of the "
        "profile, else the account's default.",
    )
    network: NetworkSpec = Field(
        default=NetworkSpec(), description="The two VPCs, and how traffic enters them."
    )
    access: AccessSpec = Field(default=AccessSpec(), description="Who may reach the cluster, and how.")
    hosts: HostsSpec = Field(default=HostsSpec(), description="What each role runs on.")
    join: Literal["addresses", "discover"] = Field(
        default="addresses",
        description="How Consul agents find their servers: by fixed addresses, or by asking the cloud "
        "before each start which servers run (docs/auto-join.md).",
    )
    join_credentials: StrictStr | None = Field(
        default=None,
        min_length=1,
        description="With join: discover, a JSON file with public_key and private_key of a key that may only "
        "describe hosts, and base_url where hosts reach the API elsewhere; from the cluster file's folder. "
        "Left out, STEPPE_JOIN_PUBLIC_KEY and STEPPE_JOIN_PRIVATE_KEY. Kept with the cluster's secrets.",
    )
    rocketmq: RocketMQSpec = Field(
        default=RocketMQSpec(), description="The RocketMQ groups; none if left out."
    )
