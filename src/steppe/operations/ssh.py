"""Logs in to a host by its name, with the system's own `ssh`.

1. Find the bastion's public address.
2. Write the operator's key, the pinned host keys and a configuration into a folder of their own (0700) in the
   cluster's folder; it is removed at the end.
3. Run `ssh` with that configuration alone, on this terminal, until it ends; its exit code is the result.
"""

from __future__ import annotations

import difflib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steppe.control.ssh_config import known_hosts, ssh_config
from steppe.errors import SteppeError, UsageError
from steppe.operations.cluster import Addresses, Cluster, addresses, owned
from steppe.operations.foreground import foreground
from steppe.topology.model import Host, Topology
from steppe.workspace import ClusterFolder

FILES = ("ssh_key", "ssh_known_hosts")
"""What `export` puts into the cluster's folder."""


def ssh(file: Path, name: str, command: str | None, *, terminal: bool) -> int:
    """The exit code: of the remote command or shell, or 255 when `ssh` itself failed and said why.

    `command`: a line for the host's shell; None for a shell. `terminal`: give it one. Raises UsageError for
    a host that the cluster doesn't have, or when the workspace doesn't know the cluster.
    """
    cluster = owned(file)
    host = named(cluster.topology, name)
    program = shutil.which("ssh")
    if program is None:
        raise SteppeError(
            "The program `ssh` is not on this machine.",
            code="ssh.missing",
            hint="install it: apt-get install openssh-client",
        )
    where = addresses(cluster, cluster.observe())
    with _files(cluster, where) as config:
        options = ["-t"] if terminal and command is not None else []
        rest = [command] if command is not None else []
        # After `--` come the host and its command, whatever they begin with.
        return foreground([program, "-F", str(config), *options, "--", host.name, *rest])


def named(topology: Topology, name: str) -> Host:
    """The host of that name, whole or without the Cluster ID. Raises UsageError when there is none."""
    for host in topology.hosts:
        if name in (host.name, host.name.removeprefix(f"{topology.cluster}-")):
            return host
    names = [host.name for host in topology.hosts]
    near = difflib.get_close_matches(f"{topology.cluster}-{name}", names, n=1) or difflib.get_close_matches(
        name, names, n=1
    )
    raise UsageError(
        f"The cluster {topology.cluster} has no host {name}.",
        code="ssh.no-host",
        hint=f"did you mean {near[0]}?" if near else f"its hosts are: {', '.join(names)}",
    )


def export(file: Path) -> str:
    """A configuration for OpenSSH; the files that it names are put into the cluster's folder.

    Raises UsageError if the workspace doesn't know the cluster.
    """
    cluster = owned(file)
    return _written(cluster, addresses(cluster, cluster.observe()), cluster.folder)


@contextmanager
def _files(cluster: Cluster, where: Addresses) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=".ssh.", dir=cluster.folder.path) as path:
        folder = ClusterFolder(Path(path))
        folder.write("config", _written(cluster, where, folder))
        yield folder.path / "config"


def _written(cluster: Cluster, where: Addresses, folder: ClusterFolder) -> str:
    """The configuration, with the files that it names put into that folder (0600)."""
    key, known = FILES
    text = ssh_config(cluster.topology, where.bastion, key=folder.path / key, known_hosts=folder.path / known)
    folder.write(key, cluster.secrets.ssh_private_key)
    folder.write(known, known_hosts(cluster.topology, cluster.secrets))
    return text
