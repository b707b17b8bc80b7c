"""A subnet of a VPC; it spans all zones of the region.

For minutes after its last host or balancer has gone, deleting it is refused with RetCode 4411.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.resource import Resource, differs, fixed, held, tagged
from steppe.engine.fault import Fault
from steppe.engine.kind import Difference, Fact, Run, Scope, Want
from steppe.engine.observed import Observed

_BUSY = "ucloud.4411"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetWant(Want):
    kind: ClassVar[str] = "subnet"
    vpc: str
    """Name."""
    cidr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetFact(Fact):
    kind: ClassVar[str] = "subnet"
    vpc: str
    """Id."""
    cidr: str


class Subnet(Resource):
    name = "subnet"

    def find(self, look: Look, scope: Scope) -> list[SubnetFact]:
        return [
            SubnetFact(
                id=row["SubnetId"],
                name=row["SubnetName"],
                vpc=row["VPCId"],
                cidr=f"{row['Subnet']}/{row['Netmask']}",
                uses=(row["VPCId"],),
            )
            for row in tagged(look.rows("DescribeSubnet", "DataSet", Tag=scope.cluster), scope)
            if row["SubnetId"] not in scope.preset
        ]

    def same(self, want: SubnetWant, have: SubnetFact, observed: Observed) -> bool:
        return (want.vpc, want.cidr) == (observed.called("vpc", have.vpc), have.cidr)

    def check(self, want: SubnetWant, have: SubnetFact | None, observed: Observed) -> list[Difference]:
        if have is None:
            return []
        return [
            *fixed("subnet", "vpc", observed.called("vpc", have.vpc), want.vpc),
            *fixed("subnet", "cidr", have.cidr, want.cidr),
            *differs("subnet", "name", have.name, want.name, "it was renamed"),
        ]

    def create(self, run: Run, want: SubnetWant, begun: SubnetFact | None) -> SubnetFact:
        if begun is not None:
            return begun
        vpc, network = run.id("vpc", want.vpc), IPv4Network(want.cidr)
        made = run.cloud.call(
            "CreateSubnet",
            VPCId=vpc,
            Subnet=str(network.network_address),
            Netmask=network.prefixlen,
            SubnetName=want.name,
            Tag=run.scope.cluster,
        )
        return SubnetFact(id=made["SubnetId"], name=want.name, vpc=vpc, cidr=want.cidr, uses=(vpc,))

    def update(
        self, run: Run, want: SubnetWant, have: SubnetFact, differences: Sequence[Difference]
    ) -> SubnetFact:
        run.cloud.call("UpdateSubnetAttribute", SubnetId=have.id, Name=want.name)
        return have

    def delete(self, run: Run, have: SubnetFact) -> None:
        try:
            run.cloud.call("DeleteSubnet", SubnetId=have.id)
        except Fault as fault:
            raise held(fault, _inside(run, have)) if fault.code == _BUSY else fault from None


def _inside(run: Run, have: SubnetFact) -> list[str]:
    rows = run.cloud.rows("DescribeSubnetResource", "DataSet", SubnetId=have.id)
    return [f"{row['ResourceType']} {row['Name']} ({row['ResourceId']})" for row in rows]
