"""`steppe network peer` and `unpeer` as a user types them: the file leads, and nothing is half done."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from steppe.engine.events import Event
from steppe.errors import UsageError
from steppe.operations.network import Change, peer
from steppe.topology import Topology
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box, raises_nothing
from tests.operations.conftest import ORDERS, REGIONS, environment, keep
from tests.operations.typed import steppe

COMMENTED = ORDERS + "network:\n  nat: [client]  # the brokers' way out\n\n# The end.\n"


@pytest.fixture
def networks(orders: Topology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClusterInBox]:
    """A region with the cluster's networks alone, and this workspace owns them."""
    alone = dataclasses.replace(orders, hosts=(), balancers=(), eips=(), gateways=())
    with cluster_in_box(orders, regions=REGIONS) as cluster:
        raises_nothing(cluster.with_(topology=alone).up())
        environment(cluster.served, tmp_path, monkeypatch)
        keep(cluster.secrets)
        yield cluster


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.yaml"
    path.write_text(COMMENTED)
    path.chmod(0o640)
    return path


def theirs(cluster: ClusterInBox, *ranges: str, project: str = "") -> str:
    place = {"ProjectId": project} if project else {}
    made = cluster.api.call("CreateVPC", Name="theirs", Network=list(ranges or ["10.99.0.0/24"]), **place)
    return str(made["VPCId"])


def joined(cluster: ClusterInBox, network: str = "client") -> list[str]:
    """Ids of others' VPCs that it is joined to."""
    own = cluster.id("vpc", f"orders-net-{network}")
    rows = cluster.api.call("DescribeVPCIntercom", VPCId=own)["DataSet"]
    return sorted(row["VPCId"] for row in rows if row["Tag"] != "orders")


def test_a_vpc_is_joined_written_down_and_parted_again(networks: ClusterInBox, file: Path) -> None:
    vpc = theirs(networks)
    done = steppe("network", "peer", file, vpc, "--yes")
    assert done.returncode == 0, done.stderr
    assert joined(networks) == [vpc]
    assert f"+ peering orders-net-client--{vpc}" in done.stderr and "10.99.0.0/24" in done.stderr
    new = [f"  client_peers:\n    - {{vpc_id: {vpc}}}\n"]
    assert file.read_text() == COMMENTED.replace("\n\n# The end.", f"\n{new[0]}\n# The end.")
    assert file.stat().st_mode & 0o777 == 0o640
    again = steppe("network", "peer", file, vpc, "--yes")
    assert again.returncode == 0 and f"No change: {vpc} is joined already" in again.stderr
    shown = steppe("plan", file, "--json", "--no-price")
    assert '"kind": "peering"' not in shown.stdout
    (listed,) = json.loads(steppe("list", "--json").stdout)["clusters"]
    assert listed["peers"] == [vpc]
    (known,) = json.loads(steppe("status", file, "--json").stdout)["peers"]
    assert known == {
        "vpc_id": vpc,
        "network": "orders-net-client",
        "ranges": ["10.99.0.0/24"],
        "joined": True,
    }

    parted = steppe("network", "unpeer", file, vpc, "--yes")
    assert parted.returncode == 0 and f"- peering orders-net-client--{vpc}" in parted.stderr
    assert (joined(networks), file.read_text()) == ([], COMMENTED)
    assert networks.api.rows("DescribeVPC", "DataSet", VPCIds=[vpc])


def test_a_management_peer_of_another_project_and_its_events(networks: ClusterInBox, file: Path) -> None:
    vpc = theirs(networks, project="org-two")
    words = ("network", "peer", file, vpc, "--management", "--project", "org-two", "--yes", "--json")
    done = steppe(*words)
    assert done.returncode == 0 and f"create peering orders-net-management--{vpc}" in done.stdout
    assert (joined(networks), joined(networks, "management")) == ([], [vpc])
    assert f"  management_peers:\n    - {{vpc_id: {vpc}, project: org-two}}\n" in file.read_text()
    other = steppe("network", "peer", file, vpc, "--management", "--yes")
    assert other.returncode == 2
    assert f"{vpc} stands in network.management_peers with another project, region or ranges" in other.stderr


def test_before_the_cluster_is_built_only_the_file_is_changed(networks: ClusterInBox, file: Path) -> None:
    vpc = theirs(networks)
    file.write_text(COMMENTED.replace("cluster: orders", "cluster: parcels"))
    done = steppe("network", "peer", file, vpc, "--yes")
    assert done.returncode == 0, done.stderr
    assert f"steppe up {file} does it when it builds the cluster" in done.stderr
    assert f"- {{vpc_id: {vpc}}}" in file.read_text()
    assert joined(networks) == []


