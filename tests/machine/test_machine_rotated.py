"""What is rotated on a running host: files of their own, and no part of its fingerprint."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from steppe import machine
from steppe.control.secrets import Secrets, gossip_key, make, with_new_certificates
from steppe.topology import Host, Topology

BALANCERS = {
    "orders-consul": "10.80.15.254",
    "orders-nomad": "10.80.15.253",
    "orders-nameserver": "10.81.15.254",
}


@pytest.fixture
def secrets(cluster: Topology) -> Secrets:
    """Real ones: here certificates are read."""
    return make(cluster)


def fingerprint(topology: Topology, host: Host, secrets: Secrets) -> str:
    user_data = machine.user_data(topology, host, machine.unrotated(secrets), BALANCERS)
    return machine.fingerprint(host, user_data)


@pytest.fixture(scope="module")
def tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


def test_a_rotation_makes_no_host_another_one(
    cluster: Topology, secrets: Secrets, tomorrow: datetime
) -> None:
    renewed = with_new_certificates(secrets, cluster, tomorrow)
    rotated = replace(renewed, consul_gossip=gossip_key(), nomad_gossip=gossip_key())
    for host in cluster.hosts:
        assert fingerprint(cluster, host, rotated) == fingerprint(cluster, host, secrets)


def test_other_secrets_make_every_host_another_one(cluster: Topology, secrets: Secrets) -> None:
    other = make(cluster)
    for host in cluster.hosts:
        assert fingerprint(cluster, host, other) != fingerprint(cluster, host, secrets)


def test_a_host_that_is_made_later_gets_the_renewed_ones(
    cluster: Topology, secrets: Secrets, tomorrow: datetime
) -> None:
    rotated = replace(with_new_certificates(secrets, cluster, tomorrow), consul_gossip=gossip_key())
    host = cluster.host("orders-nomad-b")
    assert machine.user_data(cluster, host, rotated, BALANCERS) != machine.user_data(
        cluster, host, secrets, BALANCERS
    )
    contents = {file.path: file.content for file in machine.files(cluster, host, rotated, BALANCERS)}
    own = rotated.hosts[host.name].nomad_tls
    assert own is not None
    assert contents["/etc/nomad.d/tls/cert.pem"] == own.certificate
    assert json.loads(contents["/etc/consul.d/gossip.json"]) == {"encrypt": rotated.consul_gossip}


def test_only_certificates_from_before_are_renewed(cluster: Topology, secrets: Secrets) -> None:
    assert with_new_certificates(secrets, cluster, datetime.now(UTC) - timedelta(days=1)) == secrets
    renewed = with_new_certificates(secrets, cluster, datetime.now(UTC) + timedelta(days=1))
    for host in cluster.hosts:
        before, after = secrets.hosts[host.name], renewed.hosts[host.name]
        assert (before.consul_tls is None) is (after.consul_tls is None)
        assert before.consul_tls is None or before.consul_tls != after.consul_tls
        assert before.nomad_tls is None or before.nomad_tls != after.nomad_tls
        assert replace(after, consul_tls=before.consul_tls, nomad_tls=before.nomad_tls) == before


@pytest.mark.parametrize(
    ("name", "certificates", "gossip"),
    [
        ("orders-consul-a", {"/etc/consul.d"}, {"/etc/consul.d"}),
        ("orders-nomad-b", {"/etc/consul.d", "/etc/nomad.d"}, {"/etc/consul.d", "/etc/nomad.d"}),
        ("orders-broker-c", {"/etc/consul.d", "/etc/nomad.d"}, {"/etc/consul.d"}),
        ("orders-bastion", set(), set()),
    ],
)
def test_which_files_a_host_gets_anew(
    name: str, certificates: set[str], gossip: set[str], cluster: Topology, secrets: Secrets
) -> None:
    host = cluster.host(name)
    paths = {file.path for file in machine.certificate_files(cluster, host, secrets)}
    assert paths == {f"{folder}/tls/{each}.pem" for folder in certificates for each in ("ca", "cert", "key")}
    assert {file.path for file in machine.gossip_files(cluster, host, secrets)} == {
        f"{folder}/gossip.json" for folder in gossip
    }
