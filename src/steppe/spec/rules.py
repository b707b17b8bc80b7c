"""Rules over more than one field, each a pure function of the spec that yields what it finds.

A rule names the fields it reads; `load` skips it when one of them is wrong by itself already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from operator import attrgetter
from typing import Any

from steppe.spec import limits, ucloud
from steppe.spec.model import BOX_REGION, EipSpec, HostSpec, PeerSpec, Spec
from steppe.spec.problems import Path
from steppe.spec.regions import ZONES
from steppe.spec.units import of_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    path: Path
    message: str
    expected: str


_Check = Callable[[Spec], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    reads: tuple[Path, ...]
    check: _Check


RULES: list[Rule] = []


def _rule(*reads: str) -> Callable[[_Check], _Check]:
    def add(check: _Check) -> _Check:
        RULES.append(Rule(reads=tuple(tuple(name.split(".")) for name in reads), check=check))
        return check

    return add


def _finding(name: str, message: str, expected: str) -> Finding:
    return Finding(path=tuple(name.split(".")), message=message, expected=expected)


@_rule("zones", "region", "allow_fewer_zones")
def three_zones(spec: Spec) -> Iterator[Finding]:
    count = len(spec.zones)
    if not spec.zones:
        yield _finding("zones", "is missing", f"a list of three zones of {spec.region}")
    elif count > 3:
        yield _finding("zones", f"has {count} zones", "exactly three: a cluster stands on three zones")
    elif count < 3 and not spec.allow_fewer_zones:
        zones = "zone" if count == 1 else "zones"
        yield _finding(
            "zones",
            f"has {count} {zones}",
            "exactly three: a cluster stands on three zones; or allow_fewer_zones: true where losing a zone "
            "may stop the cluster",
        )
    for zone, times in Counter(spec.zones).items():
        if times > 1:
            yield _finding("zones", f"has {zone} {times} times", "three different zones")


@_rule("zones", "region")
def zones_of_the_box(spec: Spec) -> Iterator[Finding]:
    if spec.region != BOX_REGION:
        return
    for index, zone in enumerate(spec.zones):
        if zone not in ZONES[BOX_REGION]:
            yield Finding(
                path=("zones", index),
                message=f"the box has no zone {zone}",
                expected=f"one of {', '.join(ZONES[BOX_REGION])}",
            )


_MODE = ("network.private", "network.legacy_vpc_id", "network.legacy_subnet_id")
"""What private mode is told by."""


@_rule(*_MODE, "network.nat", "access.mode")
def private_mode(spec: Spec) -> Iterator[Finding]:
    network = spec.network
    vpc, subnet = network.legacy_vpc_id, network.legacy_subnet_id
    if (vpc is None) != (subnet is None):
        given, missing = ("vpc", "subnet") if vpc else ("subnet", "vpc")
        message = f"is missing, and legacy_{given}_id is {vpc or subnet}"
        yield _finding(f"network.legacy_{missing}_id", message, "both ids, or neither")
        return
    if network.is_preset and "private" in network.model_fields_set and not network.private:
        yield _finding("network.private", "is false, and legacy_vpc_id is given", "true, or left out")
    if not network.is_private:
        return
    if spec.access.mode == "bastion":
        yield _finding(
            "access.mode", "is bastion, and private mode has no public address", "direct, from inside the VPC"
        )
    if "nat" in network.model_fields_set and network.nat:
        yield _finding("network.nat", "asks for a way out, and private mode has none", "left out")
    for field in ("management", "client") if network.is_preset else ("management",):
        if field in network.model_fields_set:
            instead = "the subnet has its own range" if network.is_preset else "the one VPC is network.client"
            yield _finding(f"network.{field}", "has no meaning in private mode", f"left out: {instead}")


_PEERS = ("client_peers", "management_peers")


@_rule(*(f"network.{name}" for name in _PEERS), *_MODE)
def peers(spec: Spec) -> Iterator[Finding]:
    network = spec.network
    for name in _PEERS:
        found: tuple[PeerSpec, ...] = getattr(network, name)
        if found and network.legacy_vpc_id:
            message = f"asks for a peering, and {network.legacy_vpc_id} (legacy_vpc_id) is never changed"
            yield _finding(f"network.{name}", message, "left out: the owner of that VPC peers it")
        if len(found) > limits.MAX_PEERS:
            yield _finding(f"network.{name}", f"has {len(found)} VPCs", f"at most {limits.MAX_PEERS}")
        for vpc, times in Counter(peer.vpc_id for peer in found).items():
            if times > 1:
                yield _finding(f"network.{name}", f"has {vpc} {times} times", "each VPC once")


@_rule("network.nat")
def ways_out(spec: Spec) -> Iterator[Finding]:
    for key, times in Counter(spec.network.nat).items():
        if times > 1:
            yield _finding("network.nat", f"has {key} {times} times", "each network once")


@_rule("network.management", *_MODE, "region", "hosts.nomad.count")
def management_network(spec: Spec) -> Iterator[Finding]:
    if spec.network.is_private:
        return
    highest = limits.NOMAD_FIRST + spec.hosts.nomad.count - 1
    yield from _network("network.management", spec.network.management, spec.region, highest)


@_rule("network.client", *_MODE, "region", "hosts.broker.per_zone")
def client_network(spec: Spec) -> Iterator[Finding]:
    if spec.network.is_preset:
        return
    first = limits.PRIVATE_BROKER_FIRST if spec.network.is_private else limits.BROKER_FIRST
    highest = first + 3 * spec.hosts.broker.per_zone - 1
    yield from _network("network.client", spec.network.client, spec.region, highest)


def _network(name: str, network: IPv4Network, region: str, highest: int) -> Iterator[Finding]:
    if not any(network.subnet_of(home) for home in ucloud.PRIVATE_NETWORKS):
        ranges = ", ".join(str(home) for home in ucloud.PRIVATE_NETWORKS)
        yield _finding(name, f"{network} can't be a VPC", f"a network inside one of {ranges}")
        return
    for taken in ucloud.service_networks(region):
        if network.overlaps(taken):
            yield _finding(
                name, f"{network} overlaps {taken}, which {region} keeps for itself", "another network"
            )
    if highest + 1 + limits.SPARE_ADDRESSES > network.num_addresses:
        needed = 32 - (highest + limits.SPARE_ADDRESSES).bit_length()
        message = f"{network} is too small for the hosts' fixed addresses"
        yield _finding(name, message, f"/{needed} or wider")


@_rule("network.management", "network.client", *_MODE)
def networks_apart(spec: Spec) -> Iterator[Finding]:
    management, client = spec.network.management, spec.network.client
    if not spec.network.is_private and management.overlaps(client):
        message = f"{client} overlaps network.management, {management}"
        yield _finding("network.client", message, "two networks apart: they are peered")


@_rule("access.from", "region", *_MODE)
def operators(spec: Spec) -> Iterator[Finding]:
    network = spec.network
    private = network.private or network.legacy_vpc_id or network.legacy_subnet_id
    if not spec.access.sources and not private:
        yield _finding(
            "access.from", "is missing", "the networks you come from, for example [203.0.113.7/32]"
        )
    if len(spec.access.sources) > limits.MAX_OPERATOR_NETWORKS:
        yield _finding(
            "access.from",
            f"has {len(spec.access.sources)} networks",
            f"at most {limits.MAX_OPERATOR_NETWORKS}",
        )
    if spec.region == BOX_REGION:
        return
    for index, source in enumerate(spec.access.sources):
        if source.prefixlen < 8:
            yield Finding(
                path=("access", "from", index),
                message=f"{source} lets nearly everyone knock",
                expected="the networks that you come from, /8 or narrower",
            )


@_rule("hosts.nomad.count")
def nomad_servers(spec: Spec) -> Iterator[Finding]:
    count = spec.hosts.nomad.count
    if not 3 <= count <= limits.MAX_NOMAD or count % 2 == 0:
        yield _finding(
            "hosts.nomad.count",
            f"is {count}",
            f"an odd number from 3 to {limits.MAX_NOMAD}: a majority outlives a zone",
        )


_Values = tuple[Any, ...]


def _zoned(host: HostSpec) -> dict[str, _Values]:
    """The fields that may differ from zone to zone, by their names."""
    disks = [("boot_disk", host.boot_disk)] + ([("data_disk", host.data_disk)] if host.data_disk else [])
    return {
        "cpu": host.cpu,
        "memory": host.memory_mib,
        "machine_type": host.machine_type,
        "image": host.image,
        **{f"{name}.type": disk.type for name, disk in disks},
        **{f"{name}.size": disk.size_gb for name, disk in disks},
    }


def _per_zone(role: str, name: str) -> _Check:
    def check(spec: Spec) -> Iterator[Finding]:
        for field, values in _zoned(getattr(spec.hosts, role)).items():
            if field.partition(".")[0] == name and len(values) not in (1, len(spec.zones)):
                yield _finding(
                    f"hosts.{role}.{field}",
                    f"has {len(values)} values, but there are {len(spec.zones)} zones",
                    "one for all zones, or one for each in zone order",
                )

    return check


def _machine(role: str) -> _Check:
    """Looks at each zone's machine by itself; what is wrong in several because of one value is said once."""

    def check(spec: Spec) -> Iterator[Finding]:
        fields = _zoned(getattr(spec.hosts, role))
        count = max(map(len, fields.values()))
        if any(len(values) not in (1, count) for values in fields.values()):
            return
        found = (finding for zone in range(count) for finding in _in_zone(role, fields, zone))
        yield from dict.fromkeys(found)

    return check


