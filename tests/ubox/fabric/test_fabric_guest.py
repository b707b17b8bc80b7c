"""A command of this machine inside a VPC: what it reaches, what it doesn't, and that it leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ucloud.client import Client

from ubox.fabric import leftovers, preflight
from ubox.fabric.names import Names
from ubox.fabric.namespaces import existing

pytestmark = pytest.mark.box
UBOX = Path(sys.executable).with_name("ubox")
ASK = "import urllib.request, sys; print(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())"
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2)"


class Shell:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "UBOX_DIR": str(folder)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [UBOX, *arguments], env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.folder / "box.json").read_text())
        return told

    def guests(self) -> set[str]:
        return existing(f"{Names.of(self.folder).prefix}-guest-")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    if os.geteuid() != 0 or preflight():
        pytest.skip("a box with its fabric needs root and what `ubox` lists as missing")
    shell = Shell(tmp_path_factory.mktemp("guest") / "box")
    started = shell.run("start", "--fabric", "kernel")
    try:
        assert started.returncode == 0, started.stderr
        yield shell
    finally:
        shell.run("reset", "--yes")
        assert leftovers(shell.folder) == []


@pytest.fixture(scope="module")
def vpc(shell: Shell) -> str:
    told = shell.told
    keys = {name: told[name] for name in ("region", "project_id", "public_key", "private_key")}
    cloud = Client({**keys, "base_url": told["endpoint"]})
    made: str = cloud.invoke("CreateVPC", {"Name": "shared", "Network": ["10.9.0.0/16"]})["VPCId"]
    cloud.invoke("CreateSubnet", {"VPCId": made, "Subnet": "10.9.8.0", "Netmask": 24})
    return made


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_it_stands_in_the_vpc_and_reaches_the_api_alone(shell: Shell, vpc: str) -> None:
    shown = shell.run("inside", vpc, "--", "ip", "-4", "-o", "addr", "show", "dev", "eth0")
    assert "inet 10.9.8.2/24" in shown.stdout, shown.stderr
    answer = shell.run("inside", vpc, "--", sys.executable, "-c", ASK, f"{shell.told['endpoint']}_box/ping")
    assert json.loads(answer.stdout)["region"] == "box", answer.stderr
    outside = shell.run("inside", vpc, "--", sys.executable, "-c", CONNECT, "198.18.0.1", "22")
    assert outside.returncode != 0
    assert shell.guests() == set()


def test_its_exit_code_is_the_commands(shell: Shell, vpc: str) -> None:
    assert shell.run("inside", vpc, "--", "sh", "-c", "exit 7").returncode == 7


def test_two_stand_at_addresses_of_their_own(shell: Shell, vpc: str) -> None:
    first = subprocess.Popen([UBOX, "inside", vpc, "--", "cat"], env=shell.environment, stdin=subprocess.PIPE)
    _until(lambda: bool(shell.guests()))
    shown = shell.run("inside", vpc, "--", "ip", "-4", "-o", "addr", "show", "dev", "eth0")
    assert "inet 10.9.8.3/24" in shown.stdout, shown.stderr
    first.communicate(timeout=120)
    assert shell.guests() == set()


def test_a_vpc_that_is_not_there_names_those_that_are(shell: Shell, vpc: str) -> None:
    refused = shell.run("inside", "uvnet-nowhere", "--", "true")
    assert refused.returncode == 1
    assert f"there is no VPC uvnet-nowhere with a subnet in the box; there are: {vpc}" in refused.stderr


def test_what_a_crash_left_is_no_hindrance_and_goes_with_the_box(shell: Shell, vpc: str) -> None:
    crashed = subprocess.Popen(
        [UBOX, "inside", vpc, "--", "cat"], env=shell.environment, stdin=subprocess.PIPE
    )
    _until(lambda: bool(shell.guests()))
    os.kill(crashed.pid, signal.SIGKILL)
    crashed.communicate(timeout=120)
    assert shell.guests()
    assert shell.run("inside", vpc, "--", "true").returncode == 0
    shell.run("reset", "--yes")
    assert leftovers(shell.folder) == []
