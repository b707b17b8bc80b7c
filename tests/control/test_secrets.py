"""Secrets: made once, kept before use, never changed; certificates that strict verifiers take."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import asyncssh
import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from steppe.control.secrets import FILE, Secrets, complete, keep, load, make
from steppe.errors import SteppeError
from steppe.topology import Role, Topology
from steppe.workspace import ClusterFolder


@pytest.fixture
def folder(tmp_path: Path) -> ClusterFolder:
    return ClusterFolder(tmp_path / "box" / "orders")


def names(certificate: str) -> tuple[list[str], list[IPv4Address]]:
    parsed = x509.load_pem_x509_certificate(certificate.encode())
    found = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.get_values_for_type(x509.DNSName), [
        IPv4Address(str(address)) for address in found.get_values_for_type(x509.IPAddress)
    ]


def test_each_host_has_what_its_part_needs(cluster: Topology) -> None:
    made = make(cluster)
    assert made.hosts.keys() == {host.name for host in cluster.hosts}
    for host in cluster.hosts:
        own = made.hosts[host.name]
        runs_nomad = host.role is Role.NOMAD or host.role.is_nomad_client
        assert (
            (own.consul_tls is not None) == (own.consul_agent is not None) == (host.role is not Role.BASTION)
        )
        assert (own.nomad_tls is not None) == (own.nomad_consul is not None) == runs_nomad
        assert asyncssh.import_private_key(
            own.ssh_host_key
        ).convert_to_public() == asyncssh.import_public_key(own.ssh_host_public)


@pytest.mark.parametrize(
    ("host", "consul", "nomad"),
    [
        ("orders-consul-a", "server.orders.consul", None),
        ("orders-nomad-b", "client.orders.consul", "server.orders.nomad"),
        ("orders-broker-c", "client.orders.consul", "client.orders.nomad"),
    ],
)
def test_certificates_carry_the_names_that_agents_check(
    cluster: Topology, host: str, consul: str, nomad: str | None
) -> None:
    made = make(cluster)
    own = made.hosts[host]
    store = Store([x509.load_pem_x509_certificate(made.ca_certificate.encode())])
    for pair, name in ((own.consul_tls, consul), (own.nomad_tls, nomad)):
        if name is None:
            assert pair is None
            continue
        assert pair is not None
        addresses = [IPv4Address("127.0.0.1"), cluster.host(host).address]
        assert names(pair.certificate) == ([name, "localhost"], addresses)
        leaf = x509.load_pem_x509_certificate(pair.certificate.encode())
        PolicyBuilder().store(store).build_server_verifier(x509.DNSName(name)).verify(leaf, [])
        PolicyBuilder().store(store).build_client_verifier().verify(leaf, [])


def kept(cluster: Topology, folder: ClusterFolder) -> Secrets:
    made = complete(folder, cluster)
    keep(folder, made)
    return made


def test_they_are_kept_when_that_is_asked_for_and_stay_the_same(
    cluster: Topology, folder: ClusterFolder
) -> None:
    made = complete(folder, cluster)
    assert load(folder) is None
    assert keep(folder, made)
    assert load(folder) == made == complete(folder, cluster)
    assert not keep(folder, made)
    assert (folder.path / FILE).stat().st_mode & 0o777 == 0o600
    assert folder.path.stat().st_mode & 0o777 == 0o700


def test_a_new_host_gets_its_own_and_nothing_else_changes(cluster: Topology, folder: ClusterFolder) -> None:
    fewer = replace(cluster, hosts=cluster.hosts[:-2])
    before = kept(fewer, folder)
    after = kept(cluster, folder)
    added = {host.name for host in cluster.hosts[-2:]}
    assert after.hosts.keys() - before.hosts.keys() == added
    assert replace(after, hosts={n: own for n, own in after.hosts.items() if n not in added}) == before
    assert complete(folder, fewer) == after


def test_the_file_of_an_older_steppe_is_completed_and_stays_so(
    cluster: Topology, folder: ClusterFolder
) -> None:
    made = kept(cluster, folder)
    older = json.loads((folder.path / FILE).read_text())
    del older["rocketmq"]
    folder.write(FILE, json.dumps(older))
    assert load(folder) == replace(made, rocketmq=None)
    completed = kept(cluster, folder)
    assert replace(completed, rocketmq=None) == replace(made, rocketmq=None)
    names = [user.name for user in (completed.users.administrator, completed.users.brokers)]
    assert names == ["steppe", "steppe-brokers"]
    assert load(folder) == completed == complete(folder, cluster)


def test_nothing_secret_is_printed(cluster: Topology) -> None:
    made = make(cluster)
    shown = repr(made)
    for secret in secrets_of(made):
        assert secret not in shown
    assert made.ca_certificate.splitlines()[1] in shown


def secrets_of(made: Secrets) -> list[str]:
    some = made.hosts["orders-nomad-a"]
    assert some.consul_agent and some.nomad_consul and some.consul_tls
    return [
        made.consul_gossip,
        made.nomad_gossip,
        made.consul_management.secret,
        made.nomad_management,
        made.users.administrator.secret,
        made.users.brokers.secret,
        made.users.check.secret,
        made.ca_key.splitlines()[1],
        made.ssh_private_key.splitlines()[1],
        some.consul_agent.secret,
        some.nomad_consul.secret,
        some.consul_tls.key.splitlines()[1],
        some.ssh_host_key.splitlines()[3],
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "no JSON object"),
        ("[]", "no JSON object"),
        ('{"version": 2}', "version 2; this steppe reads version 1"),
        ('{"version": 1}', "owner: Field required"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(folder: ClusterFolder, text: str, expected: str) -> None:
    folder.write(FILE, text)
    with pytest.raises(SteppeError) as caught:
        load(folder)
    assert str(folder.path / FILE) in caught.value.message
    assert expected in caught.value.message
    assert caught.value.hint


def test_a_damaged_field_is_named_without_its_content(cluster: Topology, folder: ClusterFolder) -> None:
    made = kept(cluster, folder)
    written = json.loads((folder.path / FILE).read_text())
    written["consul_management"]["secret"] = [made.consul_management.secret]
    folder.write(FILE, json.dumps(written))
    with pytest.raises(
        SteppeError, match=r"consul_management\.secret: Input should be a valid string"
    ) as caught:
        load(folder)
    assert made.consul_management.secret not in str(caught.value)
