"""The claim on a Cluster ID: a firewall `<id>-claim` that guards nothing.

Firewalls are the one kind whose Name the API keeps unique in a region, so making one is an atomic claim. Its
Remark says who holds it. It is made first of all and deleted last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.resource import Resource
from steppe.engine.fault import Fault
from steppe.engine.kind import Difference, Fact, Run, Scope, Want
from steppe.engine.observed import Observed
from steppe.errors import Claimed

NAME_TAKEN = "ucloud.4364"
_RULE = "ICMP||127.0.0.1/32|DROP|LOW|claims the Cluster ID"
_OWNER = "steppe owner="


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimWant(Want):
    kind: ClassVar[str] = "claim"
    owner: str
    """The random id of the workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFact(Fact):
    kind: ClassVar[str] = "claim"
    owner: str
    """Empty when the Remark doesn't say."""


class Claim(Resource):
    name = "claim"
    last = True

    def find(self, look: Look, scope: Scope) -> list[ClaimFact]:
        return [
            ClaimFact(
                id=row["FWId"],
                name=row["Name"],
                owner=row["Remark"].removeprefix(_OWNER) if row["Remark"].startswith(_OWNER) else "",
            )
            for row in look.rows("DescribeFirewall", "DataSet")
            if row["Name"] == claim_name(scope.cluster)
        ]

    def check(self, want: ClaimWant, have: ClaimFact | None, observed: Observed) -> list[Difference]:
        """Raises Claimed when another workspace holds it."""
        if have is not None and have.owner != want.owner:
            raise _claimed(observed.scope)
        return []

    def create(self, run: Run, want: ClaimWant, begun: ClaimFact | None) -> ClaimFact:
        """Raises Claimed when another workspace was quicker."""
        if begun is not None:
            if begun.owner != want.owner:
                raise _claimed(run.scope)
            return begun
        try:
            made = run.cloud.call(
                "CreateFirewall",
                Name=want.name,
                Rule=[_RULE],
                Tag=run.scope.cluster,
                Remark=f"{_OWNER}{want.owner}",
            )
        except Fault as fault:
            if fault.code == NAME_TAKEN:
                raise _claimed(run.scope) from None
            raise
        return ClaimFact(id=made["FWId"], name=want.name, owner=want.owner)

    def delete(self, run: Run, have: ClaimFact) -> None:
        run.cloud.call("DeleteFirewall", FWId=have.id)


def claim_name(cluster: str) -> str:
    return f"{cluster}-claim"


def require_claim(observed: Observed, owner: str) -> None:
    """Raises Claimed unless the cluster is this workspace's, or nobody's."""
    facts: Sequence[ClaimFact] = observed.of("claim")
    if any(fact.owner != owner for fact in facts):
        raise _claimed(observed.scope)


def _claimed(scope: Scope) -> Claimed:
    return Claimed(
        f"The Cluster ID {scope.cluster!r} belongs to another workspace in {scope.region}.",
        code="claim.other",
        hint="Choose another Cluster ID; or, if the cluster is yours (a lost laptop), take it over with "
        "`steppe adopt`.",
    )
