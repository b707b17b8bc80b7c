"""The user's folder of a cluster: whole writes, private files, one changing command at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from steppe.errors import Claimed, SteppeError
from steppe.workspace import ClusterFolder, workspace

HOLDER = """
import sys
from pathlib import Path
from steppe.workspace import ClusterFolder
with ClusterFolder(Path(sys.argv[1])).lock("up"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> ClusterFolder:
    return ClusterFolder(tmp_path / "box" / "orders")


@pytest.mark.parametrize(
    ("environment", "root"),
    [
        ({"STEPPE_WORKSPACE": "/w", "XDG_STATE_HOME": "/s"}, Path("/w")),
        ({"XDG_STATE_HOME": "/s"}, Path("/s/steppe")),
        ({}, Path.home() / ".local/state/steppe"),
    ],
)
def test_where_it_is(environment: dict[str, str], root: Path) -> None:
    assert workspace(environment).cluster("cn-bj2", "orders").path == root / "cn-bj2" / "orders"


def test_a_write_is_whole_and_private_and_leaves_nothing_beside_it(folder: ClusterFolder) -> None:
    assert folder.read("claim.json") is None
    folder.write("claim.json", "one")
    folder.write("claim.json", "two")
    assert folder.read("claim.json") == "two"
    assert [(file.name, file.stat().st_mode & 0o777) for file in folder.path.iterdir()] == [
        ("claim.json", 0o600)
    ]


def test_a_write_that_fails_keeps_the_old_text(folder: ClusterFolder) -> None:
    folder.write("claim.json", "one")
    with pytest.raises(UnicodeEncodeError):
        folder.write("claim.json", "\ud800")
    assert folder.read("claim.json") == "one"
    assert len(list(folder.path.iterdir())) == 1


def test_a_file_that_others_may_read_is_refused_with_the_remedy(folder: ClusterFolder) -> None:
    folder.write("secrets.json", "{}")
    (folder.path / "secrets.json").chmod(0o640)
    with pytest.raises(SteppeError, match="0640 let other users in") as caught:
        folder.read("secrets.json")
    assert caught.value.hint == f"chmod 600 {folder.path / 'secrets.json'}"


def test_a_second_changing_command_is_told_who_runs_and_the_lock_ends_with_its_holder(
    folder: ClusterFolder,
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        told = rf"`up` of \w+, process {holder.pid}, since 20"
        with pytest.raises(Claimed, match=told) as caught, folder.lock("down"):
            pass
        assert caught.value.exit_code == 5
    finally:
        holder.kill()
        holder.communicate()
    told = f"`down` of .*process {os.getpid()}"
    with folder.lock("down"), pytest.raises(Claimed, match=told), folder.lock("up"):
        pass


def test_the_audit_log_only_grows(folder: ClusterFolder) -> None:
    folder.audit({"command": "up", "result": "done"})
    folder.audit({"command": "down", "result": "failed"})
    entries = [json.loads(line) for line in (folder.path / "audit.jsonl").read_text().splitlines()]
    assert [entry["command"] for entry in entries] == ["up", "down"]
    assert all(entry["user"] and entry["at"].startswith("20") for entry in entries)
    assert (folder.path / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_place_where_nothing_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SteppeError, match="can't be made") as caught:
        ClusterFolder(tmp_path / "file" / "orders").write("claim.json", "one")
    assert "STEPPE_WORKSPACE" in caught.value.hint