def test_a_run_that_wrote_the_file_and_was_stopped_is_completed(networks: ClusterInBox, file: Path) -> None:
    vpc = theirs(networks)
    file.write_text(COMMENTED.replace("  nat", f"  client_peers: [{{vpc_id: {vpc}}}]\n  nat"))
    before = file.read_text()
    assert steppe("network", "peer", file, vpc, "--yes").returncode == 0
    assert (joined(networks), file.read_text()) == ([vpc], before)


def test_a_peering_that_the_file_does_not_name_can_be_parted(networks: ClusterInBox, file: Path) -> None:
    vpc = theirs(networks)
    networks.api.call("CreateVPCIntercom", VPCId=networks.id("vpc", "orders-net-client"), DstVPCId=vpc)
    assert steppe("network", "unpeer", file, vpc, "--yes").returncode == 0
    assert (joined(networks), file.read_text()) == ([], COMMENTED)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("peer", "@vpc"), "Join @vpc? Nobody can answer: this is not a terminal."),
        (("peer", "@overlapping", "--yes"), "has 10.81.4.0/24, which overlaps 10.81.0.0/20 of orders-net-cl"),
        (
            ("peer", "uvnet-nowhere", "--yes"),
            "there is no VPC uvnet-nowhere in region cn-test, project org-box",
        ),
        (("peer", "UVNET", "--yes"), "network.client_peers[0].vpc_id: 'UVNET' is not allowed"),
        (("peer", "uvnet-a}, {x: y", "--yes"), "'uvnet-a}, {x: y' is not allowed"),
        (("peer", "@vpc", "--project", "shop", "--yes"), "client_peers[0].project: 'shop' is not allowed"),
        (("peer", "@vpc", "--range", "10.99.0.1/24", "--yes"), "'10.99.0.1/24' has host bits set"),
        (("peer", "@vpc", "--project", "org-none", "--yes"), "project org-none can't be looked at"),
        (("unpeer", "@vpc", "--yes"), "@vpc is no peer: neither @file nor the region has a peering with it"),
    ],
)
def test_a_refusal_changes_neither_file_nor_region(
    networks: ClusterInBox, file: Path, words: tuple[str, ...], said: str
) -> None:
    known = {"@vpc": theirs(networks), "@overlapping": theirs(networks, "10.81.4.0/24"), "@file": str(file)}
    verb, vpc, *rest = (known.get(word, word) for word in words)
    for name, value in known.items():
        said = said.replace(name, value)
    before = networks.names()
    done = steppe("network", verb, file, vpc, *rest)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert (file.read_text(), networks.names()) == (COMMENTED, before)


def test_a_preset_vpc_is_joined_to_nothing(networks: ClusterInBox, file: Path) -> None:
    ids = "legacy_vpc_id: uvnet-shared, legacy_subnet_id: subnet-shared"
    text = ORDERS.partition("access:")[0] + f"access: {{mode: direct}}\nnetwork: {{{ids}}}\n"
    file.write_text(text)
    done = steppe("network", "peer", file, theirs(networks), "--yes")
    assert done.returncode == 2
    assert "asks for a peering, and uvnet-shared (legacy_vpc_id) is never changed" in done.stderr
    assert file.read_text() == text


def test_a_file_that_somebody_else_changes_meanwhile_is_left_to_them(
    networks: ClusterInBox, file: Path
) -> None:
    events: list[Event] = []

    def approve(change: Change) -> None:
        file.write_text(change.text + "# mine\n")

    with pytest.raises(UsageError, match="somebody else has changed it meanwhile") as told:
        peer(file, "client", {"vpc_id": theirs(networks)}, events.append, approve)
    assert told.value.code == "network.edit"
    assert file.read_text().endswith("# mine\n")
    assert joined(networks) == []


def test_plan_and_validate_refuse_overlapping_ranges_too(networks: ClusterInBox, file: Path) -> None:
    vpc = theirs(networks, "10.80.8.0/24")
    file.write_text(COMMENTED.replace("  nat", f"  client_peers: [{{vpc_id: {vpc}}}]\n  nat"))
    said = f"{vpc} has 10.80.8.0/24, which overlaps 10.80.0.0/20 of orders-net-management."
    assert said in steppe("plan", file).stderr
    assert said in steppe("up", file, "--yes").stderr
    file.write_text(file.read_text().replace(vpc, f"{vpc}, ranges: [10.80.8.0/24]"))
    assert said in steppe("validate", file).stderr
    assert joined(networks) == []
