"""UDisks: cloud disks with a life of their own."""

from __future__ import annotations

from ubox.contract import refusals as no
from ubox.contract.checks import LIMIT, NAME, OFFSET, TAG, between, one_of
from ubox.contract.model import INT, TEXT, Action, Family, assumed, documented, may, need, observed

_TYPES = one_of(
    "DataDisk", "SSDDataDisk", "ESSDDataDisk", "RSSDDataDisk", "EfficiencyDataDisk", "ERSSDDataDisk"
)
_CHARGE = one_of("Year", "Month", "Dynamic", "Postpay", "Trial")
_ATTACHED = {"UDiskId": TEXT, "HostId": TEXT, "UHostId": TEXT}

FAMILY = Family(
    "UDisk",
    (
        Action(
            name="CreateUDisk",
            zone=True,
            params=(
                need("Size", INT, between(1, 32000)),
                need("Name", TEXT, NAME),
                may("DiskType", TEXT, _TYPES, default="DataDisk"),
                may("ChargeType", TEXT, _CHARGE, default="Dynamic"),
                may("Quantity", INT, default=1),
                TAG,
                may("RdmaClusterId"),
            ),
            answer={"UDiskId": [TEXT]},
            refusals=(no.HOST_DISK_SIZE, no.NO_BALANCE),
            promises=(
                documented("Initializating (sic), then Available."),
                documented("1 to 8000 GB, 32000 for RSSD."),
                observed("The id comes in a list."),
            ),
        ),
        Action(
            name="DescribeUDisk",
            zone=False,
            params=(
                may("UDiskId"),
                may("UDiskName"),
                may("Tag"),
                may("DiskType"),
                may("Status"),
                may("HostId"),
                may("IsBoot"),
                may("ProtocolVersion", INT, between(0, 1), default=0),
                OFFSET,
                LIMIT,
            ),
            answer={
                "DataSet": [
                    {
                        "UDiskId": TEXT,
                        "Name": TEXT,
                        "Tag": TEXT,
                        "Size": INT,
                        "Status": TEXT,
                        "DiskType": TEXT,
                        "UHostId": TEXT,
                        "UHostName": TEXT,
                        "UHostIP": TEXT,
                        "HostId": TEXT,
                        "HostName": TEXT,
                        "HostIP": TEXT,
                        "DeviceName": TEXT,
                        "IsBoot": TEXT,
                        "RdmaClusterId": TEXT,
                        "Zone": TEXT,
                        "ChargeType": TEXT,
                        "CreateTime": INT,
                        "ExpiredTime": INT,
                        "IsExpire": TEXT,
                        "Version": TEXT,
                        "UDataArkMode": TEXT,
                        "UKmsMode": TEXT,
                        "SnapshotCount": INT,
                        "SnapshotLimit": INT,
                        "SnapEnable": INT,
                        "CloneEnable": INT,
                        "ArkSwitchEnable": INT,
                        "BackupMode": TEXT,
                    }
                ],
                "TotalCount": INT,
            },
            promises=(
                documented("Cloud boot disks are listed too, IsBoot True."),
                documented("ProtocolVersion 1 names the types as UHost does (CLOUD_SSD)."),
            ),
        ),
        Action(
            name="AttachUDisk",
            zone=False,
            params=(need("UDiskId"), may("HostId"), may("UHostId")),
            answer={**_ATTACHED, "DeviceName": TEXT},
            refusals=(
                no.DISK_ABSENT,
                no.DISK_ATTACHED,
                no.DISK_BUSY,
                no.DISK_ATTACH,
                no.DISK_CLUSTER,
                no.HOST_ABSENT,
            ),
            promises=(
                documented("Same zone; the host is Running or Stopped."),
                assumed("The box mounts it at the next /dataN; the real one gives a raw device."),
            ),
        ),
        Action(
            name="DetachUDisk",
            zone=False,
            params=(need("UDiskId"), may("HostId"), may("UHostId")),
            answer=_ATTACHED,
            refusals=(no.DISK_ABSENT, no.DISK_DETACH, no.DISK_BUSY),
        ),
        Action(
            name="DeleteUDisk",
            zone=True,
            params=(need("UDiskId"),),
            refusals=(no.DISK_ABSENT, no.DISK_DELETE),
            promises=(documented("Only an Available disk."),),
        ),
        Action(
            name="RenameUDisk",
            zone=True,
            params=(need("UDiskId"), need("UDiskName", TEXT, NAME)),
            refusals=(no.DISK_ABSENT,),
        ),
        Action(
            name="ResizeUDisk",
            zone=True,
            params=(need("UDiskId"), need("Size", INT, between(1, 32000))),
            refusals=(no.DISK_ABSENT, no.DISK_RESIZE, no.HOST_DISK_SIZE),
            promises=(assumed("An attached disk may grow."),),
        ),
        Action(
            name="DescribeUDiskPrice",
            zone=True,
            params=(
                need("Size", INT, between(1, 32000)),
                may("DiskType", TEXT, _TYPES, default="DataDisk"),
                may("ChargeType", TEXT, _CHARGE),
                may("Quantity", INT, default=1),
            ),
            answer={
                "DataSet": [
                    {
                        "ChargeType": TEXT,
                        "ChargeName": TEXT,
                        "Price": INT,
                        "OriginalPrice": INT,
                        "ListPrice": INT,
                    }
                ]
            },
            promises=(
                documented("In fen, not yuan."),
                assumed("Prices are the box's own: 50 fen a GB and month."),
            ),
        ),
    ),
)
