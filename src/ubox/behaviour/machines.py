"""Machine types, the disks that go with them, and the sizes of disks.

Source: the API's pages on UHost machine types and disk types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ubox.contract import refusals as no


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskKind:
    """A disk type of UHost, with its sizes in GB; a boot range of None means that nothing boots from it."""

    data: tuple[int, int]
    boot: tuple[int, int] | None
    local: bool
    udisk: str
    """UDisk's old name for it as a data disk."""
    prefix: str


DISK_KINDS: Mapping[str, DiskKind] = {
    "LOCAL_NORMAL": DiskKind(data=(20, 2000), boot=(20, 100), local=True, udisk="", prefix="disk"),
    "LOCAL_SSD": DiskKind(data=(20, 1000), boot=(20, 100), local=True, udisk="", prefix="disk"),
    "CLOUD_NORMAL": DiskKind(data=(20, 8000), boot=None, local=False, udisk="DataDisk", prefix="bs"),
    "CLOUD_SSD": DiskKind(data=(20, 8000), boot=(20, 500), local=False, udisk="SSDDataDisk", prefix="bsm"),
    "CLOUD_ESSD": DiskKind(data=(20, 8000), boot=None, local=False, udisk="ESSDDataDisk", prefix="bse"),
    "CLOUD_RSSD": DiskKind(data=(20, 32000), boot=(20, 500), local=False, udisk="RSSDDataDisk", prefix="bsr"),
    "CLOUD_EFFICIENCY": DiskKind(
        data=(20, 8000), boot=None, local=False, udisk="EfficiencyDataDisk", prefix="bsf"
    ),
    "CLOUD_ERSSD": DiskKind(data=(20, 32000), boot=None, local=False, udisk="ERSSDDataDisk", prefix="bsx"),
}
BY_UDISK_NAME: Mapping[str, str] = {kind.udisk: name for name, kind in DISK_KINDS.items() if kind.udisk}
MOST_DATA_DISKS = 26

_FAST = {"CLOUD_RSSD": ("CLOUD_RSSD", "CLOUD_NORMAL", "CLOUD_SSD", "CLOUD_ESSD")}
MACHINES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "N": {
        "LOCAL_NORMAL": ("LOCAL_NORMAL",),
        "LOCAL_SSD": ("LOCAL_SSD",),
        "CLOUD_SSD": ("CLOUD_NORMAL", "CLOUD_SSD", "CLOUD_ESSD"),
    },
    "C": {"LOCAL_SSD": ("LOCAL_SSD",), "CLOUD_SSD": ("CLOUD_SSD", "CLOUD_ESSD")},
    "G": {"LOCAL_SSD": ("LOCAL_SSD",), "CLOUD_SSD": ("CLOUD_SSD",)},
    "O": _FAST,
    "OM": _FAST,
    "OMEM": _FAST,
    "OPRO": _FAST,
    "OPROG": _FAST,
}
"""Each machine type's boot disks, and the data disks that go with each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedDisk:
    type: str
    boot: bool
    size: int


def cluster_of(zone: str) -> str:
    """The RDMA cluster of a zone; the box has one in each."""
    return f"rdma-{zone}"


def check_disks(disks: tuple[WantedDisk, ...], machine: str, image_gb: int) -> None:
    """Raises Refused where the disks don't suit each other, the machine type or the image."""
    boots = [disk for disk in disks if disk.boot]
    data = [disk for disk in disks if not disk.boot]
    for disk in disks:
        if disk.type not in DISK_KINDS:
            raise no.HOST_DISK(why=f"{disk.type} is not one of {', '.join(DISK_KINDS)}")
    if len(boots) != 1:
        raise no.HOST_DISK(why="exactly one boots (IsBoot True)")
    boot = boots[0]
    if boot.type not in MACHINES[machine]:
        raise no.BOOT_TYPE(machine=machine, type=boot.type)
    for disk in data:
        if disk.type not in MACHINES[machine][boot.type]:
            raise no.HOST_DISK(
                why=f"{disk.type} doesn't go with {machine} machines that boot from {boot.type}"
            )
    if boot.size < image_gb:
        raise no.BOOT_SMALL(size=image_gb)
    if DISK_KINDS[boot.type].local and boot.size != image_gb:
        raise no.BOOT_LOCAL_SIZE(size=image_gb)
    for disk in disks:
        check_size(disk.type, disk.size, boot=disk.boot)
    if sum(DISK_KINDS[disk.type].local for disk in data) > 1 or len(data) > MOST_DATA_DISKS:
        raise no.HOST_DISK(why=f"at most one local data disk, and {MOST_DATA_DISKS} in all")


def check_size(type_: str, size: int, *, boot: bool, low: int | None = None) -> None:
    """Raises Refused for a size (GB) that the type doesn't come in; `low` replaces its smallest."""
    kind = DISK_KINDS[type_]
    smallest, largest = kind.boot if boot and kind.boot else kind.data
    smallest = smallest if low is None else low
    if not smallest <= size <= largest:
        raise no.HOST_DISK_SIZE(type=type_, use="boot" if boot else "data", low=smallest, high=largest)
