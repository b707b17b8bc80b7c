"""What a cluster file says of hosts arrives in the region's calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from steppe import spec, topology
from steppe.cloud import Api, connect
from steppe.cloud.host_facts import HostFact
from steppe.topology import Topology
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box, raises_nothing
from ubox.catalogue import PAPER

_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 somebody@somewhere"


class _Recorded(Api):
    """The API, and the parameters of each call that made something."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.sent: list[tuple[str, Mapping[str, Any]]] = []

    def call(self, action: str, **params: Any) -> Mapping[str, Any]:
        self.sent.append((action, params))
        return super().call(action, **params)

    def made(self, action: str) -> dict[str, Mapping[str, Any]]:
        """By name."""
        return {params["Name"]: params for called, params in self.sent if called == action}


def built(consul: str) -> Topology:
    text = f"cluster: orders\nregion: box\nhosts:\n  consul: {{{consul}}}\n"
    return topology.build(spec.parse(text, "cluster.yaml"))


@pytest.fixture
def region() -> Iterator[ClusterInBox]:
    images = [*PAPER, replace(PAPER[0], id="uimage-next", name="next")]
    with cluster_in_box(built(""), images=images) as cluster:
        api = _Recorded(cluster.api.credentials)
        yield cluster.with_(api=api)
        api.close()


def with_consul(cluster: ClusterInBox, consul: str) -> ClusterInBox:
    return cluster.with_(topology=built(consul))


def consul_a(cluster: ClusterInBox) -> HostFact:
    found: HostFact | None = cluster.observe().find("host", "orders-consul-a")
    assert found is not None
    return found


def test_settings_of_a_role_and_of_a_zone_arrive(region: ClusterInBox) -> None:
    pair = region.api.call("ImportUHostKeyPairs", KeyPairName="operators", PublicKeyBody=_KEY)["KeyPairId"]
    cluster = with_consul(
        region,
        "machine_type: [OM, O, O], image: [steppe-host, next, steppe-host], cpu: 4, memory: 8GiB, "
        "boot_disk: {size: 60GiB}, data_disk: {type: CLOUD_SSD, size: 100GiB}, "
        "charge_type: Year, charge_quantity: 2, key_pair: operators, remark: ask desk 7",
    )
    raises_nothing(cluster.up())
    assert isinstance(cluster.api, _Recorded)
    hosts = cluster.api.made("CreateUHostInstance")
    first, second = hosts["orders-consul-a"], hosts["orders-consul-b"]
    assert (first["MachineType"], second["MachineType"]) == ("OM", "O")
    assert first["ImageId"] != second["ImageId"] == "uimage-next"
    assert (first["CPU"], first["Memory"]) == (4, 8192)
    assert first["Disks"] == [
        {"IsBoot": "true", "Type": "CLOUD_RSSD", "Size": 60},
        {"IsBoot": "false", "Type": "CLOUD_SSD", "Size": 100},
    ]
    assert (first["ChargeType"], first["Quantity"]) == ("Year", 2)
    assert (first["LoginMode"], first["KeyPairId"]) == ("KeyPair", pair)
    assert "Password" not in first
    assert hosts["orders-nomad-a"]["LoginMode"] == "Password"
    assert hosts["orders-nomad-a"]["Quantity"] == 1
    remark = consul_a(cluster).remark
    assert remark.startswith("steppe fp=") and remark.endswith(" ask desk 7")
    assert cluster.plan().is_empty


def test_each_zone_has_its_own_sizes_and_disks(region: ClusterInBox) -> None:
    cluster = with_consul(
        region,
        "cpu: [2, 4, 8], memory: [4GiB, 8GiB, 16GiB], machine_type: [O, N, O], "
        "boot_disk: {type: [CLOUD_RSSD, CLOUD_SSD, CLOUD_RSSD], size: [40GiB, 50GiB, 60GiB]}, "
        "data_disk: {type: [CLOUD_RSSD, CLOUD_ESSD, CLOUD_SSD], size: 100GiB}",
    )
    raises_nothing(cluster.up())
    assert isinstance(cluster.api, _Recorded)
    hosts = cluster.api.made("CreateUHostInstance")
    made = [hosts[f"orders-consul-{zone}"] for zone in "abc"]
    assert [(each["CPU"], each["Memory"], each["MachineType"]) for each in made] == [
        (2, 4096, "O"),
        (4, 8192, "N"),
        (8, 16384, "O"),
    ]
    assert [[(disk["Type"], disk["Size"]) for disk in each["Disks"]] for each in made] == [
        [("CLOUD_RSSD", 40), ("CLOUD_RSSD", 100)],
        [("CLOUD_SSD", 50), ("CLOUD_ESSD", 100)],
        [("CLOUD_RSSD", 60), ("CLOUD_SSD", 100)],
    ]
    assert cluster.plan().is_empty


def test_a_change_in_one_zone_is_about_that_zone_alone(region: ClusterInBox) -> None:
    raises_nothing(region.up())
    changed = with_consul(region, "memory: [4GiB, 8GiB, 4GiB], boot_disk: {size: [40GiB, 40GiB, 50GiB]}")
    held = changed.plan(roll=False).held
    assert [(step.name, step.reason) for step in held] == [
        ("orders-consul-b", "host.memory_mib"),
        ("orders-consul-c", "host.fingerprint"),
    ]


def test_the_project_of_the_file_stands_for_that_of_the_environment(tmp_path: Path) -> None:
    environ = {"UCLOUD_PUBLIC_KEY": "p", "UCLOUD_PRIVATE_KEY": "k", "UCLOUD_PROJECT_ID": "org-one"}
    for project, used in ((None, "org-one"), ("org-two", "org-two")):
        api = connect("cn-bj2", environ, tmp_path, project=project)
        assert api.credentials.project_id == used
        api.close()


def test_hourly_charge_has_no_term(region: ClusterInBox) -> None:
    raises_nothing(with_consul(region, "charge_type: Dynamic").up())
    assert isinstance(region.api, _Recorded)
    host = region.api.made("CreateUHostInstance")["orders-consul-a"]
    assert host["ChargeType"] == "Dynamic" and "Quantity" not in host


def test_public_addresses_are_charged_as_the_network_says(region: ClusterInBox) -> None:
    text = (
        "cluster: orders\nregion: box\nhosts: {consul: {charge_type: Year}}\n"
        "network: {eip: {charge_type: Dynamic}}\n"
    )
    raises_nothing(region.with_(topology=topology.build(spec.parse(text, "cluster.yaml"))).up())
    assert isinstance(region.api, _Recorded)
    addresses = region.api.made("AllocateEIP").values()
    assert [(each["ChargeType"], "Quantity" in each) for each in addresses] == [("Dynamic", False)] * 2


def test_a_new_remark_is_written_and_the_fingerprint_stays(region: ClusterInBox) -> None:
    raises_nothing(region.up())
    before = consul_a(region)
    changed = with_consul(region, f"remark: {'x' * 200}")
    plan = changed.plan()
    assert {(step.action, step.reason) for step in plan.steps} == {("update", "host.remark")}
    assert len(plan.steps) == 3
    raises_nothing(changed.up())
    assert changed.plan().is_empty
    after = consul_a(changed)
    assert after.id == before.id
    assert after.remark == f"{before.remark} {'x' * 200}"


def test_an_unknown_key_pair_is_told_before_anything_is_made(region: ClusterInBox) -> None:
    problems = with_consul(region, "key_pair: nobody").plan().problems
    assert {problem.sentence for problem in problems} == {"there is no key pair nobody in box"}
    assert not region.ids()
