"""What a plan would cost: few questions, the region's own answers, and no answer stops nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from steppe import engine, spec, topology
from steppe.cli.plan import command
from steppe.cloud import KINDS
from steppe.cloud.price import Estimate, estimate
from tests.cloud.cluster_in_box import ClusterInBox, raises_nothing
from tests.cloud.conftest import SMALL
from ubox.faults import FaultRule, Strike
from ubox.testing import serve

_CORE, _GIB, _DISK_GB, _MBPS = 40, 20, 0.5, 30
"""The box's prices, yuan a month."""


def price_of(cluster: ClusterInBox) -> Estimate:
    observed = cluster.observe()
    return estimate(cluster.api, engine.plan(cluster.desired, observed, KINDS), cluster.desired, observed)


def of_host(cpu: int, memory_gib: int, disks_gb: int) -> float:
    return cpu * _CORE + memory_gib * _GIB + disks_gb * _DISK_GB


def test_it_is_the_sum_of_the_regions_prices(empty: ClusterInBox) -> None:
    found = price_of(empty)
    small = 3 * 3 * of_host(2, 4, 40)
    brokers, bastion, eips = 3 * of_host(4, 8, 240), of_host(1, 1, 40), 2 * 10 * _MBPS
    assert found.missing == ""
    assert found.month == pytest.approx(small + brokers + bastion + eips)
    assert found.hour == 0
    assert sorted(item.count for item in found.items) == [1, 2, 3, 9]


def test_equal_hosts_are_one_question(empty: ClusterInBox) -> None:
    price_of(empty)
    asked = {action: count for action, count in empty.api.calls.items() if "Price" in action}
    assert asked == {"GetUHostInstancePrice": 3, "GetEIPPrice": 1}


def test_years_and_hours_are_told_apart(empty: ClusterInBox) -> None:
    text = (
        "cluster: orders\nregion: box\nhosts:\n"
        "  consul: {charge_type: Month, charge_quantity: 0}\n"
        "  nomad: {charge_type: Year, charge_quantity: 3}\n"
        "  broker: {charge_type: Dynamic}\n"
    )
    found = price_of(empty.with_(topology=topology.build(spec.parse(text, "cluster.yaml"))))
    month = 9 * of_host(2, 4, 40) + of_host(1, 1, 40) + 2 * 10 * _MBPS
    assert found.month == pytest.approx(month)
    assert found.hour == pytest.approx(3 * of_host(4, 8, 240) / 720, abs=0.02)


def test_each_zone_is_priced_as_it_is(empty: ClusterInBox) -> None:
    consul = "{cpu: [2, 4, 4], boot_disk: {size: [40GiB, 40GiB, 80GiB]}}"
    text = f"cluster: orders\nregion: box\nhosts: {{consul: {consul}}}\n"
    found = price_of(empty.with_(topology=topology.build(spec.parse(text, "cluster.yaml"))))
    consuls = of_host(2, 4, 40) + of_host(4, 4, 40) + of_host(4, 4, 80)
    others = 6 * of_host(2, 4, 40) + 3 * of_host(4, 8, 240) + of_host(1, 1, 40) + 2 * 10 * _MBPS
    assert found.month == pytest.approx(consuls + others)


def test_what_is_there_costs_nothing_more(empty: ClusterInBox) -> None:
    raises_nothing(empty.up())
    assert price_of(empty) == Estimate()


def test_a_price_that_is_refused_is_missing(empty: ClusterInBox) -> None:
    refused = FaultRule(kind=Strike.ERROR, action="GetEIPPrice", retcode=299, message="IAM denied")
    empty.served.box.faults.set([refused])
    found = price_of(empty)
    assert found.items == () and found.month == 0
    assert "IAM denied" in found.missing


def test_plan_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as served:
        (tmp_path / "box.json").write_text(json.dumps({**served.sdk_config, "endpoint": served.endpoint}))
        monkeypatch.setenv("UBOX_DIR", str(tmp_path))
        monkeypatch.setenv("STEPPE_WORKSPACE", str(tmp_path / "workspace"))
        file = str(tmp_path / "cluster.yaml")
        Path(file).write_text(SMALL)
        text = CliRunner().invoke(command, [file]).stderr
        assert "Price of what is made: ¥ 3,620.00 a month" in text.replace("\n", " ")
        told = json.loads(CliRunner().invoke(command, [file, "--json"]).stdout)
        assert told["price"]["yuan_a_month"] == 3620 and told["price"]["missing"] == ""
        without = json.loads(CliRunner().invoke(command, [file, "--json", "--no-price"]).stdout)
        assert without["price"] is None
        assert without["steps"] == told["steps"]
        refused = FaultRule(kind=Strike.ERROR, action="GetUHostInstancePrice", retcode=299, message="no")
        served.box.faults.set([refused])
        failing = CliRunner().invoke(command, [file])
        assert failing.exit_code == 0 and "No price: GetUHostInstancePrice" in failing.stderr
