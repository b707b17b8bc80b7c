"""The clusters of a region, found by their claims; no cluster file and no workspace is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from steppe.cloud.api import Api
from steppe.cloud.claim import claim_name
from steppe.cloud.claim_remark import LockMark, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCluster:
    cluster: str
    region: str
    owner: str
    """Random id of the workspace that owns it."""
    created: int
    """When its claim was made, in seconds since 1970."""
    hosts: Mapping[str, int]
    """How many hosts are in each state, by the cloud's word, for example `Running`."""
    lock: LockMark | None
    """Of the command that changes it; it may have ended."""


def clusters(api: Api) -> list[FoundCluster]:
    """All in the region, by name. Asks for two lists, however many clusters there are. Raises Fault."""
    claims = {}
    for row in api.rows("DescribeFirewall", "DataSet"):
        remark = parse(row["Remark"])
        if remark.owner and row["Name"] == claim_name(row["Tag"]):
            claims[row["Tag"]] = (row, remark)
    if not claims:
        return []
    states: dict[str, Counter[str]] = {name: Counter() for name in claims}
    for host in api.rows("DescribeUHostInstance", "UHostSet"):
        if host["Tag"] in states:
            states[host["Tag"]][host["State"]] += 1
    return [
        FoundCluster(
            cluster=name,
            region=api.region,
            owner=remark.owner,
            created=row["CreateTime"],
            hosts=dict(sorted(states[name].items())),
            lock=remark.lock,
        )
        for name, (row, remark) in sorted(claims.items())
    ]


def regions(api: Api) -> list[str]:
    """All that the account may use, by name. Raises Fault."""
    return sorted({str(row["Region"]) for row in api.call("GetRegion")["Regions"]})
