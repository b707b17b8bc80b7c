"""One region for the whole run, made and removed by the commands that a user types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ucloud.client import Client

from steppe.setup.image import catalogue

ROOT = Path(__file__).parents[2]
ORDERS = ROOT / "examples" / "orders.yaml"
STEPPE = Path(sys.executable).with_name("steppe")
PATIENCE_S = 120.0
_LONGEST_S = 600


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs `steppe` as a user would, in a region and a workspace of the test's own."""

    environment: Mapping[str, str]

    def run(self, *arguments: str | Path, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Runs it to its end. Fails the test on a traceback, and on another exit code (None: any will do)."""
        done = subprocess.run(
            [STEPPE, *arguments],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        shown = f"{arguments}: exit {done.returncode}\n{done.stderr[-4000:]}"
        assert code is None or done.returncode == code, shown
        return done

    def json(self, *arguments: str | Path, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def events(self, *arguments: str | Path, code: int = 0) -> list[dict[str, Any]]:
        """The events of a changing command, in order."""
        return [json.loads(line) for line in self.run(*arguments, "--json", code=code).stdout.splitlines()]

    def start(self, arguments: Sequence[str | Path]) -> subprocess.Popen[str]:
        """Begins a command whose JSON lines are read as they come."""
        return subprocess.Popen(
            [STEPPE, *arguments, "--json"],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def cloud(self, project: str | None = None) -> Client:
        """The region's API, for what no command does; as another project of the account, if one is named."""
        box = json.loads((self.box / "box.json").read_text())
        return Client(
            {
                "region": box["region"],
                "project_id": project or box["project_id"],
                "public_key": box["public_key"],
                "private_key": box["private_key"],
                "base_url": box["endpoint"],
            }
        )

    def hosts(self) -> dict[str, dict[str, Any]]:
        """The region's rows of its hosts, by name."""
        rows = self.cloud().invoke("DescribeUHostInstance", {"Limit": 100})["UHostSet"]
        return {row["Name"]: row for row in rows}

    @property
    def box(self) -> Path:
        return Path(self.environment["UBOX_DIR"])


def until(what: str, holds: Callable[[], bool]) -> None:
    """Waits for it; fails the test when it takes too long."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_S:.0f} s"
        time.sleep(0.2)


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A region that runs, with nothing in it yet. At the end, whatever became of it, it is removed."""
    assert os.geteuid() == 0, "the local region needs root: run the tests with sudo"
    assert catalogue().exists(), "the host image is missing: run make setup"
    folder = tmp_path_factory.mktemp("whole")
    shell = Shell({**os.environ, "UBOX_DIR": str(folder / "box"), "STEPPE_WORKSPACE": str(folder / "ws")})
    shell.run("box", "start")
    try:
        yield shell
    finally:
        shell.run("box", "reset", "--yes")
