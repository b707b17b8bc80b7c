"""The command `ubox`: a box without a fabric, started, killed, stopped and removed as a user would."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from ubox import cli, home
from ubox.box import Box
from ubox.catalogue import PAPER
from ubox.settings import Settings, load
from ubox.testing import Served

if TYPE_CHECKING:
    from tests.ubox.api.conftest import Api


class Command:
    """Runs `ubox` on a box's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str, code: int = 0) -> Result:
        """In this process; `start` makes one of its own."""
        images = {"UBOX_IMAGES": str(self.folder / "none.json")}
        done = CliRunner(env=images).invoke(cli.ubox, [*words, "--dir", str(self.folder)])
        assert done.exit_code == code, done.output + repr(done.exception)
        return done

    def start(self) -> None:
        self("start", "--fabric", "none", "--speed", "instant")

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("status", "--json").stdout)
        return found

    def served(self, box: Box) -> Served:
        """The running box, as a client sees it."""
        told = load(self.folder / "box.json")
        return Served(
            endpoint=str(home.Home(self.folder).told()["endpoint"]),
            region=told.region,
            zones=told.regions[told.region],
            project_id=told.project_id,
            public_key=told.public_key,
            private_key=told.private_key,
            box=box,
        )


@pytest.fixture
def ubox(tmp_path: Path) -> Iterator[Command]:
    command = Command(tmp_path / "box")
    yield command
    command("reset", "--yes")
    assert not command.folder.exists()


@pytest.fixture
def no_box() -> Box:
    """For `Served`, whose box is in another process."""
    return Box(None, settings=Settings(), images=PAPER)


def test_a_box_is_started_once_and_goes_on_where_it_was(
    ubox: Command, no_box: Box, connect: Callable[[Served], Api]
) -> None:
    ubox.start()
    first = ubox.status()
    assert (first["running"], first["fabric"], first["region"]) == (True, "none", "box")
    assert "already" in ubox("start", "--fabric", "none").stderr
    assert ubox.status()["pid"] == first["pid"]

    api = connect(ubox.served(no_box))
    host = api.host(*api.network(), Name="orders-consul-a")
    assert api.shown(host)["State"] == "Running"
    os.kill(first["pid"], signal.SIGKILL)
    while home.started_at(first["pid"]) is not None:
        os.sched_yield()
    stopped = ubox.status()
    assert (stopped["running"], stopped["counts"]["Host"]) == (False, 1)

    ubox.start()
    again = ubox.status()
    assert (again["running"], again["endpoint"], again["hosts"][0]["name"]) == (
        True,
        first["endpoint"],
        "orders-consul-a",
    )
    assert connect(ubox.served(no_box)).shown(host)["State"] == "Running"
    assert "stopped" in ubox("stop").stderr
    assert not (ubox.folder / "ubox.pid").exists(), "the server did not end in order"
    assert "not running" in ubox("stop").stderr


def test_the_keys_are_for_the_owner_only(ubox: Command) -> None:
    ubox.start()
    assert stat.S_IMODE((ubox.folder / "box.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(ubox.folder.stat().st_mode) == 0o700
    kept = json.loads((ubox.folder / "box.json").read_text())
    told = ubox("status", "--json")
    assert kept["private_key"] not in told.stdout + told.stderr + (ubox.folder / "ubox.log").read_text()


def test_two_boxes_run_side_by_side(ubox: Command, tmp_path: Path) -> None:
    other = Command(tmp_path / "other")
    ubox.start()
    other.start()
    assert ubox.status()["endpoint"] != other.status()["endpoint"]
    assert ubox.status()["public_key"] != other.status()["public_key"]
    other("reset", "--yes")
    assert ubox.status()["running"]


def test_a_second_server_of_the_same_box_is_refused(ubox: Command) -> None:
    ubox.start()
    refused = ubox("serve", "--fabric", "none", code=1)
    assert "another ubox serves it" in refused.stderr


def test_a_box_keeps_its_fabric(ubox: Command) -> None:
    ubox.start()
    ubox("stop")
    assert "--fabric none" in ubox("start", "--fabric", "kernel", code=1).stderr
    ubox("start")
    assert ubox.status()["fabric"] == "none"


def test_what_keeps_a_server_from_starting_is_told(ubox: Command) -> None:
    told = ubox("start", "--fabric", "none", "--images", "/nowhere/catalogue.json", code=1)
    assert "/nowhere/catalogue.json" in told.stderr
    (ubox.folder / "box.json").write_text("{")
    assert "put it right" in ubox("start", "--fabric", "none", code=1).stderr


def test_a_busy_port_is_told_with_a_way_that_keeps_the_box(ubox: Command) -> None:
    ubox.start()
    ubox("stop")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", home.Home(ubox.folder).told()["port"]))
        taken.listen()
        refused = ubox("start", code=1).stderr
        assert "Address already in use" in refused and "'ubox start --port 0' takes a free port" in refused
        assert "reset" not in refused
        ubox("start", "--port", "0")
    assert ubox.status()["running"]


def test_of_two_starts_at_once_the_second_waits_for_the_first(ubox: Command) -> None:
    command = [sys.executable, "-m", "ubox", "start", "--dir", str(ubox.folder), "--fabric", "none"]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = sorted(process.communicate(timeout=60)[1].splitlines()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert told == [f"box {ubox.folder} is running already", f"box {ubox.folder} started"]


def test_people_read_stderr_and_programs_stdout(ubox: Command) -> None:
    assert "make one with 'ubox start'" in ubox("status").stderr
    started = ubox("start", "--fabric", "none")
    assert started.stdout == "" and "API     http://127.0.0.1:" in started.stderr
    ubox("stop")
    shown = ubox("status")
    assert shown.stdout == "" and "stopped; 'ubox start' starts it" in shown.stderr


def test_a_reader_that_has_seen_enough_is_no_failure(ubox: Command) -> None:
    ubox.start()
    reader, writer = os.pipe()
    os.close(reader)
    status = [sys.executable, "-m", "ubox", "status", "--json", "--dir", str(ubox.folder)]
    done = subprocess.run(status, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_was_removed_is_counted_whatever_its_name(tmp_path: Path) -> None:
    spaced = Command(tmp_path / "a box of mine")
    spaced.start()
    assert spaced("reset", "--yes").stderr == "removed: folder (1)\n"


def test_a_catalogue_that_is_wrong_is_named(ubox: Command, tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text('[{"id": "a"}]')
    assert "catalogue.json" in ubox("serve", "--fabric", "none", "--images", str(catalogue), code=1).stderr


def test_reset_leaves_a_foreign_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert "not a box's folder" in Command(tmp_path)("reset", "--yes", code=1).stderr
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize("command", ["serve", "start", "stop", "status", "reset"])
def test_help_shows_an_example(command: str, tmp_path: Path) -> None:
    assert f"ubox {command}" in Command(tmp_path)(command, "--help").stdout.partition("Example:")[2]


def test_a_process_is_known_by_when_it_started() -> None:
    started = home.started_at(os.getpid())
    assert started is not None
    process = home.Process(pid=os.getpid(), started=started)
    assert process.runs
    assert not replace(process, started=process.started + 1).runs