def _in_zone(role: str, fields: Mapping[str, _Values], zone: int) -> Iterator[Finding]:
    def finding(field: str, message: str, expected: str) -> Finding:
        place = (zone,) if len(fields[field]) > 1 else ()
        return Finding(path=("hosts", role, *field.split("."), *place), message=message, expected=expected)

    here = {field: of_zone(values, zone) for field, values in fields.items()}
    machine, boot, data = here["machine_type"], here["boot_disk.type"], here.get("data_disk.type")
    disks = ucloud.DISKS_OF_MACHINES.get(machine)
    if disks is None:
        message = f"{machine!r} is no machine type"
        yield finding("machine_type", message, f"one of {', '.join(ucloud.DISKS_OF_MACHINES)}")
    elif boot not in disks:
        message = f"a machine of type {machine} can't boot from {boot}"
        yield finding("boot_disk.type", message, f"one of {', '.join(sorted(disks))}")
    elif data and data not in disks[boot]:
        message = f"{data} can't go with a machine of type {machine} that boots from {boot}"
        yield finding("data_disk.type", message, f"one of {', '.join(sorted(disks[boot]))}")
    for name, limits_gb in (("boot_disk", ucloud.BOOT_DISK_GB), ("data_disk", ucloud.DATA_DISK_GB)):
        type_, size = here.get(f"{name}.type", ""), here.get(f"{name}.size", 0)
        if type_ not in limits_gb:
            continue
        least, most = limits_gb[type_]
        if not least <= size <= most:
            message = f"{size}GiB is out of the range of {type_}"
            yield finding(f"{name}.size", message, f"{least}GiB to {most}GiB")


