"""Firewalls: what may come in from the internet to an EIP."""

from __future__ import annotations

from ubox.contract import refusals as no
from ubox.contract.checks import NAME, OFFSET, REMARK, TAG, between
from ubox.contract.model import INT, TEXT, Action, Family, assumed, documented, may, need, observed, some

_LIMIT = may("Limit", INT, between(0, 10_000_000), default=20)
_RULES = (no.RULE_PRIORITY, no.RULE_COUNT, no.RULE_INVALID)

FAMILY = Family(
    "Firewall",
    (
        Action(
            name="CreateFirewall",
            params=(
                need("Name", TEXT, NAME),
                some("Rule", required=True),
                TAG,
                may("Remark", TEXT, REMARK, default=""),
            ),
            answer={"FWId": TEXT},
            refusals=(no.FIREWALL_NAME, *_RULES),
            promises=(
                documented("A rule is `protocol|port|source|ACCEPT or DROP|HIGH, MEDIUM or LOW|remark`."),
                documented("What no rule accepts is dropped; only traffic to EIPs is filtered."),
                documented(
                    "At least one rule, at most 1000, none twice; a remark has at most 64 characters."
                ),
                assumed("The name is unique in a project and region."),
            ),
        ),
        Action(
            name="DescribeFirewall",
            params=(may("FWId"), may("ResourceType"), may("ResourceId"), OFFSET, _LIMIT),
            answer={
                "DataSet": [
                    {
                        "FWId": TEXT,
                        "GroupId": TEXT,
                        "Name": TEXT,
                        "Tag": TEXT,
                        "Remark": TEXT,
                        "ResourceCount": INT,
                        "CreateTime": INT,
                        "Type": TEXT,
                        "Rule": [
                            {
                                "SrcIP": TEXT,
                                "Priority": TEXT,
                                "ProtocolType": TEXT,
                                "DstPort": TEXT,
                                "RuleAction": TEXT,
                                "Remark": TEXT,
                            }
                        ],
                    }
                ],
                "TotalCount": INT,
            },
            refusals=(no.FIREWALL_ABSENT,),
            promises=(
                observed("Two recommended firewalls are in each project from the start."),
                observed("An unknown FWId is refused."),
            ),
        ),
        Action(
            name="UpdateFirewall",
            params=(need("FWId"), some("Rule", required=True)),
            answer={"FWId": TEXT},
            refusals=(no.FIREWALL_ABSENT, no.FIREWALL_BUILT_IN, *_RULES),
            promises=(documented("Replaces all rules."),),
        ),
        Action(
            name="UpdateFirewallAttribute",
            params=(
                need("FWId"),
                may("Name", TEXT, NAME),
                may("Tag", TEXT, NAME),
                may("Remark", TEXT, REMARK),
            ),
            refusals=(no.FIREWALL_ABSENT, no.FIREWALL_BUILT_IN, no.FIREWALL_NAME),
        ),
        Action(
            name="GrantFirewall",
            params=(need("FWId"), need("ResourceType"), need("ResourceId")),
            refusals=(no.FIREWALL_ABSENT, no.FIREWALL_TARGET),
            promises=(
                documented("A host has exactly one firewall; granting replaces it."),
                observed("uhost, natgw (also unatgw) and ulb, in any case."),
                assumed("An inner ULB takes none."),
            ),
        ),
        Action(
            name="DescribeFirewallResource",
            params=(need("FWId"), OFFSET, may("Limit", INT, between(0, 1000), default=20)),
            answer={
                "ResourceSet": [
                    {
                        "Zone": INT,
                        "Name": TEXT,
                        "PrivateIP": TEXT,
                        "Remark": TEXT,
                        "ResourceID": TEXT,
                        "ResourceType": TEXT,
                        "Status": INT,
                        "SubResourceId": TEXT,
                        "SubResourceName": TEXT,
                        "SubResourceType": TEXT,
                        "Tag": TEXT,
                    }
                ],
                "TotalCount": INT,
            },
            refusals=(no.FIREWALL_ABSENT,),
            promises=(assumed("Zone is the zone's place in its region, from 1; 0 for what has none."),),
        ),
        Action(
            name="DeleteFirewall",
            params=(need("FWId"),),
            refusals=(no.FIREWALL_ABSENT, no.FIREWALL_BUILT_IN, no.FIREWALL_IN_USE),
            promises=(observed("A host deleted a moment ago still counts for a while (`firewall_lag`)."),),
        ),
    ),
)
