"""What this machine lacks for a box with real machines, each with the command that mends it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ubox.errors import BoxError, called
from ubox.fabric.groups import hierarchies

_PACKAGES = {
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nft": "nftables",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "mount": "mount",
}


@dataclass(frozen=True, slots=True)
class Finding:
    lack: str
    remedy: str


def preflight() -> list[Finding]:
    """Empty where a box can run."""
    return [*_rights(), *_commands(), *_kernel()]


def _rights() -> Iterator[Finding]:
    if os.geteuid() != 0:
        yield Finding("making machines and networks takes root", f"sudo {called('start')}")


def _commands() -> Iterator[Finding]:
    for command, package in _PACKAGES.items():
        if shutil.which(command) is None:
            yield Finding(f"the command {command} is missing", f"apt-get install {package}")


def _kernel() -> Iterator[Finding]:
    known = Path("/proc/filesystems").read_text().split()
    if "overlay" not in known:
        yield Finding("the kernel has no overlay file system", "modprobe overlay")
    try:
        hierarchies()
    except BoxError as error:
        yield Finding("no cgroup v2 tree is mounted", str(error).partition("; ")[2])
