"""A VPC: one network of the cluster. Nothing of it can be changed: there is no API even for its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.paging import Row
from steppe.cloud.resource import Resource, fixed, tagged
from steppe.engine.kind import Difference, Fact, Run, Scope, Want
from steppe.engine.observed import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcWant(Want):
    kind: ClassVar[str] = "vpc"
    cidr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcFact(Fact):
    kind: ClassVar[str] = "vpc"
    cidr: str
    """More than one with commas between."""


class Vpc(Resource):
    name = "vpc"

    def find(self, look: Look, scope: Scope) -> list[VpcFact]:
        return [
            VpcFact(id=row["VPCId"], name=row["Name"], cidr=",".join(row["Network"]))
            for row in own_vpcs(look, scope)
        ]

    def check(self, want: VpcWant, have: VpcFact | None, observed: Observed) -> list[Difference]:
        return fixed("vpc", "cidr", have.cidr, want.cidr) if have else []

    def create(self, run: Run, want: VpcWant, begun: VpcFact | None) -> VpcFact:
        if begun is not None:
            return begun
        made = run.cloud.call("CreateVPC", Name=want.name, Network=[want.cidr], Tag=run.scope.cluster)
        return VpcFact(id=made["VPCId"], name=want.name, cidr=want.cidr)

    def delete(self, run: Run, have: VpcFact) -> None:
        run.cloud.call("DeleteVPC", VPCId=have.id)


def own_vpcs(look: Look, scope: Scope) -> list[Row]:
    """Also without one that was there before and happens to carry the Tag."""
    rows = tagged(look.rows("DescribeVPC", "DataSet", Tag=scope.cluster), scope)
    return [row for row in rows if row["VPCId"] not in scope.preset]
