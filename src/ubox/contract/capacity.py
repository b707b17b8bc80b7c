"""What hosts cost, which kinds there are, and whether there is room for more."""

from __future__ import annotations

from ubox.contract import refusals as no
from ubox.contract.checks import between, step
from ubox.contract.model import BOOL, FLOAT, INT, TEXT, Action, Family, assumed, groups, may, need, some
from ubox.contract.uhost import CHARGE, COUNT, CPU, IS_BOOT, MACHINE_TYPE, MEMORY

FAMILY = Family(
    "Capacity",
    (
        Action(
            name="GetUHostInstancePrice",
            zone=False,
            params=(
                need("CPU", INT, between(1, 64, no.HOST_CPU)),
                need("Memory", INT, step(1024, no.HOST_MEMORY)),
                need("Count", INT, between(1, 5)),
                groups(
                    "Disks", need("IsBoot", TEXT, IS_BOOT), need("Type"), need("Size", INT), may("BackupType")
                ),
                may("ImageId"),
                MACHINE_TYPE,
                may("ChargeType", TEXT, CHARGE),
                may("Quantity", INT, default=1),
            ),
            answer={
                "PriceSet": [{"ChargeType": TEXT, "Price": FLOAT, "OriginalPrice": FLOAT, "ListPrice": FLOAT}]
            },
            promises=(
                assumed(
                    "The box's own prices, yuan a month: 40 for a core, 20 for a GiB, 0.5 for a GB of disk."
                ),
            ),
        ),
        Action(
            name="CheckUHostResourceCapacity",
            zone=True,
            params=(
                need("ImageId"),
                CPU,
                MEMORY,
                groups(
                    "Disks", need("IsBoot", TEXT, IS_BOOT), need("Type"), need("Size", INT), may("BackupType")
                ),
                MACHINE_TYPE,
                may("MaxCount", INT, COUNT, default=1),
                may("ChargeType", TEXT, CHARGE),
            ),
            answer={"ResourceEnough": BOOL, "RdmaClusterIds": [TEXT]},
            refusals=(no.IMAGE_UNKNOWN, no.IMAGE_STATE),
            promises=(assumed("Enough until the box's 200 hosts of a region are there."),),
        ),
        Action(
            name="DescribeAvailableInstanceTypes",
            zone=False,
            params=(some("MachineTypes"),),
            answer={
                "AvailableInstanceTypes": [
                    {
                        "Name": TEXT,
                        "Status": TEXT,
                        "Zone": TEXT,
                        "CpuPlatforms": {"Intel": [TEXT], "Amd": [TEXT]},
                        "MachineSizes": [
                            {
                                "Gpu": INT,
                                "Collection": [{"Cpu": INT, "Memory": [INT], "MinimalCpuPlatform": [TEXT]}],
                            }
                        ],
                        "Disks": [
                            {
                                "Name": TEXT,
                                "BootDisk": [
                                    {
                                        "Name": TEXT,
                                        "MaximalSize": INT,
                                        "InstantResize": BOOL,
                                        "Features": [TEXT],
                                    }
                                ],
                                "DataDisk": [
                                    {"Name": TEXT, "MinimalSize": INT, "MaximalSize": INT, "Features": [TEXT]}
                                ],
                            }
                        ],
                    }
                ]
            },
            promises=(assumed("Every zone has the same machine types and sizes."),),
        ),
    ),
)
