"""Peering: a VPC intercom, which lets two VPCs reach each other. It has no id, Name or Tag of its own.

Whether both sides list it isn't documented, so both are asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.resource import Resource
from steppe.cloud.vpc import own_vpcs
from steppe.engine.kind import Fact, Run, Scope, Want


@dataclass(frozen=True, slots=True, kw_only=True)
class PeeringWant(Want):
    kind: ClassVar[str] = "peering"
    a: str
    """Name of a VPC."""
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeeringFact(Fact):
    kind: ClassVar[str] = "peering"


class Peering(Resource):
    name = "peering"

    def find(self, look: Look, scope: Scope) -> list[PeeringFact]:
        found: dict[str, PeeringFact] = {}
        for vpc in own_vpcs(look, scope):
            answer = look.api.call("DescribeVPCIntercom", VPCId=vpc["VPCId"])
            for peer in answer["DataSet"]:
                fact = _fact((vpc["VPCId"], vpc["Name"]), (peer["VPCId"], peer["Name"]))
                found[fact.id] = fact
        return list(found.values())

    def create(self, run: Run, want: PeeringWant, begun: PeeringFact | None) -> PeeringFact:
        if begun is not None:
            return begun
        a, b = run.id("vpc", want.a), run.id("vpc", want.b)
        run.cloud.call("CreateVPCIntercom", VPCId=a, DstVPCId=b)
        return _fact((a, want.a), (b, want.b))

    def delete(self, run: Run, have: PeeringFact) -> None:
        a, b = have.uses
        run.cloud.call("DeleteVPCIntercom", VPCId=a, DstVPCId=b)


def peering_name(a: str, b: str) -> str:
    """Of two VPCs by name, in either order."""
    return "--".join(sorted((a, b)))


def _fact(a: tuple[str, str], b: tuple[str, str]) -> PeeringFact:
    """Of two VPCs, each with id and name."""
    ids = tuple(sorted((a[0], b[0])))
    return PeeringFact(id="+".join(ids), name=peering_name(a[1], b[1]), uses=ids)
