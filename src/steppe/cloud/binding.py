"""A public address bound to a host. A kind of its own, so that neither waits for the other to be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.eip import Eip, bound_elsewhere
from steppe.cloud.gateway import Gateway
from steppe.cloud.resource import Resource, appeared, differs
from steppe.engine.fault import Fault
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
        try:
            run.cloud.call("BindEIP", EIPId=eip, ResourceType="uhost", ResourceId=host)
        except Fault as fault:
            # A gateway of the cluster's that holds it by mistake is mended in the same run.
            gateways = [gateway.id for gateway in Gateway().find(run.cloud.look(), run.scope)]
            raise bound_elsewhere(run, fault, eip, (host, *gateways)) from None
        return _fact(eip, host, want.name)

    def delete(self, run: Run, have: BindingFact) -> None:
        """Waits until the address is free: whoever is refused it then knows that others hold it."""
        run.cloud.call("UnBindEIP", EIPId=have.eip, ResourceType="uhost", ResourceId=have.host)
        appeared(run, "that it is free", lambda: self._left(run, have))

    def _left(self, run: Run, have: BindingFact) -> bool | None:
        holders = [eip.holder for eip in Eip().find(run.cloud.look(), run.scope) if eip.id == have.eip]
        return None if have.host in holders else True


def _fact(eip: str, host: str, name: str) -> BindingFact:
    return BindingFact(id=f"{eip}@{host}", name=name, eip=eip, host=host, uses=(eip,), part_of=host)
