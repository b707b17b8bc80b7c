"""How DescribeUHostInstance shows a host, its disks and its addresses."""

from __future__ import annotations

from ubox.behaviour.call import Answer, Call
from ubox.behaviour.image import known
from ubox.store.rows import Disk, Eip, Host


def shown(call: Call, host: Host) -> Answer:
    image = known(call.rows, call.box, host.image)
    disks = sorted(call.rows.find(Disk, host=host.id), key=lambda disk: disk.slot)
    return {
        "UHostId": host.id,
        "Name": host.name,
        "Tag": host.tag,
        "Remark": host.remark,
        "State": host.state,
        "Zone": host.zone,
        "CPU": host.cpu,
        "Memory": host.memory_mb,
        "GPU": 0,
        "MachineType": host.machine_type,
        "UHostType": host.machine_type,
        "HostType": host.machine_type,
        "StorageType": "LocalDisk" if disks and disks[0].type.startswith("LOCAL_") else "UDisk",
        "CpuPlatform": host.platform,
        "ImageId": host.image,
        "BasicImageId": image.base_id if image else host.image,
        "BasicImageName": image.name if image else "",
        "OsName": image.os if image else "",
        "OsType": "Linux",
        "ChargeType": host.charge_type,
        "CreateTime": host.created,
        "ExpireTime": 0,
        "AutoRenew": "No",
        "BootDiskState": host.boot_state,
        "IsolationGroup": host.isolation_group,
        "RdmaClusterId": next((disk.cluster for disk in disks if disk.cluster), ""),
        "CloudInitFeature": bool(image and "CloudInit" in image.features),
        "HotplugFeature": host.hotplug,
        "TotalDiskSpace": sum(disk.size for disk in disks if not disk.boot),
        "NetCapability": host.net_capability,
        "NetworkState": "Connected",
        "SubnetType": "Default",
        "LifeCycle": "Normal",
        "TimemachineFeature": "no",
        "RestrictMode": "No",
        "KeyPair": {"KeyPairId": host.key_pair, "KeyPairState": "Normal" if host.key_pair else ""},
        "DiskSet": [_disk(disk) for disk in disks],
        "IPSet": [_private(host), *(_public(host, eip) for eip in call.rows.find(Eip, target=host.id))],
    }


def device(slot: int) -> str:
    """`vda` for the boot disk, then `vdb`, …"""
    return "vd" + chr(ord("a") + slot)


def _disk(disk: Disk) -> Answer:
    kind = "Boot" if disk.boot else "Data" if disk.type.startswith("LOCAL_") else "Udisk"
    return {
        "DiskId": disk.id,
        "DiskType": disk.type,
        "IsBoot": str(disk.boot),
        "Size": disk.size,
        "Drive": f"/dev/{device(disk.slot)}",
        "Type": kind,
        "Name": disk.name,
        "Encrypted": "false",
        "BackupType": "NONE",
    }


def _private(host: Host) -> Answer:
    return {
        "Type": "Private",
        "IP": host.address,
        "IPId": "",
        "Mac": host.mac,
        "VPCId": host.vpc,
        "SubnetId": host.subnet,
        "IPMode": "IPv4",
        "Bandwidth": 0,
        "Default": "true",
        "Weight": 0,
    }


def _public(host: Host, eip: Eip) -> Answer:
    return {
        "Type": "Internation" if eip.operator == "International" else "Bgp",
        "IP": eip.address,
        "IPId": eip.id,
        "Mac": host.mac,
        "VPCId": host.vpc,
        "SubnetId": host.subnet,
        "IPMode": "IPv4",
        "Bandwidth": eip.bandwidth,
        "Default": "false",
        "Weight": 50,
    }
