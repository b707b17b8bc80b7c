"""A cluster's whole life, from a file to messages and back to an empty region, by the commands alone.

The tests stand in the order of that life; they share one cluster.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ucloud.client import Client

from steppe.control.access import Access
from steppe.control.secrets import User
from steppe.operations.cluster import Addresses, Cluster, addresses, owned
from steppe.operations.way import access
from steppe.rocketmq import admin
from steppe.rocketmq.remoting import Refused, call
from steppe.rocketmq.verify import TOPIC
from steppe.rocketmq.verify import verify as check
from tests.whole.conftest import ORDERS, Shell

pytestmark = pytest.mark.box

_PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def built(shell: Shell) -> Iterator[list[dict[str, Any]]]:
    """The events of the `up` that built the cluster."""
    yield shell.events("up", ORDERS, "--yes")
    shell.run("down", ORDERS, "--yes")


def _cloud(shell: Shell) -> Client:
    box = json.loads((Path(shell.environment["UBOX_DIR"]) / "box.json").read_text())
    return Client(
        {
            "region": box["region"],
            "project_id": box["project_id"],
            "public_key": box["public_key"],
            "private_key": box["private_key"],
            "base_url": box["endpoint"],
        }
    )


def _hosts(shell: Shell) -> dict[str, dict[str, Any]]:
    rows = _cloud(shell).invoke("DescribeUHostInstance", {"Limit": 100})["UHostSet"]
    return {row["Name"]: row for row in rows}


def _until(what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {_PATIENCE_S:.0f} s"
        time.sleep(0.2)


def test_an_interrupted_up_says_so_and_down_removes_what_it_made(shell: Shell) -> None:
    running = shell.start(["up", ORDERS, "--yes"])
    assert running.stdout is not None and running.stderr is not None
    for line in running.stdout:
        event = json.loads(line)
        if event.get("state") == "done" and event["step"].startswith("create subnet"):
            break
    running.send_signal(signal.SIGINT)
    _, shown = running.communicate(timeout=_PATIENCE_S)
    assert running.returncode == 130
    assert "Traceback" not in shown
    assert "run the same command again" in shown
    shell.run("down", ORDERS, "--yes")
    assert _hosts(shell) == {}


def test_up_waits_for_every_named_condition(built: list[dict[str, Any]]) -> None:
    met = {event["condition"] for event in built if event["type"] == "condition" and event["met"]}
    assert {
        "Consul's servers vote and are healthy",
        "Nomad's servers vote and are healthy",
        "every Nomad client is ready",
        "the balancer orders-consul answers on port 8500",
        "the balancer orders-nomad answers on port 4646",
        "the endpoint lists the NameServers of main, through the balancer",
        "Broker group orders-0 has a master and 3 members in sync",
    } <= met


@pytest.mark.usefixtures("built")
def test_every_host_is_in_its_zone_with_the_cluster_id(shell: Shell) -> None:
    hosts = _hosts(shell)
    assert len(hosts) == 13
    assert all(row["Tag"] == "orders" for row in hosts.values())
    zones = {"a": "box-01", "b": "box-02", "c": "box-03"}
    for role in ("consul", "nomad", "nameserver", "broker"):
        assert {letter: hosts[f"orders-{role}-{letter}"]["Zone"] for letter in zones} == zones


@pytest.mark.usefixtures("built")
def test_messages_go_through_and_each_is_checked(shell: Shell) -> None:
    result = shell.json("verify", ORDERS, "--messages", "2000")["main"]
    assert result["sent"] == result["acknowledged"] == result["received"] == 2000
    assert (result["missing"], result["corrupt"]) == (0, 0)


@pytest.mark.usefixtures("built")
def test_an_application_may_do_what_it_was_granted_and_nobody_else_anything(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in shell.environment.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "shop.conf"
    topic = ("--pub", TOPIC, "--sub", TOPIC, "--group", f"{TOPIC}*")
    shell.run("mq", "user", ORDERS, "create", "shop", *topic, "--out", file)
    assert file.stat().st_mode & 0o777 == 0o600
    secret = dict(line.split("=") for line in file.read_text().splitlines())["secretKey"]
    assert not shell.json("mq", "user", ORDERS, "list")["lacking"]
    shop, wrong = User(name="shop", secret=secret), User(name="shop", secret="wrong")
    with entered() as (cluster, where, way):

        def sent(user: User) -> int:
            result = check(
                cluster.topology,
                where.balancers,
                "main",
                user=user,
                nomad=way.nomad,
                access=way,
                emit=lambda event: None,
                messages=20,
                deadline_s=30.0,
            )
            assert result.received == result.acknowledged
            return result.acknowledged

        assert (sent(shop), sent(wrong)) == (20, 0)
        shell.run("mq", "user", ORDERS, "grant", "shop", "--only", "--pub", "another")
        assert sent(shop) == 0
        shell.run("mq", "user", ORDERS, "delete", "shop", "--yes")
        master = next(iter(admin.masters(way, f"{where.balancers['orders-nameserver']}:9876").values()))
        assert not admin.knows(way, master, shop)
        with pytest.raises(Refused) as refused:
            call(*way.endpoint(*_split(master)), 17, {"topic": "mine", "perm": "6"})
        assert refused.value.code == 16


@contextmanager
def entered() -> Iterator[tuple[Cluster, Addresses, Access]]:
    cluster = owned(ORDERS)
    where = addresses(cluster, cluster.observe())
    with access(cluster, where, lambda event: None) as way:
        yield cluster, where, way


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


@pytest.mark.usefixtures("built")
def test_a_second_up_changes_nothing_and_says_so(shell: Shell) -> None:
    assert [event for event in shell.events("up", ORDERS, "--yes") if event["type"] == "step"] == []
    assert "No change" in shell.run("up", ORDERS, "--yes").stderr
    assert shell.json("plan", ORDERS, "--exit-code")["steps"] == []


@pytest.mark.usefixtures("built")
def test_a_further_group_shows_what_it_restarts(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(ORDERS.read_text() + "    orders-1: {nameserver: main}\n")
    changed, made = shell.json("plan", file, "--exit-code", code=3)["jobs"]
    assert changed["name"] == "rocketmq-broker-orders-0"
    assert "restarted, one after the other" in changed["sentence"]
    assert "memory_mib" in {change["field"] for change in changed["changes"]}
    assert (made["action"], made["name"]) == ("create", "rocketmq-broker-orders-1")


@pytest.mark.usefixtures("built")
def test_a_group_that_the_file_no_longer_names_is_held_back(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(ORDERS.read_text().partition("  brokers:")[0])
    (held,) = shell.json("plan", file, "--exit-code", code=3)["held"]
    assert (held["action"], held["name"]) == ("delete", "rocketmq-broker-orders-0")


@pytest.mark.usefixtures("built")
def test_status_is_healthy_and_names_every_host(shell: Shell) -> None:
    status = shell.json("status", ORDERS)
    assert status["healthy"]
    assert {host["state"] for host in status["hosts"]} == {"Running"}
    assert all(condition["met"] for condition in status["conditions"])


@pytest.mark.usefixtures("built")
def test_the_region_goes_on_when_its_server_is_killed(shell: Shell) -> None:
    before = _hosts(shell)
    server = json.loads(shell.run("box", "status", "--json").stdout)
    os.kill(server["pid"], signal.SIGKILL)
    _until("the server is gone", lambda: not Path(f"/proc/{server['pid']}/exe").exists())
    shell.run("box", "start")
    assert _hosts(shell) == before
    assert shell.json("status", ORDERS)["healthy"]


@pytest.mark.usefixtures("built")
def test_a_host_that_was_switched_off_shows_and_is_mended(shell: Shell) -> None:
    lost = _hosts(shell)["orders-nomad-b"]
    _cloud(shell).invoke("PoweroffUHostInstance", {"UHostId": lost["UHostId"], "Zone": lost["Zone"]})
    _until("it is Stopped", lambda: _hosts(shell)["orders-nomad-b"]["State"] == "Stopped")
    assert "orders-nomad-b is Stopped" in shell.run("status", ORDERS, code=4).stderr
    steps = shell.json("plan", ORDERS, "--exit-code", code=3)["steps"]
    assert [step["name"] for step in steps] == ["orders-nomad-b"]
    shell.run("up", ORDERS, "--yes")
    assert _hosts(shell)["orders-nomad-b"]["UHostId"] == lost["UHostId"]
    assert shell.json("status", ORDERS)["healthy"]


def test_no_secret_is_in_any_output_or_log(shell: Shell, built: list[dict[str, Any]]) -> None:
    folder = Path(shell.environment["STEPPE_WORKSPACE"]) / "box" / "orders"
    secrets = json.loads((folder / "secrets.json").read_text())
    assert (folder / "secrets.json").stat().st_mode & 0o777 == 0o600
    hidden = [
        secrets["consul_gossip"],
        secrets["nomad_gossip"],
        secrets["nomad_management"],
        secrets["consul_management"]["secret"],
        *(user["secret"] for user in secrets["rocketmq"].values()),
        *(host["consul_agent"]["secret"] for host in secrets["hosts"].values() if host["consul_agent"]),
    ]
    shown = [
        json.dumps(built),
        (folder / "audit.jsonl").read_text(),
        shell.run("plan", ORDERS, "--json", code=None).stdout,
        shell.run("status", ORDERS, "--json", code=None).stdout,
        (Path(shell.environment["UBOX_DIR"]) / "ubox.log").read_text(),
    ]
    assert [secret for secret in hidden if any(secret in text for text in shown)] == []


@pytest.mark.usefixtures("built")
def test_down_leaves_nothing_in_the_region(shell: Shell) -> None:
    shell.run("down", ORDERS, "--yes")
    cloud = _cloud(shell)
    assert _hosts(shell) == {}
    assert cloud.invoke("DescribeVPC", {"Limit": 100})["DataSet"] == []
    assert cloud.invoke("DescribeULB", {"Limit": 100})["DataSet"] == []
    assert cloud.invoke("DescribeEIP", {"Limit": 100})["EIPSet"] == []
    assert cloud.invoke("DescribeUDisk", {"Limit": 100})["DataSet"] == []
    firewalls = cloud.invoke("DescribeFirewall", {"Limit": 100})["DataSet"]
    assert [row["Name"] for row in firewalls if row["Tag"] == "orders"] == []
    assert "nothing to remove" in shell.run("down", ORDERS, "--yes").stderr
