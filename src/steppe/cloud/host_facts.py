"""Hosts as DescribeUHostInstance shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Api, Look
from steppe.cloud.paging import Row
from steppe.cloud.resource import tagged
from steppe.engine.kind import Fact, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFact(Fact):
    kind: ClassVar[str] = "host"
    zone: str
    state: str
    """`Initializing`, `Starting`, `Running`, `Stopping`, `Stopped`, `Install Fail`, …"""
    remark: str
    image: str
    """Name."""
    machine_type: str
    cpu: int
    memory_mib: int
    address: str
    subnet: str
    isolation_group: str
    firewall: str
    """All by id; the firewall is asked for only where a host has a public address, since it filters nothing
    else."""


def host_facts(look: Look, scope: Scope) -> list[HostFact]:
    return [host_fact(look.api, row) for row in host_rows(look, scope)]


def host_rows(look: Look, scope: Scope) -> list[Row]:
    return tagged(look.rows("DescribeUHostInstance", "UHostSet", Tag=scope.cluster), scope)


def host_fact(api: Api, row: Row) -> HostFact:
    private: Row = next((each for each in row["IPSet"] if each["Type"] == "Private"), {})
    eips = tuple(sorted(each["IPId"] for each in row["IPSet"] if each["Type"] != "Private"))
    firewall = _firewall(api, row["UHostId"]) if eips else ""
    used = (private.get("VPCId", ""), private.get("SubnetId", ""), row["IsolationGroup"], firewall, *eips)
    return HostFact(
        id=row["UHostId"],
        name=row["Name"],
        zone=row["Zone"],
        state=row["State"],
        remark=row.get("Remark") or "",
        image=row["BasicImageName"],
        machine_type=row["MachineType"],
        cpu=row["CPU"],
        memory_mib=row["Memory"],
        address=private.get("IP", ""),
        subnet=private.get("SubnetId", ""),
        isolation_group=row["IsolationGroup"],
        firewall=firewall,
        uses=tuple(id for id in used if id),
    )


def _firewall(api: Api, host: str) -> str:
    rows = api.call("DescribeFirewall", ResourceType="uhost", ResourceId=host)["DataSet"]
    return str(rows[0]["FWId"]) if rows else ""
