"""What OpenSSH's own client needs for a cluster: a configuration, pinned host keys, the operator's key.

Pure text: https://man.openbsd.org/ssh_config. Nothing of the user's own settings, agents or known hosts takes
part: a host is who shows the key that was made for it, and the only key offered is the cluster's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from steppe.control.client import ControlError
from steppe.control.secrets import Secrets
from steppe.topology.model import Host, Role, Topology


def ssh_config(topology: Topology, bastion_address: str | None, *, key: Path, known_hosts: Path) -> str:
    """A `Host` block for each host, by its name; through the bastion, unless the topology's access is direct.

    `key` and `known_hosts`: the files that the text names. Raises ControlError when the way in is a bastion
    without a public address.
    """
    through = _bastion(topology)
    if through is not None and bastion_address is None:
        raise ControlError(
            f"{through.name}, the way into the cluster, has no public address.",
            code="access.no-bastion",
            hint="`steppe up` makes it.",
        )
    lines: list[str] = []
    for host in topology.hosts:
        address = bastion_address if host is through and bastion_address else str(host.address)
        jump = through.name if through and host is not through else None
        lines += _host(host, address, jump, key, known_hosts)
    return "\n".join(lines) + "\n"


def known_hosts(topology: Topology, secrets: Secrets) -> str:
    """A line for each host: its name, as `HostKeyAlias` says it, and the key made for it."""
    return "".join(
        f"{host.name} {' '.join(secrets.hosts[host.name].ssh_host_public.split()[:2])}\n"
        for host in topology.hosts
    )


def _bastion(topology: Topology) -> Host | None:
    return next(iter(topology.by_role(Role.BASTION)), None) if topology.access == "bastion" else None


def _host(host: Host, address: str, jump: str | None, key: Path, known: Path) -> Iterator[str]:
    yield f"Host {host.name}"
    yield f"  HostName {address}"
    yield f"  HostKeyAlias {host.name}"
    yield "  User root"
    yield f"  IdentityFile {_quoted(key)}"
    yield "  IdentitiesOnly yes"
    yield "  IdentityAgent none"
    yield "  PreferredAuthentications publickey"
    yield "  HostKeyAlgorithms ssh-ed25519"
    yield f"  UserKnownHostsFile {_quoted(known)}"
    yield "  GlobalKnownHostsFile none"
    yield "  StrictHostKeyChecking yes"
    yield "  UpdateHostKeys no"
    yield "  ControlPath none"
    yield "  ConnectTimeout 10"
    yield "  ServerAliveInterval 10"
    yield "  LogLevel ERROR"
    if jump:
        yield f"  ProxyJump {jump}"


def _quoted(path: Path) -> str:
    """As ssh reads a name: in quotes, and without its own signs beginning with `%`."""
    return '"' + str(path).replace("%", "%%") + '"'
