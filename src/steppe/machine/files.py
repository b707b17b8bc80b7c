"""The files that make one host of the cluster out of the common image."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from steppe.control.secrets import HostSecrets, KeyPair, Secrets
from steppe.machine import paths, peers
from steppe.machine.consul import consul_config, consul_gossip
from steppe.machine.discover import written
from steppe.machine.firewall import nftables
from steppe.machine.nomad import nomad_config, nomad_gossip
from steppe.machine.nomad_keys import nomad_keys_config
from steppe.machine.peer_ranges import peer_rules
from steppe.topology import names
from steppe.topology.model import Host, Role, Topology


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    path: str
    """Absolute; one that ends in `/` is a folder."""
    content: str = field(default="", repr=False)
    mode: int = 0o644
    user: str = "root"
    group: str = "root"


def files(
    topology: Topology, host: Host, secrets: Secrets, balancer_addresses: Mapping[str, str]
) -> tuple[File, ...]:
    """Every file of that host, folders before what is in them.

    Raises KeyError if the host has no secrets or a balancer it holds has no address yet.
    """
    own = secrets.hosts[host.name]
    made = [*_system(topology, host, secrets, own), *_addresses(topology, host, balancer_addresses)]
    if own.consul_tls:
        made += _consul(topology, host, secrets, own.consul_tls)
    if host.role is Role.CONSUL:
        made.append(File(path=paths.NOMAD_KEYS, content=nomad_keys_config(topology)))
    if own.nomad_tls:
        made += _nomad(topology, host, secrets, own.nomad_tls)
    if host.role.is_nomad_client:
        made.append(File(path=f"{paths.ROCKETMQ_DATA}/", mode=0o750, user="rocketmq", group="rocketmq"))
    return tuple(made)


def _system(topology: Topology, host: Host, secrets: Secrets, own: HostSecrets) -> list[File]:
    return [
        File(path="/etc/hostname", content=f"{host.name}\n"),
        File(path="/etc/hosts", content=_hosts(topology, host)),
        File(path="/etc/nftables.conf", content=nftables(topology, host), mode=0o755),
        File(path="/etc/ssh/ssh_host_ed25519_key", content=own.ssh_host_key, mode=0o600),
        File(path="/etc/ssh/ssh_host_ed25519_key.pub", content=_line(own.ssh_host_public)),
        File(path="/root/.ssh/", mode=0o700),
        File(path="/root/.ssh/authorized_keys", content=_line(secrets.ssh_public_key), mode=0o600),
    ]


def peers_file(topology: Topology, host: Host) -> File:
    """What the host's firewall knows of others' VPCs; all of it that changes while the host lives."""
    return File(path=paths.PEERS, content=peer_rules(topology, host))


def _hosts(topology: Topology, host: Host) -> str:
    """The names TLS certificates carry lead to three servers each; Go's resolver tries them in turn."""
    lines = ["127.0.0.1 localhost", "::1 localhost", f"{host.address} {host.name}"]
    for server in peers.consul_servers(topology):
        lines.append(f"{server.address} {server.name} server.{topology.cluster}.consul")
    for server in peers.nomad_servers(topology):
        lines.append(f"{server.address} {server.name} server.{topology.cluster}.nomad")
    return "\n".join(lines) + "\n"


def _addresses(topology: Topology, host: Host, balancer_addresses: Mapping[str, str]) -> list[File]:
    held = "".join(f"{balancer_addresses[name]}\n" for name in host.balancers)
    servers = "".join(f"{server.address}\n" for server in peers.nomad_servers(topology))
    return [
        File(path="/etc/steppe/", mode=0o755),
        File(path=paths.BALANCER_ADDRESSES, content=held),
        File(path=paths.NOMAD_SERVERS, content=servers),
        File(path=paths.RULES_DIR, mode=0o755),
        peers_file(topology, host),
    ]


def _consul(topology: Topology, host: Host, secrets: Secrets, pair: KeyPair) -> list[File]:
    config, gossip = _json(consul_config(topology, host, secrets)), _json(consul_gossip(secrets))
    return [
        *_discover(topology, secrets),
        File(path=f"{paths.CONSUL_DATA}/", mode=0o700, user="consul", group="consul"),
        File(path=f"{paths.CONSUL_DIR}/", mode=0o750, group="consul"),
        File(path=f"{paths.CONSUL_DIR}/consul.json", content=config, mode=0o640, group="consul"),
        File(path=paths.CONSUL_GOSSIP, content=gossip, mode=0o640, group="consul"),
        File(path=paths.CONSUL_TLS, mode=0o750, group="consul"),
        *(
            File(path=f"{paths.CONSUL_TLS}{name}.pem", content=content, mode=0o640, group="consul")
            for name, content in _tls(secrets, pair)
        ),
    ]


def _discover(topology: Topology, secrets: Secrets) -> list[File]:
    """What `steppe-discover` asks for. Raises KeyError with `join: discover` and no key for it."""
    if topology.join != "discover":
        return []
    if secrets.join_key is None:
        raise KeyError("join_key")
    key = secrets.join_key
    pairs = {
        "provider": "ucloud",
        "region": topology.region,
        "tag": topology.cluster,
        "name_prefix": names.role_prefix(topology.cluster, Role.CONSUL),
        "project_id": key.project_id,
        "public_key": key.public_key,
        "private_key": key.private_key,
        "base_url": key.base_url,
    }
    told = written({name: value for name, value in pairs.items() if value})
    return [File(path=paths.DISCOVER, content=told + "\n", mode=0o600)]


def _nomad(topology: Topology, host: Host, secrets: Secrets, pair: KeyPair) -> list[File]:
    config = _json(nomad_config(topology, host, secrets))
    gossip = File(path=paths.NOMAD_GOSSIP, content=_json(nomad_gossip(secrets)), mode=0o600)
    return [
        # Tasks run as other users and must be able to pass through to their own folders.
        File(path=f"{paths.NOMAD_DATA}/", mode=0o711),
        File(path=f"{paths.NOMAD_DIR}/", mode=0o700),
        File(path=f"{paths.NOMAD_DIR}/nomad.json", content=config, mode=0o600),
        # Nomad's clients take no part in gossip.
        *([gossip] if host.role is Role.NOMAD else []),
        File(path=paths.NOMAD_TLS, mode=0o700),
        *(
            File(path=f"{paths.NOMAD_TLS}{name}.pem", content=content, mode=0o600)
            for name, content in _tls(secrets, pair)
        ),
    ]


def _tls(secrets: Secrets, pair: KeyPair) -> list[tuple[str, str]]:
    return [("ca", secrets.ca_certificate), ("cert", pair.certificate), ("key", pair.key)]


def _json(config: dict[str, Any]) -> str:
    return json.dumps(config, indent=1) + "\n"


def _line(text: str) -> str:
    return text.rstrip("\n") + "\n"
