"""The note of a rotation that was begun: what a killed run leaves for the next one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from steppe.control import secrets as kept
from steppe.control.secrets import with_new_certificates
from steppe.errors import SteppeError
from steppe.operations.certificates import certificates
from steppe.operations.rotation import CERTIFICATES, GOSSIP, begin, begun
from steppe.topology import Topology
from steppe.workspace import ClusterFolder
from tests.operations.conftest import keep


@pytest.fixture
def folder(tmp_path: Path) -> ClusterFolder:
    return ClusterFolder(tmp_path / "box" / "orders")


@pytest.mark.parametrize("name", [CERTIFICATES, GOSSIP])
def test_the_next_run_goes_on_with_the_same_one(folder: ClusterFolder, name: str) -> None:
    assert begun(folder, name) is None
    first = begin(folder, name)
    assert begin(folder, name, expired=True) == begun(folder, name) == first
    assert not first.expired
    assert bool(first.consul_key) is bool(first.nomad_key) is (name == GOSSIP)
    assert (folder.path / name).stat().st_mode & 0o777 == 0o600
    assert not first.consul_key or first.consul_key not in repr(first)


def test_what_a_killed_run_made_is_not_made_again(folder: ClusterFolder, orders: Topology) -> None:
    old = kept.make(orders)
    rotation = begin(folder, CERTIFICATES)
    # Made in the second in which the rotation began, it counts as new; a day earlier it is old.
    assert with_new_certificates(old, orders, rotation.begun - timedelta(seconds=30)) == old
    renewed = with_new_certificates(old, orders, rotation.begun + timedelta(days=1))
    assert renewed != old
    assert with_new_certificates(renewed, orders, rotation.begun) == renewed


def test_a_damaged_note_is_named(folder: ClusterFolder) -> None:
    folder.write(GOSSIP, '{"begun": 1, "consul_key": ["secret"]}')
    with pytest.raises(SteppeError, match=r"rotation-gossip\.json is damaged") as caught:
        begun(folder, GOSSIP)
    assert "secret" not in str(caught.value)


def test_doctor_looks_at_certificates_that_the_workspace_has(
    file: Path, orders: Topology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEPPE_WORKSPACE", str(tmp_path / "workspace"))
    assert certificates(file) == []
    keep(kept.make(orders))
    (found,) = certificates(file)
    assert found.ok
    assert f"until {(datetime.now(UTC) + timedelta(days=730)):%Y-%m}" in found.detail
