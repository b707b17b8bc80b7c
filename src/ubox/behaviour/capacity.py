"""Which machines there are, and whether there is room for more of them."""

from __future__ import annotations

from ubox.behaviour.call import Answer, Call, answers
from ubox.behaviour.image import usable
from ubox.behaviour.machines import DISK_KINDS, MACHINES, cluster_of
from ubox.store.rows import Host


@answers("CheckUHostResourceCapacity")
def check_uhost_resource_capacity(call: Call) -> Answer:
    usable(call, call.text("ImageId"))
    return {
        "ResourceEnough": len(call.all_mine(Host)) + call.number("MaxCount") <= call.box.settings.hosts,
        "RdmaClusterIds": [cluster_of(call.zone)],
    }


@answers("DescribeAvailableInstanceTypes")
def describe_available_instance_types(call: Call) -> Answer:
    asked = call.texts("MachineTypes") or tuple(MACHINES)
    zones = (call.zone,) if call.zone else call.box.settings.regions[call.region]
    return {
        "AvailableInstanceTypes": [
            _instance_type(name, zone) for zone in zones for name in asked if name in MACHINES
        ]
    }


def _instance_type(name: str, zone: str) -> Answer:
    return {
        "Name": name,
        "Status": "Normal",
        "Zone": zone,
        "CpuPlatforms": {"Intel": ["Intel/Auto", "Intel/Cascadelake"], "Amd": ["Amd/Auto"]},
        "MachineSizes": [
            {
                "Gpu": 0,
                "Collection": [
                    {
                        "Cpu": cpu,
                        "Memory": [cpu * ratio for ratio in (1, 2, 4, 8)],
                        "MinimalCpuPlatform": ["Intel/Auto"],
                    }
                    for cpu in (1, 2, 4, 8, 16, 32, 64)
                ],
            }
        ],
        "Disks": [
            {
                "Name": boot,
                "BootDisk": [
                    {
                        "Name": boot,
                        "MaximalSize": (DISK_KINDS[boot].boot or (0, 0))[1],
                        "InstantResize": not DISK_KINDS[boot].local,
                        "Features": [],
                    }
                ],
                "DataDisk": [
                    {
                        "Name": each,
                        "MinimalSize": DISK_KINDS[each].data[0],
                        "MaximalSize": DISK_KINDS[each].data[1],
                        "Features": [],
                    }
                    for each in data
                ],
            }
            for boot, data in MACHINES[name].items()
        ],
    }
