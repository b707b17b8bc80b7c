"""A port of a balancer (VServer)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.balancer import own_balancers
from steppe.cloud.resource import Resource, differs, fixed
from steppe.engine.kind import Difference, Fact, Run, Scope, Want
from steppe.engine.observed import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerWant(Want):
    kind: ClassVar[str] = "listener"
    balancer: str
    """Name."""
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerFact(Fact):
    kind: ClassVar[str] = "listener"
    balancer: str
    """Id."""
    port: int


class Listener(Resource):
    name = "listener"

    def find(self, look: Look, scope: Scope) -> list[ListenerFact]:
        return [
            ListenerFact(
                id=vserver["VServerId"],
                name=vserver["VServerName"],
                balancer=row["ULBId"],
                port=vserver["FrontendPort"],
                uses=(row["ULBId"],),
                part_of=row["ULBId"],
            )
            for row in own_balancers(look, scope)
            for vserver in row["VServerSet"]
        ]

    def same(self, want: ListenerWant, have: ListenerFact, observed: Observed) -> bool:
        return (observed.called("balancer", have.balancer), have.port) == (want.balancer, want.port)

    def check(self, want: ListenerWant, have: ListenerFact | None, observed: Observed) -> list[Difference]:
        if have is None:
            return []
        return [
            *fixed("listener", "balancer", observed.called("balancer", have.balancer), want.balancer),
            *fixed("listener", "port", str(have.port), str(want.port)),
            *differs("listener", "name", have.name, want.name, "it was renamed"),
        ]

    def create(self, run: Run, want: ListenerWant, begun: ListenerFact | None) -> ListenerFact:
        if begun is not None:
            return begun
        balancer = run.id("balancer", want.balancer)
        made = run.cloud.call(
            "CreateVServer",
            ULBId=balancer,
            VServerName=want.name,
            Protocol="TCP",
            FrontendPort=want.port,
            MonitorType="Port",
        )
        return ListenerFact(
            id=made["VServerId"],
            name=want.name,
            balancer=balancer,
            port=want.port,
            uses=(balancer,),
            part_of=balancer,
        )

    def update(
        self, run: Run, want: ListenerWant, have: ListenerFact, differences: Sequence[Difference]
    ) -> ListenerFact:
        run.cloud.call(
            "UpdateVServerAttribute", ULBId=have.balancer, VServerId=have.id, VServerName=want.name
        )
        return have

    def delete(self, run: Run, have: ListenerFact) -> None:
        run.cloud.call("DeleteVServer", ULBId=have.balancer, VServerId=have.id)
