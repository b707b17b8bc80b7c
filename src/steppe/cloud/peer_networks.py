"""Others' VPCs that are to be peers: looked up by id, in their own project and region, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network

from steppe.cloud.api import Api
from steppe.cloud.paging import Row
from steppe.engine.fault import Fault, FaultClass
from steppe.errors import UsageError
from steppe.spec.model import PeerSpec, Spec
from steppe.topology.peers import SIDES, PeerNetwork


def peer_networks(api: Api, written: Spec) -> tuple[Mapping[str, PeerNetwork], UsageError | None]:
    """What their regions show of the spec's peers, by id; and why one of them can't be known, if so.

    One whose ranges are in the spec isn't asked for. Raises Fault when the cloud doesn't answer.
    """
    found: dict[str, PeerNetwork] = {}
    unseen: UsageError | None = None
    for field, peer in _asked(written):
        if peer.vpc_id not in found:
            try:
                found[peer.vpc_id] = _network(api, written.cluster, field, peer)
            except UsageError as error:
                unseen = unseen or error
    return found, unseen


def _asked(written: Spec) -> Iterator[tuple[str, PeerSpec]]:
    for side in SIDES:
        field = f"{side}_peers"
        yield from ((field, peer) for peer in getattr(written.network, field) if not peer.ranges)


def _network(api: Api, cluster: str, field: str, peer: PeerSpec) -> PeerNetwork:
    try:
        rows = api.rows("DescribeVPC", "DataSet", VPCIds=[peer.vpc_id], **_place(peer))
        row = next((row for row in rows if row["VPCId"] == peer.vpc_id), None)
        if row is None:
            raise _absent(api, field, peer)
        if row["Tag"] == cluster:
            raise UsageError(
                f"network.{field}: {peer.vpc_id} carries the Cluster ID {cluster}: it is the cluster's own.",
                code="network.peer",
                hint="Name a VPC of somebody else's; the cluster's own two are peered already.",
            )
        joined = api.call("DescribeVPCIntercom", VPCId=peer.vpc_id, **_place(peer))["DataSet"]
    except Fault as fault:
        if fault.fault_class is not FaultClass.PERMANENT:
            raise
        raise UsageError(
            f"network.{field}: {_named(api, peer)} can't be looked at: {fault.message}",
            code="network.peer",
            hint="Correct its project and region; where the account may not look, give the VPC's `ranges`.",
        ) from None
    return PeerNetwork(
        vpc_id=peer.vpc_id,
        ranges=_ranges(row),
        connected=tuple(
            (other["VPCId"], each) for other in joined if other["Tag"] != cluster for each in _ranges(other)
        ),
    )


def _absent(api: Api, field: str, peer: PeerSpec) -> UsageError:
    elsewhere = next(_elsewhere(api, peer), None)
    return UsageError(
        f"network.{field}: there is no {_named(api, peer)}.",
        code="network.peer",
        hint=f"It is in {elsewhere}: name that too."
        if elsewhere
        else "Name its project and region, if they aren't the cluster's; its owner's console shows them.",
    )


def _elsewhere(api: Api, peer: PeerSpec) -> Iterator[str]:
    """Other projects and regions of the account that have a VPC of that id."""
    projects = [str(row["ProjectId"]) for row in api.call("GetProjectList")["ProjectSet"]]
    regions = list(dict.fromkeys(str(row["Region"]) for row in api.call("GetRegion")["Regions"]))
    place = _place(peer)
    for key, name, values in (("ProjectId", "project", projects), ("Region", "region", regions)):
        for value in values:
            try:
                if api.rows("DescribeVPC", "DataSet", VPCIds=[peer.vpc_id], **{**place, key: value}):
                    yield f"{name} {value}"
            except Fault:
                continue


def _place(peer: PeerSpec) -> dict[str, str]:
    """Parameters of a call about it; left out, they are the cluster's own."""
    given = {"Region": peer.region, "ProjectId": peer.project}
    return {name: value for name, value in given.items() if value}


def _named(api: Api, peer: PeerSpec) -> str:
    project = peer.project or api.credentials.project_id or "the account's default project"
    return f"VPC {peer.vpc_id} in region {peer.region or api.region}, project {project}"


def _ranges(row: Row) -> tuple[IPv4Network, ...]:
    return tuple(map(IPv4Network, row["Network"]))
