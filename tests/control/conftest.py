"""Clusters on loopback addresses, and real Consul and Nomad processes configured as on real hosts."""

from __future__ import annotations

import itertools
import json
import os
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from steppe import machine, spec, topology
from steppe.control.secrets import KeyPair, Secrets, make
from steppe.setup import image
from steppe.topology import Host, Role, Topology

_CACHE = Path(
    os.environ.get("STEPPE_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "steppe"
)
_TOOLS = {"consul": "consul-1.20.6/consul", "nomad": "nomad-1.10.5/nomad"}
_numbers = itertools.count(1)


def build(text: str = "region: box\n") -> Topology:
    return topology.build(spec.parse(f"cluster: orders\n{text}", "cluster.yaml"))


def on_loopback(built: Topology, keep: Callable[[Host], bool] = lambda _: True) -> Topology:
    """The same cluster with every host at a loopback address that no other test uses."""
    number = os.getpid() * 7 + next(_numbers)
    network = f"127.{16 + number % 200}.{number // 200 % 250}"
    hosts = tuple(
        replace(host, address=IPv4Address(f"{network}.{place}"))
        for place, host in enumerate(filter(keep, built.hosts), start=1)
    )
    return replace(built, hosts=hosts, access="direct")


class Agents:
    """The Consul and Nomad processes of a cluster. A Nomad agent asks the Consul server of its zone."""

    def __init__(self, built: Topology, secrets: Secrets, folder: Path) -> None:
        self.topology, self.secrets, self._folder = built, secrets, folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        servers = [
            *(f"{host.address} server.orders.consul" for host in built.by_role(Role.CONSUL)),
            *(f"{host.address} server.orders.nomad" for host in built.by_role(Role.NOMAD)),
        ]
        (folder / "hosts").write_text("\n".join(["127.0.0.1 localhost", *servers, ""]))

    def lead_to_nomads_keys(self) -> None:
        """Consul's way to Nomad's public keys, by the image's own program; once for all servers here."""
        tls = self._folder / "keys"
        tls.mkdir()
        pair = self.secrets.hosts[self.topology.by_role(Role.CONSUL)[0].name].consul_tls
        assert pair is not None
        texts = {"ca": self.secrets.ca_certificate, "cert": pair.certificate, "key": pair.key}
        for name, text in texts.items():
            (tls / f"{name}.pem").write_text(text)
        (tls / "stunnel.conf").write_text(machine.nomad_keys_config(self.topology, "/mnt"))
        root = image.current()
        assert root is not None
        script = f"mount --bind {tls} {root}/mnt && exec chroot {root} stunnel /mnt/stunnel.conf"
        with (self._folder / "stunnel.log").open("ab") as log:
            self._running["keys"] = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", script], stdout=log, stderr=log
            )

    def start(self, name: str) -> None:
        host = self.topology.host(name)
        if host.role is Role.CONSUL:
            self._spawn(host, "consul", self._consul(host), "agent", "-config-file")
        else:
            self._spawn(host, "nomad", self._nomad(host), "agent", "-config")

    def kill(self, name: str) -> None:
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def close(self) -> None:
        for name in list(self._running):
            self.kill(name)

    def _spawn(self, host: Host, tool: str, config: Mapping[str, Any], *command: str) -> None:
        file = self._folder / f"{host.name}.json"
        file.write_text(json.dumps(config))
        # In a mount namespace of its own: names as on a cluster's host, and no cgroups to leave behind.
        binary = str(_CACHE / "tools" / _TOOLS[tool])
        script = (
            f"mount --bind {shlex.quote(str(self._folder / 'hosts'))} /etc/hosts && "
            f"umount --recursive --lazy /sys/fs/cgroup && exec {shlex.join([binary, *command, str(file)])}"
        )
        with (self._folder / f"{host.name}.log").open("ab") as log:
            self._running[host.name] = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", script], stdout=log, stderr=log
            )

    def _consul(self, host: Host) -> dict[str, Any]:
        config = machine.consul_config(self.topology, host, self.secrets)
        own = str(host.address)
        config |= machine.consul_gossip(self.secrets)
        config |= {"data_dir": self._data(host), "client_addr": own, "addresses": {}}
        config["ports"]["dns"] = -1
        config["tls"]["defaults"] |= self._tls(host, self.secrets.hosts[host.name].consul_tls)
        return config

    def _nomad(self, host: Host) -> dict[str, Any]:
        config = machine.nomad_config(self.topology, host, self.secrets)
        consul = self.topology.by_role(Role.CONSUL)[host.zone.index]
        config |= {"data_dir": self._data(host), "bind_addr": str(host.address)}
        config["consul"]["address"] = f"{consul.address}:8500"
        config["tls"] |= self._tls(host, self.secrets.hosts[host.name].nomad_tls)
        if "server" in config:
            config["server"] |= machine.nomad_gossip(self.secrets)["server"]
        if "client" in config:
            config["client"]["network_interface"] = "lo"
        return config

    def _data(self, host: Host) -> str:
        return str(self._folder / f"{host.name}-data")

    def _tls(self, host: Host, pair: KeyPair | None) -> dict[str, str]:
        assert pair is not None
        contents = {
            "ca_file": self.secrets.ca_certificate,
            "cert_file": pair.certificate,
            "key_file": pair.key,
        }
        files = {kind: self._folder / f"{host.name}-{kind}.pem" for kind in contents}
        for kind, file in files.items():
            file.write_text(contents[kind])
        return {kind: str(file) for kind, file in files.items()}


@pytest.fixture
def cluster() -> Topology:
    return build()


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agents]:
    """Three Consul servers, three Nomad servers and one Nomad client, just started."""
    missing = [tool for tool in _TOOLS.values() if not (_CACHE / "tools" / tool).exists()]
    if missing or os.geteuid() != 0:
        pytest.skip(f"needs root and {', '.join(missing) or 'nothing else'} (make setup)")
    built = on_loopback(
        build(), lambda host: host.role in (Role.CONSUL, Role.NOMAD) or host.name == "orders-broker-b"
    )
    running = Agents(built, make(built), tmp_path_factory.mktemp("agents"))
    try:
        for host in built.hosts:
            running.start(host.name)
        running.lead_to_nomads_keys()
        yield running
    finally:
        running.close()
