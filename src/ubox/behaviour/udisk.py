"""UDisks: cloud disks, attached to hosts of their zone and detached again."""

from __future__ import annotations

from ubox.behaviour.call import Answer, Call, answers, new_id
from ubox.behaviour.machines import BY_UDISK_NAME, DISK_KINDS, MOST_DATA_DISKS, check_size, cluster_of
from ubox.behaviour.price import charge
from ubox.behaviour.uhost_show import device
from ubox.contract import refusals as no
from ubox.contract.model import MISSING_PARAM
from ubox.store.rows import Disk, Host, ScrappedDisk
from ubox.transitions import schedule

_SMALLEST = 1
"""GB; a UDisk may be smaller than a data disk made with a host."""


@answers("CreateUDisk")
def create_udisk(call: Call) -> Answer:
    charge(call)
    type_ = BY_UDISK_NAME[call.text("DiskType")]
    check_size(type_, call.number("Size"), boot=False, low=_SMALLEST)
    disk = Disk(
        id=new_id(DISK_KINDS[type_].prefix),
        region=call.region,
        project=call.project,
        zone=call.zone,
        name=call.text("Name"),
        tag=call.text("Tag"),
        type=type_,
        boot=False,
        size=call.number("Size"),
        state="Initializating",
        host="",
        slot=0,
        charge_type=call.text("ChargeType"),
        cluster=(call.text("RdmaClusterId") or cluster_of(call.zone)) if type_ == "CLOUD_RSSD" else "",
        created=int(call.now),
    )
    call.rows.add(disk)
    _later(call, disk, "Initializating", "Available")
    return {"UDiskId": [disk.id]}


@answers("DescribeUDisk")
def describe_udisk(call: Call) -> Answer:
    new_names = call.number("ProtocolVersion") == 1
    equal = {
        column: value
        for column, value in (
            ("tag", call.text("Tag")),
            ("host", call.text("HostId")),
            ("zone", call.zone),
            ("id", call.text("UDiskId")),
            ("name", call.text("UDiskName")),
        )
        if value
    }
    found = [
        disk
        for disk in call.rows.find(Disk, region=call.region, project=call.project, **equal)
        if not DISK_KINDS[disk.type].local
        and call.text("Status") in ("", "All", disk.state)
        and call.text("DiskType") in ("", _type_name(disk, new_names))
        and (not new_names or not call.text("DiskType") or call.text("IsBoot") in ("", str(disk.boot)))
    ]
    return {
        "DataSet": [_shown(call, disk, new_names) for disk in call.look_at(call.page(found))],
        "TotalCount": len(found),
    }


@answers("AttachUDisk")
def attach_udisk(call: Call) -> Answer:
    disk, host = disk_of(call), _host(call)
    if disk.state == "InUse":
        raise no.DISK_ATTACHED(id=disk.id)
    if disk.state != "Available":
        raise no.DISK_BUSY(id=disk.id, state=disk.state)
    if host.zone != disk.zone:
        raise no.DISK_ATTACH(id=disk.id, why=f"it is in {disk.zone}, {host.id} in {host.zone}")
    if host.state not in ("Running", "Stopped"):
        raise no.DISK_ATTACH(id=disk.id, why=f"{host.id} is {host.state}")
    if disk.cluster and disk.cluster != cluster_of(host.zone):
        raise no.DISK_CLUSTER(id=disk.id, host=host.id)
    slot = _free_slot(call, disk, host)
    disk = call.rows.change(disk, state="Attaching", host=host.id, slot=slot)
    _later(call, disk, "Attaching", "InUse")
    return {"UDiskId": disk.id, "HostId": host.id, "UHostId": host.id, "DeviceName": device(slot)}


