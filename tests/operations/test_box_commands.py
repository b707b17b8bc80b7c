"""`steppe box` over a box that has only its API: what goes wrong is told with a step that keeps the box."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.typed import steppe

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="`steppe box` asks for root")


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Its folder; it was started once, and is stopped."""
    folder = tmp_path / "box"
    monkeypatch.setenv("UBOX_DIR", str(folder))
    monkeypatch.setenv("UBOX_IMAGES", str(tmp_path / "none.json"))
    ubox = [sys.executable, "-m", "ubox"]
    subprocess.run([*ubox, "start", "--fabric", "none"], check=True, timeout=60)
    subprocess.run([*ubox, "stop"], check=True, timeout=60)
    yield folder
    subprocess.run([*ubox, "reset", "--yes"], check=True, timeout=60)


def test_a_busy_port_is_told_with_a_way_that_keeps_the_box(box: Path) -> None:
    port = int(subprocess.check_output([sys.executable, "-c", PORT, str(box)], text=True))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        refused = steppe("box", "start")
        assert refused.returncode == 1
        assert "'steppe box start --port 0' takes a free port" in refused.stderr
        assert "reset" not in refused.stderr
        started = steppe("box", "start", "--port", "0")
    assert (started.returncode, started.stdout) == (0, "")
    assert "started" in started.stderr


@pytest.mark.usefixtures("box")
def test_a_stopped_box_says_how_it_is_started() -> None:
    assert "'steppe box start' starts it" in steppe("box", "status").stderr


PORT = "import json, sys; print(json.load(open(sys.argv[1] + '/box.json'))['port'])"
