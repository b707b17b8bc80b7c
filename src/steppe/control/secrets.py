"""Every secret of a cluster, made before any host exists, so that nothing is pushed to a host later.

The APIs of Consul and Nomad accept chosen ids and secrets, so each bootstrap call can be repeated
(Consul: `PUT /v1/acl/bootstrap` with BootstrapSecret; `PUT /v1/acl/token` with AccessorID and SecretID).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A certificate with its private key, both PEM."""

    certificate: str
    key: str = field(repr=False)


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
    nomad_management: str = field(repr=False)
    """The secret given to `POST /v1/acl/bootstrap`; Nomad makes the accessor."""
    ssh_private_key: str = field(repr=False)
    """The operator's OpenSSH private key (ed25519) for the hosts of this cluster."""
    ssh_public_key: str
    hosts: Mapping[str, HostSecrets]
    """By host name."""
