"""`steppe network trace` from the file alone: what it prints, its exit codes, and what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

STEPPE = Path(sys.executable).with_name("steppe")
ORDERS = Path(__file__).parents[2] / "examples" / "orders.yaml"


def traced(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """There is no region and no workspace: nothing of either is needed."""
    environment = {**os.environ, "UBOX_DIR": str(tmp_path / "box"), "STEPPE_WORKSPACE": str(tmp_path / "ws")}
    return subprocess.run(
        [STEPPE, "network", "trace", ORDERS, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_each_hop_is_a_line_and_a_stop_is_named(tmp_path: Path) -> None:
    through = traced(tmp_path, "broker-a", "orders-consul", "8501")
    assert (through.returncode, through.stderr.count("✓"), through.stdout) == (0, 6, "")
    stopped = traced(tmp_path, "consul-a", "broker-b", "10911")
    assert stopped.returncode == 4
    assert "it is stopped at orders-broker-b." in stopped.stderr
    assert "trace.stopped" in stopped.stderr


def test_json_is_one_document_with_the_verdict(tmp_path: Path) -> None:
    done = traced(tmp_path, "consul-a", "internet", "443", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["passes"], told["tried"]) == (4, False, None)
    assert told["hops"][-1] == {
        "at": "orders-net-management",
        "says": "has no gateway, and so no way out (network.nat)",
        "passes": False,
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("consul-a", "nomad-a", "99999"), "PORT '99999' can't be used"),
        (("consul-a", "nomad-a", "80/sctp"), "PORT '80/sctp' can't be used"),
        (("orders-consul", "nomad-a", "80"), "orders-consul is a balancer"),
        (("nobody", "nomad-a", "80"), "nobody is no host, balancer or peer"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = traced(tmp_path, *arguments)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("source", "target", "port", "said"),
    [
        ("internet", "bastion", "22", "the internet is none"),
        ("broker-a", "consul-a", "8301/udp", "can't tell what becomes of udp"),
        ("broker-a", "internet", "443", "name an IPv4 address as TO"),
    ],
)
def test_what_cannot_be_tried_is_said_before_anything_is_asked(
    source: str, target: str, port: str, said: str
) -> None:
    from steppe import spec, topology
    from steppe.errors import UsageError
    from steppe.operations.trace import asked, triable
    from steppe.topology.places import place

    built = topology.build(spec.load(ORDERS))
    with pytest.raises(UsageError) as caught:
        triable(place(built, source), place(built, target), asked(port)[0])
    assert said in caught.value.message + caught.value.hint
