"""UHosts: create, describe, power, change, delete."""

from __future__ import annotations

from collections.abc import Mapping

from ubox.contract import refusals as no
from ubox.contract.checks import ADDRESS, LIMIT, NAME, OFFSET, REMARK, TAG, between, one_of, step
from ubox.contract.model import (
    BOOL, FLOAT, INT, TEXT, Action, Family, Mark, Shape, assumed, documented, group, groups, may, need, observed, some,
)

_ID = {"UHostId": TEXT}
_HOST = (need("UHostId"),)
_CHARGE = one_of("Year", "Month", "Dynamic", "Postpay", "Spot")
_MACHINE = one_of("N", "C", "G", "O", "OM", "OMEM", "OPRO", "OPROG")
_CPU = may("CPU", INT, between(1, 64, no.HOST_CPU), default=4)
_MEMORY = may("Memory", INT, between(1024, 262144, no.HOST_MEMORY), step(1024, no.HOST_MEMORY), default=8192)
_IS_BOOT = one_of("True", "False", "true", "false")
_DISKS = groups(
    "Disks", need("IsBoot", TEXT, _IS_BOOT), need("Type"), need("Size", INT), may("BackupType", default="NONE"),
    required=True,
)
_MACHINE_TYPE = may("MachineType", TEXT, _MACHINE, default="N")
_COUNT = between(1, 100)

_UHOST: Mapping[str, Shape] = {
    "UHostId": TEXT, "Name": TEXT, "Tag": TEXT, "Remark": TEXT, "State": TEXT, "Zone": TEXT, "CPU": INT,
    "Memory": INT, "GPU": INT, "MachineType": TEXT, "UHostType": TEXT, "HostType": TEXT, "StorageType": TEXT,
    "CpuPlatform": TEXT, "ImageId": TEXT, "BasicImageId": TEXT, "BasicImageName": TEXT, "OsName": TEXT,
    "OsType": TEXT, "ChargeType": TEXT, "CreateTime": INT, "ExpireTime": INT, "AutoRenew": TEXT,
    "BootDiskState": TEXT, "IsolationGroup": TEXT, "RdmaClusterId": TEXT, "CloudInitFeature": BOOL,
    "HotplugFeature": BOOL, "TotalDiskSpace": INT, "NetCapability": TEXT, "NetworkState": TEXT,
    "SubnetType": TEXT, "LifeCycle": TEXT, "TimemachineFeature": TEXT, "RestrictMode": TEXT,
    "KeyPair": {"KeyPairId": TEXT, "KeyPairState": TEXT},
    "DiskSet": [{
        "DiskId": TEXT, "DiskType": TEXT, "IsBoot": TEXT, "Size": INT, "Drive": TEXT, "Type": TEXT, "Name": TEXT,
        "Encrypted": TEXT, "BackupType": TEXT,
    }],
    "IPSet": [{
        "Type": TEXT, "IP": TEXT, "IPId": TEXT, "Mac": TEXT, "VPCId": TEXT, "SubnetId": TEXT, "IPMode": TEXT,
        "Bandwidth": INT, "Default": TEXT, "Weight": INT,
    }],
}

