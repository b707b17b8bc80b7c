"""The names of everything that a box makes in the kernel, all from the box's folder.

Nothing is remembered of what was made: whoever knows the folder can list, adopt and remove it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

INTERFACE_LENGTH = 15
"""The longest interface name that Linux takes (IFNAMSIZ less the closing zero)."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names of one box. Two boxes share none, since `prefix` comes from the folder's full path."""

    folder: Path

    @staticmethod
    def of(folder: Path) -> Names:
        return Names(folder.expanduser().resolve())

    @property
    def prefix(self) -> str:
        return "u" + hashlib.sha1(str(self.folder).encode(), usedforsecurity=False).hexdigest()[:6]

    @property
    def internet(self) -> str:
        """The namespace that plays the internet."""
        return f"{self.prefix}-internet"

    @property
    def uplink(self) -> str:
        """The interface by which this machine is on the box's internet."""
        return self.prefix

    def vpc(self, vpc: str) -> str:
        """The namespace that routes for a VPC."""
        return f"{self.prefix}-vpc-{_tail(vpc)}"

    def host_namespace(self, host: str) -> str:
        return f"{self.prefix}-host-{_tail(host)}"

    def is_host_namespace(self, namespace: str) -> bool:
        return namespace.startswith(f"{self.prefix}-host-")

    def guest_namespace(self, address: IPv4Address) -> str:
        """Where a command of this machine stands at that address of a VPC."""
        return f"{self.prefix}-guest-{address}"

    def is_guest_namespace(self, namespace: str) -> bool:
        return namespace.startswith(f"{self.prefix}-guest-")

    def machine(self, host: str) -> str:
        """The machine's name for systemd-nspawn."""
        return f"{self.prefix}-{host}"

    @property
    def hosts_folder(self) -> Path:
        return self.folder / "hosts"

    def host_folder(self, host: str) -> Path:
        return self.hosts_folder / host

    def console(self, host: str) -> Path:
        """What the machine wrote to its console, all boots."""
        return self.host_folder(host) / "console.log"

    @property
    def disks_folder(self) -> Path:
        return self.folder / "disks"

    @property
    def health_file(self) -> Path:
        """Which balancers' backends are healthy."""
        return self.folder / "health.json"

    def disk_folder(self, disk: str) -> Path:
        return self.disks_folder / disk


def host_port(host: str) -> str:
    """The VPC's interface to a host."""
    return _interface("h", host)


def peer_port(vpc: str) -> str:
    """The interface to a peered VPC."""
    return _interface("p", vpc)


GUEST_PORT = "p-guest"
"""How the VPC's interfaces to guests begin: their packets pass as a peered VPC's do."""


def guest_port(address: IPv4Address) -> str:
    """The VPC's interface to a guest."""
    return f"{GUEST_PORT}{int(address):08x}"


def wan_port(vpc: str) -> str:
    """The internet's interface to a VPC."""
    return _interface("w", vpc)


def _interface(kind: str, id_: str) -> str:
    return f"{kind}-{_tail(id_)[-(INTERFACE_LENGTH - 2) :]}"


def _tail(id_: str) -> str:
    return id_.partition("-")[2] or id_
