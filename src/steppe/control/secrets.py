"""Every secret of a cluster, made before any host exists, so that building pushes nothing to a host.

The APIs of Consul and Nomad accept chosen ids and secrets, so each bootstrap call can be repeated
(Consul: `PUT /v1/acl/bootstrap` with BootstrapSecret; `PUT /v1/acl/token` with AccessorID and SecretID).

1. `complete` loads `secrets.json` from the cluster's folder; without one, it makes every secret.
2. A host of the topology that has none yet gets its own, and RocketMQ's users that a file of an older steppe
   lacks are made. What exists stays, but for the certificates of a host that gets another address, which they
   name; `steppe rotate` renews certificates and gossip keys.
3. `keep` puts what was made on disk. That comes before anything is made in the region, so a host never holds
   a secret that we lost; and after a command was refused or not, so a refused one leaves nothing behind.
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from ipaddress import IPv4Address

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from pydantic import TypeAdapter, ValidationError

from steppe.control import pki
from steppe.control.pki import KeyPair
from steppe.errors import SteppeError
from steppe.topology.model import Host, Role, Topology
from steppe.workspace import ClusterFolder

__all__ = [
    "FILE",
    "HostSecrets",
    "JoinKey",
    "KeyPair",
    "RocketmqUsers",
    "Secrets",
    "Token",
    "User",
    "complete",
    "keep",
    "load",
    "make",
    "parse",
    "save",
]

FILE = "secrets.json"
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An ACL token with chosen ids, both UUIDs."""

    accessor: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user of RocketMQ; what it signs its requests with."""

    name: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RocketmqUsers:
    """Those that the cluster itself needs; applications have users of their own."""

    administrator: User
    brokers: User
    """As whom brokers ask each other."""
    check: User
    """As whom `steppe verify` sends and receives; it may use its own topic and nothing else."""


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
class JoinKey:
    """An API key that hosts carry to find each other; it should have the right to describe hosts alone."""

    public_key: str
    private_key: str = field(repr=False)
    project_id: str = ""
    """Empty for the account's default project."""
    base_url: str = ""
    """Where hosts reach the API; empty for UCloud's public address."""


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
    rocketmq: RocketmqUsers | None = None
    """None only as read from the file of an older steppe, before it was completed."""
    join_key: JoinKey | None = None
    """Only with `join: discover`."""

    @property
    def users(self) -> RocketmqUsers:
        """RocketMQ's own users of a completed cluster."""
        assert self.rocketmq is not None
        return self.rocketmq

    @property
    def ca(self) -> KeyPair:
        """The cluster's own authority."""
        return KeyPair(certificate=self.ca_certificate, key=self.ca_key)


def complete(folder: ClusterFolder, topology: Topology) -> Secrets:
    """The cluster's secrets with every host of the topology in them; what the folder lacks is not kept yet.

    A `join_key` takes the place of a kept one. Raises SteppeError when the kept ones can't be read.
    """
    kept = load(folder)
    return with_hosts(kept, topology) if kept else make(topology)


def keep(folder: ClusterFolder, secrets: Secrets) -> bool:
    """Keeps what `complete` gave; whether the folder had none before.

    The caller holds the folder's lock since before it called `complete`, so nobody kept others meanwhile.
    """
    with folder.turn(FILE):
        kept = load(folder)
        if secrets != kept:
            save(folder, secrets)
        return kept is None


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
        consul_gossip=gossip_key(),
        nomad_gossip=gossip_key(),
        consul_management=_token(),
        nomad_management=str(uuid.uuid4()),
        ssh_private_key=private,
        ssh_public_key=public,
        hosts={},
    )
    return with_hosts(fresh, topology)


