"""`up` and `down` of one cluster at once, on one machine or on two: one works, the other names it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from steppe.engine import Plan
from steppe.engine.events import Event
from steppe.errors import Claimed
from steppe.operations.down import down
from steppe.operations.up import up
from steppe.workspace import workspace
from tests.cloud.cluster_in_box import ClusterInBox
from tests.operations.conftest import keep

HOLDER = """
import sys
from pathlib import Path
from steppe.operations.down import down
def approve(plan):
    print("held", flush=True)
    sys.stdin.read()
    raise SystemExit
down(Path(sys.argv[1]), lambda event: None, approve)
"""


class NotApproved(Exception):
    """The plan was shown: the command has the lock."""


def refuse(plan: Plan) -> None:
    raise NotApproved(plan.cluster)


def silent(event: Event) -> None:
    """Nobody looks."""


@pytest.fixture
def elsewhere(outside: ClusterInBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the workspace, as on another machine. The environment names the first one."""
    keep(outside.secrets)
    copy = tmp_path / "copy"
    shutil.copytree(workspace().root, copy)
    monkeypatch.setenv("STEPPE_WORKSPACE", str(workspace().root))
    return copy


@contextmanager
def held_by_another_process(file: Path) -> Iterator[subprocess.Popen[str]]:
    """While it is asked whether it may remove the cluster."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout is not None and holder.stdout.readline() == "held\n"
            yield holder
        finally:
            holder.kill()


def test_one_works_and_the_other_names_it(
    elsewhere: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_by_another_process(file) as holder:
        for command in (up, down):
            with pytest.raises(Claimed, match=f"`down` of .*process {holder.pid}") as told:
                command(file, silent, refuse)
            assert (told.value.code, told.value.exit_code) == ("workspace.locked", 5)
        monkeypatch.setenv("STEPPE_WORKSPACE", str(elsewhere))
        for command in (up, down):
            with pytest.raises(Claimed, match=f"`down` of .*process {holder.pid}") as told:
                command(file, silent, refuse)
            assert (told.value.code, told.value.exit_code) == ("lock.held", 5)
        holder.communicate("")
    with pytest.raises(NotApproved):
        down(file, silent, refuse)


def test_a_killed_commands_lock_ends_at_once_in_its_own_workspace(
    elsewhere: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = workspace().root
    with held_by_another_process(file) as holder:
        holder.kill()
        holder.wait()
    monkeypatch.setenv("STEPPE_WORKSPACE", str(elsewhere))
    with pytest.raises(Claimed, match="unless it is renewed, it ends at"):
        down(file, silent, refuse)
    monkeypatch.setenv("STEPPE_WORKSPACE", str(first))
    with pytest.raises(NotApproved):
        down(file, silent, refuse)
