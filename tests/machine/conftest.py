"""A small cluster with secrets that are the same in every run, so that golden files can be kept."""

from __future__ import annotations

import base64
import random
import uuid
from collections.abc import Callable

import pytest

from steppe import spec, topology
from steppe.control.secrets import HostSecrets, KeyPair, Secrets, Token
from steppe.topology import Role, Topology


def build(text: str = "region: box\n") -> Topology:
    return topology.build(spec.parse(f"cluster: orders\n{text}", "cluster.yaml"))


def make_secrets(built: Topology) -> Secrets:
    chance = random.Random(7)

    def pem(kind: str, size: int) -> str:
        body = base64.encodebytes(chance.randbytes(size)).decode()
        return f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n"

    def token() -> Token:
        accessor, secret = (str(uuid.UUID(bytes=chance.randbytes(16))) for _ in range(2))
        return Token(accessor=accessor, secret=secret)

    def pair() -> KeyPair:
        return KeyPair(certificate=pem("CERTIFICATE", 560), key=pem("PRIVATE KEY", 138))

    def key() -> str:
        return base64.b64encode(chance.randbytes(32)).decode()

    def host(role: Role) -> HostSecrets:
        runs_consul, runs_nomad = role is not Role.BASTION, role not in (Role.BASTION, Role.CONSUL)
        return HostSecrets(
            consul_tls=pair() if runs_consul else None,
            nomad_tls=pair() if runs_nomad else None,
            consul_agent=token() if runs_consul else None,
            nomad_consul=token() if runs_nomad else None,
            ssh_host_key=pem("OPENSSH PRIVATE KEY", 300),
            ssh_host_public=f"ssh-ed25519 {key()}",
        )

    return Secrets(
        owner="owner",
        ca_certificate=pem("CERTIFICATE", 420),
        ca_key=pem("PRIVATE KEY", 138),
        consul_gossip=key(),
        nomad_gossip=key(),
        consul_management=token(),
        nomad_management=str(uuid.UUID(bytes=chance.randbytes(16))),
        ssh_private_key=pem("OPENSSH PRIVATE KEY", 300),
        ssh_public_key=f"ssh-ed25519 {key()}",
        hosts={each.name: host(each.role) for each in built.hosts},
    )


@pytest.fixture(name="build")
def build_fixture() -> Callable[[str], Topology]:
    return build


@pytest.fixture
def cluster() -> Topology:
    return build()


@pytest.fixture
def secrets(cluster: Topology) -> Secrets:
    return make_secrets(cluster)


@pytest.fixture
def balancer_addresses() -> dict[str, str]:
    return {
        "orders-consul": "10.80.15.250",
        "orders-nomad": "10.80.15.251",
        "orders-nameserver": "10.81.15.250",
    }
