"""Hosts' firewalls: golden files for each role, and the kernel's own opinion of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from steppe import machine
from steppe.machine import paths
from steppe.topology import Role, Topology

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("role", list(Role))
def test_rules_of(role: Role, cluster: Topology) -> None:
    rules = machine.nftables(cluster, cluster.by_role(role)[0])
    golden = GOLDEN / f"{role}.nft"
    if os.environ.get("STEPPE_WRITE_GOLDEN"):
        golden.write_text(rules)
    assert rules == golden.read_text()


@pytest.mark.parametrize("role", list(Role))
def test_nft_takes_the_rules_twice(role: Role, cluster: Topology, tmp_path: Path) -> None:
    """In a user and network namespace of its own, so that it needs no rights and touches no rules here."""
    file = tmp_path / "nftables.conf"
    file.write_text(machine.nftables(cluster, cluster.by_role(role)[0]))
    script = f"nft -f {file} && nft -f {file} && nft list tables"
    command = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "table inet steppe\n"), done.stderr


def test_operators_reach_hosts_only_with_direct_access(build: Callable[[str], Topology]) -> None:
    direct = build("region: box\naccess: {mode: direct, from: [10.200.0.0/16]}\n")
    rules = machine.nftables(direct, direct.host("orders-consul-a"))
    assert 'ip saddr 10.200.0.0/16 tcp dport 22 accept comment "people and steppe log in"' in rules


def test_the_clouds_own_ranges_may_check_health(build: Callable[[str], Topology]) -> None:
    beijing = build(
        "region: cn-bj2\nzones: [cn-bj2-02, cn-bj2-03, cn-bj2-05]\naccess: {from: [203.0.113.0/24]}\n"
    )
    rules = machine.nftables(beijing, beijing.host("orders-nomad-b"))
    assert (
        "ip saddr { 100.64.0.0/10, 10.9.192.0/18, 10.10.192.0/18, 10.19.192.0/18, 10.42.192.0/18 }" in rules
    )


_PEERS = """\
region: box
network:
  client_peers: [{vpc_id: uvnet-a, ranges: [10.99.0.0/24, 10.99.1.0/24]}]
  management_peers: [{vpc_id: uvnet-b, ranges: [10.98.0.0/24]}]
"""


def test_peers_change_the_rules_of_no_host(build: Callable[[str], Topology]) -> None:
    alone, joined = build("region: box\n"), build(_PEERS)
    for host in alone.hosts:
        assert machine.nftables(joined, host) == machine.nftables(alone, host)


def test_peers_reach_rocketmq_and_the_balancers_alone(build: Callable[[str], Topology]) -> None:
    joined = build(_PEERS)
    found = {
        role: [
            line.strip()
            for line in machine.nftables(joined, joined.by_role(role)[0]).splitlines()
            if "@" in line
        ]
        for role in Role
    }
    assert {role: [line.partition(" comment")[0] for line in lines] for role, lines in found.items()} == {
        Role.CONSUL: ["ip saddr @management_peers ip daddr != 10.80.0.16 tcp dport 8501 accept"],
        Role.NOMAD: ["ip saddr @management_peers ip daddr != 10.80.0.32 tcp dport 4646 accept"],
        Role.NAMESERVER: ["ip saddr @client_peers tcp dport { 9876, 8080 } accept"],
        Role.BROKER: ["ip saddr @client_peers tcp dport 10909-11891 accept"],
        Role.BASTION: ["ip saddr @management_peers drop"],
    }


@pytest.mark.parametrize("name", ["orders-broker-a", "orders-consul-b", "orders-bastion"])
def test_nft_takes_the_ranges_of_peers_and_others_in_their_place(
    name: str, build: Callable[[str], Topology], tmp_path: Path
) -> None:
    """The rules load without the file, with it, and the file alone changes them."""
    folder = tmp_path / "nftables.d"
    folder.mkdir()
    joined, alone = build(_PEERS), build("region: box\n")
    rules = tmp_path / "nftables.conf"
    text = machine.nftables(joined, joined.host(name))
    assert paths.RULES_DIR in text
    rules.write_text(text.replace(paths.RULES_DIR, f"{folder}/"))
    for file, built in (("joined", joined), ("alone", alone)):
        (tmp_path / file).write_text(machine.peers_file(built, built.host(name)).content)
    side = "client" if "broker" in name else "management"
    elements = f"nft list set inet steppe {side}_peers | grep -c elements || true"
    script = (
        f"set -e; nft -f {rules}; {elements}; "
        f"cp {tmp_path}/joined {folder}/peers.nft; nft -f {rules}; {elements}; "
        f"nft -f {tmp_path}/alone; {elements}; nft -f {tmp_path}/joined; {elements}"
    )
    command = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["0", "1", "0", "1"]), done.stderr


def test_the_mark_of_peers_tells_which_ranges_a_host_should_know(build: Callable[[str], Topology]) -> None:
    joined, alone = build(_PEERS), build("region: box\n")
    marks = {host.role: machine.peers_mark(joined, host) for host in joined.hosts}
    assert marks[Role.CONSUL] == marks[Role.NOMAD] == marks[Role.BASTION] != marks[Role.BROKER]
    assert {machine.peers_mark(alone, host) for host in alone.hosts} == {""}
    assert machine.peer_ranges_of(joined, joined.host("orders-broker-a")) == ("10.99.0.0/23",)
