"""A public address (EIP). What holds it is another kind's business: the NAT gateway, or an EIP binding.

The API can't filter EIPs by Tag, so all of the project's are listed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.paging import Row
from steppe.cloud.resource import Resource, charge, differs, tagged
from steppe.engine.fault import Fault, FaultClass
from steppe.engine.kind import Difference, Fact, Run, Scope, Want
from steppe.engine.observed import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class EipWant(Want):
    kind: ClassVar[str] = "eip"
    bandwidth_mbps: int
    pay_mode: str
    charge_type: str
    charge_quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EipFact(Fact):
    kind: ClassVar[str] = "eip"
    address: str
    bandwidth_mbps: int
    pay_mode: str
    holder: str
    """Id of what it is bound to; empty for a free one."""
    holder_kind: str
    """`uhost`, `natgw`, …"""


class Eip(Resource):
    name = "eip"

    def find(self, look: Look, scope: Scope) -> list[EipFact]:
        return [_fact(row) for row in tagged(look.rows("DescribeEIP", "EIPSet"), scope)]

    def check(self, want: EipWant, have: EipFact | None, observed: Observed) -> list[Difference]:
        if have is None:
            return []
        return [
            *differs("eip", "pay_mode", have.pay_mode, want.pay_mode, "it is paid in another way"),
            *differs(
                "eip",
                "bandwidth",
                f"{have.bandwidth_mbps} Mbps",
                f"{want.bandwidth_mbps} Mbps",
                "it has another bandwidth",
            ),
        ]

    def create(self, run: Run, want: EipWant, begun: EipFact | None) -> EipFact:
        if begun is not None:
            return begun
        made = run.cloud.call(
            "AllocateEIP",
            OperatorName=operator(run.scope.region),
            Bandwidth=want.bandwidth_mbps,
            PayMode=want.pay_mode,
            **charge(want.charge_type, want.charge_quantity),
            Name=want.name,
            Tag=run.scope.cluster,
        )["EIPSet"][0]
        return EipFact(
            id=made["EIPId"],
            name=want.name,
            address=made["EIPAddr"][0]["IP"],
            bandwidth_mbps=want.bandwidth_mbps,
            pay_mode=want.pay_mode,
            holder="",
            holder_kind="",
        )

    def update(self, run: Run, want: EipWant, have: EipFact, differences: Sequence[Difference]) -> EipFact:
        if any(each.field == "pay_mode" for each in differences):
            run.cloud.call(
                "SetEIPPayMode", EIPId=have.id, PayMode=want.pay_mode, Bandwidth=want.bandwidth_mbps
            )
        else:
            run.cloud.call("ModifyEIPBandwidth", EIPId=have.id, Bandwidth=want.bandwidth_mbps)
        return have

    def delete(self, run: Run, have: EipFact) -> None:
        run.cloud.call("ReleaseEIP", EIPId=have.id)


def _fact(row: Row) -> EipFact:
    held = row.get("Resource") or {}
    return EipFact(
        id=row["EIPId"],
        name=row["Name"],
        address=row["EIPAddr"][0]["IP"],
        bandwidth_mbps=row["Bandwidth"],
        pay_mode=row["PayMode"],
        holder=held.get("ResourceID") or held.get("ResourceId") or "",
        holder_kind=(held.get("ResourceType") or "").lower(),
    )


def bound_elsewhere(run: Run, fault: Fault, eip: str, holders: Collection[str]) -> Fault:
    """For who was refused an EIP because it is in use (RetCode 4212): waiting is no use while others hold it.

    `holders`: ids of those that may hold it, or give it back in this run: then the fault stays as it is.
    """
    if fault.code != "ucloud.4212":
        return fault
    rows = run.cloud.rows("DescribeEIP", "EIPSet", EIPIds=[eip])
    found = _fact(rows[0]) if rows else None
    if found is None or not found.holder or found.holder in holders:
        return fault
    name = (rows[0].get("Resource") or {}).get("ResourceName") or ""
    return Fault(
        FaultClass.PERMANENT,
        f"The public address {found.address} ({found.name}, {eip}) is bound to "
        f"{found.holder_kind} {name or found.holder} ({found.holder}).",
        code="eip.bound",
        hint="Unbind it there, or release it if it isn't the cluster's; then run the command again.",
    )


def operator(region: str) -> str:
    """The kind of line of an EIP there: BGP in mainland China and in the box, International elsewhere."""
    return "Bgp" if region.startswith("cn-") or region == "box" else "International"
