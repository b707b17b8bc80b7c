"""A NAT gateway: the way out for hosts without a public address. It always keeps at least one EIP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.eip import bound_elsewhere
from steppe.cloud.paging import Row
from steppe.cloud.resource import Resource, differs, fixed, tagged
from steppe.engine.fault import Fault
from steppe.engine.kind import Difference, Fact, Run, Scope, Want
from steppe.engine.observed import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayWant(Want):
    kind: ClassVar[str] = "gateway"
    vpc: str
    subnet: str
    eip: str
    firewall: str
    """All by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayFact(Fact):
    kind: ClassVar[str] = "gateway"
    vpc: str
    subnets: tuple[str, ...]
    eips: tuple[str, ...]
    firewall: str
    """All by id."""


class Gateway(Resource):
    name = "gateway"

    def find(self, look: Look, scope: Scope) -> list[GatewayFact]:
        return [_fact(row) for row in tagged(look.rows("DescribeNATGW", "DataSet"), scope)]

    def same(self, want: GatewayWant, have: GatewayFact, observed: Observed) -> bool:
        return observed.called("vpc", have.vpc) == want.vpc

    def check(self, want: GatewayWant, have: GatewayFact | None, observed: Observed) -> list[Difference]:
        if have is None:
            return []
        subnets = ", ".join(sorted(observed.called("subnet", id) for id in have.subnets))
        eips = ", ".join(sorted(observed.called("eip", id) for id in have.eips))
        firewall = observed.called("firewall", have.firewall)
        return [
            *fixed("gateway", "vpc", observed.called("vpc", have.vpc), want.vpc),
            *differs("gateway", "subnets", subnets, want.subnet, "it serves other subnets"),
            *differs("gateway", "eips", eips, want.eip, "it holds other public addresses"),
            *differs("gateway", "firewall", firewall, want.firewall, "another firewall guards it"),
            *differs("gateway", "name", have.name, want.name, "it was renamed"),
        ]

    def create(self, run: Run, want: GatewayWant, begun: GatewayFact | None) -> GatewayFact:
        if begun is not None:
            return begun
        vpc, subnet = run.id("vpc", want.vpc), run.id("subnet", want.subnet)
        eip, firewall = run.id("eip", want.eip), run.id("firewall", want.firewall)
        try:
            made = run.cloud.call(
                "CreateNATGW",
                NATGWName=want.name,
                EIPIds=[eip],
                FirewallId=firewall,
                SubnetworkIds=[subnet],
                VPCId=vpc,
                IfOpen=0,
                Tag=run.scope.cluster,
            )
        except Fault as fault:
            own = [gateway.id for gateway in self.find(run.cloud.look(), run.scope)]
            raise bound_elsewhere(run, fault, eip, own) from None
        return GatewayFact(
            id=made["NATGWId"],
            name=want.name,
            vpc=vpc,
            subnets=(subnet,),
            eips=(eip,),
            firewall=firewall,
            uses=(vpc, subnet, eip, firewall),
        )

    def update(
        self, run: Run, want: GatewayWant, have: GatewayFact, differences: Sequence[Difference]
    ) -> GatewayFact:
        changed = {each.field for each in differences}
        if "subnets" in changed:
            subnet = run.id("subnet", want.subnet)
            run.cloud.call("UpdateNATGWSubnet", NATGWId=have.id, SubnetworkIds=[subnet])
        if "eips" in changed:
            self._hold(run, have, run.id("eip", want.eip))
        if "firewall" in changed:
            firewall = run.id("firewall", want.firewall)
            run.cloud.call("GrantFirewall", FWId=firewall, ResourceType="natgw", ResourceId=have.id)
        if "name" in changed:
            run.cloud.call("UpdateNATGW", NATGWId=have.id, NATGWName=want.name)
        return have

    def delete(self, run: Run, have: GatewayFact) -> None:
        """Its EIPs are unbound, not released: they are a kind of their own."""
        run.cloud.call("DeleteNATGW", NATGWId=have.id, ReleaseEip=False)

    def _hold(self, run: Run, have: GatewayFact, wanted: str) -> None:
        """Binds the wanted EIP before others go, since the gateway must keep one."""
        if wanted not in have.eips:
            try:
                run.cloud.call("BindEIP", EIPId=wanted, ResourceType="natgw", ResourceId=have.id)
            except Fault as fault:
                raise bound_elsewhere(run, fault, wanted, (have.id,)) from None
        for other in have.eips:
            if other != wanted:
                run.cloud.call("UnBindEIP", EIPId=other, ResourceType="natgw", ResourceId=have.id)


def _fact(row: Row) -> GatewayFact:
    subnets = tuple(sorted(each["SubnetworkId"] for each in row["SubnetSet"]))
    eips = tuple(sorted(each["EIPId"] for each in row["IPSet"]))
    return GatewayFact(
        id=row["NATGWId"],
        name=row["NATGWName"],
        vpc=row["VPCId"],
        subnets=subnets,
        eips=eips,
        firewall=row["FirewallId"],
        uses=(row["VPCId"], *subnets, *eips, row["FirewallId"]),
    )
