"""A private cluster, by the commands alone, in a VPC and subnet that were there before and have no way out.

steppe stands inside the VPC, as a user of a private region does. Nothing of the box's internet is reached.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench.balancers import measured
from ucloud.client import Client

from tests.whole.conftest import ORDERS, STEPPE, Shell

pytestmark = pytest.mark.box


def _cloud(shell: Shell) -> Client:
    box = json.loads((Path(shell.environment["UBOX_DIR"]) / "box.json").read_text())
    keys = {name: box[name] for name in ("region", "project_id", "public_key", "private_key")}
    return Client({**keys, "base_url": box["endpoint"]})


class Private:
    def __init__(self, shell: Shell, folder: Path) -> None:
        self.shell, self.cloud = shell, _cloud(shell)
        self.vpc: str = self.cloud.invoke("CreateVPC", {"Name": "shared", "Network": ["10.9.0.0/16"]})[
            "VPCId"
        ]
        asked = {"VPCId": self.vpc, "Subnet": "10.9.8.0", "Netmask": 24, "SubnetName": "shared"}
        self.subnet: str = self.cloud.invoke("CreateSubnet", asked)["SubnetId"]
        self.file = folder / "private.yaml"
        ids = f"legacy_vpc_id: {self.vpc}, legacy_subnet_id: {self.subnet}, balancer_mode: RequestProxy"
        text = ORDERS.read_text().replace("\nregion: box\n", "\nregion: box\naccess: {mode: direct}\n")
        self.file.write_text(text.replace("cluster: orders", "cluster: inner") + f"\nnetwork: {{{ids}}}\n")

    def run(self, *arguments: str | Path) -> str:
        """The command's output; it runs inside the VPC."""
        return self.shell.run("box", "inside", self.vpc, "--", STEPPE, *arguments).stdout

    def shown(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        vpcs = self.cloud.invoke("DescribeVPC", {"VPCIds": [self.vpc]})["DataSet"]
        subnets = self.cloud.invoke("DescribeSubnet", {"SubnetIds": [self.subnet]})["DataSet"]
        return vpcs, [
            {key: each[key] for key in ("SubnetId", "SubnetName", "Tag", "VPCId")} for each in subnets
        ]


@pytest.fixture(scope="module")
def private(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Private]:
    private = Private(shell, tmp_path_factory.mktemp("private"))
    yield private
    private.run("down", private.file, "--yes")
    private.cloud.invoke("DeleteSubnet", {"SubnetId": private.subnet})
    private.cloud.invoke("DeleteVPC", {"VPCId": private.vpc})


def test_it_comes_up_carries_messages_and_leaves_the_network_as_it_was(private: Private) -> None:
    before = private.shown()
    private.run("up", private.file, "--yes")
    result = json.loads(private.run("verify", private.file, "--messages", "500", "--json"))["groups"]["main"]
    assert result["sent"] == result["acknowledged"] == result["received"] == 500
    assert json.loads(private.run("plan", private.file, "--json"))["steps"] == []
    # Balancers in RequestProxy mode, while a zone is cut off and healed again.
    told = measured(private.shell.box, patience_s=20.0, caller="-broker-a")
    assert [len(each) for each in told.values()] == [4, 4]
    assert [each for each in told["cut"] if each.lost_afterwards] == []
    agents = [each for each in told["heal"] if not each.listener.startswith("inner-nameserver")]
    assert [each.lost for each in agents] == [0, 0]
    assert private.cloud.invoke("DescribeEIP", {"Limit": 100})["EIPSet"] == []
    assert private.cloud.invoke("DescribeNATGW", {"Limit": 100})["DataSet"] == []
    private.run("down", private.file, "--yes")
    assert private.cloud.invoke("DescribeUHostInstance", {"Limit": 100})["UHostSet"] == []
    assert private.shown() == before
