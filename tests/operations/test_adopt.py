"""A cluster is taken over with a backup of its secrets, or without; nobody else's by mistake."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from steppe import cloud
from steppe.cli.main import cli
from steppe.cloud import locked
from steppe.cloud.claim_remark import ClaimRemark, parse
from steppe.cloud.lock import find_claim
from steppe.control import secrets as kept
from steppe.control.secrets import Secrets
from steppe.errors import Claimed, SteppeError, UsageError
from steppe.operations.adopt import Adoption, adopt
from steppe.operations.plan import plan
from steppe.workspace import workspace
from tests.cloud.cluster_in_box import ClusterInBox
from tests.operations.conftest import REGION, keep


@pytest.fixture
def cluster(outside: ClusterInBox) -> Iterator[ClusterInBox]:
    """The cluster, owned by the workspace that built it, which is lost."""
    set_remark(outside, ClaimRemark(owner=outside.secrets.owner).text())
    yield outside
    set_remark(outside, ClaimRemark(owner=outside.secrets.owner).text())


def yes(found: Adoption) -> None:
    """Approves."""


def set_remark(cluster: ClusterInBox, text: str) -> None:
    row = find_claim(cluster.api, cloud.scope(cluster.topology))
    assert row is not None
    cluster.api.call("UpdateFirewallAttribute", FWId=row["FWId"], Remark=text)


def owner(cluster: ClusterInBox) -> str:
    row = find_claim(cluster.api, cloud.scope(cluster.topology))
    assert row is not None
    return parse(row["Remark"]).owner


def stored() -> Secrets | None:
    return kept.load(workspace().cluster(REGION, "orders"))


def backup_of(secrets: Secrets, folder: Path) -> Path:
    file = folder / "backup.json"
    file.write_text(json.dumps({"version": 1, **dataclasses.asdict(secrets)}))
    return file


def test_with_a_backup_the_cluster_is_managed_as_before(
    cluster: ClusterInBox, file: Path, tmp_path: Path
) -> None:
    with pytest.raises(Claimed):
        plan(file)
    found = adopt(file, yes, backup=backup_of(cluster.secrets, tmp_path))
    assert found.made_from == found.hosts == tuple(sorted(host.name for host in cluster.topology.hosts))
    assert stored() == cluster.secrets
    kept_file = workspace().cluster(REGION, "orders").path / kept.FILE
    assert kept_file.stat().st_mode & 0o777 == 0o600
    assert owner(cluster) == cluster.secrets.owner
    assert plan(file).is_empty and plan(file).held == ()


def test_a_backup_of_another_cluster_is_refused(cluster: ClusterInBox, file: Path, tmp_path: Path) -> None:
    other = dataclasses.replace(cluster.secrets, owner="f" * 16)
    with pytest.raises(UsageError, match=cluster.secrets.owner) as told:
        adopt(file, yes, backup=backup_of(other, tmp_path))
    assert told.value.code == "adopt.secrets"
    assert stored() is None


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(("text", "code"), [("{", "secrets.damaged"), (None, "adopt.unreadable")])
def test_a_backup_that_is_none_is_refused(file: Path, tmp_path: Path, text: str | None, code: str) -> None:
    backup = tmp_path / "backup.json"
    if text is not None:
        backup.write_text(text)
    with pytest.raises(SteppeError) as told:
        adopt(file, yes, backup=backup)
    assert told.value.code == code


def test_without_a_backup_the_claim_is_ours_and_no_host_is(cluster: ClusterInBox, file: Path) -> None:
    found = adopt(file, yes)
    assert len(found.hosts) == len(cluster.topology.hosts) and found.made_from == ()
    secrets = stored()
    assert secrets is not None and owner(cluster) == secrets.owner != cluster.secrets.owner
    made = plan(file)
    assert {step.name for step in made.held} == set(found.hosts)
    with pytest.raises(Claimed):
        cluster.plan()
    assert adopt(file, yes).already


def test_a_workspace_whose_cluster_was_adopted_by_another_gets_it_back(
    cluster: ClusterInBox, file: Path
) -> None:
    keep(cluster.secrets)
    set_remark(cluster, ClaimRemark(owner="f" * 16).text())
    found = adopt(file, yes)
    assert found.made_from == found.hosts
    assert owner(cluster) == cluster.secrets.owner


def test_secrets_that_a_backup_takes_the_place_of_stay_beside_it(
    cluster: ClusterInBox, file: Path, tmp_path: Path
) -> None:
    mine = dataclasses.replace(cluster.secrets, owner="e" * 16)
    keep(mine)
    adopt(file, yes, backup=backup_of(cluster.secrets, tmp_path))
    folder = workspace().cluster(REGION, "orders")
    text = folder.read(f"secrets-{mine.owner}.json")
    assert text is not None and kept.parse(text, "old") == mine
    assert stored() == cluster.secrets


def test_a_no_changes_nothing(cluster: ClusterInBox, file: Path) -> None:
    class No(Exception):
        pass

    def no(found: Adoption) -> None:
        raise No(found.cluster)

    with pytest.raises(No):
        adopt(file, no)
    assert stored() is None
    assert owner(cluster) == cluster.secrets.owner


def test_a_cluster_that_a_command_changes_now_is_not_taken(cluster: ClusterInBox, file: Path) -> None:
    scope = cloud.scope(cluster.topology)
    with (
        locked(cluster.api, scope, cluster.secrets.owner, command="up"),
        pytest.raises(Claimed, match="`up` of"),
    ):
        adopt(file, yes)
    assert stored() is None


def test_a_firewall_that_only_has_the_name_is_not_taken(cluster: ClusterInBox, file: Path) -> None:
    set_remark(cluster, "mine")
    with pytest.raises(Claimed, match="steppe didn't make it") as told:
        adopt(file, yes)
    assert told.value.code == "claim.foreign"


@pytest.mark.usefixtures("cluster")
def test_what_is_not_there_can_not_be_adopted(tmp_path: Path, file: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(file.read_text().replace("orders", "others"))
    with pytest.raises(UsageError) as told:
        adopt(other, yes)
    assert told.value.code == "adopt.absent"


def test_the_command_says_what_is_lost(cluster: ClusterInBox, file: Path) -> None:
    done = CliRunner().invoke(cli, ["adopt", str(file), "--yes"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "can't be recovered" in done.output and "13 hosts" in done.output
    assert cluster.secrets.ca_key not in done.output
