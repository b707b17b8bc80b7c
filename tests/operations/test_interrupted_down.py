"""Ctrl-C while `down` removes a cluster: it ends in order, and the next `down` removes the rest."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from steppe.control import secrets
from steppe.topology import Topology
from steppe.workspace import workspace
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box, raises_nothing, secrets_of
from tests.cloud.on_disk import on_disk
from tests.operations.typed import DEADLINE_S, STEPPE
from ubox.faults import FaultRule, Strike


@pytest.fixture
def topology() -> Topology:
    from steppe import spec
    from steppe import topology as rooms

    return rooms.build(spec.parse("cluster: orders\nregion: box\n", "cluster.yaml"))


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    "action", ["DescribeFirewall", "DescribeUHostInstance", "PoweroffUHostInstance", "TerminateUHostInstance"]
)
def test_it_ends_with_130_and_the_next_ends_clean(
    topology: Topology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str, times: int
) -> None:
    with cluster_in_box(topology) as cluster:
        raises_nothing(cluster.up())
        file = on_disk(tmp_path, cluster.served, monkeypatch)
        secrets.save(workspace().cluster("box", "orders"), secrets_of(topology))
        process = begun(file, cluster, action)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=DEADLINE_S)
        cluster.served.box.faults.set([])
        assert process.returncode == 130, said
        assert "Interrupted." in said
        assert "Traceback" not in said and "Assert" not in said and "Exception ignored" not in said
        again = subprocess.run(
            [*STEPPE, "down", str(file), "--yes"], capture_output=True, text=True, timeout=DEADLINE_S
        )
        assert again.returncode == 0, again.stderr
        assert cluster.census() == ()


def begun(file: Path, cluster: ClusterInBox, action: str) -> subprocess.Popen[str]:
    """The command, with a slow call of that action on its way."""
    faults = cluster.served.box.faults
    faults.set([FaultRule(kind=Strike.DELAY, action=action, seconds=1.0)])
    process = subprocess.Popen([*STEPPE, "down", str(file), "--yes"], stderr=subprocess.PIPE, text=True)
    until(lambda: faults.rules[0].met >= 1)
    return process


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)
