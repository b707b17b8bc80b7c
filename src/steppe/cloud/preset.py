"""A VPC and subnet that were there before the cluster: looked up by id, never changed.

What is wrong with them is said here, before anything is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network

from steppe.cloud.api import Api
from steppe.cloud.balancer import own_balancers
from steppe.cloud.host_facts import host_rows
from steppe.cloud.paging import Row
from steppe.engine.kind import Scope
from steppe.errors import UsageError
from steppe.topology.preset import PresetNetwork


def preset_network(
    api: Api, cluster: str, vpc_id: str, subnet_id: str, earlier: Mapping[str, IPv4Address]
) -> PresetNetwork:
    """What the region shows of them, and which addresses are taken.

    `earlier`: the addresses that the cluster's hosts had the last time. Raises UsageError when one isn't
    there or the subnet isn't the VPC's, Fault when the region can't be asked.
    """
    vpc = _one(api, "DescribeVPC", "VPCId", vpc_id, "legacy_vpc_id")
    subnet = _one(api, "DescribeSubnet", "SubnetId", subnet_id, "legacy_subnet_id")
    if subnet["VPCId"] != vpc_id:
        raise UsageError(
            f"network.legacy_subnet_id: {subnet_id} is a subnet of {subnet['VPCId']}, not of {vpc_id}.",
            code="network.preset",
            hint=_hint(api, vpc_id),
        )
    look, scope = api.look(), Scope(cluster=cluster, region=api.region)
    own = {row["UHostId"]: row for row in host_rows(look, scope)}
    residents = api.rows("DescribeSubnetResource", "DataSet", SubnetId=subnet_id)
    return PresetNetwork(
        vpc_id=vpc_id,
        subnet_id=subnet_id,
        cidr=IPv4Network(f"{subnet['Subnet']}/{subnet['Netmask']}"),
        ranges=tuple(map(IPv4Network, vpc["Network"])),
        taken=frozenset(
            IPv4Address(row["IP"]) for row in residents if row.get("IP") and row["ResourceId"] not in own
        ),
        hosts={
            row["Name"]: IPv4Address(each["IP"])
            for row in own.values()
            for each in row["IPSet"]
            if each["Type"] == "Private" and each.get("SubnetId") == subnet_id
        },
        earlier=earlier,
        balancers=frozenset(row["Name"] for row in own_balancers(look, scope)),
    )


def _one(api: Api, action: str, key: str, id: str, field: str) -> Row:
    rows = [row for row in api.rows(action, "DataSet", **{f"{key}s": [id]}) if row[key] == id]
    if rows:
        return rows[0]
    project = api.credentials.project_id or "the account's default project"
    raise UsageError(
        f"network.{field}: there is no {id} in region {api.region}, {project}.",
        code="network.preset",
        hint="The id must be of the cluster's own region and project; the console shows it there.",
    )


def _hint(api: Api, vpc_id: str) -> str:
    rows = api.rows("DescribeSubnet", "DataSet", VPCId=vpc_id)
    known = ", ".join(sorted(str(row["SubnetId"]) for row in rows))
    return f"Subnets of {vpc_id}: {known or 'none'}."