def with_hosts(kept: Secrets, topology: Topology) -> Secrets:
    """The same secrets, with new ones for hosts and users that have none; the same object if all have."""
    kept = kept if kept.rocketmq else replace(kept, rocketmq=_rocketmq_users())
    ca = kept.ca
    new = {host.name: _host(topology, host, ca) for host in topology.hosts if host.name not in kept.hosts}
    named = addresses(kept)
    moved = {
        host.name: _with_certificates(kept.hosts[host.name], topology, host, ca)
        for host in topology.hosts
        if named.get(host.name, host.address) != host.address
    }
    return replace(kept, hosts={**kept.hosts, **new, **moved}) if new or moved else kept


def addresses(kept: Secrets) -> Mapping[str, IPv4Address]:
    """The address that each host's certificate names, by the host's name."""
    return {
        name: pki.address(host.consul_tls.certificate) for name, host in kept.hosts.items() if host.consul_tls
    }


def with_new_certificates(kept: Secrets, topology: Topology, since: datetime) -> Secrets:
    """The same secrets, with a new certificate and key in place of each of a host's made before `since`."""
    ca = kept.ca

    def renewed(host: Host, own: HostSecrets) -> HostSecrets:
        consul, nomad = _tls(topology, host, ca)
        return replace(
            own,
            consul_tls=consul if _is_older(own.consul_tls, since) else own.consul_tls,
            nomad_tls=nomad if _is_older(own.nomad_tls, since) else own.nomad_tls,
        )

    hosts = {host.name: renewed(host, kept.hosts[host.name]) for host in topology.hosts}
    return replace(kept, hosts={**kept.hosts, **hosts})


def _with_certificates(own: HostSecrets, topology: Topology, host: Host, ca: KeyPair) -> HostSecrets:
    consul, nomad = _tls(topology, host, ca)
    return replace(own, consul_tls=consul, nomad_tls=nomad)


def _is_older(pair: KeyPair | None, since: datetime) -> bool:
    return pair is not None and pki.made(pair.certificate) < since


def with_join_key(kept: Secrets, key: JoinKey | None) -> Secrets:
    """The same secrets with that key for hosts to find each other; None keeps what there is."""
    return replace(kept, join_key=key) if key else kept


def _host(topology: Topology, host: Host, ca: KeyPair) -> HostSecrets:
    consul, nomad = _tls(topology, host, ca)
    private, public = _ssh_key(host.name)
    return HostSecrets(
        consul_tls=consul,
        nomad_tls=nomad,
        consul_agent=_token() if consul else None,
        nomad_consul=_token() if nomad else None,
        ssh_host_key=private,
        ssh_host_public=public,
    )


def _tls(topology: Topology, host: Host, ca: KeyPair) -> tuple[KeyPair | None, KeyPair | None]:
    """New certificates for the agents that the host runs: Consul's and Nomad's."""
    runs_consul = host.role is not Role.BASTION
    runs_nomad = host.role is Role.NOMAD or host.role.is_nomad_client
    return (
        _agent(topology, host, ca, "consul", host.role is Role.CONSUL) if runs_consul else None,
        _agent(topology, host, ca, "nomad", host.role is Role.NOMAD) if runs_nomad else None,
    )


def _agent(topology: Topology, host: Host, ca: KeyPair, program: str, is_server: bool) -> KeyPair:
    end = "server" if is_server else "client"
    return pki.leaf(ca, host.name, [f"{end}.{topology.cluster}.{program}"], host.address)


def _rocketmq_users() -> RocketmqUsers:
    def user(name: str) -> User:
        return User(name=name, secret=new_user_secret())

    return RocketmqUsers(
        administrator=user("steppe"), brokers=user("steppe-brokers"), check=user("steppe-verify")
    )


def new_user_secret() -> str:
    """Of a user of RocketMQ: 256 random bits, in letters that need no quoting anywhere."""
    return secrets.token_hex(32)


def _token() -> Token:
    return Token(accessor=str(uuid.uuid4()), secret=str(uuid.uuid4()))


def gossip_key() -> str:
    """A new key as both keyrings take it: 32 random bytes, base64."""
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
