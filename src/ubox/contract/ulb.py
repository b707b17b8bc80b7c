"""Load balancers (classic ULB), their VServers (listeners) and backends."""

from __future__ import annotations

from collections.abc import Mapping

from ubox.contract import refusals as no
from ubox.contract.checks import LIMIT, NAME, OFFSET, REMARK, TAG, between, longest, one_of
from ubox.contract.model import (
    BOOL,
    INT,
    TEXT,
    Action,
    Check,
    Family,
    Shape,
    assumed,
    documented,
    may,
    need,
    observed,
)

_NAME = longest(50, no.ULB_NAME)
_ON_OFF = Check("0 or 1", lambda value: value in (0, 1))
_PORT = between(1, 65535)
_MODE = one_of("RequestProxy", "PacketsTransmit")
_METHOD = one_of(
    "Roundrobin",
    "Source",
    "WeightRoundrobin",
    "Leastconn",
    "ConsistentHash",
    "SourcePort",
    "ConsistentHashPort",
    "Backup",
)
_MONITOR = one_of("Port", "Path", "Ping", "Customize")
_PERSISTENCE = one_of("None", "ServerInsert", "UserDefined")

_BACKEND: Mapping[str, Shape] = {
    "BackendId": TEXT,
    "ResourceType": TEXT,
    "ResourceId": TEXT,
    "ResourceName": TEXT,
    "SubResourceType": TEXT,
    "SubResourceId": TEXT,
    "SubResourceName": TEXT,
    "PrivateIP": TEXT,
    "Port": INT,
    "Enabled": INT,
    "Status": INT,
    "SubnetId": TEXT,
    "VPCId": TEXT,
    "Weight": INT,
    "IsBackup": INT,
}
_VSERVER: Mapping[str, Shape] = {
    "VServerId": TEXT,
    "VServerName": TEXT,
    "ULBId": TEXT,
    "Protocol": TEXT,
    "FrontendPort": INT,
    "Method": TEXT,
    "PersistenceType": TEXT,
    "PersistenceInfo": TEXT,
    "ClientTimeout": INT,
    "Status": INT,
    "ListenType": TEXT,
    "MonitorType": TEXT,
    "Domain": TEXT,
    "Path": TEXT,
    "RequestMsg": TEXT,
    "ResponseMsg": TEXT,
    "EnableCompression": INT,
    "EnableHTTP2": INT,
    "ForwardPort": INT,
    "BackendSet": [_BACKEND],
}
_ULB: Mapping[str, Shape] = {
    "ULBId": TEXT,
    "Name": TEXT,
    "Tag": TEXT,
    "Remark": TEXT,
    "VPCId": TEXT,
    "SubnetId": TEXT,
    "PrivateIP": TEXT,
    "ULBType": TEXT,
    "ListenType": TEXT,
    "IPVersion": TEXT,
    "CreateTime": INT,
    "BusinessId": TEXT,
    "Bandwidth": INT,
    "BandwidthType": INT,
    "EnableLog": INT,
    "SnatIps": [TEXT],
    "IPSet": [{"EIP": TEXT, "EIPId": TEXT, "OperatorName": TEXT, "Bandwidth": INT, "BandwidthType": INT}],
    "FirewallSet": [{"FirewallId": TEXT, "FirewallName": TEXT}],
    "LogSet": {"BucketName": TEXT, "TokenID": TEXT, "TokenName": TEXT},
}
_LIST = (may("ULBId"), may("VPCId"), may("SubnetId"), may("BusinessId"), OFFSET)
_VSERVER_SETTINGS = (
    may("Method", TEXT, _METHOD),
    may("ClientTimeout", INT),
    may("MonitorType", TEXT, _MONITOR),
    may("Domain"),
    may("Path"),
    may("RequestMsg"),
    may("ResponseMsg"),
    may("PersistenceType", TEXT, _PERSISTENCE),
    may("PersistenceInfo"),
)
_VSERVER_REFUSALS = (no.ULB_ABSENT, no.VSERVER_HTTP, no.VSERVER_PACKET_TIMEOUT, no.VSERVER_PROXY_TIMEOUT)

