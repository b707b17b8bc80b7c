"""Calls that the real API would refuse, as data: the refusal, the action, and what is wrong with it.

`@name` in a parameter is the id of that thing in the region that `test_refusals.py` builds.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from ubox.contract import refusals as no
from ubox.contract.model import BAD_PARAM, MISSING_PARAM, Refusal


@dataclass(frozen=True)
class Case:
    refusal: Refusal
    action: str
    params: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.refusal.name}-{self.action}"


def case(refusal: Refusal, action: str, base: dict[str, Any] | None = None, **params: Any) -> Case:
    return Case(refusal, action, {**(base or {}), **params})


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def rule(text: str) -> dict[str, Any]:
    return {"Name": "new", "Rule": [text]}


BOOT: dict[str, Any] = {"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20}
DATA: dict[str, Any] = {"IsBoot": "False", "Type": "CLOUD_SSD", "Size": 20}
LOCAL_BOOT, LOCAL_DATA = {**BOOT, "Type": "LOCAL_SSD"}, {**DATA, "Type": "LOCAL_SSD"}
HOST: dict[str, Any] = {
    "Zone": "box-01",
    "ImageId": "uimage-paper-host",
    "LoginMode": "Password",
    "Password": encoded("Correct-horse-1"),
    "CPU": 1,
    "Memory": 1024,
    "VPCId": "@vpc",
    "SubnetId": "@subnet",
    "Disks": [BOOT],
}
EIP = {"OperatorName": "BGP", "Bandwidth": 1}
INNER = {"InnerMode": "Yes", "VPCId": "@vpc", "SubnetId": "@subnet"}
NATGW = {"NATGWName": "gw", "EIPIds": ["@free_eip"], "FirewallId": "@wall", "VPCId": "@vpc"}
VSERVER = {"ULBId": "@ulb", "Protocol": "TCP", "FrontendPort": 81}
BACKEND = {
    "ULBId": "@ulb",
    "VServerId": "@vserver",
    "ResourceType": "UHost",
    "ResourceId": "@other_host",
    "Port": 80,
}
NO_VPC = {"VPCId": "uvnet-none"}
SHRINK = {"Zone": "box-01", "UHostId": "@stopped_host", "DiskId": "@boot_disk", "DiskSpace": 19}
WRONG_HOLDER = {"EIPId": "@natgw_eip", "ResourceType": "uhost", "ResourceId": "@host"}
LAST_EIP = {"EIPId": "@natgw_eip", "ResourceType": "natgw", "ResourceId": "@natgw"}
MANY_RULES = [f"TCP|{port}|0.0.0.0/0|ACCEPT|LOW|" for port in range(1, 1002)]

PARAMETERS = [
    case(MISSING_PARAM, "CreateVPC", Network=["10.0.0.0/16"]),
    case(MISSING_PARAM, "CreateVPC", Name="a"),
    case(MISSING_PARAM, "CreateUHostInstance", HOST, Zone=""),
    case(MISSING_PARAM, "CreateUHostInstance", HOST, Disks=[]),
    case(MISSING_PARAM, "CreateUHostInstance", HOST, LoginMode="KeyPair"),
    case(MISSING_PARAM, "CreateNATGW", NATGW, EIPIds=[]),
    case(MISSING_PARAM, "CreateFirewall", Name="new"),
    case(MISSING_PARAM, "UpdateSubnetAttribute", SubnetId="@subnet"),
    case(MISSING_PARAM, "AttachUDisk", UDiskId="@disk"),
    case(BAD_PARAM, "DescribeVPC", Region="cn-bj2"),
    case(BAD_PARAM, "DescribeVPC", Limit="many"),
    case(BAD_PARAM, "DescribeVPC", Offset=-1),
    case(BAD_PARAM, "DescribeUHostInstance", Limit=101),
    case(BAD_PARAM, "CreateVPC", Name="a b", Network=["10.0.0.0/16"]),
    case(BAD_PARAM, "CreateVPC", Name="x" * 64, Network=["10.0.0.0/16"]),
    case(BAD_PARAM, "CreateVPC", Name="a", Tag="a b", Network=["10.0.0.0/16"]),
    case(BAD_PARAM, "CreateVPC", Name="a", Network="10.0.0.0/16"),
    case(BAD_PARAM, "CreateSubnet", VPCId="@vpc", Subnet="10.90.0.0", Netmask=30),
    case(BAD_PARAM, "CreateUHostInstance", HOST, Zone="box-two-01"),
    case(BAD_PARAM, "CreateUHostInstance", HOST, PrivateIp=["10.80.0.40", "10.80.0.41"]),
    case(BAD_PARAM, "CreateUHostInstance", HOST, PrivateIp=["nowhere"]),
    case(BAD_PARAM, "CreateUHostInstance", HOST, MinCount=2),
    case(BAD_PARAM, "CreateVPCIntercom", VPCId="@vpc", DstVPCId="@vpc"),
    case(BAD_PARAM, "CreateULB", INNER, SubnetId="@far_subnet"),
    case(BAD_PARAM, "CreateVServer", VSERVER, ListenType="RequestProxy"),
    case(BAD_PARAM, "CreateVServer", VSERVER, MonitorType="Ping"),
    case(BAD_PARAM, "CreateVServer", VSERVER, Method="Leastconn"),
    case(BAD_PARAM, "AllocateBackend", BACKEND, ResourceType="UPM"),
    case(no.UNKNOWN_PROJECT, "DescribeVPC", ProjectId="org-other"),
]

NETWORKS = [
    case(no.VPC_ABSENT, "DeleteVPC", NO_VPC),
    case(no.VPC_ABSENT, "AddVPCNetwork", NO_VPC, Network=["10.0.0.0/16"]),
    case(no.VPC_ABSENT, "CreateSubnet", NO_VPC, Subnet="10.80.0.0"),
    case(no.VPC_ABSENT, "CreateVPCIntercom", VPCId="@vpc", DstVPCId="uvnet-none"),
    case(no.VPC_ABSENT, "DescribeVPCIntercom", NO_VPC),
    case(no.VPC_IN_USE, "DeleteVPC", VPCId="@vpc"),
    case(no.INTERCOM_ABSENT, "DeleteVPCIntercom", VPCId="@vpc", DstVPCId="@twin_vpc"),
    case(no.VPC_ABSENT, "CreateVPCIntercom", VPCId="@vpc", DstVPCId="@twin_vpc", DstProjectId="org-two"),
    case(no.VPC_ABSENT, "DeleteVPCIntercom", VPCId="@vpc", DstVPCId="@far_vpc", DstRegion="box-two"),
    case(no.INTERCOM_EXISTS, "CreateVPCIntercom", VPCId="@vpc", DstVPCId="@far_vpc"),
    case(no.NETWORK_INVALID, "CreateVPC", Name="a", Network=["8.0.0.0/16"]),
    case(no.NETWORK_INVALID, "CreateVPC", Name="a", Network=["10.0.0.0/30"]),
    case(no.NETWORK_INVALID, "CreateVPC", Name="a", Network=["10.0.0.1/16"]),
    case(no.NETWORK_INVALID, "CreateVPC", Name="a", Network=["192.0.0.0/8"]),
    case(no.NETWORK_INVALID, "CreateSubnet", VPCId="@vpc", Subnet="10.99.0.0"),
    case(no.NETWORK_INVALID, "CreateSubnet", VPCId="@vpc", Subnet="10.80.0.1"),
    case(no.NETWORK_INVALID, "UpdateVPCNetwork", VPCId="@vpc", Network=["10.99.0.0/20"]),
    case(no.NETWORK_IN_USE, "UpdateVPCNetwork", VPCId="@vpc", Network=["10.90.0.0/20"]),
    case(no.NETWORK_OVERLAP, "CreateVPC", Name="a", Network=["10.0.0.0/16", "10.0.1.0/24"]),
    case(no.NETWORK_OVERLAP, "CreateSubnet", VPCId="@vpc", Subnet="10.80.0.0"),
    case(no.NETWORK_OVERLAP, "CreateVPCIntercom", VPCId="@vpc", DstVPCId="@twin_vpc"),
    case(no.NETWORK_OVERLAP, "CreateVPCIntercom", VPCId="@far_vpc", DstVPCId="@twin_vpc"),
    case(no.SUBNET_ABSENT, "DeleteSubnet", SubnetId="subnet-none"),
    case(no.SUBNET_ABSENT, "CreateUHostInstance", HOST, SubnetId="subnet-none"),
    case(no.SUBNET_BUSY, "DeleteSubnet", SubnetId="@subnet"),
    case(no.NO_DEFAULT_VPC, "CreateUHostInstance", HOST, VPCId="", SubnetId=""),
    case(no.NATGW_ABSENT, "DescribeNATGW", NATGWIds=["natgw-none"]),
    case(no.NATGW_ABSENT, "DeleteNATGW", NATGWId="natgw-none"),
    case(no.NATGW_NEEDS_EIP, "UnBindEIP", LAST_EIP),
    case(no.SUBNET_HAS_NATGW, "CreateNATGW", NATGW, SubnetworkIds=["@subnet"]),
    case(no.WHITELIST_ABSENT, "DeleteWhiteListResource", NATGWId="@natgw", ResourceIds=["@host"]),
]

INTERNET = [
    case(no.EIP_ABSENT, "CreateNATGW", NATGW, EIPIds=["eip-none"]),
    case(no.EIP_ABSENT, "BindEIP", EIPId="eip-none", ResourceType="uhost", ResourceId="@host"),
    case(no.EIP_RELEASED, "ReleaseEIP", EIPId="eip-none"),
    case(no.EIP_NOT_BOUND, "UnBindEIP", WRONG_HOLDER, EIPId="@free_eip"),
    case(no.EIP_IN_USE, "ReleaseEIP", EIPId="@natgw_eip"),
    case(no.EIP_IN_USE, "BindEIP", WRONG_HOLDER),
    case(no.EIP_IN_USE, "CreateNATGW", NATGW, EIPIds=["@natgw_eip"]),
    case(no.EIP_QUOTA, "AllocateEIP", EIP, Count=50),
    case(no.EIP_TARGET, "BindEIP", EIPId="@free_eip", ResourceType="ulb", ResourceId="@ulb"),
    case(no.EIP_TARGET, "BindEIP", EIPId="@free_eip", ResourceType="castle", ResourceId="@host"),
    case(no.EIP_TARGET, "UnBindEIP", WRONG_HOLDER),
    case(no.BANDWIDTH_ZERO, "AllocateEIP", EIP, Bandwidth=0),
    case(no.TRAFFIC_BANDWIDTH, "AllocateEIP", EIP, Bandwidth=301, PayMode="Traffic"),
    case(no.PAY_MODE_SAME, "SetEIPPayMode", EIPId="@free_eip", PayMode="Bandwidth", Bandwidth=2),
    case(no.FIREWALL_ABSENT, "DescribeFirewall", FWId="firewall-none"),
    case(no.FIREWALL_ABSENT, "CreateUHostInstance", HOST, SecurityGroupId="firewall-none"),
    case(no.FIREWALL_NAME, "CreateFirewall", rule("TCP|22|0.0.0.0/0|ACCEPT|LOW|"), Name="wall"),
    case(no.FIREWALL_NAME, "UpdateFirewallAttribute", FWId="@free_wall", Name="wall"),
    case(no.FIREWALL_IN_USE, "DeleteFirewall", FWId="@wall"),
    case(no.FIREWALL_BUILT_IN, "DeleteFirewall", FWId="@recommended"),
    case(no.FIREWALL_TARGET, "GrantFirewall", FWId="@wall", ResourceType="uhost", ResourceId="uhost-none"),
    case(no.FIREWALL_TARGET, "GrantFirewall", FWId="@wall", ResourceType="ulb", ResourceId="@ulb"),
    case(no.RULE_COUNT, "CreateFirewall", Name="new", Rule=MANY_RULES),
    case(no.RULE_PRIORITY, "CreateFirewall", rule("TCP|22|0.0.0.0/0|ACCEPT|SOON|")),
    case(no.RULE_INVALID, "CreateFirewall", rule("TCP|22")),
    case(no.RULE_INVALID, "CreateFirewall", rule("SCTP|22|0.0.0.0/0|ACCEPT|LOW|")),
    case(no.RULE_INVALID, "CreateFirewall", rule("TCP|0|0.0.0.0/0|ACCEPT|LOW|")),
    case(no.RULE_INVALID, "CreateFirewall", rule("TCP|9-8|0.0.0.0/0|ACCEPT|LOW|")),
    case(no.RULE_INVALID, "CreateFirewall", rule("ICMP|8|0.0.0.0/0|ACCEPT|LOW|")),
    case(no.RULE_INVALID, "CreateFirewall", rule("TCP|22|somewhere|ACCEPT|LOW|")),
    case(no.RULE_INVALID, "CreateFirewall", rule("TCP|22||ACCEPT|LOW|")),
    case(no.RULE_INVALID, "CreateFirewall", rule("TCP|22|0.0.0.0/0|ALLOW|LOW|")),
    case(no.RULE_INVALID, "CreateFirewall", rule("TCP|22|0.0.0.0/0|ACCEPT|LOW|" + "r" * 65)),
    case(no.RULE_INVALID, "CreateFirewall", Name="new", Rule=["TCP|22|0.0.0.0/0|ACCEPT|LOW|a"] * 2),
]

HOSTS = [
    case(no.HOST_ABSENT, "StartUHostInstance", UHostId="uhost-none"),
    case(no.HOST_ABSENT, "StartUHostInstance", UHostId="@host", Zone="box-02"),
    case(no.HOST_NOT_STOPPED, "ResizeUHostInstance", UHostId="@host", CPU=2),
    case(no.HOST_NOT_STOPPED, "AddUHostToIsolationGroup", GroupId="@group", UHostId="@host", Zone="box-01"),
    case(no.HOST_RUNNING, "TerminateUHostInstance", UHostId="@host"),
    case(no.HOST_POWER, "StartUHostInstance", UHostId="@host"),
    case(no.HOST_POWER, "StopUHostInstance", UHostId="@stopped_host"),
    case(no.HOST_POWER, "PoweroffUHostInstance", UHostId="@stopped_host"),
    case(no.HOST_QUOTA, "CreateUHostInstance", HOST, MaxCount=100, VPCId="@far_vpc", SubnetId="@far_subnet"),
    case(no.HOST_CPU, "CreateUHostInstance", HOST, CPU=65),
    case(no.HOST_MEMORY, "CreateUHostInstance", HOST, Memory=1500),
    case(no.HOST_MEMORY, "CreateUHostInstance", HOST, Memory=512),
    case(no.HOST_DISK, "CreateUHostInstance", HOST, Disks=[DATA]),
    case(no.HOST_DISK, "CreateUHostInstance", HOST, Disks=[BOOT, BOOT]),
    case(no.HOST_DISK, "CreateUHostInstance", HOST, Disks=[BOOT, LOCAL_DATA]),
    case(no.HOST_DISK, "CreateUHostInstance", HOST, Disks=[BOOT, {**DATA, "Type": "FLOPPY"}]),
    case(no.HOST_DISK, "CreateUHostInstance", HOST, Disks=[LOCAL_BOOT, LOCAL_DATA, LOCAL_DATA]),
    case(no.HOST_DISK_SIZE, "CreateUHostInstance", HOST, Disks=[BOOT, {**DATA, "Size": 10}]),
    case(no.HOST_DISK_SIZE, "CreateUHostInstance", HOST, Disks=[{**BOOT, "Size": 501}]),
    case(no.HOST_DISK_SIZE, "CreateUDisk", Zone="box-01", Name="a", Size=8001),
    case(no.BOOT_TYPE, "CreateUHostInstance", HOST, MachineType="O"),
    case(no.BOOT_TYPE, "CreateUHostInstance", HOST, Disks=[{**BOOT, "Type": "CLOUD_RSSD"}]),
    case(no.BOOT_SMALL, "CreateUHostInstance", HOST, Disks=[{**BOOT, "Size": 10}]),
    case(no.BOOT_LOCAL_SIZE, "CreateUHostInstance", HOST, Disks=[{**LOCAL_BOOT, "Size": 40}]),
    case(no.LOGIN_MODE, "CreateUHostInstance", HOST, Password=encoded("Short-1")),
    case(no.LOGIN_MODE, "CreateUHostInstance", HOST, Password=encoded("onlyletters")),
    case(no.LOGIN_MODE, "CreateUHostInstance", HOST, Password="not base64"),
    case(no.LOGIN_MODE, "CreateUHostInstance", HOST, LoginMode="ImagePasswd"),
    case(no.SUBNET_FULL, "CreateUHostInstance", HOST, SubnetId="@small_subnet", MaxCount=6),
    case(no.ADDRESS_TAKEN, "CreateUHostInstance", HOST, PrivateIp=["10.80.0.16"]),
    case(no.ADDRESS_OUTSIDE, "CreateUHostInstance", HOST, PrivateIp=["10.99.0.16"]),
    case(no.ADDRESS_OUTSIDE, "CreateUHostInstance", HOST, PrivateIp=["10.80.0.1"]),
    case(no.NO_CLOUD_INIT, "CreateUHostInstance", HOST, ImageId="uimage-paper-plain", UserData="QQ=="),
    case(no.USER_DATA, "CreateUHostInstance", HOST, UserData="not base64"),
    case(no.USER_DATA, "CreateUHostInstance", HOST, UserData=encoded("x" * 16385)),
    case(no.RESIZE_SMALLER, "ResizeAttachedDisk", SHRINK),
    case(no.IMAGE_UNKNOWN, "CreateUHostInstance", HOST, ImageId="uimage-none"),
    case(no.IMAGE_UNKNOWN, "TerminateCustomImage", ImageId="uimage-paper-host"),
    case(no.GROUP_ABSENT, "DescribeIsolationGroup", GroupId="ig-none"),
    case(no.GROUP_ABSENT, "CreateUHostInstance", HOST, IsolationGroup="ig-none"),
    case(no.GROUP_FULL, "CreateUHostInstance", HOST, IsolationGroup="@group", MaxCount=8),
    case(no.KEY_PAIR_ABSENT, "CreateUHostInstance", HOST, LoginMode="KeyPair", KeyPairId="ukp-none"),
    case(no.KEY_PAIR_ABSENT, "DeleteUHostKeyPairs", KeyPairIds=["ukp-none"]),
    case(no.KEY_PAIR_BODY, "ImportUHostKeyPairs", KeyPairName="a", PublicKeyBody="ssh-ed25519 AAAA"),
    case(no.KEY_PAIR_BODY, "ImportUHostKeyPairs", KeyPairName="a", PublicKeyBody="nothing"),
]

DISKS = [
    case(no.DISK_ABSENT, "DeleteUDisk", Zone="box-01", UDiskId="bs-none"),
    case(no.DISK_ABSENT, "DeleteUDisk", Zone="box-02", UDiskId="@disk"),
    case(no.DISK_ATTACHED, "AttachUDisk", UDiskId="@attached_disk", HostId="@host"),
    case(no.DISK_ATTACH, "AttachUDisk", UDiskId="@far_disk", HostId="@host"),
    case(no.DISK_CLUSTER, "AttachUDisk", UDiskId="@strange_disk", HostId="@host"),
    case(no.DISK_DETACH, "DetachUDisk", UDiskId="@disk"),
    case(no.DISK_DETACH, "DetachUDisk", UDiskId="@attached_disk", HostId="@stopped_host"),
    case(no.DISK_DELETE, "DeleteUDisk", Zone="box-01", UDiskId="@attached_disk"),
    case(no.DISK_RESIZE, "ResizeUDisk", Zone="box-01", UDiskId="@disk", Size=10),
]

BALANCERS = [
    case(no.ULB_ABSENT, "DescribeULB", ULBId="ulb-none"),
    case(no.ULB_ABSENT, "DeleteULB", ULBId="ulb-none"),
    case(no.ULB_NAME, "CreateULB", INNER, ULBName="x" * 51),
    case(no.ULB_FIREWALL, "CreateULB", INNER, FirewallId="@wall"),
    case(no.VSERVER_ABSENT, "DeleteVServer", ULBId="@ulb", VServerId="vserver-none"),
    case(no.VSERVER_ABSENT, "AllocateBackend", BACKEND, ULBId="@proxy"),
    case(no.VSERVER_PORT, "CreateVServer", VSERVER, FrontendPort=80),
    case(no.VSERVER_HTTP, "CreateVServer", VSERVER, Protocol="HTTP"),
    case(no.VSERVER_PACKET_TIMEOUT, "CreateVServer", VSERVER, ClientTimeout=59),
    case(no.VSERVER_PROXY_TIMEOUT, "CreateVServer", VSERVER, ULBId="@proxy", ClientTimeout=0),
    case(no.BACKEND_ABSENT, "ReleaseBackend", ULBId="@ulb", BackendId="backend-none"),
    case(no.BACKEND_EXISTS, "AllocateBackend", BACKEND, ResourceId="@host"),
    case(no.BACKEND_PORT, "AllocateBackend", BACKEND, Port=81),
    case(no.BACKEND_PORT, "UpdateBackendAttribute", ULBId="@ulb", BackendId="@backend", Port=81),
    case(no.BACKEND_VPC, "AllocateBackend", BACKEND, ResourceId="@far_host"),
    case(no.BACKEND_HOST, "AllocateBackend", BACKEND, ResourceId="uhost-none"),
]

CASES = [*PARAMETERS, *NETWORKS, *INTERNET, *HOSTS, *DISKS, *BALANCERS]

ELSEWHERE = {
    no.MISSING_ACTION: "test_wire",
    no.UNKNOWN_ACTION: "test_wire",
    no.MISSING_SIGNATURE: "test_wire",
    no.WRONG_SIGNATURE: "test_wire",
    no.UNKNOWN_KEY: "test_wire",
    no.THROTTLED: "test_faults",
    no.QUOTA: "test_limits",
    no.NO_BALANCE: "test_limits",
    no.KEY_PAIR_NAME: "test_lifecycle",
    no.BOOT_NOT_READY: "test_states",
    no.IMAGE_STATE: "test_states",
    no.DISK_BUSY: "test_states",
}
"""Refusals that need another region, and the file that meets them."""
