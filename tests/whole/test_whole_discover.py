"""A cluster whose agents find their servers by asking the cloud, by the commands alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.whole.conftest import ORDERS, Shell, until

pytestmark = pytest.mark.box

AGENTS = tuple(f"{role}-{letter}" for role in ("consul", "nomad", "nameserver", "broker") for letter in "abc")
RESTARTED = (
    "rm /etc/consul.d/retry-join.json && systemctl restart consul && cat /etc/consul.d/retry-join.json"
)


def test_it_forms_and_every_agent_finds_the_servers_after_one_was_replaced(
    shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "orders.yaml"
    text = ORDERS.read_text().partition("rocketmq:")[0]
    file.write_text(f"{text}\njoin: discover\nnetwork: {{nat: [management, client]}}\n")
    shell.run("up", file, "--yes")
    try:
        lost = shell.hosts()["orders-consul-b"]
        cloud = shell.cloud()
        cloud.invoke("PoweroffUHostInstance", {"UHostId": lost["UHostId"], "Zone": lost["Zone"]})
        until("it is Stopped", lambda: shell.hosts()["orders-consul-b"]["State"] == "Stopped")
        cloud.invoke("TerminateUHostInstance", {"UHostId": lost["UHostId"], "Zone": lost["Zone"]})
        shell.run("up", file, "--yes")
        addresses = sorted(
            each["IP"]
            for name, host in shell.hosts().items()
            if name.startswith("orders-consul-")
            for each in host["IPSet"]
            if each["Type"] == "Private"
        )
        assert len(addresses) == 3
        # What each finds now, by itself: nothing is left of what it found before.
        for agent in AGENTS:
            answer = shell.run("ssh", file, agent, "--", RESTARTED).stdout
            assert sorted(json.loads(answer)["retry_join"]) == addresses, agent
        until("the cluster is well", lambda: shell.run("status", file, code=None).returncode == 0)
    finally:
        shell.run("down", file, "--yes")


def test_a_network_without_a_way_out_is_refused_before_anything_is_made(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(f"{ORDERS.read_text()}\njoin: discover\n")
    refused = shell.run("up", file, "--yes", code=2).stderr
    assert "hosts of the network management have no way to the cloud's API" in refused
    assert "join.no-way" in refused
    assert shell.hosts() == {}
