"""A workspace that the cluster isn't of is told so at once, and gets nothing that looks like its secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from steppe.control import secrets as kept
from steppe.operations.cluster import changing, claim
from steppe.workspace import ClusterFolder, workspace
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box
from tests.operations.conftest import REGION, REGIONS, environment
from tests.operations.typed import steppe


@pytest.mark.parametrize(
    "words", [("up", "--yes"), ("down", "--yes"), ("plan",), ("status",), ("verify",)], ids=lambda w: w[0]
)
def test_it_is_named_and_nothing_is_kept(outside: ClusterInBox, file: Path, words: tuple[str, ...]) -> None:
    done = steppe(*words, file)
    assert done.returncode == 5, done.stderr
    assert f"has the owner {outside.secrets.owner}" in done.stderr
    assert "STEPPE_WORKSPACE" in done.stderr and "steppe adopt" in done.stderr
    assert "code claim.other" in done.stderr
    assert kept.load(folder()) is None


@pytest.mark.usefixtures("outside")
def test_a_file_that_is_refused_leaves_no_secrets(tmp_path: Path, file: Path) -> None:
    other = tmp_path / "others.yaml"
    zone = f"{REGION}-09"
    other.write_text(file.read_text().replace("orders", "others").replace(f"{REGION}-03", zone))
    done = steppe("up", other, "--yes")
    assert done.returncode == 1 and zone in done.stderr
    assert kept.load(workspace().cluster(REGION, "others")) is None


def test_a_no_leaves_no_secrets(outside: ClusterInBox, tmp_path: Path, file: Path) -> None:
    other = tmp_path / "others.yaml"
    other.write_text(file.read_text().replace("orders", "others"))
    assert "--yes" in steppe("up", other).stderr
    assert kept.load(workspace().cluster(REGION, "others")) is None
    assert outside.api.rows("DescribeVPC", "DataSet", Tag="others") == []


def test_who_claims_while_we_ask_wins_and_leaves_us_without_secrets(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch, outside: ClusterInBox
) -> None:
    with cluster_in_box(outside.topology, regions=REGIONS) as empty:
        environment(empty.served, tmp_path, monkeypatch)
        with changing(file, "up") as (cluster, lock):
            remark = "steppe owner=0123456789abcdef"
            name = "orders-claim"
            empty.api.call("CreateFirewall", Name=name, Rule=["ICMP||127.0.0.1/32|DROP|LOW|"], Remark=remark)
            with pytest.raises(Exception, match="0123456789abcdef"):
                claim(cluster, lock)
        assert kept.load(folder()) is None


def test_secrets_are_on_disk_before_the_claim_is_made(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch, outside: ClusterInBox
) -> None:
    with cluster_in_box(outside.topology, regions=REGIONS) as empty:
        environment(empty.served, tmp_path, monkeypatch)
        with changing(file, "up") as (cluster, lock):
            seen: list[kept.Secrets | None] = []
            monkeypatch.setattr(lock, "claim", lambda: seen.append(kept.load(folder())))
            claim(cluster, lock)
        assert seen == [cluster.secrets]


def folder() -> ClusterFolder:
    return workspace().cluster(REGION, "orders")