def _charge(name: str) -> _Check:
    def check(spec: Spec) -> Iterator[Finding]:
        paid: HostSpec | EipSpec = attrgetter(name)(spec)
        quantity, charge_type = paid.charge_quantity, paid.charge_type
        field = f"{name}.charge_quantity"
        if quantity == 0 and charge_type != "Month":
            yield _finding(field, f"is 0 with charge_type {charge_type}", "1 or more; 0 goes with Month")
        if quantity > 1 and charge_type not in ("Month", "Year"):
            message = f"is {quantity} with charge_type {charge_type}, which has no term"
            yield _finding(field, message, "charge_type Month or Year, or no charge_quantity")

    return check


_rule("network.eip.charge_type", "network.eip.charge_quantity")(_charge("network.eip"))
for _role in ("consul", "nomad", "nameserver", "broker", "bastion"):
    for _field in ("cpu", "memory", "machine_type", "image", "boot_disk", "data_disk"):
        _rule("zones", f"hosts.{_role}.{_field}")(_per_zone(_role, _field))
    _rule(f"hosts.{_role}.charge_type", f"hosts.{_role}.charge_quantity")(_charge(f"hosts.{_role}"))
    _rule(f"hosts.{_role}.machine_type", f"hosts.{_role}.boot_disk", f"hosts.{_role}.data_disk")(
        _machine(_role)
    )


@_rule("rocketmq", "hosts.nameserver.per_zone")
def nameserver_groups(spec: Spec) -> Iterator[Finding]:
    groups, per_zone = len(spec.rocketmq.nameservers), spec.hosts.nameserver.per_zone
    if groups > per_zone:
        message = f"{groups} groups, but hosts.nameserver.per_zone is {per_zone}"
        yield _finding("rocketmq.nameservers", message, "at most one group per NameServer host of a zone")


@_rule("rocketmq")
def broker_groups(spec: Spec) -> Iterator[Finding]:
    names = spec.rocketmq.nameservers
    for name, group in spec.rocketmq.brokers.items():
        if group.nameserver not in names:
            yield Finding(
                path=("rocketmq", "brokers", name, "nameserver"),
                message=f"there is no NameServer group {group.nameserver!r}",
                expected=f"one of {', '.join(names)}" if names else "a group under rocketmq.nameservers",
            )
    if len(spec.rocketmq.brokers) > limits.MAX_BROKER_GROUPS:
        message = f"has {len(spec.rocketmq.brokers)} groups"
        yield _finding("rocketmq.brokers", message, f"at most {limits.MAX_BROKER_GROUPS}")
