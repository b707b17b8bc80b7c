"""The floor's machines: systemd-nspawn on overlays of the host image, all on one flat network.

No API, no first boot: each host's files are written into its overlay before it starts, and all start at once.
Names and control groups are a box's, so that `ubox.fabric.reset` can take everything away again.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from steppe.control.secrets import Secrets
from steppe.machine import File, files
from steppe.machine.first_boot import archive
from steppe.topology.model import Host, Topology
from ubox.fabric.groups import Group, Limits
from ubox.fabric.names import Names

_WANTED = "etc/systemd/system/multi-user.target.wants"
_UNITS = {
    "/etc/nftables.conf": "/lib/systemd/system/nftables.service",
    "/etc/steppe/addresses": "/etc/systemd/system/steppe-addresses.service",
    "/etc/consul.d/consul.json": "/etc/systemd/system/consul.service",
    "/etc/stunnel/nomad-keys.conf": "/etc/systemd/system/nomad-keys.service",
    "/etc/nomad.d/nomad.json": "/etc/systemd/system/nomad.service",
}
"""What makes a unit wanted, and the unit."""
_LAUNCH = """
set -e
for group in $GROUPS; do echo 0 >"$group"; done
mount -t overlay overlay -o "$OVERLAY" root
exec systemd-nspawn "$@"
"""
_ENTER = """
for group in $GROUPS; do echo 0 >"$group"; done
exec nsenter "$@"
"""
_GATEWAY = "192.0.2.1"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Machines:
    """The machines of a topology, in a folder of their own."""

    names: Names
    topology: Topology
    image: Path
    """The root file system that all share."""

    def cable(self) -> None:
        """A bridge, and a network namespace for each host, which reaches every network of the topology."""
        switch = self.names.internet
        _ip("", f"netns add {switch}", *(f"netns add {self.namespace(host)}" for host in self.topology.hosts))
        _ip(switch, "link add switch type bridge", "link set switch up")
        for place, host in enumerate(self.topology.hosts):
            port, namespace = f"port{place}", self.namespace(host)
            _ip("", f"link add eth0 netns {namespace} type veth peer name {port} netns {switch}")
            _ip(switch, f"link set {port} master switch up")
            _ip(
                namespace,
                "link set lo up",
                f"addr add {host.address}/32 dev eth0",
                "link set eth0 up",
                *(f"route add {each.cidr} dev eth0 src {host.address}" for each in self.topology.networks),
                # Nomad takes the interface that a gateway is behind; nothing is ever sent there.
                f"route add default via {_GATEWAY} dev eth0 src {host.address} onlink",
            )

    def furnish(self, secrets: Secrets, balancer_addresses: Mapping[str, str]) -> None:
        """Writes each host's files and enables its units; nothing is left for a first boot to do."""
        for host in self.topology.hosts:
            upper = self._folder(host) / "upper"
            for folder in (upper / _WANTED, upper / "var/lib", *self._overlay(host)):
                folder.mkdir(parents=True, exist_ok=True)
            made = files(self.topology, host, secrets, balancer_addresses)
            command = ["tar", "--extract", "--numeric-owner", "--preserve-permissions", "-C", str(upper)]
            subprocess.run(command, input=archive(made), check=True)
            (upper / "etc/machine-id").write_text(hashlib.sha256(host.name.encode()).hexdigest()[:32] + "\n")
            (upper / "var/lib/first-boot.done").touch()
            for unit in _units(made):
                (upper / _WANTED / Path(unit).name).symlink_to(unit)

    def start(self) -> None:
        """Starts every machine, and waits for none."""
        for host in self.topology.hosts:
            self._group(host).make(Limits(memory_mb=host.memory_mib, cpu=host.cpu, cpu_quota=None))
            with (self._folder(host) / "console.log").open("ab") as console:
                subprocess.Popen(
                    ["unshare", "--mount", "--propagation", "private", "sh", "-c", _LAUNCH, "sh",
                     *self._options(host)],
                    cwd=self._folder(host), env=self._environment(host), start_new_session=True,
                    stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                )  # fmt: skip

    def begun(self, host: Host) -> bool:
        """Whether its systemd has begun the last unit that a host of its role runs."""
        unit = "consul.service" if host.role.value != "bastion" else "ssh.service"
        leader = self._group(host).leader()
        return leader is not None and os.path.lexists(
            f"/proc/{leader}/root/run/systemd/units/invocation:{unit}"
        )

    def write(self, host: Host, path: str, text: str) -> None:
        """Writes a file that everyone may read on a running host, and the folders above it."""
        file = Path(f"/proc/{self._leader(host)}/root{path}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run(
        self, host: Host, user: str, environment: Mapping[str, str], command: Sequence[str], log: str
    ) -> subprocess.Popen[bytes]:
        """Starts a process on a running host, as that user; its output goes to `log` in the host's folder."""
        variables = [f"{name}={value}" for name, value in {"PATH": _PATH, **environment}.items()]
        with (self._folder(host) / log).open("wb") as output:
            return subprocess.Popen(
                ["sh", "-c", _ENTER, "sh", f"--target={self._leader(host)}", "--mount", "--uts", "--ipc",
                 "--net", "--pid", "--root", "--wd", "setpriv", f"--reuid={user}", f"--regid={user}",
                 "--init-groups", "env", "-i", *variables, *command],
                env={"PATH": _PATH, "GROUPS": self._entrances(host, "processes")}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def said(self, host: Host, log: str) -> str:
        return (self._folder(host) / log).read_text(errors="replace")

    def namespace(self, host: Host) -> str:
        return self.names.host_namespace(host.name)

    def _leader(self, host: Host) -> int:
        leader = self._group(host).leader()
        if leader is None:
            raise RuntimeError(f"{host.name} has ended; see {self._folder(host) / 'console.log'}")
        return leader

    def _folder(self, host: Host) -> Path:
        return self.names.host_folder(host.name)

    def _overlay(self, host: Host) -> tuple[Path, Path]:
        return self._folder(host) / "work", self._folder(host) / "root"

    def _group(self, host: Host) -> Group:
        return Group(self.names, host.name)

    def _entrances(self, host: Host, below: str = "") -> str:
        return " ".join(map(str, self._group(host).entrances(below)))

    def _options(self, host: Host) -> list[str]:
        """As a box starts its machines."""
        return [
            "--quiet", "--boot", "--register=no", "--keep-unit", "--console=read-only", "--directory=root",
            f"--machine={self.names.machine(host.name)}", f"--hostname={host.name}",
            f"--network-namespace-path=/run/netns/{self.namespace(host)}", "--kill-signal=SIGRTMIN+3",
            "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--capability=CAP_NET_ADMIN",
            "--system-call-filter=@keyring bpf",
        ]  # fmt: skip

    def _environment(self, host: Host) -> dict[str, str]:
        return {
            "PATH": _PATH,
            "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "1",
            "SYSTEMD_NSPAWN_LOCK": "0",
            "GROUPS": self._entrances(host),
            "OVERLAY": f"lowerdir={self.image},upperdir=upper,workdir=work",
        }


def _units(made: Sequence[File]) -> list[str]:
    there = {file.path for file in made}
    return [unit for path, unit in _UNITS.items() if path in there]


def _ip(namespace: str, *lines: str) -> None:
    where = ["-n", namespace] if namespace else []
    subprocess.run(["ip", *where, "-batch", "-"], input="\n".join(lines), text=True, check=True)
