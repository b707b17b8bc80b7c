"""Consul's and Nomad's configuration: what matters is there, and the programs themselves take it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from steppe import machine
from steppe.control.secrets import Secrets
from steppe.topology import Topology


def tool(name: str) -> Path:
    """The program that the set-up put into the cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "steppe"
    found = sorted(Path(os.environ.get("STEPPE_CACHE", cache)).glob(f"tools/{name}-*/{name}"))
    if not found:
        pytest.skip(f"{name} is not in the cache; make setup puts it there")
    return found[-1]


@pytest.mark.parametrize("name", ["orders-consul-a", "orders-nomad-b", "orders-broker-c"])
def test_consul_takes_its_configuration(
    name: str, cluster: Topology, secrets: Secrets, tmp_path: Path
) -> None:
    config = machine.consul_config(cluster, cluster.host(name), secrets)
    file = tmp_path / "consul.json"
    file.write_text(json.dumps(config))
    done = subprocess.run([tool("consul"), "validate", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Configuration is valid!" in done.stdout


@pytest.mark.parametrize("name", ["orders-nomad-a", "orders-nameserver-b", "orders-broker-c"])
def test_nomad_takes_its_configuration(
    name: str, cluster: Topology, secrets: Secrets, tmp_path: Path
) -> None:
    config = machine.nomad_config(cluster, cluster.host(name), secrets)
    file = tmp_path / "nomad.json"
    file.write_text(json.dumps(config))
    command = [str(tool("nomad")), "config", "validate", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_consul_servers_are_three_that_know_each_other(cluster: Topology, secrets: Secrets) -> None:
    config = machine.consul_config(cluster, cluster.host("orders-consul-b"), secrets)
    assert config["bootstrap_expect"] == 3
    assert config["retry_join"] == ["10.80.0.16", "10.80.0.17", "10.80.0.18"]
    assert config["bind_addr"] == "10.80.0.17"
    assert config["node_meta"]["az"] == "az-b"
    assert config["datacenter"] == "orders"


def test_consul_on_other_hosts_listens_on_the_host_alone(cluster: Topology, secrets: Secrets) -> None:
    config = machine.consul_config(cluster, cluster.host("orders-broker-b"), secrets)
    assert config["client_addr"] == "127.0.0.1"
    assert "addresses" not in config
    assert "server" not in config


@pytest.mark.parametrize("name", ["orders-consul-a", "orders-broker-b"])
def test_consul_is_closed_from_the_start(name: str, cluster: Topology, secrets: Secrets) -> None:
    config = machine.consul_config(cluster, cluster.host(name), secrets)
    token = secrets.hosts[name].consul_agent
    assert token
    assert config["acl"]["default_policy"] == "deny"
    assert config["acl"]["tokens"] == {"agent": token.secret}
    assert machine.consul_gossip(secrets) == {"encrypt": secrets.consul_gossip}
    assert config["encrypt_verify_incoming"] is config["encrypt_verify_outgoing"] is True
    assert (
        config["tls"]["defaults"]["verify_incoming"] is config["tls"]["defaults"]["verify_outgoing"] is True
    )
    assert config["tls"]["internal_rpc"]["verify_server_hostname"] is True


def test_nomad_servers_notice_dead_hosts_in_seconds(cluster: Topology, secrets: Secrets) -> None:
    server = machine.nomad_config(cluster, cluster.host("orders-nomad-c"), secrets)["server"]
    assert server["server_join"]["retry_join"] == ["10.80.0.32", "10.80.0.33", "10.80.0.34"]
    assert (server["min_heartbeat_ttl"], server["heartbeat_grace"]) == ("5s", "5s")
    assert server["failover_heartbeat_ttl"] == "30s"


def test_nomad_clients_tell_jobs_what_they_are(cluster: Topology, secrets: Secrets) -> None:
    config = machine.nomad_config(cluster, cluster.host("orders-nameserver-c"), secrets)
    assert (config["region"], config["datacenter"]) == ("orders", "az-c")
    client = config["client"]
    assert (client["node_class"], client["node_pool"]) == ("nameServer", "nameserver")
    assert client["meta"] == {"az": "az-c", "zone": "box-03", "zone_index": "2", "role": "nameserver"}
    assert (client["memory_total_mb"], client["cpu_total_compute"]) == (4096, 2000)
    assert config["tls"]["http"] is config["tls"]["rpc"] is config["acl"]["enabled"] is True
