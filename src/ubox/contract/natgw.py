"""NAT gateways and their whitelist."""

from __future__ import annotations

from ubox.contract import refusals as no
from ubox.contract.checks import LIMIT, NAME, OFFSET, REMARK, TAG
from ubox.contract.model import (
    BOOL,
    INT,
    TEXT,
    Action,
    Check,
    Family,
    assumed,
    documented,
    may,
    need,
    observed,
    some,
)

_ON_OFF = Check("0 or 1", lambda value: value in (0, 1))

FAMILY = Family(
    "NAT gateway",
    (
        Action(
            name="CreateNATGW",
            params=(
                need("NATGWName", TEXT, NAME),
                some("EIPIds", required=True),
                need("FirewallId"),
                some("SubnetworkIds"),
                may("VPCId"),
                may("IfOpen", INT, _ON_OFF, default=0),
                TAG,
                may("Remark", TEXT, REMARK, default=""),
            ),
            answer={"NATGWId": TEXT},
            refusals=(
                no.NO_DEFAULT_VPC,
                no.VPC_ABSENT,
                no.SUBNET_ABSENT,
                no.SUBNET_HAS_NATGW,
                no.EIP_ABSENT,
                no.EIP_IN_USE,
                no.FIREWALL_ABSENT,
            ),
            promises=(
                documented("Its EIPs become used, with ResourceType natgw."),
                documented("A host with an EIP of its own goes past the gateway."),
            ),
        ),
        Action(
            name="DescribeNATGW",
            params=(some("NATGWIds"), OFFSET, LIMIT),
            answer={
                "DataSet": [
                    {
                        "NATGWId": TEXT,
                        "NATGWName": TEXT,
                        "Tag": TEXT,
                        "Remark": TEXT,
                        "VPCId": TEXT,
                        "VPCName": TEXT,
                        "FirewallId": TEXT,
                        "CreateTime": INT,
                        "IsSnatpoolEnabled": TEXT,
                        "PolicyId": [TEXT],
                        "SubnetSet": [{"SubnetworkId": TEXT, "Subnet": TEXT, "SubnetName": TEXT}],
                        "IPSet": [
                            {
                                "EIPId": TEXT,
                                "Weight": INT,
                                "Bandwidth": INT,
                                "BandwidthType": TEXT,
                                "IPResInfo": [{"EIP": TEXT, "OperatorName": TEXT}],
                            }
                        ],
                    }
                ],
                "TotalCount": INT,
            },
            refusals=(no.NATGW_ABSENT,),
            promises=(observed("An unknown id is refused."),),
        ),
        Action(
            name="UpdateNATGW",
            params=(
                need("NATGWId"),
                may("NATGWName", TEXT, NAME),
                may("Tag", TEXT, NAME),
                may("Remark", TEXT, REMARK),
            ),
            refusals=(no.NATGW_ABSENT,),
        ),
        Action(
            name="UpdateNATGWSubnet",
            params=(need("NATGWId"), some("SubnetworkIds", required=True)),
            refusals=(no.NATGW_ABSENT, no.SUBNET_ABSENT, no.SUBNET_HAS_NATGW),
            promises=(documented("Replaces the whole set."),),
        ),
        Action(
            name="DeleteNATGW",
            params=(need("NATGWId"), may("ReleaseEip", BOOL, default=False)),
            refusals=(no.NATGW_ABSENT,),
            promises=(documented("Its EIPs become free, or are released with ReleaseEip."),),
        ),
        Action(
            name="ListSubnetForNATGW",
            params=(may("VPCId"),),
            answer={
                "DataSet": [
                    {"SubnetId": TEXT, "SubnetName": TEXT, "Subnet": TEXT, "Netmask": TEXT, "HasNATGW": BOOL}
                ]
            },
        ),
        Action(
            name="EnableWhiteList",
            params=(need("NATGWId"), need("IfOpen", INT, _ON_OFF)),
            refusals=(no.NATGW_ABSENT,),
            promises=(assumed("Kept and shown; the box lets every host through, listed or not."),),
        ),
        Action(
            name="DescribeWhiteListResource",
            params=(some("NATGWIds"), OFFSET, LIMIT),
            answer={
                "DataSet": [
                    {
                        "NATGWId": TEXT,
                        "IfOpen": INT,
                        "ObjectIPInfo": [
                            {
                                "GwType": TEXT,
                                "PrivateIP": TEXT,
                                "ResourceId": TEXT,
                                "ResourceName": TEXT,
                                "ResourceType": TEXT,
                                "SubResourceId": TEXT,
                                "SubResourceName": TEXT,
                                "SubResourceType": TEXT,
                                "VPCId": TEXT,
                            }
                        ],
                    }
                ],
                "TotalCount": INT,
            },
            refusals=(no.NATGW_ABSENT,),
            promises=(observed("One entry for each gateway, even an empty one."),),
        ),
        Action(
            name="AddWhiteListResource",
            params=(need("NATGWId"), some("ResourceIds", required=True)),
            refusals=(no.NATGW_ABSENT, no.HOST_ABSENT),
        ),
        Action(
            name="DeleteWhiteListResource",
            params=(need("NATGWId"), some("ResourceIds", required=True)),
            refusals=(no.NATGW_ABSENT, no.WHITELIST_ABSENT),
        ),
    ),
)
