"""Every secret of a cluster, made before any host exists, so that nothing is pushed to a host later.

The APIs of Consul and Nomad accept chosen ids and secrets, so each bootstrap call can be repeated
(Consul: `PUT /v1/acl/bootstrap` with BootstrapSecret; `PUT /v1/acl/token` with AccessorID and SecretID).

1. `ensure` loads `secrets.json` from the cluster's folder; without one, it makes every secret.
2. A host of the topology that has none yet gets its own. Nothing that exists is ever changed, but for the
   certificates of a host that gets another address, which they name.
3. What was made is on disk before it is handed out, so a host never holds a secret that we lost.
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from ipaddress import IPv4Address

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from pydantic import TypeAdapter, ValidationError

from steppe.control import pki
from steppe.control.pki import KeyPair
from steppe.errors import SteppeError
from steppe.topology.model import Host, Role, Topology
from steppe.workspace import ClusterFolder

__all__ = ["FILE", "HostSecrets", "KeyPair", "Secrets", "Token", "ensure", "load", "make", "parse", "save"]

FILE = "secrets.json"
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An ACL token with chosen ids, both UUIDs."""

    accessor: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSecrets:
    consul_tls: KeyPair | None
    """None on the bastion, which runs no Consul agent."""
    nomad_tls: KeyPair | None
    """Only on Nomad servers and clients."""
    consul_agent: Token | None
    """The Consul agent's own token: its node identity."""
    nomad_consul: Token | None
    """What Nomad on this host shows Consul; only on Nomad servers and clients."""
    ssh_host_key: str = field(repr=False)
    """OpenSSH private key (ed25519), so that the host's identity is known before its first boot."""
    ssh_host_public: str = ""
    """`ssh-ed25519 AAAA…`, what steppe pins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    owner: str
    """Random id of the workspace that owns the cluster; also in the claim's Remark."""
    ca_certificate: str
    ca_key: str = field(repr=False)
    consul_gossip: str = field(repr=False)
    """32 random bytes, base64."""
    nomad_gossip: str = field(repr=False)
    consul_management: Token
    """Only its secret counts: the call that sets it, `PUT /v1/acl/bootstrap`, chooses the accessor itself."""
    nomad_management: str = field(repr=False)
    """The secret given to `POST /v1/acl/bootstrap`; Nomad makes the accessor."""
    ssh_private_key: str = field(repr=False)
    """The operator's OpenSSH private key (ed25519) for the hosts of this cluster."""
    ssh_public_key: str
    hosts: Mapping[str, HostSecrets]
    """By host name."""


def ensure(folder: ClusterFolder, topology: Topology) -> Secrets:
    """The cluster's secrets with every host of the topology in them, kept in the folder.

    Raises SteppeError when the kept ones can't be read.
    """
    with folder.turn(FILE):
        kept = load(folder)
        complete = with_hosts(kept, topology) if kept else make(topology)
        if complete != kept:
            save(folder, complete)
        return complete


def save(folder: ClusterFolder, secrets: Secrets) -> None:
    """Keeps them in the folder, in place of those that it has."""
    folder.write(FILE, json.dumps({"version": _VERSION, **asdict(secrets)}, indent=1) + "\n")


def load(folder: ClusterFolder) -> Secrets | None:
    """The kept secrets; None if the folder has none. Raises SteppeError when they can't be read."""
    text = folder.read(FILE)
    return None if text is None else parse(text, str(folder.path / FILE))


def make(topology: Topology) -> Secrets:
    """New secrets for a cluster that has none."""
    ca = pki.authority(f"steppe {topology.cluster}")
    private, public = _ssh_key(f"operator@{topology.cluster}")
    fresh = Secrets(
        owner=secrets.token_hex(8),
        ca_certificate=ca.certificate,
        ca_key=ca.key,
        consul_gossip=_gossip_key(),
        nomad_gossip=_gossip_key(),
        consul_management=_token(),
        nomad_management=str(uuid.uuid4()),
        ssh_private_key=private,
        ssh_public_key=public,
        hosts={},
    )
    return with_hosts(fresh, topology)


def with_hosts(kept: Secrets, topology: Topology) -> Secrets:
    """The same secrets, with new ones for those hosts that have none; the same object if all have."""
    ca = KeyPair(certificate=kept.ca_certificate, key=kept.ca_key)
    new = {host.name: _host(topology, host, ca) for host in topology.hosts if host.name not in kept.hosts}
    named = addresses(kept)
    moved = {
        host.name: _certified(kept.hosts[host.name], topology, host, ca)
        for host in topology.hosts
        if named.get(host.name, host.address) != host.address
    }
    return replace(kept, hosts={**kept.hosts, **new, **moved}) if new or moved else kept


def addresses(kept: Secrets) -> Mapping[str, IPv4Address]:
    """The address that each host's certificate names, by the host's name."""
    return {
        name: pki.address(host.consul_tls.certificate) for name, host in kept.hosts.items() if host.consul_tls
    }


def _host(topology: Topology, host: Host, ca: KeyPair) -> HostSecrets:
    runs_consul = host.role is not Role.BASTION
    runs_nomad = host.role is Role.NOMAD or host.role.is_nomad_client
    private, public = _ssh_key(host.name)
    plain = HostSecrets(
        consul_tls=None,
        nomad_tls=None,
        consul_agent=_token() if runs_consul else None,
        nomad_consul=_token() if runs_nomad else None,
        ssh_host_key=private,
        ssh_host_public=public,
    )
    return _certified(plain, topology, host, ca)


def _certified(kept: HostSecrets, topology: Topology, host: Host, ca: KeyPair) -> HostSecrets:
    """The same with new certificates for the agents that the host runs: those that have a token."""
    consul = _agent(topology, host, ca, "consul", host.role is Role.CONSUL) if kept.consul_agent else None
    nomad = _agent(topology, host, ca, "nomad", host.role is Role.NOMAD) if kept.nomad_consul else None
    return replace(kept, consul_tls=consul, nomad_tls=nomad)


def _agent(topology: Topology, host: Host, ca: KeyPair, program: str, is_server: bool) -> KeyPair:
    end = "server" if is_server else "client"
    return pki.leaf(ca, host.name, [f"{end}.{topology.cluster}.{program}"], host.address)


def _token() -> Token:
    return Token(accessor=str(uuid.uuid4()), secret=str(uuid.uuid4()))


def _gossip_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _ssh_key(comment: str) -> tuple[str, str]:
    """An ed25519 key: OpenSSH's private file, and its public line."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode(), f"{public.decode()} {comment}"


def parse(text: str, file: str) -> Secrets:
    """The secrets of a file's text; `file` names it in errors. Raises SteppeError when they can't be read."""
    try:
        kept = json.loads(text)
        version = kept.pop("version")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise _damaged(file, "it is no JSON object with a `version`") from error
    if version != _VERSION:
        raise SteppeError(
            f"{file} has version {version}; this steppe reads version {_VERSION}.",
            code="secrets.version",
            hint="Use the steppe that wrote it, or a newer one.",
        )
    try:
        return TypeAdapter(Secrets).validate_python(kept)
    except ValidationError as error:
        # Only place and kind: pydantic's own text shows the input, which is secret here.
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _damaged(file, f"{place}: {first['msg']}") from None


def _damaged(file: str, what: str) -> SteppeError:
    return SteppeError(
        f"{file} is damaged: {what}.",
        code="secrets.damaged",
        hint="Put a backup of it back: a running cluster can't be managed without its own secrets.",
    )
