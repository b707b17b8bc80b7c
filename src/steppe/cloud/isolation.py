"""An isolation group: the cloud keeps its hosts on different hardware, at most 7 of them in a zone.

It has no Tag: the cluster's own are known by their Remark, which is set when they are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.resource import Resource
from steppe.engine.kind import Fact, Run, Scope, Want


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationWant(Want):
    kind: ClassVar[str] = "isolation-group"


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationFact(Fact):
    kind: ClassVar[str] = "isolation-group"


class Isolation(Resource):
    name = "isolation-group"

    def find(self, look: Look, scope: Scope) -> list[IsolationFact]:
        return [
            IsolationFact(id=row["GroupId"], name=row["GroupName"])
            for row in look.rows("DescribeIsolationGroup", "IsolationGroupSet")
            if row["Remark"] == _remark(scope)
        ]

    def create(self, run: Run, want: IsolationWant, begun: IsolationFact | None) -> IsolationFact:
        if begun is not None:
            return begun
        made = run.cloud.call("CreateIsolationGroup", GroupName=want.name, Remark=_remark(run.scope))
        return IsolationFact(id=made["GroupId"], name=want.name)

    def delete(self, run: Run, have: IsolationFact) -> None:
        run.cloud.call("DeleteIsolationGroup", GroupId=have.id)


def _remark(scope: Scope) -> str:
    return f"steppe cluster={scope.cluster}"
