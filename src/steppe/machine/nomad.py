"""Nomad's configuration on one host: https://developer.hashicorp.com/nomad/docs/configuration

Times were chosen by measuring killed hosts and zones: a dead client is noticed in 6 to 9 s, and in 33 s
when its zone took the leader along.
"""

from __future__ import annotations

from typing import Any

from steppe.control.secrets import Secrets
from steppe.machine import paths, peers
from steppe.topology import ports
from steppe.topology.model import Host, Role, Topology

_AGENTS_MEMORY_MIB = 256
"""Kept for Consul, Nomad and the system; tasks get the rest."""
_MHZ_PER_CORE = 1000
"""Nomad counts CPU in MHz. A fixed figure makes equal hosts equal, whatever they run on."""
_IDENTITY = {"aud": ["consul.io"], "ttl": "1h"}
_WORKLOADS = "nomad-workloads"
"""Consul's auth method for workload identities."""


def nomad_config(topology: Topology, host: Host, secrets: Secrets) -> dict[str, Any]:
    """`nomad.json` of that host. Raises KeyError if the host has no secrets."""
    address = str(host.address)
    is_server = host.role is Role.NOMAD
    common = {
        "region": topology.cluster,
        "datacenter": f"az-{host.zone.letter}",
        "name": host.name,
        "data_dir": paths.NOMAD_DATA,
        "bind_addr": "0.0.0.0",
        "advertise": {"http": address, "rpc": address, "serf": address},
        "leave_on_interrupt": False,
        "leave_on_terminate": False,
        "disable_update_check": True,
        "acl": {"enabled": True},
        "tls": {
            "http": True,
            "rpc": True,
            "ca_file": f"{paths.NOMAD_DIR}/tls/ca.pem",
            "cert_file": f"{paths.NOMAD_DIR}/tls/cert.pem",
            "key_file": f"{paths.NOMAD_DIR}/tls/key.pem",
            "verify_server_hostname": True,
            "verify_https_client": True,
        },
        "consul": _consul(host, secrets, is_server),
        "limits": {"http_max_conns_per_client": 1000},
        "telemetry": {
            "prometheus_metrics": True,
            "publish_allocation_metrics": True,
            "publish_node_metrics": True,
            "disable_hostname": True,
        },
    }
    return common | (_server(topology) if is_server else _client(topology, host))


def nomad_gossip(secrets: Secrets) -> dict[str, Any]:
    """`gossip.json` beside a server's: the key its keyring begins with. A file of its own: it is rotated."""
    return {"server": {"encrypt": secrets.nomad_gossip}}


def _consul(host: Host, secrets: Secrets, is_server: bool) -> dict[str, Any]:
    token = secrets.hosts[host.name].nomad_consul
    agent = {
        "address": f"127.0.0.1:{ports.CONSUL_HTTP}",
        "token": token.secret if token else "",
        "service_auth_method": _WORKLOADS,
        "task_auth_method": _WORKLOADS,
    }
    return agent | ({"service_identity": _IDENTITY, "task_identity": _IDENTITY} if is_server else {})


def _server(topology: Topology) -> dict[str, Any]:
    return {
        "server": {
            "enabled": True,
            "bootstrap_expect": 3,
            "server_join": {
                "retry_join": [str(server.address) for server in peers.nomad_servers(topology)],
                "retry_interval": "1s",
            },
            "raft_multiplier": 1,
            "min_heartbeat_ttl": "5s",
            "heartbeat_grace": "5s",
            "failover_heartbeat_ttl": "30s",
            "max_heartbeats_per_second": 50.0,
        }
    }


def _client(topology: Topology, host: Host) -> dict[str, Any]:
    return {
        "client": {
            "enabled": True,
            "servers": [str(server.address) for server in peers.nomad_servers(topology)],
            "node_class": host.role.node_class,
            "node_pool": str(host.role),
            "meta": {
                "az": f"az-{host.zone.letter}",
                "zone": host.zone.name,
                "zone_index": str(host.zone.index),
                "role": str(host.role),
            },
            "memory_total_mb": host.memory_mib,
            "cpu_total_compute": host.cpu * _MHZ_PER_CORE,
            "reserved": {"memory": _AGENTS_MEMORY_MIB},
            "gc_max_allocs": 50,
            "options": {"fingerprint.denylist": "env_aws,env_gce,env_azure,env_digitalocean,cni,vault"},
        },
        # A task that ran as root would read the host's secrets, and what the metadata service tells root.
        "plugin": [{"raw_exec": {"config": {"enabled": True, "denied_host_uids": "0"}}}],
    }
