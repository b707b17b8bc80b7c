"""`steppe list`: whose clusters are where, and who changes them."""

from __future__ import annotations

import json
import sys

import pytest

from steppe import cloud
from steppe.cli import exits
from steppe.cli.main import cli
from steppe.cloud import locked
from steppe.errors import UsageError
from steppe.operations.list import list_clusters
from tests.cloud.cluster_in_box import ClusterInBox
from tests.operations.conftest import REGION, keep
from ubox.faults import FaultRule, Strike


def test_another_workspaces_cluster(outside: ClusterInBox) -> None:
    found = list_clusters(REGION, all_regions=False)
    assert found.failures == ()
    (only,) = found.clusters
    assert (only.cluster, only.region, only.own, only.lock) == ("orders", REGION, False, "")
    assert only.hosts == only.running == len(outside.topology.hosts)
    assert only.created.endswith("+00:00")


def test_this_workspaces_cluster_is_found_without_a_region(outside: ClusterInBox) -> None:
    keep(outside.secrets)
    found = list_clusters(None, all_regions=False)
    assert [(each.cluster, each.own) for each in found.clusters] == [("orders", True)]


@pytest.mark.usefixtures("outside")
def test_without_any_region_the_way_on_is_told() -> None:
    with pytest.raises(UsageError) as told:
        list_clusters(None, all_regions=False)
    assert told.value.code == "list.region" and "--all-regions" in told.value.hint


def test_who_changes_it_is_shown(outside: ClusterInBox) -> None:
    with locked(outside.api, cloud.scope(outside.topology), outside.secrets.owner, command="up"):
        assert "`up` of " in list_clusters(REGION, all_regions=False).clusters[0].lock


def test_firewalls_of_others_are_no_clusters(outside: ClusterInBox) -> None:
    rule = ["ICMP||127.0.0.1/32|DROP|LOW|"]
    for name, remark in (("their-claim", "theirs"), ("their-door", "steppe owner=x")):
        outside.api.call("CreateFirewall", Name=name, Rule=rule, Tag="their", Remark=remark)
    assert [each.cluster for each in list_clusters(REGION, all_regions=False).clusters] == ["orders"]


@pytest.mark.usefixtures("outside")
def test_all_regions_of_the_account_are_asked() -> None:
    found = list_clusters(None, all_regions=True)
    assert found.regions == (REGION, "cn-two")
    assert [(each.cluster, each.region) for each in found.clusters] == [("orders", REGION)]


def test_a_region_that_can_not_be_asked_is_named_and_the_others_shown(
    outside: ClusterInBox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = FaultRule(kind=Strike.ERROR, action="DescribeUHostInstance", retcode=299, message="no")
    outside.served.box.faults.set([refused])
    monkeypatch.setattr(sys, "argv", ["steppe", "list", "--all-regions", "--json"])
    try:
        assert exits.run(cli) == 1
    finally:
        outside.served.box.faults.set([])
    shown = capsys.readouterr()
    assert json.loads(shown.out)["failures"] == [{"region": REGION, "code": "ucloud.299"}]
    assert f"1 of 2 regions could not be asked:\n  {REGION}: DescribeUHostInstance: no" in shown.err
