"""Consul's configuration on one host: https://developer.hashicorp.com/consul/docs/reference/agent/configuration-file

Times and limits were chosen by measuring killed hosts and zones: a new leader in 2 to 3 s, a replaced
server voting again in 22 s.
"""

from __future__ import annotations

from typing import Any

from steppe.control.secrets import Secrets
from steppe.machine import paths, peers
from steppe.topology import ports
from steppe.topology.model import Host, Role, Topology

_OFF = -1


def consul_config(topology: Topology, host: Host, secrets: Secrets) -> dict[str, Any]:
    """`consul.json` of that host. Raises KeyError if the host has no secrets."""
    token = secrets.hosts[host.name].consul_agent
    common = {
        "datacenter": topology.cluster,
        "node_name": host.name,
        "node_meta": {"az": f"az-{host.zone.letter}", "zone": host.zone.name, "role": str(host.role)},
        "data_dir": paths.CONSUL_DATA,
        "bind_addr": str(host.address),
        "client_addr": "127.0.0.1",
        **_join(topology),
        "retry_interval": "1s",
        "encrypt_verify_incoming": True,
        "encrypt_verify_outgoing": True,
        "performance": {"raft_multiplier": 1},
        "disable_update_check": True,
        "disable_remote_exec": True,
        "leave_on_terminate": False,
        "skip_leave_on_interrupt": True,
        "telemetry": {"prometheus_retention_time": "60s", "disable_hostname": True},
        "acl": {
            "enabled": True,
            "default_policy": "deny",
            "down_policy": "extend-cache",
            "tokens": {"agent": token.secret if token else ""},
        },
        "tls": _tls(),
    }
    return common | (_server() if host.role is Role.CONSUL else _client())


def consul_gossip(secrets: Secrets) -> dict[str, Any]:
    """`gossip.json` beside it: the key an agent's keyring begins with. A file of its own: it is rotated."""
    return {"encrypt": secrets.consul_gossip}


def _join(topology: Topology) -> dict[str, Any]:
    """Nothing with `join: discover`: `steppe-discover` writes it into a file of its own."""
    if topology.join == "discover":
        return {}
    return {"retry_join": [str(server.address) for server in peers.consul_servers(topology)]}


def _tls() -> dict[str, Any]:
    return {
        "defaults": {
            "ca_file": f"{paths.CONSUL_DIR}/tls/ca.pem",
            "cert_file": f"{paths.CONSUL_DIR}/tls/cert.pem",
            "key_file": f"{paths.CONSUL_DIR}/tls/key.pem",
            "verify_incoming": True,
            "verify_outgoing": True,
            "tls_min_version": "TLSv1_2",
        },
        "internal_rpc": {"verify_server_hostname": True},
    }


def _server() -> dict[str, Any]:
    return {
        "server": True,
        "bootstrap_expect": 3,
        # Plain HTTP answers on the host itself alone.
        "addresses": {"https": "0.0.0.0"},
        "ports": {
            "http": ports.CONSUL_HTTP,
            "https": ports.CONSUL_HTTPS,
            "grpc": _OFF,
            "grpc_tls": _OFF,
        },
        "auto_encrypt": {"allow_tls": False},
        "ui_config": {"enabled": True},
        "raft_logstore": {"backend": "wal"},
        "autopilot": {
            "cleanup_dead_servers": True,
            "min_quorum": 3,
            "last_contact_threshold": "200ms",
            "max_trailing_logs": 250,
            "server_stabilization_time": "10s",
        },
        # All of a bastion's or a proxying balancer's connections come from one address.
        "limits": {"http_max_conns_per_client": 1000},
    }


def _client() -> dict[str, Any]:
    return {"ports": {"http": ports.CONSUL_HTTP, "https": _OFF, "grpc": _OFF, "grpc_tls": _OFF}}
