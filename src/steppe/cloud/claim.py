"""The claim on a Cluster ID: a firewall `<id>-claim` that guards nothing.

Firewalls are the one kind whose Name the API keeps unique in a region, so making one is an atomic claim. Its
Remark says who holds it, and bears the lock (`steppe.cloud.lock`). It is made first of all and deleted last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from steppe.cloud.api import Api, Look
from steppe.cloud.claim_remark import ClaimRemark, parse
from steppe.cloud.resource import Resource, appeared
from steppe.engine.fault import Fault
from steppe.engine.kind import Difference, Fact, Force, Run, Scope, Want
from steppe.engine.observed import Observed
from steppe.errors import Claimed, SteppeError

NAME_TAKEN = "ucloud.4364"
_NAMED = ("vpc", "subnet", "firewall", "eip", "gateway", "balancer", "host")
"""Kinds that carry the Tag and whose names begin with the Cluster ID."""
_SHOWN = 5
_OTHERS_TAG = "Choose another Cluster ID, or give those resources another Tag (business group)."
_RULE = "ICMP||127.0.0.1/32|DROP|LOW|claims the Cluster ID"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimWant(Want):
    kind: ClassVar[str] = "claim"
    owner: str = field(repr=False)
    """The random id of the workspace: no part of a plan, which may be made before a workspace has one."""


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
            ClaimFact(id=row["FWId"], name=row["Name"], owner=parse(row["Remark"]).owner)
            for row in look.rows("DescribeFirewall", "DataSet")
            if row["Name"] == claim_name(scope.cluster)
        ]

    def check(self, want: ClaimWant, have: ClaimFact | None, observed: Observed) -> list[Difference]:
        """Raises Claimed when another workspace holds it."""
        if have is None:
            return _strangers(observed)
        if have.owner != want.owner:
            raise claimed(observed.scope, have.owner)
        return []

    def create(self, run: Run, want: ClaimWant, begun: ClaimFact | None) -> ClaimFact:
        """Raises Claimed when another workspace was quicker. The lock of this command may have made it."""
        have = begun
        if have is None:
            try:
                remark = ClaimRemark(owner=want.owner).text()
                return ClaimFact(
                    id=claim_firewall(run.cloud, run.scope, remark), name=want.name, owner=want.owner
                )
            except Fault as fault:
                if fault.code != NAME_TAKEN:
                    raise
            have = appeared(
                run, "the claim", lambda: next(iter(self.find(run.cloud.look(), run.scope)), None)
            )
        if have.owner != want.owner:
            raise claimed(run.scope, have.owner)
        return have

    def delete(self, run: Run, have: ClaimFact) -> None:
        run.cloud.call("DeleteFirewall", FWId=have.id)


def claim_name(cluster: str) -> str:
    return f"{cluster}-claim"


def require_claim(observed: Observed, owner: str) -> None:
    """Raises Claimed unless the cluster is this workspace's, or nobody's."""
    facts: Sequence[ClaimFact] = observed.of("claim")
    for fact in facts:
        if fact.owner != owner:
            raise claimed(observed.scope, fact.owner)


def refuse_strangers(observed: Observed) -> None:
    """Raises SteppeError when others use the Cluster ID as a Tag: what is theirs would be taken for ours."""
    if not observed.of("claim"):
        for found in _strangers(observed):
            raise SteppeError(f"{found.sentence}.", code=found.reason, hint=_OTHERS_TAG)


def claim_firewall(api: Api, scope: Scope, remark: str) -> str:
    """Makes the claim and gives its id. Raises Fault; its code is NAME_TAKEN when there is one."""
    made = api.call(
        "CreateFirewall", Name=claim_name(scope.cluster), Rule=[_RULE], Tag=scope.cluster, Remark=remark
    )
    return str(made["FWId"])


def claimed(scope: Scope, owner: str) -> Claimed:
    """The refusal of a cluster of that owner; an empty one stands for a firewall that steppe didn't make."""
    if not owner:
        return Claimed(
            f"A firewall {claim_name(scope.cluster)} is in {scope.region}, and steppe didn't make it.",
            code="claim.foreign",
            hint="Choose another Cluster ID; or rename that firewall, if it is yours.",
        )
    return Claimed(
        f"The Cluster ID {scope.cluster!r} belongs to another workspace in {scope.region}: the one whose "
        f"secrets.json has the owner {owner}.",
        code="claim.other",
        hint="If the cluster is yours, set STEPPE_WORKSPACE to the workspace that built it; if that is lost, "
        "`steppe adopt FILE` takes the cluster over. If it isn't, choose another Cluster ID.",
    )


def _strangers(observed: Observed) -> list[Difference]:
    """Where there is no claim, what carries the Tag and has no name of ours was not made by steppe."""
    cluster = observed.scope.cluster
    found = [fact for kind in _NAMED for fact in observed.of(kind) if not fact.name.startswith(f"{cluster}-")]
    if not found:
        return []
    shown = ", ".join(f"{fact.key} ({fact.id})" for fact in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return [
        Difference(
            field="tag",
            old=str(len(found)),
            new="0",
            reason="claim.tag-in-use",
            sentence=f"{len(found)} resources of others carry the Tag {cluster} in {observed.scope.region}: "
            f"{shown}{more}",
            force=Force.NOTHING,
        )
    ]
