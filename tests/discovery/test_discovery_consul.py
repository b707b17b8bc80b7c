"""Real Consul agents that find each other by `steppe-discover`, in a network namespace.

The program runs as on a host, by itself: its file, Python's standard library, a root-only configuration.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from steppe import discovery
from steppe.machine.discover import written
from steppe.topology import Topology
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box

pytestmark = [
    pytest.mark.box,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]
DEADLINE_S = 120


def _consul() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "steppe"
    found = sorted(Path(os.environ.get("STEPPE_CACHE", cache)).glob("tools/consul-*/consul"))
    if not found:
        pytest.skip("consul is not in the cache; make setup puts it there")
    return found[-1]


class Agents:
    """Consul agents by name, each at an address of the namespace."""

    def __init__(self, folder: Path, namespace: str, cluster: ClusterInBox) -> None:
        self.folder, self.namespace, self.cluster = folder, namespace, cluster
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.config = folder / "discover"
        served = cluster.served
        pairs = {
            "provider": "ucloud",
            "region": served.region,
            "tag": "orders",
            "name_prefix": "orders-consul-",
            "public_key": served.public_key,
            "private_key": served.private_key,
            "base_url": served.endpoint,
        }
        self.config.write_text(written(pairs))
        self.config.chmod(0o600)

    def inside(self, *command: str | Path) -> list[str]:
        return ["ip", "netns", "exec", self.namespace, *map(str, command)]

    def stop_all(self) -> None:
        for name in list(self.running):
            self.stop(name)

    def discover(self, name: str) -> list[str]:
        """Runs `steppe-discover` as the unit does before Consul starts, and gives its answer."""
        answer = self.folder / name / "config" / "retry-join.json"
        answer.parent.mkdir(parents=True, exist_ok=True)
        program: list[str | Path] = [sys.executable, "-I", discovery.__file__]
        program += ["--config", self.config, "--answer", answer]
        subprocess.run([*program, "--group", ""], check=True, timeout=DEADLINE_S, env={"PATH": "/usr/bin"})
        assert answer.stat().st_mode & 0o007 == 0
        return list(json.loads(answer.read_text())["retry_join"])

    def start(self, name: str, address: str, *, server: bool) -> None:
        self.discover(name)
        subprocess.run(self.inside("ip", "addr", "replace", f"{address}/32", "dev", "lo"), check=True)
        config = {
            "datacenter": "orders",
            "node_name": name,
            "data_dir": str(self.folder / name / "data"),
            "bind_addr": address,
            "client_addr": address,
            "retry_interval": "1s",
            "disable_update_check": True,
            "ports": {"grpc": -1, "grpc_tls": -1},
            "performance": {"raft_multiplier": 1},
            **({"server": True, "bootstrap_expect": 3} if server else {}),
        }
        folder = self.folder / name / "config"
        (folder / "consul.json").write_text(json.dumps(config))
        with (self.folder / name / "log").open("ab") as log:
            command = self.inside(_consul(), "agent", f"-config-dir={folder}")
            self.running[name] = subprocess.Popen(command, stdout=log, stderr=log)

    def stop(self, name: str) -> None:
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def asked(self, address: str, path: str) -> object:
        url = f"http://{address}:8500/v1/{path}"
        done = subprocess.run(self.inside("curl", "-sf", url), capture_output=True, check=False)
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else None

    def peers(self, address: str) -> list[str]:
        """The servers that vote, as this agent is told; none without a leader."""
        found = self.asked(address, "status/peers") if self.asked(address, "status/leader") else None
        return sorted(str(peer).partition(":")[0] for peer in found) if isinstance(found, list) else []

    def sees(self, address: str, server: str) -> bool:
        return server in self.peers(address)


def _await(holds: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < until, what
        time.sleep(0.3)


@pytest.fixture
def agents(tmp_path: Path, small: Topology) -> Iterator[Agents]:
    namespace = f"steppe-join-{os.getpid()}"
    with ExitStack() as stack:
        cluster = stack.enter_context(cluster_in_box(small))
        cluster.up()
        subprocess.run(["ip", "netns", "add", namespace], check=True)
        stack.callback(subprocess.run, ["ip", "netns", "delete", namespace], check=True)
        made = Agents(tmp_path, namespace, cluster)
        stack.callback(made.stop_all)
        subprocess.run(made.inside("ip", "link", "set", "lo", "up"), check=True)
        yield made


def test_a_cluster_forms_and_outlives_a_servers_new_address(agents: Agents) -> None:
    servers = {f"orders-consul-{letter}": f"10.80.0.{16 + index}" for index, letter in enumerate("abc")}
    for name, address in servers.items():
        agents.start(name, address, server=True)
    agents.start("orders-broker-a", "10.81.0.64", server=False)
    _await(lambda: agents.peers("10.81.0.64") == sorted(servers.values()), "the cluster forms")

    # The host of one server is made anew, at another address.
    api, old = agents.cluster.api, agents.cluster.id("host", "orders-consul-b")
    agents.stop("orders-consul-b")
    row = api.rows("DescribeUHostInstance", "UHostSet", UHostIds=[old])[0]
    ip = row["IPSet"][0]
    api.call("PoweroffUHostInstance", UHostId=old)
    api.call("TerminateUHostInstance", UHostId=old, ReleaseUDisk=True)
    created = api.call(
        "CreateUHostInstance",
        Zone=row["Zone"],
        ImageId=row["ImageId"],
        Name="orders-consul-b",
        Tag="orders",
        VPCId=ip["VPCId"],
        SubnetId=ip["SubnetId"],
        PrivateIp=["10.80.0.99"],
        MachineType="O",
        CPU=1,
        Memory=1024,
        LoginMode="Password",
        Password="VW5zZWVuLTEyMw==",
        Disks=[{"IsBoot": "True", "Type": "CLOUD_RSSD", "Size": 40}],
    )
    assert created["UHostIds"]
    servers["orders-consul-b"] = "10.80.0.99"
    agents.start("orders-consul-b", "10.80.0.99", server=True)
    _await(lambda: "10.80.0.99" in agents.peers("10.81.0.64"), "the server is back")

    # Each agent starts again: it asks anew, and finds a quorum without the old address.
    for name, address in [*servers.items(), ("orders-broker-a", "10.81.0.64")]:
        agents.stop(name)
        agents.start(name, address, server=name in servers)
        assert agents.discover(name) == sorted(servers.values())
        _await(partial(agents.sees, address, "10.80.0.99"), f"{name} finds a quorum")