FAMILY = Family(
    "ULB",
    (
        Action(
            name="CreateULB",
            params=(
                may("ULBName", TEXT, _NAME, default="ULB"),
                TAG,
                may("Remark", TEXT, REMARK, default=""),
                may("InnerMode", TEXT, one_of("Yes", "No"), default="No"),
                may("OuterMode", TEXT, one_of("Yes", "No"), default="No"),
                may("VPCId"),
                may("SubnetId"),
                may("ListenType", TEXT, _MODE),
                may("FirewallId"),
                may("ChargeType"),
                may("BusinessId"),
            ),
            answer={"ULBId": TEXT},
            refusals=(
                no.NO_DEFAULT_VPC,
                no.VPC_ABSENT,
                no.SUBNET_ABSENT,
                no.SUBNET_FULL,
                no.FIREWALL_ABSENT,
                no.ULB_FIREWALL,
                no.QUOTA,
            ),
            promises=(
                documented("Outer wins when both modes are asked for; an inner ULB needs a subnet."),
                documented(
                    "An inner ULB is PacketsTransmit, an outer one RequestProxy, unless told otherwise."
                ),
                assumed("Its address is taken from the top of the subnet downward."),
                assumed("A proxy has one more address, in SnatIps, which backends see as the client."),
                assumed("An outer ULB stands in the VPC's first subnet when none is given."),
                documented("At most 5 proxies in a project and region."),
            ),
        ),
        Action(
            name="DescribeULB",
            params=(*_LIST, LIMIT),
            answer={
                "DataSet": [
                    {**_ULB, "ULBName": TEXT, "Resource": [TEXT], "ExpireTime": INT, "VServerSet": [_VSERVER]}
                ],
                "TotalCount": INT,
            },
            refusals=(no.ULB_ABSENT,),
            promises=(observed("An unknown ULBId is refused."),),
        ),
        Action(
            name="DescribeULBSimple",
            params=(*_LIST, may("Limit", INT, between(0, 10000), default=10000)),
            answer={"DataSet": [{**_ULB, "VServerCount": INT}], "TotalCount": INT},
            promises=(observed("An unknown ULBId gives an empty list."),),
        ),
        Action(
            name="UpdateULBAttribute",
            params=(
                need("ULBId"),
                may("Name", TEXT, _NAME),
                may("Tag", TEXT, NAME),
                may("Remark", TEXT, REMARK),
            ),
            refusals=(no.ULB_ABSENT,),
        ),
        Action(
            name="DeleteULB",
            params=(need("ULBId"), may("ReleaseEip", BOOL, default=False)),
            refusals=(no.ULB_ABSENT,),
            promises=(observed("Takes its VServers and backends with it."),),
        ),
        Action(
            name="CreateVServer",
            params=(
                need("ULBId"),
                may("VServerName", TEXT, _NAME, default="VServer"),
                may("ListenType", TEXT, _MODE),
                may("Protocol", TEXT, one_of("HTTP", "HTTPS", "TCP", "UDP"), default="HTTP"),
                may("FrontendPort", INT, _PORT, default=80),
                *_VSERVER_SETTINGS,
            ),
            answer={"VServerId": TEXT},
            refusals=(*_VSERVER_REFUSALS, no.VSERVER_PORT, no.QUOTA),
            promises=(
                documented("RequestProxy takes TCP, HTTP and HTTPS, PacketsTransmit TCP and UDP."),
                assumed("HTTP and HTTPS are forwarded as TCP."),
                assumed("One port once for each ULB, TCP and UDP apart."),
                assumed("ListenType is the ULB's unless given; another than the ULB's is refused."),
                documented("At most 50 VServers in a ULB."),
            ),
        ),
        Action(
            name="DescribeVServer",
            params=(may("ULBId"), may("VServerId"), OFFSET, LIMIT),
            answer={"DataSet": [_VSERVER], "TotalCount": INT},
            refusals=(no.ULB_ABSENT,),
            promises=(
                observed("An unknown VServerId gives an empty list."),
                assumed("Status: 0 all backends healthy (or none), 1 all failed, 2 some failed."),
            ),
        ),
        Action(
            name="UpdateVServerAttribute",
            params=(
                need("ULBId"),
                need("VServerId"),
                may("VServerName", TEXT, _NAME),
                may("Protocol", TEXT, one_of("HTTP", "HTTPS", "TCP", "UDP")),
                *_VSERVER_SETTINGS,
            ),
            refusals=(*_VSERVER_REFUSALS, no.VSERVER_ABSENT),
        ),
        Action(
            name="DeleteVServer",
            params=(need("ULBId"), need("VServerId")),
            refusals=(no.ULB_ABSENT, no.VSERVER_ABSENT),
            promises=(assumed("Takes its backends with it."),),
        ),
        Action(
            name="AllocateBackend",
            params=(
                need("ULBId"),
                need("VServerId"),
                need("ResourceType", TEXT, one_of("UHost")),
                need("ResourceId"),
                may("Port", INT, _PORT, default=80),
                may("Weight", INT, between(0, 100), default=1),
                may("Enabled", INT, _ON_OFF, default=1),
                may("IsBackup", INT, _ON_OFF, default=0),
            ),
            answer={"BackendId": TEXT},
            refusals=(
                no.ULB_ABSENT,
                no.VSERVER_ABSENT,
                no.BACKEND_HOST,
                no.BACKEND_VPC,
                no.BACKEND_EXISTS,
                no.BACKEND_PORT,
                no.QUOTA,
            ),
            promises=(
                documented(
                    "PacketsTransmit: the backend's port is the VServer's, and a host is once in a VServer."
                ),
                documented("A backend is in the ULB's VPC."),
                documented("At most 50 backends in a VServer."),
                assumed("The box has hosts as backends, nothing else."),
            ),
        ),
        Action(
            name="UpdateBackendAttribute",
            params=(
                need("ULBId"),
                need("BackendId"),
                may("Port", INT, _PORT),
                may("Weight", INT, between(0, 100)),
                may("Enabled", INT, _ON_OFF),
                may("IsBackup", INT, _ON_OFF),
            ),
            refusals=(no.ULB_ABSENT, no.BACKEND_ABSENT, no.BACKEND_PORT, no.BACKEND_EXISTS),
        ),
        Action(
            name="ReleaseBackend",
            params=(need("ULBId"), need("BackendId")),
            refusals=(no.ULB_ABSENT, no.BACKEND_ABSENT),
        ),
    ),
)
