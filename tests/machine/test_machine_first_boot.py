"""The first-boot script: its bytes, the files it brings, and what it does with disks."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Callable, Iterator

import pytest

from steppe import machine
from steppe.control.secrets import HostSecrets, Secrets
from steppe.errors import SteppeError
from steppe.topology import Host, Role, Topology

Made = Callable[[str], bytes]


@pytest.fixture
def made(cluster: Topology, secrets: Secrets, balancer_addresses: dict[str, str]) -> Made:
    return lambda name: machine.user_data(cluster, cluster.host(name), secrets, balancer_addresses)


def unpack(script: bytes) -> Iterator[tuple[tarfile.TarInfo, str]]:
    packed = script.partition(b"<<'FILES' | tar -xz -C /\n")[2].partition(b"FILES\n")[0]
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(base64.b64decode(packed)))) as tar:
        for info in tar:
            content = tar.extractfile(info)
            yield info, content.read().decode() if content else ""


@pytest.mark.parametrize("role", list(Role))
def test_it_is_a_script_within_the_clouds_limit(role: Role, cluster: Topology, made: Made) -> None:
    script = made(cluster.by_role(role)[0].name)
    assert script.startswith(b"#!/bin/bash\n")
    assert len(base64.b64encode(script)) <= 12 * 1024
    subprocess.run(["bash", "-n"], input=script, check=True)


def test_it_is_the_same_every_time(made: Made) -> None:
    assert made("orders-broker-a") == made("orders-broker-a")


def test_more_than_the_cloud_takes_is_refused(
    cluster: Topology, secrets: Secrets, balancer_addresses: dict[str, str]
) -> None:
    host = cluster.host("orders-bastion")
    noise = "".join(base64.b64encode(os.urandom(9000)).decode())
    own = dataclasses.replace(secrets.hosts[host.name], ssh_host_public=noise)
    fat = dataclasses.replace(secrets, hosts={**secrets.hosts, host.name: own})
    with pytest.raises(
        SteppeError, match=r"user-data of orders-bastion has \d+ bytes as base64; UCloud takes 16384"
    ):
        machine.user_data(cluster, host, fat, balancer_addresses)


def test_secrets_are_for_root_and_the_agent_alone(made: Made, secrets: Secrets) -> None:
    own = secrets.hosts["orders-broker-a"]
    private = _secret_texts(secrets, own)
    for info, content in unpack(made("orders-broker-a")):
        if any(text in content for text in private):
            assert info.mode & 0o007 == 0, info.name
            assert info.gname == ("consul" if "consul.d" in info.name else "root")


def _secret_texts(secrets: Secrets, own: HostSecrets) -> list[str]:
    assert own.consul_tls
    assert own.nomad_tls
    assert own.nomad_consul
    return [
        secrets.consul_gossip,
        own.consul_tls.key,
        own.nomad_tls.key,
        own.nomad_consul.secret,
        own.ssh_host_key,
    ]


def test_a_host_gets_its_own_share_of_secrets_and_no_more(made: Made, secrets: Secrets) -> None:
    contents = "".join(content for _, content in unpack(made("orders-broker-a")))
    others = [own for name, own in secrets.hosts.items() if name != "orders-broker-a"]
    foreign = [own.ssh_host_key for own in others] + [own.consul_tls.key for own in others if own.consul_tls]
    cluster_wide = [
        secrets.ca_key,
        secrets.consul_management.secret,
        secrets.nomad_management,
        secrets.ssh_private_key,
    ]
    assert not any(text in contents for text in [*foreign, *cluster_wide, secrets.nomad_gossip])


def test_the_files_of_a_consul_server(made: Made) -> None:
    found = {info.name: (info, content) for info, content in unpack(made("orders-consul-a"))}
    assert found["etc/hostname"][1] == "orders-consul-a\n"
    assert found["etc/steppe/addresses"][1] == "10.80.15.250\n"
    assert found["etc/consul.d/tls/key.pem"][0].mode == 0o640
    assert found["data/consul"][0].isdir()
    assert json.loads(found["etc/consul.d/consul.json"][1])["node_name"] == "orders-consul-a"
    assert "etc/nomad.d/nomad.json" not in found
    hosts = found["etc/hosts"][1].splitlines()
    nomad = [line.split()[0] for line in hosts if "server.orders.nomad" in line.split()]
    assert nomad == ["10.80.0.32", "10.80.0.33", "10.80.0.34"]


def test_the_units_of_each_role(cluster: Topology, made: Made) -> None:
    def units(role: Role) -> str:
        lines = made(cluster.by_role(role)[0].name).decode().splitlines()
        return next(line for line in lines if line.startswith("systemctl start"))

    assert units(Role.BASTION).endswith("--no-block steppe-addresses.service")
    assert units(Role.CONSUL).endswith(" consul.service nomad-keys.service")
    assert units(Role.BROKER).endswith(" consul.service nomad.service")


def test_scaling_changes_nothing_of_a_host_that_exists(
    cluster: Topology,
    secrets: Secrets,
    balancer_addresses: dict[str, str],
    build: Callable[[str], Topology],
) -> None:
    grown = build(
        "region: box\nhosts: {nomad: {count: 5}, nameserver: {per_zone: 2}, broker: {per_zone: 3}}\n"
        "rocketmq: {nameservers: {main: {}, more: {}}, brokers: {orders-0: {nameserver: main}}}\n"
    )
    for host in cluster.hosts:
        before = machine.user_data(cluster, host, secrets, balancer_addresses)
        assert machine.user_data(grown, grown.host(host.name), secrets, balancer_addresses) == before


def test_the_fingerprint_is_of_what_a_host_is_made_from(cluster: Topology, made: Made) -> None:
    host, script = cluster.host("orders-broker-a"), made("orders-broker-a")
    mark = machine.fingerprint(host, script)
    assert len(mark) == 16
    assert machine.fingerprint(dataclasses.replace(host, charge_type="Year"), script) == mark
    changed: list[Host] = [
        dataclasses.replace(host, image="steppe-host-2"),
        dataclasses.replace(host, machine_type="N"),
        dataclasses.replace(host, memory_mib=4096),
        dataclasses.replace(host, data_disk=None),
    ]
    marks = {machine.fingerprint(each, script) for each in changed}
    marks.add(machine.fingerprint(host, made("orders-broker-b")))
    assert len(marks | {mark}) == 6


def test_the_fingerprint_is_the_same_with_another_compressor(cluster: Topology, made: Made) -> None:
    host, script = cluster.host("orders-broker-a"), made("orders-broker-a")
    opening, closing = b"<<'FILES' | tar -xz -C /\n", b"FILES\n"
    head, _, rest = script.partition(opening)
    packed, _, tail = rest.partition(closing)
    weaker = gzip.compress(gzip.decompress(base64.b64decode(packed)), compresslevel=1, mtime=0)
    other = head + opening + base64.encodebytes(weaker) + closing + tail
    assert other != script
    assert machine.fingerprint(host, other) == machine.fingerprint(host, script)
