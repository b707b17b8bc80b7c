"""A host behind a listener. It has no name of its own: listener and host say which one it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.balancer import own_balancers
from steppe.cloud.paging import Row
from steppe.cloud.resource import Resource, differs
from steppe.engine.kind import Difference, Fact, Force, Run, Scope, Want
from steppe.engine.observed import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendWant(Want):
    kind: ClassVar[str] = "backend"
    listener: str
    host: str
    """Both by name."""
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendFact(Fact):
    kind: ClassVar[str] = "backend"
    balancer: str
    listener: str
    host: str
    """All by id."""
    port: int
    enabled: bool


class Backend(Resource):
    name = "backend"

    def find(self, look: Look, scope: Scope) -> list[BackendFact]:
        return [
            _fact(row["ULBId"], vserver, backend)
            for row in own_balancers(look, scope)
            for vserver in row["VServerSet"]
            for backend in vserver["BackendSet"]
        ]

    def same(self, want: BackendWant, have: BackendFact, observed: Observed) -> bool:
        place = observed.called("listener", have.listener), observed.called("host", have.host)
        return place == (want.listener, want.host)

    def check(self, want: BackendWant, have: BackendFact | None, observed: Observed) -> list[Difference]:
        if have is None:
            return []
        ports = differs(
            "backend", "port", str(have.port), str(want.port), "packets go to the wrong port", Force.REMAKE
        )
        return ports + differs("backend", "enabled", _word(have.enabled), "yes", "it was taken out")

    def create(self, run: Run, want: BackendWant, begun: BackendFact | None) -> BackendFact:
        if begun is not None:
            return begun
        listener, host = run.fact("listener", want.listener), run.id("host", want.host)
        made = run.cloud.call(
            "AllocateBackend",
            ULBId=listener.balancer,
            VServerId=listener.id,
            ResourceType="UHost",
            ResourceId=host,
            Port=want.port,
            Enabled=1,
        )
        return BackendFact(
            id=made["BackendId"],
            name=want.name,
            balancer=listener.balancer,
            listener=listener.id,
            host=host,
            port=want.port,
            enabled=True,
            uses=(listener.id, host),
            part_of=listener.id,
        )

    def update(
        self, run: Run, want: BackendWant, have: BackendFact, differences: Sequence[Difference]
    ) -> BackendFact:
        run.cloud.call("UpdateBackendAttribute", ULBId=have.balancer, BackendId=have.id, Enabled=1)
        return have

    def delete(self, run: Run, have: BackendFact) -> None:
        run.cloud.call("ReleaseBackend", ULBId=have.balancer, BackendId=have.id)


def backend_name(listener: str, host: str) -> str:
    return f"{listener}/{host}"


def _fact(balancer: str, vserver: Row, row: Row) -> BackendFact:
    return BackendFact(
        id=row["BackendId"],
        name=backend_name(vserver["VServerName"], row["ResourceName"] or row["ResourceId"]),
        balancer=balancer,
        listener=vserver["VServerId"],
        host=row["ResourceId"],
        port=row["Port"],
        enabled=row["Enabled"] == 1,
        uses=(vserver["VServerId"], row["ResourceId"]),
        part_of=vserver["VServerId"],
    )


def _word(value: bool) -> str:
    return "yes" if value else "no"
