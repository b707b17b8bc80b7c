"""Hosts' firewalls: golden files for each role, and the kernel's own opinion of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from steppe import machine
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
