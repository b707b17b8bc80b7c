"""A region that can't be asked: a stopped box is told at once, a silent cloud while it is waited for."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.typed import steppe


@pytest.fixture
def silent() -> Iterator[str]:
    """Where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}/"


@pytest.fixture
def stopped_box(silent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cluster's file; its box has a folder, and no server."""
    told = {"endpoint": silent, "region": "box", "project_id": "p", "public_key": "k", "private_key": "s"}
    (tmp_path / "box.json").write_text(json.dumps(told))
    monkeypatch.setenv("UBOX_DIR", str(tmp_path))
    monkeypatch.setenv("STEPPE_WORKSPACE", str(tmp_path / "workspace"))
    file = tmp_path / "cluster.yaml"
    file.write_text("cluster: orders\nregion: box\n")
    return file


@pytest.mark.parametrize("words", [("plan",), ("status",), ("up", "--yes"), ("down", "--yes")])
def test_a_stopped_box_is_told_at_once(stopped_box: Path, silent: str, words: tuple[str, ...]) -> None:
    done = steppe(*words, stopped_box)
    assert done.returncode == 1
    assert f"The local region is stopped: nothing answers at {silent}" in done.stderr
    assert "`steppe box start`" in done.stderr
    assert "trying again" not in done.stderr
    assert not list(stopped_box.parent.glob("workspace/**/secrets.json"))


def test_without_any_box_running_all_regions_are_the_accounts(
    stopped_box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(stopped_box.parent))
    for name in ("UCLOUD_PUBLIC_KEY", "UCLOUD_PRIVATE_KEY"):
        monkeypatch.delenv(name, raising=False)
    done = steppe("list", "--all-regions")
    assert done.returncode == 2 and "No UCloud API keys" in done.stderr


def test_a_cloud_that_is_silent_is_waited_for_with_notices(
    silent: str, stopped_box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UCLOUD_PUBLIC_KEY", "k")
    monkeypatch.setenv("UCLOUD_PRIVATE_KEY", "s")
    monkeypatch.setenv("UCLOUD_API_BASE_URL", silent)
    stopped_box.write_text(
        "cluster: orders\nregion: cn-bj2\nzones: [cn-bj2-02, cn-bj2-03, cn-bj2-05]\n"
        "access: {from: [203.0.113.7/32]}\n"
    )
    done = steppe("plan", stopped_box)
    assert done.returncode == 1
    notices = [line for line in done.stderr.splitlines() if "trying again" in line]
    assert notices and all(silent in line for line in notices)
    assert len(notices) < 6, "each call tells of itself"
    assert "code ucloud.connection, exit 1" in done.stderr
    assert "Check the network and the endpoint" in done.stderr
