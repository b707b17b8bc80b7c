"""An internal load balancer (ULB). The cloud chooses its address, which hosts must know before their boot.

Deleting it takes its listeners and their backends along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.paging import Row
from steppe.cloud.resource import Resource, appeared, differs, fixed, place, tagged
from steppe.engine.kind import Difference, Fact, Run, Scope, Want
from steppe.engine.observed import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerWant(Want):
    kind: ClassVar[str] = "balancer"
    vpc: str
    subnet: str
    """Both by name."""
    mode: str
    """`PacketsTransmit` or `RequestProxy`."""
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerFact(Fact):
    kind: ClassVar[str] = "balancer"
    vpc: str
    subnet: str
    """Both by id."""
    mode: str
    ports: tuple[int, ...]
    address: str


class Balancer(Resource):
    name = "balancer"

    def find(self, look: Look, scope: Scope) -> list[BalancerFact]:
        return [_fact(row) for row in own_balancers(look, scope)]

    def same(self, want: BalancerWant, have: BalancerFact, observed: Observed) -> bool:
        subnet = observed.called("subnet", have.subnet)
        return (subnet, have.ports) == (want.subnet, tuple(sorted(want.ports)))

    def check(self, want: BalancerWant, have: BalancerFact | None, observed: Observed) -> list[Difference]:
        if have is None:
            return []
        return [
            *fixed("balancer", "subnet", observed.called("subnet", have.subnet), want.subnet),
            *fixed("balancer", "mode", have.mode, want.mode),
            *differs("balancer", "name", have.name, want.name, "it was renamed"),
        ]

    def create(self, run: Run, want: BalancerWant, begun: BalancerFact | None) -> BalancerFact:
        if begun is not None:
            return begun
        made = run.cloud.call(
            "CreateULB",
            ULBName=want.name,
            Tag=run.scope.cluster,
            InnerMode="Yes",
            OuterMode="No",
            ListenType=want.mode,
            VPCId=place(run, "vpc", want.vpc),
            SubnetId=place(run, "subnet", want.subnet),
        )
        return appeared(run, "its address", lambda: self._shown(run, made["ULBId"]))

    def update(
        self, run: Run, want: BalancerWant, have: BalancerFact, differences: Sequence[Difference]
    ) -> BalancerFact:
        run.cloud.call("UpdateULBAttribute", ULBId=have.id, Name=want.name)
        return have

    def delete(self, run: Run, have: BalancerFact) -> None:
        run.cloud.call("DeleteULB", ULBId=have.id)

    def _shown(self, run: Run, id: str) -> BalancerFact | None:
        rows = run.cloud.rows("DescribeULB", "DataSet", ULBId=id)
        return _fact(rows[0]) if rows and rows[0].get("PrivateIP") else None


def own_balancers(look: Look, scope: Scope) -> list[Row]:
    return tagged(look.rows("DescribeULB", "DataSet"), scope)


def _fact(row: Row) -> BalancerFact:
    return BalancerFact(
        id=row["ULBId"],
        name=row["Name"],
        vpc=row["VPCId"],
        subnet=row["SubnetId"],
        mode=row["ListenType"],
        ports=tuple(sorted(each["FrontendPort"] for each in row["VServerSet"])),
        address=row["PrivateIP"],
        uses=(row["VPCId"], row["SubnetId"]),
    )
