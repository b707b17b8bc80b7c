"""VPCs, their subnets, and the intercom (peering) between two of them."""

from __future__ import annotations

from collections.abc import Mapping

from ubox.contract import refusals as no
from ubox.contract.checks import LIMIT, NAME, OFFSET, REMARK, TAG, between
from ubox.contract.model import (
    BOOL,
    INT,
    TEXT,
    Action,
    Family,
    Mark,
    Shape,
    assumed,
    documented,
    may,
    need,
    observed,
    some,
)

_SUBNET: Mapping[str, Shape] = {
    "SubnetId": TEXT,
    "SubnetName": TEXT,
    "Tag": TEXT,
    "Remark": TEXT,
    "VPCId": TEXT,
    "VPCName": TEXT,
    "Subnet": TEXT,
    "Netmask": TEXT,
    "Gateway": TEXT,
    "HasNATGW": BOOL,
    "RouteTableId": TEXT,
    "AvailableIPs": INT,
    "SubnetType": INT,
    "Zone": TEXT,
    "CreateTime": INT,
}

FAMILY = Family(
    "VPC",
    (
        Action(
            name="CreateVPC",
            params=(
                need("Name", TEXT, NAME),
                some("Network", required=True),
                TAG,
                may("Remark", TEXT, REMARK, default=""),
            ),
            answer={"VPCId": TEXT},
            refusals=(no.NETWORK_INVALID, no.NETWORK_OVERLAP, no.QUOTA),
            promises=(
                documented(
                    "A network lies in 10/8 (mask 8 to 29), 172.16/12 (12 to 29) or 192.168/16 (16 to 29)."
                ),
                documented("At most 100 VPCs in a region."),
            ),
        ),
        Action(
            name="DescribeVPC",
            params=(some("VPCIds"), may("Tag"), OFFSET, LIMIT),
            answer={
                "DataSet": [
                    {
                        "VPCId": TEXT,
                        "Name": TEXT,
                        "Tag": TEXT,
                        "Network": [TEXT],
                        "NetworkInfo": [{"Network": TEXT, "SubnetCount": INT}],
                        "SubnetCount": INT,
                        "CreateTime": INT,
                        "UpdateTime": INT,
                        "VPCType": TEXT,
                    }
                ],
                "TotalCount": INT,
            },
            promises=(
                observed("Unknown ids give an empty list."),
                assumed("Limit is 100 at most."),
                assumed("Tag is compared exactly."),
                observed("Remark isn't shown."),
            ),
        ),
        Action(
            name="AddVPCNetwork",
            params=(need("VPCId"), some("Network", required=True)),
            refusals=(no.VPC_ABSENT, no.NETWORK_INVALID, no.NETWORK_OVERLAP),
        ),
        Action(
            name="UpdateVPCNetwork",
            params=(need("VPCId"), some("Network", required=True)),
            refusals=(no.VPC_ABSENT, no.NETWORK_IN_USE, no.NETWORK_INVALID),
            promises=(documented("Only removes: networks left out go, if they have no subnet."),),
        ),
        Action(
            name="DeleteVPC",
            params=(need("VPCId"),),
            refusals=(no.VPC_ABSENT, no.VPC_IN_USE),
            promises=(documented("Refused while a subnet, an intercom or another resource is there."),),
        ),
        Action(
            name="CreateSubnet",
            params=(
                need("VPCId"),
                need("Subnet"),
                may("Netmask", INT, between(8, 29), default=24),
                may("SubnetName", TEXT, NAME, default="Subnet"),
                TAG,
                may("Remark", TEXT, REMARK, default=""),
            ),
            answer={"SubnetId": TEXT},
            refusals=(no.VPC_ABSENT, no.NETWORK_INVALID, no.NETWORK_OVERLAP, no.QUOTA),
            promises=(
                documented(
                    "The first, second and last address of a subnet are kept back; the second is the gateway."
                ),
                documented("At most 200 subnets in a VPC."),
            ),
        ),
        Action(
            name="DescribeSubnet",
            params=(
                may("SubnetId"),
                some("SubnetIds"),
                may("VPCId"),
                may("Tag"),
                may("RouteTableId"),
                may("ShowAvailableIPs", BOOL, default=False),
                OFFSET,
                LIMIT,
            ),
            answer={"DataSet": [_SUBNET], "TotalCount": INT},
            promises=(assumed("AvailableIPs is right whether or not ShowAvailableIPs asks for it."),),
        ),
        Action(
            name="UpdateSubnetAttribute",
            params=(need("SubnetId"), may("Name", TEXT, NAME), may("Tag", TEXT, NAME)),
            refusals=(no.SUBNET_ABSENT,),
            promises=(documented("At least one of Name and Tag."),),
        ),
        Action(
            name="DescribeSubnetResource",
            params=(need("SubnetId"), may("ResourceType"), OFFSET, LIMIT),
            answer={
                "DataSet": [
                    {
                        "Name": TEXT,
                        "ResourceId": TEXT,
                        "ResourceType": TEXT,
                        "IP": TEXT,
                        "SubResourceId": TEXT,
                        "SubResourceName": TEXT,
                        "SubResourceType": TEXT,
                    }
                ],
                "TotalCount": INT,
            },
            refusals=(no.SUBNET_ABSENT,),
            promises=(documented("UHOST, ULB and UNATGW of the subnet."),),
        ),
        Action(
            name="DeleteSubnet",
            params=(need("SubnetId"),),
            refusals=(no.SUBNET_ABSENT, no.SUBNET_BUSY),
            promises=(observed("Busy for a while after its last resource has gone (`subnet_cooldown`)."),),
        ),
        Action(
            name="CreateVPCIntercom",
            params=(need("VPCId"), need("DstVPCId"), may("DstRegion"), may("DstProjectId")),
            refusals=(no.VPC_ABSENT, no.NETWORK_OVERLAP, no.INTERCOM_EXISTS),
            promises=(
                observed("One call makes the routes of both sides."),
                documented("Networks must not overlap each other nor those connected already."),
                documented("Left out, DstRegion and DstProjectId are those of the VPC that is named first."),
            ),
        ),
        Action(
            name="DescribeVPCIntercom",
            params=(need("VPCId"), may("DstRegion"), may("DstProjectId")),
            answer={
                "DataSet": [
                    {
                        "VPCId": TEXT,
                        "Name": TEXT,
                        "Tag": TEXT,
                        "Network": [TEXT],
                        "DstRegion": TEXT,
                        "ProjectId": TEXT,
                        "AccountId": INT,
                        "VPCType": INT,
                    }
                ]
            },
            refusals=(no.VPC_ABSENT,),
            promises=(
                assumed("Listed from both sides."),
                documented("Left out, DstRegion and DstProjectId stand for all of them."),
            ),
            mark=Mark.OBSERVED,
        ),
        Action(
            name="DeleteVPCIntercom",
            params=(need("VPCId"), need("DstVPCId"), may("DstRegion"), may("DstProjectId")),
            refusals=(no.VPC_ABSENT, no.INTERCOM_ABSENT),
            promises=(documented("Left out, DstRegion and DstProjectId are those of the first VPC."),),
        ),
    ),
)