FAMILY = Family("UHost", (
    Action(
        name="CreateUHostInstance",
        zone=True,
        params=(
            need("ImageId"), need("LoginMode", TEXT, one_of("Password", "KeyPair", "ImagePasswd")), _DISKS,
            may("Password", secret=True), may("KeyPairId"), may("Name", TEXT, NAME, default="UHost"), TAG,
            may("ChargeType", TEXT, _CHARGE, default="Month"), may("Quantity", INT, default=1), _CPU, _MEMORY,
            _MACHINE_TYPE, may("MinimalCpuPlatform", default="Intel/Auto"), may("NetCapability", default="Normal"),
            may("HotplugFeature", BOOL, default=False), may("VPCId"), may("SubnetId"), some("PrivateIp", ADDRESS),
            may("SecurityGroupId"), may("IsolationGroup"), may("MaxCount", INT, _COUNT, default=1),
            may("MinCount", INT, _COUNT, default=1),
            groups("NetworkInterface", group(
                "EIP", may("Bandwidth", INT, between(0, 10000)), may("PayMode", default="Bandwidth"),
                may("OperatorName"), may("ShareBandwidthId"),
            )),
            may("UserData", secret=True), may("AutoDataDiskInit", TEXT, one_of("On", "Off"), default="On"),
            may("SecurityMode", TEXT, one_of("Firewall"), default="Firewall"),
            may("DeletionProtection", BOOL, default=False),
        ),
        answer={"UHostIds": [TEXT], "IPs": [TEXT]},
        refusals=(
            no.IMAGE_UNKNOWN, no.IMAGE_STATE, no.LOGIN_MODE, no.KEY_PAIR_ABSENT, no.HOST_DISK, no.HOST_DISK_SIZE,
            no.BOOT_TYPE, no.BOOT_SMALL, no.BOOT_LOCAL_SIZE, no.NO_DEFAULT_VPC, no.VPC_ABSENT, no.SUBNET_ABSENT,
            no.SUBNET_FULL, no.ADDRESS_TAKEN, no.ADDRESS_OUTSIDE, no.FIREWALL_ABSENT, no.GROUP_ABSENT,
            no.GROUP_FULL, no.NO_CLOUD_INIT, no.USER_DATA, no.HOST_QUOTA, no.BANDWIDTH_ZERO, no.TRAFFIC_BANDWIDTH,
            no.EIP_QUOTA, no.NO_BALANCE,
        ),
        promises=(
            documented("Initializing, then Starting, then Running; with a fabric, Running is the real machine's."),
            assumed("Without PrivateIp an address is taken from the top of the subnet downward."),
            observed("The host's Tag is inherited by its cloud disks and the EIP made with it."),
            documented("Without SecurityGroupId it gets the recommended web firewall."),
            documented("UserData: base64, at most 16 KB, and an image with CloudInit."),
            observed("MachineType is N and MinimalCpuPlatform Intel/Auto unless given."),
            assumed("Data disks are mounted at /data, /data2, … in the host."),
            assumed("A password has 8 to 30 characters of at least two classes."),
            assumed("IPs has the addresses only when one host was made."),
            assumed("The box has room for 200 hosts in a region."),
        ),
    ),
    Action(
        name="DescribeUHostInstance",
        zone=False,
        params=(
            some("UHostIds"), may("Tag"), may("VPCId"), may("SubnetId"), may("IsolationGroup"), OFFSET, LIMIT,
        ),
        answer={"UHostSet": [_UHOST], "TotalCount": INT},
        promises=(documented("Limit is 100 at most."), observed("Unknown ids give an empty list.")),
    ),
    Action(
        name="StartUHostInstance", zone=False, params=_HOST, answer=_ID, refusals=(no.HOST_ABSENT, no.HOST_POWER),
    ),
    Action(
        name="StopUHostInstance", zone=False, params=_HOST, answer=_ID, refusals=(no.HOST_ABSENT, no.HOST_POWER),
        promises=(documented("Asks the machine to shut down (ACPI)."),),
    ),
    Action(
        name="PoweroffUHostInstance", zone=False, params=_HOST, answer=_ID,
        refusals=(no.HOST_ABSENT, no.HOST_POWER),
        promises=(
            documented("Takes the power away."),
            assumed("Refused for a host that is Stopped or Initializing."),
        ),
    ),
    Action(
        name="RebootUHostInstance", zone=False, params=_HOST, answer=_ID, refusals=(no.HOST_ABSENT, no.HOST_POWER),
    ),
    Action(
        name="TerminateUHostInstance",
        zone=False,
        params=(
            *_HOST, may("ReleaseEIP", BOOL, default=False), may("ReleaseUDisk", BOOL, default=False),
            may("Destroy", INT),
        ),
        answer={**_ID, "InRecycle": TEXT},
        refusals=(no.HOST_ABSENT, no.HOST_RUNNING, no.HOST_POWER),
        promises=(
            documented("Only Stopped or Install Fail."),
            documented("EIPs and cloud data disks stay, unless ReleaseEIP and ReleaseUDisk say otherwise."),
            assumed("Gone at once; there is no recycle bin (InRecycle is No)."),
            assumed("Its backends leave their VServers."),
        ),
    ),
    Action(
        name="ModifyUHostInstanceName", zone=False, params=(*_HOST, need("Name", TEXT, NAME)), answer=_ID,
        refusals=(no.HOST_ABSENT,),
    ),
    Action(
        name="ModifyUHostInstanceTag", zone=False, params=(*_HOST, need("Tag", TEXT, NAME)), answer=_ID,
        refusals=(no.HOST_ABSENT,),
        promises=(observed("Goes on to its cloud disks and the EIP made with it."),),
    ),
    Action(
        name="ModifyUHostInstanceRemark", zone=False, params=(*_HOST, may("Remark", TEXT, REMARK, default="")),
        answer=_ID, refusals=(no.HOST_ABSENT,),
    ),
    Action(
        name="ResizeUHostInstance",
        zone=False,
        params=(
            *_HOST, may("CPU", INT, between(1, 64, no.HOST_CPU)),
            may("Memory", INT, between(1024, 262144, no.HOST_MEMORY), step(1024, no.HOST_MEMORY)),
        ),
        answer=_ID,
        refusals=(no.HOST_ABSENT, no.HOST_NOT_STOPPED, no.BOOT_NOT_READY),
        promises=(documented("The host is Stopped and its boot disk Normal."),),
    ),
    Action(
        name="ResetUHostInstancePassword",
        zone=False,
        params=(*_HOST, need("Password", TEXT, secret=True)),
        answer=_ID,
        refusals=(no.HOST_ABSENT, no.HOST_NOT_STOPPED, no.BOOT_NOT_READY, no.LOGIN_MODE),
        promises=(assumed("Checked and forgotten: machines of the box have no passwords."),),
        mark=Mark.OBSERVED,
    ),
    Action(
        name="ResizeAttachedDisk",
        zone=True,
        params=(*_HOST, need("DiskId"), need("DiskSpace", INT), may("DryRun", BOOL, default=False)),
        answer={"DiskId": TEXT, "NeedRestart": BOOL},
        refusals=(no.HOST_ABSENT, no.HOST_NOT_STOPPED, no.BOOT_NOT_READY, no.DISK_ABSENT, no.RESIZE_SMALLER,
                  no.HOST_DISK_SIZE),
    ),
    Action(
        name="DescribeUHostTags",
        zone=False,
        answer={"TagSet": [{"Tag": TEXT, "TotalCount": INT, "Zone": TEXT}], "TotalCount": INT},
    ),
    Action(
        name="GetUHostInstancePrice",
        zone=False,
        params=(
            need("CPU", INT, between(1, 64, no.HOST_CPU)), need("Memory", INT, step(1024, no.HOST_MEMORY)),
            need("Count", INT, between(1, 5)),
            groups("Disks", need("IsBoot", TEXT, _IS_BOOT), need("Type"), need("Size", INT), may("BackupType")),
            may("ImageId"), _MACHINE_TYPE, may("ChargeType", TEXT, _CHARGE), may("Quantity", INT, default=1),
        ),
        answer={"PriceSet": [{"ChargeType": TEXT, "Price": FLOAT, "OriginalPrice": FLOAT, "ListPrice": FLOAT}]},
        promises=(assumed("Prices are the box's own: 40 yuan a month for a core, 20 for a GiB, 0.5 for a GB of disk."),),
    ),
    Action(
        name="CheckUHostResourceCapacity",
        zone=True,
        params=(
            need("ImageId"), _CPU, _MEMORY,
            groups("Disks", need("IsBoot", TEXT, _IS_BOOT), need("Type"), need("Size", INT), may("BackupType")),
            _MACHINE_TYPE, may("MaxCount", INT, _COUNT, default=1), may("ChargeType", TEXT, _CHARGE),
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
            "AvailableInstanceTypes": [{
                "Name": TEXT, "Status": TEXT, "Zone": TEXT, "CpuPlatforms": {"Intel": [TEXT], "Amd": [TEXT]},
                "MachineSizes": [{
                    "Gpu": INT,
                    "Collection": [{"Cpu": INT, "Memory": [INT], "MinimalCpuPlatform": [TEXT]}],
                }],
                "Disks": [{
                    "Name": TEXT,
                    "BootDisk": [{"Name": TEXT, "MaximalSize": INT, "InstantResize": BOOL, "Features": [TEXT]}],
                    "DataDisk": [{"Name": TEXT, "MinimalSize": INT, "MaximalSize": INT, "Features": [TEXT]}],
                }],
            }],
        },
        promises=(assumed("Every zone has the same machine types and sizes."),),
    ),
))
