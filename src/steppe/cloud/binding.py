"""A public address bound to a host. A kind of its own, so that neither waits for the other to be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.eip import Eip
from steppe.cloud.resource import Resource, differs
from steppe.engine.kind import Difference, Fact, Force, Run, Scope, Want
from steppe.engine.observed import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingWant(Want):
    kind: ClassVar[str] = "eip-binding"
    host: str
    """Name. The binding has the EIP's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingFact(Fact):
    kind: ClassVar[str] = "eip-binding"
    eip: str
    host: str
    """Ids."""


class Binding(Resource):
    name = "eip-binding"

    def find(self, look: Look, scope: Scope) -> list[BindingFact]:
        return [
            _fact(eip.id, eip.holder, eip.name)
            for eip in Eip().find(look, scope)
            if eip.holder_kind == "uhost"
        ]

    def check(self, want: BindingWant, have: BindingFact | None, observed: Observed) -> list[Difference]:
        if have is None:
            return []
        holder = observed.called("host", have.host)
        return differs("eip-binding", "host", holder, want.host, "it is bound to another host", Force.REMAKE)

    def create(self, run: Run, want: BindingWant, begun: BindingFact | None) -> BindingFact:
        if begun is not None:
            return begun
        eip, host = run.id("eip", want.name), run.id("host", want.host)
        run.cloud.call("BindEIP", EIPId=eip, ResourceType="uhost", ResourceId=host)
        return _fact(eip, host, want.name)

    def delete(self, run: Run, have: BindingFact) -> None:
        run.cloud.call("UnBindEIP", EIPId=have.eip, ResourceType="uhost", ResourceId=have.host)


def _fact(eip: str, host: str, name: str) -> BindingFact:
    return BindingFact(id=f"{eip}@{host}", name=name, eip=eip, host=host, uses=(eip,), part_of=host)
