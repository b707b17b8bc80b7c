"""Elastic IPs."""

from __future__ import annotations

from ubox.contract import refusals as no
from ubox.contract.checks import LIMIT, NAME, OFFSET, REMARK, TAG, between, one_of
from ubox.contract.model import (
    BOOL,
    FLOAT,
    INT,
    TEXT,
    Action,
    Family,
    assumed,
    documented,
    may,
    need,
    observed,
    some,
)

_PAY_MODE = one_of("Bandwidth", "Traffic", "ShareBandwidth", "PostAccurateBandwidth")
_OPERATOR = one_of("BGP", "Bgp", "International", "BGPPro")
_CHARGE = one_of("Year", "Month", "Dynamic")
_ADDRESS = [{"IP": TEXT, "OperatorName": TEXT}]

FAMILY = Family(
    "EIP",
    (
        Action(
            name="AllocateEIP",
            params=(
                need("OperatorName", TEXT, _OPERATOR),
                need("Bandwidth", INT, between(0, 10000)),
                may("ChargeType", TEXT, _CHARGE, default="Month"),
                may("PayMode", TEXT, _PAY_MODE, default="Bandwidth"),
                may("Quantity", INT, default=1),
                may("ShareBandwidthId"),
                may("Count", INT, between(1, 50), default=1),
                may("Name", TEXT, NAME, default="EIP"),
                TAG,
                may("Remark", TEXT, REMARK, default=""),
            ),
            answer={"EIPSet": [{"EIPId": TEXT, "EIPAddr": _ADDRESS}]},
            refusals=(no.BANDWIDTH_ZERO, no.TRAFFIC_BANDWIDTH, no.EIP_QUOTA, no.NO_BALANCE),
            promises=(
                assumed("The address comes from the box's internet, .10 to .250 of its /24."),
                documented("At most 300 Mbps when paid by traffic."),
            ),
        ),
        Action(
            name="DescribeEIP",
            params=(some("EIPIds"), some("IPs"), OFFSET, LIMIT),
            answer={
                "EIPSet": [
                    {
                        "EIPId": TEXT,
                        "Name": TEXT,
                        "Tag": TEXT,
                        "Remark": TEXT,
                        "Status": TEXT,
                        "EIPAddr": _ADDRESS,
                        "Resource": {
                            "ResourceType": TEXT,
                            "ResourceID": TEXT,
                            "ResourceId": TEXT,
                            "ResourceName": TEXT,
                            "SubResourceType": TEXT,
                            "SubResourceId": TEXT,
                            "SubResourceName": TEXT,
                            "EIPId": TEXT,
                        },
                        "PayMode": TEXT,
                        "ChargeType": TEXT,
                        "Bandwidth": INT,
                        "BandwidthType": INT,
                        "Weight": INT,
                        "CreateTime": INT,
                        "ExpireTime": INT,
                        "Expire": BOOL,
                        "ShareBandwidthSet": {
                            "ShareBandwidth": INT,
                            "ShareBandwidthName": TEXT,
                            "ShareBandwidthId": TEXT,
                        },
                    }
                ],
                "TotalCount": INT,
                "UnbindCount": INT,
                "TotalBandwidth": INT,
            },
            promises=(
                documented("EIPIds and IPs together give the union."),
                observed("Resource carries the id as ResourceID and as ResourceId."),
            ),
        ),
        Action(
            name="BindEIP",
            params=(need("EIPId"), need("ResourceType"), need("ResourceId"), may("PrivateIP")),
            refusals=(no.EIP_ABSENT, no.EIP_IN_USE, no.EIP_TARGET),
            promises=(assumed("uhost, natgw and ulb can hold an EIP; an inner ULB can't."),),
        ),
        Action(
            name="UnBindEIP",
            params=(need("EIPId"), need("ResourceType"), need("ResourceId")),
            refusals=(no.EIP_ABSENT, no.EIP_NOT_BOUND, no.EIP_TARGET, no.NATGW_NEEDS_EIP),
        ),
        Action(
            name="ReleaseEIP",
            params=(need("EIPId"),),
            refusals=(no.EIP_RELEASED, no.EIP_IN_USE),
            promises=(documented("A bound EIP must be unbound first."),),
        ),
        Action(
            name="UpdateEIPAttribute",
            params=(
                need("EIPId"),
                may("Name", TEXT, NAME),
                may("Tag", TEXT, NAME),
                may("Remark", TEXT, REMARK),
            ),
            refusals=(no.EIP_ABSENT,),
            promises=(documented("At least one of Name, Tag and Remark."),),
        ),
        Action(
            name="ModifyEIPBandwidth",
            params=(need("EIPId"), need("Bandwidth", INT, between(0, 10000))),
            refusals=(no.EIP_ABSENT, no.BANDWIDTH_ZERO, no.TRAFFIC_BANDWIDTH),
            promises=(assumed("Kept and shown; the box doesn't slow traffic down."),),
        ),
        Action(
            name="SetEIPPayMode",
            params=(
                need("EIPId"),
                need("PayMode", TEXT, _PAY_MODE),
                need("Bandwidth", INT, between(0, 10000)),
            ),
            refusals=(no.EIP_ABSENT, no.PAY_MODE_SAME, no.BANDWIDTH_ZERO, no.TRAFFIC_BANDWIDTH),
        ),
        Action(
            name="GetEIPPrice",
            params=(
                need("OperatorName", TEXT, _OPERATOR),
                need("Bandwidth", INT, between(0, 10000)),
                may("ChargeType", TEXT, _CHARGE),
                may("PayMode", TEXT, _PAY_MODE, default="Bandwidth"),
                may("Quantity", INT, default=1),
            ),
            answer={
                "PriceSet": [
                    {"ChargeType": TEXT, "Price": FLOAT, "OriginalPrice": FLOAT, "PurchaseValue": INT}
                ]
            },
            promises=(assumed("Prices are the box's own: one yuan for each Mbps and day."),),
        ),
    ),
)
