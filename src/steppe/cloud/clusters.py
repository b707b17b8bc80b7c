"""The clusters of a region, found by their claims; no cluster file and no workspace is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from steppe.cloud.api import Api
from steppe.cloud.claim import claim_name
from steppe.cloud.claim_remark import LockMark, parse

_AT_ONCE = 8


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
    peers: tuple[str, ...]
    """Ids of others' VPCs that its networks are joined to."""
    lock: LockMark | None
    """Of the command that changes it; it may have ended."""


def clusters(api: Api) -> list[FoundCluster]:
    """All in the region, by name. Asks for three lists, and for the peerings of each VPC. Raises Fault."""
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
    peers = _peers(api, set(claims))
    return [
        FoundCluster(
            cluster=name,
            region=api.region,
            owner=remark.owner,
            created=row["CreateTime"],
            hosts=dict(sorted(states[name].items())),
            peers=tuple(sorted(peers[name])),
            lock=remark.lock,
        )
        for name, (row, remark) in sorted(claims.items())
    ]


def _peers(api: Api, names: set[str]) -> Mapping[str, set[str]]:
    """By the name of the cluster, which is the Tag of its VPCs."""
    found: dict[str, set[str]] = {name: set() for name in names}
    own = [(row["Tag"], row["VPCId"]) for row in api.rows("DescribeVPC", "DataSet") if row["Tag"] in names]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="peers") as pool:
        answers = pool.map(lambda vpc: api.call("DescribeVPCIntercom", VPCId=vpc[1])["DataSet"], own)
        for (name, _), rows in zip(own, answers, strict=True):
            found[name] |= {row["VPCId"] for row in rows if row["Tag"] != name}
    return found


def regions(api: Api) -> list[str]:
    """All that the account may use, by name. Raises Fault."""
    return sorted({str(row["Region"]) for row in api.call("GetRegion")["Regions"]})
