"""A cluster's workspace handed to another person: whole, locked, and never over another cluster's secrets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from steppe.control import secrets as kept
from steppe.errors import Claimed, UsageError
from steppe.operations.hand_over import HandOver, export, take_in
from steppe.topology import Topology
from steppe.workspace import ClusterFolder, workspace
from tests.operations.conftest import REGION, keep

PASSPHRASE = "four words in a row"


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UCLOUD_PUBLIC_KEY", "key")
    monkeypatch.setenv("UCLOUD_PRIVATE_KEY", "key")
    move(monkeypatch, tmp_path / "first")


def move(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("STEPPE_WORKSPACE", str(folder))


def here() -> ClusterFolder:
    return workspace().cluster(REGION, "orders")


def yes(_: HandOver) -> None:
    return None


def never(_: HandOver) -> None:
    raise AssertionError("nothing is replaced here")


@pytest.fixture
def sealed(file: Path, orders: Topology, tmp_path: Path) -> Path:
    keep(kept.make(orders))
    here().audit({"command": "up"})
    out = tmp_path / "orders.sealed"
    export(file, out, PASSPHRASE)
    return out


def test_the_other_workspace_has_the_same_secrets_and_log(
    sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = here()
    move(monkeypatch, tmp_path / "second")
    told = take_in(sealed, PASSPHRASE, never)
    assert (told.cluster, told.region, told.changed) == ("orders", REGION, True)
    assert kept.load(here()) == kept.load(first)
    assert '"command": "up"' in (here().read("audit.jsonl") or "")
    assert (here().path / kept.FILE).stat().st_mode & 0o777 == 0o600
    assert not take_in(sealed, PASSPHRASE, never).changed


def test_the_file_is_private_and_shows_no_secret(sealed: Path) -> None:
    secrets = kept.load(here())
    assert secrets is not None
    text = sealed.read_text()
    assert sealed.stat().st_mode & 0o777 == 0o600
    assert not [each for each in (secrets.consul_gossip, secrets.owner, "orders") if each in text]


def test_another_clusters_secrets_are_never_written_over(
    sealed: Path, orders: Topology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(monkeypatch, tmp_path / "second")
    keep(kept.make(orders))
    before = here().read(kept.FILE)
    with pytest.raises(Claimed, match="secrets of another cluster orders"):
        take_in(sealed, PASSPHRASE, yes)
    assert here().read(kept.FILE) == before


def test_newer_secrets_of_the_same_cluster_stay_beside_those_that_came(
    sealed: Path,
) -> None:
    own = kept.load(here())
    assert own is not None
    keep(replace(own, consul_gossip="other"))
    here_before = here().read(kept.FILE)
    asked: list[HandOver] = []
    take_in(sealed, PASSPHRASE, asked.append)
    assert len(asked) == 1
    assert kept.load(here()) == own
    assert here().read("secrets-replaced.json") == here_before


def test_a_wrong_passphrase_changes_nothing(
    sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(monkeypatch, tmp_path / "second")
    with pytest.raises(UsageError, match="passphrase does not open"):
        take_in(sealed, "another passphrase", yes)
    assert not here().path.exists()


def test_a_weak_passphrase_and_a_file_that_is_there_are_refused(
    file: Path, sealed: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="fewer than 12"):
        export(file, tmp_path / "new", "short")
    before = sealed.read_text()
    with pytest.raises(UsageError, match="file exists"):
        export(file, sealed, PASSPHRASE)
    assert sealed.read_text() == before
