"""Peering: a VPC intercom, which lets two VPCs reach each other. It has no id, Name or Tag of its own.

One is between two VPCs of the cluster, or between one of them and a VPC of somebody else's, in the same or
another project or region. All peerings of the cluster's VPCs are the cluster's: one that isn't wanted goes.
Whether both sides list it isn't documented, so both of the cluster's are asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.resource import Resource, differs
from steppe.cloud.vpc import own_vpcs
from steppe.engine.kind import Difference, Fact, Force, Run, Scope, Want
from steppe.engine.observed import Observed
from steppe.topology import names


@dataclass(frozen=True, slots=True, kw_only=True)
class PeeringWant(Want):
    kind: ClassVar[str] = "peering"
    a: str
    """Name of a VPC."""
    b: str
    """As `a`, or of somebody else's VPC the id."""
    outside: bool = False
    """Whether `b` is somebody else's."""
    project: str = ""
    region: str = ""
    """Of `b`; empty for the cluster's own."""
    ranges: tuple[str, ...] = ()
    """Of `b`, where it is somebody else's."""

    def shown(self) -> tuple[tuple[str, str], ...]:
        more = [("project", self.project), ("region", self.region), ("ranges", ", ".join(self.ranges))]
        return (("a", self.a), ("b", self.b), *(each for each in more if each[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class PeeringFact(Fact):
    kind: ClassVar[str] = "peering"
    here: str
    there: str
    """Ids of the VPCs; `here` is the cluster's own."""
    project: str = ""
    region: str = ""
    ranges: tuple[str, ...] = ()
    """Of `there`, where it is somebody else's; empty where it is the cluster's own."""


class Peering(Resource):
    name = "peering"

    def find(self, look: Look, scope: Scope) -> list[PeeringFact]:
        found: dict[str, PeeringFact] = {}
        names = {vpc["VPCId"]: vpc["Name"] for vpc in own_vpcs(look, scope)}
        for id, name in names.items():
            answer = look.api.call("DescribeVPCIntercom", VPCId=id)
            for peer in answer["DataSet"]:
                there = peer["VPCId"]
                if there in names:
                    fact = _between((id, name), (there, names[there]))
                else:
                    fact = _outward(
                        (id, name), there, peer["ProjectId"], peer["DstRegion"], tuple(peer["Network"])
                    )
                found[fact.id] = fact
        return list(found.values())

    def same(self, want: PeeringWant, have: PeeringFact, observed: Observed) -> bool:
        """One that nobody wants, and whose place is taken: overlapping ranges can't be connected both."""
        return observed.called("vpc", have.here) == want.a and _overlap(want.ranges, have.ranges)

    def check(self, want: PeeringWant, have: PeeringFact | None, observed: Observed) -> list[Difference]:
        if have is None or not want.outside:
            return []
        sentence = f"{', '.join(have.ranges)} of {have.there} overlaps what is to be connected in its place"
        return differs("peering", "vpc", have.there, want.b, sentence, Force.REMAKE)

    def create(self, run: Run, want: PeeringWant, begun: PeeringFact | None) -> PeeringFact:
        if begun is not None:
            return begun
        a = run.id("vpc", want.a)
        b = want.b if want.outside else run.id("vpc", want.b)
        run.cloud.call("CreateVPCIntercom", VPCId=a, DstVPCId=b, **_elsewhere(want.project, want.region))
        if want.outside:
            return _outward((a, want.a), b, want.project, want.region, want.ranges)
        return _between((a, want.a), (b, want.b))

    def delete(self, run: Run, have: PeeringFact) -> None:
        elsewhere = _elsewhere(have.project, have.region)
        run.cloud.call("DeleteVPCIntercom", VPCId=have.here, DstVPCId=have.there, **elsewhere)


def _between(a: tuple[str, str], b: tuple[str, str]) -> PeeringFact:
    """Of two of the cluster's VPCs, each with id and name."""
    here, there = sorted((a[0], b[0]))
    name = names.peering(a[1], b[1])
    return PeeringFact(id=f"{here}+{there}", name=name, here=here, there=there, uses=(here, there))


def _outward(
    own: tuple[str, str], there: str, project: str, region: str, ranges: tuple[str, ...]
) -> PeeringFact:
    return PeeringFact(
        id="+".join(sorted((own[0], there))),
        name=names.peering(own[1], there),
        here=own[0],
        there=there,
        project=project,
        region=region,
        ranges=ranges,
        uses=(own[0],),
    )


def _elsewhere(project: str, region: str) -> dict[str, str]:
    """Left out, the API takes those of the VPC that is named first."""
    given = {"DstProjectId": project, "DstRegion": region}
    return {name: value for name, value in given.items() if value}


def _overlap(some: Sequence[str], others: Sequence[str]) -> bool:
    return any(IPv4Network(one).overlaps(IPv4Network(other)) for one in some for other in others)
