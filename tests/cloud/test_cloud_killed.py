"""The real command, killed with SIGKILL while one of its calls is on its way: nobody hears that it lands."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from steppe import spec, topology
from steppe.cloud import Api
from steppe.control import secrets
from steppe.workspace import workspace
from tests.cloud.cluster_in_box import ClusterInBox, credentials, raises_nothing
from tests.cloud.on_disk import on_disk
from ubox.faults import FaultRule, Strike
from ubox.testing import Served, serve

LANDS_AFTER_S = 0.5
DEADLINE_S = 60.0


@pytest.fixture
def served() -> Iterator[Served]:
    with serve() as there:
        yield there


@pytest.fixture
def file(tmp_path: Path, served: Served, monkeypatch: pytest.MonkeyPatch) -> Path:
    return on_disk(tmp_path, served, monkeypatch)


@pytest.mark.parametrize(
    ("up_at", "down_at"),
    [
        (("CreateVPC", 2), ("PoweroffUHostInstance", 1)),
        (("CreateUHostInstance", 5), ("TerminateUHostInstance", 7)),
        (("AllocateBackend", 9), ("DeleteSubnet", 1)),
    ],
)
def test_a_killed_command_is_completed_by_the_next(
    file: Path, served: Served, up_at: tuple[str, int], down_at: tuple[str, int]
) -> None:
    killed("up", file, served, *up_at)
    cluster = as_kept(file, served)
    raises_nothing(cluster.up())
    assert cluster.plan().is_empty
    assert cluster.names() == sorted(str(want.key) for want in cluster.desired.wants)
    killed("down", file, served, *down_at)
    assert command("down", file).wait(DEADLINE_S) == 0
    assert cluster.census() == ()


def killed(verb: str, file: Path, served: Served, action: str, nth: int) -> None:
    """Runs the command until its n-th call of that action is on its way, and waits until it has landed."""
    rule = FaultRule(kind=Strike.DELAY, action=action, nth=nth, seconds=LANDS_AFTER_S)
    before = landed(served, action)
    served.box.faults.set([rule])
    process = command(verb, file)
    try:
        until(lambda: served.box.faults.rules[0].met >= nth)
    finally:
        process.send_signal(signal.SIGKILL)
    assert process.wait(DEADLINE_S) == -signal.SIGKILL
    until(lambda: landed(served, action) - before >= served.box.faults.rules[0].met)
    served.box.faults.set([])


def command(verb: str, file: Path) -> subprocess.Popen[bytes]:
    steppe = [sys.executable, "-m", "steppe.cli.main"]
    return subprocess.Popen([*steppe, verb, str(file), "--yes"], stderr=subprocess.DEVNULL)


def landed(served: Served, action: str) -> int:
    with served.box.store.transaction() as rows:
        return sum(line["action"] == action for line in served.box.journal.read(rows))


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def as_kept(file: Path, served: Served) -> ClusterInBox:
    """The cluster with the secrets that the killed command left in the workspace."""
    built = topology.build(spec.load(file))
    kept = secrets.load(workspace().cluster(built.region, built.cluster))
    assert kept is not None
    return ClusterInBox(topology=built, served=served, api=Api(credentials(served)), secrets=kept)
