"""What a host was made from, in 16 letters: a difference means that the host is to be replaced."""

from __future__ import annotations

import hashlib

from steppe.machine.first_boot import unpacked
from steppe.topology.model import Disk, Host


def fingerprint(host: Host, user_data: bytes) -> str:
    """16 hex digits over image, machine type, size, disks and user-data.

    The user-data is given without what is rotated on a running host (`unrotated`).
    """
    disks = ",".join(_disk(disk) for disk in (host.boot_disk, host.data_disk))
    made_from = f"{host.image} {host.machine_type} {host.cpu} {host.memory_mib} {disks}\n"
    return hashlib.sha256(made_from.encode() + unpacked(user_data)).hexdigest()[:16]


def _disk(disk: Disk | None) -> str:
    return f"{disk.type}:{disk.size_gb}" if disk else "none"
