"""Regions, projects and money."""

from __future__ import annotations

from ubox.contract.model import BOOL, INT, TEXT, Action, Family, Mark, assumed, documented

FAMILY = Family(
    "Account",
    (
        Action(
            name="GetRegion",
            region=False,
            answer={
                "Regions": [
                    {
                        "Region": TEXT,
                        "Zone": TEXT,
                        "RegionId": INT,
                        "RegionName": TEXT,
                        "IsDefault": BOOL,
                        "BitMaps": TEXT,
                    }
                ]
            },
            promises=(documented("One entry for each zone."),),
        ),
        Action(
            name="GetProjectList",
            region=False,
            answer={
                "ProjectCount": INT,
                "ProjectSet": [
                    {
                        "ProjectId": TEXT,
                        "ProjectName": TEXT,
                        "ParentId": TEXT,
                        "ParentName": TEXT,
                        "CreateTime": INT,
                        "IsDefault": BOOL,
                        "ResourceCount": INT,
                        "MemberCount": INT,
                    }
                ],
            },
        ),
        Action(
            name="GetBalance",
            region=False,
            answer={
                "AccountInfo": {
                    "Amount": TEXT,
                    "AmountAvailable": TEXT,
                    "AmountCredit": TEXT,
                    "AmountFree": TEXT,
                    "AmountFreeze": TEXT,
                }
            },
            promises=(
                assumed("The balance is a setting, nothing is taken from it; at 0, what costs is refused."),
            ),
            mark=Mark.OBSERVED,
        ),
    ),
)