@answers("DetachUDisk")
def detach_udisk(call: Call) -> Answer:
    disk, host = disk_of(call), call.text("HostId") or call.text("UHostId")
    if disk.state in ("Attaching", "Detaching"):
        raise no.DISK_BUSY(id=disk.id, state=disk.state)
    if disk.state != "InUse" or disk.boot or host not in ("", disk.host):
        raise no.DISK_DETACH(id=disk.id, host=host)
    held = disk.host
    disk = call.rows.change(disk, state="Detaching", host="", slot=0)
    _later(call, disk, "Detaching", "Available")
    return {"UDiskId": disk.id, "HostId": held, "UHostId": held}


@answers("DeleteUDisk")
def delete_udisk(call: Call) -> Answer:
    disk = disk_of(call)
    if disk.state != "Available":
        raise no.DISK_DELETE(id=disk.id, state=disk.state)
    scrap(call, disk)
    return {}


@answers("RenameUDisk")
def rename_udisk(call: Call) -> Answer:
    call.rows.change(disk_of(call), name=call.text("UDiskName"))
    return {}


@answers("ResizeUDisk")
def resize_udisk(call: Call) -> Answer:
    disk, size = disk_of(call), call.number("Size")
    if size < disk.size:
        raise no.DISK_RESIZE(id=disk.id, size=disk.size)
    check_size(disk.type, size, boot=disk.boot, low=_SMALLEST)
    call.rows.change(disk, size=size)
    return {}


def scrap(call: Call, disk: Disk) -> None:
    """Removes a disk with what is on it."""
    call.rows.remove(disk)
    if call.box.has_fabric and not disk.boot:
        call.rows.add(ScrappedDisk(id=disk.id))


def disk_of(call: Call) -> Disk:
    """The cloud disk that the call names, in the call's zone if it names one. Raises Refused."""
    disk = call.mine(Disk, call.text("UDiskId"))
    if disk is None or DISK_KINDS[disk.type].local or call.zone not in ("", disk.zone):
        raise no.DISK_ABSENT(id=call.text("UDiskId"))
    return disk


def _host(call: Call) -> Host:
    if not (id := call.text("HostId") or call.text("UHostId")):
        raise MISSING_PARAM(name="HostId")
    if (host := call.mine(Host, id)) is None:
        raise no.HOST_ABSENT(id=id)
    return host


def _free_slot(call: Call, disk: Disk, host: Host) -> int:
    used = {each.slot for each in call.rows.find(Disk, host=host.id)}
    slot = next((each for each in range(1, MOST_DATA_DISKS) if each not in used), None)
    if slot is None:
        raise no.DISK_ATTACH(id=disk.id, why=f"{host.id} has {len(used)} disks")
    return slot


def _later(call: Call, disk: Disk, old: str, new: str) -> None:
    schedule(call.rows, disk, "state", ((old, new, call.box.settings.timings.disk),), call.now)


def _type_name(disk: Disk, new_names: bool) -> str:
    if new_names:
        return disk.type
    name = DISK_KINDS[disk.type].udisk
    return name.replace("DataDisk", "SystemDisk") if disk.boot else name


def _shown(call: Call, disk: Disk, new_names: bool) -> Answer:
    host = call.rows.get(Host, disk.host) if disk.host else None
    id, name, address = (host.id, host.name, host.address) if host else ("", "", "")
    return {
        "UDiskId": disk.id,
        "Name": disk.name,
        "Tag": disk.tag,
        "Size": disk.size,
        "Status": disk.state,
        "DiskType": _type_name(disk, new_names),
        "UHostId": id,
        "UHostName": name,
        "UHostIP": address,
        "HostId": id,
        "HostName": name,
        "HostIP": address,
        "DeviceName": device(disk.slot) if host else "",
        "IsBoot": str(disk.boot),
        "RdmaClusterId": disk.cluster,
        "Zone": disk.zone,
        "ChargeType": disk.charge_type,
        "CreateTime": disk.created,
        "ExpiredTime": 0,
        "IsExpire": "No",
        "Version": "1.0",
        "UDataArkMode": "No",
        "UKmsMode": "No",
        "SnapshotCount": 0,
        "SnapshotLimit": 3,
        "SnapEnable": 0,
        "CloneEnable": 0,
        "ArkSwitchEnable": 0,
        "BackupMode": "",
    }
