"""A cloud firewall. It filters public (EIP) traffic only; its Name is unique in the region.

A deleted host counts as one of its users for up to a minute (RetCode 4361).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.claim import claim_name
from steppe.cloud.paging import Row
from steppe.cloud.resource import Resource, differs, held, tagged
from steppe.engine.fault import Fault
from steppe.engine.kind import Difference, Fact, Force, Run, Scope, Want
from steppe.engine.observed import Observed

_IN_USE = "ucloud.4361"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallWant(Want):
    kind: ClassVar[str] = "firewall"
    rules: tuple[str, ...]
    """As the API writes them: `TCP|22|192.0.2.0/24|ACCEPT|HIGH|remark`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallFact(Fact):
    kind: ClassVar[str] = "firewall"
    rules: tuple[str, ...]
    """Sorted: their order has no meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenNameFact(Fact):
    kind: ClassVar[str] = "taken-firewall-name"


class TakenName(Resource):
    """A firewall of others whose name begins with the Cluster ID: the API gives no name twice in a region."""

    name = "taken-firewall-name"
    given = True

    def find(self, look: Look, scope: Scope) -> list[TakenNameFact]:
        return [
            TakenNameFact(id=row["FWId"], name=row["Name"])
            for row in look.rows("DescribeFirewall", "DataSet")
            if row["Name"].startswith(f"{scope.cluster}-") and row.get("Tag") != scope.cluster
        ]


class Firewall(Resource):
    name = "firewall"

    def find(self, look: Look, scope: Scope) -> list[FirewallFact]:
        return [
            FirewallFact(id=row["FWId"], name=row["Name"], rules=tuple(sorted(map(_rule, row["Rule"]))))
            for row in tagged(look.rows("DescribeFirewall", "DataSet"), scope)
            if row["Name"] != claim_name(scope.cluster)
        ]

    def same(self, want: FirewallWant, have: FirewallFact, observed: Observed) -> bool:
        return have.rules == tuple(sorted(want.rules))

    def check(self, want: FirewallWant, have: FirewallFact | None, observed: Observed) -> list[Difference]:
        taken = observed.find("taken-firewall-name", want.name)
        if taken is not None:
            return [_taken(taken)]
        if have is None:
            return []
        wanted = tuple(sorted(want.rules))
        sentence = _sentence(set(wanted) - set(have.rules), set(have.rules) - set(wanted))
        return [
            *differs("firewall", "rules", "; ".join(have.rules), "; ".join(wanted), sentence),
            *differs("firewall", "name", have.name, want.name, "it was renamed"),
        ]

    def create(self, run: Run, want: FirewallWant, begun: FirewallFact | None) -> FirewallFact:
        if begun is not None:
            return begun
        made = run.cloud.call("CreateFirewall", Name=want.name, Rule=list(want.rules), Tag=run.scope.cluster)
        return FirewallFact(id=made["FWId"], name=want.name, rules=tuple(sorted(want.rules)))

    def update(
        self, run: Run, want: FirewallWant, have: FirewallFact, differences: Sequence[Difference]
    ) -> FirewallFact:
        changed = {each.field for each in differences}
        if "rules" in changed:
            run.cloud.call("UpdateFirewall", FWId=have.id, Rule=list(want.rules))
        if "name" in changed:
            run.cloud.call("UpdateFirewallAttribute", FWId=have.id, Name=want.name)
        return have

    def delete(self, run: Run, have: FirewallFact) -> None:
        try:
            run.cloud.call("DeleteFirewall", FWId=have.id)
        except Fault as fault:
            raise held(fault, _guarded(run, have)) if fault.code == _IN_USE else fault from None


def _guarded(run: Run, have: FirewallFact) -> list[str]:
    rows = run.cloud.rows("DescribeFirewallResource", "ResourceSet", FWId=have.id)
    return [f"{row['ResourceType']} {row['Name']} ({row['ResourceID']})" for row in rows]


def _taken(taken: TakenNameFact) -> Difference:
    return Difference(
        field="name",
        old=taken.id,
        new=None,
        reason="firewall.name-taken",
        sentence=f"{taken.id} has this name and not the Cluster ID as its Tag, so it is somebody else's; "
        "the API gives a firewall's name only once in a region (RetCode 4364)",
        force=Force.NOTHING,
    )


def _rule(row: Row) -> str:
    fields = ("ProtocolType", "DstPort", "SrcIP", "RuleAction", "Priority", "Remark")
    return "|".join(row.get(field) or "" for field in fields)


def _sentence(missing: set[str], extra: set[str]) -> str:
    parts = [f"{len(missing)} of its rules are missing"] if missing else []
    parts += [f"{len(extra)} rules are not the cluster's"] if extra else []
    return " and ".join(parts)
