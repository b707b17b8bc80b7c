"""What is renewed on a running host, by `steppe rotate`: certificates and gossip keys. Pure.

The rest of a host is what it was made from. A host that is made later gets the renewed ones in its user-data,
so they are no part of the fingerprint, which would otherwise ask for every host to be replaced.
"""

from __future__ import annotations

from dataclasses import replace

from steppe.control.secrets import HostSecrets, KeyPair, Secrets
from steppe.machine import paths
from steppe.machine.files import File, files
from steppe.topology.model import Host, Topology

_NO_PAIR = KeyPair(certificate="", key="")


def certificate_files(topology: Topology, host: Host, secrets: Secrets) -> tuple[File, ...]:
    """The host's certificates and keys, with the CA's certificate; none on a host without agents."""
    return tuple(
        file
        for file in _all(topology, host, secrets)
        if file.path.startswith((paths.CONSUL_TLS, paths.NOMAD_TLS)) and not file.path.endswith("/")
    )


def gossip_files(topology: Topology, host: Host, secrets: Secrets) -> tuple[File, ...]:
    """The gossip keys that the host's agents begin with when they have no keyring yet."""
    wanted = (paths.CONSUL_GOSSIP, paths.NOMAD_GOSSIP)
    return tuple(file for file in _all(topology, host, secrets) if file.path in wanted)


def unrotated(secrets: Secrets) -> Secrets:
    """The same secrets, blank where they may be renewed on a running host."""
    return replace(
        secrets,
        consul_gossip="",
        nomad_gossip="",
        hosts={name: _blank(own) for name, own in secrets.hosts.items()},
    )


def _all(topology: Topology, host: Host, secrets: Secrets) -> tuple[File, ...]:
    # No file that is rotated holds a balancer's address.
    return files(topology, host, secrets, dict.fromkeys(host.balancers, ""))


def _blank(own: HostSecrets) -> HostSecrets:
    return replace(
        own,
        consul_tls=own.consul_tls and _NO_PAIR,
        nomad_tls=own.nomad_tls and _NO_PAIR,
    )
