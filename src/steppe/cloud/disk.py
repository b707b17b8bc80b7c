"""A data disk that no host holds any more. It stays until `down`, since it may hold data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.resource import Resource, tagged
from steppe.engine.kind import Fact, Run, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFact(Fact):
    kind: ClassVar[str] = "disk"
    zone: str


class Disk(Resource):
    name = "disk"
    keeps_unwanted = True

    def find(self, look: Look, scope: Scope) -> list[DiskFact]:
        return [
            DiskFact(id=row["UDiskId"], name=row["Name"], zone=row["Zone"])
            for row in tagged(look.rows("DescribeUDisk", "DataSet", Tag=scope.cluster), scope)
            if not (row.get("HostId") or row.get("UHostId"))
        ]

    def delete(self, run: Run, have: DiskFact) -> None:
        run.cloud.call("DeleteUDisk", Zone=have.zone, UDiskId=have.id)
